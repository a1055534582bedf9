//! The audit trail: every event of the contract that exists here, a chain that shows a changed entry, no secret.

use std::collections::BTreeSet;

use bowline_base::Secret;
use bowline_engine::profile::Changes;
use bowline_engine::trail::{AuditQuery, Chain};
use bowline_oauth::transport::Reply;
use bowline_tests::world::browse::parameter;
use bowline_tests::world::journey::{again, app_wish, owner, wish};
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, Seed, World};

/// Every event of the contract that this version can do (contract §6). What stands in is the story of others, and so are
/// export and import.
const EVENTS: [&str; 32] = [
    "abuse",
    "account.fallback",
    "account.paused",
    "account.removed",
    "account.renamed",
    "account.revoked",
    "app.approved",
    "app.denied",
    "app.requested",
    "app.revoked",
    "connect.cancelled",
    "connect.connected",
    "connect.expired",
    "connect.failed",
    "connect.started",
    "emergency.approved",
    "emergency.ended",
    "emergency.requested",
    "emergency.used",
    "fallback.used",
    "provider.changed",
    "refresh.failed",
    "refresh.ok",
    "settings.changed",
    "token.read",
    "token.refused",
    "token.rejected",
    "vault.locked",
    "vault.rekeyed",
    "vault.unlocked",
    "vault.exported",
    "vault.imported",
];

#[tokio::test]
async fn o31_every_event_is_an_entry_and_the_chain_is_whole() {
    let world = a_full_life().await;
    let seen: BTreeSet<String> = world.trail_events().await.into_iter().collect();
    let elsewhere = ["vault.exported", "vault.imported", "fallback", "emergency"];
    let is_elsewhere = |event: &str| elsewhere.iter().any(|word| event.contains(word));
    let missing: Vec<_> = EVENTS.iter().filter(|e| !seen.contains(**e) && !is_elsewhere(e)).collect();
    assert!(missing.is_empty(), "not in the trail: {missing:?}");
    let unknown: Vec<_> = seen.iter().filter(|e| !EVENTS.contains(&e.as_str())).collect();
    assert!(unknown.is_empty(), "not in the contract: {unknown:?}");
    let entries = world.trail().await.len() as u64;
    assert_eq!(world.engine.verify_audit().await.unwrap(), Chain::Whole(entries));
}

#[tokio::test]
async fn o31_a_changed_entry_breaks_the_chain() {
    let world = a_full_life().await;
    world.store.flush().await;
    let sql = "UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'token.read', 'token.rEad') AS BLOB)";
    crate::meddle::meddle(&world.vault_file(), sql);
    let verified = world.engine.verify_audit().await;
    assert!(!matches!(verified, Ok(Chain::Whole(_))), "{verified:?}");
}

#[tokio::test]
async fn o59_no_state_code_verifier_or_token_is_ever_in_the_trail() {
    let world = World::new().await;
    let mut secrets = Vec::new();
    for end in ["expire", "cancel", "fail", "connect"] {
        let begun = world.begin(wish("acme")).await;
        secrets.push(parameter(&begun.authorize_url, "state").unwrap());
        secrets.push(parameter(&begun.authorize_url, "code_challenge").unwrap());
        world.net.now_on("/token", tokens("ana"));
        world.net.now_on("/userinfo", bowline_tests::world::script::person("ana"));
        match end {
            "expire" => world.pass(MINUTE * 11).await,
            "cancel" => drop(world.engine.cancel_attempt(&begun.attempt).await.unwrap()),
            "fail" => drop(world.comes_back(&begun, "error=access_denied&state=STATE").await),
            _ => drop(world.comes_back(&begun, "code=the-secret-code&state=STATE").await),
        }
    }
    secrets.extend(["the-secret-code", "at-ana", "rt-ana"].map(str::to_owned));
    secrets.extend(world.token_requests().iter().filter_map(|r| r.field("code_verifier")));
    let trail = world.trail().await;
    assert!(trail.iter().any(|entry| entry.event == "connect.expired"), "abandonment is recorded");
    let written = format!("{trail:?}");
    for secret in secrets {
        assert!(!written.contains(&secret), "{secret}");
    }
    let desktop = format!("{:?} {:?}", world.desktop.shown(), world.events());
    assert!(!desktop.contains("at-ana") && !desktop.contains("rt-ana"), "p5");
}

