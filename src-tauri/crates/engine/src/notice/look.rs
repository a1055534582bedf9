//! What is said at a moment, and when to look again. Pure.
//!
//! In this order: what is mended is taken back; what apps ask is shown, also in quiet hours; what accounts need is
//! gathered into one notice. At most three notices an hour come up anew; what comes on top of that joins the one that
//! is on the screen, or waits for the hour to pass.

use std::time::Duration;

use bowline_base::{AccountId, Wall};

use super::moments::{GATHER, Rules};
use super::plan::{Case, Need, Planner, Shown};
use super::{Asker, Kind, Notice};

pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// How many notices may come up anew in an hour.
const MOST_IN_AN_HOUR: usize = 3;
/// What fails so soon after a notice joins it.
const JOINS: Duration = Duration::from_secs(10);
/// The key of the notice about several accounts.
pub const MANY: &str = "accounts";
/// The key of the notice about several apps.
pub const APPS: &str = "apps";

/// What is to be done on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Show this: it comes up anew, also where one with the same key was.
    Show(Notice),
    /// Put this in the place of what is on the screen already.
    Update(Notice),
    /// Take the notice with this key back.
    Withdraw(String),
}

impl Planner {
    /// What is to be done now, and when to look again.
    pub fn look(&mut self, now: Wall, rules: &Rules) -> (Vec<Order>, Option<Wall>) {
        let mut orders = Vec::new();
        self.fresh.retain(|(at, _)| now.since(*at) < HOUR);
        self.questions.retain(|_, wish| wish.ends > now);
        self.cases.values_mut().for_each(|case| _ = case.asker.take_if(|waiting| waiting.ends <= now));
        self.take_back(now, &mut orders);
        if !rules.on {
            return (orders, None);
        }
        self.show_questions(now, &mut orders);
        if rules.quiet_until(now).is_none() {
            self.show_needs(now, rules, &mut orders);
            self.show_matters(now, &mut orders);
        }
        let next = self.next_look(now, rules);
        (orders, next)
    }

    /// Takes back, or makes smaller, what is on the screen and no longer true.
    fn take_back(&mut self, now: Wall, orders: &mut Vec<Order>) {
        for key in self.screen.keys().cloned().collect::<Vec<_>>() {
            let Some((notice, _)) = self.screen.get(&key).cloned() else { continue };
            match notice.kind {
                Kind::Many { accounts } => self.shrink(accounts, now, orders),
                Kind::AppsAsk { count } => self.recount(count, orders),
                kind if !self.is_true(&key, &kind) => self.withdraw(&key, orders),
                _ => {}
            }
        }
    }

    fn is_true(&self, key: &str, kind: &Kind) -> bool {
        match kind {
            Kind::NeedsYou { account, .. } | Kind::Failing { account, .. } => {
                self.cases.get(account).is_some_and(|case| case.need.is_pressing() || case.asker.is_some())
            }
            // Also for one that needs the person by a date, until they have signed in after all.
            Kind::NotBegun { account, .. } => self.cases.get(account).is_some_and(|case| {
                let signed_in = self.screen.get(key).is_some_and(|(_, since)| case.connected > *since);
                case.asker.is_some() || case.need.is_pressing() || case.need != Need::Nothing && !signed_in
            }),
            Kind::Expiring { account, end, .. } => {
                self.cases.get(account).is_some_and(|case| match case.need {
                    Need::By { end: now_at } => now_at == *end,
                    Need::Nothing => false,
                    Need::Now { .. } | Need::Failing { .. } => true,
                })
            }
            Kind::AppAsks { .. } | Kind::EmergencyAsks { .. } | Kind::ProgramAsks { .. } => {
                self.questions.contains_key(key)
            }
            Kind::EmergencyOn { .. }
            | Kind::Unsaved { .. }
            | Kind::Silent { .. }
            | Kind::Abuse { .. }
            | Kind::Heard(_) => self.matters.contains_key(key),
            Kind::Many { .. } | Kind::AppsAsk { .. } | Kind::Mended { .. } | Kind::Answered => true,
        }
    }

