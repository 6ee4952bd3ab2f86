//! The old port: who may come in, and how many.

use std::{io, net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc::UnboundedSender, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode, header},
    },
};

use super::{
    HOST_WITHIN, SUBPROTOCOL, TOKEN_HEADER,
    seats::Seats,
    secret::Token,
    session::{self, Route, Visitor},
};

/// Connections at the same time. A window has one CLI that is logged in; the others are about to be refused.
const CONNECTIONS_AT_MOST: usize = 32;

/// How long a handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// How long somebody who listens on the loopback may take to be noticed.
#[cfg(target_os = "macos")]
const TAKEN_WITHIN: Duration = Duration::from_millis(100);

/// After a failed `accept` (no descriptor free, for example) nothing can be done but wait a little.
const PAUSE: Duration = Duration::from_millis(250);

/// What happens on a bridge's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// The port.
    pub port: u16,
    /// Clients with the right token that are connected now.
    pub clients: u32,
    /// Handshakes with a wrong token so far. Those without any are the heartbeats of others, and not counted.
    pub refused: u32,
}

/// A port that is kept. Given back, and every connection to it closed, when dropped.
#[derive(Debug)]
pub struct Bridge {
    patience: Duration,
    route: watch::Sender<Route>,
    task: JoinHandle<()>,
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bridge {
    /// Listens on 127.0.0.1:`port` for clients that know the `token`. They wait until there is a host to lead them to
    /// ([`lead_to`](Self::lead_to)). All bridges share the same `seats`. `traffic` hears of each change in who is connected.
    ///
    /// Must be called in a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When the port cannot be had: [`io::ErrorKind::AddrInUse`] when somebody else listens there.
    pub fn listen(
        port: u16,
        token: Token,
        seats: Seats,
        traffic: UnboundedSender<Traffic>,
    ) -> io::Result<Self> {
        Self::listen_patiently(port, token, seats, traffic, HOST_WITHIN)
    }

    /// The same, with another patience than [`HOST_WITHIN`].
    pub(super) fn listen_patiently(
        port: u16,
        token: Token,
        seats: Seats,
        traffic: UnboundedSender<Traffic>,
        patience: Duration,
    ) -> io::Result<Self> {
        // BSD lets the address be taken beside somebody who listens on all of them; his visitors on the loopback would come to us.
        #[cfg(target_os = "macos")]
        if std::net::TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), TAKEN_WITHIN).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let (route, routes) = watch::channel(Route::NoHost { until: Instant::now() + patience });
        let door = Door { token, routes, patience };
        let desk = Desk { listener, port, door, seats, traffic, sessions: JoinSet::new(), refused: 0 };
        Ok(Self { patience, route, task: tokio::spawn(desk.serve()) })
    }

    /// Leads all clients to the host that listens on `port`, which expects this `token`.
    pub fn lead_to(&self, port: u16, token: Token) {
        self.route.send_replace(Route::To { port, token });
    }

    /// The host is gone: clients are held until there is a next one, for [`HOST_WITHIN`].
    pub fn hold(&self) {
        self.route.send_if_modified(|route| {
            let led = matches!(route, Route::To { .. });
            if led {
                *route = Route::NoHost { until: Instant::now() + self.patience };
            }
            led
        });
    }
}

struct Desk {
    listener: TcpListener,
    port: u16,
    door: Door,
    seats: Seats,
    traffic: UnboundedSender<Traffic>,
    sessions: JoinSet<()>,
    refused: u32,
}

/// What everybody who comes is held against.
#[derive(Clone)]
struct Door {
    token: Token,
    routes: watch::Receiver<Route>,
    patience: Duration,
}

/// How a handshake ended.
enum Arrival {
    Welcome(Box<WebSocketStream<TcpStream>>, Visitor),
    WrongToken,
    Nobody,
}

