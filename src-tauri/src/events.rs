//! What the agent tells, brought to the window: one thread listens, one asks for what changed and passes it on.
//! Many changes at once are one look at everything. An agent that ends and comes back is found again; one that was
//! ended on purpose is not started by this.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use bowline_wire::shapes::{RequestsView, VaultView};
use bowline_wire::{ClientError, Code};
use tauri::{AppHandle, Emitter};

use crate::commands::Desk;
use crate::commands::accounts::{read_account, read_snapshot, state_of};
use crate::commands::figures::read_alerts;
use crate::convert;
use crate::view::{AgentState, Change, Place, Question, Snapshot, Status};

/// The event's name, for the window.
const CHANGE: &str = "change";
/// How long one stream may last; a new one follows at once.
const STREAM: Duration = Duration::from_secs(6 * 3600);
/// How often a missing agent is looked for. Only while the window is open and no agent there.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Changes that come within this are told together.
const TOGETHER: Duration = Duration::from_millis(40);
/// However much comes, this is the longest that anything waits to be told.
const AT_LATEST: Duration = Duration::from_millis(250);
/// From so many accounts on, one look at everything costs less.
const MANY: usize = 20;

/// Something the agent told.
enum News {
    /// A stream begins: everything may be different.
    Begun,
    /// An account changed.
    Account(String),
    /// An account is gone.
    Removed(String),
    /// A question was asked or answered.
    Questions,
    /// An app was let in, or turned out.
    Apps,
    /// An alert came or went.
    Alerts,
    /// The stream ended.
    Ended(AgentState),
}

/// Starts both threads. They end with the program.
///
/// # Errors
/// When the operating system gives no thread.
pub fn follow(app: AppHandle, desk: Desk) -> std::io::Result<()> {
    let (tell, told) = channel();
    let listener = desk.clone();
    thread::Builder::new().name("events".to_owned()).spawn(move || listen(&listener, &tell))?;
    thread::Builder::new().name("changes".to_owned()).spawn(move || pass_on(&app, &desk, &told))?;
    Ok(())
}

/// Leads the page to a place. An account may be named by any selector; one that nobody knows leads nowhere.
pub fn lead_to(app: &AppHandle, desk: &Desk, place: Place) {
    let place = match place {
        Place::Account(selector) => match read_account(desk, &selector) {
            Ok(account) => Place::Account(account.id),
            Err(_) => Place::Accounts,
        },
        Place::Connect(Some(provider)) if provider.is_empty() => Place::Connect(None),
        other => other,
    };
    let _ = app.emit(CHANGE, Change::Place(place));
}

/// All open questions, oldest first.
pub fn read_questions(desk: &Desk) -> Result<Vec<Question>, ClientError> {
    let open: RequestsView = desk.link.client().get("/v1/requests").send()?;
    let book = desk.book.open();
    Ok(open.requests.iter().filter_map(|request| convert::question(request, &book)).collect())
}

