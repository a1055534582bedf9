//! What is counted on the way, the alerts that come of it, and the figures over time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bowline_base::time::HandClock;
use bowline_base::{AccountId, Clock, Status};
use bowline_engine::event::Event;
use bowline_engine::figures::alerts::Alert;
use bowline_engine::figures::history::Range;
use bowline_engine::serve::{Source, Wanted};
use bowline_oauth::transport::{Fault, FaultKind, Limits, Reply, ScriptedTransport, Sent, Transport};
use bowline_tests::world::journey::owner;
use bowline_tests::world::script::{access_only, refusal, tokens, tokens_for};
use bowline_tests::world::{DAY, HOUR, MINUTE, SECOND, Seed, Setup, World};

/// The value of a sample, by the line's beginning; 0 where there is none.
fn sample(world: &World, line: &str) -> u64 {
    let page = world.engine.metrics();
    let found = page.lines().find_map(|each| each.strip_prefix(line)?.strip_prefix(' '));
    found.map_or(0, |value| value.parse().expect("a whole number"))
}

/// A world with one account, whose provider takes so long for each answer.
async fn slow_world(takes: Duration, token_lives: Duration) -> (World, bowline_base::AccountId) {
    let slow = Arc::new(Slow { script: ScriptedTransport::new(), clock: OnceLock::new(), takes });
    slow.script.on("/token", tokens("new"));
    let seeds = vec![Seed::fresh("ana").living(Some(token_lives))];
    let world = World::start(Setup { seeds, transport: Some(slow.clone()), ..Setup::default() }).await;
    assert!(slow.clock.set(world.clock.clone()).is_ok());
    let ana = world.ids().remove(0);
    (world, ana)
}

/// A way to providers that takes its time.
struct Slow {
    script: ScriptedTransport,
    clock: OnceLock<HandClock>,
    takes: Duration,
}

#[async_trait]
impl Transport for Slow {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, Fault> {
        if let Some(clock) = self.clock.get() {
            clock.sleep(self.takes).await;
        }
        self.script.send(request, limits).await
    }
}

/// The alerts that were told, with whether each came or went.
fn alerts(world: &World) -> Vec<(&'static str, bool)> {
    told(world).iter().map(|alert| (alert.name, alert.cleared_at.is_none())).collect()
}

fn told(world: &World) -> Vec<Alert> {
    let alert = |event| if let Event::Alert(alert) = event { Some(alert) } else { None };
    world.events().into_iter().filter_map(alert).collect()
}

async fn renew(world: &World, id: &bowline_base::AccountId) -> bool {
    let (done, _) = world.within(HOUR, world.engine.refresh_now(id.as_str())).await;
    done.is_ok()
}

#[tokio::test]
async fn f50_every_renewal_is_counted_by_provider_and_outcome() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("ben").at("steady")]).await;
    world.answers([tokens("1"), refusal(503, "x", "later"), tokens("2")]);
    for id in [&ids[0], &ids[1], &ids[0]] {
        renew(&world, id).await;
    }
    let page = world.engine.metrics();
    assert!(sample(&world, "bowline_refresh_total{provider=\"acme\",outcome=\"ok\"}") >= 1, "{page}");
    let all: u64 = ["acme", "steady"]
        .iter()
        .flat_map(|provider| ["ok", "failed"].map(|outcome| (provider, outcome)))
        .map(|(p, o)| sample(&world, &format!("bowline_refresh_total{{provider=\"{p}\",outcome=\"{o}\"}}")))
        .sum();
    assert_eq!(all, 3);
    assert_eq!(sample(&world, "bowline_refresh_duration_seconds_count"), 3);
}

