//! Errors as RFC 9457 answers, and the stable codes (contract §3) with the exits they become (§4).
//!
//! A code exists only if a caller can act on it. `detail` is one sentence that a person can act on; no
//! token, code, verifier or secret is ever in a problem, which whoever fills one in answers for.

use std::fmt;

use bowline_base::{Action, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shapes::ReconnectLink;

/// The media type of every error.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Where each code is explained; a code's anchor is the code itself.
pub const DOCS: &str = "https://github.com/bowline-dev/bowline/blob/main/docs/errors.md";

/// What went wrong, whose move it is, and what that move is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The code's explanation in the documentation.
    #[serde(rename = "type")]
    pub type_: String,
    /// What the code means, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, and what to do.
    pub detail: String,
    /// The stable word; see [`Problem::code`].
    pub code: String,
    /// Whose move it is.
    #[serde(default)]
    pub action: Option<String>,
    /// Why the account has the status it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The account's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How an app asks for a reconnect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnect: Option<ReconnectLink>,
    /// Seconds after which trying again makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// What was probably meant: ids of accounts, or of providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// The scopes that the account lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_scopes: Vec<String>,
    /// The provider's own error code, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_error: Option<String>,
    /// The provider's own sentence, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_description: Option<String>,
    /// The HTTP status of the provider's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
}

impl Problem {
    /// A problem with this code; title, status, type and the usual action follow from it.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            type_: code.anchor(),
            title: code.title().into(),
            status: code.status(),
            detail: detail.into(),
            code: code.as_str().into(),
            action: code.action().map(|a| a.as_str().into()),
            ..Self::default()
        }
    }

    /// With another action than the usual one.
    #[must_use]
    pub fn with_action(mut self, action: Option<Action>) -> Self {
        self.action = action.map(|a| a.as_str().into());
        self
    }

    /// With the account's reason.
    #[must_use]
    pub fn with_reason(mut self, reason: Reason) -> Self {
        self.reason = Some(reason.as_str().into());
        self
    }

    /// About this account; with the way to ask for a reconnect where that is the action.
    #[must_use]
    pub fn about(mut self, account: &str) -> Self {
        let asks = self.action.as_deref() == Some(Action::Reconnect.as_str());
        self.reconnect = asks.then(|| ReconnectLink::of(account));
        self.account = Some(account.into());
        self
    }

    /// With the seconds after which trying again makes sense.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The code as a value; `None` for a word that only a newer agent knows.
    pub fn code(&self) -> Option<Code> {
        Code::parse(&self.code)
    }

    /// The action as a value.
    pub fn action(&self) -> Option<Action> {
        self.action.as_deref().and_then(Action::parse)
    }

    /// The exit of a command that ends with this problem. Whatever the code, an account that the user
    /// paused is refused, not broken.
    pub fn exit(&self) -> u8 {
        if self.action() == Some(Action::Resume) {
            return Code::Forbidden.exit();
        }
        self.code().map_or(1, Code::exit)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $status:literal, $exit:literal, $action:expr, $title:literal;)+) => {
        /// Every code of the contract.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $($(#[$doc])* $variant,)+ }

        impl Code {
            /// Every code, in the contract's order.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $word,)+ }
            }

            /// Reads the word on the wire.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Code::$variant),)+ _ => None }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)+ }
            }

            /// The exit of a command that ends with it.
            pub const fn exit(self) -> u8 {
                match self { $(Code::$variant => $exit,)+ }
            }

            /// Whose move it usually is.
            pub const fn action(self) -> Option<Action> {
                match self { $(Code::$variant => $action,)+ }
            }

            /// What it means, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    /// The request does not make sense.
    InvalidRequest = "invalid_request", 400, 2, None, "The request is not valid";
    /// The selector fits several accounts.
    AmbiguousAccount = "ambiguous_account", 400, 3, None, "Several accounts fit";
    /// No key, or one that is not known.
    NotAuthenticated = "not_authenticated", 401, 6, None, "A key is needed";
    /// The caller may not do this.
    Forbidden = "forbidden", 403, 6, None, "Not allowed";
    /// The owner has not said yes, or the account does not exist: the caller learns neither.
    ApprovalRequired = "approval_required", 403, 6, None, "The user has to allow this first";
    /// A web page tried.
    CrossOrigin = "cross_origin", 403, 6, None, "Web pages are not served";
    /// No account fits the selector.
    AccountNotFound = "account_not_found", 404, 3, Some(Action::Connect), "No such account";
    /// No provider has this id.
    ProviderNotFound = "provider_not_found", 404, 3, None, "No such provider";
    /// No such question or attempt, or it did not outlive the agent.
    RequestNotFound = "request_not_found", 404, 3, None, "No such request";
    /// No such path or thing.
    NotFound = "not_found", 404, 3, None, "Nothing is here";
    /// The path exists, this method does not.
    MethodNotAllowed = "method_not_allowed", 405, 1, None, "Not with this method";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, 1, None, "The body must be JSON";
    /// Only the user can mend it, by signing in again.
    ReconnectRequired = "reconnect_required", 409, 4, Some(Action::Reconnect), "The user has to sign in again";
    /// The account lacks a scope.
    InsufficientScope = "insufficient_scope", 409, 4, Some(Action::Reconnect), "A permission is missing";
    /// Client id, secret or endpoint is wrong or missing.
    ProviderMisconfigured = "provider_misconfigured", 409, 10, Some(Action::FixProvider), "The provider is set up wrongly";
    /// Another person signed in than the account belongs to.
    AccountMismatch = "account_mismatch", 409, 9, Some(Action::Reconnect), "That is another account";
    /// The body is too large.
    TooLarge = "too_large", 413, 1, None, "Too large";
    /// The `Host` header names somebody else.
    WrongHost = "wrong_host", 421, 1, None, "Wrong host";
    /// The request's head is too large.
    HeadersTooLarge = "headers_too_large", 431, 1, None, "Too many headers";
    /// The vault's key cannot be had at present.
    Locked = "locked", 423, 7, Some(Action::Unlock), "The vault is locked";
    /// Too many requests; `Retry-After` says when to come back.
    RateLimited = "rate_limited", 429, 5, Some(Action::Wait), "Too many requests";
    /// A fault of Bowline's own.
    Internal = "internal", 500, 1, None, "Something went wrong inside Bowline";
    /// A file cannot be read or written.
    StorageError = "storage_error", 507, 1, None, "The vault's files cannot be used";
    /// No valid token for now; it mends itself.
    TemporarilyUnavailable = "temporarily_unavailable", 503, 5, Some(Action::Wait), "Not available for now";
}

