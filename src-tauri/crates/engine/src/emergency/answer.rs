//! The person's answer to an emergency key. With a yes the key is sealed on disk, and in the trail, before it is served.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bowline_base::RequestId;
use bowline_vault::audit::AuditEntry;
use bowline_vault::{Emergency, VaultError};

use super::{EmergencyQuestion, End};
use crate::engine::Engine;
use crate::programs::Asked;
use crate::{Caller, EngineError};

impl Engine {
    /// Carries out the person's answer: with a yes the key is in force from now on.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`] for a question that is not open; [`EngineError::Storage`], and then it is still
    /// open.
    pub async fn answer_emergency(
        self: &Arc<Self>,
        caller: &Caller,
        id: &RequestId,
        allow: bool,
    ) -> Result<Arc<EmergencyQuestion>, EngineError> {
        let question =
            self.emergency_question(id).filter(|q| q.asked() == Asked::Waiting).ok_or_else(not_found)?;
        if question.claimed.swap(true, Ordering::SeqCst) {
            return Err(not_found());
        }
        let (engine, caller) = (Arc::clone(self), caller.clone());
        // On a task of its own: whoever hangs up leaves no answer half carried out.
        let carried_out = tokio::spawn(async move {
            let carried_out = if allow {
                engine.approve_emergency(&caller, &question).await
            } else {
                engine.deny_emergency(&caller, &question);
                Ok(())
            };
            question.claimed.store(false, Ordering::SeqCst);
            carried_out.map(|()| question)
        });
        carried_out.await.unwrap_or_else(|_| Err(not_found()))
    }

    async fn approve_emergency(
        self: &Arc<Self>,
        caller: &Caller,
        question: &EmergencyQuestion,
    ) -> Result<(), EngineError> {
        let entry = self.book.by_id(&question.account).ok_or_else(not_found)?;
        self.require_emergency_helps(&entry)?;
        let secret = question.secret().ok_or_else(not_found)?;
        self.audit_now(self.entry_of(caller, "emergency.approved", Some(&entry.id), Ok(()))).await?;
        let approved_at = self.clock.wall();
        let kept = Emergency {
            account: entry.id.clone(),
            secret,
            reason: question.reason.clone(),
            approved_at,
            ends_at: approved_at + question.lasts,
        };
        let (engine, id) = (Arc::clone(self), question.id.clone());
        // In force the moment it is on disk, so that no earlier key's end takes this one off it.
        let saved = self.store.run(move |vault| {
            vault.save_emergency(&kept)?;
            Ok::<_, VaultError>(engine.emergencies.begin(id, &kept, &*engine.clock))
        });
        match saved.await {
            Ok(replaced) if replaced => self.record_end(&entry.id, End::Replaced),
            Ok(_) => {}
            Err(error) => {
                self.record_end(&entry.id, End::NotKept);
                return Err(error.into());
            }
        }
        if !question.end(Asked::Allowed) {
            // Withdrawn while the disk was writing.
            self.emergency_over(&entry.id, End::Owner);
            return Err(not_found());
        }
        self.tell_emergency(question);
        self.announce(&entry, question.id.clone(), question.reason.clone());
        if let Err(error) = self.require_emergency_helps(&entry) {
            tracing::info!(account = %entry.id, %error, "an emergency key was approved too late");
            self.emergency_over(&entry.id, End::Paused);
        }
        Ok(())
    }

    fn deny_emergency(&self, caller: &Caller, question: &EmergencyQuestion) {
        if question.end(Asked::Denied) {
            let ended = self.entry_of(caller, "emergency.ended", Some(&question.account), Ok(()));
            self.store.audit(AuditEntry { code: Some(End::Denied.as_str().into()), ..ended });
            self.tell_emergency(question);
        }
    }
}

fn not_found() -> EngineError {
    EngineError::RequestNotFound {
        detail: "there is no such open question (any more): it was answered, or its time was over".to_owned(),
    }
}
