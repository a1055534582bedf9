use bowline_base::Trouble;

use super::*;
use crate::sample;

const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);

/// An account that signed in ten days ago, with an hour's token that is renewed in time.
struct Case {
    account: Account,
    health: Health,
    known: Known,
    lived: Vec<Duration>,
    slides: bool,
    next_refresh: Option<Wall>,
}

fn case() -> Case {
    let account = sample::account(NOW - DAY * 10);
    let health = Health {
        access_expires_at: Some(NOW + HOUR),
        access_issued_at: Some(NOW),
        refreshable: true,
        ..Health::default()
    };
    let known = Known { name: "Example".into(), ..Known::default() };
    let next_refresh = Some(NOW + HOUR.mul_f64(0.9));
    Case { account, health, known, lived: Vec::new(), slides: false, next_refresh }
}

impl Case {
    fn at(&self, now: Wall) -> Option<Forecast> {
        forecast(Signs {
            account: &self.account,
            health: &self.health,
            known: &self.known,
            lived: &self.lived,
            slides: self.slides,
            next_refresh: self.next_refresh,
            now,
        })
    }

    fn now(&self) -> Option<(Duration, Basis)> {
        self.at(NOW).map(|f| (f.ends_at.since(NOW), f.basis))
    }

    fn lived(days: &[f64]) -> Self {
        Case { lived: days.iter().map(|days| DAY.mul_f64(*days)).collect(), ..case() }
    }
}

#[test]
fn r38_what_renews_by_itself_and_has_no_end_has_no_forecast() {
    assert_eq!(case().at(NOW), None);
}

#[test]
fn an_end_that_the_provider_stated_is_called_so_and_one_of_its_file_policy() {
    let mut case = case();
    case.health.grant_expires_at = Some(NOW + DAY * 20);
    assert_eq!(
        case.now(),
        Some((DAY * 20, Basis::Stated)),
        "an older version stored it, and no file names one"
    );
    case.known.lifetimes.grant = Some(DAY * 60);
    assert_eq!(
        case.now(),
        Some((DAY * 20, Basis::Policy)),
        "an older version stored it, and the file names one"
    );
    assert_eq!(case.at(NOW).unwrap().because, "sign-ins at Example end after 60 days");
    case.health.grant_basis = Some(Basis::Stated);
    let stated = case.at(NOW).unwrap();
    assert_eq!((stated.basis, stated.weight), (Basis::Stated, Weight::Certain));
    assert_eq!(stated.because, "the provider said when access ends");
}

#[test]
fn r38_an_end_that_renewals_move_is_none_unless_nothing_renews_before_it() {
    let mut case = Case { slides: true, ..case() };
    case.health.grant_expires_at = Some(NOW + DAY * 30);
    assert_eq!(case.at(NOW), None);
    case.next_refresh = None;
    assert_eq!(case.now(), Some((DAY * 30, Basis::Stated)));
}

#[test]
fn a_token_that_nothing_renews_ends_when_it_dies() {
    let mut case = Case { next_refresh: None, ..case() };
    case.health.refreshable = false;
    assert_eq!(case.now(), Some((HOUR, Basis::Stated)));
}

#[test]
fn r11_a_grant_dies_of_idleness_only_where_nothing_renews_it_before() {
    let mut case = case();
    case.known.lifetimes.idle = Some(DAY * 90);
    assert_eq!(case.at(NOW), None);
    case.next_refresh = None;
    let paused = case.at(NOW).unwrap();
    assert_eq!((paused.ends_at, paused.basis, paused.weight), (NOW + DAY * 90, Basis::Policy, Weight::Shown));
    assert_eq!(paused.because, "Example ends a sign-in that is not used for 90 days");
}

#[test]
fn one_grant_that_ended_as_those_of_clients_in_testing_do_tells_when_the_next_will() {
    for (days, is_such) in [(6.9, true), (7.2, true), (9.7, true), (5.0, false), (9.9, false), (30.0, false)]
    {
        let mut case = Case::lived(&[days]);
        case.account.reconnected_at = Some(NOW - DAY * 2);
        assert_eq!(case.at(NOW), None, "no file names such an age");
        case.known.lifetimes.testing = Some(DAY * 7);
        let told = case.now();
        assert_eq!(told, is_such.then_some((DAY * 5, Basis::Policy)), "{days}");
        assert_eq!(case.at(NOW + DAY * 6), None, "it has outlived that age: the client is published");
    }
}

#[test]
fn a_client_in_testing_is_known_also_after_a_grant_that_was_revoked_and_no_more_once_one_lived_longer() {
    for (days, is_such) in [(&[7.1, 3.0][..], true), (&[7.1, 3.0, 2.0, 1.0], false), (&[7.1, 40.0], false)] {
        let mut case = Case::lived(days);
        case.account.reconnected_at = Some(NOW - DAY * 2);
        case.known.lifetimes.testing = Some(DAY * 7);
        assert_eq!(case.at(NOW).is_some(), is_such, "{days:?}");
    }
}

