//! The audit trail: append-only, every entry chained to the one before by SHA-256, its end sealed.
//!
//! An entry's hash covers the hash before it and every field, so a changed, missing or moved entry shows at
//! its own number (O-31). The chain alone does not show a tail that was cut off, nor a chain that was made
//! anew: therefore anchor and last entry are sealed under the data key whenever an entry is added while the
//! vault is unlocked. Entries may also be added while it is locked; they are covered from the next unlocked
//! one on. A seal that no longer fits is never replaced: once broken, the trail says so.
//!
//! What this cannot show is a file that was put back whole from an earlier day.
//!
//! Entries are packed many to a row, because a busy reader makes tens of thousands a second and a row each
//! would cost more than the entry. A row's body: the hash before its first entry, then for each entry its
//! length (4 bytes), its fields, its hash (32 bytes).

use std::borrow::Cow;
use std::sync::Arc;

use bowline_base::{AccountId, AppId, Wall};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use sha2::{Digest as _, Sha256};

use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::pack::{OpenWriter, Reader, Writer};
use crate::schema::{blob, int};
use crate::seal::{Cell, DataKey};

/// A row holds at most this much, so that reading one costs little memory.
const SEGMENT_BYTES: usize = 32 << 10;
/// Longer texts are cut: an entry must never be refused.
const MAX_TEXT: usize = 1024;
/// The most entries that one question brings.
const MAX_ANSWER: usize = 1000;

type Hash = [u8; 32];

/// Something that happened, about to be noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Wall,
    /// Who: `owner`, an app's id, or `bowline` itself.
    pub actor: Cow<'static, str>,
    /// Which program, as far as it is known.
    pub program: Option<Arc<str>>,
    /// What, in the contract's word (§6).
    pub event: Cow<'static, str>,
    /// Which account it is about.
    pub account: Option<AccountId>,
    /// Which app it is about.
    pub app: Option<AppId>,
    /// How it ended.
    pub outcome: Cow<'static, str>,
    /// Why, when it did not end well.
    pub code: Option<Cow<'static, str>>,
}

/// An entry as it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Wall,
    /// Who.
    pub actor: String,
    /// Which program.
    pub program: Option<String>,
    /// What.
    pub event: String,
    /// Which account it is about.
    pub account: Option<AccountId>,
    /// Which app it is about.
    pub app: Option<AppId>,
    /// How it ended.
    pub outcome: String,
    /// Why.
    pub code: Option<String>,
    /// The hash of the entry before, in lower-case hex; zeros for the first.
    pub prev: String,
    /// The hash of this entry, in lower-case hex.
    pub hash: String,
}

/// Which entries are wanted.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    /// Only later ones than this number, oldest first; without it the newest come first.
    pub since_seq: Option<u64>,
    /// Only earlier ones than this number, newest first; without effect beside `since_seq`.
    pub before_seq: Option<u64>,
    /// Only those about this account.
    pub account: Option<AccountId>,
    /// How many at most; 1 to 1000.
    pub limit: usize,
}

impl Default for AuditQuery {
    /// The newest hundred.
    fn default() -> Self {
        Self { since_seq: None, before_seq: None, account: None, limit: 100 }
    }
}

/// The trail is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries were looked at.
    pub entries: u64,
}

/// The trail is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit trail is broken at entry {seq}")]
pub struct Broken {
    /// The first entry that is changed, missing or out of place.
    pub seq: u64,
}

/// The last entry: its number and hash. Before the first: 0 and zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    seq: u64,
    hash: Hash,
}

/// Whether the sealed end was compared with the chain since the vault was unlocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Unknown,
    Sound,
    Broken(u64),
}

/// What is sealed: where the chain begins and where it ended.
struct Ends {
    anchor: Tail,
    last: Tail,
}

struct Segment {
    first: u64,
    last: u64,
    last_at: Wall,
    accounts: Vec<AccountId>,
    body: OpenWriter,
}

struct StoredSegment {
    first: u64,
    last: u64,
    last_at: i64,
    body: Vec<u8>,
}

