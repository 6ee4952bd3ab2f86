//! Parts of a status report as lines of words, for `lifeline status` and `lifeline watch`.

use lifeline_protocol::{
    ClaudeProcess, ConnectionStatus, MachineStatus, RecoveryMode, SocketStatus, StatusReport, WindowStatus,
};

use super::page::{Ink, Word, aligned, count, shortened, size, span};

/// Longest label in a table, in cells.
pub(crate) const LABEL_CELLS: usize = 32;

/// From this share on, tasks that wait for a CPU are what makes a host late (`starved`), in percent.
const CPU_PRESSURE_PERCENT: f32 = 80.0;

/// Of a session's id. The rest is in `lifeline sessions`.
const SESSION_CELLS: usize = 9;

/// Clients of a socket that are named.
const CLIENTS_NAMED: usize = 4;

/// VS Code restarts a host by itself twice in five minutes, and no third time (FACTS section 1).
const RESTARTS_AT_MOST: u32 = 2;

/// What to do when there is nothing to show.
pub(crate) const NO_WINDOW: &str =
    "No window is attached. Open a folder in VS Code with the Lifeline extension.";

/// A line of a page or a screen.
pub(crate) type Line = Vec<Word>;

/// The daemon, on one line.
pub(crate) fn daemon(report: &StatusReport) -> Line {
    let about =
        format!("(pid {}), up {}, {}", report.daemon_pid, span(report.uptime_ms), size(report.rss_bytes));
    vec![Word::new(format!("Lifeline {}", report.daemon_version), Ink::Bold), Word::new(about, Ink::Dim)]
}

/// Why nothing can be saved, when nothing can.
pub(crate) fn cannot_save(report: &StatusReport) -> Option<Line> {
    let reason = report.cannot_save.as_ref()?;
    let sentence = format!("Nothing can be saved, so nothing will be restarted: {reason}");
    Some(vec![Word::new(sentence, Ink::Bad)])
}

/// The machine's memory and pressure; nothing where nothing is known.
pub(crate) fn machine(machine: &MachineStatus) -> Option<Line> {
    let mut parts = Vec::new();
    if let Some((total, available)) = machine.memory_total_bytes.zip(machine.memory_available_bytes) {
        let free = format!("{} of {} memory left", size(available), size(total));
        parts.push(Word::new(free, memory_ink(&machine.memory_level)));
    }
    if let Some(percent) = machine.memory_pressure_percent {
        parts.push(format!("memory pressure {percent:.0} %").into());
    }
    if let Some(percent) = machine.cpu_pressure_percent {
        let ink = if percent >= CPU_PRESSURE_PERCENT { Ink::Warn } else { Ink::Plain };
        parts.push(Word::new(format!("CPU pressure {percent:.0} %"), ink));
    }
    let name = if machine.memory_is_limited { "Container:" } else { "Machine:" };
    (!parts.is_empty()).then(|| dotted(vec![Word::new(name, Ink::Bold)], parts))
}

/// `parts` after a beginning, with dots between them.
pub(crate) fn dotted(mut line: Line, parts: impl IntoIterator<Item = Word>) -> Line {
    for (index, part) in parts.into_iter().filter(|part| !part.is_empty()).enumerate() {
        if index > 0 {
            line.push(Word::new("·", Ink::Dim));
        }
        line.push(part);
    }
    line
}

/// A window's verdict, and what is done about it.
pub(crate) fn state(window: &WindowStatus) -> Word {
    let verdict = verdict(&window.verdict);
    let phase = match window.phase.as_str() {
        "watching" => "",
        "gaveUp" => "gave up",
        other => other,
    };
    let healthy = window.verdict == "healthy";
    let ink = match (healthy, window.phase.as_str()) {
        (_, "gaveUp") => Ink::Bad,
        (true, "watching") => Ink::Good,
        (true, _) => Ink::Warn,
        (false, _) if window.verdict == "late" => Ink::Warn,
        (false, _) => Ink::Bad,
    };
    Word::new(if phase.is_empty() { verdict.to_owned() } else { format!("{verdict}, {phase}") }, ink)
}

/// What Lifeline would do for this window.
pub(crate) fn protection(window: &WindowStatus) -> Word {
    if !window.guarded {
        return Word::new("without Lifeline", Ink::Dim);
    }
    if window.paused {
        return Word::new("paused", Ink::Warn);
    }
    match window.mode {
        RecoveryMode::Automatic => "automatic",
        RecoveryMode::Ask => "asks first",
        RecoveryMode::Observe => "observes only",
    }
    .into()
}

