//! The whole flow as it should be: consent, code, tokens, renewal, expiry.

use std::time::Duration;

use bowline_practice::CLIENT_ID;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn r17_a_person_agrees_and_the_client_gets_tokens() {
    let world = World::new(&[]).await;
    let back = world.allow(SCOPES, "alice").await;
    assert_eq!(back.status, 303);
    assert!(back.location().as_str().starts_with(REDIRECT));
    assert_eq!(back.came_back("state").as_deref(), Some(STATE));
    assert_eq!(back.came_back("iss").as_deref(), Some(world.running.issuer()));
    let answer = world.redeem(&back.came_back("code").unwrap()).await;
    let tokens = answer.json();
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(60)));
    assert_eq!(tokens["scope"], SCOPES);
    assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string());
    let person = world.userinfo(&tokens).await.json();
    assert_eq!(person["sub"], "practice-alice");
    assert_eq!((&person["name"], &person["email"]), (&json!("Alice Lima"), &json!("alice@practice.example")));
    assert_eq!(
        (&person["preferred_username"], &person["email_verified"], &person["picture"]),
        (&json!("alice"), &json!(true), &json!(null))
    );
}

#[tokio::test]
async fn r6749_4_1_2_a_code_works_once_and_a_second_use_ends_what_it_brought() {
    let world = World::new(&[]).await;
    let code = world.code().await;
    let tokens = world.redeem(&code).await.json();
    let (status, error, why) = world.redeem(&code).await.refusal();
    assert_eq!((status, error.as_str()), (400, "invalid_grant"));
    assert!(why.contains("used before"), "{why}");
    assert_eq!(world.userinfo(&tokens).await.status, 401);
    assert_eq!(world.renew(&tokens).await.refusal().2, "refresh token revoked");
}

#[tokio::test]
async fn e08_a_code_lives_for_sixty_seconds() {
    let world = World::new(&[]).await;
    let (early, late) = (world.code().await, world.code().await);
    world.clock.advance(Duration::from_secs(59));
    assert_eq!(world.redeem(&early).await.status, 200);
    world.clock.advance(Duration::from_secs(1));
    let refusal = world.redeem(&late).await.refusal();
    assert_eq!(refusal, (400, "invalid_grant".into(), "the authorization code expired".into()));
}

#[tokio::test]
async fn r7636_4_6_a_code_is_bound_to_verifier_redirect_and_client() {
    let world = World::new(&[]).await;
    let other = registered(&world, "none").await;
    let other = other["client_id"].as_str().unwrap();
    let code = world.code().await;
    for (name, value, error) in [
        ("code_verifier", "another-verifier-of-forty-three-characters-or-more", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("redirect_uri", "http://127.0.0.1:4321/other", "invalid_grant"),
        ("redirect_uri", "", "invalid_grant"),
        ("client_id", other, "invalid_grant"),
        ("client_id", "nobody", "invalid_client"),
        ("code", "prac_code_wrong", "invalid_grant"),
        ("code", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "", "invalid_request"),
    ] {
        let form = redemption(&code).map(|(n, v)| if n == name { (n, value) } else { (n, v) });
        assert_eq!(world.post("/token", &form).await.refusal().1, error, "{name}={value}");
    }
    assert_eq!(world.redeem(&code).await.status, 200, "a wrong try must not spend the code");
}

#[tokio::test]
async fn e12_an_access_token_ends_when_it_was_said_to() {
    let world = World::with(&[], |o| o.access_ttl = Duration::from_secs(5)).await;
    let tokens = world.connect().await;
    assert_eq!(tokens["expires_in"], 5);
    world.clock.advance(Duration::from_millis(4_999));
    assert_eq!(world.userinfo(&tokens).await.status, 200);
    world.clock.advance(Duration::from_millis(1));
    let refused = world.userinfo(&tokens).await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
    let renewed = world.renew(&tokens).await.json();
    assert_ne!(renewed["access_token"], tokens["access_token"]);
    assert_eq!(world.userinfo(&renewed).await.status, 200);
}

#[tokio::test]
async fn r6749_6_without_rotation_the_refresh_token_stays() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    for _ in 0..5 {
        let renewed = world.renew(&tokens).await.json();
        assert!(renewed.get("refresh_token").is_none());
        assert_eq!(renewed["scope"], SCOPES);
    }
}

#[tokio::test]
async fn r6749_10_with_rotation_each_renewal_brings_a_new_refresh_token() {
    let world = World::with(&[], |o| o.rotate = true).await;
    let mut tokens = world.connect().await;
    for _ in 0..5 {
        let renewed = world.renew(&tokens).await.json();
        assert_ne!(renewed["refresh_token"], tokens["refresh_token"]);
        tokens = renewed;
    }
}

#[tokio::test]
async fn r9700_4_14_2_a_rotated_refresh_token_used_again_ends_the_family() {
    let world = World::with(&[], |o| o.rotate = true).await;
    let first = world.connect().await;
    let second = world.renew(&first).await.json();
    let (status, error, why) = world.renew(&first).await.refusal();
    assert_eq!((status, error.as_str()), (400, "invalid_grant"));
    assert!(why.contains("reuse"), "{why}");
    assert_eq!(world.renew(&second).await.refusal().1, "invalid_grant");
    assert_eq!(world.userinfo(&second).await.status, 401);
    assert_eq!(world.told().await["live_grants"], 0);
}

