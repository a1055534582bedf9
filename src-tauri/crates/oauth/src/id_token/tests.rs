//! Id tokens with one thing wrong at a time. Names in quotes are modules of the OpenID conformance suite.

use std::sync::Arc;

use bowline_base::time::HandClock;
use proptest::prelude::*;
use serde_json::json;

use super::signing::{self, Signer, claims, claims_but};
use super::*;
use crate::token::sample::{self, CLIENT_ID, ISSUER, NOW, secret};
use crate::transport::{Reply, ScriptedTransport};

/// An issuer whose keys can be fetched, and who checks.
struct World {
    transport: Arc<ScriptedTransport>,
    clock: HandClock,
    keys: Keys,
    server: Server,
}

impl World {
    fn with(set: &[Value]) -> World {
        let transport = Arc::new(ScriptedTransport::new());
        transport.on("/jwks", signing::set(set));
        let clock = HandClock::at(NOW);
        let keys = Keys::new(transport.clone(), Arc::new(clock.clone()));
        World { transport, clock, keys, server: sample::server() }
    }

    fn usual() -> World {
        World::with(&[Signer::rsa().named("k1").jwk()])
    }

    async fn check(&self, token: &Secret, change: impl FnOnce(&mut Expected<'_>)) -> Result<Claims, Failure> {
        let (nonce, access) = (secret("n-1"), secret("at-1"));
        let mut expected = Expected {
            server: &self.server,
            client_id: CLIENT_ID,
            now: self.clock_wall(),
            nonce: Some(&nonce),
            nonce_may_be_missing: false,
            access: Some(&access),
            subject: None,
            is_renewed: false,
        };
        change(&mut expected);
        verify(&self.keys, &sample::provider(), token, expected).await
    }

    fn clock_wall(&self) -> Wall {
        bowline_base::Clock::wall(&self.clock)
    }

    async fn verdict(&self, token: &Secret) -> Result<String, String> {
        let checked = self.check(token, |_| {}).await;
        checked.map(|c| c.subject).map_err(|f| f.provider_description.unwrap_or_else(|| f.kind.to_string()))
    }

    fn fetches(&self) -> usize {
        self.transport.requests().len()
    }
}

fn good() -> Signer {
    Signer::rsa().named("k1")
}

async fn refused(token: &Secret, flaw: Flaw) {
    assert_eq!(World::usual().verdict(token).await, Err(flaw.to_string()));
}

/// Claims with one thing changed, and what becomes of them.
async fn check_claims(rows: &[(Value, Result<(), Flaw>)]) {
    for (change, outcome) in rows {
        let token = good().sign(&claims_but(change.clone()));
        let expected = (*outcome).map(|()| "248289761001".to_owned()).map_err(|f| f.to_string());
        assert_eq!(World::usual().verdict(&token).await, expected, "{change}");
    }
}

#[tokio::test]
async fn oc_2_a_good_token_holds() {
    // "idtoken-sig-rs256"
    let world = World::usual();
    let claims = world.check(&good().sign(&claims()), |_| {}).await.unwrap();
    assert_eq!(claims.subject, "248289761001");
    assert_eq!(claims.document["name"], "Ana Lima");
    let seen = world.transport.requests();
    assert_eq!((seen.len(), seen[0].method.as_str(), seen[0].url.path()), (1, "GET", "/jwks"));
}

#[tokio::test]
async fn oc_1_the_issuer_is_exact() {
    // "invalid-iss"
    let wrong =
        ["https://evil.example", "https://id.example/", "https://ID.example", "http://id.example", ""];
    let mut rows: Vec<_> = wrong.iter().map(|iss| (json!({ "iss": iss }), Err(Flaw::Issuer))).collect();
    rows.extend([(json!({"iss": null}), Err(Flaw::Issuer)), (json!({"iss": [ISSUER]}), Err(Flaw::Issuer))]);
    check_claims(&rows).await;
}

#[tokio::test]
async fn oc_1_the_audience_is_us_and_nobody_else() {
    // "invalid-aud", "missing-aud", "valid-aud-as-array", "invalid-secondary-aud"
    check_claims(&[
        (json!({"aud": [CLIENT_ID]}), Ok(())),
        (json!({"aud": "another"}), Err(Flaw::Audience)),
        (json!({"aud": null}), Err(Flaw::Audience)),
        (json!({"aud": []}), Err(Flaw::Audience)),
        (json!({"aud": [CLIENT_ID, "another"]}), Err(Flaw::Audience)),
        (json!({"aud": [CLIENT_ID, 1]}), Err(Flaw::Audience)),
        (json!({"aud": {"0": CLIENT_ID}}), Err(Flaw::Audience)),
        (json!({"aud": "Bowline-Test"}), Err(Flaw::Audience)),
    ])
    .await;
}

#[tokio::test]
async fn oc_1_the_party_if_named_is_us() {
    check_claims(&[
        (json!({"azp": CLIENT_ID}), Ok(())),
        (json!({"azp": "another"}), Err(Flaw::Party)),
        (json!({"azp": 1}), Err(Flaw::Party)),
    ])
    .await;
}

#[tokio::test]
async fn the_subject_is_there_and_a_text() {
    // "missing-sub"
    check_claims(&[
        (json!({"sub": null}), Err(Flaw::Subject)),
        (json!({"sub": ""}), Err(Flaw::Subject)),
        (json!({"sub": " "}), Err(Flaw::Subject)),
        (json!({"sub": "2482\u{200b}89761001"}), Err(Flaw::Subject)),
        (json!({"sub": "a\nb"}), Err(Flaw::Subject)),
        (json!({"sub": 248289761001u64}), Err(Flaw::Subject)),
        (json!({"sub": "x".repeat(256)}), Err(Flaw::Subject)),
    ])
    .await;
}

#[tokio::test]
async fn oc_3_times_are_checked_with_a_minutes_leeway() {
    // "missing-iat", "invalid-expired-exp", "invalid-missing-exp"
    let now = NOW.unix_s();
    check_claims(&[
        (json!({"iat": null}), Err(Flaw::Undated)),
        (json!({"exp": null}), Err(Flaw::Undated)),
        (json!({"iat": "now"}), Err(Flaw::Undated)),
        (json!({"exp": -1}), Err(Flaw::Undated)),
        (json!({"exp": now - 59}), Ok(())),
        (json!({"exp": now - 60}), Err(Flaw::Expired)),
        (json!({"exp": now - 86400}), Err(Flaw::Expired)),
        (json!({"exp": 1e300}), Ok(())),
        (json!({"iat": now + 60}), Ok(())),
        (json!({"iat": now + 61}), Err(Flaw::Early)),
        (json!({"iat": now as f64 + 0.5}), Ok(())),
        (json!({"nbf": now + 60}), Ok(())),
        (json!({"nbf": now + 61}), Err(Flaw::Early)),
        (json!({"nbf": "x"}), Err(Flaw::Undated)),
    ])
    .await;
}

#[tokio::test]
async fn oc_3_where_only_the_times_are_wrong_our_own_clock_is_suspected() {
    let world = World::usual();
    let token = good().sign(&claims());
    for (offset, kind) in [(-3600, FailureKind::ClockSkew), (7200, FailureKind::ClockSkew)] {
        world.clock.set_wall(Wall::from_unix_ms(NOW.unix_ms() + offset * 1000));
        assert_eq!(world.check(&token, |_| {}).await.unwrap_err().kind, kind, "{offset}");
    }
    world.clock.set_wall(NOW);
    let other = good().sign(&claims_but(json!({"aud": "x"})));
    assert_eq!(world.check(&other, |_| {}).await.unwrap_err().kind, FailureKind::IdTokenInvalid);
}

#[tokio::test]
async fn oc_3_the_nonce_is_the_one_that_was_sent() {
    // "nonce-invalid", "invalid-missing-nonce"
    check_claims(&[
        (json!({"nonce": "n-2"}), Err(Flaw::Nonce)),
        (json!({"nonce": "N-1"}), Err(Flaw::Nonce)),
        (json!({"nonce": ""}), Err(Flaw::Nonce)),
        (json!({"nonce": 1}), Err(Flaw::Nonce)),
        (json!({"nonce": null}), Err(Flaw::Nonce)),
    ])
    .await;
}

#[tokio::test]
async fn oc_3_a_provider_that_drops_the_nonce_may_not_send_a_wrong_one() {
    let world = World::usual();
    let without = good().sign(&claims_but(json!({"nonce": null})));
    assert!(world.check(&without, |e| e.nonce_may_be_missing = true).await.is_ok());
    let wrong = good().sign(&claims_but(json!({"nonce": "n-2"})));
    assert!(world.check(&wrong, |e| e.nonce_may_be_missing = true).await.is_err());
    assert!(world.check(&wrong, |e| e.nonce = None).await.is_ok(), "no nonce was sent");
}

#[tokio::test]
async fn oc_3_at_hash_if_there_belongs_to_the_access_token() {
    // "invalid-athash"
    let right = access_hash(&secret("at-1"), Algorithm::RS256);
    check_claims(&[
        (json!({"at_hash": right}), Ok(())),
        (json!({"at_hash": access_hash(&secret("at-2"), Algorithm::RS256)}), Err(Flaw::AccessHash)),
        (json!({"at_hash": ""}), Err(Flaw::AccessHash)),
        (json!({"at_hash": 1}), Err(Flaw::AccessHash)),
    ])
    .await;
    // OpenID Connect Core, appendix A.3.
    let example = secret("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    assert_eq!(access_hash(&example, Algorithm::RS256), "77QmUPtjPfzWtF2AnpK9RQ");
}

#[tokio::test]
async fn oc_2_a_signature_that_is_not_the_issuers_is_refused() {
    // "invalid-sig-rs256"
    refused(&Signer::other_rsa().named("k1").sign(&claims()), Flaw::Signature).await;
    let token = good().sign(&claims());
    let (message, signature) = token.expose().rsplit_once('.').unwrap();
    for wrong in ["", "AAAA", &signature[1..], &signature.replace('A', "B").replace('C', "A")] {
        refused(&Secret::new(format!("{message}.{wrong}")), Flaw::Signature).await;
    }
    let swapped = good().sign(&claims_but(json!({"sub": "1"})));
    let other_payload = swapped.expose().split('.').nth(1).unwrap();
    let header = token.expose().split('.').next().unwrap();
    refused(&Secret::new(format!("{header}.{other_payload}.{signature}")), Flaw::Signature).await;
}

#[tokio::test]
async fn oc_2_none_and_secret_key_kinds_do_not_exist_here() {
    // "idtoken-sig-none", "invalid-sig-hs256", "invalid-null-alg", "invalid-alternate-alg"
    for name in ["none", "None", "NONE", "HS256", "RS1", "ES512", ""] {
        refused(&signing::unsigned(&json!({ "alg": name }), &claims()), Flaw::Algorithm).await;
    }
    for header in [json!({}), json!({"alg": null}), json!({"alg": ["RS256"]})] {
        refused(&signing::unsigned(&header, &claims()), Flaw::Shape).await;
    }
    let public = good().jwk();
    let modulus = public["n"].as_str().unwrap();
    refused(&signing::signed_with_a_text(modulus.as_bytes(), &claims()), Flaw::Algorithm).await;
    let mut world = World::usual();
    world.server.id_token_algs = vec!["none".into(), "HS256".into()];
    let hs = signing::signed_with_a_text(b"client-secret", &claims());
    assert_eq!(world.verdict(&hs).await, Err(Flaw::Algorithm.to_string()), "even where the server offers it");
    assert_eq!(world.verdict(&good().sign(&claims())).await, Err(Flaw::Algorithm.to_string()));
}

#[tokio::test]
async fn oc_2_the_server_chooses_the_algorithm_and_the_token_does_not() {
    // "invalid-sig-es256", and each kind that is understood
    let ec = Signer::ec().named("e1");
    let mut world = World::with(&[ec.jwk()]);
    assert_eq!(
        world.verdict(&ec.sign(&claims())).await,
        Err(Flaw::Algorithm.to_string()),
        "RS256 was agreed on"
    );
    world.server.id_token_algs = vec!["ES256".into()];
    assert!(world.verdict(&ec.sign(&claims())).await.is_ok());
    let token = ec.sign(&claims());
    let broken = Secret::new(format!("{}AAAA", &token.expose()[..token.len() - 4]));
    assert_eq!(world.verdict(&broken).await, Err(Flaw::Signature.to_string()));
}

#[tokio::test]
async fn every_understood_algorithm_is_verified() {
    for signer in [
        Signer::rsa(),
        Signer::rsa().with(Algorithm::RS384),
        Signer::rsa().with(Algorithm::RS512),
        Signer::rsa().with(Algorithm::PS256),
        Signer::ec(),
        Signer::ed(),
    ] {
        let token = signer.sign(&claims());
        let mut world = World::with(&[signer.jwk()]);
        world.server.id_token_algs = UNDERSTOOD.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert!(world.verdict(&token).await.is_ok(), "{token:?}");
        let mut stranger = World::with(&[Signer::other_rsa().jwk()]);
        stranger.server.id_token_algs = world.server.id_token_algs.clone();
        assert_eq!(stranger.verdict(&token).await, Err(Flaw::Signature.to_string()));
    }
}

#[tokio::test]
async fn oc_2_silence_of_the_server_means_rs256() {
    let mut world = World::usual();
    world.server.id_token_algs = Vec::new();
    assert!(world.verdict(&good().sign(&claims())).await.is_ok());
    let other = Signer::rsa().with(Algorithm::RS384).named("k1").sign(&claims());
    assert_eq!(world.verdict(&other).await, Err(Flaw::Algorithm.to_string()));
}

#[tokio::test]
async fn oc_8_a_header_that_must_be_understood_is_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(null), json!("x")] {
        refused(&good().sign_under(json!({ "crit": crit, "b64": false }), &claims()), Flaw::Critical).await;
    }
}

