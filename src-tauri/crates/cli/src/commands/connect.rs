//! `bowline connect`: a new account.

use bowline_wire::client::path;
use bowline_wire::shapes::{AccountView, ConnectBody, PatchAccountBody};

use super::attempt::{self, Plan};
use crate::args::Connect;
use crate::error::Ended;
use crate::exit::Exit;
use crate::world::World;

/// Connects it.
pub fn run(world: &mut World<'_>, args: &Connect) -> Ended {
    let mut body = ConnectBody::new(&args.provider);
    body.scopes = (!args.scopes.is_empty()).then(|| args.scopes.clone());
    body.login_hint.clone_from(&args.login_hint);
    body.label.clone_from(&args.label);
    body.open_browser = !args.no_browser;
    let plan = Plan { body: body.by_code(args.device), typed: args.provider.clone(), timeout: args.timeout };
    let account = attempt::run(world, &plan)?;
    let named = match &args.label {
        // Somebody else signed in than the one who is called so: the refusal says it.
        Some(label) if account.label.as_deref() != Some(label.trim()) => name(world, &account, label),
        _ => Ok(account.clone()),
    };
    // Connected it is, whatever became of the label.
    attempt::connected(world, named.as_ref().unwrap_or(&account));
    named.map(|_| Exit::Done.status())
}

fn name(world: &World<'_>, account: &AccountView, label: &str) -> Result<AccountView, crate::error::Failure> {
    let call = path(["accounts", &account.id]);
    let body = PatchAccountBody { label: Some(label.into()), ..PatchAccountBody::default() };
    world.ask(|agent| agent.patch(&call).body(&body).send())
}
