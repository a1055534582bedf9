//! The practice provider from outside: every test speaks plain HTTP over a real socket, so that it shows what
//! goes over the wire. Time stands still unless a test moves it.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only functions marked as tests, not the helpers beside them"
)]

mod answers;
mod consent;
mod control;
mod device;
mod flow;
mod identity;
mod manage;
mod record;
mod refusals;
mod wire;
mod world;
