//! Apps: how one asks for access, how the owner answers, what it may read and until when.
//!
//! Closed by default (promise 6): no key exists before the owner said yes, and a key reads only the accounts the
//! owner named. Keys are kept as hashes; the key itself is given out once, to whoever holds the request's
//! `poll_secret`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bowline_base::{AccountId, AppId, Instant, RequestId, ScopeSet, Secret, Wall, redact};
use bowline_vault::apps::App;
pub use bowline_vault::apps::Grant;
use tokio::sync::watch;

use crate::engine::Engine;
use crate::event::Event;
use crate::limit::Budget;
use crate::notice::Kind;
use crate::{Caller, EngineError};

/// What app keys begin with, so that a leaked one is recognised.
pub const KEY_PREFIX: &str = "bwl_";
/// How long the owner has to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15 * 60);
/// Open questions at once: more is not a person's doing.
const MOST_PENDING: usize = 20;
/// The longest name or reason of an app, in characters.
const LONGEST_TEXT: usize = 120;
const MOST_WANTS: usize = 20;
/// Scopes that say how signing in goes, and nothing of what the token may be used for.
const ABOUT_SIGNING_IN: [&str; 2] = ["openid", "offline_access"];

/// An app that has proved itself, with what it may read.
#[derive(Debug)]
pub struct AppFace {
    /// Its id.
    pub id: AppId,
    /// What it calls itself.
    pub name: String,
    /// When the owner said yes.
    pub created_at: Wall,
    /// What it may read.
    pub grants: Vec<Grant>,
    /// It may see what is counted.
    pub metrics: bool,
}

impl AppFace {
    /// True when the account is given to this app now; one whose time is up is a foreign one.
    pub fn may_see(&self, account: &AccountId, now: Wall) -> bool {
        self.living_grants(account, now).next().is_some()
    }

    /// True when the app may read the account's token for these scopes now.
    pub fn may_read(&self, account: &AccountId, wanted: &ScopeSet, now: Wall) -> bool {
        self.living_grants(account, now)
            .any(|grant| grant.scopes.as_ref().is_none_or(|given| given.covers(wanted)))
    }

    /// What a token that is good for `carried` could do beyond what the owner allowed this app. A bearer token cannot
    /// be narrowed, so whoever holds it holds all of it.
    pub fn beyond(&self, account: &AccountId, carried: &ScopeSet, now: Wall) -> ScopeSet {
        let more =
            |grant: &Grant| grant.scopes.as_ref().map(|given| given.missing(carried)).unwrap_or_default();
        let least = self.living_grants(account, now).map(more).min_by_key(ScopeSet::len).unwrap_or_default();
        least.iter().filter(|scope| !ABOUT_SIGNING_IN.contains(&scope.as_str())).cloned().collect()
    }

    /// True when the whole account was given to this app, and not single scopes: then it may hold what nobody knows the
    /// scopes of.
    pub fn has_all_of(&self, account: &AccountId, now: Wall) -> bool {
        self.living_grants(account, now).any(|grant| grant.scopes.is_none())
    }

    fn living_grants(&self, account: &AccountId, now: Wall) -> impl Iterator<Item = &Grant> {
        let living = move |grant: &&Grant| grant.expires_at.is_none_or(|end| end > now);
        self.grants.iter().filter(move |grant| grant.account == *account).filter(living)
    }
}

/// All apps, and the open questions of those that want to become one.
pub struct Apps {
    by_key: RwLock<HashMap<[u8; 32], Arc<AppFace>>>,
    pending: Mutex<HashMap<RequestId, Arc<Pending>>>,
    last_read: Mutex<HashMap<AppId, Wall>>,
    unsaved_reads: Mutex<HashMap<AppId, Wall>>,
    budget: Budget<AppId>,
}

impl Default for Apps {
    fn default() -> Self {
        Self {
            by_key: RwLock::default(),
            pending: Mutex::default(),
            last_read: Mutex::default(),
            unsaved_reads: Mutex::default(),
            budget: Budget::per(Duration::from_secs(60)),
        }
    }
}

