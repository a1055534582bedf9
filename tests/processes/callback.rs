//! The browser's end of a connection, by hand: what the callback page answers to every wrong visitor, and what that
//! does to the attempt behind it (contract §3, "The callback page").

use std::net::TcpStream;
use std::time::{Duration, Instant};

use bowline_tests::home::browse;
use bowline_tests::program::code_of;
use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Answer, Door, Home, Request, Running};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::stage::{
    QUICK, Stage, begin, callback_of, delete, end_of, expect, expect_problem, get, param, target, text,
};

/// An attempt that waits, and the way to its page.
struct Waiting {
    attempt: String,
    url: String,
    door: Door,
    state: String,
    redirect: String,
}

fn waiting(owner: &Door) -> Waiting {
    let (attempt, url) = begin(owner, "practice");
    let redirect = param(&url, "redirect_uri");
    Waiting { door: Door::at(&redirect), state: param(&url, "state"), attempt, url, redirect }
}

impl Waiting {
    fn visit(&self, query: &str) -> Answer {
        get(&self.door, &format!("{}?{query}", target(&self.redirect)))
    }

    fn state_of(&self, owner: &Door) -> String {
        text(&expect(200, &get(owner, &format!("/v1/connect/{}", self.attempt)))["state"])
    }

    /// Finishes it as the person would, to show that nothing happened to it before.
    fn finish(&self, owner: &Door) -> Value {
        browse(&[], &self.url).expect_code(0);
        let end = end_of(owner, &self.attempt);
        assert_eq!(end["state"], "connected", "{end}");
        end
    }
}

fn is_closed(door: &Door) -> bool {
    let Door::Tcp(host) = door else { return false };
    TcpStream::connect(host.as_str()).is_err()
}

/// Every page: HTML, no script, nothing from outside, not kept, not framed.
#[track_caller]
fn assert_calm(page: &Answer, status: u16) {
    assert_eq!(page.status, status, "{}", page.text());
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ];
    for (name, value) in headers {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text().to_lowercase();
    for foreign in ["<script", "http://", "https://", "javascript:", "src="] {
        assert!(!text.contains(foreign), "{foreign} in {text}");
    }
}

#[test]
fn e24_e58_e59_a_foreign_or_missing_state_leaves_the_attempt_waiting() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    for query in
        ["code=x&state=wrong", "code=x", "state=", "", "error=access_denied&state=wrong", "code=x&state=:"]
    {
        let page = it.visit(query);
        assert_calm(&page, 400);
        assert_eq!(it.state_of(&stage.owner()), "waiting", "{query}");
    }
    it.finish(&stage.owner());
    let log = expect(200, &get(&stage.owner(), "/v1/audit?limit=1000"));
    let refused =
        log["entries"].as_array().expect("entries").iter().filter(|e| e["code"] == "state_mismatch").count();
    assert!(refused >= 6, "o20: {log}");
}

#[test]
fn o27_o30_nonsense_is_answered_and_changes_nothing() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    let state = &it.state;
    let long = "x".repeat(64 * 1024);
    let queries = [
        format!("code=x&state={state}&state={state}"),
        format!("code=%00&state={state}%00"),
        "code=x&state=%ff%fe".to_owned(),
        format!("code=x&state={long}"),
        "%%%%".to_owned(),
        "&&&&=&=".to_owned(),
    ];
    for query in queries {
        let page = it.visit(&query);
        assert!(matches!(page.status, 400 | 431), "{}: {}", &query[..query.len().min(40)], page.status);
        assert_eq!(it.state_of(&stage.owner()), "waiting");
    }
    it.finish(&stage.owner());
}

#[test]
fn e57_an_answer_without_a_code_ends_the_attempt() {
    let stage = Stage::new(&[]);
    for query in ["", "&code=", "&code=a&code=b"] {
        let it = waiting(&stage.owner());
        let page = it.visit(&format!("state={}&iss={}{query}", it.state, stage.practice.issuer));
        assert_calm(&page, 400);
        let end = expect(200, &get(&stage.owner(), &format!("/v1/connect/{}?wait=3", it.attempt)));
        assert_eq!(
            (&end["state"], &end["error"]["code"]),
            (&json!("failed"), &json!("missing_code")),
            "{query:?} {end}"
        );
    }
}

