//! The practice provider beside an agent: a child process of our own program, never two of them, gone with the agent.
//!
//! Its standard input is a pipe whose other end we hold: however the agent ends, the pipe ends with it, and so does the
//! child.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bowline_base::{Reason, length};
use bowline_engine::EngineError;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a start may take.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How long a provider on this computer may take to be reached.
const REACHED_WITHIN: Duration = Duration::from_millis(500);
/// How long it may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The child, if there is one.
#[derive(Default)]
pub(crate) struct PracticeBeside(Mutex<Option<Child>>);

impl PracticeBeside {
    /// Starts it, unless one runs: ours, or one that a person started and that says `issuer`.
    pub(crate) async fn start(
        &self,
        bowline: &Path,
        issuer: Option<String>,
        access_ttl: Option<Duration>,
    ) -> Result<(), EngineError> {
        let mut ours = self.0.lock().await;
        let runs = ours.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if runs || is_reached(issuer.as_deref()).await {
            return Ok(());
        }
        let mut command = Command::new(bowline);
        command.args(["practice", "--json", "--with-stdin"]);
        if let Some(life) = access_ttl {
            command.args(["--access-ttl", &length::write(life)]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| not_started(&error.to_string()))?;
        let said = child.stdout.take();
        let ready = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let read = said.map(|out| BufReader::new(out).read_line(&mut line));
            read.is_some_and(|read| read.is_ok()) && line.contains("\"ready\"")
        });
        if matches!(timeout(READY_WITHIN, ready).await, Ok(Ok(true))) {
            *ours = Some(child);
            return Ok(());
        }
        end(child).await;
        Err(not_started("it did not get ready"))
    }

    /// Ends it, if it is ours.
    pub(crate) async fn end(&self) {
        if let Some(child) = self.0.lock().await.take() {
            end(child).await;
        }
    }
}

/// Asks it to end, and sees to it when it does not.
async fn end(mut child: Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    let gone = async {
        while matches!(child.try_wait(), Ok(None)) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    if timeout(ENDS_WITHIN, gone).await.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// True where somebody listens at this issuer: its file may have outlived it.
async fn is_reached(issuer: Option<&str>) -> bool {
    let Some(url) = issuer.and_then(|issuer| url::Url::parse(issuer).ok()) else { return false };
    let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else { return false };
    let host = host.trim_matches(['[', ']']).to_owned();
    matches!(timeout(REACHED_WITHIN, TcpStream::connect((host, port))).await, Ok(Ok(_)))
}

fn not_started(why: &str) -> EngineError {
    EngineError::TemporarilyUnavailable {
        detail: format!(
            "the practice provider could not be started ({why}): try again, or run `bowline practice`"
        ),
        account: None,
        reason: Reason::ProviderUnreachable,
        retry_after: Duration::from_secs(1),
        failure: None,
    }
}
