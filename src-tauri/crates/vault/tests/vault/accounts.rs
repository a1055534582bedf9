//! Accounts and apps: one for each person, kept through every reconnect, gone when removed.

use bowline_base::{
    Account, AccountId, AppId, Basis, Health, LastRefresh, Reason, RefreshOutcome, ScopeSet, Secret, Trouble,
};
use bowline_vault::{ErrorKind, Grant, Mark, Tokens, VaultError};

use crate::world::{MINUTE, NOON, World, tokens};

fn full_health() -> Health {
    Health {
        access_expires_at: Some(NOON + MINUTE),
        access_issued_at: Some(NOON),
        grant_expires_at: Some(NOON + MINUTE * 60),
        grant_basis: Some(Basis::Policy),
        refreshable: true,
        trouble: Some(Trouble { reason: Reason::RateLimited, since: NOON }),
        last_refresh: Some(LastRefresh {
            at: NOON,
            outcome: RefreshOutcome::Failed,
            code: Some("rate_limited".to_owned()),
            http_status: Some(429),
            provider_error: Some("slow_down".to_owned()),
            provider_description: Some("Too many requests.".to_owned()),
            attempts: 3,
        }),
    }
}

#[test]
fn an_account_reads_back_whole() {
    let mut world = World::unlocked();
    let account = Account {
        label: Some("work".to_owned()),
        display_name: Some("Ana Lima 日本".to_owned()),
        avatar_url: Some("https://id.acme.example/a.png".to_owned()),
        reconnected_at: Some(NOON),
        paused: true,
        ..world.account("ana")
    };
    let id = world.vault().upsert_account(&account, &full_health(), &tokens("ana")).unwrap();
    world.restart();
    assert_eq!(world.vault().accounts().unwrap(), [(account.clone(), full_health())]);
    assert_eq!(world.vault().account(&id).unwrap(), Some((account, full_health())));
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
}

#[test]
fn every_reason_and_no_reason_reads_back() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    for reason in Reason::ALL {
        let health = Health { trouble: Some(Trouble { reason: *reason, since: NOON }), ..Health::default() };
        world.vault().save_health(&id, &health).unwrap();
        assert_eq!(world.vault().account(&id).unwrap().unwrap().1, health);
    }
    world.vault().save_health(&id, &Health::default()).unwrap();
    assert_eq!(world.vault().account(&id).unwrap().unwrap().1, Health::default());
}

#[test]
fn e30_connecting_the_same_person_again_updates_the_account() {
    let mut world = World::unlocked();
    let first = Account {
        label: Some("work".to_owned()),
        display_name: Some("Ana".to_owned()),
        ..world.account("ana")
    };
    let id = world.vault().upsert_account(&first, &full_health(), &tokens("old")).unwrap();
    world.clock.advance(MINUTE);
    let again = Account {
        label: Some("other".to_owned()),
        connected_at: NOON + MINUTE,
        granted: ScopeSet::read("openid"),
        username: Some("ana@new.example".to_owned()),
        ..world.account("ana")
    };
    let fresh = Tokens { refresh: None, id_token: None, ..tokens("new") };
    assert_ne!(again.id, id);
    assert_eq!(world.vault().upsert_account(&again, &Health::default(), &fresh).unwrap(), id);
    let expected = Account {
        granted: ScopeSet::read("openid"),
        username: Some("ana@new.example".to_owned()),
        reconnected_at: Some(NOON + MINUTE),
        ..first
    };
    assert_eq!(world.vault().accounts().unwrap(), [(expected, Health::default())]);
    assert_eq!(
        world.vault().tokens(&id).unwrap(),
        Some(fresh),
        "a new grant brings no old refresh token along"
    );
}

#[test]
fn o54_a_reconnected_account_keeps_its_apps_and_its_stand_in() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    world.vault().save_fallback(&ana, Some(&bea)).unwrap();
    let grant = Grant { account: ana.clone(), scopes: None, expires_at: None };
    let app = world.vault().add_app("mail", &[7; 32], std::slice::from_ref(&grant)).unwrap();
    world.connect("ana");
    assert_eq!(world.vault().fallbacks().unwrap(), [(ana.clone(), bea.clone())]);
    assert_eq!(world.vault().fallback(&ana).unwrap(), Some(bea));
    assert_eq!(world.vault().apps().unwrap(), [app]);
}

#[test]
fn the_same_subject_at_another_provider_is_another_account() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    let elsewhere = Account { provider: crate::world::provider("other"), ..world.account("ana") };
    let other = world.vault().upsert_account(&elsewhere, &Health::default(), &tokens("other")).unwrap();
    assert_ne!(ana, other);
    assert_eq!(world.vault().tokens(&ana).unwrap(), Some(tokens("ana")));
}

