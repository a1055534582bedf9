//! A home with an agent and a practice provider in it, and the few words in which the tests talk to both.

use std::time::Duration;

use bowline_tests::home::browse;
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Answer, Door, Home, Practice, Request};
use serde_json::{Value, json};

/// Settings under which nothing waits for long, and no test meets the limit of attempts by accident.
pub(crate) const QUICK: &str = "[connect]\nattempts_per_hour = 100000\n\
    [retry]\nbase = \"20ms\"\nmax = \"100ms\"\ntimeouts = [\"1s\"]\nconnect_timeouts = [\"1s\"]\n";

/// An agent and a practice provider in a home of their own.
pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) practice: Practice,
    pub(crate) home: Home,
}

impl Stage {
    /// With [`QUICK`] settings, and options of the practice provider such as `["--rotate"]`.
    pub(crate) fn new(options: &[&str]) -> Self {
        Self::with_settings(QUICK, options)
    }

    /// The same with settings of the test's own.
    pub(crate) fn with_settings(settings: &str, options: &[&str]) -> Self {
        let home = quick_home();
        home.settings(settings);
        let practice = practice(&home, options);
        let agent = Agent::start(&home);
        Self { agent, practice, home }
    }

    /// The owner's door.
    pub(crate) fn owner(&self) -> Door {
        self.agent.socket()
    }

    /// Connects this person at the practice provider; the account.
    pub(crate) fn connect(&self, person: &str) -> Value {
        connect(&self.owner(), "practice", &["--user", person])
    }

    /// What the practice provider is to do from now on; what it then tells of itself.
    pub(crate) fn play(&self, order: &Value) -> Value {
        play(&self.practice.door(), order)
    }

    /// How many renewals the practice provider was asked for.
    pub(crate) fn renewals(&self) -> u64 {
        renewals(&self.practice.door())
    }

    /// How an account stands.
    pub(crate) fn account(&self, selector: &str) -> Value {
        account(&self.owner(), selector)
    }

    /// Asks for a token as the owner.
    pub(crate) fn token(&self, selector: &str) -> Answer {
        get(&self.owner(), &format!("/v1/accounts/{selector}/token"))
    }

    /// Asks for a renewal as the owner.
    pub(crate) fn refresh(&self, selector: &str) -> Answer {
        post(&self.owner(), &format!("/v1/accounts/{selector}/refresh"), &Value::Null)
    }
}

/// A home with [`QUICK`] settings.
pub(crate) fn quick_home() -> Home {
    let home = Home::new();
    home.settings(QUICK);
    home
}

/// The practice provider on a port that no other test has.
pub(crate) fn practice(home: &Home, options: &[&str]) -> Practice {
    Practice::start(home, &[&["--port", "0"], options].concat())
}

/// `GET path`.
pub(crate) fn get(door: &Door, path: &str) -> Answer {
    Request::get(path).send(door)
}

/// `POST path` with this JSON; null is no body.
pub(crate) fn post(door: &Door, path: &str, body: &Value) -> Answer {
    sent(Request::new("POST", path), door, body)
}

/// `PATCH path` with this JSON.
pub(crate) fn patch(door: &Door, path: &str, body: &Value) -> Answer {
    sent(Request::new("PATCH", path), door, body)
}

/// `DELETE path`.
pub(crate) fn delete(door: &Door, path: &str) -> Answer {
    Request::new("DELETE", path).send(door)
}

fn sent(request: Request, door: &Door, body: &Value) -> Answer {
    if body.is_null() { request.send(door) } else { request.json(&body.to_string()).send(door) }
}

/// The answer's JSON, if its status is the one given.
#[track_caller]
pub(crate) fn expect(status: u16, answer: &Answer) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

/// The answer's JSON, if it is a problem with this status and code.
#[track_caller]
pub(crate) fn expect_problem(status: u16, code: &str, answer: &Answer) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text());
    let problem = answer.json();
    assert_eq!(
        (problem["code"].as_str(), problem["status"].as_u64()),
        (Some(code), Some(status.into())),
        "{problem}"
    );
    problem
}

/// Begins an attempt without a browser: its id and where to sign in.
pub(crate) fn begin(door: &Door, provider: &str) -> (String, String) {
    begin_with(door, &json!({"provider": provider, "flow": "browser", "open_browser": false}))
}

/// The same with a body of the test's own.
pub(crate) fn begin_with(door: &Door, body: &Value) -> (String, String) {
    let begun = expect(200, &post(door, "/v1/connect", body));
    (text(&begun["attempt"]), text(&begun["authorize_url"]))
}

/// How an attempt ended.
pub(crate) fn end_of(door: &Door, attempt: &str) -> Value {
    until("the end of the attempt", PATIENCE, || {
        let state = expect(200, &get(door, &format!("/v1/connect/{attempt}?wait=10")));
        (!matches!(state["state"].as_str(), Some("waiting" | "exchanging"))).then_some(state)
    })
}

/// Connects with `browse.py` as the person; the account.
#[track_caller]
pub(crate) fn connect(door: &Door, provider: &str, person: &[&str]) -> Value {
    let end = try_to_connect(door, provider, person);
    assert_eq!(end["state"], "connected", "{end}");
    end["account"].clone()
}

/// Tries to connect; how the attempt ended.
pub(crate) fn try_to_connect(door: &Door, provider: &str, person: &[&str]) -> Value {
    let (attempt, url) = begin(door, provider);
    browse(person, &url);
    end_of(door, &attempt)
}

/// Walks to the provider's answer and stops before it reaches Bowline; the callback's address.
pub(crate) fn callback_of(url: &str, person: &[&str]) -> String {
    let redirect = param(url, "redirect_uri");
    let stop = ["--stop-before", redirect.as_str()];
    browse(&[person, &stop].concat(), url).expect_code(0).stdout.trim().to_owned()
}

/// How an account stands.
pub(crate) fn account(door: &Door, selector: &str) -> Value {
    expect(200, &get(door, &format!("/v1/accounts/{selector}")))
}

/// Waits until an account has this status and reason.
#[track_caller]
pub(crate) fn until_status(door: &Door, selector: &str, status: &str, reason: Option<&str>) -> Value {
    until(&format!("{status}/{reason:?} of {selector}"), Duration::from_secs(20), || {
        let seen = account(door, selector);
        (seen["status"] == status && seen["reason"].as_str() == reason).then_some(seen)
    })
}

/// What a practice provider is to do from now on.
pub(crate) fn play(practice: &Door, order: &Value) -> Value {
    expect(200, &post(practice, "/_practice", order))
}

/// How many renewals a practice provider was asked for.
pub(crate) fn renewals(practice: &Door) -> u64 {
    expect(200, &get(practice, "/_practice"))["token_requests"]["refresh_token"].as_u64().unwrap_or_default()
}

/// The text of a JSON string.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// A query parameter, percent-decoded.
#[track_caller]
pub(crate) fn param(url: &str, name: &str) -> String {
    maybe_param(url, name).unwrap_or_else(|| panic!("{url} has no {name}"))
}

/// The same where it may be missing.
pub(crate) fn maybe_param(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1.split('#').next()?;
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(n, _)| *n == name).map(|(_, value)| decoded(value))
}

fn decoded(text: &str) -> String {
    let (bytes, mut plain, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The path and query of an address.
pub(crate) fn target(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/".to_owned(), |at| rest[at..].to_owned())
}
