//! Many at once: one renewal however many processes wait for it, and nobody who waits for another's provider.

use std::process::Stdio;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use bowline_tests::program::code_of;
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Door, Running};
use serde_json::json;

use crate::stage::{QUICK, Stage, expect, get, text};

/// Settings under which a slow answer is waited for.
fn patient() -> String {
    QUICK.replace("timeouts = [\"1s\"]", "timeouts = [\"20s\"]")
}

/// The distinct tokens that so many readers get who all begin at once.
fn read_at_once(owner: &Door, path: &str, readers: usize) -> std::collections::BTreeSet<String> {
    let start = Barrier::new(readers);
    std::thread::scope(|scope| {
        let one = || {
            start.wait();
            text(&expect(200, &get(owner, path))["access_token"])
        };
        let running: Vec<_> = (0..readers).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|reader| reader.join().expect("every reader is answered")).collect()
    })
}

#[test]
fn f17_fifty_processes_at_expiry_are_one_renewal() {
    let stage = Stage::with_settings(&patient(), &["--access-ttl", "10m", "--rotate"]);
    let id = text(&stage.connect("alice")["id"]);
    // every reader wants a longer life than the token has, and the answer is slow enough for all to have come
    stage.play(&json!({"fail": "token=slow:3000@1", "access_ttl": 3600}));
    let mut readers: Vec<Running> = (0..50)
        .map(|_| {
            let mut command = stage.home.command(&["token", &id, "--min-ttl", "20m", "--no-autostart"]);
            Running::start("bowline token", command.stdin(Stdio::null()))
        })
        .collect();
    let mut printed = std::collections::BTreeSet::new();
    for reader in &mut readers {
        assert_eq!(code_of(reader.wait(PATIENCE)), 0, "{}", reader.stderr_so_far());
        printed.insert(reader.stdout_so_far());
    }
    assert_eq!(printed.len(), 1, "f20: all get the same");
    assert_eq!(stage.renewals(), 1);
}

#[test]
fn o39_a_thousand_readers_at_expiry_are_one_renewal() {
    let stage = Stage::with_settings(&patient(), &["--access-ttl", "10m", "--rotate"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "token=slow:4000@1", "access_ttl": 3600}));
    let tokens = read_at_once(&stage.owner(), &format!("/v1/accounts/{id}/token?min_ttl=1200"), 1000);
    assert_eq!(tokens.len(), 1);
    assert_eq!(stage.renewals(), 1);
}

#[test]
fn e12_a_token_that_ran_out_is_renewed_before_it_is_served() {
    let stage = Stage::new(&["--access-ttl", "6s"]);
    let id = text(&stage.connect("alice")["id"]);
    let first = stage.token(&id).json();
    assert_eq!(stage.renewals(), 0, "f37: a living token costs no request");
    let second = until("another token", Duration::from_secs(10), || {
        let now = stage.token(&id).json();
        (now["access_token"] != first["access_token"]).then_some(now)
    });
    assert!(second["expires_in"].as_u64().is_some_and(|left| left >= 4), "{second}");
    assert_eq!(stage.renewals(), 1);
}

