//! The journal: what a restart finds after a cut at each step of a renewal (contract §7.1).

use bowline_base::{AccountId, Health, ScopeSet, Secret};
use bowline_vault::{Tokens, VaultError};

use crate::world::{MINUTE, NOON, World, tokens};

fn healthy() -> Health {
    Health { access_expires_at: Some(NOON + MINUTE), refreshable: true, ..Health::default() }
}

fn granted() -> ScopeSet {
    ScopeSet::read("openid")
}

#[test]
fn a_cut_before_the_answer_leaves_a_renewal_without_one() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    world.vault().begin_renewal(&id).unwrap();
    world.restart();
    let found = world.vault().interrupted().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].account, found[0].begun_at, found[0].retried), (&id, NOON, 0));
    assert_eq!(found[0].answer, None);
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
}

#[test]
fn a_cut_after_the_answer_keeps_the_answer() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().answer_renewal(&id, mark, &Secret::new("{\"refresh_token\":\"new\"}")).unwrap();
    world.restart();
    let found = world.vault().interrupted().unwrap();
    assert_eq!(found[0].answer, Some(Secret::new("{\"refresh_token\":\"new\"}")));
    assert!(!format!("{found:?}").contains("new"));
}

#[test]
fn a_finished_renewal_leaves_new_tokens_health_scopes_and_no_journal() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().answer_renewal(&id, mark, &Secret::new("answer")).unwrap();
    world.vault().finish_renewal(&id, mark, Some(&tokens("new")), &healthy(), &granted()).unwrap();
    world.restart();
    assert!(world.vault().interrupted().unwrap().is_empty());
    let (account, health) = world.vault().account(&id).unwrap().unwrap();
    assert_eq!((health, account.granted), (healthy(), granted()));
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("new")));
}

#[test]
fn r6749_6_without_a_new_refresh_token_the_old_one_goes_on() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let renewed = Tokens { refresh: None, id_token: None, ..tokens("new") };
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().finish_renewal(&id, mark, Some(&renewed), &healthy(), &granted()).unwrap();
    let found = world.vault().tokens(&id).unwrap().unwrap();
    assert_eq!(found.access, tokens("new").access);
    assert_eq!((found.refresh, found.id_token), (tokens("ana").refresh, tokens("ana").id_token));
}

#[test]
fn a_renewal_that_brought_nothing_keeps_the_tokens() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().lock();
    world.vault().finish_renewal(&id, mark, None, &healthy(), &granted()).unwrap();
    world.restart();
    assert!(world.vault().interrupted().unwrap().is_empty());
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
    assert_eq!(world.vault().account(&id).unwrap().unwrap().1, healthy());
}

#[test]
fn an_unread_answer_is_never_written_over_by_a_new_renewal() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().answer_renewal(&id, mark, &Secret::new("answer")).unwrap();
    let error = world.vault().begin_renewal(&id).unwrap_err();
    assert!(matches!(error, VaultError::RenewalPending { .. }), "{error:?}");
    assert_eq!(world.vault().interrupted().unwrap()[0].answer, Some(Secret::new("answer")));
}

#[test]
fn a_retry_is_remembered_until_the_renewal_ends() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().renewal_goes_on(&id, mark, 2, &healthy(), &granted()).unwrap();
    world.clock.advance(MINUTE);
    world.vault().begin_renewal(&id).unwrap();
    world.restart();
    let found = world.vault().interrupted().unwrap();
    let mark = found[0].mark;
    assert_eq!((found[0].retried, found[0].begun_at), (2, NOON + MINUTE));
    world.vault().finish_renewal(&id, mark, Some(&tokens("new")), &healthy(), &granted()).unwrap();
    world.vault().begin_renewal(&id).unwrap();
    assert_eq!(world.vault().interrupted().unwrap()[0].retried, 0);
}

#[test]
fn a_renewal_that_goes_on_saves_health_and_makes_room_for_an_answer_in_one_step() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mark = world.vault().begin_renewal(&id).unwrap();
    world.vault().answer_renewal(&id, mark, &Secret::new("of no use")).unwrap();
    world.clock.advance(MINUTE);
    let next = world.vault().renewal_goes_on(&id, mark, 1, &healthy(), &granted()).unwrap();
    let late = world.vault().renewal_goes_on(&id, mark, 2, &healthy(), &granted()).unwrap_err();
    assert!(matches!(late, VaultError::RenewalSuperseded { .. }), "{late:?}");
    let found = world.vault().interrupted().unwrap();
    assert_eq!((found[0].mark, found[0].begun_at, found[0].retried), (next, NOON + MINUTE, 1));
    assert_eq!(found[0].answer, None);
    assert_eq!(world.vault().account(&id).unwrap().unwrap().1, healthy());
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
    world.vault().finish_renewal(&id, next, None, &healthy(), &granted()).unwrap();
    let over = world.vault().renewal_goes_on(&id, next, 2, &healthy(), &granted()).unwrap_err();
    assert!(matches!(over, VaultError::RenewalSuperseded { .. }), "{over:?}");
}

