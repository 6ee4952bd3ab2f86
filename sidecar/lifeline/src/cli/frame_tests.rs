use lifeline_protocol::{ClaudeProcess, ConnectionStatus, EvidenceItem, MachineStatus, Notice};
use proptest::prelude::*;

use super::{
    super::{
        daemon::tests::window as healthy,
        incidents::tests::{linter, recovered},
        sections::tests::{report, socket},
        width,
    },
    *,
};

const NOW: u64 = 2_000_000;

fn text(view: &View<'_>, width: usize) -> String {
    lines(view, width).iter().map(|line| inked(line, false) + "\n").collect()
}

fn view<'a>(report: &'a StatusReport, incidents: &'a [Incident]) -> View<'a> {
    View { report: Some(report), incidents, now_unix_ms: NOW, ..View::default() }
}

/// What stands on a screen of this size after it was drawn over one that was full. A terminal in a few lines: it knows what a frame
/// may say to it.
fn shown(screen: &str, columns: usize, rows: usize) -> Vec<String> {
    let mut body = screen.strip_prefix("\x1b[H").expect("from the top left corner");
    let clears_rest = body.ends_with("\r\n\x1b[J");
    body = body.strip_suffix("\r\n\x1b[J").unwrap_or(body);
    let drawn: Vec<String> = body
        .split("\r\n")
        .map(|row| match row.strip_suffix("\x1b[K") {
            // What it clears begins with the cell under the cursor, which does not leave the row.
            Some(text) => {
                assert!(width::width(text) < columns, "{text:?} loses its end");
                text.to_owned()
            }
            None => {
                assert_eq!(width::width(row), columns, "{row:?} leaves something of the frame before");
                row.to_owned()
            }
        })
        .collect();
    assert!(if clears_rest { drawn.len() < rows } else { drawn.len() == rows }, "{screen:?} on {rows} rows");
    drawn
}

fn leaking() -> WindowStatus {
    let mut window = healthy("w", "my-project");
    window.heap_used_bytes = Some(2_068_000_000);
    window.memory = Some(MemoryStatus {
        level: "high".into(),
        percent: 46.0,
        bytes_per_minute: Some(12_000_000.0),
        seconds_to_limit: Some(12_000),
        history: (30..=46).collect(),
    });
    window.restarts_in_window = 1;
    window.degraded = Some("it spent 40 % of the last five minutes collecting garbage".into());
    window.waits_for = Some("Claude Code, which is in the middle of a turn".into());
    window
}

fn frozen() -> WindowStatus {
    let mut window = healthy("x", "api");
    window.verdict = "deadlock".into();
    window.phase = "suspect".into();
    window.silent_ms = Some(8_200);
    window.evidence = vec![EvidenceItem {
        witness: "worker".into(),
        text: "the worker pulses, the counter stands still".into(),
    }];
    window
}

fn busy() -> StatusReport {
    let mut unguarded = healthy("ide-41235", "docs (Cursor)");
    unguarded.guarded = false;
    (unguarded.host_pid, unguarded.delay_p99_ms, unguarded.heap_used_bytes) = (Some(4400), None, None);
    StatusReport {
        windows: vec![leaking(), frozen(), unguarded],
        machine: MachineStatus {
            memory_total_bytes: Some(8_300_000_000),
            memory_available_bytes: Some(3_100_000_000),
            memory_level: "normal".into(),
            cpu_pressure_percent: Some(12.4),
            memory_pressure_percent: Some(0.0),
            ..MachineStatus::default()
        },
        connections: vec![ConnectionStatus {
            session_id: "77baf6cb-0ea0-492d-9e1d-0a272e071b6c".into(),
            title: "find the leak".into(),
            state: "retrying".into(),
            what: "connection lost (ECONNRESET)".into(),
            attempt: Some(2),
            max_attempts: Some(10),
            next_in_ms: Some(2_000),
            ..ConnectionStatus::default()
        }],
        sockets: vec![socket(41234)],
        lock_problems: vec!["41236.lock is a symbolic link; it was not read".into()],
        claude: vec![ClaudeProcess { pid: 5012, kind: "cli".into(), host_pid: 4321, rss_bytes: 210_000_000 }],
        ..report()
    }
}

