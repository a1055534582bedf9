use bowline_wire::Code;
use serde_json::json;

use crate::fake::{Fake, Reply, account, ok, refused};

fn with(accounts: &[serde_json::Value]) -> Fake {
    Fake::with([("GET /v1/accounts", ok(json!({"accounts": accounts})))])
}

fn one(status: &str, name: &str) -> serde_json::Value {
    let action = bowline_base::Status::parse(status).and_then(|s| s.action()).map(|a| a.as_str());
    account(
        json!({"id": format!("acc_{name}"), "label": name, "status": status, "action": action, "message": "So it is."}),
    )
}

#[test]
fn e20_without_any_account_it_says_how_to_begin_and_exits_well() {
    let ran = with(&[]).run("bowline accounts");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("No accounts yet") && ran.stderr.contains("→ bowline connect PROVIDER"));
    assert_eq!(with(&[]).run("bowline accounts --json").json(), json!({"accounts": []}));
}

#[test]
fn r67_accounts_are_listed_by_urgency_needs_you_soon_waiting_fine() {
    let mixed = [
        "healthy",
        "paused",
        "degraded",
        "unavailable",
        "expiring",
        "insufficient_permissions",
        "needs_reconnect",
        "misconfigured",
        "locked",
    ];
    let accounts: Vec<_> = mixed.iter().map(|s| one(s, s)).collect();
    let ran = with(&accounts).run("bowline accounts --json");
    let order: Vec<&str> = ran.json()["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["status"].as_str().unwrap().to_owned())
        .map(|s| mixed.iter().find(|m| **m == s).copied().unwrap())
        .collect();
    assert_eq!(
        order,
        [
            "locked",
            "misconfigured",
            "needs_reconnect",
            "insufficient_permissions",
            "expiring",
            "unavailable",
            "degraded",
            "paused",
            "healthy"
        ]
    );
}

#[test]
fn a_row_has_the_cause_and_one_verb_and_a_script_gets_tabs() {
    let ran = with(&[one("needs_reconnect", "work"), one("healthy", "home")]).run("bowline accounts");
    assert_eq!(
        ran.stdout,
        "work\tgoogle\tneeds_reconnect\tSo it is. → bowline reconnect work\nhome\tgoogle\thealthy\tSo it is.\n"
    );
}

#[test]
fn a_person_gets_a_table_in_plain_words() {
    let mut fake = with(&[one("needs_reconnect", "work"), one("healthy", "home")]);
    fake.shape = |world| world.out.terminal = true;
    let ran = fake.run("bowline accounts");
    assert_eq!(ran.stdout.lines().next().unwrap(), "ACCOUNT  PROVIDER  STATUS");
    assert!(
        ran.stdout.contains("work     google    Needs you  So it is. → bowline reconnect work"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains('\u{1b}'));
}

#[test]
fn r62_status_exits_as_token_would() {
    let (alive, dead) = ("2026-11-20T12:00:00Z", "2026-11-20T10:00:00Z");
    for (status, living, ended) in [
        ("healthy", 0, 0),
        ("expiring", 0, 0),
        ("degraded", 0, 0),
        ("unavailable", 5, 5),
        ("insufficient_permissions", 0, 4),
        ("needs_reconnect", 4, 4),
        ("misconfigured", 0, 10),
        ("locked", 7, 7),
        ("paused", 6, 6),
    ] {
        for (end, exit) in [(alive, living), (dead, ended)] {
            let mut view = one(status, "work");
            view["access_expires_at"] = json!(end);
            let fake = Fake::with([("GET /v1/accounts/work", ok(view))]);
            assert_eq!(fake.run("bowline status work").status, exit, "{status} {end}");
            let ran = fake.run("bowline status work --json");
            assert_eq!((ran.status, ran.json()["status"].as_str()), (exit, Some(status)));
        }
    }
}

#[test]
fn o04_status_tells_what_is_wrong_since_when_and_what_to_do() {
    let view = account(json!({
        "status": "needs_reconnect", "reason": "revoked", "action": "reconnect", "message": "Google ended access.",
        "scopes": {"requested": [], "granted": [], "missing": ["mail"]},
        "last_refresh": {"at": "2026-11-20T10:00:00Z", "outcome": "failed", "code": "revoked", "http_status": 400,
            "provider_error": "invalid_grant", "provider_description": "Token has been revoked.", "attempts": 1}
    }));
    let ran = Fake::with([("GET /v1/accounts/work", ok(view))]).run("bowline status work");
    for line in [
        "status\tneeds_reconnect",
        "reason\trevoked",
        "token ends\tin 1 hour",
        "not granted\tmail",
        "provider said\tToken has been revoked.",
        "do\tbowline reconnect work",
    ] {
        assert!(ran.stdout.lines().any(|l| l == line), "{line}: {}", ran.stdout);
    }
}

#[test]
fn r51_status_of_all_exits_as_the_one_that_needs_you_most() {
    let ran = with(&[one("healthy", "home"), one("unavailable", "mail"), one("needs_reconnect", "work")])
        .run("bowline status");
    assert_eq!(ran.status, 4);
    assert_eq!(with(&[one("healthy", "home")]).run("bowline status").status, 0);
    assert_eq!(with(&[]).run("bowline status").status, 0);
}

#[test]
fn rename_pause_and_resume_send_only_what_changes() {
    for (line, body) in [
        ("bowline rename work home", json!({"label": "home"})),
        ("bowline pause work", json!({"paused": true})),
        ("bowline resume work", json!({"paused": false})),
    ] {
        let fake = Fake::with([("PATCH /v1/accounts/work", ok(account(json!({}))))]);
        let ran = fake.run(line);
        assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{line}");
        assert_eq!(fake.asked(), [format!("PATCH /v1/accounts/work {body}")]);
        assert_eq!(fake.run(&format!("{line} --json")).json()["id"], "acc_1");
    }
}

#[test]
fn e32_a_label_that_is_refused_is_a_usage_error() {
    let fake =
        Fake::with([("PATCH /v1/accounts/work", vec![refused(bowline_wire::Code::InvalidRequest, |_| ())])]);
    let ran = fake.run("bowline rename work x");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
}

#[test]
fn refresh_tells_when_the_new_token_ends() {
    let fake = Fake::with([("POST /v1/accounts/work/refresh", ok(account(json!({}))))]);
    let ran = fake.run("bowline refresh work");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("ends in 1 hour"), "{}", ran.stderr);
}

#[test]
fn disconnect_asks_and_takes_only_a_yes() {
    let routes = || {
        Fake::with([
            ("GET /v1/accounts/work", ok(account(json!({})))),
            ("DELETE /v1/accounts/work", ok(json!({"revoked_at_provider": true}))),
        ])
    };
    for (answer, status, sent) in
        [("y\n", 0, true), ("yes\n", 0, true), ("n\n", 6, false), ("\n", 6, false), ("", 6, false)]
    {
        let mut fake = routes();
        fake.input = answer;
        fake.shape = |world| world.input_terminal = true;
        let ran = fake.run("bowline disconnect work");
        assert_eq!(ran.status, status, "{answer:?} {ran:?}");
        assert!(ran.stderr.contains("Disconnect work at google?"));
        assert_eq!(fake.asked().iter().any(|a| a.starts_with("DELETE")), sent, "{answer:?}");
    }
}

#[test]
fn disconnect_is_refused_where_nobody_can_be_asked() {
    let fake = Fake::with([("DELETE /v1/accounts/work", ok(json!({"revoked_at_provider": true})))]);
    let ran = fake.run("bowline disconnect work");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("→ bowline disconnect work --yes"));
    assert!(fake.asked().is_empty());
}

