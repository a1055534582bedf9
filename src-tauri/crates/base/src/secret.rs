//! A text that gives access: token, client secret, code, verifier, app key.
//!
//! It cannot be printed or serialised, is wiped when dropped, and compares in constant time. The one door
//! to its text is [`Secret::expose`]; searching for that word finds every place where a secret leaves.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::random::Random;

/// The longest text that [`Secret::of_one_line`] takes.
pub const LONGEST_LINE: usize = 4096;

/// A secret text. `Debug` prints `Secret(…)` and nothing of it; there is no `Display`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes ownership of a text that must not be seen.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// 256 random bits as base64url, behind a prefix that lets scanners recognise a leak.
    pub fn random(random: &dyn Random, prefix: &str) -> Self {
        let mut bytes = zeroize::Zeroizing::new([0u8; 32]);
        random.fill(bytes.as_mut_slice());
        Self::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes.as_slice())))
    }

    /// A passphrase from the text of a file: one line of at most 4 096 bytes, without its end, which Windows writes
    /// as two characters. `None` for everything else.
    pub fn of_one_line(text: &str) -> Option<Self> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let fits = !line.is_empty() && !line.contains('\n') && text.len() <= LONGEST_LINE;
        fits.then(|| Self::new(line))
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// SHA-256 of the text: what a key with 256 random bits is kept as.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.expose().as_bytes()).into()
    }

    /// SHA-256 of the text, in lower-case hex: names a token without giving it away.
    pub fn sha256_hex(&self) -> String {
        self.sha256().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.expose().len()
    }

    /// True for the empty text, which no provider may send as a token.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::new("canary-value");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("canary"));
    }

    #[test]
    fn secrets_compare_by_value() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("aa"));
    }

    #[test]
    fn a_random_secret_has_256_bits_and_a_prefix() {
        let random = SeededRandom::new(1);
        let secret = Secret::random(&random, "bwl_");
        assert_eq!(secret.len(), 4 + 43);
        assert_ne!(secret, Secret::random(&random, "bwl_"));
    }

    #[test]
    fn a_passphrase_file_holds_one_line_whoever_reads_it() {
        for text in ["correct horse", "correct horse\n", "correct horse\r\n"] {
            assert_eq!(Secret::of_one_line(text), Some(Secret::new("correct horse")));
        }
        for text in ["", "\n", "\r\n", "a\nb", "a\n\n", &"x".repeat(LONGEST_LINE + 1)] {
            assert_eq!(Secret::of_one_line(text), None, "{text:.5?}");
        }
    }

    #[test]
    fn the_fingerprint_is_the_standard_one() {
        let hex = Secret::new("abc").sha256_hex();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
