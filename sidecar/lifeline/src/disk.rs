//! The one writer of the disk, beside the control loop: a slow disk must not make our own ticks late.

use std::io;

use tokio::sync::mpsc;

use crate::store::Store;

/// What to write; `done` is called with the outcome on the writer's own task.
pub(crate) enum Job {
    /// Lines for the journal, whenever.
    Journal(Vec<u8>),
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
    let mut store = Some(store);
    while let Some(job) = queue.recv().await {
        let Some(mut owned) = store.take() else { return };
        // The pool's thread ends after 10 s without work: an idle daemon has one thread.
        match tokio::task::spawn_blocking(move || {
            run(&mut owned, job);
            owned
        })
        .await
        {
            Ok(owned) => store = Some(owned),
            Err(error) => {
                tracing::error!(%error, "the disk writer failed; nothing can be saved, so nothing will be restarted");
                return;
            }
        }
    }
}

fn run(store: &mut Store, job: Job) {
    match job {
        Job::Journal(lines) => warn("journal", store.append(&lines, false)),
        Job::Commit { lines, memory, done } => {
            done(store.append(&lines, true).and_then(|()| store.replace(crate::memory::FILE, &memory)));
        }
        Job::Snapshot { id, content, done } => done(store.save_snapshot(&id, &content)),
        Job::File { name, content } => warn(name, store.replace(name, &content)),
        Job::Flush(done) => done(Ok(())),
    }
}

fn warn(what: &str, written: io::Result<()>) {
    if let Err(error) = written {
        tracing::warn!(%error, what, "could not be written");
    }
}
