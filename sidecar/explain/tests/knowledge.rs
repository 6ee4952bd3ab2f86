//! The file of knowledge itself: whole, sourced, and each entry found by its own examples.

use std::collections::BTreeSet;

use lifeline_explain::{explain, knowledge};
use serde_json::Value;

/// The items of the file: entries with how they are recognised, and examples.
fn items() -> Vec<Value> {
    serde_json::from_str(include_str!("../src/knowledge.json")).expect("a list")
}

fn entries() -> Vec<Value> {
    items().into_iter().map(|mut item| item["entry"].take()).collect()
}

fn texts<'a>(entry: &'a Value, field: &str) -> Vec<&'a str> {
    let list = entry[field].as_array().unwrap_or_else(|| panic!("{} has no {field}", entry["id"]));
    list.iter().map(|text| text.as_str().expect("a text")).collect()
}

#[test]
fn every_entry_can_be_read_and_has_an_id_of_its_own() {
    let ids: BTreeSet<&str> = knowledge().iter().map(|known| known.entry.id).collect();
    assert_eq!((ids.len(), knowledge().len()), (entries().len(), entries().len()));
    for id in ids {
        let is_plain =
            id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(is_plain && !id.is_empty(), "{id}");
    }
}

#[test]
fn every_entry_says_all_in_whole_sentences_and_where_it_is_known_from() {
    for entry in entries() {
        let id = &entry["id"];
        for field in ["meaning", "tokensBecause"] {
            let text = entry[field].as_str().unwrap_or_default();
            assert!(text.ends_with('.') && text.len() > 20, "{id}: {field}");
        }
        for step in texts(&entry, "whatToDo") {
            assert!(step.ends_with('.'), "{id}: {step}");
        }
        let title = entry["title"].as_str().unwrap_or_default();
        assert!(!title.is_empty() && !title.ends_with('.'), "{id}: a title is no sentence");
        let sources = texts(&entry, "sources");
        let is_known = |source: &&str| {
            ["https://", "seed ", "FACTS, section"].iter().any(|start| source.starts_with(start))
        };
        assert!(!sources.is_empty() && sources.iter().all(is_known), "{id}: {sources:?}");
        assert!(!texts(&entry, "whatToDo").is_empty(), "{id}");
    }
}

#[test]
fn nothing_advises_what_has_done_harm() {
    let all = entries().iter().map(|entry| entry["whatToDo"].to_string()).collect::<String>().to_lowercase();
    for harm in ["pkill", "killall", "kill -9", "config set", "rm -rf", "unauthorized=0)."] {
        let is_warned_of = all.matches(harm).count() == all.matches("do not switch verification off").count();
        assert!(!all.contains(harm) || (harm.starts_with("unauthorized") && is_warned_of), "{harm}");
    }
}

#[test]
fn every_entry_is_found_by_each_of_its_examples() {
    for item in items() {
        let examples = texts(&item, "examples");
        assert!(!examples.is_empty(), "{}", item["entry"]["id"]);
        for example in examples {
            let found = explain(example).known.map(|known| known.entry.id);
            assert_eq!(found, item["entry"]["id"].as_str(), "{example}");
        }
    }
}

#[test]
fn phrases_are_as_a_cleaned_text_has_them() {
    for known in knowledge() {
        let by = &known.recognised_by;
        for phrase in &by.phrases {
            let is_word = |word: &str| {
                let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_';
                !word.is_empty() && word.chars().all(is_plain)
            };
            let mut words = phrase.split(' ');
            assert!(words.next().is_some_and(is_word), "{phrase:?}");
            assert!(words.all(|word| word == "#" || is_word(word)), "{phrase:?}");
        }
        assert!(by.statuses.iter().all(|status| (100..600).contains(status)), "{}", known.entry.id);
        assert!(by.exits.iter().all(|exit| (129..160).contains(exit)), "{}", known.entry.id);
        let texts = by.codes.len() + by.phrases.len() + by.statuses.len() + by.exits.len();
        assert!(texts > 0, "{} is recognised by nothing", known.entry.id);
    }
}
