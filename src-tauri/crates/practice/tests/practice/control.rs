//! `/_practice`: changing what is played while it runs, and seeing what was asked.

use std::time::Duration;

use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn e33_what_is_played_changes_while_it_runs() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    assert_eq!(world.order(fail("status:503")).await["fail"], json!(["status:503"]));
    assert_eq!(world.renew(&tokens).await.status, 503);
    let both = world.order(json!({"fail": ["expired@2", "userinfo:status-500"]})).await;
    assert_eq!(both["fail"], json!(["expired@2", "userinfo:status-500"]));
    assert_eq!(world.renew(&tokens).await.status, 200);
    assert_eq!(world.renew(&tokens).await.status, 400);
    assert_eq!(world.userinfo(&tokens).await.status, 500);
    assert_eq!(world.order(json!({"fail": null})).await["fail"], json!([]));
    assert_eq!(world.renew(&tokens).await.status, 200);
}

#[tokio::test]
async fn r46_a_person_or_everybody_can_be_revoked() {
    let world = World::new(&[]).await;
    let alice = world.connect().await;
    let code = world.allow(SCOPES, "bob").await.came_back("code").unwrap();
    let bob = world.redeem(&code).await.json();
    assert_eq!(world.told().await["live_grants"], 2);
    assert_eq!(world.order(json!({"revoke": "alice"})).await["revoked"], 1);
    assert_eq!(world.userinfo(&alice).await.status, 401);
    assert_eq!(world.renew(&alice).await.refusal().2, "refresh token revoked");
    assert_eq!(world.userinfo(&bob).await.status, 200);
    let told = world.order(json!({"revoke": true})).await;
    assert_eq!((&told["revoked"], &told["live_grants"]), (&json!(1), &json!(0)));
    assert_eq!(world.userinfo(&bob).await.status, 401);
}

#[tokio::test]
async fn r45_lifetimes_and_rotation_change_for_what_is_issued_next() {
    let world = World::new(&[]).await;
    let told =
        world.order(json!({"access_ttl": 5, "rotate": true, "rotate_grace": 2.5, "grant_ttl": 30})).await;
    assert_eq!(
        (&told["access_ttl"], &told["rotate"], &told["grant_ttl"]),
        (&json!(5.0), &json!(true), &json!(30.0))
    );
    assert_eq!(told["rotate_grace"], json!(2.5));
    let tokens = world.connect().await;
    assert_eq!((&tokens["expires_in"], &tokens["refresh_token_expires_in"]), (&json!(5), &json!(30)));
    assert!(world.renew(&tokens).await.json()["refresh_token"].is_string());
    world.order(json!({"access_ttl": 0.5, "rotate": false, "grant_ttl": null})).await;
    let tokens = world.connect().await;
    world.clock.advance(Duration::from_millis(500));
    assert_eq!(world.userinfo(&tokens).await.status, 401);
}

#[tokio::test]
async fn the_log_tells_each_request_and_no_secret() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    world.renew(&tokens).await;
    world.renew_with("wrong").await;
    let told = world.told().await;
    let lines = told["log"].as_array().unwrap();
    let of_token: Vec<_> = lines.iter().filter(|l| l["route"] == "token").collect();
    let words: Vec<_> = of_token.iter().map(|l| (&l["grant_type"], &l["status"], &l["error"])).collect();
    let (code, refresh) = (json!("authorization_code"), json!("refresh_token"));
    assert_eq!(
        words,
        [
            (&code, &json!(200), &json!(null)),
            (&refresh, &json!(200), &json!(null)),
            (&refresh, &json!(400), &json!("invalid_grant")),
        ]
    );
    assert_eq!(
        (&of_token[0]["client"], &of_token[0]["at"]),
        (&json!("bowline-practice"), &json!("2026-11-21T12:00:00Z"))
    );
    assert_eq!(
        of_token[0]["params"],
        json!(["grant_type", "code", "redirect_uri", "client_id", "code_verifier"])
    );
    assert_eq!(
        told["token_requests"],
        json!({"total": 3, "authorization_code": 1, "refresh_token": 2, "device_code": 0})
    );
    let text = told.to_string();
    for secret in [
        STATE,
        NONCE,
        VERIFIER,
        tokens["refresh_token"].as_str().unwrap(),
        "prac_at_",
        "prac_rt_",
        "prac_code_",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_log_keeps_the_last_five_hundred() {
    let world = World::new(&[]).await;
    for _ in 0..510 {
        world.get("/jwks").await;
    }
    let told = world.told().await;
    assert_eq!(told["log"].as_array().unwrap().len(), 500);
    assert_eq!(world.order(json!({"clear_log": true})).await["log"], json!([]));
}

#[tokio::test]
async fn an_order_that_cannot_be_read_changes_nothing_and_says_why() {
    let world = World::new(&["hang"]).await;
    for (order, word) in [
        (json!({"rotate": true, "fail": "stauts:503"}), "status:N"),
        (json!({"fail": 5}), "text"),
        (json!({"fail": vec!["hang"; 65]}), "more than 64"),
        (json!({"revoke": 1}), "revoke"),
        (json!({"revoke": ""}), "nobody"),
        (json!({"access_ttl": -1}), "access_ttl"),
        (json!({"access_ttl": "5"}), "access_ttl"),
        (json!({"access_ttl": 1e300}), "access_ttl"),
        (json!({"rotate": "yes"}), "rotate"),
        (json!({"rotate_grace": null}), "rotate_grace"),
        (json!({"release": 1}), "release"),
        (json!({"revolve": true}), "unknown order"),
        (json!([]), "object"),
    ] {
        let answer = world.post_json("/_practice", &order).await;
        assert_eq!(answer.status, 400, "{order}");
        assert!(answer.json()["error"].as_str().unwrap().contains(word), "{order}: {}", answer.text());
    }
    let told = world.told().await;
    assert_eq!((&told["fail"], &told["rotate"]), (&json!(["hang"]), &json!(false)));
}

#[tokio::test]
async fn a_web_page_cannot_use_the_control() {
    let world = World::new(&[]).await;
    for header in ["origin: https://evil.example\r\n", "origin: null\r\n", "sec-fetch-site: cross-site\r\n"] {
        let post = world.request("POST", "/_practice", header, "{\"revoke\":true}");
        assert_eq!(answer(world.address(), &post).await.status, 403, "{header}");
        assert_eq!(world.get_with("/_practice", header).await.status, 403, "{header}");
    }
}
