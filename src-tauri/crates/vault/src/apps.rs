//! Apps: a hash of each one's key, what it may read, and until when. Readable while locked.
//!
//! An app key has 256 random bits, so its plain SHA-256 cannot be guessed back. Whether a grant suffices
//! for a request is decided in the engine; an ended grant is still listed here, so that it can be shown.

use bowline_base::{AccountId, AppId, ScopeSet, Wall};
use rusqlite::{Connection, Row, Transaction, params};

use crate::accounts::must_be_there;
use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::schema::{blob, int, text};

/// The longest name of an app, in bytes.
const MAX_NAME: usize = 1024;
/// As many accounts as one vault is built for.
const MAX_GRANTS: usize = 10_000;
/// The longest list of scopes, in bytes.
const MAX_SCOPES: usize = 64 << 10;

/// An app that may read tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// What it called itself.
    pub name: String,
    /// When it was approved.
    pub created_at: Wall,
    /// When it last read a token.
    pub last_read_at: Option<Wall>,
    /// What it may read.
    pub grants: Vec<Grant>,
    /// It may see what is counted.
    pub metrics: bool,
}

/// One account that an app may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which account.
    pub account: AccountId,
    /// These scopes only; `None` is all that are granted.
    pub scopes: Option<ScopeSet>,
    /// Until then; `None` is until revoked.
    pub expires_at: Option<Wall>,
}

impl Vault {
    /// Every app, in the order they were approved.
    pub fn apps(&self) -> Result<Vec<App>, VaultError> {
        self.read(|conn| select(conn, "ORDER BY created_at, id", []))
    }

    /// Keeps a new app under the SHA-256 of its key.
    ///
    /// Fails with `Duplicate` when that key is known and with `UnknownAccount` for a grant to nobody.
    pub fn add_app(&mut self, name: &str, key_hash: &[u8; 32], grants: &[Grant]) -> Result<App, VaultError> {
        self.add_app_that(name, key_hash, grants, false)
    }

    /// The same for an app that may see what is counted, or not.
    pub fn add_app_that(
        &mut self,
        name: &str,
        key_hash: &[u8; 32],
        grants: &[Grant],
        metrics: bool,
    ) -> Result<App, VaultError> {
        if name.len() > MAX_NAME {
            return Err(VaultError::TooLarge { what: "the app's name" });
        }
        let app = App {
            id: AppId::random(&*self.random),
            name: name.to_owned(),
            created_at: self.clock.wall(),
            last_read_at: None,
            grants: grants.to_vec(),
            metrics,
        };
        self.write(|tx| insert(tx, &app, key_hash))?;
        Ok(app)
    }

    /// The app whose key has this SHA-256; `None` when no app has.
    pub fn app_by_key_hash(&self, key_hash: &[u8; 32]) -> Result<Option<App>, VaultError> {
        self.read(|conn| Ok(select(conn, "WHERE key_hash = ?1", [key_hash])?.pop()))
    }

    /// Forgets an app, its key's hash and its grants. `false` when it was not there.
    pub fn revoke_app(&mut self, id: &AppId) -> Result<bool, VaultError> {
        self.write(|tx| Ok(tx.execute("DELETE FROM app WHERE id = ?1", [id.as_str()])? > 0))
    }

    /// Notes when apps last read, many at once. An earlier time than the one on record changes nothing.
    pub fn touch_apps(&mut self, reads: &[(AppId, Wall)]) -> Result<(), VaultError> {
        if reads.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut update = tx.prepare_cached(
                "UPDATE app SET last_read_at = ?2 WHERE id = ?1 AND coalesce(last_read_at, ?2) <= ?2",
            )?;
            for (id, at) in reads {
                update.execute(params![id.as_str(), at.unix_ms()])?;
            }
            Ok(())
        })
    }

    /// Every app's key hash: what a door compares a shown key with, and what an export carries.
    pub fn key_hashes(&self) -> Result<Vec<(AppId, [u8; 32])>, VaultError> {
        self.read(|conn| {
            let mut rows = conn.prepare("SELECT id, key_hash FROM app")?;
            let found = rows
                .query_map([], |row| Ok(text(row, 0).zip(blob(row, 1))))?
                .collect::<Result<Vec<_>, _>>()?;
            // A damaged row is left out: its app is refused, and no other is.
            let read = |(id, hash): (String, Vec<u8>)| Some((AppId::parse(&id)?, hash.try_into().ok()?));
            Ok(found.into_iter().flatten().filter_map(read).collect())
        })
    }
}

pub(crate) fn insert(tx: &Transaction<'_>, app: &App, key_hash: &[u8; 32]) -> Result<(), Fail> {
    let sql = "INSERT INTO app (id, name, key_hash, created_at, last_read_at, metrics)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let last = app.last_read_at.map(Wall::unix_ms);
    tx.execute(
        sql,
        params![app.id.as_str(), app.name, key_hash, app.created_at.unix_ms(), last, app.metrics],
    )?;
    insert_grants(tx, &app.id, &app.grants)
}

fn insert_grants(tx: &Transaction<'_>, app: &AppId, grants: &[Grant]) -> Result<(), Fail> {
    if grants.len() > MAX_GRANTS {
        return Err(VaultError::TooLarge { what: "the list of accounts" }.into());
    }
    let sql = "INSERT INTO app_grant (app, account, scopes, expires_at) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = tx.prepare_cached(sql)?;
    for grant in grants {
        must_be_there(tx, &grant.account)?;
        let scopes = grant.scopes.as_ref().map(ScopeSet::to_string);
        if scopes.as_ref().is_some_and(|s| s.len() > MAX_SCOPES) {
            return Err(VaultError::TooLarge { what: "the list of scopes" }.into());
        }
        let expires_at = grant.expires_at.map(Wall::unix_ms);
        insert.execute(params![app.as_str(), grant.account.as_str(), scopes, expires_at])?;
    }
    Ok(())
}

fn select(conn: &Connection, which: &str, params: impl rusqlite::Params) -> Result<Vec<App>, Fail> {
    let mut rows =
        conn.prepare_cached(&format!("SELECT id, name, created_at, last_read_at, metrics FROM app {which}"))?;
    let found = rows.query_map(params, |row| Ok(read_app(row)))?;
    let mut apps = found.filter_map(Result::transpose).collect::<Result<Vec<App>, _>>()?;
    let sql = "SELECT account, scopes, expires_at FROM app_grant WHERE app = ?1 ORDER BY account";
    let mut grants = conn.prepare_cached(sql)?;
    for app in &mut apps {
        let found = grants.query_map([app.id.as_str()], |row| Ok(read_grant(row)))?;
        app.grants = found.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    }
    Ok(apps)
}

fn read_app(row: &Row<'_>) -> Option<App> {
    Some(App {
        id: AppId::parse(&text(row, 0)?)?,
        name: text(row, 1).unwrap_or_default(),
        created_at: Wall::from_unix_ms(int(row, 2).unwrap_or(0)),
        last_read_at: int(row, 3).map(Wall::from_unix_ms),
        grants: Vec::new(),
        metrics: int(row, 4) == Some(1),
    })
}

fn read_grant(row: &Row<'_>) -> Option<Grant> {
    Some(Grant {
        account: AccountId::parse(&text(row, 0)?)?,
        scopes: text(row, 1).map(|t| ScopeSet::read(&t)),
        expires_at: int(row, 2).map(Wall::from_unix_ms),
    })
}
