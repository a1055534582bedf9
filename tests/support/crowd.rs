//! Many readers in one process: each opens a connection, all wait for a line on standard input, then all read at once.
//!
//! `crowd SOCKET PATH READERS` prints "ready", and after the line each distinct answer's status and token hash once.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Barrier;

use bowline_base::Secret;
use bowline_tests::{Door, Request};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [socket, path, readers] = &arguments[..] else { panic!("crowd SOCKET PATH READERS") };
    let readers: usize = readers.parse().expect("a number of readers");
    let (door, gate) = (Door::Socket(PathBuf::from(socket)), Barrier::new(readers + 1));
    let answers: BTreeSet<String> = std::thread::scope(|scope| {
        let one = || {
            gate.wait();
            let answer = Request::get(path).send(&door);
            let token = answer.json()["access_token"].as_str().map(|token| Secret::new(token).sha256_hex());
            format!("{} {}", answer.status, token.unwrap_or_else(|| answer.text()))
        };
        let running: Vec<_> = (0..readers).map(|_| scope.spawn(one)).collect();
        say("ready");
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).expect("somebody says when");
        gate.wait();
        running.into_iter().map(|reader| reader.join().expect("every reader is answered")).collect()
    });
    answers.iter().for_each(|answer| say(answer));
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