/// An entry inside a body, not yet read.
struct Packed<'a> {
    fields: &'a [u8],
    hash: Hash,
}

impl Vault {
    /// Adds entries in this order, synced, and gives the last one's number. Works locked.
    ///
    /// Texts over 1024 bytes are cut. Give many at once: a call costs a sync, an entry next to nothing.
    pub fn append_audit(&mut self, entries: &[AuditEntry]) -> Result<u64, VaultError> {
        if entries.is_empty() {
            return Ok(self.tail.seq);
        }
        self.write_recorded(entries, |_| Ok(()))?;
        Ok(self.tail.seq)
    }

    /// One change with its entries: all of it synced, or none of it done.
    pub(crate) fn write_recorded<T>(
        &mut self,
        entries: &[AuditEntry],
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fail>,
    ) -> Result<T, VaultError> {
        if entries.is_empty() {
            return self.write(work);
        }
        let (segments, tail) = pack(entries, self.tail);
        let sealed = match self.judge_head()? {
            Head::Sound => Some(self.seal_ends(&self.ends(tail)?)?),
            Head::Unknown | Head::Broken(_) => None,
        };
        let done = self.write(|tx| {
            let done = work(tx)?;
            segments.iter().try_for_each(|segment| insert(tx, segment))?;
            if let Some(sealed) = sealed {
                tx.prepare_cached("UPDATE audit_head SET sealed = ?1")?.execute([sealed])?;
            }
            Ok(done)
        })?;
        self.tail = tail;
        Ok(done)
    }

