use super::*;
use crate::sample;

const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_living_token_without_trouble_is_healthy() {
    assert_eq!(seen(&account(), &living()), (Status::Healthy, None));
    let endless = Health { access_expires_at: None, refreshable: false, ..living() };
    assert_eq!(seen(&account(), &endless), (Status::Healthy, None), "r41: a token without an end is fine");
}

#[test]
fn the_worst_that_fits_is_told() {
    let account = Account { paused: true, granted: ScopeSet::default(), ..account() };
    let health = Health { trouble: trouble(Reason::Revoked), ..living() };
    let required = ScopeSet::read("mail");
    let facts = Facts {
        account: &account,
        health: &health,
        required: &required,
        locked: None,
        failing: false,
        warned: None,
        now: NOW,
        warn: DAY,
    };
    assert_eq!(standing(facts).status, Status::Paused);
    let locked = Facts { locked: Some(Reason::KeychainLocked), ..facts };
    assert_eq!(standing(locked).status, Status::Locked);
    assert_eq!(standing(locked).action, Some(Action::Unlock));
}

#[test]
fn every_reason_leads_to_the_status_of_its_class_whether_the_token_lives_or_not() {
    for &reason in Reason::ALL {
        let alive = seen(&account(), &Health { trouble: trouble(reason), ..living() }).0;
        let dead = seen(&account(), &Health { trouble: trouble(reason), ..dead() }).0;
        let expected = match class(reason) {
            Class::Passing => (Status::Degraded, Status::Unavailable),
            Class::Reconnect => (Status::NeedsReconnect, Status::NeedsReconnect),
            Class::FixProvider => (Status::Misconfigured, Status::Misconfigured),
            Class::Permissions => (Status::InsufficientPermissions, Status::InsufficientPermissions),
            Class::Warning | Class::Key => (Status::Healthy, Status::Healthy),
        };
        assert_eq!((alive, dead), expected, "{reason}");
    }
}

#[test]
fn e70_without_a_refresh_token_it_expires_first_and_needs_the_user_after() {
    let alive = Health { refreshable: false, ..living() };
    assert_eq!(seen(&account(), &alive), (Status::Expiring, Some(Reason::AccessExpiresNoRefresh)));
    let dead = Health { refreshable: false, ..dead() };
    assert_eq!(seen(&account(), &dead), (Status::NeedsReconnect, Some(Reason::RefreshTokenMissing)));
}

#[test]
fn r36_a_grant_is_expiring_from_seven_days_before_its_end() {
    let grant = |end: Wall| Health { grant_expires_at: Some(end), ..living() };
    assert_eq!(seen(&account(), &grant(NOW + DAY * 8)).0, Status::Healthy);
    assert_eq!(seen(&account(), &grant(NOW + DAY * 7)), (Status::Expiring, Some(Reason::GrantExpires)));
}

#[test]
fn e10_a_missing_required_scope_is_told_and_an_optional_one_is_not() {
    let account = account();
    let required = ScopeSet::read("openid mail");
    let facts = Facts {
        account: &account,
        health: &living(),
        required: &required,
        locked: None,
        failing: false,
        warned: None,
        now: NOW,
        warn: DAY,
    };
    assert_eq!(standing(facts).status, Status::InsufficientPermissions);
    assert_eq!(seen(&account, &living()).0, Status::Healthy);
}

#[test]
fn f11_a_refusal_after_a_lost_answer_says_so() {
    let refused = Failure::new(FailureKind::GrantRefused);
    let reason = |ambiguous, interrupted| {
        let failed = FailedTry { failure: &refused, ambiguous, interrupted, attempts: 2 };
        after(&living(), TokenEvent::Failed(&failed), NOW).trouble.map(|t| t.reason)
    };
    assert_eq!(reason(false, false), Some(FailureKind::GrantRefused.reason()));
    assert_eq!(reason(true, false), Some(Reason::ReuseSuspected));
    assert_eq!(reason(false, true), Some(Reason::InterruptedRenewal));
}

#[test]
fn f11_f21_a_second_refusal_of_the_same_refresh_token_leaves_what_the_first_one_told() {
    let reused = Failure::new(FailureKind::GrantReused);
    let refused = Failure::new(FailureKind::GrantRevoked);
    let again = |health: &Health, failure| {
        let failed = FailedTry { failure, ambiguous: false, interrupted: false, attempts: 1 };
        after(health, TokenEvent::Failed(&failed), NOW)
    };
    for (reason, interrupted) in [(Reason::ReuseSuspected, false), (Reason::InterruptedRenewal, true)] {
        let first = FailedTry { failure: &refused, ambiguous: true, interrupted, attempts: 1 };
        let health = again(&again(&after(&living(), TokenEvent::Failed(&first), NOW), &reused), &refused);
        assert_eq!(health.trouble.map(|t| t.reason), Some(reason));
    }
}

