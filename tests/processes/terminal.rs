//! The command line as a person and a script meet it: every command's way and its errors, the exits, what is JSON,
//! what goes to which stream, and what a terminal gets that a pipe does not.

use std::process::{Command, Stdio};
use std::time::Duration;

use bowline_tests::program::{code_of, run};
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Home, Ran, Running};
use serde_json::{Value, json};

use crate::providers::with_input;
use crate::stage::{Stage, expect, get, text, until_status};

/// The exits of the contract's table (§4).
const USAGE: i32 = 2;
const UNKNOWN: i32 = 3;
const USER_MUST_ACT: i32 = 4;
const UNAVAILABLE: i32 = 5;
const DENIED: i32 = 6;
const LOCKED: i32 = 7;

/// A failure for people: nothing on stdout, a sentence and a line that says what to do on stderr.
#[track_caller]
fn assert_told(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.stdout, "", "{ran:?}");
    assert!(ran.stderr.contains("→ "), "what to do: {ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {ran:?}");
    }
}

/// The same failure for programs: one problem document on stdout, and the same exit.
#[track_caller]
fn assert_problem(home: &Home, arguments: &[&str], exit: i32, code: &str) -> Value {
    let problem = home.run(&[arguments, &["--json"]].concat()).expect_code(exit).json();
    assert_eq!(problem["code"], code, "{problem}");
    assert!(problem["detail"].is_string() && problem["fix"].is_string(), "{problem}");
    problem
}

#[test]
fn o32_token_prints_the_token_and_a_newline_and_nothing_else() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let token = text(&stage.token("practice").json()["access_token"]);
    for selector in ["practice", "alice", "practice:alice"] {
        let ran = stage.home.run(&["token", selector]).expect_code(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (format!("{token}\n").as_str(), ""));
    }
    let header = stage.home.run(&["token", "practice", "--header"]).expect_code(0);
    assert_eq!(header.stdout, format!("Authorization: Bearer {token}\n"));
    let whole = stage.home.run(&["token", "practice", "--json"]).expect_code(0).json();
    assert_eq!((&whole["access_token"], &whole["source"]), (&json!(token), &json!("oauth")));
    assert_eq!(
        whole["use"],
        json!({"header": "Authorization", "scheme": "Bearer", "api_base": null, "tenant": null})
    );
    let longer = stage.home.run(&["token", "practice", "--min-ttl", "55s"]).expect_code(0);
    assert!(!longer.stdout.trim().is_empty());
}

#[test]
fn o07_o60_a_scope_that_is_missing_is_named_and_all_else_goes_on() {
    let stage = Stage::new(&[]);
    crate::stage::connect(&stage.owner(), "practice", &["--decline", "mail.read"]);
    stage.home.run(&["token", "practice"]).expect_code(0);
    stage.home.run(&["token", "practice", "--scope", "profile"]).expect_code(0);
    let ran = stage.home.run(&["token", "practice", "--scope", "mail.read"]).expect_code(USER_MUST_ACT);
    assert_told(&ran, &["mail.read", "bowline reconnect"]);
    let problem =
        assert_problem(&stage.home, &["token", "practice", "--scope", "mail.read"], 4, "insufficient_scope");
    assert_eq!(problem["missing_scopes"], json!(["mail.read"]));
    let account = stage.account("practice");
    assert_eq!(account["scopes"]["missing"], json!(["mail.read"]), "e10: {account}");
}

