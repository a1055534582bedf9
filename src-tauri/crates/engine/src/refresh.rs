//! One renewal at a time for an account, however many ask for it.
//!
//! A renewal reads so: join the one under way or start it; save what an earlier one could not; look up what may be
//! slow; read what is stored; write
//! the intent; exchange, in a task that no caller can cancel; journal the answer before it is parsed; save and
//! sync; clear the intent; only then tell the waiters (promises 1 and 2). The request itself is in `ask`, what is
//! done with its answer in `keep`.

pub(crate) mod ask;
pub(crate) mod keep;
mod last;
pub(crate) mod left_alone;
mod refusal;
mod resume;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bowline_base::{Account, AccountId, Reason, Secret, Wall};
use bowline_oauth::client::ClientCredentials;
use bowline_oauth::{Failure, FailureKind, Provider, Server};
use bowline_vault::tokens::Tokens;
use bowline_vault::{Mark, VaultError};
use tokio::sync::watch;

use crate::EngineError;
use crate::book::{Entry, Living, Rest};
use crate::engine::{Busy, Engine};
use crate::lifecycle::{self, Class, TokenEvent};
use crate::{history, schedule};
use left_alone::host_of;

/// What a flight ends with.
pub(crate) type Landing = Result<Arc<Living>, EngineError>;

/// A renewal under way. Dropping it, or waiting for it and giving up, cancels nothing.
#[derive(Clone)]
pub(crate) struct Flight(watch::Receiver<Option<Landing>>);

/// Why a renewal is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its moment has come.
    Planned,
    /// A reader waits for it.
    Asked,
    /// The owner asked for it, and need not wait out the pause that readers do.
    Owner,
}

/// What is known of an account before its provider is asked anything.
pub(crate) struct Ground {
    pub(crate) account: Account,
    pub(crate) provider: Arc<Provider>,
    pub(crate) tokens: Tokens,
    pub(crate) refresh: Secret,
    /// Which renewal it is.
    pub(crate) mark: Mark,
}

/// Everything a renewal needs, looked up before the intent is written.
pub(crate) struct Kit {
    pub(crate) ground: Ground,
    pub(crate) server: Arc<Server>,
    pub(crate) client: ClientCredentials,
    /// The agent's last end cut a renewal of this account off: how often that was sent again by now.
    pub(crate) interrupted: Option<u32>,
    /// An earlier request with this refresh token was never answered.
    pub(crate) ambiguous: bool,
}

impl Engine {
    /// Renews an account's token, or waits for the renewal under way. Whoever wants another token than one it has
    /// `seen` gets the newer one where there is one by now.
    ///
    /// Calls the provider and writes to disk. Dropping the future stops the waiting, not the renewal.
    ///
    /// # Errors
    /// By whose move it is: [`EngineError::ReconnectRequired`], [`EngineError::ProviderMisconfigured`],
    /// [`EngineError::TemporarilyUnavailable`], [`EngineError::Storage`], [`EngineError::Locked`].
    pub(crate) async fn renew(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        why: Why,
        seen: Option<&Living>,
    ) -> Landing {
        self.require_open()?;
        self.respect_pause(entry, why)?;
        self.respect_breaker(entry, why)?;
        let Flight(mut landed) = self.join_or_start(entry, why, seen)?;
        tokio::select! {
            end = landed.wait_for(Option::is_some) => match end {
                Ok(landing) => landing.clone().unwrap_or_else(|| Err(self.gave_up(entry))),
                Err(_) => Err(self.gave_up(entry)),
            },
            () = self.clock.sleep(self.longest_flight() + Duration::from_secs(5)) => Err(self.gave_up(entry)),
        }
    }

