//! Programs without a key, where the person wants to be asked: nothing before a yes, and nothing after a no.

use std::sync::Arc;

use bowline_base::{AccountId, Secret};
use bowline_engine::caller::{AskingProgram, Origin, ProgramFile, SameUser};
use bowline_engine::event::Event;
use bowline_engine::notice::moments::Quiet;
use bowline_engine::programs::{ProgramQuestion, Verdict};
use bowline_engine::requests::RequestState;
use bowline_engine::serve::Wanted;
use bowline_engine::{Caller, EngineError, Policy};
use bowline_tests::world::journey::{owner, text};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, Setup, World};
use tokio::task::JoinHandle;

use crate::meddle::{allow, refuse};

#[tokio::test]
async fn p6_a_program_waits_for_the_persons_yes_and_is_asked_about_once() {
    let (world, ana) = asking().await;
    let reads: Vec<_> = (0..3).map(|_| begin(&world, &program(1), &ana)).collect();
    world.settle().await;
    let question = only_question(&world);
    assert_eq!((question.program.file.path.as_str(), &question.account), ("/opt/reader", &ana));
    assert_eq!(question.program.parent.as_deref(), Some("/usr/bin/bash"));
    let [notice] = &world.desktop.shown_about(question.id.as_str())[..] else { panic!("one notice") };
    assert!(notice.title.contains("reader wants to use ana@example.com"), "m22: {notice:?}");
    assert!(notice.body.contains("/opt/reader"), "m22: {notice:?}");
    answer(&world, &question, Verdict::UntilRevoked).await;
    for read in reads {
        assert_eq!(read.await.unwrap(), "at-ana");
    }
    assert_eq!(now(&world, &program(1), &ana).await, "at-ana", "it is not asked about again");
    assert_eq!(world.desktop.withdrawn(), [question.id.to_string()]);
    let states = world.events().into_iter().filter_map(|event| match event {
        Event::Request { state, .. } => Some(state),
        _ => None,
    });
    assert_eq!(states.collect::<Vec<_>>(), ["waiting", "done"]);
}

#[tokio::test]
async fn p6_nobody_answers_within_a_minute_and_that_is_a_no() {
    let (world, ana) = asking().await;
    let read = begin(&world, &program(1), &ana);
    world.pass(MINUTE - SECOND).await;
    assert!(!read.is_finished());
    world.pass(SECOND).await;
    assert_eq!(read.await.unwrap(), "approval_required");
    assert!(world.engine.program_questions().is_empty());
    assert_eq!(world.desktop.withdrawn().len(), 1);
    let trail = world.trail().await;
    let entry = trail.iter().find(|entry| entry.event == "app.denied").expect("it is recorded");
    assert_eq!((entry.code.as_deref(), entry.program.as_deref()), (Some("timed_out"), Some("/opt/reader")));
    begin(&world, &program(1), &ana);
    world.settle().await;
    assert_eq!(world.engine.program_questions().len(), 1, "the next read asks again");
}

#[tokio::test]
async fn p6_a_yes_holds_as_long_as_was_said() {
    for (verdict, at_once, after_an_hour) in
        [(Verdict::Once, false, false), (Verdict::Hour, true, false), (Verdict::UntilRevoked, true, true)]
    {
        let (world, ana) = asking().await;
        let read = begin(&world, &program(1), &ana);
        world.settle().await;
        answer(&world, &only_question(&world), verdict).await;
        assert_eq!(read.await.unwrap(), "at-ana");
        assert_eq!(reads_at_once(&world, &ana).await, at_once, "{verdict:?}");
        world.pass(HOUR / 2).await;
        assert_eq!(reads_at_once(&world, &ana).await, at_once, "{verdict:?}");
        world.pass(HOUR / 2).await;
        assert_eq!(reads_at_once(&world, &ana).await, after_an_hour, "{verdict:?}");
    }
}

