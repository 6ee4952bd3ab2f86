//! `lifeline replay`: the same events through the same core.

use std::path::Path;

use super::{
    exit::{Exit, Failure},
    page::{Ink, Page, Word},
};
use crate::journal;

/// Replays and prints.
///
/// # Errors
/// When the file cannot be read, or no output.
pub(crate) fn replay(file: &Path, page: &mut Page<'_>) -> Result<Exit, Failure> {
    // Opened here first: what fails later is the output, or the disk.
    std::fs::File::open(file)
        .map_err(|error| Failure::problem(format!("Could not read {}: {error}.", file.display())))?;
    let result = journal::replay(file, page.writer())?;
    let decisions = format!("{} decisions compared,", result.decisions);
    let (differences, ink) = match result.differences {
        0 => ("all as recorded.".to_owned(), Ink::Good),
        differences => (format!("{differences} different."), Ink::Bad),
    };
    page.line(&[decisions.into(), Word::new(differences, ink)])?;
    if result.bad_lines > 0 {
        let lines = format!("{} lines of the file are no journal and were passed over.", result.bad_lines);
        page.line(&[Word::new(lines, Ink::Warn)])?;
    }
    Ok(if result.differences == 0 { Exit::Fine } else { Exit::Problem })
}