#[tokio::test]
async fn oc_8_keys_that_the_token_brings_along_are_not_looked_at() {
    let stranger = Signer::other_rsa();
    let header = json!({
        "jwk": stranger.jwk(), "jku": "https://evil.example/jwks", "x5u": "https://evil.example/cert",
        "x5c": ["AAAA"], "kid": "https://evil.example/key",
    });
    let world = World::usual();
    assert_eq!(
        world.verdict(&stranger.sign_under(header, &claims())).await,
        Err(Flaw::Signature.to_string())
    );
    assert!(
        world.transport.requests().iter().all(|r| r.url.host_str() == Some("id.example")),
        "nothing was fetched"
    );
    let odd = good().sign_under(json!({"jwk": 7, "x5c": {}, "jku": null}), &claims());
    assert!(World::usual().verdict(&odd).await.is_ok(), "their form does not matter either");
}

#[tokio::test]
async fn a_token_without_a_key_id_may_be_made_with_any_key_of_the_set() {
    // "kid-absent-single-jwks", "kid-absent-multiple-jwks"
    let token = Signer::rsa().sign(&claims());
    for set in [
        vec![Signer::rsa().named("k1").jwk()],
        vec![Signer::rsa().jwk()],
        vec![
            Signer::other_rsa().named("a").jwk(),
            Signer::ec().named("b").jwk(),
            Signer::rsa().named("c").jwk(),
        ],
    ] {
        assert!(World::with(&set).verdict(&token).await.is_ok());
    }
}