#[test]
fn a_frame_says_all_that_is_known() {
    let culprit = Incident { culprit: Some(linter("1.4.2")), cause: "freeze".into(), ..recovered() };
    assert_eq!(
        text(&View { hint: Some("every 1 s, q quits"), ..view(&busy(), &[culprit]) }, 200),
        "\
Lifeline 0.1.0 (pid 77), up 2 h 5 min, 5.1 MB · every 1 s, q quits
Machine: 3.1 GB of 8.3 GB memory left · memory pressure 0 % · CPU pressure 12 %

my-project: healthy · host 4321, seen for 2 h 5 min · last sign 400 ms ago · loop delay 12 ms · automatic · 1 of 2 restarts spent
  heap  46 % █████████▎░░░░░░░░░░ 2.1 GB of 4.5 GB · +12 MB/min, full in 3 h 20 min · ▁▁▁▂▂▃▃▄▄▄▅▅▆▆▇▇█ 30–46 % · 400 MB resident
  slow: it spent 40 % of the last five minutes collecting garbage
  a planned restart waits for Claude Code, which is in the middle of a turn
api: deadlock, suspect · host 4321, seen for 2 h 5 min · last sign 8.2 s ago · loop delay 12 ms · automatic · 0 of 2 restarts spent
  heap 210 MB of 4.5 GB · 400 MB resident
  the worker pulses, the counter stands still (worker)
docs (Cursor): healthy · host 4400, seen for 2 h 5 min · last sign 400 ms ago · without Lifeline

Connections to the API
SESSION    PROMPT         STATE                   WHY
77baf6cb…  find the leak  retrying 2/10 in 2.0 s  connection lost (ECONNRESET)

SOCKET  IDE                 ANSWER     MEDIAN  WINDOW      CLIENTS
41234   Visual Studio Code  in 4.2 ms  4.4 ms  my-project  5012

41236.lock is a symbolic link; it was not read

CLAUDE  KIND      MEMORY  WINDOW
5012    terminal  210 MB  my-project

INCIDENT    WINDOW  WHAT
16 min ago  site    deadlock · recovered after 17 s · acme.linter 1.4.2 in scanAll, main.js:812 (3 times this week)
"
    );
}

#[test]
fn without_anything_to_show_it_says_so() {
    assert_eq!(text(&View::default(), 80), "Asking the Lifeline daemon …\n");
    let gone = View { trouble: Some("No Lifeline daemon serves at /run/x. Start one."), ..View::default() };
    assert_eq!(text(&gone, 30), "No Lifeline daemon serves at\n    /run/x. Start one.\n");
    let empty = report();
    assert_eq!(
        text(&view(&empty, &[]), 80),
        "Lifeline 0.1.0 (pid 77), up 2 h 5 min, 5.1 MB\n\n\
         No window is attached. Open a folder in VS Code with the Lifeline extension.\n"
    );
    let old = View { trouble: Some("Gone."), age_ms: 12_000, ..view(&empty, &[]) };
    assert!(text(&old, 80).starts_with("Gone.\nThis was so 12 s ago:\nLifeline 0.1.0"), "{}", text(&old, 80));
}

#[test]
fn only_trouble_is_in_colour() {
    let well = StatusReport { windows: vec![healthy("w", "site")], sockets: vec![socket(1)], ..report() };
    let screen = drawn(&lines(&view(&well, &[recovered()]), 100), 100, 40, true);
    // Bold and dim are no colours.
    for ink in ["\x1b[31m", "\x1b[32m", "\x1b[33m"] {
        assert!(!screen.contains(ink), "{screen:?}");
    }
    let screen = drawn(&lines(&view(&busy(), &[]), 100), 100, 40, true);
    assert!(screen.contains("\x1b[31mdeadlock, suspect\x1b[0m"), "{screen:?}");
}

#[test]
fn sentences_go_on_in_the_next_line_and_tables_are_cut() {
    let screen = drawn(&lines(&view(&busy(), &[]), 40), 40, 100, false);
    let rows = shown(&screen, 40, 100);
    for row in [
        "my-project: healthy · host 4321, seen f…",
        "  heap  46 % ████▋░░░░░ 2.1 GB of 4.5 G…",
        "  slow: it spent 40 % of the last five",
        "    minutes collecting garbage",
        "41234   Visual Studio Code  in 4.2 ms  …",
    ] {
        assert!(rows.iter().any(|shown| shown == row), "{row}\n{screen}");
    }
}

#[test]
fn what_does_not_fit_below_is_counted() {
    let lines: Vec<Line> = (1..=10).map(|number| vec![number.into()]).collect();
    assert_eq!(
        shown(&drawn(&lines, 80, 10, false), 80, 10),
        ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
    );
    assert_eq!(shown(&drawn(&lines, 80, 3, false), 80, 3), ["1", "2", "… 8 more lines"]);
    assert_eq!(shown(&drawn(&lines, 80, 1, false), 80, 1), ["… 10 more lines"]);
    assert_eq!(shown(&drawn(&lines, 80, 12, false), 80, 12).len(), 10);
    assert_eq!(shown(&drawn(&lines, 1, 2, false), 1, 2), ["1", "…"]);
    assert_eq!(drawn(&lines, 80, 0, false), "\x1b[H");
}

