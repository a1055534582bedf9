//! Export and import: what moves, what stays, and what a wrong passphrase or a damaged file gives.

use std::fs;

use bowline_base::{Account, Health, LastRefresh, Reason, RefreshOutcome, ScopeSet, Secret, Trouble};
use bowline_vault::export::Imported;
use bowline_vault::{ErrorKind, Grant, StoredClient, Tokens, VaultError};

use crate::world::{MINUTE, NOON, World, client, contains, tokens};

fn passphrase() -> Secret {
    Secret::new("correct horse battery staple")
}

fn filled() -> World {
    let mut world = World::unlocked();
    let health = Health {
        access_expires_at: Some(NOON),
        refreshable: true,
        trouble: Some(Trouble { reason: Reason::Tls, since: NOON }),
        last_refresh: Some(LastRefresh {
            at: NOON,
            outcome: RefreshOutcome::Failed,
            code: Some("tls".to_owned()),
            http_status: None,
            provider_error: None,
            provider_description: Some("No.".to_owned()),
            attempts: 2,
        }),
        ..Health::default()
    };
    let ana = Account { label: Some("work".to_owned()), paused: true, ..world.account("ana") };
    let id = world.vault().upsert_account(&ana, &health, &tokens("ana")).unwrap();
    let bea = world.connect("bea");
    world.vault().save_fallback(&id, Some(&bea)).unwrap();
    world.vault().save_client(&client("acme")).unwrap();
    let public = StoredClient { secret: None, registration_token: None, issuer: None, ..client("other") };
    world.vault().save_client(&public).unwrap();
    let scopes = Some(ScopeSet::read("mail"));
    let grants = [
        Grant { account: id, scopes, expires_at: Some(NOON + MINUTE) },
        Grant { account: bea, scopes: None, expires_at: None },
    ];
    world.vault().add_app("mail", &[7; 32], &grants).unwrap();
    world
}

#[test]
fn everything_that_can_move_arrives_whole() {
    let mut from = filled();
    let path = from.home.path().join("export");
    assert_eq!(from.vault().export(&path, &passphrase()).unwrap(), 2);
    let mut to = World::unlocked();
    let imported = to.vault().import(&path, &passphrase()).unwrap();
    assert_eq!(imported, Imported { accounts: 2, clients: 2, skipped: 0 });
    let accounts = from.vault().accounts().unwrap();
    assert_eq!(to.vault().accounts().unwrap(), accounts);
    for (account, _) in &accounts {
        assert_eq!(to.vault().tokens(&account.id).unwrap(), from.vault().tokens(&account.id).unwrap());
        assert_eq!(to.vault().fallback(&account.id).unwrap(), from.vault().fallback(&account.id).unwrap());
    }
    for provider in from.vault().clients().unwrap() {
        assert_eq!(to.vault().client(&provider).unwrap(), from.vault().client(&provider).unwrap());
    }
}

#[test]
fn p6_an_app_that_was_revoked_is_not_brought_back_by_an_old_file() {
    let mut world = filled();
    let path = world.home.path().join("export");
    world.vault().export(&path, &passphrase()).unwrap();
    let app = world.vault().apps().unwrap().remove(0).id;
    assert!(world.vault().revoke_app(&app).unwrap());
    world.vault().import(&path, &passphrase()).unwrap();
    assert!(world.vault().apps().unwrap().is_empty());
    assert!(world.vault().app_by_key_hash(&[7; 32]).unwrap().is_none());
    let mut to = World::unlocked();
    to.vault().import(&path, &passphrase()).unwrap();
    assert!(to.vault().apps().unwrap().is_empty(), "on another computer it asks, like any other");
}

#[test]
fn importing_never_writes_over_what_is_there() {
    let mut from = filled();
    let path = from.home.path().join("export");
    from.vault().export(&path, &passphrase()).unwrap();
    let mut to = World::unlocked();
    (0..9).for_each(|_| drop(to.account("spends an id")));
    let account = to.account("ana");
    let ana = to.vault().upsert_account(&account, &Health::default(), &tokens("newer")).unwrap();
    to.vault().save_client(&StoredClient { secret: Some(Secret::new("newer")), ..client("acme") }).unwrap();
    let imported = to.vault().import(&path, &passphrase()).unwrap();
    assert_eq!(imported, Imported { accounts: 1, clients: 1, skipped: 2 });
    assert_eq!(to.vault().tokens(&ana).unwrap(), Some(tokens("newer")));
    assert_eq!(
        to.vault().client(&client("acme").provider).unwrap().unwrap().secret,
        Some(Secret::new("newer"))
    );
    let again = to.vault().import(&path, &passphrase()).unwrap();
    assert_eq!(again, Imported { skipped: 4, ..Imported::default() });
}

