//! The counts themselves: plain numbers that can be added, subtracted and kept, and how long things took in steps.
//!
//! Rows are for the vault: a word, what it is about, and a number. A word that nobody knows is passed over, so that
//! figures of another version do no harm.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use bowline_vault::history::Figure;

use crate::serve::Source;

/// Where a token that was given came from, in the contract's words.
pub const SOURCES: [&str; Source::ALL.len()] =
    [Source::ALL[0].as_str(), Source::ALL[1].as_str(), Source::ALL[2].as_str()];

/// The steps of how long a renewal takes, in milliseconds; one more is for all above.
pub const TOOK_MS: [u64; 12] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000];
/// The steps of how long tokens live: from a minute to thirty days.
pub const LIFE_MS: [u64; 12] = [
    60_000,
    300_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    14_400_000,
    28_800_000,
    86_400_000,
    604_800_000,
    1_209_600_000,
    2_592_000_000,
];
/// The steps of how long a caller waits for its token, in microseconds: most wait for nothing at all.
pub const SERVE_US: [u64; 12] =
    [50, 100, 250, 500, 1_000, 5_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000, 60_000_000];

/// One more than there are bounds.
const STEPS: usize = 13;

/// How often something took how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often, for each step and for all above.
    pub steps: [u64; STEPS],
    /// All lengths together, in the bounds' unit.
    pub sum: u64,
}

/// What is known of one provider's renewals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewals {
    /// Those that brought a token.
    pub ok: u64,
    /// Those that did not.
    pub failed: u64,
    /// How long they took, in milliseconds.
    pub took: Lengths,
    /// How long the tokens live, in milliseconds.
    pub lifetimes: Lengths,
}

/// Counts with the bounds that they are counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// The steps' upper bounds, in milliseconds.
    pub bounds: &'static [u64; STEPS - 1],
    /// The counts.
    pub counts: Counts,
}

/// Everything that was counted in some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Renewals, by the provider's id.
    pub providers: BTreeMap<String, Renewals>,
    /// Tokens given, in the order of [`SOURCES`].
    pub served: [u64; SOURCES.len()],
    /// Callers who took the result of somebody else's renewal.
    pub joined: u64,
    /// Renewals of one account that met.
    pub conflicts: u64,
    /// Tokens that ended while in use.
    pub expired: u64,
}

impl Default for Renewals {
    fn default() -> Self {
        Self { ok: 0, failed: 0, took: Lengths::by(&TOOK_MS), lifetimes: Lengths::by(&LIFE_MS) }
    }
}

impl Counts {
    /// How often in all.
    pub fn count(&self) -> u64 {
        self.steps.iter().sum()
    }

    fn put(&mut self, bounds: &[u64], value: u64) {
        self.steps[step(bounds, value)] += 1;
        self.sum = self.sum.saturating_add(value);
    }

    fn merge(&mut self, other: &Self, by: impl Fn(u64, u64) -> u64) {
        self.steps.iter_mut().zip(other.steps).for_each(|(ours, theirs)| *ours = by(*ours, theirs));
        self.sum = by(self.sum, other.sum);
    }
}

impl Lengths {
    /// Nothing yet, to be counted by these bounds.
    pub const fn by(bounds: &'static [u64; STEPS - 1]) -> Self {
        Self { bounds, counts: Counts { steps: [0; STEPS], sum: 0 } }
    }

    /// Counts one.
    pub fn add(&mut self, length: Duration) {
        self.counts.put(self.bounds, u64::try_from(length.as_millis()).unwrap_or(u64::MAX));
    }

    /// The mean, in seconds.
    pub fn mean_s(&self) -> Option<f64> {
        let count = self.counts.count();
        (count > 0).then(|| self.counts.sum as f64 / count as f64 / 1000.0)
    }

    /// The length, in seconds, that this share of them does not exceed: between a step's bounds it is taken to be even,
    /// and above the last bound it is that bound, as usual for such counts.
    pub fn quantile_s(&self, share: f64) -> Option<f64> {
        let count = self.counts.count();
        if count == 0 {
            return None;
        }
        let wanted = (share * count as f64).max(1.0);
        let mut before = 0;
        for (n, found) in self.counts.steps.iter().enumerate() {
            if (before + found) as f64 >= wanted && *found > 0 {
                let low = if n == 0 { 0 } else { self.bounds[n - 1] };
                let high = self.bounds.get(n).copied().unwrap_or(low);
                let part = (wanted - before as f64) / *found as f64;
                return Some((low as f64 + (high - low) as f64 * part) / 1000.0);
            }
            before += found;
        }
        None
    }
}

impl Renewals {
    fn merge(&mut self, other: &Self, by: impl Fn(u64, u64) -> u64 + Copy) {
        (self.ok, self.failed) = (by(self.ok, other.ok), by(self.failed, other.failed));
        self.took.counts.merge(&other.took.counts, by);
        self.lifetimes.counts.merge(&other.lifetimes.counts, by);
    }
}

impl Tally {
    /// Tokens given, whatever their source.
    pub fn served_in_all(&self) -> u64 {
        self.served.iter().sum()
    }

    /// The renewals of all providers together.
    pub fn renewals(&self) -> Renewals {
        let mut all = Renewals::default();
        self.providers.values().for_each(|each| all.merge(each, u64::saturating_add));
        all
    }

    /// What was added since `before`.
    pub fn since(&self, before: &Self) -> Self {
        let mut added = self.clone();
        added.merge(before, u64::saturating_sub);
        added
    }

    /// Adds another time's figures.
    pub fn add(&mut self, other: &Self) {
        self.merge(other, u64::saturating_add);
    }

