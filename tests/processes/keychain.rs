//! The master key in a real keychain: gnome-keyring in a private session, open, locked, absent, come back, and
//! holding another key. And that nothing on disk gives a token, a secret or a key away.

use std::time::Duration;

use bowline_tests::wait::until;
use bowline_tests::{Agent, Canary, Door, Home, Keyring, Session};
use serde_json::{Value, json};

use crate::providers::with_input;
use crate::stage::{QUICK, connect, expect, expect_problem, get, post, practice, text, until_status};

fn home_in(session: &Session) -> Home {
    let home = Home::in_session(session);
    home.settings(QUICK);
    home
}

fn vault(owner: &Door) -> Value {
    expect(200, &get(owner, "/v1/vault"))
}

fn token(owner: &Door) -> bowline_tests::Answer {
    get(owner, "/v1/accounts/practice/token")
}

/// What a locked vault looks like from everywhere.
fn assert_locked(home: &Home, owner: &Door, reason: &str) -> String {
    let health = expect(200, &get(owner, "/v1/health"));
    assert_eq!((&health["status"], &health["locked"]), (&json!("ok"), &json!(true)));
    let problem = expect_problem(423, "locked", &token(owner));
    assert_eq!(
        (problem["action"].as_str(), problem["reason"].as_str()),
        (Some("unlock"), Some(reason)),
        "{problem}"
    );
    until_status(owner, "practice", "locked", Some(reason));
    let ran = home.run(&["token", "practice"]).expect_code(7);
    assert_eq!(ran.stdout, "");
    home.run(&["status", "practice"]).expect_code(7);
    assert_eq!(vault(owner)["locked"], true);
    text(&problem["detail"])
}

#[test]
fn o50_a_key_in_an_open_keychain_is_found_again_after_a_restart() {
    let session = Session::open(Keyring::Unlocked);
    let home = home_in(&session);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &[]);
    let seen = vault(&agent.socket());
    assert_eq!((&seen["locked"], &seen["keystore"]), (&json!(false), &json!("keychain")), "{seen}");
    let before = text(&token(&agent.socket()).json()["access_token"]);
    assert_eq!(agent.stop().code(), Some(0));
    let agent = Agent::start(&home);
    assert_eq!(text(&token(&agent.socket()).json()["access_token"]), before);
    home.run(&["vault", "status"]).expect_code(0);
    drop(provider);
}

#[test]
fn o50_a_new_key_takes_the_old_ones_place_in_the_keychain_and_opens_the_vault_after_a_restart() {
    let session = Session::open(Keyring::Unlocked);
    let home = home_in(&session);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &[]);
    let before = session.secret("dev.bowline.Bowline");
    for version in 2..4 {
        let seen = home.run(&["vault", "rekey", "--json"]).expect_code(0).json();
        assert_eq!(seen["key_version"], version, "{seen}");
    }
    assert_ne!(session.secret("dev.bowline.Bowline"), before);
    agent.stop();
    let agent = Agent::start(&home);
    expect(200, &token(&agent.socket()));
    drop(provider);
}

#[test]
fn o64_a_locked_keychain_locks_the_accounts_and_unlocking_needs_no_restart() {
    let session = Session::open(Keyring::Unlocked);
    let home = home_in(&session);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &[]);
    agent.stop();
    session.keyring("lock");
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let said = assert_locked(&home, &owner, "keychain_locked");
    assert!(said.contains("unlock"), "{said}");
    expect_problem(
        423,
        "locked",
        &post(&owner, "/v1/connect", &json!({"provider": "practice", "flow": "browser"})),
    );
    home.run(&["vault", "unlock"]).expect_code(7);
    session.keyring("unlock");
    home.run(&["vault", "unlock"]).expect_code(0);
    until_status(&owner, "practice", "healthy", None);
    expect(200, &token(&owner));
    drop(provider);
}

