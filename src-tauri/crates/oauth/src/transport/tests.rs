//! The real transport against real listeners on loopback, and the stand-in against itself.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::time::HandClock;
use bowline_base::{Clock, Wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const CANARY: &str = "canary-b0a1c2";

/// What a listener does with each connection once it has read the request's head.
async fn listener<F, Fut>(answer: F) -> u16
where
    F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0u8; 4096];
            let _ = stream.read(&mut head).await;
            answer(stream).await;
        }
    });
    port
}

fn request(url: &str) -> ::http::Request<Vec<u8>> {
    let body = format!("refresh_token={CANARY}").into_bytes();
    ::http::Request::post(url).header("authorization", CANARY).body(body).expect("a request")
}

fn limits(total_ms: u64, max_body: usize) -> Limits {
    Limits { total: Duration::from_millis(total_ms), connect: Duration::from_millis(total_ms), max_body }
}

async fn fault_of(url: &str, limits: Limits) -> Fault {
    let fault = HttpTransport::new().send(request(url), limits).await.expect_err("no answer");
    assert!(!format!("{fault:?} {fault}").contains(CANARY), "a fault holds nothing of the request");
    fault
}

#[tokio::test]
async fn an_answer_comes_back_with_status_headers_and_body() {
    let port = listener(|mut s| async move {
        let _ = s.write_all(b"HTTP/1.1 418 X\r\nretry-after: 7\r\ncontent-length: 4\r\n\r\nbody").await;
    })
    .await;
    let url = format!("http://127.0.0.1:{port}/token");
    let answer = HttpTransport::new().send(request(&url), Limits::default()).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (418, b"body".as_slice()));
    assert_eq!(answer.headers()["retry-after"], "7");
}

#[tokio::test]
async fn the_request_names_bowline_and_its_version() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = vec![0u8; 4096];
        let n = stream.read(&mut head).await.expect("a head");
        let _ = stream.write_all(b"HTTP/1.1 204 X\r\n\r\n").await;
        let _ = tell.send(String::from_utf8_lossy(&head[..n]).to_lowercase());
    });
    let url = format!("http://127.0.0.1:{port}/token");
    HttpTransport::new().send(request(&url), Limits::default()).await.expect("an answer");
    let head = told.await.expect("a head");
    assert!(head.contains(&format!("user-agent: bowline/{}", env!("CARGO_PKG_VERSION"))), "{head}");
    assert!(!head.contains("cookie") && !head.contains("referer"), "{head}");
}

#[tokio::test]
async fn r9700_4_a_redirect_is_handed_back_and_not_followed() {
    let port = listener(|mut s| async move {
        let _ = s.write_all(b"HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").await;
    })
    .await;
    let url = format!("http://127.0.0.1:{port}/token");
    let answer = HttpTransport::new().send(request(&url), Limits::default()).await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 307);
}

#[tokio::test]
async fn e03_a_port_where_nobody_listens_is_refused_and_nothing_was_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = closed.local_addr().expect("an address").port();
    drop(closed);
    let fault = fault_of(&format!("http://127.0.0.1:{port}/token"), Limits::default()).await;
    assert_eq!(fault, Fault { kind: FaultKind::Refused, host: "127.0.0.1".into(), sent: Sent::Nothing });
}

#[tokio::test]
async fn e04_silence_is_a_time_out_and_the_request_may_have_arrived() {
    let port = listener(|s| async move {
        std::future::pending::<()>().await;
        drop(s);
    })
    .await;
    let fault = fault_of(&format!("http://127.0.0.1:{port}/token"), limits(150, 1000)).await;
    assert_eq!((fault.kind, fault.sent), (FaultKind::TimedOut, Sent::Maybe));
}

#[tokio::test]
async fn a_body_that_never_ends_is_a_time_out() {
    let port = listener(|mut s| async move {
        let _ = s.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\nhalf").await;
        std::future::pending::<()>().await;
    })
    .await;
    let fault = fault_of(&format!("http://127.0.0.1:{port}/token"), limits(150, 1000)).await;
    assert_eq!((fault.kind, fault.sent), (FaultKind::TimedOut, Sent::Maybe));
}

