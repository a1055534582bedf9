//! Reading a token: right, life, scopes, pause and lock, each with its own answer.

use bowline_base::{ScopeSet, Status};
use bowline_engine::EngineError;
use bowline_engine::profile::Changes;
use bowline_engine::serve::Wanted;
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::tokens;
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, World};

#[tokio::test]
async fn r19_f18_f37_a_living_token_is_served_without_any_request() {
    let (world, ana) = World::with_ana().await;
    for _ in 0..100 {
        assert_eq!(world.served(&ana).await, "at-ana");
    }
    assert!(world.net.requests().is_empty(), "f37");
    let served = world.read(&ana).await.ok().unwrap();
    assert_eq!(served.living.left(served.now), Some(HOUR));
    assert_eq!((served.known.header.as_str(), served.known.scheme.as_str()), ("Authorization", "Bearer"));
}

#[tokio::test]
async fn r18_no_account_at_all_is_a_first_connection_and_not_a_broken_one() {
    let world = World::new().await;
    let none = world.engine.token(&owner(), "acme", &Wanted::default()).await;
    let Err(error) = none else { panic!("there is no account") };
    assert!(matches!(error, EngineError::AccountNotFound { .. }));
    assert!(
        error.to_string().contains("acme") && error.to_string().contains("bowline connect"),
        "r64: {error}"
    );
}

#[tokio::test]
async fn r75_a_wish_for_a_longer_life_renews_first() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.pass(MINUTE * 30).await;
    assert_eq!(text(world.read_for(&ana, MINUTE * 20).await), "at-ana");
    assert_eq!(text(world.read_for(&ana, MINUTE * 40).await), "at-new");
}

#[tokio::test]
async fn e03_a_wish_for_a_longer_life_that_cannot_be_met_is_refused_and_without_it_the_living_token_is_served()
 {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(MINUTE * 30).await;
    let (refused, _) = world.within(HOUR, world.read_for(&ana, MINUTE * 40)).await;
    assert_eq!(text(refused), "temporarily_unavailable");
    let served = world.read(&ana).await.ok().unwrap();
    assert!(served.living.left(served.now).unwrap() <= MINUTE * 30, "with its true life");
    assert_eq!(served.living.access.expose(), "at-ana");
}

#[tokio::test]
async fn e53_a_token_in_its_last_seconds_is_served_while_the_provider_is_down_and_not_a_moment_longer() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing)]);
    world.pass(HOUR - SECOND * 3).await;
    let (last, took) = world.within(HOUR, world.read(&ana)).await;
    let expected = if took < SECOND * 3 { "at-ana" } else { "temporarily_unavailable" };
    assert_eq!(text(last), expected, "after {took:?}");
    world.pass(SECOND * 3).await;
    let (dead, _) = world.within(HOUR, world.read(&ana)).await;
    assert_eq!(text(dead), "temporarily_unavailable");
}

#[tokio::test]
async fn o07_o35_scopes_that_were_not_granted_are_named_and_granted_ones_served() {
    let (world, ana) = World::with_ana().await;
    let read = async |scopes: &str| {
        let wanted = Wanted { scopes: ScopeSet::read(scopes), ..Wanted::default() };
        world.engine.token(&owner(), ana.as_str(), &wanted).await
    };
    assert_eq!(text(read("mail").await), "at-ana");
    let Err(EngineError::InsufficientScope { missing, detail, .. }) = read("mail calendar").await else {
        panic!("calendar was never granted")
    };
    assert_eq!(missing, ["calendar"]);
    assert!(detail.contains("calendar"), "{detail}");
}

#[tokio::test]
async fn a_paused_account_serves_and_renews_nothing_and_comes_back_as_it_was() {
    let (world, ana) = World::with_ana().await;
    let pause = |paused| Changes { label: None, paused: Some(paused) };
    world.engine.change_account(&owner(), ana.as_str(), pause(true)).await.unwrap();
    assert_eq!(world.fares(&ana), (Status::Paused, None));
    assert_eq!(world.served(&ana).await, "forbidden");
    let refused = world.engine.refresh_now(ana.as_str()).await.unwrap_err();
    assert!(refused.to_string().contains("resume"), "{refused}");
    world.pass(MINUTE * 10).await;
    world.engine.change_account(&owner(), ana.as_str(), pause(false)).await.unwrap();
    assert_eq!((world.fares(&ana), world.served(&ana).await), ((Status::Healthy, None), "at-ana".to_owned()));
}

#[tokio::test]
async fn r63_a_locked_vault_serves_nobody_and_says_so() {
    let (world, ana) = World::with_ana().await;
    assert_eq!(world.served(&ana).await, "at-ana");
    world.engine.lock().await.unwrap();
    assert_eq!(world.served(&ana).await, "locked");
    assert_eq!(world.fares(&ana).0, Status::Locked);
    assert!(world.engine.refresh_now(ana.as_str()).await.is_err());
    world.pass(HOUR * 2).await;
    assert!(world.net.requests().is_empty(), "nothing is renewed behind a lock");
}

#[tokio::test]
async fn o05_one_reading_of_fifty_accounts_asks_nobody() {
    let (world, ids) = World::with((0..50).map(|n| Seed::fresh(&format!("p{n}")))).await;
    assert_eq!(world.engine.accounts().len(), ids.len(), "r27");
    assert!(world.engine.accounts().iter().all(|sight| sight.standing.status == Status::Healthy));
    assert!(world.net.requests().is_empty());
}

#[tokio::test]
async fn e32_a_label_that_people_cannot_read_is_refused() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let rename = async |label: &str| {
        let change = Changes { label: Some(label.to_owned()), paused: None };
        world.engine.change_account(&owner(), ids[0].as_str(), change).await
    };
    let long = "x".repeat(10_000);
    for wrong in
        ["", "  ", "a\u{0}b", "a\nb", "\u{202e}evil", "\u{200b}", "acc_1", "-x", "bo@example.com", &long]
    {
        let error = rename(wrong).await.unwrap_err();
        assert_eq!(error.audit_code(), "invalid_request", "{wrong:.20?}");
    }
    assert_eq!(rename(" work ").await.unwrap().account.label.as_deref(), Some("work"));
    assert_eq!(rename("wörk 🪢").await.unwrap().account.label.as_deref(), Some("wörk 🪢"));
}

#[tokio::test]
async fn p6_every_read_is_in_the_trail_with_who_program_what_and_when() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    world.pass(SECOND).await;
    world.served(&ana).await;
    let _ = world.engine.token(&app, ana.as_str(), &Wanted::default()).await;
    let reads: Vec<_> = world.trail().await.into_iter().filter(|e| e.event == "token.read").collect();
    assert_eq!(reads.len(), 2);
    assert!(reads.iter().all(|e| e.account.as_ref() == Some(&ana) && e.at == world.engine.now()));
    assert_eq!((reads[0].actor.as_str(), reads[0].program.as_deref()), ("owner", Some("/usr/bin/editor")));
    assert_eq!((reads[1].app.as_ref(), reads[1].program.as_deref()), (app.app_id(), Some("/usr/bin/app")));
}
