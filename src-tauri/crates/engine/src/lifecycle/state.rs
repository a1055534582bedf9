//! What a status follows from, reduced to yes and no: the states that the table of the lifecycle is over.
//!
//! Facts about an account have times and words in them and are without number; the states are few enough to be gone
//! through one by one. The rule to remember: whatever decides a status, a plan or a notice is decided here, of the state
//! alone.

use bowline_base::Status;

use super::{Class, Facts, class, is_alive, warning};

/// An account's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    /// The vault's key cannot be had.
    pub locked: bool,
    /// The user asked that nothing be served or renewed.
    pub paused: bool,
    /// What kind of trouble it has.
    pub trouble: Option<Class>,
    /// The access token can be used.
    pub alive: bool,
    /// There is a refresh token.
    pub refreshable: bool,
    /// A required scope is not among the granted ones.
    pub narrow: bool,
    /// The last try failed, for a cause that need not be the account's own.
    pub failing: bool,
    /// The user will be needed within the warning time.
    pub near: bool,
}

/// What follows from a state, besides its status. The engine does it at each change of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effects {
    /// Whether an open access token may still be served.
    pub token: OpenToken,
    /// How the next renewal is planned.
    pub renewal: Renewal,
    /// What the person is asked for.
    pub person: Person,
}

/// What becomes of an access token that lies open in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenToken {
    /// It is served for as long as it lives.
    Keep,
    /// It is forgotten.
    Forget,
}

/// How the next renewal is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Ahead of the token's end.
    Ahead,
    /// By doubling pauses, for ever.
    BackOff,
    /// A few times an hour: somebody has to mend the settings first.
    Seldom,
    /// Not by itself.
    Never,
}

/// What the person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// Nothing.
    Nothing,
    /// Signing in again, before a date if there is one.
    SignInByDate,
    /// Signing in again, now.
    SignIn,
    /// A look, once it has lasted and somebody asks for the account.
    LookInTime,
    /// A look, as soon as somebody asks for the account.
    Look,
}

impl State {
    /// The state that the facts come to.
    pub fn of(facts: &Facts<'_>) -> Self {
        Self {
            locked: facts.locked.is_some(),
            paused: facts.account.paused,
            trouble: facts.health.trouble.as_ref().map(|t| class(t.reason)),
            alive: is_alive(facts.health, facts.now),
            refreshable: facts.health.refreshable,
            narrow: !facts.account.granted.covers(facts.required),
            failing: facts.failing,
            near: warning(facts).is_some(),
        }
    }

    /// The first status that fits, in the contract's order (§2).
    pub const fn status(self) -> Status {
        match self {
            Self { locked: true, .. } => Status::Locked,
            Self { paused: true, .. } => Status::Paused,
            Self { trouble: Some(Class::FixProvider), .. } => Status::Misconfigured,
            Self { trouble: Some(Class::Reconnect), .. } => Status::NeedsReconnect,
            Self { alive: false, refreshable: false, .. } => Status::NeedsReconnect,
            Self { alive: false, trouble: Some(Class::Passing), .. } => Status::Unavailable,
            // A full disk, a broken provider file: nothing of the account's own, and no token all the same.
            Self { alive: false, trouble: None, failing: true, .. } => Status::Unavailable,
            Self { trouble: Some(Class::Permissions), .. } | Self { narrow: true, .. } => {
                Status::InsufficientPermissions
            }
            Self { trouble: Some(Class::Passing), .. } => Status::Degraded,
            Self { trouble: None, failing: true, refreshable: true, .. } => Status::Degraded,
            Self { near: true, .. } => Status::Expiring,
            _ => Status::Healthy,
        }
    }

    /// What follows from it.
    pub const fn effects(self) -> Effects {
        Effects { token: self.token(), renewal: self.renewal(), person: self.person() }
    }

    const fn token(self) -> OpenToken {
        match self {
            Self { locked: true, .. } | Self { trouble: Some(Class::Reconnect), .. } => OpenToken::Forget,
            _ => OpenToken::Keep,
        }
    }

    const fn renewal(self) -> Renewal {
        match self {
            Self { locked: true, .. } | Self { paused: true, .. } | Self { refreshable: false, .. } => {
                Renewal::Never
            }
            Self { trouble: Some(Class::Reconnect | Class::Permissions | Class::Key), .. } => Renewal::Never,
            Self { trouble: Some(Class::FixProvider), .. } => Renewal::Seldom,
            Self { trouble: Some(Class::Passing), .. } | Self { failing: true, .. } => Renewal::BackOff,
            _ => Renewal::Ahead,
        }
    }

    const fn person(self) -> Person {
        match self.status() {
            Status::NeedsReconnect => Person::SignIn,
            Status::Unavailable if self.trouble.is_some() => Person::LookInTime,
            // Waiting does not help here, but as long as a token lives or nobody asks, nothing is lost either.
            Status::Misconfigured if !self.alive => Person::Look,
            Status::Healthy | Status::Expiring | Status::Degraded => Person::SignInByDate,
            _ => Person::Nothing,
        }
    }
}
