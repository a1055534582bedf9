//! Real programs without a key at an agent that asks: copies under other paths, replaced ones, the window, a terminal.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bowline_tests::home::binary;
use bowline_tests::program::{put, run};
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Door, Home, Ran, Request, Running};
use serde_json::{Value, json};

use crate::stage::{QUICK, Stage, connect, expect, expect_problem, get, post, practice, quick_home, text};

/// The exit of a command that was not approved.
const DENIED: i32 = 6;

fn asking() -> String {
    format!("{QUICK}[ipc]\nowner = \"confirm\"\n")
}

/// This program in the home's environment, in a session without a terminal, as `cron` would run it.
fn program(home: &Home, program: &Path, arguments: &[&str]) -> Command {
    let plain = home.command(arguments);
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(program).args(arguments).current_dir(home.path());
    command.stdin(Stdio::null());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// The same at a terminal of its own.
fn at_a_terminal(home: &Home, path: &Path, arguments: &[&str]) -> Ran {
    let script = "import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut command = program(home, Path::new("python3"), &["-c", script, &path.to_string_lossy()]);
    run(command.args(arguments))
}

fn typed(home: &Home, arguments: &[&str]) -> Ran {
    at_a_terminal(home, &binary(), arguments)
}

/// Our own binary under another path: a program like any other that can read a token.
fn copied(folder: &Path, name: &str) -> PathBuf {
    std::fs::create_dir_all(folder).expect("the home is writable");
    let copy = folder.canonicalize().expect("the folder is there").join(name);
    let fresh = copy.with_extension("new");
    put(&binary(), &fresh);
    std::fs::rename(&fresh, &copy).expect("the home is writable");
    copy
}

/// A read of this program that waits for an answer.
fn reading(home: &Home, path: &Path) -> Running {
    Running::start("the reader", &mut program(home, path, &["token", "practice"]))
}

/// The question that is open.
fn question(owner: &Door) -> Value {
    until("a question", PATIENCE, || {
        let open = expect(200, &get(owner, "/v1/requests"))["requests"].clone();
        open.as_array().and_then(|all| all.first().cloned())
    })
}

#[test]
fn p6_a_program_reads_after_the_terminals_yes_and_a_replaced_one_is_asked_about_again() {
    let stage = Stage::with_settings(&asking(), &[]);
    let account = text(&stage.connect("alice")["id"]);
    let reader = copied(&stage.home.path().join("opt"), "reader");
    let mut read = reading(&stage.home, &reader);
    let asked = question(&stage.owner());
    assert_eq!(asked["kind"], "program", "{asked}");
    assert_eq!((&asked["program"], &asked["name"]), (&json!(reader), &json!("reader")));
    assert!(asked["parent"].as_str().is_some_and(|parent| parent.ends_with("/setsid")), "{asked}");
    assert_eq!((&asked["account"], &asked["state"]), (&json!(account), &json!("waiting")));
    let shown = typed(&stage.home, &["apps", "requests"]).expect_code(0).stdout;
    assert!(shown.contains(&*reader.to_string_lossy()), "{shown}");
    let request = text(&asked["request"]);
    typed(&stage.home, &["apps", "approve", &request, "--for", "revoked"]).expect_code(0);
    assert_eq!(read.wait(PATIENCE).code(), Some(0), "{}", read.stderr_so_far());
    let token = text(&typed(&stage.home, &["token", "practice", "--json"]).json()["access_token"]);
    assert_eq!(read.stdout_so_far().trim(), token);
    run(&mut program(&stage.home, &reader, &["token", "practice"])).expect_code(0);
    let apps = expect(200, &get(&stage.owner(), "/v1/apps"))["apps"].clone();
    assert_eq!((&apps[0]["program"], &apps[0]["grants"][0]["account"]), (&json!(reader), &json!(account)));
    assert!(apps[0]["last_read_at"].is_string() && apps[0]["grants"][0]["expires_at"].is_null(), "{apps}");

    copied(&stage.home.path().join("opt"), "reader");
    let mut read = reading(&stage.home, &reader);
    let asked = question(&stage.owner());
    assert!(asked["allowed_before"].is_string(), "m23: {asked}");
    typed(&stage.home, &["apps", "deny", &text(&asked["request"])]).expect_code(0);
    assert_eq!(read.wait(PATIENCE).code(), Some(DENIED));
    assert!(read.stderr_so_far().contains("did not allow reader"), "{}", read.stderr_so_far());
    let log = typed(&stage.home, &["log", "--json"]).expect_code(0).json();
    for event in ["app.requested", "app.approved", "app.denied", "token.read"] {
        let told = |entry: &&Value| entry["event"] == event && entry["program"] == json!(reader);
        assert!(log["entries"].as_array().is_some_and(|all| all.iter().any(|e| told(&e))), "{event}: {log}");
    }
}

#[test]
fn p6_a_blocked_program_stays_blocked_over_a_restart_until_that_is_taken_back() {
    let home = quick_home();
    home.settings(&asking());
    let practice = practice(&home, &[]);
    let agent = Agent::start(&home);
    connect(&agent.socket(), "practice", &["--user", "alice"]);
    let reader = copied(&home.path().join("opt"), "reader");
    let mut read = reading(&home, &reader);
    let request = text(&question(&agent.socket())["request"]);
    typed(&home, &["apps", "deny", &request, "--block"]).expect_code(0);
    assert_eq!(read.wait(PATIENCE).code(), Some(DENIED));
    agent.stop();
    let agent = Agent::start(&home);
    let refused = run(&mut program(&home, &reader, &["token", "practice"])).expect_code(DENIED);
    assert!(refused.stderr.contains("is blocked"), "{refused:?}");
    let apps = expect(200, &get(&agent.socket(), "/v1/apps"))["apps"].clone();
    assert_eq!(apps[0]["blocked"].as_array().map(Vec::len), Some(1), "{apps}");
    run(&mut program(&home, &reader, &["apps", "revoke", "reader"])).expect_code(0);
    let mut read = reading(&home, &reader);
    let request = text(&question(&agent.socket())["request"]);
    typed(&home, &["apps", "approve", &request]).expect_code(0);
    assert_eq!(read.wait(PATIENCE).code(), Some(0));
    drop(practice);
}

#[test]
fn p6_a_terminal_and_the_window_are_the_persons_own_act_and_a_script_is_not() {
    let home = quick_home();
    home.settings(&asking());
    let _practice = practice(&home, &[]);
    let bin = home.path().join("bin");
    let (bowline, window) = (copied(&bin, "bowline"), copied(&bin, "bowline-desktop"));
    let agent = Agent::start_by(&mut program(&home, &bowline, &["agent", "--headless"]));
    connect(&agent.socket(), "practice", &["--user", "alice"]);
    at_a_terminal(&home, &bowline, &["token", "practice"]).expect_code(0);
    run(&mut program(&home, &window, &["token", "practice"])).expect_code(0);
    assert_eq!(expect(200, &get(&agent.socket(), "/v1/requests")), json!({"requests": []}));

    let script = format!("{} token practice; exit $?", bowline.display());
    let mut read = Running::start("a script", &mut program(&home, Path::new("sh"), &["-c", &script]));
    let asked = question(&agent.socket());
    let shell = std::fs::canonicalize("/bin/sh").expect("there is a shell");
    assert_eq!(asked["program"], json!(shell), "the script's shell asks, and not our own bowline");
    let request = text(&asked["request"]);
    run(&mut program(&home, &window, &["apps", "approve", &request, "--for", "1h"])).expect_code(0);
    assert_eq!(read.wait(PATIENCE).code(), Some(0), "{}", read.stderr_so_far());
    let elsewhere = copied(&home.path().join("opt"), "bowline-desktop");
    let mut read = reading(&home, &elsewhere);
    assert_eq!(
        question(&agent.socket())["program"],
        json!(elsewhere),
        "only the window beside the agent is ours"
    );
    at_a_terminal(&home, &bowline, &["apps", "deny", &text(&question(&agent.socket())["request"])]);
    assert_eq!(read.wait(PATIENCE).code(), Some(DENIED));
}

#[test]
fn p6_no_program_answers_for_itself_or_widens_what_it_may_do() {
    let stage = Stage::with_settings(&asking(), &[]);
    stage.connect("alice");
    let reader = copied(&stage.home.path().join("opt"), "reader");
    let mut read = reading(&stage.home, &reader);
    let request = text(&question(&stage.owner())["request"]);
    let moving = json!({"file": stage.home.path().join("out"), "passphrase": "long enough for anybody"});
    for (path, body) in [
        (format!("/v1/requests/{request}/answer"), json!({"answer": "allow", "for": "revoked"})),
        (format!("/v1/apps/requests/{request}/approve"), json!({"accounts": []})),
        (format!("/v1/apps/requests/{request}/deny"), Value::Null),
        ("/v1/vault/export".to_owned(), moving.clone()),
        ("/v1/vault/import".to_owned(), moving),
        ("/v1/vault/rekey".to_owned(), json!({})),
        ("/v1/providers/practice/secret".to_owned(), json!({"secret": "x"})),
    ] {
        let refused = expect_problem(403, "forbidden", &post(&stage.owner(), &path, &body));
        assert!(refused["detail"].as_str().is_some_and(|d| d.contains("only you may do this")), "{refused}");
    }
    run(&mut program(&stage.home, &reader, &["apps", "approve", &request])).expect_code(DENIED);
    typed(&stage.home, &["apps", "deny", &request]).expect_code(0);
    assert_eq!(read.wait(PATIENCE).code(), Some(DENIED));
}

#[test]
fn p6_whoever_shows_the_owners_key_on_loopback_cannot_be_told_and_reads_nothing() {
    let stage = Stage::with_settings(&asking(), &[]);
    stage.connect("alice");
    let key = std::fs::read_to_string(stage.home.path().join("run/owner.key")).expect("the agent runs");
    let http = stage.agent.loopback();
    expect(200, &Request::get("/v1/accounts").key(key.trim()).send(&http));
    let read = Request::get("/v1/accounts/practice/token").key(key.trim()).send(&http);
    let refused = expect_problem(403, "approval_required", &read);
    assert!(
        refused["detail"].as_str().is_some_and(|d| d.contains("cannot tell which program")),
        "m24: {refused}"
    );
}

#[test]
fn a_desktop_session_asks_and_a_setting_goes_before_it() {
    for (arguments, display, settings, owner) in [
        (&["agent"][..], "", QUICK.to_owned(), "any"),
        (&["agent"], ":77", QUICK.to_owned(), "confirm"),
        (&["agent", "--headless"], ":77", QUICK.to_owned(), "any"),
        (&["agent"], ":77", format!("{QUICK}[ipc]\nowner = \"any\"\n"), "any"),
        (&["agent", "--headless"], "", asking(), "confirm"),
    ] {
        let home = quick_home().with("DISPLAY", display);
        home.settings(&settings);
        let agent = Agent::start_by(&mut home.command(arguments));
        let shown = expect(200, &get(&agent.socket(), "/v1/settings"));
        assert_eq!(shown["ipc"]["owner"], owner, "{arguments:?} {display:?} {settings}");
        agent.stop();
    }
}
