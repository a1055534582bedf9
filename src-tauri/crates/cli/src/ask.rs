//! What the user is asked: yes or no, and secrets, which are never shown and never an argument.

use std::io::{BufRead, Read};
use std::path::Path;

use bowline_base::Secret;

use crate::error::Failure;
use crate::exit::Exit;
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

fn from_file(file: &Path) -> Result<Secret, Failure> {
    let failed = |e: &std::io::Error| {
        let detail = format!("The passphrase file {} cannot be read: {e}.", file.display());
        Failure::new(Exit::Locked, "locked", detail, "set BOWLINE_PASSPHRASE_FILE to a file you can read")
    };
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(|e| failed(&e))?;
    opened.take(MAX_SECRET).read_to_string(&mut text).map_err(|e| failed(&e))?;
    Ok(Secret::new(text.strip_suffix('\n').unwrap_or(&text)))
}

fn unread(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unexpected, "internal", format!("Nothing could be read: {error}."), "give it on stdin")
}
