//! Renewal when the provider is silent, ill, busy or talks nonsense: all that passes, and nobody is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bowline_base::{Action, Reason, Secret, Status};
use bowline_engine::EngineError;
use bowline_oauth::transport::{Fault, FaultKind, Limits, Reply, ScriptedTransport, Sent, Transport};
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::{refusal, tokens, tokens_for};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, Setup, World};

#[tokio::test]
async fn e03_while_a_provider_is_down_a_living_token_is_served_and_a_dead_one_never() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(MINUTE * 58).await;
    assert_eq!(world.fares(&ana), (Status::Degraded, Some(Reason::ProviderUnreachable)));
    assert_eq!(world.sight(&ana).standing.action, Some(Action::Wait));
    assert_eq!(world.served(&ana).await, "at-ana");
    world.pass(MINUTE * 3).await;
    assert_eq!(world.fares(&ana), (Status::Unavailable, Some(Reason::ProviderUnreachable)));
    let (read, _) = world.within(HOUR, world.read(&ana)).await;
    let Err(EngineError::TemporarilyUnavailable { retry_after, .. }) = read else {
        panic!("e53: no token is left")
    };
    assert!(retry_after >= SECOND);
    assert_eq!(world.stored_pair(&ana).await.1, "rt-ana");
    world.pass(MINUTE * 15).await;
    let titles: Vec<String> = world.desktop.shown().into_iter().map(|told| told.title).collect();
    assert_eq!(titles, ["Acme does not answer"], "said once, because somebody waits");
    world.answers([tokens("new")]);
    world.pass(MINUTE * 10).await;
    assert!(world.desktop.on_screen().is_empty());
    assert_eq!((world.fares(&ana), world.served(&ana).await), ((Status::Healthy, None), "at-new".to_owned()));
}

#[tokio::test]
async fn e04_time_outs_climb_a_ladder_and_end_as_waiting() {
    let (world, ids) = World::with([Seed::fresh("ana").at("steady")]).await;
    world.answers([Reply::Hang]);
    let (read, took) = world.within(HOUR, world.read_for(&ids[0], HOUR * 2)).await;
    assert_eq!(text(read), "temporarily_unavailable");
    let sent = world.token_requests();
    let limits: Vec<(u64, u64)> =
        sent.iter().map(|r| (r.limits.total.as_secs(), r.limits.connect.as_secs())).collect();
    assert_eq!(limits, [(5, 2), (15, 5), (30, 10)], "f08");
    assert!(took <= SECOND * 53, "f19: {took:?}");
    assert_eq!(world.fares(&ids[0]), (Status::Degraded, Some(Reason::ProviderUnreachable)));
}

#[tokio::test]
async fn f11_a_refresh_token_whose_answer_was_lost_is_sent_once_more_and_no_oftener() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang]);
    let (read, _) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!(text(read), "temporarily_unavailable");
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana", "rt-ana"]);
    assert_eq!(world.fares(&ana).0, Status::Degraded, "silence never asks for the user");
}

#[tokio::test]
async fn f11_a_refusal_after_a_lost_answer_is_told_as_such() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang, refusal(400, "invalid_grant", "no")]);
    let (read, _) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!(text(read), "reconnect_required");
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::ReuseSuspected)));
}

#[tokio::test]
async fn f11_a_gateway_that_lost_the_answer_has_the_refresh_token_sent_once_more_and_no_oftener() {
    for status in [502, 504] {
        let (world, ana) = World::with_ana().await;
        world.answers([Reply::empty(status)]);
        let (read, _) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
        assert_eq!(text(read), "temporarily_unavailable");
        assert_eq!(world.sent_refresh_tokens(), ["rt-ana", "rt-ana"], "{status}");
        world.answers([refusal(400, "invalid_grant", "no")]);
        world.pass(MINUTE * 10).await;
        assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::ReuseSuspected)), "{status}");
    }
}

#[tokio::test]
async fn f11_a_provider_that_says_itself_that_it_cannot_is_asked_three_times() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(503)]);
    let _ = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!(world.sent_refresh_tokens().len(), 3);
    world.answers([refusal(400, "invalid_grant", "no")]);
    world.pass(MINUTE * 10).await;
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::Revoked)), "nothing was lost");
}

