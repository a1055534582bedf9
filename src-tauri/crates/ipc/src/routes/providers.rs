//! Verbs about providers.

use std::sync::Arc;

use bowline_base::length;
use bowline_engine::providers::{self, Provider, ProviderFileError};
use bowline_wire::problem::{Code, Problem};
use bowline_wire::shapes::{
    ClientView, FileProblemView, OpenPageBody, OpenedView, PracticeBody, ProviderBody, ProviderCheckBody,
    ProviderCheckView, ProviderSecretBody, ProviderSecretView, ProviderView, ProvidersView,
};

use super::{Answered, Call, Door, invalid, json, refused};

pub(super) async fn list(door: &Arc<Door>) -> Answered {
    let (all, errors) = door.engine.providers().all();
    let mut views = Vec::with_capacity(all.len());
    for provider in &all {
        let secret = door.engine.has_client_secret(&provider.id).await.map_err(refused)?;
        views.push(view(door, provider, secret));
    }
    json(&ProvidersView { providers: views, problems: errors.iter().map(problem).collect() })
}

pub(super) fn check(door: &Door, call: &Call) -> Answered {
    let body: ProviderCheckBody = call.body()?;
    json(&match providers::check(&body.text, body.file.as_deref()) {
        Ok((provider, gaps)) => ProviderCheckView {
            ok: gaps.is_empty(),
            provider: Some(view(door, &provider, false)),
            problems: gaps.iter().map(problem).collect(),
        },
        Err(error) => ProviderCheckView { ok: false, provider: None, problems: vec![problem(&error)] },
    })
}

pub(super) async fn set_secret(door: &Arc<Door>, call: &Call) -> Result<axum::response::Response, Problem> {
    let body: ProviderSecretBody = call.body()?;
    let provider = call.path("id");
    door.engine.set_client_secret(call.caller()?, provider, body.secret).await.map_err(refused)?;
    json(&ProviderSecretView { provider: provider.to_owned(), stored: true })
}

/// Everything that can be refused is, before the file is written; then the secret is sealed for whom the file names.
pub(super) async fn set_up(door: &Arc<Door>, call: &Call) -> Answered {
    let body: ProviderBody = call.body()?;
    if let Some(secret) = &body.secret {
        door.engine.check_client_secret(secret).map_err(refused)?;
    }
    let id = door.host.set_up_provider(&body).map_err(refused)?;
    door.engine.providers().look_now();
    if let Some(secret) = body.secret {
        door.engine.set_client_secret(call.caller()?, &id, secret).await.map_err(refused)?;
    }
    let provider = door.engine.providers().find(&id).map_err(refused)?;
    let secret = door.engine.has_client_secret(&provider.id).await.map_err(refused)?;
    json(&view(door, &provider, secret))
}

/// Opens a page that the catalogue names; the caller never says which address.
pub(super) fn open_page(door: &Door, call: &Call) -> Answered {
    let body: OpenPageBody = call.body()?;
    let provider = match body.page.as_str() {
        // An account that was just forgotten is looked for at its provider all the same.
        "dashboard" => match door.engine.account(call.caller()?, &body.id) {
            Ok(sight) => door.engine.providers().find(sight.account.provider.as_str()).map_err(refused)?,
            Err(error) => door.engine.providers().find(&body.id).map_err(|_| refused(error))?,
        },
        "console" => door.engine.providers().find(&body.id).map_err(refused)?,
        _ => return Err(invalid("`page` has to be \"dashboard\" or \"console\"")),
    };
    let facts = &provider.facts;
    let page = if body.page == "dashboard" { &facts.dashboard } else { &facts.console };
    let Some(page) = page else {
        let detail = format!("no such page of {} is known: look for it in its settings", provider.name);
        return Err(Problem::new(Code::NotFound, detail));
    };
    json(&OpenedView { browser_opened: door.engine.open_page(page).is_none() })
}

pub(super) async fn start_practice(door: &Arc<Door>, call: &Call) -> Answered {
    let body: PracticeBody = call.body()?;
    let wrong = || invalid("`access_ttl` has to be a length of time, such as \"60s\" or \"5m\"");
    let access_ttl =
        body.access_ttl.as_deref().map(|text| length::parse(text).ok_or_else(wrong)).transpose()?;
    door.host.start_practice(access_ttl).await.map_err(refused)?;
    let provider = door.engine.providers().find(providers::PRACTICE).map_err(refused)?;
    json(&view(door, &provider, false))
}

fn view(door: &Door, provider: &Provider, secret: bool) -> ProviderView {
    let facts = &provider.facts;
    ProviderView {
        id: provider.id.to_string(),
        name: provider.name.clone(),
        flows: flows(provider),
        needs: facts.needs.clone(),
        redirect_uri: to_register(&provider.client.redirect),
        access_lifetime: provider.lifetimes.access_token.map(length::write),
        grant_lifetime: provider.lifetimes.grant.map(length::write),
        renews: facts.renews,
        rotates: facts.rotates,
        reconnect_when: facts.reconnect_when.clone(),
        notes: facts.notes.clone(),
        breaker: door.engine.breaker(provider).as_str().to_owned(),
        origin: Some(providers::origin(provider)),
        issuer: provider.issuer.clone(),
        scopes: Some(provider.scopes.to_strings()),
        client: Some(ClientView {
            id: provider.client.id.clone(),
            auth: provider.client.auth.as_str().to_owned(),
            secret,
        }),
        console: facts.console.clone(),
        dashboard: facts.dashboard.clone(),
        email_domains: (!facts.email_domains.is_empty()).then(|| facts.email_domains.clone()),
    }
}

/// The ways to connect: what the file says, and a code where its address is known.
fn flows(provider: &Provider) -> Vec<String> {
    let mut flows = provider.facts.flows.clone();
    let has = |flows: &[String], flow: &str| flows.iter().any(|known| known == flow);
    if flows.is_empty() {
        flows.push("browser".to_owned());
    }
    if provider.endpoints.device_authorization.is_some() && !has(&flows, "device") {
        flows.push("device".to_owned());
    }
    flows
}

fn problem(error: &ProviderFileError) -> FileProblemView {
    FileProblemView {
        file: error.file.as_ref().map(|path| path.display().to_string()),
        line: error.line,
        field: error.field.clone(),
        problem: error.problem.clone(),
        suggestion: error.suggestion.clone(),
    }
}

/// The address to register at the provider: with its port where that is pinned.
fn to_register(redirect: &providers::Redirect) -> String {
    let port = redirect.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("http://{}{port}{}", redirect.host, redirect.path)
}
