//! The providers that Bowline knows: those built in, and a person's own files, which go before them.
//!
//! Built-in files are part of the program and read only when somebody asks for them. The folder is looked at
//! when somebody asks, at most once a second, so that an edit takes effect within two; a bad edit keeps the last
//! good one and is told with file, line and field.

mod folder;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bowline_base::time::SystemClock;
use bowline_base::{Clock, Instant, ProviderId};

use crate::provider::nearest::nearest;
use crate::provider::{Origin, Provider, ProviderFileError, parse};

use folder::Folder;

/// Half of the two seconds within which an edit takes effect.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A built-in provider's text, and the provider once somebody asked for it.
struct BuiltIn {
    id: &'static str,
    text: &'static str,
    parsed: OnceLock<Arc<Provider>>,
}

macro_rules! built_in {
    ($($id:literal),+ $(,)?) => {
        static BUILT_IN: [BuiltIn; [$($id),+].len()] = [$(BuiltIn {
            id: $id,
            text: include_str!(concat!($id, ".toml")),
            parsed: OnceLock::new(),
        }),+];
    };
}

built_in!(
    "discord",
    "dropbox",
    "github",
    "gitlab",
    "google",
    "linkedin",
    "microsoft",
    "notion",
    "reddit",
    "slack",
    "spotify",
    "x",
);

impl BuiltIn {
    fn provider(&self) -> Arc<Provider> {
        let parsed =
            || Arc::new(parse(self.text, Origin::BuiltIn).expect("every built-in file is read by a test"));
        Arc::clone(self.parsed.get_or_init(parsed))
    }
}

/// The built-in provider of this id.
pub fn built_in(id: &str) -> Option<Arc<Provider>> {
    BUILT_IN.iter().find(|one| one.id == id).map(BuiltIn::provider)
}

/// All providers, built in and a person's own.
pub struct Catalog {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    folder: Folder,
    looked_at: Option<Instant>,
}

/// What a look at the folder found changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reload {
    /// Providers that are new or different now, or gone.
    pub changed: Vec<ProviderId>,
    /// What is wrong with files that were edited since the last look.
    pub errors: Vec<ProviderFileError>,
}

impl Reload {
    /// True when nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.errors.is_empty()
    }
}

impl Catalog {
    /// A catalogue over a folder of provider files, which need not exist. Nothing is read yet.
    pub fn new(folder: PathBuf) -> Self {
        Self::with_clock(folder, Arc::new(SystemClock::new(|length| Box::pin(tokio::time::sleep(length)))))
    }

    /// The same with a clock that says when to look again.
    pub fn with_clock(folder: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new(State { folder: Folder::new(folder), looked_at: None }) }
    }

    /// The provider of this id. An error where its file is broken and was never whole since the start.
    pub fn find(&self, id: &str) -> Result<Option<Arc<Provider>>, ProviderFileError> {
        let state = self.looked();
        match state.folder.find(id) {
            Some(found) => found.map(Some),
            None => Ok(built_in(id)),
        }
    }

    /// Every provider, sorted by id, and what is wrong with files.
    pub fn all(&self) -> (Vec<Arc<Provider>>, Vec<ProviderFileError>) {
        let state = self.looked();
        let mut providers = state.folder.providers();
        let own: Vec<ProviderId> = providers.iter().map(|provider| provider.id.clone()).collect();
        let built_in = BUILT_IN.iter().filter(|one| !own.iter().any(|id| id.as_str() == one.id));
        providers.extend(built_in.map(BuiltIn::provider));
        providers.sort_by(|a, b| a.id.cmp(&b.id));
        (providers, state.folder.errors())
    }

    /// The id that was probably meant.
    pub fn nearest(&self, id: &str) -> Option<ProviderId> {
        let own: Vec<ProviderId> = self.looked().folder.providers().iter().map(|p| p.id.clone()).collect();
        let known = own.iter().map(ProviderId::as_str).chain(BUILT_IN.iter().map(|one| one.id));
        nearest(id, known).and_then(ProviderId::parse)
    }

    /// The provider to which an e-mail address belongs by its domain; a person's own files go first.
    pub fn by_email(&self, address: &str) -> Option<Arc<Provider>> {
        let (local, domain) = address.trim().rsplit_once('@')?;
        let domain = domain.to_ascii_lowercase();
        let is_own = |provider: &Arc<Provider>| provider.origin != Origin::BuiltIn;
        let mut fitting: Vec<_> = self.all().0;
        fitting.retain(|provider| !local.is_empty() && provider.facts.email_domains.contains(&domain));
        let own = fitting.iter().position(is_own).unwrap_or(0);
        fitting.get(own).cloned()
    }

    /// Looks at the folder now, and tells what changed since the last look.
    pub fn reload_if_changed(&self) -> Reload {
        let now = self.clock.instant();
        let mut state = self.state();
        state.looked_at = Some(now);
        state.folder.look()
    }

    /// Looks at the folder now, whenever the last look was; what it finds is told as ever.
    pub fn look_now(&self) {
        let now = self.clock.instant();
        let mut state = self.state();
        state.looked_at = Some(now);
        state.folder.look_quietly();
    }

    /// The state after a look that is at most a second old.
    fn looked(&self) -> MutexGuard<'_, State> {
        let now = self.clock.instant();
        let mut state = self.state();
        if state.looked_at.is_none_or(|at| now.since(at) >= LOOK_AGAIN) {
            state.looked_at = Some(now);
            state.folder.look_quietly();
        }
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
