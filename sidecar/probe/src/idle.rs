//! Connections that say nothing for a while, several at once: after how long does a NAT, a proxy or the server drop one, and how?

use std::time::{Duration, Instant};

use tokio::{io::AsyncReadExt as _, time::timeout};

use crate::{
    connect::{Line, Means, Route, within},
    contract::{Hold, HoldEnd, Idle},
    fault::Fault,
    http,
    ways::PATH,
};

/// Where it is worth looking: proxies close after 60 s (seed 1; nginx's `proxy_read_timeout`, AWS's load balancers), Azure's load balancers
/// after 240 s, AWS's NAT after 350 s; resets of Claude Code cluster at 337 to 355 s (claude-code#67091).
const STEPS_S: [u64; 5] = [30, 60, 120, 240, 350];

/// The silences to try, up to this many seconds.
pub fn holds(seconds: u64) -> Vec<Duration> {
    let below = STEPS_S.into_iter().filter(|step| *step < seconds);
    below.chain([seconds]).map(Duration::from_secs).collect()
}

/// Says nothing for so long, and then asks again.
pub(crate) async fn hold(route: Route, means: Means, wanted: Duration) -> Hold {
    let told = |held: Duration, end| Hold { wanted_s: wanted.as_secs(), held_s: held.as_secs(), end };
    let not_kept = told(Duration::ZERO, HoldEnd::NotKept);
    let Ok(mut stream) = Line::new().open(&route, &means).await else { return not_kept };
    let request = http::request("HEAD", &route.target, PATH, "Connection: keep-alive\r\n");
    match within(means.limits.answer, http::ask(&mut stream, &request, || {})).await {
        Ok(answer) if !answer.head.closes => {}
        _ => return not_kept,
    }
    let began = Instant::now();
    let ended = timeout(wanted, async {
        let mut unasked = [0; 512];
        loop {
            match stream.read(&mut unasked).await {
                Ok(0) => return HoldEnd::Closed,
                // Some servers say why before they close.
                Ok(_) => {}
                Err(error) => return of(Fault::of(&error)),
            }
        }
    });
    if let Ok(end) = ended.await {
        return told(began.elapsed(), end);
    }
    let held = began.elapsed();
    let answer = within(means.limits.idle_answer, http::ask(&mut stream, &request, || {})).await;
    told(held, answer.map_or_else(of, |_| HoldEnd::Lived))
}

fn of(fault: Fault) -> HoldEnd {
    match fault {
        Fault::TimedOut | Fault::Unreachable => HoldEnd::Silent,
        Fault::ClosedEarly => HoldEnd::Closed,
        _ => HoldEnd::Reset,
    }
}

impl Idle {
    pub(crate) fn add(&mut self, hold: Hold) {
        let at = self.holds.iter().take_while(|other| other.wanted_s <= hold.wanted_s).count();
        self.holds.insert(at, hold);
        let lived = self.holds.iter().filter(|hold| hold.end == HoldEnd::Lived);
        self.longest_lived_s = lived.map(|hold| hold.held_s).max();
        let dead = self.holds.iter().filter(|hold| hold.end.is_dead());
        self.shortest_dead_s = dead.map(|hold| hold.held_s).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rise_up_to_what_was_asked_for() {
        let seconds = |most| holds(most).iter().map(Duration::as_secs).collect::<Vec<_>>();
        assert_eq!(seconds(20), [20]);
        assert_eq!(seconds(60), [30, 60]);
        assert_eq!(seconds(400), [30, 60, 120, 240, 350, 400]);
    }
}
