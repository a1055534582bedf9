//! Connecting by a code that the person types on any device (RFC 8628): no browser, no way back; the provider is asked
//! now and then whether they have.
//!
//! The waiting's rules are oauth's ([`Polling`]); here is the clock. An attempt that was called off is asked about no
//! more, and tokens that come for one are given back.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use bowline_base::{AttemptId, Instant, Wall};
use bowline_oauth::device::{self, DeviceCodes, Next, Polling};
use bowline_oauth::provider::Redirect;
use bowline_oauth::token::{self, TokenGrant, TokenSet};
use bowline_oauth::{Failure, Provider};
use tokio::sync::watch;
use url::Url;

use super::exchange::{cannot_begin, failed};
use super::{AttemptState, ConnectWish, SecretPart, Trying, took_too_long};
use crate::engine::{Busy, Engine};
use crate::{Caller, EngineError};

/// An attempt by code that has begun.
#[derive(Clone, Debug)]
pub struct DeviceBegun {
    /// Its id.
    pub attempt: AttemptId,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: Url,
    /// The same address with the code in it, where the provider gives one.
    pub verification_uri_complete: Option<Url>,
    /// Seconds between two questions at the provider.
    pub interval: u64,
    /// When the attempt ends by itself.
    pub expires_at: Wall,
}

impl Engine {
    /// Begins an attempt by code. Calls the provider; opens no browser.
    ///
    /// # Errors
    /// As [`Engine::connect`]; [`EngineError::InvalidRequest`] where the provider offers no such way.
    pub async fn connect_by_code(
        self: &Arc<Self>,
        caller: &Caller,
        wish: ConnectWish,
    ) -> Result<DeviceBegun, EngineError> {
        self.require_open()?;
        let (provider, account, scopes) = self.wished(&wish)?;
        let label = self.wished_label(&wish, account.as_ref(), &provider)?;
        self.attempts.tidy(self.clock.instant(), None)?;
        let server = self.server_of(&provider).await?;
        if device::endpoint(&server).is_none() {
            return Err(not_offered(&provider));
        }
        let scopes = server.askable(&scopes);
        let client =
            self.client_for(&provider, &server, &registered(&provider.client.redirect)?, &scopes).await?;
        self.spend_attempt(caller, self.policy().attempts_per_hour)?;
        let now = self.clock.wall();
        let codes = device::begin(&*self.transport, &provider, &server, &client, &scopes, now)
            .await
            .map_err(|failure| cannot_begin(&provider, failure))?;
        let life = wish.timeout.unwrap_or(codes.expires_in).min(codes.expires_in);
        let shown = codes.verification_uri.url().clone();
        let trying = Arc::new(Trying {
            id: AttemptId::random(&*self.random),
            account,
            label,
            scopes,
            caller: caller.clone(),
            state: watch::Sender::new(AttemptState::Waiting),
            secret_part: Mutex::new(SecretPart::Closed),
            page: codes.verification_uri_complete.clone().unwrap_or_else(|| shown.clone()),
            opened_again: AtomicU32::new(0),
            serving: tokio::sync::Mutex::default(),
            port: None,
            begun_at: self.clock.instant(),
            expires_at: self.clock.wall() + life,
            provider,
            server,
            client,
        });
        self.attempts.add(&trying);
        self.store.audit(self.entry_of(caller, "connect.started", trying.account.as_ref(), Ok(())));
        let begun = DeviceBegun {
            attempt: trying.id.clone(),
            user_code: codes.user_code.secret().clone(),
            verification_uri: shown,
            verification_uri_complete: codes.verification_uri_complete.clone(),
            interval: codes.interval.as_secs(),
            expires_at: trying.expires_at,
        };
        let ends_at = trying.begun_at + life;
        tokio::spawn(Arc::clone(self).follow(trying, codes, ends_at));
        Ok(begun)
    }

    /// Asks until there is an answer, the time is up, or somebody called it off.
    async fn follow(self: Arc<Self>, trying: Arc<Trying>, codes: DeviceCodes, ends_at: Instant) {
        let mut polling = Polling::new(&codes, trying.begun_at);
        let mut pause = polling.first_pause();
        let mut state = trying.state.subscribe();
        loop {
            let ask_at = (self.clock.instant() + pause).min(ends_at);
            tokio::select! {
                _ = state.wait_for(|state| !state.is_open()) => return,
                () = self.clock.sleep_until(ask_at) => {}
            }
            let now = self.clock.instant();
            if now >= ends_at && ends_at < polling.ends_at() {
                return self.ran_out_of_time(&trying);
            }
            let _busy = Busy::with(&self.busy);
            let failure = match self.ask_for_tokens(&trying, &codes).await {
                Ok((set, status)) => return self.tokens_came(&trying, &set, status).await,
                Err(failure) => failure,
            };
            match polling.after(failure, self.clock.instant()) {
                Next::AskAfter(next) => pause = next,
                Next::End(failure) => return self.ended(&trying, failure).await,
            }
        }
    }

    async fn ask_for_tokens(&self, trying: &Trying, codes: &DeviceCodes) -> Result<(TokenSet, u16), Failure> {
        let grant = TokenGrant::Device { code: codes.device_code() };
        let request = token::request(&trying.provider, &trying.server, &trying.client, grant)?;
        let answer = request.send(&*self.transport, self.policy().limits(0)).await?;
        let set = token::read(&answer, &trying.provider, self.clock.wall())?;
        Ok((set, answer.status))
    }

    async fn tokens_came(self: &Arc<Self>, trying: &Arc<Trying>, set: &TokenSet, status: u16) {
        if !trying.begin_exchange() {
            return self.give_back(trying, set).await;
        }
        match self.arrived(trying, set, status, None).await {
            Ok(entry) => drop(self.tell_connected(trying, &entry).await),
            Err(error) => drop(self.tell_failed(trying, error).await),
        }
    }

    /// The codes' own end is an attempt that expired; all else is one that failed.
    async fn ended(&self, trying: &Arc<Trying>, failure: Failure) {
        let expired = failure.kind == device::expired().kind;
        let error = failed(&trying.provider.name, failure);
        if !expired {
            drop(self.tell_failed(trying, error).await);
        } else if trying.end(AttemptState::Expired(error)) {
            self.store.audit(self.entry_of(&trying.caller, "connect.expired", None, Err("expired_token")));
        }
    }

    fn ran_out_of_time(&self, trying: &Trying) {
        if trying.end(AttemptState::Expired(took_too_long(&trying.provider.name))) {
            self.store.audit(self.entry_of(&trying.caller, "connect.expired", None, Err("timed_out")));
        }
    }
}

/// Where a browser would come back, for a client that has to be registered first.
fn registered(redirect: &Redirect) -> Result<Url, EngineError> {
    let port = redirect.port.map(|port| format!(":{port}")).unwrap_or_default();
    Url::parse(&format!("http://{}{port}{}", redirect.host, redirect.path))
        .map_err(|_| EngineError::invalid("the provider's redirect address cannot be used"))
}

fn not_offered(provider: &Provider) -> EngineError {
    EngineError::invalid(format!(
        "{} offers no sign-in by a code: connect it in the browser, without `device`",
        provider.name
    ))
}