#[tokio::test]
async fn f51_the_life_of_every_token_that_was_given_is_counted() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens_for("1", 600), tokens_for("2", 1800)]);
    assert!(renew(&world, &ana).await && renew(&world, &ana).await);
    assert_eq!(sample(&world, "bowline_token_lifetime_seconds_count"), 2);
    assert_eq!(sample(&world, "bowline_token_lifetime_seconds_sum"), 2400);
    let total = world.engine.history(Range::Day).await.unwrap().total();
    assert_eq!(total.renewals().lifetimes.mean_s(), Some(1200.0));
}

#[tokio::test]
async fn f52_a_provider_that_takes_300_ms_is_in_the_step_of_300_ms() {
    let (world, ana) = slow_world(Duration::from_millis(300), HOUR).await;
    assert!(renew(&world, &ana).await);
    assert_eq!(sample(&world, "bowline_refresh_duration_seconds_bucket{le=\"0.25\"}"), 0);
    assert_eq!(sample(&world, "bowline_refresh_duration_seconds_bucket{le=\"0.5\"}"), 1);
    let p99 = world.engine.history(Range::Day).await.unwrap().total().renewals().took.quantile_s(0.99);
    assert!((0.25..=0.5).contains(&p99.unwrap()), "{p99:?}");
}

#[tokio::test]
async fn f53_tokens_are_counted_by_where_they_came_from_and_what_was_refused_is_not() {
    let (world, ana) = World::with_ana().await;
    for _ in 0..3 {
        world.read(&ana).await.unwrap();
    }
    world.engine.figures().served(Source::Fallback);
    let stranger = promptly_refused(&world).await;
    assert!(stranger, "nobody goes by that name");
    for (source, count) in [("oauth", 3), ("fallback", 1), ("emergency", 0)] {
        assert_eq!(sample(&world, &format!("bowline_served_total{{source=\"{source}\"}}")), count);
    }
    assert_eq!(sample(&world, "bowline_serve_duration_seconds_count"), 3);
}

async fn promptly_refused(world: &World) -> bool {
    world.engine.token(&owner(), "nobody", &Wanted::default()).await.is_err()
}

#[tokio::test]
async fn f54_a_breaker_is_0_while_it_is_closed_and_1_while_it_is_open_with_its_next_try() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    assert_eq!(sample(&world, "bowline_breaker_state{host=\"acme.example\"}"), 0);
    assert!(world.engine.metrics().contains("bowline_breaker_state{host=\"acme.example\"} 0"));
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(MINUTE * 3).await;
    let sights = world.engine.breaker_sights();
    assert_eq!((sights.len(), sights[0].host.as_str()), (1, "acme.example"));
    assert!(sights[0].since.is_some() && world.fares(&ids[0]).0 == Status::Unavailable);
    assert_eq!(sample(&world, "bowline_breaker_state{host=\"acme.example\"}"), 1);
    assert!(sights[0].next_try_at.is_some());
}

#[tokio::test]
async fn f55_a_thousand_readers_of_one_renewal_are_999_who_joined_and_no_conflict() {
    let (world, ana) = slow_world(SECOND, SECOND).await;
    let readers: Vec<_> = (0..1000)
        .map(|_| {
            let (engine, id) = (Arc::clone(&world.engine), ana.clone());
            tokio::spawn(async move { engine.token(&owner(), id.as_str(), &Wanted::default()).await.is_ok() })
        })
        .collect();
    let all = async {
        let mut served = 0;
        for reader in readers {
            served += u32::from(reader.await.expect("a reader ends"));
        }
        served
    };
    let (served, _) = world.within(MINUTE, all).await;
    assert_eq!((served, world.sent()), (1000, 1));
    assert_eq!(sample(&world, "bowline_refresh_joined_total"), 999);
    assert_eq!(sample(&world, "bowline_refresh_conflicts_total"), 0);
}

#[tokio::test]
async fn f55_a_refresh_token_that_somebody_else_used_as_well_is_a_conflict() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "refresh token reuse detected")]);
    assert!(!renew(&world, &ana).await);
    assert_eq!(world.fares(&ana).0, Status::NeedsReconnect);
    assert_eq!(sample(&world, "bowline_refresh_conflicts_total"), 1);
}

