//! Apps at the local API: asking, the owner's yes or no, what a key opens and what it does not, and its end.

use std::time::Duration;

use bowline_tests::wait::until;
use bowline_tests::{Answer, Door, Request};
use serde_json::{Value, json};

use crate::stage::{QUICK, Stage, expect, expect_problem, get, post, text};

/// An app's key for these accounts, by the whole flow.
pub(crate) fn approved_key(owner: &Door, name: &str, selector: &str) -> String {
    let id = text(&expect(200, &get(owner, &format!("/v1/accounts/{selector}")))["id"]);
    let asked = asked(owner, name, &id);
    let request = text(&asked["request"]);
    expect(200, &post(owner, &format!("/v1/apps/requests/{request}/approve"), &json!({"accounts": [id]})));
    let answer = polled(owner, &asked);
    text(&expect(200, &answer)["app_key"])
}

fn asked(door: &Door, name: &str, account: &str) -> Value {
    let body = json!({"name": name, "wants": [{"account": account}], "because": "to post"});
    expect(202, &post(door, "/v1/apps", &body))
}

fn polled(door: &Door, asked: &Value) -> Answer {
    let path = format!("/v1/apps/requests/{}?wait=1", text(&asked["request"]));
    Request::get(&path).key(&text(&asked["poll_secret"])).send(door)
}

fn read(door: &Door, key: &str, selector: &str) -> Answer {
    Request::get(&format!("/v1/accounts/{selector}/token")).key(key).send(door)
}

#[test]
fn o05_an_app_reads_only_after_the_owners_yes_and_only_what_was_allowed() {
    let stage = Stage::new(&[]);
    let (alice, bob) = (text(&stage.connect("alice")["id"]), text(&stage.connect("bob")["id"]));
    let http = stage.agent.loopback();
    let question = asked(&http, "Poster", &alice);
    assert_eq!(expect(200, &polled(&http, &question))["state"], "pending");
    let listed = stage.home.run(&["apps", "requests", "--json"]).expect_code(0).json();
    let listed = &listed["requests"][0];
    assert_eq!((&listed["name"], &listed["code"]), (&json!("Poster"), &question["code"]), "{listed}");
    let request = text(&question["request"]);
    stage.home.run(&["apps", "approve", &request, "--account", &alice]).expect_code(0);
    let approved = expect(200, &polled(&http, &question));
    assert_eq!(approved["state"], "approved");
    let key = text(&approved["app_key"]);
    assert!(expect(200, &polled(&http, &question))["app_key"].is_null(), "the key is given once");
    assert_eq!(expect(200, &read(&http, &key, &alice))["source"], "oauth");
    assert_eq!(
        expect(200, &read(&stage.owner(), &key, &alice))["account"],
        alice.as_str(),
        "the socket knows apps, too"
    );
    let unknown =
        expect_problem(403, "approval_required", &read(&http, &key, "acc_t5vpwdpbtj830epxqyr0febdhc"));
    let theirs = expect_problem(403, "approval_required", &read(&http, &key, &bob));
    assert_eq!(unknown["detail"], theirs["detail"], "an app cannot tell whether an account exists");
    let mine = expect(200, &Request::get("/v1/accounts").key(&key).send(&http));
    assert_eq!(
        (mine["accounts"].as_array().map(Vec::len), &mine["accounts"][0]["id"]),
        (Some(1), &json!(alice))
    );
    let apps = expect(200, &get(&stage.owner(), "/v1/apps"));
    assert!(apps["apps"][0]["last_read_at"].is_string(), "{apps}");
    assert_eq!(apps["apps"][0]["grants"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_apps_key_is_useless_as_soon_as_it_is_revoked() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let key = approved_key(&stage.owner(), "Poster", &id);
    let http = stage.agent.loopback();
    expect(200, &read(&http, &key, &id));
    stage.home.run(&["apps", "revoke", "Poster"]).expect_code(0);
    expect_problem(401, "not_authenticated", &read(&http, &key, &id));
    assert_eq!(expect(200, &get(&stage.owner(), "/v1/apps")), json!({"apps": []}));
    stage.home.run(&["apps", "revoke", "Poster"]).expect_code(3);
}

#[test]
fn an_app_that_was_denied_is_told_and_gets_nothing() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let http = stage.agent.loopback();
    let question = asked(&http, "Poster", &id);
    stage.home.run(&["apps", "deny", &text(&question["request"])]).expect_code(0);
    let told = expect(200, &polled(&http, &question));
    assert_eq!((&told["state"], &told["app_key"]), (&json!("denied"), &Value::Null));
    let nobody = Request::get(&format!("/v1/apps/requests/{}", text(&question["request"])));
    let wrong = nobody.clone().key("not the poll secret").send(&http);
    assert!(matches!(wrong.status, 401 | 404), "{}", wrong.text());
    expect_problem(401, "not_authenticated", &nobody.send(&http));
}

#[test]
fn an_app_never_gets_at_the_owners_verbs() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let key = approved_key(&stage.owner(), "Poster", &id);
    let owners = [
        ("GET", "/v1/apps".to_owned()),
        ("GET", "/v1/audit".to_owned()),
        ("GET", "/v1/vault".to_owned()),
        ("GET", "/v1/settings".to_owned()),
        ("GET", "/v1/requests".to_owned()),
        ("POST", format!("/v1/accounts/{id}/refresh")),
        ("DELETE", format!("/v1/accounts/{id}")),
        ("POST", "/v1/vault/lock".to_owned()),
        ("POST", "/v1/stop".to_owned()),
    ];
    for door in [stage.agent.loopback(), stage.owner()] {
        for (method, path) in &owners {
            let answer = Request::new(method, path).key(&key).send(&door);
            expect_problem(403, "forbidden", &answer);
        }
    }
    assert_eq!(stage.account(&id)["status"], "healthy");
}

