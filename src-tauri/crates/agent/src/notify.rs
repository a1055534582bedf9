//! Desktop notifications. Showing one never blocks and never fails anything: where nobody shows notifications, the
//! account's status and the terminal carry the same words.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use bowline_engine::notice::Notice;
use bowline_engine::ports::Notifier;
use notify_rust::{Hint, Notification, NotificationHandle, Urgency};

/// How many notices are remembered so that they can be taken back.
const REMEMBERED: usize = 64;

enum Order {
    Show(Notice),
    Withdraw(String),
}

/// The desktop's notification service, spoken to from a thread that exists only while there is something to say.
#[derive(Debug)]
pub struct DesktopNotifier(Sender<Order>);

impl DesktopNotifier {
    /// A notifier whose thread sleeps until it is needed.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        std::thread::Builder::new()
            .name("notices".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || work(&inbox))?;
        Ok(Self(orders))
    }
}

impl Notifier for DesktopNotifier {
    fn show(&self, notice: &Notice) {
        // The thread ends only with the agent.
        let _ = self.0.send(Order::Show(notice.clone()));
    }

    fn withdraw(&self, key: &str) {
        let _ = self.0.send(Order::Withdraw(key.to_owned()));
    }
}

fn work(inbox: &Receiver<Order>) {
    let mut shown: HashMap<String, NotificationHandle> = HashMap::new();
    while let Ok(order) = inbox.recv() {
        match order {
            Order::Show(notice) => match show(&notice, shown.get(&notice.key)) {
                Ok(handle) => {
                    if shown.len() >= REMEMBERED {
                        shown.clear();
                    }
                    shown.insert(notice.key, handle);
                }
                Err(error) => tracing::warn!(%error, "a notification could not be shown"),
            },
            Order::Withdraw(key) => {
                if let Some(handle) = shown.remove(&key) {
                    handle.close();
                }
            }
        }
    }
}

/// Shows a notice, in the place of the one it replaces.
fn show(
    notice: &Notice,
    before: Option<&NotificationHandle>,
) -> Result<NotificationHandle, notify_rust::error::Error> {
    let mut notification = Notification::new();
    notification
        .appname("Bowline")
        .summary(&plain(&notice.title))
        .body(&plain(&notice.body))
        .icon("dev.bowline.Bowline")
        .urgency(Urgency::Normal)
        .hint(Hint::DesktopEntry("dev.bowline.Bowline".to_owned()))
        .timeout(Duration::from_secs(20));
    if let Some(before) = before {
        notification.id(before.id());
    }
    notification.show()
}

/// Notification bodies are markup; what came from outside is text.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_from_outside_is_shown_as_text() {
        assert_eq!(plain("<b>A & B</b>"), "&lt;b&gt;A &amp; B&lt;/b&gt;");
    }
}
