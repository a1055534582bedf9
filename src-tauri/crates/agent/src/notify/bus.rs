//! The notification service on the session bus, as far as it has to be listened to: who it is, what it can do, and
//! what the person does with what it shows.
//!
//! One stream for all notifications. A signal counts only when it was sent by the program that owns the service's
//! name: any other program of the session could send one that looks the same.

use futures_util::StreamExt;
use zbus::message::Type;
use zbus::names::{OwnedUniqueName, UniqueName};
use zbus::zvariant::DynamicType;
use zbus::{Connection, MatchRule, Message, MessageStream};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// So many signals may wait for us.
const WAITING: usize = 64;

/// What comes from the session bus.
pub(super) enum Heard {
    /// The person pressed this on the notification with this id.
    Pressed(u32, String),
    /// A notification is gone from the screen.
    Closed(u32),
    /// With this a window may come to the front.
    Token(u32, String),
    /// The service has come, or another one has taken its place.
    Came,
    /// The service is gone.
    Went,
}

/// What a service can do.
#[derive(Clone, Copy, Default)]
pub(super) struct Abilities {
    /// It shows buttons.
    pub(super) buttons: bool,
    /// It reads the body as markup.
    pub(super) markup: bool,
}

/// A connection to the session bus.
pub(super) struct Bus {
    connection: Connection,
    signals: MessageStream,
    owners: MessageStream,
    owner: Option<OwnedUniqueName>,
}

impl Bus {
    /// Connects and listens.
    pub(super) async fn connect() -> zbus::Result<Self> {
        let connection = Connection::session().await?;
        let signals = MatchRule::builder().msg_type(Type::Signal).interface(NAME)?.path(PATH)?.build();
        let owners = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender("org.freedesktop.DBus")?
            .interface("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, NAME)?
            .build();
        let signals = MessageStream::for_match_rule(signals, &connection, Some(WAITING)).await?;
        let owners = MessageStream::for_match_rule(owners, &connection, Some(WAITING)).await?;
        let mut bus = Self { connection, signals, owners, owner: None };
        bus.find_owner().await;
        Ok(bus)
    }

    /// True while somebody shows notifications.
    pub(super) fn has_service(&self) -> bool {
        self.owner.is_some()
    }

    /// What the service can do, if it says so. Asking starts one that the bus knows how to start.
    pub(super) async fn abilities(&mut self) -> Option<Abilities> {
        let words = self.ask(NAME, PATH, "GetCapabilities", &()).await;
        self.find_owner().await;
        let words: Vec<String> = words.ok()?;
        let has = |word: &str| words.iter().any(|each| each == word);
        Some(Abilities { buttons: has("actions"), markup: has("body-markup") })
    }

    /// Waits for the next thing that matters. `None` when the bus is gone.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        loop {
            let heard = tokio::select! {
                biased;
                message = self.owners.next() => self.changed_hands(&message?.ok()?),
                message = self.signals.next() => message?.ok().and_then(|message| self.read(&message)),
            };
            if heard.is_some() {
                return heard;
            }
        }
    }

    async fn find_owner(&mut self) {
        self.owner =
            self.ask("org.freedesktop.DBus", "/org/freedesktop/DBus", "GetNameOwner", &(NAME,)).await.ok();
    }

    fn changed_hands(&mut self, message: &Message) -> Option<Heard> {
        let (_, _, new): (String, String, String) = message.body().deserialize().ok()?;
        let new = UniqueName::try_from(new).ok().map(OwnedUniqueName::from);
        if new == self.owner {
            // Known already: our own question has started it.
            return None;
        }
        self.owner = new;
        Some(if self.owner.is_some() { Heard::Came } else { Heard::Went })
    }

    fn read(&self, message: &Message) -> Option<Heard> {
        let header = message.header();
        if header.sender().is_none_or(|sender| self.owner.as_ref().is_none_or(|owner| sender != owner)) {
            return None;
        }
        let body = message.body();
        match header.member()?.as_str() {
            "ActionInvoked" => body.deserialize().ok().map(|(id, word)| Heard::Pressed(id, word)),
            "NotificationClosed" => body.deserialize().ok().map(|(id, _): (u32, u32)| Heard::Closed(id)),
            "ActivationToken" => body.deserialize().ok().map(|(id, token)| Heard::Token(id, token)),
            _ => None,
        }
    }

    async fn ask<T>(
        &self,
        name: &str,
        path: &str,
        method: &str,
        body: &(impl serde::Serialize + DynamicType),
    ) -> zbus::Result<T>
    where
        T: for<'a> serde::Deserialize<'a> + zbus::zvariant::Type,
    {
        let answer = self.connection.call_method(Some(name), path, Some(name), method, body).await?;
        answer.body().deserialize()
    }
}
