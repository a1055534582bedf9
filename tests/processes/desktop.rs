//! Notifications with their buttons on a real session bus: what is shown, what a click does, and a notification
//! service that is absent, dies, or comes back.

use bowline_tests::Request;
use serde_json::{Value, json};

use crate::desk::{ALL, Desk, next_sign_in};
use crate::stage::{QUICK, expect, get, post, text};

#[test]
fn r06_a_notification_with_a_reconnect_button_leads_to_the_same_account_healthy_again() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    assert!(desk.on_screen().is_empty(), "a connection is not told");
    desk.revoke("alice", &id);
    let told = desk.told("needs you");
    assert_eq!(told["actions"]["reconnect"], "Reconnect", "{told}");
    assert_eq!(told["actions"]["later"], "Later");
    assert!(text(&told["summary"]).contains("alice"), "{told}");
    assert!(text(&told["body"]).contains("Practice"), "it names the provider: {told}");
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

#[test]
fn r06_a_click_on_the_notification_itself_opens_the_window_at_the_account_and_brings_it_to_the_front() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    let told = desk.told("needs you");
    desk.presses(&told, "default");
    desk.until_window(&format!("token-{} {id}", told["id"]));
    assert!(desk.opened().is_empty(), "no browser");
}

#[test]
fn r69_five_accounts_that_end_together_are_one_notification_that_leads_to_the_window() {
    let desk = Desk::new();
    let people = ["alice", "bob", "carol", "dave", "erin"];
    let ids: Vec<String> = people.iter().map(|person| desk.connect(person)).collect();
    people.iter().zip(&ids).for_each(|(person, id)| desk.revoke(person, id));
    let told = desk.told("5 accounts need you");
    assert!(text(&told["body"]).contains("and 3 more"), "{told}");
    assert_eq!(told["actions"]["review"], "Review");
    assert_eq!(desk.on_screen().len(), 1);
    let numbers: std::collections::BTreeSet<i64> =
        desk.calls().iter().filter_map(|call| call["id"].as_i64()).collect();
    assert_eq!(numbers.len(), 1, "one place on the screen for all of them: {:?}", desk.calls());
    desk.presses(&told, "review");
    desk.until_window(&format!("token-{} ", told["id"]));
    assert!(desk.opened().is_empty(), "p7");
}

#[test]
fn r61_the_notification_goes_when_the_account_is_mended_elsewhere_and_a_late_click_says_so() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    let told = desk.told("needs you");
    assert_eq!(desk.connect("alice"), id, "the same account, mended at the terminal");
    desk.session.person(&["wait-gone"]);
    desk.presses(&told, "reconnect");
    let late = desk.told("already connected");
    assert_eq!(late["id"], told["id"], "m32: in the same place");
    assert!(text(&late["body"]).contains("alice"), "{late}");
    assert_eq!(late["actions"].as_object().map(serde_json::Map::len), Some(1), "nothing to press but itself");
    assert!(desk.opened().is_empty(), "a late click opens no browser");
    assert_eq!(desk.status(&id), "healthy");
}

#[test]
fn later_takes_the_notification_away_and_nothing_else() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    desk.presses(&desk.told("needs you"), "later");
    desk.session.person(&["wait-gone"]);
    crate::stage::post(&desk.owner(), &format!("/v1/accounts/{id}/refresh"), &serde_json::Value::Null);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(desk.on_screen().is_empty());
    assert_eq!((desk.status(&id).as_str(), desk.opened().len()), ("needs_reconnect", 0));
}

#[test]
fn o30_allow_gives_the_app_its_key_and_a_wish_that_fits_several_accounts_is_looked_at_first() {
    let desk = Desk::new();
    desk.connect("alice");
    let wish = json!({"name": "Mail", "wants": [{"provider": "practice"}], "because": "send"});
    let asked = expect(202, &post(&desk.agent.loopback(), "/v1/apps", &wish));
    let told = desk.told("Mail asks for access");
    assert!(text(&told["body"]).contains(&text(&asked["code"])), "{told}");
    desk.presses(&told, "allow");
    let key = answer(&desk, &asked)["app_key"].as_str().map(str::to_owned).expect("the app's key arrives");
    let read = Request::get("/v1/accounts/practice/token")
        .header("Authorization", &format!("Bearer {key}"))
        .send(&desk.agent.loopback());
    assert_eq!(read.status, 200, "{}", read.text());
    desk.connect("bob");
    let asked = expect(202, &post(&desk.agent.loopback(), "/v1/apps", &wish));
    let told = desk.told("Mail asks for access");
    assert!(told["actions"].get("allow").is_none(), "{told}");
    desk.presses(&told, "review");
    desk.until_window(&format!("token-{} --request {}", told["id"], text(&asked["request"])));
}

#[test]
fn o30_deny_is_heard_by_the_app_and_a_second_press_does_nothing() {
    let desk = Desk::new();
    desk.connect("alice");
    let wish = json!({"name": "Mail", "wants": [{"provider": "practice"}]});
    let asked = expect(202, &post(&desk.agent.loopback(), "/v1/apps", &wish));
    let told = desk.told("Mail asks for access");
    desk.presses(&told, "deny");
    assert_eq!(answer(&desk, &asked)["state"], "denied");
    desk.presses(&told, "allow");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!((answer(&desk, &asked)["state"].clone(), desk.on_screen().len()), (json!("denied"), 0));
}

