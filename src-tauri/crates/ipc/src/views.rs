//! The engine's values as the shapes of the wire.

use std::io::Write as _;

use bowline_base::{Action, AttemptId, LastRefresh, Wall};
use bowline_engine::apps::{AppSight, Pending};
use bowline_engine::connect::{AttemptError, AttemptState};
use bowline_engine::emergency::EmergencyQuestion;
use bowline_engine::engine::Sight;
use bowline_engine::programs::{ProgramQuestion, ProgramSight, shown_name};
use bowline_engine::requests::Question;
use bowline_engine::serve::{Served, Source};
use bowline_engine::unlock::VaultSight;
use bowline_engine::{Engine, words};
use bowline_wire::shapes::{
    AccountView, AppView, AttemptErrorView, AttemptView, ForecastView, GrantView, LastRefreshView,
    ReconnectLink, RequestView, ScopesView, TokenView, UseView, VaultView, WantView,
};

pub mod figures;

/// An account.
pub fn account(sight: &Sight) -> AccountView {
    let Sight { account, health, standing, .. } = sight;
    AccountView {
        id: account.id.to_string(),
        provider: account.provider.to_string(),
        subject: account.subject.clone(),
        label: account.label.clone(),
        username: account.username.clone(),
        display_name: account.display_name.clone(),
        avatar_url: account.avatar_url.clone(),
        status: standing.status.as_str().to_owned(),
        reason: standing.reason.map(|r| r.as_str().to_owned()),
        message: sight.message.clone(),
        action: standing.action.map(|a| a.as_str().to_owned()),
        scopes: ScopesView {
            requested: account.requested.to_strings(),
            granted: account.granted.to_strings(),
            missing: sight.missing.clone(),
        },
        forecast: forecast(sight),
        fallback: sight.fallback.as_ref().map(ToString::to_string),
        standing_in: sight.standing_in.as_ref().map(|by| by.as_str().to_owned()),
        emergency_ends_at: time(sight.emergency_ends_at),
        paused: account.paused,
        access_expires_at: time(health.access_expires_at),
        grant_expires_at: time(health.grant_expires_at),
        refreshable: health.refreshable,
        next_refresh_at: time(sight.next_refresh),
        last_refresh: health.last_refresh.as_ref().map(last_refresh),
        connected_at: account.connected_at.to_string(),
        reconnected_at: time(account.reconnected_at),
        reconnect: (standing.action == Some(Action::Reconnect))
            .then(|| ReconnectLink::of(account.id.as_str())),
    }
}

/// When the user will be needed.
fn forecast(sight: &Sight) -> ForecastView {
    match &sight.forecast {
        Some(forecast) => ForecastView {
            ends_at: Some(forecast.ends_at.to_string()),
            basis: Some(forecast.basis.as_str().to_owned()),
            because: Some(forecast.because.clone()),
        },
        None => ForecastView::default(),
    }
}

fn last_refresh(last: &LastRefresh) -> LastRefreshView {
    LastRefreshView {
        at: last.at.to_string(),
        outcome: last.outcome.as_str().to_owned(),
        code: last.code.clone(),
        http_status: last.http_status,
        provider_error: last.provider_error.clone(),
        provider_description: last.provider_description.clone(),
        attempts: last.attempts,
    }
}

/// A token: the one shape that holds one.
pub fn token(served: &Served) -> TokenView {
    let living = &served.living;
    TokenView {
        access_token: living.access.clone(),
        token_type: living.token_type.clone(),
        expires_at: time(living.expires_at),
        expires_in: living.left(served.now).map(|left| left.as_secs()),
        scopes: living.scopes.to_strings(),
        account: served.account.to_string(),
        provider: served.provider.to_string(),
        source: served.source.as_str().to_owned(),
        use_: UseView {
            header: served.known.header.clone(),
            scheme: served.known.scheme.clone(),
            api_base: None,
            tenant: None,
        },
    }
}

/// A token as JSON. All but `expires_in` stays the same for as long as the token lives, so it is written once; a
/// read then costs one copy.
pub fn token_json(served: &Served) -> Vec<u8> {
    if served.source != Source::OAuth {
        // Another answer than the one that is written once.
        return serde_json::to_vec(&token(served)).unwrap_or_default();
    }
    let (before, after) = served.living.written.get_or_init(|| {
        let view = TokenView { expires_in: None, ..token(served) };
        let text = serde_json::to_string(&view).unwrap_or_default();
        match text.split_once(NO_END) {
            Some((before, after)) if served.living.expires_at.is_some() => {
                (format!("{before}{END}").into(), after.into())
            }
            _ => (text.into(), "".into()),
        }
    });
    let mut body = Vec::with_capacity(before.len() + SECONDS + after.len());
    body.extend_from_slice(before.as_bytes());
    // Without an end there is nothing behind it.
    if let Some(left) = served.living.left(served.now).filter(|_| !after.is_empty()) {
        // Memory takes everything that is written to it.
        let _ = write!(body, "{}", left.as_secs());
    }
    body.extend_from_slice(after.as_bytes());
    body
}

