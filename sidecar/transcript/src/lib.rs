//! Claude Code's transcripts, files of JSON lines: one record of any generation, the end of a file, read on as it grows, and how the
//! session stands by it, and whole files of any size, line by line.
//!
//! The format is Claude Code's own and may change in any release (FACTS section 5). Nothing here fails on what it does not know: what
//! cannot be understood counts as absent. No async, and no knowledge of processes.

mod fault;
mod file;
mod follow;
mod last_error;
mod listing;
mod places;
mod record;
mod scan;
mod skim;
mod stamp;
mod standing;
mod subagents;
mod tail;
mod text;
mod time;

pub use fault::{Requests, code_in_words};
pub use file::{is_folder, open_regular};
pub use follow::Follower;
pub use last_error::{LastError, last_error};
pub use listing::{Listed, list};
pub use places::{SUBAGENTS, Transcript, belongs_to, find, is_session_id, recent, session_id_of, slug};
pub use record::{Block, Content, Message, Record};
pub use scan::{Extent, Scanner};
pub use skim::{Field, LineKind, Skim};
pub use stamp::{FileId, Stamp};
pub use standing::{
    ANSWER_CHARS, Fault, PROMPT_CHARS, PendingTool, SUMMARY_CHARS, Standing, State, Whose, standing,
};
pub use subagents::at_work;
pub use tail::Tail;
pub use time::unix_ms;
