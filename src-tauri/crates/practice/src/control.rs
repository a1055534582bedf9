//! `/_practice`: what is played, changed while it runs; and what was asked, for whoever looks on. No fault ever
//! strikes it. A web page cannot use it: whatever comes with an `Origin` is refused.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::book::{Book, Ended, Entry};
use crate::faults::FaultRule;
use crate::faults::plan::{MAX_RULES, Plan};
use crate::gate::Posted;
use crate::people::Person;
use crate::provider::Provider;
use crate::record;

/// The longest lifetime that can be set, in seconds: ten years.
const MAX_TTL: u64 = 315_360_000;

type Answer = (StatusCode, Json<Value>);

/// One change, read and found sound before any is made.
enum Order {
    Play(Vec<FaultRule>),
    Revoke(Option<Person>),
    AccessTtl(Duration),
    GrantTtl(Option<Duration>),
    Rotate(bool),
    RotateGrace(Duration),
    Release,
    ClearLog,
}

/// `GET /_practice`.
pub(crate) async fn tell(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Answer {
    match foreign(&headers) {
        Some(answer) => answer,
        None => (StatusCode::OK, Json(state(&provider))),
    }
}

/// `POST /_practice`: all of it is done, or, when one thing cannot be read, nothing.
pub(crate) async fn order(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    posted: Posted,
) -> Answer {
    if let Some(answer) = foreign(&headers) {
        return answer;
    }
    match read(&posted.bytes) {
        Ok(orders) => {
            let revoked = carry_out(&provider, orders);
            let mut told = state(&provider);
            if let Some(revoked) = revoked {
                told["revoked"] = revoked.into();
            }
            (StatusCode::OK, Json(told))
        }
        Err(problem) => wrong(&problem),
    }
}

fn wrong(problem: &str) -> Answer {
    (StatusCode::BAD_REQUEST, Json(json!({"error": problem})))
}

fn foreign(headers: &HeaderMap) -> Option<Answer> {
    let foreign = headers.contains_key(header::ORIGIN)
        || headers.get("sec-fetch-site").is_some_and(|site| site != "none" && site != "same-origin");
    foreign.then(|| {
        (StatusCode::FORBIDDEN, Json(json!({"error": "a web page may not change what is practised"})))
    })
}

fn read(body: &[u8]) -> Result<Vec<Order>, String> {
    let asked: Map<String, Value> = serde_json::from_slice(body).map_err(|_| "the body is no JSON object")?;
    asked.iter().filter_map(|(name, value)| one(name, value).transpose()).collect()
}

fn one(name: &str, value: &Value) -> Result<Option<Order>, String> {
    let switched = |order| match value.as_bool() {
        Some(on) => Ok(on.then_some(order)),
        None => Err(format!("{name} must be true or false")),
    };
    match name {
        "fail" => rules(value).map(|rules| Some(Order::Play(rules))),
        "revoke" => revoke(value),
        "access_ttl" => seconds(name, value).map(|ttl| Some(Order::AccessTtl(ttl))),
        "grant_ttl" if value.is_null() => Ok(Some(Order::GrantTtl(None))),
        "grant_ttl" => seconds(name, value).map(|ttl| Some(Order::GrantTtl(Some(ttl)))),
        "rotate" => {
            value.as_bool().map(|on| Some(Order::Rotate(on))).ok_or("rotate must be true or false".into())
        }
        "rotate_grace" => seconds(name, value).map(|grace| Some(Order::RotateGrace(grace))),
        "release" => switched(Order::Release),
        "clear_log" => switched(Order::ClearLog),
        _ => Err(format!(
            "unknown order {:?}; known are fail, revoke, access_ttl, grant_ttl, rotate, rotate_grace, release, \
             clear_log",
            name.chars().take(60).collect::<String>()
        )),
    }
}

/// A mode, a list of modes, or null for none.
fn rules(value: &Value) -> Result<Vec<FaultRule>, String> {
    let list = match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    if list.len() > MAX_RULES {
        return Err(format!("more than {MAX_RULES} failure modes at once"));
    }
    let read = |mode: &Value| match mode.as_str() {
        Some(mode) => mode.parse().map_err(|e: crate::faults::UnknownFault| e.to_string()),
        None => Err("a failure mode is a text".to_owned()),
    };
    list.into_iter().map(read).collect()
}

fn revoke(value: &Value) -> Result<Option<Order>, String> {
    match value {
        Value::Bool(true) => Ok(Some(Order::Revoke(None))),
        Value::Bool(false) | Value::Null => Ok(None),
        Value::String(name) => {
            let person = Person::find(name).ok_or("revoke names nobody")?;
            Ok(Some(Order::Revoke(Some(person))))
        }
        _ => Err("revoke must be a person's name or true".into()),
    }
}

fn seconds(name: &str, value: &Value) -> Result<Duration, String> {
    let seconds = value.as_f64().filter(|s| *s >= 0.0 && *s <= MAX_TTL as f64);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| format!("{name} must be a number of seconds"))
}

/// Carries the orders out. Gives the number of grants that were revoked, if any were to be.
fn carry_out(provider: &Provider, orders: Vec<Order>) -> Option<usize> {
    let now = provider.now();
    let mut book = provider.book();
    let mut revoked = None;
    for order in orders {
        match order {
            Order::Play(rules) => book.plan = Plan::new(rules),
            Order::AccessTtl(ttl) => book.access_ttl = ttl,
            Order::GrantTtl(ttl) => book.grant_ttl = ttl,
            Order::Rotate(on) => book.rotate = on,
            Order::RotateGrace(grace) => book.rotate_grace = grace,
            Order::Release => provider.release.notify_waiters(),
            Order::ClearLog => book.log.clear(),
            Order::Revoke(person) => {
                let fits =
                    |g: &crate::book::Grant| person.as_ref().is_none_or(|p| g.person.subject == p.subject);
                revoked = Some(revoked.unwrap_or(0) + book.end(now, Ended::Revoked, fits));
            }
        }
    }
    revoked
}

fn state(provider: &Provider) -> Value {
    let now = provider.now();
    let book = provider.book();
    json!({
        "issuer": provider.issuer,
        "access_ttl": book.access_ttl.as_secs_f64(),
        "grant_ttl": book.grant_ttl.map(|ttl| ttl.as_secs_f64()),
        "rotate": book.rotate,
        "rotate_grace": book.rotate_grace.as_secs_f64(),
        "fail": book.plan.to_strings(),
        "token_requests": counts(&book),
        "live_grants": book.grants.values().filter(|g| g.is_live(now)).count(),
        "grants": record::newest(&book, now),
        "log": book.log.iter().map(line).collect::<Vec<_>>(),
    })
}

fn counts(book: &Book) -> Value {
    json!({
        "total": book.counts.total,
        "authorization_code": book.counts.authorization_code,
        "refresh_token": book.counts.refresh_token,
        "device_code": book.counts.device_code,
    })
}

fn line(entry: &Entry) -> Value {
    json!({
        "at": entry.at.to_string(),
        "at_ms": entry.at.unix_ms(),
        "route": entry.route,
        "method": entry.method,
        "grant_type": entry.grant_type,
        "status": entry.status,
        "error": entry.error,
        "client": entry.client,
        "auth": entry.auth,
        "params": entry.params,
        "query": entry.query,
    })
}
