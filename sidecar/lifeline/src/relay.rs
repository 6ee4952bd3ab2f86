//! The relay's thread, so that no stream makes the control loop late; what is remembered of it; and its numbers from the environment.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use lifeline_platform::Platform;
use lifeline_protocol::RelayMode;
use lifeline_relay::{
    ATTEMPTS_WITHIN, BILLED_RETRIES_WITHIN, BUDGET_WITHIN, Host, Options, PING_AFTER_WITHIN, Record, Relay,
    STALL_AFTER_WITHIN, Status,
};
use serde::{Deserialize, Serialize};
use tokio::{
    net::TcpListener,
    runtime::Builder,
    sync::{mpsc, oneshot, watch},
    time::sleep,
};

/// What is remembered, in the state folder. It may hold a proxy's password: it is its owner's alone, as all of the folder.
pub(crate) const FILE: &str = "relay.json";

/// One record of each connection on each line; the file before it has `.1` at its end.
pub(crate) const RECORDS_FILE: &str = "relay.jsonl";

/// The files of records, the older first.
pub(crate) fn records_files(state_dir: &Path) -> [PathBuf; 2] {
    [state_dir.join(format!("{RECORDS_FILE}.1")), state_dir.join(RECORDS_FILE)]
}

/// Whether it was turned on, by what is remembered.
pub(crate) fn is_on(state_dir: &Path) -> bool {
    std::fs::read(state_dir.join(FILE)).is_ok_and(|bytes| Saved::of(&bytes).mode != RelayMode::Off)
}

/// At this size the file of records is put aside, in bytes: some 3,000 records.
pub(crate) const RECORDS_BYTES: u64 = 1_000_000;

/// Ports that no system gives to outgoing connections (Linux begins at 32768, others at 49152), so that ours is free when we come back.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// Ports that are tried.
const PORT_ATTEMPTS: usize = 100;

/// A port that is taken (by the daemon before us, which is about to end) is tried again.
const BIND_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Stack of the relay's threads. Its own needs 60 kB; getaddrinfo of others is known to take 100.
const STACK_BYTES: usize = 256 * 1024;

/// Threads that resolve names.
const RESOLVING_THREADS: usize = 8;

/// How long connections may still run when the daemon ends.
const DRAIN_WITHIN: Duration = Duration::from_secs(1);

/// What is remembered from one daemon to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Saved {
    pub(crate) mode: RelayMode,
    /// The same for good: programs that were told of it keep it in their environment.
    pub(crate) port: Option<u16>,
    /// The proxy that was there before.
    pub(crate) proxy: Option<String>,
    pub(crate) no_proxy: Option<String>,
    /// The API's, beside the official one.
    pub(crate) hosts: Vec<String>,
    /// Where the gateway leads. Kept when that is turned off: programs that began before know no other way.
    pub(crate) upstream: Option<String>,
    /// A file of authorities, for that.
    pub(crate) extra_certificates: Option<String>,
    /// When it was turned off.
    pub(crate) off_unix_ms: Option<u64>,
}

impl Saved {
    /// Of the file's content; what cannot be read counts as nothing.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }
}

/// The relay's numbers in the environment of the daemon. What is set there goes before the settings of windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) stall_after: Option<Duration>,
    pub(crate) attempts: Option<u32>,
    pub(crate) budget: Option<Duration>,
    /// Of the gateway.
    pub(crate) billed_retries: Option<u32>,
    pub(crate) ping_after: Option<Duration>,
    /// The newest version of HTTP that is spoken.
    pub(crate) http: Option<u64>,
}

/// What is to be served although nobody has turned it on, in the daemon's environment.
const MODE: &str = "LIFELINE_RELAY_MODE";

/// Reads it: `None` when it is not set.
///
/// # Errors
/// A sentence.
pub(crate) fn mode_of_environment() -> Result<Option<RelayMode>, String> {
    mode(std::env::var(MODE).ok().as_deref())
}

fn mode(text: Option<&str>) -> Result<Option<RelayMode>, String> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some("off") => Ok(Some(RelayMode::Off)),
        Some("tunnel") => Ok(Some(RelayMode::Tunnel)),
        Some("gateway") => Ok(Some(RelayMode::Gateway)),
        Some(_) => Err(format!("{MODE} has to be off, tunnel or gateway. Correct it or unset it.")),
    }
}

/// A variable whose value is no number, or none that can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadNumber {
    variable: &'static str,
    least: u64,
    most: u64,
    /// Empty: it has none.
    unit: &'static str,
}

impl fmt::Display for BadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, least, most, unit } = self;
        let of = if unit.is_empty() { "" } else { " of " };
        write!(
            f,
            "{variable} has to be a whole number{of}{unit} from {least} to {most}. Correct it or unset it."
        )
    }
}