#[test]
fn o40_without_a_keychain_both_ways_out_are_named_and_nothing_is_written_in_the_clear() {
    let session = Session::open(Keyring::None);
    let home = home_in(&session);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let begun = post(
        &owner,
        "/v1/connect",
        &json!({"provider": "practice", "flow": "browser", "open_browser": false}),
    );
    let problem = expect_problem(423, "locked", &begun);
    assert_eq!(problem["reason"], "keychain_missing", "{problem}");
    let ran = home.run(&["connect", "practice", "--no-browser"]).expect_code(7);
    for way in ["keychain", "BOWLINE_KEYSTORE=passphrase"] {
        assert!(
            ran.stderr.contains(way) && text(&problem["detail"]).contains(way),
            "{way}: {ran:?} {problem}"
        );
    }
    assert_eq!(vault(&owner)["locked"], true);
    let words = std::fs::read_dir(home.data()).expect("the data folder").flatten().map(|e| e.file_name());
    let words: Vec<String> = words.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(words.iter().all(|name| !name.contains("key")), "no key file of any kind: {words:?}");
    // it comes: without a restart
    session.keyring("start");
    home.run(&["vault", "unlock"]).expect_code(0);
    let account = connect(&owner, "practice", &[]);
    assert_eq!(account["status"], "healthy");
    drop(provider);
}

#[test]
fn o50_a_keychain_that_goes_and_comes_back_is_found_again_without_a_restart() {
    let session = Session::open(Keyring::Unlocked);
    let home = home_in(&session);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &[]);
    agent.stop();
    session.keyring("stop");
    let agent = Agent::start(&home);
    let said = assert_locked(&home, &agent.socket(), "keychain_missing");
    assert!(said.contains("keychain"), "{said}");
    session.keyring("start");
    home.run(&["vault", "unlock"]).expect_code(0);
    until_status(&agent.socket(), "practice", "healthy", None);
    expect(200, &token(&agent.socket()));
    drop(provider);
}

#[test]
fn o44_another_key_in_the_keychain_is_told_as_such() {
    let session = Session::open(Keyring::Unlocked);
    let home = home_in(&session);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &[]);
    agent.stop();
    // another profile's key takes the place of this one's
    let other = home_in(&session);
    Agent::start(&other).stop();
    other.run(&["vault", "status"]).expect_code(0);
    let (theirs, ours) = (other.data().join("profile"), home.data().join("profile"));
    let before = std::fs::read(&ours).expect("the profile's id");
    std::fs::copy(theirs, &ours).expect("the home is writable");
    let agent = Agent::start(&home);
    let said = assert_locked(&home, &agent.socket(), "key_changed");
    assert!(said.contains("another key") || said.contains("other key"), "{said}");
    // the right one again, and nothing was lost
    agent.stop();
    std::fs::write(&ours, before).expect("the home is writable");
    let agent = Agent::start(&home);
    expect(200, &token(&agent.socket()));
    drop(provider);
}

