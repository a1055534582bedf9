//! The vault's key: how it stands, unlocking, and changing it.

use bowline_base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the master key stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultView {
    /// Tokens cannot be opened at present.
    pub locked: bool,
    /// `keychain` or `passphrase`; `null` before a key was made.
    pub keystore: Option<String>,
    /// The data key's version; `null` before a key was made.
    pub key_version: Option<u32>,
    /// Why it is locked: `keychain_locked`, `keychain_missing`, `key_changed`.
    pub reason: Option<String>,
    /// One sentence that a person can act on.
    pub message: String,
}

/// Unlocks the vault.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlockBody {
    /// The passphrase, where there is one; left out for the keychain.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::secret_text::option")]
    #[schema(value_type = Option<String>)]
    pub passphrase: Option<Secret>,
}

/// Makes a new data key and seals every row anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RekeyBody {
    /// Who keeps the new master key: `keychain` or `passphrase`; who keeps the old one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keystore: Option<String>,
    /// The new passphrase, where one keeps the key; refused where the keychain does.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::secret_text::option")]
    #[schema(value_type = Option<String>)]
    pub passphrase: Option<Secret>,
}

/// A vault is written to, or read from, a file of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveVaultBody {
    /// The file's absolute path.
    pub file: String,
    /// What seals the file.
    #[serde(with = "super::secret_text")]
    #[schema(value_type = String)]
    pub passphrase: Secret,
}

/// What an export wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportedView {
    /// How many accounts are in the file.
    pub accounts: usize,
}

/// What an import added, and what was there already and stayed as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedView {
    /// New accounts.
    pub accounts: usize,
    /// New clients of providers.
    pub clients: usize,
    /// Always 0: apps are not moved. They ask again on the other computer.
    pub apps: usize,
    /// Accounts and clients that were here already.
    pub skipped: usize,
}
