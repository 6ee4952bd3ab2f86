//! `lifeline drill`, `restart`, `pause` and `resume`: what changes something asks first.

use lifeline_protocol::{
    DrillAnswer, DrillKind, DrillRequest, Incident, Outcome, PauseRequest, RestartAnswer, RestartRequest,
    StatusReport, WindowStatus, method,
};

use super::{
    Format,
    daemon::Daemon,
    exit::{Exit, Failure},
    follow::{Before, agreed},
    incidents,
    page::{Ink, Page, Word},
    status,
};

/// Pauses or resumes, and shows the status after it.
///
/// # Errors
/// No daemon, no such window, or no output.
pub(crate) async fn pause(
    daemon: &mut Daemon,
    window: Option<&str>,
    paused: bool,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let window_id = match window {
        Some(name) => Some(daemon.window(Some(name)).await?.window_id),
        None => None,
    };
    let report: StatusReport = daemon.call(method::PAUSE, PauseRequest { window_id, paused }).await?;
    match format {
        Format::Json => page.json(&report)?,
        Format::Text => status::print(&report, page)?,
    }
    Ok(Exit::Fine)
}

/// How a restart is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restart {
    /// Not now, but when nothing is in flight and nothing would be lost.
    pub(crate) when_quiet: bool,
    /// The user is not asked.
    pub(crate) yes: bool,
}

/// Restarts a window's host and waits until a new one is there; or plans to, and returns at once.
///
/// # Errors
/// No daemon, no window, nobody to ask, the user's no, the daemon's refusal, or no output.
pub(crate) async fn restart(
    daemon: &mut Daemon,
    window: Option<&str>,
    Restart { when_quiet, yes }: Restart,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let window = daemon.window(window).await?;
    let when = if when_quiet { " at a quiet moment" } else { "" };
    if !yes && !agreed(&format!("Restart the extension host of “{}”{when}?", window.label))? {
        return Err(declined());
    }
    let before = Before::now(daemon).await?;
    let mut request = RestartRequest { window_id: window.window_id, confirmed: yes, when_quiet };
    let mut answer: RestartAnswer = daemon.call(method::RESTART, &request).await?;
    if let RestartAnswer::NeedsConfirmation { would_lose } = &answer {
        // The question above was about the restart; this one is about work.
        if !would_lose.is_empty() && !agreed(&loss(would_lose))? {
            return Err(declined());
        }
        request.confirmed = true;
        answer = daemon.call(method::RESTART, &request).await?;
    }
    match answer {
        RestartAnswer::Started => {
            let incident = before.end_of(daemon, &request.window_id, None).await?;
            finish(&incident, format, page)
        }
        RestartAnswer::Waiting => planned(daemon, &request.window_id, format, page).await,
        RestartAnswer::Refused { reason } => Err(Failure::new(Exit::Refused, reason)),
        RestartAnswer::NeedsConfirmation { would_lose } => {
            Err(Failure::new(Exit::Refused, loss(&would_lose)))
        }
    }
}

/// Shows what a restart waits for.
async fn planned(
    daemon: &mut Daemon,
    window_id: &str,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let window = daemon.window(Some(window_id)).await?;
    match format {
        Format::Json => page.json(&window)?,
        Format::Text => page.line(&in_words(&window))?,
    }
    Ok(Exit::Fine)
}

fn in_words(window: &WindowStatus) -> Vec<Word> {
    let label = Word::new(format!("{}:", window.label), Ink::Bold);
    let plan = match &window.waits_for {
        Some(waits_for) => format!("a restart is planned, and waits for {waits_for}."),
        None => "it is quiet, and the restart is under way.".to_owned(),
    };
    vec![label, plan.into(), Word::new("“lifeline watch” shows how it goes on.", Ink::Dim)]
}

fn loss(would_lose: &[String]) -> String {
    format!("This would be lost: {}. Restart anyway?", would_lose.join("; "))
}

/// Freezes a window on purpose, and waits until Lifeline has brought it back.
///
/// # Errors
/// As [`restart`].
pub(crate) async fn drill(
    daemon: &mut Daemon,
    window: Option<&str>,
    kind: DrillKind,
    yes: bool,
    format: Format,
    page: &mut Page<'_>,
) -> Result<Exit, Failure> {
    let window = daemon.window(window).await?;
    let how = match kind {
        DrillKind::Deadlock => "a deadlock",
        DrillKind::BusyLoop => "a busy loop",
    };
    let question = format!(
        "This really freezes the extension host of “{}” ({how}) until Lifeline restarts it. Go on?",
        window.label
    );
    if !yes && !agreed(&question)? {
        return Err(declined());
    }
    let before = Before::now(daemon).await?;
    let request = DrillRequest { window_id: Some(window.window_id), kind };
    match daemon.call(method::DRILL, &request).await? {
        DrillAnswer::Refused { reason } => Err(Failure::new(Exit::Refused, reason)),
        DrillAnswer::Go { window_id } => {
            if format == Format::Text {
                let label = Word::new(&window.label, Ink::Bold);
                page.line(&["Freezing".into(), label, format!("with {how} …").into()])?;
            }
            let incident = before.end_of(daemon, &window_id, Some("drill")).await?;
            finish(&incident, format, page)
        }
    }
}

fn finish(incident: &Incident, format: Format, page: &mut Page<'_>) -> Result<Exit, Failure> {
    match format {
        Format::Json => page.json(incident)?,
        Format::Text => incidents::print_one(incident, page)?,
    }
    Ok(if incident.outcome == Outcome::Recovered { Exit::Fine } else { Exit::Problem })
}

fn declined() -> Failure {
    Failure::new(Exit::Refused, "Nothing was done.")
}

#[cfg(test)]
mod tests {
    use super::{
        super::{daemon::tests::window, page::inked},
        *,
    };

    #[test]
    fn a_planned_restart_says_what_it_waits_for() {
        let mut quiet = window("w", "site\x1b[2J");
        let said = inked(&in_words(&quiet), false);
        assert_eq!(
            said,
            "site [2J: it is quiet, and the restart is under way. “lifeline watch” shows how it goes on."
        );
        quiet.waits_for = Some("a pause in your work".into());
        let said = inked(&in_words(&quiet), false);
        assert!(said.contains(": a restart is planned, and waits for a pause in your work."), "{said}");
    }
}
