//! The operating system's keychain as the keeper of the master key.
//!
//! The store is made anew for every look, because keyring keeps one for ever: a Secret Service that was absent at
//! the first look, or was restarted since, would then stay broken until the agent's end. All of this blocks, and
//! must be called from a thread of its own, never from a task of the async runtime (docs/decisions/0003).

use std::sync::Mutex;

use bowline_base::Secret;
use bowline_vault::keys::{KeyTrouble, MasterKey, MasterKeys, Place};
use keyring::{Entry, Error};

/// What the key is filed under, with the profile's own id beside it.
pub const SERVICE: &str = "dev.bowline.Bowline";

/// The keychain entries of one profile.
pub struct Keychain {
    user: String,
    /// While an unlock dialog is up, a second question would only bring up a second dialog.
    one_at_a_time: Mutex<()>,
}

impl Keychain {
    /// The entries that belong to this profile.
    pub fn of_profile(profile: &str) -> Self {
        Self { user: format!("master-key {profile}"), one_at_a_time: Mutex::new(()) }
    }

    fn entry(&self, place: Place) -> Result<Entry, KeyTrouble> {
        let store = store().map_err(|error| trouble(&error))?;
        keyring_core::set_default_store(store);
        let user = match place {
            Place::Current => self.user.clone(),
            Place::Next => format!("{} next", self.user),
        };
        let inner = keyring_core::Entry::new(SERVICE, &user).map_err(|error| trouble(&error))?;
        Ok(Entry { inner })
    }
}

impl MasterKeys for Keychain {
    fn fetch(&self, place: Place) -> Result<Option<MasterKey>, KeyTrouble> {
        let _turn = self.one_at_a_time.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match self.entry(place)?.get_password() {
            Ok(text) => MasterKey::from_text(&Secret::new(text))
                .map(Some)
                .ok_or_else(|| KeyTrouble::Failed("the keychain's entry is not a key of ours".to_owned())),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(trouble(&error)),
        }
    }

    fn store(&self, place: Place, key: &MasterKey) -> Result<(), KeyTrouble> {
        let _turn = self.one_at_a_time.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.entry(place)?.set_password(key.to_text().expose()).map_err(|error| trouble(&error))
    }

    fn forget(&self, place: Place) -> Result<(), KeyTrouble> {
        let _turn = self.one_at_a_time.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match self.entry(place)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(trouble(&error)),
        }
    }
}

#[cfg(target_os = "linux")]
fn store() -> Result<std::sync::Arc<keyring_core::CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn store() -> Result<std::sync::Arc<keyring_core::CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn store() -> Result<std::sync::Arc<keyring_core::CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// Keychains tell their troubles in words of their own; these are ours.
fn trouble(error: &Error) -> KeyTrouble {
    let text = format!("{error} {error:?}");
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match error {
        Error::NoStorageAccess(_) if says(&["dismissed", "Dismissed"]) => KeyTrouble::Dismissed,
        Error::NoStorageAccess(_) => KeyTrouble::Locked,
        // Making an item in a locked collection is told as a failure of the platform.
        _ if says(&["IsLocked", "Locked", "locked"]) => KeyTrouble::Locked,
        Error::NoDefaultStore => KeyTrouble::Missing,
        _ if says(&["ServiceUnknown", "NotFound", "Connection(", "NoReply", "Disconnected"]) => {
            KeyTrouble::Missing
        }
        _ => KeyTrouble::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &'static str) -> Error {
        Error::PlatformFailure(text.into())
    }

    #[test]
    fn each_trouble_of_the_keychain_has_its_own_word() {
        assert!(matches!(trouble(&Error::NoDefaultStore), KeyTrouble::Missing));
        assert!(matches!(
            trouble(&platform("org.freedesktop.DBus.Error.ServiceUnknown")),
            KeyTrouble::Missing
        ));
        assert!(matches!(trouble(&Error::NoStorageAccess("Prompt".into())), KeyTrouble::Locked));
        assert!(matches!(
            trouble(&Error::NoStorageAccess("SS error: prompt dismissed".into())),
            KeyTrouble::Dismissed
        ));
        assert!(matches!(trouble(&platform("org.freedesktop.Secret.Error.IsLocked")), KeyTrouble::Locked));
        assert!(matches!(trouble(&platform("something else")), KeyTrouble::Failed(_)));
    }
}
