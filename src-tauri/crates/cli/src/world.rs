//! What a command works with: streams, folders, the way to the agent, and the seams that tests replace.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bowline_base::{Action, Wall};
use bowline_wire::shapes::{AccountView, AccountsView};
use bowline_wire::{Client, ClientError, Code, Paths};

use crate::error::Failure;
use crate::fix;
use crate::print::Out;
use crate::signals::{self, OnSignal};
use crate::start;

/// Everything a command touches.
pub struct World<'w> {
    /// Where it prints.
    pub out: Out<'w>,
    /// Where it reads answers and secrets.
    pub input: Box<dyn BufRead + 'w>,
    /// Somebody can be asked.
    pub input_terminal: bool,
    /// Reads a line at the terminal without showing it.
    pub hidden: fn(&str) -> io::Result<String>,
    /// Asks at the terminal itself, whatever stdin is, and gives what was typed; an error where there is none.
    pub terminal: fn(&str) -> io::Result<String>,
    /// Whether an agent may be started when none runs.
    pub autostart: bool,
    /// Where everything is.
    pub paths: Paths,
    /// The file that holds the vault's passphrase, if one is named.
    pub passphrase_file: Option<PathBuf>,
    /// What time it is.
    pub now: fn() -> Wall,
    /// Starts an agent and comes back when it answers.
    pub start: fn(&Paths) -> Result<(), Failure>,
    /// Hands signals to somebody.
    pub watch: fn(&'static [nix::sys::signal::Signal], OnSignal),
    /// Opens a page in the browser that this process's environment names, if it names one.
    pub open_page: Option<fn(&str) -> bool>,
    /// Becomes another program; comes back only when that fails.
    pub become_program: fn(&mut std::process::Command) -> io::Error,
    client: Client,
}

impl<'w> World<'w> {
    /// A world around these streams and folders, with nobody to ask and this process's own seams.
    pub fn new(out: Out<'w>, paths: Paths) -> Self {
        Self {
            out,
            input: Box::new(io::empty()),
            input_terminal: false,
            hidden: |prompt| rpassword::prompt_password(prompt),
            terminal: crate::ask::at_terminal,
            autostart: true,
            passphrase_file: None,
            now: wall,
            start: start::start,
            watch: signals::watch,
            open_page: None,
            become_program: std::os::unix::process::CommandExt::exec,
            client: Client::connect(&paths),
            paths,
        }
    }

    /// Asks the agent, and starts one first when none runs.
    pub fn ask<T>(&self, call: impl Fn(&Client) -> Result<T, ClientError>) -> Result<T, Failure> {
        match call(&self.client) {
            Err(ClientError::NoAgent { .. }) if self.autostart => {
                (self.start)(&self.paths)?;
                call(&self.client).map_err(Failure::from)
            }
            answer => answer.map_err(Failure::from),
        }
    }

    /// The way to the agent, for what must not start one.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Puts names that a person knows in the place of ids, where the agent named several accounts, and the provider
    /// that has to be mended in its place.
    pub fn complete(&self, mut failure: Failure) -> Failure {
        if failure.is(Code::ProviderMisconfigured)
            && let Some(id) = failure.problem.as_ref().and_then(|problem| problem.account.as_deref())
            && let Ok(account) = self
                .client
                .get(bowline_wire::client::path(["accounts", id]))
                .timeout(Duration::from_secs(2))
                .send::<AccountView>()
        {
            failure.fix = fix::of_action(Some(Action::FixProvider), id, &account.provider);
        }
        if failure.is(Code::AmbiguousAccount)
            && let Some(problem) = &failure.problem
            && let Ok(all) =
                self.client.get("/v1/accounts").timeout(Duration::from_secs(2)).send::<AccountsView>()
        {
            let mut named = problem.clone();
            for id in &mut named.candidates {
                if let Some(account) = all.accounts.iter().find(|a| a.id == *id) {
                    *id = unmistakable(account, &all);
                }
            }
            failure.fix = fix::of(&named, None);
        }
        failure
    }
}

impl World<'static> {
    /// This process's own world.
    pub fn of_this_process(out: Out<'static>, paths: Paths) -> Self {
        Self {
            input: Box::new(io::BufReader::new(io::stdin())),
            input_terminal: io::stdin().is_terminal(),
            open_page: start::page_opener(),
            passphrase_file: std::env::var_os("BOWLINE_PASSPHRASE_FILE").map(PathBuf::from),
            ..Self::new(out, paths)
        }
    }
}

/// The shortest selector that fits this account only: its label, `provider:username`, or its id.
fn unmistakable(account: &bowline_wire::shapes::AccountView, all: &AccountsView) -> String {
    let fits = |selector: &str| {
        all.accounts
            .iter()
            .filter(|a| a.label.as_deref() == Some(selector) || a.username.as_deref() == Some(selector))
            .count()
    };
    if let Some(label) = account.label.as_deref().filter(|l| fits(l) == 1) {
        return label.into();
    }
    let Some(username) = &account.username else { return account.id.clone() };
    let same = |a: &&bowline_wire::shapes::AccountView| {
        a.provider == account.provider && a.username == account.username
    };
    match all.accounts.iter().filter(same).count() {
        1 => format!("{}:{username}", account.provider),
        _ => account.id.clone(),
    }
}

fn wall() -> Wall {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Wall::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
