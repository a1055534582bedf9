//! What there is to say: the needs of accounts, the questions of apps, and what was said of them. Changes come in
//! here and show nothing; what is said of them is decided in `look`. Pure: the time of day is given.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AccountId, Instant, Reason, Wall};

use crate::clock::Anchor;

use super::moments::{LATER, Rules, Told};
use super::{Asker, Kind, Notice};

/// A grant's end that moves by less is the same end.
const SAME_END: Duration = Duration::from_secs(60);
/// For how long a read counts as an app that is asking.
pub(super) const ASKING: Duration = Duration::from_secs(86_400);

/// Everything there is to say, and what was said.
#[derive(Default)]
pub struct Planner {
    pub(super) cases: BTreeMap<AccountId, Case>,
    pub(super) questions: BTreeMap<String, Wish>,
    pub(super) matters: BTreeMap<String, Matter>,
    /// What is on the screen, as far as we know, and since when.
    pub(super) screen: BTreeMap<String, (Notice, Wall)>,
    /// The notices of the last hour that came up anew, and whether an app's question was the cause.
    pub(super) fresh: VecDeque<(Wall, bool)>,
    changed: BTreeSet<AccountId>,
    /// When the clocks were last seen.
    anchor: Option<Anchor>,
}

/// An account, as it is reported after every change.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which one.
    pub account: AccountId,
    /// What the person calls it.
    pub name: Arc<str>,
    /// Its provider's name.
    pub provider: Arc<str>,
    /// What the person is needed for.
    pub need: Need,
    /// How it fares, in a sentence.
    pub sentence: String,
    /// When the person last signed in.
    pub connected: Wall,
    /// When the provider last said something of its tokens.
    pub issued: Wall,
    /// When somebody last asked for it.
    pub asked: Option<Wall>,
}

/// What the person is needed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// Signing in again, now.
    Now {
        /// Why.
        cause: Reason,
    },
    /// Perhaps a look: it does not work, and the person cannot simply sign in again.
    Failing {
        /// Since when.
        since: Wall,
        /// How long it may still pass by itself.
        patience: Duration,
        /// Its provider is down, so that something could stand in.
        passes: bool,
    },
    /// Signing in again by a date.
    By {
        /// The date.
        end: Wall,
    },
}

/// A cause as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It needs the person now, for this reason.
    Now(Reason),
    /// It has been failing for long.
    Failing,
    /// It needs the person by a date.
    By,
    /// Its provider does not answer, and something waits for it.
    Silent,
}

impl Cause {
    /// The word under which it is kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Now(reason) => reason.as_str(),
            Self::Failing => "failing",
            Self::By => "by_date",
            Self::Silent => "silent",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "failing" => Some(Self::Failing),
            "by_date" => Some(Self::By),
            "silent" => Some(Self::Silent),
            reason => Reason::parse(reason).map(Self::Now),
        }
    }
}

impl Need {
    /// What is remembered of it.
    pub const fn cause(&self) -> Option<Cause> {
        match self {
            Self::Nothing => None,
            Self::Now { cause } => Some(Cause::Now(*cause)),
            Self::Failing { .. } => Some(Cause::Failing),
            Self::By { .. } => Some(Cause::By),
        }
    }

    /// True where something does not work until the person has moved.
    pub const fn is_pressing(&self) -> bool {
        matches!(self, Self::Now { .. } | Self::Failing { .. })
    }
}

/// What is to be remembered of an account and cause over a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Whose.
    pub account: AccountId,
    /// What for.
    pub cause: Cause,
    /// How often it was said, and when.
    pub told: Told,
}

/// An account with what there is to say of it.
pub(super) struct Case {
    pub(super) name: Arc<str>,
    pub(super) provider: Arc<str>,
    pub(super) need: Need,
    pub(super) sentence: String,
    /// Since when it is needed for this.
    pub(super) since: Wall,
    /// Warnings that were due before this moment are not given any more.
    known: Wall,
    pub(super) connected: Wall,
    /// Renewals move the date, so that the person is not needed by it.
    slides: bool,
    asked: Option<Wall>,
    told: BTreeMap<Cause, Told>,
    /// An app asked for it to be connected again.
    pub(super) asker: Option<Waiting>,
}

/// An app that waits for an account.
pub(super) struct Waiting {
    pub(super) asker: Asker,
    /// Until when it waits.
    pub(super) ends: Wall,
    /// The person was told.
    pub(super) told: bool,
}

/// An app's question for access.
pub(super) struct Wish {
    pub(super) notice: Notice,
    pub(super) ends: Wall,
    pub(super) shown: Shown,
}

/// How an app's question was shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    No,
    Alone,
    WithOthers,
}

/// Something that is about no account's need.
pub(super) struct Matter {
    pub(super) notice: Notice,
    pub(super) told: bool,
    /// Whose people count as told by it, and of what.
    pub(super) counts_for: Option<(Cause, Vec<AccountId>)>,
}

