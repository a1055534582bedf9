//! The keys that sign id_tokens (RFC 7517, RFC 7518). Both are public knowledge: see `keys/README.md`.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;

use crate::error::PracticeError;

const KIDS: [&str; 2] = ["practice-one", "practice-two"];

/// The two signing keys; which of them is current is kept in the book.
pub(crate) struct Keys([Key; 2]);

struct Key {
    private: EncodingKey,
    public: Value,
}

/// Which key a signature is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct KeyIndex(bool);

impl KeyIndex {
    /// The key that is not this one.
    pub(crate) fn other(self) -> Self {
        Self(!self.0)
    }
}

impl Keys {
    /// Reads the keys that are built in.
    pub(crate) fn built_in() -> Result<Self, PracticeError> {
        let one = Key::read(include_bytes!("../keys/one.der"), KIDS[0])?;
        let two = Key::read(include_bytes!("../keys/two.der"), KIDS[1])?;
        Ok(Self([one, two]))
    }

    /// The public half, as it stands in the key set.
    pub(crate) fn public(&self, index: KeyIndex) -> &Value {
        &self.key(index).public
    }

    /// Signs with RS256 under this key's name.
    pub(crate) fn sign(&self, index: KeyIndex, claims: &Value) -> String {
        self.sign_as(index, index, claims)
    }

    /// Signs with one key and names another: equal but for the `wrong-signature` fault.
    pub(crate) fn sign_as(&self, named: KeyIndex, used: KeyIndex, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(KIDS[usize::from(named.0)].to_owned());
        encode(&header, claims, &self.key(used).private).expect("a sound RSA key signs any JSON object")
    }

    /// Keys an HMAC with the public modulus: what a client that mixes up algorithms would accept.
    pub(crate) fn hs256(&self, index: KeyIndex, claims: &Value) -> String {
        let modulus = self.public(index)["n"].as_str().unwrap_or_default();
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(KIDS[usize::from(index.0)].to_owned());
        encode(&header, claims, &EncodingKey::from_secret(modulus.as_bytes())).expect("HMAC takes any key")
    }

    fn key(&self, index: KeyIndex) -> &Key {
        &self.0[usize::from(index.0)]
    }
}

impl Key {
    fn read(der: &[u8], kid: &str) -> Result<Self, PracticeError> {
        let private = EncodingKey::from_rsa_der(der);
        let jwk = Jwk::from_encoding_key(&private, Algorithm::RS256).map_err(PracticeError::Keys)?;
        let mut public = serde_json::to_value(jwk).map_err(|e| PracticeError::Keys(e.into()))?;
        public["kid"] = kid.into();
        public["use"] = "sig".into();
        public["alg"] = "RS256".into();
        Ok(Self { private, public })
    }
}
