//! What a token answer says (RFC 6749 §5.1), read as widely as real providers write and as narrowly as is safe.
//!
//! Wide: JSON or a form, numbers as text, unknown members, a missing `token_type`, an envelope around it all.
//! Narrow: every token is bounded and printable (RFC 6749 appendix A), a type that is not understood is not
//! used (RFC 6749 §7.1), and a token is never taken apart but for one hint about its end where the provider
//! says nothing (requirement F-14).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bowline_base::{ScopeSet, Secret, Wall};
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::answer::Answer;
use crate::failure::{self, Failure, FailureKind};
use crate::provider::Provider;

/// The longest token that is taken, in bytes.
pub const MAX_TOKEN: usize = 64 * 1024;
/// No lifetime is believed beyond ten years.
const MAX_LIFETIME: Duration = Duration::from_secs(10 * 366 * 24 * 3600);
/// How providers name the end of the whole grant, counted from now.
const GRANT_ENDS: [&str; 3] =
    ["refresh_token_expires_in", "refresh_expires_in", "x_refresh_token_expires_in"];
/// What Slack says in the place of `Bearer`, inside its envelope.
const SLACK_WORDS: [&str; 2] = ["user", "bot"];
/// Members that are taken out of what is kept besides the tokens.
const TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// Tokens out of one answer. They belong together and are stored together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// The access token.
    pub access: Secret,
    /// How it is presented: `Bearer`.
    pub token_type: String,
    /// The refresh token; `None` means that the old one stays.
    pub refresh: Option<Secret>,
    /// The id token, not yet verified.
    pub id_token: Option<Secret>,
    /// The scopes granted; `None` means those that were asked for (RFC 6749 §5.1).
    pub granted: Option<ScopeSet>,
    /// How long the access token lives; `None` when neither the provider nor its file says.
    pub expires_in: Option<Duration>,
    /// How long the whole grant lives, where the provider says so.
    pub grant_expires_in: Option<Duration>,
    /// What else the answer said.
    pub about: About,
}

/// The rest of a token answer, without its tokens: some providers name the person there and nowhere else. It may
/// hold other things that are nobody's business, so `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq)]
pub struct About(Value);

impl About {
    /// The document, to be looked up in.
    pub fn document(&self) -> &Value {
        &self.0
    }
}

impl Eq for About {}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("About(…)")
    }
}

/// Reads an answer.
///
/// # Errors
/// A [`Failure`] for every answer without usable tokens, sorted by [`failure::sort`]. When such an answer holds
/// a new refresh token all the same, it is in [`Failure::salvage`], since the old one may be dead.
pub fn read(answer: &Answer, provider: &Provider, now: Wall) -> Result<TokenSet, Failure> {
    if let Some(members) = granting_members(answer) {
        return tokens(&members, provider, now).map_err(|kind| Failure {
            salvage: token(inner(&members, provider).get("refresh_token")).ok().flatten(),
            ..Failure::new(kind).at(answer.host()).with_status(answer.status)
        });
    }
    let body = answer.body().expose().as_bytes();
    Err(failure::sort(answer.status, answer.headers(), body, provider, now).at(answer.host()))
}

/// The members of an answer that means to grant something: a success that names no error.
fn granting_members(answer: &Answer) -> Option<Map<String, Value>> {
    if !(200..300).contains(&answer.status) {
        return None;
    }
    let members = members(answer)?;
    let named = |name: &str| members.get(name).is_some_and(says_something);
    let refuses = named("error") || named("errors") || members.get("ok") == Some(&Value::Bool(false));
    (!refuses).then_some(members)
}

/// An error member that is there only for form's sake (`null`, empty, `false`, 0) names no error.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Array(list) => !list.is_empty(),
        Value::Bool(true) | Value::Object(_) => true,
    }
}

fn members(answer: &Answer) -> Option<Map<String, Value>> {
    let body = answer.body().expose();
    match serde_json::from_str(body) {
        Ok(Value::Object(members)) => Some(members),
        Ok(_) => None,
        Err(_) if is_form(answer) => Some(
            form_urlencoded::parse(body.trim().as_bytes()).map(|(n, v)| (n.into(), Value::from(v))).collect(),
        ),
        Err(_) => None,
    }
}

/// Some providers answer with a form, and not all of them say so.
fn is_form(answer: &Answer) -> bool {
    let said =
        answer.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_ascii_lowercase();
    let plain = said.is_empty() || said.starts_with("text/plain");
    said.starts_with("application/x-www-form-urlencoded")
        || (plain && answer.body().expose().split('&').any(|p| p.starts_with("access_token=")))
}

