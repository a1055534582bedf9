//! `bowline pause` and `bowline resume`.

use bowline_wire::client::path;
use bowline_wire::shapes::{AccountView, PatchAccountBody};

use crate::error::Ended;
use crate::exit::Exit;
use crate::world::World;

/// Pauses it, or takes the pause back.
pub fn run(world: &mut World<'_>, account: &str, paused: bool) -> Ended {
    let call = path(["accounts", account]);
    let body = PatchAccountBody { paused: Some(paused), ..PatchAccountBody::default() };
    let view: AccountView =
        world.ask(|agent| agent.patch(&call).body(&body).send()).map_err(|f| f.about(account))?;
    if world.out.json {
        world.out.document(&view);
    } else if paused {
        world
            .out
            .word(&format!("{} is paused: nothing is served or renewed until you resume it.", view.name()));
    } else {
        world.out.word(&format!("{} is resumed. {}", view.name(), view.message));
    }
    Ok(Exit::Done.status())
}
