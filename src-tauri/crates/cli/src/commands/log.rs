//! `bowline log`: the audit trail, read, followed, and verified.

use std::time::Duration;

use bowline_wire::shapes::{AuditListView, AuditVerifiedView, AuditView};
use serde_json::json;

use crate::args::{Log, LogVerb};
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::print::Ink;
use crate::table::{self, inked, plain};
use crate::world::World;

/// Entries in one answer: the most the agent gives.
const PAGE: usize = 1000;

/// How many old entries `--follow` begins with.
const BEFORE: usize = 10;

/// How often `--follow` looks for new ones: reads make entries but no events.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Reads, follows or verifies.
pub fn run(world: &mut World<'_>, args: &Log) -> Ended {
    match (args.verb, args.follow) {
        (Some(LogVerb::Verify), _) => verify(world),
        (None, true) => follow(world, args.account.as_deref()),
        (None, false) => read(world, args.account.as_deref()),
    }
}

fn read(world: &mut World<'_>, account: Option<&str>) -> Ended {
    let mut entries = Vec::new();
    while more(world, account, &mut entries)? {}
    if world.out.json {
        world.out.document(&AuditListView { entries });
    } else {
        entries.iter().for_each(|e| show(world, e));
    }
    Ok(Exit::Done.status())
}

/// Adds the next page; true when another may follow.
fn more(world: &World<'_>, account: Option<&str>, entries: &mut Vec<AuditView>) -> Result<bool, Failure> {
    let since = entries.last().map_or(0, |e| e.seq);
    let page = page(world, account, since)?;
    let full = page.len() >= PAGE && page.last().is_some_and(|e| e.seq > since);
    entries.extend(page);
    Ok(full)
}

fn page(world: &World<'_>, account: Option<&str>, since: u64) -> Result<Vec<AuditView>, Failure> {
    let asked = world.ask(|agent| {
        let call =
            agent.get("/v1/audit").query("since_seq", since.to_string()).query("limit", PAGE.to_string());
        call.query_if("account", account).send::<AuditListView>()
    });
    asked.map(|list| list.entries).map_err(|f| account.map_or_else(|| f.clone(), |a| f.clone().about(a)))
}

fn follow(world: &mut World<'_>, account: Option<&str>) -> Ended {
    let mut entries = Vec::new();
    while more(world, account, &mut entries)? {}
    let mut last = entries.last().map_or(0, |e| e.seq);
    let mut fresh = entries.split_off(entries.len().saturating_sub(BEFORE));
    // From here on, an agent that ends is not started again just to be watched.
    world.autostart = false;
    loop {
        for entry in &fresh {
            if world.out.json { world.out.object(entry) } else { show(world, entry) }
        }
        if world.out.is_closed() {
            return Ok(Exit::Done.status());
        }
        std::thread::sleep(LOOK_AGAIN);
        fresh = page(world, account, last)?;
        last = fresh.last().map_or(last, |e| e.seq);
    }
}

fn show(world: &mut World<'_>, entry: &AuditView) {
    let well = entry.code.is_none();
    let outcome = match &entry.code {
        Some(code) => format!("{} {code}", entry.outcome),
        None => entry.outcome.clone(),
    };
    let who = entry.program.as_deref().unwrap_or(&entry.actor);
    let dash = |value: &Option<String>| plain(value.as_deref().unwrap_or("-"));
    let row = vec![
        inked(&entry.at, Ink::Dim),
        plain(&entry.event),
        dash(&entry.account),
        if well { plain(outcome) } else { inked(outcome, Ink::Yellow) },
        plain(who),
        dash(&entry.app),
    ];
    table::print(&mut world.out, &[row]);
}

fn verify(world: &mut World<'_>) -> Ended {
    let found: AuditVerifiedView = world.ask(|agent| agent.get("/v1/audit/verify").send())?;
    if found.ok {
        if world.out.json {
            world.out.document(&found);
        } else {
            world.out.word(&format!("All {} entries are as they were written.", found.entries));
        }
        return Ok(Exit::Done.status());
    }
    if world.out.json {
        world.out.document(&json!({"ok": false, "entries": found.entries, "broken_at": found.broken_at}));
    }
    let place = found.broken_at.map(|seq| format!(" from entry {seq} on")).unwrap_or_default();
    let detail = format!("The audit trail was changed{place}.");
    let mut failure = Failure::new(
        Exit::Unexpected,
        "storage_error",
        detail,
        "keep the data folder as it is, and look who could write to it",
    );
    failure.told = true;
    Err(failure)
}
