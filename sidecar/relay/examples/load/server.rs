//! The API: for each request as many bytes of events as it asks for, over TLS.

use std::{
    convert::Infallible,
    io::{BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    thread,
};

use hyper::{
    Request, Response,
    body::{Body, Bytes, Frame, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, ServerConnection,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::Failure;

/// Of one event. Real ones have some hundred bytes; with these it is bytes that are measured.
const EVENT_BYTES: usize = 16 * 1024;

/// Encrypted at once.
const BATCH_BYTES: usize = 128 * 1024;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Listens on both ports, on threads of its own.
pub(crate) fn start(port: u16, http2_port: u16, certificate: &str, key: &str) -> Result<(), Failure> {
    let chain = vec![CertificateDer::from_pem_file(certificate)?];
    let key = PrivateKeyDer::from_pem_file(key)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    let mut of_http2 = config.clone();
    of_http2.alpn_protocols = vec![b"h2".to_vec()];

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let config = Arc::new(config);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            // Clients that leave are no failure; what they miss, they tell.
            thread::spawn(move || drop(serve(client, config)));
        }
    });

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, http2_port))?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || runtime.block_on(serve_http2(listener, Arc::new(of_http2))));
    Ok(())
}

fn serve(tcp: TcpStream, config: Arc<ServerConfig>) -> Result<(), Failure> {
    tcp.set_nodelay(true)?;
    let mut sink = tcp.try_clone()?;
    let mut source = BufReader::with_capacity(BATCH_BYTES, tcp);
    let mut tls = ServerConnection::new(config)?;
    tls.set_buffer_limit(None);
    let event = event(EVENT_BYTES);
    let mut asked = Vec::new();
    let mut chunk = vec![0; BATCH_BYTES];
    // Of the body, still to come.
    let mut coming = None;
    let mut down = 0;
    loop {
        while tls.wants_write() {
            tls.write_tls(&mut sink)?;
        }
        if tls.read_tls(&mut source)? == 0 {
            return Ok(());
        }
        let ready = tls.process_new_packets()?.plaintext_bytes_to_read();
        if ready == 0 {
            continue;
        }
        let read = tls.reader().read(&mut chunk[..ready.min(BATCH_BYTES)])?;
        asked.extend_from_slice(&chunk[..read]);
        let left = match &mut coming {
            Some(left) => left,
            None => {
                let Some(head) = asked.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
                let (bytes, length) = understand(&asked[..head])?;
                down = bytes;
                asked.drain(..head + 4);
                coming.insert(length)
            }
        };
        *left = left.checked_sub(asked.len()).ok_or("more came than was told")?;
        asked.clear();
        if *left == 0 {
            coming = None;
            answer(&mut tls, &mut sink, &event, down)?;
        }
    }
}

/// How many bytes are asked for, and how long the body is.
fn understand(head: &[u8]) -> Result<(usize, usize), Failure> {
    let head = std::str::from_utf8(head)?;
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().ok_or("a body without a length")?.1.parse()?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    Ok((asked_for(path)?, length))
}

fn asked_for(path: &str) -> Result<usize, Failure> {
    Ok(path.split_once("down=").ok_or("nothing is asked for")?.1.parse()?)
}

/// A short answer is one write, and so one record.
fn answer(
    tls: &mut ServerConnection,
    sink: &mut TcpStream,
    event: &[u8],
    mut down: usize,
) -> Result<(), Failure> {
    let mut batch = HEAD.to_vec();
    loop {
        while down > 0 && batch.len() < BATCH_BYTES {
            let bytes = down.min(event.len());
            write!(batch, "{bytes:x}\r\n")?;
            batch.extend_from_slice(&event[event.len() - bytes..]);
            batch.extend_from_slice(b"\r\n");
            down -= bytes;
        }
        if down == 0 {
            batch.extend_from_slice(b"0\r\n\r\n");
        }
        tls.writer().write_all(&batch)?;
        batch.clear();
        while tls.wants_write() {
            tls.write_tls(sink)?;
        }
        if down == 0 {
            return Ok(());
        }
    }
}

/// Its end is that of an event, wherever it is begun.
fn event(bytes: usize) -> Vec<u8> {
    let mut event = b"event: content_block_delta\ndata: ".to_vec();
    event.resize(bytes - 2, b'x');
    event.extend_from_slice(b"\n\n");
    event
}

async fn serve_http2(listener: TcpListener, config: Arc<ServerConfig>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let acceptor = TlsAcceptor::from(config);
    let event = Bytes::from(event(EVENT_BYTES));
    while let Ok((tcp, _)) = listener.accept().await {
        let (acceptor, event) = (acceptor.clone(), event.clone());
        tokio::spawn(async move {
            let _ = tcp.set_nodelay(true);
            let Ok(tls) = acceptor.accept(tcp).await else { return };
            let service = service_fn(move |request| answer_http2(request, event.clone()));
            let _ =
                http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(tls), service).await;
        });
    }
}

async fn answer_http2(mut request: Request<Incoming>, event: Bytes) -> Result<Response<Events>, Infallible> {
    while let Some(Ok(_)) = std::future::poll_fn(|cx| Pin::new(request.body_mut()).poll_frame(cx)).await {}
    let down = request.uri().query().and_then(|query| asked_for(query).ok()).unwrap_or_default();
    let mut response = Response::new(Events { event, down });
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

struct Events {
    event: Bytes,
    down: usize,
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let bytes = this.down.min(this.event.len());
        this.down -= bytes;
        let chunk = this.event.slice(this.event.len() - bytes..);
        Poll::Ready((bytes > 0).then(|| Ok(Frame::data(chunk))))
    }
}
