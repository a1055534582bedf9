//! Key sets: fetched once, kept for a day, fetched again when they do not fit, and never too often.

use bowline_base::time::HandClock;
use serde_json::json;

use super::*;
use crate::id_token::signing::{self, Signer};
use crate::token::sample::{self, NOW};
use crate::transport::{FaultKind, Reply, ScriptedTransport, Sent};

struct World {
    transport: Arc<ScriptedTransport>,
    clock: HandClock,
    keys: Arc<Keys>,
}

fn world() -> World {
    let transport = Arc::new(ScriptedTransport::new());
    transport.on("/jwks", signing::set(&[Signer::rsa().jwk()]));
    let clock = HandClock::at(NOW);
    let keys = Arc::new(Keys::new(transport.clone(), Arc::new(clock.clone())));
    World { transport, clock, keys }
}

impl World {
    async fn current(&self) -> Result<Arc<KeySet>, Failure> {
        self.keys.current(&sample::url("https://id.example/jwks"), &sample::provider()).await
    }

    async fn newer(&self, than: &Arc<KeySet>) -> Result<Option<Arc<KeySet>>, Failure> {
        self.keys.newer(&sample::url("https://id.example/jwks"), &sample::provider(), than).await
    }

    fn fetches(&self) -> usize {
        self.transport.requests().len()
    }
}

#[tokio::test]
async fn a_set_is_fetched_once_a_day() {
    let world = world();
    for _ in 0..5 {
        assert_eq!(world.current().await.unwrap().len(), 1);
    }
    assert_eq!(world.fetches(), 1);
    world.clock.advance(MAX_AGE);
    world.current().await.unwrap();
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn oc_7_keys_that_change_again_are_fetched_again_a_few_times_at_once_and_then_every_few_seconds() {
    let world = world();
    let mut set = world.current().await.unwrap();
    for _ in 0..MISFITS_AT_ONCE {
        set = world.newer(&set).await.unwrap().expect("they may have changed again");
    }
    for _ in 0..100 {
        assert!(world.newer(&set).await.unwrap().is_none());
    }
    assert_eq!(world.fetches(), 4);
    for _ in 0..100 {
        world.clock.advance(MISFIT_EVERY);
        set = world.newer(&set).await.unwrap().unwrap_or(set);
    }
    assert!(
        (100..=104).contains(&world.fetches()),
        "one in five seconds in the long run: {}",
        world.fetches()
    );
}

#[tokio::test]
async fn oc_7_a_failed_try_is_made_again_after_a_few_seconds() {
    let world = world();
    let first = world.current().await.unwrap();
    world.transport.now_on("/jwks", Reply::fault(FaultKind::TimedOut, Sent::Maybe));
    world.newer(&first).await.unwrap_err();
    world.transport.now_on("/jwks", signing::set(&[Signer::ec().jwk()]));
    world.clock.advance(MISFIT_EVERY - Duration::from_millis(1));
    world.newer(&first).await.unwrap_err();
    world.clock.advance(Duration::from_millis(1));
    assert!(world.newer(&first).await.unwrap().is_some());
}

#[tokio::test]
async fn whoever_looked_at_an_older_set_gets_the_newer_one_without_a_request() {
    let world = world();
    let first = world.current().await.unwrap();
    let second = world.newer(&first).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&world.newer(&first).await.unwrap().unwrap(), &second));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_failed_fetch_keeps_the_old_set_and_counts() {
    let world = world();
    let first = world.current().await.unwrap();
    world.transport.now_on("/jwks", Reply::fault(FaultKind::TimedOut, Sent::Maybe));
    assert_eq!(world.newer(&first).await.unwrap_err().kind, FailureKind::TimedOut);
    assert_eq!(
        world.newer(&first).await.unwrap_err().kind,
        FailureKind::TimedOut,
        "nobody knows any better yet"
    );
    assert_eq!(world.fetches(), 2);
    assert!(Arc::ptr_eq(&world.current().await.unwrap(), &first));
}

