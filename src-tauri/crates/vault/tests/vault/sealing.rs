//! Keys and sealed cells: what a wrong key, a flipped bit, a moved cell and a thief of the file find.

use bowline_base::random::SeededRandom;
use bowline_base::{Health, Secret};
use bowline_vault::{Emergency, ErrorKind, KdfParams, KeyState, Keystore, Tokens, VaultError, derive};

use crate::world::{NOON, World, client, master, provider, tokens};

fn is_corrupted(found: Result<Option<Tokens>, VaultError>, id: &bowline_base::AccountId) -> bool {
    matches!(found, Err(VaultError::Corrupted { account }) if account == *id)
}

#[test]
fn o50_the_key_s_state_is_told_at_every_step() {
    let mut world = World::empty();
    world.open().unwrap();
    assert_eq!(world.vault().key_state(), KeyState::Fresh);
    assert_eq!(world.vault().keystore(), None);
    assert!(matches!(world.vault().unlock(&master(1)), Err(VaultError::Locked)));
    world.vault().create_key(&master(1), &Keystore::Keychain).unwrap();
    assert_eq!(world.vault().key_state(), KeyState::Unlocked { version: 1, keystore: Keystore::Keychain });
    world.open().unwrap();
    assert_eq!(world.vault().key_state(), KeyState::Locked { keystore: Keystore::Keychain });
    assert!(world.vault().self_test());
}

#[test]
fn a_second_key_is_never_made() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let error = world.vault().create_key(&master(2), &Keystore::Keychain).unwrap_err();
    assert!(matches!(error, VaultError::KeyExists));
    world.restart();
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
}

#[test]
fn o44_a_wrong_master_key_is_told_and_opens_nothing() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    world.open().unwrap();
    let error = world.vault().unlock(&master(2)).unwrap_err();
    assert!(matches!(error, VaultError::KeyChanged));
    assert_eq!(error.kind(), ErrorKind::KeyChanged);
    assert!(matches!(world.vault().tokens(&id), Err(VaultError::Locked)));
    world.vault().unlock(&master(1)).unwrap();
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
}

#[test]
fn a_wrapped_key_that_is_damaged_is_told_apart_from_a_wrong_master_key() {
    let mut world = World::unlocked();
    world.close();
    let whole = world.cell("SELECT wrapped FROM vault_key");
    for at in [0, 4, 30, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        world.set_cell("UPDATE vault_key SET wrapped = ?1", &damaged);
        world.open().unwrap();
        assert!(matches!(world.vault().unlock(&master(1)), Err(VaultError::Damaged { .. })), "byte {at}");
        assert!(matches!(world.vault().unlock(&master(2)), Err(VaultError::KeyChanged)), "byte {at}");
    }
}

#[test]
fn an_unreadable_key_row_is_damage_at_opening() {
    for sql in ["UPDATE vault_key SET keystore = 'pocket'", "UPDATE vault_key SET version = -1"] {
        let mut world = World::unlocked();
        world.close();
        world.meddle(sql);
        assert!(matches!(world.open(), Err(VaultError::Damaged { .. })), "{sql}");
    }
}

#[test]
fn a_passphrase_opens_the_vault_with_the_figures_on_record() {
    let mut world = World::empty();
    world.open().unwrap();
    let kdf = KdfParams::random(&SeededRandom::new(5));
    let passphrase = Secret::new("correct horse battery staple");
    let keystore = Keystore::Passphrase(kdf.clone());
    world.vault().create_key(&derive(&passphrase, &kdf), &keystore).unwrap();
    world.open().unwrap();
    let Some(Keystore::Passphrase(stored)) = world.vault().keystore() else { panic!("it was a passphrase") };
    assert_eq!(stored, kdf);
    assert!(matches!(
        world.vault().unlock(&derive(&Secret::new("wrong"), &stored)),
        Err(VaultError::KeyChanged)
    ));
    world.vault().unlock(&derive(&passphrase, &stored)).unwrap();
}

