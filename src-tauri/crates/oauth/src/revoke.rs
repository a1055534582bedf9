//! Giving a token back (RFC 7009), in the standard's way or the provider's own.
//!
//! Whatever comes of it, forgetting at this end is the engine's business and always happens.

use bowline_base::{Secret, Wall};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::client::ClientCredentials;
use crate::failure::{self, Failure, FailureKind};
use crate::provider::{Provider, RevokeStyle, address};
use crate::server::Server;
use crate::token::form;
use crate::transport::{Limits, Transport};

/// Which kind of token is given back (RFC 7009 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenHint {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

impl TokenHint {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            TokenHint::Access => "access_token",
            TokenHint::Refresh => "refresh_token",
        }
    }
}

/// Asks the provider to forget a token. Success also when it never knew it. Calls the provider once.
///
/// # Errors
/// [`FailureKind::Misconfigured`] when the provider offers no way (nothing was sent then); otherwise what it
/// answered: a kind of token that it does not revoke has `unsupported_token_type` in
/// [`Failure::provider_error`], and the other token is worth a try.
pub async fn revoke(
    transport: &dyn Transport,
    provider: &Provider,
    server: &Server,
    client: &ClientCredentials,
    token: &Secret,
    hint: TokenHint,
) -> Result<(), Failure> {
    let known = server.endpoints.revocation.as_ref().and_then(|url| provider.revocation_url(url, &client.id));
    let endpoint = known.filter(address::is_usable).ok_or_else(not_offered)?;
    let request = build(provider, &endpoint, client, token, hint)?;
    let response = transport.send(request, Limits::default()).await?;
    let status = response.status().as_u16();
    let sorted =
        || failure::sort(status, response.headers(), response.body(), provider, Wall::from_unix_ms(0));
    match (provider.quirks.revoke, status) {
        // GitHub's 404 is about the token, not about the endpoint.
        (RevokeStyle::GithubDelete, 204 | 404) => Ok(()),
        (_, 200..=299) if names_no_error(response.body()) => Ok(()),
        // Google and others answer so for a token that is gone already.
        (_, 400) if sorted().provider_error.as_deref() == Some("invalid_token") => Ok(()),
        _ => Err(sorted().at(endpoint.host_str().unwrap_or_default())),
    }
}

/// Slack answers 200 with `{"ok":false}`; a token that it does not know any more is as good as revoked.
fn names_no_error(body: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return true };
    let gone = document
        .get("error")
        .and_then(|e| e.as_str())
        .is_some_and(|e| matches!(e, "invalid_auth" | "token_revoked"));
    document.get("ok") != Some(&Value::Bool(false)) || gone
}

fn build(
    provider: &Provider,
    endpoint: &Url,
    client: &ClientCredentials,
    token: &Secret,
    hint: TokenHint,
) -> Result<Request<Vec<u8>>, Failure> {
    let secret = || client.secret.as_ref().map(Secret::expose).ok_or_else(not_offered);
    let url = endpoint.as_str();
    let (request, body) = match provider.quirks.revoke {
        RevokeStyle::Rfc7009 => {
            let fields = [("token", token.expose()), ("token_type_hint", hint.as_str())];
            return form::post(endpoint, client, &provider.quirks, &fields);
        }
        RevokeStyle::TokenOnly => {
            let form =
                form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose()).finish();
            (Request::post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded"), form)
        }
        RevokeStyle::GithubDelete => {
            let request = Request::delete(url).header(AUTHORIZATION, form::basic(&client.id, secret()?));
            (
                request.header(CONTENT_TYPE, "application/json"),
                json!({ "access_token": token.expose() }).to_string(),
            )
        }
        RevokeStyle::JsonBasic => {
            let request = Request::post(url).header(AUTHORIZATION, form::basic(&client.id, secret()?));
            (request.header(CONTENT_TYPE, "application/json"), json!({ "token": token.expose() }).to_string())
        }
        RevokeStyle::BearerPost => {
            let mut bearer =
                HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| not_offered())?;
            bearer.set_sensitive(true);
            (Request::post(url).header(AUTHORIZATION, bearer), String::new())
        }
        RevokeStyle::Unsupported => return Err(not_offered()),
    };
    request.header(ACCEPT, "application/json").body(body.into_bytes()).map_err(|_| not_offered())
}

fn not_offered() -> Failure {
    Failure::new(FailureKind::Misconfigured).unsent()
}

#[cfg(test)]
mod tests;
