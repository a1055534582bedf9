//! The error for a reason: whose move it is, in the account's own sentence.

use std::time::Duration;

use bowline_base::Reason;
use bowline_oauth::Failure;

use crate::EngineError;
use crate::book::Entry;
use crate::engine::Engine;
use crate::lifecycle;
use crate::words::{self, About};

impl Engine {
    /// The error for a reason: whose move it is, in the account's own sentence.
    pub(crate) fn refusal(&self, entry: &Entry, reason: Reason, failure: Option<&Failure>) -> EngineError {
        let (account, failure) = (entry.id.clone(), failure.cloned().map(Box::new));
        let host = failure.as_deref().and_then(|f| f.host.as_deref());
        let known = failure.as_deref().filter(|f| f.kind.reason() == reason);
        let told = known.and_then(|f| words::set_up_wrongly(f.kind, &entry.face().known.name));
        let detail = told.map_or_else(|| self.sentence(entry, reason, host), |told| words::whole(&told));
        match lifecycle::class(reason) {
            lifecycle::Class::Reconnect | lifecycle::Class::Permissions => {
                EngineError::ReconnectRequired { detail, account, reason, failure }
            }
            lifecycle::Class::FixProvider => EngineError::ProviderMisconfigured {
                detail,
                account: Some(account),
                reason: Some(reason),
                failure,
            },
            lifecycle::Class::Key => EngineError::Locked { detail, reason },
            _ => EngineError::TemporarilyUnavailable {
                detail,
                account: Some(account),
                reason,
                retry_after: self.retry_after(entry),
                failure,
            },
        }
    }

    fn sentence(&self, entry: &Entry, reason: Reason, host: Option<&str>) -> String {
        let selector = self.book.name_of(entry);
        let face = entry.face();
        let status = match lifecycle::class(reason) {
            lifecycle::Class::Reconnect => bowline_base::Status::NeedsReconnect,
            lifecycle::Class::Permissions => bowline_base::Status::InsufficientPermissions,
            lifecycle::Class::FixProvider => bowline_base::Status::Misconfigured,
            lifecycle::Class::Key => bowline_base::Status::Locked,
            _ => bowline_base::Status::Unavailable,
        };
        words::message(
            lifecycle::Standing { status, reason: Some(reason), action: status.action() },
            About {
                provider: &face.known.name,
                page: face.known.dashboard.as_deref(),
                selector: &selector,
                access_expires_at: face.health.access_expires_at,
                grant_expires_at: face.health.grant_expires_at,
                likely: false,
                refreshable: face.health.refreshable,
                missing: "",
                host,
                skew: self.skew.measured(),
                unsaved: false,
            },
        )
    }

    /// An earlier answer, with what is left of the pause.
    pub(super) fn later(&self, entry: &Entry, answer: EngineError) -> EngineError {
        match answer {
            EngineError::TemporarilyUnavailable { detail, account, reason, failure, .. } => {
                let retry_after = self.retry_after(entry);
                EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure }
            }
            other => other,
        }
    }

    fn retry_after(&self, entry: &Entry) -> Duration {
        let (face, now) = (entry.face(), self.clock.wall());
        let pause = face.not_before.or(face.next_refresh).map(|at| at.since(now)).unwrap_or_default();
        pause.max(Duration::from_secs(1))
    }
}

/// Names the number of addresses where there was more than one (F-10).
pub(super) fn after_trying(addresses: usize, error: EngineError) -> EngineError {
    match error {
        EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure }
            if addresses > 1 =>
        {
            let detail = format!("{detail} It tried {addresses} addresses.");
            EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure }
        }
        other => other,
    }
}
