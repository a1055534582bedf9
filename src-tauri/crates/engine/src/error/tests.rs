//! The engine's refusals as sentences, and what the vault's refusals become.

use std::path::PathBuf;

use super::*;

#[test]
fn o44_a_vault_that_is_locked_or_has_another_key_asks_for_the_key_and_not_for_the_disk() {
    let reason = |error| match EngineError::from(error) {
        EngineError::Locked { reason, detail } => (reason, detail),
        other => panic!("{other}"),
    };
    assert_eq!(reason(VaultError::Locked).0, Reason::KeychainLocked);
    let (why, detail) = reason(VaultError::KeyChanged);
    assert_eq!(why, Reason::KeyChanged);
    assert!(detail.contains("another key") && detail.contains("restore"), "{detail}");
}

#[test]
fn e18_any_other_trouble_of_the_vault_is_storage_and_names_its_file() {
    let file = PathBuf::from("data/vault.db");
    for error in [
        VaultError::DiskFull { file: file.clone() },
        VaultError::ReadOnly { file: file.clone() },
        VaultError::Busy { file: file.clone() },
    ] {
        let told = EngineError::from(error);
        assert_eq!(told.audit_code(), "storage_error");
        assert!(told.to_string().contains("vault.db"), "{told}");
    }
}

#[test]
fn e17_the_nearest_provider_is_suggested_where_there_is_one() {
    let told = |nearest: Option<&str>| {
        EngineError::ProviderNotFound { asked: "gogle".into(), nearest: nearest.map(str::to_owned) }
            .to_string()
    };
    assert_eq!(told(Some("google")), "there is no provider called \"gogle\": did you mean \"google\"?");
    assert_eq!(told(None), "there is no provider called \"gogle\"");
}

#[test]
fn a_malformed_wish_says_what_is_wrong_with_it() {
    let error = EngineError::invalid("a label needs at least one character");
    assert_eq!(
        (error.to_string().as_str(), error.audit_code()),
        ("a label needs at least one character", "invalid_request")
    );
    assert_eq!(EngineError::ApprovalRequired.audit_code(), "approval_required");
    assert_eq!(EngineError::Forbidden.audit_code(), "forbidden");
}
