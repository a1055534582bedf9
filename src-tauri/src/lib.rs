//! Bowline's window: accounts, their health, and the one button that mends them.
//!
//! This program is a client of the agent like any other local app: it asks over the socket through
//! `bowline-wire`, shows views that have no room for a token, secret or key ([`view`]), and ends when its window
//! is closed. The agent goes on without it. A second start brings the first one's window to the front.
//!
//! Reading order: what may be asked for on the command line ([`args`]), the way to the agent ([`link`]), what the
//! window may see ([`view`], [`convert`], [`shown`]), what it may ask ([`commands`]), what it is told ([`events`]),
//! the window itself ([`window`]), how its page is painted (`painting`) and what that is handed at the start ([`ahead`]).

pub mod ahead;
pub mod args;
pub mod book;
pub mod commands;
pub mod convert;
pub mod events;
pub mod link;
pub mod memory;
#[cfg(target_os = "linux")]
pub mod painting;
pub mod shown;
pub mod trouble;
pub mod view;
pub mod window;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use args::Args;
use link::Link;

/// Everything this program does, from its command line to its exit status.
pub fn run() -> ExitCode {
    let args = Args::parse();
    if let Some(ended) = window::without_automation() {
        return ended;
    }
    let link = match Link::find() {
        Ok(link) => Arc::new(link),
        Err(problem) => {
            eprintln!("bowline-desktop: {problem}");
            return ExitCode::FAILURE;
        }
    };
    if args.background {
        // At login only the agent is wanted, and no window.
        return match link.start_agent() {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("bowline-desktop: {}", problem.detail);
                ExitCode::FAILURE
            }
        };
    }
    match window::run(link, args.place()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bowline-desktop: the window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
