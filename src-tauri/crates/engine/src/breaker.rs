//! Leaving a provider alone that does not answer: one breaker for each host, whatever the number of its accounts.
//!
//! Closed, every try goes through. After so many tries in a row without any answer it opens: nobody asks that host for
//! a while, and readers are told at once. Then a single try is let through to see; its answer closes the breaker, its
//! silence opens it again. An answer of any kind counts as one: a provider that refuses is there.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bowline_base::{Instant, Wall};

/// So long beyond its pause the next try may take and still be of the same silence. What comes later, as after a night in
/// which the computer slept, may be of another one.
const SAME_SILENCE: Duration = Duration::from_secs(300);
/// While one try is under way to see, others come back after this.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every try goes through.
    Closed,
    /// None does.
    Open,
    /// One is under way, to see.
    HalfOpen,
}

impl State {
    /// The contract's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What the end of a try did to its breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// It opened, after so many tries without an answer.
    Opened(u32),
    /// It closed again.
    Closed,
}

/// The breakers of all hosts. Hosts come from provider files, so there are no more than these name.
#[derive(Default)]
pub struct Breakers(Mutex<HashMap<String, Breaker>>);

#[derive(Default)]
struct Breaker {
    /// Tries in a row without an answer.
    silent: u32,
    open: Option<Open>,
}

struct Open {
    since: Wall,
    /// From then on no try had an answer, and there was one again and again.
    silent_from: Instant,
    until: Instant,
    probing: bool,
}

/// When it opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) failures: u32,
    pub(crate) open_for: Duration,
}

/// A try that may be made. One that ends without a word, because something else came in between, leaves the breaker as
/// it was.
pub(crate) struct Pass<'b> {
    breakers: &'b Breakers,
    host: String,
    ended: bool,
}

impl Breakers {
    /// How the breaker of a host stands.
    pub fn state(&self, host: &str) -> State {
        match self.all().get(host).and_then(|breaker| breaker.open.as_ref()) {
            None => State::Closed,
            Some(open) if open.probing => State::HalfOpen,
            Some(_) => State::Open,
        }
    }

    /// The hosts that are left alone, and since when.
    pub fn open(&self) -> Vec<(String, Wall)> {
        let open = |(host, breaker): (&String, &Breaker)| Some((host.clone(), breaker.open.as_ref()?.since));
        let mut found: Vec<_> = self.all().iter().filter_map(open).collect();
        found.sort();
        found
    }

    /// Since when a host is left alone, and how long still, where it is.
    pub(crate) fn silence(&self, host: &str, now: Instant) -> Option<(Wall, Duration)> {
        let all = self.all();
        let open = all.get(host)?.open.as_ref()?;
        Some((open.since, open.until.since(now)))
    }

    /// For how long nothing has come back from a host that is left alone, as far as it was tried.
    pub(crate) fn silent_for(&self, host: &str, now: Instant) -> Option<Duration> {
        Some(now.since(self.all().get(host)?.open.as_ref()?.silent_from))
    }

    /// A try at this host; where it is left alone, how long still.
    ///
    /// # Errors
    /// The rest of the pause; while another try is under way to see, a moment.
    pub(crate) fn enter(&self, host: &str, now: Instant) -> Result<Pass<'_>, Duration> {
        let mut all = self.all();
        if let Some(open) = all.get_mut(host).and_then(|breaker| breaker.open.as_mut()) {
            if let Some(left) = open.left(now) {
                return Err(left);
            }
            open.probing = true;
        }
        Ok(Pass { breakers: self, host: host.to_owned(), ended: false })
    }

    /// How long a host is still left alone, without trying it.
    pub(crate) fn pause(&self, host: &str, now: Instant) -> Option<Duration> {
        let all = self.all();
        let open = all.get(host)?.open.as_ref()?;
        open.left(now)
    }

    /// Somebody wants this host to be tried now.
    pub(crate) fn try_again(&self, host: &str, now: Instant) {
        if let Some(open) = self.all().get_mut(host).and_then(|breaker| breaker.open.as_mut()) {
            open.until = now;
        }
    }

    /// The network is back, or the computer awake: whoever was not heard before may be tried at once.
    pub(crate) fn try_all_again(&self, now: Instant) {
        self.all().values_mut().filter_map(|breaker| breaker.open.as_mut()).for_each(|open| open.until = now);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Breaker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn left(&self, now: Instant) -> Option<Duration> {
        if self.probing {
            return Some(LOOK_AGAIN);
        }
        Some(self.until.since(now)).filter(|left| !left.is_zero())
    }
}

impl Pass<'_> {
    /// Where it leads.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The host answered, whatever it said.
    pub(crate) fn answered(mut self) -> Option<Turned> {
        self.ended = true;
        let was = self.breakers.all().remove(&self.host)?;
        was.open.map(|_| Turned::Closed)
    }

    /// Nothing came back. What it has opened now for is told; a breaker that was open stays so for another while.
    pub(crate) fn silent(mut self, limits: Limits, wall: Wall, now: Instant) -> Option<Turned> {
        self.ended = true;
        let mut all = self.breakers.all();
        let breaker = all.entry(self.host.clone()).or_default();
        breaker.silent = breaker.silent.saturating_add(1);
        let until = now + limits.open_for;
        if let Some(open) = breaker.open.as_mut() {
            if now.since(open.until) > SAME_SILENCE {
                open.silent_from = now;
            }
            (open.until, open.probing) = (until, false);
            return None;
        }
        if breaker.silent < limits.failures {
            return None;
        }
        breaker.open = Some(Open { since: wall, silent_from: now, until, probing: false });
        Some(Turned::Opened(breaker.silent))
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if let Some(open) = self.breakers.all().get_mut(&self.host).and_then(|breaker| breaker.open.as_mut())
        {
            open.probing = false;
        }
    }
}

#[cfg(test)]
mod tests;
