//! Every failure the practice provider can play, and how each is written (contract §4, row E-33).
//!
//! A rule reads `[ROUTE=]MODE[@n]`: `status:503`, `hang@2`, `revoke=status:503`. The table of modes with what
//! each does and where it leads is in [`list`]; which rules are in force is kept by [`plan`]. Here is only the
//! closed set of faults and its text form; a fault that is not in [`Fault::LIST`] does not exist.

mod list;
pub(crate) mod plan;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest rule that is read, in bytes: it may carry a whole answer body.
const MAX_RULE: usize = 64 * 1024;
/// How long `late-callback` holds the redirect when no time is given: longer than any client's state lives.
const LATE_CALLBACK: Duration = Duration::from_secs(660);
/// How far ahead `429:date` lies, in seconds, when no time is given.
const DATE_AHEAD: u64 = 30;
/// The longest time a mode may name, so that no wait outlives a day's practice.
const MAX_WAIT: u64 = 86_400;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// What a request is for. A rule may be aimed at one route; else each fault has its own usual place.
    Route {
        /// The metadata documents and the keys' address book.
        Discovery = "discovery",
        /// The consent page and what is sent from it.
        Authorize = "authorize",
        /// Codes and refresh tokens for tokens.
        Token = "token",
        /// Where a device asks for its codes.
        DeviceAuthorization = "device_authorization",
        /// Where a person types a device's code.
        Device = "device",
        /// RFC 7009.
        Revoke = "revoke",
        /// RFC 7662.
        Introspect = "introspect",
        /// Who the token is for.
        Userinfo = "userinfo",
        /// The public keys.
        Jwks = "jwks",
        /// RFC 7591.
        Register = "register",
        /// The control verb: no fault ever strikes it.
        Control = "control",
        /// Any other path.
        Other = "other",
    }
}

words! {
    /// Where in an answer the connection ends (row E-34).
    CutPoint {
        /// After one byte.
        FirstByte = "first-byte",
        /// After the header block.
        Headers = "headers",
        /// In the middle of the body.
        MidBody = "mid-body",
        /// After the whole body, although the connection was said to stay open.
        AfterBody = "after-body",
    }
}

words! {
    /// An answer with status 200 that is no token answer.
    BodyCase {
        /// A sign-in page, as a captive portal serves.
        Html = "html",
        /// Text that starts like JSON and is none.
        Malformed = "malformed",
        /// JSON that ends in the middle.
        Truncated = "truncated",
        /// No byte at all.
        Empty = "empty",
        /// JSON behind a byte order mark.
        Bom = "bom",
        /// A JSON array.
        Array = "array",
        /// A JSON object without any member.
        Braces = "braces",
    }
}

words! {
    /// Refusals in the forms that real providers use instead of RFC 6749's (row E-25).
    ErrorShape {
        /// 200 with `error`, as GitHub answers.
        Github = "github",
        /// 400 with a form-encoded body.
        Form = "form",
        /// 400 with `{"error":{"code":…,"message":…}}`.
        Nested = "nested",
        /// 400 with a number for an error.
        Number = "number",
        /// 400 whose description holds markup, a line break and something like a token (row E-36).
        Markup = "markup",
    }
}

words! {
    /// Odd access tokens (rows E-15, F-13, F-14).
    TokenCase {
        /// The empty text.
        Empty = "empty",
        /// A JSON number.
        Number = "number",
        /// JSON null.
        Null = "null",
        /// More than a megabyte.
        Huge = "huge",
        /// With a line break inside.
        Control = "control",
        /// 16 KiB: long, and allowed.
        Long = "long",
        /// A signed JWT whose `exp` is the token's end.
        Jwt = "jwt",
        /// Five parts, as an encrypted JWT has.
        Jwe = "jwe",
        /// Three parts that are no JWT.
        Lookalike = "lookalike",
    }
}

words! {
    /// Redirects to the client that it must not take for good (RFC 9207, row E-57).
    CallbackCase {
        /// `iss` names another issuer.
        WrongIss = "wrong-iss",
        /// `iss` is left out although it was promised.
        MissingIss = "missing-iss",
        /// There is no code.
        MissingCode = "missing-code",
        /// The code comes twice.
        DoubledCode = "doubled-code",
        /// There is no state.
        MissingState = "missing-state",
    }
}

words! {
    /// Metadata that a client must not go on with, or must make do with.
    DiscoveryCase {
        /// The document names another issuer.
        WrongIssuer = "wrong-issuer",
        /// Only the plain challenge method is offered.
        PlainPkce = "plain-pkce",
        /// No challenge method is named.
        NoPkce = "no-pkce",
        /// There is no such document.
        Missing = "missing",
    }
}

