//! When to wake: each account's own next moment, and one task that sleeps until the earliest of them.
//!
//! Nothing polls. A renewal starts so early that it is over before expiry minus margin (promise 4); the start
//! is spread, so that accounts which were connected together are not renewed together.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, Health, Random, Wall};

use crate::Policy;
use crate::book::Face;
use crate::engine::Engine;
use crate::lifecycle::{Renewal, State};
use crate::refresh::Why;

/// How long a provider that refuses our client is left alone (O-18: at most one request in 15 minutes).
const MISCONFIGURED_PAUSE: Duration = Duration::from_secs(15 * 60);
/// A token that is dead on arrival must not make a busy loop.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two tries of background renewal while a provider is down.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);
/// From this life on a token is renewed past its middle.
const LONG_LIFE: Duration = Duration::from_secs(8 * 3600);
/// A renewal that might move a grant's end is worth a try where so much is left of it.
const WORTH_A_TRY: Duration = Duration::from_secs(86_400);
/// What a try of several requests takes when all goes well, kept free before the margin.
const LEAD: Duration = Duration::from_secs(45);

/// The moment at which an account's renewal should start, if it should.
pub fn next_refresh(face: &Face, policy: &Policy, random: &dyn Random, now: Wall) -> Option<Wall> {
    let earliest = face.not_before.max(face.left_alone).unwrap_or(now);
    let at = match State::of(&face.facts(None, policy, now)).effects().renewal {
        Renewal::Never => return None,
        Renewal::Seldom => now + MISCONFIGURED_PAUSE,
        Renewal::BackOff => now + back_off(face.failures, policy, random),
        Renewal::Ahead => planned(face, policy, random)?,
    };
    Some(at.max(earliest))
}

/// The moment at which an account that is not renewed fares differently all by itself: when its token dies.
pub fn next_change(health: &Health, now: Wall) -> Option<Wall> {
    health.access_expires_at.filter(|end| !health.refreshable && *end > now)
}

/// The earlier of what the token wants and what the grant does.
fn planned(face: &Face, policy: &Policy, random: &dyn Random) -> Option<Wall> {
    let by_token = ahead_of_expiry(&face.health, policy, random);
    by_token.into_iter().chain(keeps_alive(face, random)).min()
}

/// Somewhere in the eighth that follows the middle of a length: late enough to be worth it, and so early that a night's
/// sleep which begins then leaves a day's token alive.
fn past_the_middle(begins: Wall, length: Duration, random: &dyn Random) -> Wall {
    begins + length.mul_f64(0.5 + random.fraction() / 8.0)
}

/// A grant that dies of idleness, or whose end each renewal moves, is renewed long before that, also where nobody reads
/// and the token itself would live on. Whether an end moves, the first such renewal shows.
fn keeps_alive(face: &Face, random: &dyn Random) -> Option<Wall> {
    let issued = face.health.access_issued_at?;
    let idle = face.known.lifetimes.idle;
    let ends = face.health.grant_expires_at.map(|end| end.since(issued)).filter(|left| *left >= WORTH_A_TRY);
    Some(past_the_middle(issued, idle.into_iter().chain(ends).min()?, random))
}

/// Somewhere between the earliest sensible moment and the last that leaves the margin free. A long life leaves room for
/// more: a computer may sleep for hours when its moment comes, and so may a provider.
fn ahead_of_expiry(health: &Health, policy: &Policy, random: &dyn Random) -> Option<Wall> {
    let end = health.access_expires_at?;
    let issued = health.access_issued_at.unwrap_or(end);
    let life = end.since(issued);
    if life >= LONG_LIFE {
        return Some(past_the_middle(issued, life, random));
    }
    let lead = (policy.margin + LEAD).min(life / 4);
    let margin = policy.margin.min(life / 5);
    let spread = (lead - margin.min(lead)) / 2;
    Some(end - lead + spread.mul_f64(random.fraction()))
}

/// Jitter under a doubling ceiling: many accounts at one provider do not come back at one instant.
pub(crate) fn back_off(failures: u32, policy: &Policy, random: &dyn Random) -> Duration {
    let ceiling = policy.retry_base.saturating_mul(4 << failures.min(12)).min(LONGEST_BACK_OFF);
    ceiling.mul_f64(0.5 + random.fraction() / 2.0).max(SHORTEST_PAUSE)
}

/// The moments of all accounts, in order.
#[derive(Default)]
pub struct Plan(Mutex<Moments>);

#[derive(Default)]
struct Moments {
    order: BTreeSet<(Wall, AccountId)>,
    of: HashMap<AccountId, Wall>,
    /// When to look at what the person is to be told.
    look: Option<Wall>,
}

impl Plan {
    /// Sets, moves or (with `None`) takes away an account's moment.
    pub fn set(&self, id: &AccountId, at: Option<Wall>) {
        let mut moments = self.moments();
        if let Some(old) = moments.of.remove(id) {
            moments.order.remove(&(old, id.clone()));
        }
        if let Some(at) = at {
            moments.of.insert(id.clone(), at);
            moments.order.insert((at, id.clone()));
        }
    }

