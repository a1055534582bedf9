//! The whole vault to a file that only a passphrase opens, and from one: to another computer, or as a backup.

use std::path::Path;
use std::sync::Arc;

use bowline_base::Secret;
use bowline_vault::Vault;
use bowline_vault::audit::AuditEntry;
pub use bowline_vault::export::Imported;

use crate::engine::Engine;
use crate::unlock::checked_passphrase;
use crate::{Caller, EngineError};

impl Engine {
    /// Writes everything to a new file, and gives the number of accounts in it. Takes about a second.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] for a path that is not absolute, a file that is there already, or a passphrase
    /// that is too short; [`EngineError::Locked`], [`EngineError::Storage`].
    pub async fn export(
        &self,
        caller: &Caller,
        file: &str,
        passphrase: Secret,
    ) -> Result<usize, EngineError> {
        self.require_open()?;
        checked_passphrase(&passphrase)?;
        let file = absolute(file)?.to_path_buf();
        let entry = self.entry_of(caller, "vault.exported", None, Ok(()));
        // One job: nobody who hangs up can have the file without the entry.
        let exported = self.store.run(move |vault| {
            let exported = vault.export(&file, &passphrase).map_err(EngineError::from);
            match record(vault, entry, exported.as_ref().err()) {
                Err(error) if exported.is_ok() => {
                    // What cannot be recorded has not happened.
                    let _ = std::fs::remove_file(&file);
                    Err(error)
                }
                _ => exported,
            }
        });
        exported.await
    }

    /// Adds what is in an export and not here. Nothing that is here is changed.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] for what is no export and for a wrong passphrase; [`EngineError::Locked`],
    /// [`EngineError::Storage`], and then importing again adds the rest.
    pub async fn import(
        self: &Arc<Self>,
        caller: &Caller,
        file: &str,
        passphrase: Secret,
    ) -> Result<Imported, EngineError> {
        self.require_open()?;
        let file = absolute(file)?.to_path_buf();
        let entry = self.entry_of(caller, "vault.imported", None, Ok(()));
        let engine = Arc::clone(self);
        // On a task of its own: a caller who hangs up does not leave accounts in the vault that nobody knows of.
        let imported = tokio::spawn(async move {
            let work = move |vault: &mut Vault| {
                let imported = vault.import(&file, &passphrase).map_err(EngineError::from);
                record(vault, entry, imported.as_ref().err()).and(imported)
            };
            let imported = engine.store.run(work).await;
            // A failure in the middle has added some all the same.
            engine.load_accounts().await?;
            for entry in engine.book.all() {
                engine.replan(&entry);
            }
            imported
        });
        imported.await.unwrap_or_else(|_| Err(EngineError::invalid("the file could not be imported")))
    }
}

/// Writes how it went into the trail.
fn record(vault: &mut Vault, entry: AuditEntry, error: Option<&EngineError>) -> Result<(), EngineError> {
    let entry = match error {
        None => entry,
        Some(error) => {
            AuditEntry { outcome: "failed".into(), code: Some(error.audit_code().into()), ..entry }
        }
    };
    vault.append_audit(&[entry]).map(drop).map_err(Into::into)
}

fn absolute(file: &str) -> Result<&Path, EngineError> {
    let path = Path::new(file);
    let fits = path.is_absolute() && file.len() <= 4096;
    fits.then_some(path).ok_or_else(|| EngineError::invalid("the file has to be named by its absolute path"))
}
