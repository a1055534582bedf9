//! Why a command did not do what it was asked, with what to do about it and the exit it ends with.

use std::fmt;

use bowline_wire::{ClientError, Problem};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::fix;

/// What a command returns: its exit status, or why it failed.
pub type Ended = Result<i32, Failure>;

/// A command that failed. Printed as a sentence and a line that says what to do, or as a problem document.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The exit.
    pub exit: Exit,
    /// The stable word.
    pub code: String,
    /// One sentence that a person can act on.
    pub detail: String,
    /// What to do, as a command where there is one.
    pub fix: Option<String>,
    /// What the agent answered, if it did.
    pub problem: Option<Box<Problem>>,
    /// It was told as JSON already, as the last of several objects.
    pub told: bool,
}

impl Failure {
    /// A failure that begins here, not in the agent.
    pub fn new(exit: Exit, code: &str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.into(),
            detail: detail.into(),
            fix: Some(fix.into()),
            problem: None,
            told: false,
        }
    }

    /// Typed wrongly.
    pub fn usage(detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "invalid_request", detail, fix)
    }

    /// A file that cannot be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let detail = format!("{} cannot be used: {error}.", path.display());
        Self::new(Exit::Unexpected, "storage_error", detail, "bowline doctor")
    }

    /// With the commands spelled for the account or provider that was typed.
    #[must_use]
    pub fn about(mut self, typed: &str) -> Self {
        if let Some(problem) = &self.problem {
            self.fix = fix::of(problem, Some(typed));
        }
        self
    }

    /// True when the agent answered with this code.
    pub fn is(&self, code: bowline_wire::Code) -> bool {
        self.code == code.as_str()
    }

    /// As a problem document, the agent's own where there is one.
    pub fn document(&self) -> Value {
        let mut document = match &self.problem {
            Some(problem) => serde_json::to_value(problem).unwrap_or_default(),
            None => json!({
                "type": format!("{}#{}", bowline_wire::problem::DOCS, self.code),
                "title": self.code.replace('_', " "),
                "code": self.code,
                "action": null,
            }),
        };
        document["detail"] = json!(self.detail);
        document["fix"] = json!(self.fix);
        document
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure {
            exit: Exit::from_status(i32::from(problem.exit())),
            code: problem.code.clone(),
            detail: problem.detail.clone(),
            fix: fix::of(&problem, None),
            problem: Some(Box::new(problem)),
            told: false,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => Failure::from(*problem),
            ClientError::NoAgent { .. } => {
                Failure::new(Exit::NoAgent, "no_agent", "Bowline's agent isn't running.", "bowline agent")
            }
            ClientError::TimedOut => Failure::new(
                Exit::Unavailable,
                "temporarily_unavailable",
                "Bowline's agent did not answer in time.",
                "try again; if it stays so: bowline doctor",
            ),
            other @ (ClientError::TooLarge | ClientError::Unreadable(_) | ClientError::Io(_)) => {
                Failure::new(
                    Exit::Unexpected,
                    "internal",
                    format!("Bowline's agent could not be understood: {other}."),
                    "bowline stop, then try again",
                )
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use bowline_wire::Code;

    use super::*;

    #[test]
    fn the_agents_problem_keeps_its_fields_and_gains_a_fix() {
        let failure = Failure::from(Problem::new(Code::ReconnectRequired, "Sign in again.").about("acc_1"))
            .about("work");
        let document = failure.document();
        assert_eq!(
            (failure.exit, document["code"].as_str()),
            (Exit::UserMustAct, Some("reconnect_required"))
        );
        assert_eq!(document["fix"], "bowline reconnect work");
        assert_eq!(document["reconnect"]["href"], "/v1/accounts/acc_1/reconnect");
    }

    #[test]
    fn every_failure_of_the_connection_says_what_to_do() {
        for (error, exit) in [
            (ClientError::NoAgent { socket: "/s".into() }, Exit::NoAgent),
            (ClientError::TimedOut, Exit::Unavailable),
            (ClientError::TooLarge, Exit::Unexpected),
            (ClientError::Unreadable("x".into()), Exit::Unexpected),
        ] {
            let failure = Failure::from(error);
            assert_eq!(failure.exit, exit);
            assert!(failure.fix.is_some() && failure.document()["detail"].is_string());
        }
    }
}
