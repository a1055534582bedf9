//! The person's answer to a program's question: for once, for an hour, until it is revoked, or no.
//!
//! What is to be remembered beyond this run is on disk, and in the audit trail, before the program hears of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bowline_base::{AppId, RequestId};
use bowline_vault::Rule;
use bowline_vault::audit::AuditEntry;

use super::{Asked, Decision, ProgramQuestion, shown_name};
use crate::engine::Engine;
use crate::event::Event;
use crate::{Caller, EngineError};

const HOUR: Duration = Duration::from_secs(3600);

/// The person's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, for the reads that wait now.
    Once,
    /// Yes, for an hour, as long as the agent runs.
    Hour,
    /// Yes, until it is revoked.
    UntilRevoked,
    /// No, for the reads that wait now.
    Deny,
    /// No, without a further question until that is revoked.
    Block,
}

impl Verdict {
    fn allows(self) -> bool {
        matches!(self, Self::Once | Self::Hour | Self::UntilRevoked)
    }

    /// The word in the audit trail.
    const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Once => Some("once"),
            Self::Hour => Some("1h"),
            Self::UntilRevoked => Some("revoked"),
            Self::Deny => None,
            Self::Block => Some("blocked"),
        }
    }
}

impl Engine {
    /// Carries out the person's answer; every read that waits for it goes on.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`] for a question that is not open; [`EngineError::Storage`].
    pub async fn answer_program(
        self: &Arc<Self>,
        caller: &Caller,
        id: &RequestId,
        verdict: Verdict,
    ) -> Result<Arc<ProgramQuestion>, EngineError> {
        let question =
            self.program_question(id).filter(|q| q.asked() == Asked::Waiting).ok_or_else(not_found)?;
        if question.claimed.swap(true, Ordering::SeqCst) {
            return Err(not_found());
        }
        // On a task of its own: whoever hangs up leaves no answer half carried out, and no question open for ever.
        let (engine, caller) = (Arc::clone(self), caller.clone());
        let carried_out = tokio::spawn(async move {
            let carried_out = engine.carry_out_verdict(&caller, &question, verdict).await;
            if carried_out.is_err() {
                question.claimed.store(false, Ordering::SeqCst);
            }
            carried_out.map(|()| question)
        });
        carried_out.await.unwrap_or_else(|_| Err(not_found()))
    }

    async fn carry_out_verdict(
        &self,
        caller: &Caller,
        question: &ProgramQuestion,
        verdict: Verdict,
    ) -> Result<(), EngineError> {
        let event = if verdict.allows() { "app.approved" } else { "app.denied" };
        let entry = AuditEntry {
            program: Some(question.program.file.path.as_str().into()),
            code: verdict.as_str().map(Into::into),
            ..self.entry_of(caller, event, Some(&question.account), Ok(()))
        };
        let app = self.recorded(question, verdict, entry).await?;
        if let Some(id) = &app {
            let now = self.clock.wall();
            let ends_at = (verdict == Verdict::Hour).then(|| now + HOUR);
            let decision = Decision { allowed: verdict.allows(), decided_at: now, ends_at };
            self.programs.decide(id, &question.program.file, &question.account, decision);
        }
        question.end(if verdict.allows() { Asked::Allowed } else { Asked::Denied });
        self.tell_program(question);
        if app.is_some() {
            let what = if verdict.allows() { "approved" } else { "denied" };
            let name = Arc::from(shown_name(&question.program.file.path));
            self.events.tell(Event::App { app, request: Some(question.id.clone()), name, what });
        }
        Ok(())
    }

    /// Writes the answer's entry, together with the answer itself where that outlives the agent. Gives the id under
    /// which the answer is kept, for one that is.
    async fn recorded(
        &self,
        question: &ProgramQuestion,
        verdict: Verdict,
        entry: AuditEntry,
    ) -> Result<Option<AppId>, EngineError> {
        let file = question.program.file.clone();
        let id = self.programs.id_of(&file).unwrap_or_else(|| AppId::random(&*self.random));
        match verdict {
            Verdict::Once | Verdict::Deny => self.audit_now(entry).await.map(|()| None),
            Verdict::Hour => {
                self.audit_now(AuditEntry { app: Some(id.clone()), ..entry }).await?;
                Ok(Some(id))
            }
            Verdict::UntilRevoked | Verdict::Block => {
                let account = question.account.clone();
                let rule = Rule { account, allowed: verdict.allows(), decided_at: self.clock.wall() };
                let kept = self.store.run(move |vault| vault.save_rule(&id, &file, &rule, entry)).await?;
                Ok(Some(kept))
            }
        }
    }
}

fn not_found() -> EngineError {
    EngineError::RequestNotFound {
        detail: "there is no such open question (any more): it was answered, or its minute was over"
            .to_owned(),
    }
}
