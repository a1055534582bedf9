//! Whether things are well: the agent's pulse, the doctor's checks, the line that says "ready".

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The agent's pulse, and no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthView {
    /// Always `ok`: an agent that cannot answer does not.
    pub status: String,
    /// The agent's version.
    pub version: String,
    /// The vault is locked.
    pub locked: bool,
}

/// One check of the doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// What is checked, for example `clock`.
    pub id: String,
    /// Nothing needs mending.
    pub ok: bool,
    /// `ok`, `warning`, `error`, or `skipped` where there is nothing to look at.
    pub level: String,
    /// What was found, in one sentence.
    pub message: String,
    /// What to do, as a command where there is one.
    pub fix: Option<String>,
}

/// All checks of the doctor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoctorView {
    /// The checks, in a fixed order.
    pub checks: Vec<CheckView>,
}

/// What the agent prints, and writes to `run/agent.json`, when it can answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadyView {
    /// Always `ready`.
    pub event: String,
    /// The agent's process.
    pub pid: u32,
    /// The socket's path.
    pub socket: String,
    /// The loopback address; `null` when it is off.
    pub http: Option<String>,
}

/// The agent is about to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoppingView {
    /// Always true.
    pub stopping: bool,
    /// The agent's process.
    pub pid: u32,
}
