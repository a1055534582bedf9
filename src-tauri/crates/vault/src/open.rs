//! Opening the vault: folder and file modes, what stands in the file's place, pragmas, schema, damage.
//!
//! What is found is judged from the file's own header before SQLite touches it, because SQLite would tidy
//! up: recover, check-point or delete a log. Nothing that is refused here is changed (E-31). A new file is made
//! beside its place and moved there when it is complete, so that an empty `vault.db` is always a loss and
//! never a beginning. An older schema is copied to `backup-v{n}.db`, then migrated.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Clock, Random};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, MAIN_DB, OpenFlags, Transaction, TransactionBehavior};
use rusqlite_migration::Migrations;

use crate::audit::{Head, Tail};
use crate::error::{Fail, VaultError};
use crate::journal::Marks;
use crate::keys::{self, Keystore};
use crate::reserve::Reserve;
use crate::schema;
use crate::seal::DataKey;

/// The vault's file in the data folder.
pub const FILE: &str = "vault.db";

/// Up to this size the whole file is checked at opening; beyond it only what is not the audit trail, which
/// has a check of its own.
const FULL_CHECK_BYTES: u64 = 64 << 20;
/// SQLite before this version could damage a log that two connections reset at once (fixed in 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;
/// One owner holds the folder, so whoever else is in the file leaves at once or not at all.
const BUSY: Duration = Duration::from_millis(250);
/// More than the longest sealed value, less than a damaged length could ask for.
const LONGEST_CELL: i32 = 8 << 20;

/// All that is kept. Every call blocks; `Ok` means synced.
pub struct Vault {
    pub(crate) conn: Connection,
    pub(crate) file: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keystore: Option<Keystore>,
    pub(crate) key: Option<DataKey>,
    pub(crate) tail: Tail,
    pub(crate) head: Head,
    /// The log could not be emptied when that was due.
    pub(crate) owes_tidying: bool,
    pub(crate) marks: Marks,
    pub(crate) reserve: Reserve,
}

impl Vault {
    /// Opens the vault in this folder, or makes a new one. It is locked, or has no key yet.
    ///
    /// Each thing that can stand in the file's place has an error of its own, and none of them is changed.
    pub fn open(data: &Path, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Vault, VaultError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(VaultError::OldSqlite { found: rusqlite::version_number() });
        }
        prepare_folder(data)?;
        let file = data.join(FILE);
        if !look(&file)? {
            create(&file)?;
        }
        let conn = connect(&file, &schema::migrations(), schema::VERSION)?;
        assemble(conn, file, clock, random)
    }

    /// The version of the SQLite that is linked.
    pub fn sqlite_version() -> &'static str {
        rusqlite::version()
    }

    /// The vault's file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// One look at the data, errors named.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fail>) -> Result<T, VaultError> {
        work(&self.conn).map_err(|e| e.named(&self.file))
    }

    /// One change: all of it synced, or none of it done.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fail>,
    ) -> Result<T, VaultError> {
        transact(&mut self.conn, &self.file, work)
    }

    /// Moves the log into the file and empties it, so that nothing overwritten stays in it.
    pub(crate) fn checkpoint(&self) -> Result<(), VaultError> {
        let busy = self.read(|conn| {
            Ok(conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))?)
        })?;
        if busy == 0 { Ok(()) } else { Err(VaultError::Busy { file: self.file.clone() }) }
    }

    /// Leaves no byte of what was deleted: not in the log, not in the file.
    ///
    /// What was to be changed is saved by now, so a log that cannot be emptied at this moment is no failure of the
    /// change. It is owed, and [`Vault::tidy`] pays it.
    pub(crate) fn scrub(&mut self) {
        self.owes_tidying = self.checkpoint().is_err();
    }

    /// True while the log may still hold what was to be forgotten: another program was reading in the file, or the
    /// disk refused.
    pub const fn owes_tidying(&self) -> bool {
        self.owes_tidying
    }

    /// Empties the log where that is still owed. Fails with `Busy` and the like, and then it stays owed.
    pub fn tidy(&mut self) -> Result<(), VaultError> {
        if self.owes_tidying {
            self.checkpoint()?;
            self.owes_tidying = false;
        }
        Ok(())
    }

    /// Removes the copies that migrations made. They hold what is about to be forgotten.
    pub(crate) fn forget_backups(&self) -> Result<(), VaultError> {
        let Some(folder) = self.file.parent() else { return Ok(()) };
        let named = |e: io::Error| VaultError::io(folder, &e);
        for entry in fs::read_dir(folder).map_err(named)? {
            let entry = entry.map_err(named)?;
            if is_backup(&entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path()).map_err(|e| VaultError::io(&entry.path(), &e))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("file", &self.file)
            .field("key", &self.key_state())
            .finish_non_exhaustive()
    }
}

