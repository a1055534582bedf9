//! The figures of `make bench`: what Bowline costs on this machine, as ratios to programs that do nothing, measured
//! in one run. Never part of a timed test.
//!
//!     figures [--quick] [--json] [--reads | --renewals | --window]
//!
//! Reading order: a figure and its limit ([`figure`]), what the kernel counts ([`process`]), a blocking HTTP line
//! ([`line`]), the empty servers ([`servers`]), the agent in its home ([`house`]), and the figures themselves: reads
//! ([`reads`]), reads beside renewals ([`renewals`]), the window ([`window`]), starts and rest (here). Exit status 1 when a figure is over its limit. Everything that is started
//! here ends with it.

#![allow(clippy::print_stdout)]

mod figure;
mod house;
mod line;
mod process;
mod reads;
mod renewals;
mod servers;
mod window;

use std::io;
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use figure::{Figure, Limit, median};
use house::House;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    reads: usize,
    rounds: usize,
    turns: usize,
    pairs: usize,
    starts: usize,
    accounts: usize,
    rush: usize,
    many_reads: usize,
    rest: Duration,
}

const WHOLE: Size = Size {
    reads: 20_000,
    rounds: 7,
    turns: 40,
    pairs: 300,
    starts: 10,
    accounts: 1000,
    rush: 10_000,
    many_reads: 100_000,
    rest: Duration::from_secs(10),
};
const QUICK: Size = Size {
    reads: 8_000,
    rounds: 3,
    turns: 12,
    pairs: 100,
    starts: 5,
    accounts: 1000,
    rush: 1000,
    many_reads: 100_000,
    rest: Duration::from_secs(5),
};

/// After this nothing that a start or a sign-in has left behind is still to be done.
const SETTLED: Duration = Duration::from_secs(12);
/// A connection to a provider that nobody uses any more is closed after 20 s; then everything rests.
const PUT_AWAY: Duration = Duration::from_secs(22);

