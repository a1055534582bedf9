//! What the user is asked: yes or no, and secrets, which are never shown and never an argument.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use bowline_base::Secret;
use bowline_base::secret::LONGEST_LINE;

use crate::error::Failure;
use crate::exit::Exit;
use crate::fix::quote;
use crate::world::World;

/// Longer than any passphrase or client secret; a bound so that a wrong file is noticed.
const MAX_SECRET: u64 = 16 * 1024;

/// Asks at the terminal; anything but yes is no. Refused where nobody can answer.
pub fn confirm(world: &mut World<'_>, question: &str, without: &str) -> Result<bool, Failure> {
    if !world.input_terminal {
        return Err(Failure::usage("There is no terminal to ask at.", without));
    }
    world.out.prompt(&format!("{question} [y/N] "));
    let mut answer = String::new();
    let read = world.input.by_ref().take(64).read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks at the controlling terminal, and gives the line that was typed there.
pub fn at_terminal(question: &str) -> std::io::Result<String> {
    let terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    (&terminal).write_all(question.as_bytes())?;
    let mut line = String::new();
    BufReader::new(&terminal).take(1024).read_line(&mut line)?;
    Ok(line)
}

/// A secret: typed without being shown, or the first line of stdin.
pub fn secret(world: &mut World<'_>, prompt: &str) -> Result<Secret, Failure> {
    let text = if world.input_terminal {
        (world.hidden)(prompt).map_err(|e| unread(&e))?
    } else {
        let mut line = String::new();
        world.input.by_ref().take(MAX_SECRET).read_line(&mut line).map_err(|e| unread(&e))?;
        line
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::usage("Nothing was entered.", "try again, or give it on stdin"));
    }
    Ok(Secret::new(text))
}

/// The vault's passphrase: from the file that `BOWLINE_PASSPHRASE_FILE` names, else typed, else from stdin.
pub fn passphrase(world: &mut World<'_>, prompt: &str) -> Result<Secret, Failure> {
    match world.passphrase_file.clone() {
        Some(file) => from_file(&file),
        None => secret(world, prompt),
    }
}

/// The same rules as the agent's: one line, in a file that nobody else can read.
fn from_file(file: &Path) -> Result<Secret, Failure> {
    let path = file.display();
    let locked = |detail: String, fix: String| Failure::new(Exit::Locked, "locked", detail, fix);
    let failed = |e: std::io::Error| {
        let detail = format!("The passphrase file {path} cannot be read: {e}.");
        locked(detail, "set BOWLINE_PASSPHRASE_FILE to a file you can read".into())
    };
    let opened = std::fs::File::open(file).map_err(failed)?;
    let about = opened.metadata().map_err(failed)?;
    if about.is_file() && about.mode() & 0o077 != 0 {
        let fix = format!("chmod 600 {}", quote(&path.to_string()));
        return Err(locked(format!("The passphrase file {path} can be read by others."), fix));
    }
    let mut text = String::new();
    opened.take(LONGEST_LINE as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    let none = || {
        let detail = format!("The passphrase file {path} holds no passphrase.");
        locked(detail, "put it there as one line".into())
    };
    Secret::of_one_line(&text).ok_or_else(none)
}

fn unread(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unexpected, "internal", format!("Nothing could be read: {error}."), "give it on stdin")
}