/// Runs one change in a transaction. Free-standing so that the caller may hold the vault's key meanwhile.
pub(crate) fn transact<T>(
    conn: &mut Connection,
    file: &Path,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, Fail>,
) -> Result<T, VaultError> {
    let run = || {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    };
    run().map_err(|e: Fail| e.named(file))
}

fn assemble(
    conn: Connection,
    file: PathBuf,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Vault, VaultError> {
    let named = |e: Fail| e.named(&file);
    let wrapped = keys::load(&conn).map_err(named)?.transpose()?;
    let tail = Tail::load(&conn).map_err(named)?;
    let keystore = wrapped.map(|w| w.keystore);
    let (key, head, owes_tidying, marks) = (None, Head::Unknown, false, Marks::default());
    let reserve = Reserve::beside(&file);
    Ok(Vault { conn, file, clock, random, keystore, key, tail, head, owes_tidying, marks, reserve })
}

/// Makes the folder if it is not there, with the mode 0700 whatever the umask.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Makes or judges the folder: others must not write in it, and need not look into it.
fn prepare_folder(data: &Path) -> Result<(), VaultError> {
    if data.exists() && !data.is_dir() {
        return Err(VaultError::Io { file: data.to_path_buf(), detail: "it is not a folder".to_owned() });
    }
    let named = |e: io::Error| VaultError::io(data, &e);
    make_folder(data).map_err(named)?;
    let found = fs::metadata(data).map_err(named)?;
    if found.permissions().readonly() {
        return Err(VaultError::ReadOnly { file: data.to_path_buf() });
    }
    judge_folder(data, &found)
}

#[cfg(unix)]
fn judge_folder(data: &Path, found: &fs::Metadata) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = found.permissions().mode();
    if mode & 0o022 != 0 {
        return Err(VaultError::WritableByOthers { path: data.to_path_buf() });
    }
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(data, fs::Permissions::from_mode(mode & 0o700)).map_err(|e| VaultError::io(data, &e))
}

#[cfg(not(unix))]
fn judge_folder(_data: &Path, _found: &fs::Metadata) -> Result<(), VaultError> {
    // A profile's folder on Windows belongs to its user by the access list it inherits.
    Ok(())
}

