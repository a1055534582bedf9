//! The transport's stand-in for tests: answers from a script, and keeps every request.
//!
//! Answers for a path are given in order, the last one again and again; other requests take the common script,
//! answer by answer. A request that nobody foresaw is refused like a closed port, so that a test which forgets
//! one sees it in the recorded requests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bowline_base::Clock;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response};
use url::Url;

use super::{Fault, FaultKind, Limits, Sent, Transport};

/// One answer of the script.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An HTTP answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: HeaderMap,
        /// Its body.
        body: Vec<u8>,
    },
    /// No answer.
    Fault(FaultKind, Sent),
    /// Silence until the limit is up; with a clock it waits for it, without one the limit is up at once.
    Hang,
}

/// A request as it was sent. Holds secrets in the clear: it is for tests.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// Its whole address.
    pub url: Url,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// The limits it was sent with.
    pub limits: Limits,
}

/// Answers from a script and records every request.
#[derive(Default)]
pub struct ScriptedTransport {
    state: Mutex<State>,
    clock: Option<Arc<dyn Clock>>,
}

#[derive(Default)]
struct State {
    common: VecDeque<Reply>,
    paths: HashMap<String, VecDeque<Reply>>,
    seen: Vec<Recorded>,
}

impl Reply {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: impl Into<String>) -> Reply {
        Reply::with_type(status, "application/json", body.into())
    }

    /// An answer with a form body.
    pub fn form(status: u16, body: impl Into<String>) -> Reply {
        Reply::with_type(status, "application/x-www-form-urlencoded", body.into())
    }

    /// An answer with an HTML body.
    pub fn html(status: u16, body: impl Into<String>) -> Reply {
        Reply::with_type(status, "text/html; charset=utf-8", body.into())
    }

    /// An answer with neither body nor headers.
    pub fn empty(status: u16) -> Reply {
        Reply::Answer { status, headers: HeaderMap::new(), body: Vec::new() }
    }

    /// No answer.
    pub fn fault(kind: FaultKind, sent: Sent) -> Reply {
        Reply::Fault(kind, sent)
    }

    /// The same answer with one more header.
    ///
    /// # Panics
    /// When name or value cannot stand in a header: the test is wrong then.
    pub fn header(mut self, name: &'static str, value: &str) -> Reply {
        if let Reply::Answer { headers, .. } = &mut self {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).expect("a header's value"),
            );
        }
        self
    }

    fn with_type(status: u16, media_type: &'static str, body: String) -> Reply {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        Reply::Answer { status, headers, body: body.into_bytes() }
    }
}

impl Recorded {
    /// A header's text, if the header was sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The form's fields in order.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The first form field of this name.
    pub fn field(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl ScriptedTransport {
    /// A transport with an empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// A transport whose silence lasts by this clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// Adds an answer to the common script.
    pub fn then(&self, reply: Reply) -> &Self {
        self.state().common.push_back(reply);
        self
    }

    /// Adds an answer for a path, whatever the host.
    pub fn on(&self, path: &str, reply: Reply) -> &Self {
        self.state().paths.entry(path.to_owned()).or_default().push_back(reply);
        self
    }

    /// Puts this answer in the place of all that were foreseen for a path.
    pub fn now_on(&self, path: &str, reply: Reply) -> &Self {
        self.state().paths.insert(path.to_owned(), VecDeque::from([reply]));
        self
    }

    /// Every request so far, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().seen.clone()
    }

    /// The requests so far to one path.
    pub fn requests_to(&self, path: &str) -> Vec<Recorded> {
        self.requests().into_iter().filter(|request| request.url.path() == path).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, request: Request<Vec<u8>>, url: Url, limits: Limits) -> Reply {
        let (parts, body) = request.into_parts();
        let mut state = self.state();
        let reply = match state.paths.get_mut(url.path()) {
            Some(script) if script.len() > 1 => script.pop_front(),
            Some(script) => script.front().cloned(),
            None => state.common.pop_front(),
        };
        state.seen.push(Recorded { method: parts.method, url, headers: parts.headers, body, limits });
        reply.unwrap_or(Reply::Fault(FaultKind::Refused, Sent::Nothing))
    }
}

#[async_trait]
impl Transport for ScriptedTransport {
    async fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Result<Response<Vec<u8>>, Fault> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let fault = |kind, sent| Fault { kind, host: host.clone(), sent };
        let url =
            Url::parse(&request.uri().to_string()).map_err(|_| fault(FaultKind::Other, Sent::Nothing))?;
        match self.record(request, url, limits) {
            Reply::Fault(kind, sent) => Err(fault(kind, sent)),
            Reply::Hang => {
                if let Some(clock) = &self.clock {
                    clock.sleep(limits.total).await;
                }
                Err(fault(FaultKind::TimedOut, Sent::Maybe))
            }
            Reply::Answer { body, .. } if body.len() > limits.max_body => {
                Err(fault(FaultKind::TooLarge, Sent::Maybe))
            }
            Reply::Answer { status, headers, body } => {
                let mut response = Response::new(body);
                *response.headers_mut() = headers;
                *response.status_mut() =
                    http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::IM_A_TEAPOT);
                Ok(response)
            }
        }
    }
}
