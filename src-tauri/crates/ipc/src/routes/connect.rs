//! Verbs about an attempt to connect.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::AttemptId;
use bowline_engine::connect::ConnectWish;
use bowline_wire::problem::{Code, Problem};
use bowline_wire::shapes::{ConnectBody, ConnectView, DeviceView, OpenedView};

use super::{Answered, Call, Door, invalid, json, refused};
use crate::views;

pub(super) async fn begin(door: &Arc<Door>, call: &Call) -> Answered {
    let body: ConnectBody = call.body()?;
    let by_code = match body.flow.as_str() {
        "browser" => false,
        "device" => true,
        _ => return Err(invalid("`flow` has to be \"browser\" or \"device\"")),
    };
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
    let view = if by_code { code(door, call, wish).await? } else { page(door, call, wish, asked).await? };
    if let Some(selector) = account {
        door.engine.questions_opened(&selector);
    }
    json(&view)
}

async fn code(door: &Arc<Door>, call: &Call, wish: ConnectWish) -> Result<ConnectView, Problem> {
    let begun = door.engine.connect_by_code(call.caller()?, wish).await.map_err(refused)?;
    Ok(ConnectView {
        attempt: begun.attempt.to_string(),
        authorize_url: None,
        device: Some(DeviceView {
            user_code: begun.user_code,
            verification_uri: begun.verification_uri.to_string(),
            verification_uri_complete: begun.verification_uri_complete.map(|url| url.to_string()),
            interval: begun.interval,
        }),
        expires_at: begun.expires_at.to_string(),
        browser_opened: Some(false),
    })
}

async fn page(door: &Arc<Door>, call: &Call, wish: ConnectWish, asked: bool) -> Result<ConnectView, Problem> {
    let begun = door.engine.connect(call.caller()?, wish).await.map_err(refused)?;
    Ok(ConnectView {
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
