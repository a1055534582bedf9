//! The figures over time, the alerts that are open, and how the breakers stand.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::events::AlertEvent;

/// The alerts that are open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertsView {
    /// The alerts, oldest first.
    pub alerts: Vec<AlertEvent>,
}

/// The figures of a range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryView {
    /// `24h`, `7d` or `30d`.
    pub range: String,
    /// When it begins.
    pub since: String,
    /// When it was asked for.
    pub until: String,
    /// How many seconds one point is.
    pub step_s: u64,
    /// The alerts that are open.
    pub alerts: Vec<AlertEvent>,
    /// How the breakers stand of the hosts that accounts depend on.
    pub breakers: Vec<BreakerView>,
    /// The whole range together.
    pub total: FiguresView,
    /// The whole range by provider: those that renewed, or tried to.
    pub providers: Vec<ProviderFiguresView>,
    /// The range in even steps, oldest first; the last one is not over.
    pub points: Vec<PointView>,
}

/// What was counted in some time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FiguresView {
    /// Renewals.
    pub renewals: RenewalsView,
    /// Tokens given to callers.
    pub served: ServedView,
    /// Callers who took the result of a renewal that was under way.
    pub joined: u64,
    /// Renewals of one account that met.
    pub conflicts: u64,
    /// Tokens that ended while a program used them.
    pub expired_in_use: u64,
}

/// Renewals, and what they brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RenewalsView {
    /// Those that brought a token.
    pub ok: u64,
    /// Those that did not.
    pub failed: u64,
    /// The share of those that did; `null` where there were none.
    pub success: Option<f64>,
    /// How long 99 of 100 of them took at most, in seconds.
    pub p99_s: Option<f64>,
    /// How long the tokens live on average, in seconds.
    pub lifetime_s: Option<f64>,
}

/// Tokens given to callers, by where they came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServedView {
    /// The account's own.
    pub oauth: u64,
    /// Of an account that stands in.
    pub fallback: u64,
    /// A key that stands in.
    pub emergency: u64,
}

/// One provider's renewals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderFiguresView {
    /// Its id.
    pub provider: String,
    /// Its renewals.
    #[serde(flatten)]
    pub renewals: RenewalsView,
}

/// One step of a range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PointView {
    /// When it begins.
    pub at: String,
    /// What was counted.
    #[serde(flatten)]
    pub figures: FiguresView,
}

/// How a breaker stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakerView {
    /// The provider's host, with its port where it has one.
    pub host: String,
    /// `closed`, `open` or `half_open`.
    pub state: String,
    /// Since when it is left alone.
    pub since: Option<String>,
    /// When it is tried again.
    pub next_try_at: Option<String>,
}
