//! What the person is told unasked: that an account needs them now, that one will need them by a date, that an app
//! asks; and what goes wrong on this computer. Never what went well, and never what passes by itself.
//!
//! The policy is a pure planner: `plan` keeps what there is to say, `look` decides what is said at a moment and when
//! to look again, `moments` knows repeats, warnings and quiet hours. `watch` tells it what the engine sees, `act` does
//! what a click asks for, `text` finds the words. docs/decisions/0017 has the reasons.

mod act;
pub mod look;
pub mod moments;
pub mod plan;
mod text;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, Instant, RequestId, Wall};

pub use act::Place;
pub use text::{Means, Text};

use crate::ports::Notifier;
use look::Order;
use moments::Rules;
use plan::Planner;

/// Something to tell the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One notice with the same key takes the place of the other.
    pub key: String,
    /// The key of another notice whose place it takes as well.
    pub instead_of: Option<String>,
    /// What it says.
    pub kind: Kind,
}

/// What a notice says, and about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account needs the person now.
    NeedsYou {
        /// Which one.
        account: AccountId,
        /// What the person calls it.
        name: Arc<str>,
        /// Why, as a sentence that names the provider.
        cause: String,
        /// The app that waits for it, and what it is to go on with.
        asks: Option<Asker>,
    },
    /// Several accounts need the person.
    Many {
        /// Which ones, with what the person calls them.
        accounts: Vec<(AccountId, Arc<str>)>,
    },
    /// An account will need the person by a date.
    Expiring {
        /// Which one.
        account: AccountId,
        /// What the person calls it.
        name: Arc<str>,
        /// Who will ask.
        provider: Arc<str>,
        /// The date.
        end: Wall,
        /// When this was said.
        now: Wall,
    },
    /// An account has been failing for so long that it does not look like passing, and somebody asks for it.
    Failing {
        /// Which one.
        account: AccountId,
        /// What the person calls it.
        name: Arc<str>,
        /// Why, as a sentence that names the provider.
        cause: String,
        /// An emergency key could stand in meanwhile.
        passes: bool,
    },
    /// Somebody wants an emergency key to stand in.
    EmergencyAsks {
        /// The question.
        request: RequestId,
        /// What the person calls the account.
        name: Arc<str>,
        /// Why, in the words of whoever asked.
        reason: String,
        /// For how long.
        lasts: Duration,
    },
    /// An emergency key stands in.
    EmergencyOn {
        /// For which account.
        account: AccountId,
        /// What the person calls it.
        name: Arc<str>,
        /// Why.
        reason: String,
        /// For how much longer.
        lasts: Duration,
    },
    /// An app asks for access.
    AppAsks {
        /// Its question.
        request: RequestId,
        /// What it calls itself.
        app: String,
        /// Shown on both sides.
        code: String,
        /// The accounts that a yes would give; empty when its wish fits several, so that the person has to choose.
        accounts: Vec<AccountId>,
        /// What the person calls them.
        names: Vec<String>,
    },
    /// A program without a key wants to read an account for the first time.
    ProgramAsks {
        /// Its question.
        request: RequestId,
        /// Its file's name.
        program: String,
        /// Its whole path.
        path: String,
        /// What the person calls the account.
        name: String,
        /// Another file at this path was allowed before.
        changed: bool,
    },
    /// More apps ask than can be shown one by one.
    AppsAsk {
        /// How many.
        count: usize,
    },
    /// Signing in again could not be begun.
    NotBegun {
        /// With which account.
        account: AccountId,
        /// What the person calls it.
        name: Arc<str>,
        /// Why.
        detail: String,
    },
    /// A renewed token cannot be saved.
    Unsaved {
        /// What the person calls the account.
        name: Arc<str>,
        /// Why.
        detail: String,
    },
    /// A provider does not answer, and something on this computer waits for an account there that has no token left.
    Silent {
        /// The provider's name.
        provider: Arc<str>,
    },
    /// A program was refused too often.
    Abuse {
        /// Which one.
        program: String,
    },
    /// Something that is said once, and has no button.
    Heard(Heard),
    /// A late click: the account is well.
    Mended {
        /// What the person calls it.
        name: Arc<str>,
    },
    /// A late click: the question was answered.
    Answered,
}

/// Something that is said once, and has no button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A sign-in's way back got wrong answers again and again.
    WrongAnswers,
    /// The settings were changed, and programs are no longer asked about.
    NobodyIsAsked,
    /// A program that nobody can tell asked for an account and was refused.
    UnknownProgram {
        /// What the person calls the account.
        name: String,
    },
}

/// Who waits for an account, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// What it calls itself.
    pub app: String,
    /// What it is to go on with, in its own words.
    pub because: Option<String>,
}

/// What a person may press on a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The notice itself.
    Body,
    /// Signs in again, in the browser.
    Reconnect,
    /// Not now: in a day.
    Later,
    /// Shows what needs the person.
    Review,
    /// Gives the app what it asks for.
    Allow,
    /// Gives it nothing.
    Deny,
    /// Shows where an emergency key can be given.
    Emergency,
    /// Ends the emergency key.
    End,
}

impl Button {
    /// The word by which a notification service knows it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "default",
            Self::Reconnect => "reconnect",
            Self::Later => "later",
            Self::Review => "review",
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Emergency => "emergency",
            Self::End => "end",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Body,
            Self::Reconnect,
            Self::Later,
            Self::Review,
            Self::Allow,
            Self::Deny,
            Self::Emergency,
            Self::End,
        ];
        all.into_iter().find(|button| button.as_str() == word)
    }
}

/// The planner, and who shows what it decides.
pub struct Notices {
    notifier: Arc<dyn Notifier>,
    planner: Mutex<Planner>,
}

impl Notices {
    /// Notices that go to this notifier.
    pub fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier, planner: Mutex::default() }
    }

    /// Changes the plan, looks what is to be said now, and has it said. Gives the next moment to look, and what is to
    /// be remembered over a restart; nothing where the change says that it changed nothing.
    pub(crate) fn plan(
        &self,
        (now, instant): (Wall, Instant),
        rules: impl FnOnce() -> Rules,
        change: impl FnOnce(&mut Planner) -> bool,
    ) -> Option<(Option<Wall>, Vec<plan::Memory>)> {
        let mut planner = self.planner();
        planner.time_is(now, instant);
        if !change(&mut planner) {
            return None;
        }
        let (orders, next) = planner.look(now, &rules());
        // Under the lock, so that a notice and its end keep their order; a notifier never blocks.
        for order in orders {
            match order {
                Order::Show(notice) | Order::Update(notice) => self.notifier.show(&notice),
                Order::Withdraw(key) => self.notifier.withdraw(&key),
            }
        }
        Some((next, planner.take_memories()))
    }

    /// Shows something that the plan does not hold: an answer to a click.
    pub(crate) fn show_apart(&self, notice: &Notice) {
        self.notifier.show(notice);
    }

    /// True where the person was told this, or is to be.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.planner().holds(key)
    }

    pub(crate) fn on_screen(&self) -> Vec<Notice> {
        self.planner().on_screen()
    }

    fn planner(&self) -> MutexGuard<'_, Planner> {
        self.planner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
