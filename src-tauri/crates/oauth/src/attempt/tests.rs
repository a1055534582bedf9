//! Attempts and the answers that come back: the right one, a stranger's, an error, another issuer's.

use std::collections::HashSet;

use bowline_base::random::{SeededRandom, SystemRandom};

use super::*;
use crate::token::sample::{self, ISSUER, public_client};

fn start_at(server: &Server, random: &dyn Random) -> Attempt {
    let (provider, client) = (sample::provider(), public_client());
    let params = AttemptParams {
        provider: &provider,
        server,
        client: &client,
        redirect_uri: sample::url("http://127.0.0.1:49152/callback"),
        scopes: provider.scopes.clone(),
        login_hint: None,
    };
    Attempt::start(&params, random).unwrap()
}

fn start(server: &Server) -> Attempt {
    start_at(server, &SeededRandom::new(1))
}

fn parameter(attempt: &Attempt, name: &str) -> String {
    let found = attempt.authorize_url().query_pairs().find(|(n, _)| n == name);
    found.map(|(_, v)| v.into_owned()).unwrap()
}

/// An answer with the attempt's own state.
fn answer(attempt: &Attempt, rest: &str) -> CallbackQuery {
    CallbackQuery::parse(&format!("state={}&{rest}", parameter(attempt, "state"))).unwrap()
}

fn redeem(server: &Server, rest: &str) -> Result<Redeemed, Refused> {
    let attempt = start(server);
    let callback = answer(&attempt, rest);
    attempt.redeem(&callback)
}

#[test]
fn the_right_answer_gives_what_the_token_request_needs() {
    let attempt = start(&sample::server());
    let (nonce, challenge) = (parameter(&attempt, "nonce"), parameter(&attempt, "code_challenge"));
    let callback = answer(&attempt, "code=c1");
    let redeemed = attempt.redeem(&callback).unwrap();
    assert_eq!(redeemed.code, Secret::new("c1"));
    assert_eq!(redeemed.nonce, Some(Secret::new(nonce)));
    assert_eq!(redeemed.redirect_uri.as_str(), "http://127.0.0.1:49152/callback");
    assert_eq!(redeemed.issuer.as_deref(), Some(ISSUER));
    let verifier = redeemed.verifier.unwrap();
    let made = oauth2::PkceCodeVerifier::new(verifier.expose().to_owned());
    assert_eq!(oauth2::PkceCodeChallenge::from_code_verifier_sha256(&made).as_str(), challenge);
}

#[test]
fn o25_state_verifier_and_nonce_never_repeat_and_differ_from_each_other() {
    let server = sample::server();
    let mut seen = HashSet::new();
    for _ in 0..2_000 {
        let attempt = start_at(&server, &SystemRandom);
        for name in ["state", "nonce", "code_challenge"] {
            let value = parameter(&attempt, name);
            assert_eq!(value.len(), 43, "256 bits");
            assert!(seen.insert(value), "{name} was made twice");
        }
    }
}

#[test]
fn e58_another_state_is_refused() {
    let attempt = start(&sample::server());
    let own = parameter(&attempt, "state");
    assert!(attempt.state_matches(&own));
    for wrong in ["", "x", &own[1..], &format!("{own}x"), &own.to_lowercase().to_uppercase()] {
        assert!(!attempt.state_matches(wrong), "{wrong}");
    }
    let forged = CallbackQuery::parse("code=c&state=forged").unwrap();
    assert_eq!(attempt.redeem(&forged), Err(Refused::WrongState));
}

#[test]
fn e59_no_state_is_refused() {
    let callback = CallbackQuery::parse("code=x").unwrap();
    assert_eq!(start(&sample::server()).redeem(&callback), Err(Refused::WrongState));
}

#[test]
fn e40_answers_of_attempts_at_once_cannot_cross() {
    let (one, two) = (start_at(&sample::server(), &SystemRandom), start_at(&sample::server(), &SystemRandom));
    let (for_one, for_two) = (answer(&one, "code=1"), answer(&two, "code=2"));
    assert!(!one.state_matches(for_two.state().unwrap()) && !two.state_matches(for_one.state().unwrap()));
    assert_eq!(two.redeem(&for_one), Err(Refused::WrongState));
    assert!(one.redeem(&for_one).is_ok());
}

#[test]
fn e57_an_answer_without_a_code_is_refused() {
    assert_eq!(redeem(&sample::server(), ""), Err(Refused::MissingCode));
    assert_eq!(redeem(&sample::server(), "code="), Err(Refused::MissingCode));
}

#[test]
fn e11_a_person_who_says_no_is_not_a_failure() {
    for rest in [
        "error=access_denied",
        "error=access_denied&code=c",
        "error=user_cancelled_login&error_description=The+user+cancelled",
        "error=access_denied&error_description=AADSTS65004%3A+User+declined+to+consent",
    ] {
        assert_eq!(redeem(&sample::server(), rest), Err(Refused::Denied), "{rest}");
    }
}

