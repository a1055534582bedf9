//! Who it was that connected: the id token where there is one, the provider's "who am I" where there is none.
//!
//! A person is known by issuer and subject and by nothing else (OpenID Connect Core §5.7). What userinfo adds is
//! for people to read, unless the provider's file names another place for the subject; it is dropped whole when it
//! is about somebody else (§5.3.2), and an id token that does not hold ends everything before userinfo is asked. Here
//! an access token is also tried out: see [`Probe`].

use std::sync::Arc;

use bowline_base::{Clock, Secret, redact};
use http::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use serde_json::Value;
use url::Url;

use crate::failure::{self, Failure, FailureKind, Verdict};
use crate::id_token::{self, Claims, Expected};
use crate::keys::Keys;
use crate::provider::{IdentityMap, Provider, address};
use crate::server::Server;
use crate::token::TokenSet;
use crate::transport::{Limits, Transport};

/// The longest text that is kept of a person, in characters.
pub const MAX_CHARS: usize = 512;
/// Where the standard names the person.
const SUB: &str = "/sub";
/// Longer than any real userinfo answer, in bytes.
const MAX_USERINFO: usize = 256 * 1024;

/// Whose tokens they are. Every text is bounded and free of control and invisible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider's stable name for the person, exactly as it came.
    pub subject: String,
    /// What the person signs in with.
    pub username: Option<String>,
    /// The person's name.
    pub display_name: Option<String>,
    /// A picture's `https` address.
    pub avatar_url: Option<String>,
}

/// What a provider makes of an access token that is tried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// It takes it.
    Accepted,
    /// It does not know it any more.
    Refused,
    /// It knows it, and it is not enough for this.
    InsufficientScope,
}

/// Finds out whose tokens they are.
pub struct Identifier {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    keys: Keys,
}

