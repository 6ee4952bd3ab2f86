//! Each step of a random story, done to the world.

use std::{collections::BTreeSet, time::Duration};

use lifeline_core::{Drill, Event, Pressure, RefreshMode, Role};

use super::{INSTALLED, Mood, Step, UNGUARDED, name};
use crate::world::{Behaviour, Chaos, Daemon, Seen, World};

pub(super) fn take(world: &mut World, windows: usize, step: &Step) {
    let now = world.now;
    // The last of them may be the one without Lifeline.
    let name = |world: &World, window: usize| {
        let guarded = name(window % windows);
        let other = if world.pid_of(INSTALLED).is_some() { INSTALLED } else { UNGUARDED };
        if world.panes.contains_key(&guarded) { guarded } else { other.to_owned() }
    };
    let pid = |world: &World, window: usize| world.pid_of(&name(world, window));
    match step.clone() {
        Step::Behave(window, mood) => {
            if let Some(pid) = pid(world, window) {
                let behaviour = match mood {
                    Mood::Healthy => Behaviour::Healthy,
                    Mood::Deadlock => Behaviour::Deadlock,
                    Mood::BlockedRead => Behaviour::BlockedRead,
                    Mood::Spin => Behaviour::Spin,
                    Mood::OnChild => Behaviour::OnChild { command: "make".into(), since: now },
                    Mood::GcThrash => Behaviour::GcThrash,
                    Mood::Stopped => Behaviour::Stopped,
                    Mood::Traced => Behaviour::Traced,
                    Mood::TracedAsleep => Behaviour::TracedAsleep,
                    Mood::DiskSleep => Behaviour::DiskSleep,
                    Mood::Starved => Behaviour::Starved,
                    Mood::KeptOff => Behaviour::KeptOff,
                    Mood::SpinAlone => Behaviour::SpinAlone,
                    // Only the context switches give it away.
                    Mood::Mute if world.tells_little => Behaviour::Healthy,
                    Mood::Mute => Behaviour::Mute,
                    // Where the system tells anything, it tells this (`platform` reports a freezer's victims as stopped).
                    Mood::Frozen if !world.tells_little => Behaviour::Stopped,
                    Mood::Frozen => Behaviour::Frozen,
                };
                world.behave(pid, behaviour);
            }
        }
        Step::Work(window, ms) => {
            if let Some(pid) = pid(world, window) {
                world.behave(pid, Behaviour::Busy { until: now + ms });
            }
        }
        Step::Detach(window, main) => {
            if let Some(pid) = pid(world, window) {
                world.detach(pid, if main { Role::Main } else { Role::Worker });
            }
        }
        Step::Reconnect(window, main) => {
            if let Some(pid) = pid(world, window) {
                world.reconnect(pid, if main { Role::Main } else { Role::Worker }, 200);
            }
        }
        Step::LoseWorker(window) => {
            if let Some(pid) = pid(world, window) {
                if let Some(host) = world.hosts.get_mut(&pid) {
                    host.has_worker = false;
                }
                world.detach(pid, Role::Worker);
            }
        }
        Step::Crash(window) => {
            if let Some(pid) = pid(world, window) {
                world.crash(pid);
            }
        }
        Step::Depart(window, again) => {
            if let Some(pid) = pid(world, window) {
                world.depart(pid, again);
            }
        }
        Step::DaemonStandsStill(ms) => {
            if world.daemon == Daemon::Runs {
                world.stand_still(ms, false);
            }
        }
        Step::EverythingStandsStill(ms) => {
            if world.daemon == Daemon::Runs {
                world.stand_still(ms, true);
            }
        }
        Step::Sleep(ms) => world.sleep(ms),
        Step::TickLag(ms) => world.tick_lag = ms,
        Step::ExtraTick => {
            if world.daemon == Daemon::Runs {
                world.tick();
            }
        }
        Step::Disk(disk) => world.disk = disk,
        Step::Kills(kills) => world.kills = kills,
        Step::Birth(after) => world.birth_after = after,
        Step::AskRestart { window, confirmed, when_quiet } => {
            world.ask_restart(&name(world, window), confirmed, when_quiet);
        }
        Step::Leak(window, rate) => {
            if let Some(pid) = pid(world, window) {
                world.change_heap(pid, |heap| heap.leaks_mb_per_s = rate);
            }
        }
        Step::Litter(window, rate) => {
            if let Some(pid) = pid(world, window) {
                world.change_heap(pid, |heap| heap.litters_mb_per_s = rate);
            }
        }
        Step::Hold(window, percent) => {
            if let Some(pid) = pid(world, window) {
                world.change_heap(pid, |heap| heap.hold(percent));
            }
        }
        Step::LateLoop(window, ms) => {
            if let Some(host) = pid(world, window).and_then(|pid| world.hosts.get_mut(&pid)) {
                host.delay_ms = ms;
            }
        }
        Step::Turn(window, begins) => world.turn(&name(world, window), begins),
        Step::Input(window, ms) => world.work(&name(world, window), ms),
        Step::Tasks(window, tasks) => world.risk(&name(world, window), |risks| risks.running_tasks = tasks),
        Step::Refresh(window, automatic, s) => world.set(&name(world, window), |settings| {
            settings.refresh = if automatic { RefreshMode::Automatic } else { RefreshMode::Offer };
            settings.refresh_after = Some(Duration::from_secs(s));
        }),
        Step::Culprits(culprits) => world.culprits = culprits,
        Step::TurnsUnknown(unknown) => world.turns_unknown = unknown,
        Step::MachineMemory(percent) => world.machine_memory(percent),
        Step::Socket(window, listens) => {
            if let Some(pid) = pid(world, window) {
                if listens { world.listen(pid) } else { world.stop_listening(pid) }
            }
        }
        Step::Install => {
            if let Some(pid) = world.pid_of(UNGUARDED)
                && world.hosts[&pid].main_runs(now)
                && !world.panes.contains_key(INSTALLED)
            {
                world.install(pid, INSTALLED);
            }
        }
        Step::AskDrill(window, deadlock) => {
            world.ask_drill(&name(world, window), if deadlock { Drill::Deadlock } else { Drill::BusyLoop });
        }
        Step::Pause(window, paused) => world.pause(&name(world, window), paused),
        Step::Mode(window, mode) => world.set(&name(world, window), |settings| settings.mode = mode),
        Step::Threshold(window, s) => world.set(&name(world, window), |settings| {
            settings.deadlock_after = Duration::from_secs(s);
            settings.spinning_after = Duration::from_secs(s);
        }),
        Step::Risk(window, risk) => {
            let would_lose = if risk { vec!["notebook".into()] } else { Vec::new() };
            world.would_lose(&name(world, window), would_lose);
        }
        Step::Graceful(window, graceful) => {
            if let Some(pane) = world.panes.get_mut(&name(world, window)) {
                pane.graceful = graceful;
            }
        }
        Step::Pressure(high) => {
            let cpu_percent = if high { 95.0 } else { 3.0 };
            world.pressure = Some(Pressure { cpu_percent, ..Pressure::default() });
        }
        Step::Astray { loss, twice, late } => {
            world.chaos = Chaos {
                state: world.chaos.state,
                loss_percent: loss,
                twice_percent: twice,
                late_percent: late,
            };
        }
        Step::DaemonDies => {
            if world.daemon == Daemon::Runs {
                world.daemon_dies();
            }
        }
        Step::DaemonStarts => {
            if world.daemon == Daemon::Dead {
                world.daemon_starts(1_000);
            }
        }
        Step::Again(back) => {
            let mut attached = BTreeSet::new();
            let recent = world.seen.iter().rev().take_while(|(at, _)| now - at < 100_000);
            let mut old = recent.filter_map(|(_, seen)| match seen {
                // A daemon looks for itself, and its own clock does not repeat itself.
                Seen::Event(
                    Event::Facts { .. }
                    | Event::Tick { .. }
                    | Event::Found { .. }
                    | Event::Lost { .. }
                    | Event::Probed { .. }
                    | Event::Turns { .. },
                ) => None,
                // What a connection said is dropped with it.
                Seen::Event(Event::Beat { host, .. } | Event::Pulse { host, .. })
                    if attached.contains(host) =>
                {
                    None
                }
                Seen::Event(event) => {
                    if let Event::Attached { host, .. } = event {
                        attached.insert(*host);
                    }
                    Some(event)
                }
                _ => None,
            });
            if let Some(event) = old.nth(back).cloned() {
                world.send(event);
            }
        }
        Step::Nothing => {}
    }
}