    /// While the provider wants to be left alone, or has just failed again, nobody's reading makes it hear of us; a
    /// renewal that waits a pause out itself may be joined (E-28).
    fn respect_pause(&self, entry: &Entry, why: Why) -> Result<(), EngineError> {
        let flying = entry.flight.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let (reason, before) = {
            let (face, now) = (entry.face(), self.clock.wall());
            let rest = face.rest.as_ref().filter(|_| why != Why::Owner);
            if flying || face.not_before.max(rest.map(|rest| rest.until)).is_none_or(|at| at <= now) {
                return Ok(());
            }
            let reason = face.health.trouble.as_ref().map_or(Reason::RateLimited, |t| t.reason);
            (reason, rest.map(|rest| rest.answer.clone()))
        };
        Err(match before {
            Some(answer) => self.later(entry, answer),
            None => self.refusal(entry, reason, None),
        })
    }

    /// After a renewal: one that failed again leaves a pause for readers behind, up to the next one that is planned.
    /// A provider that refuses our client is asked by itself a few times an hour, and for readers a little more often.
    fn let_readers_rest(&self, entry: &Entry, landing: &Landing) {
        let (policy, now) = (self.policy(), self.clock.wall());
        let trouble = entry.face().health.trouble.as_ref().map(|t| t.reason);
        let answer = landing.as_ref().err().cloned();
        let answer = answer.or_else(|| trouble.map(|reason| self.refusal(entry, reason, None)));
        let mut face = entry.face_mut();
        let until = match trouble.map(lifecycle::class) {
            // The first failure holds nobody back: most outages are short.
            _ if face.failures < 2 => None,
            Some(Class::Passing) => face.next_refresh,
            Some(Class::FixProvider) => Some(now + schedule::back_off(face.failures, &policy, &*self.random)),
            _ => None,
        };
        face.rest = until.zip(answer).map(|(until, answer)| Rest { until, answer });
    }

    /// Longer than all requests and pauses together: a flight that is not over by then is stuck.
    fn longest_flight(&self) -> Duration {
        let policy = self.policy();
        policy.longest_try() + ask::LONGEST_PAUSE_WAITED * policy.retry_attempts.saturating_sub(1)
    }

    /// Starts what the plan says is due, without waiting for it.
    pub(crate) fn due(self: &Arc<Self>, entry: &Arc<Entry>, why: Why) {
        let open = self.locked().is_none() && !entry.face().account.paused;
        if open && !(why == Why::Planned && self.is_put_off(entry)) {
            // Refused only while the agent ends: the next one plans anew.
            let _ = self.join_or_start(entry, why, None);
        }
    }

    fn join_or_start(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        why: Why,
        seen: Option<&Living>,
    ) -> Result<Flight, EngineError> {
        let mut slot = entry.flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = slot.as_ref() {
            self.count_joined(why);
            return Ok(flight.clone());
        }
        // A renewal takes its answer up before it leaves the slot: one that landed a moment ago is seen here.
        if let Some(newer) = seen.and_then(|seen| entry.newer_than(seen)) {
            self.count_joined(why);
            return Ok(Flight(watch::channel(Some(Ok(newer))).1));
        }
        let busy = self.begin_work(entry)?;
        let (tell, landed) = watch::channel(None);
        let flight = Flight(landed);
        *slot = Some(flight.clone());
        drop(slot);
        tokio::spawn(Arc::clone(self).fly(Arc::clone(entry), why, tell, busy));
        Ok(flight)
    }

    async fn fly(
        self: Arc<Self>,
        entry: Arc<Entry>,
        why: Why,
        tell: watch::Sender<Option<Landing>>,
        _busy: Busy,
    ) {
        // Frees the slot even if this task should panic; then the waiters see the sender gone.
        let slot = FreeSlot(&entry);
        tracing::debug!(account = %entry.id, ?why, "renewal begins");
        let began = self.clock.instant();
        // What is only saved at last was counted when it came.
        let is_new = entry.face().held.is_none();
        let landing = tokio::select! {
            landing = self.renewal(&entry, why) => landing,
            () = self.clock.sleep(self.longest_flight()) => self.abandon(&entry).await,
        };
        if is_new {
            self.count_renewal(&entry, &landing, began);
        }
        // Who was held back has not failed.
        if landing.as_ref().is_err_and(|error| !is_held_back(error)) {
            let mut face = entry.face_mut();
            face.failures = face.failures.saturating_add(1);
        }
        self.changed(&entry);
        self.let_readers_rest(&entry, &landing);
        drop(slot);
        // Nobody may be waiting.
        let _ = tell.send(Some(landing));
    }

