//! Looks for a secret where none may be: in files, logs and outputs, as it is and in the forms it hides in.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A secret and every form it is looked for in.
#[derive(Clone)]
pub struct Canary {
    forms: Vec<(&'static str, Vec<u8>)>,
}

/// Where a secret was found. The secret itself is not repeated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// The form: raw, reversed, hex, base64 or URL.
    pub form: &'static str,
    /// How many bytes into the file.
    pub at: usize,
}

impl Canary {
    /// The secret to look for.
    ///
    /// # Panics
    /// When it is shorter than 8 bytes: such a text is found by chance.
    pub fn new(secret: &str) -> Self {
        let bytes = secret.as_bytes();
        assert!(bytes.len() >= 8, "too short to be looked for");
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let mut forms = vec![
            ("raw", bytes.to_vec()),
            ("reversed", bytes.iter().rev().copied().collect()),
            ("hex", hex.clone().into_bytes()),
            ("hex", hex.to_ascii_uppercase().into_bytes()),
            ("URL", escaped(bytes).into_bytes()),
        ];
        // inside a longer text the secret begins at any of three places of a base64 group
        for shift in 0..3 {
            forms.push(("base64", core(&STANDARD_NO_PAD, bytes, shift)));
            forms.push(("base64", core(&URL_SAFE_NO_PAD, bytes, shift)));
        }
        Self { forms }
    }

    /// The first form in which these bytes hold the secret, and where.
    pub fn find(&self, bytes: &[u8]) -> Option<(&'static str, usize)> {
        self.forms.iter().find_map(|(form, wanted)| {
            bytes.windows(wanted.len()).position(|window| window == wanted).map(|at| (*form, at))
        })
    }

    /// Every file below a folder (or the one file) that holds the secret. What cannot be read is not looked at.
    pub fn search(&self, place: &Path) -> Vec<Found> {
        let mut found = Vec::new();
        let mut places = vec![place.to_owned()];
        while let Some(place) = places.pop() {
            let Ok(kind) = fs::symlink_metadata(&place) else { continue };
            if kind.is_dir() {
                places.extend(fs::read_dir(&place).into_iter().flatten().flatten().map(|entry| entry.path()));
            } else if kind.is_file() {
                let bytes = fs::read(&place).unwrap_or_default();
                found.extend(self.find(&bytes).map(|(form, at)| Found { file: place, form, at }));
            }
        }
        found
    }

    /// Asserts that no file below these folders holds the secret.
    ///
    /// # Panics
    /// When one does; file, form and place are named, the secret is not.
    #[track_caller]
    pub fn assert_absent(&self, places: &[&Path]) {
        let found: Vec<Found> = places.iter().flat_map(|place| self.search(place)).collect();
        assert!(found.is_empty(), "the secret lies in {found:#?}");
    }
}

impl std::fmt::Debug for Canary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canary(…)")
    }
}

/// The characters that any base64 text has which holds these bytes `shift` bytes after a group's beginning.
fn core(engine: &impl Engine, bytes: &[u8], shift: usize) -> Vec<u8> {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(bytes);
    let text = engine.encode(&padded).into_bytes();
    let whole = padded.len() * 8 / 6;
    text[(shift * 8).div_ceil(6)..whole].to_vec()
}

fn escaped(bytes: &[u8]) -> String {
    let one = |b: &u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*b).to_string(),
        other => format!("%{other:02X}"),
    };
    bytes.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "ya29.canary/of+the~tests";

    #[test]
    fn a_secret_is_found_in_every_form() {
        let canary = Canary::new(SECRET);
        let texts = [
            format!("token={SECRET};"),
            "x 796132392e63616e6172792f6f662b7468657e7465737473 y".to_owned(),
            "?token=ya29.canary%2Fof%2Bthe~tests&x".to_owned(),
            STANDARD_NO_PAD.encode(format!("user=a\u{1}{SECRET}\u{1}")),
            URL_SAFE_NO_PAD.encode(format!("user=ab\u{1}{SECRET}\u{1}")),
            STANDARD_NO_PAD.encode(format!("user=abc\u{1}{SECRET}\u{1}more")),
        ];
        for text in texts {
            assert!(canary.find(text.as_bytes()).is_some(), "not found in {text}");
        }
    }

    #[test]
    fn a_folder_is_searched_to_its_depths() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("a/b")).expect("it is writable");
        fs::write(folder.path().join("a/b/log"), format!("....{SECRET}")).expect("it is writable");
        let found = Canary::new(SECRET).search(folder.path());
        assert_eq!(found, [Found { file: folder.path().join("a/b/log"), form: "raw", at: 4 }]);
        Canary::new("another secret").assert_absent(&[folder.path()]);
    }
}
