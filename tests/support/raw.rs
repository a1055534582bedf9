//! HTTP/1.1 by hand, over a socket or a loopback port: a test sets every header, and may send nonsense.
//!
//! One request a connection. Answers are bounded in size and time.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde_json::Value;

use crate::wait::PATIENCE;

const LARGEST: u64 = 32 << 20;

/// Where to knock.
#[derive(Clone, Debug)]
pub enum Door {
    /// A Unix socket.
    Socket(PathBuf),
    /// A loopback port, as `host:port`.
    Tcp(String),
}

impl Door {
    /// The door of an `http://host:port/…` address.
    pub fn at(url: &str) -> Self {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        Self::Tcp(rest.split('/').next().unwrap_or_default().to_owned())
    }

    fn host(&self) -> &str {
        match self {
            Self::Socket(_) => "localhost",
            Self::Tcp(host) => host,
        }
    }
}

/// One request. Without headers of its own it has `Host` and `Connection: close`.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// `METHOD target`, the target with its query.
    pub fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// `GET target`.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// One more header; `Host` given here takes the place of the usual one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The key of an app, as a bearer.
    pub fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// A JSON body.
    pub fn json(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("Content-Type", "application/json")
    }

    /// A form body.
    pub fn form(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("Content-Type", "application/x-www-form-urlencoded")
    }

    /// Sends it and reads the answer.
    ///
    /// # Panics
    /// When nobody listens, or no whole answer comes within half a minute.
    pub fn send(&self, door: &Door) -> Answer {
        self.try_send(door).unwrap_or_else(|why| panic!("{} {} at {door:?}: {why}", self.method, self.target))
    }

    /// The same where nobody may listen, or the listener end before it has answered; `Err` says so.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn try_send(&self, door: &Door) -> Result<Answer, String> {
        send(door, &self.bytes(door.host()))
    }

    fn bytes(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let mut line = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            line("Host", host);
        }
        line("Connection", "close");
        if !self.body.is_empty() || self.method == "POST" {
            line("Content-Length", &self.body.len().to_string());
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Sends bytes as they are, then reads until the other side closes; `Err` says why there is no answer.
pub fn send(door: &Door, bytes: &[u8]) -> Result<Answer, String> {
    let mut raw = Vec::new();
    let outcome = match door {
        Door::Socket(path) => UnixStream::connect(path).and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            exchange(&mut stream, bytes, &mut raw)
        }),
        Door::Tcp(host) => TcpStream::connect(host.as_str()).and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            let outcome = exchange(&mut stream, bytes, &mut raw);
            _ = stream.shutdown(Shutdown::Both);
            outcome
        }),
    };
    match (outcome, Answer::parse(&raw)) {
        // a refusal may come before everything was sent, and the connection be reset after it
        (_, Some(answer)) => Ok(answer),
        (Err(e), None) => Err(e.to_string()),
        (Ok(()), None) => Err(format!("not an answer: {:?}", String::from_utf8_lossy(&raw))),
    }
}

fn exchange(stream: &mut (impl Read + Write), bytes: &[u8], raw: &mut Vec<u8>) -> std::io::Result<()> {
    match stream.write_all(bytes).and_then(|()| stream.flush()) {
        Err(e) if !matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => return Err(e),
        Ok(()) | Err(_) => {}
    }
    stream.take(LARGEST).read_to_end(raw).map(|_| ())
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, taken out of its chunks.
    pub body: Vec<u8>,
}

impl Answer {
    fn parse(raw: &[u8]) -> Option<Self> {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&raw[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        let header =
            |line: &str| line.split_once(':').map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned()));
        let headers: Vec<(String, String)> = lines.filter_map(header).collect();
        let body = &raw[end + 4..];
        let chunked =
            headers.iter().any(|(n, v)| n == "transfer-encoding" && v.eq_ignore_ascii_case("chunked"));
        let body = if chunked { unchunk(body)? } else { body.to_vec() };
        Some(Self { status, headers, body })
    }

    /// A header's value, the first of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none; the whole answer is shown.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("not JSON ({e}): {} {}", self.status, self.text()))
    }
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_ones_own_takes_the_place_of_the_usual_one() {
        let bytes = Request::get("/").header("host", "elsewhere").bytes("127.0.0.1:1");
        let text = String::from_utf8(bytes).expect("ASCII");
        assert_eq!(text, "GET / HTTP/1.1\r\nConnection: close\r\nhost: elsewhere\r\n\r\n");
    }

    #[test]
    fn chunks_are_put_together() {
        let raw =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        let answer = Answer::parse(raw).expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (200, "abcde"));
    }

    #[test]
    fn nonsense_is_no_answer() {
        assert!(Answer::parse(b"SSH-2.0-x\r\n\r\n").is_none());
        assert!(Answer::parse(b"HTTP/1.1 200 OK\r\n").is_none());
    }

    #[test]
    fn a_door_is_read_from_an_address() {
        assert_eq!(Door::at("http://127.0.0.1:8080/o").host(), "127.0.0.1:8080");
    }
}
