//! What is on the screen of a Linux desktop: notices by their key, the service's ids for them, and what is pressed.
//!
//! notify-rust shows them, over a connection for each that lasts as long as the notice, because some services send a
//! click only there and others to everybody; `bus` hears the latter, and knows who sent them. A click that came by the
//! first way alone may open a browser or a window, but gives no app anything: nobody vouches for its sender.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bowline_engine::Engine;
use bowline_engine::notice::{Button, Kind, Means, Notice};
use notify_rust::{Hint, NotificationHandle, NotificationResponse, Urgency};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::bus::{Abilities, Bus, Heard};
use super::{Order, Orders, notification};
use crate::window::Window;

/// How long the service may take for an answer before we go on without it.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same when the agent ends.
const LAST_PATIENCE: Duration = Duration::from_millis(400);
/// How long a click by the way that nobody vouches for waits for the same click by the other.
const VOUCHED_WITHIN: Duration = Duration::from_millis(250);
/// So many notices that are gone can still be answered for when they are clicked.
const REMEMBERED: usize = 32;

/// A notice on the screen.
struct Shown {
    id: u32,
    notice: Notice,
    handle: Arc<NotificationHandle>,
    listening: AbortHandle,
}

/// A notice that was on the screen.
struct Gone {
    id: u32,
    notice: Notice,
    /// It went because the person pressed it, which counts once.
    pressed: bool,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

struct Screen {
    engine: Arc<Engine>,
    window: Arc<dyn Window>,
    bus: Option<Bus>,
    abilities: Option<Abilities>,
    shown: HashMap<String, Shown>,
    /// Notices that are gone, the newest last.
    gone: VecDeque<Gone>,
    token: Option<(u32, String)>,
    /// Clicks by the way that nobody vouches for.
    clicks: UnboundedSender<(u32, Option<Button>)>,
}

/// Carries out what the engine orders, and what the person presses, until the agent ends; then clears the screen.
///
/// Connects to the session bus when there is something to say, and not before.
pub(crate) async fn serve(
    engine: Arc<Engine>,
    window: Arc<dyn Window>,
    mut orders: Orders,
    mut stopped: watch::Receiver<bool>,
) {
    let (clicks, mut clicked) = unbounded_channel();
    let mut screen = Screen {
        engine,
        window,
        bus: None,
        abilities: None,
        shown: HashMap::new(),
        gone: VecDeque::new(),
        token: None,
        clicks,
    };
    loop {
        tokio::select! {
            () = end(&mut stopped) => return screen.clear().await,
            order = orders.recv() => match order {
                Some(Order::Show(notice)) => screen.show(*notice).await,
                Some(Order::Withdraw(key)) => screen.withdraw(&key).await,
                None => return,
            },
            heard = next(&mut screen.bus) => screen.hear(heard, &mut orders).await,
            Some((id, button)) = clicked.recv() => screen.unvouched(id, button),
        }
    }
}

/// Resolves when the agent ends.
async fn end(stopped: &mut watch::Receiver<bool>) {
    // Without anybody who could say so any more, it has.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn next(bus: &mut Option<Bus>) -> Option<Heard> {
    match bus {
        Some(bus) => bus.next().await,
        None => std::future::pending().await,
    }
}

impl Screen {
    /// Shows a notice, in the place of the one it replaces.
    async fn show(&mut self, notice: Notice) {
        let Some(abilities) = self.abilities().await else { return };
        let text = notice.text(Means { buttons: abilities.buttons, window: self.window.is_there() });
        let mut new = notification(&notice, &text);
        if abilities.markup {
            new.body(&escaped(&text.body));
        }
        new.hint(Hint::DesktopEntry("dev.bowline.Bowline".to_owned())).urgency(urgency(&notice.kind));
        if abilities.buttons {
            new.action(Button::Body.as_str(), "");
            text.buttons.iter().for_each(|(button, word)| _ = new.action(button.as_str(), word));
        }
        if let Some(id) = self.place_of(&notice) {
            new.id(id);
        }
        match within(PATIENCE, new.show_async()).await {
            Some(Ok(handle)) => self.keep(notice, handle),
            Some(Err(error)) => tracing::warn!(%error, "a notification could not be shown"),
            None => tracing::warn!("the notification service does not answer"),
        }
    }

