//! Setting a provider up over the local API, as a window does: its file, its secret, and then a sign-in with both.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bowline_tests::{Agent, OidcProvider};
use serde_json::json;

use crate::stage::{connect, expect, expect_problem, get, post, quick_home};

#[test]
fn r44_a_provider_that_was_set_up_over_the_api_connects_at_once() {
    let provider = OidcProvider::start(&[]);
    let home = quick_home();
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let wish = json!({"id": "acme", "name": "Acme", "issuer": provider.issuer(),
        "client": {"id": "basic-app"}, "secret": provider.secret()});
    let view = expect(200, &post(&owner, "/v1/providers", &wish));
    assert_eq!(
        (&view["id"], &view["name"], &view["issuer"]),
        (&json!("acme"), &json!("Acme"), &json!(provider.issuer()))
    );
    assert_eq!(view["client"], json!({"id": "basic-app", "auth": "client_secret_basic", "secret": true}));
    let file = home.config().join("providers/acme.toml");
    let text = fs::read_to_string(&file).expect("it is written");
    assert!(!text.contains(provider.secret()), "e02: {text}");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let account = connect(&owner, "acme", &["--user", "alice"]);
    assert_eq!(account["subject"], "alice");

    let changed = json!({"id": "acme", "client": {"id": "native-app", "auth": "none"}});
    let view = expect(200, &post(&owner, "/v1/providers", &changed));
    assert_eq!((&view["client"]["id"], &view["client"]["auth"]), (&json!("native-app"), &json!("none")));
    assert_eq!(connect(&owner, "acme", &["--user", "bob"])["subject"], "bob");
}

#[test]
fn r44_a_built_in_provider_gets_a_client_of_ones_own() {
    let home = quick_home();
    let agent = Agent::start(&home);
    let wish =
        json!({"id": "google", "client": {"id": "123-x.apps.googleusercontent.com"}, "secret": "GOCSPX-x"});
    let view = expect(200, &post(&agent.socket(), "/v1/providers", &wish));
    assert_eq!((&view["name"], &view["client"]["secret"]), (&json!("Google"), &json!(true)));
    let text = fs::read_to_string(home.config().join("providers/google.toml")).expect("it is written");
    assert_eq!(text.lines().filter(|line| line.contains('=')).count(), 2, "{text}");
    let all = expect(200, &get(&agent.socket(), "/v1/providers"));
    assert!(all.get("problems").is_none(), "{all}");
}

#[test]
fn e22_a_wrong_set_up_is_named_by_its_field_and_nothing_is_written() {
    let home = quick_home();
    let agent = Agent::start(&home);
    for (wish, field) in [
        (json!({"id": "acme", "client": {"id": "a b"}}), "client.id"),
        (json!({"id": "acme", "client": {"id": "x"}}), "issuer"),
        (
            json!({"id": "acme", "issuer": "https://a.example", "client": {"id": "x"}, "secret": "a\nb"}),
            "client secret",
        ),
        (json!({"id": "a/b", "issuer": "https://a.example", "client": {"id": "x"}}), "id"),
    ] {
        let refused = expect_problem(400, "invalid_request", &post(&agent.socket(), "/v1/providers", &wish));
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains(field)), "{refused}");
    }
    let left = fs::read_dir(home.config().join("providers")).map(Iterator::count).unwrap_or_default();
    assert_eq!(left, 0);
    expect(200, &post(&agent.socket(), "/v1/vault/lock", &json!(null)));
    let wish = json!({"id": "acme", "issuer": "https://a.example", "client": {"id": "x"}, "secret": "s"});
    expect_problem(423, "locked", &post(&agent.socket(), "/v1/providers", &wish));
    assert!(!home.config().join("providers/acme.toml").exists());
}