#[test]
fn r18_r64_e47_what_is_not_there_is_exit_3_with_the_nearest_name() {
    let stage = Stage::new(&[]);
    let none = stage.home.run(&["token", "google"]).expect_code(UNKNOWN);
    assert_told(&none, &["google", "bowline connect"]);
    for command in [
        &["status", "nobody"][..],
        &["refresh", "nobody"],
        &["rename", "nobody", "x"],
        &["pause", "nobody"],
        &["resume", "nobody"],
        &["reconnect", "nobody", "--no-browser"],
        &["disconnect", "nobody", "--yes"],
        &["exec", "nobody", "--", "true"],
        &["log", "--account", "nobody"],
        &["doctor", "nobody"],
    ] {
        assert_told(&stage.home.run(command).expect_code(UNKNOWN), &["nobody"]);
    }
    assert_eq!(
        assert_problem(&stage.home, &["status", "nobody"], UNKNOWN, "account_not_found")["action"],
        "connect"
    );
    let e17 = stage.home.run(&["connect", "gogle"]).expect_code(UNKNOWN);
    assert_told(&e17, &["google"]);
    assert_problem(&stage.home, &["connect", "gogle"], UNKNOWN, "provider_not_found");
    assert_told(&stage.home.run(&["providers", "show", "gogle"]).expect_code(UNKNOWN), &["gogle"]);
    assert_told(&stage.home.run(&["apps", "revoke", "nobody"]).expect_code(UNKNOWN), &["nobody"]);
    let question = "req_t5vpwdpbtj830epxqyr0febdhc";
    assert_told(&stage.home.run(&["apps", "approve", question]).expect_code(UNKNOWN), &[question]);
    assert_told(&stage.home.run(&["apps", "deny", question]).expect_code(UNKNOWN), &[question]);
}

#[test]
fn e16_a_provider_without_a_client_id_is_told_before_any_browser() {
    let home = Home::new();
    home.provider(
        "acme",
        "id = \"acme\"\nname = \"Acme\"\nissuer = \"https://acme.invalid\"\n[client]\nauth = \"none\"\n",
    );
    let marker = home.path().join("a-browser-was-opened");
    let home = home.with("BROWSER", &format!("touch {}", marker.display()));
    let needs = home.run(&["providers", "--json"]).expect_code(0).json();
    let needing = needs["providers"].as_array().expect("providers").iter();
    let google = needing.clone().find(|p| p["id"] == "google").expect("google is built in");
    assert!(google["needs"].as_array().is_some_and(|needs| !needs.is_empty()), "{google}");
    let ran = home.run(&["connect", "google"]).expect_code(10);
    assert_told(&ran, &["client id"]);
    assert_problem(&home, &["connect", "google"], 10, "provider_misconfigured");
    assert!(!marker.exists());
}

#[test]
fn e05_a_name_that_cannot_be_found_is_named() {
    let home = Home::new();
    home.provider(
        "lost",
        "id = \"lost\"\nname = \"Lost\"\nissuer = \"https://id.lost.invalid\"\n[client]\nid = \"x\"\n",
    );
    let problem =
        assert_problem(&home, &["connect", "lost", "--no-browser"], UNAVAILABLE, "temporarily_unavailable");
    assert_eq!(problem["reason"], "provider_unreachable");
    assert!(
        text(&problem["detail"]).contains("Lost") || text(&problem["detail"]).contains("id.lost.invalid")
    );
}

#[test]
fn o29_a_name_that_fits_several_lists_what_fits_one() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    stage.connect("bob");
    let ran = stage.home.run(&["token", "practice"]).expect_code(UNKNOWN);
    assert_told(&ran, &["alice", "bob"]);
    let problem = assert_problem(&stage.home, &["token", "practice"], UNKNOWN, "ambiguous_account");
    for candidate in problem["candidates"].as_array().expect("candidates") {
        stage.home.run(&["token", &text(candidate)]).expect_code(0);
    }
    stage.home.run(&["rename", "bob", "work"]).expect_code(0);
    let listed = stage.home.run(&["accounts", "--json"]).expect_code(0).json();
    assert_eq!(listed["accounts"].as_array().map(Vec::len), Some(2));
    stage.home.run(&["token", "work"]).expect_code(0);
}

