//! The rules in force, and whose turn it is.
//!
//! Each place in the provider that can fail asks once per request, naming the faults it can play. Every rule
//! that could strike there counts that request, whether or not an earlier rule strikes first, so
//! `status:503@1` and `status:503@2` together mean "the first two".

use super::{Fault, FaultRule, Route};

/// More rules than anybody sets, and few enough to look through at every request.
pub(crate) const MAX_RULES: usize = 64;

/// The rules in force, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    rules: Vec<(FaultRule, u32)>,
}

impl Plan {
    /// A plan whose counts start now. Rules beyond [`MAX_RULES`] are dropped.
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules: rules.into_iter().take(MAX_RULES).map(|rule| (rule, 0)).collect() }
    }

    /// Counts one request at every rule that `pick` knows at this route, and gives the first that strikes.
    pub(crate) fn strike<T>(&mut self, route: Route, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let mut struck = None;
        for (rule, seen) in &mut self.rules {
            let here = rule.at.or(rule.fault.usual_route()).is_none_or(|at| at == route);
            let Some(found) = pick(&rule.fault).filter(|_| here && route != Route::Control) else { continue };
            *seen = seen.saturating_add(1);
            if rule.nth.is_none_or(|nth| nth == *seen) && struck.is_none() {
                struck = Some(found);
            }
        }
        struck
    }

    /// True when a rule for exactly this fault strikes now.
    pub(crate) fn strikes(&mut self, route: Route, fault: &Fault) -> bool {
        self.strike(route, |f| (f == fault).then_some(())).is_some()
    }

    /// The rules as they are written.
    pub(crate) fn to_strings(&self) -> Vec<String> {
        self.rules.iter().map(|(rule, _)| rule.to_string()).collect()
    }
}
