//! The vault: locked and unlocked, and its copy in a file. A passphrase goes through here and is not kept; the
//! files are named in the system's own dialog, so that the window never learns a path.

use std::time::Duration;

use bowline_base::Secret;
use bowline_wire::shapes::{ExportedView, ImportedView, MoveVaultBody, UnlockBody, VaultView};
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, FilePath};

use super::{Desk, Given, work};
use crate::convert;
use crate::view::{Problem, Vault};

/// Stretching a passphrase takes seconds, and a keychain may ask the person first.
const UNLOCKING: Duration = Duration::from_secs(150);
/// What a backup is called at first.
const FILE_NAME: &str = "bowline-backup.vault";

/// Unlocks, with the passphrase where there is one.
#[tauri::command]
pub async fn unlock(desk: Given<'_>, passphrase: Option<String>) -> Result<Vault, Problem> {
    let body = UnlockBody { passphrase: passphrase.map(Secret::new) };
    work(&desk, move |desk| {
        let client = desk.link.client();
        let seen: VaultView = client.post("/v1/vault/unlock").body(&body).timeout(UNLOCKING).send()?;
        Ok(convert::vault(&seen))
    })
    .await
}

/// Wipes the key from the agent's memory.
#[tauri::command]
pub async fn lock(desk: Given<'_>) -> Result<Vault, Problem> {
    let seen: VaultView = super::ask(&desk, |client| client.post("/v1/vault/lock").send()).await?;
    Ok(convert::vault(&seen))
}

/// Writes everything to a file that only this passphrase opens. False where the person closed the dialog.
#[tauri::command]
pub async fn backup(app: AppHandle, desk: Given<'_>, passphrase: String) -> Result<bool, Problem> {
    work(&desk, move |desk| {
        let chosen = app.dialog().file().set_file_name(FILE_NAME).blocking_save_file();
        moved::<ExportedView>(desk, "/v1/vault/export", chosen, passphrase)
    })
    .await
}

/// Adds what is in such a file and not here. False where the person closed the dialog.
#[tauri::command]
pub async fn restore(app: AppHandle, desk: Given<'_>, passphrase: String) -> Result<bool, Problem> {
    work(&desk, move |desk| {
        let chosen = app.dialog().file().blocking_pick_file();
        moved::<ImportedView>(desk, "/v1/vault/import", chosen, passphrase)
    })
    .await
}

fn moved<T: serde::de::DeserializeOwned>(
    desk: &Desk,
    verb: &str,
    chosen: Option<FilePath>,
    passphrase: String,
) -> Result<bool, Problem> {
    let Some(file) = chosen.and_then(|file| file.into_path().ok()) else { return Ok(false) };
    let body =
        MoveVaultBody { file: file.to_string_lossy().into_owned(), passphrase: Secret::new(passphrase) };
    desk.link.client().post(verb).body(&body).timeout(UNLOCKING).send::<T>()?;
    Ok(true)
}
