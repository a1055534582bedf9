//! The whole story against providers from other hands, oidc-provider and Django OAuth Toolkit: connect, read, run
//! out, renew with rotation, revoked there, reconnected, disconnected.

use std::process::Stdio;
use std::time::Duration;

use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Django, Door, Home, OidcProvider, Ran, Request, Running};
use serde_json::{Value, json};

use crate::stage::{
    Stage, account, begin_with, connect, delete, end_of, expect, expect_problem, get, post, quick_home, text,
    until_status,
};
use bowline_tests::home::browse;

/// How long their access tokens live in the story: two seconds more than Bowline calls about to end.
const LIFE: &str = "7";

fn file(id: &str, issuer: &str, client: &str, auth: &str) -> String {
    format!(
        "id = \"{id}\"\nname = \"Acme\"\nissuer = \"{issuer}\"\n\
         scopes = [\"openid\", \"offline_access\", \"profile\", \"email\"]\n\
         [client]\nid = \"{client}\"\nauth = \"{auth}\"\n\
         [identity]\nusername = \"/email\"\n\
         [authorize_params]\nprompt = \"consent\"\n"
    )
}

fn token(owner: &Door, id: &str) -> Value {
    expect(200, &get(owner, &format!("/v1/accounts/{id}/token")))
}

/// True where the provider's userinfo takes the token.
fn is_accepted(issuer: &str, userinfo: &str, token: &str) -> bool {
    let path = format!("/{}", issuer.splitn(4, '/').nth(3).unwrap_or_default());
    let path = format!("{}/{userinfo}", path.trim_end_matches('/'));
    Request::get(&path).key(token).send(&Door::at(issuer)).status == 200
}

/// The first read after the end brings a new token that the provider takes.
fn renewed_once_over(owner: &Door, id: &str, first: &str) -> String {
    let second = until("another token", Duration::from_secs(12), || {
        let now = text(&token(owner, id)["access_token"]);
        (now != first).then_some(now)
    });
    let health = account(owner, id);
    assert_eq!(
        (&health["status"], &health["last_refresh"]["outcome"]),
        (&json!("healthy"), &json!("ok")),
        "{health}"
    );
    second
}

fn revoked_there(home: &Home, owner: &Door, id: &str) {
    let answer = post(owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null);
    let problem = expect_problem(409, "reconnect_required", &answer);
    assert_eq!(problem["action"], "reconnect");
    // oidc-provider and Django say no more than invalid_grant; by the contract both words are the user's move
    let seen = account(owner, id);
    assert_eq!(seen["status"], "needs_reconnect", "{seen}");
    assert_eq!(seen["reason"], "revoked", "{seen}");
    expect_problem(409, "reconnect_required", &get(owner, &format!("/v1/accounts/{id}/token")));
    let printed = home.run(&["token", id]).expect_code(4);
    assert_eq!(printed.stdout, "");
}

fn reconnected(owner: &Door, id: &str, person: &[&str]) {
    let body = json!({"provider": "", "account": id, "flow": "browser", "open_browser": false});
    let (attempt, url) = begin_with(owner, &body);
    browse(person, &url);
    let end = end_of(owner, &attempt);
    assert_eq!((&end["state"], &end["account"]["id"]), (&json!("connected"), &json!(id)), "{end}");
    let seen = until_status(owner, id, "healthy", None);
    assert!(seen["reconnected_at"].is_string());
}

