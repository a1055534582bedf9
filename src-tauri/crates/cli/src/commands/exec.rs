//! `bowline exec`: runs a command that finds a token in its environment, or in a file that stays fresh.
//!
//! Nothing is run when there is no token: the exits are `bowline token`'s. With the environment this process
//! becomes the command. With a file it stays beside it: it passes signals on, replaces the file at each
//! renewal, takes it away when the command is gone, however that went, and passes its exit on.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use bowline_wire::client::path;
use bowline_wire::shapes::TokenView;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::args::Exec;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::signals;
use crate::world::World;

mod follow;
pub(super) mod private;
mod token_file;

#[cfg(test)]
mod tests;

use token_file::TokenFile;

/// What `env` exits with when the command is not found, and when it cannot be run.
const NOT_FOUND: i32 = 127;
const NOT_RUNNABLE: i32 = 126;

/// Runs it.
pub fn run(world: &mut World<'_>, args: &Exec) -> Ended {
    let name = args.env.as_deref().unwrap_or("BOWLINE_TOKEN");
    if !is_name(name) {
        let detail = format!("{name:?} cannot be the name of a variable.");
        return Err(Failure::usage(detail, "use letters, digits and _, a letter first"));
    }
    let call = path(["accounts", &args.account, "token"]);
    // In a variable the token stays as it is: the agent tells of a command that runs on after its end.
    let frozen = (!args.file).then_some("true");
    let token: TokenView = world
        .ask(|agent| agent.get(&call).query_if("frozen", frozen).send())
        .map_err(|f| f.about(&args.account))?;
    let (program, rest) = args.command.split_first().expect("clap asks for a command");
    let mut command = Command::new(program);
    command.args(rest);
    if args.file {
        return beside(world, &mut command, &token);
    }
    let error = (world.become_program)(command.env(name, token.access_token.expose()));
    Ok(not_run(world, &command, &error))
}

fn is_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.bytes().all(good) && !name.as_bytes()[0].is_ascii_digit()
}

fn not_run(world: &mut World<'_>, command: &Command, error: &std::io::Error) -> i32 {
    world.out.word(&format!("bowline: {} cannot be run: {error}.", command.get_program().display()));
    world.out.word("→ give the command and its arguments after --");
    if error.kind() == std::io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUNNABLE }
}

/// Runs the command with a file, and waits for it.
fn beside(world: &mut World<'_>, command: &mut Command, token: &TokenView) -> Ended {
    let file = TokenFile::create(&world.paths.run, &token.access_token)
        .map_err(|e| Failure::file(&world.paths.run, &e))?;
    // Signals are held back before the command is there to be told of them.
    let child_pid = Arc::new(AtomicI32::new(0));
    pass_on(world, &child_pid);
    let mut child = match signals::spawn(command.env("BOWLINE_TOKEN_FILE", file.path())) {
        Ok(child) => child,
        Err(error) => return Ok(not_run(world, command, &error)),
    };
    child_pid.store(i32::try_from(child.id()).unwrap_or(0), Ordering::SeqCst);
    follow::start(world.client().socket(), token, file.writer());
    let ended = child.wait();
    child_pid.store(0, Ordering::SeqCst);
    drop(file);
    match ended {
        Ok(status) => Ok(passed(status)),
        Err(e) => Err(Failure::new(
            Exit::Unexpected,
            "internal",
            format!("The command was lost: {e}."),
            "try again",
        )),
    }
}

/// The command's own exit, or 128 and the signal that ended it, as shells have it.
fn passed(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// Passes signals on to the command. What the terminal sends, it sends to the command as well: passing that
/// on would make one Ctrl-C two.
fn pass_on(world: &World<'_>, child: &Arc<AtomicI32>) {
    let (child, at_terminal) = (Arc::clone(child), world.input_terminal);
    let forward = move |signal: Signal| {
        let from_terminal = at_terminal && matches!(signal, Signal::SIGINT | Signal::SIGQUIT);
        let pid = child.load(Ordering::SeqCst);
        if pid > 0 && !from_terminal {
            // It may have ended in this moment.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    };
    (world.watch)(signals::FORWARDED, Box::new(forward));
}