#[test]
fn nothing_secret_is_in_the_files_in_the_clear() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    world.vault().save_client(&client("acme")).unwrap();
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().answer_renewal(&id, mark, &Secret::new("answer-canary")).unwrap();
    let secret = Secret::new("emergency-canary");
    let emergency =
        Emergency { account: id, secret, reason: "outage".to_owned(), approved_at: NOON, ends_at: NOON };
    world.vault().save_emergency(&emergency).unwrap();
    assert!(world.is_on_disk(b"outage"), "the scan finds what is not sealed");
    assert!(!world.is_on_disk(b"canary"));
    assert!(!world.is_on_disk(&[1; 32]), "the master key");
}

#[test]
fn locking_takes_the_tokens_away_and_leaves_the_list() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    world.vault().save_client(&client("acme")).unwrap();
    world.vault().lock();
    assert!(matches!(world.vault().tokens(&id), Err(VaultError::Locked)));
    assert!(matches!(world.vault().client(&provider("acme")), Err(VaultError::Locked)));
    assert!(matches!(world.vault().interrupted(), Err(VaultError::Locked)));
    assert!(matches!(world.vault().emergency(&id), Err(VaultError::Locked)));
    let account = world.account("bea");
    let refused = world.vault().upsert_account(&account, &Health::default(), &tokens("bea"));
    assert!(matches!(refused, Err(VaultError::Locked)));
    assert_eq!(world.vault().accounts().unwrap().len(), 1);
    assert!(world.vault().has_client_secret(&provider("acme")).unwrap());
    assert!(!world.vault().has_client_secret(&provider("other")).unwrap());
}

#[test]
fn f12_every_byte_of_a_sealed_cell_counts_and_others_work() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    for column in ["access", "refresh", "id_token"] {
        let whole = world.cell(&format!("SELECT {column} FROM token WHERE account = '{ana}'"));
        let set = format!("UPDATE token SET {column} = ?1 WHERE account = '{ana}'");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x40;
            world.set_cell(&set, &damaged);
            assert!(is_corrupted(world.vault().tokens(&ana), &ana), "{column}, byte {at}");
        }
        assert_eq!(world.vault().tokens(&bea).unwrap(), Some(tokens("bea")));
        world.set_cell(&set, &whole);
    }
    assert_eq!(world.vault().tokens(&ana).unwrap(), Some(tokens("ana")));
}

#[test]
fn r70_o46_one_damaged_row_among_twenty_hides_no_other() {
    let mut world = World::unlocked();
    let ids: Vec<_> = (0..20).map(|n| world.connect(&format!("person-{n}"))).collect();
    let damage = [
        format!("UPDATE token SET access = x'00' WHERE account = '{}'", ids[0]),
        format!("UPDATE account SET provider = 'Not An Id' WHERE id = '{}'", ids[1]),
        format!("UPDATE account SET trouble_reason = 'revokfd', trouble_since = 5 WHERE id = '{}'", ids[2]),
        format!("DELETE FROM token WHERE account = '{}'", ids[3]),
        format!("UPDATE account SET subject = CAST(x'ff00' AS TEXT) WHERE id = '{}'", ids[4]),
        format!("UPDATE account SET issuer = 'https://evil.example' WHERE id = '{}'", ids[5]),
        format!("UPDATE account SET label = CAST(x'61ff62' AS TEXT) WHERE id = '{}'", ids[6]),
    ];
    world.meddle(&damage.join(";"));
    world.restart();
    let listed = world.vault().accounts().unwrap();
    assert_eq!(listed.len(), 20);
    for id in [&ids[1], &ids[2]] {
        let (_, health) = listed.iter().find(|(a, _)| a.id == *id).unwrap();
        assert_eq!(health.trouble.as_ref().unwrap().reason, bowline_base::Reason::TokenCorrupted);
    }
    for broken in [0, 1, 3, 4, 5] {
        assert!(is_corrupted(world.vault().tokens(&ids[broken]), &ids[broken]), "account {broken}");
    }
    for n in [2, 6].into_iter().chain(7..20) {
        assert_eq!(
            world.vault().tokens(&ids[n]).unwrap(),
            Some(tokens(&format!("person-{n}"))),
            "account {n}"
        );
    }
}

