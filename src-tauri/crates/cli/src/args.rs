//! What may be typed (contract §4), with help in plain words and an example for each command.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, Parser, Subcommand};

use crate::length;

mod quick;

pub use quick::quick;

const ACCOUNT: &str = "Its label, id, username, provider, or provider:username";

/// Connect your accounts once; every app and script then asks Bowline for a valid token.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "bowline",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  bowline connect google\n  bowline token google --header | curl -H @- https://www.googleapis.com/oauth2/v3/userinfo\n\nExits: 0 done, 1 unexpected, 2 usage, 3 no such account or provider, 4 you must act,\n5 try again, 6 denied, 7 vault locked, 8 no agent, 9 connecting failed, 10 provider set up wrongly"
)]
pub struct Args {
    /// What fits every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What fits every command.
#[derive(Clone, Debug, Group)]
pub struct Common {
    /// Print JSON: one document, or one object a line where it streams
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not start the agent when none runs
    #[arg(long, global = true)]
    pub no_autostart: bool,
}

/// The commands, in the contract's order.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Connect an account by signing in at its provider
    #[command(
        after_help = "Examples:\n  bowline connect google --label work\n  bowline connect https://id.example.com\n  bowline connect ana@example.com"
    )]
    Connect(Connect),
    /// Sign in again with an account that is connected already
    #[command(after_help = "Example:\n  bowline reconnect work")]
    Reconnect(Reconnect),
    /// List all accounts, those that need you first
    #[command(after_help = "Example:\n  bowline accounts --json")]
    Accounts,
    /// Show how an account fares; exits as `bowline token` would
    #[command(after_help = "Example:\n  bowline status work || bowline reconnect work")]
    Status {
        #[doc = "The account; all of them when left out"]
        #[arg(help = ACCOUNT)]
        account: Option<String>,
    },
    /// Give an account another label
    #[command(after_help = "Example:\n  bowline rename google work")]
    Rename {
        #[doc = "The account."]
        #[arg(help = ACCOUNT)]
        account: String,
        /// The new label
        label: String,
    },
    /// Print a valid access token and nothing else
    #[command(after_help = "Examples:\n  bowline token work\n  bowline token work --min-ttl 5m --wait 60s")]
    Token(Token),
    /// Renew an account's token now
    #[command(after_help = "Example:\n  bowline refresh work")]
    Refresh {
        #[doc = "The account."]
        #[arg(help = ACCOUNT)]
        account: String,
    },
    /// Run a command with the token in its environment, or in a file that stays fresh
    #[command(
        after_help = "Examples:\n  bowline exec work -- ./backup.sh\n  bowline exec work --file -- sh -c 'cat \"$BOWLINE_TOKEN_FILE\"'"
    )]
    Exec(Exec),
    /// Withdraw the grant at the provider, then forget the account
    #[command(after_help = "Example:\n  bowline disconnect work --yes")]
    Disconnect(Disconnect),
    /// Serve and renew nothing for this account until it is resumed
    #[command(after_help = "Example:\n  bowline pause work")]
    Pause {
        #[doc = "The account."]
        #[arg(help = ACCOUNT)]
        account: String,
    },
    /// Take a pause back
    #[command(after_help = "Example:\n  bowline resume work")]
    Resume {
        #[doc = "The account."]
        #[arg(help = ACCOUNT)]
        account: String,
    },
    /// Name the account that stands in while this one's provider is down
    #[command(after_help = "Examples:\n  bowline fallback work home\n  bowline fallback work none")]
    Fallback {
        #[doc = "The account."]
        #[arg(help = ACCOUNT)]
        account: String,
        /// The account that stands in, or none
        other: String,
    },
    /// Let a key of your own stand in while an account's provider is down; the key is typed, or comes on stdin
    #[command(
        after_help = "Examples:\n  bowline emergency work --reason 'release 2.1' --for 15m < key\n  bowline emergency work --end"
    )]
    Emergency(Emergency),
    /// See which apps may read which accounts; allow, deny, revoke
    #[command(after_help = "Example:\n  bowline apps approve req_… --account work")]
    Apps {
        #[doc = "What to do; `list` when left out."]
        #[command(subcommand)]
        verb: Option<Apps>,
    },
    /// See the providers, and set one up
    #[command(after_help = "Example:\n  bowline providers show google")]
    Providers {
        #[doc = "What to do; `list` when left out."]
        #[command(subcommand)]
        verb: Option<Providers>,
    },
    /// Read the audit trail
    #[command(after_help = "Examples:\n  bowline log --account work\n  bowline log verify")]
    Log(Log),
    /// Print what the agent counts, in the Prometheus text format
    #[command(after_help = "Example:\n  bowline metrics | grep bowline_refresh_total")]
    Metrics,
    /// See, unlock, lock or rekey the vault
    #[command(after_help = "Example:\n  bowline vault unlock")]
    Vault {
        #[doc = "What to do; `status` when left out."]
        #[command(subcommand)]
        verb: Option<Vault>,
    },
    /// Run the practice provider, to try every flow and every failure without an outside account
    #[command(after_help = "Example:\n  bowline practice --access-ttl 60s --rotate --fail status:503@2")]
    Practice(Practice),
    /// Check that everything is well, and say what to do where it is not
    #[command(after_help = "Example:\n  bowline doctor work")]
    Doctor {
        #[doc = "Look at this account too"]
        #[arg(help = ACCOUNT)]
        account: Option<String>,
    },
    /// Run the agent: vault, renewal, local API
    #[command(after_help = "Example:\n  bowline agent --headless")]
    Agent(Agent),
    /// End the agent
    #[command(after_help = "Example:\n  bowline stop")]
    Stop,
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  bowline completions bash > ~/.local/share/bash-completion/completions/bowline"
    )]
    Completions {
        #[doc = "The shell."]
        shell: clap_complete::Shell,
    },
    /// Print the manual
    #[command(after_help = "Example:\n  bowline man | man -l -")]
    Man,
}

