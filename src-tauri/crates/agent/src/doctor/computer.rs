//! This computer: room on the disk, and who may read our files.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::{FsFlags, statvfs};

use super::finding::{Finding, word};
use super::{Findings, Patient};

/// How many files of a folder are looked at.
const MOST_FILES: usize = 256;
const MIB: u64 = 1 << 20;

/// Who may do what with a path of ours.
pub(super) struct Place {
    path: PathBuf,
    kind: Kind,
    mode: u32,
    owner: u32,
}

/// How closed a path has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A folder: 0700.
    Folder,
    /// A file of the agent's: 0600.
    File,
    /// A file that the person writes: nobody else does.
    Edited,
}

pub(super) fn look(patient: &Patient<'_>) -> Findings {
    vec![
        ("disk", disk(&patient.paths.data)),
        ("permissions", judge_places(&places(patient), nix::unistd::getuid().as_raw())),
    ]
}

fn disk(folder: &Path) -> Finding {
    match statvfs(folder) {
        Ok(about) => {
            // Some platforms count blocks in 32 bits.
            #[allow(clippy::useless_conversion)]
            let free = u64::from(about.blocks_available()).saturating_mul(about.fragment_size());
            judge_disk(folder, free, about.flags().contains(FsFlags::ST_RDONLY))
        }
        Err(error) => Finding::error(
            format!("{} cannot be looked at: {error}.", folder.display()),
            format!("See what is there with `ls -ld {}`.", word(&folder.display().to_string())),
        ),
    }
}

fn judge_disk(folder: &Path, free: u64, read_only: bool) -> Finding {
    let (shown, named) = (folder.display(), word(&folder.display().to_string()));
    let fix = format!("Make room on the disk that `df -h {named}` names.");
    match free {
        _ if read_only => Finding::error(
            format!("The disk that holds {shown} cannot be written."),
            format!("See with `findmnt -T {named}` why, and make it writable."),
        ),
        0..10_485_760 => Finding::error(
            format!("Only {} KiB are free for {shown}: new tokens cannot be saved.", free >> 10),
            fix,
        ),
        10_485_760..104_857_600 => {
            Finding::warning(format!("Only {} MiB are free for {shown}.", free / MIB), fix)
        }
        _ => Finding::ok(format!("{} MiB are free for {shown}.", free / MIB)),
    }
}

fn places(patient: &Patient<'_>) -> Vec<Place> {
    let paths = patient.paths;
    let providers = paths.providers();
    let mut found = Vec::new();
    for (folder, kind) in [
        (&paths.data, Kind::File),
        (&paths.run, Kind::File),
        (&paths.logs, Kind::File),
        (&paths.config, Kind::Edited),
        (&providers, Kind::Edited),
    ] {
        found.extend(place(folder, Kind::Folder));
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_FILES);
        found.extend(
            entries.filter_map(|entry| place(&entry.path(), kind)).filter(|p| p.kind != Kind::Folder),
        );
    }
    found.extend(place(paths.socket(), Kind::File));
    found
}

/// `None` for what is not there, and for links, whose own mode says nothing.
fn place(path: &Path, kind: Kind) -> Option<Place> {
    let about = std::fs::symlink_metadata(path).ok()?;
    let about =
        if about.is_symlink() && kind == Kind::Folder { std::fs::metadata(path).ok()? } else { about };
    let kind = if about.is_dir() { Kind::Folder } else { kind };
    (!about.is_symlink()).then(|| Place {
        path: path.to_path_buf(),
        kind,
        mode: about.mode() & 0o777,
        owner: about.uid(),
    })
}

fn judge_places(places: &[Place], me: u32) -> Finding {
    let found = places.iter().filter_map(|place| judge_place(place, me)).collect();
    match Finding::of_all(found, "") {
        well if well.fix.is_none() => {
            Finding::ok(format!("{} folders and files are yours, and closed to others.", places.len()))
        }
        worst => worst,
    }
}

fn judge_place(place: &Place, me: u32) -> Option<Finding> {
    let (shown, named) = (place.path.display(), word(&place.path.display().to_string()));
    let (forbidden, mode) = match place.kind {
        Kind::Folder => (0o077, "700"),
        Kind::File => (0o077, "600"),
        Kind::Edited => (0o022, "600"),
    };
    let others = if place.mode & 0o022 != 0 { "written" } else { "read" };
    if place.owner != me {
        Some(Finding::error(
            format!("{shown} belongs to another user."),
            format!("Run `sudo chown \"$(id -u)\" {named}`."),
        ))
    } else if place.mode & forbidden != 0 {
        let message = format!("{shown} can be {others} by others (mode {:04o}).", place.mode);
        Some(Finding::error(message, format!("Run `chmod {mode} {named}`.")))
    } else {
        None
    }
}

#[cfg(test)]
#[path = "computer_tests.rs"]
mod tests;
