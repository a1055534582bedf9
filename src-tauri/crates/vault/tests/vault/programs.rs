//! Programs without a key: what was decided stays, for this file and account, until it is taken back.

use bowline_base::{AccountId, AppId};
use bowline_vault::{ProgramFile, Rule};

use crate::world::{MINUTE, NOON, World, entry};

#[test]
fn p6_what_was_decided_about_a_program_survives_a_restart() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    let id = decide(&mut world, &file(1), &ana, true);
    assert_eq!(decide(&mut world, &file(1), &bea, false), id, "one file is one program");
    world.vault().touch_programs(&[(id.clone(), NOON + MINUTE)]).unwrap();
    world.close();
    world.open().unwrap();
    let [program] = &world.vault().programs().unwrap()[..] else { panic!("one program") };
    assert_eq!((&program.id, &program.file, program.last_read_at), (&id, &file(1), Some(NOON + MINUTE)));
    let mut rules: Vec<_> = program.rules.iter().map(|r| (r.account.clone(), r.allowed)).collect();
    rules.sort();
    let mut expected = vec![(ana, true), (bea, false)];
    expected.sort();
    assert_eq!(rules, expected);
}

#[test]
fn a_new_decision_takes_the_place_of_the_old_one_and_of_the_files_that_lay_there_before() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    decide(&mut world, &file(1), &ana, true);
    decide(&mut world, &file(1), &ana, false);
    assert_eq!(allowed(&mut world), [false]);
    decide(&mut world, &file(2), &ana, true);
    let programs = world.vault().programs().unwrap();
    assert_eq!(programs.iter().map(|p| p.file.clone()).collect::<Vec<_>>(), [file(2)]);
}

#[test]
fn a_program_goes_when_it_is_forgotten_and_its_rules_with_their_account() {
    let mut world = World::unlocked();
    let (ana, bea) = (world.connect("ana"), world.connect("bea"));
    let id = decide(&mut world, &file(1), &ana, true);
    decide(&mut world, &file(1), &bea, true);
    world.vault().remove_account(&ana).unwrap();
    assert_eq!(world.vault().programs().unwrap()[0].rules.len(), 1);
    assert!(world.vault().forget_program(&id, entry("app.revoked")).unwrap());
    assert!(!world.vault().forget_program(&id, entry("app.revoked")).unwrap());
    assert!(world.vault().programs().unwrap().is_empty());
}

#[test]
fn a_row_that_was_damaged_says_no_yes() {
    let mut world = World::unlocked();
    let ana = world.connect("ana");
    decide(&mut world, &file(1), &ana, true);
    world.meddle("UPDATE program_rule SET allowed = 7");
    assert_eq!(allowed(&mut world), [false]);
}

fn decide(world: &mut World, file: &ProgramFile, account: &AccountId, allowed: bool) -> AppId {
    let id = AppId::random(&*world.random);
    let rule = Rule { account: account.clone(), allowed, decided_at: NOON };
    world.vault().save_rule(&id, file, &rule, entry("app.approved")).unwrap()
}

fn allowed(world: &mut World) -> Vec<bool> {
    let programs = world.vault().programs().unwrap();
    programs.iter().flat_map(|p| &p.rules).map(|r| r.allowed).collect()
}

fn file(inode: u64) -> ProgramFile {
    ProgramFile {
        path: "/usr/bin/reader".to_owned(),
        device: u64::MAX,
        inode,
        size: 7,
        modified: 1_795_262_400_000_000_001,
        changed: -5,
    }
}