    /// The notice about several accounts tells of those that still need the person, and of one by its name.
    fn shrink(&mut self, before: Vec<(AccountId, std::sync::Arc<str>)>, now: Wall, orders: &mut Vec<Order>) {
        let needed = |id: &AccountId| self.cases.get(id).is_some_and(|case| case.need != Need::Nothing);
        let left: Vec<AccountId> = before.iter().map(|(id, _)| id).filter(|id| needed(id)).cloned().collect();
        match &left[..] {
            all if all.len() == before.len() => {}
            [] => self.withdraw(MANY, orders),
            [one] => {
                let Some(kind) = self.cases.get(one).map(|case| single(one, case, now)) else { return };
                self.replace(MANY, one.as_str(), kind, now, orders);
            }
            several => {
                let kind = self.many(several);
                self.replace(MANY, MANY, kind, now, orders);
            }
        }
    }

    fn recount(&mut self, before: usize, orders: &mut Vec<Order>) {
        let count = self.questions.values().filter(|wish| wish.shown == Shown::WithOthers).count();
        if count == 0 {
            self.withdraw(APPS, orders);
        } else if count != before
            && let Some((notice, _)) = self.screen.get_mut(APPS)
        {
            notice.kind = Kind::AppsAsk { count };
            orders.push(Order::Update(notice.clone()));
        }
    }

    /// Shows what apps ask: each question by itself, and in one notice those that are too many.
    fn show_questions(&mut self, now: Wall, orders: &mut Vec<Order>) {
        let waiting: Vec<String> =
            self.questions.iter().filter(|(_, w)| w.shown == Shown::No).map(|(key, _)| key.clone()).collect();
        for key in waiting {
            let alone = self.app_may_come_up();
            let together = self.screen.contains_key(APPS);
            if !alone && !together && self.fresh_apps() > MOST_IN_AN_HOUR {
                continue;
            }
            let Some(wish) = self.questions.get_mut(&key) else { continue };
            wish.shown = if alone { Shown::Alone } else { Shown::WithOthers };
            let notice = wish.notice.clone();
            if alone {
                self.show_fresh(notice, true, now, orders);
            } else {
                let count = self.questions.values().filter(|w| w.shown == Shown::WithOthers).count();
                let notice = Notice { key: APPS.to_owned(), instead_of: None, kind: Kind::AppsAsk { count } };
                if together {
                    self.show_in_place(notice, now, orders);
                } else {
                    self.show_fresh(notice, true, now, orders);
                }
            }
        }
        self.show_askers(now, orders);
    }

    /// Shows which app waits for an account to be connected again.
    fn show_askers(&mut self, now: Wall, orders: &mut Vec<Order>) {
        let untold = |case: &Case| case.asker.as_ref().is_some_and(|waiting| !waiting.told);
        let waiting: Vec<AccountId> =
            self.cases.iter().filter(|(_, case)| untold(case)).map(|(id, _)| id.clone()).collect();
        for id in waiting {
            let stands = self.screen.contains_key(id.as_str());
            if !stands && !self.app_may_come_up() {
                continue;
            }
            let Some(case) = self.cases.get_mut(&id) else { continue };
            if let Some(waiting) = &mut case.asker {
                waiting.told = true;
            }
            let kind = single(&id, case, now);
            self.was_told(&id, now);
            let notice = Notice { key: id.to_string(), instead_of: None, kind };
            if stands {
                self.show_in_place(notice, now, orders);
            } else {
                self.show_fresh(notice, true, now, orders);
            }
        }
    }

