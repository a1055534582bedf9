//! What the person is told unasked: only what needs them, once for an account and cause in a day, and taken back
//! when it is mended.

use bowline_base::Status;
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{DAY, HOUR, MINUTE, SECOND, Seed, World};

#[tokio::test]
async fn r61_one_notice_for_an_account_and_cause_in_a_day() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    for _ in 0..20 {
        let _ = world.engine.refresh_now(ana.as_str()).await;
        world.pass(HOUR).await;
    }
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
    let notice = world.desktop.shown().remove(0);
    assert!(notice.body.contains("Acme") && notice.body.contains("econnect"), "r06: {}", notice.body);
    world.pass(HOUR * 5).await;
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.settle().await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 2, "and again the next day");
}

#[tokio::test]
async fn r61_another_cause_is_told_at_once() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked"), refusal(400, "admin_policy_enforced", "ask")]);
    for _ in 0..2 {
        let _ = world.engine.refresh_now(ana.as_str()).await;
        world.pass(MINUTE).await;
    }
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 2);
}

#[tokio::test]
async fn r61_a_notice_is_taken_back_when_the_account_is_mended_and_said_anew_when_it_breaks_again() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(SECOND * 3).await;
    world.connected("acme", "ana").await;
    assert_eq!(world.desktop.withdrawn(), [ana.as_str()]);
    world.pass(DAY).await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(SECOND * 3).await;
    assert_eq!(world.fares(&ana).0, Status::NeedsReconnect);
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 2);
}

#[tokio::test]
async fn r61_what_breaks_again_within_the_day_after_being_mended_is_not_hidden() {
    let (world, ana) = World::with_ana().await;
    for _ in 0..2 {
        world.answers([refusal(400, "invalid_grant", "revoked")]);
        let _ = world.engine.refresh_now(ana.as_str()).await;
        world.pass(SECOND * 3).await;
        world.connected("acme", "ana").await;
        world.pass(MINUTE).await;
    }
    let shown = world.desktop.shown_about(ana.as_str()).len();
    assert!((1..=2).contains(&shown), "{shown}: at most once for a cause in 24 hours");
    assert_eq!(world.desktop.withdrawn().len(), shown, "each is taken back");
}

#[tokio::test]
async fn r61_an_account_that_goes_takes_its_notice_with_it() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(SECOND * 3).await;
    world.engine.disconnect(&bowline_tests::world::journey::owner(), ana.as_str(), true).await.unwrap();
    assert_eq!(world.desktop.withdrawn(), [ana.as_str()]);
}

#[tokio::test]
async fn r61_what_mends_itself_is_not_told_over_thirty_days_of_outages() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let outages = [
        Reply::fault(FaultKind::Refused, Sent::Nothing),
        Reply::empty(503),
        Reply::empty(429),
        Reply::html(200, "<h1>Wi-Fi</h1>"),
        Reply::fault(FaultKind::Tls, Sent::Nothing),
    ];
    for day in 0..30 {
        world.answers([outages[day % outages.len()].clone()]);
        world.pass(HOUR * 2).await;
        world.answers([tokens("new")]);
        world.pass(HOUR * 22).await;
    }
    assert!(world.desktop.shown().is_empty(), "{:?}", world.desktop.shown());
    assert!(ids.iter().all(|id| world.fares(id) == (Status::Healthy, None)));
}

#[tokio::test]
async fn r08_a_broken_account_is_told_without_anybody_reading_it() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "expired")]);
    world.pass(HOUR).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
    assert!(world.desktop.opened().is_empty(), "p7");
}

#[tokio::test]
async fn r08_a_token_without_renewal_that_dies_is_told_without_anybody_reading_it() {
    let (world, ids) = World::with([Seed::fresh("ana").unrenewable()]).await;
    world.pass(HOUR + MINUTE).await;
    assert_eq!(world.fares(&ids[0]).0, Status::NeedsReconnect);
    assert_eq!(world.desktop.shown_about(ids[0].as_str()).len(), 1);
}

#[tokio::test]
async fn p5_no_notice_ever_holds_a_token() {
    let (world, ana) = World::with_ana().await;
    let words =
        "token at-ana and rt-ana were revoked eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl";
    world.answers([refusal(400, "invalid_grant", words)]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(SECOND * 3).await;
    let shown = format!("{:?}", world.desktop.shown());
    assert!(!shown.contains("at-ana") && !shown.contains("eyJ"), "{shown}");
    let last = world.sight(&ana).health.last_refresh.unwrap();
    assert!(!last.provider_description.unwrap_or_default().contains("eyJ"), "e36: cleaned");
}
