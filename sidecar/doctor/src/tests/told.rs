//! What is never told: secrets, and whose machine it is.

use proptest::prelude::*;

use super::*;
use crate::render;

/// Everything wrong at once, with `secret` wherever something is read that a user may have written.
fn poisoned(secret: &str) -> Facts {
    let mut facts = healthy();
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        set(&mut facts, name, &format!("http://user:{secret}@proxy.example:1"));
    }
    for name in crate::checks::KNOBS.iter().chain(&["NO_PROXY", "no_proxy", "CLAUDE_CODE_SSE_PORT"]) {
        set(&mut facts, name, secret);
    }
    ok(&mut facts.locks).sse_port = None;
    let env = serde_json::json!({ "env": { "API_TIMEOUT_MS": secret, "ANTHROPIC_API_KEY": secret }, "apiKeyHelper": secret });
    facts.settings = Ok(vec![
        settings(&format!("{FOLDER}/.claude/settings.json"), &format!("{env},")),
        settings(&format!("{CONFIG}/settings.json"), &env.to_string()),
    ]);
    let list = serde_json::json!([{ "name": "CLAUDE_CODE_MAX_RETRIES", "value": secret }]);
    facts.editor.settings.insert("claudeCode.environmentVariables".into(), list);
    facts.editor.settings.insert("http.proxy".into(), format!("http://user:{secret}@h").into());
    facts.editor.settings.insert("http.noProxy".into(), serde_json::json!([secret]));
    facts.editor.remote = Some(format!("{secret} "));
    some(&mut facts.notes).content = Ok(Some(secret.into()));
    facts
}

fn told(facts: &Facts, names: &Names) -> String {
    let report = examine(facts, names).report();
    format!("{}\n{report:?}\n{}", serde_json::to_string(&report).expect("JSON"), render::markdown(&report))
}

proptest! {
    #[test]
    fn a_secret_is_never_told(secret in "sk-[a-zA-Z0-9_/@:-]{12,30}") {
        let told = told(&poisoned(&secret), &names());
        prop_assert!(!told.contains(&secret), "{secret}: {told}");
        // The half before a sign that ends a host is told neither.
        let beginning = &secret[..secret.find(['/', '@', ':']).unwrap_or(secret.len())];
        prop_assert!(beginning.len() < 8 || !told.contains(beginning), "{beginning}: {told}");
    }

    #[test]
    fn a_password_of_a_proxy_is_never_told_even_plainly(secret in "[QXZ]{4}[a-zA-Z0-9_/@:-]{8,30}") {
        let mut facts = healthy();
        set(&mut facts, "HTTPS_PROXY", &format!("http://user:{secret}@proxy.example:1"));
        facts.variables.retain(|(name, _)| name != "NO_PROXY");
        let told = told(&facts, &Names { plain: true, ..names() });
        prop_assert!(!told.contains(&secret) && !told.contains(&secret[..4]), "{told}");
        prop_assert!(told.contains("http://proxy.example:1"));
    }
}

#[test]
fn nothing_tells_whose_machine_it_is_unless_asked() {
    let facts = with(|facts| {
        facts.variables.retain(|(name, _)| name != "NO_PROXY");
        ok(&mut facts.settings).push(settings(&format!("{FOLDER}/.claude/settings.json"), "{"));
        ok(&mut facts.sessions).large.push(LargeSession {
            id: "77baf6cb-0ea0".into(),
            project: "-home-ann-work-acme".into(),
            bytes: 9_100_000,
        });
        some(&mut facts.notes).content = Ok(None);
    });
    let hidden = told(&facts, &names());
    let plain = told(&facts, &Names { plain: true, ..names() });
    for name in ["/ann", "acme"] {
        assert!(!hidden.contains(name), "{name}: {hidden}");
        assert!(plain.contains(name), "{name}: {plain}");
    }
    let place = examine(&facts, &Names { plain: true, ..names() }).report().findings[0].place.clone();
    assert!(Path::new(&place.expect("it stands in a file").file).is_absolute());
}
