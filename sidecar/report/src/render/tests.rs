//! What the three forms hold, and what they must never hold.

use proptest::prelude::*;

use super::{html, html::escaped as html_escaped, markdown, markdown::escaped as markdown_escaped, text};
use crate::contract::*;

/// What somebody else wrote, with a meaning in every form.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'|`*@all [x](https://evil.example)\x1b[31m\n# h";

/// A report in which every name is this.
fn named(name: &str) -> Report {
    let errors = Errors {
        total: 40,
        sessions_affected: 6,
        projects_affected: 1,
        by_code: vec![ByCode {
            code: name.into(),
            count: 38,
            paths: vec![ByPath { path: Some(name.into()), count: 37 }, ByPath { path: None, count: 1 }],
        }],
        by_status: vec![ByStatus { status: 529, kind: Some(name.into()), count: 2 }],
        by_version: vec![ByVersion {
            version: name.into(),
            errors: 40,
            sessions: 20,
            per_session: Some(2.0),
        }],
        by_model: vec![ByModel { models: vec![name.into()], sessions: 6, errors: 40, per_session: 6.5 }],
        by_project: vec![ByProject { project: name.into(), errors: 40 }],
        by_session_size: ["<1MB", "1-3MB", "3-6MB", ">=6MB"]
            .map(|bucket| BySessionSize {
                bucket,
                sessions: 5,
                sessions_with_errors: 1,
                errors: 10,
                errors_per_affected_session: Some(10.0),
            })
            .into(),
        retries: vec![Retry { attempt: 1, triggered: 110, recovered: 70, recovery_rate: Some(70.0 / 110.0) }],
        gap_to_previous: vec![Bucket { bucket: "<1s", count: 31 }, Bucket { bucket: "1-10s", count: 57 }],
        gap_median_seconds: Some(46.0),
        gap_p90_seconds: Some(98.0),
        by_day: vec![
            ByDay { date: "2026-04-16".into(), count: 99 },
            ByDay { date: "2026-04-18".into(), count: 1 },
        ],
        by_hour: (0..24).map(|hour| ByHour { hour, count: 7, by_weekday: [0, 1, 1, 1, 1, 1, 2] }).collect(),
        by_weekday: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
            .map(|weekday| ByWeekday { weekday, count: 24 })
            .into(),
        bursts: Bursts {
            count: 1,
            errors_in_bursts: 20,
            share: Some(0.5),
            list: vec![Burst {
                start: "2026-04-16T12:13:15.000Z".into(),
                end: "2026-04-16T12:14:15.000Z".into(),
                count: 20,
            }],
        },
        turns_died: 3,
        retries_exhausted: 2,
        longest_failing_turn: Some(LongestFailingTurn {
            seconds: 1242.0,
            messages: 66,
            session: name.into(),
        }),
    };
    Report {
        schema: SCHEMA,
        window: Window {
            first: Some("2026-03-17T21:48:33.224Z".into()),
            last: Some("2026-04-20T04:29:00.000Z".into()),
            time_zone: name.into(),
        },
        corpus: Corpus { sessions: 1582, bad_lines: 1, duplicates: 2, ..Corpus::default() },
        errors,
        unexplained_retries: Some(UnexplainedRetries { count: 7, sessions_affected: 2 }),
        link_events: Some(LinkEvents {
            events: 3,
            of_this_side: 2,
            by_code: vec![LinkCode { code: "ERR_NETWORK_CHANGED".into(), count: 3 }],
            errors_near: 1,
            errors_in_hours: 1,
            hours: vec![LinkHour { hour: "2026-04-16 07:00".into(), errors: 1, events: 2 }],
            ..LinkEvents::default()
        }),
        relay: Some(RelayRecords {
            connections: 41,
            by_end: vec![RelayEnd { end: "resetByServer", count: 17 }],
            by_host: vec![RelayHost { host: name.into(), connections: 41 }],
            silences_ended: 2,
            outages_waited_out: 3,
            outage_seconds: 64.0,
            longest_outage_seconds: Some(33.0),
            broken: 17,
            longest_silences: vec![RelaySilence {
                ended: Some("2026-04-16T12:15:15.000Z".into()),
                seconds: 75.0,
                end: "silent",
            }],
            requests: Some(RelayRequests {
                count: 40,
                answered: 38,
                repeated: 3,
                repeated_answered: 1,
                lost_at_server: 2,
                failures: vec![RelayFailure {
                    ended: Some("2026-04-17T09:00:02.000Z".into()),
                    end: "resetByServer",
                    seconds: 187.0,
                    status: Some(200),
                    request_id: Some("req_011CTz".into()),
                    cf_ray: Some("9a1b2c3d4e5f6071-FRA".into()),
                    request_bytes: 812_345,
                    is_long_context: true,
                    reached_server: true,
                    output_tokens: Some(44),
                }],
            }),
            by_day: vec![RelayDay { date: "2026-04-17".into(), connections: 41, ..RelayDay::default() }],
            ..RelayRecords::default()
        }),
        suggestion: Some(format!("Try {name}.")),
        network: Some(Measured {
            figures: serde_json::json!({ "ways": [name] }),
            sentences: vec![format!("Proxy: {name}.")],
            headings: &["Way", "First byte"],
            rows: vec![vec![name.into(), "78".into()]],
        }),
        hypotheses: vec![Hypothesis {
            id: "H1",
            title: "Large",
            verdict: Verdict::Supported,
            score: 0.9,
            evidence: vec![name.into()],
            would_falsify: vec!["Small.".into()],
            what_you_can_do: vec!["Compact.".into()],
        }],
    }
}

