//! The accounts as they are held in memory: what a read looks at, so that it needs neither disk nor network.
//!
//! Lock order: the book's map before an entry's face; a face's lock is held for a few field accesses and never
//! across an await. Tokens are opened at their first read and kept from then on as a [`Living`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use bowline_base::{Account, AccountId, Health, ProviderId, Reason, ScopeSet, Secret, Wall};
use bowline_oauth::Provider;
use bowline_oauth::provider::Lifetimes;

use crate::book::spent::Spent;
use crate::forecast::{self, Forecast, Signs};
use crate::history::Lives;
use crate::lifecycle::{Facts, OpenToken, State};
use crate::refresh::Flight;
use crate::refresh::keep::Harvest;
use crate::{EngineError, Policy};

mod spent;

/// All accounts, and the names they go by.
#[derive(Default)]
pub struct Book(RwLock<Pages>);

#[derive(Default)]
struct Pages {
    entries: HashMap<AccountId, Arc<Entry>>,
    names: HashMap<String, Vec<AccountId>>,
}

/// One account.
pub struct Entry {
    /// Never changes.
    pub id: AccountId,
    face: RwLock<Face>,
    /// The renewal under way, if one is.
    pub(crate) flight: Mutex<Option<Flight>>,
    /// When somebody last asked for its token, in milliseconds; 0 for never.
    asked: AtomicI64,
}

/// What is known of an account right now.
#[derive(Clone)]
pub struct Face {
    /// Who it is.
    pub account: Account,
    /// How its tokens are.
    pub health: Health,
    /// What its provider file says of it.
    pub known: Arc<Known>,
    /// The open access token, once somebody has read it.
    pub living: Option<Arc<Living>>,
    /// When it will be renewed by itself.
    pub next_refresh: Option<Wall>,
    /// How many tries failed in a row.
    pub failures: u32,
    /// Not before this time, because the provider said so.
    pub not_before: Option<Wall>,
    /// Its provider is left alone until then, because it did not answer others either.
    pub(crate) left_alone: Option<Wall>,
    /// When its provider is asked after it, where it is never renewed.
    pub(crate) verify_at: Option<Wall>,
    /// While it lasts, readers are answered without asking the provider, because it failed again and again.
    pub(crate) rest: Option<Rest>,
    /// Whether the provider gave a new refresh token last time; `None` before the first renewal.
    pub rotates: Option<bool>,
    /// A request with the present refresh token was sent and never answered.
    pub ambiguous: bool,
    /// Tokens that the disk refused: kept here, served to nobody, saved again and again.
    pub(crate) held: Option<Arc<Harvest>>,
    /// When the access token was last reported as refused.
    pub last_forced: Option<Wall>,
    /// The access tokens before this one.
    pub(crate) spent: Spent,
    /// How long earlier grants lived, the newest last.
    pub(crate) lived: Lives,
    /// Renewals have moved the grant's end.
    pub(crate) slides: bool,
    /// How far the clock was set ahead since the grant's end was counted, and not set back again.
    pub(crate) slipped: Duration,
    /// How far that end was moved back with the clock since then, and not ahead again.
    pub(crate) moved_back: Duration,
}

/// A pause that a renewal which failed again leaves behind for readers.
#[derive(Clone)]
pub(crate) struct Rest {
    pub(crate) until: Wall,
    /// What they are told meanwhile.
    pub(crate) answer: EngineError,
}

/// What a provider file says that a read or a sentence needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The provider's name for people.
    pub name: String,
    /// Without these scopes permissions are insufficient.
    pub required: ScopeSet,
    /// The header in which the provider wants the token.
    pub header: String,
    /// The word in front of it.
    pub scheme: String,
    /// Where a person sees and withdraws what it allows.
    pub dashboard: Option<String>,
    /// How long things live at this provider, as far as its file says.
    pub lifetimes: Lifetimes,
    /// When the client secret ends, if the file says so.
    pub secret_ends: Option<Wall>,
}

/// An access token ready to be served.
pub struct Living {
    /// The token.
    pub access: Secret,
    /// `Bearer`, as a rule.
    pub token_type: String,
    /// When it ends.
    pub expires_at: Option<Wall>,
    /// What it may be used for.
    pub scopes: ScopeSet,
    /// What a door makes of it once and gives many times: what comes before the seconds that are left, and behind them.
    pub written: OnceLock<(Box<str>, Box<str>)>,
}

impl Living {
    /// How long it still lives; `None` for ever, zero when it is dead.
    pub fn left(&self, now: Wall) -> Option<Duration> {
        self.expires_at.map(|end| end.since(now))
    }

