//! Metadata, keys, id_tokens and userinfo: as they should be, and as they should not.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use bowline_practice::CLIENT_ID;

use crate::world::*;

/// The verdict of another implementation on an id_token, with the keys that are published now.
async fn verified(world: &World, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let set: JwkSet = serde_json::from_value(world.get("/jwks").await.json()).unwrap();
    verified_with(&set, world, token)
}

fn verified_with(set: &JwkSet, world: &World, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let kid = header(token)["kid"].as_str().unwrap_or_default().to_owned();
    let jwk = set.find(&kid).ok_or(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat)?;
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[CLIENT_ID]);
    rules.set_issuer(&[world.running.issuer()]);
    rules.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    // The clock is moved by hand, so times are compared by the tests themselves.
    rules.validate_exp = false;
    Ok(decode::<Value>(token, &DecodingKey::from_jwk(jwk)?, &rules)?.claims)
}

fn id_token(tokens: &Value) -> &str {
    tokens["id_token"].as_str().unwrap()
}

#[tokio::test]
async fn r8414_2_both_documents_name_this_issuer_and_every_endpoint() {
    let world = World::new(&[]).await;
    let openid = world.get("/.well-known/openid-configuration").await.json();
    let oauth = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(openid, oauth);
    assert_eq!(openid["issuer"], world.running.issuer());
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("device_authorization_endpoint", "/device_authorization"),
        ("revocation_endpoint", "/revoke"),
        ("introspection_endpoint", "/introspect"),
        ("userinfo_endpoint", "/userinfo"),
        ("registration_endpoint", "/register"),
        ("jwks_uri", "/jwks"),
    ] {
        assert_eq!(openid[name], world.url(path), "{name}");
    }
    assert_eq!(openid["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(openid["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn oc_1_the_id_token_holds_what_openid_asks_for() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    let claims = verified(&world, id_token(&tokens)).await.unwrap();
    assert_eq!((&claims["aud"], &claims["azp"]), (&json!(CLIENT_ID), &json!(CLIENT_ID)));
    assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("practice-alice"), &json!(NONCE)));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now_s(&world)), &json!(now_s(&world) + 300)));
    assert_eq!((&claims["name"], &claims["email"]), (&json!("Alice Lima"), &json!("alice@practice.example")));
    assert_eq!(claims["at_hash"], half_hash(tokens["access_token"].as_str().unwrap()));
    assert_eq!(header(id_token(&tokens))["alg"], "RS256");
}

#[tokio::test]
async fn oc_4_a_renewed_id_token_is_fresh_for_the_same_person_and_has_no_nonce() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    world.clock.advance(std::time::Duration::from_secs(50));
    let renewed = world.renew(&tokens).await.json();
    let (old, new) = (claims(id_token(&tokens)), verified(&world, id_token(&renewed)).await.unwrap());
    for same in ["iss", "sub", "aud", "azp", "auth_time"] {
        assert_eq!(old[same], new[same], "{same}");
    }
    assert_eq!(new["iat"], now_s(&world));
    assert!(new.get("nonce").is_none());
}

#[tokio::test]
async fn oc_2_each_bad_id_token_is_bad_in_one_way() {
    let good = claims(id_token(&World::new(&[]).await.connect().await));
    for (case, claim, value) in [
        ("wrong-iss", "iss", Some(json!("https://somebody-else.example"))),
        ("wrong-aud", "aud", Some(json!("another-client"))),
        ("wrong-nonce", "nonce", Some(json!("another-nonce"))),
        ("wrong-sub", "sub", Some(json!("practice-somebody-else"))),
        ("wrong-azp", "azp", Some(json!("another-client"))),
        ("expired", "exp", Some(json!(NOON.unix_s() - 3_600))),
        ("missing-sub", "sub", None),
        ("missing-aud", "aud", None),
        ("missing-iat", "iat", None),
        ("missing-exp", "exp", None),
        ("missing-nonce", "nonce", None),
    ] {
        let world = World::new(&[&format!("bad-id-token:{case}")]).await;
        let tokens = world.connect().await;
        let claims = claims(id_token(&tokens));
        assert_eq!(claims.get(claim), value.as_ref(), "{case}");
        let signed = verified(&world, id_token(&tokens)).await;
        let sound = signed.is_ok() || ["iss", "aud", "sub", "exp"].contains(&claim);
        assert!(sound, "{case} must be signed well: {signed:?}");
        let expected: Vec<&str> =
            ["sub", "name", "email", "auth_time"].into_iter().filter(|c| *c != claim).collect();
        assert!(expected.iter().all(|c| claims[*c] == good[*c]), "{case} changes nothing else");
    }
}