#[tokio::test]
async fn f46_two_of_ten_renewals_that_fail_raise_one_alert_and_one_of_twenty_none() {
    let (world, ana) = World::with_ana().await;
    for n in 0..20 {
        world.answers([if n == 4 { refusal(500, "x", "broken") } else { tokens(&format!("{n}")) }]);
        let _ = renew(&world, &ana).await;
    }
    assert_eq!(alerts(&world), [], "one of twenty");
    world.pass(MINUTE * 6).await;
    for n in 0..10 {
        world.answers([if n < 2 { refusal(400, "temporarily_unavailable", "x") } else { access_only("x") }]);
        let _ = renew(&world, &ana).await;
    }
    assert_eq!(alerts(&world), [("refresh_failures", true)], "two of ten");
    let open = world.engine.open_alerts();
    assert_eq!((open.len(), open[0].severity, open[0].threshold), (1, "warning", 0.1));
    world.pass(MINUTE * 6).await;
    assert_eq!(alerts(&world), [("refresh_failures", true), ("refresh_failures", false)]);
    assert!(told(&world)[1].cleared_at.is_some() && world.engine.open_alerts().is_empty());
}

#[tokio::test]
async fn f46_the_limits_are_those_of_the_settings() {
    let (world, ana) = World::with_ana().await;
    let mut policy = (*world.engine.policy()).clone();
    policy.alerts.refresh_failures = 1.0;
    world.engine.set_policy(policy);
    world.answers([refusal(400, "temporarily_unavailable", "x")]);
    for _ in 0..3 {
        renew(&world, &ana).await;
    }
    assert_eq!(alerts(&world), [], "with 1 it is off");
}

#[tokio::test]
async fn f48_a_stand_in_raises_an_alert_that_ends_an_hour_after_its_last_use() {
    let world = World::new().await;
    world.engine.figures().served(Source::Fallback);
    assert_eq!(alerts(&world), [("fallback_used", true)]);
    world.pass(MINUTE * 59).await;
    assert_eq!(alerts(&world).len(), 1);
    world.pass(MINUTE * 2).await;
    assert_eq!(alerts(&world), [("fallback_used", true), ("fallback_used", false)]);
}

#[tokio::test]
async fn f49_a_report_of_a_token_past_its_end_names_the_program_that_went_on_with_it() {
    let (world, ana) = World::with_ana().await;
    let old = world.read(&ana).await.unwrap().living.access.sha256_hex();
    world.answers([tokens("2"), tokens("3"), tokens("4")]);
    world.pass(HOUR + MINUTE).await;
    let app = world.app_for("Nightly", &ana).await;
    let answered = world.engine.token_rejected(&app, ana.as_str(), &old).await;
    assert!(answered.is_ok(), "it gets the token to use from now on");
    let alert = told(&world).pop().expect("an alert");
    assert_eq!((alert.name, alert.about.as_deref()), ("expired_in_use", Some("/usr/bin/app")));
    assert_eq!(sample(&world, "bowline_expired_in_use_total"), 1);
    world.engine.token_rejected(&app, ana.as_str(), &old).await.ok();
    assert_eq!(sample(&world, "bowline_expired_in_use_total"), 1, "a program that repeats itself is one");
}

#[tokio::test]
async fn f49_a_living_token_that_an_api_refuses_has_not_ended_in_use() {
    let (world, ana) = World::with_ana().await;
    let hash = world.read(&ana).await.unwrap().living.access.sha256_hex();
    world.answers([tokens("2")]);
    let _ = world.within(MINUTE, world.engine.token_rejected(&owner(), ana.as_str(), &hash)).await;
    assert_eq!((sample(&world, "bowline_expired_in_use_total"), alerts(&world)), (0, vec![]));
}

