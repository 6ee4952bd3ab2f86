//! What one daemon leaves to the next on the same boot: the supervisor's whole state.
//!
//! A daemon that is killed and replaced must still know which hosts it has restarted in the last five minutes.

use lifeline_core::Supervisor;
use serde::{Deserialize, Serialize};

/// Its file in the state folder.
pub(crate) const FILE: &str = "memory.json";

#[derive(Serialize)]
struct MemoryRef<'a> {
    boot_id: Option<&'a str>,
    supervisor: &'a Supervisor,
}

#[derive(Deserialize)]
struct Memory {
    boot_id: Option<String>,
    supervisor: Supervisor,
}

/// The state as bytes.
pub(crate) fn encode(supervisor: &Supervisor, boot_id: Option<&str>) -> Vec<u8> {
    serde_json::to_vec(&MemoryRef { boot_id, supervisor }).unwrap_or_default()
}

/// The state again; `None` when it is of another boot (its times mean nothing now), of another version, or damaged.
pub(crate) fn decode(bytes: &[u8], boot_id: Option<&str>) -> Option<Supervisor> {
    let memory: Memory = serde_json::from_slice(bytes)
        .inspect_err(
            |error| tracing::warn!(%error, "what the daemon before this one remembered cannot be read"),
        )
        .ok()?;
    (memory.boot_id.is_some() && memory.boot_id.as_deref() == boot_id).then_some(memory.supervisor)
}

#[cfg(test)]
mod tests {
    use lifeline_core::Time;

    use super::*;

    #[test]
    fn memory_of_this_boot_is_taken_up_and_of_another_is_not() {
        let supervisor = Supervisor::new(Time::from_millis(5), 77);
        let bytes = encode(&supervisor, Some("boot-1"));
        assert!(decode(&bytes, Some("boot-1")).is_some());
        assert!(decode(&bytes, Some("boot-2")).is_none());
        assert!(decode(&bytes, None).is_none());
        assert!(decode(&bytes[..bytes.len() - 1], Some("boot-1")).is_none());
        assert!(decode(&encode(&supervisor, None), None).is_none());
    }
}
