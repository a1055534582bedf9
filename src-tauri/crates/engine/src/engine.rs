//! The engine itself: what it is made of, how it starts and ends, and what every change goes through.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bowline_base::{Account, AccountId, Basis, Clock, Health, Random, Reason, Status, Wall};
use bowline_oauth::discovery::Discovery;
use bowline_oauth::identity::Identifier;
use bowline_oauth::transport::Transport;
use bowline_vault::audit::AuditEntry;
use bowline_vault::keys::MasterKeys;
use tokio::sync::{Notify, watch};

use crate::abuse::{Refusals, Weight};
use crate::apps::Apps;
use crate::book::{Book, Entry, Face};
use crate::breaker::Breakers;
use crate::caller::Caller;
use crate::clock::Anchor;
use crate::connect::Attempts;
use crate::connect::door::WAY_BACK;
use crate::emergency::Emergencies;
use crate::event::{Event, Events};
use crate::figures::Figures;
use crate::forecast::{self, Forecast};
use crate::lifecycle::{self, Person, Standing, State};
use crate::limited::Limited;
use crate::notice::{Heard, Kind, Notices};
use crate::ports::{Browser, Notifier};
use crate::programs::Programs;
use crate::providers::Providers;
use crate::refresh::Why;
use crate::requests::Requests;
use crate::schedule::{self, Plan};
use crate::skew::{Difference, Skew};
use crate::standing_in::{StandIn, StandIns};
use crate::store::Store;
use crate::unlock::KeystoreChoice;
use crate::verify;
use crate::wake::Wakes;
use crate::words::{self, About};
use crate::{EngineError, Policy, history};

/// How long the last writes and the closing of the vault may take when the agent ends.
const CLOSES_WITHIN: Duration = Duration::from_millis(500);

/// What the engine is built from: its seams, and the figures it works by.
pub struct Parts {
    /// The vault on its thread.
    pub store: Store,
    /// The providers there are.
    pub providers: Providers,
    /// The way to providers.
    pub transport: Arc<dyn Transport>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The keychain.
    pub keychain: Arc<dyn MasterKeys>,
    /// Where a new vault's key is kept.
    pub keystore: KeystoreChoice,
    /// Opens pages.
    pub browser: Arc<dyn Browser>,
    /// Tells the person.
    pub notifier: Arc<dyn Notifier>,
    /// The figures.
    pub policy: Policy,
}

/// The engine. Shared by all doors; every method may be called at any time from any task.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) providers: Providers,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keychain: Arc<dyn MasterKeys>,
    pub(crate) keystore: RwLock<KeystoreChoice>,
    /// One locking or unlocking at a time.
    pub(crate) locking: tokio::sync::Mutex<()>,
    /// One change of the key at a time.
    pub(crate) rekeying: tokio::sync::Mutex<()>,
    pub(crate) browser: Arc<dyn Browser>,
    pub(crate) notices: Notices,
    pub(crate) discovery: Discovery,
    pub(crate) identifier: Identifier,
    pub(crate) book: Book,
    pub(crate) plan: Plan,
    pub(crate) replanned: Notify,
    pub(crate) attempts: Attempts,
    pub(crate) apps: Apps,
    pub(crate) programs: Programs,
    pub(crate) requests: Requests,
    refusals: Refusals,
    pub(crate) breakers: Breakers,
    pub(crate) limited: Limited,
    pub(crate) stand_ins: StandIns,
    pub(crate) emergencies: Arc<Emergencies>,
    pub(crate) anchor: Mutex<Anchor>,
    pub(crate) skew: Skew,
    pub(crate) wakes: Wakes,
    pub(crate) events: Events,
    pub(crate) figures: Figures,
    /// Renewals that the agent's last end cut off, and how often each was sent again by now.
    pub(crate) interrupted: Mutex<HashMap<AccountId, u32>>,
    /// Why the first try to open the vault could not be made as it was meant.
    opening_problem: RwLock<Option<String>>,
    /// The first try to open the vault is not over yet.
    pub(crate) opening: watch::Sender<bool>,
    locked: RwLock<Option<Reason>>,
    policy: RwLock<Arc<Policy>>,
    /// How many renewals and exchanges are under way; stopping waits for them.
    pub(crate) busy: watch::Sender<usize>,
    /// The agent ends: nothing new is begun.
    stopping: AtomicBool,
}

