//! Bowline's own long-running programs: the agent and the practice provider.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::home::Home;
use crate::program::Running;
use crate::raw::Door;

/// `bowline agent --headless`, ready to answer. SIGTERM when it is dropped.
#[derive(Debug)]
pub struct Agent {
    running: Running,
    /// What it said when it was ready.
    pub ready: Value,
}

impl Agent {
    /// Starts the agent of this home and waits until it can answer.
    ///
    /// # Panics
    /// When it does not become ready; its words are shown.
    pub fn start(home: &Home) -> Self {
        Self::start_by(&mut home.command(&["agent", "--headless"]))
    }

    /// The same with a command of the test's own.
    ///
    /// # Panics
    /// As [`Agent::start`].
    pub fn start_by(command: &mut Command) -> Self {
        let mut running = Running::start("the agent", command.stdin(Stdio::null()));
        let ready = running.event("ready");
        Self { running, ready }
    }

    /// The process id that it names itself.
    ///
    /// # Panics
    /// When its ready line has none.
    pub fn pid(&self) -> u32 {
        let pid = self.ready["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        pid.expect("the ready line has a pid")
    }

    /// Its socket.
    ///
    /// # Panics
    /// When its ready line has none.
    pub fn socket(&self) -> Door {
        Door::Socket(PathBuf::from(self.ready["socket"].as_str().expect("the ready line has a socket")))
    }

    /// Its loopback port.
    ///
    /// # Panics
    /// When its ready line has none.
    pub fn loopback(&self) -> Door {
        Door::at(self.ready["http"].as_str().expect("the ready line has an http address"))
    }

    /// Ends it as a person would: SIGTERM, and at most 8 s of patience.
    ///
    /// # Panics
    /// When it takes longer.
    pub fn stop(mut self) -> ExitStatus {
        self.running.stop()
    }

    /// Ends it as a crash would.
    ///
    /// # Panics
    /// When the kernel does not obey within 10 s.
    pub fn kill(mut self) {
        self.running.signal(Signal::SIGKILL);
        self.running.wait(Duration::from_secs(10));
    }

    /// True until it has ended.
    pub fn is_alive(&mut self) -> bool {
        self.running.is_alive()
    }

    /// What it said on standard error so far.
    pub fn words(&self) -> String {
        self.running.stderr_so_far()
    }
}

/// `bowline practice`, ready to answer.
#[derive(Debug)]
pub struct Practice {
    running: Running,
    /// Its issuer.
    pub issuer: String,
}

impl Practice {
    /// Starts the practice provider of this home with options such as `["--access-ttl", "5s", "--rotate"]`.
    ///
    /// # Panics
    /// When it does not become ready; its words are shown.
    pub fn start(home: &Home, options: &[&str]) -> Self {
        let mut command = home.command(&["practice", "--json"]);
        let mut running = Running::start("the practice provider", command.args(options).stdin(Stdio::null()));
        let issuer =
            running.event("ready")["issuer"].as_str().expect("the ready line has an issuer").to_owned();
        Self { running, issuer }
    }

    /// Where it listens.
    pub fn door(&self) -> Door {
        Door::at(&self.issuer)
    }

    /// Makes it unreachable, as where its machine is down.
    ///
    /// # Panics
    /// When it takes longer than 8 s to end.
    pub fn stop(mut self) {
        self.running.stop();
    }
}
