//! How an account fares, as pure functions: facts in, status out; health and event in, health out.
//!
//! No clock, no I/O, no lock. Every reason falls into exactly one [`Class`]; facts come to a [`State`], and `table` decides
//! each pair of a state and an event. Here are the words and times that a state leaves out: the reason, and since when.
//! The invariant to remember: only an answer that the provider really gave moves an account to
//! `needs_reconnect`; silence, garbage and unknown words never do (contract §2).

mod state;
mod table;

use std::time::Duration;

use bowline_base::{
    Account, Action, Basis, Health, LastRefresh, Reason, RefreshOutcome, ScopeSet, Status, Trouble, Wall,
};
use bowline_oauth::{Failure, FailureKind, Verdict};

pub use state::{Effects, OpenToken, Person, Renewal, State};
pub use table::{Brought, Event, step};

/// How long an address may answer "not there" before it is called wrong rather than ill (E-26).
const ENDPOINT_GONE_FOR: Duration = Duration::from_secs(86_400);

/// What kind of trouble a reason is: who has to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// It passes by itself.
    Passing,
    /// Only the user can mend it.
    Reconnect,
    /// The provider's settings have to be mended.
    FixProvider,
    /// It works, with fewer permissions than required.
    Permissions,
    /// It works, and the user will be needed.
    Warning,
    /// The vault's key cannot be had.
    Key,
}

/// The kind of trouble each reason is.
pub const fn class(reason: Reason) -> Class {
    match reason {
        Reason::RefreshTokenExpired
        | Reason::RefreshTokenMissing
        | Reason::Revoked
        | Reason::InactiveTooLong
        | Reason::ConsentRequired
        | Reason::TokenCorrupted
        | Reason::ReuseSuspected
        | Reason::InterruptedRenewal
        | Reason::AdminApprovalNeeded
        | Reason::StepUpRequired => Class::Reconnect,
        Reason::ProviderUnreachable
        | Reason::ProviderError
        | Reason::RateLimited
        | Reason::BreakerOpen
        | Reason::ClockSkew
        | Reason::Tls => Class::Passing,
        Reason::InvalidClient | Reason::InvalidEndpoint => Class::FixProvider,
        Reason::ScopeChanged => Class::Permissions,
        Reason::GrantExpires | Reason::AccessExpiresNoRefresh => Class::Warning,
        Reason::KeychainLocked | Reason::KeychainMissing | Reason::KeyChanged => Class::Key,
    }
}

/// Everything a status follows from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who it is and what was granted.
    pub account: &'a Account,
    /// How the tokens are.
    pub health: &'a Health,
    /// What the provider's file requires.
    pub required: &'a ScopeSet,
    /// Why the vault is locked, if it is.
    pub locked: Option<Reason>,
    /// Renewing failed last time, for a cause that need not be the account's own.
    pub failing: bool,
    /// The end of the grant that is to be warned of: the one that is known, or that is forecast.
    pub warned: Option<Wall>,
    /// The time of day.
    pub now: Wall,
    /// From how long before its end a grant is called expiring.
    pub warn: Duration,
}

/// A status with its cause and the move it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How the account fares.
    pub status: Status,
    /// Why.
    pub reason: Option<Reason>,
    /// Whose move it is.
    pub action: Option<Action>,
}

/// How an account with these facts fares.
pub fn standing(facts: Facts<'_>) -> Standing {
    let status = State::of(&facts).status();
    let reason = reason(status, &facts);
    let action = match reason {
        Some(Reason::AdminApprovalNeeded) => Some(Action::AskAdmin),
        _ => status.action(),
    };
    Standing { status, reason, action }
}

/// Why it is so.
fn reason(status: Status, facts: &Facts<'_>) -> Option<Reason> {
    let trouble = facts.health.trouble.as_ref().map(|t| t.reason);
    match status {
        Status::Locked => facts.locked,
        Status::Misconfigured | Status::Unavailable | Status::Degraded => trouble,
        Status::NeedsReconnect => Some(has_ended(facts.health).unwrap_or(Reason::RefreshTokenMissing)),
        Status::InsufficientPermissions => Some(Reason::ScopeChanged),
        Status::Expiring => warning(facts),
        Status::Paused | Status::Healthy => None,
    }
}

