//! The relay that Claude Code is led to, or not.

use super::*;
use crate::{
    Plan,
    variables::{Taken, Variable},
};

const OURS: &str = "http://127.0.0.1:20001";

/// The relay is on and serves, and Claude Code is led to it; then `change`.
fn relayed(change: impl FnOnce(&mut Facts)) -> Facts {
    with(|facts| {
        ok(&mut facts.relay).is_on = true;
        ok(&mut facts.relay).port = Some(20_001);
        daemon(facts).relay = Some(RelayNow { is_on: true, is_listening: true, problem: None });
        lead(facts, OURS, "localhost,127.0.0.1,::1");
        change(facts);
    })
}

/// The user's settings name this proxy and these exceptions.
fn lead(facts: &mut Facts, proxy: &str, no_proxy: &str) {
    let env = format!("{{ \"env\": {{\n  \"HTTPS_PROXY\": \"{proxy}\", \"NO_PROXY\": \"{no_proxy}\" }} }}");
    facts.settings = Ok(vec![settings(&format!("{CONFIG}/settings.json"), &env)]);
}

fn off(facts: &mut Facts) {
    ok(&mut facts.relay).is_on = false;
    now(facts).is_on = false;
}

fn now(facts: &mut Facts) -> &mut RelayNow {
    daemon(facts).relay.as_mut().expect("it tells")
}

fn plan(facts: &Facts, id: &str) -> Option<Plan> {
    examine(facts, &names()).offering(id).and_then(|draft| draft.plan.clone())
}

#[test]
fn nothing_is_said_of_a_relay_that_is_on_and_well() {
    for change in [
        (|_| {}) as fn(&mut Facts),
        |facts| lead(facts, "http://127.0.0.1:20001/", "127.0.0.1,localhost"),
        // A daemon of an older version does not tell.
        |facts| daemon(facts).relay = None,
        // Off, and a session that began before: it is served for a day.
        |facts| {
            off(facts);
            facts.settings = Ok(vec![]);
            set(facts, "HTTPS_PROXY", OURS);
        },
        // Never on, whatever listens where.
        |facts| {
            off(facts);
            ok(&mut facts.relay).port = None;
        },
    ] {
        let report = report(&relayed(change));
        assert_eq!(report.findings, [], "{report:#?}");
    }
    for change in [(|facts| daemon(facts).relay = None) as fn(&mut Facts), |facts| {
        facts.relay = Err("It hangs.".into())
    }] {
        let unknown = report(&relayed(change));
        let check = unknown.checks.iter().find(|check| check.id == "relay").expect("it is there");
        assert_eq!(check.state, State::Unknown);
    }
    // Who does not see the settings does not know whether they lead there.
    let blind = report(&relayed(|facts| facts.settings = Err("It hangs.".into())));
    assert!(blind.findings.iter().all(|finding| !finding.id.starts_with("relay")), "{blind:#?}");
}

#[test]
fn claude_code_is_led_to_a_relay_that_is_not_there() {
    let deaf = |facts: &mut Facts| now(facts).is_listening = false;
    let finding = found("relay", "relay-dead", Error, &relayed(deaf));
    assert!(finding.fix.iter().any(|step| step.contains("lifeline relay off")), "{finding:#?}");
    assert_eq!(finding.place.map(|place| (place.line, place.column)), Some((2, 18)));
    let repair = finding.repair.expect("it can be taken out");
    assert_eq!((repair.id.as_str(), repair.kind), ("relay-dead:HTTPS_PROXY", RepairKind::Edit));
    // The daemon says why.
    let finding = found(
        "relay",
        "relay-dead",
        Error,
        &relayed(|facts| {
            deaf(facts);
            now(facts).problem = Some("Port 20001 is taken.".into());
        }),
    );
    assert!(finding.detail.ends_with("The relay is on: Port 20001 is taken."), "{}", finding.detail);
    // There is no daemon at all.
    let facts = relayed(|facts| facts.daemon = Daemon::Absent("Nobody listens.".into()));
    let ids: Vec<&str> = report(&facts).findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["relay-dead", "lifeline-absent"]);
    // A program that began while it was on: no file can be changed for it.
    let finding = found(
        "relay",
        "relay-dead",
        Error,
        &relayed(|facts| {
            off(facts);
            deaf(facts);
            facts.settings = Ok(vec![]);
            set(facts, "HTTPS_PROXY", OURS);
        }),
    );
    assert!(finding.repair.is_none() && finding.fix[0].contains("new terminal"), "{finding:#?}");
}

