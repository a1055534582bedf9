//! How an account comes, and comes again: attempts to connect by browser or by a code, several at once without crossing.
//!
//! An attempt is in memory only and bound to its own listener, state, verifier and nonce, or to its own code; it ends
//! once: connected, failed, cancelled, or out of time. What happens after the browser has come back is in `exchange`, the
//! browser's end in `door`, the way by code in `device`, the client's id and secret in `client`.

pub(crate) mod client;
mod device;
pub(crate) mod door;
mod exchange;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, AttemptId, Instant, Scope, ScopeSet, Secret, Wall};
use bowline_oauth::attempt::{Attempt, AttemptParams};
use bowline_oauth::client::ClientCredentials;
use bowline_oauth::loopback::{Loopback, LoopbackError, Serving};
use bowline_oauth::provider::Redirect;
use bowline_oauth::{Failure, Provider, Server};
use tokio::sync::watch;
use url::Url;

use crate::book::Face;
use crate::engine::Engine;
use crate::limit::Budget;
use crate::{Caller, EngineError};

/// How long the end of an attempt can still be asked for.
const REMEMBERED_FOR: Duration = Duration::from_secs(3600);
/// Attempts that may wait for a browser at the same time: each holds a port.
const MOST_OPEN: usize = 32;
const MOST_SCOPES: usize = 100;
/// How often one attempt's page may be opened again: more is not a person's doing.
const MOST_OPENED: u32 = 10;

/// What is wanted of an attempt.
#[derive(Clone, Debug, Default)]
pub struct ConnectWish {
    /// A provider's id, an issuer's URL or an e-mail address; may be empty when an account is named.
    pub provider: String,
    /// The account to connect again.
    pub account: Option<String>,
    /// Further scopes to ask for.
    pub scopes: Vec<String>,
    /// Who will probably sign in.
    pub login_hint: Option<String>,
    /// What to call the account.
    pub label: Option<String>,
    /// Whether the agent is to open the browser: a person's act has asked for it.
    pub open_browser: bool,
    /// How long to wait for the browser; the policy's figure when not given.
    pub timeout: Option<Duration>,
}

/// An attempt that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Its id.
    pub attempt: AttemptId,
    /// Where the person signs in.
    pub authorize_url: Url,
    /// When it ends by itself.
    pub expires_at: Wall,
    /// Why no browser was opened although it was asked for.
    pub browser_problem: Option<String>,
}

pub use device::DeviceBegun;

/// How far an attempt has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptState {
    /// The person is signing in.
    Waiting,
    /// The browser has come back; the code is being exchanged.
    Exchanging,
    /// Done: this account.
    Connected(AccountId),
    /// It ended without an account.
    Failed(AttemptError),
    /// Somebody called it off.
    Cancelled,
    /// Nobody came back in time.
    Expired(AttemptError),
}

impl AttemptState {
    /// True while something may still happen.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Exchanging)
    }
}

/// Why an attempt ended without an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptError {
    /// The contract's word.
    pub code: &'static str,
    /// One sentence that a person can act on.
    pub detail: String,
    /// What the provider said.
    pub failure: Option<Box<Failure>>,
}

/// All attempts of this run.
pub struct Attempts {
    all: Mutex<HashMap<AttemptId, Arc<Trying>>>,
    budget: Budget<String>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { all: Mutex::default(), budget: Budget::per(Duration::from_secs(3600)) }
    }
}

/// One attempt.
pub(crate) struct Trying {
    pub(crate) id: AttemptId,
    pub(crate) provider: Arc<Provider>,
    pub(crate) server: Arc<Server>,
    pub(crate) client: ClientCredentials,
    pub(crate) account: Option<AccountId>,
    pub(crate) label: Option<String>,
    pub(crate) scopes: ScopeSet,
    pub(crate) caller: Caller,
    pub(crate) state: watch::Sender<AttemptState>,
    /// Spent by taking it out.
    pub(crate) secret_part: Mutex<SecretPart>,
    /// Where the person signs in.
    page: Url,
    /// How often that page was opened again.
    opened_again: AtomicU32,
    /// Locked until it is closed, so that whoever wants the port waits for it.
    serving: tokio::sync::Mutex<Option<Serving>>,
    port: Option<u16>,
    begun_at: Instant,
    expires_at: Wall,
}

/// The part of an attempt that only the right callback may use, and only once.
pub(crate) enum SecretPart {
    Unspent(Box<Attempt>),
    Spent { state: Secret },
    Closed,
}

