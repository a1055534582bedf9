//! The agent's life: how it comes, that there is one, how it ends, and that no end loses an account.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bowline_tests::program::{code_of, run};
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Door, Home, Practice, Running};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::stage::{
    QUICK, Stage, account, connect, expect, get, play, post, practice, quick_home, renewals, text,
    until_status,
};

fn ready(home: &Home) -> Value {
    let text = std::fs::read_to_string(home.path().join("run/agent.json")).expect("agent.json is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn stop(home: &Home) {
    home.run(&["stop"]).expect_code(0);
}

#[test]
fn e20_an_empty_home_is_enough_and_any_command_starts_the_agent() {
    let home = Home::new();
    let listed = home.run(&["accounts", "--json"]).expect_code(0).json();
    assert_eq!(listed, json!({"accounts": []}));
    let first = ready(&home)["pid"].clone();
    for command in [&["status"][..], &["providers"], &["apps"], &["log"], &["vault"]] {
        home.run(command).expect_code(0);
    }
    assert_eq!(ready(&home)["pid"], first, "one agent serves them all");
    stop(&home);
    assert!(!home.path().join("run/agent.json").exists() && !home.socket().exists());
    home.run(&["stop"]).expect_code(8);
}

#[test]
fn without_autostart_there_is_no_agent_and_exit_8() {
    let home = Home::new();
    for command in [&["accounts"][..], &["token", "x"], &["connect", "practice"], &["log"], &["doctor"]] {
        let ran = home.run(&[command, &["--no-autostart"]].concat()).expect_code(8);
        assert!(ran.stderr.contains("bowline agent"), "{ran:?}");
        let problem = home.run(&[command, &["--no-autostart", "--json"]].concat()).expect_code(8).json();
        assert_eq!(problem["code"], "no_agent");
    }
    assert!(!home.path().join("run/agent.json").exists());
}

#[test]
fn f17_commands_that_come_together_start_one_agent() {
    let home = Home::new();
    let mut all: Vec<Running> = (0..8)
        .map(|_| {
            Running::start("bowline accounts", home.command(&["accounts", "--json"]).stdin(Stdio::null()))
        })
        .collect();
    for each in &mut all {
        assert_eq!(code_of(each.wait(PATIENCE)), 0, "{}", each.stderr_so_far());
    }
    let agents = agents_of(&home);
    assert_eq!(agents.len(), 1, "{agents:?}");
}

/// The processes that hold this home's lock file open.
fn agents_of(home: &Home) -> Vec<String> {
    let lock = home.data().join("lock");
    let holds = |pid: &str| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|file| file == lock)
    };
    let all = std::fs::read_dir("/proc").expect("/proc is there").flatten();
    all.map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.bytes().all(|b| b.is_ascii_digit()) && holds(name))
        .collect()
}

#[test]
fn f22_a_second_agent_names_the_first_and_leaves_it_alone() {
    let home = Home::new();
    let mut first = Agent::start(&home);
    let ran = home.run(&["agent", "--headless"]).expect_code(1);
    assert!(ran.stderr.contains(&first.pid().to_string()), "{ran:?}");
    assert!(first.is_alive());
    expect(200, &get(&first.socket(), "/v1/health"));
    assert_eq!(ready(&home), first.ready, "agent.json is what it said");
}

#[test]
fn f21_f22_what_a_crash_leaves_behind_is_replaced_within_two_seconds() {
    let home = Home::new();
    let first = Agent::start(&home);
    let pid = first.pid();
    first.kill();
    assert!(home.socket().exists() && home.path().join("run/agent.json").exists(), "a crash tidies nothing");
    let began = Instant::now();
    let second = Agent::start(&home);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_ne!(second.pid(), pid);
    expect(200, &get(&second.socket(), "/v1/accounts"));
    second.kill();
    home.run(&["accounts"]).expect_code(0);
}

