//! Verbs about apps and about questions to the person.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use bowline_base::{AppId, RequestId, ScopeSet};
use bowline_engine::apps::{Answer, AppWish, Want};
use bowline_engine::programs::Verdict;
use bowline_wire::problem::{Code, Problem};
use bowline_wire::shapes::{
    AnswerBody, AppBody, AppRequestView, AppRevokedView, AppWantedView, ApproveBody, AppsView, RequestView,
    RequestsView, WantView,
};

use super::{Answered, Call, Door, invalid, json, json_with, refused};
use crate::views;

pub(super) async fn ask(door: &Arc<Door>, call: &Call) -> Answered {
    let body: AppBody = call.body()?;
    let wish =
        AppWish { name: body.name, wants: body.wants.into_iter().map(want).collect(), because: body.because };
    tracing::info!(program = call.peer().program.as_deref(), "an app asks for access");
    let asked = door.engine.ask_for_access(wish).await.map_err(refused)?;
    json_with(
        StatusCode::ACCEPTED,
        &AppWantedView {
            request: asked.pending.id.to_string(),
            code: asked.pending.code.clone(),
            poll_secret: asked.poll_secret,
            expires_at: asked.pending.expires_at.to_string(),
        },
    )
}

pub(super) async fn request(door: &Arc<Door>, call: &Call) -> Answered {
    let id = request_id(call)?;
    let key = call.key().ok_or_else(not_found)?;
    let (answer, app_key) = door.engine.app_answer(&id, key, call.wait()?).await.map_err(refused)?;
    let app = match &answer {
        Answer::Approved(id) => Some(id.to_string()),
        Answer::Pending | Answer::Denied | Answer::Expired => None,
    };
    json(&AppRequestView { request: id.to_string(), state: answer.as_str().to_owned(), app, app_key })
}

pub(super) async fn approve(door: &Arc<Door>, call: &Call) -> Answered {
    let body: ApproveBody = call.body()?;
    let id = request_id(call)?;
    let life = body.expires_in.map(Duration::from_secs);
    let app = door.engine.approve_app(call.caller()?, &id, &body.accounts, life).await.map_err(refused)?;
    json(&AppRequestView {
        request: id.to_string(),
        state: "approved".to_owned(),
        app: Some(app.face.id.to_string()),
        app_key: None,
    })
}

pub(super) async fn deny(door: &Arc<Door>, call: &Call) -> Answered {
    let id = request_id(call)?;
    door.engine.deny_app(call.caller()?, &id).await.map_err(refused)?;
    json(&AppRequestView { request: id.to_string(), state: "denied".to_owned(), app: None, app_key: None })
}

pub(super) fn list(door: &Door) -> Answered {
    let (apps, programs) = (door.engine.apps(), door.engine.programs());
    json(&AppsView { apps: apps.iter().map(views::app).chain(programs.iter().map(views::program)).collect() })
}

pub(super) async fn revoke(door: &Arc<Door>, call: &Call) -> Answered {
    let missing = || Problem::new(Code::NotFound, "there is no such app: see `bowline apps`");
    let id = AppId::parse(call.path("id")).ok_or_else(missing)?;
    door.engine.revoke_app(call.caller()?, &id).await.map_err(|error| match error {
        bowline_engine::EngineError::RequestNotFound { .. } => missing(),
        other => refused(other),
    })?;
    json(&AppRevokedView { app: id.to_string(), revoked: true })
}

pub(super) fn questions(door: &Door) -> Answered {
    let accounts = door.engine.questions().iter().map(|q| views::question(q)).collect::<Vec<_>>();
    let apps = door.engine.app_requests().iter().map(|p| views::app_question(p)).collect::<Vec<_>>();
    let programs = door.engine.program_questions();
    let programs = programs.iter().map(|q| views::program_question(q));
    let keys = door.engine.emergency_questions();
    let keys = keys.iter().map(|q| views::emergency_question(q));
    json(&RequestsView { requests: accounts.into_iter().chain(apps).chain(programs).chain(keys).collect() })
}

