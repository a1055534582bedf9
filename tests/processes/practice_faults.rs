//! Every failure that `bowline practice --list` names leads where its row says (E-33): the practice provider plays
//! it, and accounts and attempts are looked at from outside. Nothing here repeats the list: it is read from the
//! program, so that a new row is tested by being there.

use std::time::Duration;

use bowline_tests::home::browse;
use bowline_tests::wait::until;
use bowline_tests::{Agent, Door, Home, Request};
use serde_json::{Value, json};

use crate::stage::{
    QUICK, Stage, account, begin, callback_of, connect, delete, end_of, expect, expect_problem, get, play,
    post, practice, target, text, until_status,
};

/// One request a try: what is looked at here is where an answer leads, not how often it is asked for.
const ONE_TRY: &str = "[connect]\nattempts_per_hour = 100000\n\
    [retry]\nattempts = 1\nbase = \"20ms\"\nmax = \"100ms\"\ntimeouts = [\"1s\"]\nconnect_timeouts = [\"1s\"]\n";

/// A row of the list, ready to be played.
struct Mode {
    /// As the list writes it.
    row: String,
    /// With its placeholders filled in.
    rule: String,
    /// Where it leads, parted by commas.
    leads_to: Vec<String>,
}

impl Mode {
    fn account(&self) -> Option<&str> {
        self.leads_to.iter().map(String::as_str).find(|to| !is_attempt(to))
    }

    fn attempt(&self) -> Option<&str> {
        self.leads_to.iter().map(String::as_str).find(|to| is_attempt(to))
    }

    /// Where it strikes: the connection as a whole (then only the token endpoint's is taken), the consent, the
    /// metadata, or what connecting alone asks for.
    fn is(&self, beginnings: &[&str]) -> bool {
        beginnings.iter().any(|start| self.row.starts_with(start))
    }
}

fn is_attempt(to: &str) -> bool {
    ["failed/", "expired/", "refused/"].iter().any(|start| to.starts_with(start))
}

/// Strikes at the metadata, which an agent fetches once: each needs an agent of its own.
const METADATA: &[&str] = &["tls", "discovery:"];
/// The browser is the one that waits here: these attempts end by their time.
const SLOW_ENDS: &[&str] = &["wrong-state", "late-callback", "callback:missing-state"];
/// Nothing but a connection sees these.
const CONNECTING_ONLY: &[&str] = &["userinfo:", "no-refresh-token", "no-id-token"];

fn modes() -> Vec<Mode> {
    let home = Home::bare();
    let list = home.run(&["practice", "--list", "--json"]).expect_code(0).json();
    let rows = list["modes"].as_array().expect("a list of modes").clone();
    assert!(rows.len() > 80, "{} modes", rows.len());
    rows.iter().map(mode).collect()
}

fn mode(row: &Value) -> Mode {
    let name = text(&row["mode"]);
    let rule = match name.as_str() {
        "status:N:BODY" => "status:500:internal_server_error".to_owned(),
        "status:N" => "status:503".to_owned(),
        "slow:N" => "slow:200".to_owned(),
        "late-callback" | "late-callback:N" => "late-callback:3".to_owned(),
        "error:WORD" => "error:zzz".to_owned(),
        other => other.strip_suffix(":N").map_or(other.to_owned(), |mode| format!("{mode}:40")),
    };
    // at the connection as a whole even the consent page would be gone: the token endpoint's is meant
    let rule = if matches!(rule.as_str(), "refuse" | "reset") { format!("token={rule}") } else { rule };
    let leads_to = text(&row["leads_to"]).split(',').map(|to| to.trim().to_owned()).collect();
    Mode { row: name, rule, leads_to }
}

/// `status/reason`, or the status alone.
fn standing(account: &Value) -> String {
    let status = text(&account["status"]);
    account["reason"].as_str().map_or(status.clone(), |reason| format!("{status}/{reason}"))
}

/// `failed/code`, or the account's standing.
fn outcome(end: &Value) -> String {
    match end["state"].as_str() {
        Some("connected") => standing(&end["account"]),
        state => format!("{}/{}", state.unwrap_or("?"), end["error"]["code"].as_str().unwrap_or("?")),
    }
}

#[track_caller]
fn assert_all(found: &[String]) {
    assert!(found.is_empty(), "these modes lead elsewhere than their rows say:\n  {}\n", found.join("\n  "));
}

fn differs(mode: &Mode, wanted: &str, seen: &str, more: &Value) -> Option<String> {
    (wanted != seen).then(|| format!("{}: {wanted} by its row, {seen} in truth ({more})", mode.row))
}

