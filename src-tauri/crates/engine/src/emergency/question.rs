//! The question whether an emergency key may stand in: asked of the person, one for each account, and a no when nobody
//! answers. Until the yes the key is in memory alone. The answer is carried out in `emergency/answer.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, RequestId, Secret, Wall};
use bowline_vault::audit::AuditEntry;
use tokio::sync::watch;

use super::{End, LONGEST};
use crate::book::Entry;
use crate::connect::client::check_secret;
use crate::engine::Engine;
use crate::event::Event;
use crate::lifecycle::{Class, class};
use crate::notice::Kind;
use crate::programs::Asked;
use crate::requests::{RequestState, checked_reason};
use crate::{Caller, EngineError};

/// How long the person has to answer: somebody is waiting, and an outage is no time for forgotten questions.
const ANSWER_WITHIN: Duration = Duration::from_secs(300);
/// How long the disk may take to keep an answer that was given at the last moment.
const ANSWER_BEING_WRITTEN: Duration = Duration::from_secs(1);
/// How often a key may be asked for, for one account: each time interrupts the person.
const MOST_IN_AN_HOUR: u32 = 10;
/// How long the end of a question can still be asked for.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);

/// What is to stand in, why, and for how long from the yes on.
#[derive(Clone, Debug)]
pub struct EmergencyWish {
    /// The key.
    pub secret: Secret,
    /// Why, in the person's words.
    pub reason: String,
    /// For how long.
    pub lasts: Duration,
}

/// One question to the person.
#[derive(Debug)]
pub struct EmergencyQuestion {
    /// Its id.
    pub id: RequestId,
    /// The account that the key is for.
    pub account: AccountId,
    /// Why, in the words of whoever asked.
    pub reason: String,
    /// For how long, from the yes on.
    pub lasts: Duration,
    /// The program that asked, where it could be told.
    pub program: Option<Arc<str>>,
    /// When it was asked.
    pub created_at: Wall,
    /// When it ends by itself, as a no.
    pub expires_at: Wall,
    secret: Mutex<Option<Secret>>,
    state: watch::Sender<Asked>,
    /// An answer is being carried out: a second one comes too late.
    pub(super) claimed: AtomicBool,
}

impl EmergencyQuestion {
    /// What became of it so far.
    pub fn asked(&self) -> Asked {
        *self.state.borrow()
    }

    /// The same as a request's state.
    pub fn state(&self) -> RequestState {
        self.asked().into()
    }

    /// Ends it unless it has ended, and forgets the key; true when it was this call that did.
    pub(super) fn end(&self, how: Asked) -> bool {
        let ended = self.state.send_if_modified(|state| {
            let open = *state == Asked::Waiting;
            if open {
                *state = how;
            }
            open
        });
        *self.secret.lock().unwrap_or_else(PoisonError::into_inner) = None;
        ended
    }

    async fn ended(&self) {
        let mut state = self.state.subscribe();
        // The sender lives in this question, so that waiting for it ends with a state.
        let _ = state.wait_for(|state| *state != Asked::Waiting).await;
    }

    pub(super) fn secret(&self) -> Option<Secret> {
        self.secret.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// Asks the person whether this key may stand in for an account. It takes the place of an earlier question about the
    /// same account.
    ///
    /// Interrupts the person with one notice.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] for a key, a reason or a length of time that cannot be one; whatever keeps the
    /// account from being served although its provider were there.
    pub async fn ask_for_emergency(
        self: &Arc<Self>,
        caller: &Caller,
        selector: &str,
        wish: EmergencyWish,
    ) -> Result<Arc<EmergencyQuestion>, EngineError> {
        let entry = self.book.select(selector)?;
        let reason = checked_reason(&wish.reason)?;
        check_secret(&wish.secret, "an emergency key")?;
        self.check_length(wish.lasts)?;
        self.require_emergency_helps(&entry)?;
        self.emergencies.asked.spend(&entry.id, MOST_IN_AN_HOUR, self.clock.instant()).map_err(
            |retry_after| EngineError::RateLimited {
                detail: "an emergency key was asked for ten times in an hour: wait, then ask again"
                    .to_owned(),
                retry_after,
            },
        )?;
        let requested = self.entry_of(caller, "emergency.requested", Some(&entry.id), Ok(()));
        self.audit_now(AuditEntry { code: Some(reason.clone().into()), ..requested }).await?;
        if self.withdraw_question(&entry.id, Asked::Denied) {
            self.record_end(&entry.id, End::Replaced);
        }
        let now = self.clock.wall();
        let question = Arc::new(EmergencyQuestion {
            id: RequestId::random(&*self.random),
            account: entry.id.clone(),
            reason,
            lasts: wish.lasts,
            program: caller.shared_program(),
            created_at: now,
            expires_at: now + ANSWER_WITHIN,
            secret: Mutex::new(Some(wish.secret)),
            state: watch::Sender::new(Asked::Waiting),
            claimed: AtomicBool::new(false),
        });
        {
            let mut open = self.emergencies.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|_, q| q.asked() == Asked::Waiting || now.since(q.expires_at) < REMEMBERED_FOR);
            open.insert(question.id.clone(), Arc::clone(&question));
        }
        // On a task of its own: whoever asked may go away.
        tokio::spawn(Arc::clone(self).pose_emergency(Arc::clone(&question), entry));
        Ok(question)
    }

