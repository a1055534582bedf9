//! A world to test in: temporary homes, the real programs, providers from other hands, a private desktop session.
//!
//! Reading order: waiting with a deadline ([`wait`]), running programs ([`program`]), a home for Bowline
//! ([`home`]), its agent and practice provider ([`bowline`]), other providers ([`provider`]), a private session
//! ([`session`]), the real window ([`window`]), raw HTTP ([`raw`]), looking for secrets where none may be
//! ([`canary`]), and telling the figures of a long proof ([`proof`]). Apart from all these, for stories on a clock that is
//! moved by hand: the engine in a [`world`] of its own.
//!
//! Everything here panics with a sentence when the world does not behave: a test has nothing better to do.
//! Nothing touches the desktop, the keyring or the browser of the person who runs the tests.

pub mod bowline;
pub mod canary;
pub mod home;
pub mod program;
pub mod proof;
pub mod provider;
pub mod raw;
pub mod session;
pub mod wait;
pub mod window;
pub mod world;

pub use bowline::{Agent, Practice};
pub use canary::Canary;
pub use home::Home;
pub use program::{Ran, Running};
pub use provider::{Django, OidcProvider};
pub use raw::{Answer, Door, Request};
pub use session::{Keyring, Session};
pub use window::Window;

use std::path::PathBuf;

/// The checkout that these tests belong to.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout exists")
}
