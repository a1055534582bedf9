//! RFC 7636: the verifier stays here, its S256 challenge goes with the browser.
//!
//! There is no `plain`: a provider that offers nothing better is refused (RFC 9700 §2.1.1). A verifier is made
//! for one attempt, leaves only with that attempt's token request, and is wiped when dropped.

use bowline_base::{Random, Secret};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};

/// The one method ever sent.
pub const METHOD: &str = "S256";

/// 256 random bits in 43 unreserved characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier(Secret);

impl Verifier {
    /// Makes a verifier for one attempt.
    pub fn random(random: &dyn Random) -> Self {
        Self(Secret::random(random, ""))
    }

    /// The verifier, for the token request.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// What the authorization request carries instead of it.
    pub(crate) fn challenge(&self) -> PkceCodeChallenge {
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(self.0.expose().to_owned()))
    }
}

/// True unless the provider says which methods it takes and S256 is not among them.
pub fn is_offered(methods: Option<&[String]>) -> bool {
    methods.is_none_or(|offered| offered.iter().any(|m| m == METHOD))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use bowline_base::random::{SeededRandom, SystemRandom};

    use super::*;

    #[test]
    fn r7636_1_a_verifier_is_43_unreserved_characters_and_never_repeats() {
        let random = SystemRandom;
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let verifier = Verifier::random(&random);
            let text = verifier.secret().expose();
            assert_eq!(text.len(), 43);
            assert!(
                text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
            );
            assert!(seen.insert(text.to_owned()), "a verifier was made twice");
        }
    }

    #[test]
    fn r7636_2_the_challenge_is_the_standards_own_example() {
        let verifier = Verifier(Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(verifier.challenge().method().as_str(), METHOD);
    }

    #[test]
    fn r7636_2_plain_alone_is_not_enough() {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert!(is_offered(None), "most providers say nothing and take S256");
        assert!(is_offered(Some(&words(&["plain", "S256"]))));
        for wrong in [&["plain"][..], &[], &["s256"]] {
            assert!(!is_offered(Some(&words(wrong))), "{wrong:?}");
        }
    }

    #[test]
    fn r7636_3_a_verifier_does_not_print_itself() {
        let verifier = Verifier::random(&SeededRandom::new(1));
        assert!(!format!("{verifier:?}").contains(verifier.secret().expose()));
    }
}
