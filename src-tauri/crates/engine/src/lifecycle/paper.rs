//! Holds docs/lifecycle.md against the table: its diagram and its two tables are what the table comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::pairs::{events, states};
use super::*;

const NEW: Brought = Brought { alive: true, refreshable: true, narrow: false, near: false };

/// An event of each kind: as the paper's table calls it, as its diagram does where it is drawn, and itself.
const EVENTS: [(&str, Option<&str>, Event); 19] = [
    ("new tokens", Some("new tokens"), Event::Tokens(NEW)),
    ("new tokens, whose end is near", NEAR, Event::Tokens(Brought { near: true, ..NEW })),
    ("new tokens without a required scope", MISSING, Event::Tokens(Brought { narrow: true, ..NEW })),
    ("new tokens, dead on arrival", None, Event::Tokens(Brought { alive: false, ..NEW })),
    ("a try fails for now", FOR_NOW, Event::Failed(Class::Passing)),
    ("a try fails for a cause on this computer", FOR_NOW, Event::FailedHere),
    ("the host is left alone", FOR_NOW, Event::HeldBack),
    ("the provider refuses the grant", REFUSED, Event::Failed(Class::Reconnect)),
    ("the provider refuses the token in use", REFUSED, Event::RefusedInUse),
    ("the sealed token is damaged", REFUSED, Event::Damaged),
    (
        "the provider refuses the client, or its address is gone",
        Some("set up wrongly"),
        Event::Failed(Class::FixProvider),
    ),
    ("the provider refuses the scopes", MISSING, Event::Failed(Class::Permissions)),
    ("no refresh token is found", None, Event::NothingToRenew),
    ("the token dies", Some("the token dies"), Event::TokenLives(false)),
    ("the clock is set back, and the token lives", None, Event::TokenLives(true)),
    ("the end comes near", NEAR, Event::EndNears(true)),
    ("the clock is set back, and the end is far", None, Event::EndNears(false)),
    ("a scope becomes required", MISSING, Event::Required { missing: true }),
    (
        "no required scope is missing any more",
        Some("no scope is missing"),
        Event::Required { missing: false },
    ),
];
const NEAR: Option<&str> = Some("the end comes near");
const MISSING: Option<&str> = Some("a scope is missing");
const FOR_NOW: Option<&str> = Some("renewal fails for now");
const REFUSED: Option<&str> = Some("refused or damaged");

const SHOWN: [Status; 7] = [
    Status::Healthy,
    Status::Expiring,
    Status::Degraded,
    Status::Unavailable,
    Status::InsufficientPermissions,
    Status::NeedsReconnect,
    Status::Misconfigured,
];

#[test]
fn the_papers_diagram_is_what_the_table_comes_to() {
    let mut expected = String::from("```mermaid\nstateDiagram-v2\n    [*] --> healthy: new tokens\n");
    for from in SHOWN {
        for (to, words) in arrows(plain(from)) {
            expected += &format!("    {from} --> {to}: {}\n", words.join(", or "));
        }
    }
    assert_in_paper(&expected);
}

#[test]
fn the_papers_table_of_events_is_what_the_table_comes_to() {
    let mut expected = String::from("| event |");
    SHOWN.iter().for_each(|status| expected += &format!(" from `{status}` |"));
    expected += &format!("\n| --- |{}\n", " --- |".repeat(SHOWN.len()));
    for (words, _, event) in EVENTS {
        expected += &format!("| {words} |");
        for from in SHOWN {
            expected += &format!(" {} |", cell(from, event));
        }
        expected += "\n";
    }
    assert_in_paper(&expected);
}

#[test]
fn the_papers_table_of_what_follows_is_what_the_table_comes_to() {
    let mut expected =
        String::from("| status | open token | next renewal | the person |\n| --- | --- | --- | --- |\n");
    for status in Status::ALL.iter().copied() {
        let all = states().into_iter().filter(|state| state.status() == status).map(State::effects);
        let (mut tokens, mut renewals, mut persons) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for Effects { token, renewal, person } in all {
            tokens.insert(match token {
                OpenToken::Keep => "served while it lives",
                OpenToken::Forget => "forgotten",
            });
            renewals.insert(match renewal {
                Renewal::Ahead => "ahead of the end",
                Renewal::BackOff => "by doubling pauses",
                Renewal::Seldom => "every 15 minutes",
                Renewal::Never => "none",
            });
            persons.insert(match person {
                Person::Nothing => "nothing",
                Person::SignInByDate => "to sign in before a date, if there is one",
                Person::SignIn => "to sign in now",
                Person::LookInTime => "a look, after a day and when it is asked for",
                Person::Look => "a look, when it is asked for",
            });
        }
        let join = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join("; or ");
        expected += &format!("| `{status}` | {} | {} | {} |\n", join(tokens), join(renewals), join(persons));
    }
    assert_in_paper(&expected);
}

#[test]
fn the_paper_names_every_kind_of_event() {
    let kind = |event: &Event| std::mem::discriminant(event);
    let named = EVENTS.map(|(_, _, event)| kind(&event));
    let over = |event: &&Event| matches!(event, Event::Locked(_) | Event::Paused(_));
    for event in events().iter().filter(|event| !over(event)) {
        assert!(named.contains(&kind(event)), "{event:?} is nowhere in the paper");
    }
}

/// Where the state leads, with the words of the events that lead there.
fn arrows(state: State) -> BTreeMap<Status, Vec<&'static str>> {
    let mut arrows: BTreeMap<Status, Vec<&str>> = BTreeMap::new();
    for (_, drawn, event) in EVENTS {
        let to = step(state, event).0.status();
        let Some(words) = drawn.filter(|_| to != state.status()) else { continue };
        let told = arrows.entry(to).or_default();
        if !told.contains(&words) {
            told.push(words);
        }
    }
    arrows
}

/// Where the states of a status lead: in most of them, and in the others.
fn cell(from: Status, event: Event) -> String {
    let to: BTreeSet<Status> = states()
        .into_iter()
        .filter(|state| !matches!(state.trouble, Some(Class::Key | Class::Warning)) && state.status() == from)
        .map(|state| step(state, event).0.status())
        .collect();
    if to.iter().eq([&from]) {
        return "stays".to_owned();
    }
    to.iter().map(|status| format!("`{status}`")).collect::<Vec<_>>().join(" ")
}

/// The plainest state of a status: nothing else is remarkable about it.
fn plain(status: Status) -> State {
    let well = State {
        locked: false,
        paused: false,
        trouble: None,
        alive: true,
        refreshable: true,
        narrow: false,
        failing: false,
        near: false,
    };
    let state = match status {
        Status::Expiring => State { near: true, ..well },
        Status::Degraded => State { trouble: Some(Class::Passing), failing: true, ..well },
        Status::Unavailable => State { trouble: Some(Class::Passing), failing: true, alive: false, ..well },
        Status::InsufficientPermissions => State { narrow: true, ..well },
        Status::NeedsReconnect => State { trouble: Some(Class::Reconnect), failing: true, ..well },
        Status::Misconfigured => State { trouble: Some(Class::FixProvider), failing: true, ..well },
        _ => well,
    };
    assert_eq!(state.status(), status);
    state
}

fn assert_in_paper(expected: &str) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/lifecycle.md");
    let paper = std::fs::read_to_string(file).unwrap();
    assert!(paper.contains(expected), "docs/lifecycle.md should say:\n{expected}");
}
