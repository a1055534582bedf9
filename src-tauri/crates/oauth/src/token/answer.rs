//! The provider's answer as it came, before anybody reads it: what a journal can hold and give back.
//!
//! It may hold tokens. So the body is a [`Secret`], there is no `Debug` of it, and of the headers only those are
//! kept that say what the answer means.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use bowline_base::{Secret, Wall};
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use serde::{Deserialize, Serialize};

use crate::failure::pause;

/// Headers that say something about an answer; no other is kept.
const KEPT: [HeaderName; 4] = [CONTENT_TYPE, DATE, RETRY_AFTER, WWW_AUTHENTICATE];
const KEPT_PREFIXES: [&str; 3] = ["ratelimit-", "x-ratelimit-", "x-rate-limit-"];
/// More than these a real answer does not have.
const MAX_KEPT: usize = 32;

/// What the token endpoint answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What time the provider believes it is.
    pub date: Option<Wall>,
    host: String,
    headers: HeaderMap,
    body: Secret,
}

impl Answer {
    /// Takes over a response from a host. Bytes that are not UTF-8 cannot be part of a token answer (RFC 6749
    /// §5.1) and are replaced.
    pub fn new(host: &str, response: Response<Vec<u8>>) -> Self {
        let (parts, body) = response.into_parts();
        let body =
            String::from_utf8(body).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        let headers = parts.headers.iter().filter(|(name, _)| is_kept(name)).take(MAX_KEPT);
        let headers: HeaderMap = headers.map(|(n, v)| (n.clone(), v.clone())).collect();
        Self::from_parts(parts.status.as_u16(), host.to_owned(), headers, Secret::new(body))
    }

    /// For the journal: everything, as one text.
    pub fn to_journal(&self) -> Secret {
        let headers =
            self.headers.iter().filter_map(|(n, v)| Some((n.as_str().into(), v.to_str().ok()?.into())));
        let page = Page {
            status: self.status,
            host: self.host.clone(),
            headers: headers.collect(),
            body: self.body.expose().to_owned(),
        };
        Secret::new(serde_json::to_string(&page).expect("texts and numbers are always JSON"))
    }

    /// What was written before. `None` when it is not that.
    pub fn from_journal(text: &Secret) -> Option<Answer> {
        let page: Page = serde_json::from_str(text.expose()).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in page.headers.into_iter().take(MAX_KEPT) {
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        Some(Self::from_parts(page.status, page.host, headers, Secret::new(page.body)))
    }

    fn from_parts(status: u16, host: String, headers: HeaderMap, body: Secret) -> Self {
        let date = headers.get(DATE).and_then(|v| wall(v.to_str().ok()?));
        Self { status, date, host, headers, body }
    }

    /// Who answered.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The headers that say what the answer means.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// How long the provider wants to be left alone although it answered well: its quota is used up (F-58).
    pub fn pause(&self, now: Wall) -> Option<Duration> {
        pause::quota(&self.headers, now)
    }

    /// The body. Whoever calls this answers for where it goes.
    pub(super) fn body(&self) -> &Secret {
        &self.body
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer {} from {}, {} bytes", self.status, self.host, self.body.len())
    }
}

/// An answer as it lies in the journal.
#[derive(Serialize, Deserialize)]
struct Page {
    status: u16,
    host: String,
    headers: Vec<(String, String)>,
    body: String,
}

fn is_kept(name: &HeaderName) -> bool {
    KEPT.contains(name) || KEPT_PREFIXES.iter().any(|p| name.as_str().starts_with(p))
}

fn wall(date: &str) -> Option<Wall> {
    let since = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Wall::from_unix_ms)
}
