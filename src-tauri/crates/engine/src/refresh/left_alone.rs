//! A renewal and its provider's breaker: who is let through, what everybody else hears meanwhile, and what happens when
//! the provider answers again.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bowline_base::Reason;
use bowline_oauth::{Failure, FailureKind, Provider};
use url::{Position, Url};

use super::Why;
use crate::EngineError;
use crate::book::Entry;
use crate::breaker::{Limits, Pass, State, Turned};
use crate::engine::Engine;
use crate::lifecycle::TokenEvent;

/// Those who were held back come again within so much more than the pause, not all at once.
const SPREAD: Duration = Duration::from_secs(10);

impl Engine {
    /// How a provider's breaker stands.
    pub fn breaker(&self, provider: &Provider) -> State {
        self.breakers.state(&host_of(provider))
    }

    /// The hosts that are left alone at present.
    pub fn left_alone_hosts(&self) -> Vec<String> {
        self.breakers.open().into_iter().map(|(host, _)| host).collect()
    }

    /// While its provider is left alone a reader hears so at once (F-41); the owner's own wish is a try to see.
    pub(super) fn respect_breaker(&self, entry: &Entry, why: Why) -> Result<(), EngineError> {
        let flying = entry.flight.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if flying || why == Why::Owner {
            return Ok(());
        }
        let account = entry.face().account.clone();
        let host = host_of(&*self.providers.of(&account)?);
        match self.breakers.pause(&host, self.clock.instant()) {
            None => Ok(()),
            Some(pause) => Err(self.told_to_wait(entry, host, pause)),
        }
    }

    /// Lets a renewal through to its provider.
    ///
    /// # Errors
    /// For how long that is still left alone.
    pub(super) fn pass(&self, provider: &Provider, why: Why) -> Result<Pass<'_>, Duration> {
        let (host, now) = (host_of(provider), self.clock.instant());
        if why == Why::Owner {
            self.breakers.try_again(&host, now);
        }
        self.breakers.enter(&host, now)
    }

    /// The account waits with its provider. What its readers hear.
    pub(super) async fn left_alone(
        &self,
        entry: &Arc<Entry>,
        provider: &Provider,
        pause: Duration,
    ) -> EngineError {
        let later = self.clock.wall() + pause + SPREAD.mul_f64(self.random.fraction());
        entry.face_mut().left_alone = Some(later);
        self.note(entry, TokenEvent::HeldBack).await;
        self.told_to_wait(entry, host_of(provider), pause)
    }

    /// What the end of a try means for all accounts at this host.
    pub(super) fn note_end(&self, pass: Pass<'_>, failure: Option<&Failure>) {
        let (policy, wall) = (self.policy(), self.clock.wall());
        let host = pass.host().to_owned();
        let silent = failure.is_some_and(is_silence);
        let turned = if silent {
            let limits = Limits { failures: policy.breaker_failures, open_for: policy.breaker_open_for };
            pass.silent(limits, wall, self.clock.instant())
        } else {
            pass.answered()
        };
        match turned {
            None if silent => self.tell_of_silence(&host),
            None => {}
            Some(Turned::Opened(tries)) => {
                tracing::warn!(host, tries, "a provider is left alone");
                self.figures.breaker_opened(&host, tries, policy.breaker_failures);
            }
            Some(Turned::Closed) => {
                tracing::warn!(host, "a provider answers again");
                self.ask_again(&host);
                self.figures.breaker_closed(&host);
                self.silence_is_over(&host);
            }
        }
    }

    /// A host asked for a pause, or said that its quota is used up.
    pub(super) fn heed(&self, provider: &Provider, pause: Option<Duration>) {
        if let Some(pause) = pause {
            self.limited.note(&host_of(provider), pause, self.clock.instant());
        }
    }

    /// While its host wants a pause, a renewal that nobody waits for comes later (F-25): true where it does.
    pub(super) fn is_put_off(&self, entry: &Entry) -> bool {
        let account = entry.face().account.clone();
        let Ok(provider) = self.providers.of(&account) else { return false };
        let Some(left) = self.limited.left(&host_of(&provider), self.clock.instant()) else { return false };
        let later = self.clock.wall() + left + SPREAD.mul_f64(self.random.fraction());
        entry.face_mut().left_alone = Some(later);
        self.replan(entry);
        true
    }

    /// True where this host's breaker is the account's.
    pub(crate) fn is_at(&self, entry: &Entry, host: &str) -> bool {
        let account = entry.face().account.clone();
        self.providers.of(&account).is_ok_and(|provider| host_of(&provider) == host)
    }

    /// The provider answers: those who waited with it are planned anew, spread over time.
    fn ask_again(&self, host: &str) {
        let mut waiting = Vec::new();
        for entry in self.book.all() {
            let here = self.is_at(&entry, host);
            let waits = |reason| matches!(reason, Reason::BreakerOpen | Reason::ProviderUnreachable);
            if here && entry.face().health.trouble.as_ref().is_some_and(|t| waits(t.reason)) {
                waiting.push(entry);
            }
        }
        waiting.retain(|entry| self.waits_for_network(entry));
        if self.locked().is_none() {
            self.spread_out(&waiting, Duration::ZERO);
        }
    }

    fn told_to_wait(&self, entry: &Entry, host: String, pause: Duration) -> EngineError {
        let failure = Failure::new(FailureKind::Unreachable).at(host);
        match self.refusal(entry, Reason::BreakerOpen, Some(&failure)) {
            EngineError::TemporarilyUnavailable { detail, account, reason, failure, .. } => {
                let retry_after = pause.max(Duration::from_secs(1));
                EngineError::TemporarilyUnavailable { detail, account, reason, retry_after, failure }
            }
            other => other,
        }
    }
}

/// True where a whole try ended without any answer: nobody at the other end, or nobody in time.
fn is_silence(failure: &Failure) -> bool {
    failure.http_status.is_none() && matches!(failure.kind, FailureKind::Unreachable | FailureKind::TimedOut)
}

/// Which breaker a provider's tries count for: the host of its token endpoint where the file names it, else of its
/// issuer, with its port where it has one; else the provider itself.
pub(crate) fn host_of(provider: &Provider) -> String {
    let issuer = || provider.issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok());
    let url = provider.endpoints.token.clone().or_else(issuer);
    url.map_or_else(
        || provider.id.to_string(),
        |url| url[Position::BeforeHost..Position::AfterPort].to_owned(),
    )
}
