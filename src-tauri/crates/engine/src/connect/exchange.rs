//! From the browser's return to a saved account: redeem, exchange, learn who it is, save, tell.
//!
//! Nothing half-made is stored: the account is written once, with its tokens, after everything has been checked.

use std::sync::Arc;

use bowline_base::{Account, AccountId, Health, Secret, Wall};
use bowline_oauth::attempt::{Attempt, Redeemed};
use bowline_oauth::callback::{CallbackQuery, Refused};
use bowline_oauth::identity::Identity;
use bowline_oauth::loopback::Page;
use bowline_oauth::revoke::{TokenHint, revoke};
use bowline_oauth::token::{self, TokenGrant, TokenSet};
use bowline_oauth::{Failure, FailureKind, Provider, Verdict};
use bowline_vault::VaultError;
use bowline_vault::tokens::Tokens;

use super::{AttemptError, AttemptState, Trying};
use crate::EngineError;
use crate::book::{Entry, Face, Known};
use crate::engine::Engine;
use crate::event::Event;
use crate::lifecycle::{self, Renewed, TokenEvent};
use crate::refresh::ask::pause_before_retry;
use crate::refresh::keep::{access_end, grant_end, living};
use crate::words::{self, whole as sentence};

impl Engine {
    /// Brings an attempt to its end, and gives the page that the browser shows.
    pub(super) async fn finish_attempt(
        self: &Arc<Self>,
        trying: &Arc<Trying>,
        attempt: Attempt,
        query: CallbackQuery,
    ) -> Page {
        match self.connected(trying, attempt, &query).await {
            Ok(entry) => self.tell_connected(trying, &entry).await,
            Err(error) => self.tell_failed(trying, error).await,
        }
    }

    async fn connected(
        self: &Arc<Self>,
        trying: &Arc<Trying>,
        attempt: Attempt,
        query: &CallbackQuery,
    ) -> Result<Arc<Entry>, AttemptError> {
        let name = &trying.provider.name;
        let redeemed = attempt.redeem(query).map_err(|refused| refusal(name, refused))?;
        let (set, status) =
            self.exchange_code(trying, &redeemed).await.map_err(|failure| failed(name, failure))?;
        self.arrived(trying, &set, status, redeemed.nonce.as_ref()).await
    }

    /// Tokens have come: learns whose they are, and saves them where they may be saved.
    pub(super) async fn arrived(
        self: &Arc<Self>,
        trying: &Arc<Trying>,
        set: &TokenSet,
        status: u16,
        nonce: Option<&Secret>,
    ) -> Result<Arc<Entry>, AttemptError> {
        let who =
            self.identifier.identify(&trying.provider, &trying.server, &trying.client.id, set, nonce).await;
        let who = match who {
            Ok(who) => who,
            Err(failure) => {
                self.give_back(trying, set).await;
                return Err(self.clock_named(&trying.provider.name, failed(&trying.provider.name, failure)));
            }
        };
        self.check_same_person(trying, &who)?;
        self.save_connection(trying, set, who, status).await
    }

    /// Names by how much the clock is off, where that is why a sign-in failed and is known.
    fn clock_named(&self, provider: &str, error: AttemptError) -> AttemptError {
        let by_clock = error.failure.as_ref().is_some_and(|f| f.kind == FailureKind::ClockSkew);
        match self.skew.measured().filter(|skew| by_clock && skew.is_large()) {
            Some(skew) => AttemptError {
                detail: format!(
                    "this computer's clock is {} {provider}'s, so the sign-in could not be used: set the time \
                     automatically, then try again",
                    skew.words()
                ),
                ..error
            },
            None => error,
        }
    }

    /// Exchanges the code (RFC 6749 §4.1.3). An answer ends it; silence is asked again within the code's life.
    async fn exchange_code(&self, trying: &Trying, redeemed: &Redeemed) -> Result<(TokenSet, u16), Failure> {
        let request =
            token::request(&trying.provider, &trying.server, &trying.client, TokenGrant::Code { redeemed })?;
        let policy = self.policy();
        let mut pauses = self.pauses();
        let mut attempts = 0;
        loop {
            let (sent, _) = self.send_or_fall_back(&request, policy.limits(attempts)).await;
            attempts += 1;
            let failure = match sent {
                Ok(answer) => {
                    self.skew.note(answer.date, self.clock.wall());
                    let set = token::read(&answer, &trying.provider, self.clock.wall())?;
                    return Ok((set, answer.status));
                }
                Err(failure) => failure,
            };
            let pause = pause_before_retry(&failure, pauses.next());
            match pause.filter(|_| attempts < policy.retry_attempts) {
                Some(pause) => self.clock.sleep(pause).await,
                None => return Err(failure),
            }
        }
    }

