//! How far this computer's clock is from the providers', as the newest of their answers told. Kept in memory alone.
//!
//! Lives of tokens are counted from their arrival, so that no end is worked out by this: it only explains why a token
//! was dead on arrival, or a sign-in too old or from the future.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{Wall, length};

/// What a slow answer and two ordinary clocks come to together.
const BORNE: Duration = Duration::from_secs(300);

/// How this computer's clock differs from a provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// By how much.
    pub by: Duration,
    /// Ours is ahead.
    pub ahead: bool,
}

impl Difference {
    /// Ours against theirs.
    pub fn between(ours: Wall, theirs: Wall) -> Self {
        let ahead = ours > theirs;
        Self { by: if ahead { ours.since(theirs) } else { theirs.since(ours) }, ahead }
    }

    /// True where tokens and sign-ins suffer from it.
    pub fn is_large(self) -> bool {
        self.by > BORNE
    }

    /// `2 hours behind`, `10 minutes ahead of`: the words before the other clock's name.
    pub fn words(self) -> String {
        format!("{} {}", length::words(self.by), if self.ahead { "ahead of" } else { "behind" })
    }
}

/// The newest difference.
#[derive(Default)]
pub(crate) struct Skew(Mutex<Option<Difference>>);

impl Skew {
    /// An answer has come, which may tell the time.
    pub(crate) fn note(&self, theirs: Option<Wall>, ours: Wall) {
        if let Some(theirs) = theirs {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Difference::between(ours, theirs));
        }
    }

    /// The clock was set: what was measured holds no more.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was measured last.
    pub(crate) fn measured(&self) -> Option<Difference> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);

    #[test]
    fn r50_a_difference_is_told_in_words_with_its_side() {
        let behind = Difference::between(NOON, NOON + Duration::from_secs(7_300));
        assert_eq!((behind.words().as_str(), behind.is_large()), ("2 hours behind", true));
        let ahead = Difference::between(NOON, NOON - Duration::from_secs(600));
        assert_eq!(ahead.words(), "10 minutes ahead of");
    }

    #[test]
    fn r50_five_minutes_are_borne_on_both_sides() {
        for (seconds, large) in [(0, false), (300, false), (301, true)] {
            let by = Duration::from_secs(seconds);
            assert_eq!(Difference::between(NOON, NOON + by).is_large(), large);
            assert_eq!(Difference::between(NOON, NOON - by).is_large(), large);
        }
    }

    #[test]
    fn the_newest_answer_that_tells_the_time_counts_until_the_clock_is_set() {
        let skew = Skew::default();
        skew.note(Some(NOON), NOON + Duration::from_secs(9_000));
        skew.note(None, NOON);
        assert!(skew.measured().is_some_and(Difference::is_large), "an answer without a time says nothing");
        skew.note(Some(NOON), NOON);
        assert!(!skew.measured().is_some_and(Difference::is_large));
        skew.forget();
        assert_eq!(skew.measured(), None);
    }
}