#[test]
fn e33_e34_each_mode_leads_a_renewal_where_its_row_says() {
    let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "10m"]);
    let pid = stage.agent.pid();
    let played = modes().into_iter().filter(|mode| !mode.is(METADATA) && !mode.is(CONNECTING_ONLY));
    let mut found = Vec::new();
    for (number, mode) in played.enumerate() {
        let Some(wanted) = mode.account() else { continue };
        stage.play(&json!({"fail": null}));
        let id = text(&stage.connect(&format!("renewing {number}"))["id"]);
        stage.play(&json!({"fail": mode.rule}));
        let answer = stage.refresh(&id);
        let seen = stage.account(&id);
        found.extend(differs(&mode, wanted, &standing(&seen), &seen["last_refresh"]));
        if wanted == "healthy" && answer.status != 200 {
            found.push(format!("{}: the renewal was answered {}", mode.row, answer.text()));
        }
        delete(&stage.owner(), &format!("/v1/accounts/{id}?local_only=true"));
    }
    assert_eq!(get(&stage.owner(), "/v1/health").status, 200);
    assert_eq!(stage.agent.pid(), pid, "one agent saw them all");
    assert_all(&found);
}

#[test]
fn e33_e07_e23_each_mode_leads_an_attempt_where_its_row_says() {
    let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "10m"]);
    let mut found = Vec::new();
    let played = modes().into_iter().filter(|mode| !mode.is(METADATA) && !mode.is(SLOW_ENDS));
    for (number, mode) in played.enumerate() {
        // what only a renewal meets is not met here, and a connection does not care
        let wanted = match (mode.attempt(), mode.account()) {
            (Some(attempt), _) => attempt,
            (None, Some(account)) if mode.is(CONNECTING_ONLY) || account == "healthy" => account,
            _ => continue,
        };
        stage.play(&json!({"fail": null}));
        // warms the metadata, which is not what is tested
        let (attempt, url) = begin(&stage.owner(), "practice");
        stage.play(&json!({"fail": mode.rule}));
        browse(&["--user", &format!("connecting {number}")], &url);
        let end = end_soon(&stage.owner(), &attempt);
        found.extend(differs(&mode, wanted, &outcome(&end), &end["error"]));
        if let Some(id) = end["account"]["id"].as_str() {
            delete(&stage.owner(), &format!("/v1/accounts/{id}?local_only=true"));
        }
    }
    let left = get(&stage.owner(), "/v1/accounts").json();
    assert_eq!(left["accounts"], json!([]), "nothing half-made is stored");
    assert_all(&found);
}

#[test]
fn e33_o26_modes_that_keep_the_browser_away_end_by_time() {
    let settings = ONE_TRY.replace("[retry]", "timeout = \"2s\"\nstate_ttl = \"3s\"\n[retry]");
    let stage = Stage::with_settings(&settings, &[]);
    let mut found = Vec::new();
    for mode in modes().into_iter().filter(|mode| mode.is(SLOW_ENDS)) {
        let wanted = mode.attempt().expect("it is about attempts").to_owned();
        stage.play(&json!({"fail": mode.rule}));
        let (attempt, url) = begin(&stage.owner(), "practice");
        browse(&[], &url);
        let end = end_of(&stage.owner(), &attempt);
        found.extend(differs(&mode, &wanted, &outcome(&end), &end["error"]));
    }
    assert_all(&found);
}

#[test]
fn e33_faults_in_the_metadata_end_before_any_address_is_given() {
    let mut found = Vec::new();
    for mode in modes().into_iter().filter(|mode| mode.is(&["discovery:"])) {
        let stage = Stage::with_settings(ONE_TRY, &[]);
        stage.play(&json!({"fail": mode.rule}));
        let (answer, wanted) = match mode.attempt() {
            Some(wanted) => (begun(&stage.owner()), wanted.to_owned()),
            None => (
                outcome(&json!({"state": "connected", "account": stage.connect("alice")})),
                "healthy".to_owned(),
            ),
        };
        found.extend(differs(&mode, &wanted, &answer, &Value::Null));
    }
    assert_all(&found);
}

/// Begins an attempt that has to fail: `failed/code` as an attempt's end, or `refused/code` where no address to sign
/// in at could be given.
fn begun(owner: &Door) -> String {
    let answer = post(
        owner,
        "/v1/connect",
        &json!({"provider": "practice", "flow": "browser", "open_browser": false}),
    );
    let body = answer.json();
    match answer.status {
        200 => outcome(&end_of(owner, &text(&body["attempt"]))),
        _ => format!("refused/{}", text(&body["code"])),
    }
}

