//! The plan: renewals with nobody reading, after sleep and clock changes, and never as a stampede.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Clock, Reason, Status};
use bowline_engine::Policy;
use bowline_engine::profile::Changes;
use bowline_engine::serve::Wanted;
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::{access_only, refusal, tokens};
use bowline_tests::world::{DAY, HOUR, MINUTE, NOON, SECOND, Seed, World};

#[tokio::test]
async fn r57_f02_a_day_without_any_reader_leaves_every_token_fresh() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo").at("other")]).await;
    world.answers([access_only("new")]);
    for _ in 0..24 * 4 {
        world.pass(MINUTE * 15).await;
        for id in &ids {
            let left = world.sight(id).health.access_expires_at.unwrap().since(world.engine.now());
            assert!(left >= MINUTE * 4, "{left:?} left");
        }
    }
    let asked = world.token_requests().len();
    assert!((48..=56).contains(&asked), "{asked} renewals of two accounts in a day");
}

#[tokio::test]
async fn r11_a_month_without_any_reader_keeps_the_grant_alive() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.pass(DAY * 30).await;
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn p4_a_hundred_accounts_connected_together_are_renewed_apart_and_in_time() {
    let (world, ids) = World::with((0..100).map(|n| Seed::fresh(&format!("p{n}")))).await;
    assert_eq!(ids.len(), 100);
    world.answers([access_only("new")]);
    let mut by_second: BTreeMap<u64, usize> = BTreeMap::new();
    let start = world.clock.instant();
    let mut seen = 0;
    while world.clock.instant().since(start) < MINUTE * 56 {
        world.pass(SECOND).await;
        let now = world.sent();
        if now > seen {
            by_second.insert(world.clock.instant().since(start).as_secs(), now - seen);
        }
        seen = now;
    }
    assert_eq!(seen, 100, "each once, before its end");
    assert!(by_second.values().all(|n| *n <= 16), "never as a stampede: {by_second:?}");
    assert!(by_second.keys().all(|s| *s <= 3300), "before expiry minus margin: {by_second:?}");
}

#[tokio::test]
async fn p4_a_clock_that_jumps_ahead_is_noticed_and_the_dead_token_renewed_with_nobody_reading() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.pass(MINUTE).await;
    world.clock.set_wall(NOON + HOUR * 10);
    world.pass(MINUTE * 2).await;
    assert_eq!(world.token_requests().len(), 1, "planned anew at once");
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
}

#[tokio::test]
async fn p4_a_clock_that_jumps_ahead_serves_no_dead_token() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.served(&ana).await;
    world.clock.set_wall(NOON + HOUR * 10);
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn p4_a_clock_that_is_set_back_lengthens_no_tokens_life() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.pass(MINUTE).await;
    world.clock.set_wall(NOON - HOUR * 10);
    world.pass(MINUTE * 58).await;
    assert_eq!(world.token_requests().len(), 1, "it is an hour old, whatever the wall says");
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn p4_a_clock_that_is_set_ahead_in_a_sleep_and_back_later_lengthens_no_tokens_life() {
    // Which of several things that are due at once is seen to first is left to chance.
    for _ in 0..8 {
        let (world, ana) = World::with_ana().await;
        world.answers([tokens("new")]);
        world.clock.advance(HOUR * 8);
        world.clock.set_wall(world.clock.wall() + HOUR * 10);
        world.pass(MINUTE).await;
        assert_eq!(world.token_requests().len(), 1);
        world.clock.set_wall(world.clock.wall() - HOUR * 10);
        world.answers([Reply::empty(503)]);
        world.pass(HOUR).await;
        assert_ne!(world.fares(&ana).0, Status::Healthy, "its token has died, whatever the wall says");
        let (read, _) = world.within(HOUR, world.read(&ana)).await;
        assert_eq!(text(read), "temporarily_unavailable");
    }
}

#[tokio::test]
async fn p4_an_hour_of_sleep_is_made_up_for_at_once() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    // A sleeping computer's clocks both go on; what should have happened meanwhile happens at the end.
    world.clock.advance(HOUR * 8);
    world.settle().await;
    world.pass(SECOND * 5).await;
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn p4_a_hundred_accounts_after_a_night_of_sleep_are_no_stampede() {
    let (world, _) = World::with((0..100).map(|n| Seed::fresh(&format!("p{n}")))).await;
    world.answers([access_only("new")]);
    world.clock.advance(HOUR * 8);
    world.settle().await;
    let at_once = world.token_requests().len();
    world.pass(MINUTE * 5).await;
    assert_eq!(world.token_requests().len(), 100);
    assert!(at_once <= 50, "{at_once} of 100 in the same instant");
}

#[tokio::test]
async fn p4_a_hundred_accounts_of_a_provider_that_comes_back_are_no_stampede() {
    let (world, _) = World::with((0..100).map(|n| Seed::fresh(&format!("p{n}")))).await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(MINUTE * 75).await;
    let before = world.sent();
    world.answers([access_only("new")]);
    world.pass(SECOND).await;
    assert!(world.sent() - before <= 16, "in the first second");
    world.pass(MINUTE * 6).await;
    assert!(world.ids().iter().all(|id| world.fares(id) == (Status::Healthy, None)));
}

#[tokio::test]
async fn f04_ten_failures_do_not_end_the_plan() {
    let (world, ana) = World::with_ana().await;
    world.answers((0..30).map(|_| Reply::empty(500)).chain([tokens("new")]));
    world.pass(HOUR * 3).await;
    assert_eq!((world.fares(&ana), world.served(&ana).await), ((Status::Healthy, None), "at-new".to_owned()));
}

