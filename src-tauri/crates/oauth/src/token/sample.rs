//! A provider, its server and a client, for the tests of this half of the crate.

use bowline_base::{ProviderId, ScopeSet, Secret, Wall};
use http::Response;
use url::Url;

use super::Answer;
use crate::attempt::Redeemed;
use crate::client::{ClientAuth, ClientCredentials};
use crate::provider::Provider;
use crate::server::Server;

/// 2026-11-21T12:00:00Z.
pub(crate) const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);
pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const CLIENT_ID: &str = "bowline-test";

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// A provider that keeps to the standard in everything.
pub(crate) fn provider() -> Provider {
    let mut provider = Provider::for_issuer(ISSUER).unwrap();
    provider.id = ProviderId::parse("acme").unwrap();
    provider.name = "Acme".into();
    provider.client.id = Some(CLIENT_ID.into());
    provider.scopes = ScopeSet::read("openid profile");
    provider
}

pub(crate) fn server() -> Server {
    let mut server = Server::configured(&provider());
    let endpoints = &mut server.endpoints;
    endpoints.authorization = Some(url("https://id.example/authorize"));
    endpoints.token = Some(url("https://id.example/token"));
    endpoints.userinfo = Some(url("https://id.example/userinfo"));
    endpoints.jwks = Some(url("https://id.example/jwks"));
    endpoints.revocation = Some(url("https://id.example/revoke"));
    endpoints.introspection = Some(url("https://id.example/introspect"));
    endpoints.pushed_authorization_request = Some(url("https://id.example/par"));
    server
}

pub(crate) fn public_client() -> ClientCredentials {
    ClientCredentials { id: CLIENT_ID.into(), secret: None, auth: ClientAuth::None }
}

pub(crate) fn secret_client(auth: ClientAuth) -> ClientCredentials {
    ClientCredentials { id: "a:b+%".into(), secret: Some(secret("p@ss ü:")), auth }
}

pub(crate) fn redeemed() -> Redeemed {
    Redeemed {
        code: secret("the-code"),
        verifier: Some(secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
        nonce: None,
        redirect_uri: url("http://127.0.0.1:49152/callback"),
        issuer: Some(ISSUER.into()),
    }
}

/// An answer of the token endpoint with a JSON body.
pub(crate) fn answer(status: u16, body: &str) -> Answer {
    answer_as(status, "application/json", body)
}

pub(crate) fn answer_as(status: u16, media_type: &str, body: &str) -> Answer {
    let response = Response::builder().status(status).header("content-type", media_type);
    Answer::new("id.example", response.body(body.as_bytes().to_vec()).unwrap())
}
