//! What is in the file, table by table and column by column, and how a cell is read.
//!
//! The file is `vault.db` with `PRAGMA application_id` 0x424f574c ("BOWL"); `PRAGMA user_version` is the
//! number of migrations that ran. All tables are `STRICT`. Times are milliseconds since 1970 in UTC; lists of
//! scopes are separated by single spaces; yes and no are 1 and 0. A column called *sealed* holds what
//! [`seal`](crate::seal) made; the row it is bound to is given in parentheses.
//!
//! # Versions
//! 1. `0001_first.sql`: all of the below but what a later one names.
//! 2. `0002_programs.sql`: the programs.
//! 3. `0003_notices.sql`: `notice`.
//! 4. `0004_emergency.sql`: `emergency.approved_at`.
//! 5. `0005_figures.sql`: `history`, and `app.metrics`.
//! 6. `0006_forecast.sql`: `account.grant_basis`, `ended_grant`.
//!
//! # `vault_key`: one row, made with the key
//! | column | what |
//! | --- | --- |
//! | `id` | always 1 |
//! | `version` | of the data key, from 1; every `rekey` adds one |
//! | `keystore` | `keychain` or `passphrase`: where the master key comes from |
//! | `kdf_salt`, `kdf_memory_kib`, `kdf_passes`, `kdf_lanes` | Argon2id's figures; empty with `keychain` |
//! | `wrapped` | the data key, sealed under the master key (keystore) |
//! | `key_check` | SHA-256 of a fixed text and the master key: tells a wrong key from a damaged one |
//!
//! # `account`: one row per connected account
//! | column | what |
//! | --- | --- |
//! | `id` | `acc_…`, survives every reconnect |
//! | `provider`, `subject` | who, where; together unique |
//! | `issuer` | who gave the tokens; empty for providers without one |
//! | `label` | what the user calls it |
//! | `username`, `display_name`, `avatar_url` | what the provider tells |
//! | `requested`, `granted` | scopes asked for, and granted |
//! | `connected_at`, `reconnected_at` | first, and last again |
//! | `paused` | nothing is served or renewed |
//! | `fallback` | the account that stands in while this one is unavailable; emptied when that one goes |
//! | `access_expires_at`, `access_issued_at` | of the access token; empty: the provider set no end, or it is not known |
//! | `grant_expires_at` | the end of the whole grant, if known |
//! | `grant_basis` | from where: `stated` or `policy`; empty: an earlier version stored it |
//! | `refreshable` | there is a refresh token |
//! | `trouble_reason`, `trouble_since` | the contract's reason word, and since when; both or neither |
//! | `refresh_at`, `refresh_outcome` | end of the last renewal, `ok` or `failed`; both or neither |
//! | `refresh_code`, `refresh_http_status`, `refresh_error`, `refresh_description`, `refresh_attempts` | the rest of the last renewal |
//!
//! # `token`: one row for each account
//! | column | what |
//! | --- | --- |
//! | `account` | whose |
//! | `token_type` | as the provider spells it |
//! | `access`, `refresh`, `id_token` | sealed (account, provider, issuer, subject) |
//!
//! # `journal`: one row for each renewal that has begun and not ended
//! | column | what |
//! | --- | --- |
//! | `account` | whose |
//! | `begun_at` | when the request was about to be sent |
//! | `answer` | the provider's answer as it came, sealed (account); empty until it came |
//! | `retried` | how often it was cut off and sent again with the old refresh token |
//!
//! # `notice`: one row for each account and cause that the person was told of
//! | column | what |
//! | --- | --- |
//! | `account` | whose |
//! | `cause` | the contract's reason word, or `failing`, or `by_date` |
//! | `times` | how often since the account is in this state |
//! | `told_at` | when last, also in an earlier such state |
//! | `not_before` | the person said "Later" |
//!
//! # `ended_grant`: one row for each grant that the provider ended, the newest few of each account
//! | column | what |
//! | --- | --- |
//! | `account` | whose |
//! | `ended_at` | when the provider said so |
//! | `lived` | how long it had lived by then, in milliseconds |
//! | `reason` | the contract's reason word |
//!
//! # `emergency`: one row for each account with a static key that stands in
//! | column | what |
//! | --- | --- |
//! | `account` | whose |
//! | `secret` | the key, sealed (account) |
//! | `reason` | the user's words |
//! | `approved_at` | when the user said yes |
//! | `ends_at` | when it is no longer served |
//!
//! # `client`: what was registered, or set by hand, at a provider
//! | column | what |
//! | --- | --- |
//! | `provider` | where |
//! | `issuer` | who gave the client; its secret is sent nowhere else |
//! | `client_id` | of a registered client; empty where the provider file names it |
//! | `secret` | sealed (provider, issuer, client id) |
//! | `auth` | how the client shows its secret, in RFC 7591's word |
//! | `expires_at` | the secret's end, if it has one |
//! | `registration_token` | RFC 7592's, sealed (provider, issuer, client id) |
//!
//! # `app` and `app_grant`: who may read what
//! | column | what |
//! | --- | --- |
//! | `app.id` | `app_…` |
//! | `app.name` | as it introduced itself |
//! | `app.key_hash` | SHA-256 of its key of 256 random bits; unique |
//! | `app.created_at`, `app.last_read_at` | when it was approved, when it last read |
//! | `app.metrics` | it may see what is counted |
//! | `app_grant.app`, `app_grant.account` | this app may read this account |
//! | `app_grant.scopes` | these scopes only; empty: all that are granted |
//! | `app_grant.expires_at` | until then; empty: until revoked |
//!
//! # `program` and `program_rule`: programs without a key that were allowed, or blocked
//! | column | what |
//! | --- | --- |
//! | `program.id` | `app_…`, as it stands in the list of apps |
//! | `program.path`, `program.device`, `program.inode`, `program.size` | where its file lies, and which file it is |
//! | `program.modified`, `program.changed` | the file's own times, in nanoseconds |
//! | `program.created_at`, `program.last_read_at` | when it was first decided about, when it last read |
//! | `program_rule.program`, `program_rule.account` | what was decided about this program for this account |
//! | `program_rule.allowed` | 1: it may read; 0: it is refused without a question |
//! | `program_rule.decided_at` | when |
//!
//! # `history`: one row for each number that an hour has, kept for thirty days
//! | column | what |
//! | --- | --- |
//! | `hour` | when it began |
//! | `name` | what was counted, in the engine's word |
//! | `label` | the provider's id, or where a token came from; empty where it is about nothing |
//! | `value` | how much |
//!
//! # `audit`, `audit_account`, `audit_head`: the trail
//! | column | what |
//! | --- | --- |
//! | `audit.first_seq`, `audit.last_seq` | the entries that are packed in this row |
//! | `audit.last_at` | the latest time in it, for pruning |
//! | `audit.body` | the entries as [`audit`](crate::audit) packs them |
//! | `audit_account.account`, `audit_account.first_seq` | this row has an entry of this account: an index to find it by, nothing that is relied on |
//! | `audit_head.id` | always 1 |
//! | `audit_head.anchor_seq`, `audit_head.anchor_hash` | the last entry that was pruned, and its hash; 0 and zeros before |
//! | `audit_head.sealed` | anchor and last entry as they were when an entry was last added unlocked, sealed (`1`) |

