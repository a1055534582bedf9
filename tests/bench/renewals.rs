//! Reads beside renewals: a provider that hangs, and a great many accounts that are due within one minute.

use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bowline_tests::Door;
use serde_json::json;

use crate::Size;
use crate::figure::{Figure, Limit, share};
use crate::house::{House, read_of};
use crate::line::{self, Line, Load};
use crate::servers::Server;

/// Reads of one turn, one after the other on a kept connection.
const READS: usize = 200;
/// Accounts whose renewal hangs.
const HANGING: usize = 20;
/// How long tokens live where many are due at once: none is due before all are connected.
const LIVES: &str = "100s";
/// From then on the first is due: three quarters of that life.
const DUE_FROM: Duration = Duration::from_secs(72);
/// By then all have been: the last sign-in, its token's life up to its renewal, and the spread.
const ALL_WERE_DUE: Duration = Duration::from_secs(60);

/// A read of a living token while the provider answers nobody and twenty others are renewed there.
pub(crate) fn hanging(size: Size) -> io::Result<Vec<Figure>> {
    let house = House::build();
    let accounts = house.people(HANGING + 1);
    let reads = |turns: usize| -> io::Result<Vec<Duration>> { times(&house, &accounts[0], turns) };
    reads(1)?;
    let quiet = reads(size.turns)?;
    house.play(&json!({"fail": "token=hang"}));
    let renew = |account: &String| {
        let mut line = Line::open(&house.socket())?;
        let request = format!(
            "POST /v1/accounts/{account}/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        );
        line.say(request.as_bytes())?;
        Ok(line)
    };
    // held, so that each goes on waiting for its answer
    let _waiting: Vec<Line> = accounts[1..].iter().map(renew).collect::<io::Result<_>>()?;
    sleep(Duration::from_millis(200));
    let busy = reads(size.turns)?;
    let [quiet, busy] = [quiet, busy].map(worst);
    Ok(vec![
        Figure::new("a read's 99th percentile, all is quiet", quiet * 1e6, "µs", Limit::None),
        Figure::new("the same ÷ that, another account's provider hangs", busy / quiet, "×", Limit::Most(2.0)),
    ])
}

/// A read of a living token while so many accounts are renewed within a minute, and how they fare afterwards. The provider
/// works as hard beside it, on the same processors: what that costs any reader, one of an empty server shows.
pub(crate) fn rush(size: Size) -> io::Result<Vec<Figure>> {
    let house = House::with_life(LIVES);
    let began = Instant::now();
    let accounts = house.people(size.rush);
    let connected = Instant::now();
    let request = read_of(&accounts[0], "localhost", None);
    let answer = Line::open(&house.socket())?.ask(&request)?.to_vec();
    let place = house.home().path().join("axum.sock");
    let empty = Server::start("axum", Some(&place), line::body(&answer).len(), &line::headers(&answer))?;
    let doors = [house.socket(), empty.door.clone()];
    let reads = |until: Instant| -> io::Result<[f64; 2]> {
        let mut all = [Vec::new(), Vec::new()];
        while Instant::now() < until {
            for (door, all) in doors.iter().zip(&mut all) {
                all.extend(turn(door, &request)?);
                sleep(Duration::from_millis(25));
            }
        }
        Ok(all.map(worst))
    };
    sleep(Duration::from_secs(2));
    let quiet = reads(connected + Duration::from_secs(6))?;
    let before = house.renewals();
    sleep((began + DUE_FROM).saturating_duration_since(Instant::now()));
    let busy = reads(connected + DUE_FROM.max(ALL_WERE_DUE) + Duration::from_secs(15))?;
    let renewed = house.renewals() - before;
    let well = house.statuses().into_iter().filter(|status| status == "healthy").count();
    let number = size.rush as f64;
    let times = |who: usize| busy[who] / quiet[who];
    Ok(vec![
        Figure::new(
            format!("{} accounts due within a minute: renewed", size.rush),
            renewed as f64 / number,
            "×",
            Limit::Least(1.0),
        ),
        Figure::new("  of them well afterwards", well as f64 / number, "×", Limit::Least(1.0)),
        Figure::new("  a read's 99th percentile before", quiet[0] * 1e6, "µs", Limit::None),
        Figure::new("  the same meanwhile", busy[0] * 1e6, "µs", Limit::None),
        Figure::new("  an empty server's meanwhile", busy[1] * 1e6, "µs", Limit::None),
        Figure::new("  an empty server's meanwhile ÷ before", times(1), "×", Limit::None),
        Figure::new("  a read's meanwhile ÷ before", times(0), "×", Limit::None),
        Figure::new("a read's meanwhile ÷ before, ÷ that", times(0) / times(1), "×", Limit::Most(2.0)),
    ])
}

fn times(house: &House, account: &str, turns: usize) -> io::Result<Vec<Duration>> {
    let (door, request) = (house.socket(), read_of(account, "localhost", None));
    let mut all = Vec::new();
    for _ in 0..turns {
        all.extend(turn(&door, &request)?);
    }
    Ok(all)
}

fn turn(door: &Door, request: &[u8]) -> io::Result<Vec<Duration>> {
    Load { door, request, lines: 1, requests: READS, fresh: false }.times()
}

fn worst(times: Vec<Duration>) -> f64 {
    share(times.iter().map(Duration::as_secs_f64), 0.99)
}
