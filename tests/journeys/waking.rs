//! What the computer tells of itself: its network returns, it falls asleep and wakes up, its clock is set or off.

use std::collections::BTreeMap;
use std::time::Duration;

use bowline_base::{Clock, Reason, Status};
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::browse;
use bowline_tests::world::journey::{text, wish};
use bowline_tests::world::script::{access_only, tokens, tokens_for};
use bowline_tests::world::{DAY, HOUR, MINUTE, NOON, SECOND, Seed, World};

use crate::signer;

fn nobody() -> Reply {
    Reply::fault(FaultKind::Refused, Sent::Nothing)
}

#[tokio::test]
async fn p4_the_networks_return_is_made_use_of_within_seconds() {
    let (world, ana) = World::with_ana().await;
    world.answers([nobody()]);
    world.pass(HOUR * 3).await;
    assert_eq!(world.fares(&ana).0, Status::Unavailable);
    world.answers([tokens("new")]);
    world.engine.network_returned();
    world.pass(SECOND * 3).await;
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn p4_a_reader_who_comes_right_after_the_networks_return_waits_for_no_pause() {
    let (world, ana) = World::with_ana().await;
    world.answers([nobody()]);
    world.pass(HOUR * 3).await;
    assert_eq!(text(world.read(&ana).await), "temporarily_unavailable", "within the pause");
    world.answers([tokens("new")]);
    world.engine.network_returned();
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn p4_a_hundred_accounts_are_no_stampede_when_the_network_returns() {
    let (world, ids) = World::with((0..100).map(|n| Seed::fresh(&format!("p{n}")))).await;
    world.answers([nobody()]);
    world.pass(HOUR * 2).await;
    let (mut seen, mut by_second) = (world.sent(), BTreeMap::new());
    world.answers([access_only("new")]);
    for second in 0..60 {
        // Addresses and routes come one after the other.
        world.engine.network_returned();
        world.pass(SECOND).await;
        by_second.insert(second, world.sent() - seen);
        seen = world.sent();
    }
    assert!(by_second.values().all(|n| *n <= 20), "no more than may begin in one instant: {by_second:?}");
    let well = ids.iter().filter(|id| world.fares(id) == (Status::Healthy, None)).count();
    assert_eq!(well, 100, "{by_second:?}");
}

#[tokio::test]
async fn p4_a_network_that_comes_and_goes_does_not_make_a_storm_of_tries() {
    let (world, _) = World::with_ana().await;
    world.answers([nobody()]);
    world.pass(HOUR * 2).await;
    let before = world.sent();
    for _ in 0..600 {
        world.engine.network_returned();
        world.pass(Duration::from_millis(100)).await;
    }
    let tries = (world.sent() - before) / 3;
    assert!((2..=13).contains(&tries), "{tries} tries in a minute");
}

#[tokio::test]
async fn p4_the_networks_return_shortens_no_pause_that_a_provider_asked_for() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(429).header("retry-after", "3600")]);
    world.pass(HOUR).await;
    assert_eq!(world.fares(&ana).1, Some(Reason::RateLimited));
    let before = world.sent();
    world.engine.network_returned();
    world.pass(MINUTE * 10).await;
    assert_eq!(world.sent(), before);
}

#[tokio::test]
async fn p4_a_network_that_changes_disturbs_nobody_who_is_well() {
    let (world, ana) = World::with_ana().await;
    let planned = world.sight(&ana).next_refresh;
    world.engine.network_returned();
    world.pass(MINUTE).await;
    assert_eq!((world.sent(), world.sight(&ana).next_refresh), (0, planned));
}

#[tokio::test]
async fn p4_nothing_begins_while_the_computer_falls_asleep_and_what_was_due_is_made_up_for() {
    let (world, _) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([tokens("new")]);
    world.pass(SECOND * 44).await;
    world.engine.going_to_sleep();
    world.pass(SECOND * 10).await;
    assert_eq!(world.sent(), 0, "its sleep would cut the renewal off");
    world.clock.advance(HOUR * 8);
    world.engine.woke_up().await;
    world.pass(SECOND * 3).await;
    assert_eq!(world.sent(), 1);
}

#[tokio::test]
async fn p4_a_computer_that_stays_awake_after_all_goes_on_by_itself() {
    let (world, _) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([tokens("new")]);
    world.engine.going_to_sleep();
    world.pass(SECOND * 48).await;
    assert_eq!(world.sent(), 1);
}

