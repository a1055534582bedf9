//! Every state with every event: what the table promises of all of them, and that the engine's own bookkeeping is the
//! table's.

use super::*;
use crate::sample;

const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);
const HOUR: Duration = Duration::from_secs(3600);
const WARN: Duration = Duration::from_secs(7 * 86_400);
/// What a failed try can be.
const FAILURES: [Class; 4] = [Class::Passing, Class::Reconnect, Class::FixProvider, Class::Permissions];

#[test]
fn every_pair_of_a_state_and_an_event_is_decided() {
    let (states, events) = (states(), events());
    assert_eq!((states.len(), events.len()), (896, 35));
    for (state, event) in pairs() {
        let (next, effects) = step(state, event);
        assert!(states.contains(&next), "{state:?} and {event:?} lead outside the table");
        assert_eq!(
            effects,
            next.effects(),
            "what follows depends on the state alone, so that it can be made up for"
        );
        assert_eq!(step(next, event).0, next, "{event:?}, told twice of {state:?}, changes nothing more");
    }
}

#[test]
fn the_status_is_the_first_that_fits_in_the_contracts_order() {
    type Fits = fn(&State) -> bool;
    let order: [(Status, Fits); 9] = [
        (Status::Locked, |s| s.locked),
        (Status::Paused, |s| s.paused),
        (Status::Misconfigured, |s| s.trouble == Some(Class::FixProvider)),
        (Status::NeedsReconnect, |s| s.trouble == Some(Class::Reconnect) || !s.alive && !s.refreshable),
        (Status::Unavailable, |s| {
            !s.alive && (s.trouble == Some(Class::Passing) || s.trouble.is_none() && s.failing)
        }),
        (Status::InsufficientPermissions, |s| s.narrow || s.trouble == Some(Class::Permissions)),
        (Status::Degraded, |s| {
            s.trouble == Some(Class::Passing) || s.trouble.is_none() && s.failing && s.refreshable
        }),
        (Status::Expiring, |s| s.near),
        (Status::Healthy, |_| true),
    ];
    for state in states() {
        let first = order.iter().find(|(_, fits)| fits(&state)).map(|(status, _)| *status);
        assert_eq!(Some(state.status()), first, "{state:?}");
    }
}

#[test]
fn e26_only_a_refusal_or_damage_turns_the_trouble_into_one_that_asks_the_user() {
    for (state, event) in pairs().filter(|(state, _)| state.trouble != Some(Class::Reconnect)) {
        let asks = step(state, event).0.trouble == Some(Class::Reconnect);
        let refused = matches!(event, Event::Failed(Class::Reconnect) | Event::Damaged | Event::RefusedInUse);
        assert_eq!(asks, refused, "{state:?} and {event:?}");
    }
}

#[test]
fn e03_e04_silence_takes_back_no_refusal_and_makes_none() {
    for state in states() {
        for event in [Event::Failed(Class::Passing), Event::HeldBack, Event::FailedHere] {
            let (before, after) = (state.trouble, step(state, event).0.trouble);
            assert_eq!(
                before == Some(Class::Reconnect),
                after == Some(Class::Reconnect),
                "{state:?} and {event:?}"
            );
        }
    }
}

#[test]
fn o54_tokens_end_every_trouble_and_the_dead_on_arrival_ask_nobody_to_sign_in() {
    for (state, event) in pairs() {
        let Event::Tokens(brought) = event else { continue };
        let trouble = step(state, event).0.trouble;
        assert_eq!(
            trouble,
            if brought.alive { None } else { Some(Class::Passing) },
            "{state:?} and {event:?}"
        );
    }
}

#[test]
fn a_lock_and_a_pause_lie_over_a_state_and_give_it_back_unchanged() {
    let lifts = [(Event::Locked(true), Event::Locked(false)), (Event::Paused(true), Event::Paused(false))];
    for state in states().into_iter().filter(|s| !s.locked && !s.paused) {
        for (lay, lift) in lifts {
            let covered = step(state, lay).0;
            assert_eq!(step(covered, lift).0, state);
            for event in events().into_iter().filter(|e| !matches!(e, Event::Locked(_) | Event::Paused(_))) {
                let (under, open) = (step(step(covered, event).0, lift).0, step(state, event).0);
                assert_eq!(under, open, "{event:?} means the same under {lay:?}");
            }
        }
    }
}

#[test]
fn what_follows_from_a_state_fits_its_status() {
    for state in states() {
        let Effects { token, renewal, person } = state.effects();
        let status = state.status();
        match status {
            Status::Locked => assert_eq!((token, renewal), (OpenToken::Forget, Renewal::Never)),
            Status::Paused => assert_eq!(renewal, Renewal::Never),
            Status::NeedsReconnect => {
                assert_eq!((renewal, person), (Renewal::Never, Person::SignIn), "{state:?}")
            }
            Status::Unavailable => assert_eq!(renewal, Renewal::BackOff, "{state:?}: it is tried for ever"),
            _ => {}
        }
        assert_eq!(
            person == Person::SignIn,
            status == Status::NeedsReconnect,
            "{state:?}: nobody is asked on doubt"
        );
        assert_eq!(
            token == OpenToken::Forget,
            state.locked || state.trouble == Some(Class::Reconnect),
            "{state:?}: a token that lives is served"
        );
        let works = state.alive && state.refreshable && matches!(status, Status::Healthy | Status::Expiring);
        let own_kind = matches!(state.trouble, Some(Class::Key | Class::Warning));
        assert!(!works || own_kind || renewal == Renewal::Ahead, "{state:?}: what is well is renewed ahead");
    }
}

