//! Attempts side by side, out of time, called off, lost and too many.

use std::time::Duration;

use bowline_base::Status;
use bowline_engine::EngineError;
use bowline_engine::connect::{AttemptState, ConnectWish};
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::browse::{is_open, way_back};
use bowline_tests::world::journey::{owner, wish};
use bowline_tests::world::script::{person, tokens};
use bowline_tests::world::{HOUR, MINUTE, SECOND, World, browse};

#[tokio::test]
async fn e40_ten_attempts_at_once_never_cross() {
    let world = World::new().await;
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    let mut begun = Vec::new();
    for _ in 0..10 {
        begun.push(world.begin(wish("acme")).await);
    }
    for (n, attempt) in begun.iter().enumerate() {
        let state = browse::parameter(&begun[(n + 1) % 10].authorize_url, "state").unwrap();
        let crossed = world.comes_back(attempt, &format!("code=c&state={state}")).await;
        assert_eq!(crossed.status, 400);
    }
    assert!(world.token_requests().is_empty(), "a crossed answer sends nothing");
    for attempt in &begun {
        assert_eq!(world.attempt(&attempt.attempt).await, AttemptState::Waiting);
        assert_eq!(world.comes_back(attempt, "code=c&state=STATE").await.status, 200);
    }
    let verifiers: std::collections::BTreeSet<_> =
        world.token_requests().iter().filter_map(|r| r.field("code_verifier")).collect();
    assert_eq!(verifiers.len(), 10, "each with its own verifier");
    assert_eq!(world.ids().len(), 1);
}

#[tokio::test]
async fn o56_a_person_who_takes_too_long_ends_the_attempt_after_five_minutes() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    world.pass(MINUTE * 5 - SECOND).await;
    assert_eq!(world.attempt(&begun.attempt).await, AttemptState::Waiting);
    world.pass(SECOND).await;
    assert!(matches!(world.attempt(&begun.attempt).await, AttemptState::Expired(_)));
    assert_eq!(world.failed_with(&begun).await, "timed_out");
}

#[tokio::test]
async fn o26_a_callback_after_the_states_end_finds_nobody_and_one_before_hears_that_it_is_late() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    world.pass(MINUTE * 6).await;
    let late = world.comes_back(&begun, "code=c&state=STATE").await;
    assert_eq!(late.status, 400);
    assert!(late.words().contains("took too long"), "{}", late.words());
    assert!(world.trail().await.iter().any(|e| e.code.as_deref() == Some("state_expired")));
    world.pass(SECOND * 241).await;
    assert!(!is_open(&way_back(&begun.authorize_url)).await, "601 s after its beginning the port is closed");
    assert!(world.net.requests().is_empty());
}

#[tokio::test]
async fn o52_a_browser_that_is_closed_leaves_no_port_and_the_next_try_works() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    assert!(is_open(&way_back(&begun.authorize_url)).await);
    world.pass(MINUTE * 10).await;
    assert!(!is_open(&way_back(&begun.authorize_url)).await);
    let ana = world.connected("acme", "ana").await;
    assert_eq!(world.fares(&ana).0, Status::Healthy);
}

#[tokio::test]
async fn o08_an_attempt_that_is_called_off_closes_its_port_and_stays_called_off() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    assert_eq!(world.engine.cancel_attempt(&begun.attempt).await.unwrap(), AttemptState::Cancelled);
    world.settle().await;
    assert!(!is_open(&way_back(&begun.authorize_url)).await);
    world.pass(HOUR).await;
    assert_eq!(world.engine.cancel_attempt(&begun.attempt).await.unwrap(), AttemptState::Cancelled);
    assert_eq!(world.trail_events().await, ["vault.unlocked", "connect.started", "connect.cancelled"]);
}

#[tokio::test]
async fn o52_a_long_poll_ends_with_the_attempt() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    let poll = world.engine.attempt(&begun.attempt, SECOND * 30);
    let (state, took) = world.within(HOUR, poll).await;
    assert_eq!((state.unwrap(), took), (AttemptState::Waiting, SECOND * 30));
    let engine = world.engine.clone();
    let id = begun.attempt.clone();
    let poll = tokio::spawn(async move { engine.attempt(&id, SECOND * 30).await });
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    world.comes_back(&begun, "code=c&state=STATE").await;
    assert!(matches!(poll.await.unwrap().unwrap(), AttemptState::Connected(_)));
}

#[tokio::test]
async fn e19_an_attempt_that_a_restart_lost_is_told_apart() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    let world = world.restarted().await;
    let error = world.engine.attempt(&begun.attempt, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, EngineError::RequestNotFound { .. }));
    assert_eq!(error.to_string(), "Bowline was restarted; start again");
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 0, "and its port is closed");
}

