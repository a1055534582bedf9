//! What is done with the end of a try: saved and synced before anybody hears of it (promise 1).

use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Health, Reason, ScopeSet, Wall};
use bowline_oauth::token::TokenSet;
use bowline_oauth::{Failure, FailureKind, Provider, Verdict};
use bowline_vault::VaultError;
use bowline_vault::tokens::Tokens;

use super::ask::{Good, Trial};
use super::{Ground, Kit, Landing};
use crate::EngineError;
use crate::book::{Entry, Living};
use crate::engine::Engine;
use crate::event::Event;
use crate::lifecycle::{self, FailedTry, Renewed, TokenEvent};
use crate::notice::Notice;
use crate::words::{self, About};

/// How often saving is tried again while the disk refuses (contract §3, `storage_error`).
const SAVE_AGAIN: Duration = Duration::from_secs(5);

/// All that one answer changes about an account, saved together.
#[derive(Clone)]
pub(crate) struct Harvest {
    pub(crate) tokens: Tokens,
    pub(crate) health: Health,
    pub(crate) granted: ScopeSet,
    pub(crate) rotated: bool,
}

impl Engine {
    pub(crate) async fn keep(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        kit: Kit,
        good: Good,
        trial: &Trial,
    ) -> Landing {
        if let Err(failure) = self.check_identity(&kit, &good.set).await {
            return Err(self.keep_refused_identity(entry, &kit, good, &failure, trial).await);
        }
        let harvest = self.harvest(&kit.ground, &good, trial.attempts, self.clock.wall());
        let id = entry.id.clone();
        let saved = {
            let harvest = harvest.clone();
            let save = move |vault: &mut bowline_vault::Vault| {
                vault.finish_renewal(&id, Some(&harvest.tokens), &harvest.health, &harvest.granted)
            };
            self.store.run(save).await
        };
        match saved {
            Ok(()) => Ok(self.told(entry, &harvest, kit.grant)),
            Err(VaultError::RenewalSuperseded { .. }) => self.open_token(entry).await,
            Err(error) => {
                let error = EngineError::from(error);
                self.hold(entry, harvest, kit.grant, &error);
                Err(error)
            }
        }
    }

    /// A renewed id token must be about the same person (OpenID Connect Core §12.2).
    async fn check_identity(&self, kit: &Kit, set: &TokenSet) -> Result<(), Failure> {
        match &set.id_token {
            Some(id_token) if kit.server.issuer.is_some() => {
                let subject = &kit.ground.account.subject;
                self.identifier
                    .check_renewed(&kit.ground.provider, &kit.server, &kit.client.id, id_token, subject)
                    .await
            }
            _ => Ok(()),
        }
    }

    /// Works out what an answer means for the account. Pure but for the time it is given.
    pub(crate) fn harvest(&self, ground: &Ground, good: &Good, attempts: u32, came_at: Wall) -> Harvest {
        let set = &good.set;
        let rotated = set.refresh.as_ref().is_some_and(|new| *new != ground.refresh);
        let renewed = Renewed {
            access_expires_at: access_end(set, &ground.provider, came_at),
            grant_expires_at: grant_end(set, &ground.provider, came_at, rotated),
            refreshable: true,
            http_status: good.answer.status,
            attempts,
        };
        let health = self.book.by_id(&ground.account.id).map(|e| e.face().health.clone()).unwrap_or_default();
        Harvest {
            tokens: Tokens {
                access: set.access.clone(),
                token_type: set.token_type.clone(),
                refresh: Some(set.refresh.clone().unwrap_or_else(|| ground.refresh.clone())),
                id_token: set.id_token.clone().or_else(|| ground.tokens.id_token.clone()),
            },
            health: lifecycle::after(&health, TokenEvent::Renewed(&renewed), came_at),
            granted: set.granted.clone().unwrap_or_else(|| ground.account.granted.clone()),
            rotated,
        }
    }

