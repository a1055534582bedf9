//! The few things this window remembers between starts, in a small file of its own. Losing it costs nothing but
//! being told something twice.

use std::path::{Path, PathBuf};

use bowline_wire::Paths;
use serde::{Deserialize, Serialize};

use crate::view::Prefs;

/// The largest file that is read.
const LARGEST: u64 = 16 * 1024;

/// What was said and asked already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// That Bowline goes on working when its window is closed.
    pub close_explained: bool,
    /// Whether Bowline should start at login.
    pub autostart_asked: bool,
    /// What the person chose for the window.
    pub prefs: Option<Prefs>,
}

impl Memory {
    /// What is remembered in this profile; nothing where the file is missing or cannot be read.
    pub fn read(paths: &Paths) -> Self {
        let file = file(paths);
        let fits = std::fs::metadata(&file).is_ok_and(|about| about.len() <= LARGEST);
        let text = fits.then(|| std::fs::read_to_string(&file).ok()).flatten();
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Changes it and writes it down. A disk that cannot be written to is not the person's trouble here.
    pub fn change(paths: &Paths, change: impl FnOnce(&mut Self)) {
        let mut memory = Self::read(paths);
        change(&mut memory);
        let _ = folder_of(paths).and_then(|_| {
            let text = serde_json::to_string(&memory).map_err(std::io::Error::other)?;
            write_private(&file(paths), &text)
        });
    }
}

/// The folder for what the window itself keeps: this file, and where the window was.
pub fn folder(paths: &Paths) -> PathBuf {
    paths.config.join("window")
}

/// The same folder, made if need be, for this user only.
pub fn folder_of(paths: &Paths) -> std::io::Result<PathBuf> {
    let folder = folder(paths);
    make_private(&folder)?;
    Ok(folder)
}

fn file(paths: &Paths) -> PathBuf {
    folder(paths).join("memory.json")
}

#[cfg(unix)]
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    open?.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(file, text)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_once_is_remembered() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        assert_eq!(Memory::read(&paths), Memory::default());
        Memory::change(&paths, |memory| memory.close_explained = true);
        assert_eq!(Memory::read(&paths), Memory { close_explained: true, ..Memory::default() });
        let prefs = Prefs { theme: "dark".to_owned(), letters: false };
        Memory::change(&paths, |memory| memory.prefs = Some(prefs.clone()));
        let read = Memory::read(&paths);
        assert_eq!((read.prefs, read.close_explained), (Some(prefs), true));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_remembered_is_for_this_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        Memory::change(&paths, |_| {});
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file(&paths)), mode(&folder(&paths))), (0o600, 0o700));
    }

    #[test]
    fn a_damaged_file_is_forgotten_and_written_anew() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        Memory::change(&paths, |_| {});
        std::fs::write(file(&paths), "{ not json").unwrap();
        assert_eq!(Memory::read(&paths), Memory::default());
        Memory::change(&paths, |memory| memory.autostart_asked = true);
        assert!(Memory::read(&paths).autostart_asked);
    }
}
