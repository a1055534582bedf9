//! What stands in for an account while its provider is down: the account that the owner named for that, else an
//! emergency key.
//!
//! OAuth goes first, always: only a read that found no valid token for a cause that passes gets here, so that a read of a
//! living token pays nothing for it. The order is OAuth, fallback, emergency (F-36), one step and no chain, and whoever
//! asks needs the right for what it is handed. Every use is in the audit trail; who watches hears when a stand-in begins
//! and when it ends. The key itself is in [`crate::emergency`].

mod kept;

use std::sync::Arc;

use bowline_base::{AccountId, Reason, Status};
use bowline_vault::audit::AuditEntry;

pub(crate) use kept::StandIns;

use crate::book::Entry;
use crate::engine::{Engine, Sight};
use crate::event::Event;
use crate::lifecycle::Standing;
use crate::serve::{Served, Source, Wanted};
use crate::{Caller, EngineError};

/// What stands in at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// Another account.
    Account(AccountId),
    /// An emergency key.
    Emergency,
}

impl StandIn {
    /// As the account's JSON has it: the other account's id, or the word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Emergency => Source::Emergency.as_str(),
        }
    }
}

impl Engine {
    /// Names the account that stands in for this one while it is unavailable, or takes the name back.
    ///
    /// # Errors
    /// As [`Engine::may_name_fallback`]; [`EngineError::Storage`], and then nothing has changed.
    pub async fn name_fallback(
        self: &Arc<Self>,
        caller: &Caller,
        selector: &str,
        other: Option<&str>,
    ) -> Result<Sight, EngineError> {
        let entry = self.book.select(selector)?;
        let other = self.may_name_fallback(selector, other)?;
        if self.stand_ins.named(&entry.id) == other {
            return Ok(self.sight(&entry));
        }
        let (id, named) = (entry.id.clone(), other.clone());
        self.store.run(move |vault| vault.save_fallback(&id, named.as_ref())).await?;
        let code = other.as_ref().map_or("none".into(), |id| id.to_string().into());
        self.stand_ins.name(&entry.id, other);
        // Whatever stood in until now was another choice.
        self.stand_ins.rest(&entry.id);
        let changed = self.entry_of(caller, "account.fallback", Some(&entry.id), Ok(()));
        self.store.audit(AuditEntry { code: Some(code), ..changed });
        self.changed(&entry);
        Ok(self.sight(&entry))
    }

    /// Whether that account may be named to stand in; gives its id.
    ///
    /// # Errors
    /// As any look-up of an account; [`EngineError::InvalidRequest`] for the account itself, and for one that the
    /// account stands in for already.
    pub fn may_name_fallback(
        &self,
        selector: &str,
        other: Option<&str>,
    ) -> Result<Option<AccountId>, EngineError> {
        let entry = self.book.select(selector)?;
        let Some(other) = other else { return Ok(None) };
        let other = self.book.select(other)?;
        let name = self.book.name_of(&entry);
        if other.id == entry.id {
            let detail = format!("{name} cannot stand in for itself: name another account");
            return Err(EngineError::invalid(detail));
        }
        if self.stand_ins.chain(&other.id).contains(&entry.id) {
            let stands_in = self.book.name_of(&other);
            let detail = format!(
                "{stands_in} already counts on {name}, and two accounts cannot stand in for each other: name a third"
            );
            return Err(EngineError::invalid(detail));
        }
        Ok(Some(other.id.clone()))
    }

    /// Whether a read that ended so may be answered by what stands in: there is no valid token, and it passes.
    pub(crate) fn may_stand_in(&self, entry: &Entry, error: &EngineError) -> bool {
        matches!(error, EngineError::TemporarilyUnavailable { .. } | EngineError::Storage { .. })
            && self.standing(entry).status == Status::Unavailable
    }

    /// A read that OAuth did not answer: by the fallback, by an emergency key, or by what the person can do.
    pub(crate) async fn stand_in(
        self: &Arc<Self>,
        caller: &Caller,
        entry: &Arc<Entry>,
        wanted: &Wanted,
        error: EngineError,
    ) -> Result<Served, EngineError> {
        let served = match self.by_fallback(caller, entry, wanted).await {
            Some(served) => Some(served),
            None => self.by_emergency(caller, entry, wanted),
        };
        match served {
            Some(served) => {
                self.stood_in(caller, entry, &served);
                Ok(served)
            }
            None => {
                if self.stand_ins.fails(&entry.id, self.stand_ins.named(&entry.id).is_some()) {
                    self.tell_standing(entry);
                }
                Err(self.by_hand(entry, error))
            }
        }
    }

    /// The token of the account that was named, for a caller that may read that one, too.
    async fn by_fallback(
        self: &Arc<Self>,
        caller: &Caller,
        entry: &Entry,
        wanted: &Wanted,
    ) -> Option<Served> {
        let other = self.book.by_id(&self.stand_ins.named(&entry.id)?)?;
        self.has_right(caller, &other, wanted).ok()?;
        other.was_asked(self.clock.wall());
        let served = self.valid_token(caller, &other, wanted).await.ok()?;
        Some(Served { source: Source::Fallback, ..served })
    }

    /// What stands in for an account that fares so.
    pub(crate) fn standing_in(&self, entry: &Entry, standing: Standing, has_key: bool) -> Option<StandIn> {
        if standing.status != Status::Unavailable {
            return None;
        }
        self.stand_ins.present(&entry.id).or(has_key.then_some(StandIn::Emergency))
    }

    /// What the person calls it; an emergency key has no name.
    pub(crate) fn name_of_stand_in(&self, by: &StandIn) -> Option<String> {
        match by {
            StandIn::Account(id) => Some(self.name_of(id)),
            StandIn::Emergency => None,
        }
    }

    /// Every use of a stand-in goes through here, and is recorded.
    fn stood_in(&self, caller: &Caller, entry: &Entry, served: &Served) {
        let (event, code, by) = match served.source {
            Source::OAuth => return,
            Source::Fallback => {
                let other = served.account.clone();
                ("fallback.used", Some(other.to_string().into()), StandIn::Account(other))
            }
            Source::Emergency => ("emergency.used", None, StandIn::Emergency),
        };
        let used = self.entry_of(caller, event, Some(&entry.id), Ok(()));
        self.store.audit(AuditEntry { code, ..used });
        if self.stand_ins.begins(&entry.id, by) {
            self.tell_standing(entry);
        }
    }

    /// What stands in is another one now, or nothing.
    fn tell_standing(&self, entry: &Entry) {
        let status = self.standing(entry).status;
        if status != Status::Unavailable {
            // It became well in this very moment.
            self.stand_ins.rest(&entry.id);
        }
        self.events.tell(Event::AccountStatus { account: entry.id.clone(), status });
    }

    /// The person's own key does not work either: another one may.
    pub(crate) fn key_refused(&self, entry: &Entry) -> EngineError {
        let trouble = entry.face().health.trouble.as_ref().map(|t| t.reason);
        self.by_hand(entry, self.refusal(entry, trouble.unwrap_or(Reason::ProviderUnreachable), None))
    }

    /// All ways failed: what the person can do by hand (F-35).
    fn by_hand(&self, entry: &Entry, error: EngineError) -> EngineError {
        let EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure } = error
        else {
            return error;
        };
        let name = self.book.name_of(entry);
        let detail = format!("{detail} If that is too long: `bowline emergency {name}`.");
        EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure }
    }
}
