//! Accounts and their health, in and out. Readable while locked: nothing here is sealed.
//!
//! A provider and a subject together are one account for ever: whoever connects again finds the id, the
//! label, the day of the first connection and the apps' grants as they were (E-30, O-54). A row that is
//! damaged is told as `token_corrupted` and hides no other.

use bowline_base::{
    Account, AccountId, Basis, Health, LastRefresh, ProviderId, Reason, RefreshOutcome, ScopeSet, Trouble,
    Wall,
};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};

use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::schema::{int, text};
use crate::tokens::Tokens;

const SELECT: &str = "SELECT id, provider, issuer, subject, label, username, display_name, avatar_url,
    requested, granted, connected_at, reconnected_at, paused,
    access_expires_at, access_issued_at, grant_expires_at, refreshable, trouble_reason, trouble_since,
    refresh_at, refresh_outcome, refresh_code, refresh_http_status, refresh_error, refresh_description,
    refresh_attempts, grant_basis FROM account";

/// The longest text of an account that is stored, in bytes; anything longer is refused. Lists of scopes are bounded by
/// their own type.
const MAX_TEXT: usize = 4096;

impl Vault {
    /// Every account with its health, in the order they were connected.
    pub fn accounts(&self) -> Result<Vec<(Account, Health)>, VaultError> {
        self.read(|conn| {
            let mut rows = conn.prepare_cached(&format!("{SELECT} ORDER BY connected_at, id"))?;
            let found = rows.query_map([], |row| Ok(read_row(row)))?;
            Ok(found.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        })
    }

    /// One account with its health; `None` when there is no such account.
    pub fn account(&self, id: &AccountId) -> Result<Option<(Account, Health)>, VaultError> {
        self.read(|conn| {
            let mut rows = conn.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
            Ok(rows.query_row([id.as_str()], |row| Ok(read_row(row))).optional()?.flatten())
        })
    }

    /// Stores a connected account with its health and tokens, synced in one transaction.
    ///
    /// Where the provider and the subject are known already, that account is updated and its id returned:
    /// it keeps its label, its first day, its fallback and its grants; what the new answer does not tell
    /// stays; the tokens are replaced as a whole; a renewal that was under way is forgotten. Fails with
    /// `Duplicate` when the id belongs to another person, and with `Locked`.
    pub fn upsert_account(&mut self, a: &Account, h: &Health, t: &Tokens) -> Result<AccountId, VaultError> {
        check_lengths(a)?;
        let known = self.read(|conn| find(conn, &a.provider, &a.subject))?;
        let id = known.clone().unwrap_or_else(|| a.id.clone());
        let sealed = self.seal_tokens(&Account { id: id.clone(), ..a.clone() }, t)?;
        let reconnected_at = a.reconnected_at.unwrap_or(self.clock.wall());
        self.write(|tx| {
            match known {
                Some(_) => reconnect(tx, &id, a, reconnected_at)?,
                None => insert(tx, a)?,
            }
            save_health(tx, &id, h)?;
            sealed.save(tx, &id)?;
            tx.execute("DELETE FROM journal WHERE account = ?1", [id.as_str()])?;
            Ok(())
        })?;
        self.marks.forget(&id);
        Ok(id)
    }

    /// Stores what people see and choose: label, names, picture, scopes, pause, last reconnect. Provider,
    /// issuer, subject and first day never change. Fails with `UnknownAccount`.
    pub fn save_profile(&mut self, a: &Account) -> Result<(), VaultError> {
        check_lengths(a)?;
        self.write(|tx| {
            let changed = tx.execute(
                "UPDATE account SET label = :label, username = :username, display_name = :display_name,
                 avatar_url = :avatar_url, requested = :requested, granted = :granted,
                 reconnected_at = :reconnected_at, paused = :paused WHERE id = :id",
                named_params! {
                    ":id": a.id.as_str(), ":label": a.label, ":username": a.username,
                    ":display_name": a.display_name, ":avatar_url": a.avatar_url,
                    ":requested": a.requested.to_string(), ":granted": a.granted.to_string(),
                    ":reconnected_at": a.reconnected_at.map(Wall::unix_ms), ":paused": a.paused,
                },
            )?;
            must_exist(changed, &a.id)
        })
    }

    /// Stores how the account fares. Fails with `UnknownAccount`.
    pub fn save_health(&mut self, id: &AccountId, h: &Health) -> Result<(), VaultError> {
        self.write(|tx| save_health(tx, id, h))
    }

    /// The account that stands in for this one while it is unavailable, if one was named.
    pub fn fallback(&self, id: &AccountId) -> Result<Option<AccountId>, VaultError> {
        self.read(|conn| {
            let sql = "SELECT fallback FROM account WHERE id = ?1";
            let found = conn.query_row(sql, [id.as_str()], |row| Ok(text(row, 0))).optional()?;
            Ok(found.flatten().and_then(|t| AccountId::parse(&t)))
        })
    }

    /// Every account for which one that stands in was named, with that one.
    pub fn fallbacks(&self) -> Result<Vec<(AccountId, AccountId)>, VaultError> {
        self.read(|conn| {
            let mut rows = conn.prepare("SELECT id, fallback FROM account WHERE fallback IS NOT NULL")?;
            let pairs = rows.query_map([], |row| Ok((text(row, 0), text(row, 1))))?;
            let pairs = pairs.collect::<Result<Vec<_>, _>>()?.into_iter();
            let parsed =
                pairs.filter_map(|(id, other)| Some((AccountId::parse(&id?)?, AccountId::parse(&other?)?)));
            Ok(parsed.collect())
        })
    }

    /// Names the account that stands in, or takes the name back. Fails with `UnknownAccount` for either.
    pub fn save_fallback(&mut self, id: &AccountId, other: Option<&AccountId>) -> Result<(), VaultError> {
        self.write(|tx| {
            if let Some(other) = other {
                must_be_there(tx, other)?;
            }
            let sql = "UPDATE account SET fallback = ?2 WHERE id = ?1";
            let changed = tx.execute(sql, params![id.as_str(), other.map(AccountId::as_str)])?;
            must_exist(changed, id)
        })
    }

    /// Forgets an account: its tokens, its grants, a renewal under way, its emergency key. `false` when it
    /// was not there. Afterwards no byte of its tokens is in the file, in the log or in a copy that a
    /// migration made (see [`Vault::owes_tidying`]); entries of the audit trail stay. An error means that the
    /// account is still there.
    pub fn remove_account(&mut self, id: &AccountId) -> Result<bool, VaultError> {
        if !self.read(|conn| Ok(is_there(conn, id)?))? {
            return Ok(false);
        }
        self.forget_backups()?;
        self.write(|tx| {
            tx.execute("DELETE FROM account WHERE id = ?1", [id.as_str()])?;
            Ok(())
        })?;
        self.marks.forget(id);
        self.scrub();
        Ok(true)
    }
}

fn find(conn: &Connection, provider: &ProviderId, subject: &str) -> Result<Option<AccountId>, Fail> {
    let sql = "SELECT id FROM account WHERE provider = ?1 AND subject = ?2";
    let found =
        conn.query_row(sql, params![provider.as_str(), subject], |row| Ok(text(row, 0))).optional()?;
    Ok(found.flatten().and_then(|t| AccountId::parse(&t)))
}

fn insert(tx: &Transaction<'_>, a: &Account) -> Result<(), Fail> {
    tx.execute(
        "INSERT INTO account (id, provider, issuer, subject, label, username, display_name, avatar_url,
         requested, granted, connected_at, reconnected_at, paused, refreshable)
         VALUES (:id, :provider, :issuer, :subject, :label, :username, :display_name, :avatar_url,
         :requested, :granted, :connected_at, :reconnected_at, :paused, 0)",
        named_params! {
            ":id": a.id.as_str(), ":provider": a.provider.as_str(), ":issuer": a.issuer,
            ":subject": a.subject, ":label": a.label, ":username": a.username,
            ":display_name": a.display_name, ":avatar_url": a.avatar_url,
            ":requested": a.requested.to_string(), ":granted": a.granted.to_string(),
            ":connected_at": a.connected_at.unix_ms(),
            ":reconnected_at": a.reconnected_at.map(Wall::unix_ms), ":paused": a.paused,
        },
    )?;
    Ok(())
}

