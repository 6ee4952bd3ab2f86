//! Which editors, extensions and CLIs are there, by their folders and files. None of them is run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{Asked, system::entries, text_of};
use crate::{
    facts::{Cli, Editor, Install, Installs},
    version::{in_path, version},
};

/// Commands of editors, what they are called, and where their extensions lie below the home folder.
const EDITORS: [(&str, &str, &str); 4] = [
    ("code", "VS Code", ".vscode/extensions"),
    ("code-insiders", "VS Code Insiders", ".vscode-insiders/extensions"),
    ("codium", "VSCodium", ".vscode-oss/extensions"),
    ("", "VS Code Server", ".vscode-server/extensions"),
];

/// What the folders of Claude Code's extension begin with.
const EXTENSION: &str = "anthropic.claude-code-";

/// Entries of a `PATH` that are looked at.
const PATH_AT_MOST: usize = 256;

/// Where to look.
pub(super) struct Search {
    path: Vec<PathBuf>,
    home: Option<PathBuf>,
    editor: Editor,
}

impl Search {
    pub(super) fn new(asked: &Asked) -> Self {
        let path = (asked.variable)("PATH").unwrap_or_default();
        // Relative ones mean something else in each folder.
        let path =
            std::env::split_paths(&path).filter(|folder| folder.is_absolute()).take(PATH_AT_MOST).collect();
        Self { path, home: asked.home(), editor: asked.editor.clone() }
    }

    pub(super) fn find(&self) -> Installs {
        let mut installs = Installs { clis: self.clis(), node: self.node(), ..Installs::default() };
        let told = &self.editor;
        if let Some(version) = told.version.as_deref().filter(|text| version_is_plain(text)) {
            let editor =
                told.name.clone().and_then(|name| text(&name.into())).unwrap_or_else(|| "The editor".into());
            installs.extensions.extend(told.claude_code.as_ref().and_then(|extension| {
                Some(Install {
                    editor: editor.clone(),
                    version: extension.version.clone().filter(|version| version_is_plain(version))?,
                    engine: extension.engine.clone(),
                })
            }));
            installs.editors.push(Install { editor, version: version.to_owned(), engine: None });
            return installs;
        }
        for (command, name, extensions) in EDITORS {
            let version = if command.is_empty() { self.server() } else { self.desktop(command) };
            let install = |version| Install { editor: name.into(), version, engine: None };
            installs.editors.extend(version.map(install));
            let folder = self.home.as_deref().map(|home| home.join(extensions));
            installs.extensions.extend(folder.and_then(|folder| extension(&folder, name)));
        }
        installs
    }

    /// Files of this name in the folders of the `PATH`, the one that is run first.
    fn on_path(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ""] } else { &[""] };
        let name = name.to_owned();
        self.path
            .iter()
            .flat_map(move |folder| {
                endings.iter().map(|ending| folder.join(format!("{name}{ending}"))).collect::<Vec<_>>()
            })
            .filter(|path| is_program(path))
    }

    fn clis(&self) -> Vec<Cli> {
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut programs = Vec::new();
        for path in self.on_path("claude") {
            let Ok(target) = fs::canonicalize(&path) else { continue };
            if !seen.contains(&target) {
                programs.push(cli(path, &target));
                seen.push(target);
            }
        }
        programs
    }

    fn node(&self) -> Option<(PathBuf, Option<String>)> {
        let path = self.on_path("node").next()?;
        let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let version = in_path(&target).or_else(|| header_version(&target)).or_else(|| header_version(&path));
        Some((path, version))
    }

    /// `…/bin/code` beside `…/package.json`, or (Windows) `…/resources/app/package.json`.
    fn desktop(&self, command: &str) -> Option<String> {
        let program = fs::canonicalize(self.on_path(command).next()?).ok()?;
        let above = program.ancestors().skip(1).take(3);
        above
            .flat_map(|folder| [folder.to_owned(), folder.join("resources/app")])
            .find_map(|app| product(&app))
    }

    /// The server that was installed last.
    fn server(&self) -> Option<String> {
        let root = self.home.as_deref()?.join(".vscode-server");
        let servers = entries(&root.join("cli/servers"))
            .map(|folder| folder.join("server"))
            .chain(entries(&root.join("bin")));
        let made = |folder: &PathBuf| fs::metadata(folder).and_then(|known| known.modified()).ok();
        let newest = servers.filter(|folder| folder.join("product.json").exists()).max_by_key(made)?;
        product(&newest)
    }
}

/// The version of VS Code that an application says it is.
fn product(app: &Path) -> Option<String> {
    let product = manifest(&app.join("product.json"))?;
    // An editor that is built from VS Code has a version of its own, too.
    let told = product["vscodeVersion"].as_str().or_else(|| product["version"].as_str());
    let told = told.map(str::to_owned).or_else(|| text(&manifest(&app.join("package.json"))?["version"]));
    told.filter(|told| version_is_plain(told))
}

/// The newest of Claude Code's extensions in a folder; older ones stay until the editor tidies up.
fn extension(folder: &Path, editor: &str) -> Option<Install> {
    let named = entries(folder)
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(EXTENSION)));
    let read = named.filter_map(|path| {
        let manifest = manifest(&path.join("package.json"))?;
        let version = text(&manifest["version"]).filter(|version| version_is_plain(version))?;
        Some(Install { editor: editor.into(), version, engine: text(&manifest["engines"]["vscode"]) })
    });
    read.max_by_key(|install| version(&install.version))
}

fn cli(path: PathBuf, target: &Path) -> Cli {
    // The package of npm: `…/claude-code/cli.js` or `…/claude-code/bin/claude.exe`.
    let package =
        target.ancestors().skip(1).take(2).find_map(|folder| manifest(&folder.join("package.json")));
    let package = package.filter(|package| package["name"] == "@anthropic-ai/claude-code");
    let is_script =
        target.extension().is_some_and(|ending| ["js", "mjs", "cjs"].iter().any(|script| ending == *script));
    let version = package.as_ref().and_then(|package| text(&package["version"])).or_else(|| in_path(target));
    let node = package.filter(|_| is_script).and_then(|package| text(&package["engines"]["node"]));
    Cli { path, version: version.filter(|text| version_is_plain(text)), node }
}

fn version_is_plain(text: &str) -> bool {
    version(text).is_some()
        && text.len() <= 32
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
}

/// What `node_version.h` beside a Node says.
fn header_version(node: &Path) -> Option<String> {
    let header = node.parent()?.parent()?.join("include/node/node_version.h");
    let text = text_of(&header).ok().flatten()?;
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name))?;
        line.trim().parse::<u32>().ok()
    };
    Some(format!(
        "{}.{}.{}",
        number("NODE_MAJOR_VERSION ")?,
        number("NODE_MINOR_VERSION ")?,
        number("NODE_PATCH_VERSION ")?
    ))
}

fn manifest(path: &Path) -> Option<Value> {
    serde_json::from_str(&text_of(path).ok()??).ok()
}

/// A text of a manifest, when it is one that may be told.
fn text(value: &Value) -> Option<String> {
    let is_plain =
        |text: &&str| text.len() <= 64 && text.chars().all(|char| char.is_ascii_graphic() || char == ' ');
    value.as_str().filter(is_plain).map(str::to_owned)
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).is_ok_and(|known| known.is_file() && known.mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
