//! The door for programs that cannot open a Unix socket: loopback, where the kernel does not say who is there, so
//! that a key is always needed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::caller::{Peer, Via};
use crate::server::Server;

/// A bound loopback listener.
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Binds `127.0.0.1` on this port; 0 takes any free one.
    ///
    /// # Errors
    /// The operating system's; the port may be in use.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Accepts connections until the server is told to stop.
    pub async fn serve(self, server: Server) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = server.stopped() => return,
            };
            match accepted {
                Ok((stream, _)) => server.spawn(stream, Peer::over(Via::Loopback(self.port))),
                Err(error) => pause_after(&error).await,
            }
        }
    }
}

/// Accepting fails for want of file descriptors: a moment later some may be free. Without the pause the loop
/// would spin.
pub(crate) async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}
