//! STANDARDS 8414-1 to 8414-6, against a scripted provider and a hand-moved clock.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::Wall;
use bowline_base::time::HandClock;
use serde_json::json;

use super::*;
use crate::provider::Origin;
use crate::transport::{FaultKind, Reply, ScriptedTransport, Sent};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";
const ISSUER: &str = "https://id.example";

struct World {
    net: Arc<ScriptedTransport>,
    clock: HandClock,
    discovery: Discovery,
}

fn world() -> World {
    let net = Arc::new(ScriptedTransport::new());
    let clock = HandClock::at(Wall::from_unix_ms(1_800_000_000_000));
    let discovery = Discovery::new(net.clone(), Arc::new(clock.clone()));
    World { net, clock, discovery }
}

impl World {
    fn paths(&self) -> Vec<String> {
        self.net.requests().iter().map(|request| request.url.path().to_owned()).collect()
    }

    async fn ask(&self, issuer: &str) -> Result<Arc<Server>, Failure> {
        self.discovery.server(&Provider::for_issuer(issuer).expect("a usable issuer")).await
    }
}

fn document(issuer: &str) -> serde_json::Value {
    let base = issuer.trim_end_matches('/');
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "code_challenge_methods_supported": ["S256"],
    })
}

fn found(document: &serde_json::Value) -> Reply {
    Reply::json(200, document.to_string())
}

#[tokio::test]
async fn r8414_1_the_name_is_appended_for_openid_and_inserted_for_oauth_in_that_order() {
    for (issuer, appended, inserted) in [
        ("https://id.example", OPENID.to_owned(), OAUTH.to_owned()),
        ("https://id.example/", OPENID.to_owned(), OAUTH.to_owned()),
        ("https://id.example/tenant/a", format!("/tenant/a{OPENID}"), format!("{OAUTH}/tenant/a")),
    ] {
        let world = world();
        world.net.on(&appended, found(&document(issuer))).on(&inserted, Reply::empty(404));
        world.ask(issuer).await.expect("a server");
        assert_eq!(world.paths(), [appended, inserted], "{issuer}");
    }
}

#[tokio::test]
async fn r8414_1_an_issuer_with_a_path_is_asked_at_the_third_place_too() {
    let world = world();
    let issuer = "https://id.example/tenant";
    let third = format!("{OPENID}/tenant");
    world
        .net
        .on(&format!("/tenant{OPENID}"), Reply::empty(404))
        .on(&format!("{OAUTH}/tenant"), Reply::empty(404));
    world.net.on(&third, found(&document(issuer)));
    world.ask(issuer).await.expect("a server");
    assert_eq!(world.paths().last(), Some(&third));
}

#[tokio::test]
async fn both_documents_are_merged_and_openids_values_win() {
    let world = world();
    let mut oauth = document(ISSUER);
    oauth["token_endpoint"] = json!("https://id.example/other");
    oauth["revocation_endpoint"] = json!("https://id.example/revoke");
    oauth["authorization_response_iss_parameter_supported"] = json!(true);
    world.net.on(OPENID, found(&document(ISSUER))).on(OAUTH, found(&oauth));
    let server = world.ask(ISSUER).await.expect("a server");
    assert_eq!(server.endpoints.token.as_ref().map(Url::as_str), Some("https://id.example/token"));
    assert_eq!(server.endpoints.revocation.as_ref().map(Url::as_str), Some("https://id.example/revoke"));
    assert!(server.iss_in_callback);
}

#[tokio::test]
async fn configured_endpoints_go_before_what_is_found() {
    let world = world();
    world.net.on(OPENID, found(&document(ISSUER))).on(OAUTH, Reply::empty(404));
    let mut provider = Provider::for_issuer(ISSUER).expect("a usable issuer");
    provider.endpoints.token = Url::parse("https://elsewhere.example/token").ok();
    let server = world.discovery.server(&provider).await.expect("a server");
    assert_eq!(server.endpoints.token, provider.endpoints.token);
    assert_eq!(server.endpoints.jwks.as_ref().map(Url::as_str), Some("https://id.example/keys"));
}

#[tokio::test]
async fn r8414_2_an_issuer_that_differs_in_one_character_is_refused_as_a_whole() {
    for other in
        ["https://id.example/", "https://ID.example", "https://id.example:443", "https://evil.example", ""]
    {
        let world = world();
        let mut foreign = document(ISSUER);
        foreign["issuer"] = json!(other);
        world.net.on(OPENID, found(&foreign)).on(OAUTH, Reply::empty(404));
        let failure = world.ask(ISSUER).await.expect_err("a foreign issuer");
        assert_eq!(failure.kind, FailureKind::IssuerMismatch, "{other}");
    }
}

#[tokio::test]
async fn r8414_2_a_missing_issuer_is_not_the_issuer() {
    let world = world();
    let mut nameless = document(ISSUER);
    nameless.as_object_mut().expect("an object").remove("issuer");
    world.net.on(OPENID, found(&nameless)).on(OAUTH, Reply::empty(404));
    assert_eq!(world.ask(ISSUER).await.expect_err("no issuer").kind, FailureKind::IssuerMismatch);
}