#[test]
fn lines_are_cut_by_cells() {
    let line: Line = vec!["設計".into(), "ab".into()];
    for (cells, shown) in
        [(7, "設計 ab"), (6, "設計 …"), (5, "設計…"), (4, "設…"), (3, "設…"), (2, "…"), (1, "…"), (0, "")]
    {
        assert_eq!(inked(&cut(&line, cells), false), shown, "{cells}");
    }
}

#[test]
fn bars_are_as_full_as_the_heap() {
    for (percent, drawn) in [
        (0.0, "░░░░"),
        (3.0, "▏░░░"),
        (50.0, "██░░"),
        (99.9, "████"),
        (250.0, "████"),
        (-1.0, "░░░░"),
        (f64::NAN, "░░░░"),
    ] {
        assert_eq!(bar(percent, 4), drawn, "{percent}");
    }
}

#[test]
fn ten_minutes_in_a_few_cells() {
    for (history, cells, drawn) in [
        (&[] as &[u8], 5, ""),
        (&[7], 5, ""),
        (&[7, 7], 5, "▁▁ 7 %"),
        // Four percent are breathing.
        (&[40, 44, 40], 5, "▁▃▁ 40–44 %"),
        (&[0, 100], 5, "▁█ 0–100 %"),
        // The highest of each two, the last one alone.
        (&[0, 50, 0, 0, 100, 50, 25], 4, "▄▁█▂ 0–100 %"),
        (&[0, 255], 1, "█ 0–255 %"),
    ] {
        assert_eq!(ten_minutes(history, cells), drawn, "{history:?}");
    }
}

#[test]
fn trends_in_words() {
    let said = |bytes_per_minute, seconds_to_limit| {
        let memory = MemoryStatus { bytes_per_minute, seconds_to_limit, ..MemoryStatus::default() };
        trend(&memory, Ink::Plain).text().to_owned()
    };
    assert_eq!(said(None, None), "");
    assert_eq!(said(Some(12_300_000.0), Some(390)), "+12 MB/min, full in 6 min 30 s");
    assert_eq!(said(Some(-2_500_000.0), None), "−2.5 MB/min");
    assert_eq!(said(Some(40_000.0), None), "steady");
    assert_eq!(said(Some(f64::NAN), None), "steady");
    assert_eq!(said(Some(f64::INFINITY), Some(u64::MAX)), "+18446744073.7 GB/min, full in 213503982334 days");
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z \\x1b\\[\\]0-9;?hlmJ\u{9b}\u{7}\r\n\u{202e}設é👩\u{200d}💻\u{fe0f}\u{301}]{0,60}",
        Just("\x1b[?1049l\x1b]0;title\x07\u{9b}2J".to_owned()),
        Just("\u{301}".repeat(500)),
    ]
}

proptest! {
    #[test]
    fn nothing_that_others_say_leaves_its_line(
        said in prop::collection::vec(hostile(), 16),
        numbers in any::<(u64, u64, f64, f64)>(),
        history in prop::collection::vec(any::<u8>(), 0..61),
        columns in 0_usize..130,
        rows_of_screen in 0_usize..40,
    ) {
        let mut said = said.into_iter();
        let mut next = || said.next().unwrap_or_default();
        let mut window = healthy("w", &next());
        (window.verdict, window.phase) = (next(), next());
        window.evidence = vec![EvidenceItem { witness: next(), text: next() }];
        window.notices = vec![Notice {
            id: "1".into(), code: next(), window_id: "w".into(), text: next(), incident: None,
            session_id: None,
        }];
        (window.degraded, window.waits_for) = (Some(next()), Some(next()));
        (window.heap_used_bytes, window.heap_limit_bytes) = (Some(numbers.0), Some(numbers.1));
        window.memory = Some(MemoryStatus {
            level: next(), percent: numbers.2, bytes_per_minute: Some(numbers.3),
            seconds_to_limit: Some(numbers.0), history,
        });
        let mut named = socket(1);
        (named.ide_name, named.answer) = (next(), next());
        let mut caught = linter("1");
        caught.function = next();
        let incident = Incident { label: next(), culprit: Some(caught), ..recovered() };
        let report = StatusReport {
            windows: vec![window], sockets: vec![named], lock_problems: vec![next()], ..busy()
        };
        let screen = drawn(&lines(&view(&report, &[incident]), columns), columns, rows_of_screen, false);
        if rows_of_screen > 0 {
            for row in shown(&screen, columns, rows_of_screen) {
                prop_assert!(!row.chars().any(char::is_control), "{row:?}");
            }
        }
    }
}
