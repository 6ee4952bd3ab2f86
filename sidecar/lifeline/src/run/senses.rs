//! What the daemon is told by its own sensors, and asks them: IDE sockets, Claude's turns, the machine's memory, a frozen host's stack.

use std::{path::PathBuf, time::SystemTime};

use lifeline_bridge as bridge;
use lifeline_core::{
    Cause, Event, IncidentId, MachineMemory, MemoryLevel, NAME_WITHIN, ProcessId, Time, WindowId,
};
use lifeline_protocol as wire;

use super::{Daemon, Report};
use crate::{
    clock, inspector,
    sense::{self, WatchedHost, claude, turns},
    wire as translate,
};

/// The machine's memory is looked at this often; a trigger of the kernel's comes at once.
const MEMORY_APART: std::time::Duration = std::time::Duration::from_secs(10);

/// The pressure on the machine is looked at this often while all hosts answer: it is an average over 10 s.
const PRESSURE_APART: std::time::Duration = std::time::Duration::from_secs(5);

/// A silent host is looked at for a debugger this often; a debugger comes slowly, as a person does.
const DEBUGGER_APART: std::time::Duration = std::time::Duration::from_secs(3);

/// For counting how often an extension has frozen a window.
const WEEK_MS: u64 = 7 * 24 * 60 * 60 * 1000;

impl Daemon {
    // ---- IDE sockets -------------------------------------------------------------------------------

    pub(super) fn heard_of_sockets(&mut self, report: bridge::Report) {
        let are_locks = matches!(report, bridge::Report::Locks(_));
        let likely = self.likely_owners();
        for event in self.sockets.heard(&self.platform, report, &likely) {
            if let Event::Found { host, .. } = &event
                && !self.hosts.contains_key(host)
            {
                match WatchedHost::open(&self.platform, *host, self.exits.clone()) {
                    Ok(watched) => drop(self.hosts.insert(*host, watched)),
                    Err(error) => {
                        tracing::debug!(%error, %host, "the owner of an IDE socket cannot be watched");
                        continue;
                    }
                }
            }
            self.event(event);
        }
        if are_locks {
            self.learn_secrets();
        }
    }

    /// Lets go of hosts that no window has any more.
    pub(super) fn release_hosts(&mut self) {
        let supervisor = &self.supervisor;
        let attached = self.connections.hosts();
        self.hosts.retain(|host, _| {
            attached.contains(host) || supervisor.windows().any(|window| window.host() == Some(*host))
        });
    }

    fn likely_owners(&self) -> Vec<u32> {
        self.hosts.keys().map(|host| host.pid).collect()
    }

    // ---- Claude's turns ----------------------------------------------------------------------------

    /// Finds out, off the control loop, whether Claude Code is in the middle of something in this window.
    pub(super) fn look_for_turns(&self, window: &WindowId, host: ProcessId) {
        let folders: Vec<PathBuf> = self
            .contexts
            .get(window)
            .map(|context| context.workspace_folders.iter().filter_map(|uri| folder_of(uri)).collect())
            .unwrap_or_default();
        let mut ports = self.sockets.ports_of(host);
        let bridges: Vec<u16> = ports.iter().flat_map(|port| self.bridges.leading_to(*port)).collect();
        ports.extend(bridges);
        let config_dirs = self.config_dirs.clone();
        let (platform, reports) = (self.platform.clone(), self.reports.clone());
        tokio::task::spawn_blocking(move || {
            let mut pids: Vec<u32> =
                claude::panel_sessions(&platform, host.pid).into_iter().map(|claude| claude.pid).collect();
            if !ports.is_empty() {
                for users in platform.port_users(&ports, &[host.pid]).into_values() {
                    pids.extend(
                        claude::connected(&users.clients, host.pid).into_iter().map(|claude| claude.pid),
                    );
                }
            }
            let in_flight = turns::in_flight(&config_dirs, &pids, &folders, SystemTime::now());
            let _ = reports.send(Report::Turns(host, in_flight));
        });
    }

    // ---- memory ------------------------------------------------------------------------------------

