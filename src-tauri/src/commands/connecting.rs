//! Connecting and reconnecting. The address of a sign-in and the code of a device stay on this side of the window:
//! what needs them, copying and opening, is done here or by the agent.

use std::time::Duration;

use bowline_wire::client::path;
use bowline_wire::shapes::{AttemptView, ConnectBody, ConnectView, OpenedView};
use bowline_wire::{ClientError, Code};
use tauri::AppHandle;
use tauri_plugin_clipboard_manager::ClipboardExt;

use super::{Desk, Given, ask, work};
use crate::convert;
use crate::view::{Attempt, AttemptState, ConnectWish, Problem};

/// How long a look at an attempt may wait for news.
const NEWS_WITHIN: Duration = Duration::from_secs(30);
/// The longest text that is put on the clipboard.
const LONGEST_COPY: usize = 64 * 1024;

/// Begins to connect or reconnect; the agent opens the browser, because a click asked for it.
#[tauri::command]
pub async fn connect(desk: Given<'_>, wish: ConnectWish) -> Result<Attempt, Problem> {
    work(&desk, move |desk| {
        let body = ConnectBody {
            flow: if wish.device { "device".to_owned() } else { "browser".to_owned() },
            account: wish.account,
            scopes: wish.scopes,
            login_hint: wish.login_hint,
            open_browser: !wish.device,
            ..ConnectBody::new(&wish.provider)
        };
        let begun: ConnectView = desk.link.client().post("/v1/connect").body(&body).send()?;
        let attempt = Attempt {
            id: begun.attempt.clone(),
            provider: wish.provider,
            state: AttemptState::Waiting,
            browser_opened: begun.browser_opened.unwrap_or(false),
            expires_at: Some(begun.expires_at.clone()),
            device: begun.device.as_ref().map(convert::device),
            account: None,
            error: None,
        };
        desk.book.open().follow(attempt.clone(), begun.authorize_url);
        Ok(attempt)
    })
    .await
}

/// How an attempt stands; with `wait`, as soon as that changes.
#[tauri::command]
pub async fn attempt(desk: Given<'_>, id: String, wait: bool) -> Result<Attempt, Problem> {
    work(&desk, move |desk| {
        let before = desk.book.open().attempt(&id).cloned().ok_or_else(unknown)?;
        let call = desk.link.client().get(path(["connect", &id]));
        let seen: AttemptView = if wait { call.wait(NEWS_WITHIN) } else { call }.send()?;
        if let Some(account) = &seen.account {
            learn_provider(desk, &account.provider)?;
        }
        Ok(convert::attempt(&seen, before, &desk.book.open()))
    })
    .await
}

/// A provider that was connected by its address is new to the book.
fn learn_provider(desk: &Desk, id: &str) -> Result<(), ClientError> {
    let known = desk.book.open().provider(id).is_some();
    if known { Ok(()) } else { super::accounts::learn_names(desk) }
}

/// Gives an attempt up. One whose browser has come back already is finished instead, and says so.
#[tauri::command]
pub async fn cancel_attempt(desk: Given<'_>, id: String) -> Result<Attempt, Problem> {
    work(&desk, move |desk| {
        let before = desk.book.open().attempt(&id).cloned().ok_or_else(unknown)?;
        let seen: AttemptView = desk.link.client().delete(path(["connect", &id])).send()?;
        Ok(convert::attempt(&seen, before, &desk.book.open()))
    })
    .await
}

/// Opens the sign-in page once more. False where no browser could be opened.
#[tauri::command]
pub async fn open_again(desk: Given<'_>, id: String) -> Result<bool, Problem> {
    let opened: OpenedView =
        ask(&desk, move |client| client.post(path(["connect", &id, "open"])).send()).await?;
    Ok(opened.browser_opened)
}

/// Copies the sign-in page's address for a browser that the person opens.
#[tauri::command]
pub async fn copy_link(app: AppHandle, desk: Given<'_>, id: String) -> Result<(), Problem> {
    let link = desk.book.open().link(&id).map(str::to_owned).ok_or_else(unknown)?;
    copy(&app, link)
}

/// Copies the code to type on another device.
#[tauri::command]
pub async fn copy_code(app: AppHandle, desk: Given<'_>, id: String) -> Result<(), Problem> {
    let code = desk.book.open().attempt(&id).and_then(|a| a.device.as_ref()).map(|d| d.user_code.clone());
    copy(&app, code.ok_or_else(unknown)?)
}

/// Copies a text of the window itself: a redirect address, the doctor's report.
#[tauri::command]
pub async fn copy_text(app: AppHandle, text: String) -> Result<(), Problem> {
    copy(&app, text.chars().take(LONGEST_COPY).collect())
}

fn copy(app: &AppHandle, text: String) -> Result<(), Problem> {
    app.clipboard().write_text(text).map_err(|error| {
        Problem::here(Code::Internal, format!("Nothing could be copied: {error}. Select the text instead."))
    })
}

fn unknown() -> Problem {
    Problem::here(Code::RequestNotFound, "This sign-in is over. Start again.")
}
