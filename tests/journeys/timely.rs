//! Whether renewals ended before expiry minus margin, out of those that could have.

use std::time::Duration;

use bowline_base::Instant;
use bowline_engine::Policy;

use crate::calendar::{Calendar, Span};
use crate::issuer::Grant;

/// The part of the renewals that has to be in time, of those that could be.
const AT_LEAST: f64 = 0.9999;
/// What is kept free before the margin for a renewal of several requests.
const LEAD: Duration = Duration::from_secs(45);

/// Awake and with the provider there for so long at a stretch, a renewal is possible, whatever pauses failures left.
const ROOM: Duration = Duration::from_secs(20 * 60);
/// From this life on a token is renewed past its middle, and five eighths in at the latest.
const LONG_LIFE: Duration = Duration::from_secs(8 * 3600);

/// How many of the late ones are named among the figures.
const NAMED: usize = 5;

/// Renewals by how they came.
#[derive(Default)]
pub(crate) struct Timely {
    in_time: u64,
    late: Vec<String>,
    asleep_or_down: u64,
    told_to_wait: u64,
}

impl Timely {
    /// Counts a token that was renewed, or not by now.
    pub(crate) fn takes(&mut self, before: &Grant, at: Option<Instant>, provider: &str, calendar: &Calendar) {
        let window = window(before);
        if at.is_some_and(|at| at <= window.to) {
            self.in_time += 1;
        } else if !calendar.had_room(provider, &window, ROOM.min(window.to.since(window.from))) {
            self.asleep_or_down += 1;
        } else if before.paused {
            self.told_to_wait += 1;
        } else {
            let late = at.map(|at| at.since(window.to));
            let Grant { person, given_at, ill_since, .. } = before;
            self.late.push(format!(
                "{} at {provider}, a token of {:?} given at {given_at:?}, ill since {ill_since:?}: late by {late:?}",
                person.subject, person.life
            ));
        }
    }

    /// True when the time for renewing this token is over.
    pub(crate) fn is_over(&self, grant: &Grant, now: Instant) -> bool {
        now > window(grant).to
    }

    /// # Panics
    /// When too many came late that could have come in time.
    pub(crate) fn holds(&self) {
        assert!(self.in_time > 0, "nothing was renewed");
        assert!(self.share() >= AT_LEAST, "{}", self.figures());
    }

    /// All figures in a few words.
    pub(crate) fn figures(&self) -> String {
        format!(
            "{} renewals in time and {} late of those possible ({:.4} %){}, {} impossible while asleep or down, {} while \
             the provider wanted a pause",
            self.in_time,
            self.late.len(),
            self.share() * 100.0,
            self.late.iter().take(NAMED).map(|late| format!(" [{late}]")).collect::<String>(),
            self.asleep_or_down,
            self.told_to_wait
        )
    }

    fn share(&self) -> f64 {
        let (in_time, late) = (self.in_time as f64, self.late.len() as f64);
        in_time / (in_time + late)
    }
}

/// From the moment at which a renewal is planned to expiry minus margin; the latest such moment for a long life.
fn window(grant: &Grant) -> Span {
    let (life, margin) = (grant.person.life, Policy::default().margin);
    let lead = if life >= LONG_LIFE { life * 3 / 8 } else { (margin + LEAD).min(life / 4) };
    Span { from: grant.given_at + (life - lead), to: grant.given_at + (life - margin.min(life / 5)) }
}
