//! Keeps the token file fresh: at each renewal the agent tells of, and before the token ends should
//! nothing be told. Every look is a read in the audit trail, so there are few.

use std::path::Path;
use std::time::{Duration, Instant};

use bowline_wire::client::path;
use bowline_wire::events::Received;
use bowline_wire::shapes::TokenView;
use bowline_wire::{Client, ClientError};

use super::token_file::Writer;

/// Without an end, or far from it, it looks again after this long.
const LONGEST: Duration = Duration::from_secs(600);

/// However near the end is, it does not look more often.
const SHORTEST: Duration = Duration::from_millis(500);

/// When the agent is away, or has no token for now, it tries again after this long.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// Follows in a thread of its own, until the file is gone.
pub(super) fn start(socket: &Path, first: &TokenView, writer: Writer) {
    let mut follower = Follower {
        agent: Client::at(socket),
        account: first.account.clone(),
        writer,
        current: first.access_token.sha256_hex(),
        look_at: Instant::now() + until_look(first),
    };
    std::thread::spawn(move || {
        while follower.writer.is_open() {
            follower.turn();
        }
    });
}

struct Follower {
    agent: Client,
    account: String,
    writer: Writer,
    /// The hash of the token in the file.
    current: String,
    look_at: Instant,
}

impl Follower {
    /// Listens until a renewal is told or it is time to look; then looks.
    fn turn(&mut self) {
        let left = self.look_at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return self.look();
        }
        match self.listen(left) {
            Ok(()) | Err(ClientError::TimedOut) => self.look(),
            // The agent went away, and may come back with a new token that was told to nobody.
            Err(_) => {
                std::thread::sleep(TRY_AGAIN.min(left));
                self.look_at = self.look_at.min(Instant::now());
            }
        }
    }

    fn listen(&self, limit: Duration) -> Result<(), ClientError> {
        let ours = |e: &Received| e.name == "account.token" && e.account() == Some(&self.account);
        for event in self.agent.get("/v1/events").timeout(limit).events()? {
            if ours(&event?) {
                return Ok(());
            }
        }
        Err(ClientError::Io(std::io::ErrorKind::UnexpectedEof.into()))
    }

    /// Takes a newer token over, and plans the next look.
    fn look(&mut self) {
        let call = self.agent.get(path(["accounts", &self.account, "token"]));
        let pause = match call.send::<TokenView>() {
            Ok(token) => {
                let hash = token.access_token.sha256_hex();
                if hash != self.current && self.writer.replace(&token.access_token) {
                    self.current = hash;
                }
                until_look(&token)
            }
            Err(_) => TRY_AGAIN,
        };
        self.look_at = Instant::now() + pause;
    }
}

/// After four fifths of what is left: the agent renews after three quarters at the latest, so a renewal it
/// did not tell of is found while the old token still lives.
fn until_look(token: &TokenView) -> Duration {
    let left = token.expires_in.map_or(LONGEST, Duration::from_secs);
    (left * 4 / 5).clamp(SHORTEST, LONGEST)
}
