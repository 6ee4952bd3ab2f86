//! Claude Code's transcripts, files of JSON lines: one record of any generation, the end of a file and how the
//! session stands by it, and whole files of any size, line by line.
//!
//! The format is Claude Code's own and may change in any release (FACTS section 5). Nothing here fails on what it does not know: what
//! cannot be understood counts as absent. No async, and no knowledge of processes.

mod file;
mod listing;
mod places;
mod record;
mod scan;
mod skim;
mod standing;
mod subagents;
mod tail;
mod text;
mod time;

pub use file::open_regular;
pub use listing::{Listed, list};
pub use places::{Transcript, find, is_session_id, recent, session_id_of, slug};
pub use record::{Block, Content, Message, Record};
pub use scan::Scanner;
pub use skim::{Field, LineKind, Skim};
pub use standing::{
    ANSWER_CHARS, PROMPT_CHARS, PendingTool, SUMMARY_CHARS, Standing, State, Whose, standing,
};
pub use subagents::at_work;
pub use tail::Tail;
pub use time::unix_ms;
