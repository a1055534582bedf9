//! Killed at any instant, however often: no account is lost that its provider still honours.
//!
//! The real agent renews several accounts without a pause, others ask it for tokens meanwhile, and it is ended by
//! SIGKILL at random instants: while it starts, while it opens its vault, while it takes up what the last kill cut
//! off, and while it renews. Every few kills it is left alone, and what it says of each account is held against the
//! provider's own record and against what the vault held at each kill.
//!
//! `BOWLINE_KILLS` says how many kills there are in each scenario, `BOWLINE_KILLS_SEED` repeats a run's delays. Ten
//! thousand take about three hours:
//!
//! ```text
//! cargo build --workspace --bins
//! BOWLINE_KILLS=10000 cargo test --workspace --test processes kills:: -- --nocapture
//! ```
//!
//! Reading order: one agent and its kills ([`storm`]), who asks meanwhile ([`readers`]), what is found in between
//! ([`calm`], [`record`], [`vault`]), and the figures ([`figures`]).

mod calm;
mod figures;
mod readers;
mod record;
mod storm;
mod vault;

use bowline_tests::proof;

use figures::Figures;

/// Kills in each scenario when nobody says otherwise: as many as half a minute has room for.
const FEW: u64 = 20;

#[test]
fn o42_kills_at_random_instants_lose_nothing_where_a_replaced_refresh_token_still_works_for_a_while() {
    let figures = run("with a grace", &["--rotate-grace", "2m"]);
    assert_eq!(figures.unread, 0, "the provider ended no grant");
    assert_eq!(figures.named, 0, "and nobody had to sign in again");
}

#[test]
fn o42_kills_at_random_instants_lose_only_what_a_strict_provider_answered_and_nobody_read() {
    let figures = run("strict", &[]);
    assert_eq!(figures.named, figures.unread, "each is named as an interrupted renewal");
}

/// Runs a scenario, prints its figures, and holds it to what is asked of each.
fn run(name: &str, options: &[&str]) -> Figures {
    let (kills, seed) = (proof::number("BOWLINE_KILLS").unwrap_or(FEW), proof::number("BOWLINE_KILLS_SEED"));
    let seed = seed.unwrap_or_else(|| std::process::id().into());
    let kills = usize::try_from(kills).expect("so many kills can be counted");
    let figures = storm::run(name, options, kills, seed);
    proof::say(&format!("{figures} (BOWLINE_KILLS_SEED={seed})"));
    assert!(figures.wrong.is_empty(), "{figures}\n  {}", figures.wrong.join("\n  "));
    assert_eq!((figures.kills, figures.lost, figures.torn, figures.needless), (kills, 0, 0, 0), "{figures}");
    figures
}
