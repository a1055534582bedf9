//! What can go wrong with the vault, in kinds that callers act on, each naming its file.
//!
//! SQLite's codes are sorted here and nowhere else. No message holds a value that was stored: SQLite names
//! tables and columns in its texts, never what is in them.

use std::io;
use std::path::{Path, PathBuf};

use bowline_base::{AccountId, ProviderId};
use rusqlite::ErrorCode;

/// Why the vault could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key is not in memory: unlock first.
    #[error("the vault is locked")]
    Locked,
    /// The master key is not the one that the vault was sealed with.
    #[error("the key is not the one that the vault was sealed with")]
    KeyChanged,
    /// The vault has a key already: it can be changed, not made a second time.
    #[error("the vault has a key already")]
    KeyExists,
    /// The sealed data of this one account is damaged; every other account works.
    #[error("the stored tokens of account {account} are damaged")]
    Corrupted {
        /// Whose data it is.
        account: AccountId,
    },
    /// The sealed data of this one client is damaged.
    #[error("the stored client secret of provider {provider} is damaged")]
    CorruptedClient {
        /// Whose client it is.
        provider: ProviderId,
    },
    /// There is no such account.
    #[error("there is no account {account}")]
    UnknownAccount {
        /// The id that was given.
        account: AccountId,
    },
    /// An answer of the provider waits to be read; it must not be written over.
    #[error("an earlier renewal of account {account} has an answer that nobody has read")]
    RenewalPending {
        /// Whose renewal it is.
        account: AccountId,
    },
    /// The account was connected anew since the renewal began.
    #[error("account {account} was connected anew since this renewal began")]
    RenewalSuperseded {
        /// Which account.
        account: AccountId,
    },
    /// Something that must be unique is there already.
    #[error("already there: {what}")]
    Duplicate {
        /// Which table and columns.
        what: String,
    },
    /// A value is longer than the vault takes.
    #[error("{what} is too large to be stored")]
    TooLarge {
        /// Which value.
        what: &'static str,
    },
    /// The audit trail does not fit what was sealed about it.
    #[error("the audit trail is broken at entry {seq}")]
    AuditBroken {
        /// The first entry that does not fit.
        seq: u64,
    },
    /// Another program holds the file.
    #[error("{} is busy", file.display())]
    Busy {
        /// The vault's file.
        file: PathBuf,
    },
    /// The disk, or the quota, is full.
    #[error("no space left to write {}", file.display())]
    DiskFull {
        /// The vault's file.
        file: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("{} is read-only", file.display())]
    ReadOnly {
        /// The vault's file, or its folder.
        file: PathBuf,
    },
    /// A folder, or something else that is not a file, stands in the vault's place.
    #[error("{} is not a file", file.display())]
    NotAFile {
        /// What stands there.
        file: PathBuf,
    },
    /// The file is not a database at all.
    #[error("{} is not a Bowline vault", file.display())]
    NotAVault {
        /// The file.
        file: PathBuf,
    },
    /// The file is a database of another program.
    #[error("{} is a database of another program", file.display())]
    ForeignDatabase {
        /// The file.
        file: PathBuf,
    },
    /// The file is empty or gone, though it held a vault once.
    #[error("{} is empty or missing, though it held a vault before", file.display())]
    Emptied {
        /// The file.
        file: PathBuf,
    },
    /// The file is a vault, and damaged as a whole.
    #[error("{} is damaged: {detail}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What SQLite, or the vault's own check, says of it.
        detail: String,
    },
    /// A later version of Bowline wrote the file.
    #[error("{} has schema {found}, and this version knows schemas up to {known}", file.display())]
    NewerSchema {
        /// The file.
        file: PathBuf,
        /// The schema number of the file.
        found: i64,
        /// The newest schema number that is known here.
        known: i64,
    },
    /// The folder can be written by others, who could put another vault in its place.
    #[error("{} can be written by other users: take that permission away", path.display())]
    WritableByOthers {
        /// The folder.
        path: PathBuf,
    },
    /// An export would overwrite a file.
    #[error("{} is there already", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// What was named for an export or an import cannot be one: it is not there, not a file, or far too large.
    #[error("{} cannot be used: {detail}", file.display())]
    BadPath {
        /// What was named.
        file: PathBuf,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The file to import is not an export, or is cut off.
    #[error("{} is not an export of a vault", file.display())]
    NotAnExport {
        /// The file.
        file: PathBuf,
    },
    /// The passphrase does not open the export, or the export is damaged.
    #[error("the passphrase does not open {}", file.display())]
    WrongPassphrase {
        /// The file.
        file: PathBuf,
    },
    /// The SQLite that is linked has a known fault that can damage a log.
    #[error("the linked SQLite {found} is too old")]
    OldSqlite {
        /// Its version number, as SQLite counts.
        found: i32,
    },
    /// The operating system failed to read or write.
    #[error("cannot read or write {}: {detail}", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What the operating system says.
        detail: String,
    },
}

