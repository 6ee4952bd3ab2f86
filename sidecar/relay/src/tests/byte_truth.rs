//! Byte-truth: random streams through a relay that listens, between real sockets, with faults at any byte. What arrives is what was sent, or a beginning of it and
//! an end that cannot be taken for a whole; of each stream there is one record, and it fits what was done.
//!
//! `BYTE_TRUTH_STREAMS` sets how many streams each mode carries, `BYTE_TRUTH_SEED` repeats the one scene that a failure names. 10,000 in all:
//! `BYTE_TRUTH_STREAMS=5000 cargo test --release -p lifeline-relay byte_truth -- --nocapture`

mod events;
mod exchanges;
mod judgement;
mod tunnels;
mod upstream;
mod wire;

use std::{any::Any, collections::HashMap, time::Duration};

use fastrand::Rng;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    runtime::Builder,
    task::{JoinError, JoinSet, yield_now},
    time::{sleep, timeout},
};

/// Streams of each mode, as it comes: some seconds without optimization.
const USUAL: u64 = 150;

/// Scenes at once: while one waits for the next attempt, others work.
const AT_ONCE: usize = 6;

/// Far longer than any scene takes; a stream that hangs is a finding.
const SCENE_WITHIN: Duration = Duration::from_secs(150);

/// Largest body, in bytes.
const LARGEST: u64 = 20_000_000;

fn number(name: &str) -> Option<u64> {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok())
}

/// Plays scenes until they have carried as many streams as are wanted. A scene says how many it carried.
fn play<F>(scene: fn(u64) -> F)
where
    F: Future<Output = u64> + 'static,
{
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let only = number("BYTE_TRUTH_SEED");
    let wanted = if only.is_some() { 1 } else { number("BYTE_TRUTH_STREAMS").unwrap_or(USUAL) };
    local.block_on(&runtime, async {
        let (mut running, mut seeds) = (JoinSet::new(), HashMap::new());
        let (mut carried, mut scenes) = (0, 0_u64);
        loop {
            while carried < wanted && running.len() < AT_ONCE && (only.is_none() || scenes == 0) {
                let seed = only.unwrap_or_else(|| fastrand::u64(..));
                let handle = running.spawn_local(timeout(SCENE_WITHIN, scene(seed)));
                seeds.insert(handle.id(), seed);
                scenes += 1;
            }
            match running.join_next_with_id().await {
                None => break,
                Some(Ok((_, Ok(count)))) => carried += count,
                Some(Ok((id, Err(_)))) => panic!("{}", repeat(seeds[&id], &"it hangs")),
                Some(Err(error)) => panic!("{}", repeat(seeds[&error.id()], &said(error))),
            }
        }
        println!("{carried} streams in {scenes} scenes");
    });
}

fn repeat(seed: u64, what: &dyn std::fmt::Display) -> String {
    format!("{what}\nto repeat it: BYTE_TRUTH_SEED={seed} cargo test -p lifeline-relay byte_truth")
}

fn said(error: JoinError) -> String {
    let payload: Box<dyn Any + Send> = error.into_panic();
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

/// Mostly small, with a tail.
fn size(rng: &mut Rng) -> u64 {
    match rng.u32(..1000) {
        0..120 => 0,
        120..600 => rng.u64(..2_000),
        600..900 => rng.u64(..100_000),
        900..990 => rng.u64(..1_000_000),
        _ => rng.u64(..=LARGEST),
    }
}

/// Bytes that follow from a seed and their place, so that nobody has to keep them.
#[derive(Clone, Debug)]
struct Source {
    seed: u64,
    at: u64,
}

impl Source {
    const fn new(seed: u64) -> Self {
        Self { seed, at: 0 }
    }

    /// Of SplitMix64.
    const fn word(&self, place: u64) -> u64 {
        let mut word = self.seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn next(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 16);
        let skipped = usize::try_from(self.at % 8).unwrap();
        let mut place = self.at / 8;
        while bytes.len() < count + skipped {
            bytes.extend_from_slice(&self.word(place).to_le_bytes());
            place += 1;
        }
        self.at += count as u64;
        bytes.drain(..skipped);
        bytes.truncate(count);
        bytes
    }
}

/// Holds what comes against what was to come.
#[derive(Clone, Debug)]
struct Check {
    source: Source,
    /// Where the first byte was that is another.
    wrong_at: Option<u64>,
}

impl Check {
    const fn new(seed: u64) -> Self {
        Self { source: Source::new(seed), wrong_at: None }
    }

    fn eat(&mut self, bytes: &[u8]) {
        let at = self.source.at;
        if self.source.next(bytes.len()) != bytes {
            self.wrong_at.get_or_insert(at);
        }
    }
}

/// How many bytes go in one piece.
fn piece(rng: &mut Rng, left: u64) -> usize {
    let most = if left > 1_000_000 { 256 * 1024 } else { 70_000 };
    let size = match rng.u32(..10) {
        0..2 if left < 100_000 => rng.usize(1..10),
        2..6 => rng.usize(1..1_500),
        _ => rng.usize(1..most),
    };
    usize::try_from(left).unwrap().min(if left > 1_000_000 { size.max(20_000) } else { size })
}

/// Now and then somebody else has a turn, or time passes.
async fn dawdle(rng: &mut Rng) {
    match rng.u32(..40) {
        0 => sleep(Duration::from_micros(rng.u64(..3_000))).await,
        1..20 => yield_now().await,
        _ => {}
    }
}

/// Writes all of it, and counts what was taken. `false`: nobody takes it any more.
async fn write<W: AsyncWrite + Unpin>(writer: &mut W, mut bytes: &[u8], wrote: &mut u64) -> bool {
    while !bytes.is_empty() {
        match writer.write(bytes).await {
            Ok(taken) if taken > 0 => {
                *wrote += taken as u64;
                bytes = &bytes[taken..];
            }
            _ => return false,
        }
    }
    true
}
