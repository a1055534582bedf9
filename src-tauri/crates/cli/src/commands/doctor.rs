//! `bowline doctor`: the agent's checks, and the one it cannot make itself: that it can be started.

use bowline_wire::shapes::{CheckView, DoctorView};

use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::print::{Ink, field};
use crate::world::World;

/// Exit 0 when all is well, else 1.
pub fn run(world: &mut World<'_>, account: Option<&str>) -> Ended {
    let may_start = world.autostart;
    let asked = match crate::reachable(world) {
        Err(unreachable) => Ok(DoctorView { checks: vec![finding("socket", unreachable)] }),
        Ok(()) => {
            world.ask(|agent| agent.get("/v1/doctor").query_if("account", account).send::<DoctorView>())
        }
    };
    let found = match asked {
        Ok(found) => found,
        Err(failure) if is_agents(&failure, may_start) => {
            DoctorView { checks: vec![finding("agent", failure)] }
        }
        Err(failure) => return Err(account.map_or_else(|| failure.clone(), |a| failure.clone().about(a))),
    };
    if world.out.json {
        world.out.document(&found);
    } else {
        found.checks.iter().for_each(|c| show(world, c));
    }
    let well = found.checks.iter().all(|c| c.ok);
    Ok(if well { Exit::Done } else { Exit::Unexpected }.status())
}

/// The agent did not come up. That none may be started is not a finding, but what the user asked for.
fn is_agents(failure: &Failure, may_start: bool) -> bool {
    failure.problem.is_none() && (may_start || failure.exit != Exit::NoAgent)
}

fn finding(id: &str, failure: Failure) -> CheckView {
    CheckView { id: id.into(), ok: false, level: "error".into(), message: failure.detail, fix: failure.fix }
}

fn show(world: &mut World<'_>, check: &CheckView) {
    let (mark, ink) = match (check.ok, check.level.as_str()) {
        (true, "warning") => ("!", Ink::Yellow),
        // Nothing was there to look at, which is neither well nor ill.
        (true, "skipped") => ("–", Ink::Dim),
        (true, _) => ("✓", Ink::Green),
        (false, "warning") => ("!", Ink::Yellow),
        (false, _) => ("✗", Ink::Red),
    };
    let line = format!("{} {:<13} {}", world.out.paint(ink, mark), field(&check.id), field(&check.message));
    world.out.line(&line);
    if let Some(fix) = check.fix.as_deref().filter(|_| !check.ok || check.level == "warning") {
        world.out.line(&format!("  → {}", field(fix)));
    }
}
