//! Tokens: the request for them, the raw answer, and what can be read out of it (RFC 6749 §4.1.3, §5, §6).
//!
//! The three are apart, because a refresh token may be used up the moment the provider answers: the engine keeps
//! the [`Answer`] on disk before anything looks at it. The request is built by the `oauth2` crate and taken out
//! of it unsent; so is its client authentication, of which there is exactly one in a request.
//!
//! Only the code, the refresh and the device grant exist here; scopes are never sent along with a renewal.

mod answer;
pub(crate) mod form;
mod read;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fmt;

use bowline_base::Secret;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthorizationCode, ClientId, ClientSecret, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl,
    RefreshToken, TokenUrl,
};
use url::Url;

pub use self::answer::Answer;
pub use self::read::{About, MAX_TOKEN, TokenSet, read};
use crate::attempt::Redeemed;
use crate::client::ClientCredentials;
use crate::failure::{Failure, FailureKind};
use crate::provider::{Provider, address};
use crate::server::Server;
use crate::transport::{Limits, Transport};

/// What is given for tokens.
#[derive(Clone, Copy, Debug)]
pub enum TokenGrant<'a> {
    /// A code that the browser brought.
    Code {
        /// The attempt it belongs to, spent.
        redeemed: &'a Redeemed,
    },
    /// A refresh token.
    Refresh {
        /// The newest one.
        token: &'a Secret,
    },
    /// A code that the person agrees to elsewhere (RFC 8628 §3.4).
    Device {
        /// The one that is never shown.
        code: &'a Secret,
    },
}

/// A token request, ready to be sent. `Debug` shows where it goes and nothing of what it holds.
#[derive(Clone)]
pub struct TokenRequest {
    url: Url,
    headers: HeaderMap,
    body: Secret,
    fallbacks: Vec<Url>,
}

/// Builds a token request.
///
/// # Errors
/// [`FailureKind::Misconfigured`] when there is no usable token endpoint, or the client's secret is missing.
pub fn request(
    provider: &Provider,
    server: &Server,
    client: &ClientCredentials,
    grant: TokenGrant<'_>,
) -> Result<TokenRequest, Failure> {
    let endpoint = server.endpoints.token.clone().filter(address::is_usable).ok_or_else(misconfigured)?;
    let built = build(provider, client, &endpoint, grant)?;
    let (parts, body) = built.into_parts();
    let mut headers = parts.headers;
    if let Some(proof) = headers.get_mut(AUTHORIZATION) {
        proof.set_sensitive(true);
    }
    if !provider.quirks.token_accept_json {
        headers.remove(ACCEPT);
    }
    let mut body = String::from_utf8(body).map_err(|_| misconfigured())?;
    if provider.quirks.token_request_json {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        body = as_json(&body);
    }
    let fallbacks =
        provider.token_endpoint_fallbacks.iter().filter(|u| address::is_usable(u)).cloned().collect();
    Ok(TokenRequest { url: endpoint, headers, body: Secret::new(body), fallbacks })
}

impl TokenRequest {
    /// Sends it once.
    ///
    /// # Errors
    /// A [`Failure`] only when no answer came; whatever the provider says is an [`Answer`].
    /// Dropping the future may leave a request that the provider has already seen.
    pub async fn send(&self, transport: &dyn Transport, limits: Limits) -> Result<Answer, Failure> {
        let mut request = Request::post(self.url.as_str())
            .body(self.body.expose().as_bytes().to_vec())
            .map_err(|_| misconfigured())?;
        *request.headers_mut() = self.headers.clone();
        let response = transport.send(request, limits).await?;
        Ok(Answer::new(self.host(), response))
    }

    /// The same request for the n-th fallback endpoint of the provider file, counted from 0.
    pub fn to_fallback(&self, n: usize) -> Option<TokenRequest> {
        self.fallbacks.get(n).map(|url| TokenRequest { url: url.clone(), ..self.clone() })
    }

    /// The host that it goes to.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenRequest to {}", self.host())
    }
}

fn build(
    provider: &Provider,
    client: &ClientCredentials,
    endpoint: &Url,
    grant: TokenGrant<'_>,
) -> Result<HttpRequest, Failure> {
    let proof = form::proof(client, &provider.quirks)?;
    let mut builder = BasicClient::new(ClientId::new(client.id.clone()))
        .set_auth_type(proof.auth_type())
        .set_token_uri(TokenUrl::from_url(endpoint.clone()));
    if let Some(secret) = proof.secret() {
        builder = builder.set_client_secret(ClientSecret::new(secret.to_owned()));
    }
    let resource = provider.resource.as_deref().map(|r| ("resource", r.to_owned()));
    if let TokenGrant::Device { code } = grant {
        // The library would ask again and again by itself.
        let mut fields = vec![("grant_type", crate::device::GRANT_TYPE), ("device_code", code.expose())];
        fields.extend(provider.resource.as_deref().map(|resource| ("resource", resource)));
        return form::post(endpoint, client, &provider.quirks, &fields);
    }
    taken_out(|take| match grant {
        TokenGrant::Code { redeemed } => {
            let code = AuthorizationCode::new(redeemed.code.expose().to_owned());
            let redirect = RedirectUrl::from_url(redeemed.redirect_uri.clone());
            let mut request = builder.exchange_code(code).set_redirect_uri(std::borrow::Cow::Owned(redirect));
            if let Some(verifier) = &redeemed.verifier {
                request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
            }
            let request =
                resource.into_iter().fold(request, |r, (name, value)| r.add_extra_param(name, value));
            let _ = request.request(&take);
        }
        TokenGrant::Refresh { token } => {
            let token = RefreshToken::new(token.expose().to_owned());
            let request = builder.exchange_refresh_token(&token);
            let request =
                resource.into_iter().fold(request, |r, (name, value)| r.add_extra_param(name, value));
            let _ = request.request(&take);
        }
        TokenGrant::Device { .. } => {}
    })
}

type Take<'a> = Box<dyn Fn(HttpRequest) -> Result<HttpResponse, TakenOut> + 'a>;

/// Lets the library build a request and keeps it from being sent, so that the raw answer is ours.
fn taken_out(build: impl FnOnce(Take<'_>)) -> Result<HttpRequest, Failure> {
    let slot = RefCell::new(None);
    build(Box::new(|request| {
        slot.replace(Some(request));
        Err(TakenOut)
    }));
    slot.into_inner().ok_or_else(misconfigured)
}

/// Ends the library's part.
#[derive(Debug, thiserror::Error)]
#[error("the request was taken out")]
struct TakenOut;

/// The form's fields as a JSON object, for a provider that reads no forms (Notion).
fn as_json(form: &str) -> String {
    let fields: serde_json::Map<String, serde_json::Value> = url::form_urlencoded::parse(form.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into()))
        .collect();
    serde_json::Value::Object(fields).to_string()
}

fn misconfigured() -> Failure {
    Failure::new(FailureKind::Misconfigured)
}
