//! Who we are to a provider: the client id from its file, or one the provider gave us by registration, and the
//! secret from the vault. Each is used only with the issuer it belongs to (RFC 9700 §2.1).

use std::sync::Arc;

use bowline_base::{ProviderId, ScopeSet, Secret};
use bowline_oauth::client::{ClientAuth, ClientCredentials};
use bowline_oauth::registration::{self, Application};
use bowline_oauth::{Provider, Server};
use bowline_vault::clients::StoredClient;
use url::Url;

use super::exchange::cannot_begin;
use crate::engine::Engine;
use crate::{Caller, EngineError};

/// What a client secret may be long.
const LONGEST_SECRET: usize = 4096;

impl Engine {
    /// The client for an account that is connected already.
    pub(crate) async fn client_of(&self, provider: &Provider) -> Result<ClientCredentials, EngineError> {
        let stored = self.stored_client(provider).await?;
        configured(provider, stored.as_ref()).ok_or_else(|| no_client(provider, self.providers.folder()))?
    }

    /// The client for an attempt; registers one where the provider offers that and none is configured.
    pub(super) async fn client_for(
        &self,
        provider: &Provider,
        server: &Server,
        redirect_uri: &Url,
        scopes: &ScopeSet,
    ) -> Result<ClientCredentials, EngineError> {
        let stored = self.stored_client(provider).await?;
        if let Some(client) = configured(provider, stored.as_ref()) {
            return client;
        }
        if server.endpoints.registration.is_none() {
            return Err(no_client(provider, self.providers.folder()));
        }
        self.register(provider, server, redirect_uri, scopes).await
    }

    /// Keeps a client secret, sealed.
    ///
    /// # Errors
    /// [`EngineError::ProviderNotFound`], [`EngineError::InvalidRequest`], [`EngineError::Locked`],
    /// [`EngineError::Storage`].
    pub async fn set_client_secret(
        self: &Arc<Self>,
        caller: &Caller,
        provider: &str,
        secret: Secret,
    ) -> Result<(), EngineError> {
        let provider = self.providers.find(provider)?;
        self.require_open()?;
        check_secret(&secret, "a client secret")?;
        let client = StoredClient {
            provider: provider.id.clone(),
            issuer: provider.issuer.clone(),
            client_id: None,
            secret: Some(secret),
            auth: None,
            expires_at: None,
            registration_token: None,
        };
        self.store.run(move |vault| vault.save_client(&client)).await?;
        self.audit_now(self.entry_of(caller, "provider.changed", None, Ok(()))).await?;
        for entry in self.book.all() {
            let theirs = entry.face().account.provider == provider.id;
            if theirs {
                self.try_again(&entry);
            }
        }
        Ok(())
    }

    /// Refuses a client secret that could not be kept, before anything else is done about it.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`], [`EngineError::Locked`].
    pub fn check_client_secret(&self, secret: &Secret) -> Result<(), EngineError> {
        check_secret(secret, "a client secret")?;
        self.require_open()
    }

    /// True when a client secret is kept for the provider; works with a locked vault.
    ///
    /// # Errors
    /// [`EngineError::Storage`].
    pub async fn has_client_secret(&self, provider: &ProviderId) -> Result<bool, EngineError> {
        let provider = provider.clone();
        self.store.run(move |vault| vault.has_client_secret(&provider)).await.map_err(Into::into)
    }

    async fn stored_client(&self, provider: &Provider) -> Result<Option<StoredClient>, EngineError> {
        let (id, now) = (provider.id.clone(), self.clock.wall());
        let stored = self.store.run(move |vault| vault.client(&id)).await?;
        // Another issuer's client, or one that has run out, is nobody to this one.
        Ok(stored.filter(|c| c.issuer == provider.issuer && c.expires_at.is_none_or(|end| end > now)))
    }

    async fn register(
        &self,
        provider: &Provider,
        server: &Server,
        redirect_uri: &Url,
        scopes: &ScopeSet,
    ) -> Result<ClientCredentials, EngineError> {
        let application =
            Application { client_name: "Bowline", redirect_uris: std::slice::from_ref(redirect_uri), scopes };
        let now = self.clock.wall();
        let given = registration::register(&*self.transport, provider, server, &application, now)
            .await
            .map_err(|failure| cannot_begin(provider, failure))?;
        let client = StoredClient {
            provider: provider.id.clone(),
            issuer: provider.issuer.clone(),
            client_id: Some(given.client_id.clone()),
            secret: given.client_secret.clone(),
            auth: Some(given.auth.as_str().to_owned()),
            expires_at: given.expires_at,
            registration_token: given.registration_token.clone(),
        };
        self.store.run(move |vault| vault.save_client(&client)).await?;
        Ok(ClientCredentials { id: given.client_id, secret: given.client_secret, auth: given.auth })
    }
}

/// The client as far as file and vault know it; `None` without a client id, an error without a needed secret.
fn configured(
    provider: &Provider,
    stored: Option<&StoredClient>,
) -> Option<Result<ClientCredentials, EngineError>> {
    let from_file = provider.client.id.clone();
    let registered = stored.and_then(|c| c.client_id.clone());
    let secret = stored.and_then(|c| c.secret.clone());
    let (id, auth) = match (from_file, registered) {
        (Some(id), _) => (id, provider.client.auth),
        (None, Some(id)) => {
            (id, stored.and_then(|c| ClientAuth::parse(c.auth.as_deref()?)).unwrap_or_default())
        }
        (None, None) => return None,
    };
    Some(match (auth, secret) {
        (ClientAuth::None, _) => Ok(ClientCredentials { id, secret: None, auth }),
        (_, Some(secret)) => Ok(ClientCredentials { id, secret: Some(secret), auth }),
        (_, None) => Err(no_secret(provider)),
    })
}

/// What can be shown to a provider as it is. `what` it is called, where it cannot.
pub(crate) fn check_secret(secret: &Secret, what: &str) -> Result<(), EngineError> {
    let printable = secret.expose().bytes().all(|b| (0x20..=0x7e).contains(&b));
    if secret.is_empty() || secret.len() > LONGEST_SECRET || !printable {
        return Err(EngineError::invalid(format!("{what} has 1 to {LONGEST_SECRET} printable characters")));
    }
    Ok(())
}

fn no_client(provider: &Provider, folder: &std::path::Path) -> EngineError {
    let folder = folder.display();
    let console =
        provider.facts.console.as_deref().map(|url| format!(" (get one at {url})")).unwrap_or_default();
    EngineError::ProviderMisconfigured {
        detail: format!(
            "{} needs a client id of your own{console}: put it under [client] id in the file {}.toml of your \
             providers folder, {folder}",
            provider.name, provider.id
        ),
        account: None,
        reason: None,
        failure: None,
    }
}

fn no_secret(provider: &Provider) -> EngineError {
    EngineError::ProviderMisconfigured {
        detail: format!(
            "{} needs the client secret that belongs to its client id: run `bowline providers set-secret {}`",
            provider.name, provider.id
        ),
        account: None,
        reason: None,
        failure: None,
    }
}