    /// The open questions about emergency keys, oldest first.
    pub fn emergency_questions(&self) -> Vec<Arc<EmergencyQuestion>> {
        let open = self.emergencies.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = open.values().filter(|q| q.asked() == Asked::Waiting).cloned().collect();
        all.sort_by_key(|question| question.created_at);
        all
    }

    /// A question about an emergency key, open or ended not long ago.
    pub fn emergency_question(&self, id: &RequestId) -> Option<Arc<EmergencyQuestion>> {
        self.emergencies.open.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Waits up to `wait` for a question's end.
    pub async fn emergency_answer(&self, question: &EmergencyQuestion, wait: Duration) {
        tokio::select! { () = question.ended() => {}, () = self.clock.sleep(wait) => {} }
    }

    /// Ends the open question about an account; true when there was one.
    pub(super) fn withdraw_question(&self, account: &AccountId, how: Asked) -> bool {
        let open = self.emergency_questions().into_iter().find(|q| q.account == *account);
        open.is_some_and(|question| {
            let ended = question.end(how);
            self.tell_emergency(&question);
            ended
        })
    }

    fn check_length(&self, lasts: Duration) -> Result<(), EngineError> {
        let most = self.policy().emergency_max.min(LONGEST);
        if !lasts.is_zero() && lasts <= most {
            return Ok(());
        }
        let most = most.as_secs();
        Err(EngineError::invalid(format!("an emergency key stands in for 1 to {most} seconds: ask for less")))
    }

    /// A key stands in while the provider is down; it mends neither a sign-in nor a set-up, and wakes nothing that the
    /// person put to rest.
    pub(super) fn require_emergency_helps(&self, entry: &Entry) -> Result<(), EngineError> {
        self.require_open()?;
        self.require_resumed(entry)?;
        self.require_mendable(entry)?;
        let reason = entry.face().health.trouble.as_ref().map(|t| t.reason);
        let wrong = reason.filter(|reason| class(*reason) == Class::FixProvider);
        wrong.map_or(Ok(()), |reason| Err(self.refusal(entry, reason, None)))
    }

    /// Puts a question to the person, and ends it when its time is up.
    async fn pose_emergency(self: Arc<Self>, question: Arc<EmergencyQuestion>, entry: Arc<Entry>) {
        let mut until = self.clock.instant() + ANSWER_WITHIN;
        self.tell_emergency(&question);
        let kind = Kind::EmergencyAsks {
            request: question.id.clone(),
            name: self.book.name_of(&entry).into(),
            reason: question.reason.clone(),
            lasts: question.lasts,
        };
        self.ask_person(question.id.to_string(), kind, question.expires_at);
        while question.asked() == Asked::Waiting {
            tokio::select! { () = question.ended() => break, () = self.clock.sleep_until(until) => {} }
            // An answer that is being written down at this moment counts, unless the disk refuses it.
            if !question.claimed.swap(true, Ordering::SeqCst) && question.end(Asked::Expired) {
                self.record_end(&question.account, End::TimedOut);
                self.tell_emergency(&question);
            }
            until = until + ANSWER_BEING_WRITTEN;
        }
        self.person_answered(question.id.as_str());
    }

    pub(super) fn tell_emergency(&self, question: &EmergencyQuestion) {
        self.events.tell(Event::Request {
            request: question.id.clone(),
            state: question.state().as_str(),
            account: Some(question.account.clone()),
            app: None,
        });
    }
}
