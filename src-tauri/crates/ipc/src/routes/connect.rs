//! Verbs about an attempt to connect.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::AttemptId;
use bowline_engine::connect::ConnectWish;
use bowline_wire::problem::{Code, Problem};
use bowline_wire::shapes::{ConnectBody, ConnectView, OpenedView};

use super::{Answered, Call, Door, invalid, json, refused};
use crate::views;

pub(super) async fn begin(door: &Arc<Door>, call: &Call) -> Answered {
    let body: ConnectBody = call.body()?;
    if body.flow != "browser" {
        return Err(invalid("`flow` has to be \"browser\" in this version"));
    }
    if body.timeout_s == Some(0) {
        return Err(invalid("`timeout_s` has to be at least 1"));
    }
    let (asked, account) = (body.open_browser, body.account.clone());
    let wish = ConnectWish {
        provider: body.provider,
        account: body.account,
        scopes: body.scopes.unwrap_or_default(),
        login_hint: body.login_hint,
        label: body.label,
        open_browser: body.open_browser,
        timeout: body.timeout_s.map(Duration::from_secs),
    };
    let begun = door.engine.connect(call.caller()?, wish).await.map_err(refused)?;
    if let Some(selector) = account {
        door.engine.questions_opened(&selector);
    }
    json(&ConnectView {
        attempt: begun.attempt.to_string(),
        authorize_url: Some(begun.authorize_url.to_string()),
        device: None,
        expires_at: begun.expires_at.to_string(),
        browser_opened: Some(asked && begun.browser_problem.is_none()),
    })
}

pub(super) async fn attempt(door: &Arc<Door>, call: &Call) -> Answered {
    let id = attempt_id(call)?;
    let state = door.engine.attempt(&id, call.wait()?).await.map_err(refused)?;
    json(&views::attempt(&door.engine, &id, &state))
}

pub(super) fn open(door: &Door, call: &Call) -> Answered {
    let problem = door.engine.open_again(&attempt_id(call)?).map_err(refused)?;
    json(&OpenedView { browser_opened: problem.is_none() })
}

pub(super) async fn cancel(door: &Arc<Door>, call: &Call) -> Answered {
    let id = attempt_id(call)?;
    let state = door.engine.cancel_attempt(&id).await.map_err(refused)?;
    json(&views::attempt(&door.engine, &id, &state))
}

fn attempt_id(call: &Call) -> Result<AttemptId, Problem> {
    AttemptId::parse(call.path("attempt"))
        .ok_or_else(|| Problem::new(Code::RequestNotFound, "there is no such attempt: start again"))
}