fn listen(desk: &Desk, tell: &Sender<News>) {
    // The window was opened because somebody wants to look: an agent is started once.
    let _ = desk.link.start_agent();
    loop {
        let state = match listen_once(desk, tell) {
            Ok(()) => AgentState::Gone,
            Err(ClientError::Unreadable(_) | ClientError::TooLarge) => AgentState::Mismatch,
            Err(ClientError::TimedOut) => continue,
            Err(_) => AgentState::Gone,
        };
        if tell.send(News::Ended(state)).is_err() {
            return;
        }
        thread::sleep(LOOK_AGAIN);
        while !desk.link.client().is_there() {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

fn listen_once(desk: &Desk, tell: &Sender<News>) -> Result<(), ClientError> {
    let stream = desk.link.client().get("/v1/events").timeout(STREAM).events()?;
    // Without anybody to tell, this thread ends at its own next word.
    let tell = |news| tell.send(news).map_err(|_| gone());
    tell(News::Begun)?;
    for event in stream {
        let event = event?;
        let account = event.account().map(str::to_owned);
        match (event.name.as_str(), account) {
            ("account.status" | "account.token", Some(account)) => tell(News::Account(account))?,
            ("account.removed", Some(account)) => tell(News::Removed(account))?,
            (name, _) if name.starts_with("request.") => tell(News::Questions)?,
            (name, _) if name.starts_with("app.") => tell(News::Apps)?,
            ("alert", _) => tell(News::Alerts)?,
            // Words of a newer agent.
            _ => {}
        }
    }
    Ok(())
}

fn gone() -> ClientError {
    ClientError::Io(std::io::ErrorKind::BrokenPipe.into())
}

/// What is to be looked at anew.
#[derive(Default)]
struct Due {
    everything: bool,
    accounts: BTreeSet<String>,
    removed: Vec<String>,
    questions: bool,
    apps: bool,
    alerts: bool,
    ended: Option<AgentState>,
}

impl Due {
    fn add(&mut self, news: News) {
        match news {
            News::Begun => (self.everything, self.ended) = (true, None),
            News::Account(id) => drop(self.accounts.insert(id)),
            News::Removed(id) => {
                self.accounts.remove(&id);
                self.removed.push(id);
            }
            News::Questions => self.questions = true,
            News::Apps => (self.apps, self.questions) = (true, true),
            News::Alerts => self.alerts = true,
            News::Ended(state) => self.ended = Some(state),
        }
    }
}

fn pass_on(app: &AppHandle, desk: &Desk, told: &Receiver<News>) {
    let mut locked = false;
    while let Ok(first) = told.recv() {
        let mut due = Due::default();
        due.add(first);
        let end = Instant::now() + AT_LATEST;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match told.recv_timeout(TOGETHER.min(left)) {
                Ok(news) => due.add(news),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        for change in look(desk, due, &mut locked) {
            // A window that is closing hears nothing more, and need not.
            let _ = app.emit(CHANGE, change);
        }
    }
}

/// Looks at what changed. An answer that does not come is an agent that is gone, which the stream tells too.
fn look(desk: &Desk, due: Due, locked: &mut bool) -> Vec<Change> {
    if let Some(state) = due.ended {
        return vec![Change::Agent(state)];
    }
    if due.everything || due.apps || due.accounts.len() > MANY {
        return look_at_everything(desk, due.apps, locked);
    }
    let mut changes: Vec<Change> = due.removed.into_iter().map(Change::Removed).collect();
    for id in due.accounts {
        match read_account(desk, &id) {
            Ok(account) => changes.push(Change::Account(Box::new(account))),
            Err(ClientError::Problem(problem)) if problem.code() == Some(Code::AccountNotFound) => {
                changes.push(Change::Removed(id));
            }
            // What could not be read stays as it was last known; the stream tells when nobody is there.
            Err(_) => {}
        }
    }
    if due.questions {
        changes.extend(read_questions(desk).map(Change::Questions));
    }
    if due.alerts {
        changes.push(Change::Alerts(read_alerts(desk)));
    }
    let is_locked = changes.iter().any(|c| matches!(c, Change::Account(a) if a.status == Status::Locked));
    if is_locked != *locked || is_locked {
        changes.extend(read_vault(desk, locked));
    }
    changes
}

fn look_at_everything(desk: &Desk, apps: bool, locked: &mut bool) -> Vec<Change> {
    let mut changes = Vec::new();
    match read_snapshot(desk) {
        Ok(snapshot) => {
            note_lock(&snapshot, locked);
            changes.push(Change::Snapshot(snapshot));
        }
        // The lists stay as they were last known.
        Err(error) => changes.extend(state_of(&error).map(Change::Agent)),
    }
    if apps {
        changes.push(Change::Apps);
    }
    changes
}

fn note_lock(snapshot: &Snapshot, locked: &mut bool) {
    *locked = snapshot.vault.as_ref().is_some_and(|vault| vault.locked);
}

fn read_vault(desk: &Desk, locked: &mut bool) -> Option<Change> {
    let vault: VaultView = desk.link.client().get("/v1/vault").send().ok()?;
    *locked = vault.locked;
    Some(Change::Vault(convert::vault(&vault)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(news: impl IntoIterator<Item = News>) -> Due {
        let mut due = Due::default();
        news.into_iter().for_each(|each| due.add(each));
        due
    }

    #[test]
    fn many_changes_of_one_account_are_one_look() {
        let due = due((0..100).map(|_| News::Account("acc_1".into())));
        assert_eq!(due.accounts.len(), 1);
    }

    #[test]
    fn an_account_that_went_is_not_asked_after() {
        let due = due([News::Account("acc_1".into()), News::Removed("acc_1".into())]);
        assert!(due.accounts.is_empty());
        assert_eq!(due.removed, ["acc_1"]);
    }

    #[test]
    fn an_agent_that_came_back_at_once_is_not_called_gone() {
        let due = due([News::Ended(AgentState::Gone), News::Begun]);
        assert!(due.everything && due.ended.is_none());
    }
}
