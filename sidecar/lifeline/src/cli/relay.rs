//! `lifeline relay`: on and off with Claude Code's settings, how it is, and why connections closed.

mod log;
mod settings;

use std::{
    io::{self, IsTerminal as _},
    path::Path,
};

use clap::{Args, Subcommand, ValueEnum};
use lifeline_doctor::{Change, repair::Undone, unified, variables};
use lifeline_protocol::{RelayMode, RelayRequest, RelayStatus, method};
use serde::Serialize;

use super::{
    Format, Reading,
    daemon::Daemon,
    exit::{Exit, Failure},
    follow::agreed,
    page::{Ink, Page, Word, count},
};
use crate::{
    clock,
    relay::{FILE, Numbers, Saved, mode_of_environment},
    serve::places::Places,
};
pub(super) use settings::TAKEN_FILE;
use settings::{Found, Settings};

/// Records that are shown unless told.
const SHOWN: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum Asked {
    /// Turn it on, and lead Claude Code to it: shows the change of its settings, and asks.
    #[command(after_help = "\
Examples:
  lifeline relay on
  lifeline relay on --yes
  lifeline relay on --mode gateway")]
    On(TurnOn),
    /// Turn it off, and put Claude Code's settings back as they were.
    #[command(after_help = "\
Examples:
  lifeline relay off
  lifeline relay off --yes")]
    Off(Switch),
    /// Show whether it is on, how it is set and what waits. Exits with 1 when something is wrong.
    #[command(after_help = "\
Examples:
  lifeline relay status
  lifeline relay status --format json | jq .outages")]
    Status(Reading),
    /// List the connections that have ended, the newest first, and why. Needs no daemon.
    #[command(after_help = "\
Examples:
  lifeline relay log
  lifeline relay log --last 200 --format json | jq '.[] | select(.end.how == \"stalled\")'")]
    Log {
        /// How many.
        #[arg(long, value_name = "NUMBER", default_value_t = SHOWN)]
        last: usize,
        #[command(flatten)]
        reading: Reading,
    },
}

/// As what it is turned on.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct TurnOn {
    /// What the relay sees: nothing as a tunnel, heads and events as a gateway.
    #[arg(long, value_enum, default_value_t = Mode::Tunnel)]
    mode: Mode,
    #[command(flatten)]
    how: Switch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Sets HTTPS_PROXY: TLS stays end to end, nothing of what Claude Code does changes.
    Tunnel,
    /// Sets ANTHROPIC_BASE_URL: repeats what failed, says why (request-id, tokens). Claude Code does without Remote Control and MCP tool search then.
    Gateway,
}

impl From<Mode> for RelayMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Tunnel => Self::Tunnel,
            Mode::Gateway => Self::Gateway,
        }
    }
}

/// How it is switched.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Switch {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Only print what would change in Claude Code's settings, in JSON: the file before and after.
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    #[command(flatten)]
    reading: Reading,
}

/// What is told in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'s> {
    #[serde(flatten)]
    status: &'s RelayStatus,
    /// Claude Code's settings lead to it.
    is_used: bool,
}

/// Does what was asked.
///
/// # Errors
/// No daemon where one is needed, settings that cannot be changed, nobody to ask, the user's no, or no output.
pub(super) async fn relay(asked: Asked, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let places = Places::from_environment().map_err(Failure::problem)?;
    if let Some(bad) = Numbers::from_environment().1.first() {
        return Err(Failure::new(Exit::Usage, bad.to_string()));
    }
    mode_of_environment().map_err(|why| Failure::new(Exit::Usage, why))?;
    match asked {
        Asked::On(TurnOn { mode, how }) => on(&places, mode.into(), how, page).await,
        Asked::Off(how) => off(&places, how, page).await,
        Asked::Status(reading) => {
            let status = Daemon::connect().await?.relay().await?;
            tell(&status, &Settings::of_user(&places.state_dir)?, reading.format, page)
        }
        Asked::Log { last, reading } => log::show(&places.state_dir, last, reading.format, page),
    }
}