#[test]
fn r62_status_exits_as_token_would_in_every_state() {
    let stage = Stage::new(&["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    let both = |exit: i32| {
        let status = stage.home.run(&["status", &id]).expect_code(exit);
        assert!(status.stdout.contains("status"), "{status:?}");
        let token = stage.home.run(&["token", &id]).expect_code(exit);
        assert_eq!(token.stdout.is_empty(), exit != 0);
    };
    both(0);
    stage.home.run(&["pause", &id]).expect_code(0);
    until_status(&stage.owner(), &id, "paused", None);
    both(DENIED);
    stage.home.run(&["resume", &id]).expect_code(0);
    both(0);
    stage.home.run(&["vault", "lock"]).expect_code(0);
    both(LOCKED);
    stage.home.run(&["vault", "unlock"]).expect_code(0);
    both(0);
    stage.play(&json!({"fail": "revoked"}));
    let ran = stage.home.run(&["refresh", &id]).expect_code(USER_MUST_ACT);
    assert_told(&ran, &["bowline reconnect"]);
    both(USER_MUST_ACT);
    let all = stage.home.run(&["status"]).expect_code(USER_MUST_ACT);
    assert!(all.stdout.contains("needs_reconnect"), "{all:?}");
}

#[test]
fn every_command_that_prints_speaks_json() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    for arguments in [
        &["accounts"][..],
        &["status"],
        &["status", "practice"],
        &["token", "practice"],
        &["refresh", "practice"],
        &["rename", "practice", "work"],
        &["pause", "work"],
        &["resume", "work"],
        &["apps"],
        &["apps", "list"],
        &["apps", "requests"],
        &["providers"],
        &["providers", "list"],
        &["providers", "show", "google"],
        &["log"],
        &["log", "--account", "work"],
        &["log", "verify"],
        &["vault"],
        &["vault", "status"],
        &["vault", "unlock"],
        &["vault", "lock"],
        &["vault", "unlock"],
        &["disconnect", "work", "--yes"],
    ] {
        let ran = stage.home.run(&[arguments, &["--json"]].concat()).expect_code(0);
        assert!(ran.json().is_object(), "{arguments:?}");
        assert_eq!(ran.stderr, "", "{arguments:?}");
        assert_eq!(ran.stdout.lines().count(), 1, "one document on one line: {arguments:?}");
    }
    let doctor = stage.home.run(&["doctor", "--json"]);
    assert!(matches!(doctor.code, 0 | 1) && doctor.json()["checks"].is_array(), "{doctor:?}");
    let modes = stage.home.run(&["practice", "--list", "--json"]).expect_code(0).json();
    assert!(modes["modes"].is_array());
    assert_eq!(stage.home.run(&["stop", "--json"]).expect_code(0).json()["stopping"], true);
}

