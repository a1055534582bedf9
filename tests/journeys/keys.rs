//! The vault's key: had, locked away, missing, changed, back again; never a silent fall-back.

use std::sync::Arc;

use bowline_base::{Action, Reason, Secret, Status};
use bowline_engine::EngineError;
use bowline_engine::unlock::KeystoreChoice;
use bowline_tests::world::journey::{again, owner};
use bowline_tests::world::script::tokens;
use bowline_tests::world::{HOUR, Keychain, MINUTE, SECOND, Seed, Setup, World};
use bowline_vault::{KeyState, KeyTrouble, Place};

#[tokio::test]
async fn e20_a_first_start_makes_a_key_and_puts_it_in_the_keychain() {
    let keychain = Arc::new(Keychain::empty());
    let world = World::start(Setup { keychain: keychain.clone(), ..Setup::default() }).await;
    assert_eq!(world.engine.locked(), None);
    assert!(keychain.key().is_some());
    assert_eq!(keychain.uses().1, 1);
    let sight = world.engine.vault_sight().await;
    assert_eq!(
        (sight.keystore, sight.key_version, sight.self_test),
        (KeystoreChoice::Keychain, Some(1), true)
    );
    let ana = world.connected("acme", "ana").await;
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-ana");
    assert_eq!(keychain.uses().1, 1, "the key is stored once");
}

#[tokio::test]
async fn o50_a_locked_keychain_locks_the_accounts_and_says_what_to_do() {
    for trouble in [KeyTrouble::Locked, KeyTrouble::Dismissed] {
        let (world, error) = with_trouble(trouble).await;
        assert!(error.contains("locked") && error.contains("unlock"), "{error}");
        all_locked(&world, Reason::KeychainLocked).await;
        assert_eq!(world.fares(&world.ids()[0]).0, Status::Locked);
    }
}

#[tokio::test]
async fn o50_a_missing_keychain_is_named_with_both_ways_out() {
    for trouble in [KeyTrouble::Missing, KeyTrouble::Failed("dbus <b>broke</b>".to_owned())] {
        let (world, error) = with_trouble(trouble).await;
        assert!(error.contains("keychain") && error.contains("BOWLINE_KEYSTORE=passphrase"), "{error}");
        assert!(!error.contains("<b>"), "cleaned: {error}");
        all_locked(&world, Reason::KeychainMissing).await;
    }
}

#[tokio::test]
async fn o44_another_key_in_the_keychain_is_told_and_brings_no_garbage() {
    let world = World::start(closed()).await;
    world.keychain.change(Some([8; 32]));
    let error = world.engine.open_at_start(None).await.unwrap_err();
    assert!(error.to_string().contains("another key"), "{error}");
    all_locked(&world, Reason::KeyChanged).await;
    world.keychain.change(Some([7; 32]));
    world.engine.unlock(None).await.unwrap();
    assert_eq!(world.served(&world.ids()[0]).await, "at-ana", "the old key opens it as before");
}

#[tokio::test]
async fn p1_a_keychain_that_lost_the_key_gets_no_new_one_behind_the_persons_back() {
    let world = World::start(closed()).await;
    world.keychain.change(None);
    assert!(world.engine.open_at_start(None).await.is_err());
    all_locked(&world, Reason::KeychainMissing).await;
    assert_eq!(world.keychain.uses().1, 0);
    assert!(world.keychain.key().is_none());
}

#[tokio::test]
async fn o50_a_key_that_comes_back_opens_everything_and_renewals_go_on() {
    let (world, _) = with_trouble(KeyTrouble::Locked).await;
    let ana = world.ids().remove(0);
    world.answers([tokens("new")]);
    world.pass(HOUR * 2).await;
    assert!(world.token_requests().is_empty(), "nothing can be renewed behind a lock");
    world.keychain.is(None);
    world.engine.unlock(None).await.unwrap();
    world.pass(SECOND * 5).await;
    assert_eq!(world.token_requests().len(), 2, "both at once: they ran out meanwhile");
    assert_eq!((world.fares(&ana), world.served(&ana).await), ((Status::Healthy, None), "at-new".to_owned()));
    assert!(world.engine.unlock(None).await.is_ok(), "opening what is open is no trouble");
}

