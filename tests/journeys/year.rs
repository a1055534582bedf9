//! A year in the life of many accounts: renewals come in time wherever they can, and people are told what they have to
//! know and nothing else.
//!
//! `BOWLINE_YEAR_ACCOUNTS`, `BOWLINE_YEAR_DAYS` and `BOWLINE_YEAR_SEED` say which year. What it brings is in
//! [`crate::calendar`], what the providers answer in [`crate::people`], what may be told in [`crate::told`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AccountId, Clock, Instant, Status};
use bowline_engine::Policy;
use bowline_engine::event::Event;
use bowline_tests::proof;
use bowline_tests::world::journey::again;
use bowline_tests::world::{DAY, HOUR, Setup, World};

use crate::calendar::Calendar;
use crate::dice::{Dice, figure};
use crate::foreseen::Foreseen;
use crate::issuer::Issuer;
use crate::people::{self, Household};
use crate::timely::Timely;
use crate::told::{Ledger, Truth};

/// How long a person takes to sign in again: longer than the day in which the same cause is not told twice.
const TAKES: (Duration, Duration) = (Duration::from_secs(26 * 3600), Duration::from_secs(4 * 86_400));

#[tokio::test]
async fn p4_r61_a_year_of_outages_sleep_and_wrong_clocks_renews_in_time_and_tells_what_has_to_be_told() {
    let (accounts, days) = (figure("BOWLINE_YEAR_ACCOUNTS", 40), figure("BOWLINE_YEAR_DAYS", 40));
    let seed = figure("BOWLINE_YEAR_SEED", 1);
    let mut year = Year::begun(accounts, days, seed).await;
    while year.now() < Instant::default() + people::length(days) {
        year.an_hour_passes().await;
        year.somebody_reads().await;
        year.looks();
        year.looks_ahead();
        year = year.may_begin_anew().await;
        year.signs_in_again().await;
    }
    year.ends();
    let figures = year.figures();
    proof::say(&format!("a year of {accounts} accounts, {days} days: {figures} (BOWLINE_YEAR_SEED={seed})"));
}

/// A year, and what was seen of it.
struct Year {
    world: World,
    issuer: Arc<Issuer>,
    calendar: Arc<Calendar>,
    dice: Dice,
    ids: Vec<AccountId>,
    household: Household,
    subjects: HashMap<AccountId, String>,
    /// Who will sign in again, and when.
    plans: HashMap<AccountId, Instant>,
    timely: Timely,
    ledger: Ledger,
    seen: usize,
    heard: usize,
    slept: usize,
    slipped: usize,
    restarted: usize,
    /// When forecasts were last looked at.
    looked: Option<Instant>,
    foreseen: Foreseen,
    policy: Policy,
    served: u64,
    refused: u64,
    signed_in: u64,
}

impl Year {
    async fn begun(accounts: u64, days: u64, seed: u64) -> Self {
        let dice = Dice::new(seed);
        let calendar = Arc::new(Calendar::drawn(&dice, days, people::PROVIDERS));
        let household = Household::drawn(&dice, accounts, days);
        let issuer = household.provider(seed + 1, days, &calendar);
        let policy = Policy { attempts_per_hour: 10_000, ..Policy::default() };
        let setup = Setup {
            seeds: household.seeds(),
            policy: policy.clone(),
            transport: Some(issuer.clone()),
            ..Setup::default()
        };
        let world = World::start(setup).await;
        issuer.goes_by(&world.clock);
        let ids = world.ids();
        let subjects =
            world.engine.accounts().into_iter().map(|s| (s.account.id, s.account.subject)).collect();
        Self {
            world,
            issuer,
            calendar,
            dice,
            ids,
            household,
            subjects,
            plans: HashMap::new(),
            timely: Timely::default(),
            ledger: Ledger::default(),
            seen: 0,
            heard: 0,
            slept: 0,
            slipped: 0,
            restarted: 0,
            looked: None,
            foreseen: Foreseen::default(),
            policy,
            served: 0,
            refused: 0,
            signed_in: 0,
        }
    }

    fn now(&self) -> Instant {
        self.world.clock.instant()
    }

    /// An hour, or less where the computer goes to sleep or its clock is set before.
    async fn an_hour_passes(&mut self) {
        let now = self.now();
        let sleep = self.calendar.sleeps.get(self.slept).copied();
        let slip = self.calendar.slips.get(self.slipped).copied();
        let next = sleep.map(|sleep| sleep.from).into_iter().chain(slip.map(|slip| slip.at));
        self.world.pass(next.map(|at| at.since(now)).fold(HOUR, Duration::min)).await;
        if let Some(sleep) = sleep.filter(|sleep| sleep.from <= self.now()) {
            self.slept += 1;
            self.world.clock.advance(sleep.to.since(self.now()));
            if self.dice.chance(0.5) {
                // Most systems tell of it as they do of a clock that was set.
                self.world.clock.set_wall(self.world.clock.wall());
            }
        }
        while let Some(slip) = self.calendar.slips.get(self.slipped).filter(|slip| slip.at <= self.now()) {
            self.slipped += 1;
            self.world.clock.set_wall(slip.moved(self.world.clock.wall()));
            // The accounts' times are saved one after the other, and a world is quiet between two of them.
            for _ in 0..self.ids.len() / 4 + 2 {
                self.world.settle().await;
            }
        }
        self.world.settle().await;
    }

