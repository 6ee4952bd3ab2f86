//! Sensors: hosts held open, looked at from outside, and their exits seen at once.

pub(crate) mod census;
pub(crate) mod claude;
pub(crate) mod git;
pub(crate) mod ledger;
pub(crate) mod sockets;
pub(crate) mod transcripts;
pub(crate) mod turns;

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use lifeline_bridge as bridge;
use lifeline_core as core;
use lifeline_platform::{self as platform, Platform, ProcessHandle};
use tokio::{sync::mpsc, task::JoinHandle};

/// Words of a command line in a fact: the program and what it is to do.
const COMMAND_WORDS: usize = 3;

/// Longest word of a command line in a fact, in characters.
const WORD_CHARS: usize = 40;

/// A host held open.
pub(crate) struct WatchedHost {
    handle: ProcessHandle,
    exit: JoinHandle<()>,
}

impl Drop for WatchedHost {
    fn drop(&mut self) {
        self.exit.abort();
    }
}

impl WatchedHost {
    /// Opens the host, and reports its exit to `exits` the moment it happens.
    ///
    /// # Errors
    /// When it is gone, another process than meant, another user's, or the platform cannot hold it open.
    pub(crate) fn open(
        platform: &Platform,
        id: core::ProcessId,
        exits: mpsc::UnboundedSender<core::ProcessId>,
    ) -> Result<Self, platform::Error> {
        let handle = platform.watch(to_platform(id))?;
        let waiting = waitable(&handle)
            .map_err(|source| platform::Error::Io { doing: "hold a host open for its exit", source })?;
        let exit = tokio::spawn(async move {
            match wait_for_exit(waiting).await {
                // The receiver lives as long as the control loop.
                Ok(()) => drop(exits.send(id)),
                Err(error) => tracing::error!(%error, host = %id, "its exit will not be seen"),
            }
        });
        Ok(Self { handle, exit })
    }

    /// Looks at it from outside.
    ///
    /// # Errors
    /// When it is gone or cannot be read.
    pub(crate) fn facts(&mut self) -> Result<core::ProcessFacts, platform::Error> {
        self.handle.sample_in_full().map(|facts| to_core(&facts))
    }

    /// Makes Node open its inspector, if this process is one that does.
    ///
    /// # Errors
    /// When the last check refuses; nothing was sent then.
    pub(crate) fn ask_for_inspector(&self) -> Result<(), platform::Error> {
        self.handle.interrupt_usr1()
    }

    /// Sends SIGKILL, or the platform's equal, to exactly this process.
    ///
    /// # Errors
    /// When the last check refuses; nothing was sent then.
    pub(crate) fn kill(&self) -> Result<(), platform::Error> {
        self.handle.kill()
    }
}

/// A descriptor of its own for the task that waits.
#[cfg(unix)]
fn waitable(handle: &ProcessHandle) -> std::io::Result<std::os::fd::OwnedFd> {
    std::os::fd::AsFd::as_fd(handle).try_clone_to_owned()
}

#[cfg(unix)]
async fn wait_for_exit(exit: std::os::fd::OwnedFd) -> std::io::Result<()> {
    // SAFETY: the descriptor is owned by the `AsyncFd`, and stays open and the same until that is dropped.
    let exit =
        unsafe { tokio::io::unix::AsyncFd::register_with_interest(exit, tokio::io::Interest::READABLE) }
            .map_err(|error| error.into_parts().1)?;
    exit.readable().await.map(drop)
}

/// A handle of its own for the thread that waits.
#[cfg(windows)]
fn waitable(handle: &ProcessHandle) -> std::io::Result<std::os::windows::io::OwnedHandle> {
    std::os::windows::io::AsHandle::as_handle(handle).try_clone_to_owned()
}

#[cfg(windows)]
async fn wait_for_exit(exit: std::os::windows::io::OwnedHandle) -> std::io::Result<()> {
    match tokio::task::spawn_blocking(move || platform::wait_for_exit(&exit)).await {
        Ok(waited) => waited.map_err(|error| std::io::Error::other(error.to_string())),
        Err(error) => Err(std::io::Error::other(error)),
    }
}

