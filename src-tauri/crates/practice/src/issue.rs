//! What the token endpoint hands out: access token, refresh token, id_token; and the faults of that answer.

use std::time::Duration;

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bowline_base::{Scope, ScopeSet, Secret, Wall};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::book::{Access, Book, Grant, Refresh};
use crate::faults::{Fault, IdTokenCase, Route, TokenCase};
use crate::provider::Provider;

/// How long an access token lives of which no end is told.
const UNSAID_TTL: Duration = Duration::from_secs(86_400);
/// How long an id_token may be taken.
const ID_TOKEN_TTL: Duration = Duration::from_secs(300);
/// Bytes of the tokens that are meant to be long, and too long.
const LONG: usize = 16 * 1024;
const HUGE: usize = 1_500_000;

/// What the tokens are handed out for.
pub(crate) enum Occasion {
    /// A person has just agreed.
    Connect,
    /// A refresh token was shown, known by its hash; fewer scopes may be wanted.
    Renew {
        /// Its hash.
        refresh: String,
        /// The scopes wanted, if fewer than granted.
        narrowed: Option<ScopeSet>,
    },
}

/// Makes the tokens, writes them down, and gives the answer of RFC 6749 §5.1.
pub(crate) fn issue(provider: &Provider, book: &mut Book, grant_id: &str, occasion: Occasion) -> Response {
    let Some(grant) = book.grants.find(grant_id).cloned() else {
        // The shelf is full of newer grants: as good as revoked.
        return crate::provider::Refusal::grant("the grant is gone").into_response();
    };
    let (renewal, narrowed) = match occasion {
        Occasion::Connect => (None, None),
        Occasion::Renew { refresh, narrowed } => (Some(refresh), narrowed),
    };
    let scopes = faulted_scopes(book, narrowed.unwrap_or_else(|| grant.scopes.clone()));
    let mut answer = Map::new();
    let (access, hash) = access_token(provider, book, grant_id, &grant, &scopes, &mut answer);
    answer.insert("scope".into(), scopes.to_string().into());
    let refresh = refresh_token(provider, book, grant_id, &grant, renewal.as_deref());
    if let Some(refresh) = &refresh {
        answer.insert("refresh_token".into(), refresh.expose().into());
    }
    if let Some(grant) = book.grants.find_mut(grant_id) {
        grant.handed.write(provider.now(), hash, refresh.as_ref());
    }
    if let Some(end) = grant.ends_at {
        answer.insert("refresh_token_expires_in".into(), end.since(provider.now()).as_secs().into());
    }
    if let Some(id_token) = id_token(provider, book, &grant, &scopes, &access, renewal.is_some()) {
        answer.insert("id_token".into(), id_token.into());
    }
    if book.plan.strikes(Route::Token, &Fault::MissingAccessToken) {
        answer.remove("access_token");
    }
    if book.plan.strikes(Route::Token, &Fault::FormAnswer) {
        return as_form(&answer);
    }
    Json(Value::Object(answer)).into_response()
}

/// Plays `reduced-scope` and `grown-scope`.
fn faulted_scopes(book: &mut Book, mut scopes: ScopeSet) -> ScopeSet {
    if book.plan.strikes(Route::Token, &Fault::ReducedScope) {
        let base = |s: &&Scope| matches!(s.as_str(), "openid" | "offline_access");
        let last = scopes.iter().rfind(|s| !base(s)).cloned();
        scopes = scopes.iter().filter(|s| Some(*s) != last.as_ref()).cloned().collect();
    }
    if book.plan.strikes(Route::Token, &Fault::GrownScope)
        && let Some(more) = Scope::parse("practice.extra")
    {
        scopes.insert(more);
    }
    scopes
}

