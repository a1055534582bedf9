//! What is counted, and the line that tells it.

use std::fmt;

/// The figures of one scenario.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// The scenario.
    pub(crate) name: String,
    /// How often the agent was killed.
    pub(crate) kills: usize,
    /// Renewals that the provider was asked for.
    pub(crate) renewals: u64,
    /// Tokens that were read meanwhile, each another one.
    pub(crate) read: usize,
    /// Renewals that a kill cut off before their answer was on disk.
    pub(crate) cut_off: usize,
    /// Grants that the provider ended: it had given an answer that this machine had not read.
    pub(crate) unread: usize,
    /// Accounts that are gone, or can neither be renewed nor say what they need.
    pub(crate) lost: usize,
    /// Accounts of ended grants that were named `needs_reconnect` with `interrupted_renewal`.
    pub(crate) named: usize,
    /// Tokens, vaults and trails that were found damaged.
    pub(crate) torn: usize,
    /// Accounts that were named `needs_reconnect` for anything else.
    pub(crate) needless: usize,
    /// All that is not as it should be, in sentences.
    pub(crate) wrong: Vec<String>,
}

impl Figures {
    /// Something is damaged.
    pub(crate) fn tear(&mut self, sentence: String) {
        self.torn += 1;
        self.wrong.push(sentence);
    }

    /// An account is lost.
    pub(crate) fn lose(&mut self, sentence: String) {
        self.lost += 1;
        self.wrong.push(sentence);
    }

    /// An account asks for its person without need.
    pub(crate) fn doubt(&mut self, sentence: String) {
        self.needless += 1;
        self.wrong.push(sentence);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "kills {}: {} kills, {} renewals ({} cut off), {} tokens read, {} accounts lost, {} answers given \
             and never read, {} interrupted_renewal named, {} torn records, {} false needs_reconnect",
            self.name,
            self.kills,
            self.renewals,
            self.cut_off,
            self.read,
            self.lost,
            self.unread,
            self.named,
            self.torn,
            self.needless
        )
    }
}