    /// Tokens that belong to nobody we can name are revoked, not kept (OpenID Connect Core §3.1.3.7).
    pub(super) async fn give_back(&self, trying: &Trying, set: &TokenSet) {
        let (provider, server, client) = (&trying.provider, &trying.server, &trying.client);
        let (token, hint) = match &set.refresh {
            Some(refresh) => (refresh, TokenHint::Refresh),
            None => (&set.access, TokenHint::Access),
        };
        if let Err(failure) = revoke(&*self.transport, provider, server, client, token, hint).await {
            tracing::warn!(provider = %provider.id, kind = ?failure.kind, "unused tokens could not be revoked");
        }
    }

    /// Reconnecting must bring the same person back; the old tokens stay otherwise.
    fn check_same_person(&self, trying: &Trying, who: &Identity) -> Result<(), AttemptError> {
        let Some(entry) = trying.account.as_ref().and_then(|id| self.book.by_id(id)) else { return Ok(()) };
        if entry.face().account.subject == who.subject {
            return Ok(());
        }
        let name = self.book.name_of(&entry);
        Err(AttemptError {
            code: "account_mismatch",
            detail: format!(
                "you signed in as {}, but this is {name}: sign in as {name}, or connect the other account anew",
                who.username.as_deref().or(who.display_name.as_deref()).unwrap_or("somebody else")
            ),
            failure: None,
        })
    }

    async fn save_connection(
        self: &Arc<Self>,
        trying: &Trying,
        set: &TokenSet,
        who: Identity,
        status: u16,
    ) -> Result<Arc<Entry>, AttemptError> {
        let now = self.clock.wall();
        let existing = self.book.by_subject(&trying.provider.id, &who.subject);
        let account = self.account_of(trying, set, who, existing.as_deref(), now);
        let health = first_health(trying, set, status, now);
        let tokens = Tokens {
            access: set.access.clone(),
            token_type: set.token_type.clone(),
            refresh: set.refresh.clone(),
            id_token: set.id_token.clone(),
        };
        let (engine, known) = (Arc::clone(self), Arc::new(Known::of(&trying.provider)));
        self.store
            .run(move |vault| {
                let id = vault.upsert_account(&account, &health, &tokens)?;
                // What the vault holds now counts: the same person may have connected a moment before.
                let (account, health) = vault.account(&id)?.unwrap_or((Account { id, ..account }, health));
                let living = Arc::new(living(&tokens, &health, &account.granted));
                let before = engine.book.by_id(&account.id);
                let lived = before.map(|entry| entry.face().lived.clone()).unwrap_or_default();
                let face = Face::new(account, health, known);
                Ok(engine.book.connected(Face { living: Some(living), lived, ..face }))
            })
            .await
            .map_err(|error: VaultError| not_saved(&error.into()))
    }

    fn account_of(
        &self,
        trying: &Trying,
        set: &TokenSet,
        who: Identity,
        existing: Option<&Entry>,
        now: Wall,
    ) -> Account {
        let before = existing.map(|entry| entry.face().account.clone());
        let id = before.as_ref().map_or_else(|| AccountId::random(&*self.random), |a| a.id.clone());
        // Another account may have taken the name while the person signed in.
        let wished = trying.label.clone().filter(|label| !self.book.is_taken(label, &id));
        let label = wished.or_else(|| before.as_ref().and_then(|a| a.label.clone()));
        Account {
            id,
            provider: trying.provider.id.clone(),
            issuer: trying.server.issuer.clone().or_else(|| trying.provider.issuer.clone()),
            subject: who.subject,
            label,
            username: who.username,
            display_name: who.display_name,
            avatar_url: who.avatar_url,
            requested: trying.scopes.clone(),
            // RFC 6749 §5.1: no scope in the answer means as requested.
            granted: set.granted.clone().unwrap_or_else(|| trying.scopes.clone()),
            connected_at: before.as_ref().map_or(now, |a| a.connected_at),
            reconnected_at: before.is_some().then_some(now),
            paused: before.is_some_and(|a| a.paused),
        }
    }

    pub(super) async fn tell_connected(self: &Arc<Self>, trying: &Trying, entry: &Arc<Entry>) -> Page {
        trying.end(AttemptState::Connected(entry.id.clone()));
        self.store.audit(self.entry_of(&trying.caller, "connect.connected", Some(&entry.id), Ok(())));
        self.events.tell(Event::AccountToken { account: entry.id.clone() });
        self.oauth_works_again(entry);
        self.count_life(entry);
        self.changed(entry);
        self.requests_done(&entry.id);
        let who = {
            let face = entry.face();
            face.account.username.clone().or_else(|| face.account.display_name.clone())
        };
        tracing::info!(account = %entry.id, provider = %trying.provider.id, "connected");
        Page::Connected { provider: trying.provider.name.clone(), who }
    }