impl Planner {
    /// What was said before a restart.
    pub fn remember(&mut self, memory: &Memory, now: Wall) {
        if let Some(last) = memory.told.last.filter(|last| now.since(*last) < super::look::HOUR) {
            // Accounts that share a notice were told at the same moment.
            if self.fresh.iter().all(|(at, _)| *at != last) {
                self.fresh.push_back((last, false));
                self.fresh.make_contiguous().sort_unstable();
            }
        }
        self.case(&memory.account, now).told.insert(memory.cause, memory.told);
    }

    /// How an account is now. True when there may be something to say or to take back.
    pub fn stands(&mut self, report: Report, now: Wall) -> bool {
        let case = self.case(&report.account, now);
        let (before, after) = (case.need.cause(), report.need.cause());
        case.see_date(&report);
        (case.name, case.provider, case.asked) = (report.name, report.provider, report.asked);
        case.sentence = report.sentence;
        case.need = report.need;
        if before != after {
            case.since = now;
            let left = before.and_then(|cause| case.told.get_mut(&cause));
            if let Some(told) = left {
                // The next time is another story; only the shortest repeat still counts.
                (told.times, told.not_before) = (0, None);
                self.changed.insert(report.account);
            }
        }
        before.is_some() || after.is_some()
    }

    /// An app asks for an account to be connected again, and waits until its question ends.
    pub fn asks_for(&mut self, report: Report, asker: Asker, ends: Wall, now: Wall) {
        let account = report.account.clone();
        self.stands(report, now);
        self.case(&account, now).asker = Some(Waiting { asker, ends, told: false });
    }

    /// That question is over.
    pub fn no_longer_asks_for(&mut self, account: &AccountId) {
        if let Some(case) = self.cases.get_mut(account) {
            case.asker = None;
        }
    }

    /// An account is gone.
    pub fn gone(&mut self, account: &AccountId) {
        self.cases.remove(account);
    }

    /// An app asks for access, until its question ends.
    pub fn asks(&mut self, notice: Notice, ends: Wall) {
        self.questions.insert(notice.key.clone(), Wish { notice, ends, shown: Shown::No });
    }

    /// Its question is answered.
    pub fn answered(&mut self, key: &str) {
        self.questions.remove(key);
    }

    /// Something that is about no account's need.
    pub fn tell(&mut self, notice: Notice) {
        self.matters.insert(notice.key.clone(), Matter { notice, told: false, counts_for: None });
    }

    /// The same, about a cause that these accounts share. It is remembered for each of them once it was said.
    pub fn tell_for(&mut self, notice: Notice, cause: Cause, accounts: Vec<AccountId>) {
        let matter = Matter { notice, told: false, counts_for: Some((cause, accounts)) };
        self.matters.insert(matter.notice.key.clone(), matter);
    }

    /// True where one of these accounts was told of for this cause less than so long ago.
    pub fn heard_lately(&self, accounts: &[AccountId], cause: Cause, now: Wall, lately: Duration) -> bool {
        let last = |id: &AccountId| self.cases.get(id)?.told.get(&cause)?.last;
        accounts.iter().filter_map(last).any(|last| now.since(last) < lately)
    }

    /// True where something of that kind was told and is not over.
    pub fn holds(&self, key: &str) -> bool {
        self.matters.contains_key(key)
    }

    /// Something of the same kind that is shown whatever the rules say.
    pub fn told(&mut self, notice: Notice, now: Wall) {
        self.matters
            .insert(notice.key.clone(), Matter { notice: notice.clone(), told: true, counts_for: None });
        self.put(notice, now);
    }

    /// It is over.
    pub fn over(&mut self, key: &str) {
        self.matters.remove(key);
    }

    /// The person wants to hear of these accounts tomorrow.
    pub fn later(&mut self, accounts: &[AccountId], now: Wall) {
        for account in accounts {
            let Some(case) = self.cases.get_mut(account) else { continue };
            if let Some(waiting) = &mut case.asker {
                waiting.told = true;
            }
            if let Some(cause) = case.need.cause() {
                case.told.entry(cause).or_default().not_before = Some(now + LATER);
                self.changed.insert(account.clone());
            }
        }
    }

    /// The person has closed a notice, or pressed it, or its time on the screen is over.
    pub fn closed(&mut self, key: &str) {
        self.screen.remove(key);
        // Said once, and done with.
        if matches!(
            self.matters.get(key),
            Some(Matter { notice: Notice { kind: Kind::Abuse { .. } | Kind::Heard(_), .. }, told: true, .. })
        ) {
            self.matters.remove(key);
        }
    }

    /// Something was shown that the plan did not decide.
    pub fn put(&mut self, notice: Notice, now: Wall) {
        self.screen.insert(notice.key.clone(), (notice, now));
    }

    /// What is on the screen, for a service that has just come and shows nothing yet.
    pub fn on_screen(&self) -> Vec<Notice> {
        self.screen.values().map(|(notice, _)| notice.clone()).collect()
    }

