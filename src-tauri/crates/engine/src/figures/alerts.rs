//! When a figure becomes an alert, and when it is over: raised once, cleared once. Pure: the time is given.
//!
//! Lengths are measured on the clock that never jumps; the time of day is only told. Each list has a largest size, and
//! what is over its time is let go.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Instant, Wall};

/// Over how long failed renewals are counted.
const REFRESH_WINDOW: Duration = Duration::from_secs(300);
/// Over how long the use of stand-ins, and tokens that ended in use, are counted.
const HOUR: Duration = Duration::from_secs(3600);
/// One failed renewal alone is no rate: most are well at the next try, and its account says so itself.
const FEWEST_FAILURES: usize = 2;
/// So much is remembered of each; with more the share of the newest is told.
const MOST: usize = 1000;

/// A figure that crossed its limit, or came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `refresh_failures`, `breaker_open`, `fallback_used` or `expired_in_use`.
    pub name: &'static str,
    /// `warning` or `critical`.
    pub severity: &'static str,
    /// The host that is left alone, or the program whose token ended.
    pub about: Option<Arc<str>>,
    /// The figure.
    pub value: f64,
    /// Its limit.
    pub threshold: f64,
    /// Since when.
    pub since: Wall,
    /// When it came back.
    pub cleared_at: Option<Wall>,
}

/// The limits that a person may set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The share of renewals that may fail.
    pub refresh_failures: f64,
    /// The share of tokens that may end while in use.
    pub expired_in_use: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { refresh_failures: 0.1, expired_in_use: 0.05 }
    }
}

