//! Who asks meanwhile: for each account somebody who reads its token and has it renewed, again and again, whether an
//! agent is there or not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::Scope;
use std::time::Duration;

use bowline_base::random::SeededRandom;
use bowline_base::{Random, Secret};
use bowline_tests::{Answer, Door, Request};

/// The pause between two questions of one reader is up to this long.
const PACE: Duration = Duration::from_millis(40);

/// All readers, and what they were told.
#[derive(Default)]
pub(crate) struct Readers {
    over: AtomicBool,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    /// The hashes of all access tokens that anybody was given.
    tokens: BTreeSet<String>,
    /// How often each status came with each code.
    answers: BTreeMap<(u16, String), usize>,
}

/// Ends the readers when it is dropped, also by a test that fails.
pub(crate) struct Until<'a>(&'a Readers);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

impl Readers {
    /// A reader for each account, until what this gives is dropped.
    pub(crate) fn begin<'s, 'e>(
        &'e self,
        scope: &'s Scope<'s, 'e>,
        door: &Door,
        ids: &[String],
        seed: u64,
    ) -> Until<'e> {
        for (nth, id) in (0..).zip(ids) {
            let (door, id) = (door.clone(), id.clone());
            scope.spawn(move || self.ask(&door, &id, &SeededRandom::new(seed ^ nth)));
        }
        Until(self)
    }

    fn ask(&self, door: &Door, id: &str, random: &SeededRandom) {
        while !self.over.load(Ordering::SeqCst) {
            let request = if random.fraction() < 0.5 {
                Request::get(&format!("/v1/accounts/{id}/token"))
            } else {
                Request::new("POST", &format!("/v1/accounts/{id}/refresh"))
            };
            // nobody may be there, or be killed before all is said
            if let Ok(answer) = request.try_send(door) {
                self.hear(&answer);
            }
            std::thread::sleep(PACE.mul_f64(random.fraction()));
        }
    }

    fn hear(&self, answer: &Answer) {
        // an answer that a kill cut short is none
        let Ok(told) = serde_json::from_slice::<serde_json::Value>(&answer.body) else { return };
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let code = told["code"].as_str().unwrap_or_default().to_owned();
        *heard.answers.entry((answer.status, code)).or_default() += 1;
        if let Some(token) = told["access_token"].as_str() {
            heard.tokens.insert(Secret::new(token).sha256_hex());
        }
    }

    /// True when somebody was given the access token with this hash.
    pub(crate) fn were_given(&self, hash: &str) -> bool {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).tokens.contains(hash)
    }

    /// How many tokens were given to readers, each counted once.
    pub(crate) fn tokens(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).tokens.len()
    }

    /// Answers that nobody should ever get, in sentences. A start may take so long that the vault is locked meanwhile.
    pub(crate) fn odd(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let fine = |status: u16, code: &str| {
            matches!(
                (status, code),
                (200, "") | (409, "reconnect_required") | (503, "temporarily_unavailable") | (423, "locked")
            )
        };
        let odd = heard.answers.iter().filter(|((status, code), _)| !fine(*status, code));
        odd.map(|((status, code), times)| format!("{times} readers were told {status} {code:?}")).collect()
    }
}
