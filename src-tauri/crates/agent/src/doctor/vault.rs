//! The vault: who keeps its key, whether the key is here, and whether the database is whole. No keychain is asked:
//! that could bring up its dialog.

use std::path::Path;
use std::time::Duration;

use bowline_base::Reason;
use bowline_engine::EngineError;
use bowline_engine::trail::Chain;
use bowline_engine::unlock::{KeystoreChoice, VaultSight};

use super::finding::{Finding, word};
use super::{Findings, Patient};

/// A larger file is not walked here: readers of tokens would wait for it.
const WALKED_BYTES: u64 = 64 << 20;
/// How long the walk may take.
const WALK: Duration = Duration::from_secs(5);

/// What is known of the audit trail.
enum Trail {
    Whole(u64),
    Broken(u64),
    Unreadable(String),
    TooLong,
}

pub(super) async fn look(patient: &Patient<'_>) -> Findings {
    let sight = patient.engine.vault_sight().await;
    let size = std::fs::metadata(&sight.file).map(|about| about.len());
    let trail = match &size {
        Ok(size) if *size <= WALKED_BYTES => walk(patient).await,
        _ => Trail::TooLong,
    };
    vec![
        ("keychain", judge_keychain(&sight)),
        ("vault_key", judge_key(&sight)),
        ("database", judge_database(&sight.file, sight.sqlite, size.is_ok(), &trail)),
    ]
}

async fn walk(patient: &Patient<'_>) -> Trail {
    match tokio::time::timeout(WALK, patient.engine.verify_audit()).await {
        Ok(Ok(Chain::Whole(entries))) => Trail::Whole(entries),
        Ok(Ok(Chain::Broken(seq))) => Trail::Broken(seq),
        Ok(Err(EngineError::Storage { detail })) => Trail::Unreadable(detail),
        Ok(Err(error)) => Trail::Unreadable(error.to_string()),
        Err(_) => Trail::TooLong,
    }
}

fn judge_keychain(sight: &VaultSight) -> Finding {
    match (sight.keystore, sight.locked) {
        (KeystoreChoice::Passphrase, _) => Finding::ok("A passphrase is in use; no keychain is needed."),
        (KeystoreChoice::Keychain, None) => Finding::ok("The keychain can be reached and holds the key."),
        (KeystoreChoice::Keychain, Some(Reason::KeychainMissing)) => Finding::error(
            "No keychain service gave the key.",
            "Start one (on Linux `gnome-keyring-daemon --start --components=secrets`, KWallet or KeePassXC), then run \
             `bowline vault unlock`; for a new vault BOWLINE_KEYSTORE=passphrase does without.",
        ),
        (KeystoreChoice::Keychain, Some(Reason::KeyChanged)) => {
            Finding::ok("The keychain can be reached; see `vault_key`.")
        }
        (KeystoreChoice::Keychain, Some(_)) => {
            Finding::error("The keychain is locked.", "Unlock it, then run `bowline vault unlock`.")
        }
    }
}

fn judge_key(sight: &VaultSight) -> Finding {
    if !sight.self_test {
        return Finding::error(
            "The cipher failed its self-test, so nothing may be trusted.",
            "Install Bowline anew; if it stays so, `bowline doctor` on another computer tells whether this one is at fault.",
        );
    }
    match (sight.locked, sight.key_version) {
        (None, Some(version)) => {
            Finding::ok(format!("The key is open (version {version}), and the cipher passed its self-test."))
        }
        (Some(Reason::KeyChanged), _) => Finding::error(
            "The keychain holds another key than the vault was sealed with.",
            "Restore the old key in the keychain, then run `bowline vault unlock`; else move the data folder away and \
             connect your accounts anew.",
        ),
        _ => {
            Finding::error("The key is not here, so the accounts are locked.", "Run `bowline vault unlock`.")
        }
    }
}

