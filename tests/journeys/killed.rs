//! Killed at any instant: no account is lost that the provider can still honour.

use bowline_base::{Reason, Status};
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Setup, World};

use crate::meddle::{allow, meddle, refuse, refusing};

#[tokio::test]
async fn f21_a_renewal_cut_off_before_its_answer_is_tried_once_more_with_the_old_refresh_token() {
    let (setup, ana) = killed_in_flight().await;
    let world = opened(setup, [tokens("new")]).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"]);
    assert_eq!((world.fares(&ana), world.served(&ana).await), ((Status::Healthy, None), "at-new".to_owned()));
}

#[tokio::test]
async fn f21_when_the_provider_then_refuses_the_cause_is_the_interruption() {
    let (setup, ana) = killed_in_flight().await;
    let world = opened(setup, [refusal(400, "invalid_grant", "no")]).await;
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
    assert!(world.sight(&ana).message.contains("cut off"));
    world.pass(HOUR).await;
    assert_eq!(world.token_requests().len(), 1, "once");
    assert_eq!(world.desktop.shown_about(ana.as_str()).len(), 1);
}

#[tokio::test]
async fn f21_whoever_asks_again_changes_nothing_about_the_cause() {
    let (setup, ana) = killed_in_flight().await;
    let reuse = || refusal(400, "invalid_grant", "refresh token reuse detected");
    let world = opened(setup, [reuse(), reuse(), reuse()]).await;
    for _ in 0..2 {
        world.engine.refresh_now(ana.as_str()).await.unwrap_err();
        assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
    }
    assert_eq!(world.token_requests().len(), 3);
}

#[tokio::test]
async fn f21_silence_afterwards_takes_back_neither_the_refusal_nor_its_cause() {
    let (setup, ana) = killed_in_flight().await;
    let refused = || refusal(400, "invalid_grant", "refresh token reuse detected");
    let world = opened(setup, [refused(), Reply::empty(503), Reply::empty(503), Reply::empty(503)]).await;
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.pass(MINUTE).await;
    assert_eq!(world.token_requests().len(), 4);
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
    world.pass(HOUR).await;
    assert_eq!(world.token_requests().len(), 4, "and nobody asks the provider again by himself");
}

#[tokio::test]
async fn f21_an_interruption_is_known_as_one_although_the_account_is_due_at_the_start() {
    let (setup, ana) = killed_in_flight().await;
    let late = Setup { wall: setup.wall + HOUR * 2, ..setup };
    let world = opened(late, [refusal(400, "invalid_grant", "no")]).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"]);
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
}

#[tokio::test]
async fn f21_when_the_provider_is_silent_then_the_interruption_is_still_known_later() {
    let (setup, ana) = killed_in_flight().await;
    let world = opened(setup, [Reply::empty(503)]).await;
    world.pass(SECOND * 10).await;
    assert_eq!(world.fares(&ana), (Status::Degraded, Some(Reason::ProviderError)));
    world.answers([refusal(400, "invalid_grant", "no")]);
    world.pass(MINUTE * 10).await;
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
}

#[tokio::test]
async fn f21_a_refusal_of_the_retry_that_only_reached_the_journal_is_told_as_the_interruption() {
    let (setup, ana) = killed_in_flight().await;
    let world = World::start(Setup { open: false, ..setup }).await;
    world.answers([Reply::Hang]);
    world.engine.open_at_start(None).await.unwrap();
    world.until("the retry", || !world.token_requests().is_empty()).await;
    let id = ana.clone();
    let raw = r#"{"status":400,"host":"acme.example","headers":[],"body":"{\"error\":\"invalid_grant\"}"}"#;
    let answer = bowline_base::Secret::new(raw);
    world
        .store
        .run(move |vault| {
            let mark = vault.interrupted()?.remove(0).mark;
            vault.answer_renewal(&id, mark, &answer)
        })
        .await
        .unwrap();
    let world = opened(world.killed_now().await, [tokens("unused")]).await;
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
    assert!(world.token_requests().is_empty());
}

#[tokio::test]
async fn f21_what_is_cut_off_at_every_start_is_not_sent_at_every_start() {
    let (setup, ana) = killed_in_flight().await;
    let world = opened(setup, [Reply::Hang]).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"], "once more at once");
    let mut setup = world.killed_now().await;
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let world = opened(setup, [Reply::Hang]).await;
        assert!(world.token_requests().is_empty(), "and no oftener");
        assert_eq!(world.served(&ana).await, "at-ana", "what lives is served");
        assert_eq!(
            world.fares(&ana),
            (Status::Degraded, Some(Reason::ProviderUnreachable)),
            "nobody is asked"
        );
        assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "temporarily_unavailable");
        assert!(world.token_requests().is_empty(), "nor is the provider for a reader");
        let mut waited = std::time::Duration::ZERO;
        while world.token_requests().is_empty() {
            world.pass(SECOND).await;
            waited += SECOND;
        }
        pauses.push(waited);
        setup = world.killed_now().await;
    }
    assert!(pauses[0] <= SECOND * 6 && pauses[8] >= MINUTE * 2, "longer each time: {pauses:?}");
    let world = opened(setup, [refusal(400, "invalid_grant", "no")]).await;
    world.pass(MINUTE * 10).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"]);
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
}

#[tokio::test]
async fn f21_no_cut_at_a_start_wipes_out_the_trace_of_the_one_before() {
    let (setup, ana) = killed_in_flight().await;
    // the start can note everything but a renewal that begins: whatever it does first, nothing of it is in two steps
    meddle(&file(&setup), &refusing("INSERT ON journal"));
    let world = opened(setup, [tokens("unused")]).await;
    assert!(world.token_requests().is_empty());
    let setup = world.killed_now().await;
    allow(&file(&setup), "INSERT ON journal");
    let world = opened(setup, [refusal(400, "invalid_grant", "no")]).await;
    world.pass(MINUTE).await;
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::InterruptedRenewal)));
}