words! {
    /// What is wrong with the id_token (OpenID conformance suite).
    IdTokenCase {
        /// Another issuer.
        WrongIss = "wrong-iss",
        /// No subject.
        MissingSub = "missing-sub",
        /// Another audience.
        WrongAud = "wrong-aud",
        /// No audience.
        MissingAud = "missing-aud",
        /// No time of issue.
        MissingIat = "missing-iat",
        /// No end.
        MissingExp = "missing-exp",
        /// Signed by another key than the one named.
        WrongSignature = "wrong-signature",
        /// Another nonce.
        WrongNonce = "wrong-nonce",
        /// No nonce.
        MissingNonce = "missing-nonce",
        /// No signature: `alg` is `none`.
        None = "none",
        /// An hour past its end.
        Expired = "expired",
        /// HS256 keyed with the public key.
        Hs256 = "hs256",
        /// Belongs to another access token.
        WrongAtHash = "wrong-at-hash",
        /// Another person, as no renewal may name.
        WrongSub = "wrong-sub",
        /// Made out to another party.
        WrongAzp = "wrong-azp",
    }
}

words! {
    /// What is wrong with the userinfo answer.
    UserinfoCase {
        /// Not JSON.
        Malformed = "malformed",
        /// Another person.
        WrongSub = "wrong-sub",
        /// Nobody.
        MissingSub = "missing-sub",
        /// 500.
        Status500 = "status-500",
        /// 401 `invalid_token`.
        Status401 = "status-401",
        /// 403 `insufficient_scope`.
        Status403 = "status-403",
        /// A page.
        Html = "html",
        /// Two megabytes.
        Huge = "huge",
    }
}

/// When a client that asks too often may come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryAfter {
    /// Nothing is said.
    Unsaid,
    /// In so many seconds.
    Seconds(u64),
    /// At a date that many seconds ahead.
    Date(u64),
}

/// One way to fail. What each does is in [`Fault::LIST`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "every mode is described in Fault::LIST, once")]
pub enum Fault {
    Refuse,
    Reset,
    Hang,
    Swallow,
    Tls,
    Cut(CutPoint),
    Slow(Duration),
    Status { code: u16, body: Option<String> },
    Body(BodyCase),
    TooMany(RetryAfter),
    Quota(u64),
    ErrorShape(ErrorShape),
    Error(String),
    InvalidClient(u16),
    InvalidCode,
    ExpiredCode,
    InvalidScope,
    Expired,
    Revoked,
    Inactive,
    Reuse,
    MissingAccessToken,
    NoRefreshToken,
    NoExpiresIn,
    ExpiresIn0,
    ReducedScope,
    GrownScope,
    FormAnswer,
    DpopToken,
    AccessToken(TokenCase),
    AccessDenied,
    WrongState,
    LateCallback(Duration),
    Callback(CallbackCase),
    Discovery(DiscoveryCase),
    KeyRotation,
    NoIdToken,
    BadIdToken(IdTokenCase),
    Userinfo(UserinfoCase),
}

/// A fault, and when it strikes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultRule {
    /// What happens.
    pub fault: Fault,
    /// Only at the n-th request the rule applies to, counted from 1 since it was set; else at each.
    pub nth: Option<u32>,
    /// Only at this route; else where the fault usually strikes.
    pub at: Option<Route>,
}

/// Why a rule cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown failure mode {given:?}; did you mean {nearest:?}? `bowline practice --list` shows them all")]
pub struct UnknownFault {
    /// What was written, cut short.
    pub given: String,
    /// The known mode that looks most like it.
    pub nearest: String,
}

