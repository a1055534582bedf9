//! Signals, without a handler: they are held back in every thread, and one thread waits for them.
//!
//! A program that is started inherits what its starter's thread holds back, and would then be deaf to it;
//! [`spawn`] sees to that.

use std::io;
use std::process::{Child, Command};
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
/// called before other threads are started.
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

/// Starts a program that holds no signal back, whatever we do. A signal that comes in this very moment ends
/// us as if we had never asked for it.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    let starter = || {
        SigSet::all().thread_unblock().map_err(io::Error::from)?;
        command.spawn()
    };
    std::thread::scope(|scope| scope.spawn(starter).join().expect("starting a program does not panic"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_program_hears_the_signals_that_we_hold_back() {
        SigSet::from_iter([Signal::SIGUSR1]).thread_block().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "kill -USR1 $$; exit 0"]);
        let mut deaf = command.spawn().unwrap();
        assert_eq!(deaf.wait().unwrap().code(), Some(0));
        let mut hears = spawn(&mut command).unwrap();
        assert_eq!(hears.wait().unwrap().signal(), Some(Signal::SIGUSR1 as i32));
    }
}