impl Attempts {
    /// Closes all listeners; what waits is cancelled.
    pub(crate) async fn close_all(&self) {
        let all: Vec<_> = self.all.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for trying in &all {
            trying.end_waiting(AttemptState::Cancelled);
        }
        for trying in &all {
            trying.stop_listening().await;
        }
    }

    fn add(&self, trying: &Arc<Trying>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(trying.id.clone(), Arc::clone(trying));
    }

    fn find(&self, id: &AttemptId) -> Option<Arc<Trying>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Makes room: forgets what ended long ago, and gives the ended attempts that still hold a pinned port.
    fn tidy(&self, now: Instant, wanted_port: Option<u16>) -> Result<Vec<Arc<Trying>>, EngineError> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, t| t.is_open() || now.since(t.begun_at) < REMEMBERED_FOR);
        let holds_port = |t: &&Arc<Trying>| wanted_port.is_some() && t.port == wanted_port && !t.is_open();
        let in_the_way = all.values().filter(holds_port).cloned().collect();
        if all.values().filter(|t| t.is_open()).count() >= MOST_OPEN {
            return Err(EngineError::RateLimited {
                detail: "too many sign-ins are waiting in the browser: finish or cancel one of them"
                    .to_owned(),
                retry_after: Duration::from_secs(60),
            });
        }
        Ok(in_the_way)
    }
}

impl Trying {
    fn is_open(&self) -> bool {
        self.state.borrow().is_open()
    }

    /// Ends the attempt unless it has ended; true when it was this call that did.
    pub(crate) fn end(&self, state: AttemptState) -> bool {
        self.state.send_if_modified(|now| {
            let open = now.is_open();
            if open {
                *now = state;
            }
            open
        })
    }

    /// Ends the attempt if the person has not come back yet; true when it was this call that did.
    fn end_waiting(&self, state: AttemptState) -> bool {
        self.move_on(&AttemptState::Waiting, state)
    }

    /// The browser has come back; false when nobody waits for it any more.
    fn begin_exchange(&self) -> bool {
        self.move_on(&AttemptState::Waiting, AttemptState::Exchanging)
    }

    fn move_on(&self, from: &AttemptState, to: AttemptState) -> bool {
        self.state.send_if_modified(|now| {
            let moves = now == from;
            if moves {
                *now = to;
            }
            moves
        })
    }

    /// Closes the port, and comes back when it is closed. Goes on where the asker goes away.
    async fn stop_listening(self: &Arc<Self>) {
        let trying = Arc::clone(self);
        let closing = tokio::spawn(async move {
            let mut serving = trying.serving.lock().await;
            if let Some(serving) = serving.take() {
                serving.close().await;
            }
        });
        let _ = closing.await;
    }
}

impl Engine {
    /// Begins an attempt: finds the provider, binds the loopback listener, and gives the address to sign in at.
    /// The listener stays bound from here on.
    ///
    /// Calls the provider's metadata; opens the browser when the wish says so (a person's act, promise 7).
    ///
    /// # Errors
    /// [`EngineError::ProviderNotFound`], [`EngineError::ProviderMisconfigured`] before any browser opens,
    /// [`EngineError::RateLimited`], [`EngineError::Locked`], [`EngineError::TemporarilyUnavailable`].
    pub async fn connect(self: &Arc<Self>, caller: &Caller, wish: ConnectWish) -> Result<Begun, EngineError> {
        self.require_open()?;
        let policy = self.policy();
        let (provider, account, scopes) = self.wished(&wish)?;
        let label = self.wished_label(&wish, account.as_ref(), &provider)?;
        let in_the_way = self.attempts.tidy(self.clock.instant(), provider.client.redirect.port)?;
        let server = self.server_of(&provider).await?;
        for ended in in_the_way {
            ended.stop_listening().await;
        }
        let listener = self.bind(&provider.client.redirect).await?;
        let scopes = server.askable(&scopes);
        let client = self.client_for(&provider, &server, listener.redirect_uri(), &scopes).await?;
        // Only what would really open a sign-in counts: setting a provider up takes a few tries.
        self.spend_attempt(caller, policy.attempts_per_hour)?;
        let attempt = self.authorize(&provider, &server, &client, &listener, &scopes, &wish).await?;
        let authorize_url = attempt.authorize_url().clone();
        let timeout = wish.timeout.unwrap_or(policy.connect_timeout).min(policy.state_ttl);
        let trying = Arc::new(Trying {
            id: AttemptId::random(&*self.random),
            account,
            label,
            scopes,
            caller: caller.clone(),
            state: watch::Sender::new(AttemptState::Waiting),
            secret_part: Mutex::new(SecretPart::Unspent(Box::new(attempt))),
            page: authorize_url.clone(),
            opened_again: AtomicU32::new(0),
            serving: tokio::sync::Mutex::default(),
            port: provider.client.redirect.port,
            begun_at: self.clock.instant(),
            expires_at: self.clock.wall() + timeout,
            provider,
            server,
            client,
        });
        self.open_door(&trying, listener).await;
        tokio::spawn(Arc::clone(self).watch_over(Arc::clone(&trying), timeout));
        self.store.audit(self.entry_of(caller, "connect.started", trying.account.as_ref(), Ok(())));
        let browser_problem = wish.open_browser.then(|| self.browser.open(&authorize_url).err()).flatten();
        Ok(Begun {
            attempt: trying.id.clone(),
            authorize_url,
            expires_at: trying.expires_at,
            browser_problem,
        })
    }

