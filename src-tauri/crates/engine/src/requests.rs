//! "Please reconnect", from an app to the person and back: one open question per account, whoever asks; nothing
//! is opened; when the account is connected again, everybody who asked is told to go on.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{AccountId, Action, AppId, RequestId, Wall, redact};
use tokio::sync::watch;

use crate::engine::Engine;
use crate::event::Event;
use crate::{Caller, EngineError};

/// How long a question stays open.
const OPEN_FOR: Duration = Duration::from_secs(86_400);
const LONGEST_REASON: usize = 120;
/// Questions that are kept, answered ones included; beyond it the oldest answered ones are forgotten.
const MOST_KEPT: usize = 1024;

/// All questions of this run.
#[derive(Default)]
pub struct Requests(Mutex<HashMap<RequestId, Arc<Question>>>);

/// One question to the person.
pub struct Question {
    /// Its id.
    pub id: RequestId,
    /// The account to reconnect.
    pub account: AccountId,
    /// The app that asked first; `None` when the owner's program did.
    pub app: Option<AppId>,
    /// What the app wants to go on with, in its own words.
    pub because: Option<String>,
    /// When it was asked.
    pub created_at: Wall,
    /// When it ends by itself.
    pub expires_at: Wall,
    asked_by: Mutex<HashSet<String>>,
    state: watch::Sender<RequestState>,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// The person has not moved yet.
    Waiting,
    /// The person is signing in.
    Opened,
    /// The account is connected again.
    Done,
    /// The person said no.
    Declined,
    /// Nobody moved in time.
    Expired,
}

impl RequestState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Opened => "opened",
            Self::Done => "done",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }

    const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Opened)
    }
}

impl Question {
    /// What became of it so far.
    pub fn state(&self) -> RequestState {
        *self.state.borrow()
    }

    /// True when it tells this caller already that the account needs nobody.
    fn answers(&self, caller: &Caller, account: &AccountId) -> bool {
        let own = self.app.as_ref() == caller.app_id();
        own && self.account == *account && self.state() == RequestState::Done
    }
}

/// Forgets the answered questions that were asked first, where there are too many.
fn make_room(all: &mut HashMap<RequestId, Arc<Question>>) {
    while all.len() >= MOST_KEPT {
        let ended = all.values().filter(|q| !q.state().is_open());
        let Some(oldest) = ended.min_by_key(|q| q.created_at).map(|q| q.id.clone()) else { return };
        all.remove(&oldest);
    }
}

impl Engine {
    /// Asks the person to reconnect an account, or joins the question that is open already. Interrupts the person
    /// with one notice; never opens a browser (promise 7).
    ///
    /// # Errors
    /// As any look-up of an account by this caller; [`EngineError::InvalidRequest`] for a reason that cannot be
    /// shown.
    pub fn ask_to_reconnect(
        &self,
        caller: &Caller,
        selector: &str,
        because: Option<&str>,
    ) -> Result<Arc<Question>, EngineError> {
        let entry = self.entry_for(caller, selector)?;
        let because = because.map(checked_reason).transpose()?;
        let needs_user = matches!(self.standing(&entry).action, Some(Action::Reconnect | Action::AskAdmin));
        self.expire_questions();
        let mut all = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = all.values().find(|q| q.account == entry.id && q.state().is_open()) {
            open.asked_by.lock().unwrap_or_else(PoisonError::into_inner).insert(caller.actor().to_owned());
            return Ok(Arc::clone(open));
        }
        if !needs_user && let Some(done) = all.values().find(|q| q.answers(caller, &entry.id)) {
            return Ok(Arc::clone(done));
        }
        make_room(&mut all);
        let now = self.clock.wall();
        let question = Arc::new(Question {
            id: RequestId::random(&*self.random),
            account: entry.id.clone(),
            app: caller.app_id().cloned(),
            because,
            created_at: now,
            expires_at: now + OPEN_FOR,
            asked_by: Mutex::new(HashSet::from([caller.actor().to_owned()])),
            // An account that needs nobody is an answer already: the app may go on.
            state: watch::Sender::new(if needs_user { RequestState::Waiting } else { RequestState::Done }),
        });
        all.insert(question.id.clone(), Arc::clone(&question));
        drop(all);
        self.tell_question(&question);
        if needs_user {
            let who = caller.as_app().map_or("A program", |app| app.name.as_str());
            self.tell_of_asker(&entry, who.to_owned(), question.because.clone(), question.expires_at);
        }
        Ok(question)
    }