/// What an app wants to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Any account of this provider.
    pub provider: Option<String>,
    /// Or this account.
    pub account: Option<String>,
    /// For these scopes; all when empty.
    pub scopes: ScopeSet,
    /// Or what is counted, in the place of an account.
    pub metrics: bool,
}

/// An app's wish as it came in.
#[derive(Clone, Debug, Default)]
pub struct AppWish {
    /// What the app calls itself.
    pub name: String,
    /// What it wants to read.
    pub wants: Vec<Want>,
    /// Why, in its own words.
    pub because: Option<String>,
}

impl AppWish {
    /// True where it wants to see what is counted.
    pub fn wants_metrics(&self) -> bool {
        self.wants.iter().any(|want| want.metrics)
    }
}

/// An open or answered question.
pub struct Pending {
    /// Its id.
    pub id: RequestId,
    /// The app's wish.
    pub wish: AppWish,
    /// Shown on both sides, so that the owner can compare.
    pub code: String,
    /// When it was asked.
    pub created_at: Wall,
    /// Until when it can be answered.
    pub expires_at: Wall,
    poll_secret: Secret,
    state: watch::Sender<Answer>,
    key: Mutex<Option<Secret>>,
    /// An answer is being carried out: a second one comes too late.
    claimed: AtomicBool,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not answered yet.
    Pending,
    /// The owner said yes.
    Approved(AppId),
    /// The owner said no.
    Denied,
    /// Nobody answered in time.
    Expired,
}

impl Answer {
    /// The word on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved(_) => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
        }
    }
}

/// What an app gets when it asks.
pub struct Asked {
    /// The question.
    pub pending: Arc<Pending>,
    /// With which the app asks for the answer.
    pub poll_secret: Secret,
}

/// An app as the owner sees it.
#[derive(Clone, Debug)]
pub struct AppSight {
    /// The app and its grants.
    pub face: Arc<AppFace>,
    /// When it last read something.
    pub last_read_at: Option<Wall>,
}

impl Apps {
    pub(crate) fn fill(&self, apps: Vec<App>, hashes: Vec<(AppId, [u8; 32])>) {
        let hashes: HashMap<AppId, [u8; 32]> = hashes.into_iter().collect();
        let mut by_key = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        let mut last_read = self.last_read.lock().unwrap_or_else(PoisonError::into_inner);
        for app in apps {
            let Some(hash) = hashes.get(&app.id).copied() else { continue };
            if let Some(at) = app.last_read_at {
                last_read.insert(app.id.clone(), at);
            }
            by_key.insert(hash, Arc::new(face(app)));
        }
    }

    pub(crate) fn spend(&self, app: &AppFace, most: u32, now: Instant) -> Result<(), Duration> {
        self.budget.spend(&app.id, most, now)
    }

    /// True for the first read since the last save.
    pub(crate) fn was_read(&self, app: &AppId, now: Wall) -> bool {
        self.last_read.lock().unwrap_or_else(PoisonError::into_inner).insert(app.clone(), now);
        let mut unsaved = self.unsaved_reads.lock().unwrap_or_else(PoisonError::into_inner);
        let first = unsaved.is_empty();
        unsaved.insert(app.clone(), now);
        first
    }

    pub(crate) fn take_reads(&self) -> Vec<(AppId, Wall)> {
        self.unsaved_reads.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }

    /// Takes an account out of every app's grants.
    pub(crate) fn forget_account(&self, account: &AccountId) {
        let mut by_key = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        for face in by_key.values_mut().filter(|face| face.grants.iter().any(|g| g.account == *account)) {
            let grants = face.grants.iter().filter(|g| g.account != *account).cloned().collect();
            *face = Arc::new(AppFace {
                id: face.id.clone(),
                name: face.name.clone(),
                created_at: face.created_at,
                grants,
                metrics: face.metrics,
            });
        }
    }