#[tokio::test]
async fn f21_a_try_that_a_start_made_in_vain_is_remembered_as_such() {
    let (setup, ana) = killed_in_flight().await;
    let world = opened(setup, [Reply::Hang]).await;
    world.pass(MINUTE * 2).await;
    assert_eq!(world.fares(&ana).0, Status::Degraded);
    let world = opened(world.killed_now().await, [tokens("new")]).await;
    assert!(world.token_requests().is_empty(), "it was sent often enough already");
    world.pass(MINUTE).await;
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn e63_a_new_refresh_token_in_an_answer_without_an_access_token_outlives_a_kill() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::json(200, r#"{"refresh_token":"rt-new","token_type":"Bearer"}"#)]);
    refuse(&world, "INSERT ON token");
    let _ = world.read_for(&ana, HOUR * 2).await;
    let setup = world.killed_now().await;
    allow(&file(&setup), "INSERT ON token");
    let world = opened(setup, [tokens("newer")]).await;
    world.pass(SECOND * 10).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-new"], "the old one is spent");
    assert_eq!(
        (world.fares(&ana), world.served(&ana).await),
        ((Status::Healthy, None), "at-newer".to_owned())
    );
}

#[tokio::test]
async fn p1_an_answer_that_reached_the_disk_is_taken_up_without_asking_again() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, "INSERT ON token");
    let _ = world.read_for(&ana, HOUR * 2).await;
    let setup = world.killed_now().await;
    allow(&file(&setup), "INSERT ON token");
    let world = opened(setup, [refusal(400, "invalid_grant", "reuse")]).await;
    assert!(world.token_requests().is_empty());
    assert_eq!(world.served(&ana).await, "at-new");
    assert_eq!(world.stored_pair(&ana).await, ("at-new".to_owned(), "rt-new".to_owned()));
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert!(world.trail_events().await.contains(&"refresh.ok".to_owned()));
}

#[tokio::test]
async fn p1_a_refusal_that_reached_the_disk_keeps_the_reason_that_the_provider_gave() {
    let (world, ana) = World::with_ana().await;
    let revoked = || refusal(400, "invalid_grant", "Token has been revoked");
    world.answers([revoked()]);
    refuse(&world, "DELETE ON journal");
    let _ = world.read_for(&ana, HOUR * 2).await;
    let setup = world.killed_now().await;
    allow(&file(&setup), "DELETE ON journal");
    let world = opened(setup, [revoked()]).await;
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::Revoked)), "no answer was lost");
}

#[tokio::test]
async fn p1_a_token_that_somebody_saw_is_there_after_a_kill() {
    let (world, ana) = World::with_ana().await;
    for mark in ["one", "two", "three"] {
        world.answers([tokens(mark)]);
        let seen = text(world.read_for(&ana, HOUR * 2).await);
        let setup = world.killed_now().await;
        let later = World::start(setup).await;
        assert_eq!(later.served(&ana).await, seen);
    }
}

#[tokio::test]
async fn f21_a_damaged_answer_in_the_journal_counts_as_one_that_never_came() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, "INSERT ON token");
    let _ = world.read_for(&ana, HOUR * 2).await;
    let setup = world.killed_now().await;
    allow(&file(&setup), "INSERT ON token");
    meddle(&file(&setup), "UPDATE journal SET answer = zeroblob(80)");
    let world = opened(setup, [tokens("newer")]).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"]);
    assert_eq!(world.served(&ana).await, "at-newer");
}

#[tokio::test]
async fn f21_a_renewal_cut_off_while_the_vault_is_locked_is_taken_up_when_it_is_opened() {
    let (setup, ana) = killed_in_flight().await;
    let world = World::start(Setup { open: false, ..setup }).await;
    world.answers([tokens("new")]);
    world.pass(MINUTE).await;
    assert!(world.token_requests().is_empty());
    assert_eq!(world.fares(&ana).0, Status::Locked);
    world.engine.unlock(None).await.unwrap();
    world.settle().await;
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn f21_a_paused_account_whose_renewal_was_cut_off_is_let_alone() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang]);
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the request", || !world.token_requests().is_empty()).await;
    let pause = bowline_engine::profile::Changes { label: None, paused: Some(true) };
    world.engine.change_account(&owner(), ana.as_str(), pause).await.unwrap();
    let world = opened(world.killed_now().await, [tokens("new")]).await;
    world.pass(HOUR).await;
    assert!(world.token_requests().is_empty());
    assert_eq!(world.fares(&ana).0, Status::Paused);
    let resume = bowline_engine::profile::Changes { label: None, paused: Some(false) };
    world.engine.change_account(&owner(), ana.as_str(), resume).await.unwrap();
    world.pass(MINUTE).await;
    assert_eq!(world.served(&ana).await, "at-new");
}

/// What a start finds after a kill while a request was under way, and whose it was.
async fn killed_in_flight() -> (Setup, bowline_base::AccountId) {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang]);
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the request", || !world.token_requests().is_empty()).await;
    (world.killed_now().await, ana)
}

/// A world on what the kill left, whose provider answers so.
async fn opened<const N: usize>(setup: Setup, replies: [Reply; N]) -> World {
    let world = World::start(Setup { open: false, ..setup }).await;
    world.answers(replies);
    world.engine.open_at_start(None).await.unwrap();
    world.settle().await;
    world
}

fn file(setup: &Setup) -> std::path::PathBuf {
    setup.home.as_ref().expect("a folder").path().join("data").join("vault.db")
}
