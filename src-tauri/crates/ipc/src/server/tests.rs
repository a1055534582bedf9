//! Connections: answered, kept, told to end, and one too many.

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;
use crate::caller::Via;

fn server() -> (Server, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    let router = Router::new().route("/", get(|| async { "hello" }));
    (Server::new(router, stopped), stop)
}

fn visit(server: &Server) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    server.spawn(theirs, Peer::over(Via::ForeignSocket));
    ours
}

#[tokio::test]
async fn a_request_is_answered_and_the_connection_kept_for_the_next() {
    let (server, _stop) = server();
    let mut visitor = visit(&server);
    for _ in 0..2 {
        visitor.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4096];
        let n = visitor.read(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer[..n]).into_owned();
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("hello"), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_closes_quiet_connections_and_drains() {
    let (server, stop) = server();
    let mut visitor = visit(&server);
    tokio::task::yield_now().await;
    stop.send_replace(true);
    server.stopped().await;
    server.drained().await;
    let mut rest = Vec::new();
    assert_eq!(visitor.read_to_end(&mut rest).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn one_connection_too_many_is_closed_at_once_and_the_next_free_place_is_used() {
    let (server, _stop) = server();
    let mut visitors: Vec<DuplexStream> = (0..MOST_CONNECTIONS).map(|_| visit(&server)).collect();
    let mut refused = visit(&server);
    let mut rest = Vec::new();
    assert_eq!(refused.read_to_end(&mut rest).await.unwrap(), 0);
    visitors.clear();
    for _ in 0..MOST_CONNECTIONS {
        tokio::task::yield_now().await;
    }
    let mut visitor = visit(&server);
    visitor.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    visitor.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"hello"));
}
