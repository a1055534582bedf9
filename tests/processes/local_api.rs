//! The local API at its doors: who is let in, what is refused before it is looked at, and that nobody who stalls,
//! shouts or comes from a web page gets anything or delays anybody.

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use bowline_tests::program::run;
use bowline_tests::{Answer, Door, Request};
use bowline_wire::verbs::VERBS;
use serde_json::{Value, json};

use crate::stage::{Stage, expect, expect_problem, get, post, text};

/// The headers that every answer carries (contract §3).
#[track_caller]
fn assert_dressed(answer: &Answer) {
    let headers = [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'"),
    ];
    for (name, value) in headers {
        assert_eq!(answer.header(name), Some(value), "{name} of {answer:?}");
    }
    assert!(
        answer.headers.iter().all(|(name, _)| !name.starts_with("access-control-")),
        "no CORS header, ever"
    );
}

fn owner_key(stage: &Stage) -> String {
    std::fs::read_to_string(stage.home.path().join("run/owner.key"))
        .expect("the owner's key")
        .trim()
        .to_owned()
}

#[test]
fn health_says_that_it_answers_and_no_more() {
    let stage = Stage::new(&[]);
    for door in [stage.agent.loopback(), stage.owner()] {
        let answer = get(&door, "/v1/health");
        let health = expect(200, &answer);
        let keys: Vec<&String> = health.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["locked", "status", "version"], "{health}");
        assert_dressed(&answer);
    }
}

