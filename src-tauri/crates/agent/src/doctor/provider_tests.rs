use super::*;
use crate::doctor::account::{judge_refresh, judge_scopes, scopes};
use crate::doctor::finding::Level;
use bowline_base::random::SeededRandom;
use bowline_base::{
    Account, AccountId, Action, Health, LastRefresh, ProviderId, RefreshOutcome, ScopeSet, Trouble,
};
use bowline_engine::engine::Sight;
use bowline_engine::lifecycle::Standing;

const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

fn case(health: Health) -> Case {
    let account = Account {
        id: AccountId::random(&SeededRandom::new(1)),
        provider: ProviderId::parse("example").unwrap(),
        issuer: None,
        subject: "1".into(),
        label: Some("work".into()),
        username: Some("ana@example.com".into()),
        display_name: None,
        avatar_url: None,
        requested: ScopeSet::read("openid mail.read"),
        granted: ScopeSet::read("openid mail.read"),
        connected_at: NOON,
        reconnected_at: None,
        paused: false,
    };
    let standing = Standing { status: Status::Healthy, reason: None, action: None::<Action> };
    let sight =
        Sight { account, health, standing, message: String::new(), missing: Vec::new(), next_refresh: None };
    Case { name: "work".into(), sight, provider: Ok(Arc::new(provider())) }
}

fn provider() -> Provider {
    let mut provider = Provider::empty(ProviderId::parse("example").unwrap(), Origin::BuiltIn);
    provider.name = "Example".into();
    provider.facts.console = Some("https://console.example".into());
    provider
}

fn healthy() -> Health {
    Health { refreshable: true, ..Health::default() }
}

fn troubled(reason: Reason) -> Case {
    let last = LastRefresh {
        at: NOON,
        outcome: RefreshOutcome::Failed,
        code: Some(reason.as_str().into()),
        http_status: Some(400),
        provider_error: Some("invalid_grant".into()),
        provider_description: Some("something long about ana@example.com".into()),
        attempts: 1,
    };
    case(Health { trouble: Some(Trouble { reason, since: NOON }), last_refresh: Some(last), ..healthy() })
}

fn setup(provider: Provider, client: Option<ClientSight>, refused: bool) -> Setup {
    Setup { provider: Arc::new(provider), client, refused, file: PathBuf::from("/c/providers/example.toml") }
}

const WELL: ClientSight =
    ClientSight { has_id: Some(true), registered: false, needs_secret: false, has_secret: false };

#[test]
fn o48_a_refused_refresh_token_is_an_error_whose_fix_is_a_fresh_sign_in() {
    for reason in
        [Reason::Revoked, Reason::RefreshTokenExpired, Reason::InactiveTooLong, Reason::ReuseSuspected]
    {
        let found = judge_refresh(&troubled(reason), NOON);
        assert_eq!(found.level, Level::Error);
        assert!(
            found.message.contains(reason.as_str()) && found.message.contains("invalid_grant"),
            "{found:?}"
        );
        assert!(!found.message.contains("ana@example.com"));
        assert_eq!(found.fix.as_deref(), Some("Sign in again with `bowline reconnect work`."));
    }
}

#[test]
fn o48_while_the_client_is_refused_nothing_is_said_of_the_refresh_token() {
    assert_eq!(judge_refresh(&troubled(Reason::InvalidClient), NOON).level, Level::Skipped);
}

#[test]
fn what_passes_by_itself_is_a_warning_and_no_reason_to_sign_in() {
    for reason in [Reason::ProviderUnreachable, Reason::RateLimited, Reason::ProviderError, Reason::Tls] {
        let found = judge_refresh(&troubled(reason), NOON);
        assert!(found.level == Level::Warning && !found.fix.unwrap().contains("reconnect"));
    }
}

#[test]
fn an_account_that_renews_is_well_and_one_that_cannot_is_told_by_its_end() {
    let ends = |end| Health { access_expires_at: end, ..Health::default() };
    for (health, level) in [
        (healthy(), Level::Ok),
        (ends(None), Level::Ok),
        (ends(Some(NOON + DAY)), Level::Warning),
        (ends(Some(NOON)), Level::Error),
        (Health { grant_expires_at: Some(NOON + DAY), ..healthy() }, Level::Ok),
        (Health { grant_expires_at: Some(NOON), ..healthy() }, Level::Warning),
    ] {
        assert_eq!(judge_refresh(&case(health.clone()), NOON).level, level, "{health:?}");
    }
    let mut paused = troubled(Reason::Revoked);
    paused.sight.account.paused = true;
    assert_eq!(judge_refresh(&paused, NOON).level, Level::Skipped);
}

#[test]
fn o24_scopes_are_listed_as_requested_granted_and_missing() {
    let mut case = case(healthy());
    assert_eq!(
        judge_scopes(&case),
        Finding::ok("work requested openid mail.read, was granted openid mail.read, and misses nothing.")
    );
    case.sight.account.granted = ScopeSet::read("openid");
    let found = judge_scopes(&case);
    assert!(
        found.level == Level::Warning && found.message.ends_with("was granted openid, and misses mail.read.")
    );
    case.sight.missing = vec!["mail.read".into()];
    let found = judge_scopes(&case);
    assert_eq!(found.level, Level::Error);
    assert!(found.message.ends_with("misses mail.read."));
    let fix = found.fix.unwrap();
    assert!(fix.contains("`bowline reconnect work`") && fix.contains("tester"));
}

#[test]
fn very_many_scopes_stay_one_sentence() {
    let all: Vec<String> = (0..100).map(|n| format!("s{n}")).collect();
    assert!(scopes(&all).ends_with("s19 and 80 more"));
}

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
