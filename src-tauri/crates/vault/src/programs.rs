//! Programs without a key: which file may read which account, and which may not even ask. Readable while locked.
//!
//! A program is a path and the file that lies there: device, inode, size and two times. Another file at the same path
//! is another program. What was allowed for an hour or once is not in here: it ends with the agent.

use bowline_base::{AccountId, AppId, Wall};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use crate::accounts::must_be_there;
use crate::audit::AuditEntry;
use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::schema::{int, text};

/// The longest path that Linux knows, in bytes.
const MAX_PATH: usize = 4096;

/// A program's file as it was when the owner decided. The times are in nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProgramFile {
    /// Where it lies.
    pub path: String,
    /// On which device.
    pub device: u64,
    /// Under which number there.
    pub inode: u64,
    /// How long it is, in bytes.
    pub size: u64,
    /// When its contents were changed, as it says itself.
    pub modified: i64,
    /// When it was changed, as the kernel says.
    pub changed: i64,
}

/// A program that the owner decided about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its id in the list of apps.
    pub id: AppId,
    /// Its file.
    pub file: ProgramFile,
    /// When the owner first decided about it.
    pub created_at: Wall,
    /// When it last read a token.
    pub last_read_at: Option<Wall>,
    /// What was decided, account by account.
    pub rules: Vec<Rule>,
}

/// What the owner decided for one account, until it is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which account.
    pub account: AccountId,
    /// It may read; otherwise it is refused without a question.
    pub allowed: bool,
    /// When.
    pub decided_at: Wall,
}

impl Vault {
    /// Every program, in the order they were first decided about.
    pub fn programs(&self) -> Result<Vec<Program>, VaultError> {
        self.read(select)
    }

    /// Keeps what was decided, in the place of what was decided before for this file and account. Other files at the
    /// same path lose their rule for the account: what lies there now is what counts.
    ///
    /// `id` names the program where its file is not known yet; gives the id under which it is kept, which is also put
    /// into `entry`: rule and entry are on disk both or neither. Fails with `UnknownAccount` for nobody.
    pub fn save_rule(
        &mut self,
        id: &AppId,
        file: &ProgramFile,
        rule: &Rule,
        entry: AuditEntry,
    ) -> Result<AppId, VaultError> {
        if file.path.len() > MAX_PATH {
            return Err(VaultError::TooLarge { what: "the program's path" });
        }
        let now = self.clock.wall();
        let before = self.read(|conn| known(conn, file))?;
        let kept = before.clone().unwrap_or_else(|| id.clone());
        let entry = AuditEntry { app: Some(kept.clone()), ..entry };
        self.write_recorded(&[entry], |tx| {
            must_be_there(tx, &rule.account)?;
            if before.is_none() {
                insert(tx, &kept, file, now)?;
            }
            tx.execute(
                "DELETE FROM program_rule WHERE account = ?1 AND program IN (SELECT id FROM program WHERE path = ?2)",
                params![rule.account.as_str(), file.path],
            )?;
            tx.execute(
                "INSERT INTO program_rule (program, account, allowed, decided_at) VALUES (?1, ?2, ?3, ?4)",
                params![kept.as_str(), rule.account.as_str(), rule.allowed, rule.decided_at.unix_ms()],
            )?;
            tx.execute("DELETE FROM program WHERE id NOT IN (SELECT program FROM program_rule)", [])?;
            Ok(())
        })?;
        Ok(kept)
    }

    /// Forgets a program and what was decided about it, and records that: both or neither. `false` when it was not there.
    pub fn forget_program(&mut self, id: &AppId, entry: AuditEntry) -> Result<bool, VaultError> {
        self.write_recorded(&[entry], |tx| {
            Ok(tx.execute("DELETE FROM program WHERE id = ?1", [id.as_str()])? > 0)
        })
    }

    /// Notes when programs last read, many at once. An earlier time than the one on record changes nothing.
    pub fn touch_programs(&mut self, reads: &[(AppId, Wall)]) -> Result<(), VaultError> {
        if reads.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut update = tx.prepare_cached(
                "UPDATE program SET last_read_at = ?2 WHERE id = ?1 AND coalesce(last_read_at, ?2) <= ?2",
            )?;
            for (id, at) in reads {
                update.execute(params![id.as_str(), at.unix_ms()])?;
            }
            Ok(())
        })
    }
}

/// SQLite's integers have a sign; the bits are kept as they are.
fn bits(number: u64) -> i64 {
    number.cast_signed()
}

fn known(conn: &Connection, file: &ProgramFile) -> Result<Option<AppId>, Fail> {
    let sql = "SELECT id FROM program WHERE path = ?1 AND device = ?2 AND inode = ?3 AND size = ?4 \
               AND modified = ?5 AND changed = ?6";
    let numbers = (bits(file.device), bits(file.inode), bits(file.size));
    let found = conn
        .query_row(
            sql,
            params![file.path, numbers.0, numbers.1, numbers.2, file.modified, file.changed],
            |row| Ok(text(row, 0)),
        )
        .optional()?;
    Ok(found.flatten().and_then(|id| AppId::parse(&id)))
}

fn insert(tx: &Transaction<'_>, id: &AppId, file: &ProgramFile, now: Wall) -> Result<(), Fail> {
    tx.execute(
        "INSERT INTO program (id, path, device, inode, size, modified, changed, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            id.as_str(),
            file.path,
            bits(file.device),
            bits(file.inode),
            bits(file.size),
            file.modified,
            file.changed,
            now.unix_ms()
        ],
    )?;
    Ok(())
}

fn select(conn: &Connection) -> Result<Vec<Program>, Fail> {
    let sql = "SELECT id, path, device, inode, size, modified, changed, created_at, last_read_at FROM program \
               ORDER BY created_at, id";
    let mut rows = conn.prepare_cached(sql)?;
    let found = rows.query_map([], |row| Ok(read_program(row)))?;
    // A damaged row is left out: its program is asked about again, and no other is.
    let mut programs = found.filter_map(Result::transpose).collect::<Result<Vec<Program>, _>>()?;
    let sql = "SELECT account, allowed, decided_at FROM program_rule WHERE program = ?1 ORDER BY account";
    let mut rules = conn.prepare_cached(sql)?;
    for program in &mut programs {
        let found = rules.query_map([program.id.as_str()], |row| Ok(read_rule(row)))?;
        program.rules = found.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    }
    Ok(programs)
}

fn read_program(row: &Row<'_>) -> Option<Program> {
    let number = |column| int(row, column).map(i64::cast_unsigned);
    Some(Program {
        id: AppId::parse(&text(row, 0)?)?,
        file: ProgramFile {
            path: text(row, 1)?,
            device: number(2)?,
            inode: number(3)?,
            size: number(4)?,
            modified: int(row, 5)?,
            changed: int(row, 6)?,
        },
        created_at: Wall::from_unix_ms(int(row, 7).unwrap_or(0)),
        last_read_at: int(row, 8).map(Wall::from_unix_ms),
        rules: Vec::new(),
    })
}

fn read_rule(row: &Row<'_>) -> Option<Rule> {
    Some(Rule {
        account: AccountId::parse(&text(row, 0)?)?,
        // Only a plain yes is a yes.
        allowed: int(row, 1)? == 1,
        decided_at: Wall::from_unix_ms(int(row, 2).unwrap_or(0)),
    })
}
