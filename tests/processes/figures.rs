//! What the agent counts, as programs read it: the metrics page checked line by line, who may read it, and a job that
//! outlives its token.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use bowline_tests::wait::{PATIENCE, until};
use bowline_tests::{Answer, Canary, Door, Request, Running};
use serde_json::{Value, json};

use crate::local_apps::approved_key;
use crate::stage::{Stage, expect, expect_problem, get, post, text};

/// The names of the contract's §6, with their types.
const FAMILIES: [(&str, &str); 11] = [
    ("bowline_refresh_total", "counter"),
    ("bowline_refresh_duration_seconds", "histogram"),
    ("bowline_token_lifetime_seconds", "histogram"),
    ("bowline_served_total", "counter"),
    ("bowline_serve_duration_seconds", "histogram"),
    ("bowline_breaker_state", "gauge"),
    ("bowline_refresh_joined_total", "counter"),
    ("bowline_refresh_conflicts_total", "counter"),
    ("bowline_expired_in_use_total", "counter"),
    ("bowline_accounts", "gauge"),
    ("bowline_refusals_total", "counter"),
];

/// A page in the text format, read strictly.
#[derive(Default)]
struct Page {
    types: BTreeMap<String, String>,
    /// By name and labels, as they are written.
    samples: BTreeMap<String, f64>,
    labels: BTreeSet<String>,
}

impl Page {
    /// Reads version 0.0.4 of the format: help before type before samples, each family once and in one piece, names and
    /// labels of the allowed letters, a number for each, no sample twice, and histograms that add up.
    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n') && !text.contains('\r'), "lines end in a line feed");
        let (mut page, mut helped, mut family) = (Self::default(), BTreeSet::new(), String::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a help has words");
                assert!(is_name(name) && !help.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type has a word");
                assert!(helped.contains(name), "help stands before type: {line}");
                assert!(page.types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
                name.clone_into(&mut family);
            } else {
                page.sample(line, &family);
            }
        }
        page.check_histograms();
        page
    }

