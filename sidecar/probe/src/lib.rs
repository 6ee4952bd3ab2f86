//! The network between this machine and the API, measured when somebody asks for it: names, TCP, TLS, the time to the first byte, a slow
//! upload, idle connections, the public status page.
//!
//! [`Asked::contacts`] names every server before anything is sent; [`probe`] measures; [`findings`] judges what was measured. No credential
//! is ever sent, but a proxy's own to that proxy. Every part has a deadline, every answer an end to what is read of it.

#![forbid(unsafe_code)]

mod connect;
mod contract;
mod der;
mod fault;
mod findings;
mod http;
mod idle;
mod limits;
mod probe;
mod resolve;
mod status;
mod target;
mod tell;
mod tls;
mod upload;
mod ways;

pub use contract::{
    Contact, Family, Hold, HoldEnd, Idle, Lookup, Network, ProxyState, ProxyUse, Resolved, Role, Round,
    StatusPage, Tls, TrustedBy, Upload, UploadEnd, Way,
};
pub use fault::Fault;
pub use findings::{check, findings};
pub use idle::holds;
pub use limits::Limits;
pub use probe::{Asked, Part, Progress, ROUNDS, UPLOAD, probe};
pub use resolve::{PUBLIC_RESOLVER, Resolver, resolvers};
pub use status::STATUS_PAGE;
pub use target::{API, NoProxy, Proxy, Target, is_excepted};
pub use tell::{HEADINGS, markdown, rows, sentences};
pub use tls::Trust;
