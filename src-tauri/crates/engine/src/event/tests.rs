//! Watching: everybody hears the same, and nobody is held up by who listens slowly or not at all.

use bowline_base::random::SeededRandom;
use tokio::sync::broadcast::error::TryRecvError;

use super::*;

fn token_of(account: &AccountId) -> Event {
    Event::AccountToken { account: account.clone() }
}

#[test]
fn every_watcher_hears_what_is_told_from_then_on() {
    let events = Events::default();
    let (one, two) = (AccountId::random(&SeededRandom::new(1)), AccountId::random(&SeededRandom::new(2)));
    events.tell(token_of(&one));
    let mut early = events.watch();
    events.tell(token_of(&two));
    let mut late = events.watch();
    assert_eq!(early.try_recv(), Ok(token_of(&two)));
    assert_eq!(late.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_slow_watcher_misses_the_oldest_and_holds_nobody_up() {
    let events = Events::default();
    let mut slow = events.watch();
    let account = AccountId::random(&SeededRandom::new(1));
    for _ in 0..BACKLOG * 3 {
        events.tell(token_of(&account));
    }
    assert!(matches!(slow.try_recv(), Err(TryRecvError::Lagged(_))));
    assert_eq!(slow.try_recv(), Ok(token_of(&account)), "and goes on with what is left");
}
