//! Another program reads in the file: what is changed is changed, and the log is emptied when that program is gone.

use bowline_base::Secret;
use bowline_vault::{Emergency, Keystore, VaultError};
use rusqlite::Connection;

use crate::world::{NOON, World, master, tokens};

/// Somebody who began to read and does not end. While it is there, the log cannot be emptied.
fn reader(world: &World) -> Connection {
    let conn = Connection::open(world.file()).unwrap();
    conn.execute_batch("BEGIN").unwrap();
    conn.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0)).unwrap();
    conn
}

#[test]
fn o50_a_new_key_is_taken_although_somebody_reads_in_the_file() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let access = world.cell("SELECT access FROM token");
    let reader = reader(&world);
    world
        .vault()
        .rekey(&master(2), &Keystore::Keychain)
        .expect("the new key is in force, so it is a success");
    assert!(world.vault().owes_tidying() && world.is_on_disk(&access[4..28]));
    assert!(matches!(world.vault().tidy(), Err(VaultError::Busy { .. })) && world.vault().owes_tidying());
    drop(reader);
    world.vault().tidy().unwrap();
    assert!(!world.vault().owes_tidying() && !world.is_on_disk(&access[4..28]), "the old one is gone");
    world.open().unwrap();
    world.vault().unlock(&master(2)).unwrap();
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
}

#[test]
fn a_removed_account_is_removed_although_somebody_reads_in_the_file() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let access = world.cell("SELECT access FROM token");
    let reader = reader(&world);
    assert!(world.vault().remove_account(&id).expect("it is gone, so it is a success"));
    assert!(world.vault().accounts().unwrap().is_empty());
    drop(reader);
    world.vault().tidy().unwrap();
    assert!(!world.is_on_disk(&access[4..28]));
}

#[test]
fn an_ended_emergency_is_gone_although_somebody_reads_in_the_file() {
    let mut world = World::unlocked();
    let account = world.connect("ana");
    let secret = Secret::new("static-key");
    let emergency = Emergency {
        account: account.clone(),
        secret,
        reason: String::new(),
        approved_at: NOON,
        ends_at: NOON,
    };
    world.vault().save_emergency(&emergency).unwrap();
    let reader = reader(&world);
    assert!(world.vault().end_emergency(&account).unwrap());
    assert!(world.vault().owes_tidying());
    drop(reader);
    world.vault().tidy().unwrap();
    assert!(!world.vault().owes_tidying());
}
