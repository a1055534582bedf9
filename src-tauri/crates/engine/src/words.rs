//! The sentences in which an account's health is told. What happened, whose move it is, and which move; never
//! a word of the protocol.

use bowline_base::{Reason, Status, Wall};
use bowline_oauth::FailureKind;

use crate::lifecycle::Standing;
use crate::skew::Difference;

/// What a sentence about an account may name.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// A selector that fits the account alone.
    pub selector: &'a str,
    /// When the access token ends.
    pub access_expires_at: Option<Wall>,
    /// When the grant ends.
    pub grant_expires_at: Option<Wall>,
    /// That end is a guess.
    pub likely: bool,
    /// It can be renewed without the user.
    pub refreshable: bool,
    /// The required scopes that are missing, in words.
    pub missing: &'a str,
    /// The host that gave no answer, where that is known.
    pub host: Option<&'a str>,
    /// Where the person sees and withdraws what the provider allows, where its file says so.
    pub page: Option<&'a str>,
    /// How this computer's clock differed from that of the provider that answered last.
    pub skew: Option<Difference>,
    /// A renewed token is in memory alone, because the disk refused it.
    pub unsaved: bool,
}

/// One sentence that a person can act on.
pub fn message(standing: Standing, about: About<'_>) -> String {
    let About { provider, selector, missing, .. } = about;
    match standing.status {
        Status::Healthy if about.refreshable => "Connected. Renews by itself.".to_owned(),
        Status::Healthy => "Connected.".to_owned(),
        Status::Paused => format!("Paused by you: resume it with `bowline resume {selector}`."),
        Status::Locked => locked(standing.reason).to_owned(),
        Status::InsufficientPermissions => format!(
            "{provider} did not grant everything that is needed ({missing}): reconnect {selector} and allow it."
        ),
        Status::Expiring => expiring(standing.reason, about),
        Status::Degraded | Status::Unavailable if standing.reason.is_none() && about.unsaved => {
            "A renewed token cannot be saved: make room on the disk, and leave Bowline's agent running until it \
             is saved."
                .to_owned()
        }
        Status::Degraded | Status::Unavailable if standing.reason.is_none() => {
            format!(
                "{provider}'s token could not be renewed, for a cause on this computer: see `bowline doctor`."
            )
        }
        Status::Degraded => format!("{} It still works; nothing to do.", passing(standing.reason, about)),
        Status::Unavailable => {
            format!("{} Bowline tries again by itself.", passing(standing.reason, about))
        }
        Status::Misconfigured => misconfigured(standing.reason, provider),
        Status::NeedsReconnect => format!("{} Reconnect {selector}.", ended(standing.reason, about)),
    }
}

/// What stands in meanwhile: another account, or the person's own key.
pub fn meanwhile(other: Option<&str>) -> String {
    match other {
        Some(name) => format!("Meanwhile {name} stands in."),
        None => "Meanwhile your emergency key stands in.".to_owned(),
    }
}

/// Why the vault is locked, and the way out.
pub fn locked(reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::KeychainMissing) => {
            "No keychain holds the key to your accounts: start the keychain, or use a passphrase with \
             BOWLINE_KEYSTORE=passphrase."
        }
        Some(Reason::KeyChanged) => {
            "The keychain holds another key than your accounts were sealed with: restore the old key, or \
             reconnect your accounts in a new vault."
        }
        _ => "Your accounts are locked: unlock the keychain, or run `bowline vault unlock`.",
    }
}

fn expiring(reason: Option<Reason>, about: About<'_>) -> String {
    let About { provider, selector, .. } = about;
    match (reason, about.access_expires_at, about.grant_expires_at) {
        (Some(Reason::AccessExpiresNoRefresh), Some(end), _) => format!(
            "Works until {end}; {provider} gave no way to renew it, so reconnect {selector} before then."
        ),
        (_, _, Some(end)) if about.likely => {
            format!(
                "{provider} will probably ask you to sign in again around {end}: reconnect {selector} before then."
            )
        }
        (_, _, Some(end)) => {
            format!("{provider} will ask you to sign in again: reconnect {selector} before {end}.")
        }
        _ => format!("{provider} will soon ask you to sign in again: reconnect {selector}."),
    }
}

