//! Client ids and sealed client secrets, each bound to the issuer that gave them (RFC 7591).
//!
//! A secret that was sealed for one issuer does not open when the row names another, so no edit of the
//! file sends it elsewhere. Who has a secret can be told while the vault is locked.

use bowline_base::{ProviderId, Secret, Wall};
use rusqlite::{OptionalExtension as _, params};

use crate::error::{Fail, VaultError};
use crate::open::Vault;
use crate::schema::{blob, int, text};
use crate::seal::Cell;

/// The longest issuer, client id or method, in bytes.
const MAX_TEXT: usize = 4096;

/// What one provider knows us by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredClient {
    /// Where.
    pub provider: ProviderId,
    /// Who gave the client.
    pub issuer: Option<String>,
    /// The id of a registered client; `None` where the provider file names it.
    pub client_id: Option<String>,
    /// The secret, if there is one.
    pub secret: Option<Secret>,
    /// How the secret is shown, in RFC 7591's word.
    pub auth: Option<String>,
    /// The secret's end, if it has one.
    pub expires_at: Option<Wall>,
    /// What the registration can be changed with (RFC 7592).
    pub registration_token: Option<Secret>,
}

struct Row {
    issuer: Option<String>,
    client_id: Option<String>,
    secret: Option<Vec<u8>>,
    auth: Option<String>,
    expires_at: Option<Wall>,
    registration_token: Option<Vec<u8>>,
}

impl Vault {
    /// The client of a provider; `None` when none was stored.
    ///
    /// Fails with `Locked` when it has a secret, and with `CorruptedClient` when that does not open.
    pub fn client(&self, provider: &ProviderId) -> Result<Option<StoredClient>, VaultError> {
        let Some(row) = self.read(|conn| load(conn, provider))? else { return Ok(None) };
        let names = names(provider, row.issuer.as_deref(), row.client_id.as_deref());
        let open = |column, sealed: Option<&Vec<u8>>| {
            let Some(sealed) = sealed else { return Ok(None) };
            let opened = self.key()?.open_text(client_cell(&names, column), sealed);
            opened.map(Some).ok_or_else(|| VaultError::CorruptedClient { provider: provider.clone() })
        };
        Ok(Some(StoredClient {
            provider: provider.clone(),
            secret: open("secret", row.secret.as_ref())?,
            registration_token: open("registration_token", row.registration_token.as_ref())?,
            issuer: row.issuer.clone(),
            client_id: row.client_id.clone(),
            auth: row.auth,
            expires_at: row.expires_at,
        }))
    }

    /// The providers that have a client here, in order. Works locked.
    pub fn clients(&self) -> Result<Vec<ProviderId>, VaultError> {
        self.read(|conn| {
            let mut rows = conn.prepare("SELECT provider FROM client ORDER BY provider")?;
            let found = rows.query_map([], |row| Ok(text(row, 0)))?.collect::<Result<Vec<_>, _>>()?;
            Ok(found.into_iter().flatten().filter_map(|t| ProviderId::parse(&t)).collect())
        })
    }

    /// Stores a client in place of the provider's earlier one. Fails with `Locked` when it has a secret.
    pub fn save_client(&mut self, c: &StoredClient) -> Result<(), VaultError> {
        let texts = [&c.issuer, &c.client_id, &c.auth];
        if texts.into_iter().flatten().any(|t| t.len() > MAX_TEXT) {
            return Err(VaultError::TooLarge { what: "a text of the client" });
        }
        let names = names(&c.provider, c.issuer.as_deref(), c.client_id.as_deref());
        let secret = self.seal_some(client_cell(&names, "secret"), c.secret.as_ref())?;
        let token =
            self.seal_some(client_cell(&names, "registration_token"), c.registration_token.as_ref())?;
        self.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO client
                 (provider, issuer, client_id, secret, auth, expires_at, registration_token)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    c.provider.as_str(),
                    c.issuer,
                    c.client_id,
                    secret,
                    c.auth,
                    c.expires_at.map(Wall::unix_ms),
                    token
                ],
            )?;
            Ok(())
        })
    }

    /// True when a secret is stored for this provider. Works locked.
    pub fn has_client_secret(&self, provider: &ProviderId) -> Result<bool, VaultError> {
        self.read(|conn| {
            let sql = "SELECT 1 FROM client WHERE provider = ?1 AND secret IS NOT NULL";
            Ok(conn.query_row(sql, [provider.as_str()], |_| Ok(())).optional()?.is_some())
        })
    }
}

fn names<'a>(provider: &'a ProviderId, issuer: Option<&'a str>, client_id: Option<&'a str>) -> [&'a str; 3] {
    [provider.as_str(), issuer.unwrap_or_default(), client_id.unwrap_or_default()]
}

fn client_cell<'a>(row: &'a [&'a str], column: &'static str) -> Cell<'a> {
    Cell { table: "client", row, column }
}

fn load(conn: &rusqlite::Connection, provider: &ProviderId) -> Result<Option<Row>, Fail> {
    let sql = "SELECT issuer, client_id, secret, auth, expires_at, registration_token
               FROM client WHERE provider = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Row {
            issuer: text(row, 0),
            client_id: text(row, 1),
            secret: blob(row, 2),
            auth: text(row, 3),
            expires_at: int(row, 4).map(Wall::from_unix_ms),
            registration_token: blob(row, 5),
        })
    };
    Ok(conn.query_row(sql, [provider.as_str()], read).optional()?)
}
