//! Floor 5: the `bowline` command. Every verb goes through wire's client, like any other app.
//!
//! Reading order: what may be typed ([`args`]), how a command ends ([`exit`], [`error`], [`fix`]), what it
//! works with ([`world`]: streams, folders, the way to the agent), how it prints and asks ([`print`],
//! [`ask`]), and one file per verb under [`commands`]. [`start`] alone knows the agent itself.
//!
//! Data goes to stdout, words to stderr; a token is printed only by the verb that is asked for it.

use std::ffi::OsString;

use bowline_wire::Paths;
use clap::Parser;

pub mod args;
pub mod ask;
pub mod commands;
pub mod error;
pub mod exit;
pub mod fix;
pub mod length;
pub mod print;
pub mod signals;
pub mod start;
pub mod table;
pub mod world;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use args::{Args, Command};
use error::Failure;
use exit::Exit;
use world::World;

/// Runs one command with this process's own streams and folders; returns the exit status.
pub fn main(typed: impl IntoIterator<Item = OsString>) -> i32 {
    let typed: Vec<OsString> = typed.into_iter().collect();
    let mut out = print::Out::of_this_process();
    let args = match parse(&typed, &mut out) {
        Ok(args) => args,
        Err(status) => return ended(&mut out, status),
    };
    out.json = args.common.json;
    match args.command {
        Command::Agent(agent) => start::agent(agent.headless),
        Command::Practice(practice) => start::practice(&practice, args.common.json),
        command => match Paths::find() {
            Ok(paths) => {
                let mut world = World::of_this_process(out, paths);
                world.autostart = !args.common.no_autostart;
                let status = dispatch(command, &mut world);
                ended(&mut world.out, status)
            }
            Err(e) => {
                let detail = format!("Bowline has no place for its files: {e}.");
                let fix = "export BOWLINE_HOME=FOLDER";
                print::failure(&mut out, &Failure::new(Exit::Unexpected, "storage_error", detail, fix))
            }
        },
    }
}

/// Runs one command in this world; returns the exit status. `agent` and `practice` need no world and are
/// [`main`]'s own.
pub fn run(typed: impl IntoIterator<Item = OsString>, world: &mut World<'_>) -> i32 {
    let typed: Vec<OsString> = typed.into_iter().collect();
    match parse(&typed, &mut world.out) {
        Ok(args) => {
            world.out.json = args.common.json;
            world.autostart &= !args.common.no_autostart;
            let status = dispatch(args.command, world);
            ended(&mut world.out, status)
        }
        Err(status) => ended(&mut world.out, status),
    }
}

/// What could not be written was not done: a full disk must not look like success.
fn ended(out: &mut print::Out<'_>, status: i32) -> i32 {
    match out.lost() {
        Some(error) if status == Exit::Done.status() => {
            let detail = format!("Not everything could be written to the output: {error}.");
            print::failure(
                out,
                &Failure::new(Exit::Unexpected, "storage_error", detail, "make room, then try again"),
            )
        }
        _ => status,
    }
}

/// An agent whose socket has a path that no socket can have is there for nobody.
fn reachable(world: &World<'_>) -> Result<(), Failure> {
    world.paths.check_socket().map_err(|long| {
        let detail = format!(
            "The socket's path {} has {} bytes, and this system takes {}.",
            long.path.display(),
            long.length,
            bowline_wire::paths::LONGEST_SOCKET
        );
        Failure::usage(
            detail,
            "set BOWLINE_SOCK to a shorter path, or BOWLINE_HOME to a folder with a shorter one",
        )
    })
}

fn dispatch(command: Command, world: &mut World<'_>) -> i32 {
    let alone = matches!(command, Command::Completions { .. } | Command::Man | Command::Doctor { .. });
    let ran = if alone { Ok(()) } else { reachable(world) };
    match ran.and_then(|()| commands::run(command, world)) {
        Ok(status) => status,
        Err(failure) => {
            let failure = world.complete(failure);
            print::failure(&mut world.out, &failure)
        }
    }
}

/// Help and version go to stdout and are no error; anything else is a usage error.
fn parse(typed: &[OsString], out: &mut print::Out<'_>) -> Result<Args, i32> {
    if let Some(args) = args::quick(typed) {
        return Ok(args);
    }
    Args::try_parse_from(typed).map_err(|error| {
        let rendered = error.render();
        let text = if out.colour { rendered.ansi().to_string() } else { rendered.to_string() };
        if !error.use_stderr() {
            out.raw(text.trim_end());
            return Exit::Done.status();
        }
        out.json = typed.iter().take_while(|a| *a != "--").any(|a| a == "--json");
        if out.json {
            // What is wrong may be a list below the first line; an empty line ends it.
            let text = rendered.to_string();
            let said: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
            let first = said.join(" ").replace("error: ", "");
            return print::failure(out, &Failure::usage(first, "bowline help"));
        }
        out.word(text.trim_end());
        Exit::Usage.status()
    })
}