/// The core's name for a process, as the platform's.
pub(crate) const fn to_platform(id: core::ProcessId) -> platform::ProcessId {
    platform::ProcessId { pid: id.pid, start_time: id.start_time }
}

/// The platform's name for a process, as the core's.
pub(crate) const fn id_to_core(id: platform::ProcessId) -> core::ProcessId {
    core::ProcessId { pid: id.pid, start_time: id.start_time }
}

/// Pressure on the machine, where it is known.
pub(crate) fn pressure(platform: &Platform) -> Option<core::Pressure> {
    platform.pressure().map(|pressure| core::Pressure {
        cpu_percent: pressure.cpu.some_avg10_percent,
        memory_full_percent: pressure.memory.full_avg10_percent,
        io_full_percent: pressure.io.full_avg10_percent,
    })
}

/// Memory of the machine, or of the container around us where that has less; `None` where neither is known.
pub(crate) fn machine_memory(platform: &Platform) -> Option<core::MachineMemory> {
    let machine = platform.memory()?;
    let whole = core::MachineMemory {
        total_bytes: machine.total_bytes,
        available_bytes: machine.available_bytes,
        is_limited: false,
    };
    let limited = platform.cgroup_memory(std::process::id()).map(|cgroup| core::MachineMemory {
        total_bytes: cgroup.limit_bytes,
        available_bytes: cgroup.limit_bytes.saturating_sub(cgroup.used_bytes),
        is_limited: true,
    });
    Some(limited.filter(|limited| limited.available_bytes < whole.available_bytes).unwrap_or(whole))
}

/// Tells when tasks wait for memory, at once, where the kernel does.
pub(crate) struct MemoryTrigger {
    #[cfg(target_os = "linux")]
    trigger: Option<tokio::io::unix::AsyncFd<platform::MemoryTrigger>>,
}

