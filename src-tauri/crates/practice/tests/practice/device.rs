//! The device flow, from the code on the screen to the tokens.

use std::time::Duration;

use bowline_practice::CLIENT_ID;
use serde_json::Value;

use crate::world::*;

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn begin(world: &World) -> Value {
    let answer = world.post("/device_authorization", &[("client_id", CLIENT_ID), ("scope", SCOPES)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn poll(world: &World, device: &Value) -> Answer {
    let code = device["device_code"].as_str().unwrap();
    world
        .post("/token", &[("grant_type", DEVICE_GRANT), ("device_code", code), ("client_id", CLIENT_ID)])
        .await
}

async fn enter(world: &World, typed: &str) -> Answer {
    world.post("/device", &[("user_code", typed)]).await
}

/// Types the code and presses Allow.
async fn allow(world: &World, device: &Value) -> Answer {
    let page = enter(world, device["user_code"].as_str().unwrap()).await.text();
    world.decide(&ticket(&page), SCOPES, "bob").await
}

#[tokio::test]
async fn r8628_3_1_the_device_is_told_what_to_show() {
    let world = World::new(&[]).await;
    let device = begin(&world).await;
    assert_eq!(device["verification_uri"], world.url("/device"));
    let code = device["user_code"].as_str().unwrap();
    assert_eq!(device["verification_uri_complete"], world.url(&format!("/device?user_code={code}")));
    assert_eq!((&device["expires_in"], &device["interval"]), (&600.into(), &5.into()));
}

#[tokio::test]
async fn r8628_a_person_types_the_code_agrees_and_the_device_gets_tokens() {
    let world = World::new(&[]).await;
    let device = begin(&world).await;
    assert_eq!(poll(&world, &device).await.refusal().1, "authorization_pending");
    let done = allow(&world, &device).await;
    assert_eq!(done.status, 200);
    assert!(done.text().contains("Your device is connected"));
    world.clock.advance(Duration::from_secs(5));
    let tokens = poll(&world, &device).await.json();
    assert_eq!(world.userinfo(&tokens).await.json()["sub"], "practice-bob");
    assert_eq!(world.renew(&tokens).await.status, 200);
    assert_eq!(poll(&world, &device).await.refusal().1, "invalid_grant");
}

#[tokio::test]
async fn r8628_2_who_asks_too_soon_is_slowed_down_for_good() {
    let world = World::new(&[]).await;
    let device = begin(&world).await;
    let error = async |after: u64| {
        world.clock.advance(Duration::from_secs(after));
        poll(&world, &device).await.refusal().1
    };
    assert_eq!(error(0).await, "authorization_pending");
    assert_eq!(error(4).await, "slow_down");
    assert_eq!(error(9).await, "slow_down");
    assert_eq!(error(15).await, "authorization_pending");
}

#[tokio::test]
async fn r8628_3_the_flow_ends_by_refusal_and_by_time() {
    let world = World::new(&[]).await;
    let denied = begin(&world).await;
    let page = enter(&world, denied["user_code"].as_str().unwrap()).await.text();
    let done = world.post("/authorize/cancel", &[("ticket", &ticket(&page))]).await;
    assert!(done.text().contains("Nothing was allowed"));
    assert_eq!(poll(&world, &denied).await.refusal().1, "access_denied");
    let late = begin(&world).await;
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(poll(&world, &late).await.refusal().1, "expired_token");
    assert_eq!(enter(&world, late["user_code"].as_str().unwrap()).await.status, 400);
}

#[tokio::test]
async fn access_denied_strikes_the_device_flow_too() {
    let world = World::new(&["access-denied"]).await;
    let device = begin(&world).await;
    allow(&world, &device).await;
    assert_eq!(poll(&world, &device).await.refusal().1, "access_denied");
}

#[tokio::test]
async fn a_code_may_be_typed_in_any_case_and_without_the_dash() {
    let world = World::new(&[]).await;
    let device = begin(&world).await;
    let code = device["user_code"].as_str().unwrap();
    for typed in [code.to_lowercase(), code.replace('-', " "), format!("  {code} ")] {
        assert!(enter(&world, &typed).await.text().contains("Practice Mail wants to"), "{typed}");
    }
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_again_and_echoed_safely() {
    let world = World::new(&[]).await;
    for typed in ["", "BCDF-GHJK", "<script>"] {
        let page = enter(&world, typed).await;
        assert_eq!(page.status, 400);
        assert!(page.text().contains("role=\"alert\"") && !page.text().contains("<script"), "{typed}");
    }
}

#[tokio::test]
async fn r8628_5_the_pages_warn_of_codes_that_somebody_else_sent() {
    let world = World::new(&[]).await;
    let device = begin(&world).await;
    let code = device["user_code"].as_str().unwrap();
    let page = world.get(&format!("/device?user_code={code}")).await.text();
    assert!(page.contains(code) && page.contains("Only do this if you started it there yourself."));
    assert!(enter(&world, code).await.text().contains("Only go on if you started this"));
}

#[tokio::test]
async fn only_the_device_that_asked_may_redeem() {
    let world = World::new(&[]).await;
    let device = begin(&world).await;
    allow(&world, &device).await;
    let other = world.post_json("/register", &serde_json::json!({"redirect_uris": [REDIRECT]})).await.json();
    let form = [
        ("grant_type", DEVICE_GRANT),
        ("device_code", device["device_code"].as_str().unwrap()),
        ("client_id", other["client_id"].as_str().unwrap()),
    ];
    assert_eq!(world.post("/token", &form).await.refusal().1, "invalid_grant");
    assert_eq!(world.post("/device_authorization", &[("client_id", "nobody")]).await.status, 401);
    assert_eq!(poll(&world, &device).await.status, 200);
}

#[tokio::test]
async fn e28_the_device_flow_meets_the_same_faults_at_the_token_endpoint() {
    let world =
        World::new(&["429:5@1", "device_authorization=status:503@1", "device_authorization=invalid-scope@1"])
            .await;
    let asked = [("client_id", CLIENT_ID), ("scope", SCOPES)];
    assert_eq!(world.post("/device_authorization", &asked).await.status, 503);
    assert_eq!(world.post("/device_authorization", &asked).await.refusal().1, "invalid_scope");
    let device = begin(&world).await;
    assert_eq!(poll(&world, &device).await.status, 429);
    assert_eq!(poll(&world, &device).await.refusal().1, "authorization_pending");
}