#[tokio::test]
async fn e34_a_connection_closed_before_or_amid_the_answer_is_a_reset() {
    for answer in [b"".as_slice(), b"HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\nhalf"] {
        let port = listener(move |mut s| async move {
            let _ = s.write_all(answer).await;
        })
        .await;
        let fault = fault_of(&format!("http://127.0.0.1:{port}/token"), Limits::default()).await;
        assert_eq!((fault.kind, fault.sent), (FaultKind::Reset, Sent::Maybe), "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_no_answer() {
    let port = listener(|mut s| async move {
        let _ = s.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await;
    })
    .await;
    let fault = fault_of(&format!("http://127.0.0.1:{port}/token"), Limits::default()).await;
    assert_eq!((fault.kind, fault.sent), (FaultKind::Other, Sent::Maybe));
}

#[tokio::test]
async fn a_body_over_the_limit_is_cut_off_whether_or_not_its_length_is_told() {
    let long = "x".repeat(2000);
    let told = format!("HTTP/1.1 200 X\r\ncontent-length: 2000\r\n\r\n{long}");
    let untold = format!("HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{long}\r\n0\r\n\r\n");
    for answer in [told, untold] {
        let answer: Arc<str> = answer.into();
        let port = listener(move |mut s| {
            let answer = Arc::clone(&answer);
            async move {
                let _ = s.write_all(answer.as_bytes()).await;
            }
        })
        .await;
        let fault = fault_of(&format!("http://127.0.0.1:{port}/token"), limits(5000, 1000)).await;
        assert_eq!(fault.kind, FaultKind::TooLarge);
    }
}

#[tokio::test]
async fn e05_a_name_without_an_address_is_unresolved_and_named() {
    // RFC 6761 §6.4: no resolver has an address for this name. Where a proxy is set, it is the proxy that says so.
    let fault = fault_of("https://bowline-test.invalid/token", limits(5000, 1000)).await;
    assert_eq!((fault.host.as_str(), fault.sent), ("bowline-test.invalid", Sent::Nothing));
    assert!(
        matches!(fault.kind, FaultKind::Unresolved | FaultKind::Refused | FaultKind::TimedOut),
        "{fault:?}"
    );
}

#[tokio::test]
async fn e06_a_server_that_does_not_speak_tls_is_a_tls_fault_and_nothing_was_sent() {
    let port = listener(|mut s| async move {
        let _ = s.write_all(b"HTTP/1.1 400 this is no TLS at all\r\n\r\n").await;
    })
    .await;
    let fault = fault_of(&format!("https://127.0.0.1:{port}/token"), Limits::default()).await;
    assert_eq!((fault.kind, fault.sent), (FaultKind::Tls, Sent::Nothing));
}

#[tokio::test]
async fn r8414_4_plain_http_to_another_computer_never_leaves() {
    let fault = fault_of("http://192.0.2.1/token", Limits::default()).await;
    assert_eq!((fault.kind, fault.sent), (FaultKind::Other, Sent::Nothing));
}

#[tokio::test]
async fn clients_are_kept_by_connect_time_out_and_never_grow_past_their_number() {
    let transport = HttpTransport::new();
    for ms in 1..=20 {
        let limits = Limits { connect: Duration::from_millis(1000 + ms % 10), ..limits(50, 10) };
        let _ = transport.send(request("http://127.0.0.1:1/token"), limits).await;
    }
    assert!(transport.built() <= 9);
}

#[tokio::test]
async fn the_stand_in_answers_by_path_then_by_order_then_not_at_all() {
    let scripted = ScriptedTransport::new();
    scripted.on("/keys", Reply::json(200, "{}")).then(Reply::empty(503)).then(Reply::html(200, "<p>"));
    let status = async |url: &str| match scripted.send(request(url), Limits::default()).await {
        Ok(answer) => answer.status().as_u16(),
        Err(fault) => {
            assert_eq!(fault.kind, FaultKind::Refused);
            0
        }
    };
    let mut seen = Vec::new();
    for path in ["keys", "token", "keys", "token", "token"] {
        seen.push(status(&format!("https://id.example/{path}")).await);
    }
    assert_eq!(seen, [200, 503, 200, 200, 0]);
    assert_eq!(scripted.requests_to("/token").len(), 3);
    assert_eq!(scripted.requests()[0].field("refresh_token").as_deref(), Some(CANARY));
}

#[tokio::test]
async fn the_stand_ins_silence_lasts_until_its_clock_reaches_the_limit() {
    let clock = HandClock::at(Wall::from_unix_ms(0));
    let scripted = Arc::new(ScriptedTransport::with_clock(Arc::new(clock.clone())));
    scripted.then(Reply::Hang);
    let limits = Limits::default();
    let asked = tokio::spawn({
        let scripted = Arc::clone(&scripted);
        async move { scripted.send(request("https://id.example/token"), limits).await }
    });
    while clock.next_wait().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(clock.next_wait(), Some(clock.instant() + limits.total));
    clock.advance(limits.total);
    let fault = asked.await.expect("the task ends").expect_err("no answer");
    assert_eq!((fault.kind, fault.sent), (FaultKind::TimedOut, Sent::Maybe));
}
