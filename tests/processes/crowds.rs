//! A thousand readers in fifty processes, all at the moment at which the token no longer does: one request at the
//! provider, one answer for all.
//!
//! `BOWLINE_CROWDS` says how often; a hundred take about ten minutes:
//!
//! ```text
//! cargo build --workspace --bins
//! BOWLINE_CROWDS=100 cargo test --workspace --test processes crowds:: -- --nocapture
//! ```

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use bowline_tests::Running;
use bowline_tests::home::binary;
use bowline_tests::program::code_of;
use bowline_tests::proof;
use bowline_tests::wait::{PATIENCE, until};
use serde_json::json;

use crate::stage::{QUICK, Stage, expect, text};

const PROCESSES: usize = 50;
const READERS_IN_EACH: usize = 20;
/// How often when nobody says otherwise.
const FEW: u64 = 2;
/// How long each token lives, and how long the readers need it to: three seconds after a renewal it does no longer, and
/// none is planned yet.
const LIVES: &str = "20s";
const NEEDED_S: u64 = 17;

#[test]
fn f55_a_thousand_readers_in_fifty_processes_are_one_request_and_one_answer_every_time() {
    let runs = proof::number("BOWLINE_CROWDS").unwrap_or(FEW);
    // an answer that is slow enough for all to have come is waited for
    let settings = QUICK.replace("timeouts = [\"1s\"]", "timeouts = [\"20s\"]");
    let settings = format!("{settings}[ipc]\nreads_per_minute = 1000000\n");
    let stage = Stage::with_settings(&settings, &["--access-ttl", LIVES, "--rotate"]);
    let id = text(&stage.connect("alice")["id"]);
    let mut as_they_should = 0;
    for run in 1..=runs {
        until("a token that is too old", PATIENCE, || {
            let left = expect(200, &stage.token(&id))["expires_in"].as_u64()?;
            (left < NEEDED_S).then_some(())
        });
        let before = stage.renewals();
        stage.play(&json!({"fail": "token=slow:1500@1"}));
        let answers = read_at_once(&stage, &format!("/v1/accounts/{id}/token?min_ttl={NEEDED_S}"));
        let requests = stage.renewals() - before;
        let is_one =
            requests == 1 && answers.len() == 1 && answers.iter().all(|answer| answer.starts_with("200 "));
        assert!(is_one, "run {run}: {requests} token requests, answers {answers:?}");
        as_they_should += 1;
    }
    proof::say(&format!(
        "crowds: {} readers in {PROCESSES} processes, {as_they_should} of {runs} runs with 1 token request and 1 distinct answer",
        PROCESSES * READERS_IN_EACH
    ));
}

/// The distinct answers of all readers.
fn read_at_once(stage: &Stage, path: &str) -> BTreeSet<String> {
    let socket = stage.home.socket();
    let crowd = |_| {
        let mut command = Command::new(binary().with_file_name("crowd"));
        command.arg(&socket).arg(path).arg(READERS_IN_EACH.to_string()).stdin(Stdio::piped());
        Running::start("a crowd", &mut command)
    };
    let mut crowds: Vec<Running> = (0..PROCESSES).map(crowd).collect();
    for crowd in &mut crowds {
        assert_eq!(crowd.line(), "ready");
    }
    for crowd in &mut crowds {
        let input = crowd.stdin().expect("it waits for a line");
        writeln!(input, "now").expect("it reads it");
    }
    let mut answers = BTreeSet::new();
    for crowd in &mut crowds {
        assert_eq!(code_of(crowd.wait(PATIENCE + Duration::from_secs(10))), 0, "{}", crowd.stderr_so_far());
        answers.extend(crowd.stdout_so_far().lines().skip(1).map(str::to_owned));
    }
    answers
}
