//! The command line: what can be typed, and which part answers it.

mod act;
pub(crate) mod connection;
mod culprits;
mod daemon;
mod doctor;
pub(crate) mod exit;
mod explain;
mod follow;
mod frame;
mod here;
mod incidents;
mod network;
mod orphans;
mod page;
mod probe;
mod relay;
mod replay;
mod report;
mod sections;
mod sessions;
mod snapshots;
mod status;
mod terminal;
mod watch;
mod width;

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use lifeline_protocol::DrillKind;

use crate::serve;
use exit::{Exit, Failure};
use page::Page;

/// Keeps Claude Code working inside VS Code: notices a frozen extension host, saves the context, restarts it.
#[derive(Debug, Parser)]
#[command(name = "lifeline", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  lifeline status                      how the windows are
  lifeline watch                       the same, live
  lifeline probe                       whether Claude Code's sockets in the editors answer
  lifeline sessions                    which Claude sessions run where, and how they stand
  lifeline orphans                     processes of Claude Code that were left behind
  lifeline report                      what the transcripts tell of the connection to the API
  lifeline explain ECONNRESET          what an error means, and what to do
  lifeline doctor                      what is wrong here, and what to do about it
  lifeline relay on                    an API connection that cannot die in silence
  lifeline incidents                   what happened, and how long it took
  lifeline drill --kind deadlock       freeze a window on purpose and see it recover
  lifeline status --format json | jq   the same, for programs

Exit codes: 0 fine, 1 found a problem, 2 usage, 3 no daemon, 4 refused for safety.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon. The extension does this by itself.
    #[command(after_help = "\
Examples:
  lifeline serve                       in this terminal, log on stderr; LIFELINE_LOG=debug says more
  lifeline serve --detach              in the background; returns when it serves, or when one serves already
  lifeline serve --detach --replace    the same, after ending a daemon that does not answer")]
    Serve {
        /// Outlive this terminal; return when the daemon serves.
        #[arg(long)]
        detach: bool,
        /// First end a daemon that does not answer. One that answers is left alone.
        #[arg(long)]
        replace: bool,
        #[arg(long, hide = true, conflicts_with_all = ["detach", "replace"])]
        announce: bool,
    },
    /// Show the daemon and all windows. Exits with 1 when one is not well.
    #[command(after_help = "\
Examples:
  lifeline status
  lifeline status --format json")]
    Status(Reading),
    /// Show the daemon, all windows, sockets and Claude Code processes on one live screen; q quits.
    #[command(after_help = "\
