//! What reading costs: `scan PROJECTS` reads all transcripts with as many threads as there are processors, once to do nothing with them,
//! once for the lines that hold an error, once for all lines; three times in turn, so that all find the same cache.

use std::{
    fs::File,
    hint::black_box,
    io::Read as _,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use lifeline_transcript::{Listed, Scanner, list};
use memchr::memmem::Finder;

fn main() {
    let Some(projects) = std::env::args().nth(1) else { return };
    let mut files = list(Path::new(&projects));
    files.sort_unstable_by_key(|file| std::cmp::Reverse(file.stamp.bytes));
    for _ in 0..3 {
        time("read only", &files, || {
            let mut chunk = vec![0; 256 * 1024];
            move |file: &mut File| while file.read(&mut chunk).is_ok_and(|length| length > 0) {}
        });
        time("lines with an error", &files, || {
            let (mut scanner, needle) = (Scanner::default(), Finder::new("\"api_error\""));
            move |file: &mut File| {
                let _ = scanner.lines_with(&needle, file, |line| {
                    black_box(line);
                });
            }
        });
        time("all lines", &files, || {
            let mut scanner = Scanner::default();
            move |file: &mut File| {
                let _ = scanner.lines(file, |kind, line, _| {
                    black_box((kind, line));
                });
            }
        });
    }
}

#[expect(clippy::print_stdout, reason = "it is what the program is for")]
fn time<W: FnMut(&mut File)>(what: &str, files: &[Listed], worker: impl Fn() -> W + Sync) {
    let (began, next) = (Instant::now(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut work = worker();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Ok(mut file) = File::open(&file.path) {
                        work(&mut file);
                    }
                }
            });
        }
    });
    println!("{what}: {} ms", began.elapsed().as_millis());
}
