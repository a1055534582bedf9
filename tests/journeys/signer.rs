//! An issuer for stories: signs id tokens for the provider `oidc`, and publishes its key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bowline_oauth::transport::Reply;
use bowline_tests::world::script::ISSUER;
use bowline_tests::world::{NOON, World};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

fn key() -> EncodingKey {
    let pem = include_str!("../../src-tauri/crates/oauth/src/id_token/testdata/rsa.pem");
    let inside = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let inside: String = inside.take_while(|line| !line.starts_with("-----END")).collect();
    EncodingKey::from_rsa_der(&STANDARD.decode(inside).expect("a PEM file holds base 64"))
}

/// The issuer's key set at `/jwks`.
pub(crate) fn publish(world: &World) {
    let mut jwk =
        serde_json::to_value(Jwk::from_encoding_key(&key(), Algorithm::RS256).expect("a key")).expect("JSON");
    jwk["use"] = json!("sig");
    world.net.now_on("/jwks", Reply::json(200, json!({ "keys": [jwk] }).to_string()));
}

/// An id token about this person, issued at noon plus so many seconds.
pub(crate) fn id_token(subject: &str, nonce: Option<&str>, seconds: i64) -> String {
    let issued = NOON.unix_s() + seconds;
    let mut claims = json!({
        "iss": ISSUER, "sub": subject, "aud": "bowline-oidc", "iat": issued, "exp": issued + 3600,
        "preferred_username": format!("{subject}@id.example"),
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    let message = format!("{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(&claims));
    let signature = crypto::sign(message.as_bytes(), &key(), Algorithm::RS256).expect("a signature");
    format!("{message}.{signature}")
}

/// Tokens for an hour, with an id token.
pub(crate) fn tokens(mark: &str, id_token: &str) -> Reply {
    let body = json!({
        "access_token": format!("at-{mark}"), "refresh_token": format!("rt-{mark}"), "token_type": "Bearer",
        "expires_in": 3600, "id_token": id_token,
    });
    Reply::json(200, body.to_string())
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
