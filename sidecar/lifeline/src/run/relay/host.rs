//! What the daemon knows of the relay: what was saved, what windows and the environment want, and the options that come of it.

use std::{ops::RangeInclusive, path::PathBuf, sync::Arc, time::Duration};

use lifeline_core::WindowId;
use lifeline_doctor::variables::EXTRA_CERTIFICATES;
use lifeline_protocol::{self as wire, RelayMode};
use lifeline_relay::{
    ATTEMPTS_WITHIN, BILLED_RETRIES_WITHIN, BUDGET_WITHIN, GatewayOptions, NoProxy, OFFICIAL_HOST, Options,
    PING_AFTER_WITHIN, Proxy, Record, STALL_AFTER, STALL_AFTER_WITHIN, Trust, Upstream,
};
use tokio::sync::mpsc;

use super::words::{told, unconnected};
use crate::{
    clock,
    input::Answer,
    relay::{FILE, News, Numbers, Saved, Serving, mode_of_environment},
    store::Store,
};

/// Programs that began while the relay was on have its address in their environment: for so long after it was turned off it goes on passing
/// everything through. In milliseconds.
const FADES_FOR_MS: u64 = 24 * 3_600_000;

/// Longest text of a proxy or its exceptions, and most hosts of the API.
pub(super) const TEXT_BYTES: usize = 4096;
const HOSTS: usize = 16;

/// Everything the daemon knows of the relay.
pub(in crate::run) struct RelayHost {
    pub(super) saved: Saved,
    pub(super) numbers: Numbers,
    /// Of the environment.
    pub(super) wanted: RelayMode,
    /// Whom the gateway trusts.
    pub(super) trust: Trust,
    /// What windows want, the last one that spoke last.
    pub(super) wishes: Vec<(WindowId, Wish)>,
    pub(super) serving: Option<Serving>,
    pub(super) problem: Option<String>,
    pub(super) news: mpsc::UnboundedSender<News>,
    /// Asked when it did not serve yet.
    pub(super) asked: Vec<Answer<wire::RelayStatus>>,
    pub(super) has_route: bool,
    /// The outage that windows were told of last.
    pub(super) told: Option<wire::RelayOutage>,
    /// When it was said that the API cannot be reached; none once it was again.
    unreachable_unix_ms: Option<u64>,
    /// It was said that there is a relay.
    has_hinted: bool,
}

/// What the settings of a window say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    mode: RelayMode,
    stall_after: Duration,
    attempts: u32,
    budget: Duration,
    billed_retries: u32,
    ping_after: Option<Duration>,
    http2: bool,
}

