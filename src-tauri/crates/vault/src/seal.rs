//! The one place that does cryptography at rest: XChaCha20-Poly1305 with a random 192-bit nonce.
//!
//! A sealed value fits one place only. What is authenticated beside the text names the table, the row, the
//! column and the key version, each behind its length, so that no two places spell the same. The row is
//! named by more than its id where more matters: a token also fits only the provider, issuer and subject
//! that it was sealed for, so that an edited issuer opens nothing. Sealed: version (4 bytes, little
//! endian), nonce (24), ciphertext with tag.

use bowline_base::{Random, Secret};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, Zeroizing};

/// The most that is sealed in one cell: an answer of 1 MiB with what its journal form adds.
pub const MAX_PLAIN: usize = 4 << 20;

const VERSION_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The place that a sealed value belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a [&'a str],
    pub(crate) column: &'static str,
}

impl Cell<'_> {
    fn spelled(&self, version: u32) -> Vec<u8> {
        let mut place = Vec::with_capacity(160);
        let parts = std::iter::once(self.table).chain(self.row.iter().copied()).chain([self.column]);
        for part in parts {
            place.extend_from_slice(&(part.len() as u64).to_le_bytes());
            place.extend_from_slice(part.as_bytes());
        }
        place.extend_from_slice(&version.to_le_bytes());
        place
    }
}

/// A key that seals cells, and its version. Wiped when dropped.
pub(crate) struct DataKey {
    version: u32,
    bytes: Zeroizing<[u8; 32]>,
}

impl DataKey {
    pub(crate) fn random(version: u32, random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        random.fill(bytes.as_mut_slice());
        Self { version, bytes }
    }

    pub(crate) fn from_bytes(version: u32, bytes: &[u8; 32]) -> Self {
        Self { version, bytes: Zeroizing::new(*bytes) }
    }

    pub(crate) const fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Seals a text for one place; two calls never give the same bytes.
    pub(crate) fn seal(&self, random: &dyn Random, cell: Cell<'_>, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; NONCE_BYTES];
        random.fill(&mut nonce);
        let aad = cell.spelled(self.version);
        let boxed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .expect("a text below the cipher's limit of 256 GiB is always sealed");
        let mut sealed = Vec::with_capacity(VERSION_BYTES + NONCE_BYTES + boxed.len());
        sealed.extend_from_slice(&self.version.to_le_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&boxed);
        sealed
    }

    /// Opens what was sealed for this place with this key. `None` for anything else, however little differs.
    pub(crate) fn open(&self, cell: Cell<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if sealed.len() < VERSION_BYTES + NONCE_BYTES + TAG_BYTES {
            return None;
        }
        let (version, rest) = sealed.split_at(VERSION_BYTES);
        let (nonce, boxed) = rest.split_at(NONCE_BYTES);
        if version != self.version.to_le_bytes() {
            return None;
        }
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let aad = cell.spelled(self.version);
        let plain = self.cipher().decrypt(&XNonce::from(nonce), Payload { msg: boxed, aad: &aad });
        plain.ok().map(Zeroizing::new)
    }

    /// Opens a text.
    pub(crate) fn open_text(&self, cell: Cell<'_>, sealed: &[u8]) -> Option<Secret> {
        let plain = self.open(cell, sealed)?;
        let text = std::str::from_utf8(&plain).ok()?;
        // Taken over at its exact length: a string that had to shrink would leave its text behind in memory.
        let mut exact = String::with_capacity(text.len());
        exact.push_str(text);
        Some(Secret::new(exact))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.bytes))
    }
}

/// Seals and opens the example of the cipher's paper (draft-irtf-cfrg-xchacha-03, appendix A.3.1).
pub(crate) fn known_answer() -> bool {
    let mut key: [u8; 32] = std::array::from_fn(|i| 0x80 + i as u8);
    let nonce = XNonce::from(std::array::from_fn::<u8, NONCE_BYTES, _>(|i| 0x40 + i as u8));
    let aad = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
    let cipher = XChaCha20Poly1305::new(&Key::from(key));
    key.zeroize();
    let sealed = cipher.encrypt(&nonce, Payload { msg: EXAMPLE, aad: &aad });
    let tag =
        [0xc0, 0x87, 0x59, 0x24, 0xc1, 0xc7, 0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a, 0xcf, 0x49];
    let Ok(mut sealed) = sealed else { return false };
    let right =
        sealed.starts_with(&[0xbd, 0x6d, 0x17, 0x9d, 0x3e, 0x83, 0xd4, 0x3b]) && sealed.ends_with(&tag);
    let opens = cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &aad }).is_ok_and(|p| p == EXAMPLE);
    sealed[0] ^= 1;
    right && opens && cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &aad }).is_err()
}

const EXAMPLE: &[u8] =
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
future, sunscreen would be it.";

#[cfg(test)]
mod tests {
    use super::*;
    use bowline_base::random::SeededRandom;

    const PLACE: Cell<'static> = Cell { table: "token", row: &["acc_1", "acme"], column: "access" };

    fn key(version: u32) -> DataKey {
        DataKey::random(version, &SeededRandom::new(5))
    }

    #[test]
    fn o44_the_paper_s_example_comes_out_right() {
        assert!(known_answer());
    }

    #[test]
    fn what_was_sealed_opens_and_never_looks_the_same_twice() {
        let random = SeededRandom::new(1);
        let (a, b) = (key(1).seal(&random, PLACE, b"text"), key(1).seal(&random, PLACE, b"text"));
        assert_ne!(a, b);
        assert_eq!(key(1).open(PLACE, &a).unwrap().as_slice(), b"text");
        assert_eq!(key(1).open_text(PLACE, &b).unwrap().expose(), "text");
    }

    #[test]
    fn a_sealed_value_fits_no_other_table_row_column_version_or_key() {
        let sealed = key(1).seal(&SeededRandom::new(1), PLACE, b"text");
        let elsewhere = [
            Cell { table: "client", ..PLACE },
            Cell { column: "refresh", ..PLACE },
            Cell { row: &["acc_2", "acme"], ..PLACE },
            Cell { row: &["acc_1"], ..PLACE },
            Cell { row: &["acc_1acme"], ..PLACE },
            Cell { row: &["acc_1a", "cme"], ..PLACE },
            Cell { row: &["acc_1", "acme", ""], ..PLACE },
        ];
        assert!(elsewhere.into_iter().all(|cell| key(1).open(cell, &sealed).is_none()));
        assert!(key(2).open(PLACE, &sealed).is_none());
        let other = DataKey::random(1, &SeededRandom::new(6));
        assert!(other.open(PLACE, &sealed).is_none());
    }

    #[test]
    fn a_relabelled_version_opens_nothing() {
        let mut sealed = key(1).seal(&SeededRandom::new(1), PLACE, b"text");
        sealed[0] = 2;
        assert!(key(2).open(PLACE, &sealed).is_none());
    }

    #[test]
    fn f12_no_bit_of_a_sealed_value_can_be_changed_and_no_part_cut_off() {
        let sealed = key(1).seal(&SeededRandom::new(1), PLACE, b"a token of some length");
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut wrong = sealed.clone();
                wrong[at] ^= 1 << bit;
                assert!(key(1).open(PLACE, &wrong).is_none(), "byte {at}, bit {bit}");
            }
            assert!(key(1).open(PLACE, &sealed[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_no_secret() {
        let sealed = key(1).seal(&SeededRandom::new(1), PLACE, &[0xff, 0xfe]);
        assert!(key(1).open(PLACE, &sealed).is_some());
        assert!(key(1).open_text(PLACE, &sealed).is_none());
    }
}
