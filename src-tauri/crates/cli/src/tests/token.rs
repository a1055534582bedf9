use std::time::{Duration, Instant};

use bowline_wire::Code;
use serde_json::json;

use crate::fake::{Fake, Reply, ok, refused, token};

const TOKEN: &str = "GET /v1/accounts/work/token";
const EVENTS: &str = "GET /v1/events";

fn silent() -> Vec<Reply> {
    vec![Reply::Events(String::new())]
}

#[test]
fn token_prints_the_token_and_a_newline_and_nothing_else() {
    let ran = Fake::with([(TOKEN, ok(token("ya29.x")))]).run("bowline token work");
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, "ya29.x\n", ""));
}

#[test]
fn the_header_is_spelled_as_the_provider_wants_it() {
    let run = |header: &str, scheme: &str| {
        let mut answer = token("t");
        answer["use"]["header"] = json!(header);
        answer["use"]["scheme"] = json!(scheme);
        Fake::with([(TOKEN, ok(answer))]).run("bowline token work --header").stdout
    };
    assert_eq!(run("Authorization", "Bearer"), "Authorization: Bearer t\n");
    assert_eq!(run("X-Shop-Token", ""), "X-Shop-Token: t\n");
}

#[test]
fn the_least_lifetime_and_the_scopes_are_asked_for() {
    let fake = Fake::with([(TOKEN, ok(token("t")))]);
    fake.run("bowline token work --min-ttl 5m --scope https://a/b --scope c");
    fake.run("bowline token work");
    assert_eq!(
        fake.asked(),
        [format!("{TOKEN}?min_ttl=300&scope=https%3A%2F%2Fa%2Fb&scope=c"), TOKEN.to_owned()]
    );
}

#[test]
fn with_json_the_whole_answer_is_one_document() {
    let ran = Fake::with([(TOKEN, ok(token("t")))]).run("bowline token work --json");
    assert_eq!(ran.json(), token("t"));
}

#[test]
fn e53_without_a_token_stdout_is_empty_and_the_exit_says_why() {
    for (code, exit) in [
        (Code::AccountNotFound, 3),
        (Code::AmbiguousAccount, 3),
        (Code::ReconnectRequired, 4),
        (Code::InsufficientScope, 4),
        (Code::TemporarilyUnavailable, 5),
        (Code::RateLimited, 5),
        (Code::ApprovalRequired, 6),
        (Code::Locked, 7),
        (Code::ProviderMisconfigured, 10),
        (Code::StorageError, 1),
    ] {
        let fake = Fake::with([(TOKEN, vec![refused(code, |_| ())])]);
        let ran = fake.run("bowline token work");
        assert_eq!((ran.status, ran.stdout.as_str()), (exit, ""), "{code:?}");
        assert!(
            ran.stderr.starts_with(&format!("bowline: What {} means here.\n→ ", code.as_str())),
            "{}",
            ran.stderr
        );
        let ran = fake.run("bowline token work --json");
        assert_eq!((ran.status, ran.json()["code"].as_str()), (exit, Some(code.as_str())));
        assert!(ran.json()["fix"].is_string());
    }
}

#[test]
fn waiting_ends_as_soon_as_the_agent_tells_of_a_change() {
    let told = "event: account.status\ndata: {\"account\":\"acc_1\"}\n\n".to_owned();
    for code in [Code::ReconnectRequired, Code::Locked, Code::TemporarilyUnavailable] {
        let fake = Fake::with([
            (TOKEN, vec![refused(code, |_| ()), Reply::Json(200, token("t"))]),
            (EVENTS, vec![Reply::Events(told.clone())]),
        ]);
        let began = Instant::now();
        let ran = fake.run("bowline token work --wait 60s");
        assert_eq!((ran.status, ran.stdout.as_str()), (0, "t\n"), "{ran:?}");
        assert!(ran.stderr.contains("Waiting."), "{}", ran.stderr);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn waiting_ends_with_the_reason_when_the_time_is_up() {
    let fake = Fake::with([(TOKEN, vec![refused(Code::TemporarilyUnavailable, |_| ())]), (EVENTS, silent())]);
    let ran = fake.run("bowline token work --wait 300ms");
    assert_eq!((ran.status, ran.stdout.as_str()), (5, ""));
    let tries = fake.asked().iter().filter(|a| a.starts_with(TOKEN)).count();
    assert!(tries <= 3, "{tries} tries in 300 ms");
}

#[test]
fn waiting_does_not_wait_for_what_no_time_mends() {
    let fake = Fake::with([(TOKEN, vec![refused(Code::AccountNotFound, |_| ())]), (EVENTS, silent())]);
    let began = Instant::now();
    assert_eq!(fake.run("bowline token work --wait 60s").status, 3);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn waiting_tries_again_after_the_time_the_agent_named() {
    let busy = refused(Code::TemporarilyUnavailable, |p| p["retry_after_s"] = json!(0));
    let fake = Fake::with([(TOKEN, vec![busy, Reply::Json(200, token("t"))]), (EVENTS, silent())]);
    let ran = fake.run("bowline token work --wait 20s");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "t\n"));
}
