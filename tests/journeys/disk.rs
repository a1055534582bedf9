//! A disk that refuses: no token is lost, none is served that could be, and saving goes on until it works.

use bowline_base::Status;
use bowline_engine::EngineError;
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::{again, owner, text};
use bowline_tests::world::script::{person, refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, SECOND, World};

use crate::meddle::{allow, refuse};

const SAVING: &str = "INSERT ON token";

#[tokio::test]
async fn e64_a_renewed_token_that_cannot_be_saved_is_not_served_but_kept_and_saved_later() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, SAVING);
    let Err(EngineError::Storage { detail }) = world.read_for(&ana, HOUR * 2).await else {
        panic!("what is not on disk is not served")
    };
    assert!(detail.contains("vault.db"), "e18: the file is named: {detail}");
    assert_eq!(world.stored_pair(&ana).await.0, "at-ana");
    let told = world.desktop.shown();
    assert_eq!(told.len(), 1, "the person is told");
    assert!(told[0].body.contains("vault.db"), "{}", told[0].body);
    world.pass(SECOND * 12).await;
    assert_eq!(world.stored_pair(&ana).await.0, "at-ana", "still full");
    allow(&world.vault_file(), SAVING);
    world.pass(SECOND * 5).await;
    assert_eq!(world.stored_pair(&ana).await, ("at-new".to_owned(), "rt-new".to_owned()));
    assert_eq!(world.served(&ana).await, "at-new");
    assert_eq!(world.token_requests().len(), 1, "the provider is not asked again");
}

#[tokio::test]
async fn e64_a_reader_who_comes_while_a_token_waits_to_be_saved_does_not_spend_the_old_refresh_token() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new"), refusal(400, "invalid_grant", "reuse")]);
    refuse(&world, SAVING);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "storage_error");
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "storage_error");
    assert!(world.engine.refresh_now(ana.as_str()).await.is_err());
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"], "the old refresh token is spent already");
    allow(&world.vault_file(), SAVING);
    world.pass(SECOND * 5).await;
    assert_eq!((world.served(&ana).await, world.fares(&ana).0), ("at-new".to_owned(), Status::Healthy));
}

#[tokio::test]
async fn e18_while_the_disk_refuses_a_living_token_is_served() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, SAVING);
    let _ = world.read_for(&ana, HOUR * 2).await;
    assert_eq!(world.served(&ana).await, "at-ana", "what is in memory and on disk goes on working");
}

#[tokio::test]
async fn e64_the_notice_of_a_full_disk_is_taken_back_when_the_token_is_saved() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, SAVING);
    let _ = world.read_for(&ana, HOUR * 2).await;
    let key = world.desktop.shown()[0].key.clone();
    allow(&world.vault_file(), SAVING);
    world.pass(SECOND * 5).await;
    assert!(world.desktop.withdrawn().contains(&key), "mended is mended");
}

#[tokio::test]
async fn p1_nothing_is_sent_before_the_intent_is_on_disk() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, "INSERT ON journal");
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "storage_error");
    assert!(world.token_requests().is_empty());
    assert_eq!(world.served(&ana).await, "at-ana");
}

#[tokio::test]
async fn p1_an_answer_is_in_the_journal_before_it_is_parsed() {
    for (reply, word) in
        [(tokens("new"), "at-new"), (Reply::html(200, "<h1>not a token</h1>"), "not a token")]
    {
        let (world, ana) = World::with_ana().await;
        world.answers([reply]);
        // Neither saving nor clearing works, so what was written before stays to be seen.
        refuse(&world, SAVING);
        refuse(&world, "DELETE ON journal");
        let _ = world.read_for(&ana, HOUR * 2).await;
        let found = world.store.run(|vault| vault.interrupted()).await.unwrap();
        assert_eq!(found.len(), 1);
        let answer = found[0].answer.as_ref().expect("the answer is there");
        assert!(answer.expose().contains(word));
    }
}

#[tokio::test]
async fn p1_a_journal_that_refuses_the_answer_does_not_lose_it() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, "UPDATE ON journal");
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "at-new", "its tokens are saved all the same");
    assert_eq!(world.stored_pair(&ana).await, ("at-new".to_owned(), "rt-new".to_owned()));
}

#[tokio::test]
async fn p1_an_agent_that_ends_while_a_token_waits_to_be_saved_finds_it_at_the_next_start() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    refuse(&world, SAVING);
    let _ = world.read_for(&ana, HOUR * 2).await;
    allow(&world.vault_file(), SAVING);
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-new");
    assert!(world.token_requests().is_empty(), "the answer was in the journal");
}