fn tokens(whole: &Map<String, Value>, provider: &Provider, now: Wall) -> Result<TokenSet, FailureKind> {
    let members = inner(whole, provider);
    let access = token(members.get("access_token"))?.ok_or(FailureKind::InvalidResponse)?;
    let token_type = token_type(members.get("token_type"), provider)?;
    let stated = members.get("expires_in").and_then(seconds);
    let expires_in = stated.or_else(|| assumed_lifetime(&access, provider, now));
    Ok(TokenSet {
        refresh: token(members.get("refresh_token"))?,
        id_token: token(members.get("id_token")).ok().flatten(),
        granted: members.get("scope").and_then(scopes),
        // Keycloak writes 0 for a grant without an end.
        grant_expires_in: GRANT_ENDS.iter().find_map(|n| seconds(members.get(*n)?)).filter(|d| !d.is_zero()),
        about: About(without_tokens(&Value::Object(whole.clone()))),
        access,
        token_type,
        expires_in,
    })
}

/// The object that holds the tokens: the answer itself, or what the provider file points at.
fn inner<'m>(members: &'m Map<String, Value>, provider: &Provider) -> &'m Map<String, Value> {
    let envelope = provider.quirks.token_envelope.as_deref().unwrap_or_default();
    let mut steps = envelope.split('/').skip(1).filter(|s| !s.is_empty());
    steps.try_fold(members, |inside, step| inside.get(step)?.as_object()).unwrap_or(members)
}

fn without_tokens(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !TOKENS.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name.clone(), without_tokens(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(without_tokens).collect()),
        other => other.clone(),
    }
}

/// A token in a form that can be stored and sent. Absent, `null` and empty are no token; all else that is not
/// 1 to 64 KiB of printable ASCII is a broken answer.
fn token(value: Option<&Value>) -> Result<Option<Secret>, FailureKind> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(FailureKind::InvalidResponse),
    };
    let printable = text.bytes().all(|b| (0x20..=0x7e).contains(&b)) && text.trim() == text;
    if printable && text.len() <= MAX_TOKEN {
        Ok(Some(Secret::new(text.as_str())))
    } else {
        Err(FailureKind::InvalidResponse)
    }
}

/// A type that is not understood must not be used; one that is not named is taken for `Bearer`.
fn token_type(value: Option<&Value>, provider: &Provider) -> Result<String, FailureKind> {
    let slack = provider.quirks.token_envelope.is_some();
    match value {
        None | Some(Value::Null) => Ok("Bearer".into()),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("bearer") => Ok("Bearer".into()),
        Some(Value::String(word)) if slack && SLACK_WORDS.contains(&word.as_str()) => Ok("Bearer".into()),
        Some(_) => Err(FailureKind::InvalidResponse),
    }
}

/// A list in one text, or a list of texts.
fn scopes(value: &Value) -> Option<ScopeSet> {
    match value {
        Value::String(text) => Some(ScopeSet::read(text)),
        Value::Array(list) => {
            Some(ScopeSet::read(&list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")))
        }
        _ => None,
    }
}

/// Seconds as a number or as text, whole or not. Negative ones have passed already; what is no number says
/// nothing.
fn seconds(value: &Value) -> Option<Duration> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        _ => return None,
    };
    if number.is_nan() {
        return None;
    }
    Some(Duration::from_secs(number.clamp(0.0, MAX_LIFETIME.as_secs_f64()) as u64))
}

/// Where the provider does not say: its file, or sooner if the token itself carries an earlier end.
fn assumed_lifetime(access: &Secret, provider: &Provider, now: Wall) -> Option<Duration> {
    let filed = provider.lifetimes.access_token;
    match (filed, end_inside(access)) {
        (Some(filed), Some(end)) => Some(filed.min(end.since(now))),
        (filed, end) => filed.or_else(|| Some(end?.since(now).min(MAX_LIFETIME))),
    }
}

/// The `exp` of a token that happens to be a JWT; a hint and no more, since nothing is verified.
fn end_inside(access: &Secret) -> Option<Wall> {
    let mut parts = access.expose().split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let exp = claims.get("exp")?.as_i64().filter(|s| *s > 0)?;
    parts.next().is_none().then(|| Wall::from_unix_ms(exp.saturating_mul(1000)))
}
