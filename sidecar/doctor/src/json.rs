//! JSON as people write it: read with the place of everything, and changed so that all else stays as it was.
//!
//! Comments and commas before a closing bracket are read, as editors allow them in their own settings, and remembered: strict readers do not.

#[cfg(test)]
mod tests;

use std::{fmt::Write as _, ops::Range};

/// How deep values may be nested. Settings have four or five levels; each takes a frame of the stack.
const DEPTH_AT_MOST: usize = 64;

/// A value and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Object(Object),
    Array(Vec<Value>),
    Text(String),
    Number(String),
    Bool(bool),
    Null,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object {
    pub(crate) members: Vec<Member>,
    /// Where a comma after the last member ends.
    comma: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) name_span: Range<usize>,
    pub(crate) value: Value,
}

/// A text that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) root: Value,
    /// The first thing in it that strict JSON does not have.
    pub(crate) lenient: Option<Flaw>,
}

/// Why a text is no JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

impl Value {
    /// The member of this name; of several the last, as in JavaScript.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    pub(crate) fn members(&self) -> &[Member] {
        if let Kind::Object(object) = &self.kind { &object.members } else { &[] }
    }

    /// The same without its places.
    pub(crate) fn plain(&self) -> serde_json::Value {
        match &self.kind {
            Kind::Object(object) => {
                object.members.iter().map(|member| (member.name.clone(), member.value.plain())).collect()
            }
            Kind::Array(items) => items.iter().map(Self::plain).collect(),
            Kind::Text(text) => text.clone().into(),
            Kind::Number(number) => serde_json::from_str(number).unwrap_or_default(),
            Kind::Bool(value) => (*value).into(),
            Kind::Null => serde_json::Value::Null,
        }
    }
}

/// Reads a text.
pub(crate) fn parse(text: &str) -> Result<Parsed, Flaw> {
    let mut reader = Reader { text, at: 0, lenient: None };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    let root = reader.value(0)?;
    reader.skip()?;
    if reader.at < text.len() {
        return Err(reader.flaw("something follows after the end"));
    }
    Ok(Parsed { root, lenient: reader.lenient })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    lenient: Option<Flaw>,
}

