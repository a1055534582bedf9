//! From a wish to an account: the whole way, and nothing half-made on it.

use bowline_base::{Reason, Secret, Status};
use bowline_engine::EngineError;
use bowline_engine::connect::{AttemptState, ConnectWish};
use bowline_engine::serve::Wanted;
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::browse::parameter;
use bowline_tests::world::journey::{owner, text, wish};
use bowline_tests::world::script::{self, ISSUER, person, tokens};
use bowline_tests::world::{HOUR, NOON, Seed, World, browse};

use crate::signer;

#[tokio::test]
async fn o01_an_attempt_gives_an_address_with_state_and_a_challenge_that_is_hashed() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    let url = &begun.authorize_url;
    assert_eq!((url.host_str(), url.path()), (Some("acme.example"), "/authorize"));
    assert_eq!(parameter(url, "response_type").as_deref(), Some("code"));
    assert_eq!(parameter(url, "client_id").as_deref(), Some("bowline-acme"));
    assert_eq!(parameter(url, "scope").as_deref(), Some("profile mail"));
    assert_eq!(parameter(url, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(parameter(url, "code_challenge").map(|c| c.len()), Some(43));
    assert!(parameter(url, "state").is_some_and(|state| state.len() >= 22));
    assert_eq!(browse::way_back(url).host_str(), Some("127.0.0.1"));
    assert_eq!(parameter(url, "nonce"), None);
    let with_id_token = world.begin(wish("oidc")).await.authorize_url;
    assert!(parameter(&with_id_token, "nonce").is_some(), "o15: a nonce goes with openid");
}

#[tokio::test]
async fn o17_a_connected_account_is_complete_and_its_token_is_served() {
    let world = World::new().await;
    let ana = world.connected("acme", "ana").await;
    let sight = world.sight(&ana);
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(sight.message, "Connected. Renews by itself.");
    assert_eq!(sight.account.username.as_deref(), Some("ana@example.com"));
    assert_eq!(sight.account.display_name.as_deref(), Some("ana"));
    assert_eq!(sight.account.granted.to_string(), "profile mail");
    assert_eq!(sight.health.access_expires_at, Some(NOON + HOUR));
    assert_eq!((sight.account.connected_at, sight.account.reconnected_at), (NOON, None));
    assert_eq!(world.served(&ana).await, "at-ana");
    assert_eq!(world.stored_pair(&ana).await, ("at-ana".to_owned(), "rt-ana".to_owned()));
}

#[tokio::test]
async fn o10_code_verifier_and_the_same_redirect_go_to_the_token_endpoint_once() {
    let world = World::new().await;
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("acme")).await;
    world.comes_back(&begun, "code=the-code&state=STATE").await;
    let sent = world.token_requests();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].field("grant_type").as_deref(), Some("authorization_code"));
    assert_eq!(sent[0].field("code").as_deref(), Some("the-code"));
    assert_eq!(sent[0].field("code_verifier").map(|v| v.len()), Some(43));
    assert_eq!(sent[0].field("redirect_uri"), parameter(&begun.authorize_url, "redirect_uri"));
}

#[tokio::test]
async fn r41_a_token_without_an_end_and_without_renewal_is_healthy_for_ever() {
    let world = World::new().await;
    world.net.now_on("/token", Reply::json(200, r#"{"access_token":"at-x","token_type":"bearer"}"#));
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("forever")).await;
    world.comes_back(&begun, "code=c&state=STATE").await;
    let ana = world.ids().remove(0);
    world.pass(HOUR * 24 * 365).await;
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(world.sight(&ana).health.access_expires_at, None);
    assert_eq!(world.served(&ana).await, "at-x");
    assert_eq!(world.token_requests().len(), 1, "there is nothing to renew with");
}

#[tokio::test]
async fn o53_a_partial_grant_connects_and_names_what_is_missing() {
    let world = World::new().await;
    world.net.now_on("/token", script::tokens_with("ana", "profile")).now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("acme")).await;
    world.comes_back(&begun, "code=c&state=STATE").await;
    let ana = world.ids().remove(0);
    assert_eq!(world.fares(&ana), (Status::InsufficientPermissions, Some(Reason::ScopeChanged)));
    assert_eq!(world.sight(&ana).missing, ["mail"]);
    assert!(world.sight(&ana).message.contains("mail"), "o53: the sentence names what is missing");
    assert_eq!(world.served(&ana).await, "at-ana", "o60: what does not need it goes on");
    let wanted = Wanted { scopes: bowline_base::ScopeSet::read("mail"), ..Wanted::default() };
    let served = world.engine.token(&owner(), ana.as_str(), &wanted).await;
    assert_eq!(text(served), "insufficient_scope");
}