#[test]
fn error_words_in_the_browser_mean_what_they_mean_at_the_token_endpoint() {
    for (rest, kind) in [
        ("error=invalid_scope", FailureKind::InvalidScope),
        ("error=unauthorized_client", FailureKind::UnauthorizedClient),
        ("error=consent_required", FailureKind::ConsentRequired),
        ("error=server_error", FailureKind::ProviderError),
        ("error=temporarily_unavailable", FailureKind::ProviderError),
        ("error=who_knows", FailureKind::ProviderError),
        ("error=access_denied&error_description=AADSTS90094%3A+admin", FailureKind::AdminApprovalNeeded),
    ] {
        let Err(Refused::Failed(failure)) = redeem(&sample::server(), rest) else { panic!("{rest}") };
        assert_eq!((failure.kind, failure.http_status), (kind, None), "{rest}");
        assert_eq!(failure.host.as_deref(), Some("id.example"));
    }
}

#[test]
fn e36_the_providers_words_are_cleaned() {
    let rest = "error=server_error&error_description=%3Cb%3EBad%3C%2Fb%3E%0A%E2%80%AEday";
    let Err(Refused::Failed(failure)) = redeem(&sample::server(), rest) else { panic!() };
    assert_eq!(failure.provider_error.as_deref(), Some("server_error"));
    assert_eq!(failure.provider_description.as_deref(), Some("Bad day"));
}

// Who answers (RFC 9207). -----------------------------------------------------------------------------------

#[test]
fn r9207_1_an_issuer_is_compared_whenever_it_is_said() {
    let mut server = sample::server();
    for advertised in [false, true] {
        server.iss_in_callback = advertised;
        assert!(redeem(&server, "code=c&iss=https%3A%2F%2Fid.example").is_ok());
        for wrong in [
            "https://evil.example",
            "https://id.example/",
            "HTTPS://id.example",
            "https://ID.example",
            "https://id.example:443",
            "x",
        ] {
            let rest = format!("code=c&iss={wrong}");
            assert_eq!(
                redeem(&server, &rest),
                Err(Refused::IssuerMismatch),
                "{wrong}: nothing is made alike first"
            );
        }
    }
}

#[test]
fn r9207_1_an_issuer_that_was_promised_must_be_there() {
    let mut server = sample::server();
    assert!(redeem(&server, "code=c").is_ok());
    server.iss_in_callback = true;
    for rest in ["code=c", "code=c&iss=", "error=access_denied"] {
        assert_eq!(redeem(&server, rest), Err(Refused::IssuerMismatch), "{rest}");
    }
}

#[test]
fn r9207_2_another_issuers_error_is_not_shown() {
    let refused = redeem(
        &sample::server(),
        "error=server_error&error_description=canary&iss=https%3A%2F%2Fevil.example",
    );
    assert_eq!(refused, Err(Refused::IssuerMismatch));
    assert!(!format!("{refused:?}").contains("canary"));
}

#[test]
fn a_provider_without_an_issuer_has_nothing_to_compare_with() {
    let server = Server { issuer: None, ..sample::server() };
    assert!(redeem(&server, "code=c&iss=https%3A%2F%2Fgithub.com%2Flogin%2Foauth").is_ok());
}

#[test]
fn an_issuer_that_differs_by_tenant_fits_its_template_only() {
    let template = Some("https://login.example/{tid}/v2.0".to_owned());
    let server = Server { issuer: None, issuer_template: template, ..sample::server() };
    assert!(redeem(&server, "code=c&iss=https://login.example/72f988bf-86f1/v2.0").is_ok());
    for wrong in [
        "https://login.example/a/b/v2.0",
        "https://login.example//v2.0",
        "https://evil.example/a/v2.0",
        "https://login.example/a/v1.0",
    ] {
        assert_eq!(redeem(&server, &format!("code=c&iss={wrong}")), Err(Refused::IssuerMismatch), "{wrong}");
    }
}

#[test]
fn mc_01_the_issuer_is_recorded_when_the_attempt_begins() {
    let mut server = sample::server();
    let attempt = start(&server);
    server.issuer = Some("https://evil.example".into());
    let callback = answer(&attempt, "code=c");
    assert_eq!(attempt.redeem(&callback).unwrap().issuer.as_deref(), Some(ISSUER));
}

#[test]
fn r7636_3_an_attempt_prints_none_of_its_secrets() {
    let attempt = start(&sample::server());
    let secrets = [parameter(&attempt, "state"), parameter(&attempt, "nonce")];
    let printed = format!("{attempt:?}");
    assert!(secrets.iter().all(|s| !printed.contains(s.as_str())));
    let callback = answer(&attempt, "code=canary");
    let redeemed = attempt.redeem(&callback).unwrap();
    let printed = format!("{redeemed:?}");
    assert!(!printed.contains("canary") && secrets.iter().all(|s| !printed.contains(s.as_str())));
}
