//! The question whether a program may read an account: one for each program and account, however many reads wait for
//! it, and a no when nobody answers within a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, RequestId, Wall};
use bowline_vault::audit::AuditEntry;
use tokio::sync::watch;

use super::{Admission, shown, shown_name};
use crate::EngineError;
use crate::book::Entry;
use crate::caller::AskingProgram;
use crate::engine::Engine;
use crate::event::Event;
use crate::notice::Kind;
use crate::requests::RequestState;

/// How long the person has to answer: the program waits meanwhile.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long the disk may take to keep an answer that was given at the last moment.
const ANSWER_BEING_WRITTEN: Duration = Duration::from_secs(1);
/// Open questions at once: more is not a person's doing.
const MOST_OPEN: usize = 20;
/// How long the end of a question can still be asked for.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);

/// One question to the person.
#[derive(Debug)]
pub struct ProgramQuestion {
    /// Its id.
    pub id: RequestId,
    /// The program that asks.
    pub program: Arc<AskingProgram>,
    /// The account that it wants to read.
    pub account: AccountId,
    /// When it was asked.
    pub created_at: Wall,
    /// When it ends by itself, as a no.
    pub expires_at: Wall,
    /// When another file at the same path was allowed for this account.
    pub allowed_before: Option<Wall>,
    state: watch::Sender<Asked>,
    /// An answer is being carried out: a second one comes too late.
    pub(super) claimed: AtomicBool,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Not answered yet.
    Waiting,
    /// The person said yes.
    Allowed,
    /// The person said no.
    Denied,
    /// Nobody answered in time, which is a no.
    Expired,
}

impl From<Asked> for RequestState {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Waiting => Self::Waiting,
            Asked::Allowed => Self::Done,
            Asked::Denied => Self::Declined,
            Asked::Expired => Self::Expired,
        }
    }
}

impl ProgramQuestion {
    /// What became of it so far.
    pub fn asked(&self) -> Asked {
        *self.state.borrow()
    }

    /// The same as a request's state.
    pub fn state(&self) -> RequestState {
        self.asked().into()
    }

    /// Ends it unless it has ended; true when it was this call that did.
    pub(super) fn end(&self, how: Asked) -> bool {
        self.state.send_if_modified(|state| {
            let open = *state == Asked::Waiting;
            if open {
                *state = how;
            }
            open
        })
    }

    async fn ended(&self) -> Asked {
        let mut state = self.state.subscribe();
        // The sender lives in this question, so that waiting for it ends with a state.
        state.wait_for(|state| *state != Asked::Waiting).await.map_or(Asked::Denied, |state| *state)
    }
}

impl Engine {
    /// The open questions about programs, oldest first.
    pub fn program_questions(&self) -> Vec<Arc<ProgramQuestion>> {
        let open = self.programs.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = open.values().filter(|q| q.asked() == Asked::Waiting).cloned().collect();
        all.sort_by_key(|question| question.created_at);
        all
    }