    /// Shows what accounts need: one by its name, several in one notice.
    fn show_needs(&mut self, now: Wall, rules: &Rules, orders: &mut Vec<Order>) {
        let due = |case: &Case, by: Wall| case.due(now, rules).is_some_and(|at| at <= by);
        if !self.cases.values().any(|case| due(case, now)) {
            return;
        }
        let joins = |case: &Case| due(case, now) || (case.is_new() && due(case, now + GATHER));
        let mut ids: Vec<AccountId> =
            self.cases.iter().filter(|(_, case)| joins(case)).map(|(id, _)| id.clone()).collect();
        let Some(old) = self.to_join(&ids) else {
            return self.show_alone(&ids, now, orders);
        };
        let (before, since) = (self.members(&old), self.screen.get(&old).map(|(_, since)| *since));
        let just_now = since.is_some_and(|since| now.since(since) < JOINS);
        let room = self.may_come_up();
        if ids.len() == 1 && room && !just_now && old != MANY {
            return self.show_alone(&ids, now, orders);
        }
        let told = ids.clone();
        ids.extend(before.into_iter().filter(|id| !told.contains(id)));
        ids.sort();
        told.iter().for_each(|id| self.was_told(id, now));
        let kind = self.many(&ids);
        self.replace(&old, MANY, kind, now, orders);
        if room && !just_now {
            // It comes up anew: in the old one's place, but as news, and names the others once more.
            self.fresh.push_back((now, false));
            ids.iter().for_each(|id| self.was_named(id, now));
            let news = orders.pop().map(|order| match order {
                Order::Update(notice) => Order::Show(notice),
                other => other,
            });
            orders.extend(news);
        }
        self.clear(&ids, orders);
    }

    /// Without anything to join: comes up anew if the hour has room for it.
    fn show_alone(&mut self, ids: &[AccountId], now: Wall, orders: &mut Vec<Order>) {
        if !self.may_come_up() {
            return;
        }
        let (key, kind) = match ids {
            [one] => match self.cases.get(one) {
                Some(case) => (one.to_string(), single(one, case, now)),
                None => return,
            },
            several => (MANY.to_owned(), self.many(several)),
        };
        ids.iter().for_each(|id| self.was_told(id, now));
        if key == MANY {
            self.clear(ids, orders);
        }
        self.show_fresh(Notice { key, instead_of: None, kind }, false, now, orders);
    }

    fn show_matters(&mut self, now: Wall, orders: &mut Vec<Order>) {
        for key in self.matters.keys().cloned().collect::<Vec<_>>() {
            let room = self.may_come_up();
            let Some(matter) = self.matters.get_mut(&key).filter(|matter| !matter.told && room) else {
                continue;
            };
            matter.told = true;
            let (notice, counts_for) = (matter.notice.clone(), matter.counts_for.take());
            if let Some((cause, accounts)) = counts_for {
                accounts.iter().for_each(|account| self.was_told_of(account, cause, now));
            }
            self.show_fresh(notice, false, now, orders);
        }
    }

    /// When something will be to do by itself: nothing is looked at before.
    fn next_look(&self, now: Wall, rules: &Rules) -> Option<Wall> {
        let quiet_end = |at: Wall| rules.quiet_until(at).unwrap_or(at);
        let room = self.fresh.front().map_or(now, |(at, _)| *at + HOUR);
        let held = |at: Wall| if at > now { quiet_end(at) } else { rules.quiet_until(now).unwrap_or(room) };
        let needs = self.cases.values().filter_map(|case| case.due(now, rules)).map(held);
        let matters = self.matters.values().filter(|matter| !matter.told).map(|_| held(now));
        let ends = self.questions.values().map(|wish| wish.ends);
        let waiting = || self.cases.values().filter_map(|case| case.asker.as_ref());
        let ends = ends.chain(waiting().map(|waiting| waiting.ends));
        let askers = waiting().filter(|waiting| !waiting.told);
        let untold = self.questions.values().filter(|wish| wish.shown == Shown::No).map(|_| room);
        needs
            .chain(matters)
            .chain(ends)
            .chain(askers.map(|_| room))
            .chain(untold)
            .filter(|at| *at > now)
            .min()
    }

