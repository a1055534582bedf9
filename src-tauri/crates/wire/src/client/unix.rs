//! The connector that ureq is given: a stream socket by path, whatever the address says.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, ShutdownHandle, Transport,
};
use ureq::{Agent, Error};

/// What is sent or read at once; longer bodies come in several pieces. It is filled with zeros before its first use, and
/// with the usual 128 KiB that took half of all the time of `bowline token`.
const BUFFER: usize = 16 * 1024;

/// An HTTP client whose every connection goes to this socket.
pub(super) fn agent(socket: &Path) -> Agent {
    let config = Config::builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .user_agent(concat!("bowline/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::with_parts(config, ToSocket(socket.into()), Nowhere)
}

/// True when somebody listens there.
pub(super) fn is_there(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

#[derive(Debug)]
struct ToSocket(PathBuf);

impl Connector for ToSocket {
    type Out = SocketTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<SocketTransport>, Error> {
        let stream = Arc::new(UnixStream::connect(&self.0).map_err(Error::Io)?);
        let handle: Arc<dyn ShutdownHandle> = Arc::new(Handle(Arc::downgrade(&stream)));
        (details.register_shutdown)(Arc::downgrade(&handle))?;
        let buffers =
            LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(SocketTransport { stream, buffers, _handle: handle }))
    }
}

/// Lets the HTTP client interrupt a connection from another thread, without keeping it open.
struct Handle(Weak<UnixStream>);

impl ShutdownHandle for Handle {
    fn shutdown(&self) {
        if let Some(stream) = self.0.upgrade() {
            // An error means that it is closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Names are not looked up: the socket is a path.
#[derive(Debug)]
struct Nowhere;

impl Resolver for Nowhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        Ok(addresses)
    }
}

struct SocketTransport {
    stream: Arc<UnixStream>,
    buffers: LazyBuffers,
    _handle: Arc<dyn ShutdownHandle>,
}

impl std::fmt::Debug for SocketTransport {
    /// Not the buffers: a token passes through them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SocketTransport")
    }
}

impl Transport for SocketTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = timeout.for_write();
        self.stream.set_write_timeout(timeout.not_zero().map(|t| *t))?;
        let output = &self.buffers.output()[..amount];
        (&*self.stream).write_all(output).map_err(|e| in_time(e, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let limit = timeout.not_zero().map(|t| *t);
        let amount =
            read_on(&self.stream, self.buffers.input_append_buf(), limit).map_err(|e| in_time(e, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        is_quiet(&self.stream).unwrap_or(false)
    }
}

/// Reads once, going on after a signal with the time that is left.
fn read_on(mut stream: &UnixStream, buffer: &mut [u8], limit: Option<Duration>) -> io::Result<usize> {
    let deadline = limit.map(|l| Instant::now() + l);
    loop {
        let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
        if left.is_some_and(|l| l.is_zero()) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(left)?;
        match stream.read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn in_time(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

/// A kept connection is good when nothing waits in it: neither an end nor bytes nobody asked for.
fn is_quiet(mut stream: &UnixStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let quiet = matches!(stream.read(&mut [0]), Err(e) if e.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false)?;
    Ok(quiet)
}
