//! One bounded HTTP/1.1 server under both transports: so many connections, so long for a head, and nobody who
//! stalls delays anybody else.
//!
//! This is hyper's connection loop rather than `axum::serve`, because that one sets neither limit
//! (docs/decisions/0006).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use crate::caller::Peer;

/// Connections open at the same time on one transport; each costs a few kilobytes.
pub const MOST_CONNECTIONS: usize = 1024;
/// How long a client may take to send a request's head, and how long a kept connection may stay silent.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// What hyper reads ahead: the largest head, and a margin so that we can say so ourselves.
const READ_BUFFER: usize = 64 * 1024;

/// Serves connections until told to stop.
#[derive(Clone)]
pub struct Server {
    router: Router,
    room: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl Server {
    /// A server of this router that ends when `stop` turns true.
    pub fn new(router: Router, stop: watch::Receiver<bool>) -> Self {
        Self { router, room: Arc::new(Semaphore::new(MOST_CONNECTIONS)), stop }
    }

    /// Waits until every connection has had its answer and is closed, after the server was told to stop.
    pub async fn drained(&self) {
        let all = u32::try_from(MOST_CONNECTIONS).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        drop(self.room.acquire_many(all).await);
    }

    /// True once the server is to end.
    pub async fn stopped(&self) {
        // The sender's end means the same as its word.
        let _ = self.stop.clone().wait_for(|stop| *stop).await;
    }

    /// Serves one connection on a task of its own. One too many is closed at once: waiting would only move the
    /// queue from us to the kernel.
    pub fn spawn<IO>(&self, io: IO, peer: Peer)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else { return };
        let (router, mut stop) = (self.router.clone(), self.stop.clone());
        tokio::spawn(async move {
            let _place = place;
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer.clone());
                router.clone().oneshot(request.map(Body::new))
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_WITHIN)
                .max_buf_size(READ_BUFFER)
                .serve_connection(TokioIo::new(io), service);
            let mut connection = std::pin::pin!(connection);
            // What a client does to its own connection is nobody else's affair.
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
            }
            let _ = tokio::time::timeout(Duration::from_secs(1), connection).await;
        });
    }
}

#[cfg(test)]
mod tests;