#[test]
fn only_a_refusal_by_the_provider_asks_the_user() {
    for &kind in FailureKind::ALL {
        let failure = Failure::new(kind);
        let failed = FailedTry { failure: &failure, ambiguous: false, interrupted: false, attempts: 1 };
        let health = after(&dead(), TokenEvent::Failed(&failed), NOW);
        let status = seen(&account(), &health).0;
        let asks = status.action() == Some(Action::Reconnect);
        assert_eq!(asks, kind.verdict() == bowline_oauth::Verdict::Reconnect, "{kind:?} became {status}");
    }
}

#[test]
fn e26_an_address_that_is_gone_for_a_day_is_called_wrong() {
    let gone = Failure::new(FailureKind::EndpointGone).with_status(404);
    let failed = FailedTry { failure: &gone, ambiguous: false, interrupted: false, attempts: 1 };
    let first = after(&living(), TokenEvent::Failed(&failed), NOW);
    assert_eq!(first.trouble.as_ref().map(|t| t.reason), Some(Reason::ProviderError));
    let soon = after(&first, TokenEvent::Failed(&failed), NOW + HOUR * 23);
    assert_eq!(soon.trouble.as_ref().map(|t| t.reason), Some(Reason::ProviderError));
    let late = after(&soon, TokenEvent::Failed(&failed), NOW + HOUR * 24);
    assert_eq!(late.trouble.as_ref().map(|t| t.reason), Some(Reason::InvalidEndpoint));
}

#[test]
fn a_renewal_ends_the_trouble_and_the_same_trouble_keeps_its_beginning() {
    let ill = Failure::new(FailureKind::Unreachable);
    let failed = FailedTry { failure: &ill, ambiguous: false, interrupted: false, attempts: 3 };
    let first = after(&living(), TokenEvent::Failed(&failed), NOW);
    let second = after(&first, TokenEvent::Failed(&failed), NOW + HOUR);
    assert_eq!(second.trouble.as_ref().map(|t| t.since), Some(NOW));
    assert_eq!(second.last_refresh.as_ref().map(|l| l.attempts), Some(3));
    let well = after(&second, TokenEvent::Renewed(&renewed()), NOW + HOUR);
    assert_eq!(well.trouble, None);
    assert_eq!(well.access_issued_at, Some(NOW + HOUR));
}

#[test]
fn r50_a_token_that_is_dead_on_arrival_points_at_the_clock_and_not_at_the_user() {
    let dead = Renewed { access_expires_at: Some(NOW), ..renewed() };
    let health = after(&living(), TokenEvent::Renewed(&dead), NOW);
    assert_eq!(health.trouble.as_ref().map(|t| t.reason), Some(Reason::ClockSkew));
    assert_eq!(seen(&account(), &health), (Status::Unavailable, Some(Reason::ClockSkew)));
}

fn seen(account: &Account, health: &Health) -> (Status, Option<Reason>) {
    let required = ScopeSet::default();
    let standing = standing(Facts {
        account,
        health,
        required: &required,
        locked: None,
        failing: false,
        warned: health.grant_expires_at,
        now: NOW,
        warn: DAY * 7,
    });
    (standing.status, standing.reason)
}

fn account() -> Account {
    Account { requested: ScopeSet::read("openid"), granted: ScopeSet::read("openid"), ..sample::account(NOW) }
}

fn living() -> Health {
    Health { access_expires_at: Some(NOW + HOUR), refreshable: true, ..Health::default() }
}

fn dead() -> Health {
    Health { access_expires_at: Some(NOW - HOUR), refreshable: true, ..Health::default() }
}

fn trouble(reason: Reason) -> Option<Trouble> {
    Some(Trouble { reason, since: NOW })
}

fn renewed() -> Renewed {
    Renewed {
        access_expires_at: Some(NOW + HOUR * 2),
        grant_expires_at: None,
        grant_basis: None,
        refreshable: true,
        http_status: 200,
        attempts: 1,
    }
}

#[test]
fn o04_a_dead_token_that_cannot_be_renewed_is_never_called_healthy() {
    let (account, health, required) = (account(), dead(), ScopeSet::default());
    let facts = |failing| Facts {
        account: &account,
        health: &health,
        required: &required,
        locked: None,
        failing,
        warned: None,
        now: NOW,
        warn: DAY,
    };
    assert_eq!(standing(facts(true)).status, Status::Unavailable);
    assert_eq!(standing(facts(false)).status, Status::Healthy, "it is renewed when it is read");
}

#[test]
fn f40_a_provider_that_is_left_alone_keeps_the_time_of_its_silence_and_takes_back_no_refusal() {
    let with = |reason| Health { trouble: Some(Trouble { reason, since: NOW }), ..living() };
    let later = NOW + HOUR;
    let held = |health: &Health| after(health, TokenEvent::HeldBack, later).trouble;
    let trouble = |reason, since| Some(Trouble { reason, since });
    assert_eq!(held(&living()), trouble(Reason::BreakerOpen, later));
    assert_eq!(held(&with(Reason::ProviderUnreachable)), trouble(Reason::BreakerOpen, NOW));
    assert_eq!(held(&with(Reason::RateLimited)), trouble(Reason::BreakerOpen, later));
    assert_eq!(held(&with(Reason::Revoked)), trouble(Reason::Revoked, NOW));
}
