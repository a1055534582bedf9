//! Which crate may use which: arrows point down only, and an outside crate has one home.

use crate::assert_none;
use crate::tree::{Crate, crates, files};

const ALL: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
const SHIPPED: [&str; 2] = ["dependencies", "build-dependencies"];

/// A crate and the crates of ours that it may name. Neighbours on a floor never look at each other.
const FLOORS: [(&str, &[&str]); 11] = [
    ("bowline-base", &[]),
    ("bowline-oauth", &["base"]),
    ("bowline-vault", &["base"]),
    ("bowline-wire", &["base"]),
    ("bowline-practice", &["base"]),
    ("bowline-words", &["base"]),
    ("bowline-engine", &["base", "oauth", "vault", "words"]),
    ("bowline-ipc", &["base", "oauth", "vault", "wire", "engine"]),
    ("bowline-agent", &["base", "oauth", "vault", "wire", "practice", "words", "engine", "ipc"]),
    ("bowline-cli", &["base", "wire", "words", "agent"]),
    ("bowline-desktop", &["base", "wire"]),
];

/// An outside crate and its home.
const HOMES: [(&str, &str); 14] = [
    ("chrono", "bowline-base"),
    ("oauth2", "bowline-oauth"),
    ("reqwest", "bowline-oauth"),
    ("rusqlite", "bowline-vault"),
    ("keyring", "bowline-agent"),
    ("keyring-core", "bowline-agent"),
    ("notify-rust", "bowline-agent"),
    ("toml_edit", "bowline-agent"),
    ("ksni", "bowline-agent"),
    ("zbus", "bowline-agent"),
    ("fluent-bundle", "bowline-words"),
    ("tauri", "bowline-desktop"),
    ("gtk", "bowline-desktop"),
    ("webkit2gtk", "bowline-desktop"),
];

/// A crate and what it never uses: no runtime below the engine's floor but in the protocol, and none in the
/// terminal; no shapes where nothing is stored or sent as JSON.
const NEVER: [(&str, &[&str]); 6] = [
    ("bowline-base", &["tokio", "serde", "serde_json"]),
    ("bowline-vault", &["tokio", "serde", "serde_json"]),
    ("bowline-wire", &["tokio", "reqwest", "rustls"]),
    ("bowline-words", &["tokio", "serde", "serde_json"]),
    ("bowline-engine", &["serde", "serde_json", "axum", "hyper"]),
    ("bowline-cli", &["tokio", "reqwest", "rustls"]),
];

#[test]
fn a_crate_names_only_the_floors_below_it() {
    let mut findings = Vec::new();
    for each in crates() {
        let ours = each
            .dependencies(&ALL)
            .into_iter()
            .filter_map(|name| name.strip_prefix("bowline-").map(str::to_owned));
        let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == each.name) else {
            if each.name != "bowline-tests" {
                findings.push(format!("{} has no floor: add it to tests/rules/floors.rs", each.name));
            }
            continue;
        };
        findings.extend(
            ours.filter(|n| !allowed.contains(&n.as_str()))
                .map(|n| format!("{} names bowline-{n}", each.name)),
        );
    }
    assert_none("Arrows between floors point down only.", &findings);
}

#[test]
fn folder_x_is_package_bowline_x() {
    let is_named = |each: &Crate| {
        let folder =
            each.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        each.name == format!("bowline-{folder}") || (folder == "src-tauri" && each.name == "bowline-desktop")
    };
    let wrong: Vec<String> =
        crates().iter().filter(|each| !is_named(each)).map(|each| each.name.clone()).collect();
    assert_none("A package is named after its folder.", &wrong);
}

#[test]
fn an_outside_crate_has_one_home() {
    let mut findings = Vec::new();
    for each in crates() {
        for name in each.dependencies(&SHIPPED) {
            let home = HOMES.iter().find(|(outside, _)| *outside == name).map(|(_, home)| *home);
            if home.is_some_and(|home| home != each.name) {
                findings.push(format!(
                    "{} uses {name}, whose home is {}",
                    each.name,
                    home.unwrap_or_default()
                ));
            }
        }
    }
    assert_none("An outside crate has one home; other floors ask that floor.", &findings);
}

#[test]
fn some_crates_do_without_some_things() {
    let mut findings = Vec::new();
    for each in crates() {
        let never = NEVER.iter().filter(|(name, _)| *name == each.name).flat_map(|(_, never)| *never);
        let used = each.dependencies(&SHIPPED);
        findings.extend(
            never.filter(|n| used.iter().any(|u| u == *n)).map(|n| format!("{} uses {n}", each.name)),
        );
    }
    assert_none("Some floors do without a runtime, without JSON shapes or without TLS.", &findings);
}

#[test]
fn every_version_is_named_once_in_the_root() {
    let mut findings = Vec::new();
    for each in crates() {
        for section in ALL {
            let Some(table) = each.manifest.get(section).and_then(toml::Value::as_table) else { continue };
            let own = table.iter().filter(|(_, value)| value.get("workspace").is_none());
            findings.extend(own.map(|(name, _)| format!("{}: {name}", each.name)));
        }
    }
    assert_none("Versions stand in the root's [workspace.dependencies].", &findings);
}

#[test]
fn the_terminal_names_the_agent_in_one_file() {
    let inside = |path: &str| path.starts_with("src-tauri/crates/cli/src/") && !path.ends_with("/start.rs");
    let named: Vec<String> = files()
        .into_iter()
        .filter(|f| inside(&f.path) && f.text.contains("bowline_agent"))
        .map(|f| f.path)
        .collect();
    assert_none("Only cli's start.rs names bowline-agent; every verb goes through wire.", &named);
}
