//! Renewal when all goes well: silent, in time, once for however many ask.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::{Reason, Status};
use bowline_engine::event::Event;
use bowline_engine::serve::Wanted;
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::{access_only, tokens, tokens_for, tokens_with};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, World};

use crate::signer;

#[tokio::test]
async fn e12_f38_a_token_that_ran_out_is_renewed_before_anybody_sees_it() {
    let (world, ids) = World::with([Seed::fresh("ana").living(Some(MINUTE))]).await;
    world.answers([tokens_for("new", 60)]);
    world.pass(SECOND * 61).await;
    assert_eq!(world.served(&ids[0]).await, "at-new");
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana"]);
}

#[tokio::test]
async fn r07_a_hundred_renewals_are_silent() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.pass(HOUR * 95).await;
    assert!(world.token_requests().len() >= 100, "{}", world.token_requests().len());
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert!(world.desktop.shown().is_empty() && world.desktop.opened().is_empty());
}

#[tokio::test]
async fn o39_a_thousand_readers_share_one_request_and_one_answer() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.pass(MINUTE).await;
    let mut readers = Vec::new();
    for _ in 0..1000 {
        let (engine, id) = (Arc::clone(&world.engine), ana.clone());
        // The held token lives shorter than this, the next one longer.
        let wanted = Wanted { min_ttl: Some(HOUR - SECOND * 30), ..Wanted::default() };
        readers.push(tokio::spawn(async move { text(engine.token(&owner(), id.as_str(), &wanted).await) }));
    }
    let mut seen = BTreeSet::new();
    for reader in readers {
        seen.insert(reader.await.unwrap());
    }
    assert_eq!(seen, BTreeSet::from(["at-new".to_owned()]));
    assert_eq!(world.token_requests().len(), 1);
}

#[tokio::test]
async fn f20_a_thousand_readers_of_a_failing_renewal_hear_the_same_and_ask_once() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::json(400, r#"{"error":"zzz"}"#)]);
    let mut readers = Vec::new();
    world.served(&ana).await;
    for _ in 0..1000 {
        let (engine, id) = (Arc::clone(&world.engine), ana.clone());
        let wanted = Wanted { min_ttl: Some(HOUR * 2), ..Wanted::default() };
        readers.push(tokio::spawn(async move { text(engine.token(&owner(), id.as_str(), &wanted).await) }));
    }
    for reader in readers {
        assert_eq!(reader.await.unwrap(), "temporarily_unavailable");
    }
    assert_eq!(world.token_requests().len(), 1);
}

#[tokio::test]
async fn p3_a_reader_of_a_living_token_waits_for_no_renewal() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang]);
    world.pass(MINUTE * 55).await;
    assert!(!world.token_requests().is_empty(), "the renewal is under way");
    let before = world.clock.clone();
    assert_eq!(world.served(&ana).await, "at-ana");
    assert_eq!(bowline_base::Clock::instant(&before), bowline_base::Clock::instant(&world.clock));
}

#[tokio::test]
async fn o34_readers_hold_the_old_token_during_a_renewal_and_get_the_new_one_after_it() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::json(503, "{}"), tokens("new")]);
    let mut seen = Vec::new();
    for _ in 0..70 {
        world.pass(MINUTE).await;
        seen.push(world.served(&ana).await);
    }
    let first_new = seen.iter().position(|token| token == "at-new").expect("it was renewed");
    assert!(seen[..first_new].iter().all(|token| token == "at-ana"), "{seen:?}");
    assert!(seen[first_new..].iter().all(|token| token == "at-new"), "{seen:?}");
    let told = |event: &Event| matches!(event, Event::AccountToken { account } if *account == ana);
    assert!(world.events().iter().any(told));
}

