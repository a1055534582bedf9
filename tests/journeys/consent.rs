//! Apps: closed by default, opened by the owner's yes and by nothing else (promise 6).

use std::time::Duration;

use bowline_base::random::SeededRandom;
use bowline_base::{AccountId, RequestId, ScopeSet, Secret};
use bowline_engine::apps::{Answer, AppWish, Want};
use bowline_engine::event::Event;
use bowline_engine::notice::{Button, Kind};
use bowline_engine::serve::Wanted;
use bowline_engine::{Caller, EngineError};
use bowline_oauth::transport::{FaultKind, Reply, Sent};
use bowline_tests::world::journey::{app_wish, owner, text};
use bowline_tests::world::script::{tokens, tokens_with};
use bowline_tests::world::{HOUR, MINUTE, SECOND, Seed, World};

#[tokio::test]
async fn p6_without_a_yes_no_key_exists_and_no_key_reads() {
    let (world, ana) = World::with_ana().await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    let answer =
        world.engine.app_answer(&asked.pending.id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    assert_eq!(answer, (Answer::Pending, None));
    for guess in ["", "bwl_", "bwl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", asked.poll_secret.expose()] {
        assert!(world.engine.app_by_key(&Secret::new(guess), None).is_none());
    }
    assert!(world.engine.apps().is_empty());
}

#[tokio::test]
async fn p6_an_app_hears_the_same_of_a_foreign_account_and_of_none() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let app = world.app_for("Mail", &ids[0]).await;
    assert_eq!(read(&world, &app, ids[0].as_str()).await, "at-ana");
    for foreign in [ids[1].as_str(), "bo@example.com", "nobody", "acc_0", "oidc"] {
        assert_eq!(read(&world, &app, foreign).await, "approval_required", "o05: {foreign}");
        let error = world.engine.account(&app, foreign).unwrap_err();
        assert!(matches!(error, EngineError::ApprovalRequired));
        assert!(!error.to_string().contains(foreign));
    }
    let seen: Vec<_> = world.engine.accounts_for(&app).into_iter().map(|s| s.account.id).collect();
    assert_eq!(seen, [ids[0].clone()]);
    assert_eq!(read(&world, &app, "acme").await, "at-ana", "of several, the one it may see is meant");
}

#[tokio::test]
async fn p6_the_owner_may_give_fewer_accounts_than_were_asked_for() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let wants = ids.iter().map(|id| Want {
        provider: None,
        account: Some(id.to_string()),
        scopes: ScopeSet::default(),
        ..Want::default()
    });
    let wish = AppWish { name: "Mail".to_owned(), wants: wants.collect(), because: None };
    let app = approved(&world, wish, &[ids[1].to_string()], None).await;
    assert_eq!(read(&world, &app, ids[1].as_str()).await, "at-bo");
    assert_eq!(read(&world, &app, ids[0].as_str()).await, "approval_required");
}

#[tokio::test]
async fn p6_a_name_that_fits_several_accounts_gives_each_no_more_than_was_asked_for() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let wants = vec![Want {
        provider: Some("acme".to_owned()),
        account: None,
        scopes: ScopeSet::read("profile"),
        ..Want::default()
    }];
    let wish = AppWish { name: "Mail".to_owned(), wants, because: None };
    let asked = world.engine.ask_for_access(wish).await.unwrap();
    let chosen = [ids[0].to_string()];
    let app = world.engine.approve_app(&owner(), &asked.pending.id, &chosen, None).await.unwrap();
    assert_eq!(
        app.face.grants[0].scopes,
        Some(ScopeSet::read("profile")),
        "acme fits both, and one was chosen"
    );
}

#[tokio::test]
async fn p6_an_account_that_was_not_asked_for_is_not_given() {
    let (world, ids) = World::with([Seed::fresh("ana"), Seed::fresh("bo")]).await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ids[0])).await.unwrap();
    let other = [ids[1].to_string()];
    let refused = world.engine.approve_app(&owner(), &asked.pending.id, &other, None).await.unwrap_err();
    assert!(matches!(refused, EngineError::InvalidRequest { .. }), "{refused}");
    world
        .engine
        .approve_app(&owner(), &asked.pending.id, &[], None)
        .await
        .expect("the question is still open");
}