    async fn renewal(self: &Arc<Self>, entry: &Arc<Entry>, why: Why) -> Landing {
        // The refresh token on disk is spent while a newer one waits to be saved.
        let held = entry.face().held.clone();
        if let Some(held) = held {
            return self.save_held(entry, &held).await;
        }
        let account = entry.face().account.clone();
        let provider = self.providers.of(&account)?;
        // What could not be read of its file at the start can be now.
        entry.face_mut().know(&provider);
        let pass = match self.pass(&provider, why) {
            Ok(pass) => pass,
            Err(pause) => return Err(self.left_alone(entry, &provider, pause).await),
        };
        let server = match self.server_to_ask(&account, &provider).await {
            Ok(server) => server,
            Err(failure) => {
                self.note_end(pass, Some(&failure));
                return Err(self.failed_before_asking(entry, &failure).await);
            }
        };
        let kit = self.kit(entry, account, provider, server).await?;
        let mut trial = ask::Trial::new(kit.ambiguous);
        let asked = self.ask(&kit, &mut trial).await;
        self.note_end(pass, asked.as_ref().err());
        match asked {
            Ok(good) => self.keep(entry, kit, good, &trial).await,
            Err(failure) => self.keep_failure(entry, &kit.ground, kit.interrupted, &failure, &trial).await,
        }
    }

    /// Where to ask, or that nobody is there.
    async fn server_to_ask(
        &self,
        account: &Account,
        provider: &Arc<Provider>,
    ) -> Result<Arc<Server>, Failure> {
        if self.providers.is_away(account) {
            return Err(Failure::new(FailureKind::Unreachable).at(host_of(provider)).unsent());
        }
        self.discovery.server(provider).await
    }

    /// The slow look-ups, and then what is stored.
    async fn kit(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        account: Account,
        provider: Arc<Provider>,
        server: Arc<Server>,
    ) -> Result<Kit, EngineError> {
        let client = self.client_of(&provider).await?;
        let (tokens, mark) = self.begin(entry).await?;
        let Some((refresh, mark)) = tokens.refresh.clone().zip(mark) else {
            return Err(self.cannot_renew(entry));
        };
        let interrupted = {
            let cut_off = self.interrupted.lock().unwrap_or_else(PoisonError::into_inner);
            cut_off.get(&entry.id).copied()
        };
        let ambiguous = entry.face().ambiguous;
        let ground = Ground { account, provider, tokens, refresh, mark };
        Ok(Kit { ground, server, client, interrupted, ambiguous })
    }

    /// The tokens as they are on disk, opened. A damaged row becomes this account's trouble, not an error of all.
    pub(crate) async fn stored_tokens(&self, entry: &Arc<Entry>) -> Result<Tokens, EngineError> {
        let id = entry.id.clone();
        let found = self.store.run(move |vault| vault.tokens(&id)).await;
        self.opened(entry, found).await
    }

