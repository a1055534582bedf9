//! The socket's file: private, put in the place of a stale one, and gone with its owner.

use std::os::unix::fs::FileTypeExt;

use super::*;

fn place(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("bowline-socket-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join("agent.sock")
}

#[tokio::test]
async fn f22_a_stale_file_is_replaced_and_ours_is_private_and_goes_with_us() {
    let path = place("stale");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "left over");
    let socket = Socket::bind(&path).unwrap();
    let found = std::fs::metadata(&path).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    drop(socket);
    assert!(!path.exists());
    std::fs::remove_dir(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_folder_in_the_sockets_place_is_an_error_and_stays() {
    let path = place("folder");
    std::fs::create_dir_all(&path).unwrap();
    assert!(Socket::bind(&path).is_err());
    assert!(path.is_dir());
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn what_is_not_a_stale_socket_is_never_taken_away() {
    let path = place("foreign");
    std::fs::write(&path, "somebody's").unwrap();
    assert_eq!(Socket::bind(&path).err().map(|e| e.kind()), Some(std::io::ErrorKind::AlreadyExists));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's");
    std::fs::remove_file(&path).unwrap();
    let theirs = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert_eq!(Socket::bind(&path).err().map(|e| e.kind()), Some(std::io::ErrorKind::AddrInUse));
    assert!(path.exists());
    drop(theirs);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}