    async fn withdraw(&mut self, key: &str) {
        if let Some(shown) = self.shown.remove(key) {
            self.remember(shown.id, shown.notice.clone(), false);
            within(PATIENCE, shown.handle.close_async()).await;
        }
    }

    /// Takes everything back: after the agent's end nobody would hear a button.
    async fn clear(&mut self) {
        for (_, shown) in self.shown.drain() {
            within(LAST_PATIENCE, shown.handle.close_async()).await;
        }
    }

    async fn hear(&mut self, heard: Option<Heard>, orders: &mut Orders) {
        match heard {
            Some(Heard::Pressed(id, word)) => {
                if let Some(button) = Button::parse(&word) {
                    self.pressed(id, button, true);
                }
            }
            Some(Heard::Closed(id)) => self.closed(id),
            Some(Heard::Token(id, token)) => self.token = Some((id, token)),
            Some(Heard::Went) => self.forget(),
            Some(Heard::Came) => self.show_again(orders).await,
            None => {
                self.forget();
                self.bus = None;
            }
        }
    }

    /// A service has come, which shows nothing yet: it gets what is still true.
    async fn show_again(&mut self, orders: &mut Orders) {
        self.forget();
        // What was ordered meanwhile is among what should be on the screen by now.
        while orders.try_recv().is_ok() {}
        for notice in self.engine.notices_on_screen() {
            self.show(notice).await;
        }
    }

    /// What another service showed, and the ids it gave, mean nothing any more.
    fn forget(&mut self) {
        self.shown.clear();
        self.gone.clear();
        self.abilities = None;
    }

    fn keep(&mut self, notice: Notice, handle: NotificationHandle) {
        let (id, handle) = (handle.id(), Arc::new(handle));
        if let Some(old) = &notice.instead_of {
            self.shown.remove(old);
        }
        self.gone.retain(|gone| gone.id != id);
        let (theirs, clicks) = (Arc::clone(&handle), self.clicks.clone());
        let listening = tokio::spawn(async move {
            let mut said = None;
            theirs
                .wait_for_action_async(|response| {
                    said = match response {
                        NotificationResponse::Default => Some(Button::Body),
                        NotificationResponse::Action(word) => Button::parse(word),
                        _ => None,
                    };
                })
                .await;
            // The same click usually comes by the way that is vouched for as well, and counts there.
            tokio::time::sleep(VOUCHED_WITHIN).await;
            let _ = clicks.send((id, said));
        });
        let listening = listening.abort_handle();
        self.shown.insert(notice.key.clone(), Shown { id, notice, handle, listening });
    }

    fn unvouched(&mut self, id: u32, button: Option<Button>) {
        match button {
            Some(button) => self.pressed(id, button, false),
            None => self.closed(id),
        }
    }

    fn pressed(&mut self, id: u32, button: Button, vouched: bool) {
        let counts = vouched || !matches!(button, Button::Allow | Button::Deny);
        let on_screen = self.shown.values().find(|shown| shown.id == id).map(|shown| shown.notice.clone());
        let late = || self.gone.iter().find(|gone| gone.id == id && vouched && !gone.pressed);
        let notice = match on_screen {
            Some(notice) => {
                self.shown.remove(&notice.key);
                self.remember(id, notice.clone(), true);
                notice
            }
            None => match late() {
                Some(gone) => gone.notice.clone(),
                None => return,
            },
        };
        let button = if counts { button } else { Button::Body };
        let token = self.token.take().filter(|(of, _)| *of == id).map(|(_, token)| token);
        let (engine, window) = (Arc::clone(&self.engine), Arc::clone(&self.window));
        tokio::spawn(async move {
            if let Some(place) = engine.pressed(&notice, button).await {
                window.open(&place, token.as_deref());
            }
        });
    }