    /// True when it lives at least so long.
    pub fn lasts(&self, at_least: Duration, now: Wall) -> bool {
        self.left(now).is_none_or(|left| left > Duration::ZERO && left >= at_least)
    }
}

impl Face {
    /// A face for what the vault knows.
    pub fn new(account: Account, health: Health, known: Arc<Known>) -> Self {
        Self {
            account,
            health,
            known,
            living: None,
            next_refresh: None,
            failures: 0,
            not_before: None,
            left_alone: None,
            verify_at: None,
            rest: None,
            rotates: None,
            ambiguous: false,
            held: None,
            last_forced: None,
            spent: Spent::default(),
            lived: Lives::default(),
            slides: false,
            slipped: Duration::ZERO,
            moved_back: Duration::ZERO,
        }
    }

    /// The forecast for this account.
    pub(crate) fn forecast(&self, now: Wall) -> Option<Forecast> {
        forecast::forecast(Signs {
            account: &self.account,
            health: &self.health,
            known: &self.known,
            lived: &self.lived,
            slides: self.slides,
            next_refresh: self.next_refresh,
            now,
        })
    }
}

impl Face {
    /// What its status follows from.
    pub(crate) fn facts(&self, locked: Option<Reason>, policy: &Policy, now: Wall) -> Facts<'_> {
        Facts {
            account: &self.account,
            health: &self.health,
            required: &self.known.required,
            locked,
            failing: self.failures > 0 || self.held.is_some(),
            warned: forecast::warned_end(self.forecast(now).as_ref(), now),
            now,
            warn: policy.first_warning(),
        }
    }

    /// Keeps in mind what its provider's file says of it.
    pub(crate) fn know(&mut self, provider: &Provider) {
        let known = Known::of(provider);
        if *self.known != known {
            self.known = Arc::new(known);
        }
    }

    /// Takes a new health up, and lets the open token go where it must not be served any more.
    pub(crate) fn take_up(&mut self, health: Health, policy: &Policy, now: Wall) {
        self.health = health;
        if State::of(&self.facts(None, policy, now)).effects().token == OpenToken::Forget {
            self.living = None;
        }
    }

    /// True where the token with this SHA-256 was given out and has ended by now; once for each token.
    pub(crate) fn takes_ended(&mut self, sha256_hex: &str, now: Wall) -> bool {
        if let Some(living) = self.living.clone().filter(|living| !living.lasts(Duration::ZERO, now)) {
            self.spent.push(&living);
        }
        self.spent.takes_ended(sha256_hex, now)
    }
}

impl Entry {
    /// An entry with this face.
    pub fn new(face: Face) -> Self {
        Self {
            id: face.account.id.clone(),
            face: RwLock::new(face),
            flight: Mutex::default(),
            asked: AtomicI64::new(0),
        }
    }

    /// Notes that somebody asks for its token.
    pub(crate) fn was_asked(&self, now: Wall) {
        self.asked.store(now.unix_ms(), Ordering::Relaxed);
    }

    /// When somebody last asked for its token, in this run.
    pub(crate) fn last_asked(&self) -> Option<Wall> {
        Some(self.asked.load(Ordering::Relaxed)).filter(|ms| *ms != 0).map(Wall::from_unix_ms)
    }

    /// The token that readers get, where it is another than the one that was seen.
    pub(crate) fn newer_than(&self, seen: &Living) -> Option<Arc<Living>> {
        self.face().living.clone().filter(|now| now.access != seen.access)
    }

    /// Looks at the face. Drop the guard before the next await.
    pub fn face(&self) -> RwLockReadGuard<'_, Face> {
        self.face.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the face. Drop the guard before the next await.
    pub fn face_mut(&self) -> RwLockWriteGuard<'_, Face> {
        self.face.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Puts a freshly connected account in. One that is there already keeps its entry, and whoever holds that sees
    /// the new face; two connections at the same moment make one entry (E-30).
    pub fn connected(&self, face: Face) -> Arc<Entry> {
        let mut pages = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let entry = match pages.entries.get(&face.account.id).cloned() {
            Some(entry) => {
                pages.forget(&entry);
                *entry.face_mut() = face;
                entry
            }
            None => {
                let entry = Arc::new(Entry::new(face));
                pages.entries.insert(entry.id.clone(), Arc::clone(&entry));
                entry
            }
        };
        pages.name(&entry);
        entry
    }

    /// Puts many accounts in at once.
    pub fn fill(&self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        let mut pages = self.0.write().unwrap_or_else(PoisonError::into_inner);
        pages.entries.extend(entries.into_iter().map(|e| (e.id.clone(), e)));
        pages.index();
    }

