//! The journal of renewals: begun, answered, saved. What a restart finds here is what was cut off.
//!
//! A row is written before the request is sent and cleared in the very transaction that stores the new
//! tokens. In between, the provider's answer is kept as it came, sealed and synced, before anyone reads
//! it: a rotated refresh token exists nowhere else at that moment. Every renewal has a mark of its own, and only who
//! shows it may answer or end the renewal: a late answer never ends another one, and never takes the place of what
//! a new connection brought.

use std::collections::HashMap;

use bowline_base::{AccountId, Health, ScopeSet, Secret, Wall};
use rusqlite::{OptionalExtension as _, params};

use crate::accounts::{identity, must_be_there, save_granted, save_health};
use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::schema::{blob, int, text};
use crate::seal::Cell;
use crate::tokens::Tokens;

/// Which renewal of an account is meant. One vault, while it is open, gives none twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(u64);

/// The marks of the renewals that this vault has begun. A row without one was found at the start, and then the
/// default is its mark: whoever began it is gone.
#[derive(Default)]
pub(crate) struct Marks {
    last: u64,
    of: HashMap<AccountId, Mark>,
}

impl Marks {
    fn fresh(&mut self, id: &AccountId) -> Mark {
        self.last += 1;
        let mark = Mark(self.last);
        self.of.insert(id.clone(), mark);
        mark
    }

    fn current(&self, id: &AccountId) -> Mark {
        self.of.get(id).copied().unwrap_or_default()
    }

    pub(crate) fn forget(&mut self, id: &AccountId) {
        self.of.remove(id);
    }
}

/// A renewal that has begun and not ended.
#[derive(Clone, Debug)]
pub struct Interrupted {
    /// Which renewal it is.
    pub mark: Mark,
    /// Whose it is.
    pub account: AccountId,
    /// When the request was about to be sent.
    pub begun_at: Wall,
    /// The answer as it came, if it came and is readable.
    pub answer: Option<Secret>,
    /// How often it was cut off before and sent again.
    pub retried: u32,
}

struct Row {
    account: AccountId,
    begun_at: Wall,
    answer: Option<Vec<u8>>,
    retried: u32,
}

impl Vault {
    /// Notes that a request is about to be sent, and gives the mark that its answer and its end have to show. What
    /// [`Vault::renewal_goes_on`] noted stays until the renewal ends.
    ///
    /// Fails with `RenewalPending` while an answer waits to be read, with `UnknownAccount`, and with `DiskFull` where
    /// there would be no room for the answer.
    pub fn begin_renewal(&mut self, id: &AccountId) -> Result<Mark, VaultError> {
        self.reserve.keep(&*self.random)?;
        let now = self.clock.wall().unix_ms();
        self.write(|tx| {
            must_be_there(tx, id)?;
            let begun = tx.execute(
                "INSERT INTO journal (account, begun_at, answer, retried) VALUES (?1, ?2, NULL, 0)
                 ON CONFLICT (account) DO UPDATE SET begun_at = excluded.begun_at WHERE answer IS NULL",
                params![id.as_str(), now],
            )?;
            if begun > 0 { Ok(()) } else { Err(VaultError::RenewalPending { account: id.clone() }.into()) }
        })?;
        Ok(self.marks.fresh(id))
    }

    /// Keeps the provider's answer before it is read. Fails with `Locked`, `UnknownAccount`, and with
    /// `RenewalSuperseded` when the account was connected anew, or another renewal begun, since this one began. On a
    /// full disk it takes the room that was kept for it.
    pub fn answer_renewal(&mut self, id: &AccountId, mark: Mark, answer: &Secret) -> Result<(), VaultError> {
        let sealed = self.seal(answer_cell(&[id.as_str()]), answer)?;
        match self.keep_answer(id, mark, &sealed) {
            Err(VaultError::DiskFull { .. }) if self.reserve.give_up() => self.keep_answer(id, mark, &sealed),
            kept => kept,
        }
    }

    fn keep_answer(&mut self, id: &AccountId, mark: Mark, sealed: &[u8]) -> Result<(), VaultError> {
        let is_this_one = self.marks.current(id) == mark;
        self.write(|tx| {
            must_be_there(tx, id)?;
            still_open(usize::from(is_this_one), id)?;
            let kept = tx
                .execute("UPDATE journal SET answer = ?2 WHERE account = ?1", params![id.as_str(), sealed])?;
            still_open(kept, id)
        })
    }

