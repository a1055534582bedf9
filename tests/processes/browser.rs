//! The person's own browser: Debian's Chromium through the practice provider's pages to Bowline's, with pictures of
//! what is seen (`target/screens/`).

use std::path::PathBuf;
use std::process::Command;

use bowline_tests::program::{code_of, run};
use bowline_tests::provider::prepare;
use bowline_tests::wait::PATIENCE;
use bowline_tests::{Ran, Running};
use serde_json::{Value, json};

use crate::stage::{Stage, begin, end_of, text};

fn screens() -> PathBuf {
    bowline_tests::root().join("target/screens")
}

/// Walks through the pages in Chromium; what was seen at the end.
fn walk(name: &str, options: &[&str], url: &str) -> Value {
    let shots = screens().join(name);
    let ran: Ran = run(Command::new("node")
        .arg(bowline_tests::root().join("tests/browser/chromium.mjs"))
        .args(["--shots", &shots.to_string_lossy()])
        .args(options)
        .arg(url)
        .env("BOWLINE_NODE_FOLDER", prepare("browser")));
    let seen = ran.expect_code(0).json();
    assert!(shots.join("1.png").is_file(), "a picture of the first page");
    seen
}

/// No code, no state, nothing but the page's own address is left in the address bar; no page complained.
fn assert_clean(seen: &Value) {
    let url = text(&seen["url"]);
    assert!(url.ends_with("/callback/done") && !url.contains('?') && !url.contains('#'), "8252-5: {url}");
    assert_eq!(seen["complaints"], json!([]), "no page has a console error");
}

#[test]
fn r8252_5_a_connection_in_a_real_browser_ends_on_a_page_without_the_code() {
    let stage = Stage::new(&[]);
    let (attempt, url) = begin(&stage.owner(), "practice");
    let seen = walk("connected", &[], &url);
    assert_clean(&seen);
    assert_eq!(seen["status"], 200);
    assert!(text(&seen["text"]).contains("Connected to Practice"), "{seen}");
    assert_eq!(end_of(&stage.owner(), &attempt)["state"], "connected");
}

#[test]
fn e11_saying_no_in_a_real_browser_ends_on_a_calm_page() {
    let stage = Stage::new(&[]);
    let arguments = ["connect", "practice", "--no-browser", "--json"];
    let mut connecting = Running::start("bowline connect", &mut stage.home.command(&arguments));
    let url = text(&connecting.event("authorize")["url"]);
    let seen = walk("denied", &["--refuse"], &url);
    assert_clean_but_for_the_answer(&seen);
    let words = text(&seen["text"]);
    assert!(words.contains("Not connected") && words.contains("nothing was saved"), "{words}");
    for alarm in ["error", "denied", "failed", "invalid"] {
        assert!(!words.to_lowercase().contains(alarm), "no alarm: {words}");
    }
    assert_eq!(code_of(connecting.wait(PATIENCE)), 9);
    let last: Value =
        serde_json::from_str(connecting.stdout_so_far().lines().last().unwrap_or("")).expect("JSON");
    assert_eq!(
        (&last["event"], &last["error"]["code"]),
        (&json!("failed"), &json!("access_denied")),
        "{last}"
    );
}

/// A browser notes in its console that the callback was answered with 400, which the contract asks for; nothing else.
fn assert_clean_but_for_the_answer(seen: &Value) {
    let mut seen = seen.clone();
    if let Some(complaints) = seen["complaints"].as_array_mut() {
        complaints.retain(|line| !line.as_str().is_some_and(|text| text.contains("400")));
    }
    assert_clean(&seen);
}

#[test]
fn the_pages_are_seen_on_a_narrow_and_dark_screen_too() {
    let stage = Stage::new(&[]);
    let (attempt, url) = begin(&stage.owner(), "practice");
    let seen = walk("narrow-dark", &["--dark", "--width", "320", "--user", "bob"], &url);
    assert_clean(&seen);
    assert_eq!(seen["overflow"], false, "nothing is cut off at 320 pixels");
    assert_eq!(end_of(&stage.owner(), &attempt)["account"]["username"], "bob");
}

#[test]
fn r8252_1_browser_names_the_program_that_opens_the_page() {
    let stage = Stage::new(&[]);
    let script = bowline_tests::root().join("tests/browser/chromium.mjs");
    let browser =
        format!("node {} --shots {}", script.display(), screens().join("by-browser-variable").display());
    let mut command = stage.home.command(&["connect", "practice", "--json", "--label", "by hand"]);
    // the agent opens the browser, and it was started before: the command's own agent is wanted
    assert_eq!(stage.agent.stop().code(), Some(0));
    let ran = run(command.env("BROWSER", browser).env("BOWLINE_NODE_FOLDER", prepare("browser")));
    assert_eq!(ran.code, 0, "{ran:?}");
    let last: Value = serde_json::from_str(ran.stdout.lines().last().unwrap_or("")).expect("JSON");
    assert_eq!(
        (&last["event"], &last["account"]["label"]),
        (&json!("connected"), &json!("by hand")),
        "{last}"
    );
}
