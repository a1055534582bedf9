//! What is asked of the agent while a call fails: the twelve things that touch disk or network.

use bowline_base::Secret;
use bowline_tests::Request;
use bowline_tests::home::{PASSPHRASE, browse};
use serde_json::{Value, json};

use super::act::{Act, Struck};
use crate::stage::{connect, delete, end_of, get, patch, play, post, text};

/// One of them.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
}

/// How it is played.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// Something is asked of an agent that runs.
    Asking {
        /// What has to be there first; what it gives goes to the others.
        before: fn(&Act) -> String,
        /// What happens while a call fails.
        play: fn(&Act, &str, &mut Struck),
        /// What makes up for it.
        after: fn(&Act, &str, &mut Struck),
    },
    /// The agent starts with an account.
    Starting,
    /// The agent starts in an empty home.
    FirstStart,
}

pub(crate) const SCENES: &[Scene] = &[
    Scene { name: "first start", way: Way::FirstStart },
    Scene { name: "start", way: Way::Starting },
    asking("first read", nothing, first_read, no_more),
    asking("renewal", nothing, renewal, no_more),
    asking("renewal over a line that was cut", cut_line, renewal, no_more),
    asking("refused token", current_token, refused_token, no_more),
    asking("connect", alone, connect_another, no_more),
    asking("reconnect", nothing, reconnect, no_more),
    asking("rename and pause", nothing, rename_and_pause, resume),
    asking("lock and unlock", nothing, lock_and_unlock, unlock),
    asking("an app", nothing, an_app, revoke_apps),
    asking("disconnect", connected_person, disconnect, forget_given),
];

const fn asking(
    name: &'static str,
    before: fn(&Act) -> String,
    play: fn(&Act, &str, &mut Struck),
    after: fn(&Act, &str, &mut Struck),
) -> Scene {
    Scene { name, way: Way::Asking { before, play, after } }
}

fn nothing(_: &Act) -> String {
    String::new()
}

fn no_more(_: &Act, _: &str, _: &mut Struck) {}

fn first_read(act: &Act, _: &str, struck: &mut Struck) {
    act.check_token(&get(&act.owner(), &account(act, "/token")), "alice", struck);
}

fn renewal(act: &Act, _: &str, struck: &mut Struck) {
    let answer = post(&act.owner(), &account(act, "/refresh"), &Value::Null);
    if struck.hears(&answer) {
        act.check_token(&get(&act.owner(), &account(act, "/token")), "alice", struck);
    }
}

/// The provider cuts the next request off, so that another connection has to be made.
fn cut_line(act: &Act) -> String {
    play(&act.practice.door(), &json!({"fail": "token=reset@1"}));
    String::new()
}

fn current_token(act: &Act) -> String {
    let answer = get(&act.owner(), &account(act, "/token"));
    let token = text(&answer.json()["access_token"]);
    Secret::new(&token).sha256_hex()
}

fn refused_token(act: &Act, sha256: &str, struck: &mut Struck) {
    let answer = post(&act.owner(), &account(act, "/token/rejected"), &json!({ "sha256": sha256 }));
    act.check_token(&answer, "alice", struck);
}

/// Nobody else is left of earlier rounds; a new person's name.
fn alone(act: &Act) -> String {
    let all = get(&act.owner(), "/v1/accounts").json();
    for other in all["accounts"].as_array().into_iter().flatten().filter(|a| a["id"] != act.id.as_str()) {
        delete(&act.owner(), &format!("/v1/accounts/{}?local_only=true", text(&other["id"])));
    }
    new_person(act)
}

fn new_person(act: &Act) -> String {
    format!("person {}", act.round)
}

fn connect_another(act: &Act, person: &str, struck: &mut Struck) {
    let body = json!({"provider": "practice", "flow": "browser", "open_browser": false});
    let begun = post(&act.owner(), "/v1/connect", &body);
    if !struck.hears(&begun) {
        return;
    }
    let (attempt, url) = (text(&begun.json()["attempt"]), text(&begun.json()["authorize_url"]));
    browse(&["--user", person], &url);
    let end = end_of(&act.owner(), &attempt);
    if struck.hears_of_attempt(&end) {
        let id = text(&end["account"]["id"]);
        struck.claims(format!("/v1/accounts/{id}"), 200, Some(("/status", json!("healthy"))));
        act.check_token(&get(&act.owner(), &format!("/v1/accounts/{id}/token")), person, struck);
    } else {
        struck.claims("/v1/accounts".to_owned(), 200, Some(("/accounts/1", Value::Null)));
    }
}

