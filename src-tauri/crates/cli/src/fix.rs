//! What to do about a problem, as a command where there is one: the one home of these lines.

use bowline_base::Action;
use bowline_wire::{Code, Problem};

/// What to do. `typed` is the account or provider as the user wrote it.
pub fn of(problem: &Problem, typed: Option<&str>) -> Option<String> {
    let account = quote(typed.or(problem.account.as_deref()).unwrap_or("ACCOUNT"));
    if problem.action() == Some(Action::Resume) {
        return Some(format!("bowline resume {account}"));
    }
    let fix = match problem.code()? {
        Code::ReconnectRequired | Code::AccountMismatch => format!("bowline reconnect {account}"),
        Code::InsufficientScope => match problem.action() {
            Some(Action::Reconnect) => {
                format!("bowline reconnect {account}{}", scopes(&problem.missing_scopes))
            }
            _ => "look at the API's own answer: the token is good".into(),
        },
        // Where an account was typed, its provider is not known here; whoever can look it up puts it in.
        Code::ProviderMisconfigured => match typed {
            Some(_) if problem.account.is_none() => format!("bowline providers show {account}"),
            _ => "bowline providers".into(),
        },
        Code::Locked => "bowline vault unlock".into(),
        Code::TemporarilyUnavailable | Code::RateLimited => match problem.retry_after_s {
            Some(seconds) => format!("try again in {seconds} s"),
            None => "try again in a moment".into(),
        },
        Code::AccountNotFound => "bowline accounts, or bowline connect PROVIDER".into(),
        Code::AmbiguousAccount => among("name one of", &problem.candidates),
        Code::ProviderNotFound if problem.candidates.is_empty() => "bowline providers".into(),
        Code::ProviderNotFound => among("did you mean", &problem.candidates),
        Code::RequestNotFound => "bowline apps requests".into(),
        Code::NotFound => "bowline apps".into(),
        Code::ApprovalRequired => "bowline apps requests".into(),
        Code::InvalidRequest => "bowline help".into(),
        Code::TooLarge | Code::HeadersTooLarge => "give less at once: a shorter name, or fewer values".into(),
        Code::StorageError | Code::Internal => "bowline doctor".into(),
        Code::Forbidden => "run it yourself, at a terminal".into(),
        Code::NotAuthenticated
        | Code::CrossOrigin
        | Code::MethodNotAllowed
        | Code::UnsupportedMediaType
        | Code::WrongHost => "bowline stop, then try again: the agent may be of another version".into(),
    };
    Some(fix)
}

/// What to do about an account that has this action; `None` when nothing is to be done.
pub fn of_action(action: Option<Action>, account: &str, provider: &str) -> Option<String> {
    let account = quote(account);
    match action? {
        Action::Connect => Some(format!("bowline connect {provider}")),
        Action::Reconnect => Some(format!("bowline reconnect {account}")),
        Action::FixProvider => Some(format!("bowline providers show {provider}")),
        Action::AskAdmin => Some("ask your administrator to allow Bowline".into()),
        Action::Unlock => Some("bowline vault unlock".into()),
        Action::Resume => Some(format!("bowline resume {account}")),
        Action::Wait => None,
    }
}

fn scopes(missing: &[String]) -> String {
    missing.iter().map(|s| format!(" --scope {}", quote(s))).collect()
}

fn among(words: &str, names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|n| quote(n)).collect();
    format!("{words}: {}", names.join(", "))
}

/// A word as a shell reads it back.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+,=%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_something_to_do() {
        for code in Code::ALL {
            assert!(of(&Problem::new(*code, "x"), Some("work")).is_some_and(|f| !f.is_empty()), "{code:?}");
        }
    }

    #[test]
    fn a_fix_can_be_pasted_into_a_shell() {
        let mut problem = Problem::new(Code::InsufficientScope, "x");
        problem.missing_scopes = vec!["https://a/b".into(), "c d".into()];
        assert_eq!(
            of(&problem, Some("my mail")).unwrap(),
            "bowline reconnect 'my mail' --scope https://a/b --scope 'c d'"
        );
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("google:ana@example.com"), "google:ana@example.com");
    }

    #[test]
    fn an_account_is_never_named_where_a_provider_belongs() {
        let problem = Problem::new(Code::ProviderMisconfigured, "x");
        assert_eq!(of(&problem, Some("acme")).unwrap(), "bowline providers show acme");
        assert_eq!(of(&problem.about("acc_1"), Some("work")).unwrap(), "bowline providers");
    }

    #[test]
    fn what_is_too_long_is_shortened_and_no_agent_is_stopped_for_it() {
        for code in [Code::TooLarge, Code::HeadersTooLarge] {
            assert!(!of(&Problem::new(code, "x"), Some("work")).unwrap().contains("bowline stop"));
        }
    }

    #[test]
    fn e17_an_unknown_provider_is_answered_with_the_nearest() {
        let mut problem = Problem::new(Code::ProviderNotFound, "x");
        problem.candidates = vec!["google".into()];
        assert_eq!(of(&problem, None).unwrap(), "did you mean: google");
    }

    #[test]
    fn a_paused_account_is_resumed_whatever_the_code() {
        let problem = Problem::new(Code::TemporarilyUnavailable, "x").with_action(Some(Action::Resume));
        assert_eq!(of(&problem, Some("work")).unwrap(), "bowline resume work");
    }
}
