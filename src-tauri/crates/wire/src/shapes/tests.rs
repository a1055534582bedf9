use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

/// The contract's own sample reads, and comes back word for word.
fn check<T: Serialize + DeserializeOwned>(sample: Value) {
    let shape: T = serde_json::from_value(sample.clone()).unwrap_or_else(|e| panic!("{e}: {sample}"));
    assert_eq!(serde_json::to_value(&shape).unwrap(), sample);
}

fn account() -> Value {
    json!({
        "id": "acc_…", "provider": "google",
        "subject": "10769150350006150715113082367",
        "label": "work", "username": "ana@example.com",
        "display_name": "Ana Lima", "avatar_url": null,
        "status": "healthy", "reason": null,
        "message": "Connected. Renews by itself.",
        "action": null,
        "scopes": {"requested": ["…"], "granted": ["…"], "missing": []},
        "forecast": {"ends_at": null, "basis": null, "because": null},
        "fallback": null, "standing_in": null, "paused": false,
        "access_expires_at": "2026-11-20T12:00:00Z",
        "grant_expires_at": null, "refreshable": true,
        "next_refresh_at": "2026-11-20T11:55:00Z",
        "last_refresh": {"at": "…", "outcome": "ok", "code": null, "http_status": 200,
                         "provider_error": null, "provider_description": null, "attempts": 1},
        "connected_at": "…", "reconnected_at": null
    })
}

#[test]
fn the_contracts_account_reads_and_comes_back_as_it_was() {
    check::<AccountView>(account());
    let mut asks = account();
    asks["reconnect"] = json!({"method": "POST", "href": "/v1/accounts/acc_…/reconnect"});
    check::<AccountView>(asks);
    check::<AccountsView>(json!({"accounts": [account()]}));
}

#[test]
fn the_contracts_token_reads_and_comes_back_as_it_was() {
    check::<TokenView>(json!({
        "access_token": "ya29.x", "token_type": "Bearer", "expires_at": "2026-11-20T12:00:00Z", "expires_in": 3599,
        "scopes": ["a"], "account": "acc_…", "provider": "google", "source": "oauth",
        "use": {"header": "Authorization", "scheme": "Bearer", "api_base": null, "tenant": null}
    }));
    check::<RejectedBody>(json!({"sha256": "00"}));
}

#[test]
fn the_contracts_requests_and_attempts_read_and_come_back_as_they_were() {
    check::<ReconnectBody>(json!({"because": "publish your post"}));
    check::<RequestView>(json!({
        "request": "req_…", "state": "waiting", "account": "acc_…", "app": null, "because": "publish your post",
        "created_at": "…", "expires_at": "…"
    }));
    check::<ConnectBody>(json!({"provider": "google", "flow": "browser", "account": "work", "scopes": ["a"],
        "login_hint": "ana@example.com", "open_browser": true}));
    check::<ConnectView>(json!({"attempt": "att_…", "authorize_url": "…", "expires_at": "…"}));
    check::<AttemptView>(json!({"attempt": "att_…", "state": "connected", "account": account()}));
    check::<AttemptView>(json!({"attempt": "att_…", "state": "failed", "error": {
        "code": "provider_error", "detail": "…", "action": "wait", "provider_error": "internal_server_error"}}));
    check::<AnswerBody>(json!({"answer": "allow", "for": "1h"}));
}

#[test]
fn the_contracts_apps_read_and_come_back_as_they_were() {
    check::<AppBody>(
        json!({"name": "mutt", "wants": [{"provider": "google", "scopes": ["a"]}, {"account": "work"}],
        "because": "read mail"}),
    );
    check::<AppWantedView>(json!({"request": "req_…", "code": "…", "poll_secret": "…", "expires_at": "…"}));
    check::<AppRequestView>(json!({"request": "req_…", "state": "approved", "app_key": "bwl_…"}));
    check::<ApproveBody>(json!({"accounts": ["acc_…"], "expires_in": 3600}));
    check::<PatchAccountBody>(json!({"label": "home", "paused": true, "fallback": "work"}));
    check::<PatchAccountBody>(json!({"fallback": null}));
    check::<PatchAccountBody>(json!({}));
    check::<EmergencyBody>(json!({"secret": "sk-1", "reason": "the release", "duration_s": 1800}));
    check::<EmergencyEndedView>(json!({"account": "acc_…", "ended": true}));
    check::<DisconnectedView>(json!({"revoked_at_provider": true}));
}