Examples:
  lifeline watch
  lifeline watch --interval 5
  lifeline watch --once                one frame as text; exits with 1 when something is wrong
  lifeline watch --format json | jq -c '.windows[] | [.label, .verdict]'")]
    Watch {
        /// One frame, then end. So it is too when the output is no terminal.
        #[arg(long)]
        once: bool,
        /// Time between two looks, 0.2 to 60.
        #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = watch::parse_interval)]
        interval: Duration,
        /// For people, or for programs: one status report on each line.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// List freezes, crashes and restarts, the newest first.
    #[command(after_help = "\
Examples:
  lifeline incidents
  lifeline incidents --culprits        which extensions froze hosts, how often and where
  lifeline incidents --format json | jq '.[0].evidence'")]
    Incidents {
        /// Count by extension.
        #[arg(long)]
        culprits: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// List the Claude sessions by folder: what each does, and how to take up one that ended. Exits with 1 when a turn has died.
    #[command(after_help = "\
Examples:
  lifeline sessions
  lifeline sessions --format json | jq '.[] | select(.state == \"cut\") | .sessionId'")]
    Sessions(Reading),
    /// List processes of Claude Code that were left behind, and why they are thought to be. Exits with 1 when one certainly was.
    #[command(after_help = "\
Examples:
  lifeline orphans
  lifeline orphans --all               those in use, too
  lifeline orphans --format json | jq '.processes[] | select(.grade == \"certain\") | .why'")]
    Orphans {
        /// Those that are in use, too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// End processes of Claude Code that were left behind, with care: what their sessions were is saved first.
    #[command(after_help = "\
Examples:
  lifeline reap --dry-run              what would be ended
  lifeline reap                        all that were certainly left behind; asks first
  lifeline reap --yes 4242             this one, which must not be in use")]
    Reap {
        /// Only these; all that were certainly left behind when there is none.
        #[arg(value_name = "PID")]
        pids: Vec<u32>,
        /// Only say what would be ended.
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// List what was saved before restarts, the newest first.
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  lifeline snapshots
  lifeline snapshots show 1763712345678"
    )]
    Snapshots {
        #[command(flatten)]
        reading: Reading,
        #[command(subcommand)]
        command: Option<SnapshotsCommand>,
    },
    /// Look once at every IDE lock of Claude Code, and ask the socket behind it. Needs no daemon. Exits with 1 when one is not well.
    #[command(after_help = "\
Examples:
  lifeline probe
  lifeline probe --format json | jq '.locks[] | select(.isProblem)'")]
    Probe(Reading),
    /// Count and explain connection trouble, from Claude Code's transcripts. Needs no daemon. Tells nothing of whose they are.
    #[command(after_help = "\
Examples:
  lifeline report                      all of it
  lifeline report --since 24h          of the last day
  lifeline report --format markdown    to paste into an issue
  lifeline report --format html > report.html
  lifeline report --probe              and measure the network as it is now; asks first
  lifeline report --format json | jq '.errors.retries'")]
    Report(report::Asked),
    /// Say what an error means, whether it cost tokens and what to do, with what this machine's transcripts tell of it. Needs no daemon. Exits
    /// with 1 when it is not known.
    #[command(after_help = "\
Examples:
  lifeline explain ECONNRESET
  lifeline explain \"API Error: 529 Overloaded\"
  tail -50 claude.log | lifeline explain -     whatever stands around it
  lifeline explain                             the last error of the transcripts
  lifeline explain 529 --format json | jq -r '.entry.whatToDo[]'")]
    Explain(explain::Asked),
    /// Look for what is wrong here: settings, proxies, locks, versions, the machine. Needs no daemon. Exits with 1 when something is.
    #[command(after_help = "\
Examples:
  lifeline doctor                      tells nothing of whose machine it is
  lifeline doctor --format markdown    to paste into an issue
  lifeline doctor --probe              measures the network, too; asks first
  lifeline doctor --probe --probe-idle 360 --probe-upload --yes
  lifeline doctor --fix stale-lock:40001 --preview
  lifeline doctor --fix stale-lock:40001
  lifeline doctor --format json | jq '.findings[] | select(.severity == \"error\")'")]
    Doctor(doctor::Asked),
    /// An API connection that cannot die in silence: a tunnel on this machine that waits out outages, ends stalls, and says why
    /// connections closed. Off until you turn it on.
    #[command(after_help = "\
Examples:
  lifeline relay on                    shows what changes in Claude Code's settings, and asks
  lifeline relay status
  lifeline relay log                   why connections closed
  lifeline relay off                   puts the settings back as they were

Environment of the daemon:
  LIFELINE_RELAY_STALL_AFTER           seconds of silence after which a connection to the API is reset, 10 to 3600; 75 unless set
  LIFELINE_RELAY_ATTEMPTS              attempts to connect, 1 to 20; 5 unless set
  LIFELINE_RELAY_BUDGET                seconds that a client waits for them at the most, 1 to 540; 120 unless set")]
    Relay {
        #[command(subcommand)]
        command: relay::Asked,
    },
    /// Freeze a window's extension host on purpose, and measure how Lifeline brings it back.
    #[command(after_help = "\
Examples:
  lifeline drill                                  asks first
  lifeline drill --kind busy-loop --yes           does not ask
  lifeline drill --window my-project --format json")]
    Drill {
        #[command(flatten)]
        window: OneWindow,
        /// How to freeze.
        #[arg(long, value_enum, default_value_t = Kind::Deadlock)]
        kind: Kind,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// Pause the protection: Lifeline goes on watching, and restarts nothing.
    #[command(after_help = "\
Examples:
  lifeline pause                       all windows
  lifeline pause --window my-project")]
    Pause(PauseArguments),
    /// Resume the protection.
    #[command(after_help = "\
Examples:
  lifeline resume")]
    Resume(PauseArguments),
    /// Restart a window's extension host, after saving its context.
    #[command(after_help = "\
Examples:
  lifeline restart                     asks first, and says what would be lost
  lifeline restart --window my-project --yes
  lifeline restart --when-quiet        when nothing is in flight and nothing would be lost")]
    Restart {
        #[command(flatten)]
        window: OneWindow,
        /// Not now, but at the next moment when nothing is in flight and nothing would be lost.
        #[arg(long)]
        when_quiet: bool,
        /// Do not ask, even when unsaved work would be lost.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// Feed a recorded journal through the core and compare its decisions. Exits with 1 when one differs.
    #[command(after_help = "\
Examples:
  lifeline replay ~/.local/state/lifeline/journal/1.jsonl")]
    Replay {
        /// The journal, a file of JSON lines.
        file: PathBuf,
    },
    /// Print completions for a shell.
    #[command(after_help = "\
Examples:
  lifeline completions bash > ~/.local/share/bash-completion/completions/lifeline
  lifeline completions zsh > ~/.zfunc/_lifeline")]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
enum SnapshotsCommand {
    /// Show one snapshot.
    Show {
        /// Its id, from `lifeline snapshots`.
        #[arg(value_parser = snapshots::parse_id)]
        id: String,
        #[command(flatten)]
        reading: Reading,
    },
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Args)]
struct Reading {
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned, in colour on a terminal.
    Text,
    /// What the daemon answered.
    Json,
}

/// One window; may be left out while only one is attached.
#[derive(Clone, Debug, Args)]
struct OneWindow {
    /// The window: its id, the beginning of it, or its label.
    #[arg(long)]
    window: Option<String>,
}

#[derive(Debug, Args)]
struct PauseArguments {
    /// Only this window: its id, the beginning of it, or its label.
    #[arg(long)]
    window: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Wait for something that never comes.
    Deadlock,
    /// A loop without an end.
    BusyLoop,
}

impl From<Kind> for DrillKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Deadlock => Self::Deadlock,
            Kind::BusyLoop => Self::BusyLoop,
        }
    }
}