    /// Saved: now memory, the trail and everybody may know.
    pub(crate) fn told(&self, entry: &Entry, harvest: &Harvest, grant: u64) -> Arc<Living> {
        let living = Arc::new(living(&harvest.tokens, &harvest.health, &harvest.granted));
        {
            let mut face = entry.face_mut();
            if face.grant != grant {
                // Connected anew meanwhile: what is in memory is newer than this.
                return living;
            }
            face.health = harvest.health.clone();
            face.account.granted = harvest.granted.clone();
            face.living = Some(Arc::clone(&living));
            // A token that was dead on arrival is no success to start counting from again.
            face.failures =
                if harvest.health.trouble.is_some() { face.failures.saturating_add(1) } else { 0 };
            face.not_before = None;
            face.ambiguous = false;
            face.unsaved = false;
            face.rotates = Some(harvest.rotated);
        }
        self.forget_interruption(entry);
        self.store.audit(self.own_entry("refresh.ok", Some(&entry.id), Ok(())));
        self.events.tell(Event::AccountToken { account: entry.id.clone() });
        tracing::info!(account = %entry.id, rotated = harvest.rotated, "renewed");
        living
    }

    /// The disk refused: the answer stays in memory, is served to nobody, and is saved again and again.
    fn hold(self: &Arc<Self>, entry: &Arc<Entry>, harvest: Harvest, grant: u64, error: &EngineError) {
        tracing::error!(account = %entry.id, %error, "a renewed token cannot be saved; trying again");
        entry.face_mut().unsaved = true;
        let name = self.book.name_of(entry);
        self.say(&Notice {
            key: format!("storage-{}", entry.id),
            title: format!("{name} cannot be saved"),
            body: error.to_string(),
        });
        let (engine, entry) = (Arc::clone(self), Arc::clone(entry));
        tokio::spawn(async move { engine.save_until_done(&entry, harvest, grant).await });
    }

    async fn save_until_done(self: Arc<Self>, entry: &Arc<Entry>, harvest: Harvest, grant: u64) {
        loop {
            self.clock.sleep(SAVE_AGAIN).await;
            let (id, again) = (entry.id.clone(), harvest.clone());
            let save = move |vault: &mut bowline_vault::Vault| {
                vault.finish_renewal(&id, Some(&again.tokens), &again.health, &again.granted)
            };
            match self.store.run(save).await {
                Ok(()) => {
                    self.told(entry, &harvest, grant);
                    return self.changed(entry);
                }
                // Connected anew, or gone: there is nothing left to save.
                Err(VaultError::RenewalSuperseded { .. } | VaultError::UnknownAccount { .. }) => {
                    entry.face_mut().unsaved = false;
                    return self.changed(entry);
                }
                Err(_) => {}
            }
        }
    }

    /// A try that brought no tokens. Gives the error its waiters hear.
    pub(crate) async fn keep_failure(
        &self,
        entry: &Arc<Entry>,
        kit: &Kit,
        failure: &Failure,
        trial: &Trial,
    ) -> EngineError {
        let failed = FailedTry {
            failure,
            ambiguous: trial.ambiguous,
            interrupted: kit.interrupted,
            attempts: trial.attempts,
        };
        let health = lifecycle::after(&entry.face().health, TokenEvent::Failed(&failed), self.clock.wall());
        let unknown_fate = trial.ambiguous && failure.kind.verdict() == Verdict::Wait;
        self.save_failure(entry, kit, failure, &health, unknown_fate).await;
        {
            let mut face = entry.face_mut();
            face.ambiguous = unknown_fate;
            face.health = health;
            if failure.kind.verdict() == Verdict::Reconnect {
                face.living = None;
            }
        }
        if failure.kind.verdict() != Verdict::Wait {
            self.forget_interruption(entry);
        }
        let reason = self.counted_failure(entry, failure);
        self.store.audit(self.own_entry("refresh.failed", Some(&entry.id), Err(reason.as_str())));
        tracing::warn!(
            account = %entry.id, reason = %reason, status = failure.http_status, attempts = trial.attempts,
            provider_error = failure.provider_error.as_deref(), "renewal failed"
        );
        after_trying(trial.addresses, self.refusal(entry, reason, Some(failure)))
    }

    /// Saves the health; the intent is cleared only when the refresh token's fate is known.
    async fn save_failure(
        &self,
        entry: &Entry,
        kit: &Kit,
        failure: &Failure,
        health: &Health,
        unknown_fate: bool,
    ) {
        // E-63: an answer without an access token may still have replaced the refresh token.
        let salvaged = failure
            .salvage
            .clone()
            .map(|refresh| Tokens { refresh: Some(refresh), ..kit.ground.tokens.clone() });
        let (id, health, granted) = (entry.id.clone(), health.clone(), kit.ground.account.granted.clone());
        let saved = self
            .store
            .run(move |vault| match (unknown_fate, salvaged) {
                // An answer that helped nobody is cleared; the intent stays, so that a start finds it.
                (true, None) => {
                    vault.finish_renewal(&id, None, &health, &granted)?;
                    vault.begin_renewal(&id)
                }
                (_, tokens) => vault.finish_renewal(&id, tokens.as_ref(), &health, &granted),
            })
            .await;
        if let Err(error) = saved {
            tracing::error!(account = %entry.id, %error, "the end of a renewal could not be saved");
        }
    }

