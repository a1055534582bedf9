//! Notifications with their buttons on a real session bus: what is shown, what a click does, and a notification
//! service that is absent, dies, or comes back.

use serde_json::json;

use crate::desk::{Desk, next_sign_in};

#[test]
fn r06_a_notification_with_a_reconnect_button_leads_to_the_same_account_healthy_again() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    assert!(desk.on_screen().is_empty(), "a connection is not told");
    desk.revoke("alice", &id);
    let told = desk.told("needs you");
    assert_eq!(told["actions"]["reconnect"], "Reconnect", "{told}");
    assert_eq!(told["actions"]["later"], "Later");
    assert!(told["summary"].as_str().unwrap().contains("alice"), "{told}");
    assert!(told["body"].as_str().unwrap().contains("Practice"), "it names the provider: {told}");
    assert!(desk.opened().is_empty(), "p7: nothing opens by itself");
    next_sign_in(&desk, "alice");
    desk.presses(&told, "reconnect");
    desk.until_status(&id, "healthy");
    let opened = desk.opened();
    assert_eq!(opened.len(), 1);
    assert!(opened[0].contains("/authorize?"), "{opened:?}");
    desk.session.person(&["wait-gone"]);
    assert_eq!(desk.calls().len(), 1, "success is not told");
    assert_eq!(json!(desk.opened().len()), json!(1));
}
