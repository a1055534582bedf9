use serde_json::{Value, json};

use crate::fake::{Fake, account, ok};

const APPROVE: &str = "POST /v1/apps/requests/req_1/approve";

fn question(change: Value) -> Value {
    let mut question = json!({"request": "req_1", "state": "waiting", "account": null, "app": null,
        "because": "read your mail", "created_at": "2026-11-20T10:59:00Z", "expires_at": "2026-11-20T11:01:00Z",
        "kind": "access", "name": "mutt", "code": "KELP-42", "wants": [{"provider": "google"}]});
    for (key, value) in change.as_object().unwrap() {
        question[key] = value.clone();
    }
    question
}

fn with(question: Value, accounts: &[Value]) -> Fake {
    Fake::with([
        ("GET /v1/requests", ok(json!({"requests": [question]}))),
        ("GET /v1/accounts", ok(json!({"accounts": accounts}))),
        (APPROVE, ok(json!({"request": "req_1", "state": "approved", "app": "app_1"}))),
        ("POST /v1/apps/requests/req_1/deny", ok(json!({"request": "req_1", "state": "denied"}))),
        (
            "POST /v1/requests/req_1/answer",
            ok(json!({"request": "req_1", "state": "done", "account": "acc_1",
            "app": null, "because": null, "created_at": "x", "expires_at": "x"})),
        ),
        (
            "GET /v1/apps",
            ok(json!({"apps": [{"id": "app_1", "name": "mutt", "created_at": "2026-11-01T00:00:00Z",
            "last_read_at": "2026-11-20T10:58:00Z", "grants": [{"account": "acc_1", "scopes": null, "expires_at": null}]}]})),
        ),
        ("DELETE /v1/apps/app_1", ok(json!({"app": "app_1", "revoked": true}))),
    ])
}

fn sent(fake: &Fake, route: &str) -> Option<Value> {
    fake.asked()
        .iter()
        .find_map(|a| a.strip_prefix(route).map(|b| serde_json::from_str(b.trim()).unwrap_or(Value::Null)))
}

#[test]
fn the_apps_are_listed_with_what_each_may_read_and_when_it_did() {
    let fake = with(question(json!({})), &[account(json!({}))]);
    assert_eq!(fake.run("bowline apps").stdout, "mutt\tapp_1\twork\t2 minutes ago\n");
    assert_eq!(fake.run("bowline apps list --json").json()["apps"][0]["id"], "app_1");
}

#[test]
fn the_open_questions_say_who_what_why_and_the_code() {
    let ran = with(question(json!({})), &[]).run("bowline apps requests");
    assert_eq!(ran.stdout, "req_1\tmutt\tread any google account: read your mail\tKELP-42\tin 1 minute\n");
    let wish = question(
        json!({"kind": "reconnect", "wants": null, "name": null, "code": null, "account": "acc_1", "app": "app_1"}),
    );
    let ran = with(wish, &[]).run("bowline apps requests");
    assert_eq!(ran.stdout, "req_1\tapp_1\treconnect acc_1: read your mail\t-\tin 1 minute\n");
}

#[test]
fn approving_grants_what_was_asked_where_it_is_plain_and_shows_the_code() {
    let fake = with(
        question(json!({})),
        &[account(json!({})), account(json!({"id": "acc_2", "provider": "github"}))],
    );
    let ran = fake.run("bowline apps approve req_1");
    assert!(ran.status == 0 && ran.stderr.contains("KELP-42"), "{ran:?}");
    assert_eq!(sent(&fake, APPROVE), Some(json!({"accounts": ["acc_1"]})));
}

