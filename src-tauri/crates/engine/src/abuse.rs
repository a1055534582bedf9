//! Who is refused again and again is slowed down (REQUIREMENTS O-66): ten refusals of one source within a minute
//! bring one entry in the trail, one notice, and 429 for five minutes in place of further refusals.
//!
//! Only refusals are answered so: a program with a right key is served even beside one that guesses.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bowline_base::Instant;

const WINDOW: Duration = Duration::from_secs(60);
const REFUSALS: usize = 10;
const BRAKE: Duration = Duration::from_secs(300);
/// Sources come from outside: more than these at once and the idle ones are forgotten.
const MOST_SOURCES: usize = 256;

/// Counts refusals by source.
#[derive(Default)]
pub struct Refusals(Mutex<HashMap<String, Count>>);

#[derive(Default)]
struct Count {
    recent: Vec<Instant>,
    braked_until: Option<Instant>,
}

/// What one more refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// One of few: answer it as it is.
    Ordinary,
    /// The tenth within a minute: say so, once, and brake.
    Abuse,
    /// Braked already: come back after this time.
    Braked(Duration),
}

impl Refusals {
    /// Counts one refusal.
    pub fn count(&self, source: &str, now: Instant) -> Weight {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_SOURCES && !all.contains_key(source) {
            all.retain(|_, count| count.is_fresh(now));
            if all.len() >= MOST_SOURCES {
                return Weight::Ordinary;
            }
        }
        let count = all.entry(source.to_owned()).or_default();
        if let Some(until) = count.braked_until.filter(|until| *until > now) {
            return Weight::Braked(until.since(now));
        }
        count.recent.retain(|at| now.since(*at) < WINDOW);
        count.recent.push(now);
        if count.recent.len() < REFUSALS {
            return Weight::Ordinary;
        }
        count.recent.clear();
        count.braked_until = Some(now + BRAKE);
        Weight::Abuse
    }
}

impl Count {
    fn is_fresh(&self, now: Instant) -> bool {
        self.braked_until.is_some_and(|until| until > now)
            || self.recent.last().is_some_and(|at| now.since(*at) < WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o66_the_tenth_refusal_in_a_minute_is_abuse_and_the_next_are_braked_for_five_minutes() {
        let refusals = Refusals::default();
        let start = Instant::default();
        let mut weights = (0..12).map(|i| refusals.count("x", start + Duration::from_secs(i)));
        assert!(weights.by_ref().take(9).all(|w| w == Weight::Ordinary));
        assert_eq!(weights.next(), Some(Weight::Abuse));
        assert_eq!(weights.next(), Some(Weight::Braked(Duration::from_secs(299))));
        assert_eq!(refusals.count("y", start), Weight::Ordinary);
        assert_eq!(refusals.count("x", start + Duration::from_secs(310)), Weight::Ordinary);
    }

    #[test]
    fn refusals_spread_over_time_are_no_abuse() {
        let refusals = Refusals::default();
        let at = |i: u64| Instant::default() + Duration::from_secs(i * 7);
        assert!((0..100).all(|i| refusals.count("x", at(i)) == Weight::Ordinary));
    }

    #[test]
    fn the_number_of_sources_is_bounded() {
        let refusals = Refusals::default();
        for i in 0..10_000 {
            refusals.count(&format!("source {i}"), Instant::default());
        }
        assert!(refusals.0.lock().unwrap().len() <= MOST_SOURCES);
    }
}
