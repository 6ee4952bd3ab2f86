//! Lifeline's relay: whether Claude Code is led to it, and whether it is there.

use super::{
    Because, Draft, Outcome,
    connection::{NO_PROXY_VARIABLES, PROXY_VARIABLES, entries, said},
};
use crate::{
    Names,
    contract::Severity,
    facts::{Daemon, Facts, Origin, RelayFacts, Scope},
    repair::Plan,
    variables::{BASE_URL, PROXY_READ, Taken, Variable},
};

const API_HOST: &str = "api.anthropic.com";

const DEAD: Because = (
    "Claude Code takes every connection to the API there, and each is refused.",
    "measured with CLI 2.1.329: it goes nowhere else",
);

const LEFT: Because = (
    "When the daemon leaves, Claude Code cannot reach the API any more.",
    "the relay goes on for a day after it was turned off",
);

const UNUSED: Because = (
    "Stalls last five minutes, and outages take the client's own retries.",
    "measured with CLI 2.1.329: a stall was over after 300 s, with the relay after 15",
);

/// What Lifeline has not set it does not take back.
const SET_BY_HAND: &str = "Set lifeline.relay.mode to “tunnel” in a window with the Lifeline extension, or take the variable out of claudeCode.environmentVariables.";

/// A variable that leads Claude Code to the relay.
struct Led {
    variable: &'static str,
    value: String,
    origin: Origin,
}

pub(super) fn relay(facts: &Facts, names: &Names) -> Outcome {
    let known = match (&facts.relay, &facts.settings) {
        (Err(why), _) | (_, Err(why)) => return Outcome::unknown(why),
        (Ok(known), Ok(_)) => known,
    };
    let (told, is_absent) = match &facts.daemon {
        Daemon::Running(running) => (running.relay.as_ref(), false),
        Daemon::Silent(_) => (None, false),
        Daemon::Absent(_) => (None, true),
    };
    let is_on = known.is_on || told.is_some_and(|relay| relay.is_on);
    let led = known.port.and_then(|port| led(facts, port));
    match (led, told) {
        (None, _) if is_on => vec![unused(facts, names)].into(),
        (None, _) => Outcome::note("It is off."),
        (Some(led), None) if is_absent => {
            vec![dead(facts, known, &led, is_on, "Lifeline's daemon does not run.", names)].into()
        }
        (Some(_), None) => Outcome::unknown(
            "Claude Code is led to it, and Lifeline's daemon does not tell whether it serves.",
        ),
        (Some(led), Some(relay)) if !relay.is_listening => {
            let why = relay.problem.as_deref().unwrap_or("Lifeline's daemon runs without it.");
            vec![dead(facts, known, &led, is_on, why, names)].into()
        }
        // Who began while it was on is served for another day.
        (Some(Led { origin: Origin::Editor | Origin::Environment, .. }), Some(_)) if !is_on => {
            Outcome::note("It is off, and serves those who began before.")
        }
        (Some(led), Some(_)) if !is_on => vec![left(facts, known, &led, names)].into(),
        (Some(led), Some(_)) => match excepted(facts, &led, names) {
            Some(draft) => vec![draft].into(),
            None => Outcome::note("It is on, and Claude Code is led to it."),
        },
    }
}

/// The proxy that Claude Code sees, and by which variable.
fn proxy(facts: &Facts) -> Option<(&'static str, (String, Origin))> {
    PROXY_VARIABLES.iter().take(PROXY_READ).find_map(|name| Some((*name, facts.value(name)?)))
}

/// The proxy or the base URL that Claude Code sees, when that is the relay.
fn led(facts: &Facts, port: u16) -> Option<Led> {
    let proxy = proxy(facts);
    let base_url = facts.value(BASE_URL).map(|value| (BASE_URL, value));
    let seen = [proxy, base_url].into_iter().flatten();
    let mut ours = seen.filter(|(_, (value, _))| {
        let rest = value.strip_prefix("http://").unwrap_or(value);
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| place == format!("{host}:{port}"))
    });
    ours.next().map(|(variable, (value, origin))| Led { variable, value, origin })
}

fn dead(facts: &Facts, known: &RelayFacts, led: &Led, is_on: bool, why: &str, names: &Names) -> Draft {
    let title = "Claude Code is led to Lifeline's relay, and nobody is there.";
    let draft = Draft::new("relay-dead", Severity::Error, title)
        .detail(format!(
            "{} is {}{}. The relay is {}: {why}",
            led.variable,
            names.proxy(&led.value),
            said(&led.origin, names),
            if is_on { "on" } else { "off" },
        ))
        .why(DEAD);
    let draft = match led.origin {
        Origin::Editor | Origin::Environment => {
            draft.fix("Start Claude Code from a new terminal, or the editor anew: what began while the relay was on keeps its address.")
        }
        Origin::Setting => draft.fix(SET_BY_HAND),
        _ if is_on => draft
            .fix("To keep the relay: open a window with the Lifeline extension, or: lifeline serve --detach")
            .fix("To do without it: lifeline relay off"),
        _ => draft.fix("lifeline relay off"),
    };
    taken_back(draft, facts, known, led, names)
}