#[test]
fn o40_o41_no_token_secret_or_key_lies_on_the_disk_in_any_form() {
    let home = Home::new();
    home.settings(QUICK);
    let provider = practice(&home, &["--rotate"]);
    let agent = Agent::start(&home);
    let owner = agent.socket();
    connect(&owner, "practice", &[]);
    let mut secrets = vec![text(&token(&owner).json()["access_token"])];
    expect(200, &post(&owner, "/v1/accounts/practice/refresh", &Value::Null));
    secrets.push(text(&token(&owner).json()["access_token"]));
    let file = "id = \"acme\"\nname = \"Acme\"\nissuer = \"https://id.acme.example\"\n\
        [client]\nid = \"x\"\nauth = \"client_secret_basic\"\n";
    home.provider("acme", file);
    let client_secret = "the-client-secret-of-acme-0123456789";
    assert_eq!(with_input(&home, &["providers", "set-secret", "acme"], client_secret).code, 0);
    secrets.push(client_secret.to_owned());
    let key = crate::local_apps::approved_key(&owner, "canary app", "practice");
    expect(
        200,
        &bowline_tests::Request::get("/v1/accounts/practice/token").key(&key).send(&agent.loopback()),
    );
    secrets.push(key);
    // a denied and a failed attempt leave their lines in the log, too
    crate::stage::play(&provider.door(), &json!({"fail": "token=status:500"}));
    post(&owner, "/v1/accounts/practice/refresh", &Value::Null);
    crate::stage::play(&provider.door(), &json!({"fail": "error-shape:markup"}));
    post(&owner, "/v1/accounts/practice/refresh", &Value::Null);
    secrets.push(bowline_tests::home::PASSPHRASE.to_owned());
    let scan = |when: &str| {
        for secret in &secrets {
            let run = home.path().join("run");
            let found: Vec<_> = [home.data(), home.path().join("logs"), run]
                .iter()
                .flat_map(|place| Canary::new(secret).search(place))
                .filter(|found| !found.file.ends_with("owner.key"))
                .collect();
            assert!(found.is_empty(), "{when}: {found:?}");
        }
    };
    scan("while it runs");
    let words = agent.words();
    assert!(secrets.iter().all(|secret| !words.contains(secret.as_str())));
    let told: String = ["accounts", "log", "providers", "apps", "vault"]
        .iter()
        .map(|verb| home.run(&[verb, "--json"]).expect_code(0).stdout)
        .collect();
    assert!(secrets.iter().all(|secret| !told.contains(secret.as_str())), "no verb but token prints one");
    // the provider's own view of the refresh tokens: none of them may be found either
    assert_eq!(agent.stop().code(), Some(0));
    scan("after its end");
    let started = std::fs::read_to_string(home.path().join("logs/agent.log")).expect("a log");
    assert!(started.contains("refresh") || started.contains("renew"), "e35: the failures are in the log");
}

#[test]
fn o40_the_key_itself_is_in_the_keychain_and_nowhere_else() {
    let session = Session::open(Keyring::Unlocked);
    let home = home_in(&session);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &[]);
    let key = session.secret("dev.bowline.Bowline");
    assert_eq!(key.len(), 64, "256 bits in hexadecimal");
    let bytes: Vec<u8> =
        (0..32).filter_map(|n| u8::from_str_radix(&key[2 * n..2 * n + 2], 16).ok()).collect();
    let holds_bytes = |place: &std::path::Path| {
        let files = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
        files
            .filter(|file| std::fs::read(file).is_ok_and(|text| text.windows(32).any(|w| w == bytes)))
            .count()
    };
    for when in ["while it runs", "after its end"] {
        for place in ["data", "logs", "run", "config"] {
            let place = home.path().join(place);
            assert_eq!(Canary::new(&key).search(&place), [], "{when}");
            assert_eq!(holds_bytes(&place), 0, "{when}: {place:?}");
        }
        if when == "while it runs" {
            home.run(&["stop"]).expect_code(0);
        }
    }
    drop((agent, provider));
}

#[test]
fn r24_no_command_line_and_no_environment_of_the_agent_holds_a_token() {
    let stage = crate::stage::Stage::new(&[]);
    stage.connect("alice");
    let canary = Canary::new(&text(&stage.token("practice").json()["access_token"]));
    for file in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("/proc/{}/{file}", stage.agent.pid())).unwrap_or_default();
        assert_eq!(canary.find(&bytes), None, "{file}");
    }
    let mut sleeping = bowline_tests::Running::start(
        "exec",
        &mut stage.home.command(&["exec", "practice", "--", "sleep", "30"]),
    );
    let pid = sleeping.pid();
    until("the command", Duration::from_secs(5), || {
        std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok().filter(|line| line.starts_with("sleep"))
    });
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).expect("it runs");
    assert_eq!(canary.find(&bytes), None, "r24");
    assert!(sleeping.is_alive());
}

#[test]
fn o44_a_vault_says_that_its_cipher_works() {
    let session = Session::open(Keyring::Unlocked);
    let home = home_in(&session);
    let status = home.run(&["vault", "status", "--json"]).expect_code(0).json();
    assert_eq!((&status["locked"], &status["keystore"]), (&json!(false), &json!("keychain")), "{status}");
    assert!(status["key_version"].as_u64().is_some(), "{status}");
}
