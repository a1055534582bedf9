//! How a request leaves this computer: one trait, the real thing ([`HttpTransport`]) and a stand-in for tests
//! ([`ScriptedTransport`]).
//!
//! Whoever implements it follows no redirect (RFC 9700 §4.12), keeps to the limits and tells whether a request
//! that failed may have reached the provider: a refresh token that may have been spent is another story than
//! one that certainly was not. A [`Fault`] holds a host and no other word of the request.

mod http;
pub mod scripted;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

pub use self::http::HttpTransport;
pub use self::scripted::{Recorded, Reply, ScriptedTransport};

/// Sends one request and brings back one whole answer. Follows no redirect.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends the request within the limits. Dropping the future drops the connection; the provider may have
    /// seen the request all the same.
    async fn send(
        &self,
        request: ::http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<::http::Response<Vec<u8>>, Fault>;
}

/// How long a request may take and how much an answer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first look-up to the answer's last byte.
    pub total: Duration,
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// The longest body accepted, in bytes, after decompression.
    pub max_body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: Duration::from_secs(15), connect: Duration::from_secs(5), max_body: 1 << 20 }
    }
}

/// No answer came. Holds the host and nothing else of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// The host that was asked.
    pub host: String,
    /// Whether the provider may have seen the request.
    pub sent: Sent,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The name has no address.
    Unresolved,
    /// Nobody listens there, or no way leads there.
    Refused,
    /// The connection broke.
    Reset,
    /// The time was up.
    TimedOut,
    /// The certificate, or TLS itself, cannot be trusted.
    Tls,
    /// The answer is longer than accepted.
    TooLarge,
    /// Anything else.
    Other,
}

/// Whether a request that failed may have had an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// The connection was never made: certainly not.
    Nothing,
    /// The request may have reached the provider.
    Maybe,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::Unresolved => "has no address",
            FaultKind::Refused => "cannot be reached",
            FaultKind::Reset => "broke the connection",
            FaultKind::TimedOut => "did not answer in time",
            FaultKind::Tls => "has no certificate that can be trusted",
            FaultKind::TooLarge => "sent more than is accepted",
            FaultKind::Other => "could not be asked",
        };
        write!(f, "{} {what}", self.host)
    }
}

impl std::error::Error for Fault {}
