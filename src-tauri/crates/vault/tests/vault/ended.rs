//! How long grants lived: kept over a restart and behind a locked vault, bounded, and gone with the account.

use std::time::Duration;

use bowline_base::{AccountId, Reason};
use bowline_vault::EndedGrant;
use bowline_vault::ended::MOST_KEPT;

use crate::world::{MINUTE, NOON, World};

fn ended(account: &AccountId, n: u32) -> EndedGrant {
    let (ended_at, lived) = (NOON + MINUTE * n, Duration::from_secs(3600 + u64::from(n)));
    EndedGrant { account: account.clone(), ended_at, lived, reason: Reason::Revoked }
}

#[test]
fn how_long_a_grant_lived_is_read_back_after_a_restart_before_the_vault_is_opened() {
    let mut world = World::unlocked();
    let (ana, bo) = (world.connect("ana"), world.connect("bo"));
    let inactive = EndedGrant { reason: Reason::InactiveTooLong, ..ended(&bo, 1) };
    for each in [&ended(&ana, 2), &ended(&ana, 1), &inactive] {
        world.vault().save_ended_grant(each).unwrap();
    }
    world.restart();
    let all = world.vault().ended_grants().unwrap();
    let of = |id: &AccountId| all.iter().filter(|e| e.account == *id).cloned().collect::<Vec<_>>();
    assert_eq!((of(&ana), of(&bo)), (vec![ended(&ana, 1), ended(&ana, 2)], vec![inactive]));
}

#[test]
fn only_the_newest_few_of_each_account_are_kept() {
    let mut world = World::unlocked();
    let (ana, bo) = (world.connect("ana"), world.connect("bo"));
    world.vault().save_ended_grant(&ended(&bo, 0)).unwrap();
    for n in 0..40 {
        world.vault().save_ended_grant(&ended(&ana, n)).unwrap();
    }
    let all = world.vault().ended_grants().unwrap();
    let newest: Vec<_> = all.into_iter().filter(|e| e.account == ana).collect();
    assert_eq!(newest, (40 - MOST_KEPT as u32..40).map(|n| ended(&ana, n)).collect::<Vec<_>>());
    assert_eq!(world.vault().ended_grants().unwrap().len(), MOST_KEPT + 1, "and bo's");
}

#[test]
fn an_account_that_goes_takes_its_history_along_and_nothing_is_kept_of_strangers() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    world.vault().save_ended_grant(&ended(&ana, 1)).unwrap();
    world.vault().remove_account(&ana).unwrap();
    assert_eq!(world.vault().ended_grants().unwrap(), []);
    world.vault().save_ended_grant(&ended(&ana, 2)).unwrap();
    assert_eq!(world.vault().ended_grants().unwrap(), []);
}
