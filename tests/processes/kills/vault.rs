//! What the vault's file holds at a kill, looked at in a copy, so that the next agent finds it as the kill left it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

/// What a kill left behind.
pub(crate) struct Left {
    /// The accounts whose renewal had begun, and whose answer was not on disk.
    pub(crate) unanswered: BTreeSet<String>,
    /// What SQLite finds wrong with the file, if anything.
    pub(crate) damage: Option<String>,
}

/// Looks at the vault in this folder while no agent has it open.
pub(crate) fn left_in(data: &Path) -> Left {
    let copy = tempfile::tempdir().expect("there is room for a copy");
    for file in ["vault.db", "vault.db-wal"] {
        // the log is not there before the first change
        if data.join(file).exists() {
            fs::copy(data.join(file), copy.path().join(file)).expect("there is room for a copy");
        }
    }
    let vault = Connection::open(copy.path().join("vault.db")).expect("the copy can be opened");
    read(&vault).unwrap_or_else(|e| Left { unanswered: BTreeSet::new(), damage: Some(e.to_string()) })
}

fn read(vault: &Connection) -> rusqlite::Result<Left> {
    let verdict: String = vault.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    let mut journal = vault.prepare("SELECT account FROM journal WHERE answer IS NULL")?;
    let unanswered = journal.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(Left { unanswered, damage: Some(verdict).filter(|verdict| verdict != "ok") })
}
