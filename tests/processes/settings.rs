//! Settings changed over the local API: checked, written with their comments, in force at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Home};
use serde_json::json;

use crate::stage::{expect, expect_problem, get, patch, quick_home, text};

const FILE: &str = "# by hand\n[refresh] # soon\nmargin = \"2m\" # two\n\n[ipc]\nport = 0\n";

fn written(home: &Home) -> String {
    fs::read_to_string(home.config().join("settings.toml")).expect("there is a settings file")
}

#[test]
fn e20_a_change_is_in_force_at_once_in_the_file_with_its_comments_and_after_a_restart() {
    let home = quick_home();
    home.settings(FILE);
    let agent = Agent::start(&home);
    let change = json!({"refresh": {"margin": "3m"}, "notifications": {"enabled": false}});
    let after = expect(200, &patch(&agent.socket(), "/v1/settings", &change));
    assert_eq!(
        (&after["refresh"]["margin"], &after["notifications"]["enabled"]),
        (&json!("3m"), &json!(false))
    );
    assert!(after.get("problems").is_none() && after.get("restart_needed").is_none(), "{after}");
    assert_eq!(expect(200, &get(&agent.socket(), "/v1/settings")), after);
    assert_eq!(written(&home), FILE.replace("\"2m\"", "\"3m\"") + "\n[notifications]\nenabled = false\n");
    let file = home.config().join("settings.toml");
    let mode = fs::metadata(&file).expect("the file is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    agent.stop();
    let agent = Agent::start(&home);
    assert_eq!(expect(200, &get(&agent.socket(), "/v1/settings")), after);
    let back =
        expect(200, &patch(&agent.socket(), "/v1/settings", &json!({"notifications": {"enabled": null}})));
    assert_eq!(back["notifications"]["enabled"], true);
}

#[test]
fn o31_a_change_of_the_settings_is_recorded_with_whoever_made_it() {
    let home = quick_home();
    home.settings(FILE);
    let agent = Agent::start(&home);
    expect(200, &patch(&agent.socket(), "/v1/settings", &json!({"refresh": {"margin": "3m"}})));
    let actors = || {
        let all = expect(200, &get(&agent.socket(), "/v1/audit"))["entries"].clone();
        let all = all.as_array().expect("a list").iter().filter(|entry| entry["event"] == "settings.changed");
        let mut actors: Vec<_> = all.map(|entry| text(&entry["actor"]).to_owned()).collect();
        actors.sort();
        actors
    };
    until("the change to be recorded", PATIENCE, || (actors() == ["owner"]).then_some(()));
    home.settings("[refresh]\nmargin = \"4m\"\n");
    until("the edit to be recorded", PATIENCE, || (actors().len() > 1).then_some(()));
    assert_eq!(actors(), ["bowline", "owner"]);
}

#[test]
fn e22_a_change_that_the_file_would_not_be_read_with_is_refused_and_nothing_is_written() {
    let home = quick_home();
    home.settings(FILE);
    let agent = Agent::start(&home);
    let before = expect(200, &get(&agent.socket(), "/v1/settings"));
    for (change, field) in [
        (json!({"refresh": {"margin": "1m"}, "ipc": {"port": "high"}}), "ipc.port"),
        (json!({"ipc": {"ports": 1}}), "ipc.ports"),
        (json!({"nothing": {"at": "all"}}), "nothing"),
        (json!({"refresh": "5m"}), "refresh"),
    ] {
        let refused =
            expect_problem(400, "invalid_request", &patch(&agent.socket(), "/v1/settings", &change));
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains(field)), "{refused}");
    }
    assert_eq!(written(&home), FILE);
    assert_eq!(expect(200, &get(&agent.socket(), "/v1/settings")), before);
}

#[test]
fn what_waits_for_the_next_start_is_named_until_then() {
    let home = quick_home();
    let agent = Agent::start(&home);
    let change = json!({"ipc": {"http": false}, "vault": {"keystore": "passphrase"}});
    let after = expect(200, &patch(&agent.socket(), "/v1/settings", &change));
    assert_eq!(after["restart_needed"], json!(["ipc.http", "vault.keystore"]));
    agent.stop();
    let agent = Agent::start(&home);
    assert!(agent.ready["http"].is_null());
    assert!(expect(200, &get(&agent.socket(), "/v1/settings")).get("restart_needed").is_none());
}

#[test]
fn p6_who_turns_the_question_on_cannot_turn_it_off_by_a_program() {
    let home = quick_home();
    let agent = Agent::start(&home);
    let on = json!({"ipc": {"owner": "confirm"}});
    assert_eq!(expect(200, &patch(&agent.socket(), "/v1/settings", &on))["ipc"]["owner"], "confirm");
    let off = json!({"ipc": {"owner": "any"}});
    expect_problem(403, "forbidden", &patch(&agent.socket(), "/v1/settings", &off));
}

#[test]
fn a_settings_file_that_is_a_link_stays_one() {
    let home = quick_home();
    let (link, kept) = (home.config().join("settings.toml"), home.path().join("dotfiles.toml"));
    fs::rename(&link, &kept).expect("the home is writable");
    std::os::unix::fs::symlink(&kept, &link).expect("the home is writable");
    let agent = Agent::start(&home);
    expect(200, &patch(&agent.socket(), "/v1/settings", &json!({"audit": {"keep": "30d"}})));
    assert!(fs::symlink_metadata(&link).is_ok_and(|about| about.is_symlink()));
    assert!(fs::read_to_string(&kept).is_ok_and(|text| text.contains("keep = \"30d\"")));
}
