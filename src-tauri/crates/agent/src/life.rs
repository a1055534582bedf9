//! The agent's whole life: start order, what runs, stop order. "Ready" is said only when it can answer.
//!
//! Start: folders, lock, log, settings, vault, engine, doors, ready. Stop: doors, engine (renewals under way bring
//! their answers to disk first), files. Everything from SIGTERM to the end takes at most five seconds.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use bowline_base::random::SystemRandom;
use bowline_base::{Clock, Random, Secret};
use bowline_engine::caller::OwnerKey;
use bowline_engine::ports::{NoDesktop, Notifier};
use bowline_engine::providers::Providers;
use bowline_engine::store::Store;
use bowline_engine::unlock::KeystoreChoice;
use bowline_engine::{Engine, EngineError, Parts};
use bowline_ipc::http::Loopback;
use bowline_ipc::server::Server;
use bowline_ipc::socket::Socket;
use bowline_ipc::{Door, Host};
use bowline_oauth::HttpTransport;
use bowline_vault::lock::FolderLock;
use bowline_vault::{LockError, Vault, VaultError};
use bowline_wire::paths::Paths;
use bowline_wire::shapes::ReadyView;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};

use crate::browser::SystemBrowser;
use crate::host::Agent;
use crate::keychain::Keychain;
use crate::notify::{self, DesktopNotifier, Orders};
use crate::practice::beside::PracticeBeside;
use crate::program::OwnPrograms;
use crate::settings::{DefaultOwner, Settings};
#[cfg(all(unix, not(target_os = "macos")))]
use crate::sleep;
#[cfg(all(unix, not(target_os = "macos")))]
use crate::tray;
use crate::window::{Window, WindowProgram};
use crate::{folders, log, memory, network, passphrase, practice, wake, watch as watching};

/// How long answers and renewals under way may take together to leave and to come to disk when the agent ends.
const PATIENCE: Duration = Duration::from_secs(4);

/// Within which everything has ended, whoever does not answer: five seconds, less what the process itself takes.
const ENDS_WITHIN: Duration = Duration::from_millis(4800);

/// How long answers under way may take to leave when the agent ends.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// The file in the data folder that holds the profile's id.
const PROFILE: &str = "profile";

/// What `bowline agent` was asked to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct AgentArgs {
    /// Without notifications.
    pub headless: bool,
}

/// Why the agent did not start: the sentence for standard error, and the exit status.
struct Refusal(String, i32);

impl Refusal {
    fn other(problem: impl std::fmt::Display) -> Self {
        Self(problem.to_string(), 1)
    }

    /// A file that has to be written or read, and cannot.
    fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.display();
        let (cause, fix) = match error.kind() {
            ErrorKind::PermissionDenied => (
                "you may not write there".to_owned(),
                format!("run `chmod -R u+rwX` on the folder of {path}"),
            ),
            ErrorKind::ReadOnlyFilesystem => {
                ("the disk is read-only".to_owned(), "make it writable".to_owned())
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                ("no space is left".to_owned(), "make room on its disk".to_owned())
            }
            _ => (error.to_string(), "run `bowline agent` again once that is mended".to_owned()),
        };
        Self(format!("{path} cannot be written: {cause}; {fix}"), 1)
    }
}

/// Runs the agent until it is told to end. Gives the exit status.
pub fn run(args: AgentArgs) -> i32 {
    match live(args) {
        Ok(()) => 0,
        Err(Refusal(problem, status)) => {
            eprintln!("bowline: {problem}");
            status
        }
    }
}

/// SIGTERM and SIGINT, heard from the moment this is made: made first, so that none of them ends us halfway.
pub(crate) struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    /// # Errors
    /// The operating system's.
    pub(crate) fn hear() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// Resolves at the first of them.
    pub(crate) async fn told(&mut self) {
        tokio::select! { _ = self.term.recv() => {}, _ = self.int.recv() => {} }
    }
}

