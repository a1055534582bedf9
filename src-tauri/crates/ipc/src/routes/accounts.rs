//! Verbs about an account and its token.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use bowline_base::{Scope, ScopeSet};
use bowline_engine::emergency::EmergencyWish;
use bowline_engine::profile::Changes;
use bowline_engine::serve::Wanted;
use bowline_wire::problem::Problem;
use bowline_wire::shapes::{
    AccountsView, DisconnectedView, EmergencyBody, EmergencyEndedView, PatchAccountBody, ReconnectBody,
    RejectedBody,
};

use super::{Answered, Call, Door, figures, invalid, json, json_body, json_with, refused};
use crate::views;

pub(super) fn list(door: &Door, call: &Call) -> Answered {
    let accounts = door.engine.accounts_for(call.caller()?);
    json(&AccountsView { accounts: accounts.iter().map(views::account).collect() })
}

pub(super) fn one(door: &Door, call: &Call) -> Answered {
    let sight = door.engine.account(call.caller()?, call.path("sel")).map_err(refused)?;
    json(&views::account(&sight))
}

pub(super) async fn patch(door: &Arc<Door>, call: &Call) -> Answered {
    let body: PatchAccountBody = call.body()?;
    let (caller, selector) = (call.caller()?, call.path("sel"));
    // All is looked at before anything is changed. The account keeps its id whatever it is called.
    let id = door.engine.account(caller, selector).map_err(refused)?.account.id;
    let fallback = body.fallback.map(|other| other.filter(|other| !other.is_empty()));
    if let Some(other) = &fallback {
        door.engine.may_name_fallback(id.as_str(), other.as_deref()).map_err(refused)?;
    }
    let changes = Changes { label: body.label, paused: body.paused };
    let mut sight = door.engine.change_account(caller, id.as_str(), changes).await.map_err(refused)?;
    if let Some(other) = &fallback {
        let named = door.engine.name_fallback(caller, id.as_str(), other.as_deref()).await;
        sight = named.map_err(refused)?;
    }
    json(&views::account(&sight))
}

pub(super) async fn start_emergency(door: &Arc<Door>, call: &Call) -> Answered {
    let EmergencyBody { secret, reason, duration_s } = call.body()?;
    let wish = EmergencyWish { secret, reason, lasts: Duration::from_secs(duration_s) };
    let question = door.engine.ask_for_emergency(call.caller()?, call.path("sel"), wish).await;
    json_with(StatusCode::ACCEPTED, &views::emergency_question(&*question.map_err(refused)?))
}

pub(super) async fn end_emergency(door: &Arc<Door>, call: &Call) -> Answered {
    let (caller, selector) = (call.caller()?, call.path("sel"));
    let account = door.engine.account(caller, selector).map_err(refused)?.account.id;
    let ended = door.engine.end_emergency(caller, account.as_str()).await.map_err(refused)?;
    json(&EmergencyEndedView { account: account.to_string(), ended })
}

pub(super) async fn disconnect(door: &Arc<Door>, call: &Call) -> Answered {
    let local_only = call.flag("local_only")?;
    let engine = Arc::clone(&door.engine);
    let (caller, selector) = (call.caller()?.clone(), call.path("sel").to_owned());
    // On a task of its own: a caller who hangs up does not leave an account half gone.
    let gone = tokio::spawn(async move { engine.disconnect(&caller, &selector, local_only).await }).await;
    let revoked_at_provider = gone.map_err(|_| internal())?.map_err(refused)?;
    json(&DisconnectedView { revoked_at_provider })
}

pub(super) async fn token(door: &Arc<Door>, call: &Call) -> Answered {
    let wanted = wanted(call)?;
    let served = door.engine.token(call.caller()?, call.path("sel"), &wanted).await.map_err(refused)?;
    if call.flag("frozen")? {
        figures::watch_over(door, call, &served);
    }
    Ok(json_body(StatusCode::OK, views::token_json(&served)))
}

pub(super) async fn rejected(door: &Arc<Door>, call: &Call) -> Answered {
    let body: RejectedBody = call.body()?;
    let is_hash = body.sha256.len() == 64 && body.sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hash {
        return Err(invalid(
            "`sha256` has to be 64 hexadecimal digits: the SHA-256 of the token, never the token",
        ));
    }
    let served = door.engine.token_rejected(call.caller()?, call.path("sel"), &body.sha256).await;
    json(&views::token(&served.map_err(refused)?))
}

pub(super) async fn refresh(door: &Arc<Door>, call: &Call) -> Answered {
    let selector = call.path("sel");
    door.engine.refresh_now(selector).await.map_err(refused)?;
    json(&views::account(&door.engine.account(call.caller()?, selector).map_err(refused)?))
}

pub(super) fn reconnect(door: &Door, call: &Call) -> Answered {
    let body: ReconnectBody = call.body()?;
    let question = door
        .engine
        .ask_to_reconnect(call.caller()?, call.path("sel"), body.because.as_deref())
        .map_err(refused)?;
    json(&views::question(&question))
}

fn wanted(call: &Call) -> Result<Wanted, Problem> {
    let scope = |text: &str| {
        Scope::parse(text).ok_or_else(|| invalid("`scope` has to be one scope; repeat it for more"))
    };
    let scopes: Vec<Scope> = call.query_all("scope").map(scope).collect::<Result<_, _>>()?;
    Ok(Wanted {
        min_ttl: call.number("min_ttl")?.map(Duration::from_secs),
        scopes: scopes.into_iter().collect::<ScopeSet>(),
    })
}

fn internal() -> Problem {
    Problem::new(
        bowline_wire::problem::Code::Internal,
        "something went wrong inside Bowline: see its log, then try again",
    )
}
