//! A search for errors, and nothing else, to be measured from outside: `errors PROJECTS` counts the records of errors in all transcripts,
//! `errors PROJECTS --read-only` reads the same files with as many threads and does nothing with them.
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    process::ExitCode,
    str,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

use lifeline_transcript::{Listed, Record, Scanner, list, open_regular};
use memchr::memmem::Finder;

/// As much at once as the scanner reads.
const CHUNK_BYTES: usize = 256 * 1024;
const PAGE_BYTES: usize = 4096;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [projects, options @ ..] = arguments.as_slice() else { return ExitCode::from(2) };
    let mut files = list(Path::new(projects));
    files.sort_unstable_by_key(|file| std::cmp::Reverse(file.stamp.bytes));
    match options {
        [] => println!("{}", of_all(&files, errors)),
        [option] if option == "--read-only" => println!("{}", of_all(&files, bytes)),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}

/// What one reader after the other finds in the files, which it gets the largest first.
fn of_all<R: FnMut(&mut File) -> io::Result<u64>>(files: &[Listed], reader: impl Fn() -> R + Sync) -> u64 {
    let (next, found) = (AtomicUsize::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut read = reader();
                while let Some(listed) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let count = open_regular(&listed.path).and_then(|mut file| read(&mut file));
                    found.fetch_add(count.unwrap_or(0), Ordering::Relaxed);
                }
            });
        }
    });
    found.into_inner()
}

/// Counts bytes.
fn bytes() -> impl FnMut(&mut File) -> io::Result<u64> {
    // Where the allocator lets it begin, 16 bytes into a page, the kernel takes four times as long to fill it: 0.50 s for 1.1 GB, not 0.12.
    let mut memory = vec![0; CHUNK_BYTES + PAGE_BYTES];
    let from = memory.as_ptr().align_offset(PAGE_BYTES);
    move |file| {
        let chunk = &mut memory[from..from + CHUNK_BYTES];
        let mut bytes = 0;
        loop {
            match file.read(chunk)? {
                0 => return Ok(bytes),
                length => bytes += length as u64,
            }
        }
    }
}

/// Counts the records of errors.
fn errors() -> impl FnMut(&mut File) -> io::Result<u64> {
    let (mut scanner, needle) = (Scanner::default(), Finder::new("\"api_error\""));
    move |file| {
        let mut errors = 0;
        scanner.lines_with(&needle, file, |line| {
            let record = str::from_utf8(line).ok().and_then(Record::parse);
            errors += u64::from(record.is_some_and(|record| record.is_system("api_error")));
        })?;
        Ok(errors)
    }
}
