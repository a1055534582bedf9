//! Asks the agent: plain HTTP/1.1 over its socket, by ureq, without async runtime, TLS, thread or proxy.
//!
//! Nothing is opened before the first request. Every request has a time limit and every answer a largest
//! size; an agent that is not there is an error of its own, [`ClientError::NoAgent`], so that a caller can
//! start one and ask again.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bowline_base::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{Method as HttpMethod, Request, Response, header};

use crate::paths::Paths;
use crate::problem::{Code, Problem};

pub mod stream;
mod unix;

pub use stream::EventStream;

/// The time limit of an ordinary request: above the longest question to the person (60 s) with the agent's longest
/// renewal after it (53 s with all its tries), so that the agent, which knows more, is the one to give up.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);

/// What is asked for is at most so long: the agent takes no larger head.
const LONGEST_TARGET: usize = 16 * 1024;

/// The largest answer that is read.
pub const MAX_ANSWER: u64 = 8 * 1024 * 1024;

/// A long poll's answer may come this much later than it was asked for.
const LATE: Duration = Duration::from_secs(10);

/// Why the agent gave no answer, or which error it answered with.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens at the socket.
    #[error("no agent listens at {}", .socket.display())]
    NoAgent {
        /// The socket's path.
        socket: PathBuf,
    },
    /// The agent answered with an error.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// No answer within the time limit.
    #[error("the agent did not answer in time")]
    TimedOut,
    /// The answer is larger than any the agent gives.
    #[error("the agent's answer is too large")]
    TooLarge,
    /// The answer is none of ours: another program, or a version that fits no more.
    #[error("the agent's answer cannot be read: {0}")]
    Unreadable(String),
    /// The connection broke.
    #[error("the connection to the agent broke: {0}")]
    Io(io::Error),
}

/// A way to the agent. Cheap to make; keeps its connection between requests.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
    agent: ureq::Agent,
}

impl Client {
    /// The agent of this profile.
    pub fn connect(paths: &Paths) -> Client {
        Client::at(paths.socket())
    }

    /// The agent at this socket.
    pub fn at(socket: impl Into<PathBuf>) -> Client {
        let socket = socket.into();
        let agent = unix::agent(&socket);
        Client { socket, agent }
    }

    /// The socket's path.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// True when somebody listens at the socket; asks nothing.
    pub fn is_there(&self) -> bool {
        unix::is_there(&self.socket)
    }

    /// Asks for something.
    pub fn get(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, HttpMethod::GET, path.into())
    }

    /// Has something done.
    pub fn post(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, HttpMethod::POST, path.into())
    }

    /// Changes something.
    pub fn patch(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, HttpMethod::PATCH, path.into())
    }

    /// Takes something away.
    pub fn delete(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, HttpMethod::DELETE, path.into())
    }
}

/// A request that is being put together.
#[derive(Debug)]
#[must_use = "a call does nothing until it is sent"]
pub struct Call<'a> {
    client: &'a Client,
    method: HttpMethod,
    target: String,
    body: Option<Secret>,
    key: Option<Secret>,
    timeout: Duration,
}

impl<'a> Call<'a> {
    fn new(client: &'a Client, method: HttpMethod, target: String) -> Self {
        Call { client, method, target, body: None, key: None, timeout: DEFAULT_TIMEOUT }
    }