    /// The tokens are not used, but a new refresh token has taken the old one's place and must not be lost.
    async fn keep_refused_identity(
        &self,
        entry: &Arc<Entry>,
        kit: &Kit,
        good: Good,
        failure: &Failure,
        trial: &Trial,
    ) -> EngineError {
        let failure =
            Failure { salvage: good.set.refresh, kind: FailureKind::IdTokenInvalid, ..failure.clone() };
        self.keep_failure(entry, kit, &failure, trial).await
    }

    /// The error for a reason: whose move it is, in the account's own sentence.
    pub(crate) fn refusal(&self, entry: &Entry, reason: Reason, failure: Option<&Failure>) -> EngineError {
        let (account, failure) = (entry.id.clone(), failure.cloned().map(Box::new));
        let detail = self.sentence(entry, reason);
        match lifecycle::class(reason) {
            lifecycle::Class::Reconnect | lifecycle::Class::Permissions => {
                EngineError::ReconnectRequired { detail, account, reason, failure }
            }
            lifecycle::Class::FixProvider => EngineError::ProviderMisconfigured {
                detail,
                account: Some(account),
                reason: Some(reason),
                failure,
            },
            lifecycle::Class::Key => EngineError::Locked { detail, reason },
            _ => EngineError::TemporarilyUnavailable {
                detail,
                account: Some(account),
                reason,
                retry_after: self.retry_after(entry),
                failure,
            },
        }
    }

    fn sentence(&self, entry: &Entry, reason: Reason) -> String {
        let selector = self.book.name_of(entry);
        let face = entry.face();
        let status = match lifecycle::class(reason) {
            lifecycle::Class::Reconnect => bowline_base::Status::NeedsReconnect,
            lifecycle::Class::Permissions => bowline_base::Status::InsufficientPermissions,
            lifecycle::Class::FixProvider => bowline_base::Status::Misconfigured,
            lifecycle::Class::Key => bowline_base::Status::Locked,
            _ => bowline_base::Status::Unavailable,
        };
        words::message(
            lifecycle::Standing { status, reason: Some(reason), action: status.action() },
            About {
                provider: &face.known.name,
                selector: &selector,
                access_expires_at: face.health.access_expires_at,
                grant_expires_at: face.health.grant_expires_at,
                refreshable: face.health.refreshable,
                missing: "",
            },
        )
    }

    fn retry_after(&self, entry: &Entry) -> Duration {
        let (face, now) = (entry.face(), self.clock.wall());
        let pause = face.not_before.or(face.next_refresh).map(|at| at.since(now)).unwrap_or_default();
        pause.max(Duration::from_secs(1))
    }

    fn forget_interruption(&self, entry: &Entry) {
        self.interrupted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&entry.id);
    }
}

/// Names the number of addresses where there was more than one (F-10).
fn after_trying(addresses: usize, error: EngineError) -> EngineError {
    match error {
        EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure }
            if addresses > 1 =>
        {
            let detail = format!("{detail} It tried {addresses} addresses.");
            EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure }
        }
        other => other,
    }
}

/// An access token ready to be served.
pub(crate) fn living(tokens: &Tokens, health: &Health, granted: &ScopeSet) -> Living {
    Living {
        access: tokens.access.clone(),
        token_type: tokens.token_type.clone(),
        expires_at: health.access_expires_at,
        scopes: granted.clone(),
        written: std::sync::OnceLock::new(),
    }
}

/// When the access token ends: as the provider says, else as its file says, else never.
pub(crate) fn access_end(set: &TokenSet, provider: &Provider, came_at: Wall) -> Option<Wall> {
    set.expires_in.or(provider.lifetimes.access_token).map(|life| came_at + life)
}

/// When the grant ends: as the provider says; else as its file says, counted from the newest refresh token.
pub(crate) fn grant_end(set: &TokenSet, provider: &Provider, came_at: Wall, fresh: bool) -> Option<Wall> {
    let by_file = provider.lifetimes.grant.filter(|_| fresh);
    set.grant_expires_in.or(by_file).map(|life| came_at + life)
}
