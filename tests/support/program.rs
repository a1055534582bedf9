//! Running programs: to their end with a deadline ([`run`]), or beside the test ([`Running`]).
//!
//! A program beside the test leads a process group of its own, which ends with the value that holds it.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;

use crate::wait::{PATIENCE, until};

/// How long a program may take to end after SIGTERM; the contract gives the agent 5 s.
const GOODBYE: Duration = Duration::from_secs(8);

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit status; 128 plus the number of the signal that ended it.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ran {
    /// The standard output as one JSON document.
    ///
    /// # Panics
    /// When it is none; the whole outcome is shown.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("not JSON ({e}): {self:?}"))
    }

    /// Itself, if the exit status is the one given.
    ///
    /// # Panics
    /// When it is another; the whole outcome is shown.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

/// Puts a copy of a file there as a program that can be run.
///
/// Another program writes it: a file that this process had open for writing would be held open by a child
/// that another test forks meanwhile, and could not be run (`ETXTBSY`).
///
/// # Panics
/// When there is no room for it.
pub fn put(file: &Path, program: &Path) {
    let done = Command::new("install").args(["-m", "755"]).args([file, program]).status();
    assert!(done.is_ok_and(|status| status.success()), "there is room for {}", program.display());
}

/// Puts a script for `sh` there as a program that can be run.
///
/// # Panics
/// When there is no room for it.
pub fn put_script(script: &str, program: &Path) {
    let text = program.with_extension("text");
    std::fs::write(&text, format!("#!/bin/sh\n{script}\n")).expect("there is room for the script");
    put(&text, program);
}

/// Runs a program to its end, without input, and collects what it says.
///
/// # Panics
/// When it cannot be started, or takes longer than a minute.
pub fn run(command: &mut Command) -> Ran {
    let mut running = Running::start("the program", command.stdin(Stdio::null()));
    let status = running.wait(Duration::from_secs(60));
    Ran { code: code_of(status), stdout: running.stdout_so_far(), stderr: running.stderr_so_far() }
}

/// The exit status as a shell tells it.
pub fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// A program beside the test. Dropping it ends its whole process group: SIGTERM, and SIGKILL after 8 s.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    lines: Receiver<String>,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
}

impl Running {
    /// Starts the program. Its standard input is as the command has it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|e| panic!("{name} cannot be started ({command:?}): {e}"));
        let (sender, lines) = channel();
        let out = child.stdout.take().expect("the standard output is a pipe");
        let err = child.stderr.take().expect("the standard error is a pipe");
        let stdout = collect(out, move |line| _ = sender.send(line.to_owned()));
        let stderr = collect(err, |_| {});
        Self { name: name.to_owned(), child, lines, stdout, stderr }
    }

    /// Gives it a line on its standard input, which has to be a pipe.
    ///
    /// # Panics
    /// When it does not listen.
    pub fn say(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("the standard input is a pipe");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("it listens");
    }

    /// The next line of its standard output.
    ///
    /// # Panics
    /// When none comes within half a minute, or it has ended; what it said on standard error is shown.
    pub fn line(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap_or_else(|e| {
            let why = match e {
                RecvTimeoutError::Timeout => "said nothing within 30 s",
                RecvTimeoutError::Disconnected => "said nothing more",
            };
            // Its last words may still be on their way: the two pipes end at their own times.
            let said_all = Instant::now() + Duration::from_secs(1);
            while self.stderr_so_far().is_empty() && Instant::now() < said_all {
                std::thread::sleep(Duration::from_millis(5));
            }
            panic!("{} {why}; its standard error: {}", self.name, self.stderr_so_far())
        })
    }

    /// The next line of its standard output that is a JSON object with this `event`.
    ///
    /// # Panics
    /// As [`Running::line`].
    pub fn event(&mut self, event: &str) -> Value {
        loop {
            match serde_json::from_str::<Value>(&self.line()) {
                Ok(value) if value["event"] == event => return value,
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Its standard input, where the command made it a pipe.
    pub fn stdin(&mut self) -> Option<&mut ChildStdin> {
        self.child.stdin.as_mut()
    }

    /// Its process id, which is its group's as well.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// True until it has ended.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        _ = nix::sys::signal::kill(Pid::from_raw(self.pid().cast_signed()), signal);
    }

    /// Waits for its end, and for the end of its output.
    ///
    /// # Panics
    /// When it has not ended by then.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let what = format!("the end of {} (pid {})", self.name, self.pid());
        let status = until(&what, limit, || self.child.try_wait().expect("a child can be waited for"));
        // a process that inherited the pipe may hold it open for longer: then what was said so far is enough
        let end = Instant::now() + Duration::from_secs(2);
        while Arc::strong_count(&self.stdout) + Arc::strong_count(&self.stderr) > 2 && Instant::now() < end {
            std::thread::yield_now();
        }
        status
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Panics
    /// When it takes longer than 8 s.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait(GOODBYE)
    }

    /// Everything on its standard output so far.
    pub fn stdout_so_far(&self) -> String {
        self.stdout.lock().expect("nobody panics while holding this").clone()
    }

    /// Everything on its standard error so far.
    pub fn stderr_so_far(&self) -> String {
        self.stderr.lock().expect("nobody panics while holding this").clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = Pid::from_raw(self.pid().cast_signed());
        if self.is_alive() {
            _ = killpg(group, Signal::SIGTERM);
            let end = Instant::now() + GOODBYE;
            while self.is_alive() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        // whoever is left in the group is not wanted any more
        _ = killpg(group, Signal::SIGKILL);
        _ = self.child.wait();
    }
}

fn collect(pipe: impl Read + Send + 'static, each: impl Fn(&str) + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let ours = Arc::clone(&text);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            {
                let mut text = ours.lock().expect("nobody panics while holding this");
                text.push_str(&line);
                text.push('\n');
            }
            each(&line);
        }
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_tells_its_words_and_its_end() {
        let ran = run(&mut shell("echo out; echo err >&2; exit 3"));
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (3, "out\n", "err\n"));
    }

    #[test]
    fn an_event_is_found_among_other_lines() {
        let mut running = Running::start(
            "a shell",
            &mut shell(r#"echo hello; echo '{"event":"ready","port":7}'; sleep 60"#),
        );
        assert_eq!(running.event("ready")["port"], 7);
    }

    #[test]
    fn dropping_ends_the_whole_group() {
        let mut running = Running::start("a shell", &mut shell("sleep 60 & echo $!; wait"));
        let pid: i32 = running.line().trim().parse().expect("a process id");
        drop(running);
        let ended = || nix::sys::signal::kill(Pid::from_raw(pid), None).is_err() || is_zombie(pid);
        until("the child's end", PATIENCE, || ended().then_some(()));
    }

    fn is_zombie(pid: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    }

    #[test]
    #[should_panic(expected = "its standard error: I cannot")]
    fn a_program_that_ends_early_is_quoted() {
        Running::start("a shell", &mut shell("echo I cannot >&2")).line();
    }
}
