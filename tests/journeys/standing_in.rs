//! Another account stands in while a provider is down: for whom, for how long, and who hears of it.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AccountId, Status};
use bowline_engine::caller::{AskingProgram, Origin, ProgramFile, SameUser};
use bowline_engine::event::Event;
use bowline_engine::notice::{Button, Place};
use bowline_engine::profile::Changes;
use bowline_engine::programs::Verdict;
use bowline_engine::serve::{Served, Source, Wanted};
use bowline_engine::standing_in::StandIn;
use bowline_engine::{Caller, EngineError, Policy};
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::desktop::Told;
use bowline_tests::world::journey::{app_wish, owner, text};
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, World, promptly};
use serde_json::{Value, json};

use crate::doors::{Doors, frames};

/// Work, whose provider is down and whose token is dead, and home, which is elsewhere and lives for two hours.
pub(crate) async fn work_is_down() -> (World, AccountId, AccountId) {
    let home = Seed::fresh("home").at("steady").living(Some(HOUR * 12));
    let (world, ids) = World::with([Seed::fresh("work").living(Some(MINUTE)), home]).await;
    goes_down(&world);
    world.pass(MINUTE * 5).await;
    assert_eq!(world.fares(&ids[0]).0, Status::Unavailable);
    let [work, home] = ids.try_into().unwrap();
    (world, work, home)
}

pub(crate) fn goes_down(world: &World) {
    world.net.now_on("/token", Reply::fault(FaultKind::Refused, Sent::Nothing));
}

pub(crate) fn comes_back(world: &World) {
    world.net.now_on("/token", tokens("again"));
}

async fn name(world: &World, account: &AccountId, other: &AccountId) {
    let named = world.engine.name_fallback(&owner(), account.as_str(), Some(other.as_str())).await;
    assert_eq!(named.unwrap().fallback.as_ref(), Some(other));
}

/// A read by this caller, with the time it may take.
pub(crate) async fn read(world: &World, caller: &Caller, account: &AccountId) -> Result<Served, EngineError> {
    world.within(MINUTE * 2, world.engine.token(caller, account.as_str(), &Wanted::default())).await.0
}

#[tokio::test]
async fn f30_while_a_provider_is_down_the_account_that_was_named_stands_in() {
    let (world, work, home) = work_is_down().await;
    name(&world, &work, &home).await;
    let served = read(&world, &owner(), &work).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(served.living.access.expose(), "at-home");
    assert_eq!(
        (served.source, &served.account, served.provider.as_str()),
        (Source::Fallback, &home, "steady")
    );
    let sight = world.sight(&work);
    assert_eq!(sight.standing_in, Some(StandIn::Account(home.clone())));
    assert!(sight.message.contains("Meanwhile home@example.com stands in."), "{}", sight.message);
    let trail = world.trail().await;
    let used = trail.iter().find(|e| e.event == "fallback.used").expect("f30: it is in the trail");
    assert_eq!((used.account.as_ref(), used.code.as_deref()), (Some(&work), Some(home.as_str())));
    let read = trail.iter().rfind(|e| e.event == "token.read").expect("the read, too");
    assert_eq!(read.account.as_ref(), Some(&home), "p6: by the account whose token it is");
}