#[test]
fn o54_e12_e14_the_whole_story_at_oidc_provider() {
    let provider = OidcProvider::start(&["--access-ttl", LIFE, "--rotate", "always"]);
    let home = quick_home();
    home.provider("acme", &file("acme", provider.issuer(), "native-app", "none"));
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let account = connect(&owner, "acme", &["--user", "alice"]);
    assert_eq!(
        (&account["subject"], &account["username"]),
        (&json!("alice"), &json!("alice@example.test")),
        "{account}"
    );
    assert_eq!(account["scopes"]["missing"], json!([]));
    let id = text(&account["id"]);
    let first = text(&token(&owner, &id)["access_token"]);
    assert!(is_accepted(provider.issuer(), "me", &first));
    let second = renewed_once_over(&owner, &id, &first);
    assert!(is_accepted(provider.issuer(), "me", &second));
    let third = renewed_once_over(&owner, &id, &second);
    assert!(is_accepted(provider.issuer(), "me", &third), "rotation went on");
    provider.control("revoke", r#"{"sub":"alice"}"#);
    revoked_there(&home, &owner, &id);
    reconnected(&owner, &id, &["--user", "alice"]);
    let last = text(&token(&owner, &id)["access_token"]);
    assert!(is_accepted(provider.issuer(), "me", &last));
    let gone = expect(200, &delete(&owner, &format!("/v1/accounts/{id}")));
    assert_eq!(gone, json!({"revoked_at_provider": true}));
    assert!(!is_accepted(provider.issuer(), "me", &last), "the provider was told");
    assert!(provider.log().iter().any(|entry| entry["route"] == "token/revocation"), "{:?}", provider.log());
    expect_problem(404, "account_not_found", &get(&owner, &format!("/v1/accounts/{id}")));
}

#[test]
fn o54_e12_e14_the_whole_story_at_django_oauth_toolkit() {
    let provider = Django::start(&["--access-ttl", LIFE, "--reuse-protection"]);
    let home = quick_home();
    home.provider("acme", &file("acme", provider.issuer(), "native-app", "none"));
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let account = connect(&owner, "acme", &["--user", "alice"]);
    let id = text(&account["id"]);
    let first = text(&token(&owner, &id)["access_token"]);
    assert!(is_accepted(provider.issuer(), "userinfo/", &first));
    let second = renewed_once_over(&owner, &id, &first);
    let third = renewed_once_over(&owner, &id, &second);
    assert!(is_accepted(provider.issuer(), "userinfo/", &third));
    assert_eq!(get(&Door::at(provider.issuer()), "/test/revoke/alice").status, 200);
    revoked_there(&home, &owner, &id);
    reconnected(&owner, &id, &["--user", "alice"]);
    let last = text(&token(&owner, &id)["access_token"]);
    let gone = expect(200, &delete(&owner, &format!("/v1/accounts/{id}")));
    assert_eq!(gone, json!({"revoked_at_provider": true}));
    assert!(!is_accepted(provider.issuer(), "userinfo/", &last), "the provider was told");
}

#[test]
fn o01_an_issuers_address_alone_is_enough_where_it_registers_clients() {
    let provider = OidcProvider::start(&[]);
    let home = quick_home();
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let account = connect(&owner, provider.issuer(), &["--user", "bob"]);
    assert_eq!((&account["subject"], &account["status"]), (&json!("bob"), &json!("healthy")), "{account}");
    let id = text(&account["id"]);
    let first = text(&token(&owner, &id)["access_token"]);
    assert!(is_accepted(provider.issuer(), "me", &first));
    expect(200, &post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null));
    assert_ne!(text(&token(&owner, &id)["access_token"]), first);
    // the registration outlives the agent, and no second one is made
    agent.stop();
    let agent = Agent::start(&home);
    expect(200, &post(&agent.socket(), &format!("/v1/accounts/{id}/refresh"), &Value::Null));
    let registrations = provider.log().iter().filter(|entry| entry["route"] == "reg").count();
    assert!(registrations <= 1, "{registrations}");
}

#[test]
fn o12_clients_with_a_secret_work_in_the_header_and_in_the_body() {
    let provider = OidcProvider::start(&[]);
    let home = quick_home();
    for (id, client, auth) in
        [("basic", "basic-app", "client_secret_basic"), ("posted", "post-app", "client_secret_post")]
    {
        home.provider(id, &file(id, provider.issuer(), client, auth));
    }
    let agent = Agent::start(&home);
    let owner = agent.socket();
    for id in ["basic", "posted"] {
        let body = json!({"provider": id, "flow": "browser", "open_browser": false});
        let problem = expect_problem(409, "provider_misconfigured", &post(&owner, "/v1/connect", &body));
        assert!(text(&problem["detail"]).contains("set-secret"), "{problem}");
        home.run(&["connect", id, "--no-browser"]).expect_code(10);
        let stored = with_input(&home, &["providers", "set-secret", id], provider.secret());
        assert_eq!(stored.code, 0, "{stored:?}");
        let account = connect(&owner, id, &["--user", "alice"]);
        expect(200, &post(&owner, &format!("/v1/accounts/{}/refresh", text(&account["id"])), &Value::Null));
    }
    let clients: Vec<Value> =
        provider.log().iter().filter(|e| e["grant_type"] == "refresh_token").cloned().collect();
    assert_eq!(clients.len(), 2, "{clients:?}");
    let shown = home.run(&["providers", "show", "basic", "--json"]).expect_code(0);
    assert_eq!(shown.json()["client"]["secret"], true);
    assert!(!shown.stdout.contains(provider.secret()));
}

