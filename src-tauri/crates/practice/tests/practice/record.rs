//! What the provider remembers of each grant: how it was answered, with what, and how it ended; and the grace in
//! which a refresh token that another one replaced still works.

use std::time::Duration;

use bowline_base::Secret;
use serde_json::{Value, json};

use crate::world::*;

/// A world that rotates, with this grace.
async fn rotating(grace: Duration) -> World {
    let change = |options: &mut bowline_practice::Options| {
        options.rotate = true;
        options.rotate_grace = grace;
    };
    World::with(&[], change).await
}

/// The record of the only grant there is.
async fn record(world: &World) -> Value {
    let grants = world.told().await["grants"].clone();
    assert_eq!(grants.as_array().map(Vec::len), Some(1), "{grants}");
    grants[0].clone()
}

fn hash(tokens: &Value) -> String {
    Secret::new(tokens["access_token"].as_str().unwrap()).sha256_hex()
}

#[tokio::test]
async fn within_the_grace_a_rotated_refresh_token_brings_another_pair() {
    let world = rotating(Duration::from_secs(30)).await;
    let first = world.connect().await;
    let lost = world.renew(&first).await.json();
    world.clock.advance(Duration::from_secs(29));
    let again = world.renew(&first).await.json();
    assert_ne!(again["refresh_token"], lost["refresh_token"]);
    assert_eq!(world.renew(&again).await.status, 200);
    assert_eq!(record(&world).await["ended"], json!(null));
}

#[tokio::test]
async fn r9700_4_14_2_after_the_grace_a_second_use_ends_the_family() {
    let world = rotating(Duration::from_secs(30)).await;
    let first = world.connect().await;
    let second = world.renew(&first).await.json();
    world.clock.advance(Duration::from_secs(15));
    assert_eq!(world.renew(&first).await.status, 200);
    // counted from the first use: one within the grace does not prolong it
    world.clock.advance(Duration::from_secs(15));
    assert!(world.renew(&first).await.refusal().2.contains("reuse"));
    assert_eq!(world.renew(&second).await.refusal().1, "invalid_grant");
    assert_eq!(record(&world).await["ended"], "reused");
}

#[tokio::test]
async fn the_record_tells_the_newest_answer_and_whether_its_refresh_token_came_back() {
    let world = rotating(Duration::ZERO).await;
    let first = world.connect().await;
    let told = record(&world).await;
    assert_eq!(told["subject"], "practice-alice");
    assert_eq!((&told["answers"], &told["refresh_used"]), (&json!(1), &json!(false)));
    assert_eq!((&told["live"], &told["ended"]), (&json!(true), &json!(null)));
    world.clock.advance(Duration::from_secs(5));
    let second = world.renew(&first).await.json();
    let told = record(&world).await;
    assert_eq!((&told["answers"], &told["access_sha256"]), (&json!(2), &json!(hash(&second))));
    assert_eq!(told["answered_at_ms"], json!((NOON + Duration::from_secs(5)).unix_ms()));
    world.renew(&first).await.refusal();
    let told = record(&world).await;
    assert_eq!((&told["live"], &told["ended"]), (&json!(false), &json!("reused")));
    assert_eq!(
        (&told["answers"], &told["refresh_used"]),
        (&json!(2), &json!(false)),
        "refused, not answered"
    );
}

#[tokio::test]
async fn a_person_who_signs_in_anew_begins_a_record_anew() {
    let world = rotating(Duration::ZERO).await;
    world.connect().await;
    world.order(json!({"revoke": true})).await;
    assert_eq!(record(&world).await["ended"], "revoked");
    world.connect().await;
    let told = record(&world).await;
    assert_eq!((&told["answers"], &told["live"]), (&json!(1), &json!(true)));
    world.allow(SCOPES, "bob").await.came_back("code").unwrap();
    assert_eq!(
        world.told().await["grants"].as_array().map(Vec::len),
        Some(1),
        "no grant before its code is redeemed"
    );
}
