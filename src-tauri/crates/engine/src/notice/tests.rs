use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bowline_base::random::SeededRandom;
use bowline_base::{AccountId, Reason, RequestId, Wall};
use proptest::prelude::*;

use super::look::{APPS, MANY, Order};
use super::moments::{GATHER, Quiet, Rules, Told};
use super::plan::{Cause, Memory, Need, Planner, Report};
use super::{Asker, Kind, Means, Notice};

mod clock;

/// 2026-11-21T12:00:00Z.
const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn m30_one_account_is_told_by_its_name_as_soon_as_it_is_clear_that_it_is_one() {
    let mut world = World::new();
    world.stands(0, now());
    assert_eq!(world.look(), []);
    assert_eq!(world.next, Some(NOON + GATHER), "and nothing is looked at before");
    world.pass(GATHER);
    assert_eq!(world.shown_keys(), [id(0).as_str()]);
}

#[test]
fn a_sign_in_that_cannot_be_begun_for_an_account_that_ends_soon_stays_told_until_it_is_signed_in() {
    let mut world = World::new();
    let end = NOON + DAY;
    world.stands(0, Need::By { end });
    world.look();
    let kind = Kind::NotBegun { account: id(0), name: "a0".into(), detail: "no browser".to_owned() };
    let notice = Notice { key: id(0).to_string(), instead_of: None, kind };
    world.screen.insert(notice.key.clone(), notice.clone());
    world.planner.put(notice, world.now);
    let withdrawn = |orders: Vec<Order>| orders.contains(&Order::Withdraw(id(0).to_string()));
    assert!(!withdrawn(world.look()), "it is taken back at once");
    world.now = world.now + HOUR;
    let signed_in = Report { connected: world.now, ..world.report(0, Need::By { end: end + DAY }) };
    world.planner.stands(signed_in, world.now);
    assert!(withdrawn(world.look()), "it is not true any more");
}

#[test]
fn r69_accounts_that_fail_together_are_one_notice_and_a_straggler_joins_it_in_its_place() {
    let mut world = World::new();
    for n in 0..3 {
        world.stands(n, now());
        world.pass(Duration::from_millis(600));
    }
    world.pass(GATHER);
    assert_eq!(world.shown_keys(), [MANY]);
    assert_eq!(world.members(), 3);
    world.stands(3, now());
    world.pass(GATHER);
    assert_eq!((world.shown_keys(), world.members(), world.fresh), (vec![MANY.to_owned()], 4, 1));
}

#[test]
fn r69_a_second_account_that_fails_within_ten_seconds_takes_the_first_ones_place() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(GATHER + SECOND * 2);
    world.stands(1, now());
    world.pass(GATHER);
    assert_eq!((world.shown_keys(), world.members(), world.fresh), (vec![MANY.to_owned()], 2, 1));
    let last = world.orders.last().cloned();
    assert!(
        matches!(last, Some(Order::Update(Notice { instead_of: Some(old), .. })) if old == id(0).as_str())
    );
}

#[test]
fn m31_names_two_and_counts_the_rest_and_shrinks_to_the_one_that_is_left() {
    let mut world = World::new();
    (0..5).for_each(|n| world.stands(n, now()));
    world.pass(GATHER);
    let text = world.screen[MANY].text(Means::ALL);
    assert_eq!(text.title, "5 accounts need you");
    assert!(text.body.contains("a0, a1 and 3 more") || text.body.contains("and 3 more"), "{}", text.body);
    (1..5).for_each(|n| world.stands(n, Need::Nothing));
    world.look();
    assert_eq!(world.shown_keys(), [id(0).as_str()]);
    assert_eq!(world.screen[id(0).as_str()].text(Means::ALL).title, "a0 needs you");
    world.stands(0, Need::Nothing);
    world.look();
    assert!(world.screen.is_empty());
    assert_eq!(world.fresh, 1, "it came up once, for all five");
}

#[test]
fn m30_a_cause_is_told_at_once_after_24_hours_72_hours_and_a_week_and_then_no_more() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(DAY * 60);
    let at: Vec<u64> = world.fresh_at.iter().map(|at| at.since(NOON).as_secs() / 3600).collect();
    assert_eq!(at, [0, 24, 96, 264]);
    assert_eq!(world.next, None, "and nobody is woken for it any more");
}