/// How serde writes an `expires_in` that is not known. Inside a JSON string every quote is escaped, so that this
/// cannot be part of a value.
const NO_END: &str = "\"expires_in\":null";
/// What is written in its place before the seconds.
const END: &str = "\"expires_in\":";
/// No number of seconds has more digits.
const SECONDS: usize = 20;

/// How far an attempt has come.
pub fn attempt(engine: &Engine, id: &AttemptId, state: &AttemptState) -> AttemptView {
    let (word, connected, error) = match state {
        AttemptState::Waiting => ("waiting", None, None),
        AttemptState::Exchanging => ("exchanging", None, None),
        AttemptState::Connected(id) => ("connected", engine.sight_of(id).map(|s| account(&s)), None),
        AttemptState::Failed(error) => ("failed", None, Some(attempt_error(error))),
        AttemptState::Cancelled => ("cancelled", None, Some(cancelled())),
        AttemptState::Expired(error) => ("expired", None, Some(attempt_error(error))),
    };
    AttemptView {
        attempt: id.to_string(),
        state: word.to_owned(),
        account: connected,
        error,
        expires_at: time(engine.attempt_ends(id)),
    }
}

fn attempt_error(error: &AttemptError) -> AttemptErrorView {
    let failure = error.failure.as_deref();
    AttemptErrorView {
        code: error.code.to_owned(),
        detail: error.detail.clone(),
        action: action_after(error.code).map(|a| a.as_str().to_owned()),
        provider_error: failure.and_then(|f| f.provider_error.clone()),
        provider_description: failure.and_then(|f| f.provider_description.clone()),
        http_status: failure.and_then(|f| f.http_status),
        missing_scopes: Vec::new(),
    }
}

fn action_after(code: &str) -> Option<Action> {
    match code {
        "invalid_client" | "unauthorized_client" | "invalid_scope" => Some(Action::FixProvider),
        "provider_unreachable" | "rate_limited" | "provider_error" => Some(Action::Wait),
        _ => Some(Action::Connect),
    }
}

fn cancelled() -> AttemptErrorView {
    AttemptErrorView {
        code: "cancelled".to_owned(),
        detail: "the sign-in was called off, and nothing was changed: connect again whenever you like"
            .to_owned(),
        ..AttemptErrorView::default()
    }
}

/// A question about an account.
pub fn question(question: &Question) -> RequestView {
    RequestView {
        request: question.id.to_string(),
        state: question.state().as_str().to_owned(),
        account: Some(question.account.to_string()),
        app: question.app.as_ref().map(ToString::to_string),
        because: question.because.clone(),
        created_at: question.created_at.to_string(),
        expires_at: question.expires_at.to_string(),
        kind: Some("reconnect".to_owned()),
        ..RequestView::default()
    }
}

/// An app's question for access.
pub fn app_question(pending: &Pending) -> RequestView {
    let want = |want: &bowline_engine::apps::Want| WantView {
        provider: want.provider.clone(),
        account: want.account.clone(),
        scopes: (!want.scopes.is_empty()).then(|| want.scopes.to_strings()),
        metrics: want.metrics,
    };
    RequestView {
        request: pending.id.to_string(),
        state: pending.answer().as_str().to_owned(),
        because: pending.wish.because.clone(),
        created_at: pending.created_at.to_string(),
        expires_at: pending.expires_at.to_string(),
        kind: Some("app".to_owned()),
        name: Some(pending.wish.name.clone()),
        code: Some(pending.code.clone()),
        wants: Some(pending.wish.wants.iter().map(want).collect()),
        ..RequestView::default()
    }
}

/// A program's question.
pub fn program_question(question: &ProgramQuestion) -> RequestView {
    let path = &question.program.file.path;
    RequestView {
        request: question.id.to_string(),
        state: question.state().as_str().to_owned(),
        account: Some(question.account.to_string()),
        created_at: question.created_at.to_string(),
        expires_at: question.expires_at.to_string(),
        kind: Some("program".to_owned()),
        name: Some(shown_name(path)),
        program: Some(path.clone()),
        parent: question.program.parent.clone(),
        allowed_before: time(question.allowed_before),
        ..RequestView::default()
    }
}

