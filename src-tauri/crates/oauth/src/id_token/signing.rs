//! An issuer for tests: signs id tokens, right and wrong ones, and publishes its keys.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bowline_base::Secret;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::token::sample::{CLIENT_ID, ISSUER, NOW};
use crate::transport::Reply;

/// A key that the test issuer signs with.
pub(crate) struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    id: Option<&'static str>,
}

impl Signer {
    pub(crate) fn rsa() -> Self {
        Self::new(EncodingKey::from_rsa_der(&der(include_str!("testdata/rsa.pem"))), Algorithm::RS256)
    }

    pub(crate) fn other_rsa() -> Self {
        Self::new(EncodingKey::from_rsa_der(&der(include_str!("testdata/other_rsa.pem"))), Algorithm::RS256)
    }

    pub(crate) fn ec() -> Self {
        Self::new(EncodingKey::from_ec_der(&der(include_str!("testdata/ec.pem"))), Algorithm::ES256)
    }

    pub(crate) fn ed() -> Self {
        Self::new(EncodingKey::from_ed_der(&der(include_str!("testdata/ed.pem"))), Algorithm::EdDSA)
    }

    fn new(key: EncodingKey, algorithm: Algorithm) -> Self {
        Self { key, algorithm, id: None }
    }

    pub(crate) fn named(self, id: &'static str) -> Self {
        Self { id: Some(id), ..self }
    }

    pub(crate) fn with(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        jwk["use"] = json!("sig");
        if let Some(id) = self.id {
            jwk["kid"] = json!(id);
        }
        jwk
    }

    pub(crate) fn sign(&self, claims: &Value) -> Secret {
        self.sign_under(json!({}), claims)
    }

    /// Signs under a header with more, or other, members than usual.
    pub(crate) fn sign_under(&self, more: Value, claims: &Value) -> Secret {
        let mut header = json!({ "alg": format!("{:?}", self.algorithm), "typ": "JWT" });
        if let Some(id) = self.id {
            header["kid"] = json!(id);
        }
        for (name, value) in more.as_object().unwrap() {
            header[name] = value.clone();
        }
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        Secret::new(format!("{message}.{signature}"))
    }
}

/// A token that nobody signed.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> Secret {
    Secret::new(format!("{}.{}.", part(header), part(claims)))
}

/// One signed with a text that both sides know, as a confused verifier might accept.
pub(crate) fn signed_with_a_text(text: &[u8], claims: &Value) -> Secret {
    let message = format!("{}.{}", part(&json!({"alg": "HS256"})), part(claims));
    let signature =
        crypto::sign(message.as_bytes(), &EncodingKey::from_secret(text), Algorithm::HS256).unwrap();
    Secret::new(format!("{message}.{signature}"))
}

/// What a good id token says.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "248289761001", "aud": CLIENT_ID, "nonce": "n-1",
        "iat": NOW.unix_s(), "exp": NOW.unix_s() + 3600,
        "name": "Ana Lima", "preferred_username": "ana",
    })
}

/// The good claims with some of them changed; `null` takes one out.
pub(crate) fn claims_but(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

pub(crate) fn set(keys: &[Value]) -> Reply {
    Reply::json(200, json!({ "keys": keys }).to_string())
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The bytes between the two lines of a PEM file.
fn der(pem: &str) -> Vec<u8> {
    let inside = pem.lines().skip_while(|l| !l.starts_with("-----BEGIN")).skip(1);
    let text: String = inside.take_while(|l| !l.starts_with("-----END")).collect();
    STANDARD.decode(text).unwrap()
}