#[test]
fn r61_a_persons_own_shortest_repeat_lengthens_the_ladder() {
    let mut world = World::new();
    world.rules.repeat_after = DAY * 5;
    world.stands(0, now());
    world.pass(DAY * 11);
    assert_eq!(world.fresh_at.len(), 3);
}

#[test]
fn r61_what_breaks_again_within_a_day_after_being_mended_waits_for_the_day_and_another_cause_does_not() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(MINUTE);
    world.stands(0, Need::Nothing);
    world.pass(MINUTE);
    world.stands(0, now());
    world.pass(HOUR);
    assert_eq!(world.fresh, 1);
    world.stands(0, Need::Now { cause: Reason::ConsentRequired });
    world.pass(MINUTE);
    assert_eq!(world.fresh, 2);
    world.stands(0, now());
    world.pass(DAY);
    assert_eq!(world.fresh, 3, "the first cause again, a day after it was told");
}

#[test]
fn later_holds_for_24_hours_and_then_the_ladder_goes_on() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(HOUR * 23);
    world.planner.later(&[id(0)], world.now);
    world.planner.closed(id(0).as_str());
    let said = world.now;
    world.pass(HOUR * 23);
    assert_eq!(world.fresh, 1, "the repeat of the first day is held");
    world.pass(HOUR * 2);
    assert_eq!(world.fresh_at.last().map(|at| at.since(said)), Some(DAY));
}

#[test]
fn r36_a_date_is_told_of_7_3_and_1_days_and_2_hours_before() {
    let mut world = World::new();
    world.stands(0, Need::By { end: NOON + DAY * 30 });
    world.pass(DAY * 30 - MINUTE);
    let before: Vec<u64> =
        world.fresh_at.iter().map(|at| (NOON + DAY * 30).since(*at).as_secs() / 3600).collect();
    assert_eq!(before, [168, 72, 24, 2]);
}

#[test]
fn r36_warnings_that_were_due_before_the_person_signed_in_are_not_given() {
    let mut world = World::new();
    world.stands(0, Need::By { end: NOON + DAY * 2 });
    world.pass(DAY * 2 - MINUTE);
    assert_eq!(world.fresh, 2, "a day and two hours before");
    let mut world = World::new();
    world.stands(0, Need::By { end: NOON + HOUR });
    world.pass(HOUR - MINUTE);
    assert_eq!(world.fresh, 0, "who signs in for an hour knows it");
}

#[test]
fn r36_a_date_that_renewals_move_needs_nobody() {
    let mut world = World::new();
    for n in 0..20 {
        world.stands(0, Need::By { end: NOON + DAY * (2 + n) });
        world.pass(DAY);
    }
    assert!(world.fresh <= 1, "only before it was clear: {}", world.fresh);
}

#[test]
fn r36_of_warnings_that_were_slept_through_the_latest_is_given_once() {
    let mut world = World::new();
    world.stands(0, Need::By { end: NOON + DAY * 30 });
    world.now = NOON + DAY * 28;
    world.look();
    assert_eq!(world.fresh, 1);
}

#[test]
fn temporary_trouble_is_told_only_after_a_day_and_when_somebody_asks() {
    let failing = Need::Failing { since: NOON, patience: DAY, passes: true };
    let mut world = World::new();
    world.stands(0, failing.clone());
    world.pass(DAY * 3);
    assert_eq!(world.fresh, 0, "nobody misses it");
    world.asked = Some(world.now);
    world.stands(0, failing.clone());
    world.pass(MINUTE);
    assert_eq!(world.fresh, 1);
    let mut world = World::new();
    world.asked = Some(NOON);
    world.stands(0, failing);
    world.pass(HOUR * 23);
    assert_eq!(world.fresh, 0, "it may still pass");
}

#[test]
fn quiet_hours_hold_everything_but_apps_and_end_in_one_notice() {
    let mut world = World::new();
    world.rules.quiet = Quiet::parse("11:00-15:00");
    (0..3).for_each(|n| world.stands(n, now()));
    world.pass(HOUR);
    assert!(world.screen.is_empty());
    assert_eq!(world.next, Some(NOON + HOUR * 3), "the next look is at the end of the quiet");
    world.asks(1);
    world.pass(MINUTE);
    assert_eq!(world.shown_keys(), ["req1"]);
    world.planner.answered("req1");
    world.pass(HOUR * 2);
    assert_eq!((world.shown_keys(), world.members()), (vec![MANY.to_owned()], 3));
}

