//! "The API answered 401 to this token": renewed once, asked about, and never driven in circles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bowline_base::{Reason, Secret, Status};
use bowline_engine::EngineError;
use bowline_engine::serve::Served;
use bowline_oauth::transport::{Fault, Limits, Reply, ScriptedTransport, Transport};
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::{access_only, person, refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, Setup, World};
use tokio::sync::Notify;

#[tokio::test]
async fn e62_f43_the_current_token_is_renewed_once_and_an_old_or_unknown_one_not_at_all() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    assert_eq!(text(report(&world, &ana, "at-ana").await), "at-new");
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!(text(report(&world, &ana, "at-ana").await), "at-new", "an old one gets the current one");
    assert_eq!(text(report(&world, &ana, "never seen").await), "at-new");
    assert_eq!(world.token_requests().len(), 1);
}

#[tokio::test]
async fn f44_o51_ten_reports_in_ten_seconds_renew_once_and_are_told_that_the_token_is_good() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.net.now_on("/userinfo", person("ana"));
    let mut current = "at-ana".to_owned();
    let mut told = Vec::new();
    for _ in 0..10 {
        match report(&world, &ana, &current).await {
            Ok(served) => current = served.living.access.expose().to_owned(),
            Err(error) => told.push(error),
        }
        world.pass(SECOND).await;
    }
    assert_eq!(world.token_requests().len(), 1, "at most one a minute");
    assert_eq!(told.len(), 9);
    for error in told {
        let EngineError::InsufficientScope { detail, missing, .. } = error else { panic!("{error}") };
        assert!(detail.contains("accepts this token") && missing.is_empty(), "{detail}");
    }
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
}

#[tokio::test]
async fn o51_after_a_minute_a_report_renews_again() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("two"), tokens("three")]);
    report(&world, &ana, "at-ana").await.ok().unwrap();
    world.pass(MINUTE).await;
    assert_eq!(text(report(&world, &ana, "at-two").await), "at-three");
}

#[tokio::test]
async fn r41_a_token_that_cannot_be_renewed_is_asked_about_and_a_refusal_means_revoked() {
    let (world, ids) = World::with([Seed::fresh("ana").living(None).unrenewable()]).await;
    let ana = &ids[0];
    world.net.now_on("/userinfo", person("ana"));
    assert_eq!(text(report(&world, ana, "at-ana").await), "insufficient_scope");
    assert_eq!(world.fares(ana).0, Status::Healthy);
    world.net.now_on("/userinfo", Reply::empty(401));
    assert_eq!(text(report(&world, ana, "at-ana").await), "reconnect_required");
    assert_eq!(world.fares(ana), (Status::NeedsReconnect, Some(Reason::Revoked)));
    assert_eq!(world.served(ana).await, "reconnect_required");
    world.pass(SECOND * 3).await;
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
}

#[tokio::test]
async fn e25_a_refusal_with_status_200_is_a_refusal_of_the_token_too() {
    let (world, ids) = World::with([Seed::fresh("ana").living(None).unrenewable()]).await;
    world.net.now_on("/userinfo", Reply::json(200, r#"{"ok":false,"error":"token_revoked"}"#));
    assert_eq!(text(report(&world, &ids[0], "at-ana").await), "reconnect_required");
    assert_eq!(world.fares(&ids[0]), (Status::NeedsReconnect, Some(Reason::Revoked)));
    assert_eq!(world.served(&ids[0]).await, "reconnect_required");
}

#[tokio::test]
async fn f16_a_question_that_gets_no_clear_answer_changes_nothing() {
    for reply in [Reply::empty(500), Reply::Hang, Reply::html(200, "<h1>Wi-Fi</h1>"), Reply::empty(404)] {
        let (world, ids) = World::with([Seed::fresh("ana").living(None).unrenewable()]).await;
        let told = format!("{reply:?}");
        world.net.now_on("/userinfo", reply);
        let (answer, _) = world.within(HOUR, report(&world, &ids[0], "at-ana")).await;
        let answer = text(answer);
        assert!(
            ["temporarily_unavailable", "insufficient_scope"].contains(&answer.as_str()),
            "{told}: {answer}"
        );
        assert_eq!(world.fares(&ids[0]).0, Status::Healthy, "{told}");
        assert_eq!(world.served(&ids[0]).await, "at-ana");
    }
}

#[tokio::test]
async fn e14_a_report_that_finds_the_grant_revoked_says_reconnect() {
    let (world, ana) = World::with_ana().await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    assert_eq!(text(report(&world, &ana, "at-ana").await), "reconnect_required");
    assert_eq!(world.fares(&ana).0, Status::NeedsReconnect);
}

#[tokio::test]
async fn e62_a_report_while_the_provider_is_down_does_not_hand_out_the_refused_token_again() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(503)]);
    let (answer, _) = world.within(HOUR, report(&world, &ana, "at-ana")).await;
    assert_eq!(text(answer), "temporarily_unavailable");
}

#[tokio::test]
async fn e62_an_app_without_consent_can_report_nothing() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let app = world.app_for("Mail", &ids[0]).await;
    world.answers([access_only("new")]);
    let hash = Secret::new("at-bo").sha256_hex();
    let answer = world.engine.token_rejected(&app, ids[1].as_str(), &hash).await;
    assert_eq!(text(answer), "approval_required");
    assert!(world.token_requests().is_empty());
    let hash = Secret::new("at-ana").sha256_hex().to_uppercase();
    let answer = world.engine.token_rejected(&app, ids[0].as_str(), &hash).await;
    assert_eq!(text(answer), "at-new", "capital hex is hex");
}

#[tokio::test]
async fn e62_a_refusal_of_a_token_that_was_replaced_meanwhile_ends_no_account() {
    let slow = Arc::new(SlowToTell::default());
    let seeds = vec![Seed::fresh("ana")];
    let world = World::start(Setup { seeds, transport: Some(slow.clone()), ..Setup::default() }).await;
    let ana = world.ids().remove(0);
    slow.script.now_on("/token", tokens("two")).on("/token", tokens("three"));
    slow.script.now_on("/userinfo", Reply::empty(401));
    assert_eq!(text(report(&world, &ana, "at-ana").await), "at-two");
    let (engine, id) = (world.engine.clone(), ana.clone());
    let hash = Secret::new("at-two").sha256_hex();
    let reporting = tokio::spawn(async move { engine.token_rejected(&owner(), id.as_str(), &hash).await });
    world.until("the provider is asked about it", || slow.asked.load(Ordering::Relaxed)).await;
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    slow.told.notify_one();
    assert_eq!(text(reporting.await.unwrap()), "at-three");
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
}

/// A way to providers that answers questions about a token only when it is told to.
#[derive(Default)]
struct SlowToTell {
    script: ScriptedTransport,
    asked: AtomicBool,
    told: Notify,
}

#[async_trait]
impl Transport for SlowToTell {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, Fault> {
        if request.uri().path() == "/userinfo" {
            self.asked.store(true, Ordering::Relaxed);
            self.told.notified().await;
        }
        self.script.send(request, limits).await
    }
}

async fn report(world: &World, id: &bowline_base::AccountId, token: &str) -> Result<Served, EngineError> {
    world.engine.token_rejected(&owner(), id.as_str(), &Secret::new(token).sha256_hex()).await
}