#[tokio::test]
async fn p6_an_app_reads_for_the_scopes_that_it_asked_for_and_no_others() {
    let (world, ana) = World::with_ana().await;
    let app = approved(&world, wish_for("profile mail"), &[], None).await;
    assert_eq!(with(&world, &app, &ana, "profile").await, "at-ana");
    assert_eq!(with(&world, &app, &ana, "profile mail").await, "at-ana");
    assert_eq!(with(&world, &app, &ana, "").await, "at-ana");
    assert_eq!(with(&world, &app, &ana, "calendar").await, "approval_required");
}

#[tokio::test]
async fn p6_an_app_that_was_given_less_than_the_token_carries_does_not_get_the_token() {
    let (world, ana) = World::with_ana().await;
    let app = approved(&world, wish_for("profile"), &[], None).await;
    for scopes in ["", "profile", "mail", "profile mail"] {
        assert_eq!(with(&world, &app, &ana, scopes).await, "approval_required", "{scopes:?}");
    }
    let error = world.engine.token(&app, ana.as_str(), &Wanted::default()).await.err().unwrap().to_string();
    assert!(error.contains("(mail)") && error.contains("POST /v1/apps"), "{error}");
    let whole = approved(&world, wish_for(""), &[], None).await;
    assert_eq!(with(&world, &whole, &ana, "profile").await, "at-ana", "a yes to the whole account is one");
}

#[tokio::test]
async fn p6_a_renewed_token_that_carries_more_than_an_app_was_given_is_kept_from_it() {
    let (world, ana) = World::with_ana().await;
    let app = approved(&world, wish_for("profile mail"), &[], None).await;
    world.answers([tokens_with("new", "openid profile mail calendar")]);
    let wanted = Wanted { min_ttl: Some(HOUR * 2), ..Wanted::default() };
    assert_eq!(text(world.engine.token(&app, ana.as_str(), &wanted).await), "approval_required");
    assert_eq!(world.served(&ana).await, "at-new");
    world.answers([tokens_with("third", "openid offline_access profile mail")]);
    world.engine.refresh_now(ana.as_str()).await.unwrap();
    assert_eq!(read(&world, &app, ana.as_str()).await, "at-third", "how signing in goes is no permission");
}

#[tokio::test]
async fn p6_an_app_whose_time_is_up_hears_and_sees_what_a_stranger_does() {
    let (world, ana) = World::with_ana().await;
    let app = approved(&world, app_wish("Mail", &ana), &[], Some(MINUTE * 10)).await;
    assert_eq!(world.engine.accounts_for(&app).len(), 1);
    world.pass(MINUTE * 10).await;
    assert!(world.engine.accounts_for(&app).is_empty());
    assert!(matches!(world.engine.account(&app, ana.as_str()), Err(EngineError::ApprovalRequired)));
    let asked = world.engine.ask_to_reconnect(&app, ana.as_str(), None);
    assert!(matches!(asked, Err(EngineError::ApprovalRequired)));
}

#[tokio::test]
async fn p6_a_reader_whose_app_is_revoked_while_it_waits_gets_no_token() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    world.answers([Reply::fault(FaultKind::Refused, Sent::Nothing), tokens("new")]);
    let wanted = Wanted { min_ttl: Some(HOUR * 2), ..Wanted::default() };
    let (engine, caller, id) = (world.engine.clone(), app.clone(), ana.clone());
    let reading = tokio::spawn(async move { engine.token(&caller, id.as_str(), &wanted).await });
    world.until("the first try", || world.token_requests().len() == 1).await;
    world.engine.revoke_app(&owner(), app.app_id().unwrap()).await.unwrap();
    world.pass(SECOND * 5).await;
    assert_eq!(text(reading.await.unwrap()), "approval_required");
    assert_eq!(world.served(&ana).await, "at-new");
}

#[tokio::test]
async fn p6_a_yes_with_an_end_ends() {
    let (world, ana) = World::with_ana().await;
    let app = approved(&world, app_wish("Mail", &ana), &[], Some(MINUTE * 10)).await;
    world.pass(MINUTE * 10 - SECOND).await;
    assert_eq!(read(&world, &app, ana.as_str()).await, "at-ana");
    world.pass(SECOND).await;
    assert_eq!(read(&world, &app, ana.as_str()).await, "approval_required");
}

