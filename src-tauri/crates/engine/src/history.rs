//! What is remembered of an account's ended grants, in memory and on disk: what [`crate::forecast`] learns from.
//!
//! A grant is noted when the provider is first heard to have ended it, never again while it stays ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AccountId, Health, Wall};
use bowline_vault::ended::MOST_KEPT;
use bowline_vault::{EndedGrant, Vault};

use crate::book::Face;
use crate::{Policy, forecast, lifecycle};

/// How long earlier grants lived, the newest last.
pub(crate) type Lives = Arc<[Duration]>;

/// What the vault remembers, by account.
pub(crate) fn by_account(all: Vec<EndedGrant>) -> HashMap<AccountId, Lives> {
    let mut lives: HashMap<AccountId, Vec<Duration>> = HashMap::new();
    for ended in all.into_iter().filter(|ended| forecast::teaches(ended.reason)) {
        lives.entry(ended.account).or_default().push(ended.lived);
    }
    lives.into_iter().map(|(id, lives)| (id, lives.into())).collect()
}

/// Takes a new health up. Gives the grant that has ended with it, which memory knows by now and the disk does not.
pub(crate) fn take_up(face: &mut Face, health: Health, policy: &Policy, now: Wall) -> Option<EndedGrant> {
    let before = face.health.clone();
    face.take_up(health, policy, now);
    let ended = ended(face, &before, now);
    ended.iter().for_each(|ended| remember(face, ended));
    ended
}

/// The grant that has ended with this change of health, if one has and it teaches something.
fn ended(face: &Face, before: &Health, now: Wall) -> Option<EndedGrant> {
    if lifecycle::has_ended(before).is_some() {
        return None;
    }
    let reason = lifecycle::has_ended(&face.health).filter(|reason| forecast::teaches(*reason))?;
    let lived = now.since(forecast::began(&face.account));
    let account = face.account.id.clone();
    (!lived.is_zero()).then_some(EndedGrant { account, ended_at: now, lived, reason })
}

/// Takes an ended grant into memory.
fn remember(face: &mut Face, ended: &EndedGrant) {
    let kept = face.lived.len().saturating_sub(MOST_KEPT - 1);
    face.lived = face.lived[kept..].iter().copied().chain([ended.lived]).collect();
}

/// Puts an ended grant on disk. What cannot be kept costs a forecast and nothing else.
pub(crate) fn keep(vault: &mut Vault, ended: &EndedGrant) {
    if let Err(error) = vault.save_ended_grant(ended) {
        tracing::warn!(account = %ended.account, %error, "how long a sign-in lasted could not be kept");
    }
}