#[test]
fn e09_a_wrong_secret_is_a_fault_of_the_setting_and_mended_without_a_restart() {
    let provider = OidcProvider::start(&[]);
    let home = quick_home();
    home.provider("basic", &file("basic", provider.issuer(), "basic-app", "client_secret_basic"));
    let agent = Agent::start(&home);
    let owner = agent.socket();
    assert_eq!(with_input(&home, &["providers", "set-secret", "basic"], "not the secret at all").code, 0);
    let body = json!({"provider": "basic", "flow": "browser", "open_browser": false});
    let (attempt, url) = begin_with(&owner, &body);
    browse(&[], &url);
    let end = end_of(&owner, &attempt);
    assert_eq!((&end["state"], &end["error"]["code"]), (&json!("failed"), &json!("invalid_client")), "{end}");
    assert_eq!(end["error"]["action"], "fix_provider");
    assert_eq!(with_input(&home, &["providers", "set-secret", "basic"], provider.secret()).code, 0);
    connect(&owner, "basic", &[]);
}

#[test]
fn o55_another_persons_sign_in_never_takes_an_accounts_place() {
    let provider = OidcProvider::start(&[]);
    let home = quick_home();
    home.provider("acme", &file("acme", provider.issuer(), "native-app", "none"));
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let id = text(&connect(&owner, "acme", &["--user", "alice"])["id"]);
    let before = text(&token(&owner, &id)["access_token"]);
    let body = json!({"provider": "", "account": id, "flow": "browser", "open_browser": false});
    let (attempt, url) = begin_with(&owner, &body);
    browse(&["--user", "bob"], &url);
    let end = end_of(&owner, &attempt);
    assert_eq!(
        (&end["state"], &end["error"]["code"]),
        (&json!("failed"), &json!("account_mismatch")),
        "{end}"
    );
    assert_eq!(text(&token(&owner, &id)["access_token"]), before, "the old tokens are kept");
    let all = expect(200, &get(&owner, "/v1/accounts"));
    assert_eq!(all["accounts"].as_array().expect("a list").len(), 1);
}

#[test]
fn o33_a_busy_provider_of_other_hands_is_waited_for() {
    let provider = OidcProvider::start(&[]);
    let home = quick_home();
    home.provider("acme", &file("acme", provider.issuer(), "native-app", "none"));
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let id = text(&connect(&owner, "acme", &[])["id"]);
    provider.control("fail", r#"{"route":"token","status":503,"times":2}"#);
    expect(200, &post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null));
    assert_eq!(account(&owner, &id)["last_refresh"]["attempts"], 3);
    provider.control("fail", r#"{"route":"token","hang":true,"times":1}"#);
    expect(200, &post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null));
    until_status(&owner, &id, "healthy", None);
}

/// Runs a command with this on its standard input.
pub(crate) fn with_input(home: &Home, arguments: &[&str], input: &str) -> Ran {
    let file = home.path().join(format!("input-{}", arguments.join("-").replace('/', "-")));
    std::fs::write(&file, input).expect("the home is writable");
    let opened = std::fs::File::open(&file).expect("it is there");
    let mut running = Running::start("bowline", home.command(arguments).stdin(Stdio::from(opened)));
    let code = bowline_tests::program::code_of(running.wait(PATIENCE));
    Ran { code, stdout: running.stdout_so_far(), stderr: running.stderr_so_far() }
}

#[test]
fn a_file_under_the_practice_providers_id_makes_no_second_entry_while_it_runs() {
    let stage = Stage::new(&[]);
    stage.home.provider("own", "id = \"practice\"\nissuer = \"https://id.example\"\n");
    let listed = || {
        let all = expect(200, &get(&stage.owner(), "/v1/providers"))["providers"].clone();
        let named = all.as_array().into_iter().flatten().filter(|p| p["id"] == "practice");
        named.map(|p| text(&p["issuer"])).collect::<Vec<_>>()
    };
    until("the file is read", PATIENCE, || {
        let problems = stage.home.run(&["providers", "--json"]).expect_code(0).json()["problems"].clone();
        problems.as_array().is_none_or(Vec::is_empty).then_some(())
    });
    assert_eq!(
        listed(),
        std::slice::from_ref(&stage.practice.issuer),
        "the running one goes before the file"
    );
}
