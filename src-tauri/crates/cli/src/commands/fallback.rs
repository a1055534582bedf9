//! `bowline fallback`: which account stands in while another one's provider is down.

use bowline_wire::client::path;
use bowline_wire::shapes::{AccountView, PatchAccountBody};

use crate::error::Ended;
use crate::exit::Exit;
use crate::print::field;
use crate::world::World;

/// What is typed to take the name back.
const NONE: &str = "none";

/// Names it, or takes the name back.
pub fn run(world: &mut World<'_>, account: &str, other: &str) -> Ended {
    let call = path(["accounts", account]);
    let named = Some(other).filter(|other| *other != NONE);
    let body = PatchAccountBody { fallback: Some(named.map(str::to_owned)), ..PatchAccountBody::default() };
    let view: AccountView =
        world.ask(|agent| agent.patch(&call).body(&body).send()).map_err(|f| f.about(account))?;
    if world.out.json {
        world.out.document(&view);
        return Ok(Exit::Done.status());
    }
    let name = view.name();
    let sentence = match named {
        Some(other) => format!(
            "{other} stands in for {name} while its provider is down, for whoever may use both accounts."
        ),
        None => format!("Nothing stands in for {name}."),
    };
    world.out.word(&field(&sentence));
    Ok(Exit::Done.status())
}
