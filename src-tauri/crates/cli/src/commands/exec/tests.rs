use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use bowline_base::Secret;
use bowline_wire::Code;

use super::*;
use crate::fake::{Fake, Ran, Reply, ok, refused, token};

const TOKEN: &str = "GET /v1/accounts/work/token";

/// Renewals are asked for by id, which survives a rename.
const RENEWED: &str = "GET /v1/accounts/acc_1/token";

/// Ends well as soon as the file holds the second token, and badly when it never does.
const UNTIL_RENEWED: &str =
    "for i in $(seq 500); do [ \"$(cat \"$BOWLINE_TOKEN_FILE\")\" = t2 ] && exit 0; sleep 0.02; done; exit 1";

fn exec(fake: &Fake, options: &[&str], script: &str) -> Ran {
    let line = ["bowline", "exec", "work"].iter().chain(options).copied().chain(["--", "sh", "-c", script]);
    fake.run_args(line.map(Into::into).collect())
}

/// Runs the command as a child, since a test cannot become one.
fn run_instead(command: &mut Command) -> std::io::Error {
    let status = command.status().unwrap();
    std::io::Error::other(format!("ran: {status}"))
}

fn ready() -> Fake {
    let mut fake =
        Fake::with([(TOKEN, ok(token("t1"))), ("GET /v1/events", vec![Reply::Events(String::new())])]);
    fake.shape = |world| world.become_program = run_instead;
    fake
}

fn result(fake: &Fake) -> String {
    std::fs::read_to_string(fake.folder.path().join("result")).unwrap_or_default()
}

fn into_result(fake: &Fake, text: &str) -> String {
    format!("printf '%s' \"{text}\" > {}", fake.folder.path().join("result").display())
}

#[test]
fn the_token_is_in_the_variable_that_was_named() {
    let fake = ready();
    exec(&fake, &[], &into_result(&fake, "$BOWLINE_TOKEN"));
    assert_eq!(result(&fake), "t1");
    exec(&fake, &["--env", "MY_KEY"], &into_result(&fake, "$MY_KEY-$BOWLINE_TOKEN"));
    assert_eq!(result(&fake), "t1-");
}

#[test]
fn f49_only_a_command_that_can_take_no_newer_token_is_told_to_the_agent_as_one() {
    let fake = ready();
    exec(&fake, &[], "true");
    assert_eq!(fake.asked(), ["GET /v1/accounts/work/token?frozen=true"]);
    let mut fresh = ready();
    fresh.shape = |_| ();
    exec(&fresh, &["--file"], "true");
    assert!(fresh.asked().iter().all(|asked| !asked.contains("frozen")), "{:?}", fresh.asked());
}

#[test]
fn r23_without_a_token_the_command_is_never_run() {
    for (code, exit) in [
        (Code::AccountNotFound, 3),
        (Code::ReconnectRequired, 4),
        (Code::TemporarilyUnavailable, 5),
        (Code::ApprovalRequired, 6),
        (Code::Locked, 7),
        (Code::ProviderMisconfigured, 10),
    ] {
        let mut fake = Fake::with([(TOKEN, vec![refused(code, |_| ())])]);
        fake.shape = |world| world.become_program = run_instead;
        for options in [&[][..], &["--file"]] {
            let ran = exec(&fake, options, &into_result(&fake, "ran"));
            assert_eq!((ran.status, result(&fake).as_str()), (exit, ""), "{code:?} {options:?}");
        }
    }
}

#[test]
fn a_command_that_cannot_be_run_exits_as_env_does() {
    let mut fake = ready();
    fake.shape = |_| ();
    for (program, exit) in [("/nowhere/x", 127), ("/", 126)] {
        for options in ["", "--file "] {
            let ran = fake.run(&format!("bowline exec work {options}-- {program}"));
            assert_eq!((ran.status, ran.stdout.as_str()), (exit, ""), "{program} {options}");
        }
    }
}

#[test]
fn a_variable_needs_a_name_that_can_be_one() {
    for name in ["", "A=B", "1A", "A-B", "Ä"] {
        let line = ["bowline", "exec", "work", "--env", name, "--", "true"].map(Into::into).to_vec();
        assert_eq!(ready().run_args(line).status, 2, "{name:?}");
    }
}

