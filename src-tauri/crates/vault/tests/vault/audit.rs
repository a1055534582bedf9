//! The audit trail: what it tells, and that no change, gap, swap or cut goes unnoticed (O-31).

use bowline_base::{AccountId, AppId};
use bowline_vault::{AuditEntry, AuditQuery, AuditRecord, Broken, Keystore, VaultError, Verified};

use crate::world::{MINUTE, NOON, World, entry, master};

fn numbered(from: u64, count: u64) -> Vec<AuditEntry> {
    (from..from + count)
        .map(|n| AuditEntry { code: Some(format!("code-{n}").into()), ..entry("token.read") })
        .collect()
}

/// Three rows: entries 1 to 10, 11 to 20, 21 to 30.
fn thirty() -> World {
    let mut world = World::unlocked();
    for tens in 0..3 {
        world.vault().append_audit(&numbered(tens * 10 + 1, 10)).unwrap();
    }
    world
}

fn verify(world: &mut World) -> Result<Verified, Broken> {
    world.vault().verify_audit().unwrap()
}

fn all(world: &mut World) -> Vec<AuditRecord> {
    world
        .vault()
        .audit(AuditQuery { since_seq: Some(0), before_seq: None, account: None, limit: 1000 })
        .unwrap()
}

fn body(world: &World, first: u64) -> Vec<u8> {
    world.cell(&format!("SELECT body FROM audit WHERE first_seq = {first}"))
}

fn set_body(world: &World, first: u64, body: &[u8]) {
    world.set_cell(&format!("UPDATE audit SET body = ?1 WHERE first_seq = {first}"), body);
}

/// Where each entry of a body starts, and where the body ends.
fn starts(body: &[u8]) -> Vec<usize> {
    let mut starts = vec![32];
    while *starts.last().unwrap() < body.len() {
        let at = *starts.last().unwrap();
        let length = u32::from_le_bytes(body[at..at + 4].try_into().unwrap()) as usize;
        starts.push(at + 4 + length + 32);
    }
    starts
}

#[test]
fn o31_an_entry_is_told_with_all_its_fields() {
    let mut world = World::unlocked();
    let (account, app) = (AccountId::random(&*world.random), AppId::random(&*world.random));
    let full = AuditEntry {
        at: NOON + MINUTE,
        actor: app.to_string().into(),
        program: Some("/usr/bin/mutt".into()),
        event: "token.refused".into(),
        account: Some(account.clone()),
        app: Some(app.clone()),
        outcome: "failed".into(),
        code: Some("insufficient_scope".into()),
    };
    let bare = AuditEntry { program: None, ..entry("vault.unlocked") };
    assert_eq!(world.vault().append_audit(&[full, bare]).unwrap(), 2);
    world.open().unwrap();
    let [first, second] = all(&mut world).try_into().unwrap();
    assert_eq!((first.seq, first.at, first.actor.as_str()), (1, NOON + MINUTE, app.as_str()));
    assert_eq!((first.program.as_deref(), first.event.as_str()), (Some("/usr/bin/mutt"), "token.refused"));
    assert_eq!((first.account, first.app), (Some(account), Some(app)));
    assert_eq!((first.outcome.as_str(), first.code.as_deref()), ("failed", Some("insufficient_scope")));
    assert_eq!(first.prev, "0".repeat(64));
    assert_eq!((second.prev, second.program, second.code), (first.hash, None, None));
}

#[test]
fn o31_a_whole_trail_verifies_over_restarts_locked_and_unlocked() {
    let mut world = thirty();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 30 }));
    world.open().unwrap();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 30 }));
    assert_eq!(world.vault().append_audit(&numbered(31, 5)).unwrap(), 35, "locked");
    world.vault().unlock(&master(1)).unwrap();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 35 }));
    assert_eq!(world.vault().append_audit(&numbered(36, 5)).unwrap(), 40);
    world.restart();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 40 }));
    assert_eq!(world.vault().append_audit(&[]).unwrap(), 40);
}

