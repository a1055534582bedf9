//! The agent and its kills: started, killed at a random instant, looked at, started again.
//!
//! A long run is played in acts, each with a home and a provider of its own, so that neither the trail nor the
//! provider's memory grows without bound.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bowline_base::Random;
use bowline_base::random::SeededRandom;
use bowline_tests::program::code_of;
use bowline_tests::proof;
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Door, Home, Practice, Request, Running};
use nix::sys::signal::Signal;

use super::figures::Figures;
use super::readers::Readers;
use super::{calm, vault};
use crate::stage::{connect, practice, renewals, text};

/// Those who are connected.
const PEOPLE: [&str; 6] = ["alice", "bob", "carol", "dan", "erin", "frank"];

/// Kills in one act.
const ACT: usize = 250;

/// Kills between two looks at what became of everybody.
const BETWEEN_CALMS: usize = 8;

/// Nothing waits for long: also where a retry was cut off itself, and the next one waits longer after each start.
/// No request is given up on a busy machine, for that is another story. Readers may ask as often as they like.
const SETTINGS: &str = "[retry]\nbase = \"1ms\"\nmax = \"100ms\"\n\
    timeouts = [\"20s\"]\nconnect_timeouts = [\"20s\"]\n\
    [connect]\nattempts_per_hour = 100000\n[ipc]\nreads_per_minute = 1000000\n";

/// The longest delay from the start of the program, by which half of the kills strike: it takes in the start, the
/// opening of the vault, and what is made up for from the last kill.
const FROM_START: Duration = Duration::from_millis(500);

/// The longest delay once the agent answers for its accounts, by which the others strike.
const FROM_OPEN: Duration = Duration::from_millis(250);

/// One home with its accounts and their provider.
pub(crate) struct Act<'a> {
    pub(crate) home: Home,
    pub(crate) practice: Practice,
    /// Each account's id and its subject at the provider.
    pub(crate) accounts: Vec<(String, String)>,
    pub(crate) readers: &'a Readers,
    /// When a kill cut each account's renewal off since everybody was well, in milliseconds.
    pub(crate) cut_off_at: BTreeMap<String, Vec<i64>>,
}

/// Plays a scenario with a practice provider that rotates and has these further options.
pub(crate) fn run(name: &str, options: &[&str], kills: usize, seed: u64) -> Figures {
    let mut figures = Figures { name: name.to_owned(), ..Figures::default() };
    let random = SeededRandom::new(seed);
    while figures.kills < kills && figures.lost == 0 {
        let readers = Readers::default();
        let mut act = Act::new(options, &readers);
        act.note_what_is_left(&mut figures);
        let kills_left = kills - figures.kills;
        act.play(&mut figures, kills_left.min(ACT), &random, seed);
        figures.renewals += renewals(&act.practice.door());
        figures.read += readers.tokens();
        figures.wrong.extend(readers.odd());
        if kills > ACT {
            proof::so_far(&figures.to_string());
        }
    }
    figures
}

impl<'a> Act<'a> {
    fn new(options: &[&str], readers: &'a Readers) -> Self {
        let home = Home::new();
        home.settings(SETTINGS);
        let practice = practice(&home, &[&["--access-ttl", "2s", "--rotate"], options].concat());
        let agent = Agent::start(&home);
        let account = |person: &str| connect(&agent.socket(), "practice", &["--user", person]);
        let pair = |person: &&str| {
            let account = account(person);
            (text(&account["id"]), text(&account["subject"]))
        };
        let accounts = PEOPLE.iter().map(pair).collect();
        agent.kill();
        Self { home, practice, accounts, readers, cut_off_at: BTreeMap::new() }
    }

    /// The agent's door, whether it is there or not.
    pub(crate) fn owner(&self) -> Door {
        Door::Socket(self.home.socket())
    }

    fn play(&mut self, figures: &mut Figures, kills: usize, random: &SeededRandom, seed: u64) {
        let ids: Vec<String> = self.accounts.iter().map(|(id, _)| id.clone()).collect();
        let readers = self.readers;
        std::thread::scope(|scope| {
            let _asking = readers.begin(scope, &self.owner(), &ids, seed);
            for nth in 1..=kills {
                self.kill_at_random(figures, random);
                if nth % BETWEEN_CALMS == 0 || nth == kills {
                    calm::look(self, figures);
                }
                if figures.lost > 0 {
                    break;
                }
            }
        });
    }

    /// Starts the agent, kills it some time later, and looks at what that left behind.
    fn kill_at_random(&mut self, figures: &mut Figures, random: &SeededRandom) {
        let mut command = self.home.command(&["agent", "--headless"]);
        let mut agent = Running::start("the agent", command.stdin(Stdio::null()));
        let delay = if random.fraction() < 0.5 {
            FROM_START.mul_f64(random.fraction())
        } else {
            self.wait_until_open(&mut agent);
            FROM_OPEN.mul_f64(random.fraction())
        };
        // the one pause that is meant: the instant is what this is about
        std::thread::sleep(delay);
        agent.signal(Signal::SIGKILL);
        let code = code_of(agent.wait(Duration::from_secs(10)));
        assert_eq!(code, 137, "the agent ended by itself: {}", agent.stderr_so_far());
        figures.kills += 1;
        self.note_what_is_left(figures);
    }

    fn wait_until_open(&self, agent: &mut Running) {
        agent.event("ready");
        let answers =
            || Request::get("/v1/accounts").try_send(&self.owner()).ok().filter(|a| a.status == 200);
        until("the agent's answer for its accounts", PATIENCE, answers);
    }

    /// Looks at the vault after a kill, before the next agent does.
    pub(crate) fn note_what_is_left(&mut self, figures: &mut Figures) {
        let (killed_at, left) = (now_ms(), vault::left_in(&self.home.data()));
        if let Some(damage) = left.damage {
            figures.tear(format!("kill {}: the vault is damaged: {damage}", figures.kills));
        }
        figures.cut_off += left.unanswered.len();
        for id in left.unanswered {
            self.cut_off_at.entry(id).or_default().push(killed_at);
        }
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_millis()).expect("and before the end of time")
}
