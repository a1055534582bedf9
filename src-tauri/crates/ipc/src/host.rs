//! What the doors need of the agent around them and cannot know themselves.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bowline_base::Secret;
use bowline_engine::EngineError;
use bowline_engine::caller::{Origin, SameUser};
use bowline_wire::shapes::{CheckView, ProviderBody, SettingsBody, SettingsView};

/// The agent, as its doors see it.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// The uid the agent runs as.
    fn uid(&self) -> u32;
    /// The path of the program with this process id, as far as it can be told.
    fn program(&self, pid: i32) -> Option<Arc<str>>;
    /// When the process with this id was born, in the system's own count: another one with the same id has another
    /// birth. `None` when it has ended, or where nobody can tell.
    fn born(&self, _pid: i32) -> Option<u64> {
        None
    }
    /// What the program with this process id is: the person's own act, or a program that may be asked about. `path` is
    /// where it lay when the connection came.
    fn origin(&self, pid: i32, path: Option<&str>) -> Origin;
    /// The owner's key of this run, compared in constant time.
    fn owner_key(&self, given: &Secret) -> Option<SameUser>;
    /// The settings in force.
    fn settings(&self) -> SettingsView;
    /// Changes the settings file and puts it in force. Gives the settings as they are then.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] with field and what is right; [`EngineError::Storage`].
    fn change_settings(&self, change: &SettingsBody) -> Result<SettingsView, EngineError>;
    /// Writes a provider's file, after it was checked. Gives the provider's id.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] with the field; [`EngineError::Storage`].
    fn set_up_provider(&self, wish: &ProviderBody) -> Result<String, EngineError>;
    /// Runs the practice provider beside the agent, unless one runs. Comes back when it can be connected.
    ///
    /// # Errors
    /// [`EngineError::TemporarilyUnavailable`] when it does not start.
    async fn start_practice(&self, access_ttl: Option<Duration>) -> Result<(), EngineError>;
    /// The doctor's checks, of all or of one account. Calls out.
    async fn doctor(&self, account: Option<&str>) -> Result<Vec<CheckView>, EngineError>;
    /// Begins to end the agent; gives at once.
    fn stop(&self);
}
