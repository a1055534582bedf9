//! The browser's end of an attempt, by hand: one request to the loopback listener, and the page that came back.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

/// The page that a browser was shown.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its status; 0 when nobody answered.
    pub status: u16,
    /// Its headers, as they came.
    pub head: String,
    /// Its text, markup included.
    pub text: String,
}

impl Seen {
    /// What is shown when nobody listens.
    fn nothing() -> Self {
        Self { status: 0, head: String::new(), text: String::new() }
    }

    /// The page's text without markup, in one line.
    pub fn words(&self) -> String {
        let body = self.text.split("<main").nth(1).unwrap_or(&self.text);
        let mut plain = String::new();
        let mut inside = true;
        for c in body.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => plain.push(c),
                _ => {}
            }
        }
        plain.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#39;", "'")
    }
}

/// A parameter of an address.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Where the provider would send the browser back to.
///
/// # Panics
/// When the address names no redirect.
pub fn way_back(authorize_url: &Url) -> Url {
    let text = parameter(authorize_url, "redirect_uri").expect("the address names where to come back to");
    Url::parse(&text).expect("the redirect is an address")
}

/// Opens an address as a browser would, and gives the page.
pub async fn open(url: &Url) -> Seen {
    let host = url.host_str().unwrap_or("127.0.0.1");
    let address = format!("{host}:{}", url.port().unwrap_or(80));
    let Ok(mut stream) = TcpStream::connect(&address).await else { return Seen::nothing() };
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    if stream.write_all(request.as_bytes()).await.is_err() {
        return Seen::nothing();
    }
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    Seen { status, head: head.to_owned(), text: text.to_owned() }
}

/// True when somebody listens there.
pub async fn is_open(url: &Url) -> bool {
    let address = format!("{}:{}", url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(80));
    TcpStream::connect(address).await.is_ok()
}
