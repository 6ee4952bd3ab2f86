//! One client, carried from host to host.

use std::{collections::VecDeque, future::Future, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error, Message, Utf8Bytes,
        client::IntoClientRequest as _,
        error::CapacityError,
        http::{HeaderValue, header},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    MESSAGE_BYTES_AT_MOST, SUBPROTOCOL, TOKEN_HEADER,
    conversation::{Conversation, answers, errors_for, is_request},
    seats::{Occupant, Seat, Seats},
    secret::Token,
};

/// What a client says while there is no host, at most; then it is not listened to for a while. In bytes and in messages.
const HELD_BYTES_AT_MOST: usize = 1024 * 1024;
const HELD_AT_MOST: usize = 256;

/// How long a host may take to let us in and to answer the introduction. A host that has just started is busy.
const INTRODUCED_WITHIN: Duration = Duration::from_secs(15);

/// Between two attempts at a host that does not let us in.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// A host that hangs up has ended, as a rule; the news of that takes a moment. One that lives on has meant it.
const NEWS_WITHIN: Duration = Duration::from_secs(2);

/// How often a client that was pushed out looks whether its place is free.
const LOOKS_APART: Duration = Duration::from_secs(5);

/// A host that closes the connection again and again within [`LOOKS_APART`], though nobody else is there, does not want us.
const CLOSED_AT_MOST: u32 = 3;

/// Whoever does not take a message for this long is gone.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);

/// Where clients are led.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// Nowhere yet; whoever waits gives up then.
    NoHost { until: Instant },
    /// To this host.
    To { port: u16, token: Token },
}

/// What a client brought along.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) speaks_mcp: bool,
    pub(super) path: String,
    pub(super) user_agent: Option<HeaderValue>,
    /// How long it waits for a host.
    pub(super) patience: Duration,
}

type Socket = WebSocketStream<TcpStream>;

/// Limits of both sides.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_AT_MOST))
        .max_frame_size(Some(MESSAGE_BYTES_AT_MOST))
}

/// Carries what a client and its hosts say to each other, until one of them ends it.
pub(super) async fn carry(client: Socket, visitor: Visitor, routes: watch::Receiver<Route>, seats: Seats) {
    let mut session =
        Session { client, visitor, routes, seats, talk: Conversation::default(), held: Held::default() };
    let end = session.run().await;
    tracing::debug!(?end, "a bridged connection ended");
    let frame = match end {
        End::Client => return,
        End::Host(frame) => {
            frame.unwrap_or_else(|| closing(CloseCode::Error, "The editor closed the connection"))
        }
        End::NoHost => closing(CloseCode::Again, "The editor's extension host did not come back"),
        End::TooLong => closing(CloseCode::Size, "Message too long"),
    };
    let close = async {
        let _ = session.client.close(Some(frame)).await;
        // Until the other side has closed as well: otherwise what was said last may be lost.
        while let Some(Ok(_)) = session.client.next().await {}
    };
    let _ = timeout(NEWS_WITHIN, close).await;
}

