//! What is done with the end of a try: saved and synced before anybody hears of it (promise 1).
//!
//! What is on disk and what is in memory change in one step, on the vault's thread, so that however renewals,
//! connections and disconnections meet, both always tell of the same answer (E-39).

use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use bowline_base::{Basis, Health, ScopeSet, Wall};
use bowline_oauth::token::TokenSet;
use bowline_oauth::{Failure, FailureKind, Provider, Verdict};
use bowline_vault::tokens::Tokens;
use bowline_vault::{Mark, VaultError};

use super::ask::{Good, Trial};
use super::{Ground, Kit, Landing};
use crate::EngineError;
use crate::book::{Entry, Living};
use crate::engine::Engine;
use crate::event::Event;
use crate::history;
use crate::lifecycle::{self, FailedTry, Renewed, TokenEvent};
use crate::notice::Kind;

/// How often saving is tried again while the disk refuses (contract §3, `storage_error`).
const SAVE_AGAIN: Duration = Duration::from_secs(5);
/// A grant's end that moves by less is the same end.
const SAME_END: Duration = Duration::from_secs(60);

/// All that one answer changes about an account, saved together.
#[derive(Clone)]
pub(crate) struct Harvest {
    pub(crate) mark: Mark,
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
            // The tokens are not used, but a new refresh token has taken the old one's place.
            let failure = Failure { salvage: good.set.refresh, ..failure };
            return self.keep_failure(entry, &kit.ground, kit.interrupted, &failure, trial).await;
        }
        let harvest = self.harvest(entry, &kit.ground, &good, trial.attempts, self.clock.wall());
        match self.save(entry, &harvest).await {
            Ok(living) => Ok(self.tell_renewed(entry, living)),
            Err(VaultError::RenewalSuperseded { .. }) => {
                self.count_overtaken(entry, &kit.ground.account);
                self.open_token(entry).await
            }
            Err(VaultError::UnknownAccount { .. }) => Err(gone()),
            Err(error) => {
                let error = EngineError::from(error);
                self.hold(entry, harvest, &error);
                Err(error)
            }
        }
    }

    /// A renewed id token must be about the same person (OpenID Connect Core §12.2). Good tokens are kept when only
    /// the issuer's keys could not be had.
    async fn check_identity(&self, kit: &Kit, set: &TokenSet) -> Result<(), Failure> {
        let Some(id_token) = &set.id_token else { return Ok(()) };
        let Ground { account, provider, tokens, .. } = &kit.ground;
        let (client, before) = (&kit.client.id, tokens.id_token.as_ref());
        let checked = self
            .identifier
            .check_renewed(provider, &kit.server, client, id_token, &account.subject, before)
            .await?;
        if let Some(failure) = checked {
            tracing::warn!(account = %account.id, kind = %failure.kind, "an id token's signature could not be checked");
        }
        Ok(())
    }

    /// Works out what an answer means for the account.
    pub(crate) fn harvest(
        &self,
        entry: &Entry,
        ground: &Ground,
        good: &Good,
        attempts: u32,
        came_at: Wall,
    ) -> Harvest {
        let set = &good.set;
        let rotated = set.refresh.as_ref().is_some_and(|new| *new != ground.refresh);
        let ends = grant_end(set, &ground.provider, came_at, rotated);
        let renewed = Renewed {
            access_expires_at: access_end(set, &ground.provider, came_at),
            grant_expires_at: ends.map(|(at, _)| at),
            grant_basis: ends.map(|(_, basis)| basis),
            refreshable: true,
            http_status: good.answer.status,
            attempts,
        };
        Harvest {
            mark: ground.mark,
            tokens: Tokens {
                access: set.access.clone(),
                token_type: set.token_type.clone(),
                refresh: Some(set.refresh.clone().unwrap_or_else(|| ground.refresh.clone())),
                id_token: set.id_token.clone().or_else(|| ground.tokens.id_token.clone()),
            },
            health: lifecycle::after(&entry.face().health, TokenEvent::Renewed(&renewed), came_at),
            granted: set.granted.clone().unwrap_or_else(|| ground.account.granted.clone()),
            rotated,
        }
    }

    /// Saves an answer's tokens, and takes them up in memory in the same step.
    pub(crate) async fn save(
        &self,
        entry: &Arc<Entry>,
        harvest: &Harvest,
    ) -> Result<Arc<Living>, VaultError> {
        let (entry, harvest) = (Arc::clone(entry), harvest.clone());
        self.store
            .run(move |vault| {
                let Harvest { mark, tokens, health, granted, .. } = &harvest;
                vault.finish_renewal(&entry.id, *mark, Some(tokens), health, granted)?;
                Ok(adopt(&entry, &harvest))
            })
            .await
    }

    /// Saved: now the trail and everybody may know.
    pub(crate) fn tell_renewed(&self, entry: &Entry, living: Arc<Living>) -> Arc<Living> {
        self.forget_interruption(entry);
        self.count_life(entry);
        self.store.audit(self.own_entry("refresh.ok", Some(&entry.id), Ok(())));
        self.events.tell(Event::AccountToken { account: entry.id.clone() });
        if living.lasts(Duration::ZERO, self.clock.wall()) {
            self.oauth_works_again(entry);
        }
        tracing::info!(account = %entry.id, "renewed");
        living
    }

    /// The disk refused: the answer stays in memory, is served to nobody, and is saved again and again.
    fn hold(self: &Arc<Self>, entry: &Arc<Entry>, harvest: Harvest, error: &EngineError) {
        tracing::error!(account = %entry.id, %error, "a renewed token cannot be saved; trying again");
        let held = Arc::new(harvest);
        entry.face_mut().held = Some(Arc::clone(&held));
        let name = self.book.name_of(entry).into();
        self.say(storage_notice(entry), Kind::Unsaved { name, detail: error.to_string() });
        let (engine, entry) = (Arc::clone(self), Arc::clone(entry));
        tokio::spawn(async move { engine.save_until_done(&entry, &held).await });
    }

    async fn save_until_done(self: Arc<Self>, entry: &Arc<Entry>, held: &Arc<Harvest>) {
        loop {
            self.clock.sleep(SAVE_AGAIN).await;
            if !is_held(entry, held) {
                break;
            }
            match self.save_held(entry, held).await {
                Err(EngineError::Storage { .. } | EngineError::Locked { .. }) => {}
                _ => break,
            }
        }
        self.take_back(&storage_notice(entry));
        self.changed(entry);
    }

    /// Saves what the disk refused before. It is let go when it is saved, and when there is nothing left to save it
    /// for, because the account was connected anew or is gone.
    pub(super) async fn save_held(self: &Arc<Self>, entry: &Arc<Entry>, held: &Arc<Harvest>) -> Landing {
        let saved = self.save(entry, held).await;
        if let Ok(living) = saved {
            return Ok(self.tell_renewed(entry, living));
        }
        let Err(error @ (VaultError::RenewalSuperseded { .. } | VaultError::UnknownAccount { .. })) = saved
        else {
            return saved.map_err(Into::into);
        };
        if is_held(entry, held) {
            entry.face_mut().held = None;
        }
        match error {
            VaultError::RenewalSuperseded { .. } => self.open_token(entry).await,
            _ => Err(gone()),
        }
    }

    /// A try that brought no tokens. Gives what its waiters hear: the error, or the token of a connection that came
    /// in between.
    pub(crate) async fn keep_failure(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        ground: &Ground,
        interrupted: Option<u32>,
        failure: &Failure,
        trial: &Trial,
    ) -> Landing {
        match self.save_failure(entry, ground, interrupted, failure, trial).await {
            Err(VaultError::RenewalSuperseded { .. }) => {
                self.count_overtaken(entry, &ground.account);
                return self.open_token(entry).await;
            }
            Err(VaultError::UnknownAccount { .. }) => return Err(gone()),
            Err(error) => {
                tracing::error!(account = %entry.id, %error, "the end of a renewal could not be saved");
            }
            Ok(()) => {}
        }
        if failure.kind.verdict() != Verdict::Wait {
            self.forget_interruption(entry);
        }
        if failure.kind == FailureKind::GrantReused && !trial.ambiguous && interrupted.is_none() {
            // Nobody here used it twice, so somebody else has the same refresh token.
            self.figures.conflicted();
        }
        let reason = self.counted_failure(entry, failure);
        self.store.audit(self.own_entry("refresh.failed", Some(&entry.id), Err(reason.as_str())));
        tracing::warn!(
            account = %entry.id, code = %reason, kind = %failure.kind, status = failure.http_status,
            attempts = trial.attempts,
            provider_error = failure.provider_error.as_deref(), "renewal failed"
        );
        Err(super::refusal::after_trying(trial.addresses, self.refusal(entry, reason, Some(failure))))
    }

    /// Saves the health, on disk and in memory; the intent is cleared only when the refresh token's fate is known.
    async fn save_failure(
        &self,
        entry: &Arc<Entry>,
        ground: &Ground,
        interrupted: Option<u32>,
        failure: &Failure,
        trial: &Trial,
    ) -> Result<(), VaultError> {
        let unknown_fate = trial.ambiguous && failure.kind.verdict() == Verdict::Wait;
        let (ambiguous, attempts, now) = (trial.ambiguous, trial.attempts, self.clock.wall());
        let mark = ground.mark;
        // E-63: an answer without an access token may still have replaced the refresh token.
        let salvaged = failure.salvage.clone();
        let tokens = salvaged.map(|refresh| Tokens { refresh: Some(refresh), ..ground.tokens.clone() });
        let (entry, failure, granted) = (Arc::clone(entry), failure.clone(), ground.account.granted.clone());
        let policy = self.policy();
        self.store
            .run(move |vault| {
                let is_interrupted = interrupted.is_some();
                let failed =
                    FailedTry { failure: &failure, ambiguous, interrupted: is_interrupted, attempts };
                let health = lifecycle::after(&entry.face().health, TokenEvent::Failed(&failed), now);
                let saved = if unknown_fate && tokens.is_none() {
                    // The intent stays, so that a start finds it. One that was sent again stays known as such.
                    let times = interrupted.unwrap_or(0);
                    vault.renewal_goes_on(&entry.id, mark, times, &health, &granted).map(drop)
                } else {
                    vault.finish_renewal(&entry.id, mark, tokens.as_ref(), &health, &granted)
                };
                if matches!(saved, Err(VaultError::RenewalSuperseded { .. })) {
                    return saved;
                }
                let ended = {
                    let mut face = entry.face_mut();
                    face.ambiguous = unknown_fate;
                    history::take_up(&mut face, health, &policy, now)
                };
                ended.iter().for_each(|ended| history::keep(vault, ended));
                saved
            })
            .await
    }

    fn forget_interruption(&self, entry: &Entry) {
        self.interrupted.lock().unwrap_or_else(PoisonError::into_inner).remove(&entry.id);
    }
}