impl Code {
    /// The code's explanation in the documentation.
    pub fn anchor(self) -> String {
        format!("{DOCS}#{}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e02_every_code_has_the_status_the_contract_gives_it() {
        let paper: &[(u16, &str)] = &[
            (400, "invalid_request ambiguous_account"),
            (401, "not_authenticated"),
            (403, "forbidden approval_required cross_origin"),
            (404, "account_not_found provider_not_found request_not_found not_found"),
            (405, "method_not_allowed"),
            (415, "unsupported_media_type"),
            (409, "reconnect_required insufficient_scope provider_misconfigured account_mismatch"),
            (413, "too_large"),
            (421, "wrong_host"),
            (431, "headers_too_large"),
            (423, "locked"),
            (429, "rate_limited"),
            (500, "internal"),
            (507, "storage_error"),
            (503, "temporarily_unavailable"),
        ];
        let rows: Vec<(u16, &str)> =
            paper.iter().flat_map(|(status, words)| words.split(' ').map(|w| (*status, w))).collect();
        assert_eq!(rows.len(), Code::ALL.len());
        for (status, word) in rows {
            assert_eq!(Code::parse(word).unwrap().status(), status, "{word}");
        }
    }

    #[test]
    fn every_code_ends_a_command_as_the_table_of_exits_says() {
        for (code, exit) in [
            (Code::AccountNotFound, 3),
            (Code::AmbiguousAccount, 3),
            (Code::ProviderNotFound, 3),
            (Code::ReconnectRequired, 4),
            (Code::InsufficientScope, 4),
            (Code::TemporarilyUnavailable, 5),
            (Code::ApprovalRequired, 6),
            (Code::Locked, 7),
            (Code::AccountMismatch, 9),
            (Code::ProviderMisconfigured, 10),
            (Code::Internal, 1),
        ] {
            assert_eq!(Problem::new(code, "x").exit(), exit, "{code:?}");
        }
        assert_eq!(Problem { code: "from_the_future".into(), ..Problem::default() }.exit(), 1);
    }

    #[test]
    fn r18_no_account_asks_for_connecting_and_a_dead_one_for_reconnecting() {
        assert_eq!(Problem::new(Code::AccountNotFound, "x").action(), Some(Action::Connect));
        let dead = Problem::new(Code::ReconnectRequired, "x").about("acc_1");
        assert_eq!(dead.reconnect.unwrap().href, "/v1/accounts/acc_1/reconnect");
        assert_eq!(Problem::new(Code::Locked, "x").about("acc_1").reconnect, None);
    }

    #[test]
    fn what_does_not_apply_is_left_out_and_the_action_is_always_there() {
        let json = serde_json::to_value(Problem::new(Code::NotFound, "Nothing is here.")).unwrap();
        let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["action", "code", "detail", "status", "title", "type"]);
        assert!(json["type"].as_str().unwrap().ends_with("#not_found"));
        assert_eq!(
            serde_json::from_value::<Problem>(json).unwrap(),
            Problem::new(Code::NotFound, "Nothing is here.")
        );
    }
}
