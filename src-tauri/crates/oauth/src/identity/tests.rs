//! Whose tokens they are, with an id token, without one, and with a provider that tells lies.

use bowline_base::time::HandClock;
use serde_json::json;

use super::*;
use crate::id_token::signing::{self, Signer, claims, claims_but};
use crate::token::sample::{self, CLIENT_ID, NOW, answer, secret};
use crate::token::{self, About};
use crate::transport::{FaultKind, Reply, ScriptedTransport, Sent};

struct World {
    transport: Arc<ScriptedTransport>,
    identifier: Identifier,
    provider: Provider,
    server: Server,
}

fn world() -> World {
    let transport = Arc::new(ScriptedTransport::new());
    transport.on("/jwks", signing::set(&[Signer::rsa().jwk()]));
    let identifier = Identifier::new(transport.clone(), Arc::new(HandClock::at(NOW)));
    World { transport, identifier, provider: sample::provider(), server: sample::server() }
}

/// A provider that knows nothing of OpenID, like GitHub.
fn plain_world() -> World {
    let mut world = world();
    world.server.issuer = None;
    world.provider.issuer = None;
    world.provider.identity = IdentityMap {
        subject: Some("/id".into()),
        username: Some("/login".into()),
        display_name: Some("/name".into()),
        avatar: Some("/avatar_url".into()),
    };
    world
}

fn tokens(id_token: Option<Secret>) -> TokenSet {
    TokenSet {
        access: secret("at-1"),
        token_type: "Bearer".into(),
        refresh: None,
        id_token,
        granted: None,
        expires_in: None,
        grant_expires_in: None,
        about: About::default(),
    }
}

impl World {
    fn userinfo(self, document: serde_json::Value) -> World {
        self.transport.on("/userinfo", Reply::json(200, document.to_string()));
        self
    }

    async fn identify(&self, tokens: &TokenSet) -> Result<Identity, Failure> {
        let nonce = tokens.id_token.as_ref().map(|_| secret("n-1"));
        self.identifier.identify(&self.provider, &self.server, CLIENT_ID, tokens, nonce.as_ref()).await
    }

    async fn with_claims(&self, claims: &serde_json::Value) -> Result<Identity, Failure> {
        self.identify(&tokens(Some(Signer::rsa().sign(claims)))).await
    }

    fn asked_userinfo(&self) -> usize {
        self.transport.requests_to("/userinfo").len()
    }
}

const SUB: &str = "248289761001";

// With an id token. -----------------------------------------------------------------------------------------

#[tokio::test]
async fn the_id_token_says_who_and_userinfo_says_more() {
    // "oidcc-client-test", "-scope-userinfo-claims"
    let world =
        world().userinfo(json!({"sub": SUB, "name": "Ana L.", "picture": "https://img.example/a.png"}));
    let identity = world.with_claims(&claims()).await.unwrap();
    assert_eq!(
        identity,
        Identity {
            subject: SUB.into(),
            username: Some("ana".into()),
            display_name: Some("Ana L.".into()),
            avatar_url: Some("https://img.example/a.png".into()),
        }
    );
}

#[tokio::test]
async fn r6750_1_the_access_token_goes_in_the_header_only() {
    // "userinfo-bearer-header"
    let world = world().userinfo(json!({ "sub": SUB }));
    world.with_claims(&claims()).await.unwrap();
    let seen = world.transport.requests_to("/userinfo").remove(0);
    assert_eq!((seen.method.as_str(), seen.header("authorization")), ("GET", Some("Bearer at-1")));
    assert!(seen.body.is_empty() && seen.url.query().is_none());
}

#[tokio::test]
async fn oc_5_userinfo_about_somebody_else_is_dropped_whole() {
    // "userinfo-invalid-sub"
    for sub in [json!("248289761002"), json!(null), json!(""), json!(248289761002u64), json!([SUB])] {
        let world =
            world().userinfo(json!({"sub": sub, "name": "Mallory", "picture": "https://img.example/m.png"}));
        let identity = world.with_claims(&claims()).await.unwrap();
        assert_eq!(
            (identity.subject.as_str(), identity.display_name.as_deref()),
            (SUB, Some("Ana Lima")),
            "{sub}"
        );
        assert_eq!(identity.avatar_url, None);
    }
}