#[tokio::test]
async fn r8414_3_an_issuer_is_https_without_query_and_fragment() {
    for issuer in [
        "http://id.example",
        "https://id.example?a=b",
        "https://id.example#x",
        "https://u:p@id.example",
        "id.example",
    ] {
        assert!(Provider::for_issuer(issuer).is_err(), "{issuer}");
        let world = world();
        let mut provider =
            Provider::empty(bowline_base::ProviderId::parse("p").expect("an id"), Origin::Issuer);
        provider.issuer = Some(issuer.into());
        let failure = world.discovery.server(&provider).await.expect_err("an unusable issuer");
        assert_eq!(failure.kind, FailureKind::Misconfigured);
        assert!(world.paths().is_empty(), "nothing is sent to {issuer}");
    }
    assert!(Provider::for_issuer("http://127.0.0.1:9000").is_ok());
}

#[tokio::test]
async fn r8414_4_endpoints_that_are_not_https_are_as_good_as_absent() {
    let world = world();
    let mut document = document(ISSUER);
    document["userinfo_endpoint"] = json!("http://id.example/me");
    document["revocation_endpoint"] = json!("javascript:alert(1)");
    document["jwks_uri"] = json!(17);
    world.net.on(OPENID, found(&document)).on(OAUTH, Reply::empty(404));
    let endpoints = world.ask(ISSUER).await.expect("a server").endpoints.clone();
    assert_eq!((endpoints.userinfo, endpoints.revocation, endpoints.jwks), (None, None, None));
}

#[tokio::test]
async fn r8414_4_without_a_usable_token_endpoint_the_document_is_of_no_use() {
    let world = world();
    let mut document = document(ISSUER);
    document["token_endpoint"] = json!("http://id.example/token");
    world.net.on(OPENID, found(&document)).on(OAUTH, Reply::empty(404));
    assert_eq!(world.ask(ISSUER).await.expect_err("no token endpoint").kind, FailureKind::InvalidResponse);
}

#[tokio::test]
async fn r8414_5_a_public_issuer_cannot_point_into_this_computer_or_its_network() {
    for inside in [
        "http://127.0.0.1:631/keys",
        "https://127.0.0.1/keys",
        "https://[::1]/keys",
        "https://10.1.2.3/keys",
        "https://192.168.1.1/keys",
        "https://172.16.0.1/keys",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/keys",
        "https://[fd00::1]/keys",
        "https://[::ffff:10.0.0.1]/keys",
        "https://2130706433/keys",
        "https://0x7f.1/keys",
        "https://localhost/keys",
        "https://a.localhost./keys",
    ] {
        let world = world();
        let mut document = document(ISSUER);
        document["jwks_uri"] = json!(inside);
        world.net.on(OPENID, found(&document)).on(OAUTH, Reply::empty(404));
        assert_eq!(world.ask(ISSUER).await.expect("a server").endpoints.jwks, None, "{inside}");
    }
}

#[tokio::test]
async fn r8414_5_an_issuer_on_loopback_may_name_itself() {
    let world = world();
    let issuer = "http://127.0.0.1:9000";
    world.net.on(OPENID, found(&document(issuer))).on(OAUTH, Reply::empty(404));
    assert!(world.ask(issuer).await.expect("a server").endpoints.jwks.is_some());
}

#[tokio::test]
async fn r8414_6_a_document_is_asked_for_once_a_day() {
    let world = world();
    world.net.on(OPENID, found(&document(ISSUER))).on(OAUTH, Reply::empty(404));
    for _ in 0..3 {
        world.ask(ISSUER).await.expect("a server");
    }
    world.clock.advance(Duration::from_secs(23 * 3600));
    world.ask(ISSUER).await.expect("a server");
    assert_eq!(world.paths().len(), 2);
    world.clock.advance(Duration::from_secs(3601));
    world.ask(ISSUER).await.expect("a server");
    assert_eq!(world.paths().len(), 4);
}

#[tokio::test]
async fn r8414_6_a_clock_set_back_does_not_make_a_document_younger() {
    let world = world();
    world.net.on(OPENID, found(&document(ISSUER))).on(OAUTH, Reply::empty(404));
    world.ask(ISSUER).await.expect("a server");
    world.clock.advance(Duration::from_secs(25 * 3600));
    world.clock.set_wall(Wall::from_unix_ms(1_700_000_000_000));
    world.ask(ISSUER).await.expect("a server");
    assert_eq!(world.paths().len(), 4);
}

#[tokio::test]
async fn r8414_6_a_stale_copy_serves_while_the_issuer_is_unreachable_and_is_asked_after_a_minute() {
    for trouble in [
        Reply::fault(FaultKind::Refused, Sent::Nothing),
        Reply::fault(FaultKind::TimedOut, Sent::Maybe),
        Reply::empty(503),
        Reply::html(200, "<h1>Please sign in to the hotel</h1>"),
    ] {
        let world = world();
        world.net.on(OPENID, found(&document(ISSUER))).on(OAUTH, Reply::empty(404));
        let first = world.ask(ISSUER).await.expect("a server");
        world.net.now_on(OPENID, trouble.clone()).now_on(OAUTH, trouble);
        world.clock.advance(Duration::from_secs(25 * 3600));
        assert_eq!(world.ask(ISSUER).await.expect("the stale copy"), first);
        let asked = world.paths().len();
        world.ask(ISSUER).await.expect("the stale copy");
        assert_eq!(world.paths().len(), asked, "not asked again at once");
        world.clock.advance(Duration::from_secs(61));
        world.net.now_on(OPENID, found(&document(ISSUER)));
        world.ask(ISSUER).await.expect("a fresh copy");
        assert!(world.paths().len() > asked);
    }
}