impl Numbers {
    /// Reads them. A bad one is told, and does not count.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> (Self, Vec<BadNumber>) {
        let mut bad = Vec::new();
        let mut number = |name: &'static str, (least, most): (u64, u64), unit: &'static str| {
            let text = variable(name).filter(|text| !text.is_empty())?;
            let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
            if number.is_none() {
                bad.push(BadNumber { variable: name, least, most, unit });
            }
            number
        };
        let bounds = |within: std::ops::RangeInclusive<u64>| (*within.start(), *within.end());
        let few = |within: std::ops::RangeInclusive<u32>| {
            bounds(u64::from(*within.start())..=u64::from(*within.end()))
        };
        let numbers = Self {
            stall_after: number("LIFELINE_RELAY_STALL_AFTER", bounds(STALL_AFTER_WITHIN), "seconds")
                .map(Duration::from_secs),
            attempts: number("LIFELINE_RELAY_ATTEMPTS", few(ATTEMPTS_WITHIN), "attempts")
                .and_then(|attempts| u32::try_from(attempts).ok()),
            budget: number("LIFELINE_RELAY_BUDGET", bounds(BUDGET_WITHIN), "seconds")
                .map(Duration::from_secs),
            billed_retries: number("LIFELINE_RELAY_BILLED_RETRIES", few(BILLED_RETRIES_WITHIN), "retries")
                .and_then(|retries| u32::try_from(retries).ok()),
            ping_after: number("LIFELINE_RELAY_PING_AFTER", bounds(PING_AFTER_WITHIN), "seconds")
                .map(Duration::from_secs),
            http: number("LIFELINE_RELAY_HTTP", (1, 2), ""),
        };
        (numbers, bad)
    }

    /// Those of this process.
    pub(crate) fn from_environment() -> (Self, Vec<BadNumber>) {
        Self::of(|name| std::env::var(name).ok())
    }
}

/// What the relay's thread tells.
#[derive(Debug)]
pub(crate) enum News {
    /// It serves on this port.
    Listening(u16),
    /// It does not, and tries again.
    CannotListen(io::Error),
    /// It does not, and never will.
    NoPort(io::Error),
    /// A connection has ended.
    Ended(Box<Record>),
    /// Connections wait for their server, or do not any more.
    OutagesChanged,
}

/// A relay on a thread of its own.
#[derive(Debug)]
pub(crate) struct Serving {
    options: watch::Sender<Options>,
    routes: watch::Sender<bool>,
    relay: Arc<Mutex<Option<Relay>>>,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Receiver<()>>,
}

struct Teller {
    platform: Platform,
    news: mpsc::UnboundedSender<News>,
}

impl Host for Teller {
    fn is_own(&self, client: SocketAddr, relay: SocketAddr) -> Option<bool> {
        self.platform.is_own_client(client, relay)
    }

    fn ended(&self, record: Record) {
        let _ = self.news.send(News::Ended(Box::new(record)));
    }

    fn outages_changed(&self) {
        let _ = self.news.send(News::OutagesChanged);
    }
}

impl Serving {
    /// Starts it on this port, or on one that is free.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        port: Option<u16>,
        options: Options,
        has_route: bool,
        platform: &Platform,
        news: mpsc::UnboundedSender<News>,
    ) -> io::Result<Self> {
        let (options, known) = watch::channel(options);
        let (routes, route) = watch::channel(has_route);
        let (stop, stopped) = oneshot::channel();
        let (ending, ended) = oneshot::channel();
        let relay = Arc::new(Mutex::new(None));
        let teller = Teller { platform: platform.clone(), news };
        let shown = relay.clone();
        thread::Builder::new().name("lifeline-relay".into()).stack_size(STACK_BYTES).spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .max_blocking_threads(RESOLVING_THREADS)
                .thread_stack_size(STACK_BYTES)
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(serve(port, known, route, teller, &shown, stopped)),
                Err(error) => drop(teller.news.send(News::NoPort(error))),
            }
            let _ = ending.send(());
        })?;
        Ok(Self { options, routes, relay, stop: Some(stop), ended: Some(ended) })
    }

    /// From the next connection on.
    pub(crate) fn set(&self, options: Options) {
        self.options.send_if_modified(|known| {
            let is_new = *known != options;
            *known = options;
            is_new
        });
    }

    /// Whether this machine has a way out.
    pub(crate) fn has_route(&self, has_route: bool) {
        self.routes.send_if_modified(|known| std::mem::replace(known, has_route) != has_route);
    }

    /// How it is; `None` while it does not listen.
    pub(crate) fn status(&self) -> Option<Status> {
        self.relay.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Relay::status)
    }

    /// Ends it; returns when its port is free, its connections have had their time and their records are sent.
    pub(crate) async fn end(mut self) {
        drop(self.stop.take());
        if let Some(ended) = self.ended.take() {
            let _ = ended.await;
        }
    }
}

