//! The time of day was set, or the computer slept: what that means for tokens whose end is a time of day.
//!
//! A clock that goes ahead makes tokens look older than they are: they are renewed early, which harms nobody. A clock
//! that is set back would lengthen their life, so their ends move back with it. The end of a grant, which nobody renews
//! early, stays where it is when a clock that was off is only set right again.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bowline_base::{Instant, Reason, Wall};

use crate::book::Entry;
use crate::engine::Engine;

/// A difference that steering a clock makes over a day, and that needs nothing done.
const BORNE: Duration = Duration::from_secs(2);

/// When the two clocks were last seen to agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    wall: Wall,
    instant: Instant,
}

impl Anchor {
    pub(crate) fn at(wall: Wall, instant: Instant) -> Self {
        Self { wall, instant }
    }

    /// How far the time of day has been set back since.
    fn set_back(self, wall: Wall, instant: Instant) -> Duration {
        (self.wall + instant.since(self.instant)).since(wall)
    }

    /// How far it has been set back and ahead, where that is more than steering does.
    pub(crate) fn jump(self, wall: Wall, instant: Instant) -> Option<(Duration, Duration)> {
        let set = (self.set_back(wall, instant), self.set_ahead(wall, instant));
        (set.0 > BORNE || set.1 > BORNE).then_some(set)
    }

    /// How far it has been set ahead.
    fn set_ahead(self, wall: Wall, instant: Instant) -> Duration {
        wall.since(self.wall + instant.since(self.instant))
    }
}

impl Engine {
    /// Plans everything anew by the time of day as it is now.
    pub(crate) async fn clock_was_set(self: &Arc<Self>) {
        let (wall, instant) = (self.clock.wall(), self.clock.instant());
        let (back, ahead) = {
            let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
            let set = (anchor.set_back(wall, instant), anchor.set_ahead(wall, instant));
            *anchor = Anchor::at(wall, instant);
            set
        };
        if back > BORNE {
            tracing::warn!(seconds = back.as_secs(), "the clock was set back");
            for entry in self.book.all() {
                self.move_back(&entry, back).await;
            }
            self.move_emergencies_back(back);
        }
        if ahead > BORNE {
            for entry in self.book.all() {
                self.move_ahead(&entry, ahead).await;
            }
        }
        self.skew.forget();
        self.breakers.try_all_again(instant);
        self.figures.look();
        self.look_at_notices();
        for entry in self.book.all() {
            // After a sleep the network may be another one.
            {
                let mut face = entry.face_mut();
                (face.rest, face.left_alone) = (None, None);
                // Whatever the clock was to blame for may be over.
                let blamed = face.health.trouble.as_ref().is_some_and(|t| t.reason == Reason::ClockSkew);
                face.failures = if blamed { face.failures.min(1) } else { face.failures };
            }
            self.changed(&entry);
        }
    }

    /// A clock that was set back before is set right again: the end of a grant goes with it. What it goes ahead beyond
    /// that is remembered, for the day on which it is set back.
    async fn move_ahead(&self, entry: &Arc<Entry>, by: Duration) {
        let health = {
            let mut face = entry.face_mut();
            let righted = by.min(face.moved_back);
            face.moved_back -= righted;
            face.slipped += by - righted;
            face.health.grant_expires_at = face.health.grant_expires_at.map(|at| at + righted);
            (!righted.is_zero() && face.health.grant_expires_at.is_some()).then(|| face.health.clone())
        };
        let (Some(health), id) = (health, entry.id.clone()) else { return };
        if let Err(error) = self.store.run(move |vault| vault.save_health(&id, &health)).await {
            tracing::warn!(%error, "an account's times could not be saved after the clock was set");
        }
    }

    async fn move_back(&self, entry: &Arc<Entry>, by: Duration) {
        let entry = Arc::clone(entry);
        let moved = move |vault: &mut bowline_vault::Vault| {
            let mut face = entry.face_mut();
            let righted = by.min(face.slipped);
            face.slipped -= righted;
            face.moved_back += by - righted;
            let health = &mut face.health;
            for time in [&mut health.access_expires_at, &mut health.access_issued_at] {
                *time = time.map(|at| at - by);
            }
            health.grant_expires_at = health.grant_expires_at.map(|at| at - (by - righted));
            // It is opened again with its new end.
            face.living = None;
            face.not_before = face.not_before.map(|at| at - by);
            face.verify_at = face.verify_at.map(|at| at - by);
            vault.save_health(&entry.id, &face.health)
        };
        if let Err(error) = self.store.run(moved).await {
            tracing::warn!(%error, "an account's times could not be saved after the clock was set");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn only_what_was_set_is_counted_and_time_that_passed_is_not() {
        let start = Instant::default();
        let anchor = Anchor::at(NOON, start);
        assert_eq!(anchor.set_back(NOON + HOUR, start + HOUR), Duration::ZERO);
        assert_eq!(anchor.set_back(NOON + HOUR * 9, start + HOUR), Duration::ZERO);
        assert_eq!(anchor.set_back(NOON, start + HOUR), HOUR);
        assert_eq!(anchor.set_back(NOON - HOUR, start), HOUR);
        assert_eq!(anchor.set_ahead(NOON + HOUR * 9, start + HOUR), HOUR * 8);
        assert_eq!(anchor.set_ahead(NOON + HOUR, start + HOUR), Duration::ZERO);
    }
}
