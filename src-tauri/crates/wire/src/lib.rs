//! Floor 1: the public promise to local apps, and the client that speaks it.
//!
//! Reading order: what goes over the wire ([`shapes`], [`events`], [`problem`]), who may ask for what
//! ([`verbs`], described by [`openapi`]), where the agent is ([`paths`]), and how to ask it ([`client`]).
//! No async runtime, no TLS, nothing done at start: `bowline token` pays for this crate on every run.

pub mod client;
pub mod events;
pub mod openapi;
pub mod paths;
pub mod problem;
pub mod shapes;
pub mod verbs;

pub use client::{Client, ClientError};
pub use paths::Paths;
pub use problem::{Code, Problem};
pub use verbs::{Method, VERBS, Verb, VerbId, Who};
