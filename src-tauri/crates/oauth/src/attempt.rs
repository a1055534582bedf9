//! One try to connect, from the moment before the browser opens to the code that comes back.
//!
//! An [`Attempt`] holds what only this try may know: state, verifier and nonce, and the issuer they were made
//! for, recorded before anything is sent. [`Attempt::redeem`] takes it by value: an attempt is spent once,
//! whatever comes of it. When it ends and how it is found again is the engine's business.

use std::fmt;

use bowline_base::{Random, Scope, ScopeSet, Secret, Wall};
use http::HeaderMap;
use url::Url;

use crate::authorize::{self, Marks};
use crate::callback::{CallbackQuery, Refused};
use crate::client::ClientCredentials;
use crate::failure::{self, Failure, FailureKind};
use crate::pkce::{self, Verifier};
use crate::provider::Provider;
use crate::server::Server;

/// What an attempt is started with.
#[derive(Clone, Debug)]
pub struct AttemptParams<'a> {
    /// The provider as configured.
    pub provider: &'a Provider,
    /// The provider as it describes itself.
    pub server: &'a Server,
    /// Who we are there.
    pub client: &'a ClientCredentials,
    /// Where the browser comes back to.
    pub redirect_uri: Url,
    /// What is asked for.
    pub scopes: ScopeSet,
    /// Whom the sign-in page should offer first.
    pub login_hint: Option<String>,
}

/// One try to connect. `Debug` shows nothing of it.
pub struct Attempt {
    state: Secret,
    verifier: Option<Verifier>,
    nonce: Option<Secret>,
    redirect_uri: Url,
    authorize_url: Url,
    provider: Provider,
    server: Server,
}

/// What the token request needs of a spent attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// The authorization code.
    pub code: Secret,
    /// The verifier; `None` only for a provider that takes none.
    pub verifier: Option<Secret>,
    /// What the id token must repeat, where one was asked for.
    pub nonce: Option<Secret>,
    /// The same address as in the authorization request.
    pub redirect_uri: Url,
    /// Who the attempt was made for.
    pub issuer: Option<String>,
}

impl Attempt {
    /// Makes the attempt's secrets and its address. Sends nothing; see [`authorize::begin`].
    pub(crate) fn start(params: &AttemptParams<'_>, random: &dyn Random) -> Result<Attempt, Failure> {
        let sends_pkce = !params.provider.quirks.pkce_rejected;
        if sends_pkce && !pkce::is_offered(params.server.pkce_methods.as_deref()) {
            return Err(Failure::new(FailureKind::PkceUnsupported));
        }
        let state = Secret::random(random, "");
        let verifier = sends_pkce.then(|| Verifier::random(random));
        let nonce = asks_for_id_token(&params.scopes).then(|| Secret::random(random, ""));
        let marks = Marks { state: &state, verifier: verifier.as_ref(), nonce: nonce.as_ref() };
        let authorize_url = authorize::url(params, marks)?;
        Ok(Attempt {
            state,
            verifier,
            nonce,
            redirect_uri: params.redirect_uri.clone(),
            authorize_url,
            provider: params.provider.clone(),
            server: params.server.clone(),
        })
    }

    /// The request was pushed: the browser only carries its handle.
    pub(crate) fn pushed(self, authorize_url: Url) -> Attempt {
        Attempt { authorize_url, ..self }
    }

    /// Spends the attempt on an answer.
    ///
    /// # Errors
    /// [`Refused`], in this order: another state, another issuer (whose words are then not looked at), an error
    /// that the provider named, no code.
    pub fn redeem(self, callback: &CallbackQuery) -> Result<Redeemed, Refused> {
        if !callback.state().is_some_and(|s| self.state_matches(s)) {
            return Err(Refused::WrongState);
        }
        if !self.issuer_matches(callback.issuer()) {
            return Err(Refused::IssuerMismatch);
        }
        if let Some(error) = callback.error() {
            return Err(self.refusal(error, callback.error_description()));
        }
        Ok(Redeemed {
            code: callback.code().cloned().ok_or(Refused::MissingCode)?,
            verifier: self.verifier.map(|v| v.secret().clone()),
            nonce: self.nonce,
            redirect_uri: self.redirect_uri,
            issuer: self.server.issuer,
        })
    }

    /// Where the browser is sent.
    pub fn authorize_url(&self) -> &Url {
        &self.authorize_url
    }

    /// True for this attempt's own state. Takes the same time however much of it is right.
    pub fn state_matches(&self, state: &str) -> bool {
        self.state == Secret::new(state)
    }

    /// RFC 9207: who answers is compared character by character whenever it is said, promised or not.
    fn issuer_matches(&self, issuer: Option<&str>) -> bool {
        let known = self.server.issuer.is_some() || self.server.issuer_template.is_some();
        match issuer {
            Some(issuer) if known => self.server.accepts_issuer(issuer, tenant(&self.server, issuer)),
            Some(_) => true,
            None => !self.server.iss_in_callback,
        }
    }

    /// Error words mean the same in the browser as at the token endpoint, so one table sorts both.
    fn refusal(&self, error: &str, description: Option<&str>) -> Refused {
        let body = serde_json::json!({ "error": error, "error_description": description }).to_string();
        // No answer of a server stands behind this: there is no status to tell and no header to obey.
        let sorted =
            failure::sort(400, &HeaderMap::new(), body.as_bytes(), &self.provider, Wall::from_unix_ms(0));
        let host = self.server.endpoints.authorization.as_ref().and_then(|u| u.host_str()).map(str::to_owned);
        match sorted.kind {
            FailureKind::AccessDenied => Refused::Denied,
            _ => Refused::Failed(Failure { http_status: None, host, ..sorted }),
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt at {}", self.provider.id)
    }
}

fn asks_for_id_token(scopes: &ScopeSet) -> bool {
    Scope::parse("openid").is_some_and(|openid| scopes.contains(&openid))
}

/// The part of an issuer that stands in the template's place for it.
fn tenant<'i>(server: &Server, issuer: &'i str) -> Option<&'i str> {
    let (before, after) = server.issuer_template.as_deref()?.split_once("{tid}")?;
    issuer.strip_prefix(before)?.strip_suffix(after)
}

#[cfg(test)]
mod tests;
