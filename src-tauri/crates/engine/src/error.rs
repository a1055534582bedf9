//! Every way in which the engine says no. One kind for each move a caller can make; doors turn kinds into
//! problem documents in one place.

use std::time::Duration;

use bowline_base::{AccountId, Reason};
pub use bowline_oauth::Failure;
use bowline_vault::VaultError;

/// Why a wish was not fulfilled. Its `Display` is one sentence that a person can act on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The wish itself is malformed.
    #[error("{detail}")]
    InvalidRequest {
        /// What is wrong with it.
        detail: String,
    },
    /// No account fits the selector.
    #[error("{detail}")]
    AccountNotFound {
        /// What was looked for.
        detail: String,
    },
    /// Several accounts fit the selector.
    #[error("\"{selector}\" fits several accounts: name one of them")]
    AmbiguousAccount {
        /// What was looked for.
        selector: String,
        /// Selectors that fit one account each.
        candidates: Vec<String>,
    },
    /// No provider has this name.
    #[error("there is no provider called \"{asked}\"{}", suggestion(nearest.as_deref()))]
    ProviderNotFound {
        /// What was asked for.
        asked: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// The provider's settings are incomplete or wrong.
    #[error("{detail}")]
    ProviderMisconfigured {
        /// What to mend, and where.
        detail: String,
        /// The account it was noticed with.
        account: Option<AccountId>,
        /// The cause, if an account has it.
        reason: Option<Reason>,
        /// What the provider said.
        failure: Option<Box<Failure>>,
    },
    /// Only the user can mend the account.
    #[error("{detail}")]
    ReconnectRequired {
        /// What happened and what to do.
        detail: String,
        /// The account.
        account: AccountId,
        /// The cause.
        reason: Reason,
        /// What the provider said.
        failure: Option<Box<Failure>>,
    },
    /// The account lacks a permission.
    #[error("{detail}")]
    InsufficientScope {
        /// What is missing and what to do.
        detail: String,
        /// The account.
        account: AccountId,
        /// The scopes it lacks.
        missing: Vec<String>,
    },
    /// The vault's key cannot be had.
    #[error("{detail}")]
    Locked {
        /// What to do.
        detail: String,
        /// The cause.
        reason: Reason,
    },
    /// The user paused the account.
    #[error("{detail}")]
    Paused {
        /// What to do.
        detail: String,
        /// The account.
        account: AccountId,
    },
    /// The app has not been given this account.
    #[error("the owner has not allowed this app to use that account: ask with POST /v1/apps")]
    ApprovalRequired,
    /// The app was given fewer scopes than the account's token carries.
    #[error("{detail}")]
    TokenCarriesMore {
        /// What to ask for.
        detail: String,
        /// The account.
        account: AccountId,
    },
    /// The person did not let this program read the account.
    #[error("{detail}")]
    ProgramRefused {
        /// What to do.
        detail: String,
        /// The account.
        account: AccountId,
    },
    /// Only the person may do this, and not a program on its own.
    #[error(
        "only you may do this, in Bowline's window or with `bowline` at a terminal, and no program by itself"
    )]
    NotThePerson,
    /// Only the person may do this, and the window that asks lies no longer where it did: an update took its place.
    #[error("Bowline was updated since its window was opened: close the window and open it again")]
    OldWindow,
    /// Only the owner may do this.
    #[error("only the owner may do this, not an app")]
    Forbidden,
    /// It will work again without anybody doing anything.
    #[error("{detail}")]
    TemporarilyUnavailable {
        /// What happened.
        detail: String,
        /// The account, if it is about one.
        account: Option<AccountId>,
        /// The cause.
        reason: Reason,
        /// When to ask again.
        retry_after: Duration,
        /// What the provider said.
        failure: Option<Box<Failure>>,
    },
    /// Asked too often.
    #[error("{detail}")]
    RateLimited {
        /// The figure that was exceeded.
        detail: String,
        /// When to ask again.
        retry_after: Duration,
    },
    /// The disk refused.
    #[error("{detail}")]
    Storage {
        /// Which file, and what to do.
        detail: String,
    },
    /// There is no such attempt, app or request (any more).
    #[error("{detail}")]
    RequestNotFound {
        /// What to do.
        detail: String,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(": did you mean \"{name}\"?")).unwrap_or_default()
}

impl EngineError {
    /// A malformed wish.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::InvalidRequest { detail: detail.into() }
    }

    /// The word under which a refusal stands in the audit trail.
    pub fn audit_code(&self) -> &'static str {
        match self {
            Self::InvalidRequest { .. } => "invalid_request",
            Self::AccountNotFound { .. } => "account_not_found",
            Self::AmbiguousAccount { .. } => "ambiguous_account",
            Self::ProviderNotFound { .. } => "provider_not_found",
            Self::ProviderMisconfigured { .. } => "provider_misconfigured",
            Self::ReconnectRequired { .. } => "reconnect_required",
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::Locked { .. } => "locked",
            Self::Paused { .. } | Self::Forbidden | Self::NotThePerson | Self::OldWindow => "forbidden",
            Self::ApprovalRequired | Self::TokenCarriesMore { .. } | Self::ProgramRefused { .. } => {
                "approval_required"
            }
            Self::TemporarilyUnavailable { .. } => "temporarily_unavailable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Storage { .. } => "storage_error",
            Self::RequestNotFound { .. } => "request_not_found",
        }
    }
}

impl From<VaultError> for EngineError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Locked => Self::Locked {
                detail: "the vault is locked: unlock it with `bowline vault unlock`".to_owned(),
                reason: Reason::KeychainLocked,
            },
            VaultError::KeyChanged => Self::Locked {
                detail: "the keychain holds another key than this vault was sealed with: restore the old \
                         key, or reconnect your accounts in a new vault"
                    .to_owned(),
                reason: Reason::KeyChanged,
            },
            other @ (VaultError::Exists { .. }
            | VaultError::BadPath { .. }
            | VaultError::NotAnExport { .. }
            | VaultError::WrongPassphrase { .. }) => Self::InvalidRequest { detail: other.to_string() },
            other => Self::Storage { detail: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests;
