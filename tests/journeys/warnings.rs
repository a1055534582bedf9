//! How often people were warned before a date, told account by account.

use std::collections::HashSet;

use bowline_base::AccountId;

/// Most warnings before one date.
const MOST_WARNINGS: usize = 4;

/// Warnings before dates. Whose warning it is, a notice about several does not say: it counts for one of them, and for
/// another as soon as that one's own come up.
#[derive(Default)]
pub(crate) struct Warnings(Vec<Warning>);

struct Warning {
    /// Whose it may be.
    candidates: Vec<AccountId>,
    /// Whose it counts as.
    of: AccountId,
}

impl Warnings {
    /// Counts one that is about one of these; false where each of them had all of its own.
    pub(crate) fn count(&mut self, candidates: Vec<AccountId>) -> bool {
        let mut seen = HashSet::new();
        let found = candidates.iter().find(|account| self.makes_room(account, &mut seen)).cloned();
        found.map(|of| self.0.push(Warning { candidates, of })).is_some()
    }

    /// True where another warning of this account is due, perhaps after one that counts for it was given to another.
    fn makes_room(&mut self, account: &AccountId, seen: &mut HashSet<AccountId>) -> bool {
        if !seen.insert(account.clone()) {
            return false;
        }
        let own: Vec<usize> = (0..self.0.len()).filter(|nth| self.0[*nth].of == *account).collect();
        if own.len() < MOST_WARNINGS {
            return true;
        }
        for nth in own {
            let others = self.0[nth].candidates.clone();
            if let Some(other) = others.into_iter().find(|other| self.makes_room(other, seen)) {
                self.0[nth].of = other;
                return true;
            }
        }
        false
    }

    /// The person has signed in: the next date is another one.
    pub(crate) fn begin_anew(&mut self, account: &AccountId) {
        self.0.retain(|warning| warning.of != *account);
        self.0.iter_mut().for_each(|warning| warning.candidates.retain(|other| other != account));
    }
}
