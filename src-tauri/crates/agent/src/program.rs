//! Which program is at the other end of the socket: the path of its executable, pinned while we look, so that a
//! reused process id cannot lend another program's name.

use std::sync::Arc;

/// The path of a process's executable; `None` when it has ended, or is not ours to look at.
#[cfg(target_os = "linux")]
pub fn path_of(pid: i32) -> Option<Arc<str>> {
    let folder = format!("/proc/{pid}");
    // An open descriptor on the process's folder goes stale with the process, whoever gets its id next.
    let pinned = std::fs::File::open(&folder).ok()?;
    let path = std::fs::read_link(format!("{folder}/exe")).ok()?;
    let alive = std::os::unix::fs::MetadataExt::ino(&pinned.metadata().ok()?)
        == std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&folder).ok()?);
    alive.then(|| Arc::from(path.to_string_lossy().as_ref()))
}

/// Elsewhere the path is not known.
#[cfg(not(target_os = "linux"))]
pub fn path_of(_pid: i32) -> Option<Arc<str>> {
    None
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_program_is_known_by_its_path() {
        let own = std::env::current_exe().unwrap();
        let told = path_of(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert_eq!(&*told, own.to_string_lossy());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_is_gone_has_no_path() {
        assert!(path_of(i32::MAX).is_none());
    }
}