#[tokio::test]
async fn e05_a_name_that_cannot_be_resolved_is_named() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([Reply::fault(FaultKind::Unresolved, Sent::Nothing)]);
    world.pass(MINUTE * 2).await;
    let (read, _) = world.within(HOUR, world.read(&ids[0])).await;
    let Err(error) = read else { panic!("the token is dead") };
    assert!(error.to_string().contains("acme.example"), "{error}");
}

#[tokio::test]
async fn e06_a_certificate_that_cannot_be_trusted_degrades_and_never_asks_to_reconnect() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::fault(FaultKind::Tls, Sent::Nothing)]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.fares(&ana), (Status::Degraded, Some(Reason::Tls)));
    world.pass(HOUR * 2).await;
    assert_eq!(world.fares(&ana), (Status::Unavailable, Some(Reason::Tls)));
}

#[tokio::test]
async fn e26_no_status_from_400_to_599_by_itself_ever_asks_for_the_user() {
    let (world, ana) = World::with_ana().await;
    for status in 400..600 {
        world.answers([Reply::empty(status)]);
        let (renewed, _) = world.within(HOUR, world.engine.refresh_now(ana.as_str())).await;
        assert!(matches!(renewed, Err(EngineError::TemporarilyUnavailable { .. })), "{status}: {renewed:?}");
        let fares = world.fares(&ana).0;
        assert!([Status::Degraded, Status::Unavailable].contains(&fares), "{status}: {fares}");
    }
    assert_eq!(world.stored_pair(&ana).await.1, "rt-ana");
}

#[tokio::test]
async fn e26_an_address_that_is_gone_for_a_day_is_a_fault_of_the_setup() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(404)]);
    world.pass(HOUR * 23).await;
    assert_eq!(world.fares(&ana), (Status::Unavailable, Some(Reason::ProviderError)));
    world.pass(HOUR * 3).await;
    assert_eq!(world.fares(&ana), (Status::Misconfigured, Some(Reason::InvalidEndpoint)));
    world.answers([tokens("new")]);
    world.pass(HOUR).await;
    assert_eq!(world.fares(&ana), (Status::Healthy, None), "and it heals by itself");
}

#[tokio::test]
async fn e26_a_day_of_another_illness_before_an_address_is_gone_for_a_moment_is_no_fault_of_the_setup() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(503)]);
    world.pass(HOUR * 26).await;
    world.answers([Reply::empty(404)]);
    world.pass(HOUR * 23).await;
    assert_eq!(world.fares(&ana), (Status::Unavailable, Some(Reason::ProviderError)));
    world.pass(HOUR * 2).await;
    assert_eq!(
        world.fares(&ana),
        (Status::Misconfigured, Some(Reason::InvalidEndpoint)),
        "gone for a day itself"
    );
}

#[tokio::test]
async fn e27_a_body_that_is_not_json_is_the_providers_illness_and_costs_no_token() {
    let (world, ana) = World::with_ana().await;
    let good = r#"{"access_token":"at-x","refresh_token":"rt-x","expires_in":3600}"#;
    for reply in [
        Reply::html(200, "<html><body>Sign in to the Wi-Fi</body></html>"),
        Reply::json(200, &good[..40]),
        Reply::json(200, format!("\u{feff}{good}")),
        Reply::json(200, ""),
        Reply::json(200, "[]"),
        Reply::json(200, "null"),
        Reply::html(400, "<html>"),
    ] {
        world.answers([reply]);
        let (renewed, _) = world.within(HOUR, world.engine.refresh_now(ana.as_str())).await;
        assert!(matches!(renewed, Err(EngineError::TemporarilyUnavailable { .. })), "{renewed:?}");
        assert_eq!(world.fares(&ana), (Status::Degraded, Some(Reason::ProviderError)));
        assert_eq!(world.stored_pair(&ana).await, ("at-ana".to_owned(), "rt-ana".to_owned()));
    }
}

#[tokio::test]
async fn e52_a_pause_of_five_seconds_is_kept_to_the_second_and_the_reader_gets_the_token() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(429).header("retry-after", "5"), tokens("new")]);
    let (read, took) = world.within(HOUR, world.read_for(&ana, HOUR - SECOND * 10)).await;
    assert_eq!(text(read), "at-ana", "a living token that is long enough waits for nobody");
    assert_eq!(took, Duration::ZERO);
    let (read, took) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!(text(read), "at-new");
    assert!((SECOND * 5..=Duration::from_millis(5500)).contains(&took), "{took:?}");
    assert_eq!(world.token_requests().len(), 2);
}

