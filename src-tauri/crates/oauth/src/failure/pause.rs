//! How long a provider asks to be left alone: `Retry-After` and its relatives (RFC 9110 §10.2.3).

use std::time::{Duration, SystemTime};

use bowline_base::Wall;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use serde_json::Value;

/// After a 429 that names no time (F-27).
pub const WHEN_NOTHING_IS_SAID: Duration = Duration::from_secs(60);
/// No provider is left alone for longer on its word alone: a slip of its clock must not end an account.
pub const LONGEST: Duration = Duration::from_secs(86_400);

/// The pause an answer asks for: `Retry-After` as seconds or date, `retry_after` in the body (Discord), or the
/// reset of a quota that is used up. Rounded up to whole seconds only where the provider did so.
pub fn asked_for(headers: &HeaderMap, body: &[u8], now: Wall) -> Option<Duration> {
    let said = retry_after(headers, now).or_else(|| in_body(body)).or_else(|| quota(headers, now));
    said.map(|pause| pause.min(LONGEST))
}

/// The wait until a quota is filled again, when the answer, good or bad, says that nothing is left (F-58).
pub fn quota(headers: &HeaderMap, now: Wall) -> Option<Duration> {
    const NAMES: &[(&str, &str)] = &[
        ("ratelimit-remaining", "ratelimit-reset"),
        ("x-ratelimit-remaining", "x-ratelimit-reset"),
        ("x-rate-limit-remaining", "x-rate-limit-reset"),
    ];
    let number =
        |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let (_, reset) = NAMES.iter().find(|(remaining, _)| number(remaining).is_some_and(|left| left < 1.0))?;
    let reset = number(reset)?.max(0.0);
    // A reset is a number of seconds at some and a time of day at others; no pause lasts thirty years.
    let seconds = if reset > 1e9 { reset - told_time(headers, now).unix_ms() as f64 / 1000.0 } else { reset };
    Some(seconds_of(seconds).min(LONGEST))
}

/// True when the headers say that a limit was hit.
pub(super) fn is_limited(headers: &HeaderMap) -> bool {
    headers.contains_key(RETRY_AFTER) || quota(headers, Wall::from_unix_ms(0)).is_some()
}

fn retry_after(headers: &HeaderMap, now: Wall) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then(|| seconds_of(seconds));
    }
    let at = wall(httpdate::parse_http_date(text).ok()?)?;
    Some(at.since(told_time(headers, now)))
}

/// What time the provider thinks it is: its own dates are measured against its own clock.
fn told_time(headers: &HeaderMap, now: Wall) -> Wall {
    let date =
        headers.get(DATE).and_then(|d| d.to_str().ok()).and_then(|d| httpdate::parse_http_date(d).ok());
    date.and_then(wall).unwrap_or(now)
}

fn wall(time: SystemTime) -> Option<Wall> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Wall::from_unix_ms)
}

fn in_body(body: &[u8]) -> Option<Duration> {
    // Parsed a second time, because it is read only when something has already gone wrong.
    let document: Value = serde_json::from_slice(body).ok()?;
    let seconds = document.get("retry_after")?.as_f64()?;
    (seconds >= 0.0).then(|| seconds_of(seconds))
}

fn seconds_of(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())).unwrap_or(LONGEST)
}
