//! Who the provider is and who the person is: metadata (OpenID Discovery, RFC 8414), keys, and userinfo.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bowline_base::{ScopeSet, Secret};
use serde_json::{Value, json};

use crate::book::Grant;
use crate::faults::{DiscoveryCase, Fault, Route, UserinfoCase};
use crate::gate::TlsOnly;
use crate::provider::{Provider, Told};
use crate::token::DEVICE_GRANT;

/// Above every sensible bound on a userinfo answer.
const HUGE: usize = 2 * 1024 * 1024;

/// Both metadata documents.
pub(crate) async fn metadata(
    State(provider): State<Arc<Provider>>,
    tls: Option<Extension<TlsOnly>>,
) -> Json<Value> {
    let case = |f: &Fault| match f {
        Fault::Discovery(case) if *case != DiscoveryCase::Missing => Some(*case),
        _ => None,
    };
    let case = provider.book().plan.strike(Route::Discovery, case);
    let base = match tls {
        Some(_) => provider.issuer.replacen("http://", "https://", 1),
        None => provider.issuer.clone(),
    };
    let mut document = document(&provider.issuer, &base);
    match case {
        Some(DiscoveryCase::WrongIssuer) => document["issuer"] = format!("{}/", provider.issuer).into(),
        Some(DiscoveryCase::PlainPkce) => document["code_challenge_methods_supported"] = json!(["plain"]),
        Some(DiscoveryCase::NoPkce) => {
            if let Some(members) = document.as_object_mut() {
                members.remove("code_challenge_methods_supported");
            }
        }
        Some(DiscoveryCase::Missing) | None => {}
    }
    Json(document)
}

fn document(issuer: &str, base: &str) -> Value {
    let methods = json!(["none", "client_secret_basic", "client_secret_post"]);
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "device_authorization_endpoint": format!("{base}/device_authorization"),
        "revocation_endpoint": format!("{base}/revoke"),
        "introspection_endpoint": format!("{base}/introspect"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "registration_endpoint": format!("{base}/register"),
        "jwks_uri": format!("{base}/jwks"),
        "scopes_supported": ["openid", "profile", "email", "offline_access", "mail.read", "mail.send"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_GRANT],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash",
                             "name", "preferred_username", "email", "email_verified", "picture"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    })
}

/// `GET /jwks`: the current key alone, so that an old copy lacks the new one after a rotation.
pub(crate) async fn jwks(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let current = provider.book().key;
    Json(json!({"keys": [provider.keys.public(current)]}))
}

/// `GET /userinfo` (OpenID Core §5.3), with the token in the header only (RFC 6750 §2.1).
pub(crate) async fn userinfo(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let Some((grant, scopes)) = bearer(&headers).and_then(|token| live(&provider, &token)) else {
        return challenge(StatusCode::UNAUTHORIZED, "invalid_token", "the access token is not valid");
    };
    if !scopes.iter().any(|s| s.as_str() == "openid") {
        return challenge(StatusCode::FORBIDDEN, "insufficient_scope", "openid was not granted");
    }
    let case = |f: &Fault| if let Fault::Userinfo(case) = f { Some(*case) } else { None };
    let case = provider.book().plan.strike(Route::Userinfo, case);
    spoilt(person(&grant, &scopes), case)
}

/// The token behind `Bearer`, whose case does not matter.
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.get(..7).filter(|s| s.eq_ignore_ascii_case("bearer ")).and(value.get(7..)).map(Secret::new)
}

/// The grant and scopes of an access token that still works.
pub(crate) fn live(provider: &Provider, token: &Secret) -> Option<(Grant, ScopeSet)> {
    let (book, now) = (provider.book(), provider.now());
    let access = book.access.find(&token.sha256_hex()).filter(|access| now < access.expires_at)?;
    let grant = book.grants.find(&access.grant).filter(|grant| grant.is_live(now))?;
    Some((grant.clone(), access.scopes.clone()))
}

fn person(grant: &Grant, scopes: &ScopeSet) -> Value {
    let mut told = json!({"sub": grant.person.subject});
    for scope in scopes.iter() {
        match scope.as_str() {
            "profile" => {
                told["name"] = grant.person.name.as_str().into();
                told["preferred_username"] = grant.person.username.as_str().into();
                told["picture"] = Value::Null;
            }
            "email" => {
                told["email"] = grant.person.email().into();
                told["email_verified"] = true.into();
            }
            _ => {}
        }
    }
    told
}

/// Plays `userinfo:CASE`.
fn spoilt(mut told: Value, case: Option<UserinfoCase>) -> Response {
    match case {
        None => {}
        Some(UserinfoCase::WrongSub) => told["sub"] = "practice-somebody-else".into(),
        Some(UserinfoCase::MissingSub) => told = json!({"name": told["name"]}),
        Some(UserinfoCase::Huge) => told["name"] = "n".repeat(HUGE).into(),
        Some(UserinfoCase::Malformed) => {
            return ([(header::CONTENT_TYPE, "application/json")], "{\"sub\": oops").into_response();
        }
        Some(UserinfoCase::Html) => {
            return axum::response::Html("<!doctype html><h1>Sign in</h1>").into_response();
        }
        Some(UserinfoCase::Status500) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(UserinfoCase::Status401) => {
            return challenge(StatusCode::UNAUTHORIZED, "invalid_token", "the access token is not valid");
        }
        Some(UserinfoCase::Status403) => {
            return challenge(StatusCode::FORBIDDEN, "insufficient_scope", "a scope was not granted");
        }
    }
    Json(told).into_response()
}

/// A refusal as RFC 6750 §3 has it.
fn challenge(status: StatusCode, error: &str, description: &str) -> Response {
    let mut response = status.into_response();
    let value = format!("Bearer realm=\"practice\", error=\"{error}\", error_description=\"{description}\"");
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response.extensions_mut().insert(Told(error.to_owned()));
    response
}
