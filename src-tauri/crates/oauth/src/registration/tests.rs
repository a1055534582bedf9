//! STANDARDS 7591-1 and 7591-2, against a scripted provider.

use super::*;
use crate::transport::{Reply, ScriptedTransport};

const NOW: Wall = Wall::from_unix_ms(1_800_000_000_000);

fn server(auth_methods: Option<&[&str]>) -> Server {
    let mut server = Server {
        auth_methods: auth_methods.map(|m| m.iter().map(|m| m.to_string()).collect()),
        ..Server::default()
    };
    server.endpoints.registration = Url::parse("https://id.example/register").ok();
    server
}

async fn register_at(server: &Server, reply: Reply) -> (Result<Registered, Failure>, Option<Value>) {
    let net = ScriptedTransport::new();
    net.then(reply);
    let provider = Provider::for_issuer("https://id.example").expect("a usable issuer");
    let redirects = [Url::parse("http://127.0.0.1:4000/callback").expect("a url")];
    let scopes = ScopeSet::read("openid profile");
    let application = Application { client_name: "Bowline", redirect_uris: &redirects, scopes: &scopes };
    let outcome = register(&net, &provider, server, &application, NOW).await;
    let asked = net.requests().first().map(|request| serde_json::from_slice(&request.body).expect("JSON"));
    (outcome, asked)
}

#[tokio::test]
async fn r7591_1_a_native_client_without_a_secret_is_asked_for() {
    let (outcome, asked) = register_at(&server(None), Reply::json(201, r#"{"client_id":"abc"}"#)).await;
    let asked = asked.expect("a request");
    assert_eq!(asked["application_type"], "native");
    assert_eq!(asked["token_endpoint_auth_method"], "none");
    assert_eq!(asked["redirect_uris"], json!(["http://127.0.0.1:4000/callback"]));
    assert_eq!(asked["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(asked["response_types"], json!(["code"]));
    assert_eq!(asked["scope"], "openid profile");
    let client = outcome.expect("a client").to_credentials();
    assert_eq!(client, ClientCredentials { id: "abc".into(), secret: None, auth: ClientAuth::None });
}

#[tokio::test]
async fn r7591_1_what_the_server_answers_counts() {
    let answer = r#"{"client_id":"abc","client_secret":"s3","token_endpoint_auth_method":"client_secret_post","client_secret_expires_at":0}"#;
    let (outcome, _) = register_at(&server(None), Reply::json(201, answer)).await;
    let registered = outcome.expect("a client");
    assert_eq!((registered.auth, registered.expires_at), (ClientAuth::SecretPost, None));
    assert_eq!(registered.client_secret, Some(Secret::new("s3")));
}

#[tokio::test]
async fn r7591_1_a_server_that_wants_a_secret_is_asked_for_one() {
    let methods = ["private_key_jwt", "client_secret_post", "client_secret_basic"];
    let answer = r#"{"client_id":"abc","client_secret":"s3"}"#;
    let (outcome, asked) = register_at(&server(Some(&methods)), Reply::json(201, answer)).await;
    assert_eq!(asked.expect("a request")["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(outcome.expect("a client").auth, ClientAuth::SecretBasic);
}

#[tokio::test]
async fn a_server_whose_ways_bowline_does_not_have_is_not_asked() {
    let (outcome, asked) = register_at(&server(Some(&["private_key_jwt"])), Reply::empty(500)).await;
    assert_eq!(outcome.expect_err("no way").kind, FailureKind::Misconfigured);
    assert!(asked.is_none());
}

#[tokio::test]
async fn r7591_2_the_secrets_end_is_kept_and_zero_means_never() {
    let answer = r#"{"client_id":"a","client_secret":"s","client_secret_expires_at":1800003600,
        "registration_access_token":"t0k","registration_client_uri":"https://id.example/register/a","x":[1]}"#;
    let (outcome, _) = register_at(&server(Some(&["client_secret_basic"])), Reply::json(200, answer)).await;
    let registered = outcome.expect("a client");
    assert_eq!(registered.expires_at, Some(Wall::from_unix_ms(1_800_003_600_000)));
    assert_eq!(registered.registration_token, Some(Secret::new("t0k")));
    let shown = format!("{registered:?}");
    assert!(!shown.contains("t0k") && !shown.contains("\"s\""), "{shown}");
}

#[tokio::test]
async fn a_refusal_is_sorted_and_an_answer_without_a_client_is_no_answer() {
    for (reply, kind) in [
        (Reply::json(400, r#"{"error":"invalid_redirect_uri"}"#), FailureKind::UnauthorizedClient),
        (Reply::json(201, r#"{"client_id":""}"#), FailureKind::InvalidResponse),
        (Reply::json(201, r#"{"client_id":7}"#), FailureKind::InvalidResponse),
        (
            Reply::json(201, r#"{"client_id":"a","token_endpoint_auth_method":"client_secret_basic"}"#),
            FailureKind::InvalidResponse,
        ),
        (
            Reply::json(201, r#"{"client_id":"a","token_endpoint_auth_method":"tls_client_auth"}"#),
            FailureKind::InvalidResponse,
        ),
        (Reply::html(200, "<html>"), FailureKind::InvalidResponse),
        (Reply::empty(403), FailureKind::ProviderError),
        (Reply::empty(503), FailureKind::ProviderError),
    ] {
        let (outcome, _) = register_at(&server(None), reply).await;
        let failure = outcome.expect_err("no client");
        assert_eq!((failure.kind, failure.host.as_deref()), (kind, Some("id.example")));
    }
}

#[tokio::test]
async fn a_server_without_a_registration_endpoint_cannot_be_asked() {
    let (outcome, _) = register_at(&Server::default(), Reply::empty(500)).await;
    assert_eq!(outcome.expect_err("nowhere to ask").kind, FailureKind::Misconfigured);
}
