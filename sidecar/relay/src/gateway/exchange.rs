//! One request on its way: asked, and asked again where that is right, until there is an answer or none to be had.

use std::{future::poll_fn, sync::Arc, time::Duration};

use hyper::{
    HeaderMap, Request, Response, Uri,
    body::Incoming,
    header::{ACCEPT, HOST, HeaderValue},
    http::{Extensions, Method, uri::Scheme},
};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    Gateway,
    download::{Answered, Download, Origin, Passing, Running, is_of_http2},
    failure::Failure,
    fields,
    ledger::Ledger,
    line::Seen,
    pool::{Link, Unlinked, Way, of_http},
    retry::{self, Advice, FURTHER},
    upload::{Attempt, Upload},
};
use crate::{
    answer,
    options::{GatewayOptions, Options},
    outage::{self, Fault, Outage, Unconnected},
    record::{Before, End, Record, Side},
    relay::unix_ms,
};

/// Connections from the pool that may turn out to be closed, one after the other.
const STALE: u32 = 8;

/// While an upload goes on, silence is looked at again after this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// On a connection that was used before, something is acknowledged within this (TCP has sent it four times by then), or it leads nowhere: a NAT has forgotten
/// it, this machine has slept, or its network is another one. TCP itself, and patience with a stall, would take a minute.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// One that came in so shortly before it was asked is not told from one that came at once: the kernel counts in jiffies, of 10 ms at the most.
const HEARD_BEFORE: Duration = Duration::from_millis(50);

/// Everything that one request needs.
pub(super) struct Exchange {
    gateway: Arc<Gateway>,
    options: Options,
    way: Way,
    billed_retries: u32,
    /// Outages are waited out, stalls ended, failures repeated.
    is_api: bool,
    method: Method,
    /// With its query.
    path: String,
    fields: HeaderMap,
    /// How names of fields are written, among others.
    extensions: Extensions,
    upload: Arc<Upload>,
    client: Seen,
    ledger: Ledger,
    until: Instant,
    /// Handshakes of TLS that came to nothing.
    unshaken: u32,
    further: u32,
    billed: u32,
}

/// Answers a request.
pub(super) async fn answer(
    gateway: Arc<Gateway>,
    options: Options,
    to: GatewayOptions,
    request: Request<Incoming>,
    client: Seen,
) -> Response<Download> {
    let ping_after = to.ping_after;
    let exchange = Exchange::new(gateway, options, to, request, client);
    let (accepts_events, upload) = (exchange.accepts_events(), Arc::clone(&exchange.upload));
    let mut run: Running = Box::pin(exchange.run());
    let Some(after) = ping_after else { return Download::of(run.await) };
    loop {
        tokio::select! {
            biased;
            done = &mut run => return Download::of(done),
            () = sleep(after) => {}
        }
        if accepts_events || upload.asks_for_stream() {
            return Download::waiting(run);
        }
        // Before there is a connection the body is not read, and what it asks for not known.
        if upload.is_complete() {
            return Download::of(run.await);
        }
    }
}

/// Why an attempt came to nothing, and that the server never began with it.
type Broken = (End, bool);

impl Exchange {
    fn new(
        gateway: Arc<Gateway>,
        options: Options,
        to: GatewayOptions,
        request: Request<Incoming>,
        client: Seen,
    ) -> Self {
        let (head, incoming) = request.into_parts();
        let at = &to.upstream.at;
        let proxy = options.proxy.as_ref().filter(|_| !options.no_proxy.excepts(at)).cloned();
        let is_api = options.is_api(&at.host);
        let record = Record::begin(unix_ms(), &at.host, at.port, is_api, proxy.is_some());
        let upload = Upload::new(incoming);
        let kept = fields::of_request(&head.headers);
        let stop = gateway.stop.clone();
        let ledger = Ledger::new(record, kept, &gateway.shared, stop, client.clone(), Arc::clone(&upload));
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        Self {
            path: format!("{}{path}", to.upstream.path),
            way: Way { upstream: to.upstream, trust: to.trust, proxy, http2: to.http2 },
            billed_retries: to.billed_retries,
            is_api,
            method: head.method,
            fields: fields::end_to_end(&head.headers),
            extensions: head.extensions,
            upload,
            client,
            ledger,
            until: Instant::now() + options.budget,
            unshaken: 0,
            further: 0,
            billed: 0,
            gateway,
            options,
        }
    }

    fn accepts_events(&self) -> bool {
        let accept = self.fields.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        accept.contains("text/event-stream")
    }

