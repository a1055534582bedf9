//! What a person does with the window, from the first start on: connect, break, be told, mend.

use bowline_tests::{Home, Keyring, Practice, Session, Window};
use serde_json::{Value, json};

use crate::desk::{Desk, connect_practice};

#[test]
fn the_first_start_shows_one_sentence_and_the_first_step() {
    let session = Session::with_display(Keyring::Unlocked);
    let home = Home::in_session(&session);
    let window = Window::open(&home, &[]);
    window.see("Sign in once, stay signed in");
    window.see("Add account");
    window.picture("first-start");
}

#[test]
fn a_person_connects_in_a_real_browser_and_sees_a_healthy_account() {
    let desk = Desk::set(Keyring::Unlocked);
    let _practice = Practice::start(&desk.home, &[]);
    let window = desk.window(&[]);
    connect_practice(&window);
    window.picture("connected");
    let account = &desk.accounts()[0];
    assert_eq!(
        (&account["status"], &account["provider"]),
        (&json!("healthy"), &json!("practice")),
        "{account}"
    );
    window.click("Done");
    window.see("One account, and it works");
    window.see("Connected");
    window.picture("healthy");
}

#[test]
fn r16_r28_an_account_that_needs_its_person_is_mended_with_two_clicks_and_keeps_its_id() {
    let desk = Desk::set(Keyring::Unlocked);
    let practice = Practice::start(&desk.home, &[]);
    let window = desk.window(&[]);
    connect_practice(&window);
    window.click("Done");
    window.see_no_more("needs you");
    let before = text(&desk.accounts()[0]["id"]);
    desk.revoke(&practice, "practice");
    window.see("needs you");
    window.picture("needs-you");
    window.click_first("Reconnect");
    window.click_if_there("Continue in the browser");
    window.see("Connected");
    window.see_no_more("needs you");
    let account = &desk.accounts()[0];
    assert_eq!((text(&account["id"]), text(&account["status"])), (before, "healthy".to_owned()));
}

#[test]
fn r22_a_locked_keychain_is_a_page_of_its_own_and_unlocking_serves_again() {
    let desk = Desk::set(Keyring::Unlocked);
    let _practice = Practice::start(&desk.home, &[]);
    desk.home.connect("practice", &[]);
    desk.home.run(&["stop"]).expect_code(0);
    desk.session.keyring("lock");
    let window = desk.window(&[]);
    window.see("keychain is locked");
    window.picture("locked");
    desk.session.keyring("unlock");
    window.click("Unlock");
    window.see("One account, and it works");
    assert_eq!(desk.home.run(&["token", "practice"]).code, 0);
}

#[test]
fn the_window_survives_the_agents_end_and_finds_the_next_one() {
    let desk = Desk::set(Keyring::Unlocked);
    let window = desk.window(&[]);
    window.see("Sign in once");
    desk.home.run(&["stop"]).expect_code(0);
    window.see("Bowline has stopped");
    window.picture("agent-gone");
    desk.home.run(&["accounts"]).expect_code(0);
    window.see("Sign in once");
    desk.home.run(&["stop"]).expect_code(0);
    window.see("Bowline has stopped");
    window.click("Start it again");
    window.see("Sign in once");
}

#[test]
fn names_full_of_markup_are_shown_as_text() {
    let desk = Desk::set(Keyring::Unlocked);
    let _practice = Practice::start(&desk.home, &[]);
    desk.home.connect("practice", &[]);
    desk.home.run(&["rename", "practice", "<img src=x onerror=document.title='run'>"]).expect_code(0);
    let window = desk.window(&[]);
    window.see("<img src=x");
    assert_ne!(window.run("return document.title"), json!("run"));
    assert_eq!(window.run("return document.querySelectorAll('img').length"), json!(0));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
