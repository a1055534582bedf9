//! Floor 4: wires the floors together and touches this computer.
//!
//! Reading order: [`run`] is the agent's whole life, in `life`; what it finds around it ([`folders`],
//! [`settings`], and `edit`, which changes a file and keeps its comments), what it lends the engine ([`keychain`],
//! [`passphrase`], [`browser`], `notify`), what else a person sees of it (`tray`, `window`), what it hears of
//! the computer (`wake`, `sleep`, `network`), what it lends the doors
//! ([`program`], [`doctor`], `host`), and its [`log`]. [`run_practice`] runs the practice provider.

pub mod browser;
pub mod doctor;
mod edit;
pub mod folders;
mod host;
pub mod keychain;
mod life;
pub mod log;
mod memory;
mod network;
mod notify;
pub mod passphrase;
mod practice;
pub mod program;
pub mod settings;
#[cfg(all(unix, not(target_os = "macos")))]
mod sleep;
#[cfg(all(unix, not(target_os = "macos")))]
mod tray;
mod wake;
mod watch;
mod window;

pub use life::{AgentArgs, run};
pub use practice::{PracticeArgs, run_practice};
