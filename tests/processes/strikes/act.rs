//! A home with one account, an agent behind the shim, and what has to hold before, during and after a fault.

use std::process::Stdio;

use bowline_tests::home::PASSPHRASE;
use bowline_tests::program::code_of;
use bowline_tests::wait::{PATIENCE, within};
use bowline_tests::{Answer, Door, Home, Practice, Request, Running};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::scenes::{Scene, Way};
use super::shim::{Kind, Plan};
use crate::stage::{connect, get, post, practice, text};

/// Nothing waits for long, and nobody meets a limit by accident.
const SETTINGS: &str = "[connect]\nattempts_per_hour = 100000\n[retry]\nbase = \"20ms\"\nmax = \"100ms\"\n\
    timeouts = [\"5s\"]\nconnect_timeouts = [\"5s\"]\n[ipc]\nreads_per_minute = 1000000\n";

/// Whoever is there before any fault.
const PERSON: &str = "alice";

/// What came of one fault.
#[derive(Default)]
pub(crate) struct Struck {
    /// How many calls of each kind there were.
    pub(crate) calls: [u64; 4],
    pub(crate) has_struck: bool,
    pub(crate) crashed: bool,
    pub(crate) wrong: Vec<String>,
    /// What has to be so after the agent was killed and started again.
    claims: Vec<Claim>,
}

/// What an answer promised.
pub(crate) struct Claim {
    path: String,
    status: u16,
    field: Option<(&'static str, Value)>,
}

/// The stage of one scene.
pub(crate) struct Act {
    pub(crate) home: Home,
    pub(crate) practice: Practice,
    /// The account's id.
    pub(crate) id: String,
    /// Counts the faults: a name for each.
    pub(crate) round: u64,
    plan: Plan,
    agent: Option<Running>,
}

impl Act {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        home.settings(SETTINGS);
        let practice = practice(&home, &["--access-ttl", "10m", "--rotate"]);
        let mut act = Self { home, practice, id: String::new(), round: 0, plan: Plan::new(), agent: None };
        act.start();
        act.id = text(&connect(&act.owner(), "practice", &["--user", PERSON])["id"]);
        act
    }

    pub(crate) fn owner(&self) -> Door {
        Door::Socket(self.home.socket())
    }

    /// Plays a scene while one call fails, and looks at what that leaves behind.
    pub(crate) fn strike(&mut self, scene: &Scene, fault: Option<(Kind, u64)>) -> Struck {
        self.round += 1;
        let mut struck = Struck::default();
        match scene.way {
            Way::Asking { before, play, after } => {
                let given = before(self);
                self.arm(fault);
                play(self, &given, &mut struck);
                self.note(&mut struck);
                after(self, &given, &mut struck);
            }
            Way::Starting => {
                self.kill();
                self.arm(fault);
                let ready = self.start_armed(&mut struck);
                if ready {
                    self.look_meanwhile(&mut struck);
                }
                self.note(&mut struck);
            }
            Way::FirstStart => {
                let plan = std::mem::replace(&mut self.plan, Plan::new());
                let other = Self { plan, ..Self::empty() };
                self.plan = first_start(other, fault, &mut struck);
                return struck;
            }
        }
        self.settle(&mut struck);
        self.kill();
        self.start();
        self.look(&mut struck);
        struck
    }

    fn empty() -> Self {
        let home = Home::new();
        home.settings(SETTINGS);
        let practice = practice(&home, &[]);
        Self { home, practice, id: String::new(), round: 0, plan: Plan::new(), agent: None }
    }

    fn arm(&self, fault: Option<(Kind, u64)>) {
        let (kind, nth) = fault.unwrap_or((Kind::Write, u64::MAX >> 1));
        self.plan.arm(kind, nth);
    }

