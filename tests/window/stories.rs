//! What a person does with the window, from the first start on: connect, break, be told, mend.

use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Door, Home, Keyring, Practice, Request, Session, Window};
use serde_json::{Value, json};

use crate::desk::{Desk, connect_practice};

#[test]
fn the_first_start_shows_one_sentence_and_the_first_step() {
    let desk = Desk::set(Keyring::Unlocked);
    let window = desk.window(&[]);
    window.see("Sign in once, stay signed in");
    window.see("Add account");
    window.picture("first-start");
}

#[test]
fn the_page_is_drawn_once_it_is_there_and_then_has_what_is_typed() {
    let desk = Desk::set(Keyring::Unlocked);
    let window = desk.window(&[]);
    window.see("Add account");
    let at_its_start = window.run("return performance.getEntriesByName('bowline-begin')[0].detail");
    assert_eq!(
        at_its_start, "hidden",
        "a page that is drawn while its process starts can stop both for half a second"
    );
    assert_eq!(window.run("return document.visibilityState"), "visible");
    assert_eq!(window.run("return document.hasFocus()"), true);
}

#[test]
fn the_page_is_written_in_the_desktops_font() {
    let desk = Desk::set(Keyring::Unlocked).with_font("DejaVu Serif");
    let window = desk.window(&[]);
    window.see("Add account");
    let width = |family: &str| {
        window.run(&format!(
            "const word = document.createElement('span'); \
             word.style = 'position: absolute; font: 40px {family}'; \
             word.textContent = 'Bowline'; \
             document.body.append(word); \
             return word.getBoundingClientRect().width;"
        ))
    };
    assert_eq!(width("var(--sans)"), width("DejaVu Serif"));
    assert_ne!(width("var(--sans)"), width("DejaVu Sans"), "the two can be told apart");
}

#[test]
fn the_agent_that_the_window_starts_hears_nothing_of_how_its_page_is_painted() {
    let desk = Desk::set(Keyring::Unlocked);
    let window = desk.window(&[]);
    window.see("Add account");
    let agent =
        until("the agent's file", PATIENCE, || std::fs::read(desk.home.path().join("run/agent.json")).ok());
    let agent: Value = serde_json::from_slice(&agent).expect("it is JSON");
    let environment = std::fs::read(format!("/proc/{}/environ", agent["pid"])).expect("the agent runs");
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("BOWLINE_HOME="), "it is the window's child");
    for name in ["GDK_GL=", "WEBKIT_DISABLE_DMABUF_RENDERER="] {
        assert!(!environment.contains(name), "a browser that it opens would have it too: {name}");
    }
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
    window.see("One account. There is nothing to do");
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
fn r06_a_withdrawn_account_is_told_by_a_notification_whose_button_mends_it() {
    let desk = Desk::set(Keyring::Unlocked);
    let practice = Practice::start(&desk.home, &[]);
    let window = desk.window(&[]);
    connect_practice(&window);
    window.click("Done");
    desk.revoke(&practice, "practice");
    window.see("needs you");
    let told = desk.session.person(&["wait", "--match", "needs you"]);
    desk.session.person(&["act", &told[0]["id"].to_string(), "reconnect"]);
    window.see("One account. There is nothing to do");
    desk.session.person(&["wait-gone", "--match", "needs you"]);
    assert_eq!(desk.accounts()[0]["status"], "healthy");
}

#[test]
fn an_app_that_asks_is_approved_in_the_window_and_reads() {
    let desk = Desk::set(Keyring::Unlocked);
    let _practice = Practice::start(&desk.home, &[]);
    desk.home.connect("practice", &[]);
    let window = desk.window(&[]);
    window.see("One account");
    let socket = Door::Socket(desk.home.socket());
    let wish = json!({"name": "Mail", "wants": [{"provider": "practice"}], "because": "read your mail"});
    let asked = Request::new("POST", "/v1/apps").json(&wish.to_string()).send(&socket);
    assert_eq!(asked.status, 202, "{}", asked.text());
    let asked = asked.json();
    window.see("read your mail");
    window.see(&text(&asked["code"]));
    window.picture("an-app-asks");
    assert_eq!(
        window.run("return document.activeElement.textContent.trim()"),
        json!("Deny"),
        "a no is nearest"
    );
    window.click_first("Allow");
    let poll = format!("/v1/apps/requests/{}?wait=20", text(&asked["request"]));
    let answer = Request::get(&poll).key(&text(&asked["poll_secret"])).send(&socket).json();
    let key = text(&answer["app_key"]);
    let read = Request::get("/v1/accounts/practice/token").key(&key).send(&socket);
    assert_eq!(read.status, 200, "{}", read.text());
}

