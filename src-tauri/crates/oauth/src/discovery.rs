//! Asks a provider for its metadata: OpenID Connect Discovery 1.0 §4 and RFC 8414 §3.
//!
//! Both documents are asked for and laid over each other, because some providers tell in one what they leave out
//! of the other. What is configured goes before what is found. The invariant: a document whose `issuer` is not
//! the configured one, character by character, is not looked at (RFC 8414 §3.3). How a document is read is in
//! `document`; which addresses may be used is in [`crate::provider::address`].

mod document;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{Clock, Instant, Wall};
use http::Request;
use http::header::ACCEPT;
use url::Url;

use crate::failure::{self, Failure, FailureKind, Verdict};
use crate::id_token;
use crate::provider::{Provider, address};
use crate::server::Server;
use crate::transport::{Limits, Transport};

use document::Document;

/// How long a document is good for: providers change keys and endpoints with days of notice (8414-6).
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// How long one document stands in while the other could not be had.
const HALF_FRESH: Duration = Duration::from_secs(300);
/// How soon an issuer that could not be reached is asked again while a stale copy serves.
const ASK_AGAIN: Duration = Duration::from_secs(60);
/// Nobody connects to more issuers than this; a bound so that the cache has one.
const MAX_ISSUERS: usize = 256;

/// Finds out what providers say of themselves, and remembers it.
pub struct Discovery {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    /// One slot per issuer, so that a slow one keeps nobody else waiting. The map's lock is never held across
    /// an await; a slot's is, so that of many callers one asks.
    slots: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Told>>>;

/// What an issuer said, or how asking it failed, and when.
struct Told {
    said: Result<Arc<Document>, Failure>,
    at: (Wall, Instant),
    good_for: Duration,
}

/// What one of the two addresses brought.
enum Found {
    /// A document that is the issuer's.
    Document(Box<Document>),
    /// The provider says that there is none.
    Nothing(Failure),
    /// Nobody knows.
    Unknown(Failure),
    /// A document that is not to be trusted.
    Refused(Failure),
}

impl Discovery {
    /// A discovery that knows nothing yet.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, clock, slots: Mutex::default() }
    }

    /// What is known of a provider's server, asking it where the configuration leaves gaps. Calls the provider
    /// at most once a day; dropping the future leaves the cache as it was.
    ///
    /// Fails with [`FailureKind::IssuerMismatch`] when somebody else answers, [`FailureKind::Misconfigured`]
    /// when there is no issuer to ask, and with what the transport met when the provider cannot be reached and
    /// was never reached before, unless the configured endpoints suffice to go on.
    pub async fn server(&self, provider: &Provider) -> Result<Arc<Server>, Failure> {
        let configured = Server::configured(provider);
        let suffices = configured.endpoints.authorization.is_some() && configured.endpoints.token.is_some();
        let Some(issuer) = provider.issuer.as_deref().filter(|_| provider.needs_discovery()) else {
            return if suffices {
                Ok(Arc::new(configured))
            } else {
                Err(Failure::new(FailureKind::Misconfigured).unsent())
            };
        };
        match self.document(issuer, suffices).await {
            Ok(document) => document.over(configured).map(Arc::new),
            // What it signs with cannot be asked, so whatever is understood is taken.
            Err(failure) if suffices && failure.verdict() == Verdict::Wait => {
                Ok(Arc::new(Server { id_token_algs: id_token::understood(), ..configured }))
            }
            Err(failure) => Err(failure),
        }
    }

    /// `suffices`: the caller can do without, so a failure that was just met need not be met again.
    async fn document(&self, issuer: &str, suffices: bool) -> Result<Arc<Document>, Failure> {
        let slot = self.slot(issuer);
        let mut copy = slot.lock().await;
        if let Some(copy) = copy.as_ref().filter(|copy| self.age(copy) < copy.good_for)
            && (suffices || copy.said.is_ok())
        {
            return copy.said.clone();
        }
        let (said, good_for) = match (self.fetch(issuer).await, copy.take()) {
            (Ok((document, good_for)), _) => (Ok(Arc::new(document)), good_for),
            (Err(failure), Some(Told { said: Ok(stale), .. })) if failure.verdict() == Verdict::Wait => {
                (Ok(stale), ASK_AGAIN)
            }
            (Err(failure), _) => (Err(failure), ASK_AGAIN),
        };
        *copy = Some(Told { said: said.clone(), at: self.now(), good_for });
        said
    }

