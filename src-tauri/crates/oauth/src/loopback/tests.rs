//! The listener as a browser, a careless program and a hostile one meet it. Real sockets, no waiting.

use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::*;
use crate::callback::MAX_QUERY;

/// Answers with what it was told to, and keeps what it was asked.
struct Door {
    page: Page,
    asked: Mutex<Vec<Result<CallbackQuery, Malformed>>>,
    gate: Option<Arc<Notify>>,
}

#[async_trait]
impl CallbackDoor for Door {
    async fn callback(&self, query: Result<CallbackQuery, Malformed>) -> Page {
        self.asked.lock().unwrap().push(query);
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        self.page.clone()
    }

    fn provider_name(&self) -> String {
        "Acme".into()
    }
}

impl Door {
    fn with(page: Page) -> Arc<Door> {
        Arc::new(Door { page, asked: Mutex::default(), gate: None })
    }

    fn asked(&self) -> Vec<Result<CallbackQuery, Malformed>> {
        self.asked.lock().unwrap().clone()
    }
}

fn connected() -> Page {
    Page::Connected { provider: "Acme".into(), who: Some("ana@example.com".into()) }
}

fn failed(sentence: &str) -> Page {
    Page::Failed { sentence: sentence.into() }
}

fn redirect(host: &str, port: Option<u16>) -> Redirect {
    Redirect { host: host.into(), port, path: "/callback".into() }
}

async fn open(door: Arc<Door>) -> Serving {
    Loopback::bind(&redirect("127.0.0.1", None)).await.unwrap().serve(door)
}

async fn open_within(door: Arc<Door>, bounds: Bounds) -> Serving {
    Loopback::bind(&redirect("127.0.0.1", None)).await.unwrap().serve_within(door, bounds)
}

fn port(serving: &Serving) -> u16 {
    serving.redirect_uri().port().unwrap()
}

async fn connect(serving: &Serving) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port(serving))).await.unwrap()
}

