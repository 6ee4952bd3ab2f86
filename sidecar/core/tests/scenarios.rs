//! Stories: text files of what happens in the world, with what Lifeline decides written between the lines.
//!
//! A line without a bar is what happens: a time in seconds, then a sentence (the sentences are in [`Story::tell`]). A line
//! with a bar is what Lifeline did until the next thing happened; these are compared. `UPDATE_STORIES=1` rewrites them:
//! read the diff before you commit it.

#![allow(clippy::unwrap_used, reason = "a story that cannot be read must fail")]
#![allow(clippy::disallowed_methods, reason = "stories are files; the core itself reads none")]

#[path = "scenarios/describe.rs"]
mod describe;
mod world;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, time::Duration};

use lifeline_core::{
    ApiFault, ApiNews, ApiSource, ApiState, Drill, Event, IncidentId, KillOutcome, MemoryLevel, Mode,
    Pressure, RefreshMode, RequestId, Role, SessionFacts, SessionKind, SessionMode, SessionState, WindowId,
    WindowInfo,
};
use world::{BEGIN, Behaviour, Culprits, Disk, Graceful, Kills, Seen, World};

#[test]
fn stories() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "story"));
    files.sort();
    assert!(!files.is_empty(), "no story in {}", folder.display());
    let update = std::env::var_os("UPDATE_STORIES").is_some();
    let mut failures = String::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let told = check(&text);
        if told == text {
            continue;
        }
        if update {
            fs::write(&file, told).unwrap();
        } else {
            let name = file.file_name().unwrap().to_string_lossy();
            writeln!(failures, "\n{name}:\n{}", difference(&text, &told)).unwrap();
        }
    }
    assert!(failures.is_empty(), "stories end differently (UPDATE_STORIES=1 rewrites them):\n{failures}");
}

/// The story as it is really told: everything that happens, with what Lifeline does about it.
fn check(text: &str) -> String {
    let mut story = Story::new();
    let mut told = String::new();
    for line in text.lines() {
        let words = line.trim();
        if words.is_empty() || words.starts_with('#') {
            story.write_down(&mut told);
            writeln!(told, "{line}").unwrap();
            continue;
        }
        if line.contains('|') {
            continue;
        }
        let (time, sentence) = words.split_once(' ').unwrap_or_else(|| panic!("no sentence: {line}"));
        let at = BEGIN + ms(time);
        assert!(at >= story.world.now, "back in time: {line}");
        story.world.run_until(at);
        story.write_down(&mut told);
        writeln!(told, "{time:>6}   {}", sentence.trim()).unwrap();
        story.tell(sentence.trim());
    }
    story.write_down(&mut told);
    told
}