#[test]
fn what_is_typed_wrongly_is_exit_2_and_helped() {
    let home = Home::bare();
    for arguments in [
        &[][..],
        &["nonsense"],
        &["token"],
        &["token", "a", "b"],
        &["token", "a", "--min-ttl", "soon"],
        &["connect", "x", "--nonsense"],
        &["exec", "a"],
        &["rename", "a"],
        &["completions", "nonsense"],
        &["practice", "--access-ttl", "x"],
    ] {
        let ran = home.run(arguments).expect_code(USAGE);
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
    let ran = home.run(&["practice", "--fail", "nonsense"]).expect_code(USAGE);
    assert!(ran.stderr.contains("nonsense"), "{ran:?}");
    let problem = home.run(&["tokn", "--json"]).expect_code(USAGE).json();
    assert_eq!(problem["code"], "invalid_request");
    assert!(!home.path().join("run/agent.json").exists(), "nothing was started for it");
}

#[test]
fn no_secret_is_ever_taken_as_an_argument() {
    let home = Home::bare();
    let mut words = String::new();
    for command in ["connect", "providers set-secret", "vault unlock", "vault rekey", "token"] {
        let arguments: Vec<&str> = std::iter::once("help").chain(command.split(' ')).collect();
        words += &home.run(&arguments).expect_code(0).stdout.to_lowercase();
    }
    for forbidden in ["--secret", "--password", "--passphrase", "--token ", "--client-secret"] {
        assert!(!words.contains(forbidden), "{forbidden}");
    }
    home.run(&["providers", "set-secret", "google", "the secret"]).expect_code(USAGE);
}

#[test]
fn r01_completions_and_the_manual_render() {
    let home = Home::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = home.run(&["completions", shell]).expect_code(0);
        for word in ["connect", "token", "disconnect"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    let bash = home.run(&["completions", "bash"]).stdout;
    assert_eq!(run(Command::new("bash").args(["-n", "-c", &bash])).code, 0, "bash can read it");
    let page = home.run(&["man"]).expect_code(0);
    assert!(page.stdout.starts_with(".ie") || page.stdout.starts_with(".TH") || page.stdout.contains(".TH "));
    let file = home.path().join("bowline.1");
    std::fs::write(&file, &page.stdout).expect("the home is writable");
    if let Ok(output) =
        Command::new("man").arg("-l").arg(&file).env("MANPAGER", "cat").env("LC_ALL", "C").output()
    {
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!output.status.success() || shown.contains("connect"), "r01: the manual can be read");
    }
    assert!(home.run(&["--version"]).expect_code(0).stdout.starts_with("bowline "));
    assert!(!home.path().join("run").exists(), "no agent was needed");
}

/// Runs a command at a terminal of its own; what it showed.
fn at_a_terminal(home: &Home, arguments: &str, colour: bool) -> String {
    let plain = home.command(&[]);
    let line = format!("{} {arguments}", plain.get_program().to_string_lossy());
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(home.path());
    plain.get_envs().for_each(|(name, value)| match value {
        Some(value) => drop(command.env(name, value)),
        None => drop(command.env_remove(name)),
    });
    command.env("TERM", "xterm-256color");
    if colour {
        command.env_remove("NO_COLOR");
    }
    let ran = run(&mut command);
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn tables_and_colour_are_for_terminals_and_no_color_is_honoured() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let coloured = at_a_terminal(&stage.home, "accounts", true);
    assert!(coloured.contains("\u{1b}[") && coloured.contains("Connected"), "{coloured:?}");
    let plain = at_a_terminal(&stage.home, "accounts", false);
    assert!(!plain.contains("\u{1b}[") && plain.contains("ACCOUNT"), "{plain:?}");
    let mut piped = stage.home.command(&["accounts"]);
    let piped = run(piped.env_remove("NO_COLOR"));
    assert!(
        !piped.stdout.contains('\u{1b}') && piped.stdout.contains("alice\tpractice\thealthy"),
        "{piped:?}"
    );
    let help = at_a_terminal(&stage.home, "help", false);
    assert!(!help.contains("\u{1b}["), "{help:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    for _ in 0..40 {
        stage.token("practice");
    }
    let program = stage.home.command(&[]).get_program().to_string_lossy().into_owned();
    for arguments in ["log", "completions bash", "man", "practice --list", "providers"] {
        let mut command = Command::new("bash");
        // not to be confused with a shell that hides it: the program's own status is printed
        command.args(["-c", &format!("{program} {arguments} | true; echo ${{PIPESTATUS[0]}}")]);
        command.env("BOWLINE_HOME", stage.home.path());
        let ran = run(&mut command);
        let code: i32 = ran.stdout.trim().parse().expect("a status");
        assert!(matches!(code, 0 | 141), "{arguments}: {ran:?}");
        assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("Broken pipe"), "{ran:?}");
    }
}

#[test]
fn o03_disconnecting_asks_first_and_tells_what_the_provider_said() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let unasked = stage.home.run(&["disconnect", "practice"]).expect_code(USAGE);
    assert_told(&unasked, &["--yes"]);
    stage.home.run(&["token", "practice"]).expect_code(0);
    let done = stage.home.run(&["disconnect", "practice", "--yes"]).expect_code(0);
    assert!(done.stderr.contains("withdrew"), "{done:?}");
    assert_eq!(stage.play(&json!({}))["live_grants"], 0, "o03");
    stage.connect("bob");
    stage.play(&json!({"fail": "revoke=status:503"}));
    let unsure = stage.home.run(&["disconnect", "practice", "--yes", "--json"]).expect_code(0).json();
    assert_eq!(unsure, json!({"revoked_at_provider": false}), "o03: the user is told");
    stage.play(&json!({"fail": null}));
    stage.connect("carol");
    let local = stage.home.run(&["disconnect", "practice", "--yes", "--local-only"]).expect_code(0);
    assert!(local.stderr.contains("not asked"), "{local:?}");
    assert_eq!(stage.home.run(&["accounts", "--json"]).json(), json!({"accounts": []}));
}

