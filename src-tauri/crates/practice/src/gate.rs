//! What every request passes before its endpoint: the routes, the bounds, the faults of connection and answer,
//! and the log. Faults of meaning (a wrong code, a bad id_token) are played by the endpoints themselves.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bowline_base::Wall;
use serde_json::json;

use crate::book::Entry;
use crate::faults::{BodyCase, CutPoint, DiscoveryCase, ErrorShape, Fault, RetryAfter, Route};
use crate::provider::{Form, Provider, Refusal, Told, basic};
use crate::wire::{Cut, Ending};
use crate::{authorize, control, device, identity, manage, token};

/// The largest body a request may have.
const MAX_BODY: usize = 128 * 1024;
/// The largest answer that a `cut` is played on: far above any that the provider gives but `huge` ones.
const MAX_CUT: usize = 4 * 1024 * 1024;
/// The longest word that is kept in the log.
const MAX_WORD: usize = 200;

/// All paths of the provider.
pub(crate) fn router(provider: Arc<Provider>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(identity::metadata))
        .route("/.well-known/oauth-authorization-server", get(identity::metadata))
        .route("/authorize", get(authorize::ask))
        .route("/authorize/decision", post(authorize::decide))
        .route("/authorize/cancel", post(authorize::cancel))
        .route("/token", post(token::answer))
        .route("/device_authorization", post(device::begin))
        .route("/device", get(device::page).post(device::enter))
        .route("/revoke", post(manage::revoke))
        .route("/introspect", post(manage::introspect))
        .route("/register", post(manage::register))
        .route("/userinfo", get(identity::userinfo))
        .route("/jwks", get(identity::jwks))
        .route("/_practice", get(control::tell).post(control::order))
        .fallback(async || (StatusCode::NOT_FOUND, "nothing is here\n"))
        .layer(from_fn_with_state(provider.clone(), pass))
        .with_state(provider)
}

/// What a request asks for, in terms of the faults.
fn route_of(path: &str) -> Route {
    match path {
        "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" => Route::Discovery,
        "/authorize" | "/authorize/decision" | "/authorize/cancel" => Route::Authorize,
        "/token" => Route::Token,
        "/device_authorization" => Route::DeviceAuthorization,
        "/device" => Route::Device,
        "/revoke" => Route::Revoke,
        "/introspect" => Route::Introspect,
        "/register" => Route::Register,
        "/userinfo" => Route::Userinfo,
        "/jwks" => Route::Jwks,
        "/_practice" => Route::Control,
        _ => Route::Other,
    }
}

/// A request's body, read once and within its bound.
#[derive(Clone)]
pub(crate) struct Posted {
    pub(crate) form: Form,
    pub(crate) bytes: Bytes,
}

impl<S: Sync> FromRequestParts<S> for Posted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let nothing = || Posted { form: Form::default(), bytes: Bytes::new() };
        Ok(parts.extensions.remove().unwrap_or_else(nothing))
    }
}

/// Set on a request while discovery must name addresses that fail (`tls`).
#[derive(Clone, Copy)]
pub(crate) struct TlsOnly;

/// One request on its way through the gate.
struct Passage {
    provider: Arc<Provider>,
    route: Route,
    cut: Option<Cut>,
    entry: Entry,
}

async fn pass(State(provider): State<Arc<Provider>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let route = route_of(parts.uri.path());
    let cut = parts.extensions.remove::<Cut>();
    let bytes = to_bytes(body, MAX_BODY).await;
    let posted = Posted {
        form: bytes.as_deref().map(Form::parse).unwrap_or_default(),
        bytes: bytes.as_ref().cloned().unwrap_or_default(),
    };
    let entry = entry(&provider, route, &parts, &posted);
    if route == Route::Token {
        provider.book().count(entry.grant_type.as_deref());
    }
    let passage = Passage { provider: provider.clone(), route, cut, entry };
    let bounds = match bytes {
        Err(_) => Some(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(_) if !own_host(&parts.headers, provider.port) => Some(StatusCode::MISDIRECTED_REQUEST),
        Ok(_) => None,
    };
    if let Some(status) = bounds {
        return passage.done(status.into_response());
    }
    parts.extensions.insert(posted);
    passage.play(Request::from_parts(parts, Body::empty()), next).await
}

/// Only our own names: a page in a browser that resolves its name to this computer is not let in.
fn own_host(headers: &HeaderMap, port: u16) -> bool {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host == format!("{name}:{port}"))
}