impl RelayHost {
    /// As the daemon before us left it.
    pub(in crate::run) fn new(store: &Store, has_route: bool, news: mpsc::UnboundedSender<News>) -> Self {
        let (numbers, bad) = Numbers::from_environment();
        for number in bad {
            tracing::error!("{number}");
        }
        let wanted = mode_of_environment().unwrap_or_else(|why| {
            tracing::error!("{why}");
            None
        });
        let saved = store.read(FILE).map(|bytes| Saved::of(&bytes)).unwrap_or_default();
        Self {
            trust: trust(&saved),
            saved,
            numbers,
            wanted: wanted.unwrap_or_default(),
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
    pub(super) fn mode(&self) -> RelayMode {
        let wishes = self.wishes.iter().map(|(_, wish)| wish.mode);
        // Each can do what those before it can.
        wishes.chain([self.wanted, self.saved.mode]).max().unwrap_or_default()
    }

    /// Where it leads as a gateway, if it is one, or was.
    fn upstream(&self) -> Option<Upstream> {
        let known = self.saved.upstream.as_deref().and_then(|url| Upstream::parse(url).ok());
        let official = || (self.mode() == RelayMode::Gateway).then(Upstream::default);
        // To itself it would lead for ever.
        known.or_else(official).filter(|upstream| !is_us(upstream.host(), upstream.port(), self.saved.port))
    }

    pub(super) fn fades(&self) -> bool {
        let off = self.saved.off_unix_ms.filter(|_| self.saved.port.is_some());
        off.is_some_and(|off| clock::unix_ms().saturating_sub(off) < FADES_FOR_MS)
    }

    pub(super) fn open(&self) -> usize {
        self.serving.as_ref().and_then(Serving::status).map_or(0, |status| status.open)
    }

    /// Claude Code leads here, so somebody has to be here; or somebody is connected.
    pub(in crate::run) fn is_needed(&self) -> bool {
        self.mode() != RelayMode::Off || self.open() > 0
    }

    pub(super) fn options(&self) -> Options {
        let known = Options::default();
        let wish = self.wishes.last().map(|(_, wish)| wish);
        let mut hosts = self.saved.hosts.clone();
        hosts.push(OFFICIAL_HOST.to_owned());
        let upstream = self.upstream();
        hosts.extend(upstream.as_ref().map(|upstream| upstream.host().to_owned()));
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
            proxy: proxy.filter(|proxy| !is_us(proxy.host(), proxy.port(), self.saved.port)),
            no_proxy: NoProxy::parse(self.saved.no_proxy.as_deref().unwrap_or_default()),
            gateway: upstream.map(|upstream| self.gateway(upstream, wish)),
        }
    }

    fn gateway(&self, upstream: Upstream, wish: Option<&Wish>) -> GatewayOptions {
        let known = GatewayOptions::new(upstream, self.trust.clone());
        let Numbers { billed_retries, ping_after, http, .. } = self.numbers;
        GatewayOptions {
            billed_retries: billed_retries
                .or(wish.map(|wish| wish.billed_retries))
                .unwrap_or(known.billed_retries),
            ping_after: ping_after.or(wish.and_then(|wish| wish.ping_after)),
            http2: http.map(|newest| newest > 1).or(wish.map(|wish| wish.http2)).unwrap_or(known.http2),
            ..known
        }
    }

    pub(super) fn status(&self) -> wire::RelayStatus {
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
            upstream: options.gateway.map(|gateway| gateway.upstream.to_string()),
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
    pub(in crate::run) fn outage(&self) -> Option<wire::RelayOutage> {
        let status = self.serving.as_ref().and_then(Serving::status)?;
        status.outages.into_iter().max_by_key(|outage| outage.attempt).map(told)
    }

    /// Belongs to the text of a notice: that there is a relay, where it would have helped, and once.
    pub(in crate::run) fn hint(&mut self, code: &str) -> Option<String> {
        let is_due = code == "turnStalled" && self.mode() == RelayMode::Off && !self.has_hinted;
        self.has_hinted |= is_due;
        is_due.then(|| {
            format!(
                " Lifeline's relay would end such a silence after {} s: “Lifeline: Turn Relay On/Off”, or lifeline relay on.",
                STALL_AFTER.as_secs()
            )
        })
    }

    /// A connection to the API has ended: what the user has to know, once until it could be reached again.
    pub(super) fn news_of(&mut self, record: &Record) -> Option<String> {
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
    pub(in crate::run) async fn end(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.end().await;
        }
    }
}

fn is_us(host: &str, port: u16, ours: Option<u16>) -> bool {
    ["127.0.0.1", "localhost", "::1"].contains(&host) && Some(port) == ours
}

/// As Claude Code trusts: Mozilla's authorities, the platform's, and those of a file.
pub(super) fn trust(saved: &Saved) -> Trust {
    let told = saved.extra_certificates.as_ref().map(PathBuf::from);
    let file = told.or_else(|| std::env::var_os(EXTRA_CERTIFICATES).map(PathBuf::from));
    Trust::new(move || {
        let trust = Arc::new(lifeline_probe::Trust::of_this_machine(file.as_deref()));
        trust.client_config().map_err(|error| error.to_string())
    })
}

pub(super) fn wish(settings: &wire::Settings) -> Wish {
    let seconds = |seconds: u32, within: RangeInclusive<u64>| {
        Duration::from_secs(u64::from(seconds).clamp(*within.start(), *within.end()))
    };
    Wish {
        mode: settings.relay,
        stall_after: seconds(settings.relay_stall_seconds, STALL_AFTER_WITHIN),
        attempts: settings.relay_attempts.clamp(*ATTEMPTS_WITHIN.start(), *ATTEMPTS_WITHIN.end()),
        budget: seconds(settings.relay_budget_seconds, BUDGET_WITHIN),
        billed_retries: settings
            .relay_billed_retries
            .clamp(*BILLED_RETRIES_WITHIN.start(), *BILLED_RETRIES_WITHIN.end()),
        ping_after: (settings.relay_ping_seconds > 0)
            .then(|| seconds(settings.relay_ping_seconds, PING_AFTER_WITHIN)),
        http2: settings.relay_http != wire::RelayHttp::One,
    }
}

/// What a request may ask for; `Err`: why not.
pub(super) fn sane(request: wire::RelayRequest, now_unix_ms: u64, known: &Saved) -> Result<Saved, String> {
    if request.mode == RelayMode::Off {
        // The rest is still needed by those who know no other way.
        let off_unix_ms = match known.mode {
            _ if request.at_once => None,
            RelayMode::Off => known.off_unix_ms,
            RelayMode::Tunnel | RelayMode::Gateway => Some(now_unix_ms),
        };
        return Ok(Saved { mode: RelayMode::Off, off_unix_ms, ..known.clone() });
    }
    let is_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > TEXT_BYTES);
    let texts = [&request.proxy, &request.no_proxy, &request.upstream, &request.extra_certificates];
    if texts.into_iter().any(is_long) || request.hosts.len() > HOSTS {
        return Err("The proxy, its exceptions or the hosts are too long to be true. Shorten them, and turn the relay on again.".into());
    }
    if let Some(Err(why)) = request.proxy.as_deref().map(Proxy::parse) {
        return Err(format!(
            "The proxy that is set for Claude Code {why}, so Lifeline leaves it in its place. Set another, and turn the relay on again."
        ));
    }
    let mut upstream = known.upstream.clone();
    if request.mode == RelayMode::Gateway {
        let url = request.upstream.unwrap_or_else(|| format!("https://{OFFICIAL_HOST}"));
        if let Err(why) = Upstream::parse(&url) {
            return Err(format!(
                "The base URL that is set for Claude Code {why}, so Lifeline leaves it in its place. Set another, or turn the relay on as a tunnel: lifeline relay on"
            ));
        }
        upstream = Some(url);
    }
    let mut hosts: Vec<String> = request.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    hosts.retain(|host| host != OFFICIAL_HOST);
    Ok(Saved {
        mode: request.mode,
        port: known.port,
        proxy: request.proxy,
        no_proxy: request.no_proxy,
        hosts,
        upstream,
        extra_certificates: request.extra_certificates,
        off_unix_ms: None,
    })
}
