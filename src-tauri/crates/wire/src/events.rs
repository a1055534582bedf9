//! What the agent tells those who watch (`GET /v1/events`), and how it looks on the stream.
//!
//! No event carries a token. An event's name is its SSE `event`, its shape the JSON in `data`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::shapes::RequestView;

/// An account's status changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountStatusEvent {
    /// The account's id.
    pub account: String,
    /// Its status now.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// Whose move it is.
    pub action: Option<String>,
    /// One sentence that a person can act on.
    pub message: String,
    /// What stands in at present: another account's id, or `emergency`.
    #[serde(default)]
    pub standing_in: Option<String>,
}

/// An account has a new access token, which is not in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTokenEvent {
    /// The account's id.
    pub account: String,
    /// When the new token ends.
    pub expires_at: Option<String>,
}

/// An account is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRemovedEvent {
    /// The account's id.
    pub account: String,
}

/// Something happened to an app, or to its question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppEvent {
    /// The app's id, once it has one.
    pub app: Option<String>,
    /// The question's id, while there is one.
    pub request: Option<String>,
    /// What the app calls itself.
    pub name: String,
}

/// A figure crossed its limit, or came back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertEvent {
    /// `refresh_failures`, `breaker_open`, `fallback_used` or `expired_in_use`.
    pub name: String,
    /// `warning` or `critical`.
    pub severity: String,
    /// The figure.
    pub value: f64,
    /// Its limit.
    pub threshold: f64,
    /// Since when.
    pub since: String,
    /// When it came back; `null` while it lasts.
    pub cleared_at: Option<String>,
    /// The host that is left alone, or the program whose token ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// `account.status`
    AccountStatus(AccountStatusEvent),
    /// `account.token`
    AccountToken(AccountTokenEvent),
    /// `account.removed`
    AccountRemoved(AccountRemovedEvent),
    /// `request.` and the question's state.
    Request(Box<RequestView>),
    /// `app.` and what happened: `requested`, `approved`, `denied`, `expired`, `revoked`.
    App(&'static str, AppEvent),
    /// `alert`
    Alert(AlertEvent),
}

impl Event {
    /// The name on the stream.
    pub fn name(&self) -> String {
        match self {
            Event::AccountStatus(_) => "account.status".into(),
            Event::AccountToken(_) => "account.token".into(),
            Event::AccountRemoved(_) => "account.removed".into(),
            Event::Request(request) => format!("request.{}", request.state),
            Event::App(what, _) => format!("app.{what}"),
            Event::Alert(_) => "alert".into(),
        }
    }

    /// The account it is about: an app hears only of its own.
    pub fn account(&self) -> Option<&str> {
        match self {
            Event::AccountStatus(e) => Some(&e.account),
            Event::AccountToken(e) => Some(&e.account),
            Event::AccountRemoved(e) => Some(&e.account),
            Event::Request(e) => e.account.as_deref(),
            Event::App(..) | Event::Alert(_) => None,
        }
    }

    /// The JSON in `data`.
    pub fn data(&self) -> Value {
        let json = match self {
            Event::AccountStatus(e) => serde_json::to_value(e),
            Event::AccountToken(e) => serde_json::to_value(e),
            Event::AccountRemoved(e) => serde_json::to_value(e),
            Event::Request(e) => serde_json::to_value(e),
            Event::App(_, e) => serde_json::to_value(e),
            Event::Alert(e) => serde_json::to_value(e),
        };
        json.expect("an event holds only texts, numbers and lists")
    }

    /// The event as it is written to the stream.
    pub fn frame(&self) -> String {
        format!("event: {}\ndata: {}\n\n", self.name(), self.data())
    }
}

/// An event as a reader got it; names that only a newer agent knows pass through.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The name on the stream.
    pub name: String,
    /// The JSON in `data`.
    pub data: Value,
}

impl Received {
    /// The account it is about, if it is about one.
    pub fn account(&self) -> Option<&str> {
        self.data["account"].as_str()
    }
}

/// Puts events together from a stream's lines (the WHATWG's rules, as far as our agent uses them).
#[derive(Debug, Default)]
pub struct Assembler {
    name: String,
    data: String,
}

impl Assembler {
    /// Takes one line without its end; gives an event when the line completes one. What is not JSON is
    /// passed over.
    pub fn line(&mut self, line: &str) -> Option<Received> {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            let data = serde_json::from_str(&data).ok()?;
            return Some(Received { name: if name.is_empty() { "message".into() } else { name }, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.into(),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // Comments keep the line open; ids and retry times are not used by our agent.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Received> {
        let mut assembler = Assembler::default();
        text.lines().filter_map(|l| assembler.line(l)).collect()
    }

    #[test]
    fn an_event_reads_back_as_it_was_written() {
        let event = Event::AccountToken(AccountTokenEvent {
            account: "acc_1".into(),
            expires_at: Some("2026-11-21T12:00:00Z".into()),
        });
        let got = read(&event.frame());
        assert_eq!(got, [Received { name: "account.token".into(), data: event.data() }]);
        assert_eq!(got[0].account(), event.account());
    }

    #[test]
    fn a_question_is_told_under_the_name_of_its_state() {
        let request = RequestView { request: "req_1".into(), state: "done".into(), ..RequestView::default() };
        assert_eq!(Event::Request(Box::new(request)).name(), "request.done");
        let app = AppEvent { app: None, request: Some("req_2".into()), name: "mutt".into() };
        let told = Event::App("requested", app);
        assert_eq!((told.name().as_str(), told.account()), ("app.requested", None));
    }

    #[test]
    fn comments_broken_data_and_unknown_fields_do_not_end_a_stream() {
        let got = read(": hello\n\nevent: x\ndata: {broken\n\nid: 7\nevent: y\ndata: {\"a\":\ndata: 1}\n\n");
        assert_eq!(got, [Received { name: "y".into(), data: serde_json::json!({"a": 1}) }]);
    }
}
