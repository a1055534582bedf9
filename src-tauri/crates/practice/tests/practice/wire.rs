//! Faults of the connection: what a client sees when there is no answer, or half of one.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::*;

#[tokio::test]
async fn e03_refuse_closes_without_a_byte_everywhere_but_at_the_control() {
    let world = World::new(&[]).await;
    world.order(fail("refuse")).await;
    for path in ["/.well-known/openid-configuration", "/authorize", "/jwks", "/userinfo", "/nowhere"] {
        let bytes = raw(world.address(), &world.request("GET", path, "", "")).await.unwrap();
        assert!(bytes.is_empty(), "{path}");
    }
    let bytes = raw(world.address(), &world.form("/token", &renewal("x"), "")).await.unwrap();
    assert!(bytes.is_empty());
    world.order(json!({"fail": null})).await;
    assert_eq!(world.get("/jwks").await.status, 200);
}

#[tokio::test]
async fn e42_reset_answers_with_a_tcp_reset() {
    let world = World::new(&["reset"]).await;
    let error = raw(world.address(), &world.form("/token", &renewal("x"), "")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(world.logged("token").await["status"], json!(null));
}

#[tokio::test]
async fn a_fault_strikes_a_connection_that_was_kept_open_before() {
    let world = World::new(&[]).await;
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    let request = String::from_utf8(world.request("GET", "/jwks", "", "")).unwrap();
    let kept = request.replace("connection: close", "connection: keep-alive");
    stream.write_all(kept.as_bytes()).await.unwrap();
    let mut first = [0u8; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    world.order(fail("reset")).await;
    stream.write_all(kept.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn e04_e41_hang_takes_the_request_and_never_answers() {
    let world = World::new(&["hang"]).await;
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    stream.write_all(&world.form("/token", &renewal("x"), "")).await.unwrap();
    assert_eq!(world.logged("token").await["status"], json!(null));
    let mut byte = [0u8];
    let silent = stream.try_read(&mut byte).unwrap_err();
    assert_eq!(silent.kind(), ErrorKind::WouldBlock);
    assert_eq!(world.get("/jwks").await.status, 200, "only /token hangs");
}

#[tokio::test]
async fn f11_swallow_spends_the_refresh_token_and_never_answers() {
    let world = World::with(&[], |o| o.rotate = true).await;
    let tokens = world.connect().await;
    world.order(json!({"fail": "swallow@1", "clear_log": true})).await;
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    stream.write_all(&world.form("/token", &renewal(refresh), "")).await.unwrap();
    assert_eq!(world.logged("token").await["status"], json!(null));
    assert!(world.renew(&tokens).await.refusal().2.contains("reuse"));
}

#[tokio::test]
async fn hang_spends_nothing() {
    let world = World::with(&[], |o| o.rotate = true).await;
    let tokens = world.connect().await;
    world.order(json!({"fail": "hang@1", "clear_log": true})).await;
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    stream.write_all(&world.form("/token", &renewal(refresh), "")).await.unwrap();
    world.logged("token").await;
    assert_eq!(world.renew(&tokens).await.status, 200);
}

#[tokio::test]
async fn e06_tls_names_https_addresses_whose_handshake_fails() {
    let world = World::new(&["tls"]).await;
    let metadata = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], world.running.issuer());
    let secure = world.url("/token").replace("http://", "https://");
    assert_eq!(metadata["token_endpoint"], secure);
    assert!(metadata["authorization_endpoint"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    let hello = [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00];
    let alert = raw(world.address(), &hello).await.unwrap();
    assert_eq!(alert, [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);
    let plain = world.post("/token", &renewal("x")).await;
    assert_eq!((plain.status, plain.text().as_str()), (400, "this port speaks TLS only\n"));
    assert_eq!(world.get("/_practice").await.status, 200);
}

#[tokio::test]
async fn e34_an_answer_can_be_cut_at_each_point() {
    let cut = async |point: &str| {
        let world = World::new(&[&format!("cut:{point}")]).await;
        let code = world.code().await;
        raw(world.address(), &world.form("/token", &redemption(&code), "")).await.unwrap()
    };
    assert_eq!(cut("first-byte").await, b"H");
    let headers = cut("headers").await;
    assert!(headers.starts_with(b"HTTP/1.1 200 OK\r\n") && headers.ends_with(b"\r\n\r\n"));
    let (whole, half) = (cut("after-body").await, cut("mid-body").await);
    assert!(half.len() < whole.len() && half.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let body = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap();
        (length.parse::<usize>().unwrap(), body.to_owned())
    };
    let (announced, sent) = body(&whole);
    assert_eq!(announced, sent.len());
    assert!(serde_json::from_str::<serde_json::Value>(&sent).unwrap()["access_token"].is_string());
    let (announced, sent) = body(&half);
    assert!(sent.len() < announced && serde_json::from_str::<serde_json::Value>(&sent).is_err());
}

#[tokio::test]
async fn f52_slow_answers_late_and_well() {
    let world = World::new(&["slow:300"]).await;
    let code = world.code().await;
    let (answer, ()) = tokio::join!(world.redeem(&code), async {
        world.when_waited_advance(Duration::from_millis(299)).await;
        assert!(world.clock.next_wait().is_some(), "too early");
        world.clock.advance(Duration::from_millis(1));
    });
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn slow_goes_together_with_another_fault() {
    let world = World::new(&["slow:300", "status:503"]).await;
    let (answer, ()) =
        tokio::join!(world.renew_with("x"), world.when_waited_advance(Duration::from_millis(300)));
    assert_eq!(answer.status, 503);
}

#[tokio::test]
async fn e49_a_fault_can_be_aimed_at_one_endpoint() {
    let world = World::new(&["token=refuse", "revoke=status:503@1", "userinfo=reset"]).await;
    let code = world.code().await;
    assert!(raw(world.address(), &world.form("/token", &redemption(&code), "")).await.unwrap().is_empty());
    let form = [("token", "x"), ("client_id", bowline_practice::CLIENT_ID)];
    assert_eq!(world.post("/revoke", &form).await.status, 503);
    assert_eq!(world.post("/revoke", &form).await.status, 200);
    assert!(raw(world.address(), &world.request("GET", "/userinfo", "", "")).await.is_err());
}

#[tokio::test]
async fn only_our_own_names_are_answered() {
    let world = World::new(&[]).await;
    let port = world.address().rsplit(':').next().unwrap().to_owned();
    let status = async |host: &str| {
        let request = format!("GET /jwks HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        answer(world.address(), request.as_bytes()).await.status
    };
    for own in ["127.0.0.1", "localhost", "[::1]"] {
        assert_eq!(status(&format!("{own}:{port}")).await, 200, "{own}");
    }
    for foreign in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", "127.0.0.1:1", ""] {
        assert_eq!(status(foreign).await, 421, "{foreign}");
    }
}

#[tokio::test]
async fn what_is_too_large_or_no_http_is_refused() {
    let world = World::new(&[]).await;
    let large = "x".repeat(200_000);
    assert_eq!(world.post("/token", &[("x", &large)]).await.status, 413);
    let junk = raw(world.address(), b"\x00\x01\x02 nonsense\r\n\r\n").await.unwrap();
    assert!(junk.starts_with(b"HTTP/1.1 400"), "{:?}", String::from_utf8_lossy(&junk));
    assert_eq!(world.get("/nowhere").await.status, 404);
    assert_eq!(world.get("/token").await.status, 405);
    assert_eq!(world.post("/userinfo", &[]).await.status, 405);
}