#[test]
fn r63_loopback_needs_a_key_for_everything_but_health_and_asking() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let http = stage.agent.loopback();
    for path in
        ["/v1/accounts", "/v1/accounts/practice/token", "/v1/events", "/v1/settings", "/v1/vault", "/v1/apps"]
    {
        let answer = get(&http, path);
        // ten refusals within a minute would put the brake on
        expect_problem(401, "not_authenticated", &answer);
        assert_dressed(&answer);
    }
    let key = owner_key(&stage);
    expect(200, &Request::get("/v1/accounts/practice/token").key(&key).send(&http));
    expect(200, &Request::get("/v1/vault").key(&key).send(&http));
    let mode =
        std::fs::metadata(stage.home.path().join("run/owner.key")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn o72_a_web_page_can_neither_start_nor_read_nor_change_anything() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let (http, key) = (stage.agent.loopback(), owner_key(&stage));
    let token = || Request::get("/v1/accounts/practice/token").key(&key);
    let page = [
        token().header("Origin", "https://evil.example"),
        token().header("Origin", "null"),
        token().header("Sec-Fetch-Site", "cross-site"),
        token().header("Sec-Fetch-Site", "same-origin"),
        Request::new("POST", "/v1/connect").key(&key).header("Origin", "https://evil.example").json("{}"),
        Request::new("OPTIONS", "/v1/accounts").header("Origin", "https://evil.example"),
    ];
    for request in page {
        let answer = request.send(&http);
        expect_problem(403, "cross_origin", &answer);
        assert_dressed(&answer);
    }
    expect_problem(
        403,
        "cross_origin",
        &token().header("Origin", "https://evil.example").send(&stage.owner()),
    );
    let image = Request::get("/v1/health").header("Sec-Fetch-Site", "cross-site").send(&http);
    expect_problem(403, "cross_origin", &image);
    expect(200, &token().header("Sec-Fetch-Site", "none").send(&http));
    assert_eq!(
        expect(200, &get(&stage.owner(), "/v1/accounts"))["accounts"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn o72_a_foreign_host_is_421_and_our_three_names_are_taken() {
    let stage = Stage::new(&[]);
    let http = stage.agent.loopback();
    let Door::Tcp(address) = &http else { panic!("loopback") };
    let port = address.rsplit(':').next().expect("a port");
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
        expect(200, &Request::get("/v1/health").header("Host", &host).send(&http));
    }
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "localhost"] {
        let answer = Request::get("/v1/health").header("Host", host).send(&http);
        expect_problem(421, "wrong_host", &answer);
        assert_dressed(&answer);
    }
}

#[test]
fn o30_what_does_not_fit_is_refused_by_its_kind() {
    let stage = Stage::new(&[]);
    let owner = stage.owner();
    let large = "x".repeat(70 * 1024);
    let large_head = Request::get("/v1/health").header("X-Large", &"x".repeat(20 * 1024)).send(&owner);
    expect_problem(431, "headers_too_large", &large_head);
    let large_body = Request::new("POST", "/v1/apps").json(&format!("{{\"name\":\"{large}\"}}")).send(&owner);
    expect_problem(413, "too_large", &large_body);
    expect_problem(405, "method_not_allowed", &Request::new("PUT", "/v1/accounts").send(&owner));
    expect_problem(405, "method_not_allowed", &Request::new("DELETE", "/v1/health").send(&owner));
    expect_problem(
        415,
        "unsupported_media_type",
        &Request::new("POST", "/v1/apps").form("name=x").send(&owner),
    );
    for lost in
        ["/", "/v1", "/v2/health", "/v1/nothing", "/v1/accounts/a/b/c", "/favicon.ico", "/../etc/passwd"]
    {
        let answer = get(&owner, lost);
        expect_problem(404, "not_found", &answer);
        assert_dressed(&answer);
    }
    for body in ["", "{", "[]", "null", "{\"name\":1}", "{\"nmae\":\"x\"}"] {
        let answer = Request::new("POST", "/v1/apps").json(body).send(&owner);
        expect_problem(400, "invalid_request", &answer);
    }
    for query in ["min_ttl=x", "min_ttl=-1", "min_ttl=1&min_ttl=2"] {
        let answer = get(&owner, &format!("/v1/accounts/practice/token?{query}"));
        assert!(matches!(answer.status, 400 | 404), "{query}: {}", answer.text());
    }
}

#[test]
fn o65_every_answer_of_every_verb_is_dressed() {
    let stage = Stage::new(&[]);
    let owner = stage.owner();
    let verbs = VERBS.iter().filter(|verb| !verb.path.ends_with("/events") && !verb.path.ends_with("/stop"));
    for verb in verbs {
        let path =
            verb.path.replace("{sel}", "nobody").replace("{id}", "req_x").replace("{attempt}", "att_x");
        let mut request = Request::new(verb.method.as_str(), &path);
        if verb.body.is_some() {
            request = request.json("{\"unknown\":1}");
        }
        let answer = request.send(&owner);
        assert!(answer.status < 500, "{} {path}: {}", verb.method.as_str(), answer.text());
        assert_dressed(&answer);
    }
}

#[test]
fn the_served_description_is_the_table_itself() {
    let stage = Stage::new(&[]);
    let served = expect(200, &get(&stage.agent.loopback(), "/v1/openapi.json"));
    assert!(served == bowline_wire::openapi::document(), "the program and its tests were not built together");
    assert!(text(&served["openapi"]).starts_with("3.1"), "{}", served["openapi"]);
    for verb in VERBS {
        let described = &served["paths"][verb.path][verb.method.as_str().to_ascii_lowercase()];
        assert_eq!(described["operationId"], verb.id.as_str(), "{}", verb.path);
    }
}

#[test]
fn o66_a_guesser_is_braked_told_of_once_and_delays_no_right_key() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let key = crate::local_apps::approved_key(&stage.owner(), "Poster", &id);
    let http = stage.agent.loopback();
    let guess = |n: usize| Request::get("/v1/accounts").key(&format!("bwa_guess{n}")).send(&http);
    for n in 0..10 {
        expect_problem(401, "not_authenticated", &guess(n));
    }
    let braked = guess(10);
    let problem = expect_problem(429, "rate_limited", &braked);
    let pause = problem["retry_after_s"].as_u64().expect("a time");
    assert!((240..=300).contains(&pause), "{pause}");
    assert_eq!(braked.header("retry-after"), Some(pause.to_string().as_str()));
    (11..30).for_each(|n| drop(expect_problem(429, "rate_limited", &guess(n))));
    expect(200, &Request::get(&format!("/v1/accounts/{id}/token")).key(&key).send(&http));
    let log = expect(200, &get(&stage.owner(), "/v1/audit?limit=1000"));
    let abuse = log["entries"].as_array().expect("entries").iter().filter(|e| e["event"] == "abuse").count();
    assert_eq!(abuse, 1, "{log}");
}

#[test]
fn r63_another_user_cannot_open_the_socket_and_is_nobody_where_it_is_open() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let socket = stage.home.socket();
    let mode = std::fs::metadata(&socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    if !nix::unistd::getuid().is_root() {
        return; // only root can be somebody else
    }
    let ask = || {
        let script = format!(
            "import socket;s=socket.socket(socket.AF_UNIX);s.connect({socket:?});\
             s.sendall(b'GET /v1/accounts/practice/token HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n');\
             print(s.makefile().read())"
        );
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--",
            "/usr/bin/python3",
            "-c",
            &script,
        ]);
        run(&mut command)
    };
    let kept_out = ask();
    assert!(kept_out.code != 0 && kept_out.stderr.contains("PermissionError"), "{kept_out:?}");
    // even where somebody opens folder and socket for all, the kernel still says who is there
    std::fs::set_permissions(stage.home.path(), PermissionsExt::from_mode(0o755)).expect("the home is ours");
    std::fs::set_permissions(stage.home.path().join("run"), PermissionsExt::from_mode(0o755)).expect("ours");
    std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o666)).expect("ours");
    let refused = ask();
    let first = refused.stdout.lines().next().unwrap_or_default().to_owned();
    assert!(first.contains(" 401 ") || first.contains(" 403 "), "{refused:?}");
    assert!(!refused.stdout.contains("access_token"));
}

