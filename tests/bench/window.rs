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

/// Rounds in which each window is started once. What else the machine does lasts for several starts, so that a window
/// is held against the empty one of its own round.
const ROUNDS: usize = 23;
/// The first ones fill the caches of the disk and are not counted.
const WARMING: usize = 2;
/// The last ones, in which the memory is looked at too.
const LOOKED_AT: usize = 5;
/// After this a window that shows its content does nothing more.
const SETTLED: Duration = Duration::from_secs(3);
/// Until the next start: a window's processes give back what they had.
const REST: Duration = Duration::from_millis(400);

/// One round: how long each window took to its first content, in seconds, and its memory where it was looked at.
struct Round {
    empty: Start,
    one: Start,
    two_hundred: Start,
}

/// One start of a window.
struct Start {
    shown: f64,
    memory: Option<f64>,
}

/// The figures: with one account, and with two hundred.
pub(crate) fn figures(few: &House, many: &House) -> io::Result<Vec<Figure>> {
    if std::env::var_os("DISPLAY").is_none() {
        eprintln!("bench: there is no display, so the window is not measured");
        return Ok(Vec::new());
    }
    let before = process::memory(few.pid()).resident;
    let rounds =
        (0..ROUNDS).map(|n| round(few, many, n + LOOKED_AT >= ROUNDS)).collect::<io::Result<Vec<_>>>()?;
    sleep(SETTLED);
    let agent = process::memory(few.pid()).resident / before;
    let counted = &rounds[WARMING..];
    let empty = Seen::of(counted, |round| &round.empty);
    let one = Seen::of(counted, |round| &round.one);
    let two_hundred = Seen::of(counted, |round| &round.two_hundred);
    Ok(vec![
        told("empty window: first content", empty.shown * 1000.0, "ms"),
        told("the window: first content", one.shown * 1000.0, "ms"),
        ratio("the window's first content ÷ empty window's", one.later, 1.3),
        ratio("the same with 200 accounts", two_hundred.later, 1.6),
        told("empty window: memory (Pss of its processes)", empty.memory, "MB"),
        told("the window: memory (Pss of its processes)", one.memory, "MB"),
        ratio("the window's memory ÷ empty window's", one.memory / empty.memory, 1.25),
        ratio("the same with 200 accounts", two_hundred.memory / empty.memory, 1.25),
        ratio("the agent's memory after the windows ÷ before", agent, 1.05),
    ])
}

/// What one window's starts came to, each the middle one.
struct Seen {
    shown: f64,
    /// Times the empty window of the same round.
    later: f64,
    memory: f64,
}

impl Seen {
    fn of(rounds: &[Round], window: impl Fn(&Round) -> &Start) -> Self {
        Self {
            shown: median(rounds.iter().map(|round| window(round).shown)),
            later: median(rounds.iter().map(|round| window(round).shown / round.empty.shown)),
            memory: median(rounds.iter().filter_map(|round| window(round).memory)),
        }
    }
}

fn round(few: &House, many: &House, looked_at: bool) -> io::Result<Round> {
    Ok(Round {
        empty: start(&mut few.home().program(beside("examples/empty")), looked_at)?,
        one: start(&mut few.home().program(beside("bowline-desktop")), looked_at)?,
        two_hundred: start(&mut many.home().program(beside("bowline-desktop")), looked_at)?,
    })
}

fn told(name: &str, value: f64, unit: &'static str) -> Figure {
    Figure::new(format!("  {name}"), value, unit, Limit::None)
}

fn ratio(name: &str, value: f64, most: f64) -> Figure {
    Figure::new(name, value, "×", Limit::Most(most))
}

/// Opens a window, waits until it shows its content, has a look at its memory when it has settled, and closes it.
fn start(command: &mut Command, looked_at: bool) -> io::Result<Start> {
    for name in ["DISPLAY", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS"]
    {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let began = Instant::now();
    let mut window = Running::start("a window", command.stdin(Stdio::null()));
    window.event("shown");
    let shown = began.elapsed().as_secs_f64();
    let memory = looked_at.then(|| {
        sleep(SETTLED);
        process::below(window.pid()).into_iter().filter_map(|pid| process::memory(pid).share).sum()
    });
    sleep(REST);
    drop(window);
    sleep(REST);
    Ok(Start { shown, memory })
}

/// A program that was built beside the measuring one.
fn beside(name: &str) -> PathBuf {
    let bowline = bowline_tests::home::binary();
    bowline.with_file_name("").join(name)
}