    /// The entries that fit the question. Works locked. What is damaged is left out; see `verify_audit`.
    pub fn audit(&self, query: AuditQuery) -> Result<Vec<AuditRecord>, VaultError> {
        let limit = query.limit.clamp(1, MAX_ANSWER);
        self.read(|conn| {
            let mut found = Vec::new();
            let mut rows = conn.prepare_cached(sql_for(&query))?;
            let end = query.since_seq.or(query.before_seq).map_or(i64::MAX, signed);
            let account = query.account.as_ref().map_or("", AccountId::as_str);
            let mut rows = rows.query(params![end, account])?;
            while let Some(row) = rows.next()? {
                let body = blob(row, 3).unwrap_or_default();
                collect(&body, &query, limit, &mut found);
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
    }

    /// Walks the whole trail. The outer error is the disk's, the inner one the trail's.
    ///
    /// While the vault is locked, the chain is checked but not its sealed end.
    pub fn verify_audit(&self) -> Result<Result<Verified, Broken>, VaultError> {
        let anchor = self.anchor()?;
        let sealed = self.sealed_ends()?;
        let mut walk = Walk { at: anchor, entries: 0, ends: None };
        match sealed {
            Some(None) => return Ok(Err(Broken { seq: anchor.seq + 1 })),
            Some(Some(ends)) if ends.anchor != anchor => return Ok(Err(Broken { seq: ends.anchor.seq + 1 })),
            Some(ends) => walk.ends = ends,
            None => {}
        }
        let walked = self.read(|conn| match walk.all(conn) {
            Err(Fail::Sqlite(e)) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
                Ok(Err(Broken { seq: walk.at.seq + 1 }))
            }
            other => other,
        })?;
        Ok(walked.and_then(|()| walk.finish(self.tail)))
    }

    /// Forgets whole rows of entries that are all older than this, from the oldest on, and gives how many
    /// entries went. The chain is verifiable from its new beginning.
    ///
    /// Fails with `Locked` once there is a key, because the new beginning has to be sealed, and with
    /// `AuditBroken` when the trail does not fit its seal: pruning would hide where.
    pub fn prune_audit(&mut self, before: Wall) -> Result<u64, VaultError> {
        if self.keystore.is_some() {
            self.key()?;
        }
        if let Head::Broken(seq) = self.judge_head()? {
            return Err(VaultError::AuditBroken { seq });
        }
        let old = self.anchor()?;
        let Some(new) = self.read(|conn| last_before(conn, before))? else { return Ok(0) };
        let sealed = match &self.key {
            Some(key) => Some(self.seal_ends_with(key, &Ends { anchor: new, last: self.tail })),
            None => None,
        };
        self.write(|tx| {
            tx.execute("DELETE FROM audit WHERE first_seq <= ?1", [signed(new.seq)])?;
            tx.execute("DELETE FROM audit_account WHERE first_seq <= ?1", [signed(new.seq)])?;
            let sql = "UPDATE audit_head SET anchor_seq = ?1, anchor_hash = ?2, sealed = ?3";
            tx.execute(sql, params![signed(new.seq), new.hash, sealed])?;
            Ok(())
        })?;
        Ok(new.seq.saturating_sub(old.seq))
    }

    /// The sealed end for a key that was just made: the chain as it is.
    pub(crate) fn sealed_head(&self, key: &DataKey) -> Result<Vec<u8>, VaultError> {
        Ok(self.seal_ends_with(key, &self.ends(self.tail)?))
    }

    /// The key changed or went: the sealed end has to be looked at again.
    pub(crate) fn forget_head(&mut self) {
        self.head = Head::Unknown;
    }

    /// Compares the sealed end with the chain, once for each time the vault is unlocked.
    fn judge_head(&mut self) -> Result<Head, VaultError> {
        if self.head == Head::Unknown && self.key.is_some() {
            let anchor = self.anchor()?;
            self.head = match self.sealed_ends()? {
                None => Head::Unknown,
                Some(None) => Head::Broken(anchor.seq + 1),
                Some(Some(ends)) if ends.anchor != anchor => Head::Broken(ends.anchor.seq + 1),
                Some(Some(ends)) if ends.last == anchor => Head::Sound,
                Some(Some(ends)) => match self.read(|conn| hash_of(conn, ends.last.seq))? {
                    Some(hash) if hash == ends.last.hash => Head::Sound,
                    Some(_) | None => Head::Broken(ends.last.seq),
                },
            };
        }
        Ok(self.head)
    }

    fn anchor(&self) -> Result<Tail, VaultError> {
        self.read(|conn| Ok(Tail::anchor(conn)?))
    }

    fn ends(&self, last: Tail) -> Result<Ends, VaultError> {
        Ok(Ends { anchor: self.anchor()?, last })
    }

    fn seal_ends(&self, ends: &Ends) -> Result<Vec<u8>, VaultError> {
        Ok(self.seal_ends_with(self.key()?, ends))
    }

    fn seal_ends_with(&self, key: &DataKey, ends: &Ends) -> Vec<u8> {
        let mut plain = Writer::with_capacity(80);
        for end in [ends.anchor, ends.last] {
            plain.u64(end.seq);
            plain.bytes(&end.hash);
        }
        key.seal(&*self.random, HEAD, plain.as_slice())
    }

    /// Outer `None`: nothing can be said, because the vault is locked. Inner `None`: the seal is gone or
    /// does not open.
    fn sealed_ends(&self) -> Result<Option<Option<Ends>>, VaultError> {
        let Some(key) = &self.key else { return Ok(None) };
        let sealed = self.read(|conn| {
            let found =
                conn.query_row("SELECT sealed FROM audit_head", [], |row| Ok(blob(row, 0))).optional()?;
            Ok(found.flatten())
        })?;
        let plain = sealed.and_then(|s| key.open(HEAD, &s));
        Ok(Some(plain.and_then(|p| read_ends(&p))))
    }
}

const HEAD: Cell<'static> = Cell { table: "audit_head", row: &["1"], column: "sealed" };

fn read_ends(plain: &[u8]) -> Option<Ends> {
    let mut reader = Reader::new(plain);
    let mut tail = || Some(Tail { seq: reader.u64()?, hash: reader.array()? });
    Some(Ends { anchor: tail()?, last: tail()? })
}

impl Tail {
    /// The end of the chain as it is stored.
    pub(crate) fn load(conn: &Connection) -> Result<Self, Fail> {
        let sql = "SELECT first_seq, last_seq, last_at, body FROM audit ORDER BY first_seq DESC LIMIT 1";
        let anchor = Self::anchor(conn)?;
        let last = conn.query_row(sql, [], |row| Ok(read_segment(row))).optional()?;
        // In a damaged row the count of what can be read decides, so that adding goes on behind it.
        Ok(last.map_or(anchor, |segment| {
            let count = unpack(&segment.body).count() as u64;
            let hash = unpack(&segment.body).last().map_or([0; 32], |e| e.hash);
            Self { seq: segment.first.saturating_add(count.saturating_sub(1)), hash }
        }))
    }

    fn anchor(conn: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT anchor_seq, anchor_hash FROM audit_head";
        let read = |row: &rusqlite::Row<'_>| {
            let hash = blob(row, 1).and_then(|b| b.try_into().ok()).unwrap_or([0; 32]);
            Ok(Self { seq: unsigned(int(row, 0).unwrap_or(0)), hash })
        };
        Ok(conn.query_row(sql, [], read).optional()?.unwrap_or(Self { seq: 0, hash: [0; 32] }))
    }
}

/// A walk along the chain from its anchor.
struct Walk {
    at: Tail,
    entries: u64,
    ends: Option<Ends>,
}

impl Walk {
    fn all(&mut self, conn: &Connection) -> Result<Result<(), Broken>, Fail> {
        let sql = "SELECT first_seq, last_seq, last_at, body FROM audit ORDER BY first_seq";
        let mut rows = conn.prepare_cached(sql)?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            if self.segment(&read_segment(row)).is_none() {
                return Ok(Err(Broken { seq: self.at.seq + 1 }));
            }
        }
        Ok(Ok(()))
    }

