//! Reading a file that a person may edit: a regular one, and never more of it than it may hold.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// The text of a regular file of at most `limit` bytes.
///
/// What stands there is looked at before it is opened, because opening a pipe would wait for its other end; and its
/// length is not believed, because a device or a file of the kernel has none and no end either.
///
/// A computer that lacks something for a moment, such as room for one more open file, is asked again at once: what a
/// person wrote must not seem to be gone for that.
///
/// # Errors
/// The operating system's; `Other` for what is not a file, `FileTooLarge` for more than the limit, `InvalidData` for
/// what is no text.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let mut read = read_once(path, limit);
    for _ in 0..2 {
        if !read.as_ref().is_err_and(|error| may_pass(error.kind())) {
            break;
        }
        read = read_once(path, limit);
    }
    read
}

const fn may_pass(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    !matches!(
        kind,
        Kind::NotFound
            | Kind::PermissionDenied
            | Kind::NotADirectory
            | Kind::Other
            | Kind::FileTooLarge
            | Kind::InvalidData
    )
}

fn read_once(path: &Path, limit: u64) -> io::Result<String> {
    fs::metadata(path).and_then(must_be_regular)?;
    let opened = File::open(path)?;
    opened.metadata().and_then(must_be_regular)?;
    let mut bytes = Vec::new();
    opened.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let kind = io::ErrorKind::FileTooLarge;
        return Err(io::Error::new(kind, format!("it is larger than {} KiB", limit / 1024)));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text"))
}

fn must_be_regular(found: Metadata) -> io::Result<()> {
    if found.is_file() { Ok(()) } else { Err(io::Error::other("it is not a file")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_or_has_no_end_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &Path| read_text(path, 1024).unwrap_err();
        assert_eq!(refused(folder.path()).to_string(), "it is not a file");
        assert_eq!(refused(&folder.path().join("gone")).kind(), io::ErrorKind::NotFound);
        #[cfg(unix)]
        {
            let endless = folder.path().join("endless");
            std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
            assert_eq!(refused(&endless).to_string(), "it is not a file");
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "a".repeat(1024)).unwrap();
        assert_eq!(read_text(&path, 1024).unwrap().len(), 1024);
        fs::write(&path, "a".repeat(1025)).unwrap();
        assert_eq!(read_text(&path, 1024).unwrap_err().to_string(), "it is larger than 1 KiB");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(read_text(&path, 1024).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