async fn serve(
    port: Option<u16>,
    options: watch::Receiver<Options>,
    routes: watch::Receiver<bool>,
    teller: Teller,
    shown: &Mutex<Option<Relay>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let news = teller.news.clone();
    let listener = tokio::select! {
        listener = bind(port, &news) => listener,
        _ = &mut stopped => return,
    };
    let (listener, port) = match listener {
        Ok(bound) => bound,
        Err(error) => return drop(news.send(News::NoPort(error))),
    };
    let show = |relay| std::mem::replace(&mut *shown.lock().unwrap_or_else(PoisonError::into_inner), relay);
    show(Some(Relay::start(listener, options, routes, Arc::new(teller))));
    let _ = news.send(News::Listening(port));
    let _ = stopped.await;
    let relay = show(None);
    if let Some(relay) = relay {
        relay.drain(DRAIN_WITHIN).await;
    }
}

async fn bind(port: Option<u16>, news: &mpsc::UnboundedSender<News>) -> io::Result<(TcpListener, u16)> {
    let on = async |port| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        io::Result::Ok((listener, port))
    };
    let Some(port) = port else {
        let mut refused = io::ErrorKind::AddrInUse.into();
        // Nobody chooses: any will do, and the next daemon of another user takes another.
        let first =
            u16::try_from(std::process::id() % u32::from(PORTS.end - PORTS.start)).unwrap_or_default();
        for offset in 0..PORT_ATTEMPTS {
            let step = u16::try_from(offset * 97).unwrap_or_default();
            match on(PORTS.start + (first + step) % (PORTS.end - PORTS.start)).await {
                Ok(bound) => return Ok(bound),
                Err(error) => refused = error,
            }
        }
        return Err(refused);
    };
    let mut is_told = false;
    loop {
        match on(port).await {
            Ok(bound) => return Ok(bound),
            Err(error) => {
                if !std::mem::replace(&mut is_told, true) {
                    let _ = news.send(News::CannotListen(error));
                }
                // Nothing tells when a port becomes free.
                sleep(BIND_AGAIN_AFTER).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_environment_are_read_or_complained_of() {
        let of = |pairs: &'static [(&str, &str)]| {
            Numbers::of(|name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
            })
        };
        assert_eq!(of(&[]), (Numbers::default(), vec![]));
        let (numbers, bad) = of(&[
            ("LIFELINE_RELAY_STALL_AFTER", "15"),
            ("LIFELINE_RELAY_ATTEMPTS", "20"),
            ("LIFELINE_RELAY_BUDGET", ""),
        ]);
        assert_eq!((numbers.stall_after, numbers.attempts), (Some(Duration::from_secs(15)), Some(20)));
        assert!(numbers.budget.is_none() && bad.is_empty());
        let (numbers, bad) = of(&[
            ("LIFELINE_RELAY_STALL_AFTER", "9"),
            ("LIFELINE_RELAY_ATTEMPTS", "five"),
            ("LIFELINE_RELAY_BUDGET", "1e3"),
        ]);
        assert_eq!((numbers, bad.len()), (Numbers::default(), 3));
        let (numbers, bad) = of(&[("LIFELINE_RELAY_HTTP", "3"), ("LIFELINE_RELAY_BILLED_RETRIES", "0")]);
        assert_eq!(numbers.billed_retries, Some(0));
        assert!(bad[0].to_string().contains("has to be a whole number from 1 to 2."), "{}", bad[0]);
        let (_, bad) = of(&[("LIFELINE_RELAY_STALL_AFTER", "9")]);
        assert_eq!(
            bad[0].to_string(),
            "LIFELINE_RELAY_STALL_AFTER has to be a whole number of seconds from 10 to 3600. Correct it or unset it."
        );
    }

    #[test]
    fn what_is_remembered_is_read_leniently() {
        assert_eq!(Saved::of(b"{}"), Saved::default());
        let saved = Saved { mode: RelayMode::Tunnel, port: Some(20_001), ..Saved::default() };
        assert_eq!(Saved::of(&serde_json::to_vec(&saved).unwrap()), saved);
        assert_eq!(Saved::of(b"{\"mode\":\"gateway\"}").mode, RelayMode::Gateway);
        assert_eq!(Saved::of(b"{\"mode\":\"wormhole\"}"), Saved::default(), "of a newer one");
    }

    #[test]
    fn a_mode_of_the_environment_is_one_of_three() {
        assert_eq!((mode(None), mode(Some(" "))), (Ok(None), Ok(None)));
        assert_eq!(mode(Some("gateway")), Ok(Some(RelayMode::Gateway)));
        assert!(mode(Some("on")).is_err_and(|why| why.starts_with(MODE)));
    }

    #[tokio::test]
    async fn it_takes_a_port_and_the_next_one_gets_the_same() {
        let (told, mut news) = mpsc::unbounded_channel();
        let start =
            |port| Serving::start(port, Options::default(), true, &Platform::new(), told.clone()).unwrap();
        let first = start(None);
        let Some(News::Listening(port)) = news.recv().await else { panic!("no port") };
        assert!(PORTS.contains(&port));
        assert_eq!(first.status(), Some(Status::default()));
        let second = start(Some(port));
        assert!(matches!(news.recv().await, Some(News::CannotListen(_))));
        assert_eq!(second.status(), None);
        first.end().await;
        assert!(matches!(news.recv().await, Some(News::Listening(found)) if found == port));
        second.end().await;
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.is_ok());
    }
}
