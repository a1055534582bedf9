//! The keys that an issuer signs id tokens with (RFC 7517), fetched when they are needed and kept for a day.
//!
//! A set is fetched again when a token does not fit it, because issuers change keys without a word; but only
//! a few times at once and then every few seconds, so that nobody can make us knock at an issuer's door with made-up
//! tokens. An old set goes on while its issuer cannot be reached. Keys that cannot be used here are passed over: a set may hold kinds that are not
//! invented yet.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bowline_base::{Clock, Instant};
use http::Request;
use http::header::ACCEPT;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::Value;
use url::Url;

use crate::failure::{self, Failure, FailureKind, Verdict};
use crate::provider::Provider;
use crate::transport::{Limits, Transport};

/// How long a set is used without a look at the issuer's.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);
/// How often a day-old set is asked for anew while its issuer cannot be reached.
const REFETCH_EVERY: Duration = Duration::from_secs(60);
/// How often a set may be fetched because a token did not fit, in the long run and after a failed try.
const MISFIT_EVERY: Duration = Duration::from_secs(5);
/// So many of these may follow each other at once: whoever changed keys may change them again.
const MISFITS_AT_ONCE: u32 = 3;
/// Longer than any real set, in bytes.
const MAX_SET: usize = 256 * 1024;
/// More keys than these are not looked at.
const MAX_KEYS: usize = 100;
/// More issuers than these are not remembered at once.
const MAX_ISSUERS: usize = 64;

/// The keys of all issuers that were met, by the address they are at.
pub struct Keys {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    // Lock order: this one only for the time of a look-up; a slot's own is held while its set is fetched, so that
    // many who need the same keys make one request.
    slots: Mutex<HashMap<Url, Arc<tokio::sync::Mutex<Slot>>>>,
}

#[derive(Default)]
struct Slot {
    held: Option<(Arc<KeySet>, Instant)>,
    /// When a set was last fetched because a token did not fit, the newest last, and what came of that one.
    refetched: VecDeque<Instant>,
    outcome: Option<Failure>,
    /// When a day-old set was last to be fetched anew and could not be.
    in_vain: Option<Instant>,
}

impl Slot {
    /// A set may be fetched again because a token did not fit it.
    fn may_refetch(&self, now: Instant) -> bool {
        let rested = |at: &Instant, least| now.since(*at) >= least;
        match (&self.outcome, self.refetched.back(), self.refetched.front()) {
            (Some(_), Some(last), _) => rested(last, MISFIT_EVERY),
            (None, _, Some(first)) if self.refetched.len() >= MISFITS_AT_ONCE as usize => {
                rested(first, MISFIT_EVERY * MISFITS_AT_ONCE)
            }
            _ => true,
        }
    }

    fn count_refetch(&mut self, now: Instant) {
        self.refetched.push_back(now);
        if self.refetched.len() > MISFITS_AT_ONCE as usize {
            self.refetched.pop_front();
        }
        self.outcome = None;
    }
}

