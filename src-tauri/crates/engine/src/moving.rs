//! The whole vault to a file that only a passphrase opens, and from one: to another computer, or as a backup.

use std::path::Path;
use std::sync::Arc;

use bowline_base::Secret;
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
        let accounts = self.store.run(move |vault| vault.export(&file, &passphrase)).await?;
        self.audit_now(self.entry_of(caller, "vault.exported", None, Ok(()))).await?;
        Ok(accounts)
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
        let imported = self.store.run(move |vault| vault.import(&file, &passphrase)).await;
        // A failure in the middle has added some all the same.
        self.load().await?;
        for entry in self.book.all() {
            self.replan(&entry);
        }
        self.audit_now(self.entry_of(caller, "vault.imported", None, Ok(()))).await?;
        imported.map_err(Into::into)
    }
}

fn absolute(file: &str) -> Result<&Path, EngineError> {
    let path = Path::new(file);
    let fits = path.is_absolute() && file.len() <= 4096;
    fits.then_some(path).ok_or_else(|| EngineError::invalid("the file has to be named by its absolute path"))
}
