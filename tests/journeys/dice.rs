//! Chance that can be repeated: everything a story draws comes from one printed seed.

use std::time::Duration;

use bowline_base::Random;
use bowline_base::random::SeededRandom;
use bowline_tests::proof;

/// Dice that fall the same way each time the seed is the same.
pub(crate) struct Dice(SeededRandom);

impl Dice {
    /// The dice of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededRandom::new(seed))
    }

    /// A number below `n`.
    pub(crate) fn below(&self, n: usize) -> usize {
        ((self.0.fraction() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// True in this share of all throws.
    pub(crate) fn chance(&self, share: f64) -> bool {
        self.0.fraction() < share
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of several texts.
    pub(crate) fn word<'a>(&self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// A length of time in whole milliseconds, between two others.
    pub(crate) fn length(&self, least: Duration, most: Duration) -> Duration {
        let length = least + (most - least).mul_f64(self.0.fraction());
        Duration::from_millis(length.as_millis() as u64)
    }
}

/// A figure that the environment may set, so that the same story can be told short and long.
///
/// # Panics
/// When the variable is set and no whole number.
pub(crate) fn figure(name: &str, otherwise: u64) -> u64 {
    proof::number(name).unwrap_or(otherwise)
}