fn passing(reason: Option<Reason>, about: About<'_>) -> String {
    let provider = about.provider;
    match reason {
        Some(Reason::RateLimited) => format!("{provider} asks for a pause."),
        Some(Reason::BreakerOpen) => {
            format!("{provider} failed again and again, so it is left alone for a minute.")
        }
        Some(Reason::Tls) => {
            format!("{provider} cannot prove that it is {provider}: its certificate is not trusted.")
        }
        Some(Reason::ClockSkew) => match about.skew {
            Some(skew) if skew.is_large() => {
                format!("This computer's clock is {} {provider}'s: set the time automatically.", skew.words())
            }
            // The clocks agree, so that setting one would mend nothing.
            Some(_) => format!("{provider} gives access that has run out when it comes: tell its operator."),
            None => {
                format!("This computer's clock and {provider}'s differ too much: set the time automatically.")
            }
        },
        Some(Reason::ProviderError) => format!("{provider} answers, but not with anything useful."),
        _ => match about.host {
            Some(host) => format!("{provider} cannot be reached at {host}."),
            None => format!("{provider} cannot be reached."),
        },
    }
}

fn misconfigured(reason: Option<Reason>, provider: &str) -> String {
    match reason {
        Some(Reason::InvalidEndpoint) => format!(
            "{provider} is not where, or not who, its provider file says: compare the addresses and `issuer` in it, \
             then run `bowline doctor`."
        ),
        _ => format!(
            "{provider} does not accept the client id or secret that is set up: mend them in its provider file \
             or with `bowline providers set-secret`."
        ),
    }
}

/// What is wrong with how a provider is set up, where more is known than that. Begins in lower case.
pub(crate) fn set_up_wrongly(kind: FailureKind, provider: &str) -> Option<String> {
    let sentence = match kind {
        FailureKind::IssuerMismatch => format!(
            "another issuer answers for {provider} than the one that is set up, so nothing was used: check `issuer` in \
             its provider file against the provider's own papers"
        ),
        FailureKind::PkceUnsupported => format!(
            "{provider} is not set up to offer the protected sign-in that Bowline insists on (PKCE with S256): ask its \
             operator to turn that on"
        ),
        FailureKind::Misconfigured => format!(
            "an address or the client id of {provider} is not set up, or cannot be used: check its provider file and \
             `bowline providers show`"
        ),
        FailureKind::UnauthorizedClient => format!(
            "{provider} does not let the client that is set up do this, or not from this address: check the address \
             that `bowline providers show` names"
        ),
        _ => return None,
    };
    Some(sentence)
}

/// A sentence as a page shows it: begins with a capital and ends with a stop.
pub(crate) fn whole(detail: &str) -> String {
    let mut letters = detail.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}