    /// Makes an app's key prove nothing any more, and gives the app's name.
    fn take_key_of(&self, id: &AppId) -> Arc<str> {
        let mut by_key = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        let name = by_key.values().find(|face| face.id == *id).map(|face| Arc::from(face.name.as_str()));
        by_key.retain(|_, face| face.id != *id);
        name.unwrap_or_default()
    }

    /// True until the app is revoked.
    fn stands(&self, id: &AppId) -> bool {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).values().any(|face| face.id == *id)
    }

    fn by_key(&self, key: &Secret) -> Option<Arc<AppFace>> {
        // With 256 random bits in a key, a plain hash cannot be turned back.
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(&key.sha256()).cloned()
    }

    fn pending(&self, id: &RequestId) -> Option<Arc<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

impl Engine {
    /// The caller that this key proves; `None` for a key nobody was given, or that was revoked.
    pub fn app_by_key(&self, key: &Secret, program: Option<Arc<str>>) -> Option<Caller> {
        self.apps.by_key(key).map(|face| Caller::app(face, program))
    }

    /// True until the caller's access is taken back: what it waits for then ends.
    pub fn still_stands(&self, caller: &Caller) -> bool {
        caller.app_id().is_none_or(|id| self.apps.stands(id))
    }

    /// Comes back when the caller's access is taken back; never for the owner.
    pub(crate) async fn revoked(&self, caller: &Caller) {
        let mut events = self.events.watch();
        while self.still_stands(caller) {
            // A watcher that missed some events looks all the same.
            if matches!(events.recv().await, Err(tokio::sync::broadcast::error::RecvError::Closed)) {
                return std::future::pending().await;
            }
        }
    }

    /// Takes an app's wish. Interrupts the person with one notice; opens nothing.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] for a wish that cannot be shown; [`EngineError::RateLimited`] when too many
    /// questions are open.
    pub async fn ask_for_access(&self, wish: AppWish) -> Result<Asked, EngineError> {
        check(&wish)?;
        self.expire_pending();
        let now = self.clock.wall();
        let poll_secret = Secret::random(&*self.random, "bwp_");
        let pending = Arc::new(Pending {
            id: RequestId::random(&*self.random),
            code: self.code_to_compare(),
            created_at: now,
            expires_at: now + ANSWER_WITHIN,
            poll_secret: poll_secret.clone(),
            state: watch::Sender::new(Answer::Pending),
            key: Mutex::default(),
            claimed: AtomicBool::new(false),
            wish,
        });
        {
            let mut all = self.apps.pending.lock().unwrap_or_else(PoisonError::into_inner);
            let open = all.values().filter(|p| *p.state.borrow() == Answer::Pending).count();
            if open >= MOST_PENDING {
                return Err(EngineError::RateLimited {
                    detail:
                        "too many apps are waiting for an answer: answer them with `bowline apps requests`"
                            .into(),
                    retry_after: Duration::from_secs(60),
                });
            }
            all.insert(pending.id.clone(), Arc::clone(&pending));
        }
        self.audit_now(self.own_entry("app.requested", None, Ok(()))).await?;
        self.tell_request(&pending, None);
        self.ask_person(pending.id.to_string(), self.question_of(&pending), pending.expires_at);
        Ok(Asked { pending, poll_secret })
    }

    /// An app's question as the person is asked it. It can be answered at once where its wish names each account without
    /// doubt.
    fn question_of(&self, pending: &Pending) -> Kind {
        let mut accounts = self.suggested_accounts(&pending.wish);
        // What is counted has no place among the names: the person looks at such a wish before the answer.
        if accounts.len() != pending.wish.wants.len() {
            accounts.clear();
        }
        let name = |id: &AccountId| self.book.by_id(id).map(|entry| self.book.name_of(&entry));
        Kind::AppAsks {
            request: pending.id.clone(),
            app: pending.wish.name.clone(),
            code: pending.code.clone(),
            names: accounts.iter().filter_map(name).collect(),
            accounts,
        }
    }

    /// The open questions of apps, oldest first.
    pub fn app_requests(&self) -> Vec<Arc<Pending>> {
        self.expire_pending();
        let all = self.apps.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open: Vec<_> =
            all.values().filter(|p| *p.state.borrow() == Answer::Pending).cloned().collect();
        open.sort_by_key(|p| p.created_at);
        open
    }

