//! Faults of the answer: statuses, bodies that are none, limits, and odd tokens.

use std::time::Duration;

use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn e26_any_status_can_be_answered_and_nothing_is_spent() {
    let world = World::with(&[], |o| o.rotate = true).await;
    let tokens = world.connect().await;
    for status in [400, 401, 403, 404, 408, 418, 425, 500, 502, 503, 599] {
        world.order(fail(&format!("status:{status}"))).await;
        let answer = world.renew(&tokens).await;
        assert_eq!((answer.status, answer.body.len()), (status, 0));
    }
    world.order(json!({"fail": null})).await;
    assert_eq!(world.renew(&tokens).await.status, 200);
}

#[tokio::test]
async fn e43_a_status_brings_the_body_it_is_given() {
    let world = World::new(&[]).await;
    let play = async |mode: &str| {
        world.order(fail(mode)).await;
        world.renew_with("x").await
    };
    let word = play("status:500:internal_server_error").await;
    assert_eq!((word.status, word.refusal().1.as_str()), (500, "internal_server_error"));
    let json = play(r#"status:200:{"ok":false,"error":"invalid_auth"}"#).await;
    assert_eq!((json.status, json.header("content-type")), (200, Some("application/json")));
    assert_eq!(json.json()["error"], "invalid_auth");
    let text = play("status:502:Bad gateway").await;
    assert_eq!(
        (text.text().as_str(), text.header("content-type")),
        ("Bad gateway", Some("text/plain; charset=utf-8"))
    );
    assert_eq!(
        play("status:400:error=access_denied").await.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(play("status:401:invalid_grant").await.refusal().1, "invalid_grant");
}

#[tokio::test]
async fn e27_e44_a_body_can_be_anything_but_a_token_answer() {
    for (mode, kind, begins) in [
        ("html", "text/html; charset=utf-8", "<!doctype html>"),
        ("malformed", "application/json", "{\"access_token\": oops"),
        ("truncated", "application/json", "{\"access_token\":\"prac_at_cut\""),
        ("empty", "application/json", ""),
        ("bom", "application/json", "\u{feff}{"),
        ("array", "application/json", "["),
    ] {
        let world = World::new(&[mode]).await;
        let answer = world.renew_with("x").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{mode}");
        assert!(answer.text().starts_with(begins), "{mode}: {}", answer.text());
        let object = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok_and(|v| v.is_object());
        assert!(!object, "{mode}");
    }
    let world = World::new(&["braces"]).await;
    assert_eq!(world.renew_with("x").await.json(), json!({}));
}

#[tokio::test]
async fn e45_429_says_when_to_come_back_in_seconds_as_a_date_or_not_at_all() {
    let after = async |mode: &str| {
        let world = World::new(&[mode]).await;
        let answer = world.renew_with("x").await;
        assert_eq!(answer.status, 429, "{mode}");
        answer.header("retry-after").map(str::to_owned)
    };
    assert_eq!(after("429").await, None);
    assert_eq!(after("429:5").await.as_deref(), Some("5"));
    assert_eq!(after("429:date:90").await.as_deref(), Some("Sat, 21 Nov 2026 12:01:30 GMT"));
    assert_eq!(after("429:date").await.as_deref(), Some("Sat, 21 Nov 2026 12:00:30 GMT"));
}

#[tokio::test]
async fn e52_the_limit_is_over_at_the_next_request() {
    let world = World::new(&["429:5@1"]).await;
    let code = world.code().await;
    assert_eq!(world.redeem(&code).await.status, 429);
    assert_eq!(world.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn o33_the_first_two_requests_fail_and_the_third_succeeds() {
    let world = World::new(&["status:503@1", "status:503@2"]).await;
    let code = world.code().await;
    let statuses = [
        world.redeem(&code).await.status,
        world.redeem(&code).await.status,
        world.redeem(&code).await.status,
    ];
    assert_eq!(statuses, [503, 503, 200]);
}

#[tokio::test]
async fn f58_a_quota_that_is_used_up_is_said_beside_a_good_answer() {
    let world = World::new(&["quota:20"]).await;
    let answer = world.redeem(&world.code().await).await;
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, Some("0")));
    assert_eq!(answer.header("x-ratelimit-reset"), Some("20"));
    assert_eq!(answer.header("ratelimit"), Some("\"practice\";r=0;t=20"));
}

#[tokio::test]
async fn e25_refusals_come_in_the_forms_of_real_providers() {
    let play = async |shape: &str| World::new(&[&format!("error-shape:{shape}")]).await.renew_with("x").await;
    let github = play("github").await;
    assert_eq!((github.status, &github.json()["error"]), (200, &json!("bad_refresh_token")));
    let form = play("form").await;
    assert_eq!(form.header("content-type"), Some("application/x-www-form-urlencoded; charset=utf-8"));
    assert_eq!(
        (form.status, form.text().as_str()),
        (400, "error=invalid_grant&error_description=refresh+token+revoked")
    );
    assert_eq!(play("nested").await.json()["error"]["code"], "invalid_grant");
    assert_eq!(play("number").await.json()["error"], 123);
}

#[tokio::test]
async fn e36_a_sentence_can_hold_markup_a_line_break_and_something_like_a_token() {
    let (_, _, why) = World::new(&["error-shape:markup"]).await.renew_with("x").await.refusal();
    assert!(why.contains("<b>") && why.contains('\n') && why.contains('\u{202e}'), "{why:?}");
    assert!(why.split(' ').any(|word| word.len() > 40));
}

#[tokio::test]
async fn r22_any_error_word_can_be_answered() {
    for word in ["zzz", "consent_required", "interaction_required", "temporarily_unavailable"] {
        let refusal = World::new(&[&format!("error:{word}")]).await.renew_with("x").await.refusal();
        assert_eq!((refusal.0, refusal.1.as_str()), (400, word));
    }
}

#[tokio::test]
async fn e63_an_answer_can_lack_the_access_token_and_still_hold_a_new_refresh_token() {
    let world = World::with(&[], |o| o.rotate = true).await;
    let tokens = world.connect().await;
    world.order(fail("missing-access-token@1")).await;
    let half = world.renew(&tokens).await.json();
    assert!(half.get("access_token").is_none());
    assert_eq!(half["token_type"], "Bearer");
    assert_eq!(world.renew(&half).await.status, 200, "the new refresh token is good");
}

#[tokio::test]
async fn r47_the_second_consent_can_come_without_a_refresh_token() {
    let world = World::new(&["no-refresh-token@2"]).await;
    assert!(world.connect().await["refresh_token"].is_string());
    assert!(world.connect().await.get("refresh_token").is_none());
    assert!(world.connect().await["refresh_token"].is_string());
}

#[tokio::test]
async fn r41_a_token_can_come_without_an_end() {
    let world = World::new(&["no-expires-in", "no-refresh-token"]).await;
    let tokens = world.connect().await;
    assert!(tokens.get("expires_in").is_none() && tokens.get("refresh_token").is_none());
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(world.userinfo(&tokens).await.status, 200);
    world.order(json!({"revoke": "alice"})).await;
    assert_eq!(world.userinfo(&tokens).await.status, 401);
}

#[tokio::test]
async fn r50_a_token_can_be_over_on_arrival() {
    let world = World::new(&["expires-in-0"]).await;
    let tokens = world.connect().await;
    assert_eq!(tokens["expires_in"], 0);
    assert_eq!(world.userinfo(&tokens).await.status, 401);
}

#[tokio::test]
async fn e29_scopes_shrink_and_grow_at_a_renewal() {
    let world = World::new(&[]).await;
    let tokens = world.connect().await;
    world.order(fail("reduced-scope")).await;
    assert_eq!(world.renew(&tokens).await.json()["scope"], "openid profile email offline_access mail.read");
    world.order(fail("grown-scope")).await;
    assert_eq!(world.renew(&tokens).await.json()["scope"], format!("{SCOPES} practice.extra"));
}

#[tokio::test]
async fn o07_less_can_be_granted_than_agreed() {
    let world = World::new(&["reduced-scope"]).await;
    let tokens = world.connect().await;
    assert_eq!(tokens["scope"], "openid profile email offline_access mail.read");
    assert!(tokens["refresh_token"].is_string(), "staying signed in is never what is taken away");
}

#[tokio::test]
async fn e25_the_tokens_themselves_can_come_form_encoded() {
    let world = World::new(&["form-answer"]).await;
    let answer = world.redeem(&world.code().await).await;
    assert_eq!(answer.header("content-type"), Some("application/x-www-form-urlencoded; charset=utf-8"));
    let form: std::collections::BTreeMap<_, _> =
        url::form_urlencoded::parse(&answer.body).into_owned().collect();
    assert_eq!((form["token_type"].as_str(), form["expires_in"].as_str()), ("Bearer", "60"));
    assert_eq!(world.renew_with(&form["refresh_token"]).await.status, 200);
}

#[tokio::test]
async fn r9449_1_a_token_can_be_called_a_dpop_token() {
    let world = World::new(&["dpop-token"]).await;
    assert_eq!(world.connect().await["token_type"], "DPoP");
}

#[tokio::test]
async fn e15_an_access_token_can_be_none() {
    let token = async |case: &str| {
        World::new(&[&format!("access-token:{case}")]).await.connect().await["access_token"].clone()
    };
    assert_eq!(token("empty").await, "");
    assert!(token("number").await.is_number());
    assert!(token("null").await.is_null());
    assert!(token("huge").await.as_str().unwrap().len() > 1_048_576);
    assert!(token("control").await.as_str().unwrap().contains("\r\n"));
}

#[tokio::test]
async fn f13_opaque_long_and_jwt_like_access_tokens_all_work() {
    for case in ["long", "jwt", "jwe", "lookalike"] {
        let world = World::new(&[&format!("access-token:{case}")]).await;
        let tokens = world.connect().await;
        let token = tokens["access_token"].as_str().unwrap();
        let parts = match case {
            "long" => 1,
            "jwe" => 5,
            _ => 3,
        };
        assert_eq!(token.split('.').count(), parts, "{case}");
        assert_eq!(world.userinfo(&tokens).await.status, 200, "{case}");
        assert!(case != "long" || token.len() == 16 * 1024);
    }
}

#[tokio::test]
async fn f14_a_jwt_can_be_the_only_one_to_know_its_end() {
    let world = World::new(&["access-token:jwt", "no-expires-in"]).await;
    let tokens = world.connect().await;
    assert!(tokens.get("expires_in").is_none());
    let end = claims(tokens["access_token"].as_str().unwrap())["exp"].as_i64().unwrap();
    assert_eq!(end - now_s(&world), 86_400);
}