#[tokio::test]
async fn e45_a_bare_429_means_a_minute() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(429)]);
    let (read, _) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    let Err(EngineError::TemporarilyUnavailable { retry_after, reason, .. }) = read else {
        panic!("it is limited")
    };
    assert_eq!((retry_after, reason), (MINUTE, Reason::RateLimited), "f27");
    assert_eq!(world.fares(&ana), (Status::Degraded, Some(Reason::RateLimited)));
    world.pass(SECOND * 59).await;
    assert_eq!(world.token_requests().len(), 1, "e28: not before");
    world.answers([tokens("new")]);
    world.pass(SECOND * 10).await;
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn f24_while_limited_the_living_token_is_served_and_nobody_asks_the_provider() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE * 10))]).await;
    let ana = &ids[0];
    world.answers([Reply::empty(429).header("retry-after", "600")]);
    world.pass(MINUTE * 9).await;
    let asked = world.token_requests().len();
    assert_eq!(world.served(ana).await, "at-ana");
    assert_eq!(world.token_requests().len(), asked);
    assert_eq!(asked, 1, "one request in ten minutes of pause");
}

#[tokio::test]
async fn e28_a_reader_during_a_pause_hears_how_long_it_lasts_and_the_provider_hears_nothing() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    let ana = &ids[0];
    world.answers([Reply::empty(429).header("retry-after", "600")]);
    world.pass(MINUTE * 2).await;
    assert_eq!(world.token_requests().len(), 1);
    let Err(EngineError::TemporarilyUnavailable { retry_after, .. }) = world.read(ana).await else {
        panic!("the token is dead")
    };
    assert_eq!(world.token_requests().len(), 1, "the provider asked for a pause");
    assert!(retry_after < MINUTE * 10 && retry_after > MINUTE * 8, "what is left of it: {retry_after:?}");
}

#[tokio::test]
async fn e63_an_answer_without_an_access_token_changes_no_half_of_the_pair_but_keeps_a_new_refresh_token() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::json(200, r#"{"token_type":"Bearer"}"#)]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.stored_pair(&ana).await, ("at-ana".to_owned(), "rt-ana".to_owned()));
    world.answers([Reply::json(200, r#"{"token_type":"Bearer","refresh_token":"rt-two"}"#), tokens("three")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.fares(&ana), (Status::Degraded, Some(Reason::ProviderError)));
    assert_eq!(world.stored_pair(&ana).await, ("at-ana".to_owned(), "rt-two".to_owned()));
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert_eq!(world.served(&ana).await, "at-three");
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana", "rt-ana", "rt-two"]);
}

#[tokio::test]
async fn r49_an_empty_answer_is_none_and_is_asked_for_exactly_once_in_a_read() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::json(200, "{}")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!(world.stored_pair(&ana).await, ("at-ana".to_owned(), "rt-ana".to_owned()));
}

#[tokio::test]
async fn r22_an_error_that_nobody_knows_is_not_dressed_as_reconnect() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "zzz", "who knows")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.fares(&ana), (Status::Degraded, Some(Reason::ProviderError)));
    let last = world.sight(&ana).health.last_refresh.unwrap();
    assert_eq!(
        (last.provider_error.as_deref(), last.http_status, last.attempts),
        (Some("zzz"), Some(400), 1),
        "r52"
    );
}

#[tokio::test]
async fn r50_a_token_that_is_dead_on_arrival_points_at_the_clock_and_prompts_nobody() {
    let (world, ana) = World::with_ana().await;
    let skewed = tokens_for("new", 0).header("date", "Sat, 21 Nov 2026 14:00:00 GMT");
    world.answers([skewed]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.fares(&ana), (Status::Unavailable, Some(Reason::ClockSkew)));
    assert!(world.sight(&ana).message.contains("clock"));
    world.pass(MINUTE * 5).await;
    assert!(world.desktop.shown().is_empty());
}

#[tokio::test]
async fn r50_a_provider_whose_tokens_are_dead_on_arrival_is_not_stormed() {
    let (world, _) = World::with_ana().await;
    world.answers([tokens_for("new", 0)]);
    world.pass(HOUR * 2).await;
    let asked = world.token_requests().len();
    assert!(asked <= 120, "{asked} requests in the hour after the first");
}

