//! The sentences in which an attempt's end is told.

use super::*;

#[test]
fn e65_every_end_is_told_in_a_short_sentence_that_names_provider_and_move() {
    for &kind in FailureKind::ALL {
        let error = failed("Acme", Failure::new(kind));
        assert!(error.detail.split_whitespace().count() <= 30, "{}", error.detail);
        assert!(error.detail.contains("Acme"), "{}", error.detail);
        for jargon in ["invalid_", "grant", "OAuth", "token", "redirect_uri", "id_token"] {
            assert!(!error.detail.contains(jargon), "{kind}: {}", error.detail);
        }
        let moves = ["try", "check", "connect", "ask", "change"];
        assert!(moves.iter().any(|m| error.detail.contains(m)), "{kind} names no move: {}", error.detail);
    }
}

#[test]
fn e56_a_fault_of_the_setup_never_asks_the_person_to_try_again() {
    for &kind in FailureKind::ALL.iter().filter(|kind| kind.verdict() == Verdict::FixProvider) {
        let error = failed("Acme", Failure::new(kind));
        assert!(!error.detail.contains("try again"), "{kind}: {}", error.detail);
        assert!(error.detail.contains("set up"), "{kind}: {}", error.detail);
    }
}

#[test]
fn each_refusal_of_the_callback_has_a_word_of_the_contract() {
    let code = |refused| refusal("Acme", refused).code;
    assert_eq!(code(Refused::Denied), "access_denied");
    assert_eq!(code(Refused::MissingCode), "missing_code");
    assert_eq!(code(Refused::IssuerMismatch), "issuer_mismatch");
    assert_eq!(code(Refused::Failed(Failure::new(FailureKind::InvalidScope))), "invalid_scope");
}

#[test]
fn e54_a_page_shows_a_whole_sentence() {
    assert_eq!(sentence("it did not work: try again"), "It did not work: try again.");
    assert_eq!(sentence(""), "");
    assert_eq!(sentence("über"), "Über.");
}

#[test]
fn a_provider_that_cannot_be_asked_is_waited_for_and_a_wrong_setup_is_not() {
    let provider = Provider::for_issuer("https://id.example").unwrap();
    for &kind in FailureKind::ALL {
        let waits =
            matches!(cannot_begin(&provider, Failure::new(kind)), EngineError::TemporarilyUnavailable { .. });
        assert_eq!(waits, kind.verdict() == Verdict::Wait, "{kind}");
    }
}
