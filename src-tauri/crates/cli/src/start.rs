//! The agent itself, and starting one when none runs: the only file here that names it.
//!
//! An agent that is started by a command outlives it: a process group of its own, nothing of the terminal
//! but one pipe, on which it says "ready". Commands that find no agent at the same moment queue at a lock,
//! so that one of them starts it and the others find it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bowline_wire::shapes::ReadyView;
use bowline_wire::{Client, Paths};

use crate::args::Practice;
use crate::error::Failure;
use crate::exit::Exit;
use crate::signals;

/// How long a new agent may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// How often a command looks again while another one starts the agent.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Another agent may win the race for the vault; this long it is given to answer.
const OTHER_WITHIN: Duration = Duration::from_secs(2);

/// The most that is read of what a failed agent wrote.
const MAX_LOG: u64 = 16 * 1024;

/// Opens a page in the browser that this command's own environment names with `BROWSER`; the agent may have been
/// started from elsewhere, with another. `None` where none is named: then the agent opens its own.
pub fn page_opener() -> Option<fn(&str) -> bool> {
    std::env::var_os("BROWSER").filter(|name| !name.is_empty()).map(|_| open_page as fn(&str) -> bool)
}

fn open_page(address: &str) -> bool {
    bowline_agent::browser::open(address).is_ok()
}

/// Runs the agent in this process, until it ends.
pub fn agent(headless: bool) -> i32 {
    bowline_agent::run(bowline_agent::AgentArgs { headless })
}

/// Runs the practice provider in this process, until it ends.
pub fn practice(args: &Practice, json: bool) -> i32 {
    bowline_agent::run_practice(bowline_agent::PracticeArgs {
        port: args.port,
        access_ttl: args.access_ttl,
        grant_ttl: args.grant_ttl,
        rotate: args.rotate,
        rotate_grace: args.rotate_grace,
        fail: args.fail.clone(),
        list: args.list,
        json,
        with_stdin: args.with_stdin,
    })
}

/// Starts an agent of this program and comes back when it answers.
pub fn start(paths: &Paths) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(|e| Failure::file(Path::new("bowline"), &e))?;
    start_program(&program, paths)
}

fn start_program(program: &Path, paths: &Paths) -> Result<(), Failure> {
    let deadline = Instant::now() + READY_WITHIN;
    private_folder(&paths.run)?;
    private_folder(&paths.logs)?;
    let _turn = take_turn(&paths.run.join("start.lock"), deadline)?;
    if Client::connect(paths).is_there() {
        return Ok(());
    }
    let log_path = paths.agent_log();
    let mut log = open_log(&log_path).map_err(|e| Failure::file(&log_path, &e))?;
    let before = log.seek(SeekFrom::End(0)).map_err(|e| Failure::file(&log_path, &e))?;
    let child = spawn(program, &log).map_err(|e| Failure::file(program, &e))?;
    wait_until_ready(child, deadline, paths, || said(&mut log, before))
}

fn spawn(program: &Path, log: &File) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command.arg("agent").current_dir("/").process_group(0);
    // The agent does not stay in the folder we were called in, so names that are relative to it are not now.
    for name in ["BOWLINE_HOME", "BOWLINE_SOCK", "BOWLINE_PASSPHRASE_FILE"] {
        if let Some(path) = std::env::var_os(name).filter(|v| !v.is_empty()) {
            command.env(name, std::path::absolute(path)?);
        }
    }
    signals::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.try_clone()?))
}

fn wait_until_ready(
    mut child: Child,
    deadline: Instant,
    paths: &Paths,
    said: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let stdout = child.stdout.take().expect("the agent's stdout is a pipe");
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout.take(MAX_LOG)).read_line(&mut line);
        // Nobody listens any more when the time was up.
        let _ = tell.send(read.is_ok().then_some(line));
    });
    match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(Some(line)) if is_ready(&line) => Ok(()),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(too_slow(paths)),
        Ok(_) | Err(mpsc::RecvTimeoutError::Disconnected) => ended(&mut child, paths, said),
    }
}

fn is_ready(line: &str) -> bool {
    serde_json::from_str::<ReadyView>(line).is_ok_and(|r| r.event == "ready")
}

/// The agent ended instead of getting ready: either another one was faster, or it said why.
fn ended(child: &mut Child, paths: &Paths, said: impl FnOnce() -> String) -> Result<(), Failure> {
    let status = child.wait().ok().and_then(|s| s.code()).unwrap_or(1);
    // What was typed wrongly and a key that cannot be had keep their exits; else there is no agent, whatever the cause.
    let (exit, code) = match Exit::from_status(status) {
        Exit::Usage => (Exit::Usage, "invalid_request"),
        Exit::Locked => (Exit::Locked, "locked"),
        _ => (Exit::NoAgent, "no_agent"),
    };
    if exit == Exit::NoAgent && is_there_within(paths, OTHER_WITHIN) {
        return Ok(());
    }
    let (detail, fix) = reason(&said());
    Err(Failure::new(exit, code, detail, fix.unwrap_or_else(|| "bowline agent, to see it start".into())))
}

fn is_there_within(paths: &Paths, limit: Duration) -> bool {
    // Without its own word in `run`, no other agent is on its way.
    let (client, deadline) = (Client::connect(paths), Instant::now() + limit);
    while !client.is_there() {
        if Instant::now() >= deadline || !paths.agent_json().exists() {
            return false;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    true
}

fn too_slow(paths: &Paths) -> Failure {
    let detail = format!(
        "Bowline's agent was started but is not ready after {} s; it may be waiting for the keychain.",
        READY_WITHIN.as_secs()
    );
    Failure::new(
        Exit::NoAgent,
        "no_agent",
        detail,
        format!("try again, or look into {}", paths.agent_log().display()),
    )
}

/// What the agent said about its end: its last sentence for people, with the line that says what to do.
fn reason(log: &str) -> (String, Option<String>) {
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let sentence = lines.iter().rev().find_map(|l| l.strip_prefix("bowline: ")).or(lines.last().copied());
    let fix = lines.iter().rev().find_map(|l| l.strip_prefix("→ "));
    let detail = sentence
        .map_or_else(|| "Bowline's agent ended without a word.".into(), |s| s.chars().take(500).collect());
    (detail, fix.map(Into::into))
}

fn said(log: &mut File, before: u64) -> String {
    let mut text = Vec::new();
    let read = log.seek(SeekFrom::Start(before)).and_then(|_| log.take(MAX_LOG).read_to_end(&mut text));
    read.map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

fn open_log(path: &Path) -> std::io::Result<File> {
    let log = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    log.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(log)
}

fn private_folder(path: &Path) -> Result<(), Failure> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Failure::file(path, &e))
}

/// Held by the one command that starts the agent; given back when it is dropped, or with the process.
fn take_turn(path: &Path, deadline: Instant) -> Result<File, Failure> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = opened.map_err(|e| Failure::file(path, &e))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(e)) => return Err(Failure::file(path, &e)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOOK_AGAIN),
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    Exit::NoAgent,
                    "no_agent",
                    "Another command has been starting Bowline's agent for too long.",
                    "try again",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
