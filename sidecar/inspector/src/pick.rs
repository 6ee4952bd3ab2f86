//! Picks a few texts out of a JSON object that others wrote, and keeps nothing else of it in memory.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A member of the object.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'w> {
    /// Its name.
    pub(crate) name: &'w str,
    /// When it is itself an object: the member of it that is wanted.
    pub(crate) inner: &'w str,
}

/// What was found of a member. A text that is not a string counts as absent. Of equal names the last one counts.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Picked {
    /// The member itself, when it is a string.
    pub(crate) text: Option<String>,
    /// The wanted member of it, when it is an object.
    pub(crate) inner: Option<String>,
}

/// `None`: no JSON, or no object.
pub(crate) fn pick<const N: usize>(json: &[u8], wanted: [Wanted<'_>; N]) -> Option<[Picked; N]> {
    // Some editors put it in front of UTF-8, and VS Code passes over it.
    let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
    let mut picked = [const { Picked { text: None, inner: None } }; N];
    let mut json = serde_json::Deserializer::from_slice(json);
    let object = Object { wanted: &wanted, picked: &mut picked };
    json.deserialize_map(object).ok()?;
    json.end().ok()?;
    Some(picked)
}

struct Object<'w> {
    wanted: &'w [Wanted<'w>],
    picked: &'w mut [Picked],
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match self.wanted.iter().zip(&mut *self.picked).find(|(wanted, _)| wanted.name == name) {
                Some((wanted, picked)) => *picked = map.next_value_seed(Member { inner: wanted.inner })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads a value of any type.
struct Member<'w> {
    inner: &'w str,
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Picked;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Picked, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Picked;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Picked, E> {
        Ok(Picked { text: Some(text.to_owned()), inner: None })
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Picked, A::Error> {
        let mut picked = Picked::default();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name == self.inner {
                // Deeper down nothing is wanted; no name is empty.
                picked.inner = map.next_value_seed(Member { inner: "" })?.text;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(picked)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Picked, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Picked::default())
    }
    fn visit_bool<E>(self, _: bool) -> Result<Picked, E> {
        Ok(Picked::default())
    }
    fn visit_i64<E>(self, _: i64) -> Result<Picked, E> {
        Ok(Picked::default())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Picked, E> {
        Ok(Picked::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Picked, E> {
        Ok(Picked::default())
    }
    fn visit_unit<E>(self) -> Result<Picked, E> {
        Ok(Picked::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WANTED: [Wanted<'static>; 2] =
        [Wanted { name: "name", inner: "" }, Wanted { name: "bugs", inner: "url" }];

    #[track_caller]
    fn check(json: &str, name: Option<&str>, bugs: Option<&str>, url: Option<&str>) {
        let found = pick(json.as_bytes(), WANTED).unwrap();
        let found = [&found[0].text, &found[1].text, &found[1].inner].map(Option::as_deref);
        assert_eq!(found, [name, bugs, url], "{json}");
    }

    #[test]
    fn of_any_type() {
        check(r#"{"name": "a\u0062", "bugs": "u", "other": {"name": "c"}}"#, Some("ab"), Some("u"), None);
        check(
            "\u{feff}{\"name\": \"a\", \"bugs\": {\"email\": 1, \"url\": \"u\"}}",
            Some("a"),
            None,
            Some("u"),
        );
        for odd in
            ["1", "-1", "1.5", "true", "null", "[1, [2], {}]", r#"{"url": {"": "x"}}"#, r#"{"url": 1}"#]
        {
            check(&format!(r#"{{"bugs": {odd}, "name": {odd}}}"#), None, None, None);
        }
        check(r#"{"name": "first", "name": "last"}"#, Some("last"), None, None);
        assert_eq!(pick(b"[]", WANTED), None);
        assert_eq!(pick(br#"{"name": "a"} x"#, WANTED), None);
        assert_eq!(pick(br#"{"name": "a", "#, WANTED), None);
    }

    #[test]
    fn nested_without_end() {
        let depth = 300_000;
        let nested = "[".repeat(depth) + &"]".repeat(depth);
        check(&format!(r#"{{"x": {nested}, "bugs": {nested}, "name": "a"}}"#), Some("a"), None, None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes(json in prop::collection::vec(any::<u8>(), 0..200), text in ".*") {
            let _ = pick(&json, WANTED);
            let _ = pick(format!("{{\"name\":{text}").as_bytes(), WANTED);
            let _ = pick(format!("{{\"name\":\"{text}\"}}").as_bytes(), WANTED);
        }
    }
}
