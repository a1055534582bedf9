//! A great many faulty answers, drawn at random, and every refusal that is true: the first ask nobody for anything,
//! the second are shown at once.
//!
//! `BOWLINE_FAULTY` says how many faulty answers are given, `BOWLINE_FAULTY_SEED` which.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AccountId, Clock, Instant, Reason, Status};
use bowline_engine::event::Event;
use bowline_engine::notice::Kind;
use bowline_tests::proof;
use bowline_tests::world::{DAY, HOUR, MINUTE, SECOND, Seed, Setup, World};

use crate::dice::{Dice, figure};
use crate::faults::{self, Illness};
use crate::issuer::{Ends, Grant, Issuer, Mood, Person, Temper};
use crate::refused;

/// The providers whose accounts are renewed: plain, with a second address, never rotating, with device codes.
const PROVIDERS: &[&str] = &["acme", "other", "twoway", "steady", "typed"];
const PEOPLE: usize = 10;

#[tokio::test]
async fn e26_e27_e66_faulty_answers_by_the_thousand_ask_nobody_to_reconnect_and_serve_no_dead_token() {
    let (wanted, seed) = (figure("BOWLINE_FAULTY", 3000), figure("BOWLINE_FAULTY_SEED", 1));
    let mut run = Run::begun(seed).await;
    while run.issuer.faulty() < wanted {
        run.goes_on().await;
        run.reads().await;
        run.looks();
    }
    let days = run.world.clock.instant().since(Instant::default()).as_secs_f64() / 86_400.0;
    proof::say(&format!(
        "faulty answers: {} in {days:.1} days, {} renewals that brought tokens, {} reads served and {} \
         refused; 0 false needs_reconnect, 0 false misconfigured ({} true), 0 dead tokens (BOWLINE_FAULTY_SEED={seed})",
        run.issuer.faulty(),
        run.renewed,
        run.served,
        run.refused,
        run.gone,
    ));
    assert!(run.served > 0 && run.refused > 0 && run.renewed > 0, "both sides were seen");
}

#[tokio::test]
async fn r03_r22_every_true_refusal_is_shown_by_the_very_next_renewal_whatever_came_before() {
    let seed = figure("BOWLINE_FAULTY_SEED", 1);
    let dice = Dice::new(seed);
    let (world, ids) = World::with([Seed::fresh("ana")]).await;
    let ana = &ids[0];
    let refusals = refused::all();
    for (reply, reason) in &refusals {
        world.answers([bowline_tests::world::script::tokens("well")]);
        renewed(&world, ana).await;
        assert_eq!(world.fares(ana), (Status::Healthy, None));
        let mut grant = Grant::new(person("ana"), 0, world.clock.instant());
        for _ in 0..dice.below(3) {
            let fault = faults::any(&dice);
            grant.fell_ill(&fault, world.clock.instant());
            world.answers([fault]);
            renewed(&world, ana).await;
            // A pause that the provider asked for is kept first.
            world.pass(MINUTE * 5).await;
        }
        let sent = world.sent();
        world.answers([reply.clone()]);
        renewed(&world, ana).await;
        world.pass(MINUTE * 5).await;
        assert_eq!(world.fares(ana), shown_as(*reason, &grant), "{reply:?}");
        assert_eq!(world.sent() - sent, 1, "it is asked once: {reply:?}");
    }
    proof::say(&format!("true refusals: {}, each shown by the next renewal with its reason", refusals.len()));
}

/// What is shown of a refusal; after an answer that was lost, a token that is refused has likely been replaced.
fn shown_as(reason: Reason, before: &Grant) -> (Status, Option<Reason>) {
    let reason = match reason {
        Reason::Revoked | Reason::ReuseSuspected if before.lost => Reason::ReuseSuspected,
        reason => reason,
    };
    let status = match reason {
        Reason::InvalidClient | Reason::InvalidEndpoint => Status::Misconfigured,
        Reason::ScopeChanged => Status::InsufficientPermissions,
        _ => Status::NeedsReconnect,
    };
    (status, Some(reason))
}

fn person(name: &str) -> Person {
    Person { subject: name.to_owned(), life: HOUR, rotates: true, ends: Ends::default() }
}

async fn renewed(world: &World, id: &AccountId) {
    let _ = world.within(HOUR, world.engine.refresh_now(id.as_str())).await;
}

/// How one person's provider answers for a while.
struct Spell {
    until: Instant,
    illness: Option<Illness>,
}

