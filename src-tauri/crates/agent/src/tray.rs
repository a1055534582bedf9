//! The item in the tray: how all accounts fare in one shape, and the way to the window and to those that need the
//! person. It is another view and nothing more: whatever it tells and does, the window and the terminal do as well,
//! because many desktops show no tray at all.
//!
//! It speaks StatusNotifierItem over the session bus. A tray that comes later gets the item then; where there is no
//! session bus there is none. It is drawn anew when it would look different, and sleeps otherwise.

mod shapes;

use std::sync::Arc;

use bowline_base::{AccountId, Action, Status};
use bowline_engine::Engine;
use bowline_engine::engine::Sight;
use bowline_engine::figures::alerts::Alert;
use bowline_engine::notice::Place;
use bowline_words::{Arg, say};
use ksni::menu::StandardItem;
use ksni::{Category, Icon, MenuItem, ToolTip, Tray, TrayMethods};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

use crate::window::Window;
use shapes::Shape;

/// So many accounts that need the person have an entry of their own in the menu.
const MOST_ENTRIES: usize = 10;

/// What the item shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct View {
    shape: Shape,
    words: String,
    /// The accounts that can be mended by signing in again, with what the person calls them.
    needs: Vec<(AccountId, String)>,
}

impl View {
    fn of(accounts: &[Sight], alerts: &[Alert], name: impl Fn(&AccountId) -> String) -> Self {
        let having = |statuses: &[Status]| {
            accounts.iter().filter(|sight| statuses.contains(&sight.standing.status)).count()
        };
        let needs: Vec<_> = accounts
            .iter()
            .filter(|sight| matches!(sight.standing.action, Some(Action::Reconnect | Action::AskAdmin)))
            .map(|sight| (sight.account.id.clone(), name(&sight.account.id)))
            .collect();
        let pressing =
            having(&[Status::NeedsReconnect, Status::Misconfigured, Status::InsufficientPermissions]);
        let resting = having(&[Status::Unavailable, Status::Degraded]);
        let critical = alerts.iter().find(|alert| alert.severity == "critical");
        let (shape, words) = match having(&[Status::Locked]) {
            1.. => (Shape::Locked, say("tray-tooltip-locked", &[])),
            0 if pressing > 0 => {
                let count = Arg::Count(pressing as u64);
                (Shape::NeedsYou, say("tray-tooltip-needs-you", &[("count", count)]))
            }
            // Nobody is needed, but something is so broken that it should be seen (F-47).
            0 if critical.is_some() => (Shape::NeedsYou, critical.map(words_of).unwrap_or_default()),
            0 if resting > 0 => (Shape::Resting, say("tray-tooltip-waiting", &[])),
            0 if !alerts.is_empty() => (Shape::Resting, alerts.first().map(words_of).unwrap_or_default()),
            0 if accounts.is_empty() => (Shape::Well, say("tray-tooltip-none", &[])),
            0 => (Shape::Well, say("tray-tooltip-well", &[])),
        };
        Self { shape, words, needs }
    }
}

/// An alert in the window's own sentence.
fn words_of(alert: &Alert) -> String {
    let about = alert.about.as_deref().map_or("", |about| about.rsplit('/').next().unwrap_or(about));
    let id = match (alert.name, alert.about.is_some()) {
        ("refresh_failures", _) => "alert-refresh-failures",
        ("breaker_open", _) => "alert-breaker-open",
        ("fallback_used", _) => "alert-fallback-used",
        ("expired_in_use", true) => "alert-expired-in-use",
        ("expired_in_use", false) => "alert-expired-in-use-by-somebody",
        _ => "alert-other",
    };
    let words = say(id, &[("about", Arg::Text(about))]);
    say("tray-tooltip-alert", &[("words", Arg::Text(&words))])
}

struct Item {
    view: View,
    engine: Arc<Engine>,
    window: Arc<dyn Window>,
    stop: watch::Sender<bool>,
}

impl Item {
    fn open(&self) {
        self.window.open(&Place::Accounts, ksni::current_xdg_activation_token().as_deref());
    }

    fn sign_in(&self, account: &AccountId) {
        let (engine, account) = (Arc::clone(&self.engine), account.clone());
        tokio::spawn(async move {
            if let Err(error) = engine.sign_in_again(&account).await {
                tracing::warn!(%account, %error, "signing in again could not be begun");
            }
        });
    }
}

