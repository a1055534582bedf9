//! Asking after a token: only a plain yes or no is an answer.

use super::*;
use crate::client::ClientAuth;
use crate::token::sample::{self, public_client, secret, secret_client};
use crate::transport::{FaultKind, Reply, ScriptedTransport, Sent};

async fn ask(reply: Reply) -> Result<bool, Failure> {
    let transport = ScriptedTransport::new();
    transport.on("/introspect", reply);
    let (provider, server) = (sample::provider(), sample::server());
    introspect(&transport, &provider, &server, &public_client(), &secret("at-1"), TokenHint::Access).await
}

#[tokio::test]
async fn r7662_1_active_and_inactive_are_real_answers() {
    assert_eq!(ask(Reply::json(200, r#"{"active":true,"scope":"a"}"#)).await, Ok(true));
    assert_eq!(ask(Reply::json(200, r#"{"active":false}"#)).await, Ok(false));
}

#[tokio::test]
async fn r7662_1_an_error_says_nothing_about_the_token() {
    for (reply, kind) in [
        (Reply::json(200, "{}"), FailureKind::InvalidResponse),
        (Reply::json(200, r#"{"active":"false"}"#), FailureKind::InvalidResponse),
        (Reply::html(200, "<html>"), FailureKind::InvalidResponse),
        (Reply::json(401, r#"{"error":"invalid_client"}"#), FailureKind::InvalidClient),
        (Reply::empty(500), FailureKind::ProviderError),
        (Reply::json(500, r#"{"active":false}"#), FailureKind::ProviderError),
        (Reply::fault(FaultKind::Reset, Sent::Maybe), FailureKind::Unreachable),
    ] {
        assert_eq!(ask(reply.clone()).await.unwrap_err().kind, kind, "{reply:?}");
    }
}

#[tokio::test]
async fn r7662_1_it_is_asked_only_where_an_endpoint_is_known_and_with_proof() {
    let transport = ScriptedTransport::new();
    transport.on("/introspect", Reply::json(200, r#"{"active":true}"#));
    let (provider, mut server) = (sample::provider(), sample::server());
    let client = secret_client(ClientAuth::SecretBasic);
    introspect(&transport, &provider, &server, &client, &secret("at-1"), TokenHint::Access).await.unwrap();
    let seen = transport.requests().remove(0);
    assert_eq!(
        (seen.field("token").as_deref(), seen.field("token_type_hint").as_deref()),
        (Some("at-1"), Some("access_token"))
    );
    assert!(seen.header("authorization").is_some() && seen.url.query().is_none());
    server.endpoints.introspection = None;
    let failure = introspect(&transport, &provider, &server, &client, &secret("t"), TokenHint::Access)
        .await
        .unwrap_err();
    assert_eq!((failure.kind, failure.sent), (FailureKind::Misconfigured, Sent::Nothing));
    assert_eq!(transport.requests().len(), 1);
}