/// How an attempt ended, or that it did not although its callback was answered.
fn end_soon(owner: &Door, attempt: &str) -> Value {
    expect(200, &get(owner, &format!("/v1/connect/{attempt}?wait=5")))
}

#[test]
fn e06_e33_tls_trouble_at_a_renewal_leaves_the_account_degraded() {
    let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    let Stage { agent, practice, home } = stage;
    agent.stop();
    play(&practice.door(), &json!({"fail": "tls"}));
    let agent = Agent::start(&home);
    post(&agent.socket(), &format!("/v1/accounts/{id}/refresh"), &Value::Null);
    assert_eq!(standing(&account(&agent.socket(), &id)), "degraded/tls");
    assert_eq!(
        get(&agent.socket(), &format!("/v1/accounts/{id}/token")).status,
        200,
        "the living token is served"
    );
}

#[test]
fn e06_e33_tls_trouble_at_the_exchange_fails_the_attempt() {
    let stage = Stage::with_settings(ONE_TRY, &[]);
    stage.play(&json!({"fail": "tls"}));
    let (attempt, url) = begin(&stage.owner(), "practice");
    assert!(url.starts_with("https://"), "{url}");
    // the person's browser would stop here; the code comes by a road without TLS, the token request may not
    stage.play(&json!({"fail": null}));
    let callback = callback_of(&url.replacen("https://", "http://", 1), &[]);
    let page = get(&Door::at(&callback), &target(&callback));
    assert_eq!(page.status, 400, "{}", page.text());
    assert_eq!(outcome(&end_of(&stage.owner(), &attempt)), "failed/tls");
}

#[test]
fn e06_no_switch_turns_the_checks_off() {
    let home = Home::bare();
    let mut words = home.run(&["help"]).stdout;
    for command in ["connect", "token", "agent", "exec", "providers"] {
        words += &home.run(&["help", command]).stdout;
    }
    for forbidden in ["insecure", "no-verify", "skip-tls", "no-check"] {
        assert!(!words.to_lowercase().contains(forbidden), "{forbidden}");
    }
}

#[test]
fn e03_f40_a_provider_that_is_down_leaves_a_living_token_and_then_none_and_is_left_alone_in_the_end() {
    let settings = format!("{ONE_TRY}[breaker]\nopen_for = \"3s\"\n");
    let stage = Stage::with_settings(&settings, &["--access-ttl", "6s"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "refuse"}));
    let served = stage.token(&id);
    assert_eq!(served.status, 200, "{}", served.text());
    assert!(served.json()["expires_in"].as_u64().expect("it ends") <= 6);
    stage.refresh(&id);
    until_status(&stage.owner(), &id, "degraded", Some("provider_unreachable"));
    let strict = get(&stage.owner(), &format!("/v1/accounts/{id}/token?min_ttl=60"));
    let problem = expect_problem(503, "temporarily_unavailable", &strict);
    assert_eq!(
        (problem["action"].as_str(), problem["reason"].as_str()),
        (Some("wait"), Some("provider_unreachable"))
    );
    until_status(&stage.owner(), &id, "unavailable", Some("breaker_open"));
    let dead = stage.token(&id);
    expect_problem(503, "temporarily_unavailable", &dead);
    assert!(dead.header("retry-after").is_some());
    stage.play(&json!({"fail": null}));
    until("it mends itself", Duration::from_secs(20), || (stage.token(&id).status == 200).then_some(()));
    until_status(&stage.owner(), &id, "healthy", None);
}

#[test]
fn e26_no_bare_status_ever_asks_for_a_reconnect() {
    let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    for status in (400..=451).chain(500..=511).chain([599]) {
        stage.play(&json!({"fail": format!("token=status:{status}")}));
        let answer = stage.refresh(&id);
        let problem = expect_problem(503, "temporarily_unavailable", &answer);
        assert!(problem["retry_after_s"].is_u64(), "{problem}");
        assert_eq!(stage.account(&id)["status"], "degraded", "{status}");
    }
}

