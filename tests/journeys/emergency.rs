//! An emergency key stands in while a provider is down: not before a yes, not a moment too long, and never in silence.

use std::time::Duration;

use bowline_base::{AccountId, Secret, Status};
use bowline_engine::emergency::{EmergencyQuestion, EmergencyWish};
use bowline_engine::event::Event;
use bowline_engine::notice::moments::Quiet;
use bowline_engine::notice::{Button, Kind};
use bowline_engine::profile::Changes;
use bowline_engine::requests::RequestState;
use bowline_engine::serve::{Source, Wanted};
use bowline_engine::standing_in::StandIn;
use bowline_engine::{EngineError, Policy};
use bowline_tests::world::journey::{app_wish, owner, text};
use bowline_tests::world::{HOUR, MINUTE, SECOND, World, promptly};
use serde_json::{Value, json};

use crate::doors::Doors;
use crate::meddle::{allow, refuse};
use crate::standing_in::{comes_back, read, work_is_down};

const KEY: &str = "static-key-canary";

fn wish(lasts: Duration) -> EmergencyWish {
    EmergencyWish { secret: Secret::new(KEY), reason: "the release has to go out".to_owned(), lasts }
}

async fn ask(world: &World, account: &AccountId, lasts: Duration) -> std::sync::Arc<EmergencyQuestion> {
    let question = world.engine.ask_for_emergency(&owner(), account.as_str(), wish(lasts)).await;
    world.settle().await;
    question.unwrap_or_else(|e| panic!("{e}"))
}

/// A key for this long, with the person's yes.
async fn in_force(world: &World, account: &AccountId, lasts: Duration) {
    let question = ask(world, account, lasts).await;
    let answered = promptly(world.engine.answer_emergency(&owner(), &question.id, true)).await;
    assert_eq!(answered.map(|q| q.state()).unwrap_or_else(|e| panic!("{e}")), RequestState::Done);
    world.settle().await;
}

async fn served(world: &World, account: &AccountId) -> String {
    text(read(world, &owner(), account).await)
}

/// The words with which keys, or questions about them, ended.
async fn ends(world: &World) -> Vec<String> {
    let trail = world.trail().await;
    trail.into_iter().filter(|e| e.event == "emergency.ended").filter_map(|e| e.code).collect()
}

async fn kept(world: &World, account: &AccountId) -> bool {
    let id = account.clone();
    world.store.run(move |vault| vault.emergencies().unwrap().contains(&id)).await
}

#[tokio::test]
async fn f32_no_key_is_served_before_the_persons_yes() {
    let (world, work, _) = work_is_down().await;
    let question = ask(&world, &work, MINUTE * 30).await;
    assert_eq!(served(&world, &work).await, "temporarily_unavailable");
    assert!(!kept(&world, &work).await, "nor is it on disk");
    promptly(world.engine.answer_emergency(&owner(), &question.id, true)).await.unwrap();
    let read = read(&world, &owner(), &work).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((read.living.access.expose(), read.source, &read.account), (KEY, Source::Emergency, &work));
    assert!(read.living.left(read.now).is_some_and(|left| left <= MINUTE * 30));
    let twice = world.engine.answer_emergency(&owner(), &question.id, true).await;
    assert_eq!(twice.map(drop).unwrap_err().audit_code(), "request_not_found");
    assert_eq!(world.sight(&work).standing_in, Some(StandIn::Emergency));
}

#[tokio::test]
async fn f32_what_cannot_be_an_emergency_key_is_refused() {
    let (world, work, _) = work_is_down().await;
    let doors = Doors::of(&world);
    let path = format!("/v1/accounts/{work}/emergency");
    for (what, body) in [
        ("no reason", json!({"secret": KEY, "duration_s": 60})),
        ("empty reason", json!({"secret": KEY, "reason": "  ", "duration_s": 60})),
        ("long reason", json!({"secret": KEY, "reason": "x".repeat(121), "duration_s": 60})),
        ("hidden reason", json!({"secret": KEY, "reason": "a\u{202e}b", "duration_s": 60})),
        ("31 minutes", json!({"secret": KEY, "reason": "r", "duration_s": 1860})),
        ("no time", json!({"secret": KEY, "reason": "r", "duration_s": 0})),
        ("less than no time", json!({"secret": KEY, "reason": "r", "duration_s": -1})),
        ("no key", json!({"secret": "", "reason": "r", "duration_s": 60})),
        ("two lines", json!({"secret": "a\nb", "reason": "r", "duration_s": 60})),
        ("a huge key", json!({"secret": "k".repeat(4097), "reason": "r", "duration_s": 60})),
        ("something else", json!({"secret": KEY, "reason": "r", "duration_s": 60, "approved": true})),
    ] {
        let refused = doors.owner("POST", &path, Some(&body.to_string())).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_request"), "{what}: {}", refused.text);
        assert!(!refused.text.contains(KEY), "{what}");
    }
    world.engine.set_policy(Policy { emergency_max: MINUTE, ..Policy::default() });
    let body = json!({"secret": KEY, "reason": "r", "duration_s": 61}).to_string();
    assert_eq!(doors.owner("POST", &path, Some(&body)).await.status, 400, "[emergency] max_duration");
    let key = doors.app("Mail", &work).await;
    assert_eq!(doors.loopback("POST", &path, Some(&key), Some(&body)).await.status, 403, "an app never");
    assert!(world.engine.emergency_questions().is_empty());
}

