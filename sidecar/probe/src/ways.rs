//! The ways to the API, measured in rounds: a new connection each time, and a request that costs nothing.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::time::timeout_at;

use crate::{
    connect::{Line, Means, Route, within},
    contract::{Round, Tls, milliseconds},
    fault::Fault,
    http,
};

/// What is asked for: any answer is a sign of life (the API's is 405, seed 3), and it passes whatever the real requests pass.
pub(crate) const PATH: &str = "/v1/messages";

/// So many times the same failure in a row end a way.
const SAME_FAILURES: usize = 2;

/// Measures one way.
pub(crate) async fn rounds(route: Route, means: Means, wanted: usize) -> (Vec<Round>, Option<Tls>) {
    let until = tokio::time::Instant::now() + means.limits.way;
    let (mut rounds, mut tls) = (Vec::<Round>::new(), None);
    while rounds.len() < wanted {
        let mut line = Line::new();
        let fault = match timeout_at(until, one(&mut line, &route, &means)).await {
            // It was cut short: no failure of the network's.
            Err(_) if !rounds.is_empty() => break,
            Err(_) => Some(Fault::TimedOut),
            Ok(done) => done.err(),
        };
        tls = line.tls.or(tls);
        rounds.push(Round { fault, ..line.round });
        let last = rounds.iter().rev().take(SAME_FAILURES);
        if fault.is_some() && last.filter(|round| round.fault == fault).count() == SAME_FAILURES {
            break;
        }
    }
    (rounds, tls)
}

async fn one(line: &mut Line, route: &Route, means: &Means) -> Result<(), Fault> {
    let mut stream = line.open(route, means).await?;
    let request = http::request("HEAD", &route.target, PATH, "Connection: close\r\n");
    let (began, mut first) = (Instant::now(), None);
    let asking = http::ask(&mut stream, &request, || first = Some(began.elapsed()));
    let before = line.ms();
    let answer = within(means.limits.answer, asking).await;
    line.round.first_byte_ms = first.map(|after| before + milliseconds(after));
    let head = answer?.head;
    line.round.status = Some(head.status);
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|now| i64::try_from(now.as_secs()).ok());
    line.round.clock_ahead_s = now.zip(head.date_s).map(|(now, date)| now.saturating_sub(date));
    Ok(())
}
