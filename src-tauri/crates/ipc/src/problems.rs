//! The engine's refusals as problem documents (RFC 9457): one place, one row each.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bowline_base::{Action, Reason};
use bowline_engine::EngineError;
use bowline_wire::problem::{CONTENT_TYPE as PROBLEM_JSON, Code, Problem};

/// The cleaned words and the status of a provider's answer.
#[derive(Clone, Debug, Default)]
struct Said {
    error: Option<String>,
    description: Option<String>,
    status: Option<u16>,
}

/// The problem document of a refusal.
pub fn problem(error: &EngineError) -> Problem {
    let detail = error.to_string();
    match error {
        EngineError::InvalidRequest { .. } => Problem::new(Code::InvalidRequest, detail),
        EngineError::AccountNotFound { .. } => Problem::new(Code::AccountNotFound, detail),
        EngineError::AmbiguousAccount { candidates, .. } => {
            Problem { candidates: candidates.clone(), ..Problem::new(Code::AmbiguousAccount, detail) }
        }
        EngineError::ProviderNotFound { nearest, .. } => Problem {
            candidates: nearest.iter().cloned().collect(),
            ..Problem::new(Code::ProviderNotFound, detail)
        },
        EngineError::ProviderMisconfigured { account, reason, failure, .. } => {
            let problem = Problem::new(Code::ProviderMisconfigured, detail);
            about(
                with_reason(problem, *reason),
                account.as_ref().map(|id| id.as_str()),
                said(failure.as_deref()),
            )
        }
        EngineError::ReconnectRequired { account, reason, failure, .. } => {
            let admin = (*reason == Reason::AdminApprovalNeeded).then_some(Action::AskAdmin);
            let problem = Problem::new(Code::ReconnectRequired, detail)
                .with_action(admin.or(Some(Action::Reconnect)))
                .with_reason(*reason);
            about(problem, Some(account.as_str()), said(failure.as_deref()))
        }
        EngineError::InsufficientScope { account, missing, .. } => {
            let problem = Problem::new(Code::InsufficientScope, detail);
            // With nothing missing the provider accepts the token, so that reconnecting would not help.
            let action = (!missing.is_empty()).then_some(Action::Reconnect);
            Problem { missing_scopes: missing.clone(), ..problem.with_action(action).about(account.as_str()) }
        }
        EngineError::Locked { reason, .. } => Problem::new(Code::Locked, detail).with_reason(*reason),
        EngineError::Paused { account, .. } => {
            Problem::new(Code::Forbidden, detail).with_action(Some(Action::Resume)).about(account.as_str())
        }
        EngineError::ApprovalRequired => Problem::new(Code::ApprovalRequired, detail),
        EngineError::TokenCarriesMore { account, .. } | EngineError::ProgramRefused { account, .. } => {
            Problem::new(Code::ApprovalRequired, detail).about(account.as_str())
        }
        EngineError::Forbidden | EngineError::NotThePerson | EngineError::OldWindow => {
            Problem::new(Code::Forbidden, detail)
        }
        EngineError::TemporarilyUnavailable { account, reason, retry_after, failure, .. } => {
            let problem = Problem::new(Code::TemporarilyUnavailable, detail)
                .with_reason(*reason)
                .retry_after(retry_after.as_secs().max(1));
            about(problem, account.as_ref().map(|id| id.as_str()), said(failure.as_deref()))
        }
        EngineError::RateLimited { retry_after, .. } => {
            Problem::new(Code::RateLimited, detail).retry_after(retry_after.as_secs().max(1))
        }
        EngineError::Storage { .. } => Problem::new(Code::StorageError, detail),
        EngineError::RequestNotFound { .. } => Problem::new(Code::RequestNotFound, detail),
    }
}

/// A problem as an HTTP answer, with `Retry-After` where it says when to come back.
pub fn answer(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(seconds) = problem.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn said(failure: Option<&bowline_engine::error::Failure>) -> Said {
    failure.map_or_else(Said::default, |failure| Said {
        error: failure.provider_error.clone(),
        description: failure.provider_description.clone(),
        status: failure.http_status,
    })
}

fn with_reason(problem: Problem, reason: Option<Reason>) -> Problem {
    match reason {
        Some(reason) => problem.with_reason(reason),
        None => problem,
    }
}

fn about(problem: Problem, account: Option<&str>, said: Said) -> Problem {
    let problem = match account {
        Some(account) => problem.about(account),
        None => problem,
    };
    Problem {
        provider_error: said.error,
        provider_description: said.description,
        http_status: said.status,
        ..problem
    }
}

#[cfg(test)]
mod tests;