/// How many of the restarts that VS Code allows are spent.
pub(crate) fn restarts(window: &WindowStatus) -> Word {
    let spent = window.restarts_in_window;
    let ink = match spent {
        0 => Ink::Plain,
        1..RESTARTS_AT_MOST => Ink::Warn,
        _ => Ink::Bad,
    };
    Word::new(format!("{spent} of {RESTARTS_AT_MOST} restarts spent"), ink)
}

/// Sessions whose connection to the API has trouble, and what is wrong; nothing when all is well.
pub(crate) fn connections(report: &StatusReport) -> Vec<Line> {
    if report.connections.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![vec![Word::new("Connections to the API", Ink::Bold)]];
    let storm = report.windows.iter().find_map(|window| window.storm_sessions);
    lines.extend(storm.map(|sessions| {
        vec![Word::new(format!("{sessions} sessions at once: it is the network or the service."), Ink::Warn)]
    }));
    let row = |connection: &ConnectionStatus| {
        let ink = match connection.state.as_str() {
            "recovered" => Ink::Good,
            "retrying" => Ink::Warn,
            _ => Ink::Bad,
        };
        let whose = if connection.of_subagent { " (a subagent)" } else { "" };
        vec![
            Word::new(shortened(&connection.session_id, SESSION_CELLS), Ink::Dim),
            Word::new(format!("{}{whose}", shortened(&connection.title, LABEL_CELLS)), Ink::Plain),
            Word::new(connection_state(connection), ink),
            Word::new(connection.what.clone(), Ink::Plain),
        ]
    };
    let rows: Vec<Line> = report.connections.iter().map(row).collect();
    lines.extend(aligned(&["SESSION", "PROMPT", "STATE", "WHY"], &rows));
    lines
}

fn connection_state(connection: &ConnectionStatus) -> String {
    match (connection.state.as_str(), connection.attempt, connection.max_attempts) {
        ("retrying", Some(attempt), Some(max)) => {
            let when = match connection.next_in_ms {
                Some(ms @ 1..) => format!("in {}", span(ms)),
                _ => "now".into(),
            };
            format!("retrying {attempt}/{max} {when}")
        }
        ("retrying", Some(attempt), None) => format!("attempt {}", attempt.saturating_add(1)),
        ("died", ..) => "turn died".into(),
        (state, ..) => state.into(),
    }
}

/// A level of memory in ink.
pub(crate) fn memory_ink(level: &str) -> Ink {
    match level {
        "critical" => Ink::Bad,
        "high" | "low" => Ink::Warn,
        _ => Ink::Plain,
    }
}

/// What is wrong with a window and what is meant to be done, a line each.
pub(crate) fn troubles(window: &WindowStatus) -> Vec<Line> {
    let mut lines = Vec::new();
    if window.verdict != "healthy" {
        for item in &window.evidence {
            lines.push(vec![item.text.as_str().into(), Word::new(format!("({})", item.witness), Ink::Dim)]);
        }
    }
    if let Some(degraded) = &window.degraded {
        lines.push(vec![Word::new(format!("slow: {degraded}"), Ink::Warn)]);
    }
    if let Some(waits_for) = &window.waits_for {
        lines.push(vec![format!("a planned restart waits for {waits_for}").into()]);
    }
    for notice in &window.notices {
        lines.push(vec![Word::new(&notice.text, Ink::Warn)]);
    }
    lines
}

/// A verdict of the wire in words.
pub(crate) fn verdict(code: &str) -> &str {
    match code {
        "onChild" => "blocked on a child process",
        "spinning" => "busy loop",
        "gcThrash" => "out of memory (collecting garbage)",
        "ioStuck" => "stuck in I/O",
        "starved" => "the machine is overloaded",
        other => other,
    }
}

/// Claude Code's IDE sockets as a table; nothing when there is none.
pub(crate) fn sockets(report: &StatusReport) -> Vec<Line> {
    if report.sockets.is_empty() {
        return Vec::new();
    }
    let rows: Vec<Line> = report.sockets.iter().map(|socket| socket_row(socket, report)).collect();
    aligned(&["SOCKET", "IDE", "ANSWER", "MEDIAN", "MISSED", "BACKLOG", "WINDOW", "CLIENTS"], &rows)
}