    /// Adds a parameter to the query.
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&format!("{name}={}", escape(value.as_ref())));
        self
    }

    /// Adds a parameter to the query, if there is one.
    pub fn query_if(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Long-polls: the agent answers at a change, and after this time at the latest.
    pub fn wait(self, length: Duration) -> Self {
        let seconds = length.as_secs().clamp(1, crate::verbs::MAX_WAIT_S);
        self.query("wait", seconds.to_string()).timeout(Duration::from_secs(seconds) + LATE)
    }

    /// Sends this as JSON.
    pub fn body(mut self, body: &impl Serialize) -> Self {
        let text = serde_json::to_string(body).expect("our own shapes have texts as keys");
        self.body = Some(Secret::new(text));
        self
    }

    /// Calls as the app with this key, or as the holder of this poll secret.
    pub fn key(mut self, key: Secret) -> Self {
        self.key = Some(key);
        self
    }

    /// Another time limit than [`DEFAULT_TIMEOUT`].
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Sends the request and reads the answer.
    pub fn send<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let socket = self.client.socket.clone();
        self.check_length()?;
        let mut answer = self.run().map_err(|e| explain(e, &socket))?;
        let body = read(&mut answer).map_err(|e| explain(e, &socket))?;
        if answer.status().is_success() {
            return serde_json::from_slice(&body).map_err(unreadable);
        }
        Err(refused(answer.status().as_u16(), &body))
    }

    /// Sends the request and gives the answer's text.
    pub fn send_text(self) -> Result<String, ClientError> {
        let socket = self.client.socket.clone();
        self.check_length()?;
        let mut answer = self.run().map_err(|e| explain(e, &socket))?;
        let body = read(&mut answer).map_err(|e| explain(e, &socket))?;
        if answer.status().is_success() {
            let text = String::from_utf8(body);
            return text.map_err(|_| ClientError::Unreadable("it is not UTF-8".to_owned()));
        }
        Err(refused(answer.status().as_u16(), &body))
    }

    /// Sends the request and reads events as they come. When the time limit is over the stream ends with
    /// [`ClientError::TimedOut`], however much is still being said.
    pub fn events(self) -> Result<EventStream, ClientError> {
        let socket = self.client.socket.clone();
        self.check_length()?;
        let mut answer = self.run().map_err(|e| explain(e, &socket))?;
        if answer.status().is_success() {
            return Ok(EventStream::new(answer.into_body().into_reader()));
        }
        let body = read(&mut answer).map_err(|e| explain(e, &socket))?;
        Err(refused(answer.status().as_u16(), &body))
    }

    fn check_length(&self) -> Result<(), ClientError> {
        if self.target.len() <= LONGEST_TARGET { Ok(()) } else { Err(too_long()) }
    }

    fn run(self) -> Result<Response<ureq::Body>, ureq::Error> {
        let mut request =
            Request::builder().method(self.method).uri(format!("http://localhost{}", self.target));
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", key.expose()));
        }
        match self.body {
            Some(body) => {
                let request = request.header(header::CONTENT_TYPE, "application/json").body(body.expose())?;
                limited(&self.client.agent, request, self.timeout)
            }
            None => limited(&self.client.agent, request.body(())?, self.timeout),
        }
    }
}

/// The limit holds for the whole exchange, from connecting to the last byte.
fn limited<B: ureq::AsSendBody>(
    agent: &ureq::Agent,
    request: Request<B>,
    limit: Duration,
) -> Result<Response<ureq::Body>, ureq::Error> {
    agent.run(agent.configure_request(request).timeout_global(Some(limit)).build())
}

/// A path under `/v1`, each part escaped: a selector may hold anything.
pub fn path<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    parts.into_iter().fold(String::from("/v1"), |path, part| path + "/" + &escape(part))
}

/// Percent-encoding of all but RFC 3986's unreserved characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte))
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

fn read(answer: &mut Response<ureq::Body>) -> Result<Vec<u8>, ureq::Error> {
    answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()
}

fn too_long() -> ClientError {
    ClientError::Problem(Box::new(Problem::new(
        Code::HeadersTooLarge,
        "what was given is longer than Bowline's agent takes: nothing is called by so long a name",
    )))
}

fn refused(status: u16, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ClientError::Problem(Box::new(problem)),
        // A head that is far too long is refused before anybody could say why.
        Err(_) if matches!(status, 414 | 431) => too_long(),
        Err(_) => ClientError::Unreadable(format!("status {status} without a reason")),
    }
}

/// Where the reading stopped, and nothing of what was read: it may be a token.
fn unreadable(error: serde_json::Error) -> ClientError {
    ClientError::Unreadable(format!("line {} column {}", error.line(), error.column()))
}

fn explain(error: ureq::Error, socket: &Path) -> ClientError {
    match error {
        ureq::Error::Io(e) => explain_io(e, socket),
        ureq::Error::Timeout(_) => ClientError::TimedOut,
        ureq::Error::BodyExceedsLimit(_) => ClientError::TooLarge,
        ureq::Error::ConnectionFailed => ClientError::NoAgent { socket: socket.into() },
        other => ClientError::Unreadable(other.to_string()),
    }
}

fn explain_io(error: io::Error, socket: &Path) -> ClientError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory => {
            ClientError::NoAgent { socket: socket.into() }
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ClientError::TimedOut,
        _ => ClientError::Io(error),
    }
}

#[cfg(test)]
mod tests;