#[test]
fn an_id_never_passes_to_another_person() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    let mismatch = Account { id: ana.clone(), ..world.account("bea") };
    let error = world.vault().upsert_account(&mismatch, &Health::default(), &tokens("bea")).unwrap_err();
    assert!(matches!(error, VaultError::Duplicate { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(world.vault().tokens(&ana).unwrap(), Some(tokens("ana")));
}

#[test]
fn a_profile_changes_what_people_see_and_nothing_else() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let (stored, _) = world.vault().account(&id).unwrap().unwrap();
    let changed = Account {
        label: Some("new".to_owned()),
        username: None,
        paused: true,
        subject: "eve".to_owned(),
        issuer: Some("https://evil.example".to_owned()),
        connected_at: NOON + MINUTE,
        ..stored.clone()
    };
    world.vault().save_profile(&changed).unwrap();
    let expected = Account { label: Some("new".to_owned()), username: None, paused: true, ..stored };
    assert_eq!(world.vault().account(&id).unwrap().unwrap().0, expected);
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
}

#[test]
fn an_account_that_is_not_there_is_named() {
    let mut world = World::unlocked();
    let nobody = world.account("nobody");
    let id = nobody.id.clone();
    let vault = world.vault();
    let errors = [
        vault.save_profile(&nobody).unwrap_err(),
        vault.save_health(&id, &Health::default()).unwrap_err(),
        vault.begin_renewal(&id).unwrap_err(),
        vault.answer_renewal(&id, Mark::default(), &Secret::new("x")).unwrap_err(),
        vault
            .finish_renewal(&id, Mark::default(), None, &Health::default(), &ScopeSet::default())
            .unwrap_err(),
        vault.save_fallback(&id, None).unwrap_err(),
        vault
            .add_app("x", &[1; 32], &[Grant { account: id.clone(), scopes: None, expires_at: None }])
            .unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, VaultError::UnknownAccount { account } if *account == id), "{error:?}");
    }
    assert_eq!(vault.tokens(&id).unwrap(), None);
    assert_eq!(vault.account(&id).unwrap(), None);
    assert!(!vault.remove_account(&id).unwrap());
    assert!(vault.apps().unwrap().is_empty(), "an app without its grants is not half there");
}

#[test]
fn texts_of_an_account_are_bounded() {
    let mut world = World::unlocked();
    let long = Account { label: Some("x".repeat(5000)), ..world.account("ana") };
    let error = world.vault().upsert_account(&long, &Health::default(), &tokens("ana")).unwrap_err();
    assert!(matches!(error, VaultError::TooLarge { .. }), "{error:?}");
    assert!(world.vault().accounts().unwrap().is_empty());
}

#[test]
fn removing_an_account_takes_all_that_was_its_own() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    let grants = [&ana, &bea].map(|a| Grant { account: a.clone(), scopes: None, expires_at: None });
    let app = world.vault().add_app("mail", &[7; 32], &grants).unwrap();
    world.vault().save_fallback(&bea, Some(&ana)).unwrap();
    world.vault().begin_renewal(&ana).unwrap();
    assert!(world.vault().remove_account(&ana).unwrap());
    assert!(!world.vault().remove_account(&ana).unwrap());
    assert_eq!(world.vault().accounts().unwrap().len(), 1);
    assert_eq!(world.vault().apps().unwrap()[0].grants, [grants[1].clone()]);
    assert_eq!(world.vault().apps().unwrap()[0].id, app.id);
    assert!(world.vault().interrupted().unwrap().is_empty());
    assert_eq!(world.vault().fallback(&bea).unwrap(), None);
    assert_eq!(world.vault().tokens(&bea).unwrap(), Some(tokens("bea")));
}

/// Every window of 12 bytes of a sealed value that is still in one of the files.
fn left_over(world: &World, sealed: &[Vec<u8>]) -> usize {
    let files: Vec<Vec<u8>> =
        std::fs::read_dir(world.data()).unwrap().map(|e| std::fs::read(e.unwrap().path()).unwrap()).collect();
    let mut windows = std::collections::HashSet::new();
    sealed.iter().for_each(|s| windows.extend(s[4..].chunks_exact(12)));
    files.iter().flat_map(|f| f.windows(12)).filter(|w| windows.contains(w)).count()
}

fn sealed_of(world: &World, id: &AccountId) -> Vec<Vec<u8>> {
    ["access", "refresh", "id_token"]
        .map(|c| world.cell(&format!("SELECT {c} FROM token WHERE account = '{id}'")))
        .to_vec()
}