/// The whole program.
pub(crate) fn main() -> ExitCode {
    let command = match CommandLine::try_parse() {
        Ok(line) => line.command,
        Err(error) => {
            // Help and version come this way too, and say 0. A reader that went away is no matter.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(Exit::Usage.into(), ExitCode::from);
        }
    };
    match run(command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.sentence.is_empty() {
                for line in failure.sentence.lines() {
                    let _ = writeln!(io::stderr(), "{}", page::clean(line));
                }
            }
            failure.exit.into()
        }
    }
}

fn run(command: Command) -> Result<Exit, Failure> {
    if let Command::Serve { detach, replace, announce } = command {
        serve::serve(serve::Options { detach, replace, announce })?;
        return Ok(Exit::Fine);
    }
    let mut stdout = io::stdout().lock();
    let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut page = Page::new(&mut stdout, colour);
    match command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "lifeline", &mut script);
            stdout.write_all(&script)?;
            Ok(Exit::Fine)
        }
        Command::Report(asked) => report::report(asked, &mut page),
        Command::Explain(asked) => explain::explain(asked, &mut page),
        Command::Doctor(asked) => doctor::doctor(&asked, &mut page),
        Command::Replay { file } => replay::replay(&file, &mut page),
        Command::Snapshots { command: Some(SnapshotsCommand::Show { id, reading }), .. } => {
            snapshots::show(&id, reading.format, &mut page)
        }
        Command::Relay { command } => serve::runtime()?.block_on(relay::relay(command, &mut page)),
        Command::Probe(reading) => serve::runtime()?.block_on(probe::probe(reading.format, &mut page)),
        Command::Watch { once, interval, format } => {
            let options = watch::Options { once, interval, format };
            serve::runtime()?.block_on(watch::watch(options, colour, &mut page))
        }
        other => serve::runtime()?.block_on(ask(other, &mut page)),
    }
}

