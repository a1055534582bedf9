//! The one answer that carries an access token, and how an app reports one that was refused.

use bowline_base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A valid access token and how to present it. Its `Debug` shows no token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// The token.
    #[serde(with = "super::secret_text")]
    #[schema(value_type = String)]
    pub access_token: Secret,
    /// As the provider spelled it, usually `Bearer`.
    pub token_type: String,
    /// When it ends; `null` when the provider set no end.
    pub expires_at: Option<String>,
    /// Seconds left at the time of the answer.
    pub expires_in: Option<u64>,
    /// The scopes it carries.
    pub scopes: Vec<String>,
    /// The account's id.
    pub account: String,
    /// The provider's id.
    pub provider: String,
    /// `oauth`, `fallback` or `emergency`.
    pub source: String,
    /// How this provider wants it presented.
    #[serde(rename = "use")]
    pub use_: UseView,
}

/// How a token is presented to the provider's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UseView {
    /// The header's name.
    pub header: String,
    /// The word before the token; empty when there is none.
    pub scheme: String,
    /// Where the API is, when that is only known at run time.
    pub api_base: Option<String>,
    /// The tenant, when the API wants one.
    pub tenant: Option<String>,
}

impl Default for UseView {
    fn default() -> Self {
        Self { header: "Authorization".into(), scheme: "Bearer".into(), api_base: None, tenant: None }
    }
}

/// "The provider answered 401 to this token", named by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedBody {
    /// SHA-256 of the token in hexadecimal.
    pub sha256: String,
}
