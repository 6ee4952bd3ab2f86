//! What is read, where, and what a change leaves as it was.

use proptest::prelude::*;

use super::*;

#[test]
fn what_strict_readers_refuse_is_read_and_remembered() {
    for (text, lenient) in [
        ("{\"a\": [1, -2.5e3, true, null], \"b\": {}}", None),
        ("\u{feff}{}", None),
        ("{ // why\n}", Some((2, "a comment"))),
        ("{\"a\": 1,}", Some((7, "a comma after the last member"))),
        ("[1, /* two */]", Some((4, "a comment"))),
    ] {
        let parsed = parse(text).unwrap_or_else(|flaw| panic!("{text}: {flaw:?}"));
        assert_eq!(parsed.lenient.map(|flaw| (flaw.at, flaw.what)), lenient, "{text}");
    }
}

#[test]
fn a_flaw_is_told_where_it_stands() {
    for (text, at, what) in [
        ("", 0, "it ends where"),
        ("{\"a\": 1", 7, "a closing }"),
        ("{\"a\": 1 \"b\": 2}", 8, "a comma is missing"),
        ("{\"a\" 1}", 5, "a colon is missing"),
        ("{a: 1}", 1, "a name in quotes"),
        ("{\"a\": tru}", 6, "no value begins"),
        ("{\"a\": 0x1}", 6, "this is no number"),
        ("{\"a\": \"x\ny\"}", 6, "no closing quote"),
        ("{\"a\": \"\\q\"}", 6, "an escape that is none"),
        ("{} {}", 3, "something follows"),
        ("{ /* ", 2, "a comment has no end"),
        ("[1 2]", 3, "a comma is missing"),
        ("[1", 2, "a closing ]"),
    ] {
        let flaw = parse(text).expect_err(text);
        assert!(flaw.at == at && flaw.what.contains(what), "{text}: {flaw:?}");
    }
    assert!(parse(&"[".repeat(100_000)).is_err());
}

#[test]
fn places_count_as_editors_do() {
    let text = "\u{feff}{\r\n  \"\u{1f600}é\": 1\r}";
    assert_eq!(position(text, text.find('{').unwrap()), (1, 1));
    assert_eq!(position(text, text.find('1').unwrap()), (2, 10));
    assert_eq!(position(text, text.find('}').unwrap()), (3, 1));
    assert_eq!(position("a", 1), (1, 2));
}

#[test]
fn a_change_leaves_all_else_as_it_was() {
    let path = &["env", "A"][..];
    for (before, after) in [
        ("", "{\n  \"env\": {\n    \"A\": \"1\"\n  }\n}\n"),
        ("{}", "{\n  \"env\": {\n    \"A\": \"1\"\n  }\n}"),
        ("{\n    // none yet\n}\n", "{\n    // none yet\n  \"env\": {\n    \"A\": \"1\"\n  }\n}\n"),
        ("{\"env\": {\"A\": 7}}", "{\"env\": {\"A\": \"1\"}}"),
        ("{\"env\": {\"B\": 7}}", "{\"env\": {\"B\": 7, \"A\": \"1\"}}"),
        ("{\"x\": 1}", "{\"x\": 1, \"env\": { \"A\": \"1\" }}"),
        ("{\r\n\t\"x\": 1\r\n}\r\n", "{\r\n\t\"x\": 1,\r\n\t\"env\": {\r\n\t\t\"A\": \"1\"\r\n\t}\r\n}\r\n"),
        (
            "{\n    \"env\": {\n        \"B\": \"2\" // two\n    },\n    \"y\": 2\n}\n",
            "{\n    \"env\": {\n        \"B\": \"2\", // two\n        \"A\": \"1\"\n    },\n    \"y\": 2\n}\n",
        ),
        (
            "{\n  \"env\": {\n    \"B\": \"2\", // two\n  },\n}\n",
            "{\n  \"env\": {\n    \"B\": \"2\", // two\n    \"A\": \"1\",\n  },\n}\n",
        ),
        ("{\"env\":{\"A\":1},\"env\":{\"A\":2}}", "{\"env\":{\"A\":1},\"env\":{\"A\":\"1\"}}"),
    ] {
        assert_eq!(set(before, path, "1").as_deref(), Ok(after), "{before}");
    }
    assert!(set("{\"env\": 1}", path, "1").is_err());
    assert!(set("[]", path, "1").is_err());
    assert!(set("{", path, "1").is_err());
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        ".{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map("[a-e\"\\\\é]{0,3}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_reads_is_read_the_same(value in any_json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let parsed = parse(&text.unwrap()).unwrap();
        prop_assert_eq!(parsed.lenient, None);
        prop_assert_eq!(parsed.root.plain(), value);
    }

    #[test]
    fn a_change_is_what_it_says(value in any_json(), pretty: bool, name in "[a-e]", new in ".{0,8}") {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let Ok(changed) = set(&text.unwrap(), &["env", &name], &new) else {
            prop_assert!(!value.is_object() || !value.get("env").is_none_or(serde_json::Value::is_object));
            return Ok(());
        };
        let mut wanted = value;
        wanted["env"][&name] = new.into();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&changed).unwrap(), wanted);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[{}\\[\\]\",:/* \\\\\n\ré1t\u{feff}\u{1f600}]{0,40}", at in 0_usize..60) {
        if let Err(flaw) = parse(&text) {
            position(&text, flaw.at);
        }
        position(&text, at);
        let _ = set(&text, &["env", "A"], "1");
    }
}