#[tokio::test]
async fn p3_who_reads_a_living_token_is_served_while_the_computer_falls_asleep() {
    let (world, ana) = World::with_ana().await;
    world.engine.going_to_sleep();
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn p4_a_clock_that_was_ahead_for_a_while_leaves_the_end_of_a_grant_where_it_is() {
    let (world, ids) = World::with([Seed { grant_lives: Some(DAY * 20), ..Seed::fresh("ana") }]).await;
    world.answers([access_only("new")]);
    let end = world.sight(&ids[0]).health.grant_expires_at;
    world.clock.set_wall(NOON + HOUR * 10);
    world.pass(HOUR).await;
    world.clock.set_wall(world.clock.wall() - HOUR * 10);
    world.pass(MINUTE).await;
    assert_eq!(world.sight(&ids[0]).health.grant_expires_at, end);
    world.clock.set_wall(world.clock.wall() - HOUR * 10);
    world.pass(MINUTE).await;
    let moved = world.sight(&ids[0]).health.grant_expires_at;
    assert_eq!(moved, end.map(|end| end - HOUR * 10), "set back beyond that, it is as far away as before");
}

#[tokio::test]
async fn p4_a_clock_that_was_behind_for_a_while_leaves_the_end_of_a_grant_where_it_is() {
    let (world, ids) = World::with([Seed { grant_lives: Some(DAY * 20), ..Seed::fresh("ana") }]).await;
    world.answers([access_only("new")]);
    let end = world.sight(&ids[0]).health.grant_expires_at;
    for _ in 0..3 {
        world.clock.set_wall(world.clock.wall() - HOUR * 10);
        world.pass(HOUR).await;
        assert_eq!(world.sight(&ids[0]).health.grant_expires_at, end.map(|end| end - HOUR * 10));
        world.clock.set_wall(world.clock.wall() + HOUR * 10);
        world.pass(HOUR).await;
        assert_eq!(world.sight(&ids[0]).health.grant_expires_at, end);
    }
}

#[tokio::test]
async fn p4_an_end_that_was_told_while_the_clock_was_ahead_moves_back_with_it() {
    let (world, ana) = World::with_ana().await;
    let stating = r#"{"access_token":"at-2","expires_in":3600,"refresh_token_expires_in":864000}"#;
    world.answers([Reply::json(200, stating)]);
    world.clock.set_wall(NOON + HOUR * 10);
    world.pass(SECOND).await;
    assert_eq!(world.served(&ana).await, "at-2", "it looked dead and was renewed");
    world.clock.set_wall(world.clock.wall() - HOUR * 10);
    world.settle().await;
    let left = world.sight(&ana).health.grant_expires_at.unwrap().since(world.engine.now());
    assert_eq!(left + SECOND, DAY * 10, "a second has passed");
}

#[tokio::test]
async fn r50_a_clock_that_is_off_is_told_by_how_much_and_prompts_nobody() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens_for("new", 0).header("date", "Sat, 21 Nov 2026 14:00:00 GMT")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.fares(&ana).1, Some(Reason::ClockSkew));
    let message = world.sight(&ana).message;
    assert!(message.contains("clock is 2 hours behind Acme's"), "{message}");
    assert_eq!(world.engine.measured_skew().map(|skew| skew.by), Some(HOUR * 2));
    world.pass(MINUTE * 10).await;
    assert!(world.desktop.shown().is_empty());
}

#[tokio::test]
async fn r50_a_sign_in_that_the_clock_spoils_names_by_how_much_it_is_off() {
    let world = World::new().await;
    signer::publish(&world);
    world.net.now_on("/revoke", Reply::empty(200));
    let begun = world.begin(wish("oidc")).await;
    let nonce = browse::parameter(&begun.authorize_url, "nonce").unwrap();
    let old = signer::tokens("new", &signer::id_token("ana", Some(&nonce), -8000));
    world.answers([old.header("date", "Sat, 21 Nov 2026 10:00:00 GMT")]);
    let page = world.comes_back(&begun, "code=c&state=STATE").await;
    assert!(page.words().contains("clock is 2 hours ahead of Oidc"), "{}", page.words());
}

#[tokio::test]
async fn r50_a_clock_that_is_set_right_is_tried_with_at_once() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens_for("new", 0).header("date", "Sat, 21 Nov 2026 14:00:00 GMT")]);
    world.pass(HOUR * 3).await;
    assert_eq!(world.fares(&ana).1, Some(Reason::ClockSkew));
    world.answers([tokens("right")]);
    world.clock.set_wall(world.clock.wall() + HOUR * 2);
    world.pass(SECOND * 10).await;
    assert_eq!((world.fares(&ana), world.engine.measured_skew()), ((Status::Healthy, None), None));
}

#[tokio::test]
async fn r50_a_clock_that_is_right_is_not_blamed_for_a_provider_that_counts_wrongly() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens_for("new", 0).header("date", "Sat, 21 Nov 2026 12:00:03 GMT")]);
    let _ = world.read_for(&ana, HOUR * 2).await;
    assert_eq!(world.fares(&ana).1, Some(Reason::ClockSkew));
    let message = world.sight(&ana).message;
    assert!(!message.contains("clock") && message.contains("Acme"), "{message}");
}

#[tokio::test]
async fn r50_a_clock_that_is_far_off_shortens_no_life_that_the_provider_counts() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new").header("date", "Sat, 21 Nov 2026 22:00:00 GMT")]);
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    let left = world.sight(&ana).health.access_expires_at.unwrap().since(world.engine.now());
    assert_eq!(left, HOUR);
}