/// `bowline connect`
#[derive(Clone, Debug, Group)]
pub struct Connect {
    /// A provider's id, an issuer's URL, or an e-mail address
    pub provider: String,
    /// Ask for this scope too
    #[arg(long = "scope", value_name = "S")]
    pub scopes: Vec<String>,
    /// Call the account this
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    /// Print the address instead of opening it
    #[arg(long)]
    pub no_browser: bool,
    /// Show a code to type on any device, instead of this computer's browser
    #[arg(long)]
    pub device: bool,
    /// Propose this user at the provider's sign-in page
    #[arg(long, value_name = "H")]
    pub login_hint: Option<String>,
    /// Wait this long for you to sign in [default: the setting, 5m]
    #[arg(long, value_name = "TIME", value_parser = length::parse)]
    pub timeout: Option<Duration>,
}

/// `bowline reconnect`
#[derive(Clone, Debug, Group)]
pub struct Reconnect {
    #[doc = "The account."]
    #[arg(help = ACCOUNT)]
    pub account: String,
    /// Ask for this scope too
    #[arg(long = "scope", value_name = "S")]
    pub scopes: Vec<String>,
    /// Print the address instead of opening it
    #[arg(long)]
    pub no_browser: bool,
    /// Show a code to type on any device, instead of this computer's browser
    #[arg(long)]
    pub device: bool,
}

/// `bowline token`
#[derive(Clone, Debug, Group)]
pub struct Token {
    #[doc = "The account."]
    #[arg(help = ACCOUNT)]
    pub account: String,
    /// The token must still live this long; it is renewed first if it does not
    #[arg(long, value_name = "TIME", value_parser = length::parse)]
    pub min_ttl: Option<Duration>,
    /// The token must carry this scope
    #[arg(long = "scope", value_name = "S")]
    pub scopes: Vec<String>,
    /// Print the whole HTTP header
    #[arg(long)]
    pub header: bool,
    /// Wait this long for the account to be usable
    #[arg(long, value_name = "TIME", value_parser = length::parse)]
    pub wait: Option<Duration>,
}