#[tokio::test]
async fn a_stale_copy_does_not_serve_once_somebody_else_answers() {
    let world = world();
    world.net.on(OPENID, found(&document(ISSUER))).on(OAUTH, Reply::empty(404));
    world.ask(ISSUER).await.expect("a server");
    world.net.now_on(OPENID, found(&document("https://evil.example")));
    world.clock.advance(Duration::from_secs(25 * 3600));
    assert_eq!(world.ask(ISSUER).await.expect_err("a foreign issuer").kind, FailureKind::IssuerMismatch);
}

#[tokio::test]
async fn one_document_stands_in_for_minutes_while_the_other_cannot_be_had() {
    let world = world();
    let mut openid = document(ISSUER);
    openid["userinfo_endpoint"] = json!("https://id.example/me");
    world.net.on(OPENID, Reply::empty(500)).on(OPENID, found(&openid)).on(OAUTH, found(&document(ISSUER)));
    assert_eq!(world.ask(ISSUER).await.expect("a server").endpoints.userinfo, None);
    world.clock.advance(Duration::from_secs(301));
    assert!(world.ask(ISSUER).await.expect("a server").endpoints.userinfo.is_some());
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_is_tried_once_and_told_as_that() {
    let world = world();
    world.net.then(Reply::fault(FaultKind::Unresolved, Sent::Nothing));
    let failure = world.ask("https://x.invalid").await.expect_err("no server");
    assert_eq!((failure.kind, failure.host.as_deref()), (FailureKind::Unreachable, Some("x.invalid")));
    assert_eq!(world.paths().len(), 1);
}

#[tokio::test]
async fn configured_endpoints_suffice_while_the_issuer_is_unreachable() {
    let world = world();
    let mut provider = Provider::for_issuer(ISSUER).expect("a usable issuer");
    provider.endpoints.authorization = Url::parse("https://id.example/a").ok();
    provider.endpoints.token = Url::parse("https://id.example/t").ok();
    let server = world.discovery.server(&provider).await.expect("what is configured");
    assert_eq!(server.endpoints, provider.endpoints);
    assert!(server.id_token_algs.iter().any(|name| name == "ES256"), "nobody could say what it signs with");
    world.discovery.server(&provider).await.expect("what is configured");
    assert_eq!(world.paths().len(), 1, "a renewal does not wait for the same failure again");
}

#[tokio::test]
async fn a_caller_that_needs_the_document_asks_again_at_once() {
    let world = world();
    world.net.then(Reply::fault(FaultKind::Reset, Sent::Maybe));
    world.ask(ISSUER).await.expect_err("no server");
    world.net.on(OPENID, found(&document(ISSUER))).on(OAUTH, Reply::empty(404));
    world.ask(ISSUER).await.expect("a server");
}

#[tokio::test]
async fn a_provider_with_all_endpoints_configured_is_never_asked() {
    let world = world();
    let at = |path: &str| Url::parse(&format!("{ISSUER}/{path}")).ok();
    let mut provider = Provider::for_issuer(ISSUER).expect("a usable issuer");
    provider.endpoints.authorization = at("a");
    provider.endpoints.token = at("t");
    provider.endpoints.userinfo = at("u");
    provider.endpoints.jwks = at("j");
    provider.endpoints.revocation = at("r");
    let server = world.discovery.server(&provider).await.expect("what is configured");
    assert_eq!((server.issuer.as_deref(), world.paths().len()), (Some(ISSUER), 0));
}

#[tokio::test]
async fn without_issuer_and_endpoints_there_is_nothing_to_ask() {
    let world = world();
    let provider = Provider::empty(bowline_base::ProviderId::parse("p").expect("an id"), Origin::Issuer);
    assert_eq!(
        world.discovery.server(&provider).await.expect_err("no server").kind,
        FailureKind::Misconfigured
    );
}

#[tokio::test]
async fn fifty_unknown_members_and_odd_types_do_no_harm() {
    let world = world();
    let mut document = document(ISSUER);
    for i in 0..50 {
        document[format!("member_{i}")] = json!({"deep": [[[1, null, {"x": false}]]]});
    }
    document["scopes_supported"] = json!(["openid", 7, null]);
    document["code_challenge_methods_supported"] = json!("S256");
    world.net.on(OPENID, found(&document)).on(OAUTH, Reply::empty(404));
    let server = world.ask(ISSUER).await.expect("a server");
    assert_eq!(server.scopes_supported, Some(vec!["openid".to_owned()]));
    assert_eq!(server.pkce_methods, None);
}
