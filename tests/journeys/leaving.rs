//! How an account goes: given back at the provider, then forgotten in any case.

use bowline_engine::event::Event;
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::script::{refusal, tokens};
use bowline_tests::world::{HOUR, Seed, World};

#[tokio::test]
async fn o03_the_refresh_token_is_revoked_first_then_the_access_token_then_all_is_forgotten() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    world.net.now_on("/revoke", Reply::empty(200));
    assert!(world.engine.disconnect(&owner(), ids[0].as_str(), false).await.unwrap());
    let sent: Vec<_> = world.net.requests_to("/revoke").iter().filter_map(|r| r.field("token")).collect();
    assert_eq!(sent, ["rt-ana", "at-ana"]);
    assert_eq!(world.ids(), [ids[1].clone()]);
    assert_eq!(world.served(&ids[0]).await, "account_not_found");
    assert_eq!(world.served(&ids[1]).await, "at-bo");
    assert!(world.events().contains(&Event::AccountRemoved { account: ids[0].clone() }));
    let world = world.restarted().await;
    assert_eq!(world.ids(), [ids[1].clone()]);
}

#[tokio::test]
async fn o03_whatever_the_provider_says_the_account_is_forgotten_and_the_answer_is_honest() {
    for (reply, confirmed) in [
        (Reply::empty(200), true),
        (refusal(400, "invalid_token", "gone already"), true),
        (refusal(400, "invalid_request", "no"), false),
        (Reply::empty(503), false),
        (Reply::Hang, false),
        (Reply::fault(FaultKind::Refused, Sent::Nothing), false),
    ] {
        let (world, ana) = World::with_ana().await;
        let told = format!("{reply:?}");
        world.net.now_on("/revoke", reply);
        let owner = owner();
        let (gone, _) = world.within(HOUR, world.engine.disconnect(&owner, ana.as_str(), false)).await;
        assert_eq!(gone.unwrap(), confirmed, "{told}");
        assert!(world.ids().is_empty());
        assert!(world.store.run(|vault| vault.accounts()).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn o03_local_only_asks_nobody_and_works_behind_a_lock() {
    let (world, ana) = World::with_ana().await;
    world.engine.lock().await.unwrap();
    assert!(world.engine.disconnect(&owner(), ana.as_str(), false).await.is_err());
    assert!(!world.engine.disconnect(&owner(), ana.as_str(), true).await.unwrap());
    assert!(world.ids().is_empty() && world.net.requests().is_empty());
}

#[tokio::test]
async fn o03_no_byte_of_the_tokens_stays_on_disk() {
    let (world, ana) = World::with_ana().await;
    let sealed = cell(&world, "SELECT access FROM token");
    world.net.now_on("/revoke", Reply::empty(200));
    world.engine.disconnect(&owner(), ana.as_str(), false).await.unwrap();
    let folder = world.vault_file().parent().unwrap().to_path_buf();
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(sealed.len()).any(|window| window == sealed));
        assert!(!bytes.windows(6).any(|window| window == b"at-ana"), "nor in the clear, of course");
    }
}

#[tokio::test]
async fn o03_an_account_that_is_gone_is_planned_and_granted_no_more() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    world.net.now_on("/revoke", Reply::empty(200));
    world.answers([tokens("new")]);
    world.engine.disconnect(&owner(), ana.as_str(), false).await.unwrap();
    world.pass(HOUR * 3).await;
    assert!(world.token_requests().is_empty());
    assert!(world.engine.apps()[0].face.grants.is_empty());
    let read = world.engine.token(&app, ana.as_str(), &bowline_engine::serve::Wanted::default()).await;
    assert_eq!(text(read), "approval_required");
}

#[tokio::test]
async fn o61_who_connects_again_after_leaving_is_a_new_account() {
    let (world, ana) = World::with_ana().await;
    world.net.now_on("/revoke", Reply::empty(200));
    world.engine.disconnect(&owner(), ana.as_str(), false).await.unwrap();
    let new = world.connected("acme", "ana").await;
    assert_ne!(new, ana);
    assert_eq!(world.sight(&new).account.reconnected_at, None);
}

fn cell(world: &World, sql: &str) -> Vec<u8> {
    let conn = rusqlite::Connection::open(world.vault_file()).unwrap();
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}