#[test]
fn quiet_hours_are_of_the_local_day_and_may_span_midnight() {
    let quiet = Quiet::parse("22:00-08:00").unwrap();
    assert_eq!(quiet.end(NOON, 0), None);
    assert_eq!(quiet.end(NOON + HOUR * 10, 0), Some(NOON + HOUR * 20));
    assert_eq!(quiet.end(NOON + HOUR * 19, 0), Some(NOON + HOUR * 20));
    assert_eq!(quiet.end(NOON + HOUR * 20, 0), None, "the end is not quiet");
    assert_eq!(quiet.end(NOON, 11 * 3600), Some(NOON + HOUR * 9), "23 o'clock in the east");
    assert_eq!(quiet.end(NOON, -5 * 3600 - 1), Some(NOON + HOUR + SECOND), "just before 7 in the west");
    for none in ["", "08:00-08:00", "8-9", "25:00-08:00", "22:00"] {
        assert_eq!(Quiet::parse(none), None, "{none}");
    }
}

#[test]
fn the_fourth_in_an_hour_joins_what_is_on_the_screen_or_waits() {
    let mut world = World::new();
    for n in 0..4 {
        world.stands(n, now());
        world.pass(MINUTE);
    }
    assert_eq!((world.fresh, world.members()), (3, 2), "the newest and the fourth share a notice");
    let mut world = World::new();
    for n in 0..4 {
        world.stands(n, now());
        world.pass(MINUTE);
        world.screen.keys().cloned().collect::<Vec<_>>().iter().for_each(|key| world.planner.closed(key));
        world.screen.clear();
    }
    assert_eq!((world.fresh, world.screen.len()), (3, 0));
    world.pass(HOUR);
    assert_eq!((world.fresh, world.shown_keys()), (4, vec![id(3).to_string()]));
}

#[test]
fn apps_that_ask_all_at_once_share_one_notice_from_the_fourth_on() {
    let mut world = World::new();
    (0..6).for_each(|n| world.asks(n));
    world.look();
    assert_eq!((world.screen.len(), world.fresh), (4, 4));
    assert_eq!(world.screen[APPS].kind, Kind::AppsAsk { count: 3 });
    (0..6).for_each(|n| world.planner.answered(&format!("req{n}")));
    world.look();
    assert!(world.screen.is_empty());
}

#[test]
fn a_question_that_has_run_out_leaves_the_screen_by_itself() {
    let mut world = World::new();
    world.asks(0);
    world.look();
    world.pass(MINUTE * 15);
    assert!(world.screen.is_empty());
    assert_eq!(world.next, None);
}

#[test]
fn r29_an_app_that_waits_for_an_account_is_named_with_its_reason_in_the_accounts_own_notice() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(MINUTE);
    let asker = Asker { app: "Mail".to_owned(), because: Some("publish your post".to_owned()) };
    world.planner.asks_for(world.report(0, now()), asker, world.now + DAY, world.now);
    world.look();
    let text = world.screen[id(0).as_str()].text(Means::ALL);
    assert!(text.body.contains("Mail") && text.body.contains("publish your post"), "{}", text.body);
    assert_eq!(world.fresh, 1, "it takes the place of what is there");
    world.planner.no_longer_asks_for(&id(0));
    world.stands(0, Need::Nothing);
    world.look();
    assert!(world.screen.is_empty());
}

#[test]
fn o13_a_restart_repeats_nothing_within_its_time_and_knows_how_often_it_was_said() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(MINUTE);
    let memories = world.planner.take_memories();
    let told = Told { times: 1, last: Some(NOON + GATHER), not_before: None };
    assert_eq!(memories, [Memory { account: id(0), cause: Cause::Now(Reason::Revoked), told }]);
    let mut after = World::new();
    after.now = world.now;
    memories.iter().for_each(|memory| after.planner.remember(memory, after.now));
    after.stands(0, now());
    after.pass(HOUR * 23);
    assert_eq!(after.fresh, 0);
    after.pass(HOUR);
    assert_eq!(after.fresh, 1);
    assert_eq!(after.planner.take_memories()[0].told.times, 2);
}

