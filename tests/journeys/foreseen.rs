//! Whether those who lose their grant could have known a day ahead: by its end as it was forecast then, against the end
//! that its provider had in mind.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use bowline_base::{AccountId, Instant};
use bowline_tests::world::DAY;

use crate::issuer::Ends;
use crate::people::Law;

/// The part of the foreseeable ends that has to be forecast.
const AT_LEAST: f64 = 0.95;
/// Among so few a single one weighs too much for that: then this part is enough.
const FEW: (u64, f64) = (100, 0.8);
/// For so many days forecasts are remembered: where tokens live for a month, an end is heard of half a month late.
const REMEMBERED: usize = 40;

/// Forecasts, and what became of them.
#[derive(Default)]
pub(crate) struct Foreseen {
    looks: HashMap<AccountId, VecDeque<(Instant, Option<Instant>)>>,
    /// How many of each account's grants have ended by age.
    aged: HashMap<AccountId, u64>,
    /// Of each law: how many ends were forecast, and how many there were.
    by_law: BTreeMap<Law, (u64, u64)>,
    unforeseeable: u64,
    missed: Vec<String>,
}

impl Foreseen {
    /// The forecast of this account at this moment.
    pub(crate) fn looks(&mut self, account: &AccountId, now: Instant, ends: Option<Instant>) {
        let looks = self.looks.entry(account.clone()).or_default();
        looks.push_back((now, ends));
        if looks.len() > REMEMBERED {
            looks.pop_front();
        }
    }

    /// A grant has ended.
    pub(crate) fn ended(&mut self, account: &AccountId, law: Law, ends: Ends) {
        let before = self.aged.entry(account.clone()).or_default();
        let learnt = match law {
            Law::None => false,
            Law::Stated | Law::Filed => true,
            Law::Testing => *before >= 1,
            Law::Own => *before >= 2,
        };
        *before += u64::from(ends.by_age);
        let Some(at) = ends.at.filter(|_| ends.by_age && learnt) else {
            self.unforeseeable += 1;
            return;
        };
        let told = self.told_a_day_before(account, at);
        let right = told.is_some_and(|told| apart(told, at) <= TOLERANCE);
        let (forecast, all) = self.by_law.entry(law).or_default();
        (*forecast, *all) = (*forecast + u64::from(right), *all + 1);
        if !right {
            self.missed.push(format!("{law:?}: {at:?}, forecast {told:?}"));
        }
    }

    /// # Panics
    /// When too few were forecast of those that could have been.
    pub(crate) fn holds(&self) {
        let (forecast, all) = self.sums();
        let at_least = if all < FEW.0 { FEW.1 } else { AT_LEAST };
        assert!(forecast as f64 >= all as f64 * at_least, "{}; {:?}", self.figures(), self.missed);
    }

    /// All figures in a few words.
    pub(crate) fn figures(&self) -> String {
        let (forecast, all) = self.sums();
        let each: Vec<String> =
            self.by_law.iter().map(|(law, (part, of))| format!("{law:?} {part}/{of}")).collect();
        format!(
            "{forecast} of {all} foreseeable ends forecast a day ahead ({:.1} %: {}), {} that nobody could foresee",
            forecast as f64 * 100.0 / (all as f64).max(1.0),
            each.join(", "),
            self.unforeseeable
        )
    }

    fn sums(&self) -> (u64, u64) {
        self.by_law.values().fold((0, 0), |(a, b), (part, of)| (a + part, b + of))
    }

    /// The newest forecast that was a day old when the grant ended.
    fn told_a_day_before(&self, account: &AccountId, end: Instant) -> Option<Instant> {
        let looks = self.looks.get(account)?;
        looks.iter().rev().find(|(at, _)| *at + DAY <= end).and_then(|(_, ends)| *ends)
    }
}

/// An end that is forecast may be off by so much: a provider tells of an end only when it is asked, and clocks are off.
const TOLERANCE: Duration = Duration::from_secs(2 * 86_400);

fn apart(a: Instant, b: Instant) -> Duration {
    a.since(b).max(b.since(a))
}