    /// How far an attempt has come; waits up to `wait` for its end.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`]: attempts do not outlive the agent.
    pub async fn attempt(&self, id: &AttemptId, wait: Duration) -> Result<AttemptState, EngineError> {
        let trying = self.attempts.find(id).ok_or_else(attempt_not_found)?;
        let mut state = trying.state.subscribe();
        let ended = state.wait_for(|state| !state.is_open());
        tokio::select! { _ = ended => {}, () = self.clock.sleep(wait) => {} }
        let now = trying.state.borrow().clone();
        Ok(now)
    }

    /// When an attempt ends by itself.
    pub fn attempt_ends(&self, id: &AttemptId) -> Option<Wall> {
        self.attempts.find(id).map(|trying| trying.expires_at)
    }

    /// Calls an attempt off and closes its port. Nothing happens to one that has ended, nor to one whose browser has
    /// come back: that one is being finished, and may connect.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`].
    pub async fn cancel_attempt(&self, id: &AttemptId) -> Result<AttemptState, EngineError> {
        let trying = self.attempts.find(id).ok_or_else(attempt_not_found)?;
        if trying.end_waiting(AttemptState::Cancelled) {
            self.store.audit(self.entry_of(&trying.caller, "connect.cancelled", None, Err("cancelled")));
            *trying.secret_part.lock().unwrap_or_else(PoisonError::into_inner) = SecretPart::Closed;
            trying.stop_listening().await;
        }
        let now = trying.state.borrow().clone();
        Ok(now)
    }

    /// Opens a page that the catalogue names, because the person asked for it (promise 7). Gives why no browser could
    /// be started.
    pub fn open_page(&self, page: &str) -> Option<String> {
        match Url::parse(page) {
            Ok(page) => self.browser.open(&page).err(),
            Err(_) => Some("its address cannot be read".to_owned()),
        }
    }

    /// Opens the page of an attempt that still waits once more, because the person asked for it (promise 7). Gives why
    /// no browser could be started.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`] for an attempt that is over; [`EngineError::RateLimited`].
    pub fn open_again(&self, id: &AttemptId) -> Result<Option<String>, EngineError> {
        let trying = self.attempts.find(id).ok_or_else(attempt_not_found)?;
        if *trying.state.borrow() != AttemptState::Waiting {
            return Err(EngineError::RequestNotFound {
                detail: "this sign-in does not wait for a browser any more: start again".to_owned(),
            });
        }
        if trying.opened_again.fetch_add(1, Ordering::Relaxed) >= MOST_OPENED {
            return Err(EngineError::RateLimited {
                detail: "this page was opened ten times: finish signing in there, or start again".to_owned(),
                retry_after: trying.expires_at.since(self.clock.wall()),
            });
        }
        Ok(self.browser.open(&trying.page).err())
    }

    /// Ends the attempt when its time is up, and the listener when the state's is.
    async fn watch_over(self: Arc<Self>, trying: Arc<Trying>, timeout: Duration) {
        let state_ends = trying.begun_at + self.policy().state_ttl;
        let mut state = trying.state.subscribe();
        let out_of_time = tokio::select! {
            _ = state.wait_for(|state| !state.is_open()) => false,
            () = self.clock.sleep_until(trying.begun_at + timeout) => true,
        };
        // An exchange under way is let finish: the person has done their part.
        let late = AttemptState::Expired(took_too_long(&trying.provider.name));
        if out_of_time && trying.end_waiting(late) {
            self.store.audit(self.entry_of(&trying.caller, "connect.expired", None, Err("timed_out")));
        }
        self.clock.sleep_until(state_ends).await;
        *trying.secret_part.lock().unwrap_or_else(PoisonError::into_inner) = SecretPart::Closed;
        trying.stop_listening().await;
    }

