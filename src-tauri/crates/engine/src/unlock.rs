//! The vault's key: had at start, asked for again, taken away. Never a silent fall-back from one keeper of it to
//! another.
//!
//! A vault remembers which keeper its key is with. The setting only says where a new vault's key goes; how a vault
//! gets another key, or another keeper, is in [`crate::rekey`].

use std::sync::{Arc, PoisonError};

use bowline_base::{Reason, Secret};
use bowline_vault::audit::AuditEntry;
use bowline_vault::keys::{KdfParams, KeyState, KeyTrouble, Keystore, MasterKey, Place, derive};

use crate::engine::Engine;
use crate::refresh::Why;
use crate::words;
use crate::{Caller, EngineError};

/// How long askers wait for the first try: a passphrase takes about a second to become a key.
const OPENS_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Where a new vault's key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeystoreChoice {
    /// The operating system's keychain.
    Keychain,
    /// A passphrase that the person gives at every start.
    Passphrase,
}

impl KeystoreChoice {
    /// The word in settings and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::Passphrase => "passphrase",
        }
    }

    /// Reads the word in settings.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "keychain" => Some(Self::Keychain),
            "passphrase" => Some(Self::Passphrase),
            _ => None,
        }
    }
}

/// The vault's state as a door shows it.
#[derive(Clone, Debug)]
pub struct VaultSight {
    /// Why it is locked, if it is.
    pub locked: Option<Reason>,
    /// Who keeps the key; what the setting says while there is no key yet.
    pub keystore: KeystoreChoice,
    /// The key's version, while it is open.
    pub key_version: Option<u32>,
    /// The known-answer test of the cipher passed.
    pub self_test: bool,
    /// Which SQLite is built in.
    pub sqlite: &'static str,
    /// Where the vault is.
    pub file: std::path::PathBuf,
}

impl Engine {
    /// Opens the vault, making a key for a new one, and takes renewals up again. Nothing to do when it is open.
    ///
    /// With a passphrase this derives the key for about a second; with a keychain it may bring up the keychain's
    /// own dialog. Dropping the future leaves the vault as it then is.
    ///
    /// # Errors
    /// [`EngineError::Locked`] with the way out; [`EngineError::InvalidRequest`] for a missing passphrase.
    pub async fn unlock(self: &Arc<Self>, passphrase: Option<Secret>) -> Result<(), EngineError> {
        self.unlock_recorded_as(self.own_entry("vault.unlocked", None, Ok(())), passphrase).await
    }

    /// The same, because the owner says so.
    ///
    /// # Errors
    /// As [`Engine::unlock`].
    pub async fn unlock_by(
        self: &Arc<Self>,
        caller: &Caller,
        passphrase: Option<Secret>,
    ) -> Result<(), EngineError> {
        self.unlock_recorded_as(self.entry_of(caller, "vault.unlocked", None, Ok(())), passphrase).await
    }

    async fn unlock_recorded_as(
        self: &Arc<Self>,
        entry: AuditEntry,
        passphrase: Option<Secret>,
    ) -> Result<(), EngineError> {
        let _turn = self.locking.lock().await;
        if self.locked().is_none() {
            return Ok(());
        }
        match self.try_unlock(passphrase).await {
            Ok(()) => {
                // What was cut off is known as such before anything is renewed.
                let again = self.resume_interrupted().await;
                self.set_locked(None);
                self.load_emergencies().await;
                again.iter().for_each(|entry| self.due(entry, Why::Planned));
                self.prune_audit().await;
                self.store.audit(entry);
                Ok(())
            }
            Err(EngineError::Locked { detail, reason }) => {
                self.set_locked(Some(reason));
                Err(EngineError::Locked { detail, reason })
            }
            Err(error) => Err(error),
        }
    }

    /// The first try, at the agent's start. Until it is over, [`Engine::settled`] makes askers wait for it rather than
    /// hear "locked" a moment too early.
    ///
    /// # Errors
    /// As [`Engine::unlock`].
    pub async fn open_at_start(self: &Arc<Self>, passphrase: Option<Secret>) -> Result<(), EngineError> {
        let opened = self.unlock(passphrase).await;
        self.opening.send_replace(false);
        opened
    }

    /// Waits until the first try to open the vault is over, but not long: a keychain may be asking the person.
    pub async fn settled(&self) {
        if !*self.opening.borrow() {
            return;
        }
        let mut opening = self.opening.subscribe();
        let over = opening.wait_for(|opening| !*opening);
        tokio::select! { _ = over => {}, () = self.clock.sleep(OPENS_WITHIN) => {} }
    }

    /// Closes the vault: keys and tokens leave memory, renewals stop, reads are refused.
    ///
    /// # Errors
    /// [`EngineError::Storage`].
    pub async fn lock(self: &Arc<Self>) -> Result<(), EngineError> {
        self.lock_recorded_as(self.own_entry("vault.locked", None, Ok(()))).await
    }

    /// The same, because the owner says so.
    ///
    /// # Errors
    /// As [`Engine::lock`].
    pub async fn lock_by(self: &Arc<Self>, caller: &Caller) -> Result<(), EngineError> {
        self.lock_recorded_as(self.entry_of(caller, "vault.locked", None, Ok(()))).await
    }

    async fn lock_recorded_as(self: &Arc<Self>, entry: AuditEntry) -> Result<(), EngineError> {
        let engine = Arc::clone(self);
        // On a task of its own: whoever hangs up does not leave tokens in memory behind a vault without its key.
        let locked = tokio::spawn(async move {
            let _turn = engine.locking.lock().await;
            engine.store.run(|vault| vault.lock()).await;
            engine.set_locked(Some(Reason::KeychainLocked));
            engine.audit_now(entry).await
        });
        locked.await.unwrap_or_else(|_| Err(EngineError::invalid("the vault could not be locked: try again")))
    }