    pub(super) async fn tell_failed(&self, trying: &Trying, error: AttemptError) -> Page {
        tracing::warn!(provider = %trying.provider.id, attempt = %trying.id, code = error.code, "connecting failed");
        self.store.audit(self.entry_of(
            &trying.caller,
            "connect.failed",
            trying.account.as_ref(),
            Err(error.code),
        ));
        let sentence = sentence(&error.detail);
        trying.end(AttemptState::Failed(error));
        Page::Failed { sentence }
    }
}

fn first_health(trying: &Trying, set: &TokenSet, status: u16, now: Wall) -> Health {
    let ends = grant_end(set, &trying.provider, now, true);
    let renewed = Renewed {
        access_expires_at: access_end(set, &trying.provider, now),
        grant_expires_at: ends.map(|(at, _)| at),
        grant_basis: ends.map(|(_, basis)| basis),
        refreshable: set.refresh.is_some(),
        http_status: status,
        attempts: 1,
    };
    let health = lifecycle::after(&Health::default(), TokenEvent::Renewed(&renewed), now);
    Health { last_refresh: None, ..health }
}

/// What an attempt's end says when the browser came back with a no.
fn refusal(provider: &str, refused: Refused) -> AttemptError {
    let (code, detail) = match refused {
        Refused::Failed(failure) => return failed(provider, failure),
        Refused::Denied => (
            "access_denied",
            format!(
                "you chose not to give access at {provider}; nothing was saved: connect again whenever you like"
            ),
        ),
        Refused::MissingCode => (
            "missing_code",
            format!("{provider} sent the browser back without what is needed to go on: try again"),
        ),
        // Another attempt's answer cannot come here: the door has looked at its state.
        Refused::IssuerMismatch | Refused::WrongState => (
            "issuer_mismatch",
            format!("an answer came from somebody else than {provider}, so it was not used: try again"),
        ),
    };
    AttemptError { code, detail, failure: None }
}

/// What an attempt's end says when the provider did not give tokens.
pub(super) fn failed(provider: &str, failure: Failure) -> AttemptError {
    let told = words::set_up_wrongly(failure.kind, provider);
    let detail = told.unwrap_or_else(|| match failure.kind {
        FailureKind::AccessDenied => {
            format!(
                "you chose not to give access at {provider}; nothing was saved: connect again whenever you like"
            )
        }
        FailureKind::GrantExpired => {
            format!(
                "signing in to {provider} took too long between two steps, so it did not connect: try again"
            )
        }
        FailureKind::DeviceCodeExpired => {
            format!("the code for {provider} was not typed in time, and nothing was changed: start again")
        }
        FailureKind::InvalidScope => {
            format!("{provider} does not know, or does not allow, what was asked for: change the scopes")
        }
        FailureKind::Tls => format!(
            "{provider} cannot prove that it is {provider}, so nothing was sent to it: try another network"
        ),
        FailureKind::RateLimited => format!("{provider} asks for a pause: try again in a while"),
        FailureKind::Unreachable | FailureKind::TimedOut => {
            format!("{provider} could not be reached to finish signing in: check the network, then try again")
        }
        FailureKind::AdminApprovalNeeded => {
            format!("your organisation's administrator has to allow this at {provider} first: ask them")
        }
        FailureKind::ClockSkew => format!(
            "this computer's clock and {provider}'s differ too much, so the sign-in could not be used: set the time \
             automatically, then try again"
        ),
        FailureKind::IdTokenInvalid => {
            format!("what {provider} said about who signed in does not hold, so nothing was kept: try again")
        }
        kind if kind.verdict() == Verdict::FixProvider => {
            format!(
                "{provider} is not set up rightly in Bowline, which is not your fault: check its client id and secret"
            )
        }
        FailureKind::InvalidResponse => {
            format!("{provider} answered with something that cannot be used, so nothing was kept: try again")
        }
        _ => format!("{provider} did not connect you: try again"),
    });
    AttemptError { code: failure.kind.attempt_code(), detail, failure: Some(Box::new(failure)) }
}

/// A provider that cannot even be asked where to sign in.
pub(super) fn cannot_begin(provider: &Provider, failure: Failure) -> EngineError {
    let error = failed(&provider.name, failure.clone());
    match failure.kind.verdict() {
        Verdict::FixProvider | Verdict::Reconnect => EngineError::ProviderMisconfigured {
            detail: error.detail,
            account: None,
            reason: Some(failure.kind.reason()),
            failure: Some(Box::new(failure)),
        },
        Verdict::Wait => EngineError::TemporarilyUnavailable {
            detail: format!(
                "{} cannot be reached at present: check the network, then try again",
                provider.name
            ),
            account: None,
            reason: failure.kind.reason(),
            retry_after: failure.retry_after.unwrap_or(std::time::Duration::from_secs(10)),
            failure: Some(Box::new(failure)),
        },
    }
}

fn not_saved(error: &EngineError) -> AttemptError {
    AttemptError { code: "storage_error", detail: error.to_string(), failure: None }
}

#[cfg(test)]
mod tests;
