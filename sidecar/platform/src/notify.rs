//! Says something on the user's desktop when no window can: a frozen extension host shows nothing.
//!
//! Texts reach the notifier as arguments or environment variables and are never pasted into a script.

use crate::Error;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Names an executable that is called with two arguments, title and body, instead of the system's own notifier.
pub const NOTIFIER_VARIABLE: &str = "LIFELINE_NOTIFIER";

/// Longest title, in characters; desktops cut earlier.
const TITLE_CHARS: usize = 200;
/// Longest body, in characters.
const BODY_CHARS: usize = 2000;
/// How many notifiers may run at once. One that hangs keeps a thread and a process, so there must be an end.
const AT_ONCE: usize = 4;

/// What became of a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notified {
    /// The notifier was started. Whether a human saw it cannot be known.
    Shown,
    /// There is no desktop session to show it on.
    NoDesktop,
}

/// Shows `title` and `body`, and below the body one line for each of `actions`: sentences that say what the user can do
/// now. (Not buttons: not every desktop has them, and nobody waits for an answer here.)
///
/// Returns at once; the notifier runs detached from our terminal and is reaped when it ends.
/// - Linux: `notify-send`, when `DISPLAY`, `WAYLAND_DISPLAY` or `DBUS_SESSION_BUS_ADDRESS` is set;
/// - macOS: `osascript`; Windows: a toast by PowerShell;
/// - anywhere: the executable that [`NOTIFIER_VARIABLE`] names, desktop or not.
///
/// # Errors
/// [`Error::Io`] when the notifier cannot be started: of kind `NotFound` when it is not installed, `WouldBlock` when
/// four earlier ones have not ended yet.
pub fn desktop_notification(title: &str, body: &str, actions: &[&str]) -> Result<Notified, Error> {
    notify_with(&|name| std::env::var_os(name).filter(|value| !value.is_empty()), title, body, actions)
}

fn notify_with(
    environment: &dyn Fn(&str) -> Option<OsString>,
    title: &str,
    body: &str,
    actions: &[&str],
) -> Result<Notified, Error> {
    let title = shortened(title, TITLE_CHARS);
    let mut whole = body.to_owned();
    for action in actions {
        whole.push('\n');
        whole.push_str(action);
    }
    let body = shortened(&whole, BODY_CHARS);
    let command = match environment(NOTIFIER_VARIABLE) {
        Some(notifier) => own_notifier(&notifier, &title, &body),
        None => match system_notifier(environment, &title, &body) {
            Some(command) => command,
            None => return Ok(Notified::NoDesktop),
        },
    };
    start(command).map_err(|source| Error::Io { doing: "start the desktop notifier", source })?;
    Ok(Notified::Shown)
}

fn own_notifier(notifier: &OsStr, title: &str, body: &str) -> Command {
    let mut command = Command::new(notifier);
    command.arg(title).arg(body);
    command
}

#[cfg(target_os = "linux")]
fn system_notifier(
    environment: &dyn Fn(&str) -> Option<OsString>,
    title: &str,
    body: &str,
) -> Option<Command> {
    ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"].into_iter().find_map(environment)?;
    let mut command = Command::new("notify-send");
    // The body is markup: <https://specifications.freedesktop.org/notification-spec/latest/markup.html>.
    let body = body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    command.args(["--app-name=Lifeline", "--", title, &body]);
    Some(command)
}

#[cfg(target_os = "macos")]
fn system_notifier(_: &dyn Fn(&str) -> Option<OsString>, title: &str, body: &str) -> Option<Command> {
    let mut command = Command::new("/usr/bin/osascript");
    for line in
        ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"]
    {
        command.args(["-e", line]);
    }
    // osascript stops looking for options at the first argument that is none; a space makes sure that it is the title.
    let title = if title.starts_with('-') { format!(" {title}") } else { title.to_owned() };
    command.args([title.as_str(), body]);
    Some(command)
}

/// The application id under which PowerShell's toasts appear; a toast needs one that is in the Start menu. Made of the
/// known folder "System" and the path below it: <https://learn.microsoft.com/windows/win32/shell/knownfolderid>.
#[cfg(windows)]
const TOAST: &str = r"
$ErrorActionPreference = 'Stop'
[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] | Out-Null
$kind = [Windows.UI.Notifications.ToastTemplateType]::ToastText02
$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($kind)
$texts = $xml.GetElementsByTagName('text')
$texts.Item(0).AppendChild($xml.CreateTextNode($env:LIFELINE_NOTICE_TITLE)) | Out-Null
$texts.Item(1).AppendChild($xml.CreateTextNode($env:LIFELINE_NOTICE_BODY)) | Out-Null
$toast = [Windows.UI.Notifications.ToastNotification]::new($xml)
$application = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($application).Show($toast)
";

