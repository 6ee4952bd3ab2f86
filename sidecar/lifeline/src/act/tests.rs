//! Real processes, started here, whose pids are used again before the signal.

use std::process::{Child, Command, Stdio};

use super::*;

/// A process, gone at the end of the test.
struct Sleeper(Child);

impl Sleeper {
    fn new() -> Self {
        Self(Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap())
    }

    fn id(&self) -> lifeline_platform::ProcessId {
        Platform::new().identify(self.0.id()).unwrap()
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Ends a process, and starts another one that gets its very pid. `None` where the kernel does not let us choose pids: that takes root, or
/// `CAP_CHECKPOINT_RESTORE`.
fn another_in_place_of(one: Sleeper) -> Option<Sleeper> {
    let before = one.id();
    drop(one);
    for _ in 0..10_000 {
        // `proc_sys_kernel(5)`: the next process gets the pid after this one.
        std::fs::write("/proc/sys/kernel/ns_last_pid", (before.pid - 1).to_string()).ok()?;
        let next = Sleeper::new();
        // Two that began within the same tick of the kernel's clock could not be told apart.
        if next.0.id() == before.pid && next.id().start_time > before.start_time {
            return Some(next);
        }
    }
    panic!("pid {} did not come again", before.pid);
}

/// What the actuator makes of a process that has gone since the decision, and whether the one that has its pid now lives on.
fn told_too_late(verb: Verb) -> Option<(Acted, bool)> {
    let meant = Sleeper::new();
    let end = PendingEnd::new(EndingId(1), vec![sense::id_to_core(meant.id())], verb);
    let mut another = another_in_place_of(meant)?;
    let acted = tell_to_end(&Platform::new(), &end);
    Some((acted, another.is_running()))
}

#[test]
fn whoever_has_the_pid_now_is_not_told_to_end() {
    for verb in [Verb::Term, Verb::Kill] {
        let Some(outcome) = told_too_late(verb) else {
            eprintln!("not tried: pids cannot be chosen here");
            return;
        };
        assert_eq!(outcome, (Acted::Done, true), "{verb:?}");
    }
}

#[test]
fn a_process_that_is_held_open_stays_the_one_that_was_meant() {
    let platform = Platform::new();
    for verb in [Verb::Term, Verb::Kill] {
        let meant = Sleeper::new();
        let held = platform.watch(meant.id()).unwrap();
        let Some(mut another) = another_in_place_of(meant) else {
            eprintln!("not tried: pids cannot be chosen here");
            return;
        };
        let sent = if verb == Verb::Kill { held.kill() } else { held.terminate() };
        assert!(is_gone(&sent.unwrap_err()), "{verb:?}");
        assert!(another.is_running());
    }
}

#[test]
fn whoever_is_meant_is_told_and_nobody_else() {
    let (mut meant, mut bystander) = (Sleeper::new(), Sleeper::new());
    let ids = |sleeper: &Sleeper| vec![sense::id_to_core(sleeper.id())];
    let end = PendingEnd::new(EndingId(1), ids(&meant), Verb::Term);
    assert_eq!(tell_to_end(&Platform::new(), &end), Acted::Done);
    assert!(!meant.0.wait().unwrap().success());
    assert!(bystander.is_running());
    // Closing somebody else's input is nothing that can be done.
    let end = PendingEnd::new(EndingId(2), ids(&bystander), Verb::CloseStdin);
    assert!(matches!(tell_to_end(&Platform::new(), &end), Acted::Refused(_)));
}

#[test]
fn what_was_decided_too_long_ago_is_not_done() {
    let mut sleeper = Sleeper::new();
    let mut end = PendingEnd::new(EndingId(1), vec![sense::id_to_core(sleeper.id())], Verb::Kill);
    end.decided.slept = Duration::ZERO;
    let clock_now = clock::now();
    assert!(!end.decided.is_stale(clock_now));
    assert!(end.decided.is_stale(clock_now + SIGNAL_WITHIN + Duration::from_secs(1)));
    assert!(sleeper.is_running());
}
