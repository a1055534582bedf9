//! What may be asked for at the start: a place in the window, or no window at all.

use clap::Parser;

use crate::view::Place;

/// The desktop app: your connected accounts, their health, and the one button that mends them.
#[derive(Clone, Debug, Default, Parser, PartialEq)]
#[command(name = "bowline-desktop", version)]
pub struct Args {
    /// Open at this account: its id, label, user name or provider
    #[arg(value_name = "ACCOUNT", conflicts_with_all = ["connect", "request"])]
    pub account: Option<String>,
    /// Open at connecting an account of this provider
    #[arg(long, value_name = "PROVIDER", conflicts_with = "request")]
    pub connect: Option<String>,
    /// Open at this question
    #[arg(long, value_name = "REQ")]
    pub request: Option<String>,
    /// Only start the agent, without a window: what runs at login
    #[arg(long)]
    pub background: bool,
}

impl Args {
    /// What a second start passed on; words that nobody understands open the window where it is.
    pub fn of_second_start(words: &[String]) -> Self {
        Self::try_parse_from(words).unwrap_or_default()
    }

    /// The place to show, if one was named.
    pub fn place(&self) -> Option<Place> {
        let Self { account, connect, request, .. } = self;
        let at = |text: &String| text.chars().take(200).collect();
        account
            .as_ref()
            .map(|sel| Place::Account(at(sel)))
            .or_else(|| connect.as_ref().map(|provider| Place::Connect(Some(at(provider)))))
            .or_else(|| request.as_ref().map(|id| Place::Question(at(id))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(words: &[&str]) -> Option<Place> {
        let words: Vec<String> = ["bowline-desktop"].iter().chain(words).map(|w| (*w).to_owned()).collect();
        Args::of_second_start(&words).place()
    }

    #[test]
    fn a_start_names_an_account_a_provider_or_a_question() {
        assert_eq!(place(&[]), None);
        assert_eq!(place(&["work"]), Some(Place::Account("work".into())));
        assert_eq!(place(&["--connect", "google"]), Some(Place::Connect(Some("google".into()))));
        assert_eq!(place(&["--request", "req_1"]), Some(Place::Question("req_1".into())));
    }

    #[test]
    fn a_second_start_with_words_nobody_understands_only_shows_the_window() {
        assert_eq!(place(&["--no-such-thing"]), None);
        assert_eq!(place(&["a", "--connect", "b"]), None);
    }

    #[test]
    fn an_endless_word_is_cut() {
        let Some(Place::Account(sel)) = place(&["x".repeat(10_000).as_str()]) else { panic!("an account") };
        assert_eq!(sel.len(), 200);
    }
}
