//! What the person was told of an account, and when: so that a restart does not say it again. Nothing in here is
//! sealed, because nothing in here tells more than the account's own row.

use bowline_base::{AccountId, Wall};
use rusqlite::params;

use crate::error::VaultError;
use crate::open::Vault;
use crate::schema::{int, text};

/// How often a cause of an account was told, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which account.
    pub account: AccountId,
    /// The word for what was told.
    pub cause: String,
    /// How often since the account is in this state.
    pub times: u32,
    /// When last.
    pub last: Option<Wall>,
    /// Not before this moment: the person said so.
    pub not_before: Option<Wall>,
}

impl Vault {
    /// Everything that was told. Works locked; a damaged row is left out.
    pub fn said(&self) -> Result<Vec<Said>, VaultError> {
        self.read(|conn| {
            let mut rows = conn.prepare("SELECT account, cause, times, told_at, not_before FROM notice")?;
            let found = rows.query_map([], |row| {
                let time = |column| int(row, column).map(Wall::from_unix_ms);
                Ok(text(row, 0).and_then(|id| AccountId::parse(&id)).zip(text(row, 1)).map(
                    |(account, cause)| Said {
                        account,
                        cause,
                        times: int(row, 2).and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
                        last: time(3),
                        not_before: time(4),
                    },
                ))
            })?;
            Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })
    }

    /// Keeps what was told, in the place of what was kept before; of an account that has gone nothing is kept.
    pub fn save_said(&mut self, said: &[Said]) -> Result<(), VaultError> {
        self.write(|tx| {
            for each in said {
                tx.execute(
                    "INSERT OR REPLACE INTO notice (account, cause, times, told_at, not_before)
                     SELECT id, ?2, ?3, ?4, ?5 FROM account WHERE id = ?1",
                    params![
                        each.account.as_str(),
                        each.cause,
                        each.times,
                        each.last.map(Wall::unix_ms),
                        each.not_before.map(Wall::unix_ms)
                    ],
                )?;
            }
            Ok(())
        })
    }
}