    /// The notice on the screen that these accounts would join: the one about several, else the newest about one.
    fn to_join(&self, ids: &[AccountId]) -> Option<String> {
        if self.screen.contains_key(MANY) {
            return Some(MANY.to_owned());
        }
        let others = self.screen.iter().filter(|(key, (notice, _))| {
            matches!(notice.kind, Kind::NeedsYou { .. } | Kind::Failing { .. })
                && ids.iter().all(|id| id.as_str() != key.as_str())
        });
        others.max_by_key(|(_, (_, since))| *since).map(|(key, _)| key.clone())
    }

    fn members(&self, key: &str) -> Vec<AccountId> {
        match self.screen.get(key).map(|(notice, _)| &notice.kind) {
            Some(Kind::Many { accounts }) => accounts.iter().map(|(id, _)| id.clone()).collect(),
            Some(Kind::NeedsYou { account, .. } | Kind::Failing { account, .. }) => vec![account.clone()],
            _ => Vec::new(),
        }
    }

    fn many(&self, ids: &[AccountId]) -> Kind {
        let named = |id: &AccountId| self.cases.get(id).map(|case| (id.clone(), case.name.clone()));
        Kind::Many { accounts: ids.iter().filter_map(named).collect() }
    }

    /// Takes back the notices about single accounts that the one about several now tells of.
    fn clear(&mut self, ids: &[AccountId], orders: &mut Vec<Order>) {
        for id in ids.iter().filter(|id| self.screen.contains_key(id.as_str())).collect::<Vec<_>>() {
            self.withdraw(id.as_str(), orders);
        }
    }

    fn may_come_up(&self) -> bool {
        self.fresh.len() < MOST_IN_AN_HOUR
    }

    /// Somebody waits for the answer, so only other questions of apps stand in its way.
    fn app_may_come_up(&self) -> bool {
        self.fresh_apps() < MOST_IN_AN_HOUR
    }

    fn fresh_apps(&self) -> usize {
        self.fresh.iter().filter(|(_, app)| *app).count()
    }

    fn withdraw(&mut self, key: &str, orders: &mut Vec<Order>) {
        self.screen.remove(key);
        orders.push(Order::Withdraw(key.to_owned()));
    }

    fn show_fresh(&mut self, notice: Notice, app: bool, now: Wall, orders: &mut Vec<Order>) {
        self.fresh.push_back((now, app));
        self.screen.insert(notice.key.clone(), (notice.clone(), now));
        orders.push(Order::Show(notice));
    }

    fn show_in_place(&mut self, notice: Notice, now: Wall, orders: &mut Vec<Order>) {
        self.screen.insert(notice.key.clone(), (notice.clone(), now));
        orders.push(Order::Update(notice));
    }

    /// Puts a notice in another's place on the screen; it keeps that one's time.
    fn replace(&mut self, old: &str, new: &str, kind: Kind, now: Wall, orders: &mut Vec<Order>) {
        let since = self.screen.remove(old).map_or(now, |(_, since)| since);
        let instead_of = (old != new).then(|| old.to_owned());
        let notice = Notice { key: new.to_owned(), instead_of, kind };
        self.screen.insert(new.to_owned(), (Notice { instead_of: None, ..notice.clone() }, since));
        orders.push(Order::Update(notice));
    }
}

/// What is said of one account.
fn single(id: &AccountId, case: &Case, now: Wall) -> Kind {
    let (account, name, cause) = (id.clone(), case.name.clone(), case.sentence.clone());
    let asks: Option<Asker> = case.asker.as_ref().map(|waiting| waiting.asker.clone());
    match &case.need {
        Need::Failing { passes, .. } if asks.is_none() => {
            Kind::Failing { account, name, cause, passes: *passes }
        }
        Need::By { end } if asks.is_none() => {
            Kind::Expiring { account, name, provider: case.provider.clone(), end: *end, now }
        }
        Need::Now { .. } | Need::Failing { .. } | Need::By { .. } | Need::Nothing => {
            Kind::NeedsYou { account, name, cause, asks }
        }
    }
}
