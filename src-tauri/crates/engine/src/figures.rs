//! What is counted: renewals, reads, refusals. From here come the metrics for programs that watch ([`text`]), the hours
//! that the window draws ([`history`]) and the alerts ([`alerts`]); `watch` is how the engine tells and asks.
//!
//! A read adds to atomics and looks at the clock, and nothing more; everything else is rare, and behind one short lock
//! that is never held across an await. Nothing here wakes an agent that rests: an hour is closed by whatever comes after
//! it, and the only timer is for an alert that is open. No account, name or scope is ever counted by.

pub mod alerts;
pub mod history;
pub mod tally;
mod text;
mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bowline_base::{Clock, Instant, ProviderId, Wall};
use tokio::sync::Notify;

use crate::event::{Event, Events};
use crate::serve::Source;
use crate::store::Store;
use alerts::{Alarms, Alert, Limits};
use history::{Hours, SLOT};
use tally::{HotCounts, SOURCES, Tally};

pub use watch::BreakerSight;

/// So many providers are counted one by one; what comes on top is counted together. Nobody has so many.
const MOST_PROVIDERS: usize = 64;
/// What they are counted as.
const OTHER: &str = "other";

/// Everything that is counted, from the agent's start on.
pub struct Figures {
    clock: Arc<dyn Clock>,
    events: Events,
    store: Store,
    served: [AtomicU64; SOURCES.len()],
    serve_took: HotCounts,
    /// Which slot of time the figures are in; a read that sees another one closes it.
    slot: AtomicI64,
    seldom: Mutex<Seldom>,
    /// The moment of the next look at open alerts has changed.
    moved: Notify,
}

/// What changes seldom.
struct Seldom {
    tally: Tally,
    refusals: BTreeMap<&'static str, u64>,
    hours: Hours,
    alarms: Alarms,
    look_at: Option<Instant>,
}

impl Figures {
    /// Figures that begin now.
    pub(crate) fn new(clock: Arc<dyn Clock>, events: Events, store: Store, limits: Limits) -> Self {
        let now = clock.wall();
        let seldom = Seldom {
            tally: Tally::default(),
            refusals: BTreeMap::new(),
            hours: Hours::beginning(now),
            alarms: Alarms::by(limits),
            look_at: None,
        };
        Self {
            clock,
            events,
            store,
            served: Default::default(),
            serve_took: HotCounts::default(),
            slot: AtomicI64::new(slot_of(now)),
            seldom: Mutex::new(seldom),
            moved: Notify::new(),
        }
    }

    /// A token was given to a caller, got in this way.
    pub fn served(&self, source: Source) {
        self.turn_over();
        self.served[source as usize].fetch_add(1, Ordering::Relaxed);
        if source == Source::Fallback {
            let now = self.clock.instant();
            self.change(|seldom| seldom.alarms.fell_back(now));
        }
    }

    /// How long a caller waited for the token that it got.
    pub(crate) fn serve_took(&self, length: Duration) {
        self.serve_took.add(length);
    }

    /// A renewal is over, well or not, after so long.
    pub(crate) fn renewed(&self, provider: &ProviderId, well: bool, took: Duration) {
        let now = self.clock.instant();
        self.change(|seldom| {
            let of = seldom.of(provider);
            *(if well { &mut of.ok } else { &mut of.failed }) += 1;
            of.took.add(took);
            seldom.alarms.renewed(now, well);
        });
    }

    /// A provider gave a token that lives so long.
    pub(crate) fn token_lives(&self, provider: &ProviderId, life: Duration) {
        self.change(|seldom| seldom.of(provider).lifetimes.add(life));
    }

    /// Somebody takes the result of a renewal that somebody else began.
    pub(crate) fn joined(&self) {
        self.change(|seldom| seldom.tally.joined += 1);
    }

    /// Two renewals of one account met, which must not be.
    pub(crate) fn conflicted(&self) {
        self.change(|seldom| seldom.tally.conflicts += 1);
    }

    /// A token ended while this program used it.
    pub(crate) fn expired_in_use(&self, program: Option<Arc<str>>) {
        let now = self.clock.instant();
        self.change(|seldom| {
            seldom.tally.expired += 1;
            seldom.alarms.expired(now, program);
        });
    }

    /// A request was refused with this code of the local API.
    pub fn refused(&self, code: &'static str) {
        *self.seldom().refusals.entry(code).or_default() += 1;
    }