#[tokio::test]
async fn o20_a_forged_state_is_recorded_as_such() {
    let world = World::new().await;
    let begun = world.begin(wish("acme")).await;
    world.comes_back(&begun, "code=c&state=forged").await;
    let trail = world.trail().await;
    let entry = trail.last().unwrap();
    assert_eq!((entry.event.as_str(), entry.code.as_deref()), ("connect.failed", Some("state_mismatch")));
    assert!(!format!("{entry:?}").contains("forged"));
}

#[tokio::test]
async fn f05_a_renewal_is_recorded_with_its_account_and_a_failed_one_with_its_reason() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new"), refusal(400, "invalid_grant", "revoked")]);
    for _ in 0..2 {
        let _ = world.engine.refresh_now(ana.as_str()).await;
    }
    let trail = world.trail().await;
    let renewals: Vec<_> = trail.iter().filter(|e| e.event.starts_with("refresh.")).collect();
    assert_eq!(renewals.len(), 2);
    assert!(renewals.iter().all(|e| e.account.as_ref() == Some(&ana)));
    assert_eq!((renewals[0].outcome.as_str(), renewals[0].code.as_deref()), ("ok", None));
    assert_eq!((renewals[1].outcome.as_str(), renewals[1].code.as_deref()), ("failed", Some("revoked")));
}

#[tokio::test]
async fn o31_the_trail_can_be_asked_for_one_account_and_from_one_entry_on() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    for id in &ids {
        world.served(id).await;
    }
    let query = AuditQuery { since_seq: None, before_seq: None, account: Some(ids[0].clone()), limit: 100 };
    let of_ana = world.engine.audit(query).await.unwrap();
    assert!(!of_ana.is_empty() && of_ana.iter().all(|e| e.account.as_ref() == Some(&ids[0])));
    let last = world.trail().await.last().unwrap().seq;
    let query = AuditQuery { since_seq: Some(last), before_seq: None, account: None, limit: 100 };
    assert!(world.engine.audit(query).await.unwrap().iter().all(|e| e.seq >= last));
}

#[tokio::test]
async fn o31_the_trail_goes_on_after_a_restart() {
    let (world, ana) = World::with_ana().await;
    world.served(&ana).await;
    let before = world.trail().await.len();
    let world = world.restarted().await;
    world.served(&ana).await;
    let after = world.trail().await;
    assert_eq!(after.len(), before + 2, "an unlock and a read more");
    assert!(after.windows(2).all(|pair| pair[1].prev == pair[0].hash), "each entry names the one before");
    assert_eq!(world.engine.verify_audit().await.unwrap(), Chain::Whole(after.len() as u64));
}

/// A world in which everything was done once that leaves an entry.
async fn a_full_life() -> World {
    let world = World::new().await;
    let (ana, bo) = (world.connected("acme", "ana").await, world.connected("acme", "bo").await);
    world.engine.settings_changed(Some(&owner()), false);
    let cancelled = world.begin(wish("acme")).await;
    world.engine.cancel_attempt(&cancelled.attempt).await.unwrap();
    let failed = world.begin(again(&ana)).await;
    world.comes_back(&failed, "error=access_denied&state=STATE").await;
    world.begin(wish("acme")).await;
    world.pass(MINUTE * 6).await;
    let changes = Changes { label: Some("work".to_owned()), paused: Some(true) };
    world.engine.change_account(&owner(), ana.as_str(), changes).await.unwrap();
    world.served(&ana).await;
    let resumed = Changes { label: None, paused: Some(false) };
    world.engine.change_account(&owner(), ana.as_str(), resumed).await.unwrap();
    world.served(&ana).await;
    let app = world.app_for("Mail", &ana).await;
    world.engine.revoke_app(&owner(), app.app_id().unwrap()).await.unwrap();
    let denied = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    world.engine.deny_app(&owner(), &denied.pending.id).await.unwrap();
    world.answers([tokens("new"), Reply::json(400, r#"{"error":"zzz"}"#)]);
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    world.pass(MINUTE).await;
    let _ = world.read_for(&ana, HOUR * 2).await;
    let _ = world.engine.token_rejected(&owner(), ana.as_str(), &Secret::new("old").sha256_hex()).await;
    for _ in 0..10 {
        world.engine.count_refusal("/usr/bin/evil");
    }
    world.engine.providers_changed();
    world.engine.rekey(&owner(), None, None).await.unwrap();
    world.engine.lock().await.unwrap();
    world.engine.unlock(None).await.unwrap();
    world.net.now_on("/revoke", Reply::empty(200));
    world.engine.disconnect(&owner(), ana.as_str(), false).await.unwrap();
    world.engine.disconnect(&owner(), bo.as_str(), true).await.unwrap();
    world
}
