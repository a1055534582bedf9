//! Answers of every shape, and what each means. Rows: E-07 to E-10, E-13 to E-15, E-25 to E-28, E-36, E-61,
//! R-03, R-10, R-22, F-27, F-58, O-18.

use std::time::Duration;

use bowline_base::{Reason, Wall};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::provider::Provider;

const NOW: Wall = Wall::from_unix_ms(1_800_000_000_000);

fn provider() -> Provider {
    Provider::for_issuer("https://id.example").expect("a usable issuer")
}

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header's value"))
    };
    list.iter().map(pair).collect()
}

fn sorted(status: u16, body: &str) -> Failure {
    sort(status, &HeaderMap::new(), body.as_bytes(), &provider(), NOW)
}

fn kind(status: u16, body: &str) -> FailureKind {
    sorted(status, body).kind
}

fn refused_grant(description: &str) -> FailureKind {
    let body = serde_json::json!({"error": "invalid_grant", "error_description": description});
    kind(400, &body.to_string())
}

use FailureKind::*;

#[test]
fn e07_e09_e10_the_standards_words_mean_what_the_standards_say() {
    for (word, expected) in [
        ("invalid_grant", GrantRefused),
        ("invalid_client", InvalidClient),
        ("unauthorized_client", UnauthorizedClient),
        ("unsupported_grant_type", UnauthorizedClient),
        ("invalid_scope", InvalidScope),
        ("access_denied", AccessDenied),
        ("invalid_request", ProviderError),
        ("server_error", ProviderError),
        ("temporarily_unavailable", ProviderError),
        ("slow_down", ProviderError),
        ("authorization_pending", ProviderError),
        ("expired_token", DeviceCodeExpired),
        ("insufficient_scope", InsufficientScope),
    ] {
        for status in [400, 401, 403, 200] {
            assert_eq!(kind(status, &format!(r#"{{"error":"{word}"}}"#)), expected, "{status} {word}");
        }
    }
}

#[test]
fn e25_every_shape_of_the_same_refusal_means_the_same() {
    for body in [
        r#"{"error":"invalid_grant"}"#,
        "\u{feff}{\"error\":\"invalid_grant\"}",
        r#"{"error":"INVALID_GRANT"}"#,
        r#"{"error":{"code":"invalid_grant","message":"no"}}"#,
        r#"{"error":{"type":"invalid_grant","code":17}}"#,
        r#"{"error":{"error":"invalid_grant"}}"#,
        r#"{"error":{".tag":"invalid_grant"}}"#,
        r#"{"errors":[{"code":"invalid_grant"}]}"#,
        r#"[{"error":"invalid_grant"}]"#,
        r#"{"error":400,"error_description":"invalid_grant"}"#,
        r#"{"code":400,"message":"invalid_grant"}"#,
        r#"{"error_code":"invalid_grant"}"#,
        r#"{"ok":false,"error":"invalid_grant"}"#,
        "error=invalid_grant&error_description=no",
        "error_description=no&error=invalid_grant&error_uri=x",
    ] {
        for status in [200, 400] {
            assert_eq!(kind(status, body), GrantRefused, "{status} {body}");
        }
    }
}

#[test]
fn e25_github_answers_200_with_an_error() {
    let form =
        "error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired.&error_uri=x";
    let failure = sorted(200, form);
    assert_eq!((failure.kind, failure.kind.attempt_code()), (GrantRefused, "invalid_grant"));
    assert_eq!(failure.provider_error.as_deref(), Some("bad_verification_code"));
    assert_eq!(failure.provider_description.as_deref(), Some("The code passed is incorrect or expired."));
    assert_eq!(kind(200, r#"{"error":"incorrect_client_credentials"}"#), InvalidClient);
    assert_eq!(kind(200, r#"{"error":"redirect_uri_mismatch"}"#), UnauthorizedClient);
}

#[test]
fn e25_a_number_nobody_knows_is_shown_and_waited_out() {
    for body in [r#"{"error":123}"#, r#"{"error":"123"}"#, r#"{"error":{"code":123}}"#, "error=123"] {
        let failure = sorted(400, body);
        assert_eq!((failure.kind, failure.provider_error.as_deref()), (ProviderError, Some("123")), "{body}");
    }
}

#[test]
fn the_word_that_is_shown_is_the_most_telling_one() {
    for (body, shown) in [
        (r#"{"error":"invalid_grant","errors":[{"code":"other"}]}"#, "invalid_grant"),
        (r#"{"error":{"message":"no","type":"OAuthException","code":190}}"#, "OAuthException"),
        (r#"{"error":400,"error_description":"invalid_grant"}"#, "invalid_grant"),
        (r#"{"error":400,"message":"Bad Request"}"#, "400"),
    ] {
        assert_eq!(sorted(400, body).provider_error.as_deref(), Some(shown), "{body}");
    }
}

#[test]
fn e26_no_status_without_a_word_asks_for_the_user() {
    for status in 400..=599 {
        for body in ["", "{}", "null", "<html>401</html>", "invalid_grant", "error", "[]"] {
            let failure = sorted(status, body);
            assert_eq!(failure.verdict(), Verdict::Wait, "{status} {body}");
            assert_eq!(failure.http_status, Some(status));
        }
    }
}

#[test]
fn e26_under_a_passing_status_even_a_known_word_is_waited_out() {
    let body = r#"{"error":"invalid_grant"}"#;
    for status in (500..=599).chain([404, 405, 407, 408, 410, 425, 429]).chain(300..=399).chain(100..=199) {
        assert_eq!(sorted(status, body).verdict(), Verdict::Wait, "{status}");
    }
    assert_eq!([404, 405, 410].map(|status| kind(status, "")), [EndpointGone; 3]);
}

#[test]
fn e27_bodies_that_are_not_the_protocol_are_invalid_answers() {
    for body in [
        "<h1>Sign in to the hotel</h1>",
        "{\"access_token\":",
        "",
        "[]",
        "[1,2]",
        "\"text\"",
        "17",
        "{}",
        "\u{0}\u{1}",
    ] {
        let failure = sorted(200, body);
        assert_eq!(
            (failure.kind.attempt_code(), failure.kind.reason()),
            ("invalid_response", Reason::ProviderError),
            "{body}"
        );
    }
    assert_eq!(kind(400, "<h1>Bad request</h1>"), InvalidResponse);
}

#[test]
fn e09_o18_a_wrong_client_is_never_a_reason_to_reconnect() {
    let challenge = headers(&[("www-authenticate", "Basic realm=\"x\"")]);
    for status in [400, 401] {
        let failure = sort(status, &challenge, br#"{"error":"invalid_client"}"#, &provider(), NOW);
        assert_eq!((failure.kind, failure.verdict()), (InvalidClient, Verdict::FixProvider));
    }
    let missing = r#"{"error":"invalid_request","error_description":"client_secret is missing."}"#;
    assert_eq!(kind(400, missing), InvalidClient);
    assert_eq!(kind(401, ""), ProviderError, "a bare 401 says nothing of the client");
}

#[test]
fn e61_a_401_with_invalid_grant_is_about_the_grant() {
    let challenge = headers(&[("www-authenticate", "Bearer error=\"invalid_token\"")]);
    let body = br#"{"error":"invalid_grant","error_description":"The refresh token has been revoked"}"#;
    let failure = sort(401, &challenge, body, &provider(), NOW);
    assert_eq!((failure.kind, failure.kind.reason()), (GrantRevoked, Reason::Revoked));
}

#[test]
fn a_challenge_alone_is_understood() {
    for (challenge, expected) in [
        ("Bearer error=\"invalid_token\", error_description=\"The token expired\"", GrantExpired),
        ("Bearer realm=\"x\", error=\"insufficient_scope\", scope=\"a b\"", InsufficientScope),
        ("Bearer error=invalid_token", GrantRefused),
        ("Bearer realm=\"error\"", ProviderError),
        ("Bearer error=", ProviderError),
        ("Bearer error=\"", ProviderError),
    ] {
        let failure = sort(401, &headers(&[("www-authenticate", challenge)]), b"", &provider(), NOW);
        assert_eq!(failure.kind, expected, "{challenge}");
    }
}

#[test]
fn e13_e14_r03_providers_own_wording_tells_the_reason() {
    for (description, reason) in [
        ("Token has been expired or revoked.", Reason::Revoked),
        ("Refresh token revoked", Reason::Revoked),
        ("The user has withdrawn the authorization", Reason::Revoked),
        ("The refresh token has expired", Reason::RefreshTokenExpired),
        ("Token is not active", Reason::RefreshTokenExpired),
        ("Session not active", Reason::RefreshTokenExpired),
        ("The refresh token has been inactive for too long", Reason::InactiveTooLong),
        ("The grant expired due to inactivity", Reason::InactiveTooLong),
        ("Refresh token reuse detected", Reason::ReuseSuspected),
        ("The code has already been used", Reason::ReuseSuspected),
        ("reauth related error (invalid_rapt)", Reason::StepUpRequired),
        ("", Reason::Revoked),
        (
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI",
            Reason::Revoked,
        ),
        ("AADSTS70008: The refresh token has expired due to inactivity.", Reason::InactiveTooLong),
        ("AADSTS700082: The refresh token has expired due to inactivity.", Reason::InactiveTooLong),
        ("AADSTS700084: The refresh token was issued to a single page app", Reason::RefreshTokenExpired),
        ("AADSTS50173: The provided grant has expired due to it being revoked", Reason::Revoked),
        ("AADSTS65001: The user or administrator has not consented", Reason::ConsentRequired),
        ("AADSTS50076: you must use multi-factor authentication", Reason::StepUpRequired),
        ("AADSTS90094: An administrator must grant consent", Reason::AdminApprovalNeeded),
        ("AADSTS53003: Access has been blocked by Conditional Access policies.", Reason::AdminApprovalNeeded),
    ] {
        assert_eq!(refused_grant(description).reason(), reason, "{description}");
    }
}

#[test]
fn r10_a_policy_that_wants_the_person_again_says_which_way() {
    assert_eq!(kind(400, r#"{"error":"consent_required"}"#).reason(), Reason::ConsentRequired);
    assert_eq!(kind(400, r#"{"error":"interaction_required"}"#).reason(), Reason::ConsentRequired);
    let step_up =
        r#"{"error":"interaction_required","error_description":"AADSTS50079: enroll","error_codes":[50079]}"#;
    assert_eq!(kind(400, step_up).reason(), Reason::StepUpRequired);
    let numbers_only = r#"{"error":"invalid_grant","error_codes":[50173]}"#;
    assert_eq!(kind(400, numbers_only).reason(), Reason::Revoked);
    let subtype = r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#;
    assert_eq!(kind(400, subtype).reason(), Reason::StepUpRequired);
    let suberror = r#"{"error":"invalid_grant","suberror":"consent_required"}"#;
    assert_eq!(kind(400, suberror).reason(), Reason::ConsentRequired);
}

#[test]
fn a_number_of_microsofts_that_means_wait_is_waited_out() {
    let body = r#"{"error":"invalid_grant","error_description":"AADSTS50196: a client request loop"}"#;
    assert_eq!(sorted(400, body).verdict(), Verdict::Wait);
    assert_eq!(kind(500, r#"{"error":"x","error_description":"AADSTS50173"}"#), ProviderError);
    assert_eq!(
        kind(400, r#"{"error":"x","error_description":"AADSTS50173"}"#),
        ProviderError,
        "the word is unknown"
    );
}

#[test]
fn r22_phrases_do_not_make_a_reconnect_out_of_an_unknown_word() {
    let body = r#"{"error":"zzz","error_description":"token expired, revoked, invalid_grant"}"#;
    assert_eq!(sorted(400, body).verdict(), Verdict::Wait);
    assert_eq!(kind(400, "the refresh token was revoked: error"), InvalidResponse);
}

#[test]
fn a_phrase_never_changes_whose_move_a_refused_grant_is() {
    for (_, kind) in words::PHRASES {
        assert_eq!(kind.verdict(), Verdict::Reconnect);
    }
}

#[test]
fn a_providers_own_words_go_before_the_table() {
    let mut x = provider();
    x.quirks.error_words = vec![
        ("invalid_request: value passed for the token was invalid".into(), GrantRefused),
        ("teapot".into(), RateLimited),
        ("invalid_grant".into(), GrantExpired),
    ];
    let at = |body: &str| sort(400, &HeaderMap::new(), body.as_bytes(), &x, NOW).kind;
    let phrase =
        r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#;
    assert_eq!(at(phrase), GrantRefused);
    assert_eq!(at(r#"{"error":"invalid_request","error_description":"other"}"#), ProviderError);
    assert_eq!(at(r#"{"error":"teapot"}"#), RateLimited);
    assert_eq!(at(r#"{"error":"invalid_grant"}"#), GrantExpired);
    assert_eq!(sort(503, &HeaderMap::new(), br#"{"error":"invalid_grant"}"#, &x, NOW).kind, ProviderError);
}

#[test]
fn e36_the_providers_words_come_through_cleaned_and_bounded() {
    let token = "a".repeat(80);
    let long = "word ".repeat(200);
    let sentence = format!("<b>No</b>\n\u{202e}way {token} {long}");
    let body =
        serde_json::json!({"error": "invalid_grant<script>", "error_description": sentence}).to_string();
    let failure = sorted(400, &body);
    let shown = failure.provider_description.clone().expect("a sentence");
    assert!(shown.starts_with("No way … word") && shown.chars().count() <= 200, "{shown}");
    assert_eq!(failure.provider_error.as_deref(), Some("invalid_grant"));
    assert!(!format!("{failure:?} {failure}").contains(&token));
}

#[test]
fn e50_a_500_keeps_the_providers_own_word() {
    let failure = sorted(500, r#"{"error":"internal_server_error"}"#);
    assert_eq!(
        (failure.kind, failure.provider_error.as_deref()),
        (ProviderError, Some("internal_server_error"))
    );
}

fn pause_of(status: u16, list: &[(&'static str, &str)], body: &str) -> Option<Duration> {
    sort(status, &headers(list), body.as_bytes(), &provider(), NOW).retry_after
}

#[test]
fn e28_f27_a_limit_is_obeyed_to_the_second_and_is_a_minute_when_nothing_is_said() {
    let seconds = |s| Some(Duration::from_secs(s));
    assert_eq!(pause_of(429, &[("retry-after", "5")], ""), seconds(5));
    assert_eq!(pause_of(429, &[("retry-after", "0")], ""), seconds(0));
    assert_eq!(pause_of(429, &[], ""), seconds(60));
    for nonsense in ["soon", "-5", "NaN", "inf", ""] {
        assert_eq!(pause_of(429, &[("retry-after", nonsense)], ""), seconds(60), "{nonsense}");
    }
    assert_eq!(pause_of(429, &[("retry-after", "99999999999")], ""), seconds(86_400));
    assert_eq!(pause_of(429, &[], r#"{"retry_after": 1.5}"#), Some(Duration::from_millis(1500)));
    assert_eq!(pause_of(503, &[("retry-after", "7")], ""), seconds(7));
    assert_eq!(pause_of(503, &[], ""), None);
    assert_eq!(pause_of(200, &[("retry-after", "3")], r#"{"ok":false,"error":"ratelimited"}"#), seconds(3));
}

#[test]
fn e45_a_date_is_measured_by_the_providers_own_clock() {
    let date = "Fri, 15 Jan 2027 08:00:30 GMT"; // NOW is 08:00:00.
    assert_eq!(pause_of(429, &[("retry-after", date)], ""), Some(Duration::from_secs(30)));
    let own = [("retry-after", date), ("date", "Fri, 15 Jan 2027 08:00:20 GMT")];
    assert_eq!(pause_of(429, &own, ""), Some(Duration::from_secs(10)));
    assert_eq!(pause_of(429, &[("retry-after", "Fri, 15 Jan 2021 08:00:30 GMT")], ""), Some(Duration::ZERO));
}

#[test]
fn f58_a_quota_that_is_used_up_is_waited_out() {
    let quota =
        |list: &[(&'static str, &str)]| pause::quota(&headers(list), NOW).map(|pause| pause.as_secs());
    assert_eq!(quota(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "20")]), Some(20));
    assert_eq!(quota(&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1800000045")]), Some(45));
    assert_eq!(quota(&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "20")]), None);
    assert_eq!(quota(&[("x-ratelimit-remaining", "0")]), None);
    let limited = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "20")]);
    assert_eq!(sort(403, &limited, b"", &provider(), NOW).kind, RateLimited);
    assert_eq!(kind(403, ""), ProviderError);
}

#[test]
fn silence_is_told_as_what_it_was() {
    for (fault, kind) in [
        (FaultKind::Unresolved, Unreachable),
        (FaultKind::Refused, Unreachable),
        (FaultKind::Reset, Unreachable),
        (FaultKind::Other, Unreachable),
        (FaultKind::TimedOut, TimedOut),
        (FaultKind::Tls, Tls),
        (FaultKind::TooLarge, InvalidResponse),
    ] {
        let failure = Failure::from(Fault { kind: fault, host: "id.example".into(), sent: Sent::Nothing });
        assert_eq!((failure.kind, failure.sent, failure.verdict()), (kind, Sent::Nothing, Verdict::Wait));
        assert_eq!(failure.host.as_deref(), Some("id.example"));
    }
}

#[test]
fn every_kind_has_a_code_of_the_contract() {
    const CODES: &[&str] = &[
        "access_denied",
        "state_mismatch",
        "state_expired",
        "missing_code",
        "issuer_mismatch",
        "invalid_grant",
        "invalid_client",
        "invalid_scope",
        "unauthorized_client",
        "invalid_response",
        "id_token_invalid",
        "missing_scope",
        "account_mismatch",
        "provider_unreachable",
        "provider_error",
        "tls",
        "rate_limited",
        "timed_out",
        "cancelled",
        "port_in_use",
        "expired_token",
        "too_many_attempts",
    ];
    for kind in FailureKind::ALL {
        assert!(CODES.contains(&kind.attempt_code()), "{kind}");
    }
}

#[test]
fn a_failure_shows_host_status_and_word_and_no_secret() {
    let mut failure = sorted(400, r#"{"error":"invalid_grant"}"#).at("id.example");
    failure.salvage = Some(Secret::new("canary-1"));
    assert_eq!(failure.to_string(), "grant_refused at id.example, status 400, error invalid_grant");
    assert!(!format!("{failure:?}").contains("canary"));
}

proptest! {
    #[test]
    fn any_bytes_under_any_status_become_one_failure(status in 0u16..1000, body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let failure = sort(status, &HeaderMap::new(), &body, &provider(), NOW);
        prop_assert_eq!(failure.http_status, Some(status));
        if !(200..500).contains(&status) {
            prop_assert_eq!(failure.verdict(), Verdict::Wait);
        }
    }

    #[test]
    fn an_error_word_nobody_knows_is_waited_out(word in "[a-z_]{1,20}", status in 200u16..600, description in "\\PC{0,80}") {
        prop_assume!(!words::is_known(&word));
        prop_assume!(!words::is_known(description.trim()));
        let body = serde_json::json!({"error": word, "error_description": description}).to_string();
        prop_assert_eq!(sorted(status, &body).verdict(), Verdict::Wait);
    }

    #[test]
    fn any_challenge_is_read_without_panic(challenge in "[ -~]{0,120}") {
        sort(401, &headers(&[("www-authenticate", &challenge)]), b"", &provider(), NOW);
        sort(401, &headers(&[("retry-after", &challenge), ("date", &challenge)]), b"", &provider(), NOW);
    }
}