fn reconnect(tx: &Transaction<'_>, id: &AccountId, a: &Account, at: Wall) -> Result<(), Fail> {
    tx.execute(
        "UPDATE account SET issuer = :issuer, label = coalesce(label, :label),
         username = coalesce(:username, username), display_name = coalesce(:display_name, display_name),
         avatar_url = coalesce(:avatar_url, avatar_url), requested = :requested, granted = :granted,
         reconnected_at = :at, paused = :paused WHERE id = :id",
        named_params! {
            ":id": id.as_str(), ":issuer": a.issuer, ":label": a.label, ":username": a.username,
            ":display_name": a.display_name, ":avatar_url": a.avatar_url,
            ":requested": a.requested.to_string(), ":granted": a.granted.to_string(),
            ":at": at.unix_ms(), ":paused": a.paused,
        },
    )?;
    Ok(())
}

pub(crate) fn save_health(tx: &Transaction<'_>, id: &AccountId, h: &Health) -> Result<(), Fail> {
    let (trouble, last) = (h.trouble.as_ref(), h.last_refresh.as_ref());
    let changed = tx.execute(
        "UPDATE account SET access_expires_at = :expires, access_issued_at = :issued,
         grant_expires_at = :grant, refreshable = :refreshable, trouble_reason = :reason,
         trouble_since = :since, refresh_at = :at, refresh_outcome = :outcome, refresh_code = :code,
         refresh_http_status = :status, refresh_error = :error, refresh_description = :description,
         refresh_attempts = :attempts, grant_basis = :basis WHERE id = :id",
        named_params! {
            ":id": id.as_str(), ":refreshable": h.refreshable,
            ":basis": h.grant_basis.map(Basis::as_str),
            ":expires": h.access_expires_at.map(Wall::unix_ms),
            ":issued": h.access_issued_at.map(Wall::unix_ms),
            ":grant": h.grant_expires_at.map(Wall::unix_ms),
            ":reason": trouble.map(|t| t.reason.as_str()), ":since": trouble.map(|t| t.since.unix_ms()),
            ":at": last.map(|l| l.at.unix_ms()), ":outcome": last.map(|l| l.outcome.as_str()),
            ":code": last.and_then(|l| l.code.as_deref()), ":status": last.and_then(|l| l.http_status),
            ":error": last.and_then(|l| l.provider_error.as_deref()),
            ":description": last.and_then(|l| l.provider_description.as_deref()),
            ":attempts": last.map(|l| l.attempts),
        },
    )?;
    must_exist(changed, id)
}