async fn answer_of(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

async fn send(serving: &Serving, raw: &[u8]) -> String {
    let mut stream = connect(serving).await;
    let _ = stream.write_all(raw).await;
    answer_of(stream).await
}

async fn ask(serving: &Serving, method: &str, target: &str, host: &str) -> String {
    send(serving, format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await
}

async fn get(serving: &Serving, target: &str) -> String {
    ask(serving, "GET", target, &format!("127.0.0.1:{}", port(serving))).await
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    let line = head.lines().find(|l| l.split(':').next().is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
    line.split_once(": ").map(|(_, value)| value)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

// What a browser sees. --------------------------------------------------------------------------------------

#[tokio::test]
async fn r8252_5_a_good_answer_gets_a_page_and_leads_to_an_address_without_the_code() {
    let door = Door::with(connected());
    let serving = open(door.clone()).await;
    let answer = get(&serving, "/callback?code=canary-code&state=canary-state").await;
    assert_eq!(status(&answer), 200);
    assert_eq!(header(&answer, "refresh"), Some("0; url=/callback/done"));
    assert!(body(&answer).contains("Connected to Acme") && body(&answer).contains("You can close this tab."));
    assert!(body(&answer).contains("ana@example.com"));
    assert!(!answer.contains("canary"));
    let clean = get(&serving, "/callback/done").await;
    assert_eq!((status(&clean), body(&clean), header(&clean, "refresh")), (200, body(&answer), None));
    let query = door.asked().remove(0).unwrap();
    assert_eq!(
        (query.code().map(|c| c.expose()), query.state()),
        (Some("canary-code"), Some("canary-state"))
    );
}

#[tokio::test]
async fn e54_to_e57_every_page_has_its_status_and_its_sentence() {
    let denied = "You denied access at Acme, so nothing was connected.";
    for (page, expected, words) in [
        (failed(denied), 400, denied),
        (Page::WrongState, 400, "nothing was changed"),
        (Page::UsedState, 410, "finished before"),
        (Page::TookTooLong, 400, "took too long"),
        (Page::Malformed, 400, "cannot read"),
        (Page::StillWorking { provider: "Acme".into() }, 202, "goes on"),
        (connected(), 200, "signed in"),
    ] {
        let serving = open(Door::with(page.clone())).await;
        let answer = get(&serving, "/callback?error=access_denied&state=s").await;
        assert_eq!(status(&answer), expected, "{page:?}");
        assert!(body(&answer).contains(words), "{page:?}");
        assert_eq!(status(&get(&serving, "/callback/done").await), 200, "{page:?}");
    }
}

#[tokio::test]
async fn r9700_8_pages_hold_no_script_nothing_foreign_and_forbid_both() {
    let serving = open(Door::with(connected())).await;
    for target in ["/callback?code=c&state=s", "/callback/done", "/nowhere"] {
        let answer = get(&serving, target).await;
        let policy = header(&answer, "content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(header(&answer, "referrer-policy"), Some("no-referrer"));
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        assert_eq!(header(&answer, "x-frame-options"), Some("DENY"));
        assert_eq!(header(&answer, "content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(header(&answer, "access-control-allow-origin"), None);
        assert_eq!(header(&answer, "set-cookie"), None);
        let page = body(&answer).to_ascii_lowercase();
        for forbidden in [
            "<script", "http:", "https:", "src=", "href=", "url(", "@import", "<form", "<iframe", "style=\"",
            "on",
        ] {
            let found = if forbidden == "on" {
                page.contains(" onload") || page.contains(" onclick")
            } else {
                page.contains(forbidden)
            };
            assert!(!found, "{forbidden} in {target}");
        }
    }
}

#[test]
fn the_style_is_the_one_that_the_policy_allows() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let html = connected().html();
    let style = html.split("<style>").nth(1).and_then(|s| s.split("</style>").next()).unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style.as_bytes()));
    assert!(page::content_policy().contains(&format!("'sha256-{hash}'")));
    assert!(style.contains("prefers-color-scheme:dark") && html.contains("width=device-width"));
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let evil = "<img src=x onerror=alert(1)>&\"'";
    for page in [
        Page::Connected { provider: evil.into(), who: Some(evil.into()) },
        failed(evil),
        Page::StillWorking { provider: evil.into() },
    ] {
        let html = page.html();
        assert!(
            !html.contains("<img") && html.contains("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;")
        );
    }
}

#[test]
fn pages_speak_in_whole_sentences_and_without_jargon() {
    let all = [
        connected(),
        Page::Connected { provider: "Acme".into(), who: None },
        Page::WrongState,
        Page::UsedState,
        Page::TookTooLong,
        Page::Malformed,
        Page::StillWorking { provider: "Acme".into() },
        failed(page::BROKEN),
    ];
    for page in all {
        let html = page.html();
        let text: String = html.split("<h1>").nth(1).unwrap().to_lowercase();
        for word in
            ["oauth", "token", "state", "callback", "redirect", "parameter", "invalid", "code", "error"]
        {
            assert!(!text.contains(word), "{word} in {page:?}");
        }
        let sentence = html.split("<p>").nth(1).and_then(|p| p.split("</p>").next()).unwrap();
        assert!(sentence.ends_with('.') && sentence.split(' ').count() <= 30, "{sentence}");
    }
}

// Who is turned away. ---------------------------------------------------------------------------------------

#[tokio::test]
async fn another_path_is_404_another_method_405_another_name_421() {
    let door = Door::with(connected());
    let serving = open(door.clone()).await;
    let ours = format!("127.0.0.1:{}", port(&serving));
    for target in [
        "/",
        "/callback/",
        "/callbackx",
        "/callback/done",
        "/callback/done/x",
        "/favicon.ico",
        "/v1/health",
        "*",
    ] {
        assert_eq!(status(&ask(&serving, "GET", target, &ours).await), 404, "{target}");
    }
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECTX"] {
        let answer = ask(&serving, method, "/callback?code=c&state=s", &ours).await;
        assert_eq!((status(&answer), header(&answer, "allow")), (405, Some("GET")), "{method}");
    }
    for host in ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example", "[::2]:80", ""] {
        assert_eq!(status(&ask(&serving, "GET", "/callback?code=c&state=s", host).await), 421, "{host}");
    }
    assert!(door.asked().is_empty());
}

#[tokio::test]
async fn the_names_of_this_computer_are_accepted_with_our_port() {
    let serving = open(Door::with(connected())).await;
    for name in ["127.0.0.1", "localhost", "LocalHost", "[::1]"] {
        let host = format!("{name}:{}", port(&serving));
        assert_eq!(status(&ask(&serving, "GET", "/callback?code=c&state=s", &host).await), 200, "{host}");
    }
}

#[tokio::test]
async fn a_request_without_exactly_one_name_is_not_for_us() {
    let serving = open(Door::with(connected())).await;
    let ours = format!("127.0.0.1:{}", port(&serving));
    let none = send(&serving, b"GET /callback HTTP/1.1\r\n\r\n").await;
    let two =
        send(&serving, format!("GET /callback HTTP/1.1\r\nHost: {ours}\r\nHost: {ours}\r\n\r\n").as_bytes())
            .await;
    let elsewhere = send(
        &serving,
        format!("GET http://evil.example/callback HTTP/1.1\r\nHost: {ours}\r\n\r\n").as_bytes(),
    )
    .await;
    for answer in [none, two, elsewhere] {
        assert!(matches!(status(&answer), 400 | 421), "{answer}");
    }
}

#[tokio::test]
async fn a_head_request_is_another_method_and_spends_nothing() {
    let door = Door::with(connected());
    let serving = open(door.clone()).await;
    let ours = format!("127.0.0.1:{}", port(&serving));
    let answer = ask(&serving, "HEAD", "/callback?code=c&state=s", &ours).await;
    assert_eq!((status(&answer), body(&answer)), (405, ""));
    assert!(door.asked().is_empty());
    get(&serving, "/callback?code=c&state=s").await;
    assert_eq!(status(&ask(&serving, "HEAD", "/callback/done", &ours).await), 405);
}

#[tokio::test]
async fn r9700_3_the_callback_sends_nobody_elsewhere() {
    let serving = open(Door::with(connected())).await;
    for extra in [
        "next=https://evil.example",
        "url=//evil.example",
        "redirect_uri=https://evil.example",
        "continue=%0d%0aLocation:x",
    ] {
        let answer = get(&serving, &format!("/callback?code=c&state=s&{extra}")).await;
        assert_eq!(header(&answer, "location"), None);
        assert_eq!(header(&answer, "refresh"), Some("0; url=/callback/done"));
        assert!(!answer.contains("evil"));
    }
}

#[tokio::test]
async fn o27_what_cannot_be_read_reaches_the_door_as_that() {
    let door = Door::with(Page::Malformed);
    let serving = open(door.clone()).await;
    for (target, expected) in [
        ("/callback?state=a%00b", Malformed::Nul),
        ("/callback?state=%ff", Malformed::BrokenEncoding),
        ("/callback?code=a&state=r&state=s", Malformed::Doubled("state")),
    ] {
        assert_eq!(status(&get(&serving, target).await), 400);
        assert_eq!(door.asked().pop(), Some(Err(expected)));
    }
    assert_eq!(status(&get(&serving, "/callback?state=:").await), 400);
    assert_eq!(door.asked().pop().unwrap().unwrap().state(), Some(":"));
}

#[tokio::test]
async fn o27_an_address_or_a_head_that_is_too_long_is_refused_with_a_page() {
    let door = Door::with(connected());
    let serving = open(door.clone()).await;
    let ours = format!("127.0.0.1:{}", port(&serving));
    for length in [MAX_QUERY, 64 * 1024, 200 * 1024] {
        let answer = get(&serving, &format!("/callback?state={}", "a".repeat(length))).await;
        assert_eq!(status(&answer), 400, "{length}");
        assert!(body(&answer).contains("cannot read") && header(&answer, "x-frame-options").is_some());
    }
    let padded = format!("GET /callback HTTP/1.1\r\nHost: {ours}\r\nX: {}\r\n\r\n", "a".repeat(20 * 1024));
    assert_eq!(status(&send(&serving, padded.as_bytes()).await), 431);
    let many: String = (0..100).map(|i| format!("X{i}: a\r\n")).collect();
    let many = format!("GET /callback HTTP/1.1\r\nHost: {ours}\r\n{many}\r\n");
    assert_eq!(status(&send(&serving, many.as_bytes()).await), 431);
    assert!(door.asked().is_empty());
}

#[tokio::test]
async fn what_is_no_http_gets_no_page_and_does_no_harm() {
    let door = Door::with(connected());
    let bounds = Bounds { head: Duration::from_millis(30), ..Bounds::default() };
    let serving = open_within(door.clone(), bounds).await;
    for raw in [
        &b"\x16\x03\x01\x02\x00\x01\n\n"[..],
        b"\0\0\0\n\n",
        b"GET\r\n\r\n",
        b"GET /callback?\xff\xfe HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
    ] {
        assert!(matches!(status(&send(&serving, raw).await), 0 | 400 | 421));
    }
    assert!(door.asked().is_empty());
    assert_eq!(status(&get(&serving, "/callback?code=c&state=s").await), 200);
}

#[tokio::test]
async fn a_body_is_not_read_and_does_not_cost_the_answer() {
    let serving = open(Door::with(connected())).await;
    let ours = format!("127.0.0.1:{}", port(&serving));
    let raw = format!(
        "POST /callback HTTP/1.1\r\nHost: {ours}\r\nContent-Length: 100000\r\n\r\n{}",
        "x".repeat(100_000)
    );
    assert_eq!(status(&send(&serving, raw.as_bytes()).await), 405);
}

// Time and number. ------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_visitor_that_does_not_finish_its_head_is_cut_off() {
    let bounds = Bounds { head: Duration::from_millis(30), ..Bounds::default() };
    let serving = open_within(Door::with(connected()), bounds).await;
    let mut silent = connect(&serving).await;
    let mut slow = connect(&serving).await;
    slow.write_all(b"GET /callback?code=c HTTP/1.1\r\nHost: ").await.unwrap();
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest).await;
    let _ = silent.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert_eq!(Bounds::default().head, Duration::from_secs(3));
}