#[tokio::test]
async fn p6_a_revoked_app_is_nobody_at_once_and_after_a_restart() {
    let (world, ana) = World::with_ana().await;
    let (key, app) = with_key(&world, &ana).await;
    world.engine.revoke_app(&owner(), app.app_id().unwrap()).await.unwrap();
    assert!(world.engine.app_by_key(&key, None).is_none());
    assert!(world.engine.revoke_app(&owner(), app.app_id().unwrap()).await.is_err());
    assert!(world.events().iter().any(|e| matches!(e, Event::App { what: "revoked", .. })));
    let world = world.restarted().await;
    assert!(world.engine.app_by_key(&key, None).is_none() && world.engine.apps().is_empty());
}

#[tokio::test]
async fn p6_an_approved_app_is_known_after_a_restart_and_behind_a_lock_reads_nothing() {
    let (world, ana) = World::with_ana().await;
    let (key, _) = with_key(&world, &ana).await;
    let world = world.restarted().await;
    let app = world.engine.app_by_key(&key, None).expect("its key is known");
    assert_eq!(read(&world, &app, ana.as_str()).await, "at-ana");
    world.engine.lock().await.unwrap();
    let app = world.engine.app_by_key(&key, None).expect("who it is needs no key of the vault");
    assert_eq!(read(&world, &app, ana.as_str()).await, "locked");
}

#[tokio::test]
async fn p6_the_key_is_given_once_and_only_to_who_holds_the_poll_secret() {
    let (world, ana) = World::with_ana().await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    let id = &asked.pending.id;
    world.engine.approve_app(&owner(), id, &[], None).await.unwrap();
    for wrong in ["", "bwp_wrong", asked.pending.code.as_str()] {
        let error = world.engine.app_answer(id, &Secret::new(wrong), Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, EngineError::RequestNotFound { .. }));
    }
    let (answer, key) = world.engine.app_answer(id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    assert!(matches!(answer, Answer::Approved(_)) && key.is_some_and(|k| k.expose().starts_with("bwl_")));
    let (answer, key) = world.engine.app_answer(id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    assert!(matches!(answer, Answer::Approved(_)) && key.is_none());
}

#[tokio::test]
async fn p6_the_key_is_nowhere_on_disk_in_the_clear() {
    let (world, ana) = World::with_ana().await;
    let (key, _) = with_key(&world, &ana).await;
    for entry in std::fs::read_dir(world.vault_file().parent().unwrap()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(key.len()).any(|window| window == key.expose().as_bytes()));
    }
}

#[tokio::test]
async fn p6_a_long_poll_ends_with_the_owners_answer() {
    let (world, ana) = World::with_ana().await;
    for yes in [true, false] {
        let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
        let (engine, id, secret) =
            (world.engine.clone(), asked.pending.id.clone(), asked.poll_secret.clone());
        let poll = tokio::spawn(async move { engine.app_answer(&id, &secret, SECOND * 30).await });
        world.settle().await;
        if yes {
            world.engine.approve_app(&owner(), &asked.pending.id, &[], None).await.unwrap();
        } else {
            world.engine.deny_app(&owner(), &asked.pending.id).await.unwrap();
        }
        let (answer, key) = poll.await.unwrap().unwrap();
        assert_eq!(key.is_some(), yes);
        assert_eq!(answer.as_str(), if yes { "approved" } else { "denied" });
    }
}

#[tokio::test]
async fn p6_a_question_that_nobody_answers_runs_out_and_cannot_be_answered_any_more() {
    let (world, ana) = World::with_ana().await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    world.pass(MINUTE * 15).await;
    let (answer, key) = world.engine.app_answer(&asked.pending.id, &asked.poll_secret, SECOND).await.unwrap();
    assert_eq!((answer, key), (Answer::Expired, None));
    assert!(world.engine.approve_app(&owner(), &asked.pending.id, &[], None).await.is_err());
    assert!(world.engine.deny_app(&owner(), &asked.pending.id).await.is_err());
    assert!(world.engine.app_requests().is_empty() && world.engine.apps().is_empty());
}

#[tokio::test]
async fn p6_a_question_is_answered_once() {
    let (world, ana) = World::with_ana().await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    world.engine.deny_app(&owner(), &asked.pending.id).await.unwrap();
    assert!(world.engine.approve_app(&owner(), &asked.pending.id, &[], None).await.is_err());
    assert!(world.engine.apps().is_empty());
    let unknown = RequestId::random(&SeededRandom::new(1));
    assert!(world.engine.approve_app(&owner(), &unknown, &[], None).await.is_err());
}