#[test]
fn r70_a_row_that_breaks_its_table_s_rules_does_not_keep_the_vault_shut() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    world.close();
    // One flipped bit in a record's header turns a number into nothing; SQLite then calls the column NULL.
    let conn = rusqlite::Connection::open(world.file()).unwrap();
    conn.execute_batch("PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'refreshable          INTEGER NOT NULL', 'refreshable          INTEGER')
        WHERE name = 'account'; PRAGMA writable_schema = RESET;").unwrap();
    conn.execute("UPDATE account SET refreshable = NULL WHERE id = ?1", [ana.as_str()]).unwrap();
    conn.execute_batch("PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'refreshable          INTEGER', 'refreshable          INTEGER NOT NULL')
        WHERE name = 'account'; PRAGMA writable_schema = RESET;").unwrap();
    drop(conn);
    world.restart();
    assert_eq!(world.vault().accounts().unwrap().len(), 2);
    assert_eq!(world.vault().tokens(&bea).unwrap(), Some(tokens("bea")));
}

#[test]
fn a_sealed_value_that_was_moved_opens_nowhere() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    let of = |column: &str, id| format!("(SELECT {column} FROM token WHERE account = '{id}')");
    let moves = [
        format!("UPDATE token SET access = {} WHERE account = '{ana}'", of("access", &bea)),
        format!("UPDATE token SET access = {} WHERE account = '{ana}'", of("refresh", &ana)),
        format!("UPDATE token SET refresh = {} WHERE account = '{ana}'", of("id_token", &ana)),
    ];
    let whole = world.cell(&format!("SELECT access FROM token WHERE account = '{ana}'"));
    for sql in moves {
        world.meddle(&sql);
        assert!(is_corrupted(world.vault().tokens(&ana), &ana), "{sql}");
        world.set_cell(&format!("UPDATE token SET access = ?1 WHERE account = '{ana}'"), &whole);
    }
}

#[test]
fn swapping_two_people_s_rows_gives_neither_the_other_s_tokens() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    world.meddle(&format!(
        "UPDATE token SET account = 'x' WHERE account = '{ana}';
         UPDATE token SET account = '{ana}' WHERE account = '{bea}';
         UPDATE token SET account = '{bea}' WHERE account = 'x';"
    ));
    assert!(is_corrupted(world.vault().tokens(&ana), &ana));
    assert!(is_corrupted(world.vault().tokens(&bea), &bea));
}

#[test]
fn a_client_is_kept_whole_and_its_secret_fits_its_issuer_only() {
    let mut world = World::unlocked();
    let (acme, other) = (client("acme"), client("other"));
    world.vault().save_client(&acme).unwrap();
    world.vault().save_client(&other).unwrap();
    assert_eq!(world.vault().client(&acme.provider).unwrap(), Some(acme.clone()));
    assert_eq!(world.vault().clients().unwrap(), [acme.provider.clone(), other.provider.clone()]);
    world.meddle("UPDATE client SET issuer = 'https://evil.example' WHERE provider = 'acme'");
    let error = world.vault().client(&acme.provider).unwrap_err();
    assert!(
        matches!(&error, VaultError::CorruptedClient { provider } if *provider == acme.provider),
        "{error:?}"
    );
    assert_eq!(world.vault().client(&other.provider).unwrap(), Some(other));
}

#[test]
fn a_client_without_a_secret_can_be_read_while_locked() {
    let mut world = World::unlocked();
    let public = bowline_vault::StoredClient { secret: None, registration_token: None, ..client("acme") };
    world.vault().save_client(&public).unwrap();
    world.vault().lock();
    assert_eq!(world.vault().client(&public.provider).unwrap(), Some(public.clone()));
    assert!(!world.vault().has_client_secret(&public.provider).unwrap());
}

