//! Accounts: is the refresh token good, and which scopes are missing. Nothing is renewed and no provider is asked for
//! it: what the last answers said is looked at.

use bowline_base::{Status, Wall};
use bowline_engine::lifecycle::{Class, class};

use super::Case;
use super::finding::{Finding, word};
use super::reach::NOBODY;

pub(super) fn refresh(cases: &[Case], now: Wall) -> Finding {
    Finding::of_all(cases.iter().map(|case| judge_refresh(case, now)).collect(), NOBODY)
}

pub(super) fn scopes(cases: &[Case]) -> Finding {
    Finding::of_all(cases.iter().map(judge_scopes).collect(), NOBODY)
}

/// O-48, first: is the refresh token good, and if not, the fresh sign-in.
fn judge_refresh(case: &Case, now: Wall) -> Finding {
    let (name, provider, health) = (&case.name, case.provider_name(), &case.sight.health);
    let anew = || format!("Sign in again with {}.", case.reconnect());
    let trouble = health.trouble.as_ref().map(|trouble| (class(trouble.reason), trouble.reason));
    let said = || {
        let word = health.last_refresh.as_ref().and_then(|last| last.provider_error.as_deref());
        word.map(|word| format!(", it said {word}")).unwrap_or_default()
    };
    match trouble {
        _ if case.sight.account.paused => Finding::skipped(format!("{name} is paused by you.")),
        Some((Class::Reconnect, reason)) => {
            Finding::error(format!("{provider} renews {name} no longer ({reason}{}).", said()), anew())
        }
        Some((Class::FixProvider, _)) => Finding::skipped(format!(
            "Whether {name} can be renewed is not known until what is set up for {provider} is mended: see the other checks."
        )),
        Some((Class::Passing, reason)) => Finding::warning(
            format!("{name} cannot be renewed at present ({reason}); Bowline tries again by itself."),
            format!("Wait, or try at once with `bowline refresh {}`.", word(name)),
        ),
        _ if health.refreshable => judge_grant(case, now),
        _ => match health.access_expires_at {
            None => Finding::ok(format!("{name} needs no renewal.")),
            Some(end) if end <= now => {
                Finding::error(format!("{name} has run out and cannot be renewed."), anew())
            }
            Some(end) => Finding::warning(format!("{name} works until {end} and cannot be renewed."), anew()),
        },
    }
}

fn judge_grant(case: &Case, now: Wall) -> Finding {
    let name = &case.name;
    match (case.sight.health.grant_expires_at, &case.sight.health.last_refresh) {
        (Some(end), _) if end <= now || case.sight.standing.status == Status::Expiring => Finding::warning(
            format!("{} wants {name} to sign in again by {end}.", case.provider_name()),
            format!("Sign in again with {}.", case.reconnect()),
        ),
        (_, Some(last)) => Finding::ok(format!("{name} was renewed at {} and renews by itself.", last.at)),
        (_, None) => Finding::ok(format!("{name} renews by itself.")),
    }
}

/// O-24: requested, granted, missing.
fn judge_scopes(case: &Case) -> Finding {
    let account = &case.sight.account;
    let missing = account.granted.missing(&account.requested).to_strings();
    let lacking = &case.sight.missing;
    let all: Vec<String> =
        missing.iter().chain(lacking.iter().filter(|s| !missing.contains(s))).cloned().collect();
    let message = format!(
        "{} requested {}, was granted {}, and misses {}.",
        case.name,
        words(&account.requested.to_strings()),
        words(&account.granted.to_strings()),
        words(&all)
    );
    let fix = format!(
        "Run {} and allow what is missing; while an app is in testing, {} also has to know you as a tester.",
        case.reconnect(),
        case.provider_name()
    );
    match (lacking.is_empty(), all.is_empty()) {
        (false, _) => Finding::error(message, fix),
        (true, false) => Finding::warning(message, fix),
        (true, true) => Finding::ok(message),
    }
}

fn words(all: &[String]) -> String {
    const MOST: usize = 20;
    let shown = all.iter().take(MOST).cloned().collect::<Vec<_>>().join(" ");
    match all.len() {
        0 => "nothing".to_owned(),
        n if n > MOST => format!("{shown} and {} more", n - MOST),
        _ => shown,
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