#[tokio::test]
async fn p6_a_yes_whose_giver_hangs_up_is_carried_out() {
    let (world, ana) = World::with_ana().await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    let me = owner();
    tokio::select! {
        biased;
        _ = world.engine.approve_app(&me, &asked.pending.id, &[], None) => panic!("it ended at once"),
        () = std::future::ready(()) => {}
    }
    world.settle().await;
    let (answer, key) =
        world.engine.app_answer(&asked.pending.id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    assert!(matches!(answer, Answer::Approved(_)) && key.is_some(), "{answer:?}");
    assert_eq!(world.engine.apps().len(), 1);
}

#[tokio::test]
async fn p6_two_yeses_at_once_make_one_app() {
    let (world, ana) = World::with_ana().await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    let me = owner();
    let (one, two) = tokio::join!(
        world.engine.approve_app(&me, &asked.pending.id, &[], None),
        world.engine.approve_app(&me, &asked.pending.id, &[], None)
    );
    assert!(one.is_ok() != two.is_ok(), "the second yes finds the question answered");
    assert_eq!(world.engine.apps().len(), 1);
}

#[tokio::test]
async fn p6_allow_on_a_notification_gives_what_it_named_and_not_what_fits_later() {
    let (world, ana) = World::with_ana().await;
    let want =
        Want { provider: Some("acme".into()), account: None, scopes: ScopeSet::default(), ..Want::default() };
    let wish = AppWish { name: "Mail".into(), wants: vec![want], because: None };
    world.engine.ask_for_access(wish).await.unwrap();
    let notice = world.desktop.shown().remove(0).notice;
    let Kind::AppAsks { names, .. } = &notice.kind else { panic!("{notice:?}") };
    assert_eq!(names.len(), 1);
    world.engine.disconnect(&owner(), ana.as_str(), false).await.unwrap();
    world.connected("acme", "bo").await;
    world.engine.pressed(&notice, Button::Allow).await;
    assert!(world.engine.apps().is_empty(), "an account was given that nobody named");
}

#[tokio::test]
async fn p6_a_yes_and_a_no_at_once_are_one_answer() {
    for yes_first in [true, false] {
        let (world, ana) = World::with_ana().await;
        let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
        let (me, id) = (owner(), &asked.pending.id);
        let yes = async { world.engine.approve_app(&me, id, &[], None).await.is_ok() };
        let no = async { world.engine.deny_app(&me, id).await.is_ok() };
        let (yes, no) = if yes_first {
            tokio::join!(biased; yes, no)
        } else {
            let (no, yes) = tokio::join!(biased; no, yes);
            (yes, no)
        };
        assert_eq!((yes, no), (yes_first, !yes_first), "the second answer finds the question answered");
        assert_eq!(world.engine.apps().len(), usize::from(yes_first));
        assert_eq!(matches!(asked.pending.answer(), Answer::Approved(_)), yes_first);
    }
}

#[tokio::test]
async fn o30_a_wish_that_cannot_be_shown_is_not_shown() {
    let (world, ana) = World::with_ana().await;
    let want = || {
        vec![Want {
            provider: None,
            account: Some(ana.to_string()),
            scopes: ScopeSet::default(),
            ..Want::default()
        }]
    };
    let wish = |name: &str, because: Option<&str>, wants| AppWish {
        name: name.to_owned(),
        because: because.map(str::to_owned),
        wants,
    };
    for wrong in [
        wish("", None, want()),
        wish("a\u{202e}b", None, want()),
        wish(&"x".repeat(121), None, want()),
        wish("Mail", Some("\u{7}"), want()),
        wish("Mail", None, Vec::new()),
        wish(
            "Mail",
            None,
            vec![Want { provider: None, account: None, scopes: ScopeSet::default(), ..Want::default() }],
        ),
    ] {
        let error = world.engine.ask_for_access(wrong).await.err().expect("it is refused");
        assert_eq!(error.audit_code(), "invalid_request");
    }
    assert!(world.desktop.shown().is_empty());
}

#[tokio::test]
async fn p6_a_wish_interrupts_with_one_notice_that_shows_the_code_and_opens_nothing() {
    let (world, ana) = World::with_ana().await;
    let asked = world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    let shown = world.desktop.shown();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].title.contains("Mail") && shown[0].body.contains(&asked.pending.code));
    assert!(!shown[0].body.contains(asked.poll_secret.expose()) && world.desktop.opened().is_empty());
    for _ in 0..19 {
        world.engine.ask_for_access(app_wish("Mail", &ana)).await.unwrap();
    }
    let error = world.engine.ask_for_access(app_wish("Mail", &ana)).await.err().unwrap();
    assert_eq!(error.audit_code(), "rate_limited");
    assert_eq!(world.desktop.shown().len(), 20);
}