#[tokio::test]
async fn o63_the_eleventh_start_in_an_hour_waits_and_refusals_do_not_lengthen_the_wait() {
    let world = World::new().await;
    for _ in 0..10 {
        world.begin(wish("acme")).await;
        world.pass(MINUTE).await;
    }
    for _ in 0..3 {
        let Err(EngineError::RateLimited { retry_after, .. }) =
            world.engine.connect(&owner(), wish("acme")).await
        else {
            panic!("the eleventh start is refused")
        };
        assert_eq!(retry_after, MINUTE * 50);
    }
    world.pass(MINUTE * 50).await;
    world.begin(wish("acme")).await;
    assert!(world.engine.connect(&owner(), wish("acme")).await.is_err());
}

#[tokio::test]
async fn o30_a_label_that_another_account_has_begins_nothing_and_ones_own_may_be_given_again() {
    let (world, ana) = World::with_ana().await;
    let label = bowline_engine::profile::Changes { label: Some("work".to_owned()), paused: None };
    world.engine.change_account(&owner(), ana.as_str(), label).await.unwrap();
    let called =
        |provider: &str, label: &str| ConnectWish { label: Some(label.to_owned()), ..wish(provider) };
    for (provider, label) in
        [("other", "work"), ("acme", "ana@example.com"), ("acme", "acc_1"), ("acme", " ")]
    {
        let error = world.engine.connect(&owner(), called(provider, label)).await.unwrap_err();
        assert_eq!(error.audit_code(), "invalid_request", "{provider} {label}");
    }
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    let begun = world.begin(called("acme", "work")).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 200);
    assert_eq!(world.sight(&ana).account.label.as_deref(), Some("work"));
}

#[tokio::test]
async fn o30_a_scope_or_label_that_cannot_be_one_begins_nothing() {
    let world = World::new().await;
    let mut spaced = wish("acme");
    spaced.scopes = vec!["a b".to_owned()];
    let mut labelled = wish("acme");
    labelled.label = Some("\u{202e}x".to_owned());
    for wrong in [spaced, labelled] {
        let error = world.engine.connect(&owner(), wrong).await.unwrap_err();
        assert_eq!(error.audit_code(), "invalid_request");
    }
    assert!(
        world
            .engine
            .attempt(
                &bowline_base::AttemptId::random(&bowline_base::random::SeededRandom::new(1)),
                Duration::ZERO
            )
            .await
            .is_err()
    );
}

#[tokio::test]
async fn o09_no_state_is_ever_made_twice() {
    let world = World::new().await;
    let mut states = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let begun = world.begin(wish("acme")).await;
        assert!(states.insert(browse::parameter(&begun.authorize_url, "state").unwrap()));
    }
}

#[tokio::test]
async fn o08_an_attempt_whose_browser_has_come_back_is_finished_and_not_called_off() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    // The provider cannot be reached for a moment: the code is exchanged at the second try.
    let silence = Reply::fault(FaultKind::Refused, Sent::Nothing);
    world.net.now_on("/token", silence).on("/token", tokens("ana"));
    world.net.now_on("/userinfo", person("ana"));
    let callback = world.callback(&begun, "code=c&state=STATE");
    let browser = tokio::spawn(async move { browse::open(&callback).await });
    let trying = || world.token_requests().len() == 1;
    world.until("the first try", trying).await;
    assert_eq!(world.engine.cancel_attempt(&begun.attempt).await.unwrap(), AttemptState::Exchanging);
    world.pass(SECOND * 5).await;
    assert!(matches!(world.attempt(&begun.attempt).await, AttemptState::Connected(_)));
    assert_eq!(browser.await.unwrap().status, 200);
    assert!(!world.trail_events().await.contains(&"connect.cancelled".to_owned()));
}

#[tokio::test]
async fn o52_a_pinned_port_is_free_again_as_soon_as_the_attempt_before_has_ended() {
    let world = World::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let file = world.provider_file("acme");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}redirect = \"http://127.0.0.1:{port}/callback\"\n")).unwrap();
    world.engine.providers_changed();
    let called_off = world.begin(wish("acme")).await;
    world.engine.cancel_attempt(&called_off.attempt).await.unwrap();
    world.begin(wish("acme")).await;
    world.pass(MINUTE * 6).await;
    // The one before is out of time and still says so to a late browser: its port is taken over.
    world.connected("acme", "ana").await;
    world.connected("acme", "ana").await;
}

#[tokio::test]
async fn o66_ten_wrong_states_are_told_as_what_they_are_and_the_right_one_still_connects() {
    let world = World::new().await;
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("acme")).await;
    for _ in 0..15 {
        assert_eq!(world.comes_back(&begun, "code=c&state=guess").await.status, 400);
    }
    assert_eq!(world.trail_events().await.iter().filter(|e| *e == "abuse").count(), 1);
    let told = world.desktop.shown();
    assert_eq!(told.len(), 1);
    assert!(told[0].title.contains("sign-in") && !told[0].body.contains("not answer"), "{}", told[0].body);
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 200);
}
