//! What TCP is told, and what it tells.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::record::TcpFacts;

/// Seed 3, H2: a NAT forgets a silent connection after five minutes, some after one.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;

/// What was sent and is not acknowledged for so long is lost: 30 s and three probes, as for a connection that is silent.
const UNACKNOWLEDGED_FOR: Duration = Duration::from_secs(60);

/// Acknowledgements that came in so lately show that an upload goes on.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(10);

/// One end of a tunnel.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// From now on it closes by a RST.
    fn reset_on_close(&self);

    /// Bytes that were written are still on their way out, and arrive.
    fn is_uploading(&self) -> bool {
        false
    }

    /// Since the last acknowledgement came in.
    fn unheard_for(&self) -> Option<Duration> {
        None
    }

    /// What the kernel knows of it.
    fn facts(&self) -> Option<TcpFacts> {
        None
    }
}

impl Wire for TcpStream {
    fn reset_on_close(&self) {
        let _ = SockRef::from(self).set_linger(Some(Duration::ZERO));
    }

    fn is_uploading(&self) -> bool {
        info::read(self)
            .is_some_and(|info| info.unacknowledged > 0 && info.last_ack_ago < ACKNOWLEDGED_WITHIN)
    }

    fn unheard_for(&self) -> Option<Duration> {
        info::read(self).map(|info| info.last_ack_ago)
    }

    fn facts(&self) -> Option<TcpFacts> {
        info::read(self).map(|info| info.facts)
    }
}

/// For both sides: what is written goes out at once.
pub(crate) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}

/// For the way out. What a platform does not have is left out.
pub(crate) fn keep_alive(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    let keepalive = keepalive.with_retries(KEEPALIVE_PROBES);
    if let Err(error) = socket.set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "no keepalive");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_FOR)) {
        tracing::debug!(%error, "no TCP_USER_TIMEOUT");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = UNACKNOWLEDGED_FOR;
}

/// `struct tcp_info` of <linux/tcp.h>.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "told by Linux alone"))]
struct Info {
    facts: TcpFacts,
    unacknowledged: u32,
    last_ack_ago: Duration,
}

#[cfg(target_os = "linux")]
mod info {
    use std::os::fd::AsRawFd as _;

    use super::{Duration, Info, TcpFacts, TcpStream};

    /// As much of the structure as has been there since Linux 2.6.
    const BYTES: usize = 104;

    #[allow(unsafe_code)]
    pub(super) fn read(stream: &TcpStream) -> Option<Info> {
        let mut bytes = [0_u8; BYTES];
        let mut length = libc::socklen_t::try_from(BYTES).ok()?;
        // SAFETY: the descriptor is open as long as `stream` is borrowed; the kernel writes no more than `length` bytes, which `bytes` has.
        let done = unsafe {
            libc::getsockopt(
                stream.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                bytes.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let is_whole = done == 0 && usize::try_from(length).is_ok_and(|length| length >= BYTES);
        let word = |at: usize| {
            bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u32::from_ne_bytes(*word))
        };
        is_whole.then_some(Info {
            // tcpi_total_retrans, tcpi_rtt, tcpi_unacked, tcpi_last_ack_recv
            facts: TcpFacts { retransmits: word(100)?, rtt_us: word(68)? },
            unacknowledged: word(24)?,
            last_ack_ago: Duration::from_millis(word(56)?.into()),
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod info {
    use super::{Info, TcpStream};

    pub(super) fn read(_: &TcpStream) -> Option<Info> {
        None
    }
}