#[test]
fn turned_off_nothing_is_shown_and_what_is_mended_still_leaves_the_screen() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(MINUTE);
    world.rules.on = false;
    world.stands(1, now());
    world.stands(0, Need::Nothing);
    world.pass(DAY);
    assert!(world.screen.is_empty());
    assert_eq!((world.fresh, world.next), (1, None));
}

#[test]
fn without_buttons_or_a_window_the_text_says_what_to_type() {
    let mut world = World::new();
    world.stands(0, now());
    world.pass(MINUTE);
    let one = world.screen[id(0).as_str()].text(Means { buttons: false, window: true });
    assert!(one.buttons.is_empty() && one.body.ends_with("bowline reconnect a0"), "{}", one.body);
    let kind = Kind::AppsAsk { count: 4 };
    let apps = Notice { key: APPS.to_owned(), instead_of: None, kind };
    let text = apps.text(Means { buttons: true, window: false });
    assert!(text.buttons.is_empty() && text.body.contains("bowline apps requests"), "{}", text.body);
}

#[test]
fn every_notice_has_its_words_and_none_is_longer_than_two_sentences_and_a_command() {
    let (account, name, request) = (id(0), Arc::from("work"), RequestId::random(&SeededRandom::new(4)));
    let asks = Some(Asker { app: "Mail".to_owned(), because: Some("send".to_owned()) });
    let cause = "Acme ended access.".to_owned();
    let kinds = [
        Kind::NeedsYou { account: account.clone(), name: Arc::clone(&name), cause: cause.clone(), asks },
        Kind::Many { accounts: vec![(account.clone(), Arc::clone(&name)), (id(1), "home".into())] },
        Kind::Expiring {
            account: account.clone(),
            name: Arc::clone(&name),
            provider: "Acme".into(),
            end: NOON + DAY,
            now: NOON,
        },
        Kind::Failing {
            account: account.clone(),
            name: Arc::clone(&name),
            cause: cause.clone(),
            passes: true,
        },
        Kind::Failing {
            account: account.clone(),
            name: Arc::clone(&name),
            cause: cause.clone(),
            passes: false,
        },
        Kind::EmergencyAsks {
            request: request.clone(),
            name: Arc::clone(&name),
            reason: "the release has to go out".to_owned(),
            lasts: DAY / 96,
        },
        Kind::EmergencyOn {
            account: account.clone(),
            name: Arc::clone(&name),
            reason: "the release has to go out".to_owned(),
            lasts: DAY / 96,
        },
        Kind::AppAsks {
            request: request.clone(),
            app: "Mail".into(),
            code: "BCDF-GHJK".into(),
            accounts: vec![account.clone()],
            names: vec!["work".into()],
        },
        Kind::AppAsks {
            request,
            app: "Mail".into(),
            code: "BCDF-GHJK".into(),
            accounts: Vec::new(),
            names: Vec::new(),
        },
        Kind::AppsAsk { count: 4 },
        Kind::NotBegun { account, name: Arc::clone(&name), detail: cause.clone() },
        Kind::Unsaved { name: Arc::clone(&name), detail: cause },
        Kind::Abuse { program: "/usr/bin/x".into() },
        Kind::Mended { name },
        Kind::Answered,
    ];
    for kind in kinds {
        let notice = Notice { key: "k".to_owned(), instead_of: None, kind };
        for means in [Means::ALL, Means { buttons: false, window: false }] {
            let text = notice.text(means);
            let words = format!("{} {}", text.title, text.body);
            assert!(!words.contains("notice-") && !words.contains("{ $"), "{words}");
            assert!(text.body.split_whitespace().count() <= 36, "{words}");
            assert!(text.buttons.iter().all(|(_, word)| !word.is_empty() && !word.starts_with("notice-")));
        }
    }
}

/// Anything that can happen to a plan of notices.
#[derive(Clone, Debug)]
enum Happens {
    Stands(usize, u8),
    Asks(usize),
    Answered(usize),
    Asker(usize),
    Later(usize),
    Dismissed,
    Passes(u64),
    Read(usize),
}

