//! How a renewal goes about it: how often and how long it asks, where else, through which proxy, and that nothing
//! that happens beside it mixes anything up.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bowline_tests::home::browse;
use bowline_tests::wait::until;
use bowline_tests::{Agent, Home, Request};
use serde_json::{Value, json};

use crate::stage::{
    QUICK, Stage, begin_with, connect, end_of, expect, expect_problem, get, patch, play, post, practice,
    quick_home, text,
};

/// When the practice provider was asked for tokens since its log was cleared, in milliseconds.
fn asked_at(stage: &Stage) -> Vec<i64> {
    let log = stage.play(&json!({}))["log"].as_array().expect("a log").clone();
    log.iter().filter(|line| line["route"] == "token").filter_map(|line| line["at_ms"].as_i64()).collect()
}

#[test]
fn e04_f08_silence_is_waited_for_a_little_longer_and_then_it_is_enough() {
    let settings =
        QUICK.replace("timeouts = [\"1s\"]\nconnect", "timeouts = [\"1s\", \"2s\", \"3s\"]\nconnect");
    let stage = Stage::with_settings(&settings, &["--access-ttl", "10m", "--rotate"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "token=hang", "clear_log": true}));
    let began = Instant::now();
    let problem = expect_problem(503, "temporarily_unavailable", &stage.refresh(&id));
    assert_eq!(problem["reason"], "provider_unreachable");
    let took = began.elapsed();
    assert!(
        (Duration::from_millis(2_900)..Duration::from_secs(5)).contains(&took),
        "one second, then two: {took:?}"
    );
    let times = asked_at(&stage);
    assert_eq!(
        times.len(),
        2,
        "f11: a refresh token that may have been spent is sent once more, and not again"
    );
    assert!(times[1] - times[0] >= 990, "{times:?}");
    assert_eq!(stage.account(&id)["status"], "degraded");
    expect(200, &stage.token(&id));
}

#[test]
fn o33_f39_the_pauses_between_tries_grow() {
    let settings = QUICK.replace("base = \"20ms\"\nmax = \"100ms\"", "base = \"300ms\"\nmax = \"5s\"");
    let stage = Stage::with_settings(&settings, &["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": ["token=status:503@1", "token=status:503@2"], "clear_log": true}));
    expect(200, &stage.refresh(&id));
    let times = asked_at(&stage);
    assert_eq!(times.len(), 3, "{times:?}");
    let (first, second) = (times[1] - times[0], times[2] - times[1]);
    assert!(first >= 290 && second > first, "{first} ms, then {second} ms");
    assert_eq!(stage.account(&id)["last_refresh"]["attempts"], 3, "r52");
}

/// A provider file whose token endpoint is another than the practice provider's own, which comes second.
fn two_addresses(home: &Home, issuer: &str, first: &str) {
    let described =
        std::fs::read_to_string(home.path().join("run/practice.toml")).expect("practice describes itself");
    let client = described.split("[client]").nth(1).expect("a client").trim();
    let file = format!(
        "id = \"two\"\nname = \"Two\"\nissuer = \"{issuer}\"\nscopes = [\"openid\", \"offline_access\"]\n\
         token_endpoint = \"{first}\"\ntoken_endpoint_fallbacks = [\"{issuer}/token\"]\n[client]\n{client}\n"
    );
    home.provider("two", &file);
}

/// An address at which nobody listens.
fn nobody() -> String {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}/token", taken.local_addr().expect("an address"))
}