/// An account as a door shows it.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Who it is.
    pub account: Account,
    /// How its tokens are.
    pub health: Health,
    /// How it fares, and whose move it is.
    pub standing: Standing,
    /// What the person is asked for.
    pub person: Person,
    /// One sentence for people.
    pub message: String,
    /// The required scopes that are missing.
    pub missing: Vec<String>,
    /// When it will be renewed by itself.
    pub next_refresh: Option<Wall>,
    /// The account that was named to stand in.
    pub fallback: Option<AccountId>,
    /// What stands in at present.
    pub standing_in: Option<StandIn>,
    /// When the emergency key that is in force ends.
    pub emergency_ends_at: Option<Wall>,
    /// When the person will probably be needed.
    pub forecast: Option<Forecast>,
}

impl Engine {
    /// Takes up work: reads what is kept, tries the key, plans renewals.
    ///
    /// A locked vault is not an error: accounts are listed as `locked` until it is opened.
    ///
    /// # Errors
    /// [`EngineError::Storage`] when the vault cannot be read.
    pub async fn start(parts: Parts) -> Result<Arc<Self>, EngineError> {
        let anchor = Anchor::at(parts.clock.wall(), parts.clock.instant());
        let events = Events::default();
        let figures =
            Figures::new(Arc::clone(&parts.clock), events.clone(), parts.store.clone(), parts.policy.alerts);
        let engine = Arc::new(Self {
            discovery: Discovery::new(Arc::clone(&parts.transport), Arc::clone(&parts.clock)),
            identifier: Identifier::new(Arc::clone(&parts.transport), Arc::clone(&parts.clock)),
            notices: Notices::new(parts.notifier),
            store: parts.store,
            providers: parts.providers,
            transport: parts.transport,
            clock: parts.clock,
            random: parts.random,
            keychain: parts.keychain,
            keystore: RwLock::new(parts.keystore),
            locking: tokio::sync::Mutex::default(),
            rekeying: tokio::sync::Mutex::default(),
            browser: parts.browser,
            book: Book::default(),
            plan: Plan::default(),
            replanned: Notify::new(),
            attempts: Attempts::default(),
            apps: Apps::default(),
            programs: Programs::default(),
            requests: Requests::default(),
            refusals: Refusals::default(),
            breakers: Breakers::default(),
            limited: Limited::default(),
            stand_ins: StandIns::default(),
            emergencies: Arc::default(),
            anchor: Mutex::new(anchor),
            skew: Skew::default(),
            wakes: Wakes::default(),
            events,
            figures,
            interrupted: Mutex::default(),
            opening_problem: RwLock::default(),
            opening: watch::Sender::new(true),
            locked: RwLock::new(Some(Reason::KeychainLocked)),
            policy: RwLock::new(Arc::new(parts.policy)),
            busy: watch::Sender::new(0),
            stopping: AtomicBool::new(false),
        });
        engine.load_accounts().await?;
        engine.load_consent().await?;
        tokio::spawn(schedule::run(Arc::clone(&engine)));
        Ok(engine)
    }

    /// Ends work: no renewal begins any more, those under way get `patience` to bring their answer to disk, and so do
    /// answers that the disk refused before; then the vault is closed. A disk that does not answer is not waited for.
    /// Gives the accounts whose answer could be written nowhere and is lost now.
    pub async fn stop(self: &Arc<Self>, patience: Duration) -> Vec<String> {
        self.stopping.store(true, Ordering::SeqCst);
        let began = self.clock.instant();
        let mut busy = self.busy.subscribe();
        let quiet = busy.wait_for(|n| *n == 0);
        tokio::select! { _ = quiet => {}, () = self.clock.sleep(patience) => {} }
        let lost = self.save_last_answers(patience.saturating_sub(self.clock.instant().since(began))).await;
        self.attempts.close_all().await;
        let closed = async {
            self.save_last_reads().await;
            self.figures.keep_last();
            self.store.stop().await;
        };
        tokio::select! {
            () = closed => {}
            () = self.clock.sleep(CLOSES_WITHIN) => tracing::error!("the disk does not answer: ending without it"),
        }
        lost
    }

    /// True once the agent ends.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Counts a renewal as under way before its task begins; none begins once the agent ends.
    ///
    /// # Errors
    /// [`EngineError::TemporarilyUnavailable`].
    pub(crate) fn begin_work(&self, entry: &Entry) -> Result<Busy, EngineError> {
        // Counted first and looked at then: either this sees that the agent ends, or the end sees this.
        let busy = Busy::with(&self.busy);
        if !self.stopping.load(Ordering::SeqCst) {
            return Ok(busy);
        }
        Err(EngineError::TemporarilyUnavailable {
            detail: "Bowline is ending: ask again once it runs".to_owned(),
            account: Some(entry.id.clone()),
            reason: entry.face().health.trouble.as_ref().map_or(Reason::ProviderUnreachable, |t| t.reason),
            retry_after: Duration::from_secs(1),
            failure: None,
        })
    }