    /// `None` when the entry after the last good one is not as it should be.
    fn segment(&mut self, segment: &StoredSegment) -> Option<()> {
        let mut reader = Reader::new(&segment.body);
        if segment.first != self.at.seq + 1 || reader.array()? != self.at.hash {
            return None;
        }
        let mut last_at = i64::MIN;
        while !reader.is_at_end() {
            let entry = Packed::read(&mut reader)?;
            let record = entry.record(&self.at.hash)?;
            let is_next = record.seq == self.at.seq + 1 && entry.hash == chain(&self.at.hash, entry.fields);
            let next = Tail { seq: record.seq, hash: entry.hash };
            if !is_next || !self.fits_seal(next) {
                return None;
            }
            last_at = last_at.max(record.at.unix_ms());
            self.entries += 1;
            self.at = next;
        }
        if segment.last == self.at.seq && segment.last_at == last_at {
            return Some(());
        }
        // What is told beside the entries is wrong: the row's last entry is named.
        self.at.seq = self.at.seq.saturating_sub(1);
        None
    }

    fn fits_seal(&self, next: Tail) -> bool {
        self.ends.as_ref().is_none_or(|ends| ends.last.seq != next.seq || ends.last == next)
    }

    /// The chain must reach what was sealed, and what this process added itself.
    fn finish(&self, tail: Tail) -> Result<Verified, Broken> {
        let sealed = self.ends.as_ref().map_or(0, |ends| ends.last.seq);
        if self.at.seq < sealed.max(tail.seq) {
            return Err(Broken { seq: self.at.seq + 1 });
        }
        Ok(Verified { entries: self.entries })
    }
}

impl<'a> Packed<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let length = usize::try_from(reader.u32()?).ok()?;
        Some(Self { fields: reader.bytes(length)?, hash: reader.array()? })
    }

    fn record(&self, prev: &Hash) -> Option<AuditRecord> {
        let mut reader = Reader::new(self.fields);
        let (seq, at) = (reader.u64()?, reader.wall()?);
        let mut texts = [None; 7];
        for text in &mut texts {
            *text = reader.some_text()?;
        }
        let [actor, program, event, account, app, outcome, code] = texts.map(|t| t.map(str::to_owned));
        reader.is_at_end().then_some(())?;
        Some(AuditRecord {
            seq,
            at,
            actor: actor?,
            program,
            event: event?,
            account: account.as_deref().and_then(AccountId::parse),
            app: app.as_deref().and_then(AppId::parse),
            outcome: outcome?,
            code,
            prev: hex(prev),
            hash: hex(&self.hash),
        })
    }

    /// The account's id alone, without the cost of a whole record.
    fn is_about(&self, account: &AccountId) -> bool {
        let mut reader = Reader::new(self.fields);
        let mut field = || {
            reader.bytes(16)?;
            let _ = (reader.some_text()?, reader.some_text()?, reader.some_text()?);
            reader.some_text()?
        };
        field() == Some(account.as_str())
    }

    fn seq(&self) -> Option<u64> {
        Reader::new(self.fields).u64()
    }
}

