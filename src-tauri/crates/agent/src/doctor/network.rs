//! The way to providers: each connected account's provider is asked for its metadata, and each of its hosts whether
//! anybody answers. No token is sent.
//!
//! A host's name is not looked up apart from that: behind a proxy it is the proxy that knows names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Reason, Wall};
use bowline_engine::Engine;
use bowline_engine::providers::Provider;
use bowline_oauth::provider::{Endpoints, address};
use bowline_oauth::{Failure, FailureKind, FaultKind, Server, Verdict};
use tokio::task::JoinSet;
use url::Url;

use super::finding::{Finding, listed};
use super::{Case, Findings, Patient, clock, proxy};

/// How long each of the two looks at a provider may take.
const LOOK: Duration = Duration::from_millis(3500);
/// More providers than these are not asked in one examination.
const MOST_PROVIDERS: usize = 24;

const NOBODY: &str = "No account is connected yet.";

/// What was seen of one provider.
pub(super) struct Look {
    pub(super) provider: String,
    /// Whether its metadata could be had.
    pub(super) metadata: Result<(), Failure>,
    /// Its token endpoint was not there for a day.
    pub(super) gone: bool,
    pub(super) hosts: Vec<Host>,
}

/// What was seen of one host.
pub(super) struct Host {
    pub(super) name: String,
    pub(super) secure: bool,
    pub(super) answer: Result<Seen, FaultKind>,
}

impl Host {
    fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }
}

/// Somebody answered.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// What time it is there.
    pub(super) theirs: Option<Wall>,
    /// What time it was here.
    pub(super) ours: Wall,
}

pub(super) async fn look(patient: &Patient<'_>, cases: &[Case]) -> Findings {
    let proxy = proxy::judge(&|name| std::env::var_os(name));
    let looks = look_at_all(patient.engine, cases).await;
    vec![
        ("clock", clock::judge(&looks, patient.engine.now())),
        ("dns", judge_dns(&looks)),
        ("tls", judge_tls(&looks)),
        ("proxy", proxy),
        ("endpoints", judge_endpoints(&looks)),
    ]
}

async fn look_at_all(engine: &Arc<Engine>, cases: &[Case]) -> Vec<Look> {
    let mut providers: BTreeMap<&str, (Arc<Provider>, bool)> = BTreeMap::new();
    for case in cases {
        let Ok(provider) = &case.provider else { continue };
        let gone = case.sight.health.trouble.as_ref().is_some_and(|t| t.reason == Reason::InvalidEndpoint);
        providers.entry(provider.id.as_str()).or_insert_with(|| (Arc::clone(provider), false)).1 |= gone;
    }
    let mut under_way = JoinSet::new();
    for (provider, gone) in providers.into_values().take(MOST_PROVIDERS) {
        under_way.spawn(look_at(Arc::clone(engine), provider, gone));
    }
    let mut looks = under_way.join_all().await;
    looks.sort_by(|a, b| a.provider.cmp(&b.provider));
    looks
}

async fn look_at(engine: Arc<Engine>, provider: Arc<Provider>, gone: bool) -> Look {
    let asked = tokio::time::timeout(LOOK, engine.check_provider(&provider)).await;
    let server = asked.unwrap_or_else(|_| Err(Failure::new(FailureKind::TimedOut)));
    let endpoints = server.as_ref().map_or(&provider.endpoints, |server: &Arc<Server>| &server.endpoints);
    let mut asking = JoinSet::new();
    for (name, address) in addresses(&provider, endpoints) {
        let engine = Arc::clone(&engine);
        asking.spawn(async move {
            let seen = |theirs| Seen { theirs, ours: engine.now() };
            let answer = engine.check_address(&address).await.map(seen).map_err(|fault| fault.kind);
            Host { name, secure: address.scheme() == "https", answer }
        });
    }
    let mut hosts = asking.join_all().await;
    hosts.sort_by(|a, b| a.name.cmp(&b.name));
    Look { provider: provider.name.clone(), metadata: server.map(drop), gone, hosts }
}

/// One address for each host of a provider: its metadata's place, and otherwise no path at all.
fn addresses(provider: &Provider, endpoints: &Endpoints) -> BTreeMap<String, Url> {
    let e = endpoints;
    let mut found = BTreeMap::new();
    for url in [&e.authorization, &e.token, &e.userinfo, &e.jwks, &e.revocation].into_iter().flatten() {
        found.insert(host_of(url), with_path(url, "/"));
    }
    if let Some(issuer) = provider.issuer.as_deref().and_then(|issuer| address::issuer(issuer).ok()) {
        let path = format!("{}/.well-known/openid-configuration", issuer.path().trim_end_matches('/'));
        found.insert(host_of(&issuer), with_path(&issuer, &path));
    }
    found
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url.set_query(None);
    url
}