#[test]
fn e28_e45_a_named_pause_is_kept_to_the_second() {
    let stage = Stage::with_settings(QUICK, &["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "429:3@1", "clear_log": true}));
    expect(200, &stage.refresh(&id));
    let log = stage.play(&json!({}));
    let at = |n: usize| {
        log["log"].as_array().expect("a log").iter().filter(|l| l["route"] == "token").nth(n).cloned()
    };
    let times: Vec<i64> = (0..2).filter_map(|n| at(n)?["at_ms"].as_i64()).collect();
    let gap = times[1] - times[0];
    assert!((2_950..3_900).contains(&gap), "{gap} ms between the two requests");
}

#[test]
fn e36_the_providers_own_words_reach_the_user_cleaned() {
    let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "error-shape:markup"}));
    let problem = stage.refresh(&id).json();
    let said = text(&problem["provider_description"]);
    assert!(!said.contains(['<', '>', '\n']) && said.chars().count() <= 200, "{said}");
    assert_eq!(stage.account(&id)["last_refresh"]["provider_description"], said);
    let shown = stage.home.run(&["status", &id]);
    assert!(shown.stdout.contains("provider said"), "{shown:?}");
}

#[test]
fn e02_one_fault_has_one_voice_on_every_surface() {
    let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "10m"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "revoked"}));
    expect_problem(409, "reconnect_required", &stage.refresh(&id));
    let by_socket = stage.token(&id).json();
    let key = std::fs::read_to_string(stage.home.path().join("run/owner.key")).expect("the owner's key");
    let request = Request::get(&format!("/v1/accounts/{id}/token")).key(&key);
    let by_loopback = request.send(&stage.agent.loopback()).json();
    let by_command = stage.home.run(&["token", &id, "--json"]).expect_code(4).json();
    for field in ["code", "detail", "action", "reason"] {
        assert_eq!(by_socket[field], by_loopback[field]);
        assert_eq!(by_socket[field], by_command[field]);
    }
    assert_eq!((&by_socket["reason"], &by_socket["action"]), (&json!("revoked"), &json!("reconnect")));
    assert_eq!(
        by_socket["reconnect"],
        json!({"method": "POST", "href": format!("/v1/accounts/{id}/reconnect")})
    );
}

#[test]
fn e53_a_dead_token_is_never_printed() {
    let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "1s"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "token=refuse"}));
    until_status(&stage.owner(), &id, "unavailable", Some("provider_unreachable"));
    let ran = stage.home.run(&["token", &id]).expect_code(5);
    assert_eq!(ran.stdout, "");
    stage.home.run(&["status", &id]).expect_code(5);
}

#[test]
fn o18_a_client_that_is_refused_is_no_retry_storm() {
    let stage = Stage::with_settings(QUICK, &["--access-ttl", "3s"]);
    let id = text(&stage.connect("alice")["id"]);
    stage.play(&json!({"fail": "invalid-client"}));
    let before = stage.renewals();
    until_status(&stage.owner(), &id, "misconfigured", Some("invalid_client"));
    let problem = expect_problem(409, "provider_misconfigured", &stage.token(&id));
    assert_eq!(problem["action"], "fix_provider");
    stage.home.run(&["token", &id]).expect_code(10);
    let asked = stage.renewals() - before;
    assert!(asked <= 3, "{asked} requests: one of the plan's, and one for each reader that asked");
}

#[test]
fn e30_connecting_again_updates_the_account() {
    let home = Home::new();
    home.settings(QUICK);
    let provider = practice(&home, &[]);
    let agent = Agent::start(&home);
    let first = connect(&agent.socket(), "practice", &[]);
    let again = connect(&agent.socket(), "practice", &[]);
    assert_eq!((&first["id"], first["reconnected_at"].is_null()), (&again["id"], true));
    assert!(again["reconnected_at"].is_string());
    drop(provider);
}

#[test]
fn e65_another_issuer_and_a_missing_protection_are_told_as_what_they_are() {
    for (fault, words) in [("discovery:wrong-issuer", "another issuer"), ("discovery:plain-pkce", "s256")] {
        let stage = Stage::with_settings(ONE_TRY, &["--access-ttl", "10m"]);
        let id = text(&stage.connect("alice")["id"]);
        let Stage { agent, practice, home } = stage;
        agent.stop();
        play(&practice.door(), &json!({"fail": fault}));
        let agent = Agent::start(&home);
        let owner = agent.socket();
        let wish = json!({"provider": "practice", "flow": "browser", "open_browser": false});
        let mut told =
            vec![expect_problem(409, "provider_misconfigured", &post(&owner, "/v1/connect", &wish))];
        if fault == "discovery:wrong-issuer" {
            let refreshed = post(&owner, &format!("/v1/accounts/{id}/refresh"), &Value::Null);
            told.push(expect_problem(409, "provider_misconfigured", &refreshed));
        }
        for problem in told {
            let detail = text(&problem["detail"]).to_lowercase();
            assert!(detail.contains(words) && !detail.contains("secret"), "{fault}: {detail}");
        }
    }
}