fn socket_row(socket: &SocketStatus, report: &StatusReport) -> Line {
    let milliseconds = |ms: f64| format!("{ms:.1} ms");
    let (answer, ink) = match socket.answer.as_str() {
        _ if socket.bridged => match socket.leads_to {
            Some(port) => (format!("bridged to {port}"), Ink::Plain),
            None => ("bridged, no host yet".to_owned(), Ink::Warn),
        },
        "answers" => (format!("in {}", milliseconds(socket.round_trip_ms.unwrap_or_default())), Ink::Plain),
        "silent" => (format!("silent for {}", count(socket.missed_in_a_row, "probe")), Ink::Bad),
        "nobody" => ("nobody listens".to_owned(), Ink::Warn),
        "foreign" => ("something that is no IDE".to_owned(), Ink::Warn),
        _ => ("not asked yet".to_owned(), Ink::Dim),
    };
    let missed =
        if socket.missed > 0 { format!("{} of {}", socket.missed, socket.probes) } else { String::new() };
    let backlog =
        socket.backlog.filter(|&waiting| waiting > 0).map_or_else(String::new, |waiting| waiting.to_string());
    vec![
        socket.port.into(),
        shortened(&socket.ide_name, LABEL_CELLS).into(),
        Word::new(answer, ink),
        socket.median_round_trip_ms.map(milliseconds).unwrap_or_default().into(),
        missed.into(),
        backlog.into(),
        place(socket, report),
        pids(&socket.client_pids).into(),
    ]
}

/// The window of a socket; without one, its first folder.
fn place(socket: &SocketStatus, report: &StatusReport) -> Word {
    let window = socket.window_id.as_ref();
    let window = window.and_then(|id| report.windows.iter().find(|window| &window.window_id == id));
    if let Some(window) = window {
        return shortened(&window.label, LABEL_CELLS).into();
    }
    let folder = socket.workspace_folders.first().map(|folder| crate::wording::file_name(folder));
    Word::new(shortened(folder.unwrap_or_default(), LABEL_CELLS), Ink::Dim)
}

