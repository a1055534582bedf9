//! What a start does with renewals that the last end cut off: an answer that reached the journal is taken up as
//! if it had just come; one that did not is asked for once more with the old refresh token.

use std::sync::{Arc, PoisonError};

use bowline_base::Wall;
use bowline_oauth::token::{self, Answer, TokenSet};
use bowline_vault::journal::Interrupted;

use super::ask::Good;
use super::{Ground, Why};
use crate::book::Entry;
use crate::engine::Engine;

impl Engine {
    /// Called once the key is there.
    pub(crate) async fn resume_interrupted(self: &Arc<Self>) {
        let found = match self.store.run(|vault| vault.interrupted()).await {
            Ok(found) => found,
            Err(error) => return tracing::error!(%error, "the renewal journal cannot be read"),
        };
        for interrupted in found {
            self.resume(interrupted).await;
        }
    }

    async fn resume(self: &Arc<Self>, interrupted: Interrupted) {
        let Some(entry) = self.book.by_id(&interrupted.account) else { return };
        tracing::warn!(account = %entry.id, answered = interrupted.answer.is_some(), "a renewal was cut off");
        let answer = interrupted.answer.as_ref().and_then(Answer::from_journal);
        let taken_up = match answer {
            Some(answer) => self.take_up(&entry, answer, interrupted.begun_at).await,
            None => false,
        };
        if taken_up {
            return self.changed(&entry);
        }
        self.retry_once(&entry, &interrupted).await;
    }

    /// The old refresh token is tried once more; what the provider then says tells the two fates apart.
    async fn retry_once(self: &Arc<Self>, entry: &Arc<Entry>, interrupted: &Interrupted) {
        let (id, granted) = (entry.id.clone(), entry.face().account.granted.clone());
        let (health, answered) = (entry.face().health.clone(), interrupted.answer.is_some());
        let marked = self
            .store
            .run(move |vault| {
                if answered {
                    vault.finish_renewal(&id, None, &health, &granted)?;
                    vault.begin_renewal(&id)?;
                }
                vault.mark_retried(&id)
            })
            .await;
        if let Err(error) = marked {
            return tracing::error!(account = %entry.id, %error, "a cut-off renewal could not be marked");
        }
        self.interrupted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(entry.id.clone(), interrupted.begun_at);
        self.due(entry, Why::Planned);
    }

    /// True when the journalled answer brought tokens, which are saved now. They came from the provider over TLS;
    /// an id token among them is checked at the next renewal.
    async fn take_up(self: &Arc<Self>, entry: &Arc<Entry>, answer: Answer, begun_at: Wall) -> bool {
        let Some((ground, set)) = self.readable(entry, &answer, begun_at).await else { return false };
        let harvest = self.harvest(&ground, &Good { set, answer }, 1, begun_at);
        let (id, again) = (entry.id.clone(), harvest.clone());
        let save = move |vault: &mut bowline_vault::Vault| {
            vault.finish_renewal(&id, Some(&again.tokens), &again.health, &again.granted)
        };
        let saved = self.store.run(save).await.is_ok();
        if saved {
            let grant = entry.face().grant;
            self.told(entry, &harvest, grant);
        }
        saved
    }

    async fn readable(
        self: &Arc<Self>,
        entry: &Arc<Entry>,
        answer: &Answer,
        begun_at: Wall,
    ) -> Option<(Ground, TokenSet)> {
        let account = entry.face().account.clone();
        let provider = self.providers.of(&account).ok()?;
        let set = token::read(answer, &provider, begun_at).ok()?;
        let tokens = self.stored_tokens(entry).await.ok()?;
        let refresh = tokens.refresh.clone()?;
        Some((Ground { account, provider, tokens, refresh }, set))
    }
}
