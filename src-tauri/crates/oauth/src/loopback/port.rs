//! Which address is listened on: loopback literals only, whatever a provider file says.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::net::TcpListener;
use url::Url;

use super::LoopbackError;
use crate::provider::Redirect;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// How often a free port is looked for that is free on both families.
const TRIES: usize = 8;

/// Opens what the redirect names, and says under which address.
pub(super) async fn open(redirect: &Redirect) -> Result<(Vec<TcpListener>, Url), LoopbackError> {
    let (listeners, host) = match redirect.host.as_str() {
        "127.0.0.1" => first_of(redirect.port, &[(V4, "127.0.0.1"), (V6, "[::1]")]).await?,
        "[::1]" => first_of(redirect.port, &[(V6, "[::1]")]).await?,
        "localhost" => (both(redirect.port).await?, "localhost"),
        _ => return Err(Error::new(ErrorKind::InvalidInput, "the redirect is not on this computer").into()),
    };
    let port = listeners.first().map(|l| l.local_addr()).transpose()?.map_or(0, |a| a.port());
    let address = format!("http://{host}:{port}{}", redirect.path);
    let url = Url::parse(&address)
        .map_err(|_| Error::new(ErrorKind::InvalidInput, "the redirect is no address"))?;
    Ok((listeners, url))
}

/// The first address that this computer has.
async fn first_of<'h>(
    port: Option<u16>,
    choices: &[(IpAddr, &'h str)],
) -> Result<(Vec<TcpListener>, &'h str), LoopbackError> {
    let mut last = Error::from(ErrorKind::AddrNotAvailable);
    for (address, host) in choices {
        match bind(*address, port).await {
            Ok(listener) => return Ok((vec![listener], host)),
            Err(e) if is_missing(&e) => last = e,
            Err(e) => return Err(sort(e, port)),
        }
    }
    Err(sort(last, port))
}

/// One port on every family that this computer has. If another program had the port on one of them, the browser
/// might bring the answer there.
async fn both(port: Option<u16>) -> Result<Vec<TcpListener>, LoopbackError> {
    let mut last = Error::from(ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let first = match bind(V4, port).await {
            Ok(listener) => listener,
            Err(e) if is_missing(&e) => return first_of(port, &[(V6, "")]).await.map(|(l, _)| l),
            Err(e) => return Err(sort(e, port)),
        };
        match bind(V6, Some(first.local_addr()?.port())).await {
            Ok(second) => return Ok(vec![first, second]),
            Err(e) if is_missing(&e) => return Ok(vec![first]),
            Err(e) if port.is_none() && e.kind() == ErrorKind::AddrInUse => last = e,
            Err(e) => return Err(sort(e, port)),
        }
    }
    Err(sort(last, port))
}

async fn bind(address: IpAddr, port: Option<u16>) -> std::io::Result<TcpListener> {
    TcpListener::bind((address, port.unwrap_or(0))).await
}

/// The computer does not have this kind of address.
fn is_missing(error: &Error) -> bool {
    // EAFNOSUPPORT has no kind of its own on every platform: 97 on Linux, 47 on macOS, 10047 on Windows.
    matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported)
        || matches!(error.raw_os_error(), Some(97 | 47 | 10047))
}

fn sort(error: Error, port: Option<u16>) -> LoopbackError {
    match (error.kind(), port) {
        (ErrorKind::AddrInUse, Some(port)) => LoopbackError::PortInUse(port),
        _ => LoopbackError::Io(error),
    }
}
