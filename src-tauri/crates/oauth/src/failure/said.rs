//! Finds a provider's words in its answer, whatever shape it gave them (E-25).
//!
//! Known shapes: RFC 6749 §5.2; the same as a form (GitHub); the same with status 200; an error object inside
//! (`{"error":{"code","type","message"}}`); `{"ok":false,"error"}` (Slack); numbers for words; a list of errors;
//! and `WWW-Authenticate` (RFC 6750 §3). Nothing is decided here.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use serde_json::{Map, Value};

/// No word of an error code is longer; what is, is garbage.
const MAX_WORD: usize = 200;
/// Words looked at in one answer.
const MAX_WORDS: usize = 16;
/// Where a code may stand in an answer or in the error object inside it, most telling first.
const CODES: &[&str] = &[
    "error",
    "error_subtype",
    "suberror",
    "code",
    "type",
    ".tag",
    "error_code",
    "errorCode",
    "errcode",
    "name",
];
/// Where a sentence may stand.
const SENTENCES: &[&str] = &[
    "error_description",
    "message",
    "error_message",
    "errorDescription",
    "detail",
    "error_summary",
    "errmsg",
];

/// What a provider said, in its own words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Every word that may be an error code, lower case, most telling first.
    pub(super) words: Vec<String>,
    /// The code to be shown: the first word that was found, else the first number, as it was written.
    pub(super) error: Option<String>,
    /// The sentence to be shown.
    pub(super) description: Option<String>,
    /// Numbers beside the code (Microsoft's `error_codes`).
    pub(super) numbers: Vec<u64>,
    /// The body had a shape that could be read.
    pub(super) readable: bool,
    /// The body was empty.
    pub(super) empty: bool,
}

impl Said {
    /// Reads body and headers. Never fails: what cannot be read was not said.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Said {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut said = Said { empty: text.is_empty(), ..Said::default() };
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(object)) => {
                said.readable = true;
                said.object(&object);
            }
            Ok(Value::Array(list)) => said.list(&list),
            _ if text.contains("error") && !text.starts_with(['{', '[', '<']) => said.form(text),
            _ => {}
        }
        said.challenge(headers);
        said
    }

    fn object(&mut self, object: &Map<String, Value>) {
        if let Some(Value::String(word)) = object.get("error") {
            self.word(word);
        }
        if let Some(Value::Array(list)) = object.get("errors") {
            self.list(list);
        }
        for key in ["error", "errors"] {
            if let Some(Value::Object(inner)) = object.get(key) {
                self.codes(inner);
                self.sentence(inner);
            }
        }
        self.codes(object);
        self.sentence(object);
        let numbers = object.get("error_codes").and_then(Value::as_array).into_iter().flatten();
        self.numbers.extend(numbers.filter_map(Value::as_u64).take(MAX_WORDS));
    }

    fn list(&mut self, list: &[Value]) {
        for object in list.iter().take(MAX_WORDS).filter_map(Value::as_object) {
            self.readable = true;
            self.codes(object);
            self.sentence(object);
        }
    }

    fn codes(&mut self, object: &Map<String, Value>) {
        for value in CODES.iter().filter_map(|key| object.get(*key)) {
            match value {
                Value::String(word) => self.word(word),
                Value::Number(number) => self.word(&number.to_string()),
                _ => {}
            }
        }
    }

    fn sentence(&mut self, object: &Map<String, Value>) {
        let found = SENTENCES.iter().find_map(|key| object.get(*key)?.as_str());
        if self.description.is_none() {
            self.description = found.map(str::to_owned);
        }
        // Some put the code where the sentence belongs: `{"code": 401, "message": "invalid_grant"}`.
        if let Some(sentence) = found.filter(|text| is_code(text)) {
            self.word(sentence);
        }
    }

    fn form(&mut self, text: &str) {
        for (key, value) in url::form_urlencoded::parse(text.as_bytes()).take(50) {
            match key.as_ref() {
                "error" => self.word(&value),
                "error_description" if self.description.is_none() => {
                    self.description = Some(value.into_owned())
                }
                _ => continue,
            }
            self.readable = true;
        }
    }

    fn challenge(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|v| v.to_str().ok()) {
            if let Some(word) = parameter(value, "error") {
                self.word(word);
            }
            if self.description.is_none() {
                self.description = parameter(value, "error_description").map(str::to_owned);
            }
        }
    }

    fn word(&mut self, word: &str) {
        let word = word.trim();
        if word.is_empty() || word.len() > MAX_WORD || self.words.len() == MAX_WORDS {
            return;
        }
        // A number says less than any word beside it.
        if self.error.as_deref().is_none_or(|shown| is_number(shown) && !is_number(word)) {
            self.error = Some(word.to_owned());
        }
        self.words.push(word.to_lowercase());
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.')
}

fn is_code(text: &str) -> bool {
    text.len() <= 64 && text.contains('_') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// One `name="value"` of a challenge. A quote inside a value is not looked for: no error code has one.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    challenge.split([',', ' ']).find(|part| part.split('=').next() == Some(name)).and_then(|part| {
        let start = part.as_ptr() as usize - challenge.as_ptr() as usize + name.len() + 1;
        let rest = challenge.get(start..)?;
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([',', ' ']).next(),
        }
    })
}
