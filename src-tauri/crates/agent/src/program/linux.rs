//! The same on Linux, from `/proc`: executable, file, terminal and parent of one process, looked at while it is pinned.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use bowline_engine::caller::{AskingProgram, Origin, ProgramFile};

use super::OwnPrograms;

/// Ancestors that are looked at: a shell in a shell, and never a circle.
const MOST_ANCESTORS: usize = 16;

/// What was seen of one process, all of it while it lived.
struct Seen {
    path: String,
    file: ProgramFile,
    parent: i32,
    has_terminal: bool,
}

pub(super) fn path_of(pid: i32) -> Option<Arc<str>> {
    let folder = format!("/proc/{pid}");
    // An open descriptor on the process's folder goes stale with the process, whoever gets its id next.
    let pinned = File::open(&folder).ok()?;
    let path = fs::read_link(format!("{folder}/exe")).ok()?;
    is_same(&pinned, &folder).then(|| Arc::from(path.to_string_lossy().as_ref()))
}

/// The process's start, in ticks since the system's (proc_pid_stat(5), field 22). One that has ended and was not waited
/// for yet is not there any more.
pub(super) fn born(pid: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    // The state is field 3, so that 18 more lie between it and the start.
    (state != "Z" && state != "X").then(|| fields.nth(18)).flatten()?.parse().ok()
}

pub(super) fn file_of(path: impl AsRef<Path>) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|about| (about.dev(), about.ino()))
}

pub(super) fn origin(own: &OwnPrograms, pid: i32, path: Option<&str>) -> Origin {
    let Some(seen) = look(pid).filter(|seen| path.is_none_or(|path| path == seen.path)) else {
        return Origin::Unknown;
    };
    if own.is_window(&seen) || own.is_bowline(&seen) && seen.has_terminal {
        return Origin::Person;
    }
    asking(own, pid, seen).map_or(Origin::Unknown, |program| Origin::Program(Arc::new(program)))
}

/// The program that is to be asked about: the first in the line of parents that is not our own `bowline`.
fn asking(own: &OwnPrograms, mut pid: i32, mut seen: Seen) -> Option<AskingProgram> {
    for _ in 0..MOST_ANCESTORS {
        let parent = parent_of(pid, &seen);
        if !own.is_bowline(&seen) {
            return Some(AskingProgram { file: seen.file, parent: parent.map(|(_, seen)| seen.path) });
        }
        (pid, seen) = parent?;
    }
    None
}

/// The parent, if it still is that after we looked.
fn parent_of(pid: i32, child: &Seen) -> Option<(i32, Seen)> {
    let seen = (child.parent > 0).then(|| look(child.parent)).flatten()?;
    let (still, _) = stat(pid)?;
    (still == child.parent).then_some((child.parent, seen))
}

fn look(pid: i32) -> Option<Seen> {
    let folder = format!("/proc/{pid}");
    let pinned = File::open(&folder).ok()?;
    let exe = format!("{folder}/exe");
    let path = fs::read_link(&exe).ok()?.to_str()?.to_owned();
    // The file that runs, also where another one has its name by now.
    let about = fs::metadata(&exe).ok()?;
    let (parent, has_terminal) = stat(pid)?;
    let file = program_file(&path, &about);
    is_same(&pinned, &folder).then_some(Seen { path, file, parent, has_terminal })
}

fn program_file(path: &str, about: &Metadata) -> ProgramFile {
    let nanoseconds = |seconds: i64, rest: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(rest);
    ProgramFile {
        path: path.to_owned(),
        device: about.dev(),
        inode: about.ino(),
        size: about.size(),
        modified: nanoseconds(about.mtime(), about.mtime_nsec()),
        changed: nanoseconds(about.ctime(), about.ctime_nsec()),
    }
}

/// Parent, and whether there is a controlling terminal (proc_pid_stat(5), fields 4 and 7). The name in front may hold
/// anything, so the fields are counted from the last parenthesis.
fn stat(pid: i32) -> Option<(i32, bool)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let terminal: i64 = fields.nth(2)?.parse().ok()?;
    Some((parent, terminal != 0))
}

fn is_same(pinned: &File, folder: &str) -> bool {
    let ino = |about: std::io::Result<Metadata>| about.map(|about| about.ino()).ok();
    let before = ino(pinned.metadata());
    before.is_some() && before == ino(fs::metadata(folder))
}

impl OwnPrograms {
    /// Our own file, also when an update has put another one in its place since.
    fn is_bowline(&self, seen: &Seen) -> bool {
        lies_at(seen, &self.bowline) || self.file == Some((seen.file.device, seen.file.inode))
    }

    fn is_window(&self, seen: &Seen) -> bool {
        lies_at(seen, &self.window)
    }
}

/// True where the file that runs is the one that has this name for us: in a namespace of its own a process can give our
/// program's name to another file.
fn lies_at(seen: &Seen, path: &Path) -> bool {
    Path::new(&seen.path) == path && file_of(path) == Some((seen.file.device, seen.file.inode))
}
