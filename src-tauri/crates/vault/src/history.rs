//! What was counted in each hour: numbers under a word, and perhaps what they are about. Nothing in here is sealed,
//! because nothing in here tells whose account, which scope or which token it was.

use bowline_base::Wall;
use rusqlite::params;

use crate::error::VaultError;
use crate::open::Vault;
use crate::schema::{int, text};

/// More rows than an hour ever has are left out.
const MOST_ROWS: usize = 4096;

/// One number of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What was counted.
    pub name: String,
    /// What it is about: a provider's id, or where a token came from; empty where it is about nothing.
    pub label: String,
    /// How much.
    pub value: u64,
}

impl Vault {
    /// Adds figures to an hour, and drops the hours before `keep_from`. Works locked.
    pub fn add_history(&mut self, hour: Wall, rows: &[Figure], keep_from: Wall) -> Result<(), VaultError> {
        self.write(|tx| {
            tx.execute("DELETE FROM history WHERE hour < ?1", [keep_from.unix_ms()])?;
            let mut add = tx.prepare_cached(
                "INSERT INTO history (hour, name, label, value) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (hour, name, label) DO UPDATE SET value = min(value + excluded.value, ?5)",
            )?;
            for row in rows.iter().take(MOST_ROWS) {
                let value = i64::try_from(row.value).unwrap_or(i64::MAX >> 1).min(i64::MAX >> 1);
                add.execute(params![hour.unix_ms(), row.name, row.label, value, i64::MAX >> 1])?;
            }
            Ok(())
        })
    }

    /// The figures of all hours from `since` on, oldest first. Works locked; a damaged row is left out.
    pub fn history(&self, since: Wall) -> Result<Vec<(Wall, Figure)>, VaultError> {
        self.read(|conn| {
            let sql =
                "SELECT hour, name, label, value FROM history WHERE hour >= ?1 ORDER BY hour, name, label";
            let mut rows = conn.prepare_cached(sql)?;
            let found = rows.query_map([since.unix_ms()], |row| {
                let figure =
                    text(row, 1).zip(text(row, 2)).zip(int(row, 3).and_then(|n| u64::try_from(n).ok()));
                Ok(int(row, 0).map(Wall::from_unix_ms).zip(figure))
            })?;
            let read = found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
            Ok(read.map(|(hour, ((name, label), value))| (hour, Figure { name, label, value })).collect())
        })
    }
}
