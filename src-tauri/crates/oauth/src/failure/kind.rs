//! The kinds of failure that somebody acts on, and what each means to account, attempt and user.

use std::fmt;

use bowline_base::Reason;

/// Whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nobody's: it passes.
    Wait,
    /// The user's: sign in again.
    Reconnect,
    /// The user's: mend the provider's settings.
    FixProvider,
}

/// One table: variant, word in provider files and logs, verdict, reason, the contract's `error.code`.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $verdict:ident, $reason:ident, $code:literal;)+) => {
        /// What a failure is. Which move follows is fixed here, once, for everybody.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FailureKind { $($(#[$doc])* $variant,)+ }

        impl FailureKind {
            /// Every kind, in declaration order.
            pub const ALL: &'static [FailureKind] = &[$(FailureKind::$variant),+];

            /// The word in provider files and in the log.
            pub const fn as_str(self) -> &'static str {
                match self { $(FailureKind::$variant => $word,)+ }
            }

            /// Whose move it is.
            pub const fn verdict(self) -> Verdict {
                match self { $(FailureKind::$variant => Verdict::$verdict,)+ }
            }

            /// The reason that an account shows.
            pub const fn reason(self) -> Reason {
                match self { $(FailureKind::$variant => Reason::$reason,)+ }
            }

            /// The `error.code` of an attempt that ended so (contract §3).
            pub const fn attempt_code(self) -> &'static str {
                match self { $(FailureKind::$variant => $code,)+ }
            }
        }
    };
}

kinds! {
    /// No connection: name, network, refusal, reset.
    Unreachable = "unreachable", Wait, ProviderUnreachable, "provider_unreachable";
    /// No answer in time.
    TimedOut = "timed_out", Wait, ProviderUnreachable, "timed_out";
    /// The certificate cannot be trusted.
    Tls = "tls", Wait, Tls, "tls";
    /// The provider asks for a pause.
    RateLimited = "rate_limited", Wait, RateLimited, "rate_limited";
    /// An answer that helps nobody: 5xx, an unknown error, 403 alone.
    ProviderError = "provider_error", Wait, ProviderError, "provider_error";
    /// Not an answer of this protocol: HTML, garbage, a member missing or of the wrong type.
    InvalidResponse = "invalid_response", Wait, ProviderError, "invalid_response";
    /// 404, 405 or 410. For now it passes; whoever sees it for a day knows better (E-26).
    EndpointGone = "endpoint_gone", Wait, ProviderError, "provider_error";
    /// This computer's clock is off by more than tokens can bear.
    ClockSkew = "clock_skew", Wait, ClockSkew, "id_token_invalid";
    /// The id token does not hold; the provider's mistake, or somebody's attack.
    IdTokenInvalid = "id_token_invalid", Wait, ProviderError, "id_token_invalid";
    /// The person said no.
    AccessDenied = "access_denied", Reconnect, ConsentRequired, "access_denied";
    /// The grant, or a code, ran out.
    GrantExpired = "grant_expired", Reconnect, RefreshTokenExpired, "invalid_grant";
    /// The grant was withdrawn.
    GrantRevoked = "grant_revoked", Reconnect, Revoked, "invalid_grant";
    /// The grant lay idle too long.
    GrantInactive = "grant_inactive", Reconnect, InactiveTooLong, "invalid_grant";
    /// A code or a rotated refresh token was seen twice.
    GrantReused = "grant_reused", Reconnect, ReuseSuspected, "invalid_grant";
    /// `invalid_grant`, and nothing more said.
    GrantRefused = "grant_refused", Reconnect, Revoked, "invalid_grant";
    /// A device code ran out (RFC 8628 §3.5).
    DeviceCodeExpired = "device_code_expired", Reconnect, RefreshTokenExpired, "expired_token";
    /// A scope is unknown, malformed or no longer granted.
    InvalidScope = "invalid_scope", Reconnect, ScopeChanged, "invalid_scope";
    /// The token is good and lacks a scope (RFC 6750 §3.1).
    InsufficientScope = "insufficient_scope", Reconnect, ScopeChanged, "missing_scope";
    /// The person has to agree, or sign in, again.
    ConsentRequired = "consent_required", Reconnect, ConsentRequired, "provider_error";
    /// A stronger sign-in is wanted.
    StepUpRequired = "step_up_required", Reconnect, StepUpRequired, "provider_error";
    /// An administrator has to approve first.
    AdminApprovalNeeded = "admin_approval_needed", Reconnect, AdminApprovalNeeded, "access_denied";
    /// Unknown client, or wrong secret.
    InvalidClient = "invalid_client", FixProvider, InvalidClient, "invalid_client";
    /// The client may not do this, or not from this redirect address.
    UnauthorizedClient = "unauthorized_client", FixProvider, InvalidClient, "unauthorized_client";
    /// Something is configured that cannot work: no client id, an endpoint that is missing.
    Misconfigured = "misconfigured", FixProvider, InvalidEndpoint, "provider_error";
    /// PKCE with `S256` is not offered, and nothing less is used (RFC 7636 §4.2).
    PkceUnsupported = "pkce_unsupported", FixProvider, InvalidEndpoint, "provider_error";
    /// Another issuer answered than the one configured (RFC 8414 §3.3, RFC 9207 §2.4).
    IssuerMismatch = "issuer_mismatch", FixProvider, InvalidEndpoint, "issuer_mismatch";
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
