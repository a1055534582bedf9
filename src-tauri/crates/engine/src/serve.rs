//! "A valid token for this caller": right, limit, state, consent, freshness, record, in that order.
//!
//! A read of a living token touches neither network nor disk and waits for nobody (promise 3): it looks at the
//! face in memory, and its audit entry goes to disk together with others.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AccountId, Health, ProviderId, RefreshOutcome, ScopeSet, Wall};

use crate::book::{Entry, Known, Living};
use crate::engine::Engine;
use crate::lifecycle;
use crate::refresh::Why;
use crate::refresh::keep::living;
use crate::{Caller, EngineError};

/// A token with less than this left is renewed first, if it can be: it would be dead on arrival.
const ABOUT_TO_END: Duration = Duration::from_secs(5);

/// How many scopes a sentence names.
const SCOPES_NAMED: usize = 3;

/// What a reader wants.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// How long the token has to live at least; then an error goes before a token that lives shorter.
    pub min_ttl: Option<Duration>,
    /// What it has to be good for.
    pub scopes: ScopeSet,
}

/// A token, handed to a caller that may have it.
pub struct Served {
    /// The token itself, its end and its scopes.
    pub living: Arc<Living>,
    /// Whose it is.
    pub account: AccountId,
    /// Which provider gave it.
    pub provider: ProviderId,
    /// How the provider wants it presented.
    pub known: Arc<Known>,
    /// Which way it was got.
    pub source: Source,
    /// By the engine's clock, for `expires_in`.
    pub now: Wall,
}

/// Which way a token was got (F-31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The account's own, from its provider.
    OAuth,
    /// Another account's, which stands in.
    Fallback,
    /// The person's own key, which stands in.
    Emergency,
}

impl Source {
    /// Every way, in the order in which they are counted.
    pub const ALL: [Self; 3] = [Self::OAuth, Self::Fallback, Self::Emergency];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OAuth => "oauth",
            Self::Fallback => "fallback",
            Self::Emergency => "emergency",
        }
    }
}

/// How long a renewal's token is good enough for those who ask for more than any token of its provider lives.
const JUST_RENEWED: Duration = Duration::from_secs(10);

/// The least life that renewing can bring. Where a token never lives so long as is asked for, renewing it at each read
/// would bring nothing but the provider's anger: what was renewed just now is given as it is.
fn within_reach(least: Duration, health: &Health, now: Wall) -> Duration {
    let life = health.access_expires_at.zip(health.access_issued_at).map(|(end, start)| end.since(start));
    let renewed = health.last_refresh.as_ref().filter(|last| last.outcome == RefreshOutcome::Ok);
    let just_renewed = renewed.is_some_and(|last| now.since(last.at) < JUST_RENEWED);
    if just_renewed && life.is_some_and(|life| least > life.mul_f64(0.9)) { ABOUT_TO_END } else { least }
}

impl Engine {
    /// Gives a caller the account's access token, renewed first where that is needed. Every answer, and every
    /// refusal, is in the audit trail.
    ///
    /// May call the provider. Dropping the future cancels nothing that others wait for.
    ///
    /// # Errors
    /// Every kind of [`EngineError`]: each names whose move it is.
    pub async fn token(
        self: &Arc<Self>,
        caller: &Caller,
        selector: &str,
        wanted: &Wanted,
    ) -> Result<Served, EngineError> {
        let began = self.clock.instant();
        let found = self.entry_for(caller, selector);
        let result = match &found {
            Ok(entry) => {
                entry.was_asked(self.clock.wall());
                match self.token_of(caller, entry, wanted).await {
                    // Boxed, so that a read of a living token does not carry the size of what it seldom needs.
                    Err(error) if self.may_stand_in(entry, &error) => {
                        Box::pin(self.stand_in(caller, entry, wanted, error)).await
                    }
                    answered => answered,
                }
            }
            Err(error) => Err(error.clone()),
        };
        if let (Ok(entry), Err(error)) = (&found, &result)
            && matches!(
                error,
                EngineError::TemporarilyUnavailable { .. } | EngineError::ProviderMisconfigured { .. }
            )
        {
            // What has been failing for long matters from the moment that somebody asks for it.
            self.tell_of(entry);
            self.tell_of_silence_behind(entry);
        }
        if let Ok(served) = &result {
            self.figures.served(served.source);
            self.figures.serve_took(self.clock.instant().since(began));
        }
        // What stands in is read itself.
        let read = result.as_ref().ok().map(|served| served.account.clone());
        let account = read.or_else(|| found.ok().map(|entry| entry.id.clone()));
        self.record_read(caller, account.as_ref(), result.as_ref().err());
        result
    }

