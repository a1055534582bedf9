//! The kernel's word about addresses and routes, and how a message of it is read. Not a byte of a message is used but
//! its length and its kind.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use bowline_engine::Engine;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket};
use tokio::net::UnixDatagram;

/// Addresses and routes of both families: RTMGRP_IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR and _IPV6_ROUTE.
const GROUPS: u32 = 0x10 | 0x40 | 0x100 | 0x400;
/// `RTM_NEWADDR` and `RTM_NEWROUTE`.
const COMES: [u16; 2] = [20, 24];
/// The kernel's messages are smaller; one that is cut off still begins with its type.
const LARGEST: usize = 8 * 1024;
/// A network comes in many steps: address, routes, the other family.
const SETTLES: Duration = Duration::from_millis(700);

/// Tells the engine of every change, once for many at a time, for as long as the agent lives.
pub(crate) async fn follow(engine: Arc<Engine>) {
    let mut news = match News::open() {
        Ok(news) => news,
        Err(error) => return tracing::warn!(%error, "the network's return will not be noticed"),
    };
    loop {
        if let Err(error) = news.next().await {
            return tracing::warn!(%error, "the network's return will not be noticed any more");
        }
        engine.network_returned();
    }
}

/// The kernel's word about addresses and routes.
struct News {
    /// A socket that messages come from: of which family it is, only its making has to know.
    socket: UnixDatagram,
    buffer: Vec<u8>,
}

impl News {
    fn open() -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)?;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, GROUPS))?;
        let socket = UnixDatagram::from_std(std::os::unix::net::UnixDatagram::from(fd))?;
        Ok(Self { socket, buffer: vec![0; LARGEST] })
    }

    /// Waits until something has come, and for what comes with it.
    async fn next(&mut self) -> io::Result<()> {
        while !self.heard().await? {}
        tokio::time::sleep(SETTLES).await;
        self.drain()
    }

    /// One message; true where something comes.
    async fn heard(&mut self) -> io::Result<bool> {
        let read = self.socket.recv(&mut self.buffer).await;
        Ok(told(read)?.is_none_or(|length| comes(&self.buffer[..length])))
    }

    /// What has been told until now is told.
    fn drain(&mut self) -> io::Result<()> {
        loop {
            match told(self.socket.try_recv(&mut self.buffer)) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// The length of one message; `None` where the kernel had more to tell than it could keep, so that something came.
fn told(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Ok(length) => Ok(Some(length)),
        Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => Ok(None),
        Err(error) => Err(error),
    }
}

/// True where one of the messages, each behind a head of 16 bytes, tells of an address or a route that comes.
fn comes(mut messages: &[u8]) -> bool {
    while let (Some(length), Some(kind)) = (messages.first_chunk::<4>(), messages.get(4..6)) {
        if COMES.contains(&u16::from_ne_bytes([kind[0], kind[1]])) {
            return true;
        }
        let length = u32::from_ne_bytes(*length) as usize;
        // Each begins at a multiple of four; a length below its own head's would lead nowhere.
        let next = length.max(16).checked_next_multiple_of(4).unwrap_or(usize::MAX);
        messages = messages.get(next..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests;