#[tokio::test]
async fn f48_the_use_of_a_stand_in_is_an_alert_for_an_hour() {
    let (world, work, home) = work_is_down().await;
    name(&world, &work, &home).await;
    let alerts = |world: &World| {
        let told = world.events().into_iter().filter_map(|event| match event {
            Event::Alert(alert) if alert.name == "fallback_used" => Some((alert.severity, alert.cleared_at)),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(alerts(&world), []);
    assert_eq!(text(read(&world, &owner(), &work).await), "at-home");
    let [("warning", None)] = alerts(&world)[..] else { panic!("{:?}", alerts(&world)) };
    comes_back(&world);
    world.pass(HOUR + MINUTE * 10).await;
    let [_, (_, Some(_))] = alerts(&world)[..] else { panic!("it clears: {:?}", alerts(&world)) };
}

#[tokio::test]
async fn f31_who_watches_hears_when_a_stand_in_begins_and_when_it_ends() {
    let (world, work, home) = work_is_down().await;
    let doors = Doors::of(&world);
    let path = format!("/v1/accounts/{work}");
    let named = doors.owner("PATCH", &path, Some(&json!({ "fallback": home.as_str() }).to_string())).await;
    assert_eq!((&named.body["fallback"], &named.body["standing_in"]), (&json!(home.as_str()), &Value::Null));
    let mut stream = doors.stream(None).await;
    let (token, _) = world.within(MINUTE * 2, doors.owner("GET", &format!("{path}/token"), None)).await;
    assert_eq!(
        (&token.body["source"], &token.body["account"], &token.body["provider"]),
        (&json!("fallback"), &json!(home.as_str()), &json!("steady")),
        "{}",
        token.text
    );
    let direct = doors.owner("GET", &format!("/v1/accounts/{home}/token"), None).await;
    assert_eq!((&direct.body["source"], &direct.body["access_token"]), (&json!("oauth"), &json!("at-home")));
    let begins = format!("\"standing_in\":\"{home}\"");
    promptly(until(&mut stream, &begins)).await;
    let before = world.events().len();
    for _ in 0..3 {
        assert_eq!(text(world.read(&work).await), "at-home");
    }
    assert_eq!(world.events().len(), before, "the next use is no news");
    comes_back(&world);
    world.pass(MINUTE * 10).await;
    promptly(until(&mut stream, "\"status\":\"healthy\"")).await;
    assert_eq!(text(world.read(&work).await), "at-again", "f36: its own token goes first");
    assert_eq!(doors.owner("GET", &path, None).await.body["standing_in"], Value::Null);
}

/// Reads on until an event says so.
async fn until(stream: &mut axum::body::Body, wanted: &str) -> String {
    loop {
        let told = frames(stream, 1).await;
        if told.contains(wanted) {
            return told;
        }
    }
}

#[tokio::test]
async fn f41_while_the_breaker_is_open_the_stand_in_is_there_at_once() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let seeds = names.map(|name| Seed::fresh(name).living(Some(MINUTE)));
    let home = Seed::fresh("home").at("steady").living(Some(HOUR * 12));
    let (world, ids) = World::with(seeds.into_iter().chain([home])).await;
    goes_down(&world);
    world.pass(MINUTE * 3).await;
    assert!(!world.engine.left_alone_hosts().is_empty());
    name(&world, &ids[0], &ids[6]).await;
    let asked = world.sent();
    assert_eq!(text(world.read(&ids[0]).await), "at-home", "without the clock being moved");
    assert_eq!(world.sent(), asked, "and nobody was asked");
}

#[tokio::test]
async fn f30_nobody_reads_through_a_stand_in_what_they_may_not_read() {
    let (world, work, home) = work_is_down().await;
    name(&world, &work, &home).await;
    let only_work = world.app_for("Mail", &work).await;
    let refused = read(&world, &only_work, &work).await;
    assert_eq!(text(refused), "temporarily_unavailable", "and no word of the other account");
    assert!(!world.trail_events().await.contains(&"fallback.used".to_owned()));
    let mut wish = app_wish("Both", &work);
    wish.wants.extend(app_wish("Both", &home).wants);
    let asked = world.engine.ask_for_access(wish).await.unwrap();
    world.engine.approve_app(&owner(), &asked.pending.id, &[], None).await.unwrap();
    let (_, key) =
        world.engine.app_answer(&asked.pending.id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    let both = world.engine.app_by_key(&key.unwrap(), None).unwrap();
    assert_eq!(text(read(&world, &both, &work).await), "at-home");
}

#[tokio::test]
async fn p6_a_program_is_asked_about_for_the_account_that_stands_in_too() {
    let (world, work, home) = work_is_down().await;
    name(&world, &work, &home).await;
    world.engine.set_policy(Policy { confirm: true, ..Policy::default() });
    let file =
        ProgramFile { path: "/opt/reader".into(), device: 1, inode: 2, size: 3, modified: 4, changed: 5 };
    let program = AskingProgram { file, parent: None };
    let proof = SameUser::check(1, 1).expect("the same user");
    let caller = Caller::owner(proof, None).coming_from(Origin::Program(Arc::new(program)));
    let (engine, id) = (world.engine.clone(), work.clone());
    let reading = tokio::spawn(async move { engine.token(&caller, id.as_str(), &Wanted::default()).await });
    for account in [&work, &home] {
        world.pass(SECOND * 5).await;
        let [question] = &world.engine.program_questions()[..] else { panic!("one question at a time") };
        assert_eq!(&question.account, account);
        world.engine.answer_program(&owner(), &question.id, Verdict::Once).await.unwrap();
    }
    let (served, _) = world.within(MINUTE, reading).await;
    assert_eq!(text(served.unwrap()), "at-home");
}

#[tokio::test]
async fn f30_nothing_stands_in_where_waiting_is_not_what_helps() {
    for (what, word) in
        [("ended", "reconnect_required"), ("wrong", "provider_misconfigured"), ("paused", "forbidden")]
    {
        let (world, work, home) = work_is_down().await;
        name(&world, &work, &home).await;
        let answer = match what {
            "ended" => refusal(400, "invalid_grant", "revoked"),
            _ => refusal(401, "invalid_client", "no"),
        };
        world.net.now_on("/token", answer);
        world.pass(MINUTE * 10).await;
        if what == "paused" {
            let pause = Changes { paused: Some(true), ..Changes::default() };
            world.engine.change_account(&owner(), work.as_str(), pause).await.unwrap();
        }
        assert_eq!(text(read(&world, &owner(), &work).await), word, "{what}");
    }
}

#[tokio::test]
async fn f30_a_stand_in_lives_as_long_and_may_as_much_as_was_asked_for() {
    let (world, work, home) = work_is_down().await;
    name(&world, &work, &home).await;
    world.net.now_on("/token", refusal(503, "temporarily_unavailable", "later"));
    for (wanted, word) in [
        (Wanted { min_ttl: Some(HOUR * 11), ..Wanted::default() }, "at-home"),
        (Wanted { min_ttl: Some(HOUR * 13), ..Wanted::default() }, "temporarily_unavailable"),
        (Wanted { scopes: bowline_base::ScopeSet::read("mail"), ..Wanted::default() }, "at-home"),
        (
            Wanted { scopes: bowline_base::ScopeSet::read("calendar"), ..Wanted::default() },
            "insufficient_scope",
        ),
    ] {
        let caller = owner();
        let reading = world.engine.token(&caller, work.as_str(), &wanted);
        assert_eq!(text(world.within(MINUTE * 2, reading).await.0), word, "{wanted:?}");
    }
}

#[tokio::test]
async fn f30_one_step_and_no_circle() {
    let seeds = ["a", "b", "c"].map(|name| Seed::fresh(name).living(Some(MINUTE)));
    let (world, ids) = World::with(seeds).await;
    name(&world, &ids[0], &ids[1]).await;
    name(&world, &ids[1], &ids[2]).await;
    for (account, other, word) in
        [(0, 0, "itself"), (1, 0, "stand in for each other"), (2, 0, "stand in for each other")]
    {
        let refused =
            world.engine.name_fallback(&owner(), ids[account].as_str(), Some(ids[other].as_str())).await;
        let error = refused.map(drop).unwrap_err();
        assert_eq!(error.audit_code(), "invalid_request");
        assert!(
            error.to_string().contains(word) && error.to_string().split_whitespace().count() <= 30,
            "{error}"
        );
    }
    let nobody = world.engine.name_fallback(&owner(), ids[0].as_str(), Some("nobody")).await;
    assert_eq!(nobody.map(drop).unwrap_err().audit_code(), "account_not_found");
    goes_down(&world);
    world.pass(MINUTE * 5).await;
    assert_eq!(text(read(&world, &owner(), &ids[0]).await), "temporarily_unavailable", "b is down as well");
}

#[tokio::test]
async fn f30_over_the_door_a_stand_in_is_named_and_taken_back_and_nothing_changes_by_half() {
    let (world, work, home) = work_is_down().await;
    let doors = Doors::of(&world);
    let path = format!("/v1/accounts/{work}");
    let patch = async |body: Value| doors.owner("PATCH", &path, Some(&body.to_string())).await;
    let wrong = patch(json!({"fallback": home.as_str(), "label": "-x"})).await;
    assert_eq!((wrong.status, world.sight(&work).fallback), (400, None), "{}", wrong.text);
    let wrong = patch(json!({"fallback": "work@example.com", "label": "office"})).await;
    assert_eq!((wrong.status, world.sight(&work).account.label), (400, None), "{}", wrong.text);
    let both = patch(json!({"fallback": "home@example.com", "label": "office"})).await;
    assert_eq!((&both.body["fallback"], &both.body["label"]), (&json!(home.as_str()), &json!("office")));
    let label = patch(json!({"label": "desk"})).await;
    assert_eq!(label.body["fallback"], home.as_str(), "what is left out stays");
    for gone in [json!({"fallback": null}), json!({"fallback": ""})] {
        patch(json!({"fallback": home.as_str()})).await;
        assert_eq!(patch(gone).await.body["fallback"], Value::Null);
    }
    let key = doors.app("Mail", &work).await;
    let app = doors.loopback("PATCH", &path, Some(&key), Some(r#"{"fallback":null}"#)).await;
    assert_eq!((app.status, app.code()), (403, "forbidden"));
    let codes = world.trail().await.into_iter().filter(|e| e.event == "account.fallback");
    let codes: Vec<_> = codes.filter_map(|e| e.code).collect();
    assert_eq!(codes, [home.as_str(), "none", home.as_str(), "none"]);
}

#[tokio::test]
async fn f30_a_name_survives_a_restart_and_a_reconnect_and_goes_with_its_account() {
    let (world, work, home) = work_is_down().await;
    name(&world, &work, &home).await;
    let world = world.restarted().await;
    assert_eq!(world.sight(&work).fallback.as_ref(), Some(&home));
    let events = world.trail_events().await;
    assert!(events.contains(&"account.fallback".to_owned()));
    world.engine.disconnect(&owner(), home.as_str(), true).await.unwrap();
    assert_eq!(world.sight(&work).fallback, None);
    let world = world.restarted().await;
    assert_eq!(world.sight(&work).fallback, None);
}

#[tokio::test]
async fn f42_who_named_a_stand_in_that_cannot_be_had_either_is_told_at_once_and_offered_a_key() {
    let (world, work, home) = work_is_down().await;
    assert_eq!(text(read(&world, &owner(), &work).await), "temporarily_unavailable");
    let offers = |world: &World| {
        let offers_a_key = |told: &Told| told.buttons.contains(&Button::Emergency);
        world.desktop.shown().into_iter().filter(offers_a_key).collect::<Vec<_>>()
    };
    assert_eq!(offers(&world), [], "an outage alone may pass by itself");
    name(&world, &work, &home).await;
    let pause = Changes { paused: Some(true), ..Changes::default() };
    world.engine.change_account(&owner(), home.as_str(), pause).await.unwrap();
    let Err(error) = read(&world, &owner(), &work).await else { panic!("nothing can stand in") };
    assert!(error.to_string().contains("`bowline emergency work@example.com`"), "f35: {error}");
    world.settle().await;
    let [notice] = &offers(&world)[..] else { panic!("one offer: {:?}", world.desktop.shown()) };
    comes_back(&world);
    world.pass(MINUTE * 10).await;
    assert!(world.desktop.on_screen().is_empty(), "it is taken back when the account is well");
    let place = world.engine.pressed(&notice.notice, Button::Emergency).await;
    assert_eq!(place, Some(Place::Account(work)), "where the key can be given");
}

#[tokio::test]
async fn f30_while_another_stands_in_an_outage_of_days_is_no_news() {
    let home = Seed::fresh("home").at("forever").living(None).unrenewable();
    let (world, ids) = World::with([Seed::fresh("work").living(Some(MINUTE)), home]).await;
    name(&world, &ids[0], &ids[1]).await;
    goes_down(&world);
    for _ in 0..4 {
        world.pass(HOUR * 12).await;
        assert_eq!(text(read(&world, &owner(), &ids[0]).await), "at-home");
    }
    assert!(world.desktop.shown().is_empty(), "{:?}", world.desktop.shown());
}

#[tokio::test]
async fn e62_a_token_that_stands_in_is_reported_for_the_account_whose_it_is() {
    let (world, work, home) = work_is_down().await;
    name(&world, &work, &home).await;
    let served = read(&world, &owner(), &work).await.unwrap_or_else(|e| panic!("{e}"));
    let hash = served.living.access.sha256_hex();
    world.net.now_on("/token", tokens("newer"));
    let caller = owner();
    let served = promptly(world.engine.token_rejected(&caller, work.as_str(), &hash)).await;
    let served = served.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((served.living.access.expose(), served.source), ("at-newer", Source::Fallback));
}
