use serde_json::{Value, json};

use crate::fake::{Fake, Reply, account, ok, token};

const ACCOUNT: &str = "GET /v1/accounts/work";
const START: &str = "POST /v1/accounts/acc_1/emergency";
const QUESTION: &str = "GET /v1/requests/req_1";
const ANSWER: &str = "POST /v1/requests/req_1/answer";

fn question(state: &str) -> Value {
    json!({"request": "req_1", "state": state, "account": "acc_1", "app": null, "because": "release",
        "created_at": "2026-11-20T11:00:00Z", "expires_at": "2026-11-20T11:05:00Z", "kind": "emergency",
        "duration_s": 900})
}

/// An agent that asks, and answers so.
fn asking(answer: &str) -> Fake {
    let mut fake = Fake::with([
        (ACCOUNT, ok(account(json!({"status": "unavailable"})))),
        (START, vec![Reply::Json(202, question("waiting"))]),
        (QUESTION, ok(question("waiting"))),
        (ANSWER, ok(question(answer))),
    ]);
    fake.input = "sk-canary\n";
    fake
}

#[test]
fn f30_a_stand_in_is_named_and_taken_back() {
    let fake = Fake::with([("PATCH /v1/accounts/work", ok(account(json!({"fallback": "acc_2"}))))]);
    let ran = fake.run("bowline fallback work home");
    assert!(ran.status == 0 && ran.stderr.contains("home stands in for work"), "{ran:?}");
    assert_eq!(fake.run("bowline fallback work none").status, 0);
    assert_eq!(
        fake.asked(),
        [r#"PATCH /v1/accounts/work {"fallback":"home"}"#, r#"PATCH /v1/accounts/work {"fallback":null}"#]
    );
    assert_eq!(fake.run("bowline fallback work home --json").json()["fallback"], "acc_2");
}

#[test]
fn f32_the_key_comes_on_stdin_and_the_yes_is_the_accounts_name_at_the_terminal() {
    let mut fake = asking("done");
    fake.shape = |world| {
        world.terminal = |question| {
            assert!(question.contains("Type work to approve") && question.contains("release"), "{question}");
            assert!(question.contains("15 min") && !question.contains("canary"), "{question}");
            Ok("work\n".to_owned())
        };
    };
    let ran = fake.run("bowline emergency work --reason release --for 15m");
    assert!(ran.status == 0 && ran.stderr.contains("bowline emergency work --end"), "{ran:?}");
    let asked = fake.asked();
    assert_eq!(asked[1], format!(r#"{START} {{"secret":"sk-canary","reason":"release","duration_s":900}}"#));
    assert_eq!(asked[3], format!(r#"{ANSWER} {{"answer":"allow"}}"#));
    assert!(!format!("{ran:?}").contains("canary"), "e02");
}

#[test]
fn f32_another_word_than_the_name_is_a_no() {
    for typed in ["", "yes", "Work", "home"] {
        let mut fake = asking("declined");
        fake.shape = match typed {
            "" => |world| world.terminal = |_| Ok(String::new()),
            "yes" => |world| world.terminal = |_| Ok("yes\n".to_owned()),
            "Work" => |world| world.terminal = |_| Ok("Work\n".to_owned()),
            _ => |world| world.terminal = |_| Ok("home\n".to_owned()),
        };
        let ran = fake.run("bowline emergency work --reason release");
        assert_eq!(ran.status, 6, "{typed}: {ran:?}");
        assert!(fake.asked().contains(&format!(r#"{ANSWER} {{"answer":"deny"}}"#)));
    }
}

#[test]
fn f32_where_there_is_no_terminal_the_answer_is_waited_for() {
    for (state, exit) in [("done", 0), ("declined", 6), ("expired", 6)] {
        let mut fake = Fake::with([
            (ACCOUNT, ok(account(json!({})))),
            (START, vec![Reply::Json(202, question("waiting"))]),
            (QUESTION, vec![Reply::Json(200, question("waiting")), Reply::Json(200, question(state))]),
        ]);
        fake.input = "sk-canary\n";
        let ran = fake.run("bowline emergency work --reason release");
        assert_eq!(ran.status, exit, "{state}: {ran:?}");
        assert!(ran.stderr.contains("Bowline's window"), "{ran:?}");
        assert_eq!(fake.asked().last().unwrap(), &format!("{QUESTION}?wait=30"));
    }
}

#[test]
fn f32_an_answer_that_was_given_in_the_window_counts() {
    let mut fake = Fake::with([
        (ACCOUNT, ok(account(json!({})))),
        (START, vec![Reply::Json(202, question("waiting"))]),
        (QUESTION, ok(question("done"))),
    ]);
    fake.input = "k\n";
    fake.shape = |world| world.terminal = |_| Ok("too late\n".to_owned());
    assert_eq!(fake.run("bowline emergency work --reason release").status, 0);
}

#[test]
fn f32_without_a_reason_or_a_key_nothing_is_asked() {
    let mut fake = asking("done");
    let ran = fake.run("bowline emergency work");
    assert!(ran.status == 2 && ran.stderr.contains("--reason"), "{ran:?}");
    fake.input = "\n";
    assert_eq!(fake.run("bowline emergency work --reason release").status, 2);
    assert!(!fake.asked().iter().any(|asked| asked.starts_with(START)));
}

#[test]
fn f34_a_key_is_ended_by_hand() {
    let end = |ended: bool| {
        let route = "DELETE /v1/accounts/work/emergency";
        Fake::with([(route, ok(json!({"account": "acc_1", "ended": ended})))])
            .run("bowline emergency work --end")
    };
    assert!(end(true).stderr.contains("any more") && end(true).status == 0);
    assert!(end(false).stderr.contains("No emergency key stood in") && end(false).status == 0);
}

#[test]
fn f32_a_question_in_the_list_is_approved_by_the_name_too() {
    let listed = json!({"requests": [question("waiting")]});
    let routes = |answer: &str| {
        Fake::with([
            ("GET /v1/requests", ok(listed.clone())),
            ("GET /v1/accounts/acc_1", ok(account(json!({})))),
            (QUESTION, ok(question("waiting"))),
            (ANSWER, ok(question(answer))),
        ])
    };
    let mut fake = routes("done");
    assert_eq!(fake.run("bowline apps approve req_1").status, 6, "no terminal");
    fake.shape = |world| world.terminal = |_| Ok("work\n".to_owned());
    assert_eq!(fake.run("bowline apps approve req_1").status, 0);
    let mut fake = routes("declined");
    fake.shape = |world| world.terminal = |_| Ok("no\n".to_owned());
    assert_eq!(fake.run("bowline apps approve req_1").status, 6);
}

#[test]
fn f31_who_reads_is_told_what_stands_in() {
    for (source, says) in [("fallback", "acc_2 at other stands in"), ("emergency", "emergency key stands in")]
    {
        let mut answer = token("t");
        (answer["source"], answer["account"], answer["provider"]) =
            (json!(source), json!("acc_2"), json!("other"));
        let fake = Fake::with([("GET /v1/accounts/work/token", ok(answer))]);
        let ran = fake.run("bowline token work");
        assert_eq!((ran.status, ran.stdout.as_str()), (0, "t\n"));
        assert!(ran.stderr.contains(says), "{ran:?}");
        assert_eq!(fake.run("bowline token work --json").json()["source"], source);
    }
}

#[test]
fn f31_status_names_the_stand_in_and_ends_as_reading_would() {
    for (standing_in, exit) in [(json!(null), 5), (json!("acc_2"), 0), (json!("emergency"), 0)] {
        let fields = json!({"status": "unavailable", "fallback": "acc_2", "standing_in": standing_in});
        let other = account(json!({"id": "acc_2", "label": "home"}));
        let fake = Fake::with([(ACCOUNT, ok(account(fields))), ("GET /v1/accounts/acc_2", ok(other))]);
        let ran = fake.run("bowline status work");
        assert_eq!(ran.status, exit, "{ran:?}");
        assert!(ran.stdout.contains("home"), "{ran:?}");
    }
}