#[test]
fn a_trail_that_began_before_there_was_a_key_is_sealed_with_it() {
    let mut world = World::empty();
    world.open().unwrap();
    world.vault().append_audit(&numbered(1, 3)).unwrap();
    world.vault().create_key(&master(1), &Keystore::Keychain).unwrap();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 3 }));
    world.close();
    world.meddle("DELETE FROM audit");
    world.restart();
    assert_eq!(verify(&mut world), Err(Broken { seq: 1 }));
}

#[test]
fn o31_every_edited_byte_is_found_at_its_own_entry() {
    let mut world = thirty();
    let whole = body(&world, 11);
    let starts = starts(&whole);
    for at in 0..whole.len() {
        let mut edited = whole.clone();
        edited[at] ^= 1;
        set_body(&world, 11, &edited);
        let entry = starts.iter().skip(1).filter(|end| **end <= at).count() as u64;
        assert_eq!(verify(&mut world), Err(Broken { seq: 11 + entry }), "byte {at}");
    }
    set_body(&world, 11, &whole);
    assert_eq!(verify(&mut world), Ok(Verified { entries: 30 }));
}

#[test]
fn o31_a_missing_doubled_or_moved_entry_inside_a_row_is_found() {
    let mut world = thirty();
    let whole = body(&world, 11);
    let s = starts(&whole);
    let part = |from: usize, to: usize| whole[s[from]..s[to]].to_vec();
    let head = whole[..32].to_vec();
    let end = s.len() - 1;
    let rows = [
        ([head.clone(), part(0, 4), part(5, end)].concat(), 15, "one taken out"),
        ([head.clone(), part(0, 4), part(5, 6), part(4, 5), part(6, end)].concat(), 15, "two swapped"),
        ([head.clone(), part(0, 5), part(4, end)].concat(), 16, "one doubled"),
        ([head.clone(), part(0, 9)].concat(), 19, "the row's last taken out"),
        ([head.clone(), part(1, end)].concat(), 11, "the row's first taken out"),
        (head, 10, "all taken out"),
    ];
    for (edited, seq, what) in rows {
        set_body(&world, 11, &edited);
        assert_eq!(verify(&mut world), Err(Broken { seq }), "{what}");
    }
}

#[test]
fn o31_a_missing_or_moved_row_is_found() {
    let rows = [
        ("DELETE FROM audit WHERE first_seq = 1", 1),
        ("DELETE FROM audit WHERE first_seq = 11", 11),
        ("UPDATE audit SET first_seq = 99 WHERE first_seq = 11", 11),
        ("UPDATE audit SET last_seq = 99 WHERE first_seq = 11", 20),
        ("UPDATE audit SET last_at = 0 WHERE first_seq = 11", 20),
        ("UPDATE audit SET body = x'' WHERE first_seq = 21", 21),
        ("UPDATE audit SET body = (SELECT body FROM audit WHERE first_seq = 1) WHERE first_seq = 11", 11),
        ("UPDATE audit_head SET anchor_seq = 10", 1),
        ("UPDATE audit_head SET sealed = x'00'", 1),
        ("UPDATE audit_head SET sealed = NULL", 1),
        ("DELETE FROM audit_head", 1),
    ];
    for (sql, seq) in rows {
        let mut world = thirty();
        world.meddle(sql);
        assert_eq!(verify(&mut world), Err(Broken { seq }), "{sql}");
    }
}

#[test]
fn o31_a_tail_that_was_cut_off_is_found_even_after_more_was_added() {
    let mut world = thirty();
    world.close();
    world.meddle("DELETE FROM audit WHERE first_seq = 21");
    world.open().unwrap();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 20 }), "locked, nobody can know");
    world.vault().append_audit(&numbered(521, 3)).unwrap();
    world.vault().unlock(&master(1)).unwrap();
    assert_eq!(verify(&mut world), Err(Broken { seq: 24 }));
    world.vault().append_audit(&numbered(524, 10)).unwrap();
    assert_eq!(verify(&mut world), Err(Broken { seq: 30 }));
    world.restart();
    world.vault().append_audit(&numbered(534, 1)).unwrap();
    assert_eq!(verify(&mut world), Err(Broken { seq: 30 }), "the seal is not replaced");
    assert!(matches!(world.vault().prune_audit(NOON + MINUTE), Err(VaultError::AuditBroken { seq: 30 })));
}

