//! The figures the engine works by, each with its default from the contract (§5). The agent reads a person's
//! own figures from `settings.toml`; here they are already checked.

use std::time::Duration;

use bowline_oauth::transport::Limits;

use crate::figures::alerts;
use crate::notice::moments::Quiet;

/// What a person may change about how the engine works.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How long before expiry a renewal should be over; never more than a fifth of the token's life is kept.
    pub margin: Duration,
    /// When to say that the user will be needed, before the grant ends; longest first.
    pub warn_before: Vec<Duration>,
    /// How long a person has to finish signing in.
    pub connect_timeout: Duration,
    /// How long the browser's end of an attempt listens.
    pub state_ttl: Duration,
    /// How many attempts one caller may start in an hour.
    pub attempts_per_hour: u32,
    /// How many requests make one try at the token endpoint.
    pub retry_attempts: u32,
    /// The first pause between two of them.
    pub retry_base: Duration,
    /// The longest pause between two of them.
    pub retry_max: Duration,
    /// How long each of them may take.
    pub timeouts: Vec<Duration>,
    /// How long each may take to connect.
    pub connect_timeouts: Vec<Duration>,
    /// How many tries in a row may go without any answer before a provider's host is left alone.
    pub breaker_failures: u32,
    /// For how long it is left alone then.
    pub breaker_open_for: Duration,
    /// How often a provider is asked after an account that is never renewed.
    pub verify_every: Duration,
    /// How long an emergency key may stand in.
    pub emergency_max: Duration,
    /// How many tokens one app may read in a minute.
    pub reads_per_minute: u32,
    /// Whether the person is asked before a program without a key reads an account for the first time.
    pub confirm: bool,
    /// Whether the person is told anything unasked.
    pub notify: bool,
    /// How long the same cause of the same account stays unsaid at least after it was said.
    pub repeat_after: Duration,
    /// When the person is told only what an app waits for; `None` for never.
    pub quiet: Option<Quiet>,
    /// How long entries of the audit trail are kept.
    pub audit_keep: Duration,
    /// When a figure becomes an alert.
    pub alerts: alerts::Limits,
}

impl Default for Policy {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            margin: s(300),
            warn_before: vec![s(7 * 86_400), s(3 * 86_400), s(86_400)],
            connect_timeout: s(300),
            state_ttl: s(600),
            attempts_per_hour: 10,
            retry_attempts: 3,
            retry_base: Duration::from_millis(500),
            retry_max: s(30),
            timeouts: vec![s(5), s(15), s(30)],
            connect_timeouts: vec![s(2), s(5), s(10)],
            breaker_failures: 5,
            breaker_open_for: s(60),
            verify_every: s(86_400),
            emergency_max: crate::emergency::LONGEST,
            reads_per_minute: 600,
            confirm: false,
            notify: true,
            repeat_after: s(86_400),
            quiet: None,
            audit_keep: s(365 * 86_400),
            alerts: alerts::Limits::default(),
        }
    }
}

impl Policy {
    /// The time limits of the `n`-th request of one try, counted from zero; the last figures go on for ever.
    pub fn limits(&self, n: u32) -> Limits {
        let pick = |list: &[Duration], fallback: Duration| {
            list.get(n as usize).or(list.last()).copied().unwrap_or(fallback)
        };
        Limits {
            total: pick(&self.timeouts, Duration::from_secs(15)),
            connect: pick(&self.connect_timeouts, Duration::from_secs(5)),
            ..Limits::default()
        }
    }

    /// The longest a whole try can take, pauses included: what a waiting reader may have to wait.
    pub fn longest_try(&self) -> Duration {
        let requests: Duration = (0..self.retry_attempts).map(|n| self.limits(n).total).sum();
        requests + self.retry_max.min(self.retry_base * 4) * self.retry_attempts
    }

    /// From how long before its end a grant is called expiring.
    pub fn first_warning(&self) -> Duration {
        self.warn_before.iter().copied().max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e04_the_ladder_is_5_15_and_30_seconds_and_stays_there() {
        let policy = Policy::default();
        let totals: Vec<u64> = (0..4).map(|n| policy.limits(n).total.as_secs()).collect();
        assert_eq!(totals, [5, 15, 30, 30]);
        assert_eq!(policy.limits(0).connect, Duration::from_secs(2));
        assert!(policy.longest_try() <= Duration::from_secs(56));
    }
}