#[test]
fn e37_a_provider_that_hangs_delays_no_other_accounts_reader() {
    let stage = Stage::new(&["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    let slow = bowline_tests::Home::new();
    let hanging = crate::stage::practice(&slow, &["--access-ttl", "10m"]);
    let file = format!(
        "id = \"hanging\"\nname = \"Hanging\"\nissuer = \"{}\"\nscopes = [\"openid\", \"offline_access\"]\n\
         [client]\nid = \"{}\"\n",
        hanging.issuer,
        client_id(&stage)
    );
    stage.home.provider("hanging", &file);
    let other = until("the provider's file is taken up", Duration::from_secs(3), || {
        let answer = crate::stage::post(
            &stage.owner(),
            "/v1/connect",
            &json!({"provider": "hanging", "flow": "browser", "open_browser": false}),
        );
        (answer.status == 200).then(|| answer.json())
    });
    bowline_tests::home::browse(&["--user", "bob"], &text(&other["authorize_url"]));
    let end = crate::stage::end_of(&stage.owner(), &text(&other["attempt"]));
    let hung = text(&end["account"]["id"]);
    let quiet = slowest(&stage, &id);
    crate::stage::play(&hanging.door(), &json!({"fail": "hang"}));
    let (owner, waiting) = (stage.owner(), format!("/v1/accounts/{hung}/token?min_ttl=1200"));
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| get(&owner, &waiting));
        }
        let busy = slowest(&stage, &id);
        let bound = (quiet * 2).max(Duration::from_millis(100));
        assert!(busy < bound, "{busy:?} beside a hanging provider, {quiet:?} without");
    });
    // and a living token of the very account whose renewal hangs is not waited for either
    let began = Instant::now();
    expect(200, &stage.token(&hung));
    assert!(began.elapsed() < Duration::from_millis(500), "promise 3: {:?}", began.elapsed());
}

/// The client id by which the practice provider knows Bowline.
fn client_id(stage: &Stage) -> String {
    let file = std::fs::read_to_string(stage.home.path().join("run/practice.toml"))
        .expect("practice describes itself");
    let line = file.lines().skip_while(|line| *line != "[client]").nth(1).expect("a client id");
    line.trim_start_matches("id = ").trim_matches('"').to_owned()
}

/// The 99th of a hundred reads, by time.
fn slowest(stage: &Stage, id: &str) -> Duration {
    let one = |_| {
        let began = Instant::now();
        expect(200, &stage.token(id));
        began.elapsed()
    };
    let mut times: Vec<Duration> = (0..200).map(one).collect();
    times.sort();
    times[197]
}

#[test]
fn e38_twenty_accounts_of_one_provider_are_independent() {
    let stage = Stage::new(&["--access-ttl", "10m", "--rotate"]);
    let ids: Vec<String> = (0..20).map(|n| text(&stage.connect(&format!("person {n}"))["id"])).collect();
    stage.play(&json!({"revoke": "person 7"}));
    for id in &ids {
        stage.refresh(id);
    }
    for (n, id) in ids.iter().enumerate() {
        let status = text(&stage.account(id)["status"]);
        assert_eq!(status, if n == 7 { "needs_reconnect" } else { "healthy" }, "person {n}");
    }
    let began = Instant::now();
    let all = expect(200, &get(&stage.owner(), "/v1/accounts"));
    assert_eq!(all["accounts"].as_array().map(Vec::len), Some(20));
    assert!(began.elapsed() < Duration::from_millis(200), "r27: {:?}", began.elapsed());
}

#[test]
fn r41_a_token_without_an_end_and_a_renewal_is_served_as_it_is() {
    let stage = Stage::new(&[]);
    stage.play(&json!({"fail": ["no-expires-in", "no-refresh-token"]}));
    let account = stage.connect("alice");
    assert_eq!(
        (&account["access_expires_at"], &account["refreshable"]),
        (&json!(null), &json!(false)),
        "{account}"
    );
    assert_eq!(account["status"], "healthy", "{account}");
    let token = expect(200, &stage.token("practice"));
    assert_eq!(token["expires_in"], json!(null), "{token}");
}

#[test]
fn e70_without_a_way_to_renew_the_user_is_warned_and_then_needed() {
    let stage = Stage::new(&["--access-ttl", "3s"]);
    stage.play(&json!({"fail": "no-refresh-token"}));
    let id = text(&stage.connect("alice")["id"]);
    crate::stage::until_status(&stage.owner(), &id, "expiring", Some("access_expires_no_refresh"));
    expect(200, &stage.token(&id));
    crate::stage::until_status(&stage.owner(), &id, "needs_reconnect", Some("refresh_token_missing"));
    crate::stage::expect_problem(409, "reconnect_required", &stage.token(&id));
    assert_eq!(stage.renewals(), 0);
}
