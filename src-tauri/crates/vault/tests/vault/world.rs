//! A vault in a folder of its own, a clock that stands still, and short ways to make things.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::random::SeededRandom;
use bowline_base::time::HandClock;
use bowline_base::{Account, AccountId, AppId, Health, ProviderId, ScopeSet, Secret, Wall};
use bowline_vault::{AuditEntry, Keystore, MasterKey, StoredClient, Tokens, Vault, VaultError};
use rusqlite::Connection;

pub(crate) const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) home: tempfile::TempDir,
    pub(crate) clock: HandClock,
    pub(crate) random: Arc<SeededRandom>,
    pub(crate) vault: Option<Vault>,
}

impl World {
    /// A folder without a vault.
    pub(crate) fn empty() -> Self {
        let random = Arc::new(SeededRandom::new(42));
        Self { home: tempfile::tempdir().unwrap(), clock: HandClock::at(NOON), random, vault: None }
    }

    /// A vault with a key, unlocked.
    pub(crate) fn unlocked() -> Self {
        let mut world = Self::empty();
        world.open().unwrap();
        world.vault().create_key(&master(1), &Keystore::Keychain).unwrap();
        world
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.data().join("vault.db")
    }

    pub(crate) fn open(&mut self) -> Result<(), VaultError> {
        self.vault = None;
        self.vault = Some(Vault::open(&self.data(), Arc::new(self.clock.clone()), self.random.clone())?);
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.vault = None;
    }

    /// Ends the process, as it were, and starts anew with the right key.
    pub(crate) fn restart(&mut self) {
        self.open().unwrap();
        self.vault().unlock(&master(1)).unwrap();
    }

    pub(crate) fn vault(&mut self) -> &mut Vault {
        self.vault.as_mut().expect("the vault is open")
    }

    /// Does something to the file behind the vault's back.
    pub(crate) fn meddle(&self, sql: &str) {
        let conn = Connection::open(self.file()).unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.pragma_update(None, "ignore_check_constraints", true).unwrap();
        conn.execute_batch(sql).unwrap();
    }

    pub(crate) fn cell(&self, sql: &str) -> Vec<u8> {
        Connection::open(self.file()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn set_cell(&self, sql: &str, bytes: &[u8]) {
        assert_eq!(Connection::open(self.file()).unwrap().execute(sql, [bytes]).unwrap(), 1);
    }

    /// True when these bytes are in any file of the data folder.
    pub(crate) fn is_on_disk(&self, needle: &[u8]) -> bool {
        std::fs::read_dir(self.data()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            contains(&bytes, needle)
        })
    }

    pub(crate) fn account(&self, subject: &str) -> Account {
        Account {
            id: AccountId::random(&*self.random),
            provider: provider("acme"),
            issuer: Some("https://id.acme.example".to_owned()),
            subject: subject.to_owned(),
            label: None,
            username: Some(format!("{subject}@example.com")),
            display_name: None,
            avatar_url: None,
            requested: ScopeSet::read("openid mail"),
            granted: ScopeSet::read("openid mail"),
            connected_at: NOON,
            reconnected_at: None,
            paused: false,
        }
    }

    /// Connects an account with the tokens `tokens(subject)`.
    pub(crate) fn connect(&mut self, subject: &str) -> AccountId {
        let account = self.account(subject);
        self.vault().upsert_account(&account, &Health::default(), &tokens(subject)).unwrap()
    }
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

pub(crate) fn master(n: u8) -> MasterKey {
    MasterKey::from_bytes([n; 32])
}

pub(crate) fn provider(id: &str) -> ProviderId {
    ProviderId::parse(id).unwrap()
}

pub(crate) fn tokens(mark: &str) -> Tokens {
    Tokens {
        access: Secret::new(format!("access-canary-{mark}")),
        token_type: "Bearer".to_owned(),
        refresh: Some(Secret::new(format!("refresh-canary-{mark}"))),
        id_token: Some(Secret::new(format!("identity-canary-{mark}"))),
    }
}

pub(crate) fn client(id: &str) -> StoredClient {
    StoredClient {
        provider: provider(id),
        issuer: Some("https://id.acme.example".to_owned()),
        client_id: Some("client-1".to_owned()),
        secret: Some(Secret::new(format!("client-canary-{id}"))),
        auth: Some("client_secret_basic".to_owned()),
        expires_at: Some(NOON),
        registration_token: Some(Secret::new(format!("registration-canary-{id}"))),
    }
}

pub(crate) fn entry(event: &'static str) -> AuditEntry {
    AuditEntry {
        at: NOON,
        actor: "owner".into(),
        program: Some("bowline".into()),
        event: event.into(),
        account: None,
        app: None::<AppId>,
        outcome: "ok".into(),
        code: None,
    }
}