    /// Renews now, because the owner says so.
    ///
    /// # Errors
    /// As [`Engine::token`].
    pub async fn refresh_now(self: &Arc<Self>, selector: &str) -> Result<(), EngineError> {
        let entry = self.book.select(selector)?;
        self.require_resumed(&entry)?;
        if !entry.face().health.refreshable {
            return Err(self.cannot_renew(&entry));
        }
        self.renew(&entry, Why::Owner, None).await.map(drop)
    }

    async fn token_of(
        self: &Arc<Self>,
        caller: &Caller,
        entry: &Arc<Entry>,
        wanted: &Wanted,
    ) -> Result<Served, EngineError> {
        self.may_read(caller, entry, wanted)?;
        self.valid_token(caller, entry, wanted).await
    }

    /// The same for a caller whose right was looked at.
    pub(crate) async fn valid_token(
        self: &Arc<Self>,
        caller: &Caller,
        entry: &Arc<Entry>,
        wanted: &Wanted,
    ) -> Result<Served, EngineError> {
        self.may_serve(entry, wanted)?;
        if self.admit(caller, entry).await?.has_waited() {
            self.may_serve(entry, wanted)?;
        }
        let now = self.clock.wall();
        let held = self.open_token(entry).await?;
        let needed =
            wanted.min_ttl.map_or(ABOUT_TO_END, |least| within_reach(least, &entry.face().health, now));
        if held.lasts(needed, now) {
            return Ok(self.served(entry, held));
        }
        if !entry.face().health.refreshable {
            let serves = held.lasts(Duration::ZERO, now) && wanted.min_ttl.is_none();
            return if serves { Ok(self.served(entry, held)) } else { Err(self.cannot_renew(entry)) };
        }
        let renewed = self.renew(entry, Why::Asked, Some(&held)).await;
        // Meanwhile the right may have been taken back, and a renewed token may carry more than the old one did.
        self.has_right(caller, entry, wanted)?;
        self.after_renewal(entry, renewed, held, wanted)
    }

    /// The renewed token; or, when renewal failed for now, the old one for as long as it truly lives, unless the
    /// caller set a least life of its own (contract §2).
    fn after_renewal(
        &self,
        entry: &Arc<Entry>,
        renewed: Result<Arc<Living>, EngineError>,
        held: Arc<Living>,
        wanted: &Wanted,
    ) -> Result<Served, EngineError> {
        let now = self.clock.wall();
        match renewed {
            Ok(living) if living.lasts(Duration::ZERO, now) => Ok(self.served(entry, living)),
            Ok(_) => {
                let reason = entry.face().health.trouble.as_ref().map(|t| t.reason);
                Err(self.refusal(entry, reason.unwrap_or(bowline_base::Reason::ProviderError), None))
            }
            Err(EngineError::TemporarilyUnavailable { .. } | EngineError::Storage { .. })
                if wanted.min_ttl.is_none() && held.lasts(Duration::ZERO, now) =>
            {
                Ok(self.served(entry, held))
            }
            Err(error) => Err(error),
        }
    }

    /// The access token, opened at its first read and kept in memory from then on.
    pub(crate) async fn open_token(&self, entry: &Arc<Entry>) -> Result<Arc<Living>, EngineError> {
        if let Some(held) = entry.face().living.clone() {
            return Ok(held);
        }
        let theirs = Arc::clone(entry);
        let opened = self.store.run(move |vault| {
            let tokens = vault.tokens(&theirs.id)?;
            let mut face = theirs.face_mut();
            // Somebody else may have opened it meanwhile.
            let fresh = tokens.map(|t| Arc::new(living(&t, &face.health, &face.account.granted)));
            face.living = face.living.take().or(fresh);
            Ok(face.living.clone())
        });
        self.opened(entry, opened.await).await
    }

    fn served(&self, entry: &Entry, living: Arc<Living>) -> Served {
        let face = entry.face();
        Served {
            living,
            account: entry.id.clone(),
            provider: face.account.provider.clone(),
            known: Arc::clone(&face.known),
            source: Source::OAuth,
            now: self.clock.wall(),
        }
    }

