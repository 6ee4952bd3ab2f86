//! What an extension's `package.json` says about it, and whose folder a folder is.

use crate::pick::{Wanted, pick};
use crate::text::clean;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

/// Largest file read. The largest manifests in the marketplace have about 600 KB; VS Code's `product.json` has 300 KB.
const FILE_BYTES: u64 = 1024 * 1024;
/// Longest publisher or name, in bytes.
const NAME_BYTES: usize = 128;
const VERSION_BYTES: usize = 64;
const DISPLAY_NAME_BYTES: usize = 80;
const URL_BYTES: usize = 512;

/// An installed extension.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extension {
    /// `publisher.name`, letters, digits, `-` and `_` only, in the manifest's own case.
    pub id: String,
    /// Such as `1.4.2`.
    pub version: String,
    /// The name that the user knows it by.
    pub display_name: Option<String>,
    /// Where its authors take reports: `http:` or `https:`, plain ASCII. From the manifest: show it before it is opened.
    pub bugs_url: Option<String>,
}

impl Extension {
    /// The extension whose own folder this is.
    pub(crate) fn in_folder(folder: &Path) -> Option<Self> {
        let json = read(&folder.join("package.json"))?;
        let [publisher, name, version, engines, display_name, bugs] = pick(
            &json,
            [
                plain("publisher"),
                plain("name"),
                plain("version"),
                Wanted { name: "engines", inner: "vscode" },
                plain("displayName"),
                Wanted { name: "bugs", inner: "url" },
            ],
        )?;
        // Packages in the extension's node_modules have manifests, too, but are not made for VS Code.
        engines.inner?;
        let publisher = publisher.text.filter(|text| is_name(text))?;
        let name = name.text.filter(|text| is_name(text))?;
        Some(Self {
            id: format!("{publisher}.{name}"),
            version: version.text.filter(|text| is_version(text))?,
            display_name: display_name.text.and_then(|shown| localised(&shown, folder)),
            bugs_url: bugs.text.or(bugs.inner).filter(|url| is_web_address(url)),
        })
    }
}

/// Whether VS Code itself, or a program made of it, is installed in this folder.
pub(crate) fn is_editor(folder: &Path) -> bool {
    let product = read(&folder.join("product.json")).and_then(|json| pick(&json, [plain("applicationName")]));
    product.is_some_and(|[name]| name.text.is_some())
}

/// A display name of `%key%` stands in `package.nls.json` under that key, as text or as `{"message": text}`.
fn localised(shown: &str, folder: &Path) -> Option<String> {
    let name = match shown.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')) {
        Some(key) => {
            let words = read(&folder.join("package.nls.json"))?;
            let [word] = pick(&words, [Wanted { name: key, inner: "message" }])?;
            word.text.or(word.inner)?
        }
        None => shown.to_owned(),
    };
    let name = clean(name.trim(), DISPLAY_NAME_BYTES);
    (!name.is_empty()).then_some(name)
}

fn plain(name: &str) -> Wanted<'_> {
    Wanted { name, inner: "" }
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=NAME_BYTES).contains(&text.len()) && text.bytes().all(plain)
}

fn is_version(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+');
    (1..=VERSION_BYTES).contains(&text.len()) && text.bytes().all(plain)
}

fn is_web_address(url: &str) -> bool {
    let web = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b'(' | b')')
    };
    url.len() <= URL_BYTES
        && url.bytes().all(plain)
        && web.is_some_and(|rest| !rest.starts_with('/') && !rest.is_empty())
}

/// A whole regular file of at most [`FILE_BYTES`].
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut file = open(path).ok()?;
    let metadata =
        file.metadata().ok().filter(|metadata| metadata.is_file() && metadata.len() <= FILE_BYTES)?;
    let mut text = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
    // It may have grown.
    let length = file.by_ref().take(FILE_BYTES + 1).read_to_end(&mut text).ok()?;
    (length as u64 <= FILE_BYTES).then_some(text)
}

/// Without waiting: a FIFO of that name would hold us until somebody writes to it.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}