async fn on(places: &Places, mode: RelayMode, how: Switch, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let settings = Settings::of_user(&places.state_dir)?;
    let found = settings.look()?;
    let mut daemon = Daemon::connect().await?;
    let before = daemon.relay().await?;
    if let Some((_, other)) = found.leads_to.as_ref().filter(|(_, known)| *known != mode) {
        let other = if *other == RelayMode::Gateway { "gateway" } else { "tunnel" };
        return Err(refused(format!(
            "Claude Code's settings lead to the relay as a {other} already. Run “lifeline relay off” first."
        )));
    }
    let status = daemon.switch_relay(&found.request(before.port, mode)).await?;
    let led = lead(places, &settings, &found, (&status, mode), how, page);
    if (led.is_err() || how.preview) && before.mode == RelayMode::Off {
        daemon.switch_relay(&switched_off(!before.is_listening)).await?;
    }
    let address = led?;
    if how.preview {
        return Ok(Exit::Fine);
    }
    if how.reading.format == Format::Json {
        return tell(&status, &settings, Format::Json, page);
    }
    if let Some(exception) = found.exception_of_the_api().filter(|_| mode == RelayMode::Tunnel) {
        let sentence =
            format!("{exception} is among the exceptions (NO_PROXY): Claude Code passes the relay by.");
        page.line(&[Word::new(sentence, Ink::Warn)])?;
    }
    page.line(&[format!(
        "The relay is on: sessions of Claude Code that start from now on reach the API through {address}."
    )
    .into()])?;
    if mode == RelayMode::Gateway {
        let sentence = "As a gateway: Claude Code does without Remote Control, and without MCP tool search unless ENABLE_TOOL_SEARCH=true is set.";
        page.line(&[sentence.into()])?;
    }
    for line in [
        "It needs Lifeline's daemon, which VS Code starts. Without VS Code, after a start of the machine: lifeline serve --detach",
        "“lifeline relay log” says why connections closed; “lifeline relay off” puts the settings back.",
    ] {
        page.line(&[line.into()])?;
    }
    Ok(Exit::Fine)
}

/// Leads Claude Code to the relay that serves, and says where that is; or only shows how.
fn lead(
    places: &Places,
    settings: &Settings,
    found: &Found,
    (status, mode): (&RelayStatus, RelayMode),
    how: Switch,
    page: &mut Page<'_>,
) -> Result<String, Failure> {
    let port = status.port.filter(|_| status.is_listening).ok_or_else(|| {
        let unknown = || "The relay does not serve. “lifeline relay status” tells more.".into();
        Failure::problem(status.problem.clone().unwrap_or_else(unknown))
    })?;
    let address = address(port);
    if let Some((other, _)) = found.leads_to.as_ref().filter(|(known, _)| *known != address) {
        return Err(refused(format!(
            "Claude Code's settings lead to a relay at {other}, which is not there any more. Run “lifeline relay off”, then “lifeline relay on”."
        )));
    }
    let variables = found.variables(&address, mode);
    let (change, taken) = variables::set(&settings.file, &variables).map_err(refused)?;
    if how.preview {
        page.json(&change)?;
    } else if found.leads_to.is_none() {
        show_and_ask(&change, "Turn the relay on, and lead Claude Code to it?", how.yes, page)?;
        // Whatever happens from here on, it can be taken back.
        settings.remember(&taken)?;
        let backup = change.carry_out(&places.state_dir, clock::unix_ms()).map_err(undone)?;
        settings.remember(&variables::Taken { backup, ..taken })?;
    }
    Ok(address)
}

async fn off(places: &Places, how: Switch, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let settings = Settings::of_user(&places.state_dir)?;
    let taken = settings.taken()?;
    let change = taken.as_ref().map(variables::take_back).transpose().map_err(refused)?;
    if how.preview {
        page.json(&change)?;
        return Ok(Exit::Fine);
    }
    if let Some(change) = change.filter(|change| change.before != change.after) {
        show_and_ask(&change, "Put Claude Code's settings back, and turn the relay off?", how.yes, page)?;
        change.carry_out(&places.state_dir, clock::unix_ms()).map_err(undone)?;
    }
    settings.forget()?;
    match Daemon::connect().await {
        Ok(mut daemon) => {
            let status = daemon.switch_relay(&switched_off(false)).await?;
            if how.reading.format == Format::Json {
                return tell(&status, &settings, Format::Json, page);
            }
        }
        Err(failure) if failure.exit == Exit::NoDaemon => switch_off_alone(&places.state_dir)?,
        Err(failure) => return Err(failure),
    }
    page.line(&["The relay is off, and Claude Code's settings hold nothing of it.".into()])?;
    page.line(&["Sessions that run already know no other way: for them it goes on for a day, and passes everything through as it comes.".into()])?;
    Ok(Exit::Fine)
}

fn switched_off(at_once: bool) -> RelayRequest {
    RelayRequest {
        mode: RelayMode::Off,
        proxy: None,
        no_proxy: None,
        hosts: Vec::new(),
        upstream: None,
        extra_certificates: None,
        at_once,
    }
}

/// For the next daemon.
fn switch_off_alone(state_dir: &Path) -> Result<(), Failure> {
    let file = state_dir.join(FILE);
    let Ok(bytes) = std::fs::read(&file) else { return Ok(()) };
    let saved = Saved { mode: RelayMode::Off, off_unix_ms: Some(clock::unix_ms()), ..Saved::of(&bytes) };
    let content = serde_json::to_vec(&saved).unwrap_or_default();
    lifeline_doctor::repair::write_atomically(&file, &content).map_err(|error| {
        Failure::problem(format!(
            "{} cannot be written: {error}. Make it writable, and try again.",
            file.display()
        ))
    })
}

