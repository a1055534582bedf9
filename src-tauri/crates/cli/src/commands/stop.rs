//! `bowline stop`: asks the agent to end, and waits until it is gone.

use std::time::{Duration, Instant};

use bowline_wire::shapes::StoppingView;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::world::World;

/// The agent promises to end within 5 s; one more for the machine.
const GONE_WITHIN: Duration = Duration::from_secs(6);

/// How often it looks whether the agent is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Ends it. Never starts one for that.
pub fn run(world: &mut World<'_>) -> Ended {
    let stopping: StoppingView = world.client().post("/v1/stop").send().map_err(Failure::from)?;
    let deadline = Instant::now() + GONE_WITHIN;
    while world.client().is_there() || is_alive(stopping.pid) {
        if Instant::now() >= deadline {
            return Err(Failure::new(
                Exit::Unexpected,
                "internal",
                format!(
                    "The agent, process {}, is still there after {} s.",
                    stopping.pid,
                    GONE_WITHIN.as_secs()
                ),
                format!("kill {}", stopping.pid),
            ));
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    if world.out.json {
        world.out.document(&stopping);
    } else {
        world.out.word("Bowline's agent has ended.");
    }
    Ok(Exit::Done.status())
}

/// A process that has ended and was not yet collected by its parent counts as gone.
fn is_alive(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else { return false };
    if pid <= 0 || kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH) {
        return false;
    }
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}