/// The log's entry so far; status and error are added when the answer is known.
fn entry(provider: &Provider, route: Route, parts: &Parts, posted: &Posted) -> Entry {
    let header = basic(&parts.headers);
    let secret_posted = posted.form.value("client_secret").is_some();
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let form_client = posted.form.value("client_id").or(query.value("client_id"));
    let is_form = route != Route::Control && route != Route::Register;
    Entry {
        at: provider.now(),
        route: route.as_str(),
        method: parts.method.as_str().chars().take(20).collect(),
        grant_type: posted.form.value("grant_type").map(short),
        status: None,
        error: None,
        client: header.as_ref().map(|(id, _)| id.as_str()).or(form_client).map(short),
        auth: match (header.is_some(), secret_posted) {
            (true, true) => "basic+post",
            (true, false) => "basic",
            (false, true) => "post",
            (false, false) => "none",
        },
        params: if is_form { posted.form.names().map(short).collect() } else { Vec::new() },
        query: query.names().map(short).collect(),
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_WORD).collect()
}

impl Passage {
    /// Plays what is to be played here, or lets the request through.
    async fn play(self, mut request: Request, next: Next) -> Response {
        let late = self.strike(|f| if let Fault::Slow(time) = f { Some(*time) } else { None });
        let quota = self.strike(|f| if let Fault::Quota(seconds) = f { Some(*seconds) } else { None });
        let fault = self.strike(|f| is_of_the_wire(f).then(|| f.clone()));
        self.wait(late).await;
        let head = request.method() == Method::HEAD;
        if fault == Some(Fault::Tls) {
            request.extensions_mut().insert(TlsOnly);
        }
        let mut response = match &fault {
            Some(Fault::Refuse) => return self.end(Ending::Close(Vec::new())).await,
            Some(Fault::Reset) => return self.end(Ending::Reset).await,
            Some(Fault::Hang) => return self.hang().await,
            Some(fault) => match instead(fault, self.route, self.provider.now()) {
                Some(response) => response,
                None => next.run(request).await,
            },
            None => next.run(request).await,
        };
        match fault {
            Some(Fault::Swallow) => return self.hang().await,
            Some(Fault::Cut(point)) if !head => return self.cut_off(response, point).await,
            _ => {}
        }
        if let Some(seconds) = quota {
            say_quota(response.headers_mut(), seconds);
        }
        self.done(response)
    }

    fn strike<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.provider.book().plan.strike(self.route, pick)
    }

    async fn wait(&self, late: Option<Duration>) {
        if let Some(time) = late {
            self.provider.clock.sleep(time).await;
        }
    }

    /// The answer with the headers that all have, written to the log.
    fn done(mut self, mut response: Response) -> Response {
        harden(response.headers_mut());
        self.entry.status = Some(response.status().as_u16());
        self.entry.error = response.extensions().get::<Told>().map(|told| short(&told.0));
        self.provider.book().write(self.entry);
        response
    }

    /// Ends the connection without a word.
    async fn end(self, ending: Ending) -> Response {
        self.provider.book().write(self.entry);
        match self.cut {
            Some(cut) => match cut.end(ending).await {},
            None => std::future::pending().await,
        }
    }

    /// Keeps the client waiting until it leaves.
    async fn hang(self) -> Response {
        self.provider.book().write(self.entry);
        std::future::pending().await
    }

    /// Sends the answer up to a point, then ends the connection.
    async fn cut_off(self, mut response: Response, point: CutPoint) -> Response {
        harden(response.headers_mut());
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MAX_CUT).await.unwrap_or_default();
        let mut raw = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", parts.status, body.len()).into_bytes();
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
            raw.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        raw.extend(b"\r\n");
        match point {
            CutPoint::FirstByte => raw.truncate(1),
            CutPoint::Headers => {}
            CutPoint::MidBody => raw.extend(&body[..body.len() / 2]),
            CutPoint::AfterBody => raw.extend(&body),
        }
        self.end(Ending::Close(raw)).await
    }
}

/// The faults that are played here rather than by an endpoint.
fn is_of_the_wire(fault: &Fault) -> bool {
    let of_the_connection = matches!(
        fault,
        Fault::Refuse | Fault::Reset | Fault::Hang | Fault::Swallow | Fault::Tls | Fault::Cut(_)
    );
    let of_the_answer = matches!(
        fault,
        Fault::Status { .. }
            | Fault::Body(_)
            | Fault::TooMany(_)
            | Fault::ErrorShape(_)
            | Fault::Error(_)
            | Fault::Discovery(DiscoveryCase::Missing)
    );
    of_the_connection || of_the_answer
}

