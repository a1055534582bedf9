//! `bowline reconnect`: signing in again with an account that is connected already.

use bowline_wire::client::path;
use bowline_wire::shapes::{AccountView, ConnectBody};

use super::attempt::{self, Plan};
use crate::args::Reconnect;
use crate::error::Ended;
use crate::exit::Exit;
use crate::world::World;

/// Reconnects it.
pub fn run(world: &mut World<'_>, args: &Reconnect) -> Ended {
    let call = path(["accounts", &args.account]);
    let account: AccountView =
        world.ask(|agent| agent.get(&call).send()).map_err(|f| f.about(&args.account))?;
    let mut body = ConnectBody::new(&account.provider);
    body.account = Some(account.id);
    body.scopes = (!args.scopes.is_empty()).then(|| args.scopes.clone());
    body.open_browser = !args.no_browser;
    let plan = Plan { body: body.by_code(args.device), typed: args.account.clone(), timeout: None };
    let account = attempt::run(world, &plan)?;
    attempt::connected(world, &account);
    Ok(Exit::Done.status())
}
