//! The agent's end while the disk refuses: what is held in memory alone is saved as long as there is time, and what
//! cannot be saved is told.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::AccountId;

use super::keep::Harvest;
use crate::book::Entry;
use crate::engine::Engine;

/// How often saving is tried while the agent ends.
const AGAIN: Duration = Duration::from_millis(250);

/// However long the renewals under way took to end, saving is tried for so long.
const AT_LEAST: Duration = Duration::from_millis(250);

impl Engine {
    /// Saves what the disk refused before, for as long as `patience` lasts. An answer that is in the journal is safe,
    /// because the next start takes it up. Gives the names of the accounts whose answer is lost with the agent.
    pub(crate) async fn save_last_answers(self: &Arc<Self>, patience: Duration) -> Vec<String> {
        let safe = Mutex::default();
        let saving = self.save_until_safe(&safe);
        tokio::select! { () = saving => {}, () = self.clock.sleep(patience.max(AT_LEAST)) => {} }
        let safe = safe.into_inner().unwrap_or_else(PoisonError::into_inner);
        let lost: Vec<String> = self
            .held_answers()
            .filter(|(entry, _)| !safe.contains(&entry.id))
            .map(|(entry, _)| self.book.name_of(&entry))
            .collect();
        for name in &lost {
            tracing::error!(
                account = name,
                "a renewed token could be written nowhere and is lost: reconnect this account"
            );
        }
        lost
    }

    async fn save_until_safe(self: &Arc<Self>, safe: &Mutex<HashSet<AccountId>>) {
        while !self.save_each(safe).await {
            self.clock.sleep(AGAIN).await;
        }
    }

    /// Tries each once. True when none is in memory alone any more.
    async fn save_each(self: &Arc<Self>, safe: &Mutex<HashSet<AccountId>>) -> bool {
        let mut all_safe = true;
        for (entry, held) in self.held_answers() {
            let (id, mark) = (entry.id.clone(), held.mark);
            if self.save_held(&entry, &held).await.is_ok() {
                continue;
            }
            if self.store.run(move |vault| vault.keeps_answer(&id, mark)).await.unwrap_or(false) {
                safe.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.id.clone());
            } else {
                all_safe &= entry.face().held.is_none();
            }
        }
        all_safe
    }

    fn held_answers(&self) -> impl Iterator<Item = (Arc<Entry>, Arc<Harvest>)> + use<> {
        self.book.all().into_iter().filter_map(|entry| {
            let held = entry.face().held.clone()?;
            Some((entry, held))
        })
    }
}
