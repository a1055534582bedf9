//! Why the practice provider cannot start. Once it runs it has no failure but those it plays.

/// Why the practice provider cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// Something else listens on the port: choose another, or 0 for any free one.
    #[error("port {0} is in use")]
    PortInUse(u16),
    /// The operating system gives no listening socket.
    #[error("cannot listen on the loopback address")]
    Listen(#[source] std::io::Error),
    /// The built-in signing keys cannot be read: this build is broken.
    #[error("the practice signing keys cannot be read")]
    Keys(#[source] jsonwebtoken::errors::Error),
}