#[test]
fn a_client_secrets_end_is_told_and_calls_nobody_expiring() {
    let mut case = case();
    case.known.secret_ends = Some(NOW + DAY * 3);
    let told = case.at(NOW).unwrap();
    assert_eq!((told.ends_at, told.basis), (NOW + DAY * 3, Basis::Policy));
    assert_eq!(warned_end(Some(&told), NOW), None, "signing in again would not help");
}

#[test]
fn one_ended_grant_is_no_rule_and_two_that_agree_are() {
    assert_eq!(Case::lived(&[30.0]).at(NOW), None);
    let two = Case::lived(&[30.0, 31.0]).at(NOW).unwrap();
    assert_eq!((two.ends_at, two.basis), (NOW + DAY * 20, Basis::Learned), "the earlier of the two");
    assert_eq!(two.because, "the last 2 sign-ins ended after about 30 days");
    assert_eq!(two.weight, Weight::Shown);
}

#[test]
fn ages_that_do_not_agree_are_no_rule() {
    assert_eq!(Case::lived(&[30.0, 60.0]).at(NOW), None);
    assert_eq!(Case::lived(&[30.0, 37.0]).at(NOW), None, "by more than a fifth");
    assert_eq!(Case::lived(&[30.0, 5.0, 31.0, 90.0]).at(NOW), None, "the newest says something else");
    assert_eq!(Case::lived(&[30.0, 5.0, 90.0, 31.0]).at(NOW), None, "half of them are not most of them");
}

#[test]
fn a_grant_that_was_revoked_in_between_does_not_break_a_rule() {
    let told = Case::lived(&[30.0, 31.0, 4.0, 30.5]).at(NOW).unwrap();
    assert_eq!(told.ends_at, NOW + DAY * 20);
    assert_eq!(told.because, "3 of the last 4 sign-ins ended after about 30 days");
}

#[test]
fn what_was_long_ago_counts_no_more() {
    let changed = [90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 14.0, 14.0, 14.0, 14.0];
    let told = Case::lived(&changed).now();
    assert_eq!(told, Some((DAY * 4, Basis::Learned)));
}

#[test]
fn r37_a_rule_that_the_grant_has_outlived_is_told_no_more() {
    let case = Case::lived(&[10.5, 11.5]);
    assert_eq!(case.now(), Some((DAY / 2, Basis::Learned)));
    let later = case.at(NOW + DAY).unwrap();
    assert_eq!(later.ends_at, NOW + DAY + DAY / 2, "the later of the two may still be right");
    assert_eq!(case.at(NOW + DAY * 2), None, "and never a past date");
}

#[test]
fn sign_ins_that_went_wrong_at_once_teach_nothing() {
    assert_eq!(Case::lived(&[0.001, 0.001, 0.001]).at(NOW), None);
}

#[test]
fn three_that_agree_call_it_expiring_within_the_last_quarter() {
    let case = Case::lived(&[12.0, 12.5, 12.2]);
    let early = case.at(NOW - DAY * 2);
    assert_eq!(warned_end(early.as_ref(), NOW - DAY * 2), None);
    let near = case.at(NOW).unwrap();
    assert_eq!(near.weight, Weight::Likely(DAY * 3));
    assert_eq!(warned_end(Some(&near), NOW), Some(NOW + DAY * 2));
}

#[test]
fn of_several_ends_the_earliest_counts() {
    let mut case = Case::lived(&[30.0, 30.0]);
    case.health.grant_expires_at = Some(NOW + DAY * 50);
    assert_eq!(case.now(), Some((DAY * 20, Basis::Learned)));
    case.known.secret_ends = Some(NOW + DAY * 3);
    assert_eq!(case.now(), Some((DAY * 3, Basis::Policy)));
}

#[test]
fn what_has_ended_has_no_forecast() {
    let mut case = Case::lived(&[30.0, 30.0]);
    case.health.grant_expires_at = Some(NOW + DAY * 50);
    case.health.trouble = Some(Trouble { reason: Reason::Revoked, since: NOW });
    assert_eq!(case.at(NOW), None);
}

#[test]
fn only_what_the_provider_ended_by_itself_teaches() {
    let teaching: Vec<&str> =
        Reason::ALL.iter().filter(|reason| teaches(**reason)).map(|reason| reason.as_str()).collect();
    assert_eq!(
        teaching.join(" "),
        "refresh_token_expired revoked inactive_too_long consent_required step_up_required"
    );
}

#[test]
fn e65_a_cause_is_short_and_free_of_jargon() {
    let mut all = vec![Case::lived(&[30.0, 31.0]), Case::lived(&[30.0, 31.0, 4.0, 30.5])];
    let mut idle = Case { next_refresh: None, ..case() };
    idle.known.lifetimes.idle = Some(DAY);
    let mut testing = Case::lived(&[13.0]);
    testing.known.lifetimes.testing = Some(DAY * 13);
    all.extend([idle, testing]);
    for case in all {
        let because = case.at(NOW).unwrap().because;
        assert!(because.split_whitespace().count() <= 12, "{because}");
        assert!(!because.contains("refresh") && !because.contains("grant"), "{because}");
    }
}
