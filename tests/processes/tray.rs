//! The item in the tray on a real session bus: what it shows, what its menu does, and a tray that is absent or comes
//! later.

use bowline_tests::Agent;
use bowline_tests::wait::{PATIENCE, until};

use crate::desk::{ALL, Desk, bowline_beside, home_at, next_sign_in};
use crate::stage::QUICK;

#[test]
fn r06_the_tray_shows_by_its_shape_and_words_who_needs_the_person_and_its_menu_mends_it() {
    let desk = Desk::new();
    let well = desk.session.person(&["wait-tray", "--match", "no accounts yet"]);
    assert_eq!(well["icon_size"], serde_json::json!([22, 22]));
    let id = desk.connect("alice");
    desk.session.person(&["wait-tray", "--match", "all accounts are connected"]);
    desk.revoke("alice", &id);
    let needs = desk.session.person(&["wait-tray", "--match", "an account needs you"]);
    assert_eq!(needs["status"], "NeedsAttention", "{needs}");
    assert_ne!(needs["icon"], well["icon"], "another picture");
    let menu: Vec<&str> =
        needs["menu"].as_array().into_iter().flatten().filter_map(|word| word.as_str()).collect();
    assert_eq!(menu, ["Open Bowline", "Reconnect alice", "Quit Bowline"]);
    next_sign_in(&desk, "alice");
    desk.session.person(&["tray-click", "Reconnect alice"]);
    desk.until_status(&id, "healthy");
    let mended = desk.session.person(&["wait-tray", "--match", "all accounts are connected"]);
    assert_eq!((&mended["icon"], &mended["status"]), (&well["icon"], &serde_json::json!("Active")));
    assert_eq!(desk.opened().len(), 1);
}

#[test]
fn a_click_on_the_item_opens_the_window_and_quit_ends_the_agent() {
    let mut desk = Desk::new();
    desk.session.person(&["wait-tray"]);
    desk.session.person(&["tray-click"]);
    desk.until_window(" ");
    desk.session.person(&["tray-click", "Quit"]);
    until("the agent's end", PATIENCE, || (!desk.agent.is_alive()).then_some(()));
    assert!(desk.opened().is_empty());
}

#[test]
fn r51_without_a_tray_the_agent_runs_and_one_that_comes_later_or_comes_back_gets_the_item() {
    let desk = Desk::with(&[], QUICK);
    let id = desk.connect("alice");
    assert_eq!(desk.status(&id), "healthy");
    desk.session.person(&["start-tray"]);
    desk.session.person(&["wait-tray", "--match", "all accounts are connected"]);
    desk.session.person(&["stop-tray"]);
    assert_eq!(desk.status(&id), "healthy");
    desk.session.person(&["start-tray"]);
    desk.session.person(&["wait-tray", "--match", "all accounts are connected"]);
}

#[test]
fn headless_there_is_neither_a_tray_nor_a_notification() {
    let session = bowline_tests::Session::with(bowline_tests::Keyring::None, ALL);
    let home = home_at(&session);
    home.settings(QUICK);
    let practice = crate::stage::practice(&home, &[]);
    let agent = Agent::start(&home);
    let desk = Desk { agent, practice, home, session };
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(desk.on_screen().is_empty());
    assert_eq!(desk.session.person(&["tray"]), serde_json::Value::Null);
}

#[test]
fn without_a_session_bus_the_agent_starts_runs_and_ends() {
    let session = bowline_tests::Session::with(bowline_tests::Keyring::None, &[]);
    let home = home_at(&session).with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    home.settings(QUICK);
    let practice = crate::stage::practice(&home, &[]);
    let agent = Agent::start_by(home.program(bowline_beside(&home)).arg("agent"));
    let desk = Desk { agent, practice, home, session };
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(desk.status(&id), "needs_reconnect");
    assert_eq!(desk.agent.stop().code(), Some(0));
}
