//! Whether an id token holds (OpenID Connect Core §3.1.3.7, §12.2; RFC 7515, RFC 7519).
//!
//! Signatures are checked by the `jsonwebtoken` crate; everything that is said is checked here, against the
//! injected clock. What a header says about keys (`jku`, `x5u`, `jwk`) is never looked at, and one that demands
//! to be understood (`crit`) is refused. The algorithms are the server's, never the token's, choice; `none` and
//! every secret-key kind do not exist here.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bowline_base::{Secret, Wall, redact};
use jsonwebtoken::{Algorithm, crypto};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::failure::{Failure, FailureKind};
use crate::keys::{KeySet, Keys};
use crate::provider::{Provider, address};
use crate::server::Server;

/// Clocks may differ by this much.
pub const LEEWAY: Duration = Duration::from_secs(60);
/// A renewed id token was made for this renewal: it is not older than a slow answer and a slow clock.
pub const FRESH: Duration = Duration::from_secs(10 * 60);
/// The longest id token that is read, in bytes.
const MAX_LEN: usize = 64 * 1024;
/// OpenID Connect Core §2.
const MAX_SUBJECT: usize = 255;

/// Algorithms that are understood, whatever a server offers.
const UNDERSTOOD: [(&str, Algorithm); 7] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// What is wrong with an id token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Flaw {
    /// Not three parts of the right form.
    #[error("the id token cannot be read")]
    Shape,
    /// An algorithm that was not agreed on.
    #[error("the id token is signed in a way that was not agreed on")]
    Algorithm,
    /// A header that must be understood and is not.
    #[error("the id token demands something unknown")]
    Critical,
    /// The issuer publishes no keys.
    #[error("the issuer's keys are not known")]
    NoKeys,
    /// No key of the issuer made this signature.
    #[error("the id token's signature does not hold")]
    Signature,
    /// Another issuer's.
    #[error("the id token comes from another issuer")]
    Issuer,
    /// No subject, or another person's.
    #[error("the id token does not name the right person")]
    Subject,
    /// Made for another client, or for others besides.
    #[error("the id token was made for another client")]
    Audience,
    /// Given to another client.
    #[error("the id token was given to another client")]
    Party,
    /// Its time is over.
    #[error("the id token has run out")]
    Expired,
    /// It comes from the future.
    #[error("the id token is not valid yet")]
    Early,
    /// A renewed one that is not new.
    #[error("the id token is an old one")]
    Stale,
    /// A time is missing.
    #[error("the id token does not say when it was made or when it ends")]
    Undated,
    /// Made for another attempt.
    #[error("the id token belongs to another sign-in")]
    Nonce,
    /// Made for another access token.
    #[error("the id token belongs to another access token")]
    AccessHash,
}

impl From<Flaw> for Failure {
    fn from(flaw: Flaw) -> Self {
        // It comes straight from the provider: where only its times are wrong, the likely culprit is our clock.
        let kind = match flaw {
            Flaw::Expired | Flaw::Early => FailureKind::ClockSkew,
            _ => FailureKind::IdTokenInvalid,
        };
        Failure { provider_description: Some(flaw.to_string()), ..Failure::new(kind) }
    }
}

/// What an id token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who must have issued it.
    pub server: &'a Server,
    /// Who it must have been made for.
    pub client_id: &'a str,
    /// What time it is.
    pub now: Wall,
    /// What it must repeat, where something was sent.
    pub nonce: Option<&'a Secret>,
    /// This provider does not repeat it; a wrong one is refused all the same.
    pub nonce_may_be_missing: bool,
    /// The access token that came with it.
    pub access: Option<&'a Secret>,
    /// Whom it must name, where that is known before.
    pub subject: Option<&'a str>,
    /// It came with a renewal, so it must be fresh.
    pub is_renewed: bool,
}

/// Claims that somebody answers for.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// The issuer's stable name for the person.
    pub subject: String,
    /// All claims.
    pub document: Value,
}

/// Verifies an id token. May call the provider for its keys.
///
/// # Errors
/// [`FailureKind::IdTokenInvalid`], or [`FailureKind::ClockSkew`] where only the times are wrong; what the
/// fetch of keys came to.
pub async fn verify(
    keys: &Keys,
    provider: &Provider,
    token: &Secret,
    expected: Expected<'_>,
) -> Result<Claims, Failure> {
    let (signed, claims) = signed_claims(keys, provider, expected.server, token).await?;
    let subject = check(&claims, signed, expected)?;
    Ok(Claims { subject, document: Value::Object(claims) })
}