/// The entries of a body as far as they can be read.
fn unpack(body: &[u8]) -> impl Iterator<Item = Packed<'_>> {
    let mut reader = Reader::new(body.get(32..).unwrap_or_default());
    std::iter::from_fn(move || if reader.is_at_end() { None } else { Packed::read(&mut reader) })
}

fn first_prev(body: &[u8]) -> Hash {
    Reader::new(body).array().unwrap_or([0; 32])
}

/// Adds to `found` what a body has for the question.
fn collect(body: &[u8], query: &AuditQuery, limit: usize, found: &mut Vec<AuditRecord>) {
    let mut prev = first_prev(body);
    let mut here = Vec::new();
    for entry in unpack(body) {
        let before = std::mem::replace(&mut prev, entry.hash);
        let fits = |seq: u64| match (query.since_seq, query.before_seq) {
            (Some(since), _) => seq > since,
            (None, Some(before)) => seq < before,
            (None, None) => true,
        };
        if entry.seq().is_some_and(fits) && query.account.as_ref().is_none_or(|a| entry.is_about(a)) {
            here.push((before, entry));
        }
    }
    if query.since_seq.is_none() {
        here.reverse();
    }
    let room = limit.saturating_sub(found.len());
    found.extend(here.into_iter().filter_map(|(prev, entry)| entry.record(&prev)).take(room));
}

/// Rows that may have an answer. With a number to start behind, the row that holds it is the first.
const fn sql_for(query: &AuditQuery) -> &'static str {
    match (query.since_seq.is_some(), query.account.is_some()) {
        (false, false) => {
            "SELECT first_seq, last_seq, last_at, body FROM audit WHERE first_seq <= ?1 AND ?2 = ''
             ORDER BY first_seq DESC"
        }
        (true, false) => {
            "SELECT first_seq, last_seq, last_at, body FROM audit WHERE ?2 = '' AND first_seq >=
             coalesce((SELECT max(first_seq) FROM audit WHERE first_seq <= ?1), 0) ORDER BY first_seq"
        }
        (false, true) => {
            "SELECT s.first_seq, s.last_seq, s.last_at, s.body FROM audit_account i
             JOIN audit s ON s.first_seq = i.first_seq
             WHERE i.first_seq <= ?1 AND i.account = ?2 ORDER BY i.first_seq DESC"
        }
        (true, true) => {
            "SELECT s.first_seq, s.last_seq, s.last_at, s.body FROM audit_account i
             JOIN audit s ON s.first_seq = i.first_seq
             WHERE i.account = ?2 AND i.first_seq >=
             coalesce((SELECT max(first_seq) FROM audit WHERE first_seq <= ?1), 0) ORDER BY i.first_seq"
        }
    }
}

/// Chains entries behind `tail` and packs them into rows; gives the new tail.
fn pack(entries: &[AuditEntry], mut tail: Tail) -> (Vec<Segment>, Tail) {
    let mut segments: Vec<Segment> = Vec::new();
    let mut fields = OpenWriter::with_capacity(512);
    for entry in entries {
        fields.clear();
        write_fields(&mut fields, tail.seq + 1, entry);
        let has_room = segments.last().is_some_and(|s| s.body.len() + fields.len() < SEGMENT_BYTES);
        if !has_room {
            segments.push(Segment::after(tail, entries.len()));
        }
        let segment = segments.last_mut().expect("a segment was just pushed when there was none with room");
        tail = Tail { seq: tail.seq + 1, hash: chain(&tail.hash, fields.as_slice()) };
        segment.push(fields.as_slice(), tail, entry);
    }
    (segments, tail)
}