#[test]
fn the_file_is_for_this_user_only_and_gone_with_the_command() {
    let fake = ready();
    let script = format!(
        "stat -c '%a' \"$BOWLINE_TOKEN_FILE\" \"$(dirname \"$BOWLINE_TOKEN_FILE\")\" > {0}; cat \"$BOWLINE_TOKEN_FILE\" >> {0}; \
         printf ' %s' \"$BOWLINE_TOKEN_FILE\" >> {0}; exit 42",
        fake.folder.path().join("result").display()
    );
    let ran = exec(&fake, &["--file"], &script);
    assert_eq!(ran.status, 42);
    let text = result(&fake);
    let (head, path) = text.rsplit_once(' ').unwrap();
    assert_eq!(head, "600\n700\nt1");
    assert!(path.starts_with(fake.paths.run.to_str().unwrap()) && !std::path::Path::new(path).exists());
    assert_eq!(std::fs::read_dir(fake.paths.run.join("exec")).unwrap().count(), 0);
}

#[test]
fn f03_the_file_is_gone_when_the_command_is_killed_and_the_exit_is_the_shells() {
    let fake = ready();
    let ran = exec(&fake, &["--file"], "kill -KILL $$");
    assert_eq!(ran.status, 128 + 9);
    assert_eq!(std::fs::read_dir(fake.paths.run.join("exec")).unwrap().count(), 0);
}

#[test]
fn f01_the_file_holds_the_new_token_as_soon_as_the_agent_tells_of_it() {
    let told = "event: account.token\ndata: {\"account\":\"acc_1\"}\n\n".to_owned();
    let mut fake = Fake::with([
        (TOKEN, ok(token("t1"))),
        (RENEWED, ok(token("t2"))),
        ("GET /v1/events", vec![Reply::Events(told), Reply::Events(String::new())]),
    ]);
    fake.shape = |_| ();
    assert_eq!(exec(&fake, &["--file"], UNTIL_RENEWED).status, 0);
}

#[test]
fn f01_a_renewal_nobody_told_of_is_found_before_the_token_ends() {
    let mut short = token("t1");
    short["expires_in"] = serde_json::json!(0);
    let mut fake = Fake::with([
        (TOKEN, ok(short)),
        (RENEWED, ok(token("t2"))),
        ("GET /v1/events", vec![Reply::Events(": quiet\n\n".into())]),
    ]);
    fake.shape = |_| ();
    assert_eq!(exec(&fake, &["--file"], UNTIL_RENEWED).status, 0);
}

#[test]
fn signals_are_passed_on_to_the_command() {
    let mut fake = ready();
    fake.shape = |world| {
        world.watch = |which, mut then| {
            assert!(which.contains(&Signal::SIGTERM));
            // Told again until the command is there to be told.
            std::thread::spawn(move || {
                loop {
                    then(Signal::SIGTERM);
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
        };
    };
    assert_eq!(exec(&fake, &["--file"], "sleep 30").status, 128 + 15);
}

#[test]
fn what_the_terminal_sends_itself_is_not_sent_twice() {
    let mut fake = ready();
    fake.shape = |world| {
        world.input_terminal = true;
        world.watch = |_, mut then| {
            std::thread::spawn(move || {
                for _ in 0..20 {
                    then(Signal::SIGINT);
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
        };
    };
    assert_eq!(exec(&fake, &["--file"], "sleep 0.2; exit 3").status, 3);
}

#[test]
fn a_file_that_is_gone_cannot_come_back_and_a_dead_owners_is_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    let stale = folder.path().join("exec/999999999-0");
    private::folder(&stale).unwrap();
    let file = TokenFile::create(folder.path(), &Secret::new("a")).unwrap();
    assert!(!stale.exists());
    let (writer, path) = (file.writer(), file.path());
    assert!(writer.replace(&Secret::new("b")));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "b");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    drop(file);
    assert!(!writer.replace(&Secret::new("c")) && !path.exists() && !writer.is_open());
}
