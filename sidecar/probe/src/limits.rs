//! How long each part may take. With nothing asked for but the usual, all of it ends within 30 s, whatever the network does: 4 s for names,
//! 10 s for the ways beside the status page, 16 s for the upload.

use std::time::Duration;

/// Deadlines; tests have shorter ones.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A look-up: a resolver that does not answer is asked again after 5 s (`resolv.conf(5)`), which is too late for anybody.
    pub lookup: Duration,
    /// TCP, the proxy's consent and TLS, each: TCP sends again after 1 s and 3 s (RFC 6298), so two packets may be lost.
    pub connect: Duration,
    /// The first byte of an answer: a little more than the 5 s that seed 1 calls the end of what is normal.
    pub answer: Duration,
    /// All rounds of one way. Seed 3's take 0.1 s each.
    pub way: Duration,
    /// The status page.
    pub status: Duration,
    /// Between two pieces of a slow upload. Seed 3 sent a byte each second.
    pub upload_every: Duration,
    /// An answer on a connection that was idle.
    pub idle_answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            lookup: ms(4000),
            connect: ms(4000),
            answer: ms(6000),
            way: ms(10_000),
            status: ms(8000),
            upload_every: ms(500),
            idle_answer: ms(10_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_network_does_it_ends_within_half_a_minute() {
        let Limits { lookup, way, status, answer, .. } = Limits::default();
        assert!(lookup + way.max(status) + crate::UPLOAD + answer <= Duration::from_secs(30));
    }
}