#[tokio::test]
async fn oc_7_keys_that_cannot_be_used_are_passed_over() {
    // "ignores-unparseable-key-in-jwks"
    let world = World::with(&[
        json!({"kty": "AKP", "alg": "ML-DSA-65", "kid": "k1", "pub": "AAAA"}),
        json!({"kty": "RSA", "kid": "k1", "n": "***", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "EC", "crv": "P-521", "kid": "k1", "x": "AA", "y": "AA"}),
        json!({"kid": "k1"}),
        json!("text"),
        json!(null),
        good().jwk(),
    ]);
    assert!(world.verdict(&good().sign(&claims())).await.is_ok());
}

#[tokio::test]
async fn oc_7_changed_keys_are_fetched_again() {
    // "signing-key-rotation", "signing-key-rotation-just-before-signing"
    for next in [Signer::other_rsa().named("k2"), Signer::other_rsa().named("k1"), Signer::other_rsa()] {
        let world = World::usual();
        assert!(world.verdict(&good().sign(&claims())).await.is_ok());
        world.transport.now_on("/jwks", signing::set(&[next.jwk()]));
        assert!(world.verdict(&next.sign(&claims())).await.is_ok(), "though the first set is seconds old");
        assert_eq!(world.fetches(), 2);
    }
}

#[tokio::test]
async fn oc_7_made_up_tokens_cannot_make_us_knock() {
    let world = World::usual();
    let forged = Signer::other_rsa().named("k9").sign(&claims());
    for _ in 0..20 {
        assert_eq!(world.verdict(&forged).await, Err(Flaw::Signature.to_string()));
    }
    assert_eq!(world.fetches(), 4, "once for the set, a few times for the unknown key");
    world.clock.advance(Duration::from_secs(60));
    assert!(world.verdict(&forged).await.is_err());
    assert_eq!(world.fetches(), 5);
}