#[test]
fn f23_token_waits_as_long_as_it_is_told_to() {
    let stage = Stage::new(&["--access-ttl", "1s"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "token=status:503", "access_ttl": 600}));
    until_status(&stage.owner(), &id, "unavailable", Some("provider_error"));
    let mut waiting = Running::start(
        "bowline token --wait",
        stage.home.command(&["token", &id, "--wait", "25s"]).stdin(Stdio::null()),
    );
    until("that it waits", PATIENCE, || waiting.stderr_so_far().contains("Waiting").then_some(()));
    stage.play(&json!({"fail": null}));
    assert_eq!(code_of(waiting.wait(Duration::from_secs(25))), 0, "{}", waiting.stderr_so_far());
    assert!(!waiting.stdout_so_far().trim().is_empty());
}

#[test]
fn log_follows_as_things_happen() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let mut following = Running::start(
        "bowline log --follow",
        stage.home.command(&["log", "--follow", "--json"]).stdin(Stdio::null()),
    );
    let first: Value = serde_json::from_str(&following.line()).expect("an object a line");
    assert!(first["seq"].is_u64());
    stage.home.run(&["rename", "practice", "work"]).expect_code(0);
    until("the entry", PATIENCE, || following.stdout_so_far().contains("account.renamed").then_some(()));
    assert_eq!(code_of(following.stop()), 128 + 15);
}

#[test]
fn o44_a_new_passphrase_takes_the_old_ones_place() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let token = stage.home.run(&["token", "practice"]).expect_code(0).stdout;
    let passphrase = "another passphrase of the tests";
    let rekeyed = with_input(&stage.home, &["vault", "rekey"], passphrase);
    assert_eq!(rekeyed.code, 0, "{rekeyed:?}");
    assert_eq!(stage.home.run(&["token", "practice"]).expect_code(0).stdout, token);
    stage.home.run(&["vault", "lock"]).expect_code(0);
    let refused = stage.home.run(&["vault", "unlock"]).expect_code(LOCKED);
    assert_told(&refused, &["passphrase"]);
    std::fs::write(stage.home.path().join("passphrase"), passphrase).expect("the home is writable");
    stage.home.run(&["vault", "unlock"]).expect_code(0);
    assert_eq!(stage.home.run(&["token", "practice"]).expect_code(0).stdout, token);
    let short = with_input(&stage.home, &["vault", "rekey"], "short");
    assert_eq!(short.code, USAGE, "{short:?}");
}

#[test]
fn o11_r44_providers_are_checked_added_and_shown() {
    let home = Home::new();
    let good = home.path().join("good.toml");
    let text_of = |scopes: &str| {
        format!(
            "id = \"acme\"\nname = \"Acme\"\nissuer = \"https://id.acme.example\"\n{scopes}\n[client]\nid = \"x\"\n"
        )
    };
    std::fs::write(&good, text_of("scopes = [\"openid\"]")).expect("the home is writable");
    let good = good.to_string_lossy().into_owned();
    assert_eq!(home.run(&["providers", "check", &good, "--json"]).expect_code(0).json()["ok"], true);
    home.run(&["providers", "add", &good]).expect_code(0);
    let shown = home.run(&["providers", "show", "acme", "--json"]).expect_code(0).json();
    for field in ["flows", "needs", "redirect_uri", "renews", "rotates", "reconnect_when", "notes", "breaker"]
    {
        assert!(shown.get(field).is_some(), "r44: {field} of {shown}");
    }
    let google = home.run(&["providers", "show", "google"]).expect_code(0);
    assert!(google.stdout.contains("redirect to register"), "o23: {google:?}");
    std::fs::write(home.path().join("bad.toml"), text_of("scops = [\"openid\"]"))
        .expect("the home is writable");
    let bad = home.run(&["providers", "check", "bad.toml"]).expect_code(USAGE);
    for word in ["bad.toml", "line 4", "scops", "scopes"] {
        assert!(bad.stderr.contains(word), "{word}: {bad:?}");
    }
    home.run(&["providers", "add", "bad.toml"]).expect_code(USAGE);
    home.run(&["providers", "check", "nowhere.toml"]).expect_code(USAGE);
    std::fs::write(home.path().join("bad.toml"), text_of("scopes = [\"email\"]"))
        .expect("the home is writable");
    let asks = home.run(&["providers", "add", "bad.toml"]).expect_code(USAGE);
    assert!(asks.stderr.contains("terminal"), "it says something else, and nobody can be asked: {asks:?}");
    assert_eq!(home.run(&["providers", "show", "acme", "--json"]).json()["scopes"], json!(["openid"]));
}