    /// True while the answer of this very renewal is in the journal: it cannot be lost then. Needs no key.
    pub fn keeps_answer(&self, id: &AccountId, mark: Mark) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM journal WHERE account = ?1 AND answer IS NOT NULL";
        let found = self.read(|conn| Ok(conn.query_row(sql, [id.as_str()], |_| Ok(())).optional()?))?;
        Ok(found.is_some() && self.marks.current(id) == mark)
    }

    /// Ends a renewal: new tokens if it brought any, health, granted scopes, and the journal's row cleared,
    /// in one synced transaction. Without a new refresh token or ID token the old one stays.
    ///
    /// Fails with `Locked` (with tokens only), with `UnknownAccount` when it was removed meanwhile, and with
    /// `RenewalSuperseded` when it was connected anew, or another renewal begun: then the newer tokens stay
    /// (E-39). A failure leaves the journal, so that the answer is not lost.
    pub fn finish_renewal(
        &mut self,
        id: &AccountId,
        mark: Mark,
        outcome: Option<&Tokens>,
        health: &Health,
        granted: &ScopeSet,
    ) -> Result<(), VaultError> {
        let unknown = || VaultError::UnknownAccount { account: id.clone() };
        let row = self.read(|conn| identity(conn, id))?.ok_or_else(unknown)?;
        let row = row.each_ref().map(String::as_str);
        let sealed = outcome.map(|t| self.seal_row(&row, t)).transpose()?;
        let is_this_one = self.marks.current(id) == mark;
        self.write(|tx| {
            still_open(usize::from(is_this_one), id)?;
            if let Some(sealed) = &sealed {
                sealed.renew(tx, id)?;
            }
            save_health(tx, id, health)?;
            save_granted(tx, id, granted)?;
            still_open(tx.execute("DELETE FROM journal WHERE account = ?1", [id.as_str()])?, id)
        })?;
        self.marks.forget(id);
        Ok(())
    }

    /// Ends a try that told nothing of the refresh token's fate: health and granted scopes are saved, an answer that
    /// helps nobody makes room, and the renewal stays begun, sent again so many times by now. All in one synced
    /// transaction: a cut in between would leave no trace of what was cut off. Gives the mark of what comes next.
    ///
    /// Fails as [`Vault::finish_renewal`] without tokens does.
    pub fn renewal_goes_on(
        &mut self,
        id: &AccountId,
        mark: Mark,
        retried: u32,
        health: &Health,
        granted: &ScopeSet,
    ) -> Result<Mark, VaultError> {
        let (is_this_one, now) = (self.marks.current(id) == mark, self.clock.wall().unix_ms());
        self.write(|tx| {
            must_be_there(tx, id)?;
            still_open(usize::from(is_this_one), id)?;
            save_health(tx, id, health)?;
            save_granted(tx, id, granted)?;
            let sql = "UPDATE journal SET begun_at = ?2, answer = NULL, retried = ?3 WHERE account = ?1";
            still_open(tx.execute(sql, params![id.as_str(), now, retried])?, id)
        })?;
        Ok(self.marks.fresh(id))
    }

    /// Every renewal that has begun and not ended, oldest first. Fails with `Locked`. An answer that is
    /// damaged counts as one that never came.
    pub fn interrupted(&self) -> Result<Vec<Interrupted>, VaultError> {
        let key = self.key()?;
        let rows = self.read(|conn| {
            let sql = "SELECT account, begun_at, answer, retried FROM journal ORDER BY begun_at, account";
            let mut rows = conn.prepare_cached(sql)?;
            let found = rows.query_map([], |row| Ok(read_row(row)))?;
            Ok(found.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?)
        })?;
        let open = |row: Row| Interrupted {
            mark: self.marks.current(&row.account),
            answer: row.answer.and_then(|s| key.open_text(answer_cell(&[row.account.as_str()]), &s)),
            account: row.account,
            begun_at: row.begun_at,
            retried: row.retried,
        };
        Ok(rows.into_iter().map(open).collect())
    }
}

/// A renewal's row goes when the account is connected anew, and its mark when another begins: what comes afterwards
/// belongs to the old grant, or to an older try.
fn still_open(rows: usize, id: &AccountId) -> Result<(), Fail> {
    if rows > 0 { Ok(()) } else { Err(VaultError::RenewalSuperseded { account: id.clone() }.into()) }
}

fn answer_cell<'a>(row: &'a [&'a str]) -> Cell<'a> {
    Cell { table: "journal", row, column: "answer" }
}

fn read_row(row: &rusqlite::Row<'_>) -> Option<Row> {
    Some(Row {
        account: AccountId::parse(&text(row, 0)?)?,
        begun_at: Wall::from_unix_ms(int(row, 1).unwrap_or(0)),
        answer: blob(row, 2),
        // What is no number is damage: it is not taken for a first time.
        retried: int(row, 3).and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
    })
}
