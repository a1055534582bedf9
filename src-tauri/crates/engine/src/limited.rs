//! Hosts that asked for a pause: renewals that nobody waits for leave them alone for as long, so that what a host still
//! allows is there for whoever waits for a token.
//!
//! The pause of the account that was told is kept with the account; this is what all others at the host make of it. A
//! pause counts by elapsed time, so that a clock that is set neither lengthens nor ends it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bowline_base::Instant;

/// The longest pause of one account that others keep to.
const LONGEST: Duration = Duration::from_secs(3600);

/// The hosts that asked for a pause. They come from provider files, so there are no more than these name.
#[derive(Default)]
pub(crate) struct Limited(Mutex<HashMap<String, Instant>>);

impl Limited {
    /// A host asked for a pause.
    pub(crate) fn note(&self, host: &str, pause: Duration, now: Instant) {
        let until = now + pause.min(LONGEST);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(host.to_owned()).or_insert(until);
        *known = until.max(*known);
    }

    /// How long it still wants to be left alone.
    pub(crate) fn left(&self, host: &str, now: Instant) -> Option<Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.get(host)?.since(now);
        if left.is_zero() {
            all.remove(host);
            return None;
        }
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f25_a_pause_is_kept_by_all_at_that_host_to_its_end_and_the_longest_counts() {
        let (limited, start) = (Limited::default(), Instant::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        limited.note("a.example", Duration::from_secs(60), at(0));
        limited.note("a.example", Duration::from_secs(5), at(1));
        assert_eq!(limited.left("a.example", at(10)), Some(Duration::from_secs(50)));
        assert_eq!(limited.left("b.example", at(10)), None);
        assert_eq!(limited.left("a.example", at(60)), None);
    }

    #[test]
    fn one_account_that_is_put_off_for_a_day_does_not_keep_all_others_waiting_so_long() {
        let limited = Limited::default();
        limited.note("a.example", Duration::from_secs(86_400), Instant::default());
        assert_eq!(limited.left("a.example", Instant::default()), Some(LONGEST));
    }
}
