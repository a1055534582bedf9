//! The clock seam. Wall time and elapsed time are two types, because one of them jumps.
//!
//! [`Wall`] is what a provider's `expires_in` is added to and what is stored; [`Instant`] is what waits and
//! time limits are measured with. Nothing converts one into the other but a [`Clock`] that knows both.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::ops::{Add, Sub};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};

/// A wait that ends at an [`Instant`]. Dropping it ends the wait early and costs nothing.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What time it is, and how to wait. The stand-in for tests is [`HandClock`].
pub trait Clock: Send + Sync + 'static {
    /// The time of day, as the operating system believes it. It may jump either way.
    fn wall(&self) -> Wall;
    /// Time since this clock was made; never goes back.
    fn instant(&self) -> Instant;
    /// Waits until the instant is reached; ready at once when it has passed.
    fn sleep_until(&self, at: Instant) -> Sleep;

    /// Resolves when somebody sets the time of day, from the moment this is called on.
    fn wall_set(&self) -> Sleep;

    /// How far local time is ahead of UTC at present, in seconds.
    fn utc_offset_s(&self) -> i32 {
        0
    }

    /// Waits for a length of time.
    fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.instant() + duration)
    }
}

/// A time of day in UTC, to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wall(i64);

impl Wall {
    /// From milliseconds since 1970-01-01T00:00:00Z, as it is stored.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn unix_s(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads RFC 3339. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_millis()))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Wall) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Wall {
    type Output = Wall;
    fn add(self, length: Duration) -> Wall {
        Wall(self.0.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Wall {
    type Output = Wall;
    fn sub(self, length: Duration) -> Wall {
        Wall(self.0.saturating_sub(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 in UTC, to the second.
impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Utc.timestamp_millis_opt(self.0).single() {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            // Beyond the years a calendar has: only a damaged row or a hostile provider gets here.
            None => f.write_str(if self.0 < 0 { "0001-01-01T00:00:00Z" } else { "9999-12-31T23:59:59Z" }),
        }
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Time elapsed since a clock was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Instant(Duration);

impl Instant {
    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Instant) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, length: Duration) -> Instant {
        Instant(self.0.saturating_add(length))
    }
}

/// The computer's own clocks. How to wait is given by whoever owns the async runtime.
pub struct SystemClock {
    origin: std::time::Instant,
    seams: SystemSeams,
}

/// What a [`SystemClock`] needs of the runtime and the operating system.
#[derive(Clone, Copy)]
pub struct SystemSeams {
    /// Sleeps for a length of time.
    pub wait: fn(Duration) -> Sleep,
    /// Resolves when the time of day is set.
    pub wall_set: fn() -> Sleep,
    /// Time since the computer was started, with the time it slept; where it cannot be had, the time awake counts.
    pub since_boot: fn() -> Option<Duration>,
}

impl SystemClock {
    /// A clock that can wait, and hears of nothing.
    pub fn new(wait: fn(Duration) -> Sleep) -> Self {
        Self::with(SystemSeams { wait, wall_set: || Box::pin(std::future::pending()), since_boot: || None })
    }

    /// A clock with all its seams.
    pub fn with(seams: SystemSeams) -> Self {
        Self { origin: std::time::Instant::now(), seams }
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Wall {
        // Not through chrono, which makes a date of it: a read looks at the clock several times.
        let ms = |length: Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Wall(since.map_or_else(|before| -ms(before.duration()), ms))
    }

    fn instant(&self) -> Instant {
        Instant((self.seams.since_boot)().unwrap_or_else(|| self.origin.elapsed()))
    }

    fn sleep_until(&self, at: Instant) -> Sleep {
        let length = at.since(self.instant());
        let wait = (self.seams.wait)(length);
        if length < LONG_WAIT {
            return wait;
        }
        let stopwatch = Self { origin: self.origin, seams: self.seams };
        let set = (self.seams.wall_set)();
        Box::pin(LongWait { stopwatch, at, wait, set })
    }

    fn utc_offset_s(&self) -> i32 {
        chrono::Local::now().offset().local_minus_utc()
    }

    fn wall_set(&self) -> Sleep {
        (self.seams.wall_set)()
    }
}

/// A wait of this length is measured anew when the computer wakes up.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// The runtime's own wait stands still while the computer sleeps, and the stopwatch does not: after a sleep, of which
/// the kernel tells as it does of a set clock, only what is left is waited for.
struct LongWait {
    stopwatch: SystemClock,
    at: Instant,
    wait: Sleep,
    set: Sleep,
}

impl Future for LongWait {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.wait.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if self.set.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let left = self.at.since(self.stopwatch.instant());
            if left.is_zero() {
                return Poll::Ready(());
            }
            self.wait = (self.stopwatch.seams.wait)(left);
            self.set = (self.stopwatch.seams.wall_set)();
        }
    }
}

/// A clock that stands still until a test moves it, and wakes whoever waits for the time it passes.
#[derive(Clone)]
pub struct HandClock(Arc<Mutex<Hand>>);

struct Hand {
    wall: Wall,
    instant: Instant,
    next_wait: u64,
    waits: BTreeMap<(Instant, u64), Waker>,
    /// How often the time of day was set, and who wants to hear of it.
    sets: u64,
    watchers: Vec<Waker>,
}

impl HandClock {
    /// A clock that shows this time of day.
    pub fn at(wall: Wall) -> Self {
        Self(Arc::new(Mutex::new(Hand {
            wall,
            instant: Instant::default(),
            next_wait: 0,
            waits: BTreeMap::new(),
            sets: 0,
            watchers: Vec::new(),
        })))
    }

    /// Lets time pass: both clocks move, and every wait that has ended is woken.
    pub fn advance(&self, length: Duration) {
        let mut hand = self.hand();
        hand.wall = hand.wall + length;
        hand.instant = hand.instant + length;
        let first_later = (hand.instant + Duration::from_nanos(1), 0);
        let later = hand.waits.split_off(&first_later);
        let due = std::mem::replace(&mut hand.waits, later);
        drop(hand);
        due.into_values().for_each(Waker::wake);
    }

    /// Sets the time of day without letting time pass, as a person or a time server does.
    pub fn set_wall(&self, wall: Wall) {
        let mut hand = self.hand();
        hand.wall = wall;
        hand.sets += 1;
        let watchers = std::mem::take(&mut hand.watchers);
        drop(hand);
        watchers.into_iter().for_each(Waker::wake);
    }

    /// The earliest instant anybody waits for, if anybody waits.
    pub fn next_wait(&self) -> Option<Instant> {
        self.hand().waits.keys().next().map(|(at, _)| *at)
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, Hand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for HandClock {
    fn wall(&self) -> Wall {
        self.hand().wall
    }

    fn instant(&self) -> Instant {
        self.hand().instant
    }

    fn sleep_until(&self, at: Instant) -> Sleep {
        Box::pin(HandSleep { clock: self.clone(), at, key: None })
    }

    fn wall_set(&self) -> Sleep {
        let seen = self.hand().sets;
        Box::pin(HandSet { clock: self.clone(), seen })
    }
}

struct HandSet {
    clock: HandClock,
    seen: u64,
}

impl Future for HandSet {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut hand = self.clock.hand();
        if hand.sets > self.seen {
            return Poll::Ready(());
        }
        hand.watchers.push(context.waker().clone());
        Poll::Pending
    }
}

struct HandSleep {
    clock: HandClock,
    at: Instant,
    key: Option<(Instant, u64)>,
}

impl Future for HandSleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut hand = clock.hand();
        if hand.instant >= self.at {
            return Poll::Ready(());
        }
        let key = self.key.unwrap_or_else(|| {
            hand.next_wait += 1;
            (self.at, hand.next_wait)
        });
        hand.waits.insert(key, context.waker().clone());
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for HandSleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.hand().waits.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;

    const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);

    #[test]
    fn wall_time_is_written_as_rfc_3339_and_read_back() {
        assert_eq!(NOON.to_string(), "2026-11-21T12:00:00Z");
        assert_eq!(Wall::parse("2026-11-21T12:00:00Z"), Some(NOON));
        assert_eq!(Wall::parse("2026-11-21T13:00:00+01:00"), Some(NOON));
        assert_eq!(Wall::parse("yesterday"), None);
    }

    #[test]
    fn a_time_beyond_all_calendars_still_prints() {
        assert_eq!(Wall::from_unix_ms(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!((NOON + Duration::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(NOON.since(NOON + Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn a_wait_does_not_stand_still_while_the_computer_sleeps() {
        static PASSED: AtomicU64 = AtomicU64::new(0);
        static WOKEN: AtomicBool = AtomicBool::new(false);
        let clock = SystemClock::with(SystemSeams {
            wait: |_| Box::pin(std::future::pending()),
            wall_set: || {
                Box::pin(std::future::poll_fn(|_| match WOKEN.swap(false, Ordering::Relaxed) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }))
            },
            since_boot: || Some(Duration::from_secs(PASSED.load(Ordering::Relaxed))),
        });
        let mut wait = clock.sleep(Duration::from_secs(60));
        let mut context = Context::from_waker(Waker::noop());
        for passed in [0, 59] {
            PASSED.store(passed, Ordering::Relaxed);
            WOKEN.store(true, Ordering::Relaxed);
            assert!(wait.as_mut().poll(&mut context).is_pending(), "{passed} s");
        }
        PASSED.store(3600, Ordering::Relaxed);
        WOKEN.store(true, Ordering::Relaxed);
        assert!(wait.as_mut().poll(&mut context).is_ready(), "an hour asleep is an hour");
    }

    #[test]
    fn a_hand_clock_wakes_those_whose_time_has_come_and_no_others() {
        let clock = HandClock::at(NOON);
        let (mut soon, mut late) = (clock.sleep(Duration::from_secs(1)), clock.sleep(Duration::from_secs(5)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(soon.as_mut().poll(&mut context).is_pending());
        assert!(late.as_mut().poll(&mut context).is_pending());
        clock.advance(Duration::from_secs(1));
        assert!(soon.as_mut().poll(&mut context).is_ready());
        assert!(late.as_mut().poll(&mut context).is_pending());
        assert_eq!(clock.next_wait(), Some(Instant::default() + Duration::from_secs(5)));
        drop(late);
        assert_eq!(clock.next_wait(), None);
    }

    #[test]
    fn a_clock_that_is_set_tells_those_who_asked_before() {
        let clock = HandClock::at(NOON);
        let mut told = clock.wall_set();
        let mut context = Context::from_waker(Waker::noop());
        clock.advance(Duration::from_secs(3600));
        assert!(told.as_mut().poll(&mut context).is_pending());
        clock.set_wall(NOON);
        assert!(told.as_mut().poll(&mut context).is_ready());
        assert!(clock.wall_set().as_mut().poll(&mut context).is_pending());
    }

    #[test]
    fn a_set_clock_moves_the_day_and_not_the_stopwatch() {
        let clock = HandClock::at(NOON);
        clock.set_wall(NOON - Duration::from_secs(3600));
        assert_eq!(clock.instant(), Instant::default());
        assert_eq!(clock.wall(), NOON - Duration::from_secs(3600));
    }
}
