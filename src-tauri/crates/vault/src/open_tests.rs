//! What needs to look inside: pragmas, migrations that do not exist yet, a full disk.

use bowline_base::random::SeededRandom;
use bowline_base::time::HandClock;
use bowline_base::{Secret, Wall};
use rusqlite_migration::M;

use super::*;
use crate::keys::MasterKey;
use crate::schema::VERSION;

const FIRST: M<'static> = M::up(include_str!("migrations/0001_first.sql"));
const SECOND: M<'static> = M::up(include_str!("migrations/0002_programs.sql"));
const THIRD: M<'static> = M::up(include_str!("migrations/0003_notices.sql"));
const FOURTH: M<'static> = M::up(include_str!("migrations/0004_emergency.sql"));
const FIFTH: M<'static> = M::up(include_str!("migrations/0005_figures.sql"));
const SIXTH: M<'static> = M::up(include_str!("migrations/0006_forecast.sql"));
const LATER: &[M<'static>] =
    &[FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, M::up("ALTER TABLE account ADD COLUMN colour TEXT;")];
const FAILING: &[M<'static>] = &[
    FIRST,
    SECOND,
    THIRD,
    FOURTH,
    FIFTH,
    SIXTH,
    M::up("CREATE TABLE extra (x); ALTER TABLE nowhere RENAME TO x;"),
];

fn open(data: &Path) -> Vault {
    let clock = HandClock::at(Wall::from_unix_ms(1_800_000_000_000));
    Vault::open(data, Arc::new(clock), Arc::new(SeededRandom::new(1))).unwrap()
}

fn number(vault: &Vault, pragma: &str) -> i64 {
    vault.conn.pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
}

#[test]
fn the_linked_sqlite_is_new_enough() {
    assert!(rusqlite::version_number() >= OLDEST_SQLITE, "{}", Vault::sqlite_version());
}

#[test]
fn every_pragma_is_in_force() {
    let home = tempfile::tempdir().unwrap();
    let vault = open(home.path());
    let mode: String = vault.conn.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let expected = [
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("cache_size", -256),
    ];
    for (pragma, value) in expected {
        assert_eq!(number(&vault, pragma), value, "{pragma}");
    }
    let more = [
        ("mmap_size", 0),
        ("temp_store", 2),
        ("cell_size_check", 1),
        ("busy_timeout", 250),
        ("fullfsync", 1),
    ];
    for (pragma, value) in more {
        assert_eq!(number(&vault, pragma), value, "{pragma}");
    }
}

#[test]
fn o13_an_older_file_is_copied_before_it_is_migrated() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(FILE);
    drop(open(home.path()));
    let conn = connect(&file, &Migrations::from_slice(LATER), VERSION + 1).unwrap();
    assert_eq!(
        conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(),
        VERSION + 1
    );
    conn.prepare("SELECT colour FROM account").unwrap();
    let copy = home.path().join(format!("backup-v{VERSION}.db"));
    let old = Connection::open(&copy).unwrap();
    assert_eq!(old.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(), VERSION);
    assert!(old.prepare("SELECT colour FROM account").is_err());
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&copy).unwrap().permissions()) & 0o777,
        0o600
    );
}

#[test]
fn a_file_of_the_newest_schema_is_not_copied() {
    let home = tempfile::tempdir().unwrap();
    drop(open(home.path()));
    drop(open(home.path()));
    assert!(!home.path().join(format!("backup-v{VERSION}.db")).exists());
}

#[test]
fn o13_a_file_of_the_first_schema_keeps_its_accounts_and_gets_a_place_for_programs() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(FILE);
    let mut first = Connection::open(&file).unwrap();
    migrate(&mut first, &Migrations::from_slice(&[FIRST])).unwrap();
    first
        .execute(
            "INSERT INTO account (id, provider, subject, requested, granted, connected_at, paused, refreshable)
             VALUES ('acc_t5vpwdpbtj830epxqyr0febdhc', 'acme', '1', '', '', 0, 0, 0)",
            [],
        )
        .unwrap();
    drop(first);
    #[cfg(unix)]
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let vault = open(home.path());
    assert_eq!(number(&vault, "user_version"), VERSION);
    assert_eq!((vault.accounts().unwrap().len(), vault.programs().unwrap().len()), (1, 0));
    assert!(home.path().join("backup-v1.db").exists());
}