#[tokio::test]
async fn e13_the_grant_ends_with_its_time_and_says_so_before() {
    let world = World::with(&[], |o| o.grant_ttl = Some(Duration::from_secs(3_600))).await;
    let tokens = world.connect().await;
    assert_eq!(tokens["refresh_token_expires_in"], 3_600);
    world.clock.advance(Duration::from_secs(3_599));
    assert_eq!(world.renew(&tokens).await.json()["refresh_token_expires_in"], 1);
    world.clock.advance(Duration::from_secs(1));
    let refusal = world.renew(&tokens).await.refusal();
    assert_eq!(refusal, (400, "invalid_grant".into(), "refresh token expired".into()));
}

#[tokio::test]
async fn r6749_6_a_renewal_may_ask_for_less_and_never_for_more() {
    let world = World::new(&[]).await;
    let code = world.allow("openid offline_access mail.read", "bob").await.came_back("code").unwrap();
    let tokens = world.redeem(&code).await.json();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let ask = async |scope: &str| {
        let [a, b, c] = renewal(refresh);
        world.post("/token", &[a, b, c, ("scope", scope)]).await
    };
    assert_eq!(ask("openid").await.json()["scope"], "openid");
    assert_eq!(ask("openid mail.send").await.refusal().1, "invalid_scope");
    assert_eq!(world.renew(&tokens).await.json()["scope"], "openid offline_access mail.read");
}

#[tokio::test]
async fn r6749_3_1_a_parameter_that_comes_twice_is_refused() {
    let world = World::new(&[]).await;
    let code = world.code().await;
    let mut form = redemption(&code).to_vec();
    form.push(("code", "another"));
    assert_eq!(world.post("/token", &form).await.refusal().1, "invalid_request");
}

#[tokio::test]
async fn r6749_6_unknown_parameters_are_ignored() {
    let world = World::new(&[]).await;
    let code = world.code().await;
    let mut form = redemption(&code).to_vec();
    form.extend([("x-a", "1"), ("x-b", "2"), ("resource", "https://a"), ("resource", "https://b")]);
    assert_eq!(world.post("/token", &form).await.status, 200);
}

#[tokio::test]
async fn r6749_2_3_a_confidential_client_proves_itself_the_way_it_registered() {
    let world = World::new(&[]).await;
    let client = registered(&world, "client_secret_basic").await;
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let basic = |secret: &str| {
        use base64::Engine as _;
        let both = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
        format!("authorization: Basic {both}\r\n")
    };
    let page = world.get(&authorize(&[("client_id", id)])).await.text();
    let back = world.decide(&ticket(&page), SCOPES, "alice").await;
    let code = back.came_back("code").unwrap();
    let form: Vec<_> = redemption(&code).into_iter().filter(|(n, _)| *n != "client_id").collect();
    let wrong = world.post_with("/token", &form, &basic("wrong")).await;
    assert_eq!((wrong.status, wrong.refusal().1.as_str()), (401, "invalid_client"));
    assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic"));
    let mut both = form.clone();
    both.push(("client_secret", secret));
    assert_eq!(world.post_with("/token", &both, &basic(secret)).await.refusal().1, "invalid_request");
    assert_eq!(world.post("/token", &[("client_id", id), ("grant_type", "refresh_token")]).await.status, 401);
    assert_eq!(world.post_with("/token", &form, &basic(secret)).await.status, 200);
    assert_eq!(world.logged("token").await["auth"], "basic");
}

#[tokio::test]
async fn without_offline_access_nobody_stays_signed_in() {
    let world = World::new(&[]).await;
    let code = world.allow("openid mail.read", "alice").await.came_back("code").unwrap();
    let tokens = world.redeem(&code).await.json();
    assert!(tokens.get("refresh_token").is_none() && tokens["id_token"].is_string());
}

#[tokio::test]
async fn without_openid_there_is_no_id_token_and_no_userinfo() {
    let world = World::new(&[]).await;
    let code = world.allow("mail.read", "alice").await.came_back("code").unwrap();
    let tokens = world.redeem(&code).await.json();
    assert!(tokens.get("id_token").is_none());
    let refused = world.userinfo(&tokens).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").unwrap().contains("insufficient_scope"));
}

#[tokio::test]
async fn the_port_is_free_again_after_the_end() {
    let world = World::new(&[]).await;
    let address = world.address().to_owned();
    world.running.stop().await;
    assert!(tokio::net::TcpListener::bind(&address).await.is_ok());
}

#[tokio::test]
async fn dropping_it_ends_it_too() {
    let world = World::new(&[]).await;
    let address = world.address().to_owned();
    drop(world);
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let world = World::new(&[]).await;
    let port = world.address().rsplit(':').next().unwrap().parse().unwrap();
    let options = bowline_practice::Options { port, ..Default::default() };
    let random = std::sync::Arc::new(bowline_base::random::SystemRandom);
    let error =
        bowline_practice::serve(options, std::sync::Arc::new(world.clock.clone()), random).await.unwrap_err();
    assert_eq!(error.to_string(), format!("port {port} is in use"));
    assert!(!format!("{:?}", world.running).contains(CLIENT_ID));
}

async fn registered(world: &World, auth: &str) -> serde_json::Value {
    let asked = json!({"redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": auth});
    world.post_json("/register", &asked).await.json()
}
