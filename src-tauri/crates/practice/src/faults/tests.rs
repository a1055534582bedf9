//! The table of modes is whole, what is written reads back, and each rule strikes when it should.

use std::collections::BTreeSet;

use bowline_base::{Reason, Status};

use super::plan::{MAX_RULES, Plan};
use super::*;

#[test]
fn e33_every_mode_of_the_contract_is_known() {
    let contract = "refuse reset hang tls status:503 html malformed truncated empty missing-access-token \
        no-refresh-token 429 429:5 slow:300 access-denied wrong-state late-callback invalid-code expired-code \
        invalid-client invalid-scope reduced-scope expired revoked inactive reuse expires-in-0 key-rotation \
        bad-id-token:wrong-aud userinfo:malformed";
    for mode in contract.split_whitespace() {
        assert_eq!(rule(mode).to_string(), mode);
    }
}

#[test]
fn e33_every_row_of_the_list_is_a_mode_and_reads_back() {
    for (mode, what, leads) in Fault::LIST {
        let played = mode.replace("BODY", "oops").replace("WORD", "zzz").replace(":N", ":503");
        assert_eq!(rule(&played).to_string(), played, "{mode}");
        assert!(!what.is_empty() && !leads.is_empty(), "{mode}");
    }
}

#[test]
fn e33_every_case_of_every_kind_stands_in_the_list() {
    let modes: BTreeSet<&str> = Fault::LIST.iter().map(|(mode, _, _)| *mode).collect();
    assert_eq!(modes.len(), Fault::LIST.len(), "a mode stands there twice");
    let cases = [
        ("", words(BodyCase::ALL, BodyCase::as_str)),
        ("cut:", words(CutPoint::ALL, CutPoint::as_str)),
        ("error-shape:", words(ErrorShape::ALL, ErrorShape::as_str)),
        ("access-token:", words(TokenCase::ALL, TokenCase::as_str)),
        ("callback:", words(CallbackCase::ALL, CallbackCase::as_str)),
        ("discovery:", words(DiscoveryCase::ALL, DiscoveryCase::as_str)),
        ("bad-id-token:", words(IdTokenCase::ALL, IdTokenCase::as_str)),
        ("userinfo:", words(UserinfoCase::ALL, UserinfoCase::as_str)),
    ];
    for (kind, case) in cases.iter().flat_map(|(kind, cases)| cases.iter().map(move |case| (kind, case))) {
        assert!(modes.contains(format!("{kind}{case}").as_str()), "{kind}{case}");
    }
}

#[test]
fn e33_every_end_is_a_status_with_its_reason_or_a_failed_attempt() {
    let codes = "access_denied state_mismatch state_expired missing_code issuer_mismatch invalid_grant \
        invalid_client invalid_scope unauthorized_client invalid_response id_token_invalid missing_scope \
        account_mismatch provider_unreachable provider_error tls rate_limited timed_out cancelled port_in_use \
        expired_token too_many_attempts";
    for (mode, end) in Fault::LIST.iter().flat_map(|(m, _, ends)| ends.split(", ").map(move |end| (m, end))) {
        let sound = match end.split_once('/') {
            Some(("failed" | "expired", code)) => codes.split_whitespace().any(|c| c == code),
            // No attempt begins: the local API's own refusal.
            Some(("refused", code)) => ["provider_misconfigured", "temporarily_unavailable"].contains(&code),
            Some((status, reason)) => Status::parse(status).is_some() && Reason::parse(reason).is_some(),
            None => end == "healthy",
        };
        assert!(sound, "{mode} leads to {end}");
    }
}

#[test]
fn a_rule_can_be_aimed_and_numbered() {
    let rule = rule("revoke=status:503@2");
    assert_eq!(rule.fault, Fault::Status { code: 503, body: None });
    assert_eq!((rule.at, rule.nth), (Some(Route::Revoke), Some(2)));
    assert_eq!(rule.to_string(), "revoke=status:503@2");
}

