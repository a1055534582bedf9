//! The shapes the window may see, and the source of the ui's types (`ui/src/types`, written by `make types`).
//!
//! No shape here has room for a token, a code, a secret or the address of a sign-in: what needs one of these
//! is done in this program or in the agent, and the window learns only how it went. The one path that is
//! shown is that of a program that asks for access, because a person has to judge it. Texts that came from
//! outside are cleaned and capped by [`crate::shown`] before they are put in here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! view {
    ($($(#[$doc:meta])* $kind:ident $name:ident $body:tt)+) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        #[ts(export)]
        pub $kind $name $body)+
    };
}

view! {
    /// Everything the window shows at first, in one answer.
    struct Snapshot {
        /// How the agent is reached.
        pub agent: AgentState,
        /// How the master key stands; `None` while no agent answers.
        pub vault: Option<Vault>,
        /// All accounts.
        pub accounts: Vec<Account>,
        /// Every open question to the person, oldest first.
        pub questions: Vec<Question>,
        /// The alerts that are open, oldest first.
        pub alerts: Vec<Alert>,
    }

    /// What the page is handed at its start.
    struct First {
        /// Everything, as it was while the window was being made.
        pub snapshot: Snapshot,
        /// What the person chose for the window.
        pub prefs: Prefs,
    }

    /// How the agent is reached.
    enum AgentState {
        /// It is being looked for or started.
        Starting,
        /// It answers.
        Here,
        /// It cannot be started, or ended: the snapshot's lists are the last that were known.
        Gone,
        /// It answers in a version that this window does not fit.
        Mismatch,
    }

    /// How the master key stands.
    struct Vault {
        /// True while nothing can be read.
        pub locked: bool,
        /// `keychain` or `passphrase`.
        pub keystore: String,
        /// `keychain_locked`, `keychain_missing`, `key_changed`, or nothing.
        pub reason: Option<String>,
        /// One sentence that a person can act on.
        pub message: Option<String>,
    }

    /// How an account fares, as the contract names it.
    enum Status {
        /// The vault's key cannot be had.
        Locked,
        /// The person asked for quiet.
        Paused,
        /// The provider's settings are wrong.
        Misconfigured,
        /// Only the person can mend it.
        NeedsReconnect,
        /// No valid token, for a cause that passes.
        Unavailable,
        /// A required permission is missing.
        InsufficientPermissions,
        /// Renewal fails for now.
        Degraded,
        /// The person will be needed by a date.
        Expiring,
        /// All is well.
        Healthy,
    }

    /// Whose move it is.
    enum Action {
        /// Connect for the first time.
        Connect,
        /// Sign in again.
        Reconnect,
        /// It mends itself.
        Wait,
        /// Mend the provider's settings.
        FixProvider,
        /// Ask the administrator.
        AskAdmin,
        /// Unlock the vault.
        Unlock,
        /// Take back the pause.
        Resume,
    }

    /// An account as the window shows it.
    struct Account {
        /// Its id; stays the same through every reconnect.
        pub id: String,
        /// The provider's id, by which its mark is found.
        pub provider: String,
        /// The provider's name.
        pub provider_name: String,
        /// What to call it: the label, else the user name, else the id.
        pub name: String,
        /// The label, if it has one.
        pub label: Option<String>,
        /// The user name at the provider.
        pub username: Option<String>,
        /// The person's name at the provider.
        pub display_name: Option<String>,
        /// How it fares.
        pub status: Status,
        /// The contract's word for why.
        pub reason: Option<String>,
        /// One sentence that a person can act on.
        pub message: String,
        /// Whose move it is.
        pub action: Option<Action>,
        /// Permissions that were asked for.
        pub scopes_requested: Vec<String>,
        /// Permissions that were granted.
        pub scopes_granted: Vec<String>,
        /// Required permissions that are missing.
        pub scopes_missing: Vec<String>,
        /// When the current access ends (RFC 3339, UTC, as all times here).
        pub access_expires_at: Option<String>,
        /// When the grant ends, where that is known.
        pub grant_expires_at: Option<String>,
        /// When the person will probably be needed.
        pub forecast_ends_at: Option<String>,
        /// Why then.
        pub forecast_because: Option<String>,
        /// When it is renewed next.
        pub next_refresh_at: Option<String>,
        /// False where the provider gave nothing to renew with.
        pub refreshable: bool,
        /// The last renewal.
        pub last_refresh: Option<Renewal>,
        /// When it was connected.
        pub connected_at: String,
        /// When it was last reconnected.
        pub reconnected_at: Option<String>,
        /// The apps that may read it, by name.
        pub used_by: Vec<String>,
        /// Where the person can end access at the provider: `https` only.
        pub dashboard: Option<String>,
        /// The id of the account that stands in while this one's provider is down.
        pub fallback: Option<String>,
        /// What stands in at present: that account's id, or `emergency`.
        pub standing_in: Option<String>,
        /// When the emergency key that is in force ends.
        pub emergency_ends_at: Option<String>,
    }

    /// How a renewal went.
    struct Renewal {
        /// When.
        pub at: String,
        /// It brought a token.
        pub ok: bool,
        /// The contract's word for what went wrong.
        pub code: Option<String>,
        /// The provider's HTTP status.
        pub http_status: Option<u16>,
        /// The provider's own words, cleaned.
        pub provider_words: Option<String>,
        /// How many requests it took.
        pub attempts: u32,
    }

    /// What a question to the person is about.
    enum QuestionKind {
        /// An app asks for access.
        App,
        /// A program without a key wants to read an account (`[ipc] owner = "confirm"`).
        Program,
        /// Somebody asks the person to reconnect an account.
        Reconnect,
        /// A key of the person's own is to stand in for an account whose provider is down.
        Emergency,
    }

    /// A question to the person.
    struct Question {
        /// Its id.
        pub id: String,
        /// What it is about.
        pub kind: QuestionKind,
        /// What the asker calls itself; a program's file name.
        pub name: String,
        /// The path of the program that asks, where it could be told.
        pub program: Option<String>,
        /// The path of the program that started it, where it could be told.
        pub parent: Option<String>,
        /// What it is for, in the asker's own words.
        pub because: Option<String>,
        /// A word that the app shows too, to compare.
        pub code: Option<String>,
        /// When another file at this program's path was allowed: it was updated or replaced since.
        pub allowed_before: Option<String>,
        /// The account it is about, if it is about one.
        pub account: Option<String>,
        /// What the app asks for.
        pub wants: Vec<Want>,
        /// When it was asked.
        pub created_at: String,
        /// When it ends by itself, as a no.
        pub expires_at: String,
        /// The person is signing in already.
        pub opened: bool,
        /// For how many minutes an emergency key is to stand in.
        pub minutes: Option<u32>,
    }

    /// One wish of an app.
    struct Want {
        /// A provider's id: any account there.
        pub provider: Option<String>,
        /// An account's id, or what the app called it.
        pub account: Option<String>,
        /// The permissions it wants; `None` for all that the account has.
        pub scopes: Option<Vec<String>>,
        /// It wants to see what Bowline counts, in the place of an account.
        pub metrics: bool,
    }

    /// The answer to a question about a program or a reconnect.
    enum Answer {
        /// Yes.
        Allow,
        /// No.
        Deny,
        /// No, and do not ask again.
        Block,
    }

    /// For how long a yes holds.
    enum Term {
        /// This once.
        Once,
        /// One hour.
        Hour,
        /// Until it is taken back.
        Revoked,
    }

    /// A provider in the picker.
    struct Provider {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Words by which it is found besides: domains, brands.
        pub also: Vec<String>,
        /// `built_in`, `file`, `issuer` or `practice`.
        pub origin: String,
        /// The person has to bring a client id first.
        pub needs_client: bool,
        /// The client needs a secret.
        pub needs_secret: bool,
        /// A client id is set.
        pub has_client: bool,
        /// A client secret is sealed in the vault.
        pub has_secret: bool,
        /// `none`, `client_secret_basic` or `client_secret_post`.
        pub client_auth: String,
        /// The client id that is set: public, no secret.
        pub client_id: Option<String>,
        /// Where to register a client: `https` only.
        pub console: Option<String>,
        /// The address to give at registration.
        pub redirect_uri: String,
        /// A code can be used in the place of this computer's browser.
        pub device: bool,
        /// What is asked for.
        pub scopes: Vec<String>,
        /// What its people should know, one sentence each.
        pub notes: Vec<String>,
    }

    /// A provider file that could not be read, or settings that could not.
    struct FileProblem {
        /// The file's name, without its folders.
        pub file: Option<String>,
        /// The line, from 1.
        pub line: Option<usize>,
        /// The field.
        pub field: Option<String>,
        /// What is wrong.
        pub problem: String,
        /// What was probably meant.
        pub suggestion: Option<String>,
    }

    /// The catalogue.
    struct Providers {
        /// In order of name.
        pub providers: Vec<Provider>,
        /// Files that could not be read.
        pub problems: Vec<FileProblem>,
    }

    /// A person's own client for a provider. The secret is sealed by the agent and never comes back.
    struct ClientGiven {
        /// The provider's id; for a provider that is not in the catalogue, one made of its name.
        pub provider: String,
        /// The provider's name, for one that is not in the catalogue.
        pub name: Option<String>,
        /// The issuer's address, for one that is not in the catalogue.
        pub issuer: Option<String>,
        /// The client id.
        pub client_id: String,
        /// The client secret, where the provider gives one.
        pub client_secret: Option<String>,
    }

    /// What to connect.
    struct ConnectWish {
        /// A provider's id, an issuer's address or an e-mail address.
        pub provider: String,
        /// The account to reconnect; `None` for a new one.
        pub account: Option<String>,
        /// Permissions beside the usual ones; `None` for the usual ones.
        pub scopes: Option<Vec<String>>,
        /// Who will probably sign in.
        pub login_hint: Option<String>,
        /// Show a code instead of opening the browser.
        pub device: bool,
    }

    /// One try to connect. The address of the sign-in stays in the agent and this program.
    struct Attempt {
        /// Its id.
        pub id: String,
        /// The provider's id.
        pub provider: String,
        /// How it stands.
        pub state: AttemptState,
        /// False where no browser could be opened: the person copies the link.
        pub browser_opened: bool,
        /// When it ends by itself.
        pub expires_at: Option<String>,
        /// The code to type, where one is used.
        pub device: Option<DeviceCode>,
        /// The account, once it is connected.
        pub account: Option<Account>,
        /// Why it failed.
        pub error: Option<Problem>,
    }

    /// How a try to connect stands.
    enum AttemptState {
        /// The person is at the provider.
        Waiting,
        /// The provider's answer came; it is being checked.
        Exchanging,
        /// Done.
        Connected,
        /// It did not work; nothing was changed.
        Failed,
        /// The person gave it up.
        Cancelled,
        /// Nobody finished it in time.
        Expired,
    }

    /// A code to type on any device (RFC 8628).
    struct DeviceCode {
        /// The code.
        pub user_code: String,
        /// Where to type it.
        pub verification_uri: String,
        /// The path of a QR code's dark squares, one unit a square, for an SVG.
        pub qr_path: String,
        /// How many units wide and high the QR code is.
        pub qr_size: u32,
    }

    /// What went wrong, and whose move it is (RFC 9457, as far as a window needs it).
    struct Problem {
        /// The contract's word.
        pub code: String,
        /// One sentence that a person can act on.
        pub detail: String,
        /// Whose move it is.
        pub action: Option<Action>,
        /// The provider's own words, cleaned.
        pub provider_words: Option<String>,
        /// Permissions that are missing.
        pub missing_scopes: Vec<String>,
        /// Seconds until trying again makes sense.
        #[ts(type = "number | null")]
        pub retry_after_s: Option<u64>,
    }

    /// An app that may read something.
    struct App {
        /// Its id.
        pub id: String,
        /// What it calls itself.
        pub name: String,
        /// When it was let in.
        pub created_at: String,
        /// When it last read.
        pub last_read_at: Option<String>,
        /// What it may read.
        pub grants: Vec<Grant>,
        /// The program that it is bound to, where it is bound to one.
        pub program: Option<String>,
        /// The accounts that this program is refused without a question, by id.
        pub blocked: Vec<String>,
        /// It may see what Bowline counts.
        pub metrics: bool,
    }

    /// What an app may read.
    struct Grant {
        /// The account's id.
        pub account: String,
        /// The permissions; `None` for all that the account has.
        pub scopes: Option<Vec<String>>,
        /// When it ends; `None` until it is taken back.
        pub expires_at: Option<String>,
    }

    /// One entry of the audit trail.
    struct Entry {
        /// Its number.
        #[ts(type = "number")]
        pub seq: u64,
        /// When.
        pub at: String,
        /// `owner`, an app's id, or `bowline`.
        pub actor: String,
        /// What the actor is called.
        pub actor_name: String,
        /// The path of the program.
        pub program: Option<String>,
        /// What happened, as the contract names it.
        pub event: String,
        /// The account's id.
        pub account: Option<String>,
        /// The app's id.
        pub app: Option<String>,
        /// `ok` or how it ended.
        pub outcome: String,
        /// The contract's word for why.
        pub code: Option<String>,
    }

    /// Whether the audit trail's chain holds.
    struct Chain {
        /// It holds.
        pub ok: bool,
        /// How many entries it has.
        #[ts(type = "number")]
        pub entries: u64,
        /// The first entry that does not fit.
        #[ts(type = "number | null")]
        pub broken_at: Option<u64>,
    }

    /// One check of the doctor.
    struct Check {
        /// Its id.
        pub id: String,
        /// `ok`, `warning`, `error` or `skipped`.
        pub level: String,
        /// What was found.
        pub message: String,
        /// What to do.
        pub fix: Option<String>,
    }

    /// The settings a window shows.
    struct Settings {
        /// Notifications are shown.
        pub notifications: bool,
        /// `22:00-08:00`, or empty for none.
        pub quiet_hours: String,
        /// The local API also listens on loopback.
        pub http: bool,
        /// Its port; 0 for any free one.
        pub port: u16,
        /// `confirm` or `any`.
        pub owner: String,
        /// `keychain` or `passphrase`.
        pub keystore: String,
        /// How long a sign-in may take.
        pub connect_timeout: String,
        /// How long the audit trail is kept.
        pub audit_keep: String,
        /// Bowline starts when the person logs in.
        pub autostart: bool,
        /// This program's version.
        pub version: String,
        /// What is wrong in the settings file.
        pub problems: Vec<FileProblem>,
    }

    /// Settings to change; what is `None` stays.
    struct SettingsChange {
        /// Notifications are shown.
        pub notifications: Option<bool>,
        /// `22:00-08:00`, or empty for none.
        pub quiet_hours: Option<String>,
        /// The local API also listens on loopback.
        pub http: Option<bool>,
        /// Its port.
        pub port: Option<u16>,
        /// `confirm` or `any`.
        pub owner: Option<String>,
        /// How long a sign-in may take.
        pub connect_timeout: Option<String>,
        /// Bowline starts when the person logs in.
        pub autostart: Option<bool>,
    }

    /// A figure that crossed its limit.
    struct Alert {
        /// `refresh_failures`, `breaker_open`, `fallback_used`, `expired_in_use`, or a word of a newer agent.
        pub name: String,
        /// `warning` or `critical`.
        pub severity: String,
        /// The host that is left alone, or the program whose token ended.
        pub about: Option<String>,
        /// The figure.
        pub value: f64,
        /// Its limit.
        pub threshold: f64,
        /// Since when.
        pub since: String,
    }

    /// The figures of a range.
    struct History {
        /// `24h`, `7d` or `30d`.
        pub range: String,
        /// How many seconds one point is.
        pub step_s: u32,
        /// The alerts that are open.
        pub alerts: Vec<Alert>,
        /// The breakers of the hosts that accounts depend on.
        pub breakers: Vec<Breaker>,
        /// All of it together.
        pub total: Point,
        /// By provider.
        pub providers: Vec<ProviderFigures>,
        /// In even steps, oldest first.
        pub points: Vec<Point>,
    }

    /// What was counted in some time.
    struct Point {
        /// When it begins.
        pub at: String,
        /// Renewals.
        pub renewals: Renewals,
        /// Tokens given, the account's own.
        #[ts(type = "number")]
        pub oauth: u64,
        /// Of an account that stands in.
        #[ts(type = "number")]
        pub fallback: u64,
        /// Keys that stand in.
        #[ts(type = "number")]
        pub emergency: u64,
        /// Callers who took the result of a renewal that was under way.
        #[ts(type = "number")]
        pub joined: u64,
        /// Renewals of one account that met.
        #[ts(type = "number")]
        pub conflicts: u64,
        /// Tokens that ended while a program used them.
        #[ts(type = "number")]
        pub expired_in_use: u64,
    }

    /// Renewals, and what they brought.
    struct Renewals {
        /// Those that brought a token.
        #[ts(type = "number")]
        pub ok: u64,
        /// Those that did not.
        #[ts(type = "number")]
        pub failed: u64,
        /// The share of those that did.
        pub success: Option<f64>,
        /// How long 99 of 100 took at most, in seconds.
        pub p99_s: Option<f64>,
        /// How long the tokens live on average, in seconds.
        pub lifetime_s: Option<f64>,
    }

    /// One provider's renewals.
    struct ProviderFigures {
        /// Its id.
        pub provider: String,
        /// Its name.
        pub name: String,
        /// Its renewals.
        pub renewals: Renewals,
    }

    /// How a breaker stands.
    struct Breaker {
        /// The host.
        pub host: String,
        /// `closed`, `open` or `half_open`.
        pub state: String,
        /// Since when it is left alone.
        pub since: Option<String>,
        /// When it is tried again.
        pub next_try_at: Option<String>,
    }

    /// What the person chose for the window itself.
    struct Prefs {
        /// `system`, `light` or `dark`.
        pub theme: String,
        /// Single letters are keys.
        pub letters: bool,
    }

    /// How a disconnect went.
    struct Disconnected {
        /// The provider confirmed that it ended the access.
        pub revoked_at_provider: bool,
    }

    /// Something the window has to show anew.
    enum Change {
        /// Everything: at the start, and when the agent came back.
        Snapshot(Snapshot),
        /// How the agent is reached.
        Agent(AgentState),
        /// The vault was locked or unlocked.
        Vault(Vault),
        /// One account.
        Account(Box<Account>),
        /// An account is gone.
        Removed(String),
        /// All open questions.
        Questions(Vec<Question>),
        /// Somebody changed the apps.
        Apps,
        /// The alerts that are open, after one came or went.
        Alerts(Vec<Alert>),
        /// A place to show: a second start, a notification or the tray asked for it.
        Place(Place),
    }

    /// A place in the window.
    enum Place {
        /// The list of accounts.
        Accounts,
        /// One account, by its id.
        Account(String),
        /// The picker, or straight to connecting with this provider.
        Connect(Option<String>),
        /// One question, by its id.
        Question(String),
        /// The settings.
        Settings,
    }
}