#[test]
fn o31_a_tail_cut_off_under_a_running_agent_is_found_locked_too() {
    let mut world = thirty();
    world.vault().lock();
    world.meddle("DELETE FROM audit WHERE first_seq = 21");
    assert_eq!(verify(&mut world), Err(Broken { seq: 21 }));
}

#[test]
fn o31_a_chain_that_was_made_anew_does_not_fit_its_seal() {
    let mut world = thirty();
    world.close();
    // A forger who knows the format writes another vault's well-chained entries in place of these.
    let mut other = World::empty();
    other.open().unwrap();
    for tens in 0..3 {
        let forged: Vec<AuditEntry> = numbered(tens * 10 + 1, 10)
            .into_iter()
            .map(|e| AuditEntry { actor: "nobody".into(), ..e })
            .collect();
        other.vault().append_audit(&forged).unwrap();
    }
    for first in [1, 11, 21] {
        set_body(&world, first, &body(&other, first));
    }
    world.restart();
    assert_eq!(verify(&mut world), Err(Broken { seq: 30 }));
}

#[test]
fn the_newest_come_first_and_those_since_a_number_in_order() {
    let mut world = thirty();
    let seqs = |world: &mut World, since_seq, limit| -> Vec<u64> {
        let query = AuditQuery { since_seq, before_seq: None, account: None, limit };
        world.vault().audit(query).unwrap().iter().map(|r| r.seq).collect()
    };
    assert_eq!(seqs(&mut world, None, 12), (19..=30).rev().collect::<Vec<_>>());
    assert_eq!(seqs(&mut world, Some(8), 5), [9, 10, 11, 12, 13]);
    assert_eq!(seqs(&mut world, Some(10), 1), [11]);
    assert_eq!(seqs(&mut world, Some(29), 100), [30]);
    assert_eq!(seqs(&mut world, Some(30), 100), [0; 0]);
    assert_eq!(seqs(&mut world, Some(u64::MAX), 100), [0; 0]);
    assert_eq!(seqs(&mut world, None, 0), [30], "at least one");
    assert_eq!(world.vault().audit(AuditQuery::default()).unwrap().len(), 30);
    let mut before = |before_seq, limit| -> Vec<u64> {
        let query = AuditQuery { before_seq: Some(before_seq), limit, ..AuditQuery::default() };
        world.vault().audit(query).unwrap().iter().map(|r| r.seq).collect()
    };
    assert_eq!(before(20, 3), [19, 18, 17]);
    assert_eq!(before(3, 100), [2, 1]);
    assert_eq!(before(1, 100), [0; 0]);
    assert_eq!(before(u64::MAX, 1), [30]);
}

#[test]
fn an_answer_has_at_most_a_thousand_entries() {
    let mut world = World::unlocked();
    world.vault().append_audit(&numbered(1, 2500)).unwrap();
    for since_seq in [None, Some(0)] {
        let found = world
            .vault()
            .audit(AuditQuery { since_seq, before_seq: None, account: None, limit: usize::MAX })
            .unwrap();
        assert_eq!(found.len(), 1000);
        let chained = found.windows(2).all(|w| w[0].hash == w[1].prev || w[1].hash == w[0].prev);
        assert!(chained);
    }
    assert_eq!(verify(&mut world), Ok(Verified { entries: 2500 }));
}

#[test]
fn an_account_s_entries_are_found_among_all_others() {
    let mut world = World::unlocked();
    let ana = AccountId::random(&*world.random);
    for n in 1..=200u64 {
        let mut batch = numbered(n * 3 - 2, 3);
        batch[1].account = (n % 50 == 0).then(|| ana.clone());
        world.vault().append_audit(&batch).unwrap();
    }
    let mut seqs = |since_seq, limit| -> Vec<u64> {
        let query = AuditQuery { since_seq, before_seq: None, account: Some(ana.clone()), limit };
        world.vault().audit(query).unwrap().iter().map(|r| r.seq).collect()
    };
    assert_eq!(seqs(None, 100), [599, 449, 299, 149]);
    assert_eq!(seqs(None, 2), [599, 449]);
    assert_eq!(seqs(Some(149), 100), [299, 449, 599]);
    assert_eq!(seqs(Some(148), 1), [149]);
}

