use std::cell::Cell;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::fake::{Fake, Reply, ok};
use crate::print::Out;
use crate::world::World;

fn entry(seq: u64) -> Value {
    json!({"seq": seq, "at": "2026-11-20T10:00:00Z", "actor": "owner", "program": "/usr/bin/mutt", "event": "token.read",
        "account": "acc_1", "app": null, "outcome": "ok", "code": null, "prev": "p", "hash": "h"})
}

fn page(seqs: std::ops::RangeInclusive<u64>) -> Reply {
    Reply::Json(200, json!({"entries": seqs.map(entry).collect::<Vec<_>>()}))
}

#[test]
fn the_trail_is_read_page_by_page_to_its_end() {
    let fake = Fake::with([("GET /v1/audit", vec![page(1..=1000), page(1001..=1002)])]);
    let ran = fake.run("bowline log --account work --json");
    assert_eq!(ran.json()["entries"].as_array().unwrap().len(), 1002);
    assert_eq!(
        fake.asked(),
        [
            "GET /v1/audit?since_seq=0&limit=1000&account=work",
            "GET /v1/audit?since_seq=1000&limit=1000&account=work",
        ]
    );
}

#[test]
fn an_entry_is_a_line_of_when_what_whose_how_and_who() {
    let ran = Fake::with([("GET /v1/audit", vec![page(1..=1)])]).run("bowline log");
    assert_eq!(ran.stdout, "2026-11-20T10:00:00Z\ttoken.read\tacc_1\tok\t/usr/bin/mutt\t-\n");
}

thread_local!(static WRITES: Cell<usize> = const { Cell::new(0) });

/// A reader that goes away after some lines, like `head`.
struct Head(usize);

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = WRITES.get() + bytes.iter().filter(|b| **b == b'\n').count();
        WRITES.set(lines);
        if lines > self.0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn following_begins_with_the_last_entries_and_ends_when_nobody_reads() {
    let fake = Fake::with([("GET /v1/audit", vec![page(1..=15)])]);
    let mut world = World::new(Out::new(Head(9), io::sink()), fake.paths.clone());
    let status = crate::run(["bowline", "log", "--follow", "--json"].map(Into::into), &mut world);
    assert_eq!((status, WRITES.get()), (0, 10));
}

#[test]
fn a_trail_that_was_changed_is_told_with_the_place() {
    let good =
        Fake::with([("GET /v1/audit/verify", ok(json!({"ok": true, "entries": 7, "broken_at": null})))]);
    let ran = good.run("bowline log verify");
    assert!(ran.status == 0 && ran.stderr.contains("All 7 entries"), "{ran:?}");
    let bad = Fake::with([("GET /v1/audit/verify", ok(json!({"ok": false, "entries": 7, "broken_at": 3})))]);
    let ran = bad.run("bowline log verify --json");
    assert!(ran.status == 1 && ran.stderr.contains("from entry 3 on"), "{ran:?}");
    assert_eq!(ran.json()["broken_at"], 3);
}