    fn closed(&mut self, id: u32) {
        let key = self.shown.iter().find(|(_, shown)| shown.id == id).map(|(key, _)| key.clone());
        if let Some(shown) = key.and_then(|key| self.shown.remove(&key)) {
            self.engine.notice_closed(&shown.notice.key);
        }
    }

    fn remember(&mut self, id: u32, notice: Notice, pressed: bool) {
        if self.gone.len() == REMEMBERED {
            self.gone.pop_front();
        }
        self.gone.push_back(Gone { id, notice, pressed });
    }

    /// The id of the notification whose place a notice takes.
    fn place_of(&self, notice: &Notice) -> Option<u32> {
        let of = |key: &String| self.shown.get(key).map(|shown| shown.id);
        let answered = || {
            let late = matches!(notice.kind, Kind::Mended { .. } | Kind::Answered | Kind::NotBegun { .. });
            self.gone.iter().rfind(|gone| late && gone.notice.key == notice.key).map(|gone| gone.id)
        };
        of(&notice.key).or_else(|| notice.instead_of.as_ref().and_then(of)).or_else(answered)
    }

    /// What the service can do; `None` where there is no bus, or nobody on it that shows notifications.
    async fn abilities(&mut self) -> Option<Abilities> {
        if self.bus.is_none() {
            match within(PATIENCE, Bus::connect()).await {
                Some(Ok(bus)) => self.bus = Some(bus),
                Some(Err(error)) => tracing::warn!(%error, "no session bus: nothing can be shown"),
                None => tracing::warn!("the session bus does not answer: nothing can be shown"),
            }
        }
        if let Some(bus) = self.bus.as_mut().filter(|_| self.abilities.is_none()) {
            let said = within(PATIENCE, bus.abilities()).await.flatten();
            if !bus.has_service() {
                tracing::info!(
                    "nobody shows notifications yet: what is still true is shown when somebody does"
                );
                return None;
            }
            return Some(learnt(&mut self.abilities, said));
        }
        self.abilities
    }
}

/// What to show a notice with. A service that does not answer in time is shown this one plainly, and asked again for the
/// next.
fn learnt(known: &mut Option<Abilities>, said: Option<Abilities>) -> Abilities {
    *known = said;
    said.unwrap_or_default()
}

/// The work's outcome, unless it takes too long.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

fn urgency(kind: &Kind) -> Urgency {
    match kind {
        Kind::EmergencyAsks { .. }
        | Kind::EmergencyOn { .. }
        | Kind::Unsaved { .. }
        | Kind::Silent { .. }
        | Kind::Abuse { .. } => Urgency::Critical,
        Kind::Mended { .. } | Kind::Answered | Kind::Expiring { .. } => Urgency::Low,
        _ => Urgency::Normal,
    }
}

/// What came from outside is text, also where the service reads markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_slow_once_has_buttons_the_next_time() {
        let mut known = None;
        assert!(
            !learnt(&mut known, None).buttons && known.is_none(),
            "nothing is remembered of a slow answer"
        );
        let can = Abilities { buttons: true, markup: true };
        assert!(learnt(&mut known, Some(can)).buttons && known.is_some());
    }

    #[test]
    fn f57_how_urgent_a_notification_is_follows_how_bad_it_is() {
        let (provider, name) = (std::sync::Arc::from("Acme"), std::sync::Arc::from("work"));
        let failing = Kind::Unsaved { name, detail: String::new() };
        for (kind, urgent) in [
            (Kind::Silent { provider }, Urgency::Critical),
            (failing, Urgency::Critical),
            (Kind::AppsAsk { count: 2 }, Urgency::Normal),
            (Kind::Answered, Urgency::Low),
        ] {
            assert_eq!(urgency(&kind), urgent, "{kind:?}");
        }
    }

    #[test]
    fn markup_from_outside_is_shown_as_text() {
        assert_eq!(escaped("<b>A & B</b>"), "&lt;b&gt;A &amp; B&lt;/b&gt;");
    }
}