impl Segment {
    fn after(tail: Tail, entries: usize) -> Self {
        let mut body = OpenWriter::with_capacity((entries * 256).min(SEGMENT_BYTES));
        body.bytes(&tail.hash);
        Self {
            first: tail.seq + 1,
            last: tail.seq,
            last_at: Wall::from_unix_ms(i64::MIN),
            accounts: Vec::new(),
            body,
        }
    }

    fn push(&mut self, fields: &[u8], tail: Tail, entry: &AuditEntry) {
        self.body
            .u32(u32::try_from(fields.len()).expect("seven texts of at most 1024 bytes are far below 4 GiB"));
        self.body.bytes(fields);
        self.body.bytes(&tail.hash);
        self.last = tail.seq;
        self.last_at = self.last_at.max(entry.at);
        if let Some(account) = &entry.account
            && !self.accounts.contains(account)
        {
            self.accounts.push(account.clone());
        }
    }
}

fn write_fields(fields: &mut OpenWriter, seq: u64, entry: &AuditEntry) {
    fields.u64(seq);
    fields.wall(entry.at);
    fields.text(cut(&entry.actor));
    fields.some_text(entry.program.as_deref().map(cut));
    fields.text(cut(&entry.event));
    fields.some_text(entry.account.as_ref().map(AccountId::as_str));
    fields.some_text(entry.app.as_ref().map(AppId::as_str));
    fields.text(cut(&entry.outcome));
    fields.some_text(entry.code.as_deref().map(cut));
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}

fn chain(prev: &Hash, fields: &[u8]) -> Hash {
    Sha256::new().chain_update(prev).chain_update(fields).finalize().into()
}

fn insert(tx: &Transaction<'_>, segment: &Segment) -> Result<(), Fail> {
    let first = signed(segment.first);
    let sql = "INSERT INTO audit (first_seq, last_seq, last_at, body) VALUES (?1, ?2, ?3, ?4)";
    let body = segment.body.as_slice();
    tx.prepare_cached(sql)?.execute(params![first, signed(segment.last), segment.last_at.unix_ms(), body])?;
    let mut index =
        tx.prepare_cached("INSERT OR IGNORE INTO audit_account (account, first_seq) VALUES (?1, ?2)")?;
    for account in &segment.accounts {
        index.execute(params![account.as_str(), first])?;
    }
    Ok(())
}

fn read_segment(row: &rusqlite::Row<'_>) -> StoredSegment {
    let number = |i| unsigned(int(row, i).unwrap_or(0));
    StoredSegment {
        first: number(0),
        last: number(1),
        last_at: int(row, 2).unwrap_or(0),
        body: blob(row, 3).unwrap_or_default(),
    }
}

/// The hash of one entry, if it is there.
fn hash_of(conn: &Connection, seq: u64) -> Result<Option<Hash>, Fail> {
    let sql = "SELECT first_seq, last_seq, last_at, body FROM audit WHERE first_seq <= ?1
               ORDER BY first_seq DESC LIMIT 1";
    let segment = conn.query_row(sql, [signed(seq)], |row| Ok(read_segment(row))).optional()?;
    Ok(segment.and_then(|s| unpack(&s.body).find(|e| e.seq() == Some(seq)).map(|e| e.hash)))
}

/// The last entry of the rows at the beginning that are all older than this.
fn last_before(conn: &Connection, before: Wall) -> Result<Option<Tail>, Fail> {
    let sql = "SELECT first_seq, last_seq, last_at, body FROM audit WHERE first_seq <
               coalesce((SELECT min(first_seq) FROM audit WHERE last_at >= ?1), 9223372036854775807)
               ORDER BY first_seq DESC LIMIT 1";
    let segment = conn.query_row(sql, [before.unix_ms()], |row| Ok(read_segment(row))).optional()?;
    Ok(segment.and_then(|s| unpack(&s.body).last().and_then(|e| Some(Tail { seq: e.seq()?, hash: e.hash }))))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    digits.map(char::from).collect()
}

/// SQLite counts in signed numbers; no trail gets near their end.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
