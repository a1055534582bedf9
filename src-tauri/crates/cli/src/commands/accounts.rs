//! `bowline accounts`: all accounts, those that need the user first.

use bowline_base::{Status, Wall};
use bowline_wire::shapes::{AccountView, AccountsView};

use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::fix;
use crate::print::Ink;
use crate::table::{self, Cell, inked, plain};
use crate::world::World;

/// Lists them.
pub fn run(world: &mut World<'_>) -> Ended {
    let accounts = all(world)?;
    show(world, &accounts);
    Ok(Exit::Done.status())
}

/// All accounts by urgency.
pub(super) fn all(world: &World<'_>) -> Result<Vec<AccountView>, Failure> {
    let mut accounts = world.ask(|agent| agent.get("/v1/accounts").send::<AccountsView>())?.accounts;
    accounts.sort_by_cached_key(|a| (urgency(a), a.status(), a.name().to_lowercase(), a.id.clone()));
    Ok(accounts)
}

/// Prints them as a table or as a document.
pub(super) fn show(world: &mut World<'_>, accounts: &[AccountView]) {
    if world.out.json {
        world.out.document(&AccountsView { accounts: accounts.to_vec() });
        return;
    }
    if accounts.is_empty() {
        world
            .out
            .word("No accounts yet. Add one and your apps can use it without asking you to sign in again.");
        world.out.word("→ bowline connect PROVIDER");
        return;
    }
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    if world.out.terminal {
        rows.push(["ACCOUNT", "PROVIDER", "STATUS", ""].map(|h| inked(h, Ink::Dim)).to_vec());
    }
    rows.extend(accounts.iter().map(|a| row(a, world.out.terminal)));
    table::print(&mut world.out, &rows);
}

/// A person reads words, a script reads the contract's.
fn row(account: &AccountView, terminal: bool) -> Vec<Cell> {
    let status = status(account, terminal);
    let cause = match fix::of_action(account.action(), account.name(), &account.provider) {
        Some(verb) => format!("{} → {verb}", account.message),
        None => account.message.clone(),
    };
    vec![plain(account.name()), plain(&account.provider), status, plain(cause)]
}

/// Needs you, soon, waiting, your own pause, fine.
fn urgency(account: &AccountView) -> u8 {
    match account.status() {
        Some(
            Status::Locked | Status::Misconfigured | Status::NeedsReconnect | Status::InsufficientPermissions,
        ) => 0,
        Some(Status::Expiring) => 1,
        Some(Status::Unavailable | Status::Degraded) | None => 2,
        Some(Status::Paused) => 3,
        Some(Status::Healthy) => 4,
    }
}

/// How an account fares: for a person in the catalogue's words and a colour, for a script in the contract's word.
pub(super) fn status(account: &AccountView, terminal: bool) -> Cell {
    let Some(status) = account.status().filter(|_| terminal) else { return plain(&account.status) };
    let ink = match status {
        Status::Healthy => Ink::Green,
        Status::Expiring | Status::Degraded | Status::Unavailable => Ink::Yellow,
        Status::InsufficientPermissions | Status::NeedsReconnect | Status::Misconfigured | Status::Locked => {
            Ink::Red
        }
        Status::Paused => Ink::Dim,
    };
    inked(bowline_words::status(status), ink)
}

/// What a command that needs a token would end with. Where no renewal can help, a token that still lives is
/// served all the same.
pub(super) fn exit(account: &AccountView, now: Wall) -> Exit {
    let lives = account.access_expires_at.as_deref().and_then(Wall::parse).is_none_or(|end| end > now);
    match account.status() {
        Some(Status::Healthy | Status::Expiring | Status::Degraded) => Exit::Done,
        Some(Status::InsufficientPermissions | Status::Misconfigured) if lives => Exit::Done,
        Some(Status::Unavailable) if account.standing_in.is_some() => Exit::Done,
        Some(Status::Unavailable) => Exit::Unavailable,
        Some(Status::InsufficientPermissions | Status::NeedsReconnect) => Exit::UserMustAct,
        Some(Status::Misconfigured) => Exit::Misconfigured,
        Some(Status::Locked) => Exit::Locked,
        Some(Status::Paused) => Exit::Denied,
        None => Exit::Unexpected,
    }
}
