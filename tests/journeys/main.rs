//! Whole stories of Bowline's engine on a clock that is moved by hand.
//!
//! Each story is a sentence, begun by the requirement row that it covers. The engine, the vault and its thread, the
//! callback's listener are real; the provider, the keychain, the desktop and time are stand-ins.

#![allow(clippy::unwrap_used)]

mod connecting;
