//! What one daemon leaves to the next on the same boot: the supervisor's whole state, and beside it the least that must not be lost.
//!
//! A daemon that is killed or replaced must still know which hosts it has restarted in the last five minutes, even when it is of
//! another version and cannot read the rest.

use std::collections::BTreeMap;

use lifeline_core::{Supervisor, Time, WindowId};
use serde::{Deserialize, Serialize};

/// Its file in the state folder.
pub(crate) const FILE: &str = "memory.json";

/// Raised when the supervisor's state could be misunderstood by another version.
const SCHEMA: u32 = 2;

#[derive(Serialize)]
struct MemoryRef<'a> {
    schema: u32,
    boot_id: Option<&'a str>,
    exits: BTreeMap<&'a str, Vec<Time>>,
    supervisor: &'a Supervisor,
}

#[derive(Deserialize)]
struct Memory {
    boot_id: Option<String>,
    supervisor: Supervisor,
}

/// The part that every version writes and reads.
#[derive(Deserialize)]
struct Core {
    #[serde(default)]
    schema: u32,
    boot_id: Option<String>,
    #[serde(default)]
    exits: BTreeMap<String, Vec<Time>>,
}

/// The state as bytes.
pub(crate) fn encode(supervisor: &Supervisor, boot_id: Option<&str>) -> Vec<u8> {
    let exits = supervisor.exits().map(|(window, exits)| (window.0.as_str(), exits)).collect();
    serde_json::to_vec(&MemoryRef { schema: SCHEMA, boot_id, exits, supervisor }).unwrap_or_default()
}

/// The state again, or a new one that knows the exits at least; `None` when it is of another boot (its times mean nothing now),
/// or damaged. `new` makes a supervisor that knows nothing.
pub(crate) fn decode(
    bytes: &[u8],
    boot_id: Option<&str>,
    new: impl FnOnce() -> Supervisor,
) -> Option<Supervisor> {
    let core: Core = serde_json::from_slice(bytes)
        .inspect_err(
            |error| tracing::warn!(%error, "what the daemon before this one remembered cannot be read"),
        )
        .ok()?;
    if core.boot_id.is_none() || core.boot_id.as_deref() != boot_id {
        return None;
    }
    if core.schema == SCHEMA {
        match serde_json::from_slice::<Memory>(bytes) {
            Ok(memory) if memory.boot_id == core.boot_id => return Some(memory.supervisor),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "only the exits of the daemon before this one can be read"),
        }
    } else {
        tracing::info!(
            core.schema,
            "the daemon before this one was of another version: its exits are taken over"
        );
    }
    let mut supervisor = new();
    for (window, exits) in core.exits {
        supervisor.remember_exits(WindowId(window), exits);
    }
    Some(supervisor)
}

#[cfg(test)]
mod tests {
    use lifeline_core::Time;

    use super::*;

    fn fresh() -> Supervisor {
        Supervisor::new(Time::from_millis(5), 77)
    }

    #[test]
    fn memory_of_this_boot_is_taken_up_and_of_another_is_not() {
        let bytes = encode(&fresh(), Some("boot-1"));
        assert!(decode(&bytes, Some("boot-1"), fresh).is_some());
        assert!(decode(&bytes, Some("boot-2"), fresh).is_none());
        assert!(decode(&bytes, None, fresh).is_none());
        assert!(decode(&bytes[..bytes.len() - 1], Some("boot-1"), fresh).is_none());
        assert!(decode(&encode(&fresh(), None), None, fresh).is_none());
    }

    #[test]
    fn another_version_still_knows_the_exits() {
        let mut supervisor = fresh();
        let now = Time::from_millis(400_000);
        supervisor.remember_exits(WindowId("w".into()), [now, now]);
        let text = String::from_utf8(encode(&supervisor, Some("boot"))).unwrap();
        for other in [
            text.replacen(&format!("\"schema\":{SCHEMA}"), "\"schema\":99", 1),
            text.replacen("\"supervisor\":{", "\"supervisor\":{\"gone\":1},\"x\":{", 1),
        ] {
            assert_ne!(other, text);
            let decoded = decode(other.as_bytes(), Some("boot"), fresh).expect("the exits");
            let window = decoded.window(&WindowId("w".into())).expect("the window");
            assert_eq!(window.restarts_in_window(now), 2);
        }
    }
}