#[tokio::test]
async fn p6_a_yes_until_revoked_and_a_block_survive_a_restart_and_an_hour_does_not() {
    for (verdict, read) in [
        (Verdict::UntilRevoked, Some("at-ana")),
        (Verdict::Block, Some("approval_required")),
        (Verdict::Hour, None),
        (Verdict::Deny, None),
    ] {
        let (world, ana) = asking().await;
        begin(&world, &program(1), &ana);
        world.settle().await;
        answer(&world, &only_question(&world), verdict).await;
        let world = world.restarted().await;
        confirm(&world);
        let again = begin(&world, &program(1), &ana);
        world.settle().await;
        assert_eq!(world.engine.program_questions().is_empty(), read.is_some(), "{verdict:?}");
        if let Some(read) = read {
            assert_eq!(again.await.unwrap(), read, "{verdict:?}");
        }
    }
}

#[tokio::test]
async fn p6_another_file_at_the_same_path_is_asked_about_again_and_takes_the_others_place() {
    let (world, ana) = asking().await;
    begin(&world, &program(1), &ana);
    world.settle().await;
    answer(&world, &only_question(&world), Verdict::UntilRevoked).await;
    begin(&world, &program(2), &ana);
    world.settle().await;
    let question = only_question(&world);
    assert!(question.allowed_before.is_some());
    let shown = world.desktop.shown_about(question.id.as_str());
    assert!(shown[0].body.contains("is not the program you allowed before"), "m23: {shown:?}");
    answer(&world, &question, Verdict::UntilRevoked).await;
    assert_eq!(now(&world, &program(2), &ana).await, "at-ana");
    assert_eq!(world.engine.programs().len(), 1);
    let world = world.restarted().await;
    assert_eq!(world.engine.programs().len(), 1);
}

#[tokio::test]
async fn p6_each_account_and_each_program_has_a_question_of_its_own() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    confirm(&world);
    let other = AskingProgram { file: ProgramFile { path: "/opt/other".into(), ..file(1) }, parent: None };
    begin(&world, &program(1), &ids[0]);
    begin(&world, &program(1), &ids[1]);
    begin(&world, &other, &ids[0]);
    world.settle().await;
    let questions = world.engine.program_questions();
    assert_eq!(questions.len(), 3);
    answer(&world, &questions[0], Verdict::UntilRevoked).await;
    assert_eq!(world.engine.program_questions().len(), 2);
}

#[tokio::test]
async fn p6_a_block_is_a_no_without_a_question_until_it_is_taken_back() {
    let (world, ana) = asking().await;
    let read = begin(&world, &program(1), &ana);
    world.settle().await;
    answer(&world, &only_question(&world), Verdict::Block).await;
    assert_eq!(read.await.unwrap(), "approval_required");
    assert_eq!(now(&world, &program(1), &ana).await, "approval_required");
    let [blocked] = &world.engine.programs()[..] else { panic!("one program") };
    assert_eq!((&blocked.blocked[..], blocked.grants.len()), (&[ana.clone()][..], 0));
    world.engine.revoke_app(&owner(), &blocked.id).await.unwrap();
    assert!(world.engine.programs().is_empty());
    begin(&world, &program(1), &ana);
    world.settle().await;
    assert_eq!(world.engine.program_questions().len(), 1);
}

#[tokio::test]
async fn p6_the_persons_own_acts_and_apps_with_a_key_are_not_asked_about() {
    let (world, ana) = asking().await;
    let person = owner().coming_from(Origin::Person);
    assert_eq!(read(&world, &person, &ana).await, "at-ana");
    let app = world.app_for("Mail", &ana).await;
    assert_eq!(read(&world, &app, &ana).await, "at-ana");
    assert!(world.engine.program_questions().is_empty());
}

#[tokio::test]
async fn p6_a_program_that_nobody_can_name_is_refused_recorded_and_told_of_once() {
    let (world, ana) = asking().await;
    for _ in 0..3 {
        let error = world.engine.token(&owner(), ana.as_str(), &Wanted::default()).await.err().unwrap();
        assert!(matches!(&error, EngineError::ProgramRefused { account, .. } if *account == ana));
    }
    let shown = world.desktop.shown_about("unknown program");
    assert_eq!(shown.len(), 1, "m24");
    assert!(shown[0].title.contains("An unidentified program asked for ana@example.com"), "m24: {shown:?}");
    let refused = world.trail().await.into_iter().filter(|e| e.event == "token.refused").collect::<Vec<_>>();
    assert_eq!(refused.len(), 3);
    assert!(refused.iter().all(|entry| entry.code.as_deref() == Some("approval_required")));
}