    fn sample(&mut self, line: &str, family: &str) {
        let (key, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let (name, labels) = key.split_once('{').unwrap_or((key, "}"));
        let inside = labels.strip_suffix('}').unwrap_or_else(|| panic!("labels do not end: {line}"));
        assert!(is_name(name), "{line}");
        let suffixes: &[&str] =
            if self.types[family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(suffixes.iter().any(|suffix| name == format!("{family}{suffix}")), "in {family}: {line}");
        for (label, text) in labels_of(inside) {
            assert!(is_name(&label) && !label.contains(':'), "{line}");
            assert!(!text.contains(['\n', '"']) || text.contains('\\'), "{line}");
            self.labels.insert(label);
        }
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        assert!(value >= 0.0 && self.samples.insert(key.to_owned(), value).is_none(), "twice: {line}");
    }

    fn check_histograms(&self) {
        for (name, _) in self.types.iter().filter(|(_, kind)| *kind == "histogram") {
            let start = format!("{name}_bucket{{le=\"");
            let mut buckets: Vec<(f64, f64)> = self
                .samples
                .iter()
                .filter_map(|(key, value)| {
                    let bound = key.strip_prefix(&start)?.strip_suffix("\"}")?;
                    Some((
                        if bound == "+Inf" {
                            f64::INFINITY
                        } else {
                            bound.parse().expect("a bound is a number")
                        },
                        *value,
                    ))
                })
                .collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{name} does not rise: {buckets:?}");
            let last = buckets.last().expect("a histogram has buckets");
            assert_eq!((last.0, last.1), (f64::INFINITY, self.samples[&format!("{name}_count")]), "{name}");
            assert!(self.samples.contains_key(&format!("{name}_sum")));
        }
    }

    fn value(&self, key: &str) -> f64 {
        self.samples.get(key).copied().unwrap_or(0.0)
    }
}

/// `a="x",b="y"` in its parts, without taking the escapes away.
fn labels_of(mut inside: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while !inside.is_empty() {
        let (label, rest) = inside.split_once("=\"").expect("a label has a text");
        let mut end = None;
        let mut escaped = false;
        for (at, letter) in rest.char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let end = end.expect("a label's text ends");
        found.push((label.to_owned(), rest[..end].to_owned()));
        let rest = &rest[end + 1..];
        inside = rest.strip_prefix(',').unwrap_or(rest);
    }
    found
}

fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

fn page(answer: &Answer) -> Page {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    Page::read(&answer.text())
}

fn metrics(owner: &Door) -> Page {
    page(&get(owner, "/v1/metrics"))
}

/// An app's key for the metrics alone, by the whole flow.
fn watchers_key(stage: &Stage) -> String {
    let owner = stage.owner();
    let wish = json!({"name": "Dashboard", "wants": [{"metrics": true}], "because": "to draw figures"});
    let asked = expect(202, &post(&stage.agent.loopback(), "/v1/apps", &wish));
    let request = text(&asked["request"]);
    let listed = stage.home.run(&["apps", "requests"]).expect_code(0).stdout;
    assert!(listed.contains("see what Bowline counts: to draw figures"), "{listed}");
    stage.home.run(&["apps", "approve", &request]).expect_code(0);
    let path = format!("/v1/apps/requests/{request}?wait=1");
    text(&expect(200, &Request::get(&path).key(&text(&asked["poll_secret"])).send(&owner))["app_key"])
}

#[test]
fn f50_the_page_has_the_contracts_names_and_a_strict_reader_takes_every_line_of_it() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    stage.home.run(&["refresh", "practice"]).expect_code(0);
    stage.home.run(&["token", "practice"]).expect_code(0);
    expect_problem(404, "account_not_found", &get(&stage.owner(), "/v1/accounts/nobody/token"));
    let page = metrics(&stage.owner());
    let told: Vec<(&str, &str)> =
        page.types.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
    assert_eq!(told, BTreeMap::from(FAMILIES).into_iter().collect::<Vec<_>>());
    let known: BTreeSet<&str> = page.labels.iter().map(String::as_str).collect();
    assert_eq!(known, BTreeSet::from(["code", "host", "le", "outcome", "provider", "source", "status"]));
    assert!(page.value("bowline_refresh_total{provider=\"practice\",outcome=\"ok\"}") >= 1.0);
    assert!(page.value("bowline_served_total{source=\"oauth\"}") >= 1.0);
    assert_eq!(page.value("bowline_accounts{status=\"healthy\"}"), 1.0);
    assert_eq!(page.value("bowline_refusals_total{code=\"account_not_found\"}"), 1.0);
    assert!(page.samples.keys().all(|key| !key.contains(&id) && !key.contains("alice")));
}

#[test]
fn the_page_is_for_the_owner_and_for_an_app_that_was_given_it_and_for_nobody_else() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let http = stage.agent.loopback();
    expect_problem(401, "not_authenticated", &get(&http, "/v1/metrics"));
    let poster = approved_key(&stage.owner(), "Poster", &id);
    expect_problem(403, "approval_required", &Request::get("/v1/metrics").key(&poster).send(&http));
    let watcher = watchers_key(&stage);
    page(&Request::get("/v1/metrics").key(&watcher).send(&http));
    let path = format!("/v1/accounts/{id}/token");
    expect_problem(403, "approval_required", &Request::get(&path).key(&watcher).send(&http));
    for owners_own in ["/v1/history", "/v1/alerts"] {
        expect_problem(403, "forbidden", &Request::get(owners_own).key(&watcher).send(&http));
    }
    let apps = expect(200, &get(&stage.owner(), "/v1/apps"));
    let may: Vec<&Value> =
        apps["apps"].as_array().expect("a list").iter().map(|app| &app["metrics"]).collect();
    assert_eq!(may.iter().filter(|may| **may == &json!(true)).count(), 1, "{apps}");
}

#[test]
fn a_wish_for_metrics_and_an_account_in_one_is_refused() {
    let stage = Stage::new(&[]);
    for wants in
        [json!([{"metrics": true, "provider": "practice"}]), json!([{"metrics": false}]), json!([{}])]
    {
        let asked = post(&stage.owner(), "/v1/apps", &json!({"name": "Odd", "wants": wants}));
        expect_problem(400, "invalid_request", &asked);
    }
}

#[test]
fn bowline_metrics_prints_the_page_and_as_json_one_document() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    Page::read(&stage.home.run(&["metrics"]).expect_code(0).stdout);
    let document = stage.home.run(&["metrics", "--json"]).expect_code(0).json();
    let samples = document["metrics"].as_array().expect("a list");
    let healthy = json!({"name": "bowline_accounts", "labels": {"status": "healthy"}, "value": 1.0});
    assert!(samples.contains(&healthy), "{document}");
}

