//! A home with the real agent in it, a practice provider beside it, and as many accounts as a figure needs.
//!
//! In a private session (tests/desktop/session) the vault's key is in that session's keyring, so that nothing is
//! derived at the start; elsewhere it comes from a passphrase. Limits that protect people are set so high that they
//! are not what is measured.

use std::io;
use std::time::{Duration, Instant};

use bowline_tests::{Agent, Answer, Door, Home, Practice, Request};
use serde_json::{Value, json};

use crate::line::Line;

/// Sign-ins under way at the same time.
const SIGNING_IN: usize = 4;
const SETTINGS: &str = "[ipc]\nreads_per_minute = 1000000\n\
    [connect]\nattempts_per_hour = 1000000\ntimeout = \"10s\"\nstate_ttl = \"10s\"\n";

/// The home, and who lives in it.
pub(crate) struct House {
    // the agent goes before its home, and the provider last
    agent: Option<Agent>,
    home: Home,
    practice: Practice,
}

/// How long a start took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Until the agent said that it is ready.
    pub(crate) ready: Duration,
    /// Until it had given a token, where one was asked for.
    pub(crate) token: Option<Duration>,
}

impl House {
    /// A house with a running agent and no account.
    pub(crate) fn build() -> Self {
        Self::with_life("1h")
    }

    /// The same where tokens live so long.
    pub(crate) fn with_life(access_ttl: &str) -> Self {
        let home = if has_keyring() { in_this_session() } else { Home::new() };
        home.settings(SETTINGS);
        let agent = Some(Agent::start(&home));
        let practice = Practice::start(&home, &["--access-ttl", access_ttl]);
        Self { agent, home, practice }
    }

    /// The same with an agent that shows notifications and a tray item in this session.
    pub(crate) fn with_desktop() -> Self {
        let home = in_this_session();
        home.settings(SETTINGS);
        let agent = Some(Agent::start_by(&mut home.command(&["agent"])));
        let practice = Practice::start(&home, &["--access-ttl", "1h"]);
        Self { agent, home, practice }
    }

    /// The home.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// The agent's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.agent().pid()
    }

    /// The agent's socket.
    pub(crate) fn socket(&self) -> Door {
        self.agent().socket()
    }

    /// The agent's loopback port.
    pub(crate) fn loopback(&self) -> Door {
        self.agent().loopback()
    }

    fn agent(&self) -> &Agent {
        self.agent.as_ref().expect("the agent is away only while it is started again")
    }

    /// Ends the agent and starts it again; then reads a token of this account, if one is named.
    pub(crate) fn restart(&mut self, account: Option<&str>) -> io::Result<Start> {
        self.agent.take().map(Agent::stop);
        let began = Instant::now();
        let agent = self.agent.insert(Agent::start(&self.home));
        let ready = began.elapsed();
        let first = account
            .map(|account| Line::open(&agent.socket())?.ask(&read_of(account, "localhost", None)).map(drop));
        let token = first.transpose()?.map(|()| began.elapsed());
        Ok(Start { ready, token })
    }

    /// Connects one account as a person does: `bowline connect`, and the practice provider's pages. Its id.
    pub(crate) fn connect(&self) -> String {
        text(&self.home.connect("practice", &[])["id"])
    }

    /// Signs so many people in, each as an account of its own, over plain HTTP. Their accounts' ids.
    pub(crate) fn people(&self, number: usize) -> Vec<String> {
        let (agent, practice) = (&self.socket(), &self.practice.door());
        let some = |first: usize| {
            move || (first..number).step_by(SIGNING_IN).for_each(|n| sign_in(agent, practice, n))
        };
        std::thread::scope(|scope| (0..SIGNING_IN).for_each(|first| drop(scope.spawn(some(first)))));
        let accounts = ask(agent, "GET", "/v1/accounts", None);
        accounts["accounts"].as_array().into_iter().flatten().map(|account| text(&account["id"])).collect()
    }

    /// What the practice provider does from now on.
    pub(crate) fn play(&self, order: &Value) {
        ask(&self.practice.door(), "POST", "/_practice", Some(order));
    }

    /// How many renewals the practice provider was asked for.
    pub(crate) fn renewals(&self) -> u64 {
        let told = ask(&self.practice.door(), "GET", "/_practice", None);
        told["token_requests"]["refresh_token"].as_u64().unwrap_or_default()
    }

    /// How all accounts fare.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let list = ask(&self.socket(), "GET", "/v1/accounts", None);
        let all = list["accounts"].as_array().into_iter().flatten();
        all.map(|account| text(&account["status"])).collect()
    }

    /// The key of an app that may read this account.
    pub(crate) fn app_key(&self, account: &str) -> String {
        let wish = json!({"name": "bench", "wants": [{"account": account}]});
        let asked = ask(&self.socket(), "POST", "/v1/apps", Some(&wish));
        let request = format!("/v1/apps/requests/{}", text(&asked["request"]));
        ask(&self.socket(), "POST", &format!("{request}/approve"), Some(&json!({"accounts": [account]})));
        let poll = Request::get(&request).key(&text(&asked["poll_secret"]));
        text(&fine(poll.send(&self.socket()), 200).json()["app_key"])
    }
}

/// Signs a person of the practice provider in, by the pages that a browser would be shown.
fn sign_in(agent: &Door, practice: &Door, number: usize) {
    let begun =
        ask(agent, "POST", "/v1/connect", Some(&json!({"provider": "practice", "open_browser": false})));
    let url = text(&begun["authorize_url"]);
    let page = fine(fetch(&url), 200).text();
    let ticket = between(&page, "name=\"ticket\" value=\"", "\"");
    let scopes = between(&url, "scope=", "&").replace("%20", "+").replace('+', "&scope=");
    let form =
        format!("ticket={ticket}&login=other&login_other=person-{number}&decision=allow&scope={scopes}");
    let decision = fine(Request::new("POST", "/authorize/decision").form(&form).send(practice), 303);
    fine(fetch(decision.header("location").expect("a redirect says where to")), 200);
}

fn ask(agent: &Door, method: &str, target: &str, body: Option<&Value>) -> Value {
    let request = Request::new(method, target);
    let request = body.map_or(request.clone(), |body| request.json(&body.to_string()));
    let answer = request.send(agent);
    assert!((200..300).contains(&answer.status), "{method} {target}: {} {}", answer.status, answer.text());
    answer.json()
}

/// Whether this process is in a private session with a keyring.
pub(crate) fn has_keyring() -> bool {
    std::env::var_os("BOWLINE_SESSION").is_some()
}

/// A read of an account's token, byte by byte, as an app sends it.
pub(crate) fn read_of(account: &str, host: &str, key: Option<&str>) -> Vec<u8> {
    let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
    format!("GET /v1/accounts/{account}/token HTTP/1.1\r\nHost: {host}\r\n{key}\r\n").into_bytes()
}

fn in_this_session() -> Home {
    let names = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"];
    let known = names.iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
    known.fold(Home::bare(), |home, (name, value)| home.with(name, &value))
}

/// Asks an absolute address.
fn fetch(url: &str) -> Answer {
    let target = url.splitn(4, '/').nth(3).unwrap_or_default();
    Request::get(&format!("/{target}")).send(&Door::at(url))
}

#[track_caller]
fn fine(answer: Answer, status: u16) -> Answer {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split(after).next().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
