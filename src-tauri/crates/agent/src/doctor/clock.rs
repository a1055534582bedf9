//! This computer's clock against the time that providers put in their answers.

use std::time::Duration;

use bowline_base::{Wall, length};
use bowline_engine::skew::Difference;

use super::finding::Finding;
use super::network::Look;

/// More than this makes new tokens look dead, and sign-ins be refused.
const BORNE: Duration = Duration::from_secs(120);
/// This version did not exist before: 2026-01-01.
const NOT_BEFORE: Wall = Wall::from_unix_ms(1_767_225_600_000);

#[cfg(target_os = "macos")]
const FIX: &str = "Set the time automatically: run `sudo sntp -sS time.apple.com`, then try again.";
#[cfg(not(target_os = "macos"))]
const FIX: &str = "Set the time automatically: run `timedatectl set-ntp true`, then try again.";

/// The answers of now go before what renewals have measured by the way, which is all there is without a network.
pub(super) fn judge(looks: &[Look], measured: Option<Difference>, now: Wall) -> Finding {
    let mut differences: Vec<(i64, &str)> = Vec::new();
    for look in looks {
        let seen = look.hosts.iter().filter_map(|host| host.answer.as_ref().ok());
        let known = seen.filter_map(|seen| Some(seen.ours.unix_s() - seen.theirs?.unix_s()));
        differences.extend(known.map(|seconds| (seconds, look.provider.as_str())));
    }
    // One server's clock may be wrong; the one in the middle hardly is.
    differences.sort_unstable();
    match differences.get(differences.len() / 2) {
        Some((seconds, provider)) => compared(*seconds, provider),
        None if measured.is_some_and(Difference::is_large) => {
            let measured = measured.map(Difference::words).unwrap_or_default();
            Finding::error(
                format!("This computer's clock was {measured} that of the provider that answered last."),
                FIX,
            )
        }
        None if now < NOT_BEFORE => {
            Finding::error(format!("This computer's clock says {now}, which cannot be."), FIX)
        }
        None => Finding::ok(format!("No provider was there to compare with, and {now} can be true.")),
    }
}

fn compared(seconds: i64, provider: &str) -> Finding {
    let off = Duration::from_secs(seconds.unsigned_abs());
    if off <= BORNE {
        return Finding::ok(format!(
            "This computer's clock agrees with {provider}'s to within {} s.",
            off.as_secs().max(1)
        ));
    }
    let side = if seconds > 0 { "ahead of" } else { "behind" };
    Finding::error(
        format!("This computer's clock is {} {side} {provider}'s, so sign-ins fail.", length::words(off)),
        FIX,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;
    use crate::doctor::network::{Host, Seen};
    use bowline_oauth::FaultKind;

    const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);

    fn off_by(seconds: &[i64]) -> Vec<Look> {
        let seen = |s: &i64| Seen { theirs: Some(NOON), ours: Wall::from_unix_ms(NOON.unix_ms() + s * 1000) };
        let host = |s: &i64| Host { name: "id.example".into(), secure: true, answer: Ok(seen(s)) };
        let hosts = seconds.iter().map(host).collect();
        vec![Look { provider: "Example".into(), metadata: Ok(()), gone: false, hosts }]
    }

    #[test]
    fn r50_a_clock_that_is_off_is_an_error_with_the_difference() {
        let ahead = judge(&off_by(&[600]), None, NOON);
        assert_eq!(ahead.level, Level::Error);
        assert_eq!(
            ahead.message,
            "This computer's clock is 10 minutes ahead of Example's, so sign-ins fail."
        );
        assert!(ahead.fix.unwrap().contains('`'));
        assert!(judge(&off_by(&[-7200]), None, NOON).message.contains("2 hours behind"));
    }

    #[test]
    fn two_minutes_are_borne_in_both_directions() {
        for (seconds, level) in
            [(0, Level::Ok), (120, Level::Ok), (-120, Level::Ok), (121, Level::Error), (-121, Level::Error)]
        {
            assert_eq!(judge(&off_by(&[seconds]), None, NOON).level, level, "{seconds}");
        }
    }

    #[test]
    fn one_server_with_a_wrong_clock_is_outvoted() {
        assert_eq!(judge(&off_by(&[1, 0, 90_000]), None, NOON).level, Level::Ok);
    }

    #[test]
    fn without_a_provider_only_the_impossible_is_wrong() {
        let mut looks = off_by(&[]);
        looks[0].hosts.push(Host { name: "x".into(), secure: true, answer: Err(FaultKind::Refused) });
        assert_eq!(judge(&looks, None, NOON).level, Level::Ok);
        assert_eq!(judge(&[], None, Wall::from_unix_ms(0)).level, Level::Error);
    }

    #[test]
    fn r50_without_an_answer_what_renewals_measured_is_told() {
        let measured = |seconds| Some(Difference::between(NOON, NOON + Duration::from_secs(seconds)));
        let off = judge(&[], measured(7200), NOON);
        assert_eq!(off.level, Level::Error);
        assert!(off.message.contains("was 2 hours behind that of the provider"), "{}", off.message);
        assert_eq!(judge(&[], measured(60), NOON).level, Level::Ok);
        assert_eq!(judge(&off_by(&[0]), measured(7200), NOON).level, Level::Ok, "it has been mended since");
    }
}
