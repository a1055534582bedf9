//! The way to the agent: asking it over its socket, and starting it when it does not run.
//!
//! The window's commands do not start an agent: whoever ended it from the tray meant it. It is started when the
//! window opens, and when the person says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bowline_wire::paths::NoHome;
use bowline_wire::{Client, Code, Paths};

use crate::view::Problem;

/// The command line beside this program, else the one on the path.
const BOWLINE: &str = if cfg!(windows) { "bowline.exe" } else { "bowline" };
/// How long an agent may take to say that it ends, and then to be gone: five seconds are promised.
const LAST_WORD: Duration = Duration::from_secs(2);
const ENDS_WITHIN: Duration = Duration::from_secs(8);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The most of what a failed start said that is shown.
const MOST_WORDS: usize = 300;

/// The agent of this profile, as this program reaches it.
#[derive(Debug)]
pub struct Link {
    client: Client,
    paths: Paths,
    program: PathBuf,
    looked: AtomicBool,
}

impl Link {
    /// The agent of the profile that the environment names.
    ///
    /// # Errors
    /// Where no home folder is known.
    pub fn find() -> Result<Self, NoHome> {
        let paths = Paths::find()?;
        Ok(Self {
            client: Client::connect(&paths),
            program: beside_us(BOWLINE),
            paths,
            looked: AtomicBool::new(false),
        })
    }

    /// The way to ask.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Where the profile's files are.
    pub const fn paths(&self) -> &Paths {
        &self.paths
    }

    /// True until the first try to find or start an agent is over.
    pub fn is_starting(&self) -> bool {
        !self.looked.load(Ordering::Acquire)
    }

    /// Starts the agent and comes back when it answers; an agent that runs is enough. Blocks for ten seconds at
    /// the longest, which is the command line's own limit.
    ///
    /// # Errors
    /// With what the command line said.
    pub fn start_agent(&self) -> Result<(), Problem> {
        let started = self.start();
        self.looked.store(true, Ordering::Release);
        started
    }

    /// Ends an agent that runs and starts one of this installation.
    ///
    /// # Errors
    /// As [`Link::start_agent`]; when the old one does not end within its time.
    pub fn restart_agent(&self) -> Result<(), Problem> {
        if self.client.is_there() {
            // Whatever it answers, in whatever version: what counts is that it goes.
            let _ = self.client.post("/v1/stop").timeout(LAST_WORD).send::<serde_json::Value>();
            let end = Instant::now() + ENDS_WITHIN;
            while self.client.is_there() {
                if Instant::now() > end {
                    let detail =
                        "The agent that runs does not end. End it with `bowline stop`, then try again.";
                    return Err(Problem::here(Code::TemporarilyUnavailable, detail));
                }
                std::thread::sleep(LOOK_AGAIN);
            }
        }
        self.start_agent()
    }

    fn start(&self) -> Result<(), Problem> {
        if self.client.is_there() {
            return Ok(());
        }
        let mut command = Command::new(&self.program);
        // Any verb that asks starts an agent first; this one only reads.
        command
            .args(["accounts", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        #[cfg(target_os = "linux")]
        crate::painting::is_not_for(&mut command);
        let ran = command.output().map_err(|error| {
            let detail =
                format!("Bowline's own program could not be started: {error}. Install Bowline again.");
            Problem::here(Code::Internal, detail)
        })?;
        if self.client.is_there() {
            return Ok(());
        }
        Err(Problem::here(Code::Internal, told(&String::from_utf8_lossy(&ran.stderr))))
    }
}

/// The program of this name in our own folder, where a package puts both; else whatever the path finds.
fn beside_us(name: &str) -> PathBuf {
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).map(|folder| folder.join(name));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
}

/// The sentence in what the command line wrote, without its name in front.
fn told(words: &str) -> String {
    let line = words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let sentence = line.strip_prefix("bowline: ").unwrap_or(line);
    if sentence.is_empty() {
        return "Bowline's agent did not start, and did not say why. Its log tells more.".to_owned();
    }
    sentence.chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_start_is_told_in_its_own_words() {
        assert_eq!(told("\nbowline: the disk is full\nmore\n"), "the disk is full");
        assert!(told("").contains("log"));
        assert_eq!(told(&"x".repeat(5000)).len(), MOST_WORDS);
    }
}