fn anything() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (0..8usize, 0..6u8).prop_map(|(n, what)| Happens::Stands(n, what)),
        1 => (0..30usize).prop_map(Happens::Asks),
        1 => (0..30usize).prop_map(Happens::Answered),
        1 => (0..8usize).prop_map(Happens::Asker),
        1 => (0..8usize).prop_map(Happens::Later),
        1 => Just(Happens::Dismissed),
        1 => (0..8usize).prop_map(Happens::Read),
        4 => prop_oneof![0..20u64, 60..7200u64, 3600..400_000u64].prop_map(Happens::Passes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn r61_whatever_happens_nobody_is_told_too_often_in_quiet_hours_or_of_what_is_mended(
        events in proptest::collection::vec(anything(), 1..120),
        quiet in proptest::bool::ANY,
    ) {
        let mut world = World::new();
        world.rules.quiet = quiet.then(|| Quiet::parse("22:00-07:00")).flatten();
        for event in events {
            world.happens(&event);
            world.check();
        }
        world.pass(DAY * 40);
        world.check();
    }
}

/// A planner on a clock that is moved by hand, with the screen it believes in.
struct World {
    planner: Planner,
    rules: Rules,
    now: Wall,
    asked: Option<Wall>,
    next: Option<Wall>,
    orders: Vec<Order>,
    screen: BTreeMap<String, Notice>,
    fresh: usize,
    fresh_at: Vec<Wall>,
    /// When something came up anew, and whether an app's question did.
    came_up: Vec<(Wall, bool)>,
    needs: BTreeMap<AccountId, Need>,
    askers: BTreeSet<AccountId>,
}

impl World {
    fn new() -> Self {
        let days = |n: u32| DAY * n;
        Self {
            planner: Planner::default(),
            rules: Rules {
                on: true,
                quiet: None,
                offset_s: 0,
                repeat_after: DAY,
                warn_before: vec![days(7), days(3), days(1)],
            },
            now: NOON,
            asked: None,
            next: None,
            orders: Vec::new(),
            screen: BTreeMap::new(),
            fresh: 0,
            fresh_at: Vec::new(),
            came_up: Vec::new(),
            needs: BTreeMap::new(),
            askers: BTreeSet::new(),
        }
    }

    fn report(&self, n: usize, need: Need) -> Report {
        Report {
            account: id(n),
            name: format!("a{n}").into(),
            provider: "Acme".into(),
            need,
            sentence: "Acme ended access.".to_owned(),
            connected: NOON,
            issued: NOON,
            asked: self.asked,
        }
    }

    fn stands(&mut self, n: usize, need: Need) {
        self.needs.insert(id(n), need.clone());
        self.planner.stands(self.report(n, need), self.now);
    }

    fn asks(&mut self, n: usize) {
        let request = RequestId::random(&SeededRandom::new(n as u64));
        let kind = Kind::AppAsks {
            request,
            app: format!("App {n}"),
            code: "BCDF-GHJK".into(),
            accounts: Vec::new(),
            names: Vec::new(),
        };
        let notice = Notice { key: format!("req{n}"), instead_of: None, kind };
        self.planner.asks(notice, self.now + MINUTE * 15);
    }

    fn look(&mut self) -> Vec<Order> {
        let (orders, next) = self.planner.look(self.now, &self.rules);
        self.next = next;
        assert!(next.is_none_or(|next| next > self.now), "a look in the past would go round in a circle");
        let news = orders.iter().filter(|order| matches!(order, Order::Show(_))).count();
        let mut apps: Vec<bool> = self.planner.fresh.iter().rev().take(news).map(|(_, app)| *app).collect();
        for order in &orders {
            let by_app = matches!(order, Order::Show(_)).then(|| apps.pop()).flatten();
            self.carry_out(order, by_app.unwrap_or_default());
        }
        self.orders.extend(orders.iter().cloned());
        orders
    }

