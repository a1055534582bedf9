//! Between the kills: the agent is left alone until every account has come to rest, and what it then says is held
//! against the provider's record. Whoever has to sign in again does so.

use bowline_tests::home::browse;
use bowline_tests::wait::{PATIENCE, within};
use bowline_tests::{Agent, Door, Request};
use serde_json::{Value, json};

use super::figures::Figures;
use super::record::Record;
use super::storm::Act;
use crate::stage::{account, begin_with, end_of, expect, get, post, text};

/// What became of an account.
enum Fate {
    /// It was renewed just now.
    Well,
    /// It needs its person, as this view of it says.
    Needed(Value),
    /// Neither, for half a minute.
    Stuck(Value),
}

/// Looks at everything, mends what has to be mended, and ends the agent as a crash would.
pub(crate) fn look(act: &mut Act<'_>, figures: &mut Figures) {
    let agent = Agent::start(&act.home);
    for (id, subject) in act.accounts.clone() {
        if !is_listed(&act.owner(), &id) {
            figures.lose(format!("kill {}: {subject} is gone", figures.kills));
            continue;
        }
        match fate(&act.owner(), &id) {
            Fate::Well => check_well(act, figures, &id, &subject),
            Fate::Needed(view) => {
                judge(act, figures, &id, &subject, &view);
                sign_in_again(&act.owner(), &id, &subject);
            }
            Fate::Stuck(view) => figures.lose(format!("kill {}: {subject} is stuck: {view}", figures.kills)),
        }
    }
    let trail = expect(200, &get(&act.owner(), "/v1/audit/verify"));
    if trail["ok"] != json!(true) {
        figures.tear(format!("kill {}: the trail does not verify: {trail}", figures.kills));
    }
    act.cut_off_at.clear();
    agent.kill();
    act.note_what_is_left(figures);
}

fn is_listed(owner: &Door, id: &str) -> bool {
    let listed = expect(200, &get(owner, "/v1/accounts"));
    listed["accounts"].as_array().is_some_and(|all| all.iter().any(|account| account["id"] == id))
}

/// Has an account renewed until that works or it says that it needs its person.
fn fate(owner: &Door, id: &str) -> Fate {
    let renewed = || post(owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null).status == 200;
    let needed = || Some(account(owner, id)).filter(|view| view["status"] == "needs_reconnect");
    let seen = within(PATIENCE, || if renewed() { Some(Fate::Well) } else { needed().map(Fate::Needed) });
    seen.unwrap_or_else(|| Fate::Stuck(account(owner, id)))
}

/// The token is this account's own, and the provider takes it. On a busy machine one may have died meanwhile.
fn check_well(act: &Act<'_>, figures: &mut Figures, id: &str, subject: &str) {
    let owner_of = |token: &Value| {
        let answer = Request::get("/userinfo").key(&text(&token["access_token"])).send(&act.practice.door());
        (answer.status == 200).then(|| text(&answer.json()["sub"]))
    };
    let read = || get(&act.owner(), &format!("/v1/accounts/{id}/token"));
    let taken =
        within(PATIENCE, || Some(read()).filter(|a| a.status == 200).and_then(|a| owner_of(&a.json())));
    if taken.as_deref() != Some(subject) {
        figures.tear(format!("kill {}: {subject} has no token of its own, but {taken:?}", figures.kills));
    }
}

fn judge(act: &Act<'_>, figures: &mut Figures, id: &str, subject: &str, view: &Value) {
    let record = Record::of(&act.practice.door(), subject);
    figures.unread += usize::from(record.is_ended_by_reuse());
    let cut_off_at = act.cut_off_at.get(id).map(Vec::as_slice).unwrap_or_default();
    let (kill, reason) = (figures.kills, view["reason"].as_str().unwrap_or_default());
    match record.objection(act.readers, cut_off_at) {
        _ if reason == "token_corrupted" => {
            figures.tear(format!("kill {kill}: {subject} is damaged: {view}"))
        }
        None if reason == "interrupted_renewal" => figures.named += 1,
        None => figures.doubt(format!("kill {kill}: {subject} is named {reason}: {view}")),
        Some(why) => figures.doubt(format!("kill {kill}: {subject} is named {reason} although {why}")),
    }
}

/// The person signs in, and the account is the same one.
fn sign_in_again(owner: &Door, id: &str, subject: &str) {
    let body = json!({"provider": "", "account": id, "flow": "browser", "open_browser": false});
    let (attempt, url) = begin_with(owner, &body);
    browse(&["--user", &person(owner, id)], &url);
    let end = end_of(owner, &attempt);
    assert_eq!((&end["account"]["id"], &end["account"]["subject"]), (&json!(id), &json!(subject)), "{end}");
}

fn person(owner: &Door, id: &str) -> String {
    text(&account(owner, id)["username"])
}