    pub(crate) fn has_right(
        &self,
        caller: &Caller,
        entry: &Entry,
        wanted: &Wanted,
    ) -> Result<(), EngineError> {
        let Some(app) = caller.as_app() else { return Ok(()) };
        let now = self.clock.wall();
        if !app.may_read(&entry.id, &wanted.scopes, now) || !self.still_stands(caller) {
            return Err(EngineError::ApprovalRequired);
        }
        let beyond = app.beyond(&entry.id, &entry.face().account.granted, now).to_strings();
        if beyond.is_empty() {
            return Ok(());
        }
        let (more, rest) = beyond.split_at(beyond.len().min(SCOPES_NAMED));
        let rest = if rest.is_empty() { "" } else { ", …" };
        Err(EngineError::TokenCarriesMore {
            detail: format!(
                "this token can do more than the owner allowed this app ({}{rest}): ask with POST /v1/apps for that \
                 too, or without scopes",
                more.join(", ")
            ),
            account: entry.id.clone(),
        })
    }

    /// Right and limit.
    fn may_read(
        self: &Arc<Self>,
        caller: &Caller,
        entry: &Entry,
        wanted: &Wanted,
    ) -> Result<(), EngineError> {
        self.has_right(caller, entry, wanted)?;
        let Some(app) = caller.as_app() else { return Ok(()) };
        let most = self.policy().reads_per_minute;
        self.apps.spend(app, most, self.clock.instant()).map_err(|retry_after| EngineError::RateLimited {
            detail: format!(
                "this app has read {most} tokens in a minute, which is its limit: wait, then go on"
            ),
            retry_after,
        })?;
        if self.apps.was_read(&app.id, self.clock.wall()) {
            self.save_last_reads_soon();
        }
        Ok(())
    }

    /// Whether the account is in a state to be read at all.
    fn may_serve(&self, entry: &Entry, wanted: &Wanted) -> Result<(), EngineError> {
        self.require_open()?;
        self.require_resumed(entry)?;
        self.require_mendable(entry)?;
        self.require_scopes(entry, &wanted.scopes)
    }

    pub(crate) fn require_resumed(&self, entry: &Entry) -> Result<(), EngineError> {
        if !entry.face().account.paused {
            return Ok(());
        }
        let name = self.book.name_of(entry);
        Err(EngineError::Paused {
            detail: format!("{name} is paused by you: resume it with `bowline resume {name}`"),
            account: entry.id.clone(),
        })
    }

    /// Once the provider has said that access has ended, nothing is served, even if it would still live.
    pub(crate) fn require_mendable(&self, entry: &Entry) -> Result<(), EngineError> {
        let ended = lifecycle::has_ended(&entry.face().health);
        ended.map_or(Ok(()), |reason| Err(self.refusal(entry, reason, None)))
    }

    fn require_scopes(&self, entry: &Entry, wanted: &ScopeSet) -> Result<(), EngineError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let missing = entry.face().account.granted.missing(wanted).to_strings();
        if missing.is_empty() {
            return Ok(());
        }
        let name = self.book.name_of(entry);
        Err(EngineError::InsufficientScope {
            detail: format!(
                "{name} was not granted {}: reconnect it and allow that, with `bowline reconnect {name} --scope …`",
                missing.join(", ")
            ),
            account: entry.id.clone(),
            missing,
        })
    }

    pub(crate) fn record_read(
        &self,
        caller: &Caller,
        account: Option<&AccountId>,
        refused: Option<&EngineError>,
    ) {
        let entry = match refused {
            None => self.entry_of(caller, "token.read", account, Ok(())),
            Some(error) => self.entry_of(caller, "token.refused", account, Err(error.audit_code())),
        };
        self.store.audit(entry);
    }
}

#[cfg(test)]
mod tests {
    use bowline_base::LastRefresh;

    use super::*;

    const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn who_asks_for_more_than_a_token_ever_lives_does_not_renew_it_at_each_read() {
        let connected = Health {
            access_issued_at: Some(NOW),
            access_expires_at: Some(NOW + MINUTE),
            ..Health::default()
        };
        assert_eq!(within_reach(MINUTE * 5, &connected, NOW), MINUTE * 5);
        let renewed = Health { last_refresh: Some(ok_at(NOW)), ..connected };
        assert_eq!(within_reach(MINUTE * 5, &renewed, NOW), ABOUT_TO_END);
        assert_eq!(within_reach(MINUTE / 2, &renewed, NOW), MINUTE / 2);
        assert_eq!(within_reach(MINUTE * 5, &renewed, NOW + JUST_RENEWED), MINUTE * 5);
    }

    fn ok_at(at: Wall) -> LastRefresh {
        LastRefresh {
            at,
            outcome: RefreshOutcome::Ok,
            code: None,
            http_status: Some(200),
            provider_error: None,
            provider_description: None,
            attempts: 1,
        }
    }
}
