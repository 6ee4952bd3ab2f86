//! The record of one exchange while it lasts. Dropped at any moment, it says how that ended.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::{line::Seen, upload::Upload};
use crate::{
    record::{End, Exchange, Record, Side},
    relay::{Open, Shared, Stop, ms},
};

/// Filled in as things happen.
pub(super) struct Ledger {
    record: Record,
    exchange: Exchange,
    open: Option<Open>,
    shared: Arc<Shared>,
    stop: watch::Receiver<Stop>,
    client: Seen,
    upload: Arc<Upload>,
    /// The last connection that was used.
    server: Option<Seen>,
    began: Instant,
    asked: Option<Instant>,
    /// Something came down, or went up.
    last: Option<Instant>,
    end: Option<End>,
}

impl Ledger {
    pub(super) fn new(
        record: Record,
        exchange: Exchange,
        shared: &Arc<Shared>,
        stop: watch::Receiver<Stop>,
        client: Seen,
        upload: Arc<Upload>,
    ) -> Self {
        Self {
            record,
            exchange,
            open: Some(Open::new(shared)),
            shared: Arc::clone(shared),
            stop,
            client,
            upload,
            server: None,
            began: Instant::now(),
            asked: None,
            last: None,
            end: None,
        }
    }

    /// Under which number its outage is told.
    pub(super) fn id(&self) -> u64 {
        self.open.as_ref().map_or(0, Open::id)
    }

    pub(super) const fn exchange(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    pub(super) fn attempted(&mut self, attempts: u32) {
        self.record.attempts += attempts;
    }

    pub(super) const fn attempts(&self) -> u32 {
        self.record.attempts
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// A connection is there, and is asked.
    pub(super) fn asks(&mut self, server: &Seen) {
        let now = Instant::now();
        self.server = Some(server.clone());
        self.record.connect_ms.get_or_insert_with(|| ms(now - self.began));
        self.asked.get_or_insert(now);
        self.last = Some(now);
    }

    /// So many bytes went down; 0: a head came.
    pub(super) fn came(&mut self, bytes: usize) {
        let now = Instant::now();
        let asked = self.asked.unwrap_or(self.began);
        self.record.first_byte_ms.get_or_insert_with(|| ms(now - asked));
        self.silence_ends(now);
        self.record.bytes_down += bytes as u64;
    }

    fn silence_ends(&mut self, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            self.record.longest_silence_ms = self.record.longest_silence_ms.max(ms(now - last));
        }
    }

    /// The first one counts.
    pub(super) fn ends(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    fn end_by_others(&self) -> End {
        let is_stopped = *self.stop.borrow() == Stop::All || self.stop.has_changed().is_err();
        match self.client.end() {
            _ if is_stopped => End::Shutdown,
            _ if self.exchange.status.is_none() => End::Abandoned,
            Some(end) => end,
            None => End::Closed { by: Side::Client },
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let end = self.end.unwrap_or_else(|| self.end_by_others());
        let now = Instant::now();
        if end != End::Answered {
            self.silence_ends(now);
        }
        let (request_bytes, bytes_up) = self.upload.bytes();
        self.exchange.request_bytes = request_bytes;
        self.exchange.reached_server |= self.asked.is_some() && self.upload.progress().is_taken;
        let mut record = self.record.clone();
        record.end = end;
        record.bytes_up = bytes_up;
        record.duration_ms = ms(now - self.began);
        record.tcp = self.server.as_ref().and_then(Seen::facts);
        record.exchange = Some(std::mem::take(&mut self.exchange));
        // Closed before it is told.
        drop(self.open.take());
        tracing::debug!(?record, "an exchange of the gateway's has ended");
        self.shared.host.ended(record);
    }
}