#[tokio::test]
async fn o02_o28_a_reset_at_the_exchange_is_asked_again_and_connects() {
    let world = World::new().await;
    world.answers([Reply::fault(FaultKind::Reset, Sent::Maybe), tokens("ana")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("acme")).await;
    let (page, took) = world.within(HOUR, world.comes_back(&begun, "code=c&state=STATE")).await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert!(took < bowline_tests::world::SECOND * 3, "within the code's life: {took:?}");
    assert_eq!(world.token_requests().len(), 2);
}

#[tokio::test]
async fn e24_a_forged_state_changes_nothing_and_the_right_one_connects_after_it() {
    let world = World::new().await;
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("acme")).await;
    for forged in ["code=x&state=forged", "code=x", "code=x&state=", "error=access_denied&state=forged"] {
        assert_eq!(world.comes_back(&begun, forged).await.status, 400, "e59: {forged}");
        assert_eq!(world.attempt(&begun.attempt).await, AttemptState::Waiting);
    }
    assert!(world.token_requests().is_empty());
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 200);
}

#[tokio::test]
async fn o09_a_used_state_is_gone_and_the_code_is_never_sent_twice() {
    let world = World::new().await;
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("acme")).await;
    world.comes_back(&begun, "code=c&state=STATE").await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 410);
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!(world.ids().len(), 1);
}

#[tokio::test]
async fn o29_two_people_of_one_provider_are_two_accounts_that_selectors_tell_apart() {
    let world = World::new().await;
    let ana = world.connected("acme", "ana").await;
    let bo = world.connected("acme", "bo").await;
    let named = |name: &str| world.engine.account(&owner(), name).map(|sight| sight.account.id);
    assert_eq!(named("acme:ana@example.com").unwrap(), ana);
    assert_eq!(named("bo@example.com").unwrap(), bo);
    let Err(EngineError::AmbiguousAccount { candidates, .. }) = named("acme") else {
        panic!("acme fits two")
    };
    assert_eq!(candidates.len(), 2);
    assert_eq!(
        (world.served(&ana).await, world.served(&bo).await),
        ("at-ana".to_owned(), "at-bo".to_owned())
    );
}

#[tokio::test]
async fn oc_9_an_id_token_that_does_not_hold_stores_nothing_and_gives_the_tokens_back() {
    let world = World::new().await;
    signer::publish(&world);
    world.net.now_on("/revoke", Reply::empty(200)).now_on("/userinfo", person("ana"));
    world.answers([signer::tokens("ana", &signer::id_token("ana", Some("another nonce"), 0))]);
    let begun = world.begin(wish("oidc")).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 400);
    assert_eq!(world.failed_with(&begun).await, "id_token_invalid");
    nothing_is_kept(&world).await;
    let given_back = world.net.requests_to("/revoke");
    assert_eq!(given_back[0].field("token").as_deref(), Some("rt-ana"));
}

#[tokio::test]
async fn e51_a_malformed_userinfo_is_borne_when_the_id_token_names_the_person() {
    let world = World::new().await;
    signer::publish(&world);
    world.net.now_on("/userinfo", Reply::html(200, "<h1>hello</h1>"));
    let begun = world.begin(wish("oidc")).await;
    let nonce = parameter(&begun.authorize_url, "nonce").unwrap();
    world.answers([signer::tokens("ana", &signer::id_token("ana", Some(&nonce), 0))]);
    let page = world.comes_back(&begun, "code=c&state=STATE").await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert_eq!(world.sight(&world.ids()[0]).account.username.as_deref(), Some("ana@id.example"));
}

#[tokio::test]
async fn e51_a_malformed_userinfo_without_an_id_token_stores_nothing_half_made() {
    let world = World::new().await;
    world.net.now_on("/token", tokens("ana")).now_on("/revoke", Reply::empty(200));
    world.net.now_on("/userinfo", Reply::html(200, "<h1>hello</h1>"));
    let begun = world.begin(wish("acme")).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 400);
    assert_eq!(world.failed_with(&begun).await, "invalid_response");
    nothing_is_kept(&world).await;
    assert_eq!(world.net.requests_to("/revoke").len(), 1, "tokens that belong to nobody are given back");
}

#[tokio::test]
async fn r9700_1_an_answer_by_another_issuer_is_not_used_and_its_words_are_not_shown() {
    let world = World::new().await;
    for query in [
        "code=c&state=STATE&iss=https%3A%2F%2Fevil.example",
        "error=server_error&error_description=call+us&state=STATE&iss=https%3A%2F%2Fevil.example",
    ] {
        let begun = world.begin(wish("oidc")).await;
        let page = world.comes_back(&begun, query).await;
        assert_eq!(page.status, 400);
        assert!(!page.text.contains("call us") && !page.text.contains("evil"));
        assert_eq!(world.failed_with(&begun).await, "issuer_mismatch");
    }
    assert!(world.token_requests().is_empty());
}

