//! A blocking HTTP/1.1 line, as small as it can be: what it costs falls on both sides of every ratio alike.
//!
//! It checks each answer's status and reads exactly its length; anything else ends the bench with a sentence.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use bowline_tests::Door;

/// The most that any wait takes.
const PATIENCE: Duration = Duration::from_secs(20);
const LARGEST_HEAD: usize = 16 * 1024;
const LARGEST_BODY: usize = 1024 * 1024;

/// An open connection.
pub(crate) struct Line {
    stream: Stream,
    buffer: Vec<u8>,
}

enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// A series of requests on one door.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    /// Where.
    pub(crate) door: &'a Door,
    /// The request, byte by byte.
    pub(crate) request: &'a [u8],
    /// How many connections at the same time.
    pub(crate) lines: usize,
    /// How many requests on all of them together.
    pub(crate) requests: usize,
    /// Whether each request gets a connection of its own.
    pub(crate) fresh: bool,
}

impl Line {
    /// Connects.
    pub(crate) fn open(door: &Door) -> io::Result<Self> {
        let stream = match door {
            Door::Socket(path) => Stream::Unix(UnixStream::connect(path)?),
            Door::Tcp(host) => Stream::Tcp(TcpStream::connect(host.as_str())?),
        };
        match &stream {
            Stream::Unix(unix) => unix.set_read_timeout(Some(PATIENCE))?,
            Stream::Tcp(tcp) => {
                tcp.set_nodelay(true)?;
                tcp.set_read_timeout(Some(PATIENCE))?;
            }
        }
        Ok(Self { stream, buffer: vec![0; LARGEST_HEAD] })
    }

    /// Sends bytes and waits for nothing.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Unix(unix) => unix.write_all(bytes),
            Stream::Tcp(tcp) => tcp.write_all(bytes),
        }
    }

    /// One request and its whole answer, head and body.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        self.say(request)?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize((filled * 2).min(LARGEST_HEAD + LARGEST_BODY), 0);
            }
            let more = match &mut self.stream {
                Stream::Unix(unix) => unix.read(&mut self.buffer[filled..])?,
                Stream::Tcp(tcp) => tcp.read(&mut self.buffer[filled..])?,
            };
            if more == 0 {
                return Err(broken("the connection was closed before the answer's end"));
            }
            filled += more;
            if whole(&self.buffer[..filled])?.is_some_and(|length| length <= filled) {
                return Ok(&self.buffer[..filled]);
            }
        }
    }
}

impl Load<'_> {
    /// Runs it; how long it took as a whole.
    pub(crate) fn run(self) -> io::Result<Duration> {
        let began = Instant::now();
        self.times().map(|_| began.elapsed())
    }

    /// Runs it; how long each request took, in no order. The first request of a kept line is as good as the others.
    pub(crate) fn times(self) -> io::Result<Vec<Duration>> {
        let share = self.requests / self.lines;
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..self.lines).map(|_| scope.spawn(move || self.one_line(share))).collect();
            let mut all = Vec::with_capacity(self.requests);
            for thread in threads {
                all.extend(thread.join().map_err(|_| broken("a reader panicked"))??);
            }
            Ok(all)
        })
    }

    fn one_line(self, requests: usize) -> io::Result<Vec<Duration>> {
        let mut line = Line::open(self.door)?;
        let mut times = Vec::with_capacity(requests);
        for number in 0..requests {
            let began = Instant::now();
            if self.fresh && number > 0 {
                line = Line::open(self.door)?;
            }
            line.ask(self.request)?;
            times.push(began.elapsed());
        }
        Ok(times)
    }
}

/// The body of an answer.
pub(crate) fn body(answer: &[u8]) -> &[u8] {
    head_end(answer).map_or(&[], |end| &answer[end..])
}

/// The headers of an answer that its sender chose: what every server adds by itself is left out.
pub(crate) fn headers(answer: &[u8]) -> Vec<String> {
    let head = String::from_utf8_lossy(&answer[..head_end(answer).unwrap_or_default()]).into_owned();
    let lines = head.lines().skip(1).filter(|line| !line.is_empty());
    let own = |line: &&str| !["content-length:", "date:"].iter().any(|name| line.starts_with(name));
    lines.filter(own).map(str::to_owned).collect()
}

/// The length of an answer as its head tells it, once the head is whole. Only 200 is an answer here.
fn whole(bytes: &[u8]) -> io::Result<Option<usize>> {
    let Some(end) = head_end(bytes) else { return Ok(None) };
    if bytes.get(9..12) != Some(b"200") {
        return Err(broken(&String::from_utf8_lossy(&bytes[..bytes.len().min(1000)])));
    }
    const NAME: &[u8] = b"content-length: ";
    let at = bytes[..end].windows(NAME.len()).position(|w| w.eq_ignore_ascii_case(NAME));
    let at = at.ok_or_else(|| broken("an answer without a length"))? + NAME.len();
    let digits = bytes[at..end].iter().take_while(|b| b.is_ascii_digit());
    Ok(Some(end + digits.fold(0, |sum, b| sum * 10 + usize::from(b - b'0'))))
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn broken(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}