#[test]
fn e43_a_status_may_bring_any_body() {
    let body = |text: &str| match rule(text).fault {
        Fault::Status { code, body } => (code, body),
        other => panic!("{other}"),
    };
    assert_eq!(body("status:500:internal_server_error"), (500, Some("internal_server_error".into())));
    assert_eq!(body(r#"status:200:{"ok":false,"a@b":1}"#), (200, Some(r#"{"ok":false,"a@b":1}"#.into())));
    assert_eq!(body("status:400:error=x"), (400, Some("error=x".into())));
}

#[test]
fn other_names_for_the_same_thing_are_understood() {
    for (other, usual) in [
        ("timeout", "hang"),
        ("insufficient-scope", "reduced-scope"),
        ("invalid-grant:expired", "expired"),
        ("invalid-grant:reuse", "reuse"),
        ("invalid-client:401", "invalid-client"),
        ("429:date", "429:date:30"),
        ("late-callback", "late-callback:660"),
    ] {
        assert_eq!(rule(other).to_string(), rule(usual).to_string(), "{other}");
    }
}

#[test]
fn an_unknown_mode_names_the_nearest_known_one() {
    for (wrong, nearest) in [
        ("stauts:503", "status:N"),
        ("hung", "hang"),
        ("bad-id-token:wrong-audience", "bad-id-token:wrong-aud"),
        ("access_denied@2", "access-denied"),
        ("token=refused", "refuse"),
        ("slow", "slow:N"),
    ] {
        let error = wrong.parse::<FaultRule>().unwrap_err();
        assert_eq!(error.nearest, nearest, "{wrong}");
        assert!(error.to_string().contains(nearest), "{error}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_never_panics() {
    for wrong in [
        "",
        "@",
        "@1",
        "hang@0",
        "hang@99999999999",
        "status",
        "status:",
        "status:99",
        "status:600",
        "status:+5",
        "status:-1",
        "slow:",
        "slow:x",
        "slow:99999999999999999999",
        "429:",
        "429:date:",
        "429:x:1",
        "error:",
        "error:a\"b",
        "control=hang",
        "nowhere=hang",
        "userinfo:",
        "cut",
        "é",
        "\u{0}",
        "a=b=c@d@3",
    ] {
        assert!(wrong.parse::<FaultRule>().is_err(), "{wrong:?}");
    }
    assert!(format!("status:200:{}", "x".repeat(70_000)).parse::<FaultRule>().is_err());
    let long = "x".repeat(100_000).parse::<FaultRule>().unwrap_err();
    assert_eq!(long.given.len(), 60);
}

#[test]
fn without_a_number_a_rule_strikes_always_and_with_one_only_then() {
    let mut plan = plan(&["hang@2", "expired"]);
    assert_eq!(times(&mut plan, Route::Token, &Fault::Hang, 4), [false, true, false, false]);
    assert_eq!(times(&mut plan, Route::Token, &Fault::Expired, 2), [true, true]);
}

#[test]
fn o33_two_numbered_rules_strike_the_first_two_requests() {
    let mut plan = plan(&["status:503@1", "status:500@2"]);
    let mut codes =
        || plan.strike(Route::Token, |f| if let Fault::Status { code, .. } = f { Some(*code) } else { None });
    assert_eq!([codes(), codes(), codes()], [Some(503), Some(500), None]);
}

#[test]
fn a_fault_strikes_at_its_usual_place_unless_aimed() {
    let mut usual = plan(&["hang", "refuse"]);
    assert!(usual.strikes(Route::Token, &Fault::Hang) && !usual.strikes(Route::Userinfo, &Fault::Hang));
    assert!(usual.strikes(Route::Userinfo, &Fault::Refuse) && usual.strikes(Route::Token, &Fault::Refuse));
    assert!(!usual.strikes(Route::Control, &Fault::Refuse));
    let mut aimed = plan(&["userinfo=hang", "token=refuse"]);
    assert!(aimed.strikes(Route::Userinfo, &Fault::Hang) && !aimed.strikes(Route::Token, &Fault::Hang));
    assert!(!aimed.strikes(Route::Userinfo, &Fault::Refuse) && aimed.strikes(Route::Token, &Fault::Refuse));
}

#[test]
fn a_plan_holds_no_more_rules_than_its_bound() {
    let plan = Plan::new(vec![rule("hang"); MAX_RULES + 9]);
    assert_eq!(plan.to_strings().len(), MAX_RULES);
}

fn rule(text: &str) -> FaultRule {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn plan(rules: &[&str]) -> Plan {
    Plan::new(rules.iter().map(|text| rule(text)).collect())
}

fn times(plan: &mut Plan, route: Route, fault: &Fault, n: usize) -> Vec<bool> {
    (0..n).map(|_| plan.strikes(route, fault)).collect()
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|case| word(*case)).collect()
}
