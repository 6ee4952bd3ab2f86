//! The listener and what becomes of each client: looked at, connected, passed on, recorded.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};

use crate::{
    answer::{self, Answer},
    dial::{Machine, Net},
    gateway::Gateway,
    head::{self, Refusal, Target},
    options::Options,
    outage::{self, Outage},
    pump::{Early, Passed, pump},
    record::{End, Record},
    socket::{self, Wire},
};

/// Connections at once. A busy machine has some dozens; each takes two descriptors, and 64 kB at the most while nobody reads.
const CONNECTIONS: usize = 256;

/// A client says at once what it wants.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How long a refused client has to read why.
const READ_WITHIN: Duration = Duration::from_secs(2);

/// After a failure to accept that is the machine's own: no descriptors left.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Bytes read at once while a head comes in.
const CHUNK_BYTES: usize = 4096;

/// Whether this machine has a way out: true where nobody can tell.
pub type Routes = watch::Receiver<bool>;

/// Whoever hosts a relay. Called on the relay's thread: to return soon.
pub trait Host: Send + Sync + 'static {
    /// Whether the client's end of this connection belongs to our own user; `None` where nobody can tell.
    fn is_own(&self, client: SocketAddr, relay: SocketAddr) -> Option<bool>;

    /// A connection has ended.
    fn ended(&self, record: Record);

    /// Connections began to wait for their server, or none does any more: [`Status::outages`] tells.
    fn outages_changed(&self) {}
}

/// How a relay is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Connections now.
    pub open: usize,
    /// Connections that have ended, all in all.
    pub ended: u64,
    /// Clients that were refused: other users, web pages, no sane request.
    pub refused: u64,
    /// Those that wait for their server.
    pub outages: Vec<Outage>,
}

/// A relay that listens. Dropping it ends all of its connections.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    stopping: watch::Sender<Stop>,
    listening: JoinHandle<()>,
}

/// How far it is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    No,
    /// Nobody new.
    Accepting,
    All,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) host: Arc<dyn Host>,
    state: Mutex<State>,
    next: AtomicU64,
}

#[derive(Default)]
struct State {
    open: usize,
    ended: u64,
    refused: u64,
    outages: BTreeMap<u64, Outage>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A client was refused.
    pub(crate) fn refused(&self) {
        self.change(|state| state.refused += 1);
    }

    /// A connection waits for its server, or (`None`) does so no more.
    pub(crate) fn outage(&self, connection: u64, outage: Option<Outage>) {
        let has_changed = self.change(|state| match outage {
            Some(outage) => state.outages.insert(connection, outage.clone()) != Some(outage),
            None => state.outages.remove(&connection).is_some(),
        });
        if has_changed {
            self.host.outages_changed();
        }
    }
}

impl Relay {
    /// Serves the clients of `listener`, which must be on the loopback. Within a runtime of tokio's.
    pub fn start(
        listener: TcpListener,
        options: watch::Receiver<Options>,
        routes: Routes,
        host: Arc<dyn Host>,
    ) -> Self {
        let shared = Arc::new(Shared { host, state: Mutex::default(), next: AtomicU64::new(0) });
        let (stopping, stop) = watch::channel(Stop::No);
        let gateway = Gateway::new(shared.clone(), options.clone(), routes.clone(), stop.clone());
        let guests =
            Guests { net: Arc::new(Machine), shared: shared.clone(), gateway, options, routes, stop };
        let listening = tokio::spawn(listen(listener, guests));
        Self { shared, stopping, listening }
    }

    /// How it is.
    pub fn status(&self) -> Status {
        self.shared.change(|state| Status {
            open: state.open,
            ended: state.ended,
            refused: state.refused,
            outages: state.outages.values().cloned().collect(),
        })
    }

    /// Lets nobody in any more, gives those who are there so long to end, and then resets the rest, so that their clients try again.
    pub async fn drain(mut self, within: Duration) {
        let _ = self.stopping.send(Stop::Accepting);
        if timeout(within, &mut self.listening).await.is_err() {
            let _ = self.stopping.send(Stop::All);
            let _ = (&mut self.listening).await;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// What every connection needs.
struct Guests<N> {
    net: Arc<N>,
    shared: Arc<Shared>,
    gateway: Arc<Gateway>,
    options: watch::Receiver<Options>,
    routes: Routes,
    stop: watch::Receiver<Stop>,
}

impl<N> Clone for Guests<N> {
    fn clone(&self) -> Self {
        Self {
            net: self.net.clone(),
            shared: self.shared.clone(),
            gateway: self.gateway.clone(),
            options: self.options.clone(),
            routes: self.routes.clone(),
            stop: self.stop.clone(),
        }
    }
}

async fn listen<N: Net>(listener: TcpListener, guests: Guests<N>) {
    let mut running = JoinSet::new();
    let mut stop = guests.stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, address)) => {
                    let is_full = running.len() >= CONNECTIONS;
                    running.spawn(guests.clone().serve(client, address, is_full));
                }
                // The client has gone again.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "the relay cannot accept a connection");
                    sleep(ACCEPT_AGAIN_AFTER).await;
                }
            },
            Some(_) = running.join_next() => {}
            () = told(&mut stop, |stop| stop != Stop::No) => break,
        }
    }
    drop(listener);
    while running.join_next().await.is_some() {}
}