#[tokio::test]
async fn r9700_1_the_right_issuer_in_the_answer_connects() {
    let world = World::new().await;
    signer::publish(&world);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(wish("oidc")).await;
    let nonce = parameter(&begun.authorize_url, "nonce").unwrap();
    world.answers([signer::tokens("ana", &signer::id_token("ana", Some(&nonce), 0))]);
    let page = world.comes_back(&begun, &format!("code=c&state=STATE&iss={ISSUER}")).await;
    assert_eq!(page.status, 200, "{}", page.words());
}

#[tokio::test]
async fn e16_a_provider_without_a_client_id_is_told_before_any_browser_opens() {
    let world = World::new().await;
    let open = ConnectWish { open_browser: true, ..wish("bare") };
    let error = world.engine.connect(&owner(), open).await.unwrap_err();
    assert!(matches!(error, EngineError::ProviderMisconfigured { .. }), "{error}");
    assert!(error.to_string().contains("bare.toml"), "o22: the file is named: {error}");
    assert!(world.desktop.opened().is_empty() && world.net.requests().is_empty());
}

#[tokio::test]
async fn o12_a_needed_client_secret_is_asked_for_and_then_used() {
    let world = World::new().await;
    let error = world.engine.connect(&owner(), wish("secretive")).await.unwrap_err();
    assert_eq!(error.audit_code(), "provider_misconfigured");
    assert!(error.to_string().contains("set-secret secretive"), "{error}");
    world.engine.set_client_secret(&owner(), "secretive", Secret::new("hush")).await.unwrap();
    world.connected("secretive", "ana").await;
    let header = world.token_requests()[0].header("authorization").unwrap_or_default().to_owned();
    assert!(header.starts_with("Basic "), "{header}");
}

#[tokio::test]
async fn e17_an_unknown_provider_is_told_with_the_nearest_name() {
    let world = World::new().await;
    let error = world.engine.connect(&owner(), wish("acmee")).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::ProviderNotFound { nearest: Some(name), .. } if name == "acme"),
        "{error}"
    );
}

#[tokio::test]
async fn p7_the_browser_is_opened_only_when_the_persons_act_says_so() {
    let world = World::new().await;
    world.begin(wish("acme")).await;
    assert!(world.desktop.opened().is_empty());
    let begun = world.begin(ConnectWish { open_browser: true, ..wish("acme") }).await;
    assert_eq!(world.desktop.opened(), [begun.authorize_url]);
    assert_eq!(begun.browser_problem, None);
    world.desktop.break_browser();
    let begun = world.begin(ConnectWish { open_browser: true, ..wish("acme") }).await;
    assert!(begun.browser_problem.is_some(), "the person is shown the address instead");
    assert_eq!(world.attempt(&begun.attempt).await, AttemptState::Waiting);
}

#[tokio::test]
async fn p7_a_page_is_opened_again_for_an_attempt_that_waits_and_for_no_other() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    assert_eq!(world.engine.open_again(&begun.attempt).unwrap(), None);
    assert_eq!(world.desktop.opened(), std::slice::from_ref(&begun.authorize_url));
    world.desktop.break_browser();
    assert!(world.engine.open_again(&begun.attempt).unwrap().is_some());
    for _ in 0..8 {
        world.engine.open_again(&begun.attempt).unwrap();
    }
    assert_eq!(world.engine.open_again(&begun.attempt).unwrap_err().audit_code(), "rate_limited");
    let other = world.begin(wish("acme")).await;
    world.engine.cancel_attempt(&other.attempt).await.unwrap();
    assert_eq!(world.engine.open_again(&other.attempt).unwrap_err().audit_code(), "request_not_found");
    assert_eq!(world.desktop.opened().len(), 1);
}

#[tokio::test]
async fn e37_a_connection_in_trouble_disturbs_no_other_account() {
    let (world, ids) = World::with([Seed::fresh("ana")]).await;
    world.net.now_on("/token", Reply::Hang);
    let begun = world.begin(wish("acme")).await;
    let url = world.callback(&begun, "code=c&state=STATE");
    let hanging = tokio::spawn(async move { browse::open(&url).await });
    world.until("the exchange", || !world.token_requests().is_empty()).await;
    assert_eq!(world.attempt(&begun.attempt).await, AttemptState::Exchanging);
    assert_eq!(world.served(&ids[0]).await, "at-ana");
    hanging.abort();
}

/// Neither account nor token, in memory or on disk.
pub(crate) async fn nothing_is_kept(world: &World) {
    world.settle().await;
    assert!(world.engine.accounts().is_empty());
    let stored = world.store.run(|vault| vault.accounts()).await.unwrap();
    assert!(stored.is_empty());
}
