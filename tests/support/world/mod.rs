//! A world for whole stories: the real engine over a real vault, on a clock that is moved by hand.
//!
//! Only the seams are stand-ins: the provider answers from a script ([`ScriptedTransport`]), the keychain is in
//! memory ([`keychain`]), the desktop keeps what it was told ([`desktop`]), chance is seeded. The browser's end of
//! an attempt is a real loopback socket ([`browse`]). Nothing sleeps: time passes only through [`World::pass`], and
//! [`World::settle`] yields until nobody makes progress any more.

pub mod browse;
pub mod desktop;
pub mod journey;
pub mod keychain;
pub mod script;
mod wire;

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::random::SeededRandom;
use bowline_base::time::HandClock;
use bowline_base::{Account, AccountId, Clock, Health, ProviderId, ScopeSet, Secret, Wall};
use bowline_engine::event::Event;
use bowline_engine::providers::Providers;
use bowline_engine::store::Store;
use bowline_engine::unlock::KeystoreChoice;
use bowline_engine::{Engine, Parts, Policy};
use bowline_oauth::{ScriptedTransport, Transport};
use bowline_vault::{Keystore, MasterKey, Tokens, Vault};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

pub use browse::Seen;
pub use desktop::Desktop;
pub use keychain::Keychain;

use wire::Wire;

/// 2026-11-21T12:00:00Z, when every world begins.
pub const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
/// One second.
pub const SECOND: Duration = Duration::from_secs(1);
/// One minute.
pub const MINUTE: Duration = Duration::from_secs(60);
/// One hour.
pub const HOUR: Duration = Duration::from_secs(3600);
/// One day.
pub const DAY: Duration = Duration::from_secs(86_400);

/// Rounds without any progress after which a world is called quiet.
const QUIET_ROUNDS: u32 = 8;
/// Yields in one round: each lets every task that is ready move once, and looks at the sockets.
const YIELDS: u32 = 8;
/// A world that is not quiet after so many rounds runs in a circle.
const MOST_ROUNDS: u32 = 20_000;

/// What a world begins with.
pub struct Setup {
    /// The folder of an earlier world, to begin where that one ended.
    pub home: Option<Arc<TempDir>>,
    /// The time of day.
    pub wall: Wall,
    /// The figures.
    pub policy: Policy,
    /// Where a new vault's key goes.
    pub keystore: KeystoreChoice,
    /// The keychain.
    pub keychain: Arc<Keychain>,
    /// Accounts that are connected already.
    pub seeds: Vec<Seed>,
    /// Whether the vault is opened before the story begins.
    pub open: bool,
    /// A way to providers in the place of the script.
    pub transport: Option<Arc<dyn Transport>>,
    /// The seed of all chance.
    pub chance: u64,
    /// The clock of an earlier world, to go on by; it goes before the time of day.
    pub clock: Option<HandClock>,
    /// The desktop of an earlier world.
    pub desktop: Option<Arc<Desktop>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            home: None,
            wall: NOON,
            policy: Policy::default(),
            keystore: KeystoreChoice::Keychain,
            keychain: Arc::new(Keychain::holding(MasterKey::from_bytes([7; 32]))),
            seeds: Vec::new(),
            open: true,
            transport: None,
            chance: 1,
            clock: None,
            desktop: None,
        }
    }
}

/// An account that is there when the story begins.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Who it is at the provider; the tokens are `at-SUBJECT` and `rt-SUBJECT`.
    pub subject: String,
    /// Through which provider it was connected.
    pub provider: &'static str,
    /// How long the access token still lives; `None` for ever.
    pub lives: Option<Duration>,
    /// Whether there is a refresh token.
    pub refreshable: bool,
    /// How long the grant still lives.
    pub grant_lives: Option<Duration>,
}

impl Seed {
    /// An account of Acme whose token has just been given for an hour.
    pub fn fresh(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            provider: "acme",
            lives: Some(HOUR),
            refreshable: true,
            grant_lives: None,
        }
    }

    /// The same with another life.
    pub fn living(self, lives: Option<Duration>) -> Self {
        Self { lives, ..self }
    }

    /// The same without a refresh token.
    pub fn unrenewable(self) -> Self {
        Self { refreshable: false, ..self }
    }

    /// The same at another provider.
    pub fn at(self, provider: &'static str) -> Self {
        Self { provider, ..self }
    }
}

/// One story's world.
pub struct World {
    /// The folder, gone with the last world that uses it.
    pub home: Arc<TempDir>,
    /// The clock.
    pub clock: HandClock,
    /// The provider's script, and every request.
    pub net: Arc<ScriptedTransport>,
    /// The keychain.
    pub keychain: Arc<Keychain>,
    /// Browser and notices.
    pub desktop: Arc<Desktop>,
    /// The vault's thread.
    pub store: Store,
    /// The engine.
    pub engine: Arc<Engine>,
    wire: Arc<Wire>,
    events: Mutex<Receiver<Event>>,
    told: Mutex<Vec<Event>>,
}

impl World {
    /// An open, empty world with the providers of [`script::PROVIDERS`].
    pub async fn new() -> Self {
        Self::start(Setup::default()).await
    }

