//! What the window may ask for. Each command forwards to the agent through `bowline-wire` in a few lines and
//! returns a view; each name stands in `build.rs` and in the capability file too, or it cannot be called.
//!
//! The agent is asked from threads that may block; no command starts an agent but the one that says so. A command
//! that the window gives up runs to its end all the same, and its answer is dropped.

pub mod accounts;
pub mod connecting;
pub mod figures;
pub mod people;
pub mod providers;
pub mod settings;
pub mod trail;
pub mod vault;

use std::sync::{Arc, Mutex, PoisonError};

use bowline_wire::{Client, ClientError, Code};
use tauri::State;

use crate::book::SharedBook;
use crate::link::Link;
use crate::view::{Place, Problem};

/// What the commands work with.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The way to the agent.
    pub link: Arc<Link>,
    /// Names and attempts.
    pub book: Arc<SharedBook>,
    /// The place that the start asked for, until the page can be led there.
    pub place: Arc<Mutex<Option<Place>>>,
}

impl Desk {
    /// The place that the start asked for; the second time there is none.
    pub fn first_place(&self) -> Option<Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What a command gets from Tauri.
pub type Given<'d> = State<'d, Desk>;

/// Does something that blocks, away from the threads that draw.
async fn work<T: Send + 'static>(
    desk: &Given<'_>,
    what: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let desk = Desk::clone(desk);
    let done = tauri::async_runtime::spawn_blocking(move || what(&desk)).await;
    done.unwrap_or_else(|_| Err(Problem::here(Code::Internal, "Bowline's window stumbled. Try that again.")))
}

/// Asks the agent one thing.
async fn ask<T: Send + 'static>(
    desk: &Given<'_>,
    what: impl FnOnce(&Client) -> Result<T, ClientError> + Send + 'static,
) -> Result<T, Problem> {
    work(desk, |desk| what(desk.link.client()).map_err(Problem::from)).await
}