#[test]
fn f06_f09_another_address_is_asked_only_when_the_first_cannot_be_reached() {
    let home = quick_home();
    let provider = practice(&home, &["--access-ttl", "10m"]);
    two_addresses(&home, &provider.issuer, &format!("{}/token", provider.issuer));
    let agent = Agent::start(&home);
    let id = text(&connect(&agent.socket(), "two", &[])["id"]);
    let refresh = || post(&agent.socket(), &format!("/v1/accounts/{id}/refresh"), &Value::Null);
    let asked = || crate::stage::renewals(&provider.door());
    // an address that answers, with a refusal of its own, has answered: nobody else is asked
    two_addresses(&home, &provider.issuer, &format!("{}/nowhere", provider.issuer));
    until("the edited file", Duration::from_secs(5), || (refresh().status != 200).then_some(()));
    let before = asked();
    expect_problem(503, "temporarily_unavailable", &refresh());
    assert_eq!(asked(), before);
    // one at which nobody listens has not
    two_addresses(&home, &provider.issuer, &nobody());
    until("the edited file", Duration::from_secs(5), || (refresh().status == 200).then_some(()));
    assert!(asked() > before, "the second address was asked");
}

#[test]
fn f06_the_exchange_too_goes_to_the_next_address() {
    let home = quick_home();
    let provider = practice(&home, &["--access-ttl", "10m"]);
    two_addresses(&home, &provider.issuer, &nobody());
    let agent = Agent::start(&home);
    assert_eq!(connect(&agent.socket(), "two", &[])["status"], "healthy");
}

#[test]
fn r39_reconnecting_early_never_interrupts_a_reader() {
    let stage = Stage::new(&["--access-ttl", "20s"]);
    stage.play(&json!({"fail": "no-refresh-token"}));
    let id = text(&stage.connect("alice")["id"]);
    assert_eq!(stage.account(&id)["status"], "expiring");
    stage.play(&json!({"fail": null}));
    let (owner, over) = (stage.owner(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut reads = 0;
            while !over.load(Ordering::SeqCst) {
                expect(200, &get(&owner, &format!("/v1/accounts/{id}/token")));
                reads += 1;
            }
            reads
        });
        let body = json!({"provider": "", "account": id, "flow": "browser", "open_browser": false});
        let (attempt, url) = begin_with(&owner, &body);
        browse(&[], &url);
        let end = end_of(&owner, &attempt);
        over.store(true, Ordering::SeqCst);
        assert_eq!(end["account"]["status"], "healthy", "{end}");
        assert!(reading.join().expect("no read fails") > 10);
    });
}

#[test]
fn e39_o49_everything_at_once_leaves_a_pair_of_tokens_that_belong_together() {
    let stage = Stage::new(&["--access-ttl", "10m", "--rotate"]);
    let id = text(&stage.connect("alice")["id"]);
    let (owner, id) = (stage.owner(), id.as_str());
    let path = |rest: &str| format!("/v1/accounts/{id}{rest}");
    std::thread::scope(|scope| {
        for n in 0..3 {
            let (owner, path) = (&owner, &path);
            scope.spawn(move || {
                (0..15).for_each(|_| drop(expect(200, &post(owner, &path("/refresh"), &Value::Null))));
            });
            scope.spawn(move || {
                let label = |k: usize| json!({"label": format!("name {n} {k}")});
                (0..15).for_each(|k| drop(expect(200, &patch(owner, &path(""), &label(k)))));
            });
            scope.spawn(move || (0..60).for_each(|_| drop(expect(200, &get(owner, &path("/token"))))));
        }
        let owner = &owner;
        scope.spawn(move || {
            for _ in 0..3 {
                let body = json!({"provider": "", "account": id, "flow": "browser", "open_browser": false});
                let (attempt, url) = begin_with(owner, &body);
                browse(&[], &url);
                assert_eq!(end_of(owner, &attempt)["state"], "connected");
            }
        });
    });
    assert_whole(&stage, id);
    let Stage { agent, practice, home } = stage;
    let pid = agent.pid();
    assert_eq!(agent.stop().code(), Some(0), "pid {pid}");
    // what is on disk is as whole as what was in memory
    let stage = Stage { agent: Agent::start(&home), practice, home };
    assert_whole(&stage, id);
}