/// What can be measured alone.
const PARTS: [&str; 3] = ["--reads", "--renewals", "--window"];

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let done = match given.split_first() {
        Some((word, rest)) if word == servers::SERVE => servers::serve(rest).map(|()| true),
        _ => measure(&given),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures everything and prints it. True when every limit is kept.
fn measure(given: &[String]) -> io::Result<bool> {
    let has = |word: &str| given.iter().any(|g| g == word);
    let size = if has("--quick") { QUICK } else { WHOLE };
    let began = Instant::now();
    let mut figures = Vec::new();
    let is_part = PARTS.iter().any(|part| has(part));
    let wanted = |part: &str| !is_part || has(part);
    if wanted("--reads") {
        figures.extend(one_account(size, began)?);
    }
    if !is_part {
        figures.extend(thousand(size, began)?);
    }
    if wanted("--renewals") {
        figures.extend(beside_renewals(size, began)?);
    }
    if !is_part {
        figures.extend(desktop(size, began));
    }
    if wanted("--window") {
        figures.extend(windows(began)?);
    }
    if has("--json") {
        println!("{}", serde_json::Value::from_iter(figures.iter().map(Figure::json)));
    } else {
        let key = if house::has_keyring() {
            "the session's keyring"
        } else {
            "a passphrase: opening it is derived"
        };
        println!("\nThe vault's key comes from {key}. Measured in {} s.", began.elapsed().as_secs());
        figures.iter().for_each(|figure| println!("{}", figure.line()));
    }
    Ok(figures.iter().all(Figure::is_kept))
}

fn one_account(size: Size, began: Instant) -> io::Result<Vec<Figure>> {
    let say = |what: &str| eprintln!("bench: {:3} s  {what}", began.elapsed().as_secs());
    say("one account is connected");
    let mut house = House::build();
    let account = house.connect();
    reads::many(&house, &account, 4)?;
    sleep(Duration::from_secs(2));
    let mut found = memory(&house, "one account, just connected", Limit::Most(14.0));
    say("starts");
    found.extend(starts(&mut house, &account, size)?);
    say("rest");
    found.extend(rest(&house, size));
    say("reads");
    reads::many(&house, &account, size.many_reads)?;
    sleep(Duration::from_secs(1));
    found.extend(memory(&house, "one account, after 100 000 reads", Limit::Most(14.0)));
    say("`bowline token`");
    found.extend(command(&house, &account, size)?);
    say("reads against empty servers");
    found.extend(reads::figures(&house, &account, size)?);
    say("reads beside clients that stall");
    found.extend(reads::stalled(&house, &account, size)?);
    Ok(found)
}

fn thousand(size: Size, began: Instant) -> io::Result<Vec<Figure>> {
    eprintln!("bench: {:3} s  {} accounts are connected", began.elapsed().as_secs(), size.accounts);
    let mut house = House::build();
    let first = Instant::now();
    let accounts = house.people(size.accounts);
    let took = first.elapsed().as_secs_f64();
    assert_eq!(accounts.len(), size.accounts, "each name is an account");
    let start = house.restart(accounts.first().map(String::as_str))?;
    let first = start.token.unwrap_or(start.ready).as_secs_f64();
    accounts.iter().try_for_each(|account| reads::many(&house, account, 4))?;
    sleep(Duration::from_secs(2));
    let mut found = vec![
        Figure::new("1 000 sign-ins", took, "s", Limit::Most(60.0)),
        Figure::new("1 000 accounts: from a restart to a token", first, "s", Limit::Most(1.0)),
    ];
    found.extend(memory(&house, "1 000 accounts, each read", Limit::Most(20.0)));
    sleep(PUT_AWAY);
    let before = process::switches(house.pid());
    sleep(size.rest);
    let woken = process::between(&before, &process::switches(house.pid()));
    let name = format!("wake-ups in {} s of rest, 1 000 accounts", size.rest.as_secs());
    found.push(Figure::new(name, woken as f64, "", Limit::Most(0.0)));
    Ok(found)
}

/// Reads beside renewals that hang, and beside a great many.
fn beside_renewals(size: Size, began: Instant) -> io::Result<Vec<Figure>> {
    let say = |what: &str| eprintln!("bench: {:3} s  {what}", began.elapsed().as_secs());
    say("reads beside a provider that hangs");
    let mut found = renewals::hanging(size)?;
    say("reads beside accounts that are all due");
    found.extend(renewals::rush(size)?);
    Ok(found)
}

/// The agent with notifications and a tray item, as a person has it: its memory, and whether it sleeps.
fn desktop(size: Size, began: Instant) -> Vec<Figure> {
    if std::env::var_os("DISPLAY").is_none() {
        eprintln!("bench: there is no desktop, so the agent with a tray is not measured");
        return Vec::new();
    }
    eprintln!("bench: {:3} s  the agent with notifications and a tray item", began.elapsed().as_secs());
    let house = House::with_desktop();
    house.connect();
    sleep(Duration::from_secs(2));
    let mut found = memory(&house, "one account, with tray and notifications", Limit::Most(16.0));
    sleep(PUT_AWAY);
    let before = process::switches(house.pid());
    sleep(size.rest);
    let woken = process::between(&before, &process::switches(house.pid()));
    let name = format!("wake-ups in {} s of rest, with tray and notifications", size.rest.as_secs());
    found.push(Figure::new(name, woken as f64, "", Limit::Most(0.0)));
    found
}

/// The window over one account and over two hundred.
fn windows(began: Instant) -> io::Result<Vec<Figure>> {
    eprintln!("bench: {:3} s  the window, against an empty one", began.elapsed().as_secs());
    let (few, many) = (House::build(), House::build());
    few.connect();
    many.people(200);
    window::figures(&few, &many)
}

/// From the start to "ready", and to the first token.
fn starts(house: &mut House, account: &str, size: Size) -> io::Result<Vec<Figure>> {
    let starts: Vec<_> = (0..size.starts).map(|_| house.restart(Some(account))).collect::<io::Result<_>>()?;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Ok(vec![
        Figure::new(
            "ready after start",
            median(starts.iter().map(|s| ms(s.ready))),
            "ms",
            Limit::Most(100.0),
        ),
        Figure::new(
            "  first token after start",
            median(starts.iter().filter_map(|s| s.token).map(ms)),
            "ms",
            Limit::None,
        ),
    ])
}

/// Memory and wake-ups when nothing is to be done.
fn rest(house: &House, size: Size) -> Vec<Figure> {
    sleep(SETTLED);
    let mut found = memory(house, "one account, at rest", Limit::Most(14.0));
    let before = process::switches(house.pid());
    sleep(size.rest);
    let woken = process::between(&before, &process::switches(house.pid()));
    let name = format!("wake-ups in {} s of rest", size.rest.as_secs());
    found.push(Figure::new(name, woken as f64, "", Limit::Most(0.0)));
    found
}

fn memory(house: &House, when: &str, limit: Limit) -> Vec<Figure> {
    let memory = process::memory(house.pid());
    let share =
        memory.share.map(|share| Figure::new(format!("  its share (Pss): {when}"), share, "MB", Limit::None));
    [Figure::new(format!("resident: {when}"), memory.resident, "MB", limit)]
        .into_iter()
        .chain(share)
        .collect()
}

/// `bowline token` against a program with an empty `main`, one after the other.
fn command(house: &House, account: &str, size: Size) -> io::Result<Vec<Figure>> {
    let mut token = house.home().command(&["token", account]);
    let mut empty = Command::new(env!("CARGO_BIN_EXE_empty"));
    empty.env_clear().envs(token.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut pairs = Vec::new();
    for _ in 0..size.pairs + 10 {
        pairs.push((run(&mut empty)?, run(&mut token)?));
    }
    let pairs = &pairs[10..];
    Ok(vec![
        Figure::new(
            "`bowline token` ÷ empty process",
            median(pairs.iter().map(|(e, t)| t / e)),
            "×",
            Limit::Most(2.5),
        ),
        Figure::new("  `bowline token`", median(pairs.iter().map(|(_, t)| t * 1000.0)), "ms", Limit::None),
        Figure::new("  empty process", median(pairs.iter().map(|(e, _)| e * 1000.0)), "ms", Limit::None),
    ])
}

fn run(command: &mut Command) -> io::Result<f64> {
    let began = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let time = began.elapsed().as_secs_f64();
    if status.success() {
        Ok(time)
    } else {
        Err(io::Error::other(format!("{command:?} ended with {status}")))
    }
}