#[tokio::test]
async fn oc_9_after_a_bad_id_token_userinfo_is_not_asked() {
    for change in [
        json!({"iss": "https://evil.example"}),
        json!({"sub": null}),
        json!({"aud": "another"}),
        json!({"iat": null}),
        json!({"nonce": "n-2"}),
        json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    ] {
        let world = world().userinfo(json!({ "sub": SUB }));
        let failure = world.with_claims(&claims_but(change.clone())).await.unwrap_err();
        assert_eq!((failure.kind, world.asked_userinfo()), (FailureKind::IdTokenInvalid, 0), "{change}");
    }
    let world = world().userinfo(json!({ "sub": SUB }));
    let forged = tokens(Some(Signer::other_rsa().sign(&claims())));
    assert_eq!(world.identify(&forged).await.unwrap_err().kind, FailureKind::IdTokenInvalid);
    assert_eq!(world.asked_userinfo(), 0);
}

#[tokio::test]
async fn e51_without_an_id_token_userinfo_names_the_person() {
    let world = world().userinfo(json!({ "sub": SUB }));
    let nonce = secret("n-1");
    let asked = world
        .identifier
        .identify(&world.provider, &world.server, CLIENT_ID, &tokens(None), Some(&nonce))
        .await;
    assert_eq!((asked.unwrap().subject.as_str(), world.asked_userinfo()), (SUB, 1));
}

