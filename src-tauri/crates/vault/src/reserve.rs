//! Room on the disk that is kept for a provider's answer, so that a full disk loses none.
//!
//! A file of noise lies beside the vault. When an answer finds no room, the file is given up and the answer takes its
//! place; before the next request is sent, the room has to be there again. So a request is sent only where its
//! answer can be kept (promise 1). Noise, because some disks store nothing for zeros.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bowline_base::Random;

use crate::error::VaultError;

/// The file in the data folder.
const FILE: &str = "reserve";

/// Enough for the answers of some ten renewals that are under way at once.
const SIZE: usize = 256 * 1024;

/// The kept room, and whether it is known to be there.
#[derive(Debug)]
pub(crate) struct Reserve {
    file: PathBuf,
    kept: bool,
}

impl Reserve {
    /// The room beside this vault. Nothing is looked at yet.
    pub(crate) fn beside(vault: &Path) -> Self {
        Self { file: vault.with_file_name(FILE), kept: false }
    }

    /// Makes sure that the room is there. Fails with `DiskFull` alone: where a file cannot be made for another cause,
    /// the journal itself tells it.
    pub(crate) fn keep(&mut self, random: &dyn Random) -> Result<(), VaultError> {
        if self.kept {
            return Ok(());
        }
        match self.is_there().then_some(()).map_or_else(|| self.make(random), Ok) {
            Ok(()) => self.kept = true,
            Err(error) => {
                let error = VaultError::io(&self.file, &error);
                if matches!(error, VaultError::DiskFull { .. }) {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Gives the room up. `false` where there is none to give.
    pub(crate) fn give_up(&mut self) -> bool {
        self.kept = false;
        fs::remove_file(&self.file).is_ok()
    }

    fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.file).is_ok_and(|found| found.is_file() && found.len() == SIZE as u64)
    }

    /// Under another name until it is complete, so that its length tells that all of it is there.
    fn make(&self, random: &dyn Random) -> io::Result<()> {
        let new = self.file.with_extension("new");
        let made = fill(&new, random).and_then(|()| fs::rename(&new, &self.file));
        if made.is_err() {
            // What little of it was made would only take more room.
            let _ = fs::remove_file(&new);
        }
        made
    }
}

fn fill(file: &Path, random: &dyn Random) -> io::Result<()> {
    let _ = fs::remove_file(file);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened: File = options.open(file)?;
    let mut noise = vec![0; SIZE];
    random.fill(&mut noise);
    opened.write_all(&noise)?;
    opened.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bowline_base::random::SeededRandom;

    fn reserve() -> (tempfile::TempDir, Reserve) {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::beside(&folder.path().join("vault.db"));
        (folder, reserve)
    }

    #[test]
    fn the_room_is_there_after_it_was_asked_for_and_free_after_it_was_given_up() {
        let (folder, mut reserve) = reserve();
        let random = SeededRandom::new(1);
        assert!(!reserve.give_up(), "there is none yet");
        reserve.keep(&random).unwrap();
        let size = || fs::metadata(folder.path().join(FILE)).map(|found| found.len());
        assert_eq!(size().unwrap(), SIZE as u64);
        assert!(reserve.give_up() && size().is_err());
        reserve.keep(&random).unwrap();
        assert_eq!(size().unwrap(), SIZE as u64, "it is made anew");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-made is left");
    }

    #[test]
    fn room_that_was_cut_short_is_made_anew_and_a_folder_in_its_place_stops_nothing() {
        let (folder, mut reserve) = reserve();
        let random = SeededRandom::new(1);
        fs::write(folder.path().join(FILE), b"short").unwrap();
        reserve.keep(&random).unwrap();
        assert_eq!(fs::metadata(folder.path().join(FILE)).unwrap().len(), SIZE as u64);
        assert!(reserve.give_up());
        fs::create_dir(folder.path().join(FILE)).unwrap();
        reserve.keep(&random).unwrap();
    }
}
