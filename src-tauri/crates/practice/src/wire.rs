//! The listening socket and the connections: the only file that touches the network.
//!
//! A fault that strikes the connection itself takes it over through a [`Cut`]: the bytes it names are written,
//! then the connection is closed or reset, whatever the request wanted. The socket listens on 127.0.0.1 only.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use bowline_base::{Clock, Random};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use crate::book::Book;
use crate::error::PracticeError;
use crate::faults::FaultRule;
use crate::gate;
use crate::keys::Keys;
use crate::provider::Provider;

/// More connections than a computer practises with; further ones wait in the backlog.
const MAX_CONNECTIONS: usize = 256;
/// How long a client may take to send its request's head, or to take an ending's bytes.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest request head.
const MAX_HEAD: usize = 64 * 1024;
/// What a TLS record with a handshake begins with (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// A fatal alert, `handshake_failure` (RFC 8446 §6).
const TLS_ALERT: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28];

/// How the practice provider is to behave from the start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port to listen on; 0 is any free one.
    pub port: u16,
    /// How long an access token lives.
    pub access_ttl: Duration,
    /// How long a person's consent lasts, if it ends at all.
    pub grant_ttl: Option<Duration>,
    /// Whether each renewal gives a new refresh token in place of the old one.
    pub rotate: bool,
    /// How long a refresh token still works after another one took its place; zero is not at all.
    pub rotate_grace: Duration,
    /// The failures to play.
    pub faults: Vec<FaultRule>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            access_ttl: Duration::from_secs(60),
            grant_ttl: None,
            rotate: false,
            rotate_grace: Duration::ZERO,
            faults: Vec::new(),
        }
    }
}

/// A practice provider that answers. Dropping it closes its port and every connection.
#[derive(Debug)]
pub struct Running {
    issuer: String,
    accepting: JoinHandle<()>,
}

impl Running {
    /// The issuer's address, `http://127.0.0.1:PORT`, as it stands in every token.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Ends it, and returns once its port is free.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // The task was told to end, so its only outcome is that it was cancelled.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Starts a practice provider. It answers by the time this returns.
///
/// # Errors
/// [`PracticeError::PortInUse`]: choose another port. The others cannot be mended by the caller.
pub async fn serve(
    options: Options,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Running, PracticeError> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(|e| match e.kind() {
            io::ErrorKind::AddrInUse => PracticeError::PortInUse(options.port),
            _ => PracticeError::Listen(e),
        })?;
    let port = listener.local_addr().map_err(PracticeError::Listen)?.port();
    let issuer = format!("http://127.0.0.1:{port}");
    let provider = Arc::new(Provider {
        issuer: issuer.clone(),
        port,
        clock,
        random,
        keys: Keys::built_in()?,
        release: Notify::new(),
        book: Mutex::new(Book::new(options)),
    });
    let accepting = tokio::spawn(accept(listener, gate::router(provider)));
    Ok(Running { issuer, accepting })
}

/// Takes connections until the task is aborted; the set aborts them all with it.
async fn accept(listener: TcpListener, router: Router) {
    let mut open = JoinSet::new();
    loop {
        while open.len() >= MAX_CONNECTIONS {
            open.join_next().await;
        }
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, _)) => { open.spawn(attend(stream, router.clone())); }
                // Out of file handles, mostly: letting others run is all that helps.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = open.join_next() => {}
        }
    }
}

/// How a connection is to end at once.
#[derive(Debug)]
pub(crate) enum Ending {
    /// These bytes, then an orderly end.
    Close(Vec<u8>),
    /// A TCP reset.
    Reset,
}

/// A handle by which a request takes over its own connection. It is among the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Cut(mpsc::Sender<Ending>);

impl Cut {
    /// Ends the connection so. Never returns: the request is dropped with its connection.
    pub(crate) async fn end(self, ending: Ending) -> Infallible {
        // A full or closed channel means that the connection is ending already.
        let _ = self.0.try_send(ending);
        std::future::pending().await
    }
}

async fn attend(stream: TcpStream, router: Router) {
    // Answers are written whole, so waiting to fill a packet would only cost time.
    let _ = stream.set_nodelay(true);
    let mut first = [0u8];
    match tokio::time::timeout(PATIENCE, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first[0] == TLS_HANDSHAKE => end(stream, Ending::Close(TLS_ALERT.to_vec())).await,
        Ok(Ok(1)) => talk(stream, router).await,
        _ => {}
    }
}

/// Speaks HTTP until the client leaves or a request takes the connection over.
async fn talk(stream: TcpStream, router: Router) {
    let (cut, mut cuts) = mpsc::channel(1);
    let service = service_fn(move |request| answer(request, cut.clone(), router.clone()));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let ending = tokio::select! {
        _ = &mut connection => return,
        Some(ending) = cuts.recv() => ending,
    };
    end(connection.into_parts().io.into_inner(), ending).await;
}

async fn answer(
    mut request: Request<Incoming>,
    cut: mpsc::Sender<Ending>,
    router: Router,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(Cut(cut));
    TowerToHyperService::new(router).call(request).await
}

async fn end(mut stream: TcpStream, ending: Ending) {
    match ending {
        Ending::Reset => {
            let _ = stream.set_zero_linger();
        }
        Ending::Close(bytes) => {
            // The client may be gone before it has them, which ends the connection all the same.
            let _ = tokio::time::timeout(PATIENCE, stream.write_all(&bytes)).await;
            let _ = stream.shutdown().await;
            drain(stream).await;
        }
    }
}

/// Reads what the client still sends: bytes left unread would turn the orderly end into a reset.
async fn drain(mut stream: TcpStream) {
    use tokio::io::AsyncReadExt;
    let mut sink = [0u8; 4096];
    let all = async { while matches!(stream.read(&mut sink).await, Ok(n) if n > 0) {} };
    let _ = tokio::time::timeout(Duration::from_secs(1), all).await;
}
