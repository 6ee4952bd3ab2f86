//! `lifeline doctor`: what is wrong here, and its repair when that is asked for.

use std::{
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::{ArgGroup, Args, ValueEnum};
use lifeline_doctor::{
    Daemon as Seen, Draft, Drill, Editor, Finding, LeftBehind, Names, RelayNow, Report, Running, Severity,
    State, Way, examine, look, render,
    repair::{Undone, decline},
    unified,
};
use lifeline_probe::Network;
use lifeline_protocol::{Outcome, ProcessesReport, RelayMode, RelayStatus, StatusReport, method};
use serde::Serialize;

use super::{
    daemon::Daemon,
    exit::{Exit, Failure},
    follow::agreed,
    network::{self, Telling},
    page::{Ink, Page, Word, aligned},
    relay::TAKEN_FILE,
};
use crate::{
    clock, relay,
    serve::{self, endpoint::Endpoint, places::Places},
};

/// How long the daemon is asked: the whole doctor is to take less than 3 s.
const ASKED_FOR: Duration = Duration::from_secs(2);

/// How long it may take to see whether a folder is there.
const FOUND_WITHIN: Duration = Duration::from_millis(500);

/// Most of what an editor may tell, in bytes.
const TOLD_BYTES: u64 = 1024 * 1024;

/// What is asked for.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("consent").args(["fix", "probe"])))]
pub(super) struct Asked {
    /// For people, to paste into an issue, or for programs.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// The project to look at; the current folder when not given.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What only an editor knows, in JSON; “-” reads it from the standard input.
    #[arg(long, value_name = "FILE")]
    editor: Option<PathBuf>,
    /// Tell paths, projects and hosts by their real names. Secrets are never told.
    #[arg(long)]
    no_redact: bool,
    /// Repair what was found; shows the change and asks.
    #[arg(long, value_name = "REPAIR_ID")]
    fix: Option<String>,
    /// Only print what the repair would change, in JSON: the file before and after.
    #[arg(long, requires = "fix", conflicts_with = "yes")]
    preview: bool,
    /// Do not ask.
    #[arg(long, requires = "consent")]
    yes: bool,
    #[command(flatten)]
    network: network::Probing,
    /// Only print whom the probe would contact, in JSON.
    #[arg(long, requires = "probe", conflicts_with = "yes")]
    contacts: bool,
    /// Say on stderr how far the measuring is: `{"probe":"ways","done":1,"all":3}`, one on each line.
    #[arg(long, value_enum, value_name = "HOW", requires = "probe")]
    progress: Option<Telling>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// In colour on a terminal.
    Text,
    /// Headings and lists.
    Markdown,
    /// The contract, `lifeline.doctor/1`.
    Json,
}

/// Looks, judges and prints; or repairs one thing.
///
/// # Errors
/// When it is not clear what to look at, a repair is not there or was not done, or no output.
pub(super) fn doctor(asked: &Asked, page: &mut Page<'_>) -> Result<Exit, Failure> {
    let what = what(asked.folder.as_deref(), asked.editor.as_deref())?;
    let names = names(&what, asked.no_redact);
    let begun = look::begin(&what);
    let places = Places::from_environment().map_err(Failure::problem)?;
    let daemon = serve::runtime()?.block_on(ask(&places));
    let facts = begun.finish(daemon);
    if asked.contacts {
        page.json(&asked.network.contacts(&facts.way(), &names)?)?;
        return Ok(Exit::Fine);
    }
    let examined = examine(&facts, &names);
    if let Some(id) = &asked.fix {
        let draft = examined.offering(id).ok_or_else(|| {
            let sentence = format!("Nothing that was found offers the repair “{id}”: it may be done already. “lifeline doctor” shows what there is.");
            Failure::new(Exit::Refused, sentence)
        })?;
        return fix(draft, asked, &what, &names, page);
    }
    let mut report = examined.report();
    let measured = measured(asked, &facts.way(), &names, page)?;
    if let Some(network) = &measured {
        report.add(lifeline_probe::check(network), lifeline_probe::findings(network));
    }
    match (asked.format, &measured) {
        (Form::Json, network) => page.json(&WithNetwork { report: &report, network: network.as_ref() })?,
        (Form::Markdown, network) => {
            let figures = network.as_ref().map(|network| lifeline_probe::markdown(network, &render::escaped));
            lines(&(render::markdown(&report) + &figures.unwrap_or_default()), page)?;
        }
        (Form::Text, network) => {
            print(&report, page)?;
            network.iter().try_for_each(|network| network::print(network, page))?;
        }
    }
    Ok(if report.is_well() { Exit::Fine } else { Exit::Problem })
}

/// The report, and the network beside it.
#[derive(Serialize)]
struct WithNetwork<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a Network>,
}