#[test]
fn all_forms_tell_all_of_it() {
    let report = named("ECONNRESET");
    for form in [text(&report), markdown(&report), html(&report)] {
        for told in [
            "ECONNRESET",
            "529",
            "63.6 %",
            "20.7 min",
            "66 messages",
            "2026-04-16",
            "12:13:15",
            "1,582",
            "98 s",
            "H1",
            "Compact.",
            "17 reset by the server",
            "64 s in all, 33 s at the most",
            "75 s (2026-04-16 12:15 UTC, silent)",
            "2026-04-17",
            "Try ECONNRESET.",
        ] {
            assert!(form.contains(told), "{told} is missing in: {form}");
        }
    }
    assert!(markdown(&report).contains("| 1 | 110 | 70 | 63.6 % |"));
    assert!(text(&report).contains("2026-04-16      99  ██"));
}

#[test]
fn without_errors_there_is_nothing_to_explain() {
    let report = Report { errors: Errors::default(), ..named("x") };
    for form in [text(&report), markdown(&report), html(&report)] {
        assert!(form.contains("No API errors are recorded."), "{form}");
        assert!(!form.contains("H1") && !form.contains("Retries"), "{form}");
        let lower = form.to_lowercase();
        assert!(lower.contains("the relay") && form.contains("17 reset by the server"), "{form}");
        assert!(
            form.contains(
                "40 requests, 38 answered, 1 of them after the gateway had sent it again (3 in all)."
            )
        );
        for told in ["reset by the server after 3.1 min", "req_011CTz", "9a1b2c3d4e5f6071-FRA", "0.8 MB"] {
            assert!(form.contains(told), "{told} is missing in: {form}");
        }
        assert!(lower.contains("the network now") && form.contains("Proxy: x."), "{form}");
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = html(&named(HOSTILE));
    let without_policy = page.replace("default-src 'none'; style-src 'unsafe-inline'", "");
    for forbidden in
        ["<script", "<img", "<iframe", "<link", "src=\"", "url(", "@import", "http:", "onerror=\""]
    {
        assert!(!without_policy.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert_eq!(page.matches("<svg").count(), 6, "days, heat, sizes, retries, gaps, bursts");
    assert!(!page.contains('\x1b') && page.contains("prefers-color-scheme: dark"));
}

#[test]
fn the_page_is_light_or_dark_as_its_reader_is() {
    let page = html(&named("x"));
    let ground_of = |selector: &str| {
        let block = page.split(&format!("{selector} {{ ")).nth(1).expect(selector);
        block.split("--page: ").nth(1).and_then(|rest| rest.get(..7)).expect("a colour").to_owned()
    };
    let light = ground_of(":root");
    let dark = ground_of("(prefers-color-scheme: dark) { :root");
    assert_ne!(light, dark);
    assert_eq!(ground_of("body.vscode-light, body.vscode-high-contrast-light"), light);
    assert_eq!(ground_of("body.vscode-dark, body.vscode-high-contrast"), dark);
}

#[test]
fn an_empty_corpus_says_so() {
    let report = Report { errors: Errors::default(), corpus: Corpus::default(), ..named("x") };
    for form in [text(&report), markdown(&report), html(&report)] {
        assert!(form.contains("No transcripts were found"), "{form}");
        assert!(!form.contains("0 sessions") && !form.contains("No API errors"), "{form}");
    }
}

#[test]
fn markdown_makes_nothing_of_what_others_wrote() {
    let told = markdown(&named(HOSTILE)).replace("\\]", "");
    for forbidden in ["<img", "@all", "](", "https://"] {
        assert!(!told.contains(forbidden), "{forbidden}");
    }
    for line in told.lines().filter(|line| line.contains("onerror")) {
        assert!(!line.starts_with('#') && !line.contains("\n# h"), "{line}");
    }
    let rows = told.lines().filter(|line| line.starts_with('|'));
    for row in rows {
        let cells = row.replace("\\|", "").matches('|').count();
        assert!((3..=9).contains(&cells), "{row}");
    }
}

proptest! {
    #[test]
    fn text_stays_text(hostile in any::<String>()) {
        let page = html_escaped(&hostile);
        prop_assert!(!page.contains(['<', '>', '"', '\'']) && !page.chars().any(char::is_control));
        let entities = ["&lt;", "&gt;", "&amp;", "&#64;", "&#35;", "&#58;"];
        let markdown = entities.iter().fold(markdown_escaped(&hostile), |told, entity| told.replace(entity, ""));
        prop_assert!(!markdown.contains(['<', '>', '@', '#', '\n']));
        let bare = markdown.replace("\\\\", "");
        for (at, _) in bare.match_indices(['|', '`', '*', '[', ']', '~']) {
            prop_assert!(bare[..at].ends_with('\\'), "{markdown:?}");
        }
    }
}
