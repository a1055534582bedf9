//! Floor 1: what is kept. Accounts, their sealed tokens, client secrets, app keys and the audit trail, in
//! one SQLite file. Knows neither protocol nor engine.
//!
//! Reading order: how the file is opened ([`open`]) and owned ([`lock`]), what is in it ([`schema`]); how
//! it is sealed ([`keys`], [`seal`]); then the contents: [`accounts`], [`tokens`], [`journal`],
//! [`emergency`], [`clients`], [`apps`], [`programs`], [`audit`], [`notices`], [`ended`]; last how it moves to another
//! computer ([`export`]).
//!
//! The invariants: what is secret is in the file only as ciphertext that fits one row, column and key
//! version; a call that returns `Ok` has its data synced; damage is told and never tidied away; and every
//! call blocks, so whoever has an async runtime calls from a blocking thread.

pub mod accounts;
pub mod apps;
pub mod audit;
pub mod clients;
pub mod emergency;
pub mod ended;
mod error;
pub mod export;
pub mod history;
pub mod journal;
pub mod keys;
pub mod lock;
pub mod notices;
pub mod open;
mod pack;
pub mod programs;
mod reserve;
pub mod schema;
pub mod seal;
pub mod tokens;

pub use apps::{App, Grant};
pub use audit::{AuditEntry, AuditQuery, AuditRecord, Broken, Verified};
pub use clients::StoredClient;
pub use emergency::Emergency;
pub use ended::EndedGrant;
pub use error::{ErrorKind, LockError, VaultError};
pub use journal::{Interrupted, Mark};
pub use keys::{KdfParams, KeyState, KeyTrouble, Keystore, MasterKey, MasterKeys, Place, derive};
pub use lock::FolderLock;
pub use open::Vault;
pub use programs::{Program, ProgramFile, Rule};
pub use tokens::Tokens;
