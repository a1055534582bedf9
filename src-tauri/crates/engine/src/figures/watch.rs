//! What the engine tells the figures, and what the doors ask of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Account, Instant, Status, Wall};

use super::Figures;
use super::alerts::Alert;
use super::history::{History, Range};
use super::tally::{LIFE_MS, SERVE_US, SOURCES, TOOK_MS, Tally};
use super::text::Page;
use crate::book::Entry;
use crate::breaker::State;
use crate::engine::Engine;
use crate::refresh::left_alone::host_of;
use crate::refresh::{Landing, Why, is_held_back};
use crate::{Caller, EngineError};

/// How the breaker of a host stands that an account depends on, or that is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerSight {
    /// The host, with its port where the provider's address has one.
    pub host: String,
    /// How it stands.
    pub state: State,
    /// Since when it is left alone.
    pub since: Option<Wall>,
    /// When it is tried again.
    pub next_try_at: Option<Wall>,
}

impl Engine {
    /// What is counted.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The alerts that are open, the oldest first.
    pub fn open_alerts(&self) -> Vec<Alert> {
        self.figures.open_alerts()
    }

    /// The figures over time. What is not on disk yet is in it.
    ///
    /// # Errors
    /// [`EngineError::Storage`] when the vault cannot be read.
    pub async fn history(&self, range: Range) -> Result<History, EngineError> {
        let now = self.clock.wall();
        // Told first, so that an hour which is over by now is sent to disk before it is read.
        self.figures.turn_over();
        let running = self.figures.running();
        let since = now - super::history::KEPT;
        let kept = self.store.run(move |vault| vault.history(since)).await?;
        let mut hours: BTreeMap<Wall, Tally> = BTreeMap::from([running]);
        for (hour, row) in kept {
            hours.entry(hour).or_default().add_row(&row);
        }
        Ok(History::of(range, now, hours))
    }

    /// How the breakers stand of all hosts that accounts depend on, by host.
    pub fn breaker_sights(&self) -> Vec<BreakerSight> {
        let (now, wall) = (self.clock.instant(), self.clock.wall());
        let host = |account: &Account| self.providers.of(account).ok().map(|provider| host_of(&provider));
        let mut hosts: Vec<String> =
            self.book.all().iter().filter_map(|entry| host(&entry.face().account.clone())).collect();
        hosts.extend(self.left_alone_hosts());
        hosts.sort();
        hosts.dedup();
        let sight = |host: String| {
            let silence = self.breakers.silence(&host, now);
            let state = self.breakers.state(&host);
            let next_try_at = silence.filter(|_| state == State::Open).map(|(_, left)| wall + left);
            BreakerSight { state, since: silence.map(|(since, _)| since), next_try_at, host }
        };
        hosts.into_iter().map(sight).collect()
    }

    /// Everything that is counted, in the Prometheus text format (contract §6).
    pub fn metrics(&self) -> String {
        let mut page = Page::default();
        self.figures.write(&mut page);
        page.family("bowline_breaker_state", "gauge", "Per host: 0 closed, 1 open, 2 half open.");
        for sight in self.breaker_sights() {
            let state = match sight.state {
                State::Closed => 0,
                State::Open => 1,
                State::HalfOpen => 2,
            };
            page.sample("bowline_breaker_state", &[("host", &sight.host)], state);
        }
        page.family("bowline_accounts", "gauge", "Accounts by status.");
        let accounts = self.accounts();
        for status in Status::ALL {
            let count = accounts.iter().filter(|sight| sight.standing.status == *status).count();
            page.sample("bowline_accounts", &[("status", status.as_str())], count);
        }
        page.into_text()
    }

    /// A program has outlived the token that it was started with, and cannot take a newer one (F-49).
    pub fn outlived_its_token(&self, program: Option<&str>) {
        self.figures.expired_in_use(program.map(|path| bowline_base::redact::local(path).into()));
    }