/// The kinds of [`VaultError`], for those who decide by kind and keep the error for its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Unlock first.
    Locked,
    /// Another master key is needed.
    KeyChanged,
    /// One account, or one client, is damaged.
    Corrupted,
    /// What was named is not there, is there twice, or is too large: the caller's mistake.
    Refused,
    /// Try again soon: another program holds the file.
    Busy,
    /// The disk is full, read-only or failing: what is in memory goes on, saving is tried again.
    Storage,
    /// The file cannot be used as a vault; a person has to look at it.
    Unusable,
}

impl VaultError {
    /// What kind of trouble it is.
    pub const fn kind(&self) -> ErrorKind {
        use VaultError as E;
        match self {
            E::Locked => ErrorKind::Locked,
            E::KeyChanged | E::WrongPassphrase { .. } => ErrorKind::KeyChanged,
            E::Corrupted { .. } | E::CorruptedClient { .. } => ErrorKind::Corrupted,
            E::KeyExists
            | E::UnknownAccount { .. }
            | E::RenewalPending { .. }
            | E::RenewalSuperseded { .. }
            | E::Duplicate { .. } => ErrorKind::Refused,
            E::TooLarge { .. } | E::Exists { .. } | E::BadPath { .. } | E::NotAnExport { .. } => {
                ErrorKind::Refused
            }
            E::Busy { .. } => ErrorKind::Busy,
            E::DiskFull { .. } | E::ReadOnly { .. } | E::Io { .. } => ErrorKind::Storage,
            E::AuditBroken { .. } | E::NotAFile { .. } | E::NotAVault { .. } | E::ForeignDatabase { .. } => {
                ErrorKind::Unusable
            }
            E::Emptied { .. } | E::Damaged { .. } | E::NewerSchema { .. } => ErrorKind::Unusable,
            E::WritableByOthers { .. } | E::OldSqlite { .. } => ErrorKind::Unusable,
        }
    }

    /// The file or folder that the trouble is with, where there is one.
    pub fn file(&self) -> Option<&Path> {
        use VaultError as E;
        match self {
            E::Busy { file }
            | E::DiskFull { file }
            | E::ReadOnly { file }
            | E::NotAFile { file }
            | E::NotAVault { file }
            | E::ForeignDatabase { file }
            | E::Emptied { file }
            | E::Damaged { file, .. }
            | E::NewerSchema { file, .. }
            | E::WritableByOthers { path: file }
            | E::Exists { file }
            | E::BadPath { file, .. }
            | E::NotAnExport { file }
            | E::WrongPassphrase { file }
            | E::Io { file, .. } => Some(file),
            E::Locked | E::KeyChanged | E::KeyExists | E::Corrupted { .. } | E::CorruptedClient { .. } => {
                None
            }
            E::UnknownAccount { .. }
            | E::RenewalPending { .. }
            | E::RenewalSuperseded { .. }
            | E::Duplicate { .. } => None,
            E::TooLarge { .. } | E::AuditBroken { .. } | E::OldSqlite { .. } => None,
        }
    }

    /// Sorts what SQLite says about this file.
    pub(crate) fn sqlite(file: &Path, error: &rusqlite::Error) -> Self {
        let file = file.to_path_buf();
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => VaultError::Busy { file },
            Some(ErrorCode::DiskFull) => VaultError::DiskFull { file },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => VaultError::ReadOnly { file },
            Some(ErrorCode::DatabaseCorrupt) => VaultError::Damaged { file, detail },
            Some(ErrorCode::NotADatabase) => VaultError::NotAVault { file },
            Some(ErrorCode::ConstraintViolation) => VaultError::Duplicate { what: detail },
            Some(ErrorCode::TooBig) => VaultError::TooLarge { what: "a value" },
            _ => VaultError::Io { file, detail },
        }
    }

    /// Sorts what the operating system says about this file or folder.
    pub(crate) fn io(file: &Path, error: &io::Error) -> Self {
        let file = file.to_path_buf();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => VaultError::DiskFull { file },
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                VaultError::ReadOnly { file }
            }
            io::ErrorKind::AlreadyExists => VaultError::Exists { file },
            _ => VaultError::Io { file, detail: error.to_string() },
        }
    }
}