#[test]
fn pruning_forgets_whole_old_rows_and_the_rest_still_verifies() {
    let mut world = World::unlocked();
    for day in 0..5u32 {
        let at = NOON + MINUTE * (day * 1440);
        let batch: Vec<AuditEntry> = numbered(1, 10).into_iter().map(|e| AuditEntry { at, ..e }).collect();
        world.vault().append_audit(&batch).unwrap();
    }
    assert_eq!(world.vault().prune_audit(NOON).unwrap(), 0);
    assert_eq!(world.vault().prune_audit(NOON + MINUTE * 2000).unwrap(), 20);
    assert_eq!(verify(&mut world), Ok(Verified { entries: 30 }));
    assert_eq!(all(&mut world)[0].seq, 21);
    world.restart();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 30 }));
    assert_eq!(world.vault().prune_audit(NOON + MINUTE * 99_999).unwrap(), 30);
    assert_eq!(verify(&mut world), Ok(Verified { entries: 0 }));
    world.restart();
    assert_eq!(world.vault().append_audit(&numbered(51, 1)).unwrap(), 51, "numbers go on");
    assert_eq!(verify(&mut world), Ok(Verified { entries: 1 }));
}

#[test]
fn a_beginning_that_was_cut_off_by_others_is_found() {
    let mut world = thirty();
    let whole = body(&world, 11);
    world.meddle("DELETE FROM audit WHERE first_seq <= 11; UPDATE audit_head SET anchor_seq = 20");
    world.set_cell("UPDATE audit_head SET anchor_hash = ?1", &whole[whole.len() - 32..]);
    assert_eq!(verify(&mut world), Err(Broken { seq: 1 }));
    world.vault().lock();
    assert_eq!(verify(&mut world), Ok(Verified { entries: 10 }), "locked, the chain alone fits");
}

#[test]
fn pruning_waits_for_the_key_once_there_is_one() {
    let mut world = thirty();
    world.vault().lock();
    assert!(matches!(world.vault().prune_audit(NOON + MINUTE), Err(VaultError::Locked)));
    let mut fresh = World::empty();
    fresh.open().unwrap();
    fresh.vault().append_audit(&numbered(1, 3)).unwrap();
    assert_eq!(fresh.vault().prune_audit(NOON + MINUTE).unwrap(), 3);
}

#[test]
fn an_entry_is_never_refused_for_its_length() {
    let mut world = World::unlocked();
    let long = AuditEntry {
        actor: "é".repeat(5000).into(),
        code: Some("x".repeat(1 << 20).into()),
        ..entry("abuse")
    };
    world.vault().append_audit(&[long]).unwrap();
    let found = all(&mut world).remove(0);
    assert_eq!((found.actor.len(), found.code.unwrap().len()), (1024, 1024));
    assert_eq!(verify(&mut world), Ok(Verified { entries: 1 }));
}

#[test]
fn a_damaged_row_hides_only_itself_from_readers() {
    let mut world = thirty();
    world.meddle("UPDATE audit SET body = x'0102' WHERE first_seq = 11");
    let seqs: Vec<u64> = all(&mut world).iter().map(|r| r.seq).collect();
    assert_eq!(seqs, (1..=10).chain(21..=30).collect::<Vec<_>>());
}

#[test]
fn many_entries_share_few_rows() {
    let mut world = World::unlocked();
    world.vault().append_audit(&numbered(1, 10_000)).unwrap();
    let rows = String::from_utf8(world.cell("SELECT CAST(count(*) AS BLOB) FROM audit")).unwrap();
    assert!(rows.parse::<u32>().unwrap() < 100, "{rows}");
    assert_eq!(verify(&mut world), Ok(Verified { entries: 10_000 }));
}