#[tokio::test]
async fn o50_there_is_no_silent_fall_back_from_the_keychain_to_a_passphrase() {
    let keychain = Arc::new(Keychain::empty());
    keychain.is(Some(KeyTrouble::Missing));
    let world = World::start(Setup { keychain: keychain.clone(), open: false, ..Setup::default() }).await;
    for passphrase in [None, Some(Secret::new("a long enough passphrase"))] {
        let error = world.engine.unlock(passphrase).await.unwrap_err();
        assert!(matches!(error, EngineError::Locked { reason: Reason::KeychainMissing, .. }), "{error}");
    }
    let state = world.store.run(|vault| vault.key_state()).await;
    assert!(matches!(state, KeyState::Fresh), "no key was made");
    let refused = world.engine.connect(&owner(), bowline_tests::world::journey::wish("acme")).await;
    assert!(matches!(refused, Err(EngineError::Locked { .. })), "and nothing can be stored");
}

#[tokio::test]
async fn o50_a_vault_remembers_its_passphrase_whatever_the_setting_says() {
    let keychain = Arc::new(Keychain::empty());
    let setup = Setup { keychain, keystore: KeystoreChoice::Passphrase, open: false, ..Setup::default() };
    let world = World::start(setup).await;
    assert!(world.engine.unlock(None).await.is_err(), "a passphrase is needed");
    let short = world.engine.unlock(Some(Secret::new("short"))).await.unwrap_err();
    assert_eq!(short.audit_code(), "invalid_request");
    world.engine.unlock(Some(Secret::new("correct horse"))).await.unwrap();
    let ana = world.connected("acme", "ana").await;
    assert_eq!(world.keychain.uses(), (0, 0), "the keychain has no part in it");
    world.engine.stop(SECOND).await;
    let home = Some(world.home.clone());
    let world =
        World::start(Setup { home, keystore: KeystoreChoice::Keychain, open: false, ..Setup::default() })
            .await;
    let error = world.engine.open_at_start(None).await.unwrap_err();
    assert!(matches!(error, EngineError::Locked { reason: Reason::KeychainLocked, .. }), "{error}");
    assert_eq!(world.keychain.uses().0, 0, "the keychain is not even asked");
    let wrong = world.engine.unlock(Some(Secret::new("wrong horse"))).await.unwrap_err();
    assert!(wrong.to_string().contains("not the passphrase"), "{wrong}");
    world.engine.unlock(Some(Secret::new("correct horse"))).await.unwrap();
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn o64_a_lock_takes_the_tokens_out_of_reach_at_once() {
    let (world, ana) = World::with_ana().await;
    world.served(&ana).await;
    world.engine.lock().await.unwrap();
    all_locked(&world, Reason::KeychainLocked).await;
    let refused = world.engine.connect(&owner(), again(&ana)).await;
    assert!(matches!(refused, Err(EngineError::Locked { .. })));
    world.engine.unlock(None).await.unwrap();
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn o64_a_lock_whose_giver_hangs_up_is_carried_out() {
    let (world, ana) = World::with_ana().await;
    world.served(&ana).await;
    tokio::select! {
        biased;
        _ = world.engine.lock() => panic!("it ended at once"),
        () = std::future::ready(()) => {}
    }
    world.settle().await;
    all_locked(&world, Reason::KeychainLocked).await;
    world.engine.unlock(None).await.unwrap();
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn o64_a_lock_that_comes_while_the_vault_is_being_opened_holds() {
    let (world, _) = World::with_ana().await;
    world.engine.lock().await.unwrap();
    let (opened, locked) = tokio::join!(biased; world.engine.unlock(None), world.engine.lock());
    assert!(opened.is_ok() && locked.is_ok());
    assert_eq!(world.engine.vault_sight().await.key_version, None);
    all_locked(&world, Reason::KeychainLocked).await;
}

#[tokio::test]
async fn o50_a_new_key_opens_what_the_old_one_sealed_and_the_old_one_no_more() {
    let (world, ana) = World::with_ana().await;
    world.engine.rekey(&owner(), None, None).await.unwrap();
    assert_ne!(world.keychain.key().map(|key| *key.expose()), Some([7; 32]));
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-ana");
    assert_eq!(world.engine.vault_sight().await.key_version, Some(2));
    world.engine.lock().await.unwrap();
    world.keychain.change(Some([7; 32]));
    assert!(world.engine.unlock(None).await.is_err());
}

#[tokio::test]
async fn o50_a_keychain_that_refuses_the_new_key_leaves_the_old_one_in_force() {
    let (world, ana) = World::with_ana().await;
    world.keychain.is(Some(KeyTrouble::Locked));
    assert!(world.engine.rekey(&owner(), None, None).await.is_err());
    world.keychain.is(None);
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn o50_a_new_key_that_the_vault_does_not_take_does_not_shut_the_accounts_in() {
    let (world, ana) = World::with_ana().await;
    crate::meddle::refuse(&world, "UPDATE ON token");
    assert!(world.engine.rekey(&owner(), None, None).await.is_err());
    crate::meddle::allow(&world.vault_file(), "UPDATE ON token");
    let world = restarted_even_if_locked(world).await;
    let _ = world.engine.open_at_start(None).await;
    assert_eq!(world.served(&ana).await, "at-ana", "the keychain's key and the vault's must be the same");
}

#[tokio::test]
async fn o50_a_new_key_cut_off_at_any_step_leaves_the_accounts_open() {
    for vault_takes_it in [true, false] {
        for changes in 0..4 {
            let told = format!("{changes} changes of the keychain, taken by the vault: {vault_takes_it}");
            let (world, ana) = World::with_ana().await;
            if !vault_takes_it {
                crate::meddle::refuse(&world, "UPDATE ON token");
            }
            world.keychain.breaks_after(changes);
            let changed = world.engine.rekey(&owner(), None, None).await.is_ok();
            assert_eq!(changed, vault_takes_it && changes > 0, "{told}: what is in force is what was told");
            let setup = world.killed_now().await;
            world.keychain.is(None);
            if !vault_takes_it {
                let file = setup.home.as_ref().unwrap().path().join("data").join("vault.db");
                crate::meddle::allow(&file, "UPDATE ON token");
            }
            let later = World::start(setup).await;
            assert_eq!(later.served(&ana).await, "at-ana", "{told}");
            later.engine.rekey(&owner(), None, None).await.unwrap();
            assert!(later.keychain.held(Place::Next).is_none(), "{told}: nothing is left beside the key");
            let later = later.restarted().await;
            assert_eq!(later.served(&ana).await, "at-ana", "{told}: and the next change works");
        }
    }
}

#[tokio::test]
async fn o50_a_new_key_is_not_made_while_the_only_place_of_the_present_one_cannot_be_left() {
    let (world, ana) = World::with_ana().await;
    world.keychain.breaks_after(1);
    world.engine.rekey(&owner(), None, None).await.unwrap();
    assert!(world.engine.rekey(&owner(), None, None).await.is_err(), "it would be written over");
    world.keychain.is(None);
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn o50_two_new_keys_at_once_are_made_one_after_the_other() {
    let (world, ana) = World::with_ana().await;
    let me = owner();
    let (one, two) = tokio::join!(world.engine.rekey(&me, None, None), world.engine.rekey(&me, None, None));
    assert!(one.is_ok() && two.is_ok());
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-ana");
    assert_eq!(world.engine.vault_sight().await.key_version, Some(3));
}

#[tokio::test]
async fn o50_a_new_key_goes_to_the_keeper_that_has_the_old_one_whatever_the_setting_says() {
    let keychain = Arc::new(Keychain::empty());
    let setup = Setup { keychain, keystore: KeystoreChoice::Passphrase, open: false, ..Setup::default() };
    let world = World::start(setup).await;
    world.engine.unlock(Some(Secret::new("correct horse"))).await.unwrap();
    let ana = world.connected("acme", "ana").await;
    world.engine.stop(SECOND).await;
    let home = Some(world.home.clone());
    let setup = Setup { home, keystore: KeystoreChoice::Keychain, open: false, ..Setup::default() };
    let world = World::start(setup).await;
    world.engine.unlock(Some(Secret::new("correct horse"))).await.unwrap();
    assert_eq!(world.engine.rekey(&owner(), None, None).await.unwrap_err().audit_code(), "invalid_request");
    world.engine.rekey(&owner(), None, Some(Secret::new("battery staple"))).await.unwrap();
    assert_eq!(world.engine.vault_sight().await.keystore, KeystoreChoice::Passphrase);
    world.engine.lock().await.unwrap();
    world.engine.unlock(Some(Secret::new("battery staple"))).await.unwrap();
    assert_eq!(world.served(&ana).await, "at-ana");
    assert_eq!(world.keychain.uses(), (0, 0), "the keychain has no part in it");
}

#[tokio::test]
async fn o50_a_passphrase_that_the_keychain_has_no_use_for_is_refused_and_changes_nothing() {
    let (world, _) = World::with_ana().await;
    for keystore in [None, Some(KeystoreChoice::Keychain)] {
        let passphrase = Some(Secret::new("correct horse"));
        let error = world.engine.rekey(&owner(), keystore, passphrase).await.unwrap_err();
        assert_eq!(error.audit_code(), "invalid_request", "{error}");
    }
    assert_eq!(world.engine.vault_sight().await.key_version, Some(1));
}

#[tokio::test]
async fn o50_the_key_moves_from_keychain_to_passphrase_and_back() {
    let (world, ana) = World::with_ana().await;
    let passphrase = || Some(Secret::new("correct horse"));
    world.engine.rekey(&owner(), Some(KeystoreChoice::Passphrase), passphrase()).await.unwrap();
    world.engine.lock().await.unwrap();
    assert!(world.engine.unlock(None).await.is_err());
    world.engine.unlock(passphrase()).await.unwrap();
    world.engine.rekey(&owner(), Some(KeystoreChoice::Keychain), None).await.unwrap();
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn readers_wait_for_the_first_try_to_open_the_vault_but_not_for_ever() {
    let world = World::start(closed()).await;
    let (_, took) = world.within(MINUTE, world.engine.settled()).await;
    assert_eq!(took, SECOND * 5);
    world.engine.open_at_start(None).await.unwrap();
    let (_, took) = world.within(MINUTE, world.engine.settled()).await;
    assert_eq!(took, std::time::Duration::ZERO);
}

fn closed() -> Setup {
    Setup { seeds: vec![Seed::fresh("ana"), Seed::fresh("bo")], open: false, ..Setup::default() }
}

async fn with_trouble(trouble: KeyTrouble) -> (World, String) {
    let world = World::start(closed()).await;
    world.keychain.is(Some(trouble));
    let error = world.engine.open_at_start(None).await.unwrap_err();
    (world, error.to_string())
}

async fn all_locked(world: &World, reason: Reason) {
    for id in world.ids() {
        assert_eq!(world.fares(&id), (Status::Locked, Some(reason)));
        assert_eq!(world.sight(&id).standing.action, Some(Action::Unlock));
        assert_eq!(world.served(&id).await, "locked");
    }
}

async fn restarted_even_if_locked(world: World) -> World {
    world.engine.stop(SECOND).await;
    let (home, keychain) = (Some(world.home.clone()), world.keychain.clone());
    drop(world);
    World::start(Setup { home, keychain, open: false, ..Setup::default() }).await
}

#[tokio::test]
async fn o44_a_change_of_the_key_whose_asker_hangs_up_is_carried_out_and_recorded() {
    let (world, ana) = World::with_ana().await;
    let before = *world.keychain.key().unwrap().expose();
    let me = owner();
    tokio::select! {
        biased;
        _ = world.engine.rekey(&me, None, None) => panic!("it ended at once"),
        () = std::future::ready(()) => {}
    }
    let moved =
        || world.keychain.held(Place::Next).is_none() && *world.keychain.key().unwrap().expose() != before;
    world.until("the new key to be in force", moved).await;
    // The next change waits for its turn: the first one is over then, and in the trail.
    world.engine.rekey(&me, None, None).await.unwrap();
    assert_eq!(world.trail_events().await.iter().filter(|e| *e == "vault.rekeyed").count(), 2);
    world.engine.lock().await.unwrap();
    world.engine.unlock(None).await.unwrap();
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn p6_what_the_owner_does_to_the_key_is_recorded_as_the_owners_doing() {
    let (world, _) = World::with_ana().await;
    let me = owner();
    world.engine.lock_by(&me).await.unwrap();
    world.engine.unlock_by(&me, None).await.unwrap();
    world.engine.rekey(&me, None, None).await.unwrap();
    world.engine.set_client_secret(&me, "secretive", Secret::new("hush")).await.unwrap();
    let trail = world.trail().await;
    let of = |event: &str| {
        let record = trail.iter().rfind(|record| record.event == event).unwrap();
        (record.actor.to_string(), record.program.as_ref().map(ToString::to_string))
    };
    for event in ["vault.locked", "vault.unlocked", "vault.rekeyed", "provider.changed"] {
        assert_eq!(of(event), ("owner".to_owned(), Some("/usr/bin/editor".to_owned())), "{event}");
    }
    let by_itself = trail.iter().any(|r| r.event == "vault.unlocked" && r.actor == "bowline");
    assert!(by_itself, "at its start the agent opens the vault on its own");
}
