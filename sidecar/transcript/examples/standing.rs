//! How sessions stand by their transcripts: `cargo run -p lifeline-transcript --example standing -- FILE...`
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::{io, path::Path};

use lifeline_transcript::Tail;

fn main() -> io::Result<()> {
    for path in std::env::args().skip(1) {
        println!("{path}\n{:#?}", Tail::read(Path::new(&path))?.standing());
    }
    Ok(())
}
