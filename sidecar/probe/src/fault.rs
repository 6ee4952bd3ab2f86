//! What may go wrong on the way to a server, as few kinds that each call for something else.

use std::io;

use serde::Serialize;
use tokio_rustls::rustls::{self, CertificateError};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// There was no answer within the deadline.
    TimedOut,
    /// Nobody listens there, or a firewall says so.
    Refused,
    /// The connection was cut with a reset.
    Reset,
    /// There is no route.
    Unreachable,
    /// The name does not exist, or has no address.
    NoSuchName,
    /// The resolver could not be asked.
    TemporaryDnsFailure,
    /// The resolver failed in another way.
    DnsFailed,
    /// The certificate was issued by nobody who is trusted here.
    TlsUnknownIssuer,
    /// The certificate has expired.
    TlsExpired,
    /// The certificate is not valid yet: a clock is wrong.
    TlsNotValidYet,
    /// The certificate is another host's.
    TlsWrongName,
    /// The certificate is wrong in another way.
    TlsBadCertificate,
    /// The other side refused the handshake.
    TlsAlert,
    /// The handshake failed in another way; often no TLS is spoken there.
    TlsFailed,
    /// The proxy wants a login, or another one.
    ProxyWantsLogin,
    /// The proxy does not let this through.
    ProxyRefused,
    /// The connection was closed before the answer was complete.
    ClosedEarly,
    /// What came is no HTTP.
    NotHttp,
    /// Anything else.
    Other,
}

impl Fault {
    /// Of a connection.
    pub(crate) fn of(error: &io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::of_tls(tls);
        }
        match error.kind() {
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::ConnectionRefused => Self::Refused,
            // Writing to a connection that was reset a moment ago.
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::Reset
            }
            // An address that this machine cannot use has no route either.
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Self::Unreachable,
            io::ErrorKind::UnexpectedEof => Self::ClosedEarly,
            _ => Self::Other,
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => match error {
                CertificateError::UnknownIssuer => Self::TlsUnknownIssuer,
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::TlsExpired,
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::TlsNotValidYet
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    Self::TlsWrongName
                }
                _ => Self::TlsBadCertificate,
            },
            rustls::Error::AlertReceived(_) => Self::TlsAlert,
            _ => Self::TlsFailed,
        }
    }

    /// Of a look-up. The standard library hands on the C library's words and, but for Windows, no code: glibc's and macOS's, then musl's.
    pub(crate) fn of_lookup(error: &io::Error) -> Self {
        /// `WSAHOST_NOT_FOUND`, `WSANO_DATA` and `WSATRY_AGAIN` of winsock2.h.
        const WINDOWS: [(i32, Fault); 3] =
            [(11_001, Fault::NoSuchName), (11_004, Fault::NoSuchName), (11_002, Fault::TemporaryDnsFailure)];
        if error.kind() == io::ErrorKind::TimedOut {
            return Self::TimedOut;
        }
        if let Some(code) = error.raw_os_error()
            && let Some((_, fault)) = WINDOWS.iter().find(|(known, _)| *known == code)
        {
            return *fault;
        }
        let words = error.to_string();
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        if says(&["emporary failure", "Try again"]) {
            Self::TemporaryDnsFailure
        } else if says(&["not known", "No address associated", "does not resolve", "no usable address"]) {
            Self::NoSuchName
        } else {
            Self::DnsFailed
        }
    }

    /// Whether the server's certificate is to blame.
    pub(crate) fn is_certificate(self) -> bool {
        matches!(
            self,
            Self::TlsUnknownIssuer
                | Self::TlsExpired
                | Self::TlsNotValidYet
                | Self::TlsWrongName
                | Self::TlsBadCertificate
        )
    }

    /// A few words, for a table or the end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::TimedOut => "timed out",
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Unreachable => "no route",
            Self::NoSuchName => "no such name",
            Self::TemporaryDnsFailure => "no answer of the resolver",
            Self::DnsFailed => "failure of the resolver",
            Self::TlsUnknownIssuer => "certificate of an unknown issuer",
            Self::TlsExpired => "expired certificate",
            Self::TlsNotValidYet => "certificate not valid yet",
            Self::TlsWrongName => "certificate of another host",
            Self::TlsBadCertificate => "bad certificate",
            Self::TlsAlert => "TLS refused by the other side",
            Self::TlsFailed => "no TLS",
            Self::ProxyWantsLogin => "the proxy wants a login",
            Self::ProxyRefused => "refused by the proxy",
            Self::ClosedEarly => "closed early",
            Self::NotHttp => "an answer that is no HTTP",
            Self::Other => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolvers_words_are_understood() {
        for (words, fault) in [
            ("failed to lookup address information: Name or service not known", Fault::NoSuchName),
            (
                "failed to lookup address information: nodename nor servname provided, or not known",
                Fault::NoSuchName,
            ),
            ("failed to lookup address information: No address associated with hostname", Fault::NoSuchName),
            ("failed to lookup address information: Name does not resolve", Fault::NoSuchName),
            (
                "failed to lookup address information: Temporary failure in name resolution",
                Fault::TemporaryDnsFailure,
            ),
            ("failed to lookup address information: Try again", Fault::TemporaryDnsFailure),
            (
                "failed to lookup address information: Non-recoverable failure in name resolution",
                Fault::DnsFailed,
            ),
        ] {
            assert_eq!(Fault::of_lookup(&io::Error::other(words)), fault, "{words}");
        }
    }
}
