//! Desktop notifications with their buttons. Showing one never blocks and never fails anything: where nobody shows
//! notifications, the account's status, the tray and the terminal carry the same words.
//!
//! What is said is decided by the engine; this answers for the screen. Orders come through a channel to one task,
//! `screen`, which also hears what the person presses and when the notification service comes and goes. On macOS and
//! Windows, whose services tell nothing back, `told` shows the words alone.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
#[cfg(all(unix, not(target_os = "macos")))]
mod screen;
#[cfg(not(all(unix, not(target_os = "macos"))))]
#[path = "notify/told.rs"]
mod screen;

use std::time::Duration;

use bowline_engine::notice::{Kind, Notice, Text};
use bowline_engine::ports::Notifier;
use notify_rust::{Notification, Timeout};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub(crate) use screen::serve;

/// How long an answer to a late click stays.
const BRIEFLY: Duration = Duration::from_secs(8);

/// What is to be done on the screen.
pub(crate) enum Order {
    Show(Box<Notice>),
    Withdraw(String),
}

/// The orders, for the one who carries them out.
pub(crate) type Orders = UnboundedReceiver<Order>;

/// Where the engine puts its orders. They are few: the engine says at most a handful an hour.
pub(crate) struct DesktopNotifier(UnboundedSender<Order>);

impl DesktopNotifier {
    /// A notifier, and the orders that it is given.
    pub(crate) fn new() -> (Self, Orders) {
        let (orders, inbox) = unbounded_channel();
        (Self(orders), inbox)
    }
}

impl Notifier for DesktopNotifier {
    fn show(&self, notice: &Notice) {
        // The task ends only with the agent.
        let _ = self.0.send(Order::Show(Box::new(notice.clone())));
    }

    fn withdraw(&self, key: &str) {
        let _ = self.0.send(Order::Withdraw(key.to_owned()));
    }
}

/// The notification for these words; what belongs to one desktop alone is added there.
fn notification(notice: &Notice, text: &Text) -> Notification {
    let mut notification = Notification::new();
    notification.appname("Bowline").summary(&text.title).body(&text.body).icon("dev.bowline.Bowline");
    notification.timeout(match notice.kind {
        Kind::Mended { .. } | Kind::Answered => Timeout::from(BRIEFLY),
        _ => Timeout::Default,
    });
    notification
}
