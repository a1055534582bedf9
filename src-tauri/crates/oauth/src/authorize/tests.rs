//! The authorization request as the provider sees it, in the browser's address and pushed ahead.

use std::collections::HashMap;

use bowline_base::ScopeSet;
use bowline_base::random::SeededRandom;

use super::*;
use crate::client::{ClientAuth, ClientCredentials};
use crate::provider::Provider;
use crate::server::Server;
use crate::token::sample::{self, NOW, public_client, secret_client};
use crate::transport::{FaultKind, Reply, ScriptedTransport, Sent};

struct Given {
    provider: Provider,
    server: Server,
    client: ClientCredentials,
    login_hint: Option<String>,
}

fn given() -> Given {
    Given {
        provider: sample::provider(),
        server: sample::server(),
        client: public_client(),
        login_hint: None,
    }
}

impl Given {
    fn params(&self) -> AttemptParams<'_> {
        AttemptParams {
            provider: &self.provider,
            server: &self.server,
            client: &self.client,
            redirect_uri: sample::url("http://127.0.0.1:49152/callback"),
            scopes: self.provider.scopes.clone(),
            login_hint: self.login_hint.clone(),
        }
    }

    fn url(&self) -> Url {
        Attempt::start(&self.params(), &SeededRandom::new(1)).unwrap().authorize_url().clone()
    }

    fn query(&self) -> HashMap<String, String> {
        query(&self.url())
    }

    async fn begin(&self, transport: &ScriptedTransport) -> Result<Attempt, Failure> {
        begin(self.params(), &SeededRandom::new(1), transport, NOW).await
    }
}

/// Each parameter once, or the test fails.
fn query(url: &Url) -> HashMap<String, String> {
    let mut seen = HashMap::new();
    for (name, value) in url.query_pairs() {
        assert!(seen.insert(name.clone().into_owned(), value.into_owned()).is_none(), "{name} twice");
    }
    seen
}

#[test]
fn o15_the_address_has_everything_it_must_have() {
    let query = given().query();
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], "bowline-test");
    assert_eq!(query["redirect_uri"], "http://127.0.0.1:49152/callback");
    assert_eq!(query["scope"], "openid profile");
    assert_eq!(query["code_challenge_method"], "S256");
    for random in ["state", "nonce", "code_challenge"] {
        assert_eq!(query[random].len(), 43, "{random}");
    }
    assert_eq!(query.len(), 8);
    assert_eq!(given().url().host_str(), Some("id.example"));
}

#[test]
fn r9700_2_the_nonce_is_there_with_openid_and_only_then() {
    let mut given = given();
    assert!(given.query().contains_key("nonce"));
    given.provider.scopes = ScopeSet::read("profile email");
    assert!(!given.query().contains_key("nonce"));
    given.provider.scopes = ScopeSet::default();
    assert!(!given.query().contains_key("scope"));
}

#[test]
fn offline_access_asks_the_person_unless_the_file_says_otherwise() {
    let mut given = given();
    given.provider.scopes = ScopeSet::read("openid offline_access");
    assert_eq!(given.query().get("prompt").map(String::as_str), Some("consent"));
    given.provider.authorize_params = vec![("prompt".to_owned(), "select_account".to_owned())];
    assert_eq!(given.query().get("prompt").map(String::as_str), Some("select_account"));
    given.provider.authorize_params.clear();
    given.provider.scopes = ScopeSet::read("openid");
    assert!(!given.query().contains_key("prompt"));
}

#[test]
fn r9700_2_extra_parameters_cannot_take_the_place_of_ours() {
    let mut given = given();
    let ours = given.query();
    given.provider.authorize_params = OWN_PARAMS
        .iter()
        .map(|n| ((*n).to_owned(), "evil".to_owned()))
        .chain([("prompt".into(), "consent".into())])
        .collect();
    let mut query = given.query();
    assert_eq!(query.remove("prompt").as_deref(), Some("consent"));
    assert_eq!(query, ours);
}

#[test]
fn the_endpoints_own_query_stays_but_for_what_is_ours_to_say() {
    let mut given = given();
    given.server.endpoints.authorization = Some(sample::url(
        "https://id.example/authorize?tenant=a%20b&state=evil&redirect_uri=https://evil.example#x",
    ));
    let query = given.query();
    assert_eq!(query["tenant"], "a b");
    assert_eq!(query["redirect_uri"], "http://127.0.0.1:49152/callback");
    assert_ne!(query["state"], "evil");
    assert_eq!(given.url().fragment(), None);
}

#[test]
fn r8707_1_the_resource_and_the_hint_are_sent_where_they_are_given() {
    let mut given = given();
    given.provider.resource = Some("https://api.acme.example".into());
    given.login_hint = Some("ana+x@example.com".into());
    given.provider.authorize_params =
        vec![("login_hint".into(), "evil".into()), ("resource".into(), "evil".into())];
    let query = given.query();
    assert_eq!(
        (query["resource"].as_str(), query["login_hint"].as_str()),
        ("https://api.acme.example", "ana+x@example.com")
    );
}

#[test]
fn scopes_are_written_as_the_provider_wants_them() {
    let mut given = given();
    given.provider.scopes = ScopeSet::read("a b c");
    given.provider.quirks.scope_separator = ',';
    assert_eq!(given.query()["scope"], "a,b,c");
    given.provider.quirks.scope_param = "user_scope".into();
    let query = given.query();
    assert_eq!((query.get("scope"), query["user_scope"].as_str()), (None, "a,b,c"));
}

