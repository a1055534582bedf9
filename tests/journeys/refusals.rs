//! Attempts that end without an account: by the provider's word, by its silence, by the person's.

use bowline_engine::Policy;
use bowline_engine::connect::{AttemptState, Begun};
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::journey::wish;
use bowline_tests::world::script::{person, refusal, tokens};
use bowline_tests::world::{HOUR, Seen, Setup, World};

use crate::connecting::nothing_is_kept;

#[tokio::test]
async fn e07_a_code_that_is_refused_does_not_connect_and_stores_nothing() {
    let world = World::new().await;
    let (begun, page) = answered(&world, refusal(400, "invalid_grant", "the code is wrong")).await;
    assert_eq!(page.status, 400);
    assert!(page.words().contains("did not connect"), "e55: {}", page.words());
    assert_eq!(world.failed_with(&begun).await, "invalid_grant");
    assert_eq!(world.token_requests().len(), 1);
    nothing_is_kept(&world).await;
}

#[tokio::test]
async fn e08_a_code_that_ran_out_has_a_sentence_of_its_own() {
    let world = World::new().await;
    let (_, wrong) = answered(&world, refusal(400, "invalid_grant", "the code is wrong")).await;
    let (begun, expired) = answered(&world, refusal(400, "invalid_grant", "the code has expired")).await;
    assert_eq!(world.failed_with(&begun).await, "invalid_grant");
    assert!(
        expired.words().contains("too long") && expired.words().contains("try again"),
        "{}",
        expired.words()
    );
    assert_ne!(wrong.words(), expired.words());
}

#[tokio::test]
async fn e09_wrong_client_credentials_are_a_fault_of_the_setup_whatever_their_status() {
    let world = World::new().await;
    let plain = refusal(400, "invalid_client", "no");
    let challenged = refusal(401, "invalid_client", "no").header("www-authenticate", "Basic realm=\"x\"");
    let bare = Reply::empty(401).header("www-authenticate", "Bearer error=\"invalid_client\"");
    for reply in [plain, challenged, bare] {
        let (begun, page) = answered(&world, reply).await;
        assert_eq!(world.failed_with(&begun).await, "invalid_client");
        assert!(page.words().contains("set up"), "e56: {}", page.words());
        assert!(!page.words().to_lowercase().contains("try again"), "e56: {}", page.words());
    }
    nothing_is_kept(&world).await;
}

#[tokio::test]
async fn e10_a_scope_that_is_refused_says_so_at_the_exchange_and_in_the_callback() {
    let world = World::new().await;
    let (begun, _) = answered(&world, refusal(400, "invalid_scope", "no such scope")).await;
    assert_eq!(world.failed_with(&begun).await, "invalid_scope");
    let begun = world.begin(wish("acme")).await;
    world.comes_back(&begun, "error=invalid_scope&state=STATE").await;
    assert_eq!(world.failed_with(&begun).await, "invalid_scope");
}

#[tokio::test]
async fn e11_a_person_who_says_no_gets_a_calm_page_and_nothing_is_sent() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    let page = world.comes_back(&begun, "error=access_denied&error_description=zebra&state=STATE").await;
    assert_eq!(page.status, 400);
    assert!(page.words().contains("chose not to"), "e54: {}", page.words());
    assert!(!page.text.contains("zebra") && !page.text.contains("access_denied"), "nothing is echoed");
    assert_eq!(world.failed_with(&begun).await, "access_denied");
    assert!(world.net.requests().is_empty() && world.desktop.shown().is_empty());
}

#[tokio::test]
async fn e57_a_callback_without_a_code_or_with_two_of_them_fails() {
    let world = World::new().await;
    for query in ["state=STATE", "code=&state=STATE", "code=a&code=b&state=STATE"] {
        let begun = world.begin(wish("acme")).await;
        assert_eq!(world.comes_back(&begun, query).await.status, 400);
        assert_eq!(world.failed_with(&begun).await, "missing_code", "{query}");
    }
    assert!(world.net.requests().is_empty());
}

#[tokio::test]
async fn e23_every_answer_ends_the_exchange_and_the_code_is_sent_once() {
    let world = generous().await;
    for status in
        (300..600).step_by(7).chain([400, 401, 403, 404, 405, 408, 410, 425, 429, 500, 502, 503, 504])
    {
        let before = world.token_requests().len();
        let (begun, page) = answered(&world, Reply::empty(status)).await;
        assert_eq!(page.status, 400, "{status}");
        assert_eq!(world.token_requests().len(), before + 1, "{status}");
        let code = world.failed_with(&begun).await;
        assert!(["provider_error", "rate_limited", "invalid_response"].contains(&code), "{status}: {code}");
    }
    nothing_is_kept(&world).await;
}

