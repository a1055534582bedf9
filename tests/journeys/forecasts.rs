//! When the person will be needed: what the provider states, what is known of it, and what an account's own history
//! teaches; and that a grant which dies of idleness is kept alive.

use std::time::Duration;

use bowline_base::{AccountId, Basis, Reason, Status};
use bowline_engine::notice::Kind;
use bowline_engine::profile::Changes;
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::owner;
use bowline_tests::world::script::{refusal, tokens_for};
use bowline_tests::world::{DAY, HOUR, MINUTE, Seed, World};

/// How far away the forecast end is, in whole seconds, and from where it is known.
fn forecast(world: &World, id: &AccountId) -> Option<(Duration, Basis)> {
    let forecast = world.sight(id).forecast?;
    let away = forecast.ends_at.since(world.engine.now());
    Some((Duration::from_secs(away.as_secs()), forecast.basis))
}

/// A grant of this account lives so long, ends, and the person signs in again.
async fn lives_and_ends(world: &World, id: &AccountId, life: Duration) {
    world.answers([tokens_for("new", 86_400)]);
    world.pass(life).await;
    world.answers([refusal(400, "invalid_grant", "no")]);
    let _ = world.engine.refresh_now(id.as_str()).await;
    assert_eq!(world.fares(id), (Status::NeedsReconnect, Some(Reason::Revoked)));
    assert_eq!(world.sight(id).forecast, None, "what has ended has no future");
    assert_eq!(world.connected(world.sight(id).account.provider.as_str(), "ana").await, *id);
    world.answers([tokens_for("new", 86_400)]);
}

#[tokio::test]
async fn a_providers_word_is_called_stated_and_its_files_policy() {
    let world = World::new().await;
    let ana = world.connected("brief", "ana").await;
    assert_eq!(forecast(&world, &ana), Some((DAY * 60, Basis::Policy)));
    let because = world.sight(&ana).forecast.unwrap().because;
    assert_eq!(because, "sign-ins at Brief end after 60 days");
    let stating = r#"{"access_token":"at-2","expires_in":3600,"refresh_token_expires_in":864000}"#;
    world.answers([Reply::json(200, stating)]);
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert_eq!(forecast(&world, &ana), Some((DAY * 10, Basis::Stated)));
    let world = world.restarted().await;
    assert_eq!(forecast(&world, &ana), Some((DAY * 10, Basis::Stated)), "also after a restart");
}

#[tokio::test]
async fn two_grants_that_lived_equally_long_tell_how_long_the_next_will_also_after_a_restart() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(DAY))]).await;
    let ana = &ids[0];
    lives_and_ends(&world, ana, DAY * 30).await;
    assert_eq!(forecast(&world, ana), None, "one end is no rule");
    lives_and_ends(&world, ana, DAY * 31).await;
    assert_eq!(forecast(&world, ana), Some((DAY * 30, Basis::Learned)));
    assert_eq!(world.sight(ana).forecast.unwrap().because, "the last 2 sign-ins ended after about 30 days");
    let world = world.restarted().await;
    assert_eq!(forecast(&world, ana), Some((DAY * 30, Basis::Learned)));
}

#[tokio::test]
async fn r36_from_three_grants_that_agree_on_an_account_is_expiring_and_nobody_is_notified_of_a_guess() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(DAY))]).await;
    let ana = &ids[0];
    for days in [28, 29, 28] {
        lives_and_ends(&world, ana, DAY * days).await;
    }
    world.pass(DAY * 20).await;
    assert_eq!(world.fares(ana), (Status::Healthy, None));
    world.pass(DAY * 2).await;
    assert_eq!(world.fares(ana), (Status::Expiring, Some(Reason::GrantExpires)));
    let sight = world.sight(ana);
    assert!(sight.message.contains("will probably ask you"), "{}", sight.message);
    assert_eq!(sight.health.grant_expires_at, None, "the provider said nothing");
    world.pass(DAY * 12).await;
    assert_eq!(
        world.fares(ana),
        (Status::Healthy, None),
        "r37: it has outlived the guess, which is told no more"
    );
    let warned = world.desktop.shown().into_iter().filter(|t| matches!(t.notice.kind, Kind::Expiring { .. }));
    assert_eq!(warned.count(), 0);
}

