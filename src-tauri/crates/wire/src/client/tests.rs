use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::*;
use crate::problem::Code;

/// A socket that reads one request for each answer it was given, and gives that answer.
struct Canned {
    folder: tempfile::TempDir,
    server: JoinHandle<Vec<String>>,
}

fn canned(answers: Vec<String>) -> Canned {
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join("s")).unwrap();
    let server = std::thread::spawn(move || answers.iter().map(|a| serve(&listener, a)).collect());
    Canned { folder, server }
}

fn serve(listener: &UnixListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(answer.as_bytes()).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

impl Canned {
    fn client(&self) -> Client {
        Client::at(self.folder.path().join("s"))
    }

    fn requests(self) -> Vec<String> {
        self.server.join().unwrap()
    }
}

#[test]
fn a_request_goes_out_whole_and_its_answer_comes_back() {
    let agent = canned(vec![http("200 OK", r#"{"a":1}"#), http("200 OK", "{}")]);
    let client = agent.client();
    let got: Value = client
        .get(path(["accounts", "google:ana@x y", "token"]))
        .query("min_ttl", "300")
        .query("scope", "https://a/b c")
        .send()
        .unwrap();
    assert_eq!(got, json!({"a": 1}));
    let _: Value = client.post("/v1/connect").key(Secret::new("k")).body(&json!({"b": 2})).send().unwrap();
    let requests = agent.requests();
    assert!(requests[0].starts_with(
        "GET /v1/accounts/google%3Aana%40x%20y/token?min_ttl=300&scope=https%3A%2F%2Fa%2Fb%20c HTTP/1.1\r\n"
    ));
    let head = requests[1].to_ascii_lowercase();
    assert!(head.contains("host: localhost\r\n") && head.contains("authorization: bearer k\r\n"), "{head}");
    assert!(head.contains("content-type: application/json\r\n") && head.ends_with("{\"b\":2}"), "{head}");
}

#[test]
fn e02_an_error_of_the_agent_arrives_as_the_problem_it_is() {
    let problem = Problem::new(Code::ReconnectRequired, "Sign in again.").about("acc_1");
    let agent = canned(vec![http("409 Conflict", &serde_json::to_string(&problem).unwrap())]);
    match agent.client().get("/v1/accounts/a/token").send::<Value>() {
        Err(ClientError::Problem(got)) => assert_eq!(*got, problem),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_socket_and_a_dead_one_are_both_no_agent() {
    let folder = tempfile::tempdir().unwrap();
    let dead = folder.path().join("s");
    drop(UnixListener::bind(&dead).unwrap());
    for socket in [dead, folder.path().join("none/s")] {
        let client = Client::at(&socket);
        assert!(!client.is_there());
        assert!(
            matches!(client.get("/v1/health").send::<Value>(), Err(ClientError::NoAgent { .. })),
            "{socket:?}"
        );
    }
}

#[test]
fn an_answer_that_is_none_of_ours_is_an_error_without_its_text() {
    let agent =
        canned(vec![http("200 OK", r#"{"access_token":"canary"#), http("500 x", "<html>canary</html>")]);
    for _ in 0..2 {
        let error = agent.client().get("/v1/health").send::<Value>().unwrap_err();
        assert!(matches!(error, ClientError::Unreadable(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[test]
fn a_silent_agent_ends_in_a_time_out() {
    let folder = tempfile::tempdir().unwrap();
    let _listener = UnixListener::bind(folder.path().join("s")).unwrap();
    let client = Client::at(folder.path().join("s"));
    let error = client.get("/v1/health").timeout(Duration::from_millis(30)).send::<Value>().unwrap_err();
    assert!(matches!(error, ClientError::TimedOut), "{error:?}");
    let error = client.get("/v1/events").timeout(Duration::from_millis(30)).events().unwrap_err();
    assert!(matches!(error, ClientError::TimedOut), "{error:?}");
}

#[test]
fn a_stream_that_says_nothing_of_use_ends_in_time_too() {
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join("s")).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n: still here\n\n").unwrap();
        // Open until the reader gives up.
        while stream.read(&mut [0; 512]).is_ok_and(|n| n > 0) {}
    });
    let client = Client::at(folder.path().join("s"));
    let mut events = client.get("/v1/events").timeout(Duration::from_millis(50)).events().unwrap();
    let end = events.next();
    assert!(matches!(end, Some(Err(ClientError::TimedOut))), "{end:?}");
    drop((events, client));
    server.join().unwrap();
}

#[test]
fn an_answer_without_end_is_not_read_to_the_end() {
    let huge = " ".repeat(MAX_ANSWER as usize + 1);
    let agent = canned(vec![format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{huge}", huge.len())]);
    let error = agent.client().get("/v1/audit").send::<Value>().unwrap_err();
    assert!(matches!(error, ClientError::TooLarge), "{error:?}");
}

#[test]
fn events_come_one_by_one_until_the_agent_closes() {
    let body = ": hi\n\nevent: account.token\ndata: {\"account\":\"acc_1\"}\n\nevent: alert\r\ndata: {}\r\n\r\ndata: {";
    let agent = canned(vec![http("200 OK", body)]);
    let events: Vec<_> = agent.client().get("/v1/events").events().unwrap().map(Result::unwrap).collect();
    assert_eq!(events.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["account.token", "alert"]);
    assert_eq!(events[0].account(), Some("acc_1"));
}

#[test]
fn a_long_poll_waits_longer_than_it_asks_for_and_never_longer_than_allowed() {
    let agent = canned(vec![http("200 OK", "{}")]);
    let client = agent.client();
    let call = client.get("/v1/requests/r").wait(Duration::from_secs(600));
    assert_eq!(call.timeout, Duration::from_secs(crate::verbs::MAX_WAIT_S) + LATE);
    let _: Value = call.send().unwrap();
    assert!(agent.requests()[0].starts_with("GET /v1/requests/r?wait=60 "));
}

#[test]
fn a_call_does_not_print_its_body_or_key() {
    let client = Client::at("/none");
    let call =
        client.post("/v1/vault/unlock").key(Secret::new("canary")).body(&json!({"passphrase": "canary"}));
    assert!(!format!("{call:?}").contains("canary"));
}
