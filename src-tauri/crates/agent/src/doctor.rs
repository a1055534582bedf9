//! The checks of `bowline doctor`: what is looked at, in which order it is told, and how long it may take.
//!
//! Each theme has a file that looks (bounded, read-only) and judges (pure): the way to providers in `network`, judged in
//! `reach`, `clock` and `proxy`; what is set up in `provider`, and the accounts in `account`; the key and the database in
//! `vault`; disk and modes in `computer`, the agent's own doors in `doors`; what a desktop lends us in `desktop`. The
//! invariant: every check of the contract's list is told exactly once, and none holds a token, a secret or a proxy's
//! password.

mod account;
mod clock;
mod computer;
mod desktop;
mod doors;
mod finding;
mod network;
mod provider;
mod proxy;
mod reach;
#[cfg(test)]
mod tests;
mod vault;
#[cfg(test)]
mod ward;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bowline_engine::engine::Sight;
use bowline_engine::providers::Provider;
use bowline_engine::{Engine, EngineError};
use bowline_wire::paths::Paths;
use bowline_wire::shapes::{CheckView, SettingsView};

use finding::Finding;

/// How long an examination may take; what is not known by then is told so.
const PATIENCE: Duration = Duration::from_secs(8);

/// The contract's list.
const ORDER: [&str; 21] = [
    "clock",
    "dns",
    "tls",
    "proxy",
    "endpoints",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scopes",
    "refresh",
    "keychain",
    "vault_key",
    "database",
    "disk",
    "permissions",
    "socket",
    "http_port",
    "notifications",
    "browser",
    "agent",
    "breaker",
];

/// For one account: is the refresh token good, are the credentials right, and then the rest (O-48).
const ORDER_FOR_ONE: [&str; 21] = [
    "clock",
    "dns",
    "tls",
    "proxy",
    "endpoints",
    "refresh",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scopes",
    "keychain",
    "vault_key",
    "database",
    "disk",
    "permissions",
    "socket",
    "http_port",
    "notifications",
    "browser",
    "agent",
    "breaker",
];

/// What is examined.
pub struct Patient<'a> {
    /// The engine.
    pub engine: &'a Arc<Engine>,
    /// The profile's folders.
    pub paths: &'a Paths,
    /// The settings in force.
    pub settings: &'a SettingsView,
    /// The loopback port that is listened on.
    pub http_port: Option<u16>,
    /// The agent runs without a desktop.
    pub headless: bool,
}

/// What one theme found: each check's id with its finding.
type Findings = Vec<(&'static str, Finding)>;

/// An account under examination.
struct Case {
    /// The shortest name that fits it alone.
    name: String,
    sight: Sight,
    provider: Result<Arc<Provider>, EngineError>,
}

impl Case {
    /// The provider's name for people.
    fn provider_name(&self) -> &str {
        self.provider.as_ref().map_or(self.sight.account.provider.as_str(), |provider| &provider.name)
    }

    /// The command that signs it in anew.
    fn reconnect(&self) -> String {
        format!("`bowline reconnect {}`", finding::word(&self.name))
    }
}

/// Goes through the checks, of all or of one account.
///
/// # Errors
/// Those of finding the account.
pub async fn examine(patient: &Patient<'_>, account: Option<&str>) -> Result<Vec<CheckView>, EngineError> {
    let cases = cases(patient.engine, account)?;
    let everything = account.is_none();
    let (network, provider, vault, doors, desktop) = tokio::join!(
        in_time(network::look(patient, &cases)),
        in_time(provider::look(patient, &cases, everything)),
        in_time(vault::look(patient)),
        in_time(doors::look(patient)),
        in_time(desktop::look(patient)),
    );
    let computer = computer::look(patient);
    let found = [network, provider, vault, computer, doors, desktop].into_iter().flatten().collect();
    Ok(told(if everything { &ORDER } else { &ORDER_FOR_ONE }, found))
}

fn cases(engine: &Engine, account: Option<&str>) -> Result<Vec<Case>, EngineError> {
    let sights = engine.named_sights(account)?;
    let case = |(name, sight): (String, Sight)| Case {
        name,
        provider: engine.providers().of(&sight.account),
        sight,
    };
    Ok(sights.into_iter().map(case).collect())
}

async fn in_time(look: impl Future<Output = Findings>) -> Findings {
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_default()
}

/// Every check once, in this order.
fn told(order: &[&'static str], mut found: Findings) -> Vec<CheckView> {
    let mut take = |id: &str| {
        let at = found.iter().position(|(known, _)| *known == id);
        at.map(|at| found.swap_remove(at).1).unwrap_or_else(Finding::not_in_time)
    };
    order.iter().map(|id| take(id).view(id)).collect()
}