use rusqlite::Row;
use rusqlite::types::ValueRef;
use rusqlite_migration::{M, Migrations};

/// `BOWL`, in the header of every vault.
pub const APPLICATION_ID: u32 = 0x424f_574c;

/// The newest schema number known here.
pub const VERSION: i64 = STEPS.len() as i64;

const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_first.sql")),
    M::up(include_str!("migrations/0002_programs.sql")),
    M::up(include_str!("migrations/0003_notices.sql")),
    M::up(include_str!("migrations/0004_emergency.sql")),
    M::up(include_str!("migrations/0005_figures.sql")),
    M::up(include_str!("migrations/0006_forecast.sql")),
];

/// Every step from an empty file to the newest schema, in order.
pub(crate) const fn migrations() -> Migrations<'static> {
    Migrations::from_slice(STEPS)
}

/// A table with sealed columns, and what its rows are called when they are sealed.
pub(crate) struct SealedTable {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    row: &'static [&'static str],
    from: &'static str,
}

/// Every sealed cell there is, but for the wrapped data key itself.
pub(crate) const SEALED: &[SealedTable] = &[
    SealedTable {
        name: "token",
        columns: &["access", "refresh", "id_token"],
        row: &["t.account", "a.provider", "a.issuer", "a.subject"],
        from: "token t JOIN account a ON a.id = t.account",
    },
    SealedTable { name: "journal", columns: &["answer"], row: &["t.account"], from: "journal t" },
    SealedTable { name: "emergency", columns: &["secret"], row: &["t.account"], from: "emergency t" },
    SealedTable {
        name: "client",
        columns: &["secret", "registration_token"],
        row: &["t.provider", "t.issuer", "t.client_id"],
        from: "client t",
    },
    SealedTable { name: "audit_head", columns: &["sealed"], row: &["'1'"], from: "audit_head t" },
];