    /// A report of a refused token, where that token had ended: its program used it for too long.
    pub(crate) fn count_expired(&self, caller: &Caller, entry: &Entry, sha256_hex: &str) {
        let ended = entry.face_mut().takes_ended(sha256_hex, self.clock.wall());
        if ended {
            let app = caller.as_app().map(|app| app.name.clone());
            let program = caller.program().map(bowline_base::redact::local);
            self.figures.expired_in_use(program.or(app).map(Arc::from));
        }
    }

    /// The end of a renewal that was really tried.
    pub(crate) fn count_renewal(&self, entry: &Entry, landing: &Landing, began: Instant) {
        let untried = landing
            .as_ref()
            .is_err_and(|error| is_held_back(error) || matches!(error, EngineError::AccountNotFound { .. }));
        if !untried {
            let (provider, took) = (entry.face().account.provider.clone(), self.clock.instant().since(began));
            self.figures.renewed(&provider, landing.is_ok(), took);
        }
    }

    /// A provider gave a token: how long it lives.
    pub(crate) fn count_life(&self, entry: &Entry) {
        let (provider, life) = {
            let face = entry.face();
            let life = face.health.access_expires_at.zip(face.health.access_issued_at);
            (face.account.provider.clone(), life.map(|(end, start)| end.since(start)))
        };
        if let Some(life) = life.filter(|life| *life > Duration::ZERO) {
            self.figures.token_lives(&provider, life);
        }
    }

    /// Somebody takes the result of a renewal that was under way, or over a moment ago.
    pub(crate) fn count_joined(&self, why: Why) {
        if why != Why::Planned {
            self.figures.joined();
        }
    }

    /// A renewal's answer came too late: that is right where the person has connected anew meanwhile, and a conflict
    /// where another renewal was faster.
    pub(crate) fn count_overtaken(&self, entry: &Entry, before: &Account) {
        if entry.face().account.reconnected_at == before.reconnected_at {
            self.figures.conflicted();
        }
    }
}

impl Figures {
    /// The hour that runs, so far.
    fn running(&self) -> (Wall, Tally) {
        let seldom = self.seldom();
        let all = self.all(&seldom);
        seldom.hours.running(&all)
    }

    fn write(&self, page: &mut Page) {
        let (all, refusals) = {
            let seldom = self.seldom();
            (self.all(&seldom), seldom.refusals.clone())
        };
        let renewals = all.renewals();
        let name = "bowline_refresh_total";
        page.family(name, "counter", "Renewals by provider and outcome.");
        for (provider, of) in &all.providers {
            page.sample(name, &[("provider", provider), ("outcome", "ok")], of.ok);
            page.sample(name, &[("provider", provider), ("outcome", "failed")], of.failed);
        }
        let (took, lives) = (&renewals.took.counts, &renewals.lifetimes.counts);
        let name = "bowline_refresh_duration_seconds";
        page.histogram(name, "How long renewals took.", &TOOK_MS, 1e3, took);
        let name = "bowline_token_lifetime_seconds";
        page.histogram(name, "How long the tokens that were given live.", &LIFE_MS, 1e3, lives);
        let name = "bowline_served_total";
        page.family(name, "counter", "Tokens given to callers, by where they came from.");
        for (source, count) in SOURCES.iter().zip(all.served) {
            page.sample(name, &[("source", source)], count);
        }
        let name = "bowline_serve_duration_seconds";
        let waited = self.serve_took.read();
        page.histogram(name, "How long callers waited for a token that they got.", &SERVE_US, 1e6, &waited);
        let help = "Callers who took the result of a renewal that was under way.";
        page.counter("bowline_refresh_joined_total", help, all.joined);
        let help = "Renewals of one account that met; it stays 0 unless somebody else has the same tokens.";
        page.counter("bowline_refresh_conflicts_total", help, all.conflicts);
        let help = "Tokens that ended while a program used them.";
        page.counter("bowline_expired_in_use_total", help, all.expired);
        let name = "bowline_refusals_total";
        page.family(name, "counter", "Requests that were refused, by code.");
        for (code, count) in refusals {
            page.sample(name, &[("code", code)], count);
        }
    }
}