fn closing(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

/// Why it is over.
#[derive(Debug)]
enum End {
    /// The client is gone.
    Client,
    /// The host lives, and has closed this connection.
    Host(Option<CloseFrame>),
    /// No host came in time.
    NoHost,
    /// Somebody said more than we carry.
    TooLong,
}

struct Session {
    client: Socket,
    visitor: Visitor,
    routes: watch::Receiver<Route>,
    seats: Seats,
    talk: Conversation,
    held: Held,
}

/// What the client said while nobody could hear it.
#[derive(Default)]
struct Held {
    messages: VecDeque<Message>,
    bytes: usize,
}

impl Held {
    fn has_room(&self) -> bool {
        self.bytes < HELD_BYTES_AT_MOST && self.messages.len() < HELD_AT_MOST
    }

    fn push(&mut self, message: Message) {
        self.bytes += message.len();
        self.messages.push_back(message);
    }

    fn push_front(&mut self, message: Message) {
        self.bytes += message.len();
        self.messages.push_front(message);
    }

    fn pop(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }
}

impl Session {
    async fn run(&mut self) -> End {
        let mut closed_at_once = 0;
        loop {
            let (host, seat) = match self.find_host().await {
                Ok(host) => host,
                Err(end) => return end,
            };
            let entered = Instant::now();
            let closed = match self.talk(host, seat.port()).await {
                Ok(closed) => closed,
                Err(end) => return end,
            };
            let port = seat.port();
            drop(seat);
            let (errors, again) = self.talk.cut();
            for error in errors {
                if let Err(end) = self.tell_client(Message::text(error)).await {
                    return end;
                }
            }
            if let Some(introduction) = again {
                self.held.push_front(Message::Text(introduction));
            }
            let mut routes = self.routes.clone();
            match self.hold_while(timeout(NEWS_WITHIN, async move { routes.changed().await.is_ok() })).await {
                Ok(Ok(true)) => continue,
                Ok(Ok(false) | Err(_)) => {}
                Err(end) => return end,
            }
            // The host lives, and wanted no more of us: as a rule because another client came.
            match self.wait_aside(port).await {
                Ok(true) => closed_at_once = 0,
                Ok(false) if entered.elapsed() < LOOKS_APART + NEWS_WITHIN => {
                    closed_at_once += 1;
                    if closed_at_once == CLOSED_AT_MOST {
                        return End::Host(closed);
                    }
                }
                Ok(false) => closed_at_once = 0,
                Err(end) => return end,
            }
        }
    }

    /// Waits until this host has room for us again, or there is another host. Returns whether somebody was in our place.
    async fn wait_aside(&mut self, port: u16) -> Result<bool, End> {
        let mut was_taken = false;
        // Whoever has just come has the place, as without us.
        if !self.talk.is_introduced() {
            return Ok(true);
        }
        loop {
            let occupant = self.seats.occupant(port).await;
            if occupant == Occupant::Nobody {
                return Ok(was_taken);
            }
            if !was_taken {
                tracing::info!(port, "another client took a bridged client's place; it waits aside");
            }
            was_taken = true;
            while let Some(message) = self.held.pop() {
                if self.is_called(message, occupant).await? {
                    return Ok(true);
                }
            }
            tokio::select! {
                changed = self.routes.changed() => {
                    return if changed.is_ok() { Ok(true) } else { Err(End::NoHost) };
                }
                () = sleep(LOOKS_APART) => {}
                said = self.client.next() => match heard(said)? {
                    Some(message) => self.held.push(message),
                    None => return Err(End::Client),
                },
            }
        }
    }

    /// A client that waits aside says something. Whether that is reason to take its place again: a request shows that its user has turned to it,
    /// and whoever is there will wait aside as well. Otherwise a request gets an error, and nothing waits for it.
    async fn is_called(&mut self, message: Message, occupant: Occupant) -> Result<bool, End> {
        let Message::Text(text) = &message else { return Ok(false) };
        if !is_request(text) {
            // The rest of its introduction may be among it.
            self.talk.client_says(text);
            return Ok(false);
        }
        if occupant == Occupant::Ours {
            self.held.push_front(message);
            return Ok(true);
        }
        for error in errors_for(text) {
            self.tell_client(Message::text(error)).await?;
        }
        Ok(false)
    }

    /// A host that has let us in and knows our client.
    async fn find_host(&mut self) -> Result<(Socket, Seat), End> {
        let patience = Instant::now() + self.visitor.patience;
        while Instant::now() < patience {
            let route = self.routes.borrow_and_update().clone();
            let (port, token) = match route {
                Route::NoHost { until } => {
                    let mut routes = self.routes.clone();
                    let changed = async move {
                        tokio::select! {
                            changed = routes.changed() => changed.is_ok(),
                            () = sleep_until(until) => false,
                        }
                    };
                    if !self.hold_while(changed).await? {
                        return Err(End::NoHost);
                    }
                    continue;
                }
                Route::To { port, token } => (port, token),
            };
            let introduction = self.talk.repeat();
            let visitor = self.visitor.clone();
            let entering = timeout(INTRODUCED_WITHIN, enter(port, token, visitor, introduction));
            match self.hold_while(entering).await? {
                Ok(Ok((host, early))) => {
                    let seat = self.seats.take(port);
                    for message in early {
                        self.pass_to_client(message).await?;
                    }
                    return Ok((host, seat));
                }
                Ok(Err(error)) => tracing::debug!(%error, port, "the next host does not let us in"),
                Err(_) => tracing::debug!(port, "the next host does not answer"),
            }
            let mut routes = self.routes.clone();
            let pause = async move { drop(timeout(AGAIN_AFTER, routes.changed()).await) };
            self.hold_while(pause).await?;
        }
        Err(End::NoHost)
    }

    /// Carries messages both ways until the host is gone; its parting words, if it had any.
    async fn talk(&mut self, mut host: Socket, port: u16) -> Result<Option<CloseFrame>, End> {
        while let Some(message) = self.held.pop() {
            if !self.pass_to_host(&mut host, message).await {
                return Ok(None);
            }
        }
        loop {
            tokio::select! {
                said = self.client.next() => match heard(said)? {
                    Some(message) => {
                        if !self.pass_to_host(&mut host, message).await {
                            return Ok(None);
                        }
                    }
                    None => {
                        let _ = timeout(NEWS_WITHIN, host.close(None)).await;
                        return Err(End::Client);
                    }
                },
                Ok(()) = self.routes.changed() => {
                    let stays = matches!(&*self.routes.borrow(), Route::To { port: to, .. } if *to == port);
                    if !stays {
                        // For whoever asks why it is over.
                        self.routes.mark_changed();
                        return Ok(None);
                    }
                }
                said = host.next() => match said {
                    Some(Ok(Message::Close(frame))) => return Ok(frame),
                    Some(Ok(message)) => self.pass_to_client(message).await?,
                    Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => return Err(End::TooLong),
                    Some(Err(_)) | None => return Ok(None),
                },
            }
        }
    }

    /// Waits for something, and holds what the client says meanwhile.
    async fn hold_while<T>(&mut self, wanted: impl Future<Output = T>) -> Result<T, End> {
        tokio::pin!(wanted);
        loop {
            let has_room = self.held.has_room();
            tokio::select! {
                done = &mut wanted => return Ok(done),
                said = self.client.next(), if has_room => match heard(said)? {
                    Some(message) => self.held.push(message),
                    None => return Err(End::Client),
                },
            }
        }
    }

    /// Whether the host took it.
    async fn pass_to_host(&mut self, host: &mut Socket, message: Message) -> bool {
        match &message {
            Message::Text(text) if !self.talk.client_says(text) => return true,
            // Each side's own affair.
            Message::Ping(_) | Message::Pong(_) => return true,
            _ => {}
        }
        let again = message.clone();
        let taken = matches!(timeout(TAKEN_WITHIN, host.send(message)).await, Ok(Ok(())));
        // Whether it was heard nobody knows: a request gets its error, anything else is said to the next host.
        if !taken && !matches!(&again, Message::Text(text) if is_request(text)) {
            self.held.push_front(again);
        }
        taken
    }

    async fn pass_to_client(&mut self, message: Message) -> Result<(), End> {
        match &message {
            Message::Text(text) if !self.talk.host_says(text) => Ok(()),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            _ => self.tell_client(message).await,
        }
    }

    async fn tell_client(&mut self, message: Message) -> Result<(), End> {
        match timeout(TAKEN_WITHIN, self.client.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Client),
        }
    }
}

