//! Hears of the computer going to sleep and waking up from `org.freedesktop.login1` on the system bus, where there is
//! one. That the clock or the network are others afterwards is heard in [`crate::wake`] and [`crate::network`] too; this
//! alone tells before.
//!
//! One signal, and only from the program that owns the name at that moment.

use std::sync::Arc;

use bowline_engine::Engine;
use futures_util::StreamExt;
use zbus::message::Type;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, MatchRule, Message, MessageStream};

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const INTERFACE: &str = "org.freedesktop.login1.Manager";
const SIGNAL: &str = "PrepareForSleep";
/// So many signals may wait for us.
const WAITING: usize = 8;

/// Tells the engine of each sleep and each awakening, for as long as the system bus is there.
pub(crate) async fn follow(engine: Arc<Engine>) {
    if let Err(error) = listen(&engine).await {
        tracing::debug!(%error, "nobody tells before the computer sleeps");
    }
}

async fn listen(engine: &Arc<Engine>) -> zbus::Result<()> {
    let connection = Connection::system().await?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(NAME)?
        .path(PATH)?
        .interface(INTERFACE)?
        .member(SIGNAL)?
        .build();
    let mut signals = MessageStream::for_match_rule(rule, &connection, Some(WAITING)).await?;
    while let Some(message) = signals.next().await {
        let message = message?;
        let Ok(sleeps) = message.body().deserialize::<bool>() else { continue };
        if !is_from_owner(&connection, &message).await {
            continue;
        }
        tracing::info!(sleeps, "the computer goes to sleep, or has woken up");
        if sleeps {
            engine.going_to_sleep();
        } else {
            engine.woke_up().await;
        }
    }
    Ok(())
}

/// Any program may send a signal that looks the same straight to us.
async fn is_from_owner(connection: &Connection, message: &Message) -> bool {
    let bus = "org.freedesktop.DBus";
    let asked =
        connection.call_method(Some(bus), "/org/freedesktop/DBus", Some(bus), "GetNameOwner", &(NAME,));
    let owner = asked.await.ok().and_then(|answer| answer.body().deserialize::<OwnedUniqueName>().ok());
    let header = message.header();
    owner.as_ref().zip(header.sender()).is_some_and(|(owner, sender)| *sender == *owner)
}