/// Makes the access token and its members of the answer. Gives the text that the id_token vouches for, and its hash.
fn access_token(
    provider: &Provider,
    book: &mut Book,
    grant_id: &str,
    grant: &Grant,
    scopes: &ScopeSet,
    answer: &mut Map<String, Value>,
) -> (Secret, String) {
    let over = book.plan.strikes(Route::Token, &Fault::ExpiresIn0);
    let unsaid = book.plan.strikes(Route::Token, &Fault::NoExpiresIn);
    let dpop = book.plan.strikes(Route::Token, &Fault::DpopToken);
    let case =
        book.plan.strike(Route::Token, |f| if let Fault::AccessToken(case) = f { Some(*case) } else { None });
    let ttl = match (over, unsaid) {
        (true, _) => Duration::ZERO,
        (false, true) => UNSAID_TTL,
        (false, false) => book.access_ttl,
    };
    let now = provider.now();
    let expires_at = now + ttl;
    let token = provider.secret("prac_at_");
    let (token, shown) = shaped(provider, book, grant, token, case, expires_at);
    let kept = Access { grant: grant_id.to_owned(), scopes: scopes.clone(), issued_at: now, expires_at };
    let hash = token.sha256_hex();
    book.access.put(hash.as_str(), kept);
    answer.insert("access_token".into(), shown);
    answer.insert("token_type".into(), if dpop { "DPoP" } else { "Bearer" }.into());
    if !unsaid || over {
        answer.insert("expires_in".into(), ttl.as_secs().into());
    }
    (token, hash)
}

/// The token as it works, and as it stands in the answer, which differ where the answer makes no sense.
fn shaped(
    provider: &Provider,
    book: &Book,
    grant: &Grant,
    token: Secret,
    case: Option<TokenCase>,
    expires_at: Wall,
) -> (Secret, Value) {
    let text = token.expose();
    let text = match case {
        None => text.to_owned(),
        Some(TokenCase::Empty) => return (token, "".into()),
        Some(TokenCase::Number) => return (token, json!(4711)),
        Some(TokenCase::Null) => return (token, Value::Null),
        Some(TokenCase::Huge) => format!("{text}{}", "h".repeat(HUGE)),
        Some(TokenCase::Control) => format!("{text}\r\nX-Smuggled: yes"),
        Some(TokenCase::Long) => format!("{text}{}", "l".repeat(LONG - text.len())),
        Some(TokenCase::Jwt) => provider.keys.sign(
            book.key,
            &json!({"iss": provider.issuer, "sub": grant.person.subject, "aud": "practice-api", "jti": text,
                    "iat": provider.now().unix_s(), "exp": expires_at.unix_s()}),
        ),
        Some(TokenCase::Jwe) => {
            format!("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a2V5.aXY.{text}.dGFn")
        }
        Some(TokenCase::Lookalike) => format!("eyJub3Q.{text}.ajwt"),
    };
    let shown = text.as_str().into();
    (Secret::new(text), shown)
}

/// A refresh token when the person agreed to stay signed in and it is time for one.
fn refresh_token(
    provider: &Provider,
    book: &mut Book,
    grant_id: &str,
    grant: &Grant,
    renewal: Option<&str>,
) -> Option<Secret> {
    let stays = grant.scopes.iter().any(|s| s.as_str() == "offline_access");
    match renewal {
        None if !stays || book.plan.strikes(Route::Token, &Fault::NoRefreshToken) => return None,
        Some(_) if !book.rotate => return None,
        Some(old) => _ = book.refresh.find_mut(old)?.spent.get_or_insert(provider.now()),
        None => {}
    }
    let token = provider.secret("prac_rt_");
    book.refresh.put(token.sha256_hex(), Refresh { grant: grant_id.to_owned(), spent: None });
    Some(token)
}

fn id_token(
    provider: &Provider,
    book: &mut Book,
    grant: &Grant,
    scopes: &ScopeSet,
    access: &Secret,
    renewal: bool,
) -> Option<String> {
    let wanted = scopes.iter().any(|s| s.as_str() == "openid");
    if !wanted || book.plan.strikes(Route::Token, &Fault::NoIdToken) {
        return None;
    }
    if book.plan.strikes(Route::Token, &Fault::KeyRotation) {
        book.key = book.key.other();
    }
    let case =
        book.plan.strike(Route::Token, |f| if let Fault::BadIdToken(case) = f { Some(*case) } else { None });
    let mut claims = claims(provider, grant, scopes, access);
    if let Some(nonce) = grant.nonce.as_ref().filter(|_| !renewal) {
        claims["nonce"] = nonce.as_str().into();
    }
    Some(signed(provider, book, claims, case))
}