#[tokio::test]
async fn an_old_set_goes_on_while_its_issuer_cannot_be_reached_and_is_asked_for_once_a_minute() {
    let world = world();
    let first = world.current().await.unwrap();
    world.transport.now_on("/jwks", Reply::fault(FaultKind::Refused, Sent::Nothing));
    world.clock.advance(MAX_AGE);
    for _ in 0..3 {
        assert!(Arc::ptr_eq(&world.current().await.unwrap(), &first));
    }
    assert_eq!(world.fetches(), 2);
    world.clock.advance(REFETCH_EVERY);
    assert!(Arc::ptr_eq(&world.current().await.unwrap(), &first));
    assert_eq!(world.fetches(), 3);
    world.transport.now_on("/jwks", signing::set(&[Signer::ec().jwk()]));
    world.clock.advance(REFETCH_EVERY);
    assert!(
        !Arc::ptr_eq(&world.current().await.unwrap(), &first),
        "and the new one is taken as soon as it is there"
    );
}

#[tokio::test]
async fn many_at_once_make_one_request() {
    let world = world();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let keys = world.keys.clone();
            tokio::spawn(async move {
                keys.current(&sample::url("https://id.example/jwks"), &sample::provider())
                    .await
                    .unwrap()
                    .len()
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 1);
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn what_is_no_set_is_a_failure() {
    for (reply, kind) in [
        (Reply::html(200, "<html>"), FailureKind::InvalidResponse),
        (Reply::json(200, "{}"), FailureKind::InvalidResponse),
        (Reply::json(200, r#"{"keys":{}}"#), FailureKind::InvalidResponse),
        (Reply::json(200, "x".repeat(MAX_SET + 1)), FailureKind::InvalidResponse),
        (Reply::empty(404), FailureKind::EndpointGone),
        (Reply::empty(302), FailureKind::ProviderError),
        (Reply::empty(500), FailureKind::ProviderError),
    ] {
        let world = world();
        world.transport.now_on("/jwks", reply);
        let failure = world.current().await.unwrap_err();
        assert_eq!((failure.kind, failure.host.as_deref()), (kind, Some("id.example")));
    }
}

#[tokio::test]
async fn more_issuers_than_can_be_remembered_do_no_harm() {
    let world = world();
    for i in 0..200 {
        let url = sample::url(&format!("https://id{i}.example/jwks"));
        world.keys.current(&url, &sample::provider()).await.unwrap();
    }
    assert!(world.keys.slots.lock().unwrap().len() <= MAX_ISSUERS);
}

fn fitting(keys: &[Value], algorithm: Algorithm, id: Option<&str>) -> usize {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap().fitting(algorithm, id).count()
}

fn changed(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

#[test]
fn a_key_is_used_for_what_it_is_for() {
    let rsa = Signer::rsa().named("k1").jwk();
    let bare = {
        let mut bare = rsa.clone();
        bare.as_object_mut().unwrap().retain(|name, _| matches!(name.as_str(), "kty" | "n" | "e" | "kid"));
        bare
    };
    for (key, algorithm, id, fits) in [
        (rsa.clone(), Algorithm::RS256, Some("k1"), 1),
        (rsa.clone(), Algorithm::RS256, None, 1),
        (rsa.clone(), Algorithm::RS256, Some("k2"), 0),
        (rsa.clone(), Algorithm::RS384, Some("k1"), 0),
        (rsa.clone(), Algorithm::ES256, Some("k1"), 0),
        (bare.clone(), Algorithm::PS256, Some("k1"), 1),
        (changed(rsa.clone(), "use", json!("enc")), Algorithm::RS256, None, 0),
        (changed(rsa.clone(), "key_ops", json!(["verify"])), Algorithm::RS256, None, 1),
        (changed(rsa.clone(), "key_ops", json!(["encrypt"])), Algorithm::RS256, None, 0),
        (changed(rsa.clone(), "alg", json!("RSA-OAEP")), Algorithm::RS256, None, 0),
        (Signer::ec().jwk(), Algorithm::ES256, Some("k1"), 1),
        (Signer::ec().jwk(), Algorithm::ES384, None, 0),
        (Signer::ed().jwk(), Algorithm::EdDSA, None, 1),
        (changed(Signer::ed().jwk(), "alg", json!("Ed25519")), Algorithm::EdDSA, None, 1),
        (json!({"kty": "oct", "k": "AAAA"}), Algorithm::HS256, None, 0),
    ] {
        assert_eq!(fitting(std::slice::from_ref(&key), algorithm, id), fits, "{key} {algorithm:?} {id:?}");
    }
}

#[test]
fn a_set_has_an_end() {
    let many: Vec<Value> = (0..500).map(|_| Signer::ec().jwk()).collect();
    assert_eq!(fitting(&many, Algorithm::ES256, None), MAX_KEYS);
    assert!(KeySet::parse(br#"{"keys":[]}"#).unwrap().is_empty());
}
