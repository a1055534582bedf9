//! The real transport: reqwest with rustls, the system's certificate store and the system's proxy.
//!
//! Nothing is built before the first request. reqwest knows a connect time-out only per client, so there is one
//! client for each of the few connect time-outs in the settings. For each there are two more that know no proxy, because
//! requests to this computer itself never leave it; the one of them that never speaks TLS reads no certificates.

use std::error::Error as _;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use url::Url;

use super::{Fault, FaultKind, Limits, Sent, Transport};
use crate::provider::address;

/// The settings have three connect time-outs, and there are three ways.
const MAX_CLIENTS: usize = 9;
/// Token endpoints are asked once an hour: a connection kept longer is usually dead when it is needed, and a
/// dead one makes a request ambiguous.
const IDLE: Duration = Duration::from_secs(20);
const USER_AGENT: &str = concat!("Bowline/", env!("CARGO_PKG_VERSION"));

/// Sends requests over the network. Redirects are off, no cookie is kept, and plain `http` goes to this computer
/// only.
#[derive(Debug, Default)]
pub struct HttpTransport {
    clients: Mutex<Vec<(Key, reqwest::Client)>>,
}

/// What a client is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    connect: Duration,
    way: Way,
}

/// How a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// To another computer.
    Out,
    /// To this computer, over TLS.
    Here,
    /// To this computer, in plain words.
    HerePlainly,
}

impl HttpTransport {
    /// A transport that has built nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    #[cfg(test)]
    pub(super) fn built(&self) -> usize {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn client(&self, key: Key) -> Result<reqwest::Client, reqwest::Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(known, _)| *known == key) {
            return Ok(client.clone());
        }
        let client = build(key)?;
        if clients.len() == MAX_CLIENTS {
            clients.remove(0);
        }
        clients.push((key, client.clone()));
        Ok(client)
    }
}

fn build(key: Key) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(key.connect)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(1);
    match key.way {
        Way::Out => builder,
        Way::Here => builder.no_proxy(),
        Way::HerePlainly => builder.no_proxy().tls_certs_only([]),
    }
    .build()
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Result<Response<Vec<u8>>, Fault> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let unsent = |kind| Fault { kind, host: host.clone(), sent: Sent::Nothing };
        let url = Url::parse(&request.uri().to_string()).map_err(|_| unsent(FaultKind::Other))?;
        if !address::is_usable(&url) {
            return Err(unsent(FaultKind::Other));
        }
        let secure = url.scheme() == "https";
        let way = match (address::is_loopback(&url), secure) {
            (true, false) => Way::HerePlainly,
            (true, true) => Way::Here,
            (false, _) => Way::Out,
        };
        let key = Key { connect: limits.connect, way };
        let client = self.client(key).map_err(|_| unsent(FaultKind::Other))?;
        let mut request = reqwest::Request::try_from(request).map_err(|_| unsent(FaultKind::Other))?;
        *request.timeout_mut() = Some(limits.total);
        let response = client.execute(request).await.map_err(|error| fault(&error, &host, secure))?;
        read(response, limits.max_body, &host, secure).await
    }
}

/// Takes the answer piece by piece and stops at the first byte too many.
async fn read(
    mut response: reqwest::Response,
    max_body: usize,
    host: &str,
    secure: bool,
) -> Result<Response<Vec<u8>>, Fault> {
    let too_large = || Fault { kind: FaultKind::TooLarge, host: host.to_owned(), sent: Sent::Maybe };
    if response.content_length().is_some_and(|length| length > max_body as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| late(fault(&error, host, secure)))? {
        if body.len() + chunk.len() > max_body {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(answer)
}

/// Whatever the error says: an answer had begun, so the request had arrived.
fn late(fault: Fault) -> Fault {
    Fault { sent: Sent::Maybe, ..fault }
}

fn fault(error: &reqwest::Error, host: &str, secure: bool) -> Fault {
    let unsent = error.is_connect() || error.is_builder();
    let sent = if unsent { Sent::Nothing } else { Sent::Maybe };
    Fault { kind: kind(error, secure), host: host.to_owned(), sent }
}

fn kind(error: &reqwest::Error, secure: bool) -> FaultKind {
    if error.is_timeout() {
        return FaultKind::TimedOut;
    }
    if error.is_dns() {
        return FaultKind::Unresolved;
    }
    match cause(error) {
        Some(io::ErrorKind::InvalidData) if secure && !error.is_decode() => FaultKind::Tls,
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof,
        ) => FaultKind::Reset,
        _ if error.is_connect() => FaultKind::Refused,
        _ if is_cut_off(error) => FaultKind::Reset,
        _ => FaultKind::Other,
    }
}

/// The innermost I/O error's kind; rustls reports everything it refuses as `InvalidData`.
fn cause(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut found = None;
    let mut source = error.source();
    while let Some(error) = source {
        found = error.downcast_ref::<io::Error>().map(innermost).or(found);
        source = error.source();
    }
    found
}

/// An I/O error wrapped in another is not its `source`: it hides one step to the side.
fn innermost(error: &io::Error) -> io::ErrorKind {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()) {
        Some(inner) => innermost(inner),
        None => error.kind(),
    }
}

/// The connection ended where an answer, or the rest of one, was due.
fn is_cut_off(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return error.is_incomplete_message() || error.is_closed() || error.is_canceled();
        }
        source = error.source();
    }
    false
}
