//! Signing in by a code that is typed on any device (RFC 8628): asking for the codes, and when to ask whether the person
//! has typed theirs.
//!
//! The waiting is a small machine without clock and network: [`Polling`] is told what an answer was and says what to do
//! next. The pause begins after each answer; `slow_down` makes it longer for good, and silence doubles it. The code that
//! the provider redeems is a [`Secret`] and is never shown; what the person types is foreign text, bounded and cleaned.

use std::time::Duration;

use bowline_base::{Instant, ScopeSet, Secret, Wall, redact};
use oauth2::{DeviceAuthorizationUrl, EndUserVerificationUrl, UserCode};
use serde_json::{Map, Value};
use url::Url;

use crate::client::ClientCredentials;
use crate::failure::{self, Failure, FailureKind};
use crate::provider::{Provider, address};
use crate::server::Server;
use crate::token::form;
use crate::transport::{Limits, Transport};

/// The name of the grant (RFC 8628 §3.4).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long to wait between two questions where nobody says (RFC 8628 §3.2).
pub const USUAL_INTERVAL: Duration = Duration::from_secs(5);
/// What `slow_down` adds, for good (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// No pause is longer: the person waits for the end of it.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// How long codes live where the provider does not say, and at most.
const USUAL_LIFE: Duration = Duration::from_secs(600);
const LONGEST_LIFE: Duration = Duration::from_secs(3600);
/// The longest code that is redeemed, and the longest that somebody types.
const MAX_DEVICE_CODE: usize = 8192;
const MAX_USER_CODE: usize = 64;

/// The codes of one attempt, and where the person types theirs.
#[derive(Clone, Debug)]
pub struct DeviceCodes {
    device_code: Secret,
    /// What the person types.
    pub user_code: UserCode,
    /// Where.
    pub verification_uri: EndUserVerificationUrl,
    /// The same address with the code in it, where the provider gives one.
    pub verification_uri_complete: Option<Url>,
    /// How long both codes live.
    pub expires_in: Duration,
    /// How long to wait between two questions.
    pub interval: Duration,
}

impl DeviceCodes {
    /// What is given for tokens once the person has agreed.
    pub fn device_code(&self) -> &Secret {
        &self.device_code
    }
}

/// The address at which codes are asked for, where the provider has one.
pub fn endpoint(server: &Server) -> Option<DeviceAuthorizationUrl> {
    let url = server.endpoints.device_authorization.clone().filter(address::is_usable)?;
    Some(DeviceAuthorizationUrl::from_url(url))
}

/// Asks for codes. Calls the provider once.
///
/// # Errors
/// [`FailureKind::Misconfigured`] when the provider offers no such way; [`FailureKind::InvalidResponse`] for codes that
/// cannot be used or shown; otherwise what the provider answered.
pub async fn begin(
    transport: &dyn Transport,
    provider: &Provider,
    server: &Server,
    client: &ClientCredentials,
    scopes: &ScopeSet,
    now: Wall,
) -> Result<DeviceCodes, Failure> {
    let endpoint = endpoint(server).ok_or_else(|| Failure::new(FailureKind::Misconfigured).unsent())?;
    let separator = provider.quirks.scope_separator.to_string();
    let scope = (!scopes.is_empty()).then(|| scopes.to_strings().join(&separator));
    let mut fields = vec![("client_id", client.id.as_str())];
    fields.extend(scope.as_deref().map(|scope| (provider.quirks.scope_param.as_str(), scope)));
    fields.extend(provider.resource.as_deref().map(|resource| ("resource", resource)));
    let request = form::post(endpoint.url(), client, &provider.quirks, &fields)?;
    let response = transport.send(request, Limits::default()).await?;
    let (status, host) = (response.status().as_u16(), endpoint.url().host_str().unwrap_or_default());
    match serde_json::from_slice(response.body()) {
        // GitHub answers 200 with an error.
        Ok(Value::Object(members)) if (200..300).contains(&status) && !members.contains_key("error") => {
            codes(&members, endpoint.url())
                .ok_or_else(|| Failure::new(FailureKind::InvalidResponse).at(host).with_status(status))
        }
        _ => Err(failure::sort(status, response.headers(), response.body(), provider, now).at(host)),
    }
}

