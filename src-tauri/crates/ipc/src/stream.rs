//! Server-sent events: what changed, as far as the caller may see it. A stream holds no token, and one that falls
//! behind misses events rather than holding anybody up.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bowline_engine::Caller;
use bowline_engine::event::Event;
use bowline_wire::events::{
    AccountRemovedEvent, AccountStatusEvent, AccountTokenEvent, AppEvent, Event as Told,
};
use bowline_wire::shapes::RequestView;
use futures_util::stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::Door;
use crate::views;
use crate::views::figures;

/// A comment line so often, so that a dead connection is noticed and its memory freed.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// The stream of a caller's events, from now on.
pub fn events(door: &Arc<Door>, caller: Caller) -> Response {
    let watcher = Watcher { door: Arc::clone(door), caller, events: door.engine.events().watch() };
    // A first comment, so that the client knows the stream is open.
    let opened = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b": open\n\n")) });
    let rest = stream::unfold(watcher, |mut watcher| async move {
        let frame = watcher.next().await?;
        Some((Ok(Bytes::from(frame)), watcher))
    });
    let mut response = Response::new(Body::from_stream(futures_util::StreamExt::chain(opened, rest)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

struct Watcher {
    door: Arc<Door>,
    caller: Caller,
    events: Receiver<Event>,
}

impl Watcher {
    /// The next frame for this caller; `None` at the agent's end, and when the caller's access was taken back.
    async fn next(&mut self) -> Option<String> {
        while self.door.engine.still_stands(&self.caller) {
            let event = tokio::select! {
                event = self.events.recv() => event,
                () = tokio::time::sleep(KEEP_ALIVE) => return Some(": still here\n\n".to_owned()),
            };
            match event {
                Ok(event) => {
                    if let Some(told) = self.told(&event) {
                        return Some(told.frame());
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
        None
    }

    /// The event in wire's shape, if this caller may see it.
    fn told(&self, event: &Event) -> Option<Told> {
        let engine = &self.door.engine;
        match event {
            Event::AccountStatus { account, .. } => self.may_see(account).then(|| {
                let view = engine.sight_of(account).map(|s| views::account(&s));
                Told::AccountStatus(AccountStatusEvent {
                    account: account.to_string(),
                    status: view.as_ref().map(|v| v.status.clone()).unwrap_or_default(),
                    reason: view.as_ref().and_then(|v| v.reason.clone()),
                    action: view.as_ref().and_then(|v| v.action.clone()),
                    standing_in: view.as_ref().and_then(|v| v.standing_in.clone()),
                    message: view.map(|v| v.message).unwrap_or_default(),
                })
            }),
            Event::AccountToken { account } => self.may_see(account).then(|| {
                let expires_at =
                    engine.sight_of(account).and_then(|s| views::time(s.health.access_expires_at));
                Told::AccountToken(AccountTokenEvent { account: account.to_string(), expires_at })
            }),
            Event::AccountRemoved { account } => self
                .may_see(account)
                .then(|| Told::AccountRemoved(AccountRemovedEvent { account: account.to_string() })),
            Event::Request { request, state, account, app } => {
                let own = self.caller.is_owner() || (app.is_some() && app.as_ref() == self.caller.app_id());
                own.then(|| {
                    if let Some(question) = engine.emergency_question(request) {
                        return Told::Request(Box::new(RequestView {
                            state: (*state).to_owned(),
                            ..views::emergency_question(&question)
                        }));
                    }
                    if let Some(question) = engine.program_question(request) {
                        return Told::Request(Box::new(RequestView {
                            state: (*state).to_owned(),
                            ..views::program_question(&question)
                        }));
                    }
                    Told::Request(Box::new(RequestView {
                        request: request.to_string(),
                        state: (*state).to_owned(),
                        account: account.as_ref().map(ToString::to_string),
                        app: app.as_ref().map(ToString::to_string),
                        ..RequestView::default()
                    }))
                })
            }
            Event::Alert(alert) => self.caller.is_owner().then(|| Told::Alert(figures::alert(alert))),
            Event::App { app, request, name, what } => self.caller.is_owner().then(|| {
                Told::App(
                    what,
                    AppEvent {
                        app: app.as_ref().map(ToString::to_string),
                        request: request.as_ref().map(ToString::to_string),
                        name: name.to_string(),
                    },
                )
            }),
        }
    }

    fn may_see(&self, account: &bowline_base::AccountId) -> bool {
        self.caller.as_app().is_none_or(|app| app.may_see(account, self.door.engine.now()))
    }
}