    /// What time it is, before anything is planned. Where the clock was set since the last time, that is made up for here
    /// and not when the engine hears of it: somebody may plan in between, and would say everything once more.
    pub fn time_is(&mut self, now: Wall, instant: Instant) {
        let before = self.anchor.replace(Anchor::at(now, instant));
        if let Some((back, ahead)) = before.and_then(|anchor| anchor.jump(now, instant)) {
            self.clock_was_set(now, |at| at + ahead - back);
        }
    }

    /// The clock was set, and shows what was earlier otherwise now: what was said lies as far back as before. Warnings
    /// of a date keep to the calendar.
    pub(super) fn clock_was_set(&mut self, now: Wall, moved: impl Fn(Wall) -> Wall) {
        // A restart has to know it, too.
        self.changed
            .extend(self.cases.iter().filter(|(_, case)| !case.told.is_empty()).map(|(id, _)| id.clone()));
        for (cause, told) in self.cases.values_mut().flat_map(|case| case.told.iter_mut()) {
            let moved = |at: Wall| if *cause == Cause::By { at } else { moved(at) };
            told.last = told.last.map(|last| moved(last).min(now));
            told.not_before = told.not_before.map(|later| moved(later).min(now + LATER));
        }
        self.fresh.iter_mut().for_each(|(at, _)| *at = moved(*at).min(now));
    }

    /// What changed of what is to be remembered, since this was last asked.
    pub fn take_memories(&mut self) -> Vec<Memory> {
        let changed = std::mem::take(&mut self.changed);
        let cases = changed.into_iter().filter_map(|id| self.cases.get(&id).map(|case| (id, case)));
        let told = cases.flat_map(|(account, case)| {
            case.told.iter().map(move |(cause, told)| Memory {
                account: account.clone(),
                cause: *cause,
                told: *told,
            })
        });
        told.collect()
    }

    /// Everything that is to be remembered.
    #[cfg(test)]
    pub(super) fn all_memories(&mut self) -> Vec<Memory> {
        self.changed = self.cases.keys().cloned().collect();
        self.take_memories()
    }

    /// Notes that an account was told of.
    pub(super) fn was_told(&mut self, account: &AccountId, now: Wall) {
        let Some(case) = self.cases.get(account) else { return };
        if let Some(cause) = case.need.cause() {
            self.was_told_of(account, cause, now);
        }
    }

    /// Notes that an account was told of for this cause.
    pub(super) fn was_told_of(&mut self, account: &AccountId, cause: Cause, now: Wall) {
        let told = self.case(account, now).told.entry(cause).or_default();
        *told = Told { times: told.times + 1, last: Some(now), not_before: None };
        self.changed.insert(account.clone());
    }

    /// Notes that an account was named where others were told of: its own repeat is no news so soon after that.
    pub(super) fn was_named(&mut self, account: &AccountId, now: Wall) {
        let Some(case) = self.cases.get_mut(account) else { return };
        if let Some(told) = case.need.cause().and_then(|cause| case.told.get_mut(&cause)) {
            told.last = Some(now);
            self.changed.insert(account.clone());
        }
    }

    fn case(&mut self, account: &AccountId, now: Wall) -> &mut Case {
        self.cases.entry(account.clone()).or_insert_with(|| Case {
            name: account.as_str().into(),
            provider: "".into(),
            need: Need::Nothing,
            sentence: String::new(),
            since: now,
            known: Wall::from_unix_ms(i64::MIN),
            connected: Wall::from_unix_ms(i64::MIN),
            slides: false,
            asked: None,
            told: BTreeMap::new(),
            asker: None,
        })
    }
}

impl Case {
    /// What a report says of a date: a new sign-in begins anew, and a renewal that moves the date shows that nobody is
    /// needed by it.
    fn see_date(&mut self, report: &Report) {
        let first = self.connected == Wall::from_unix_ms(i64::MIN);
        if first || report.connected > self.connected {
            self.known = if first { report.connected.max(report.issued) } else { report.connected };
            self.slides = false;
            if !first {
                self.told.remove(&Cause::By);
            }
        } else if let (Need::By { end: before }, Need::By { end }) = (&self.need, &report.need) {
            self.slides |= *end > *before + SAME_END;
        }
        self.connected = report.connected;
    }

    /// When it is to be told of next.
    pub(super) fn due(&self, now: Wall, rules: &Rules) -> Option<Wall> {
        let told = self.need.cause().and_then(|cause| self.told.get(&cause)).copied().unwrap_or_default();
        match &self.need {
            Need::Nothing => None,
            Need::Now { .. } => told.next(self.since, rules),
            Need::Failing { since, patience, .. } => {
                let at = told.next(*since + *patience, rules)?;
                let asking = self.asked.is_some_and(|asked| asked + ASKING > at.max(now));
                asking.then_some(at)
            }
            Need::By { .. } if self.slides => None,
            Need::By { end } => told.next_warning(*end, self.known, now, rules),
        }
    }

    /// True when it was never told of in this state, nor in an earlier one of the same kind.
    pub(super) fn is_new(&self) -> bool {
        let told = self.need.cause().and_then(|cause| self.told.get(&cause)).copied().unwrap_or_default();
        told == Told::default()
    }
}