    /// The open questions about accounts, oldest first.
    pub fn questions(&self) -> Vec<Arc<Question>> {
        self.expire_questions();
        let all = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open: Vec<_> = all.values().filter(|q| q.state().is_open()).cloned().collect();
        open.sort_by_key(|q| q.created_at);
        open
    }

    /// A question, for whoever asked it or the owner; waits up to `wait` for its end.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`].
    pub async fn question(
        &self,
        caller: &Caller,
        id: &RequestId,
        wait: Duration,
    ) -> Result<Arc<Question>, EngineError> {
        let question = self.find_question(id)?;
        let asked = question.asked_by.lock().unwrap_or_else(PoisonError::into_inner).contains(caller.actor());
        if !asked && !caller.is_owner() {
            return Err(question_not_found());
        }
        let until = wait.min(question.expires_at.since(self.clock.wall()));
        let mut state = question.state.subscribe();
        let ended = state.wait_for(|state| !state.is_open());
        tokio::select! {
            _ = ended => {}
            () = self.clock.sleep(until) => {}
            () = self.revoked(caller) => return Err(EngineError::ApprovalRequired),
        }
        self.expire_questions();
        Ok(question)
    }

    /// The person's no.
    ///
    /// # Errors
    /// [`EngineError::RequestNotFound`].
    pub fn decline_question(&self, id: &RequestId) -> Result<Arc<Question>, EngineError> {
        let question = self
            .find_question(id)
            .and_then(|q| if q.state().is_open() { Ok(q) } else { Err(question_not_found()) })?;
        question.state.send_replace(RequestState::Declined);
        self.tell_question(&question);
        self.asker_is_gone(&question.account);
        Ok(question)
    }

    /// The person has begun to sign in again with the account that this selector names.
    pub fn questions_opened(&self, selector: &str) {
        if let Ok(entry) = self.book.select(selector) {
            self.move_questions(&entry.id, RequestState::Opened);
        }
    }

    /// The account is connected again: everybody who asked may go on.
    pub(crate) fn requests_done(&self, account: &AccountId) {
        self.move_questions(account, RequestState::Done);
    }

    /// The account is gone: nobody waits for it any more.
    pub(crate) fn requests_gone(&self, account: &AccountId) {
        self.move_questions(account, RequestState::Expired);
    }

    fn move_questions(&self, account: &AccountId, to: RequestState) {
        let all = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open: Vec<_> =
            all.values().filter(|q| q.account == *account && q.state().is_open()).cloned().collect();
        drop(all);
        for question in open {
            question.state.send_replace(to);
            self.tell_question(&question);
        }
        if to == RequestState::Done {
            self.asker_is_gone(account);
        }
    }

    fn find_question(&self, id: &RequestId) -> Result<Arc<Question>, EngineError> {
        let all = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).cloned().ok_or_else(question_not_found)
    }

    fn expire_questions(&self) {
        let now = self.clock.wall();
        let mut all = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        for question in all.values().filter(|q| q.expires_at <= now && q.state().is_open()) {
            question.state.send_replace(RequestState::Expired);
        }
        all.retain(|_, q| now.since(q.expires_at) < OPEN_FOR);
    }

    fn tell_question(&self, question: &Question) {
        self.events.tell(Event::Request {
            request: question.id.clone(),
            state: question.state().as_str(),
            account: Some(question.account.clone()),
            app: question.app.clone(),
        });
    }
}

pub(crate) fn checked_reason(text: &str) -> Result<String, EngineError> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= LONGEST_REASON && redact::is_plain(text);
    fits.then(|| text.to_owned())
        .ok_or_else(|| EngineError::invalid("the reason needs 1 to 120 characters that can be shown"))
}

fn question_not_found() -> EngineError {
    EngineError::RequestNotFound {
        detail: "there is no such question (any more): it has run out, or Bowline was restarted".to_owned(),
    }
}