#[test]
fn o01_connecting_by_an_address_finds_the_provider_of_its_domain() {
    let home = Home::new();
    let problem = assert_problem(&home, &["connect", "ana@gmail.com"], 10, "provider_misconfigured");
    assert!(text(&problem["detail"]).contains("Google"), "{problem}");
    assert_problem(&home, &["connect", "ana@nowhere.invalid"], UNKNOWN, "provider_not_found");
}

#[test]
fn r17_o14_the_story_of_the_readme_runs_within_a_minute() {
    let home = Home::new();
    let began = std::time::Instant::now();
    let practice = crate::stage::practice(&home, &["--access-ttl", "6s"]);
    let account = home.connect("practice", &[]);
    assert_eq!(account["status"], "healthy");
    let first = home.run(&["token", "practice"]).expect_code(0).stdout;
    until("a renewed token", PATIENCE, || {
        (home.run(&["token", "practice"]).expect_code(0).stdout != first).then_some(())
    });
    crate::stage::play(&practice.door(), &json!({"revoke": true}));
    home.run(&["refresh", "practice"]).expect_code(USER_MUST_ACT);
    let id = text(&account["id"]);
    let mut again =
        Running::start("bowline reconnect", &mut home.command(&["reconnect", &id, "--no-browser", "--json"]));
    let url = text(&again.event("authorize")["url"]);
    bowline_tests::home::browse(&[], &url).expect_code(0);
    assert_eq!(again.event("connected")["account"]["id"], id.as_str());
    home.run(&["token", "practice"]).expect_code(0);
    assert!(began.elapsed() < Duration::from_secs(60), "r17: {:?}", began.elapsed());
}

#[test]
fn o71_doctor_has_the_contracts_checks_each_with_a_fix_where_it_fails() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let ran = stage.home.run(&["doctor", "practice", "--json"]);
    let checks = ran.json()["checks"].as_array().expect("checks").clone();
    let known = "clock dns tls proxy endpoints client_id client_secret redirect_uri scopes refresh keychain vault_key database \
        disk permissions socket http_port notifications browser agent breaker";
    for id in known.split_whitespace() {
        assert!(checks.iter().any(|check| check["id"] == id), "{id} is missing");
    }
    for check in &checks {
        assert!(known.split_whitespace().any(|id| check["id"] == id), "{check}");
        assert!(check["message"].is_string() && check["level"].is_string(), "{check}");
        assert!(check["ok"] == true || check["fix"].is_string(), "a fix: {check}");
    }
    let well = checks.iter().all(|check| check["ok"] == true);
    assert_eq!(ran.code, i32::from(!well));
    let place = |id: &str| checks.iter().position(|check| check["id"] == id);
    assert!(place("refresh") < place("client_id") || place("client_id") < place("refresh"));
    assert_eq!(
        expect(200, &get(&stage.owner(), "/v1/doctor"))["checks"].as_array().map(Vec::is_empty),
        Some(false)
    );
}

#[test]
fn what_is_exported_works_in_another_home_and_only_with_its_passphrase() {
    let stage = Stage::new(&[]);
    let account = stage.connect("alice");
    let id = account["id"].as_str().expect("an id");
    let file = stage.home.path().join("bowline.export");
    let file = file.to_str().expect("a path in UTF-8");
    assert_eq!(with_input(&stage.home, &["vault", "export", file], "short").code, USAGE);
    assert_eq!(with_input(&stage.home, &["vault", "export", file], "a passphrase of its own").code, 0);
    let again = with_input(&stage.home, &["vault", "export", file], "a passphrase of its own");
    assert_ne!(again.code, 0, "nothing is written over");
    let token = stage.home.run(&["token", id]).expect_code(0).stdout;
    let raw = std::fs::read(file).expect("the file");
    let held = token.trim().as_bytes();
    assert!(!raw.windows(held.len()).any(|window| window == held), "in the clear");

    let other = Home::new();
    assert_ne!(with_input(&other, &["vault", "import", file], "a wrong passphrase").code, 0);
    let mistyped = with_input(&other, &["vault", "import", &format!("{file}s")], "a passphrase of its own");
    assert_eq!(mistyped.code, USAGE, "{mistyped:?}");
    assert!(mistyped.stderr.contains("no such file"), "{mistyped:?}");
    assert_eq!(other.run(&["accounts", "--json"]).expect_code(0).json()["accounts"], json!([]));
    let added = with_input(&other, &["vault", "import", file, "--json"], "a passphrase of its own");
    assert_eq!((added.code, &added.json()["accounts"]), (0, &json!(1)));
    let moved = other.run(&["accounts", "--json"]).expect_code(0).json();
    assert_eq!(moved["accounts"][0]["id"], json!(id));
    let twice = with_input(&other, &["vault", "import", file, "--json"], "a passphrase of its own").json();
    assert_eq!((&twice["accounts"], &twice["skipped"]), (&json!(0), &json!(1)));
    other.run(&["stop"]).expect_code(0);
}