#[tokio::test]
async fn e03_a_provider_that_is_down_for_a_day_is_asked_now_and_then() {
    let (world, _) = World::with_ana().await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(DAY).await;
    let asked = world.sent();
    assert!((100..3000).contains(&asked), "{asked} requests in a day");
}

#[tokio::test]
async fn nothing_is_asked_for_an_account_that_is_paused_or_ended() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let pause = Changes { label: None, paused: Some(true) };
    world.engine.change_account(&owner(), ids[0].as_str(), pause).await.unwrap();
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ids[1].as_str()).await;
    world.pass(DAY).await;
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!((world.sight(&ids[0]).next_refresh, world.sight(&ids[1]).next_refresh), (None, None));
    assert_eq!(world.fares(&ids[1]).1, Some(Reason::Revoked));
}

#[tokio::test]
async fn p4_new_figures_are_planned_by_at_once() {
    let (world, ana) = World::with_ana().await;
    let before = world.next_refresh_in(&ana).unwrap();
    world.engine.set_policy(Policy { margin: MINUTE * 1, ..Policy::default() });
    let after = world.next_refresh_in(&ana).unwrap();
    assert!(after > before + MINUTE * 3, "{before:?} {after:?}");
}

#[tokio::test]
async fn o37_a_margin_longer_than_the_life_makes_no_loop() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.engine.set_policy(Policy { margin: HOUR * 5, ..Policy::default() });
    world.answers([bowline_tests::world::script::tokens_for("new", 60)]);
    world.pass(MINUTE * 10).await;
    let asked = world.token_requests().len();
    assert!((10..=14).contains(&asked), "{asked}");
    assert_eq!(world.fares(&ids[0]).0, Status::Healthy);
    assert!(world.next_refresh_in(&ids[0]).unwrap() <= Duration::from_secs(60));
}

#[tokio::test]
async fn f25_f28_while_a_provider_limits_us_renewals_that_nobody_waits_for_come_after_those_of_readers() {
    let (world, ids) = World::with((0..20).map(|n| Seed::fresh(&format!("p{n}")))).await;
    world.answers([Reply::empty(429).header("retry-after", "600"), access_only("new")]);
    until_the_first_is_sent(&world).await;
    world.pass(MINUTE).await;
    assert_eq!(world.sent(), 1, "the other nineteen are due, and leave the provider alone");
    let waits = ids.iter().find(|id| world.fares(id).1 != Some(Reason::RateLimited)).unwrap();
    assert_eq!(text(world.read_for(waits, MINUTE * 30).await), "at-new");
    assert_eq!(world.sent(), 2, "whoever is waited for goes first");
    world.pass(MINUTE * 12).await;
    assert!(ids.iter().all(|id| world.fares(id) == (Status::Healthy, None)), "the pause over, all are well");
    assert_eq!(world.sent(), 21, "each was renewed, and none was asked for twice");
}

#[tokio::test]
async fn f58_a_used_up_quota_puts_off_the_renewals_of_others_until_it_is_filled_again() {
    let (world, _) = World::with((0..5).map(|n| Seed::fresh(&format!("p{n}")))).await;
    let spent = access_only("new").header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "90");
    world.answers([spent, access_only("new")]);
    until_the_first_is_sent(&world).await;
    world.pass(SECOND * 89).await;
    assert_eq!(world.sent(), 1, "nobody else asks");
    world.pass(SECOND * 12).await;
    assert_eq!(world.sent(), 5);
}

#[tokio::test]
async fn f07_no_host_is_ever_asked_but_the_providers_own() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo").at("other")]).await;
    world.answers([
        Reply::fault(FaultKind::Refused, Sent::Nothing),
        refusal(400, "invalid_grant", ""),
        tokens("new"),
    ]);
    world.pass(HOUR * 3).await;
    for id in &ids {
        let _ = world.read_for(id, HOUR * 2).await;
    }
    let hosts: std::collections::BTreeSet<String> =
        world.token_requests().iter().filter_map(|sent| sent.url.host_str().map(str::to_owned)).collect();
    assert_eq!(hosts.into_iter().collect::<Vec<_>>(), ["acme.example", "other.example"]);
}

#[tokio::test]
async fn o45_an_hour_of_reads_and_renewals_of_two_hundred_accounts_keeps_nobody_waiting_for_ever() {
    let (world, ids) =
        World::with((0..200).map(|n| Seed::fresh(&format!("p{n}")).living(Some(MINUTE * 5)))).await;
    world.answers([Reply::empty(503), access_only("new"), access_only("new"), access_only("new")]);
    let longest = world.engine.policy().longest_try() + MINUTE;
    let mut answered = 0;
    for _ in 0..60 {
        world.pass(MINUTE).await;
        let readers: Vec<_> = ids
            .iter()
            .enumerate()
            .map(|(n, id)| {
                let (engine, id) = (Arc::clone(&world.engine), id.clone());
                let min_ttl = (n % 3 == 0).then_some(HOUR);
                let wanted = Wanted { min_ttl, ..Wanted::default() };
                tokio::spawn(async move { engine.token(&owner(), id.as_str(), &wanted).await.is_ok() })
            })
            .collect();
        for reader in readers {
            let (served, _) = world.within(longest, reader).await;
            answered += usize::from(served.is_ok());
        }
    }
    assert_eq!(answered, 200 * 60, "every read has an answer");
}

/// Lets time pass until a renewal asks its provider.
async fn until_the_first_is_sent(world: &World) {
    while world.sent() == 0 {
        world.pass(SECOND).await;
    }
}
