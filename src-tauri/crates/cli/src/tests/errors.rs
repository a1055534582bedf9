use crate::error::Failure;
use crate::exit::Exit;
use crate::fake::{Fake, ok, refused, token};
use bowline_wire::Code;
use serde_json::json;

/// Every command that needs an agent, as it is typed.
const NEEDS_AGENT: &[&str] = &[
    "connect google",
    "reconnect work",
    "accounts",
    "status",
    "status work",
    "rename work x",
    "token work",
    "refresh work",
    "disconnect work --yes",
    "exec work -- true",
    "pause work",
    "resume work",
    "apps",
    "apps requests",
    "apps approve req_1",
    "apps deny req_1",
    "apps revoke x",
    "providers",
    "providers show google",
    "log",
    "log verify",
    "log --follow",
    "vault",
    "vault unlock",
    "vault lock",
    "vault rekey",
    "stop",
];

#[test]
fn without_an_agent_and_without_leave_to_start_one_the_exit_is_8() {
    let fake = Fake::absent();
    for command in NEEDS_AGENT {
        let ran = fake.run(
            &format!("bowline {command} --no-autostart")
                .replace("-- true --no-autostart", "--no-autostart -- true"),
        );
        assert_eq!((ran.status, ran.stdout.as_str()), (8, ""), "{command}");
        assert_eq!(ran.stderr, "bowline: Bowline's agent isn't running.\n→ bowline agent\n", "{command}");
    }
}

#[test]
fn an_agent_that_cannot_be_started_is_the_commands_error_and_exit() {
    let mut fake = Fake::absent();
    fake.shape = |world| {
        world.start =
            |_| Err(Failure::new(Exit::Locked, "locked", "No keychain service is running.", "start one"));
    };
    let ran = fake.run("bowline token work");
    assert_eq!((ran.status, ran.stdout.as_str()), (7, ""));
    assert_eq!(ran.stderr, "bowline: No keychain service is running.\n→ start one\n");
    assert_eq!(fake.run("bowline token work --json").json()["code"], "locked");
}

#[test]
fn an_agent_is_started_when_none_runs_and_asked_again() {
    let mut fake = Fake::absent();
    fake.shape = |world| {
        world.start = |paths| {
            let agent = Fake::with([("GET /v1/accounts/work/token", ok(token("t")))]);
            std::fs::create_dir_all(&paths.run).unwrap();
            std::os::unix::fs::symlink(agent.paths.socket(), paths.socket()).unwrap();
            // The stand-in's folder goes with the test's process.
            std::mem::forget(agent);
            Ok(())
        };
    };
    let ran = fake.run("bowline token work");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "t\n"), "{ran:?}");
}

#[test]
fn every_error_of_the_agent_has_a_sentence_a_fix_and_its_exit() {
    for code in Code::ALL {
        let ran =
            Fake::with([("GET /v1/accounts/work", vec![refused(*code, |_| ())])]).run("bowline status work");
        assert_eq!(ran.status, i32::from(code.exit()), "{code:?}");
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(
            lines.len() == 2 && lines[0].starts_with("bowline: ") && lines[1].starts_with("→ "),
            "{lines:?}"
        );
    }
}

#[test]
fn an_agent_of_another_kind_is_named_as_the_trouble() {
    let ran = Fake::with([("GET /v1/accounts", ok(json!([1])))]).run("bowline accounts");
    assert!(ran.status == 1 && ran.stderr.contains("could not be understood"), "{ran:?}");
}

#[test]
fn usage_errors_exit_2_and_keep_stdout_clean() {
    let fake = Fake::absent();
    for line in ["bowline frobnicate", "bowline token", "bowline token work --min-ttl soon", "bowline"] {
        let ran = fake.run(line);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{line}");
        assert!(!ran.stderr.is_empty());
    }
    let ran = fake.run("bowline frobnicate --json");
    assert_eq!((ran.status, ran.json()["code"].as_str()), (2, Some("invalid_request")));
}

#[test]
fn help_and_version_are_data_and_need_no_agent() {
    let fake = Fake::absent();
    let ran = fake.run("bowline --help");
    assert!(ran.status == 0 && ran.stdout.contains("reconnect") && ran.stderr.is_empty());
    assert!(fake.run("bowline --version").stdout.starts_with("bowline "));
    let ran = fake.run("bowline token --help");
    assert!(ran.stdout.contains("bowline token work --min-ttl 5m"), "{}", ran.stdout);
}

#[test]
fn what_this_version_does_not_do_is_not_offered() {
    let offered = <crate::args::Args as clap::CommandFactory>::command();
    for word in ["curl", "headers", "env", "mcp", "import", "sasl"] {
        assert!(offered.find_subcommand(word).is_none(), "{word}");
    }
}

#[test]
fn completions_and_the_manual_are_whole() {
    let fake = Fake::absent();
    for shell in ["bash", "zsh", "fish"] {
        let ran = fake.run(&format!("bowline completions {shell}"));
        assert!(ran.status == 0 && ran.stdout.contains("reconnect"), "{shell}");
    }
    let page = fake.run("bowline man").stdout;
    assert!(page.contains(".TH bowline 1"), "{}", &page[..200]);
    for section in ["BOWLINE TOKEN", "BOWLINE APPS APPROVE", "BOWLINE VAULT REKEY"] {
        assert!(page.contains(&format!(".SH \"{section}\"")), "{section}");
    }
}
