//! Revocation, introspection and registration.

use bowline_practice::CLIENT_ID;
use serde_json::{Value, json};

use crate::world::*;

async fn revoke(world: &World, token: &Value) -> Answer {
    world.post("/revoke", &[("token", token.as_str().unwrap()), ("client_id", CLIENT_ID)]).await
}

async fn introspect(world: &World, token: &Value) -> Value {
    world.post("/introspect", &[("token", token.as_str().unwrap()), ("client_id", CLIENT_ID)]).await.json()
}

#[tokio::test]
async fn r7009_1_revoking_the_refresh_token_ends_the_whole_grant() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    assert_eq!(revoke(&world, &tokens["refresh_token"]).await.status, 200);
    assert_eq!(world.userinfo(&tokens).await.status, 401);
    assert_eq!(world.renew(&tokens).await.refusal().2, "refresh token revoked");
    assert_eq!(revoke(&world, &tokens["access_token"]).await.status, 200, "the second step is no error");
}

#[tokio::test]
async fn revoking_an_access_token_leaves_the_grant() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    assert_eq!(revoke(&world, &tokens["access_token"]).await.status, 200);
    assert_eq!(world.userinfo(&tokens).await.status, 401);
    assert_eq!(world.renew(&tokens).await.status, 200);
}

#[tokio::test]
async fn r7009_2_an_unknown_token_is_as_good_as_revoked() {
    let world = World::new(&[]).await;
    assert_eq!(revoke(&world, &json!("prac_rt_unknown")).await.status, 200);
    assert_eq!(world.post("/revoke", &[("client_id", CLIENT_ID)]).await.refusal().1, "invalid_request");
    assert_eq!(world.post("/revoke", &[("token", "x")]).await.refusal().1, "invalid_client");
}

#[tokio::test]
async fn another_clients_token_is_neither_revoked_nor_told_about() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    let other = world.post_json("/register", &json!({"redirect_uris": [REDIRECT]})).await.json();
    let other = other["client_id"].as_str().unwrap();
    for name in ["refresh_token", "access_token"] {
        let form = [("token", tokens[name].as_str().unwrap()), ("client_id", other)];
        assert_eq!(world.post("/revoke", &form).await.status, 200);
        assert_eq!(world.post("/introspect", &form).await.json(), json!({"active": false}));
    }
    assert_eq!(world.userinfo(&tokens).await.status, 200);
    assert_eq!(world.renew(&tokens).await.status, 200);
}

#[tokio::test]
async fn o03_revocation_can_fail_in_each_way() {
    for (mode, status) in [("revoke=status:400:unsupported_token_type", 400), ("revoke=status:503", 503)] {
        let world = World::new(&[mode]).await;
        let tokens = world.connect().await;
        assert_eq!(revoke(&world, &tokens["refresh_token"]).await.status, status);
        assert_eq!(world.renew(&tokens).await.status, 200, "nothing was revoked");
    }
    let world = World::new(&["revoke=hang"]).await;
    let tokens = world.connect().await;
    tokio::select! {
        _ = revoke(&world, &tokens["refresh_token"]) => panic!("it must hang"),
        line = world.logged("revoke") => assert_eq!(line["status"], json!(null)),
    }
}

#[tokio::test]
async fn r7662_1_introspection_tells_what_lives_and_no_more() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    let told = introspect(&world, &tokens["access_token"]).await;
    assert_eq!((&told["active"], &told["scope"]), (&json!(true), &json!(SCOPES)));
    assert_eq!((&told["username"], &told["client_id"]), (&json!("alice"), &json!(CLIENT_ID)));
    assert_eq!(told["exp"], now_s(&world) + 60);
    assert_eq!(introspect(&world, &tokens["refresh_token"]).await["active"], true);
    world.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(introspect(&world, &tokens["access_token"]).await, json!({"active": false}));
    world.order(json!({"revoke": true})).await;
    assert_eq!(introspect(&world, &tokens["refresh_token"]).await, json!({"active": false}));
    assert_eq!(introspect(&world, &json!("unknown")).await, json!({"active": false}));
}

#[tokio::test]
async fn r7591_1_a_native_client_registers_and_gets_no_secret() {
    let world = World::new(&[]).await;
    let asked = json!({
        "client_name": "Bowline", "application_type": "native", "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://127.0.0.1/callback", "http://[::1]/callback"], "unknown": [1, 2, 3],
    });
    let answer = world.post_json("/register", &asked).await;
    let client = answer.json();
    assert_eq!(answer.status, 201);
    assert_eq!(
        (&client["client_name"], &client["token_endpoint_auth_method"]),
        (&json!("Bowline"), &json!("none"))
    );
    assert!(client["client_id"].as_str().unwrap().starts_with("practice-"));
    assert!(client.get("client_secret").is_none());
}

#[tokio::test]
async fn r7591_2_a_client_that_wants_a_secret_gets_one_without_an_end() {
    let world = World::new(&[]).await;
    for auth in ["client_secret_basic", "client_secret_post"] {
        let asked = json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": auth});
        let client = world.post_json("/register", &asked).await.json();
        assert!(client["client_secret"].as_str().unwrap().len() > 40);
        assert_eq!(client["client_secret_expires_at"], 0);
    }
}

#[tokio::test]
async fn a_client_with_a_posted_secret_uses_it() {
    let world = World::new(&[]).await;
    let asked = json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_post"});
    let client = world.post_json("/register", &asked).await.json();
    let id = client["client_id"].as_str().unwrap();
    let status = async |secret: &str| {
        world
            .post("/introspect", &[("token", "x"), ("client_id", id), ("client_secret", secret)])
            .await
            .status
    };
    assert_eq!(status(client["client_secret"].as_str().unwrap()).await, 200);
    assert_eq!((status("wrong").await, status("").await), (401, 401));
}

#[tokio::test]
async fn a_registration_that_makes_no_sense_is_refused() {
    let world = World::new(&[]).await;
    for (asked, error) in [
        (json!({}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://example.com/cb"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [1]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": vec![REDIRECT; 11]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [REDIRECT], "client_name": "a\u{202e}b"}), "invalid_client_metadata"),
        (json!({"redirect_uris": [REDIRECT], "client_name": "x".repeat(81)}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt"}),
            "invalid_client_metadata",
        ),
        (json!("text"), "invalid_redirect_uri"),
    ] {
        let answer = world.post_json("/register", &asked).await;
        assert_eq!((answer.status, answer.refusal().1.as_str()), (400, error), "{asked}");
    }
}

#[tokio::test]
async fn registration_forgets_the_oldest_rather_than_fill_the_memory() {
    let world = World::new(&[]).await;
    let asked = json!({"redirect_uris": [REDIRECT]});
    let first = world.post_json("/register", &asked).await.json()["client_id"].as_str().unwrap().to_owned();
    for _ in 0..200 {
        world.post_json("/register", &asked).await;
    }
    let known = world.post("/introspect", &[("token", "x"), ("client_id", &first)]).await;
    assert_eq!(known.refusal().1, "invalid_client");
}