fn left(facts: &Facts, known: &RelayFacts, led: &Led, names: &Names) -> Draft {
    let title = "The relay is off, and Claude Code is still led to it.";
    let draft = Draft::new("relay-left", Severity::Warning, title)
        .detail(format!("{} is {}{}.", led.variable, names.proxy(&led.value), said(&led.origin, names)))
        .why(LEFT)
        .fix(if led.origin == Origin::Setting { SET_BY_HAND } else { "lifeline relay off" });
    taken_back(draft, facts, known, led, names)
}

/// Offers to take it out of the file where it stands, and nothing else that is there.
fn taken_back(draft: Draft, facts: &Facts, known: &RelayFacts, led: &Led, names: &Names) -> Draft {
    let Origin::File(path, span) = &led.origin else { return draft };
    let file = facts.settings_file(path).filter(|file| file.scope != Scope::Managed);
    let Some(file) = file else { return draft };
    let is_ours = |variable: &Variable| variable.name == led.variable && variable.value == led.value;
    let remembered =
        known.taken.as_ref().filter(|taken| taken.file == *path && taken.variables.iter().any(is_ours));
    let taken = remembered.cloned().unwrap_or_else(|| Taken {
        file: path.clone(),
        is_new: false,
        backup: None,
        variables: vec![Variable { name: led.variable.into(), value: led.value.clone(), before: None }],
    });
    let remembered_in = remembered.map(|_| known.taken_file.clone());
    let plan = Plan::TakeBack { taken, remembered_in };
    draft.at(file, span.clone(), names).repair(led.variable, "Put Claude Code's settings back", plan, names)
}

fn unused(facts: &Facts, names: &Names) -> Draft {
    let proxy = proxy(facts);
    let detail = match &proxy {
        Some((name, (value, origin))) => {
            format!("{name} is {}{}.", names.proxy(value), said(origin, names))
        }
        None => "No proxy is set for it.".into(),
    };
    let title = "Lifeline's relay is on, but Claude Code is not led to it.";
    let draft = Draft::new("relay-unused", Severity::Warning, title).detail(detail).why(UNUSED);
    let draft = match proxy {
        Some((_, (_, Origin::File(path, span)))) => match facts.settings_file(&path) {
            Some(file) => draft.at(file, span, names),
            None => draft,
        },
        _ => draft,
    };
    draft
        .fix("To lead it there: lifeline relay on")
        .fix("To do without the relay: lifeline relay off, and lifeline.relay.mode at “off”.")
}

/// A list of exceptions with the API's host in it.
fn excepted(facts: &Facts, led: &Led, names: &Names) -> Option<Draft> {
    if led.variable == BASE_URL {
        return None;
    }
    let host = match facts.value(BASE_URL) {
        Some((url, _)) => host_of(&url)?,
        None => API_HOST.to_owned(),
    };
    let (variable, (list, origin)) =
        NO_PROXY_VARIABLES.iter().find_map(|name| Some((*name, facts.value(name)?)))?;
    if !excepts(&list, &host) {
        return None;
    }
    let title = format!("Lifeline's relay is on, but {variable} keeps the API's host away from it.");
    let draft = Draft::new("relay-excepted", Severity::Warning, title)
        .detail(format!("{variable} names it, or all hosts{}.", said(&origin, names)))
        .why(UNUSED)
        .fix(format!(
            "Take the API's host, or what stands for it, out of {variable}, then: lifeline relay on"
        ));
    Some(match &origin {
        Origin::File(path, span) => match facts.settings_file(path) {
            Some(file) => draft.at(file, span.clone(), names),
            None => draft,
        },
        _ => draft,
    })
}

/// The host of an address that is spoken to over TLS: for others there are other variables.
fn host_of(url: &str) -> Option<String> {
    let place = url.strip_prefix("https://")?.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let host = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => place,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Names with all below them, or everything; the port is HTTPS's own.
fn excepts(list: &str, host: &str) -> bool {
    entries(list).any(|entry| {
        let entry = entry.strip_suffix(":443").unwrap_or(entry).to_ascii_lowercase();
        let name = entry.trim_start_matches('*').trim_start_matches('.');
        let is_below = |rest: &str| rest.is_empty() || rest.ends_with('.');
        entry == "*" || (!name.is_empty() && host.strip_suffix(name).is_some_and(is_below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_of_the_api_are_read_as_the_relay_reads_them() {
        for list in ["*", "api.anthropic.com", ".anthropic.com", "x, *.Anthropic.com", "anthropic.com:443"] {
            assert!(excepts(list, API_HOST), "{list}");
        }
        for list in
            ["", "localhost,127.0.0.1", "otheranthropic.com", "api.anthropic.com:8443", "anthropic", "."]
        {
            assert!(!excepts(list, API_HOST), "{list}");
        }
        assert_eq!(host_of("https://u@Gateway.example:8443/v1").as_deref(), Some("gateway.example"));
        assert_eq!(host_of("http://gateway.example"), None);
    }
}
