//! What a click on a notice does. It is the person's own act, and the one thing beside a command that opens a browser
//! (promise 7). A click that comes too late does nothing, and says so in the notice's own place.

use std::sync::Arc;

use bowline_base::{AccountId, Action, RequestId};

use super::{Button, Kind, Notice};
use crate::connect::ConnectWish;
use crate::engine::Engine;
use crate::programs::Verdict;
use crate::{Caller, EngineError};

/// Where the window is to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// With all accounts.
    Accounts,
    /// At one account.
    Account(AccountId),
    /// At a question.
    Request(RequestId),
}

impl Engine {
    /// The person pressed a button of a notice. Gives where the window is to open, if it is to.
    ///
    /// May open the browser: the button to sign in again is the person's act. `Allow` gives an app the accounts that
    /// the notice names.
    pub async fn pressed(self: &Arc<Self>, notice: &Notice, button: Button) -> Option<Place> {
        // Who shows notices has closed it by now.
        self.plan_notices(|planner| planner.closed(&notice.key));
        match (button, &notice.kind) {
            (Button::Reconnect, Kind::NeedsYou { account, name, .. })
            | (Button::Reconnect, Kind::Expiring { account, name, .. })
            | (Button::Reconnect, Kind::NotBegun { account, name, .. }) => {
                self.begin_again(notice, account, name).await;
                None
            }
            (Button::Later, kind) => {
                let (accounts, now) = (accounts(kind), self.clock.wall());
                self.plan_notices(|planner| planner.later(&accounts, now));
                None
            }
            // Which accounts it would be, the person has to say.
            (Button::Allow, Kind::AppAsks { accounts, .. }) if accounts.is_empty() => place(&notice.kind),
            (Button::Allow, Kind::AppAsks { request, accounts, .. }) => {
                // What the person read, and not what would fit the wish by now.
                let named: Vec<String> = accounts.iter().map(ToString::to_string).collect();
                let allowed = self.approve_app(&Caller::person(), request, &named, None).await;
                self.tell_of_answer(notice, request, allowed.map(drop));
                None
            }
            (Button::Deny, Kind::AppAsks { request, .. }) => {
                let denied = self.deny_app(&Caller::person(), request).await;
                self.tell_of_answer(notice, request, denied);
                None
            }
            (Button::Allow | Button::Deny, Kind::EmergencyAsks { request, .. }) => {
                let allow = button == Button::Allow;
                let answered = self.answer_emergency(&Caller::person(), request, allow).await;
                self.tell_of_answer(notice, request, answered.map(drop));
                None
            }
            (Button::End, Kind::EmergencyOn { account, .. }) => {
                if let Err(error) = self.end_emergency(&Caller::person(), account.as_str()).await {
                    tracing::warn!(%account, %error, "an emergency key could not be ended");
                }
                None
            }
            (Button::Allow | Button::Deny, Kind::ProgramAsks { request, .. }) => {
                self.answer_for_program(notice, request, button).await;
                None
            }
            (Button::Body | Button::Review | Button::Emergency, kind) => place(kind),
            _ => None,
        }
    }

    /// The person closed a notice, or its time on the screen is over.
    pub fn notice_closed(&self, key: &str) {
        self.plan_notices(|planner| planner.closed(key));
    }

    /// What should be on the screen: for a notification service that has just come.
    pub fn notices_on_screen(&self) -> Vec<Notice> {
        self.notices.on_screen()
    }

    /// Begins to sign in again with an account, in the person's browser: for a click in a notice or in the tray.
    ///
    /// # Errors
    /// As [`Engine::connect`]; [`EngineError::TemporarilyUnavailable`] when no browser could be opened.
    pub async fn sign_in_again(self: &Arc<Self>, account: &AccountId) -> Result<(), EngineError> {
        let wish =
            ConnectWish { account: Some(account.to_string()), open_browser: true, ..ConnectWish::default() };
        let begun = self.connect(&Caller::person(), wish).await?;
        self.questions_opened(account.as_str());
        match begun.browser_problem {
            None => Ok(()),
            Some(problem) => Err(EngineError::invalid(&problem)),
        }
    }

    async fn begin_again(self: &Arc<Self>, notice: &Notice, account: &AccountId, name: &Arc<str>) {
        let needed = self.sight_of(account).is_some_and(|sight| {
            matches!(sight.standing.action, Some(Action::Reconnect | Action::AskAdmin | Action::Unlock))
                || matches!(notice.kind, Kind::Expiring { end, .. } if sight.health.grant_expires_at == Some(end))
        });
        if !needed {
            return self.notices.show_apart(&in_place(notice, Kind::Mended { name: Arc::clone(name) }));
        }
        if let Err(error) = self.sign_in_again(account).await {
            tracing::warn!(%account, %error, "signing in again could not be begun");
            let kind = Kind::NotBegun {
                account: account.clone(),
                name: Arc::clone(name),
                detail: error.to_string(),
            };
            let (now, again) = (self.clock.wall(), in_place(notice, kind));
            self.plan_notices(|planner| planner.put(again.clone(), now));
            self.notices.show_apart(&again);
        }
    }

    async fn answer_for_program(self: &Arc<Self>, notice: &Notice, request: &RequestId, button: Button) {
        let verdict = if button == Button::Allow { Verdict::Hour } else { Verdict::Deny };
        let answered = self.answer_program(&Caller::person(), request, verdict).await;
        self.tell_of_answer(notice, request, answered.map(drop));
    }

    fn tell_of_answer(&self, notice: &Notice, request: &RequestId, answered: Result<(), EngineError>) {
        match answered {
            Ok(()) => {}
            Err(EngineError::RequestNotFound { .. }) => {
                self.notices.show_apart(&in_place(notice, Kind::Answered))
            }
            Err(error) => tracing::warn!(%request, %error, "an answer given in a notification failed"),
        }
    }
}

fn in_place(notice: &Notice, kind: Kind) -> Notice {
    Notice { key: notice.key.clone(), instead_of: None, kind }
}

fn accounts(kind: &Kind) -> Vec<AccountId> {
    match kind {
        Kind::NeedsYou { account, .. }
        | Kind::Expiring { account, .. }
        | Kind::Failing { account, .. }
        | Kind::NotBegun { account, .. } => vec![account.clone()],
        Kind::Many { accounts } => accounts.iter().map(|(id, _)| id.clone()).collect(),
        Kind::EmergencyAsks { .. }
        | Kind::EmergencyOn { .. }
        | Kind::AppAsks { .. }
        | Kind::ProgramAsks { .. }
        | Kind::AppsAsk { .. }
        | Kind::Unsaved { .. }
        | Kind::Silent { .. }
        | Kind::Abuse { .. }
        | Kind::Heard(_)
        | Kind::Mended { .. }
        | Kind::Answered => Vec::new(),
    }
}

fn place(kind: &Kind) -> Option<Place> {
    match kind {
        Kind::NeedsYou { account, .. }
        | Kind::Expiring { account, .. }
        | Kind::Failing { account, .. }
        | Kind::EmergencyOn { account, .. }
        | Kind::NotBegun { account, .. } => Some(Place::Account(account.clone())),
        Kind::AppAsks { request, .. }
        | Kind::EmergencyAsks { request, .. }
        | Kind::ProgramAsks { request, .. } => Some(Place::Request(request.clone())),
        Kind::Many { .. }
        | Kind::AppsAsk { .. }
        | Kind::Unsaved { .. }
        | Kind::Silent { .. }
        | Kind::Abuse { .. }
        | Kind::Heard(_)
        | Kind::Mended { .. }
        | Kind::Answered => Some(Place::Accounts),
    }
}
