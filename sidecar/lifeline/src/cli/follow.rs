//! Follows an incident to its end, and asks the person at the terminal.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use lifeline_protocol::{Incident, Outcome};

use super::{
    daemon::Daemon,
    exit::{Exit, Failure},
    page::clean,
};

/// How often the daemon is asked how an incident stands.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Longest wait for an incident's end. A host on a child is given 60 s, and verification 20 s; the thresholds can be
/// set higher, but nobody waits an hour at a terminal.
const END_WITHIN: Duration = Duration::from_secs(600);

/// Which incidents there were before something was begun.
pub(crate) struct Before(BTreeMap<String, Stand>);

/// How an incident stands; one that goes on after a refusal keeps its id and changes this.
type Stand = (Outcome, Option<u64>, Option<u64>);

fn stand(incident: &Incident) -> Stand {
    (incident.outcome, incident.acted_after_ms, incident.ended_after_ms)
}

impl Before {
    /// Looks.
    ///
    /// # Errors
    /// As [`Daemon::call`].
    pub(crate) async fn now(daemon: &mut Daemon) -> Result<Self, Failure> {
        let known = daemon.incidents().await?;
        Ok(Self(known.into_iter().map(|incident| (incident.id.clone(), stand(&incident))).collect()))
    }

    /// Waits for the end of the window's first incident, with this cause if one is given, that was not there before or did not stand so.
    ///
    /// # Errors
    /// As [`Daemon::call`]; `Problem` when it does not end in time.
    pub(crate) async fn end_of(
        &self,
        daemon: &mut Daemon,
        window_id: &str,
        cause: Option<&str>,
    ) -> Result<Incident, Failure> {
        let follow = async {
            loop {
                let known = daemon.incidents().await?;
                let ended = known.into_iter().rev().find(|incident| self.is_it(incident, window_id, cause));
                if let Some(incident) = ended {
                    return Ok(incident);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(END_WITHIN, follow).await.unwrap_or_else(|_| {
            Err(Failure::problem(
                "It has not ended after 10 minutes. “lifeline incidents” shows how it goes on.",
            ))
        })
    }

    fn is_it(&self, incident: &Incident, window_id: &str, cause: Option<&str>) -> bool {
        incident.window_id == window_id
            && cause.is_none_or(|cause| incident.cause == cause)
            && incident.outcome != Outcome::Open
            && self.0.get(&incident.id) != Some(&stand(incident))
    }
}

/// Asks a question that "y" answers with yes; anything else is a no.
///
/// # Errors
/// `Usage` when there is nobody to ask.
pub(crate) fn agreed(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "There is no terminal to ask on. Add --yes to go ahead without being asked.",
        ));
    }
    let mut err = io::stderr().lock();
    write!(err, "{} [y/N] ", clean(question))?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::{super::incidents::tests::recovered, *};

    #[test]
    fn only_a_new_incident_of_the_same_kind_that_has_ended_is_it() {
        let good = recovered();
        let refused =
            Incident { id: "2".into(), outcome: Outcome::Refused, ended_after_ms: None, ..good.clone() };
        let before = Before([("1".to_owned(), stand(&good)), ("2".to_owned(), stand(&refused))].into());
        assert!(before.is_it(&good, "w", Some("drill")));
        // A freeze that was left alone, and goes on because the user asked for the restart.
        assert!(!before.is_it(&refused, "w", None));
        assert!(before.is_it(
            &Incident { id: "2".into(), cause: "freeze".into(), ..good.clone() },
            "w",
            None
        ));
        for other in [
            Incident { id: "1".into(), ..good.clone() },
            Incident { window_id: "v".into(), ..good.clone() },
            Incident { cause: "crash".into(), ..good.clone() },
            Incident { outcome: Outcome::Open, ..good },
        ] {
            assert!(!before.is_it(&other, "w", Some("drill")));
        }
    }
}
