//! The profile's folders on disk: made with mode 0700 whatever the umask, refused when others can write to them.

use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use bowline_wire::paths::Paths;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The operating system refused.
    #[error("{} cannot be used ({source}): make it writable for yourself, or set BOWLINE_HOME to another folder", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could put files there.
    #[error("{} can be written by others: run `chmod 700 {}`", path.display(), path.display())]
    WritableByOthers {
        /// Which.
        path: PathBuf,
    },
    /// It belongs to somebody else.
    #[error("{} belongs to another user: set BOWLINE_HOME to a folder of your own", path.display())]
    NotOurs {
        /// Which.
        path: PathBuf,
    },
}

/// Makes what is missing and checks what is there.
///
/// # Errors
/// [`FolderError`], naming the folder and what to do.
pub fn prepare(paths: &Paths) -> Result<(), FolderError> {
    for folder in [&paths.config, &paths.data, &paths.run, &paths.logs] {
        prepare_one(folder)?;
    }
    prepare_one(&paths.providers())
}

/// Writes a file of ours whole, with mode 0600: beside its place first, then moved there.
///
/// # Errors
/// The operating system's.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    std::fs::rename(&beside, path)
}

/// The same for a file that a person edits: where its name is a link, what the link leads to is replaced. What is
/// written is on disk before it has the name.
///
/// # Errors
/// The operating system's.
pub fn replace_private(path: &Path, text: &str) -> io::Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

fn prepare_one(path: &Path) -> Result<(), FolderError> {
    let io = |source| FolderError::Io { path: path.to_path_buf(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
    let found = std::fs::metadata(path).map_err(io)?;
    if !found.is_dir() {
        return Err(io(io::Error::from(io::ErrorKind::NotADirectory)));
    }
    if found.uid() != nix::unistd::getuid().as_raw() {
        return Err(FolderError::NotOurs { path: path.to_path_buf() });
    }
    if found.mode() & 0o022 != 0 {
        return Err(FolderError::WritableByOthers { path: path.to_path_buf() });
    }
    if found.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(io)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_for_their_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path().join("bowline"));
        prepare(&paths).unwrap();
        for folder in [&paths.config, &paths.data, &paths.run, &paths.logs, &paths.providers()] {
            assert_eq!(std::fs::metadata(folder).unwrap().mode() & 0o777, 0o700, "{folder:?}");
        }
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused_with_the_way_out() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        prepare(&paths).unwrap();
        std::fs::set_permissions(&paths.data, std::fs::Permissions::from_mode(0o770)).unwrap();
        let error = prepare(&paths).unwrap_err().to_string();
        assert!(error.contains("chmod 700") && error.contains("data"), "{error}");
    }

    #[test]
    fn a_private_file_is_0600_even_where_a_wider_one_was() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("x.json");
        std::fs::write(&file, "old").unwrap();
        write_private(&file, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }
}
