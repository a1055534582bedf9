//! Figures and their limits: medians, the table for people, and the same as JSON.

use serde_json::{Value, json};

/// What a figure has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Limit {
    /// At most this.
    Most(f64),
    /// At least this.
    Least(f64),
    /// It is only told.
    None,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    limit: Limit,
}

impl Figure {
    /// A figure; `×` is the unit of a ratio.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str, limit: Limit) -> Self {
        Self { name: name.into(), value, unit, limit }
    }

    /// Whether it keeps its limit. What could not be measured keeps none.
    pub(crate) fn is_kept(&self) -> bool {
        match self.limit {
            Limit::Most(most) => self.value <= most,
            Limit::Least(least) => self.value >= least,
            Limit::None => true,
        }
    }

    /// `name  value  limit  ok|over`.
    pub(crate) fn line(&self) -> String {
        let limit = match self.limit {
            Limit::Most(most) => format!("≤ {most} {}", self.unit),
            Limit::Least(least) => format!("≥ {least} {}", self.unit),
            Limit::None => "–".to_owned(),
        };
        let verdict = match (self.limit, self.is_kept()) {
            (Limit::None, _) => "",
            (_, true) => "ok",
            (_, false) => "over",
        };
        let value = format!("{} {}", rounded(self.value), self.unit);
        format!("{:58} {value:>12}  {limit:12} {verdict}", self.name).trim_end().to_owned()
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Value {
        let (most, least) = match self.limit {
            Limit::Most(most) => (Some(most), None),
            Limit::Least(least) => (None, Some(least)),
            Limit::None => (None, None),
        };
        let value = rounded(self.value).parse::<f64>().ok();
        json!({"name": self.name, "value": value, "unit": self.unit, "most": most, "least": least, "ok": self.is_kept()})
    }
}

/// The middle one of some values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    share(values, 0.5)
}

/// The value that so large a share of the values does not exceed.
pub(crate) fn share(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn rounded(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