    /// The agent ends and begins anew on the same vault.
    async fn may_begin_anew(mut self) -> Self {
        while self.calendar.restarts.get(self.restarted).is_some_and(|at| *at <= self.now()) {
            self.restarted += 1;
            self.world =
                self.world.begun_anew(self.policy.clone(), self.issuer.clone(), self.restarted as u64).await;
            (self.heard, self.seen) = (0, self.world.desktop.deeds_from(0).len().min(self.seen));
            self.ledger.begins_anew();
            self.looks();
        }
        self
    }

    /// Once a day, what is forecast for everybody.
    fn looks_ahead(&mut self) {
        let now = self.now();
        if self.looked.is_some_and(|looked| now.since(looked) < DAY) {
            return;
        }
        self.looked = Some(now);
        let wall = self.world.clock.wall();
        for id in &self.ids {
            let forecast = self.world.sight(id).forecast;
            self.foreseen.looks(id, now, forecast.map(|f| now + f.ends_at.since(wall)));
        }
    }

    /// A reader gets a living token or none.
    async fn somebody_reads(&mut self) {
        let id = self.dice.pick(&self.ids);
        let (read, _) = self.world.within(HOUR, self.world.read(id)).await;
        match read {
            Ok(served) => {
                let access = served.living.access.expose();
                assert!(self.issuer.is_alive(access), "{access} is dead and was served");
                self.served += 1;
            }
            Err(_) => self.refused += 1,
        }
    }

    /// Takes in what was renewed, shown and felt since the last look.
    fn looks(&mut self) {
        for renewal in self.issuer.take_renewals() {
            let provider = self.household.provider_of(&renewal.before.person.subject);
            self.timely.takes(&renewal.before, Some(renewal.at), provider, &self.calendar);
        }
        let deeds = self.world.desktop.deeds_from(self.seen);
        self.seen += deeds.len();
        for deed in &deeds {
            let (issuer, household, subjects) = (&self.issuer, &self.household, &self.subjects);
            let truth = |id: &AccountId| Truth {
                grant: issuer.grant(&subjects[id]),
                warned: household.is_warned(&subjects[id]),
            };
            self.ledger.takes(deed, truth, |provider, at| self.calendar.down_since(provider, at));
        }
        let events = self.world.events_from(self.heard);
        self.heard += events.len();
        for event in events {
            if let Event::AccountStatus { account, status } = event {
                self.fares_truly(&account, status);
            }
        }
    }

    /// Nobody is asked for anything, and nothing called set up wrongly, without its provider having said so.
    fn fares_truly(&mut self, account: &AccountId, status: Status) {
        let (grant, now) = (self.issuer.grant(&self.subjects[account]), self.now());
        match status {
            Status::NeedsReconnect => {
                assert!(grant.refused_at.is_some(), "{account} needs nobody: its provider refused nothing");
                let takes = self.dice.length(TAKES.0, TAKES.1);
                if self.plans.contains_key(account) {
                    return;
                }
                self.plans.insert(account.clone(), now + takes);
                let law = people::law(self.household.provider_of(&self.subjects[account]));
                self.foreseen.ended(account, law, grant.person.ends);
            }
            Status::Misconfigured => {
                let gone = grant.gone_since.map(|since| now.since(since));
                assert!(gone >= Some(DAY), "{account} is called set up wrongly after {gone:?}");
            }
            _ => {}
        }
    }

    /// Who was told that they have to do so some hours ago.
    async fn signs_in_again(&mut self) {
        let now = self.now();
        let due: Vec<AccountId> =
            self.plans.iter().filter(|(_, at)| **at <= now).map(|(id, _)| id.clone()).collect();
        for id in due {
            self.was_told(&id);
            self.plans.remove(&id);
            let begun = self.world.begin(again(&id)).await;
            let query = format!("code={}&state=STATE", self.subjects[&id]);
            let page = self.world.comes_back(&begun, &query).await;
            assert_eq!(page.status, 200, "{}", page.words());
            self.world.settle().await;
            assert_eq!(
                self.world.fares(&id).1.filter(|_| !self.household.is_warned(&self.subjects[&id])),
                None
            );
            self.ledger.mended(&id);
            self.signed_in += 1;
        }
    }

    fn was_told(&self, id: &AccountId) {
        let (refused, told) = (self.issuer.grant(&self.subjects[id]).refused_at, self.ledger.last_told(id));
        assert!(told >= refused, "{id} was refused at {refused:?} and last told of at {told:?}");
    }

    /// Whatever has not been renewed by now counts, and everybody fares as their provider said.
    fn ends(&mut self) {
        for (id, subject) in &self.subjects {
            let (grant, status) = (self.issuer.grant(subject), self.world.fares(id).0);
            assert_eq!(grant.refused_at.is_some(), status == Status::NeedsReconnect, "{id} is {status}");
            if grant.refused_at.is_some_and(|at| self.now().since(at) > TAKES.0) {
                self.was_told(id);
            }
            if grant.refused_at.is_none() && self.timely.is_over(&grant, self.now()) {
                self.timely.takes(&grant, None, self.household.provider_of(subject), &self.calendar);
            }
        }
        self.timely.holds();
        self.foreseen.holds();
    }

    fn figures(&self) -> String {
        format!(
            "{}; {}; {} restarts, {} faulty answers, {} sign-ins after a true refusal, {} reads served and {} refused, 0 dead tokens, \
             0 false needs_reconnect; {} notices of need, {} warnings, {} of long failure, {} of a silent provider, \
             none too often",
            self.timely.figures(),
            self.foreseen.figures(),
            self.restarted,
            self.issuer.faulty(),
            self.signed_in,
            self.served,
            self.refused,
            self.ledger.needs,
            self.ledger.warnings,
            self.ledger.failing,
            self.ledger.silent,
        )
    }
}