/// The claims of OpenID Core §2, and those of the scopes that were agreed to.
fn claims(provider: &Provider, grant: &Grant, scopes: &ScopeSet, access: &Secret) -> Value {
    let now = provider.now();
    let mut claims = json!({
        "iss": provider.issuer,
        "sub": grant.person.subject,
        "aud": grant.client,
        "azp": grant.client,
        "iat": now.unix_s(),
        "exp": (now + ID_TOKEN_TTL).unix_s(),
        "auth_time": grant.begun_at.unix_s(),
        "at_hash": at_hash(access.expose()),
    });
    for scope in scopes.iter() {
        match scope.as_str() {
            "profile" => {
                claims["name"] = grant.person.name.as_str().into();
                claims["preferred_username"] = grant.person.username.as_str().into();
            }
            "email" => claims["email"] = grant.person.email().into(),
            _ => {}
        }
    }
    claims
}

/// The left half of the token's SHA-256 (OpenID Core §3.1.3.6).
fn at_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(token.as_bytes())[..16])
}

/// Signs the claims, after spoiling what the fault spoils.
fn signed(provider: &Provider, book: &Book, mut claims: Value, case: Option<IdTokenCase>) -> String {
    let Some(case) = case else { return provider.keys.sign(book.key, &claims) };
    let now = provider.now().unix_s();
    let mut set = |name: &str, value: Value| claims[name] = value;
    match case {
        IdTokenCase::WrongIss => set("iss", "https://somebody-else.example".into()),
        IdTokenCase::WrongAud => {
            set("aud", "another-client".into());
            set("azp", "another-client".into());
        }
        IdTokenCase::WrongNonce => set("nonce", "another-nonce".into()),
        IdTokenCase::WrongAtHash => set("at_hash", at_hash("another token").into()),
        IdTokenCase::WrongSub => set("sub", "practice-somebody-else".into()),
        IdTokenCase::WrongAzp => set("azp", "another-client".into()),
        IdTokenCase::Expired => {
            set("iat", (now - 7_200).into());
            set("exp", (now - 3_600).into());
        }
        IdTokenCase::MissingSub => without(&mut claims, "sub"),
        IdTokenCase::MissingAud => without(&mut claims, "aud"),
        IdTokenCase::MissingIat => without(&mut claims, "iat"),
        IdTokenCase::MissingExp => without(&mut claims, "exp"),
        IdTokenCase::MissingNonce => without(&mut claims, "nonce"),
        IdTokenCase::WrongSignature => return provider.keys.sign_as(book.key, book.key.other(), &claims),
        IdTokenCase::None => return unsigned(&claims),
        IdTokenCase::Hs256 => return provider.keys.hs256(book.key, &claims),
    }
    provider.keys.sign(book.key, &claims)
}

fn without(claims: &mut Value, name: &str) {
    if let Some(claims) = claims.as_object_mut() {
        claims.remove(name);
    }
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims))
}

fn as_form(answer: &Map<String, Value>) -> Response {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in answer {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form.append_pair(name, &text);
    }
    ([(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], form.finish())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_access_token_is_the_left_half_in_base64url() {
        // SHA-256("abc") begins ba7816bf 8f01cfea 414140de 5dae2223.
        assert_eq!(at_hash("abc"), "ungWv48Bz-pBQUDeXa4iIw");
    }

    #[test]
    fn an_unsigned_token_has_three_parts_and_an_empty_last_one() {
        let token = unsigned(&json!({"sub": "x"}));
        assert!(token.ends_with('.') && token.split('.').count() == 3, "{token}");
    }
}
