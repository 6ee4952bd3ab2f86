//! The daemon as the command line sees it: connect, ask, choose a window.

use std::time::Duration;

use lifeline_protocol as wire;
use serde::{Serialize, de::DeserializeOwned};
use tower_lsp::jsonrpc::ErrorCode;
use wire::{DAEMON_SILENT_AFTER_MS, Incident, StatusReport, WindowStatus, error_code, method};

use super::{
    connection::{CallError, Connection},
    exit::{Exit, Failure},
    page::clean,
};
use crate::serve::{
    endpoint::{ClientStream, Endpoint},
    places::Places,
};

/// A daemon that answers.
pub(crate) struct Daemon {
    connection: Connection<ClientStream>,
}

impl Daemon {
    /// Connects to the user's daemon.
    ///
    /// # Errors
    /// `NoDaemon` when there is none or it does not answer, `Refused` when another user listens in its place.
    pub(crate) async fn connect() -> Result<Self, Failure> {
        let places = Places::from_environment().map_err(Failure::problem)?;
        let endpoint = Endpoint::at(&places)?;
        let (stream, _) = endpoint.connect().await.map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied => Failure::new(
                Exit::Refused,
                format!("Lifeline does not connect to {}: {error}.", endpoint.path().display()),
            ),
            _ => Failure::new(
                Exit::NoDaemon,
                format!(
                    "No Lifeline daemon serves at {}. VS Code starts one with the Lifeline extension; by hand: lifeline serve --detach",
                    endpoint.path().display()
                ),
            ),
        })?;
        let patience = Duration::from_millis(DAEMON_SILENT_AFTER_MS.into());
        Ok(Self { connection: Connection::open(stream, patience).await.map_err(failure)? })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// The daemon's refusal, or `NoDaemon` when it does not answer.
    pub(crate) async fn call<R: DeserializeOwned>(
        &mut self,
        method: &str,
        params: impl Serialize,
    ) -> Result<R, Failure> {
        self.connection.call(method, params).await.map_err(failure)
    }

    /// Calls a method that takes its time.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub(crate) async fn call_within<R: DeserializeOwned>(
        &mut self,
        method: &str,
        params: impl Serialize,
        patience: Duration,
    ) -> Result<R, Failure> {
        self.connection.call_within(method, params, patience).await.map_err(failure)
    }

    /// How things stand.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub(crate) async fn status(&mut self) -> Result<StatusReport, Failure> {
        self.call(method::STATUS, ()).await
    }

    /// What happened, the newest first.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub(crate) async fn incidents(&mut self) -> Result<Vec<Incident>, Failure> {
        self.call(method::INCIDENTS, ()).await
    }

    /// The window that is meant: the only one, or the one with this id, beginning of an id, or label.
    ///
    /// # Errors
    /// `Problem` when no window is attached, `Usage` when it is not clear which one is meant.
    pub(crate) async fn window(&mut self, name: Option<&str>) -> Result<WindowStatus, Failure> {
        choose(self.status().await?.windows, name)
    }
}

fn choose(windows: Vec<WindowStatus>, name: Option<&str>) -> Result<WindowStatus, Failure> {
    if windows.is_empty() {
        return Err(Failure::problem(
            "No window is attached. Open a folder in VS Code with the Lifeline extension, then try again.",
        ));
    }
    let list = |windows: &[WindowStatus]| {
        windows.iter().fold(String::new(), |list, window| {
            format!("{list}\n  --window {}  ({})", clean(&window.window_id), clean(&window.label))
        })
    };
    let Some(name) = name else {
        return match <[WindowStatus; 1]>::try_from(windows) {
            Ok([only]) => Ok(only),
            Err(several) => Err(Failure::new(
                Exit::Usage,
                format!("Several windows are attached. Say which:{}", list(&several)),
            )),
        };
    };
    let tests: [fn(&WindowStatus, &str) -> bool; 3] = [
        |window, name| window.window_id == name,
        |window, name| window.label == name,
        |window, name| window.window_id.starts_with(name),
    ];
    for test in tests {
        let mut found: Vec<_> = windows.iter().filter(|window| test(window, name)).cloned().collect();
        match found.len() {
            0 => {}
            1 => return Ok(found.remove(0)),
            _ => {
                let sentence = format!("“{}” names several windows. Say which:{}", clean(name), list(&found));
                return Err(Failure::new(Exit::Usage, sentence));
            }
        }
    }
    let sentence = format!("No window is called “{}”. Attached:{}", clean(name), list(&windows));
    Err(Failure::new(Exit::Usage, sentence))
}

fn failure(error: CallError) -> Failure {
    let exit = match &error {
        CallError::Closed | CallError::Silent => Exit::NoDaemon,
        // It is leaving, or too busy to answer.
        CallError::Answer { code, .. } if *code == ErrorCode::InternalError.code() => Exit::NoDaemon,
        CallError::Answer { code, .. } if *code == error_code::REFUSED => Exit::Refused,
        CallError::Answer { code, .. } if *code == error_code::NO_SUCH_WINDOW => Exit::Usage,
        CallError::Answer { .. } | CallError::Malformed(_) => Exit::Problem,
    };
    Failure::new(exit, clean(&error.to_string()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A healthy window.
    pub(crate) fn window(id: &str, label: &str) -> WindowStatus {
        WindowStatus {
            window_id: id.into(),
            label: label.into(),
            host_pid: Some(4321),
            verdict: "healthy".into(),
            evidence: vec![],
            phase: "watching".into(),
            paused: false,
            mode: wire::RecoveryMode::Automatic,
            silent_ms: Some(400),
            restarts_in_window: 0,
            delay_p99_ms: Some(12.4),
            heap_used_bytes: Some(210_000_000),
            heap_limit_bytes: Some(4_496_293_888),
            rss_bytes: Some(400_000_000),
            notices: vec![],
            guarded: true,
            host_age_ms: Some(7_500_000),
            memory: None,
            degraded: None,
            waits_for: None,
            connections: Vec::new(),
            storm_sessions: None,
            relay_outage: None,
        }
    }

    #[test]
    fn a_window_is_chosen_only_when_it_is_certain_which() {
        let windows = vec![window("aa-1", "site"), window("aa-2", "api"), window("bb-3", "api")];
        let chosen = |name| choose(windows.clone(), name).map(|window| window.window_id);
        assert_eq!(chosen(Some("aa-1")).as_deref(), Ok("aa-1"));
        assert_eq!(chosen(Some("site")).as_deref(), Ok("aa-1"));
        assert_eq!(chosen(Some("b")).as_deref(), Ok("bb-3"));
        for unclear in [None, Some("api"), Some("aa"), Some("zz")] {
            let failure = chosen(unclear).expect_err("unclear");
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.sentence.contains("--window"), "{}", failure.sentence);
        }
        assert_eq!(choose(vec![window("x", "y")], None).map(|window| window.window_id).as_deref(), Ok("x"));
        assert_eq!(choose(vec![], Some("x")).expect_err("none").exit, Exit::Problem);
    }
}
