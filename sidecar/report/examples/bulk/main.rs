//! A corpus as large as a heavy user's, written as fast as the disk takes it: `bulk FOLDER BYTES` fills `FOLDER/projects`, and prints what it
//! tells. Every line is a whole record and none is a copy, so that any tool can be asked the same and must find the same.
//!
//! Sizes of files and records are spread as in real ones: half of the files have less than 90 kB and a few have 10 to 40 MB, and most bytes are
//! results of tools, written twice, with an escape in forty bytes. The same size gives the same bytes.
#![allow(clippy::unwrap_used, reason = "an example; nobody is there whom an error could be told")]

mod pool;
#[path = "../../tests/support/mod.rs"]
mod support;
mod writer;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use pool::Pool;
use serde_json::{Value, json};
use support::{Dice, truth::Truth};
use writer::{Plan, Writer};

/// The mean of such a spread (FACTS section 5: 1.10 GB in 2,500 files).
const BYTES_PER_FILE: u64 = 440_000;
const FILES_AT_LEAST: u64 = 20;
const MEDIAN_BYTES: f64 = 80_000.0;
/// Mean by median is e to the half of its square.
const SIGMA: f64 = 1.846;
const FILE_BYTES: (f64, f64) = (900.0, 40_000_000.0);
/// Larger ones are of sessions; a smaller one after a session's is in half of the cases its subagent's.
const SUBAGENT_BYTES_AT_MOST: u64 = 1_000_000;
const PROJECTS: u64 = 12;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, bytes] = arguments.as_slice() else { return ExitCode::from(2) };
    let Ok(bytes) = bytes.parse() else { return ExitCode::from(2) };
    let told = write(&Path::new(folder).join("projects"), bytes);
    #[expect(clippy::print_stdout, reason = "it is what the program is for")]
    {
        println!("{told}");
    }
    ExitCode::SUCCESS
}

/// Writes all files, and returns what they tell.
fn write(projects: &Path, bytes: u64) -> Value {
    let mut dice = Dice::new(1);
    let (pool, mut told) = (Pool::new(&mut dice), Told::default());
    let mut last: Option<(PathBuf, String)> = None;
    for bytes in sizes(&mut dice, bytes) {
        let owner = last.filter(|_| bytes <= SUBAGENT_BYTES_AT_MOST && dice.chance(50));
        let is_subagent = owner.is_some();
        let (project, session) = owner.unwrap_or_else(|| {
            (projects.join(format!("-home-ann-project-{}", dice.below(PROJECTS))), dice.uuid())
        });
        let path = if is_subagent {
            let name = format!("agent-{:010x}.jsonl", dice.below(1 << 40));
            project.join(&session).join("subagents").join(name)
        } else {
            project.join(format!("{session}.jsonl"))
        };
        let text =
            Writer::new(&mut dice, &pool, &mut told, Plan { session: &session, is_subagent, bytes }).text();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &text).unwrap();
        told.truth.files += 1;
        told.truth.subagent_files += u64::from(is_subagent);
        told.truth.bytes += text.len() as u64;
        last = Some((project, session));
    }
    told.json()
}

/// Log-normal sizes that add up to about so many bytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "sizes need no more than 52 bits"
)]
fn sizes(dice: &mut Dice, bytes: u64) -> Vec<u64> {
    let count = (bytes / BYTES_PER_FILE).max(FILES_AT_LEAST);
    let spread: Vec<f64> = (0..count)
        .map(|_| {
            // A sum of twelve is as good as normal.
            let sum: u64 = (0..12).map(|_| dice.below(1 << 32)).sum();
            let deviation = sum as f64 / (1_u64 << 32) as f64 - 6.0;
            MEDIAN_BYTES * (SIGMA * deviation).exp()
        })
        .collect();
    let scale = bytes as f64 / spread.iter().sum::<f64>();
    let (least, most) = FILE_BYTES;
    spread.iter().map(|size| (size * scale).clamp(least, most) as u64).collect()
}

/// What was written.
#[derive(Default)]
struct Told {
    truth: Truth,
    /// Records that hold the fields of an error deeper inside, where somebody's transcript was read.
    decoys: u64,
    /// Answers of the model, whose records are one or more each.
    requests: u64,
    tokens: u64,
}

impl Told {
    fn json(&self) -> Value {
        let Self { truth, decoys, tokens, .. } = self;
        let errors = &truth.report()["errors"];
        json!({
            "corpus": {
                "files": truth.files, "subagentFiles": truth.subagent_files, "bytes": truth.bytes, "lines": truth.lines,
            },
            "errors": { "total": errors["total"], "byCode": errors["byCode"], "byStatus": errors["byStatus"] },
            "decoys": decoys,
            "tokens": tokens,
        })
    }
}
