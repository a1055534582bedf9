//! The keys: a master key outside the vault wraps a data key inside it.
//!
//! The master key comes from the operating system's keychain or from a passphrase; which of them is on
//! record beside the wrapped data key, and there is no way from one to the other but [`Vault::rekey`]. A
//! wrong master key is told as [`VaultError::KeyChanged`] and opens nothing; a wrapped key that the right
//! master key does not open is damage. The data key is in memory only while the vault is unlocked.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use bowline_base::{Random, Secret};
use rusqlite::{OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::schema::{self, blob, int, text};
use crate::seal::{self, Cell, DataKey};

/// The key that wraps the data key. It has no `Debug` that shows it and is wiped when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Makes a new key of 256 random bits.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        random.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Takes a key that was kept elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as 64 lower-case hex digits, for keychains that keep texts.
    pub fn to_text(&self) -> Secret {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for byte in self.0.iter() {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Secret::new(text)
    }

    /// Reads what [`MasterKey::to_text`] wrote. `None` for anything else.
    pub fn from_text(text: &Secret) -> Option<Self> {
        let digits = text.expose().as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = Zeroizing::new([0u8; 32]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (hex_digit(pair[0])? << 4) | hex_digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Tells this key from every other without giving it away: a hash of 256 random bits cannot be undone.
    fn check(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(b"bowline master key check 1")
            .chain_update(self.0.as_slice())
            .finalize()
            .into()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

fn hex_digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    }
}

/// Where the master key is kept outside the vault. Every call blocks and may wait for a person.
pub trait MasterKeys: Send + Sync + 'static {
    /// The key that was stored in this place, or `None` when none is there.
    fn fetch(&self, place: Place) -> Result<Option<MasterKey>, KeyTrouble>;
    /// Stores the key in this place, instead of any earlier one.
    fn store(&self, place: Place, key: &MasterKey) -> Result<(), KeyTrouble>;
    /// Leaves this place empty. Nothing to do when it is.
    fn forget(&self, place: Place) -> Result<(), KeyTrouble>;
}

/// The two places that a keychain has for a vault's master keys. The vault and the keychain cannot be changed in one
/// step, so that at any moment one of the two places holds the key that the vault is sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The vault's key.
    Current,
    /// While the vault gets a new key: that one, until it has taken the old one's place.
    Next,
}

/// Why the keychain gave no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    /// It is locked, and nobody unlocked it.
    #[error("the keychain is locked")]
    Locked,
    /// There is no keychain service.
    #[error("there is no keychain")]
    Missing,
    /// The person closed the keychain's question.
    #[error("the keychain's question was dismissed")]
    Dismissed,
    /// Anything else, in the keychain's own words.
    #[error("the keychain failed: {0}")]
    Failed(String),
}

/// Where the master key of this vault comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keystore {
    /// From the operating system's keychain.
    Keychain,
    /// From a passphrase, with the figures it was stretched with.
    Passphrase(KdfParams),
}

impl Keystore {
    /// The word in settings and on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Keystore::Keychain => "keychain",
            Keystore::Passphrase(_) => "passphrase",
        }
    }
}

/// How a passphrase becomes a key: Argon2id (RFC 9106). Always within the bounds below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KdfParams {
    salt: [u8; 16],
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfParams {
    /// The least memory: RFC 9106's second recommendation, 64 MiB.
    pub const MIN_MEMORY_KIB: u32 = 64 << 10;
    /// The most memory, so that a damaged or hostile file cannot ask for all there is.
    pub const MAX_MEMORY_KIB: u32 = 1 << 20;
    /// The most passes, for the same reason.
    pub const MAX_PASSES: u32 = 16;
    /// The most lanes, for the same reason.
    pub const MAX_LANES: u32 = 8;

    /// RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes) with a new salt.
    pub fn random(random: &dyn Random) -> Self {
        let mut salt = [0u8; 16];
        random.fill(&mut salt);
        Self { salt, memory_kib: Self::MIN_MEMORY_KIB, passes: 3, lanes: 4 }
    }

    /// Figures that were stored before. `None` when one is out of bounds.
    pub fn checked(salt: [u8; 16], memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let in_bounds = (Self::MIN_MEMORY_KIB..=Self::MAX_MEMORY_KIB).contains(&memory_kib)
            && (1..=Self::MAX_PASSES).contains(&passes)
            && (1..=Self::MAX_LANES).contains(&lanes);
        in_bounds.then_some(Self { salt, memory_kib, passes, lanes })
    }

    /// The salt.
    pub const fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// Memory in KiB.
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// How often the memory is passed over.
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// How many lanes the memory has.
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }
}