#[test]
fn e11_e54_a_denial_is_a_calm_page_that_echoes_nothing() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    let marks = "error_description=%3Cb%3Eechomark%3C%2Fb%3E&error_uri=https%3A%2F%2Fechomark.example";
    let page =
        it.visit(&format!("error=access_denied&{marks}&state={}&iss={}", it.state, stage.practice.issuer));
    assert_calm(&page, 400);
    assert!(!page.text().contains("echomark"), "{}", page.text());
    assert!(page.text().contains("chose not to give access"), "{}", page.text());
    let end = end_of(&stage.owner(), &it.attempt);
    assert_eq!((&end["state"], &end["error"]["code"]), (&json!("failed"), &json!("access_denied")), "{end}");
    assert_eq!(expect(200, &get(&stage.owner(), "/v1/accounts")), json!({"accounts": []}));
}

#[test]
fn e55_e56_the_page_tells_a_failed_code_from_a_wrong_setting() {
    let stage = Stage::new(&[]);
    let page_of = |mode: &str| {
        let it = waiting(&stage.owner());
        stage.play(&json!({"fail": null}));
        let callback = callback_of(&it.url, &[]);
        stage.play(&json!({"fail": mode}));
        let page = get(&it.door, &target(&callback));
        assert_calm(&page, 400);
        page.text()
    };
    let (invalid, expired, client) =
        (page_of("invalid-code"), page_of("expired-code"), page_of("invalid-client"));
    assert!(invalid.contains("did not connect"), "{invalid}");
    assert!(expired.contains("did not connect") && expired.contains("too long"), "{expired}");
    assert_ne!(invalid, expired, "e08");
    assert!(client.contains("set up") && !client.contains("try again"), "{client}");
}

#[test]
fn o09_a_code_is_taken_once_and_a_replay_is_410() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    let callback = callback_of(&it.url, &[]);
    let first = get(&it.door, &target(&callback));
    assert_calm(&first, 200);
    assert!(first.header("refresh").expect("it leads on").starts_with("0; url="), "{first:?}");
    for _ in 0..3 {
        let again = get(&it.door, &target(&callback));
        assert_calm(&again, 410);
    }
    let codes = stage.play(&json!({}))["token_requests"]["authorization_code"].clone();
    assert_eq!(codes, 1, "the code was sent once");
    assert_eq!(end_of(&stage.owner(), &it.attempt)["state"], "connected");
}

#[test]
fn o10_other_paths_methods_and_hosts_are_refused() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    let path = target(&it.redirect);
    for other in ["/", "/callbackx", "/callback/", "/favicon.ico", "/v1/accounts", "/%2e%2e/callback"] {
        assert_eq!(get(&it.door, other).status, 404, "{other}");
    }
    let right = format!("{path}?code=x&state={}", it.state);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let refused = Request::new(method, &right).send(&it.door);
        assert_eq!(refused.status, 405, "{method}");
        assert!(refused.header("access-control-allow-origin").is_none());
    }
    for host in ["evil.example", "127.0.0.1", "evil.example:80", "127.0.0.1.evil.example:1"] {
        assert_eq!(Request::get(&right).header("Host", host).send(&it.door).status, 421, "{host}");
    }
    assert_eq!(it.state_of(&stage.owner()), "waiting");
    it.finish(&stage.owner());
}

#[test]
fn o26_o56_too_late_is_told_and_then_the_port_is_closed() {
    let settings = QUICK.replace("[retry]", "timeout = \"1s\"\nstate_ttl = \"4s\"\n[retry]");
    let stage = Stage::with_settings(&settings, &[]);
    let it = waiting(&stage.owner());
    let end = end_of(&stage.owner(), &it.attempt);
    assert_eq!((&end["state"], &end["error"]["code"]), (&json!("expired"), &json!("timed_out")), "{end}");
    let late = it.visit(&format!("code=x&state={}", it.state));
    assert_calm(&late, 400);
    assert!(late.text().contains("took too long"), "{}", late.text());
    until("the port's end", Duration::from_secs(8), || is_closed(&it.door).then_some(()));
    let log = expect(200, &get(&stage.owner(), "/v1/audit?limit=1000"));
    let events: Vec<&str> =
        log["entries"].as_array().into_iter().flatten().filter_map(|e| e["event"].as_str()).collect();
    assert!(events.contains(&"connect.expired"), "o59: {events:?}");
    assert!(!log.to_string().contains(&it.state), "o59: never the state");
}

