//! The file that holds the current token while a command runs, in a folder of its own under `run/`.
//!
//! It is gone when its owner is dropped. One that a killed `bowline` left behind is swept away by the next,
//! which knows it by its process's number.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bowline_base::Secret;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::private;

/// The folder of all such folders.
const FOLDER: &str = "exec";

/// A token in a file, for as long as this lives.
pub(super) struct TokenFile {
    place: Arc<Place>,
}

struct Place {
    folder: PathBuf,
    /// False once the file is gone for good; held while the file is written, so that it cannot come back.
    open: Mutex<bool>,
}

/// Puts a newer token in the file, until it is gone.
#[derive(Clone)]
pub(super) struct Writer {
    place: Arc<Place>,
}

impl TokenFile {
    /// Makes the folder and the file.
    pub(super) fn create(run: &Path, token: &Secret) -> io::Result<TokenFile> {
        let all = run.join(FOLDER);
        private::folder(&all)?;
        sweep(&all);
        let folder = free_name(&all);
        private::folder(&folder)?;
        let file = TokenFile { place: Arc::new(Place { folder, open: Mutex::new(true) }) };
        private::replace(&file.path(), token.expose().as_bytes())?;
        Ok(file)
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.place.folder.join("token")
    }

    /// What replaces the token.
    pub(super) fn writer(&self) -> Writer {
        Writer { place: Arc::clone(&self.place) }
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        let mut open = self.place.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open = false;
        // What cannot be removed now is swept away by the next command.
        let _ = std::fs::remove_dir_all(&self.place.folder);
    }
}

impl Writer {
    /// Replaces the token; `false` when the file is gone.
    pub(super) fn replace(&self, token: &Secret) -> bool {
        let open = self.place.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open && private::replace(&self.place.folder.join("token"), token.expose().as_bytes()).is_ok()
    }

    /// True until the file is gone.
    pub(super) fn is_open(&self) -> bool {
        *self.place.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One process may run several at once, in tests at least.
fn free_name(all: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    all.join(format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Removes what processes left behind that are no more.
fn sweep(all: &Path) {
    let Ok(entries) = std::fs::read_dir(all) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|n| n.split('-').next()).and_then(|n| n.parse::<i32>().ok());
        if owner.is_some_and(|pid| pid > 0 && kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH))
        {
            // Another sweep may have been faster.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