#[tokio::test]
async fn o31_what_is_asked_answered_and_read_is_recorded_with_the_program() {
    let (world, ana) = asking().await;
    begin(&world, &program(1), &ana);
    world.settle().await;
    answer(&world, &only_question(&world), Verdict::UntilRevoked).await;
    world.settle().await;
    let id = world.engine.programs()[0].id.to_string();
    world.engine.revoke_app(&owner(), &world.engine.programs()[0].id).await.unwrap();
    let trail = world.trail().await;
    let told = |event: &str| {
        let entry = trail.iter().find(|entry| entry.event == event).unwrap_or_else(|| panic!("{event}"));
        (entry.program.clone(), entry.app.as_ref().map(ToString::to_string), entry.code.clone())
    };
    let reader = Some("/opt/reader".to_owned());
    assert_eq!(told("app.requested"), (reader.clone(), None, None));
    assert_eq!(told("app.approved"), (reader.clone(), Some(id.clone()), Some("revoked".to_owned())));
    assert_eq!(told("token.read"), (reader, None, None));
    assert_eq!(told("app.revoked").1, Some(id));
}

#[tokio::test]
async fn at_most_twenty_questions_are_open() {
    let (world, ana) = asking().await;
    for n in 0..20 {
        begin(&world, &program(n), &ana);
    }
    world.settle().await;
    assert_eq!(world.engine.program_questions().len(), 20);
    assert_eq!(now(&world, &program(99), &ana).await, "rate_limited");
}

#[tokio::test]
async fn a_report_of_a_refused_token_asks_once_for_all_that_it_does() {
    let (world, ana) = asking().await;
    let (engine, caller) = (world.engine.clone(), caller(&program(1)));
    let sha256 = Secret::new("at-ana").sha256_hex();
    world.answers([bowline_tests::world::script::tokens("ana")]);
    let id = ana.clone();
    let report = tokio::spawn(async move { engine.token_rejected(&caller, id.as_str(), &sha256).await });
    world.settle().await;
    answer(&world, &only_question(&world), Verdict::Once).await;
    assert!(report.await.unwrap().is_ok());
    assert!(world.engine.program_questions().is_empty());
}

#[tokio::test]
async fn a_read_that_was_given_up_leaves_the_question_and_waits_for_nobody() {
    let (world, ana) = asking().await;
    let read = begin(&world, &program(1), &ana);
    world.settle().await;
    read.abort();
    let question = only_question(&world);
    answer(&world, &question, Verdict::UntilRevoked).await;
    assert_eq!(question.state(), RequestState::Done);
    assert_eq!(now(&world, &program(1), &ana).await, "at-ana");
}

#[tokio::test]
async fn an_answer_counts_once() {
    let (world, ana) = asking().await;
    begin(&world, &program(1), &ana);
    world.settle().await;
    let question = only_question(&world);
    answer(&world, &question, Verdict::Deny).await;
    let late = world.engine.answer_program(&owner(), &question.id, Verdict::UntilRevoked).await;
    assert!(matches!(late, Err(EngineError::RequestNotFound { .. })));
    assert!(world.engine.programs().is_empty());
}

#[tokio::test]
async fn p6_an_answer_whose_giver_hangs_up_is_carried_out() {
    let (world, ana) = asking().await;
    let read = begin(&world, &program(1), &ana);
    world.settle().await;
    let (question, me) = (only_question(&world), owner());
    tokio::select! {
        biased;
        _ = world.engine.answer_program(&me, &question.id, Verdict::UntilRevoked) => panic!("it ended at once"),
        () = std::future::ready(()) => {}
    }
    world.settle().await;
    assert!(read.is_finished(), "the question stays open for ever");
    assert_eq!((read.await.unwrap().as_str(), question.state()), ("at-ana", RequestState::Done));
}

