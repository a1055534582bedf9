//! Token requests as a provider sees them, and answers as providers really write them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bowline_base::{ScopeSet, Secret};
use proptest::prelude::*;
use serde_json::json;

use super::sample::{self, NOW, answer, answer_as, public_client, redeemed, secret, secret_client, server};
use super::*;
use crate::client::ClientAuth;
use crate::failure::Verdict;
use crate::transport::{FaultKind, Recorded, Reply, ScriptedTransport, Sent};

fn provider() -> Provider {
    sample::provider()
}

const GOOD: &str =
    r#"{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-1"}"#;

/// Sends one request to a provider that answers well, and shows what it saw.
async fn seen(provider: &Provider, client: &ClientCredentials, grant: TokenGrant<'_>) -> Recorded {
    let transport = ScriptedTransport::new();
    transport.on("/token", Reply::json(200, GOOD));
    let request = request(provider, &server(), client, grant).unwrap();
    request.send(&transport, Limits::default()).await.unwrap();
    let mut requests = transport.requests();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn fields(seen: &Recorded) -> Vec<String> {
    let mut names: Vec<String> = seen.form().into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

fn read_json(body: serde_json::Value) -> Result<TokenSet, Failure> {
    read(&answer(200, &body.to_string()), &provider(), NOW)
}

// What is sent. ---------------------------------------------------------------------------------------------

#[tokio::test]
async fn r6749_2_a_code_is_exchanged_by_a_form_that_is_posted() {
    let spent = redeemed();
    let seen = seen(&provider(), &public_client(), TokenGrant::Code { redeemed: &spent }).await;
    assert_eq!(seen.method, http::Method::POST);
    assert_eq!(seen.url.as_str(), "https://id.example/token");
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(fields(&seen), ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"]);
    assert_eq!(seen.field("grant_type").as_deref(), Some("authorization_code"));
    assert_eq!(seen.field("code").as_deref(), Some("the-code"));
    assert_eq!(seen.field("code_verifier").as_deref(), spent.verifier.as_ref().map(Secret::expose));
    assert_eq!(seen.field("redirect_uri").as_deref(), Some("http://127.0.0.1:49152/callback"));
}

#[tokio::test]
async fn r6749_9_a_renewal_names_no_scope_at_all() {
    let seen = seen(&provider(), &public_client(), TokenGrant::Refresh { token: &secret("rt-9") }).await;
    assert_eq!(fields(&seen), ["client_id", "grant_type", "refresh_token"]);
    assert_eq!(seen.field("grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(seen.field("refresh_token").as_deref(), Some("rt-9"));
}

#[tokio::test]
async fn r6749_3_a_request_proves_itself_in_one_way_only() {
    let token = secret("rt");
    for (client, header, field) in [
        (public_client(), false, false),
        (secret_client(ClientAuth::SecretBasic), true, false),
        (secret_client(ClientAuth::SecretPost), false, true),
        (ClientCredentials { secret: Some(secret("unused")), ..public_client() }, false, false),
    ] {
        let seen = seen(&provider(), &client, TokenGrant::Refresh { token: &token }).await;
        assert_eq!(seen.header("authorization").is_some(), header, "{:?}", client.auth);
        assert_eq!(seen.field("client_secret").is_some(), field, "{:?}", client.auth);
        assert_eq!(seen.field("client_id").is_some(), !header, "{:?}", client.auth);
    }
}

#[tokio::test]
async fn r6749_4_id_and_secret_are_form_encoded_before_base64() {
    let client = secret_client(ClientAuth::SecretBasic);
    let seen = seen(&provider(), &client, TokenGrant::Refresh { token: &secret("rt") }).await;
    let pair = seen.header("authorization").and_then(|h| h.strip_prefix("Basic ")).unwrap();
    let pair = String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap();
    assert_eq!(pair, "a%3Ab%2B%25:p%40ss+%C3%BC%3A");
    assert_eq!(
        form::basic(&client.id, "p@ss ü:").to_str().ok(),
        seen.header("authorization"),
        "both ways write it alike"
    );
}

#[tokio::test]
async fn a_public_client_may_have_to_show_an_empty_secret() {
    let mut provider = provider();
    provider.quirks.basic_with_empty_secret = true;
    let seen = seen(&provider, &public_client(), TokenGrant::Refresh { token: &secret("rt") }).await;
    assert_eq!(
        seen.header("authorization"),
        Some(format!("Basic {}", STANDARD.encode("bowline-test:")).as_str())
    );
    assert_eq!(seen.field("client_id"), None);
}

#[tokio::test]
async fn r8707_1_the_resource_goes_with_both_grants_where_it_is_configured() {
    let mut provider = provider();
    provider.resource = Some("https://api.acme.example".into());
    let (spent, token) = (redeemed(), secret("rt"));
    for grant in [TokenGrant::Code { redeemed: &spent }, TokenGrant::Refresh { token: &token }] {
        let seen = seen(&provider, &public_client(), grant).await;
        assert_eq!(seen.field("resource").as_deref(), Some("https://api.acme.example"));
    }
}

#[tokio::test]
async fn r6749_13_nothing_secret_is_ever_in_the_address() {
    let (spent, token) = (redeemed(), secret("canary-rt"));
    for grant in [TokenGrant::Code { redeemed: &spent }, TokenGrant::Refresh { token: &token }] {
        for auth in [ClientAuth::SecretBasic, ClientAuth::SecretPost] {
            assert_eq!(seen(&provider(), &secret_client(auth), grant).await.url.query(), None);
        }
    }
}

#[tokio::test]
async fn a_provider_without_pkce_gets_no_verifier() {
    let spent = Redeemed { verifier: None, ..redeemed() };
    let seen = seen(&provider(), &public_client(), TokenGrant::Code { redeemed: &spent }).await;
    assert_eq!(seen.field("code_verifier"), None);
}

#[tokio::test]
async fn some_providers_are_not_told_what_we_accept() {
    let mut provider = provider();
    provider.quirks.token_accept_json = false;
    let seen = seen(&provider, &public_client(), TokenGrant::Refresh { token: &secret("rt") }).await;
    assert_eq!(seen.header("accept"), None);
}

#[tokio::test]
async fn f06_the_same_request_goes_to_the_fallbacks_and_to_no_other_place() {
    let mut provider = provider();
    provider.token_endpoint_fallbacks = vec![
        sample::url("https://b.example/t"),
        sample::url("http://b.example/t"),
        sample::url("https://c.example/t"),
    ];
    let first = request(&provider, &server(), &public_client(), TokenGrant::Refresh { token: &secret("rt") })
        .unwrap();
    let transport = ScriptedTransport::new();
    for request in [Some(first.clone()), first.to_fallback(0), first.to_fallback(1)].into_iter().flatten() {
        let fault = request.send(&transport, Limits::default()).await.unwrap_err();
        assert_eq!(fault.kind, FailureKind::Unreachable);
    }
    assert!(first.to_fallback(2).is_none(), "plain http is no fallback");
    let seen = transport.requests();
    let hosts: Vec<_> = seen.iter().map(|r| r.url.host_str().unwrap().to_owned()).collect();
    assert_eq!(hosts, ["id.example", "b.example", "c.example"]);
    assert!(seen.iter().all(|r| r.body == seen[0].body));
}

#[test]
fn what_cannot_work_is_said_before_anything_is_sent() {
    let grant = secret("rt");
    let build = |server: &Server, client: &ClientCredentials| {
        request(&provider(), server, client, TokenGrant::Refresh { token: &grant }).unwrap_err().kind
    };
    let mut nowhere = server();
    nowhere.endpoints.token = None;
    assert_eq!(build(&nowhere, &public_client()), FailureKind::Misconfigured);
    let mut plain = server();
    plain.endpoints.token = Some(sample::url("http://id.example/token"));
    assert_eq!(build(&plain, &public_client()), FailureKind::Misconfigured);
    for auth in [ClientAuth::SecretBasic, ClientAuth::SecretPost] {
        let client = ClientCredentials { auth, ..public_client() };
        assert_eq!(build(&server(), &client), FailureKind::Misconfigured);
    }
}

#[test]
fn neither_request_nor_answer_prints_what_it_holds() {
    let client =
        ClientCredentials { secret: Some(secret("canary-s")), ..secret_client(ClientAuth::SecretPost) };
    let request =
        request(&provider(), &server(), &client, TokenGrant::Refresh { token: &secret("canary-r") }).unwrap();
    let answer = answer(200, r#"{"access_token":"canary-a","token_type":"Bearer","hook":"canary-h"}"#);
    let set = read(&answer, &provider(), NOW).unwrap();
    assert!(!format!("{request:?} {answer:?} {set:?} {:?}", redeemed()).contains("canary"));
}

#[tokio::test]
async fn silence_is_a_failure_and_says_whether_the_request_was_seen() {
    let transport = ScriptedTransport::new();
    transport
        .then(Reply::fault(FaultKind::TimedOut, Sent::Maybe))
        .then(Reply::fault(FaultKind::Refused, Sent::Nothing));
    let request =
        request(&provider(), &server(), &public_client(), TokenGrant::Refresh { token: &secret("rt") })
            .unwrap();
    let first = request.send(&transport, Limits::default()).await.unwrap_err();
    assert_eq!((first.kind, first.sent), (FailureKind::TimedOut, Sent::Maybe));
    let second = request.send(&transport, Limits::default()).await.unwrap_err();
    assert_eq!((second.kind, second.sent), (FailureKind::Unreachable, Sent::Nothing));
}

// The journal. ----------------------------------------------------------------------------------------------

#[test]
fn an_answer_comes_back_from_the_journal_as_it_was() {
    let response = http::Response::builder()
        .status(429)
        .header("content-type", "application/json")
        .header("retry-after", "7")
        .header("date", "Sat, 21 Nov 2026 12:00:05 GMT")
        .header("www-authenticate", "Basic")
        .header("set-cookie", "canary=1")
        .body("{\"a\":\"\\u0000é\"}".as_bytes().to_vec())
        .unwrap();
    let answer = Answer::new("id.example", response);
    let journal = answer.to_journal();
    assert_eq!(Answer::from_journal(&journal), Some(answer.clone()));
    assert_eq!(answer.date, Some(NOW + Duration::from_secs(5)));
    assert!(!journal.expose().contains("canary"), "cookies are nobody's business");
    let failure = read(&answer, &provider(), NOW).unwrap_err();
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
}

#[test]
fn a_damaged_journal_is_no_answer() {
    for wrong in
        ["", "{}", "[]", "{\"status\":200}", r#"{"status":200,"host":"h","headers":[["a b","c"]],"body":""}"#]
    {
        assert_eq!(Answer::from_journal(&secret(wrong)), None, "{wrong}");
    }
}

#[test]
fn f58_a_quota_that_is_used_up_asks_for_a_pause_even_when_all_is_well() {
    let response = http::Response::builder()
        .header("x-ratelimit-remaining", "0")
        .header("x-ratelimit-reset", "20")
        .body(GOOD.as_bytes().to_vec());
    assert_eq!(Answer::new("id.example", response.unwrap()).pause(NOW), Some(Duration::from_secs(20)));
    assert_eq!(answer(200, GOOD).pause(NOW), None);
}

// What is read. ---------------------------------------------------------------------------------------------

#[test]
fn a_good_answer_is_read() {
    let set = read(&answer(200, GOOD), &provider(), NOW).unwrap();
    assert_eq!(set.access, secret("at-1"));
    assert_eq!(set.token_type, "Bearer");
    assert_eq!(set.refresh, Some(secret("rt-1")));
    assert_eq!(set.expires_in, Some(Duration::from_secs(3600)));
    assert_eq!((set.granted, set.grant_expires_in, set.id_token), (None, None, None));
}

#[test]
fn r6749_6_fifty_unknown_members_are_ignored() {
    let mut body = serde_json::from_str::<serde_json::Value>(GOOD).unwrap();
    for i in 0..50 {
        body[format!("x{i}")] = json!({ "deep": [i, null, { "error": "no" }] });
    }
    assert_eq!(read_json(body).unwrap().access, secret("at-1"));
}

#[test]
fn r6749_7_the_token_type_is_compared_without_case() {
    for word in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let set = read_json(json!({"access_token": "a", "token_type": word})).unwrap();
        assert_eq!(set.token_type, "Bearer", "{word}");
    }
    assert_eq!(
        read_json(json!({"access_token": "a"})).unwrap().token_type,
        "Bearer",
        "silence means the usual"
    );
}

#[test]
fn r9449_1_a_type_that_is_not_understood_is_not_used() {
    for word in
        [json!("DPoP"), json!("mac"), json!("N_A"), json!("user"), json!(""), json!(1), json!(["Bearer"])]
    {
        let failure =
            read_json(json!({"access_token": "a", "token_type": word, "refresh_token": "r"})).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse, "{word}");
        assert_eq!(failure.salvage, Some(secret("r")), "{word}");
    }
}

#[test]
fn r6749_8_a_missing_scope_says_nothing_and_a_named_one_is_taken() {
    let granted = |scope| read_json(json!({"access_token": "a", "scope": scope})).unwrap().granted;
    assert_eq!(granted(json!("a b")), Some(ScopeSet::read("a b")));
    assert_eq!(granted(json!("repo,gist")), Some(ScopeSet::read("repo gist")));
    assert_eq!(granted(json!(["a", "b"])), Some(ScopeSet::read("a b")));
    assert_eq!(granted(json!("")), Some(ScopeSet::default()));
    assert_eq!(granted(json!(null)), None);
    assert_eq!(read_json(json!({"access_token": "a"})).unwrap().granted, None);
}

#[test]
fn r6749_10_no_new_refresh_token_means_that_the_old_one_stays() {
    for body in [
        json!({"access_token": "a"}),
        json!({"access_token": "a", "refresh_token": null}),
        json!({"access_token": "a", "refresh_token": ""}),
    ] {
        assert_eq!(read_json(body).unwrap().refresh, None);
    }
}

#[test]
fn r6749_11_long_tokens_are_taken_up_to_64_kib() {
    for length in [16 * 1024, MAX_TOKEN] {
        let token = "x".repeat(length);
        let set =
            read_json(json!({"access_token": token, "refresh_token": token, "id_token": token})).unwrap();
        assert_eq!((set.access.len(), set.refresh.map(|t| t.len())), (length, Some(length)));
    }
    let failure = read_json(json!({"access_token": "x".repeat(MAX_TOKEN + 1)})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
}

#[test]
fn r6749_12_odd_lifetimes_are_read_as_well_as_they_can_be() {
    let ten_years = 10 * 366 * 24 * 3600;
    for (value, seconds) in [
        (json!(3600), Some(3600)),
        (json!(3599.9), Some(3599)),
        (json!("3600"), Some(3600)),
        (json!(" 60 "), Some(60)),
        (json!(0), Some(0)),
        (json!(-5), Some(0)),
        (json!("-1"), Some(0)),
        (json!(1e300), Some(ten_years)),
        (json!(u64::MAX), Some(ten_years)),
        (json!("inf"), Some(ten_years)),
        (json!("NaN"), None),
        (json!("soon"), None),
        (json!(""), None),
        (json!(null), None),
        (json!(true), None),
        (json!([1]), None),
    ] {
        let set = read_json(json!({"access_token": "a", "expires_in": value})).unwrap();
        assert_eq!(set.expires_in, seconds.map(Duration::from_secs), "{value}");
    }
}

#[test]
fn r6749_12_where_nothing_is_said_the_provider_file_speaks() {
    let mut provider = provider();
    provider.lifetimes.access_token = Some(Duration::from_secs(1800));
    let lifetime =
        |body: serde_json::Value| read(&answer(200, &body.to_string()), &provider, NOW).unwrap().expires_in;
    assert_eq!(lifetime(json!({"access_token": "a"})), Some(Duration::from_secs(1800)));
    assert_eq!(lifetime(json!({"access_token": "a", "expires_in": 60})), Some(Duration::from_secs(60)));
}

#[test]
fn f14_an_end_inside_the_token_is_a_hint_and_never_more() {
    let jwt = |seconds: i64| {
        let claims = json!({ "exp": NOW.unix_s() + seconds }).to_string();
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
    };
    let mut filed = provider();
    filed.lifetimes.access_token = Some(Duration::from_secs(1800));
    let lifetime = |provider: &Provider, body: serde_json::Value| {
        read(&answer(200, &body.to_string()), provider, NOW).unwrap().expires_in.map(|d| d.as_secs())
    };
    assert_eq!(lifetime(&provider(), json!({"access_token": jwt(600)})), Some(600));
    assert_eq!(lifetime(&filed, json!({"access_token": jwt(600)})), Some(600));
    assert_eq!(
        lifetime(&filed, json!({"access_token": jwt(9000)})),
        Some(1800),
        "never longer than the file says"
    );
    assert_eq!(lifetime(&provider(), json!({"access_token": jwt(600), "expires_in": 60})), Some(60));
    for opaque in ["a.b.c", "a.b.c.d.e", "not-a-jwt", "e30.e30.", "..", "e30.bnVsbA.x"] {
        assert_eq!(lifetime(&provider(), json!({ "access_token": opaque })), None, "{opaque}");
    }
}

#[test]
fn the_end_of_the_grant_is_read_under_all_its_names() {
    for name in ["refresh_token_expires_in", "refresh_expires_in", "x_refresh_token_expires_in"] {
        let ends = |value: serde_json::Value| {
            read_json(json!({"access_token": "a", name: value})).unwrap().grant_expires_in
        };
        assert_eq!(ends(json!(86_400)), Some(Duration::from_secs(86_400)), "{name}");
        assert_eq!(ends(json!("86400")), Some(Duration::from_secs(86_400)), "{name}");
        assert_eq!(ends(json!(0)), None, "a grant without an end");
    }
}

#[test]
fn e15_a_token_of_a_wrong_form_is_refused() {
    for wrong in [
        json!(""),
        json!(null),
        json!(42),
        json!(["a"]),
        json!({}),
        json!("a\nb"),
        json!("a\u{0}b"),
        json!("tök"),
        json!(" "),
        json!("a\r\nX-Injected: 1"),
        json!("x".repeat(1_000_000)),
    ] {
        let failure = read_json(json!({"access_token": wrong, "token_type": "Bearer"})).unwrap_err();
        assert_eq!((failure.kind, failure.verdict()), (FailureKind::InvalidResponse, Verdict::Wait));
        assert_eq!(failure.host.as_deref(), Some("id.example"));
    }
    for wrong in [json!(42), json!("a\nb"), json!("x".repeat(MAX_TOKEN + 1))] {
        let failure = read_json(json!({"access_token": "a", "refresh_token": wrong})).unwrap_err();
        assert_eq!((failure.kind, failure.salvage), (FailureKind::InvalidResponse, None));
    }
}

#[test]
fn e25_github_answers_200_with_an_error() {
    let body = r#"{"error":"bad_verification_code","error_description":"The code is incorrect.","error_uri":"https://x"}"#;
    let failure = read(&answer(200, body), &provider(), NOW).unwrap_err();
    assert_eq!(failure.kind, FailureKind::GrantRefused);
    let standard = read(&answer(400, r#"{"error":"invalid_grant"}"#), &provider(), NOW).unwrap_err();
    assert_eq!(failure.kind, standard.kind);
    let form = answer_as(
        200,
        "application/x-www-form-urlencoded",
        "error=bad_verification_code&error_description=no",
    );
    assert_eq!(read(&form, &provider(), NOW).unwrap_err().kind, standard.kind);
}

#[test]
fn e25_a_form_is_understood_whether_or_not_it_says_so() {
    let body = "access_token=at%2F1&scope=repo%2Cgist&token_type=bearer&expires_in=28800&refresh_token=r+1";
    for media in ["application/x-www-form-urlencoded; charset=utf-8", "text/plain", ""] {
        let set = read(&answer_as(200, media, body), &provider(), NOW).unwrap();
        assert_eq!((set.access, set.refresh), (secret("at/1"), Some(secret("r 1"))), "{media}");
        assert_eq!(set.expires_in, Some(Duration::from_secs(28_800)));
        assert_eq!(set.granted, Some(ScopeSet::read("repo gist")));
    }
}

#[test]
fn e25_slacks_envelope_is_opened_where_the_file_names_it() {
    let mut slack = provider();
    slack.quirks.token_envelope = Some("/authed_user".into());
    let body = json!({"ok": true, "team": {"id": "T1"}, "authed_user": {
        "id": "U1", "access_token": "xoxp-1", "token_type": "user", "scope": "a,b", "expires_in": 43200, "refresh_token": "xoxe-1"}});
    let set = read(&answer(200, &body.to_string()), &slack, NOW).unwrap();
    assert_eq!((set.access, set.refresh), (secret("xoxp-1"), Some(secret("xoxe-1"))));
    assert_eq!(set.token_type, "Bearer");
    assert_eq!(set.granted, Some(ScopeSet::read("a b")));
    assert_eq!(set.about.document().pointer("/authed_user/id"), Some(&json!("U1")));
    assert!(!set.about.document().to_string().contains("xox"), "what is kept besides holds no token");
    let refused = read(&answer(200, r#"{"ok":false,"error":"invalid_code"}"#), &slack, NOW).unwrap_err();
    assert_eq!(refused.kind, FailureKind::GrantRefused);
}

#[test]
fn an_error_member_without_a_word_is_no_error() {
    for nothing in [json!(null), json!(""), json!(0), json!(false), json!([])] {
        assert!(read_json(json!({"access_token": "a", "error": nothing})).is_ok(), "{nothing}");
    }
    assert!(
        read_json(json!({"access_token": "a", "error": "invalid_grant"})).is_err(),
        "a word wins over a token"
    );
}

#[test]
fn e27_what_is_no_json_object_keeps_the_old_tokens() {
    let bom = format!("\u{feff}{GOOD}");
    for (media, body) in [
        ("text/html", "<html><body>Sign in to the hotel's network</body></html>"),
        ("application/json", &GOOD[..40]),
        ("application/json", bom.as_str()),
        ("application/json", ""),
        ("application/json", "[1,2]"),
        ("application/json", "null"),
        ("application/json", "\"access_token=a\""),
        ("text/html", "access_token=a"),
    ] {
        let failure = read(&answer_as(200, media, body), &provider(), NOW).unwrap_err();
        assert_eq!(
            (failure.kind, failure.verdict()),
            (FailureKind::InvalidResponse, Verdict::Wait),
            "{body}"
        );
    }
}

#[test]
fn e27_a_body_that_is_not_utf_8_is_no_answer() {
    let response = http::Response::builder().body(b"{\"access_token\":\"\xff\xfe\"}".to_vec()).unwrap();
    let failure = read(&Answer::new("id.example", response), &provider(), NOW).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
}

#[test]
fn e63_a_new_refresh_token_is_saved_from_an_answer_without_an_access_token() {
    let failure = read_json(json!({"token_type": "Bearer"})).unwrap_err();
    assert_eq!(
        (failure.kind, failure.verdict(), failure.salvage),
        (FailureKind::InvalidResponse, Verdict::Wait, None)
    );
    let failure = read_json(json!({"token_type": "Bearer", "refresh_token": "rt-2"})).unwrap_err();
    assert_eq!((failure.kind, failure.salvage), (FailureKind::InvalidResponse, Some(secret("rt-2"))));
    let refused = read(&answer(400, r#"{"error":"invalid_grant","refresh_token":"rt-3"}"#), &provider(), NOW);
    assert_eq!(refused.unwrap_err().salvage, None, "a refusal brings nothing");
}

#[test]
fn e26_only_a_success_brings_tokens() {
    for status in [301, 302, 400, 401, 403, 404, 429, 500, 503] {
        assert!(read(&answer(status, GOOD), &provider(), NOW).is_err(), "{status}");
    }
}

#[test]
fn r6749_14_opaque_tokens_jwts_and_jwes_are_all_the_same() {
    for token in ["opaque", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "a.b.c.d.e", "ya29.a0~_-+/="] {
        assert_eq!(read_json(json!({ "access_token": token })).unwrap().access, secret(token));
    }
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(status in 100u16..600, body in "\\PC{0,300}", media in "[a-z/+;= -]{0,30}") {
        let _ = read(&answer_as(status, &media, &body), &provider(), NOW);
    }

    #[test]
    fn no_member_makes_it_panic(name in "(access_token|refresh_token|token_type|scope|expires_in|id_token|error)", value in "\\PC{0,40}|[0-9.eE-]{1,30}") {
        let body = format!("{{\"access_token\":\"a\",\"{name}\":{value}}}");
        let _ = read(&answer(200, &body), &provider(), NOW);
        let _ = read_json(json!({"access_token": "a", name: value}));
    }

    #[test]
    fn every_answer_survives_the_journal(status in 100u16..600, body in "\\PC{0,200}") {
        let before = answer(status, &body);
        prop_assert_eq!(Answer::from_journal(&before.to_journal()), Some(before));
    }
}

#[tokio::test]
async fn a_provider_that_reads_no_forms_is_sent_json() {
    let mut provider = provider();
    provider.quirks.token_request_json = true;
    let token = Secret::new("rt +&");
    let seen = seen(&provider, &public_client(), TokenGrant::Refresh { token: &token }).await;
    assert_eq!(seen.header("content-type"), Some("application/json"));
    let body: serde_json::Value = serde_json::from_str(&seen.text()).unwrap();
    assert_eq!(body["refresh_token"], "rt +&");
    assert_eq!(body["grant_type"], "refresh_token");
}