impl Identifier {
    /// Knows no issuer's keys yet.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { keys: Keys::new(transport.clone(), clock.clone()), transport, clock }
    }

    /// Finds out who connected. Calls the provider: for its keys, and for userinfo.
    ///
    /// # Errors
    /// [`FailureKind::IdTokenInvalid`] and its like when the id token does not hold; without an id token whatever
    /// userinfo comes to, and [`FailureKind::InvalidResponse`] when nobody is named.
    pub async fn identify(
        &self,
        provider: &Provider,
        server: &Server,
        client_id: &str,
        tokens: &TokenSet,
        nonce: Option<&Secret>,
    ) -> Result<Identity, Failure> {
        match self.claims(provider, server, client_id, tokens, nonce).await? {
            Some(claims) => {
                let userinfo = self.userinfo(provider, server, client_id, &tokens.access).await;
                let same = |u: &&Value| IdentityMap::find(SUB, u).as_ref() == Some(&claims.subject);
                let about_same = userinfo.as_ref().ok().filter(same);
                let named = match has_own_subject(&provider.identity) {
                    false => Some(claims.subject.clone()),
                    true => about_same
                        .into_iter()
                        .chain([&claims.document])
                        .find_map(|document| subject(&provider.identity, document)),
                };
                let subject = named.ok_or_else(|| nobody(userinfo.as_ref().err()))?;
                Ok(describe(&provider.identity, subject, about_same, Some(&claims.document)))
            }
            None => {
                // Without a userinfo endpoint the token answer itself may name the person; with one, it never
                // stands in for it, or the same person could get two names.
                let userinfo = match server.endpoints.userinfo {
                    Some(_) => self.userinfo(provider, server, client_id, &tokens.access).await?,
                    None => tokens.about.document().clone(),
                };
                let subject = subject(&provider.identity, &userinfo).ok_or_else(|| nobody(None))?;
                Ok(describe(&provider.identity, subject, Some(&userinfo), None))
            }
        }
    }

    /// Checks an id token that came with a renewal: same issuer, person and client, and fresh (OpenID Connect
    /// Core §12.2). The person is the account's subject; where the provider's file takes that from another place than
    /// `/sub`, it is whom the id token before this one named. May call the provider for its keys.
    ///
    /// `Ok` with a failure means that the issuer's keys could not be had, so that everything was checked but the
    /// signature. A provider whose issuer is not known has nothing to check against, and passes.
    ///
    /// # Errors
    /// [`FailureKind::IdTokenInvalid`] or [`FailureKind::ClockSkew`]: the id token itself does not hold.
    pub async fn check_renewed(
        &self,
        provider: &Provider,
        server: &Server,
        client_id: &str,
        id_token: &Secret,
        subject: &str,
        before: Option<&Secret>,
    ) -> Result<Option<Failure>, Failure> {
        if !knows_issuer(server) {
            return Ok(None);
        }
        let known = match has_own_subject(&provider.identity) {
            true => before.and_then(id_token::named_in),
            false => Some(subject.to_owned()),
        };
        let now = self.clock.wall();
        let expected = Expected {
            server,
            client_id,
            now,
            nonce: None,
            nonce_may_be_missing: true,
            access: None,
            subject: known.as_deref(),
            is_renewed: true,
        };
        id_token::verify_renewed(&self.keys, provider, id_token, expected).await.map_err(Into::into)
    }

    /// Tries an access token out at the userinfo endpoint. Calls the provider once.
    ///
    /// # Errors
    /// Whatever is neither a clear yes nor a clear no, and [`FailureKind::Misconfigured`] without an endpoint. A word
    /// for a token that is gone is a clear no under any status under which words count: Slack refuses with 200.
    pub async fn probe(
        &self,
        provider: &Provider,
        server: &Server,
        access: &Secret,
    ) -> Result<Probe, Failure> {
        let client_id = provider.client.id.as_deref().unwrap_or_default();
        let (url, response) = self.ask(provider, server, client_id, access).await?;
        let status = response.status().as_u16();
        let lacks_scope = challenge(&response).contains("insufficient_scope");
        match status {
            401 | 403 if lacks_scope => Ok(Probe::InsufficientScope),
            401 => Ok(Probe::Refused),
            200..=299 if !refuses(response.body()) => Ok(Probe::Accepted),
            _ => of_words(self.sorted(provider, &url, &response)),
        }
    }

    /// The id token's claims, verified; `None` where none was asked for, or none can be checked.
    async fn claims(
        &self,
        provider: &Provider,
        server: &Server,
        client_id: &str,
        tokens: &TokenSet,
        nonce: Option<&Secret>,
    ) -> Result<Option<Claims>, Failure> {
        if !knows_issuer(server) {
            return Ok(None);
        }
        let now = self.clock.wall();
        let expected = Expected {
            server,
            client_id,
            now,
            nonce,
            nonce_may_be_missing: provider.quirks.nonce_missing,
            access: Some(&tokens.access),
            subject: None,
            is_renewed: false,
        };
        match &tokens.id_token {
            Some(token) => id_token::verify(&self.keys, provider, token, expected).await.map(Some),
            // Required where `openid` was asked for (OpenID Connect Core §3.1.3.3), but the access token came from
            // the provider itself, so that userinfo names the person as well (E-51).
            None => Ok(None),
        }
    }

    async fn userinfo(
        &self,
        provider: &Provider,
        server: &Server,
        client_id: &str,
        access: &Secret,
    ) -> Result<Value, Failure> {
        let (url, response) = self.ask(provider, server, client_id, access).await?;
        let bad = || self.sorted(provider, &url, &response);
        if response.status().as_u16() != 200 {
            return Err(bad());
        }
        if is_signed(&response) {
            let token = Secret::new(std::str::from_utf8(response.body()).map_err(|_| bad())?.trim());
            let (_, claims) = id_token::signed_claims(&self.keys, provider, server, &token).await?;
            return for_us(claims, server, client_id).ok_or_else(bad);
        }
        let document: Value = serde_json::from_slice(response.body()).map_err(|_| bad())?;
        if refuses(response.body()) { Err(bad()) } else { Ok(document) }
    }

    async fn ask(
        &self,
        provider: &Provider,
        server: &Server,
        client_id: &str,
        access: &Secret,
    ) -> Result<(Url, Response<Vec<u8>>), Failure> {
        let misconfigured = || Failure::new(FailureKind::Misconfigured).unsent();
        let known = server.endpoints.userinfo.as_ref().filter(|u| address::is_usable(u));
        let url = known.ok_or_else(misconfigured)?;
        let method = if provider.quirks.userinfo_method_post { Method::POST } else { Method::GET };
        let request = Request::builder().method(method).uri(url.as_str()).header(ACCEPT, "application/json");
        let mut request = request.body(Vec::new()).map_err(|_| misconfigured())?;
        for (name, value) in &provider.quirks.userinfo_headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|_| misconfigured())?;
            let value = value.replace("{client_id}", client_id);
            // What the file says goes before what is usual.
            request.headers_mut().insert(name, HeaderValue::try_from(value).map_err(|_| misconfigured())?);
        }
        let (name, value) = presented(provider, access).ok_or_else(misconfigured)?;
        request.headers_mut().insert(name, value);
        let limits = Limits { max_body: MAX_USERINFO, ..Limits::default() };
        Ok((url.clone(), self.transport.send(request, limits).await?))
    }

    fn sorted(&self, provider: &Provider, url: &Url, response: &Response<Vec<u8>>) -> Failure {
        let status = response.status().as_u16();
        let now = self.clock.wall();
        failure::sort(status, response.headers(), response.body(), provider, now)
            .at(url.host_str().unwrap_or_default())
    }
}

