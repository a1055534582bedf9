//! The practice provider beside an agent, as a window starts it: found, never twice, and gone with the agent.

use bowline_tests::program::put_script;
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Door, Request};
use serde_json::{Value, json};

use crate::stage::{begin, connect, delete, expect, expect_problem, get, post, practice, quick_home, text};

fn issuer(view: &Value) -> String {
    text(&view["issuer"])
}

fn is_gone(issuer: &str) -> bool {
    let host = issuer.trim_start_matches("http://");
    std::net::TcpStream::connect(host).is_err()
}

#[test]
fn the_practice_provider_starts_with_a_call_runs_once_and_ends_with_the_agent() {
    let home = quick_home();
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let view = expect(200, &post(&owner, "/v1/practice", &json!({"access_ttl": "30s"})));
    assert_eq!((&view["id"], &view["name"]), (&json!("practice"), &json!("Practice")), "{view}");
    let account = connect(&owner, "practice", &["--user", "alice"]);
    let token = expect(200, &get(&owner, &format!("/v1/accounts/{}/token", text(&account["id"]))));
    assert!(token["expires_in"].as_u64().is_some_and(|left| left <= 30), "{token}");
    let again = expect(200, &post(&owner, "/v1/practice", &Value::Null));
    assert_eq!(issuer(&again), issuer(&view));
    assert!(expect(200, &Request::get("/_practice").send(&Door::at(&issuer(&view)))).is_object());
    agent.stop();
    assert!(is_gone(&issuer(&view)));
    assert!(!home.path().join("run/practice.toml").exists());
}

#[test]
fn the_practice_provider_ends_with_an_agent_that_is_killed() {
    let home = quick_home();
    let agent = Agent::start(&home);
    let view = expect(200, &post(&agent.socket(), "/v1/practice", &Value::Null));
    agent.kill();
    until("its end", PATIENCE, || is_gone(&issuer(&view)).then_some(()));
}

#[test]
fn a_practice_provider_that_a_person_started_is_used_and_left_running() {
    let home = quick_home();
    let theirs = practice(&home, &[]);
    let agent = Agent::start(&home);
    let view = expect(200, &post(&agent.socket(), "/v1/practice", &json!({})));
    assert_eq!(issuer(&view), theirs.issuer);
    agent.stop();
    assert!(!is_gone(&theirs.issuer));
    let agent = Agent::start(&home);
    let stale = home.path().join("run/practice.toml");
    let text = std::fs::read_to_string(&stale).expect("theirs describes itself");
    theirs.stop();
    std::fs::write(&stale, text).expect("the home is writable");
    let view = expect(200, &post(&agent.socket(), "/v1/practice", &json!({})));
    assert!(!is_gone(&issuer(&view)), "a file that outlived its provider is none");
    for wrong in ["soon", ""] {
        expect_problem(
            400,
            "invalid_request",
            &post(&agent.socket(), "/v1/practice", &json!({"access_ttl": wrong})),
        );
    }
}

#[test]
fn p7_an_attempts_page_opens_again_and_no_more_when_it_is_over() {
    let home = quick_home().with("BROWSER", "true");
    let agent = Agent::start(&home);
    let owner = agent.socket();
    expect(200, &post(&owner, "/v1/practice", &Value::Null));
    let (attempt, _) = begin(&owner, "practice");
    let path = format!("/v1/connect/{attempt}/open");
    assert_eq!(expect(200, &post(&owner, &path, &Value::Null)), json!({"browser_opened": true}));
    expect(200, &delete(&owner, &format!("/v1/connect/{attempt}")));
    expect_problem(404, "request_not_found", &post(&owner, &path, &Value::Null));
}

#[test]
fn p7_a_providers_page_is_opened_by_its_name_and_no_other_address_is() {
    let opened = tempfile::tempdir().expect("a folder");
    let (script, list) = (opened.path().join("browser"), opened.path().join("list"));
    put_script(&format!("printf '%s\\n' \"$1\" >>'{}'", list.display()), &script);
    let home = quick_home().with("BROWSER", &script.to_string_lossy());
    let agent = Agent::start(&home);
    let ask = |body: &str| Request::new("POST", "/v1/pages").json(body).send(&agent.socket());
    let answer = ask(r#"{"page":"console","id":"github"}"#);
    assert_eq!((answer.status, answer.json()["browser_opened"].clone()), (200, json!(true)));
    let seen = || std::fs::read_to_string(&list).ok().filter(|text| text.ends_with('\n'));
    let page = until("the page", PATIENCE, seen);
    assert!(page.starts_with("https://github.com/settings/"), "{page}");
    for (wrong, status) in [
        (r#"{"page":"https://evil.example","id":"github"}"#, 400),
        (r#"{"page":"console","id":"nobody"}"#, 404),
        (r#"{"page":"dashboard","id":"acc_none"}"#, 404),
    ] {
        assert_eq!(ask(wrong).status, status, "{wrong}");
    }
    assert_eq!(std::fs::read_to_string(&list).expect("the list").lines().count(), 1);
}
