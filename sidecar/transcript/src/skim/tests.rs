//! What is kept of a line, against a plain parse of it.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::*;

fn feed(skim: &mut Skim, piece: &[u8]) {
    skim.survey(piece, false);
    skim.feed(piece, 0..piece.len());
}

/// The line's kind, and the skim that read it in pieces of this length.
fn skimmed(line: &[u8], piece: usize) -> (LineKind, Skim) {
    let mut skim = Skim::default();
    line.chunks(piece).for_each(|piece| feed(&mut skim, piece));
    (skim.end(), skim)
}

fn kind(line: &[u8]) -> LineKind {
    let (kind, _) = skimmed(line, usize::MAX);
    assert_eq!(kind, skimmed(line, 1).0, "in pieces: {}", String::from_utf8_lossy(line));
    kind
}

/// What serde_json says of it.
fn plain_kind(line: &[u8]) -> LineKind {
    let line: &[u8] = {
        let is_space = |byte: &u8| b" \t\r\n".contains(byte);
        let start = line.iter().position(|byte| !is_space(byte)).unwrap_or(line.len());
        &line[start..]
    };
    if line.is_empty() {
        LineKind::Blank
    } else if line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok() {
        LineKind::Record
    } else {
        LineKind::Bad
    }
}

#[test]
fn the_grammar_is_that_of_json() {
    for line in [
        r#"{}"#,
        r#" { "a" : [ ] , "b" : { } } "#,
        r#"{"a":[1,-0,0.5,1e9,1.5E-3,true,false,null,"x"]}"#,
        r#"{"a":"\"\\\/\b\f\n\r\t\u00e4\ud83d"}"#,
        r#"{"a":{"b":[{"c":[[],[{}]]}]}}"#,
    ] {
        assert_eq!(
            (kind(line.as_bytes()), plain_kind(line.as_bytes())),
            (LineKind::Record, LineKind::Record),
            "{line}"
        );
    }
    for line in [
        "[]",
        "7",
        "null",
        "\"x\"",
        "{",
        "}",
        "{}}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":tru}",
        "{\"a\":truee}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u00g0\"}",
        "{\"a\":\"\t\"}",
        "{\"a\" 1}",
        "{a:1}",
        "{} {}",
        "{\"a\":1",
        "{\"a\":\"",
        "{\"a\":[}",
        "{\"a\":1 2}",
        "\u{feff}{}",
    ] {
        assert_eq!(
            (kind(line.as_bytes()), plain_kind(line.as_bytes())),
            (LineKind::Bad, LineKind::Bad),
            "{line}"
        );
    }
}

#[test]
fn it_goes_as_deep_as_serde_json() {
    for (levels, expected) in [(127, LineKind::Record), (128, LineKind::Bad), (100_000, LineKind::Bad)] {
        let line = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert_eq!(kind(line.as_bytes()), expected);
        assert_eq!(serde_json::from_str::<Value>(&line).is_ok(), expected == LineKind::Record);
    }
}

#[test]
fn a_place_is_a_path_and_not_a_word() {
    let line = br#"{"toolUseResult":{"type":"no","error":{"code":"no"},"message":{"model":"no"}},"type":"y\u0065s","x":[{"uuid":"no"}],
        "\u0075uid":"u","message":{"content":[{"type":"text","input":{"type":"tool_result"}},{"x":1}],"model":null},"cause":["code"],
        "error":{"type":"no","error":{"error":{"type":"overloaded_error"},"code":"no"},"status":529}}"#;
    for piece in [1, 2, 3, 7, usize::MAX] {
        let (kind, skim) = skimmed(line, piece);
        assert_eq!(kind, LineKind::Record);
        assert_eq!(skim.text(Field::Type).as_deref(), Some("yes"));
        assert!(skim.is(Field::Type, "yes") && skim.is(Field::Uuid, "u") && !skim.is(Field::Subtype, ""));
        assert_eq!(skim.text(Field::ErrorErrorErrorType).as_deref(), Some("overloaded_error"));
        assert_eq!(skim.number(Field::ErrorStatus), Some(529.0));
        for absent in [Field::ErrorCode, Field::MessageModel, Field::CauseCode, Field::Version] {
            assert_eq!(skim.text(absent), None, "{absent:?}");
        }
        assert!(!skim.has_tool_result());
    }
}

