//! A key's two ends, without a clock that runs.

use bowline_base::random::SeededRandom;
use bowline_base::time::HandClock;

use super::*;

const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
const MINUTE: Duration = Duration::from_secs(60);

fn begun(clock: &HandClock, lasts: Duration) -> (Emergencies, AccountId, RequestId) {
    let random = SeededRandom::new(9);
    let (account, id) = (AccountId::random(&random), RequestId::random(&random));
    let kept = Emergency {
        account: account.clone(),
        secret: Secret::new("static-key"),
        reason: "outage".to_owned(),
        approved_at: clock.wall(),
        ends_at: clock.wall() + lasts,
    };
    let all = Emergencies::default();
    assert!(!all.begin(id.clone(), &kept, clock));
    (all, account, id)
}

#[test]
fn f34_a_key_ends_at_the_earlier_of_its_two_times() {
    for (set_to, passes, left) in [
        (NOON, MINUTE * 29, MINUTE),
        (NOON, MINUTE * 30, Duration::ZERO),
        // Set ahead: the time of day is over first.
        (NOON + MINUTE * 20, MINUTE * 5, MINUTE * 5),
        (NOON + MINUTE * 40, Duration::ZERO, Duration::ZERO),
        // Set back: the time elapsed is over first.
        (NOON - MINUTE * 600, MINUTE * 29, MINUTE),
        (NOON - MINUTE * 600, MINUTE * 31, Duration::ZERO),
    ] {
        let clock = HandClock::at(NOON);
        let (all, account, id) = begun(&clock, MINUTE * 30);
        clock.set_wall(set_to);
        clock.advance(passes);
        assert_eq!(all.left(&account, &id, &clock), Some(left), "{set_to} and {passes:?}");
        assert_eq!(all.ends_at(&account, &clock).is_some(), !left.is_zero());
    }
}

#[test]
fn f32_what_a_damaged_file_says_makes_no_key_last_longer_than_half_an_hour() {
    let clock = HandClock::at(NOON);
    let (all, account, id) = begun(&clock, MINUTE * 500);
    assert_eq!(all.left(&account, &id, &clock), Some(LONGEST));
}

#[test]
fn f32_behind_a_lock_no_key_is_in_memory_and_its_time_runs_on() {
    let clock = HandClock::at(NOON);
    let (all, account, id) = begun(&clock, MINUTE * 30);
    all.lock();
    assert!(all.keys().get(&account).is_some_and(|key| key.living.is_none()));
    clock.advance(MINUTE * 10);
    assert_eq!(all.left(&account, &id, &clock), Some(MINUTE * 20));
    assert_eq!(all.left(&account, &RequestId::random(&SeededRandom::new(1)), &clock), None, "another key");
}

#[test]
fn f33_every_end_has_a_word_of_its_own() {
    let ends = [
        End::Time,
        End::Healed,
        End::ClockSet,
        End::Damaged,
        End::Paused,
        End::Removed,
        End::Replaced,
        End::Denied,
        End::TimedOut,
        End::NotKept,
        End::Owner,
    ];
    let words: std::collections::HashSet<_> = ends.iter().map(|end| end.as_str()).collect();
    assert_eq!(words.len(), ends.len());
}
