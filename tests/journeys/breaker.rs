//! A provider that does not answer is left alone: one breaker for its host, and one try to see whether it is back.

use std::time::Duration;

use bowline_base::{Reason, Status};
use bowline_engine::EngineError;
use bowline_engine::event::Event;
use bowline_engine::figures::alerts::Alert;
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, NOON, SECOND, Seed, World};

const NAMES: [&str; 8] = ["ana", "ben", "cleo", "dan", "eve", "finn", "gus", "hal"];

/// Nobody is at the other end, and all tokens have died but that of the last one, who is elsewhere.
async fn all_dead() -> (World, Vec<bowline_base::AccountId>) {
    let seeds = NAMES.map(|name| Seed::fresh(name).living(Some(MINUTE)));
    let elsewhere = Seed::fresh("zoe").at("steady");
    let (world, ids) = World::with(seeds.into_iter().chain([elsewhere])).await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(MINUTE * 2).await;
    (world, ids)
}

#[tokio::test]
async fn f40_after_five_tries_without_an_answer_nobody_asks_for_a_minute_and_then_one_does() {
    let (world, ids) = all_dead().await;
    let waiting = ids[..8].iter().filter(|id| world.fares(id).1 == Some(Reason::BreakerOpen)).count();
    assert!(waiting >= 3, "the others were held back without being tried: {waiting}");
    let before = world.token_requests().len();
    world.pass(MINUTE * 10).await;
    let sent = world.token_requests().len() - before;
    assert!(sent <= 3 * 11, "three requests a minute, whatever the number of accounts: {sent}");
    assert!(ids.iter().all(|id| world.fares(id).0 != Status::NeedsReconnect));
    assert_eq!(world.fares(&ids[8]).0, Status::Healthy, "another host's account is not held back");
}

#[tokio::test]
async fn f40_when_it_answers_again_all_are_renewed_within_minutes() {
    let (world, ids) = all_dead().await;
    world.answers(NAMES.map(tokens));
    world.pass(MINUTE * 3).await;
    for id in &ids[..8] {
        assert_eq!(world.fares(id), (Status::Healthy, None));
    }
    assert!(world.desktop.shown().is_empty(), "nobody could have done anything about it");
}

#[tokio::test]
async fn f40_a_provider_that_refuses_is_there_and_its_breaker_stays_closed() {
    let (world, ids) = World::with(NAMES.map(|name| Seed::fresh(name).living(Some(MINUTE)))).await;
    world.answers([refusal(503, "temporarily_unavailable", "later")]);
    world.pass(MINUTE * 5).await;
    assert!(ids.iter().all(|id| world.fares(id).1 == Some(Reason::ProviderError)));
}

#[tokio::test]
async fn f41_while_it_is_open_a_reader_hears_so_at_once_and_the_provider_nothing() {
    let (world, ids) = all_dead().await;
    let before = world.token_requests().len();
    for id in &ids[..8] {
        let (read, took) = world.within(HOUR, world.read(id)).await;
        let Err(EngineError::TemporarilyUnavailable { retry_after, .. }) = read else {
            panic!("no token is left, and no dead one is given")
        };
        assert_eq!(took, Duration::ZERO);
        assert!((SECOND..=MINUTE * 2).contains(&retry_after), "{retry_after:?}");
    }
    assert_eq!(world.token_requests().len(), before);
}

#[tokio::test]
async fn f40_what_the_owner_wants_at_once_is_tried_at_once() {
    let (world, ids) = all_dead().await;
    world.answers([tokens("new")]);
    let name = ids[0].to_string();
    let (done, _) = world.within(MINUTE, world.engine.refresh_now(&name)).await;
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(world.fares(&ids[0]), (Status::Healthy, None));
}

#[tokio::test]
async fn f47_that_it_opened_is_told_once_and_that_it_closed_too() {
    let (world, _ids) = all_dead().await;
    world.pass(MINUTE * 5).await;
    let alerts = |world: &World| -> Vec<bool> {
        let told = world.events().into_iter().filter_map(|event| match event {
            Event::Alert(Alert { name: "breaker_open", severity: "critical", about, cleared_at, .. }) => {
                assert_eq!(about.as_deref(), Some("acme.example"));
                Some(cleared_at.is_none())
            }
            _ => None,
        });
        told.collect()
    };
    assert_eq!(alerts(&world), [true], "once, however long it lasts");
    world.answers(NAMES.map(tokens));
    world.pass(MINUTE * 3).await;
    assert_eq!(alerts(&world), [true, false]);
}

#[tokio::test]
async fn p4_a_network_that_is_back_after_a_sleep_is_not_waited_for() {
    let (world, ids) = all_dead().await;
    world.answers(NAMES.map(tokens));
    world.clock.set_wall(NOON + HOUR * 2);
    world.pass(SECOND * 30).await;
    assert!(ids[..8].iter().any(|id| world.fares(id).0 == Status::Healthy));
}