/// The network, when that is asked for and agreed to.
fn measured(
    asked: &Asked,
    way: &Way,
    names: &Names,
    page: &mut Page<'_>,
) -> Result<Option<Network>, Failure> {
    let Some(agreed) = asked.network.agree(way, names, asked.yes)? else { return Ok(None) };
    if asked.format == Form::Text {
        page.line(&[agreed.sentence().into()])?;
        page.line(&[])?;
    }
    agreed.measure(asked.progress).map(Some)
}

/// How Claude Code reaches the API from the current folder, and what is told of that.
///
/// # Errors
/// When it is not clear where to look.
pub(super) fn way(plain: bool) -> Result<(Way, Names), Failure> {
    let what = what(None, None)?;
    // The daemon has nothing to say of it.
    let facts = look::look(&what, Seen::Absent(String::new()));
    Ok((facts.way(), names(&what, plain)))
}

fn what(folder_named: Option<&Path>, editor_told: Option<&Path>) -> Result<look::Asked, Failure> {
    let places = Places::from_environment().map_err(Failure::problem)?;
    Ok(look::Asked {
        variable: |name| std::env::var_os(name),
        root: PathBuf::from("/"),
        folder: folder(folder_named)?,
        relay_file: places.state_dir.join(relay::FILE),
        relay_taken_file: places.state_dir.join(TAKEN_FILE),
        state_dir: places.state_dir,
        editor: editor(editor_told)?,
        lifeline_version: env!("CARGO_PKG_VERSION").into(),
        now_unix_ms: clock::unix_ms(),
    })
}

fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let usage = |path: &Path, error: io::Error| {
        let sentence = format!(
            "The folder {} cannot be looked at: {error}. Name another with --folder.",
            path.display()
        );
        Failure::new(Exit::Usage, sentence)
    };
    let path = named.unwrap_or_else(|| Path::new("."));
    let folder = std::path::absolute(path).map_err(|error| usage(path, error))?;
    match named {
        Some(_) if is_missing(&folder) => Err(usage(path, io::ErrorKind::NotADirectory.into())),
        _ => Ok(folder),
    }
}

/// A folder of a network that hangs is there.
fn is_missing(folder: &Path) -> bool {
    let folder = folder.to_owned();
    look::within(FOUND_WITHIN, move || !folder.is_dir()).unwrap_or(false)
}

fn editor(told: Option<&Path>) -> Result<Editor, Failure> {
    let usage = |why: String| {
        Failure::new(
            Exit::Usage,
            format!("What the editor tells cannot be used: {why}. Give --editor a file of JSON."),
        )
    };
    let Some(path) = told else { return Ok(Editor::default()) };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().take(TOLD_BYTES).read_to_string(&mut text).map_err(|error| usage(error.to_string()))?;
        text
    } else {
        let there_is_none = || usage("there is no such file".into());
        look::text_of(path).map_err(|why| usage(format!("it {why}")))?.ok_or_else(there_is_none)?
    };
    // Where it fails tells; what stands there may be anything.
    let told: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| usage(format!("no JSON at line {}, column {}", error.line(), error.column())))?;
    if told.is_object() { Ok(Editor::of(&told)) } else { Err(usage("it is no object".into())) }
}

fn names(what: &look::Asked, plain: bool) -> Names {
    let home = what.home();
    // In the home folder itself nothing is a project's.
    let holds_home = home.as_deref().is_some_and(|home| home.starts_with(&what.folder));
    Names { plain, folder: (!holds_home).then(|| what.folder.clone()), home }
}

/// Asks the daemon, should there be one.
async fn ask(places: &Places) -> Seen {
    let silent = |why: &str| Seen::Silent(why.to_owned());
    let Ok(endpoint) = Endpoint::at(places) else { return silent("Its folder cannot be used.") };
    let asked = async {
        match endpoint.connect().await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return silent("Another user listens in its place.");
            }
            Err(_) => return Seen::Absent("Nobody listens on its socket.".into()),
        }
        match interview().await {
            Ok(running) => Seen::Running(running),
            Err(_) => silent("It took the connection, and then gave no answer that can be used."),
        }
    };
    tokio::time::timeout(ASKED_FOR, asked).await.unwrap_or_else(|_| silent("It gave no answer within 2 s."))
}

