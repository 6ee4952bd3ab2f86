//! Variables that are set for Claude Code alone, in the block `env` of its settings, and taken back so that the file is as it was.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Change, checks, json, look};

/// The block.
const BLOCK: &str = "env";

/// Variables that name a proxy, those that win first. The others are for `http://` alone, or for programs that know nothing else.
pub const PROXY: [&str; 6] = checks::PROXY_VARIABLES;

/// Where Claude Code looks for a proxy for `https://` (2.1.329): the first so many of [`PROXY`], the first of them that is not empty.
pub const PROXY_READ: usize = 4;

/// The variable that leads Claude Code to another server than the API's own.
pub const BASE_URL: &str = "ANTHROPIC_BASE_URL";

/// The variable that names a file of further authorities that Claude Code trusts, as all programs in Node.
pub const EXTRA_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

/// Variables that name its exceptions.
pub const NO_PROXY: [&str; 2] = checks::NO_PROXY_VARIABLES;

/// A list of exceptions that has the loopback in it: the same, or with it.
pub fn excepting_loopback(list: &str) -> String {
    checks::excepting(list)
}

/// What was set, to be taken back one day. It holds former values, so it is its owner's alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// The file, as it was named.
    pub file: PathBuf,
    /// There was none before.
    pub is_new: bool,
    /// What the file held before; `None` when there was none.
    pub backup: Option<PathBuf>,
    /// The variables.
    pub variables: Vec<Variable>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it was set to.
    pub value: String,
    /// What it was before; `None` when it was not set.
    pub before: Option<String>,
}

/// The block as it stands; values that are no texts are left out. Empty without a file or a block.
///
/// # Errors
/// A sentence: the file cannot be read, or is no JSON.
pub fn read(file: &Path) -> Result<BTreeMap<String, String>, String> {
    match text(file)? {
        None => Ok(BTreeMap::new()),
        Some(text) => block(file, &text),
    }
}

/// What setting these would change. Changes nothing.
///
/// # Errors
/// A sentence: the file cannot be read, or is not of the kind that can be changed, or that Claude Code would read: it takes no notice of a file with
/// comments or commas before a closing bracket (measured, 2.1.329).
pub fn set(file: &Path, variables: &[(String, String)]) -> Result<(Change, Taken), String> {
    let before = text(file)?;
    if let Some(flaw) = before.as_deref().and_then(|text| json::parse(text).ok()?.lenient) {
        let (line, _) = json::position(before.as_deref().unwrap_or_default(), flaw.at);
        let why = format!(
            "has {} in line {line}, and Claude Code does not read such a file. Remove it and try again. Claude Code would not see the change",
            flaw.what
        );
        return Err(refused(file, &why));
    }
    let known = block(file, before.as_deref().unwrap_or_default())?;
    let variables: Vec<Variable> = variables
        .iter()
        .map(|(name, value)| Variable {
            name: name.clone(),
            value: value.clone(),
            before: known.get(name).cloned(),
        })
        .collect();
    let after = with(file, before.as_deref().unwrap_or_default(), &variables)?;
    let taken = Taken { file: file.to_owned(), is_new: before.is_none(), backup: None, variables };
    Ok((Change { file: real(file), before, after: Some(after) }, taken))
}

/// What taking them back would change: the whole file to what it was, when nobody has written to it since; else only those variables that still
/// have our value.
///
/// # Errors
/// As [`set`].
pub fn take_back(taken: &Taken) -> Result<Change, String> {
    let file = &taken.file;
    let now = text(file)?;
    let Some(found) = &now else { return Ok(Change { file: real(file), before: None, after: None }) };
    let was = taken.backup.as_ref().and_then(|backup| look::text_of(backup).ok().flatten());
    if was.is_some() || taken.is_new {
        let before = was.as_deref().unwrap_or_default();
        if with(file, before, &taken.variables).as_ref() == Ok(found) {
            return Ok(Change { file: real(file), before: now, after: was });
        }
    }
    let known = block(file, found)?;
    let mut after = found.clone();
    for variable in taken.variables.iter().rev().filter(|ours| known.get(&ours.name) == Some(&ours.value)) {
        let path = [BLOCK, &variable.name];
        let changed = match &variable.before {
            Some(before) => json::set(&after, &path, before),
            None => json::remove(&after, &path),
        };
        after = changed.map_err(|flaw| refused(file, &format!("cannot be changed ({})", flaw.what)))?;
    }
    Ok(Change { file: real(file), before: now, after: Some(after) })
}

