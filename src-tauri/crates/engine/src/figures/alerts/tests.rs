use super::*;

const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
const MINUTE: Duration = Duration::from_secs(60);

fn start() -> Instant {
    Instant::default()
}

/// Renewals, one a second, of which the first so many fail.
fn renewals(alarms: &mut Alarms, failing: usize, all: usize) -> Instant {
    let mut now = start();
    for n in 0..all {
        now = start() + Duration::from_secs(n as u64);
        alarms.renewed(now, n >= failing);
    }
    now
}

fn names(told: &[Alert]) -> Vec<(&'static str, bool)> {
    told.iter().map(|alert| (alert.name, alert.cleared_at.is_none())).collect()
}

#[test]
fn f46_two_of_ten_renewals_that_fail_are_an_alert_and_one_of_twenty_is_none() {
    for (failing, all, raised) in
        [(2, 10, true), (1, 20, false), (2, 20, false), (3, 20, true), (1, 1, false)]
    {
        let mut alarms = Alarms::by(Limits::default());
        let now = renewals(&mut alarms, failing, all);
        let told = alarms.look(now, NOON, 0);
        assert_eq!(!told.is_empty(), raised, "{failing} of {all}");
        if let [alert] = &told[..] {
            assert_eq!((alert.name, alert.severity, alert.threshold), ("refresh_failures", "warning", 0.1));
            assert!((alert.value - failing as f64 / all as f64).abs() < 1e-9);
        }
    }
}

#[test]
fn f46_an_alert_is_raised_once_and_cleared_once_when_the_failures_leave_the_five_minutes() {
    let mut alarms = Alarms::by(Limits::default());
    let now = renewals(&mut alarms, 4, 4);
    assert_eq!(names(&alarms.look(now, NOON, 0)), [("refresh_failures", true)]);
    assert_eq!(names(&alarms.look(now, NOON + MINUTE, 0)), []);
    assert_eq!(alarms.open()[0].since, NOON);
    let next = alarms.next_look(now).expect("what is open is looked at again");
    assert_eq!(next, start() + REFRESH_WINDOW, "when the first failure leaves");
    let end = now + REFRESH_WINDOW;
    let told = alarms.look(end, NOON + MINUTE * 5, 0);
    assert_eq!(names(&told), [("refresh_failures", false)]);
    assert_eq!((told[0].since, told[0].cleared_at), (NOON, Some(NOON + MINUTE * 5)));
    assert_eq!((names(&alarms.look(end, NOON, 0)), alarms.next_look(end)), (vec![], None));
}

#[test]
fn f48_any_use_of_a_stand_in_is_an_alert_for_an_hour_after_the_last_one() {
    let mut alarms = Alarms::by(Limits::default());
    alarms.fell_back(start());
    assert_eq!(names(&alarms.look(start(), NOON, 1)), [("fallback_used", true)]);
    let later = start() + MINUTE * 40;
    alarms.fell_back(later);
    assert_eq!(names(&alarms.look(later, NOON, 2)), []);
    assert_eq!(alarms.open()[0].value, 2.0);
    assert_eq!(names(&alarms.look(start() + HOUR, NOON, 0)), [], "one use is still within the hour");
    assert_eq!(names(&alarms.look(later + HOUR, NOON, 0)), [("fallback_used", false)]);
}

#[test]
fn f49_one_token_in_ten_that_ended_in_use_is_an_alert_with_its_program_and_one_in_thirty_is_none() {
    for (served, raised) in [(10, true), (30, false), (0, true)] {
        let mut alarms = Alarms::by(Limits::default());
        alarms.expired(start(), Some("/opt/backup".into()));
        let told = alarms.look(start(), NOON, served);
        assert_eq!(!told.is_empty(), raised, "of {served}");
        if let [alert] = &told[..] {
            assert_eq!((alert.name, alert.about.as_deref()), ("expired_in_use", Some("/opt/backup")));
            assert!(alert.value > 0.05 && alert.value <= 1.0);
        }
    }
}

#[test]
fn f47_each_hosts_breaker_is_an_alert_of_its_own_since_it_opened() {
    let mut alarms = Alarms::by(Limits::default());
    alarms.breaker_opened("a.example", 5, 5, NOON);
    alarms.breaker_opened("b.example", 7, 5, NOON + MINUTE);
    let told = alarms.look(start(), NOON + MINUTE * 2, 0);
    let seen: Vec<_> = told.iter().map(|a| (a.about.as_deref().unwrap(), a.severity, a.since)).collect();
    assert_eq!(seen, [("a.example", "critical", NOON), ("b.example", "critical", NOON + MINUTE)]);
    alarms.breaker_closed("a.example");
    let told = alarms.look(start(), NOON + MINUTE * 3, 0);
    assert_eq!((names(&told), told[0].about.as_deref()), (vec![("breaker_open", false)], Some("a.example")));
    assert_eq!(alarms.next_look(start()), None, "nothing about a breaker passes with time alone");
}

#[test]
fn a_limit_that_is_raised_ends_the_alert_that_it_made() {
    let mut alarms = Alarms::by(Limits::default());
    let now = renewals(&mut alarms, 2, 4);
    assert_eq!(names(&alarms.look(now, NOON, 0)), [("refresh_failures", true)]);
    alarms.set_limits(Limits { refresh_failures: 1.0, expired_in_use: 1.0 });
    assert_eq!(names(&alarms.look(now, NOON, 0)), [("refresh_failures", false)]);
}

#[test]
fn a_day_of_failures_takes_no_more_room_than_a_thousand() {
    let mut alarms = Alarms::by(Limits::default());
    for n in 0..5000 {
        alarms.renewed(start() + Duration::from_millis(n), false);
        alarms.expired(start(), None);
        alarms.fell_back(start());
    }
    assert_eq!([alarms.renewals.len(), alarms.expired.len(), alarms.fallbacks.len()], [MOST; 3]);
}