/// Takes an answer up in memory. Only on the vault's thread, right after it was saved.
fn adopt(entry: &Entry, harvest: &Harvest) -> Arc<Living> {
    let living = Arc::new(living(&harvest.tokens, &harvest.health, &harvest.granted));
    let mut face = entry.face_mut();
    if let Some(spent) = face.living.clone() {
        face.spent.push(&spent);
    }
    let ends = (face.health.grant_expires_at, harvest.health.grant_expires_at);
    if ends.0 != ends.1 {
        (face.slipped, face.moved_back) = (Duration::ZERO, Duration::ZERO);
    }
    face.slides |= matches!(ends, (Some(before), Some(now)) if now > before + SAME_END);
    face.health = harvest.health.clone();
    face.account.granted = harvest.granted.clone();
    face.living = Some(Arc::clone(&living));
    // A token that was dead on arrival is no success to start counting from again.
    face.failures = if harvest.health.trouble.is_some() { face.failures.saturating_add(1) } else { 0 };
    (face.not_before, face.left_alone) = (None, None);
    face.ambiguous = false;
    face.held = None;
    face.rotates = Some(harvest.rotated);
    living
}

fn is_held(entry: &Entry, held: &Arc<Harvest>) -> bool {
    entry.face().held.as_ref().is_some_and(|now| Arc::ptr_eq(now, held))
}