fn codes(members: &Map<String, Value>, endpoint: &Url) -> Option<DeviceCodes> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let device_code = text("device_code").filter(|code| is_token(code))?;
    let user_code = text("user_code").map(str::trim).filter(|code| is_typed(code))?;
    // Google writes `verification_url`.
    let uri = text("verification_uri").or_else(|| text("verification_url"))?;
    let page = |text: &str| page(text, endpoint);
    let shown = page(uri)?;
    let interval = seconds(members.get("interval")).unwrap_or(USUAL_INTERVAL);
    let life = seconds(members.get("expires_in")).unwrap_or(USUAL_LIFE);
    Some(DeviceCodes {
        device_code: Secret::new(device_code),
        user_code: UserCode::new(user_code.to_owned()),
        verification_uri: EndUserVerificationUrl::from_url(shown),
        verification_uri_complete: text("verification_uri_complete").and_then(page),
        expires_in: life.min(LONGEST_LIFE),
        interval: interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL),
    })
}

fn is_token(code: &str) -> bool {
    !code.is_empty() && code.len() <= MAX_DEVICE_CODE && code.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

fn is_typed(code: &str) -> bool {
    !code.is_empty() && code.chars().count() <= MAX_USER_CODE && redact::is_plain(code)
}

/// A page for the person: `https`, and `http` on this computer only where the provider is on it too.
fn page(text: &str, endpoint: &Url) -> Option<Url> {
    let url = address::endpoint(text).ok()?;
    (url.scheme() == "https" || address::is_loopback(endpoint)).then_some(url)
}

fn seconds(value: Option<&Value>) -> Option<Duration> {
    let number = match value? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (number.is_finite() && number > 0.0).then(|| Duration::from_secs_f64(number.min(1e6)))
}

/// When to ask whether the person has typed the code.
#[derive(Clone, Copy, Debug)]
pub struct Polling {
    interval: Duration,
    ends_at: Instant,
}

/// What to do after an answer that brought no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask again after this pause.
    AskAfter(Duration),
    /// It is over.
    End(Failure),
}

impl Polling {
    /// Waiting that begins now, with the codes that came just now.
    pub fn new(codes: &DeviceCodes, now: Instant) -> Self {
        Self { interval: codes.interval, ends_at: now + codes.expires_in }
    }

    /// The pause before the first question.
    pub fn first_pause(&self) -> Duration {
        self.interval
    }

    /// When the codes end.
    pub fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// What an answer means: not yet, not so fast, silence, or the end.
    pub fn after(&mut self, failure: Failure, now: Instant) -> Next {
        if now >= self.ends_at {
            return Next::End(expired());
        }
        let pause = match failure.provider_error.as_deref() {
            Some("authorization_pending") => self.interval,
            Some("slow_down") => self.longer_by(SLOWER),
            _ if passes(&failure) => self.longer_by(self.interval).max(asked_for(&failure)),
            _ => return Next::End(failure),
        };
        // One last question at the codes' end: the provider says that it is the end.
        Next::AskAfter(pause.min(self.ends_at.since(now)))
    }

    /// `slow_down` may go beyond what silence may: the provider said it.
    fn longer_by(&mut self, more: Duration) -> Duration {
        self.interval = (self.interval + more).min(LONGEST_INTERVAL.max(self.interval));
        self.interval
    }
}

/// Nobody answered, or nobody who could say anything about the code (RFC 8628 §3.5).
fn passes(failure: &Failure) -> bool {
    match failure.http_status {
        None => matches!(failure.kind, FailureKind::Unreachable | FailureKind::TimedOut),
        Some(status) => status >= 500 || matches!(status, 408 | 425 | 429),
    }
}

fn asked_for(failure: &Failure) -> Duration {
    failure.retry_after.unwrap_or_default().min(LONGEST_INTERVAL)
}

/// The codes ran out before the person had typed theirs.
pub fn expired() -> Failure {
    Failure::new(FailureKind::DeviceCodeExpired)
}

#[cfg(test)]
mod tests;