/// The access token is taken by the provider, and so is the refresh token beside it.
fn assert_whole(stage: &Stage, id: &str) {
    let token = text(&expect(200, &stage.token(id))["access_token"]);
    assert_eq!(Request::get("/userinfo").key(&token).send(&stage.practice.door()).status, 200);
    expect(200, &stage.refresh(id));
    assert_eq!(stage.account(id)["status"], "healthy");
}

#[test]
fn promise_7_nothing_but_a_persons_act_opens_the_browser() {
    let home = Home::new();
    let marker = home.path().join("opened");
    let home = home.with("BROWSER", &format!("touch {}", marker.display()));
    home.settings(QUICK);
    let provider = practice(&home, &["--access-ttl", "10m"]);
    let agent = Agent::start(&home);
    let owner = agent.socket();
    let id = text(&connect(&owner, "practice", &[])["id"]);
    play(&provider.door(), &json!({"revoke": true}));
    post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null);
    expect_problem(409, "reconnect_required", &get(&owner, &format!("/v1/accounts/{id}/token")));
    expect(200, &post(&owner, &format!("/v1/accounts/{id}/reconnect"), &json!({"because": "post"})));
    home.run(&["token", &id]).expect_code(4);
    home.run(&["status"]).expect_code(4);
    assert!(!marker.exists(), "nobody asked for it");
    let mut asked = bowline_tests::Running::start(
        "bowline reconnect",
        &mut home.command(&["reconnect", &id, "--no-browser", "--json"]),
    );
    asked.event("authorize");
    assert!(!marker.exists(), "it was told not to");
    let mut act =
        bowline_tests::Running::start("bowline reconnect", &mut home.command(&["reconnect", &id, "--json"]));
    act.event("authorize");
    until("the browser", Duration::from_secs(5), || marker.exists().then_some(()));
}

#[test]
fn the_proxy_of_the_environment_is_used_and_no_proxy_too() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut line = String::new();
            _ = BufReader::new(stream).read_line(&mut line);
            _ = tell.send(line);
        }
    });
    let home =
        Home::new().with("HTTPS_PROXY", &format!("http://{address}")).with("NO_PROXY", "direct.invalid");
    home.settings(QUICK);
    for id in ["proxied", "direct"] {
        let issuer = format!("https://{id}.invalid");
        home.provider(
            id,
            &format!("id = \"{id}\"\nname = \"P\"\nissuer = \"{issuer}\"\n[client]\nid = \"x\"\n"),
        );
    }
    let agent = Agent::start(&home);
    let begin = |id: &str| {
        post(
            &agent.socket(),
            "/v1/connect",
            &json!({"provider": id, "flow": "browser", "open_browser": false}),
        )
    };
    expect_problem(503, "temporarily_unavailable", &begin("direct"));
    assert!(told.try_recv().is_err(), "no proxy for this one");
    expect_problem(503, "temporarily_unavailable", &begin("proxied"));
    let asked = told.recv_timeout(Duration::from_secs(5)).expect("the proxy is asked");
    assert!(asked.starts_with("CONNECT proxied.invalid:443 "), "{asked}");
}

#[test]
fn a_practice_provider_that_has_ended_is_told_as_away_and_not_as_set_up_wrongly() {
    let Stage { agent, practice, home } = Stage::new(&["--access-ttl", "10m"]);
    let id = text(&connect(&agent.socket(), "practice", &["--user", "alice"])["id"]);
    practice.stop();
    let refresh = post(&agent.socket(), &format!("/v1/accounts/{id}/refresh"), &Value::Null);
    let problem = expect_problem(503, "temporarily_unavailable", &refresh);
    assert_eq!(problem["reason"], "provider_unreachable", "{problem}");
    let ran = home.run(&["refresh", &id]).expect_code(5);
    assert!(!ran.stderr.contains("client id"), "{ran:?}");
    expect(200, &get(&agent.socket(), &format!("/v1/accounts/{id}/token")));
}