#[tokio::test]
async fn oc_3_the_hash_of_the_access_token_can_be_another_ones() {
    let world = World::new(&["bad-id-token:wrong-at-hash"]).await;
    let tokens = world.connect().await;
    assert_ne!(claims(id_token(&tokens))["at_hash"], half_hash(tokens["access_token"].as_str().unwrap()));
    assert!(verified(&world, id_token(&tokens)).await.is_ok());
}

#[tokio::test]
async fn oc_2_a_signature_can_be_wrong_missing_or_of_another_kind() {
    let token = async |case: &str| {
        let world = World::new(&[&format!("bad-id-token:{case}")]).await;
        let token = id_token(&world.connect().await).to_owned();
        assert!(verified(&world, &token).await.is_err(), "{case}");
        token
    };
    let wrong = token("wrong-signature").await;
    assert_eq!(header(&wrong)["kid"], "practice-one");
    let none = token("none").await;
    assert_eq!(header(&none)["alg"], "none");
    assert!(none.ends_with('.'));
    assert_eq!(header(&token("hs256").await)["alg"], "HS256");
}

#[tokio::test]
async fn oc_7_after_a_key_rotation_only_the_new_key_is_published() {
    let world = World::new(&[]).await;
    world.connect().await;
    let before: JwkSet = serde_json::from_value(world.get("/jwks").await.json()).unwrap();
    world.order(fail("key-rotation@1")).await;
    let tokens = world.connect().await;
    assert!(verified_with(&before, &world, id_token(&tokens)).is_err(), "a kept key set must not do");
    assert!(verified(&world, id_token(&tokens)).await.is_ok());
    assert_eq!(world.get("/jwks").await.json()["keys"].as_array().unwrap().len(), 1);
    let next = world.connect().await;
    assert!(verified(&world, id_token(&next)).await.is_ok(), "it stays with the new key");
}

#[tokio::test]
async fn the_key_set_holds_public_numbers_only() {
    let world = World::new(&[]).await;
    let key = world.get("/jwks").await.json()["keys"][0].clone();
    let mut names: Vec<&String> = key.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
}

#[tokio::test]
async fn e51_userinfo_can_be_bad_in_every_way_with_and_without_an_id_token() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    let play = async |case: &str| {
        world.order(fail(&format!("userinfo:{case}"))).await;
        world.userinfo(&tokens).await
    };
    assert!(serde_json::from_slice::<Value>(&play("malformed").await.body).is_err());
    assert_eq!(play("wrong-sub").await.json()["sub"], "practice-somebody-else");
    assert!(play("missing-sub").await.json().get("sub").is_none());
    assert!(play("html").await.text().starts_with("<!doctype html>"));
    assert!(play("huge").await.body.len() > 2 * 1024 * 1024);
    for (case, status, word) in [
        ("status-500", 500, ""),
        ("status-401", 401, "invalid_token"),
        ("status-403", 403, "insufficient_scope"),
    ] {
        let answer = play(case).await;
        assert_eq!(answer.status, status);
        assert!(answer.header("www-authenticate").unwrap_or_default().contains(word), "{case}");
    }
    world.order(json!({"fail": ["no-id-token", "userinfo:malformed"]})).await;
    assert!(world.connect().await.get("id_token").is_none());
}

#[tokio::test]
async fn r6750_1_the_token_is_taken_from_the_header_only() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.get(&format!("/userinfo?access_token={token}")).await.status, 401);
    assert_eq!(world.get_with("/userinfo", &format!("authorization: bearer {token}\r\n")).await.status, 200);
    assert_eq!(world.get_with("/userinfo", &format!("authorization: Basic {token}\r\n")).await.status, 401);
}

#[tokio::test]
async fn metadata_can_be_wrong_in_every_way() {
    let play = async |case: &str| {
        let world = World::new(&[&format!("discovery:{case}")]).await;
        let answer = world.get("/.well-known/openid-configuration").await;
        (world.running.issuer().to_owned(), answer)
    };
    let (issuer, answer) = play("wrong-issuer").await;
    assert_eq!(answer.json()["issuer"], format!("{issuer}/"));
    assert_eq!(play("plain-pkce").await.1.json()["code_challenge_methods_supported"], json!(["plain"]));
    assert!(play("no-pkce").await.1.json().get("code_challenge_methods_supported").is_none());
    assert_eq!(play("missing").await.1.status, 404);
}

fn half_hash(token: &str) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&sha2::Sha256::digest(token)[..16])
}