#[tokio::test]
async fn f32_the_question_is_asked_listed_and_answered_like_any_other() {
    let (world, work, _) = work_is_down().await;
    let doors = Doors::of(&world);
    let path = format!("/v1/accounts/{work}/emergency");
    let body = json!({"secret": KEY, "reason": "the release", "duration_s": 600}).to_string();
    let asked = doors.owner("POST", &path, Some(&body)).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let listed = doors.owner("GET", "/v1/requests", None).await;
    let question = &listed.body["requests"][0];
    for (name, value) in [
        ("kind", json!("emergency")),
        ("state", json!("waiting")),
        ("account", json!(work.as_str())),
        ("because", json!("the release")),
        ("duration_s", json!(600)),
    ] {
        assert_eq!((&question[name], &asked.body[name]), (&value, &value), "{name}");
    }
    assert!(!format!("{}{}", listed.text, asked.text).contains(KEY), "e02");
    let id = question["request"].as_str().unwrap();
    let answer = format!("/v1/requests/{id}/answer");
    let longer = doors.owner("POST", &answer, Some(r#"{"answer":"allow","for":"1h"}"#)).await;
    assert_eq!(longer.status, 400, "a yes is for the time that was asked for");
    let yes = doors.owner("POST", &answer, Some(r#"{"answer":"allow"}"#)).await;
    assert_eq!((yes.status, &yes.body["state"]), (200, &json!("done")));
    assert_eq!(doors.owner("GET", &format!("/v1/requests/{id}"), None).await.body["state"], "done");
    let account = doors.owner("GET", &format!("/v1/accounts/{work}"), None).await;
    assert_eq!(account.body["standing_in"], "emergency");
    assert_eq!(account.body["emergency_ends_at"], (world.engine.now() + MINUTE * 10).to_string());
    let (token, _) =
        world.within(MINUTE, doors.owner("GET", &format!("/v1/accounts/{work}/token"), None)).await;
    assert_eq!((&token.body["source"], &token.body["access_token"]), (&json!("emergency"), &json!(KEY)));
    let ended = doors.owner("DELETE", &path, None).await;
    assert_eq!((ended.status, &ended.body["ended"]), (200, &json!(true)));
    assert_eq!(doors.owner("DELETE", &path, None).await.body["ended"], false);
    let account = doors.owner("GET", &format!("/v1/accounts/{work}"), None).await;
    assert_eq!((&account.body["standing_in"], account.body.get("emergency_ends_at")), (&Value::Null, None));
    assert_eq!(served(&world, &work).await, "temporarily_unavailable");
}

#[tokio::test]
async fn f32_a_question_that_nobody_answers_is_a_no() {
    let (world, work, _) = work_is_down().await;
    let question = ask(&world, &work, MINUTE).await;
    world.pass(MINUTE * 5 - SECOND).await;
    assert_eq!(question.state(), RequestState::Waiting);
    world.pass(SECOND).await;
    assert_eq!(question.state(), RequestState::Expired);
    let late = world.engine.answer_emergency(&owner(), &question.id, true).await;
    assert_eq!(late.map(drop).unwrap_err().audit_code(), "request_not_found");
    let denied = ask(&world, &work, MINUTE).await;
    world.engine.answer_emergency(&owner(), &denied.id, false).await.unwrap();
    let older = ask(&world, &work, MINUTE).await;
    let newer = ask(&world, &work, MINUTE).await;
    assert_eq!((older.state(), newer.state()), (RequestState::Declined, RequestState::Waiting));
    assert_eq!(ends(&world).await, ["timed_out", "denied", "replaced"]);
    assert_eq!(served(&world, &work).await, "temporarily_unavailable");
}

#[tokio::test]
async fn f32_nobody_is_asked_again_and_again() {
    let (world, work, home) = work_is_down().await;
    for _ in 0..10 {
        ask(&world, &work, MINUTE).await;
    }
    let eleventh = world.engine.ask_for_emergency(&owner(), work.as_str(), wish(MINUTE)).await;
    assert_eq!(eleventh.map(drop).unwrap_err().audit_code(), "rate_limited");
    assert_eq!(world.engine.emergency_questions().len(), 1, "one is open at most");
    ask(&world, &home, MINUTE).await;
    world.pass(HOUR).await;
    ask(&world, &work, MINUTE).await;
}

#[tokio::test]
async fn f32_the_key_is_nowhere_on_disk_in_the_clear_and_gone_at_its_end() {
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 10).await;
    assert_eq!(served(&world, &work).await, KEY);
    world.store.flush().await;
    let folder = world.vault_file().parent().unwrap().to_owned();
    let holds = |needle: &str| {
        let files = std::fs::read_dir(&folder).unwrap();
        files
            .filter_map(|f| std::fs::read(f.unwrap().path()).ok())
            .any(|bytes| bytes.windows(needle.len()).any(|part| part == needle.as_bytes()))
    };
    assert!(!holds(KEY) && holds("emergency.approved"), "only the key is hidden");
    assert!(kept(&world, &work).await);
    world.pass(MINUTE * 10).await;
    assert!(!kept(&world, &work).await);
    assert_eq!(ends(&world).await, ["time_over"]);
}

#[tokio::test]
async fn f33_a_key_in_force_is_told_by_notice_event_and_trail_with_its_reason() {
    let (world, work, _) = work_is_down().await;
    let hush = Quiet::parse("00:00-23:59");
    world.engine.set_policy(Policy { notify: false, quiet: hush, ..Policy::default() });
    let before = world.events().len();
    in_force(&world, &work, MINUTE * 10).await;
    let on: Vec<_> = world.desktop.on_screen().into_iter().collect();
    let [notice] = &on[..] else { panic!("whoever silenced Bowline hears of this all the same: {on:?}") };
    assert!(notice.title.contains("work@example.com") && notice.body.contains("the release has to go out"));
    assert_eq!(notice.buttons, [Button::End]);
    let told = world.events_from(before);
    let states: Vec<_> = told
        .iter()
        .filter_map(|e| match e {
            Event::Request { state, .. } => Some(*state),
            _ => None,
        })
        .collect();
    assert_eq!(states, ["waiting", "done"]);
    assert!(told.iter().any(|e| matches!(e, Event::AccountStatus { account, .. } if *account == work)));
    served(&world, &work).await;
    let trail = world.trail().await;
    let about: Vec<_> = trail.iter().filter(|e| e.event.starts_with("emergency.")).collect();
    let words: Vec<_> = about.iter().map(|e| e.event.as_str()).collect();
    assert_eq!(words, ["emergency.requested", "emergency.approved", "emergency.used"]);
    assert_eq!(about[0].code.as_deref(), Some("the release has to go out"), "the reason is on record");
    assert!(about.iter().all(|e| e.actor == "owner" && e.account.as_ref() == Some(&work)));
    world.engine.pressed(&notice.notice, Button::End).await;
    world.settle().await;
    assert_eq!(
        (ends(&world).await, served(&world, &work).await),
        (vec!["owner".to_owned()], "temporarily_unavailable".to_owned())
    );
}

#[tokio::test]
async fn f33_a_notifications_button_is_the_persons_yes() {
    let (world, work, _) = work_is_down().await;
    for (button, word) in [(Button::Deny, "temporarily_unavailable"), (Button::Allow, KEY)] {
        let question = ask(&world, &work, MINUTE).await;
        let shown = world.desktop.shown_about(question.id.as_str());
        let [notice] = &shown[..] else { panic!("one notice: {shown:?}") };
        assert!(matches!(notice.notice.kind, Kind::EmergencyAsks { .. }));
        assert!(notice.body.contains("the release has to go out"), "{notice:?}");
        world.engine.pressed(&notice.notice, button).await;
        assert_eq!(served(&world, &work).await, word);
    }
}

#[tokio::test]
async fn f34_a_key_ends_at_the_minute_and_no_clock_that_is_set_lengthens_it() {
    for back in [Duration::ZERO, MINUTE * 25, HOUR * 5] {
        let (world, work, _) = work_is_down().await;
        in_force(&world, &work, MINUTE * 30).await;
        world.pass(MINUTE * 20).await;
        world.clock.set_wall(world.engine.now() - back);
        world.pass(MINUTE * 10 - SECOND).await;
        assert_eq!(served(&world, &work).await, KEY, "{back:?}");
        world.pass(SECOND).await;
        assert_eq!(served(&world, &work).await, "temporarily_unavailable", "{back:?}");
        assert_eq!((ends(&world).await, kept(&world, &work).await), (vec!["time_over".to_owned()], false));
    }
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    world.clock.set_wall(world.engine.now() + MINUTE * 31);
    world.settle().await;
    assert_eq!(ends(&world).await, ["time_over"], "set ahead, it is over by the time of day");
}

#[tokio::test]
async fn f34_after_a_restart_a_key_lives_for_what_is_left_and_not_where_the_clock_was_set_back() {
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    world.pass(MINUTE * 20).await;
    let mut killed = world.killed_now().await;
    killed.wall = killed.wall + MINUTE * 4;
    let later = World::start(killed).await;
    assert_eq!(served(&later, &work).await, KEY);
    assert!(later.desktop.on_screen().iter().any(|n| matches!(n.notice.kind, Kind::EmergencyOn { .. })));
    later.pass(MINUTE * 6).await;
    assert_eq!(
        (served(&later, &work).await.as_str(), ends(&later).await),
        ("temporarily_unavailable", vec!["time_over".to_owned()])
    );
    for (wall, word) in [(MINUTE * 21, "clock_set_back"), (Duration::ZERO, "")] {
        let mut killed = world.killed_now().await;
        killed.wall = killed.wall - wall;
        let back = World::start(killed).await;
        back.settle().await;
        let expected: Vec<String> = Some(word.to_owned()).filter(|w| !w.is_empty()).into_iter().collect();
        assert_eq!((ends(&back).await, kept(&back, &work).await), (expected, word.is_empty()), "{wall:?}");
    }
    let mut over = world.killed_now().await;
    over.wall = over.wall + MINUTE * 10;
    let over = World::start(over).await;
    over.settle().await;
    assert_eq!((ends(&over).await, kept(&over, &work).await), (vec!["time_over".to_owned()], false));
}

#[tokio::test]
async fn f34_a_clock_set_back_before_a_restart_lengthens_nothing_either() {
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    world.pass(MINUTE * 20).await;
    world.clock.set_wall(world.engine.now() - MINUTE * 15);
    world.settle().await;
    let again = World::start(world.killed_now().await).await;
    again.pass(MINUTE * 10 - SECOND).await;
    assert_eq!(served(&again, &work).await, KEY);
    again.pass(SECOND).await;
    assert_eq!(served(&again, &work).await, "temporarily_unavailable");
}

#[tokio::test]
async fn f34_a_key_ends_as_soon_as_the_provider_gives_a_token_again() {
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    assert_eq!(served(&world, &work).await, KEY);
    comes_back(&world);
    world.pass(MINUTE * 6).await;
    assert_eq!(world.fares(&work).0, Status::Healthy);
    assert_eq!((ends(&world).await, kept(&world, &work).await), (vec!["oauth_works".to_owned()], false));
    assert_eq!(served(&world, &work).await, "at-again");
    assert!(world.desktop.on_screen().is_empty());
}

#[tokio::test]
async fn f34_a_key_ends_with_a_pause_and_with_its_account() {
    let (world, work, home) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    let pause = |paused| Changes { paused: Some(paused), ..Changes::default() };
    world.engine.change_account(&owner(), work.as_str(), pause(true)).await.unwrap();
    world.engine.change_account(&owner(), work.as_str(), pause(false)).await.unwrap();
    assert_eq!(served(&world, &work).await, "temporarily_unavailable");
    let paused = ask(&world, &work, MINUTE).await;
    world.engine.change_account(&owner(), work.as_str(), pause(true)).await.unwrap();
    assert_eq!(paused.state(), RequestState::Declined);
    let refused = world.engine.ask_for_emergency(&owner(), work.as_str(), wish(MINUTE)).await;
    assert_eq!(refused.map(drop).unwrap_err().audit_code(), "forbidden");
    in_force(&world, &home, MINUTE * 30).await;
    world.engine.disconnect(&owner(), home.as_str(), true).await.unwrap();
    world.settle().await;
    assert_eq!(ends(&world).await, ["paused", "paused", "removed"]);
    assert!(!kept(&world, &home).await);
}

#[tokio::test]
async fn f34_behind_a_lock_no_key_is_served_and_its_time_runs_on() {
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    world.engine.lock().await.unwrap();
    world.pass(MINUTE * 10).await;
    assert_eq!(text(world.read(&work).await), "locked");
    let refused = world.engine.ask_for_emergency(&owner(), work.as_str(), wish(MINUTE)).await;
    assert_eq!(refused.map(drop).unwrap_err().audit_code(), "locked");
    world.engine.unlock(None).await.unwrap();
    assert_eq!(served(&world, &work).await, KEY);
    world.pass(MINUTE * 19).await;
    assert_eq!(served(&world, &work).await, KEY);
    world.pass(MINUTE).await;
    assert_eq!(served(&world, &work).await, "temporarily_unavailable");
}

#[tokio::test]
async fn f36_the_order_is_oauth_then_the_fallback_then_the_emergency_key() {
    let (world, work, home) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    assert_eq!(served(&world, &work).await, KEY);
    world.engine.name_fallback(&owner(), work.as_str(), Some(home.as_str())).await.unwrap();
    assert_eq!(served(&world, &work).await, "at-home");
    assert_eq!(world.sight(&work).standing_in, Some(StandIn::Account(home.clone())));
    let pause = Changes { paused: Some(true), ..Changes::default() };
    world.engine.change_account(&owner(), home.as_str(), pause).await.unwrap();
    assert_eq!(served(&world, &work).await, KEY);
    assert_eq!(world.sight(&work).standing_in, Some(StandIn::Emergency));
    comes_back(&world);
    world.pass(MINUTE * 6).await;
    assert_eq!(served(&world, &work).await, "at-again");
}

#[tokio::test]
async fn f35_when_all_ways_fail_one_answer_says_what_can_be_done_by_hand() {
    let (world, work, _) = work_is_down().await;
    let Err(EngineError::TemporarilyUnavailable { detail, account, retry_after, .. }) =
        read(&world, &owner(), &work).await
    else {
        panic!("nothing is left")
    };
    assert!(detail.contains("Acme") && detail.contains("`bowline emergency work@example.com`"), "{detail}");
    assert!(detail.split_whitespace().count() <= 30, "e65: {detail}");
    assert_eq!((account, retry_after >= SECOND), (Some(work), true));
}

#[tokio::test]
async fn p6_a_key_whose_powers_nobody_knows_goes_to_no_app_that_was_given_single_scopes() {
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    let whole = world.app_for("Mail", &work).await;
    assert_eq!(text(read(&world, &whole, &work).await), KEY);
    let mut wish = app_wish("Narrow", &work);
    wish.wants[0].scopes = bowline_base::ScopeSet::read("profile mail");
    let asked = world.engine.ask_for_access(wish).await.unwrap();
    world.engine.approve_app(&owner(), &asked.pending.id, &[], None).await.unwrap();
    let (_, key) =
        world.engine.app_answer(&asked.pending.id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    let narrow = world.engine.app_by_key(&key.unwrap(), None).unwrap();
    assert_eq!(text(read(&world, &narrow, &work).await), "temporarily_unavailable");
    let longer = Wanted { min_ttl: Some(HOUR), ..Wanted::default() };
    let caller = owner();
    let (refused, _) = world.within(MINUTE * 2, world.engine.token(&caller, work.as_str(), &longer)).await;
    assert_eq!(text(refused), "temporarily_unavailable", "nor is it served where it ends too soon");
}

#[tokio::test]
async fn e62_a_key_that_the_provider_refuses_is_not_handed_out_as_an_answer_to_that() {
    let (world, work, _) = work_is_down().await;
    in_force(&world, &work, MINUTE * 30).await;
    let caller = owner();
    let [its, anothers] = [KEY, "another"].map(|key| Secret::new(key).sha256_hex());
    let report = world.engine.token_rejected(&caller, work.as_str(), &its);
    let (refused, _) = world.within(MINUTE * 2, report).await;
    assert_eq!(text(refused), "temporarily_unavailable");
    let report = world.engine.token_rejected(&caller, work.as_str(), &anothers);
    assert_eq!(text(world.within(MINUTE * 2, report).await.0), KEY);
}

#[tokio::test]
async fn f32_a_key_that_the_disk_does_not_take_is_not_in_force() {
    let (world, work, _) = work_is_down().await;
    let question = ask(&world, &work, MINUTE * 30).await;
    refuse(&world, "INSERT ON emergency");
    let refused = promptly(world.engine.answer_emergency(&owner(), &question.id, true)).await;
    assert_eq!(refused.map(drop).unwrap_err().audit_code(), "storage_error");
    assert_eq!(served(&world, &work).await, "temporarily_unavailable");
    assert_eq!(question.state(), RequestState::Waiting, "it can be tried again");
    allow(&world.vault_file(), "INSERT ON emergency");
    promptly(world.engine.answer_emergency(&owner(), &question.id, true)).await.unwrap();
    assert_eq!(served(&world, &work).await, KEY);
}
