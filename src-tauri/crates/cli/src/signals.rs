//! Signals, without a handler: they are held back in every thread, and one thread waits for them.

use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};

/// What is done about a signal.
pub type OnSignal = Box<dyn FnMut(Signal) + Send>;

/// What ends a command: the terminal's interrupt, a polite end, the terminal going away.
pub const ENDING: &[Signal] = &[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// What is passed on to a command that we run.
pub const FORWARDED: &[Signal] =
    &[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2];

/// From now on these signals are given to `then`, in a thread of its own, until the process ends. Must be
/// called before other threads are started; a command started later gets them as usual.
pub fn watch(which: &'static [Signal], mut then: OnSignal) {
    let set: SigSet = which.iter().copied().collect();
    if set.thread_block().is_err() {
        return;
    }
    std::thread::spawn(move || {
        loop {
            match set.wait() {
                Ok(signal) => then(signal),
                // Cannot happen with a valid set; the pause keeps a surprise from becoming a spin.
                Err(_) => std::thread::sleep(Duration::from_secs(1)),
            }
        }
    });
}
