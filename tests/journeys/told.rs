//! What a person may be told, checked notice by notice: nobody twice a day for one cause, and nobody for what mends
//! itself.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bowline_base::{AccountId, Instant};
use bowline_engine::notice::Kind;
use bowline_tests::world::desktop::{Deed, Told};
use bowline_tests::world::{DAY, MINUTE, SECOND};

use crate::issuer::Grant;
use crate::warnings::Warnings;

/// What is true of an account that a notice names.
pub(crate) struct Truth {
    /// What its provider knows.
    pub(crate) grant: Grant,
    /// People are warned of its end.
    pub(crate) warned: bool,
}

impl Truth {
    /// The provider had refused the grant by then.
    fn had_ended(&self, at: Instant) -> bool {
        self.grant.refused_at.is_some_and(|refused| refused <= at)
    }

    /// That is what a notice of this moment tells. One that comes in the same second is a warning still: what fails is
    /// gathered for two.
    fn had_been_heard_of(&self, at: Instant) -> bool {
        self.grant.refused_at.is_some_and(|refused| refused + SECOND <= at)
    }
}

/// What was told so far.
#[derive(Default)]
pub(crate) struct Ledger {
    screen: HashMap<String, HashSet<AccountId>>,
    last: HashMap<AccountId, Instant>,
    warned: Warnings,
    /// How many notices said that accounts have to be signed in with again.
    pub(crate) needs: usize,
    /// How many said that one will have to be.
    pub(crate) warnings: usize,
    /// How many said that something has been failing for long.
    pub(crate) failing: usize,
    /// How many said that a provider does not answer.
    pub(crate) silent: usize,
    silences: HashMap<String, Instant>,
}

impl Ledger {
    /// Takes in what was done on the screen, with the truth about those it names: accounts, or a provider and since when
    /// it had been ill at that moment.
    ///
    /// # Panics
    /// When it should not have been done.
    pub(crate) fn takes(
        &mut self,
        deed: &Deed,
        truth: impl Fn(&AccountId) -> Truth,
        ill_since: impl Fn(&str, Instant) -> Option<Instant>,
    ) {
        match deed {
            Deed::Shown(told) => match &told.notice.kind {
                Kind::Silent { provider } => {
                    self.takes_silence(told, provider, ill_since(provider, told.at));
                }
                _ => self.takes_notice(told, truth),
            },
            Deed::Withdrawn(key) => _ = self.screen.remove(key),
        }
    }

    /// When this account was last named as one that needs the person.
    pub(crate) fn last_told(&self, account: &AccountId) -> Option<Instant> {
        self.last.get(account).copied()
    }

    /// The agent has begun anew, and took along what it had on the screen.
    pub(crate) fn begins_anew(&mut self) {
        self.screen.clear();
    }

    /// The person has signed in again.
    pub(crate) fn mended(&mut self, account: &AccountId) {
        self.warned.begin_anew(account);
    }

    /// A provider is said not to answer: that has been so for ten minutes at least, and was not said within a day.
    fn takes_silence(&mut self, told: &Told, provider: &str, ill_since: Option<Instant>) {
        let lasts = ill_since.map(|since| told.at.since(since));
        assert!(lasts >= Some(MINUTE * 10), "{provider} has been ill for {lasts:?}: {told:?}");
        let last = self.silences.insert(provider.to_owned(), told.at);
        assert!(
            last.is_none_or(|last| told.at.since(last) >= DAY),
            "{provider} was told of: {last:?}, {told:?}"
        );
        self.silent += 1;
    }

    fn takes_notice(&mut self, told: &Told, truth: impl Fn(&AccountId) -> Truth) {
        let (named, before) = (named(&told.notice.kind), self.replaced(told));
        self.screen.insert(told.key.clone(), named.clone());
        // One that was mended left a notice about several: nothing comes up.
        if named.len() < before.len() && named.is_subset(&before) {
            return;
        }
        let mut refused = HashSet::new();
        for account in &named {
            let truth = truth(account);
            assert!(is_earnest(&truth, told), "{account} mends itself: {told:?}");
            if truth.had_been_heard_of(told.at) || matches!(told.notice.kind, Kind::Failing { .. }) {
                refused.insert(account.clone());
            }
        }
        match &told.notice.kind {
            Kind::Failing { .. } => self.failing += 1,
            _ if refused.is_empty() => self.warnings += 1,
            _ => self.needs += 1,
        }
        let news = self.is_news(&refused, told) || self.warns(named.difference(&refused));
        assert!(news, "nobody in it is due: {:?}, {told:?}", self.ages(&named, told));
    }

    /// Whom the notices named whose place this one takes.
    fn replaced(&mut self, told: &Told) -> HashSet<AccountId> {
        let mut before = self.screen.remove(&told.key).unwrap_or_default();
        if let Some(old) = &told.notice.instead_of {
            before.extend(self.screen.remove(old).unwrap_or_default());
        }
        before
    }

    /// True for one at least who needs the person and was not told of for a day.
    fn is_news(&mut self, refused: &HashSet<AccountId>, told: &Told) -> bool {
        let last = &self.last;
        let due = |id: &&AccountId| last.get(*id).is_none_or(|last| told.at.since(*last) >= DAY);
        let news: Vec<AccountId> = refused.iter().filter(due).cloned().collect();
        let is_news = !news.is_empty();
        self.last.extend(news.into_iter().map(|id| (id, told.at)));
        is_news
    }

    /// True for one at least of whose date not all warnings were given.
    fn warns<'a>(&mut self, accounts: impl Iterator<Item = &'a AccountId>) -> bool {
        self.warned.count(accounts.cloned().collect())
    }

    fn ages(&self, named: &HashSet<AccountId>, told: &Told) -> Vec<Option<Duration>> {
        named.iter().map(|id| self.last_told(id).map(|last| told.at.since(last))).collect()
    }
}

/// True when the truth behind a notice does not mend itself within ten minutes.
fn is_earnest(truth: &Truth, told: &Told) -> bool {
    let refused = truth.had_ended(told.at);
    let ill_for = truth.grant.ill_at(told.at).map(|since| told.at.since(since));
    match &told.notice.kind {
        Kind::NeedsYou { .. } => refused,
        Kind::Many { .. } => refused || truth.warned,
        Kind::Expiring { .. } => truth.warned,
        _ => refused || ill_for > Some(MINUTE * 10),
    }
}

fn named(kind: &Kind) -> HashSet<AccountId> {
    match kind {
        Kind::NeedsYou { account, .. } | Kind::Failing { account, .. } | Kind::Expiring { account, .. } => {
            HashSet::from([account.clone()])
        }
        Kind::Many { accounts } => accounts.iter().map(|(id, _)| id.clone()).collect(),
        other => panic!("nothing of this kind happens in a year of renewals: {other:?}"),
    }
}