#[tokio::test]
async fn o66_a_crowd_that_says_nothing_keeps_no_browser_out() {
    let bounds = Bounds { head: Duration::from_secs(600), ..Bounds::default() };
    let serving = open_within(Door::with(connected()), bounds).await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(&serving).await;
        stream.write_all(b"GET ").await.unwrap();
        crowd.push(stream);
    }
    assert_eq!(status(&get(&serving, "/callback?code=c&state=s").await), 200);
    let mut byte = [0];
    assert_eq!(crowd[0].read(&mut byte).await.unwrap_or(0), 0, "the oldest has made room");
    let newest = crowd.last_mut().unwrap();
    let early = tokio::time::timeout(Duration::from_millis(30), newest.read(&mut byte)).await;
    assert!(early.is_err(), "the newest may still say something");
}

#[tokio::test]
async fn the_33rd_visitor_that_asks_something_waits_for_its_turn() {
    assert_eq!(Bounds::default().connections, 32);
    let gate = Arc::new(Notify::new());
    let door = Arc::new(Door { page: connected(), asked: Mutex::default(), gate: Some(gate.clone()) });
    let bounds = Bounds { connections: 1, ..Bounds::default() };
    let serving = open_within(door, bounds).await;
    let mut first = connect(&serving).await;
    let raw = format!("GET /callback?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port(&serving));
    first.write_all(raw.as_bytes()).await.unwrap();
    let mut second = connect(&serving).await;
    second.write_all(raw.replace("?code=c&state=s", "/done").as_bytes()).await.unwrap();
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(30), second.read(&mut byte)).await;
    assert!(early.is_err(), "nobody is served beyond the limit");
    gate.notify_one();
    assert_eq!(status(&answer_of(first).await), 200);
    assert_eq!(status(&answer_of(second).await), 200);
}

