//! The doors for local apps over a real engine: who may knock, what each refusal says, and what every answer wears.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use bowline_base::{AccountId, Secret};
use bowline_engine::caller::{AskingProgram, Origin, ProgramFile, SameUser};
use bowline_engine::serve::Wanted;
use bowline_engine::{Caller, EngineError, Policy};
use bowline_ipc::caller::{Peer, Via};
use bowline_ipc::{Door, Host};
use bowline_oauth::transport::Reply;
use bowline_tests::world::script::{access_only, refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, Seed, World, promptly};
use bowline_wire::shapes::{CheckView, ProviderBody, SettingsBody, SettingsView};
use bowline_wire::verbs::{VERBS, Who};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

const PORT: u16 = 4321;

#[tokio::test]
async fn p6_a_programs_question_is_told_listed_and_answered_in_one_shape() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let mut events = doors.stream(None).await;
    world.engine.set_policy(Policy { confirm: true, ..Policy::default() });
    let file =
        ProgramFile { path: "/opt/reader".into(), device: 1, inode: 2, size: 3, modified: 4, changed: 5 };
    let program = AskingProgram { file, parent: Some("/usr/bin/bash".into()) };
    let proof = SameUser::check(1, 1).expect("the same user");
    let caller = Caller::owner(proof, None).coming_from(Origin::Program(Arc::new(program)));
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.token(&caller, id.as_str(), &Wanted::default()).await.map(drop) });
    world.settle().await;
    let listed = doors.owner("GET", "/v1/requests", None).await.body["requests"][0].clone();
    for (key, value) in
        [("kind", "program"), ("name", "reader"), ("program", "/opt/reader"), ("parent", "/usr/bin/bash")]
    {
        assert_eq!(listed[key], value, "{listed}");
    }
    assert_eq!((&listed["account"], &listed["state"]), (&json!(ana.as_str()), &json!("waiting")));
    let told = promptly(frames(&mut events, 1)).await;
    assert!(
        told.contains("event: request.waiting") && told.contains("\"program\":\"/opt/reader\""),
        "{told}"
    );
    world.engine.set_policy(Policy::default());
    let path = format!("/v1/requests/{}/answer", listed["request"].as_str().expect("an id"));
    let wrong = doors.owner("POST", &path, Some(r#"{"answer":"allow","for":"1d"}"#)).await;
    assert_eq!((wrong.status, wrong.code()), (400, "invalid_request"));
    let answered = doors.owner("POST", &path, Some(r#"{"answer":"allow","for":"revoked"}"#)).await;
    assert_eq!((answered.status, &answered.body["state"]), (200, &json!("done")));
    let told = promptly(frames(&mut events, 1)).await;
    assert!(told.contains("event: request.done"), "{told}");
    let app = doors.owner("GET", "/v1/apps", None).await.body["apps"][0].clone();
    assert_eq!((&app["name"], &app["program"]), (&json!("reader"), &json!("/opt/reader")));
    let gone = doors.owner("DELETE", &format!("/v1/apps/{}", app["id"].as_str().expect("an id")), None).await;
    assert_eq!(gone.status, 200);
}

#[tokio::test]
async fn r63_the_socket_is_the_owners_and_loopback_needs_a_key() {
    let (world, _) = World::with_ana().await;
    let doors = Doors::of(&world);
    assert_eq!(doors.owner("GET", "/v1/accounts", None).await.status, 200);
    let stranger = doors.loopback("GET", "/v1/accounts", None, None).await;
    assert_eq!((stranger.status, stranger.code()), (401, "not_authenticated"));
    assert_eq!(doors.loopback("GET", "/v1/accounts", Some("bwl_guess"), None).await.status, 401);
    assert_eq!(doors.loopback("GET", "/v1/accounts", Some("owner-key"), None).await.status, 200);
    assert_eq!(doors.loopback("GET", "/v1/health", None, None).await.status, 200);
    assert_eq!(doors.foreign("GET", "/v1/accounts").await.status, 401, "another user's program");
}

#[tokio::test]
async fn r63_what_cannot_be_a_key_is_a_wrong_one_and_nobody_is_the_owner_for_it() {
    let (world, _) = World::with_ana().await;
    let doors = Doors::of(&world);
    let long = format!("Bearer bwl_{}", "x".repeat(600));
    for shown in [long.as_str(), "Bearer b\u{f6}wl_x", "Basic bwl_x", "", "bwl_x"] {
        let answer =
            doors.knock(doors.socket(), "GET", "/v1/accounts", &[("authorization", shown)], None).await;
        assert_eq!((answer.status, answer.code()), (401, "not_authenticated"), "{shown:.20}");
    }
}

#[tokio::test]
async fn o41_the_account_as_it_is_shown_holds_times_and_no_token() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let shown = doors.owner("GET", "/v1/accounts/acme", None).await;
    assert_eq!(shown.body["id"], ana.as_str());
    assert_eq!(
        (&shown.body["status"], &shown.body["reason"], &shown.body["action"]),
        (&json!("healthy"), &Value::Null, &Value::Null)
    );
    assert_eq!(shown.body["access_expires_at"], "2026-11-21T13:00:00Z");
    assert_eq!(
        shown.body["scopes"],
        json!({"requested": ["profile", "mail"], "granted": ["profile", "mail"], "missing": []})
    );
    for key in [
        "subject",
        "label",
        "username",
        "forecast",
        "fallback",
        "standing_in",
        "paused",
        "grant_expires_at",
        "refreshable",
        "next_refresh_at",
        "last_refresh",
        "connected_at",
        "reconnected_at",
        "message",
    ] {
        assert!(shown.body.get(key).is_some(), "{key}");
    }
    assert!(!shown.text.contains("at-ana") && !shown.text.contains("rt-ana"));
}

#[tokio::test]
async fn o56_a_sign_in_may_be_given_more_time_than_the_setting_but_not_more_than_its_state_lives() {
    let world = World::new().await;
    let doors = Doors::of(&world);
    for (limit, ends) in [
        (json!(null), "2026-11-21T12:05:00Z"),
        (json!(480), "2026-11-21T12:08:00Z"),
        (json!(36_000), "2026-11-21T12:10:00Z"),
    ] {
        let wish = json!({"provider": "acme", "open_browser": false, "timeout_s": limit}).to_string();
        let begun = doors.owner("POST", "/v1/connect", Some(&wish)).await;
        assert_eq!(begun.body["expires_at"], ends, "{}", begun.text);
    }
    let wish = json!({"provider": "acme", "timeout_s": 0}).to_string();
    assert_eq!(doors.owner("POST", "/v1/connect", Some(&wish)).await.status, 400);
}

#[tokio::test]
async fn r05_each_refusal_has_its_own_status_code_and_move() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let doors = Doors::of(&world);
    let missing = doors.owner("GET", "/v1/accounts/nobody/token", None).await;
    assert_eq!(
        (missing.status, missing.code(), missing.action()),
        (404, "account_not_found", Some("connect"))
    );
    let several = doors.owner("GET", "/v1/accounts/acme/token", None).await;
    assert_eq!((several.status, several.code()), (400, "ambiguous_account"));
    assert_eq!(several.body["candidates"].as_array().map(Vec::len), Some(2));
    let scope = doors.owner("GET", &format!("/v1/accounts/{}/token?scope=calendar", ids[0]), None).await;
    assert_eq!((scope.status, scope.code(), scope.action()), (409, "insufficient_scope", Some("reconnect")));
    assert_eq!(scope.body["missing_scopes"], json!(["calendar"]));
    world.answers([Reply::json(400, r#"{"error":"zzz"}"#)]);
    let ill = doors.owner("GET", &format!("/v1/accounts/{}/token?min_ttl=7200", ids[0]), None).await;
    assert_eq!((ill.status, ill.code(), ill.action()), (503, "temporarily_unavailable", Some("wait")));
    assert_eq!(ill.headers["retry-after"].to_str().unwrap(), ill.body["retry_after_s"].to_string());
    assert_eq!((&ill.body["provider_error"], &ill.body["http_status"]), (&json!("zzz"), &json!(400)), "e36");
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    let ended = doors.owner("POST", &format!("/v1/accounts/{}/refresh", ids[0]), None).await;
    assert_eq!((ended.status, ended.code(), ended.action()), (409, "reconnect_required", Some("reconnect")));
    assert_eq!(ended.body["reason"], "revoked", "r21");
    let href = format!("/v1/accounts/{}/reconnect", ids[0]);
    assert_eq!(ended.body["reconnect"], json!({"method": "POST", "href": href}), "r25");
    world.answers([refusal(401, "invalid_client", "no")]);
    let wrong = doors.owner("POST", &format!("/v1/accounts/{}/refresh", ids[1]), None).await;
    assert_eq!(
        (wrong.status, wrong.code(), wrong.action()),
        (409, "provider_misconfigured", Some("fix_provider"))
    );
    world.engine.lock().await.unwrap();
    let locked = doors.owner("GET", &format!("/v1/accounts/{}/token", ids[1]), None).await;
    assert_eq!((locked.status, locked.code(), locked.action()), (423, "locked", Some("unlock")));
}

#[tokio::test]
async fn e65_every_refusal_is_a_problem_document_in_a_sentence_of_at_most_30_words() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let doors = Doors::of(&world);
    let mut refusals = Vec::new();
    for (method, path, body) in [
        ("GET", "/v1/accounts/nobody", None),
        ("GET", "/v1/accounts/acme", None),
        ("GET", "/v1/nothing", None),
        ("PUT", "/v1/accounts", None),
        ("GET", "/v1/accounts/acme/token?min_ttl=soon", None),
        ("POST", "/v1/connect", Some("{}")),
        ("POST", "/v1/connect", Some(r#"{"provider":"acmee","flow":"browser"}"#)),
        ("POST", "/v1/connect", Some(r#"{"provider":"bare","flow":"browser"}"#)),
        ("GET", "/v1/connect/att_0", None),
        ("GET", "/v1/requests/req_0", None),
        ("POST", "/v1/apps", Some(r#"{"name":"","wants":[]}"#)),
        ("DELETE", "/v1/apps/app_0", None),
        ("POST", "/v1/requests/req_0/answer", Some(r#"{"answer":"perhaps"}"#)),
    ] {
        refusals.push(doors.owner(method, path, body).await);
    }
    let wrong_hash = format!("/v1/accounts/{}/token/rejected", ids[0]);
    refusals.push(doors.owner("POST", &wrong_hash, Some(r#"{"sha256":"no"}"#)).await);
    for refused in refusals {
        assert!((400..500).contains(&refused.status), "{}: {}", refused.status, refused.text);
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        for key in ["type", "title", "status", "detail", "code"] {
            assert!(!refused.body[key].is_null(), "{key} in {}", refused.text);
        }
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.split_whitespace().count() <= 30, "{detail}");
        assert!(refused.body["type"].as_str().unwrap().ends_with(&format!("#{}", refused.code())), "r14");
    }
}

#[tokio::test]
async fn o65_every_answer_wears_the_same_headers() {
    let (world, _) = World::with_ana().await;
    let doors = Doors::of(&world);
    for path in
        ["/v1/health", "/v1/accounts", "/v1/accounts/acme/token", "/v1/nothing", "/v1/accounts/nobody"]
    {
        let answer = doors.owner("GET", path, None).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")));
    }
}

#[tokio::test]
async fn o05_an_app_sees_and_reads_its_own_account_and_hears_the_same_of_all_others() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let doors = Doors::of(&world);
    let key = doors.app("Mail", &ids[0]).await;
    let listed = doors.loopback("GET", "/v1/accounts", Some(&key), None).await;
    assert_eq!(listed.body["accounts"].as_array().map(Vec::len), Some(1));
    let token = doors.loopback("GET", &format!("/v1/accounts/{}/token", ids[0]), Some(&key), None).await;
    assert_eq!((token.status, &token.body["access_token"]), (200, &json!("at-ana")));
    assert_eq!(token.body["use"]["scheme"], "Bearer");
    assert_eq!((&token.body["expires_in"], &token.body["source"]), (&json!(3600), &json!("oauth")), "f31");
    let foreign = doors.loopback("GET", &format!("/v1/accounts/{}/token", ids[1]), Some(&key), None).await;
    let none = doors.loopback("GET", "/v1/accounts/nobody/token", Some(&key), None).await;
    assert_eq!((foreign.status, foreign.code()), (403, "approval_required"));
    assert_eq!(foreign.text, none.text, "whether or not it exists");
}

#[tokio::test]
async fn p6_what_is_the_owners_is_nobody_elses() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let key = doors.app("Mail", &ana).await;
    for verb in VERBS
        .iter()
        .filter(|verb| !verb.allows(Who::App) && !verb.allows(Who::Anyone) && !verb.who.contains(&Who::Asker))
    {
        let path = verb.path.replace("{sel}", ana.as_str()).replace("{id}", "x").replace("{attempt}", "x");
        let method = format!("{:?}", verb.method).to_uppercase();
        let refused = doors.loopback(&method, &path, Some(&key), Some("{}")).await;
        assert_eq!((refused.status, refused.code()), (403, "forbidden"), "{method} {path}");
    }
    assert_eq!(world.served(&ana).await, "at-ana", "and nothing has changed");
}

#[tokio::test]
async fn p6_asking_answering_and_taking_the_key_work_over_the_door() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let wish = json!({"name": "Mail", "wants": [{"account": ana.as_str()}], "because": "read your mail"})
        .to_string();
    let asked = doors.loopback("POST", "/v1/apps", None, Some(&wish)).await;
    assert_eq!(asked.status, 202);
    let id = asked.body["request"].as_str().unwrap().to_owned();
    let secret = asked.body["poll_secret"].as_str().unwrap().to_owned();
    let path = format!("/v1/apps/requests/{id}");
    assert_eq!(doors.loopback("GET", &path, Some(&secret), None).await.body["state"], "pending");
    assert_eq!(doors.loopback("GET", &path, Some("bwp_wrong"), None).await.status, 404);
    let open = doors.owner("GET", "/v1/requests", None).await;
    assert_eq!(open.body["requests"][0]["code"], asked.body["code"], "so that the owner can compare");
    assert!(!open.text.contains(&secret));
    let allow = doors
        .owner("POST", &format!("/v1/requests/{id}/answer"), Some(r#"{"answer":"allow","for":"1h"}"#))
        .await;
    assert_eq!(allow.status, 200, "{}", allow.text);
    assert!(!allow.text.contains("bwl_"), "the key goes to the app alone");
    let approved = doors.loopback("GET", &path, Some(&secret), None).await;
    assert_eq!(approved.body["state"], "approved");
    let key = approved.body["app_key"].as_str().expect("the key").to_owned();
    assert_eq!(doors.loopback("GET", &path, Some(&secret), None).await.body["app_key"], Value::Null, "once");
    let read = format!("/v1/accounts/{ana}/token");
    assert_eq!(doors.loopback("GET", &read, Some(&key), None).await.status, 200);
    world.pass(HOUR).await;
    assert_eq!(doors.loopback("GET", &read, Some(&key), None).await.status, 403, "an hour is over");
}

#[tokio::test]
async fn p6_what_a_token_can_do_beyond_the_owners_yes_is_named_in_the_refusal() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let wish =
        json!({"name": "Cards", "wants": [{"account": ana.as_str(), "scopes": ["profile"]}]}).to_string();
    let asked = doors.loopback("POST", "/v1/apps", None, Some(&wish)).await;
    let path = format!("/v1/apps/requests/{}", asked.body["request"].as_str().unwrap());
    assert_eq!(doors.owner("POST", &format!("{path}/approve"), Some(r#"{"accounts":[]}"#)).await.status, 200);
    let answer = doors.loopback("GET", &path, asked.body["poll_secret"].as_str(), None).await;
    let key = answer.body["app_key"].as_str();
    let refused = doors.loopback("GET", &format!("/v1/accounts/{ana}/token"), key, None).await;
    assert_eq!((refused.status, refused.code()), (403, "approval_required"));
    assert_eq!(refused.body["account"], ana.as_str());
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("(mail)") && detail.split_whitespace().count() <= 30, "{detail}");
}

#[tokio::test]
async fn o66_ten_refusals_bring_one_entry_one_notice_and_a_brake() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let key = doors.app("Mail", &ana).await;
    let before = world.desktop.shown().len();
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(doors.loopback("GET", "/v1/accounts", Some("bwl_wrong"), None).await.status);
    }
    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[10..], [429; 10]);
    assert_eq!(world.desktop.shown().len(), before + 1);
    assert_eq!(world.trail_events().await.iter().filter(|e| *e == "abuse").count(), 1);
    assert_eq!(
        doors.loopback("GET", "/v1/accounts", Some(&key), None).await.status,
        200,
        "a right key is served"
    );
    world.pass(MINUTE * 5).await;
    assert_eq!(doors.loopback("GET", "/v1/accounts", Some("bwl_wrong"), None).await.status, 401);
}

#[tokio::test]
async fn o72_a_web_page_can_neither_start_steer_read_nor_cancel() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    for (method, path) in [
        ("GET", format!("/v1/accounts/{ana}/token")),
        ("POST", "/v1/connect".to_owned()),
        ("POST", "/v1/apps".to_owned()),
        ("DELETE", format!("/v1/accounts/{ana}")),
        ("GET", "/v1/health".to_owned()),
    ] {
        for (name, value) in
            [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
        {
            let headers = [("host", "127.0.0.1:4321"), ("authorization", "Bearer owner-key"), (name, value)];
            let refused = doors.knock(Via::Loopback(PORT), method, &path, &headers, None).await;
            assert_eq!((refused.status, refused.code()), (403, "cross_origin"), "{method} {path}");
            world.pass(MINUTE * 6).await;
        }
    }
    let bent = [("host", "evil.example:4321"), ("authorization", "Bearer owner-key")];
    let refused = doors.knock(Via::Loopback(PORT), "GET", "/v1/accounts", &bent, None).await;
    assert_eq!((refused.status, refused.code()), (421, "wrong_host"));
    assert_eq!(world.ids(), [ana]);
}

#[tokio::test]
async fn o30_nonsense_of_any_kind_is_a_refusal_and_never_a_breakdown() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let odd = ["%00", "..%2f..%2fetc", "%ff%fe", "a%20b", "%F0%9F%AA%A2", "acc_", "'%3B--", "{}", "%2e%2e"];
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"a\":{\"a\":{\"a\":{}}}}",
        "{\"provider\":7}",
        "\u{feff}{}",
        "{\"name\":null}",
    ];
    let mut reached = 0;
    for verb in VERBS
        .iter()
        .filter(|v| !["/v1/stop", "/v1/events"].contains(&v.path) && !format!("{:?}", v.id).contains("Stop"))
    {
        let method = format!("{:?}", verb.method).to_uppercase();
        for text in odd {
            let path = ["{sel}", "{id}", "{attempt}", "{host}"]
                .iter()
                .fold(verb.path.to_owned(), |p, mark| p.replace(mark, text));
            for query in
                ["", "?wait=-1", "?min_ttl=99999999999999999999", "?limit=x&since_seq=", "?scope=%00", "?%ff"]
            {
                let answer = doors
                    .owner(&method, &format!("{path}{query}"), Some(bodies[reached % bodies.len()]))
                    .await;
                assert!(answer.status < 500, "{method} {path}{query}: {} {}", answer.status, answer.text);
                reached += 1;
            }
        }
        if world.engine.locked().is_some() {
            world.engine.unlock(None).await.unwrap();
        }
    }
    assert!(reached > 500);
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn o30_a_body_has_a_kind_and_a_size() {
    let (world, _) = World::with_ana().await;
    let doors = Doors::of(&world);
    let plain = [("content-type", "text/plain")];
    let refused = doors.knock(doors.socket(), "POST", "/v1/apps", &plain, Some("{}")).await;
    assert_eq!((refused.status, refused.code()), (415, "unsupported_media_type"));
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(2_000_000));
    let refused = doors.owner("POST", "/v1/apps", Some(&long)).await;
    assert_eq!((refused.status, refused.code()), (413, "too_large"));
    let secret = r#"{"secret":"hush hush","x":"#;
    let refused = doors.owner("POST", "/v1/providers/acme/secret", Some(secret)).await;
    assert!(refused.status >= 400 && !refused.text.contains("hush"), "p5: nothing of a body is repeated");
}

#[tokio::test]
async fn e62_a_report_over_the_door_renews_once() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    let doors = Doors::of(&world);
    let body = json!({ "sha256": Secret::new("at-ana").sha256_hex() }).to_string();
    let path = format!("/v1/accounts/{ana}/token/rejected");
    for _ in 0..2 {
        assert_eq!(doors.owner("POST", &path, Some(&body)).await.body["access_token"], "at-new");
    }
    assert_eq!(world.token_requests().len(), 1);
}

#[tokio::test]
async fn o01_an_attempt_over_the_door_tells_how_far_it_has_come() {
    let world = World::new().await;
    let doors = Doors::of(&world);
    let body = r#"{"provider":"acme","flow":"browser","open_browser":false}"#;
    let begun = doors.owner("POST", "/v1/connect", Some(body)).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    assert!(begun.body["authorize_url"].as_str().unwrap().contains("code_challenge_method=S256"));
    assert_eq!(begun.body["expires_at"], "2026-11-21T12:05:00Z");
    let path = format!("/v1/connect/{}", begun.body["attempt"].as_str().unwrap());
    assert_eq!(doors.owner("GET", &path, None).await.body["state"], "waiting");
    assert_eq!(doors.owner("DELETE", &path, None).await.body["state"], "cancelled");
    world.pass(MINUTE).await;
    let again = doors.owner("POST", "/v1/connect", Some(body)).await;
    let path = format!("/v1/connect/{}", again.body["attempt"].as_str().unwrap());
    world.pass(MINUTE * 6).await;
    let expired = doors.owner("GET", &path, None).await;
    assert_eq!(
        (&expired.body["state"], &expired.body["error"]["code"]),
        (&json!("expired"), &json!("timed_out"))
    );
    assert!(world.desktop.opened().is_empty(), "p7");
}

#[tokio::test]
async fn r71_events_reach_who_may_see_them_and_hold_no_token() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let doors = Doors::of(&world);
    let key = doors.app("Mail", &ids[0]).await;
    let mut owners = doors.stream(None).await;
    let mut apps = doors.stream(Some(&key)).await;
    world.answers([access_only("new")]);
    world.engine.refresh_now(ids[1].as_str()).await.unwrap();
    world.engine.refresh_now(ids[0].as_str()).await.unwrap();
    world.settle().await;
    let (seen_by_owner, seen_by_app) = (frames(&mut owners, 4).await, frames(&mut apps, 2).await);
    assert!(seen_by_owner.contains(ids[1].as_str()) && seen_by_owner.contains("event: account.token"));
    assert!(seen_by_app.contains(ids[0].as_str()) && !seen_by_app.contains(ids[1].as_str()), "{seen_by_app}");
    assert!(!seen_by_owner.contains("at-new") && !seen_by_app.contains("at-new"), "p5");
}

#[tokio::test]
async fn p6_a_revoked_apps_events_end_with_its_access() {
    let (world, ana) = World::with_ana().await;
    let doors = Doors::of(&world);
    let key = doors.app("Mail", &ana).await;
    let mut events = doors.stream(Some(&key)).await;
    assert!(events.frame().await.is_some(), "it is open");
    let app = world.engine.apps().remove(0).face.id.clone();
    assert_eq!(doors.owner("DELETE", &format!("/v1/apps/{app}"), None).await.status, 200);
    world.answers([access_only("new")]);
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert!(promptly(events.frame()).await.is_none(), "nothing more is told");
}

/// An answer of a door.
pub(crate) struct Answered {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answered {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn action(&self) -> Option<&str> {
        self.body["action"].as_str()
    }
}

/// The doors over a world's engine.
pub(crate) struct Doors {
    router: Router,
}

impl Doors {
    pub(crate) fn of(world: &World) -> Self {
        let door = Door::new(world.engine.clone(), Arc::new(Agent));
        Self { router: door.router() }
    }

    fn socket(&self) -> Via {
        Via::Socket(SameUser::check(1, 1).expect("the same user"))
    }

    pub(crate) async fn owner(&self, method: &str, path: &str, body: Option<&str>) -> Answered {
        self.knock(self.socket(), method, path, &[("content-type", "application/json")], body).await
    }

    async fn foreign(&self, method: &str, path: &str) -> Answered {
        self.knock(Via::ForeignSocket, method, path, &[], None).await
    }

    pub(crate) async fn loopback(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&str>,
    ) -> Answered {
        let bearer = format!("Bearer {}", key.unwrap_or_default());
        let mut headers = vec![("host", "127.0.0.1:4321"), ("content-type", "application/json")];
        if key.is_some() {
            headers.push(("authorization", &bearer));
        }
        self.knock(Via::Loopback(PORT), method, path, &headers, body).await
    }

    async fn knock(
        &self,
        via: Via,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answered {
        let response = promptly(self.send(via, method, path, headers, body)).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answered { status: parts.status.as_u16(), headers: parts.headers, text, body }
    }

    async fn send(
        &self,
        via: Via,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.unwrap_or_default().to_owned())).expect("a request");
        request.extensions_mut().insert(Peer { program: Some("/usr/bin/app".into()), ..Peer::over(via) });
        self.router.clone().oneshot(request).await.expect("a door always answers")
    }

    pub(crate) async fn stream(&self, key: Option<&str>) -> Body {
        let bearer = format!("Bearer {}", key.unwrap_or_default());
        let headers = [("authorization", bearer.as_str())];
        let headers = if key.is_some() { &headers[..] } else { &[] };
        let response = self.send(self.socket(), "GET", "/v1/events", headers, None).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        response.into_body()
    }

    /// An app that the owner allowed this account, by its key.
    pub(crate) async fn app(&self, name: &str, account: &AccountId) -> String {
        let wish = json!({"name": name, "wants": [{"account": account.as_str()}]}).to_string();
        let asked = self.loopback("POST", "/v1/apps", None, Some(&wish)).await;
        let path = format!("/v1/apps/requests/{}", asked.body["request"].as_str().expect("a request"));
        let body = json!({ "accounts": [account.as_str()] }).to_string();
        let yes = self.owner("POST", &format!("{path}/approve"), Some(&body)).await;
        assert_eq!(yes.status, 200, "{}", yes.text);
        let answer = self.loopback("GET", &path, asked.body["poll_secret"].as_str(), None).await;
        answer.body["app_key"].as_str().expect("a key").to_owned()
    }
}

/// The text of so many events, comments left out.
pub(crate) async fn frames(body: &mut Body, wanted: usize) -> String {
    let mut text = String::new();
    while text.matches("event: ").count() < wanted {
        let frame = body.frame().await.expect("the stream goes on").expect("it is whole");
        text.push_str(&String::from_utf8_lossy(frame.data_ref().expect("data")));
    }
    text
}

/// An agent that knows only its own key.
struct Agent;

#[async_trait]
impl Host for Agent {
    fn uid(&self) -> u32 {
        1
    }

    fn program(&self, _: i32) -> Option<Arc<str>> {
        None
    }

    fn origin(&self, _: i32, _: Option<&str>) -> Origin {
        Origin::Unknown
    }

    fn owner_key(&self, given: &Secret) -> Option<SameUser> {
        (given.expose() == "owner-key").then(|| SameUser::check(1, 1)).flatten()
    }

    fn settings(&self) -> SettingsView {
        serde_json::from_value(json!({
            "refresh": {"margin": "5m"}, "warn": {"before": ["7d", "3d", "1d"]},
            "connect": {"timeout": "5m", "state_ttl": "10m", "attempts_per_hour": 10},
            "retry": {"attempts": 3, "base": "500ms", "max": "30s", "timeouts": ["5s"], "connect_timeouts": ["2s"]},
            "breaker": {"failures": 5, "open_for": "60s"}, "health": {"verify_every": "24h"},
            "alerts": {"refresh_failures": 0.1, "expired_in_use": 0.05}, "emergency": {"max_duration": "30m"},
            "ipc": {"http": true, "port": 0, "reads_per_minute": 600, "owner": "any"},
            "notifications": {"enabled": true, "quiet_hours": "22:00-08:00", "repeat_after": "24h"},
            "vault": {"keystore": "keychain"}, "audit": {"keep": "365d"},
        }))
        .expect("the contract's own example")
    }

    fn change_settings(&self, _: &SettingsBody) -> Result<SettingsView, EngineError> {
        Ok(self.settings())
    }

    fn set_up_provider(&self, _: &ProviderBody) -> Result<String, EngineError> {
        Err(EngineError::invalid("this agent has no files"))
    }

    async fn start_practice(&self, _: Option<Duration>) -> Result<(), EngineError> {
        Ok(())
    }

    async fn doctor(&self, _: Option<&str>) -> Result<Vec<CheckView>, EngineError> {
        Ok(Vec::new())
    }

    fn stop(&self) {}
}