    /// Looks at the machine's memory when it is time to, or `now` because the kernel says so.
    pub(super) fn look_at_memory(&mut self, now: Time, urgent: bool) {
        if !urgent && self.memory_looked_at.is_some_and(|at| now.since(at) < MEMORY_APART) {
            return;
        }
        self.memory_looked_at = Some(now);
        if let Some(memory) = sense::machine_memory(&self.platform) {
            self.event(Event::MachineMemory(memory));
        }
    }

    /// Looks at the pressure on the machine: at each tick while a host is silent, and otherwise when it is time to.
    pub(super) fn look_at_pressure(&mut self, now: Time) {
        let is_due = self.pressure_looked_at.is_none_or(|at| now.since(at) >= PRESSURE_APART);
        if is_due || self.supervisor.is_any_silent(now) {
            self.pressure_looked_at = Some(now);
            self.pressure = sense::pressure(&self.platform);
        }
    }

    pub(super) fn machine_status(&self) -> wire::MachineStatus {
        let pressure = sense::pressure(&self.platform);
        let memory = sense::machine_memory(&self.platform);
        wire::MachineStatus {
            memory_total_bytes: memory.map(|memory: MachineMemory| memory.total_bytes),
            memory_available_bytes: memory.map(|memory| memory.available_bytes),
            memory_is_limited: memory.is_some_and(|memory| memory.is_limited),
            memory_level: match self.supervisor.machine_level() {
                MemoryLevel::Normal => "normal",
                MemoryLevel::High => "low",
                MemoryLevel::Critical => "critical",
            }
            .into(),
            cpu_pressure_percent: pressure.map(|pressure| pressure.cpu_percent),
            memory_pressure_percent: pressure.map(|pressure| pressure.memory_full_percent),
        }
    }

    /// Sockets, and the Claude Code processes that belong to a window.
    pub(super) fn sockets_and_claude(&mut self) -> (Vec<wire::SocketStatus>, Vec<wire::ClaudeProcess>) {
        let likely = self.likely_owners();
        let users = self.sockets.users(&self.platform, &likely);
        let hosts: Vec<(u32, String)> = self
            .supervisor
            .windows()
            .filter_map(|window| window.host().map(|host| (host.pid, window.id().0.clone())))
            .collect();
        let window_of =
            |pid: u32| hosts.iter().find(|(host, _)| *host == pid).map(|(_, window)| window.clone());
        let mut found: Vec<claude::Claude> =
            hosts.iter().flat_map(|(host, _)| claude::panel_sessions(&self.platform, *host)).collect();
        for (port, own) in &users {
            // Who is connected to a bridge of ours belongs to the host that it leads to.
            let host = match self.bridges.of(*port) {
                Some((to, _)) => to.and_then(|to| users.get(&to)?.owner).map(|owner| owner.pid),
                None => own.owner.map(|owner| owner.pid),
            };
            if let Some(host) = host {
                found.extend(claude::connected(&own.clients, host));
            }
        }
        found.sort_unstable_by_key(|claude| claude.pid);
        found.dedup_by_key(|claude| claude.pid);
        let processes = found
            .into_iter()
            .filter_map(|claude| {
                Some(wire::ClaudeProcess {
                    pid: claude.pid,
                    kind: claude.kind.name().into(),
                    host_pid: claude.host_pid,
                    rss_bytes: self.platform.memory_of(claude.pid)?,
                })
            })
            .collect();
        let mut sockets = self.sockets.status(&users, window_of);
        for socket in &mut sockets {
            if let Some((to, refused)) = self.bridges.of(socket.port) {
                (socket.bridged, socket.leads_to, socket.refused) = (true, to, refused);
            }
        }
        (sockets, processes)
    }

    // ---- who froze it ------------------------------------------------------------------------------

    /// Asks a frozen host for its stack. The answer comes within [`NAME_WITHIN`], whatever happens.
    pub(super) fn name_culprit(&mut self, incident: IncidentId, host: ProcessId) {
        let Some(watched) = self.hosts.get(&host) else {
            return self.event(Event::CulpritNamed { incident, culprit: None });
        };
        let before = self.platform.listening_addresses(host.pid);
        if let Err(error) = watched.ask_for_inspector() {
            tracing::info!(%error, %host, "its stack cannot be had");
            return self.event(Event::CulpritNamed { incident, culprit: None });
        }
        let (platform, reports) = (self.platform.clone(), self.reports.clone());
        let look = move || platform.listening_addresses(host.pid);
        tokio::spawn(async move {
            let asked = inspector::ask(&before, look, NAME_WITHIN).await;
            let _ = reports.send(Report::Culprit { incident, host, asked });
        });
    }

