//! `bowline refresh`: renew an account's token now.

use bowline_wire::client::path;
use bowline_wire::shapes::AccountView;

use crate::error::Ended;
use crate::exit::Exit;
use crate::length::from_now;
use crate::world::World;

/// Renews it.
pub fn run(world: &mut World<'_>, account: &str) -> Ended {
    let call = path(["accounts", account, "refresh"]);
    let view: AccountView = world.ask(|agent| agent.post(&call).send()).map_err(|f| f.about(account))?;
    if world.out.json {
        world.out.document(&view);
        return Ok(Exit::Done.status());
    }
    let now = (world.now)();
    match &view.access_expires_at {
        Some(end) => {
            world.out.word(&format!("{} has a new token, which ends {}.", view.name(), from_now(end, now)))
        }
        None => world.out.word(&format!("{} has a new token.", view.name())),
    }
    Ok(Exit::Done.status())
}