    /// What became of a question, for whoever holds its poll secret; waits up to `wait` for an answer. The app
    /// key comes with the first answer after the owner's yes, and never again.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`], also for a wrong poll secret.
    pub async fn app_answer(
        &self,
        id: &RequestId,
        poll_secret: &Secret,
        wait: Duration,
    ) -> Result<(Answer, Option<Secret>), EngineError> {
        let pending =
            self.apps.pending(id).filter(|p| p.poll_secret == *poll_secret).ok_or_else(request_not_found)?;
        let until = wait.min(pending.expires_at.since(self.clock.wall()));
        let mut state = pending.state.subscribe();
        let answered = state.wait_for(|answer| *answer != Answer::Pending);
        tokio::select! { _ = answered => {}, () = self.clock.sleep(until) => {} }
        self.expire_pending();
        let answer = pending.state.borrow().clone();
        let key = pending.key.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok((answer, key))
    }

    /// The owner's yes: makes a key that reads these accounts, until `expires_in` has passed if that is given.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`]; [`EngineError::InvalidRequest`] without an account.
    pub async fn approve_app(
        self: &Arc<Self>,
        caller: &Caller,
        id: &RequestId,
        accounts: &[String],
        expires_in: Option<Duration>,
    ) -> Result<AppSight, EngineError> {
        let pending = self.open_question(id)?;
        let grants = self.grants(&pending.wish, accounts, expires_in)?;
        if pending.claimed.swap(true, Ordering::SeqCst) {
            return Err(request_not_found());
        }
        // On a task of its own: an owner's program that hangs up leaves no yes half carried out.
        let (engine, caller) = (Arc::clone(self), caller.clone());
        let carried_out = tokio::spawn(async move {
            let approved = engine.carry_out(&caller, &pending, grants).await;
            if approved.is_err() {
                pending.claimed.store(false, Ordering::SeqCst);
            }
            approved
        });
        carried_out.await.unwrap_or_else(|_| Err(request_not_found()))
    }

    async fn carry_out(
        &self,
        caller: &Caller,
        pending: &Pending,
        grants: Vec<Grant>,
    ) -> Result<AppSight, EngineError> {
        let key = Secret::random(&*self.random, KEY_PREFIX);
        let key_hash = key.sha256();
        let (name, metrics) = (pending.wish.name.clone(), pending.wish.wants_metrics());
        let app = self.store.run(move |vault| vault.add_app_that(&name, &key_hash, &grants, metrics)).await?;
        let entry = bowline_vault::audit::AuditEntry {
            app: Some(app.id.clone()),
            ..self.entry_of(caller, "app.approved", None, Ok(()))
        };
        self.audit_now(entry).await?;
        let face = Arc::new(face(app));
        self.apps.by_key.write().unwrap_or_else(PoisonError::into_inner).insert(key_hash, Arc::clone(&face));
        *pending.key.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
        if !pending.end(Answer::Approved(face.id.clone())) {
            // Its time ran out meanwhile, and that is what the app was told.
            pending.key.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.take_back_from(caller, &face.id).await?;
            return Err(request_not_found());
        }
        self.tell_request(pending, Some(face.id.clone()));
        Ok(AppSight { face, last_read_at: None })
    }

    /// The owner's no.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`].
    pub async fn deny_app(self: &Arc<Self>, caller: &Caller, id: &RequestId) -> Result<(), EngineError> {
        let pending = self.open_question(id)?;
        if pending.claimed.swap(true, Ordering::SeqCst) {
            return Err(request_not_found());
        }
        let (engine, caller) = (Arc::clone(self), caller.clone());
        let carried_out = tokio::spawn(async move {
            let recorded = engine.audit_now(engine.entry_of(&caller, "app.denied", None, Ok(()))).await;
            if recorded.is_err() {
                pending.claimed.store(false, Ordering::SeqCst);
            } else if pending.end(Answer::Denied) {
                engine.tell_request(&pending, None);
            }
            recorded
        });
        carried_out.await.unwrap_or_else(|_| Err(request_not_found()))
    }