/// `bowline exec`
#[derive(Clone, Debug, Group)]
pub struct Exec {
    #[doc = "The account."]
    #[arg(help = ACCOUNT)]
    pub account: String,
    /// The variable that holds the token [default: BOWLINE_TOKEN]
    #[arg(long, value_name = "NAME", conflicts_with = "file", value_parser = variable)]
    pub env: Option<String>,
    /// Put the token in a file, named by BOWLINE_TOKEN_FILE and replaced at each renewal
    #[arg(long)]
    pub file: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// `bowline disconnect`
#[derive(Clone, Debug, Group)]
pub struct Disconnect {
    #[doc = "The account."]
    #[arg(help = ACCOUNT)]
    pub account: String,
    /// Forget it here without asking the provider to withdraw the grant
    #[arg(long)]
    pub local_only: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// `bowline emergency`
#[derive(Clone, Debug, Group)]
pub struct Emergency {
    #[doc = "The account."]
    #[arg(help = ACCOUNT)]
    pub account: String,
    /// Why it is needed, for the record [default: asked for]
    #[arg(long, value_name = "R")]
    pub reason: Option<String>,
    /// For how long at most
    #[arg(long = "for", value_name = "TIME", value_parser = length::parse, default_value = "30m")]
    pub length: Duration,
    /// End the key that stands in
    #[arg(long, conflicts_with_all = ["reason", "length"])]
    pub end: bool,
}

/// `bowline apps`
#[derive(Clone, Debug, Subcommand)]
pub enum Apps {
    /// List the apps and what each may read
    List,
    /// List the open questions
    Requests,
    /// Say yes to a question
    Approve {
        /// The question's id: req_…
        request: String,
        /// Allow this account; what was asked for when left out
        #[arg(long = "account", value_name = "A")]
        accounts: Vec<String>,
        /// For how long: 1h or revoked; for a program also once, which it is when left out
        #[arg(long = "for", value_name = "TIME", value_parser = ["once", "1h", "revoked"])]
        length: Option<String>,
    },
    /// Say no to a question
    Deny {
        /// The question's id: req_…
        request: String,
        /// Do not ask about this program and account again
        #[arg(long)]
        block: bool,
    },
    /// Make an app's key useless at once, or forget what was decided about a program
    Revoke {
        /// The app's id or name
        app: String,
    },
}

/// `bowline providers`
#[derive(Clone, Debug, Subcommand)]
pub enum Providers {
    /// List the providers
    List,
    /// Show one provider: lifetimes, rotation, what makes you needed, the redirect to register
    Show {
        /// The provider's id
        provider: String,
    },
    /// Check a provider file
    Check {
        /// The file
        file: PathBuf,
    },
    /// Check a provider file and take it up
    Add {
        /// The file
        file: PathBuf,
    },
    /// Store a provider's client secret, typed or from stdin
    SetSecret {
        /// The provider's id
        provider: String,
    },
}

/// `bowline log`
#[derive(Clone, Debug, Group)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Log {
    /// Only this account
    #[arg(long, value_name = "A")]
    pub account: Option<String>,
    /// Go on printing as things happen
    #[arg(long)]
    pub follow: bool,
    #[doc = "What to do instead of reading."]
    #[command(subcommand)]
    pub verb: Option<LogVerb>,
}

/// `bowline log verify`
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum LogVerb {
    /// Check that no entry was changed or taken out
    Verify,
}

/// `bowline vault`
#[derive(Clone, Debug, Subcommand)]
pub enum Vault {
    /// Show how the master key stands
    Status,
    /// Unlock, with the passphrase where there is one
    Unlock,
    /// Wipe the key from memory
    Lock,
    /// Make a new key and seal everything anew
    Rekey {
        /// Who keeps the new key [default: who keeps the old one]
        #[arg(long, value_name = "KEEPER", value_parser = ["keychain", "passphrase"])]
        keystore: Option<String>,
    },
    /// Write everything to a new file that only a passphrase opens
    Export {
        /// The file, which must not be there yet
        file: std::path::PathBuf,
    },
    /// Add what is in an export and not here
    Import {
        /// The file that `vault export` wrote
        file: std::path::PathBuf,
    },
}

/// `bowline practice`
#[derive(Clone, Debug, Group)]
pub struct Practice {
    /// Listen on this port [default: any free one]
    #[arg(long)]
    pub port: Option<u16>,
    /// How long an access token lives
    #[arg(long, value_name = "TIME", value_parser = length::parse, default_value = "60s")]
    pub access_ttl: Duration,
    /// How long a grant lives [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = length::parse)]
    pub grant_ttl: Option<Duration>,
    /// Give a new refresh token at each renewal
    #[arg(long)]
    pub rotate: bool,
    /// With --rotate: how long the old refresh token still works [default: not at all]
    #[arg(long, value_name = "TIME", value_parser = length::parse, requires = "rotate")]
    pub rotate_grace: Option<Duration>,
    /// Fail like this, at the n-th request when @n is given
    #[arg(long, value_name = "MODE[@n]")]
    pub fail: Vec<String>,
    /// List the ways to fail, and the status each must lead to
    #[arg(long)]
    pub list: bool,
    /// End when the standard input does
    #[arg(long, hide = true)]
    pub with_stdin: bool,
}

/// `bowline agent`
#[derive(Clone, Copy, Debug, Group)]
pub struct Agent {
    /// Without notifications, tray and questions
    #[arg(long)]
    pub headless: bool,
}

/// A variable that holds a token must be one that no program reads for anything else: the loader prints what it finds
/// in some of them.
fn variable(name: &str) -> Result<String, String> {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = name.starts_with(starts) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let taken = ["LD_", "DYLD_", "GLIBC_"].iter().any(|start| name.starts_with(start));
    let known =
        ["PATH", "HOME", "SHELL", "IFS", "ENV", "BASH_ENV", "PYTHONPATH", "NODE_OPTIONS"].contains(&name);
    match (is_name, taken || known) {
        (false, _) => Err("it is not the name of a variable".to_owned()),
        (_, true) => Err("that variable means something else to other programs".to_owned()),
        _ => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests;