#[test]
fn a_damaged_answer_counts_as_one_that_never_came() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    for id in [&ana, &bea] {
        let mark = world.vault().begin_renewal(id).unwrap();
        world.vault().answer_renewal(id, mark, &Secret::new("answer")).unwrap();
    }
    world.meddle(&format!("UPDATE journal SET answer = x'00' WHERE account = '{ana}'"));
    let found = world.vault().interrupted().unwrap();
    let of = |id: &AccountId| found.iter().find(|i| i.account == *id).unwrap().answer.clone();
    assert_eq!((of(&ana), of(&bea)), (None, Some(Secret::new("answer"))));
}

#[test]
fn connecting_again_ends_a_renewal_that_was_cut_off() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    world.vault().begin_renewal(&id).unwrap();
    world.connect("ana");
    assert!(world.vault().interrupted().unwrap().is_empty());
}

#[test]
fn o47_a_thousand_renewals_do_not_grow_the_files() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mut renew = |count: usize| {
        for n in 0..count {
            let mark = world.vault().begin_renewal(&id).unwrap();
            let new = tokens(&n.to_string());
            world.vault().finish_renewal(&id, mark, Some(&new), &healthy(), &granted()).unwrap();
        }
        let size = |name: &str| std::fs::metadata(world.data().join(name)).unwrap().len();
        (size("vault.db"), size("vault.db-wal"))
    };
    let (file, _) = renew(100);
    let (later, log) = renew(300);
    assert_eq!(file, later);
    assert!(log < 2 << 20, "{log}");
}

#[test]
fn e39_a_renewal_that_ends_after_a_new_connection_does_not_take_its_place() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let mark = world.vault().begin_renewal(&id).unwrap();
    assert_eq!(world.connect("ana"), id);
    let late = [
        world.vault().answer_renewal(&id, mark, &Secret::new("late answer")).unwrap_err(),
        world.vault().finish_renewal(&id, mark, Some(&tokens("late")), &healthy(), &granted()).unwrap_err(),
    ];
    assert!(late.iter().all(|e| matches!(e, VaultError::RenewalSuperseded { .. })), "{late:?}");
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
}

#[test]
fn e39_a_late_answer_ends_neither_another_renewal_nor_takes_the_place_of_a_newer_connection() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    let late = world.vault().begin_renewal(&id).unwrap();
    world.connect("ana");
    let newer = world.vault().begin_renewal(&id).unwrap();
    let errors = [
        world.vault().answer_renewal(&id, late, &Secret::new("late answer")).unwrap_err(),
        world.vault().finish_renewal(&id, late, Some(&tokens("late")), &healthy(), &granted()).unwrap_err(),
        world.vault().finish_renewal(&id, late, None, &healthy(), &granted()).unwrap_err(),
    ];
    assert!(errors.iter().all(|e| matches!(e, VaultError::RenewalSuperseded { .. })), "{errors:?}");
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("ana")));
    assert_eq!(world.vault().interrupted().unwrap().len(), 1, "the newer one goes on");
    world.vault().finish_renewal(&id, newer, Some(&tokens("newer")), &healthy(), &granted()).unwrap();
    assert_eq!(world.vault().tokens(&id).unwrap(), Some(tokens("newer")));
}

#[test]
fn e39_what_a_start_found_cannot_end_a_renewal_that_began_later() {
    let mut world = World::unlocked();
    let id = world.connect("ana");
    world.vault().begin_renewal(&id).unwrap();
    world.restart();
    let found = world.vault().interrupted().unwrap().remove(0);
    let newer = world.vault().begin_renewal(&id).unwrap();
    let late = world.vault().finish_renewal(&id, found.mark, None, &healthy(), &granted()).unwrap_err();
    assert!(matches!(late, VaultError::RenewalSuperseded { .. }), "{late:?}");
    world.vault().finish_renewal(&id, newer, None, &healthy(), &granted()).unwrap();
}