/// Why the data folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another agent owns it.
    #[error("the vault is in use by another agent{}", pid.map(|p| format!(" (pid {p})")).unwrap_or_default())]
    Held {
        /// Its process id, if it could be read.
        pid: Option<u32>,
    },
    /// The folder or the lock file cannot be used.
    #[error("cannot lock {}: {detail}", file.display())]
    Io {
        /// The folder or the lock file.
        file: PathBuf,
        /// What the operating system says.
        detail: String,
    },
}

/// Either error inside one unit of work; sorted by [`Fail::named`] when the work is over.
#[derive(Debug)]
pub(crate) enum Fail {
    Sqlite(rusqlite::Error),
    Vault(VaultError),
}

impl Fail {
    pub(crate) fn named(self, file: &Path) -> VaultError {
        match self {
            Fail::Sqlite(error) => VaultError::sqlite(file, &error),
            Fail::Vault(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Fail {
    fn from(error: rusqlite::Error) -> Self {
        Fail::Sqlite(error)
    }
}

impl From<VaultError> for Fail {
    fn from(error: VaultError) -> Self {
        Fail::Vault(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn sorted(code: i32) -> VaultError {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        VaultError::sqlite(Path::new("/data/vault.db"), &error)
    }

    #[test]
    fn e18_every_storage_code_has_its_kind_and_names_the_file() {
        type Row = (i32, fn(&VaultError) -> bool, ErrorKind);
        let rows: [Row; 9] = [
            (ffi::SQLITE_FULL, |e| matches!(e, VaultError::DiskFull { .. }), ErrorKind::Storage),
            (ffi::SQLITE_READONLY, |e| matches!(e, VaultError::ReadOnly { .. }), ErrorKind::Storage),
            (ffi::SQLITE_READONLY_DBMOVED, |e| matches!(e, VaultError::ReadOnly { .. }), ErrorKind::Storage),
            (ffi::SQLITE_IOERR, |e| matches!(e, VaultError::Io { .. }), ErrorKind::Storage),
            (ffi::SQLITE_IOERR_FSYNC, |e| matches!(e, VaultError::Io { .. }), ErrorKind::Storage),
            (ffi::SQLITE_CANTOPEN, |e| matches!(e, VaultError::Io { .. }), ErrorKind::Storage),
            (ffi::SQLITE_CORRUPT, |e| matches!(e, VaultError::Damaged { .. }), ErrorKind::Unusable),
            (ffi::SQLITE_NOTADB, |e| matches!(e, VaultError::NotAVault { .. }), ErrorKind::Unusable),
            (ffi::SQLITE_BUSY, |e| matches!(e, VaultError::Busy { .. }), ErrorKind::Busy),
        ];
        for (code, is_right, kind) in rows {
            let error = sorted(code);
            assert!(is_right(&error), "{code}: {error:?}");
            assert_eq!(error.kind(), kind, "{code}");
            assert_eq!(error.file(), Some(Path::new("/data/vault.db")));
            assert!(error.to_string().contains("/data/vault.db"), "{error}");
        }
    }

    #[test]
    fn e64_what_the_operating_system_says_is_sorted_like_sqlite() {
        let of = |kind: io::ErrorKind| VaultError::io(Path::new("/data"), &io::Error::from(kind));
        assert!(matches!(of(io::ErrorKind::StorageFull), VaultError::DiskFull { .. }));
        assert!(matches!(of(io::ErrorKind::ReadOnlyFilesystem), VaultError::ReadOnly { .. }));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), VaultError::ReadOnly { .. }));
        assert!(matches!(of(io::ErrorKind::AlreadyExists), VaultError::Exists { .. }));
        assert!(matches!(of(io::ErrorKind::TimedOut), VaultError::Io { .. }));
    }

    #[test]
    fn messages_are_lower_case_without_a_full_stop() {
        let file = PathBuf::from("/d/vault.db");
        let errors = [
            VaultError::Locked,
            VaultError::KeyChanged,
            VaultError::NewerSchema { file: file.clone(), found: 7, known: 1 },
            VaultError::Emptied { file },
            VaultError::AuditBroken { seq: 4 },
        ];
        for error in errors {
            let text = error.to_string();
            assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase), "{text}");
        }
        assert_eq!(
            LockError::Held { pid: Some(7) }.to_string(),
            "the vault is in use by another agent (pid 7)"
        );
    }
}
