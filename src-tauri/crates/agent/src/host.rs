//! The agent as its doors see it.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use bowline_base::Secret;
use bowline_engine::caller::{Origin, OwnerKey, SameUser};
use bowline_engine::{Engine, EngineError};
use bowline_ipc::Host;
use bowline_wire::paths::Paths;
use bowline_wire::shapes::{CheckView, SettingsView};
use tokio::sync::watch;

use crate::doctor::{self, Patient};
use crate::program::{self, OwnPrograms};
use crate::settings::DefaultOwner;

/// What the doors ask of the agent.
pub(crate) struct Agent {
    pub(crate) engine: Arc<Engine>,
    pub(crate) paths: Paths,
    pub(crate) settings: RwLock<SettingsView>,
    pub(crate) owner_key: OwnerKey,
    pub(crate) own_programs: OwnPrograms,
    pub(crate) default_owner: DefaultOwner,
    pub(crate) http_port: Option<u16>,
    pub(crate) headless: bool,
    pub(crate) stop: watch::Sender<bool>,
}

#[async_trait]
impl Host for Agent {
    fn uid(&self) -> u32 {
        nix::unistd::getuid().as_raw()
    }

    fn program(&self, pid: i32) -> Option<Arc<str>> {
        program::path_of(pid)
    }

    fn origin(&self, pid: i32, path: Option<&str>) -> Origin {
        self.own_programs.origin(pid, path)
    }

    fn owner_key(&self, given: &Secret) -> Option<SameUser> {
        self.owner_key.check(given)
    }

    fn settings(&self) -> SettingsView {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn doctor(&self, account: Option<&str>) -> Result<Vec<CheckView>, EngineError> {
        let patient = Patient {
            engine: &self.engine,
            paths: &self.paths,
            settings: &self.settings(),
            http_port: self.http_port,
            headless: self.headless,
        };
        doctor::examine(&patient, account).await
    }

    fn stop(&self) {
        self.stop.send_replace(true);
    }
}