    /// A silent host may have been paused through its inspector: is one open, and somebody attached to it?
    pub(super) fn look_for_debugger(&mut self, host: ProcessId) {
        let now = clock::now();
        if self.inspected.get(&host).is_some_and(|at| now.since(*at) < DEBUGGER_APART) {
            return;
        }
        self.inspected.insert(host, now);
        let ides = self.sockets.ports_of(host);
        let mut listening = self.platform.listening_addresses(host.pid);
        listening.retain(|address| !ides.contains(&address.port()));
        if listening.is_empty() {
            return;
        }
        let (platform, reports) = (self.platform.clone(), self.reports.clone());
        tokio::spawn(async move {
            let Some(port) = inspector::already_open(&listening).await else { return };
            let attached = platform.clients_of(port, &[]).into_iter().any(|client| {
                // The question a moment ago was ours.
                client.process.is_none_or(|process| process.pid != std::process::id())
            });
            if attached {
                let _ = reports.send(Report::Debugger(host));
            }
        });
    }

    pub(super) fn culprit_found(&mut self, incident: IncidentId, host: ProcessId, asked: inspector::Asked) {
        if let Some(culprit) = &asked.culprit {
            tracing::warn!(%host, "{culprit}");
        }
        if asked.left_open {
            self.opened.insert(host);
        }
        self.event(Event::CulpritNamed { incident, culprit: asked.culprit });
    }

    /// A host that beats lives on. It must not keep an inspector that we made it open: any local program could debug it.
    pub(super) fn close_what_we_opened(&mut self, host: ProcessId) {
        if self.opened.remove(&host) {
            let platform = self.platform.clone();
            tokio::spawn(inspector::close(move || platform.listening_addresses(host.pid)));
        }
    }

    /// How often this extension has frozen this window in the last week, by the history.
    pub(super) fn count_culprit(&self, incident: &mut wire::Incident) {
        let (began, label, id) = (incident.began_unix_ms, incident.label.clone(), incident.id.clone());
        let Some(culprit) = &mut incident.culprit else { return };
        let Some(extension) = &culprit.extension_id else { return };
        let same = |known: &&wire::Incident| {
            known.id != id
                && known.cause != translate::cause(Cause::Drill)
                && known.label == label
                && began.abs_diff(known.began_unix_ms) < WEEK_MS
                && known.culprit.as_ref().and_then(|culprit| culprit.extension_id.as_ref()) == Some(extension)
        };
        let earlier = self.history.iter().filter(same).count();
        culprit.times_this_week = u32::try_from(earlier).unwrap_or(u32::MAX).saturating_add(1);
    }
}

/// The path of a `file:` URI as VS Code writes it; also the path part of a remote one, which is a path on this machine.
pub(super) fn folder_of(uri: &str) -> Option<PathBuf> {
    let (_, rest) = uri.split_once("://")?;
    let path = &rest[rest.find('/')?..];
    let bytes = percent_decoded(path);
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let escaped = (byte == b'%').then(|| {
            let mut ahead = bytes.clone();
            let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
            let value = digit(ahead.next()).zip(digit(ahead.next())).map(|(high, low)| high * 16 + low);
            value.and_then(|value| u8::try_from(value).ok()).inspect(|_| bytes = ahead)
        });
        decoded.push(escaped.flatten().unwrap_or(byte));
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_uris() {
        for (uri, folder) in [
            ("file:///work/a%20b", Some("/work/a b")),
            ("vscode-remote://ssh-remote%2Bbox/home/x/y", Some("/home/x/y")),
            ("file:///100%/x", Some("/100%/x")),
            ("untitled:x", None),
            ("", None),
        ] {
            assert_eq!(folder_of(uri), folder.map(PathBuf::from), "{uri}");
        }
    }
}
