//! Connecting by a code that is typed elsewhere (RFC 8628): the waiting, each of its ends, and what is never shown.

use std::time::Duration;

use bowline_engine::connect::{AttemptState, ConnectWish, DeviceBegun};
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::{again, owner, wish};
use bowline_tests::world::script::{codes, person, refusal, tokens};
use bowline_tests::world::{MINUTE, SECOND, World};

const PENDING: &str = "authorization_pending";

#[tokio::test]
async fn r8628_1_a_typed_code_connects_and_no_browser_is_opened() {
    let world = World::new().await;
    let begun = begin(&world, [refusal(400, PENDING, "wait"), tokens("ana")]).await;
    assert_eq!((begun.user_code.as_str(), begun.interval), ("WDJB-MJHT", 5));
    assert_eq!(begun.verification_uri.as_str(), "https://typed.example/activate");
    assert_eq!(begun.expires_at.since(world.engine.now()), MINUTE * 10);
    assert_eq!(state(&world, &begun).await, AttemptState::Waiting);
    world.pass(SECOND * 10).await;
    let AttemptState::Connected(id) = state(&world, &begun).await else { panic!("it is connected") };
    assert_eq!(world.served(&id).await, "at-ana");
    assert!(world.desktop.opened().is_empty(), "p7");
    let asked = &world.token_requests()[0];
    assert_eq!(asked.field("grant_type").as_deref(), Some("urn:ietf:params:oauth:grant-type:device_code"));
    assert_eq!(
        (asked.field("device_code").as_deref(), asked.field("client_id").as_deref()),
        (Some("never-shown"), Some("bowline-typed"))
    );
    let events = world.trail_events().await;
    assert_eq!(
        events.iter().filter(|event| event.starts_with("connect.")).collect::<Vec<_>>(),
        ["connect.started", "connect.connected"]
    );
}

#[tokio::test]
async fn r8628_2_each_pause_begins_after_the_answer_and_grows_as_the_provider_says() {
    let world = World::new().await;
    let answers = [
        refusal(400, PENDING, "wait"),
        refusal(400, "slow_down", "wait"),
        refusal(400, PENDING, "wait"),
        tokens("ana"),
    ];
    let begun = begin(&world, answers).await;
    for (after, requests) in [(4, 0), (1, 1), (5, 2), (9, 2), (1, 3), (9, 3), (1, 4)] {
        world.pass(SECOND * after).await;
        assert_eq!(world.token_requests().len(), requests);
    }
    assert!(matches!(state(&world, &begun).await, AttemptState::Connected(_)));
}

#[tokio::test]
async fn r8628_3_every_end_has_its_word_and_nothing_is_asked_afterwards() {
    for (word, code) in [
        ("access_denied", "access_denied"),
        ("expired_token", "expired_token"),
        ("invalid_client", "invalid_client"),
        ("zzz", "provider_error"),
    ] {
        let world = World::new().await;
        let begun = begin(&world, [refusal(400, word, "over"), tokens("ana")]).await;
        world.pass(SECOND * 5).await;
        match state(&world, &begun).await {
            AttemptState::Failed(error) => assert_eq!((error.code, code != "expired_token"), (code, true)),
            AttemptState::Expired(error) => {
                assert_eq!((error.code, code), ("expired_token", "expired_token"))
            }
            other => panic!("{word}: {other:?}"),
        }
        world.pass(MINUTE).await;
        assert_eq!(world.token_requests().len(), 1, "{word}");
        assert!(world.ids().is_empty());
    }
}

#[tokio::test]
async fn r8628_3_codes_that_nobody_types_run_out() {
    let world = World::new().await;
    let begun = begin(&world, [refusal(400, PENDING, "wait")]).await;
    world.pass(MINUTE * 10).await;
    let AttemptState::Expired(error) = state(&world, &begun).await else { panic!("it has run out") };
    assert_eq!(error.code, "expired_token");
    let asked = world.token_requests().len();
    world.pass(MINUTE).await;
    assert_eq!(world.token_requests().len(), asked);
}

