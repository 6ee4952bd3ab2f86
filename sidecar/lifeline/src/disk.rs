//! The one writer of the disk, beside the control loop: a slow disk must not make our own ticks late.

use std::io;

use tokio::sync::mpsc;

use crate::store::Store;

/// What to write; `done` is called with the outcome on the writer's own task.
pub(crate) enum Job {
    /// Lines for the journal, whenever.
    Journal {
        /// The lines.
        lines: Vec<u8>,
        /// Called with the outcome.
        done: Done,
    },
    /// Lines for the journal and the daemon's memory, both durable: asked for before and after each destructive act.
    Commit {
        /// Journal lines.
        lines: Vec<u8>,
        /// Content of the memory file.
        memory: Vec<u8>,
        /// Called with the outcome.
        done: Done,
    },
    /// A snapshot, durable.
    Snapshot {
        /// Its id.
        id: String,
        /// Its content.
        content: Vec<u8>,
        /// Called with the outcome.
        done: Done,
    },
    /// Another file of the state folder, replaced.
    File {
        /// Its name.
        name: &'static str,
        /// Its content.
        content: Vec<u8>,
    },
    /// A line at the end of another file of the state folder.
    Append {
        /// Its name.
        name: &'static str,
        /// The line, with its end.
        line: Vec<u8>,
        /// At this size, in bytes, it is put aside, in the place of the one that was put aside before.
        bytes: u64,
    },
    /// Nothing; `done` is called when all before it is written.
    Flush(Done),
}

/// Called with what the file system said.
pub(crate) type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Disk {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Disk {
    /// Starts the writer.
    pub(crate) fn start(store: Store) -> Self {
        let (jobs, queue) = mpsc::unbounded_channel();
        tokio::spawn(write(store, queue));
        Self { jobs }
    }

    /// Queues a job. In order; unbounded, because every producer waits for its own outcomes or writes a line a second.
    pub(crate) fn queue(&self, job: Job) {
        // The writer lives as long as the runtime.
        let _ = self.jobs.send(job);
    }
}

async fn write(store: Store, mut queue: mpsc::UnboundedReceiver<Job>) {
    let mut writer = Some(Writer { store, failing: false });
    while let Some(job) = queue.recv().await {
        let Some(mut owned) = writer.take() else { return };
        // The pool's thread ends after 10 s without work: an idle daemon has one thread.
        match tokio::task::spawn_blocking(move || {
            owned.run(job);
            owned
        })
        .await
        {
            Ok(owned) => writer = Some(owned),
            Err(error) => {
                tracing::error!(%error, "the disk writer failed; nothing can be saved, so nothing will be restarted");
                return;
            }
        }
    }
}

struct Writer {
    store: Store,
    /// The last write failed; the next ones that do are no news.
    failing: bool,
}

impl Writer {
    fn run(&mut self, job: Job) {
        let store = &mut self.store;
        match job {
            Job::Journal { lines, done } => {
                let written = store.append(&lines, false);
                self.note("journal", &written);
                done(written);
            }
            Job::Commit { lines, memory, done } => {
                let written =
                    store.append(&lines, true).and_then(|()| store.replace(crate::memory::FILE, &memory));
                self.note("journal and memory", &written);
                done(written);
            }
            Job::Snapshot { id, content, done } => {
                let written = store.save_snapshot(&id, &content);
                self.note("snapshot", &written);
                done(written);
            }
            Job::File { name, content } => {
                let written = store.replace(name, &content);
                self.note(name, &written);
            }
            Job::Append { name, line, bytes } => {
                let written = store.append_to(name, &line, bytes);
                self.note(name, &written);
            }
            Job::Flush(done) => done(Ok(())),
        }
    }

    fn note(&mut self, what: &str, written: &io::Result<()>) {
        match written {
            Err(error) if !self.failing => tracing::warn!(%error, what, "cannot be written"),
            Ok(()) if self.failing => tracing::info!(what, "can be written again"),
            _ => {}
        }
        self.failing = written.is_err();
    }
}