/// Stretches a passphrase into a master key by Argon2id. Takes a good part of a second on purpose.
pub fn derive(passphrase: &Secret, params: &KdfParams) -> MasterKey {
    let figures = Params::new(params.memory_kib, params.passes, params.lanes, Some(32))
        .expect("the bounds of KdfParams lie within those of Argon2");
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, figures)
        .hash_password_into(passphrase.expose().as_bytes(), &params.salt, key.as_mut_slice())
        .expect("a salt of 16 bytes and a passphrase below 4 GiB are within Argon2's bounds");
    MasterKey(key)
}

/// Whether the vault can be read at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// No key was ever made.
    Fresh,
    /// There is a key, and it is not in memory.
    Locked {
        /// Where its master key comes from.
        keystore: Keystore,
    },
    /// The key is in memory.
    Unlocked {
        /// Counts how often the data key was changed, from 1.
        version: u32,
        /// Where its master key comes from.
        keystore: Keystore,
    },
}

/// The data key as it is stored.
pub(crate) struct Wrapped {
    version: u32,
    pub(crate) keystore: Keystore,
    bytes: Vec<u8>,
    check: Vec<u8>,
}

impl Wrapped {
    fn wrap(key: &DataKey, master: &MasterKey, keystore: &Keystore, random: &dyn Random) -> Self {
        let wrapping = DataKey::from_bytes(key.version(), master.expose());
        let bytes = wrapping.seal(random, wrapped_cell(&[keystore.as_str()]), key.bytes());
        Self { version: key.version(), keystore: keystore.clone(), bytes, check: master.check().to_vec() }
    }

    /// `None` when this master key does not open it.
    fn unwrap(&self, master: &MasterKey) -> Option<DataKey> {
        let wrapping = DataKey::from_bytes(self.version, master.expose());
        let plain = wrapping.open(wrapped_cell(&[self.keystore.as_str()]), &self.bytes)?;
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).ok()?);
        Some(DataKey::from_bytes(self.version, &bytes))
    }
}

