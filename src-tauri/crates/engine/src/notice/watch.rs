//! What the engine sees, told to the planner: how accounts stand, who asks for what, and what a restart has to know.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AccountId, Instant, Status, Wall};
use bowline_vault::notices::Said;

use super::moments::{Rules, Told};
use super::plan::{ASKING, Cause, Memory, Need, Planner, Report};
use super::{Asker, Kind, Notice};
use crate::book::Entry;
use crate::breaker::State;
use crate::engine::{Engine, Sight};
use crate::forecast::Weight;
use crate::lifecycle::{self, Person};
use crate::refresh::left_alone::host_of;

/// How long a provider may be ill before the person hears of it.
const PATIENCE: Duration = Duration::from_secs(86_400);
/// How long a provider may be silent before anybody hears of it: most silences are over by then.
const SILENCE: Duration = Duration::from_secs(600);

impl Engine {
    /// Looks at an account after a change, and says or takes back what is due.
    pub(crate) fn tell_of(&self, entry: &Entry) {
        let sight = self.sight(entry);
        // Behind a locked vault nothing can be told about anybody; what was said stays as it is.
        if sight.standing.status == Status::Locked {
            return;
        }
        let report = self.report(entry, &sight);
        let now = self.clock.wall();
        self.plan_after(|planner| planner.stands(report, now));
    }

    /// Somebody waits for an account that the person has to connect again.
    pub(crate) fn tell_of_asker(&self, entry: &Entry, app: String, because: Option<String>, ends: Wall) {
        let report = self.report(entry, &self.sight(entry));
        let now = self.clock.wall();
        self.plan_notices(|planner| planner.asks_for(report, Asker { app, because }, ends, now));
    }

    /// A question about an account is over.
    pub(crate) fn asker_is_gone(&self, account: &AccountId) {
        self.plan_notices(|planner| planner.no_longer_asks_for(account));
    }

    /// Tells the person something that is about no account's need, unless they want to hear nothing.
    pub(crate) fn say(&self, key: String, kind: Kind) {
        if self.policy().notify {
            self.plan_notices(|planner| planner.tell(Notice { key, instead_of: None, kind }));
        }
    }

    /// Tells the person something now, also where they want to hear nothing: what could be silenced by what it tells of.
    pub(crate) fn say_regardless(&self, key: String, kind: Kind) {
        let notice = Notice { key, instead_of: None, kind };
        let now = self.clock.wall();
        self.plan_notices(|planner| planner.told(notice.clone(), now));
        self.notices.show_apart(&notice);
    }

    /// A provider's host is left alone, and has been silent for long. That passes by itself, so the person is told only
    /// where something waits: an account there has no living token and nothing that stands in, and was asked for within a
    /// day. Once a day, however often it falls silent (F-47).
    pub(crate) fn tell_of_silence(&self, host: &str) {
        let key = silence_notice(host);
        let lasts = self.breakers.silent_for(host, self.clock.instant());
        if lasts.is_none_or(|lasts| lasts < SILENCE) || self.notices.holds(&key) || !self.policy().notify {
            return;
        }
        let (now, repeat_after) = (self.clock.wall(), self.policy().repeat_after);
        let (mut here, mut waiting, mut name) = (Vec::new(), Vec::new(), None);
        for entry in self.book.all().into_iter().filter(|entry| self.is_at(entry, host)) {
            let asked = entry.last_asked().is_some_and(|at| now.since(at) < ASKING);
            let helped = self.stand_ins.present(&entry.id).is_some();
            let face = entry.face();
            if asked && !helped && !face.account.paused && !lifecycle::is_alive(&face.health, now) {
                waiting.push(entry.id.clone());
                name.get_or_insert_with(|| Arc::from(face.known.name.as_str()));
            }
            here.push(entry.id.clone());
        }
        if let Some(provider) = name {
            let notice = Notice { key, instead_of: None, kind: Kind::Silent { provider } };
            self.plan_notices(|planner| {
                if !planner.heard_lately(&here, Cause::Silent, now, repeat_after) {
                    planner.tell_for(notice, Cause::Silent, waiting);
                }
            });
        }
    }

    /// The same, because somebody has just asked for this account in vain.
    pub(crate) fn tell_of_silence_behind(&self, entry: &Entry) {
        let account = entry.face().account.clone();
        let Ok(provider) = self.providers.of(&account) else { return };
        let host = host_of(&provider);
        if self.breakers.state(&host) != State::Closed {
            self.tell_of_silence(&host);
        }
    }

    /// It answers again.
    pub(crate) fn silence_is_over(&self, host: &str) {
        self.take_back(&silence_notice(host));
    }

    /// What was said is over.
    pub(crate) fn take_back(&self, key: &str) {
        self.plan_notices(|planner| planner.over(key));
    }

