//! Reads against the measures: time on the processor, requests per second, and how long a reader waits while others
//! stall. Turns go agent, axum, hyper, and again, so that what else the machine does falls on all of them.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use bowline_tests::Door;

use crate::Size;
use crate::figure::{Figure, Limit, median, share};
use crate::house::{House, read_of};
use crate::line::{self, Line, Load};
use crate::process;
use crate::servers::Server;

/// What a group of audit entries waits for others, and a margin: until then a read is not paid for as a whole.
const WRITTEN_WITHIN: Duration = Duration::from_millis(400);

/// How long the agent may take to accept the clients that stall, and to see those of the last turn go.
const ACCEPTED_WITHIN: Duration = Duration::from_millis(50);
/// Reads in one turn beside clients that stall.
const READS_BESIDE: usize = 500;

/// Into so many turns a round is cut, so that a short disturbance falls on all three.
const TURNS: usize = 10;

/// A kind of reading.
struct Kind {
    name: &'static str,
    lines: usize,
    fresh: bool,
    requests: usize,
}

/// Who is asked, and where.
struct Asked<'a> {
    pid: u32,
    door: &'a Door,
    request: Vec<u8>,
}

/// What a run cost.
#[derive(Clone, Copy)]
struct Cost {
    cpu_us: f64,
    per_second: f64,
}

/// Processor time and requests per second, on the socket and with an app's key on loopback.
pub(crate) fn figures(house: &House, account: &str, size: Size) -> io::Result<Vec<Figure>> {
    let socket = [
        Kind { name: "socket, 1 kept connection", lines: 1, fresh: false, requests: size.reads },
        Kind { name: "socket, 4 kept connections", lines: 4, fresh: false, requests: size.reads },
        Kind { name: "socket, a connection each", lines: 2, fresh: true, requests: size.reads / 4 },
    ];
    let answer = Line::open(&house.socket())?.ask(&read_of(account, "localhost", None))?.to_vec();
    let (length, headers) = (line::body(&answer).len(), line::headers(&answer));
    let place = |name: &str| house.home().path().join(name);
    let axum = Server::start("axum", Some(&place("axum.sock")), length, &headers)?;
    let hyper = Server::start("hyper", Some(&place("hyper.sock")), length, &headers)?;
    let door = house.socket();
    let request = read_of(account, "localhost", None);
    let ask = |server: &Server| (server.pid(), server.door.clone());
    let mut found =
        compare(&socket, size.rounds, (house.pid(), door), [ask(&axum), ask(&hyper)], |_| request.clone())?;

    let loopback =
        [Kind { name: "app key on loopback, 4 kept", lines: 4, fresh: false, requests: size.reads }];
    let key = house.app_key(account);
    let axum = Server::start("axum", None, length, &headers)?;
    let hyper = Server::start("hyper", None, length, &headers)?;
    let request = |door: &Door| match door {
        Door::Tcp(host) => read_of(account, host, Some(&key)),
        Door::Socket(_) => read_of(account, "localhost", Some(&key)),
    };
    let agent = (house.pid(), house.loopback());
    found.extend(compare(&loopback, size.rounds, agent, [ask(&axum), ask(&hyper)], request)?);
    Ok(found)
}

/// How long a reader waits at worst while clients stall in the middle of their request line. Short turns, many of
/// them: whoever else takes the processor for a moment disturbs each of the three alike.
pub(crate) fn stalled(house: &House, account: &str, size: Size) -> io::Result<Vec<Figure>> {
    let (door, request) = (house.socket(), read_of(account, "localhost", None));
    let load = Load { door: &door, request: &request, lines: 1, requests: READS_BESIDE, fresh: true };
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..size.turns {
        for (number, times) in [0, 1, 200].into_iter().zip(&mut times) {
            let _stalled: Vec<Line> = (0..number).map(|_| stall(&door)).collect::<io::Result<_>>()?;
            sleep(ACCEPTED_WITHIN);
            times.extend(load.times()?);
        }
    }
    let [quiet, one, many] = times.map(|times| share(times.iter().map(Duration::as_secs_f64), 0.99));
    Ok(vec![
        Figure::new("a read's 99th percentile, nobody stalls", quiet * 1e6, "µs", Limit::None),
        Figure::new("the same ÷ that, 1 client stalls", one / quiet, "×", Limit::Most(1.5)),
        Figure::new("the same ÷ that, 200 clients stall", many / quiet, "×", Limit::Most(1.5)),
    ])
}

