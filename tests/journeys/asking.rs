//! "Please reconnect": from an app to the person and back, one question for each account, and no page opened.

use std::time::Duration;

use bowline_base::{AccountId, Status};
use bowline_engine::EngineError;
use bowline_engine::event::Event;
use bowline_engine::requests::RequestState;
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::{person, refusal, tokens};
use bowline_tests::world::{DAY, HOUR, MINUTE, SECOND, Seed, World, promptly};

#[tokio::test]
async fn r31_a_question_keeps_what_for_for_whom_and_since_when() {
    let (world, ids) = broken(["ana", "bo"]).await;
    let app = world.app_for("Mail", &ids[0]).await;
    world.pass(MINUTE).await;
    let question = world.engine.ask_to_reconnect(&app, ids[0].as_str(), Some("publish your post")).unwrap();
    assert_eq!(question.account, ids[0]);
    assert_eq!(question.app.as_ref(), app.app_id());
    assert_eq!(question.because.as_deref(), Some("publish your post"));
    assert_eq!((question.created_at, question.expires_at), (world.engine.now(), world.engine.now() + DAY));
    let same = world.engine.question(&app, &question.id, Duration::ZERO).await.unwrap();
    assert_eq!((same.id.clone(), same.state()), (question.id.clone(), RequestState::Waiting));
}

#[tokio::test]
async fn r32_the_person_is_told_who_asks_and_why_and_no_page_opens() {
    let (world, ids) = broken(["ana"]).await;
    let app = world.app_for("Mail", &ids[0]).await;
    let before = world.desktop.shown().len();
    world.engine.ask_to_reconnect(&app, ids[0].as_str(), Some("publish your post")).unwrap();
    let told = world.desktop.shown().split_off(before);
    assert_eq!(told.len(), 1);
    assert!(told[0].body.contains("Mail") && told[0].body.contains("publish your post"), "{}", told[0].body);
    assert!(world.desktop.opened().is_empty(), "p7");
}

#[tokio::test]
async fn r31_there_is_one_question_for_an_account_whoever_asks() {
    let (world, ids) = broken(["ana"]).await;
    let ana = ids[0].as_str();
    let (mail, post) = (world.app_for("Mail", &ids[0]).await, world.app_for("Post", &ids[0]).await);
    let first = world.engine.ask_to_reconnect(&mail, ana, Some("send")).unwrap();
    let before = world.desktop.shown().len();
    for asker in [&post, &mail, &owner()] {
        assert_eq!(world.engine.ask_to_reconnect(asker, ana, Some("other")).unwrap().id, first.id);
    }
    assert_eq!(world.desktop.shown().len(), before, "nobody is interrupted twice");
    assert_eq!(world.engine.questions().len(), 1);
    assert!(world.engine.question(&post, &first.id, Duration::ZERO).await.is_ok(), "who asked may look");
}

