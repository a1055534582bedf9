//! A provider to practise on, and a client that knows nothing but HTTP.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bowline_base::random::SeededRandom;
use bowline_base::time::HandClock;
use bowline_base::{Clock, Wall};
use bowline_practice::{CLIENT_ID, FaultRule, Options, Running, serve};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

pub(crate) const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:4321/callback";
pub(crate) const STATE: &str = "a-state-that-nobody-guesses";
pub(crate) const NONCE: &str = "a-nonce-that-nobody-guesses";
pub(crate) const NOON: Wall = Wall::from_unix_ms(1_795_262_400_000);
pub(crate) const SCOPES: &str = "openid profile email offline_access mail.read mail.send";

pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) clock: HandClock,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Option<Self> {
        let at = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..at].to_vec()).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head, body: bytes[at + 4..].to_vec() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        found.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn location(&self) -> Url {
        Url::parse(self.header("location").unwrap_or_else(|| panic!("no redirect: {}", self.head))).unwrap()
    }

    /// A parameter of the redirect, if it is there.
    pub(crate) fn came_back(&self, name: &str) -> Option<String> {
        self.location().query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    }

    /// The error word of a refusal and its sentence.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (self.status, text("error"), text("error_description"))
    }
}

impl World {
    pub(crate) async fn new(faults: &[&str]) -> Self {
        Self::with(faults, |_| {}).await
    }

    pub(crate) async fn with(faults: &[&str], change: impl FnOnce(&mut Options)) -> Self {
        let faults: Vec<FaultRule> = faults.iter().map(|f| f.parse().unwrap()).collect();
        let mut options = Options { faults, ..Options::default() };
        change(&mut options);
        let clock = HandClock::at(NOON);
        let running = serve(options, Arc::new(clock.clone()), Arc::new(SeededRandom::new(42))).await.unwrap();
        Self { running, clock }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.issuer())
    }

    pub(crate) fn address(&self) -> &str {
        self.running.issuer().strip_prefix("http://").unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, "").await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &str) -> Answer {
        let request = self.request("GET", path, headers, "");
        answer(self.address(), &request).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_with(path, form, "").await
    }

    pub(crate) async fn post_with(&self, path: &str, form: &[(&str, &str)], headers: &str) -> Answer {
        answer(self.address(), &self.form(path, form, headers)).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let request = self.request("POST", path, "content-type: application/json\r\n", &body.to_string());
        answer(self.address(), &request).await
    }

    /// A whole request that posts a form.
    pub(crate) fn form(&self, path: &str, form: &[(&str, &str)], headers: &str) -> Vec<u8> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = format!("content-type: application/x-www-form-urlencoded\r\n{headers}");
        self.request("POST", path, &headers, &body)
    }

    pub(crate) fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            self.address(),
            body.len()
        )
        .into_bytes()
    }

    /// Changes what is practised.
    pub(crate) async fn order(&self, order: Value) -> Value {
        let told = self.post_json("/_practice", &order).await;
        assert_eq!(told.status, 200, "{}", told.text());
        told.json()
    }

    pub(crate) async fn told(&self) -> Value {
        self.get("/_practice").await.json()
    }

    /// The log's last line for a route, once there is one.
    pub(crate) async fn logged(&self, route: &str) -> Value {
        for _ in 0..10_000 {
            let told = self.told().await;
            let line = told["log"].as_array().unwrap().iter().rfind(|l| l["route"] == route).cloned();
            if let Some(line) = line {
                return line;
            }
        }
        panic!("nothing was logged for {route}");
    }

    /// Lets whoever waits for the clock wait, then moves it.
    pub(crate) async fn when_waited_advance(&self, time: Duration) {
        while self.clock.next_wait().is_none() {
            tokio::task::yield_now().await;
        }
        self.clock.advance(time);
    }

    // The flow, step by step.

    pub(crate) async fn consent(&self, scopes: &str) -> Answer {
        self.get(&authorize(&[("scope", scopes)])).await
    }

    /// Presses Allow for a person.
    pub(crate) async fn allow(&self, scopes: &str, login: &str) -> Answer {
        let page = self.consent(scopes).await.text();
        self.decide(&ticket(&page), scopes, login).await
    }

    pub(crate) async fn decide(&self, ticket: &str, scopes: &str, login: &str) -> Answer {
        let mut form = vec![("ticket", ticket), ("login", login), ("decision", "allow")];
        form.extend(scopes.split(' ').map(|scope| ("scope", scope)));
        self.post("/authorize/decision", &form).await
    }

    pub(crate) async fn code(&self) -> String {
        self.allow(SCOPES, "alice").await.came_back("code").unwrap()
    }

    pub(crate) async fn redeem(&self, code: &str) -> Answer {
        self.post("/token", &redemption(code)).await
    }

    /// From the first page to the tokens.
    pub(crate) async fn connect(&self) -> Value {
        let answer = self.redeem(&self.code().await).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn renew(&self, tokens: &Value) -> Answer {
        self.renew_with(tokens["refresh_token"].as_str().unwrap()).await
    }

    pub(crate) async fn renew_with(&self, refresh: &str) -> Answer {
        self.post("/token", &renewal(refresh)).await
    }

    pub(crate) async fn userinfo(&self, tokens: &Value) -> Answer {
        let header = format!("authorization: Bearer {}\r\n", tokens["access_token"].as_str().unwrap());
        self.get_with("/userinfo", &header).await
    }
}

/// Sends a whole request and gives every byte that comes back.
pub(crate) async fn raw(address: &str, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

pub(crate) async fn answer(address: &str, request: &[u8]) -> Answer {
    let bytes = raw(address, request).await.unwrap();
    Answer::read(&bytes).unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(&bytes)))
}

/// The authorization request, with some parameters changed; an empty value leaves one out.
pub(crate) fn authorize(changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let usual = [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT),
        ("scope", SCOPES),
        ("state", STATE),
        ("nonce", NONCE),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in usual {
        let value = changes.iter().find(|(n, _)| *n == name).map_or(value, |(_, v)| v);
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.extend_pairs(changes.iter().filter(|(name, _)| usual.iter().all(|(n, _)| n != name)));
    format!("/authorize?{}", query.finish())
}

pub(crate) fn redemption(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("client_id", CLIENT_ID),
        ("code_verifier", VERIFIER),
    ]
}

pub(crate) fn renewal(refresh: &str) -> [(&str, &str); 3] {
    [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", CLIENT_ID)]
}

/// The one-use ticket in a page's first form.
pub(crate) fn ticket(page: &str) -> String {
    let from = page.find("name=\"ticket\" value=\"").unwrap_or_else(|| panic!("no ticket in {page}")) + 21;
    page[from..].split('"').next().unwrap().to_owned()
}

/// A token's claims, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

pub(crate) fn header(token: &str) -> Value {
    let first = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(first).unwrap()).unwrap()
}

/// The usual order to play one mode.
pub(crate) fn fail(mode: &str) -> Value {
    json!({"fail": mode})
}

pub(crate) fn now_s(world: &World) -> i64 {
    world.clock.wall().unix_s()
}