fn judge_database(file: &Path, sqlite: &str, there: bool, trail: &Trail) -> Finding {
    let shown = file.display();
    let restore =
        format!("Run `bowline stop`, and put the last good copy in place of {}.", word(&shown.to_string()));
    if !there {
        return Finding::error(format!("{shown} is gone."), restore);
    }
    match trail {
        Trail::Whole(n) => Finding::ok(format!(
            "{shown} is open with SQLite {sqlite}, and the audit trail is whole ({n} entries)."
        )),
        Trail::Broken(seq) => Finding::error(
            format!(
                "The audit trail in {shown} is broken at entry {seq}: somebody, or the disk, changed it."
            ),
            "Look at it with `bowline log verify`, and keep a copy of the file.",
        ),
        Trail::Unreadable(why) => {
            Finding::error(format!("{shown} cannot be read: {}.", why.trim_end_matches('.')), restore)
        }
        Trail::TooLong => Finding::ok(format!(
            "{shown} is open with SQLite {sqlite}; its audit trail is too long to be walked here, and `bowline log verify` does."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;
    use std::path::PathBuf;

    fn sight(keystore: KeystoreChoice, locked: Option<Reason>) -> VaultSight {
        VaultSight {
            locked,
            keystore,
            key_version: locked.is_none().then_some(3),
            self_test: true,
            sqlite: "3.53.2",
            file: PathBuf::from("/d/vault.db"),
        }
    }

    #[test]
    fn a_keychain_that_is_locked_absent_or_well_is_told_apart() {
        use KeystoreChoice::{Keychain, Passphrase};
        for (keystore, locked, level, word) in [
            (Keychain, None, Level::Ok, "reached"),
            (Keychain, Some(Reason::KeychainLocked), Level::Error, "locked"),
            (Keychain, Some(Reason::KeychainMissing), Level::Error, "No keychain"),
            (Keychain, Some(Reason::KeyChanged), Level::Ok, "vault_key"),
            (Passphrase, Some(Reason::KeychainLocked), Level::Ok, "passphrase"),
            (Passphrase, None, Level::Ok, "passphrase"),
        ] {
            let found = judge_keychain(&sight(keystore, locked));
            assert!(found.level == level && found.message.contains(word), "{found:?}");
        }
    }

    #[test]
    fn without_a_keychain_both_ways_out_are_named() {
        let fix =
            judge_keychain(&sight(KeystoreChoice::Keychain, Some(Reason::KeychainMissing))).fix.unwrap();
        assert!(fix.contains("BOWLINE_KEYSTORE=passphrase") && fix.contains("bowline vault unlock"));
    }

    #[test]
    fn the_key_is_open_locked_changed_or_not_to_be_trusted() {
        let open = sight(KeystoreChoice::Keychain, None);
        assert!(judge_key(&open).message.contains("version 3"));
        let broken = judge_key(&VaultSight { self_test: false, ..open });
        assert!(broken.level == Level::Error && broken.message.contains("self-test"));
        let locked = judge_key(&sight(KeystoreChoice::Passphrase, Some(Reason::KeychainLocked)));
        assert_eq!(locked.fix.as_deref(), Some("Run `bowline vault unlock`."));
        let changed = judge_key(&sight(KeystoreChoice::Keychain, Some(Reason::KeyChanged)));
        assert!(changed.level == Level::Error && changed.message.contains("another key"));
    }

    #[test]
    fn a_whole_database_names_file_version_and_entries() {
        let found = judge_database(Path::new("/d/vault.db"), "3.53.2", true, &Trail::Whole(7));
        assert_eq!(
            found.message,
            "/d/vault.db is open with SQLite 3.53.2, and the audit trail is whole (7 entries)."
        );
        assert_eq!(
            judge_database(Path::new("/d/vault.db"), "3.53.2", true, &Trail::TooLong).level,
            Level::Ok
        );
    }

    #[test]
    fn a_broken_unreadable_or_missing_database_is_an_error_with_a_command() {
        for (there, trail) in [
            (false, Trail::Whole(1)),
            (true, Trail::Broken(4)),
            (true, Trail::Unreadable("x is damaged.".into())),
        ] {
            let found = judge_database(Path::new("/d/vault.db"), "3.53.2", there, &trail);
            assert_eq!(found.level, Level::Error);
            assert!(found.message.contains("/d/vault.db") && found.fix.unwrap().contains('`'));
        }
    }
}