impl Keys {
    /// No keys yet.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, clock, slots: Mutex::default() }
    }

    /// The set at this address, fetched if there is none or it is a day old. While the issuer cannot be reached, the
    /// old set is the answer.
    ///
    /// # Errors
    /// Whatever the fetch comes to, where there is no set yet or the issuer said that there is none any more.
    pub async fn current(&self, url: &Url, provider: &Provider) -> Result<Arc<KeySet>, Failure> {
        let slot = self.slot(url);
        let mut slot = slot.lock().await;
        let now = self.clock.instant();
        let held = slot.held.clone();
        let rests = slot.in_vain.is_some_and(|at| now.since(at) < REFETCH_EVERY);
        match held {
            Some((set, since)) if rests || now.since(since) < MAX_AGE => Ok(set),
            held => match (self.fetch(url, provider, &mut slot).await, held) {
                (Err(failure), Some((old, _))) if failure.verdict() == Verdict::Wait => {
                    slot.in_vain = Some(now);
                    Ok(old)
                }
                (fetched, _) => fetched,
            },
        }
    }

    /// A newer set than one that did not do. `None` when there cannot be one yet.
    ///
    /// # Errors
    /// Whatever the fetch comes to; that is the answer until there may be another.
    pub async fn newer(
        &self,
        url: &Url,
        provider: &Provider,
        than: &Arc<KeySet>,
    ) -> Result<Option<Arc<KeySet>>, Failure> {
        let slot = self.slot(url);
        let mut slot = slot.lock().await;
        if let Some((set, _)) = &slot.held
            && !Arc::ptr_eq(set, than)
        {
            return Ok(Some(set.clone()));
        }
        let now = self.clock.instant();
        if !slot.may_refetch(now) {
            return slot.outcome.clone().map_or(Ok(None), Err);
        }
        // Counted before it is asked, so that a question nobody waits for any more counts too.
        slot.count_refetch(now);
        let fetched = self.fetch(url, provider, &mut slot).await;
        slot.outcome = fetched.as_ref().err().cloned();
        fetched.map(Some)
    }

    async fn fetch(&self, url: &Url, provider: &Provider, slot: &mut Slot) -> Result<Arc<KeySet>, Failure> {
        let request = Request::get(url.as_str()).header(ACCEPT, "application/jwk-set+json, application/json");
        let request =
            request.body(Vec::new()).map_err(|_| Failure::new(FailureKind::Misconfigured).unsent())?;
        let limits = Limits { max_body: MAX_SET, ..Limits::default() };
        let response = self.transport.send(request, limits).await?;
        let status = response.status().as_u16();
        let set = KeySet::parse(response.body()).filter(|_| status == 200).ok_or_else(|| {
            failure::sort(status, response.headers(), response.body(), provider, self.clock.wall())
                .at(url.host_str().unwrap_or_default())
        })?;
        let set = Arc::new(set);
        slot.held = Some((set.clone(), self.clock.instant()));
        slot.in_vain = None;
        Ok(set)
    }

    fn slot(&self, url: &Url) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_ISSUERS && !slots.contains_key(url) {
            slots.clear();
        }
        slots.entry(url.clone()).or_default().clone()
    }
}

/// Public keys that signatures can be checked with.
#[derive(Debug, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    kind: Kind,
    key: DecodingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl KeySet {
    /// Reads a set. `None` when it is none; a set without a usable key is one.
    pub fn parse(body: &[u8]) -> Option<KeySet> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let keys = document.get("keys")?.as_array()?;
        Some(KeySet(keys.iter().take(MAX_KEYS).filter_map(Key::read).collect()))
    }

    /// The keys that a signature of this algorithm, and under this key id, can have been made with. A token
    /// without a key id may have been made with any.
    pub(crate) fn fitting(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> impl Iterator<Item = &DecodingKey> {
        let named = move |key: &&Key| id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        self.0.iter().filter(named).filter(move |key| key.serves(algorithm)).map(|key| &key.key)
    }

    /// How many keys can be used.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Key {
    fn read(jwk: &Value) -> Option<Key> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let signs = text("use").is_none_or(|u| u == "sig");
        let verifies = match jwk.get("key_ops").and_then(Value::as_array) {
            Some(list) => list.iter().any(|op| op == "verify"),
            None => true,
        };
        if !signs || !verifies {
            return None;
        }
        let (kind, key) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (Kind::Rsa, DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?),
            ("EC", Some("P-256")) => {
                (Kind::P256, DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?)
            }
            ("EC", Some("P-384")) => {
                (Kind::P384, DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?)
            }
            ("OKP", Some("Ed25519")) => (Kind::Ed25519, DecodingKey::from_ed_components(text("x")?).ok()?),
            _ => return None,
        };
        Some(Key { id: text("kid").map(str::to_owned), algorithm: text("alg").map(str::to_owned), kind, key })
    }

    fn serves(&self, algorithm: Algorithm) -> bool {
        let kind = match algorithm {
            Algorithm::ES256 => self.kind == Kind::P256,
            Algorithm::ES384 => self.kind == Kind::P384,
            other => match other.family() {
                AlgorithmFamily::Rsa => self.kind == Kind::Rsa,
                AlgorithmFamily::Ed => self.kind == Kind::Ed25519,
                AlgorithmFamily::Hmac | AlgorithmFamily::Ec => false,
            },
        };
        let name = format!("{algorithm:?}");
        kind && self.algorithm.as_ref().is_none_or(|a| *a == name || (name == "EdDSA" && a == "Ed25519"))
    }
}

#[cfg(test)]
mod tests;
