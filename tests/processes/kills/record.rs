//! The provider's own record of an account's grant, and whether it excuses that the account is needed again.

use bowline_tests::Door;
use serde_json::{Value, json};

use super::readers::Readers;
use crate::stage::{expect, get, text};

/// A request that was on its way when the agent was killed may be answered a moment later, on a busy machine. No new
/// agent sends one as soon as that: it has its vault to open first.
const LATE_MS: i64 = 200;

/// How the newest grant of one person stands.
pub(crate) struct Record(Value);

impl Record {
    /// Asks the practice provider for it.
    pub(crate) fn of(practice: &Door, subject: &str) -> Self {
        let told = expect(200, &get(practice, "/_practice"));
        let grants = told["grants"].as_array().expect("the record is a list");
        let own = grants.iter().find(|grant| grant["subject"] == subject);
        Self(own.cloned().unwrap_or_else(|| panic!("the provider has no grant of {subject}: {told}")))
    }

    /// The provider saw a refresh token a second time, and ended the grant for it.
    pub(crate) fn is_ended_by_reuse(&self) -> bool {
        self.0["ended"] == "reused"
    }

    /// What speaks against an answer that the provider gave and a kill kept this machine from reading. It holds where
    /// the newest refresh token never came back, nobody was ever given the newest access token, and a kill after
    /// that answer found the renewal begun and no answer on disk.
    pub(crate) fn objection(&self, readers: &Readers, cut_off_at: &[i64]) -> Option<String> {
        let given_at = self.0["answered_at_ms"].as_i64().expect("an answered grant has a moment");
        let reason = if !self.is_ended_by_reuse() {
            "its grant was not ended"
        } else if self.0["refresh_used"] != json!(false) {
            "its newest refresh token had arrived here: it was used"
        } else if readers.were_given(&text(&self.0["access_sha256"])) {
            "its newest access token had arrived here: somebody was given it"
        } else if !cut_off_at.iter().any(|killed_at| *killed_at + LATE_MS >= given_at) {
            "no kill after the newest answer cut its renewal off"
        } else {
            return None;
        };
        Some(format!("{reason}; kills that cut it off: {cut_off_at:?}; the provider's record: {}", self.0))
    }
}
