//! One owner of the data folder: an advisory lock on the file `lock`, held as long as the process lives.
//!
//! The operating system lets go of it when the process ends, however it ends, so there is no stale lock to
//! clean up; the process id inside only names the owner to a second one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::error::LockError;
use crate::open::make_folder;

const NAME: &str = "lock";

/// Proof that this process owns the data folder. Dropping it lets the next one in.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the folder, making it if it is not there, and leaves the process id in it. Never waits.
    ///
    /// Fails with `Held` when another process, or another part of this one, has it.
    pub fn take(data: &Path, pid: u32) -> Result<FolderLock, LockError> {
        let path = data.join(NAME);
        let failed =
            |at: &Path, e: &io::Error| LockError::Io { file: at.to_path_buf(), detail: e.to_string() };
        make_folder(data).map_err(|e| failed(data, &e))?;
        let mut file = open(&path).map_err(|e| failed(&path, &e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held { pid: owner(&mut file) }),
            Err(TryLockError::Error(e)) => return Err(failed(&path, &e)),
        }
        sign(&mut file, pid).map_err(|e| failed(&path, &e))?;
        Ok(FolderLock { _file: file })
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    crate::open::tighten(&file)?;
    Ok(file)
}

fn sign(file: &mut File, pid: u32) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{pid}")
}

/// The process id in the file, read from at most 16 bytes because anybody could have written them.
fn owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f17_a_second_owner_is_told_the_first_one_s_pid() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("deep/data");
        let first = FolderLock::take(&data, 4711).unwrap();
        let second = FolderLock::take(&data, 4712).unwrap_err();
        assert!(matches!(second, LockError::Held { pid: Some(4711) }), "{second:?}");
        drop(first);
        FolderLock::take(&data, 4712).unwrap();
        assert_eq!(std::fs::read_to_string(data.join(NAME)).unwrap(), "4712\n");
    }

    #[test]
    fn a_lock_file_with_nonsense_in_it_is_still_a_lock() {
        let home = tempfile::tempdir().unwrap();
        let held = FolderLock::take(home.path(), 1).unwrap();
        std::fs::write(home.path().join(NAME), "x".repeat(1000)).unwrap();
        let second = FolderLock::take(home.path(), 2).unwrap_err();
        assert!(matches!(second, LockError::Held { pid: None }), "{second:?}");
        drop(held);
        FolderLock::take(home.path(), 2).unwrap();
    }

    #[test]
    fn a_folder_in_place_of_the_lock_is_named() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(NAME)).unwrap();
        let error = FolderLock::take(home.path(), 1).unwrap_err();
        assert!(matches!(&error, LockError::Io { file, .. } if file.ends_with(NAME)), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn the_lock_and_its_folder_are_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let _held = FolderLock::take(&data, 1).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join(NAME))), (0o700, 0o600));
    }
}