pub(crate) fn save_granted(tx: &Transaction<'_>, id: &AccountId, granted: &ScopeSet) -> Result<(), Fail> {
    let sql = "UPDATE account SET granted = ?2 WHERE id = ?1";
    must_exist(tx.execute(sql, params![id.as_str(), granted.to_string()])?, id)
}

/// What binds an account's tokens beside its id: provider, issuer, subject as they are stored.
pub(crate) fn identity(conn: &Connection, id: &AccountId) -> Result<Option<[String; 4]>, Fail> {
    let sql = "SELECT provider, issuer, subject FROM account WHERE id = ?1";
    let read = |row: &Row<'_>| {
        let part = |i| text(row, i).unwrap_or_default();
        Ok([id.as_str().to_owned(), part(0), part(1), part(2)])
    };
    Ok(conn.prepare_cached(sql)?.query_row([id.as_str()], read).optional()?)
}

pub(crate) fn is_there(conn: &Connection, id: &AccountId) -> rusqlite::Result<bool> {
    conn.query_row("SELECT 1 FROM account WHERE id = ?1", [id.as_str()], |_| Ok(()))
        .optional()
        .map(|f| f.is_some())
}

pub(crate) fn must_be_there(conn: &Connection, id: &AccountId) -> Result<(), Fail> {
    if is_there(conn, id)? { Ok(()) } else { Err(VaultError::UnknownAccount { account: id.clone() }.into()) }
}