#[test]
fn o03_after_removal_no_byte_of_any_token_ever_held_is_on_disk() {
    let mut world = World::unlocked();
    let ids: Vec<AccountId> = (0..60).map(|n| world.connect(&format!("person-{n}"))).collect();
    let victims = [0, 7, 30, 59];
    let mut sealed: Vec<Vec<u8>> = Vec::new();
    // Renewals of changing size push cells about: within a page, to overflow pages, and back.
    for round in 0..6usize {
        for (n, id) in ids.iter().enumerate() {
            let size = [40, 900, 3000, 6000, 60, 12_000][(round + n) % 6];
            let renewed = Tokens { access: Secret::new("x".repeat(size)), ..tokens(&format!("{n}-{round}")) };
            let mark = world.vault().begin_renewal(id).unwrap();
            world.vault().answer_renewal(id, mark, &Secret::new("y".repeat(size / 2))).unwrap();
            if victims.contains(&n) {
                sealed.push(world.cell(&format!("SELECT answer FROM journal WHERE account = '{id}'")));
            }
            world
                .vault()
                .finish_renewal(id, mark, Some(&renewed), &Health::default(), &ScopeSet::default())
                .unwrap();
            if victims.contains(&n) {
                sealed.extend(sealed_of(&world, id));
            }
        }
    }
    std::fs::write(world.data().join("backup-v1.db"), &sealed[0]).unwrap();
    assert!(left_over(&world, &sealed) > 0, "the scan finds what is there");
    for n in victims {
        world.vault().remove_account(&ids[n]).unwrap();
    }
    assert_eq!(left_over(&world, &sealed), 0);
    assert_eq!(world.vault().accounts().unwrap().len(), 56);
}

#[test]
fn an_app_is_found_by_the_hash_of_its_key_and_by_nothing_else() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    let grant = Grant { account: ana, scopes: Some(ScopeSet::read("mail")), expires_at: Some(NOON + MINUTE) };
    let app = world.vault().add_app("mail client", &[7; 32], &[grant]).unwrap();
    world.open().unwrap();
    assert_eq!(world.vault().app_by_key_hash(&[7; 32]).unwrap(), Some(app.clone()));
    assert_eq!(world.vault().app_by_key_hash(&[8; 32]).unwrap(), None);
    assert_eq!(world.vault().apps().unwrap(), [app]);
    let twice = world.vault().add_app("copy", &[7; 32], &[]).unwrap_err();
    assert!(matches!(twice, VaultError::Duplicate { .. }), "{twice:?}");
}

#[test]
fn r70_an_app_whose_hash_is_damaged_is_left_out_and_no_other_is() {
    let mut world = World::unlocked();
    let (mail, git) = (
        world.vault().add_app("mail", &[7; 32], &[]).unwrap(),
        world.vault().add_app("git", &[8; 32], &[]).unwrap(),
    );
    world.meddle(&format!("UPDATE app SET key_hash = x'00' WHERE id = '{}'", mail.id));
    assert_eq!(world.vault().key_hashes().unwrap(), [(git.id.clone(), [8; 32])]);
    assert_eq!(world.vault().app_by_key_hash(&[8; 32]).unwrap(), Some(git));
    assert_eq!(world.vault().apps().unwrap().len(), 2);
}

#[test]
fn grants_go_with_the_app() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    let grant = |account: &AccountId| Grant { account: account.clone(), scopes: None, expires_at: None };
    let app = world.vault().add_app("mail", &[7; 32], &[grant(&ana)]).unwrap();
    assert_eq!(world.vault().apps().unwrap()[0].grants, [grant(&ana)]);
    assert!(world.vault().revoke_app(&app.id).unwrap());
    assert!(!world.vault().revoke_app(&app.id).unwrap());
    assert_eq!(world.vault().app_by_key_hash(&[7; 32]).unwrap(), None);
    assert_eq!(world.cell("SELECT CAST(count(*) AS BLOB) FROM app_grant"), b"0");
}

#[test]
fn an_app_that_may_see_what_is_counted_still_may_after_a_restart_and_no_other_does() {
    let mut world = World::unlocked();
    let watcher = world.vault().add_app_that("watcher", &[7; 32], &[], true).unwrap();
    world.vault().add_app("mail", &[8; 32], &[]).unwrap();
    world.restart();
    let may: Vec<AppId> =
        world.vault().apps().unwrap().into_iter().filter(|app| app.metrics).map(|app| app.id).collect();
    assert_eq!(may, [watcher.id]);
}

#[test]
fn the_last_read_of_an_app_only_moves_forward() {
    let mut world = World::unlocked();
    let app = world.vault().add_app("mail", &[7; 32], &[]).unwrap().id;
    let stranger = AppId::random(&*world.random);
    let reads = [(app.clone(), NOON + MINUTE), (stranger, NOON), (app.clone(), NOON)];
    world.vault().touch_apps(&reads).unwrap();
    assert_eq!(world.vault().apps().unwrap()[0].last_read_at, Some(NOON + MINUTE));
}
