//! What a refusal means, and whose move it is.
//!
//! [`sort`] turns any answer that brought no token into exactly one [`Failure`]; the table itself is in
//! `words`, how long to wait is in [`pause`], and how an answer's words are found is in `said`. The invariant:
//! doubt means wait. Only an error that the provider spelt out, in an answer that came whole, ever asks for the
//! user (RFC 6749 §5.2 and what real providers make of it).

mod kind;
pub mod pause;
mod said;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::time::Duration;

use bowline_base::{Secret, Wall, redact};
use http::HeaderMap;

use crate::provider::Provider;
use crate::transport::{Fault, FaultKind, Sent};

pub use kind::{FailureKind, Verdict};
pub(crate) use words::of_plain_status;

use said::Said;

/// Something that a provider was asked for and did not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it is, and thereby whose move.
    pub kind: FailureKind,
    /// The host that was asked.
    pub host: Option<String>,
    /// The status of its answer.
    pub http_status: Option<u16>,
    /// Its error code, cleaned.
    pub provider_error: Option<String>,
    /// Its sentence, cleaned.
    pub provider_description: Option<String>,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether the request may have had an effect.
    pub sent: Sent,
    /// A new refresh token out of an answer that was otherwise of no use.
    pub salvage: Option<Secret>,
}

impl Failure {
    /// A failure of which nothing more is known than its kind.
    pub fn new(kind: FailureKind) -> Self {
        Self {
            kind,
            host: None,
            http_status: None,
            provider_error: None,
            provider_description: None,
            retry_after: None,
            sent: Sent::Maybe,
            salvage: None,
        }
    }

    /// The same with the host that was asked.
    pub fn at(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The same with the answer's status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// The same with the provider's words, cleaned here.
    pub fn with_words(mut self, error: Option<&str>, description: Option<&str>) -> Self {
        let clean = |text: &str| Some(redact::foreign(text)).filter(|text| !text.is_empty());
        self.provider_error = error.and_then(clean);
        self.provider_description = description.and_then(clean);
        self
    }

    /// The same for a request that never left.
    pub fn unsent(mut self) -> Self {
        self.sent = Sent::Nothing;
        self
    }

    /// Whose move it is.
    pub const fn verdict(&self) -> Verdict {
        self.kind.verdict()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        self.host.as_ref().map_or(Ok(()), |host| write!(f, " at {host}"))?;
        self.http_status.map_or(Ok(()), |status| write!(f, ", status {status}"))?;
        self.provider_error.as_ref().map_or(Ok(()), |word| write!(f, ", error {word}"))
    }
}

impl std::error::Error for Failure {}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let kind = match fault.kind {
            FaultKind::Unresolved | FaultKind::Refused | FaultKind::Reset | FaultKind::Other => {
                FailureKind::Unreachable
            }
            FaultKind::TimedOut => FailureKind::TimedOut,
            FaultKind::Tls => FailureKind::Tls,
            FaultKind::TooLarge => FailureKind::InvalidResponse,
        };
        Failure { sent: fault.sent, ..Failure::new(kind).at(fault.host) }
    }
}

/// Sorts an answer that did not bring what was asked for. Total: every status with every body becomes one
/// failure, and none panics. `now` is what a `Retry-After` date is measured from where the answer has no date.
pub fn sort(status: u16, headers: &HeaderMap, body: &[u8], provider: &Provider, now: Wall) -> Failure {
    let said = Said::read(headers, body);
    let kind = kind_of(status, headers, &said, provider);
    let host = provider.endpoints.token.as_ref().and_then(|url| url.host_str());
    let mut failure = Failure::new(kind).with_status(status);
    failure = failure.with_words(said.error.as_deref(), said.description.as_deref());
    failure.host = host.map(str::to_owned);
    failure.retry_after = pause::asked_for(headers, body, now);
    if kind == FailureKind::RateLimited {
        failure.retry_after = failure.retry_after.or(Some(pause::WHEN_NOTHING_IS_SAID));
    }
    failure
}

fn kind_of(status: u16, headers: &HeaderMap, said: &Said, provider: &Provider) -> FailureKind {
    if words::may_speak(status)
        && let Some(kind) = words::kind(said, provider)
    {
        return kind;
    }
    if status == 403 && pause::is_limited(headers) {
        return FailureKind::RateLimited;
    }
    words::of_status(status, said)
}