fn show_and_ask(change: &Change, question: &str, yes: bool, page: &mut Page<'_>) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    // Before anything is shown: without a terminal there is nobody to ask.
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let file = change.file.display().to_string();
        for line in unified(&file, change.before.as_deref(), change.after.as_deref()).lines() {
            page.line(&[line.into()])?;
        }
    }
    if agreed(question)? { Ok(()) } else { Err(refused("Nothing was changed.".into())) }
}

fn refused(sentence: String) -> Failure {
    Failure::new(Exit::Refused, sentence)
}

fn undone(undone: Undone) -> Failure {
    match undone {
        Undone::Changed => refused(
            "Claude Code's settings were written to meanwhile, so nothing was changed. Try again.".into(),
        ),
        Undone::Failed(why) => Failure::problem(format!(
            "Nothing was changed: {why}. Make Claude Code's settings and their folder writable, and try again."
        )),
    }
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn tell(
    status: &RelayStatus,
    settings: &Settings,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let used: Option<Found> = settings.look().ok();
    let leads_to = used.and_then(|found| found.leads_to).map(|(address, _)| address);
    let is_used = status.port.is_some_and(|port| leads_to == Some(address(port)));
    match format {
        Format::Json => page.json(&Told { status, is_used })?,
        Format::Text => lines(status, is_used).iter().try_for_each(|line| page.line(line))?,
    }
    let is_well = match status.mode {
        RelayMode::Off => !is_used,
        RelayMode::Tunnel | RelayMode::Gateway => status.is_listening && status.outages.is_empty(),
    };
    Ok(if is_well { Exit::Fine } else { Exit::Problem })
}

fn lines(status: &RelayStatus, is_used: bool) -> Vec<Vec<Word>> {
    let place = status.port.map(|port| format!(" at {}", address(port))).unwrap_or_default();
    let first = match (status.mode, status.is_listening) {
        (RelayMode::Off, false) => Word::new("The relay is off.", Ink::Plain),
        (RelayMode::Off, true) => Word::new(
            format!(
                "The relay is off. For programs that began while it was on it passes everything through{place}."
            ),
            Ink::Plain,
        ),
        (RelayMode::Tunnel, true) => Word::new(format!("The relay is on{place}."), Ink::Good),
        (RelayMode::Gateway, true) => Word::new(format!("The relay is on{place}, as a gateway."), Ink::Good),
        (RelayMode::Tunnel | RelayMode::Gateway, false) => {
            Word::new(format!("The relay is on, and does not serve{place}."), Ink::Bad)
        }
    };
    let mut lines = vec![vec![first]];
    let mut line = |text: String, ink| lines.push(vec![Word::new(text, ink)]);
    if let Some(problem) = &status.problem {
        line(problem.clone(), Ink::Bad);
    }
    match (status.mode, is_used) {
        (RelayMode::Off, true) => {
            line("Claude Code's settings still lead to it. Run: lifeline relay off".into(), Ink::Bad)
        }
        (RelayMode::Tunnel | RelayMode::Gateway, false) => line(
            "Claude Code's settings do not lead to it. To lead them there: lifeline relay on".into(),
            Ink::Warn,
        ),
        (RelayMode::Tunnel | RelayMode::Gateway, true) => {
            line("Claude Code's settings lead to it.".into(), Ink::Plain)
        }
        (RelayMode::Off, false) => {}
    }
    if let Some(upstream) = status.upstream.as_ref().filter(|_| status.mode == RelayMode::Gateway) {
        line(format!("As a gateway it leads to {upstream}."), Ink::Plain);
    }
    if status.mode != RelayMode::Off {
        let chained = if status.is_chained { " Behind it is the proxy that was there before." } else { "" };
        line(
            format!(
                "Silence is ended after {} s; an outage is waited out with {} in {} s.{chained}",
                status.stall_after_seconds,
                count(status.attempts, "attempt"),
                status.budget_seconds
            ),
            Ink::Plain,
        );
    }
    if status.is_listening {
        let refused = match status.refused {
            0 => String::new(),
            refused => format!(", {} refused", count(refused, "client")),
        };
        line(
            format!("{} now, {} ended{refused}.", count(status.connections, "connection"), status.ended),
            Ink::Dim,
        );
    }
    for outage in &status.outages {
        line(
            format!(
                "Waiting for {}: attempt {} of {} failed ({}).",
                outage.host, outage.attempt, outage.of, outage.reason
            ),
            Ink::Warn,
        );
    }
    lines
}

impl Daemon {
    /// How the relay is.
    async fn relay(&mut self) -> Result<RelayStatus, Failure> {
        self.call(method::RELAY, ()).await
    }

    async fn switch_relay(&mut self, request: &RelayRequest) -> Result<RelayStatus, Failure> {
        self.call(method::SWITCH_RELAY, request).await
    }
}
