//! How long an account's earlier grants lived: what a forecast learns from. Nothing in here is sealed, because nothing in
//! here tells more than the account's own row; only the newest few of each account are kept.

use std::time::Duration;

use bowline_base::{AccountId, Reason, Wall};
use rusqlite::params;

use crate::error::VaultError;
use crate::open::Vault;
use crate::schema::{int, text};

/// So many ended grants of an account are kept: more than a forecast looks at.
pub const MOST_KEPT: usize = 12;

/// A grant that the provider ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedGrant {
    /// Whose.
    pub account: AccountId,
    /// When the provider said so.
    pub ended_at: Wall,
    /// How long it had lived by then.
    pub lived: Duration,
    /// With which reason.
    pub reason: Reason,
}

impl Vault {
    /// Every ended grant that is kept, each account's oldest first. Works locked; a damaged row is left out.
    pub fn ended_grants(&self) -> Result<Vec<EndedGrant>, VaultError> {
        self.read(|conn| {
            let sql = "SELECT account, ended_at, lived, reason FROM ended_grant ORDER BY account, ended_at";
            let mut rows = conn.prepare(sql)?;
            let found = rows.query_map([], |row| Ok(read(row)))?;
            Ok(found.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        })
    }

    /// Keeps one more, and lets the account's oldest go where there are too many; of an account that has gone nothing
    /// is kept.
    pub fn save_ended_grant(&mut self, ended: &EndedGrant) -> Result<(), VaultError> {
        let lived = i64::try_from(ended.lived.as_millis()).unwrap_or(i64::MAX);
        self.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO ended_grant (account, ended_at, lived, reason)
                 SELECT id, ?2, ?3, ?4 FROM account WHERE id = ?1",
                params![ended.account.as_str(), ended.ended_at.unix_ms(), lived, ended.reason.as_str()],
            )?;
            tx.execute(
                "DELETE FROM ended_grant WHERE account = ?1 AND ended_at NOT IN
                 (SELECT ended_at FROM ended_grant WHERE account = ?1 ORDER BY ended_at DESC LIMIT ?2)",
                params![ended.account.as_str(), MOST_KEPT as i64],
            )?;
            Ok(())
        })
    }
}

fn read(row: &rusqlite::Row<'_>) -> Option<EndedGrant> {
    Some(EndedGrant {
        account: AccountId::parse(&text(row, 0)?)?,
        ended_at: Wall::from_unix_ms(int(row, 1)?),
        lived: Duration::from_millis(u64::try_from(int(row, 2)?).ok()?),
        reason: Reason::parse(&text(row, 3)?)?,
    })
}