fn live(args: AgentArgs) -> Result<(), Refusal> {
    memory::share_one_arena();
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let paths = Paths::find().map_err(Refusal::other)?;
    paths.check_socket().map_err(|error| Refusal(error.to_string(), 2))?;
    folders::prepare(&paths).map_err(Refusal::other)?;
    let _lock = FolderLock::take(&paths.data, std::process::id()).map_err(|error| match error {
        LockError::Held { pid: Some(pid), .. } => {
            Refusal(format!("an agent runs for this profile already (pid {pid}): use that one, or end it with `bowline stop`"), 1)
        }
        other => Refusal::other(other),
    })?;
    log::start(&paths.agent_log()).map_err(|e| Refusal::file(&paths.agent_log(), &e))?;
    keep_memory_private();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .thread_stack_size(1024 * 1024)
        .enable_all()
        .build()
        .map_err(Refusal::other)?;
    to_its_end(runtime, serve(args, &paths))
}

/// Runs `work`, and leaves whatever else the runtime still has under way to itself: a look-up of a name on a dead
/// network or a keychain's dialog may block its thread for minutes, and nobody waits for its answer any more.
fn to_its_end<T>(runtime: tokio::runtime::Runtime, work: impl Future<Output = T>) -> T {
    let end = runtime.block_on(work);
    runtime.shutdown_background();
    end
}

async fn serve(args: AgentArgs, paths: &Paths) -> Result<(), Refusal> {
    let mut signals = Signals::hear().map_err(Refusal::other)?;
    let default_owner = DefaultOwner::of_this_session(args.headless);
    let settings = Settings::read(&paths.settings(), default_owner);
    for problem in &settings.view.problems {
        let told = watching::told(problem);
        tracing::warn!("{told}");
        eprintln!("bowline: {told}");
    }
    let clock: Arc<dyn Clock> = Arc::new(wake::clock());
    let (engine, orders) = start_engine(args, paths, &settings, clock).await?;
    let mut house = House::of(engine, orders, paths);
    // A start that fails here ends what runs already, as every end does.
    let opened = house.open(args, &settings, default_owner).await;
    if opened.is_ok() {
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "ready");
        let mut asked = house.stop.subscribe();
        tokio::select! { () = signals.told() => {}, _ = asked.wait_for(|stop| *stop) => {} }
    }
    tracing::info!("ending");
    let lost = house.close().await;
    opened?;
    if lost.is_empty() { Ok(()) } else { Err(lost_at_the_end(&lost, paths)) }
}

/// What runs, and has to be ended again.
struct House<'a> {
    engine: Arc<Engine>,
    paths: &'a Paths,
    stop: watch::Sender<bool>,
    desktop: Option<JoinHandle<()>>,
    agent: Option<Arc<Agent>>,
    servers: Vec<Server>,
    doors: JoinSet<()>,
    opening: Option<JoinHandle<()>>,
    _watch: Option<::notify::RecommendedWatcher>,
}

impl<'a> House<'a> {
    fn of(engine: Arc<Engine>, orders: Option<Orders>, paths: &'a Paths) -> Self {
        let (stop, _) = watch::channel(false);
        Self {
            desktop: serve_desktop(&engine, orders, &stop),
            engine,
            paths,
            stop,
            agent: None,
            servers: Vec::new(),
            doors: JoinSet::new(),
            opening: None,
            _watch: None,
        }
    }

    fn key_file(&self) -> PathBuf {
        self.paths.run.join("owner.key")
    }

    /// Opens the doors and says so.
    async fn open(
        &mut self,
        args: AgentArgs,
        settings: &Settings,
        default_owner: DefaultOwner,
    ) -> Result<(), Refusal> {
        let loopback = bind_loopback(settings).await;
        let http_port = loopback.as_ref().map(Loopback::port);
        let key = Secret::random(&SystemRandom, "bwo_");
        folders::write_private(&self.key_file(), key.expose())
            .map_err(|e| Refusal::file(&self.key_file(), &e))?;
        let agent = Arc::new(Agent {
            engine: Arc::clone(&self.engine),
            paths: self.paths.clone(),
            settings: RwLock::new(settings.view.clone()),
            started_with: settings.view.clone(),
            editing: Mutex::default(),
            owner_key: OwnerKey::new(key),
            own_programs: OwnPrograms::find(),
            practice: PracticeBeside::default(),
            default_owner,
            http_port,
            headless: args.headless,
            stop: self.stop.clone(),
        });
        self._watch = watching::start(&agent);
        self.agent = Some(Arc::clone(&agent));
        self.serve(loopback, agent)?;
        self.opening = Some(tokio::spawn(open_vault(Arc::clone(&self.engine))));
        listen_to_computer(&self.engine);
        say_ready(self.paths, http_port).map_err(|e| Refusal::file(&self.paths.agent_json(), &e))
    }