impl Tray for Item {
    fn id(&self) -> String {
        "dev.bowline.Bowline".to_owned()
    }

    fn category(&self) -> Category {
        Category::SystemServices
    }

    fn title(&self) -> String {
        "Bowline".to_owned()
    }

    fn status(&self) -> ksni::Status {
        match self.view.shape {
            Shape::NeedsYou => ksni::Status::NeedsAttention,
            Shape::Well | Shape::Resting | Shape::Locked => ksni::Status::Active,
        }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        self.view.shape.icons()
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        self.icon_pixmap()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.view.words.clone(), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.open();
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let mut menu = Vec::new();
        if self.window.is_there() {
            menu.push(entry(say("tray-open", &[]), |item: &mut Self| item.open()));
            menu.push(MenuItem::Separator);
        }
        for (account, name) in self.view.needs.iter().take(MOST_ENTRIES) {
            let (account, words) = (account.clone(), say("tray-reconnect", &[("name", Arg::Text(name))]));
            menu.push(entry(words, move |item: &mut Self| item.sign_in(&account)));
        }
        if !self.view.needs.is_empty() {
            menu.push(MenuItem::Separator);
        }
        menu.push(entry(say("tray-quit", &[]), |item: &mut Self| {
            item.stop.send_replace(true);
        }));
        menu
    }
}

fn entry(words: String, press: impl Fn(&mut Item) + Send + 'static) -> MenuItem<Item> {
    // An underscore would mark the letter to type.
    let label = words.replace('_', "__");
    StandardItem { label, activate: Box::new(press), ..StandardItem::default() }.into()
}

/// Has the item in the tray until the agent ends.
pub(crate) async fn serve(engine: Arc<Engine>, window: Arc<dyn Window>, stop: watch::Sender<bool>) {
    let mut stopped = stop.subscribe();
    let mut events = engine.events().watch();
    let item = Item { view: view(&engine), engine: Arc::clone(&engine), window, stop };
    let mut shown = item.view.clone();
    let handle = match item.assume_sni_available(true).spawn().await {
        Ok(handle) => handle,
        Err(error) => return tracing::info!(%error, "no tray"),
    };
    loop {
        let heard = tokio::select! {
            heard = events.recv() => heard,
            _ = async { stopped.wait_for(|stop| *stop).await.is_ok() } => break,
        };
        if matches!(heard, Err(RecvError::Closed)) {
            break;
        }
        // Many changes at once are drawn once.
        while !matches!(events.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        let now = view(&engine);
        if now != shown {
            shown = now.clone();
            handle.update(|item| item.view = now).await;
        }
    }
    handle.shutdown().await;
}

fn view(engine: &Engine) -> View {
    View::of(&engine.accounts(), &engine.open_alerts(), |id| engine.name_of(id))
}

#[cfg(test)]
mod tests {
    use bowline_base::Wall;

    use super::*;

    fn alert(name: &'static str, severity: &'static str, about: Option<&str>) -> Alert {
        let since = Wall::from_unix_ms(0);
        let about = about.map(Arc::from);
        Alert { name, severity, about, value: 1.0, threshold: 0.5, since, cleared_at: None }
    }

    fn view(alerts: &[Alert]) -> (Shape, String) {
        let view = View::of(&[], alerts, ToString::to_string);
        (view.shape, view.words)
    }

    #[test]
    fn f47_an_open_breaker_is_seen_in_the_tray_with_its_host() {
        let warning = alert("refresh_failures", "warning", None);
        let (shape, words) = view(&[warning, alert("breaker_open", "critical", Some("id.example:8443"))]);
        assert_eq!(shape, Shape::NeedsYou);
        assert!(words.contains("id.example:8443 does not answer"), "{words}");
    }

    #[test]
    fn f46_a_warning_is_seen_as_something_that_rests_and_says_what_it_is() {
        for (name, about, said) in [
            ("refresh_failures", None, "renewals fail"),
            ("fallback_used", None, "stood in"),
            ("expired_in_use", Some("/opt/jobs/nightly"), "nightly went on with a token that had ended"),
            ("expired_in_use", None, "A program went on"),
        ] {
            let (shape, words) = view(&[alert(name, "warning", about)]);
            assert_eq!(shape, Shape::Resting, "{name}");
            assert!(words.starts_with("Bowline: ") && words.contains(said), "{words}");
        }
        assert_eq!(view(&[]).0, Shape::Well);
    }
}
