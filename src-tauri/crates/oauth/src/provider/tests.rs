//! Provider files read, refused with line and field, and laid over each other.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::*;

const ACME: &str = r#"id = "acme"
name = "Acme"
issuer = "https://id.acme.example"
token_endpoint = "https://id.acme.example/t"
token_endpoint_fallbacks = ["https://two.acme.example/t"]
scopes = ["openid", "profile", "offline_access"]
required_scopes = ["profile"]
[client]
id = "0oa1"
auth = "none"
redirect = "http://127.0.0.1:{port}/callback"
[identity]
subject = "/sub"
username = "/preferred_username"
display_name = "/name"
[lifetimes]
access_token = "1h"
grant = "60d"
[authorize_params]
access_type = "offline"
[api]
hosts = ["api.acme.example"]
resource = "https://api.acme.example"
"#;

fn file() -> Origin {
    Origin::File(PathBuf::from("acme.toml"))
}

fn refused(text: &str) -> ProviderFileError {
    let error = parse(text, file()).expect_err(text);
    assert_eq!(error.file, Some(PathBuf::from("acme.toml")));
    error
}

/// The contract's file with one line more, or another in the place of one.
fn with(line: &str) -> String {
    let key = line.split('=').next().unwrap_or_default().trim();
    let kept = ACME.lines().filter(|known| known.split('=').next().unwrap_or_default().trim() != key);
    let mut lines: Vec<&str> = kept.collect();
    lines.insert(lines.iter().position(|l| l.starts_with('[')).unwrap_or(0), line);
    lines.join("\n")
}

#[test]
fn the_contracts_example_is_read_field_by_field() {
    let acme = parse(ACME, file()).expect("the contract's example");
    assert_eq!((acme.id.as_str(), acme.name.as_str()), ("acme", "Acme"));
    assert_eq!(acme.issuer.as_deref(), Some("https://id.acme.example"));
    assert_eq!(acme.token_endpoint_fallbacks.len(), 1);
    assert_eq!(acme.scopes.to_string(), "openid profile offline_access");
    assert_eq!(acme.required_scopes.to_string(), "profile");
    assert_eq!(acme.client.id.as_deref(), Some("0oa1"));
    assert_eq!(acme.client.redirect, Redirect::default());
    assert_eq!(acme.identity.username.as_deref(), Some("/preferred_username"));
    assert_eq!(acme.lifetimes.access_token, Some(Duration::from_secs(3600)));
    assert_eq!(acme.lifetimes.grant, Some(Duration::from_secs(60 * 86_400)));
    assert_eq!(acme.authorize_params, [("access_type".to_owned(), "offline".to_owned())]);
    assert_eq!(acme.api_hosts, ["api.acme.example"]);
    assert_eq!(acme.resource.as_deref(), Some("https://api.acme.example"));
    assert_eq!(acme.quirks, Quirks::default());
    assert!(!acme.is_confidential() && acme.gaps().is_empty());
}

#[test]
fn e22_wrong_values_name_field_and_line() {
    for (line, field) in [
        ("id = \"\"", "id"),
        ("id = \"Acme Inc\"", "id"),
        ("id = 7", "id"),
        ("name = \"\"", "name"),
        ("scopes = \"a\"", "scopes"),
        ("scopes = [1]", "scopes[0]"),
        ("scopes = [\"a\", \"b c\"]", "scopes[1]"),
        ("required_scopes = {}", "required_scopes"),
        ("issuer = \"id.acme.example\"", "issuer"),
        ("issuer = \"https://id.acme.example?x\"", "issuer"),
        ("token_endpoint = \"http://id.acme.example/t\"", "token_endpoint"),
        ("token_endpoint = true", "token_endpoint"),
        ("token_endpoint_fallbacks = [\"ftp://x/\"]", "token_endpoint_fallbacks[0]"),
        ("jwks_uri = \"https://u:p@id.acme.example/k\"", "jwks_uri"),
        ("client = \"x\"", "client"),
    ] {
        let text = if line.starts_with("client") {
            format!("{line}\n{}", &ACME[..ACME.find("[client]").expect("the table")])
        } else {
            with(line)
        };
        let error = refused(&text);
        assert_eq!(error.field.as_deref(), Some(field), "{line}: {error}");
        let at = text.lines().position(|l| l == line).map(|i| i + 1);
        assert_eq!(error.line, at, "{line}: {error}");
    }
}

