//! The real window, driven as a person would: the built program under WebKitWebDriver, in a private session with a
//! display. Everything waits for what is to be seen, with a deadline, and never for a time.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::home::{Home, binary};
use crate::program::Running;
use crate::wait::until;

/// A web view's first frame can take seconds on a busy machine.
const SEEN_WITHIN: Duration = Duration::from_secs(30);
/// How often the page is looked at meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Waits for two frames, and lets the page change a pixel that nobody sees from then on: the driver takes its picture with
/// the next frame, and a page that rests and is painted by the processor has none.
const DRAWN: &str = "const done = arguments[0]; const pixel = document.createElement('i'); let on = false;
    pixel.style.cssText = 'position: fixed; top: 0; left: 0; width: 1px; height: 1px';
    document.body.append(pixel);
    window.stirring = setInterval(() => pixel.style.background = (on = !on) ? '#00000001' : 'none', 20);
    window.pixel = pixel;
    requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
/// Ends that.
const STILL: &str = "clearInterval(window.stirring); window.pixel.remove()";

/// The window, with the driver that started it. Both end with this value.
#[derive(Debug)]
pub struct Window {
    client: Client,
    runtime: Runtime,
    // The driver leads a group of its own, to which the window and its web processes belong.
    _driver: Running,
}

impl Window {
    /// Opens the window of this home with these words on its command line.
    pub fn open(home: &Home, words: &[&str]) -> Self {
        let port = free_port();
        let mut driver = home.program("WebKitWebDriver");
        driver.arg(format!("--port={port}")).env("TAURI_WEBVIEW_AUTOMATION", "true").stdin(Stdio::null());
        let driver = Running::start("WebKitWebDriver", &mut driver);
        until("the driver", SEEN_WITHIN, || TcpStream::connect(("127.0.0.1", port)).ok());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let options = json!({ "binary": program(), "args": words });
        let capabilities = [("webkitgtk:browserOptions".to_owned(), options)].into_iter().collect();
        let client = runtime.block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            let url = format!("http://127.0.0.1:{port}");
            // where the program hands over to a window that is open already, the driver never answers
            let session = builder.capabilities(capabilities).connect(&url);
            tokio::time::timeout(SEEN_WITHIN, session).await.expect("the window opens").expect("a session")
        });
        Self { client, runtime, _driver: driver }
    }

    /// Waits for the element that an XPath names.
    fn find(&self, xpath: &str) -> Element {
        let wait = self.client.wait().at_most(SEEN_WITHIN);
        self.runtime.block_on(wait.for_element(Locator::XPath(xpath))).unwrap_or_else(|error| {
            panic!("waited in vain for {xpath}: {error}\nthe page says:\n{}", self.text())
        })
    }

    /// Waits for a text anywhere on the page.
    #[track_caller]
    pub fn see(&self, text: &str) {
        self.until(&format!("the text \"{text}\""), || self.text().contains(text));
    }

    /// Waits until a text is gone.
    #[track_caller]
    pub fn see_no_more(&self, text: &str) {
        self.until(&format!("the end of \"{text}\""), || !self.text().contains(text));
    }

    /// Waits until something holds of the page; shows the page where it does not.
    ///
    /// # Panics
    /// When it does not hold in time.
    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let end = std::time::Instant::now() + SEEN_WITHIN;
        while !holds() {
            assert!(
                std::time::Instant::now() < end,
                "waited in vain for {what}; the page says:\n{}",
                self.text()
            );
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Clicks the button or link with this name.
    pub fn click(&self, name: &str) {
        let xpath = format!(
            "//*[self::button or self::a or @role='button'][normalize-space()={0} or @aria-label={0}][not(@disabled or @aria-disabled='true')]",
            quoted(name)
        );
        until(&format!("a click on {name}"), SEEN_WITHIN, || {
            let element = self.find(&xpath);
            self.runtime.block_on(element.click()).ok()
        });
    }

    /// Clicks the button with this name, with which the page may end before the driver can say that it clicked.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn click_away(&self, name: &str) {
        let button = self.find(&format!("//button[normalize-space()={}]", quoted(name)));
        let _ = self.runtime.block_on(button.click());
    }

    /// Clicks the first button or link whose name contains this.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn click_first(&self, name: &str) {
        let part = quoted(name);
        let xpath = format!(
            "(//*[self::button or self::a][contains(normalize-space(), {part}) or contains(@aria-label, {part})][not(@disabled or @aria-disabled='true')])[1]"
        );
        until(&format!("a click on {name}"), SEEN_WITHIN, || {
            let element = self.find(&xpath);
            self.runtime.block_on(element.click()).ok()
        });
    }

    /// Clicks the button with this name if it comes within two seconds.
    pub fn click_if_there(&self, name: &str) {
        let xpath = format!("//button[normalize-space()={}]", quoted(name));
        let wait = self.client.wait().at_most(Duration::from_secs(2));
        if let Ok(button) = self.runtime.block_on(wait.for_element(Locator::XPath(&xpath))) {
            let _ = self.runtime.block_on(button.click());
        }
    }

    /// Types into the field with this label, in the place of what is there.
    pub fn fill(&self, label: &str, text: &str) {
        let name = quoted(label);
        let field = self.find(&format!(
            "//*[self::input or self::textarea][@aria-label={name} or @id=//label[normalize-space()={name}]/@for or ancestor::label[contains(normalize-space(),{name})]]"
        ));
        self.runtime
            .block_on(async {
                field.clear().await?;
                field.send_keys(text).await
            })
            .unwrap_or_else(|error: CmdError| panic!("typing into {label}: {error}"));
    }

    /// What a person can read on the page.
    pub fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body"));
        self.runtime
            .block_on(async { body.await?.text().await })
            .unwrap_or_else(|error: CmdError| format!("(nothing: {error})"))
    }

    /// Runs a script in the page.
    pub fn run(&self, script: &str) -> Value {
        self.runtime.block_on(self.client.execute(script, Vec::new())).expect("the script runs")
    }

    /// Keeps a picture of the page as `NAME.png` in the folder of this run's pictures.
    ///
    /// # Panics
    /// When the driver makes none, or the folder cannot be written.
    pub fn picture(&self, name: &str) {
        let folder = pictures();
        std::fs::create_dir_all(&folder).expect("target is writable");
        // what the page says may not have been drawn yet
        self.runtime.block_on(self.client.execute_async(DRAWN, Vec::new())).expect("the page draws");
        let picture = self.runtime.block_on(self.client.screenshot()).expect("a picture");
        self.run(STILL);
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("target is writable");
    }

    /// Closes the window as its title bar does not, and the driver can: the page goes, the program ends.
    pub fn close(self) {
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}

/// The window's program: `BOWLINE_DESKTOP_BIN`, else the one that was built beside this test.
pub fn program() -> PathBuf {
    let built = || binary().with_file_name("bowline-desktop");
    std::env::var_os("BOWLINE_DESKTOP_BIN").map_or_else(built, PathBuf::from)
}

/// Where pictures go: `BOWLINE_PICTURES`, else `target/screens/window`.
pub fn pictures() -> PathBuf {
    let usual = || crate::root().join("target/screens/window");
    std::env::var_os("BOWLINE_PICTURES").map_or_else(usual, PathBuf::from)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    listener.local_addr().expect("it is bound").port()
}

/// A text as XPath has it; no test needs both kinds of quotes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}
