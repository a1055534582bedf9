//! Connecting again: the same account, the same id, and never somebody else's.

use bowline_base::{Reason, Status};
use bowline_engine::profile::Changes;
use bowline_engine::serve::Wanted;
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::{again, owner, text, wish};
use bowline_tests::world::script::{person, refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, Seed, World};

#[tokio::test]
async fn o54_a_revoked_account_comes_back_with_its_id_label_and_apps() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    let label = Changes { label: Some("work".to_owned()), paused: None };
    world.engine.change_account(&owner(), ana.as_str(), label).await.unwrap();
    world.answers([refusal(400, "invalid_grant", "token revoked")]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "reconnect_required");
    assert_eq!(world.fares(&ana), (Status::NeedsReconnect, Some(Reason::Revoked)));
    world.pass(MINUTE).await;
    world.answers([tokens("again")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(again(&ana)).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 200);
    let sight = world.sight(&ana);
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(sight.account.label.as_deref(), Some("work"));
    assert_eq!(sight.account.reconnected_at, Some(world.engine.now()));
    assert_eq!(world.ids(), std::slice::from_ref(&ana));
    assert_eq!(text(world.engine.token(&app, ana.as_str(), &Wanted::default()).await), "at-again");
}

#[tokio::test]
async fn o55_the_same_person_twice_is_one_account_and_o61_another_person_a_new_one() {
    let world = World::new().await;
    let first = world.connected("acme", "ana").await;
    world.pass(MINUTE).await;
    let second = world.connected("acme", "ana").await;
    assert_eq!(first, second);
    assert_eq!(world.sight(&first).account.reconnected_at, Some(world.engine.now()));
    let third = world.connected("acme", "bo").await;
    assert_ne!(first, third);
    let elsewhere = world.connected("other", "ana").await;
    assert_ne!(first, elsewhere, "oc_6: who it is depends on where");
    assert_eq!(world.ids().len(), 3);
}

#[tokio::test]
async fn e30_the_same_person_twice_at_the_same_time_is_one_account() {
    let world = World::new().await;
    world.net.now_on("/token", tokens("ana")).now_on("/userinfo", person("ana"));
    let (one, two) = (world.begin(wish("acme")).await, world.begin(wish("acme")).await);
    let (a, b) = tokio::join!(
        world.comes_back(&one, "code=c&state=STATE"),
        world.comes_back(&two, "code=c&state=STATE")
    );
    assert_eq!((a.status, b.status), (200, 200));
    let ids = world.ids();
    assert_eq!(ids.len(), 1);
    let stored = world.store.run(|vault| vault.accounts()).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].0.id, ids[0]);
    assert!(world.sight(&ids[0]).account.reconnected_at.is_some(), "the second connection is a reconnect");
    assert_eq!(world.sight(&ids[0]).account.reconnected_at, stored[0].0.reconnected_at);
}

#[tokio::test]
async fn another_persons_account_is_refused_and_the_old_tokens_stay() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("bo")]);
    world.net.now_on("/userinfo", person("bo")).now_on("/revoke", Reply::empty(200));
    let begun = world.begin(again(&ana)).await;
    let page = world.comes_back(&begun, "code=c&state=STATE").await;
    assert_eq!(page.status, 400);
    assert!(page.words().contains("bo@example.com"), "it says who signed in: {}", page.words());
    assert_eq!(world.failed_with(&begun).await, "account_mismatch");
    assert_eq!(world.stored_pair(&ana).await, ("at-ana".to_owned(), "rt-ana".to_owned()));
    assert_eq!(world.served(&ana).await, "at-ana");
    assert_eq!(world.ids(), [ana]);
}

#[tokio::test]
async fn r39_an_account_can_be_reconnected_before_its_end_and_is_read_all_the_while() {
    let seed = Seed { grant_lives: Some(HOUR * 30), ..Seed::fresh("ana") };
    let (world, ids) = World::with([seed]).await;
    let ana = &ids[0];
    assert_eq!(world.fares(ana), (Status::Expiring, Some(Reason::GrantExpires)));
    world.answers([tokens("again")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(again(ana)).await;
    let url = world.callback(&begun, "code=c&state=STATE");
    let browser = tokio::spawn(async move { bowline_tests::world::browse::open(&url).await });
    let mut seen = Vec::new();
    while !browser.is_finished() {
        seen.push(world.served(ana).await);
        tokio::task::yield_now().await;
    }
    assert!(seen.iter().all(|token| token == "at-ana" || token == "at-again"), "{seen:?}");
    assert_eq!(world.served(ana).await, "at-again");
}

#[tokio::test]
async fn r39_a_reconnect_whose_provider_says_nothing_of_the_grants_end_forgets_the_old_end() {
    let seed = Seed { grant_lives: Some(HOUR * 30), ..Seed::fresh("ana") };
    let (world, ids) = World::with([seed]).await;
    let ana = world.connected("acme", "ana").await;
    assert_eq!(ana, ids[0]);
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(world.sight(&ana).health.grant_expires_at, None);
}

#[tokio::test]
async fn o61_an_account_of_an_attempt_that_is_gone_meanwhile_is_made_anew_or_refused_but_never_half_there() {
    let (world, ana) = World::with_ana().await;
    world.net.now_on("/revoke", Reply::empty(200));
    let begun = world.begin(again(&ana)).await;
    world.engine.disconnect(&owner(), ana.as_str(), false).await.unwrap();
    world.answers([tokens("again")]);
    world.net.now_on("/userinfo", person("ana"));
    world.comes_back(&begun, "code=c&state=STATE").await;
    world.settle().await;
    let stored = world.store.run(|vault| vault.accounts()).await.unwrap();
    let in_memory = world.ids();
    assert_eq!(stored.into_iter().map(|(account, _)| account.id).collect::<Vec<_>>(), in_memory);
    for id in in_memory {
        assert_eq!(world.served(&id).await, "at-again");
    }
}