    /// The fault is over: what there is to say of it, and of the agent.
    fn note(&mut self, struck: &mut Struck) {
        struck.calls = Kind::ALL.map(|kind| self.plan.count(kind));
        struck.has_struck = self.plan.has_struck();
        self.plan.disarm();
        let Some(agent) = &mut self.agent else { return };
        let words = agent.stderr_so_far();
        if words.contains("panicked") || !agent.is_alive() {
            struck.crashed = true;
            struck.wrong.push(format!("the agent crashed: {words}"));
            self.kill();
            self.start();
        }
    }

    /// Without a fault everything mends itself: the account can be renewed. A passphrase that could not be read is typed.
    fn settle(&self, struck: &mut Struck) {
        if get(&self.owner(), "/v1/vault").json()["locked"] == json!(true) {
            post(&self.owner(), "/v1/vault/unlock", &json!({ "passphrase": PASSPHRASE }));
        }
        let path = format!("/v1/accounts/{}/refresh", self.id);
        let mut last = String::new();
        let renewed = within(PATIENCE, || {
            let answer = self.ask(&path)?;
            last = answer.text();
            (answer.status == 200).then_some(())
        });
        if renewed.is_none() {
            struck.wrong.push(format!("the account is lost: {last}"));
        }
    }

    fn ask(&self, path: &str) -> Option<Answer> {
        Request::new("POST", path).try_send(&self.owner()).ok()
    }

    /// After a kill: the account is there and works, what was promised holds, and the trail is whole.
    fn look(&self, struck: &mut Struck) {
        let owner = self.owner();
        let account = get(&owner, &format!("/v1/accounts/{}", self.id)).json();
        if account["status"] != "healthy" {
            struck.wrong.push(format!("after a restart: {account}"));
        }
        self.check_token(&get(&owner, &format!("/v1/accounts/{}/token", self.id)), PERSON, struck);
        for claim in std::mem::take(&mut struck.claims) {
            let answer = get(&owner, &claim.path);
            let holds = |(field, value): &(&str, Value)| {
                answer.json().pointer(field).unwrap_or(&Value::Null) == value
            };
            if answer.status != claim.status || !claim.field.as_ref().is_none_or(holds) {
                let (path, text) = (claim.path, answer.text());
                struck.wrong.push(format!("a promise was not kept, {path}: {} {text}", answer.status));
            }
        }
        let trail = get(&owner, "/v1/audit/verify").json();
        if trail["ok"] != json!(true) {
            struck.wrong.push(format!("the trail does not verify: {trail}"));
        }
    }

    /// What a reader is told while the agent has just started with a fault.
    fn look_meanwhile(&self, struck: &mut Struck) {
        let list = get(&self.owner(), "/v1/accounts");
        if struck.hears(&list) && list.json()["accounts"].as_array().is_none_or(|all| all.len() != 1) {
            struck.wrong.push(format!("an account is not listed: {}", list.text()));
        }
        match Request::get(&format!("/v1/accounts/{}/token", self.id)).try_send(&self.owner()) {
            Ok(answer) => self.check_token(&answer, PERSON, struck),
            Err(error) => struck.wrong.push(format!("a reader has no answer: {error}")),
        }
    }

    /// A token that was given is one that the provider takes, of this person.
    pub(crate) fn check_token(&self, answer: &Answer, person: &str, struck: &mut Struck) {
        if !struck.hears(answer) {
            return;
        }
        let token = text(&answer.json()["access_token"]);
        let seen = Request::get("/userinfo").key(&token).send(&self.practice.door());
        if seen.status != 200 || !seen.text().contains(person) {
            struck.wrong.push(format!("a token that the provider does not take: {}", seen.text()));
        }
    }

    fn start(&mut self) {
        let mut agent = self.spawn();
        agent.event("ready");
        self.agent = Some(agent);
        let opened = || (self.ask_accounts()?.status == 200).then_some(());
        within(PATIENCE, opened).unwrap_or_else(|| panic!("the agent does not open its vault"));
    }

