//! Connections: how many, how long, and how much of a head is read before anything looks at it.
//!
//! The head is read here and not by the HTTP library, because only so its time and size have one bound each,
//! and a query that is far too long gets a page in place of a dead connection.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Bounds;
use super::answer::{Desk, Reply};

/// The longest head that is read, request line included, in bytes.
pub(super) const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
/// What of an unwanted body is read before hanging up, so that the visitor still sees the answer.
const MAX_DISCARDED: u64 = 256 * 1024;
/// How long accepting rests when the system has no more file descriptors.
const REST: Duration = Duration::from_millis(50);

/// Accepts until it is aborted; all its connections end with it.
///
/// Whoever opens connections and says nothing keeps nobody out: they make room for those who come after them.
pub(super) async fn listen(listener: TcpListener, desk: Arc<Desk>) {
    let places = Arc::new(Semaphore::new(desk.bounds().connections));
    let mut visits = JoinSet::new();
    let mut silent = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                silent.retain(|leave: &oneshot::Sender<()>| !leave.is_closed());
                if silent.len() >= desk.bounds().silent {
                    silent.pop_front();
                }
                let (stay, leave) = oneshot::channel();
                silent.push_back(stay);
                visits.spawn(attend(stream, desk.clone(), places.clone(), leave));
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
        while visits.try_join_next().is_some() {}
        // Whoever is one too many waits in the system's queue, at no cost.
        while visits.len() >= desk.bounds().visits() {
            visits.join_next().await;
        }
    }
}

/// Reads the head until `leave` says that somebody else needs the place.
async fn attend(
    mut stream: TcpStream,
    desk: Arc<Desk>,
    places: Arc<Semaphore>,
    mut leave: oneshot::Receiver<()>,
) {
    let bounds = desk.bounds();
    let read = async {
        tokio::select! {
            biased;
            head = timeout(bounds.head, read(&mut stream)) => head.ok(),
            _ = &mut leave => None,
        }
    };
    let Some(head) = read.await else { return };
    leave.close();
    let Ok(_place) = places.acquire().await else { return };
    let (head, speaker) = match head {
        Head::Whole(bytes) => (bytes, Speaker::Desk(desk.clone())),
        Head::LineTooLong => (CANNED.to_vec(), Speaker::Fixed(Reply::unreadable())),
        Head::TooLong => (CANNED.to_vec(), Speaker::Fixed(Reply::too_large())),
        Head::Gone => return,
    };
    let _ = timeout(bounds.door + bounds.farewell, converse(stream, head, &speaker, bounds)).await;
}

/// Stands in for a head that is too long to be looked at, so that one code writes all answers.
const CANNED: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Who answers.
enum Speaker {
    Desk(Arc<Desk>),
    /// The head was too long to be looked at.
    Fixed(Reply),
}

/// One request, one answer.
async fn converse(stream: TcpStream, head: Vec<u8>, speaker: &Speaker, bounds: Bounds) {
    let (reader, writer) = stream.into_split();
    let io = TokioIo::new(tokio::io::join(Cursor::new(head).chain(reader), writer));
    let service = service_fn(|request: Request<Incoming>| async move {
        let reply = match speaker {
            Speaker::Desk(desk) => desk.answer(&request).await,
            Speaker::Fixed(reply) => reply.clone(),
        };
        Ok::<_, Infallible>(reply.into_http())
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .keep_alive(false)
        .half_close(true)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD * 4)
        .serve_connection(io, service)
        .without_shutdown();
    if let Ok(parts) = connection.await {
        let mut io = parts.io.into_inner();
        let _ = io.shutdown().await;
        let _ = timeout(bounds.farewell, discard(&mut io)).await;
    }
}

/// Closing over unread bytes would reset the connection, and the visitor would lose the answer.
async fn discard(reader: &mut (impl AsyncRead + Unpin)) {
    let _ = tokio::io::copy(&mut reader.take(MAX_DISCARDED), &mut tokio::io::sink()).await;
}

enum Head {
    /// Everything up to the empty line, and what came with it.
    Whole(Vec<u8>),
    /// The request line alone is too long.
    LineTooLong,
    /// The header fields are too long.
    TooLong,
    /// The visitor hung up.
    Gone,
}

async fn read(stream: &mut TcpStream) -> Head {
    let mut bytes = Vec::with_capacity(2048);
    loop {
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Head::Gone,
            Ok(_) => {}
        }
        match end_of_head(&bytes) {
            Some(end) if end <= MAX_HEAD => return Head::Whole(bytes),
            None if bytes.len() <= MAX_HEAD => {}
            Some(_) | None if bytes.iter().take(MAX_HEAD).any(|b| *b == b'\n') => return Head::TooLong,
            Some(_) | None => return Head::LineTooLong,
        }
    }
}

/// Where the empty line ends that ends the head. Empty lines before it are no head (RFC 9112 §2.2).
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n'))?;
    let ends = |mark: &[u8]| {
        bytes[start..].windows(mark.len()).position(|w| w == mark).map(|i| start + i + mark.len())
    };
    match (ends(b"\r\n\r\n"), ends(b"\n\n")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