#[tokio::test]
async fn f47_a_silent_provider_is_a_notice_only_after_ten_minutes_and_while_something_waits_for_it() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(MINUTE * 15).await;
    assert!(alerts(&world).contains(&("breaker_open", true)));
    assert!(world.desktop.shown().is_empty(), "nobody asks, so nobody is disturbed");
    asked_for(&world, &ids[0], 2).await;
    assert_eq!(silences(&world), 1);
    world.answers([tokens("back")]);
    world.pass(MINUTE * 10).await;
    assert_eq!(world.fares(&ids[0]).0, Status::Healthy);
    assert!(world.desktop.on_screen().is_empty(), "it is taken back when the provider answers");
}

#[tokio::test]
async fn f47_a_silence_of_less_than_ten_minutes_disturbs_nobody() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    asked_for(&world, &ids[0], 9).await;
    assert!(alerts(&world).contains(&("breaker_open", true)));
    world.answers([tokens("back")]);
    world.pass(MINUTE * 10).await;
    assert_eq!(silences(&world), 0);
}

#[tokio::test]
async fn f47_a_provider_that_falls_silent_again_and_again_is_told_of_once_a_day_also_after_a_restart() {
    let (mut world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    for (begins, told) in [(Duration::ZERO, 1), (HOUR * 2, 0), (DAY, 1)] {
        world.answers([tokens("back")]);
        world.pass(begins).await;
        world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
        world.pass(HOUR * 2).await;
        asked_for(&world, &ids[0], 15).await;
        assert_eq!(silences(&world), told, "{begins:?}");
        world = world.restarted().await;
    }
}

/// Somebody asks once a minute, for so many minutes.
async fn asked_for(world: &World, account: &AccountId, minutes: u32) {
    for _ in 0..minutes {
        let _ = world.within(MINUTE * 2, world.read(account)).await;
        world.pass(MINUTE).await;
    }
}

/// How often the person was told that the provider does not answer.
fn silences(world: &World) -> usize {
    world.desktop.shown().iter().filter(|shown| shown.title == "Acme does not answer").count()
}

#[tokio::test]
async fn the_accounts_are_counted_by_status_and_no_account_scope_or_name_is_in_the_page() {
    let (world, ana) = World::with_ana().await;
    world.read(&ana).await.unwrap();
    world.engine.figures().refused("not_found");
    let page = world.engine.metrics();
    assert!(page.contains("bowline_accounts{status=\"healthy\"} 1\n"));
    assert_eq!(page.lines().filter(|line| line.starts_with("bowline_accounts{")).count(), Status::ALL.len());
    assert!(page.contains("bowline_refusals_total{code=\"not_found\"} 1\n"));
    for secret in [ana.as_str(), "ana", "mail", "at-", "rt-"] {
        assert!(!page.contains(secret), "{secret}\n{page}");
    }
}

#[tokio::test]
async fn figures_are_there_after_a_restart_and_the_oldest_go_after_thirty_days() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("1")]);
    assert!(renew(&world, &ana).await);
    world.read(&ana).await.unwrap();
    let world = world.restarted().await;
    let day = world.engine.history(Range::Day).await.unwrap().total();
    assert_eq!((day.renewals().ok, day.served), (1, [1, 0, 0]));
    assert_eq!(
        sample(&world, "bowline_served_total{source=\"oauth\"}"),
        0,
        "a counter begins with its agent"
    );
    world.clock.advance(DAY * 10);
    let (week, month) = (world.engine.history(Range::Week).await, world.engine.history(Range::Month).await);
    assert_eq!(week.unwrap().total().served[0], 0);
    assert!(month.unwrap().total().served[0] >= 1);
}

#[tokio::test]
async fn an_agent_that_rests_is_woken_by_no_figure() {
    let (world, ids) = World::with([Seed::fresh("ana").living(None).unrenewable()]).await;
    world.read(&ids[0]).await.unwrap();
    world.engine.figures().served(Source::OAuth);
    world.settle().await;
    let waits = world.clock.next_wait().map(|at| at.since(world.clock.instant()));
    assert!(waits.is_none_or(|wait| wait > MINUTE), "{waits:?}");
}