#[tokio::test]
async fn e55_a_slow_exchange_gets_a_page_that_looks_again_by_itself() {
    let gate = Arc::new(Notify::new());
    let door = Arc::new(Door { page: connected(), asked: Mutex::default(), gate: Some(gate.clone()) });
    let bounds = Bounds { door: Duration::from_millis(20), ..Bounds::default() };
    let serving = open_within(door, bounds).await;
    let answer = get(&serving, "/callback?code=c&state=s").await;
    assert_eq!(status(&answer), 202);
    assert!(body(&answer).contains("Still connecting to Acme"));
    assert_eq!(header(&answer, "refresh"), Some("0; url=/callback/done"));
    let waiting = get(&serving, "/callback/done").await;
    assert_eq!((status(&waiting), header(&waiting, "refresh")), (200, Some("2; url=/callback/done")));
    gate.notify_one();
    serving.desk.shown_end().await;
    let done = get(&serving, "/callback/done").await;
    assert!(body(&done).contains("Connected to Acme") && header(&done, "refresh").is_none());
    assert_eq!(Bounds::default().door, Duration::from_secs(10));
}

#[tokio::test]
async fn a_browser_that_goes_away_does_not_end_the_exchange() {
    let gate = Arc::new(Notify::new());
    let door = Arc::new(Door { page: connected(), asked: Mutex::default(), gate: Some(gate.clone()) });
    let serving = open(door).await;
    let mut stream = connect(&serving).await;
    let raw = format!("GET /callback?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port(&serving));
    stream.write_all(raw.as_bytes()).await.unwrap();
    drop(stream);
    gate.notify_one();
    serving.desk.shown_end().await;
    assert!(body(&get(&serving, "/callback/done").await).contains("Connected to Acme"));
}

struct Broken;

#[async_trait]
impl CallbackDoor for Broken {
    async fn callback(&self, _query: Result<CallbackQuery, Malformed>) -> Page {
        panic!("the door breaks in this test")
    }
}

#[tokio::test]
async fn a_door_that_breaks_leaves_a_page() {
    let serving = Loopback::bind(&redirect("127.0.0.1", None)).await.unwrap().serve(Arc::new(Broken));
    let answer = get(&serving, "/callback?code=c&state=s").await;
    assert_eq!(status(&answer), 400);
    assert!(body(&answer).contains("nothing was connected"));
}

// Which page stays. -----------------------------------------------------------------------------------------

/// Answers with one page after the other.
struct Script(Mutex<Vec<Page>>);

#[async_trait]
impl CallbackDoor for Script {
    async fn callback(&self, _query: Result<CallbackQuery, Malformed>) -> Page {
        self.0.lock().unwrap().remove(0)
    }
}

#[tokio::test]
async fn e58_a_forged_answer_first_and_the_right_one_after_it() {
    let script =
        Arc::new(Script(Mutex::new(vec![Page::WrongState, connected(), Page::UsedState, Page::WrongState])));
    let serving = Loopback::bind(&redirect("127.0.0.1", None)).await.unwrap().serve(script);
    let mut statuses = Vec::new();
    for shown in ["nothing was changed", "Connected to Acme", "Connected to Acme", "Connected to Acme"] {
        statuses.push(status(&get(&serving, "/callback?code=c&state=s").await));
        assert!(body(&get(&serving, "/callback/done").await).contains(shown), "{shown}");
    }
    assert_eq!(statuses, [400, 200, 410, 400]);
}

// The port. -------------------------------------------------------------------------------------------------

async fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

#[tokio::test]
async fn r8252_2_the_address_is_a_loopback_literal_with_a_free_port() {
    let one = Loopback::bind(&redirect("127.0.0.1", None)).await.unwrap();
    let two = Loopback::bind(&redirect("127.0.0.1", None)).await.unwrap();
    assert_ne!(one.redirect_uri(), two.redirect_uri());
    for loopback in [&one, &two] {
        let url = loopback.redirect_uri();
        assert_eq!((url.scheme(), url.host_str(), url.path()), ("http", Some("127.0.0.1"), "/callback"));
        assert!(loopback.listeners.iter().all(|l| l.local_addr().unwrap().ip().is_loopback()));
    }
}

#[tokio::test]
async fn r8252_3_the_port_is_open_during_an_attempt_and_not_after_it() {
    let serving = open(Door::with(connected())).await;
    let port = port(&serving);
    assert!(is_open(port).await);
    serving.close().await;
    assert!(!is_open(port).await);
}

#[tokio::test]
async fn dropping_closes_too() {
    let serving = open(Door::with(connected())).await;
    let port = port(&serving);
    drop(serving);
    while is_open(port).await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_pinned_port_that_is_taken_is_named() {
    let first = Loopback::bind(&redirect("127.0.0.1", None)).await.unwrap();
    let port = first.redirect_uri().port().unwrap();
    match Loopback::bind(&redirect("127.0.0.1", Some(port))).await {
        Err(LoopbackError::PortInUse(taken)) => assert_eq!(taken, port),
        other => panic!("{other:?}"),
    }
    match Loopback::bind(&redirect("localhost", Some(port))).await {
        Err(LoopbackError::PortInUse(taken)) => assert_eq!(taken, port),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn localhost_listens_on_every_family_that_there_is() {
    let loopback = Loopback::bind(&redirect("localhost", None)).await.unwrap();
    let ports: Vec<u16> = loopback.listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
    assert!(ports.iter().all(|p| Some(*p) == loopback.redirect_uri().port()));
    assert_eq!(loopback.redirect_uri().host_str(), Some("localhost"));
    let serving = loopback.serve(Door::with(connected()));
    let host = format!("localhost:{}", port(&serving));
    assert_eq!(status(&ask(&serving, "GET", "/callback?code=c&state=s", &host).await), 200);
}

#[tokio::test]
async fn r8252_2_the_other_family_works_where_the_computer_has_it() {
    let Ok(loopback) = Loopback::bind(&redirect("[::1]", None)).await else { return };
    let serving = loopback.serve(Door::with(connected()));
    let mut stream = TcpStream::connect(("::1", port(&serving))).await.unwrap();
    let raw = format!("GET /callback?code=c&state=s HTTP/1.1\r\nHost: [::1]:{}\r\n\r\n", port(&serving));
    stream.write_all(raw.as_bytes()).await.unwrap();
    assert_eq!(status(&answer_of(stream).await), 200);
}

#[tokio::test]
async fn an_address_on_another_computer_is_never_listened_on() {
    for host in ["0.0.0.0", "192.168.0.1", "example.com", "::1", ""] {
        assert!(matches!(Loopback::bind(&redirect(host, None)).await, Err(LoopbackError::Io(_))), "{host}");
    }
}

#[tokio::test]
async fn the_path_of_the_provider_file_is_kept() {
    for (path, done) in [("/", "/done"), ("/oauth/acme", "/oauth/acme/done")] {
        let redirect = Redirect { path: path.into(), ..redirect("127.0.0.1", None) };
        let serving = Loopback::bind(&redirect).await.unwrap().serve(Door::with(connected()));
        let answer = get(&serving, &format!("{path}?code=c&state=s")).await;
        assert_eq!(
            (status(&answer), header(&answer, "refresh")),
            (200, Some(format!("0; url={done}").as_str()))
        );
        assert_eq!(status(&get(&serving, done).await), 200);
    }
}