    /// A question about a program, open or ended not long ago.
    pub fn program_question(&self, id: &RequestId) -> Option<Arc<ProgramQuestion>> {
        self.programs.open.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Waits up to `wait` for a question's end.
    pub async fn program_answer(&self, question: &ProgramQuestion, wait: Duration) {
        tokio::select! { _ = question.ended() => {}, () = self.clock.sleep(wait) => {} }
    }

    /// Asks the person, or joins the question that is open already, and waits for the answer.
    pub(super) async fn ask_about(
        self: &Arc<Self>,
        program: &Arc<AskingProgram>,
        entry: &Arc<Entry>,
    ) -> Result<Admission, EngineError> {
        let asked = match self.question_about(program, entry)? {
            Some(question) => question.ended().await,
            // Somebody else's answer came in between.
            None => Asked::Allowed,
        };
        let (who, name) = (shown_name(&program.file.path), self.book.name_of(entry));
        let detail = match asked {
            Asked::Allowed => return Ok(Admission::AfterAsking),
            Asked::Denied => {
                format!("you did not allow {who} to read {name}: if it may, run it again and say yes")
            }
            Asked::Waiting | Asked::Expired => format!(
                "nobody said within a minute whether {who} may read {name}, so it may not: run it again, and answer \
                 in Bowline or with `bowline apps requests`"
            ),
        };
        Err(EngineError::ProgramRefused { detail, account: entry.id.clone() })
    }

    /// The open question about this program and account, made if there is none; `None` when it was allowed just now.
    fn question_about(
        self: &Arc<Self>,
        program: &Arc<AskingProgram>,
        entry: &Arc<Entry>,
    ) -> Result<Option<Arc<ProgramQuestion>>, EngineError> {
        let now = self.clock.wall();
        let mut open = self.programs.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, q| q.asked() == Asked::Waiting || now.since(q.expires_at) < REMEMBERED_FOR);
        let waiting = || open.values().filter(|q| q.asked() == Asked::Waiting);
        if let Some(same) = waiting().find(|q| q.account == entry.id && q.program.file == program.file) {
            return Ok(Some(Arc::clone(same)));
        }
        match self.programs.decided(&program.file, &entry.id, now) {
            Some(true) => return Ok(None),
            Some(false) => return Err(self.blocked(program, entry)),
            None => {}
        }
        if waiting().count() >= MOST_OPEN {
            return Err(EngineError::RateLimited {
                detail: "too many programs wait for your answer: answer them with `bowline apps requests`"
                    .to_owned(),
                retry_after: ANSWER_WITHIN,
            });
        }
        let question = Arc::new(ProgramQuestion {
            id: RequestId::random(&*self.random),
            program: Arc::clone(program),
            account: entry.id.clone(),
            created_at: now,
            expires_at: now + ANSWER_WITHIN,
            allowed_before: self.programs.allowed_before(&program.file, &entry.id),
            state: watch::Sender::new(Asked::Waiting),
            claimed: AtomicBool::new(false),
        });
        open.insert(question.id.clone(), Arc::clone(&question));
        drop(open);
        // On a task of its own: a program that goes away leaves no question half asked.
        tokio::spawn(Arc::clone(self).pose(Arc::clone(&question), self.book.name_of(entry)));
        Ok(Some(question))
    }

    /// Puts a question to the person, and ends it when its time is up.
    async fn pose(self: Arc<Self>, question: Arc<ProgramQuestion>, name: String) {
        let mut until = self.clock.instant() + ANSWER_WITHIN;
        let entry = AuditEntry {
            program: Some(question.program.file.path.as_str().into()),
            ..self.own_entry("app.requested", Some(&question.account), Ok(()))
        };
        if let Err(error) = self.audit_now(entry).await {
            tracing::warn!(%error, "a program's question could not be recorded");
        }
        self.tell_program(&question);
        self.ask_person(question.id.to_string(), notice(&question, &name), question.expires_at);
        while question.asked() == Asked::Waiting {
            tokio::select! { _ = question.ended() => break, () = self.clock.sleep_until(until) => {} }
            // An answer that is being written down at this moment counts, unless the disk refuses it.
            if !question.claimed.swap(true, Ordering::SeqCst) {
                self.ran_out(&question);
            }
            until = until + ANSWER_BEING_WRITTEN;
        }
        self.person_answered(question.id.as_str());
    }

    fn ran_out(&self, question: &ProgramQuestion) {
        if question.end(Asked::Expired) {
            self.store.audit(AuditEntry {
                program: Some(question.program.file.path.as_str().into()),
                ..self.own_entry("app.denied", Some(&question.account), Err("timed_out"))
            });
            self.tell_program(question);
        }
    }

    pub(super) fn tell_program(&self, question: &ProgramQuestion) {
        self.events.tell(Event::Request {
            request: question.id.clone(),
            state: question.state().as_str(),
            account: Some(question.account.clone()),
            app: None,
        });
    }
}

fn notice(question: &ProgramQuestion, name: &str) -> Kind {
    let path = &question.program.file.path;
    Kind::ProgramAsks {
        request: question.id.clone(),
        program: shown_name(path),
        path: shown(path),
        name: name.to_owned(),
        changed: question.allowed_before.is_some(),
    }
}