fn pids(pids: &[u32]) -> String {
    let named: Vec<String> = pids.iter().take(CLIENTS_NAMED).map(ToString::to_string).collect();
    match pids.len().saturating_sub(CLIENTS_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Lock files that could not be used, a line each.
pub(crate) fn lock_problems(report: &StatusReport) -> impl Iterator<Item = Line> {
    report.lock_problems.iter().map(|problem| vec![Word::new(problem, Ink::Warn)])
}

/// Claude Code processes as a table, the largest first and at most `rows` of them; nothing when there is none.
pub(crate) fn claude(report: &StatusReport, rows: usize) -> Vec<Line> {
    if report.claude.is_empty() {
        return Vec::new();
    }
    let mut processes: Vec<&ClaudeProcess> = report.claude.iter().collect();
    processes.sort_by_key(|process| (std::cmp::Reverse(process.rss_bytes), process.pid));
    let shown: Vec<Line> = processes
        .iter()
        .take(rows)
        .map(|process| {
            let window = report.windows.iter().find(|window| window.host_pid == Some(process.host_pid));
            vec![
                process.pid.into(),
                kind(&process.kind).into(),
                size(process.rss_bytes).into(),
                window.map_or_else(
                    || Word::new(format!("host {}", process.host_pid), Ink::Dim),
                    |window| shortened(&window.label, LABEL_CELLS).into(),
                ),
            ]
        })
        .collect();
    let mut lines = aligned(&["CLAUDE", "KIND", "MEMORY", "WINDOW"], &shown);
    if let Some(rest) = processes.get(rows..).filter(|rest| !rest.is_empty()) {
        let bytes = rest.iter().fold(0_u64, |sum, process| sum.saturating_add(process.rss_bytes));
        lines.push(vec![Word::new(format!("and {} more with {}", rest.len(), size(bytes)), Ink::Dim)]);
    }
    lines
}

fn kind(code: &str) -> &str {
    match code {
        "panel" => "chat panel",
        "cli" => "terminal",
        other => other,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{super::page::inked, *};

    /// A socket that answers.
    pub(crate) fn socket(port: u16) -> SocketStatus {
        SocketStatus {
            port,
            ide_name: "Visual Studio Code".into(),
            workspace_folders: vec!["/work/site".into()],
            answer: "answers".into(),
            round_trip_ms: Some(4.23),
            median_round_trip_ms: Some(4.4),
            probes: 500,
            missed: 0,
            missed_in_a_row: 0,
            owner_pid: Some(4321),
            window_id: Some("w".into()),
            backlog: Some(0),
            client_pids: vec![5012],
            bridged: false,
            leads_to: None,
            refused: 0,
        }
    }

    /// A report of a daemon without windows.
    pub(crate) fn report() -> StatusReport {
        StatusReport {
            daemon_version: "0.1.0".into(),
            daemon_pid: 77,
            uptime_ms: 7_500_000,
            rss_bytes: 5_149_000,
            cannot_save: None,
            windows: vec![],
            machine: MachineStatus::default(),
            sockets: vec![],
            lock_problems: vec![],
            connections: Vec::new(),
            claude: vec![],
        }
    }

    fn text(lines: impl IntoIterator<Item = Line>) -> String {
        lines.into_iter().map(|line| inked(&line, false) + "\n").collect()
    }

    #[test]
    fn each_kind_of_socket_in_words() {
        let mut report = report();
        assert_eq!(text(sockets(&report)), "");
        report.windows = vec![super::super::daemon::tests::window("w", "site")];
        report.sockets = vec![
            socket(41234),
            SocketStatus {
                answer: "silent".into(),
                missed: 3,
                missed_in_a_row: 3,
                backlog: Some(2),
                client_pids: vec![1, 2, 3, 4, 5, 6],
                ..socket(41235)
            },
            SocketStatus { answer: "nobody".into(), window_id: None, client_pids: vec![], ..socket(41236) },
            SocketStatus { answer: "foreign".into(), median_round_trip_ms: None, ..socket(41237) },
            SocketStatus { answer: "unknown".into(), ide_name: "a\u{9b}2Jb".into(), ..socket(41238) },
            SocketStatus { bridged: true, leads_to: Some(41234), ..socket(41239) },
            SocketStatus { bridged: true, ..socket(41240) },
        ];
        assert_eq!(
            text(sockets(&report)),
            "SOCKET  IDE                 ANSWER                    MEDIAN  MISSED    BACKLOG  WINDOW  CLIENTS\n\
             41234   Visual Studio Code  in 4.2 ms                 4.4 ms                     site    5012\n\
             41235   Visual Studio Code  silent for 3 probes       4.4 ms  3 of 500  2        site    1, 2, 3, 4 and 2 more\n\
             41236   Visual Studio Code  nobody listens            4.4 ms                     site\n\
             41237   Visual Studio Code  something that is no IDE                             site    5012\n\
             41238   a 2Jb               not asked yet             4.4 ms                     site    5012\n\
             41239   Visual Studio Code  bridged to 41234          4.4 ms                     site    5012\n\
             41240   Visual Studio Code  bridged, no host yet      4.4 ms                     site    5012\n"
        );
    }

    #[test]
    fn the_largest_claude_processes_come_first_and_the_rest_in_one_line() {
        let process = |pid, rss_bytes| ClaudeProcess { pid, kind: "panel".into(), host_pid: 4321, rss_bytes };
        let mut report = report();
        report.windows = vec![super::super::daemon::tests::window("w", "site")];
        report.claude = vec![
            process(1, 1_000_000),
            process(2, 2_100_000_000),
            process(3, 400_000_000),
            ClaudeProcess { kind: "cli".into(), host_pid: 9, ..process(4, 500_000_000) },
        ];
        assert_eq!(
            text(claude(&report, 2)),
            "CLAUDE  KIND        MEMORY  WINDOW\n\
             2       chat panel  2.1 GB  site\n\
             4       terminal    500 MB  host 9\n\
             and 2 more with 401 MB\n"
        );
        assert_eq!(claude(&report, 4).len(), 5);
        report.claude.clear();
        assert_eq!(text(claude(&report, 2)), "");
    }

    #[test]
    fn the_machine_in_one_line_or_none() {
        let machine_status = MachineStatus {
            memory_total_bytes: Some(8_300_000_000),
            memory_available_bytes: Some(812_000_000),
            memory_is_limited: true,
            memory_level: "low".into(),
            cpu_pressure_percent: Some(12.4),
            memory_pressure_percent: Some(0.0),
        };
        assert_eq!(
            text(machine(&machine_status)),
            "Container: 812 MB of 8.3 GB memory left · memory pressure 0 % · CPU pressure 12 %\n"
        );
        assert!(machine(&MachineStatus::default()).is_none());
    }
}
