//! A slow upload without a credential, as in section 5.4 of seed 3: does something on the way cut a request whose body takes long?

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    time::timeout_at,
};

use crate::{
    connect::{Line, Means, Route, within},
    contract::{Upload, UploadEnd, milliseconds},
    fault::Fault,
    http,
    ways::PATH,
};

/// Bytes of a piece.
const PIECE: usize = 512;

/// Sends spaces for so long, a piece at a time, and waits for the answer. The API's is 401, and costs nothing.
pub(crate) async fn upload(route: Route, means: Means, lasting: Duration) -> Upload {
    let told = |end, bytes, after_ms, answer: Result<u16, Fault>| Upload {
        end,
        bytes,
        after_ms,
        status: answer.ok(),
        fault: answer.err(),
    };
    // For all of it: the upload itself, and an answer.
    let until = tokio::time::Instant::now() + lasting + means.limits.answer;
    let mut line = Line::new();
    let opened = timeout_at(until, line.open(&route, &means)).await.unwrap_or(Err(Fault::TimedOut));
    let stream = match opened {
        Ok(stream) => stream,
        Err(fault) => return told(UploadEnd::NotTried, 0, 0, Err(fault)),
    };
    let (mut reading, mut writing) = tokio::io::split(stream);
    let (began, sent, is_all) = (Instant::now(), AtomicU64::new(0), AtomicBool::new(false));
    let sending = async {
        let more = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
        let head = http::request("POST", &route.target, PATH, more);
        send(&mut writing, head.as_bytes(), &means).await?;
        let piece = format!("{PIECE:x}\r\n{}\r\n", " ".repeat(PIECE));
        let mut ticks = tokio::time::interval(means.limits.upload_every);
        while began.elapsed() < lasting {
            ticks.tick().await;
            send(&mut writing, piece.as_bytes(), &means).await?;
            sent.fetch_add(PIECE as u64, Relaxed);
        }
        send(&mut writing, b"0\r\n\r\n", &means).await?;
        is_all.store(true, Relaxed);
        Ok(())
    };
    let mut answering = pin!(async { Ok(http::answer(&mut reading, || {}).await?.head.status) });
    let ended = timeout_at(until, async {
        tokio::select! {
            answer = &mut answering => answer,
            done = sending => match (done, answering.await) {
                // Who answers and closes is no longer written to.
                (_, Ok(status)) => Ok(status),
                (Err(fault), _) | (Ok(()), Err(fault)) => Err(fault),
            },
        }
    });
    let answer: Result<u16, Fault> = ended.await.unwrap_or(Err(Fault::TimedOut));
    let end = match answer {
        Err(_) => UploadEnd::Cut,
        Ok(_) if is_all.load(Relaxed) => UploadEnd::Survived,
        Ok(_) => UploadEnd::AnsweredEarly,
    };
    told(end, sent.load(Relaxed), milliseconds(began.elapsed()), answer)
}

/// One that takes nothing any more blocks, so this has a deadline, too.
async fn send(writing: &mut (impl AsyncWrite + Unpin), bytes: &[u8], means: &Means) -> Result<(), Fault> {
    let sending = async {
        writing.write_all(bytes).await?;
        writing.flush().await
    };
    within(means.limits.answer, async { sending.await.map_err(|error| Fault::of(&error)) }).await
}
