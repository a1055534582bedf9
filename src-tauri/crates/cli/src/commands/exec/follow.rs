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

/// When the agent is away, or has no token for now, it tries again after this long, and each time later.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// The longest pause while there is no token; a renewal is told of, and ends it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Follows in a thread of its own, until the file is gone.
pub(super) fn start(socket: &Path, first: &TokenView, writer: Writer) {
    let mut follower = Follower {
        agent: Client::at(socket),
        account: first.account.clone(),
        writer,
        current: first.access_token.sha256_hex(),
        look_at: Instant::now() + until_look(first),
        refused: 0,
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
    /// How often in a row there was no token.
    refused: u32,
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
                self.refused = 0;
                until_look(&token)
            }
            Err(error) => {
                self.refused = self.refused.saturating_add(1);
                pause(&error, self.refused)
            }
        };
        self.look_at = Instant::now() + pause;
    }
}

/// How long to leave the agent alone after it gave no token so many times: as long as it says, else longer each time.
fn pause(error: &ClientError, refused: u32) -> Duration {
    let named = match error {
        ClientError::Problem(problem) => problem.retry_after_s.map(Duration::from_secs),
        _ => None,
    };
    let growing = TRY_AGAIN * (1 << refused.saturating_sub(1).min(5));
    named.unwrap_or(growing).clamp(TRY_AGAIN, LONGEST_PAUSE)
}

/// After four fifths of what is left: the agent renews after three quarters at the latest, so a renewal it
/// did not tell of is found while the old token still lives.
fn until_look(token: &TokenView) -> Duration {
    let left = token.expires_in.map_or(LONGEST, Duration::from_secs);
    (left * 4 / 5).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use bowline_wire::{Code, Problem};

    use super::*;

    #[test]
    fn an_agent_that_has_no_token_is_asked_less_and_less_often() {
        let problem = |code| ClientError::Problem(Box::new(Problem::new(code, "no")));
        let misconfigured = problem(Code::ProviderMisconfigured);
        let pauses: Vec<u64> = (1..=7).map(|n| pause(&misconfigured, n).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
        let told = Problem::new(Code::TemporarilyUnavailable, "later").retry_after(45);
        assert_eq!(pause(&ClientError::Problem(Box::new(told)), 1), Duration::from_secs(45));
        assert_eq!(pause(&ClientError::TimedOut, 1), TRY_AGAIN);
    }
}
