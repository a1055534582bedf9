//! What is printed where: data to stdout, words to stderr, colour only for a person at a terminal.
//!
//! A reader that has gone away (`| head`) is no error: what is printed after that is lost, and
//! [`Out::is_closed`] tells a command that streams to stop. An output that takes no more, as on a full disk, is one:
//! [`Out::lost`].

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::error::Failure;

/// The streams a command prints to.
pub struct Out<'w> {
    stdout: Box<dyn Write + 'w>,
    stderr: Box<dyn Write + 'w>,
    /// Documents instead of text.
    pub json: bool,
    /// Stdout is a terminal: tables and headings make sense.
    pub terminal: bool,
    /// Colour makes sense.
    pub colour: bool,
    closed: bool,
    lost: Option<io::Error>,
}

impl<'w> Out<'w> {
    /// Prints to these, as to a file.
    pub fn new(stdout: impl Write + 'w, stderr: impl Write + 'w) -> Self {
        Self {
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            json: false,
            terminal: false,
            colour: false,
            closed: false,
            lost: None,
        }
    }

    /// A line of data. Control characters that came from outside do not reach the terminal.
    pub fn line(&mut self, text: &str) {
        self.raw(&clean(text));
    }

    /// Data as it is, and a line's end.
    pub fn raw(&mut self, text: &str) {
        let written = self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.write_all(b"\n"));
        if let Err(error) = written.and_then(|()| self.stdout.flush()) {
            self.closed = true;
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.lost.get_or_insert(error);
            }
        }
    }

    /// A line of words for the person.
    pub fn word(&mut self, text: &str) {
        // Nobody is left to be told when stderr is closed.
        let _ = self.stderr.write_all(format!("{text}\n").as_bytes()).and_then(|()| self.stderr.flush());
    }

    /// Words without a line's end, before an answer is typed.
    pub fn prompt(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes()).and_then(|()| self.stderr.flush());
    }

    /// A document, laid out for a person at a terminal and on one line otherwise.
    pub fn document(&mut self, document: &impl Serialize) {
        let text = if self.terminal {
            serde_json::to_string_pretty(document)
        } else {
            serde_json::to_string(document)
        };
        self.raw(&text.expect("our own shapes have texts as keys"));
    }

    /// One of several objects, always on one line.
    pub fn object(&mut self, object: &impl Serialize) {
        self.raw(&serde_json::to_string(object).expect("our own shapes have texts as keys"));
    }

    /// Nobody reads any more.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Why something that was to be printed was not, where somebody still wanted it. Told once.
    pub const fn lost(&mut self) -> Option<io::Error> {
        self.lost.take()
    }

    /// A text in colour, where colour makes sense.
    pub fn paint(&self, ink: Ink, text: &str) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()) } else { text.into() }
    }
}

impl Out<'static> {
    /// This process's own streams.
    pub fn of_this_process() -> Self {
        let terminal = io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        Self { terminal, colour: terminal && !plain, ..Self::new(io::stdout(), io::stderr()) }
    }
}

/// The few colours there are; each also has a word or a mark beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// Well.
    Green,
    /// Soon, or waiting.
    Yellow,
    /// The user is needed.
    Red,
    /// Beside the point.
    Dim,
    /// A heading.
    Bold,
}

impl Ink {
    const fn code(self) -> &'static str {
        match self {
            Ink::Green => "32",
            Ink::Yellow => "33",
            Ink::Red => "31",
            Ink::Dim => "2",
            Ink::Bold => "1",
        }
    }
}

/// Tells why a command failed; returns its exit status.
pub fn failure(out: &mut Out<'_>, failure: &Failure) -> i32 {
    out.word(&format!("bowline: {}", field(&failure.detail)));
    if let Some(fix) = &failure.fix {
        out.word(&format!("→ {}", field(fix)));
    }
    if out.json && !failure.told {
        out.document(&failure.document());
    }
    failure.exit.status()
}

/// The text without what would move a terminal's cursor or turn its text around. Tabs and the colours of
/// [`Out::paint`] stay.
fn clean(text: &str) -> String {
    let kept =
        |c: char| c == '\t' || c == '\u{1b}' || bowline_base::redact::is_plain(c.encode_utf8(&mut [0; 4]));
    text.chars().filter(|c| kept(*c)).collect()
}

/// One field of foreign text, made fit for a line: nothing invisible, no escape sequence.
pub fn field(text: &str) -> String {
    text.chars().filter(|c| bowline_base::redact::is_plain(c.encode_utf8(&mut [0; 4]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn printed(act: impl FnOnce(&mut Out<'_>)) -> (String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        act(&mut Out::new(&mut stdout, &mut stderr));
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_failure_is_a_sentence_and_a_fix_on_stderr_and_nothing_on_stdout() {
        let failed = Failure::new(Exit::Locked, "locked", "The vault is locked.", "bowline vault unlock");
        let (stdout, stderr) = printed(|out| assert_eq!(failure(out, &failed), 7));
        assert_eq!(stdout, "");
        assert_eq!(stderr, "bowline: The vault is locked.\n→ bowline vault unlock\n");
    }

    #[test]
    fn e02_with_json_the_problem_document_is_on_stdout() {
        let failed = Failure::new(Exit::Locked, "locked", "The vault is locked.", "bowline vault unlock");
        let (stdout, _) = printed(|out| {
            out.json = true;
            failure(out, &failed);
        });
        let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(document["code"], "locked");
        assert_eq!(document["fix"], "bowline vault unlock");
    }

    #[test]
    fn a_reader_that_has_gone_away_is_noticed_and_no_error() {
        let mut out = Out::new(Gone, Gone);
        out.line("x");
        out.word("y");
        assert!(out.is_closed() && out.lost().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_output_that_takes_no_more_is_told() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut out = Out::new(full, io::sink());
        out.raw("a token");
        assert!(out.is_closed() && out.lost().is_some_and(|e| e.kind() == io::ErrorKind::StorageFull));
    }

    #[test]
    fn text_from_outside_cannot_steer_a_terminal() {
        let (stdout, _) = printed(|out| out.line(&field("a\u{1b}[2J\u{202e}b\nc")));
        assert_eq!(stdout, "a[2Jbc\n");
    }

    #[test]
    fn colour_is_only_where_it_makes_sense() {
        let mut out = Out::new(io::sink(), io::sink());
        assert_eq!(out.paint(Ink::Red, "x"), "x");
        out.colour = true;
        assert_eq!(out.paint(Ink::Red, "x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