#[test]
fn f53_the_history_has_its_ranges_and_says_what_was_counted() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    stage.home.run(&["refresh", "practice"]).expect_code(0);
    stage.home.run(&["token", "practice"]).expect_code(0);
    for (range, points, step) in [("24h", 24, 3600), ("7d", 28, 21_600), ("30d", 30, 86_400)] {
        let history = expect(200, &get(&stage.owner(), &format!("/v1/history?range={range}")));
        assert_eq!((&history["range"], &history["step_s"]), (&json!(range), &json!(step)));
        let all = history["points"].as_array().expect("a list");
        assert_eq!(all.len(), points);
        assert_eq!(all[points - 1]["renewals"]["ok"], 1, "the step that runs is the last one");
        assert_eq!(history["total"]["renewals"]["success"], 1.0);
        assert_eq!(history["providers"][0]["provider"], "practice");
        assert_eq!(history["breakers"][0]["state"], "closed");
        assert!(history["total"]["served"]["oauth"].as_u64().expect("a count") >= 1, "{history}");
    }
    expect_problem(400, "invalid_request", &get(&stage.owner(), "/v1/history?range=1y"));
}

#[test]
fn f56_a_script_that_follows_the_events_hears_of_an_alert_and_sees_it_open() {
    let stage = Stage::new(&[]);
    stage.connect("alice");
    let mut stream = UnixStream::connect(stage.home.socket()).expect("the agent is there");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit is set");
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is sent");
    let mut lines = BufReader::new(stream).lines().map(|line| line.expect("the stream goes on"));
    assert!(lines.any(|line| line.contains(": open")), "the stream is open");
    stage.play(&json!({"fail": ["token=status:500"]}));
    for _ in 0..3 {
        stage.refresh("practice");
    }
    assert!(lines.any(|line| line == "event: alert"), "an event with a name");
    let data =
        lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).expect("an event has data");
    let alert: Value = serde_json::from_str(&data).expect("it is JSON");
    assert_eq!((&alert["name"], &alert["severity"]), (&json!("refresh_failures"), &json!("warning")));
    assert!(alert["value"].as_f64() > alert["threshold"].as_f64() && alert["cleared_at"].is_null());
    let open = expect(200, &get(&stage.owner(), "/v1/alerts"));
    assert_eq!(open["alerts"][0]["since"], alert["since"], "{open}");
}

#[test]
fn f49_a_command_that_outlives_the_token_it_was_started_with_is_counted_and_named() {
    let stage = Stage::new(&["--access-ttl", "8s"]);
    stage.connect("alice");
    let mut job = stage.home.command(&["exec", "practice", "--", "sleep", "60"]);
    let mut job = Running::start("job", job.stdin(Stdio::null()));
    let owner = stage.owner();
    let alert = until("the alert", PATIENCE, || {
        let open = expect(200, &get(&owner, "/v1/alerts"));
        let found =
            open["alerts"].as_array().expect("a list").iter().find(|alert| alert["name"] == "expired_in_use");
        found.cloned()
    });
    assert!(text(&alert["about"]).ends_with("sleep"), "{alert}");
    assert_eq!(alert["severity"], "warning");
    assert_eq!(metrics(&owner).value("bowline_expired_in_use_total"), 1.0);
    assert!(job.is_alive(), "nobody ends a program for it");
    job.stop();
}

#[test]
fn e35_every_failure_leaves_a_line_with_its_code_account_and_attempts_and_no_secret() {
    let stage = Stage::new(&[]);
    let id = text(&stage.connect("alice")["id"]);
    let token = text(&expect(200, &stage.token("practice"))["access_token"]);
    let log = stage.home.path().join("logs");
    let lines = || -> Vec<String> {
        let files = std::fs::read_dir(&log).expect("there are logs").flatten();
        let text: String =
            files.map(|file| std::fs::read_to_string(file.path()).unwrap_or_default()).collect();
        let failed = |line: &&str| line.contains("renewal failed") && line.contains(&id);
        text.lines().filter(failed).map(str::to_owned).collect()
    };
    let modes = [
        "status:500",
        "status:404",
        "reset",
        "refuse",
        "html",
        "malformed",
        "truncated",
        "empty",
        "missing-access-token",
        "invalid-client",
        "revoked",
    ];
    for mode in modes {
        let before = lines().len();
        stage.play(&json!({"fail": [format!("token={mode}")]}));
        assert!(stage.refresh("practice").status >= 400, "{mode}");
        let new = lines().split_off(before);
        assert!(!new.is_empty(), "{mode} left no line");
        assert!(
            new.iter().all(|line| line.contains("code=") && line.contains("attempts=")),
            "{mode}: {new:?}"
        );
    }
    Canary::new(&token).assert_absent(&[&log]);
}