    /// A world with these accounts, in the order given.
    pub async fn with(seeds: impl IntoIterator<Item = Seed>) -> (Self, Vec<AccountId>) {
        let world = Self::start(Setup { seeds: seeds.into_iter().collect(), ..Setup::default() }).await;
        let ids = world.ids();
        (world, ids)
    }

    /// A world with one account of Acme whose token has just been given for an hour: `ana`.
    pub async fn with_ana() -> (Self, AccountId) {
        let (world, mut ids) = Self::with([Seed::fresh("ana")]).await;
        (world, ids.remove(0))
    }

    /// A world as the setup says.
    pub async fn start(setup: Setup) -> Self {
        let home = setup.home.clone().unwrap_or_else(new_home);
        let clock = setup.clock.clone().unwrap_or_else(|| HandClock::at(setup.wall));
        let random = Arc::new(SeededRandom::new(setup.chance));
        let net = Arc::new(ScriptedTransport::with_clock(Arc::new(clock.clone())));
        let wire = Arc::new(Wire::over(setup.transport.clone().unwrap_or_else(|| net.clone())));
        let desktop = setup.desktop.clone().unwrap_or_else(|| Arc::new(Desktop::by(clock.clone())));
        script::write_providers(&config(&home));
        let mut vault =
            Vault::open(&data(&home), Arc::new(clock.clone()), random.clone()).expect("a vault opens");
        plant(&mut vault, &setup, &random);
        let store = Store::start(vault).expect("the vault gets its thread");
        let parts = Parts {
            store: store.clone(),
            providers: Providers::new(&config(&home), home.path().join("practice.toml")),
            transport: wire.clone(),
            clock: Arc::new(clock.clone()),
            random,
            keychain: setup.keychain.clone(),
            keystore: setup.keystore,
            browser: desktop.clone(),
            notifier: desktop.clone(),
            policy: setup.policy.clone(),
        };
        let engine = Engine::start(parts).await.expect("the engine starts");
        let events = Mutex::new(engine.events().watch());
        let keychain = setup.keychain;
        let told = Mutex::default();
        let world = Self { home, clock, net, keychain, desktop, store, engine, wire, events, told };
        if setup.open {
            world.engine.open_at_start(None).await.expect("the vault is opened");
        }
        world.settle().await;
        world
    }

    /// Ends the engine in order, and begins anew on the same folder and keychain with an empty script.
    pub async fn restarted(self) -> Self {
        self.engine.stop(SECOND).await;
        let setup = Setup {
            home: Some(self.home.clone()),
            wall: self.clock.wall(),
            keychain: self.keychain.clone(),
            chance: 99,
            ..Setup::default()
        };
        drop(self);
        Self::start(setup).await
    }

    /// Ends the engine in order while time may pass, and begins anew in the same world: folder, keychain, clock, desktop
    /// and providers stay.
    pub async fn begun_anew(self, policy: Policy, transport: Arc<dyn Transport>, chance: u64) -> Self {
        self.within(MINUTE, self.engine.stop(SECOND)).await;
        let setup = Setup {
            home: Some(self.home.clone()),
            clock: Some(self.clock.clone()),
            desktop: Some(self.desktop.clone()),
            keychain: self.keychain.clone(),
            transport: Some(transport),
            policy,
            chance,
            ..Setup::default()
        };
        drop(self);
        Self::start(setup).await
    }

    /// What a start would find if the agent were killed at this instant: a copy of the folder as it is on disk.
    pub async fn killed_now(&self) -> Setup {
        let (from, home) = (data(&self.home), new_home());
        let to = data(&home);
        // On the vault's own thread nothing is being written meanwhile.
        self.store.run(move |_| copy(&from, &to)).await;
        Setup {
            home: Some(home),
            wall: self.clock.wall(),
            keychain: self.keychain.clone(),
            chance: 77,
            ..Setup::default()
        }
    }

    /// Where the vault's file is.
    pub fn vault_file(&self) -> PathBuf {
        data(&self.home).join("vault.db")
    }

    /// Where the file of one of the world's providers is.
    pub fn provider_file(&self, id: &str) -> PathBuf {
        config(&self.home).join(format!("{id}.toml"))
    }

    /// Yields until nobody makes progress any more: tasks, sockets and the vault's thread.
    pub async fn settle(&self) {
        let (mut before, mut quiet) = (self.pulse(), 0);
        for _ in 0..MOST_ROUNDS {
            for _ in 0..YIELDS {
                tokio::task::yield_now().await;
            }
            // Work is done in order: when this has run, all that was sent before it has.
            self.store.run(|_| ()).await;
            let now = self.pulse();
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
            if quiet == QUIET_ROUNDS {
                return;
            }
        }
        panic!("the engine does not come to rest: it runs in a circle");
    }

    /// Lets time pass, stopping at every moment that anybody waits for.
    pub async fn pass(&self, length: Duration) {
        self.settle().await;
        let end = self.clock.instant() + length;
        while let Some(at) = self.clock.next_wait().filter(|at| *at <= end) {
            self.move_to(at);
            self.settle().await;
        }
        self.move_to(end);
        self.settle().await;
    }