#[test]
fn approving_asks_which_where_several_fit_and_says_how_to_connect_where_none_does() {
    let two = [account(json!({})), account(json!({"id": "acc_2", "label": "home"}))];
    let fake = with(question(json!({})), &two);
    let ran = fake.run("bowline apps approve req_1");
    assert!(ran.status == 3 && ran.stderr.contains("--account work or --account home"), "{ran:?}");
    assert_eq!(sent(&fake, APPROVE), None);
    fake.run("bowline apps approve req_1 --account home");
    assert_eq!(sent(&fake, APPROVE), Some(json!({"accounts": ["home"]})));
    let ran = with(question(json!({})), &[]).run("bowline apps approve req_1");
    assert!(ran.status == 3 && ran.stderr.contains("→ bowline connect google"), "{ran:?}");
}

#[test]
fn an_app_that_named_an_account_gets_that_one() {
    let fake = with(question(json!({"wants": [{"account": "work"}]})), &[]);
    assert_eq!(fake.run("bowline apps approve req_1 --json").json()["state"], "approved");
    assert_eq!(sent(&fake, APPROVE), Some(json!({"accounts": ["work"]})));
}

#[test]
fn denying_tells_the_app_no() {
    let fake = with(question(json!({})), &[]);
    let ran = fake.run("bowline apps deny req_1");
    assert!(ran.status == 0 && ran.stderr.contains("mutt was told no."), "{ran:?}");
    assert!(sent(&fake, "POST /v1/apps/requests/req_1/deny").is_some());
}

#[test]
fn any_other_question_is_answered_as_such() {
    for (verb, answer) in [("approve", "allow"), ("deny", "deny")] {
        let fake = with(question(json!({"kind": "reconnect", "wants": null})), &[]);
        assert_eq!(fake.run(&format!("bowline apps {verb} req_1")).status, 0);
        assert_eq!(sent(&fake, "POST /v1/requests/req_1/answer"), Some(json!({"answer": answer})));
    }
}

#[test]
fn o05_a_program_is_shown_by_its_path_and_answered_for_as_long_as_was_said() {
    let asks = json!({"kind": "program", "wants": null, "name": "reader", "program": "/opt/reader",
        "parent": "/usr/bin/bash", "account": "acc_1", "code": null});
    let fake = with(question(asks.clone()), &[account(json!({}))]);
    let ran = fake.run("bowline apps requests");
    assert!(
        ran.stdout.contains("/opt/reader") && ran.stdout.contains("read work, started by /usr/bin/bash"),
        "{ran:?}"
    );
    for (typed, body) in [
        ("approve req_1", json!({"answer": "allow"})),
        ("approve req_1 --for 1h", json!({"answer": "allow", "for": "1h"})),
        ("approve req_1 --for revoked", json!({"answer": "allow", "for": "revoked"})),
        ("deny req_1", json!({"answer": "deny"})),
        ("deny req_1 --block", json!({"answer": "block"})),
    ] {
        let fake = with(question(asks.clone()), &[account(json!({}))]);
        let ran = fake.run(&format!("bowline apps {typed}"));
        assert_eq!(ran.status, 0, "{ran:?}");
        assert_eq!(ran.stderr.contains("this once"), typed == "approve req_1", "{ran:?}");
        assert_eq!(sent(&fake, "POST /v1/requests/req_1/answer"), Some(body));
    }
}

#[test]
fn an_unknown_question_or_app_is_told_with_where_to_look() {
    let fake = with(question(json!({})), &[]);
    let ran = fake.run("bowline apps approve req_9");
    assert!(ran.status == 3 && ran.stderr.contains("→ bowline apps requests"), "{ran:?}");
    let ran = fake.run("bowline apps revoke nobody");
    assert!(ran.status == 3 && ran.stderr.contains("→ bowline apps"), "{ran:?}");
}

#[test]
fn an_app_is_revoked_by_id_or_name() {
    for name in ["app_1", "mutt"] {
        let fake = with(question(json!({})), &[]);
        let ran = fake.run(&format!("bowline apps revoke {name}"));
        assert!(ran.status == 0 && ran.stderr.contains("does not work any more"), "{ran:?}");
        assert!(sent(&fake, "DELETE /v1/apps/app_1").is_some());
    }
}