    fn merge(&mut self, other: &Self, by: impl Fn(u64, u64) -> u64 + Copy) {
        for (id, theirs) in &other.providers {
            self.providers.entry(id.clone()).or_default().merge(theirs, by);
        }
        self.served.iter_mut().zip(other.served).for_each(|(ours, theirs)| *ours = by(*ours, theirs));
        self.joined = by(self.joined, other.joined);
        self.conflicts = by(self.conflicts, other.conflicts);
        self.expired = by(self.expired, other.expired);
    }

    /// As rows, without what is nothing.
    pub fn to_rows(&self) -> Vec<Figure> {
        let mut rows = Vec::new();
        let mut copy = self.clone();
        for id in self.providers.keys() {
            copy.cells(id, |name, label, value| push(&mut rows, name, label, *value));
        }
        copy.others(|name, label, value| push(&mut rows, name, label, *value));
        rows
    }

    /// Adds a row.
    pub fn add_row(&mut self, row: &Figure) {
        let mut found = |name: &str, label: &str, value: &mut u64| {
            if (name, label) == (row.name.as_str(), row.label.as_str()) {
                *value = value.saturating_add(row.value);
            }
        };
        if is_of_provider(&row.name) {
            self.cells(&row.label, found);
        } else {
            self.others(&mut found);
        }
    }

    /// Every number about one provider, by its word.
    fn cells(&mut self, id: &str, mut each: impl FnMut(&str, &str, &mut u64)) {
        let of = self.providers.entry(id.to_owned()).or_default();
        each("renewed", id, &mut of.ok);
        each("failed", id, &mut of.failed);
        for (word, lengths) in [("took", &mut of.took), ("life", &mut of.lifetimes)] {
            each(&format!("{word}_sum"), id, &mut lengths.counts.sum);
            for (n, value) in lengths.counts.steps.iter_mut().enumerate() {
                each(&format!("{word}_{n}"), id, value);
            }
        }
    }

    /// Every number that is about no provider.
    fn others(&mut self, mut each: impl FnMut(&str, &str, &mut u64)) {
        for (source, value) in SOURCES.iter().zip(&mut self.served) {
            each("served", source, value);
        }
        each("joined", "", &mut self.joined);
        each("conflicts", "", &mut self.conflicts);
        each("expired", "", &mut self.expired);
    }
}

fn is_of_provider(name: &str) -> bool {
    ["renewed", "failed", "took_", "life_"].iter().any(|word| name.starts_with(word))
}

fn push(rows: &mut Vec<Figure>, name: &str, label: &str, value: u64) {
    if value > 0 {
        rows.push(Figure { name: name.to_owned(), label: label.to_owned(), value });
    }
}

fn step(bounds: &[u64], value: u64) -> usize {
    bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())
}

/// Counts that many tasks add to at once, without a lock: how long callers wait, in microseconds.
#[derive(Debug, Default)]
pub(super) struct HotCounts {
    steps: [AtomicU64; STEPS],
    sum: AtomicU64,
}

impl HotCounts {
    pub(super) fn add(&self, length: Duration) {
        let value = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
        self.steps[step(&SERVE_US, value)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            steps: std::array::from_fn(|n| self.steps[n].load(Ordering::Relaxed)),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Tally {
        let mut tally = Tally { served: [5, 1, 0], joined: 999, expired: 2, ..Tally::default() };
        let of = tally.providers.entry("acme".to_owned()).or_default();
        of.ok = 3;
        of.took.add(Duration::from_millis(300));
        of.lifetimes.add(Duration::from_secs(3600));
        tally
    }

    #[test]
    fn what_is_kept_in_rows_reads_back_as_it_was() {
        let mut read = Tally::default();
        some().to_rows().iter().for_each(|row| read.add_row(row));
        assert_eq!(read, some());
        assert!(Tally::default().to_rows().is_empty(), "nothing takes no room");
    }

    #[test]
    fn a_row_of_another_version_changes_nothing_that_is_known() {
        let mut read = some();
        for (name, label) in [("served", "carrier pigeon"), ("heat", ""), ("took_99", "acme")] {
            read.add_row(&Figure { name: name.to_owned(), label: label.to_owned(), value: 7 });
        }
        assert_eq!(read, some());
    }

    #[test]
    fn an_hour_is_what_was_added_since_its_beginning() {
        let before = some();
        let mut now = before.clone();
        now.add(&some());
        assert_eq!(now.since(&before), some());
    }

    #[test]
    fn f52_the_99th_of_a_hundred_lies_in_the_step_of_the_slow_ones() {
        let mut took = Lengths::by(&TOOK_MS);
        (0..100).for_each(|_| took.add(Duration::from_millis(300)));
        let p99 = took.quantile_s(0.99).unwrap();
        assert!((0.25..=0.5).contains(&p99), "{p99}");
        assert_eq!(Lengths::by(&TOOK_MS).quantile_s(0.99), None);
        took.add(Duration::from_secs(500));
        assert_eq!(took.quantile_s(1.0), Some(120.0), "above the last bound nobody knows more");
    }

    #[test]
    fn f51_the_mean_life_is_that_of_all_tokens() {
        let mut lives = Lengths::by(&LIFE_MS);
        lives.add(Duration::from_secs(60));
        lives.add(Duration::from_secs(180));
        assert_eq!(lives.mean_s(), Some(120.0));
    }

    #[test]
    fn bounds_rise_and_a_length_on_a_bound_is_below_it() {
        for bounds in [&TOOK_MS, &LIFE_MS, &SERVE_US] {
            assert!(bounds.is_sorted() && bounds.len() + 1 == STEPS);
            assert_eq!((step(bounds, bounds[3]), step(bounds, bounds[3] + 1)), (3, 4));
        }
    }
}
