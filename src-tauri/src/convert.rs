//! The agent's answers turned into what the window may see. Everything that came from outside goes through
//! [`crate::shown`]; whatever has no place in a view is left behind here.

use bowline_base::{Action as BaseAction, Status as BaseStatus};
use bowline_wire::shapes::{
    AccountView, AppView, AttemptView, AuditVerifiedView, AuditView, CheckView, DeviceView, FileProblemView,
    LastRefreshView, ProviderView, RequestView, VaultView, WantView,
};
use qrcode::{Color, EcLevel, QrCode};

use crate::book::Book;
use crate::shown;
use crate::view::{
    Account, Action, App, Attempt, AttemptState, Chain, Check, DeviceCode, Entry, FileProblem, Grant,
    Problem, Provider, Question, QuestionKind, Renewal, Status, Vault, Want,
};

pub mod figures;

/// The longest list that is passed on of anything an account or an app brings along.
const MOST: usize = 200;

/// The status word; one that only a newer agent knows is shown as the passing trouble it may be.
fn status(word: &str) -> Status {
    match BaseStatus::parse(word) {
        Some(BaseStatus::Locked) => Status::Locked,
        Some(BaseStatus::Paused) => Status::Paused,
        Some(BaseStatus::Misconfigured) => Status::Misconfigured,
        Some(BaseStatus::NeedsReconnect) => Status::NeedsReconnect,
        Some(BaseStatus::InsufficientPermissions) => Status::InsufficientPermissions,
        Some(BaseStatus::Degraded) => Status::Degraded,
        Some(BaseStatus::Expiring) => Status::Expiring,
        Some(BaseStatus::Healthy) => Status::Healthy,
        Some(BaseStatus::Unavailable) | None => Status::Unavailable,
    }
}

/// The action word; one that only a newer agent knows asks for nothing.
pub fn action(word: &str) -> Option<Action> {
    Some(match BaseAction::parse(word)? {
        BaseAction::Connect => Action::Connect,
        BaseAction::Reconnect => Action::Reconnect,
        BaseAction::Wait => Action::Wait,
        BaseAction::FixProvider => Action::FixProvider,
        BaseAction::AskAdmin => Action::AskAdmin,
        BaseAction::Unlock => Action::Unlock,
        BaseAction::Resume => Action::Resume,
    })
}

fn names(list: &[String]) -> Vec<String> {
    list.iter().take(MOST).map(|text| shown::name(text)).collect()
}

/// An account, with what the book knows of its provider and its apps.
pub fn account(account: &AccountView, book: &Book) -> Account {
    let provider = book.provider(&account.provider);
    Account {
        id: account.id.clone(),
        provider: account.provider.clone(),
        provider_name: shown::name(provider.map_or(&account.provider, |p| &p.name)),
        name: shown::name_if(Some(account.name())).unwrap_or_else(|| account.id.clone()),
        label: shown::name_if(account.label.as_deref()),
        username: shown::name_if(account.username.as_deref()),
        display_name: shown::name_if(account.display_name.as_deref()),
        status: status(&account.status),
        reason: account.reason.clone(),
        message: shown::sentence(&account.message),
        action: account.action.as_deref().and_then(action),
        scopes_requested: names(&account.scopes.requested),
        scopes_granted: names(&account.scopes.granted),
        scopes_missing: names(&account.scopes.missing),
        access_expires_at: account.access_expires_at.clone(),
        grant_expires_at: account.grant_expires_at.clone(),
        forecast_ends_at: account.forecast.ends_at.clone(),
        forecast_because: account.forecast.because.as_deref().map(shown::sentence),
        next_refresh_at: account.next_refresh_at.clone(),
        refreshable: account.refreshable,
        last_refresh: account.last_refresh.as_ref().map(renewal),
        connected_at: account.connected_at.clone(),
        reconnected_at: account.reconnected_at.clone(),
        used_by: book.readers_of(&account.id).take(MOST).map(shown::name).collect(),
        dashboard: shown::page(provider.and_then(|p| p.dashboard.as_deref())),
        fallback: account.fallback.clone(),
        standing_in: account.standing_in.clone(),
        emergency_ends_at: account.emergency_ends_at.clone(),
    }
}

