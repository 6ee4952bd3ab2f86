//! Outages, on a clock that jumps.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::fake::{Network, Step};
use crate::{
    Fault, Options,
    head::Target,
    outage::{Unconnected, connect},
};

const REFUSED: Step = Step::Fails(ErrorKind::ConnectionRefused);
const UNREACHABLE: Step = Step::Fails(ErrorKind::NetworkUnreachable);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How it went, what was told meanwhile (attempts, fault), and after how long.
type Went = (Result<u32, Unconnected>, Vec<(u32, Fault)>, Duration);

async fn go(
    is_patient: bool,
    routes: watch::Receiver<bool>,
    step: impl Fn(Duration) -> Step + Send + Sync + 'static,
) -> Went {
    let network = Network::new(&["192.0.2.1:443"], move |at, _: SocketAddr| step(at));
    let target = Target { host: "api.anthropic.com".into(), port: 443 };
    let (began, mut told) = (Instant::now(), Vec::new());
    let tell = |outage: crate::Outage| told.push((outage.attempt, outage.fault));
    let way = connect(&network, &target, None, &Options::default(), is_patient, routes, tell).await;
    (way.map(|(_, attempts)| attempts), told, began.elapsed())
}

fn always() -> watch::Receiver<bool> {
    watch::channel(true).1
}

#[tokio::test(start_paused = true)]
async fn a_server_that_comes_back_is_waited_for() {
    let (way, told, after) = go(true, always(), |at| if at < secs(5) { REFUSED } else { Step::Up }).await;
    // Pauses of 1, 2 and 4 s, each up to a quarter shorter or longer.
    assert_eq!(way, Ok(4));
    assert_eq!(told, [1, 2, 3].map(|attempt| (attempt, Fault::Refused)));
    assert!((5.25..=8.75).contains(&after.as_secs_f64()), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn five_attempts_are_all() {
    let (way, told, after) = go(true, always(), |_| REFUSED).await;
    assert_eq!(way, Err(Unconnected { fault: Fault::Refused, attempts: 5 }));
    assert_eq!(told.len(), 4);
    assert!((11.25..=18.75).contains(&after.as_secs_f64()), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_fails_for_a_while_is_asked_for_again() {
    let (way, told, _) = go(true, always(), |at| if at < secs(10) { Step::NoName } else { Step::Up }).await;
    assert!(way.is_ok(), "{way:?}");
    assert!(told.iter().all(|(_, fault)| *fault == Fault::Dns));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_costs_ten_seconds_an_attempt() {
    let (way, told, after) = go(true, always(), |_| Step::Hangs).await;
    assert_eq!(way, Err(Unconnected { fault: Fault::TimedOut, attempts: 5 }));
    assert!(told.iter().all(|(_, fault)| *fault == Fault::TimedOut));
    assert!((61.0..=69.0).contains(&after.as_secs_f64()), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_route_no_attempt_counts_and_its_return_is_the_moment() {
    let (routes, route) = watch::channel(false);
    tokio::spawn(async move {
        tokio::time::sleep(secs(60)).await;
        routes.send(true).unwrap();
        std::future::pending::<()>().await;
    });
    let (way, told, after) = go(true, route, |at| if at < secs(60) { UNREACHABLE } else { Step::Up }).await;
    assert!(way.is_ok(), "{way:?}");
    assert!(told.len() > 5 && told.iter().all(|told| *told == (0, Fault::NoRoute)), "{told:?}");
    assert!((60.0..60.1).contains(&after.as_secs_f64()), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_route_for_longer_than_the_budget_the_client_is_told() {
    // Nobody tells of routes any more: it goes on by the clock.
    let (way, _, after) = go(true, watch::channel(false).1, |_| UNREACHABLE).await;
    assert!(matches!(way, Err(Unconnected { fault: Fault::NoRoute, .. })), "{way:?}");
    assert_eq!(after.as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_shows_that_there_is_a_route() {
    let (way, ..) = go(true, watch::channel(false).1, |_| REFUSED).await;
    assert_eq!(way, Err(Unconnected { fault: Fault::Refused, attempts: 5 }));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_told_at_once_and_so_is_everything_of_other_hosts() {
    let (way, told, after) = go(true, always(), |_| Step::Fails(ErrorKind::PermissionDenied)).await;
    assert_eq!((way, after), (Err(Unconnected { fault: Fault::Failed, attempts: 1 }), Duration::ZERO));
    assert!(told.is_empty());
    let (way, told, after) = go(false, always(), |_| REFUSED).await;
    assert_eq!((way, after), (Err(Unconnected { fault: Fault::Refused, attempts: 1 }), Duration::ZERO));
    assert!(told.is_empty());
    let (way, ..) = go(false, watch::channel(false).1, |_| UNREACHABLE).await;
    assert_eq!(way, Err(Unconnected { fault: Fault::NoRoute, attempts: 1 }));
}

#[tokio::test(start_paused = true)]
async fn addresses_are_raced() {
    let race = async |step: fn(SocketAddr) -> Step| {
        let network =
            Network::new(&["[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1"], move |_, at| step(at));
        let target = Target { host: "h".into(), port: 1 };
        let began = Instant::now();
        let way = crate::dial::attempt(&network, &target, None).await.map(drop);
        (way, began.elapsed().as_millis())
    };
    // IPv6 swallows all: IPv4's turn is the second.
    assert_eq!(race(|at| if at.is_ipv4() { Step::Up } else { Step::Hangs }).await, (Ok(()), 250));
    // Whoever fails leaves its time to the next.
    assert_eq!(race(|at| if at.is_ipv4() { Step::Up } else { UNREACHABLE }).await, (Ok(()), 0));
    // That there is no IPv6 is not what is told.
    assert_eq!(race(|at| if at.is_ipv4() { REFUSED } else { UNREACHABLE }).await, (Err(Fault::Refused), 0));
    assert_eq!(race(|at| if at.is_ipv4() { UNREACHABLE } else { REFUSED }).await, (Err(Fault::Refused), 0));
}