/// The answer that is given instead of the endpoint's own; nothing is spent.
fn instead(fault: &Fault, route: Route, now: Wall) -> Option<Response> {
    Some(match fault {
        Fault::Tls if route == Route::Discovery => return None,
        Fault::Tls => (StatusCode::BAD_REQUEST, "this port speaks TLS only\n").into_response(),
        Fault::Status { code, body } => with_status(*code, body.as_deref()),
        Fault::Body(case) => odd_body(*case),
        Fault::TooMany(after) => too_many(*after, now),
        Fault::ErrorShape(shape) => odd_refusal(*shape),
        Fault::Error(word) => Refusal::new(word, "this failure is being practised").into_response(),
        Fault::Discovery(DiscoveryCase::Missing) => StatusCode::NOT_FOUND.into_response(),
        _ => return None,
    })
}

fn with_status(code: u16, body: Option<&str>) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let Some(body) = body else { return status.into_response() };
    let is_word = !body.is_empty() && body.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_word {
        let refusal = Refusal::new(body, "this failure is being practised");
        return Refusal { status, ..refusal }.into_response();
    }
    let kind = match body.trim_start().bytes().next() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "text/html; charset=utf-8",
        Some(_) if body.contains('=') && !body.contains(' ') => "application/x-www-form-urlencoded",
        _ => "text/plain; charset=utf-8",
    };
    (status, [(header::CONTENT_TYPE, kind)], body.to_owned()).into_response()
}

fn odd_body(case: BodyCase) -> Response {
    let kind = if case == BodyCase::Html { "text/html; charset=utf-8" } else { "application/json" };
    let body = match case {
        BodyCase::Html => "<!doctype html><title>Welcome</title><h1>Sign in to the hotel's network</h1>",
        BodyCase::Malformed => "{\"access_token\": oops, \"token_type\" \"Bearer\"",
        BodyCase::Truncated => "{\"access_token\":\"prac_at_cut\",\"token_type\":\"Bea",
        BodyCase::Empty => "",
        BodyCase::Bom => {
            "\u{feff}{\"access_token\":\"prac_at_bom\",\"token_type\":\"Bearer\",\"expires_in\":60}"
        }
        BodyCase::Array => "[\"prac_at_array\",\"Bearer\",60]",
        BodyCase::Braces => "{}",
    };
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn odd_refusal(shape: ErrorShape) -> Response {
    let json = |status: StatusCode, body| (status, Json(body)).into_response();
    match shape {
        ErrorShape::Github => json(
            StatusCode::OK,
            json!({"error": "bad_refresh_token",
                   "error_description": "The refresh token passed is incorrect or expired.",
                   "error_uri": "https://docs.practice.example/"}),
        ),
        ErrorShape::Form => (
            StatusCode::BAD_REQUEST,
            [(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")],
            "error=invalid_grant&error_description=refresh+token+revoked",
        )
            .into_response(),
        ErrorShape::Nested => json(
            StatusCode::BAD_REQUEST,
            json!({"error": {"code": "invalid_grant", "message": "refresh token revoked", "status": 400}}),
        ),
        ErrorShape::Number => {
            json(StatusCode::BAD_REQUEST, json!({"error": 123, "message": "something is wrong"}))
        }
        ErrorShape::Markup => json(
            StatusCode::BAD_REQUEST,
            json!({"error": "practice_markup",
                   "error_description": format!("<b>Bad</b>\n\u{202e}grant for {}", "prac_at_".repeat(8))}),
        ),
    }
}

fn too_many(after: RetryAfter, now: Wall) -> Response {
    let refusal = Refusal::new("rate_limited", "too many requests");
    let mut response = Refusal { status: StatusCode::TOO_MANY_REQUESTS, ..refusal }.into_response();
    let value = match after {
        RetryAfter::Unsaid => return response,
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::Date(seconds) => {
            let at = u64::try_from((now + Duration::from_secs(seconds)).unix_s()).unwrap_or(0);
            httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at))
        }
    };
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// Says in both common ways that nothing is left (row F-58).
fn say_quota(headers: &mut HeaderMap, seconds: u64) {
    headers.insert(HeaderName::from_static("x-ratelimit-remaining"), HeaderValue::from_static("0"));
    headers.insert(HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(seconds));
    if let Ok(value) = HeaderValue::from_str(&format!("\"practice\";r=0;t={seconds}")) {
        headers.insert(HeaderName::from_static("ratelimit"), value);
    }
}

/// What every answer carries: nothing is kept, guessed, framed or told on.
fn harden(headers: &mut HeaderMap) {
    let always = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let closed = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, closed);
    }
}