    /// What changes, from now on.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The figures in force.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts new figures in force and plans by them.
    pub fn set_policy(&self, policy: Policy) {
        self.figures.set_limits(policy.alerts);
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        self.replan_all();
        self.look_at_notices();
    }

    /// The providers there are.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// The time of day, by the engine's clock.
    pub fn now(&self) -> Wall {
        self.clock.wall()
    }

    /// Waits for a length of time, by the engine's clock.
    pub async fn wait(&self, length: Duration) {
        self.clock.sleep(length).await;
    }

    /// How this computer's clock differed from that of the provider that answered last.
    pub fn measured_skew(&self) -> Option<Difference> {
        self.skew.measured()
    }

    /// Why the vault is locked, if it is.
    pub fn locked(&self) -> Option<Reason> {
        *self.locked.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every account, oldest first.
    pub fn accounts(&self) -> Vec<Sight> {
        self.book.all().iter().map(|entry| self.sight(entry)).collect()
    }

    /// The accounts a caller may see, worst status first, then oldest first.
    pub fn accounts_for(&self, caller: &Caller) -> Vec<Sight> {
        let now = self.clock.wall();
        let visible = |entry: &&Arc<Entry>| caller.as_app().is_none_or(|app| app.may_see(&entry.id, now));
        let mut sights: Vec<Sight> =
            self.book.all().iter().filter(visible).map(|entry| self.sight(entry)).collect();
        sights.sort_by_key(|sight| sight.standing.status);
        sights
    }

    /// One account, by its selector.
    ///
    /// # Errors
    /// As [`Book::select`]; an app without consent hears [`EngineError::ApprovalRequired`] either way.
    pub fn account(&self, caller: &Caller, selector: &str) -> Result<Sight, EngineError> {
        self.entry_for(caller, selector).map(|entry| self.sight(&entry))
    }

    /// An account by its id.
    pub fn sight_of(&self, id: &AccountId) -> Option<Sight> {
        self.book.by_id(id).map(|entry| self.sight(&entry))
    }

    /// The shortest name that fits this account alone; its id for one that has gone.
    pub fn name_of(&self, id: &AccountId) -> String {
        self.book.by_id(id).map_or_else(|| id.to_string(), |entry| self.book.name_of(&entry))
    }

    /// The entry a caller names, if the caller may know of it.
    pub(crate) fn entry_for(&self, caller: &Caller, selector: &str) -> Result<Arc<Entry>, EngineError> {
        let Some(app) = caller.as_app() else { return self.book.select(selector) };
        match self.book.select(selector) {
            Ok(entry) if app.may_see(&entry.id, self.clock.wall()) => Ok(entry),
            Err(EngineError::AmbiguousAccount { .. }) => self.only_visible(app, selector),
            _ => Err(EngineError::ApprovalRequired),
        }
    }

    /// Of several accounts that fit, an app means the one it may see.
    fn only_visible(&self, app: &crate::apps::AppFace, selector: &str) -> Result<Arc<Entry>, EngineError> {
        let provider = |entry: &Arc<Entry>| entry.face().account.provider.as_str() == selector;
        let now = self.clock.wall();
        let mut fitting = self.book.all().into_iter().filter(|e| app.may_see(&e.id, now) && provider(e));
        match (fitting.next(), fitting.next()) {
            (Some(entry), None) => Ok(entry),
            _ => Err(EngineError::ApprovalRequired),
        }
    }

    /// How an account looks right now.
    pub(crate) fn sight(&self, entry: &Entry) -> Sight {
        let (locked, policy, now) = (self.locked(), self.policy(), self.clock.wall());
        let standing = self.standing(entry);
        let selector = self.book.name_of(entry);
        let emergency_ends_at = self.emergencies.ends_at(&entry.id, &*self.clock);
        let standing_in = self.standing_in(entry, standing, emergency_ends_at.is_some());
        let meanwhile = standing_in.as_ref().map(|by| words::meanwhile(self.name_of_stand_in(by).as_deref()));
        let face = entry.face();
        let person = State::of(&face.facts(locked, &policy, now)).effects().person;
        let forecast = face.forecast(now);
        let warned = forecast::warned_end(forecast.as_ref(), now);
        let missing = face.account.granted.missing(&face.known.required).to_strings();
        let message = words::message(
            standing,
            About {
                provider: &face.known.name,
                page: face.known.dashboard.as_deref(),
                selector: &selector,
                access_expires_at: face.health.access_expires_at,
                grant_expires_at: warned.or(face.health.grant_expires_at),
                likely: forecast.as_ref().is_some_and(|f| f.basis == Basis::Learned),
                refreshable: face.health.refreshable,
                missing: &missing.join(", "),
                host: None,
                skew: self.skew.measured(),
                unsaved: face.held.is_some(),
            },
        );
        let message = match meanwhile {
            Some(words) => format!("{message} {words}"),
            None => message,
        };
        Sight {
            account: face.account.clone(),
            health: face.health.clone(),
            standing,
            person,
            message,
            missing,
            next_refresh: face.next_refresh,
            fallback: self.stand_ins.named(&entry.id),
            standing_in,
            emergency_ends_at,
            forecast,
        }
    }

    /// How an account fares right now.
    pub(crate) fn standing(&self, entry: &Entry) -> Standing {
        let (locked, policy, now) = (self.locked(), self.policy(), self.clock.wall());
        lifecycle::standing(entry.face().facts(locked, &policy, now))
    }

    /// What every change of an account goes through: plan anew, tell who watches, tell the person.
    pub(crate) fn changed(&self, entry: &Entry) {
        if self.book.by_id(&entry.id).is_none() {
            // Disconnected while something was still under way.
            return;
        }
        self.replan(entry);
        let standing = self.standing(entry);
        if standing.status != Status::Unavailable {
            self.stand_ins.rest(&entry.id);
        }
        self.events.tell(Event::AccountStatus { account: entry.id.clone(), status: standing.status });
        self.tell_of(entry);
    }

    /// Sets the moment of an account's next renewal by the figures in force.
    pub(crate) fn replan(&self, entry: &Entry) {
        let (policy, now) = (self.policy(), self.clock.wall());
        let at = {
            let mut face = entry.face_mut();
            let open = self.locked().is_none() && face.held.is_none();
            face.next_refresh =
                if open { schedule::next_refresh(&face, &policy, &*self.random, now) } else { None };
            let verify = open && verify::is_needed(&face, &policy, now);
            face.verify_at =
                verify.then(|| face.verify_at.unwrap_or_else(|| verify::first(&policy, &*self.random, now)));
            let change = schedule::next_change(&face.health, now);
            face.next_refresh.or_else(|| [change, face.verify_at].into_iter().flatten().min())
        };
        self.plan.set(&entry.id, at);
        self.replanned.notify_one();
    }

    /// A provider file was edited: what accounts need of it is read anew, and those that were set up wrongly are
    /// tried again at once (O-22).
    pub fn providers_changed(self: &Arc<Self>) {
        for entry in self.book.all() {
            let account = entry.face().account.clone();
            let known = self.providers.known(&account);
            {
                let mut face = entry.face_mut();
                face.known = known;
                // It may be presented in another way from now on.
                face.living = None;
            }
            if !self.try_again(&entry) {
                self.replan(&entry);
            }
        }
        self.store.audit(self.own_entry("provider.changed", None, Ok(())));
    }

    /// What an account failed for may be mended: readers need not wait any more, and one that was set up wrongly is
    /// tried at once; true when it is.
    pub(crate) fn try_again(self: &Arc<Self>, entry: &Arc<Entry>) -> bool {
        let trouble = {
            let mut face = entry.face_mut();
            face.rest = None;
            face.health.trouble.as_ref().map(|t| lifecycle::class(t.reason))
        };
        let wrong = trouble == Some(lifecycle::Class::FixProvider);
        if wrong {
            self.due(entry, Why::Planned);
        }
        wrong
    }

    fn replan_all(&self) {
        self.book.all().iter().for_each(|entry| self.replan(entry));
    }

    /// Notes in memory whether the key can be had, and plans by it.
    pub(crate) fn set_locked(&self, reason: Option<Reason>) {
        if reason.is_none() {
            *self.opening_problem.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        *self.locked.write().unwrap_or_else(PoisonError::into_inner) = reason;
        if reason.is_some() {
            self.emergencies.lock();
        }
        for entry in self.book.all() {
            if reason.is_some() {
                entry.face_mut().living = None;
            }
            self.changed(&entry);
        }
    }

    /// Refuses while the key cannot be had.
    pub(crate) fn require_open(&self) -> Result<(), EngineError> {
        match self.locked() {
            None => Ok(()),
            Some(reason) => Err(EngineError::Locked { detail: self.locked_detail(reason), reason }),
        }
    }

    /// Keeps what went wrong before the first try to open the vault, for whoever hears that it is locked.
    pub fn note_opening_problem(&self, problem: String) {
        *self.opening_problem.write().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }

    /// What whoever needs the vault hears while it is locked.
    pub(crate) fn locked_detail(&self, reason: Reason) -> String {
        let problem = self.opening_problem.read().unwrap_or_else(PoisonError::into_inner).clone();
        problem.unwrap_or_else(|| words::locked(Some(reason)).to_owned())
    }

    /// Reads accounts from the vault into memory; those that are there already stay as they are.
    pub(crate) async fn load_accounts(&self) -> Result<(), EngineError> {
        let read = |vault: &mut bowline_vault::Vault| {
            Ok::<_, bowline_vault::VaultError>((vault.accounts()?, vault.fallbacks()?, vault.ended_grants()?))
        };
        let (accounts, fallbacks, ended) = self.store.run(read).await?;
        self.stand_ins.fill(fallbacks);
        let mut lives = history::by_account(ended);
        let new = accounts.into_iter().filter(|(account, _)| self.book.by_id(&account.id).is_none());
        let new: Vec<_> = new.collect();
        self.book.fill(new.into_iter().map(|(account, health)| {
            let known = self.providers.known(&account);
            let lived = lives.remove(&account.id).unwrap_or_default();
            Arc::new(Entry::new(Face { lived, ..Face::new(account, health, known) }))
        }));
        Ok(())
    }

    /// Reads who may read what, and what was said, from the vault into memory; at the start only, because memory knows
    /// more from then on: what was allowed for an hour is nowhere else.
    async fn load_consent(&self) -> Result<(), EngineError> {
        let (apps, hashes, programs, said) = self
            .store
            .run(|vault| {
                let (apps, hashes) = (vault.apps()?, vault.key_hashes()?);
                Ok::<_, bowline_vault::VaultError>((apps, hashes, vault.programs()?, vault.said()?))
            })
            .await?;
        self.apps.fill(apps, hashes);
        self.programs.fill(programs);
        self.remember_notices(said);
        Ok(())
    }

    /// Counts a refusal of key, host, origin, user or state. Gives for how long such requests of this source are not
    /// answered any more, once there were too many; that is recorded, and told to the person once (O-66).
    pub fn count_refusal(&self, source: &str) -> Option<Duration> {
        match self.refusals.count(source, self.clock.instant()) {
            Weight::Ordinary => None,
            Weight::Abuse => {
                self.note_abuse(source);
                None
            }
            Weight::Braked(pause) => Some(pause),
        }
    }

    fn note_abuse(&self, source: &str) {
        self.store.audit(AuditEntry {
            program: Some(source.into()),
            ..self.own_entry("abuse", None, Err("rate_limited"))
        });
        let kind = if source == WAY_BACK {
            Kind::Heard(Heard::WrongAnswers)
        } else {
            Kind::Abuse { program: bowline_base::redact::local(source) }
        };
        self.say("abuse".to_owned(), kind);
    }

    /// An audit entry by this caller about this account.
    pub(crate) fn entry_of(
        &self,
        caller: &Caller,
        event: &'static str,
        account: Option<&AccountId>,
        outcome: Result<(), &'static str>,
    ) -> AuditEntry {
        AuditEntry {
            at: self.clock.wall(),
            actor: caller.app_id().map_or("owner".into(), |id| id.to_string().into()),
            program: caller.shared_program(),
            event: event.into(),
            account: account.cloned(),
            app: caller.app_id().cloned(),
            outcome: if outcome.is_ok() { "ok" } else { "refused" }.into(),
            code: outcome.err().map(Into::into),
        }
    }

    /// An audit entry of the engine's own doing.
    pub(crate) fn own_entry(
        &self,
        event: &'static str,
        account: Option<&AccountId>,
        outcome: Result<(), &'static str>,
    ) -> AuditEntry {
        AuditEntry {
            at: self.clock.wall(),
            actor: "bowline".into(),
            program: None,
            event: event.into(),
            account: account.cloned(),
            app: None,
            outcome: if outcome.is_ok() { "ok" } else { "failed" }.into(),
            code: outcome.err().map(Into::into),
        }
    }

    /// Records an entry and waits until it is on disk: for consent, keys and connections.
    pub(crate) async fn audit_now(&self, entry: AuditEntry) -> Result<(), EngineError> {
        self.store.run(move |vault| vault.append_audit(&[entry]).map(drop)).await.map_err(Into::into)
    }
}

/// Counts one renewal or exchange as under way for as long as it lives. Made before its task is.
pub(crate) struct Busy(watch::Sender<usize>);

impl Busy {
    pub(crate) fn with(busy: &watch::Sender<usize>) -> Self {
        busy.send_modify(|n| *n += 1);
        Self(busy.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n -= 1);
    }
}