#[test]
fn settings_that_lead_to_a_relay_that_is_off() {
    let finding = found("relay", "relay-left", Warning, &relayed(off));
    assert_eq!(finding.fix, ["lifeline relay off"]);
    assert_eq!(finding.repair.map(|repair| repair.id).as_deref(), Some("relay-left:HTTPS_PROXY"));
}

#[test]
fn a_variable_that_was_set_by_hand_is_left_to_the_hand() {
    let by_hand = |facts: &mut Facts| {
        facts.settings = Ok(vec![]);
        let list = serde_json::json!([{ "name": "HTTPS_PROXY", "value": OURS }]);
        facts.editor.settings.insert("claudeCode.environmentVariables".into(), list);
    };
    assert_eq!(report(&relayed(by_hand)).findings, []);
    for (id, severity, change) in [
        ("relay-left", Warning, off as fn(&mut Facts)),
        ("relay-dead", Error, |facts| now(facts).is_listening = false),
    ] {
        let finding = found(
            "relay",
            id,
            severity,
            &relayed(|facts| {
                by_hand(facts);
                change(facts);
            }),
        );
        assert!(finding.repair.is_none() && finding.fix[0].contains("claudeCode.environmentVariables"));
    }
}

#[test]
fn what_is_taken_out_is_what_was_put_in() {
    let file = PathBuf::from(format!("{CONFIG}/settings.json"));
    let variable = |value: &str| Variable {
        name: "HTTPS_PROXY".into(),
        value: value.into(),
        before: Some("http://proxy.acme.example:3128".into()),
    };
    let taken =
        |value| Taken { file: file.clone(), is_new: false, backup: None, variables: vec![variable(value)] };
    let planned = |known: Option<Taken>| {
        let facts = relayed(|facts| {
            off(facts);
            ok(&mut facts.relay).taken = known;
        });
        match plan(&facts, "relay-left:HTTPS_PROXY") {
            Some(Plan::TakeBack { taken, remembered_in }) => {
                (taken.variables[0].before.is_some(), remembered_in.is_some())
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(planned(Some(taken(OURS))), (true, true));
    // What is remembered is not what stands there: that alone goes.
    assert_eq!(planned(Some(taken("http://127.0.0.1:20002"))), (false, false));
    assert_eq!(planned(None), (false, false));
    // The administrator's are not ours to change.
    let facts = relayed(|facts| {
        off(facts);
        ok(&mut facts.settings)[0].scope = Scope::Managed;
    });
    assert!(found("relay", "relay-left", Warning, &facts).repair.is_none());
}

#[test]
fn a_relay_that_is_on_and_not_used() {
    let finding = found("relay", "relay-unused", Warning, &relayed(|facts| facts.settings = Ok(vec![])));
    assert_eq!(finding.detail, "HTTPS_PROXY is http://…:3128 (in this environment).");
    // Claude Code looks at the small one first.
    found(
        "relay",
        "relay-unused",
        Warning,
        &relayed(|facts| set(facts, "https_proxy", "http://proxy.acme.example:3128")),
    );
    // Another port is not ours.
    found(
        "relay",
        "relay-unused",
        Warning,
        &relayed(|facts| lead(facts, "http://127.0.0.1:20002", "localhost,127.0.0.1")),
    );
    // A window wants it.
    found(
        "relay",
        "relay-unused",
        Warning,
        &relayed(|facts| {
            ok(&mut facts.relay).is_on = false;
            facts.settings = Ok(vec![]);
        }),
    );
}

#[test]
fn an_exception_keeps_the_api_away_from_the_relay() {
    let excepting = |list: &'static str| move |facts: &mut Facts| lead(facts, OURS, list);
    let finding =
        found("relay", "relay-excepted", Warning, &relayed(excepting("localhost,127.0.0.1,.anthropic.com")));
    assert!(finding.title.contains("NO_PROXY") && finding.place.is_some(), "{finding:#?}");
    found("relay", "relay-excepted", Warning, &relayed(excepting("*")));
    // Of an API that is another's, its host counts.
    let facts = relayed(|facts| {
        lead(facts, OURS, "localhost,127.0.0.1,.anthropic.com");
        set(facts, "ANTHROPIC_BASE_URL", "https://gateway.acme.example/v1");
    });
    assert_eq!(report(&facts).findings, []);
    let facts = relayed(|facts| {
        lead(facts, OURS, "localhost,127.0.0.1,gateway.acme.example");
        set(facts, "ANTHROPIC_BASE_URL", "https://gateway.acme.example/v1");
    });
    assert!(!found("relay", "relay-excepted", Warning, &facts).title.contains("acme"));
}