#[test]
fn sigterm_and_sigint_end_it_within_five_seconds_with_exit_0_from_its_ready_line_on() {
    for round in 0..8 {
        let home = Home::new();
        let mut command = home.command(&["agent", "--headless"]);
        let mut running = Running::start("the agent", command.stdin(Stdio::null()));
        running.event("ready");
        let began = Instant::now();
        running.signal(if round % 2 == 0 { Signal::SIGTERM } else { Signal::SIGINT });
        assert_eq!(code_of(running.wait(Duration::from_secs(8))), 0);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert!(!home.socket().exists() && !home.path().join("run/agent.json").exists());
    }
}

/// A practice provider that stays where it is, however often the agent restarts.
fn fixed(home: &Home, options: &[&str]) -> Practice {
    practice(home, &[&["--access-ttl", "10m"], options].concat())
}

/// Begins a renewal without waiting for its end, and comes back once the provider has it.
fn renewal_under_way(owner: &Door, provider: &Door, id: &str) {
    let (door, path) = (owner.clone(), format!("/v1/accounts/{id}/refresh"));
    let before = renewals(provider);
    // the agent may end before it answers; then there is no answer to be read
    std::thread::spawn(move || {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        _ = bowline_tests::raw::send(&door, head.as_bytes());
    });
    until("the renewal at the provider", PATIENCE, || (renewals(provider) > before).then_some(()));
}

fn token(owner: &Door, id: &str) -> String {
    text(&expect(200, &get(owner, &format!("/v1/accounts/{id}/token")))["access_token"])
}