/// What will need the user soon, if anything will.
fn warning(facts: &Facts<'_>) -> Option<Reason> {
    let near = |end: Wall| end.since(facts.now) <= facts.warn;
    if facts.warned.is_some_and(near) {
        return Some(Reason::GrantExpires);
    }
    let dies = !facts.health.refreshable && facts.health.access_expires_at.is_some_and(near);
    dies.then_some(Reason::AccessExpiresNoRefresh)
}

/// True while the access token can be used.
pub fn is_alive(health: &Health, now: Wall) -> bool {
    health.access_expires_at.is_none_or(|end| end > now)
}

/// What happened to an account's tokens.
#[derive(Clone, Copy, Debug)]
pub enum TokenEvent<'a> {
    /// A renewal, or a connection, brought tokens.
    Renewed(&'a Renewed),
    /// A renewal ended without any.
    Failed(&'a FailedTry<'a>),
    /// Nobody asked: its provider is left alone for a while, because it did not answer others.
    HeldBack,
    /// The sealed token cannot be opened.
    Damaged,
    /// The provider refuses the access token, and there is no way to renew it.
    RefusedInUse,
}

/// What an answer with tokens said.
#[derive(Clone, Copy, Debug)]
pub struct Renewed {
    /// When the access token ends.
    pub access_expires_at: Option<Wall>,
    /// When the grant ends; `None` leaves what is known.
    pub grant_expires_at: Option<Wall>,
    /// From where that end is known.
    pub grant_basis: Option<Basis>,
    /// There is a refresh token.
    pub refreshable: bool,
    /// The answer's HTTP status.
    pub http_status: u16,
    /// How many requests it took.
    pub attempts: u32,
}

/// How a try failed, and what is known of the refresh token's fate.
#[derive(Clone, Copy, Debug)]
pub struct FailedTry<'a> {
    /// The sorted answer.
    pub failure: &'a Failure,
    /// An earlier request of this try was sent and never answered.
    pub ambiguous: bool,
    /// The renewal before this one was cut off by the agent's end.
    pub interrupted: bool,
    /// How many requests were sent.
    pub attempts: u32,
}

/// The health after an event.
pub fn after(health: &Health, event: TokenEvent<'_>, now: Wall) -> Health {
    match event {
        TokenEvent::Renewed(renewed) => after_renewal(health, renewed, now),
        TokenEvent::Failed(failed) => after_failure(health, failed, now),
        // Silence takes back no refusal.
        TokenEvent::HeldBack if has_ended(health).is_some() => health.clone(),
        TokenEvent::HeldBack => with_trouble(health, Reason::BreakerOpen, now),
        TokenEvent::Damaged => with_trouble(health, Reason::TokenCorrupted, now),
        TokenEvent::RefusedInUse => with_trouble(health, Reason::Revoked, now),
    }
}

fn after_renewal(health: &Health, renewed: &Renewed, now: Wall) -> Health {
    let dead_on_arrival = renewed.access_expires_at.is_some_and(|end| end <= now);
    // Either the two clocks differ, or the provider counts wrongly; asking the user again would mend neither.
    let trouble = dead_on_arrival.then_some(Reason::ClockSkew);
    Health {
        access_expires_at: renewed.access_expires_at,
        access_issued_at: Some(now),
        grant_expires_at: renewed.grant_expires_at.or(health.grant_expires_at),
        grant_basis: renewed.grant_basis.or(health.grant_basis),
        refreshable: renewed.refreshable,
        trouble: trouble.map(|reason| lasting(health, reason, now)),
        last_refresh: Some(LastRefresh {
            at: now,
            outcome: RefreshOutcome::Ok,
            code: None,
            http_status: Some(renewed.http_status),
            provider_error: None,
            provider_description: None,
            attempts: renewed.attempts,
        }),
    }
}

