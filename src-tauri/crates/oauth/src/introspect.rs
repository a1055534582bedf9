//! Asking whether a token is alive (RFC 7662), only where an endpoint is configured.
//!
//! `active: false` is a real answer. An error is not: it says nothing about the token.

use bowline_base::{Secret, Wall};
use serde_json::Value;

use crate::client::ClientCredentials;
use crate::failure::{self, Failure, FailureKind};
use crate::provider::{Provider, address};
use crate::revoke::TokenHint;
use crate::server::Server;
use crate::token::form;
use crate::transport::{Limits, Transport};

/// Asks whether a token is active. Calls the provider once.
///
/// # Errors
/// [`FailureKind::Misconfigured`] without an endpoint (nothing was sent then); otherwise what was answered.
/// No failure means that the token is dead: the client itself was refused, or nobody answered.
pub async fn introspect(
    transport: &dyn Transport,
    provider: &Provider,
    server: &Server,
    client: &ClientCredentials,
    token: &Secret,
    hint: TokenHint,
) -> Result<bool, Failure> {
    let known = server.endpoints.introspection.as_ref().filter(|url| address::is_usable(url));
    let endpoint = known.ok_or_else(|| Failure::new(FailureKind::Misconfigured).unsent())?;
    let fields = [("token", token.expose()), ("token_type_hint", hint.as_str())];
    let response =
        transport.send(form::post(endpoint, client, &provider.quirks, &fields)?, Limits::default()).await?;
    let status = response.status().as_u16();
    active(status, response.body()).ok_or_else(|| {
        failure::sort(status, response.headers(), response.body(), provider, Wall::from_unix_ms(0))
            .at(endpoint.host_str().unwrap_or_default())
    })
}

fn active(status: u16, body: &[u8]) -> Option<bool> {
    let document: Value = (200..300).contains(&status).then(|| serde_json::from_slice(body).ok())??;
    document.get("active")?.as_bool()
}

#[cfg(test)]
mod tests;
