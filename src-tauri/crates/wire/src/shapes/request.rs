//! Questions to the user: an app's wish for a reconnect or for access, and the answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::WantView;

/// "Please let the user reconnect this account."
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconnectBody {
    /// What the app was about to do, in words for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A question to the user, and how it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequestView {
    /// The question's id: `req_…`.
    pub request: String,
    /// `waiting`, `opened`, `done`, `declined` or `expired`.
    pub state: String,
    /// The account it is about.
    pub account: Option<String>,
    /// The app that asks; `null` when the owner does.
    pub app: Option<String>,
    /// Why, in the app's words.
    pub because: Option<String>,
    /// When it was asked.
    pub created_at: String,
    /// When it goes away by itself.
    pub expires_at: String,
    /// What is asked: `reconnect`, `app` (an app wants access), `program` (a program without a key wants to read), or
    /// `emergency` (a key of the owner's own is to stand in).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What a new app calls itself; a program's file name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The code to compare with the one the app shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What a new app wants to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants: Option<Vec<WantView>>,
    /// The program that asks, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// What started that program, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// When another file at the program's path was allowed: it was updated or replaced since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_before: Option<String>,
    /// For how many seconds an emergency key is to stand in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u64>,
}

impl RequestView {
    /// True when nothing more will happen to it.
    pub fn is_over(&self) -> bool {
        !matches!(self.state.as_str(), "waiting" | "opened" | "pending")
    }
}

/// Every open question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequestsView {
    /// The questions, oldest first.
    pub requests: Vec<RequestView>,
}

/// The user's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    /// `allow`, `deny` or `block`.
    pub answer: String,
    /// For how long. An app's: `1h`, `1d`, or `revoked` (until it is revoked, as without this). A program's: `once`
    /// (the reads that wait, as without this), `1h`, or `revoked`.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub for_: Option<String>,
}