impl MemoryTrigger {
    #[cfg(target_os = "linux")]
    pub(crate) fn new(platform: &Platform) -> Self {
        let trigger = platform
            .memory_trigger()
            .inspect_err(|error| tracing::info!(%error, "memory pressure is seen late: the kernel tells nothing by itself"))
            .ok();
        Self { trigger: trigger.and_then(|trigger| watched(trigger, tokio::io::Interest::PRIORITY)) }
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new(_: &Platform) -> Self {
        Self {}
    }

    /// Returns when the kernel says that tasks waited for memory; never, where it says nothing.
    #[cfg(target_os = "linux")]
    pub(crate) async fn fired(&mut self) {
        let Some(trigger) = &self.trigger else { return std::future::pending().await };
        match trigger.ready(tokio::io::Interest::PRIORITY).await {
            // The kernel fires at most once in each window of 2 s.
            Ok(mut ready) => ready.clear_ready(),
            Err(_) => std::future::pending().await,
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) async fn fired(&mut self) {
        std::future::pending().await
    }
}

/// Word of the kernel that routes have changed.
pub(crate) struct RouteChanges {
    #[cfg(target_os = "linux")]
    changes: Option<tokio::io::unix::AsyncFd<platform::RouteChanges>>,
}

impl RouteChanges {
    #[cfg(target_os = "linux")]
    pub(crate) fn new(platform: &Platform) -> Self {
        let changes = platform
            .route_changes()
            .inspect_err(|error| tracing::info!(%error, "changes of the network are not noted"))
            .ok();
        Self { changes: changes.and_then(|changes| watched(changes, tokio::io::Interest::READABLE)) }
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new(_: &Platform) -> Self {
        Self {}
    }

    /// Returns when some route has changed; never, where nobody tells.
    #[cfg(target_os = "linux")]
    pub(crate) async fn came(&mut self) {
        let Some(changes) = &self.changes else { return std::future::pending().await };
        match changes.readable().await {
            Ok(mut ready) => {
                ready.get_inner().take();
                ready.clear_ready();
            }
            Err(_) => std::future::pending().await,
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) async fn came(&mut self) {
        std::future::pending().await
    }
}

#[cfg(target_os = "linux")]
fn watched<T: std::os::fd::AsRawFd + std::os::fd::AsFd>(
    owner: T,
    interest: tokio::io::Interest,
) -> Option<tokio::io::unix::AsyncFd<T>> {
    // SAFETY: `AsFd`: it has a descriptor that stays open and the same as long as it lives, and the `AsyncFd` owns it.
    unsafe { tokio::io::unix::AsyncFd::register_with_interest(owner, interest) }.ok()
}

/// Asks every IDE socket from now on, until dropped.
pub(crate) fn heartbeat(reports: mpsc::UnboundedSender<bridge::Report>) -> bridge::Heartbeat {
    let folders = bridge::ide_folders(&variable);
    bridge::Heartbeat::start(folders, bridge::Options::new(Arc::new(Platform::boottime)), reports)
}

/// Where Claude Code keeps its sessions and transcripts.
pub(crate) fn claude_config_dirs() -> Vec<PathBuf> {
    bridge::ide_folders(&variable).into_iter().filter_map(|ide| ide.parent().map(PathBuf::from)).collect()
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn to_core(facts: &platform::ProcessFacts) -> core::ProcessFacts {
    core::ProcessFacts {
        state: match facts.state {
            platform::ProcessState::Running => core::ProcessState::Running,
            platform::ProcessState::Sleeping => core::ProcessState::Sleeping,
            platform::ProcessState::DiskSleep => core::ProcessState::DiskSleep,
            platform::ProcessState::Stopped => core::ProcessState::Stopped,
            platform::ProcessState::Traced => core::ProcessState::Traced,
            platform::ProcessState::Zombie | platform::ProcessState::Dead => core::ProcessState::Dead,
            platform::ProcessState::Idle | platform::ProcessState::Unknown(_) => core::ProcessState::Other,
        },
        main_cpu_ns: facts.main_cpu_ns,
        all_cpu_ns: facts.all_cpu_ns,
        main_run_delay_ns: facts.main_run_delay_ns,
        switches: facts.voluntary_switches.zip(facts.involuntary_switches),
        tracer_pid: facts.tracer_pid.unwrap_or(0),
        wait_channel: facts.wchan.clone(),
        children: facts.children.as_ref().map(|children| {
            children
                .iter()
                .filter(|child| {
                    !matches!(child.state, platform::ProcessState::Zombie | platform::ProcessState::Dead)
                })
                .map(|child| core::Child {
                    pid: child.id.pid,
                    age_ms: u64::try_from(Platform::age(child.id).as_millis()).unwrap_or(u64::MAX),
                    command: recognisable(&child.command_line),
                })
                .collect()
        }),
        rss_bytes: facts.rss_bytes,
    }
}

/// As much of a command line as a person needs to recognise it. It goes into journals and notices, so whatever could carry a
/// secret (options, assignments, addresses) stays out, and paths are cut to their last part.
fn recognisable(command_line: &str) -> String {
    let mut words = command_line.split_whitespace();
    let mut shown: Vec<String> = words.by_ref().take(1).map(last_part).collect();
    shown.extend(
        words
            .by_ref()
            .filter(|word| !word.starts_with('-') && !word.contains(['=', '@', ':']))
            .map(last_part)
            .take(COMMAND_WORDS - 1),
    );
    shown.join(" ")
}

fn last_part(word: &str) -> String {
    word.rsplit(['/', '\\']).next().unwrap_or(word).chars().take(WORD_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::recognisable;

    #[test]
    fn a_command_is_recognisable_and_carries_no_secret() {
        for (line, shown) in [
            ("/usr/bin/git push https://user:token@host/repo main", "git push main"),
            ("curl -H Authorization:x --token=abc example", "curl example"),
            ("/opt/node /x/y/server.js --stdio", "node server.js"),
            ("sleep 600", "sleep 600"),
            ("C:\\tools\\npm.cmd install", "npm.cmd install"),
            ("", ""),
        ] {
            assert_eq!(recognisable(line), shown);
        }
    }
}