    fn carry_out(&mut self, order: &Order, by_app: bool) {
        let (notice, fresh) = match order {
            Order::Withdraw(key) => return assert!(self.screen.remove(key).is_some(), "{key} is not there"),
            Order::Show(notice) => (notice, true),
            Order::Update(notice) => (notice, false),
        };
        let old = notice.instead_of.as_ref().and_then(|old| self.screen.remove(old));
        let before = self.screen.insert(notice.key.clone(), notice.clone());
        if fresh {
            self.fresh += 1;
            self.fresh_at.push(self.now);
            self.came_up.push((self.now, by_app));
            let quiet = self.rules.quiet_until(self.now).is_some();
            assert!(by_app || !quiet, "{notice:?} came up in quiet hours");
        } else {
            assert!(old.is_some() || before.is_some(), "{notice:?} takes the place of nothing");
        }
        for account in accounts(&notice.kind) {
            let need = self.needs.get(&account).cloned().unwrap_or(Need::Nothing);
            assert!(need != Need::Nothing || self.askers.contains(&account), "{account} is mended");
        }
    }

    fn pass(&mut self, length: Duration) {
        let end = self.now + length;
        self.look();
        while let Some(next) = self.next.filter(|next| *next <= end) {
            self.now = next;
            self.look();
        }
        self.now = end;
        self.look();
    }

    fn happens(&mut self, event: &Happens) {
        match event {
            Happens::Stands(n, what) => {
                let need = match what {
                    0 | 1 => Need::Nothing,
                    2 => now(),
                    3 => Need::Now { cause: Reason::ConsentRequired },
                    4 => Need::Failing { since: self.now, patience: DAY, passes: true },
                    _ => Need::By { end: NOON + DAY * 20 },
                };
                self.stands(*n, need);
            }
            Happens::Asks(n) => self.asks(*n),
            Happens::Answered(n) => self.planner.answered(&format!("req{n}")),
            Happens::Asker(n) => {
                let need = self.needs.get(&id(*n)).cloned().unwrap_or_else(now);
                self.needs.insert(id(*n), need.clone());
                self.askers.insert(id(*n));
                let asker = Asker { app: "Mail".to_owned(), because: None };
                self.planner.asks_for(self.report(*n, need), asker, self.now + DAY, self.now);
            }
            Happens::Later(n) => self.planner.later(&[id(*n)], self.now),
            Happens::Dismissed => {
                if let Some(key) = self.screen.keys().next().cloned() {
                    self.screen.remove(&key);
                    self.planner.closed(&key);
                }
            }
            Happens::Passes(seconds) => return self.pass(Duration::from_secs(*seconds)),
            Happens::Read(n) => {
                self.asked = Some(self.now);
                let need = self.needs.get(&id(*n)).cloned().unwrap_or(Need::Nothing);
                self.stands(*n, need);
            }
        }
        self.look();
    }

    /// What holds after every step.
    fn check(&mut self) {
        for (at, by_app) in &self.came_up {
            let in_hour = |app: bool| {
                self.came_up
                    .iter()
                    .filter(|(other, by)| *by == app && *other >= *at && other.since(*at) < HOUR)
                    .count()
            };
            assert!(in_hour(false) <= 3, "more than three in an hour: {:?}", self.came_up);
            assert!(!by_app || in_hour(true) <= 4, "more than three apps and their sum in an hour");
        }
        for account in self.screen.values().flat_map(|notice| accounts(&notice.kind)) {
            let need = self.needs.get(&account).cloned().unwrap_or(Need::Nothing);
            assert!(
                need != Need::Nothing || self.askers.contains(&account),
                "{account} is mended, and still told"
            );
        }
        for memory in self.planner.all_memories() {
            assert!(memory.told.times <= 4 || self.askers.contains(&memory.account), "{memory:?}");
        }
    }
}

fn now() -> Need {
    Need::Now { cause: Reason::Revoked }
}

fn id(n: usize) -> AccountId {
    AccountId::random(&SeededRandom::new(1000 + n as u64))
}

fn accounts(kind: &Kind) -> Vec<AccountId> {
    match kind {
        Kind::NeedsYou { account, .. } | Kind::Expiring { account, .. } | Kind::Failing { account, .. } => {
            vec![account.clone()]
        }
        Kind::Many { accounts } => accounts.iter().map(|(id, _)| id.clone()).collect(),
        _ => Vec::new(),
    }
}

impl World {
    fn shown_keys(&self) -> Vec<String> {
        self.screen.keys().cloned().collect()
    }

    fn members(&self) -> usize {
        self.screen.get(MANY).map_or(0, |notice| accounts(&notice.kind).len())
    }
}
