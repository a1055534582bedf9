//! Where Bowline's files are: the platform's folders, or all under `BOWLINE_HOME` (contract §1).
//!
//! Only names: nothing is looked up on disk and nothing is made here. The agent makes its folders itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// What a person edits: settings and provider files.
    pub config: PathBuf,
    /// The vault.
    pub data: PathBuf,
    /// The socket and `agent.json`, while an agent runs.
    pub run: PathBuf,
    /// The logs.
    pub logs: PathBuf,
    socket: PathBuf,
}

/// Without a home there is no place for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no home folder is known; set HOME, or BOWLINE_HOME to a folder of your own")]
pub struct NoHome;

/// The longest path that a socket can have on this system, in bytes.
pub const LONGEST_SOCKET: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The socket's path does not fit into the system's address of a socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the socket's path {} has {length} bytes, and this system takes {LONGEST_SOCKET}: set BOWLINE_SOCK to a shorter \
     path, or BOWLINE_HOME to a folder with a shorter one",
    path.display()
)]
pub struct SocketTooLong {
    /// The path.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: usize,
}

/// The folder's name under the platform's own folders.
const NAME: &str = "bowline";

impl Paths {
    /// The folders that the environment names.
    pub fn find() -> Result<Paths, NoHome> {
        let socket = std::env::var_os("BOWLINE_SOCK");
        let paths = match std::env::var_os("BOWLINE_HOME").filter(|h| !h.is_empty()) {
            Some(home) => Paths::under(absolute(home)),
            None => Paths::of_the_platform()?,
        };
        Ok(paths.with_socket(socket))
    }

    /// Everything under one folder.
    pub fn under(home: impl AsRef<Path>) -> Paths {
        let home = home.as_ref();
        Paths::of(home.join("config"), home.join("data"), home.join("run"), home.join("logs"))
    }

    fn of_the_platform() -> Result<Paths, NoHome> {
        let config = dirs::config_dir().ok_or(NoHome)?.join(NAME);
        let data = dirs::data_dir().ok_or(NoHome)?.join(NAME);
        // Where the platform has one folder for all, ours are told apart inside it.
        let (config, data) =
            if config == data { (config.join("config"), data.join("data")) } else { (config, data) };
        let run = dirs::runtime_dir().map_or_else(|| data.join("run"), |d| d.join(NAME));
        let logs = dirs::state_dir().map_or_else(|| data.join("logs"), |d| d.join(NAME).join("logs"));
        Ok(Paths::of(config, data, run, logs))
    }

    fn of(config: PathBuf, data: PathBuf, run: PathBuf, logs: PathBuf) -> Paths {
        let socket = run.join("agent.sock");
        Paths { config, data, run, logs, socket }
    }

    fn with_socket(mut self, named: Option<OsString>) -> Paths {
        if let Some(named) = named.filter(|n| !n.is_empty()) {
            self.socket = absolute(named);
        }
        self
    }

    /// The socket: `run/agent.sock`, or what `BOWLINE_SOCK` names.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether there can be a socket of that path.
    ///
    /// # Errors
    /// [`SocketTooLong`].
    pub fn check_socket(&self) -> Result<(), SocketTooLong> {
        let length = self.socket.as_os_str().len();
        if length <= LONGEST_SOCKET {
            return Ok(());
        }
        Err(SocketTooLong { path: self.socket.clone(), length })
    }

    /// What the agent says about itself while it runs.
    pub fn agent_json(&self) -> PathBuf {
        self.run.join("agent.json")
    }

    /// The settings file.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// The folder of a person's own provider files.
    pub fn providers(&self) -> PathBuf {
        self.config.join("providers")
    }

    /// The agent's log.
    pub fn agent_log(&self) -> PathBuf {
        self.logs.join("agent.log")
    }
}

/// A relative name means the folder we were called in, also for an agent started from here.
fn absolute(path: OsString) -> PathBuf {
    let path = PathBuf::from(path);
    std::path::absolute(&path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_of_its_own_holds_everything() {
        let paths = Paths::under("/h");
        assert_eq!(paths.socket(), Path::new("/h/run/agent.sock"));
        assert_eq!(paths.agent_json(), Path::new("/h/run/agent.json"));
        assert_eq!(paths.settings(), Path::new("/h/config/settings.toml"));
        assert_eq!(paths.providers(), Path::new("/h/config/providers"));
        assert_eq!(paths.agent_log(), Path::new("/h/logs/agent.log"));
        assert_eq!(paths.data, Path::new("/h/data"));
    }

    #[test]
    fn a_socket_named_by_the_environment_wins_and_an_empty_name_does_not() {
        assert_eq!(Paths::under("/h").with_socket(Some("/s".into())).socket(), Path::new("/s"));
        assert_eq!(Paths::under("/h").with_socket(Some("".into())).socket(), Path::new("/h/run/agent.sock"));
        assert!(Paths::under("/h").with_socket(Some("rel.sock".into())).socket().is_absolute());
    }

    #[test]
    fn a_socket_whose_path_is_too_long_is_named_with_the_limit_and_the_way_out() {
        let fits =
            Paths::under("/h").with_socket(Some(format!("/{}", "s".repeat(LONGEST_SOCKET - 1)).into()));
        assert_eq!(fits.check_socket(), Ok(()));
        let long = Paths::under(format!("/{}", "h".repeat(LONGEST_SOCKET)));
        let told = long.check_socket().unwrap_err().to_string();
        for part in [&*long.socket().display().to_string(), &LONGEST_SOCKET.to_string(), "BOWLINE_SOCK"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn the_platforms_folders_are_four_different_ones() {
        let Ok(p) = Paths::of_the_platform() else { return };
        let all = [&p.config, &p.data, &p.run, &p.logs];
        assert!(all.iter().enumerate().all(|(i, a)| all[i + 1..].iter().all(|b| a != b)), "{p:?}");
    }
}
