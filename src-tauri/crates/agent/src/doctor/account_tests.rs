use super::*;
use crate::doctor::finding::Level;
use bowline_base::random::SeededRandom;
use bowline_base::{
    Account, AccountId, Health, LastRefresh, ProviderId, Reason, RefreshOutcome, ScopeSet, Trouble,
};
use bowline_engine::engine::Sight;
use bowline_engine::lifecycle::{Person, Standing};
use bowline_engine::providers::Provider;
use bowline_oauth::provider::Origin;

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
    let standing = Standing { status: Status::Healthy, reason: None, action: None };
    let sight = Sight {
        account,
        health,
        standing,
        person: Person::Nothing,
        message: String::new(),
        missing: Vec::new(),
        next_refresh: None,
        fallback: None,
        standing_in: None,
        emergency_ends_at: None,
        forecast: None,
    };
    Case { name: "work".into(), sight, provider: Ok(std::sync::Arc::new(provider())) }
}

fn provider() -> Provider {
    let mut provider = Provider::empty(ProviderId::parse("example").unwrap(), Origin::BuiltIn);
    provider.name = "Example".into();
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
    assert!(words(&all).ends_with("s19 and 80 more"));
}
