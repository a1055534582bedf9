//! Settings, and the few things that are this window's own: starting at login, and how it closes.

use std::io::Write;

use bowline_wire::Code;
use bowline_wire::shapes::SettingsView;
use serde_json::{Map, Value, json};
use tauri::{AppHandle, WebviewWindow};
use tauri_plugin_autostart::ManagerExt;

use super::{Desk, Given, ask, work};
use crate::memory::Memory;
use crate::view::{Prefs, Problem, Settings, SettingsChange};
use crate::{convert, events};

/// The settings in force.
#[tauri::command]
pub async fn settings(app: AppHandle, desk: Given<'_>) -> Result<Settings, Problem> {
    let seen: SettingsView = ask(&desk, |client| client.get("/v1/settings").send()).await?;
    Ok(as_shown(&app, &seen))
}

/// Changes some of them.
#[tauri::command]
pub async fn change_settings(
    app: AppHandle,
    desk: Given<'_>,
    change: SettingsChange,
) -> Result<Settings, Problem> {
    if let Some(on) = change.autostart {
        set_autostart(&app, on)?;
    }
    let patch = patch(change);
    let seen: SettingsView = ask(&desk, move |client| {
        if patch.is_empty() {
            return client.get("/v1/settings").send();
        }
        client.patch("/v1/settings").body(&patch).send()
    })
    .await?;
    Ok(as_shown(&app, &seen))
}

/// True until the person said whether Bowline should start at login.
#[tauri::command]
pub async fn should_ask_autostart(app: AppHandle, desk: Given<'_>) -> Result<bool, Problem> {
    let asked = work(&desk, |desk| Ok(Memory::read(desk.link.paths()).autostart_asked)).await?;
    Ok(!asked && !is_apart() && !app.autolaunch().is_enabled().unwrap_or(true))
}

/// The person's answer.
#[tauri::command]
pub async fn autostart_answer(app: AppHandle, desk: Given<'_>, yes: bool) -> Result<(), Problem> {
    if yes {
        set_autostart(&app, true)?;
    }
    work(&desk, |desk| {
        Memory::change(desk.link.paths(), |memory| memory.autostart_asked = true);
        Ok(())
    })
    .await
}

/// The page shows its first content, and can be led to the place that the start asked for. Told on standard output
/// too, as the agent tells that it is ready.
#[tauri::command]
pub async fn shown(app: AppHandle, desk: Given<'_>) -> Result<(), Problem> {
    let mut out = std::io::stdout();
    // Nobody has to listen.
    let _ = writeln!(out, r#"{{"event":"shown"}}"#).and_then(|()| out.flush());
    work(&desk, move |desk| {
        if let Some(place) = desk.first_place() {
            // An account can be looked up once there is an agent.
            let _ = desk.link.start_agent();
            events::lead_to(&app, desk, place);
        }
        Ok(())
    })
    .await
}

/// True once the person knows that Bowline goes on working without its window.
#[tauri::command]
pub async fn close_is_explained(desk: Given<'_>) -> Result<bool, Problem> {
    work(&desk, |desk| Ok(Memory::read(desk.link.paths()).close_explained)).await
}

/// The person knows now.
#[tauri::command]
pub async fn close_explained(desk: Given<'_>) -> Result<(), Problem> {
    work(&desk, |desk| {
        Memory::change(desk.link.paths(), |memory| memory.close_explained = true);
        Ok(())
    })
    .await
}

/// Closes the window, and with it this program.
#[tauri::command]
pub async fn may_close(window: WebviewWindow) -> Result<(), Problem> {
    window.destroy().map_err(|error| Problem::here(Code::Internal, error.to_string()))
}

/// What the person chose for the window.
#[tauri::command]
pub async fn prefs(desk: Given<'_>) -> Result<Prefs, Problem> {
    work(&desk, |desk| Ok(remembered(desk))).await
}

/// The same, read from its small file.
pub fn remembered(desk: &Desk) -> Prefs {
    let prefs = Memory::read(desk.link.paths()).prefs;
    prefs.unwrap_or_else(|| Prefs { theme: "system".to_owned(), letters: true })
}

/// Remembers it.
#[tauri::command]
pub async fn save_prefs(desk: Given<'_>, prefs: Prefs) -> Result<(), Problem> {
    if !matches!(prefs.theme.as_str(), "system" | "light" | "dark") {
        return Err(Problem::here(Code::InvalidRequest, "a theme is system, light or dark"));
    }
    work(&desk, |desk| {
        Memory::change(desk.link.paths(), |memory| memory.prefs = Some(prefs));
        Ok(())
    })
    .await
}

/// Starts the agent, because the person said so; one that runs, in whatever version, is ended first.
#[tauri::command]
pub async fn restart_agent(desk: Given<'_>) -> Result<(), Problem> {
    work(&desk, |desk| desk.link.restart_agent()).await
}

/// True for a profile apart: what starts at login starts the usual one.
fn is_apart() -> bool {
    std::env::var_os("BOWLINE_HOME").is_some_and(|home| !home.is_empty())
}

fn set_autostart(app: &AppHandle, on: bool) -> Result<(), Problem> {
    if on && is_apart() {
        let detail =
            "A profile with a folder of its own (BOWLINE_HOME) does not start at login. Start it yourself.";
        return Err(Problem::here(Code::InvalidRequest, detail));
    }
    let launcher = app.autolaunch();
    let set = if on { launcher.enable() } else { launcher.disable() };
    set.map_err(|error| {
        Problem::here(
            Code::Internal,
            format!("Starting at login could not be set: {error}. Set it in your desktop's settings."),
        )
    })
}

fn as_shown(app: &AppHandle, seen: &SettingsView) -> Settings {
    Settings {
        notifications: seen.notifications.enabled,
        quiet_hours: seen.notifications.quiet_hours.clone(),
        http: seen.ipc.http,
        port: seen.ipc.port,
        owner: seen.ipc.owner.clone(),
        keystore: seen.vault.keystore.clone(),
        connect_timeout: seen.connect.timeout.clone(),
        audit_keep: seen.audit.keep.clone(),
        autostart: !is_apart() && app.autolaunch().is_enabled().unwrap_or(false),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        problems: seen.problems.iter().map(convert::file_problem).collect(),
    }
}

/// Only what is to change, as the settings file names it.
fn patch(change: SettingsChange) -> Map<String, Value> {
    let keys = [
        ("notifications", "enabled", change.notifications.map(|on| json!(on))),
        ("notifications", "quiet_hours", change.quiet_hours.map(|hours| json!(hours))),
        ("ipc", "http", change.http.map(|on| json!(on))),
        ("ipc", "port", change.port.map(|port| json!(port))),
        ("ipc", "owner", change.owner.map(|owner| json!(owner))),
        ("connect", "timeout", change.connect_timeout.map(|length| json!(length))),
    ];
    let mut patch = Map::new();
    for (table, key, value) in keys {
        if let Some(value) = value {
            patch.entry(table).or_insert_with(|| json!({}))[key] = value;
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_person_changed_is_sent() {
        let none = SettingsChange {
            notifications: None,
            quiet_hours: None,
            http: None,
            port: None,
            owner: None,
            connect_timeout: None,
            autostart: Some(true),
        };
        assert!(patch(none.clone()).is_empty(), "starting at login is this program's own");
        let some = SettingsChange { quiet_hours: Some("22:00-08:00".into()), http: Some(false), ..none };
        let sent = json!({"notifications": {"quiet_hours": "22:00-08:00"}, "ipc": {"http": false}});
        assert_eq!(Value::Object(patch(some)), sent);
    }
}
