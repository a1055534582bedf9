//! What a year brings: nights and weekends in which the computer sleeps, providers and networks that are down for a
//! while, clocks that are set wrongly and set right again. All of it is drawn before the year begins.

use std::time::Duration;

use bowline_base::{Instant, Wall};
use bowline_tests::world::{DAY, HOUR, MINUTE};

use crate::dice::Dice;
use crate::faults::{ILLNESSES, Illness};
use crate::people::length;

/// A time from which to which something holds.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    /// Its first moment.
    pub(crate) from: Instant,
    /// The moment at which it is over.
    pub(crate) to: Instant,
}

/// A provider, or all of them, cannot be reached.
pub(crate) struct Outage {
    /// When.
    pub(crate) span: Span,
    /// Which provider; all where the network is down.
    pub(crate) provider: Option<&'static str>,
    /// What is answered meanwhile.
    pub(crate) illness: Illness,
}

/// Somebody sets the time of day, wrongly or right again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slip {
    /// When.
    pub(crate) at: Instant,
    by: Duration,
    ahead: bool,
}

impl Slip {
    /// What the clock shows then, after it showed this.
    pub(crate) fn moved(&self, wall: Wall) -> Wall {
        if self.ahead { wall + self.by } else { wall - self.by }
    }
}

/// All that happens to computer and providers.
pub(crate) struct Calendar {
    /// When the computer sleeps, in order.
    pub(crate) sleeps: Vec<Span>,
    /// When who is down.
    pub(crate) outages: Vec<Outage>,
    /// When the time of day is set, in order.
    pub(crate) slips: Vec<Slip>,
    /// When the agent ends and begins anew, in order.
    pub(crate) restarts: Vec<Instant>,
}

impl Span {
    fn new(from: Duration, length: Duration) -> Self {
        let from = Instant::default() + from;
        Self { from, to: from + length }
    }

    /// True when the moment lies in it.
    pub(crate) fn holds(&self, at: Instant) -> bool {
        self.from <= at && at < self.to
    }

    /// True when the two share a moment.
    pub(crate) fn meets(&self, other: &Span) -> bool {
        self.from < other.to && other.from < self.to
    }
}

impl Calendar {
    /// Draws so many days, the first of which begins at noon.
    pub(crate) fn drawn(dice: &Dice, days: u64, providers: &[&'static str]) -> Self {
        let length = length(days);
        let mut outages = drawn_outages(dice, length, None, DAY * 4);
        for provider in providers {
            outages.extend(drawn_outages(dice, length, Some(provider), DAY * 6));
        }
        let (sleeps, slips) = (drawn_sleeps(dice, length), drawn_slips(dice, length));
        Self { sleeps, outages, slips, restarts: drawn_restarts(dice, length) }
    }

    /// What a request to this provider meets at this moment, if it is down.
    pub(crate) fn illness(&self, provider: &str, at: Instant) -> Option<Illness> {
        let down = self.outages.iter().find(|outage| outage.is_of(provider) && outage.span.holds(at));
        down.map(|outage| outage.illness)
    }

    /// Since when this provider, by whatever spelling, had been down at this moment without a break. A request that was begun
    /// in an outage may end a little after it.
    pub(crate) fn down_since(&self, name: &str, at: Instant) -> Option<Instant> {
        let of_name = |outage: &&Outage| outage.provider.is_none_or(|down| down.eq_ignore_ascii_case(name));
        let before = |at: Instant| {
            let spans = self.outages.iter().filter(of_name).map(|outage| outage.span);
            let holding = spans.filter(|span| span.from < at && at < span.to + MINUTE * 2);
            holding.map(|span| span.from).min()
        };
        let mut since = before(at)?;
        while let Some(earlier) = before(since) {
            since = earlier;
        }
        Some(since)
    }

    /// True when computer and provider could speak with each other for so long at a stretch within the span.
    pub(crate) fn had_room(&self, provider: &str, span: &Span, room: Duration) -> bool {
        let down = self.outages.iter().filter(|outage| outage.is_of(provider)).map(|outage| &outage.span);
        let closed: Vec<&Span> = self.sleeps.iter().chain(down).filter(|closed| closed.meets(span)).collect();
        let begins = closed.iter().map(|closed| closed.to).chain([span.from]);
        let mut rooms = begins.map(|from| Span { from, to: from + room }).filter(|open| open.to <= span.to);
        rooms.any(|open| !closed.iter().any(|closed| closed.meets(&open)))
    }
}

impl Outage {
    fn is_of(&self, provider: &str) -> bool {
        self.provider.is_none_or(|down| down == provider)
    }
}

/// Nights of seven to nine hours; now and then a weekend.
fn drawn_sleeps(dice: &Dice, length: Duration) -> Vec<Span> {
    let mut sleeps = Vec::new();
    let mut evening = HOUR * 11;
    while evening < length {
        let nights = if dice.chance(0.05) { 2 } else { 0 };
        let begins = evening + dice.length(Duration::ZERO, HOUR);
        sleeps.push(Span::new(begins, DAY * nights + dice.length(HOUR * 7, HOUR * 9)));
        evening += DAY * (nights + 1);
    }
    sleeps
}

/// Mostly minutes, sometimes hours.
fn drawn_outages(
    dice: &Dice,
    length: Duration,
    provider: Option<&'static str>,
    apart: Duration,
) -> Vec<Outage> {
    let mut outages = Vec::new();
    let mut at = dice.length(Duration::ZERO, apart);
    while at < length {
        let lasts = match dice.below(20) {
            0 => dice.length(HOUR * 3, HOUR * 8),
            1..=4 => dice.length(MINUTE * 30, HOUR * 3),
            _ => dice.length(MINUTE * 2, MINUTE * 30),
        };
        outages.push(Outage { span: Span::new(at, lasts), provider, illness: *dice.pick(ILLNESSES) });
        at += lasts + dice.length(HOUR, apart * 2);
    }
    outages
}

/// Every few days, as computers are started anew and programs are updated.
fn drawn_restarts(dice: &Dice, length: Duration) -> Vec<Instant> {
    let mut restarts = Vec::new();
    let mut at = dice.length(HOUR, DAY * 6);
    while at < length {
        restarts.push(Instant::default() + at);
        at += dice.length(HOUR, DAY * 12);
    }
    restarts
}

/// A clock that is set wrong by up to twelve hours, and right again after up to ten.
fn drawn_slips(dice: &Dice, length: Duration) -> Vec<Slip> {
    let mut slips = Vec::new();
    let mut at = dice.length(HOUR, DAY * 6);
    while at < length {
        let lasts = dice.length(MINUTE * 5, HOUR * 10);
        let by = dice.length(MINUTE, HOUR * 12);
        let (ahead, wrong) = (dice.chance(0.5), Instant::default() + at);
        slips.push(Slip { at: wrong, by, ahead });
        slips.push(Slip { at: wrong + lasts, by, ahead: !ahead });
        at += lasts + dice.length(DAY, DAY * 12);
    }
    slips
}
