//! Giving tokens back, in each provider's way, and what its answers mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::client::ClientAuth;
use crate::token::sample;
use crate::token::sample::{public_client, secret, secret_client};
use crate::transport::{FaultKind, Recorded, Reply, ScriptedTransport, Sent};

async fn give_back(
    style: RevokeStyle,
    client: &ClientCredentials,
    reply: Reply,
) -> (Result<(), Failure>, Vec<Recorded>) {
    let transport = ScriptedTransport::new();
    transport.then(reply);
    let (mut provider, mut server) = (sample::provider(), sample::server());
    provider.quirks.revoke = style;
    if style == RevokeStyle::GithubDelete {
        server.endpoints.revocation = Some(sample::url("https://api.example/applications/{client_id}/token"));
    }
    let outcome = revoke(&transport, &provider, &server, client, &secret("rt-1"), TokenHint::Refresh).await;
    (outcome, transport.requests())
}

#[tokio::test]
async fn r7009_1_the_token_goes_with_a_hint_and_the_clients_proof() {
    let (outcome, seen) = give_back(RevokeStyle::Rfc7009, &public_client(), Reply::empty(200)).await;
    outcome.unwrap();
    assert_eq!(
        (seen.len(), seen[0].method.as_str(), seen[0].url.as_str()),
        (1, "POST", "https://id.example/revoke")
    );
    assert_eq!(seen[0].field("token").as_deref(), Some("rt-1"));
    assert_eq!(seen[0].field("token_type_hint").as_deref(), Some("refresh_token"));
    assert_eq!(seen[0].field("client_id").as_deref(), Some("bowline-test"));
    let (_, seen) =
        give_back(RevokeStyle::Rfc7009, &secret_client(ClientAuth::SecretBasic), Reply::empty(200)).await;
    assert!(seen[0].header("authorization").is_some_and(|h| h.starts_with("Basic ")));
    assert_eq!((seen[0].field("client_id"), seen[0].field("client_secret")), (None, None));
}

#[tokio::test]
async fn r7009_2_success_is_success_also_for_tokens_that_nobody_knows() {
    for reply in [
        Reply::empty(200),
        Reply::json(200, "{}"),
        Reply::html(200, "ok"),
        Reply::json(200, r#"{"ok":true,"revoked":true}"#),
        Reply::json(200, r#"{"ok":false,"error":"invalid_auth"}"#),
        Reply::json(400, r#"{"error":"invalid_token"}"#),
    ] {
        let (outcome, _) = give_back(RevokeStyle::Rfc7009, &public_client(), reply.clone()).await;
        assert_eq!(outcome, Ok(()), "{reply:?}");
    }
}

#[tokio::test]
async fn r7009_2_whatever_else_is_told() {
    for (reply, kind) in [
        (Reply::empty(503), FailureKind::ProviderError),
        (Reply::json(400, r#"{"error":"unsupported_token_type"}"#), FailureKind::ProviderError),
        (Reply::json(401, r#"{"error":"invalid_client"}"#), FailureKind::InvalidClient),
        (Reply::empty(302), FailureKind::ProviderError),
        (Reply::json(200, r#"{"ok":false,"error":"fatal_error"}"#), FailureKind::ProviderError),
        (Reply::fault(FaultKind::TimedOut, Sent::Maybe), FailureKind::TimedOut),
    ] {
        let (outcome, seen) = give_back(RevokeStyle::Rfc7009, &public_client(), reply.clone()).await;
        assert_eq!(outcome.unwrap_err().kind, kind, "{reply:?}");
        assert_eq!(seen.len(), 1, "trying again is not decided here");
    }
    let reply = Reply::json(400, r#"{"error":"unsupported_token_type"}"#);
    let (outcome, _) = give_back(RevokeStyle::Rfc7009, &public_client(), reply).await;
    assert_eq!(outcome.unwrap_err().provider_error.as_deref(), Some("unsupported_token_type"));
}

#[tokio::test]
async fn google_wants_the_token_alone() {
    let (outcome, seen) =
        give_back(RevokeStyle::TokenOnly, &secret_client(ClientAuth::SecretPost), Reply::json(200, "{}"))
            .await;
    outcome.unwrap();
    assert_eq!(seen[0].text(), "token=rt-1");
    assert_eq!(seen[0].header("authorization"), None);
}

#[tokio::test]
async fn github_deletes_and_says_404_for_a_token_that_is_gone() {
    let client = ClientCredentials { id: "Iv1.a b".into(), ..secret_client(ClientAuth::SecretPost) };
    for status in [204, 404] {
        let (outcome, seen) = give_back(RevokeStyle::GithubDelete, &client, Reply::empty(status)).await;
        outcome.unwrap();
        assert_eq!(seen[0].method.as_str(), "DELETE");
        assert_eq!(seen[0].url.as_str(), "https://api.example/applications/Iv1.a%20b/token");
        assert_eq!(seen[0].text(), r#"{"access_token":"rt-1"}"#);
        let proof = seen[0].header("authorization").and_then(|h| h.strip_prefix("Basic ")).unwrap();
        assert!(STANDARD.decode(proof).unwrap().starts_with(b"Iv1.a+b:"));
    }
    let (outcome, seen) = give_back(RevokeStyle::GithubDelete, &public_client(), Reply::empty(204)).await;
    assert_eq!((outcome.unwrap_err().kind, seen.len()), (FailureKind::Misconfigured, 0));
}

#[tokio::test]
async fn some_take_the_token_itself_as_proof_and_some_take_json() {
    let (outcome, seen) =
        give_back(RevokeStyle::BearerPost, &public_client(), Reply::json(200, r#"{"ok":true}"#)).await;
    outcome.unwrap();
    assert_eq!((seen[0].header("authorization"), seen[0].body.len()), (Some("Bearer rt-1"), 0));
    let client = secret_client(ClientAuth::SecretBasic);
    let (outcome, seen) = give_back(RevokeStyle::JsonBasic, &client, Reply::json(200, "{}")).await;
    outcome.unwrap();
    assert_eq!(seen[0].text(), r#"{"token":"rt-1"}"#);
    assert!(seen[0].header("authorization").is_some_and(|h| h.starts_with("Basic ")));
}

#[tokio::test]
async fn where_there_is_no_way_nothing_is_sent() {
    let (outcome, seen) = give_back(RevokeStyle::Unsupported, &public_client(), Reply::empty(200)).await;
    let failure = outcome.unwrap_err();
    assert_eq!((failure.kind, failure.sent, seen.len()), (FailureKind::Misconfigured, Sent::Nothing, 0));
    let transport = ScriptedTransport::new();
    let mut server = sample::server();
    for endpoint in [None, Some(sample::url("http://id.example/revoke"))] {
        server.endpoints.revocation = endpoint;
        let outcome = revoke(
            &transport,
            &sample::provider(),
            &server,
            &public_client(),
            &secret("t"),
            TokenHint::Access,
        )
        .await;
        assert_eq!(outcome.unwrap_err().kind, FailureKind::Misconfigured);
    }
    assert!(transport.requests().is_empty());
}

#[tokio::test]
async fn r6749_13_a_token_that_is_given_back_is_not_in_the_address() {
    for style in RevokeStyle::ALL {
        let (_, seen) = give_back(*style, &secret_client(ClientAuth::SecretBasic), Reply::empty(200)).await;
        assert!(
            seen.iter().all(|r| !r.url.as_str().contains("rt-1") && r.url.query().is_none()),
            "{style:?}"
        );
    }
}
