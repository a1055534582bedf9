//! When a notice may be said: the ladder of repeats, the warnings before a date, and the hours of quiet. Pure.

use std::time::Duration;

use bowline_base::Wall;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// What fails within so short a time is told in one notice.
pub const GATHER: Duration = Duration::from_secs(2);
/// How long "Later" lasts.
pub const LATER: Duration = DAY;
/// The most notices for an account and cause until its state changes.
pub const MOST_TIMES: u32 = 4;
/// The pauses between them; a person's own shortest repeat may lengthen them.
const LADDER: [Duration; 3] = [DAY, Duration::from_secs(3 * 86_400), Duration::from_secs(7 * 86_400)];
/// The last warning before a date.
const LAST_CALL: Duration = Duration::from_secs(2 * 3600);

/// By which figures notices are said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether anything is said at all.
    pub on: bool,
    /// When nothing is said but what an app waits for.
    pub quiet: Option<Quiet>,
    /// How far local time is ahead of UTC, in seconds.
    pub offset_s: i32,
    /// The shortest repeat of one cause.
    pub repeat_after: Duration,
    /// How long before a date to warn.
    pub warn_before: Vec<Duration>,
}

/// How often a cause was told, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// How often since the account is in this state.
    pub times: u32,
    /// When last, also in an earlier state of the same kind.
    pub last: Option<Wall>,
    /// The person said "Later".
    pub not_before: Option<Wall>,
}

impl Told {
    /// When the cause may be told next; `None` when it was told often enough.
    pub fn next(&self, since: Wall, rules: &Rules) -> Option<Wall> {
        let again = |last: Wall, pause: Duration| last + pause.max(rules.repeat_after);
        let at = match (self.times, self.last) {
            (0, None) => since + GATHER,
            (0, Some(last)) => (since + GATHER).max(last + rules.repeat_after),
            (times, last) if times < MOST_TIMES => again(last?, LADDER[times as usize - 1]),
            _ => return None,
        };
        Some(self.not_before.map_or(at, |later| at.max(later)))
    }

    /// When to warn of a date next. Of several moments that have passed the latest counts; those before `known`, when
    /// the date was first heard of, never do.
    pub fn next_warning(&self, end: Wall, known: Wall, now: Wall, rules: &Rules) -> Option<Wall> {
        if self.times >= MOST_TIMES || end <= now {
            return None;
        }
        // Whoever signs in for a few hours at a time knows that, and is not warned of it each time.
        let last_call = (end.since(known) >= DAY).then_some(LAST_CALL);
        let before = rules.warn_before.iter().copied().chain(last_call);
        let fresh = |at: &Wall| *at > known && self.last.is_none_or(|last| *at > last);
        let mut moments: Vec<Wall> = before.map(|before| end - before).filter(fresh).collect();
        moments.sort_unstable();
        let at = moments.iter().rfind(|at| **at <= now).or(moments.first()).copied()?;
        Some(self.not_before.map_or(at, |later| at.max(later)))
    }
}

/// Hours of the day, in local time, in which the person is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    from: Duration,
    to: Duration,
}

impl Quiet {
    /// Reads hours such as `22:00-08:00`; `None` for what is no such text, and for no hours at all.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let clock = |text: &str| {
            let (hours, minutes) = text.split_once(':')?;
            let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(HOUR * hours + MINUTE * minutes)
        };
        let (from, to) = (clock(from)?, clock(to)?);
        (from != to).then_some(Self { from, to })
    }

    /// The end of the quiet hours that hold at this moment; `None` when it is in none.
    pub fn end(self, at: Wall, offset_s: i32) -> Option<Wall> {
        let day = DAY.as_millis() as i64;
        let local = (at.unix_ms() + i64::from(offset_s) * 1000).rem_euclid(day);
        let (from, to) = (self.from.as_millis() as i64, self.to.as_millis() as i64);
        let inside = if from < to { (from..to).contains(&local) } else { !(to..from).contains(&local) };
        inside.then(|| at + Duration::from_millis((to - local).rem_euclid(day).unsigned_abs()))
    }
}

impl Rules {
    /// The end of the quiet hours that hold at this moment.
    pub fn quiet_until(&self, at: Wall) -> Option<Wall> {
        self.quiet.and_then(|quiet| quiet.end(at, self.offset_s))
    }
}

/// How long something is away, in the unit people count it in, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Whole days.
    Days(u64),
    /// Whole hours, when it is less than half a day.
    Hours(u64),
}

/// Counts a length of time as people do.
pub fn counted(left: Duration) -> Left {
    if left > HOUR * 12 {
        Left::Days(left.as_secs().div_ceil(DAY.as_secs()))
    } else {
        Left::Hours(left.as_secs().div_ceil(HOUR.as_secs()).max(1))
    }
}
