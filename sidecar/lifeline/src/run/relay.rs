//! The relay as the daemon hosts it: when it serves, what is kept of it, and who is told.

mod host;
mod words;

#[cfg(test)]
mod tests;

use lifeline_core::WindowId;
use lifeline_protocol::{self as wire, RelayMode};
use lifeline_relay::Record;

use super::Daemon;
use crate::{
    clock,
    disk::Job,
    input::{Answer, Refusal},
    outgoing::Outgoing,
    relay::{FILE, News, RECORDS_BYTES, RECORDS_FILE, Serving},
};
pub(super) use host::RelayHost;
use host::{sane, trust, wish};

impl Daemon {
    /// Starts, ends or changes it, as it is wanted now.
    pub(super) fn keep_relay(&mut self) {
        let relay = &mut self.relay;
        let is_wanted = relay.mode() != RelayMode::Off || relay.fades() || relay.open() > 0;
        let options = relay.options();
        match (&relay.serving, is_wanted) {
            (Some(serving), true) => serving.set(options),
            (None, true) => {
                let port = relay.saved.port;
                match Serving::start(port, options, relay.has_route, &self.platform, relay.news.clone()) {
                    Ok(serving) => relay.serving = Some(serving),
                    Err(error) => {
                        relay.problem = Some(format!(
                            "The relay cannot run: {error}. Close some programs, and turn it on again."
                        ))
                    }
                }
            }
            (Some(_), false) => {
                if let Some(serving) = relay.serving.take() {
                    tracing::info!("the relay ends");
                    tokio::spawn(serving.end());
                }
            }
            (None, false) => {}
        }
        self.answer_relay_asked();
    }

    pub(super) fn relay_settings(&mut self, window: WindowId, settings: &wire::Settings) {
        let relay = &mut self.relay;
        relay.wishes.retain(|(known, _)| *known != window);
        relay.wishes.push((window, wish(settings)));
        self.keep_relay();
    }

    /// Windows that have gone want nothing any more.
    pub(super) fn forget_relay_wishes(&mut self) {
        let before = self.relay.wishes.len();
        self.relay.wishes.retain(|(window, _)| self.supervisor.window(window).is_some());
        if self.relay.wishes.len() != before {
            self.keep_relay();
        }
    }

    pub(super) fn answer_relay(&self, answer: Answer<wire::RelayStatus>) {
        let _ = answer.send(Ok(self.relay.status()));
    }

    pub(super) fn switch_relay(&mut self, request: wire::RelayRequest, answer: Answer<wire::RelayStatus>) {
        match sane(request, clock::unix_ms(), &self.relay.saved) {
            Ok(saved) => {
                tracing::info!(mode = ?saved.mode, "the relay is switched");
                if saved.extra_certificates != self.relay.saved.extra_certificates {
                    self.relay.trust = trust(&saved);
                }
                self.relay.saved = saved;
                self.relay.problem = None;
                self.relay.asked.push(answer);
                self.save_relay();
                self.keep_relay();
            }
            Err(message) => {
                let code = wire::error_code::REFUSED;
                let _ = answer.send(Err(Refusal { code, message }));
            }
        }
    }

    fn save_relay(&self) {
        // Texts and numbers always serialise.
        let content = serde_json::to_vec(&self.relay.saved).unwrap_or_default();
        self.disk.queue(Job::File { name: FILE, content });
    }

    /// Those who wait until it serves, or cannot, or need not.
    fn answer_relay_asked(&mut self) {
        let status = self.relay.status();
        if status.is_listening || status.problem.is_some() || self.relay.serving.is_none() {
            let asked = std::mem::take(&mut self.relay.asked);
            if asked.is_empty() {
                return;
            }
            // Claude Code is led to a port only when the next daemon will know it, too.
            self.disk.queue(Job::Flush(Box::new(move |_| {
                for answer in asked {
                    let _ = answer.send(Ok(status.clone()));
                }
            })));
        }
    }

    pub(super) fn relay_told(&mut self, news: News) {
        match news {
            News::Listening(port) => {
                tracing::info!(port, "the relay serves");
                self.relay.problem = None;
                if self.relay.saved.port != Some(port) {
                    self.relay.saved.port = Some(port);
                    self.save_relay();
                }
                self.answer_relay_asked();
            }
            News::CannotListen(error) => {
                let port = self.relay.saved.port.unwrap_or_default();
                tracing::warn!(%error, port, "the relay does not get its port yet");
                self.relay.problem = Some(format!(
                    "Port {port} is taken ({error}). Lifeline goes on trying; end the program that has it, or run: lifeline relay off"
                ));
                self.answer_relay_asked();
            }
            News::NoPort(error) => {
                tracing::error!(%error, "the relay cannot serve");
                self.relay.problem = Some(format!(
                    "The relay gets no port: {error}. Close some programs, and turn it on again."
                ));
                self.relay.serving = None;
                self.answer_relay_asked();
            }
            News::Ended(record) => self.keep_record(&record),
            News::OutagesChanged => self.tell_outages(),
        }
    }

    fn keep_record(&mut self, record: &Record) {
        if let Ok(mut line) = serde_json::to_vec(record) {
            line.push(b'\n');
            self.disk.queue(Job::Append { name: RECORDS_FILE, line, bytes: RECORDS_BYTES });
        }
        if let Some(text) = self.relay.news_of(record) {
            tracing::info!("{text}");
            self.say_somewhere("apiUnreachable", text);
        }
        // The last one of those who knew no other way.
        if self.relay.mode() == RelayMode::Off {
            self.keep_relay();
        }
    }

    fn tell_outages(&mut self) {
        let outage = self.relay.outage();
        let before = std::mem::replace(&mut self.relay.told, outage.clone());
        // In the log its beginning and its end; what lies between stands in the records.
        match (&before, &outage) {
            (None, Some(outage)) => {
                tracing::info!(host = outage.host, reason = outage.reason, "an outage is waited out")
            }
            (Some(_), None) => tracing::info!("no connection waits any more"),
            _ => {}
        }
        // Many connections may wait for the same.
        let seen = |outage: &wire::RelayOutage| (outage.host.clone(), outage.attempt, outage.reason.clone());
        if before.as_ref().map(seen) == outage.as_ref().map(seen) {
            return;
        }
        for window in self.supervisor.windows() {
            let status = Outgoing::DidChange(Box::new(self.window_status(window)));
            self.connections.say(window.id(), status);
        }
    }

    /// After word that routes have changed.
    pub(super) fn tell_relay_of_routes(&mut self, ways: Option<usize>) {
        self.relay.has_route = ways != Some(0);
        if let Some(serving) = &self.relay.serving {
            serving.has_route(self.relay.has_route);
        }
    }
}
