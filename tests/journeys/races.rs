//! Everything at once: renewal, reconnect, disconnect, rename and lock in any order, and never a mixed pair.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bowline_base::random::SeededRandom;
use bowline_base::{Random, Status};
use bowline_engine::Policy;
use bowline_engine::profile::Changes;
use bowline_oauth::transport::{Fault, Limits, Reply, Transport};
use bowline_tests::world::journey::{again, owner};
use bowline_tests::world::script::{person, refusal, tokens};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, Setup, World, browse};

#[tokio::test]
async fn e39_o43_in_a_thousand_random_interleavings_no_pair_is_ever_mixed() {
    let mint = Arc::new(Mint::default());
    let policy = Policy { attempts_per_hour: 10_000, ..Policy::default() };
    let seeds = vec![Seed::fresh("ana")];
    let world =
        World::start(Setup { policy, seeds, transport: Some(mint.clone()), ..Setup::default() }).await;
    let ana = world.ids().remove(0);
    let chance = SeededRandom::new(4711);
    for round in 0..250 {
        let mut under_way = Vec::new();
        for _ in 0..4 {
            let (engine, id) = (world.engine.clone(), ana.clone());
            let start = async move |steps: u32| {
                for _ in 0..steps {
                    tokio::task::yield_now().await;
                }
            };
            let steps = (chance.fraction() * 12.0) as u32;
            under_way.push(match (chance.fraction() * 4.0) as u32 {
                0 => {
                    let begun = world.begin(again(&ana)).await;
                    let url = world.callback(&begun, "code=c&state=STATE");
                    tokio::spawn(async move {
                        start(steps).await;
                        browse::open(&url).await;
                    })
                }
                1 => tokio::spawn(async move {
                    start(steps).await;
                    let label = Changes { label: Some(format!("round {round}")), paused: None };
                    let _ = engine.change_account(&owner(), id.as_str(), label).await;
                }),
                _ => tokio::spawn(async move {
                    start(steps).await;
                    let _ = engine.refresh_now(id.as_str()).await;
                }),
            });
        }
        for each in under_way {
            each.await.unwrap();
        }
        world.settle().await;
        let (access, refresh) = world.stored_pair(&ana).await;
        assert_eq!(access.strip_prefix("at-"), refresh.strip_prefix("rt-"), "round {round}");
        assert_eq!(world.served(&ana).await, access, "round {round}: memory and disk say the same");
        assert_eq!(world.fares(&ana).0, Status::Healthy, "round {round}");
    }
    assert!(mint.made.load(Ordering::Relaxed) >= 250);
}

#[tokio::test]
async fn e39_a_refusal_of_the_old_refresh_token_does_not_touch_the_new_grant() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang, tokens("reconnected"), refusal(400, "invalid_grant", "token revoked")]);
    world.net.now_on("/userinfo", person("ana"));
    let begun = world.begin(again(&ana)).await;
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the renewal", || !world.token_requests().is_empty()).await;
    assert_eq!(world.comes_back(&begun, "code=c&state=STATE").await.status, 200);
    world.pass(SECOND * 10).await;
    assert_eq!(
        world.token_requests().len(),
        3,
        "the old refresh token was asked about once more and refused"
    );
    assert_eq!(world.fares(&ana), (Status::Healthy, None), "the refusal is not about the new grant");
    assert_eq!(world.served(&ana).await, "at-reconnected");
    assert_eq!(world.stored_pair(&ana).await, ("at-reconnected".to_owned(), "rt-reconnected".to_owned()));
}

#[tokio::test]
async fn e39_an_account_that_is_disconnected_during_its_renewal_stays_gone_and_nobody_is_troubled() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang, tokens("late")]);
    world.net.now_on("/revoke", Reply::empty(200));
    let (engine, id) = (world.engine.clone(), ana.clone());
    let renewal = tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the renewal", || !world.token_requests().is_empty()).await;
    assert!(world.engine.disconnect(&owner(), ana.as_str(), false).await.unwrap());
    world.pass(MINUTE).await;
    assert!(renewal.is_finished());
    assert!(world.ids().is_empty());
    assert!(world.store.run(|vault| vault.accounts()).await.unwrap().is_empty());
    assert!(world.desktop.shown().is_empty(), "{:?}", world.desktop.shown());
    let soon = bowline_base::Clock::instant(&world.clock) + SECOND * 30;
    let waits = world.clock.next_wait().filter(|at| *at <= soon);
    assert_eq!(waits, None, "nothing goes on saving what is nobody's any more");
}

#[tokio::test]
async fn e39_a_rename_during_a_renewal_keeps_both() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang, tokens("new")]);
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the renewal", || !world.token_requests().is_empty()).await;
    let label = Changes { label: Some("work".to_owned()), paused: None };
    world.engine.change_account(&owner(), ana.as_str(), label).await.unwrap();
    world.pass(SECOND * 10).await;
    assert_eq!(world.served(&ana).await, "at-new");
    assert_eq!(world.engine.account(&owner(), "work").unwrap().account.id, ana);
    let world = world.restarted().await;
    assert_eq!(world.engine.account(&owner(), "work").unwrap().account.id, ana);
}

#[tokio::test]
async fn e39_a_pause_during_a_renewal_keeps_the_tokens_and_serves_nothing() {
    let (world, ana) = World::with_ana().await;
    world.answers([Reply::Hang, tokens("new")]);
    let (engine, id) = (world.engine.clone(), ana.clone());
    tokio::spawn(async move { engine.refresh_now(id.as_str()).await.map(drop) });
    world.until("the renewal", || !world.token_requests().is_empty()).await;
    let pause = Changes { label: None, paused: Some(true) };
    world.engine.change_account(&owner(), ana.as_str(), pause).await.unwrap();
    world.pass(HOUR * 3).await;
    assert_eq!(world.stored_pair(&ana).await, ("at-new".to_owned(), "rt-new".to_owned()));
    assert_eq!(world.served(&ana).await, "forbidden");
    assert_eq!(world.token_requests().len(), 2);
}

/// A provider that never gives the same pair twice, and takes its time now and then.
struct Mint {
    made: AtomicU64,
    chance: SeededRandom,
}

impl Default for Mint {
    fn default() -> Self {
        Self { made: AtomicU64::new(0), chance: SeededRandom::new(8) }
    }
}

#[async_trait]
impl Transport for Mint {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        _: Limits,
    ) -> Result<http::Response<Vec<u8>>, Fault> {
        for _ in 0..(self.chance.fraction() * 10.0) as u32 {
            tokio::task::yield_now().await;
        }
        let body = match request.uri().path() {
            "/token" => {
                let n = self.made.fetch_add(1, Ordering::Relaxed);
                format!(r#"{{"access_token":"at-{n}","refresh_token":"rt-{n}","expires_in":3600}}"#)
            }
            _ => r#"{"sub":"ana","preferred_username":"ana@example.com"}"#.to_owned(),
        };
        Ok(http::Response::new(body.into_bytes()))
    }
}
