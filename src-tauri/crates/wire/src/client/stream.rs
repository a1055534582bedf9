//! Events as they come, one at a time.

use std::io::{self, BufRead, BufReader, Read};

use super::{ClientError, explain_io};
use crate::events::{Assembler, Received};

/// The longest line that is read: far above any event of ours.
const MAX_LINE: u64 = 1024 * 1024;

/// An open stream. Ends with `None` when the agent closes it; dropping it closes it from here.
pub struct EventStream {
    reader: BufReader<Box<dyn Read + Send>>,
    assembler: Assembler,
}

impl EventStream {
    pub(super) fn new(reader: impl Read + Send + 'static) -> Self {
        Self { reader: BufReader::new(Box::new(reader)), assembler: Assembler::default() }
    }

    fn line(&mut self) -> Result<Option<String>, ClientError> {
        let mut line = Vec::new();
        let got = self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(explain)?;
        match line.pop() {
            None => Ok(None),
            Some(b'\n') => {
                let text = String::from_utf8_lossy(&line);
                Ok(Some(text.strip_suffix('\r').unwrap_or(&text).to_owned()))
            }
            Some(_) if got as u64 == MAX_LINE => Err(ClientError::TooLarge),
            // Half a line before the end belongs to an event that never came whole.
            Some(_) => Ok(None),
        }
    }
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventStream")
    }
}

impl Iterator for EventStream {
    type Item = Result<Received, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.line() {
                Ok(Some(line)) => {
                    if let Some(event) = self.assembler.line(&line) {
                        return Some(Ok(event));
                    }
                }
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// ureq wraps its own errors into I/O errors on the way out of a body.
fn explain(error: io::Error) -> ClientError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(ureq::Error::Timeout(_)) => ClientError::TimedOut,
        _ => explain_io(error, std::path::Path::new("")),
    }
}