#[test]
fn an_export_is_sealed_private_and_never_overwrites() {
    let mut world = filled();
    let path = world.home.path().join("export");
    world.vault().export(&path, &passphrase()).unwrap();
    let bytes = fs::read(&path).unwrap();
    assert!(!contains(&bytes, b"canary") && !contains(&bytes, b"example.com"));
    assert!(bytes.starts_with(b"bowline vault export 1\n"));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
    let error = world.vault().export(&path, &passphrase()).unwrap_err();
    assert!(matches!(&error, VaultError::Exists { file } if *file == path), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_wrong_passphrase_and_a_damaged_file_add_nothing() {
    let mut world = filled();
    let path = world.home.path().join("export");
    world.vault().export(&path, &passphrase()).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut to = World::unlocked();
    let error = to.vault().import(&path, &Secret::new("wrong")).unwrap_err();
    assert!(matches!(error, VaultError::WrongPassphrase { .. }), "{error:?}");
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&path, damaged).unwrap();
    let error = to.vault().import(&path, &passphrase()).unwrap_err();
    assert!(matches!(error, VaultError::WrongPassphrase { .. }), "{error:?}");
    for no_export in [&whole[..10], &whole[..40], b"something else entirely", b""] {
        fs::write(&path, no_export).unwrap();
        let error = to.vault().import(&path, &passphrase()).unwrap_err();
        assert!(matches!(error, VaultError::NotAnExport { .. }), "{error:?}");
    }
    assert!(to.vault().accounts().unwrap().is_empty());
}

#[test]
fn figures_that_ask_for_all_memory_are_not_followed() {
    let mut world = World::unlocked();
    let path = world.home.path().join("export");
    world.vault().export(&path, &passphrase()).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[39..43].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let error = world.vault().import(&path, &passphrase()).unwrap_err();
    assert!(matches!(error, VaultError::NotAnExport { .. }), "{error:?}");
}

#[test]
fn a_locked_vault_neither_exports_nor_imports() {
    let mut world = filled();
    let path = world.home.path().join("export");
    world.vault().export(&path, &passphrase()).unwrap();
    world.vault().lock();
    assert!(matches!(world.vault().import(&path, &passphrase()), Err(VaultError::Locked)));
    let other = world.home.path().join("other");
    assert!(matches!(world.vault().export(&other, &passphrase()), Err(VaultError::Locked)));
    assert!(!other.exists());
}

#[test]
fn an_account_that_cannot_be_moved_whole_is_named() {
    let mut world = filled();
    let id = world.connect("cat");
    world.meddle(&format!("UPDATE token SET refresh = x'00' WHERE account = '{id}'"));
    let path = world.home.path().join("export");
    let error = world.vault().export(&path, &passphrase()).unwrap_err();
    assert!(matches!(&error, VaultError::Corrupted { account } if *account == id), "{error:?}");
    assert!(!path.exists());
    let without = Tokens { refresh: None, ..tokens("cat") };
    let account = world.account("cat");
    world.vault().upsert_account(&account, &Health::default(), &without).unwrap();
    world.vault().export(&path, &passphrase()).unwrap();
}

#[test]
fn a_path_that_can_be_no_export_is_the_callers_mistake_and_is_not_waited_for() {
    let mut world = World::unlocked();
    let home = world.home.path().to_path_buf();
    let pipe = home.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [home.join("nowhere"), home.join("no/where"), home.clone(), pipe, "/dev/zero".into()] {
        let error = world.vault().import(&path, &passphrase()).unwrap_err();
        assert!(matches!(&error, VaultError::BadPath { file, .. } if *file == path), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Refused);
    }
    let error = world.vault().export(&home.join("no/where"), &passphrase()).unwrap_err();
    assert!(matches!(error, VaultError::BadPath { .. }), "{error:?}");
    let large = home.join("large");
    fs::File::create(&large).unwrap().set_len((256 << 20) + 1).unwrap();
    let error = world.vault().import(&large, &passphrase()).unwrap_err();
    assert!(matches!(error, VaultError::BadPath { .. }), "{error:?}");
}