/// What a client said; `None` when it has gone.
fn heard(said: Option<Result<Message, Error>>) -> Result<Option<Message>, End> {
    match said {
        Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => Err(End::TooLong),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Ok(None),
        Some(Ok(message)) => Ok(Some(message)),
    }
}

/// Connects to a host as the client did to the one before, and says what it said to that one. Also returns what the host said before it
/// answered.
async fn enter(
    port: u16,
    token: Token,
    visitor: Visitor,
    introduction: Option<(Utf8Bytes, Option<Box<str>>, Vec<Utf8Bytes>)>,
) -> Result<(Socket, Vec<Message>), Error> {
    let stream = TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://127.0.0.1:{port}{}", visitor.path).into_client_request()?;
    let headers = request.headers_mut();
    let mut shown = HeaderValue::from_str(token.expose())?;
    shown.set_sensitive(true);
    headers.insert(TOKEN_HEADER, shown);
    if visitor.speaks_mcp {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    if let Some(user_agent) = visitor.user_agent {
        headers.insert(header::USER_AGENT, user_agent);
    }
    let (mut host, _) = client_async_with_config(request, stream, Some(config())).await?;
    let mut early = Vec::new();
    if let Some((initialize, id, rest)) = introduction {
        host.send(Message::Text(initialize)).await?;
        loop {
            match host.next().await.ok_or(Error::ConnectionClosed)?? {
                Message::Text(text) if answers(&text, id.as_deref()) => break,
                Message::Close(_) => return Err(Error::ConnectionClosed),
                message => early.push(message),
            }
        }
        for text in rest {
            host.send(Message::Text(text)).await?;
        }
    }
    Ok((host, early))
}