    fn slot(&self, issuer: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_ISSUERS && !slots.contains_key(issuer) {
            slots.clear();
        }
        Arc::clone(slots.entry(issuer.to_owned()).or_default())
    }

    fn now(&self) -> (Wall, Instant) {
        (self.clock.wall(), self.clock.instant())
    }

    /// The longer of the two: one clock jumps, and the other may stand still while the computer sleeps.
    fn age(&self, copy: &Told) -> Duration {
        let (wall, instant) = self.now();
        wall.since(copy.at.0).max(instant.since(copy.at.1))
    }

    async fn fetch(&self, issuer: &str) -> Result<(Document, Duration), Failure> {
        let base = address::issuer(issuer).map_err(|_| Failure::new(FailureKind::Misconfigured).unsent())?;
        let [appended, inserted, openid_inserted] = places(&base);
        let first = self.ask(issuer, &base, &appended).await;
        // An issuer that cannot be reached at one address is not reached at the next either.
        if let Found::Unknown(failure) = &first
            && failure.http_status.is_none()
            && failure.kind != FailureKind::InvalidResponse
        {
            return Err(failure.clone());
        }
        let second = self.ask(issuer, &base, &inserted).await;
        match (first, second) {
            (Found::Document(first), Found::Document(second)) => Ok((first.filled_from(*second), FRESH)),
            (Found::Document(one), Found::Nothing(_) | Found::Refused(_))
            | (Found::Nothing(_) | Found::Refused(_), Found::Document(one)) => Ok((*one, FRESH)),
            (Found::Document(one), Found::Unknown(_)) | (Found::Unknown(_), Found::Document(one)) => {
                Ok((*one, HALF_FRESH))
            }
            (Found::Refused(failure), _) | (_, Found::Refused(failure)) => Err(failure),
            (Found::Unknown(failure), _) | (_, Found::Unknown(failure)) => Err(failure),
            (Found::Nothing(failure), Found::Nothing(_)) => {
                match self.third(issuer, &base, openid_inserted).await {
                    Some(Found::Document(one)) => Ok((*one, FRESH)),
                    Some(Found::Refused(failure) | Found::Unknown(failure)) => Err(failure),
                    Some(Found::Nothing(_)) | None => Err(failure),
                }
            }
        }
    }

    /// The third place exists only for issuers with a path; for others it is the first.
    async fn third(&self, issuer: &str, base: &Url, place: Option<Url>) -> Option<Found> {
        Some(self.ask(issuer, base, &Some(place?)).await)
    }

    async fn ask(&self, issuer: &str, base: &Url, place: &Option<Url>) -> Found {
        let host = base.host_str().unwrap_or_default();
        let Some(request) = place.as_ref().and_then(|url| request(url).ok()) else {
            return Found::Nothing(Failure::new(FailureKind::Misconfigured).at(host).unsent());
        };
        let answer = match self.transport.send(request, Limits::default()).await {
            Ok(answer) => answer,
            Err(fault) => return Found::Unknown(fault.into()),
        };
        let status = answer.status().as_u16();
        let wrong = |kind| Failure::new(kind).at(host).with_status(status);
        match (status, Document::read(answer.body(), issuer, base)) {
            (200, Ok(document)) => Found::Document(Box::new(document)),
            (200, Err(FailureKind::InvalidResponse)) => Found::Unknown(wrong(FailureKind::InvalidResponse)),
            (200, Err(kind)) => Found::Refused(wrong(kind)),
            (408 | 425 | 429 | 500..=599, _) => Found::Unknown(wrong(failure::of_plain_status(status))),
            (_, _) => Found::Nothing(wrong(FailureKind::EndpointGone)),
        }
    }
}

fn request(url: &Url) -> Result<Request<Vec<u8>>, http::Error> {
    Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new())
}

/// Where the documents may stand: OpenID's name appended, RFC 8414's inserted between host and path, and, as a
/// last try for issuers with a path, OpenID's name inserted (RFC 8414 §5).
fn places(issuer: &Url) -> [Option<Url>; 3] {
    const OPENID: &str = "/.well-known/openid-configuration";
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    let path = issuer.path().trim_end_matches('/');
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        Some(url)
    };
    let third = if path.is_empty() { None } else { at(format!("{OPENID}{path}")) };
    [at(format!("{path}{OPENID}")), at(format!("{OAUTH}{path}")), third]
}
