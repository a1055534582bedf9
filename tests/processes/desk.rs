//! A person's desktop around an agent that is not headless: a private session with a notification service and a tray
//! that keep what they show, a browser that signs in, and a practice provider.

use std::fs;
use std::path::PathBuf;

use bowline_tests::program::{put, put_script};
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Agent, Door, Home, Keyring, Practice, Session};
use serde_json::{Value, json};

use crate::stage::{QUICK, account, connect, play, practice, text};

/// What a session of these tests has.
pub(crate) const ALL: &[&str] = &["--notifications", "recorder", "--tray"];

/// A desktop, an agent, a practice provider, and the person in the middle.
pub(crate) struct Desk {
    pub(crate) agent: Agent,
    pub(crate) practice: Practice,
    pub(crate) home: Home,
    pub(crate) session: Session,
}

impl Desk {
    /// With a notification service and a tray.
    pub(crate) fn new() -> Self {
        Self::with(ALL, QUICK)
    }

    /// With a session of the test's own, and settings.
    pub(crate) fn with(options: &[&str], settings: &str) -> Self {
        let session = Session::with(Keyring::None, options);
        let home = home_at(&session);
        home.settings(settings);
        let practice = practice(&home, &[]);
        let agent = Agent::start_by(home.program(bowline_beside(&home)).arg("agent"));
        Self { agent, practice, home, session }
    }

    pub(crate) fn owner(&self) -> Door {
        self.agent.socket()
    }

    /// Connects this person at the practice provider; the account's id.
    pub(crate) fn connect(&self, person: &str) -> String {
        text(&connect(&self.owner(), "practice", &["--user", person])["id"])
    }

    /// The provider ends access, and the agent hears of it at its next renewal.
    pub(crate) fn revoke(&self, person: &str, id: &str) {
        play(&self.practice.door(), &json!({"revoke": person}));
        crate::stage::post(&self.owner(), &format!("/v1/accounts/{id}/refresh"), &Value::Null);
        assert_eq!(self.status(id), "needs_reconnect");
    }

    pub(crate) fn status(&self, id: &str) -> String {
        text(&account(&self.owner(), id)["status"])
    }

    pub(crate) fn until_status(&self, id: &str, status: &str) {
        until(&format!("{id} to be {status}"), PATIENCE, || (self.status(id) == status).then_some(()));
    }

    /// Waits for the one notification that holds these words.
    #[track_caller]
    pub(crate) fn told(&self, words: &str) -> Value {
        let shown = self.session.person(&["wait", "--match", words]);
        assert_eq!(shown.as_array().map(Vec::len), Some(1), "{shown}");
        shown[0].clone()
    }

    pub(crate) fn on_screen(&self) -> Vec<Value> {
        self.session.person(&["notifications"]).as_array().cloned().unwrap_or_default()
    }

    /// Everything that was ever shown.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.session.person(&["calls"]).as_array().cloned().unwrap_or_default()
    }

    pub(crate) fn presses(&self, notification: &Value, button: &str) {
        self.session.person(&["act", &notification["id"].to_string(), button]);
    }

    /// The pages that were opened in the person's browser.
    pub(crate) fn opened(&self) -> Vec<String> {
        lines(self.home.path().join("opened"))
    }

    /// Waits until the window was started so: with this token, and these arguments.
    pub(crate) fn until_window(&self, started: &str) {
        let file = self.home.path().join("window");
        until(&format!("the window started as {started:?}"), PATIENCE, || {
            lines(file.clone()).iter().any(|line| line == started).then_some(())
        });
    }
}

fn lines(file: PathBuf) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// A home in this session whose browser notes the page and signs in, and whose window notes how it was started.
pub(crate) fn home_at(session: &Session) -> Home {
    let home = session.environment().iter().fold(Home::new(), |home, (name, value)| home.with(name, value));
    let bin = home.path().join("bin");
    fs::create_dir_all(&bin).expect("the home is writable");
    let browse = bowline_tests::root().join("tests/browser/browse.py");
    let (opened, window) = (home.path().join("opened"), home.path().join("window"));
    let scripts = [
        (
            "browser",
            format!(
                "echo \"$1\" >> {0}\nexec python3 {1} $(cat {0}.who 2>/dev/null) \"$1\"\n",
                opened.display(),
                browse.display()
            ),
        ),
        ("bowline-desktop", format!("echo \"$XDG_ACTIVATION_TOKEN $*\" >> {}\n", window.display())),
    ];
    for (name, script) in scripts {
        put_script(&script, &bin.join(name));
    }
    put(&bowline_tests::home::binary(), &bin.join("bowline"));
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let browser = bin.join("browser").display().to_string();
    home.with("PATH", &path).with("BROWSER", &browser)
}

/// Bowline where its window is not the one that was built, but the one that only notes how it was started.
pub(crate) fn bowline_beside(home: &Home) -> PathBuf {
    home.path().join("bin/bowline")
}

/// The next page that opens is signed in to as this person.
pub(crate) fn next_sign_in(desk: &Desk, person: &str) {
    fs::write(desk.home.path().join("opened.who"), format!("--user {person}")).expect("the home is writable");
}