/// Many reads, for what they leave behind.
pub(crate) fn many(house: &House, account: &str, number: usize) -> io::Result<()> {
    let (door, request) = (house.socket(), read_of(account, "localhost", None));
    Load { door: &door, request: &request, lines: 4, requests: number, fresh: false }.run().map(drop)
}

fn stall(door: &Door) -> io::Result<Line> {
    let mut line = Line::open(door)?;
    line.say(b"GET /v1/acc")?;
    Ok(line)
}

fn compare(
    kinds: &[Kind],
    rounds: usize,
    agent: (u32, Door),
    measures: [(u32, Door); 2],
    request: impl Fn(&Door) -> Vec<u8>,
) -> io::Result<Vec<Figure>> {
    let [axum, hyper] = &measures;
    let asked = [&agent, axum, hyper].map(|(pid, door)| Asked { pid: *pid, door, request: request(door) });
    let mut found = Vec::new();
    for kind in kinds {
        asked.iter().try_for_each(|who| who.turn(kind).map(drop))?;
        let costs = (0..rounds).map(|_| round(kind, &asked)).collect::<io::Result<Vec<_>>>()?;
        found.extend(told(kind, &costs));
    }
    Ok(found)
}

/// What one request cost each of them, in turns of a tenth.
fn round(kind: &Kind, asked: &[Asked<'_>; 3]) -> io::Result<[Cost; 3]> {
    let before = asked.each_ref().map(|who| process::on_processor(who.pid));
    let mut times = [Duration::ZERO; 3];
    for _ in 0..TURNS {
        for (who, time) in asked.iter().zip(&mut times) {
            *time += who.turn(kind)?;
        }
    }
    sleep(WRITTEN_WITHIN);
    let cost = |number: usize| {
        let spent = process::between(&before[number], &process::on_processor(asked[number].pid));
        Cost {
            cpu_us: spent as f64 / 1000.0 / kind.requests as f64,
            per_second: kind.requests as f64 / times[number].as_secs_f64(),
        }
    };
    Ok([0, 1, 2].map(cost))
}

fn told(kind: &Kind, costs: &[[Cost; 3]]) -> [Figure; 4] {
    let middle = |of: &dyn Fn(&[Cost; 3]) -> f64| median(costs.iter().map(of));
    let name = kind.name;
    let cpu = middle(&|[ours, axum, _]| ours.cpu_us / axum.cpu_us);
    let rate = middle(&|[ours, _, hyper]| ours.per_second / hyper.per_second);
    [
        Figure::new(format!("CPU of a read ÷ empty axum ({name})"), cpu, "×", Limit::Most(1.5)),
        Figure::new(
            format!("  CPU of a read ({name})"),
            middle(&|[ours, ..]| ours.cpu_us),
            "µs",
            Limit::None,
        ),
        Figure::new(format!("reads per second ÷ empty hyper ({name})"), rate, "×", Limit::Least(0.6)),
        Figure::new(
            format!("  reads per second ({name})"),
            middle(&|[ours, ..]| ours.per_second),
            "/s",
            Limit::None,
        ),
    ]
}

impl Asked<'_> {
    /// A part of the kind's requests, and how long they took.
    fn turn(&self, kind: &Kind) -> io::Result<Duration> {
        let requests = kind.requests / TURNS;
        Load { door: self.door, request: &self.request, lines: kind.lines, requests, fresh: kind.fresh }.run()
    }
}