/// Judges what stands in the file's place, without changing it. `false` when nothing does.
fn look(file: &Path) -> Result<bool, VaultError> {
    let log = beside(file, "-wal");
    let path = || file.to_path_buf();
    let found = match fs::metadata(file) {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::NotFound && log.exists() => {
            return Err(VaultError::Emptied { file: path() });
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(VaultError::io(file, &e)),
    };
    if !found.is_file() {
        return Err(VaultError::NotAFile { file: path() });
    }
    if found.len() == 0 {
        return Err(VaultError::Emptied { file: path() });
    }
    read_header(file)?;
    if found.permissions().readonly() {
        return Err(VaultError::ReadOnly { file: path() });
    }
    for part in [path(), log, beside(file, "-shm")] {
        match File::open(&part).and_then(|f| tighten(&f)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(VaultError::io(&part, &e)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(true)
}

/// Reads what SQLite's format keeps in the first 100 bytes: magic, schema number, application id.
fn read_header(file: &Path) -> Result<(), VaultError> {
    let mut header = [0u8; 100];
    let mut opened = File::open(file).map_err(|e| VaultError::io(file, &e))?;
    let path = file.to_path_buf();
    match opened.read_exact(&mut header) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(VaultError::NotAVault { file: path });
        }
        Err(e) => return Err(VaultError::io(file, &e)),
    }
    let word = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(VaultError::NotAVault { file: path });
    }
    if word(68) != schema::APPLICATION_ID {
        return Err(VaultError::ForeignDatabase { file: path });
    }
    refuse_newer(file, i64::from(word(60)), schema::VERSION)
}

fn refuse_newer(file: &Path, found: i64, known: i64) -> Result<(), VaultError> {
    if found <= known {
        Ok(())
    } else {
        Err(VaultError::NewerSchema { file: file.to_path_buf(), found, known })
    }
}

/// Makes a complete vault beside its place, then moves it there. A half-made one of a start that was cut
/// off never was a vault, and is made again.
fn create(file: &Path) -> Result<(), VaultError> {
    let new = beside(file, ".new");
    let named = |e: io::Error| VaultError::io(&new, &e);
    for leftover in [beside(&new, "-wal"), beside(&new, "-shm"), beside(&new, "-journal")] {
        match fs::remove_file(&leftover) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(VaultError::io(&leftover, &e)),
            Ok(()) | Err(_) => {}
        }
    }
    private_file(&new).map_err(named)?;
    fill(&new).map_err(|e| e.named(file))?;
    File::open(&new).and_then(|f| f.sync_all()).map_err(named)?;
    fs::rename(&new, file).map_err(|e| VaultError::io(file, &e))?;
    sync_folder(file)
}

fn fill(new: &Path) -> Result<(), Fail> {
    let mut conn = open_file(new)?;
    settle(&conn)?;
    migrate(&mut conn, &schema::migrations())?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.close().map_err(|(_, e)| e)?;
    Ok(())
}

/// Opens an existing vault, checks it, and brings it to the newest schema.
///
/// Where SQLite cannot open a file for writing just now, it opens it for reading and stays so: a computer that had no room
/// for one more open file would have a vault that saves nothing until the next start. So it is opened once more then.
fn connect(file: &Path, migrations: &Migrations<'_>, known: i64) -> Result<Connection, VaultError> {
    match connect_once(file, migrations, known) {
        Err(VaultError::ReadOnly { .. }) => connect_once(file, migrations, known),
        done => done,
    }
}

fn connect_once(file: &Path, migrations: &Migrations<'_>, known: i64) -> Result<Connection, VaultError> {
    let mut conn = open_file(file).map_err(|e| VaultError::sqlite(file, &e))?;
    prepare(&mut conn, file, migrations, known).map_err(|e| e.named(file))?;
    // the log and its index are files of their own, and are opened only now
    conn.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(|e| VaultError::sqlite(file, &e))?;
    Ok(conn)
}

fn prepare(conn: &mut Connection, file: &Path, migrations: &Migrations<'_>, known: i64) -> Result<(), Fail> {
    // Until the file has been found sound, closing it must not move a log into it. Without a log there is
    // nothing to move, and an ordinary closing takes the empty one away again.
    let has_log = fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    settle(conn)?;
    if conn.is_readonly(MAIN_DB)? {
        return Err(VaultError::ReadOnly { file: file.to_path_buf() }.into());
    }
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    refuse_newer(file, found, known)?;
    check(conn, file)?;
    if found < known {
        back_up(conn, file, found)?;
        migrate(conn, migrations)?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

fn open_file(file: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    // NOFOLLOW refuses links anywhere in the path, so the path is made real first.
    let real = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    Connection::open_with_flags(real, flags)
}

/// The pragmas of every connection. Values are asserted by a test.
fn settle(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_CELL)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_prepared_statement_cache_capacity(16);
    for (name, value) in [
        // 1 MiB of pages: the agent as a whole has 14 MB.
        ("cache_size", "-256"),
        ("mmap_size", "0"),
        // Sorting happens in memory: a temporary file would not be in a folder of mode 0700.
        ("temp_store", "MEMORY"),
        ("cell_size_check", "ON"),
        ("foreign_keys", "ON"),
        ("secure_delete", "ON"),
        ("synchronous", "FULL"),
        // On macOS a plain fsync stops at the drive's cache.
        ("fullfsync", "ON"),
        ("checkpoint_fullfsync", "ON"),
        ("wal_autocheckpoint", "256"),
        ("journal_size_limit", "1048576"),
    ] {
        conn.pragma_update(None, name, value)?;
    }
    Ok(())
}

fn migrate(conn: &mut Connection, migrations: &Migrations<'_>) -> Result<(), Fail> {
    migrations.to_latest(conn).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => Fail::Sqlite(err),
        other => {
            let file = conn.path().unwrap_or_default().into();
            VaultError::Damaged { file, detail: format!("migration failed: {other}") }.into()
        }
    })
}