/// The question about an emergency key, of which only the key is not told.
pub fn emergency_question(question: &EmergencyQuestion) -> RequestView {
    RequestView {
        request: question.id.to_string(),
        state: question.state().as_str().to_owned(),
        account: Some(question.account.to_string()),
        because: Some(question.reason.clone()),
        created_at: question.created_at.to_string(),
        expires_at: question.expires_at.to_string(),
        kind: Some("emergency".to_owned()),
        program: question.program.as_ref().map(ToString::to_string),
        duration_s: Some(question.lasts.as_secs()),
        ..RequestView::default()
    }
}

/// A program that was decided about, as an app.
pub fn program(sight: &ProgramSight) -> AppView {
    AppView {
        id: sight.id.to_string(),
        name: shown_name(&sight.path),
        created_at: sight.created_at.to_string(),
        last_read_at: time(sight.last_read_at),
        grants: sight.grants.iter().map(grant).collect(),
        program: Some(sight.path.clone()),
        blocked: sight.blocked.iter().map(ToString::to_string).collect(),
        metrics: false,
    }
}

/// An app.
pub fn app(sight: &AppSight) -> AppView {
    AppView {
        id: sight.face.id.to_string(),
        name: sight.face.name.clone(),
        created_at: sight.face.created_at.to_string(),
        last_read_at: time(sight.last_read_at),
        grants: sight.face.grants.iter().map(grant).collect(),
        metrics: sight.face.metrics,
        ..AppView::default()
    }
}

fn grant(grant: &bowline_engine::apps::Grant) -> GrantView {
    GrantView {
        account: grant.account.to_string(),
        scopes: grant.scopes.as_ref().map(bowline_base::ScopeSet::to_strings),
        expires_at: time(grant.expires_at),
    }
}

/// The vault.
pub fn vault(sight: &VaultSight) -> VaultView {
    let message = match sight.locked {
        Some(reason) => words::locked(Some(reason)).to_owned(),
        None => format!("Unlocked. {} keeps the key.", keeper(sight)),
    };
    VaultView {
        locked: sight.locked.is_some(),
        keystore: Some(sight.keystore.as_str().to_owned()),
        key_version: sight.key_version,
        reason: sight.locked.map(|r| r.as_str().to_owned()),
        message,
    }
}

fn keeper(sight: &VaultSight) -> &'static str {
    match sight.keystore {
        bowline_engine::unlock::KeystoreChoice::Keychain => "Your keychain",
        bowline_engine::unlock::KeystoreChoice::Passphrase => "Your passphrase",
    }
}

/// A time, if there is one.
pub fn time(at: Option<Wall>) -> Option<String> {
    at.map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    use bowline_base::random::SeededRandom;
    use bowline_base::{AccountId, ProviderId, ScopeSet, Secret};
    use bowline_engine::book::{Known, Living};

    use super::*;

    const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);

    fn served(access: &str, end: Option<Wall>) -> Served {
        Served {
            living: Arc::new(Living {
                access: Secret::new(access),
                token_type: "Bearer".to_owned(),
                expires_at: end,
                scopes: ScopeSet::read("openid mail"),
                written: OnceLock::new(),
            }),
            account: AccountId::random(&SeededRandom::new(1)),
            provider: ProviderId::parse("acme").unwrap(),
            known: Arc::new(Known {
                header: "Authorization".into(),
                scheme: "Bearer".into(),
                ..Known::default()
            }),
            source: Source::OAuth,
            now: NOW,
        }
    }

    #[test]
    fn a_token_that_is_written_once_is_the_same_document_at_every_read() {
        let tricky = "a\",\"expires_in\":null,\"x\":\"";
        for (access, end) in
            [("at", Some(NOW + Duration::from_secs(90))), (tricky, Some(NOW)), (tricky, None)]
        {
            let mut served = served(access, end);
            for later in [0, 30] {
                served.now = NOW + Duration::from_secs(later);
                served.source = Source::OAuth;
                let read: TokenView = serde_json::from_slice(&token_json(&served)).unwrap();
                assert_eq!(read, token(&served));
                served.source = Source::Fallback;
                let read: TokenView = serde_json::from_slice(&token_json(&served)).unwrap();
                assert_eq!(read, token(&served));
                assert_eq!(read.source, "fallback", "f31");
            }
        }
    }
}