    /// A provider's host is left alone from now on, after so many tries without an answer.
    pub(crate) fn breaker_opened(&self, host: &str, tries: u32, limit: u32) {
        let now = self.clock.wall();
        self.change(|seldom| seldom.alarms.breaker_opened(host, tries, limit, now));
    }

    /// It is asked again.
    pub(crate) fn breaker_closed(&self, host: &str) {
        self.change(|seldom| seldom.alarms.breaker_closed(host));
    }

    /// Other limits are in force.
    pub(crate) fn set_limits(&self, limits: Limits) {
        self.change(|seldom| seldom.alarms.set_limits(limits));
    }

    /// The alerts that are open, the oldest first.
    pub fn open_alerts(&self) -> Vec<Alert> {
        self.seldom().alarms.open()
    }

    /// Looks whether an alert is over.
    pub(crate) fn look(&self) {
        self.change(|_| ());
    }

    /// When to look at open alerts next; never while there is none.
    pub(crate) fn next_look(&self) -> Option<Instant> {
        self.seldom().look_at
    }

    /// Comes back when that moment has changed.
    pub(crate) async fn moved(&self) {
        self.moved.notified().await;
    }

    /// Changes something, and tells which alerts came and went by it.
    fn change(&self, what: impl FnOnce(&mut Seldom)) {
        self.turn_over();
        let (instant, wall, served) = (self.clock.instant(), self.clock.wall(), self.served_in_all());
        let (told, moved) = {
            let mut seldom = self.seldom();
            what(&mut seldom);
            let lately = seldom.hours.served_lately(served);
            let told = seldom.alarms.look(instant, wall, lately);
            let next = seldom.alarms.next_look(instant);
            (told, std::mem::replace(&mut seldom.look_at, next) != next)
        };
        for alert in told {
            tracing::warn!(
                name = alert.name,
                value = alert.value,
                about = alert.about.as_deref(),
                open = alert.cleared_at.is_none(),
                "an alert"
            );
            self.events.tell(Event::Alert(alert));
        }
        if moved {
            self.moved.notify_one();
        }
    }

    /// Closes a slot of time that is over, and with it perhaps an hour, before anything is counted in the next one.
    fn turn_over(&self) {
        let now = self.clock.wall();
        let slot = slot_of(now);
        if self.slot.load(Ordering::Relaxed) == slot || self.slot.swap(slot, Ordering::Relaxed) == slot {
            return;
        }
        let mut seldom = self.seldom();
        let all = self.all(&seldom);
        seldom.hours.slot_begins(slot, all.served_in_all());
        if let Some((hour, figures)) = seldom.hours.hour_over(now, &all) {
            self.keep(hour, figures);
        }
    }

    /// Has an hour's figures kept, without waiting for it.
    fn keep(&self, hour: Wall, figures: Tally) {
        let rows = figures.to_rows();
        if rows.is_empty() {
            return;
        }
        self.store.later(move |vault| {
            if let Err(error) = vault.add_history(hour, &rows, hour - history::KEPT) {
                tracing::warn!(%error, "an hour's figures could not be kept");
            }
        });
    }

    /// Has kept what is counted of this hour, because the agent ends.
    pub(crate) fn keep_last(&self) {
        let now = self.clock.wall();
        let mut seldom = self.seldom();
        let all = self.all(&seldom);
        let (hour, figures) = seldom.hours.close(now, &all);
        self.keep(hour, figures);
    }

    /// Everything so far.
    fn all(&self, seldom: &Seldom) -> Tally {
        let served = std::array::from_fn(|n| self.served[n].load(Ordering::Relaxed));
        Tally { served, ..seldom.tally.clone() }
    }

    fn served_in_all(&self) -> u64 {
        self.served.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    fn seldom(&self) -> MutexGuard<'_, Seldom> {
        self.seldom.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seldom {
    fn of(&mut self, provider: &ProviderId) -> &mut tally::Renewals {
        let known = &mut self.tally.providers;
        let room = known.len() < MOST_PROVIDERS || known.contains_key(provider.as_str());
        known.entry(if room { provider.as_str() } else { OTHER }.to_owned()).or_default()
    }
}

fn slot_of(now: Wall) -> i64 {
    now.unix_ms().div_euclid(i64::try_from(SLOT.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
