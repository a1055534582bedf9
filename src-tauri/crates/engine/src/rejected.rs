//! "The provider answered 401 to this token": renew once, ask the provider, and never be driven in circles.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bowline_base::{Reason, Secret};
use bowline_oauth::identity::Probe;
use bowline_oauth::introspect::introspect;
use bowline_oauth::revoke::TokenHint;
use bowline_oauth::{Failure, Provider, Server};

use crate::book::{Entry, Living};
use crate::engine::Engine;
use crate::lifecycle::TokenEvent;
use crate::refresh::Why;
use crate::serve::{Served, Source, Wanted};
use crate::{Caller, EngineError};

/// A renewal forced by a report is done at most once in this time for an account (O-51).
const FORCED_AT_MOST_EVERY: Duration = Duration::from_secs(60);

impl Engine {
    /// Takes a report that an API refused the token with this SHA-256, and gives the token to use from now on.
    ///
    /// An old or unknown hash renews nothing: the current token is the answer. The current one is renewed. If
    /// that cannot be, or was done less than a minute ago, the provider is asked about the token itself.
    ///
    /// # Errors
    /// [`EngineError::ReconnectRequired`] when the provider refuses the token too;
    /// [`EngineError::InsufficientScope`] when it accepts it, so that the API must have another reason.
    pub async fn token_rejected(
        self: &Arc<Self>,
        caller: &Caller,
        selector: &str,
        sha256_hex: &str,
    ) -> Result<Served, EngineError> {
        let entry = self.entry_for(caller, selector)?;
        self.store.audit(self.entry_of(caller, "token.rejected", Some(&entry.id), Ok(())));
        let caller = &self.let_in(caller, &entry).await?;
        self.count_expired(caller, &entry, sha256_hex);
        // Right, limit and state are checked as for any read.
        let served = self.token(caller, entry.id.as_str(), &Wanted::default()).await?;
        if !served.living.access.sha256_hex().eq_ignore_ascii_case(sha256_hex) {
            return Ok(served);
        }
        match served.source {
            Source::OAuth => {}
            // It is the other account's token, and its provider knows.
            Source::Fallback => {
                let other = served.account.to_string();
                let served = Box::pin(self.token_rejected(caller, &other, sha256_hex)).await?;
                return Ok(Served { source: Source::Fallback, ..served });
            }
            Source::Emergency => return Err(self.key_refused(&entry)),
        }
        if entry.face().health.refreshable && self.may_force(&entry) {
            self.renew(&entry, Why::Asked, Some(&served.living)).await?;
            return self.token(caller, entry.id.as_str(), &Wanted::default()).await;
        }
        let asked_about = self.open_token(&entry).await?;
        match self.ask_about_token(&entry, &asked_about).await {
            Some(refused) => Err(refused),
            // What the provider refuses is not what is used any more.
            None => {
                if is_flying(&entry) {
                    self.renew(&entry, Why::Asked, Some(&asked_about)).await?;
                }
                self.token(caller, entry.id.as_str(), &Wanted::default()).await
            }
        }
    }

    /// The person is asked once for the whole report, however often the token is looked at.
    async fn let_in(self: &Arc<Self>, caller: &Caller, entry: &Arc<Entry>) -> Result<Caller, EngineError> {
        match self.admit(caller, entry).await {
            Ok(_) => Ok(caller.let_in_to(&entry.id)),
            Err(error) => {
                self.record_read(caller, Some(&entry.id), Some(&error));
                Err(error)
            }
        }
    }

    fn may_force(&self, entry: &Entry) -> bool {
        let now = self.clock.wall();
        let mut face = entry.face_mut();
        let rested = face.last_forced.is_none_or(|at| now.since(at) >= FORCED_AT_MOST_EVERY);
        if rested {
            face.last_forced = Some(now);
        }
        rested
    }

    /// Nothing was renewed, so the provider is asked: does it still know this token? `None` when it does not, and
    /// another one has taken its place meanwhile or is about to.
    async fn ask_about_token(self: &Arc<Self>, entry: &Arc<Entry>, living: &Living) -> Option<EngineError> {
        let account = entry.face().account.clone();
        let provider = match self.providers.of(&account) {
            Ok(provider) => provider,
            Err(error) => return Some(error),
        };
        let asked = match self.discovery.server(&provider).await {
            Ok(server) => self.probe(&provider, &server, &living.access).await,
            Err(failure) => Err(failure),
        };
        match asked {
            Ok(Probe::Refused) if is_flying(entry) || entry.newer_than(living).is_some() => None,
            Ok(Probe::Refused) => {
                self.note(entry, TokenEvent::RefusedInUse).await;
                self.changed(entry);
                Some(self.refusal(entry, Reason::Revoked, None))
            }
            Ok(_) => Some(EngineError::InsufficientScope {
                detail: "the provider accepts this token; the API refuses for another reason".to_owned(),
                account: entry.id.clone(),
                missing: Vec::new(),
            }),
            Err(failure) => Some(self.refusal(entry, failure.kind.reason(), Some(&failure))),
        }
    }

    /// Introspection where the provider's file names it (RFC 7662), else userinfo. An introspection that fails says
    /// nothing about the token.
    pub(crate) async fn probe(
        &self,
        provider: &Provider,
        server: &Server,
        access: &Secret,
    ) -> Result<Probe, Failure> {
        if provider.endpoints.introspection.is_some()
            && let Ok(client) = self.client_of(provider).await
            && let Ok(active) =
                introspect(&*self.transport, provider, server, &client, access, TokenHint::Access).await
        {
            return Ok(if active { Probe::Accepted } else { Probe::Refused });
        }
        self.identifier.probe(provider, server, access).await
    }
}

fn is_flying(entry: &Entry) -> bool {
    entry.flight.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}