impl Desk {
    async fn serve(mut self) {
        let mut arrivals: JoinSet<Arrival> = JoinSet::new();
        loop {
            let has_room = self.sessions.len() + arrivals.len() < CONNECTIONS_AT_MOST;
            tokio::select! {
                accepted = self.listener.accept(), if has_room => match accepted {
                    Ok((stream, _)) => drop(arrivals.spawn(receive(stream, self.door.clone()))),
                    Err(error) => {
                        tracing::warn!(%error, port = self.port, "a connection to a bridged port could not be taken");
                        sleep(PAUSE).await;
                    }
                },
                Some(arrival) = arrivals.join_next() => match arrival {
                    Ok(Arrival::Welcome(client, visitor)) => {
                        self.sessions.spawn(session::carry(*client, visitor, self.door.routes.clone(), self.seats.clone()));
                        self.tell();
                    }
                    Ok(Arrival::WrongToken) => {
                        self.refused = self.refused.saturating_add(1);
                        tracing::warn!(port = self.port, self.refused, "a client with a wrong token was refused");
                        self.tell();
                    }
                    Ok(Arrival::Nobody) | Err(_) => {}
                },
                Some(_) = self.sessions.join_next() => self.tell(),
            }
        }
    }

    fn tell(&self) {
        let clients = u32::try_from(self.sessions.len()).unwrap_or(u32::MAX);
        let _ = self.traffic.send(Traffic { port: self.port, clients, refused: self.refused });
    }
}

/// Takes a handshake, as the real host would.
async fn receive(stream: TcpStream, door: Door) -> Arrival {
    let _ = stream.set_nodelay(true);
    let verdict = Arc::new(std::sync::Mutex::new(None));
    let seen = Arc::clone(&verdict);
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let examine = move |request: &Request, mut response: Response| {
        let admission = door.admit(request);
        let answer = match &admission {
            Ok(visitor) => {
                if visitor.speaks_mcp {
                    let mcp = HeaderValue::from_static(SUBPROTOCOL);
                    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, mcp);
                }
                Ok(response)
            }
            Err(refusal) => Err(refusal.response()),
        };
        if let Ok(mut verdict) = seen.lock() {
            *verdict = Some(admission);
        }
        answer
    };
    let accepted =
        timeout(HANDSHAKE_WITHIN, accept_hdr_async_with_config(stream, examine, Some(session::config())))
            .await;
    let admission = verdict.lock().ok().and_then(|mut verdict| verdict.take());
    match (accepted, admission) {
        (Ok(Ok(client)), Some(Ok(visitor))) => Arrival::Welcome(Box::new(client), visitor),
        (_, Some(Err(Refusal::WrongToken))) => Arrival::WrongToken,
        _ => Arrival::Nobody,
    }
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NoToken,
    WrongToken,
    /// There is no host, and none has come for a while.
    NoHost,
}

impl Refusal {
    fn response(self) -> ErrorResponse {
        let (status, reason) = match self {
            Self::NoToken | Self::WrongToken => (StatusCode::UNAUTHORIZED, "Unauthorized"),
            Self::NoHost => (StatusCode::SERVICE_UNAVAILABLE, "The editor's extension host is gone"),
        };
        let mut response = ErrorResponse::new(Some(reason.to_owned()));
        *response.status_mut() = status;
        response
    }
}

impl Door {
    fn admit(&self, request: &Request) -> Result<Visitor, Refusal> {
        let shown = request.headers().get(TOKEN_HEADER).ok_or(Refusal::NoToken)?;
        if !self.token.is(shown.as_bytes()) {
            return Err(Refusal::WrongToken);
        }
        if matches!(&*self.routes.borrow(), Route::NoHost { until } if *until <= Instant::now()) {
            return Err(Refusal::NoHost);
        }
        let protocols = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
        let speaks_mcp = protocols
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|protocol| protocol.trim() == SUBPROTOCOL);
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let user_agent = request.headers().get(header::USER_AGENT).cloned();
        Ok(Visitor { speaks_mcp, path, user_agent, patience: self.patience })
    }
}
