//! Providers as they are set up here: is there a client id, a secret where one is needed, and a redirect address that
//! can be listened on. Looked at for every connected account's provider and for every file of the person's own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use bowline_base::Reason;
use bowline_engine::checkup::ClientSight;
use bowline_engine::providers::{Provider, ProviderFileError, Redirect};
use bowline_oauth::provider::Origin;

use super::finding::{Finding, word};
use super::{Case, Findings, Patient, account, doors};

const NOTHING: &str = "No account is connected and no provider is set up yet.";

/// A provider as it is set up here.
struct Setup {
    provider: Arc<Provider>,
    client: Option<ClientSight>,
    /// It refused the client at the last renewal.
    refused: bool,
    /// The file in which a person mends it.
    file: PathBuf,
}

pub(super) async fn look(patient: &Patient<'_>, cases: &[Case], everything: bool) -> Findings {
    let (in_files, broken) = if everything { in_files(patient) } else { Default::default() };
    let setups = setups(patient, cases, in_files).await;
    let mut ids: Vec<Finding> = broken.iter().map(judge_file).collect();
    ids.extend(cases.iter().filter_map(judge_unknown));
    ids.extend(setups.iter().map(judge_id));
    vec![
        ("refresh", account::refresh(cases, patient.engine.now())),
        ("client_id", Finding::of_all(ids, NOTHING)),
        ("client_secret", Finding::of_all(setups.iter().map(judge_secret).collect(), NOTHING)),
        ("redirect_uri", Finding::of_all(setups.iter().map(redirect).collect(), NOTHING)),
        ("scopes", account::scopes(cases)),
    ]
}

/// The providers that a person has set up, and the files that cannot be read.
fn in_files(patient: &Patient<'_>) -> (Vec<Arc<Provider>>, Vec<ProviderFileError>) {
    let (all, broken) = patient.engine.providers().all();
    let is_file = |provider: &Arc<Provider>| matches!(provider.origin, Origin::File(_));
    (all.into_iter().filter(is_file).collect(), broken)
}

async fn setups(patient: &Patient<'_>, cases: &[Case], in_files: Vec<Arc<Provider>>) -> Vec<Setup> {
    let mut all: BTreeMap<String, (Arc<Provider>, bool)> = BTreeMap::new();
    for case in cases {
        let Ok(provider) = &case.provider else { continue };
        let refused = case.sight.health.trouble.as_ref().is_some_and(|t| t.reason == Reason::InvalidClient);
        all.entry(provider.id.to_string()).or_insert_with(|| (Arc::clone(provider), false)).1 |= refused;
    }
    for provider in in_files {
        all.entry(provider.id.to_string()).or_insert((provider, false));
    }
    let mut setups = Vec::new();
    for (provider, refused) in all.into_values() {
        let client = patient.engine.check_client(&provider).await.ok();
        let file = match &provider.origin {
            Origin::File(path) => path.clone(),
            _ => patient.paths.providers().join(format!("{}.toml", provider.id)),
        };
        setups.push(Setup { provider, client, refused, file });
    }
    setups
}

fn judge_file(error: &ProviderFileError) -> Finding {
    let file =
        error.file.as_ref().map_or_else(|| "FILE".to_owned(), |file| word(&file.display().to_string()));
    let fix = format!("Mend that line; `bowline providers check {file}` tells when it is right.");
    Finding::error(format!("A provider file cannot be used: {error}."), fix)
}

/// An account whose provider is no longer known, or has become another one.
fn judge_unknown(case: &Case) -> Option<Finding> {
    let error = case.provider.as_ref().err()?;
    Some(Finding::error(
        format!("What is set up for {} cannot be used: {error}.", case.name),
        "Mend its provider file; see `bowline providers`.",
    ))
}

