//! The audit trail as the owner reads it (contract §6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditView {
    /// Its number, without gaps.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who: `owner`, an app's id, or `bowline` itself.
    pub actor: String,
    /// The program at the other end, by path.
    pub program: Option<String>,
    /// What happened.
    pub event: String,
    /// The account it is about.
    pub account: Option<String>,
    /// The app it is about.
    pub app: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// The stable word, when it did not end well.
    pub code: Option<String>,
    /// The hash of the entry before.
    pub prev: String,
    /// The hash of this entry, which covers the one before.
    pub hash: String,
}

/// A stretch of the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditListView {
    /// The entries: the newest first without `since_seq`, else those after it, oldest first.
    pub entries: Vec<AuditView>,
}

/// Whether the chain holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerifiedView {
    /// No entry was changed or taken out.
    pub ok: bool,
    /// How many entries were looked at.
    pub entries: u64,
    /// The first entry that does not fit.
    pub broken_at: Option<u64>,
}
