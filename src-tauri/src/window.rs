//! The one window: how it is opened, where it may go, and how it ends.
//!
//! It shows the ui that is built into this program and nothing else: every other address is refused, nothing opens
//! a second window, and the page keeps nothing on disk. Closing it ends this program and leaves the agent at work,
//! which is said once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tauri::{AppHandle, Emitter, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_autostart::MacosLauncher;
use tauri_plugin_window_state::StateFlags;

use crate::ahead::{Ahead, MEANWHILE};
use crate::args::Args;
use crate::book::SharedBook;
use crate::commands::{self, Desk};
use crate::events;
use crate::link::Link;
use crate::memory::{self, Memory};
#[cfg(target_os = "linux")]
use crate::painting;
use crate::view::Place;

/// The window's label, which the capability names.
const MAIN: &str = "main";
/// What lets another program drive this window's page.
const AUTOMATION: &str = "TAURI_WEBVIEW_AUTOMATION";
const SIZE: (f64, f64) = (980.0, 700.0);
const SMALLEST: (f64, f64) = (340.0, 420.0);

/// Opens the window and comes back when it is closed.
///
/// # Errors
/// When there is no display, or the web view is missing.
pub fn run(link: Arc<Link>, place: Option<Place>) -> tauri::Result<()> {
    #[cfg(target_os = "linux")]
    painting::begin_plainly();
    let desk = Desk {
        link: Arc::clone(&link),
        book: Arc::new(SharedBook::default()),
        place: Arc::new(Mutex::new(place)),
    };
    let ahead = Ahead::begin(desk.clone());
    let state_file = memory::folder_of(link.paths()).unwrap_or_default().join("place.json");
    tauri::Builder::default()
        // First of all, so that a second start does nothing else.
        .plugin(single_instance(&link))
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_filename(state_file.to_string_lossy())
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .build(),
        )
        .plugin(tauri_plugin_autostart::init(MacosLauncher::LaunchAgent, Some(vec!["--background"])))
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_dialog::init())
        .manage(desk.clone())
        .invoke_handler(tauri::generate_handler![
            commands::accounts::snapshot,
            commands::accounts::refresh,
            commands::accounts::rename,
            commands::accounts::pause,
            commands::accounts::name_fallback,
            commands::accounts::start_emergency,
            commands::accounts::end_emergency,
            commands::accounts::disconnect,
            commands::figures::history,
            commands::connecting::connect,
            commands::connecting::attempt,
            commands::connecting::cancel_attempt,
            commands::connecting::open_again,
            commands::connecting::copy_link,
            commands::connecting::copy_code,
            commands::connecting::copy_text,
            commands::people::apps,
            commands::people::answer,
            commands::people::approve_app,
            commands::people::deny_app,
            commands::people::revoke_app,
            commands::providers::providers,
            commands::providers::save_client,
            commands::providers::practice,
            commands::providers::open_page,
            commands::settings::settings,
            commands::settings::change_settings,
            commands::settings::should_ask_autostart,
            commands::settings::autostart_answer,
            commands::settings::shown,
            commands::settings::prefs,
            commands::settings::save_prefs,
            commands::settings::close_is_explained,
            commands::settings::close_explained,
            commands::settings::may_close,
            commands::settings::restart_agent,
            commands::trail::entries,
            commands::trail::verify_chain,
            commands::trail::export_entries,
            commands::trail::doctor,
            commands::vault::unlock,
            commands::vault::lock,
            commands::vault::backup,
            commands::vault::restore,
        ])
        .setup(move |app| {
            open(app.handle(), &link, ahead)?;
            events::follow(app.handle().clone(), desk)?;
            Ok(())
        })
        .run(tauri::generate_context!())
}

/// A release does not let itself be driven: it starts anew without the variable that allows it. `None` when there
/// is nothing to do.
pub fn without_automation() -> Option<ExitCode> {
    if cfg!(debug_assertions) || std::env::var_os(AUTOMATION).is_none() {
        return None;
    }
    let again = std::env::current_exe().and_then(|own| {
        std::process::Command::new(own).args(std::env::args_os().skip(1)).env_remove(AUTOMATION).status()
    });
    let code = again.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    Some(ExitCode::from(code.unwrap_or(1)))
}

fn single_instance(link: &Link) -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(format!("dev.bowline.Bowline.{}", profile(link)))
        .callback(|app, words, _folder| {
            if let Some(window) = app.get_webview_window(MAIN) {
                bring_forward(&window);
            }
            if let Some(place) = Args::of_second_start(&words).place() {
                let (app, desk) = (app.clone(), app.state::<Desk>().inner().clone());
                tauri::async_runtime::spawn_blocking(move || events::lead_to(&app, &desk, place));
            }
        })
        .build()
}

/// A word for this profile, so that windows of two profiles do not hand over to each other.
fn profile(link: &Link) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    link.paths().socket().hash(&mut hasher);
    format!("p{:x}", hasher.finish())
}

fn open(app: &AppHandle, link: &Arc<Link>, ahead: Ahead) -> tauri::Result<()> {
    let builder = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("Bowline")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .disable_drag_drop_handler()
        .initialization_script(MEANWHILE)
        .on_navigation(is_ours)
        .on_new_window(|_, _| tauri::webview::NewWindowResponse::Deny);
    let builder = match ahead.script() {
        Some(script) => builder.initialization_script(script),
        None => builder,
    };
    #[cfg(target_os = "linux")]
    let builder = builder.visible(false);
    let window = without_traces(builder, link).build()?;
    #[cfg(target_os = "linux")]
    painting::show_plainly(&window)?;
    let link = Arc::clone(link);
    let closing = window.clone();
    // Explained once; a page that shows nothing keeps no window open.
    let explained = AtomicBool::new(false);
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event
            && !explained.swap(true, Ordering::Relaxed)
            && !Memory::read(link.paths()).close_explained
        {
            api.prevent_close();
            let _ = closing.emit("closing", ());
        }
    });
    Ok(())
}

/// The page keeps nothing on disk. Only where a test drives it the web view wants a folder; it gets one of ours.
fn without_traces<'w>(
    builder: WebviewWindowBuilder<'w, tauri::Wry, AppHandle>,
    link: &Link,
) -> WebviewWindowBuilder<'w, tauri::Wry, AppHandle> {
    if std::env::var_os(AUTOMATION).is_some() {
        return builder.data_directory(memory::folder(link.paths()).join("page"));
    }
    builder.incognito(true)
}

/// The built-in page and its own addresses; nothing else is ever shown.
fn is_ours(address: &Url) -> bool {
    match address.scheme() {
        "tauri" => true,
        "http" | "https" => address.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

fn bring_forward(window: &WebviewWindow) {
    let _ = window.unminimize();
    let _ = window.show();
    let _ = window.set_focus();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_nowhere_but_to_its_own_page() {
        let ours = |text: &str| is_ours(&Url::parse(text).unwrap());
        assert!(ours("tauri://localhost/index.html"));
        for foreign in
            ["https://evil.example/", "http://localhost:8080/", "file:///etc/passwd", "data:text/html,x"]
        {
            assert!(!ours(foreign), "{foreign}");
        }
    }
}
