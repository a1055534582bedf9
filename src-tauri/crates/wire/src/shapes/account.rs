//! An account as apps and people see it (contract §2).

use bowline_base::{Action, Reason, Secret, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One connected account. No token is in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Survives every reconnect: `acc_…`.
    pub id: String,
    /// The provider's id.
    pub provider: String,
    /// The provider's own, stable name for the person.
    pub subject: String,
    /// What the user calls it.
    pub label: Option<String>,
    /// What the person signs in with.
    pub username: Option<String>,
    /// What the provider shows as the person's name.
    pub display_name: Option<String>,
    /// A picture's address; Bowline never fetches it.
    pub avatar_url: Option<String>,
    /// How it fares; see [`AccountView::status`].
    pub status: String,
    /// Why it has that status.
    pub reason: Option<String>,
    /// One sentence that a person can act on.
    pub message: String,
    /// Whose move it is.
    pub action: Option<String>,
    /// What it may be used for.
    pub scopes: ScopesView,
    /// When the user will probably be needed.
    pub forecast: ForecastView,
    /// The id of the account that stands in while this one is unavailable.
    pub fallback: Option<String>,
    /// What stands in at present: the id of that account, or `emergency`.
    pub standing_in: Option<String>,
    /// When the emergency key that is in force ends; there while one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_ends_at: Option<String>,
    /// The user asked that nothing be served or renewed.
    pub paused: bool,
    /// When the access token ends; `null` when the provider set no end.
    pub access_expires_at: Option<String>,
    /// When the whole grant ends, if that is known.
    pub grant_expires_at: Option<String>,
    /// There is a refresh token.
    pub refreshable: bool,
    /// When the next renewal is planned.
    pub next_refresh_at: Option<String>,
    /// How the last renewal went; `null` before the first.
    pub last_refresh: Option<LastRefreshView>,
    /// When it was first connected.
    pub connected_at: String,
    /// When it was last connected again.
    pub reconnected_at: Option<String>,
    /// How an app asks for a reconnect; there when `action` is `reconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnect: Option<ReconnectLink>,
}

impl AccountView {
    /// The status as a value; `None` for a word that only a newer agent knows.
    pub fn status(&self) -> Option<Status> {
        Status::parse(&self.status)
    }

    /// The reason as a value.
    pub fn reason(&self) -> Option<Reason> {
        self.reason.as_deref().and_then(Reason::parse)
    }

    /// The action as a value.
    pub fn action(&self) -> Option<Action> {
        self.action.as_deref().and_then(Action::parse)
    }

    /// What to call it in a sentence or a command: its label, else its username, else its id.
    pub fn name(&self) -> &str {
        self.label.as_deref().or(self.username.as_deref()).unwrap_or(&self.id)
    }
}

/// Scopes asked for, granted, and required but not granted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScopesView {
    /// What was asked for.
    pub requested: Vec<String>,
    /// What the provider granted.
    pub granted: Vec<String>,
    /// What is required and not granted.
    pub missing: Vec<String>,
}

/// When the user will probably be needed, and how that is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ForecastView {
    /// The time, if one is known.
    pub ends_at: Option<String>,
    /// `stated` by the provider, known `policy`, or `learned` from this account's history.
    pub basis: Option<String>,
    /// The reason in one sentence.
    pub because: Option<String>,
}

/// How the last renewal went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LastRefreshView {
    /// When it ended.
    pub at: String,
    /// `ok` or `failed`.
    pub outcome: String,
    /// The reason's word when it failed.
    pub code: Option<String>,
    /// The HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// The provider's own error code, cleaned.
    pub provider_error: Option<String>,
    /// The provider's own sentence, cleaned.
    pub provider_description: Option<String>,
    /// How many requests were sent.
    pub attempts: u32,
}

/// Where to ask for a reconnect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReconnectLink {
    /// Always `POST`.
    pub method: String,
    /// The path under this API.
    pub href: String,
}

impl ReconnectLink {
    /// The link of the account with this id.
    pub fn of(account: &str) -> Self {
        Self { method: "POST".into(), href: format!("/v1/accounts/{account}/reconnect") }
    }
}

/// All accounts that the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountsView {
    /// The accounts, worst status first.
    pub accounts: Vec<AccountView>,
}

/// What the owner changes about an account. A field that is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchAccountBody {
    /// A new label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Pause or resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// The selector of the account that stands in; `null` or the empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub fallback: Option<Option<String>>,
}

/// Tells `null` from nothing at all.
fn present<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(given).map(Some)
}

/// A key of the owner's own that is to stand in while the account's provider is down. Its `Debug` shows no key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyBody {
    /// The key, 1 to 4096 printable characters.
    #[serde(with = "super::secret_text")]
    #[schema(value_type = String)]
    pub secret: Secret,
    /// Why, 1 to 120 characters, for the question and the trail.
    pub reason: String,
    /// For how many seconds from the yes on; at most what `[emergency] max_duration` says.
    pub duration_s: u64,
}

/// What ending an emergency key did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmergencyEndedView {
    /// The account's id.
    pub account: String,
    /// A key was in force, or asked for, and is not any more.
    pub ended: bool,
}

/// What disconnecting did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisconnectedView {
    /// The provider confirmed that it withdrew the grant.
    pub revoked_at_provider: bool,
}
