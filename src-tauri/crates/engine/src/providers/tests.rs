//! Which provider a person means, and to whom an account's tokens may go.

use std::path::Path;

use bowline_base::Wall;

use super::*;
use crate::sample;

fn built_in() -> Providers {
    let nowhere = Path::new("no-such-folder-of-provider-files");
    Providers::new(nowhere, nowhere.join("practice.toml"))
}

fn account(provider: &str, issuer: Option<&str>) -> Account {
    Account {
        provider: ProviderId::parse(provider).unwrap(),
        issuer: issuer.map(str::to_owned),
        ..sample::account(Wall::from_unix_ms(0))
    }
}

#[test]
fn a_provider_is_found_by_its_id_by_an_address_and_by_an_issuer() {
    let providers = built_in();
    assert_eq!(providers.find("google").unwrap().id.as_str(), "google");
    assert_eq!(providers.find("ana@gmail.com").unwrap().id.as_str(), "google");
    assert_eq!(providers.find("https://id.example").unwrap().issuer.as_deref(), Some("https://id.example"));
}

#[test]
fn e17_a_name_that_nobody_has_suggests_the_nearest() {
    let Err(EngineError::ProviderNotFound { nearest, .. }) = built_in().find("gogle") else {
        panic!("nobody")
    };
    assert_eq!(nearest.as_deref(), Some("google"));
}

#[test]
fn an_address_that_is_not_safe_is_no_issuer() {
    for wrong in [
        "http://id.example",
        "ftp://id.example",
        "https://user:pass@id.example",
        "https://id.example/?q=1",
        "://",
    ] {
        let found = built_in().find(wrong);
        assert!(matches!(found, Err(EngineError::ProviderMisconfigured { .. })), "{wrong}");
    }
}

#[test]
fn the_practice_provider_says_how_to_start_it() {
    let error = built_in().find(PRACTICE).unwrap_err();
    assert!(error.to_string().contains("bowline practice"), "{error}");
}

#[test]
fn r9700_7_tokens_never_go_to_another_issuer_than_the_one_that_gave_them() {
    let providers = built_in();
    let google = "https://accounts.google.com";
    assert!(providers.of(&account("google", Some(google))).is_ok());
    let error = providers.of(&account("google", Some("https://evil.example"))).unwrap_err();
    assert!(matches!(error, EngineError::ProviderMisconfigured { .. }), "{error}");
    let known = providers.known(&account("google", Some("https://evil.example")));
    assert_eq!(known.name, "google", "the bare id, where nothing else holds");
}

#[test]
fn an_account_of_an_issuer_finds_it_again_without_a_file() {
    let providers = built_in();
    let made = providers.find("https://id.example").unwrap();
    let again = providers.of(&account(made.id.as_str(), Some("https://id.example"))).unwrap();
    assert_eq!(again.issuer, made.issuer);
    assert!(providers.of(&account("gone", None)).is_err());
}

#[test]
fn e22_a_file_that_does_not_parse_is_named_with_its_field() {
    let error = check("id = \"acme\"\nname = \"Acme\"\nscopes = \"a\"\n", Some("acme.toml")).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("scopes"));
    assert!(error.to_string().contains("acme.toml"), "{error}");
}