    async fn run(mut self) -> Result<Answered, Failure> {
        let mut stale = 0;
        loop {
            let (mut link, is_reused) = match self.link().await {
                Ok(link) => link,
                Err(Unlinked::Unconnected(failed)) => return Err(self.unconnected(failed)),
                Err(Unlinked::Tls(end, told)) => {
                    let passes = !matches!(end, End::Certificate | End::Alert { .. } | End::Failed);
                    if passes && self.waits_out(end).await {
                        continue;
                    }
                    return Err(self.fails(end, &told));
                }
            };
            let Some(request) = self.request(link.is_http2()) else {
                if self.upload.is_cut() {
                    return Err(self.abandoned());
                }
                return Err(self.fails(End::Failed, ""));
            };
            self.ledger.asks(&link.seen);
            self.ledger.attempted(1);
            match self.ask(&mut link, request, is_reused).await {
                Ok(response) => {
                    let advice = retry::advice(response.status(), response.headers());
                    let before = Before::Status(response.status().as_u16());
                    if let Advice::Again(pause) = advice
                        && self.rests(before, pause).await
                    {
                        continue;
                    }
                    return Ok(self.answered(response, link));
                }
                Err((end, is_unseen)) => {
                    if link.is_http2() && is_of_http2(end) {
                        self.gateway.pool.stream_broke(&self.way);
                    }
                    drop(link);
                    if self.upload.is_cut() {
                        return Err(self.abandoned());
                    }
                    if is_unseen && is_reused && stale < STALE && self.upload.is_kept() {
                        stale += 1;
                        continue;
                    }
                    let may_cost = self.upload.progress().is_taken && !is_unseen;
                    self.ledger.exchange().reached_server |= may_cost;
                    if may_cost && self.billed >= self.billed_retries {
                        return Err(self.fails(end, ""));
                    }
                    if !self.rests(Before::End(end), None).await {
                        return Err(self.fails(end, ""));
                    }
                    self.billed += u32::from(may_cost);
                    self.ledger.exchange().billed_again = self.billed;
                }
            }
        }
    }

    /// A connection, and whether it was used before.
    async fn link(&mut self) -> Result<(Link, bool), Unlinked> {
        if let Some(link) = self.gateway.pool.take(&self.way) {
            return Ok((link, true));
        }
        let budget = self.until.saturating_duration_since(Instant::now());
        let options = Options { budget, ..self.options.clone() };
        let (shared, id) = (Arc::clone(&self.gateway.shared), self.ledger.id());
        let routes = self.gateway.routes.clone();
        let tell = |outage| shared.outage(id, Some(outage));
        // Seldom needed, and the largest part: in a box it takes no memory of all the exchanges that are under way.
        let connecting = self.gateway.pool.connect(&self.way, &options, self.is_api, routes, tell);
        let linked = Box::pin(connecting).await;
        shared.outage(id, None);
        match linked {
            Ok((link, attempts)) => {
                self.ledger.attempted(attempts.saturating_sub(1));
                Ok((link, false))
            }
            Err(unlinked) => {
                let attempts = match &unlinked {
                    Unlinked::Unconnected(failed) => failed.attempts,
                    Unlinked::Tls(..) => 1,
                };
                self.ledger.attempted(attempts);
                Err(unlinked)
            }
        }
    }

    /// As the upstream is to see it. `None`: its path cannot be, or its body was not kept.
    fn request(&self, is_http2: bool) -> Option<Request<Attempt>> {
        let authority = self.way.upstream.authority();
        let uri = if is_http2 {
            let whole = Uri::builder().scheme(Scheme::HTTPS).authority(authority.as_str());
            whole.path_and_query(self.path.as_str()).build().ok()?
        } else {
            self.path.parse().ok()?
        };
        let mut request = Request::new(self.upload.again()?);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.fields.clone();
        *request.extensions_mut() = self.extensions.clone();
        if is_http2 {
            request.headers_mut().remove(HOST);
        } else {
            request.headers_mut().insert(HOST, HeaderValue::from_str(&authority).ok()?);
        }
        Some(request)
    }

    async fn ask(
        &self,
        link: &mut Link,
        request: Request<Attempt>,
        is_reused: bool,
    ) -> Result<Response<Incoming>, Broken> {
        let seen = link.seen.clone();
        tokio::select! {
            biased;
            answered = link.send(request) => answered.map_err(|error| of_http(&error, &seen)),
            () = self.stalls(&seen) => Err((End::Stalled, false)),
            () = self.is_forgotten(&seen), if self.is_api && is_reused => {
                self.gateway.pool.forget(&self.way);
                // It may have arrived, and what came back be lost.
                Err((End::Lost { by: Side::Server }, false))
            }
        }
    }

