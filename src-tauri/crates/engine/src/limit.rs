//! A budget in a rolling window: so many in such a time, and a refusal says when to come back.
//!
//! Refusals are not counted, so asking too often does not lengthen the wait (REQUIREMENTS O-63, F-29).

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bowline_base::Instant;

/// More spenders than a desktop has; beyond it idle ones are forgotten.
const MOST_SPENDERS: usize = 1024;

/// Into how many steps a window is cut: what was spent within one step ends together, so that a large budget takes
/// no more memory than a small one.
const STEPS: u32 = 600;

/// One budget for each spender.
pub struct Budget<K> {
    window: Duration,
    spent: Mutex<HashMap<K, VecDeque<Step>>>,
}

/// What was spent within one step.
struct Step {
    first: Instant,
    last: Instant,
    count: u32,
}

impl<K: Eq + Hash + Clone> Budget<K> {
    /// Budgets that fill up again after this time.
    pub fn per(window: Duration) -> Self {
        Self { window, spent: Mutex::default() }
    }

    /// Spends one of `most`.
    ///
    /// # Errors
    /// How long to wait until one is free again.
    pub fn spend(&self, who: &K, most: u32, now: Instant) -> Result<(), Duration> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= MOST_SPENDERS && !spent.contains_key(who) {
            spent.retain(|_, steps| steps.back().is_some_and(|step| now.since(step.last) < self.window));
        }
        if !spent.contains_key(who) {
            spent.insert(who.clone(), VecDeque::new());
        }
        let Some(steps) = spent.get_mut(who) else { return Ok(()) };
        while steps.front().is_some_and(|step| now.since(step.last) >= self.window) {
            steps.pop_front();
        }
        if steps.iter().map(|step| step.count).sum::<u32>() >= most {
            let oldest = steps.front().map_or(now, |step| step.last);
            return Err(self.window.saturating_sub(now.since(oldest)).max(Duration::from_secs(1)));
        }
        match steps.back_mut().filter(|step| now.since(step.first) < self.window / STEPS) {
            Some(step) => {
                step.last = now;
                step.count += 1;
            }
            None => steps.push_back(Step { first: now, last: now, count: 1 }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn o63_the_eleventh_start_in_an_hour_waits_and_asking_again_does_not_lengthen_the_wait() {
        let budget = Budget::per(HOUR);
        let start = Instant::default();
        for minute in 0..10 {
            assert_eq!(budget.spend(&"cli", 10, start + Duration::from_secs(60 * minute)), Ok(()));
        }
        let now = start + Duration::from_secs(1800);
        assert_eq!(budget.spend(&"cli", 10, now), Err(Duration::from_secs(1800)));
        assert_eq!(budget.spend(&"cli", 10, now), Err(Duration::from_secs(1800)));
        assert_eq!(budget.spend(&"other", 10, now), Ok(()));
        assert_eq!(budget.spend(&"cli", 10, start + HOUR), Ok(()));
        assert!(budget.spend(&"cli", 10, start + HOUR).is_err());
    }

    #[test]
    fn f29_the_601st_read_in_a_minute_is_refused() {
        let budget = Budget::per(Duration::from_secs(60));
        let now = Instant::default();
        assert_eq!((0..601).filter(|_| budget.spend(&1, 600, now).is_ok()).count(), 600);
    }
}
