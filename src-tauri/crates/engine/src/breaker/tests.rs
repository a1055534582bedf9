use super::*;

const HOST: &str = "id.example";
const LIMITS: Limits = Limits { failures: 5, open_for: Duration::from_secs(60) };
const WALL: Wall = Wall::from_unix_ms(1_795_262_400_000);

fn at(seconds: u64) -> Instant {
    Instant::default() + Duration::from_secs(seconds)
}

fn silence(breakers: &Breakers, times: u32, now: Instant) -> Vec<Turned> {
    (0..times).filter_map(|_| breakers.enter(HOST, now).ok()?.silent(LIMITS, WALL, now)).collect()
}

#[test]
fn f40_the_fifth_silence_in_a_row_opens_it_and_only_for_that_host() {
    let breakers = Breakers::default();
    assert_eq!(silence(&breakers, 4, at(0)), []);
    assert_eq!(breakers.state(HOST), State::Closed);
    assert_eq!(silence(&breakers, 1, at(0)), [Turned::Opened(5)]);
    assert_eq!(breakers.state(HOST), State::Open);
    assert_eq!(breakers.open(), [(HOST.to_owned(), WALL)]);
    assert!(breakers.enter("other.example", at(0)).is_ok());
    assert_eq!(breakers.enter(HOST, at(20)).err(), Some(Duration::from_secs(40)));
    assert_eq!(breakers.pause(HOST, at(59)), Some(Duration::from_secs(1)));
}

#[test]
fn an_answer_in_between_begins_the_count_anew_whatever_it_says() {
    let breakers = Breakers::default();
    silence(&breakers, 4, at(0));
    assert_eq!(breakers.enter(HOST, at(0)).map(Pass::answered).ok().flatten(), None);
    assert_eq!(silence(&breakers, 4, at(0)), []);
    assert_eq!(breakers.state(HOST), State::Closed);
}

#[test]
fn f40_after_its_time_one_try_goes_through_and_no_second_beside_it() {
    let breakers = Breakers::default();
    silence(&breakers, 5, at(0));
    let probe = breakers.enter(HOST, at(60)).ok();
    assert!(probe.is_some());
    assert_eq!(breakers.state(HOST), State::HalfOpen);
    assert!((0..20).all(|_| breakers.enter(HOST, at(60)).is_err()));
    assert_eq!(probe.and_then(Pass::answered), Some(Turned::Closed));
    assert_eq!(breakers.state(HOST), State::Closed);
    assert_eq!(silence(&breakers, 4, at(60)), [], "and the count begins anew");
}

#[test]
fn f40_a_try_that_hears_nothing_opens_it_for_as_long_again() {
    let breakers = Breakers::default();
    silence(&breakers, 5, at(0));
    let probe = breakers.enter(HOST, at(60)).ok();
    assert_eq!(probe.and_then(|pass| pass.silent(LIMITS, WALL, at(63))), None, "it was told before");
    assert_eq!(breakers.enter(HOST, at(100)).err(), Some(Duration::from_secs(23)));
    assert!(breakers.enter(HOST, at(123)).is_ok());
}

#[test]
fn a_silence_lasts_for_as_long_as_it_is_heard_again_and_again() {
    let breakers = Breakers::default();
    let try_at = |seconds| {
        let pass = breakers.enter(HOST, at(seconds)).ok()?;
        pass.silent(LIMITS, WALL, at(seconds))
    };
    assert_eq!(breakers.silent_for(HOST, at(0)), None, "nobody has tried");
    silence(&breakers, 5, at(0));
    (1..=10).for_each(|minute| _ = try_at(70 * minute));
    assert_eq!(breakers.silent_for(HOST, at(700)), Some(Duration::from_secs(700)));
    try_at(700 + 60 + 301);
    assert_eq!(breakers.silent_for(HOST, at(1061)), Some(Duration::ZERO), "what was in between nobody knows");
}

#[test]
fn a_try_that_was_never_made_leaves_the_way_to_the_next() {
    let breakers = Breakers::default();
    silence(&breakers, 5, at(0));
    drop(breakers.enter(HOST, at(60)));
    assert_eq!(breakers.state(HOST), State::Open);
    assert!(breakers.enter(HOST, at(60)).is_ok());
}

#[test]
fn when_the_network_is_back_nobody_waits_the_pause_out() {
    let breakers = Breakers::default();
    silence(&breakers, 5, at(0));
    breakers.try_all_again(at(7));
    assert!(breakers.enter(HOST, at(7)).is_ok());
}