/// The commands that need a daemon.
async fn ask(command: Command, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let mut daemon = daemon::Daemon::connect().await?;
    match command {
        Command::Status(reading) => status::status(&mut daemon, reading.format, page).await,
        Command::Incidents { culprits, reading } => {
            incidents::incidents(&mut daemon, culprits, reading.format, page).await
        }
        Command::Sessions(reading) => sessions::sessions(&mut daemon, reading.format, page).await,
        Command::Orphans { all, reading } => orphans::orphans(&mut daemon, all, reading.format, page).await,
        Command::Reap { pids, dry_run, yes, reading } => {
            let how = orphans::Reap { pids, dry_run, yes };
            orphans::reap(&mut daemon, how, reading.format, page).await
        }
        Command::Snapshots { reading, .. } => snapshots::list(&mut daemon, reading.format, page).await,
        Command::Pause(PauseArguments { window, reading }) => {
            act::pause(&mut daemon, window.as_deref(), true, reading.format, page).await
        }
        Command::Resume(PauseArguments { window, reading }) => {
            act::pause(&mut daemon, window.as_deref(), false, reading.format, page).await
        }
        Command::Restart { window, when_quiet, yes, reading } => {
            let how = act::Restart { when_quiet, yes };
            act::restart(&mut daemon, window.window.as_deref(), how, reading.format, page).await
        }
        Command::Drill { window, kind, yes, reading } => {
            act::drill(&mut daemon, window.window.as_deref(), kind.into(), yes, reading.format, page).await
        }
        Command::Serve { .. }
        | Command::Watch { .. }
        | Command::Probe(_)
        | Command::Replay { .. }
        | Command::Relay { .. }
        | Command::Report(_)
        | Command::Explain(_)
        | Command::Doctor(_)
        | Command::Completions { .. } => Ok(Exit::Usage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound_and_every_command_has_examples() {
        let command = CommandLine::command();
        command.clone().debug_assert();
        for command in command.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:"), "{}", command.get_name());
        }
    }

    #[test]
    fn what_is_typed_is_understood() {
        for good in [
            "serve --detach --replace",
            "serve --announce",
            "status --format json",
            "watch",
            "watch --once --interval 0.2",
            "watch --format json --interval 60",
            "incidents",
            "incidents --culprits --format json",
            "sessions",
            "sessions --format json",
            "orphans --all --format json",
            "reap --dry-run",
            "reap --yes 7 8",
            "probe",
            "probe --format json",
            "report",
            "report --projects a --projects b --since 24h --until 1h --tz utc --format markdown --no-redact",
            "explain",
            "explain -",
            "explain API Error: 529 --no-facts --no-redact --format markdown --projects a",
            "doctor",
            "doctor --format markdown --folder . --editor - --no-redact",
            "doctor --probe --yes --base-url http://h:1 --status-url http://h:2 --progress json",
            "doctor --probe --probe-upload --probe-idle 400 --probe-rounds 3",
            "doctor --probe --probe-upload 60",
            "doctor --probe --contacts --no-redact",
            "report --probe --yes --probe-rounds 1",
            "doctor --fix stale-lock:1 --preview",
            "doctor --fix stale-lock:1 --yes",
            "relay on --yes",
            "relay on --preview",
            "relay off --format json",
            "relay status",
            "relay log --last 3 --format json",
            "snapshots",
            "snapshots --format json",
            "snapshots show 17-a",
            "snapshots show 17 --format json",
            "drill --window w --kind busy-loop --yes",
            "pause",
            "resume --window w",
            "restart --yes",
            "restart --when-quiet --window w",
            "replay x.jsonl",
            "completions bash",
        ] {
            let line = std::iter::once("lifeline").chain(good.split(' '));
            assert!(CommandLine::try_parse_from(line).is_ok(), "{good}");
        }
        for bad in [
            "",
            "stat",
            "status --format yaml",
            "drill --kind crash",
            "watch --interval 0.1",
            "watch --interval 61",
            "watch --interval soon",
            "replay",
            "report --format yaml",
            "report --tz Nowhere/Land",
            "explain --format html",
            "doctor --preview",
            "doctor --yes",
            "doctor --base-url http://h",
            "doctor --probe --probe-idle 601",
            "doctor --probe --probe-rounds 0",
            "doctor --probe --fix x",
            "doctor --contacts",
            "report --yes",
            "doctor --fix x --preview --yes",
            "doctor --format html",
            "serve --detach --announce",
            "reap all",
            "reap --yes --dry-run",
            "relay",
            "relay on --yes --preview",
            "relay log --last x",
            "snapshots show",
            "snapshots show ../../etc/passwd",
        ] {
            let line = std::iter::once("lifeline").chain(bad.split(' '));
            let error = CommandLine::try_parse_from(line).expect_err(bad);
            assert_eq!(error.exit_code(), 2, "{bad}");
        }
    }
}
