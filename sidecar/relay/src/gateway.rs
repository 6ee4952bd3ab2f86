//! The gateway: a reverse proxy on the loopback to one upstream. It reads heads, and where events end; what they say passes as it came.

mod alarm;
mod download;
mod exchange;
mod failure;
mod fields;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod ledger;
mod line;
mod pool;
mod retry;
mod sse;
mod upload;
mod upstream;

use std::{convert::Infallible, pin::pin, sync::Arc};

use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::watch};

use crate::{
    answer::Answer,
    head::Refusal,
    options::Options,
    record::Side,
    relay::{Routes, Shared, Stop, told},
};
use alarm::Alarms;
use download::Download;
use line::{Line, Seen};
use pool::Pool;

pub use upstream::{Trust, Upstream};

/// Most of one way of a connection that is in our memory, and so the longest head: that of Node, and so of Claude Code. As it comes, hyper would take
/// 400 kB.
const BUFFER_BYTES: usize = 16 * 1024;

/// What all of its exchanges share.
pub(crate) struct Gateway {
    shared: Arc<Shared>,
    options: watch::Receiver<Options>,
    routes: Routes,
    stop: watch::Receiver<Stop>,
    pool: Pool,
    alarms: Arc<Alarms>,
    /// Apart from the others: one that is set for an earlier time than before is dear.
    short_alarms: Arc<Alarms>,
}

impl Gateway {
    pub(crate) fn new(
        shared: Arc<Shared>,
        options: watch::Receiver<Options>,
        routes: Routes,
        stop: watch::Receiver<Stop>,
    ) -> Arc<Self> {
        let (alarms, short_alarms) = (Arc::default(), Arc::default());
        Arc::new(Self { shared, options, routes, stop, pool: Pool::default(), alarms, short_alarms })
    }

    /// Serves one connection of a client until its end. `early`: what was read of it already.
    pub(crate) async fn serve(self: Arc<Self>, client: TcpStream, early: Vec<u8>) {
        let Ok(port) = client.local_addr().map(|relay| relay.port()) else { return };
        let (mut accepting, mut stop) = (self.stop.clone(), self.stop.clone());
        let (line, seen) = Line::new(client, early, Side::Client);
        let client = seen.clone();
        let service = service_fn(move |request| {
            let (gateway, client) = (Arc::clone(&self), client.clone());
            async move { Ok::<_, Infallible>(gateway.answer(request, port, client).await) }
        });
        // Names of fields stay as they are written, and none is added.
        let mut serving = http1::Builder::new();
        let serving = serving.preserve_header_case(true).auto_date_header(false).header_read_timeout(None);
        let serving = serving.max_buf_size(BUFFER_BYTES);
        let mut connection = pin!(serving.serve_connection(TokioIo::new(line), service));
        let mut is_last = false;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a client's connection has ended");
                    }
                    return;
                }
                () = told(&mut stop, |stop| stop == Stop::All) => {
                    seen.reset_on_close();
                    return;
                }
                // What has begun may end.
                () = told(&mut accepting, |stop| stop != Stop::No), if !is_last => {
                    is_last = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        port: u16,
        client: Seen,
    ) -> Response<Download> {
        let options = self.options.borrow().clone();
        let to = options.gateway.clone();
        match (fields::refusal(&request, port), to) {
            (Some(refusal), _) => self.refuse(refusal),
            (None, None) => self.refuse(Refusal::Method),
            (None, Some(to)) => exchange::answer(self, options, to, request, client).await,
        }
    }

    fn refuse(&self, refusal: Refusal) -> Response<Download> {
        self.shared.refused();
        let answer = Answer::from(refusal);
        let mut response = Response::new(Download::Own(Some(format!("{}\n", answer.sentence()).into())));
        *response.status_mut() = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::FORBIDDEN);
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }
}
