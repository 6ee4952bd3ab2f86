//! The relay as the daemon hosts it: when it serves, by which numbers, what is kept of it, and what is told.

use std::time::{Duration, Instant};

use lifeline_core::WindowId;
use lifeline_protocol::{self as wire, RelayMode};
use lifeline_relay::{
    ATTEMPTS_WITHIN, BUDGET_WITHIN, End, Fault, NoProxy, OFFICIAL_HOST, Options, Proxy, Record,
    STALL_AFTER_WITHIN,
};
use tokio::sync::mpsc;

use super::Daemon;
use crate::{
    clock,
    disk::Job,
    input::{Answer, Refusal},
    outgoing::Outgoing,
    relay::{FILE, News, Numbers, RECORDS_BYTES, RECORDS_FILE, Saved, Serving},
    store::Store,
};

/// Programs that began while the relay was on have its address in their environment: for so long after it was turned off it goes on passing
/// everything through. In milliseconds.
const FADES_FOR_MS: u64 = 24 * 3_600_000;

/// Longest text of a proxy or its exceptions, and most hosts of the API.
const TEXT_BYTES: usize = 4096;
const HOSTS: usize = 16;

/// Everything the daemon knows of the relay.
pub(super) struct RelayHost {
    saved: Saved,
    numbers: Numbers,
    /// What windows want, the last one that spoke last.
    wishes: Vec<(WindowId, Wish)>,
    serving: Option<Serving>,
    problem: Option<String>,
    news: mpsc::UnboundedSender<News>,
    /// Asked when it did not serve yet.
    asked: Vec<Answer<wire::RelayStatus>>,
    has_route: bool,
    /// The outage that windows were told of last.
    told: Option<wire::RelayOutage>,
    /// When it was said that the API cannot be reached; none once it was again.
    unreachable_unix_ms: Option<u64>,
    /// It was said that there is a relay.
    has_hinted: bool,
}

/// Said once behind the message that an answer has stalled.
const HINT: &str = " Lifeline's relay would end such a silence after 75 s: “Lifeline: Turn Relay On/Off”, or lifeline relay on.";

/// What the settings of a window say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wish {
    mode: RelayMode,
    stall_after: Duration,
    attempts: u32,
    budget: Duration,
}

impl RelayHost {
    /// As the daemon before us left it.
    pub(super) fn new(store: &Store, has_route: bool, news: mpsc::UnboundedSender<News>) -> Self {
        let (numbers, bad) = Numbers::from_environment();
        for number in bad {
            tracing::error!("{number}");
        }
        let saved =
            store.read(FILE).and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self {
            saved,
            numbers,
            wishes: Vec::new(),
            serving: None,
            problem: None,
            news,
            asked: Vec::new(),
            has_route,
            told: None,
            unreachable_unix_ms: None,
            has_hinted: false,
        }
    }

    /// Turned on, or wanted by a window.
    fn mode(&self) -> RelayMode {
        let is_wanted = self.wishes.iter().any(|(_, wish)| wish.mode == RelayMode::Tunnel);
        if is_wanted { RelayMode::Tunnel } else { self.saved.mode }
    }

    fn fades(&self) -> bool {
        let off = self.saved.off_unix_ms.filter(|_| self.saved.port.is_some());
        off.is_some_and(|off| clock::unix_ms().saturating_sub(off) < FADES_FOR_MS)
    }

    fn open(&self) -> usize {
        self.serving.as_ref().and_then(Serving::status).map_or(0, |status| status.open)
    }

    /// Claude Code leads here, so somebody has to be here; or somebody is connected.
    pub(super) fn is_needed(&self) -> bool {
        self.mode() != RelayMode::Off || self.open() > 0
    }

