//! A temporary `BOWLINE_HOME`, and the command line in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ran, Running, run};
use crate::session::Session;

/// What opens the vault where the keystore is a passphrase.
pub const PASSPHRASE: &str = "a passphrase of the tests";

/// A home of its own for Bowline, removed at the end together with any agent that still runs in it.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    env: Vec<(String, String)>,
}

impl Home {
    /// A home whose vault opens with [`PASSPHRASE`]; there is no session bus and no browser.
    pub fn new() -> Self {
        let home = Self::bare();
        let file = home.path().join("passphrase");
        fs::write(&file, PASSPHRASE).expect("the home is writable");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        home.with("BOWLINE_KEYSTORE", "passphrase").with("BOWLINE_PASSPHRASE_FILE", &file.to_string_lossy())
    }

    /// A home whose vault opens with the keyring of a private session.
    pub fn in_session(session: &Session) -> Self {
        session.environment().iter().fold(Self::bare(), |home, (name, value)| home.with(name, value))
    }

    /// A home without a keystore of any kind: an empty machine.
    pub fn bare() -> Self {
        // a socket's path has room for 107 bytes, so the folder is always a short one
        let folder = tempfile::Builder::new().prefix("bl-").tempdir_in("/tmp").expect("/tmp is writable");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("the folder is ours");
        Self { folder, env: Vec::new() }
    }

    /// The same home with one more variable in the environment of its programs.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where settings and provider files are.
    pub fn config(&self) -> PathBuf {
        self.path().join("config")
    }

    /// Where the vault is.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The agent's socket.
    pub fn socket(&self) -> PathBuf {
        self.path().join("run/agent.sock")
    }

    /// Writes `config/settings.toml`.
    pub fn settings(&self, text: &str) {
        self.write("config/settings.toml", text);
    }

    /// Writes `config/providers/NAME.toml`.
    pub fn provider(&self, name: &str, text: &str) {
        self.write(&format!("config/providers/{name}.toml"), text);
    }

    fn write(&self, place: &str, text: &str) {
        let file = self.path().join(place);
        fs::create_dir_all(file.parent().expect("the file lies in a folder")).expect("the home is writable");
        fs::write(file, text).expect("the home is writable");
    }

    /// `bowline ARGUMENTS` in this home, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(binary());
        command.args(arguments);
        command
    }

    /// Another program in this home, not started yet.
    pub fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.current_dir(self.path()).env("HOME", self.path());
        command.env("BOWLINE_HOME", self.path()).env("NO_COLOR", "1").env("BROWSER", "false");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `bowline ARGUMENTS` in this home to its end.
    ///
    /// # Panics
    /// When it cannot be started or takes longer than a minute.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// Connects a provider by `bowline connect --no-browser`, with `browse.py` as the person at its pages; the
    /// connected account.
    ///
    /// # Panics
    /// When the connection fails.
    pub fn connect(&self, provider: &str, person: &[&str]) -> Value {
        let arguments = ["connect", provider, "--no-browser", "--json"];
        let mut connecting = Running::start("bowline connect", &mut self.command(&arguments));
        let url = connecting.event("authorize")["url"].as_str().expect("an address").to_owned();
        browse(person, &url).expect_code(0);
        connecting.event("connected")["account"].clone()
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Home {
    /// Ends an agent that the command line started here by itself.
    fn drop(&mut self) {
        let Ok(text) = fs::read_to_string(self.path().join("run/agent.json")) else { return };
        let ready: Value = serde_json::from_str(&text).unwrap_or_default();
        let Some(pid) = ready["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()) else { return };
        let program = PathBuf::from(format!("/proc/{pid}/exe"));
        // the file outlives its agent, and the number may be somebody else's by now
        let is_ours = || fs::read_link(&program).is_ok_and(|exe| exe.file_name() == binary().file_name());
        if is_ours() {
            _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            for _ in 0..600 {
                if !is_ours() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// What would lead a program to the desktop, the agent or the settings of the person who runs the tests.
const FOREIGN: [&str; 14] = [
    "BOWLINE_SOCK",
    "BOWLINE_KEYSTORE",
    "BOWLINE_PASSPHRASE_FILE",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "https_proxy",
    "http_proxy",
];

/// The program under test: `BOWLINE_BIN`, else the one that was built beside this test.
///
/// # Panics
/// When it is not there: `cargo build --bin bowline` makes it.
pub fn binary() -> PathBuf {
    let built = || {
        let own = std::env::current_exe().expect("a test knows its own file");
        // tests lie in target/PROFILE/deps, and programs such as the story beside Bowline itself
        let folder = own.parent().expect("a file lies in a folder");
        let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
        folder.join("bowline")
    };
    std::env::var_os("BOWLINE_BIN").map_or_else(built, PathBuf::from)
}

/// Plays the person at a provider's pages: `tests/browser/browse.py OPTIONS URL`.
///
/// # Panics
/// When it cannot be started or takes longer than a minute.
pub fn browse(options: &[&str], url: &str) -> Ran {
    let script = crate::root().join("tests/browser/browse.py");
    run(Command::new("python3").arg(script).args(options).arg(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_room_for_a_socket_and_goes_away() {
        let home = Home::new();
        let path = home.path().to_owned();
        assert!(home.socket().as_os_str().len() < 100, "{:?}", home.socket());
        assert_eq!(fs::metadata(&path).expect("it exists").permissions().mode() & 0o777, 0o700);
        drop(home);
        assert!(!path.exists());
    }

    #[test]
    fn a_command_sees_nothing_of_the_desktop_around_it() {
        let command = Home::new().with("DISPLAY", ":77").command(&["status"]);
        let value = |name: &str| {
            command.get_envs().find(|(n, _)| *n == name).map(|(_, value)| value.map(ToOwned::to_owned))
        };
        assert_eq!(value("DBUS_SESSION_BUS_ADDRESS"), Some(None));
        assert_eq!(value("DISPLAY"), Some(Some(":77".into())));
    }
}
