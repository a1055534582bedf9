//! Clients and tokens looked after: revocation (RFC 7009), introspection (RFC 7662), registration (RFC 7591).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bowline_base::Secret;
use bowline_base::redact::is_plain;
use serde_json::{Value, json};
use url::Url;

use crate::authorize::loopback;
use crate::book::{Book, Client, ClientAuth, Ended};
use crate::gate::Posted;
use crate::provider::{Provider, Refusal, authenticate};
use crate::token::DEVICE_GRANT;

/// More redirect addresses than a client on this computer needs.
const MAX_REDIRECTS: usize = 10;

/// `POST /revoke`: a refresh token takes its whole grant with it, an access token only itself. What is not known
/// here, or belongs to another client, is as good as revoked: 200.
pub(crate) async fn revoke(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Refusal> {
    let mut book = provider.book();
    let client = authenticate(&book, &headers, &posted.form)?;
    let token =
        posted.form.value("token").ok_or_else(|| Refusal::new("invalid_request", "token is missing"))?;
    let key = Secret::new(token).sha256_hex();
    let refresh = book.refresh.find(&key).map(|r| r.grant.clone());
    let access = book.access.find(&key).map(|a| a.grant.clone());
    if let Some(grant) = refresh.filter(|grant| owns(&book, &client, grant)) {
        if let Some(grant) = book.grants.find_mut(&grant) {
            grant.ended.get_or_insert(Ended::Revoked);
        }
    } else if access.is_some_and(|grant| owns(&book, &client, &grant)) {
        book.access.take(&key);
    }
    Ok(StatusCode::OK.into_response())
}

fn owns(book: &Book, client: &Client, grant: &str) -> bool {
    book.grants.find(grant).is_some_and(|grant| grant.client == client.id)
}

/// `POST /introspect`: a client may ask after its own tokens.
pub(crate) async fn introspect(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Json<Value>, Refusal> {
    let book = provider.book();
    let client = authenticate(&book, &headers, &posted.form)?;
    let token =
        posted.form.value("token").ok_or_else(|| Refusal::new("invalid_request", "token is missing"))?;
    let key = Secret::new(token).sha256_hex();
    let told = access(&provider, &book, &client, &key).or_else(|| refresh(&provider, &book, &client, &key));
    Ok(Json(told.unwrap_or_else(|| json!({"active": false}))))
}

fn access(provider: &Provider, book: &Book, client: &Client, key: &str) -> Option<Value> {
    let now = provider.now();
    let access = book.access.find(key).filter(|a| now < a.expires_at)?;
    let grant = book.grants.find(&access.grant).filter(|g| g.client == client.id && g.is_live(now))?;
    Some(json!({
        "active": true,
        "scope": access.scopes.to_string(),
        "client_id": grant.client,
        "username": grant.person.username,
        "token_type": "Bearer",
        "exp": access.expires_at.unix_s(),
        "iat": access.issued_at.unix_s(),
        "sub": grant.person.subject,
        "iss": provider.issuer,
    }))
}

fn refresh(provider: &Provider, book: &Book, client: &Client, key: &str) -> Option<Value> {
    let now = provider.now();
    let refresh = book.refresh.find(key).filter(|r| r.is_honoured(now, book.rotate_grace))?;
    let grant = book.grants.find(&refresh.grant);
    let grant = grant.filter(|g| g.client == client.id && g.is_live(now))?;
    let mut told = json!({
        "active": true,
        "scope": grant.scopes.to_string(),
        "client_id": grant.client,
        "username": grant.person.username,
        "sub": grant.person.subject,
        "iss": provider.issuer,
    });
    if let Some(end) = grant.ends_at {
        told["exp"] = end.unix_s().into();
    }
    Some(told)
}

/// `POST /register`.
pub(crate) async fn register(
    State(provider): State<Arc<Provider>>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let wrong = |why: &str| Refusal::new("invalid_client_metadata", why);
    let asked: Value = serde_json::from_slice(&posted.bytes).map_err(|_| wrong("the body is not JSON"))?;
    let redirects = redirects(&asked)?;
    let auth = match asked["token_endpoint_auth_method"].as_str() {
        // RFC 7591 §2 has client_secret_basic for a silent client; a native one has no use for a secret.
        None | Some("none") => ClientAuth::None,
        Some("client_secret_basic") => ClientAuth::Basic,
        Some("client_secret_post") => ClientAuth::Post,
        Some(_) => return Err(wrong("this way of client authentication is not offered")),
    };
    let id = provider.secret("prac_client_").sha256_hex();
    let id = format!("practice-{}", &id[..20]);
    let name = asked["client_name"].as_str().unwrap_or(&id);
    if name.is_empty() || name.chars().count() > 80 || !is_plain(name) {
        return Err(wrong("client_name has more than 80 letters, or some that cannot be shown"));
    }
    let secret = (auth != ClientAuth::None).then(|| provider.secret("prac_secret_"));
    let client = Client { name: name.to_owned(), id, redirects, auth, secret };
    let answer = registered(&provider, &client);
    provider.book().clients.put(client.id.clone(), client);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// The redirect addresses asked for: at least one, all on this computer.
fn redirects(asked: &Value) -> Result<Vec<Url>, Refusal> {
    let wrong = || Refusal::new("invalid_redirect_uri", "redirect_uris must be addresses on this computer");
    let list = asked["redirect_uris"].as_array().filter(|l| !l.is_empty() && l.len() <= MAX_REDIRECTS);
    let read = |uri: &Value| uri.as_str().and_then(loopback);
    list.ok_or_else(wrong)?.iter().map(read).collect::<Option<Vec<Url>>>().ok_or_else(wrong)
}

fn registered(provider: &Provider, client: &Client) -> Value {
    let auth = match client.auth {
        ClientAuth::None => "none",
        ClientAuth::Basic => "client_secret_basic",
        ClientAuth::Post => "client_secret_post",
    };
    let redirects: Vec<&str> = client.redirects.iter().map(Url::as_str).collect();
    let mut answer = json!({
        "client_id": client.id,
        "client_id_issued_at": provider.now().unix_s(),
        "client_name": client.name,
        "application_type": "native",
        "redirect_uris": redirects,
        "token_endpoint_auth_method": auth,
        "grant_types": ["authorization_code", "refresh_token", DEVICE_GRANT],
        "response_types": ["code"],
    });
    if let Some(secret) = &client.secret {
        answer["client_secret"] = secret.expose().into();
        answer["client_secret_expires_at"] = 0.into();
    }
    answer
}