    /// Takes an account out.
    pub fn remove(&self, id: &AccountId) {
        let mut pages = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = pages.entries.remove(id) {
            pages.forget(&entry);
        }
    }

    /// Reads the names anew, after a label, username or account changed.
    pub fn names_changed(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).index();
    }

    /// The account with this id.
    pub fn by_id(&self, id: &AccountId) -> Option<Arc<Entry>> {
        self.pages().entries.get(id).cloned()
    }

    /// The account of this person at this provider.
    pub fn by_subject(&self, provider: &ProviderId, subject: &str) -> Option<Arc<Entry>> {
        let fits = |entry: &&Arc<Entry>| {
            let face = entry.face();
            face.account.provider == *provider && face.account.subject == subject
        };
        self.pages().entries.values().find(fits).cloned()
    }

    /// Every account, oldest first.
    pub fn all(&self) -> Vec<Arc<Entry>> {
        let mut all: Vec<_> = self.pages().entries.values().cloned().collect();
        all.sort_by_cached_key(|entry| (entry.face().account.connected_at, entry.id.clone()));
        all
    }

    /// The one account that a selector fits: id, label, username, provider or `provider:username`.
    ///
    /// # Errors
    /// [`EngineError::AccountNotFound`] and [`EngineError::AmbiguousAccount`], which lists what would fit one.
    pub fn select(&self, selector: &str) -> Result<Arc<Entry>, EngineError> {
        let pages = self.pages();
        match pages.names.get(selector).map_or(&[][..], Vec::as_slice) {
            [id] => pages.entries.get(id).cloned().ok_or_else(|| not_found(selector)),
            [] => Err(not_found(selector)),
            several => Err(EngineError::AmbiguousAccount {
                selector: selector.to_owned(),
                candidates: several
                    .iter()
                    .filter_map(|id| pages.entries.get(id))
                    .map(|e| pages.unique_name(e))
                    .collect(),
            }),
        }
    }

    /// True when the account goes by this name, whether or not others do too.
    pub fn goes_by(&self, name: &str, account: &AccountId) -> bool {
        self.pages().names.get(name).is_some_and(|ids| ids.contains(account))
    }

    /// The shortest name that fits this account alone.
    pub fn name_of(&self, entry: &Entry) -> String {
        self.pages().unique_name(entry)
    }

    /// True when another account goes by this name.
    pub fn is_taken(&self, name: &str, except: &AccountId) -> bool {
        self.pages().names.get(name).is_some_and(|ids| ids.iter().any(|id| id != except))
    }

    fn pages(&self) -> RwLockReadGuard<'_, Pages> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn index(&mut self) {
        self.names.clear();
        for entry in self.entries.values().cloned().collect::<Vec<_>>() {
            self.name(&entry);
        }
    }

    /// Takes in the names that an account goes by. One account's names, not those of all: there may be thousands.
    fn name(&mut self, entry: &Entry) {
        for name in all_names(entry) {
            let ids = self.names.entry(name).or_default();
            if !ids.contains(&entry.id) {
                ids.push(entry.id.clone());
            }
        }
    }

    /// Takes out the names that an account goes by, before it goes or goes by others.
    fn forget(&mut self, entry: &Entry) {
        for name in all_names(entry) {
            if let Some(ids) = self.names.get_mut(&name) {
                ids.retain(|id| *id != entry.id);
                if ids.is_empty() {
                    self.names.remove(&name);
                }
            }
        }
    }

    fn unique_name(&self, entry: &Entry) -> String {
        let alone = |name: &String| self.names.get(name).is_some_and(|ids| ids.len() == 1);
        names(&entry.face().account).into_iter().find(alone).unwrap_or_else(|| entry.id.to_string())
    }
}

/// The names an account goes by, with its id.
fn all_names(entry: &Entry) -> impl Iterator<Item = String> {
    names(&entry.face().account).into_iter().chain([entry.id.to_string()])
}

/// The names an account goes by, the friendliest first.
fn names(account: &Account) -> Vec<String> {
    let mut names: Vec<String> = account.label.iter().cloned().collect();
    if let Some(username) = &account.username {
        names.push(username.clone());
        names.push(format!("{}:{username}", account.provider));
    }
    names.push(account.provider.to_string());
    names
}

