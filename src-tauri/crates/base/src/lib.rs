//! Floor 0: the ground every other floor stands on. No I/O, no async runtime.
//!
//! Reading order: what an account is called ([`id`]), what it may do ([`scope`]), how it is known to
//! people ([`account`]) and how it fares ([`status`]); then the three things that must never be mixed up:
//! secrets ([`secret`], [`redact`]), time ([`time`]) and randomness ([`random`]).

pub mod account;
pub mod id;
pub mod length;
pub mod random;
pub mod redact;
pub mod scope;
pub mod secret;
pub mod status;
pub mod time;

pub use account::{Account, Health, LastRefresh, RefreshOutcome, Trouble};
pub use id::{AccountId, AppId, AttemptId, ProviderId, RequestId};
pub use random::Random;
pub use scope::{Scope, ScopeSet};
pub use secret::Secret;
pub use status::{Action, Basis, Reason, Status};
pub use time::{Clock, Instant, Wall};