#[test]
fn values_are_kept_up_to_a_bound() {
    let line = |bytes: usize| format!(r#"{{"version":"{}","uuid":"u"}}"#, "1".repeat(bytes));
    assert_eq!(skimmed(line(4096).as_bytes(), 100).1.text(Field::Version).map(|text| text.len()), Some(4096));
    let (kind, skim) = skimmed(line(4097).as_bytes(), 100);
    assert_eq!((kind, skim.text(Field::Version)), (LineKind::Record, None));
    assert!(skim.is(Field::Uuid, "u"));
    let half = skimmed(br#"{"version":"\ud83d"}"#, 3).1;
    assert_eq!(half.text(Field::Version), None, "half a character");
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let (kind, skim) = skimmed(b"{\"version\":\"2\xff.1\"}", usize::MAX);
    assert_eq!((kind, skim.text(Field::Version).as_deref()), (LineKind::Record, Some("2\u{fffd}.1")));
    assert_eq!(skimmed(b"{\"version\xff\":\"2\"}", 1).1.text(Field::Version), None);
}

#[test]
fn a_line_leaves_nothing_to_the_next() {
    let mut skim = Skim::default();
    feed(&mut skim, br#"{"type":"user","message":{"content":[{"type":"tool_result"}]},"uuid":"#);
    assert_eq!(skim.end(), LineKind::Bad);
    assert!(skim.has_tool_result());
    skim.clear();
    feed(&mut skim, br#"{"isMeta":true}"#);
    assert_eq!(skim.end(), LineKind::Record);
    assert!(skim.flag(Field::IsMeta) && !skim.has_tool_result() && skim.text(Field::Type).is_none());
}

/// JSON made of the keys that matter, in places where they do and where they do not.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(
        [
            "type",
            "uuid",
            "message",
            "model",
            "content",
            "error",
            "cause",
            "code",
            "status",
            "isMeta",
            "retryAttempt",
            "x",
        ]
        .as_slice(),
    );
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-9_i32..99).prop_map(Value::from),
        any::<f32>().prop_map(|number| json!(number)),
        prop::sample::select(["tool_result", "user", "a\"\\\n\u{1}ä🦀", ""].as_slice()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let value = leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6).prop_map(|map| json!(map)),
        ]
    });
    prop::collection::btree_map(
        prop::sample::select(
            ["type", "uuid", "message", "error", "cause", "status", "isMeta", "retryAttempt", "x"].as_slice(),
        ),
        value,
        0..7,
    )
    .prop_map(|map| json!(map))
}

proptest! {
    #[test]
    fn what_is_kept_is_what_a_plain_parse_finds(value in any_json(), piece in 1_usize..40, is_pretty in any::<bool>()) {
        let line = if is_pretty { format!("{value:#}") } else { value.to_string() };
        let (kind, skim) = skimmed(line.as_bytes(), piece);
        prop_assert_eq!(kind, LineKind::Record);
        let text = |path: &str| value.pointer(path).and_then(Value::as_str);
        for (field, path) in [
            (Field::Type, "/type"),
            (Field::Uuid, "/uuid"),
            (Field::MessageModel, "/message/model"),
            (Field::CauseCode, "/cause/code"),
            (Field::ErrorCauseCode, "/error/cause/code"),
            (Field::ErrorErrorErrorType, "/error/error/error/type"),
        ] {
            let kept = skim.text(field);
            prop_assert_eq!(kept.as_deref(), text(path), "{}", path);
        }
        prop_assert_eq!(skim.flag(Field::IsMeta), value.get("isMeta") == Some(&Value::Bool(true)));
        prop_assert_eq!(skim.number(Field::RetryAttempt), value.get("retryAttempt").and_then(Value::as_f64));
        prop_assert_eq!(skim.number(Field::ErrorStatus), value.pointer("/error/status").and_then(Value::as_f64));
        let blocks = value.pointer("/message/content").and_then(Value::as_array);
        let has_result = blocks.is_some_and(|blocks| blocks.iter().any(|block| block.get("type") == Some(&"tool_result".into())));
        prop_assert_eq!(skim.has_tool_result(), has_result);
    }

    #[test]
    fn what_is_damaged_is_judged_as_serde_json_does(
        value in any_json(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        change in 0..3,
    ) {
        let mut line = value.to_string().into_bytes();
        let at = at.index(line.len());
        match change {
            0 => line.truncate(at),
            1 => line[at] = byte,
            _ => line.insert(at, byte),
        }
        line.retain(|byte| *byte != b'\n');
        prop_assert_eq!(kind(&line), plain_kind(&line), "{}", String::from_utf8_lossy(&line));
    }

    #[test]
    fn anything_at_all_is_judged_as_serde_json_does(line in prop::collection::vec(any::<u8>(), 0..60), like in "[{}\\[\\]\",:0-9a-z.\\\\ ]{0,40}") {
        for line in [line.as_slice(), like.as_bytes()] {
            let line: Vec<u8> = line.iter().copied().filter(|byte| *byte != b'\n').collect();
            prop_assert_eq!(kind(&line), plain_kind(&line), "{}", String::from_utf8_lossy(&line));
        }
    }
}