/// What happened lately, and the alerts that are open.
#[derive(Debug)]
pub struct Alarms {
    limits: Limits,
    renewals: VecDeque<(Instant, bool)>,
    fallbacks: VecDeque<Instant>,
    expired: VecDeque<Instant>,
    /// Whose token ended last.
    program: Option<Arc<str>>,
    /// Open breakers: host, tries, limit, since.
    breakers: BTreeMap<Arc<str>, (u32, u32, Wall)>,
    open: BTreeMap<(&'static str, Option<Arc<str>>), Alert>,
}

/// What is to be said at present.
struct Finding {
    name: &'static str,
    about: Option<Arc<str>>,
    value: f64,
    threshold: f64,
    /// Since when; since now where nothing is said.
    since: Option<Wall>,
}

impl Alarms {
    /// None open, by these limits.
    pub fn by(limits: Limits) -> Self {
        Self {
            limits,
            renewals: VecDeque::new(),
            fallbacks: VecDeque::new(),
            expired: VecDeque::new(),
            program: None,
            breakers: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }

    /// Other limits are in force.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// A renewal is over.
    pub fn renewed(&mut self, now: Instant, well: bool) {
        push(&mut self.renewals, (now, well));
    }

    /// Another account stood in.
    pub fn fell_back(&mut self, now: Instant) {
        push(&mut self.fallbacks, now);
    }

    /// A token ended while this program used it.
    pub fn expired(&mut self, now: Instant, program: Option<Arc<str>>) {
        push(&mut self.expired, now);
        self.program = program.or_else(|| self.program.take());
    }

    /// A host is left alone, after so many tries.
    pub fn breaker_opened(&mut self, host: &str, tries: u32, limit: u32, now: Wall) {
        self.breakers.insert(host.into(), (tries, limit, now));
    }

    /// It is asked again.
    pub fn breaker_closed(&mut self, host: &str) {
        self.breakers.remove(host);
    }

    /// The alerts that are open, the oldest first.
    pub fn open(&self) -> Vec<Alert> {
        let mut open: Vec<Alert> = self.open.values().cloned().collect();
        open.sort_by_key(|alert| alert.since);
        open
    }

    /// What came and went. `served` is how many tokens were given in the last hour.
    pub fn look(&mut self, now: Instant, wall: Wall, served: u64) -> Vec<Alert> {
        self.forget(now);
        let found = self.findings(served);
        let over: Vec<_> = self
            .open
            .keys()
            .filter(|(name, about)| {
                !found.iter().any(|f| f.name == *name && key_of(f).1.as_ref() == about.as_ref())
            })
            .cloned()
            .collect();
        let mut told: Vec<Alert> = over
            .into_iter()
            .filter_map(|key| self.open.remove(&key))
            .map(|alert| Alert { value: 0.0, cleared_at: Some(wall), ..alert })
            .collect();
        for finding in found {
            let key = key_of(&finding);
            if let Some(open) = self.open.get_mut(&key) {
                (open.value, open.about) = (finding.value, finding.about);
                continue;
            }
            let alert = raised(finding, wall);
            self.open.insert(key, alert.clone());
            told.push(alert);
        }
        told
    }

    /// When something that is open may be over without anything happening: what it counts leaves its window.
    pub fn next_look(&self, now: Instant) -> Option<Instant> {
        let is_open = |name: &str| self.open.keys().any(|(open, _)| *open == name);
        let leaves = |at: Option<Instant>, window: Duration| at.map(|at| at + window);
        let failed = self.renewals.iter().find(|(_, well)| !well).map(|(at, _)| *at);
        let moments = [
            leaves(failed, REFRESH_WINDOW).filter(|_| is_open(REFRESH_FAILURES)),
            leaves(self.fallbacks.front().copied(), HOUR).filter(|_| is_open(FALLBACK_USED)),
            leaves(self.expired.front().copied(), HOUR).filter(|_| is_open(EXPIRED_IN_USE)),
        ];
        moments.into_iter().flatten().map(|at| at.max(now)).min()
    }

    fn findings(&self, served: u64) -> Vec<Finding> {
        let mut found = Vec::new();
        let failed = self.renewals.iter().filter(|(_, well)| !well).count();
        let share = failed as f64 / self.renewals.len().max(1) as f64;
        if failed >= FEWEST_FAILURES && share > self.limits.refresh_failures {
            found.push(Finding {
                name: REFRESH_FAILURES,
                about: None,
                value: share,
                threshold: self.limits.refresh_failures,
                since: None,
            });
        }
        if !self.fallbacks.is_empty() {
            let value = self.fallbacks.len() as f64;
            found.push(Finding { name: FALLBACK_USED, about: None, value, threshold: 0.0, since: None });
        }
        let ended = self.expired.len() as u64;
        // A long job may hold a token that was given before the hour began.
        let share = ended as f64 / served.max(ended).max(1) as f64;
        if share > self.limits.expired_in_use {
            let (about, threshold) = (self.program.clone(), self.limits.expired_in_use);
            found.push(Finding { name: EXPIRED_IN_USE, about, value: share, threshold, since: None });
        }
        for (host, (tries, limit, since)) in &self.breakers {
            found.push(Finding {
                name: BREAKER_OPEN,
                about: Some(Arc::clone(host)),
                value: f64::from(*tries),
                threshold: f64::from(*limit),
                since: Some(*since),
            });
        }
        found
    }

    fn forget(&mut self, now: Instant) {
        let gone = |at: Instant, window: Duration| now.since(at) >= window;
        while self.renewals.pop_front_if(|(at, _)| gone(*at, REFRESH_WINDOW)).is_some() {}
        while self.fallbacks.pop_front_if(|at| gone(*at, HOUR)).is_some() {}
        while self.expired.pop_front_if(|at| gone(*at, HOUR)).is_some() {}
    }
}

const REFRESH_FAILURES: &str = "refresh_failures";
const BREAKER_OPEN: &str = "breaker_open";
const FALLBACK_USED: &str = "fallback_used";
const EXPIRED_IN_USE: &str = "expired_in_use";

/// One alert for each host; of the others there is one, whoever was last the cause.
fn key_of(finding: &Finding) -> (&'static str, Option<Arc<str>>) {
    (finding.name, finding.about.clone().filter(|_| finding.name == BREAKER_OPEN))
}

fn raised(finding: Finding, wall: Wall) -> Alert {
    Alert {
        name: finding.name,
        severity: if finding.name == BREAKER_OPEN { "critical" } else { "warning" },
        about: finding.about,
        value: finding.value,
        threshold: finding.threshold,
        since: finding.since.unwrap_or(wall),
        cleared_at: None,
    }
}

fn push<T>(list: &mut VecDeque<T>, one: T) {
    if list.len() == MOST {
        list.pop_front();
    }
    list.push_back(one);
}

#[cfg(test)]
mod tests;