#[test]
fn p6_a_program_without_a_key_is_asked_about_in_the_window_and_a_no_is_a_no() {
    let desk = Desk::set(Keyring::Unlocked);
    let _practice = Practice::start(&desk.home, &[]);
    desk.home.connect("practice", &[]);
    let window = desk.window(&[]);
    window.see("One account");
    let socket = Door::Socket(desk.home.socket());
    // this very test is the program that asks
    let asking = std::thread::spawn(move || Request::get("/v1/accounts/practice/token").send(&socket));
    window.see("Started by");
    window.picture("a-program-asks");
    window.click_first("Deny");
    let answer = asking.join().expect("the program goes on");
    assert_eq!((answer.status, text(&answer.json()["code"])), (403, "approval_required".to_owned()));
}

#[test]
fn a_second_start_shows_the_first_window_at_the_place_it_names() {
    let desk = Desk::set(Keyring::Unlocked);
    let _practice = Practice::start(&desk.home, &[]);
    desk.home.connect("practice", &[]);
    let window = desk.window(&[]);
    window.see("One account");
    let mut second = desk.home.program(bowline_tests::window::program());
    let ran = bowline_tests::program::run(second.arg("practice"));
    assert_eq!(ran.code, 0, "{ran:?}");
    window.see("What happened");
}

#[test]
fn closing_the_window_is_explained_once_and_leaves_the_agent_at_work() {
    let desk = Desk::set(Keyring::Unlocked);
    let close = || desk.session.command("wmctrl").args(["-c", "Bowline"]).status().expect("wmctrl");
    let window = desk.window(&[]);
    window.see("Sign in once");
    assert!(close().success());
    window.see("keeps your accounts connected in the background");
    window.picture("closing");
    window.click_away("Close the window");
    desk.until_no_window();
    assert_eq!(desk.home.run(&["--no-autostart", "accounts"]).code, 0, "the agent is there");
    drop(window);
    let window = desk.window(&[]);
    window.see("Sign in once");
    assert!(close().success());
    desk.until_no_window();
}

#[test]
fn a_sign_in_goes_on_when_the_window_is_closed_meanwhile() {
    let desk = Desk::set(Keyring::Unlocked);
    let note = desk.home.path().join("page");
    let desk = desk.with_browser(&format!("printf %s \"$1\" >'{}'", note.display()));
    let _practice = Practice::start(&desk.home, &[]);
    let window = desk.window(&[]);
    window.click("Add account");
    window.click_first("Practice");
    window.click("Continue in the browser");
    window.see("Finish signing in");
    let page =
        until("the page", PATIENCE, || std::fs::read_to_string(&note).ok().filter(|text| !text.is_empty()));
    window.close();
    desk.until_no_window();
    bowline_tests::home::browse(&[], &page).expect_code(0);
    assert_eq!(desk.accounts()[0]["status"], "healthy");
}

#[test]
fn without_a_session_bus_and_a_keychain_the_window_opens_all_the_same() {
    let session = Session::with_display(Keyring::None);
    let display = session.environment().iter().find(|(name, _)| name == "DISPLAY").expect("a display");
    let home = Home::new()
        .with("DISPLAY", &display.1)
        .with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .with("XDG_RUNTIME_DIR", "/nowhere");
    let window = Window::open(&home, &[]);
    window.see("Sign in once, stay signed in");
}

#[test]
fn r22_a_locked_keychain_is_a_page_of_its_own_and_unlocking_serves_again() {
    let desk = Desk::set(Keyring::Unlocked);
    // this test reads a token as a script would, and nobody is to be asked about that here
    desk.home.settings("[ipc]\nowner = \"any\"\n");
    let _practice = Practice::start(&desk.home, &[]);
    desk.home.connect("practice", &[]);
    desk.home.run(&["stop"]).expect_code(0);
    desk.session.keyring("lock");
    let window = desk.window(&[]);
    window.see("keychain is locked");
    window.picture("locked");
    desk.session.keyring("unlock");
    window.click("Unlock");
    window.see("One account. There is nothing to do");
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