    fn options(&self) -> Options {
        let known = Options::default();
        let wish = self.wishes.last().map(|(_, wish)| wish);
        let mut hosts = self.saved.hosts.clone();
        hosts.push(OFFICIAL_HOST.to_owned());
        if self.mode() == RelayMode::Off {
            hosts.clear();
        }
        let proxy = self.saved.proxy.as_deref().and_then(|text| Proxy::parse(text).ok());
        Options {
            stall_after: self
                .numbers
                .stall_after
                .or(wish.map(|wish| wish.stall_after))
                .unwrap_or(known.stall_after),
            attempts: self.numbers.attempts.or(wish.map(|wish| wish.attempts)).unwrap_or(known.attempts),
            budget: self.numbers.budget.or(wish.map(|wish| wish.budget)).unwrap_or(known.budget),
            hosts,
            // To itself it would lead for ever.
            proxy: proxy.filter(|proxy| !is_us(proxy, self.saved.port)),
            no_proxy: NoProxy::parse(self.saved.no_proxy.as_deref().unwrap_or_default()),
        }
    }

    fn status(&self) -> wire::RelayStatus {
        let options = self.options();
        let status = self.serving.as_ref().and_then(Serving::status);
        // Its thread may be ahead of its word of which port it has.
        let is_listening = status.is_some() && self.saved.port.is_some();
        let status = status.unwrap_or_default();
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        wire::RelayStatus {
            mode: self.mode(),
            port: self.saved.port,
            is_listening,
            problem: self.problem.clone(),
            is_chained: options.proxy.is_some(),
            connections: number(status.open as u64),
            ended: number(status.ended),
            refused: number(status.refused),
            outages: status.outages.into_iter().map(told).collect(),
            stall_after_seconds: number(options.stall_after.as_secs()),
            attempts: options.attempts,
            budget_seconds: number(options.budget.as_secs()),
        }
    }

    /// What windows are told: of several connections that wait, the one that was tried most often.
    pub(super) fn outage(&self) -> Option<wire::RelayOutage> {
        let status = self.serving.as_ref().and_then(Serving::status)?;
        status.outages.into_iter().max_by_key(|outage| outage.attempt).map(told)
    }

    /// Belongs to the text of a notice: that there is a relay, where it would have helped, and once.
    pub(super) fn hint(&mut self, code: &str) -> Option<&'static str> {
        let is_due = code == "turnStalled" && self.mode() == RelayMode::Off && !self.has_hinted;
        self.has_hinted |= is_due;
        is_due.then_some(HINT)
    }

    /// A connection to the API has ended: what the user has to know, once until it could be reached again.
    fn news_of(&mut self, record: &Record) -> Option<String> {
        if !record.is_api {
            return None;
        }
        if let Some(connect_ms) = record.connect_ms {
            // One that was there before says nothing.
            let is_newer = |told: u64| record.unix_ms.saturating_add(connect_ms) > told;
            self.unreachable_unix_ms = self.unreachable_unix_ms.filter(|told| !is_newer(*told));
            return None;
        }
        let (what, next) = unconnected(&record.end)?;
        if self.unreachable_unix_ms.is_some() {
            return None;
        }
        let ended = record.unix_ms.saturating_add(record.duration_ms);
        self.unreachable_unix_ms = Some(ended);
        let tried = match record.attempts {
            0 | 1 => String::new(),
            attempts => format!(" for {} s, {attempts} times", record.duration_ms / 1000),
        };
        Some(format!(
            "Claude Code's connection to the API could not be made{tried}: {what}. It tries again by itself, and so does the relay. {next}"
        ))
    }

    /// Ends it with its connections; their records come as news.
    pub(super) async fn end(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.end().await;
        }
    }
}

fn told(outage: lifeline_relay::Outage) -> wire::RelayOutage {
    let next_in = outage.next_at.saturating_duration_since(Instant::now());
    wire::RelayOutage {
        host: outage.host,
        attempt: outage.attempt,
        of: outage.of,
        reason: reason(outage.fault).into(),
        next_in_ms: Some(u64::try_from(next_in.as_millis()).unwrap_or(u64::MAX)),
    }
}

