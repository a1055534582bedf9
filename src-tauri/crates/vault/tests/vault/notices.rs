//! What the person was told: kept over a restart and behind a locked vault, and gone with its account.

use bowline_vault::notices::Said;

use crate::world::{MINUTE, NOON, World};

#[test]
fn what_was_told_is_read_back_after_a_restart_before_the_vault_is_opened() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    let first =
        Said { account: ana, cause: "revoked".to_owned(), times: 1, last: Some(NOON), not_before: None };
    let later = Said { times: 2, not_before: Some(NOON + MINUTE), ..first.clone() };
    let other = Said { cause: "by_date".to_owned(), last: None, times: 0, ..first.clone() };
    world.vault().save_said(&[first]).unwrap();
    world.vault().save_said(&[later.clone(), other.clone()]).unwrap();
    world.restart();
    assert_eq!(world.vault().said().unwrap(), [other, later]);
}

#[test]
fn an_account_that_goes_takes_what_was_told_of_it_along_and_nothing_is_kept_of_strangers() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    let said = Said {
        account: ana.clone(),
        cause: "revoked".to_owned(),
        times: 1,
        last: Some(NOON),
        not_before: None,
    };
    world.vault().save_said(std::slice::from_ref(&said)).unwrap();
    world.vault().remove_account(&ana).unwrap();
    assert_eq!(world.vault().said().unwrap(), []);
    world.vault().save_said(&[said]).unwrap();
    assert_eq!(world.vault().said().unwrap(), []);
}