impl SealedTable {
    pub(crate) fn rowids(&self) -> String {
        format!("SELECT t.rowid FROM {}", self.from)
    }

    pub(crate) fn select(&self) -> String {
        let (row, columns) = (self.row.join(", "), self.columns.join(", t."));
        format!("SELECT {row}, t.{columns} FROM {} WHERE t.rowid = ?1", self.from)
    }

    pub(crate) fn update(&self, column: &str) -> String {
        format!("UPDATE {} SET {column} = ?1 WHERE rowid = ?2", self.name)
    }

    pub(crate) fn row(&self, found: &Row<'_>) -> Vec<String> {
        (0..self.row.len()).map(|i| text(found, i).unwrap_or_default()).collect()
    }

    pub(crate) fn cells(&self, found: &Row<'_>) -> Vec<Option<Vec<u8>>> {
        (self.row.len()..self.row.len() + self.columns.len()).map(|i| blob(found, i)).collect()
    }
}

/// A text cell; `None` when it is empty or, in a damaged row, not a text. Broken UTF-8 is replaced, so that
/// one flipped bit in a name does not hide an account.
pub(crate) fn text(row: &Row<'_>, column: usize) -> Option<String> {
    match row.get_ref(column) {
        Ok(ValueRef::Text(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Ok(ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => None,
    }
}

/// A number cell; `None` when it is empty or not a number.
pub(crate) fn int(row: &Row<'_>, column: usize) -> Option<i64> {
    match row.get_ref(column) {
        Ok(ValueRef::Integer(number)) => Some(number),
        Ok(ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_)) | Err(_) => None,
    }
}

/// A binary cell; `None` only when it is empty. What is not binary comes as bytes that open nothing.
pub(crate) fn blob(row: &Row<'_>, column: usize) -> Option<Vec<u8>> {
    match row.get_ref(column) {
        Ok(ValueRef::Blob(bytes) | ValueRef::Text(bytes)) => Some(bytes.to_vec()),
        Ok(ValueRef::Null) => None,
        Ok(ValueRef::Integer(_) | ValueRef::Real(_)) | Err(_) => Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn fresh() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        migrations().to_latest(&mut conn).unwrap();
        conn
    }

    fn names(conn: &Connection, sql: &str) -> Vec<String> {
        conn.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn o13_every_migration_runs_and_the_version_is_counted() {
        migrations().validate().unwrap();
        let version: i64 = fresh().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION);
        let id: u32 = fresh().pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
        assert_eq!(id, APPLICATION_ID);
    }

    #[test]
    fn every_table_is_strict_and_every_column_is_documented() {
        let conn = fresh();
        let paper = include_str!("schema.rs").split("\nuse rusqlite").next().unwrap();
        for table in names(
            &conn,
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'",
        ) {
            let strict = format!("SELECT CAST(strict AS TEXT) FROM pragma_table_list('{table}')");
            assert_eq!(names(&conn, &strict), ["1"], "{table}");
            assert!(paper.contains(&format!("`{table}`")), "{table}");
            for column in names(&conn, &format!("SELECT name FROM pragma_table_info('{table}')")) {
                let written = [format!("`{column}`"), format!("`{table}.{column}`")];
                assert!(written.iter().any(|w| paper.contains(w)), "{table}.{column}");
            }
        }
    }

    #[test]
    fn every_sealed_table_can_be_listed_and_rewritten() {
        let conn = fresh();
        for table in SEALED {
            conn.prepare(&table.rowids()).unwrap();
            conn.prepare(&table.select()).unwrap();
            table.columns.iter().for_each(|c| drop(conn.prepare(&table.update(c)).unwrap()));
        }
    }

    #[test]
    fn e30_the_same_person_cannot_be_there_twice() {
        let conn = fresh();
        let add = |id: &str| {
            conn.execute(
                "INSERT INTO account (id, provider, subject, requested, granted, connected_at, paused, refreshable)
                 VALUES (?1, 'acme', '1', '', '', 0, 0, 0)",
                [id],
            )
        };
        add("acc_a").unwrap();
        let error = add("acc_b").unwrap_err().to_string();
        assert!(error.contains("account.provider, account.subject"), "{error}");
    }
}