/// The claims of a token that the issuer really signed, whatever they are.
///
/// # Errors
/// As [`verify`].
pub(crate) async fn signed_claims(
    keys: &Keys,
    provider: &Provider,
    server: &Server,
    token: &Secret,
) -> Result<(Algorithm, Map<String, Value>), Failure> {
    let token = Token::parse(token.expose(), server)?;
    if !token.is_signed(keys, provider, server).await? {
        return Err(Flaw::Signature.into());
    }
    Ok((token.algorithm, token.claims()?))
}

/// Checks an id token that came with a renewal. Where the issuer's keys cannot be had, its claims are checked all the
/// same: it came from the token endpoint over TLS, which may stand for the signature (OpenID Connect Core §3.1.3.7,
/// 6), and the tokens beside it are good. Gives why the signature was not checked, if it was not. May call the
/// provider for its keys.
///
/// # Errors
/// The first flaw of the token itself.
pub(crate) async fn verify_renewed(
    keys: &Keys,
    provider: &Provider,
    token: &Secret,
    expected: Expected<'_>,
) -> Result<Option<Failure>, Flaw> {
    let token = Token::parse(token.expose(), expected.server)?;
    let unchecked = match token.is_signed(keys, provider, expected.server).await {
        Ok(true) => None,
        Ok(false) => return Err(Flaw::Signature),
        Err(failure) => Some(failure),
    };
    check(&token.claims()?, token.algorithm, expected)?;
    Ok(unchecked)
}

/// Whom an id token names that was checked when it came.
pub(crate) fn named_in(token: &Secret) -> Option<String> {
    let payload = token.expose().split('.').nth(1)?;
    text(&object(payload).ok()?, "sub").map(str::to_owned)
}

/// Every algorithm that is understood, by name: what a server may sign with that cannot be asked.
pub(crate) fn understood() -> Vec<String> {
    UNDERSTOOD.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// A token taken apart, with nothing in it believed yet.
struct Token<'a> {
    algorithm: Algorithm,
    key_id: Option<String>,
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    fn parse(text: &'a str, server: &Server) -> Result<Self, Flaw> {
        let (message, signature) = text.rsplit_once('.').ok_or(Flaw::Shape)?;
        let (header, payload) = message.split_once('.').ok_or(Flaw::Shape)?;
        if text.len() > MAX_LEN || payload.contains('.') {
            return Err(Flaw::Shape);
        }
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(Flaw::Critical);
        }
        let name = header.get("alg").and_then(Value::as_str).ok_or(Flaw::Shape)?;
        let algorithm =
            agreed(server).find(|(known, _)| *known == name).map(|(_, a)| a).ok_or(Flaw::Algorithm)?;
        let key_id = header.get("kid").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { algorithm, key_id, message, payload, signature })
    }

    /// Whether a key of the issuer made the signature. An error is about the keys, not about the token.
    async fn is_signed(&self, keys: &Keys, provider: &Provider, server: &Server) -> Result<bool, Failure> {
        let url = server.endpoints.jwks.as_ref().filter(|u| address::is_usable(u)).ok_or(Flaw::NoKeys)?;
        let set = keys.current(url, provider).await?;
        if self.is_signed_with(&set) {
            return Ok(true);
        }
        let newer = keys.newer(url, provider, &set).await?;
        Ok(newer.is_some_and(|set| self.is_signed_with(&set)))
    }

    fn is_signed_with(&self, set: &KeySet) -> bool {
        set.fitting(self.algorithm, self.key_id.as_deref()).any(|key| {
            // An error here is a key, or a signature, that makes no sense: it does not fit, like any wrong one.
            crypto::verify(self.signature, self.message.as_bytes(), key, self.algorithm).unwrap_or(false)
        })
    }

    fn claims(&self) -> Result<Map<String, Value>, Flaw> {
        object(self.payload)
    }
}

/// What the server says it signs with, as far as it is understood; RS256 where it says nothing.
fn agreed(server: &Server) -> impl Iterator<Item = (&'static str, Algorithm)> + '_ {
    let offered = &server.id_token_algs;
    UNDERSTOOD.into_iter().filter(move |(name, _)| {
        offered.iter().any(|o| o == name) || (offered.is_empty() && *name == "RS256")
    })
}

fn object(part: &str) -> Result<Map<String, Value>, Flaw> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Shape)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Flaw::Shape),
    }
}