fn must_exist(changed: usize, id: &AccountId) -> Result<(), Fail> {
    if changed > 0 { Ok(()) } else { Err(VaultError::UnknownAccount { account: id.clone() }.into()) }
}

fn check_lengths(a: &Account) -> Result<(), VaultError> {
    let texts = [&a.issuer, &a.label, &a.username, &a.display_name, &a.avatar_url];
    let longest = texts.into_iter().flatten().chain([&a.subject]).map(String::len).max().unwrap_or(0);
    if longest > MAX_TEXT {
        return Err(VaultError::TooLarge { what: "a text of the account" });
    }
    Ok(())
}

/// `None` only when the id itself is unreadable: nothing could be asked of such an account.
fn read_row(row: &Row<'_>) -> Option<(Account, Health)> {
    let id = AccountId::parse(&text(row, 0)?)?;
    let provider = text(row, 1).and_then(|t| ProviderId::parse(&t));
    let subject = text(row, 3);
    let is_whole = provider.is_some() && subject.is_some();
    let wall = |i| int(row, i).map(Wall::from_unix_ms);
    let scopes = |i| ScopeSet::read(&text(row, i).unwrap_or_default());
    let account = Account {
        id,
        provider: provider.or_else(|| ProviderId::parse("unknown"))?,
        issuer: text(row, 2),
        subject: subject.unwrap_or_default(),
        label: text(row, 4),
        username: text(row, 5),
        display_name: text(row, 6),
        avatar_url: text(row, 7),
        requested: scopes(8),
        granted: scopes(9),
        connected_at: wall(10).unwrap_or(Wall::from_unix_ms(0)),
        reconnected_at: wall(11),
        paused: int(row, 12) != Some(0),
    };
    let mut health = read_health(row);
    if !is_whole {
        health.trouble = Some(corrupted(account.connected_at));
    }
    Some((account, health))
}

fn read_health(row: &Row<'_>) -> Health {
    let wall = |i| int(row, i).map(Wall::from_unix_ms);
    let trouble = text(row, 17).map(|word| {
        let since = wall(18).unwrap_or(Wall::from_unix_ms(0));
        Reason::parse(&word).map_or_else(|| corrupted(since), |reason| Trouble { reason, since })
    });
    Health {
        access_expires_at: wall(13),
        access_issued_at: wall(14),
        grant_expires_at: wall(15),
        grant_basis: text(row, 26).and_then(|word| Basis::parse(&word)),
        refreshable: int(row, 16) == Some(1),
        trouble,
        last_refresh: wall(19).map(|at| read_last(row, at)),
    }
}

fn read_last(row: &Row<'_>, at: Wall) -> LastRefresh {
    let is_ok = text(row, 20).as_deref() == Some(RefreshOutcome::Ok.as_str());
    LastRefresh {
        at,
        outcome: if is_ok { RefreshOutcome::Ok } else { RefreshOutcome::Failed },
        code: text(row, 21),
        http_status: int(row, 22).and_then(|n| u16::try_from(n).ok()),
        provider_error: text(row, 23),
        provider_description: text(row, 24),
        attempts: int(row, 25).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
    }
}

/// A word that no version wrote is damage, and damage of a row is told as the account's own.
const fn corrupted(since: Wall) -> Trouble {
    Trouble { reason: Reason::TokenCorrupted, since }
}
