//! Another account, and then a key of the person's own, in the place of one whose provider is down: at the terminal, with
//! real programs and a real disk.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bowline_tests::canary::Canary;
use bowline_tests::program::code_of;
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Home, Ran};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::stage::{Stage, delete, expect, expect_problem, get, patch, play, post, text, until_status};

/// The exits of the contract's table (§4).
const USAGE: i32 = 2;
const UNAVAILABLE: i32 = 5;
const DENIED: i32 = 6;

/// What is searched for on the disk and in everything that is printed.
const KEY: &str = "sk-canary-7d1f";

/// `alice`, whose token is dead and whose provider is down, and `bob`, whose token lives on.
fn alice_is_down() -> (Stage, String) {
    let stage = Stage::new(&["--access-ttl", "1h"]);
    stage.connect("bob");
    stage.play(&json!({ "access_ttl": 3 }));
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({ "fail": "status:503" }));
    until_status(&stage.owner(), &id, "unavailable", Some("provider_error"));
    (stage, id)
}

/// Runs a command whose stdin holds the key, at a terminal of its own at which this is typed once it asks.
fn typing(home: &Home, arguments: &[&str], typed: &str) -> Ran {
    const SCRIPT: &str = "
import os, pty, sys
key = os.dup(0)
pid, terminal = pty.fork()
if pid == 0:
    os.dup2(key, 0)
    os.execv(sys.argv[2], sys.argv[2:])
seen = b''
asked = False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if not asked and b'to approve it: ' in seen:
        asked = True
        os.write(terminal, sys.argv[1].encode() + b'\\n')
sys.stdout.write(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let plain = home.command(arguments);
    let mut command = Command::new("python3");
    command.args(["-c", SCRIPT, typed]).arg(plain.get_program()).args(arguments).current_dir(home.path());
    with_key(command, &plain)
}

/// The same without any terminal.
fn without_a_terminal(home: &Home, arguments: &[&str]) -> Ran {
    let plain = home.command(arguments);
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(plain.get_program()).args(arguments).current_dir(home.path());
    with_key(command, &plain)
}

/// In the home's environment, with the key on stdin.
fn with_key(mut command: Command, like: &Command) -> Ran {
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("it has a stdin");
    writeln!(input, "{KEY}").expect("its stdin takes a line");
    drop(input);
    let ended = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: code_of(ended.status), stdout: text(&ended.stdout), stderr: text(&ended.stderr) }
}

fn question(stage: &Stage) -> Value {
    expect(200, &get(&stage.owner(), "/v1/requests"))["requests"][0].clone()
}

#[test]
fn f30_at_the_terminal_another_account_is_named_and_stands_in_until_it_is_taken_back() {
    let (stage, id) = alice_is_down();
    let refused = stage.home.run(&["token", "alice"]).expect_code(UNAVAILABLE);
    assert!(refused.stderr.contains("bowline emergency alice"), "f35: {refused:?}");
    stage.home.run(&["fallback", "alice", "bob"]).expect_code(0);
    let bobs = stage.home.run(&["token", "bob"]).expect_code(0).stdout;
    let stands_in = stage.home.run(&["token", "alice"]).expect_code(0);
    assert_eq!(stands_in.stdout, bobs);
    assert!(stands_in.stderr.contains("stands in"), "f31: {stands_in:?}");
    let whole = stage.home.run(&["token", "alice", "--json"]).expect_code(0).json();
    assert_eq!(whole["source"], "fallback");
    let status = stage.home.run(&["status", "alice"]).expect_code(0);
    assert!(status.stdout.contains("Meanwhile bob stands in"), "{status:?}");
    stage.home.run(&["fallback", "alice", "alice"]).expect_code(USAGE);
    stage.home.run(&["fallback", "alice", "none"]).expect_code(0);
    stage.home.run(&["token", "alice"]).expect_code(UNAVAILABLE);
    let log = stage.home.run(&["log", "--account", &id]).expect_code(0).stdout;
    assert!(log.contains("fallback.used") && log.contains("account.fallback"), "{log}");
}

