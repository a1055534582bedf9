//! The table: which word means what, then which status means what. Read it top-down; the first row wins.
//!
//! A word counts only as a whole word in a place where codes stand. A phrase never turns waiting into
//! reconnecting: it only tells apart what the word has already decided. Microsoft's numbers are the exception,
//! because they are what Microsoft decides by.

use super::FailureKind::{self, *};
use super::said::Said;
use crate::provider::Provider;

/// Error words, from the standards first, then those of real providers.
const WORDS: &[(&str, FailureKind)] = &[
    // RFC 6749 §5.2 and §4.1.2.1.
    ("invalid_grant", GrantRefused),
    ("invalid_client", InvalidClient),
    ("unauthorized_client", UnauthorizedClient),
    ("unsupported_grant_type", UnauthorizedClient),
    ("unsupported_response_type", UnauthorizedClient),
    ("invalid_scope", InvalidScope),
    ("access_denied", AccessDenied),
    ("invalid_request", ProviderError),
    ("server_error", ProviderError),
    ("temporarily_unavailable", ProviderError),
    // RFC 6750 §3.1, RFC 8628 §3.5, RFC 8707 §2, RFC 9470 §3, RFC 7591 §3.2.2.
    ("invalid_token", GrantRefused),
    ("insufficient_scope", InsufficientScope),
    ("expired_token", DeviceCodeExpired),
    ("authorization_pending", ProviderError),
    ("slow_down", ProviderError),
    ("invalid_target", Misconfigured),
    ("insufficient_user_authentication", StepUpRequired),
    ("invalid_redirect_uri", UnauthorizedClient),
    ("invalid_client_metadata", UnauthorizedClient),
    // OpenID Connect Core §3.1.2.6.
    ("consent_required", ConsentRequired),
    ("interaction_required", ConsentRequired),
    ("login_required", ConsentRequired),
    ("account_selection_required", ConsentRequired),
    ("unmet_authentication_requirements", StepUpRequired),
    // Google: a Workspace's session length ended, an administrator's rules, a client that is gone.
    ("invalid_rapt", StepUpRequired),
    ("admin_policy_enforced", AdminApprovalNeeded),
    ("org_internal", AdminApprovalNeeded),
    ("disabled_client", InvalidClient),
    ("deleted_client", InvalidClient),
    ("rate_limit_exceeded", RateLimited),
    // Microsoft's `suberror`.
    ("token_expired", GrantExpired),
    ("bad_token", GrantRefused),
    // GitHub: its words for a refused code, a refused renewal and a wrong client.
    ("bad_verification_code", GrantRefused),
    ("bad_refresh_token", GrantExpired),
    ("incorrect_client_credentials", InvalidClient),
    ("incorrect_device_code", GrantRefused),
    ("redirect_uri_mismatch", UnauthorizedClient),
    ("application_suspended", UnauthorizedClient),
    ("device_flow_disabled", UnauthorizedClient),
    ("unverified_user_email", AccessDenied),
    // Slack.
    ("invalid_refresh_token", GrantRefused),
    ("invalid_auth", GrantRefused),
    ("invalid_code", GrantRefused),
    ("code_already_used", GrantReused),
    ("token_revoked", GrantRevoked),
    ("account_inactive", GrantRevoked),
    ("invalid_client_id", InvalidClient),
    ("bad_client_secret", InvalidClient),
    ("bad_redirect_uri", UnauthorizedClient),
    ("app_not_approved", AdminApprovalNeeded),
    ("enterprise_is_restricted", AdminApprovalNeeded),
    ("ratelimited", RateLimited),
    // LinkedIn: cancelled in the browser; a token that ended.
    ("user_cancelled_login", AccessDenied),
    ("user_cancelled_authorize", AccessDenied),
    ("revoked_access_token", GrantRevoked),
    ("expired_access_token", GrantExpired),
    // Dropbox, and other interfaces that share its words.
    ("invalid_access_token", GrantRefused),
    ("too_many_requests", RateLimited),
    ("rate_limited", RateLimited),
    // Auth0 and Okta.
    ("mfa_required", StepUpRequired),
];

/// What Microsoft's AADSTS numbers mean; they go before every word.
const AADSTS: &[(u64, FailureKind)] = &[
    (70008, GrantInactive),
    (700082, GrantInactive),
    (700084, GrantExpired),
    (70043, GrantExpired),
    (50089, GrantExpired),
    (50173, GrantRevoked),
    (50132, GrantRevoked),
    (50133, GrantRevoked),
    (50057, GrantRevoked),
    (54005, GrantReused),
    (65001, ConsentRequired),
    (65004, AccessDenied),
    (90094, AdminApprovalNeeded),
    (90095, AdminApprovalNeeded),
    (50105, AdminApprovalNeeded),
    (53000, AdminApprovalNeeded),
    (53001, AdminApprovalNeeded),
    (53003, AdminApprovalNeeded),
    (50072, StepUpRequired),
    (50074, StepUpRequired),
    (50076, StepUpRequired),
    (50078, StepUpRequired),
    (50079, StepUpRequired),
    (50158, StepUpRequired),
    (50011, UnauthorizedClient),
    (700016, InvalidClient),
    (7000112, InvalidClient),
    (7000215, InvalidClient),
    (7000218, InvalidClient),
    (7000222, InvalidClient),
    (700025, InvalidClient),
    (70011, InvalidScope),
    (90033, ProviderError),
    (50196, ProviderError),
];

