//! The lifecycle as one table: a state and an event give the next state and what follows from it.
//!
//! Every pair is decided; the tests go through all of them, hold the engine's own bookkeeping (`lifecycle::after`) against
//! them, and draw from them what `docs/lifecycle.md` shows. The rule to remember: only a refusal, a damaged token, or a
//! dead token without a refresh token leads to `needs_reconnect`; silence leads nowhere near, and takes no refusal back.

use super::Class;
use super::state::{Effects, State};

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A renewal or a sign-in brought tokens.
    Tokens(Brought),
    /// A try ended without tokens, for a reason of this class.
    Failed(Class),
    /// A try failed for a cause on this computer.
    FailedHere,
    /// Its provider's host is left alone.
    HeldBack,
    /// The sealed token cannot be opened.
    Damaged,
    /// The provider refuses the access token, which cannot be renewed.
    RefusedInUse,
    /// No refresh token was found.
    NothingToRenew,
    /// The access token's end passed, or a clock set back has it ahead again.
    TokenLives(bool),
    /// The warning time before the end began, or a clock set back has it ahead again.
    EndNears(bool),
    /// A provider file was edited: a required scope is missing now, or none is.
    Required {
        /// One is missing.
        missing: bool,
    },
    /// The vault was locked or opened.
    Locked(bool),
    /// The user paused or resumed it.
    Paused(bool),
}

/// What an answer with tokens means for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Brought {
    /// The access token lives; it may be dead on arrival.
    pub alive: bool,
    /// There is a refresh token.
    pub refreshable: bool,
    /// A required scope is missing.
    pub narrow: bool,
    /// The user will be needed within the warning time.
    pub near: bool,
}

/// The table.
pub const fn step(state: State, event: Event) -> (State, Effects) {
    let next = next(state, event);
    (next, next.effects())
}

const fn next(state: State, event: Event) -> State {
    match event {
        Event::Tokens(brought) => with_tokens(state, brought),
        Event::Failed(class) => State { trouble: worse(state.trouble, class), failing: true, ..state },
        Event::FailedHere => State { failing: true, ..state },
        // Who was held back has not failed.
        Event::HeldBack => State { trouble: worse(state.trouble, Class::Passing), ..state },
        Event::Damaged | Event::RefusedInUse => State { trouble: Some(Class::Reconnect), ..state },
        Event::NothingToRenew => State { refreshable: false, ..state },
        Event::TokenLives(alive) => State { alive, ..state },
        Event::EndNears(near) => State { near, ..state },
        Event::Required { missing } => State { narrow: missing, ..state },
        Event::Locked(locked) => State { locked, ..state },
        Event::Paused(paused) => State { paused, ..state },
    }
}

/// Tokens end every trouble. Those that are dead on arrival point at a clock, and at nothing that a sign-in mends.
const fn with_tokens(state: State, brought: Brought) -> State {
    let trouble = if brought.alive { None } else { Some(Class::Passing) };
    let Brought { alive, refreshable, narrow, near } = brought;
    State { trouble, alive, refreshable, narrow, near, failing: !alive, ..state }
}

/// Silence takes back no refusal: only tokens do.
const fn worse(before: Option<Class>, class: Class) -> Option<Class> {
    match (before, class) {
        (Some(Class::Reconnect), Class::Passing) => Some(Class::Reconnect),
        _ => Some(class),
    }
}
