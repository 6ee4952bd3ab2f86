//! A client that blocks: one connection, one request after the other, the answer read to its end and counted.

use std::{
    io::{BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

use crate::{Failure, HOST};

/// Bytes that are read at once. A record of TLS has 16 kB.
const READ_BYTES: usize = 64 * 1024;

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the API is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Tls,
    Connect,
    Plain,
}

/// The API, to its clients.
pub(crate) struct Peer {
    port: u16,
    config: Arc<ClientConfig>,
}

impl Peer {
    /// `authority`: a file with the certificate of who vouches for it.
    pub(crate) fn new(port: u16, authority: &str) -> Result<Self, Failure> {
        let mut trusted = RootCertStore::empty();
        trusted.add(CertificateDer::from_pem_file(authority)?)?;
        let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
        Ok(Self { port, config: Arc::new(config) })
    }
}

/// A connection.
pub(crate) struct Client {
    stream: Stream,
    host: String,
    buffer: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    /// The library reads 4 kB at once.
    Tls(Box<StreamOwned<ClientConnection, Buffered>>),
}

struct Buffered(BufReader<TcpStream>);

impl Read for Buffered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.get_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Client {
    /// `at`: a port of the loopback.
    pub(crate) fn connect(peer: &Peer, way: Way, at: u16) -> Result<Self, Failure> {
        let mut tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, at))?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        let host = if way == Way::Plain { format!("127.0.0.1:{at}") } else { HOST.to_owned() };
        if way == Way::Connect {
            let target = format!("{HOST}:{}", peer.port);
            tcp.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes())?;
            // The server says nothing before the client has: what comes is the proxy's answer and no more.
            let mut said = Vec::new();
            while !said.ends_with(b"\r\n\r\n") {
                let mut chunk = [0; 512];
                match tcp.read(&mut chunk)? {
                    0 => return Err("the proxy has closed".into()),
                    read => said.extend_from_slice(&chunk[..read]),
                }
            }
            if !said.starts_with(b"HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(&said).into());
            }
        }
        let stream = if way == Way::Plain {
            Stream::Plain(tcp)
        } else {
            let name = ServerName::try_from(HOST)?;
            let mut tls = ClientConnection::new(Arc::clone(&peer.config), name)?;
            let mut buffered = Buffered(BufReader::with_capacity(READ_BYTES, tcp));
            while tls.is_handshaking() {
                tls.complete_io(&mut buffered)?;
            }
            Stream::Tls(Box::new(StreamOwned::new(tls, buffered)))
        };
        Ok(Self { stream, host, buffer: vec![0; READ_BYTES] })
    }

    /// One request with so many bytes, for so many bytes of events. The time to the first byte of the answer; all of it is read.
    pub(crate) fn ask(&mut self, up: usize, down: usize) -> Result<Duration, Failure> {
        let Self { stream, host, buffer } = self;
        let mut request = format!(
            "POST /v1/messages?down={down} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {up}\r\n\r\n"
        )
        .into_bytes();
        request.resize(request.len() + up, b' ');
        let stream: &mut dyn ReadWrite = match stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => &mut **tls,
        };
        let began = Instant::now();
        stream.write_all(&request)?;
        stream.flush()?;
        let mut answer = Answer::default();
        let mut first = None;
        while !answer.is_complete() {
            let read = stream.read(buffer)?;
            first.get_or_insert_with(|| began.elapsed());
            if read == 0 {
                return Err("the answer broke off".into());
            }
            answer.take(&buffer[..read])?;
        }
        if answer.bytes != down {
            return Err(format!("{} bytes of {down} came", answer.bytes).into());
        }
        first.ok_or_else(|| "nothing came".into())
    }
}

trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}

/// An answer in chunks (RFC 9112, section 7.1), as far as it came.
#[derive(Default)]
struct Answer {
    at: At,
    /// A line that has not ended yet, or the head.
    line: Vec<u8>,
    bytes: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum At {
    #[default]
    Head,
    Size,
    /// So many bytes are left of the chunk, with the end of its line.
    Chunk(usize),
    /// The empty line after the last one.
    Last,
    End,
}

impl Answer {
    fn is_complete(&self) -> bool {
        self.at == At::End
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while let [first, rest @ ..] = bytes {
            if let At::Chunk(left) = self.at {
                let taken = left.min(bytes.len());
                self.bytes += taken.min(left.saturating_sub(2));
                bytes = &bytes[taken..];
                self.at = if taken == left { At::Size } else { At::Chunk(left - taken) };
                continue;
            }
            self.line.push(*first);
            bytes = rest;
            let end: &[u8] = if self.at == At::Head { b"\r\n\r\n" } else { b"\r\n" };
            if let Some(line) = self.line.strip_suffix(end) {
                self.at = match self.at {
                    At::Head if is_good(line) => At::Size,
                    At::Head => return Err(String::from_utf8_lossy(line).into()),
                    At::Size => match usize::from_str_radix(std::str::from_utf8(line)?, 16)? {
                        0 => At::Last,
                        size => At::Chunk(size + 2),
                    },
                    At::Chunk(_) | At::Last | At::End => At::End,
                };
                self.line.clear();
            }
        }
        Ok(())
    }
}

fn is_good(head: &[u8]) -> bool {
    let head = head.to_ascii_lowercase();
    head.starts_with(b"http/1.1 200") && head.windows(26).any(|part| part == b"transfer-encoding: chunked")
}