/// What a refusal's words say of the token that was tried out.
fn of_words(failure: Failure) -> Result<Probe, Failure> {
    use FailureKind as K;
    match failure.kind {
        K::GrantRefused | K::GrantRevoked | K::GrantExpired | K::GrantInactive | K::GrantReused => {
            Ok(Probe::Refused)
        }
        K::InsufficientScope => Ok(Probe::InsufficientScope),
        _ => Err(failure),
    }
}

/// Nobody is named: because the provider could not be asked, or because it does not say.
fn nobody(unasked: Option<&Failure>) -> Failure {
    let passing = unasked.filter(|failure| failure.verdict() == Verdict::Wait);
    passing.cloned().unwrap_or_else(|| Failure::new(FailureKind::InvalidResponse))
}

/// The provider's file takes the person's name from another place than the standard's.
fn has_own_subject(map: &IdentityMap) -> bool {
    map.subject.as_deref().is_some_and(|place| place != SUB)
}

fn knows_issuer(server: &Server) -> bool {
    server.issuer.is_some() || server.issuer_template.is_some()
}

/// The header that carries the token; never the address, never the body (RFC 6750 §2).
fn presented(provider: &Provider, access: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let scheme = &provider.quirks.use_scheme;
    let space = if scheme.is_empty() { "" } else { " " };
    let mut value = HeaderValue::from_str(&format!("{scheme}{space}{}", access.expose())).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::try_from(provider.quirks.use_header.as_str()).ok()?, value))
}

fn challenge(response: &Response<Vec<u8>>) -> String {
    let all = response.headers().get_all(WWW_AUTHENTICATE).iter();
    all.filter_map(|v| v.to_str().ok()).collect::<Vec<_>>().join(", ").to_ascii_lowercase()
}

/// A success that is none: Slack's `{"ok":false}`, and an error where a person should be.
fn refuses(body: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return false };
    document.get("ok") == Some(&Value::Bool(false))
        || document.get("error").is_some_and(|e| e.is_string() || e.is_object())
}

fn is_signed(response: &Response<Vec<u8>>) -> bool {
    let media = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    media.to_ascii_lowercase().starts_with("application/jwt")
}

/// Signed userinfo must come from the issuer and be for us, where it says so (OpenID Connect Core §5.3.2).
fn for_us(claims: serde_json::Map<String, Value>, server: &Server, client_id: &str) -> Option<Value> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let from_issuer = text("iss").is_none_or(|iss| server.accepts_issuer(iss, text("tid")));
    let meant = match claims.get("aud") {
        None => true,
        Some(Value::Array(list)) => list.iter().any(|a| a == client_id),
        Some(one) => one == client_id,
    };
    (from_issuer && meant).then_some(Value::Object(claims))
}

/// The person's name at the provider, which must be exact or nothing: it is what accounts are told apart by.
fn subject(map: &IdentityMap, document: &Value) -> Option<String> {
    let entry = map.subject.as_deref().unwrap_or(SUB);
    // A number too large for 64 bits has lost digits by now, and with them the person.
    let inexact = |p: &str| document.pointer(p).is_some_and(|v| v.is_f64());
    if entry.split(' ').any(inexact) {
        return None;
    }
    let found = IdentityMap::find(entry, document)?;
    (found.chars().count() <= MAX_CHARS && redact::is_plain(&found) && !found.trim().is_empty())
        .then_some(found)
}

/// What people read: from userinfo before the id token, from the provider file's places before the usual ones.
fn describe(
    map: &IdentityMap,
    subject: String,
    userinfo: Option<&Value>,
    claims: Option<&Value>,
) -> Identity {
    let find = |entry: Option<&str>, usual: &[&str]| {
        let places = entry.into_iter().chain(usual.iter().copied());
        places
            .flat_map(|p| {
                [userinfo, claims].into_iter().flatten().filter_map(move |d| IdentityMap::find(p, d))
            })
            .next()
    };
    Identity {
        subject,
        username: find(map.username.as_deref(), &["/preferred_username", "/email"]).and_then(clean),
        display_name: find(map.display_name.as_deref(), &["/name"]).and_then(clean),
        avatar_url: find(map.avatar.as_deref(), &["/picture"]).and_then(picture),
    }
}

/// A provider's text as one line of a list can hold it.
fn clean(text: String) -> Option<String> {
    let plain = |c: &char| redact::is_plain(c.encode_utf8(&mut [0; 4]));
    let kept: String = text.chars().filter(plain).take(MAX_CHARS).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

fn picture(text: String) -> Option<String> {
    let url = Url::parse(&text).ok().filter(|u| u.scheme() == "https" && u.has_host())?;
    (text.len() <= MAX_CHARS && redact::is_plain(&text)).then(|| url.into())
}

#[cfg(test)]
mod tests;