    /// Waits for something while time passes, and gives it with the time it took.
    ///
    /// # Panics
    /// When it is not there after `limit`.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> (T, Duration) {
        let mut work = pin!(work);
        let start = self.clock.instant();
        loop {
            tokio::select! {
                biased;
                done = &mut work => return (done, self.clock.instant().since(start)),
                () = self.settle() => {}
            }
            let at = self.clock.next_wait().filter(|at| at.since(start) <= limit);
            let at = at.unwrap_or_else(|| panic!("it has not ended after {limit:?}"));
            self.move_to(at);
        }
    }

    /// Moves the clock to a moment, in whole milliseconds, because the time of day knows no smaller ones.
    fn move_to(&self, at: bowline_base::Instant) {
        let ahead = at.since(self.clock.instant());
        self.clock.advance(Duration::from_millis(ahead.as_nanos().div_ceil(1_000_000) as u64));
    }

    /// Yields until something is so, without letting time pass.
    ///
    /// # Panics
    /// When it never is, naming `what` was awaited.
    pub async fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        for _ in 0..MOST_ROUNDS {
            if is_so() {
                return;
            }
            tokio::task::yield_now().await;
            self.store.run(|_| ()).await;
        }
        panic!("waited in vain for {what}");
    }

    /// Every event since the world began.
    pub fn events(&self) -> Vec<Event> {
        self.heard();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The events that came after the first `known` ones.
    pub fn events_from(&self, known: usize) -> Vec<Event> {
        self.heard();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).get(known..).unwrap_or_default().to_vec()
    }

    /// How many requests were sent so far, whatever answered them.
    pub fn sent(&self) -> usize {
        self.wire.sent()
    }

    /// The accounts, oldest first.
    pub fn ids(&self) -> Vec<AccountId> {
        self.engine.accounts().into_iter().map(|sight| sight.account.id).collect()
    }

    /// Takes in the events since the last look, and gives how many there were in all.
    fn heard(&self) -> usize {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match events.try_recv() {
                Ok(event) => told.push(event),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return told.len(),
            }
        }
    }

    fn pulse(&self) -> (usize, usize, usize, Option<bowline_base::Instant>) {
        (self.wire.moves(), self.heard(), self.desktop.told(), self.clock.next_wait())
    }
}

/// The end of something that needs no time to pass. A story that forgot to move the clock fails instead of hanging.
///
/// # Panics
/// When it has not ended after half a minute of real time.
pub async fn promptly<T>(work: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, work).await.expect("it ends without the clock being moved")
}

fn new_home() -> Arc<TempDir> {
    // Memory where the machine has a folder of it: a synced write costs nothing there.
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    Arc::new(made.expect("a temporary folder"))
}

fn data(home: &TempDir) -> PathBuf {
    home.path().join("data")
}

fn config(home: &TempDir) -> PathBuf {
    home.path().join("config").join("providers")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder is made");
    #[cfg(unix)]
    fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("a mode is set");
    for entry in fs::read_dir(from).expect("the folder is read") {
        let entry = entry.expect("its entry is read");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a file is copied");
    }
}

/// Puts the accounts in a new vault, as if they had been connected at the world's beginning.
fn plant(vault: &mut Vault, setup: &Setup, random: &SeededRandom) {
    if setup.seeds.is_empty() {
        return;
    }
    let key = setup.keychain.key().expect("seeds need a key");
    vault.create_key(&key, &Keystore::Keychain).expect("a key is made");
    for (n, seed) in setup.seeds.iter().enumerate() {
        let account =
            seeded(seed, setup.wall - Duration::from_millis((setup.seeds.len() - n) as u64), random);
        let health = Health {
            access_expires_at: seed.lives.map(|life| setup.wall + life),
            access_issued_at: Some(setup.wall),
            grant_expires_at: seed.grant_lives.map(|life| setup.wall + life),
            refreshable: seed.refreshable,
            ..Health::default()
        };
        let tokens = Tokens {
            access: Secret::new(format!("at-{}", seed.subject)),
            token_type: "Bearer".to_owned(),
            refresh: seed.refreshable.then(|| Secret::new(format!("rt-{}", seed.subject))),
            id_token: None,
        };
        vault.upsert_account(&account, &health, &tokens).expect("an account is stored");
    }
    vault.lock();
}

fn seeded(seed: &Seed, connected_at: Wall, random: &SeededRandom) -> Account {
    let scopes = if seed.provider == "oidc" { "openid profile" } else { "profile mail" };
    Account {
        id: AccountId::random(random),
        provider: ProviderId::parse(seed.provider).expect("a provider's id"),
        issuer: (seed.provider == "oidc").then(|| script::ISSUER.to_owned()),
        subject: seed.subject.clone(),
        label: None,
        username: Some(format!("{}@example.com", seed.subject)),
        display_name: None,
        avatar_url: None,
        requested: ScopeSet::read(scopes),
        granted: ScopeSet::read(scopes),
        connected_at,
        reconnected_at: None,
        paused: false,
    }
}