/// Lines that are gone and lines that are new, each with its neighbours.
fn difference(expected: &str, told: &str) -> String {
    let (expected, told): (Vec<_>, Vec<_>) = (expected.lines().collect(), told.lines().collect());
    // Longest common subsequence; stories are short.
    let mut longest = vec![vec![0_u32; told.len() + 1]; expected.len() + 1];
    for (i, old) in expected.iter().enumerate().rev() {
        for (j, new) in told.iter().enumerate().rev() {
            longest[i][j] =
                if old == new { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut text) = (0, 0, String::new());
    while i < expected.len() || j < told.len() {
        if i < expected.len() && j < told.len() && expected[i] == told[j] {
            writeln!(text, "  {}", told[j]).unwrap();
            i += 1;
            j += 1;
        } else if j == told.len() || i < expected.len() && longest[i + 1][j] >= longest[i][j + 1] {
            writeln!(text, "- {}", expected[i]).unwrap();
            i += 1;
        } else {
            writeln!(text, "+ {}", told[j]).unwrap();
            j += 1;
        }
    }
    text
}

struct Story {
    world: World,
    written: usize,
    all_evidence: bool,
    /// Verdict and phase of each window as written last.
    stands: BTreeMap<String, String>,
}

impl Story {
    fn new() -> Self {
        Self { world: World::new(), written: 0, all_evidence: false, stands: BTreeMap::new() }
    }

    /// One sentence of a story.
    fn tell(&mut self, sentence: &str) {
        let (sentence, options) = match sentence.split_once(" (") {
            Some((sentence, options)) => (sentence, options.trim_end_matches(')')),
            None => (sentence, ""),
        };
        let words: Vec<&str> = sentence.split(' ').collect();
        let world = &mut self.world;
        match words.as_slice() {
            ["window", name, "opens", "with", "host", pid] => open(world, name, pid, options, false),
            ["window", name, "opens", "without", "Lifeline,", "with", "host", pid] => {
                open(world, name, pid, options, true);
            }
            ["Lifeline", "is", "installed", "in", "host", pid, "as", "window", name] => {
                world.install(pid.parse().unwrap(), name);
            }
            ["host", pid, deed @ ..] => host(world, pid.parse().unwrap(), &deed.join(" ")),
            ["the", "daemon", deed @ ..] => match deed {
                ["stands", "still", "for", s, "s"] => world.stand_still(ms(s), false),
                ["dies"] => world.daemon_dies(),
                ["starts", "again"] => world.daemon_starts(100),
                _ => panic!("what does the daemon do? {sentence}"),
            },
            ["everything", "stands", "still", "for", s, "s"] => world.stand_still(ms(s), true),
            ["the", "machine", "sleeps", "for", s, "s"] => world.sleep(ms(s)),
            ["the", "machine", "has", percent, "%", "of", "its", "memory", "left"] => {
                world.machine_memory(percent.parse().unwrap());
            }
            ["the", "machine", "is", load] => {
                let cpu_percent = if *load == "overloaded" { 93.0 } else { 0.0 };
                world.pressure = Some(Pressure { cpu_percent, ..Pressure::default() });
            }
            ["the", "disk", deed @ ..] => {
                world.disk = match deed {
                    ["works"] => Disk::Works { after_ms: 20 },
                    ["takes", s, "s"] => Disk::Works { after_ms: ms(s) },
                    ["is", "full"] => Disk::Full,
                    ["hangs"] => Disk::Hangs,
                    _ => panic!("what does the disk do? {sentence}"),
                }
            }
            ["culprits", deed @ ..] => {
                world.culprits = match deed {
                    ["are", "found", "after", s, "s"] => Culprits::Found { after_ms: ms(s) },
                    ["are", "not", "found", "within", s, "s"] => Culprits::NotFound { after_ms: ms(s) },
                    ["are", "never", "reported"] => Culprits::Lost,
                    _ => panic!("what of culprits? {sentence}"),
                }
            }
            ["nobody", "knows", "what", "Claude", "does"] => world.turns_unknown = true,
            ["the", "system", "tells", "little"] => world.tells_little = true,
            ["nobody", "looks", "at", "children"] => world.sees_no_children = true,
            ["kills", deed @ ..] => {
                world.kills = match deed {
                    ["work"] => Kills::Work,
                    ["have", "no", "effect"] => Kills::NoEffect,
                    ["are", "lost"] => Kills::Lost,
                    ["cannot", "be", "committed"] => Kills::NotCommitted,
                    ["are", "refused:", why @ ..] => Kills::Refused(why.join(" ")),
                    _ => panic!("what do kills do? {sentence}"),
                }
            }
            ["ticks", "come", s, "s", "late"] => world.tick_lag = ms(s),
            ["exits", "are", "known", "after", s, "s"] => world.exit_ms = ms(s),
            ["new", "hosts", "take", s, "s"] => world.birth_after = Some(ms(s)),
            ["no", "new", "host", "comes"] => world.birth_after = None,
            ["the", "user", "wants", "session", id, deed @ ..] => {
                let (request, window, session) = (RequestId(77), None, world.sessions.get(*id).cloned());
                world.send(match deed {
                    ["to", "go", "on"] => Event::ContinueAsked { request, window, session },
                    ["compacted"] => Event::CompactAsked { request, session },
                    ["back"] => Event::ResumeAsked { request, window, session },
                    _ => panic!("what does the user want? {sentence}"),
                });
            }
            ["the", "user", deed @ ..] => user(world, deed),
            ["incident", number, "is", "reported", what @ ..] => {
                let incident = IncidentId(number.parse().unwrap());
                world.send(match what {
                    ["saved"] => Event::SnapshotSaved { incident },
                    ["not", "saved"] => Event::SnapshotFailed { incident, reason: "old news".into() },
                    ["killed"] => Event::KillDone { incident, outcome: KillOutcome::Killed },
                    ["not", "killed"] => {
                        Event::KillDone { incident, outcome: KillOutcome::Refused("old news".into()) }
                    }
                    _ => panic!("what is reported? {sentence}"),
                });
            }
            ["session", id, "of", window, "is", "told:", what @ ..] => api(world, id, window, what, options),
            ["the", "connections", "of", id, "are", what @ ..] => {
                let since = match what {
                    ["silent"] => Some(world.now),
                    ["gone", "with", "its", "process"] => None,
                    _ => panic!("what of the connections? {sentence}"),
                };
                world.links.insert((*id).to_owned(), since);
            }
            ["session", id, "of", window, "is", what @ ..] => {
                let facts = session(id, window, what, options);
                world.sessions.insert((*id).to_owned(), facts);
            }
            ["the", "client", "of", "port", port, deed @ ..] => {
                let clients = u32::from(deed == ["is", "there"]);
                assert!(clients == 1 || deed == ["leaves"], "what does the client do? {sentence}");
                world.send(Event::BridgeUsed { port: port.parse().unwrap(), clients });
            }
            ["port", port, "belongs", "to", "somebody", "else"] => {
                world.send(Event::BridgeFailed { port: port.parse().unwrap() });
            }
            ["all", "evidence", "is", "written", "down"] => self.all_evidence = true,
            ["the", "end"] => {}
            [window, deed @ ..] if world.panes.contains_key(*window) => pane(world, window, deed),
            _ => panic!("who is that? {sentence}"),
        }
    }

    /// What Lifeline did since the last time.
    fn write_down(&mut self, told: &mut String) {
        for (at, seen) in &self.world.seen[self.written..] {
            let lines = match seen {
                Seen::Decision(decision) => describe::describe(*at, decision, self.all_evidence),
                Seen::Status(window, status) => {
                    let paused = if status.paused { ", paused" } else { "" };
                    let mut stands = format!("{window} is {}, {}{paused}", status.verdict, status.phase);
                    if status.memory != MemoryLevel::Normal {
                        write!(stands, ", memory {}", status.memory.name()).unwrap();
                    }
                    if let Some(what) = &status.waits_for {
                        write!(stands, ", waits for {what}").unwrap();
                    }
                    for trouble in &status.troubled {
                        write!(stands, ", {trouble}").unwrap();
                    }
                    if status.unguarded {
                        stands.push_str(", without Lifeline");
                    }
                    let before = self.stands.insert(window.0.clone(), stands.clone());
                    if before.as_ref() == Some(&stands) { Vec::new() } else { vec![stands] }
                }
                Seen::Forgotten(window, true) => {
                    self.stands.remove(&window.0);
                    vec![format!("{window} is no longer known")]
                }
                Seen::Event(_) | Seen::Resume(_) | Seen::Forgotten(..) => Vec::new(),
            };
            let mut time = format!("{:.1}", seconds(at - BEGIN));
            for line in lines {
                writeln!(told, "{time:>6} |   {line}").unwrap();
                time.clear();
            }
        }
        self.written = self.world.seen.len();
    }
}

/// `awaiting`, `answered`, `at rest`, `retrying K of N in S s` or `dead`. Options: `ECONNRESET`, `529`, `mid-stream`, `N MB`, `typed since`,
/// `of a subagent`, `N s ago`.
fn api(world: &mut World, id: &str, window: &str, what: &[&str], options: &str) {
    let options: Vec<&str> = options.split(", ").collect();
    let has = |option: &str| options.contains(&option);
    let given =
        |suffix: &str| options.iter().find_map(|option| option.strip_suffix(suffix)?.parse::<u64>().ok());
    let fault = ApiFault {
        code: options.iter().find(|option| option.starts_with('E')).map(|code| (*code).to_owned()),
        status: options.iter().find_map(|option| option.parse().ok()),
        is_mid_stream: has("mid-stream"),
    };
    let answers = world.answers.entry(id.to_owned()).or_default();
    let state = match what {
        ["awaiting"] => ApiState::Awaiting,
        ["answered"] => {
            *answers += 1;
            ApiState::Resting
        }
        ["at", "rest"] => ApiState::Resting,
        ["dead"] => ApiState::Died { fault, typed_since: has("typed since") },
        ["retrying", attempt, "of", max, "in", s, "s"] => ApiState::Retrying {
            attempt: attempt.parse().unwrap(),
            max: max.parse().unwrap(),
            next_in: Duration::from_millis(ms(s)),
            fault,
        },
        _ => panic!("what of session {id}? {what:?}"),
    };
    let news = ApiNews {
        source: ApiSource {
            session: id.to_owned(),
            subagent: has("of a subagent").then(|| "agent".to_owned()),
        },
        window: world.panes.contains_key(window).then(|| WindowId(window.to_owned())),
        state,
        answers: *answers,
        age: Duration::from_secs(given(" s ago").unwrap_or(0)),
        bytes: given(" MB").unwrap_or(1) * 1_000_000,
        title: format!("the prompt of {id}"),
    };
    world.send(Event::Api(Box::new(news)));
}

fn session_mode(how: &str) -> SessionMode {
    match how {
        "automatically" => SessionMode::Automatic,
        "asking" => SessionMode::Ask,
        "never" => SessionMode::Never,
        _ => panic!("how? {how}"),
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// Seconds as they stand in a story, with up to three decimals.
fn ms(seconds: &str) -> u64 {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    assert!(part.len() <= 3, "no time in seconds: {seconds}");
    whole.parse::<u64>().unwrap() * 1000 + format!("{part:0<3}").parse::<u64>().unwrap()
}

/// `working`, `waiting`, `idle`, `failed`, `cut` or `unknown`, in a terminal unless the options say otherwise: `in a panel`, `elsewhere`,
/// `in shell N`, `in the background`, `gone`, `orphaned`, `typed since`, `quiet for N s`, `ended for N s`.
fn session(id: &str, window: &str, state: &[&str], options: &str) -> SessionFacts {
    let options: Vec<&str> = options.split(", ").collect();
    let has = |option: &str| options.contains(&option);
    let given = |prefix: &str| options.iter().find_map(|option| option.strip_prefix(prefix));
    SessionFacts {
        id: id.to_owned(),
        window: Some(WindowId(window.to_owned())),
        kind: match () {
            () if has("in a panel") => SessionKind::Panel,
            () if has("elsewhere") => SessionKind::Elsewhere,
            () => SessionKind::Terminal,
        },
        state: match state {
            ["working"] => SessionState::Working,
            ["waiting"] => SessionState::Waiting,
            ["idle"] => SessionState::Idle,
            ["failed"] => SessionState::Failed,
            ["cut"] => SessionState::Cut,
            ["unknown"] => SessionState::Unknown,
            _ => panic!("how is session {id}? {state:?}"),
        },
        is_alive: !has("gone"),
        is_orphan: has("orphaned"),
        in_front: !has("in the background"),
        shell_pid: given("in shell ").map(|pid| pid.parse().unwrap()),
        folder: None,
        typed_since: has("typed since"),
        quiet_for: Duration::from_millis(given("quiet for ").map_or(0, |s| ms(s.trim_end_matches(" s")))),
        ended_for: given("ended for ").map(|s| Duration::from_millis(ms(s.trim_end_matches(" s")))),
        title: format!("the prompt of {id}"),
    }
}

/// Options: `worker only`, `main only`, `restarts gracefully`, `may be debugged`, `frozen`, `with a copy`, `with a socket`,
/// `counts from N`, `on KEY`.
fn open(world: &mut World, name: &str, pid: &str, options: &str, unguarded: bool) {
    let pid = pid.parse().unwrap();
    let options: Vec<&str> = options.split(", ").collect();
    let has = |option: &str| options.contains(&option);
    let given = |prefix: &str| options.iter().find_map(|option| option.strip_prefix(prefix));
    world.open(
        name,
        WindowInfo {
            label: name.to_owned(),
            workspace_key: given("on ").unwrap_or(name).to_owned(),
            can_restart_gracefully: has("restarts gracefully"),
            may_be_debugged: has("may be debugged"),
            unguarded,
        },
    );
    world.panes.get_mut(name).unwrap().has_sockets = unguarded || has("with a socket");
    let main = (!has("worker only")).then_some(0);
    let worker = (!has("main only")).then_some(0);
    world.start_host(name, pid, main, worker);
    if let Some(host) = world.hosts.get_mut(&pid) {
        host.has_copy = has("with a copy");
    }
    if has("frozen") {
        world.behave(pid, Behaviour::Deadlock);
    }
    if let (Some(from), Some(host)) = (given("counts from "), world.hosts.get_mut(&pid)) {
        let from = from.parse().unwrap();
        (host.first_seq, host.counter) = (from, from);
    }
}

fn host(world: &mut World, pid: u32, deed: &str) {
    let now = world.now;
    let behaviour = match deed {
        "answers again" | "is continued" | "is released" | "gets a CPU again" => Behaviour::Healthy,
        "deadlocks" => Behaviour::Deadlock,
        "waits for the writer of a pipe" => Behaviour::BlockedRead,
        "loops without end" => Behaviour::Spin,
        "loops without end and halts its worker" => Behaviour::SpinAlone,
        "runs, but Lifeline in it is mute" => Behaviour::Mute,
        "fills its heap" => Behaviour::GcThrash,
        "is stopped by a signal" => Behaviour::Stopped,
        "is stopped by a debugger" => Behaviour::Traced,
        "is held by a debugger" => Behaviour::TracedAsleep,
        "halts at a breakpoint" => Behaviour::Breakpoint,
        "waits for the disk" => Behaviour::DiskSleep,
        "gets no CPU" => Behaviour::Starved,
        "is kept off the CPU" => Behaviour::KeptOff,
        "is frozen by the system" => Behaviour::Frozen,
        "is paused through its inspector" => {
            let host = world.hosts[&pid].id;
            world.behave(pid, Behaviour::Breakpoint);
            // Seen at the first look from outside.
            return world.send_after(2_000, Event::Inspected { host });
        }
        "crashes" => return world.crash(pid),
        "closes its socket" => return world.stop_listening(pid),
        "opens its socket" => return world.listen(pid),
        "ends unseen" => {
            world.hosts.get_mut(&pid).unwrap().alive = false;
            return;
        }
        "fills its heap on a crowded machine" => Behaviour::CrowdedGc,
        "shuts down" => return world.depart(pid, false),
        "shuts down and starts anew" => return world.depart(pid, true),
        "departs, says a late message" => {
            let host = world.hosts[&pid].id;
            return world.send(Event::Departing { host });
        }
        "loses its worker" => {
            if let Some(host) = world.hosts.get_mut(&pid) {
                host.has_worker = false;
            }
            return world.detach(pid, Role::Worker);
        }
        "loses its main connection" => return world.detach(pid, Role::Main),
        "loses both connections" => {
            world.detach(pid, Role::Main);
            return world.detach(pid, Role::Worker);
        }
        "reconnects" => {
            world.reconnect(pid, Role::Main, 0);
            return world.reconnect(pid, Role::Worker, 0);
        }
        "reconnects its worker" => return world.reconnect(pid, Role::Worker, 0),
        "attaches late" => {
            let host = &world.hosts[&pid];
            let (window, host) = (WindowId(host.window.clone()), host.id);
            let info = world.panes[&window.0].info.clone();
            return world.send(Event::Attached { window, host, role: Role::Worker, info });
        }
        "is seen with a debugger" => {
            let host = world.hosts[&pid].id;
            return world.send(Event::Inspected { host });
        }
        "says old things again and again" => return world.echoes(pid),
        _ => {
            let number = |before: &str, after: &str| {
                deed.strip_prefix(before)?.strip_suffix(after)?.parse::<u64>().ok()
            };
            if let Some(rate) = number("leaks ", " MB a second") {
                return world.change_heap(pid, |heap| heap.leaks_mb_per_s = rate);
            } else if let Some(rate) = number("litters ", " MB a second") {
                return world.change_heap(pid, |heap| heap.litters_mb_per_s = rate);
            } else if let Some(percent) = number("holds ", " % of its heap") {
                return world.change_heap(pid, |heap| heap.hold(percent));
            } else if let Some(delay) = number("turns its loop ", " ms late") {
                world.hosts.get_mut(&pid).unwrap().delay_ms = delay;
                return;
            }
            if let Some(command) = deed.strip_prefix("waits for its child: ") {
                Behaviour::OnChild { command: command.to_owned(), since: now }
            } else if let Some(command) = deed.strip_prefix("starts a child: ") {
                let host = world.hosts.get_mut(&pid).unwrap();
                return host.children.push((command.to_owned(), now));
            } else if let Some(time) =
                deed.strip_prefix("works for ").and_then(|rest| rest.strip_suffix(" s"))
            {
                Behaviour::Busy { until: now + ms(time) }
            } else {
                panic!("what does host {pid} do? {deed}")
            }
        }
    };
    world.behave(pid, behaviour);
}

fn user(world: &mut World, deed: &[&str]) {
    match deed {
        ["asks", "to", "restart", window] => world.ask_restart(window, false, false),
        ["asks", "to", "restart", window, "when", "it", "is", "quiet"] => {
            world.ask_restart(window, false, true)
        }
        ["confirms", "the", "restart", "of", window] => world.ask_restart(window, true, false),
        ["works", "in", window, "for", s, "s"] => {
            world.work(window, ms(s));
        }
        ["asks", "for", "a", "drill", "in", window, "with", "a", what] => {
            let drill = if *what == "deadlock" { Drill::Deadlock } else { Drill::BusyLoop };
            world.ask_drill(window, drill);
        }
        ["pauses", window] => world.pause(window, true),
        ["resumes", window] => world.pause(window, false),
        _ => panic!("what does the user do? {}", deed.join(" ")),
    }
}

fn pane(world: &mut World, window: &str, deed: &[&str]) {
    match deed {
        ["is", "in", "mode", mode] => {
            let mode = match *mode {
                "automatic" => Mode::Automatic,
                "ask" => Mode::Ask,
                "observe" => Mode::Observe,
                _ => panic!("no such mode: {mode}"),
            };
            world.set(window, |settings| settings.mode = mode);
        }
        ["restarts", "a", "deadlocked", "host", "after", s, "s"] => {
            world.set(window, |settings| settings.deadlock_after = Duration::from_millis(ms(s)));
        }
        ["is", "critical", "from", percent, "%", "of", "its", "heap"] => {
            let percent = percent.parse().unwrap();
            world.set(window, |settings| settings.memory_critical_percent = percent);
        }
        ["waits", s, "s", "for", "a", "child"] => {
            world.set(window, |settings| settings.on_child_after = Duration::from_millis(ms(s)));
        }
        ["restores", "sessions", how] => {
            let how = session_mode(how);
            world.set(window, |settings| settings.restore_sessions = how);
        }
        ["continues", "sessions", how] => {
            let how = session_mode(how);
            world.set(window, |settings| settings.continue_sessions = how);
        }
        ["keeps", "no", "ports"] => world.set(window, |settings| settings.bridge = false),
        ["names", "no", "culprits"] => world.set(window, |settings| settings.name_culprit = false),
        ["is", "refreshed", "by", "itself", "after", minutes, "min"] => {
            let after = Duration::from_secs(60 * minutes.parse::<u64>().unwrap());
            world.set(window, |settings| {
                (settings.refresh, settings.refresh_after) = (RefreshMode::Automatic, Some(after));
            });
        }
        ["is", "never", "refreshed"] => world.set(window, |settings| settings.refresh_after = None),
        ["begins", "a", "turn"] => {
            world.turn(window, true);
        }
        ["ends", "its", "turn"] => world.turn(window, false),
        ["runs", number, "tasks"] => {
            let tasks = number.parse().unwrap();
            world.risk(window, |risks| risks.running_tasks = tasks);
        }
        ["has", "unsaved:", what @ ..] => world.would_lose(window, vec![what.join(" ")]),
        ["has", "saved", "everything"] => world.would_lose(window, Vec::new()),
        ["asks", "before", "a", "restart,", "and", "hears", "no"] => {
            world.panes.get_mut(window).unwrap().graceful = Graceful::Vetoed;
        }
        ["has", "no", "restart", "command"] => {
            world.panes.get_mut(window).unwrap().graceful = Graceful::NotFound;
        }
        // A page reload: another window for us, on the same workspace. VS Code ends the old host.
        ["is", "reloaded", "as", new, "with", "host", pid] => {
            let (info, has_sockets) = (world.panes[window].info.clone(), world.panes[window].has_sockets);
            let old = world.pid_of(window);
            world.panes.get_mut(window).unwrap().vscode_gave_up = true;
            let births = world.birth_after.take();
            if let Some(old) = old {
                world.crash(old);
            }
            world.birth_after = births;
            world.open(new, info);
            world.panes.get_mut(*new).unwrap().has_sockets = has_sockets;
            world.start_host(new, pid.parse().unwrap(), Some(1200), Some(1300));
        }
        _ => panic!("what does {window} do? {}", deed.join(" ")),
    }
}
