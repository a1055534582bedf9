//! Which program is at the other end of the socket: its executable, pinned while we look, so that a reused process id
//! cannot lend another program's name; and whether it is the person's own act.
//!
//! The person's own acts are Bowline's window, `bowline-desktop` beside the agent's own executable, and our own
//! `bowline` with a terminal. Our own `bowline` without one speaks for whatever started it. What this proves, and what
//! not, is in docs/SECURITY.md.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bowline_engine::caller::Origin;

#[cfg(target_os = "linux")]
mod linux;

/// The window's program, which lies beside the agent's own.
const WINDOW: &str = "bowline-desktop";

/// Whether this computer tells programs apart at all: without that nobody could be asked about one.
pub const CAN_TELL: bool = cfg!(target_os = "linux");

/// The path of a process's executable; `None` when it has ended, or is not ours to look at.
#[cfg(target_os = "linux")]
pub fn path_of(pid: i32) -> Option<Arc<str>> {
    linux::path_of(pid)
}

/// Elsewhere the path is not known.
#[cfg(not(target_os = "linux"))]
pub fn path_of(_pid: i32) -> Option<Arc<str>> {
    None
}

/// When a process was born, in the system's own count; `None` when it has ended.
#[cfg(target_os = "linux")]
pub fn born(pid: i32) -> Option<u64> {
    linux::born(pid)
}

/// Elsewhere nobody can tell.
#[cfg(not(target_os = "linux"))]
pub fn born(_pid: i32) -> Option<u64> {
    None
}

/// Our own programs: where they lie, and which file we are.
pub struct OwnPrograms {
    bowline: PathBuf,
    window: PathBuf,
    /// Device and inode of our own file, which an update in place leaves behind.
    #[cfg(target_os = "linux")]
    file: Option<(u64, u64)>,
}

impl OwnPrograms {
    /// This process's own.
    pub fn find() -> Self {
        Self::at(std::env::current_exe().unwrap_or_default())
    }

    fn at(bowline: PathBuf) -> Self {
        Self {
            window: bowline.with_file_name(WINDOW),
            #[cfg(target_os = "linux")]
            file: linux::file_of("/proc/self/exe"),
            bowline,
        }
    }

    /// Where `bowline` lies.
    pub fn bowline(&self) -> &Path {
        &self.bowline
    }

    /// What a process is. `path` is where its executable lay when it connected; another one since is nobody.
    #[cfg(target_os = "linux")]
    pub fn origin(&self, pid: i32, path: Option<&str>) -> Origin {
        linux::origin(self, pid, path)
    }

    /// Elsewhere nobody can tell.
    #[cfg(not(target_os = "linux"))]
    pub fn origin(&self, _pid: i32, _path: Option<&str>) -> Origin {
        Origin::Unknown
    }
}

#[cfg(test)]
mod tests;