#[tokio::test]
async fn o37_a_renewal_is_over_before_expiry_minus_margin() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    world.pass(MINUTE * 54).await;
    assert!(world.token_requests().is_empty(), "not sooner than it has to be");
    world.pass(MINUTE).await;
    assert_eq!(world.token_requests().len(), 1);
    assert_eq!(world.served(&ana).await, "at-new");
    let (world, _) = World::with([Seed::fresh("bo").living(Some(MINUTE))]).await;
    world.answers([tokens_for("new", 60)]);
    world.pass(SECOND * 44).await;
    assert!(world.token_requests().is_empty(), "a quarter of a life at most");
    world.pass(SECOND * 4).await;
    assert_eq!(world.token_requests().len(), 1);
}

#[tokio::test]
async fn e39_the_newest_refresh_token_is_the_one_that_is_sent() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("two"), access_only("three"), tokens("four"), tokens("five")]);
    for _ in 0..4 {
        world.engine.refresh_now(ana.as_str()).await.unwrap();
    }
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana", "rt-two", "rt-two", "rt-four"]);
    assert_eq!(world.stored_pair(&ana).await, ("at-five".to_owned(), "rt-five".to_owned()));
}

#[tokio::test]
async fn e29_scopes_that_shrink_are_told_and_scopes_that_grow_are_noted() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens_with("two", "profile"), tokens_with("three", "profile mail calendar")]);
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert_eq!(world.fares(&ana), (Status::InsufficientPermissions, Some(Reason::ScopeChanged)));
    assert_eq!(world.sight(&ana).missing, ["mail"]);
    assert_eq!(world.served(&ana).await, "at-two", "what does not need it goes on");
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(world.sight(&ana).account.granted.to_string(), "profile mail calendar");
    let world = world.restarted().await;
    assert_eq!(world.sight(&ana).account.granted.to_string(), "profile mail calendar");
}

#[tokio::test]
async fn r10_tokens_may_change_from_one_form_to_another() {
    let (world, ana) = World::with_ana().await;
    for access in ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "a.b.c.d.e", "not.a.jwt", "opaque-4711"] {
        let body = format!(r#"{{"access_token":"{access}","token_type":"bearer","expires_in":3600}}"#);
        world.answers([Reply::json(200, body)]);
        world.engine.refresh_now(ana.as_str()).await.unwrap();
        assert_eq!(world.served(&ana).await, access, "f13");
        assert_eq!(world.fares(&ana), (Status::Healthy, None));
    }
}

#[tokio::test]
async fn e39_a_caller_who_hangs_up_cancels_nothing() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang, tokens("new")]);
    let (engine, id) = (Arc::clone(&world.engine), ana.clone());
    let wanted = Wanted { min_ttl: Some(HOUR * 2), ..Wanted::default() };
    let reader = tokio::spawn(async move { text(engine.token(&owner(), id.as_str(), &wanted).await) });
    world.until("the request", || !world.token_requests().is_empty()).await;
    reader.abort();
    world.pass(SECOND * 10).await;
    assert_eq!(world.stored_pair(&ana).await, ("at-new".to_owned(), "rt-new".to_owned()));
    assert_eq!(world.token_requests().len(), 2, "nobody started it anew");
}