#[test]
fn disconnect_says_when_the_provider_did_not_confirm() {
    let fake = Fake::with([("DELETE /v1/accounts/work", ok(json!({"revoked_at_provider": false})))]);
    let ran = fake.run("bowline disconnect work --yes");
    assert!(ran.status == 0 && ran.stderr.contains("did not confirm"), "{ran:?}");
    let ran = fake.run("bowline disconnect work --yes --local-only --json");
    assert_eq!(ran.json(), json!({"revoked_at_provider": false}));
    assert_eq!(fake.asked()[1], "DELETE /v1/accounts/work?local_only=true");
}

#[test]
fn a_name_from_outside_cannot_steer_the_terminal() {
    let evil = account(json!({"label": "a\u{1b}[2J\u{202e}b", "message": "x\ny\u{7}"}));
    let ran = with(&[evil]).run("bowline accounts");
    assert_eq!(ran.stdout, "a[2Jb\tgoogle\thealthy\txy\n");
}

#[test]
fn an_ambiguous_account_is_answered_with_names_that_are_not() {
    let routes = [
        (
            "GET /v1/accounts/google/token",
            vec![refused(bowline_wire::Code::AmbiguousAccount, |p| {
                p["candidates"] = json!(["acc_a", "acc_b", "acc_c"])
            })],
        ),
        (
            "GET /v1/accounts",
            ok(json!({"accounts": [
                account(json!({"id": "acc_a"})),
                account(json!({"id": "acc_b", "label": null, "username": "bob@example.com"})),
                account(json!({"id": "acc_c", "label": null, "username": null})),
            ]})),
        ),
    ];
    let ran = Fake::with(routes).run("bowline token google");
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("→ name one of: work, google:bob@example.com, acc_c"), "{}", ran.stderr);
}

#[test]
fn a_selector_with_any_character_reaches_the_agent_whole() {
    let fake = Fake::with([("GET /v1/accounts/a%2Fb%20c%3F", vec![Reply::Json(200, account(json!({})))])]);
    let ran = fake.run_args(vec!["bowline".into(), "status".into(), "a/b c?".into()]);
    assert_eq!(ran.status, 0);
}

#[test]
fn an_account_of_a_provider_that_is_set_up_wrongly_leads_to_that_provider() {
    let fake = Fake::with([
        (
            "GET /v1/accounts/work/token",
            vec![refused(Code::ProviderMisconfigured, |body| body["account"] = json!("acc_1"))],
        ),
        ("GET /v1/accounts/acc_1", ok(account(json!({"id": "acc_1", "provider": "acme"})))),
    ]);
    let ran = fake.run("bowline token work");
    assert!(ran.stderr.contains("→ bowline providers show acme"), "{ran:?}");
}
