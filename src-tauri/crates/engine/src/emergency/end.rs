//! How an emergency key ends: by time, because the provider answers again, because somebody says so, or with its account.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, Wall};
use bowline_vault::audit::AuditEntry;

use super::{living, notice_key};
use crate::book::Entry;
use crate::engine::Engine;
use crate::programs::Asked;
use crate::{Caller, EngineError};

/// Why a key, or the question about one, is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Its time is up.
    Time,
    /// The provider gave a token again.
    Healed,
    /// The clock shows less than when the person said yes.
    ClockSet,
    /// What is kept of it cannot be opened.
    Damaged,
    /// The person paused the account.
    Paused,
    /// The account is disconnected.
    Removed,
    /// Another one took its place.
    Replaced,
    /// The person said no to it.
    Denied,
    /// Nobody answered in time, which is a no.
    TimedOut,
    /// The disk refused to keep it.
    NotKept,
    /// The owner ended it.
    Owner,
}

impl End {
    /// The word in the audit trail.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time_over",
            Self::Healed => "oauth_works",
            Self::ClockSet => "clock_set_back",
            Self::Damaged => "damaged",
            Self::Paused => "paused",
            Self::Removed => "removed",
            Self::Replaced => "replaced",
            Self::Denied => "denied",
            Self::TimedOut => "timed_out",
            Self::NotKept => "storage_error",
            Self::Owner => "owner",
        }
    }
}

impl Engine {
    /// Ends the key that is in force for an account, and the open question about one. Gives whether there was any.
    ///
    /// # Errors
    /// As any look-up of an account; [`EngineError::Storage`] where the key is served no more, but could not be taken off
    /// the disk.
    pub async fn end_emergency(
        self: &Arc<Self>,
        caller: &Caller,
        selector: &str,
    ) -> Result<bool, EngineError> {
        let entry = self.book.select(selector)?;
        let asked = self.withdraw_question(&entry.id, Asked::Denied);
        let id = entry.id.clone();
        let was_in_force = self.out_of_memory(&id);
        let was_kept = self.store.run(move |vault| vault.end_emergency(&id)).await?;
        if asked || was_in_force || was_kept {
            let ended = self.entry_of(caller, "emergency.ended", Some(&entry.id), Ok(()));
            self.audit_now(AuditEntry { code: Some(End::Owner.as_str().into()), ..ended }).await?;
            self.changed(&entry);
        }
        Ok(asked || was_in_force || was_kept)
    }

    /// Ends the key of an account by itself, if one is in force.
    pub(crate) fn emergency_over(&self, account: &AccountId, end: End) {
        if !self.out_of_memory(account) {
            return;
        }
        self.forget_kept(account, end);
        if let Some(entry) = self.book.by_id(account) {
            self.changed(&entry);
        }
    }

    /// The account is paused or goes: nothing stands in for it, and nobody is asked any more.
    pub(crate) fn no_emergency(&self, account: &AccountId, end: End) {
        if self.withdraw_question(account, Asked::Denied) {
            self.record_end(account, end);
        }
        self.emergency_over(account, end);
    }

    /// The provider gave a token that lives: the account's own way goes first again (F-34).
    pub(crate) fn oauth_works_again(&self, entry: &Entry) {
        self.emergency_over(&entry.id, End::Healed);
    }

    /// The clock was set back: ends move back with it, so that a restart lengthens nothing either.
    pub(crate) fn move_emergencies_back(&self, by: Duration) {
        let mut keys = self.emergencies.keys();
        for (account, key) in keys.iter_mut() {
            (key.approved_at, key.ends_at) = (key.approved_at - by, key.ends_at - by);
            key.living = key.living.take().map(|before| living(&before.access, key.ends_at));
            self.save_times(account, key.approved_at, key.ends_at);
        }
    }

    fn save_times(&self, account: &AccountId, approved_at: Wall, ends_at: Wall) {
        let id = account.clone();
        self.store.later(move |vault| {
            if let Err(error) = vault.move_emergency(&id, approved_at, ends_at) {
                tracing::warn!(account = %id, %error, "an emergency key's times could not be moved");
            }
        });
    }

    /// From this moment on it is served to nobody.
    fn out_of_memory(&self, account: &AccountId) -> bool {
        let was_there = self.emergencies.keys().remove(account).is_some();
        if was_there {
            self.take_back(&notice_key(account));
            if self.stand_ins.present(account) == Some(crate::standing_in::StandIn::Emergency) {
                self.stand_ins.rest(account);
            }
        }
        was_there
    }

    /// Scrubs what is kept of a key, unless another one has taken its place on disk meanwhile.
    pub(super) fn forget_kept(&self, account: &AccountId, end: End) {
        let (id, emergencies) = (account.clone(), Arc::clone(&self.emergencies));
        self.store.later(move |vault| {
            if emergencies.keys.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id) {
                return;
            }
            if let Err(error) = vault.end_emergency(&id) {
                tracing::error!(account = %id, %error, "an emergency key that is over is still on disk, sealed");
            }
        });
        self.record_end(account, end);
    }

    pub(super) fn record_end(&self, account: &AccountId, end: End) {
        let ended = self.own_entry("emergency.ended", Some(account), Ok(()));
        self.store.audit(AuditEntry { code: Some(end.as_str().into()), ..ended });
    }
}
