//! Registers Bowline with an issuer that takes strangers (RFC 7591): a native client on loopback, without a
//! secret wherever the server allows it.
//!
//! What the server answers counts, not what was asked for (§3.2.1). Storing the outcome, bound to the issuer, is
//! the caller's business.

#[cfg(test)]
mod tests;

use std::fmt;

use bowline_base::{ScopeSet, Secret, Wall};
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Map, Value, json};
use url::Url;

use crate::client::{ClientAuth, ClientCredentials};
use crate::failure::{self, Failure, FailureKind};
use crate::provider::Provider;
use crate::server::Server;
use crate::transport::{Limits, Transport};

/// Longer than any client id or secret; a bound so that input has one.
const MAX_TEXT: usize = 16 * 1024;

/// What a registration asks for.
#[derive(Clone, Debug)]
pub struct Application<'a> {
    /// What the provider's consent page shows.
    pub client_name: &'a str,
    /// The loopback addresses the browser may come back to.
    pub redirect_uris: &'a [Url],
    /// The scopes that will be asked for.
    pub scopes: &'a ScopeSet,
}

/// What a registration brought.
#[derive(Clone, PartialEq, Eq)]
pub struct Registered {
    /// The id the server gave.
    pub client_id: String,
    /// The secret, where the server gave one.
    pub client_secret: Option<Secret>,
    /// How the client shows itself, as the server has it.
    pub auth: ClientAuth,
    /// When the secret ends; `None` for never.
    pub expires_at: Option<Wall>,
    /// What the registration itself is later changed with (RFC 7592).
    pub registration_token: Option<Secret>,
}

impl Registered {
    /// The client that was made.
    pub fn to_credentials(&self) -> ClientCredentials {
        ClientCredentials { id: self.client_id.clone(), secret: self.client_secret.clone(), auth: self.auth }
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("client_id", &self.client_id)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

/// Registers a client. Calls the provider once; asking twice makes two clients, so nothing here repeats.
///
/// Fails with [`FailureKind::Misconfigured`] where the server takes no registration or knows no way of client
/// authentication that Bowline has, and with what [`failure::sort`] makes of a refusal.
pub async fn register(
    transport: &dyn Transport,
    provider: &Provider,
    server: &Server,
    application: &Application<'_>,
    now: Wall,
) -> Result<Registered, Failure> {
    let endpoint = server
        .endpoints
        .registration
        .as_ref()
        .ok_or_else(|| Failure::new(FailureKind::Misconfigured).unsent())?;
    let host = endpoint.host_str().unwrap_or_default();
    let auth = auth_for(server).ok_or_else(|| Failure::new(FailureKind::Misconfigured).at(host).unsent())?;
    let body = metadata(server, application, auth).to_string().into_bytes();
    let request = Request::post(endpoint.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .body(body)
        .map_err(|_| Failure::new(FailureKind::Misconfigured).at(host).unsent())?;
    let answer = transport.send(request, Limits::default()).await?;
    let status = answer.status().as_u16();
    let refused = || Failure {
        host: Some(host.to_owned()),
        ..failure::sort(status, answer.headers(), answer.body(), provider, now)
    };
    match (status, serde_json::from_slice::<Value>(answer.body())) {
        (200 | 201, Ok(Value::Object(object))) => read(&object, auth).ok_or_else(refused),
        (_, _) => Err(refused()),
    }
}

/// A secret that is shipped is none (RFC 8252 §8.5), so `none` comes first; where the server says nothing, its
/// default is Basic (RFC 8414 §2), and it may still answer with `none`.
fn auth_for(server: &Server) -> Option<ClientAuth> {
    let Some(offered) = &server.auth_methods else { return Some(ClientAuth::None) };
    ClientAuth::ALL.iter().copied().find(|auth| offered.iter().any(|o| o == auth.as_str()))
}

fn metadata(server: &Server, application: &Application<'_>, auth: ClientAuth) -> Value {
    let mut grants = vec!["authorization_code", "refresh_token"];
    if server.endpoints.device_authorization.is_some() {
        grants.push(crate::device::GRANT_TYPE);
    }
    let mut metadata = json!({
        "client_name": application.client_name,
        "application_type": "native",
        "redirect_uris": application.redirect_uris.iter().map(Url::as_str).collect::<Vec<_>>(),
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": auth.as_str(),
        "software_id": "bowline",
        "software_version": env!("CARGO_PKG_VERSION"),
    });
    if !application.scopes.is_empty() {
        metadata["scope"] = json!(application.scopes.to_string());
    }
    metadata
}

/// `None` when the answer does not hold a client that could be used.
fn read(object: &Map<String, Value>, asked: ClientAuth) -> Option<Registered> {
    let client_id = text(object, "client_id")?.to_owned();
    let client_secret = text(object, "client_secret").map(Secret::new);
    let auth = match object.get("token_endpoint_auth_method").and_then(Value::as_str) {
        Some(word) => ClientAuth::parse(word)?,
        None => asked,
    };
    if auth != ClientAuth::None && client_secret.is_none() {
        return None;
    }
    let ends = object.get("client_secret_expires_at").and_then(Value::as_i64).filter(|s| *s > 0);
    Some(Registered {
        expires_at: ends
            .filter(|_| client_secret.is_some())
            .map(|s| Wall::from_unix_ms(s.saturating_mul(1000))),
        registration_token: text(object, "registration_access_token").map(Secret::new),
        client_id,
        client_secret,
        auth,
    })
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = object.get(name)?.as_str()?;
    let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    (!text.is_empty() && text.len() <= MAX_TEXT && plain).then_some(text)
}
