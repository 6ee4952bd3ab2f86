//! The code that a frozen host was caught in.

use std::fmt;

/// The innermost frame of a frozen host's stack that belongs to an extension, or else to VS Code.
///
/// All texts are what the extension's files say: bounded and cleaned by whoever read them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Culprit {
    /// `publisher.name`; `None` when no frame belongs to an extension.
    pub extension_id: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What the marketplace calls it.
    pub display_name: Option<String>,
    /// The function.
    pub function: String,
    /// The file, relative to the extension's folder.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// Where its authors take bug reports.
    pub bugs_url: Option<String>,
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.extension_id {
            Some(id) => write!(f, "{id}")?,
            None => f.write_str("code outside every extension")?,
        }
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        write!(f, " blocked the extension host in {}, {}:{}", self.function, self.file, self.line)
    }
}
