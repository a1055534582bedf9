//! What went wrong, as the window shows it: the agent's own problems, and those of the way to it.

use bowline_wire::{ClientError, Code, Problem as Wired};

use crate::convert::action;
use crate::shown;
use crate::view::Problem;

impl Problem {
    /// A problem that this program has itself.
    pub fn here(code: Code, detail: impl Into<String>) -> Self {
        Self::from(&Wired::new(code, detail))
    }
}

impl From<&Wired> for Problem {
    fn from(problem: &Wired) -> Self {
        let words = problem.provider_description.as_deref().or(problem.provider_error.as_deref());
        Self {
            code: problem.code.clone(),
            detail: shown::sentence(&problem.detail),
            action: problem.action.as_deref().and_then(action),
            provider_words: shown::name_if(words),
            missing_scopes: problem.missing_scopes.iter().map(|s| shown::name(s)).collect(),
            retry_after_s: problem.retry_after_s,
        }
    }
}

impl From<ClientError> for Problem {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => Self::from(&*problem),
            ClientError::NoAgent { .. } => no_agent(),
            ClientError::TimedOut => Self::here(
                Code::TemporarilyUnavailable,
                "Bowline's agent did not answer in time. Try again in a moment.",
            ),
            ClientError::TooLarge | ClientError::Unreadable(_) => Self {
                code: "mismatch".to_owned(),
                ..Self::here(
                    Code::Internal,
                    "Bowline's agent runs in another version than this window. Restart both.",
                )
            },
            ClientError::Io(_) => no_agent(),
        }
    }
}

/// The agent ended, or was never there: its own word, because no answer of the agent can be meant.
fn no_agent() -> Problem {
    Problem {
        code: "no_agent".to_owned(),
        ..Problem::here(Code::TemporarilyUnavailable, "Bowline's agent is not running. Start it to go on.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_that_is_gone_is_told_apart_from_one_that_is_busy() {
        let gone = ClientError::NoAgent { socket: "/s".into() };
        assert_eq!(Problem::from(gone).code, "no_agent");
        assert_eq!(Problem::from(ClientError::TimedOut).code, "temporarily_unavailable");
        assert_eq!(Problem::from(ClientError::TooLarge).code, "mismatch");
    }

    #[test]
    fn the_agents_words_come_through_cleaned() {
        let mut wired = Wired::new(Code::ReconnectRequired, "work needs you.");
        wired.provider_description = Some("gone\u{202e}".into());
        let problem = Problem::from(&wired);
        assert_eq!(problem.action, Some(crate::view::Action::Reconnect));
        assert_eq!(problem.provider_words.as_deref(), Some("gone"));
    }
}