    /// Sets, moves or takes away the moment to look at notices. True when it has changed.
    pub fn set_look(&self, at: Option<Wall>) -> bool {
        std::mem::replace(&mut self.moments().look, at) != at
    }

    /// True when that moment has come; it is taken out.
    pub fn look_is_due(&self, now: Wall) -> bool {
        self.moments().look.take_if(|at| *at <= now).is_some()
    }

    /// The earliest moment, if there is any.
    pub fn next(&self) -> Option<Wall> {
        let moments = self.moments();
        moments.order.first().map(|(at, _)| *at).into_iter().chain(moments.look).min()
    }

    /// Takes out all accounts whose moment has come.
    pub fn due(&self, now: Wall) -> Vec<AccountId> {
        let mut moments = self.moments();
        let mut due = Vec::new();
        while moments.order.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, id)) = moments.order.pop_first() {
                moments.of.remove(&id);
                due.push(id);
            }
        }
        due
    }

    fn moments(&self) -> std::sync::MutexGuard<'_, Moments> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many renewals are started in one instant; after a night of sleep many are due at once.
const BURST: usize = 20;
/// Over how long the others are spread. A reader who comes earlier starts its account's renewal at once.
const SPREAD: Duration = Duration::from_secs(60);

/// Sleeps until the earliest moment and starts what is due, for as long as the engine lives.
pub(crate) async fn run(engine: Arc<Engine>) {
    // One watch for all rounds: a clock that is set while something else is due, too, is not missed.
    let mut wall_set = engine.clock.wall_set();
    while !engine.is_stopping() {
        start_due(&engine);
        let replanned = engine.replanned.notified();
        let moment = engine.plan.next();
        let wait = async {
            match moment {
                Some(at) => {
                    let held = engine.wakes.held_for(engine.clock.instant());
                    engine.clock.sleep(at.since(engine.clock.wall()).max(held)).await;
                }
                None => std::future::pending().await,
            }
        };
        let alerts = async {
            match engine.figures.next_look() {
                Some(at) => engine.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => {}
            () = replanned => {}
            () = alerts => engine.figures.look(),
            () = engine.figures.moved() => {}
            () = &mut wall_set => {
                if engine.is_stopping() {
                    return;
                }
                wall_set = engine.clock.wall_set();
                engine.clock_was_set().await;
            }
        }
    }
}

fn start_due(engine: &Arc<Engine>) {
    let now = engine.clock.wall();
    if !engine.wakes.held_for(engine.clock.instant()).is_zero() {
        return;
    }
    if engine.plan.look_is_due(now) {
        engine.look_at_notices();
    }
    for (n, id) in engine.plan.due(now).into_iter().enumerate() {
        let Some(entry) = engine.book.by_id(&id) else { continue };
        let (refreshable, verify_at) = {
            let face = entry.face();
            (face.health.refreshable, face.verify_at)
        };
        if !refreshable {
            if verify_at.is_some_and(|at| at <= now) {
                engine.verify(&entry);
            }
            engine.changed(&entry);
        } else if n < BURST {
            engine.due(&entry, Why::Planned);
        } else {
            engine.plan.set(&id, Some(now + SPREAD.mul_f64(engine.random.fraction())));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bowline_base::random::SeededRandom;
    use bowline_base::{Reason, Trouble};

    use super::*;
    use crate::sample;

    const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);

    #[test]
    fn o37_an_hours_token_is_renewed_about_55_minutes_in_and_a_minutes_token_not_before_45_seconds() {
        for seed in 0..200 {
            let random = SeededRandom::new(seed);
            let at = next_refresh(&face(3600), &Policy::default(), &random, NOW).unwrap();
            assert!((3_240..3_300).contains(&at.since(NOW).as_secs()), "seed {seed}: {:?}", at.since(NOW));
            let at = next_refresh(&face(60), &Policy::default(), &random, NOW).unwrap();
            assert!((45..48).contains(&at.since(NOW).as_secs()), "seed {seed}: {:?}", at.since(NOW));
        }
    }

    #[test]
    fn p4_a_token_of_a_long_life_is_renewed_past_its_middle() {
        for (hours, from, to) in [(8, 4, 5), (24, 12, 15), (720, 360, 450)] {
            for seed in 0..100 {
                let random = SeededRandom::new(seed);
                let at = next_refresh(&face(hours * 3600), &Policy::default(), &random, NOW).unwrap();
                let at = at.since(NOW).as_secs();
                assert!((from * 3600..=to * 3600).contains(&at), "seed {seed}: {at} of {hours} hours");
            }
        }
    }

    #[test]
    fn r11_a_grant_that_dies_of_idleness_is_renewed_long_before_whatever_the_token_lives() {
        let days = |n: u64| Duration::from_secs(n * 86_400);
        for life in [Some(NOW + days(365)), None] {
            for seed in 0..100 {
                let (mut face, random) = (face(3600), SeededRandom::new(seed));
                face.health.access_expires_at = life;
                let unknown = next_refresh(&face, &Policy::default(), &random, NOW);
                assert_eq!(unknown.is_some(), life.is_some(), "nothing is known of the grant");
                let lifetimes =
                    bowline_oauth::provider::Lifetimes { idle: Some(days(90)), ..Default::default() };
                face.known = Arc::new(crate::book::Known { lifetimes, ..Default::default() });
                let at = next_refresh(&face, &Policy::default(), &random, NOW).unwrap().since(NOW);
                assert!((days(45)..=days(57)).contains(&at), "seed {seed}: {at:?}");
            }
        }
    }

    #[test]
    fn r11_an_end_that_renewals_may_move_is_tried_to_be_moved_and_not_without_end() {
        let (mut face, random) = (face(3600), SeededRandom::new(3));
        (face.health.access_expires_at, face.health.grant_expires_at) = (None, Some(NOW + WORTH_A_TRY * 60));
        let (mut now, mut renewals) = (NOW, 0);
        while let Some(at) = next_refresh(&face, &Policy::default(), &random, now) {
            // The provider gives a new token and moves nothing.
            (now, face.health.access_issued_at, renewals) = (at, Some(at), renewals + 1);
        }
        assert!((3..=7).contains(&renewals), "{renewals} renewals before an end that stays where it is");
    }

    #[test]
    fn accounts_connected_together_are_not_renewed_together() {
        let random = SeededRandom::new(5);
        let moments: BTreeSet<Wall> =
            (0..50).filter_map(|_| next_refresh(&face(3600), &Policy::default(), &random, NOW)).collect();
        assert!(moments.len() > 40);
    }

    #[test]
    fn nothing_is_planned_for_who_is_paused_ended_or_cannot_be_renewed() {
        let random = SeededRandom::new(1);
        let mut paused = face(3600);
        paused.account.paused = true;
        let mut ended = face(3600);
        ended.health.trouble = Some(Trouble { reason: Reason::Revoked, since: NOW });
        let mut fixed = face(3600);
        fixed.health.refreshable = false;
        for face in [paused, ended, fixed] {
            assert_eq!(next_refresh(&face, &Policy::default(), &random, NOW), None);
        }
    }

    #[test]
    fn o18_a_provider_that_refuses_our_client_is_asked_at_most_every_15_minutes() {
        let mut face = face(3600);
        face.health.trouble = Some(Trouble { reason: Reason::InvalidClient, since: NOW });
        let at = next_refresh(&face, &Policy::default(), &SeededRandom::new(1), NOW).unwrap();
        assert!(at >= NOW + MISCONFIGURED_PAUSE);
    }

    #[test]
    fn a_failure_that_is_not_the_accounts_own_makes_no_busy_loop() {
        let mut face = face(60);
        face.health.access_expires_at = Some(NOW - Duration::from_secs(60));
        face.failures = 5;
        let at = next_refresh(&face, &Policy::default(), &SeededRandom::new(1), NOW).unwrap();
        assert!(at >= NOW + SHORTEST_PAUSE);
    }

    #[test]
    fn e28_a_provider_that_asks_for_a_pause_gets_it() {
        let mut face = face(60);
        face.health.trouble = Some(Trouble { reason: Reason::RateLimited, since: NOW });
        face.not_before = Some(NOW + Duration::from_secs(600));
        let at = next_refresh(&face, &Policy::default(), &SeededRandom::new(1), NOW).unwrap();
        assert_eq!(at, NOW + Duration::from_secs(600));
    }

    #[test]
    fn a_plan_gives_each_account_once_and_in_order() {
        let random = SeededRandom::new(2);
        let (a, b) = (AccountId::random(&random), AccountId::random(&random));
        let plan = Plan::default();
        plan.set(&a, Some(NOW + Duration::from_secs(9)));
        plan.set(&b, Some(NOW + Duration::from_secs(5)));
        plan.set(&a, Some(NOW + Duration::from_secs(1)));
        assert_eq!(plan.next(), Some(NOW + Duration::from_secs(1)));
        assert_eq!(plan.due(NOW), []);
        assert_eq!(plan.due(NOW + Duration::from_secs(7)), [a.clone(), b]);
        plan.set(&a, None);
        assert_eq!(plan.next(), None);
    }

    #[test]
    fn one_timer_serves_renewals_and_notices() {
        let (plan, id) = (Plan::default(), AccountId::random(&SeededRandom::new(3)));
        plan.set(&id, Some(NOW + Duration::from_secs(9)));
        assert!(plan.set_look(Some(NOW + Duration::from_secs(5))) && !plan.set_look(plan.next()));
        assert_eq!(plan.next(), Some(NOW + Duration::from_secs(5)));
        assert!(!plan.look_is_due(NOW) && plan.look_is_due(NOW + Duration::from_secs(5)));
        assert_eq!(plan.next(), Some(NOW + Duration::from_secs(9)));
    }

    fn face(life_s: u64) -> Face {
        let account = sample::account(NOW);
        let health = Health {
            access_expires_at: Some(NOW + Duration::from_secs(life_s)),
            access_issued_at: Some(NOW),
            refreshable: true,
            ..Health::default()
        };
        Face::new(account, health, Arc::default())
    }
}
