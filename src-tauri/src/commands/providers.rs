//! The catalogue of providers, and a person's own client for one.

use std::time::Duration;

use bowline_base::Secret;
use bowline_wire::Code;
use bowline_wire::shapes::{
    ClientBody, OpenPageBody, OpenedView, PracticeBody, ProviderBody, ProviderView, ProvidersView,
};

use super::{Given, ask, work};
use crate::convert;
use crate::view::{ClientGiven, Problem, Provider, Providers};

/// The practice provider is a program of its own; it is there well within this.
const PRACTICE_WITHIN: Duration = Duration::from_secs(20);

/// The catalogue, in order of name.
#[tauri::command]
pub async fn providers(desk: Given<'_>) -> Result<Providers, Problem> {
    work(&desk, |desk| {
        let all: ProvidersView = desk.link.client().get("/v1/providers").send()?;
        let mut providers: Vec<Provider> = all.providers.iter().map(convert::provider).collect();
        providers.sort_by_key(|each| each.name.to_lowercase());
        let problems = all.problems.iter().map(convert::file_problem).collect();
        desk.book.open().set_providers(all.providers);
        Ok(Providers { providers, problems })
    })
    .await
}

/// Writes a person's own client into the provider's file and seals its secret.
#[tauri::command]
pub async fn save_client(desk: Given<'_>, client: ClientGiven) -> Result<Provider, Problem> {
    let secret = client.client_secret.filter(|text| !text.is_empty());
    let body = ProviderBody {
        id: Some(client.provider),
        name: client.name,
        issuer: client.issuer,
        client: ClientBody { id: client.client_id, auth: None },
        secret: secret.map(Secret::new),
    };
    let saved: ProviderView =
        ask(&desk, move |client| client.post("/v1/providers").body(&body).send()).await?;
    Ok(convert::provider(&saved))
}

/// Starts the practice provider, which ends with the agent.
#[tauri::command]
pub async fn practice(desk: Given<'_>) -> Result<Provider, Problem> {
    let begun: ProviderView = ask(&desk, |client| {
        client.post("/v1/practice").body(&PracticeBody::default()).timeout(PRACTICE_WITHIN).send()
    })
    .await?;
    Ok(convert::provider(&begun))
}

/// Opens a page of a provider: an account's `dashboard`, or a provider's `console`. The agent knows the address.
#[tauri::command]
pub async fn open_page(desk: Given<'_>, page: String, id: String) -> Result<(), Problem> {
    let body = OpenPageBody { page, id };
    let opened: OpenedView = ask(&desk, move |client| client.post("/v1/pages").body(&body).send()).await?;
    if opened.browser_opened {
        return Ok(());
    }
    let detail = "No browser could be opened. Open the provider's page yourself.";
    Err(Problem::here(Code::TemporarilyUnavailable, detail))
}
