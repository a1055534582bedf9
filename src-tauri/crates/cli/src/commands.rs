//! One file per verb; here is which verb is whose.

use crate::args::Command;
use crate::error::Ended;
use crate::world::World;

pub mod accounts;
pub mod apps;
mod attempt;
pub mod completions;
pub mod connect;
pub mod disconnect;
pub mod doctor;
pub mod emergency;
pub mod exec;
pub mod fallback;
pub mod log;
pub mod man;
pub mod metrics;
pub mod pause;
pub mod providers;
pub mod reconnect;
pub mod refresh;
pub mod rename;
pub mod status;
pub mod stop;
pub mod token;
pub mod vault;

/// Runs a command in this world.
pub fn run(command: Command, world: &mut World<'_>) -> Ended {
    match command {
        Command::Connect(args) => connect::run(world, &args),
        Command::Reconnect(args) => reconnect::run(world, &args),
        Command::Accounts => accounts::run(world),
        Command::Status { account } => status::run(world, account.as_deref()),
        Command::Rename { account, label } => rename::run(world, &account, &label),
        Command::Token(args) => token::run(world, &args),
        Command::Refresh { account } => refresh::run(world, &account),
        Command::Exec(args) => exec::run(world, &args),
        Command::Disconnect(args) => disconnect::run(world, &args),
        Command::Pause { account } => pause::run(world, &account, true),
        Command::Resume { account } => pause::run(world, &account, false),
        Command::Fallback { account, other } => fallback::run(world, &account, &other),
        Command::Emergency(args) => emergency::run(world, &args),
        Command::Apps { verb } => apps::run(world, verb),
        Command::Providers { verb } => providers::run(world, verb),
        Command::Log(args) => log::run(world, &args),
        Command::Metrics => metrics::run(world),
        Command::Vault { verb } => vault::run(world, verb),
        Command::Doctor { account } => doctor::run(world, account.as_deref()),
        Command::Stop => stop::run(world),
        Command::Completions { shell } => completions::run(world, shell),
        Command::Man => man::run(world),
        // These two are the process itself, and were run before there was a world.
        Command::Agent(args) => Ok(crate::start::agent(args.headless)),
        Command::Practice(args) => Ok(crate::start::practice(&args, world.out.json)),
    }
}
