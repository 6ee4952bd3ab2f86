//! `--probe` of the doctor and of the report: says whom it contacts, asks, and measures.

use std::{
    future::pending,
    io::{self, IsTerminal as _, Write as _},
    sync::Arc,
    time::Duration,
};

use clap::{Args, ValueEnum};
use lifeline_doctor::{Names, Way};
use lifeline_probe::{
    API, Contact, HEADINGS, Limits, Network, Part, Progress, ROUNDS, Resolver, STATUS_PAGE, Target, Trust,
    UPLOAD, holds, rows, sentences,
};
use tokio::signal::ctrl_c;

use super::{
    exit::{Exit, Failure},
    follow::agreed,
    page::{Ink, Page, Word, clean},
};
use crate::serve;

/// What is asked for.
#[derive(Debug, Args)]
pub(super) struct Probing {
    /// Measure the network, too: names, TCP, TLS, the time to the first byte. Says whom it contacts and asks; sends no credential.
    #[arg(long)]
    pub(super) probe: bool,
    /// Measure the way to this server; to that of ANTHROPIC_BASE_URL, else to the API itself, when not given.
    #[arg(long, value_name = "URL", requires = "probe")]
    base_url: Option<String>,
    /// A status page in Statuspage's format. When not given, the public one with the API itself, none with another server.
    #[arg(long, value_name = "URL", requires = "probe")]
    status_url: Option<String>,
    /// Connections for each way.
    #[arg(long, value_name = "N", requires = "probe", value_parser = clap::value_parser!(u8).range(1..=20))]
    probe_rounds: Option<u8>,
    /// Send a slow upload, too, for this long; 10 s when no time is given.
    #[arg(long, value_name = "SECONDS", requires = "probe", num_args = 0..=1, value_parser = clap::value_parser!(u64).range(1..=120))]
    probe_upload: Option<Option<u64>>,
    /// Keep idle connections, too, for up to this long: when does something on the way drop them?
    #[arg(long, value_name = "SECONDS", requires = "probe", value_parser = clap::value_parser!(u64).range(1..=600))]
    probe_idle: Option<u64>,
}

/// How it is told how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Telling {
    /// For programs, one on each line.
    Json,
}

/// What was agreed to.
pub(super) struct Agreed {
    asked: lifeline_probe::Asked,
}

impl Probing {
    /// Asks whether the network may be measured; `yes` was said before. None when nobody wants it measured.
    ///
    /// # Errors
    /// `Usage` for an address that is none, or when there is nobody to ask; `Refused` when the answer is no.
    pub(super) fn agree(&self, way: &Way, names: &Names, yes: bool) -> Result<Option<Agreed>, Failure> {
        if !self.probe {
            return Ok(None);
        }
        let asked = self.plan(way, names)?;
        if !yes {
            // The person at the terminal knows the names already.
            let plain =
                lifeline_probe::Asked { names: Names { plain: true, ..names.clone() }, ..asked.clone() };
            if !agreed(&format!("This contacts {}. Go ahead?", servers(&plain.contacts())))? {
                return Err(Failure::new(Exit::Refused, "Nothing was sent."));
            }
        }
        Ok(Some(Agreed { asked }))
    }

    /// Whom the probe would contact.
    ///
    /// # Errors
    /// `Usage` for an address that is none.
    pub(super) fn contacts(&self, way: &Way, names: &Names) -> Result<Vec<Contact>, Failure> {
        Ok(self.plan(way, names)?.contacts())
    }

    fn plan(&self, way: &Way, names: &Names) -> Result<lifeline_probe::Asked, Failure> {
        let target = |url: &str, what: &str| {
            Target::of(url).map_err(|why| {
                let sentence =
                    format!("{what} cannot be used: {why}. Write it like https://api.anthropic.com.");
                Failure::new(Exit::Usage, sentence)
            })
        };
        let base = match (&self.base_url, &way.base_url) {
            (Some(url), _) => target(url, "--base-url")?,
            (None, Some(url)) => target(url, "ANTHROPIC_BASE_URL")?,
            (None, None) => target(API, "the API")?,
        };
        let is_official = base.is_official();
        let public = is_official.then_some(STATUS_PAGE);
        let page = self.status_url.as_deref().or(public);
        let seconds = |seconds: Option<u64>| seconds.map_or(UPLOAD, Duration::from_secs);
        Ok(lifeline_probe::Asked {
            status: page.map(|url| target(url, "--status-url")).transpose()?,
            base,
            proxy: way.proxy.clone(),
            no_proxy: way.no_proxy.clone(),
            rounds: self.probe_rounds.map_or(ROUNDS, usize::from),
            upload: self.probe_upload.map(seconds),
            idle: self.probe_idle.map(holds).unwrap_or_default(),
            names: names.clone(),
            resolver: Resolver::system(),
            resolvers: if is_official { lifeline_probe::resolvers() } else { Vec::new() },
            public_resolver: is_official.then_some(lifeline_probe::PUBLIC_RESOLVER),
            trust: Arc::new(Trust::of_this_machine(way.extra_certificates.as_deref())),
            limits: Limits::default(),
        })
    }
}

impl Agreed {
    /// Whom it contacts.
    pub(super) fn sentence(&self) -> String {
        format!("Contacting {}.", servers(&self.asked.contacts()))
    }

    /// Measures. Ctrl-C ends it, with what is known by then.
    ///
    /// # Errors
    /// When there can be no runtime.
    pub(super) fn measure(&self, telling: Option<Telling>) -> Result<Network, Failure> {
        let is_shown = io::stderr().is_terminal();
        let tell = |progress: Progress| {
            let mut err = io::stderr().lock();
            // One that no longer listens is no reason to stop.
            let _ = match telling {
                Some(Telling::Json) => {
                    writeln!(err, "{}", serde_json::to_string(&progress).unwrap_or_default())
                }
                None if is_shown => write!(err, "\r\x1b[K{} ", words(progress)),
                None => Ok(()),
            };
            let _ = err.flush();
        };
        let cancel = async {
            if ctrl_c().await.is_err() {
                pending::<()>().await;
            }
        };
        let network = serve::runtime()?.block_on(lifeline_probe::probe(&self.asked, &tell, cancel));
        if is_shown && telling.is_none() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        Ok(network)
    }
}

fn servers(contacts: &[Contact]) -> String {
    let told: Vec<String> =
        contacts.iter().map(|contact| format!("{} ({})", contact.server, contact.role.words())).collect();
    clean(&told.join(", "))
}

fn words(Progress { probe, done, all }: Progress) -> String {
    match probe {
        Part::Names => "Looking up names".into(),
        Part::Ways => format!("Measuring: {done} of {all}"),
        Part::Waiting => format!("Waiting: {done} of {all} s (Ctrl-C ends it)"),
    }
}

/// The figures, below what else there is.
pub(super) fn print(network: &Network, page: &mut Page<'_>) -> io::Result<()> {
    page.line(&[])?;
    page.line(&[Word::new("Network", Ink::Bold)])?;
    for sentence in sentences(network) {
        page.line(&[format!("  {sentence}").into()])?;
    }
    let rows: Vec<Vec<Word>> =
        rows(network).into_iter().map(|row| row.into_iter().map(Word::from).collect()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    page.line(&[])?;
    let headings: Vec<String> = HEADINGS.iter().map(|heading| heading.to_uppercase()).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    page.table(&headings, &rows)?;
    page.line(&[Word::new(
        "Times in ms from the beginning of a connection, the middle of those that went well.",
        Ink::Dim,
    )])
}