/// Everything that a token says, against everything that is expected. Answers with the subject.
fn check(claims: &Map<String, Value>, algorithm: Algorithm, expected: Expected<'_>) -> Result<String, Flaw> {
    check_issuer(claims, expected.server)?;
    let subject = text(claims, "sub").filter(|s| is_name(s)).ok_or(Flaw::Subject)?;
    if expected.subject.is_some_and(|known| known != subject) {
        return Err(Flaw::Subject);
    }
    check_audience(claims, expected.client_id)?;
    check_times(claims, expected)?;
    check_nonce(claims, expected)?;
    match (expected.access, claims.get("at_hash")) {
        (Some(access), Some(said)) if said.as_str() != Some(&access_hash(access, algorithm)) => {
            Err(Flaw::AccessHash)
        }
        _ => Ok(subject.to_owned()),
    }
}

/// A name that accounts can be told apart by: neither empty nor endless, and what is seen is all there is.
fn is_name(subject: &str) -> bool {
    !subject.trim().is_empty() && subject.len() <= MAX_SUBJECT && redact::is_plain(subject)
}

fn check_issuer(claims: &Map<String, Value>, server: &Server) -> Result<(), Flaw> {
    let issuer = text(claims, "iss").ok_or(Flaw::Issuer)?;
    if server.accepts_issuer(issuer, text(claims, "tid")) { Ok(()) } else { Err(Flaw::Issuer) }
}

/// For us, and for nobody besides whom we would have to trust (OpenID Connect Core §3.1.3.7, 3 to 5).
fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), Flaw> {
    let ours = match claims.get("aud") {
        Some(Value::String(one)) => one == client_id,
        Some(Value::Array(list)) => !list.is_empty() && list.iter().all(|a| a == client_id),
        _ => false,
    };
    match claims.get("azp") {
        _ if !ours => Err(Flaw::Audience),
        Some(party) if party != client_id => Err(Flaw::Party),
        _ => Ok(()),
    }
}

fn check_times(claims: &Map<String, Value>, expected: Expected<'_>) -> Result<(), Flaw> {
    let now = expected.now;
    let (made, ends) = (time(claims, "iat").ok_or(Flaw::Undated)?, time(claims, "exp").ok_or(Flaw::Undated)?);
    let not_before = match claims.get("nbf") {
        Some(_) => time(claims, "nbf").ok_or(Flaw::Undated)?,
        None => made,
    };
    if made > now + LEEWAY || not_before > now + LEEWAY {
        return Err(Flaw::Early);
    }
    if ends + LEEWAY <= now {
        return Err(Flaw::Expired);
    }
    if expected.is_renewed && made + FRESH < now {
        return Err(Flaw::Stale);
    }
    Ok(())
}

fn check_nonce(claims: &Map<String, Value>, expected: Expected<'_>) -> Result<(), Flaw> {
    match (expected.nonce, claims.get("nonce")) {
        (None, _) => Ok(()),
        (Some(_), None) if expected.nonce_may_be_missing => Ok(()),
        (Some(sent), Some(Value::String(repeated))) if Secret::new(repeated.as_str()) == *sent => Ok(()),
        (Some(_), _) => Err(Flaw::Nonce),
    }
}

/// The left half of the access token's hash (OpenID Connect Core §3.1.3.6).
fn access_hash(access: &Secret, algorithm: Algorithm) -> String {
    let token = access.expose().as_bytes();
    let digest: Vec<u8> = match algorithm {
        Algorithm::RS384 | Algorithm::ES384 | Algorithm::PS384 | Algorithm::HS384 => {
            Sha384::digest(token).to_vec()
        }
        // Ed25519 hashes with SHA-512 inside, and servers do the same here.
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::HS512 | Algorithm::EdDSA => {
            Sha512::digest(token).to_vec()
        }
        _ => Sha256::digest(token).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2])
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    claims.get(name)?.as_str()
}

/// Seconds since 1970 as a number, whole or not.
fn time(claims: &Map<String, Value>, name: &str) -> Option<Wall> {
    let seconds = claims.get(name)?.as_f64().filter(|s| s.is_finite() && *s >= 0.0)?;
    Some(Wall::from_unix_ms((seconds * 1000.0).min(i64::MAX as f64 / 2.0) as i64))
}

#[cfg(test)]
pub(crate) mod signing;
#[cfg(test)]
mod tests;
