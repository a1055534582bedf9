//! From a wish to an account: the whole way, and nothing half-made on it.

use bowline_base::Status;
use bowline_tests::world::World;

#[tokio::test]
async fn o17_a_connected_account_is_complete_and_its_token_is_served() {
    let world = World::new().await;
    let ana = world.connected("acme", "ana").await;
    assert_eq!(world.fares(&ana), (Status::Healthy, None));
    assert_eq!(world.served(&ana).await, "at-ana");
}