#[test]
fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(FILE);
    drop(open(home.path()));
    connect(&file, &Migrations::from_slice(FAILING), VERSION + 1).unwrap_err();
    let vault = open(home.path());
    assert_eq!(number(&vault, "user_version"), VERSION);
    assert!(vault.conn.prepare("SELECT * FROM extra").is_err());
}

#[test]
fn copies_are_forgotten_with_what_they_hold_and_nothing_else_is() {
    let home = tempfile::tempdir().unwrap();
    let vault = open(home.path());
    let names =
        ["backup-v1.db", "backup-v12.db.new", "backup-vx.db", "backup-v.db", "my backup-v1.db", "notes"];
    names.iter().for_each(|n| fs::write(home.path().join(n), "x").unwrap());
    vault.forget_backups().unwrap();
    let left: Vec<bool> = names.iter().map(|n| home.path().join(n).exists()).collect();
    assert_eq!(left, [false, false, true, true, true, true]);
}

#[test]
fn e64_a_full_disk_is_told_and_nothing_is_half_done() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    vault.create_key(&MasterKey::from_bytes([1; 32]), &Keystore::Keychain).unwrap();
    let pages = number(&vault, "page_count");
    vault.conn.pragma_update(None, "max_page_count", pages).unwrap();
    let client = |secret: String| crate::StoredClient {
        provider: bowline_base::ProviderId::parse("acme").unwrap(),
        issuer: None,
        client_id: None,
        secret: Some(Secret::new(secret)),
        auth: None,
        expires_at: None,
        registration_token: None,
    };
    let error = vault.save_client(&client("x".repeat(100_000))).unwrap_err();
    assert!(matches!(&error, VaultError::DiskFull { file } if file.ends_with(FILE)), "{error:?}");
    assert_eq!(vault.clients().unwrap(), []);
    vault.conn.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    vault.save_client(&client("y".to_owned())).unwrap();
    assert!(vault.client(&client(String::new()).provider).unwrap().unwrap().secret.is_some());
}

#[test]
fn e18_a_file_that_became_read_only_is_told() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    vault.conn.pragma_update(None, "query_only", true).unwrap();
    vault.touch_apps(&[]).unwrap();
    let error = vault.create_key(&MasterKey::from_bytes([1; 32]), &Keystore::Keychain).unwrap_err();
    assert!(matches!(&error, VaultError::ReadOnly { file } if file.ends_with(FILE)), "{error:?}");
    assert_eq!(vault.key_state(), crate::KeyState::Fresh);
}

#[test]
fn a_file_held_by_another_program_is_busy_and_not_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let mut other = Connection::open(home.path().join(FILE)).unwrap();
    let held = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let error = vault.create_key(&MasterKey::from_bytes([1; 32]), &Keystore::Keychain).unwrap_err();
    assert!(matches!(&error, VaultError::Busy { file } if file.ends_with(FILE)), "{error:?}");
    drop(held);
    vault.create_key(&MasterKey::from_bytes([1; 32]), &Keystore::Keychain).unwrap();
}

#[test]
fn complaints_about_one_row_are_told_apart_from_damage_of_the_file() {
    for of_one_row in [
        "NULL value in account.id",
        "TEXT value in account.paused",
        "CHECK constraint failed in vault_key",
        "non-unique entry in index x",
    ] {
        assert!(is_of_one_row(of_one_row), "{of_one_row}");
    }
    for of_the_file in
        ["Tree 4 page 5: btreeInitPage() returns error code 11", "wrong # of entries in index", "ok?"]
    {
        assert!(!is_of_one_row(of_the_file), "{of_the_file}");
    }
}

#[test]
fn the_size_of_a_long_trail_does_not_stop_the_check_of_the_rest() {
    let home = tempfile::tempdir().unwrap();
    let vault = open(home.path());
    let checks = checks_without_audit(&vault.conn).unwrap();
    assert!(checks.iter().any(|c| c.contains("token")) && !checks.iter().any(|c| c.ends_with("(audit)")));
    for sql in checks {
        let answer: String = vault.conn.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(answer, "ok", "{sql}");
    }
}

#[test]
fn damage_is_told_in_one_line_and_without_sqlites_stars() {
    let told = first_words(
        "*** in database main ***\nTree 5 page 5: btreeInitPage() returns error code 11\nPage 6: x",
    );
    assert_eq!(told, "Tree 5 page 5: btreeInitPage() returns error code 11");
    assert_eq!(first_words("*** in database main ***"), "it is damaged");
}