#[tokio::test]
async fn e51_with_a_valid_id_token_a_bad_userinfo_answer_does_no_harm() {
    for reply in [
        Reply::json(200, "{"),
        Reply::html(200, "<html>"),
        Reply::json(200, "[]"),
        Reply::empty(200),
        Reply::empty(500),
        Reply::empty(401),
        Reply::json(200, "x".repeat(MAX_USERINFO + 1)),
        Reply::fault(FaultKind::Reset, Sent::Maybe),
    ] {
        let world = world();
        world.transport.on("/userinfo", reply.clone());
        let identity = world.with_claims(&claims()).await.unwrap();
        assert_eq!(
            (identity.subject.as_str(), identity.username.as_deref()),
            (SUB, Some("ana")),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn oc_6_two_people_with_one_address_are_two_people() {
    let mut subjects = Vec::new();
    for sub in ["1", "2"] {
        let world = world().userinfo(json!({"sub": sub, "email": "team@example.com"}));
        let identity =
            world.with_claims(&claims_but(json!({"sub": sub, "preferred_username": null}))).await.unwrap();
        assert_eq!(identity.username.as_deref(), Some("team@example.com"));
        subjects.push(identity.subject);
    }
    assert_eq!(subjects, ["1", "2"]);
}

#[tokio::test]
async fn signed_userinfo_is_read_when_the_issuer_signed_it_for_us() {
    // "userinfo-signed"
    let signed = |signer: Signer, claims: serde_json::Value| {
        let token = signer.sign(&claims);
        let body = token.expose().as_bytes().to_vec();
        let headers =
            http::HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/jwt"))]);
        Reply::Answer { status: 200, headers, body }
    };
    for (reply, name) in [
        (
            signed(
                Signer::rsa(),
                json!({"sub": SUB, "iss": sample::ISSUER, "aud": CLIENT_ID, "name": "Signed"}),
            ),
            "Signed",
        ),
        (signed(Signer::rsa(), json!({"sub": SUB, "name": "Signed"})), "Signed"),
        (signed(Signer::other_rsa(), json!({"sub": SUB, "name": "Forged"})), "Ana Lima"),
        (signed(Signer::rsa(), json!({"sub": SUB, "aud": "another", "name": "Misled"})), "Ana Lima"),
        (
            signed(Signer::rsa(), json!({"sub": SUB, "iss": "https://evil.example", "name": "Misled"})),
            "Ana Lima",
        ),
    ] {
        let world = world();
        world.transport.on("/userinfo", reply);
        assert_eq!(world.with_claims(&claims()).await.unwrap().display_name.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn distributed_claims_are_never_fetched() {
    let world = world().userinfo(json!({"sub": SUB, "_claim_names": {"name": "src"},
        "_claim_sources": {"src": {"endpoint": "https://evil.example/claims", "access_token": "x"}}}));
    world.with_claims(&claims()).await.unwrap();
    assert!(world.transport.requests().iter().all(|r| r.url.host_str() == Some("id.example")));
}

// Without one. ----------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_provider_without_openid_is_asked_by_its_own_names() {
    let world = plain_world().userinfo(
        json!({"id": 583231, "login": "octocat", "name": null, "avatar_url": "https://img.example/1"}),
    );
    let identity = world.identify(&tokens(None)).await.unwrap();
    assert_eq!((identity.subject.as_str(), identity.username.as_deref()), ("583231", Some("octocat")));
    assert_eq!(
        (identity.display_name, identity.avatar_url.as_deref()),
        (None, Some("https://img.example/1"))
    );
}

#[tokio::test]
async fn e51_without_a_subject_there_is_no_account() {
    for document in [
        json!({}),
        json!({"id": null}),
        json!({"id": ""}),
        json!({"id": " "}),
        json!({"id": {"a": 1}}),
        json!({"id": true}),
        json!({"id": "a\u{202e}b"}),
        json!({"id": "x".repeat(MAX_CHARS + 1)}),
        json!({"id": 1.5}),
        json!([1]),
    ] {
        let world = plain_world().userinfo(document.clone());
        assert_eq!(
            world.identify(&tokens(None)).await.unwrap_err().kind,
            FailureKind::InvalidResponse,
            "{document}"
        );
    }
    let world = plain_world();
    world.transport.on("/userinfo", Reply::json(200, r#"{"id":123456789012345678901234567890}"#));
    assert_eq!(
        world.identify(&tokens(None)).await.unwrap_err().kind,
        FailureKind::InvalidResponse,
        "digits were lost"
    );
}

#[tokio::test]
async fn e51_a_userinfo_answer_that_cannot_be_used_is_sorted_like_any_other() {
    for (reply, kind) in [
        (Reply::json(200, "{"), FailureKind::InvalidResponse),
        (Reply::html(200, "<html>"), FailureKind::InvalidResponse),
        (Reply::empty(503), FailureKind::ProviderError),
        (Reply::empty(429), FailureKind::RateLimited),
        (Reply::fault(FaultKind::Tls, Sent::Nothing), FailureKind::Tls),
        (Reply::json(200, r#"{"ok":false,"error":"ratelimited"}"#), FailureKind::RateLimited),
    ] {
        let world = plain_world();
        world.transport.on("/userinfo", reply.clone());
        assert_eq!(world.identify(&tokens(None)).await.unwrap_err().kind, kind, "{reply:?}");
    }
}

#[tokio::test]
async fn the_oddities_of_a_userinfo_endpoint_are_data() {
    let mut world = plain_world().userinfo(json!({"id": "1"}));
    world.provider.quirks.userinfo_method_post = true;
    world.provider.quirks.userinfo_headers = vec![
        ("Client-Id".into(), "{client_id}".into()),
        ("X-Version".into(), "2026-01".into()),
        ("Accept".into(), "application/vnd.acme+json".into()),
    ];
    world.provider.quirks.use_header = "X-Access-Token".into();
    world.provider.quirks.use_scheme = String::new();
    world.identify(&tokens(None)).await.unwrap();
    let seen = world.transport.requests().remove(0);
    assert_eq!(seen.method.as_str(), "POST");
    assert_eq!((seen.header("client-id"), seen.header("x-version")), (Some(CLIENT_ID), Some("2026-01")));
    let accepted: Vec<_> = seen.headers.get_all("accept").iter().collect();
    assert_eq!(accepted, ["application/vnd.acme+json"], "one header of a name, and the file's");
    assert_eq!((seen.header("x-access-token"), seen.header("authorization")), (Some("at-1"), None));
}

#[tokio::test]
async fn a_person_that_only_the_token_answer_names_is_found_there() {
    let mut world = plain_world();
    world.server.endpoints.userinfo = None;
    world.provider.identity.subject = Some("/team/id /owner/id".into());
    let body =
        json!({"access_token": "a", "team": {"id": "T1"}, "owner": {"id": "U1"}, "login": "ana"}).to_string();
    let set = token::read(&answer(200, &body), &world.provider, NOW).unwrap();
    let identity = world.identify(&set).await.unwrap();
    assert_eq!((identity.subject.as_str(), identity.username.as_deref()), ("T1:U1", Some("ana")));
    assert_eq!(world.identify(&tokens(None)).await.unwrap_err().kind, FailureKind::InvalidResponse);
}

#[tokio::test]
async fn an_id_token_that_nobody_can_check_is_not_believed() {
    let world = plain_world().userinfo(json!({"id": "7"}));
    let identity = world.identify(&tokens(Some(Signer::rsa().sign(&claims())))).await.unwrap();
    assert_eq!(identity.subject, "7");
}

// What is kept of a person. ---------------------------------------------------------------------------------

#[tokio::test]
async fn names_are_bounded_and_hold_nothing_invisible() {
    let world = plain_world().userinfo(json!({
        "id": "1", "login": format!(" a\u{202e}n\na\u{0} {}", "x".repeat(2000)), "name": "\u{200b}\u{7}", "avatar_url": "https://img.example/ü"}));
    let identity = world.identify(&tokens(None)).await.unwrap();
    let username = identity.username.unwrap();
    assert!(
        username.starts_with("ana x") && username.chars().count() <= MAX_CHARS && redact::is_plain(&username)
    );
    assert_eq!(identity.display_name, None);
    assert_eq!(identity.avatar_url.as_deref(), Some("https://img.example/%C3%BC"));
}

#[tokio::test]
async fn a_picture_is_an_https_address_or_nothing() {
    for wrong in [
        "http://img.example/a",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "/a.png",
        "",
        &format!("https://img.example/{}", "a".repeat(600)),
    ] {
        let world = plain_world().userinfo(json!({"id": "1", "avatar_url": wrong}));
        assert_eq!(world.identify(&tokens(None)).await.unwrap().avatar_url, None, "{wrong}");
    }
}

// Renewals and trials. --------------------------------------------------------------------------------------

#[tokio::test]
async fn oc_4_a_renewed_id_token_is_checked_against_what_is_known() {
    let world = world();
    let check = async |claims: serde_json::Value, subject: &str| {
        let token = Signer::rsa().sign(&claims);
        world
            .identifier
            .check_renewed(&world.provider, &world.server, CLIENT_ID, &token, subject, None)
            .await
            .map_err(|f| f.kind)
    };
    assert_eq!(check(claims(), SUB).await, Ok(None));
    assert_eq!(check(claims_but(json!({"nonce": null})), SUB).await, Ok(None));
    assert_eq!(check(claims(), "another").await, Err(FailureKind::IdTokenInvalid));
    for change in [
        json!({"iss": "https://evil.example"}),
        json!({"aud": "x"}),
        json!({"azp": "x"}),
        json!({"iat": NOW.unix_s() - 86_400}),
    ] {
        assert_eq!(
            check(claims_but(change.clone()), SUB).await,
            Err(FailureKind::IdTokenInvalid),
            "{change}"
        );
    }
    let plain = plain_world();
    let token = secret("whatever");
    let checked =
        plain.identifier.check_renewed(&plain.provider, &plain.server, CLIENT_ID, &token, "7", None).await;
    assert!(checked.is_ok());
}

#[tokio::test]
async fn oc_4_without_the_issuers_keys_a_renewed_id_token_is_held_to_what_it_says() {
    let down = || {
        let world = world();
        world.transport.now_on("/jwks", Reply::fault(FaultKind::Tls, Sent::Nothing));
        world
    };
    let unknown = || {
        let mut world = world();
        world.server.endpoints.jwks = None;
        world
    };
    for (world, kind) in [(down(), FailureKind::Tls), (unknown(), FailureKind::IdTokenInvalid)] {
        let check = async |claims: serde_json::Value, subject: &str| {
            let token = Signer::rsa().sign(&claims);
            let (provider, server) = (&world.provider, &world.server);
            world.identifier.check_renewed(provider, server, CLIENT_ID, &token, subject, None).await
        };
        assert_eq!(
            check(claims(), SUB).await.unwrap().map(|f| f.kind),
            Some(kind),
            "not a flaw of the token"
        );
        assert!(check(claims(), "another").await.is_err());
        assert!(check(claims_but(json!({"iss": "https://evil.example"})), SUB).await.is_err());
        let late = claims_but(json!({"exp": NOW.unix_s() - 3600, "iat": NOW.unix_s() - 3700}));
        assert_eq!(check(late, SUB).await.unwrap_err().kind, FailureKind::ClockSkew, "the kind is kept");
    }
}

#[tokio::test]
async fn oc_4_keys_that_changed_while_the_issuer_cannot_be_reached_are_not_a_wrong_signature() {
    let world = world();
    let check = async |signer: Signer| {
        let token = signer.sign(&claims());
        let (provider, server) = (&world.provider, &world.server);
        world.identifier.check_renewed(provider, server, CLIENT_ID, &token, SUB, None).await
    };
    assert_eq!(check(Signer::rsa()).await.unwrap(), None);
    world.transport.now_on("/jwks", Reply::fault(FaultKind::TimedOut, Sent::Maybe));
    for _ in 0..2 {
        let unchecked = check(Signer::other_rsa()).await.unwrap();
        assert_eq!(unchecked.map(|f| f.kind), Some(FailureKind::TimedOut));
    }
}

#[tokio::test]
async fn oc_4_a_renewed_id_token_of_a_provider_with_tenants_is_checked_too() {
    let mut world = world();
    world.server.issuer = None;
    world.server.issuer_template = Some("https://login.example/{tid}/v2.0".into());
    let ours = json!({"iss": "https://login.example/t1/v2.0", "tid": "t1"});
    let token = Signer::rsa().sign(&claims_but(ours));
    let check = async |subject: &str| {
        let (provider, server) = (&world.provider, &world.server);
        world.identifier.check_renewed(provider, server, CLIENT_ID, &token, subject, None).await
    };
    assert_eq!(check(SUB).await.unwrap(), None);
    assert!(check("another").await.is_err());
}

// A subject of the provider's own. ---------------------------------------------------------------------------

fn own_subject_world() -> World {
    let mut world = world();
    world.provider.identity.subject = Some("/employee".into());
    world
}

#[tokio::test]
async fn oc_6_a_subject_that_the_file_places_is_taken_from_userinfo_about_the_same_person() {
    let world = own_subject_world().userinfo(json!({"sub": SUB, "employee": 4711, "name": "Ana L."}));
    let identity = world.with_claims(&claims()).await.unwrap();
    assert_eq!((identity.subject.as_str(), identity.display_name.as_deref()), ("4711", Some("Ana L.")));
}

#[tokio::test]
async fn oc_6_a_subject_that_the_file_places_is_never_taken_from_userinfo_about_somebody_else() {
    for sub in [json!("another"), json!(null)] {
        let world = own_subject_world().userinfo(json!({"sub": sub, "employee": 1}));
        let failure = world.with_claims(&claims()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse, "the file's place goes before /sub: {sub}");
    }
    let world = own_subject_world().userinfo(json!({"sub": "another", "employee": 1}));
    let identity = world.with_claims(&claims_but(json!({"employee": "4711"}))).await.unwrap();
    assert_eq!(identity.subject, "4711", "the id token stands in");
}

#[tokio::test]
async fn oc_6_one_person_does_not_become_two_because_userinfo_is_ill() {
    let world = own_subject_world();
    world.transport.on("/userinfo", Reply::empty(503));
    assert_eq!(world.with_claims(&claims()).await.unwrap_err().kind, FailureKind::ProviderError);
}

#[tokio::test]
async fn oc_4_with_a_subject_of_its_own_a_renewed_id_token_names_whom_the_last_one_named() {
    let world = own_subject_world();
    let sign = |sub: &str| Signer::rsa().sign(&claims_but(json!({ "sub": sub })));
    let check = async |token: Secret, before: Option<Secret>| {
        let (provider, server) = (&world.provider, &world.server);
        world.identifier.check_renewed(provider, server, CLIENT_ID, &token, "4711", before.as_ref()).await
    };
    assert_eq!(check(sign(SUB), Some(sign(SUB))).await.unwrap(), None);
    assert!(check(sign("another"), Some(sign(SUB))).await.is_err());
    assert_eq!(check(sign(SUB), None).await.unwrap(), None);
}

#[tokio::test]
async fn r6750_3_a_refused_token_and_one_that_is_not_enough_are_told_apart() {
    let challenge = |status, text| Reply::empty(status).header("www-authenticate", text);
    for (reply, outcome) in [
        (Reply::json(200, r#"{"sub":"1"}"#), Ok(Probe::Accepted)),
        (Reply::empty(204), Ok(Probe::Accepted)),
        (Reply::empty(401), Ok(Probe::Refused)),
        (challenge(401, r#"Bearer error="invalid_token""#), Ok(Probe::Refused)),
        (challenge(403, r#"Bearer realm="x", error="insufficient_scope""#), Ok(Probe::InsufficientScope)),
        (challenge(401, r#"Bearer error="insufficient_scope""#), Ok(Probe::InsufficientScope)),
        (Reply::json(200, r#"{"ok":false,"error":"token_revoked"}"#), Ok(Probe::Refused)),
        (Reply::json(200, r#"{"ok":false,"error":"invalid_auth"}"#), Ok(Probe::Refused)),
        (Reply::json(200, r#"{"ok":false,"error":"ratelimited"}"#), Err(FailureKind::RateLimited)),
        (Reply::json(200, r#"{"ok":false,"error":"brand_new"}"#), Err(FailureKind::ProviderError)),
        (Reply::json(200, r#"{"ok":false}"#), Err(FailureKind::InvalidResponse)),
        (Reply::json(400, r#"{"error":"invalid_token"}"#), Ok(Probe::Refused)),
        (Reply::json(503, r#"{"error":"invalid_token"}"#), Err(FailureKind::ProviderError)),
        (Reply::empty(403), Err(FailureKind::ProviderError)),
        (Reply::empty(500), Err(FailureKind::ProviderError)),
        (Reply::empty(404), Err(FailureKind::EndpointGone)),
        (Reply::empty(302), Err(FailureKind::ProviderError)),
        (Reply::empty(429), Err(FailureKind::RateLimited)),
        (Reply::fault(FaultKind::Unresolved, Sent::Nothing), Err(FailureKind::Unreachable)),
    ] {
        let world = world();
        world.transport.on("/userinfo", reply.clone());
        let probed = world.identifier.probe(&world.provider, &world.server, &secret("at-1")).await;
        assert_eq!(probed.map_err(|f| f.kind), outcome, "{reply:?}");
        assert_eq!(world.asked_userinfo(), 1);
    }
}

#[tokio::test]
async fn where_nothing_can_be_asked_nothing_is() {
    let mut world = world();
    world.server.endpoints.userinfo = None;
    let failure = world.identifier.probe(&world.provider, &world.server, &secret("at-1")).await.unwrap_err();
    assert_eq!((failure.kind, failure.sent), (FailureKind::Misconfigured, Sent::Nothing));
    assert_eq!(world.with_claims(&claims()).await.unwrap().subject, SUB, "an id token is enough");
}