#[tokio::test]
async fn o18_a_wrong_client_is_told_as_a_fault_of_the_setup_and_asked_four_times_an_hour_at_most() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(401, "invalid_client", "no")]);
    world.pass(HOUR).await;
    assert_eq!(world.fares(&ana), (Status::Misconfigured, Some(Reason::InvalidClient)), "e09");
    assert_eq!(world.sight(&ana).standing.action, Some(Action::FixProvider));
    let asked = world.token_requests().len();
    world.pass(HOUR * 2).await;
    assert!(world.token_requests().len() <= asked + 8);
    assert_eq!(text(world.read(&ana).await), "provider_misconfigured");
    assert_eq!(world.stored_pair(&ana).await.1, "rt-ana");
}

#[tokio::test]
async fn o33_a_renewal_is_asked_three_times_with_growing_pauses() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(503), Reply::empty(503), tokens("new")]);
    let (read, took) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!((text(read), world.token_requests().len()), ("at-new".to_owned(), 3));
    assert!((Duration::from_millis(1500)..SECOND * 4).contains(&took), "0.5 s, 1 s and jitter: {took:?}");
    assert_eq!(world.sight(&ana).health.last_refresh.unwrap().attempts, 3);
}

#[tokio::test]
async fn f23_after_waiting_in_vain_the_reader_hears_when_to_come_back_and_the_plan_goes_on() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([Reply::empty(500)]);
    world.pass(MINUTE * 2).await;
    let (read, took) = world.within(HOUR, world.read(&ids[0])).await;
    let Err(EngineError::TemporarilyUnavailable { retry_after, .. }) = read else { panic!("it is ill") };
    assert!(retry_after >= SECOND && took <= SECOND * 53, "{retry_after:?} {took:?}");
    world.answers([tokens("new")]);
    world.pass(MINUTE * 6).await;
    assert_eq!(world.fares(&ids[0]), (Status::Healthy, None), "f04: by itself");
}

#[tokio::test]
async fn f06_a_second_address_is_asked_when_the_first_cannot_be_reached() {
    let (world, ids) = World::with([Seed::fresh("ana").at("twoway")]).await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.net.now_on("/token2", tokens("new"));
    assert_eq!(text(world.read_for(&ids[0], HOUR * 2).await), "at-new");
    let second = world.net.requests_to("/token2");
    assert_eq!(second[0].url.host_str(), Some("second.example"));
    assert_eq!(second[0].field("client_id").as_deref(), Some("bowline-twoway"), "the same client");
}

#[tokio::test]
async fn f06_an_answer_of_the_first_address_is_final() {
    for reply in [refusal(400, "invalid_grant", "no"), Reply::empty(500), Reply::Hang] {
        let (world, ids) = World::with([Seed::fresh("ana").at("twoway")]).await;
        world.answers([reply]);
        world.net.now_on("/token2", tokens("new"));
        let _ = world.within(HOUR, world.read_for(&ids[0], HOUR * 2)).await;
        assert!(world.net.requests_to("/token2").is_empty());
    }
}

#[tokio::test]
async fn f10_when_all_addresses_fail_one_error_says_so() {
    let (world, ids) = World::with([Seed::fresh("ana").at("twoway").living(Some(MINUTE))]).await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.net.now_on("/token2", Reply::fault(FaultKind::Refused, Sent::Nothing));
    world.pass(MINUTE * 2).await;
    let (read, _) = world.within(HOUR, world.read(&ids[0])).await;
    let Err(error) = read else { panic!("nobody can be reached") };
    assert!(error.to_string().contains("tried 2 addresses"), "{error}");
}

#[tokio::test]
async fn f19_a_renewal_that_is_stuck_is_abandoned_and_the_next_one_works() {
    let stuck = Arc::new(Stuck::default());
    let seeds = vec![Seed::fresh("ana")];
    let world = World::start(Setup { seeds, transport: Some(stuck.clone()), ..Setup::default() }).await;
    let ana = world.ids().remove(0);
    stuck.is_stuck.store(true, Ordering::Relaxed);
    let (read, took) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!(text(read), "temporarily_unavailable");
    assert!(took <= SECOND * 120, "{took:?}");
    assert_eq!(world.served(&ana).await, "at-ana", "the living token is served");
    stuck.is_stuck.store(false, Ordering::Relaxed);
    stuck.script.now_on("/token", tokens("new"));
    let (read, _) = world.within(HOUR, world.read_for(&ana, HOUR * 2)).await;
    assert_eq!(text(read), "at-new", "asked {} times", stuck.asked.load(Ordering::Relaxed));
}