impl Fault {
    /// Every mode with its placeholder; what it does; and where it must lead.
    ///
    /// The last column lists, parted by commas, what is seen while the access token still lives:
    /// `status/reason` of an account that renews, and `failed/code` of an attempt to connect. When the access
    /// token has run out, `degraded` reads `unavailable`. `healthy` means that nobody notices.
    pub const LIST: &'static [(&'static str, &'static str, &'static str)] = list::LIST;

    /// The route where this fault strikes unless its rule is aimed elsewhere; `None` is everywhere.
    pub(crate) fn usual_route(&self) -> Option<Route> {
        match self {
            Fault::Refuse | Fault::Reset | Fault::Tls => None,
            Fault::AccessDenied
            | Fault::WrongState
            | Fault::LateCallback(_)
            | Fault::Callback(_)
            | Fault::InvalidScope => Some(Route::Authorize),
            Fault::Userinfo(_) => Some(Route::Userinfo),
            Fault::Discovery(_) => Some(Route::Discovery),
            _ => Some(Route::Token),
        }
    }

    fn parse(mode: &str) -> Option<Self> {
        let (name, argument) = match mode.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (mode, None),
        };
        match argument {
            None => Self::plain(name),
            Some(argument) => Self::with_argument(name, argument),
        }
    }

    /// Modes without an argument. The words behind the bar are how other papers name the same thing.
    fn plain(name: &str) -> Option<Self> {
        Some(match name {
            "refuse" => Fault::Refuse,
            "reset" => Fault::Reset,
            "hang" | "timeout" => Fault::Hang,
            "swallow" => Fault::Swallow,
            "tls" => Fault::Tls,
            "429" => Fault::TooMany(RetryAfter::Unsaid),
            "access-denied" => Fault::AccessDenied,
            "wrong-state" => Fault::WrongState,
            "late-callback" => Fault::LateCallback(LATE_CALLBACK),
            "invalid-code" => Fault::InvalidCode,
            "expired-code" => Fault::ExpiredCode,
            "invalid-client" => Fault::InvalidClient(401),
            "invalid-scope" => Fault::InvalidScope,
            "expired" => Fault::Expired,
            "revoked" => Fault::Revoked,
            "inactive" => Fault::Inactive,
            "reuse" => Fault::Reuse,
            "missing-access-token" => Fault::MissingAccessToken,
            "no-refresh-token" => Fault::NoRefreshToken,
            "no-expires-in" => Fault::NoExpiresIn,
            "expires-in-0" => Fault::ExpiresIn0,
            "reduced-scope" | "insufficient-scope" => Fault::ReducedScope,
            "grown-scope" => Fault::GrownScope,
            "form-answer" => Fault::FormAnswer,
            "dpop-token" => Fault::DpopToken,
            "key-rotation" => Fault::KeyRotation,
            "no-id-token" => Fault::NoIdToken,
            other => Fault::Body(BodyCase::parse(other)?),
        })
    }

    fn with_argument(name: &str, argument: &str) -> Option<Self> {
        Some(match name {
            "slow" => Fault::Slow(Duration::from_millis(number(argument, MAX_WAIT * 1000)?)),
            "late-callback" => Fault::LateCallback(Duration::from_secs(number(argument, MAX_WAIT)?)),
            "status" => Self::status(argument)?,
            "429" => Fault::TooMany(retry_after(argument)?),
            "quota" => Fault::Quota(number(argument, MAX_WAIT)?),
            "error" => Fault::Error(oauth_word(argument)?),
            "invalid-client" => Fault::InvalidClient(match argument {
                "400" => 400,
                "401" => 401,
                _ => return None,
            }),
            "invalid-grant" => match argument {
                "expired" | "revoked" | "inactive" | "reuse" => Self::plain(argument)?,
                _ => return None,
            },
            "cut" => Fault::Cut(CutPoint::parse(argument)?),
            "error-shape" => Fault::ErrorShape(ErrorShape::parse(argument)?),
            "access-token" => Fault::AccessToken(TokenCase::parse(argument)?),
            "callback" => Fault::Callback(CallbackCase::parse(argument)?),
            "discovery" => Fault::Discovery(DiscoveryCase::parse(argument)?),
            "bad-id-token" => Fault::BadIdToken(IdTokenCase::parse(argument)?),
            "userinfo" => Fault::Userinfo(UserinfoCase::parse(argument)?),
            _ => return None,
        })
    }

    /// `503` or `500:BODY`.
    fn status(argument: &str) -> Option<Self> {
        let (code, body) = match argument.split_once(':') {
            Some((code, body)) => (code, Some(body.to_owned())),
            None => (argument, None),
        };
        let code = u16::try_from(number(code, 599)?).ok().filter(|code| *code >= 200)?;
        Some(Fault::Status { code, body })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Cut(point) => write!(f, "cut:{}", point.as_str()),
            Fault::Slow(time) => write!(f, "slow:{}", time.as_millis()),
            Fault::Status { code, body: None } => write!(f, "status:{code}"),
            Fault::Status { code, body: Some(body) } => write!(f, "status:{code}:{body}"),
            Fault::Body(case) => f.write_str(case.as_str()),
            Fault::TooMany(RetryAfter::Unsaid) => f.write_str("429"),
            Fault::TooMany(RetryAfter::Seconds(seconds)) => write!(f, "429:{seconds}"),
            Fault::TooMany(RetryAfter::Date(DATE_AHEAD)) => f.write_str("429:date"),
            Fault::TooMany(RetryAfter::Date(seconds)) => write!(f, "429:date:{seconds}"),
            Fault::Quota(seconds) => write!(f, "quota:{seconds}"),
            Fault::ErrorShape(shape) => write!(f, "error-shape:{}", shape.as_str()),
            Fault::Error(word) => write!(f, "error:{word}"),
            Fault::InvalidClient(400) => f.write_str("invalid-client:400"),
            Fault::AccessToken(case) => write!(f, "access-token:{}", case.as_str()),
            Fault::LateCallback(LATE_CALLBACK) => f.write_str("late-callback"),
            Fault::LateCallback(time) => write!(f, "late-callback:{}", time.as_secs()),
            Fault::Callback(case) => write!(f, "callback:{}", case.as_str()),
            Fault::Discovery(case) => write!(f, "discovery:{}", case.as_str()),
            Fault::BadIdToken(case) => write!(f, "bad-id-token:{}", case.as_str()),
            Fault::Userinfo(case) => write!(f, "userinfo:{}", case.as_str()),
            plain => f.write_str(plain.plain_word()),
        }
    }
}