    /// The provider and scopes of a wish: a reconnect asks for what was asked for before. Further scopes are added.
    fn wished(
        &self,
        wish: &ConnectWish,
    ) -> Result<(Arc<Provider>, Option<AccountId>, ScopeSet), EngineError> {
        let (provider, account, mut scopes) = match &wish.account {
            None => {
                let provider = self.providers.find(&wish.provider)?;
                let scopes = provider.scopes.clone();
                (provider, None, scopes)
            }
            Some(selector) => {
                let entry = self.book.select(selector)?;
                let account = entry.face().account.clone();
                let provider = self.providers.of(&account)?;
                let scopes = account.requested.union(&provider.required_scopes);
                (provider, Some(account.id), scopes)
            }
        };
        for text in wish.scopes.iter().take(MOST_SCOPES) {
            let scope = Scope::parse(text)
                .ok_or_else(|| EngineError::invalid("a scope cannot hold spaces or quotes"))?;
            scopes.insert(scope);
        }
        Ok((provider, account, scopes))
    }

    fn wished_label(
        &self,
        wish: &ConnectWish,
        account: Option<&AccountId>,
        provider: &Provider,
    ) -> Result<Option<String>, EngineError> {
        let Some(label) = &wish.label else { return Ok(None) };
        // Who is called so at this provider may be the one who signs in.
        let is_meant = |face: &Face| {
            face.account.provider == provider.id && face.account.label.as_deref() == Some(label.trim())
        };
        let same = self.book.all().into_iter().find(|entry| is_meant(&entry.face()));
        let whose = account.cloned().or_else(|| same.map(|entry| entry.id.clone()));
        self.checked_label(label, &whose.unwrap_or_else(|| AccountId::random(&*self.random))).map(Some)
    }

    fn spend_attempt(&self, caller: &Caller, most: u32) -> Result<(), EngineError> {
        let who = caller.actor().to_owned();
        self.attempts.budget.spend(&who, most, self.clock.instant()).map_err(|retry_after| {
            EngineError::RateLimited {
                detail: format!(
                    "{most} sign-ins were started within an hour, which is the limit: wait, then try again"
                ),
                retry_after,
            }
        })
    }

    async fn server_of(&self, provider: &Provider) -> Result<Arc<Server>, EngineError> {
        self.discovery.server(provider).await.map_err(|failure| exchange::cannot_begin(provider, failure))
    }

    async fn bind(&self, redirect: &Redirect) -> Result<Loopback, EngineError> {
        Loopback::bind(redirect).await.map_err(|error| EngineError::TemporarilyUnavailable {
            detail: match &error {
                LoopbackError::PortInUse(port) => format!(
                    "port {port}, which this provider sends the browser back to, is in use by another program: \
                     end that program, then try again"
                ),
                other => format!("the browser's way back could not be opened ({other}): try again"),
            },
            account: None,
            reason: bowline_base::Reason::ProviderUnreachable,
            retry_after: Duration::from_secs(5),
            failure: None,
        })
    }

    async fn authorize(
        &self,
        provider: &Provider,
        server: &Server,
        client: &ClientCredentials,
        listener: &Loopback,
        scopes: &ScopeSet,
        wish: &ConnectWish,
    ) -> Result<Attempt, EngineError> {
        let params = AttemptParams {
            provider,
            server,
            client,
            redirect_uri: listener.redirect_uri().clone(),
            scopes: scopes.clone(),
            login_hint: wish.login_hint.clone(),
        };
        bowline_oauth::authorize::begin(params, &*self.random, &*self.transport, self.clock.wall())
            .await
            .map_err(|failure| exchange::cannot_begin(provider, failure))
    }

    async fn open_door(self: &Arc<Self>, trying: &Arc<Trying>, listener: Loopback) {
        let door = Arc::new(door::Door::new(Arc::clone(self), Arc::clone(trying)));
        *trying.serving.lock().await = Some(listener.serve(door));
        self.attempts.add(trying);
    }
}

fn took_too_long(provider: &str) -> AttemptError {
    AttemptError {
        code: "timed_out",
        detail: format!(
            "signing in to {provider} was not finished in time, and nothing was changed: start again; if {provider} \
             showed an error, see `bowline providers show` for the address to register there"
        ),
        failure: None,
    }
}

fn attempt_not_found() -> EngineError {
    EngineError::RequestNotFound { detail: "Bowline was restarted; start again".to_owned() }
}