#[test]
fn r25_r31_an_app_asks_for_a_reconnect_and_hears_when_it_is_done() {
    let stage = Stage::new(&[]);
    let (alice, bob) = (text(&stage.connect("alice")["id"]), text(&stage.connect("bob")["id"]));
    let owner = stage.owner();
    let key = approved_key(&owner, "Poster", &alice);
    let http = stage.agent.loopback();
    stage.play(&json!({"revoke": true}));
    stage.refresh(&alice);
    stage.refresh(&bob);
    let refused = expect_problem(409, "reconnect_required", &read(&http, &key, &alice));
    let href = text(&refused["reconnect"]["href"]);
    let because = json!({"because": "publish your post"}).to_string();
    let asked = expect(200, &Request::new("POST", &href).key(&key).json(&because).send(&http));
    assert_eq!(
        (&asked["state"], &asked["because"]),
        (&json!("waiting"), &json!("publish your post")),
        "{asked}"
    );
    let request = text(&asked["request"]);
    let again = expect(200, &Request::new("POST", &href).key(&key).json(&because).send(&http));
    assert_eq!(again["request"], request.as_str(), "one open question an account");
    let other = expect(200, &post(&owner, &format!("/v1/accounts/{bob}/reconnect"), &Value::Null));
    let body = json!({"provider": "", "account": alice, "flow": "browser", "open_browser": false});
    let (attempt, url) = crate::stage::begin_with(&owner, &body);
    bowline_tests::home::browse(&[], &url);
    assert_eq!(crate::stage::end_of(&owner, &attempt)["state"], "connected");
    let done = until("the question's end", Duration::from_secs(5), || {
        let seen =
            expect(200, &Request::get(&format!("/v1/requests/{request}?wait=1")).key(&key).send(&http));
        (seen["state"] == "done").then_some(seen)
    });
    assert_eq!(done["account"], alice.as_str());
    let theirs = expect(200, &get(&owner, &format!("/v1/requests/{}", text(&other["request"]))));
    assert_eq!(theirs["state"], "waiting", "r33: another account's question goes on");
    expect(200, &read(&http, &key, &alice));
}

#[test]
fn f29_an_app_that_reads_too_often_is_told_to_wait() {
    let settings = format!("{QUICK}[ipc]\nreads_per_minute = 20\n");
    let stage = Stage::with_settings(&settings, &[]);
    let id = text(&stage.connect("alice")["id"]);
    let key = approved_key(&stage.owner(), "Eager", &id);
    let http = stage.agent.loopback();
    for _ in 0..20 {
        expect(200, &read(&http, &key, &id));
    }
    let refused = read(&http, &key, &id);
    let problem = expect_problem(429, "rate_limited", &refused);
    assert!(problem["retry_after_s"].as_u64().is_some_and(|s| (1..=60).contains(&s)), "f26: {problem}");
    assert!(refused.header("retry-after").is_some());
    expect(200, &stage.token(&id));
}

#[test]
fn o31_every_read_and_refusal_is_in_the_trail_with_who_and_what() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let key = approved_key(&stage.owner(), "Poster", &id);
    expect(200, &read(&stage.agent.loopback(), &key, &id));
    read(&stage.agent.loopback(), &key, "nobody");
    stage.home.run(&["rename", &id, "work"]).expect_code(0);
    stage.home.run(&["pause", "work"]).expect_code(0);
    stage.home.run(&["token", "work"]).expect_code(6);
    stage.home.run(&["resume", "work"]).expect_code(0);
    stage.home.run(&["refresh", "work"]).expect_code(0);
    stage.home.run(&["apps", "revoke", "Poster"]).expect_code(0);
    stage.home.run(&["vault", "lock"]).expect_code(0);
    stage.home.run(&["vault", "unlock"]).expect_code(0);
    stage.home.run(&["disconnect", "work", "--yes"]).expect_code(0);
    let log = stage.home.run(&["log", "--json"]).expect_code(0).json();
    let entries = log["entries"].as_array().expect("entries");
    let seen: Vec<&str> = entries.iter().filter_map(|entry| entry["event"].as_str()).collect();
    let wanted = [
        "connect.started",
        "connect.connected",
        "app.requested",
        "app.approved",
        "token.read",
        "token.refused",
        "account.renamed",
        "account.paused",
        "refresh.ok",
        "app.revoked",
        "vault.locked",
        "vault.unlocked",
        "account.revoked",
    ];
    let missing: Vec<&&str> = wanted.iter().filter(|event| !seen.contains(event)).collect();
    assert!(missing.is_empty(), "{missing:?} not in {seen:?}");
    let read =
        entries.iter().find(|e| e["event"] == "token.read" && e["app"].is_string()).expect("the app's read");
    assert_eq!(read["account"], id.as_str());
    assert!(!log.to_string().contains(&key));
    stage.home.run(&["log", "verify"]).expect_code(0);
    for pair in entries.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["prev"], "each entry holds the hash of the one before");
    }
}

#[test]
fn o54_a_reconnect_keeps_label_and_apps() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let owner = stage.owner();
    stage.home.run(&["rename", &id, "work"]).expect_code(0);
    let key = approved_key(&owner, "Poster", "work");
    stage.play(&json!({"revoke": "alice"}));
    stage.refresh(&id);
    expect_problem(409, "reconnect_required", &read(&stage.owner(), &key, "work"));
    let again = stage.connect("alice");
    assert_eq!(
        (&again["id"], &again["label"]),
        (&json!(id), &json!("work")),
        "o61: the same account, not a second"
    );
    expect(200, &read(&stage.owner(), &key, "work"));
}
