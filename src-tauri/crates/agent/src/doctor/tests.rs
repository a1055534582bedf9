//! Whole examinations of an engine with a scripted provider.

use std::collections::BTreeSet;

use bowline_base::Reason;
use bowline_oauth::transport::Reply;

use super::ward::{ACCESS, REFRESH, Ward};
use super::*;

fn find<'a>(checks: &'a [CheckView], id: &str) -> &'a CheckView {
    checks.iter().find(|check| check.id == id).unwrap()
}

fn dated() -> Reply {
    Reply::empty(404).header("date", "Sat, 21 Nov 2026 12:00:01 GMT")
}

#[test]
fn both_orders_hold_the_same_checks_once_each() {
    let set = |order: [&'static str; 21]| order.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(set(ORDER).len(), 21);
    assert_eq!(set(ORDER), set(ORDER_FOR_ONE));
}

#[test]
fn what_a_theme_did_not_tell_in_time_is_told_as_skipped() {
    let checks = told(&ORDER, vec![("disk", Finding::ok("x"))]);
    assert_eq!(checks.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ORDER);
    assert_eq!(
        (find(&checks, "disk").level.as_str(), find(&checks, "dns").level.as_str()),
        ("ok", "skipped")
    );
}

#[tokio::test]
async fn every_check_is_told_by_its_theme_with_a_sentence_and_errors_with_a_command() {
    let ward = Ward::with(&[("work", None), ("home", Some(Reason::Revoked))]).await;
    ward.transport.on("/", dated());
    let checks = ward.examine(None).await.unwrap();
    assert_eq!(checks.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ORDER);
    for check in &checks {
        assert_ne!(check.message, Finding::not_in_time().message, "{}", check.id);
        assert!(check.message.ends_with('.'), "{check:?}");
        assert_eq!(check.ok, check.level != "error");
        assert!(check.ok || check.fix.as_deref().is_some_and(|fix| fix.contains('`')), "{check:?}");
    }
}

#[tokio::test]
async fn a_well_account_is_well_in_every_check_about_it() {
    let ward = Ward::with(&[("work", None)]).await;
    ward.transport.on("/", dated());
    let checks = ward.examine(Some("work")).await.unwrap();
    for id in [
        "clock",
        "dns",
        "tls",
        "endpoints",
        "refresh",
        "client_id",
        "client_secret",
        "redirect_uri",
        "keychain",
        "vault_key",
        "database",
        "permissions",
    ] {
        assert_eq!(find(&checks, id).level, "ok", "{:?}", find(&checks, id));
    }
}

#[tokio::test]
async fn o48_one_account_is_walked_through_in_order_and_ends_with_a_fresh_sign_in() {
    let ward = Ward::with(&[("work", None), ("home", Some(Reason::Revoked))]).await;
    ward.transport.on("/", dated());
    let checks = ward.examine(Some("home")).await.unwrap();
    let at = |id: &str| checks.iter().position(|check| check.id == id).unwrap();
    assert!(at("refresh") < at("client_id") && at("client_id") < at("client_secret"));
    assert!(find(&checks, "refresh").fix.as_deref().unwrap().contains("`bowline reconnect home`"));
    assert!(!serde_json::to_string(&checks).unwrap().contains("work@"));
    assert_eq!(find(&ward.examine(Some("work")).await.unwrap(), "refresh").level, "ok");
}

#[tokio::test]
async fn all_accounts_are_summed_up_with_the_worst_first() {
    let ward =
        Ward::with(&[("work", Some(Reason::ProviderUnreachable)), ("home", Some(Reason::Revoked))]).await;
    let checks = ward.examine(None).await.unwrap();
    let refresh = find(&checks, "refresh");
    let (home, work) = (refresh.message.find("home").unwrap(), refresh.message.find("work").unwrap());
    assert!(home < work && refresh.level == "error", "{refresh:?}");
}

#[tokio::test]
async fn a_clock_and_a_host_are_judged_by_what_the_provider_answers_and_no_token_is_sent() {
    let ward = Ward::with(&[("work", None)]).await;
    ward.transport.on("/", Reply::empty(200).header("date", "Sat, 21 Nov 2026 11:00:00 GMT"));
    let checks = ward.examine(Some("work")).await.unwrap();
    assert!(
        find(&checks, "clock").message.contains("60 minutes ahead of Acme's"),
        "{:?}",
        find(&checks, "clock")
    );
    for request in ward.transport.requests() {
        assert!(
            request.method == "HEAD" && request.body.is_empty() && request.header("authorization").is_none()
        );
    }
    ward.transport
        .now_on("/", Reply::fault(bowline_oauth::FaultKind::Unresolved, bowline_oauth::Sent::Nothing));
    assert_eq!(find(&ward.examine(None).await.unwrap(), "dns").level, "error");
}

#[tokio::test]
async fn nothing_that_could_be_used_is_in_any_check() {
    let ward = Ward::with(&[("work", None), ("home", Some(Reason::Revoked))]).await;
    for account in [None, Some("work"), Some("home")] {
        let text = serde_json::to_string(&ward.examine(account).await.unwrap()).unwrap();
        assert!(!text.contains(ACCESS) && !text.contains(REFRESH) && !text.contains("acme-client"), "{text}");
    }
}

#[tokio::test]
async fn without_an_account_what_needs_one_is_skipped_and_the_rest_is_looked_at() {
    let ward = Ward::with(&[]).await;
    let checks = ward.examine(None).await.unwrap();
    for id in ["dns", "tls", "endpoints", "scopes", "refresh", "breaker", "notifications"] {
        assert_eq!(find(&checks, id).level, "skipped", "{id}");
    }
    assert_eq!(find(&checks, "client_id").message, "A client id is set up for Acme.");
    assert_eq!(ward.transport.requests().len(), 0);
    assert!(matches!(ward.examine(Some("nobody")).await, Err(EngineError::AccountNotFound { .. })));
}

#[tokio::test]
async fn o11_a_broken_provider_file_and_a_lost_mode_are_found() {
    let broken = "id = \"broken\"\nname = 5\n";
    let ward = Ward::with_file("broken.toml", broken, &[("work", None)]).await;
    std::fs::set_permissions(&ward.paths.logs, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let checks = ward.examine(None).await.unwrap();
    assert!(find(&checks, "client_id").message.contains("broken.toml"), "{:?}", find(&checks, "client_id"));
    let modes = find(&checks, "permissions");
    assert!(!modes.ok && modes.fix.as_deref().unwrap().contains("chmod 700"));
    assert!(modes.message.contains(&*ward.home.path().to_string_lossy()));
}

#[tokio::test]
async fn a_locked_vault_is_an_error_of_the_key_and_no_accounts_fault() {
    let ward = Ward::with(&[("work", None)]).await;
    ward.engine.lock().await.unwrap();
    let checks = ward.examine(None).await.unwrap();
    assert_eq!(find(&checks, "vault_key").fix.as_deref(), Some("Run `bowline vault unlock`."));
    assert!(!find(&checks, "keychain").ok);
    assert!(find(&checks, "refresh").ok && find(&checks, "database").ok);
}