    fn serve(&mut self, loopback: Option<Loopback>, host: Arc<dyn Host>) -> Result<(), Refusal> {
        let file = self.paths.socket();
        let socket = Socket::bind(file)
            .map_err(|e| Refusal::other(format!("{} cannot be listened on: {e}", file.display())))?;
        let router = Door::new(Arc::clone(&self.engine), Arc::clone(&host)).router();
        let server = || Server::new(router.clone(), self.stop.subscribe());
        let (for_socket, for_loopback) = (server(), server());
        self.servers = vec![for_socket.clone(), for_loopback.clone()];
        self.doors.spawn(socket.serve(for_socket, Arc::clone(&self.engine), host));
        if let Some(loopback) = loopback {
            self.doors.spawn(loopback.serve(for_loopback));
        }
        Ok(())
    }

    /// Ends everything, and gives the accounts whose last answer is lost. The engine's patience is its own: what else
    /// ends, ends beside it.
    async fn close(self) -> Vec<String> {
        let ends = Instant::now() + ENDS_WITHIN;
        self.stop.send_replace(true);
        self.opening.iter().for_each(JoinHandle::abort);
        // A long poll may still wait; it is cut off.
        let drained = async {
            for server in &self.servers {
                server.drained().await;
            }
            self.doors.join_all().await;
        };
        let _ = timeout(LAST_ANSWERS, drained).await;
        // A practice provider that does not end in time hears from its pipe that we have.
        let practice = async {
            if let Some(agent) = &self.agent {
                agent.practice.end().await;
            }
        };
        let desktop = async {
            if let Some(desktop) = self.desktop {
                // It has known since the doors began to close.
                let _ = timeout(LAST_ANSWERS, desktop).await;
            }
        };
        let patience = PATIENCE.saturating_sub(LAST_ANSWERS);
        let (lost, ..) = tokio::join!(
            timeout_at(ends, self.engine.stop(patience)),
            timeout_at(ends, practice),
            timeout_at(ends, desktop)
        );
        for file in [self.paths.agent_json(), self.paths.run.join("owner.key")] {
            let _ = std::fs::remove_file(file);
        }
        lost.unwrap_or_else(|_| {
            tracing::error!("not everything could be brought to an end in time");
            Vec::new()
        })
    }
}

fn lost_at_the_end(accounts: &[String], paths: &Paths) -> Refusal {
    Refusal::other(format!(
        "a renewed token of {} could not be written to {} before the end and is lost: make room, then reconnect",
        accounts.join(", "),
        paths.data.display()
    ))
}

async fn start_engine(
    args: AgentArgs,
    paths: &Paths,
    settings: &Settings,
    clock: Arc<dyn Clock>,
) -> Result<(Arc<Engine>, Option<Orders>), Refusal> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let vault = open_or_make_vault(paths, &clock, &random)?;
    let profile = profile_id(paths, &*random).map_err(|e| Refusal::file(&paths.data.join(PROFILE), &e))?;
    let (notifier, orders): (Arc<dyn Notifier>, _) = if args.headless {
        (Arc::new(NoDesktop), None)
    } else {
        let (notifier, orders) = DesktopNotifier::new();
        (Arc::new(notifier), Some(orders))
    };
    let parts = Parts {
        store: Store::start(vault).map_err(Refusal::other)?,
        providers: Providers::new(&paths.providers(), practice::provider_file(paths)),
        transport: Arc::new(HttpTransport::new()),
        clock,
        random,
        keychain: Arc::new(Keychain::of_profile(&profile)),
        keystore: keystore(settings)?,
        browser: Arc::new(SystemBrowser),
        notifier,
        policy: settings.policy.clone(),
    };
    let engine = Engine::start(parts).await.map_err(|error: EngineError| Refusal::other(error))?;
    Ok((engine, orders))
}