#[test]
fn the_contracts_other_answers_read_and_come_back_as_they_were() {
    check::<HealthView>(json!({"status": "ok", "version": "0.1.0", "locked": false}));
    check::<ReadyView>(json!({"event": "ready", "pid": 7, "socket": "/s", "http": "http://127.0.0.1:1"}));
    check::<DoctorView>(
        json!({"checks": [{"id": "clock", "ok": true, "level": "ok", "message": "…", "fix": null}]}),
    );
    check::<AuditListView>(json!({"entries": [{"seq": 1, "at": "…", "actor": "owner", "program": null,
        "event": "token.read", "account": "acc_…", "app": null, "outcome": "ok", "code": null, "prev": "", "hash": "…"}]}));
}

#[test]
fn r44_a_provider_tells_what_the_contract_lists() {
    check::<ProvidersView>(json!({"providers": [{
        "id": "google", "name": "Google", "flows": ["browser"], "needs": ["client_id"], "redirect_uri": "…",
        "access_lifetime": "1h", "grant_lifetime": null, "renews": true, "rotates": false,
        "reconnect_when": ["password changed"], "notes": [], "breaker": "closed"}]}));
}

#[test]
fn the_contracts_settings_read_and_come_back_as_they_were() {
    check::<SettingsView>(json!({
        "refresh": {"margin": "5m"}, "warn": {"before": ["7d", "3d", "1d"]},
        "connect": {"timeout": "5m", "state_ttl": "10m", "attempts_per_hour": 10},
        "retry": {"attempts": 3, "base": "500ms", "max": "30s", "timeouts": ["5s", "15s", "30s"],
                  "connect_timeouts": ["2s", "5s", "10s"]},
        "breaker": {"failures": 5, "open_for": "60s"}, "health": {"verify_every": "24h"},
        "alerts": {"refresh_failures": 0.1, "expired_in_use": 0.05}, "emergency": {"max_duration": "30m"},
        "ipc": {"http": true, "port": 0, "reads_per_minute": 600, "owner": "confirm"},
        "notifications": {"enabled": true, "quiet_hours": "22:00-08:00", "repeat_after": "24h"},
        "vault": {"keystore": "keychain"}, "audit": {"keep": "365d"}
    }));
}

#[test]
fn e02_what_holds_a_secret_does_not_print_it() {
    let token: TokenView = serde_json::from_value(json!({
        "access_token": "canary", "token_type": "Bearer", "expires_at": null, "expires_in": null, "scopes": [],
        "account": "a", "provider": "p", "source": "oauth",
        "use": {"header": "Authorization", "scheme": "Bearer", "api_base": null, "tenant": null}
    }))
    .unwrap();
    let asked: AppWantedView = serde_json::from_value(
        json!({"request": "r", "code": "c", "poll_secret": "canary", "expires_at": "…"}),
    )
    .unwrap();
    let emergency: EmergencyBody =
        serde_json::from_value(json!({"secret": "canary", "reason": "r", "duration_s": 60})).unwrap();
    let unlock: UnlockBody = serde_json::from_value(json!({"passphrase": "canary"})).unwrap();
    let secret: ProviderSecretBody = serde_json::from_value(json!({"secret": "canary"})).unwrap();
    assert!(!format!("{token:?} {asked:?} {unlock:?} {secret:?} {emergency:?}").contains("canary"));
}

#[test]
fn a_body_takes_what_it_leaves_out_from_the_contract_and_refuses_what_it_does_not_know() {
    let body: ConnectBody = serde_json::from_value(json!({"provider": "google"})).unwrap();
    assert_eq!(body, ConnectBody::new("google"));
    assert!(serde_json::from_value::<ConnectBody>(json!({"provider": "google", "browser": true})).is_err());
    assert!(serde_json::from_value::<PatchAccountBody>(json!({"lable": "x"})).is_err());
}

#[test]
fn an_answer_of_a_newer_agent_is_still_read() {
    let mut newer = account();
    newer["status"] = json!("sleeping");
    newer["mood"] = json!("fine");
    let view: AccountView = serde_json::from_value(newer).unwrap();
    assert_eq!((view.status(), view.name()), (None, "work"));
}

#[test]
fn an_account_is_called_by_what_its_user_knows() {
    let mut view: AccountView = serde_json::from_value(account()).unwrap();
    view.label = None;
    assert_eq!(view.name(), "ana@example.com");
    view.username = None;
    assert_eq!(view.name(), "acc_…");
}

#[test]
fn an_attempt_is_over_when_nothing_more_can_happen() {
    for (state, over) in [
        ("waiting", false),
        ("exchanging", false),
        ("connected", true),
        ("failed", true),
        ("cancelled", true),
        ("expired", true),
    ] {
        let view: AttemptView = serde_json::from_value(json!({"attempt": "a", "state": state})).unwrap();
        assert_eq!(view.is_over(), over, "{state}");
    }
}
