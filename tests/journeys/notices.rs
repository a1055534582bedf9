//! What the person is told unasked: only what needs them, once for an account and cause in a day, and taken back
//! when it is mended.

use bowline_base::{Clock, Status};
use bowline_engine::Policy;
use bowline_engine::notice::moments::Quiet;
use bowline_engine::notice::{Button, Kind, Place};
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{DAY, HOUR, MINUTE, SECOND, Seed, Setup, World};

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
async fn r61_a_clock_that_is_set_ahead_does_not_make_a_day_shorter() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(HOUR * 10).await;
    world.clock.set_wall(world.clock.wall() + HOUR * 12);
    world.pass(HOUR * 13).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1, "23 hours after it was told");
    world.clock.set_wall(world.clock.wall() - HOUR * 12);
    world.pass(HOUR * 2).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 2, "and 25 hours after it");
}

#[tokio::test]
async fn r61_an_account_that_was_named_with_others_is_not_told_of_again_by_itself_the_same_day() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo"), Seed::fresh("cy")]).await;
    world.answers([tokens("new")]);
    for id in &ids {
        let _ = world.engine.refresh_now(id.as_str()).await;
    }
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ids[0].as_str()).await;
    world.answers([tokens("new")]);
    world.pass(HOUR * 71).await;
    assert_eq!(world.desktop.shown().len(), 2, "at once, and the next day");
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    for id in &ids[1..] {
        let _ = world.engine.refresh_now(id.as_str()).await;
    }
    world.pass(HOUR * 24 + MINUTE).await;
    let shown = world.desktop.shown();
    assert_eq!((shown.len(), shown[3].title.as_str()), (4, "3 accounts need you"));
    world.pass(HOUR * 20).await;
    assert_eq!(world.desktop.shown().len(), 4, "all three were named a few hours ago");
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

#[tokio::test]
async fn r69_accounts_that_end_together_are_one_notice_that_shrinks_as_they_are_mended() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo"), Seed::fresh("cy")]).await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    for id in &ids {
        let _ = world.engine.refresh_now(id.as_str()).await;
    }
    world.pass(SECOND * 3).await;
    let screen = world.desktop.on_screen();
    assert_eq!((screen.len(), screen[0].title.as_str()), (1, "3 accounts need you"));
    assert_eq!(screen[0].buttons, [Button::Review, Button::Later]);
    assert_eq!(world.desktop.shown().len(), 1);
    world.connected("acme", "ana").await;
    assert_eq!(world.desktop.on_screen()[0].title, "2 accounts need you");
    world.connected("acme", "bo").await;
    assert_eq!(world.desktop.on_screen()[0].title, "cy@example.com needs you");
    world.connected("acme", "cy").await;
    assert!(world.desktop.on_screen().is_empty());
}

#[tokio::test]
async fn r36_an_account_is_told_of_before_its_end_at_7_3_and_1_days_and_2_hours_and_then_that_it_has_ended() {
    let seed = Seed::fresh("ana").living(Some(DAY * 30)).unrenewable();
    let (world, ids) = World::with([seed]).await;
    world.pass(DAY * 23 - MINUTE).await;
    assert!(world.desktop.shown().is_empty());
    let mut seen = Vec::new();
    for hour in 0..8 * 24 {
        let before = world.desktop.shown().len();
        world.pass(HOUR).await;
        if world.desktop.shown().len() > before {
            seen.push(7 * 24 - hour);
        }
    }
    assert_eq!(seen, [168, 72, 24, 2, 0]);
    let told = world.desktop.shown_about(ids[0].as_str());
    assert_eq!(told[0].title, "ana@example.com will need you soon");
    assert!(told[0].body.contains("within 7 days") && told[1].body.contains("within 3 days"), "{told:?}");
    assert_eq!(told[0].buttons, [Button::Reconnect, Button::Later]);
    assert_eq!(told[4].title, "ana@example.com needs you");
}

#[tokio::test]
async fn r61_a_restart_does_not_say_again_what_was_said_today() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(HOUR).await;
    assert_eq!(world.desktop.shown().len(), 1);
    let world = world.restarted().await;
    world.pass(HOUR * 22).await;
    assert!(world.desktop.shown().is_empty());
    world.pass(HOUR * 2).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1, "the next day it is due again");
}

#[tokio::test]
async fn r06_the_button_begins_to_sign_in_again_and_one_that_comes_too_late_does_nothing_and_says_so() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(SECOND * 3).await;
    let notice = world.desktop.on_screen()[0].notice.clone();
    assert_eq!(world.engine.pressed(&notice, Button::Body).await, Some(Place::Account(ana.clone())));
    assert!(world.desktop.opened().is_empty(), "p7");
    assert_eq!(world.engine.pressed(&notice, Button::Reconnect).await, None);
    assert_eq!(world.desktop.opened().len(), 1);
    assert!(world.desktop.opened()[0].as_str().contains("authorize"));
    world.connected("acme", "ana").await;
    world.engine.pressed(&notice, Button::Reconnect).await;
    assert_eq!(world.desktop.opened().len(), 1);
    let last = world.desktop.shown().pop().unwrap();
    assert_eq!((last.key.as_str(), last.notice.kind.clone()), (ana.as_str(), mended("ana@example.com")));
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_begun_says_why_in_the_notices_own_place() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(SECOND * 3).await;
    world.desktop.break_browser();
    let notice = world.desktop.on_screen()[0].notice.clone();
    world.engine.pressed(&notice, Button::Reconnect).await;
    let screen = world.desktop.on_screen();
    assert_eq!(screen.len(), 1);
    assert!(screen[0].body.contains("browser"), "{screen:?}");
    world.connected("acme", "ana").await;
    assert!(world.desktop.on_screen().is_empty());
}

#[tokio::test]
async fn later_is_a_day_also_over_a_restart() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let _ = world.engine.refresh_now(ana.as_str()).await;
    world.pass(HOUR * 23).await;
    let notice = world.desktop.on_screen()[0].notice.clone();
    world.engine.pressed(&notice, Button::Later).await;
    world.settle().await;
    let world = world.restarted().await;
    world.pass(HOUR * 23).await;
    assert!(world.desktop.shown().is_empty());
    world.pass(HOUR * 2).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
}

#[tokio::test]
async fn trouble_that_lasts_a_day_is_told_when_somebody_asks_for_the_account_and_not_before() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(503)]);
    world.pass(HOUR * 30).await;
    assert_eq!(world.fares(&ana).0, Status::Unavailable);
    assert!(world.desktop.shown().is_empty());
    let _ = world.within(MINUTE, world.read(&ana)).await;
    world.pass(MINUTE).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
    world.answers([tokens("new")]);
    world.pass(HOUR).await;
    assert_eq!(world.desktop.withdrawn(), [ana.as_str()]);
}

#[tokio::test]
async fn r61_quiet_hours_hold_what_accounts_need_until_their_end() {
    let quiet = Quiet::parse("12:00-18:00");
    let setup = Setup {
        seeds: vec![Seed::fresh("ana"), Seed::fresh("bo")],
        policy: Policy { quiet, ..Policy::default() },
        ..Setup::default()
    };
    let world = World::start(setup).await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    world.pass(HOUR * 5).await;
    assert!(world.desktop.shown().is_empty());
    world.pass(HOUR * 2).await;
    assert_eq!(world.desktop.shown().len(), 1);
    assert_eq!(world.desktop.on_screen()[0].title, "2 accounts need you");
}

fn mended(name: &str) -> Kind {
    Kind::Mended { name: name.into() }
}
