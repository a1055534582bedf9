//! The measures: axum and hyper as anybody would set them up, answering one fixed body and doing nothing else.
//!
//! Each runs in a process of its own, started from this same program, with as many worker threads as the agent has.
//! Its answer has the length and the headers of the agent's, so that the same bytes travel.

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};
use axum::routing::get;
use bowline_tests::Door;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

/// The word by which this program knows that it is to be such a server.
pub(crate) const SERVE: &str = "serve";

/// A running server; its process ends with this.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) door: Door,
}

/// What a server answers.
#[derive(Clone)]
pub(crate) struct Fixed {
    body: Bytes,
    headers: HeaderMap,
}

impl Server {
    /// Starts `axum` or `hyper` at `socket`, or on a loopback port where there is none.
    pub(crate) fn start(
        kind: &str,
        socket: Option<&Path>,
        length: usize,
        headers: &[String],
    ) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([SERVE, kind]).arg(socket.unwrap_or(Path::new("")));
        command.arg(length.to_string()).args(headers).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut said = String::new();
        let read = child.stdout.take().map(|pipe| BufReader::new(pipe).read_line(&mut said)).transpose();
        let door =
            socket.map_or_else(|| Door::Tcp(said.trim().to_owned()), |path| Door::Socket(path.to_owned()));
        let server = Self { child, door };
        match read {
            Ok(Some(length)) if length > 0 => Ok(server),
            _ => Err(io::Error::other(format!("the empty {kind} server did not start"))),
        }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What the process of a server does: `KIND SOCKET LENGTH HEADER…`. Ends with the process.
pub(crate) fn serve(given: &[String]) -> io::Result<()> {
    let [kind, socket, length, headers @ ..] = given else {
        return Err(io::Error::other("serve what, and where?"));
    };
    let fixed = Fixed::new(length.parse().map_err(io::Error::other)?, headers)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        if socket.is_empty() {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            ready(&listener.local_addr()?.to_string());
            match kind.as_str() {
                "axum" => axum::serve(listener, fixed.router()).await,
                _ => loop {
                    fixed.answer(listener.accept().await?.0);
                },
            }
        } else {
            let listener = UnixListener::bind(socket)?;
            ready(socket);
            match kind.as_str() {
                "axum" => axum::serve(listener, fixed.router()).await,
                _ => loop {
                    fixed.answer(listener.accept().await?.0);
                },
            }
        }
    })
}

impl Fixed {
    fn new(length: usize, headers: &[String]) -> io::Result<Self> {
        let filler = length.saturating_sub(r#"{"empty":""}"#.len());
        let body = Bytes::from(format!(r#"{{"empty":"{}"}}"#, "x".repeat(filler)));
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().filter_map(|line| line.split_once(": ")) {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
            map.insert(name, HeaderValue::from_str(value).map_err(io::Error::other)?);
        }
        Ok(Self { body, headers: map })
    }

    fn response<B: From<Bytes>>(&self) -> Response<B> {
        let mut response = Response::new(B::from(self.body.clone()));
        *response.headers_mut() = self.headers.clone();
        response
    }

    fn router(self) -> Router {
        Router::new()
            .route("/v1/accounts/{sel}/token", get(move || std::future::ready(self.response::<Body>())))
    }

    fn answer<IO: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, io: IO) {
        let fixed = self.clone();
        tokio::spawn(async move {
            let service =
                service_fn(move |_| std::future::ready(Ok::<_, Infallible>(fixed.response::<Full<Bytes>>())));
            // what a client does to its connection is its own affair
            _ = http1::Builder::new().serve_connection(TokioIo::new(io), service).await;
        });
    }
}

fn ready(door: &str) {
    println!("{door}");
}