fn renewal(last: &LastRefreshView) -> Renewal {
    let words = last.provider_description.as_deref().or(last.provider_error.as_deref());
    Renewal {
        at: last.at.clone(),
        ok: last.outcome == "ok",
        code: last.code.clone(),
        http_status: last.http_status,
        provider_words: shown::name_if(words),
        attempts: last.attempts,
    }
}

/// How the master key stands.
pub fn vault(vault: &VaultView) -> Vault {
    Vault {
        locked: vault.locked,
        keystore: vault.keystore.clone().unwrap_or_default(),
        reason: vault.reason.clone(),
        message: Some(shown::sentence(&vault.message)).filter(|text| !text.is_empty()),
    }
}

/// A question; `None` for a kind that only a newer agent knows.
pub fn question(request: &RequestView, book: &Book) -> Option<Question> {
    let kind = match request.kind.as_deref() {
        Some("app") => QuestionKind::App,
        Some("program") => QuestionKind::Program,
        Some("emergency") => QuestionKind::Emergency,
        Some("reconnect") | None => QuestionKind::Reconnect,
        Some(_) => return None,
    };
    let file_name = request.program.as_deref().and_then(|path| path.rsplit(['/', '\\']).next());
    let app = request.app.as_deref().and_then(|id| book.app_name(id));
    let name = request.name.as_deref().or(app).or(file_name).unwrap_or("");
    Some(Question {
        id: request.request.clone(),
        kind,
        name: shown::name(name),
        program: request.program.as_deref().map(shown::path),
        parent: request.parent.as_deref().map(shown::path),
        because: shown::name_if(request.because.as_deref()),
        code: shown::name_if(request.code.as_deref()),
        allowed_before: request.allowed_before.clone(),
        account: request.account.clone(),
        wants: request.wants.iter().flatten().take(MOST).map(want).collect(),
        created_at: request.created_at.clone(),
        expires_at: request.expires_at.clone(),
        opened: request.state == "opened",
        minutes: request.duration_s.and_then(|s| u32::try_from(s.div_ceil(60)).ok()),
    })
}

fn want(want: &WantView) -> Want {
    Want {
        provider: shown::name_if(want.provider.as_deref()),
        account: shown::name_if(want.account.as_deref()),
        scopes: want.scopes.as_deref().map(names),
        metrics: want.metrics,
    }
}

/// A provider in the picker.
pub fn provider(provider: &ProviderView) -> Provider {
    let needs = |what: &str| provider.needs.iter().any(|n| n == what);
    let client = provider.client.clone().unwrap_or_default();
    let origin = match (provider.id.as_str(), provider.origin.as_deref()) {
        ("practice", _) => "practice",
        (_, Some("file")) => "file",
        (_, Some("issuer")) => "issuer",
        _ => "built_in",
    };
    Provider {
        id: provider.id.clone(),
        name: shown::name(&provider.name),
        also: names(provider.email_domains.as_deref().unwrap_or_default()),
        origin: origin.to_owned(),
        needs_client: needs("client_id"),
        needs_secret: needs("client_secret"),
        has_client: client.id.is_some(),
        has_secret: client.secret,
        client_auth: client.auth,
        client_id: shown::name_if(client.id.as_deref()),
        console: shown::page(provider.console.as_deref()),
        redirect_uri: shown::path(&provider.redirect_uri),
        device: provider.flows.iter().any(|flow| flow == "device"),
        scopes: names(provider.scopes.as_deref().unwrap_or_default()),
        notes: provider.notes.iter().take(MOST).map(|note| shown::sentence(note)).collect(),
    }
}

