use bowline_wire::Code;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::fake::{Fake, Ran, Reply, account, ok, refused};

const CONNECT: &str = "POST /v1/connect";
const ATTEMPT: &str = "GET /v1/connect/att_1";
const CANCEL: &str = "DELETE /v1/connect/att_1";

fn started() -> Vec<Reply> {
    ok(
        json!({"attempt": "att_1", "authorize_url": "https://id.example/auth?state=s", "expires_at": "2026-11-20T11:10:00Z"}),
    )
}

fn state(state: &str) -> Value {
    json!({"attempt": "att_1", "state": state})
}

fn connected() -> Value {
    json!({"attempt": "att_1", "state": "connected", "account": account(json!({}))})
}

fn failed(code: &str) -> Value {
    json!({"attempt": "att_1", "state": "failed", "error": {"code": code, "detail": "So it failed.", "action": null}})
}

fn attempt(replies: Vec<Reply>) -> Fake {
    Fake::with([
        (CONNECT, started()),
        (ATTEMPT, replies),
        (
            CANCEL,
            ok(json!({"attempt": "att_1", "state": "cancelled",
            "error": {"code": "cancelled", "detail": "Called off.", "action": null}})),
        ),
        ("PATCH /v1/accounts/acc_1", ok(account(json!({"label": "mail"})))),
        ("GET /v1/accounts/work", ok(account(json!({})))),
    ])
}

fn body_of(fake: &Fake) -> Value {
    let asked = fake.asked();
    let sent = asked.iter().find_map(|a| a.strip_prefix("POST /v1/connect ")).unwrap();
    serde_json::from_str(sent).unwrap()
}

#[test]
fn connecting_tells_its_progress_on_stderr_and_nothing_on_stdout() {
    let fake = attempt(vec![
        Reply::Json(200, state("waiting")),
        Reply::Json(200, state("exchanging")),
        Reply::Json(200, connected()),
    ]);
    let ran = fake.run("bowline connect google");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("Finish signing in to google in your browser"), "{}", ran.stderr);
    assert!(ran.stderr.contains("work is connected."), "{}", ran.stderr);
    assert_eq!(body_of(&fake), json!({"provider": "google", "flow": "browser", "open_browser": true}));
}

#[test]
fn without_a_browser_the_address_is_the_data() {
    let fake = attempt(vec![Reply::Json(200, connected())]);
    let ran = fake.run("bowline connect google --no-browser --scope a --scope b --login-hint ana");
    assert_eq!(ran.stdout, "https://id.example/auth?state=s\n");
    assert!(ran.stderr.contains("No browser is opened"), "{}", ran.stderr);
    assert_eq!(
        body_of(&fake),
        json!({"provider": "google", "flow": "browser", "open_browser": false, "scopes": ["a", "b"], "login_hint": "ana"})
    );
}

#[test]
fn a_browser_that_could_not_be_opened_is_told() {
    let mut answer = json!({"attempt": "att_1", "authorize_url": "https://id.example/auth", "expires_at": "x", "browser_opened": false});
    let fake = Fake::with([(CONNECT, ok(answer.take())), (ATTEMPT, ok(connected()))]);
    let ran = fake.run("bowline connect google");
    assert!(
        ran.stderr.contains("could not be opened") && ran.stderr.contains("https://id.example/auth"),
        "{}",
        ran.stderr
    );
}

#[test]
fn with_json_the_events_are_those_of_the_contract() {
    let ran = attempt(vec![Reply::Json(200, connected())]).run("bowline connect google --no-browser --json");
    assert_eq!(
        ran.objects(),
        [
            json!({"event": "authorize", "url": "https://id.example/auth?state=s"}),
            json!({"event": "connected", "account": account(json!({}))}),
        ]
    );
    let ran = attempt(vec![Reply::Json(200, failed("invalid_grant"))]).run("bowline connect google --json");
    assert_eq!(ran.objects().len(), 2);
    assert_eq!(
        (ran.status, &ran.objects()[1]["event"], &ran.objects()[1]["error"]["code"]),
        (9, &json!("failed"), &json!("invalid_grant"))
    );
}

