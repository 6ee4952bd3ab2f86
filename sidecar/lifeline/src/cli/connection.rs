//! A client of the daemon in a few lines: one request at a time, LSP framing, an end to every wait.

use std::{fmt, io, time::Duration};

use lifeline_protocol as wire;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    time::timeout,
};
use wire::{Hello, MAX_FRAME_BYTES, PROTOCOL_VERSION, Role, Welcome};

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The daemon closed the connection, or the system did.
    Closed,
    /// No answer in time.
    Silent,
    /// An error answer.
    Answer {
        /// JSON-RPC's code, or one of [`wire::error_code`].
        code: i64,
        /// The daemon's sentence.
        message: String,
        /// What came with it; null when nothing did.
        data: Value,
    },
    /// An answer that makes no sense.
    Malformed(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => {
                f.write_str("The Lifeline daemon closed the connection. Try again in a few seconds.")
            }
            Self::Silent => {
                f.write_str("The Lifeline daemon does not answer. Run: lifeline serve --detach --replace")
            }
            Self::Answer { message, .. } => f.write_str(message),
            Self::Malformed(what) => {
                write!(
                    f,
                    "The Lifeline daemon gave an answer that cannot be read ({what}). Update both sides."
                )
            }
        }
    }
}

impl From<io::Error> for CallError {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// A connection that has introduced itself as a command line.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: BufReader<S>,
    next_id: u64,
    patience: Duration,
    /// What the daemon said of itself.
    pub(crate) welcome: Welcome,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Introduces itself; waits for `patience` at the most, here and in each call.
    ///
    /// # Errors
    /// Every [`CallError`]; a daemon of another version gives an `Answer`.
    pub(crate) async fn open(stream: S, patience: Duration) -> Result<Self, CallError> {
        let nobody = Welcome { protocol: 0, daemon_version: String::new(), daemon_pid: 0 };
        let mut connection = Self { stream: BufReader::new(stream), next_id: 1, patience, welcome: nobody };
        let hello = Hello {
            protocol: PROTOCOL_VERSION,
            role: Role::Cli,
            client_version: env!("CARGO_PKG_VERSION").into(),
            window: None,
        };
        let params = json!({ "processId": null, "capabilities": {}, "initializationOptions": hello });
        let answer: Value = connection.call("initialize", params).await?;
        connection.welcome =
            serde_json::from_value(answer["capabilities"]["experimental"]["lifeline"].clone())
                .map_err(|error| CallError::Malformed(error.to_string()))?;
        connection.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} })).await?;
        Ok(connection)
    }

    /// Calls a method and waits for its answer. `params` that are null are left out.
    ///
    /// # Errors
    /// Every [`CallError`]. After `Silent` the connection is of no more use.
    pub(crate) async fn call<R: DeserializeOwned>(
        &mut self,
        method: &str,
        params: impl Serialize,
    ) -> Result<R, CallError> {
        self.call_within(method, params, self.patience).await
    }

    /// As [`call`](Self::call), for what takes its time.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub(crate) async fn call_within<R: DeserializeOwned>(
        &mut self,
        method: &str,
        params: impl Serialize,
        patience: Duration,
    ) -> Result<R, CallError> {
        let id = self.next_id;
        self.next_id += 1;
        let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        match serde_json::to_value(params).map_err(|error| CallError::Malformed(error.to_string()))? {
            Value::Null => {}
            params => request["params"] = params,
        }
        let exchange = async {
            self.send(&request).await?;
            loop {
                let message = self.receive().await?;
                // What the daemon says of its own accord is not for a command line.
                if message.get("method").is_none() && (message["id"] == id || message["id"].is_null()) {
                    return Ok::<_, CallError>(message);
                }
            }
        };
        let mut answer = timeout(patience, exchange).await.map_err(|_| CallError::Silent)??;
        if let Some(error) = answer.get_mut("error") {
            return Err(CallError::Answer {
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or("The daemon refused.").to_owned(),
                data: error["data"].take(),
            });
        }
        serde_json::from_value(answer["result"].take())
            .map_err(|error| CallError::Malformed(error.to_string()))
    }

    async fn send(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.stream.get_mut().write_all(frame.as_bytes()).await?;
        self.stream.get_mut().flush().await
    }

    async fn receive(&mut self) -> Result<Value, CallError> {
        let mut length = None;
        loop {
            let mut line = String::new();
            (&mut self.stream).take(4096).read_line(&mut line).await?;
            match line.trim_end_matches("\r\n") {
                "" if line.is_empty() => return Err(CallError::Closed),
                "" => break,
                header => {
                    if let Some(value) = header.strip_prefix("Content-Length:") {
                        length = value.trim().parse::<usize>().ok();
                    }
                }
            }
        }
        let length = length
            .filter(|&length| length <= MAX_FRAME_BYTES)
            .ok_or_else(|| CallError::Malformed("no length, or too large a one".into()))?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        serde_json::from_slice(&body).map_err(|error| CallError::Malformed(error.to_string()))
    }
}