/// A problem of a file; its folders stay behind.
pub fn file_problem(problem: &FileProblemView) -> FileProblem {
    let file = problem.file.as_deref().and_then(|path| path.rsplit(['/', '\\']).next());
    FileProblem {
        file: shown::name_if(file),
        line: problem.line,
        field: shown::name_if(problem.field.as_deref()),
        problem: shown::sentence(&problem.problem),
        suggestion: shown::name_if(problem.suggestion.as_deref()),
    }
}

/// How an attempt stands. What was learnt when it began is kept by the caller.
pub fn attempt(seen: &AttemptView, before: Attempt, book: &Book) -> Attempt {
    Attempt {
        state: attempt_state(&seen.state),
        account: seen.account.as_ref().map(|each| account(each, book)),
        error: seen.error.as_ref().map(|error| Problem {
            code: error.code.clone(),
            detail: shown::sentence(&error.detail),
            action: error.action.as_deref().and_then(action),
            provider_words: shown::name_if(
                error.provider_description.as_deref().or(error.provider_error.as_deref()),
            ),
            missing_scopes: names(&error.missing_scopes),
            retry_after_s: None,
        }),
        expires_at: seen.expires_at.clone().or(before.expires_at.clone()),
        ..before
    }
}

fn attempt_state(word: &str) -> AttemptState {
    match word {
        "exchanging" => AttemptState::Exchanging,
        "connected" => AttemptState::Connected,
        "failed" => AttemptState::Failed,
        "cancelled" => AttemptState::Cancelled,
        "expired" => AttemptState::Expired,
        _ => AttemptState::Waiting,
    }
}

/// A code to type, with its QR code. An address that makes none is shown without.
pub fn device(device: &DeviceView) -> DeviceCode {
    let address = device.verification_uri_complete.as_deref().unwrap_or(&device.verification_uri);
    let (qr_path, qr_size) = qr(address).unwrap_or_default();
    DeviceCode {
        user_code: shown::name(&device.user_code),
        verification_uri: shown::path(&device.verification_uri),
        qr_path,
        qr_size,
    }
}

/// The dark squares of a QR code, as the path of an SVG whose unit is one square.
fn qr(text: &str) -> Option<(String, u32)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let dark = code.into_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path = dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width, at / width)).collect();
    Some((path, u32::try_from(width).ok()?))
}

/// An app.
pub fn app(app: &AppView) -> App {
    App {
        id: app.id.clone(),
        name: shown::name(&app.name),
        created_at: app.created_at.clone(),
        last_read_at: app.last_read_at.clone(),
        grants: app
            .grants
            .iter()
            .take(MOST)
            .map(|grant| Grant {
                account: grant.account.clone(),
                scopes: grant.scopes.as_deref().map(names),
                expires_at: grant.expires_at.clone(),
            })
            .collect(),
        program: app.program.as_deref().map(shown::path),
        blocked: app.blocked.iter().take(MOST).cloned().collect(),
        metrics: app.metrics,
    }
}

/// An entry of the audit trail.
pub fn entry(entry: &AuditView, book: &Book) -> Entry {
    let actor_name = book.app_name(&entry.actor).unwrap_or(&entry.actor);
    Entry {
        seq: entry.seq,
        at: entry.at.clone(),
        actor: entry.actor.clone(),
        actor_name: shown::name(actor_name),
        program: entry.program.as_deref().map(shown::path),
        event: entry.event.clone(),
        account: entry.account.clone(),
        app: entry.app.clone(),
        outcome: entry.outcome.clone(),
        code: entry.code.clone(),
    }
}

/// Whether the chain holds.
pub const fn chain(chain: &AuditVerifiedView) -> Chain {
    Chain { ok: chain.ok, entries: chain.entries, broken_at: chain.broken_at }
}

/// A check of the doctor.
pub fn check(check: &CheckView) -> Check {
    Check {
        id: check.id.clone(),
        level: check.level.clone(),
        message: shown::sentence(&check.message),
        fix: check.fix.as_deref().map(shown::sentence),
    }
}

#[cfg(test)]
mod tests;