fn reconnect(act: &Act, _: &str, struck: &mut Struck) {
    let body = json!({"provider": "", "account": act.id, "flow": "browser", "open_browser": false});
    let begun = post(&act.owner(), "/v1/connect", &body);
    if !struck.hears(&begun) {
        return;
    }
    browse(&["--user", "alice"], &text(&begun.json()["authorize_url"]));
    let end = end_of(&act.owner(), &text(&begun.json()["attempt"]));
    if struck.hears_of_attempt(&end) && end["account"]["id"] != act.id.as_str() {
        struck.wrong.push(format!("another account came of a reconnect: {end}"));
    }
}

fn rename_and_pause(act: &Act, _: &str, struck: &mut Struck) {
    let label = format!("round {}", act.round);
    if struck.hears(&patch(&act.owner(), &account(act, ""), &json!({ "label": label }))) {
        struck.claims(account(act, ""), 200, Some(("/label", json!(label))));
    }
    struck.hears(&patch(&act.owner(), &account(act, ""), &json!({"paused": true})));
    struck.hears(&patch(&act.owner(), &account(act, ""), &json!({"paused": false})));
}

fn resume(act: &Act, _: &str, struck: &mut Struck) {
    act.until_done("resuming", struck, || patch(&act.owner(), &account(act, ""), &json!({"paused": false})));
}

fn lock_and_unlock(act: &Act, _: &str, struck: &mut Struck) {
    struck.hears(&post(&act.owner(), "/v1/vault/lock", &Value::Null));
    struck.hears(&post(&act.owner(), "/v1/vault/unlock", &json!({ "passphrase": PASSPHRASE })));
}

fn unlock(act: &Act, _: &str, struck: &mut Struck) {
    act.until_done("unlocking", struck, || {
        post(&act.owner(), "/v1/vault/unlock", &json!({ "passphrase": PASSPHRASE }))
    });
}

fn an_app(act: &Act, _: &str, struck: &mut Struck) {
    let owner = act.owner();
    let asked = post(&owner, "/v1/apps", &json!({"name": "Poster", "wants": [{"account": act.id}]}));
    if !struck.hears(&asked) {
        return;
    }
    let (request, secret) = (text(&asked.json()["request"]), text(&asked.json()["poll_secret"]));
    let approve = format!("/v1/apps/requests/{request}/approve");
    if !struck.hears(&post(&owner, &approve, &json!({"accounts": [act.id]}))) {
        return;
    }
    let polled = Request::get(&format!("/v1/apps/requests/{request}?wait=1")).key(&secret).send(&owner);
    if !struck.hears(&polled) {
        return;
    }
    let key = text(&polled.json()["app_key"]);
    act.check_token(&Request::get(&account(act, "/token")).key(&key).send(&owner), "alice", struck);
    let id = text(&get(&owner, "/v1/apps").json()["apps"][0]["id"]);
    if struck.hears(&delete(&owner, &format!("/v1/apps/{id}"))) {
        struck.claims("/v1/apps".to_owned(), 200, Some(("/apps", json!([]))));
    }
}

fn revoke_apps(act: &Act, _: &str, struck: &mut Struck) {
    let apps = get(&act.owner(), "/v1/apps").json();
    for app in apps["apps"].as_array().into_iter().flatten() {
        let path = format!("/v1/apps/{}", text(&app["id"]));
        act.until_done("revoking", struck, || delete(&act.owner(), &path));
    }
}

fn connected_person(act: &Act) -> String {
    text(&connect(&act.owner(), "practice", &["--user", &new_person(act)])["id"])
}

fn disconnect(act: &Act, id: &str, struck: &mut Struck) {
    if struck.hears(&delete(&act.owner(), &format!("/v1/accounts/{id}"))) {
        struck.claims(format!("/v1/accounts/{id}"), 404, None);
    }
}

fn forget_given(act: &Act, id: &str, struck: &mut Struck) {
    act.until_done("disconnecting", struck, || {
        delete(&act.owner(), &format!("/v1/accounts/{id}?local_only=true"))
    });
}

fn account(act: &Act, rest: &str) -> String {
    format!("/v1/accounts/{}{rest}", act.id)
}
