//! Servers and proxies on the loopback, with every fault that the probe is to find.

use std::{
    future::pending,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use lifeline_doctor::Names;
use lifeline_probe::{Asked, Limits, Network, Resolver, Target, Trust, findings, probe};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream, UdpSocket},
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

/// What a server does with a connection.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Answers as the API does: 405 to HEAD, 401 to an upload when it is complete, the status page.
    Healthy,
    /// Answers each request like this, and keeps the connection.
    Answers(&'static str),
    /// Says this whatever it hears, and closes.
    Says(&'static [u8]),
    /// Takes the request, and says nothing.
    Silent,
    /// Takes the request, and closes.
    Closes,
    /// Closes with something unread, which resets.
    Resets,
    /// Every third connection, beginning with the second, as `Resets`.
    ResetsSome,
    /// The second connection's answer takes so long.
    Delays(Duration),
    /// Closes a connection that is idle for so long.
    ClosesIdle(Duration),
    /// Answers one request, then nothing any more.
    ForgetsIdle,
    /// Resets an upload after its first piece.
    CutsUpload,
    /// Answers an upload after its first piece.
    AnswersUpload(&'static str),
    /// A proxy.
    Tunnels(Rule),
}

/// What a proxy lets through.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    /// Everything, to this address whatever was asked for.
    Everything(SocketAddr),
    /// Whoever says this line, to this address.
    WithLogin(String, SocketAddr),
    /// Nobody.
    Nothing,
    /// Everything, but it closes after so long.
    For(Duration, SocketAddr),
}

/// A server, and every head of a request that it heard.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn plain(manner: Manner) -> Self {
        Self::new(manner, None).await
    }

    pub(crate) async fn tls(manner: Manner, config: ServerConfig) -> Self {
        Self::new(manner, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn new(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { break };
                let (manner, tls, heard) = (manner.clone(), tls.clone(), Arc::clone(&hears));
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, manner, number, &heard).await,
                        Some(tls) => serve(tls.accept(stream).await?, manner, number, &heard).await,
                    }
                });
            }
        });
        Self { address, heard }
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("nobody panicked").clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }
}

const METHOD_NOT_ALLOWED: &str = "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 30\r\n\r\n";
const UNAUTHORIZED: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
/// In two chunks, as Statuspage has it.
const ALL_WELL: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n29\r\n{\"status\":{\"indicator\":\"none\",\"descriptio\r\n20\r\nn\":\"All Systems Operational\"}}  \r\n0\r\n\r\n";

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    manner: Manner,
    number: usize,
    heard: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let first = match manner {
        Manner::Resets => 1,
        Manner::ResetsSome if number % 3 == 1 => 1,
        _ => usize::MAX,
    };
    if first == 1 {
        stream.read_exact(&mut [0]).await?;
        return Ok(());
    }
    let mut requests = 0;
    loop {
        let asking = request(&mut stream);
        let asked = match manner {
            Manner::ClosesIdle(after) if requests > 0 => timeout(after, asking).await.unwrap_or(Ok(None)),
            _ => asking.await,
        };
        let Some(head) = asked? else { return Ok(()) };
        heard.lock().expect("nobody panicked").push(head.clone());
        requests += 1;
        let answer = match &manner {
            Manner::Healthy | Manner::ResetsSome => healthy(&mut stream, &head).await?,
            Manner::Delays(by) => {
                if number == 1 {
                    sleep(*by).await;
                }
                METHOD_NOT_ALLOWED
            }
            Manner::Answers(answer) => answer,
            Manner::Says(bytes) => return stream.write_all(bytes).await,
            Manner::Silent => pending().await,
            Manner::Closes | Manner::Resets => return Ok(()),
            Manner::ForgetsIdle if requests > 1 => pending().await,
            Manner::ClosesIdle(_) | Manner::ForgetsIdle => METHOD_NOT_ALLOWED,
            Manner::CutsUpload | Manner::AnswersUpload(_) if !head.starts_with("POST") => METHOD_NOT_ALLOWED,
            Manner::CutsUpload => {
                stream.read_exact(&mut [0]).await?;
                return Ok(());
            }
            Manner::AnswersUpload(answer) => {
                stream.read_exact(&mut [0]).await?;
                answer
            }
            Manner::Tunnels(rule) => return tunnel(stream, rule, &head).await,
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
        if head.contains("Connection: close") {
            return stream.shutdown().await;
        }
    }
}

async fn healthy<S: AsyncRead + Unpin>(stream: &mut S, head: &str) -> io::Result<&'static str> {
    if head.starts_with("POST") {
        let mut last = [0; 5];
        while &last != b"0\r\n\r\n" {
            last.rotate_left(1);
            last[4] = stream.read_u8().await?;
        }
        return Ok(UNAUTHORIZED);
    }
    Ok(if head.starts_with("GET /api/v2/status.json ") { ALL_WELL } else { METHOD_NOT_ALLOWED })
}