    /// Takes an app's access back at once, or what was decided about a program.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`] for an app that is not there.
    pub async fn revoke_app(self: &Arc<Self>, caller: &Caller, id: &AppId) -> Result<(), EngineError> {
        // On a task of its own: whoever hangs up leaves nothing half taken back.
        let (engine, caller, app) = (Arc::clone(self), caller.clone(), id.clone());
        let revoked = tokio::spawn(async move { engine.take_back_from(&caller, &app).await });
        revoked.await.unwrap_or_else(|_| Err(no_such_app(id)))
    }

    async fn take_back_from(&self, caller: &Caller, id: &AppId) -> Result<(), EngineError> {
        if self.programs.knows(id) {
            return self.revoke_program(caller, id).await;
        }
        let name = self.apps.take_key_of(id);
        let gone = id.clone();
        let was_there = self.store.run(move |vault| vault.revoke_app(&gone)).await?;
        if !was_there {
            return Err(no_such_app(id));
        }
        let entry = bowline_vault::audit::AuditEntry {
            app: Some(id.clone()),
            ..self.entry_of(caller, "app.revoked", None, Ok(()))
        };
        self.audit_now(entry).await?;
        self.events.tell(Event::App { app: Some(id.clone()), request: None, name, what: "revoked" });
        Ok(())
    }

    /// All apps, oldest first.
    pub fn apps(&self) -> Vec<AppSight> {
        let last = self.apps.last_read.lock().unwrap_or_else(PoisonError::into_inner);
        let by_key = self.apps.by_key.read().unwrap_or_else(PoisonError::into_inner);
        let sight = |face: &Arc<AppFace>| AppSight {
            face: Arc::clone(face),
            last_read_at: last.get(&face.id).copied(),
        };
        let mut apps: Vec<AppSight> = by_key.values().map(sight).collect();
        apps.sort_by_key(|app| app.face.created_at);
        apps
    }

    /// The accounts that a wish is about, as far as it names them without doubt.
    pub fn suggested_accounts(&self, wish: &AppWish) -> Vec<AccountId> {
        let selected = |want: &Want| {
            let selector = want.account.as_ref().or(want.provider.as_ref())?;
            self.book.select(selector).ok().map(|entry| entry.id.clone())
        };
        wish.wants.iter().filter_map(selected).collect()
    }

    fn grants(
        &self,
        wish: &AppWish,
        accounts: &[String],
        expires_in: Option<Duration>,
    ) -> Result<Vec<Grant>, EngineError> {
        let expires_at = expires_in.map(|life| self.clock.wall() + life);
        let ids = match accounts {
            [] => self.suggested_accounts(wish),
            named => {
                named.iter().map(|s| self.book.select(s).map(|e| e.id.clone())).collect::<Result<_, _>>()?
            }
        };
        if ids.is_empty() && !(wish.wants_metrics() && wish.wants.iter().all(|want| want.metrics)) {
            return Err(EngineError::invalid("name the accounts that the app may read, with --account"));
        }
        let grant = |account: AccountId| {
            let scopes = self.wanted_scopes(wish, &account)?;
            Ok(Grant { scopes, account, expires_at })
        };
        ids.into_iter().map(grant).collect()
    }

    /// The scopes that the wishes about this account name; `None` when one of them asks for the account as it is. What
    /// was not asked for is not given.
    fn wanted_scopes(&self, wish: &AppWish, account: &AccountId) -> Result<Option<ScopeSet>, EngineError> {
        let about = |want: &&Want| {
            let name = want.account.as_ref().or(want.provider.as_ref());
            name.is_some_and(|name| self.book.goes_by(name, account))
        };
        let wanted: Vec<&ScopeSet> = wish.wants.iter().filter(about).map(|want| &want.scopes).collect();
        let [first, more @ ..] = &wanted[..] else {
            return Err(EngineError::invalid(
                "the app did not ask for that account: choose one that it asked for",
            ));
        };
        let all = more.iter().fold((*first).clone(), |sum, more| sum.union(more));
        Ok((!wanted.iter().any(|scopes| scopes.is_empty())).then_some(all))
    }

