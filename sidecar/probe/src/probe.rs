//! All of it, in order: names, then every way beside the status page, then what needs a way that works.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use lifeline_doctor::Names;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    connect::{Means, Route},
    contract::{
        Contact, Family, Hold, Idle, Lookup, Network, ProxyState, ProxyUse, Resolved, Role, Round,
        StatusPage, Tls, Upload, Way, milliseconds,
    },
    idle,
    limits::Limits,
    resolve::{self, Resolver},
    status::{self, MOVED_TO},
    target::{NoProxy, Proxy, Target, is_excepted},
    tell,
    tls::Trust,
    upload, ways,
};

/// Rounds of each way, as many as one of seed 3's series.
pub const ROUNDS: usize = 5;

/// How long an upload takes unless something else is asked for: twice what a proxy may wait for a head, and within 30 s of everything.
pub const UPLOAD: Duration = Duration::from_secs(10);

/// What is measured, and by which means. Holds a proxy's password, so it is not shown.
#[derive(Clone)]
pub struct Asked {
    /// The API, or what stands in its place.
    pub base: Target,
    /// The variable that names a proxy, and its value.
    pub proxy: Option<(String, String)>,
    /// Hosts that are reached without it: the value of `NO_PROXY`, or nothing.
    pub no_proxy: String,
    /// Connections for each way.
    pub rounds: usize,
    /// How long a slow upload is to take, when one is wanted.
    pub upload: Option<Duration>,
    /// Silences of idle connections, when they are wanted; see [`holds`](crate::holds).
    pub idle: Vec<Duration>,
    /// The status page, when it is wanted.
    pub status: Option<Target>,
    /// What is told.
    pub names: Names,
    /// Who looks up names.
    pub resolver: Resolver,
    /// Resolvers of this machine that are compared, and a public one to compare them with; none where that is not wanted.
    pub resolvers: Vec<SocketAddr>,
    /// See `resolvers`.
    pub public_resolver: Option<SocketAddr>,
    /// Whose word is taken for a certificate.
    pub trust: Arc<Trust>,
    /// Deadlines.
    pub limits: Limits,
}

/// How far it is, of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is done.
    pub probe: Part,
    /// Names, ways or seconds.
    pub done: u64,
    /// Of these.
    pub all: u64,
}

/// A part of the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// Names are looked up.
    Names,
    /// Ways are measured, and the status page is read.
    Ways,
    /// An upload goes on, or connections are idle: seconds.
    Waiting,
}

impl Asked {
    /// Every server that is contacted. A proxy's name is only told when names are.
    pub fn contacts(&self) -> Vec<Contact> {
        let plain = self.names.plain;
        let mut contacts = vec![Contact { server: self.base.told(plain), role: Role::Api }];
        let pages = self.status.iter().flat_map(|page| {
            let moved = Target::of(MOVED_TO).ok().filter(|_| page.is_official());
            [Some(page.clone()), moved]
        });
        contacts.extend(pages.flatten().map(|page| Contact { server: page.told(plain), role: Role::Status }));
        let resolver = self.public_resolver.filter(|_| self.compares());
        contacts.extend(resolver.map(|address| {
            let server = if address.port() == 53 { address.ip().to_string() } else { address.to_string() };
            Contact { server, role: Role::Resolver }
        }));
        if let Some((_, value)) = self.proxy.as_ref().filter(|_| self.uses_proxy()) {
            contacts.push(Contact { server: self.names.proxy(value), role: Role::Proxy });
        }
        contacts
    }

    /// An address has no name, and behind a proxy the name is the proxy's to look up.
    fn compares(&self) -> bool {
        let is_name = self.base.host.parse::<std::net::IpAddr>().is_err();
        is_name && self.proxy_for(&self.base).is_none() && !self.resolvers.is_empty()
    }

    fn uses_proxy(&self) -> bool {
        let targets = std::iter::once(&self.base).chain(&self.status);
        targets.into_iter().any(|target| self.proxy_for(target).is_some())
    }

