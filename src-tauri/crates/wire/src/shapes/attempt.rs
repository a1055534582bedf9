//! One try to connect or reconnect: how it is started, and how it stands.

use bowline_base::Action;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::AccountView;

/// Starts a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectBody {
    /// A provider's id, an issuer's URL, or an e-mail address.
    pub provider: String,
    /// `browser` or `device`.
    #[serde(default = "browser")]
    pub flow: String,
    /// The account to reconnect, by selector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Scopes to ask for besides the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Whom to propose at the provider's sign-in page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// What to call a new account; refused at once where it cannot be a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The agent opens the browser.
    #[serde(default = "yes")]
    pub open_browser: bool,
    /// Seconds to wait for the browser, at most `[connect] state_ttl`; `[connect] timeout` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u64>,
}

fn browser() -> String {
    "browser".into()
}

const fn yes() -> bool {
    true
}

impl ConnectBody {
    /// The same by a code that is typed elsewhere, where that is wanted.
    pub fn by_code(mut self, wanted: bool) -> Self {
        if wanted {
            self.flow = "device".into();
            self.open_browser = false;
        }
        self
    }

    /// A connection through the browser, which the agent opens.
    pub fn new(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            flow: browser(),
            account: None,
            scopes: None,
            login_hint: None,
            label: None,
            open_browser: true,
            timeout_s: None,
        }
    }
}

/// The attempt was made; the user's move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConnectView {
    /// The attempt's id: `att_…`.
    pub attempt: String,
    /// Where the user signs in, with `flow` `browser`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    /// What the user types where, with `flow` `device`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceView>,
    /// When the attempt ends by itself.
    pub expires_at: String,
    /// The agent handed the address to a browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_opened: Option<bool>,
}

/// The attempt's page was to be opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenedView {
    /// The agent handed the address to a browser.
    pub browser_opened: bool,
}

/// A device code (RFC 8628 §3.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeviceView {
    /// What the user types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same address with the code in it.
    pub verification_uri_complete: Option<String>,
    /// Seconds between polls.
    pub interval: u64,
}

/// How an attempt stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// The attempt's id.
    pub attempt: String,
    /// `waiting`, `exchanging`, `connected`, `failed`, `cancelled` or `expired`.
    pub state: String,
    /// The account, once connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountView>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AttemptErrorView>,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

impl AttemptView {
    /// True when nothing more will happen to it.
    pub fn is_over(&self) -> bool {
        !matches!(self.state.as_str(), "waiting" | "exchanging")
    }
}

/// Why an attempt failed; the codes are the contract's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptErrorView {
    /// The stable word.
    pub code: String,
    /// One sentence that a person can act on.
    pub detail: String,
    /// Whose move it is.
    #[serde(default)]
    pub action: Option<String>,
    /// The provider's own error code, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_error: Option<String>,
    /// The provider's own sentence, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_description: Option<String>,
    /// The HTTP status of the provider's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The scopes that were required and not granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_scopes: Vec<String>,
}

impl AttemptErrorView {
    /// The action as a value.
    pub fn action(&self) -> Option<Action> {
        self.action.as_deref().and_then(Action::parse)
    }
}
