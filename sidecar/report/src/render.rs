//! A report for people: as text, as Markdown, as a page.
//!
//! All three tell the same sections. What others wrote (names, codes) is escaped here, once for each form.

mod html;
mod markdown;
mod plots;
mod sections;
#[cfg(test)]
mod tests;
mod text;

pub use html::html;
pub use markdown::markdown;
pub use text::text;