#[tokio::test]
async fn an_issuer_without_keys_cannot_be_believed() {
    let mut world = World::usual();
    for jwks in [None, Some(sample::url("http://id.example/jwks"))] {
        world.server.endpoints.jwks = jwks;
        assert_eq!(world.verdict(&good().sign(&claims())).await, Err(Flaw::NoKeys.to_string()));
    }
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_the_providers_trouble_and_no_flaw_of_the_token() {
    let world = World::usual();
    world.transport.now_on("/jwks", Reply::empty(503));
    let failure = world.check(&good().sign(&claims()), |_| {}).await.unwrap_err();
    assert_eq!((failure.kind, failure.http_status), (FailureKind::ProviderError, Some(503)));
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let long = format!("{}.{}.AAAA", "A".repeat(60_000), "A".repeat(10_000));
    for wrong in [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "e30.e30.e30",
        "bnVsbA.e30.x",
        "W10.e30.x",
        long.as_str(),
    ] {
        refused(&secret(wrong), Flaw::Shape).await;
    }
    let signed = good().sign(&json!([1]));
    refused(&signed, Flaw::Shape).await;
}

#[tokio::test]
async fn oc_4_a_renewed_token_names_the_same_person_and_is_fresh() {
    // "refresh-token", "refresh-token-invalid-issuer", "-invalid-sub", "-invalid-aud", "-invalid-azp"
    let now = NOW.unix_s();
    for (change, outcome) in [
        (json!({"nonce": null}), Ok(())),
        (json!({"azp": CLIENT_ID}), Ok(())),
        (json!({"sub": "another"}), Err(Flaw::Subject)),
        (json!({"iss": "https://evil.example"}), Err(Flaw::Issuer)),
        (json!({"aud": "another"}), Err(Flaw::Audience)),
        (json!({"azp": "another"}), Err(Flaw::Party)),
        (json!({"iat": now - 600}), Ok(())),
        (json!({"iat": now - 601}), Err(Flaw::Stale)),
        (json!({"iat": now + 61}), Err(Flaw::Early)),
        (json!({"iat": null}), Err(Flaw::Undated)),
    ] {
        let token = good().sign(&claims_but(change.clone()));
        let world = World::usual();
        let checked = world
            .check(&token, |e| {
                e.nonce = None;
                e.access = None;
                e.subject = Some("248289761001");
                e.is_renewed = true;
            })
            .await;
        let outcome: Result<(), String> = outcome.map_err(|f: Flaw| f.to_string());
        assert_eq!(checked.map(|_| ()).map_err(|f| f.provider_description.unwrap()), outcome, "{change}");
    }
}

#[tokio::test]
async fn an_issuer_that_differs_by_tenant_is_filled_in_from_the_token() {
    let mut world = World::usual();
    world.server.issuer_template = Some("https://login.example/{tid}/v2.0".into());
    let said = |iss: &str, tid: Value| good().sign(&claims_but(json!({ "iss": iss, "tid": tid })));
    let ok = said("https://login.example/72f9-88bf/v2.0", json!("72f9-88bf"));
    assert!(world.verdict(&ok).await.is_ok());
    for (iss, tid) in [
        ("https://login.example/72f9-88bf/v2.0", json!("other")),
        ("https://login.example/72f9-88bf/v2.0", json!(null)),
        ("https://login.example/a/b/v2.0", json!("a/b")),
        (ISSUER, json!("72f9-88bf")),
    ] {
        assert_eq!(world.verdict(&said(iss, tid)).await, Err(Flaw::Issuer.to_string()), "{iss}");
    }
}

proptest! {
    #[test]
    fn no_token_makes_it_panic(text in "[A-Za-z0-9_.=-]{0,200}|\\PC{0,60}", header in "\\PC{0,60}", payload in "\\PC{0,60}") {
        let encoded = format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        for text in [text, encoded] {
            if let Ok(token) = Token::parse(&text, &sample::server()) {
                let _ = token.claims();
            }
        }
    }
}
