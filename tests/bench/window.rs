//! What the window costs, against an empty window of the same toolkit in the same run: the time to its first content
//! and the memory of all its processes. Needs a display; where there is none, nothing is told.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bowline_tests::Running;

use crate::figure::{Figure, Limit, median};
use crate::house::House;
use crate::process;

/// Starts of each window.
const STARTS: usize = 13;
/// The first ones fill the caches of the disk and are not counted.
const WARMING: usize = 2;
/// After this a window that shows its content does nothing more.
const SETTLED: Duration = Duration::from_secs(3);

/// One start of a window.
struct Start {
    shown: f64,
    memory: f64,
}

/// The figures: with one account, and with two hundred.
pub(crate) fn figures(few: &House, many: &House) -> io::Result<Vec<Figure>> {
    if std::env::var_os("DISPLAY").is_none() {
        eprintln!("bench: there is no display, so the window is not measured");
        return Ok(Vec::new());
    }
    let before = process::memory(few.pid()).resident;
    let (mut empty, mut one, mut two_hundred) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        empty.push(start(&mut few.home().program(beside("examples/empty")))?);
        one.push(start(&mut few.home().program(beside("bowline-desktop")))?);
        two_hundred.push(start(&mut many.home().program(beside("bowline-desktop")))?);
    }
    sleep(SETTLED);
    let agent = process::memory(few.pid()).resident / before;
    let shown = |starts: &[Start]| median(starts[WARMING..].iter().map(|s| s.shown));
    let memory = |starts: &[Start]| median(starts[WARMING..].iter().map(|s| s.memory));
    Ok(vec![
        told("empty window: first content", shown(&empty) * 1000.0, "ms"),
        told("the window: first content", shown(&one) * 1000.0, "ms"),
        ratio("the window's first content ÷ empty window's", shown(&one) / shown(&empty), 1.3),
        ratio("the same with 200 accounts", shown(&two_hundred) / shown(&empty), 1.6),
        told("empty window: memory (Pss of its processes)", memory(&empty), "MB"),
        told("the window: memory (Pss of its processes)", memory(&one), "MB"),
        ratio("the window's memory ÷ empty window's", memory(&one) / memory(&empty), 1.25),
        ratio("the same with 200 accounts", memory(&two_hundred) / memory(&empty), 1.25),
        ratio("the agent's memory after the windows ÷ before", agent, 1.05),
    ])
}

fn told(name: &str, value: f64, unit: &'static str) -> Figure {
    Figure::new(format!("  {name}"), value, unit, Limit::None)
}

fn ratio(name: &str, value: f64, most: f64) -> Figure {
    Figure::new(name, value, "×", Limit::Most(most))
}

/// Opens a window, waits until it shows its content and has settled, and closes it.
fn start(command: &mut Command) -> io::Result<Start> {
    for name in ["DISPLAY", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS"]
    {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let began = Instant::now();
    let mut window = Running::start("a window", command.stdin(Stdio::null()));
    window.event("shown");
    let shown = began.elapsed().as_secs_f64();
    sleep(SETTLED);
    let memory = process::below(window.pid()).into_iter().filter_map(|pid| process::memory(pid).share).sum();
    drop(window);
    Ok(Start { shown, memory })
}

/// A program that was built beside the measuring one.
fn beside(name: &str) -> PathBuf {
    let bowline = bowline_tests::home::binary();
    bowline.with_file_name("").join(name)
}