#[test]
fn e37_clients_that_stall_delay_nobody() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let Door::Tcp(address) = stage.agent.loopback() else { panic!("loopback") };
    let mut held = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        // some say nothing, some stop in the head, some promise a body and keep it
        let begun: &[u8] = match n % 3 {
            0 => b"",
            1 => b"GET /v1/acc",
            _ => b"POST /v1/apps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
        };
        stream.write_all(begun).expect("it is taken");
        held.push(stream);
    }
    let mut sockets = Vec::new();
    for _ in 0..200 {
        let mut stream = UnixStream::connect(stage.home.socket()).expect("a connection");
        stream.write_all(b"GET /v1/h").expect("it is taken");
        sockets.push(stream);
    }
    let key = owner_key(&stage);
    for door in [stage.owner(), stage.agent.loopback()] {
        let slowest = (0..50).map(|_| {
            let began = Instant::now();
            expect(200, &Request::get("/v1/accounts/practice/token").key(&key).send(&door));
            began.elapsed()
        });
        let slowest = slowest.max().expect("some reads");
        assert!(slowest < Duration::from_millis(500), "{slowest:?} at {door:?}");
    }
}

#[test]
fn o30_selectors_and_labels_from_hell_never_break_anything() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let owner = stage.owner();
    for selector in
        ["%00", "%ff", "..", "%2e%2e%2f", "a%20b", "acc_", &"x".repeat(3000), "%E2%80%AE", "*", "'%22--"]
    {
        let answer = get(&owner, &format!("/v1/accounts/{selector}"));
        assert!((400..500).contains(&answer.status), "{selector}: {}", answer.status);
    }
    let long = "x".repeat(10_000);
    for label in ["", "a\u{0}b", "a\nb", "\u{202e}evil", "\u{200f}", long.as_str()] {
        let answer = crate::stage::patch(&owner, &format!("/v1/accounts/{id}"), &json!({"label": label}));
        expect_problem(400, "invalid_request", &answer);
    }
    let good = crate::stage::patch(&owner, &format!("/v1/accounts/{id}"), &json!({"label": "Arbeit ✓"}));
    assert_eq!(expect(200, &good)["label"], "Arbeit ✓");
}

#[test]
fn e62_o51_a_rejected_token_is_renewed_once_and_nobody_drives_in_circles() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let owner = stage.owner();
    let hash = |token: &str| bowline_base::Secret::new(token).sha256_hex();
    let current = text(&stage.token(&id).json()["access_token"]);
    let reject =
        |hash: &str| post(&owner, &format!("/v1/accounts/{id}/token/rejected"), &json!({"sha256": hash}));
    let unknown = expect(200, &reject(&hash("nobody's")));
    assert_eq!(unknown["access_token"], current.as_str());
    assert_eq!(stage.renewals(), 0);
    let renewed = text(&expect(200, &reject(&hash(&current)))["access_token"]);
    assert_ne!(renewed, current);
    assert_eq!(stage.renewals(), 1);
    assert_eq!(
        expect(200, &reject(&hash(&current)))["access_token"],
        renewed.as_str(),
        "an old one is no news"
    );
    for _ in 0..10 {
        let answer = reject(&hash(&renewed));
        let problem = expect_problem(409, "insufficient_scope", &answer);
        assert!(!text(&problem["detail"]).is_empty());
    }
    assert_eq!(stage.renewals(), 1, "at most one a minute");
    for bad in ["", "zz", &"0".repeat(63)] {
        expect_problem(400, "invalid_request", &reject(bad));
    }
}

#[test]
fn o34_the_stream_of_events_tells_of_renewals_without_any_token() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let Door::Socket(path) = stage.owner() else { panic!("a socket") };
    let client = bowline_wire::Client::at(&path);
    let events = client.get("/v1/events").timeout(Duration::from_secs(10)).events().expect("a stream");
    expect(200, &stage.refresh(&id));
    let token = text(&stage.token(&id).json()["access_token"]);
    let found = events.map_while(Result::ok).find(|event| event.name == "account.token").expect("told of");
    let told = format!("{found:?}");
    assert!(told.contains(&id) && !told.contains(&token), "{told}");
    assert_ne!(Value::Null, json!(told));
}
