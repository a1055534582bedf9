//! When asking again is of use, and how long to wait before it.

use super::*;

const PAUSE: Duration = Duration::from_millis(500);

fn pause(failure: &Failure) -> Option<Duration> {
    pause_before_retry(failure, Some(PAUSE))
}

#[test]
fn o33_silence_and_the_providers_own_illness_are_asked_again_after_the_pause() {
    assert_eq!(pause(&Failure::new(FailureKind::Unreachable)), Some(PAUSE));
    assert_eq!(pause(&Failure::new(FailureKind::TimedOut)), Some(PAUSE));
    assert_eq!(pause(&Failure::new(FailureKind::ProviderError).with_status(503)), Some(PAUSE));
}

#[test]
fn e28_a_pause_that_the_provider_asks_for_goes_before_ours_and_a_long_one_ends_the_try() {
    let asks =
        |kind, seconds| Failure { retry_after: Some(Duration::from_secs(seconds)), ..Failure::new(kind) };
    assert_eq!(pause(&asks(FailureKind::RateLimited, 5)), Some(Duration::from_secs(5)));
    assert_eq!(pause(&asks(FailureKind::ProviderError, 7)), Some(Duration::from_secs(7)));
    assert_eq!(pause(&asks(FailureKind::RateLimited, 31)), None);
}

#[test]
fn f11_a_gateways_word_leaves_open_what_the_provider_did_and_the_providers_own_word_does_not() {
    let answered = |status| Failure::new(FailureKind::ProviderError).with_status(status);
    assert!(may_be_lost(&Failure::new(FailureKind::TimedOut)));
    assert!(!may_be_lost(&Failure::new(FailureKind::Unreachable).unsent()));
    for status in [502, 504, 520, 524] {
        assert!(may_be_lost(&answered(status)), "{status}");
    }
    for status in [200, 400, 401, 403, 429, 500, 501, 503] {
        assert!(!may_be_lost(&answered(status)), "{status}");
    }
}

#[test]
fn what_would_be_answered_the_same_again_is_not_asked_again() {
    for &kind in FailureKind::ALL {
        let again = pause(&Failure::new(kind).with_status(400));
        let silence = matches!(kind, FailureKind::Unreachable | FailureKind::TimedOut);
        assert_eq!(again.is_some(), silence, "{kind}");
    }
}