#[test]
fn an_emergency_key_is_kept_until_it_is_ended() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let secret = Secret::new("static-key");
    let emergency = Emergency {
        account: id.clone(),
        secret,
        reason: "outage".to_owned(),
        approved_at: NOON,
        ends_at: NOON,
    };
    world.vault().save_emergency(&emergency).unwrap();
    world.restart();
    let found = world.vault().emergency(&id).unwrap().unwrap();
    assert_eq!((found.secret.expose(), found.reason.as_str(), found.ends_at), ("static-key", "outage", NOON));
    assert!(!format!("{found:?}").contains("static-key"));
    world.meddle("UPDATE emergency SET secret = x'0102'");
    assert!(matches!(world.vault().emergency(&id), Err(VaultError::Corrupted { .. })));
    assert_eq!(
        world.vault().emergencies().unwrap().as_slice(),
        std::slice::from_ref(&id),
        "without opening it"
    );
    assert!(world.vault().end_emergency(&id).unwrap());
    assert!(!world.vault().end_emergency(&id).unwrap());
    assert!(world.vault().emergency(&id).unwrap().is_none());
}

#[test]
fn rekeying_seals_everything_anew_and_the_old_key_is_gone() {
    let mut world = World::unlocked();
    let ids: Vec<_> = (0..5).map(|n| world.connect(&format!("p{n}"))).collect();
    world.vault().save_client(&client("acme")).unwrap();
    let mark = world.vault().begin_renewal(&ids[0]).unwrap();
    world.vault().answer_renewal(&ids[0], mark, &Secret::new("answer")).unwrap();
    let secret = Secret::new("static-key");
    let emergency = Emergency {
        account: ids[1].clone(),
        secret,
        reason: String::new(),
        approved_at: NOON,
        ends_at: NOON,
    };
    world.vault().save_emergency(&emergency).unwrap();
    world.vault().append_audit(&[crate::world::entry("vault.unlocked")]).unwrap();
    let wrapped = world.cell("SELECT wrapped FROM vault_key");
    let access = world.cell(&format!("SELECT access FROM token WHERE account = '{}'", ids[4]));

    let kdf = KdfParams::random(&SeededRandom::new(5));
    world.vault().rekey(&master(2), &Keystore::Passphrase(kdf.clone())).unwrap();

    assert!(
        !world.is_on_disk(&wrapped[4..28]) && !world.is_on_disk(&access[4..28]),
        "old ciphertext is left"
    );
    world.open().unwrap();
    assert!(matches!(world.vault().unlock(&master(1)), Err(VaultError::KeyChanged)));
    world.vault().unlock(&master(2)).unwrap();
    let state = KeyState::Unlocked { version: 2, keystore: Keystore::Passphrase(kdf) };
    assert_eq!(world.vault().key_state(), state);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(world.vault().tokens(id).unwrap(), Some(tokens(&format!("p{n}"))));
    }
    assert_eq!(world.vault().client(&provider("acme")).unwrap(), Some(client("acme")));
    assert_eq!(world.vault().interrupted().unwrap()[0].answer, Some(Secret::new("answer")));
    assert_eq!(world.vault().emergency(&ids[1]).unwrap().unwrap().secret, Secret::new("static-key"));
    assert_eq!(world.vault().verify_audit().unwrap().unwrap().entries, 1);
}

#[test]
fn rekeying_needs_the_old_key_and_leaves_what_was_damaged_damaged() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    world.meddle(&format!("UPDATE token SET access = x'00' WHERE account = '{ana}'"));
    world.vault().lock();
    assert!(matches!(world.vault().rekey(&master(2), &Keystore::Keychain), Err(VaultError::Locked)));
    world.vault().unlock(&master(1)).unwrap();
    world.vault().rekey(&master(2), &Keystore::Keychain).unwrap();
    assert!(is_corrupted(world.vault().tokens(&ana), &ana));
    assert_eq!(world.vault().tokens(&bea).unwrap(), Some(tokens("bea")));
}

#[test]
fn what_is_too_large_is_refused_by_name() {
    let mut world = World::unlocked();
    let account = world.account("ana");
    let large = Tokens { access: Secret::new("x".repeat(5 << 20)), ..tokens("ana") };
    let error = world.vault().upsert_account(&account, &Health::default(), &large).unwrap_err();
    assert!(matches!(error, VaultError::TooLarge { what: "access" }), "{error:?}");
    let sixteen = Tokens { access: Secret::new("x".repeat(16 << 10)), ..tokens("ana") };
    let id = world.vault().upsert_account(&account, &Health::default(), &sixteen).unwrap();
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(sixteen));
}