/// Looks for damage of the whole file. A complaint about one row's values is left to who reads that row. The pages that
/// were read for it are given back: most are not wanted again soon.
fn check(conn: &Connection, file: &Path) -> Result<(), Fail> {
    let small = fs::metadata(file).map(|m| m.len() <= FULL_CHECK_BYTES).unwrap_or(true);
    let checks = if small { vec!["PRAGMA quick_check".to_owned()] } else { checks_without_audit(conn)? };
    for sql in checks {
        let mut statement = conn.prepare(&sql)?;
        let complaints = statement.query_map([], |row| row.get::<_, String>(0))?;
        for complaint in complaints {
            let detail = complaint?;
            if detail != "ok" && !is_of_one_row(&detail) {
                let detail = first_words(&detail).to_owned();
                return Err(VaultError::Damaged { file: file.to_path_buf(), detail }.into());
            }
        }
    }
    Ok(conn.execute_batch("PRAGMA shrink_memory")?)
}

fn checks_without_audit(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT 'PRAGMA quick_check(' || name || ')' FROM sqlite_schema
               WHERE type = 'table' AND name NOT IN ('audit', 'audit_account')";
    conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

/// Of a complaint of several lines the first that says something: SQLite puts a heading between stars above it.
fn first_words(complaint: &str) -> &str {
    complaint
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with("***"))
        .unwrap_or("it is damaged")
}

/// SQLite's words for a value of the wrong type, a missing value, and a broken constraint.
fn is_of_one_row(complaint: &str) -> bool {
    complaint.starts_with("NULL value in ")
        || complaint.starts_with("CHECK constraint failed in ")
        || complaint.starts_with("non-")
        || ["TEXT", "INT", "REAL", "BLOB", "NUMERIC"]
            .iter()
            .any(|t| complaint.starts_with(&format!("{t} value in ")))
}

/// Copies the file before it is migrated. The copy gets its name when it is complete.
fn back_up(conn: &Connection, file: &Path, version: i64) -> Result<(), Fail> {
    let copy = file.with_file_name(format!("backup-v{version}.db"));
    let unfinished = beside(&copy, ".new");
    let named = |e: io::Error| VaultError::io(&unfinished, &e);
    private_file(&unfinished).map_err(named)?;
    conn.backup(MAIN_DB, &unfinished, None)?;
    File::open(&unfinished).and_then(|f| f.sync_all()).map_err(named)?;
    fs::rename(&unfinished, &copy).map_err(named)?;
    Ok(sync_folder(&copy)?)
}

fn is_backup(name: &str) -> bool {
    name.strip_prefix("backup-v")
        .and_then(|rest| rest.strip_suffix(".db").or_else(|| rest.strip_suffix(".db.new")))
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// An empty file that only its owner can read, whatever the umask, made before SQLite could make it.
fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    tighten(&options.open(path)?)
}

/// Takes every permission from everybody but the owner, and leaves the owner exactly reading and writing.
#[cfg(unix)]
pub(crate) fn tighten(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode == 0o600 { Ok(()) } else { file.set_permissions(fs::Permissions::from_mode(0o600)) }
}

#[cfg(not(unix))]
pub(crate) fn tighten(_file: &File) -> io::Result<()> {
    Ok(())
}

/// A name in a folder is on disk only when the folder is synced.
pub(crate) fn sync_folder(file: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| VaultError::io(folder, &e))?;
    }
    Ok(())
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
