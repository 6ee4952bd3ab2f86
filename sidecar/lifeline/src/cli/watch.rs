//! `lifeline watch`: how things stand, once a second, on a screen or as lines of JSON.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use lifeline_core::Time;
use lifeline_protocol::{Incident, Outcome, StatusReport};
use tokio::sync::mpsc;

use super::{
    Format,
    daemon::Daemon,
    exit::{Exit, Failure},
    frame::{self, INCIDENTS_SHOWN, View},
    page::{Page, span},
    status,
    terminal::{self, Events, Happening, Screen},
};
use crate::clock;

/// A daemon that is gone is looked for this often: the extension has a new one within a second or two.
const LOOK_FOR_DAEMON_EVERY: Duration = Duration::from_secs(1);

/// The screen is drawn at least this often: ages go on without a report.
const DRAW_EVERY: Duration = Duration::from_secs(1);

/// Incidents are asked for when something has changed, and otherwise this often: the list is long.
const INCIDENTS_EVERY: Duration = Duration::from_secs(10);

/// A report is overdue after its interval and this.
const OVERDUE_AFTER: Duration = Duration::from_secs(2);

/// Columns and rows of a terminal that does not say how large it is.
const SIZE_UNKNOWN: (usize, usize) = (80, 24);

/// Between two reports, in seconds.
const INTERVAL_SECONDS: std::ops::RangeInclusive<f64> = 0.2..=60.0;

/// How `lifeline watch` was called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// One frame, or one report.
    pub(crate) once: bool,
    /// Time between two reports.
    pub(crate) interval: Duration,
    /// For people, or for programs.
    pub(crate) format: Format,
}

/// Watches until told to end.
///
/// # Errors
/// No daemon, when only asked once; no output.
pub(crate) async fn watch(options: Options, colour: bool, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let is_screen = io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    match options.format {
        Format::Json => lines(options, page).await,
        Format::Text if options.once || !is_screen => once(page).await,
        Format::Text => live(options, colour).await,
    }
}

/// One frame, as text.
async fn once(page: &mut Page<'_>) -> Result<Exit, Failure> {
    let mut observer = Observer::default();
    let report = observer.look().await?;
    observer.look_at_incidents(&report).await?;
    let view = View {
        report: Some(&report),
        incidents: &observer.incidents,
        now_unix_ms: clock::unix_ms(),
        ..View::default()
    };
    for line in frame::lines(&view, usize::MAX) {
        page.line(&line)?;
    }
    Ok(status::exit(&report))
}

/// A report on each line.
async fn lines(options: Options, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let mut observer = Observer::default();
    let mut said = None;
    loop {
        let looked = observer.look().await;
        let apart = options.interval_after(&looked);
        match looked {
            Ok(report) => {
                page.json_line(&report)?;
                if options.once {
                    return Ok(status::exit(&report));
                }
                said = None;
            }
            Err(failure) if options.once => return Err(failure),
            Err(failure) if said.as_ref() != Some(&failure) => {
                let _ = writeln!(io::stderr(), "{}", failure.sentence);
                said = Some(failure);
            }
            Err(_) => {}
        }
        tokio::time::sleep(apart).await;
    }
}

/// A frame each second, until told to end.
async fn live(options: Options, colour: bool) -> Result<Exit, Failure> {
    let mut events = Events::listen()?;
    let screen = Screen::enter()?;
    let (sender, mut looks) = mpsc::channel(1);
    tokio::spawn(observe(options, sender));
    let mut known = Known::new(options.interval);
    loop {
        let (columns, rows) = terminal::size().unwrap_or(SIZE_UNKNOWN);
        screen.draw(known.frame(columns, rows, colour).as_bytes())?;
        tokio::select! {
            Some(look) = looks.recv() => known.take(look),
            happening = events.next() => match happening {
                Happening::Quit => return Ok(Exit::Fine),
                #[cfg(unix)]
                Happening::Redraw => {}
                #[cfg(unix)]
                Happening::Suspend => screen.suspend()?,
            },
            () = tokio::time::sleep(DRAW_EVERY) => {}
        }
    }
}

impl Options {
    fn interval_after<T>(&self, looked: &Result<T, Failure>) -> Duration {
        if looked.is_ok() { self.interval } else { self.interval.min(LOOK_FOR_DAEMON_EVERY) }
    }
}

/// An interval as it may be typed, in seconds.
///
/// # Errors
/// What an interval looks like.
pub(crate) fn parse_interval(typed: &str) -> Result<Duration, String> {
    typed
        .parse::<f64>()
        .ok()
        .filter(|seconds| INTERVAL_SECONDS.contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("{} to {} seconds", INTERVAL_SECONDS.start(), INTERVAL_SECONDS.end()))
}

/// What one look at the daemon gave.
type Look = Result<(Box<StatusReport>, Vec<Incident>), Failure>;

/// Looks for ever.
async fn observe(options: Options, looks: mpsc::Sender<Look>) {
    let mut observer = Observer::default();
    loop {
        let look = observer.look_at_all().await;
        let apart = options.interval_after(&look);
        if looks.send(look).await.is_err() {
            return;
        }
        tokio::time::sleep(apart).await;
    }
}

/// Asks the daemon over one connection, and over another one when that is lost.
#[derive(Default)]
struct Observer {
    daemon: Option<Daemon>,
    /// The newest first, and only those that are shown.
    incidents: Vec<Incident>,
    /// When they were asked for, and what stood then.
    asked: Option<(Time, Vec<Stand>)>,
}

