//! What others may watch: one broadcast of everything that changed. A slow watcher misses events; it never
//! holds anybody up. No event holds a token.

use std::sync::Arc;

use bowline_base::{AccountId, AppId, RequestId, Status};
use tokio::sync::broadcast;

use crate::figures::alerts::Alert;

/// How many events a watcher may lag behind before it misses some.
const BACKLOG: usize = 256;

/// Something that changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An account has another status, or another detail of it.
    AccountStatus {
        /// Which account.
        account: AccountId,
        /// The status it has now.
        status: Status,
    },
    /// An account has a new access token.
    AccountToken {
        /// Which account.
        account: AccountId,
    },
    /// An account was disconnected.
    AccountRemoved {
        /// Which account.
        account: AccountId,
    },
    /// A question to the user was asked or answered.
    Request {
        /// Which question.
        request: RequestId,
        /// What became of it: the request's state.
        state: &'static str,
        /// The account it is about, if it is about one.
        account: Option<AccountId>,
        /// The app that asked, if an app did.
        app: Option<AppId>,
    },
    /// An app asked, or was answered, or was revoked.
    App {
        /// Which app; there is none before the owner's yes.
        app: Option<AppId>,
        /// Which question, if it is about one.
        request: Option<RequestId>,
        /// What it calls itself.
        name: Arc<str>,
        /// `requested`, `approved`, `denied` or `revoked`.
        what: &'static str,
    },
    /// A figure crossed its limit, or came back.
    Alert(Alert),
}

/// Where events are sent from.
#[derive(Clone, Debug)]
pub struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Events {
    /// Tells everybody who watches; costs next to nothing when nobody does.
    pub fn tell(&self, event: Event) {
        // An error here only says that nobody is watching.
        let _ = self.0.send(event);
    }

    /// Watches from now on.
    pub fn watch(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests;