#[tokio::test]
async fn e39_a_reconnect_while_an_older_token_waits_to_be_saved_is_not_undone_by_it() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("older")]);
    refuse(&world, SAVING);
    let _ = world.read_for(&ana, HOUR * 2).await;
    allow(&world.vault_file(), SAVING);
    world.answers([tokens("newest")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(again(&ana)).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 200);
    world.pass(SECOND * 30).await;
    assert_eq!(world.stored_pair(&ana).await, ("at-newest".to_owned(), "rt-newest".to_owned()));
    assert_eq!(world.served(&ana).await, "at-newest");
}

#[tokio::test]
async fn e64_a_token_that_is_in_memory_only_is_saved_before_anything_else_is_asked_for() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new"), refusal(400, "invalid_grant", "reuse")]);
    refuse(&world, SAVING);
    refuse(&world, "UPDATE ON journal");
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "storage_error");
    allow(&world.vault_file(), "UPDATE ON journal");
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "storage_error");
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"], "the old refresh token is spent already");
    allow(&world.vault_file(), SAVING);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "at-new", "whoever comes first saves it");
    assert_eq!(world.stored_pair(&ana).await, ("at-new".to_owned(), "rt-new".to_owned()));
    world.pass(SECOND * 10).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"]);
    let notices = world.desktop.shown().len();
    assert_eq!(
        (notices, world.desktop.withdrawn().len() >= notices),
        (1, true),
        "and its notice is taken back"
    );
}

#[tokio::test]
async fn e39_an_older_token_that_waits_to_be_saved_does_not_end_a_renewal_of_the_newer_grant() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("older")]);
    refuse(&world, SAVING);
    let _ = world.read_for(&ana, HOUR * 2).await;
    allow(&world.vault_file(), SAVING);
    world.answers([tokens("newest"), Reply::Hang, tokens("renewed")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(again(&ana)).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 200);
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the renewal", || world.token_requests().len() == 3).await;
    world.pass(SECOND * 5).await;
    assert_eq!(world.stored_pair(&ana).await, ("at-newest".to_owned(), "rt-newest".to_owned()));
    world.pass(SECOND * 10).await;
    assert_eq!(world.served(&ana).await, "at-renewed", "and the renewal ends as its own answer says");
    assert_eq!(world.stored_pair(&ana).await, ("at-renewed".to_owned(), "rt-renewed".to_owned()));
}

#[tokio::test]
async fn o21_a_connection_that_cannot_be_saved_says_so_and_is_not_half_there() {
    let world = World::new().await;
    refuse(&world, SAVING);
    world
        .net
        .now_on("/token", tokens("ana"))
        .now_on("/userinfo", person("ana"))
        .now_on("/revoke", Reply::empty(200));
    let begun = world.begin(bowline_tests::world::journey::wish("acme")).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 400);
    crate::connecting::nothing_is_kept(&world).await;
    allow(&world.vault_file(), SAVING);
    world.connected("acme", "ana").await;
}

#[tokio::test]
async fn e18_a_label_that_cannot_be_saved_is_not_shown() {
    let (world, ana) = World::with_ana().await;
    refuse(&world, "UPDATE ON account");
    let label = bowline_engine::profile::Changes { label: Some("work".to_owned()), paused: None };
    let error = world.engine.change_account(&owner(), ana.as_str(), label).await.unwrap_err();
    assert_eq!(error.audit_code(), "storage_error");
    assert_eq!(world.sight(&ana).account.label, None);
}

#[tokio::test]
async fn e18_a_trail_that_cannot_be_written_costs_no_read_and_loses_no_entry() {
    let (world, ana) = World::with_ana().await;
    refuse(&world, "INSERT ON audit");
    refuse(&world, "UPDATE ON audit");
    for _ in 0..5 {
        assert_eq!(world.served(&ana).await, "at-ana");
    }
    world.store.flush().await;
    allow(&world.vault_file(), "INSERT ON audit");
    allow(&world.vault_file(), "UPDATE ON audit");
    let reads = world.trail_events().await.into_iter().filter(|event| event == "token.read").count();
    assert_eq!(reads, 5);
}

#[tokio::test]
async fn e64_a_lock_during_a_renewal_loses_no_token_and_asks_for_none_twice() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::empty(503), tokens("new"), refusal(400, "invalid_grant", "reuse")]);
    let (engine, id) = (world.engine.clone(), ana.clone());
    let renewal = tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the first request", || !world.token_requests().is_empty()).await;
    world.settle().await;
    world.engine.lock().await.unwrap();
    world.pass(SECOND * 3).await;
    assert!(renewal.is_finished());
    assert_eq!(world.token_requests().len(), 2);
    world.engine.unlock(None).await.unwrap();
    world.pass(MINUTE).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana", "rt-ana"], "the spent one is not sent again");
    assert_eq!(world.stored_pair(&ana).await, ("at-new".to_owned(), "rt-new".to_owned()));
    assert_eq!(world.fares(&ana).0, Status::Healthy);
}