/// Why there was no connection, and what to do. `None`: for no reason of the network's.
fn unconnected(end: &End) -> Option<(String, &'static str)> {
    const LOOK: &str =
        "See status.claude.com, a firewall or a VPN; “Lifeline: Probe the Network” measures the way.";
    const NETWORK: &str = "Check the network; “Lifeline: Probe the Network” measures the way.";
    const PROXY: &str = "Ask whoever runs the proxy; “Lifeline: Probe the Network” measures the way.";
    Some(match end {
        End::Refused => ("it was refused".into(), LOOK),
        End::TimedOut => ("there was no answer".into(), LOOK),
        End::Unreachable => ("there was no way to it".into(), NETWORK),
        End::NoRoute => ("this machine had no network".into(), NETWORK),
        End::Dns => ("its name could not be resolved".into(), NETWORK),
        End::Proxy { status: 0 } => ("the proxy hung up".into(), PROXY),
        End::Proxy { status } => (format!("the proxy answered {status}"), PROXY),
        End::Failed => ("the system refused it".into(), "“lifeline relay log” tells more."),
        _ => return None,
    })
}

fn is_us(proxy: &Proxy, port: Option<u16>) -> bool {
    ["127.0.0.1", "localhost", "::1"].contains(&proxy.host()) && Some(proxy.port()) == port
}

const fn reason(fault: Fault) -> &'static str {
    match fault {
        Fault::Refused => "refused",
        Fault::Unreachable => "unreachable",
        Fault::Dns => "dns",
        Fault::TimedOut => "timedOut",
        Fault::NoRoute => "noRoute",
        Fault::Proxy(_) => "proxy",
        Fault::Failed => "failed",
    }
}

fn wish(settings: &wire::Settings) -> Wish {
    let seconds = |seconds: u32, within: std::ops::RangeInclusive<u64>| {
        Duration::from_secs(u64::from(seconds).clamp(*within.start(), *within.end()))
    };
    Wish {
        mode: settings.relay,
        stall_after: seconds(settings.relay_stall_seconds, STALL_AFTER_WITHIN),
        attempts: settings.relay_attempts.clamp(*ATTEMPTS_WITHIN.start(), *ATTEMPTS_WITHIN.end()),
        budget: seconds(settings.relay_budget_seconds, BUDGET_WITHIN),
    }
}

/// What a request may ask for; `Err`: why not.
fn sane(request: wire::RelayRequest, now_unix_ms: u64, known: &Saved) -> Result<Saved, String> {
    if request.mode == RelayMode::Off {
        // The rest is still needed by those who know no other way.
        let off_unix_ms = match known.mode {
            _ if request.at_once => None,
            RelayMode::Off => known.off_unix_ms,
            RelayMode::Tunnel => Some(now_unix_ms),
        };
        return Ok(Saved { mode: RelayMode::Off, off_unix_ms, ..known.clone() });
    }
    let is_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > TEXT_BYTES);
    if is_long(&request.proxy) || is_long(&request.no_proxy) || request.hosts.len() > HOSTS {
        return Err("The proxy, its exceptions or the hosts are too long to be true. Shorten them, and turn the relay on again.".into());
    }
    if let Some(Err(why)) = request.proxy.as_deref().map(Proxy::parse) {
        return Err(format!(
            "The proxy that is set for Claude Code {why}, so Lifeline leaves it in its place. Set another, and turn the relay on again."
        ));
    }
    let mut hosts: Vec<String> = request.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    hosts.retain(|host| host != OFFICIAL_HOST);
    Ok(Saved {
        mode: request.mode,
        port: known.port,
        proxy: request.proxy,
        no_proxy: request.no_proxy,
        hosts,
        off_unix_ms: None,
    })
}

