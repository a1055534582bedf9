//! Asking after accounts that are never renewed: nobody else would tell that their token was revoked before an app runs
//! into it (`[health] verify_every`).
//!
//! Only the provider's own "I do not know this token" changes anything; silence and errors are asked about again later.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Health, Random, Wall};
use bowline_oauth::identity::Probe;

use crate::Policy;
use crate::book::{Entry, Face};
use crate::engine::Engine;
use crate::lifecycle::{self, TokenEvent};

/// The first look after a start: nobody knows how long the agent was away.
const SOON: Duration = Duration::from_secs(10 * 60);
/// After a look that brought no answer.
const AGAIN: Duration = Duration::from_secs(3600);

/// True for an account whose end nobody would hear of: it is not renewed, and its token lives longer than from one look
/// to the next.
pub(crate) fn is_needed(face: &Face, policy: &Policy, now: Wall) -> bool {
    let Health { refreshable, access_expires_at, .. } = &face.health;
    let ended = lifecycle::has_ended(&face.health).is_some();
    let lasts = access_expires_at.is_none_or(|end| end.since(now) > policy.verify_every);
    !refreshable && !ended && !face.account.paused && lasts
}

/// When to ask after an account for the first time since the agent started.
pub(crate) fn first(policy: &Policy, random: &dyn Random, now: Wall) -> Wall {
    now + spread(SOON.min(policy.verify_every), random)
}

/// Accounts that were connected together are not asked after together.
fn spread(length: Duration, random: &dyn Random) -> Duration {
    length.mul_f64(0.75 + random.fraction() / 4.0)
}

impl Engine {
    /// Asks after an account, without anybody waiting for it.
    pub(crate) fn verify(self: &Arc<Self>, entry: &Arc<Entry>) {
        let (engine, entry) = (Arc::clone(self), Arc::clone(entry));
        // Counted as asked while it is, so that the plan does not begin it again.
        entry.face_mut().verify_at = Some(self.clock.wall() + AGAIN);
        tokio::spawn(async move { engine.verify_now(&entry).await });
    }

    async fn verify_now(self: Arc<Self>, entry: &Arc<Entry>) {
        let answered = self.ask_after(entry).await;
        let length =
            if answered { self.policy().verify_every } else { AGAIN.min(self.policy().verify_every) };
        entry.face_mut().verify_at = Some(self.clock.wall() + spread(length, &*self.random));
        self.replan(entry);
    }

    /// True when the provider answered, one way or the other.
    async fn ask_after(self: &Arc<Self>, entry: &Arc<Entry>) -> bool {
        let account = entry.face().account.clone();
        let Ok(provider) = self.providers.of(&account) else { return false };
        let Ok(living) = self.open_token(entry).await else { return false };
        let Ok(server) = self.discovery.server(&provider).await else { return false };
        match self.probe(&provider, &server, &living.access).await {
            Ok(Probe::Refused) => {
                // Meanwhile it may have been connected anew.
                if entry.newer_than(&living).is_none()
                    && is_needed(&entry.face(), &self.policy(), self.clock.wall())
                {
                    self.note(entry, TokenEvent::RefusedInUse).await;
                    self.store.audit(self.own_entry("refresh.failed", Some(&entry.id), Err("revoked")));
                    tracing::warn!(account = %entry.id, "the provider does not know this token any more");
                    self.changed(entry);
                }
                true
            }
            Ok(Probe::Accepted | Probe::InsufficientScope) => true,
            Err(failure) => {
                tracing::debug!(account = %entry.id, %failure, "could not be asked after");
                false
            }
        }
    }
}