#[test]
fn e40_several_attempts_at_once_never_cross() {
    let stage = Stage::new(&[]);
    let owner = stage.owner();
    let all: Vec<Waiting> = (0..6).map(|_| waiting(&owner)).collect();
    let ports: std::collections::BTreeSet<&str> = all.iter().map(|it| it.redirect.as_str()).collect();
    let states: std::collections::BTreeSet<&str> = all.iter().map(|it| it.state.as_str()).collect();
    assert_eq!((ports.len(), states.len()), (6, 6));
    let callbacks: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(n, it)| callback_of(&it.url, &["--user", &format!("person {n}")]))
        .collect();
    for (n, it) in all.iter().enumerate() {
        let foreign = &callbacks[(n + 1) % callbacks.len()];
        assert_calm(&get(&it.door, &target(foreign)), 400);
        assert_eq!(it.state_of(&owner), "waiting");
    }
    for (it, callback) in all.iter().zip(&callbacks) {
        assert_calm(&get(&it.door, &target(callback)), 200);
        assert_eq!(end_of(&owner, &it.attempt)["state"], "connected");
    }
    assert_eq!(expect(200, &get(&owner, "/v1/accounts"))["accounts"].as_array().map(Vec::len), Some(6));
}

#[test]
fn e30_two_sign_ins_of_one_person_at_once_make_one_account() {
    let stage = Stage::new(&[]);
    let owner = stage.owner();
    let all = [waiting(&owner), waiting(&owner)];
    let callbacks = all.each_ref().map(|it| callback_of(&it.url, &["--user", "bob"]));
    std::thread::scope(|scope| {
        for (it, callback) in all.iter().zip(&callbacks) {
            scope.spawn(move || assert_eq!(get(&it.door, &target(callback)).status, 200));
        }
    });
    let ends = all.each_ref().map(|it| end_of(&owner, &it.attempt));
    assert_eq!(ends[0]["account"]["id"], ends[1]["account"]["id"]);
    let left = expect(200, &get(&owner, "/v1/accounts"))["accounts"].clone();
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
    assert!(left[0]["reconnected_at"].is_string(), "{left}");
}

#[test]
fn o08_cancelling_closes_the_port() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    assert!(!is_closed(&it.door));
    let end = expect(200, &delete(&stage.owner(), &format!("/v1/connect/{}", it.attempt)));
    assert_eq!(end["state"], "cancelled");
    until("the port's end", Duration::from_secs(2), || is_closed(&it.door).then_some(()));
}

#[test]
fn r8252_3_the_page_listens_on_loopback_alone_and_only_during_an_attempt() {
    let settings = QUICK.replace("[retry]", "timeout = \"4s\"\nstate_ttl = \"4s\"\n[retry]");
    let stage = Stage::with_settings(&settings, &[]);
    let before = listeners(stage.agent.pid());
    let it = waiting(&stage.owner());
    let during = listeners(stage.agent.pid());
    assert_eq!(during.len(), before.len() + 1, "{before:?} {during:?}");
    assert!(during.iter().all(|address| address == "0100007F"), "{during:?}");
    it.finish(&stage.owner());
    until("the port's end", PATIENCE, || (listeners(stage.agent.pid()).len() == before.len()).then_some(()));
}

/// The local addresses, in the kernel's hexadecimal form, on which a process listens.
fn listeners(pid: u32) -> Vec<String> {
    let links = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs").flatten();
    let sockets: Vec<String> = links
        .filter_map(|link| {
            std::fs::read_link(link.path()).ok()?.to_str()?.strip_prefix("socket:[").map(str::to_owned)
        })
        .map(|inode| inode.trim_end_matches(']').to_owned())
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6"] {
        for line in
            std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default().lines().skip(1)
        {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields[3] == "0A" && sockets.iter().any(|inode| inode == fields[9]) {
                found.push(fields[1].split(':').next().unwrap_or_default().to_owned());
            }
        }
    }
    found
}

#[test]
fn o02_a_lost_answer_at_the_exchange_is_asked_again() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    stage.play(&json!({"fail": "token=reset@1"}));
    it.finish(&stage.owner());
    assert_eq!(stage.play(&json!({}))["token_requests"]["authorization_code"], 2);
}

#[test]
fn o63_the_eleventh_start_within_an_hour_is_refused_and_says_until_when() {
    let stage = Stage::with_settings("", &[]);
    let body = json!({"provider": "practice", "flow": "browser", "open_browser": false});
    for _ in 0..10 {
        let begun = expect(200, &crate::stage::post(&stage.owner(), "/v1/connect", &body));
        delete(&stage.owner(), &format!("/v1/connect/{}", text(&begun["attempt"])));
    }
    let refused = crate::stage::post(&stage.owner(), "/v1/connect", &body);
    let first = expect_problem(429, "rate_limited", &refused)["retry_after_s"].as_u64().expect("until when");
    assert_eq!(refused.header("retry-after"), Some(first.to_string().as_str()));
    let again = crate::stage::post(&stage.owner(), "/v1/connect", &body);
    let second = expect_problem(429, "rate_limited", &again)["retry_after_s"].as_u64().expect("until when");
    assert!(
        second <= first && first > 3_500,
        "{first}, then {second}: refused ones do not lengthen the wait"
    );
    stage.home.run(&["connect", "practice", "--no-browser"]).expect_code(5);
}

