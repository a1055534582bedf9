//! A static key that stands in while an account's OAuth is down, sealed like a token.
//!
//! Who may ask for one, how long it lives and when it ends early is decided in the engine; here it is kept,
//! one for each account, and goes with the account.

use bowline_base::{AccountId, Secret, Wall};
use rusqlite::{OptionalExtension as _, params};

use crate::accounts::must_be_there;
use crate::error::VaultError;
use crate::open::Vault;
use crate::schema::{blob, int, text};
use crate::seal::Cell;

/// The longest reason, in bytes.
const MAX_REASON: usize = 4096;

/// A key that stands in for an account.
#[derive(Clone, Debug)]
pub struct Emergency {
    /// For which account.
    pub account: AccountId,
    /// The key itself.
    pub secret: Secret,
    /// Why, in the user's words.
    pub reason: String,
    /// When the user said yes to it.
    pub approved_at: Wall,
    /// When it is no longer served.
    pub ends_at: Wall,
}

impl Vault {
    /// Keeps a key in place of an earlier one. Fails with `Locked` and `UnknownAccount`.
    pub fn save_emergency(&mut self, e: &Emergency) -> Result<(), VaultError> {
        if e.reason.len() > MAX_REASON {
            return Err(VaultError::TooLarge { what: "reason" });
        }
        let sealed = self.seal(secret_cell(&[e.account.as_str()]), &e.secret)?;
        self.write(|tx| {
            must_be_there(tx, &e.account)?;
            let sql = "INSERT OR REPLACE INTO emergency (account, secret, reason, approved_at, ends_at)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let (from, to) = (e.approved_at.unix_ms(), e.ends_at.unix_ms());
            tx.execute(sql, params![e.account.as_str(), sealed, e.reason, from, to])?;
            Ok(())
        })
    }

    /// The accounts that a key is kept for, ended or not.
    pub fn emergencies(&self) -> Result<Vec<AccountId>, VaultError> {
        self.read(|conn| {
            let mut rows = conn.prepare("SELECT account FROM emergency ORDER BY account")?;
            let ids = rows.query_map([], |row| Ok(text(row, 0)))?.collect::<Result<Vec<_>, _>>()?;
            Ok(ids.into_iter().flatten().filter_map(|id| AccountId::parse(&id)).collect())
        })
    }

    /// Moves the times of a key that is kept; nothing happens where there is none.
    pub fn move_emergency(
        &mut self,
        id: &AccountId,
        approved_at: Wall,
        ends_at: Wall,
    ) -> Result<(), VaultError> {
        self.write(|tx| {
            let sql = "UPDATE emergency SET approved_at = ?2, ends_at = ?3 WHERE account = ?1";
            tx.execute(sql, params![id.as_str(), approved_at.unix_ms(), ends_at.unix_ms()])?;
            Ok(())
        })
    }

    /// The key that stands in, ended or not; `None` when there is none. Fails with `Locked` and `Corrupted`.
    pub fn emergency(&self, id: &AccountId) -> Result<Option<Emergency>, VaultError> {
        let key = self.key()?;
        let found = self.read(|conn| {
            let sql = "SELECT secret, reason, approved_at, ends_at FROM emergency WHERE account = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok((blob(row, 0), text(row, 1), int(row, 2), int(row, 3)));
            Ok(conn.query_row(sql, [id.as_str()], read).optional()?)
        })?;
        let Some((sealed, reason, approved_at, ends_at)) = found else { return Ok(None) };
        let open = || {
            let secret = key.open_text(secret_cell(&[id.as_str()]), &sealed?)?;
            let (approved_at, ends_at) = (Wall::from_unix_ms(approved_at?), Wall::from_unix_ms(ends_at?));
            Some(Emergency { account: id.clone(), secret, reason: reason?, approved_at, ends_at })
        };
        open().map(Some).ok_or_else(|| VaultError::Corrupted { account: id.clone() })
    }

    /// Forgets the key, from the log too. `false` when there was none.
    pub fn end_emergency(&mut self, id: &AccountId) -> Result<bool, VaultError> {
        let was_there =
            self.write(|tx| Ok(tx.execute("DELETE FROM emergency WHERE account = ?1", [id.as_str()])? > 0))?;
        if was_there {
            self.scrub();
        }
        Ok(was_there)
    }
}

fn secret_cell<'a>(row: &'a [&'a str]) -> Cell<'a> {
    Cell { table: "emergency", row, column: "secret" }
}