#[tokio::test]
async fn f26_f29_the_601st_read_in_a_minute_is_refused_with_the_figure() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    for _ in 0..600 {
        assert_eq!(read(&world, &app, ana.as_str()).await, "at-ana");
    }
    let refused = world.engine.token(&app, ana.as_str(), &Wanted::default()).await;
    let Err(EngineError::RateLimited { detail, retry_after }) = refused else { panic!("601 reads") };
    assert!(detail.contains("600"), "f26: {detail}");
    assert_eq!(retry_after, MINUTE);
    assert_eq!(world.served(&ana).await, "at-ana", "the owner has no limit");
    world.pass(MINUTE).await;
    assert_eq!(read(&world, &app, ana.as_str()).await, "at-ana");
}

#[tokio::test]
async fn p6_the_owner_sees_what_each_app_may_read_and_when_it_last_did() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    assert_eq!(world.engine.apps()[0].last_read_at, None);
    world.pass(HOUR / 2).await;
    read(&world, &app, ana.as_str()).await;
    let sight = world.engine.apps().remove(0);
    assert_eq!((sight.face.name.as_str(), sight.last_read_at), ("Mail", Some(world.engine.now())));
    world.engine.save_last_reads().await;
    let then = world.engine.now();
    let world = world.restarted().await;
    assert_eq!(world.engine.apps()[0].last_read_at, Some(then));
}

#[tokio::test]
async fn p6_when_an_app_last_read_is_on_disk_a_minute_later_even_if_the_agent_is_killed() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    read(&world, &app, ana.as_str()).await;
    let then = world.engine.now();
    world.pass(MINUTE).await;
    let world = World::start(world.killed_now().await).await;
    assert_eq!(world.engine.apps()[0].last_read_at, Some(then));
}

#[tokio::test]
async fn o54_an_app_may_go_on_after_a_reconnect() {
    let (world, ana) = World::with_ana().await;
    let app = world.app_for("Mail", &ana).await;
    assert_eq!(world.connected("acme", "ana").await, ana);
    assert_eq!(read(&world, &app, ana.as_str()).await, "at-ana");
}

async fn read(world: &World, app: &Caller, selector: &str) -> String {
    text(world.engine.token(app, selector, &Wanted::default()).await)
}

async fn with(world: &World, app: &Caller, id: &AccountId, scopes: &str) -> String {
    let wanted = Wanted { scopes: ScopeSet::read(scopes), ..Wanted::default() };
    text(world.engine.token(app, id.as_str(), &wanted).await)
}

fn wish_for(scopes: &str) -> AppWish {
    let want = Want {
        provider: Some("acme".to_owned()),
        account: None,
        scopes: ScopeSet::read(scopes),
        ..Want::default()
    };
    AppWish { name: "Cards".to_owned(), wants: vec![want], because: None }
}

async fn approved(world: &World, wish: AppWish, accounts: &[String], life: Option<Duration>) -> Caller {
    let asked = world.engine.ask_for_access(wish).await.unwrap();
    world.engine.approve_app(&owner(), &asked.pending.id, accounts, life).await.unwrap();
    let (_, key) =
        world.engine.app_answer(&asked.pending.id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    world.engine.app_by_key(&key.unwrap(), None).unwrap()
}

async fn with_key(world: &World, ana: &AccountId) -> (Secret, Caller) {
    let asked = world.engine.ask_for_access(app_wish("Mail", ana)).await.unwrap();
    world.engine.approve_app(&owner(), &asked.pending.id, &[], None).await.unwrap();
    let (_, key) =
        world.engine.app_answer(&asked.pending.id, &asked.poll_secret, Duration::ZERO).await.unwrap();
    let key = key.unwrap();
    let caller = world.engine.app_by_key(&key, None).unwrap();
    (key, caller)
}