#[test]
fn what_is_removed_leaves_the_rest_as_it_was() {
    for (before, after) in [
        (
            "{\n  \"env\": {\n    \"A\": \"1\",\n    \"B\": \"2\"\n  }\n}\n",
            "{\n  \"env\": {\n    \"B\": \"2\"\n  }\n}\n",
        ),
        (
            "{\n  \"env\": {\n    \"B\": \"2\",\n    \"A\": \"1\"\n  }\n}\n",
            "{\n  \"env\": {\n    \"B\": \"2\"\n  }\n}\n",
        ),
        ("{\"env\": {\"A\": \"1\"}}", "{\"env\": {}}"),
        ("{\n  \"env\": {\n    \"A\": \"1\"\n  },\n  \"x\": 1\n}", "{\n  \"env\": {},\n  \"x\": 1\n}"),
        ("{ \"env\": { \"A\": \"1\", \"B\": \"2\" } }", "{ \"env\": { \"B\": \"2\" } }"),
        ("{ \"env\": { \"B\": \"2\", \"A\": \"1\" } }", "{ \"env\": { \"B\": \"2\" } }"),
        ("{ \"env\": { \"B\": \"2\", // b\n \"A\": \"1\", } }", "{ \"env\": { \"B\": \"2\" // b\n, } }"),
        ("{\"env\": {}}", "{\"env\": {}}"),
        ("{}", "{}"),
    ] {
        assert_eq!(remove(before, &["env", "A"]).as_deref(), Ok(after), "{before}");
    }
    assert_eq!(
        remove("{\r\n\t\"A\": 1,\r\n\t\"env\": {}\r\n}", &["env"]).as_deref(),
        Ok("{\r\n\t\"A\": 1\r\n}")
    );
    let hidden = "{\"env\": {\"A\": \"1\" /* a, b */, \"B\": \"2\"}}";
    assert!(remove(hidden, &["env", "A"]).is_err(), "rather nothing than half a comment");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What was set is gone again, and what stood there still says the same.
    #[test]
    fn what_was_set_can_be_removed(
        names in proptest::collection::btree_set("[a-z]{1,3}", 0..4),
        indent in "( |\t|\n|\r\n|\n  ){0,2}",
        comma in any::<bool>(),
    ) {
        let members: Vec<String> = names.iter().map(|name| format!("{indent}\"{name}\":{indent}\"v\"")).collect();
        let end = if comma && !members.is_empty() { "," } else { "" };
        let before = format!("{{{}{end}{indent}}}", members.join(","));
        let set = set(&before, &["NEW"], "x").unwrap();
        let removed = remove(&set, &["NEW"]).unwrap();
        prop_assert_eq!(parse(&removed).unwrap().root.plain(), parse(&before).unwrap().root.plain());
    }
}