#[cfg(windows)]
fn system_notifier(
    environment: &dyn Fn(&str) -> Option<OsString>,
    title: &str,
    body: &str,
) -> Option<Command> {
    // By its full path: a search would look into the current folder too. Windows PowerShell, not `pwsh`, which has no
    // WinRT types.
    let windows = environment("SystemRoot")?;
    let powershell = std::path::Path::new(&windows).join(r"System32\WindowsPowerShell\v1.0\powershell.exe");
    let mut command = Command::new(powershell);
    command.args(["-NoProfile", "-NonInteractive", "-Command", TOAST]);
    command.env("LIFELINE_NOTICE_TITLE", title).env("LIFELINE_NOTICE_BODY", body);
    Some(command)
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// A place among those [`AT_ONCE`]; given back when dropped.
struct Place;

impl Place {
    fn take() -> io::Result<Self> {
        RUNNING
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |running| {
                (running < AT_ONCE).then_some(running + 1)
            })
            .map(|_| Place)
            .map_err(|_| {
                io::Error::new(io::ErrorKind::WouldBlock, "earlier notifications are still being shown")
            })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::AcqRel);
    }
}

fn start(mut command: Command) -> io::Result<()> {
    let place = Place::take()?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    detach(&mut command);
    let mut child = command.spawn()?;
    // If the thread cannot be made the notifier still runs, and stays a zombie until we end.
    std::thread::Builder::new().name("notifier".into()).stack_size(64 * 1024).spawn(move || {
        // Nothing to do about a notifier that fails: it was the last way to say something.
        child.wait().ok();
        drop(place);
    })?;
    Ok(())
}

#[cfg(unix)]
fn detach(command: &mut Command) {
    // Its own group: Ctrl-C in our terminal is not meant for it.
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(windows)]
fn detach(command: &mut Command) {
    // CREATE_NO_WINDOW: otherwise a console flashes up.
    std::os::windows::process::CommandExt::creation_flags(command, 0x0800_0000);
}

/// At most `chars` characters, and none that an argument cannot hold.
fn shortened(text: &str, chars: usize) -> String {
    text.chars().filter(|&char| char != '\0').take(chars).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    fn script(folder: &Scratch, name: &str, body: &str) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path
    }

    /// A notifier that writes its arguments, each ended by a NUL, to the file `said`.
    fn recorder(folder: &Scratch) -> PathBuf {
        script(folder, "recorder", r#"printf '%s\0' "$@" > "$0.part"; mv "$0.part" "${0%/*}/said""#)
    }

    #[allow(clippy::disallowed_methods, reason = "the notifier is another program and sends us nothing")]
    fn pause() {
        std::thread::sleep(Duration::from_millis(2));
    }

    fn wait_for(path: &Path) -> String {
        for _ in 0..5000 {
            if let Ok(text) = std::fs::read_to_string(path) {
                return text;
            }
            pause();
        }
        panic!("the notifier was not called");
    }

    fn only(name: &'static str, value: PathBuf) -> impl Fn(&str) -> Option<OsString> {
        move |asked| (asked == name).then(|| value.clone().into())
    }

    /// One test, because the number of running notifiers is shared by all.
    #[test]
    fn own_notifier_gets_the_texts_as_they_are_and_never_more_than_four_run_at_once() {
        let folder = Scratch::new();
        let hostile = "-n $(touch /tmp/never) `id` \"'; & <b>é\0";
        let environment = only(NOTIFIER_VARIABLE, recorder(&folder));
        let outcome =
            notify_with(&environment, hostile, "body", &["Reload the window.", "See the log."]).unwrap();
        assert_eq!(outcome, Notified::Shown);
        let said = wait_for(&folder.path().join("said"));
        assert_eq!(said, "-n $(touch /tmp/never) `id` \"'; & <b>é\0body\nReload the window.\nSee the log.\0");

        // Each waits for the gate to appear.
        let hanging = script(&folder, "hanging", r#"while [ ! -e "${0%/*}/gate" ]; do sleep 0.01; done"#);
        let environment = only(NOTIFIER_VARIABLE, hanging);
        while RUNNING.load(Ordering::Acquire) > 0 {
            pause();
        }
        for _ in 0..AT_ONCE {
            notify_with(&environment, "title", "body", &[]).unwrap();
        }
        let Err(Error::Io { source, .. }) = notify_with(&environment, "title", "body", &[]) else {
            panic!("a fifth was started")
        };
        assert_eq!(source.kind(), io::ErrorKind::WouldBlock);
        std::fs::write(folder.path().join("gate"), "").unwrap();
        while RUNNING.load(Ordering::Acquire) > 0 {
            pause();
        }

        let Err(Error::Io { source, .. }) =
            notify_with(&only(NOTIFIER_VARIABLE, folder.path().join("missing")), "title", "body", &[])
        else {
            panic!("started what does not exist")
        };
        assert_eq!(source.kind(), io::ErrorKind::NotFound);
        assert_eq!(RUNNING.load(Ordering::Acquire), 0, "a failed start keeps no place");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_a_desktop_nothing_is_started() {
        assert_eq!(notify_with(&|_| None, "title", "body", &[]).unwrap(), Notified::NoDesktop);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn markup_in_the_body_is_escaped_and_options_end_before_the_texts() {
        let command = system_notifier(&only("DISPLAY", ":0".into()), "--help", "<b>&").unwrap();
        let args: Vec<_> = command.get_args().collect();
        assert_eq!(args, ["--app-name=Lifeline", "--", "--help", "&lt;b&gt;&amp;"]);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("äöü\0x", 3), "äöü");
        assert_eq!(shortened(&"é".repeat(5000), BODY_CHARS).chars().count(), BODY_CHARS);
    }
}
