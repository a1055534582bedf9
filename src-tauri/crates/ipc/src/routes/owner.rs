//! Verbs about the agent itself: its pulse, trail, vault, settings and end.

use std::sync::Arc;

use axum::http::StatusCode;
use bowline_engine::trail::{AuditQuery, Chain};
use bowline_wire::problem::Problem;
use bowline_wire::shapes::{
    AuditListView, AuditVerifiedView, AuditView, DoctorView, ExportedView, HealthView, ImportedView,
    MoveVaultBody, RekeyBody, SettingsBody, StoppingView, UnlockBody,
};

use super::{Answered, Call, Door, invalid, json, json_with, refused};
use crate::views;

/// How many entries of the trail are given when nothing else is asked for.
const ENTRIES: u64 = 100;
const MOST_ENTRIES: u64 = 1000;

pub(super) fn health(door: &Door) -> Answered {
    json(&HealthView {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        locked: door.engine.locked().is_some(),
    })
}

pub(super) fn openapi() -> Answered {
    json(&bowline_wire::openapi::document())
}

pub(super) async fn audit(door: &Arc<Door>, call: &Call) -> Answered {
    let account = match call.query("account")? {
        Some(selector) => Some(door.engine.account(call.caller()?, selector).map_err(refused)?.account.id),
        None => None,
    };
    let limit = call.number("limit")?.unwrap_or(ENTRIES).clamp(1, MOST_ENTRIES);
    let query = AuditQuery {
        since_seq: call.number("since_seq")?,
        before_seq: call.number("before_seq")?,
        account,
        limit: usize::try_from(limit).unwrap_or(1),
    };
    let records = door.engine.audit(query).await.map_err(refused)?;
    json(&AuditListView { entries: records.iter().map(entry).collect() })
}

pub(super) async fn verify_audit(door: &Arc<Door>) -> Answered {
    json(&match door.engine.verify_audit().await.map_err(refused)? {
        Chain::Whole(entries) => AuditVerifiedView { ok: true, entries, broken_at: None },
        Chain::Broken(seq) => AuditVerifiedView { ok: false, entries: 0, broken_at: Some(seq) },
    })
}

pub(super) async fn vault(door: &Arc<Door>) -> Answered {
    json(&views::vault(&door.engine.vault_sight().await))
}

pub(super) async fn unlock(door: &Arc<Door>, call: &Call) -> Answered {
    let body: UnlockBody = call.body()?;
    door.engine.unlock_by(call.caller()?, body.passphrase).await.map_err(refused)?;
    vault(door).await
}

pub(super) async fn lock(door: &Arc<Door>, call: &Call) -> Answered {
    door.engine.lock_by(call.caller()?).await.map_err(refused)?;
    vault(door).await
}

pub(super) async fn rekey(door: &Arc<Door>, call: &Call) -> Answered {
    let body: RekeyBody = call.body()?;
    let keystore = body.keystore.as_deref().map(keystore).transpose()?;
    door.engine.rekey(call.caller()?, keystore, body.passphrase).await.map_err(refused)?;
    vault(door).await
}

pub(super) async fn export(door: &Arc<Door>, call: &Call) -> Answered {
    let body: MoveVaultBody = call.body()?;
    let accounts = door.engine.export(call.caller()?, &body.file, body.passphrase).await.map_err(refused)?;
    json(&ExportedView { accounts })
}

pub(super) async fn import(door: &Arc<Door>, call: &Call) -> Answered {
    let body: MoveVaultBody = call.body()?;
    let added = door.engine.import(call.caller()?, &body.file, body.passphrase).await.map_err(refused)?;
    json(&ImportedView { accounts: added.accounts, clients: added.clients, apps: 0, skipped: added.skipped })
}

pub(super) async fn doctor(door: &Arc<Door>, call: &Call) -> Answered {
    let checks = door.host.doctor(call.query("account")?).await.map_err(refused)?;
    json(&DoctorView { checks })
}

pub(super) fn settings(door: &Door) -> Answered {
    json(&door.host.settings())
}

pub(super) fn change_settings(door: &Door, call: &Call) -> Answered {
    let body: SettingsBody = call.body()?;
    let (caller, confirmed) = (call.caller()?, door.engine.confirms());
    let changed = door.host.change_settings(&body).map_err(refused)?;
    door.engine.settings_changed(Some(caller), confirmed);
    json(&changed)
}

pub(super) fn stop(door: &Door) -> Answered {
    door.host.stop();
    json_with(StatusCode::ACCEPTED, &StoppingView { stopping: true, pid: std::process::id() })
}

fn keystore(word: &str) -> Result<bowline_engine::unlock::KeystoreChoice, Problem> {
    bowline_engine::unlock::KeystoreChoice::parse(word)
        .ok_or_else(|| invalid("`keystore` has to be \"keychain\" or \"passphrase\""))
}

fn entry(record: &bowline_engine::trail::AuditRecord) -> AuditView {
    AuditView {
        seq: record.seq,
        at: record.at.to_string(),
        actor: record.actor.to_string(),
        program: record.program.as_ref().map(ToString::to_string),
        event: record.event.to_string(),
        account: record.account.as_ref().map(ToString::to_string),
        app: record.app.as_ref().map(ToString::to_string),
        outcome: record.outcome.to_string(),
        code: record.code.as_ref().map(ToString::to_string),
        prev: record.prev.clone(),
        hash: record.hash.clone(),
    }
}
