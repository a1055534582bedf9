//! A keychain in memory that can be locked, missing, dismissed, or hold another key.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bowline_vault::{KeyTrouble, MasterKey, MasterKeys};

/// A keychain for tests.
pub struct Keychain(Mutex<Inside>);

struct Inside {
    key: Option<[u8; 32]>,
    trouble: Option<KeyTrouble>,
    asked: usize,
    stored: usize,
}

impl Keychain {
    /// A keychain that holds this key.
    pub fn holding(key: MasterKey) -> Self {
        Self::of(Some(*key.expose()))
    }

    /// A keychain that never held a key.
    pub fn empty() -> Self {
        Self::of(None)
    }

    fn of(key: Option<[u8; 32]>) -> Self {
        Self(Mutex::new(Inside { key, trouble: None, asked: 0, stored: 0 }))
    }

    /// From now on it answers with this trouble; with `None` it works again.
    pub fn is(&self, trouble: Option<KeyTrouble>) {
        self.inside().trouble = trouble;
    }

    /// Somebody else puts a key in, or takes the key out.
    pub fn change(&self, key: Option<[u8; 32]>) {
        self.inside().key = key;
    }

    /// The key it holds.
    pub fn key(&self) -> Option<MasterKey> {
        self.inside().key.map(MasterKey::from_bytes)
    }

    /// How often it was asked for the key, and how often it was given one.
    pub fn uses(&self) -> (usize, usize) {
        let inside = self.inside();
        (inside.asked, inside.stored)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MasterKeys for Keychain {
    fn fetch(&self) -> Result<Option<MasterKey>, KeyTrouble> {
        let mut inside = self.inside();
        inside.asked += 1;
        match &inside.trouble {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(inside.key.map(MasterKey::from_bytes)),
        }
    }

    fn store(&self, key: &MasterKey) -> Result<(), KeyTrouble> {
        let mut inside = self.inside();
        if let Some(trouble) = &inside.trouble {
            return Err(trouble.clone());
        }
        inside.stored += 1;
        inside.key = Some(*key.expose());
        Ok(())
    }
}
