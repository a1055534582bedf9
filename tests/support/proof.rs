//! The figures of the long proofs. A test's output is kept back when it passes, and these are what its run is for: they go
//! to the standard output itself, where `.ci/test` gathers the lines that begin with [`MARK`].

use std::io::{self, Write as _};

/// What a line begins with that tells a proof's figures.
pub const MARK: &str = "proof: ";

/// Tells the figures of a proof that is over.
pub fn say(figures: &str) {
    put(&format!("{MARK}{figures}"));
}

/// Tells how far a long one has come.
pub fn so_far(figures: &str) {
    put(&format!("so far: {figures}"));
}

/// A number that whoever runs a proof has set, to make it longer or to repeat it.
///
/// # Panics
/// When it is set to something else.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

fn put(line: &str) {
    // Whoever runs the tests may have closed the other end; the proof goes on.
    let _ = writeln!(io::stdout().lock(), "{line}");
}