/// What an event is called, with what it says of how things stand.
fn word(event: &Event) -> String {
    match event {
        Event::AccountStatus { status, .. } => format!("status {}", status.as_str()),
        Event::AccountToken { .. } => "token".to_owned(),
        Event::AccountRemoved { .. } => "removed".to_owned(),
        Event::Request { state, .. } => format!("request {state}"),
        Event::App { what, .. } => format!("app {what}"),
        Event::Alert(alert) if alert.cleared_at.is_some() => format!("{} over", alert.name),
        Event::Alert(alert) => alert.name.to_owned(),
    }
}

/// Plays one branch of the flow, and asserts that it ends in these events, among others.
async fn drill(branch: &str, life: Duration, replies: Vec<Reply>, passes: Duration, told: &[&str]) {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(life))]).await;
    world.read(&ids[0]).await.unwrap();
    let before = world.events().len();
    world.answers(replies);
    world.pass(passes).await;
    let heard: Vec<String> = world.events_from(before).iter().map(word).collect();
    for wanted in told {
        assert!(heard.iter().any(|event| event == wanted), "{branch}: {wanted} is not among {heard:?}");
    }
}

#[tokio::test]
async fn f45_every_branch_of_the_flow_ends_in_an_event() {
    let silence = || Reply::fault(FaultKind::Refused, Sent::Nothing);
    let (hour, minutes) = (HOUR, MINUTE * 5);
    drill("renewed ahead", hour, vec![tokens("1")], hour, &["token", "status healthy"]).await;
    drill("failing for now", hour, vec![refusal(503, "x", "later")], hour - MINUTE, &["status degraded"])
        .await;
    drill("failing and dead", MINUTE, vec![refusal(503, "x", "later")], minutes, &["status unavailable"])
        .await;
    drill(
        "failing again and again",
        MINUTE,
        vec![refusal(503, "x", "later")],
        minutes,
        &["refresh_failures"],
    )
    .await;
    drill("retries used up", MINUTE, vec![silence()], minutes, &["breaker_open", "status unavailable"]).await;
    let back = [vec![silence(); 15], vec![tokens("1"), tokens("2")]].concat();
    drill(
        "it answers again",
        MINUTE,
        back,
        MINUTE * 20,
        &["breaker_open", "breaker_open over", "token", "status healthy", "refresh_failures over"],
    )
    .await;
    let ended = refusal(400, "invalid_grant", "revoked by the user");
    drill("the provider says no", MINUTE, vec![ended], minutes, &["status needs_reconnect"]).await;
    let client = refusal(401, "invalid_client", "no such client");
    drill("the client is refused", MINUTE, vec![client], minutes, &["status misconfigured"]).await;
}

#[tokio::test]
async fn f45_what_callers_and_the_owner_bring_about_is_told_too() {
    let (world, ana) = World::with_ana().await;
    world.engine.figures().served(Source::Fallback);
    let old = world.read(&ana).await.unwrap().living.access.sha256_hex();
    world.answers([tokens("2")]);
    world.within(MINUTE, world.engine.token_rejected(&owner(), ana.as_str(), &old)).await.0.unwrap();
    let question = world.engine.ask_to_reconnect(&owner(), ana.as_str(), None).unwrap();
    drop(question);
    world.answers([Reply::empty(200)]);
    let me = owner();
    let gone = world.engine.disconnect(&me, ana.as_str(), true);
    world.within(MINUTE, gone).await.0.unwrap();
    let heard: Vec<String> = world.events().iter().map(word).collect();
    for wanted in ["fallback_used", "token", "request done", "removed"] {
        assert!(heard.iter().any(|event| event == wanted), "{wanted} is not among {heard:?}");
    }
}