#[tokio::test]
async fn an_attempt_that_may_wait_less_long_than_its_codes_ends_sooner() {
    let world = World::new().await;
    world.net.now_on("/device", codes());
    world.answers([refusal(400, PENDING, "wait")]);
    let wish = ConnectWish { timeout: Some(MINUTE), ..wish("typed") };
    let begun = world.engine.connect_by_code(&owner(), wish).await.unwrap();
    world.pass(MINUTE).await;
    let AttemptState::Expired(error) = state(&world, &begun).await else { panic!("it has run out") };
    assert_eq!(error.code, "timed_out");
}

#[tokio::test]
async fn an_attempt_that_was_called_off_is_asked_about_no_more() {
    let world = World::new().await;
    let begun = begin(&world, [refusal(400, PENDING, "wait")]).await;
    world.pass(SECOND * 5).await;
    world.engine.cancel_attempt(&begun.attempt).await.unwrap();
    world.pass(MINUTE).await;
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!(state(&world, &begun).await, AttemptState::Cancelled);
}

#[tokio::test]
async fn a_reconnect_by_code_keeps_the_account_and_refuses_somebody_else() {
    let world = World::new().await;
    let begun = begin(&world, [tokens("ana")]).await;
    world.pass(SECOND * 5).await;
    let AttemptState::Connected(id) = state(&world, &begun).await else { panic!("it is connected") };
    world.answers([tokens("bo")]);
    world.net.now_on("/userinfo", person("bo"));
    let begun = world.engine.connect_by_code(&owner(), again(&id)).await.unwrap();
    world.pass(SECOND * 5).await;
    let AttemptState::Failed(error) = state(&world, &begun).await else { panic!("it is somebody else") };
    assert_eq!(error.code, "account_mismatch");
    assert_eq!(world.served(&id).await, "at-ana");
    world.answers([tokens("ana2")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.engine.connect_by_code(&owner(), again(&id)).await.unwrap();
    world.pass(SECOND * 5).await;
    assert_eq!(state(&world, &begun).await, AttemptState::Connected(id.clone()));
    assert_eq!(world.served(&id).await, "at-ana2");
}

#[tokio::test]
async fn a_provider_without_such_a_way_or_with_unusable_codes_is_told_at_once() {
    let world = World::new().await;
    let error = world.engine.connect_by_code(&owner(), wish("acme")).await.unwrap_err();
    assert_eq!(error.audit_code(), "invalid_request");
    assert!(error.to_string().contains("no sign-in by a code"), "{error}");
    for broken in ["{}", r#"{"device_code":"a","user_code":"b","verification_uri":"http://evil.example/"}"#] {
        world.net.now_on("/device", Reply::json(200, broken));
        let error = world.engine.connect_by_code(&owner(), wish("typed")).await.unwrap_err();
        assert_eq!(error.audit_code(), "temporarily_unavailable", "{broken}");
    }
    world.net.now_on("/device", refusal(401, "invalid_client", "no"));
    let error = world.engine.connect_by_code(&owner(), wish("typed")).await.unwrap_err();
    assert_eq!(error.audit_code(), "provider_misconfigured");
}

#[tokio::test]
async fn the_page_of_a_code_opens_when_the_person_asks_for_it() {
    let world = World::new().await;
    let begun = begin(&world, [refusal(400, PENDING, "wait")]).await;
    assert_eq!(world.engine.open_again(&begun.attempt).unwrap(), None);
    assert_eq!(world.desktop.opened()[0].as_str(), "https://typed.example/activate?c=WDJB-MJHT");
}

#[tokio::test]
async fn r8628_4_the_code_that_is_redeemed_is_in_no_view_and_no_trail() {
    let world = World::new().await;
    let begun = begin(&world, [tokens("ana")]).await;
    world.pass(SECOND * 5).await;
    let shown =
        format!("{begun:?} {:?} {:?} {:?}", world.trail().await, world.events(), world.desktop.shown());
    assert!(!shown.contains("never-shown"));
}

async fn begin(world: &World, answers: impl IntoIterator<Item = Reply>) -> DeviceBegun {
    world.net.now_on("/device", codes());
    world.net.now_on("/userinfo", person("ana"));
    world.answers(answers);
    world.engine.connect_by_code(&owner(), wish("typed")).await.expect("an attempt begins")
}

async fn state(world: &World, begun: &DeviceBegun) -> AttemptState {
    world.engine.attempt(&begun.attempt, Duration::ZERO).await.expect("it is known")
}
