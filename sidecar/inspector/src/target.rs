//! What the inspector's two lists say: that it is Node's, and where its WebSocket is.

use crate::{Error, http};
use serde::Deserialize;
use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};

/// An entry of `/json/list`.
#[derive(Deserialize)]
struct Target<'a> {
    #[serde(borrow, rename = "webSocketDebuggerUrl")]
    url: Option<Cow<'a, str>>,
}

/// The answer to `/json/version`.
#[derive(Deserialize)]
struct Version<'a> {
    #[serde(borrow, rename = "Browser")]
    browser: Cow<'a, str>,
}

/// The path of the WebSocket that debugs the process, such as `/d774d8c8-4f7f-4f31-a787-42ea26a47b9d`.
pub(crate) async fn socket_path(port: u16) -> Result<String, Error> {
    let list = http::get((Ipv4Addr::LOCALHOST, port).into(), "/json/list").await?;
    let targets: Vec<Target<'_>> =
        serde_json::from_slice(&list).map_err(|_| Error::NotAnInspector("its list is not understood"))?;
    let path = targets.iter().find_map(|target| path_of(target.url.as_deref()?, port));
    path.map(str::to_owned).ok_or(Error::NotAnInspector("it lists no WebSocket of its own"))
}

/// Whether a Node inspector answers there. It has a thread of its own, and answers however frozen the process is.
pub(crate) async fn is_inspector(address: SocketAddr) -> bool {
    let Ok(answer) = http::get(address, "/json/version").await else { return false };
    // `node.js/v20.20.2`, in Electron too: node/src/inspector_socket_server.cc, SendVersionResponse.
    serde_json::from_slice::<Version<'_>>(&answer)
        .is_ok_and(|version| version.browser.starts_with("node.js/"))
}

/// The path of a WebSocket URL on this loopback port. Any other URL would lead us to somebody else.
fn path_of(url: &str, port: u16) -> Option<&str> {
    const PATH_BYTES: usize = 128;
    let rest = url.strip_prefix("ws://")?;
    let (authority, _) = rest.split_once('/')?;
    let path = rest.get(authority.len()..)?;
    let (host, said) = authority.rsplit_once(':')?;
    let here = matches!(host, "127.0.0.1" | "localhost") && said == port.to_string();
    // A path goes into our request line as it is.
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'));
    (here && plain && path.len() <= PATH_BYTES).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_this_port() {
        assert_eq!(path_of("ws://127.0.0.1:9229/d774-4f", 9229), Some("/d774-4f"));
        assert_eq!(path_of("ws://localhost:9229/d774", 9229), Some("/d774"));
        for url in [
            "ws://127.0.0.1:9230/d774",
            "ws://127.0.0.1:09229/d774",
            "ws://127.0.0.1/d774",
            "ws://10.0.0.1:9229/d774",
            "ws://127.0.0.1:9229@example.org/d774",
            "ws://127.0.0.1:9229",
            "wss://127.0.0.1:9229/d774",
            "ws://127.0.0.1:9229/a b",
            "ws://127.0.0.1:9229/a\r\nHost: x",
            "ws://127.0.0.1:9229/a?b",
            "",
        ] {
            assert_eq!(path_of(url, 9229), None, "{url}");
        }
        assert_eq!(path_of(&format!("ws://127.0.0.1:1/{}", "a".repeat(200)), 1), None);
    }

    proptest! {
        #[test]
        fn any_url(url in ".*", port: u16) {
            let _ = path_of(&url, port);
            if let Some(path) = path_of(&format!("ws://127.0.0.1:{port}/{url}"), port) {
                prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