    /// Returns when the server has been silent for too long. One that was not asked for events may think for as long as it likes.
    async fn stalls(&self, seen: &Seen) {
        if !self.is_api {
            return std::future::pending().await;
        }
        let (asked, after) = (Instant::now(), self.options.stall_after);
        let mut alarm = self.gateway.alarms.take();
        loop {
            let progress = self.upload.progress();
            let due = progress.moved.max(asked) + after;
            if due > Instant::now() {
                poll_fn(|cx| alarm.poll(cx, due)).await;
                continue;
            }
            let is_servers = match progress.is_taken {
                true => self.accepts_events() || self.upload.asks_for_stream(),
                false => !progress.waits_for_client,
            };
            if is_servers && !seen.is_uploading() {
                return;
            }
            sleep(LOOK_AGAIN_AFTER.min(after)).await;
        }
    }

    /// Returns when it turns out, soon after something was asked, that nobody hears it.
    async fn is_forgotten(&self, seen: &Seen) {
        let asked = Instant::now();
        let mut alarm = self.gateway.short_alarms.take();
        poll_fn(|cx| alarm.poll(cx, asked + HEARD_WITHIN)).await;
        // Without a route the kernel has not even sent it: so what is still to be acknowledged does not tell.
        let unheard_for = seen.unheard_for();
        // Looked at after that: however late we are, the rest is older than the question.
        if unheard_for.is_none_or(|unheard_for| unheard_for < asked.elapsed() + HEARD_BEFORE) {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for another attempt to connect, as in an outage: whoever is in front of a server that is down may accept and hang up. Nothing was asked, so that
    /// it costs nothing.
    async fn waits_out(&mut self, end: End) -> bool {
        self.unshaken += 1;
        let next_at = Instant::now() + outage::pause(self.unshaken);
        if !self.is_api || self.unshaken >= self.options.attempts || next_at >= self.until {
            return false;
        }
        self.ledger.exchange().before = Some(Before::End(end));
        let outage = Outage {
            host: self.way.upstream.at.host.clone(),
            attempt: self.unshaken,
            of: self.options.attempts,
            fault: Fault::of_handshake(end),
            next_at: next_at.into_std(),
        };
        self.gateway.shared.outage(self.ledger.id(), Some(outage));
        // Taken back when there is a connection.
        sleep_until(next_at).await;
        true
    }

    /// Waits for another attempt, if there is to be one. Nothing has gone to the client yet.
    async fn rests(&mut self, before: Before, told: Option<Duration>) -> bool {
        let path = self.path.strip_prefix(&self.way.upstream.path).unwrap_or(&self.path);
        let path = path.split('?').next().unwrap_or_default();
        let pause = told.unwrap_or_else(|| retry::pause(self.further));
        let may = self.is_api
            && self.further < FURTHER
            && retry::is_repeatable(&self.method, path)
            && self.upload.is_kept()
            && self.until.checked_duration_since(Instant::now()).is_some_and(|left| pause < left);
        if may {
            self.further += 1;
            self.ledger.exchange().before = Some(before);
            sleep(pause).await;
        }
        may
    }

    fn answered(mut self, response: Response<Incoming>, link: Link) -> Answered {
        let (mut parts, incoming) = response.into_parts();
        self.ledger.came(0);
        let kept = self.ledger.exchange();
        kept.status = Some(parts.status.as_u16());
        kept.reached_server = true;
        fields::of_answer(&parts.headers, kept);
        parts.headers = fields::end_to_end(&parts.headers);
        parts.version = hyper::Version::HTTP_11;
        let origin = Origin {
            link,
            gateway: self.gateway,
            way: self.way,
            client: self.client,
            stall_after: self.is_api.then_some(self.options.stall_after),
        };
        let passing = Passing::new(&parts, incoming, origin, self.ledger);
        Answered { parts, passing }
    }

    /// Nobody hears this any more; how the client went the ledger knows.
    fn abandoned(&self) -> Failure {
        Failure::of(End::Abandoned, &self.way.upstream.at, self.ledger.attempts(), "")
    }

    fn fails(&mut self, end: End, told: &str) -> Failure {
        self.ledger.ends(end);
        Failure::of(end, &self.way.upstream.at, self.ledger.attempts(), told)
    }

    fn unconnected(&mut self, failed: Unconnected) -> Failure {
        self.ledger.ends(failed.fault.into());
        let at = &self.way.upstream.at;
        answer::unconnected(at, failed.fault, self.ledger.attempts(), self.ledger.elapsed()).into()
    }
}
