//! From nothing to a connection on which a request can be sent: TCP, the proxy, TLS, each with its time and its deadline.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use crate::{
    contract::{Round, Tls, milliseconds},
    fault::Fault,
    http,
    limits::Limits,
    target::{Proxy, Target},
    tls::{Trust, Witness},
};

/// Anything that bytes go over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where a connection leads, and how.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The first hop: the server's, or the proxy's.
    pub(crate) address: SocketAddr,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) target: Target,
}

/// What connections have in common.
#[derive(Clone, Debug)]
pub(crate) struct Means {
    pub(crate) trust: Arc<Trust>,
    pub(crate) limits: Limits,
    /// Names are told.
    pub(crate) plain: bool,
}

/// A connection that is being made, or was.
pub(crate) struct Line {
    began: Instant,
    /// How far it came.
    pub(crate) round: Round,
    pub(crate) tls: Option<Tls>,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), round: Round::default(), tls: None }
    }

    /// Since its beginning.
    pub(crate) fn ms(&self) -> u64 {
        milliseconds(self.began.elapsed())
    }

    /// Connects. How far that came stands in `self`, also when it did not come to its end.
    pub(crate) async fn open(&mut self, route: &Route, means: &Means) -> Result<Box<dyn Stream>, Fault> {
        let limits = &means.limits;
        let tcp = within(limits.connect, async {
            TcpStream::connect(route.address).await.map_err(|error| Fault::of(&error))
        });
        let tcp = tcp.await?;
        // A request is one packet; a wait for more would be in every figure.
        let _ = tcp.set_nodelay(true);
        self.round.tcp_ms = Some(self.ms());
        let mut stream: Box<dyn Stream> = Box::new(tcp);
        if let Some(proxy) = &route.proxy {
            stream = self.through(stream, proxy, &route.target, means).await?;
        }
        if route.target.is_tls {
            let (secured, tls) = secure(stream, &route.target, means).await;
            self.tls = tls;
            stream = secured?;
            self.round.tls_ms = Some(self.ms());
        }
        Ok(stream)
    }

    async fn through(
        &mut self,
        mut stream: Box<dyn Stream>,
        proxy: &Proxy,
        target: &Target,
        means: &Means,
    ) -> Result<Box<dyn Stream>, Fault> {
        if proxy.target.is_tls {
            stream = secure(stream, &proxy.target, means).await.0?;
        }
        let request = http::connect(target, &proxy.authorization());
        let answer = within(means.limits.connect, http::ask(&mut stream, &request, || {})).await?;
        let status = answer.head.status;
        if (200..300).contains(&status) {
            self.round.proxy_ms = Some(self.ms());
            return Ok(stream);
        }
        self.round.status = Some(status);
        Err(if status == 407 { Fault::ProxyWantsLogin } else { Fault::ProxyRefused })
    }
}

/// Agrees on TLS; the certificate is told also where that fails.
async fn secure(
    stream: Box<dyn Stream>,
    target: &Target,
    means: &Means,
) -> (Result<Box<dyn Stream>, Fault>, Option<Tls>) {
    let witness = Witness::new(&means.trust);
    let (Ok(config), Ok(name)) = (witness.config(), ServerName::try_from(target.host.clone())) else {
        return (Err(Fault::TlsFailed), None);
    };
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let connected = within(means.limits.connect, async {
        connecting.await.map_err(|error| match Fault::of(&error) {
            // Closed in the middle of a handshake.
            Fault::Other => Fault::TlsFailed,
            fault => fault,
        })
    });
    match connected.await {
        Ok(secured) => {
            let tls = witness.told(Some(secured.get_ref().1), means.plain);
            (Ok(Box::new(secured)), tls)
        }
        Err(fault) => (Err(fault), witness.told(None, means.plain)),
    }
}

/// With a deadline.
pub(crate) async fn within<T>(
    patience: Duration,
    doing: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    timeout(patience, doing).await.unwrap_or(Err(Fault::TimedOut))
}