impl<N: Net> Guests<N> {
    async fn serve(self, mut client: TcpStream, address: SocketAddr, is_full: bool) {
        let own = client.local_addr().map(|relay| self.shared.host.is_own(address, relay));
        let refusal = match own {
            Ok(Some(false)) => Some(answer::foreign()),
            _ if is_full => Some(answer::full()),
            _ => None,
        };
        let asked = match refusal {
            Some(refusal) => Err(refusal),
            None => {
                let _ = socket::prepare(&client);
                let has_gateway = self.options.borrow().gateway.is_some();
                match timeout(HEAD_WITHIN, read_head(&mut client, has_gateway)).await {
                    // It has asked for nothing: a look at the port, or a connection made ahead.
                    Err(_) | Ok(Err(None)) => return,
                    Ok(Err(Some(refusal))) => Err(Answer::from(refusal)),
                    Ok(Ok(asked)) => Ok(asked),
                }
            }
        };
        match asked {
            Ok(Asked::Tunnel(target, early)) => self.tunnel(client, target, early).await,
            Ok(Asked::Gateway(early)) => self.gateway.serve(client, early).await,
            Err(answer) => {
                self.shared.refused();
                say(&mut client, &answer).await;
            }
        }
    }

    async fn tunnel(self, mut client: TcpStream, target: Target, early: Vec<u8>) {
        let open = Open::new(&self.shared);
        let id = open.id();
        let options = self.options.borrow().clone();
        let is_api = options.is_api(&target.host);
        let proxy = options.proxy.as_ref().filter(|_| !options.no_proxy.excepts(&target));
        let began = Instant::now();
        let mut record = Record::begin(unix_ms(), &target.host, target.port, is_api, proxy.is_some());
        let tell = |outage| self.shared.outage(id, Some(outage));
        let mut stop = self.stop.clone();
        let connected = tokio::select! {
            connected = outage::connect(&self.net, &target, proxy, &options, is_api, self.routes.clone(), tell) => Some(connected),
            // Without its bytes: those may be there already.
            () = left(&client) => None,
            () = told(&mut stop, |stop| stop == Stop::All) => {
                record.end = End::Shutdown;
                None
            }
        };
        record.attempts =
            self.shared.change(|state| state.outages.get(&id).map_or(1, |outage| outage.attempt));
        self.shared.outage(id, None);
        match connected {
            None => client.reset_on_close(),
            Some(Err(failed)) => {
                record.attempts = failed.attempts;
                record.end = failed.fault.into();
                say(
                    &mut client,
                    &answer::unconnected(&target, failed.fault, failed.attempts, began.elapsed()),
                )
                .await;
            }
            Some(Ok((mut way, attempts))) => {
                record.attempts = attempts;
                record.connect_ms = Some(ms(began.elapsed()));
                let stall_after = is_api.then_some(options.stall_after);
                let stopped = told(&mut stop, |stop| stop == Stop::All);
                if client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
                    let early = Early { up: early, down: way.early };
                    let passed = pump(&mut client, &mut way.stream, early, stall_after, stopped).await;
                    note(&mut record, &passed);
                }
                record.tcp = way.stream.facts();
            }
        }
        record.duration_ms = ms(began.elapsed());
        // Closed before it is told.
        drop(client);
        drop(open);
        tracing::debug!(?record, "a connection of the relay's has ended");
        self.shared.host.ended(record);
    }
}

/// Returns when the relay is told to stop so far, or is gone itself.
pub(crate) async fn told(stop: &mut watch::Receiver<Stop>, so_far: impl Fn(Stop) -> bool) {
    let _ = stop.wait_for(|stop| so_far(*stop)).await;
}

fn note(record: &mut Record, passed: &Passed) {
    record.bytes_up = passed.bytes_up;
    record.bytes_down = passed.bytes_down;
    record.first_byte_ms = passed.first_byte.map(ms);
    record.longest_silence_ms = ms(passed.longest_silence);
    record.end = passed.end;
}

/// Counted as open as long as it lives, under a number of its own.
pub(crate) struct Open {
    shared: Arc<Shared>,
    id: u64,
}

impl Open {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        shared.change(|state| state.open += 1);
        Self { shared: Arc::clone(shared), id: shared.next.fetch_add(1, Ordering::Relaxed) }
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.open -= 1;
            state.ended += 1;
        });
        self.shared.outage(self.id, None);
    }
}

/// What a client wants, and what it has said beyond that.
enum Asked {
    Tunnel(Target, Vec<u8>),
    /// Anything else that HTTP has; with its beginning.
    Gateway(Vec<u8>),
}

/// `Err(None)`: it wants nothing, it has gone.
async fn read_head(client: &mut TcpStream, has_gateway: bool) -> Result<Asked, Option<Refusal>> {
    let mut bytes = Vec::with_capacity(CHUNK_BYTES);
    loop {
        match client.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Err(None),
            Ok(_) => {}
        }
        match head::is_tunnel(&bytes) {
            Some(false) if has_gateway => return Ok(Asked::Gateway(bytes)),
            None if has_gateway && bytes.len() < head::HEAD_BYTES => continue,
            _ => {}
        }
        if let Some((target, length)) = head::parse(&bytes)? {
            return Ok(Asked::Tunnel(target, bytes.split_off(length)));
        }
    }
}

/// Tells a client why not. It is given time to read that: a close with bytes unread would be a reset, and what was said lost.
async fn say(client: &mut TcpStream, answer: &Answer) {
    let said = async {
        client.write_all(&answer.bytes()).await?;
        client.shutdown().await?;
        let mut rest = [0; 512];
        while client.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(READ_WITHIN, said).await;
}

/// Returns when the client has ended its connection.
async fn left(client: &TcpStream) {
    if client.peek(&mut [0]).await.is_ok_and(|waiting| waiting > 0) {
        std::future::pending::<()>().await;
    }
}

/// In whole milliseconds.
pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, ms)
}