#[test]
fn the_engines_own_bookkeeping_is_the_tables() {
    let account = sample::account(NOW);
    for health in healths() {
        for (event, means) in happenings(&health) {
            let (before, after) = (state(&account, &health), state(&account, &after(&health, event, NOW)));
            let told = step(before, means).0;
            // Failed tries are counted beside the health.
            assert_eq!(after, State { failing: before.failing, ..told }, "{health:?} and {event:?}");
        }
    }
}

#[test]
fn every_kind_of_failure_is_of_a_class_that_the_table_knows() {
    for kind in FailureKind::ALL {
        assert!(FAILURES.contains(&class(kind.reason())), "{kind:?}");
    }
}

pub(super) fn states() -> Vec<State> {
    let classes = [
        None,
        Some(Class::Passing),
        Some(Class::Reconnect),
        Some(Class::FixProvider),
        Some(Class::Permissions),
        Some(Class::Warning),
        Some(Class::Key),
    ];
    let of = |n: u32, trouble| {
        let bit = |i: u32| n >> i & 1 == 1;
        State {
            locked: bit(0),
            paused: bit(1),
            trouble,
            alive: bit(2),
            refreshable: bit(3),
            narrow: bit(4),
            failing: bit(5),
            near: bit(6),
        }
    };
    (0..128).flat_map(|n| classes.map(|trouble| of(n, trouble))).collect()
}

pub(super) fn events() -> Vec<Event> {
    let tokens = (0..16_u32).map(|n| {
        let bit = |i: u32| n >> i & 1 == 1;
        Event::Tokens(Brought { alive: bit(0), refreshable: bit(1), narrow: bit(2), near: bit(3) })
    });
    let both = [true, false].into_iter().flat_map(|yes| {
        [
            Event::TokenLives(yes),
            Event::EndNears(yes),
            Event::Required { missing: yes },
            Event::Locked(yes),
            Event::Paused(yes),
        ]
    });
    let others =
        [Event::FailedHere, Event::HeldBack, Event::Damaged, Event::RefusedInUse, Event::NothingToRenew];
    tokens.chain(FAILURES.map(Event::Failed)).chain(others).chain(both).collect()
}

fn pairs() -> impl Iterator<Item = (State, Event)> {
    states().into_iter().flat_map(|state| events().into_iter().map(move |event| (state, event)))
}

/// A health for each reason and each way tokens can be.
fn healths() -> Vec<Health> {
    let reasons = Reason::ALL.iter().copied().map(Some).chain([None]);
    let mut all = Vec::new();
    for reason in reasons {
        for (ends_in, refreshable) in [(1, true), (1, false), (-1, true), (-1, false)] {
            let end = if ends_in > 0 { NOW + HOUR } else { NOW - HOUR };
            all.push(Health {
                access_expires_at: Some(end),
                refreshable,
                trouble: reason.map(|reason| Trouble { reason, since: NOW - HOUR }),
                ..Health::default()
            });
        }
    }
    all
}

/// What the engine can note of an account, and what that is in the table.
fn happenings(health: &Health) -> Vec<(TokenEvent<'static>, Event)> {
    let mut all = vec![
        (TokenEvent::HeldBack, Event::HeldBack),
        (TokenEvent::Damaged, Event::Damaged),
        (TokenEvent::RefusedInUse, Event::RefusedInUse),
    ];
    for (alive, refreshable) in [(true, true), (true, false), (false, true), (false, false)] {
        let renewed: &'static Renewed = Box::leak(Box::new(Renewed {
            access_expires_at: Some(if alive { NOW + HOUR } else { NOW }),
            grant_expires_at: None,
            grant_basis: None,
            refreshable,
            http_status: 200,
            attempts: 1,
        }));
        // An hour is within the warning time, where nothing renews the token.
        let near = !refreshable;
        let brought = Brought { alive, refreshable, narrow: false, near };
        all.push((TokenEvent::Renewed(renewed), Event::Tokens(brought)));
    }
    for &kind in FailureKind::ALL {
        let failure: &'static Failure = Box::leak(Box::new(Failure::new(kind)));
        for (ambiguous, interrupted) in [(false, false), (true, false), (false, true), (true, true)] {
            let failed: &'static FailedTry<'static> =
                Box::leak(Box::new(FailedTry { failure, ambiguous, interrupted, attempts: 1 }));
            let means = Event::Failed(class(failed_reason(health, failed, NOW)));
            all.push((TokenEvent::Failed(failed), means));
        }
    }
    all
}

fn state(account: &Account, health: &Health) -> State {
    let required = ScopeSet::default();
    State::of(&Facts {
        account,
        health,
        required: &required,
        locked: None,
        failing: false,
        warned: None,
        now: NOW,
        warn: WARN,
    })
}