fn judge_id(setup: &Setup) -> Finding {
    let Setup { provider, client, refused, file } = setup;
    let (name, file) = (&provider.name, word(&file.display().to_string()));
    let console = provider.facts.console.as_deref().map(|url| format!(" at {url}")).unwrap_or_default();
    let in_file = provider.client.id.is_some();
    match client {
        _ if *refused => Finding::error(
            format!("{name} does not accept this client."),
            format!(
                "Compare the client id with the provider's console{console}, mend it in {file} (`bowline providers check {file}`); it is used at once."
            ),
        ),
        Some(ClientSight { registered: true, .. }) => {
            Finding::ok(format!("{name} gave Bowline a client id."))
        }
        Some(ClientSight { has_id: Some(true), .. }) => {
            Finding::ok(format!("A client id is set up for {name}."))
        }
        _ if in_file => Finding::ok(format!("A client id is set up for {name}.")),
        None | Some(ClientSight { has_id: None, .. }) => Finding::skipped(format!(
            "The client id for {name} cannot be looked at while the vault is locked."
        )),
        _ if provider.gaps().is_empty() => {
            Finding::ok(format!("{name} gives Bowline a client id at the next sign-in."))
        }
        _ => Finding::error(
            format!("{name} needs a client id of your own."),
            format!(
                "Get one{console} and put it under [client] id in {file}; check it with `bowline providers check {file}`."
            ),
        ),
    }
}

fn judge_secret(setup: &Setup) -> Finding {
    let Setup { provider, client, refused, .. } = setup;
    let (name, set) = (&provider.name, format!("`bowline providers set-secret {}`", provider.id));
    let Some(client) = client else {
        return Finding::skipped(format!("The client secret for {name} cannot be looked at."));
    };
    match (client.needs_secret, client.has_secret) {
        (false, _) => Finding::ok(format!("{name} needs no client secret.")),
        (true, false) => Finding::error(
            format!("{name} needs the client secret of its client id."),
            format!("Give it with {set}."),
        ),
        (true, true) if *refused => Finding::error(
            format!("{name} does not accept the client secret, or not this client."),
            format!("Make a new secret in the provider's console and give it with {set}."),
        ),
        (true, true) => Finding::ok(format!("The client secret for {name} is kept.")),
    }
}

/// How a pinned port is.
enum Port {
    Any,
    Free,
    Ours,
    Taken,
    Refused(String),
}

fn redirect(setup: &Setup) -> Finding {
    judge_redirect(&setup.provider, &port_of(&setup.provider.client.redirect))
}

fn port_of(redirect: &Redirect) -> Port {
    let Some(port) = redirect.port else { return Port::Any };
    let host = if redirect.host == "[::1]" { "::1" } else { "127.0.0.1" };
    match TcpListener::bind((host, port)) {
        Ok(_) => Port::Free,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && doors::is_ours(port) => Port::Ours,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Port::Taken,
        Err(error) => Port::Refused(error.to_string()),
    }
}

fn judge_redirect(provider: &Provider, port: &Port) -> Finding {
    let Redirect { host, port: pinned, path } = &provider.client.redirect;
    let (name, pinned) = (&provider.name, pinned.unwrap_or_default());
    match port {
        Port::Any => Finding::ok(format!("Register http://{host}{path} with {name}; the port may be any.")),
        Port::Free | Port::Ours => {
            Finding::ok(format!("Register http://{host}:{pinned}{path} with {name}, exactly so."))
        }
        Port::Taken => Finding::error(
            format!(
                "Another program listens on port {pinned}, and http://{host}:{pinned}{path} is registered with {name}."
            ),
            format!("End that program (`ss -ltnp 'sport = :{pinned}'` names it), or register another port."),
        ),
        Port::Refused(why) => Finding::error(
            format!(
                "Port {pinned} of http://{host}:{pinned}{path}, for {name}, cannot be listened on: {why}."
            ),
            format!(
                "Register another port with {name} and put it under [client] redirect; `bowline providers show {}` prints it.",
                provider.id
            ),
        ),
    }
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