    /// What was read, where it was there and whole.
    pub(crate) async fn opened<T>(
        &self,
        entry: &Arc<Entry>,
        found: Result<Option<T>, VaultError>,
    ) -> Result<T, EngineError> {
        match found {
            Ok(Some(read)) => Ok(read),
            Ok(None) | Err(VaultError::Corrupted { .. }) => {
                self.note(entry, TokenEvent::Damaged).await;
                Err(self.refusal(entry, Reason::TokenCorrupted, None))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the tokens and writes the intent, without anything in between: a connection that comes later takes
    /// the intent away, so that this renewal's answer cannot take the newer grant's place (E-39). An older answer
    /// that still waits in the journal goes first.
    async fn begin(self: &Arc<Self>, entry: &Arc<Entry>) -> Result<(Tokens, Option<Mark>), EngineError> {
        let mut begun = self.read_and_begin(entry).await;
        if matches!(begun, Err(VaultError::RenewalPending { .. })) {
            self.resume_account(entry).await;
            begun = self.read_and_begin(entry).await;
        }
        self.opened(entry, begun).await
    }

    async fn read_and_begin(&self, entry: &Entry) -> Result<Option<(Tokens, Option<Mark>)>, VaultError> {
        let id: AccountId = entry.id.clone();
        self.store
            .run(move |vault| {
                let Some(tokens) = vault.tokens(&id)? else { return Ok(None) };
                let mark = tokens.refresh.as_ref().map(|_| vault.begin_renewal(&id)).transpose()?;
                Ok(Some((tokens, mark)))
            })
            .await
    }

    /// Discovery failed: nothing was sent that could have spent the refresh token.
    async fn failed_before_asking(&self, entry: &Arc<Entry>, failure: &Failure) -> EngineError {
        let failed = lifecycle::FailedTry { failure, ambiguous: false, interrupted: false, attempts: 1 };
        self.note(entry, TokenEvent::Failed(&failed)).await;
        let reason = self.counted_failure(entry, failure);
        self.store.audit(self.own_entry("refresh.failed", Some(&entry.id), Err(reason.as_str())));
        tracing::warn!(
            account = %entry.id, code = %reason, kind = %failure.kind, status = failure.http_status, attempts = 0,
            "renewal failed before it could be asked for"
        );
        self.refusal(entry, reason, Some(failure))
    }

    /// There is no refresh token: only the user can bring a new access token.
    pub(crate) fn cannot_renew(&self, entry: &Entry) -> EngineError {
        entry.face_mut().health.refreshable = false;
        self.refusal(entry, Reason::RefreshTokenMissing, None)
    }

    /// Changes an account's health by an event, in memory and on disk.
    pub(crate) async fn note(&self, entry: &Entry, event: TokenEvent<'_>) {
        let (policy, now) = (self.policy(), self.clock.wall());
        let (health, ended) = {
            let mut face = entry.face_mut();
            let after = lifecycle::after(&face.health, event, now);
            let ended = history::take_up(&mut face, after, &policy, now);
            (face.health.clone(), ended)
        };
        let id = entry.id.clone();
        let saved = self.store.run(move |vault| {
            ended.iter().for_each(|ended| history::keep(vault, ended));
            vault.save_health(&id, &health)
        });
        if let Err(error) = saved.await {
            // The health is figures about tokens, not tokens: it is written again at the next change.
            tracing::warn!(account = %entry.id, %error, "an account's health could not be saved");
        }
    }

    /// Remembers a failed try for the next one's moment, and gives the reason it left behind.
    pub(crate) fn counted_failure(&self, entry: &Entry, failure: &Failure) -> Reason {
        let now: Wall = self.clock.wall();
        let mut face = entry.face_mut();
        face.not_before = failure.retry_after.map(|pause| now + pause);
        face.health.trouble.as_ref().map_or(failure.kind.reason(), |t| t.reason)
    }

    /// A stuck renewal ends here; whether its request reached the provider nobody knows (F-19).
    async fn abandon(&self, entry: &Arc<Entry>) -> Landing {
        let failure = Failure::new(FailureKind::TimedOut);
        let failed =
            lifecycle::FailedTry { failure: &failure, ambiguous: true, interrupted: false, attempts: 1 };
        self.note(entry, TokenEvent::Failed(&failed)).await;
        entry.face_mut().ambiguous = true;
        let reason = self.counted_failure(entry, &failure);
        self.store.audit(self.own_entry("refresh.failed", Some(&entry.id), Err(reason.as_str())));
        tracing::warn!(account = %entry.id, code = %reason, attempts = 1, "renewal failed: it was stuck");
        Err(self.gave_up(entry))
    }

    fn gave_up(&self, entry: &Entry) -> EngineError {
        self.refusal(entry, Reason::ProviderUnreachable, None)
    }
}

pub(crate) fn is_held_back(error: &EngineError) -> bool {
    matches!(error, EngineError::TemporarilyUnavailable { reason: Reason::BreakerOpen, .. })
}

struct FreeSlot<'a>(&'a Entry);

impl Drop for FreeSlot<'_> {
    fn drop(&mut self) {
        *self.0.flight.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
