//! An outage that passes is waited out: again and again, further and further apart, up to a budget.

use std::{io, sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};

use crate::{
    dial::{self, Net, Way},
    head::Target,
    options::Options,
    proxy::Proxy,
    record::End,
};

/// Between the first two attempts, and the most between two; doubled in between.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// An address that has not answered by then hardly will (Linux asks again after 1, 3, 7 and 15 s), but a new attempt may. Where there is only
/// one, it has all of the time.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(10);

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// Nobody listens there.
    Refused,
    /// The system or a router knows no way.
    Unreachable,
    /// The name could not be resolved.
    Dns,
    /// No answer in time.
    TimedOut,
    /// This machine has no route to anywhere.
    NoRoute,
    /// The proxy that was there before answered this status; 0 when it spoke no HTTP or hung up.
    Proxy(u16),
    /// Anything else.
    Failed,
}

impl Fault {
    pub(crate) fn of(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            // It was accepted, and ended at once (EPIPE: in order first, and then by a RST).
            Kind::ConnectionRefused | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
                Self::Refused
            }
            Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::AddrNotAvailable => {
                Self::Unreachable
            }
            Kind::TimedOut => Self::TimedOut,
            _ => Self::Failed,
        }
    }

    /// Whether it is of the kind that passes by itself.
    const fn passes(self) -> bool {
        match self {
            Self::Refused | Self::Unreachable | Self::Dns | Self::TimedOut | Self::NoRoute => true,
            // It has an outage of its own, or the server behind it has.
            Self::Proxy(status) => matches!(status, 0 | 502 | 503 | 504),
            Self::Failed => false,
        }
    }

    /// A machine without a route would fail so.
    const fn fits_no_route(self) -> bool {
        matches!(self, Self::Unreachable | Self::Dns | Self::TimedOut)
    }

    /// Connected, and then the handshake of TLS broke off so.
    pub(crate) const fn of_handshake(end: End) -> Self {
        match end {
            End::TimedOut | End::Lost { .. } => Self::TimedOut,
            _ => Self::Refused,
        }
    }

    pub(crate) fn words(self) -> String {
        match self {
            Self::Refused => "it is refused".into(),
            Self::Unreachable => "there is no way to it".into(),
            Self::Dns => "its name cannot be resolved".into(),
            Self::TimedOut => "it does not answer".into(),
            Self::NoRoute => "this machine has no network".into(),
            Self::Proxy(0) => "the proxy before Lifeline hung up".into(),
            Self::Proxy(status) => format!("the proxy before Lifeline answered {status}"),
            Self::Failed => "the system refuses it".into(),
        }
    }

    pub(crate) const fn next_step(self) -> &'static str {
        match self {
            Self::Refused | Self::TimedOut => "See status.claude.com, a firewall or a VPN, then try again.",
            Self::Unreachable | Self::NoRoute => "Check the network, then try again.",
            Self::Dns => "Check the network and its DNS, then try again.",
            Self::Proxy(407) => {
                "Put the proxy's user and password into HTTPS_PROXY, then run: lifeline relay on"
            }
            Self::Proxy(_) => "Ask whoever runs the proxy, then try again.",
            Self::Failed => "“lifeline relay log” tells more.",
        }
    }
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused => Self::Refused,
            Fault::Unreachable => Self::Unreachable,
            Fault::Dns => Self::Dns,
            Fault::TimedOut => Self::TimedOut,
            Fault::NoRoute => Self::NoRoute,
            Fault::Proxy(status) => Self::Proxy { status },
            Fault::Failed => Self::Failed,
        }
    }
}

/// A connection that waits for its server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// Where it is to lead.
    pub host: String,
    /// Attempts that have failed; without a route they do not count.
    pub attempt: u32,
    /// Attempts there will be.
    pub of: u32,
    /// Why the last one failed.
    pub fault: Fault,
    /// When the next one begins, unless a route comes before.
    #[serde(skip)]
    pub next_at: std::time::Instant,
}

/// No connection: why, and after how many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unconnected {
    pub(crate) fault: Fault,
    pub(crate) attempts: u32,
}

/// Connects; with `is_patient`, as often as `options` allow, else once. `tell` hears of each attempt that failed and is followed by another.
pub(crate) async fn connect<N: Net>(
    net: &Arc<N>,
    target: &Target,
    through: Option<&Proxy>,
    options: &Options,
    is_patient: bool,
    mut routes: watch::Receiver<bool>,
    mut tell: impl FnMut(Outage),
) -> Result<(Way<N::Stream>, u32), Unconnected> {
    let until = Instant::now() + options.budget;
    let attempt_within = if is_patient { ATTEMPT_WITHIN } else { options.budget };
    let (mut attempts, mut counted) = (0, 0);
    loop {
        let by = until.min(Instant::now() + attempt_within);
        let fault = match timeout_at(by, dial::attempt(net, target, through)).await {
            Ok(Ok(way)) => return Ok((way, attempts + 1)),
            Ok(Err(fault)) => fault,
            Err(_) => Fault::TimedOut,
        };
        attempts += 1;
        let is_cut_off = fault.fits_no_route() && !*routes.borrow_and_update();
        counted += u32::from(!is_cut_off);
        let fault = if is_cut_off { Fault::NoRoute } else { fault };
        let is_over = !is_patient || counted >= options.attempts || Instant::now() >= until;
        if is_over || !fault.passes() {
            return Err(Unconnected { fault, attempts });
        }
        // A route to this host alone may come without a word: so it is tried without one, too, if rarely.
        let length = if is_cut_off { LONGEST_PAUSE } else { pause(counted) };
        let end = until.min(Instant::now() + length);
        let next_at = end.into_std();
        tell(Outage { host: target.host.clone(), attempt: counted, of: options.attempts, fault, next_at });
        tokio::select! {
            () = came_back(&mut routes), if is_cut_off => {}
            () = sleep_until(end) => {}
        }
        if Instant::now() >= until {
            return Err(Unconnected { fault, attempts });
        }
    }
}

/// After so many attempts that failed, at least one; with jitter.
pub(crate) fn pause(failed: u32) -> Duration {
    let doubled = FIRST_PAUSE * 2_u32.pow(failed.saturating_sub(1).min(8));
    doubled.min(LONGEST_PAUSE).mul_f64(0.75 + fastrand::f64() / 2.0)
}

/// Never, when nobody tells any more.
async fn came_back(routes: &mut watch::Receiver<bool>) {
    if routes.wait_for(|there_is_one| *there_is_one).await.is_err() {
        std::future::pending::<()>().await;
    }
}
