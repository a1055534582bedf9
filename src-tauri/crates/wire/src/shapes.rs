//! What goes over the wire as JSON, named and spelled as the interface contract has it (§2, §3).
//!
//! Shapes only: what the values are is decided in the engine. Words (status, reason, state) travel as text,
//! so that an older client reads a newer agent's answer; times are RFC 3339 in UTC; a field that does not
//! apply is `null` where the contract shows it, and left out where it was added later. A token is in one
//! shape, [`TokenView`], and an app key, a poll secret, a passphrase or a client secret in the bodies that
//! must carry them: all as [`bowline_base::Secret`], which does not print itself.

pub mod account;
pub mod app;
pub mod attempt;
pub mod audit;
pub mod check;
pub mod figures;
pub mod provider;
pub mod request;
pub(crate) mod secret_text;
pub mod settings;
pub mod token;
pub mod vault;

pub use account::{
    AccountView, AccountsView, DisconnectedView, EmergencyBody, EmergencyEndedView, ForecastView,
    LastRefreshView, PatchAccountBody, ReconnectLink, ScopesView,
};
pub use app::{
    AppBody, AppRequestView, AppRevokedView, AppView, AppWantedView, ApproveBody, AppsView, GrantView,
    WantView,
};
pub use attempt::{AttemptErrorView, AttemptView, ConnectBody, ConnectView, DeviceView, OpenedView};
pub use audit::{AuditListView, AuditVerifiedView, AuditView};
pub use check::{CheckView, DoctorView, HealthView, ReadyView, StoppingView};
pub use figures::{
    AlertsView, BreakerView, FiguresView, HistoryView, PointView, ProviderFiguresView, RenewalsView,
    ServedView,
};
pub use provider::{
    ClientBody, ClientView, FileProblemView, OpenPageBody, PracticeBody, ProviderBody, ProviderCheckBody,
    ProviderCheckView, ProviderSecretBody, ProviderSecretView, ProviderView, ProvidersView,
};
pub use request::{AnswerBody, ReconnectBody, RequestView, RequestsView};
pub use settings::{SettingsBody, SettingsView};
pub use token::{RejectedBody, TokenView, UseView};
pub use vault::{ExportedView, ImportedView, MoveVaultBody, RekeyBody, UnlockBody, VaultView};

#[cfg(test)]
mod tests;
