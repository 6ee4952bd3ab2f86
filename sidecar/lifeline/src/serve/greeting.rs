//! What the first message of a connection must say.

use lifeline_protocol as wire;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use wire::{Hello, PROTOCOL_VERSION, Role, error_code};

use super::session::refusal;

/// Longest `windowId`, in characters: the wire's own limit.
const WINDOW_ID_CHARS: usize = 200;

/// Reads `initializationOptions`. The version is judged before anything else, because a peer of another version may
/// say the rest in other words.
///
/// # Errors
/// `WRONG_VERSION` (with our version as data) or `BAD_HELLO`, each with a sentence for the user.
pub(super) fn read(options: Option<Value>, peer_pid: Option<u32>) -> Result<Hello> {
    let options = options.unwrap_or_default();
    let Some(theirs) = options.get("protocol").and_then(Value::as_u64) else {
        return Err(bad("initializationOptions must hold Lifeline's Hello with its protocol version"));
    };
    if theirs != u64::from(PROTOCOL_VERSION) {
        return Err(wrong_version(theirs));
    }
    let hello: Hello = serde_json::from_value(options).map_err(|error| bad(error.to_string()))?;
    if hello.role == Role::Cli {
        return Ok(hello);
    }
    let Some(window) = &hello.window else {
        return Err(bad("a window or pulse connection must name its window"));
    };
    if window.window_id.is_empty() || window.window_id.chars().nth(WINDOW_ID_CHARS).is_some() {
        return Err(bad("windowId must have 1 to 200 characters"));
    }
    match peer_pid {
        Some(peer) if peer != window.host_pid => {
            Err(bad(format!("hostPid is {}, but process {peer} is connected", window.host_pid)))
        }
        _ => Ok(hello),
    }
}

fn bad(what: impl std::fmt::Display) -> Error {
    refusal(error_code::BAD_HELLO, format!("Lifeline cannot accept this connection: {what}."))
}

fn wrong_version(theirs: u64) -> Error {
    let side = if theirs > u64::from(PROTOCOL_VERSION) {
        "The running Lifeline daemon is older than this client: update or restart the daemon (lifeline serve --detach --replace)"
    } else {
        "This client is older than the running Lifeline daemon: update the Lifeline extension and reload the window"
    };
    let sentence = format!("{side}. The client speaks protocol {theirs}, the daemon {PROTOCOL_VERSION}.");
    let mut error = refusal(error_code::WRONG_VERSION, sentence);
    error.data = Some(json!({ "protocol": PROTOCOL_VERSION, "daemonVersion": env!("CARGO_PKG_VERSION") }));
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(options: Value, peer_pid: Option<u32>) -> Option<i64> {
        read(Some(options), peer_pid).err().map(|error| error.code.code())
    }

    fn hello(role: &str) -> Value {
        json!({ "protocol": PROTOCOL_VERSION, "role": role, "clientVersion": "0.1.0", "window": null })
    }

    fn windowed(role: &str) -> Value {
        let mut hello = hello(role);
        hello["window"] = json!({
            "windowId": "w", "label": "l", "workspaceKey": "k", "hostPid": 7, "vscodeVersion": "1.100.3",
            "appName": "a", "canRestartGracefully": false, "mayBeDebugged": false,
        });
        hello
    }

    #[test]
    fn each_role_brings_what_it_needs() {
        assert_eq!(code(hello("cli"), Some(1)), None);
        for role in ["window", "pulse"] {
            assert_eq!(code(windowed(role), Some(7)), None);
            assert_eq!(code(windowed(role), None), None);
            assert_eq!(code(windowed(role), Some(8)), Some(error_code::BAD_HELLO));
            assert_eq!(code(hello(role), Some(7)), Some(error_code::BAD_HELLO));
        }
        assert_eq!(code(hello("king"), None), Some(error_code::BAD_HELLO));
    }

    #[test]
    fn the_window_id_has_a_length() {
        for (id, expected) in [
            (String::new(), Some(error_code::BAD_HELLO)),
            ("ä".repeat(200), None),
            ("ä".repeat(201), Some(error_code::BAD_HELLO)),
        ] {
            let mut hello = windowed("window");
            hello["window"]["windowId"] = json!(id);
            assert_eq!(code(hello, None), expected);
        }
    }

    #[test]
    fn another_version_is_told_which_side_to_update_whatever_else_it_says() {
        let newer = read(Some(json!({ "protocol": PROTOCOL_VERSION + 1, "whatever": [] })), None);
        let newer = newer.expect_err("another version");
        assert_eq!(newer.code.code(), error_code::WRONG_VERSION);
        assert!(newer.message.contains("update or restart the daemon"), "{}", newer.message);
        assert_eq!(newer.data.expect("data")["protocol"], PROTOCOL_VERSION);
        let older = read(Some(json!({ "protocol": 0 })), None).expect_err("another version");
        assert!(older.message.contains("update the Lifeline extension"), "{}", older.message);
    }

    #[test]
    fn what_is_no_hello_is_refused() {
        assert_eq!(read(None, None).expect_err("nothing").code.code(), error_code::BAD_HELLO);
        for options in [
            json!(null),
            json!([]),
            json!("x"),
            json!({}),
            json!({ "protocol": "1" }),
            json!({ "protocol": -1 }),
        ] {
            assert_eq!(code(options, None), Some(error_code::BAD_HELLO));
        }
    }
}
