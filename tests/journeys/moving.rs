//! Everything to a file and from one: recorded as it went, whoever hangs up meanwhile.

use std::future::Future;

use bowline_base::Secret;
use bowline_tests::world::journey::owner;
use bowline_tests::world::{Seed, Setup, World};

use crate::meddle::refuse;

#[tokio::test]
async fn p6_an_export_whose_asker_hangs_up_is_in_the_trail() {
    let (world, _) = World::with_ana().await;
    let file = new_file(&world, "export");
    let me = owner();
    hung_up(world.engine.export(&me, &file, secret())).await;
    world.settle().await;
    assert!(std::fs::exists(&file).unwrap(), "the file is written all the same");
    let trail = world.trail().await;
    let entry = trail.iter().find(|entry| entry.event == "vault.exported").expect("and that is recorded");
    assert_eq!((entry.actor.as_str(), entry.outcome.as_str()), ("owner", "ok"));
}

#[tokio::test]
async fn p6_an_export_that_cannot_be_recorded_leaves_no_file() {
    let (world, _) = World::with_ana().await;
    let file = new_file(&world, "export");
    refuse(&world, "INSERT ON audit");
    let error = world.engine.export(&owner(), &file, secret()).await.unwrap_err();
    assert_eq!(error.audit_code(), "storage_error");
    assert!(!std::fs::exists(&file).unwrap());
}

#[tokio::test]
async fn an_import_or_export_that_failed_is_recorded_as_failed() {
    let (world, _) = World::with_ana().await;
    let file = new_file(&world, "other");
    std::fs::write(&file, "something else").unwrap();
    assert!(world.engine.import(&owner(), &file, secret()).await.is_err());
    assert!(world.engine.export(&owner(), &file, secret()).await.is_err(), "it is there already");
    for event in ["vault.imported", "vault.exported"] {
        let trail = world.trail().await;
        let told: Vec<_> = trail.iter().filter(|entry| entry.event == event).collect();
        assert_eq!(told.len(), 1, "{event}");
        assert_eq!((told[0].outcome.as_str(), told[0].code.as_deref()), ("failed", Some("invalid_request")));
    }
}

#[tokio::test]
async fn an_import_whose_asker_hangs_up_is_taken_up_whole() {
    let seeds = vec![Seed::fresh("bo")];
    let there = World::start(Setup { seeds, chance: 5, ..Setup::default() }).await;
    let file = new_file(&there, "export");
    there.engine.export(&owner(), &file, secret()).await.unwrap();
    let (here, ana) = World::with_ana().await;
    let me = owner();
    hung_up(here.engine.import(&me, &file, secret())).await;
    here.settle().await;
    assert_eq!(here.ids().len(), 2);
    let bo = here.ids().into_iter().find(|id| *id != ana).unwrap();
    assert_eq!(here.served(&bo).await, "at-bo");
    assert!(here.next_refresh_in(&bo).is_some(), "and it is renewed from now on");
}

/// Begins something and goes away.
async fn hung_up(work: impl Future) {
    tokio::select! {
        biased;
        _ = work => panic!("it ended at once"),
        () = std::future::ready(()) => {}
    }
}

fn new_file(world: &World, name: &str) -> String {
    world.vault_file().with_file_name(name).display().to_string()
}

fn secret() -> Secret {
    Secret::new("a passphrase of its own")
}