    fn proxy_for(&self, target: &Target) -> Option<Proxy> {
        let (_, value) = self.proxy.as_ref()?;
        if is_excepted(&self.no_proxy, target) { None } else { Proxy::of(value).ok() }
    }

    fn proxy_use(&self) -> Option<ProxyUse> {
        let (variable, value) = self.proxy.as_ref()?;
        let proxy = Proxy::of(value);
        let state = match &proxy {
            Err(NoProxy::Socks) => ProxyState::Socks,
            Err(NoProxy::Malformed) => ProxyState::Malformed,
            Ok(_) if is_excepted(&self.no_proxy, &self.base) => ProxyState::Excepted,
            Ok(_) => ProxyState::Used,
        };
        Some(ProxyUse {
            address: self.names.proxy(value),
            variable: variable.clone(),
            state,
            has_login: proxy.as_ref().is_ok_and(Proxy::has_login),
            login_was_hidden: proxy.is_ok_and(|proxy| proxy.login_was_hidden),
        })
    }
}

/// Measures. `progress` hears how far it is; when `cancel` ends, so does it, with what is known by then.
pub async fn probe(asked: &Asked, progress: &dyn Fn(Progress), cancel: impl Future<Output = ()>) -> Network {
    let began = Instant::now();
    let mut network = Network {
        contacts: asked.contacts(),
        base_url: asked.base.told(asked.names.plain),
        proxy: asked.proxy_use(),
        ..Network::default()
    };
    network.cancelled = tokio::select! {
        () = all(asked, &mut network, progress) => false,
        () = cancel => true,
    };
    network.took_ms = milliseconds(began.elapsed());
    network.words = tell::words(&network);
    network
}

async fn all(asked: &Asked, network: &mut Network, progress: &dyn Fn(Progress)) {
    let means =
        Means { trust: Arc::clone(&asked.trust), limits: asked.limits.clone(), plain: asked.names.plain };
    progress(Progress { probe: Part::Names, done: 0, all: 1 });
    let routes = routes(asked, network).await;
    let working = measure(asked, network, &means, &routes, progress).await;
    if let Some(route) = working {
        wait(asked, network, &means, &route, progress).await;
    }
}

/// Every way that there is; those that Claude Code would take first.
async fn routes(asked: &Asked, network: &mut Network) -> Vec<Route> {
    let (resolver, within) = (&asked.resolver, asked.limits.lookup);
    let proxy = asked.proxy_for(&asked.base);
    let of_proxy = async {
        match &proxy {
            Some(proxy) => resolver.addresses(Role::Proxy, &proxy.target, within).await,
            None => (Vec::new(), None),
        }
    };
    let ((direct, api_lookup), (through, proxy_lookup), resolvers) =
        tokio::join!(resolver.addresses(Role::Api, &asked.base, within), of_proxy, compare(asked));
    network.resolvers = resolvers;
    network.lookups.extend(api_lookup.into_iter().chain(proxy_lookup));
    let route =
        |address, proxy: Option<&Proxy>| Route { address, proxy: proxy.cloned(), target: asked.base.clone() };
    let through = first_of_each_family(&through).into_iter().map(|address| route(address, proxy.as_ref()));
    through.chain(first_of_each_family(&direct).into_iter().map(|address| route(address, None))).collect()
}

async fn compare(asked: &Asked) -> Vec<Resolved> {
    let Some(public) = asked.public_resolver.filter(|_| asked.compares()) else { return Vec::new() };
    let own = asked.resolvers.iter().map(|address| (*address, false));
    let mut tasks = JoinSet::new();
    for (index, (address, is_public)) in own.chain([(public, true)]).enumerate() {
        let (host, within) = (asked.base.host.clone(), asked.limits.lookup);
        tasks.spawn(async move { (index, resolve::ask(address, is_public, &host, within).await) });
    }
    let mut told = tasks.join_all().await;
    told.sort_unstable_by_key(|(index, _)| *index);
    told.into_iter().map(|(_, resolved)| resolved).collect()
}

