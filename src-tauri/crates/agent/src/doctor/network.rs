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
use bowline_oauth::{Failure, FailureKind, FaultKind, Server};
use tokio::task::JoinSet;
use url::Url;

use super::{Case, Findings, Patient, clock, proxy, reach};

/// How long each of the two looks at a provider may take.
const LOOK: Duration = Duration::from_millis(3500);
/// More providers than these are not asked in one examination.
const MOST_PROVIDERS: usize = 24;

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
    pub(super) fn scheme(&self) -> &'static str {
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
        ("clock", clock::judge(&looks, patient.engine.measured_skew(), patient.engine.now())),
        ("dns", reach::judge_dns(&looks)),
        ("tls", reach::judge_tls(&looks)),
        ("proxy", proxy),
        ("endpoints", reach::judge_endpoints(&looks)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_asked_once_and_never_with_a_query() {
        let mut provider = Provider::for_issuer("https://id.example/tenant").unwrap();
        provider.endpoints.token = Url::parse("https://id.example/token").ok();
        provider.endpoints.userinfo = Url::parse("https://api.example:8443/me?x=1").ok();
        let found = addresses(&provider, &provider.endpoints);
        let found: Vec<_> = found.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        assert_eq!(
            found,
            [
                ("api.example:8443", "https://api.example:8443/"),
                ("id.example", "https://id.example/tenant/.well-known/openid-configuration"),
            ]
        );
    }
}