impl Daemon {
    /// Starts, ends or changes it, as it is wanted now.
    pub(super) fn keep_relay(&mut self) {
        let relay = &mut self.relay;
        let is_wanted = relay.mode() != RelayMode::Off || relay.fades() || relay.open() > 0;
        let options = relay.options();
        match (&relay.serving, is_wanted) {
            (Some(serving), true) => serving.set(options),
            (None, true) => {
                let port = relay.saved.port;
                match Serving::start(port, options, relay.has_route, &self.platform, relay.news.clone()) {
                    Ok(serving) => relay.serving = Some(serving),
                    Err(error) => {
                        relay.problem = Some(format!(
                            "The relay cannot run: {error}. Close some programs, and turn it on again."
                        ))
                    }
                }
            }
            (Some(_), false) => {
                if let Some(serving) = relay.serving.take() {
                    tracing::info!("the relay ends");
                    tokio::spawn(serving.end());
                }
            }
            (None, false) => {}
        }
        self.answer_relay_asked();
    }

    pub(super) fn relay_settings(&mut self, window: WindowId, settings: &wire::Settings) {
        let relay = &mut self.relay;
        relay.wishes.retain(|(known, _)| *known != window);
        relay.wishes.push((window, wish(settings)));
        self.keep_relay();
    }

    /// Windows that have gone want nothing any more.
    pub(super) fn forget_relay_wishes(&mut self) {
        let before = self.relay.wishes.len();
        self.relay.wishes.retain(|(window, _)| self.supervisor.window(window).is_some());
        if self.relay.wishes.len() != before {
            self.keep_relay();
        }
    }

    pub(super) fn answer_relay(&self, answer: Answer<wire::RelayStatus>) {
        let _ = answer.send(Ok(self.relay.status()));
    }

    pub(super) fn switch_relay(&mut self, request: wire::RelayRequest, answer: Answer<wire::RelayStatus>) {
        match sane(request, clock::unix_ms(), &self.relay.saved) {
            Ok(saved) => {
                tracing::info!(mode = ?saved.mode, "the relay is switched");
                self.relay.saved = saved;
                self.relay.problem = None;
                self.relay.asked.push(answer);
                self.save_relay();
                self.keep_relay();
            }
            Err(message) => {
                let code = wire::error_code::REFUSED;
                let _ = answer.send(Err(Refusal { code, message }));
            }
        }
    }

    fn save_relay(&self) {
        // Texts and numbers always serialise.
        let content = serde_json::to_vec(&self.relay.saved).unwrap_or_default();
        self.disk.queue(Job::File { name: FILE, content });
    }

    /// Those who wait until it serves, or cannot, or need not.
    fn answer_relay_asked(&mut self) {
        let status = self.relay.status();
        if status.is_listening || status.problem.is_some() || self.relay.serving.is_none() {
            let asked = std::mem::take(&mut self.relay.asked);
            if asked.is_empty() {
                return;
            }
            // Claude Code is led to a port only when the next daemon will know it, too.
            self.disk.queue(Job::Flush(Box::new(move |_| {
                for answer in asked {
                    let _ = answer.send(Ok(status.clone()));
                }
            })));
        }
    }

    pub(super) fn relay_told(&mut self, news: News) {
        match news {
            News::Listening(port) => {
                tracing::info!(port, "the relay serves");
                self.relay.problem = None;
                if self.relay.saved.port != Some(port) {
                    self.relay.saved.port = Some(port);
                    self.save_relay();
                }
                self.answer_relay_asked();
            }
            News::CannotListen(error) => {
                let port = self.relay.saved.port.unwrap_or_default();
                tracing::warn!(%error, port, "the relay does not get its port yet");
                self.relay.problem = Some(format!(
                    "Port {port} is taken ({error}). Lifeline goes on trying; end the program that has it, or run: lifeline relay off"
                ));
                self.answer_relay_asked();
            }
            News::NoPort(error) => {
                tracing::error!(%error, "the relay cannot serve");
                self.relay.problem = Some(format!(
                    "The relay gets no port: {error}. Close some programs, and turn it on again."
                ));
                self.relay.serving = None;
                self.answer_relay_asked();
            }
            News::Ended(record) => self.keep_record(&record),
            News::OutagesChanged => self.tell_outages(),
        }
    }

