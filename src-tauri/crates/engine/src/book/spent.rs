//! The access tokens that an account had before: by their hashes, so that a program which reports one is told apart from
//! one that was refused a living token. Nobody can be served by them.

use std::collections::VecDeque;

use bowline_base::Wall;

use super::Living;

/// So many are remembered: a job of that many lifetimes is not told apart any more.
const MOST: usize = 8;

/// Tokens of the past.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spent(VecDeque<Old>);

#[derive(Clone, Debug)]
struct Old {
    sha256_hex: String,
    ends: Wall,
    reported: bool,
}

impl Spent {
    /// Remembers a token that is not served any more. One without an end cannot have outlived it.
    pub(crate) fn push(&mut self, living: &Living) {
        let Some(ends) = living.expires_at else { return };
        let sha256_hex = living.access.sha256_hex();
        if self.0.iter().any(|old| old.sha256_hex == sha256_hex) {
            return;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Old { sha256_hex, ends, reported: false });
    }

    /// True where this token has ended, and nobody has said so before.
    pub(super) fn takes_ended(&mut self, sha256_hex: &str, now: Wall) -> bool {
        let known = self.0.iter_mut().find(|old| old.sha256_hex.eq_ignore_ascii_case(sha256_hex));
        known.is_some_and(|old| old.ends <= now && !std::mem::replace(&mut old.reported, true))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::time::Duration;

    use bowline_base::{ScopeSet, Secret};

    use super::*;

    const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);

    fn token(n: usize, ends: Option<Wall>) -> Living {
        Living {
            access: Secret::new(format!("token-{n}")),
            token_type: "Bearer".into(),
            expires_at: ends,
            scopes: ScopeSet::default(),
            written: OnceLock::new(),
        }
    }

    #[test]
    fn f49_a_token_counts_as_ended_once_and_only_after_its_end() {
        let mut spent = Spent::default();
        let (old, hash) = (token(1, Some(NOON)), token(1, None).access.sha256_hex());
        spent.push(&old);
        spent.push(&old);
        assert!(!spent.takes_ended(&hash, NOON - Duration::from_secs(1)), "it was refused while it lived");
        assert!(spent.takes_ended(&hash.to_uppercase(), NOON));
        assert!(!spent.takes_ended(&hash, NOON), "a program that repeats itself is one program");
        assert!(!spent.takes_ended(&token(2, None).access.sha256_hex(), NOON), "nobody was given that one");
    }

    #[test]
    fn only_the_last_few_are_remembered_and_none_without_an_end() {
        let mut spent = Spent::default();
        (0..=MOST).for_each(|n| spent.push(&token(n, Some(NOON))));
        spent.push(&token(99, None));
        assert_eq!(spent.0.len(), MOST);
        assert!(!spent.takes_ended(&token(0, None).access.sha256_hex(), NOON));
    }
}