#[test]
fn r7636_2_pkce_is_always_sent_but_to_a_provider_that_rejects_it() {
    let mut given = given();
    given.server.pkce_methods = Some(vec!["plain".into()]);
    let refused = Attempt::start(&given.params(), &SeededRandom::new(1)).unwrap_err();
    assert_eq!(refused.kind, FailureKind::PkceUnsupported);
    given.provider.quirks.pkce_rejected = true;
    let query = given.query();
    assert!(!query.contains_key("code_challenge") && !query.contains_key("code_challenge_method"));
    assert!(query.contains_key("state") && query.contains_key("nonce"));
}

#[test]
fn r8252_4_a_client_with_a_secret_sends_pkce_too_and_never_the_secret() {
    let mut given = given();
    given.client = secret_client(ClientAuth::SecretBasic);
    assert!(given.query().contains_key("code_challenge"));
    assert!(!given.url().as_str().contains("p%40ss"));
}

#[test]
fn r8414_4_only_a_safe_address_is_ever_given_to_the_browser() {
    let mut given = given();
    for wrong in
        [None, Some("http://id.example/authorize"), Some("ftp://id.example/"), Some("javascript:alert(1)")]
    {
        given.server.endpoints.authorization = wrong.map(sample::url);
        let refused = Attempt::start(&given.params(), &SeededRandom::new(1)).unwrap_err();
        assert_eq!(refused.kind, FailureKind::Misconfigured, "{wrong:?}");
    }
    given.server.endpoints.authorization = Some(sample::url("http://127.0.0.1:9/authorize"));
    assert!(Attempt::start(&given.params(), &SeededRandom::new(1)).is_ok(), "the practice provider");
}

#[test]
fn ci_1_a_client_id_that_is_an_address_is_sent_unchanged() {
    let mut given = given();
    given.client.id = "https://app.example/client.json".into();
    assert_eq!(given.query()["client_id"], "https://app.example/client.json");
}

// Pushed ahead. ---------------------------------------------------------------------------------------------

fn pushed() -> Given {
    let mut given = given();
    given.server.requires_par = true;
    given
}

#[tokio::test]
async fn without_need_nothing_is_pushed() {
    let transport = ScriptedTransport::new();
    let attempt = given().begin(&transport).await.unwrap();
    assert!(transport.requests().is_empty());
    assert!(attempt.authorize_url().query_pairs().all(|(name, _)| name != "request_uri"));
}

#[tokio::test]
async fn r9126_1_where_it_is_required_the_address_carries_a_handle_and_nothing_more() {
    let transport = ScriptedTransport::new();
    transport.on("/par", Reply::json(201, r#"{"request_uri":"urn:x:abc&1","expires_in":60}"#));
    let mut given = pushed();
    given.provider.resource = Some("https://api.acme.example".into());
    let full = given.query();
    let attempt = given.begin(&transport).await.unwrap();
    let short = query(attempt.authorize_url());
    assert_eq!(short.len(), 2);
    assert_eq!((short["client_id"].as_str(), short["request_uri"].as_str()), ("bowline-test", "urn:x:abc&1"));
    let seen = transport.requests();
    assert_eq!((seen.len(), seen[0].method.as_str(), seen[0].url.query()), (1, "POST", None));
    let sent: HashMap<String, String> = seen[0].form().into_iter().collect();
    assert_eq!(sent, full);
    assert!(attempt.state_matches(&full["state"]));
}

#[tokio::test]
async fn r9126_1_a_secret_client_proves_itself_when_it_pushes() {
    let transport = ScriptedTransport::new();
    transport.on("/par", Reply::json(201, r#"{"request_uri":"urn:x"}"#));
    for (auth, header, field) in
        [(ClientAuth::SecretBasic, true, false), (ClientAuth::SecretPost, false, true)]
    {
        let given = Given { client: secret_client(auth), ..pushed() };
        given.begin(&transport).await.unwrap();
        let seen = transport.requests().pop().unwrap();
        assert_eq!(seen.header("authorization").is_some(), header);
        assert_eq!(seen.field("client_secret").is_some(), field);
        assert_eq!(seen.form().iter().filter(|(n, _)| n == "client_id").count(), 1);
    }
}

#[tokio::test]
async fn r9126_2_an_error_at_the_push_opens_no_browser() {
    for (reply, kind) in [
        (Reply::json(400, r#"{"error":"invalid_scope"}"#), FailureKind::InvalidScope),
        (Reply::json(401, r#"{"error":"invalid_client"}"#), FailureKind::InvalidClient),
        (Reply::empty(503), FailureKind::ProviderError),
        (Reply::json(201, "{}"), FailureKind::InvalidResponse),
        (Reply::json(201, r#"{"request_uri":""}"#), FailureKind::InvalidResponse),
        (Reply::json(201, r#"{"request_uri":"a b\n"}"#), FailureKind::InvalidResponse),
        (Reply::fault(FaultKind::Tls, Sent::Nothing), FailureKind::Tls),
    ] {
        let transport = ScriptedTransport::new();
        transport.on("/par", reply);
        assert_eq!(pushed().begin(&transport).await.unwrap_err().kind, kind);
    }
    let mut nowhere = pushed();
    nowhere.server.endpoints.pushed_authorization_request = None;
    let transport = ScriptedTransport::new();
    assert_eq!(nowhere.begin(&transport).await.unwrap_err().kind, FailureKind::Misconfigured);
}
