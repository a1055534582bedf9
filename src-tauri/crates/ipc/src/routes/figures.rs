//! Verbs about what is counted, and the watch over programs that cannot take a newer token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bowline_engine::figures::history::Range;
use bowline_engine::serve::Served;
use bowline_wire::problem::{Code, Problem};
use bowline_wire::verbs::METRICS_TYPE;

use super::{Answered, Call, Door, invalid, json, refused};
use crate::views;

/// So many programs are watched at once; more are served all the same, and not watched.
const MOST_WATCHED: usize = 256;
/// A program that ends together with its token has not outlived it.
const GRACE: Duration = Duration::from_secs(1);

/// How many programs are watched.
static WATCHED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn metrics(door: &Door, call: &Call) -> Answered {
    if call.caller()?.as_app().is_some_and(|app| !app.metrics) {
        let detail = "the owner has not allowed this app to see the metrics: ask with POST /v1/apps, with \
                      \"metrics\":true among its wants";
        return Err(Problem::new(Code::ApprovalRequired, detail));
    }
    let mut response = Response::new(Body::from(door.engine.metrics()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(METRICS_TYPE));
    Ok(response)
}

pub(super) fn alerts(door: &Door) -> Answered {
    json(&views::figures::alerts(&door.engine))
}

pub(super) async fn history(door: &Arc<Door>, call: &Call) -> Answered {
    let word = call.query("range")?.unwrap_or(Range::Day.as_str());
    let range = Range::parse(word).ok_or_else(|| invalid("`range` has to be 24h, 7d or 30d"))?;
    let history = door.engine.history(range).await.map_err(refused)?;
    json(&views::figures::history(&door.engine, &history))
}

/// Looks, once its token has ended, whether the program at the other end still runs: it was started with this token
/// and cannot take another (F-49). Where the program cannot be told, nothing is watched.
pub(super) fn watch_over(door: &Arc<Door>, call: &Call, served: &Served) {
    let Some(pid) = call.peer().pid else { return };
    let Some((end, born)) = served.living.expires_at.zip(door.host.born(pid)) else { return };
    let Some(place) = Watched::take() else { return };
    let (door, wait) = (Arc::clone(door), end.since(served.now) + GRACE);
    tokio::spawn(async move {
        door.engine.wait(wait).await;
        if door.host.born(pid) == Some(born) {
            let program = door.host.program(pid);
            tracing::warn!(program = program.as_deref(), "a program has outlived its token");
            door.engine.outlived_its_token(program.as_deref());
        }
        drop(place);
    });
}

/// One of the programs that are watched.
struct Watched;

impl Watched {
    fn take() -> Option<Self> {
        let room = |n: usize| (n < MOST_WATCHED).then_some(n + 1);
        WATCHED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok().then_some(Self)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        WATCHED.fetch_sub(1, Ordering::Relaxed);
    }
}