    fn keep_record(&mut self, record: &Record) {
        if let Ok(mut line) = serde_json::to_vec(record) {
            line.push(b'\n');
            self.disk.queue(Job::Append { name: RECORDS_FILE, line, bytes: RECORDS_BYTES });
        }
        if let Some(text) = self.relay.news_of(record) {
            tracing::info!("{text}");
            self.say_somewhere("apiUnreachable", text);
        }
        // The last one of those who knew no other way.
        if self.relay.mode() == RelayMode::Off {
            self.keep_relay();
        }
    }

    fn tell_outages(&mut self) {
        let outage = self.relay.outage();
        let before = std::mem::replace(&mut self.relay.told, outage.clone());
        // In the log its beginning and its end; what lies between stands in the records.
        match (&before, &outage) {
            (None, Some(outage)) => {
                tracing::info!(host = outage.host, reason = outage.reason, "an outage is waited out")
            }
            (Some(_), None) => tracing::info!("no connection waits any more"),
            _ => {}
        }
        // Many connections may wait for the same.
        let seen = |outage: &wire::RelayOutage| (outage.host.clone(), outage.attempt, outage.reason.clone());
        if before.as_ref().map(seen) == outage.as_ref().map(seen) {
            return;
        }
        for window in self.supervisor.windows() {
            let status = Outgoing::DidChange(Box::new(self.window_status(window)));
            self.connections.say(window.id(), status);
        }
    }