pub(super) async fn question(door: &Arc<Door>, call: &Call) -> Answered {
    let id = request_id(call)?;
    let caller = call.caller()?;
    if caller.is_owner()
        && let Some(pending) = door.engine.app_requests().iter().find(|p| p.id == id)
    {
        return json(&views::app_question(pending));
    }
    if caller.is_owner()
        && let Some(question) = door.engine.program_question(&id)
    {
        door.engine.program_answer(&question, call.wait()?).await;
        return json(&views::program_question(&question));
    }
    if caller.is_owner()
        && let Some(question) = door.engine.emergency_question(&id)
    {
        door.engine.emergency_answer(&question, call.wait()?).await;
        return json(&views::emergency_question(&question));
    }
    let question = door.engine.question(caller, &id, call.wait()?).await.map_err(refused)?;
    json(&views::question(&question))
}

/// The person's answer, to a question of any kind. Only "allow" for an account's question is not answered
/// here: the yes to a reconnect is to reconnect.
pub(super) async fn answer(door: &Arc<Door>, call: &Call) -> Answered {
    let body: AnswerBody = call.body()?;
    let id = request_id(call)?;
    if door.engine.program_question(&id).is_some() {
        let verdict = verdict(&body)?;
        let question = door.engine.answer_program(call.caller()?, &id, verdict).await.map_err(refused)?;
        return json(&views::program_question(&question));
    }
    if door.engine.emergency_question(&id).is_some() {
        let allow = is_yes(&body)?;
        let question = door.engine.answer_emergency(call.caller()?, &id, allow).await.map_err(refused)?;
        return json(&views::emergency_question(&question));
    }
    let of_app = door.engine.app_requests().into_iter().find(|p| p.id == id);
    let caller = call.caller()?;
    match (of_app, body.answer.as_str()) {
        (Some(pending), "allow") => {
            let life = body.for_.as_deref().map(lifetime).transpose()?.flatten();
            door.engine.approve_app(caller, &id, &[], life).await.map_err(refused)?;
            json(&views::app_question(&pending))
        }
        (Some(pending), "deny" | "block") => {
            door.engine.deny_app(caller, &id).await.map_err(refused)?;
            json(&views::app_question(&pending))
        }
        (None, "deny" | "block") => {
            let question: RequestView =
                views::question(&*door.engine.decline_question(&id).map_err(refused)?);
            json(&question)
        }
        (None, "allow") => {
            Err(invalid("the yes to this question is to reconnect the account: POST /v1/connect"))
        }
        _ => Err(invalid("`answer` has to be \"allow\", \"deny\" or \"block\"")),
    }
}

/// The answer to an emergency key, which is for the time that was asked for and no other.
fn is_yes(body: &AnswerBody) -> Result<bool, Problem> {
    match (body.answer.as_str(), &body.for_) {
        ("allow", None) => Ok(true),
        ("allow", Some(_)) => Err(invalid("an emergency key has its time already: leave `for` out")),
        ("deny" | "block", _) => Ok(false),
        _ => Err(invalid("`answer` has to be \"allow\", \"deny\" or \"block\"")),
    }
}

/// The answer to a program. Without a length of time, a yes is for the reads that wait.
fn verdict(body: &AnswerBody) -> Result<Verdict, Problem> {
    match (body.answer.as_str(), body.for_.as_deref()) {
        ("allow", None | Some("once")) => Ok(Verdict::Once),
        ("allow", Some("1h")) => Ok(Verdict::Hour),
        ("allow", Some("revoked")) => Ok(Verdict::UntilRevoked),
        ("allow", Some(_)) => Err(invalid("`for` has to be \"once\", \"1h\" or \"revoked\"")),
        ("deny", _) => Ok(Verdict::Deny),
        ("block", _) => Ok(Verdict::Block),
        _ => Err(invalid("`answer` has to be \"allow\", \"deny\" or \"block\"")),
    }
}

/// `1h` for an hour; nothing, or `revoked`, until it is revoked.
fn lifetime(text: &str) -> Result<Option<Duration>, Problem> {
    match text {
        "revoked" => Ok(None),
        "1h" => Ok(Some(Duration::from_secs(3600))),
        "1d" => Ok(Some(Duration::from_secs(86_400))),
        _ => Err(invalid("`for` has to be \"1h\", \"1d\" or \"revoked\"")),
    }
}

fn want(want: WantView) -> Want {
    let scopes = want
        .scopes
        .unwrap_or_default()
        .iter()
        .map(|s| ScopeSet::read(s))
        .fold(ScopeSet::default(), |a, b| a.union(&b));
    Want { provider: want.provider, account: want.account, scopes, metrics: want.metrics }
}

fn request_id(call: &Call) -> Result<RequestId, Problem> {
    RequestId::parse(call.path("id")).ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::new(Code::RequestNotFound, "there is no such request (any more): ask again")
}
