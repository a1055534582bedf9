//! Accounts: all of them at once, and what a person does with one.

use std::time::Duration;

use bowline_base::Secret;
use bowline_wire::client::path;
use bowline_wire::shapes::{
    AccountView, AccountsView, AnswerBody, AppsView, DisconnectedView, EmergencyBody, EmergencyEndedView,
    PatchAccountBody, ProvidersView, RequestView,
};
use bowline_wire::{Client, ClientError};

use super::figures::read_alerts;
use super::{Desk, Given, work};
use crate::view::{Account, AgentState, Disconnected, Problem, Snapshot};
use crate::{convert, events};

/// The agent asks the provider before it forgets; a provider that hangs is given this long.
const LEAVING: Duration = Duration::from_secs(40);

/// Everything the window shows at first. Without an agent that is an empty list and the word for it.
#[tauri::command]
pub async fn snapshot(desk: Given<'_>) -> Result<Snapshot, Problem> {
    work(&desk, |desk| match read_snapshot(desk) {
        Ok(snapshot) => Ok(snapshot),
        Err(_) if desk.link.is_starting() => Ok(empty(AgentState::Starting)),
        Err(error) => state_of(&error).map(empty).ok_or_else(|| Problem::from(error)),
    })
    .await
}

/// The same for the events.
///
/// # Errors
/// Where any part of it cannot be read: half a picture would be a wrong one.
pub fn read_snapshot(desk: &Desk) -> Result<Snapshot, ClientError> {
    let client = desk.link.client();
    learn_names(desk)?;
    let all: AccountsView = client.get("/v1/accounts").send()?;
    let vault = client.get("/v1/vault").send()?;
    let questions = events::read_questions(desk)?;
    let alerts = read_alerts(desk);
    let book = desk.book.open();
    Ok(Snapshot {
        agent: AgentState::Here,
        vault: Some(convert::vault(&vault)),
        accounts: all.accounts.iter().map(|each| convert::account(each, &book)).collect(),
        questions,
        alerts,
    })
}

/// What an error says of the agent; nothing where it answers, and only refuses or takes too long.
pub const fn state_of(error: &ClientError) -> Option<AgentState> {
    match error {
        ClientError::TooLarge | ClientError::Unreadable(_) => Some(AgentState::Mismatch),
        ClientError::NoAgent { .. } | ClientError::Io(_) => Some(AgentState::Gone),
        ClientError::Problem(_) | ClientError::TimedOut => None,
    }
}

const fn empty(agent: AgentState) -> Snapshot {
    Snapshot { agent, vault: None, accounts: Vec::new(), questions: Vec::new(), alerts: Vec::new() }
}

/// Learns the names of providers and apps anew.
pub fn learn_names(desk: &Desk) -> Result<(), ClientError> {
    let client = desk.link.client();
    let providers: ProvidersView = client.get("/v1/providers").send()?;
    let apps: AppsView = client.get("/v1/apps").send()?;
    let mut book = desk.book.open();
    book.set_providers(providers.providers);
    book.set_apps(apps.apps);
    Ok(())
}

/// One account as it is now.
pub fn read_account(desk: &Desk, id: &str) -> Result<Account, ClientError> {
    let seen: AccountView = desk.link.client().get(path(["accounts", id])).send()?;
    Ok(convert::account(&seen, &desk.book.open()))
}

/// Renews now.
#[tauri::command]
pub async fn refresh(desk: Given<'_>, account: String) -> Result<Account, Problem> {
    change(&desk, move |client| client.post(path(["accounts", &account, "refresh"])).send()).await
}

/// Gives the account another label.
#[tauri::command]
pub async fn rename(desk: Given<'_>, account: String, label: String) -> Result<Account, Problem> {
    let body = PatchAccountBody { label: Some(label), ..PatchAccountBody::default() };
    change(&desk, move |client| client.patch(path(["accounts", &account])).body(&body).send()).await
}

/// Pauses the account, or takes the pause back.
#[tauri::command]
pub async fn pause(desk: Given<'_>, account: String, paused: bool) -> Result<Account, Problem> {
    let body = PatchAccountBody { paused: Some(paused), ..PatchAccountBody::default() };
    change(&desk, move |client| client.patch(path(["accounts", &account])).body(&body).send()).await
}

/// Names the account that stands in while this one's provider is down; none takes the name back.
#[tauri::command]
pub async fn name_fallback(
    desk: Given<'_>,
    account: String,
    other: Option<String>,
) -> Result<Account, Problem> {
    let body = PatchAccountBody { fallback: Some(other), ..PatchAccountBody::default() };
    change(&desk, move |client| client.patch(path(["accounts", &account])).body(&body).send()).await
}

/// Lets a key of the person's own stand in. The click that gives it is the person's yes to it.
#[tauri::command]
pub async fn start_emergency(
    desk: Given<'_>,
    account: String,
    secret: String,
    reason: String,
    minutes: u32,
) -> Result<Account, Problem> {
    let body = EmergencyBody { secret: Secret::new(secret), reason, duration_s: u64::from(minutes) * 60 };
    change(&desk, move |client| {
        let asked: RequestView = client.post(path(["accounts", &account, "emergency"])).body(&body).send()?;
        let yes = AnswerBody { answer: "allow".to_owned(), for_: None };
        client.post(path(["requests", &asked.request, "answer"])).body(&yes).send::<RequestView>()?;
        client.get(path(["accounts", &account])).send()
    })
    .await
}

/// Ends the key that stands in.
#[tauri::command]
pub async fn end_emergency(desk: Given<'_>, account: String) -> Result<Account, Problem> {
    change(&desk, move |client| {
        client.delete(path(["accounts", &account, "emergency"])).send::<EmergencyEndedView>()?;
        client.get(path(["accounts", &account])).send()
    })
    .await
}

/// Revokes at the provider, unless only this computer should forget; then forgets.
#[tauri::command(rename_all = "snake_case")]
pub async fn disconnect(desk: Given<'_>, account: String, local_only: bool) -> Result<Disconnected, Problem> {
    let gone: DisconnectedView = super::ask(&desk, move |client| {
        let only = local_only.then_some("true");
        client.delete(path(["accounts", &account])).query_if("local_only", only).timeout(LEAVING).send()
    })
    .await?;
    Ok(Disconnected { revoked_at_provider: gone.revoked_at_provider })
}

async fn change(
    desk: &Given<'_>,
    what: impl FnOnce(&Client) -> Result<AccountView, ClientError> + Send + 'static,
) -> Result<Account, Problem> {
    work(desk, |desk| {
        let seen = what(desk.link.client()).map_err(Problem::from)?;
        Ok(convert::account(&seen, &desk.book.open()))
    })
    .await
}