    /// After word that routes have changed.
    pub(super) fn tell_relay_of_routes(&mut self, ways: Option<usize>) {
        self.relay.has_route = ways != Some(0);
        if let Some(serving) = &self.relay.serving {
            serving.has_route(self.relay.has_route);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(mode: RelayMode) -> wire::RelayRequest {
        wire::RelayRequest { mode, proxy: None, no_proxy: None, hosts: Vec::new(), at_once: false }
    }

    fn host(saved: Saved) -> RelayHost {
        let dir = tempfile::tempdir().unwrap();
        let (news, _) = mpsc::unbounded_channel();
        let mut host = RelayHost::new(&Store::new(dir.path().to_owned()), true, news);
        host.saved = saved;
        host.numbers = Numbers::default();
        host
    }

    #[test]
    fn what_is_asked_for_is_remembered_or_refused_with_a_sentence() {
        let on = wire::RelayRequest {
            proxy: Some("http://u:p@proxy.example:3128".into()),
            hosts: vec!["Gateway.example".into(), OFFICIAL_HOST.into()],
            ..request(RelayMode::Tunnel)
        };
        let known = Saved { port: Some(20_001), off_unix_ms: Some(3), ..Saved::default() };
        let saved = sane(on.clone(), 7, &known).unwrap();
        assert_eq!((saved.port, saved.off_unix_ms), (Some(20_001), None));
        assert_eq!(saved.hosts, ["gateway.example"]);
        // Off keeps what is still needed, and the time of the first word of it.
        let off = sane(request(RelayMode::Off), 7, &saved).unwrap();
        assert_eq!(off, Saved { mode: RelayMode::Off, off_unix_ms: Some(7), ..saved });
        assert_eq!(sane(request(RelayMode::Off), 9, &off).unwrap(), off);
        let at_once = wire::RelayRequest { at_once: true, ..request(RelayMode::Off) };
        assert_eq!(sane(at_once, 9, &off).unwrap().off_unix_ms, None);
        for proxy in ["socks5://h:1".to_owned(), "https://h:1".to_owned(), "x".repeat(TEXT_BYTES + 1)] {
            let refused =
                sane(wire::RelayRequest { proxy: Some(proxy), ..on.clone() }, 7, &known).unwrap_err();
            assert!(refused.ends_with("turn the relay on again."), "{refused}");
        }
    }

    #[test]
    fn the_environment_goes_before_windows_and_those_before_the_defaults() {
        let mut host = host(Saved { mode: RelayMode::Tunnel, port: Some(20_001), ..Saved::default() });
        assert_eq!(host.options(), Options::default());
        let settings =
            wire::Settings { relay_stall_seconds: 30, relay_attempts: 99, ..wire::Settings::default() };
        host.wishes.push((WindowId("w".into()), wish(&settings)));
        let seen = host.options();
        assert_eq!((seen.stall_after.as_secs(), seen.attempts, seen.budget.as_secs()), (30, 20, 120));
        host.numbers.stall_after = Some(Duration::from_secs(15));
        assert_eq!(host.options().stall_after.as_secs(), 15);
    }

    fn record(unix_ms: u64, connect_ms: Option<u64>, end: End) -> Record {
        Record {
            unix_ms,
            host: OFFICIAL_HOST.into(),
            port: 443,
            is_api: true,
            is_proxied: false,
            bytes_up: 0,
            bytes_down: 0,
            attempts: 5,
            connect_ms,
            first_byte_ms: None,
            duration_ms: 31_000,
            longest_silence_ms: 0,
            end,
            tcp: None,
        }
    }

    #[test]
    fn that_the_api_cannot_be_reached_is_said_once_until_it_was() {
        let mut host = host(Saved { mode: RelayMode::Tunnel, port: Some(20_001), ..Saved::default() });
        let closed = End::Closed { by: lifeline_relay::Side::Client };
        let text = host.news_of(&record(1000, None, End::Refused)).unwrap();
        assert!(text.contains("for 31 s, 5 times: it was refused.") && text.ends_with("the way."), "{text}");
        assert_eq!(host.news_of(&record(40_000, None, End::Refused)), None, "the client tries again");
        // It was there before, and ended after.
        assert_eq!(host.news_of(&record(500, Some(20), closed)), None);
        assert_eq!(host.news_of(&record(70_000, None, End::Dns)), None);
        assert_eq!(host.news_of(&record(80_000, Some(20), closed)), None);
        assert!(host.news_of(&record(200_000, None, End::Dns)).is_some(), "another outage");
        for end in [End::Abandoned, End::Shutdown] {
            let mut host = self::host(Saved::default());
            assert_eq!(host.news_of(&record(1, None, end)), None);
        }
        let other = Record { is_api: false, ..record(900_000, None, End::Refused) };
        assert_eq!(self::host(Saved::default()).news_of(&other), None);
    }

    #[test]
    fn that_there_is_a_relay_is_said_once_where_it_would_have_helped() {
        let mut off = host(Saved::default());
        assert_eq!(off.hint("turnDied"), None);
        assert_eq!(off.hint("turnStalled"), Some(HINT));
        assert_eq!(off.hint("turnStalled"), None);
        let stall_after = lifeline_relay::STALL_AFTER.as_secs();
        assert!(HINT.contains(&format!("after {stall_after} s")));
        assert_eq!(host(Saved { mode: RelayMode::Tunnel, ..Saved::default() }).hint("turnStalled"), None);
    }

    #[test]
    fn it_never_leads_to_itself_and_passes_all_through_when_off() {
        let saved = Saved {
            mode: RelayMode::Tunnel,
            port: Some(20_001),
            proxy: Some("http://localhost:20001".into()),
            ..Saved::default()
        };
        assert_eq!(host(saved.clone()).options().proxy, None);
        let off = host(Saved { mode: RelayMode::Off, off_unix_ms: Some(clock::unix_ms()), ..saved.clone() });
        assert!(off.options().hosts.is_empty() && off.fades() && !off.is_needed());
        assert!(!host(Saved { mode: RelayMode::Off, off_unix_ms: Some(1), ..saved.clone() }).fades());
        // A window wants it, and as long as it is there.
        let mut wanted = host(Saved { mode: RelayMode::Off, ..saved });
        let settings = wire::Settings { relay: RelayMode::Tunnel, ..wire::Settings::default() };
        wanted.wishes.push((WindowId("w".into()), wish(&settings)));
        assert!(wanted.is_needed());
    }
}