fn not_found(selector: &str) -> EngineError {
    if !bowline_base::redact::is_plain(selector) {
        return EngineError::AccountNotFound {
            detail: format!(
                "no account fits what was given: there are invisible characters in \"{}\"; give it without them",
                bowline_base::redact::foreign(selector)
            ),
        };
    }
    EngineError::AccountNotFound {
        detail: format!(
            "no account fits \"{}\": connect it with `bowline connect`, or see `bowline accounts`",
            bowline_base::redact::foreign(selector)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bowline_base::random::SeededRandom;

    #[test]
    fn o29_an_account_is_found_by_each_of_its_names() {
        let book = book(&[("google", "ana@example.com", Some("work")), ("github", "ana", None)]);
        for name in
            ["work", "ana@example.com", "google", "google:ana@example.com", "github", "ana", "github:ana"]
        {
            assert!(book.select(name).is_ok(), "{name}");
        }
        let id = book.select("work").unwrap().id.clone();
        assert_eq!(book.select(id.as_str()).unwrap().id, id);
    }

    #[test]
    fn o29_a_name_of_several_accounts_lists_names_that_fit_one_each() {
        let book = book(&[("google", "ana@example.com", None), ("google", "bo@example.com", Some("home"))]);
        let Err(EngineError::AmbiguousAccount { mut candidates, .. }) = book.select("google") else {
            panic!("google fits two accounts")
        };
        candidates.sort();
        assert_eq!(candidates, ["ana@example.com", "home"]);
        assert!(candidates.iter().all(|name| book.select(name).is_ok()));
    }

    #[test]
    fn r18_no_account_is_not_a_broken_account() {
        let Err(error) = book(&[]).select("x\u{202e}<b>") else { panic!("there is none") };
        assert!(matches!(error, EngineError::AccountNotFound { .. }));
        assert!(!error.to_string().contains(['<', '\u{202e}']));
        assert!(
            error.to_string().contains("invisible"),
            "what differs from an account that is there: {error}"
        );
    }

    #[test]
    fn a_token_lasts_as_long_as_it_is_asked_to_and_a_dead_one_never() {
        let now = Wall::from_unix_ms(1_000_000);
        let token = |end| Living {
            access: Secret::new("t"),
            token_type: "Bearer".into(),
            expires_at: end,
            scopes: ScopeSet::default(),
            written: OnceLock::new(),
        };
        let minute = Duration::from_secs(60);
        assert!(token(None).lasts(minute, now));
        assert!(token(Some(now + minute)).lasts(minute, now));
        assert!(!token(Some(now + minute)).lasts(minute * 2, now));
        assert!(!token(Some(now)).lasts(Duration::ZERO, now));
    }

    #[test]
    fn a_reader_who_comes_a_moment_after_a_renewal_takes_its_token_over() {
        let book = book(&[("google", "ana", None)]);
        let entry = book.select("google").unwrap();
        let token = |text: &str| {
            Arc::new(Living {
                access: Secret::new(text),
                token_type: "Bearer".into(),
                expires_at: None,
                scopes: ScopeSet::default(),
                written: OnceLock::new(),
            })
        };
        let seen = token("old");
        assert!(entry.newer_than(&seen).is_none(), "nobody has opened it");
        entry.face_mut().living = Some(token("old"));
        assert!(entry.newer_than(&seen).is_none(), "it is the same, opened anew");
        entry.face_mut().living = Some(token("new"));
        assert!(entry.newer_than(&seen).is_some_and(|now| now.access == Secret::new("new")));
    }

    #[test]
    fn an_account_that_goes_or_is_connected_under_another_name_is_found_by_no_old_one() {
        let book = book(&[("google", "ana", Some("work")), ("google", "bo", None)]);
        let entry = book.select("work").unwrap();
        let mut face = entry.face().clone();
        face.account.username = Some("ana.lima".to_owned());
        face.account.label = None;
        book.connected(face);
        assert!(book.select("work").is_err() && book.select("ana").is_err());
        assert_eq!(book.select("ana.lima").unwrap().id, entry.id);
        book.remove(&entry.id);
        assert!(book.select("ana.lima").is_err() && book.select(entry.id.as_str()).is_err());
        assert!(book.select("google").is_ok(), "the other one is the only one now");
    }

    fn book(accounts: &[(&str, &str, Option<&str>)]) -> Book {
        let random = SeededRandom::new(1);
        let book = Book::default();
        for (provider, username, label) in accounts {
            let account = Account {
                id: AccountId::random(&random),
                provider: ProviderId::parse(provider).unwrap(),
                issuer: None,
                subject: (*username).to_owned(),
                label: label.map(str::to_owned),
                username: Some((*username).to_owned()),
                display_name: None,
                avatar_url: None,
                requested: ScopeSet::default(),
                granted: ScopeSet::default(),
                connected_at: Wall::from_unix_ms(0),
                reconnected_at: None,
                paused: false,
            };
            let face = Face::new(account, Health::default(), Arc::default());
            book.connected(face);
        }
        book
    }
}
