//! What each grant's story is so far, for whoever looks on: how often it was answered, what the newest answer
//! held, and how it ended. By it a test can tell which answer a client that was killed has never read.

use std::collections::BTreeMap;

use bowline_base::{Secret, Wall};
use serde_json::{Value, json};

use crate::book::{Book, Ended, Grant};

/// What was handed out on a grant. Tokens are kept as hashes only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handed {
    answers: u64,
    at: Option<Wall>,
    access: String,
    refresh: Option<String>,
}

impl Handed {
    /// Writes down one more answer; one without a refresh token leaves the one before in force.
    pub(crate) fn write(&mut self, now: Wall, access: String, refresh: Option<&Secret>) {
        self.answers += 1;
        self.at = Some(now);
        self.access = access;
        self.refresh = refresh.map(Secret::sha256_hex).or(self.refresh.take());
    }
}

/// Each person's newest grant at each client, in no order that means anything.
pub(crate) fn newest(book: &Book, now: Wall) -> Vec<Value> {
    let mut newest = BTreeMap::new();
    for grant in book.grants.in_order() {
        newest.insert((grant.person.subject.as_str(), grant.client.as_str()), grant);
    }
    newest.into_values().map(|grant| told(book, grant, now)).collect()
}

fn told(book: &Book, grant: &Grant, now: Wall) -> Value {
    let handed = &grant.handed;
    let used =
        handed.refresh.as_ref().and_then(|key| book.refresh.find(key)).is_some_and(|r| r.spent.is_some());
    json!({
        "subject": grant.person.subject,
        "client": grant.client,
        "live": grant.is_live(now),
        "ended": grant.ended.map(word),
        "answers": handed.answers,
        "answered_at_ms": handed.at.map(Wall::unix_ms),
        "access_sha256": handed.access,
        "refresh_used": used,
    })
}

fn word(ended: Ended) -> &'static str {
    match ended {
        Ended::Revoked => "revoked",
        Ended::Reused => "reused",
    }
}
