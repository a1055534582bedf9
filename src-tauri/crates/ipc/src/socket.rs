//! The door for programs of this user: a Unix socket that only they can open, with the peer's uid from the kernel.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bowline_engine::Engine;
use bowline_engine::caller::SameUser;
use tokio::net::{UnixListener, UnixStream};

use crate::Host;
use crate::caller::{Peer, Via};
use crate::server::Server;

/// A bound socket; its file goes when this does.
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds the socket with mode 0600 in a folder that is 0700 already. A stale file is replaced: whoever calls
    /// this holds the profile's lock, so nobody is listening there.
    ///
    /// # Errors
    /// The operating system's, and `AlreadyExists` when something else than a socket has that name.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match std::fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => take_away_stale(path)?,
            // Whatever it is, it is not ours to take away.
            Ok(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "something else than a socket is there",
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_path_buf() })
    }

    /// Accepts connections until the server is told to stop.
    pub async fn serve(self, server: Server, engine: Arc<Engine>, host: Arc<dyn Host>) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = server.stopped() => return,
            };
            match accepted {
                Ok((stream, _)) => {
                    let peer = peer(&stream, &*host);
                    if engine.confirms() {
                        // Now, while the one who opened the connection is still there.
                        peer.origin(&*host);
                    }
                    server.spawn(stream, peer);
                }
                Err(error) => crate::http::pause_after(&error).await,
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes a socket that nobody listens on any more. `BOWLINE_SOCK` may name a socket of another program.
fn take_away_stale(path: &Path) -> io::Result<()> {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another program listens there")),
        Err(_) => std::fs::remove_file(path),
    }
}

fn peer(stream: &UnixStream, host: &dyn Host) -> Peer {
    let Ok(credentials) = stream.peer_cred() else { return Peer::over(Via::ForeignSocket) };
    let via = SameUser::check(credentials.uid(), host.uid()).map_or(Via::ForeignSocket, Via::Socket);
    let pid = credentials.pid();
    Peer { program: pid.and_then(|pid| host.program(pid)), pid, ..Peer::over(via) }
}

#[cfg(test)]
mod tests;
