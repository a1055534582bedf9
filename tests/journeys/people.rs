//! Whose accounts they are: at which providers, with tokens of which life, and how their grants end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Instant, Reason};
use bowline_oauth::transport::Reply;
use bowline_tests::world::script::refusal;
use bowline_tests::world::{DAY, HOUR, Seed};

use crate::calendar::Calendar;
use crate::dice::Dice;
use crate::faults;
use crate::issuer::{Ends, Grant, Issuer, Mood, Person, Temper};
use crate::refused;

/// Where the accounts are; `steady` and `brief` never give a new refresh token.
pub(crate) const PROVIDERS: &[&str] = &["acme", "other", "twoway", "steady", "brief", "typed", "sleepy"];
/// The share of answers that are faulty for no reason that anybody can see.
const FAULTY: f64 = 0.01;
/// How long a grant of `brief` lives, as its file says.
const BRIEF: Duration = Duration::from_secs(60 * 86_400);
/// How long a grant of `typed` lives, as its answers say.
const STATED: Duration = Duration::from_secs(30 * 86_400);
/// How long a grant of `sleepy` lives, whose client is in testing, as its file knows.
const TESTING: Duration = Duration::from_secs(7 * 86_400);
/// What is said of a grant that has reached its age.
const AGED: &[&str] = &["", "Token has been expired or revoked.", "refresh token has expired"];

/// What a provider has to do with its grants' age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Law {
    /// Nothing.
    None,
    /// Its answers say when a grant ends.
    Stated,
    /// Its file does.
    Filed,
    /// Its file knows how long those of a client in testing live, as this one is.
    Testing,
    /// Nobody says it, and each account's grants live equally long.
    Own,
}

/// The law of a provider.
pub(crate) fn law(provider: &str) -> Law {
    match provider {
        "typed" => Law::Stated,
        "brief" => Law::Filed,
        "sleepy" => Law::Testing,
        "twoway" => Law::Own,
        _ => Law::None,
    }
}

/// So many days.
pub(crate) fn length(days: u64) -> Duration {
    DAY * u32::try_from(days).expect("a number of days")
}

/// Everybody, and where their accounts are.
pub(crate) struct Household {
    people: Vec<Member>,
    of: HashMap<String, &'static str>,
}

struct Member {
    person: Person,
    /// How long the first grant lives, where that is known.
    grant_lives: Option<Duration>,
    /// How long each of their grants lives, where nobody says so.
    age: Duration,
}

impl Household {
    /// So many people, of whom about half lose their grant once in so many days.
    pub(crate) fn drawn(dice: &Dice, accounts: u64, days: u64) -> Self {
        let (mut people, mut of) = (Vec::new(), HashMap::new());
        for n in 0..accounts as usize {
            let (subject, provider) = (format!("p{n}"), PROVIDERS[n % PROVIDERS.len()]);
            people.push(Member::drawn(dice, subject.clone(), provider, days));
            of.insert(subject, provider);
        }
        Self { people, of }
    }

    /// Where this person's account is.
    pub(crate) fn provider_of(&self, subject: &str) -> &'static str {
        self.of[subject]
    }

    /// True where people are warned of their grant's end.
    pub(crate) fn is_warned(&self, subject: &str) -> bool {
        matches!(law(self.of[subject]), Law::Stated | Law::Filed | Law::Testing)
    }

    /// The accounts as they are when the year begins.
    pub(crate) fn seeds(&self) -> Vec<Seed> {
        let seed = |member: &Member| Seed {
            grant_lives: member.grant_lives,
            ..Seed::fresh(&member.person.subject)
                .at(self.of[&member.person.subject])
                .living(Some(member.person.life))
        };
        self.people.iter().map(seed).collect()
    }

    /// The providers of all of them.
    pub(crate) fn provider(&self, seed: u64, days: u64, calendar: &Arc<Calendar>) -> Arc<Issuer> {
        let (of, endings) = (self.of.clone(), refused::endings());
        let ages = self.people.iter().map(|member| (member.person.subject.clone(), member.age)).collect();
        let calendar = Arc::clone(calendar);
        let temper = Provider { dice: Dice::new(seed), calendar, of, ages, endings, days };
        Issuer::new(self.people.iter().map(|member| member.person.clone()), temper)
    }
}

impl Member {
    fn drawn(dice: &Dice, subject: String, provider: &str, days: u64) -> Self {
        let (law, age) = (law(provider), dice.length(DAY * 8, DAY * 16));
        let grant_lives = match law {
            Law::Stated => Some(dice.length(DAY * 5, STATED)),
            Law::Filed => Some(dice.length(DAY * 5, BRIEF)),
            Law::None | Law::Testing | Law::Own => None,
        };
        let by_law = grant_lives.or(ages(dice, law, age));
        let ends = ends(dice, by_law, days, Instant::default());
        // Where only the ends themselves teach how long a grant lives, tokens live short enough to show them.
        let longest = if matches!(law, Law::Testing | Law::Own) { DAY } else { Duration::MAX };
        let rotates = !matches!(provider, "steady" | "brief");
        let person = Person { subject, life: life(dice).min(longest), rotates, ends };
        Self { person, grant_lives, age }
    }
}

/// Answers as the calendar says, with a faulty one now and then.
struct Provider {
    dice: Dice,
    calendar: Arc<Calendar>,
    of: HashMap<String, &'static str>,
    ages: HashMap<String, Duration>,
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
        match person.ends.at {
            Some(end) if end <= now && person.ends.by_age => {
                Mood::Refusal(refusal(400, "invalid_grant", self.dice.word(AGED)))
            }
            Some(end) if end <= now => Mood::Refusal(self.dice.pick(&self.endings).0.clone()),
            _ => Mood::Tokens(person.life),
        }
    }

    fn signed_in(&mut self, subject: &str, now: Instant) -> Ends {
        let law = law(self.of[subject]);
        let ends = ends(&self.dice, ages(&self.dice, law, self.ages[subject]), self.days, now);
        Ends { stated: (law == Law::Stated).then_some(STATED), ..ends }
    }
}

/// How long a grant lives at most, by this law.
fn ages(dice: &Dice, law: Law, own: Duration) -> Option<Duration> {
    match law {
        Law::None => None,
        Law::Stated => Some(STATED),
        Law::Filed => Some(BRIEF),
        Law::Testing => Some(TESTING),
        Law::Own => Some(dice.length(own.mul_f64(0.97), own.mul_f64(1.03))),
    }
}

/// When a grant that begins now will end: it is revoked some day, or its age is reached.
fn ends(dice: &Dice, age: Option<Duration>, days: u64, now: Instant) -> Ends {
    let revoked = dice.length(HOUR, length(days) * 2);
    let by_age = age.filter(|age| *age <= revoked);
    Ends { at: Some(now + by_age.unwrap_or(revoked)), by_age: by_age.is_some(), stated: None }
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
