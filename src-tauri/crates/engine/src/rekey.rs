//! A new key for the vault, and the keychain's part in it.
//!
//! Vault and keychain cannot be changed in one step. So the new key is put beside the old one ([`Place::Next`]), then
//! everything is sealed with it, and only then does it take the old one's place. Wherever that is cut off, one of the
//! two places holds the key that the vault is sealed with, and opening the vault looks in both.

use std::sync::Arc;

use bowline_base::Secret;
use bowline_vault::VaultError;
use bowline_vault::audit::AuditEntry;
use bowline_vault::keys::{KeyTrouble, Keystore, MasterKey, MasterKeys, Place};

use crate::engine::{Busy, Engine};
use crate::unlock::{KeystoreChoice, key_gone, locked};
use crate::{Caller, EngineError};

impl Engine {
    /// Makes a new key, seals everything anew with it, and puts it with this keeper, or with the one that has it now.
    /// `Ok` means that the new key is in force, an error that the old one is.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] for a missing passphrase, and for one that the keychain has no use for;
    /// [`EngineError::Locked`], [`EngineError::Storage`].
    pub async fn rekey(
        self: &Arc<Self>,
        caller: &Caller,
        keystore: Option<KeystoreChoice>,
        passphrase: Option<Secret>,
    ) -> Result<(), EngineError> {
        self.require_open()?;
        let entry = self.entry_of(caller, "vault.rekeyed", None, Ok(()));
        let engine = Arc::clone(self);
        let busy = Busy::with(&self.busy);
        // On a task of its own, which the agent's end waits for: a caller who hangs up does not cut it in two.
        let changed = tokio::spawn(async move {
            let _busy = busy;
            engine.change_key(entry, keystore, passphrase).await
        });
        changed.await.unwrap_or_else(|_| Err(EngineError::invalid("the key could not be changed: try again")))
    }

    async fn change_key(
        &self,
        entry: AuditEntry,
        keystore: Option<KeystoreChoice>,
        passphrase: Option<Secret>,
    ) -> Result<(), EngineError> {
        let _turn = self.rekeying.lock().await;
        let keeper = match keystore {
            Some(keeper) => keeper,
            None => self.vault_sight().await.keystore,
        };
        match keeper {
            KeystoreChoice::Passphrase => self.rekey_with_passphrase(passphrase).await?,
            KeystoreChoice::Keychain if passphrase.is_some() => return Err(useless_passphrase()),
            KeystoreChoice::Keychain => self.rekey_with_keychain().await?,
        }
        self.store.audit(entry);
        self.store.flush().await;
        Ok(())
    }

    async fn rekey_with_passphrase(&self, passphrase: Option<Secret>) -> Result<(), EngineError> {
        let passphrase = passphrase.ok_or_else(|| {
            EngineError::invalid("a new passphrase is needed to change the key: send it along")
        })?;
        let (key, keystore) = self.new_passphrase_key(Some(passphrase)).await?;
        self.store.run(move |vault| vault.rekey(&key, &keystore)).await.map_err(Into::into)
    }

    async fn rekey_with_keychain(&self) -> Result<(), EngineError> {
        self.clear_next().await?;
        let key = MasterKey::random(&*self.random);
        self.put(Place::Next, &key).await?;
        let new = copy(&key);
        if let Err(error) = self.store.run(move |vault| vault.rekey(&new, &Keystore::Keychain)).await {
            self.leave(Place::Next).await;
            return Err(error.into());
        }
        self.take_over(&key).await;
        Ok(())
    }

    /// The next place is about to be written over, so it must not hold the key that the vault is sealed with: where
    /// an earlier change was cut off, it does.
    async fn clear_next(&self) -> Result<(), EngineError> {
        let Some(next) = self.fetch(Place::Next).await? else { return Ok(()) };
        let candidate = copy(&next);
        if self.store.run(move |vault| vault.opens_with(&candidate)).await? {
            self.put(Place::Current, &next).await?;
        }
        Ok(())
    }

    /// The vault is sealed with this key. Where the keychain refuses now, the key is in the next place still, and is
    /// looked for there.
    async fn take_over(&self, key: &MasterKey) {
        match self.put(Place::Current, key).await {
            Ok(()) => self.leave(Place::Next).await,
            Err(error) => tracing::warn!(%error, "the new key stays beside the old one in the keychain"),
        }
    }

    /// Opens the vault with the keychain's key, or with the one beside it where a change of the key was cut off.
    pub(crate) async fn open_with_keychain(&self) -> Result<(), EngineError> {
        let refused = match self.fetch(Place::Current).await? {
            Some(key) => match self.store.run(move |vault| vault.unlock(&key)).await {
                Err(error @ VaultError::KeyChanged) => error.into(),
                opened => return opened.map_err(Into::into),
            },
            None => key_gone(),
        };
        let Some(next) = self.fetch(Place::Next).await? else { return Err(refused) };
        let candidate = copy(&next);
        match self.store.run(move |vault| vault.unlock(&candidate)).await {
            Err(VaultError::KeyChanged) => return Err(refused),
            opened => opened?,
        }
        tracing::warn!("a change of the vault's key was cut off; the new key is in force");
        self.take_over(&next).await;
        Ok(())
    }

    /// What the keychain has in this place.
    pub(crate) async fn fetch(&self, place: Place) -> Result<Option<MasterKey>, EngineError> {
        self.ask_keychain(move |keychain| keychain.fetch(place)).await
    }

    /// Puts a key in this place of the keychain.
    pub(crate) async fn put(&self, place: Place, key: &MasterKey) -> Result<(), EngineError> {
        let key = copy(key);
        self.ask_keychain(move |keychain| keychain.store(place, &key)).await
    }

    /// A key that opens nothing any more, or not yet, does no harm where the keychain does not let it go.
    async fn leave(&self, place: Place) {
        if let Err(error) = self.ask_keychain(move |keychain| keychain.forget(place)).await {
            tracing::warn!(%error, "a key that is not needed stays in the keychain");
        }
    }

    /// Keychains block, and some panic on a thread of the async runtime: always asked on a thread of its own.
    async fn ask_keychain<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn MasterKeys) -> Result<T, KeyTrouble> + Send + 'static,
    ) -> Result<T, EngineError> {
        let keychain = Arc::clone(&self.keychain);
        let asked = tokio::task::spawn_blocking(move || ask(&*keychain)).await;
        match asked {
            Ok(answer) => answer.map_err(|trouble| locked(&trouble)),
            Err(_) => Err(locked(&KeyTrouble::Failed("the keychain's library stopped".to_owned()))),
        }
    }
}

fn copy(key: &MasterKey) -> MasterKey {
    MasterKey::from_bytes(*key.expose())
}

fn useless_passphrase() -> EngineError {
    EngineError::invalid(
        "the keychain keeps this vault's key and takes no passphrase: leave it out, or ask for the keystore \"passphrase\"",
    )
}
