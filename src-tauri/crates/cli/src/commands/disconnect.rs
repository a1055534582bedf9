//! `bowline disconnect`: revoke at the provider, then forget. Asks first.

use bowline_wire::client::path;
use bowline_wire::shapes::{AccountView, DisconnectedView};

use crate::args::Disconnect;
use crate::ask;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::fix::quote;
use crate::world::World;

/// Disconnects it.
pub fn run(world: &mut World<'_>, args: &Disconnect) -> Ended {
    if !args.yes {
        agree(world, args)?;
    }
    let call = path(["accounts", &args.account]);
    let local = args.local_only.then_some("true");
    let done: DisconnectedView = world
        .ask(|agent| agent.delete(&call).query_if("local_only", local).send())
        .map_err(|f| f.about(&args.account))?;
    tell(world, args, &done);
    Ok(Exit::Done.status())
}

fn agree(world: &mut World<'_>, args: &Disconnect) -> Result<(), Failure> {
    let again = format!("bowline disconnect {} --yes", quote(&args.account));
    if !world.input_terminal {
        return Err(Failure::usage(
            "Disconnecting cannot be undone, and there is no terminal to ask at.",
            again,
        ));
    }
    let call = path(["accounts", &args.account]);
    let account: AccountView =
        world.ask(|agent| agent.get(&call).send()).map_err(|f| f.about(&args.account))?;
    let who = crate::print::field(&format!("{} at {}", account.name(), account.provider));
    if ask::confirm(world, &format!("Disconnect {who}? Apps that use it lose access now."), &again)? {
        return Ok(());
    }
    Err(Failure::new(Exit::Denied, "cancelled", "Nothing was changed.", again))
}

fn tell(world: &mut World<'_>, args: &Disconnect, done: &DisconnectedView) {
    if world.out.json {
        return world.out.document(done);
    }
    let account = &args.account;
    world.out.word(&match (args.local_only, done.revoked_at_provider) {
        (_, true) => format!("{account} is disconnected, and its provider withdrew the grant."),
        (true, false) => {
            format!("{account} is forgotten here. Its provider was not asked to withdraw the grant.")
        }
        (false, false) => format!(
            "{account} is forgotten here, but its provider did not confirm. \
             To be sure, remove Bowline in your security settings there."
        ),
    });
}
