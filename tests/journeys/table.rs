//! Every word of an account's health: met by a story, or named here with the reason why none can meet it yet.

use std::path::Path;

use bowline_base::{Reason, Status};

use Reason as R;
use Status as S;

/// A status, the file and the story that meets it.
const STATUSES: &[(Status, &str, &str)] = &[
    (S::Locked, "keys", "o50_a_locked_keychain_locks_the_accounts_and_says_what_to_do"),
    (S::Paused, "reading", "a_paused_account_serves_and_renews_nothing_and_comes_back_as_it_was"),
    (
        S::Misconfigured,
        "failing",
        "o18_a_wrong_client_is_told_as_a_fault_of_the_setup_and_asked_four_times_an_hour_at_most",
    ),
    (S::NeedsReconnect, "ended", "e14_o36_a_revoked_grant_is_not_served_although_its_token_would_live"),
    (S::Unavailable, "failing", "e03_while_a_provider_is_down_a_living_token_is_served_and_a_dead_one_never"),
    (
        S::InsufficientPermissions,
        "renewing",
        "e29_scopes_that_shrink_are_told_and_scopes_that_grow_are_noted",
    ),
    (S::Degraded, "failing", "e03_while_a_provider_is_down_a_living_token_is_served_and_a_dead_one_never"),
    (
        S::Expiring,
        "ended",
        "e70_without_a_refresh_token_it_is_expiring_first_and_needs_the_user_once_it_is_dead",
    ),
    (S::Healthy, "connecting", "o17_a_connected_account_is_complete_and_its_token_is_served"),
];

/// A reason, the file and the story that meets it.
const REASONS: &[(Reason, &str, &str)] = &[
    (R::RefreshTokenExpired, "ended", "e13_e60_a_refresh_token_that_ran_out_asks_to_reconnect"),
    (
        R::RefreshTokenMissing,
        "ended",
        "e70_without_a_refresh_token_it_is_expiring_first_and_needs_the_user_once_it_is_dead",
    ),
    (R::Revoked, "ended", "e14_o36_a_revoked_grant_is_not_served_although_its_token_would_live"),
    (R::InactiveTooLong, "ended", "r11_a_grant_that_lay_idle_says_so"),
    (R::ScopeChanged, "renewing", "e29_scopes_that_shrink_are_told_and_scopes_that_grow_are_noted"),
    (R::ConsentRequired, "ended", "r10_a_wish_for_consent_or_interaction_says_so"),
    (R::TokenCorrupted, "ended", "e15_a_damaged_row_is_that_accounts_own_trouble"),
    (R::ReuseSuspected, "failing", "f11_a_refusal_after_a_lost_answer_is_told_as_such"),
    (R::InterruptedRenewal, "killed", "f21_when_the_provider_then_refuses_the_cause_is_the_interruption"),
    (
        R::ProviderUnreachable,
        "failing",
        "e03_while_a_provider_is_down_a_living_token_is_served_and_a_dead_one_never",
    ),
    (R::ProviderError, "failing", "e27_a_body_that_is_not_json_is_the_providers_illness_and_costs_no_token"),
    (R::RateLimited, "failing", "e45_a_bare_429_means_a_minute"),
    (R::ClockSkew, "failing", "r50_a_token_that_is_dead_on_arrival_points_at_the_clock_and_prompts_nobody"),
    (
        R::InvalidClient,
        "failing",
        "o18_a_wrong_client_is_told_as_a_fault_of_the_setup_and_asked_four_times_an_hour_at_most",
    ),
    (R::InvalidEndpoint, "failing", "e26_an_address_that_is_gone_for_a_day_is_a_fault_of_the_setup"),
    (R::Tls, "failing", "e06_a_certificate_that_cannot_be_trusted_degrades_and_never_asks_to_reconnect"),
    (
        R::BreakerOpen,
        "breaker",
        "f40_after_five_tries_without_an_answer_nobody_asks_for_a_minute_and_then_one_does",
    ),
    (R::GrantExpires, "ended", "r36_a_grant_with_an_end_is_expiring_seven_days_before_it"),
    (
        R::AccessExpiresNoRefresh,
        "ended",
        "e70_without_a_refresh_token_it_is_expiring_first_and_needs_the_user_once_it_is_dead",
    ),
    (R::AdminApprovalNeeded, "ended", "r03_an_administrators_word_asks_for_the_administrator"),
    (R::StepUpRequired, "ended", "r03_each_of_the_other_causes_has_its_own_name"),
    (R::KeychainLocked, "keys", "o50_a_locked_keychain_locks_the_accounts_and_says_what_to_do"),
    (R::KeychainMissing, "keys", "o50_a_missing_keychain_is_named_with_both_ways_out"),
    (R::KeyChanged, "keys", "o44_another_key_in_the_keychain_is_told_and_brings_no_garbage"),
];

#[test]
fn e01_every_status_is_met_by_a_story() {
    let met: Vec<Status> = STATUSES.iter().map(|(status, _, _)| *status).collect();
    let missing: Vec<_> = Status::ALL.iter().filter(|status| !met.contains(status)).collect();
    assert!(missing.is_empty(), "no story meets {missing:?}");
    for (status, file, story) in STATUSES {
        assert_told(file, story, &format!("Status::{status:?}"));
    }
}

#[test]
fn e01_every_reason_is_met_by_a_story() {
    let met = |reason: &Reason| REASONS.iter().filter(|(each, _, _)| each == reason).count();
    let wrong: Vec<_> = Reason::ALL.iter().filter(|reason| met(reason) != 1).collect();
    assert!(wrong.is_empty(), "each is in the table, once: {wrong:?}");
    for (reason, file, story) in REASONS {
        assert_told(file, story, &format!("Reason::{reason:?}"));
    }
}

/// The story is there, is a test, and speaks of the word.
fn assert_told(file: &str, story: &str, word: &str) {
    let path = bowline_tests::root().join("tests/journeys").join(file).with_extension("rs");
    let text = std::fs::read_to_string(Path::new(&path)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let start =
        text.find(&format!("async fn {story}(")).unwrap_or_else(|| panic!("{file} has no story {story}"));
    let rest = &text[start..];
    let body = &rest[..rest.find("\n}\n").unwrap_or(rest.len())];
    assert!(body.contains(word), "{story} does not speak of {word}");
    assert!(text[..start].trim_end().ends_with("#[tokio::test]"), "{story} is not a test");
}