#[tokio::test]
async fn oc_4_an_id_token_of_another_person_at_renewal_is_refused_and_the_new_refresh_token_kept() {
    let (world, ids) = World::with([Seed::fresh("ana").at("oidc")]).await;
    let ana = &ids[0];
    signer::publish(&world);
    world.answers([signer::tokens("evil", &signer::id_token("bo", None, 0)), tokens("good")]);
    assert_eq!(text(world.read_for(ana, HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.fares(ana), (Status::Degraded, Some(Reason::ProviderError)));
    assert_eq!(world.served(ana).await, "at-ana");
    assert_eq!(world.stored_pair(ana).await, ("at-ana".to_owned(), "rt-evil".to_owned()));
    world.pass(MINUTE * 10).await;
    assert_eq!(world.sent_refresh_tokens(), ["rt-ana", "rt-evil"]);
    assert_eq!(world.served(ana).await, "at-good");
}

#[tokio::test]
async fn e29_an_answer_with_scopes_without_end_is_kept_like_any_other() {
    let (world, ana) = World::with_ana().await;
    let scopes: String = (0..60_000).map(|n| format!("mail{n} ")).collect();
    world.answers([tokens_with("new", &format!("mail {scopes}"))]);
    assert_eq!(text(world.read_for(&ana, HOUR * 2).await), "at-new");
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    let label = bowline_engine::profile::Changes { label: Some("work".to_owned()), paused: None };
    world.engine.change_account(&owner(), ana.as_str(), label).await.unwrap();
    let world = world.restarted().await;
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn oc_4_good_tokens_are_not_thrown_away_because_the_issuers_keys_cannot_be_had() {
    for keys in [Reply::empty(503), Reply::html(200, "<h1>Wi-Fi</h1>"), Reply::empty(404)] {
        let (world, ids) = World::with([Seed::fresh("ana").at("oidc")]).await;
        let told = format!("{keys:?}");
        world.net.now_on("/jwks", keys);
        world.answers([signer::tokens("new", &signer::id_token("ana", None, 0))]);
        assert_eq!(text(world.read_for(&ids[0], HOUR * 2).await), "at-new", "{told}");
        assert_eq!(world.stored_pair(&ids[0]).await, ("at-new".to_owned(), "rt-new".to_owned()));
        assert_eq!(world.fares(&ids[0]), (Status::Healthy, None), "{told}");
    }
}

#[tokio::test]
async fn oc_4_another_persons_id_token_is_refused_even_while_the_issuers_keys_cannot_be_had() {
    let (world, ids) = World::with([Seed::fresh("ana").at("oidc")]).await;
    world.net.now_on("/jwks", Reply::empty(503));
    world.answers([signer::tokens("evil", &signer::id_token("bo", None, 0))]);
    assert_eq!(text(world.read_for(&ids[0], HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.served(&ids[0]).await, "at-ana");
}

#[tokio::test]
async fn r50_an_id_token_that_ran_out_long_ago_points_at_the_clock() {
    let (world, ids) = World::with([Seed::fresh("ana").at("oidc")]).await;
    signer::publish(&world);
    world.answers([signer::tokens("new", &signer::id_token("ana", None, -8000))]);
    let _ = world.read_for(&ids[0], HOUR * 2).await;
    assert_eq!(world.fares(&ids[0]), (Status::Degraded, Some(Reason::ClockSkew)));
}

#[tokio::test]
async fn oc_4_an_id_token_of_the_same_person_at_renewal_is_fine() {
    let (world, ids) = World::with([Seed::fresh("ana").at("oidc")]).await;
    signer::publish(&world);
    world.answers([signer::tokens("new", &signer::id_token("ana", None, 0))]);
    world.engine.refresh_now(ids[0].as_str()).await.unwrap();
    assert_eq!(world.served(&ids[0]).await, "at-new");
}

#[tokio::test]
async fn r38_what_renews_by_itself_is_never_called_expiring() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    for _ in 0..60 {
        world.pass(MINUTE).await;
        assert_eq!(world.fares(&ana).0, Status::Healthy);
    }
}

#[tokio::test]
async fn f14_an_end_inside_a_token_counts_only_when_the_provider_gives_none() {
    let (world, ids) = World::with([Seed::fresh("ana").at("brief")]).await;
    let exp = world.engine.now().unix_s() + 600;
    let payload = base64(&format!(r#"{{"exp":{exp}}}"#));
    world.answers([Reply::json(200, format!(r#"{{"access_token":"e30.{payload}.c2ln"}}"#))]);
    world.engine.refresh_now(ids[0].as_str()).await.unwrap();
    let left = world.sight(&ids[0]).health.access_expires_at.unwrap().since(world.engine.now());
    assert_eq!(left, Duration::from_secs(600));
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn o51_who_asks_for_more_than_a_token_ever_lives_does_not_renew_it_at_each_read() {
    let (world, ana) = World::with_ana().await;
    world.answers((0..30).map(|_| tokens("new")));
    for _ in 0..30 {
        world.read_for(&ana, HOUR * 2).await.unwrap();
    }
    assert_eq!(world.token_requests().len(), 1, "it was renewed just now");
}
