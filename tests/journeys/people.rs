//! Whose accounts they are: at which providers, with tokens of which life, and when their grants end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Instant, Reason};
use bowline_oauth::transport::Reply;
use bowline_tests::world::{DAY, HOUR, Seed};

use crate::calendar::Calendar;
use crate::dice::Dice;
use crate::faults;
use crate::issuer::{Grant, Issuer, Mood, Person, Temper};
use crate::refused;

/// Where the accounts are. `brief` says that its grants end after sixty days, and keeps to it; it and `steady` never
/// give a new refresh token.
pub(crate) const PROVIDERS: &[&str] = &["acme", "other", "twoway", "steady", "brief"];
/// The share of answers that are faulty for no reason that anybody can see.
const FAULTY: f64 = 0.01;
/// How long a grant of `brief` lives.
const BRIEF: Duration = Duration::from_secs(60 * 86_400);

/// So many days.
pub(crate) fn length(days: u64) -> Duration {
    DAY * u32::try_from(days).expect("a number of days")
}

/// Everybody, and where their accounts are.
pub(crate) struct Household {
    /// With how long their grants live at most, where their provider says so.
    people: Vec<(Person, Option<Duration>)>,
    of: HashMap<String, &'static str>,
}

impl Household {
    /// So many people, of whom about half lose their grant once in so many days.
    pub(crate) fn drawn(dice: &Dice, accounts: u64, days: u64) -> Self {
        let (mut people, mut of) = (Vec::new(), HashMap::new());
        for n in 0..accounts as usize {
            let (subject, provider) = (format!("p{n}"), PROVIDERS[n % PROVIDERS.len()]);
            let rotates = !matches!(provider, "steady" | "brief");
            let stated = (provider == "brief").then(|| dice.length(DAY * 5, BRIEF));
            let ends = Some(ends(dice, stated, days, Instant::default()));
            people.push((Person { subject: subject.clone(), life: life(dice), rotates, ends }, stated));
            of.insert(subject, provider);
        }
        Self { people, of }
    }

    /// Where this person's account is.
    pub(crate) fn provider_of(&self, subject: &str) -> &'static str {
        self.of[subject]
    }

    /// True where the provider says when its grants end.
    pub(crate) fn states_ends(&self, subject: &str) -> bool {
        self.of[subject] == "brief"
    }

    /// The accounts as they are when the year begins.
    pub(crate) fn seeds(&self) -> Vec<Seed> {
        let seed = |(person, stated): &(Person, Option<Duration>)| Seed {
            grant_lives: *stated,
            ..Seed::fresh(&person.subject).at(self.of[&person.subject]).living(Some(person.life))
        };
        self.people.iter().map(seed).collect()
    }

    /// The providers of all of them.
    pub(crate) fn provider(&self, seed: u64, days: u64, calendar: &Arc<Calendar>) -> Arc<Issuer> {
        let (of, endings) = (self.of.clone(), refused::endings());
        let calendar = Arc::clone(calendar);
        let temper = Provider { dice: Dice::new(seed), calendar, of, endings, days };
        Issuer::new(self.people.iter().map(|(person, _)| person.clone()), temper)
    }
}

/// Answers as the calendar says, with a faulty one now and then.
struct Provider {
    dice: Dice,
    calendar: Arc<Calendar>,
    of: HashMap<String, &'static str>,
    endings: Vec<(Reply, Reason)>,
    days: u64,
}

impl Temper for Provider {
    fn mood(&mut self, grant: &Grant, now: Instant) -> Mood {
        let person = &grant.person;
        if let Some(illness) = self.calendar.illness(self.of[&person.subject], now) {
            return Mood::Faulty(illness(&self.dice));
        }
        if self.dice.chance(FAULTY) {
            return Mood::Faulty(faults::any(&self.dice));
        }
        if person.ends.is_some_and(|end| end <= now) {
            return Mood::Refusal(self.dice.pick(&self.endings).0.clone());
        }
        Mood::Tokens(person.life)
    }

    fn signed_in(&mut self, subject: &str, now: Instant) -> Option<Instant> {
        let stated = (self.of[subject] == "brief").then_some(BRIEF);
        Some(ends(&self.dice, stated, self.days, now))
    }
}

/// When a grant that begins now will end: it is revoked some day, or its age is reached.
fn ends(dice: &Dice, stated: Option<Duration>, days: u64, now: Instant) -> Instant {
    let revoked = dice.length(HOUR, length(days) * 2);
    now + stated.map_or(revoked, |stated| revoked.min(stated))
}

/// How long an account's tokens live. Many live for days, so that a thousand accounts can be told in minutes.
fn life(dice: &Dice) -> Duration {
    match dice.below(100) {
        0 => HOUR,
        1..5 => HOUR * 8,
        5..30 => DAY,
        30..65 => DAY * 7,
        _ => DAY * 30,
    }
}
