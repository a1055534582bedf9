//! Each refusal of the engine as the contract's document.

use std::time::Duration;

use bowline_base::AccountId;
use bowline_base::random::SeededRandom;

use super::*;

fn account() -> AccountId {
    AccountId::random(&SeededRandom::new(1))
}

fn unavailable(retry_after: Duration) -> EngineError {
    EngineError::TemporarilyUnavailable {
        detail: "Acme cannot be reached".into(),
        account: Some(account()),
        reason: Reason::ProviderUnreachable,
        retry_after,
        failure: None,
    }
}

fn ended(reason: Reason) -> EngineError {
    EngineError::ReconnectRequired { detail: "it ended".into(), account: account(), reason, failure: None }
}

#[test]
fn r05_each_refusal_has_its_status_its_code_and_its_move() {
    let told = |error: &EngineError| {
        let problem = problem(error);
        (problem.status, problem.code.clone(), problem.action.unwrap_or_default())
    };
    let row = |status: u16, code: &str, action: &str| (status, code.to_owned(), action.to_owned());
    let detail = || "a sentence".to_owned();
    assert_eq!(
        told(&EngineError::AccountNotFound { detail: detail() }),
        row(404, "account_not_found", "connect")
    );
    assert_eq!(told(&ended(Reason::Revoked)), row(409, "reconnect_required", "reconnect"));
    assert_eq!(told(&ended(Reason::AdminApprovalNeeded)), row(409, "reconnect_required", "ask_admin"));
    assert_eq!(told(&unavailable(Duration::from_secs(5))), row(503, "temporarily_unavailable", "wait"));
    let locked = EngineError::Locked { detail: detail(), reason: Reason::KeychainLocked };
    assert_eq!(told(&locked), row(423, "locked", "unlock"));
    let paused = EngineError::Paused { detail: detail(), account: account() };
    assert_eq!(told(&paused), row(403, "forbidden", "resume"));
    assert_eq!(told(&EngineError::Storage { detail: detail() }).0, 507);
    assert_eq!(told(&EngineError::ApprovalRequired).1, "approval_required");
}

#[test]
fn e28_a_problem_that_passes_says_when_in_the_document_and_in_the_header() {
    let response = answer(&problem(&unavailable(Duration::from_millis(4200))));
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()[RETRY_AFTER], "4");
    assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
    let soon = problem(&unavailable(Duration::ZERO));
    assert_eq!(soon.retry_after_s, Some(1), "never at once: that would be a circle");
}

#[test]
fn r25_a_document_about_an_account_leads_to_its_reconnect() {
    let problem = problem(&ended(Reason::Revoked));
    assert_eq!(problem.account.as_deref(), Some(account().as_str()));
    assert_eq!(problem.reason.as_deref(), Some("revoked"));
    let href = problem.reconnect.map(|link| link.href).unwrap_or_default();
    assert_eq!(href, format!("/v1/accounts/{}/reconnect", account()));
}

#[test]
fn o51_a_token_that_the_provider_accepts_is_not_mended_by_reconnecting() {
    let accepted = EngineError::InsufficientScope {
        detail: "it accepts".into(),
        account: account(),
        missing: Vec::new(),
    };
    assert_eq!(problem(&accepted).action, None);
    let lacking = EngineError::InsufficientScope {
        detail: "it lacks mail".into(),
        account: account(),
        missing: vec!["mail".into()],
    };
    assert_eq!(problem(&lacking).action.as_deref(), Some("reconnect"));
    assert_eq!(problem(&lacking).missing_scopes, ["mail"]);
}

#[test]
fn r14_every_document_points_at_its_own_explanation() {
    for error in [unavailable(Duration::ZERO), ended(Reason::Revoked), EngineError::Forbidden] {
        let problem = problem(&error);
        assert!(problem.type_.ends_with(&format!("#{}", problem.code)), "{}", problem.type_);
    }
}
