//! What is done with renewals that were cut off: an answer that reached the journal is taken up as if it had just
//! come; where none did, the old refresh token is tried once more, and what the provider then says tells whether
//! the lost answer had taken its place. Where that was cut off too, the provider is left alone for a while, longer each
//! time: whatever ends the agent in the middle of renewals must not have a refresh token sent at each of its starts.

use std::sync::{Arc, PoisonError};

use bowline_oauth::token::{self, Answer};
use bowline_oauth::{Failure, FailureKind};
use bowline_vault::journal::{Interrupted, Mark};

use super::Ground;
use super::ask::{Good, Trial, may_be_lost};
use crate::EngineError;
use crate::book::Entry;
use crate::engine::Engine;
use crate::lifecycle::{FailedTry, TokenEvent};
use crate::schedule::back_off;

/// What became of a renewal that was cut off.
enum Settled {
    /// Its answer was taken up, for good or ill.
    Done,
    /// It has to be tried again.
    Again,
    /// Its answer can be read, but not yet: its provider is not known at present. It stays in the journal.
    NotYet,
}

impl Engine {
    /// Called once the key is there, and before anybody may renew. Gives the accounts that are to be renewed at once.
    pub(crate) async fn resume_interrupted(self: &Arc<Self>) -> Vec<Arc<Entry>> {
        let found = self.store.run(|vault| vault.interrupted()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the renewal journal cannot be read");
            Vec::new()
        });
        let mut again = Vec::new();
        for interrupted in found {
            let Some(entry) = self.book.by_id(&interrupted.account) else { continue };
            if !is_in_hand(&entry) && self.resume(&entry, &interrupted).await {
                again.push(entry);
            }
        }
        again
    }

    /// The same for one account, when a new renewal finds an older one's answer in the journal.
    pub(crate) async fn resume_account(self: &Arc<Self>, entry: &Arc<Entry>) {
        let found = self.store.run(|vault| vault.interrupted()).await.unwrap_or_default();
        if let Some(interrupted) = found.iter().find(|i| i.account == entry.id) {
            self.resume(entry, interrupted).await;
        }
    }

    /// True when it is to be renewed at once.
    async fn resume(self: &Arc<Self>, entry: &Arc<Entry>, interrupted: &Interrupted) -> bool {
        tracing::warn!(account = %entry.id, answered = interrupted.answer.is_some(), "a renewal was cut off");
        match self.settle(entry, interrupted).await {
            Settled::Done => self.changed(entry),
            Settled::Again => return self.retry_once(entry, interrupted).await,
            Settled::NotYet => tracing::warn!(account = %entry.id, "its answer has to wait for its provider"),
        }
        false
    }

    async fn settle(self: &Arc<Self>, entry: &Arc<Entry>, interrupted: &Interrupted) -> Settled {
        let Some(answer) = interrupted.answer.as_ref().and_then(Answer::from_journal) else {
            return Settled::Again;
        };
        let Ok(ground) = self.stored_ground(entry, interrupted.mark).await else { return Settled::NotYet };
        match token::read(&answer, &ground.provider, interrupted.begun_at) {
            // It came from the provider over TLS; an id token in it is checked at the next renewal.
            Ok(set) => {
                let good = Good { set, answer };
                let harvest = self.harvest(entry, &ground, &good, 1, interrupted.begun_at);
                match self.save(entry, &harvest).await {
                    Ok(living) => drop(self.tell_renewed(entry, living)),
                    Err(_) => return Settled::NotYet,
                }
                Settled::Done
            }
            Err(failure) => {
                let trial = Trial { attempts: 1, ..Trial::new(may_be_lost(&failure)) };
                let cut_off = Some(interrupted.retried).filter(|times| *times > 0);
                // Whatever it says, and a new refresh token in it, is on record now; nobody waits for it.
                drop(self.keep_failure(entry, &ground, cut_off, &failure, &trial).await);
                Settled::Done
            }
        }
    }

    /// The old refresh token is tried once more: at once if it was not before, else later.
    async fn retry_once(self: &Arc<Self>, entry: &Arc<Entry>, interrupted: &Interrupted) -> bool {
        let (id, granted) = (entry.id.clone(), entry.face().account.granted.clone());
        let (health, mark) = (entry.face().health.clone(), interrupted.mark);
        let times = interrupted.retried.saturating_add(1);
        let marked =
            self.store.run(move |vault| vault.renewal_goes_on(&id, mark, times, &health, &granted)).await;
        if let Err(error) = marked {
            tracing::error!(account = %entry.id, %error, "a cut-off renewal could not be marked");
            return false;
        }
        self.interrupted.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.id.clone(), times);
        if interrupted.retried > 0 {
            self.rest(entry, interrupted.retried).await;
        }
        interrupted.retried == 0
    }

    /// Nobody asks the provider for a while, as after so many tries that failed.
    async fn rest(&self, entry: &Arc<Entry>, failures: u32) {
        tracing::warn!(account = %entry.id, failures, "its renewal was cut off again; the next try waits");
        let failure = Failure::new(FailureKind::TimedOut);
        let failed = FailedTry { failure: &failure, ambiguous: true, interrupted: true, attempts: 1 };
        self.note(entry, TokenEvent::Failed(&failed)).await;
        {
            let mut face = entry.face_mut();
            face.ambiguous = true;
            face.failures = face.failures.max(failures);
            face.not_before =
                Some(self.clock.wall() + back_off(face.failures, &self.policy(), &*self.random));
        }
        self.changed(entry);
    }

    async fn stored_ground(self: &Arc<Self>, entry: &Arc<Entry>, mark: Mark) -> Result<Ground, EngineError> {
        let account = entry.face().account.clone();
        let provider = self.providers.of(&account)?;
        let tokens = self.stored_tokens(entry).await?;
        let refresh = tokens.refresh.clone().ok_or_else(|| self.cannot_renew(entry))?;
        Ok(Ground { account, provider, tokens, refresh, mark })
    }
}

/// True while a renewal of this run is under way, or holds an answer that it will save itself.
fn is_in_hand(entry: &Entry) -> bool {
    entry.face().held.is_some() || entry.flight.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}
