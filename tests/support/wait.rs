//! Waiting for other processes: short polls up to a deadline, and a sentence when it passes.

use std::time::{Duration, Instant};

/// How long anything may take here that is not itself about time. Generous, for busy machines.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often other processes are looked at.
const POLL: Duration = Duration::from_millis(10);

/// Polls until `probe` gives a value.
///
/// # Panics
/// When the limit passes, naming `what` was awaited.
pub fn until<T>(what: &str, limit: Duration, probe: impl FnMut() -> Option<T>) -> T {
    within(limit, probe).unwrap_or_else(|| panic!("waited {limit:?} in vain for {what}"))
}

/// Polls until `probe` gives a value, or the limit passes.
pub fn within<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        match probe() {
            Some(value) => return Some(value),
            None if start.elapsed() >= limit => return None,
            None => std::thread::sleep(POLL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_some_polls_is_returned() {
        let mut polls = 0;
        let found = until("the third poll", PATIENCE, || {
            polls += 1;
            (polls == 3).then_some(polls)
        });
        assert_eq!(found, 3);
    }

    #[test]
    #[should_panic(expected = "in vain for a word")]
    fn what_never_comes_is_named() {
        until("a word", Duration::from_millis(1), || None::<()>);
    }
}
