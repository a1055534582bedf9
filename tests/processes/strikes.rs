//! Any single write, sync, open or connect may fail: the agent goes on, says so, and loses nothing.
//!
//! In each scene something is asked of the real agent while a shim ([`shim`]) makes one call fail: the first, the second,
//! and so on to the last. Each answer has to be right or to say what is wrong; what was answered with success has to be
//! there after the agent was killed and started again; and the account that was there before works at the end.
//!
//! `BOWLINE_STRIKES=all` fails every call there is, which takes about half an hour; a number fails so many of each kind
//! in each scene, by chance and with one more in the first place; `BOWLINE_STRIKES_SEED` repeats them.
//!
//! ```text
//! cargo build --workspace --bins
//! BOWLINE_STRIKES=all cargo test --workspace --test processes strikes:: -- --nocapture
//! ```
//!
//! Reading order: what is done ([`scenes`]), by whom and what is checked ([`act`]), what makes a call fail ([`shim`]).

mod act;
mod scenes;
mod shim;

use std::fmt;

use bowline_base::Random;
use bowline_base::random::SeededRandom;
use bowline_tests::proof;

use act::Act;
use scenes::{SCENES, Scene};
use shim::Kind;

/// How many calls of each kind fail in each scene when nobody says otherwise.
const FEW: u64 = 1;

/// What is counted.
#[derive(Default)]
struct Figures {
    scenes: usize,
    calls: u64,
    failed: u64,
    crashes: usize,
    wrong: Vec<String>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "strikes: {} scenes with {} calls, {} of them made to fail, {} crashes, {} wrong answers",
            self.scenes,
            self.calls,
            self.failed,
            self.crashes,
            self.wrong.len()
        )
    }
}

#[test]
fn e34_whichever_write_sync_open_or_connect_fails_nothing_crashes_and_no_answer_is_wrong() {
    let seed = proof::number("BOWLINE_STRIKES_SEED").unwrap_or_else(|| std::process::id().into());
    let (random, mut figures) = (SeededRandom::new(seed), Figures::default());
    let only = std::env::var("BOWLINE_STRIKES_SCENE").ok();
    for scene in SCENES.iter().filter(|scene| only.as_deref().is_none_or(|name| scene.name == name)) {
        play(scene, &random, &mut figures);
    }
    proof::say(&format!("{figures} (BOWLINE_STRIKES_SEED={seed})"));
    assert!(figures.wrong.is_empty() && figures.crashes == 0, "{figures}\n  {}", figures.wrong.join("\n  "));
    assert!(figures.failed > 0, "{figures}");
}

#[test]
fn e18_e31_a_start_without_room_for_one_more_open_file_leaves_a_vault_that_saves_and_settings_that_hold() {
    let scene = SCENES.iter().find(|scene| scene.name == "start").expect("it is one of them");
    let mut act = Act::new();
    let [_, _, opens, _] = act.strike(scene, None).calls;
    let mut wrong = Vec::new();
    for nth in 1..=opens {
        let struck = act.strike(scene, Some((Kind::Open, nth)));
        wrong.extend(struck.wrong.into_iter().map(|sentence| format!("open {nth} of {opens}: {sentence}")));
    }
    assert!(opens > 0 && wrong.is_empty(), "{opens} opens\n  {}", wrong.join("\n  "));
}

/// A scene, once without a fault for its number of calls, and then with one of them failing each time.
fn play(scene: &Scene, random: &SeededRandom, figures: &mut Figures) {
    let mut act = Act::new();
    let whole = act.strike(scene, None);
    assert!(whole.wrong.is_empty(), "{} without a fault: {:?}", scene.name, whole.wrong);
    figures.scenes += 1;
    for (kind, calls) in Kind::ALL.into_iter().zip(whole.calls) {
        figures.calls += calls;
        for nth in chosen(calls, random) {
            let struck = act.strike(scene, Some((kind, nth)));
            figures.failed += u64::from(struck.has_struck);
            figures.crashes += usize::from(struck.crashed);
            let what = |wrong| format!("{}, {kind:?} {nth} of {calls}: {wrong}", scene.name);
            let wrong: Vec<String> = struck.wrong.into_iter().map(what).collect();
            wrong.iter().for_each(|sentence| proof::so_far(sentence));
            figures.wrong.extend(wrong);
        }
    }
    proof::so_far(&format!("{figures} ({} {:?})", scene.name, whole.calls));
}

/// Which calls fail.
fn chosen(calls: u64, random: &SeededRandom) -> Vec<u64> {
    let some = match std::env::var("BOWLINE_STRIKES").as_deref() {
        Ok("all") => return (1..=calls).collect(),
        _ => proof::number("BOWLINE_STRIKES").unwrap_or(FEW),
    };
    let mut all: Vec<u64> = (1..=calls).collect();
    let mut chosen = Vec::new();
    while !all.is_empty() && (chosen.len() as u64) < some {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a fraction of a small number"
        )]
        let at = (random.fraction() * all.len() as f64) as usize;
        chosen.push(all.swap_remove(at.min(all.len() - 1)));
    }
    chosen
}
