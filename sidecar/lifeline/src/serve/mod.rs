//! The daemon's outside: where it listens, who may speak to it, how it starts, how it makes room for another.

#[cfg(windows)]
mod access;
mod detach;
pub(crate) mod endpoint;
mod frame;
mod greeting;
mod listen;
mod lock;
mod log;
pub(crate) mod places;
mod presence;
mod replace;
mod session;

use std::{io, pin::pin, time::Duration};

use lifeline_platform::{Platform, ProcessId};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
};

use crate::{
    cli::exit::{Exit, Failure},
    input::Input,
    run,
};
use detach::Announcer;
use endpoint::{Endpoint, EndpointError, Listener};
use places::{PlaceError, Places};
use presence::{ANSWER_WITHIN, Presence};
use replace::Vacancy;

/// tokio's threads for blocking work, started when there is some. Windows needs one for each host that is watched.
const BLOCKING_THREADS: usize = 256;
/// Their stacks; 2 MiB unless told.
const STACK_BYTES: usize = 256 * 1024;

/// How long a daemon that holds the lock without serving is waited for: it is starting, or writes its last lines.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);

/// How `lifeline serve` was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Start a daemon that outlives its starter, and return when it serves.
    pub(crate) detach: bool,
    /// First end a daemon that does not answer.
    pub(crate) replace: bool,
    /// This is the daemon that `detach` started.
    pub(crate) announce: bool,
}

/// `lifeline serve`.
///
/// # Errors
/// Why there is no daemon now, or why this process is not it.
pub(crate) fn serve(options: Options) -> Result<(), Failure> {
    let places = Places::from_environment().map_err(Failure::problem)?;
    if options.announce {
        let announcer = Announcer::new();
        log::start(Some(&places.state_dir));
        return daemon(&places, Some(announcer));
    }
    log::start(None);
    if options.detach {
        return detach::start(&places, options.replace);
    }
    if options.replace {
        let endpoint = Endpoint::at(&places)?;
        if runtime()?.block_on(replace::make_room(&places, &endpoint))? == Vacancy::Taken {
            return Err(Failure::problem("A Lifeline daemon serves and answers. Nothing was replaced."));
        }
    }
    daemon(&places, None)
}

/// A runtime of one thread.
///
/// # Errors
/// When the system has no descriptors left.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(STACK_BYTES)
        .build()
}

/// Serves until the control loop ends.
fn daemon(places: &Places, announcer: Option<Announcer>) -> Result<(), Failure> {
    // A state folder that cannot be made is the control loop's to report: watching goes on, killing does not.
    if let Err(error) = places::folder(&places.state_dir) {
        tracing::warn!(%error, "nothing can be saved");
    }
    runtime()?.block_on(async {
        let claimed = claim(places).await;
        if let Some(announcer) = announcer {
            announcer.announce(claimed.as_ref().err());
        }
        match claimed {
            Ok(listener) => attend(listener, places).await,
            Err(failure) => return Err(failure),
        }
        Ok(())
    })
}

/// Becomes the one daemon of this user.
async fn claim(places: &Places) -> Result<Listener, Failure> {
    let endpoint = Endpoint::at(places)?;
    let me = Platform::new()
        .identify(std::process::id())
        .map_err(|error| Failure::problem(format!("Lifeline cannot see its own process: {error}.")))?;
    Ok(listen_as(&endpoint, me).await?)
}

async fn listen_as(endpoint: &Endpoint, me: ProcessId) -> Result<Listener, EndpointError> {
    for patience in [Duration::ZERO, LOCK_PATIENCE] {
        match endpoint.listen(me, patience) {
            Err(EndpointError::Held { .. }) => {}
            done => return done,
        }
        match presence::look(endpoint, ANSWER_WITHIN).await {
            Presence::Absent | Presence::Leaving => {}
            Presence::Serving | Presence::Older { .. } | Presence::Silent { .. } | Presence::Foreign(_) => {
                return Err(EndpointError::Serving);
            }
        }
    }
    endpoint.listen(me, Duration::ZERO)
}

/// Everything that happens between the first connection and the last.
async fn attend(listener: Listener, places: &Places) {
    tracing::info!(runtime = %places.runtime_dir.display(), state = %places.state_dir.display(), "serving");
    let (to_loop, inputs) = mpsc::channel(listen::QUEUE);
    tokio::spawn(pass_signals_on(to_loop.clone()));
    let mut listening = tokio::spawn(listen::listen(listener, to_loop.clone()));
    let mut control = pin!(run::control(inputs, places.state_dir.clone()));
    let leave = tokio::select! {
        leave = &mut control => {
            // Gives up the socket and the lock, then lets the last answers go out.
            let _ = (&mut listening).await;
            leave
        }
        ended = &mut listening => {
            tracing::error!(?ended, "the listener ended: nobody can connect any more");
            let _ = to_loop.send(Input::Terminate).await;
            control.await
        }
    };
    tracing::info!(?leave, "the daemon leaves");
}

/// Asks the control loop to save and leave when the system asks us to.
async fn pass_signals_on(to_loop: mpsc::Sender<Input>) {
    while told_to_end().await.is_ok() {
        if to_loop.send(Input::Terminate).await.is_err() {
            return;
        }
    }
}

#[cfg(unix)]
async fn told_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

#[cfg(windows)]
async fn told_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        let exit = match &error {
            EndpointError::Place(PlaceError::NotAFolder(_)) => Exit::Refused,
            #[cfg(unix)]
            EndpointError::Place(PlaceError::NotOurs { .. } | PlaceError::Open { .. }) => Exit::Refused,
            _ => Exit::Problem,
        };
        Self::new(exit, error.to_string())
    }
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod control_tests;
