//! What stands in the vault's place, and who may look into its folder.

use std::fs;

use bowline_vault::{ErrorKind, VaultError};
use rusqlite::Connection;

use crate::world::{World, master};

/// Opens, expects a refusal, and asserts that no byte of the folder changed.
fn refused(world: &mut World) -> VaultError {
    world.close();
    let before = snapshot(world);
    let error = world.open().unwrap_err();
    assert!(snapshot(world) == before, "opening changed something: {error:?}");
    assert!(error.file().is_some_and(|f| error.to_string().contains(f.to_str().unwrap())), "{error}");
    error
}

fn snapshot(world: &World) -> Vec<(String, Option<Vec<u8>>)> {
    let mut files: Vec<_> = fs::read_dir(world.data())
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| (e.file_name().to_string_lossy().into_owned(), fs::read(e.path()).ok()))
        .collect();
    files.sort();
    files
}

/// The file and its log, without the index that SQLite keeps of the log.
fn files(world: &World) -> Vec<(String, Option<Vec<u8>>)> {
    snapshot(world).into_iter().filter(|(name, _)| !name.ends_with("-shm")).collect()
}

fn with_data(world: &World) {
    fs::create_dir_all(world.data()).unwrap();
    #[cfg(unix)]
    fs::set_permissions(world.data(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn a_new_vault_opens_again_and_leaves_no_half_made_file() {
    let mut world = World::unlocked();
    world.connect("ana");
    world.restart();
    assert_eq!(world.vault().accounts().unwrap().len(), 1);
    world.close();
    let names: Vec<String> = snapshot(&world).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["vault.db"]);
}

#[test]
fn a_start_that_was_cut_off_while_making_the_vault_is_made_again() {
    let mut world = World::empty();
    with_data(&world);
    fs::write(world.data().join("vault.db.new"), "half").unwrap();
    fs::write(world.data().join("vault.db.new-wal"), "half").unwrap();
    world.open().unwrap();
    assert!(world.vault().accounts().unwrap().is_empty());
}

#[test]
fn e31_a_folder_in_place_of_the_file_is_named() {
    let mut world = World::empty();
    with_data(&world);
    fs::create_dir(world.file()).unwrap();
    assert!(matches!(refused(&mut world), VaultError::NotAFile { .. }));
}

#[test]
fn e31_garbage_in_place_of_the_file_is_named() {
    for garbage in [vec![7u8; 1], vec![0u8; 4096], b"SQLite format 2\0".repeat(300), vec![0xff; 100_000]] {
        let mut world = World::empty();
        with_data(&world);
        fs::write(world.file(), garbage).unwrap();
        let error = refused(&mut world);
        assert!(matches!(error, VaultError::NotAVault { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Unusable);
    }
}

#[test]
fn e31_an_emptied_file_is_a_loss_and_not_a_beginning() {
    let mut world = World::unlocked();
    world.close();
    fs::write(world.file(), "").unwrap();
    assert!(matches!(refused(&mut world), VaultError::Emptied { .. }));
    fs::write(world.data().join("vault.db-wal"), "the log of the vault").unwrap();
    assert!(matches!(refused(&mut world), VaultError::Emptied { .. }));
    fs::remove_file(world.file()).unwrap();
    assert!(matches!(refused(&mut world), VaultError::Emptied { .. }));
}

#[test]
fn e31_a_database_of_another_program_is_named() {
    let mut world = World::empty();
    with_data(&world);
    let other = Connection::open(world.file()).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE bookmarks (url TEXT);").unwrap();
    drop(other);
    assert!(matches!(refused(&mut world), VaultError::ForeignDatabase { .. }));
}

#[test]
fn e31_a_damaged_file_is_named() {
    let mut world = World::unlocked();
    (0..50).for_each(|n| drop(world.connect(&format!("person-{n}"))));
    world.close();
    let whole = fs::read(world.file()).unwrap();
    let mut torn = whole.clone();
    torn[4096..].fill(0x5a);
    fs::write(world.file(), torn).unwrap();
    assert!(matches!(refused(&mut world), VaultError::Damaged { .. }));
    // With a log beside it that would have to be moved into it on closing.
    let log: Vec<u8> = {
        fs::write(world.file(), &whole).unwrap();
        world.restart();
        world.connect("late");
        fs::read(world.data().join("vault.db-wal")).unwrap()
    };
    world.close();
    let mut torn = whole.clone();
    torn[4096 * 12..].fill(0x5a);
    fs::write(world.file(), torn).unwrap();
    fs::write(world.data().join("vault.db-wal"), log).unwrap();
    world.close();
    let (before, error) = (files(&world), world.open().unwrap_err());
    assert!(matches!(error, VaultError::Damaged { .. }), "{error:?}");
    assert!(files(&world) == before);
    fs::remove_file(world.data().join("vault.db-wal")).unwrap();
    fs::remove_file(world.data().join("vault.db-shm")).unwrap();
    fs::write(world.file(), &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(refused(&mut world), VaultError::Damaged { .. }));
    fs::write(world.file(), whole).unwrap();
    world.open().unwrap();
}

#[test]
fn e31_a_newer_schema_is_refused_with_both_numbers() {
    let mut world = World::unlocked();
    world.close();
    world.meddle("PRAGMA user_version = 7");
    let error = refused(&mut world);
    assert!(matches!(error, VaultError::NewerSchema { found: 7, known: 6, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("schema 7") && text.contains("up to 6"), "{text}");
}

#[cfg(unix)]
mod modes {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::process::Command;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn assert_private(world: &World) {
        assert_eq!(mode(&world.data()), 0o700);
        for entry in fs::read_dir(world.data()).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }

    #[test]
    fn folder_and_files_are_for_the_owner_only() {
        let mut world = World::unlocked();
        world.connect("ana");
        assert!(world.data().join("vault.db-wal").exists());
        assert_private(&world);
    }

    /// The part that runs with another umask; without the variable it has nothing to do.
    #[test]
    fn under_a_umask() {
        if std::env::var_os("BOWLINE_VAULT_TEST_UMASK").is_some() {
            folder_and_files_are_for_the_owner_only();
        }
    }

    #[test]
    fn modes_hold_whatever_the_umask() {
        for umask in ["000", "022", "077", "277"] {
            let ran = Command::new("sh")
                .args(["-c", "umask \"$1\" && exec \"$0\" --exact opening::modes::under_a_umask"])
                .arg(std::env::current_exe().unwrap())
                .arg(umask)
                .env("BOWLINE_VAULT_TEST_UMASK", umask)
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(ran.status.success() && told.contains("1 passed"), "umask {umask}: {told}");
        }
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        for open in [0o720, 0o702, 0o777, 0o770] {
            let mut world = World::unlocked();
            world.close();
            chmod(&world.data(), open);
            let error = refused(&mut world);
            assert!(
                matches!(&error, VaultError::WritableByOthers { path } if *path == world.data()),
                "{error:?}"
            );
            assert_eq!(mode(&world.data()), open);
        }
    }

    #[test]
    fn a_folder_and_files_that_others_can_only_read_are_closed_to_them() {
        let mut world = World::unlocked();
        world.close();
        chmod(&world.data(), 0o755);
        chmod(&world.file(), 0o644);
        world.open().unwrap();
        assert_private(&world);
    }

    #[test]
    fn e31_a_read_only_file_or_folder_is_named() {
        let mut world = World::unlocked();
        world.close();
        chmod(&world.file(), 0o400);
        assert!(matches!(refused(&mut world), VaultError::ReadOnly { file } if file == world.file()));
        chmod(&world.file(), 0o600);
        chmod(&world.data(), 0o500);
        assert!(matches!(refused(&mut world), VaultError::ReadOnly { file } if file == world.data()));
        chmod(&world.data(), 0o700);
        world.open().unwrap();
    }
}

#[test]
fn a_vault_may_move_to_the_thread_that_does_the_blocking_work() {
    fn is_send<T: Send + 'static>(_: &T) {}
    let mut world = World::unlocked();
    is_send(world.vault());
}

#[test]
fn a_vault_does_not_print_its_key() {
    let mut world = World::unlocked();
    let printed = format!("{:?}", world.vault());
    assert!(printed.contains("Unlocked") && !printed.contains("bytes"), "{printed}");
    assert!(!printed.contains(master(1).to_text().expose()));
}
