//! `bowline exec`: a command that finds its token in the environment or in a file, and never runs without one.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bowline_tests::Running;
use bowline_tests::program::code_of;
use bowline_tests::wait::{PATIENCE, until};
use nix::sys::signal::Signal;
use serde_json::json;

use crate::stage::{Stage, text};

fn token(stage: &Stage) -> String {
    text(&stage.token("practice").json()["access_token"])
}

#[test]
fn r24_the_token_is_in_the_environment_under_the_name_that_was_asked_for() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let usual = stage.home.run(&["exec", "practice", "--", "printenv", "BOWLINE_TOKEN"]).expect_code(0);
    assert_eq!(usual.stdout.trim(), token(&stage));
    let named = stage
        .home
        .run(&["exec", "practice", "--env", "GH_TOKEN", "--", "printenv", "GH_TOKEN"])
        .expect_code(0);
    assert_eq!(named.stdout.trim(), token(&stage));
    stage
        .home
        .run(&["exec", "practice", "--env", "GH_TOKEN", "--", "printenv", "BOWLINE_TOKEN"])
        .expect_code(1);
    for name in ["1X", "A B", "", "A=B"] {
        stage.home.run(&["exec", "practice", "--env", name, "--", "true"]).expect_code(2);
    }
}

#[test]
fn a_commands_own_exit_is_passed_on() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    for options in [&["exec", "practice"][..], &["exec", "practice", "--file"]] {
        for code in [0, 1, 3, 42] {
            let script = format!("exit {code}");
            stage.home.run(&[options, &["--", "sh", "-c", &script]].concat()).expect_code(code);
        }
        stage.home.run(&[options, &["--", "sh", "-c", "kill -KILL $$"]].concat()).expect_code(128 + 9);
        stage.home.run(&[options, &["--", "/nowhere/at/all"]].concat()).expect_code(127);
    }
}

#[test]
fn r23_without_a_token_the_command_is_never_run() {
    let stage = Stage::new(&["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    let marker = stage.home.path().join("it-ran");
    let marker_text = marker.to_string_lossy().into_owned();
    let ran = |selector: &str, exit: i32| {
        for file in [&[][..], &["--file"]] {
            stage
                .home
                .run(&[&["exec", selector], file, &["--", "touch", &marker_text]].concat())
                .expect_code(exit);
            assert!(!marker.exists());
        }
    };
    ran("nobody", 3);
    stage.home.run(&["pause", &id]).expect_code(0);
    ran(&id, 6);
    stage.home.run(&["resume", &id]).expect_code(0);
    stage.home.run(&["vault", "lock"]).expect_code(0);
    ran(&id, 7);
    stage.home.run(&["vault", "unlock"]).expect_code(0);
    stage.play(&json!({"fail": "revoked"}));
    stage.refresh(&id);
    ran(&id, 4);
    stage.home.run(&["stop"]).expect_code(0);
    stage.home.run(&["exec", &id, "--no-autostart", "--", "touch", &marker_text]).expect_code(8);
    assert!(!marker.exists());
}

/// A command with a token file that stays until it is told to end; its pid and the file's place.
fn with_file(stage: &Stage) -> (Running, PathBuf) {
    let script = "echo \"{\\\"event\\\":\\\"started\\\",\\\"pid\\\":$$,\\\"file\\\":\\\"$BOWLINE_TOKEN_FILE\\\"}\"; exec sleep 60";
    let mut command = stage.home.command(&["exec", "practice", "--file", "--", "sh", "-c", script]);
    let mut running = Running::start("bowline exec --file", command.stdin(Stdio::null()));
    let started = running.event("started");
    (running, PathBuf::from(text(&started["file"])))
}

#[test]
fn f01_o38_the_file_is_private_and_stays_fresh_through_renewals() {
    let stage = Stage::new(&["--access-ttl", "10m"]);
    stage.connect("alice");
    let (mut running, file) = with_file(&stage);
    let read = || std::fs::read_to_string(&file).expect("the file is there");
    assert_eq!(read().trim(), token(&stage));
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));
    for _ in 0..3 {
        let before = read();
        stage.refresh("practice");
        until("the renewed token in the file", PATIENCE, || (read() != before).then_some(()));
        assert_eq!(read().trim(), token(&stage));
    }
    running.signal(Signal::SIGTERM);
    assert_eq!(code_of(running.wait(Duration::from_secs(5))), 128 + 15, "the signal reached the command");
    assert!(!file.exists() && !file.parent().expect("a folder").exists(), "gone with the command");
}

#[test]
fn f03_the_file_is_gone_within_a_second_however_the_command_ends() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    for signal in ["TERM", "INT", "KILL", "HUP"] {
        let script = format!(
            "echo \"{{\\\"event\\\":\\\"started\\\",\\\"file\\\":\\\"$BOWLINE_TOKEN_FILE\\\"}}\"; kill -{signal} $$; sleep 60"
        );
        let mut command = stage.home.command(&[
            "exec",
            "practice",
            "--file",
            "--",
            "env",
            "--default-signal",
            "sh",
            "-c",
            &script,
        ]);
        let mut running = Running::start("bowline exec --file", command.stdin(Stdio::null()));
        let file = PathBuf::from(text(&running.event("started")["file"]));
        running.wait(Duration::from_secs(5));
        until("the file's end", Duration::from_secs(1), || (!file.exists()).then_some(()));
    }
    // and one that a killed bowline left behind is swept away by the next
    let (running, file) = with_file(&stage);
    running.signal(Signal::SIGKILL);
    drop(running);
    assert!(file.exists(), "nobody was left to remove it");
    stage.home.run(&["exec", "practice", "--file", "--", "true"]).expect_code(0);
    assert!(!file.exists());
}

#[test]
fn f01_o38_a_job_of_three_lifetimes_reads_a_valid_token_each_time() {
    let stage = Stage::new(&["--access-ttl", "3s"]);
    stage.connect("alice");
    let userinfo = format!("{}/userinfo", stage.practice.issuer);
    // asks the provider with whatever the file holds, for three lifetimes; each answer has to be 200
    let script = format!(
        "import os,time,urllib.request\nend=time.monotonic()+9\nn=0\nseen=set()\n\
         while time.monotonic()<end:\n\
         \ttoken=open(os.environ['BOWLINE_TOKEN_FILE']).read().strip()\n\
         \trequest=urllib.request.Request('{userinfo}',headers={{'Authorization':'Bearer '+token}})\n\
         \tassert urllib.request.urlopen(request,timeout=5).status==200\n\
         \tseen.add(token); n+=1; time.sleep(0.1)\n\
         print(n,len(seen))"
    );
    let ran = stage.home.run(&["exec", "practice", "--file", "--", "python3", "-c", &script]).expect_code(0);
    let mut figures = ran.stdout.split_whitespace().map(|figure| figure.parse::<u32>().expect("a figure"));
    let (reads, tokens) = (figures.next().expect("reads"), figures.next().expect("tokens"));
    assert!(reads > 30 && tokens >= 3, "{ran:?}");
}
