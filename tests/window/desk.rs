//! A desk to sit at: a private session with a display, a home in it, and the window.

use bowline_tests::program::put_script;
use bowline_tests::provider::prepare;
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Home, Keyring, Practice, Request, Session, Window};
use serde_json::{Value, json};

/// A session with a display, and a home whose browser signs in by itself.
pub(crate) struct Desk {
    // the home's agent ends before its session does
    pub(crate) home: Home,
    pub(crate) session: Session,
}

impl Desk {
    /// With this keyring, and Debian's Chromium as the browser.
    pub(crate) fn set(keyring: Keyring) -> Self {
        let session = Session::with_display(keyring);
        let script = bowline_tests::root().join("tests/browser/chromium.mjs");
        let home = Home::in_session(&session)
            .with("BROWSER", &format!("node {}", script.display()))
            .with("BOWLINE_NODE_FOLDER", &prepare("browser").to_string_lossy());
        Self { home, session }
    }

    /// With another browser: a script of the test's own, which is given the page.
    pub(crate) fn with_browser(self, script: &str) -> Self {
        let file = self.home.path().join("browser");
        put_script(script, &file);
        Self { home: self.home.with("BROWSER", &file.to_string_lossy()), session: self.session }
    }

    /// On a desktop whose font is this one.
    pub(crate) fn with_font(self, family: &str) -> Self {
        let folder = self.home.path().join("desktop");
        std::fs::create_dir_all(folder.join("gtk-3.0")).expect("a folder can be made");
        let settings = format!("[Settings]\ngtk-font-name={family} 10\n");
        std::fs::write(folder.join("gtk-3.0/settings.ini"), settings).expect("a file can be written");
        Self { home: self.home.with("XDG_CONFIG_HOME", &folder.to_string_lossy()), session: self.session }
    }

    /// Opens the window.
    pub(crate) fn window(&self, words: &[&str]) -> Window {
        Window::open(&self.home, words)
    }

    /// All accounts, as the command line tells them.
    pub(crate) fn accounts(&self) -> Vec<Value> {
        let all = self.home.run(&["accounts", "--json"]).expect_code(0).json();
        all["accounts"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until no window is open.
    pub(crate) fn until_no_window(&self) {
        let listed = || self.session.command("wmctrl").arg("-l").output().expect("wmctrl");
        let none = || (!String::from_utf8_lossy(&listed().stdout).contains("Bowline")).then_some(());
        until("the window's end", PATIENCE, none);
    }

    /// Ends all access at the practice provider, and lets the account find that out.
    pub(crate) fn revoke(&self, practice: &Practice, account: &str) {
        let order = json!({"revoke": true}).to_string();
        let done = Request::new("POST", "/_practice").json(&order).send(&practice.door());
        assert_eq!(done.status, 200, "{}", done.text());
        self.home.run(&["refresh", account]).expect_code(4);
    }
}

/// From the first page to a connected account at the practice provider; the browser does the person's part there.
pub(crate) fn connect_practice(window: &Window) {
    window.click("Add account");
    window.click_first("Practice");
    window.click("Continue in the browser");
    window.see("is connected");
}