    fn ask_accounts(&self) -> Option<Answer> {
        Request::get("/v1/accounts").try_send(&self.owner()).ok()
    }

    /// Starts it while a call fails: it gets ready, or ends with a sentence that says why.
    fn start_armed(&mut self, struck: &mut Struck) -> bool {
        let mut agent = self.spawn();
        let is_ready = |agent: &Running| agent.stdout_so_far().contains("\"ready\"");
        within(PATIENCE, || (is_ready(&agent) || !agent.is_alive()).then_some(()));
        if is_ready(&agent) && agent.is_alive() {
            self.agent = Some(agent);
            return true;
        }
        let code = code_of(agent.wait(PATIENCE));
        let words = agent.stderr_so_far();
        if !matches!(code, 1 | 7) || words.contains("panicked") || words.trim().is_empty() {
            struck.crashed = true;
            struck.wrong.push(format!("the start ended with {code}: {words}"));
        }
        self.plan.disarm();
        self.start();
        false
    }

    fn spawn(&self) -> Running {
        let mut command = self.home.command(&["agent", "--headless"]);
        self.plan.put_before(&mut command);
        Running::start("the agent", command.stdin(Stdio::null()))
    }

    fn kill(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            agent.signal(Signal::SIGKILL);
            agent.wait(PATIENCE);
        }
    }

    /// Has something done until it is, now that nothing fails.
    pub(crate) fn until_done(&self, what: &str, struck: &mut Struck, again: impl Fn() -> Answer) {
        let done = |answer: Answer| (answer.status < 300 || answer.status == 404).then_some(());
        if within(PATIENCE, || done(again())).is_none() {
            struck.wrong.push(format!("{what} is not done after the fault: {}", again().text()));
        }
    }
}

impl Struck {
    /// True where it was done. What was not has to say so in the words for it.
    pub(crate) fn hears(&mut self, answer: &Answer) -> bool {
        if answer.status < 300 {
            return true;
        }
        let code = text_or(&answer.json()["code"]);
        if !matches!(
            (answer.status, code.as_str()),
            (507, "storage_error") | (503, "temporarily_unavailable") | (423, "locked")
        ) {
            self.wrong.push(format!("an answer that does not fit: {}", answer.text()));
        }
        false
    }

    /// This has to be so from now on.
    pub(crate) fn claims(&mut self, path: String, status: u16, field: Option<(&'static str, Value)>) {
        self.claims.push(Claim { path, status, field });
    }

    /// An attempt that did not connect has to say so in the words for it.
    pub(crate) fn hears_of_attempt(&mut self, end: &Value) -> bool {
        let code = text_or(&end["error"]["code"]);
        let fits = matches!(code.as_str(), "provider_unreachable" | "storage_error" | "timed_out");
        if end["state"] != "connected" && !fits {
            self.wrong.push(format!("an attempt's end that does not fit: {end}"));
        }
        end["state"] == "connected"
    }
}

/// An agent in an empty home; gives the plan back.
fn first_start(mut other: Act, fault: Option<(Kind, u64)>, struck: &mut Struck) -> Plan {
    other.arm(fault);
    other.start_armed(struck);
    other.note(struck);
    let list = get(&other.owner(), "/v1/accounts");
    // what could not be read at the start is typed
    other.until_done("unlocking", struck, || {
        post(&other.owner(), "/v1/vault/unlock", &json!({ "passphrase": PASSPHRASE }))
    });
    if struck.hears(&list) && list.json() != json!({"accounts": []}) {
        struck.wrong.push(format!("an empty home has accounts: {}", list.text()));
    }
    let account = connect(&other.owner(), "practice", &["--user", PERSON]);
    let renewed =
        post(&other.owner(), &format!("/v1/accounts/{}/refresh", text(&account["id"])), &Value::Null);
    if renewed.status != 200 {
        struck.wrong.push(format!("the new home does not work: {}", renewed.text()));
    }
    other.kill();
    other.plan
}

fn text_or(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