#[tokio::test]
async fn e25_a_providers_own_kind_of_error_means_the_same_as_the_standards() {
    let world = generous().await;
    for reply in [
        refusal(400, "invalid_grant", "no"),
        refusal(200, "invalid_grant", "no"),
        refusal(200, "bad_verification_code", "The code passed is incorrect or expired."),
        Reply::form(200, "error=invalid_grant&error_description=no"),
        Reply::form(400, "error=bad_verification_code"),
        Reply::json(400, r#"{"error":{"code":"invalid_grant","message":"no"}}"#),
        Reply::json(400, r#"{"error":{"type":"invalid_grant"}}"#),
        Reply::json(400, r#"{"code":400,"message":"invalid_grant"}"#),
        Reply::json(200, r#"{"ok":false,"error":"invalid_code"}"#),
    ] {
        let told = format!("{reply:?}");
        let (begun, _) = answered(&world, reply).await;
        assert_eq!(world.failed_with(&begun).await, "invalid_grant", "{told}");
    }
    let (begun, _) = answered(&world, Reply::json(400, r#"{"error":123}"#)).await;
    assert_eq!(world.failed_with(&begun).await, "provider_error", "a number that nobody knows is no refusal");
}

#[tokio::test]
async fn e48_an_exchange_that_hangs_times_out_and_one_may_press_again_at_once() {
    let world = World::new().await;
    let (begun, page) = answered(&world, Reply::Hang).await;
    assert_eq!(page.status, 400);
    assert!(["timed_out", "provider_unreachable"].contains(&world.failed_with(&begun).await));
    let sent = world.token_requests();
    let limits: Vec<u64> = sent.iter().map(|r| r.limits.total.as_secs()).collect();
    assert_eq!(limits, [5, 15, 30]);
    nothing_is_kept(&world).await;
    world.connected("acme", "ana").await;
}

#[tokio::test]
async fn e49_an_exchange_that_cannot_connect_says_that_the_provider_is_unreachable() {
    let world = World::new().await;
    for kind in [FaultKind::Refused, FaultKind::Unresolved] {
        let (begun, _) = answered(&world, Reply::fault(kind, Sent::Nothing)).await;
        assert_eq!(world.failed_with(&begun).await, "provider_unreachable");
    }
    assert!(world.token_requests().len() <= 6, "three requests an attempt at most");
}

#[tokio::test]
async fn e06_a_certificate_that_cannot_be_trusted_ends_the_attempt() {
    let world = World::new().await;
    let (begun, page) = answered(&world, Reply::fault(FaultKind::Tls, Sent::Nothing)).await;
    assert_eq!(world.failed_with(&begun).await, "tls");
    assert!(page.words().contains("prove"), "{}", page.words());
    assert_eq!(world.token_requests().len(), 1);
}

#[tokio::test]
async fn e50_an_error_of_the_providers_own_keeps_its_word() {
    let world = World::new().await;
    let (begun, page) = answered(&world, refusal(500, "internal_server_error", "<b>oh</b> no")).await;
    let AttemptState::Failed(error) = world.attempt(&begun.attempt).await else { panic!("it failed") };
    assert_eq!(error.code, "provider_error");
    let failure = error.failure.unwrap();
    assert_eq!(failure.provider_error.as_deref(), Some("internal_server_error"));
    assert_eq!(failure.provider_description.as_deref(), Some("oh no"), "e36: cleaned");
    assert!(!page.text.contains("internal_server_error"), "e65: the page speaks to people");
}

#[tokio::test]
async fn e15_a_malformed_token_in_an_answer_is_no_token() {
    let world = generous().await;
    let long = format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, "x".repeat(70_000));
    for body in [
        r#"{"access_token":"","token_type":"Bearer"}"#,
        r#"{"access_token":7,"token_type":"Bearer"}"#,
        r#"{"access_token":null,"token_type":"Bearer"}"#,
        r#"{"access_token":"a\u0000b","token_type":"Bearer"}"#,
        r#"{"access_token":"a","token_type":"DPoP"}"#,
        r#"{"token_type":"Bearer"}"#,
        "{}",
        "[]",
        "",
        "<html>",
        &long,
    ] {
        let (begun, _) = answered(&world, Reply::json(200, body)).await;
        assert_eq!(world.failed_with(&begun).await, "invalid_response", "{:.60}", body);
    }
    nothing_is_kept(&world).await;
}

#[tokio::test]
async fn e28_an_exchange_that_is_rate_limited_says_so() {
    let world = World::new().await;
    let (begun, page) = answered(&world, Reply::empty(429).header("retry-after", "5")).await;
    assert_eq!(world.failed_with(&begun).await, "rate_limited");
    assert!(page.words().contains("pause"), "{}", page.words());
}

/// An attempt at Acme whose exchange is answered so, with the page that the browser got.
async fn answered(world: &World, reply: Reply) -> (Begun, Seen) {
    world.net.now_on("/token", reply).now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("acme")).await;
    let (page, _) = world.within(HOUR, world.comes_back(&begun, "code=c&state=STATE")).await;
    (begun, page)
}

/// A world in which a caller may start as many attempts as it likes.
async fn generous() -> World {
    let policy = Policy { attempts_per_hour: 10_000, ..Policy::default() };
    World::start(Setup { policy, ..Setup::default() }).await
}

#[tokio::test]
async fn o19_a_no_is_not_held_against_the_provider() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    world.comes_back(&begun, "error=access_denied&state=STATE").await;
    world.net.now_on("/token", tokens("ana"));
    world.connected("acme", "ana").await;
}
