//! Questions to the person, and the apps that were let in.

use bowline_wire::client::path;
use bowline_wire::shapes::{AnswerBody, AppRequestView, AppRevokedView, ApproveBody, AppsView, RequestView};

use super::{Given, ask, work};
use crate::convert;
use crate::view::{Answer, App, Problem, Term};

/// The apps, and what each may read.
#[tauri::command]
pub async fn apps(desk: Given<'_>) -> Result<Vec<App>, Problem> {
    work(&desk, |desk| {
        let all: AppsView = desk.link.client().get("/v1/apps").send()?;
        let shown = all.apps.iter().map(convert::app).collect();
        desk.book.open().set_apps(all.apps);
        Ok(shown)
    })
    .await
}

/// Answers a question of a program, or one about reconnecting.
#[tauri::command]
pub async fn answer(
    desk: Given<'_>,
    request: String,
    answer: Answer,
    term: Option<Term>,
) -> Result<(), Problem> {
    let answer = match answer {
        Answer::Allow => "allow",
        Answer::Deny => "deny",
        Answer::Block => "block",
    };
    let term = term.map(|term| match term {
        Term::Once => "once",
        Term::Hour => "1h",
        Term::Revoked => "revoked",
    });
    let body = AnswerBody { answer: answer.to_owned(), for_: term.map(str::to_owned) };
    ask(&desk, move |client| {
        client.post(path(["requests", &request, "answer"])).body(&body).send::<RequestView>()
    })
    .await
    .map(drop)
}

/// Lets an app in, for these accounts.
#[tauri::command(rename_all = "snake_case")]
pub async fn approve_app(
    desk: Given<'_>,
    request: String,
    accounts: Vec<String>,
    expires_in_s: Option<u64>,
) -> Result<(), Problem> {
    let body = ApproveBody { accounts, expires_in: expires_in_s };
    ask(&desk, move |client| {
        client.post(path(["apps", "requests", &request, "approve"])).body(&body).send::<AppRequestView>()
    })
    .await
    .map(drop)
}

/// Says no to an app.
#[tauri::command]
pub async fn deny_app(desk: Given<'_>, request: String) -> Result<(), Problem> {
    ask(&desk, move |client| {
        client.post(path(["apps", "requests", &request, "deny"])).send::<AppRequestView>()
    })
    .await
    .map(drop)
}

/// Takes an app's access away.
#[tauri::command]
pub async fn revoke_app(desk: Given<'_>, app: String) -> Result<(), Problem> {
    ask(&desk, move |client| client.delete(path(["apps", &app])).send::<AppRevokedView>()).await.map(drop)
}