fn after_failure(health: &Health, failed: &FailedTry<'_>, now: Wall) -> Health {
    let reason = failed_reason(health, failed, now);
    // The day after which an address is called wrong begins with the first answer that it is gone.
    let begins = failed.failure.kind == FailureKind::EndpointGone && !was_gone(health);
    Health {
        trouble: Some(if begins { Trouble { reason, since: now } } else { lasting(health, reason, now) }),
        last_refresh: Some(LastRefresh {
            at: now,
            outcome: RefreshOutcome::Failed,
            code: Some(reason.as_str().to_owned()),
            http_status: failed.failure.http_status,
            provider_error: failed.failure.provider_error.clone(),
            provider_description: failed.failure.provider_description.clone(),
            attempts: failed.attempts,
        }),
        ..health.clone()
    }
}

/// The reason a failed try leaves behind. A refusal after a request whose answer was lost says more than the
/// provider does: the lost answer had very likely taken the refresh token's place.
fn failed_reason(health: &Health, failed: &FailedTry<'_>, now: Wall) -> Reason {
    let refused = matches!(
        failed.failure.kind,
        FailureKind::GrantRefused | FailureKind::GrantReused | FailureKind::GrantRevoked
    );
    // Silence takes back no refusal: only tokens do, or a sign-in.
    if let Some(reason) = has_ended(health).filter(|_| failed.failure.kind.verdict() == Verdict::Wait) {
        return reason;
    }
    // The same refresh token, refused once more: it was the first refusal that told something (F-21).
    let lost = |reason: &Reason| matches!(reason, Reason::InterruptedRenewal | Reason::ReuseSuspected);
    let known = has_ended(health).filter(|reason| refused && lost(reason));
    match failed.failure.kind {
        _ if refused && failed.interrupted => Reason::InterruptedRenewal,
        _ if refused && failed.ambiguous => known.unwrap_or(Reason::ReuseSuspected),
        FailureKind::EndpointGone => gone(health, now),
        kind => known.unwrap_or_else(|| kind.reason()),
    }
}

fn gone(health: &Health, now: Wall) -> Reason {
    let long = |t: &Trouble| t.reason == Reason::ProviderError && now.since(t.since) >= ENDPOINT_GONE_FOR;
    let already = |t: &Trouble| t.reason == Reason::InvalidEndpoint;
    match &health.trouble {
        Some(trouble) if was_gone(health) && (long(trouble) || already(trouble)) => Reason::InvalidEndpoint,
        _ => Reason::ProviderError,
    }
}

/// Why only a sign-in helps, if it is so.
pub(crate) fn has_ended(health: &Health) -> Option<Reason> {
    health.trouble.as_ref().map(|t| t.reason).filter(|reason| class(*reason) == Class::Reconnect)
}

/// The answer before, too, was that nothing is there: an illness of another kind says nothing about the address.
fn was_gone(health: &Health) -> bool {
    health.last_refresh.as_ref().is_some_and(|last| matches!(last.http_status, Some(404 | 405 | 410)))
}

fn with_trouble(health: &Health, reason: Reason, now: Wall) -> Health {
    Health { trouble: Some(lasting(health, reason, now)), ..health.clone() }
}

/// The same trouble keeps the time it began; a provider that is left alone is one that cannot be reached.
fn lasting(health: &Health, reason: Reason, now: Wall) -> Trouble {
    let same = |t: &&Trouble| t.reason == reason || (is_silence(t.reason) && is_silence(reason));
    let since = health.trouble.as_ref().filter(same).map_or(now, |t| t.since);
    Trouble { reason, since }
}

const fn is_silence(reason: Reason) -> bool {
    matches!(reason, Reason::ProviderUnreachable | Reason::BreakerOpen)
}

#[cfg(test)]
mod pairs;
#[cfg(test)]
mod paper;
#[cfg(test)]
mod tests;
