//! This computer: room on the disk, who may read our files, and whether our two doors are open.

use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::statvfs::{FsFlags, statvfs};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::finding::{Finding, word};
use super::{Findings, Patient};

/// How long a door of our own may take to open.
const KNOCK: Duration = Duration::from_secs(1);
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

pub(super) async fn look(patient: &Patient<'_>) -> Findings {
    let socket = patient.paths.socket();
    let socket_answers = matches!(timeout(KNOCK, UnixStream::connect(socket)).await, Ok(Ok(_)));
    let port_answers = match patient.http_port {
        Some(port) => {
            matches!(timeout(KNOCK, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await, Ok(Ok(_)))
        }
        None => false,
    };
    let ipc = &patient.settings.ipc;
    vec![
        ("disk", disk(&patient.paths.data)),
        ("permissions", judge_places(&places(patient), nix::unistd::getuid().as_raw())),
        ("socket", judge_socket(socket, socket_answers)),
        ("http_port", judge_port(ipc.http, ipc.port, patient.http_port, port_answers)),
    ]
}

fn disk(folder: &Path) -> Finding {
    match statvfs(folder) {
        Ok(about) => {
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

fn judge_socket(path: &Path, answers: bool) -> Finding {
    if answers {
        return Finding::ok(format!("The agent listens on {}.", path.display()));
    }
    Finding::error(
        format!("Nobody answers on {}: it was removed, or another program took its place.", path.display()),
        "Run `bowline stop`; the next command starts an agent with a new socket.",
    )
}

fn judge_port(wanted: bool, port: u16, listening: Option<u16>, answers: bool) -> Finding {
    let again = "Run `bowline stop`; the next command starts an agent with the new setting.";
    match (wanted, listening) {
        (false, None) => Finding::skipped("The loopback port is turned off in the settings."),
        (false, Some(at)) => Finding::warning(
            format!("The settings turn the loopback port off, and port {at} is still open."),
            again,
        ),
        (true, None) if port == 0 => {
            Finding::error("No loopback port could be listened on.", "Run `bowline stop`, then try again.")
        }
        (true, None) => Finding::error(
            format!("Port {port} is not listened on: another program has it, or the setting is new."),
            format!(
                "End the program that `ss -ltnp 'sport = :{port}'` names, or put another [ipc] port in settings.toml; then run `bowline stop`."
            ),
        ),
        (true, Some(at)) if port != 0 && port != at => Finding::warning(
            format!("The settings say port {port}, and port {at} is still listened on."),
            again,
        ),
        (true, Some(at)) if !answers => Finding::error(format!("Nobody answers on 127.0.0.1:{at}."), again),
        (true, Some(at)) => Finding::ok(format!("The agent listens on 127.0.0.1:{at}.")),
    }
}

/// True when it is this process that listens on a port; where that cannot be told, it is not.
pub(super) fn is_ours(port: u16) -> bool {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
        .map(|file| std::fs::read_to_string(file).unwrap_or_default());
    let listening: Vec<&str> = tables.iter().flat_map(|table| listeners(table, port)).collect();
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let mut links = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.any(|link| {
        let link = link.to_string_lossy();
        link.strip_prefix("socket:[")
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inode| listening.contains(&inode))
    })
}

/// The inodes of the sockets that listen on a port, from the kernel's table.
fn listeners(table: &str, port: u16) -> impl Iterator<Item = &str> {
    let end = format!(":{port:04X}");
    table.lines().skip(1).take(65_536).filter_map(move |line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let listens =
            columns.get(3) == Some(&"0A") && columns.get(1).is_some_and(|local| local.ends_with(&end));
        columns.get(9).copied().filter(|_| listens)
    })
}

#[cfg(test)]
#[path = "computer_tests.rs"]
mod tests;