fn host_of(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// `host (Provider)` for each host whose answer fits.
fn hosts<'a>(looks: &'a [Look], fits: impl Fn(&Host) -> bool + 'a) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for look in looks {
        let ours = look.hosts.iter().filter(|host| fits(host));
        found.extend(ours.map(|host| format!("{} ({})", host.name, look.provider)));
    }
    found
}

fn judge_dns(looks: &[Look]) -> Finding {
    let nameless = hosts(looks, |host| host.answer.as_ref().err() == Some(&FaultKind::Unresolved));
    match (hosts(looks, |_| true).len(), &nameless[..]) {
        (0, _) => Finding::skipped(NOBODY),
        (all, []) => Finding::ok(format!("Of {} of your providers, none lacks an address.", counted(all))),
        (_, [first, ..]) => Finding::error(
            format!("No address is known for {}.", listed(&nameless, ", ")),
            format!(
                "Check the network connection and the name server with `getent hosts {}`, then run `bowline doctor` again.",
                host_only(first)
            ),
        ),
    }
}

fn judge_tls(looks: &[Look]) -> Finding {
    let distrusted = hosts(looks, |host| host.answer.as_ref().err() == Some(&FaultKind::Tls));
    let trusted = hosts(looks, |host| host.secure && host.answer.is_ok());
    match (&distrusted[..], trusted.len()) {
        ([first, ..], _) => Finding::error(
            format!("The certificate of {} cannot be trusted.", listed(&distrusted, ", ")),
            format!(
                "If a company's proxy or server signs it, add that authority to the system's certificate store; look \
                 at it with `openssl s_client -connect {}`.",
                with_port(host_only(first))
            ),
        ),
        (_, 0) if looks.is_empty() => Finding::skipped(NOBODY),
        (_, 0) => Finding::skipped("No host answered over TLS."),
        (_, n) => Finding::ok(format!("The certificates of {} are trusted.", counted(n))),
    }
}

fn judge_endpoints(looks: &[Look]) -> Finding {
    Finding::of_all(looks.iter().map(judge_provider).collect(), NOBODY)
}

fn judge_provider(look: &Look) -> Finding {
    let name = &look.provider;
    let mend = "Compare the endpoints in its provider file with the provider's documentation, then check the file with \
                `bowline providers check FILE`.";
    let silent = |kind: &FaultKind| !matches!(kind, FaultKind::Unresolved | FaultKind::Tls);
    let unreached: Vec<&Host> = look.hosts.iter().filter(|h| h.answer.is_err()).collect();
    let first_silent = unreached.iter().find(|h| h.answer.as_ref().err().is_some_and(silent));
    match (&look.metadata, first_silent) {
        _ if look.gone => {
            Finding::error(format!("{name} has not had anything at its token endpoint for a day."), mend)
        }
        (Err(failure), _) if failure.verdict() == Verdict::FixProvider => Finding::error(
            match failure.kind {
                FailureKind::IssuerMismatch => {
                    format!("Another issuer than the configured one answers for {name}.")
                }
                _ => format!("The endpoints that are set up for {name} cannot be used."),
            },
            mend,
        ),
        (_, Some(host)) => Finding::error(
            format!("{} ({name}) cannot be reached.", host.name),
            format!(
                "Check the network connection and the proxy with `curl -I {}://{}/`.",
                host.scheme(),
                host.name
            ),
        ),
        _ if !unreached.is_empty() => {
            Finding::skipped(format!("{name} was not reached: see `dns` and `tls`."))
        }
        (Err(failure), None) => Finding::warning(
            match failure.http_status {
                Some(status) => format!("{name} answers, but not with its metadata (status {status})."),
                None => format!("{name} answers, but not with its metadata."),
            },
            "Wait, then run `bowline doctor` again.",
        ),
        (Ok(()), None) => Finding::ok(format!("{name} answers at {}.", counted(look.hosts.len()))),
    }
}

fn counted(hosts: usize) -> String {
    if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") }
}

fn host_only(named: &str) -> &str {
    named.split(' ').next().unwrap_or(named)
}

fn with_port(host: &str) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { host.to_owned() } else { format!("{host}:443") }
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
