//! A private desktop session: its own bus, keyring and folders (`tests/desktop/session --hold`).

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{Running, run};

/// How the session's keyring is found by a program that starts in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keyring {
    /// Open, as after signing in.
    Unlocked,
    /// There, and closed; nobody answers its dialog.
    Locked,
    /// No Secret Service on the bus at all.
    None,
}

impl Keyring {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unlocked => "unlocked",
            Self::Locked => "locked",
            Self::None => "none",
        }
    }
}

/// A session that lasts as long as this value.
#[derive(Debug)]
pub struct Session {
    _running: Running,
    environment: Vec<(String, String)>,
}

impl Session {
    /// Opens a session, in about half a second.
    ///
    /// # Panics
    /// When dbus-daemon or gnome-keyring is missing or does not start.
    pub fn open(keyring: Keyring) -> Self {
        Self::with(keyring, &[])
    }

    /// The same with a display, a notification service and a tray that remember what they are given.
    ///
    /// # Panics
    /// As [`Session::with`], and when Xvfb is missing.
    pub fn with_display(keyring: Keyring) -> Self {
        Self::with(keyring, &["--display", "--notifications", "recorder", "--tray"])
    }

    /// The same with more options, such as `["--notifications", "recorder", "--tray"]`.
    ///
    /// # Panics
    /// As [`Session::open`], and without Debian's python3-dbus and python3-gi.
    pub fn with(keyring: Keyring, options: &[&str]) -> Self {
        let mut command = Command::new(crate::root().join("tests/desktop/session"));
        command.args(["--keyring", keyring.as_str()]).args(options).arg("--hold").stdin(Stdio::piped());
        let mut running = Running::start("the session", &mut command);
        let ready = running.event("ready");
        let environment = ready["env"].as_object().into_iter().flatten();
        let environment = environment.map(|(name, value)| (name.clone(), text(value))).collect();
        Self { _running: running, environment }
    }

    /// The variables that make a program part of this session.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// A command in this session, not started yet.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What the open keyring holds under this service.
    ///
    /// # Panics
    /// When it holds nothing there.
    pub fn secret(&self, service: &str) -> String {
        let script = crate::root().join("tests/desktop/keyring");
        let ran = run(self.command(&script.to_string_lossy()).args(["secret", service])).expect_code(0);
        ran.stdout.trim().to_owned()
    }

    /// `person VERB …`: what the person at this session sees, or does.
    ///
    /// # Panics
    /// When what is waited for does not come.
    pub fn person(&self, words: &[&str]) -> Value {
        let script = crate::root().join("tests/desktop/person");
        run(self.command(&script.to_string_lossy()).args(words)).expect_code(0).json()
    }

    /// `keyring VERB`: start, stop, lock, unlock, or state, whose answer is returned.
    ///
    /// # Panics
    /// When the keyring does not obey within 15 s.
    pub fn keyring(&self, verb: &str) -> String {
        let script = crate::root().join("tests/desktop/keyring");
        let ran = run(self.command(&script.to_string_lossy()).arg(verb)).expect_code(0);
        ran.stdout.trim().to_owned()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_can_be_locked_unlocked_and_lost() {
        let session = Session::open(Keyring::Unlocked);
        assert_eq!(session.keyring("state"), "unlocked");
        session.keyring("lock");
        assert_eq!(session.keyring("state"), "locked");
        session.keyring("unlock");
        session.keyring("stop");
        assert_eq!(session.keyring("state"), "none");
        session.keyring("start");
        assert_eq!(session.keyring("state"), "unlocked");
    }

    #[test]
    fn a_session_can_begin_locked_or_without_a_keyring() {
        assert_eq!(Session::open(Keyring::Locked).keyring("state"), "locked");
        assert_eq!(Session::open(Keyring::None).keyring("state"), "none");
    }
}