#[tokio::test]
async fn r36_a_client_in_testing_is_known_by_one_grant_of_its_life_and_warned_of_like_any_end() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(DAY)).at("sleepy")]).await;
    let ana = &ids[0];
    lives_and_ends(&world, ana, DAY * 7).await;
    assert_eq!(forecast(&world, ana), Some((DAY * 7, Basis::Policy)));
    let before = world.desktop.shown_about(ana.as_str()).len();
    world.pass(DAY * 7 - HOUR).await;
    assert_eq!(world.fares(ana), (Status::Expiring, Some(Reason::GrantExpires)));
    let shown = world.desktop.shown_about(ana.as_str());
    let warned = shown[before..].iter().filter(|told| matches!(told.notice.kind, Kind::Expiring { .. }));
    assert_eq!(warned.count(), 3, "at three days, one day and two hours: {shown:?}");
}

#[tokio::test]
async fn r11_a_grant_that_dies_of_idleness_is_kept_alive_although_nobody_reads_and_the_token_lives_on() {
    for life in [None, Some(DAY * 365)] {
        let (world, ids) = World::with([Seed::fresh("ana").living(life).at("sleepy")]).await;
        let endless =
            Reply::json(200, r#"{"access_token":"at-new","refresh_token":"rt-new","expires_in":31536000}"#);
        world.answers([endless]);
        for day in 0..120 {
            world.pass(DAY).await;
            let issued = world.sight(&ids[0]).health.access_issued_at.unwrap();
            assert!(world.engine.now().since(issued) < DAY * 24, "idle for too long on day {day}");
        }
        let renewals = world.token_requests().len();
        assert!((5..=8).contains(&renewals), "{renewals} in 120 days");
        assert_eq!(world.fares(&ids[0]), (Status::Healthy, None));
        assert_eq!(world.sight(&ids[0]).forecast, None, "it has no end of its own");
    }
}

#[tokio::test]
async fn r11_a_paused_account_is_told_when_its_grant_dies_of_idleness() {
    let (world, ids) = World::with([Seed::fresh("ana").at("sleepy")]).await;
    let pause = Changes { label: None, paused: Some(true) };
    world.engine.change_account(&owner(), ids[0].as_str(), pause).await.unwrap();
    assert_eq!(forecast(&world, &ids[0]), Some((DAY * 30, Basis::Policy)));
    assert!(world.sight(&ids[0]).forecast.unwrap().because.contains("not used for 30 days"));
}

#[tokio::test]
async fn r38_an_end_that_each_renewal_moves_calls_nobody_expiring() {
    let world = World::new().await;
    let ana = world.connected("acme", "ana").await;
    let rolling = r#"{"access_token":"at-r","refresh_token":"rt-r","expires_in":3600,"refresh_token_expires_in":172800}"#;
    world.answers([Reply::json(200, rolling)]);
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert_eq!(world.fares(&ana).0, Status::Expiring, "nobody knows yet that it moves");
    world.pass(HOUR).await;
    for _ in 0..30 {
        world.pass(HOUR * 5).await;
        assert_eq!((world.fares(&ana), world.sight(&ana).forecast), ((Status::Healthy, None), None));
    }
    world.answers([Reply::empty(503)]);
    world.pass(DAY * 2).await;
    assert!(world.sight(&ana).health.grant_expires_at.is_some_and(|end| end < world.engine.now() + MINUTE));
    assert_eq!(world.fares(&ana).0, Status::Unavailable, "only the provider may say that it has ended");
}

#[tokio::test]
async fn what_was_lost_on_the_way_or_damaged_teaches_nothing() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(DAY))]).await;
    let ana = &ids[0];
    for _ in 0..3 {
        world.answers([tokens_for("new", 86_400)]);
        world.pass(DAY * 10).await;
        world.answers([Reply::Hang, refusal(400, "invalid_grant", "no")]);
        let (renewed, _) = world.within(HOUR, world.engine.refresh_now(ana.as_str())).await;
        assert!(renewed.is_err());
        assert_eq!(world.fares(ana).1, Some(Reason::ReuseSuspected));
        world.connected("acme", "ana").await;
    }
    assert_eq!(forecast(&world, ana), None);
}
