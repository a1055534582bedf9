//! The settings in force, with their defaults, in the form of the settings file (contract §5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::provider::FileProblemView;

/// Every key of `settings.toml`, and what could not be read of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettingsView {
    /// Renewal.
    pub refresh: RefreshSettings,
    /// When to warn before a grant ends.
    pub warn: WarnSettings,
    /// Connecting.
    pub connect: ConnectSettings,
    /// Trying again.
    pub retry: RetrySettings,
    /// Leaving a failing host alone.
    pub breaker: BreakerSettings,
    /// Looking after accounts that never renew.
    pub health: HealthSettings,
    /// When a figure becomes an alert.
    pub alerts: AlertSettings,
    /// The stand-in key.
    pub emergency: EmergencySettings,
    /// The local API.
    pub ipc: IpcSettings,
    /// Notifications.
    pub notifications: NotificationSettings,
    /// The vault's key.
    pub vault: VaultSettings,
    /// The audit trail.
    pub audit: AuditSettings,
    /// What is wrong in the file; the last good value is in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FileProblemView>,
    /// The keys, as `section.key`, whose value here waits for the agent's next start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart_needed: Vec<String>,
}

/// Settings to change: sections with keys, as `GET` shows them; what is left out stays, and `null` takes the default back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = Object)]
pub struct SettingsBody(pub BTreeMap<String, serde_json::Value>);

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)+ }
    };
}

section!(
    /// `[refresh]`
    RefreshSettings {
        /// How long before expiry a token is renewed; never more than a quarter of its lifetime.
        margin: String,
    }
);
section!(
    /// `[warn]`
    WarnSettings {
        /// How long before a grant's end the user is told.
        before: Vec<String>,
    }
);
section!(
    /// `[connect]`
    ConnectSettings {
        /// How long a command waits for the user.
        timeout: String,
        /// How long the callback page listens.
        state_ttl: String,
        /// Attempts in a rolling hour, per caller.
        attempts_per_hour: u32,
    }
);
section!(
    /// `[retry]`
    RetrySettings {
        /// How many requests before giving up.
        attempts: u32,
        /// The first wait.
        base: String,
        /// The longest wait.
        max: String,
        /// The time limit of each try.
        timeouts: Vec<String>,
        /// The part of it for connecting.
        connect_timeouts: Vec<String>,
    }
);
section!(
    /// `[breaker]`
    BreakerSettings {
        /// Failures in a row that open it.
        failures: u32,
        /// How long it stays open.
        open_for: String,
    }
);
section!(
    /// `[health]`
    HealthSettings {
        /// How often accounts that never renew are asked after.
        verify_every: String,
    }
);
section!(
    /// `[alerts]`
    AlertSettings {
        /// The share of failed renewals.
        refresh_failures: f64,
        /// The share of tokens that ended while in use.
        expired_in_use: f64,
    }
);
section!(
    /// `[emergency]`
    EmergencySettings {
        /// The longest time a stand-in key is good for.
        max_duration: String,
    }
);
section!(
    /// `[ipc]`
    IpcSettings {
        /// The loopback transport is on.
        http: bool,
        /// Its port; 0 for any free one.
        port: u16,
        /// Token reads a minute, per caller.
        reads_per_minute: u32,
        /// `confirm` or `any`.
        owner: String,
    }
);
section!(
    /// `[notifications]`
    NotificationSettings {
        /// Notifications are shown.
        enabled: bool,
        /// When they are held back; empty for never.
        quiet_hours: String,
        /// When one is shown again.
        repeat_after: String,
    }
);
section!(
    /// `[vault]`
    VaultSettings {
        /// `keychain` or `passphrase`.
        keystore: String,
    }
);
section!(
    /// `[audit]`
    AuditSettings {
        /// How long entries are kept.
        keep: String,
    }
);