#[test]
fn an_agent_that_cannot_be_started_is_exit_8_and_one_that_was_asked_for_wrongly_exit_2() {
    let home = Home::new();
    home.run(&["accounts"]).expect_code(0);
    home.run(&["stop"]).expect_code(0);
    let mode = |bits| {
        let bits = std::os::unix::fs::PermissionsExt::from_mode(bits);
        std::fs::set_permissions(home.data(), bits).expect("it is ours");
    };
    mode(0o777);
    let problem = home.run(&["accounts", "--json"]).expect_code(8).json();
    assert_eq!(problem["code"], "no_agent", "{problem}");
    assert!(text(&problem["detail"]).contains("chmod"), "the agent's own words: {problem}");
    home.run(&["doctor"]).expect_code(1);
    mode(0o700);
    let wrong = home.with("BOWLINE_KEYSTORE", "paper");
    let ran = wrong.run(&["accounts"]).expect_code(2);
    assert!(ran.stderr.contains("BOWLINE_KEYSTORE"), "{ran:?}");
}

#[test]
fn what_cannot_be_written_to_the_output_is_no_success() {
    let home = Home::new();
    home.run(&["accounts"]).expect_code(0);
    for words in ["accounts --json", "providers", "--help", "completions bash", "practice --list"] {
        let mut command = std::process::Command::new("sh");
        let plain = home.command(&words.split(' ').collect::<Vec<_>>());
        command.args(["-c", "exec \"$@\" > /dev/full", "sh"]).arg(plain.get_program()).args(plain.get_args());
        plain.get_envs().for_each(|(name, value)| match value {
            Some(value) => drop(command.env(name, value)),
            None => drop(command.env_remove(name)),
        });
        let ran = bowline_tests::program::run(&mut command).expect_code(1);
        assert!(ran.stderr.contains("could be written to the output"), "{words}: {ran:?}");
    }
}

#[test]
fn a_socket_path_that_is_too_long_is_told_with_its_limit_before_anything_is_started() {
    let long = format!("/tmp/{}", "l".repeat(120));
    let home = Home::new().with("BOWLINE_SOCK", &long);
    for words in [&["accounts"][..], &["agent", "--headless"], &["stop"]] {
        let ran = home.run(words).expect_code(2);
        assert!(
            ran.stderr.contains(&long) && ran.stderr.contains("107") && ran.stderr.contains("BOWLINE_SOCK"),
            "{ran:?}"
        );
    }
    let checks = home.run(&["doctor", "--json"]).expect_code(1).json()["checks"].clone();
    assert_eq!(
        (checks[0]["id"].as_str(), checks[0]["ok"].as_bool()),
        (Some("socket"), Some(false)),
        "{checks}"
    );
    home.run(&["man"]).expect_code(0);
}

#[test]
fn o30_a_name_that_is_far_too_long_is_told_as_such_and_stops_no_agent() {
    let home = Home::new();
    home.run(&["accounts"]).expect_code(0);
    for length in [17_000, 70_000] {
        let ran = home.run(&["token", &"A".repeat(length)]);
        assert!(ran.code != 0 && !ran.stderr.contains("bowline stop"), "{length}: {}", ran.stderr);
        assert!(ran.stderr.contains("shorter"), "{length}: {}", ran.stderr);
    }
}
