//! Floor 1: the practice provider, a complete OpenID provider on loopback with a switch for every failure.
//!
//! Anyone can try every flow, and every failure, with no outside account (contract §4). It shares no code with
//! the client it is practised on, so that it is a second pair of eyes on the protocol. Nothing in it is worth
//! protecting: the people are invented, the signing keys are public, the state is in memory and bounded.
//!
//! Reading order: what can fail ([`faults`]); who is there (`people`, `keys`); what is remembered (`book`, `record`); the
//! provider itself (`provider`, then `authorize`, `device`, `token`, `issue`, `identity`, `manage`, `control`)
//! with what a person sees (`pages`); and how it is reached (`gate`, `wire`).

pub mod error;
pub mod faults;

mod authorize;
mod book;
mod control;
mod device;
mod gate;
mod identity;
mod issue;
mod keys;
mod manage;
mod pages;
mod people;
mod provider;
mod record;
mod shelf;
mod token;
mod wire;

pub use book::CLIENT_ID;
pub use error::PracticeError;
pub use faults::{Fault, FaultRule};
pub use wire::{Options, Running, serve};
