//! Puts the ui's files and the capability into the program. Only the commands that are named here exist for the
//! window, and the capability has to allow each.

const COMMANDS: &[&str] = &[
    "snapshot",
    "refresh",
    "rename",
    "pause",
    "name_fallback",
    "start_emergency",
    "end_emergency",
    "disconnect",
    "connect",
    "attempt",
    "cancel_attempt",
    "open_again",
    "copy_link",
    "copy_code",
    "copy_text",
    "apps",
    "answer",
    "approve_app",
    "deny_app",
    "revoke_app",
    "providers",
    "save_client",
    "practice",
    "open_page",
    "settings",
    "change_settings",
    "should_ask_autostart",
    "autostart_answer",
    "shown",
    "prefs",
    "save_prefs",
    "close_is_explained",
    "close_explained",
    "may_close",
    "restart_agent",
    "entries",
    "verify_chain",
    "export_entries",
    "doctor",
    "history",
    "unlock",
    "lock",
    "backup",
    "restore",
];

fn main() {
    // Without the ui there would be a window with nothing in it, and Tauri's own message names no remedy.
    assert!(
        std::path::Path::new("../ui/dist/index.html").exists(),
        "the ui is not built: run `make ui`, or `npm ci && npm run build` in ui/"
    );
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let built = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest));
    built.expect("the window's configuration is complete");
}