#[tokio::test]
async fn r33_a_reconnect_answers_the_question_of_that_account_alone() {
    let (world, ids) = broken(["ana", "bo"]).await;
    let of = |id: &AccountId| world.engine.ask_to_reconnect(&owner(), id.as_str(), None).unwrap();
    let (ana, bo) = (of(&ids[0]), of(&ids[1]));
    let (engine, id) = (world.engine.clone(), ana.id.clone());
    let poll = tokio::spawn(async move { engine.question(&owner(), &id, SECOND * 30).await });
    world.settle().await;
    world.answers([tokens("again")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(bowline_tests::world::journey::again(&ids[0])).await;
    world.engine.questions_opened(ids[0].as_str());
    assert_eq!((ana.state(), bo.state()), (RequestState::Opened, RequestState::Waiting));
    world.comes_back(&begun, "code=c&state=STATE").await;
    assert_eq!(poll.await.unwrap().unwrap().state(), RequestState::Done, "r34: the long poll comes back");
    assert_eq!(bo.state(), RequestState::Waiting);
    assert_eq!(world.served(&ids[0]).await, "at-again");
    assert_eq!(world.engine.questions().len(), 1);
}

#[tokio::test]
async fn r33_everybody_who_asked_is_told_of_it() {
    let (world, ids) = broken(["ana"]).await;
    let app = world.app_for("Mail", &ids[0]).await;
    let question = world.engine.ask_to_reconnect(&app, ids[0].as_str(), None).unwrap();
    world.connected("acme", "ana").await;
    let states: Vec<&str> = world
        .events()
        .iter()
        .filter_map(|e| match e {
            Event::Request { request, state, .. } if *request == question.id => Some(*state),
            _ => None,
        })
        .collect();
    assert_eq!(states, ["waiting", "done"]);
}

#[tokio::test]
async fn r35_a_question_ends_after_a_day_and_a_new_one_can_be_asked() {
    let (world, ids) = broken(["ana"]).await;
    let first = world.engine.ask_to_reconnect(&owner(), ids[0].as_str(), None).unwrap();
    world.pass(DAY - SECOND * 10).await;
    let me = owner();
    let (polled, took) = world.within(HOUR, world.engine.question(&me, &first.id, SECOND * 30)).await;
    assert_eq!((polled.unwrap().state(), took), (RequestState::Expired, SECOND * 10));
    let second = world.engine.ask_to_reconnect(&owner(), ids[0].as_str(), None).unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(second.state(), RequestState::Waiting);
}

#[tokio::test]
async fn r35_a_question_that_is_declined_stays_declined() {
    let (world, ids) = broken(["ana"]).await;
    let app = world.app_for("Mail", &ids[0]).await;
    let question = world.engine.ask_to_reconnect(&app, ids[0].as_str(), None).unwrap();
    world.engine.decline_question(&question.id).unwrap();
    assert_eq!(question.state(), RequestState::Declined);
    assert!(world.engine.decline_question(&question.id).is_err());
    world.connected("acme", "ana").await;
    assert_eq!(question.state(), RequestState::Declined);
    assert!(world.engine.questions().is_empty());
}

#[tokio::test]
async fn r33_an_account_that_needs_nobody_is_an_answer_already() {
    let (world, ana) = World::with_ana().await;
    let question = world.engine.ask_to_reconnect(&owner(), ana.as_str(), None).unwrap();
    assert_eq!(question.state(), RequestState::Done);
    assert!(world.desktop.shown().is_empty() && world.engine.questions().is_empty());
}

#[tokio::test]
async fn r33_asking_again_and_again_for_an_account_that_needs_nobody_is_answered_by_one_question() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    for caller in [app, owner()] {
        let ids: std::collections::BTreeSet<_> = (0..50)
            .map(|_| world.engine.ask_to_reconnect(&caller, ana.as_str(), None).unwrap().id.clone())
            .collect();
        assert_eq!(ids.len(), 1);
        let told = |e: &Event| matches!(e, Event::Request { request, .. } if ids.contains(request));
        assert_eq!(world.events().iter().filter(|e| told(e)).count(), 1, "and told of once");
    }
}

#[tokio::test]
async fn the_questions_that_are_remembered_are_bounded() {
    let (world, ids) = broken(["ana"]).await;
    let ask = || world.engine.ask_to_reconnect(&owner(), ids[0].as_str(), None).unwrap();
    let first = ask();
    world.engine.decline_question(&first.id).unwrap();
    world.pass(SECOND).await;
    for _ in 0..1100 {
        world.engine.decline_question(&ask().id).unwrap();
    }
    assert!(
        world.engine.question(&owner(), &first.id, Duration::ZERO).await.is_err(),
        "the first is forgotten"
    );
    let last = ask();
    assert!(world.engine.question(&owner(), &last.id, Duration::ZERO).await.is_ok());
}

#[tokio::test]
async fn p6_a_revoked_apps_long_poll_ends() {
    let (world, ids) = broken(["ana"]).await;
    let app = world.app_for("Mail", &ids[0]).await;
    let question = world.engine.ask_to_reconnect(&app, ids[0].as_str(), None).unwrap();
    let (engine, caller) = (world.engine.clone(), app.clone());
    let poll = tokio::spawn(async move { engine.question(&caller, &question.id, SECOND * 60).await });
    world.settle().await;
    assert!(!poll.is_finished());
    world.engine.revoke_app(&owner(), app.app_id().unwrap()).await.unwrap();
    let ended = promptly(poll).await.unwrap();
    assert!(matches!(ended, Err(EngineError::ApprovalRequired)));
}

#[tokio::test]
async fn r35_a_question_about_an_account_ends_when_the_account_is_disconnected() {
    let (world, ids) = broken(["ana"]).await;
    let question = world.engine.ask_to_reconnect(&owner(), ids[0].as_str(), None).unwrap();
    world.engine.disconnect(&owner(), ids[0].as_str(), true).await.unwrap();
    assert_eq!(question.state(), RequestState::Expired);
    assert!(world.engine.questions().is_empty());
}

#[tokio::test]
async fn r31_only_who_asked_and_the_owner_may_look() {
    let (world, ids) = broken(["ana", "bo"]).await;
    let (mail, other) = (world.app_for("Mail", &ids[0]).await, world.app_for("Other", &ids[1]).await);
    let question = world.engine.ask_to_reconnect(&mail, ids[0].as_str(), None).unwrap();
    let stranger = world.engine.question(&other, &question.id, Duration::ZERO).await;
    assert!(matches!(stranger, Err(EngineError::RequestNotFound { .. })));
    assert!(world.engine.question(&owner(), &question.id, Duration::ZERO).await.is_ok());
    let error = world.engine.ask_to_reconnect(&other, ids[0].as_str(), None).err().unwrap();
    assert!(matches!(error, EngineError::ApprovalRequired), "p6: nor may it ask");
}

#[tokio::test]
async fn o30_a_reason_that_cannot_be_shown_is_refused() {
    let (world, ids) = broken(["ana"]).await;
    let long = "x".repeat(121);
    for wrong in ["", "  ", "a\u{202e}b", "\u{1b}[31m", &long] {
        let error = world.engine.ask_to_reconnect(&owner(), ids[0].as_str(), Some(wrong)).err().unwrap();
        assert_eq!(error.audit_code(), "invalid_request", "{wrong:.10?}");
    }
    assert!(world.engine.questions().is_empty());
}

#[tokio::test]
async fn r33_another_persons_sign_in_answers_nothing() {
    let (world, ids) = broken(["ana"]).await;
    let question = world.engine.ask_to_reconnect(&owner(), ids[0].as_str(), None).unwrap();
    world.connected("acme", "somebody").await;
    assert_eq!(question.state(), RequestState::Waiting);
    world.answers([tokens("x")]);
    world.net.now_on("/userinfo", person("somebody"));
    let begun = world.begin(bowline_tests::world::journey::again(&ids[0])).await;
    world.comes_back(&begun, "code=c&state=STATE").await;
    assert_ne!(question.state(), RequestState::Done, "account_mismatch");
}

#[tokio::test]
async fn e19_questions_do_not_outlive_the_agent_and_are_told_so() {
    let (world, ids) = broken(["ana"]).await;
    let question = world.engine.ask_to_reconnect(&owner(), ids[0].as_str(), None).unwrap();
    let world = world.restarted().await;
    let error = world.engine.question(&owner(), &question.id, Duration::ZERO).await.err().unwrap();
    assert!(error.to_string().contains("restarted"), "{error}");
}

/// A world in which these people's grants have been revoked.
async fn broken<const N: usize>(subjects: [&str; N]) -> (World, Vec<AccountId>) {
    let (world, ids) = World::with(subjects.map(Seed::fresh)).await;
    world.answers([refusal(400, "invalid_grant", "revoked")]);
    for id in &ids {
        assert_eq!(text(world.read_for(id, HOUR * 2).await), "reconnect_required");
        assert_eq!(world.fares(id).0, Status::NeedsReconnect);
    }
    world.settle().await;
    (world, ids)
}
