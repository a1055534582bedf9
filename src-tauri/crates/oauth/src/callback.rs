//! What the browser brings back (RFC 6749 §4.1.2, RFC 9207): one query, read once, within bounds.
//!
//! Nothing here is believed. Whether the answer belongs to an attempt is decided by
//! [`Attempt`](crate::attempt::Attempt); here it is only made sure that it can be read in one way. A parameter
//! that stands there twice, broken encoding and NUL are refused; unknown parameters are ignored (RFC 6749 §4.1.2).

use bowline_base::Secret;

use crate::failure::Failure;

/// The longest query that is read, in bytes.
pub const MAX_QUERY: usize = 16 * 1024;

/// The parameters of a callback that mean something. Empty ones count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallbackQuery {
    code: Option<Secret>,
    state: Option<Secret>,
    issuer: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Why a query cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Malformed {
    /// Longer than any provider's answer.
    #[error("the query is too long")]
    TooLong,
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("the query is not encoded as it must be")]
    BrokenEncoding,
    /// A NUL character.
    #[error("the query holds a character that cannot be part of it")]
    Nul,
    /// A known parameter more than once.
    #[error("the parameter {0} is there more than once")]
    Doubled(&'static str),
}

/// Why an answer that belongs to an attempt does not connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The person said no, or went back.
    Denied,
    /// The provider named an error.
    Failed(Failure),
    /// Neither a code nor an error.
    MissingCode,
    /// Another issuer answered, or none where one was promised (RFC 9207). Its words are not kept.
    IssuerMismatch,
    /// Another attempt's answer. Cannot happen where [`state_matches`](crate::attempt::Attempt::state_matches)
    /// was asked first.
    WrongState,
}

impl CallbackQuery {
    /// Reads the part of the address behind `?`, without it.
    ///
    /// # Errors
    /// [`Malformed`] when the query can not be read in exactly one way.
    pub fn parse(raw_query: &str) -> Result<Self, Malformed> {
        if raw_query.len() > MAX_QUERY {
            return Err(Malformed::TooLong);
        }
        let mut seen = Seen::default();
        for pair in raw_query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            seen.take(&decode(name)?, decode(value)?)?;
        }
        Ok(seen.into_query())
    }

    /// The authorization code.
    pub fn code(&self) -> Option<&Secret> {
        self.code.as_ref()
    }

    /// The state that came back, for finding the attempt it belongs to.
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref().map(Secret::expose)
    }

    /// Who says that it answers (RFC 9207).
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The provider's error code, as it came.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The provider's sentence, as it came: never shown before it is cleaned.
    pub fn error_description(&self) -> Option<&str> {
        self.error_description.as_deref()
    }
}

/// The known parameters, in the order of [`NAMES`].
#[derive(Default)]
struct Seen([Option<String>; NAMES.len()]);

const NAMES: [&str; 5] = ["code", "state", "iss", "error", "error_description"];

impl Seen {
    fn take(&mut self, name: &str, value: String) -> Result<(), Malformed> {
        let Some(i) = NAMES.iter().position(|known| *known == name) else { return Ok(()) };
        match self.0[i].replace(value) {
            None => Ok(()),
            // Which of two codes is the right one nobody can know: there is none (E-57).
            Some(_) if NAMES[i] == "code" => {
                self.0[i] = Some(String::new());
                Ok(())
            }
            Some(_) => Err(Malformed::Doubled(NAMES[i])),
        }
    }

    fn into_query(self) -> CallbackQuery {
        let [code, state, issuer, error, error_description] = self.0.map(|v| v.filter(|v| !v.is_empty()));
        CallbackQuery {
            code: code.map(Secret::new),
            state: state.map(Secret::new),
            issuer,
            error,
            error_description,
        }
    }
}

/// Form decoding that refuses what cannot be decoded, where the usual decoders let it pass.
fn decode(text: &str) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            other => other,
        });
    }
    if bytes.contains(&0) {
        return Err(Malformed::Nul);
    }
    String::from_utf8(bytes).map_err(|_| Malformed::BrokenEncoding)
}

