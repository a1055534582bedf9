//! Connecting by a code, at our own practice provider and at two from other hands: by the API and by the command line.

use std::time::Duration;

use bowline_tests::home::browse;
use bowline_tests::program::code_of;
use bowline_tests::{Agent, Django, Door, OidcProvider, Running};
use serde_json::{Value, json};

use crate::stage::{Stage, end_of, expect, expect_problem, get, post, quick_home, text};

/// Longer than the five seconds that a provider asks for between two questions, twice.
const POLLED: Duration = Duration::from_secs(25);

fn begin(owner: &Door, provider: &str) -> Value {
    expect(200, &post(owner, "/v1/connect", &json!({"provider": provider, "flow": "device"})))
}

/// The person opens the page with the code in it, signs in and decides.
fn type_code(begun: &Value, person: &[&str]) {
    let page = text(&begun["device"]["verification_uri_complete"]);
    browse(person, &page);
}

fn file(issuer: &str, client: &str) -> String {
    format!(
        "id = \"acme\"\nname = \"Acme\"\nissuer = \"{issuer}\"\n\
         scopes = [\"openid\", \"offline_access\", \"profile\", \"email\"]\n\
         [client]\nid = \"{client}\"\nauth = \"none\"\n"
    )
}

#[test]
fn r8628_1_a_code_is_shown_and_typed_and_the_account_renews() {
    let stage = Stage::new(&[]);
    let listed = expect(200, &get(&stage.owner(), "/v1/providers"))["providers"].clone();
    let all = listed.as_array().cloned().unwrap_or_default();
    let practice = all.iter().find(|p| p["id"] == "practice").expect("it runs");
    assert_eq!(practice["flows"], json!(["browser", "device"]));
    let begun = begin(&stage.owner(), "practice");
    assert!(begun.get("authorize_url").is_none(), "{begun}");
    assert_eq!((&begun["browser_opened"], &begun["device"]["interval"]), (&json!(false), &json!(5)));
    assert!(
        begun["device"]["user_code"].is_string() && begun["device"]["verification_uri"].is_string(),
        "{begun}"
    );
    assert!(!begun.to_string().contains("prac_dev_"), "8628-4: {begun}");
    type_code(&begun, &["--user", "alice"]);
    let end = end_of(&stage.owner(), &text(&begun["attempt"]));
    assert_eq!((&end["state"], &end["account"]["status"]), (&json!("connected"), &json!("healthy")), "{end}");
    let id = text(&end["account"]["id"]);
    expect(200, &stage.refresh(&id));
    expect(200, &stage.token(&id));
}

#[test]
fn r8628_3_a_no_is_told_with_its_word() {
    let stage = Stage::new(&[]);
    let begun = begin(&stage.owner(), "practice");
    type_code(&begun, &["--user", "alice", "--refuse"]);
    let end = end_of(&stage.owner(), &text(&begun["attempt"]));
    assert_eq!((&end["state"], &end["error"]["code"]), (&json!("failed"), &json!("access_denied")), "{end}");
    let owner = stage.owner();
    expect_problem(
        400,
        "invalid_request",
        &post(&owner, "/v1/connect", &json!({"provider": "practice", "flow": "fax"})),
    );
    stage.home.provider(
        "plain",
        "id = \"plain\"\nauthorization_endpoint = \"https://plain.example/a\"\n\
        token_endpoint = \"https://plain.example/t\"\n[client]\nid = \"x\"\n",
    );
    let by_code = json!({"provider": "plain", "flow": "device"});
    let refused = bowline_tests::wait::until("the new provider", bowline_tests::wait::PATIENCE, || {
        let answer = post(&owner, "/v1/connect", &by_code);
        (answer.status != 404).then_some(answer)
    });
    expect_problem(400, "invalid_request", &refused);
}

#[test]
fn r8628_1_the_command_prints_address_and_code_and_streams_them_first() {
    let stage = Stage::new(&[]);
    let mut command = stage.home.command(&["connect", "practice", "--device", "--json"]);
    let mut connecting = Running::start("bowline connect", &mut command);
    let told = connecting.event("device");
    for key in ["user_code", "verification_uri", "verification_uri_complete", "interval", "expires_at"] {
        assert!(!told[key].is_null(), "{key}: {told}");
    }
    browse(&["--user", "alice"], &text(&told["verification_uri_complete"])).expect_code(0);
    let id = text(&connecting.event("connected")["account"]["id"]);
    assert_eq!(code_of(connecting.wait(POLLED)), 0);

    let mut command = stage.home.command(&["reconnect", &id, "--device"]);
    let mut again = Running::start("bowline reconnect", &mut command);
    let shown = bowline_tests::wait::until("the code", bowline_tests::wait::PATIENCE, || {
        let said = again.stderr_so_far();
        said.contains("because you started this").then_some(said)
    });
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    let page = lines.iter().find(|line| line.starts_with("http://")).expect("the address is shown");
    let code = lines.iter().find(|line| line.len() == 9 && line.contains('-')).expect("the code is shown");
    assert!(!page.contains(code), "they are shown apart");
    browse(&["--user", "alice"], &format!("{page}?user_code={code}")).expect_code(0);
    assert_eq!(code_of(again.wait(POLLED)), 0, "{}", again.stderr_so_far());
    assert_eq!(again.stdout_so_far(), "");
    assert!(stage.account(&id)["reconnected_at"].is_string());
}

#[test]
fn r8628_2_the_whole_way_at_oidc_provider_which_says_no_interval() {
    let provider = OidcProvider::start(&[]);
    let home = quick_home();
    home.provider("acme", &file(provider.issuer(), "device-app"));
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let begun = begin(&owner, "acme");
    assert_eq!(begun["device"]["interval"], 5, "8628-2");
    type_code(&begun, &["--user", "alice"]);
    let end = end_of(&owner, &text(&begun["attempt"]));
    assert_eq!((&end["state"], &end["account"]["subject"]), (&json!("connected"), &json!("alice")), "{end}");
    expect(200, &get(&owner, &format!("/v1/accounts/{}/token", text(&end["account"]["id"]))));
}

#[test]
fn r8628_1_the_whole_way_at_django_oauth_toolkit() {
    let provider = Django::start(&[]);
    let home = quick_home();
    let address =
        format!("device_authorization_endpoint = \"{}/device-authorization/\"\n", provider.issuer());
    home.provider("acme", &(address + &file(provider.issuer(), "device-app")));
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let flows = expect(200, &get(&owner, "/v1/providers"))["providers"][0]["flows"].clone();
    assert_eq!(flows, json!(["browser", "device"]));
    let begun = begin(&owner, "acme");
    type_code(&begun, &["--user", "alice"]);
    let end = end_of(&owner, &text(&begun["attempt"]));
    assert_eq!(end["state"], "connected", "{end}");
    let id = text(&end["account"]["id"]);
    expect(200, &get(&owner, &format!("/v1/accounts/{id}/token")));
    expect(200, &post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null));
}
