//! The story that `make run` plays where there is no display: a person connects a practice account in the window,
//! loses it at the provider, is told, and mends it with the notification's button. Everything is the real thing, in a
//! private session of its own; pictures of what the person sees are left in the folder that `BOWLINE_PICTURES` names.

#![allow(clippy::print_stdout)]

use bowline_tests::provider::prepare;
use bowline_tests::{Door, Home, Keyring, Request, Session, Window};
use serde_json::{Value, json};

fn main() {
    let session = Session::with_display(Keyring::Unlocked);
    let browser = bowline_tests::root().join("tests/browser/chromium.mjs");
    let home = Home::in_session(&session)
        .with("BROWSER", &format!("node {}", browser.display()))
        .with("BOWLINE_NODE_FOLDER", &prepare("browser").to_string_lossy());
    println!("   the window opens for the first time");
    let window = Window::open(&home, &[]);
    window.see("Sign in once, stay signed in");
    window.picture("1-first-start");
    println!("   \"Try it with a practice account\", then the sign-in in Chromium");
    window.click("Try it with a practice account");
    window.see("Continue in the browser");
    window.picture("2-what-is-asked");
    window.click("Continue in the browser");
    window.see("is connected");
    window.picture("3-connected");
    window.click("Done");
    window.see("One account. There is nothing to do");
    window.picture("4-healthy");
    println!("   access is withdrawn at the provider");
    withdraw(&home);
    window.see("needs you");
    window.picture("5-needs-you");
    let told = session.person(&["wait", "--match", "needs you"]);
    println!("   a notification says: {} – {}", words(&told[0]["summary"]), words(&told[0]["body"]));
    println!("   its button \"Reconnect\" is pressed");
    session.person(&["act", &told[0]["id"].to_string(), "reconnect"]);
    window.see("One account. There is nothing to do");
    window.see_no_more("needs you");
    window.picture("6-mended");
    println!("   the account is connected again, with the same id");
    home.run(&["stop"]);
}

/// Ends all access at the practice provider, and lets the account find that out.
fn withdraw(home: &Home) {
    let all = home.run(&["providers", "list", "--json"]).expect_code(0).json();
    let practice = all["providers"].as_array().into_iter().flatten().find(|each| each["id"] == "practice");
    let issuer = words(&practice.expect("the practice provider runs")["issuer"]);
    let order = json!({"revoke": true}).to_string();
    let done = Request::new("POST", "/_practice").json(&order).send(&Door::at(&issuer));
    assert_eq!(done.status, 200, "{}", done.text());
    home.run(&["refresh", "practice"]).expect_code(4);
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
