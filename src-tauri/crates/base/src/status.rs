//! The words in which an account's health is told: status, reason, action and the basis of a forecast, as the contract
//! names them.
//!
//! Which status an account has is decided in the engine's `lifecycle`; here are only the words, their order
//! and the action each asks for.

use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// Reads the word on the wire.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// How an account fares. Declared, and ordered, worst first: of all that fit, the first is told.
    Status {
        /// The vault's key cannot be had at present.
        Locked = "locked",
        /// The user asked that nothing be served or renewed.
        Paused = "paused",
        /// The client id, secret or endpoint is wrong: reconnecting will not help.
        Misconfigured = "misconfigured",
        /// Only the user can mend it.
        NeedsReconnect = "needs_reconnect",
        /// No valid token, for a cause that passes.
        Unavailable = "unavailable",
        /// Connected, but a required scope is not granted.
        InsufficientPermissions = "insufficient_permissions",
        /// Renewal fails for now; the current token still works.
        Degraded = "degraded",
        /// Works now; the user will be needed before the grant ends.
        Expiring = "expiring",
        /// A valid token can be served, and nothing needs the user.
        Healthy = "healthy",
    }
}

words! {
    /// Why an account has the status it has.
    Reason {
        /// The provider says that the refresh token ran out.
        RefreshTokenExpired = "refresh_token_expired",
        /// There is no refresh token, and the access token is dead.
        RefreshTokenMissing = "refresh_token_missing",
        /// The user, or the provider, withdrew the grant.
        Revoked = "revoked",
        /// The provider ended the grant because nobody used it.
        InactiveTooLong = "inactive_too_long",
        /// A required scope is no longer, or was never, granted.
        ScopeChanged = "scope_changed",
        /// The provider wants the user to agree again.
        ConsentRequired = "consent_required",
        /// The sealed token cannot be opened: the row is damaged.
        TokenCorrupted = "token_corrupted",
        /// The provider saw a rotated refresh token a second time.
        ReuseSuspected = "reuse_suspected",
        /// A renewal was cut off before its answer was on disk, and the old token is refused now.
        InterruptedRenewal = "interrupted_renewal",
        /// No answer: network, name resolution, connection, time-out.
        ProviderUnreachable = "provider_unreachable",
        /// An answer that helps nobody: 5xx, not JSON, an unknown error.
        ProviderError = "provider_error",
        /// The provider asks for a pause (429).
        RateLimited = "rate_limited",
        /// The provider's host failed so often that it is left alone for a while.
        BreakerOpen = "breaker_open",
        /// This computer's clock is off by more than tokens can bear.
        ClockSkew = "clock_skew",
        /// The provider does not accept the client id or secret.
        InvalidClient = "invalid_client",
        /// The token endpoint does not exist any more.
        InvalidEndpoint = "invalid_endpoint",
        /// The provider's certificate cannot be trusted.
        Tls = "tls",
        /// The grant has an end, and it is near.
        GrantExpires = "grant_expires",
        /// The access token runs out and cannot be renewed.
        AccessExpiresNoRefresh = "access_expires_no_refresh",
        /// An administrator has to approve first.
        AdminApprovalNeeded = "admin_approval_needed",
        /// The provider wants a stronger sign-in.
        StepUpRequired = "step_up_required",
        /// The keychain is locked.
        KeychainLocked = "keychain_locked",
        /// There is no keychain, or it does not hold the key.
        KeychainMissing = "keychain_missing",
        /// The keychain holds another key than the vault was sealed with.
        KeyChanged = "key_changed",
    }
}

words! {
    /// Whose move it is.
    Action {
        /// Connect an account for the first time.
        Connect = "connect",
        /// Sign in again with the same account.
        Reconnect = "reconnect",
        /// Nothing to do: it mends itself.
        Wait = "wait",
        /// Mend the provider's settings: client id, secret, endpoint.
        FixProvider = "fix_provider",
        /// Ask the organisation's administrator.
        AskAdmin = "ask_admin",
        /// Unlock the keychain or give the passphrase.
        Unlock = "unlock",
        /// Take back the pause.
        Resume = "resume",
    }
}

words! {
    /// From where an end is known.
    Basis {
        /// The provider said so.
        Stated = "stated",
        /// What is known of the provider says so.
        Policy = "policy",
        /// The account's own history says so.
        Learned = "learned",
    }
}

impl Status {
    /// The move that this status asks for; `None` when nothing is to be done.
    pub const fn action(self) -> Option<Action> {
        match self {
            Status::Healthy => None,
            Status::Expiring | Status::InsufficientPermissions | Status::NeedsReconnect => {
                Some(Action::Reconnect)
            }
            Status::Degraded | Status::Unavailable => Some(Action::Wait),
            Status::Misconfigured => Some(Action::FixProvider),
            Status::Locked => Some(Action::Unlock),
            Status::Paused => Some(Action::Resume),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_itself() {
        assert!(Status::ALL.iter().all(|s| Status::parse(s.as_str()) == Some(*s)));
        assert!(Reason::ALL.iter().all(|r| Reason::parse(r.as_str()) == Some(*r)));
        assert!(Action::ALL.iter().all(|a| Action::parse(a.as_str()) == Some(*a)));
        assert!(Basis::ALL.iter().all(|b| Basis::parse(b.as_str()) == Some(*b)));
    }

    #[test]
    fn the_worst_status_comes_first() {
        let order: Vec<&str> = Status::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(
            order.join(" "),
            "locked paused misconfigured needs_reconnect unavailable insufficient_permissions degraded expiring healthy"
        );
        assert!(Status::Locked < Status::Healthy);
    }
}
