//! What the page shows first, looked up while the web view is still being made and handed over together with the
//! page: the window's first content then waits for no question to the agent.
//!
//! Where no agent answers in time the page asks for itself, as it does afterwards anyway.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::commands::accounts::read_snapshot;
use crate::commands::{Desk, settings};
use crate::view::First;

/// The longest that the making of the window waits for the answer. An agent that runs needs a few milliseconds.
const AT_LONGEST: Duration = Duration::from_millis(100);

/// What the page's process does while the page's files are still on their way. It reads the words of times in the person's
/// language, which takes as long as the rest of the page's first row; and it marks whether anything was drawn already.
pub const MEANWHILE: &str = "performance.mark('bowline-begin', { detail: document.visibilityState }); \
                             new Intl.RelativeTimeFormat(navigator.language);";

/// A look at the agent that is under way.
#[derive(Debug)]
pub struct Ahead(Receiver<First>);

impl Ahead {
    /// Begins to look, on a thread of its own. Starts no agent.
    pub fn begin(desk: Desk) -> Self {
        let (tell, told) = channel();
        // Without a thread nobody tells, and the page asks for itself.
        let _ = thread::Builder::new().name("ahead".to_owned()).spawn(move || {
            if let Ok(snapshot) = read_snapshot(&desk) {
                let _ = tell.send(First { snapshot, prefs: settings::remembered(&desk) });
            }
        });
        Self(told)
    }

    /// The script that hands the answer to the page, where there is one.
    pub fn script(self) -> Option<String> {
        script(&self.0.recv_timeout(AT_LONGEST).ok()?)
    }
}

/// The values go in as one JSON text inside a JSON text, so that no name in them is ever code, or a prototype.
fn script(first: &First) -> Option<String> {
    let text = serde_json::to_string(&serde_json::to_string(first).ok()?).ok()?;
    Some(format!("Object.defineProperty(window, '__BOWLINE_FIRST__', {{ value: JSON.parse({text}) }});"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{AgentState, Prefs, Snapshot, Vault};

    #[test]
    fn whatever_a_name_holds_the_script_is_one_call_with_one_text() {
        let message = "\"); alert(1); //\u{2028}</script>\\".to_owned();
        let vault = Vault {
            locked: false,
            keystore: "keychain".to_owned(),
            reason: None,
            message: Some(message.clone()),
        };
        let snapshot = Snapshot {
            agent: AgentState::Here,
            vault: Some(vault),
            accounts: Vec::new(),
            questions: Vec::new(),
            alerts: Vec::new(),
        };
        let first = First { snapshot, prefs: Prefs { theme: "dark".to_owned(), letters: true } };
        let script = script(&first).unwrap();
        let text = script.split_once("JSON.parse(").unwrap().1.strip_suffix(") });").unwrap();
        let inner: String = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::from_str::<First>(&inner).unwrap(), first);
    }

    #[test]
    fn without_an_agent_nothing_is_handed_over_and_nothing_is_waited_for() {
        let (tell, told) = channel();
        drop(tell);
        assert_eq!(Ahead(told).script(), None);
    }
}
