//! What this program keeps of the agent's lists between two questions: names of providers and apps, by which the
//! views are completed, and the attempts that the window follows, with the address of the sign-in, which the window
//! itself never sees.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bowline_wire::shapes::{AppView, ProviderView};

use crate::view::Attempt;

/// The most attempts that are followed at once; more are not a person's doing.
const MOST_ATTEMPTS: usize = 32;

/// Names and attempts.
#[derive(Debug, Default)]
pub struct Book {
    providers: HashMap<String, ProviderView>,
    apps: Vec<AppView>,
    attempts: HashMap<String, Followed>,
}

/// An attempt as it began, and where its sign-in page is.
struct Followed {
    attempt: Attempt,
    link: Option<String>,
}

impl std::fmt::Debug for Followed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address of a sign-in is nobody's to read.
        f.debug_struct("Followed").field("attempt", &self.attempt.id).finish_non_exhaustive()
    }
}

impl Book {
    /// Takes over a new catalogue.
    pub fn set_providers(&mut self, providers: Vec<ProviderView>) {
        self.providers = providers.into_iter().map(|each| (each.id.clone(), each)).collect();
    }

    /// Takes over a new list of apps.
    pub fn set_apps(&mut self, apps: Vec<AppView>) {
        self.apps = apps;
    }

    /// Follows an attempt from now on.
    pub fn follow(&mut self, attempt: Attempt, link: Option<String>) {
        if self.attempts.len() >= MOST_ATTEMPTS {
            self.attempts.clear();
        }
        self.attempts.insert(attempt.id.clone(), Followed { attempt, link });
    }

    /// What was learnt when the attempt began.
    pub fn attempt(&self, id: &str) -> Option<&Attempt> {
        self.attempts.get(id).map(|followed| &followed.attempt)
    }

    /// Where the attempt's sign-in page is.
    pub fn link(&self, id: &str) -> Option<&str> {
        self.attempts.get(id)?.link.as_deref()
    }

    /// A provider of the catalogue.
    pub fn provider(&self, id: &str) -> Option<&ProviderView> {
        self.providers.get(id)
    }

    /// What an app calls itself.
    pub fn app_name(&self, id: &str) -> Option<&str> {
        self.apps.iter().find(|app| app.id == id).map(|app| app.name.as_str())
    }

    /// The apps that may read an account, by name.
    pub fn readers_of<'b>(&'b self, account: &'b str) -> impl Iterator<Item = &'b str> {
        let reads = move |app: &&AppView| app.grants.iter().any(|grant| grant.account == account);
        self.apps.iter().filter(reads).map(|app| app.name.as_str())
    }
}

/// A book that several threads write in. Nobody holds it while asking the agent.
#[derive(Debug, Default)]
pub struct SharedBook(Mutex<Book>);

impl SharedBook {
    /// Opens it; a thread that failed with it in hand left nothing half-written.
    pub fn open(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