    fn open_question(&self, id: &RequestId) -> Result<Arc<Pending>, EngineError> {
        self.expire_pending();
        self.apps.pending(id).filter(|p| *p.state.borrow() == Answer::Pending).ok_or_else(request_not_found)
    }

    /// Marks what nobody answered, and forgets what was answered long ago.
    fn expire_pending(&self) {
        let now = self.clock.wall();
        let mut all = self.apps.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for pending in all.values().filter(|p| p.expires_at <= now) {
            let ran_out = pending.state.send_if_modified(|state| {
                let open = *state == Answer::Pending;
                if open {
                    *state = Answer::Expired;
                }
                open
            });
            if ran_out {
                let name = Arc::from(pending.wish.name.as_str());
                let request = Some(pending.id.clone());
                self.events.tell(Event::App { app: None, request, name, what: "expired" });
            }
        }
        all.retain(|_, p| now.since(p.expires_at) < ANSWER_WITHIN * 4);
    }

    fn tell_request(&self, pending: &Pending, app: Option<AppId>) {
        let what = match *pending.state.borrow() {
            Answer::Pending => "requested",
            Answer::Approved(_) => "approved",
            Answer::Denied | Answer::Expired => "denied",
        };
        let name = pending.wish.name.as_str().into();
        self.events.tell(Event::App { app, request: Some(pending.id.clone()), name, what });
        if what != "requested" {
            self.person_answered(pending.id.as_str());
        }
    }

    /// Eight characters without look-alikes, in two groups.
    fn code_to_compare(&self) -> String {
        const ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
        let mut bytes = [0u8; 8];
        self.random.fill(&mut bytes);
        let letters: String =
            bytes.iter().map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()])).collect();
        format!("{}-{}", &letters[..4], &letters[4..])
    }
}

impl Pending {
    /// What became of it so far.
    pub fn answer(&self) -> Answer {
        self.state.borrow().clone()
    }

    /// Ends it unless it has ended; true when it was this call that did.
    fn end(&self, how: Answer) -> bool {
        self.state.send_if_modified(|state| {
            let open = *state == Answer::Pending;
            if open {
                *state = how;
            }
            open
        })
    }
}

fn check(wish: &AppWish) -> Result<(), EngineError> {
    let fits = |text: &str| {
        !text.trim().is_empty() && text.chars().count() <= LONGEST_TEXT && redact::is_plain(text)
    };
    if !fits(&wish.name) {
        return Err(EngineError::invalid("the app's name needs 1 to 120 characters that can be shown"));
    }
    if wish.because.as_deref().is_some_and(|text| !fits(text)) {
        return Err(EngineError::invalid("the reason needs 1 to 120 characters that can be shown"));
    }
    let named = |want: &Want| match want.provider.as_ref().or(want.account.as_ref()) {
        Some(name) => fits(name) && !want.metrics,
        None => want.metrics && want.scopes.is_empty(),
    };
    if wish.wants.is_empty() || wish.wants.len() > MOST_WANTS || !wish.wants.iter().all(named) {
        return Err(EngineError::invalid(
            "`wants` needs 1 to 20 entries, each with a provider, an account, or `\"metrics\":true` alone",
        ));
    }
    Ok(())
}

fn face(app: App) -> AppFace {
    AppFace {
        id: app.id,
        name: app.name,
        created_at: app.created_at,
        grants: app.grants,
        metrics: app.metrics,
    }
}

fn no_such_app(id: &AppId) -> EngineError {
    EngineError::RequestNotFound { detail: format!("there is no app {id}: see `bowline apps`") }
}

fn request_not_found() -> EngineError {
    EngineError::RequestNotFound {
        detail:
            "there is no such open request (any more): it was answered, has run out, or Bowline was restarted"
                .to_owned(),
    }
}
