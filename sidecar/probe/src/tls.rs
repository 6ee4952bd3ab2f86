//! TLS, with a witness: who vouches for a server's certificate is seen also where the handshake fails.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

use crate::{
    contract::{Tls, TrustedBy},
    der,
};

/// Certificates of a file that are read.
const EXTRA_AT_MOST: usize = 1000;

/// Whose word is taken for a certificate, the first that gives it. All of them are Claude Code's, too, but that a Claude Code on a Node
/// before 22.15 knows nothing of the platform's store (`code.claude.com/docs/en/network-config`).
#[derive(Debug)]
pub struct Trust {
    verifiers: Vec<(TrustedBy, Arc<WebPkiServerVerifier>)>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    /// Mozilla's authorities, those of the file that `NODE_EXTRA_CA_CERTS` names, and the platform's.
    pub fn of_this_machine(extra: Option<&Path>) -> Self {
        let public = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let platform = store(rustls_native_certs::load_native_certs().certs);
        Self::of(public, extra.map(file).unwrap_or_else(RootCertStore::empty), platform)
    }

    /// Of these authorities: public ones, those of a file, the platform's.
    pub fn of(public: RootCertStore, extra: RootCertStore, platform: RootCertStore) -> Self {
        let provider = Arc::new(ring::default_provider());
        let stores =
            [(TrustedBy::Public, public), (TrustedBy::ExtraFile, extra), (TrustedBy::PlatformOnly, platform)];
        // One without authorities vouches for nobody.
        let verifiers = stores.into_iter().filter_map(|(by, roots)| {
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            Some((by, builder.build().ok()?))
        });
        Self { verifiers: verifiers.collect(), provider }
    }

    /// For connections that are used, and not measured. Which protocols are offered (ALPN) is the user's to say.
    ///
    /// # Errors
    /// When the provider knows no version of TLS.
    pub fn client_config(self: &Arc<Self>) -> Result<ClientConfig, rustls::Error> {
        let mut config = Witness::new(self).config()?;
        config.alpn_protocols.clear();
        Ok(config)
    }
}

/// The certificates of a file; those that cannot be read are left out, as Node does.
fn file(path: &Path) -> RootCertStore {
    let certificates = CertificateDer::pem_file_iter(path).into_iter().flatten();
    store(certificates.take(EXTRA_AT_MOST).flatten())
}

fn store(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots
}

/// Looks at the server's certificate, and lets no one pass whom nobody vouches for.
#[derive(Debug)]
pub(crate) struct Witness {
    trust: Arc<Trust>,
    seen: Mutex<Option<(TrustedBy, der::Certificate)>>,
}

impl Witness {
    pub(crate) fn new(trust: &Arc<Trust>) -> Arc<Self> {
        Arc::new(Self { trust: Arc::clone(trust), seen: Mutex::new(None) })
    }

    /// For one connection: nothing is kept from one to the next, so that each handshake is a whole one.
    pub(crate) fn config(self: &Arc<Self>) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.trust.provider));
        let witness: Arc<dyn ServerCertVerifier> = Arc::clone(self) as _;
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(witness)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// What was seen; none when it did not come to a certificate.
    pub(crate) fn told(&self, connection: Option<&ClientConnection>, plain: bool) -> Option<Tls> {
        let (trusted_by, certificate) = self.seen.lock().ok()?.clone()?;
        let version = connection.and_then(|connection| connection.protocol_version());
        let version = version.and_then(|version| match version {
            rustls::ProtocolVersion::TLSv1_2 => Some("1.2".to_owned()),
            rustls::ProtocolVersion::TLSv1_3 => Some("1.3".to_owned()),
            _ => None,
        });
        let alpn = connection.and_then(|connection| connection.alpn_protocol());
        // A private issuer is called after its owner.
        let is_told = plain || trusted_by == TrustedBy::Public;
        let name = |name: Option<String>| name.filter(|name| is_told && !name.is_empty());
        Some(Tls {
            version,
            alpn: alpn.map(|alpn| String::from_utf8_lossy(alpn).into_owned()),
            issuer_organisation: name(certificate.issuer_organisation),
            issuer_name: name(certificate.issuer_name),
            trusted_by,
            days_left: certificate.not_after_unix_s.map(days_left),
        })
    }
}

fn days_left(not_after_unix_s: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    not_after_unix_s.saturating_sub_unsigned(now).div_euclid(86_400)
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut told = Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
        let mut trusted_by = TrustedBy::Nobody;
        for (by, verifier) in &self.trust.verifiers {
            match verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
                Ok(verified) => {
                    (trusted_by, told) = (*by, Ok(verified));
                    break;
                }
                // Whoever knows the issuer knows best what is wrong.
                Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {}
                Err(error) => told = Err(error),
            }
        }
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some((trusted_by, der::read(end_entity).unwrap_or_default()));
        }
        told
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.trust.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.trust.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.provider.signature_verification_algorithms.supported_schemes()
    }
}
