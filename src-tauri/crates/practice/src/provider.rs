//! The practice provider's own state and the few words all its endpoints share: a form, a refusal, a client
//! that proved who it is. The endpoints are in the modules beside this one.
//!
//! Lock order: there is one lock, the book's, and it is never held across an await.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bowline_base::{Clock, Random, Secret, Wall};
use serde_json::json;
use tokio::sync::Notify;

use crate::book::{Book, Client, ClientAuth};
use crate::keys::Keys;

/// More parameters than any honest request has.
const MAX_PARAMS: usize = 100;

/// The provider, shared by all connections.
pub(crate) struct Provider {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) issuer: String,
    pub(crate) port: u16,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keys: Keys,
    /// Wakes the redirects that `late-callback` holds.
    pub(crate) release: Notify,
    pub(crate) book: Mutex<Book>,
}

impl Provider {
    /// The book, for as long as the guard lives.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of day.
    pub(crate) fn now(&self) -> Wall {
        self.clock.wall()
    }

    /// A new secret text behind a prefix that shows at a glance that it is only practice.
    pub(crate) fn secret(&self, prefix: &str) -> Secret {
        Secret::random(self.random.as_ref(), prefix)
    }
}

/// The parameters of a query or of a form body (RFC 6749 App. B).
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(bytes).into_owned().take(MAX_PARAMS).collect())
    }

    /// The first value of that name which is not empty: an empty one counts as left out (RFC 6749 §3.1).
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Every value of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The names in order, with their repetitions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(n, _)| n.as_str())
    }

    /// A name that comes more than once, which RFC 6749 §3.1 forbids.
    pub(crate) fn doubled(&self) -> Option<&str> {
        let twice = |name: &&str| self.0.iter().filter(|(n, _)| n == name).count() > 1;
        self.names().find(twice).filter(|name| *name != "resource" && *name != "audience")
    }
}

/// An error answer as RFC 6749 §5.2 has it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: String,
    pub(crate) description: String,
}

impl Refusal {
    /// A refusal with status 400.
    pub(crate) fn new(error: &str, description: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: error.to_owned(), description: description.to_owned() }
    }

    /// The grant, code or refresh token is no good.
    pub(crate) fn grant(description: &str) -> Self {
        Self::new("invalid_grant", description)
    }

    /// The client did not prove who it is.
    pub(crate) fn client(description: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", description) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        let mut response = (self.status, axum::Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = header::HeaderValue::from_static("Basic realm=\"practice\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(Told(self.error));
        response
    }
}

/// The error word of an answer, for the log.
#[derive(Clone, Debug)]
pub(crate) struct Told(pub(crate) String);

/// The name and secret in a Basic header, form-decoded as RFC 6749 §2.3.1 wants.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let encoded = value.get(..6).filter(|s| s.eq_ignore_ascii_case("basic ")).and(value.get(6..))?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decoded(id), Secret::new(form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    let encoded = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(encoded.as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap_or_default()
}

/// The client that a request comes from, once it proved who it is (RFC 6749 §2.3, §3.2.1).
pub(crate) fn authenticate(book: &Book, headers: &HeaderMap, form: &Form) -> Result<Client, Refusal> {
    let header = basic(headers);
    let posted = form.value("client_secret").map(Secret::new);
    if header.is_some() && posted.is_some() {
        return Err(Refusal::new("invalid_request", "the client authenticated in two ways at once"));
    }
    let id = header.as_ref().map(|(id, _)| id.as_str()).or(form.value("client_id"));
    let client = id.and_then(|id| book.client(id)).ok_or_else(|| Refusal::client("no such client"))?;
    let proof = match client.auth {
        ClientAuth::None => header.is_none().then_some(None),
        ClientAuth::Basic => header.map(|(_, secret)| Some(secret)),
        ClientAuth::Post => posted.map(Some),
    };
    match proof {
        Some(secret) if client.secret.is_none() || secret == client.secret => Ok(client),
        Some(_) => Err(Refusal::client("the client secret is wrong")),
        None => Err(Refusal::client("the client authenticated in another way than it registered")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6749_4_a_basic_header_is_form_decoded() {
        let mut headers = HeaderMap::new();
        let encoded = STANDARD.encode("a%3Ab%2B%25:p%40ss+%C3%BC%3A");
        headers.insert(header::AUTHORIZATION, format!("Basic {encoded}").parse().unwrap());
        let (id, secret) = basic(&headers).unwrap();
        assert_eq!((id.as_str(), secret.expose()), ("a:b+%", "p@ss ü:"));
    }

    #[test]
    fn an_empty_parameter_counts_as_left_out_and_a_doubled_one_is_found() {
        let form = Form::parse(b"a=&b=1&b=2&resource=x&resource=y");
        assert_eq!(form.value("a"), None);
        assert_eq!(form.doubled(), Some("b"));
        assert_eq!(Form::parse(b"resource=x&resource=y").doubled(), None);
    }

    #[test]
    fn a_flood_of_parameters_is_cut() {
        assert_eq!(Form::parse("a=1&".repeat(1_000).as_bytes()).names().count(), MAX_PARAMS);
    }
}
