use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::fake::{Fake, ok, refused};

const UNLOCK: &str = "POST /v1/vault/unlock";
const REKEY: &str = "POST /v1/vault/rekey";

fn vault(locked: bool, keystore: &str) -> Value {
    json!({"locked": locked, "keystore": keystore, "key_version": 1, "reason": null, "message": "So it is."})
}

fn with(locked: bool, keystore: &str) -> Fake {
    Fake::with([
        ("GET /v1/vault", ok(vault(locked, keystore))),
        (UNLOCK, ok(vault(false, keystore))),
        ("POST /v1/vault/lock", ok(vault(true, keystore))),
        (REKEY, ok(vault(false, keystore))),
    ])
}

fn write(file: &Path, text: &str, mode: u32) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
}

fn sent(fake: &Fake, route: &str) -> Option<Value> {
    fake.asked().iter().find_map(|a| a.strip_prefix(route).and_then(|b| serde_json::from_str(b).ok()))
}

#[test]
fn the_vaults_state_is_a_sentence_or_a_document() {
    let fake = with(false, "keychain");
    assert_eq!(fake.run("bowline vault").stdout, "So it is.\n");
    assert_eq!(fake.run("bowline vault status --json").json(), vault(false, "keychain"));
    assert_eq!(fake.run("bowline vault lock").status, 0);
}

#[test]
fn unlocking_asks_for_a_passphrase_only_where_there_is_one() {
    let fake = with(true, "keychain");
    assert_eq!(fake.run("bowline vault unlock").status, 0);
    assert_eq!(sent(&fake, UNLOCK), Some(json!({})));
    let mut fake = with(true, "passphrase");
    fake.input = "open sesame\n";
    assert_eq!(fake.run("bowline vault unlock").status, 0);
    assert_eq!(sent(&fake, UNLOCK), Some(json!({"passphrase": "open sesame"})));
    let fake = with(false, "passphrase");
    assert_eq!(fake.run("bowline vault unlock").status, 0);
    assert_eq!(sent(&fake, UNLOCK), None);
}

#[test]
fn the_passphrase_file_is_read_before_anybody_is_asked() {
    let mut fake = with(true, "passphrase");
    fake.shape = |world| {
        let file = world.paths.run.join("pass");
        write(&file, "open sesame\n", 0o600);
        world.passphrase_file = Some(file);
    };
    assert_eq!(fake.run("bowline vault unlock").status, 0);
    assert_eq!(sent(&fake, UNLOCK), Some(json!({"passphrase": "open sesame"})));
}

#[test]
fn a_passphrase_file_that_was_written_on_windows_holds_the_same_passphrase() {
    let mut fake = with(true, "passphrase");
    fake.shape = |world| {
        let file = world.paths.run.join("pass");
        write(&file, "open sesame\r\n", 0o600);
        world.passphrase_file = Some(file);
    };
    assert_eq!(fake.run("bowline vault unlock").status, 0);
    assert_eq!(sent(&fake, UNLOCK), Some(json!({"passphrase": "open sesame"})));
}

#[test]
fn a_passphrase_file_that_others_can_read_or_that_holds_none_is_refused() {
    let mut fake = with(true, "passphrase");
    fake.shape = |world| {
        let file = world.paths.run.join("pass");
        write(&file, "canary\n", 0o640);
        world.passphrase_file = Some(file);
    };
    let ran = fake.run("bowline vault unlock");
    assert!(
        ran.status == 7 && ran.stderr.contains("→ chmod 600 ") && !ran.stderr.contains("canary"),
        "{ran:?}"
    );
    fake.shape = |world| {
        let file = world.paths.run.join("pass");
        write(&file, "a\nb\n", 0o600);
        world.passphrase_file = Some(file);
    };
    assert_eq!(fake.run("bowline vault unlock").status, 7);
    fake.shape = |world| world.passphrase_file = Some("/nowhere/pass".into());
    let ran = fake.run("bowline vault unlock");
    assert!(ran.status == 7 && ran.stderr.contains("/nowhere/pass"), "{ran:?}");
}

#[test]
fn a_wrong_passphrase_exits_7_and_is_not_repeated() {
    let mut fake = Fake::with([
        ("GET /v1/vault", ok(vault(true, "passphrase"))),
        (UNLOCK, vec![refused(bowline_wire::Code::Locked, |_| ())]),
    ]);
    fake.input = "canary\n";
    let ran = fake.run("bowline vault unlock");
    assert_eq!(ran.status, 7);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary"));
}

#[test]
fn a_new_passphrase_is_typed_twice() {
    let mut fake = with(false, "passphrase");
    fake.shape = |world| {
        world.input_terminal = true;
        world.hidden = |prompt| Ok(if prompt.starts_with("New") { "one".into() } else { "two".into() });
    };
    let ran = fake.run("bowline vault rekey");
    assert!(ran.status == 2 && ran.stderr.contains("differ"), "{ran:?}");
    assert_eq!(sent(&fake, REKEY), None);
    fake.shape = |world| {
        world.input_terminal = true;
        world.hidden = |_| Ok("one".into());
    };
    assert_eq!(fake.run("bowline vault rekey").status, 0);
    assert_eq!(sent(&fake, REKEY), Some(json!({"passphrase": "one"})));
}

#[test]
fn a_new_key_may_go_to_the_other_keeper() {
    let mut fake = with(false, "keychain");
    fake.input = "open sesame\n";
    assert_eq!(fake.run("bowline vault rekey --keystore passphrase").status, 0);
    assert_eq!(sent(&fake, REKEY), Some(json!({"keystore": "passphrase", "passphrase": "open sesame"})));
    let fake = with(false, "passphrase");
    assert_eq!(fake.run("bowline vault rekey --keystore keychain").status, 0);
    assert_eq!(sent(&fake, REKEY), Some(json!({"keystore": "keychain"})));
    assert_eq!(fake.run("bowline vault rekey --keystore pocket").status, 2);
}