fn with(file: &Path, text: &str, variables: &[Variable]) -> Result<String, String> {
    let set = |text: String, ours: &Variable| json::set(&text, &[BLOCK, &ours.name], &ours.value);
    (variables.iter().try_fold(text.to_owned(), set))
        .map_err(|flaw| refused(file, &format!("cannot be changed ({})", flaw.what)))
}

fn block(file: &Path, text: &str) -> Result<BTreeMap<String, String>, String> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let root = json::parse(text).map_err(|flaw| refused(file, &format!("is no JSON ({})", flaw.what)))?.root;
    let members = root.member(BLOCK).map(|member| member.value.members()).unwrap_or_default();
    let texts = members.iter().filter_map(|member| match &member.value.kind {
        json::Kind::Text(value) => Some((member.name.clone(), value.clone())),
        _ => None,
    });
    Ok(texts.collect())
}

fn text(file: &Path) -> Result<Option<String>, String> {
    look::text_of(&real(file)).map_err(|why| refused(file, &why))
}

/// After links.
fn real(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

fn refused(file: &Path, why: &str) -> String {
    format!("{} {why}, so nothing was changed.", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "http://127.0.0.1:20001";

    fn ours() -> Vec<(String, String)> {
        [("HTTPS_PROXY", OURS), ("NO_PROXY", "127.0.0.1,localhost")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    /// Sets, lets `meddle` write, takes back, and returns what the file holds then.
    fn round(before: Option<&str>, meddle: impl Fn(String) -> String) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".claude/settings.json");
        if let Some(before) = before {
            fs::create_dir(home.path().join(".claude")).unwrap();
            fs::write(&file, before).unwrap();
        }
        let (change, mut taken) = set(&file, &ours()).unwrap();
        taken.backup = change.carry_out(home.path(), 1).unwrap();
        assert_eq!(read(&file).unwrap().get("HTTPS_PROXY").map(String::as_str), Some(OURS));
        fs::write(&file, meddle(fs::read_to_string(&file).unwrap())).unwrap();
        let taken: Taken = serde_json::from_str(&serde_json::to_string(&taken).unwrap()).unwrap();
        take_back(&taken).unwrap().carry_out(home.path(), 2).unwrap();
        fs::read_to_string(&file).ok()
    }

    #[test]
    fn a_file_that_nobody_wrote_to_is_as_it_was_to_the_byte() {
        for before in [
            "{}",
            "",
            "{\r\n\t\"model\": \"opus\" }",
            "{ \"env\": { \"HTTPS_PROXY\": \"http://u:p@proxy.example:3128\" } }\n",
            "{\n  \"env\": {\n    \"NO_PROXY\": \"a\"\n  }\n}",
        ] {
            assert_eq!(round(Some(before), |text| text).as_deref(), Some(before), "{before}");
        }
        assert_eq!(round(None, |text| text), None, "what was not there is gone again");
    }

    #[test]
    fn in_a_file_that_was_written_to_only_our_own_values_go() {
        let add = |text: String| json::set(&text, &["model"], "opus").unwrap();
        assert_eq!(round(Some("{}"), add).as_deref(), Some("{\n  \"env\": {},\n  \"model\": \"opus\"\n}"));
        let before = "{ \"env\": { \"HTTPS_PROXY\": \"http://a:1\", \"X\": \"1\" } }";
        let after = round(Some(before), add).unwrap();
        assert_eq!(
            after,
            "{ \"env\": { \"HTTPS_PROXY\": \"http://a:1\", \"X\": \"1\" }, \"model\": \"opus\" }"
        );
        // Somebody has set another proxy meanwhile.
        let other = |text: String| json::set(&text, &["env", "HTTPS_PROXY"], "http://b:2").unwrap();
        let after = round(Some(before), other).unwrap();
        assert_eq!(after, "{ \"env\": { \"HTTPS_PROXY\": \"http://b:2\", \"X\": \"1\" } }");
        assert_eq!(round(Some("{}"), |_| "{}".into()).as_deref(), Some("{}"), "they have gone already");
    }

    #[test]
    fn what_cannot_be_changed_is_left() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("settings.json");
        for bad in ["{", "[]", "{\"env\": 1}", "{ // mine\n}", "{\"a\": 1,}"] {
            fs::write(&file, bad).unwrap();
            assert!(set(&file, &ours()).unwrap_err().ends_with("so nothing was changed."), "{bad}");
        }
    }
}
