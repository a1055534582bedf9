//! What the computer tells of itself: it goes to sleep, it has woken up, its network has changed. What that means for
//! renewals: none begins on the way to sleep, and those that failed are planned anew at once, spread, never as a
//! stampede (promise 4). That the clock was set is in [`crate::clock`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{Instant, Reason, Wall};

use crate::book::Entry;
use crate::engine::Engine;
use crate::lifecycle::{self, Class};

/// Falling asleep takes less. A computer that stayed awake after all is not held longer.
const FALLS_ASLEEP: Duration = Duration::from_secs(30);
/// The network changes in many steps; what waits for it is planned anew at most so often.
const APART: Duration = Duration::from_secs(5);
/// Over how long one account's new try is spread, at least.
const SPREAD: Duration = Duration::from_secs(2);
/// So much longer for each account that waits.
const SPREAD_EACH: Duration = Duration::from_millis(200);
/// And never longer than this.
const LONGEST_SPREAD: Duration = Duration::from_secs(60);

/// What was told last.
#[derive(Default)]
pub(crate) struct Wakes {
    /// Until when nothing is started, because the computer falls asleep.
    held: Mutex<Option<Instant>>,
    /// When what waits for the network was, or will be, planned anew.
    planned: Mutex<Option<Instant>>,
}

impl Wakes {
    /// For how long nothing may be started.
    pub(crate) fn held_for(&self, now: Instant) -> Duration {
        let held = *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.map_or(Duration::ZERO, |until| until.since(now))
    }

    fn hold(&self, until: Option<Instant>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn plan_anew(&self) {
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How long until what waits may be planned anew; `None` where that will be done already.
    fn next_plan(&self, now: Instant) -> Option<Duration> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        match *planned {
            Some(at) if at > now => None,
            Some(at) => {
                let pause = APART.saturating_sub(now.since(at));
                *planned = Some(now + pause);
                Some(pause)
            }
            None => {
                *planned = Some(now);
                Some(Duration::ZERO)
            }
        }
    }
}

impl Engine {
    /// The computer is about to sleep: no renewal is started that its sleep would cut off. Readers who ask all the same
    /// are served as ever.
    pub fn going_to_sleep(&self) {
        self.wakes.hold(Some(self.clock.instant() + FALLS_ASLEEP));
    }

    /// The computer has woken up: everything is planned anew by the time of day, and what could not be reached is tried
    /// again, because the network may be another one.
    pub async fn woke_up(self: &Arc<Self>) {
        self.wakes.hold(None);
        self.clock_was_set().await;
        // What was planned for the network a moment ago has just been planned otherwise.
        self.wakes.plan_anew();
        self.network_returned();
        self.replanned.notify_one();
    }

    /// The network has changed, and may be there again: renewals that it failed are tried within seconds, each at a
    /// moment of its own. May be called as often as the computer tells of it.
    pub fn network_returned(&self) {
        let now = self.clock.instant();
        let waiting: Vec<Arc<Entry>> =
            self.book.all().into_iter().filter(|e| self.waits_for_network(e)).collect();
        if waiting.is_empty() || self.locked().is_some() {
            return;
        }
        let Some(pause) = self.wakes.next_plan(now) else { return };
        self.breakers.try_all_again(now);
        tracing::info!(accounts = waiting.len(), "the network has changed: trying again");
        self.spread_out(&waiting, pause);
    }

    /// Tries each of these again at a moment of its own after a pause; the more there are, the longer it takes.
    pub(crate) fn spread_out(&self, waiting: &[Arc<Entry>], pause: Duration) {
        let each = SPREAD_EACH.saturating_mul(u32::try_from(waiting.len()).unwrap_or(u32::MAX));
        let spread = SPREAD.max(each).min(LONGEST_SPREAD);
        for entry in waiting {
            let soon = self.clock.wall() + pause + spread.mul_f64(self.random.fraction());
            self.plan.set(&entry.id, Some(try_again(entry, soon)));
        }
        self.replanned.notify_one();
    }

    /// True for what failed for want of an answer, or got one that somebody between here and there may have given.
    pub(crate) fn waits_for_network(&self, entry: &Entry) -> bool {
        let face = entry.face();
        let trouble = face.health.trouble.as_ref().map(|t| t.reason);
        let passes = trouble.is_some_and(|reason| lifecycle::class(reason) == Class::Passing);
        let by_provider = matches!(trouble, Some(Reason::RateLimited | Reason::ClockSkew));
        passes && !by_provider && face.health.refreshable && !face.account.paused && face.held.is_none()
    }
}

/// Counts as a first failure from now on, and readers wait no longer; a pause that the provider named still holds. A try
/// that is planned for an earlier moment stays there: however often the network changes, it puts nothing off.
fn try_again(entry: &Entry, soon: Wall) -> Wall {
    let mut face = entry.face_mut();
    (face.failures, face.left_alone, face.rest) = (face.failures.min(1), None, None);
    let sooner = face.next_refresh.map_or(soon, |planned| planned.min(soon));
    let at = face.not_before.map_or(sooner, |pause| pause.max(sooner));
    face.next_refresh = Some(at);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_planned_anew_at_once_and_then_at_most_every_five_seconds() {
        let (wakes, start) = (Wakes::default(), Instant::default());
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert_eq!(wakes.next_plan(at(0)), Some(Duration::ZERO));
        assert_eq!(
            wakes.next_plan(at(100)),
            Some(Duration::from_millis(4900)),
            "the last change is not lost"
        );
        for ms in [200, 3000, 4999] {
            assert_eq!(wakes.next_plan(at(ms)), None, "one plan serves all");
        }
        assert_eq!(wakes.next_plan(at(5000)), Some(APART));
        assert_eq!(wakes.next_plan(at(60_000)), Some(Duration::ZERO));
    }

    #[test]
    fn who_falls_asleep_is_held_for_half_a_minute_at_most() {
        let (wakes, start) = (Wakes::default(), Instant::default());
        assert_eq!(wakes.held_for(start), Duration::ZERO);
        wakes.hold(Some(start + FALLS_ASLEEP));
        assert_eq!(wakes.held_for(start + Duration::from_secs(10)), Duration::from_secs(20));
        assert_eq!(wakes.held_for(start + Duration::from_secs(31)), Duration::ZERO);
        wakes.hold(None);
        assert_eq!(wakes.held_for(start), Duration::ZERO);
    }
}