#[test]
fn o30_an_answer_that_comes_after_one_at_the_terminal_does_nothing_and_says_so() {
    let desk = Desk::new();
    desk.connect("alice");
    let wish = json!({"name": "Mail", "wants": [{"provider": "practice"}]});
    let asked = expect(202, &post(&desk.agent.loopback(), "/v1/apps", &wish));
    let told = desk.told("Mail asks for access");
    desk.home.run(&["apps", "deny", &text(&asked["request"])]).expect_code(0);
    desk.session.person(&["wait-gone"]);
    desk.presses(&told, "allow");
    assert_eq!(desk.told("was answered already")["id"], told["id"]);
    assert_eq!(answer(&desk, &asked)["state"], "denied");
}

#[test]
fn r29_an_app_that_waits_is_named_with_its_reason_and_the_button_answers_its_question() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    desk.told("needs you");
    let body = json!({"because": "publish your post"});
    let asked = expect(200, &post(&desk.owner(), &format!("/v1/accounts/{id}/reconnect"), &body));
    let told = desk.told("publish your post");
    assert_eq!(desk.on_screen().len(), 1);
    next_sign_in(&desk, "alice");
    desk.presses(&told, "reconnect");
    let request = text(&asked["request"]);
    let state = expect(200, &get(&desk.owner(), &format!("/v1/requests/{request}?wait=30")));
    assert_eq!(state["state"], "done", "{state}");
    assert_eq!(desk.status(&id), "healthy");
}

#[test]
fn r51_without_a_notification_service_everything_works_and_one_that_comes_shows_what_is_still_true() {
    let desk = Desk::with(&[], QUICK);
    let (alice, bob) = (desk.connect("alice"), desk.connect("bob"));
    desk.revoke("alice", &alice);
    desk.revoke("bob", &bob);
    assert_eq!(desk.connect("bob"), bob, "mended before anybody could say so");
    std::thread::sleep(std::time::Duration::from_secs(3));
    desk.session.person(&["start-service"]);
    let told = desk.told("needs you");
    assert!(text(&told["summary"]).contains("alice"), "{told}");
    assert_eq!(desk.on_screen().len(), 1);
}

#[test]
fn r51_a_service_that_dies_and_comes_back_gets_the_same_notice_and_its_button_works() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    desk.told("needs you");
    desk.session.person(&["stop-service"]);
    assert_eq!(desk.status(&id), "needs_reconnect", "nothing waits for the service");
    desk.session.person(&["start-service"]);
    let told = desk.told("needs you");
    next_sign_in(&desk, "alice");
    desk.presses(&told, "reconnect");
    desk.until_status(&id, "healthy");
    desk.session.person(&["wait-gone"]);
}

#[test]
fn r51_a_service_without_buttons_gets_the_command_to_type() {
    let desk = Desk::with(&[], QUICK);
    desk.session.person(&["start-service", "--no-actions"]);
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    let told = desk.told("needs you");
    assert!(told["actions"].as_object().is_some_and(serde_json::Map::is_empty), "{told}");
    assert!(text(&told["body"]).contains("bowline reconnect alice"), "{told}");
}

#[test]
fn quiet_hours_hold_what_accounts_need_and_not_what_apps_ask() {
    let settings = format!("{QUICK}[notifications]\nquiet_hours = \"00:00-23:59\"\n");
    let desk = Desk::with(ALL, &settings);
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    let wish = json!({"name": "Mail", "wants": [{"provider": "practice"}]});
    expect(202, &post(&desk.agent.loopback(), "/v1/apps", &wish));
    desk.told("Mail asks for access");
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(desk.on_screen().len(), 1);
    desk.home.settings(QUICK);
    desk.told("alice needs you");
}

#[test]
fn p7_a_click_that_another_program_of_the_session_makes_up_gives_no_app_anything() {
    let desk = Desk::new();
    desk.connect("alice");
    let wish = json!({"name": "Mail", "wants": [{"provider": "practice"}]});
    let asked = expect(202, &post(&desk.agent.loopback(), "/v1/apps", &wish));
    let told = desk.told("Mail asks for access");
    let signal = [
        "--session",
        "--type=signal",
        "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications.ActionInvoked",
        &format!("uint32:{}", told["id"]),
        "string:allow",
    ];
    let sent = desk.session.command("dbus-send").args(signal).status().expect("dbus-send runs");
    assert!(sent.success());
    std::thread::sleep(std::time::Duration::from_secs(2));
    let poll = format!("/v1/apps/requests/{}", text(&asked["request"]));
    let secret = format!("Bearer {}", text(&asked["poll_secret"]));
    let state = Request::get(&poll).header("Authorization", &secret).send(&desk.agent.loopback());
    assert_eq!(expect(200, &state)["state"], "pending");
}

#[test]
fn at_the_agents_end_its_notifications_go_because_nobody_would_hear_their_buttons() {
    let desk = Desk::new();
    let id = desk.connect("alice");
    desk.revoke("alice", &id);
    desk.told("needs you");
    let Desk { agent, session, .. } = desk;
    assert_eq!(agent.stop().code(), Some(0));
    assert_eq!(session.person(&["notifications"]), json!([]));
}

/// What became of an app's question, asked after with its own secret.
fn answer(desk: &Desk, asked: &Value) -> Value {
    let path = format!("/v1/apps/requests/{}?wait=30", text(&asked["request"]));
    let secret = format!("Bearer {}", text(&asked["poll_secret"]));
    expect(200, &Request::get(&path).header("Authorization", &secret).send(&desk.agent.loopback()))
}