fn ended(reason: Option<Reason>, About { provider, page, .. }: About<'_>) -> String {
    match reason {
        Some(Reason::RefreshTokenExpired) => format!("Your sign-in at {provider} has run out."),
        Some(Reason::RefreshTokenMissing) => {
            format!("Your sign-in at {provider} has run out and cannot be renewed.")
        }
        Some(Reason::InactiveTooLong) => format!("{provider} ended your sign-in because it was not used."),
        Some(Reason::ConsentRequired) => format!("{provider} wants you to agree again."),
        Some(Reason::TokenCorrupted) => format!("What was stored for {provider} is damaged."),
        Some(Reason::ReuseSuspected) => {
            format!("{provider} ended your sign-in after an answer was lost on the way.")
        }
        Some(Reason::InterruptedRenewal) => {
            format!("A renewal at {provider} was cut off, and its answer is lost.")
        }
        Some(Reason::AdminApprovalNeeded) => {
            format!("Your organisation's administrator has to allow this at {provider} first.")
        }
        Some(Reason::StepUpRequired) => format!("{provider} wants a stronger sign-in."),
        _ => match page {
            Some(page) => format!("{provider} ended access, as you can see at {page}."),
            None => format!("{provider} ended access."),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::{Class, class};

    const ABOUT: About<'static> = About {
        provider: "Example",
        selector: "work",
        access_expires_at: Some(Wall::from_unix_ms(0)),
        grant_expires_at: Some(Wall::from_unix_ms(0)),
        likely: true,
        refreshable: true,
        missing: "read mail",
        host: Some("id.example"),
        page: None,
        skew: None,
        unsaved: false,
    };

    fn sentence(status: Status, reason: Option<Reason>) -> String {
        message(Standing { status, reason, action: status.action() }, ABOUT)
    }

    #[test]
    fn e65_every_sentence_is_short_and_free_of_jargon() {
        for &status in Status::ALL {
            for reason in Reason::ALL.iter().copied().map(Some).chain([None]) {
                let text = sentence(status, reason);
                assert!(text.split_whitespace().count() <= 33, "{text}");
                for jargon in ["invalid_", "grant_", "refresh token", "OAuth", "401", "Authentication failed"]
                {
                    assert!(!text.contains(jargon), "{text}");
                }
            }
        }
    }

    #[test]
    fn e65_each_cause_of_a_wrong_setup_has_a_sentence_of_its_own() {
        use bowline_oauth::Verdict;
        let wrong = FailureKind::ALL.iter().filter(|kind| kind.verdict() == Verdict::FixProvider);
        let told: Vec<String> = wrong.filter_map(|kind| set_up_wrongly(*kind, "Example")).collect();
        assert_eq!(told.len(), 4, "only a wrong client id or secret has none: its reason says it");
        for text in &told {
            assert!(!text.contains("secret") && text.split_whitespace().count() <= 33, "{text}");
            assert_eq!(told.iter().filter(|other| *other == text).count(), 1);
        }
    }

    #[test]
    fn r50_a_clock_that_is_off_is_told_by_how_much_and_one_that_is_right_is_not_blamed() {
        let skewed = |seconds: u64| {
            let skew = Difference::between(
                Wall::from_unix_ms(0),
                Wall::from_unix_ms(0) + std::time::Duration::from_secs(seconds),
            );
            let standing =
                Standing { status: Status::Unavailable, reason: Some(Reason::ClockSkew), action: None };
            message(standing, About { skew: Some(skew), ..ABOUT })
        };
        let off = "This computer's clock is 2 hours behind Example's: set the time automatically.";
        assert!(skewed(7200).starts_with(off), "{}", skewed(7200));
        assert!(!skewed(10).contains("clock") && skewed(10).contains("Example"), "{}", skewed(10));
    }

    #[test]
    fn r30_a_sentence_about_a_broken_account_names_the_provider_and_the_move() {
        for &reason in Reason::ALL.iter().filter(|r| class(**r) == Class::Reconnect) {
            let text = sentence(Status::NeedsReconnect, Some(reason));
            assert!(text.contains("Example") && text.contains("econnect work"), "{text}");
        }
    }

    #[test]
    fn r09_a_revocation_names_the_page_where_the_person_can_see_it() {
        let standing = Standing {
            status: Status::NeedsReconnect,
            reason: Some(Reason::Revoked),
            action: Status::NeedsReconnect.action(),
        };
        let page = Some("https://github.com/settings/applications");
        let told = message(standing, About { provider: "GitHub", selector: "work", page, ..ABOUT });
        assert_eq!(
            told,
            "GitHub ended access, as you can see at https://github.com/settings/applications. Reconnect work."
        );
    }
}