    /// An app's question goes to the person, until it ends.
    pub(crate) fn ask_person(&self, key: String, kind: Kind, ends: Wall) {
        self.plan_notices(|planner| planner.asks(Notice { key, instead_of: None, kind }, ends));
    }

    /// An app's question is answered.
    pub(crate) fn person_answered(&self, key: &str) {
        self.plan_notices(|planner| planner.answered(key));
    }

    /// Looks at what is due: the engine's timer says that a moment has come, or the rules have changed.
    pub(crate) fn look_at_notices(&self) {
        self.plan_notices(|_| {});
    }

    /// Changes the plan of notices, has said what is due, and sets the moment of the next look.
    pub(crate) fn plan_notices(&self, change: impl FnOnce(&mut Planner)) {
        self.plan_after(|planner| {
            change(planner);
            true
        });
    }

    /// The same, unless the change says that nothing has changed.
    fn plan_after(&self, change: impl FnOnce(&mut Planner) -> bool) {
        let Some((next, memories)) = self.notices.plan(self.now_by_both(), || self.rules(), change) else {
            return;
        };
        if self.plan.set_look(next) {
            self.replanned.notify_one();
        }
        if !memories.is_empty() {
            let said: Vec<Said> = memories.into_iter().map(said).collect();
            self.store.later(move |vault| {
                if let Err(error) = vault.save_said(&said) {
                    tracing::warn!(%error, "what was said could not be kept: it may be said again after a restart");
                }
            });
        }
    }

    /// Takes in what was said before a restart.
    pub(crate) fn remember_notices(&self, said: Vec<Said>) {
        let now = self.clock.wall();
        self.notices.plan(
            self.now_by_both(),
            || self.rules(),
            |planner| {
                said.into_iter().filter_map(memory).for_each(|memory| planner.remember(&memory, now));
                // Nothing is said before the accounts have been looked at.
                false
            },
        );
    }

    fn now_by_both(&self) -> (Wall, Instant) {
        (self.clock.wall(), self.clock.instant())
    }

    fn rules(&self) -> Rules {
        let policy = self.policy();
        Rules {
            on: policy.notify,
            quiet: policy.quiet,
            offset_s: policy.quiet.map_or(0, |_| self.clock.utc_offset_s()),
            repeat_after: policy.repeat_after,
            warn_before: policy.warn_before.clone(),
        }
    }

    fn report(&self, entry: &Entry, sight: &Sight) -> Report {
        let connected = sight.account.reconnected_at.unwrap_or(sight.account.connected_at);
        let in_vain = self.stand_ins.is_in_vain(&entry.id);
        let need = need(sight, in_vain, self.clock.wall());
        Report {
            account: entry.id.clone(),
            name: self.book.name_of(entry).into(),
            provider: Arc::from(entry.face().known.name.as_str()),
            need,
            sentence: sight.message.clone(),
            connected,
            issued: sight.health.access_issued_at.unwrap_or(connected),
            asked: entry.last_asked(),
        }
    }
}

/// What the person is needed for with an account.
fn need(sight: &Sight, in_vain: bool, now: Wall) -> Need {
    let health = &sight.health;
    let since = health.trouble.as_ref().map_or(now, |trouble| trouble.since);
    match sight.person {
        Person::SignIn => sight.standing.reason.map_or(Need::Nothing, |cause| Need::Now { cause }),
        // As long as something stands in, nothing is lost.
        Person::LookInTime if sight.standing_in.is_some() => Need::Nothing,
        // The person named a stand-in because it cannot wait, and that one cannot be had either (F-42).
        Person::LookInTime if in_vain => Need::Failing { since, patience: Duration::ZERO, passes: true },
        Person::LookInTime => Need::Failing { since, patience: PATIENCE, passes: true },
        Person::Look => Need::Failing { since, patience: Duration::ZERO, passes: false },
        Person::SignInByDate => {
            let certain = sight.forecast.as_ref().filter(|f| f.weight == Weight::Certain).map(|f| f.ends_at);
            let end = certain.or(health.access_expires_at.filter(|_| !health.refreshable));
            end.map_or(Need::Nothing, |end| Need::By { end })
        }
        Person::Nothing => Need::Nothing,
    }
}

fn silence_notice(host: &str) -> String {
    format!("silent-{host}")
}

fn said(memory: Memory) -> Said {
    Said {
        account: memory.account,
        cause: memory.cause.as_str().to_owned(),
        times: memory.told.times,
        last: memory.told.last,
        not_before: memory.told.not_before,
    }
}

fn memory(said: Said) -> Option<Memory> {
    let told = Told { times: said.times, last: said.last, not_before: said.not_before };
    Some(Memory { account: said.account, cause: Cause::parse(&said.cause)?, told })
}