/// What a refused grant's description tells apart. The first phrase found wins, so those that name several
/// causes at once stand first: they say nothing.
pub(super) const PHRASES: &[(&str, FailureKind)] = &[
    // Doorkeeper's and Okta's list of all that may be wrong.
    ("invalid, expired", GrantRefused),
    ("invalid or expired", GrantRefused),
    ("incorrect or expired", GrantRefused),
    ("expired or invalid", GrantRefused),
    // Google says this for every grant that it no longer knows; hardly ever is it age.
    ("expired or revoked", GrantRevoked),
    ("reuse", GrantReused),
    ("already been used", GrantReused),
    ("already used", GrantReused),
    ("already redeemed", GrantReused),
    ("already been redeemed", GrantReused),
    ("used more than once", GrantReused),
    ("replay", GrantReused),
    ("inactiv", GrantInactive),
    ("not been used", GrantInactive),
    ("idle", GrantInactive),
    ("not active", GrantExpired),
    ("expired", GrantExpired),
    ("invalid_rapt", StepUpRequired),
    ("reauth related", StepUpRequired),
    ("multi-factor", StepUpRequired),
    ("consent", ConsentRequired),
    ("revoked", GrantRevoked),
    ("withdrawn", GrantRevoked),
    ("password", GrantRevoked),
    ("suspended", GrantRevoked),
    ("logged out", GrantRevoked),
    ("deleted", GrantRevoked),
];

/// True for statuses under which a provider's word is an answer. A gateway speaks under the others.
pub(super) const fn may_speak(status: u16) -> bool {
    matches!(status, 200..=299 | 400..=499) && !matches!(status, 404 | 405 | 407 | 408 | 410 | 425 | 429)
}

/// What the words mean, if any of them is known.
pub(super) fn kind(said: &Said, provider: &Provider) -> Option<FailureKind> {
    let description = said.description.as_deref().unwrap_or_default().to_lowercase();
    if let Some(kind) = own(said, &description, provider) {
        return Some(kind);
    }
    let word = said.words.iter().find_map(|word| WORDS.iter().find(|(known, _)| known == word));
    let number = aadsts(&description).chain(said.numbers.iter().copied()).find_map(|n| row(AADSTS, n));
    match (number, word.map(|(_, kind)| *kind)) {
        (Some(kind), Some(_)) => Some(kind),
        (_, Some(GrantRefused)) => Some(refine(said, &description)),
        (_, Some(ProviderError)) if said.words[0] == "invalid_request" => Some(missing_secret(&description)),
        (_, kind) => kind,
    }
}

/// What a status means where no word decided.
pub(super) fn of_status(status: u16, said: &Said) -> FailureKind {
    match status {
        429 => RateLimited,
        404 | 405 | 410 => EndpointGone,
        200..=299 if said.error.is_none() => InvalidResponse,
        400..=499 if !said.readable && !said.empty => InvalidResponse,
        _ => ProviderError,
    }
}

/// True for a word of the table.
#[cfg(test)]
pub(super) fn is_known(word: &str) -> bool {
    WORDS.iter().any(|(known, _)| *known == word.to_lowercase())
}

/// What a status means when nobody looked at the words.
pub(crate) fn of_plain_status(status: u16) -> FailureKind {
    of_status(status, &Said { empty: true, ..Said::default() })
}

/// The provider file's own rows: `word` alone, or `word: phrase`.
fn own(said: &Said, description: &str, provider: &Provider) -> Option<FailureKind> {
    let fits = |row: &str| match row.split_once(": ") {
        Some((word, phrase)) => said.words.iter().any(|w| w == word) && description.contains(phrase),
        None => said.words.iter().any(|w| w == row),
    };
    let rows = &provider.quirks.error_words;
    // A row with a phrase is the more exact one, wherever it stands.
    let exact = rows.iter().find(|(row, _)| row.contains(": ") && fits(row));
    exact.or_else(|| rows.iter().find(|(row, _)| fits(row))).map(|(_, kind)| *kind)
}

/// A refused grant, told more exactly where a second word or the description does so.
fn refine(said: &Said, description: &str) -> FailureKind {
    let beside = said.words.iter().filter_map(|word| WORDS.iter().find(|(known, _)| known == word));
    let finer = beside
        .map(|(_, kind)| *kind)
        .find(|kind| *kind != GrantRefused && kind.verdict() == GrantRefused.verdict());
    let phrase = || PHRASES.iter().find(|(phrase, _)| description.contains(phrase)).map(|(_, kind)| *kind);
    finer.or_else(phrase).unwrap_or(GrantRefused)
}

/// `invalid_request` is our own mistake or theirs, but for one cause that a person can mend.
fn missing_secret(description: &str) -> FailureKind {
    let lacks = description.contains("client_secret") && description.contains("missing");
    if lacks { InvalidClient } else { ProviderError }
}

/// The numbers behind `AADSTS` in a description that is already in lower case.
fn aadsts(description: &str) -> impl Iterator<Item = u64> + '_ {
    description.split("aadsts").skip(1).take(8).filter_map(|rest| {
        let digits = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().ok()
    })
}

fn row(table: &[(u64, FailureKind)], number: u64) -> Option<FailureKind> {
    table.iter().find(|(known, _)| *known == number).map(|(_, kind)| *kind)
}