#[tokio::test]
async fn e37_a_hanging_account_delays_no_other() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo").at("other")]).await;
    world.answers([Reply::Hang]);
    world.pass(MINUTE * 55).await;
    for _ in 0..200 {
        assert_eq!(world.served(&ids[1]).await, "at-bo");
    }
}

#[tokio::test]
async fn e38_a_fault_of_one_account_leaves_the_other_nineteen_alone() {
    let seeds = (0..20).map(|n| Seed::fresh(&format!("p{n}")).at(if n == 7 { "other" } else { "acme" }));
    let (world, ids) = World::with(seeds).await;
    let broken = ids.iter().position(|id| world.sight(id).account.subject == "p7").unwrap();
    world.answers([refusal(400, "invalid_grant", "token revoked")]);
    let _ = world.engine.refresh_now(ids[broken].as_str()).await;
    for (n, id) in ids.iter().enumerate() {
        let expected = if n == broken { Status::NeedsReconnect } else { Status::Healthy };
        assert_eq!(world.fares(id).0, expected);
    }
}

#[tokio::test]
async fn readers_of_a_dead_token_do_not_make_a_provider_that_is_down_hear_of_each_of_them() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([Reply::empty(503)]);
    world.pass(MINUTE * 2).await;
    let before = world.token_requests().len();
    for _ in 0..600 {
        let (read, _) = world.within(HOUR, world.read(&ids[0])).await;
        assert_eq!(text(read), "temporarily_unavailable");
        world.pass(SECOND).await;
    }
    let asked = world.token_requests().len() - before;
    assert!(asked <= 3 * 8, "{asked} requests in ten minutes of reading");
    let Err(EngineError::TemporarilyUnavailable { retry_after, failure, .. }) = world.read(&ids[0]).await
    else {
        panic!("the provider is down")
    };
    assert!(retry_after >= SECOND && retry_after <= MINUTE * 5, "what is left of the pause: {retry_after:?}");
    assert_eq!(
        failure.and_then(|said| said.http_status),
        Some(503),
        "the same answer as from the try itself"
    );
    world.answers([tokens("new")]);
    world.pass(retry_after).await;
    assert_eq!(world.served(&ids[0]).await, "at-new", "and who comes back then is served");
}

#[tokio::test]
async fn one_failure_holds_no_reader_back() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::json(200, "{}"), tokens("new")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "at-new");
}

#[tokio::test]
async fn o18_readers_of_a_provider_that_refuses_our_client_are_answered_without_asking_it_each_time() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([refusal(401, "invalid_client", "no")]);
    world.pass(MINUTE * 2).await;
    for _ in 0..1800 {
        let Err(EngineError::ProviderMisconfigured { failure, .. }) = world.read(&ids[0]).await else {
            panic!("the client is wrong")
        };
        assert_eq!(failure.unwrap().provider_error.as_deref(), Some("invalid_client"));
        world.pass(SECOND * 2).await;
    }
    let asked = world.token_requests().len();
    assert!(asked <= 30, "{asked} requests in an hour");
}

#[tokio::test]
async fn o22_the_owners_refresh_and_a_mended_setup_need_not_wait_out_the_readers_pause() {
    for mend in ["refresh", "file", "secret", "reconnect"] {
        let (world, ana) = World::with_ana().await;
        world.answers([refusal(401, "invalid_client", "no")]);
        for _ in 0..3 {
            assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "provider_misconfigured");
        }
        assert_eq!(world.token_requests().len(), 2, "the third was held back");
        world.answers([tokens("new")]);
        match mend {
            "refresh" => world.engine.refresh_now(ana.as_str()).await.unwrap(),
            "file" => world.engine.providers_changed(),
            "secret" => {
                world.engine.set_client_secret(&owner(), "acme", Secret::new("right")).await.unwrap();
            }
            _ => drop(world.connected("acme", "ana").await),
        }
        world.settle().await;
        assert_eq!(world.fares(&ana).0, Status::Healthy, "{mend}");
    }
}

/// A way to providers that can forget to answer, and does not keep to its limits then.
#[derive(Default)]
struct Stuck {
    script: ScriptedTransport,
    is_stuck: AtomicBool,
    asked: AtomicUsize,
}

#[async_trait]
impl Transport for Stuck {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, Fault> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.is_stuck.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.script.send(request, limits).await
    }
}