async fn interview() -> Result<Running, Failure> {
    let began = Instant::now();
    let mut daemon = Daemon::connect().await?;
    let status: StatusReport = daemon.status().await?;
    let answered_after_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let incidents = daemon.incidents().await?;
    let drill =
        incidents.iter().find(|incident| incident.cause == "drill" && incident.outcome != Outcome::Open);
    let processes: Result<ProcessesReport, Failure> = daemon.call(method::PROCESSES, ()).await;
    let left_behind = processes.map_err(|_| "The daemon could not tell.".to_owned()).map(|report| {
        let certain = report.processes.iter().filter(|process| process.grade == "certain");
        certain.fold(LeftBehind::default(), |sum, process| LeftBehind {
            processes: sum.processes + 1,
            bytes: sum.bytes + process.rss_bytes,
        })
    });
    // One of an older version knows none.
    let relay: Option<RelayStatus> = daemon.call(method::RELAY, ()).await.ok();
    Ok(Running {
        version: status.daemon_version,
        answered_after_ms,
        cannot_save: status.cannot_save,
        last_drill: drill
            .map(|drill| Drill { unix_ms: drill.began_unix_ms, passed: drill.outcome == Outcome::Recovered }),
        left_behind,
        silent_ports: status
            .sockets
            .iter()
            .filter(|socket| socket.answer == "silent")
            .map(|socket| socket.port)
            .collect(),
        relay: relay.map(|relay| RelayNow {
            is_on: relay.mode != RelayMode::Off,
            is_listening: relay.is_listening,
            problem: relay.problem,
        }),
    })
}

fn fix(
    draft: &Draft,
    asked: &Asked,
    what: &look::Asked,
    names: &Names,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let refused = |sentence: String| Failure::new(Exit::Refused, sentence);
    let Some(plan) = &draft.plan else {
        let sentence = "That is a setting of the editor, which only the editor can change: run “Lifeline: Run Doctor” there, or change it by hand.";
        return Err(refused(sentence.into()));
    };
    let change = plan.change().map_err(refused)?;
    if asked.preview {
        page.json(&change)?;
        return Ok(Exit::Fine);
    }
    if !asked.yes {
        // Before anything is shown: without a terminal there is nobody to ask.
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            let file = names.path(&change.file);
            lines(&unified(&file, change.before.as_deref(), change.after.as_deref()), page)?;
        }
        let label = draft.finding.repair.as_ref().map_or("Do it", |repair| repair.label.as_str());
        if !agreed(&format!("{label}?"))? {
            // A no is an answer: what is offered once is not offered again.
            let _ = decline(plan, &what.state_dir);
            return Err(refused("Nothing was done.".into()));
        }
    }
    match plan.carry_out(&change, &what.state_dir, what.now_unix_ms) {
        Ok(sentence) => page.line(&[sentence.into()])?,
        Err(Undone::Changed) => {
            return Err(refused(
                "What was found is not as it was, so nothing was done. Run “lifeline doctor” again.".into(),
            ));
        }
        Err(Undone::Failed(why)) => {
            return Err(Failure::problem(format!(
                "Nothing was changed: {why}. Make the file and its folder writable, and try again."
            )));
        }
    }
    Ok(Exit::Fine)
}

/// Nothing in it may control the terminal but the ends of its lines.
fn lines(text: &str, page: &mut Page<'_>) -> io::Result<()> {
    text.lines().try_for_each(|line| page.line(&[line.into()]))
}

fn print(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for finding in &report.findings {
        print_finding(finding, page)?;
        page.line(&[])?;
    }
    if report.findings.is_empty() {
        page.line(&[Word::new("Nothing is wrong.", Ink::Good)])?;
        page.line(&[])?;
    }
    let quiet = report.checks.iter().filter(|check| check.state != State::Found);
    let rows: Vec<Vec<Word>> = quiet
        .map(|check| {
            let ink = if check.state == State::Ok { Ink::Good } else { Ink::Warn };
            let note = Word::new(check.note.as_deref().unwrap_or_default(), Ink::Dim);
            vec![Word::new(render::state(check.state), ink), check.title.into(), note]
        })
        .collect();
    aligned(&["STATE", "CHECK", "NOTE"], &rows).iter().try_for_each(|line| page.line(line))
}

fn print_finding(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    let ink = match finding.severity {
        Severity::Error => Ink::Bad,
        Severity::Warning => Ink::Warn,
        Severity::Hint => Ink::Dim,
    };
    let mark = format!("{}:", render::mark(finding.severity));
    page.line(&[Word::new(mark, ink), Word::new(&finding.title, Ink::Bold)])?;
    let mut indented = |text: String, ink| page.line(&[Word::new(format!("    {text}"), ink)]);
    indented(finding.detail.clone(), Ink::Plain)?;
    if let Some(place) = &finding.place {
        indented(format!("{}:{}:{}", place.file, place.line, place.column), Ink::Plain)?;
    }
    indented(format!("{} ({})", finding.why, finding.source), Ink::Dim)?;
    for step in &finding.fix {
        indented(format!("- {step}"), Ink::Plain)?;
    }
    if let Some(repair) = &finding.repair {
        indented(format!("- {}: lifeline doctor --fix {}", repair.label, repair.id), Ink::Plain)?;
    }
    Ok(())
}
