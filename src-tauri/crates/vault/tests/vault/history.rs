//! The figures of hours: added up within an hour, kept over a restart, and gone when they are old.

use bowline_vault::history::Figure;

use crate::world::{MINUTE, NOON, World};

const HOUR: std::time::Duration = MINUTE.saturating_mul(60);

fn figure(name: &str, value: u64) -> Figure {
    Figure { name: name.to_owned(), label: "acme".to_owned(), value }
}

#[test]
fn two_runs_within_one_hour_add_up_and_are_there_after_a_restart() {
    let mut world = World::unlocked();
    world.vault().add_history(NOON, &[figure("renewed", 2), figure("failed", 1)], NOON).unwrap();
    world.vault().add_history(NOON, &[figure("renewed", 3)], NOON).unwrap();
    world.restart();
    let all = world.vault().history(NOON).unwrap();
    assert_eq!(
        all,
        [(NOON, figure("failed", 1)), (NOON, figure("renewed", 5))],
        "also before it is unlocked"
    );
}

#[test]
fn what_is_older_than_it_is_kept_goes_with_the_next_hour() {
    let mut world = World::unlocked();
    for n in 0..5 {
        world.vault().add_history(NOON + HOUR * n, &[figure("renewed", 1)], NOON).unwrap();
    }
    assert_eq!(world.vault().history(NOON + HOUR).unwrap().len(), 4, "from a moment on");
    world.vault().add_history(NOON + HOUR * 5, &[figure("renewed", 1)], NOON + HOUR * 3).unwrap();
    assert_eq!(world.vault().history(NOON).unwrap().first().unwrap().0, NOON + HOUR * 3);
}

#[test]
fn a_number_beyond_all_bounds_stays_one() {
    let mut world = World::unlocked();
    for _ in 0..3 {
        world.vault().add_history(NOON, &[figure("renewed", u64::MAX)], NOON).unwrap();
    }
    assert!(world.vault().history(NOON).unwrap()[0].1.value > u64::from(u32::MAX));
}
