//! The figures over time, in hours: the one that runs is in memory, those that are over are in the vault for thirty
//! days. An hour is written once, when something comes after it, and at the agent's end.

use std::collections::VecDeque;
use std::time::Duration;

use bowline_base::Wall;

use super::tally::Tally;

/// How long an hour is kept: the longest range, and an hour for the edge.
pub(super) const KEPT: Duration = Duration::from_secs(30 * 86_400 + 3600);
/// The steps in which reads of the last hour are known.
pub(super) const SLOT: Duration = Duration::from_secs(300);

const HOUR: Duration = Duration::from_secs(3600);
const HOUR_MS: i64 = 3_600_000;
/// So many slots make an hour.
const SLOTS: i64 = 12;

/// Which time is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The last 24 hours, hour by hour.
    Day,
    /// The last 7 days, in quarters of a day.
    Week,
    /// The last 30 days, day by day.
    Month,
}

impl Range {
    /// Reads the contract's word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month].into_iter().find(|range| range.as_str() == word)
    }

    /// The contract's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// How long one point is.
    pub const fn step(self) -> Duration {
        match self {
            Self::Day => HOUR,
            Self::Week => Duration::from_secs(6 * 3600),
            Self::Month => Duration::from_secs(86_400),
        }
    }

    /// How many points there are.
    pub const fn points(self) -> usize {
        match self {
            Self::Day => 24,
            Self::Week => 28,
            Self::Month => 30,
        }
    }
}

/// The figures of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Which range.
    pub range: Range,
    /// When it begins.
    pub since: Wall,
    /// When it was asked for.
    pub until: Wall,
    /// The time from `since` on in even steps.
    pub points: Vec<Point>,
}

/// One step of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// When it begins.
    pub at: Wall,
    /// What was counted.
    pub figures: Tally,
}

impl History {
    /// Sorts hours into the steps of a range; what is outside of it is left out.
    pub fn of(range: Range, now: Wall, hours: impl IntoIterator<Item = (Wall, Tally)>) -> Self {
        let end = hour_of(now) + HOUR;
        let count = range.points();
        let since = end - range.step() * u32::try_from(count).unwrap_or(u32::MAX);
        let point = |n: u32| Point { at: since + range.step() * n, figures: Tally::default() };
        let mut points: Vec<Point> = (0..u32::try_from(count).unwrap_or(u32::MAX)).map(point).collect();
        for (hour, figures) in hours {
            if hour < since {
                continue;
            }
            let n = hour.since(since).as_secs() / range.step().as_secs();
            if let Some(point) = usize::try_from(n).ok().and_then(|n| points.get_mut(n)) {
                point.figures.add(&figures);
            }
        }
        Self { range, since, until: now, points }
    }

    /// All of it together.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.points.iter().for_each(|point| total.add(&point.figures));
        total
    }
}

/// The hour that runs, and how many tokens were given by the beginning of each slot of the last hour.
pub(super) struct Hours {
    begins: Wall,
    at_begin: Tally,
    slots: VecDeque<(i64, u64)>,
}

impl Hours {
    /// The hour that this moment is in, with nothing in it.
    pub(super) fn beginning(now: Wall) -> Self {
        let slot = super::slot_of(now);
        Self { begins: hour_of(now), at_begin: Tally::default(), slots: VecDeque::from([(slot, 0)]) }
    }

    /// A slot begins, with so many tokens given before it.
    pub(super) fn slot_begins(&mut self, slot: i64, served: u64) {
        // A clock that was set back must not leave slots of the future behind.
        self.slots.retain(|(before, _)| *before > slot - SLOTS && *before < slot);
        self.slots.push_back((slot, served));
    }

    /// How many tokens were given in the last hour, of so many in all.
    pub(super) fn served_lately(&self, served: u64) -> u64 {
        served.saturating_sub(self.slots.front().map_or(0, |(_, before)| *before))
    }

    /// The hour that is over, where another one has begun.
    pub(super) fn hour_over(&mut self, now: Wall, all: &Tally) -> Option<(Wall, Tally)> {
        (hour_of(now) != self.begins).then(|| self.close(now, all))
    }

    /// What was counted in the hour that runs; from now on it is counted anew.
    pub(super) fn close(&mut self, now: Wall, all: &Tally) -> (Wall, Tally) {
        let over = self.running(all);
        (self.begins, self.at_begin) = (hour_of(now), all.clone());
        over
    }

    /// What was counted so far in the hour that runs.
    pub(super) fn running(&self, all: &Tally) -> (Wall, Tally) {
        (self.begins, all.since(&self.at_begin))
    }
}

fn hour_of(now: Wall) -> Wall {
    Wall::from_unix_ms(now.unix_ms().div_euclid(HOUR_MS).saturating_mul(HOUR_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn served(count: u64) -> Tally {
        Tally { served: [count, 0, 0], ..Tally::default() }
    }

    #[test]
    fn an_hour_that_is_over_is_told_of_once_and_the_next_begins_with_nothing() {
        let mut hours = Hours::beginning(NOON + MINUTE * 20);
        assert_eq!(hours.hour_over(NOON + MINUTE * 59, &served(4)), None);
        assert_eq!(hours.hour_over(NOON + HOUR * 5, &served(4)), Some((NOON, served(4))));
        assert_eq!(hours.hour_over(NOON + HOUR * 5 + MINUTE, &served(9)), None);
        assert_eq!(hours.running(&served(9)), (NOON + HOUR * 5, served(5)));
    }

    #[test]
    fn only_the_reads_of_the_last_hour_count_as_lately() {
        let slot = super::super::slot_of(NOON);
        let mut hours = Hours::beginning(NOON);
        assert_eq!(hours.served_lately(3), 3);
        hours.slot_begins(slot + 5, 3);
        assert_eq!(hours.served_lately(4), 4);
        hours.slot_begins(slot + SLOTS, 4);
        assert_eq!(hours.served_lately(6), 3, "the three of an hour ago are gone");
        hours.slot_begins(slot + SLOTS * 9, 6);
        assert_eq!(hours.served_lately(6), 0);
    }

    #[test]
    fn each_range_ends_with_the_hour_that_runs_and_has_as_many_points_as_it_says() {
        let hours = |count: u32| (0..count).map(|n| (NOON - HOUR * n, served(1)));
        for (range, within) in [(Range::Day, 24), (Range::Week, 168), (Range::Month, 720)] {
            let history = History::of(range, NOON + MINUTE, hours(1000));
            assert_eq!(history.points.len(), range.points(), "{range:?}");
            assert_eq!(history.total(), served(within), "{range:?}");
            assert_eq!(Range::parse(range.as_str()), Some(range));
        }
        let day = History::of(Range::Day, NOON + MINUTE, hours(3));
        assert_eq!(day.points[23], Point { at: NOON, figures: served(1) });
    }

    #[test]
    fn what_a_clock_that_was_set_back_left_in_the_future_is_left_out() {
        let history = History::of(Range::Day, NOON, [(NOON + HOUR * 3, served(1))]);
        assert_eq!(history.total(), Tally::default());
    }
}