#[test]
fn e22_wrong_values_in_tables_name_the_table_too() {
    for (table, line, field) in [
        ("client", "id = \"\"", "client.id"),
        ("client", "id = \"ü\"", "client.id"),
        ("client", "auth = \"basic\"", "client.auth"),
        ("client", "redirect = \"https://127.0.0.1/callback\"", "client.redirect"),
        ("client", "redirect = \"http://evil.example:{port}/callback\"", "client.redirect"),
        ("client", "redirect = \"http://127.0.0.1/callback\"", "client.redirect"),
        ("client", "redirect = \"http://127.0.0.1:0/callback\"", "client.redirect"),
        ("client", "redirect = \"http://127.0.0.1:{port}/a?b=c\"", "client.redirect"),
        ("client", "redirect = \"http://0.0.0.0:{port}/\"", "client.redirect"),
        ("identity", "subject = \"sub\"", "identity.subject"),
        ("lifetimes", "grant = \"60 days\"", "lifetimes.grant"),
        ("lifetimes", "grant = \"0s\"", "lifetimes.grant"),
        ("lifetimes", "grant = \"99999999999999999999d\"", "lifetimes.grant"),
        ("lifetimes", "grant = 60", "lifetimes.grant"),
        ("authorize_params", "state = \"x\"", "authorize_params.state"),
        ("authorize_params", "prompt = 1", "authorize_params.prompt"),
        ("api", "hosts = [\"https://api.acme.example\"]", "api.hosts[0]"),
        ("api", "hosts = [\"api.acme.example/path\"]", "api.hosts[0]"),
        ("quirks", "scope_separator = \";\"", "quirks.scope_separator"),
        ("quirks", "revoke = \"none\"", "quirks.revoke"),
        ("quirks", "issuer_template = \"https://x/\"", "quirks.issuer_template"),
        ("quirks", "userinfo_headers = { Authorization = \"x\" }", "quirks.userinfo_headers.Authorization"),
        ("errors", "nope = \"what\"", "errors.nope"),
        ("facts", "console = \"javascript:alert(1)\"", "facts.console"),
    ] {
        let text = format!("id = \"acme\"\nissuer = \"https://id.acme.example\"\n[{table}]\n{line}\n");
        let error = refused(&text);
        assert_eq!((error.field.as_deref(), error.line), (Some(field), Some(4)), "{line}: {error}");
    }
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    for (text, field, suggestion) in [
        (with("scope = []"), "scope", Some("scopes")),
        (with("token_endpont = \"https://x.example/t\""), "token_endpont", Some("token_endpoint")),
        (with("redirect = \"http://127.0.0.1:1/\""), "redirect", Some("client.redirect")),
        (with("resource = \"https://x.example\""), "resource", Some("api.resource")),
        (ACME.replace("auth =", "auht ="), "client.auht", Some("auth")),
        (ACME.replace("hosts =", "host ="), "api.host", Some("hosts")),
        (with("zzzzzzzz = 1"), "zzzzzzzz", None),
    ] {
        // `with` drops lines of the same key in tables; what matters here is the new one.
        let error = refused(&text);
        assert_eq!(error.field.as_deref(), Some(field));
        assert_eq!(error.suggestion.as_deref(), suggestion, "{error}");
        assert!(error.line.is_some());
    }
}

#[test]
fn an_unknown_word_suggests_the_nearest_known_one() {
    let error = refused(&ACME.replace("\"none\"", "\"client_secret_bsaic\""));
    assert_eq!(error.suggestion.as_deref(), Some("client_secret_basic"));
}

#[test]
fn e21_a_file_without_what_is_needed_says_what_is_missing() {
    for (text, field) in [
        ("name = \"Acme\"", "id"),
        ("id = \"acme\"", "issuer"),
        ("id = \"acme\"\ntoken_endpoint = \"https://x.example/t\"", "authorization_endpoint"),
        ("id = \"acme\"\nauthorization_endpoint = \"https://x.example/a\"", "token_endpoint"),
    ] {
        assert_eq!(refused(text).field.as_deref(), Some(field));
    }
}

#[test]
fn e21_a_file_without_a_client_id_is_whole_and_its_gap_is_named_with_line() {
    let text = "id = \"acme\"\nauthorization_endpoint = \"https://x.example/a\"\ntoken_endpoint = \"https://x.example/t\"\n[client]\nauth = \"none\"\n";
    let (provider, gaps) = check(text, file(), |_| None).expect("a whole file");
    assert_eq!(provider.gaps(), ["client.id"]);
    assert_eq!((gaps[0].field.as_deref(), gaps[0].line), (Some("client.id"), Some(4)));
}

#[test]
fn an_issuer_that_may_take_registrations_has_no_gap() {
    let (_, gaps) =
        check("id = \"acme\"\nissuer = \"https://id.acme.example\"", file(), |_| None).expect("a whole file");
    assert!(gaps.is_empty());
}

#[test]
fn a_secret_in_a_file_is_refused_and_not_repeated() {
    let error = refused(&ACME.replace("id = \"0oa1\"", "id = \"0oa1\"\nsecret = \"canary-77\""));
    assert_eq!(error.field.as_deref(), Some("client.secret"));
    assert!(
        error.problem.contains("bowline providers set-secret acme") && !error.to_string().contains("canary")
    );
}

