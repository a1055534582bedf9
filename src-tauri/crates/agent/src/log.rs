//! The agent's log: one line an event, to a file of at most two megabytes with one older file beside it. Nothing
//! secret can reach it: secrets have no `Display`.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

/// How large a log file may become before it is put aside.
const LARGEST: u64 = 2 * 1024 * 1024;

/// Starts logging into this file, at `info` or what `BOWLINE_LOG` names (`error`, `warn`, `info`, `debug`).
///
/// # Errors
/// The operating system's, when the file cannot be opened.
pub fn start(path: &Path) -> io::Result<()> {
    let level =
        std::env::var("BOWLINE_LOG").ok().and_then(|word| word.parse().ok()).unwrap_or(tracing::Level::INFO);
    let file = LogFile::open(path)?;
    let started = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_target(false)
        .with_writer(Writers(Mutex::new(file)))
        .try_init();
    // A second start in one process, as in tests, keeps the first log.
    drop(started);
    Ok(())
}

struct Writers(Mutex<LogFile>);

struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
}

struct Line<'a>(std::sync::MutexGuard<'a, LogFile>);

impl<'a> MakeWriter<'a> for Writers {
    type Writer = Line<'a>;
    fn make_writer(&'a self) -> Line<'a> {
        Line(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = open_to_append(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_path_buf(), file, size })
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.size + bytes.len() as u64 > LARGEST {
            std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
            self.file = open_to_append(&self.path)?;
            self.size = 0;
        }
        self.size += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

fn open_to_append(path: &Path) -> io::Result<File> {
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_put_aside_and_a_new_one_begun() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.log");
        let mut log = LogFile::open(&path).unwrap();
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..3 {
            log.put(&line).unwrap();
        }
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 1024 * 1024);
        assert_eq!(std::fs::metadata(folder.path().join("agent.log.1")).unwrap().len(), 2 * 1024 * 1024);
    }
}
