//! Floor 2: the heart. What Bowline does with accounts, on top of the protocol and the vault.
//!
//! Reading order: what an account's health means ([`lifecycle`], [`words`]), what is kept in memory ([`book`])
//! and on disk ([`store`]); how an account comes ([`connect`]), is kept alive ([`refresh`], [`schedule`]), is read
//! ([`serve`], [`rejected`]), by others where its provider is down ([`standing_in`], [`emergency`]), and goes
//! ([`disconnect`]); who may read ([`caller`], [`apps`], [`programs`], [`requests`], [`limit`], [`abuse`]); what was done
//! ([`trail`]); what others may watch ([`event`], [`notice`]) and is counted ([`figures`]); and what is asked of this
//! computer ([`ports`]).
//!
//! The engine knows neither HTTP of the local API nor the terminal: doors turn its answers into theirs.

pub mod abuse;
pub mod apps;
pub mod book;
pub mod breaker;
pub mod caller;
pub mod checkup;
mod clock;
pub mod connect;
pub mod disconnect;
pub mod emergency;
pub mod error;
pub mod event;
pub mod figures;
pub mod forecast;
mod history;
pub mod lifecycle;
pub mod limit;
mod limited;
pub mod moving;
pub mod notice;
pub mod policy;
pub mod ports;
pub mod profile;
pub mod programs;
pub mod providers;
pub mod refresh;
pub mod rejected;
mod rekey;
pub mod requests;
#[cfg(test)]
mod sample;
pub mod schedule;
pub mod serve;
pub mod skew;
pub mod standing_in;
pub mod store;
pub mod trail;
pub mod unlock;
mod verify;
mod wake;
pub mod words;

pub mod engine;

pub use caller::Caller;
pub use engine::{Engine, Parts};
pub use error::EngineError;
pub use policy::Policy;