    /// How the vault and its key are.
    pub async fn vault_sight(&self) -> VaultSight {
        let choice = self.keystore_choice();
        let (state, keystore, self_test, file) =
            self.store.run(|v| (v.key_state(), v.keystore(), v.self_test(), v.file().to_path_buf())).await;
        VaultSight {
            locked: self.locked(),
            keystore: keystore.map_or(choice, |k| kind(&k)),
            key_version: match state {
                KeyState::Unlocked { version, .. } => Some(version),
                KeyState::Fresh | KeyState::Locked { .. } => None,
            },
            self_test,
            sqlite: bowline_vault::Vault::sqlite_version(),
            file,
        }
    }

    /// Where a new vault's key goes.
    pub fn keystore_choice(&self) -> KeystoreChoice {
        *self.keystore.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn try_unlock(&self, passphrase: Option<Secret>) -> Result<(), EngineError> {
        let (state, keystore) = self.store.run(|v| (v.key_state(), v.keystore())).await;
        match (state, keystore) {
            (KeyState::Unlocked { .. }, _) => Ok(()),
            (_, Some(Keystore::Keychain)) => self.open_with_keychain().await,
            (_, Some(Keystore::Passphrase(params))) => {
                let key = derived(passphrase.ok_or_else(no_passphrase)?, params).await?;
                let opened = self.store.run(move |vault| vault.unlock(&key)).await;
                opened.map_err(|error| match error {
                    bowline_vault::VaultError::KeyChanged => wrong_passphrase(),
                    other => other.into(),
                })
            }
            (_, None) => self.first_key(passphrase).await,
        }
    }

    /// A vault that has no key yet gets one, where the setting says.
    async fn first_key(&self, passphrase: Option<Secret>) -> Result<(), EngineError> {
        let (key, keystore) = match self.keystore_choice() {
            KeystoreChoice::Passphrase => self.new_passphrase_key(passphrase).await?,
            // A key that is there already belongs to an older vault of this profile, perhaps one that is to be
            // restored: it is used, never replaced.
            KeystoreChoice::Keychain => match self.fetch(Place::Current).await? {
                Some(key) => (key, Keystore::Keychain),
                None => {
                    let key = MasterKey::random(&*self.random);
                    self.put(Place::Current, &key).await?;
                    (key, Keystore::Keychain)
                }
            },
        };
        self.store.run(move |vault| vault.create_key(&key, &keystore)).await.map_err(Into::into)
    }

    pub(crate) async fn new_passphrase_key(
        &self,
        passphrase: Option<Secret>,
    ) -> Result<(MasterKey, Keystore), EngineError> {
        let passphrase = passphrase.ok_or_else(no_passphrase)?;
        checked_passphrase(&passphrase)?;
        let params = KdfParams::random(&*self.random);
        let key = derived(passphrase, params.clone()).await?;
        Ok((key, Keystore::Passphrase(params)))
    }
}

/// A passphrase that is worth deriving a key from.
pub(crate) fn checked_passphrase(passphrase: &Secret) -> Result<(), EngineError> {
    if passphrase.len() < 8 {
        return Err(EngineError::invalid("a passphrase needs at least 8 characters: choose a longer one"));
    }
    Ok(())
}

async fn derived(passphrase: Secret, params: KdfParams) -> Result<MasterKey, EngineError> {
    tokio::task::spawn_blocking(move || derive(&passphrase, &params))
        .await
        .map_err(|_| EngineError::invalid("the passphrase could not be used"))
}

fn kind(keystore: &Keystore) -> KeystoreChoice {
    match keystore {
        Keystore::Keychain => KeystoreChoice::Keychain,
        Keystore::Passphrase(_) => KeystoreChoice::Passphrase,
    }
}

pub(crate) fn locked(trouble: &KeyTrouble) -> EngineError {
    let (reason, detail) = match trouble {
        KeyTrouble::Missing => (
            Reason::KeychainMissing,
            "no keychain service is running in this session: start one, or set BOWLINE_KEYSTORE=passphrase to \
             protect your accounts with a passphrase instead"
                .to_owned(),
        ),
        KeyTrouble::Failed(why) => (
            Reason::KeychainMissing,
            format!(
                "the keychain did not work ({}): mend it, or set BOWLINE_KEYSTORE=passphrase for a new vault",
                bowline_base::redact::local(why)
            ),
        ),
        KeyTrouble::Locked | KeyTrouble::Dismissed => (
            Reason::KeychainLocked,
            "your keychain is locked: unlock it, then run `bowline vault unlock`".to_owned(),
        ),
    };
    EngineError::Locked { detail, reason }
}

pub(crate) fn key_gone() -> EngineError {
    EngineError::Locked {
        detail: words::locked(Some(Reason::KeychainMissing)).to_owned(),
        reason: Reason::KeychainMissing,
    }
}

fn no_passphrase() -> EngineError {
    EngineError::Locked {
        detail:
            "your accounts are behind a passphrase: run `bowline vault unlock`, or name a file that holds it \
                 in BOWLINE_PASSPHRASE_FILE"
                .to_owned(),
        reason: Reason::KeychainLocked,
    }
}

fn wrong_passphrase() -> EngineError {
    EngineError::Locked {
        detail: "that is not the passphrase of this vault: try again with `bowline vault unlock`".to_owned(),
        reason: Reason::KeychainLocked,
    }
}