async fn tunnel<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, rule: &Rule, head: &str) -> io::Result<()> {
    let (to, patience) = match rule {
        Rule::Everything(to) => (to, None),
        Rule::WithLogin(line, to) if head.contains(line) => (to, None),
        Rule::WithLogin(..) => {
            return stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        }
        Rule::Nothing => return stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await,
        Rule::For(patience, to) => (to, Some(*patience)),
    };
    let mut onward = TcpStream::connect(to).await?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    stream.flush().await?;
    tokio::select! {
        copied = copy_bidirectional(&mut stream, &mut onward) => copied.map(|_| ()),
        () = async { match patience { Some(patience) => sleep(patience).await, None => pending().await } } => Ok(()),
    }
}

/// A head with the end of its last line; none when nobody asks any more.
async fn request<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(String::from_utf8(head).expect("the probe speaks plainly")))
}

/// An authority that certificates can be had from.
pub(crate) struct Authority {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(organisation: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::OrganizationName, organisation);
        params.distinguished_name.push(DnType::CommonName, format!("{organisation} Root"));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A server's, for this name and until this year.
    pub(crate) fn server(&self, name: &str, until: i32) -> ServerConfig {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("they are").with_no_client_auth();
        let mut config =
            builder.with_single_cert(vec![certificate.der().clone()], key).expect("they belong together");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config
    }

    pub(crate) fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add(self.certificate.clone()).expect("an authority");
        store
    }
}

/// Nobody is trusted.
pub(crate) fn no_trust() -> Arc<Trust> {
    Arc::new(Trust::of(RootCertStore::empty(), RootCertStore::empty(), RootCertStore::empty()))
}

/// Every name is here.
pub(crate) fn everything_is_here() -> Resolver {
    Resolver::new(|_, port| async move { Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]) })
}

/// IPv4 and IPv6 (mapped, so that it needs no IPv6 on this machine), the latter first and at another address.
pub(crate) fn both_families(ipv6: Ipv4Addr) -> Resolver {
    Resolver::new(move |_, port| async move {
        Ok(vec![
            SocketAddr::from((ipv6.to_ipv6_mapped(), port)),
            SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        ])
    })
}

/// The usual, over three rounds, with short deadlines for what never comes.
pub(crate) fn asked(base: &str) -> Asked {
    let ms = Duration::from_millis;
    Asked {
        base: Target::of(base).expect("a URL"),
        proxy: None,
        no_proxy: String::new(),
        rounds: 3,
        upload: None,
        idle: Vec::new(),
        status: None,
        names: Names::default(),
        resolver: everything_is_here(),
        resolvers: Vec::new(),
        public_resolver: None,
        trust: no_trust(),
        limits: Limits { upload_every: ms(5), ..Limits::default() },
    }
}

/// For what is to time out; nothing else in these tests waits for a deadline.
pub(crate) fn impatient(mut asked: Asked) -> Asked {
    let ms = Duration::from_millis(1000);
    asked.limits.lookup = ms;
    asked.limits.answer = ms;
    asked.limits.idle_answer = ms;
    asked
}

pub(crate) async fn measured(asked: &Asked) -> Network {
    probe(asked, &|_| {}, pending()).await
}

/// That exactly these are found, each complete.
#[track_caller]
pub(crate) fn found(network: &Network, ids: &[&str]) {
    let findings = findings(network);
    let found: Vec<&str> = findings.iter().map(|finding| finding.id).collect();
    assert_eq!(found, ids, "{network:#?}");
    for finding in findings {
        assert!(finding.title.ends_with('.') && finding.detail.ends_with('.'), "{finding:#?}");
        assert!(
            !finding.fix.is_empty() && !finding.why.is_empty() && !finding.source.is_empty(),
            "{finding:#?}"
        );
    }
}

/// A resolver that knows this one IPv4 address of every name, or none (`NXDOMAIN`).
pub(crate) async fn resolver(knows: Option<[u8; 4]>) -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut bytes = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            let mut answer = bytes[..length].to_vec();
            let is_v4 = answer[length - 3] == 1;
            (answer[2], answer[3]) = (0x81, if knows.is_some() { 0x80 } else { 0x83 });
            if let Some(data) = knows.filter(|_| is_v4) {
                answer[7] = 1;
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4]);
                answer.extend(data);
            }
            let _ = socket.send_to(&answer, from).await;
        }
    });
    address
}