#[test]
fn r8628_5_by_code_the_address_and_the_code_are_shown_apart_and_no_browser_is_asked_for() {
    let device = json!({"attempt": "att_1", "expires_at": "2026-11-20T11:10:00Z", "browser_opened": false,
        "device": {"user_code": "WDJB\u{1b}-MJHT", "verification_uri": "https://id.example/activate",
            "verification_uri_complete": "https://id.example/activate?c=WDJB-MJHT", "interval": 5}});
    let fake = || Fake::with([(CONNECT, ok(device.clone())), (ATTEMPT, ok(connected()))]);
    let by_code = fake();
    let ran = by_code.run("bowline connect google --device");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    assert!(
        ran.stderr.contains("  https://id.example/activate\n") && ran.stderr.contains("  WDJB-MJHT\n"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("only because you started this here"), "{ran:?}");
    assert_eq!(body_of(&by_code), json!({"provider": "google", "flow": "device", "open_browser": false}));
    let told = fake().run("bowline connect google --device --no-browser --json").objects();
    assert_eq!((&told[0]["event"], &told[1]["event"]), (&json!("device"), &json!("connected")));
    assert_eq!(told[0]["verification_uri"], "https://id.example/activate");
}

#[test]
fn a_label_is_given_once_connected_and_its_refusal_does_not_hide_the_account() {
    let fake = attempt(vec![Reply::Json(200, connected())]);
    let ran = fake.run("bowline connect google --label mail");
    assert!(ran.status == 0 && ran.stderr.contains("mail is connected."), "{ran:?}");
    let fake = Fake::with([
        (CONNECT, started()),
        (ATTEMPT, ok(connected())),
        ("PATCH /v1/accounts/acc_1", vec![refused(Code::InvalidRequest, |_| ())]),
    ]);
    let ran = fake.run("bowline connect google --label x");
    assert!(ran.status == 2 && ran.stderr.contains("work is connected."), "{ran:?}");
}

#[test]
fn a_label_that_cannot_be_given_is_refused_before_anybody_signs_in() {
    let fake = Fake::with([(CONNECT, vec![refused(Code::InvalidRequest, |_| ())])]);
    let ran = fake.run("bowline connect google --label taken");
    assert_eq!(ran.status, 2, "{ran:?}");
    assert_eq!(fake.asked().len(), 1, "{:?}", fake.asked());
    assert!(fake.asked()[0].contains("\"label\":\"taken\""), "{:?}", fake.asked());
}

#[test]
fn e07_e11_every_end_but_connected_exits_9_with_a_way_on() {
    let check = |replies: Value, words: &str| {
        let ran: Ran = attempt(vec![Reply::Json(200, replies)]).run("bowline connect google");
        assert_eq!((ran.status, ran.stdout.as_str()), (9, ""), "{ran:?}");
        assert!(
            ran.stderr.contains(words) && ran.stderr.contains("→ bowline connect google"),
            "{}",
            ran.stderr
        );
    };
    for code in [
        "access_denied",
        "invalid_grant",
        "state_expired",
        "missing_scope",
        "provider_unreachable",
        "port_in_use",
    ] {
        check(failed(code), "bowline: So it failed.");
    }
    check(state("cancelled"), "was cancelled");
    check(state("expired"), "wasn't finished in time");
}

#[test]
fn e09_a_wrong_client_is_the_providers_setup_not_another_try() {
    let mut view = failed("invalid_client");
    view["error"]["action"] = json!("fix_provider");
    let ran = attempt(vec![Reply::Json(200, view)]).run("bowline connect acme");
    assert!(ran.status == 9 && ran.stderr.contains("→ bowline providers show acme"), "{ran:?}");
}

#[test]
fn e16_e17_what_is_wrong_before_the_attempt_has_its_own_exit() {
    let fake = Fake::with([(
        CONNECT,
        vec![refused(Code::ProviderNotFound, |p| p["candidates"] = json!(["google"]))],
    )]);
    let ran = fake.run("bowline connect gogle");
    assert!(ran.status == 3 && ran.stderr.contains("google"), "{ran:?}");
    let fake = Fake::with([(CONNECT, vec![refused(Code::ProviderMisconfigured, |_| ())])]);
    assert_eq!(fake.run("bowline connect acme").status, 10);
}

#[test]
fn o52_the_time_limit_withdraws_the_attempt() {
    let fake = attempt(vec![Reply::Json(200, state("waiting"))]);
    let ran = fake.run("bowline connect google --timeout 50ms");
    assert_eq!(ran.status, 9);
    assert!(ran.stderr.contains("wasn't finished within 0 seconds. Nothing was changed."), "{}", ran.stderr);
    assert!(fake.asked().iter().any(|a| a == CANCEL));
    let ran = fake.run("bowline connect google --timeout 50ms --json");
    assert_eq!(ran.objects()[1]["error"]["code"], "timed_out");
}

#[test]
fn o56_a_time_limit_is_told_to_the_agent_so_that_it_waits_as_long() {
    let fake = attempt(vec![Reply::Json(200, connected())]);
    let ran = fake.run("bowline connect google --timeout 8m");
    assert_eq!((ran.status, &body_of(&fake)["timeout_s"]), (0, &json!(480)));
    let fake = attempt(vec![Reply::Json(200, connected())]);
    fake.run("bowline connect google");
    assert_eq!(body_of(&fake)["timeout_s"], Value::Null, "else the setting counts");
}

#[test]
fn o52_an_attempt_that_is_being_finished_when_the_time_is_up_is_told_as_it_ends() {
    let exchanging = vec![Reply::Json(200, state("exchanging"))];
    let fake = Fake::with([
        (CONNECT, started()),
        (ATTEMPT, vec![Reply::Json(200, state("waiting")), Reply::Json(200, connected())]),
        (CANCEL, exchanging),
    ]);
    let ran = fake.run("bowline connect google --timeout 50ms");
    assert!(ran.status == 0 && ran.stderr.contains("work is connected."), "{ran:?}");
    assert!(!ran.stderr.contains("Nothing was changed"), "{}", ran.stderr);
}

#[test]
fn ctrl_c_withdraws_the_attempt_and_exits_9() {
    let mut fake = attempt(vec![Reply::Json(200, state("waiting")), Reply::Json(200, state("cancelled"))]);
    fake.shape = |world| world.watch = |_, mut then| then(Signal::SIGINT);
    let ran = fake.run("bowline connect google");
    assert!(ran.status == 9 && ran.stderr.contains("cancelled"), "{ran:?}");
    assert!(fake.asked().iter().any(|a| a == CANCEL));
}

#[test]
fn e19_an_attempt_lost_by_a_restart_is_told_as_that() {
    let fake = attempt(vec![refused(Code::RequestNotFound, |_| ())]);
    let ran = fake.run("bowline connect google");
    assert!(ran.status == 9 && ran.stderr.contains("Bowline was restarted"), "{ran:?}");
}

#[test]
fn reconnect_names_the_account_and_its_provider() {
    let fake = attempt(vec![Reply::Json(200, connected())]);
    let ran = fake.run("bowline reconnect work --scope mail");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(
        body_of(&fake),
        json!({"provider": "google", "flow": "browser", "account": "acc_1", "scopes": ["mail"], "open_browser": true})
    );
    let mut other = failed("account_mismatch");
    other["error"]["action"] = json!("reconnect");
    let ran = attempt(vec![Reply::Json(200, other)]).run("bowline reconnect work");
    assert!(ran.status == 9 && ran.stderr.contains("→ bowline reconnect work"), "{ran:?}");
}
