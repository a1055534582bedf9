//! Emergency keys: a static key of the person's own that stands in while an account's provider is down.
//!
//! None is served before the person said yes to it (`emergency/question.rs`, `emergency/answer.rs`), and each ends by itself, at the earlier of
//! two times: the time of day that was named, and so much time elapsed. So a clock that is set back lengthens nothing.
//! After a restart only the time of day is left, and a clock that shows less than the hour of the yes ends the key. One
//! that is over is out of memory at once, and scrubbed from the disk. When it is read is decided in
//! [`crate::standing_in`]; how it goes, in `emergency/end.rs`.

mod answer;
mod end;
mod question;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, Clock, Instant, RequestId, ScopeSet, Secret, Wall};
use bowline_vault::{Emergency, VaultError};

pub(crate) use end::End;
pub use question::{EmergencyQuestion, EmergencyWish};

use crate::Caller;
use crate::book::{Entry, Living};
use crate::engine::Engine;
use crate::limit::Budget;
use crate::notice::Kind;
use crate::serve::{Served, Source, Wanted};

/// No setting makes a key last longer (contract §3).
pub const LONGEST: Duration = Duration::from_secs(30 * 60);

/// All keys that are in force, and the open questions about others.
pub(crate) struct Emergencies {
    open: Mutex<HashMap<RequestId, Arc<EmergencyQuestion>>>,
    keys: Mutex<HashMap<AccountId, Key>>,
    asked: Budget<AccountId>,
}

impl Default for Emergencies {
    fn default() -> Self {
        let asked = Budget::per(Duration::from_secs(3600));
        Self { open: Mutex::default(), keys: Mutex::default(), asked }
    }
}

/// A key that the person said yes to.
struct Key {
    /// Tells it from a later one for the same account.
    id: RequestId,
    /// The key itself; not there while the vault is locked.
    living: Option<Arc<Living>>,
    approved_at: Wall,
    ends_at: Wall,
    /// The same end by time elapsed, which nobody can set.
    deadline: Instant,
}

impl Key {
    fn left(&self, clock: &dyn Clock) -> Duration {
        self.deadline.since(clock.instant()).min(self.ends_at.since(clock.wall()))
    }
}

impl Emergencies {
    fn keys(&self) -> MutexGuard<'_, HashMap<AccountId, Key>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the key in force for this account ends.
    pub(crate) fn ends_at(&self, account: &AccountId, clock: &dyn Clock) -> Option<Wall> {
        self.keys().get(account).filter(|key| !key.left(clock).is_zero()).map(|key| key.ends_at)
    }

    /// The vault is locked: keys leave memory, and their time runs on.
    pub(crate) fn lock(&self) {
        self.keys().values_mut().for_each(|key| key.living = None);
    }

    /// How long this very key still has.
    fn left(&self, account: &AccountId, id: &RequestId, clock: &dyn Clock) -> Option<Duration> {
        self.keys().get(account).filter(|key| key.id == *id).map(|key| key.left(clock))
    }

    /// Puts a key in force. True when it took another one's place.
    fn begin(&self, id: RequestId, kept: &Emergency, clock: &dyn Clock) -> bool {
        let left = kept.ends_at.since(clock.wall()).min(LONGEST);
        let key = Key {
            id,
            living: Some(living(&kept.secret, kept.ends_at)),
            approved_at: kept.approved_at,
            ends_at: kept.ends_at,
            deadline: clock.instant() + left,
        };
        self.keys().insert(kept.account.clone(), key).is_some()
    }
}

fn living(secret: &Secret, ends_at: Wall) -> Arc<Living> {
    Arc::new(Living {
        access: secret.clone(),
        token_type: "Bearer".to_owned(),
        expires_at: Some(ends_at),
        // Nobody but the provider knows what the key may do.
        scopes: ScopeSet::default(),
        written: OnceLock::new(),
    })
}

impl Engine {
    /// The emergency key, where one is in force and this caller may have all that it can do.
    pub(crate) fn by_emergency(&self, caller: &Caller, entry: &Entry, wanted: &Wanted) -> Option<Served> {
        self.has_right(caller, entry, wanted).ok()?;
        self.require_open().and_then(|()| self.require_resumed(entry)).ok()?;
        let now = self.clock.wall();
        if caller.as_app().is_some_and(|app| !app.has_all_of(&entry.id, now)) {
            return None;
        }
        let living = {
            let keys = self.emergencies.keys();
            let key = keys.get(&entry.id)?;
            let left = key.left(&*self.clock);
            let lasts = !left.is_zero() && left >= wanted.min_ttl.unwrap_or_default();
            key.living.clone().filter(|_| lasts)?
        };
        let face = entry.face();
        Some(Served {
            living,
            account: entry.id.clone(),
            provider: face.account.provider.clone(),
            known: Arc::clone(&face.known),
            source: Source::Emergency,
            now,
        })
    }

    /// Tells the person that a key is in force, and has it end in time.
    fn announce(self: &Arc<Self>, entry: &Arc<Entry>, id: RequestId, reason: String) {
        let (account, name) = (entry.id.clone(), self.book.name_of(entry).into());
        if let Some(left) = self.emergencies.left(&account, &id, &*self.clock) {
            let kind = Kind::EmergencyOn { account: account.clone(), name, reason, lasts: left };
            // Also where the person wants to hear nothing: whatever asks for this account is handed another key.
            self.say_regardless(notice_key(&account), kind);
            tokio::spawn(Arc::clone(self).end_in_time(account, id));
        }
        self.changed(entry);
    }

    /// Waits for a key's end, by either clock.
    async fn end_in_time(self: Arc<Self>, account: AccountId, id: RequestId) {
        loop {
            let set = self.clock.wall_set();
            match self.emergencies.left(&account, &id, &*self.clock) {
                None => return,
                Some(left) if left.is_zero() => break,
                Some(left) => tokio::select! { () = self.clock.sleep(left) => {}, () = set => {} },
            }
        }
        self.emergency_over(&account, End::Time);
    }

    /// Takes up what was in force before a restart or a lock, and ends what is over.
    pub(crate) async fn load_emergencies(self: &Arc<Self>) {
        let ids = self.store.run(|vault| vault.emergencies()).await.unwrap_or_default();
        for id in ids {
            let account = id.clone();
            match self.store.run(move |vault| vault.emergency(&account)).await {
                Ok(Some(kept)) => self.take_up(kept),
                Ok(None) => {}
                Err(VaultError::Corrupted { .. }) => self.forget_kept(&id, End::Damaged),
                Err(error) => tracing::warn!(account = %id, %error, "an emergency key could not be read"),
            }
        }
    }

    fn take_up(self: &Arc<Self>, kept: Emergency) {
        if let Some(key) = self.emergencies.keys().get_mut(&kept.account) {
            key.living = Some(living(&kept.secret, key.ends_at));
            return;
        }
        let now = self.clock.wall();
        let Some(entry) =
            self.book.by_id(&kept.account).filter(|_| kept.approved_at <= now && now < kept.ends_at)
        else {
            let end = if now < kept.approved_at { End::ClockSet } else { End::Time };
            return self.forget_kept(&kept.account, end);
        };
        let id = RequestId::random(&*self.random);
        self.emergencies.begin(id.clone(), &kept, &*self.clock);
        self.announce(&entry, id, kept.reason);
    }
}

/// The key of the notice that says so.
fn notice_key(account: &AccountId) -> String {
    format!("emergency {account}")
}

#[cfg(test)]
mod tests;