#[test]
fn http_is_for_this_computer_only() {
    for (url, fine) in [
        ("http://127.0.0.1:9000", true),
        ("http://[::1]:9000", true),
        ("http://localhost:9000", true),
        ("http://127.0.0.1.evil.example", false),
        ("http://192.168.1.2", false),
        ("http://localhost.evil.example", false),
    ] {
        assert_eq!(parse(&with(&format!("issuer = \"{url}\"")), file()).is_ok(), fine, "{url}");
    }
}

#[test]
fn text_that_is_not_toml_is_refused_with_its_line() {
    let error = refused("id = \"acme\"\nname = \n");
    assert_eq!(error.line, Some(2));
    assert!(error.to_string().starts_with("acme.toml:2: "), "{error}");
    refused("id = \"a\"\nid = \"b\"\n");
    refused(&format!("id = {}", "[".repeat(10_000)));
}

#[test]
fn a_file_longer_than_it_may_be_is_not_read() {
    assert!(refused(&format!("# {}\n{ACME}", "x".repeat(70_000))).problem.contains("64 KiB"));
    let many = (0..300).map(|i| format!("\"s{i}\"")).collect::<Vec<_>>().join(",");
    assert_eq!(refused(&with(&format!("scopes = [{many}]"))).field.as_deref(), Some("scopes"));
}

#[test]
fn a_file_laid_over_a_provider_changes_only_what_it_names() {
    let ground = parse(ACME, Origin::BuiltIn).expect("the contract's example");
    let over = "id = \"acme\"\n[client]\nid = \"mine\"\n[authorize_params]\nprompt = \"login\"\n";
    let provider = parse_over(over, file(), |_| Some(ground.clone())).expect("a file over another");
    assert_eq!(provider.client.id.as_deref(), Some("mine"));
    assert_eq!(provider.authorize_params.len(), 2);
    assert_eq!(provider.origin, file());
    let restored = Provider {
        client: ground.client.clone(),
        authorize_params: ground.authorize_params.clone(),
        origin: Origin::BuiltIn,
        ..provider
    };
    assert_eq!(restored, ground);
}

#[test]
fn a_redirect_may_pin_its_port_and_host() {
    for (text, host, port, path) in [
        ("http://localhost:{port}/cb", "localhost", None, "/cb"),
        ("http://[::1]:8080/a/b", "[::1]", Some(8080), "/a/b"),
        ("http://127.0.0.1:{port}", "127.0.0.1", None, "/"),
    ] {
        let file_text = ACME.replace("http://127.0.0.1:{port}/callback", text);
        let redirect = parse(&file_text, file()).expect("a whole file").client.redirect;
        assert_eq!(redirect, Redirect { host: host.into(), port, path: path.into() });
    }
}

#[test]
fn an_issuer_alone_makes_a_provider_with_a_readable_id() {
    for (issuer, id) in [
        ("https://id.acme.example", "id.acme.example"),
        ("https://id.acme.example:8443/", "id.acme.example.8443"),
        ("https://id.acme.example/tenant/A", "id.acme.example.tenant.a"),
        ("http://127.0.0.1:9000", "127.0.0.1.9000"),
        ("http://[::1]:9000", "1.9000"),
    ] {
        let provider = Provider::for_issuer(issuer).expect(issuer);
        assert_eq!((provider.id.as_str(), provider.issuer.as_deref()), (id, Some(issuer)));
        assert!(provider.needs_discovery() && provider.gaps().is_empty());
    }
}

#[test]
fn identity_is_found_by_pointer_as_text_or_number_and_may_be_joined() {
    let document =
        json!({"id": 583231, "team": {"id": "T1"}, "user": "U2", "name": null, "empty": "", "list": [1]});
    let find = |entry| IdentityMap::find(entry, &document);
    assert_eq!(find("/id").as_deref(), Some("583231"));
    assert_eq!(find("/team/id /user").as_deref(), Some("T1:U2"));
    assert_eq!(
        (find("/name"), find("/empty"), find("/list"), find("/nowhere"), find("")),
        (None, None, None, None, None)
    );
    assert_eq!(find("/team/id /nowhere"), None, "half a name is none");
}

#[test]
fn the_client_id_is_put_into_githubs_revocation_address_without_breaking_out_of_it() {
    let provider = Provider::for_issuer("https://id.example").expect("an issuer");
    let configured =
        address::endpoint("https://api.github.com/applications/{client_id}/token").expect("a url");
    let url = provider.revocation_url(&configured, "a/../b?c d").expect("a url");
    assert_eq!(url.as_str(), "https://api.github.com/applications/a%2F..%2Fb%3Fc%20d/token");
    let plain = address::endpoint("https://id.example/revoke").expect("a url");
    assert_eq!(provider.revocation_url(&plain, "x"), Some(plain));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,200}") {
        let _ = parse(&text, file());
        let _ = parse(&format!("id = \"acme\"\n{text}"), file());
        let _ = parse(&format!("id = \"acme\"\nissuer = \"{text}\""), file());
        let _ = parse(&with(&format!("redirect = {text:?}")), file());
    }
}