#[tokio::test]
async fn p6_a_yes_that_cannot_be_recorded_is_none_after_a_restart_either() {
    let (world, ana) = asking().await;
    begin(&world, &program(1), &ana);
    world.settle().await;
    let (question, me) = (only_question(&world), owner());
    refuse(&world, "INSERT ON audit");
    let answered = world.engine.answer_program(&me, &question.id, Verdict::UntilRevoked).await;
    assert!(matches!(answered, Err(EngineError::Storage { .. })), "{answered:?}");
    assert!(world.engine.programs().is_empty());
    allow(&world.vault_file(), "INSERT ON audit");
    let world = world.restarted().await;
    assert!(world.engine.programs().is_empty(), "a yes is in force that nobody can read of");
}

#[tokio::test]
async fn p6_a_revocation_that_the_disk_refuses_can_be_tried_again() {
    let (world, ana) = asking().await;
    begin(&world, &program(1), &ana);
    world.settle().await;
    answer(&world, &only_question(&world), Verdict::UntilRevoked).await;
    let id = world.engine.programs().remove(0).id;
    refuse(&world, "DELETE ON program");
    let refused = world.engine.revoke_app(&owner(), &id).await;
    assert!(matches!(refused, Err(EngineError::Storage { .. })), "{refused:?}");
    allow(&world.vault_file(), "DELETE ON program");
    world.engine.revoke_app(&owner(), &id).await.expect("the second try takes it back");
    assert!(world.restarted().await.engine.programs().is_empty());
}

#[tokio::test]
async fn p6_a_revocation_whose_giver_hangs_up_is_carried_out() {
    let (world, ana) = asking().await;
    begin(&world, &program(1), &ana);
    world.settle().await;
    answer(&world, &only_question(&world), Verdict::UntilRevoked).await;
    let (id, me) = (world.engine.programs().remove(0).id, owner());
    tokio::select! {
        biased;
        _ = world.engine.revoke_app(&me, &id) => panic!("it ended at once"),
        () = std::future::ready(()) => {}
    }
    world.settle().await;
    assert!(world.engine.programs().is_empty());
    assert!(world.trail_events().await.contains(&"app.revoked".to_owned()));
}

#[tokio::test]
async fn p6_that_nobody_is_asked_any_more_is_told_and_recorded_also_where_the_same_edit_silences_notices() {
    for silent in [
        Policy { notify: false, ..Policy::default() },
        Policy { quiet: Quiet::parse("00:00-23:59"), ..Policy::default() },
    ] {
        for told_first in [true, false] {
            let (world, _) = asking().await;
            if told_first {
                world.engine.tell_unconfirmed();
            }
            world.engine.set_policy(silent.clone());
            if !told_first {
                world.engine.tell_unconfirmed();
            }
            world.engine.settings_changed(None, true);
            world.pass(HOUR).await;
            assert_eq!(world.desktop.shown_about("owner").len(), 1, "the edit has silenced its own notice");
            assert!(world.desktop.withdrawn().is_empty());
            let trail = world.trail().await;
            let entry = trail.iter().find(|entry| entry.event == "settings.changed").expect("it is recorded");
            assert_eq!((&*entry.actor, entry.code.as_deref()), ("bowline", Some("nobody_is_asked")));
        }
    }
}

#[tokio::test]
async fn p6_an_import_leaves_what_was_allowed_for_an_hour_as_it_is() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    confirm(&world);
    for (account, verdict) in [(&ids[0], Verdict::UntilRevoked), (&ids[1], Verdict::Hour)] {
        begin(&world, &program(1), account);
        world.settle().await;
        answer(&world, &only_question(&world), verdict).await;
    }
    let file = world.vault_file().with_file_name("export").display().to_string();
    let secret = || Secret::new("a passphrase of its own");
    world.engine.export(&owner(), &file, secret()).await.unwrap();
    world.engine.import(&owner(), &file, secret()).await.unwrap();
    assert_eq!(now(&world, &program(1), &ids[1]).await, "at-bo");
    assert_eq!(now(&world, &program(1), &ids[0]).await, "at-ana");
}

