use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::fake::{Fake, ok, refused};

const CHECK: &str = "POST /v1/providers/check";
const SECRET: &str = "POST /v1/providers/acme/secret";

fn acme() -> Value {
    json!({"id": "acme", "name": "Acme", "flows": ["browser"], "needs": ["client_id"],
        "redirect_uri": "http://127.0.0.1:{port}/callback", "access_lifetime": "1h", "grant_lifetime": null,
        "renews": true, "rotates": null, "reconnect_when": ["password changed"], "notes": [], "breaker": "closed",
        "client": {"id": "c", "auth": "client_secret_basic", "secret": false}})
}

fn good() -> Fake {
    Fake::with([(CHECK, ok(json!({"ok": true, "provider": acme(), "problems": []})))])
}

fn bad() -> Fake {
    Fake::with([(
        CHECK,
        ok(json!({"ok": false, "provider": null, "problems": [
        {"file": "acme.toml", "line": 3, "field": "client.id", "problem": "must not be empty", "suggestion": null},
        {"file": "acme.toml", "line": 5, "field": "scope", "problem": "is not known", "suggestion": "scopes"}]})),
    )])
}

fn file(fake: &Fake, text: &str) -> String {
    let path = fake.folder.path().join("acme.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn r44_a_provider_shows_lifetimes_rotation_triggers_and_the_redirect() {
    let fake = Fake::with([("GET /v1/providers", ok(json!({"providers": [acme()]})))]);
    let ran = fake.run("bowline providers show acme");
    for line in [
        "redirect to register\thttp://127.0.0.1:{port}/callback",
        "access token lives\t1h",
        "grant lives\tnot known",
        "rotates\tnot known",
        "renews by itself\tyes",
        "you are needed when\tpassword changed",
        "client\tc (client_secret_basic)",
    ] {
        assert!(ran.stdout.lines().any(|l| l == line), "{line}: {}", ran.stdout);
    }
    assert_eq!(fake.run("bowline providers").stdout, "acme\tAcme\tclient_id\n");
    assert_eq!(fake.run("bowline providers show acme --json").json(), acme());
    assert_eq!(fake.run("bowline providers show nobody").status, 3);
}

#[test]
fn e21_a_file_that_cannot_be_read_is_named_beside_the_others() {
    let problem =
        json!({"file": "x.toml", "line": 2, "field": null, "problem": "is not TOML", "suggestion": null});
    let fake = Fake::with([("GET /v1/providers", ok(json!({"providers": [acme()], "problems": [problem]})))]);
    let ran = fake.run("bowline providers list");
    assert!(ran.status == 0 && ran.stdout.contains("acme"), "{ran:?}");
    assert_eq!(ran.stderr, "bowline: x.toml, line 2: is not TOML\n");
}

#[test]
fn e21_e22_a_bad_file_exits_2_and_names_line_and_field() {
    let fake = bad();
    let path = file(&fake, "id = \"acme\"");
    let ran = fake.run(&format!("bowline providers check {path}"));
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "bowline: acme.toml, line 3, client.id: must not be empty\n\
         bowline: acme.toml, line 5, scope: is not known\n→ did you mean scopes?\n"
    );
    assert_eq!(fake.run(&format!("bowline providers check {path} --json")).json()["ok"], false);
    assert_eq!(fake.run(&format!("bowline providers add {path}")).status, 2);
    assert!(!fake.paths.providers().exists());
}

#[test]
fn a_file_that_is_not_there_or_too_large_never_reaches_the_agent() {
    let fake = good();
    assert_eq!(fake.run("bowline providers check /nowhere/x.toml").status, 2);
    let path = file(&fake, &"#".repeat(200_000));
    let ran = fake.run(&format!("bowline providers check {path}"));
    assert!(ran.status == 2 && ran.stderr.contains("larger than"), "{ran:?}");
    assert!(fake.asked().is_empty());
}

#[test]
fn a_good_file_is_copied_under_its_id_for_this_user_only() {
    let fake = good();
    let path = file(&fake, "id = \"acme\"\n");
    let ran = fake.run(&format!("bowline providers add {path}"));
    assert!(ran.status == 0 && ran.stderr.contains("→ bowline providers set-secret acme"), "{ran:?}");
    let kept = fake.paths.providers().join("acme.toml");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "id = \"acme\"\n");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(fake.paths.providers()).unwrap().count(), 1);
}

#[test]
fn another_file_of_the_same_name_is_replaced_only_after_a_yes() {
    for (terminal, answer, status, text) in
        [(false, "", 2, "old"), (true, "n\n", 6, "old"), (true, "y\n", 0, "new")]
    {
        let mut fake = good();
        fake.input = answer;
        fake.shape = if terminal { |world| world.input_terminal = true } else { |_| () };
        std::fs::create_dir_all(fake.paths.providers()).unwrap();
        let kept = fake.paths.providers().join("acme.toml");
        std::fs::write(&kept, "old").unwrap();
        let path = file(&fake, "new");
        assert_eq!(fake.run(&format!("bowline providers add {path}")).status, status);
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), text);
    }
}

#[test]
fn a_client_secret_comes_from_stdin_or_the_keyboard_and_is_never_printed() {
    let routes = || Fake::with([(SECRET, ok(json!({"provider": "acme", "stored": true})))]);
    let mut piped = routes();
    piped.input = "hunter2\nrest";
    let mut typed = routes();
    typed.shape = |world| {
        world.input_terminal = true;
        world.hidden = |_| Ok("hunter2".into());
    };
    for fake in [piped, typed] {
        let ran = fake.run("bowline providers set-secret acme");
        assert_eq!(ran.status, 0, "{ran:?}");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"));
        assert_eq!(fake.asked(), [format!("{SECRET} {{\"secret\":\"hunter2\"}}")]);
    }
}

#[test]
fn an_empty_secret_or_an_unknown_provider_stores_nothing() {
    let fake = Fake::with([(SECRET, vec![refused(bowline_wire::Code::ProviderNotFound, |_| ())])]);
    assert_eq!(fake.run("bowline providers set-secret acme").status, 2);
    assert!(fake.asked().is_empty());
    let mut fake = fake;
    fake.input = "s";
    assert_eq!(fake.run("bowline providers set-secret acme").status, 3);
}
