//! From call frames to a person's words: which extension, which function, which file and line.

use crate::manifest::{Extension, is_editor};
use crate::source::Source;
use crate::text::clean;
use crate::{Frame, Stack};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Folders looked at above a file. Bundled extensions have their code at most four folders deep.
const FOLDERS: usize = 12;
/// Longest file name shown, in bytes.
const FILE_BYTES: usize = 160;

/// Who kept the extension host from working.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    /// An extension; also one of those that come with VS Code.
    Extension(Extension),
    /// Lifeline's own extension: a drill, which freezes the host on purpose.
    Ourselves(Extension),
    /// VS Code, with no extension's code on the stack.
    Editor,
    /// Code that belongs to neither.
    Other,
}

/// What a frozen host was doing. All texts are safe to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Culprit {
    /// Whose code it was.
    pub who: Who,
    /// The innermost function of theirs that has a name.
    pub function: Option<String>,
    /// Relative to the folder of the extension, or of the editor; the whole path for [`Who::Other`]. `/` between its parts.
    pub file: String,
    /// Line of the innermost call in their code, counted from 1. With a name from further out this may lie in an
    /// anonymous function inside it.
    pub line: u32,
    /// Column in that line, counted from 1. In minified code it says more than the line.
    pub column: u32,
}

impl Culprit {
    /// The extension, when it is one that the user could disable.
    pub fn extension(&self) -> Option<&Extension> {
        match &self.who {
            Who::Extension(extension) => Some(extension),
            Who::Ourselves(_) | Who::Editor | Who::Other => None,
        }
    }
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            Who::Extension(extension) => write!(f, "`{}` {}", extension.id, extension.version)?,
            Who::Ourselves(_) => f.write_str("Lifeline's own drill")?,
            Who::Editor => f.write_str("VS Code itself")?,
            Who::Other => f.write_str("Code of no extension")?,
        }
        f.write_str(" blocked the extension host ")?;
        match &self.function {
            Some(function) => write!(f, "in `{function}`, ")?,
            None => f.write_str("in ")?,
        }
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Names the culprit: the innermost code of an extension, else of VS Code, else of any file. `None`: there was nothing
/// but Node's own code, or code from no file.
///
/// `own_id` is the id of Lifeline's extension. Reads at most a few manifests of 1 MiB below `root`, which is `/`, or
/// another folder in tests. May wait for a slow disk.
pub fn culprit(stack: &Stack, root: &Path, own_id: &str) -> Option<Culprit> {
    let mut owners = Owners { root, own_id, known: BTreeMap::new() };
    let places: Vec<Place<'_>> = stack
        .frames
        .iter()
        .filter_map(|frame| {
            let source = Source::of(&frame.url)?;
            let (who, depth) = owners.of(&source);
            Some(Place { frame, source, who, depth })
        })
        .collect();
    let is_extension = |place: &&Place<'_>| matches!(place.who, Who::Extension(_) | Who::Ourselves(_));
    let place = places.iter().find(is_extension).or(places.first())?;
    // An anonymous function is best known by who called it, as long as that is the same code.
    let named = places.iter().find(|outer| {
        let same = outer.who == place.who && (place.who != Who::Other || outer.source == place.source);
        same && !outer.frame.function.is_empty()
    });
    Some(Culprit {
        who: place.who.clone(),
        function: named.map(|place| place.frame.function.clone()),
        file: shown(&place.depth.map_or_else(|| place.source.whole(), |depth| place.source.within(depth))),
        line: place.frame.line,
        column: place.frame.column,
    })
}

/// A call in a file that is known.
struct Place<'a> {
    frame: &'a Frame,
    source: Source,
    who: Who,
    /// Of the owner's folder.
    depth: Option<usize>,
}

/// Whose code is whose. Every folder is looked at once.
struct Owners<'a> {
    root: &'a Path,
    own_id: &'a str,
    known: BTreeMap<PathBuf, Option<Who>>,
}

impl Owners<'_> {
    /// The owner of a file, and the depth of the owner's folder.
    fn of(&mut self, source: &Source) -> (Who, Option<usize>) {
        for depth in source.folders().take(FOLDERS) {
            if let Some(who) = self.of_folder(source.folder(depth, self.root)) {
                return (who, Some(depth));
            }
        }
        (Who::Other, None)
    }

    fn of_folder(&mut self, folder: PathBuf) -> Option<Who> {
        if let Some(known) = self.known.get(&folder) {
            return known.clone();
        }
        let who = match Extension::in_folder(&folder) {
            Some(extension) if extension.id.eq_ignore_ascii_case(self.own_id) => {
                Some(Who::Ourselves(extension))
            }
            Some(extension) => Some(Who::Extension(extension)),
            None => is_editor(&folder).then_some(Who::Editor),
        };
        self.known.insert(folder, who.clone());
        who
    }
}

/// Of a long path the end matters.
fn shown(file: &str) -> String {
    let mut from = file.len().saturating_sub(FILE_BYTES - '…'.len_utf8());
    while !file.is_char_boundary(from) {
        from += 1;
    }
    let end = file.get(from..).unwrap_or_default();
    // Cleaning can triple its length.
    clean(&if from == 0 { file.to_owned() } else { format!("…{end}") }, 3 * FILE_BYTES)
}
