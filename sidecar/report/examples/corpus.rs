//! Writes a corpus with known truth: `corpus FOLDER SESSIONS FAILING_PERCENT BYTES_AT_MOST`, and prints the report that it must give.

#[path = "../tests/support/mod.rs"]
mod support;

use std::{path::Path, process::ExitCode};

use support::{Corpus, Plan};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, numbers @ ..] = arguments.as_slice() else { return ExitCode::from(2) };
    let numbers: Vec<u64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
    let [sessions, failing_percent, bytes_at_most] = numbers[..] else { return ExitCode::from(2) };
    let corpus = Corpus::new(Plan { seed: 1, sessions, failing_percent, bytes_at_most });
    corpus.write(Path::new(folder));
    #[expect(clippy::print_stdout, reason = "it is what the program is for")]
    {
        println!("{}", corpus.truth.report());
    }
    ExitCode::SUCCESS
}