fn hex(digit: Option<u8>) -> Result<u8, Malformed> {
    let value = digit.and_then(|d| char::from(d).to_digit(16)).ok_or(Malformed::BrokenEncoding)?;
    u8::try_from(value).map_err(|_| Malformed::BrokenEncoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_good_answer_is_read() {
        let query = CallbackQuery::parse("code=a%2Fb+c&state=xyz&iss=https%3A%2F%2Fid.example").unwrap();
        assert_eq!(query.code().map(Secret::expose), Some("a/b c"));
        assert_eq!(query.state(), Some("xyz"));
        assert_eq!(query.issuer(), Some("https://id.example"));
        assert_eq!((query.error(), query.error_description()), (None, None));
    }

    #[test]
    fn r6749_6_fifty_unknown_parameters_are_ignored() {
        let noise: String = (0..50).map(|i| format!("&x{i}={i}&scope=a&next=https://evil.example")).collect();
        let query = CallbackQuery::parse(&format!("code=c&state=s{noise}")).unwrap();
        assert_eq!(query, CallbackQuery::parse("state=s&code=c").unwrap());
    }

    #[test]
    fn e57_an_empty_code_is_no_code_and_neither_are_two() {
        assert_eq!(CallbackQuery::parse("code=&state=s").unwrap().code(), None);
        assert_eq!(CallbackQuery::parse("code&state=s").unwrap().code(), None);
        for doubled in ["code=a&state=s&code=a", "code=a&code=b&state=s", "code=a&c%6Fde=b&code=c&state=s"] {
            let query = CallbackQuery::parse(doubled).unwrap();
            assert_eq!((query.code(), query.state()), (None, Some("s")), "{doubled}");
        }
    }

    #[test]
    fn a_known_parameter_may_stand_there_once() {
        for name in NAMES.into_iter().filter(|name| *name != "code") {
            let doubled = format!("{name}=a&z=1&{name}=b");
            assert_eq!(CallbackQuery::parse(&doubled), Err(Malformed::Doubled(name)));
        }
        assert_eq!(
            CallbackQuery::parse("state=a&st%61te=b"),
            Err(Malformed::Doubled("state")),
            "however it is spelled"
        );
        assert_eq!(
            CallbackQuery::parse("state=&state=s"),
            Err(Malformed::Doubled("state")),
            "empty ones count"
        );
    }

    #[test]
    fn o27_what_cannot_be_decoded_is_refused() {
        for wrong in
            ["code=%", "code=%4", "code=%zz", "state=%c3%28", "%ff=1", "x=%fe", "code=%+4", "code=%é1"]
        {
            assert_eq!(CallbackQuery::parse(wrong), Err(Malformed::BrokenEncoding), "{wrong}");
        }
        for wrong in ["state=a%00b", "a%00=1", "state=\0"] {
            assert_eq!(CallbackQuery::parse(wrong), Err(Malformed::Nul), "{wrong}");
        }
        assert_eq!(CallbackQuery::parse("state=:").unwrap().state(), Some(":"));
    }

    #[test]
    fn o27_a_query_has_an_end() {
        let long = format!("state={}", "a".repeat(64 * 1024));
        assert_eq!(CallbackQuery::parse(&long), Err(Malformed::TooLong));
        let longest = format!("code={}", "a".repeat(MAX_QUERY - 5));
        assert!(CallbackQuery::parse(&longest).is_ok());
    }

    #[test]
    fn the_empty_query_is_an_empty_answer() {
        assert_eq!(CallbackQuery::parse(""), Ok(CallbackQuery::default()));
        assert_eq!(CallbackQuery::parse("&&=&"), Ok(CallbackQuery::default()));
    }

    #[test]
    fn the_code_and_the_state_do_not_print() {
        let query = CallbackQuery::parse("code=canary-code&state=canary-state").unwrap();
        assert!(!format!("{query:?}").contains("canary"));
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(query in "\\PC{0,400}", bytes in "[%&=+a-f0-9]{0,200}") {
            let _ = CallbackQuery::parse(&query);
            let _ = CallbackQuery::parse(&bytes);
        }

        #[test]
        fn what_is_encoded_by_the_book_comes_back(code in "[^\0]{1,200}", state in "[^\0]{1,200}") {
            let raw = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("code", &code).append_pair("state", &state).finish();
            let query = CallbackQuery::parse(&raw).unwrap();
            prop_assert_eq!(query.code().map(Secret::expose), Some(code.as_str()));
            prop_assert_eq!(query.state(), Some(state.as_str()));
        }
    }
}
