//! The requests of one renewal: the ladder of time limits, the pauses, and the answer journalled before it is
//! parsed.
//!
//! The invariant: a refresh token whose answer was lost, or may have been (see [`may_be_lost`]), is sent at most once
//! more in a try, unless the provider is known not to rotate, because a provider with reuse detection takes the second
//! use for theft (RFC 9700 §4.14).

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bowline_oauth::token::{self, Answer, TokenGrant, TokenRequest, TokenSet};
use bowline_oauth::{Failure, FailureKind, Limits, Sent};

use super::Kit;
use crate::engine::Engine;

/// A pause the provider asks for that is waited out within a try; a longer one ends the try.
pub(super) const LONGEST_PAUSE_WAITED: Duration = Duration::from_secs(30);

/// What one try at the token endpoint has come to so far.
pub(crate) struct Trial {
    /// How many requests were sent.
    pub(crate) attempts: u32,
    /// A request was sent, and its answer is lost, or may be.
    pub(crate) ambiguous: bool,
    /// How many addresses were tried for the last request.
    pub(crate) addresses: usize,
}

impl Trial {
    pub(crate) fn new(ambiguous: bool) -> Self {
        Self { attempts: 0, ambiguous, addresses: 1 }
    }
}

/// An answer with tokens.
pub(crate) struct Good {
    pub(crate) set: TokenSet,
    pub(crate) answer: Answer,
}

impl Engine {
    /// Asks the token endpoint until it answers for good or the try is over.
    pub(crate) async fn ask(&self, kit: &Kit, trial: &mut Trial) -> Result<Good, Failure> {
        let request = token::request(
            &kit.ground.provider,
            &kit.server,
            &kit.client,
            TokenGrant::Refresh { token: &kit.ground.refresh },
        )?;
        let policy = self.policy();
        let mut pauses = self.pauses();
        let mut lost = 0;
        loop {
            let failure = match self.ask_once(kit, &request, trial).await {
                Ok(good) => {
                    self.heed(&kit.ground.provider, good.answer.pause(self.clock.wall()));
                    return Ok(good);
                }
                Err(failure) => failure,
            };
            if failure.kind == FailureKind::RateLimited {
                self.heed(&kit.ground.provider, failure.retry_after);
            }
            if may_be_lost(&failure) {
                lost += 1;
                trial.ambiguous = true;
            }
            let may_resend = lost < 2 || self.never_rotates(kit);
            if trial.attempts >= policy.retry_attempts || !may_resend {
                return Err(failure);
            }
            match pause_before_retry(&failure, pauses.next()) {
                Some(pause) => self.clock.sleep(pause).await,
                None => return Err(failure),
            }
        }
    }

    async fn ask_once(&self, kit: &Kit, request: &TokenRequest, trial: &mut Trial) -> Result<Good, Failure> {
        let limits = self.policy().limits(trial.attempts);
        trial.attempts += 1;
        let (sent, addresses) = self.send_or_fall_back(request, limits).await;
        trial.addresses = addresses;
        let answer = sent?;
        self.skew.note(answer.date, self.clock.wall());
        self.journal(kit, &answer).await;
        let set = token::read(&answer, &kit.ground.provider, self.clock.wall())?;
        Ok(Good { set, answer })
    }

    /// The first address that can be reached at all, and how many were tried: a fallback is asked only when nothing
    /// was sent (F-06).
    pub(crate) async fn send_or_fall_back(
        &self,
        request: &TokenRequest,
        limits: Limits,
    ) -> (Result<Answer, Failure>, usize) {
        let mut last = request.send(&*self.transport, limits).await;
        let mut tried = 1;
        while matches!(&last, Err(failure) if failure.sent == Sent::Nothing) {
            let Some(fallback) = request.to_fallback(tried - 1) else { break };
            last = fallback.send(&*self.transport, limits).await;
            tried += 1;
        }
        (last, tried)
    }

    /// On disk and synced before it is looked at: a crash from here on loses nothing.
    async fn journal(&self, kit: &Kit, answer: &Answer) {
        let (id, mark, raw) = (kit.ground.account.id.clone(), kit.ground.mark, answer.to_journal());
        let written = self.store.run(move |vault| vault.answer_renewal(&id, mark, &raw)).await;
        if let Err(error) = written {
            // The answer is still in memory; saving its tokens will fail likewise and be tried again.
            tracing::error!(account = %kit.ground.account.id, %error, "an answer could not be journalled");
        }
    }

    fn never_rotates(&self, kit: &Kit) -> bool {
        let learnt = self.book.by_id(&kit.ground.account.id).and_then(|entry| entry.face().rotates);
        learnt.or(kit.ground.provider.facts.rotates) == Some(false)
    }

    /// Doubling pauses with jitter, from the randomness seam.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        let policy = self.policy();
        let mut seed = [0u8; 8];
        self.random.fill(&mut seed);
        ExponentialBuilder::new()
            .with_min_delay(policy.retry_base)
            .with_max_delay(policy.retry_max)
            .with_max_times(policy.retry_attempts as usize)
            .with_jitter()
            .with_jitter_seed(u64::from_le_bytes(seed))
            .build()
    }
}

/// True where the provider may have given new tokens that never came here: nobody answered a request that may have
/// arrived, or a gateway answered for a provider from which it had heard nothing it could pass on. Other errors with
/// 500 and more are the provider's own word that it did nothing.
pub(super) fn may_be_lost(failure: &Failure) -> bool {
    let by_gateway = matches!(failure.http_status, None | Some(502 | 504 | 520 | 524));
    failure.sent == Sent::Maybe && by_gateway
}

/// How long to wait before asking again; `None` when asking again at once would be of no use.
pub(crate) fn pause_before_retry(failure: &Failure, pause: Option<Duration>) -> Option<Duration> {
    match (failure.kind, failure.retry_after) {
        (FailureKind::RateLimited | FailureKind::ProviderError, Some(asked)) => {
            (asked <= LONGEST_PAUSE_WAITED).then_some(asked)
        }
        (FailureKind::Unreachable | FailureKind::TimedOut, _) => pause,
        (FailureKind::ProviderError, None) if failure.http_status.is_some_and(|s| s >= 500) => pause,
        _ => None,
    }
}

#[cfg(test)]
mod tests;
