//! The passphrase as the keeper of the master key: read from the file that `BOWLINE_PASSPHRASE_FILE` names.
//!
//! Asking on the terminal is the command line's part: the agent may have none.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use bowline_base::Secret;
use bowline_base::secret::LONGEST_LINE;

/// Why the named file gave no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// It could not be read.
    #[error("the passphrase file {path} cannot be read ({source}): check BOWLINE_PASSPHRASE_FILE")]
    Io {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Others could read it too.
    #[error("the passphrase file {path} can be read by others: run `chmod 600 {path}`")]
    Exposed {
        /// Its path.
        path: String,
    },
    /// There is nothing in it, or more than a passphrase.
    #[error("the passphrase file {path} holds no passphrase: put it there as one line")]
    NotAPassphrase {
        /// Its path.
        path: String,
    },
}

/// The passphrase from the named file, without the line's end; `None` when no file is named.
///
/// # Errors
/// [`PassphraseError`].
pub fn from_file() -> Result<Option<Secret>, PassphraseError> {
    match std::env::var_os("BOWLINE_PASSPHRASE_FILE").filter(|name| !name.is_empty()) {
        Some(name) => read(Path::new(&name)).map(Some),
        None => Ok(None),
    }
}

fn read(file: &Path) -> Result<Secret, PassphraseError> {
    let path = file.display().to_string();
    let io = |source| PassphraseError::Io { path: path.clone(), source };
    let opened = std::fs::File::open(file).map_err(io)?;
    let about = opened.metadata().map_err(io)?;
    if about.is_file() && about.mode() & 0o077 != 0 {
        return Err(PassphraseError::Exposed { path });
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    opened.take(LONGEST_LINE as u64 + 1).read_to_string(&mut text).map_err(io)?;
    Secret::of_one_line(&text).ok_or(PassphraseError::NotAPassphrase { path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn one_line_is_a_passphrase_with_or_without_its_end() {
        for text in ["correct horse", "correct horse\n", "correct horse\r\n"] {
            let (_folder, path) = file(text, 0o600);
            assert_eq!(read(&path).unwrap(), Secret::new("correct horse"));
        }
    }

    #[test]
    fn an_empty_exposed_or_absent_file_is_refused_by_name() {
        for (text, mode) in [("", 0o600), ("\n", 0o600), ("a\nb", 0o600), ("secret", 0o644)] {
            let (_folder, path) = file(text, mode);
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("passphrase file") && !error.contains("secret"), "{error}");
        }
        assert!(matches!(read(Path::new("/nowhere/at/all")), Err(PassphraseError::Io { .. })));
    }
}
