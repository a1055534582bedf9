//! `bowline rename`: another label for an account.

use bowline_wire::client::path;
use bowline_wire::shapes::{AccountView, PatchAccountBody};

use crate::error::Ended;
use crate::exit::Exit;
use crate::world::World;

/// Renames it.
pub fn run(world: &mut World<'_>, account: &str, label: &str) -> Ended {
    let call = path(["accounts", account]);
    let body = PatchAccountBody { label: Some(label.into()), ..PatchAccountBody::default() };
    let renamed: AccountView =
        world.ask(|agent| agent.patch(&call).body(&body).send()).map_err(|f| f.about(account))?;
    if world.out.json {
        world.out.document(&renamed);
    } else {
        world.out.word(&format!("{account} is called {} now.", renamed.name()));
    }
    Ok(Exit::Done.status())
}