#[test]
fn f21_sigterm_in_a_renewal_waits_for_the_answer_and_keeps_it() {
    let home = Home::new();
    home.settings(&QUICK.replace("timeouts = [\"1s\"]", "timeouts = [\"20s\"]"));
    let provider = fixed(&home, &["--rotate"]);
    let agent = Agent::start(&home);
    let id = text(&connect(&agent.socket(), "practice", &[])["id"]);
    let before = token(&agent.socket(), &id);
    play(&provider.door(), &json!({"fail": "token=slow:2000@1"}));
    renewal_under_way(&agent.socket(), &provider.door(), &id);
    let began = Instant::now();
    assert_eq!(agent.stop().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // nobody is there to renew again: what is served now came with the answer
    provider.stop();
    let agent = Agent::start(&home);
    let after = token(&agent.socket(), &id);
    assert_ne!(before, after, "the renewed token is on disk");
    assert_eq!(account(&agent.socket(), &id)["status"], "healthy");
}

#[test]
fn f21_a_kill_before_the_provider_did_anything_loses_nothing() {
    let home = quick_home();
    let provider = fixed(&home, &["--rotate"]);
    let agent = Agent::start(&home);
    let id = text(&connect(&agent.socket(), "practice", &[])["id"]);
    play(&provider.door(), &json!({"fail": "token=hang@1"}));
    renewal_under_way(&agent.socket(), &provider.door(), &id);
    agent.kill();
    let agent = Agent::start(&home);
    until("the retried renewal", PATIENCE, || {
        let seen = account(&agent.socket(), &id);
        (seen["last_refresh"]["outcome"] == "ok").then_some(())
    });
    until_status(&agent.socket(), &id, "healthy", None);
    expect(200, &post(&agent.socket(), &format!("/v1/accounts/{id}/refresh"), &Value::Null));
}

#[test]
fn f11_a_kill_after_the_provider_did_its_part_is_told_apart() {
    let home = quick_home();
    let provider = fixed(&home, &["--rotate"]);
    let agent = Agent::start(&home);
    let id = text(&connect(&agent.socket(), "practice", &[])["id"]);
    play(&provider.door(), &json!({"fail": "token=swallow@1"}));
    renewal_under_way(&agent.socket(), &provider.door(), &id);
    agent.kill();
    let agent = Agent::start(&home);
    let seen = until_status(&agent.socket(), &id, "needs_reconnect", Some("interrupted_renewal"));
    assert_eq!(seen["action"], "reconnect");
    assert_eq!(renewals(&provider.door()), 2, "retried once with the old refresh token");
    home.run(&["token", &id]).expect_code(4);
}

#[test]
fn f11_o42_kills_at_any_moment_lose_no_account_that_the_provider_honours() {
    let home = quick_home();
    let provider = fixed(&home, &["--rotate"]);
    let mut agent = Agent::start(&home);
    let id = text(&connect(&agent.socket(), "practice", &[])["id"]);
    // the answer is on its way or just there: whatever the journal holds must be enough
    for pause in [0, 3, 10, 30, 60] {
        play(&provider.door(), &json!({"fail": "token=slow:30@1"}));
        renewal_under_way(&agent.socket(), &provider.door(), &id);
        let end = Instant::now() + Duration::from_millis(pause);
        while Instant::now() < end {
            std::thread::yield_now();
        }
        agent.kill();
        agent = Agent::start(&home);
        let seen = until("the account's fate", PATIENCE, || {
            let seen = account(&agent.socket(), &id);
            matches!(seen["status"].as_str(), Some("healthy" | "needs_reconnect")).then_some(seen)
        });
        if seen["status"] == "needs_reconnect" || account(&agent.socket(), &id)["status"] == "needs_reconnect"
        {
            assert_eq!(
                account(&agent.socket(), &id)["reason"],
                "interrupted_renewal",
                "its answer was lost with the agent"
            );
            let body = json!({"provider": "", "account": id, "flow": "browser", "open_browser": false});
            let (attempt, url) = crate::stage::begin_with(&agent.socket(), &body);
            bowline_tests::home::browse(&[], &url);
            assert_eq!(crate::stage::end_of(&agent.socket(), &attempt)["account"]["id"], id.as_str());
        }
    }
}

#[test]
fn modes_are_0700_and_0600_whatever_the_umask() {
    let stage = Stage::new(&[]);
    let home = quick_home();
    let program = home.command(&["accounts"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 000; exec \"$0\" accounts"])
        .arg(program.get_program())
        .current_dir(home.path());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    assert_eq!(run(&mut command).code, 0);
    // an app and an account leave files behind, too
    let owner = Door::Socket(home.socket());
    connect(&owner, &stage.practice.issuer, &[]);
    let mut wrong = Vec::new();
    for folder in ["config", "data", "run", "logs"] {
        check_modes(&home.path().join(folder), &mut wrong);
    }
    wrong.retain(|found| !found.contains("settings.toml"));
    assert!(wrong.is_empty(), "{wrong:#?}");
    stop(&home);
}

fn check_modes(place: &Path, wrong: &mut Vec<String>) {
    let about = std::fs::symlink_metadata(place).expect("it is there");
    let mode = about.permissions().mode() & 0o777;
    let wanted = if about.is_dir() { 0o700 } else { 0o600 };
    if mode != wanted {
        wrong.push(format!("{} is {mode:o}", place.display()));
    }
    if about.is_dir() {
        let entries = std::fs::read_dir(place).expect("it can be read").flatten();
        entries.for_each(|entry| check_modes(&entry.path(), wrong));
    }
}

#[test]
fn the_ready_line_and_agent_json_are_one_and_the_log_is_one_file() {
    let home = Home::new();
    let agent = Agent::start(&home);
    let keys: Vec<&String> = agent.ready.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["event", "http", "pid", "socket"]);
    assert_eq!(ready(&home), agent.ready);
    assert!(text(&agent.ready["http"]).starts_with("http://127.0.0.1:"));
    assert_eq!(agent.ready["socket"], home.socket().to_string_lossy().as_ref());
    assert!(home.path().join("logs/agent.log").is_file());
}

#[test]
fn bowline_sock_leads_a_command_to_another_agent() {
    let (home, other) = (Home::new(), Home::new());
    let agent = Agent::start(&home);
    let mut command = other.command(&["accounts", "--json", "--no-autostart"]);
    let ran = run(command.env("BOWLINE_SOCK", home.socket()));
    assert_eq!((ran.code, ran.json()), (0, json!({"accounts": []})), "{ran:?}");
    drop(agent);
}

#[test]
fn without_a_loopback_port_the_socket_alone_works() {
    let home = Home::new();
    home.settings("[ipc]\nhttp = false\n");
    let agent = Agent::start(&home);
    assert_eq!(agent.ready["http"], Value::Null, "{}", agent.ready);
    expect(200, &get(&agent.socket(), "/v1/accounts"));
}
