use super::*;
use crate::doctor::finding::Level;
use bowline_base::ProviderId;

fn provider() -> Provider {
    let mut provider = Provider::empty(ProviderId::parse("example").unwrap(), Origin::BuiltIn);
    provider.name = "Example".into();
    provider.facts.console = Some("https://console.example".into());
    provider
}

fn setup(provider: Provider, client: Option<ClientSight>, refused: bool) -> Setup {
    Setup { provider: Arc::new(provider), client, refused, file: PathBuf::from("/c/providers/example.toml") }
}

const WELL: ClientSight =
    ClientSight { has_id: Some(true), registered: false, needs_secret: false, has_secret: false };

#[test]
fn o11_a_missing_client_id_is_an_error_that_names_console_and_file() {
    let found = judge_id(&setup(provider(), Some(ClientSight { has_id: Some(false), ..WELL }), false));
    assert_eq!(found.level, Level::Error);
    let fix = found.fix.unwrap();
    assert!(
        fix.contains("https://console.example")
            && fix.contains("`bowline providers check /c/providers/example.toml`")
    );
}

#[test]
fn o11_a_client_id_is_there_given_by_the_provider_or_not_to_be_seen() {
    let registered = ClientSight { registered: true, ..WELL };
    let unseen = ClientSight { has_id: None, ..WELL };
    assert_eq!(judge_id(&setup(provider(), Some(WELL), false)).level, Level::Ok);
    assert_eq!(judge_id(&setup(provider(), Some(registered), false)).level, Level::Ok);
    assert_eq!(judge_id(&setup(provider(), Some(unseen), false)).level, Level::Skipped);
    let open = Provider::for_issuer("https://id.example").unwrap();
    assert_eq!(
        judge_id(&setup(open, Some(ClientSight { has_id: Some(false), ..WELL }), false)).level,
        Level::Ok
    );
}

#[test]
fn o22_a_refused_client_is_mended_in_its_file_without_a_restart() {
    let found = judge_id(&setup(provider(), Some(WELL), true));
    assert_eq!(found.level, Level::Error);
    let fix = found.fix.unwrap();
    assert!(fix.contains("console.example") && fix.contains("example.toml") && fix.contains("used at once"));
}

#[test]
fn o12_a_needed_secret_is_kept_missing_or_refused() {
    let needs = |has_secret| Some(ClientSight { needs_secret: true, has_secret, ..WELL });
    assert_eq!(judge_secret(&setup(provider(), Some(WELL), true)).level, Level::Ok);
    assert_eq!(judge_secret(&setup(provider(), needs(true), false)).level, Level::Ok);
    for (kept, refused) in [(false, false), (false, true), (true, true)] {
        let found = judge_secret(&setup(provider(), needs(kept), refused));
        assert_eq!(found.level, Level::Error);
        assert!(found.fix.unwrap().contains("`bowline providers set-secret example`"));
    }
    assert_eq!(judge_secret(&setup(provider(), None, false)).level, Level::Skipped);
}

#[test]
fn o23_the_exact_address_to_register_is_printed() {
    let mut pinned = provider();
    assert!(
        judge_redirect(&pinned, &Port::Any)
            .message
            .contains("http://127.0.0.1/callback with Example; the port may be any")
    );
    pinned.client.redirect.port = Some(4100);
    for port in [Port::Free, Port::Ours] {
        let found = judge_redirect(&pinned, &port);
        assert!(found.level == Level::Ok && found.message.contains("http://127.0.0.1:4100/callback"));
    }
    for port in [Port::Taken, Port::Refused("permission denied".into())] {
        let found = judge_redirect(&pinned, &port);
        assert!(found.level == Level::Error && found.message.contains("http://127.0.0.1:4100/callback"));
        assert!(found.fix.unwrap().contains('`'));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_pinned_port_is_free_or_ours() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let redirect = Redirect { port: Some(listener.local_addr().unwrap().port()), ..Redirect::default() };
    assert!(matches!(port_of(&redirect), Port::Ours));
    assert!(matches!(port_of(&Redirect::default()), Port::Any));
}

#[test]
fn e21_a_broken_file_is_named_with_line_and_field() {
    let error = ProviderFileError {
        file: Some("/c/providers/acme.toml".into()),
        line: Some(4),
        field: Some("client.id".into()),
        problem: "it is missing".into(),
        suggestion: None,
    };
    let found = judge_file(&error);
    assert_eq!(found.level, Level::Error);
    assert!(found.message.contains("/c/providers/acme.toml:4: client.id: it is missing"), "{found:?}");
}
