//! From one request to one page: host, path and method are checked in that order, then the door is asked.

use std::sync::Arc;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, REFERRER_POLICY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use tokio::sync::watch;
use url::Url;

use super::page::{self, Page};
use super::{Bounds, CallbackDoor};
use crate::callback::CallbackQuery;

/// Where the visitors of one port are answered.
pub(super) struct Desk {
    door: Arc<dyn CallbackDoor>,
    bounds: Bounds,
    path: String,
    done: String,
    hosts: Vec<String>,
    shown: watch::Sender<Shown>,
}

/// What `<path>/done` shows.
#[derive(Default)]
struct Shown {
    page: Option<Page>,
}

impl Desk {
    pub(super) fn new(redirect_uri: &Url, door: Arc<dyn CallbackDoor>, bounds: Bounds) -> Self {
        let path = redirect_uri.path().to_owned();
        let done = format!("{}/done", path.trim_end_matches('/'));
        let hosts = hosts(redirect_uri.port_or_known_default().unwrap_or(80));
        Self { door, bounds, path, done, hosts, shown: watch::Sender::new(Shown::default()) }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Waits until the attempt's outcome is there to be shown.
    #[cfg(test)]
    pub(super) async fn shown_end(&self) {
        let mut shown = self.shown.subscribe();
        let _ = shown.wait_for(|s| s.page.as_ref().is_some_and(|p| p.rank() == page::Rank::End)).await;
    }

    pub(super) async fn answer<B>(self: &Arc<Self>, request: &Request<B>) -> Reply {
        if !self.is_ours(request) {
            return Reply::short(StatusCode::MISDIRECTED_REQUEST, "This address belongs to another program.");
        }
        let is_callback = request.uri().path() == self.path;
        if !is_callback && request.uri().path() != self.done {
            return Reply::nothing_here();
        }
        match *request.method() {
            Method::GET if is_callback => self.callback(request.uri().query().unwrap_or("")).await,
            Method::GET => self.done(),
            // Nor a HEAD: a checker of links neither spends a code nor learns that the way back is open.
            _ => Reply::short(StatusCode::METHOD_NOT_ALLOWED, "This page can only be looked at.")
                .allowing_get(),
        }
    }

    /// Exactly one `Host`, and a loopback one with our port: a name that was bent to this computer is refused.
    fn is_ours<B>(&self, request: &Request<B>) -> bool {
        let known = |name: &str| self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
        let mut named = request.headers().get_all(HOST).iter();
        let host = named.next().and_then(|h| h.to_str().ok());
        named.next().is_none()
            && host.is_some_and(known)
            && request.uri().authority().is_none_or(|a| known(a.as_str()))
    }

    async fn callback(self: &Arc<Self>, raw_query: &str) -> Reply {
        let query = CallbackQuery::parse(raw_query);
        let desk = self.clone();
        let asked = tokio::spawn(async move {
            let page = desk.door.callback(query).await;
            desk.keep(page.clone());
            page
        });
        let page = match tokio::time::timeout(self.bounds.door, asked).await {
            Ok(Ok(page)) => page,
            Ok(Err(_)) => self.kept(Page::Failed { sentence: page::BROKEN.into() }),
            Err(_) => self.kept(Page::StillWorking { provider: self.door.provider_name() }),
        };
        Reply::page(page.status(), &page).leading_to(&self.done, 0)
    }

    fn done(&self) -> Reply {
        let Some(page) = self.shown.borrow().page.clone() else { return Reply::nothing_here() };
        let reply = Reply::page(StatusCode::OK, &page);
        if page.rank() == page::Rank::Working {
            return reply.leading_to(&self.done, 2);
        }
        reply
    }

    fn kept(&self, page: Page) -> Page {
        self.keep(page.clone());
        page
    }

    /// A stray callback never takes the place of an attempt's own outcome.
    fn keep(&self, page: Page) {
        self.shown.send_modify(|s| {
            if s.page.as_ref().is_none_or(|old| old.rank() <= page.rank()) {
                s.page = Some(page);
            }
        });
    }
}

/// The names a browser on this computer may use for this port.
fn hosts(port: u16) -> Vec<String> {
    let names = ["127.0.0.1", "localhost", "[::1]"];
    let bare = names.iter().filter(|_| port == 80).map(|n| (*n).to_owned());
    names.iter().map(|n| format!("{n}:{port}")).chain(bare).collect()
}

/// An answer before it is written.
#[derive(Clone)]
pub(super) struct Reply {
    status: StatusCode,
    body: String,
    headers: HeaderMap,
}

impl Reply {
    fn page(status: StatusCode, page: &Page) -> Self {
        Self::html(status, page.html())
    }

    /// A page of one sentence, for whoever is wrong here.
    fn short(status: StatusCode, sentence: &str) -> Self {
        Self::html(status, page::bare(sentence))
    }

    fn nothing_here() -> Self {
        Self::short(StatusCode::NOT_FOUND, "There is nothing at this address.")
    }

    /// For a request line that is too long.
    pub(super) fn unreadable() -> Self {
        Self::page(Page::Malformed.status(), &Page::Malformed)
    }

    /// For header fields that are too long.
    pub(super) fn too_large() -> Self {
        Self::short(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "The browser sent more than this page can take.",
        )
    }

    fn html(status: StatusCode, body: String) -> Self {
        let mut headers = HeaderMap::new();
        let policy = HeaderValue::from_str(page::content_policy()).expect("the policy is plain ASCII");
        headers.insert("content-security-policy", policy);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Self { status, body, headers }
    }

    fn allowing_get(mut self) -> Self {
        self.headers.insert(ALLOW, HeaderValue::from_static("GET"));
        self
    }

    /// Sends the browser on to our own path; never anywhere else.
    fn leading_to(mut self, path: &str, seconds: u8) -> Self {
        // The path comes out of a parsed URL, so it is plain ASCII; were it not, the page would simply stay.
        if let Ok(value) = HeaderValue::from_str(&format!("{seconds}; url={path}")) {
            self.headers.insert("refresh", value);
        }
        self
    }

    pub(super) fn into_http(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
