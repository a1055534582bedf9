//! `bowline completions`.

use clap::CommandFactory;

use crate::args::Args;
use crate::error::Ended;
use crate::exit::Exit;
use crate::world::World;

/// Prints them.
pub fn run(world: &mut World<'_>, shell: clap_complete::Shell) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "bowline", &mut script);
    world.out.raw(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done.status())
}