/// Answers that are faulty nearly always, in spells of one illness or of all.
struct Moody {
    dice: Dice,
    spells: HashMap<String, Spell>,
}

impl Temper for Moody {
    fn mood(&mut self, grant: &Grant, now: Instant) -> Mood {
        let (dice, subject) = (&self.dice, &grant.person.subject);
        let spell = self.spells.entry(subject.to_owned()).or_insert(Spell { until: now, illness: None });
        if spell.until <= now {
            let length = *dice.pick(&[MINUTE * 5, HOUR, HOUR * 6, HOUR * 30]);
            let illness = dice.chance(0.5).then(|| *dice.pick(faults::ILLNESSES));
            *spell = Spell { until: now + length, illness };
        }
        match spell.illness {
            Some(illness) => Mood::Faulty(illness(dice)),
            // A token may be dead when it comes, too.
            None if dice.chance(0.02) => Mood::Tokens(Duration::ZERO),
            None if dice.chance(0.1) => Mood::Tokens(dice.length(SECOND * 30, HOUR)),
            None => Mood::Faulty(faults::any(dice)),
        }
    }
}

/// A long run of faulty answers, and what was seen of it.
struct Run {
    world: World,
    issuer: Arc<Issuer>,
    dice: Dice,
    people: Vec<(AccountId, String)>,
    heard: usize,
    renewed: usize,
    served: u64,
    refused: u64,
    gone: u64,
}

impl Run {
    async fn begun(seed: u64) -> Self {
        let names: Vec<String> = (0..PEOPLE).map(|n| format!("p{n}")).collect();
        let moody = Moody { dice: Dice::new(seed), spells: HashMap::new() };
        let issuer = Issuer::new(names.iter().map(|name| person(name)), moody);
        let seeds =
            names.iter().enumerate().map(|(n, name)| Seed::fresh(name).at(PROVIDERS[n % PROVIDERS.len()]));
        let setup = Setup { seeds: seeds.collect(), transport: Some(issuer.clone()), ..Setup::default() };
        let world = World::start(setup).await;
        issuer.goes_by(&world.clock);
        let people = world.ids().into_iter().zip(names).collect();
        let dice = Dice::new(seed + 1);
        Self { world, issuer, dice, people, heard: 0, renewed: 0, served: 0, refused: 0, gone: 0 }
    }

    /// Somebody has an account renewed, or time passes.
    async fn goes_on(&mut self) {
        if self.dice.chance(0.8) {
            let id = &self.dice.pick(&self.people).0;
            renewed(&self.world, id).await;
        } else {
            let length = self.dice.length(SECOND, MINUTE * 20);
            self.world.pass(length).await;
        }
        self.renewed += self.issuer.take_renewals().len();
    }

    /// A reader gets a living token or none.
    async fn reads(&mut self) {
        let (id, subject) = self.dice.pick(&self.people);
        let (read, _) = self.world.within(HOUR, self.world.read(id)).await;
        match read {
            Ok(served) => {
                let access = served.living.access.expose();
                assert!(self.issuer.is_alive(access), "{subject} was served {access}, which is dead");
                self.served += 1;
            }
            Err(_) => self.refused += 1,
        }
    }

    /// Nobody was asked for anything, and nothing was called set up wrongly that was not.
    fn looks(&mut self) {
        let events = self.world.events_from(self.heard);
        self.heard += events.len();
        for event in events {
            let Event::AccountStatus { account, status } = event else { continue };
            assert_ne!(status, Status::NeedsReconnect, "{account}: nobody refused anything");
            if status == Status::Misconfigured {
                self.was_gone_for_a_day(&account);
            }
        }
        let needed = |kind: &Kind| matches!(kind, Kind::NeedsYou { .. } | Kind::Many { .. });
        let shown = self.world.desktop.shown();
        assert!(!shown.iter().any(|told| needed(&told.notice.kind)), "{shown:?}");
    }

    fn was_gone_for_a_day(&mut self, account: &AccountId) {
        let (_, subject) = self.people.iter().find(|(id, _)| id == account).expect("one of the people");
        let now = self.world.clock.instant();
        let grant = self.issuer.grant(subject);
        let gone = grant.gone_since.map(|since| now.since(since));
        // Events are looked at some time after they happened.
        let just_now = grant.gone_until.is_some_and(|until| now.since(until) < MINUTE * 30);
        assert!(
            just_now || gone >= Some(DAY),
            "{subject} is called set up wrongly, and its address was gone for {gone:?}"
        );
        self.gone += 1;
    }
}
