//! An account as people know it, and how its last renewal went. No token is in here.

use crate::id::{AccountId, ProviderId};
use crate::scope::ScopeSet;
use crate::status::{Basis, Reason};
use crate::time::Wall;

/// Who is connected where. The pair of provider and subject is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Survives every reconnect.
    pub id: AccountId,
    /// The provider it was connected through.
    pub provider: ProviderId,
    /// The issuer that gave the tokens: they are never sent anywhere else (RFC 9700 §2.1).
    pub issuer: Option<String>,
    /// The provider's own, stable name for the person (OpenID `sub`).
    pub subject: String,
    /// What the user calls it.
    pub label: Option<String>,
    /// What the person signs in with, as far as the provider tells.
    pub username: Option<String>,
    /// What the provider shows as the person's name.
    pub display_name: Option<String>,
    /// A picture's address, as the provider gave it. Never fetched by the agent.
    pub avatar_url: Option<String>,
    /// The scopes that were asked for.
    pub requested: ScopeSet,
    /// The scopes that the provider granted.
    pub granted: ScopeSet,
    /// When it was first connected.
    pub connected_at: Wall,
    /// When it was last connected again.
    pub reconnected_at: Option<Wall>,
    /// The user asked that nothing be served or renewed.
    pub paused: bool,
}

/// What the engine knows of an account's tokens without opening them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// When the access token ends; `None` when the provider set no end.
    pub access_expires_at: Option<Wall>,
    /// When the access token was issued.
    pub access_issued_at: Option<Wall>,
    /// When the whole grant ends, if that is known.
    pub grant_expires_at: Option<Wall>,
    /// From where that end is known; `None` for one that an earlier version stored.
    pub grant_basis: Option<Basis>,
    /// There is a refresh token.
    pub refreshable: bool,
    /// What is wrong at present.
    pub trouble: Option<Trouble>,
    /// How the last renewal went.
    pub last_refresh: Option<LastRefresh>,
}

/// Something that is wrong with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The cause, from which the status follows.
    pub reason: Reason,
    /// Since when.
    pub since: Wall,
}

/// How the last renewal went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRefresh {
    /// When it ended.
    pub at: Wall,
    /// Whether it brought a token.
    pub outcome: RefreshOutcome,
    /// The reason's word when it failed.
    pub code: Option<String>,
    /// The HTTP status of the last answer, if there was one.
    pub http_status: Option<u16>,
    /// The provider's own error code, cleaned.
    pub provider_error: Option<String>,
    /// The provider's own sentence, cleaned.
    pub provider_description: Option<String>,
    /// How many requests were sent.
    pub attempts: u32,
}

/// Whether a renewal brought a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// It did.
    Ok,
    /// It did not.
    Failed,
}

impl RefreshOutcome {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            RefreshOutcome::Ok => "ok",
            RefreshOutcome::Failed => "failed",
        }
    }
}
