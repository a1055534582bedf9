//! The agent's end: what is under way is brought to disk, nothing new begins, and nothing that hangs is waited for.

use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use bowline_base::AccountId;
use bowline_oauth::transport::Reply;
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::tokens;
use bowline_tests::world::{HOUR, SECOND, Seed, World, promptly};

#[tokio::test]
async fn p1_a_renewal_that_was_just_asked_for_is_waited_for_when_the_agent_ends() {
    let (world, ana) = World::with_ana().await;
    world.answers([tokens("new")]);
    assert_eq!(world.served(&ana).await, "at-ana");
    // In one breath: the renewal's task has not moved yet when the end begins.
    let (read, ()) = tokio::join!(biased; world.read_for(&ana, HOUR * 2), world.engine.stop(SECOND * 4));
    assert_eq!(text(read), "at-new");
}

#[tokio::test]
async fn no_renewal_begins_once_the_agent_ends() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    for id in &ids {
        world.served(id).await;
    }
    world.answers([Reply::Hang]);
    let reading = spawned_read(&world, &ids[0]);
    world.settle().await;
    let engine = world.engine.clone();
    let ending = tokio::spawn(async move { engine.stop(SECOND * 4).await });
    world.settle().await;
    assert_eq!(text(world.read_for(&ids[1], HOUR * 2).await), "temporarily_unavailable");
    assert_eq!(world.token_requests().len(), 1, "nothing was sent for the second");
    world.clock.advance(SECOND * 5);
    promptly(ending).await.unwrap();
    reading.abort();
}

#[tokio::test]
async fn work_that_comes_after_the_vault_is_closed_is_not_done_and_ends_no_task() {
    let (world, _) = World::with_ana().await;
    world.engine.stop(SECOND).await;
    let late = tokio::spawn({
        let store = world.store.clone();
        async move { store.run(|_| ()).await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!late.is_finished(), "it neither panics nor answers");
    late.abort();
}

#[tokio::test]
async fn a_disk_that_does_not_answer_does_not_keep_the_agent_from_ending() {
    let (world, _) = World::with_ana().await;
    let (release, hung) = mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let store = world.store.clone();
    let stuck = tokio::spawn(async move {
        let work = move |_: &mut _| {
            let _ = began.send(());
            let _ = hung.recv();
        };
        store.run(work).await;
    });
    promptly(begun).await.unwrap();
    let engine = world.engine.clone();
    let mut ending = pin!(engine.stop(SECOND * 4));
    let mut took = Duration::ZERO;
    while took <= SECOND * 5 {
        tokio::select! {
            biased;
            () = &mut ending => break,
            () = tokio::task::yield_now() => {}
        }
        world.clock.advance(SECOND / 10);
        took += SECOND / 10;
    }
    assert!(took <= SECOND * 5, "it waited for the disk");
    drop(release);
    promptly(stuck).await.unwrap();
}

fn spawned_read(world: &World, id: &AccountId) -> tokio::task::JoinHandle<()> {
    let (engine, id) = (world.engine.clone(), id.clone());
    tokio::spawn(async move {
        let wanted = bowline_engine::serve::Wanted { min_ttl: Some(HOUR * 2), ..Default::default() };
        drop(engine.token(&owner(), id.as_str(), &wanted).await);
    })
}