/// In the resolver's order, which is the one that programs take.
fn first_of_each_family(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut firsts: Vec<SocketAddr> = Vec::new();
    for address in addresses {
        if firsts.iter().all(|first| first.is_ipv6() != address.is_ipv6()) {
            firsts.push(*address);
        }
    }
    firsts
}

/// What a task comes back with.
enum Done {
    Way(usize, Vec<Round>, Option<Tls>),
    Status(StatusPage, Option<Lookup>),
    Upload(Upload),
    Hold(Hold),
}

/// Measures all ways at once. Returns the one that Claude Code would take, if it works.
async fn measure(
    asked: &Asked,
    network: &mut Network,
    means: &Means,
    routes: &[Route],
    progress: &dyn Fn(Progress),
) -> Option<Route> {
    network.ways = routes
        .iter()
        .map(|route| Way {
            family: if route.address.is_ipv6() { Family::Ipv6 } else { Family::Ipv4 },
            through_proxy: route.proxy.is_some(),
            rounds: Vec::new(),
            tls: None,
        })
        .collect();
    let mut tasks = JoinSet::new();
    for (index, route) in routes.iter().enumerate() {
        let (route, means, rounds) = (route.clone(), means.clone(), asked.rounds);
        tasks.spawn(async move {
            let (rounds, tls) = ways::rounds(route, means, rounds).await;
            Done::Way(index, rounds, tls)
        });
    }
    if let Some(page) = asked.status.clone() {
        let (proxy, resolver, means) = (asked.proxy_for(&page), asked.resolver.clone(), means.clone());
        tasks.spawn(async move {
            let (page, lookup) = status::status(page, proxy, resolver, means).await;
            Done::Status(page, lookup)
        });
    }
    let all = tasks.len() as u64;
    progress(Progress { probe: Part::Ways, done: 0, all });
    while let Some(done) = tasks.join_next().await {
        take(done, network);
        progress(Progress { probe: Part::Ways, done: all - tasks.len() as u64, all });
    }
    let is_behind = asked.proxy_for(&asked.base).is_some();
    let mut ways = routes.iter().zip(&network.ways);
    ways.find(|(route, way)| way.works() && (route.proxy.is_some() || !is_behind))
        .map(|(route, _)| route.clone())
}

/// The upload and the idle connections, at once.
async fn wait(
    asked: &Asked,
    network: &mut Network,
    means: &Means,
    route: &Route,
    progress: &dyn Fn(Progress),
) {
    let mut tasks = JoinSet::new();
    if let Some(lasting) = asked.upload {
        let (route, means) = (route.clone(), means.clone());
        tasks.spawn(async move { Done::Upload(upload::upload(route, means, lasting).await) });
    }
    for wanted in asked.idle.clone() {
        let (route, means) = (route.clone(), means.clone());
        tasks.spawn(async move { Done::Hold(idle::hold(route, means, wanted).await) });
    }
    network.idle = (!asked.idle.is_empty()).then(Idle::default);
    let all = asked.idle.iter().chain(&asked.upload).map(Duration::as_secs).max().unwrap_or(0);
    let began = Instant::now();
    let mut seconds = pin!(tokio::time::interval(Duration::from_secs(1)));
    while !tasks.is_empty() {
        tokio::select! {
            Some(done) = tasks.join_next() => take(done, network),
            _ = seconds.tick() => {
                progress(Progress { probe: Part::Waiting, done: began.elapsed().as_secs().min(all), all });
            }
        }
    }
}

/// A task that panicked has nothing to tell.
fn take(done: Result<Done, tokio::task::JoinError>, network: &mut Network) {
    match done {
        Ok(Done::Way(index, rounds, tls)) => {
            if let Some(way) = network.ways.get_mut(index) {
                (way.rounds, way.tls) = (rounds, tls);
            }
        }
        Ok(Done::Status(page, lookup)) => {
            network.status = Some(page);
            network.lookups.extend(lookup);
        }
        Ok(Done::Upload(upload)) => network.upload = Some(upload),
        Ok(Done::Hold(hold)) => {
            network.idle.get_or_insert_default().add(hold);
        }
        Err(_) => {}
    }
}