#[test]
fn f32_the_key_comes_on_stdin_and_the_name_is_typed_at_the_terminal() {
    let (stage, id) = alice_is_down();
    let line = ["emergency", "alice", "--reason", "release 2.1", "--for", "2m"];
    let denied = typing(&stage.home, &line, "yes").expect_code(DENIED);
    assert!(!denied.stdout.contains(KEY), "{denied:?}");
    stage.home.run(&["token", "alice"]).expect_code(UNAVAILABLE);
    let told = typing(&stage.home, &line, "alice").expect_code(0);
    assert!(told.stdout.contains("release 2.1") && !told.stdout.contains(KEY), "{told:?}");
    assert_eq!(stage.home.run(&["token", "alice"]).expect_code(0).stdout, format!("{KEY}\n"));
    let account = stage.account(&id);
    assert_eq!(account["standing_in"], "emergency");
    let found = Canary::new(KEY).search(stage.home.path());
    assert!(found.is_empty(), "it lies in the clear: {found:?}");
    stage.home.run(&["emergency", "alice", "--end"]).expect_code(0);
    stage.home.run(&["token", "alice"]).expect_code(UNAVAILABLE);
}

#[test]
fn f32_without_a_terminal_the_answer_is_given_elsewhere() {
    let (stage, id) = alice_is_down();
    for (answer, exit) in [("deny", DENIED), ("allow", 0)] {
        let line = ["emergency", "alice", "--reason", "release 2.1"];
        let ran = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| without_a_terminal(&stage.home, &line));
            let asked = until("a question", PATIENCE, || {
                Some(question(&stage)).filter(|asked| asked["kind"] == "emergency")
            });
            assert_eq!((&asked["because"], &asked["duration_s"]), (&json!("release 2.1"), &json!(1800)));
            let path = format!("/v1/requests/{}/answer", text(&asked["request"]));
            expect(200, &post(&stage.owner(), &path, &json!({ "answer": answer })));
            waiting.join().expect("it ends")
        });
        ran.expect_code(exit);
    }
    let path = format!("/v1/accounts/{id}/emergency");
    assert_eq!(expect(200, &delete(&stage.owner(), &path))["ended"], true);
    let none = json!({"secret": KEY, "duration_s": 60});
    expect_problem(400, "invalid_request", &post(&stage.owner(), &path, &none));
    let long = json!({"secret": KEY, "reason": "r", "duration_s": 31 * 60});
    expect_problem(400, "invalid_request", &post(&stage.owner(), &path, &long));
}

#[test]
fn f33_the_desktop_asks_for_the_yes_and_shows_for_how_long_the_key_is_in_force() {
    let desk = Desk::new();
    play(&desk.practice.door(), &json!({ "access_ttl": 3 }));
    let id = desk.connect("alice");
    play(&desk.practice.door(), &json!({ "fail": "status:503" }));
    desk.until_status(&id, "unavailable");
    let path = format!("/v1/accounts/{id}/emergency");
    let body = json!({"secret": KEY, "reason": "release 2.1", "duration_s": 600});
    expect(202, &post(&desk.owner(), &path, &body));
    let asks = desk.told("Let an emergency key stand in for alice");
    assert!(text(&asks["body"]).contains("release 2.1"), "{asks}");
    assert_eq!(asks["urgency"], 2, "critical: {asks}");
    desk.presses(&asks, "allow");
    let on = desk.told("An emergency key stands in for alice");
    assert!(text(&on["body"]).contains("10 minutes") && on["urgency"] == 2, "{on}");
    let token = get(&desk.owner(), &format!("/v1/accounts/{id}/token"));
    assert_eq!(expect(200, &token)["access_token"], KEY);
    assert!(!desk.calls().iter().any(|call| call.to_string().contains(KEY)), "p5: no notification shows it");
    desk.presses(&on, "end");
    until("the key's end", PATIENCE, || {
        let token = get(&desk.owner(), &format!("/v1/accounts/{id}/token"));
        (token.status == 503).then_some(())
    });
    assert!(desk.on_screen().is_empty());
}

#[test]
fn f41_while_the_breaker_is_open_a_reader_has_the_stand_in_within_50_ms() {
    let stage = Stage::new(&["--access-ttl", "1h"]);
    let bob = text(&stage.connect("bob")["id"]);
    stage.play(&json!({ "access_ttl": 3 }));
    let alice = text(&stage.connect("alice")["id"]);
    stage.play(&json!({ "fail": "refuse" }));
    let account = format!("/v1/accounts/{alice}");
    expect(200, &patch(&stage.owner(), &account, &json!({ "fallback": bob })));
    until_status(&stage.owner(), &alice, "unavailable", Some("breaker_open"));
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let began = Instant::now();
            let token = expect(200, &stage.token(&alice));
            assert_eq!((&token["source"], &token["account"]), (&json!("fallback"), &json!(bob)));
            began.elapsed()
        })
        .collect();
    times.sort();
    // The middle one, because other tests keep the machine busy meanwhile.
    assert!(times[10] <= Duration::from_millis(50), "{times:?}");
}