#[tokio::test]
async fn a_disconnected_account_is_nobodys_any_more() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    confirm(&world);
    let waiting = begin(&world, &program(1), &ids[0]);
    begin(&world, &program(2), &ids[0]);
    world.settle().await;
    let second = world.engine.program_questions().into_iter().find(|q| q.program.file == file(2)).unwrap();
    answer(&world, &second, Verdict::UntilRevoked).await;
    world.engine.disconnect(&owner(), ids[0].as_str(), true).await.unwrap();
    assert_eq!(waiting.await.unwrap(), "approval_required");
    assert!(world.engine.programs().is_empty() && world.engine.program_questions().is_empty());
}

#[tokio::test]
async fn only_the_person_answers_and_widens_where_programs_are_told_apart() {
    let (world, _) = asking().await;
    let person = owner().coming_from(Origin::Person);
    assert!(world.engine.require_person(&person).is_ok());
    for nobody in [owner(), caller(&program(1))] {
        let refused = world.engine.require_person(&nobody);
        assert!(matches!(refused, Err(EngineError::NotThePerson)));
    }
    let old = "/usr/bin/bowline-desktop (deleted)".to_owned();
    let window = AskingProgram { file: ProgramFile { path: old, ..file(1) }, parent: None };
    let refused = world.engine.require_person(&caller(&window)).unwrap_err();
    assert!(refused.to_string().contains("close the window and open it again"), "{refused}");
    world.engine.set_policy(Policy::default());
    assert!(world.engine.require_person(&owner()).is_ok());
}

/// A world with one account, in which programs are asked about.
async fn asking() -> (World, AccountId) {
    let policy = Policy { confirm: true, ..Policy::default() };
    let world = World::start(Setup {
        seeds: vec![Seed::fresh("ana").living(Some(HOUR * 9))],
        policy,
        ..Setup::default()
    })
    .await;
    let ana = world.ids().remove(0);
    (world, ana)
}

fn confirm(world: &World) {
    world.engine.set_policy(Policy { confirm: true, ..Policy::default() });
}

fn file(inode: u64) -> ProgramFile {
    ProgramFile { path: "/opt/reader".into(), device: 1, inode, size: 7, modified: 1, changed: 1 }
}

fn program(inode: u64) -> AskingProgram {
    AskingProgram { file: file(inode), parent: Some("/usr/bin/bash".into()) }
}

fn caller(program: &AskingProgram) -> Caller {
    let proof = SameUser::check(1, 1).expect("the same user");
    let path = program.file.path.as_str().into();
    Caller::owner(proof, Some(path)).coming_from(Origin::Program(Arc::new(program.clone())))
}

async fn read(world: &World, caller: &Caller, account: &AccountId) -> String {
    text(world.engine.token(caller, account.as_str(), &Wanted::default()).await)
}

/// A read of this program that may have to wait.
fn begin(world: &World, program: &AskingProgram, account: &AccountId) -> JoinHandle<String> {
    let (engine, caller, account) = (world.engine.clone(), caller(program), account.clone());
    tokio::spawn(async move { text(engine.token(&caller, account.as_str(), &Wanted::default()).await) })
}

/// A read that does not have to wait.
async fn now(world: &World, program: &AskingProgram, account: &AccountId) -> String {
    let read = begin(world, program, account);
    world.settle().await;
    assert!(read.is_finished(), "the person was asked");
    read.await.unwrap()
}

/// Whether the first program reads without a question; a question that it asked is answered with no.
async fn reads_at_once(world: &World, account: &AccountId) -> bool {
    let read = begin(world, &program(1), account);
    world.settle().await;
    match &world.engine.program_questions()[..] {
        [] => read.await.unwrap() == "at-ana",
        [question, ..] => {
            answer(world, question, Verdict::Deny).await;
            assert_eq!(read.await.unwrap(), "approval_required");
            false
        }
    }
}

fn only_question(world: &World) -> Arc<ProgramQuestion> {
    let questions = world.engine.program_questions();
    assert_eq!(questions.len(), 1);
    questions[0].clone()
}

async fn answer(world: &World, question: &ProgramQuestion, verdict: Verdict) {
    let person = owner().coming_from(Origin::Person);
    world.engine.answer_program(&person, &question.id, verdict).await.expect("it is answered");
    world.settle().await;
}
