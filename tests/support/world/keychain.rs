//! A keychain in memory that can be locked, missing, dismissed, hold another key, or break in the middle.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bowline_vault::{KeyTrouble, MasterKey, MasterKeys, Place};

/// A keychain for tests.
pub struct Keychain(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    keys: HashMap<Place, [u8; 32]>,
    trouble: Option<KeyTrouble>,
    changes_left: Option<usize>,
    asked: usize,
    stored: usize,
}

impl Keychain {
    /// A keychain that holds this key.
    pub fn holding(key: MasterKey) -> Self {
        let keychain = Self::empty();
        keychain.change(Some(*key.expose()));
        keychain
    }

    /// A keychain that never held a key.
    pub fn empty() -> Self {
        Self(Mutex::default())
    }

    /// From now on it answers with this trouble; with `None` it works again.
    pub fn is(&self, trouble: Option<KeyTrouble>) {
        let mut inside = self.inside();
        inside.trouble = trouble;
        inside.changes_left = None;
    }

    /// It takes so many changes, and is gone then.
    pub fn breaks_after(&self, changes: usize) {
        self.inside().changes_left = Some(changes);
    }

    /// Somebody else puts a key in, or takes the key out.
    pub fn change(&self, key: Option<[u8; 32]>) {
        match key {
            Some(key) => drop(self.inside().keys.insert(Place::Current, key)),
            None => drop(self.inside().keys.remove(&Place::Current)),
        }
    }

    /// The key it holds.
    pub fn key(&self) -> Option<MasterKey> {
        self.held(Place::Current)
    }

    /// The key it holds in this place.
    pub fn held(&self, place: Place) -> Option<MasterKey> {
        self.inside().keys.get(&place).copied().map(MasterKey::from_bytes)
    }

    /// How often it was asked for a key, and how often it was given one.
    pub fn uses(&self) -> (usize, usize) {
        let inside = self.inside();
        (inside.asked, inside.stored)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn may_change(&mut self) -> Result<(), KeyTrouble> {
        if let Some(trouble) = &self.trouble {
            return Err(trouble.clone());
        }
        match &mut self.changes_left {
            Some(0) => Err(KeyTrouble::Missing),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl MasterKeys for Keychain {
    fn fetch(&self, place: Place) -> Result<Option<MasterKey>, KeyTrouble> {
        let mut inside = self.inside();
        inside.asked += 1;
        match &inside.trouble {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(inside.keys.get(&place).copied().map(MasterKey::from_bytes)),
        }
    }

    fn store(&self, place: Place, key: &MasterKey) -> Result<(), KeyTrouble> {
        let mut inside = self.inside();
        inside.may_change()?;
        inside.stored += 1;
        inside.keys.insert(place, *key.expose());
        Ok(())
    }

    fn forget(&self, place: Place) -> Result<(), KeyTrouble> {
        let mut inside = self.inside();
        inside.may_change()?;
        inside.keys.remove(&place);
        Ok(())
    }
}