fn storage_notice(entry: &Entry) -> String {
    format!("storage-{}", entry.id)
}

fn gone() -> EngineError {
    EngineError::AccountNotFound {
        detail: "this account was disconnected meanwhile: see `bowline accounts`".to_owned(),
    }
}

/// An access token ready to be served.
pub(crate) fn living(tokens: &Tokens, health: &Health, granted: &ScopeSet) -> Living {
    Living {
        access: tokens.access.clone(),
        token_type: tokens.token_type.clone(),
        expires_at: health.access_expires_at,
        scopes: granted.clone(),
        written: OnceLock::new(),
    }
}

/// When the access token ends: as the provider says, else as its file says, else never.
pub(crate) fn access_end(set: &TokenSet, provider: &Provider, came_at: Wall) -> Option<Wall> {
    set.expires_in.or(provider.lifetimes.access_token).map(|life| came_at + life)
}

/// When the grant ends: as the provider says; else as its file says, counted from the newest refresh token.
pub(crate) fn grant_end(
    set: &TokenSet,
    provider: &Provider,
    came_at: Wall,
    fresh: bool,
) -> Option<(Wall, Basis)> {
    let stated = set.grant_expires_in.map(|life| (came_at + life, Basis::Stated));
    let by_file = provider.lifetimes.grant.filter(|_| fresh);
    stated.or_else(|| by_file.map(|life| (came_at + life, Basis::Policy)))
}

#[cfg(test)]
mod tests;
