//! Faults of meaning at the token endpoint: what a provider really says, and what stays as it was.

use bowline_practice::CLIENT_ID;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn e07_invalid_code_and_e08_expired_code_differ_in_words() {
    let sentence = async |mode: &str| {
        let world = World::new(&[mode]).await;
        let (status, error, why) = world.redeem(&world.code().await).await.refusal();
        assert_eq!((status, error.as_str()), (400, "invalid_grant"), "{mode}");
        why
    };
    assert_eq!(sentence("invalid-code").await, "the authorization code is not valid");
    assert_eq!(sentence("expired-code").await, "the authorization code expired");
}

#[tokio::test]
async fn a_code_refused_by_a_fault_is_not_spent() {
    let world = World::new(&["invalid-code@1", "expired-code@2"]).await;
    let code = world.code().await;
    assert_eq!(world.redeem(&code).await.status, 400);
    assert_eq!(world.redeem(&code).await.status, 400);
    assert_eq!(world.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn e09_invalid_client_comes_as_401_with_a_challenge_and_as_400() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    let code = world.code().await;
    for (mode, status) in [("invalid-client", 401), ("invalid-client:400", 400)] {
        world.order(fail(mode)).await;
        for answer in [world.redeem(&code).await, world.renew(&tokens).await] {
            assert_eq!((answer.status, answer.refusal().1.as_str()), (status, "invalid_client"), "{mode}");
            assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{mode}");
        }
    }
}

#[tokio::test]
async fn e13_expired_e14_revoked_r11_inactive_and_reuse_are_told_apart_by_their_words() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    for (mode, word) in
        [("expired", "expired"), ("revoked", "revoked"), ("inactive", "inactive"), ("reuse", "reuse")]
    {
        world.order(fail(mode)).await;
        let (status, error, why) = world.renew(&tokens).await.refusal();
        assert_eq!((status, error.as_str()), (400, "invalid_grant"), "{mode}");
        let words = ["expired", "revoked", "inactive", "reuse"];
        let said: Vec<&&str> = words.iter().filter(|w| why.contains(**w)).collect();
        assert_eq!(said, [&word], "{why}");
    }
}

#[tokio::test]
async fn a_refusal_of_renewals_leaves_connecting_alone_and_passes() {
    let world = World::new(&["revoked"]).await;
    let tokens = world.connect().await;
    assert_eq!(world.renew(&tokens).await.status, 400);
    world.order(json!({"fail": null})).await;
    assert_eq!(world.renew(&tokens).await.status, 200);
}

#[tokio::test]
async fn e61_a_revoked_grant_can_be_refused_with_401() {
    let world = World::new(&["status:401:invalid_grant"]).await;
    let answer = world.renew_with("x").await;
    assert_eq!((answer.status, answer.refusal().1.as_str()), (401, "invalid_grant"));
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_not_valid() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    let other = world.post_json("/register", &json!({"redirect_uris": [REDIRECT]})).await.json();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("client_id", other["client_id"].as_str().unwrap()),
    ];
    assert_eq!(world.post("/token", &form).await.refusal().2, "the refresh token is not valid");
    assert_eq!(world.renew(&tokens).await.status, 200);
    let unknown = world.post("/token", &[("grant_type", "refresh_token"), ("client_id", CLIENT_ID)]).await;
    assert_eq!(unknown.refusal().1, "invalid_request");
}
