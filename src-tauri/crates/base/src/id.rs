//! One type for each identifier, made in one place, so that an account's id can never be taken for an app's.
//!
//! Random ids are 128 bits, written in lower-case base 32 without look-alikes, behind a prefix that says
//! what they name. A [`ProviderId`] is chosen by a person (a provider file's `id`) and therefore checked.

use std::fmt;
use std::sync::Arc;

use crate::random::Random;

/// Crockford's alphabet in lower case: no `i`, `l`, `o`, `u`, so an id read aloud is typed right.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_BYTES: usize = 16;
const ENCODED_LEN: usize = 26;

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Makes a new id of 128 random bits.
            pub fn random(random: &dyn Random) -> Self {
                Self(format!("{}{}", $prefix, encode(random)).into())
            }

            /// Reads an id that was written before. `None` when it is not one of this kind.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix($prefix)?;
                (rest.len() == ENCODED_LEN && rest.bytes().all(|b| ALPHABET.contains(&b)))
                    .then(|| Self(text.into()))
            }

            /// The id as text, prefix included.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

random_id!(
    /// Names one connected account; survives every reconnect.
    AccountId, "acc_"
);
random_id!(
    /// Names one app that holds, or held, an app key.
    AppId, "app_"
);
random_id!(
    /// Names one question to the user: an app's wish for access, or for a reconnect.
    RequestId, "req_"
);
random_id!(
    /// Names one try to connect; gone when the agent ends.
    AttemptId, "att_"
);

/// Names a provider: 1 to 64 of `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(Box<str>);

impl ProviderId {
    /// The longest id accepted, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Checks and keeps an id. `None` when it has a character or a length that is not allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
        let starts = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (starts && text.len() <= Self::MAX_LEN && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Five bits a character, most significant first; the last character carries the three bits left over.
fn encode(random: &dyn Random) -> String {
    let mut bytes = [0u8; RANDOM_BYTES];
    random.fill(&mut bytes);
    let mut text = String::with_capacity(ENCODED_LEN);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits) as usize & 31]));
        }
    }
    text.push(char::from(ALPHABET[(buffer << (5 - bits)) as usize & 31]));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_random_id_reads_back_as_itself_and_as_nothing_else() {
        let random = SeededRandom::new(7);
        let id = AccountId::random(&random);
        assert_eq!(AccountId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(AppId::parse(id.as_str()), None);
        assert_ne!(AccountId::random(&random), id);
    }

    #[test]
    fn an_id_that_was_not_made_here_is_refused() {
        for wrong in [
            "",
            "acc_",
            "acc_short",
            "acc_ILOU5678901234567890123456",
            "acc_../../../../../../etc/pass",
            "req_0",
        ] {
            assert_eq!(AccountId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_provider_id_is_safe_in_a_path_and_in_a_terminal() {
        for good in ["google", "acme-2", "id.acme.example", "3cx"] {
            assert!(ProviderId::parse(good).is_some(), "{good}");
        }
        for wrong in ["", "Google", "../x", "-x", ".hidden", "a b", "a/b", "é", &"x".repeat(65)] {
            assert!(ProviderId::parse(wrong).is_none(), "{wrong}");
        }
    }
}
