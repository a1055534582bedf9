//! The browser's end of an attempt: the right state opens it once; anything else changes nothing.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use bowline_base::Secret;
use bowline_oauth::attempt::Attempt;
use bowline_oauth::callback::{CallbackQuery, Malformed};
use bowline_oauth::loopback::{CallbackDoor, Page};

use super::{SecretPart, Trying};
use crate::engine::{Busy, Engine};

/// The source under which wrong and late states are counted: who sent them cannot be told.
pub(crate) const WAY_BACK: &str = "the browser's way back";

pub(super) struct Door {
    engine: Arc<Engine>,
    trying: Arc<Trying>,
}

/// What a callback's state says about it.
enum Knock {
    /// The right one, for the first time.
    Right(Box<Attempt>),
    /// The right one, again.
    Used,
    /// The right one, but nobody waits any more.
    Late,
    /// A foreign or missing one.
    Wrong,
}

impl Door {
    pub(super) fn new(engine: Arc<Engine>, trying: Arc<Trying>) -> Self {
        Self { engine, trying }
    }

    /// Looks at the state, and takes the attempt out when it is the right one. Whoever has it is the only one.
    fn knock(&self, query: &CallbackQuery) -> Knock {
        let Some(state) = query.state() else { return Knock::Wrong };
        let mut part = self.trying.secret_part.lock().unwrap_or_else(PoisonError::into_inner);
        match &*part {
            SecretPart::Spent { state: used } if *used == Secret::new(state) => return Knock::Used,
            SecretPart::Unspent(attempt) if attempt.state_matches(state) => {}
            _ => return Knock::Wrong,
        }
        if !self.trying.begin_exchange() {
            return Knock::Late;
        }
        match std::mem::replace(&mut *part, SecretPart::Spent { state: Secret::new(state) }) {
            SecretPart::Unspent(attempt) => Knock::Right(attempt),
            SecretPart::Spent { .. } | SecretPart::Closed => Knock::Wrong,
        }
    }

    /// The exchange goes on even if the browser goes away.
    async fn exchange(&self, attempt: Attempt, query: CallbackQuery, busy: Busy) -> Page {
        let (engine, trying) = (Arc::clone(&self.engine), Arc::clone(&self.trying));
        let work = tokio::spawn(async move {
            let _busy = busy;
            engine.finish_attempt(&trying, attempt, query).await
        });
        match work.await {
            Ok(page) => page,
            Err(_) => Page::Failed {
                sentence: "Something went wrong inside Bowline. Start again there.".to_owned(),
            },
        }
    }

    fn refused(&self, code: &'static str) {
        let entry = self.engine.own_entry("connect.failed", None, Err(code));
        self.engine.store.audit(entry);
        // The page goes on answering: it tells nobody anything, and the right browser may still come.
        self.engine.count_refusal(WAY_BACK);
    }
}

#[async_trait]
impl CallbackDoor for Door {
    fn provider_name(&self) -> String {
        self.trying.provider.name.clone()
    }

    async fn callback(&self, query: Result<CallbackQuery, Malformed>) -> Page {
        let Ok(query) = query else {
            self.refused("state_mismatch");
            return Page::Malformed;
        };
        // Counted before the attempt moves on, so that the agent's end waits for what it has begun.
        let busy = Busy::with(&self.engine.busy);
        match self.knock(&query) {
            Knock::Right(attempt) => self.exchange(*attempt, query, busy).await,
            Knock::Used => Page::UsedState,
            Knock::Late => {
                self.refused("state_expired");
                Page::TookTooLong
            }
            Knock::Wrong => {
                self.refused("state_mismatch");
                Page::WrongState
            }
        }
    }
}