/// What a person sees without asking: notifications and the tray, unless there is to be no desktop.
fn serve_desktop(
    engine: &Arc<Engine>,
    orders: Option<Orders>,
    stop: &watch::Sender<bool>,
) -> Option<JoinHandle<()>> {
    let orders = orders?;
    let window: Arc<dyn Window> = Arc::new(WindowProgram);
    #[cfg(all(unix, not(target_os = "macos")))]
    tokio::spawn(tray::serve(Arc::clone(engine), Arc::clone(&window), stop.clone()));
    Some(tokio::spawn(notify::serve(Arc::clone(engine), window, orders, stop.subscribe())))
}

/// Sleep, awakening and the network's return, for as long as the agent lives.
fn listen_to_computer(engine: &Arc<Engine>) {
    tokio::spawn(network::follow(Arc::clone(engine)));
    #[cfg(all(unix, not(target_os = "macos")))]
    tokio::spawn(sleep::follow(Arc::clone(engine)));
}

/// A vault is made where there never was one. The profile's id is written after the first vault is there, so where the
/// id is and the vault is not, something took it away.
fn open_or_make_vault(
    paths: &Paths,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Vault, Refusal> {
    let file = paths.data.join(bowline_vault::open::FILE);
    let refused = |error: VaultError| Refusal::other(told_of_vault(&error, &paths.data));
    if !file.exists() && paths.data.join(PROFILE).exists() {
        return Err(refused(VaultError::Emptied { file }));
    }
    Vault::open(&paths.data, Arc::clone(clock), Arc::clone(random)).map_err(refused)
}

/// Why the vault could not be opened, and the move.
fn told_of_vault(error: &VaultError, data: &std::path::Path) -> String {
    let data = data.display();
    let fix = match error {
        VaultError::Emptied { .. }
        | VaultError::NotAFile { .. }
        | VaultError::NotAVault { .. }
        | VaultError::ForeignDatabase { .. }
        | VaultError::Damaged { .. } => {
            format!("put your last copy of {data} in its place; to begin anew without it, move {data} away")
        }
        VaultError::NewerSchema { .. } => {
            "install the version of Bowline that wrote it, or a later one".to_owned()
        }
        VaultError::DiskFull { .. } => "make room on its disk".to_owned(),
        VaultError::ReadOnly { .. } => "make it writable for you, folder and disk included".to_owned(),
        VaultError::Busy { .. } => "end the program that has it open".to_owned(),
        // These say it themselves, or nobody knows.
        _ => return error.to_string(),
    };
    format!("{error}: {fix}")
}

/// The setting, or what the environment puts in its place.
fn keystore(settings: &Settings) -> Result<KeystoreChoice, Refusal> {
    match std::env::var("BOWLINE_KEYSTORE") {
        Ok(word) if !word.is_empty() => KeystoreChoice::parse(&word).ok_or_else(|| {
            Refusal(format!("BOWLINE_KEYSTORE is \"{word}\": it has to be \"keychain\" or \"passphrase\""), 2)
        }),
        _ => Ok(settings.keystore),
    }
}

/// The first try to open the vault. What keeps it locked is told to whoever asks for an account.
async fn open_vault(engine: Arc<Engine>) {
    let passphrase = match passphrase::from_file() {
        Ok(passphrase) => passphrase,
        Err(error) => {
            tracing::warn!(%error, "the passphrase could not be read");
            engine.note_opening_problem(error.to_string());
            None
        }
    };
    if let Err(error) = engine.open_at_start(passphrase).await {
        tracing::warn!(%error, "the vault stays locked");
    }
}

async fn bind_loopback(settings: &Settings) -> Option<Loopback> {
    if !settings.view.ipc.http {
        return None;
    }
    match Loopback::bind(settings.view.ipc.port).await {
        Ok(loopback) => Some(loopback),
        Err(error) => {
            let port = settings.view.ipc.port;
            tracing::error!(%error, port, "the loopback port cannot be listened on; the socket works");
            eprintln!("bowline: port {port} cannot be listened on ({error}); the socket works");
            None
        }
    }
}

/// The id under which this profile's key is filed, made at its first start.
fn profile_id(paths: &Paths, random: &dyn Random) -> std::io::Result<String> {
    let file = paths.data.join(PROFILE);
    match std::fs::read_to_string(&file) {
        Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Ok(_) => new_profile_id(&file, random),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => new_profile_id(&file, random),
        Err(error) => Err(error),
    }
}

fn new_profile_id(file: &std::path::Path, random: &dyn Random) -> std::io::Result<String> {
    let mut bytes = [0u8; 8];
    random.fill(&mut bytes);
    let id: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    folders::write_private(file, &id)?;
    Ok(id)
}

fn say_ready(paths: &Paths, http_port: Option<u16>) -> std::io::Result<()> {
    let ready = ReadyView {
        event: "ready".to_owned(),
        pid: std::process::id(),
        socket: paths.socket().display().to_string(),
        http: http_port.map(|port| format!("http://127.0.0.1:{port}")),
    };
    let line = serde_json::to_string(&ready)?;
    folders::write_private(&paths.agent_json(), &line)?;
    let mut out = std::io::stdout().lock();
    // Whoever started us may have gone already.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
    Ok(())
}

/// No core file holds our memory, and no other process of this user may read it.
fn keep_memory_private() {
    use nix::sys::resource::{Resource, setrlimit};
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0) {
        tracing::warn!(%error, "core files could not be turned off");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::warn!(%error, "our memory could not be kept from other processes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e18_a_start_that_fails_names_file_cause_and_move() {
        use std::io::{Error, ErrorKind};
        let file = std::path::Path::new("/h/run/owner.key");
        for (kind, words) in [
            (ErrorKind::PermissionDenied, "may not write there; run `chmod"),
            (ErrorKind::ReadOnlyFilesystem, "read-only; make it writable"),
            (ErrorKind::StorageFull, "no space is left; make room"),
            (ErrorKind::TimedOut, "run `bowline agent` again"),
        ] {
            let Refusal(told, status) = Refusal::file(file, &Error::from(kind));
            assert!(told.starts_with("/h/run/owner.key cannot be written: "), "{told}");
            assert!(told.contains(words) && status == 1, "{told}");
        }
    }

    #[test]
    fn e31_a_vault_that_cannot_be_opened_is_told_with_the_move() {
        let (data, file) = (std::path::Path::new("/d"), std::path::PathBuf::from("/d/vault.db"));
        for (error, words) in [
            (VaultError::Emptied { file: file.clone() }, "put your last copy of /d in its place"),
            (VaultError::Damaged { file: file.clone(), detail: "Tree 5".into() }, "move /d away"),
            (VaultError::NewerSchema { file: file.clone(), found: 9, known: 1 }, "install the version"),
            (VaultError::ReadOnly { file: file.clone() }, "make it writable"),
            (VaultError::DiskFull { file: file.clone() }, "make room"),
            (VaultError::Busy { file }, "end the program"),
        ] {
            let told = told_of_vault(&error, data);
            assert!(told.contains("/d/vault.db") && told.contains(words), "{told}");
        }
    }

    #[test]
    fn work_that_blocks_its_thread_does_not_keep_the_agent_from_ending() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let (tell, ended) = std::sync::mpsc::channel();
        let life = std::thread::spawn(move || {
            to_its_end(runtime, async {
                let (began, begun) = tokio::sync::oneshot::channel();
                tokio::task::spawn_blocking(move || {
                    let _ = began.send(());
                    blocked.recv()
                });
                begun.await.unwrap();
            });
            tell.send(()).unwrap();
        });
        let ended = ended.recv_timeout(Duration::from_secs(20));
        drop(release);
        life.join().unwrap();
        assert!(ended.is_ok(), "it waited for the work that blocks");
    }
}