/// What an incident changes: the window, its host, verdict, phase and restarts.
type Stand = (String, Option<u32>, String, String, u32);

impl Observer {
    async fn look(&mut self) -> Result<StatusReport, Failure> {
        if let Some(mut daemon) = self.daemon.take()
            && let Ok(report) = daemon.status().await
        {
            self.daemon = Some(daemon);
            return Ok(report);
        }
        // Replaced, perhaps by a newer one.
        let mut daemon = Daemon::connect().await?;
        let report = daemon.status().await?;
        self.daemon = Some(daemon);
        Ok(report)
    }

    async fn look_at_all(&mut self) -> Look {
        let report = self.look().await?;
        self.look_at_incidents(&report).await?;
        Ok((Box::new(report), self.incidents.clone()))
    }

    async fn look_at_incidents(&mut self, report: &StatusReport) -> Result<(), Failure> {
        let now = clock::now();
        let stand = stand(report);
        let is_known =
            self.asked.as_ref().is_some_and(|(at, was)| now.since(*at) < INCIDENTS_EVERY && *was == stand);
        let is_settled = self.incidents.iter().all(|incident| incident.outcome != Outcome::Open);
        if let Some(daemon) = self.daemon.as_mut().filter(|_| !is_known || !is_settled) {
            self.incidents = daemon.incidents().await.inspect_err(|_| self.daemon = None)?;
            self.incidents.truncate(INCIDENTS_SHOWN);
            self.asked = Some((now, stand));
        }
        Ok(())
    }
}

fn stand(report: &StatusReport) -> Vec<Stand> {
    let windows = report.windows.iter();
    windows
        .map(|window| {
            let (verdict, phase) = (window.verdict.clone(), window.phase.clone());
            (window.window_id.clone(), window.host_pid, verdict, phase, window.restarts_in_window)
        })
        .collect()
}

/// What is on the screen.
struct Known {
    report: Option<Box<StatusReport>>,
    incidents: Vec<Incident>,
    trouble: Option<String>,
    /// When the report came; before the first one, when it was first waited for.
    since: Time,
    interval: Duration,
    hint: String,
}

impl Known {
    fn new(interval: Duration) -> Self {
        let keys = if cfg!(unix) { "q quits" } else { "Ctrl-C quits" };
        let hint = format!("every {} s, {keys}", interval.as_secs_f64());
        Self { report: None, incidents: Vec::new(), trouble: None, since: clock::now(), interval, hint }
    }

    fn take(&mut self, look: Look) {
        match look {
            Ok((report, incidents)) => {
                self.since = clock::now();
                (self.report, self.incidents, self.trouble) = (Some(report), incidents, None);
            }
            Err(failure) => self.trouble = Some(failure.sentence),
        }
    }

    fn frame(&self, columns: usize, rows: usize, colour: bool) -> String {
        let age = clock::now().since(self.since);
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        let overdue = (age > self.interval + OVERDUE_AFTER)
            .then(|| format!("The Lifeline daemon has not answered for {}.", span(age_ms)));
        let view = View {
            report: self.report.as_deref(),
            incidents: &self.incidents,
            trouble: self.trouble.as_deref().or(overdue.as_deref()),
            age_ms,
            now_unix_ms: clock::unix_ms(),
            hint: Some(&self.hint),
        };
        frame::drawn(&frame::lines(&view, columns), columns, rows, colour)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::daemon::tests::window, super::sections::tests::report, *};

    fn known() -> Known {
        Known::new(Duration::from_secs(1))
    }

    #[test]
    fn an_interval_is_between_a_fifth_of_a_second_and_a_minute() {
        assert_eq!(parse_interval("0.2"), Ok(Duration::from_millis(200)));
        assert_eq!(parse_interval("60"), Ok(Duration::from_secs(60)));
        for bad in ["0", "0.19", "60.1", "-1", "NaN", "inf", "", "1s"] {
            assert_eq!(parse_interval(bad), Err("0.2 to 60 seconds".to_owned()), "{bad}");
        }
    }

    #[test]
    fn without_a_daemon_the_last_that_was_known_stays_and_is_called_old() {
        let mut known = known();
        assert!(known.frame(80, 24, false).contains("Asking the Lifeline daemon"));
        let mut with_window = report();
        with_window.windows = vec![window("w", "site")];
        known.take(Ok((Box::new(with_window), vec![])));
        let frame = known.frame(80, 24, false);
        assert!(frame.contains("site") && !frame.contains("was so"), "{frame}");
        known.take(Err(Failure::new(Exit::NoDaemon, "No Lifeline daemon serves.")));
        let frame = known.frame(80, 24, false);
        for part in ["No Lifeline daemon serves.", "This was so", "site"] {
            assert!(frame.contains(part), "{part}\n{frame}");
        }
        known.take(Ok((Box::new(report()), vec![])));
        assert!(!known.frame(80, 24, false).contains("No Lifeline daemon"));
    }

    #[test]
    fn what_an_incident_changes_is_noticed() {
        let mut one = report();
        one.windows = vec![window("w", "site")];
        let mut other = one.clone();
        other.windows[0].silent_ms = Some(900);
        assert_eq!(stand(&one), stand(&other));
        other.windows[0].host_pid = Some(9);
        assert_ne!(stand(&one), stand(&other));
    }
}