impl Fault {
    /// The word of a mode that has no argument.
    fn plain_word(&self) -> &'static str {
        let word = |(mode, _, _): &&(&'static str, _, _)| Self::parse(mode).as_ref() == Some(self);
        Self::LIST.iter().find(word).map_or("unknown", |(mode, _, _)| mode)
    }
}

impl FromStr for FaultRule {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let text = text.trim();
        Self::parse(text).ok_or_else(|| UnknownFault {
            given: text.chars().take(60).collect(),
            nearest: nearest(text).to_owned(),
        })
    }
}

impl FaultRule {
    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_RULE {
            return None;
        }
        let (rest, nth) = split_nth(text)?;
        let aimed = rest.split_once('=').and_then(|(at, mode)| Some((Route::parse(at)?, mode)));
        let (at, mode) = match aimed {
            Some((Route::Control, _)) => return None,
            Some((at, mode)) => (Some(at), mode),
            None => (None, rest),
        };
        Some(Self { fault: Fault::parse(mode)?, nth, at })
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "{}=", at.as_str())?;
        }
        self.fault.fmt(f)?;
        match self.nth {
            Some(nth) => write!(f, "@{nth}"),
            None => Ok(()),
        }
    }
}

/// Parts `@n` from the end. Only digits count, so that a body may hold an `@`; `@0` is nothing.
fn split_nth(text: &str) -> Option<(&str, Option<u32>)> {
    match text.rsplit_once('@') {
        Some((rest, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let nth = digits.parse().ok().filter(|nth| *nth > 0)?;
            Some((rest, Some(nth)))
        }
        _ => Some((text, None)),
    }
}

fn number(text: &str, largest: u64) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n <= largest)
}

fn retry_after(argument: &str) -> Option<RetryAfter> {
    match argument.split_once(':') {
        Some(("date", seconds)) => number(seconds, MAX_WAIT).map(RetryAfter::Date),
        Some(_) => None,
        None if argument == "date" => Some(RetryAfter::Date(DATE_AHEAD)),
        None => number(argument, MAX_WAIT).map(RetryAfter::Seconds),
    }
}

/// An error word as RFC 6749 §5.2 allows it.
fn oauth_word(text: &str) -> Option<String> {
    let fits = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    (!text.is_empty() && text.len() <= 200 && text.bytes().all(fits)).then(|| text.to_owned())
}

/// The known mode with the fewest letters changed.
fn nearest(text: &str) -> &'static str {
    let bare = split_nth(text).map_or(text, |(rest, _)| rest);
    let bare: String = bare.rsplit_once('=').map_or(bare, |(_, mode)| mode).chars().take(60).collect();
    let distance = |mode: &str| edits(&bare, mode.split(":N").next().unwrap_or(mode));
    // A row that names one number stands beside the row for any.
    let is_general = |mode: &&str| {
        mode.rsplit_once(':').is_none_or(|(_, argument)| !argument.bytes().all(|b| b.is_ascii_digit()))
    };
    let modes = Fault::LIST.iter().map(|(mode, _, _)| *mode);
    modes.filter(is_general).min_by_key(|mode| distance(mode)).unwrap_or("status:N")
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let changed = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
