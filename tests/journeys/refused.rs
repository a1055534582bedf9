//! What providers say when a grant has truly ended, or the client is refused, each with the reason it has to be shown
//! with.

use bowline_base::Reason;
use bowline_oauth::transport::Reply;
use bowline_tests::world::script::refusal;

use Reason::{
    AdminApprovalNeeded as Admin, ConsentRequired as Consent, InactiveTooLong as Idle,
    InvalidClient as Client, InvalidEndpoint as Endpoint, RefreshTokenExpired as Expired,
    ReuseSuspected as Reused, Revoked, StepUpRequired as StepUp,
};

/// The wordings of `invalid_grant`, by what providers add to it.
const WORDINGS: &[(&str, Reason)] = &[
    ("", Revoked),
    ("no", Revoked),
    ("Token has been revoked", Revoked),
    ("Token has been expired or revoked.", Revoked),
    ("The provided authorization grant is invalid, expired, revoked", Revoked),
    ("Unknown or invalid or expired refresh token.", Revoked),
    ("the user's password was changed", Revoked),
    ("user withdrawn", Revoked),
    ("account suspended", Revoked),
    ("refresh token has expired", Expired),
    ("Token is not active", Expired),
    ("the token was inactive for 90 days", Idle),
    ("refresh token has not been used for too long", Idle),
    ("refresh token reuse detected", Reused),
    ("refresh token already used", Reused),
    ("multi-factor needed", StepUp),
    ("reauth related error (invalid_rapt)", StepUp),
    ("the user has not given consent", Consent),
    ("AADSTS70008: The refresh token has expired due to inactivity.", Idle),
    ("AADSTS700082: expired due to inactivity", Idle),
    ("AADSTS700084: issued to a single page app, fixed lifetime", Expired),
    ("AADSTS50173: the grant was revoked, sign in again", Revoked),
    ("AADSTS54005: code was already redeemed", Reused),
    ("AADSTS50076: you must use multi-factor authentication", StepUp),
    ("AADSTS65001: has not consented to use the application", Consent),
    ("AADSTS90094: needs permission that only an admin can grant", Admin),
    ("AADSTS7000215: Invalid client secret provided", Client),
];

/// Words that say it alone.
const WORDS: &[(&str, Reason)] = &[
    ("invalid_token", Revoked),
    ("token_revoked", Revoked),
    ("account_inactive", Revoked),
    ("invalid_refresh_token", Revoked),
    ("invalid_auth", Revoked),
    ("bad_token", Revoked),
    ("bad_refresh_token", Expired),
    ("token_expired", Expired),
    ("access_denied", Consent),
    ("consent_required", Consent),
    ("interaction_required", Consent),
    ("login_required", Consent),
    ("account_selection_required", Consent),
    ("mfa_required", StepUp),
    ("insufficient_user_authentication", StepUp),
    ("unmet_authentication_requirements", StepUp),
    ("invalid_rapt", StepUp),
    ("admin_policy_enforced", Admin),
    ("org_internal", Admin),
    ("app_not_approved", Admin),
    ("invalid_scope", Reason::ScopeChanged),
    ("insufficient_scope", Reason::ScopeChanged),
    ("invalid_client", Client),
    ("unauthorized_client", Client),
    ("unsupported_grant_type", Client),
    ("disabled_client", Client),
    ("deleted_client", Client),
    ("bad_client_secret", Client),
    ("invalid_target", Endpoint),
];

/// `invalid_grant` in shapes of the providers' own.
const SHAPES: &[(u16, &str, Reason)] = &[
    (400, r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#, StepUp),
    (400, r#"{"error":"invalid_grant","suberror":"token_expired"}"#, Expired),
    (400, r#"{"error":"interaction_required","error_codes":[50076]}"#, StepUp),
    (400, r#"{"error":{"code":"invalid_grant","message":"no"}}"#, Revoked),
    (400, r#"{"error":{"type":"invalid_grant"}}"#, Revoked),
    (400, r#"{"code":400,"message":"invalid_grant"}"#, Revoked),
    (400, r#"{"errors":[{"code":"invalid_grant"}]}"#, Revoked),
    (200, r#"{"ok":false,"error":"token_revoked"}"#, Revoked),
];

/// Every true refusal, with its reason.
pub(crate) fn all() -> Vec<(Reply, Reason)> {
    let mut all = Vec::new();
    for (wording, reason) in WORDINGS {
        all.push((refusal(400, "invalid_grant", wording), *reason));
    }
    for status in [200, 400, 401, 403] {
        all.push((refusal(status, "invalid_grant", "revoked"), Revoked));
        all.extend(WORDS.iter().map(|(word, reason)| (refusal(status, word, ""), *reason)));
        let form = |word: &str| Reply::form(status, format!("error={word}"));
        all.extend(WORDS.iter().map(|(word, reason)| (form(word), *reason)));
    }
    all.extend(SHAPES.iter().map(|(status, body, reason)| (Reply::json(*status, *body), *reason)));
    let challenge = Reply::empty(401).header("www-authenticate", "Bearer error=\"invalid_token\"");
    all.push((challenge, Revoked));
    all
}

/// The refusals after which only a new sign-in helps.
pub(crate) fn endings() -> Vec<(Reply, Reason)> {
    let ends = |reason: &Reason| !matches!(reason, Client | Endpoint | Reason::ScopeChanged);
    all().into_iter().filter(|(_, reason)| ends(reason)).collect()
}