#[test]
fn e11_ctrl_c_at_the_command_cancels_the_attempt() {
    let stage = Stage::new(&[]);
    let arguments = ["connect", "practice", "--no-browser", "--json"];
    let mut connecting = Running::start("bowline connect", &mut stage.home.command(&arguments));
    let url = text(&connecting.event("authorize")["url"]);
    let door = Door::at(&param(&url, "redirect_uri"));
    connecting.signal(Signal::SIGINT);
    let began = Instant::now();
    assert_eq!(code_of(connecting.wait(Duration::from_secs(5))), 9);
    assert!(began.elapsed() < Duration::from_secs(3));
    let last: Value =
        serde_json::from_str(connecting.stdout_so_far().lines().last().unwrap_or("")).expect("JSON");
    assert_eq!((&last["event"], &last["error"]["code"]), (&json!("failed"), &json!("cancelled")), "{last}");
    until("the port's end", Duration::from_secs(2), || is_closed(&door).then_some(()));
}

#[test]
fn o52_a_sign_in_that_is_not_finished_ends_at_the_commands_own_time() {
    let stage = Stage::new(&[]);
    let ran =
        stage.home.run(&["connect", "practice", "--no-browser", "--json", "--timeout", "1s"]).expect_code(9);
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0]["event"], "authorize");
    assert_eq!(
        (&lines[1]["event"], &lines[1]["error"]["code"]),
        (&json!("failed"), &json!("timed_out")),
        "{lines:?}"
    );
    stage.home.connect("practice", &[]);
}

#[test]
fn r8252_1_no_browser_prints_the_address_and_otherwise_browser_is_what_opens_it() {
    let stage = Stage::new(&[]);
    let ran = stage.home.run(&["connect", "practice", "--no-browser", "--timeout", "1s"]).expect_code(9);
    assert!(ran.stdout.starts_with(&stage.practice.issuer), "{ran:?}");
    let home = home_with_browser();
    home.settings(QUICK);
    let practice = crate::stage::practice(&home, &[]);
    let ran = home.run(&["connect", "practice", "--json", "--label", "from the browser"]).expect_code(0);
    let last: Value = serde_json::from_str(ran.stdout.lines().last().unwrap_or("")).expect("JSON");
    assert_eq!(
        (&last["event"], &last["account"]["label"]),
        (&json!("connected"), &json!("from the browser")),
        "{last}"
    );
    drop(practice);
}

/// A home whose `BROWSER` is the person of the tests.
fn home_with_browser() -> Home {
    let script = bowline_tests::root().join("tests/browser/browse.py");
    Home::new().with("BROWSER", &format!("python3 {}", script.display()))
}

#[test]
fn e19_a_restart_loses_the_attempt_with_a_sentence() {
    let Stage { agent, practice, home } = Stage::new(&[]);
    let arguments = ["connect", "practice", "--no-browser", "--json"];
    let mut connecting = Running::start("bowline connect", &mut home.command(&arguments));
    let url = text(&connecting.event("authorize")["url"]);
    agent.kill();
    assert_eq!(code_of(connecting.wait(Duration::from_secs(10))), 9);
    assert!(
        connecting.stdout_so_far().contains("start again")
            || connecting.stderr_so_far().contains("start again")
    );
    assert!(is_closed(&Door::at(&param(&url, "redirect_uri"))), "a late callback meets nobody");
    let agent = bowline_tests::Agent::start(&home);
    let unknown = get(&agent.socket(), "/v1/connect/att_t5vpwdpbtj830epxqyr0febdhc");
    let problem = expect_problem(404, "request_not_found", &unknown);
    assert!(text(&problem["detail"]).contains("start again"), "{problem}");
    drop(practice);
}

#[test]
fn o15_o01_the_address_carries_everything_the_protocol_asks_for() {
    let stage = Stage::new(&[]);
    let it = waiting(&stage.owner());
    for (name, wanted) in [("response_type", "code"), ("code_challenge_method", "S256")] {
        assert_eq!(param(&it.url, name), wanted);
    }
    assert_eq!(param(&it.url, "code_challenge").len(), 43);
    assert!(it.state.len() >= 22 && param(&it.url, "nonce").len() >= 22, "o25: at least 128 bits");
    assert!(param(&it.url, "scope").split(' ').any(|scope| scope == "openid"));
    assert!(
        it.redirect.starts_with("http://127.0.0.1:") && it.redirect.ends_with("/callback"),
        "{}",
        it.redirect
    );
    assert!(!param(&it.url, "client_id").is_empty());
}
