//! An account's tokens, sealed one by one. Saved means synced.
//!
//! Each is bound to its account, provider, issuer and subject, so that neither swapping two cells nor
//! editing the account beside them gives a token to the wrong place. Damage of one is the trouble of one
//! account (F-12).

use bowline_base::{Account, AccountId, Secret};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::accounts::identity;
use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::schema::{blob, text};
use crate::seal::Cell;

/// A type of token is a word; a bound so that the input has one.
const MAX_TOKEN_TYPE: usize = 256;

/// What the provider handed out. `Debug` shows none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access: Secret,
    /// How it is presented, in the provider's spelling.
    pub token_type: String,
    /// The refresh token, if there is one.
    pub refresh: Option<Secret>,
    /// The last ID token, if there is one.
    pub id_token: Option<Secret>,
}

/// The same, sealed for one account.
pub(crate) struct SealedTokens {
    token_type: String,
    access: Vec<u8>,
    refresh: Option<Vec<u8>>,
    id_token: Option<Vec<u8>>,
}

struct Stored {
    token_type: Option<String>,
    access: Option<Vec<u8>>,
    refresh: Option<Vec<u8>>,
    id_token: Option<Vec<u8>>,
}

impl Vault {
    /// The tokens of an account; `None` when there is no such account.
    ///
    /// Fails with `Locked`, and with `Corrupted` for this account when anything of it does not open.
    pub fn tokens(&self, id: &AccountId) -> Result<Option<Tokens>, VaultError> {
        let key = self.key()?;
        let Some(row) = self.read(|conn| identity(conn, id))? else { return Ok(None) };
        let row = row.each_ref().map(String::as_str);
        let corrupted = || VaultError::Corrupted { account: id.clone() };
        let stored = self.read(|conn| load(conn, id))?.ok_or_else(corrupted)?;
        let open =
            |column, sealed: &[u8]| key.open_text(token_cell(&row, column), sealed).ok_or_else(corrupted);
        let open_some = |column, sealed: Option<Vec<u8>>| sealed.map(|s| open(column, &s)).transpose();
        Ok(Some(Tokens {
            access: open("access", &stored.access.ok_or_else(corrupted)?)?,
            token_type: stored.token_type.ok_or_else(corrupted)?,
            refresh: open_some("refresh", stored.refresh)?,
            id_token: open_some("id_token", stored.id_token)?,
        }))
    }

    /// Seals tokens for the account as it is about to be stored.
    pub(crate) fn seal_tokens(&self, a: &Account, t: &Tokens) -> Result<SealedTokens, VaultError> {
        let row = [a.id.as_str(), a.provider.as_str(), a.issuer.as_deref().unwrap_or_default(), &a.subject];
        self.seal_row(&row, t)
    }

    /// Seals tokens for a row of which only the names are known.
    pub(crate) fn seal_row(&self, row: &[&str], t: &Tokens) -> Result<SealedTokens, VaultError> {
        if t.token_type.len() > MAX_TOKEN_TYPE {
            return Err(VaultError::TooLarge { what: "token_type" });
        }
        Ok(SealedTokens {
            token_type: t.token_type.clone(),
            access: self.seal(token_cell(row, "access"), &t.access)?,
            refresh: self.seal_some(token_cell(row, "refresh"), t.refresh.as_ref())?,
            id_token: self.seal_some(token_cell(row, "id_token"), t.id_token.as_ref())?,
        })
    }
}

impl SealedTokens {
    /// Replaces all that the account had.
    pub(crate) fn save(&self, tx: &Transaction<'_>, id: &AccountId) -> Result<(), Fail> {
        tx.execute(
            "INSERT INTO token (account, token_type, access, refresh, id_token) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (account) DO UPDATE SET token_type = excluded.token_type,
             access = excluded.access, refresh = excluded.refresh, id_token = excluded.id_token",
            params![id.as_str(), self.token_type, self.access, self.refresh, self.id_token],
        )?;
        Ok(())
    }

    /// Replaces what a renewal brought; what it did not bring stays (RFC 6749 §6: no new refresh token
    /// means that the old one goes on).
    pub(crate) fn renew(&self, tx: &Transaction<'_>, id: &AccountId) -> Result<(), Fail> {
        tx.execute(
            "INSERT INTO token (account, token_type, access, refresh, id_token) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (account) DO UPDATE SET token_type = excluded.token_type,
             access = excluded.access, refresh = coalesce(excluded.refresh, refresh),
             id_token = coalesce(excluded.id_token, id_token)",
            params![id.as_str(), self.token_type, self.access, self.refresh, self.id_token],
        )?;
        Ok(())
    }
}

fn token_cell<'a>(row: &'a [&'a str], column: &'static str) -> Cell<'a> {
    Cell { table: "token", row, column }
}

fn load(conn: &rusqlite::Connection, id: &AccountId) -> Result<Option<Stored>, Fail> {
    let sql = "SELECT token_type, access, refresh, id_token FROM token WHERE account = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Stored {
            token_type: text(row, 0),
            access: blob(row, 1),
            refresh: blob(row, 2),
            id_token: blob(row, 3),
        })
    };
    Ok(conn.prepare_cached(sql)?.query_row([id.as_str()], read).optional()?)
}
