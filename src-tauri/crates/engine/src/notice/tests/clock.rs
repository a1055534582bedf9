//! What is said while somebody sets the time of day.

use bowline_base::Instant;

use super::*;

#[test]
fn a_clock_that_was_set_back_hides_nothing_for_longer_than_the_ladder() {
    let mut world = World::new();
    world.now = NOON + DAY * 365;
    world.stands(0, now());
    world.pass(MINUTE);
    world.now = NOON;
    world.planner.clock_was_set(NOON, |at| at - DAY * 365);
    world.pass(DAY + MINUTE);
    assert_eq!(world.fresh, 2);
}

#[test]
fn r61_what_was_told_keeps_its_day_over_a_set_clock_and_a_restart() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(MINUTE);
    let told = world.planner.take_memories()[0].told.last.unwrap();
    world.planner.clock_was_set(world.now + HOUR * 7, |at| at + HOUR * 7);
    let kept = world.planner.take_memories();
    assert_eq!(kept[0].told.last, Some(told + HOUR * 7), "it is on disk as it is in memory");
}

#[test]
fn r61_a_plan_that_is_made_before_the_engine_hears_of_a_set_clock_says_nothing_twice() {
    let mut world = World::new();
    world.stands(0, now());
    for (passes, set) in [(HOUR, Duration::ZERO), (Duration::ZERO, HOUR * 23)] {
        world.pass(passes);
        let instant = Instant::default() + world.now.since(NOON);
        world.now = world.now + set;
        world.planner.time_is(world.now, instant);
    }
    world.look();
    assert_eq!(world.fresh, 1, "an hour has passed, whatever the clock says");
}