impl Reader<'_> {
    fn flaw(&self, what: &'static str) -> Flaw {
        Flaw { at: self.at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn tolerate(&mut self, at: usize, what: &'static str) {
        self.lenient.get_or_insert(Flaw { at, what });
    }

    /// Skips what stands between values.
    fn skip(&mut self) -> Result<(), Flaw> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') if self.rest().starts_with("//") => {
                    self.tolerate(self.at, "a comment");
                    self.at += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
                }
                Some(b'/') if self.rest().starts_with("/*") => {
                    self.tolerate(self.at, "a comment");
                    let end = self.rest().find("*/").ok_or_else(|| self.flaw("a comment has no end"))?;
                    self.at += end + 2;
                }
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Flaw> {
        self.skip()?;
        if depth > DEPTH_AT_MOST {
            return Err(self.flaw("values are nested too deeply"));
        }
        let start = self.at;
        let kind = match self.peek() {
            None => return Err(self.flaw("it ends where a value should stand")),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Kind::Text(self.text()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
        };
        Ok(Value { kind, span: start..self.at })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, Flaw> {
        self.at += 1;
        let mut object = Object::default();
        loop {
            self.skip()?;
            match self.peek() {
                Some(b'}') => {
                    if let Some(comma) = object.comma {
                        self.tolerate(comma - 1, "a comma after the last member");
                    }
                    self.at += 1;
                    return Ok(Kind::Object(object));
                }
                Some(b'"') if object.members.is_empty() || object.comma.is_some() => {}
                Some(b'"') => return Err(self.flaw("a comma is missing before this")),
                None => return Err(self.flaw("a closing } is missing")),
                Some(_) => return Err(self.flaw("a name in quotes should stand here")),
            }
            let start = self.at;
            let name = self.text()?;
            let name_span = start..self.at;
            self.skip()?;
            if self.peek() != Some(b':') {
                return Err(self.flaw("a colon is missing before this"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            object.members.push(Member { name, name_span, value });
            self.skip()?;
            object.comma = self.comma();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind, Flaw> {
        self.at += 1;
        let mut items = Vec::new();
        let mut comma = None;
        loop {
            self.skip()?;
            match self.peek() {
                Some(b']') => {
                    if let Some(comma) = comma {
                        self.tolerate(comma - 1, "a comma after the last value");
                    }
                    self.at += 1;
                    return Ok(Kind::Array(items));
                }
                None => return Err(self.flaw("a closing ] is missing")),
                Some(_) if items.is_empty() || comma.is_some() => items.push(self.value(depth + 1)?),
                Some(_) => return Err(self.flaw("a comma is missing before this")),
            }
            self.skip()?;
            comma = self.comma();
        }
    }

    fn comma(&mut self) -> Option<usize> {
        (self.peek() == Some(b',')).then(|| {
            self.at += 1;
            self.at
        })
    }

    fn text(&mut self) -> Result<String, Flaw> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None | Some(b'\n' | b'\r') => {
                    return Err(Flaw { at: start, what: "a text has no closing quote" });
                }
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let unreadable = Flaw { at: start, what: "a text has an escape that is none" };
        let quoted = self.text.get(start..self.at).ok_or_else(|| unreadable.clone())?;
        serde_json::from_str(quoted).map_err(|_| unreadable)
    }

    fn number(&mut self) -> Result<Kind, Flaw> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let length = self.rest().bytes().take_while(|&byte| is_part(byte)).count();
        let number = &self.rest()[..length];
        if serde_json::from_str::<serde_json::Number>(number).is_err() {
            return Err(self.flaw("this is no number"));
        }
        let number = number.to_owned();
        self.at += length;
        Ok(Kind::Number(number))
    }

    fn word(&mut self) -> Result<Kind, Flaw> {
        for (word, kind) in [("true", Kind::Bool(true)), ("false", Kind::Bool(false)), ("null", Kind::Null)] {
            let rest = self.rest();
            if rest.starts_with(word) && !rest[word.len()..].starts_with(|next: char| next.is_alphanumeric())
            {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.flaw("no value begins like this"))
    }
}

/// A line and a column of a text, as in [`Place`](crate::Place).
pub(crate) fn position(text: &str, at: usize) -> (u32, u32) {
    let (mut line, mut column) = (1, 1);
    // An editor does not show the mark of the byte order.
    let shown = text.trim_start_matches('\u{feff}');
    let end = at.saturating_sub(text.len() - shown.len());
    let mut before = '\0';
    for (_, char) in shown.char_indices().take_while(|(start, _)| *start < end) {
        match char {
            '\n' if before == '\r' => {}
            '\n' | '\r' => (line, column) = (line + 1, 1),
            _ => column += if char.len_utf16() == 2 { 2 } else { 1 },
        }
        before = char;
    }
    (line, column)
}

/// The text with `path` (names of objects within each other, at least one) set to a text, all else as it was.
pub(crate) fn set(text: &str, path: &[&str], value: &str) -> Result<String, Flaw> {
    let quoted = quoted(value);
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Ok(format!("{}\n", nested(path, &quoted, "", "  ", "\n", true)));
    }
    let root = parse(text)?.root;
    let mut object = &root;
    for (depth, name) in path.iter().enumerate() {
        match object.member(name) {
            Some(member) if depth + 1 == path.len() => {
                let span = member.value.span.clone();
                return Ok(format!("{}{quoted}{}", &text[..span.start], &text[span.end..]));
            }
            Some(member) => object = &member.value,
            None => return insert(text, object, &path[depth..], &quoted),
        }
    }
    Err(Flaw { at: 0, what: "nothing was named" })
}

/// The text without the member at `path`, all else as it was; the same text when there is none.
pub(crate) fn remove(text: &str, path: &[&str]) -> Result<String, Flaw> {
    let root = parse(text)?.root;
    let Some((name, outer)) = path.split_last() else {
        return Err(Flaw { at: 0, what: "nothing was named" });
    };
    let mut object = &root;
    for name in outer {
        match object.member(name) {
            Some(member) => object = &member.value,
            None => return Ok(text.to_owned()),
        }
    }
    let members = object.members();
    let Some(at) = members.iter().rposition(|member| member.name == *name) else {
        return Ok(text.to_owned());
    };
    let member = &members[at];
    let (mut start, mut end) = (member.name_span.start, member.value.span.end);
    let comma = |from: usize, to: usize| text[from..to].find(',').map(|comma| from + comma);
    // Its own comma goes with it; the last one's is that of the one before.
    let mut before = None;
    match (at.checked_sub(1).map(|at| &members[at]), members.get(at + 1)) {
        (_, Some(next)) => end = comma(end, next.name_span.start).map_or(end, |comma| comma + 1),
        (Some(last), None) => before = comma(last.value.span.end, start),
        (None, None) => {}
    }
    let is_blank = |text: &str| text.chars().all(|char| matches!(char, ' ' | '\t' | '\r'));
    let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let line_end = text[end..].find('\n').map(|at| end + at + 1);
    match line_end {
        Some(line_end) if is_blank(&text[line..start]) && is_blank(text[end..line_end].trim_end()) => {
            (start, end) = (line, line_end);
        }
        _ if members.get(at + 1).is_some() => {
            end += text[end..].len() - text[end..].trim_start_matches(' ').len()
        }
        _ => start = text[..start].trim_end_matches(' ').len(),
    }
    let mut kept = format!("{}{}", &text[..start], &text[end..]);
    if let Some(before) = before {
        kept.remove(before);
    }
    let span = object.span.clone();
    if let ([_], Some(inner)) = (members, kept.get(span.start + 1..span.end - 1 - (text.len() - kept.len())))
        && inner.trim().is_empty()
    {
        kept.replace_range(span.start + 1..span.end - 1 - (text.len() - kept.len()), "");
    }
    // A comma in a comment may have been taken for one between members: better nothing than that.
    let is_right = parse(&kept)?.root.plain() == without(root.plain(), path);
    if is_right { Ok(kept) } else { Err(Flaw { at: start, what: "a comment stands in the way" }) }
}

/// The same, of values.
fn without(mut value: serde_json::Value, path: &[&str]) -> serde_json::Value {
    if let Some((name, outer)) = path.split_last() {
        let object = outer.iter().try_fold(&mut value, |value, name| value.get_mut(*name));
        if let Some(object) = object.and_then(serde_json::Value::as_object_mut) {
            object.remove(*name);
        }
    }
    value
}

/// Puts a new last member into an object, laid out as its neighbours are.
fn insert(text: &str, object: &Value, path: &[&str], quoted: &str) -> Result<String, Flaw> {
    let Kind::Object(Object { members, comma }) = &object.kind else {
        return Err(Flaw { at: object.span.start, what: "this is no object" });
    };
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let outer = indent(text, object.span.start);
    let brace = object.span.end - 1;
    let Some(last) = members.last() else {
        let unit = if outer.starts_with('\t') { "\t" } else { "  " };
        let member = member(path, quoted, &format!("{outer}{unit}"), unit, line_end, true);
        // What may stand in it is a comment: it stays before the new member.
        let kept = text[..brace].trim_end();
        return Ok(format!("{kept}{line_end}{outer}{unit}{member}{line_end}{outer}{}", &text[brace..]));
    };
    let inner = indent(text, last.name_span.start);
    let is_on_own_line = text[..last.name_span.start].ends_with(&format!("\n{inner}"));
    let after = comma.unwrap_or(last.value.span.end);
    let comma_now = if comma.is_some() { "" } else { "," };
    let comma_then = if comma.is_some() { "," } else { "" };
    if !is_on_own_line {
        let member = member(path, quoted, "", "", " ", false);
        return Ok(format!("{}{comma_now} {member}{comma_then}{}", &text[..after], &text[after..]));
    }
    let unit = inner.strip_prefix(outer).filter(|unit| !unit.is_empty()).unwrap_or("  ");
    let member = member(path, quoted, inner, unit, line_end, true);
    // A comment at the end of the last member's line stays with it.
    let rest = &text[after..brace];
    let line = &rest[..rest.find(['\r', '\n']).unwrap_or(rest.len())];
    let remark = line.trim();
    let stays =
        remark.starts_with("//") || (remark.starts_with("/*") && remark.find("*/") == Some(remark.len() - 2));
    let kept = if stays { line } else { "" };
    let tail = &text[after + kept.len()..];
    Ok(format!("{}{comma_now}{kept}{line_end}{inner}{member}{comma_then}{tail}", &text[..after]))
}

/// `"name": value`, or the object of an object.
fn member(
    path: &[&str],
    quoted_value: &str,
    indent: &str,
    unit: &str,
    line_end: &str,
    lines: bool,
) -> String {
    let Some((name, rest)) = path.split_first() else { return quoted_value.to_owned() };
    let value = if rest.is_empty() {
        quoted_value.to_owned()
    } else {
        nested(rest, quoted_value, indent, unit, line_end, lines)
    };
    format!("{}: {value}", quoted(name))
}

fn nested(path: &[&str], value: &str, indent: &str, unit: &str, line_end: &str, lines: bool) -> String {
    let deeper = format!("{indent}{unit}");
    let member = member(path, value, &deeper, unit, line_end, lines);
    if lines {
        format!("{{{line_end}{deeper}{member}{line_end}{indent}}}")
    } else {
        format!("{{ {member} }}")
    }
}

/// The blanks at the beginning of the line where `at` stands.
fn indent(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &text[start..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\0'..='\u{1f}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(char));
            }
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
