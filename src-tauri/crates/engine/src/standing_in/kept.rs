//! Who was named to stand in for whom, and what does at present, in memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use bowline_base::AccountId;

use super::StandIn;

/// Who stands in for whom, as the owner named it, and as it is at present.
#[derive(Default)]
pub(crate) struct StandIns {
    named: RwLock<HashMap<AccountId, AccountId>>,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    standing_in: HashMap<AccountId, StandIn>,
    /// The named account was asked for, and could not stand in either.
    in_vain: HashSet<AccountId>,
}

impl StandIns {
    /// Takes in what is kept.
    pub(crate) fn fill(&self, named: Vec<(AccountId, AccountId)>) {
        self.named.write().unwrap_or_else(PoisonError::into_inner).extend(named);
    }

    /// The account that was named for this one.
    pub(crate) fn named(&self, account: &AccountId) -> Option<AccountId> {
        self.named.read().unwrap_or_else(PoisonError::into_inner).get(account).cloned()
    }

    pub(super) fn name(&self, account: &AccountId, other: Option<AccountId>) {
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        match other {
            Some(other) => drop(named.insert(account.clone(), other)),
            None => drop(named.remove(account)),
        }
    }

    /// Everybody in turn who would stand in if chains were followed, which they are not.
    pub(super) fn chain(&self, from: &AccountId) -> Vec<AccountId> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let mut chain = vec![from.clone()];
        while let Some(next) =
            chain.last().and_then(|last| named.get(last)).filter(|next| !chain.contains(next))
        {
            chain.push(next.clone());
        }
        chain
    }

    /// An account is gone, as one that stands in and as one that is stood in for. Gives those it was named for.
    pub(crate) fn forget(&self, account: &AccountId) -> Vec<AccountId> {
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        named.remove(account);
        let left: Vec<_> =
            named.iter().filter(|(_, other)| *other == account).map(|(id, _)| id.clone()).collect();
        named.retain(|_, other| other != account);
        drop(named);
        let mut now = self.now();
        left.iter().chain([account]).for_each(|id| {
            now.standing_in.remove(id);
        });
        left
    }

    /// What was last handed out in the place of this account's token.
    pub(crate) fn present(&self, account: &AccountId) -> Option<StandIn> {
        self.now().standing_in.get(account).cloned()
    }

    /// True while an account was named that could not stand in when it was needed.
    pub(crate) fn is_in_vain(&self, account: &AccountId) -> bool {
        self.now().in_vain.contains(account)
    }

    /// True when it did not stand in before.
    pub(super) fn begins(&self, account: &AccountId, by: StandIn) -> bool {
        let mut now = self.now();
        now.in_vain.remove(account);
        now.standing_in.insert(account.clone(), by.clone()).as_ref() != Some(&by)
    }

    /// True when something stood in until now.
    pub(super) fn fails(&self, account: &AccountId, in_vain: bool) -> bool {
        let mut now = self.now();
        if in_vain {
            now.in_vain.insert(account.clone());
        }
        now.standing_in.remove(account).is_some()
    }

    /// Nothing has to stand in for it any more.
    pub(crate) fn rest(&self, account: &AccountId) {
        let mut now = self.now();
        now.standing_in.remove(account);
        now.in_vain.remove(account);
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bowline_base::random::SeededRandom;

    use super::*;

    fn ids() -> [AccountId; 3] {
        let random = SeededRandom::new(4);
        [AccountId::random(&random), AccountId::random(&random), AccountId::random(&random)]
    }

    #[test]
    fn f30_a_chain_is_seen_to_its_end_also_where_a_file_was_made_to_hold_a_circle() {
        let [a, b, c] = ids();
        let named = StandIns::default();
        named.fill(vec![(a.clone(), b.clone()), (b.clone(), c.clone()), (c.clone(), b.clone())]);
        assert_eq!(named.chain(&a), [a.clone(), b.clone(), c.clone()]);
        assert_eq!(named.chain(&c), [c, b]);
    }

    #[test]
    fn f30_an_account_that_is_gone_stands_in_for_nobody() {
        let [a, b, c] = ids();
        let named = StandIns::default();
        named.fill(vec![(a.clone(), b.clone()), (b.clone(), c.clone())]);
        named.begins(&a, StandIn::Account(b.clone()));
        assert_eq!(named.forget(&b).as_slice(), std::slice::from_ref(&a));
        assert_eq!((named.named(&a), named.named(&b), named.present(&a)), (None, None, None));
    }

    #[test]
    fn f31_who_watches_hears_of_a_beginning_once_and_of_another_stand_in_again() {
        let [a, b, _] = ids();
        let named = StandIns::default();
        let by_b = StandIn::Account(b.clone());
        assert!(named.begins(&a, by_b.clone()) && !named.begins(&a, by_b));
        assert!(named.begins(&a, StandIn::Emergency));
        assert!(named.fails(&a, true) && !named.fails(&a, true));
        assert!(named.is_in_vain(&a));
        named.rest(&a);
        assert!(!named.is_in_vain(&a));
        assert_eq!(
            (StandIn::Account(b.clone()).as_str(), StandIn::Emergency.as_str()),
            (b.as_str(), "emergency")
        );
    }
}
