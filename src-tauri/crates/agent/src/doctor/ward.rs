//! A whole agent for tests of the examination: a real engine and vault, and a scripted provider.

use std::sync::Arc;

use bowline_base::random::SeededRandom;
use bowline_base::time::HandClock;
use bowline_base::{
    Account, AccountId, Clock, Health, ProviderId, Random, Reason, ScopeSet, Secret, Trouble, Wall,
};
use bowline_engine::ports::NoDesktop;
use bowline_engine::providers::Providers;
use bowline_engine::store::Store;
use bowline_engine::unlock::KeystoreChoice;
use bowline_engine::{Engine, EngineError, Parts, Policy};
use bowline_oauth::ScriptedTransport;
use bowline_vault::Vault;
use bowline_vault::keys::{KeyTrouble, Keystore, MasterKey, MasterKeys, Place};
use bowline_vault::tokens::Tokens;
use bowline_wire::paths::Paths;
use bowline_wire::shapes::CheckView;

use super::{Patient, examine};
use crate::settings::Settings;

const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
pub(super) const ACCESS: &str = "at-canary-1";
pub(super) const REFRESH: &str = "rt-canary-2";
const FILE: &str = "id = \"acme\"\nname = \"Acme\"\nscopes = [\"mail\", \"files\"]\n\
    authorization_endpoint = \"https://id.acme.example/authorize\"\ntoken_endpoint = \"https://id.acme.example/token\"\n\
    [client]\nid = \"acme-client\"\n";

struct OpenKeychain;

impl MasterKeys for OpenKeychain {
    fn fetch(&self, _place: Place) -> Result<Option<MasterKey>, KeyTrouble> {
        Ok(Some(MasterKey::from_bytes([7; 32])))
    }
    fn store(&self, _place: Place, _key: &MasterKey) -> Result<(), KeyTrouble> {
        Ok(())
    }
    fn forget(&self, _place: Place) -> Result<(), KeyTrouble> {
        Ok(())
    }
}

pub(super) struct Ward {
    pub(super) home: tempfile::TempDir,
    pub(super) paths: Paths,
    pub(super) transport: Arc<ScriptedTransport>,
    pub(super) engine: Arc<Engine>,
}

impl Ward {
    /// An agent with these accounts of Acme, by label and trouble.
    pub(super) async fn with(accounts: &[(&str, Option<Reason>)]) -> Ward {
        Self::with_file("acme.toml", FILE, accounts).await
    }

    /// An agent with one more provider file.
    pub(super) async fn with_file(name: &str, text: &str, accounts: &[(&str, Option<Reason>)]) -> Ward {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path().join("bowline"));
        crate::folders::prepare(&paths).unwrap();
        crate::folders::write_private(&paths.providers().join("acme.toml"), FILE).unwrap();
        crate::folders::write_private(&paths.providers().join(name), text).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(HandClock::at(NOON));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(5));
        let mut vault = Vault::open(&paths.data, Arc::clone(&clock), Arc::clone(&random)).unwrap();
        vault.create_key(&MasterKey::from_bytes([7; 32]), &Keystore::Keychain).unwrap();
        for (label, reason) in accounts {
            let health = Health {
                refreshable: true,
                trouble: reason.map(|reason| Trouble { reason, since: NOON }),
                ..Health::default()
            };
            vault.upsert_account(&account(label, &*random), &health, &tokens()).unwrap();
        }
        let transport = Arc::new(ScriptedTransport::new());
        let parts = Parts {
            store: Store::start(vault).unwrap(),
            providers: Providers::new(&paths.providers(), paths.run.join("practice.toml")),
            transport: transport.clone(),
            clock,
            random,
            keychain: Arc::new(OpenKeychain),
            keystore: KeystoreChoice::Keychain,
            browser: Arc::new(NoDesktop),
            notifier: Arc::new(NoDesktop),
            policy: Policy::default(),
        };
        let engine = Engine::start(parts).await.unwrap();
        engine.open_at_start(None).await.unwrap();
        Ward { home, paths, transport, engine }
    }

    pub(super) async fn examine(&self, account: Option<&str>) -> Result<Vec<CheckView>, EngineError> {
        let settings = Settings::defaults(crate::settings::DefaultOwner::Any).view;
        let patient = Patient {
            engine: &self.engine,
            paths: &self.paths,
            settings: &settings,
            http_port: None,
            headless: true,
        };
        examine(&patient, account).await
    }
}

fn account(label: &str, random: &dyn Random) -> Account {
    Account {
        id: AccountId::random(random),
        provider: ProviderId::parse("acme").unwrap(),
        issuer: None,
        subject: label.to_owned(),
        label: Some(label.to_owned()),
        username: Some(format!("{label}@acme.example")),
        display_name: None,
        avatar_url: None,
        requested: ScopeSet::read("mail files"),
        granted: ScopeSet::read("mail"),
        connected_at: NOON,
        reconnected_at: None,
        paused: false,
    }
}

fn tokens() -> Tokens {
    Tokens {
        access: Secret::new(ACCESS),
        token_type: "Bearer".into(),
        refresh: Some(Secret::new(REFRESH)),
        id_token: None,
    }
}