fn wrapped_cell<'a>(row: &'a [&'a str]) -> Cell<'a> {
    Cell { table: "vault_key", row, column: "wrapped" }
}

impl Vault {
    /// Whether a key was made, and whether it is in memory.
    pub fn key_state(&self) -> KeyState {
        match (&self.keystore, &self.key) {
            (None, _) => KeyState::Fresh,
            (Some(keystore), None) => KeyState::Locked { keystore: keystore.clone() },
            (Some(keystore), Some(key)) => {
                KeyState::Unlocked { version: key.version(), keystore: keystore.clone() }
            }
        }
    }

    /// Where the master key comes from, as recorded when the key was made; `None` before.
    pub fn keystore(&self) -> Option<Keystore> {
        self.keystore.clone()
    }

    /// Makes the data key and wraps it; the vault is unlocked then. Stored and synced.
    ///
    /// Fails with `KeyExists` when there is a key: a second one would make everything sealed unreadable.
    pub fn create_key(&mut self, master: &MasterKey, keystore: &Keystore) -> Result<(), VaultError> {
        if self.keystore.is_some() {
            return Err(VaultError::KeyExists);
        }
        let key = DataKey::random(1, &*self.random);
        let wrapped = Wrapped::wrap(&key, master, keystore, &*self.random);
        let head = self.sealed_head(&key)?;
        self.write(|tx| {
            save(tx, &wrapped)?;
            tx.execute("UPDATE audit_head SET sealed = ?1", [head])?;
            Ok(())
        })?;
        self.keystore = Some(keystore.clone());
        self.take_key(key);
        Ok(())
    }

    /// Opens the data key and keeps it in memory.
    ///
    /// Fails with `KeyChanged` for a wrong master key, and with `Damaged` when the key is right and what it
    /// wraps is not. Unlocking an unlocked vault checks the key again.
    pub fn unlock(&mut self, master: &MasterKey) -> Result<(), VaultError> {
        let wrapped = self.read(load)?.ok_or(VaultError::Locked)??;
        let key = wrapped.unwrap(master).ok_or_else(|| {
            if wrapped.check == master.check() {
                VaultError::Damaged {
                    file: self.file.clone(),
                    detail: "the data key does not open".to_owned(),
                }
            } else {
                VaultError::KeyChanged
            }
        })?;
        self.take_key(key);
        Ok(())
    }

    /// Wipes the data key from memory.
    pub fn lock(&mut self) {
        self.key = None;
        self.forget_head();
    }

    /// Seals everything anew under a new data key, wrapped by this master key, in one synced transaction.
    ///
    /// The vault must be unlocked. The old data key is gone afterwards, from the log (see
    /// [`Vault::owes_tidying`]) and from the copies that migrations made as well; cells that were damaged before
    /// stay as damaged as they were. An error means that the old master key is still the one; `Ok`, that only the
    /// new one opens the vault from now on.
    pub fn rekey(&mut self, new: &MasterKey, keystore: &Keystore) -> Result<(), VaultError> {
        let old = self.key.as_ref().ok_or(VaultError::Locked)?;
        let key = DataKey::random(old.version().checked_add(1).ok_or(VaultError::KeyExists)?, &*self.random);
        let wrapped = Wrapped::wrap(&key, new, keystore, &*self.random);
        self.forget_backups()?;
        let (old, random) = (self.key.as_ref().ok_or(VaultError::Locked)?, &*self.random);
        crate::open::transact(&mut self.conn, &self.file, |tx| {
            schema::SEALED.iter().try_for_each(|table| reseal(tx, table, old, &key, random))?;
            save(tx, &wrapped)
        })?;
        self.keystore = Some(keystore.clone());
        self.take_key(key);
        self.scrub();
        Ok(())
    }

    /// True when this master key opens the data key as it is stored. Changes nothing.
    pub fn opens_with(&self, master: &MasterKey) -> Result<bool, VaultError> {
        let Some(wrapped) = self.read(load)?.transpose()? else { return Ok(false) };
        Ok(wrapped.unwrap(master).is_some())
    }

    /// Seals and opens a known example: `false` means that nothing here may be trusted.
    pub fn self_test(&self) -> bool {
        seal::known_answer()
    }

    /// The data key, or `Locked`.
    pub(crate) fn key(&self) -> Result<&DataKey, VaultError> {
        self.key.as_ref().ok_or(VaultError::Locked)
    }

    /// Seals a text for one place.
    pub(crate) fn seal(&self, cell: Cell<'_>, secret: &Secret) -> Result<Vec<u8>, VaultError> {
        let key = self.key()?;
        if secret.len() > seal::MAX_PLAIN {
            return Err(VaultError::TooLarge { what: cell.column });
        }
        Ok(key.seal(&*self.random, cell, secret.expose().as_bytes()))
    }

    /// Seals a text that may be missing.
    pub(crate) fn seal_some(
        &self,
        cell: Cell<'_>,
        secret: Option<&Secret>,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        secret.map(|s| self.seal(cell, s)).transpose()
    }

    fn take_key(&mut self, key: DataKey) {
        self.key = Some(key);
        self.forget_head();
    }
}

/// Seals every cell of a table again. A cell that does not open stays as it is: it was lost before.
fn reseal(
    tx: &rusqlite::Transaction<'_>,
    table: &schema::SealedTable,
    old: &DataKey,
    new: &DataKey,
    random: &dyn Random,
) -> Result<(), Fail> {
    let mut rows = tx.prepare(&table.rowids())?;
    let rowids = rows.query_map([], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut cells = tx.prepare(&table.select())?;
    for rowid in rowids {
        let (row, sealed) = cells.query_row([rowid], |row| Ok((table.row(row), table.cells(row))))?;
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        for (column, sealed) in table.columns.iter().copied().zip(sealed) {
            let cell = Cell { table: table.name, row: &row, column };
            let Some(plain) = sealed.and_then(|s| old.open(cell, &s)) else { continue };
            let again = new.seal(random, cell, &plain);
            tx.execute(&table.update(column), params![again, rowid])?;
        }
    }
    Ok(())
}

fn save(tx: &rusqlite::Transaction<'_>, wrapped: &Wrapped) -> Result<(), Fail> {
    let kdf = match &wrapped.keystore {
        Keystore::Keychain => None,
        Keystore::Passphrase(kdf) => Some(kdf),
    };
    tx.execute(
        "INSERT OR REPLACE INTO vault_key
         (id, version, keystore, kdf_salt, kdf_memory_kib, kdf_passes, kdf_lanes, wrapped, key_check)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            wrapped.version,
            wrapped.keystore.as_str(),
            kdf.map(|k| k.salt),
            kdf.map(|k| k.memory_kib),
            kdf.map(|k| k.passes),
            kdf.map(|k| k.lanes),
            wrapped.bytes,
            wrapped.check,
        ],
    )?;
    Ok(())
}

/// The stored key, `None` when there is none, and an error inside when the row cannot be read.
pub(crate) fn load(conn: &rusqlite::Connection) -> Result<Option<Result<Wrapped, VaultError>>, Fail> {
    let sql = "SELECT version, keystore, kdf_salt, kdf_memory_kib, kdf_passes, kdf_lanes, wrapped, key_check
               FROM vault_key";
    let row = conn.query_row(sql, [], |row| Ok(read_row(row))).optional()?;
    let file = || conn.path().unwrap_or_default().into();
    let damaged = || VaultError::Damaged { file: file(), detail: "the row of the data key".to_owned() };
    Ok(row.map(|wrapped| wrapped.ok_or_else(damaged)))
}

fn read_row(row: &rusqlite::Row<'_>) -> Option<Wrapped> {
    let small = |i| int(row, i).and_then(|n| u32::try_from(n).ok());
    let keystore = match text(row, 1)?.as_str() {
        "keychain" => Keystore::Keychain,
        "passphrase" => {
            let salt = blob(row, 2)?.try_into().ok()?;
            Keystore::Passphrase(KdfParams::checked(salt, small(3)?, small(4)?, small(5)?)?)
        }
        _ => return None,
    };
    Some(Wrapped { version: small(0)?, keystore, bytes: blob(row, 6)?, check: blob(row, 7)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bowline_base::random::SeededRandom;

    #[test]
    fn a_master_key_reads_back_from_its_text_and_never_prints() {
        let key = MasterKey::random(&SeededRandom::new(1));
        let text = key.to_text();
        assert_eq!(MasterKey::from_text(&text).unwrap().expose(), key.expose());
        assert!(!format!("{key:?}").contains(&text.expose()[..8]));
        for wrong in ["", "zz", &"g".repeat(64), &"A".repeat(64), &"0".repeat(63), &"é".repeat(32)] {
            assert!(MasterKey::from_text(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn figures_out_of_bounds_are_refused() {
        let salt = [1; 16];
        assert!(KdfParams::checked(salt, 65_536, 3, 4).is_some());
        for (memory, passes, lanes) in [
            (65_535, 3, 4),
            (u32::MAX, 3, 4),
            (65_536, 0, 4),
            (65_536, 17, 4),
            (65_536, 3, 0),
            (65_536, 3, 9),
        ] {
            assert!(KdfParams::checked(salt, memory, passes, lanes).is_none(), "{memory} {passes} {lanes}");
        }
    }

    #[test]
    fn a_passphrase_gives_the_same_key_with_the_same_salt_only() {
        let (a, b) = (KdfParams::random(&SeededRandom::new(1)), KdfParams::random(&SeededRandom::new(2)));
        let passphrase = Secret::new("correct horse");
        let key = derive(&passphrase, &a);
        assert_eq!(key.expose(), derive(&passphrase, &a).expose());
        assert_ne!(key.expose(), derive(&passphrase, &b).expose());
        assert_ne!(key.expose(), derive(&Secret::new("correct horse "), &a).expose());
    }

    #[test]
    fn a_wrapped_key_opens_with_its_master_key_and_for_its_keystore_only() {
        let random = SeededRandom::new(3);
        let (master, other) = (MasterKey::random(&random), MasterKey::random(&random));
        let key = DataKey::random(1, &random);
        let mut wrapped = Wrapped::wrap(&key, &master, &Keystore::Keychain, &random);
        assert_eq!(wrapped.unwrap(&master).unwrap().bytes(), key.bytes());
        assert!(wrapped.unwrap(&other).is_none());
        wrapped.keystore = Keystore::Passphrase(KdfParams::random(&random));
        assert!(wrapped.unwrap(&master).is_none());
    }
}
