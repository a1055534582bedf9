//! `bowline status`: how one account fares, with the exit that `bowline token` would have; without an
//! account, all of them, with the exit of the one that needs the user most.

use bowline_wire::client::path;
use bowline_wire::shapes::AccountView;

use super::accounts;
use crate::error::Ended;
use crate::exit::Exit;
use crate::fix;
use crate::length::{from_now, until};
use crate::table::{self, Cell, plain};
use crate::world::World;

/// Shows it.
pub fn run(world: &mut World<'_>, account: Option<&str>) -> Ended {
    let Some(selector) = account else { return overview(world) };
    let call = path(["accounts", selector]);
    let account: AccountView = world.ask(|agent| agent.get(&call).send()).map_err(|f| f.about(selector))?;
    if world.out.json {
        world.out.document(&account);
    } else {
        detail(world, &account);
    }
    Ok(accounts::exit(&account, (world.now)()).status())
}

fn overview(world: &mut World<'_>) -> Ended {
    let all = accounts::all(world)?;
    accounts::show(world, &all);
    let now = (world.now)();
    let first = all.iter().map(|a| accounts::exit(a, now)).find(|e| *e != Exit::Done);
    Ok(first.unwrap_or(Exit::Done).status())
}

/// What the person calls the account with this id.
fn name_of(world: &World<'_>, id: &str) -> String {
    let found = world.ask(|agent| agent.get(path(["accounts", id])).send::<AccountView>());
    found.map_or_else(|_| id.to_owned(), |account| account.name().to_owned())
}

/// Prints what a person wants to know of one account.
pub(super) fn detail(world: &mut World<'_>, account: &AccountView) {
    let now = (world.now)();
    let status = accounts::status(account, world.out.terminal);
    let stands_in = account.fallback.as_deref().map(|id| name_of(world, id));
    let mut rows: Vec<Vec<Cell>> = vec![
        vec![plain("account"), plain(account.name())],
        vec![plain("provider"), plain(&account.provider)],
        vec![plain("status"), status],
        vec![plain("says"), plain(&account.message)],
    ];
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            rows.push(vec![plain(name), plain(value)]);
        }
    };
    let time = |t: &Option<String>| t.as_deref().map(|t| from_now(t, now));
    add("stands in", stands_in);
    add("emergency key ends", time(&account.emergency_ends_at));
    add("signed in as", account.username.clone());
    add("reason", account.reason.clone());
    add("token ends", time(&account.access_expires_at));
    add("renews", time(&account.next_refresh_at));
    let end = |t: &Option<String>| t.as_deref().map(|t| until(t, now));
    add("access ends", end(&account.grant_expires_at));
    add("needs you", end(&account.forecast.ends_at));
    add("because", account.forecast.because.clone());
    add("not granted", Some(account.scopes.missing.join(" ")));
    add("provider said", account.last_refresh.as_ref().and_then(|l| l.provider_description.clone()));
    add("do", fix::of_action(account.action(), account.name(), &account.provider));
    table::print(&mut world.out, &rows);
}
