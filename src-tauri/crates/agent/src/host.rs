//! The agent as its doors see it.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bowline_base::Secret;
use bowline_engine::caller::{Origin, OwnerKey, SameUser};
use bowline_engine::{Engine, EngineError};
use bowline_ipc::Host;
use bowline_wire::paths::Paths;
use bowline_wire::shapes::{CheckView, ProviderBody, SettingsBody, SettingsView};
use tokio::sync::watch;

use crate::doctor::{self, Patient};
use crate::practice::beside::PracticeBeside;
use crate::program::{self, OwnPrograms};
use crate::settings::{DefaultOwner, Settings};
use crate::{edit, folders};

/// What the doors ask of the agent.
pub(crate) struct Agent {
    pub(crate) engine: Arc<Engine>,
    pub(crate) paths: Paths,
    pub(crate) settings: RwLock<SettingsView>,
    /// What was read at the start: some keys wait for the next one.
    pub(crate) started_with: SettingsView,
    /// One change of a file at a time.
    pub(crate) editing: Mutex<()>,
    pub(crate) owner_key: OwnerKey,
    pub(crate) own_programs: OwnPrograms,
    pub(crate) practice: PracticeBeside,
    pub(crate) default_owner: DefaultOwner,
    pub(crate) http_port: Option<u16>,
    pub(crate) headless: bool,
    pub(crate) stop: watch::Sender<bool>,
}

/// The keys that are read at the start only, with their values.
fn read_at_the_start(view: &SettingsView) -> [(&'static str, String); 3] {
    [
        ("ipc.http", view.ipc.http.to_string()),
        ("ipc.port", view.ipc.port.to_string()),
        ("vault.keystore", view.vault.keystore.clone()),
    ]
}

impl Agent {
    /// True when nothing of the settings would change.
    pub(crate) fn is_in_force(&self, read: &Settings) -> bool {
        let now = self.settings.read().unwrap_or_else(PoisonError::into_inner);
        let same = SettingsView { restart_needed: now.restart_needed.clone(), ..read.view.clone() };
        *now == same
    }

    /// Puts settings in force.
    pub(crate) fn take_up(&self, read: Settings) {
        let mut view = read.view;
        let in_force = read_at_the_start(&self.started_with);
        let waits = read_at_the_start(&view).into_iter().filter(|setting| !in_force.contains(setting));
        view.restart_needed = waits.map(|(key, _)| key.to_owned()).collect();
        self.engine.set_policy(read.policy);
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = view;
    }
}

#[async_trait]
impl Host for Agent {
    fn uid(&self) -> u32 {
        nix::unistd::getuid().as_raw()
    }

    fn program(&self, pid: i32) -> Option<Arc<str>> {
        program::path_of(pid)
    }

    fn born(&self, pid: i32) -> Option<u64> {
        program::born(pid)
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

    fn change_settings(&self, change: &SettingsBody) -> Result<SettingsView, EngineError> {
        let _one = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.paths.settings();
        let (text, read) = edit::changed_settings(&path, change, self.default_owner)?;
        folders::replace_private(&path, &text).map_err(|error| edit::not_written(&path, &error))?;
        self.take_up(read);
        Ok(self.settings())
    }

    fn set_up_provider(&self, wish: &ProviderBody) -> Result<String, EngineError> {
        let _one = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let edit = edit::provider::set_up(self.engine.providers(), wish)?;
        folders::replace_private(&edit.path, &edit.text)
            .map_err(|error| edit::not_written(&edit.path, &error))?;
        Ok(edit.id.to_string())
    }

    async fn start_practice(&self, access_ttl: Option<Duration>) -> Result<(), EngineError> {
        let running = self.engine.providers().find(bowline_engine::providers::PRACTICE).ok();
        let issuer = running.and_then(|provider| provider.issuer.clone());
        self.practice.start(self.own_programs.bowline(), issuer, access_ttl).await
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
