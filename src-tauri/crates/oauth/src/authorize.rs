//! The request that the browser carries to the provider (RFC 6749 §4.1.1), pushed ahead where the provider wants
//! that (RFC 9126).
//!
//! What Bowline sends for safety (state, challenge, nonce, redirect) cannot be overridden: neither by a provider
//! file's extra parameters nor by what the provider put into its own endpoint's address.

use bowline_base::{Random, Secret, Wall};
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, RedirectUrl, Scope};
use serde_json::Value;
use url::Url;

use crate::attempt::{Attempt, AttemptParams};
use crate::failure::{self, Failure, FailureKind};
use crate::pkce::Verifier;
use crate::provider::{OWN_PARAMS, address};
use crate::token::form;
use crate::transport::{Limits, Transport};

/// The longest handle for a pushed request that is taken.
const MAX_REQUEST_URI: usize = 2048;

/// Starts an attempt, and pushes its request to the provider where that is required.
///
/// Calls the provider in that case, and in no other.
///
/// # Errors
/// [`FailureKind::PkceUnsupported`] when the provider offers nothing better than `plain`;
/// [`FailureKind::Misconfigured`] when it has no usable authorization endpoint; and whatever the provider answers to
/// the push: then no browser is opened.
pub async fn begin(
    params: AttemptParams<'_>,
    random: &dyn Random,
    transport: &dyn Transport,
    now: Wall,
) -> Result<Attempt, Failure> {
    let attempt = Attempt::start(&params, random)?;
    if !params.server.requires_par {
        return Ok(attempt);
    }
    let pushed = push(&params, attempt.authorize_url(), transport, now).await?;
    Ok(attempt.pushed(pushed))
}

/// The secrets of an attempt that are part of its request.
pub(crate) struct Marks<'a> {
    pub(crate) state: &'a Secret,
    pub(crate) verifier: Option<&'a Verifier>,
    pub(crate) nonce: Option<&'a Secret>,
}

/// The whole authorization request as an address.
pub(crate) fn url(params: &AttemptParams<'_>, marks: Marks<'_>) -> Result<Url, Failure> {
    let endpoint = endpoint(params)?;
    let provider = params.provider;
    let client = BasicClient::new(ClientId::new(params.client.id.clone()))
        .set_auth_uri(AuthUrl::from_url(endpoint))
        .set_redirect_uri(RedirectUrl::from_url(params.redirect_uri.clone()));
    let mut request = client.authorize_url(|| CsrfToken::new(marks.state.expose().to_owned()));
    let scopes = scope_parameter(params);
    let scope_name = provider.quirks.scope_param.as_str();
    if let Some(scopes) = scopes.clone().filter(|_| scope_name == "scope") {
        request = request.add_scope(Scope::new(scopes));
    }
    if let Some(verifier) = marks.verifier {
        request = request.set_pkce_challenge(verifier.challenge());
    }
    let nonce = marks.nonce.map(|n| ("nonce", n.expose()));
    let resource = provider.resource.as_deref().map(|r| ("resource", r));
    let hint = params.login_hint.as_deref().map(|h| ("login_hint", h));
    let renamed = scopes.as_deref().filter(|_| scope_name != "scope").map(|s| (scope_name, s));
    let own: Vec<(&str, &str)> =
        [renamed, nonce, resource, hint, prompt(params)].into_iter().flatten().collect();
    let extra: Vec<(&str, &str)> = provider
        .authorize_params
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !is_reserved(name) && own.iter().all(|(n, _)| n != name))
        .collect();
    let request =
        own.into_iter().chain(extra).fold(request, |r, (name, value)| r.add_extra_param(name, value));
    Ok(request.url().0)
}

/// An OpenID provider ignores `offline_access` unless the person is asked (OpenID Connect Core §11). What the
/// provider's file says about `prompt` goes before this.
fn prompt<'a>(params: &AttemptParams<'_>) -> Option<(&'a str, &'a str)> {
    let asks = |scope: &str| params.scopes.iter().any(|s| s.as_str() == scope);
    let says = params.provider.authorize_params.iter().any(|(name, _)| name == "prompt");
    let is_openid = params.server.issuer.is_some() && asks("openid") && asks("offline_access");
    (is_openid && !says).then_some(("prompt", "consent"))
}

/// The scopes in one text, separated as this provider wants it.
fn scope_parameter(params: &AttemptParams<'_>) -> Option<String> {
    let separator = params.provider.quirks.scope_separator.to_string();
    (!params.scopes.is_empty()).then(|| params.scopes.to_strings().join(&separator))
}

/// The authorization endpoint, with its own query but for what is ours to say (RFC 6749 §3.1).
fn endpoint(params: &AttemptParams<'_>) -> Result<Url, Failure> {
    let known = params.server.endpoints.authorization.as_ref().filter(|u| address::is_usable(u));
    let mut url = known.cloned().ok_or_else(|| Failure::new(FailureKind::Misconfigured))?;
    if url.query().is_some() {
        let kept: Vec<(String, String)> =
            url.query_pairs().filter(|(n, _)| !is_reserved(n)).map(|(n, v)| (n.into(), v.into())).collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
    }
    url.set_fragment(None);
    Ok(url)
}

fn is_reserved(name: &str) -> bool {
    OWN_PARAMS.contains(&name)
}

/// Sends the request ahead and gets the short address that stands for it (RFC 9126 §2).
async fn push(
    params: &AttemptParams<'_>,
    full: &Url,
    transport: &dyn Transport,
    now: Wall,
) -> Result<Url, Failure> {
    let known =
        params.server.endpoints.pushed_authorization_request.as_ref().filter(|u| address::is_usable(u));
    let endpoint = known.ok_or_else(|| Failure::new(FailureKind::Misconfigured))?;
    let pairs: Vec<(String, String)> = full.query_pairs().map(|(n, v)| (n.into(), v.into())).collect();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let request = form::post(endpoint, params.client, &params.provider.quirks, &fields)?;
    let response = transport.send(request, Limits::default()).await?;
    let handle = pushed_handle(response.status().as_u16(), response.body()).ok_or_else(|| {
        failure::sort(response.status().as_u16(), response.headers(), response.body(), params.provider, now)
    })?;
    let mut url = self::endpoint(params)?;
    url.query_pairs_mut().append_pair("client_id", &params.client.id).append_pair("request_uri", &handle);
    Ok(url)
}

/// The handle has a lifetime too (RFC 9126 §2.2), which ends when the browser has come with it: it says nothing about
/// how long a person may take to sign in, so an attempt is not held to it.
fn pushed_handle(status: u16, body: &[u8]) -> Option<String> {
    let document: Value = (200..300).contains(&status).then(|| serde_json::from_slice(body).ok())??;
    let handle = document.get("request_uri")?.as_str()?;
    let plain =
        !handle.is_empty() && handle.len() <= MAX_REQUEST_URI && handle.bytes().all(|b| b.is_ascii_graphic());
    plain.then(|| handle.to_owned())
}

#[cfg(test)]
mod tests;
