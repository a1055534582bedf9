//! Apps: how one asks for access, and what the owner sees of those that have it.

use bowline_base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An app asks for access.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppBody {
    /// What the app calls itself.
    pub name: String,
    /// What it wants to read.
    pub wants: Vec<WantView>,
    /// Why, in words for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// One thing an app wants: some account of a provider, or one account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantView {
    /// Any account of this provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// This account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// With these scopes; all that the account has when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// True for what Bowline counts (`GET /v1/metrics`), in the place of an account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub metrics: bool,
}

/// The question was put to the user; the app polls with the secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppWantedView {
    /// The question's id: `req_…`.
    pub request: String,
    /// Shown on both sides, so that the user can compare.
    pub code: String,
    /// The key for polling.
    #[serde(with = "super::secret_text")]
    #[schema(value_type = String)]
    pub poll_secret: Secret,
    /// When the question goes away by itself.
    pub expires_at: String,
}

/// How an app's question stands. Carries the app key once, when it was approved and the app asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppRequestView {
    /// The question's id.
    pub request: String,
    /// `pending`, `denied`, `expired` or `approved`.
    pub state: String,
    /// The app's id, once approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The app key, given once.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::secret_text::option")]
    #[schema(value_type = Option<String>)]
    pub app_key: Option<Secret>,
}

/// The owner says yes to an app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveBody {
    /// The accounts it may read, by selector.
    pub accounts: Vec<String>,
    /// For how many seconds; until revoked when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// An app that has a key, or a program without one that was decided about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppView {
    /// The app's id: `app_…`.
    pub id: String,
    /// What it calls itself; a program's file name.
    pub name: String,
    /// When it was approved.
    pub created_at: String,
    /// When it last read a token.
    pub last_read_at: Option<String>,
    /// What it may read.
    pub grants: Vec<GrantView>,
    /// The path of the program that this is about, where it has no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The accounts that this program is refused without a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
    /// True where it may see what Bowline counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub metrics: bool,
}

/// One account that an app may read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GrantView {
    /// The account's id.
    pub account: String,
    /// With these scopes; `null` for all that the account has.
    pub scopes: Option<Vec<String>>,
    /// Until then; `null` for until revoked.
    pub expires_at: Option<String>,
}

/// All apps that have a key, and the programs that were decided about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppsView {
    /// The apps, by name.
    pub apps: Vec<AppView>,
}

/// An app's key does not work any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppRevokedView {
    /// The app's id.
    pub app: String,
    /// Always true: an unknown app is `not_found`.
    pub revoked: bool,
}
