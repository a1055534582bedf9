//! What the person is told unasked: only what needs them, once for an account and cause in 24 hours, and taken
//! back when it is mended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bowline_base::{AccountId, Reason, Status, Wall};

use crate::Policy;
use crate::engine::Sight;
use crate::ports::Notifier;

/// Something to tell the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One notice with the same key takes the place of the other.
    pub key: String,
    /// The first line.
    pub title: String,
    /// What happened, and the move.
    pub body: String,
}

/// What was said, to whom it is said.
pub struct Notices {
    notifier: Arc<dyn Notifier>,
    said: Mutex<HashMap<AccountId, Said>>,
}

struct Said {
    reason: Option<Reason>,
    at: Wall,
    shown: bool,
}

impl Notices {
    /// Notices that go to this notifier.
    pub fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier, said: Mutex::default() }
    }

    /// Looks at an account after a change, and says or takes back what is due.
    pub(crate) fn consider(&self, id: &AccountId, name: &str, sight: &Sight, now: Wall, policy: &Policy) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if sight.standing.status != Status::NeedsReconnect {
            if let Some(before) = said.get_mut(id).filter(|before| before.shown) {
                before.shown = false;
                self.notifier.withdraw(id.as_str());
            }
            return;
        }
        let known = said.get(id);
        if known.is_some_and(|b| b.reason == sight.standing.reason && now.since(b.at) < policy.repeat_after) {
            return;
        }
        if !policy.notify {
            return;
        }
        said.insert(id.clone(), Said { reason: sight.standing.reason, at: now, shown: true });
        drop(said);
        self.notifier.show(&Notice {
            key: id.as_str().to_owned(),
            title: format!("{name} needs you"),
            body: sight.message.clone(),
        });
    }

    /// Says something that is about no account.
    pub(crate) fn say(&self, notice: &Notice, policy: &Policy) {
        if policy.notify {
            self.notifier.show(notice);
        }
    }

    /// Takes a notice back that is mended.
    pub(crate) fn take_back(&self, key: &str) {
        self.notifier.withdraw(key);
    }

    /// Forgets an account that is gone.
    pub(crate) fn forget(&self, id: &AccountId) {
        let before = self.said.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        if before.is_some_and(|b| b.shown) {
            self.notifier.withdraw(id.as_str());
        }
    }
}
