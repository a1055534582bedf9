//! Accounts that are never renewed: their providers are asked after them, so that a revocation is noticed.

use bowline_base::{Reason, Status};
use bowline_engine::profile::Changes;
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::journey::owner;
use bowline_tests::world::script::person;
use bowline_tests::world::{DAY, HOUR, MINUTE, Seed, World};

async fn unrenewable() -> (World, bowline_base::AccountId) {
    let (world, mut ids) = World::with([Seed::fresh("ana").living(None).unrenewable()]).await;
    world.net.now_on("/userinfo", person("ana"));
    (world, ids.remove(0))
}

#[tokio::test]
async fn f15_a_token_that_never_ends_is_asked_after_once_a_day() {
    let (world, ana) = unrenewable().await;
    world.pass(MINUTE * 11).await;
    assert_eq!(world.sent(), 1, "soon after the start: nobody knows how long the agent was away");
    world.pass(DAY * 10).await;
    assert!((11..=15).contains(&world.sent()), "{}", world.sent());
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert!(world.desktop.shown().is_empty());
}

#[tokio::test]
async fn f15_what_was_revoked_is_noticed_within_a_day_with_nobody_reading_and_told_once() {
    let (world, ana) = unrenewable().await;
    world.pass(HOUR).await;
    world.net.now_on("/userinfo", Reply::empty(401));
    world.pass(DAY).await;
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::Revoked)));
    assert_eq!(world.served(&ana).await, "reconnect_required");
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
    let sent = world.sent();
    world.pass(DAY * 3).await;
    assert_eq!(world.sent(), sent, "what has ended is not asked after");
}

#[tokio::test]
async fn f16_silence_and_errors_say_nothing_and_are_asked_about_again() {
    for answer in [Reply::empty(500), Reply::fault(FaultKind::Refused, Sent::Nothing), Reply::empty(429)] {
        let (world, ana) = unrenewable().await;
        world.net.now_on("/userinfo", answer);
        world.pass(DAY * 2).await;
        assert_eq!((world.fares(&ana), world.served(&ana).await), ((Status::Healthy, None), "at-ana".into()));
        assert!((30..=80).contains(&world.sent()), "about once an hour: {}", world.sent());
    }
}

#[tokio::test]
async fn f15_an_account_that_is_renewed_or_paused_is_not_asked_after() {
    let (world, ids) = World::with([
        Seed::fresh("ana").living(Some(DAY * 30)),
        Seed::fresh("ben").living(None).unrenewable(),
    ])
    .await;
    let paused = Changes { label: None, paused: Some(true) };
    world.engine.change_account(&owner(), ids[1].as_str(), paused).await.expect("it can be paused");
    world.pass(DAY * 3).await;
    assert_eq!(world.sent(), 0);
}
