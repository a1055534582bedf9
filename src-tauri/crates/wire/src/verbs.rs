//! Every verb of the local API, once: path, who may use it, limits, answers and errors.
//!
//! The doors make their routes from this table and [`crate::openapi`] describes it, so that neither can
//! promise what the other does not keep. The policy behind a verb is the engine's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::problem::Code;
use crate::shapes;

/// How a path is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Changes.
    Patch,
    /// Takes away.
    Delete,
}

impl Method {
    /// The method in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// Who may use a verb.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Who {
    /// Everybody who reaches the door.
    Anyone,
    /// The user: the socket without a key.
    Owner,
    /// An app with its key, for its own accounts.
    App,
    /// Whoever asked the question: the app, the owner, or the holder of the poll secret.
    Asker,
}

impl Who {
    /// The word in the description.
    pub const fn as_str(self) -> &'static str {
        match self {
            Who::Anyone => "anyone",
            Who::Owner => "owner",
            Who::App => "app",
            Who::Asker => "asker",
        }
    }
}

/// A parameter in the query.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// `string`, `integer` or `boolean`.
    pub kind: &'static str,
    /// It may be given several times.
    pub many: bool,
    /// What it does.
    pub about: &'static str,
}

/// What a verb answers when all is well.
#[derive(Clone, Copy)]
pub enum Answer {
    /// JSON of this shape with this status.
    Json(u16, Shape),
    /// Server-sent events.
    Events,
    /// A JSON document without a shape of its own.
    Document,
    /// The Prometheus text format.
    Metrics,
}

/// The content type of [`Answer::Metrics`].
pub const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A shape's schema, to be had without an instance.
#[derive(Clone, Copy)]
pub struct Shape(fn(&mut BTreeMap<String, Value>) -> Cow<'static, str>);

impl Shape {
    /// The schema of a type.
    pub const fn of<T: ToSchema>() -> Self {
        Self(collect::<T>)
    }

    /// Puts the schema, and all that it refers to, into the map, and returns its name there.
    pub fn describe(self, schemas: &mut BTreeMap<String, Value>) -> Cow<'static, str> {
        (self.0)(schemas)
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.describe(&mut BTreeMap::new()))
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Json(status, shape) => write!(f, "{status} {shape:?}"),
            Answer::Events => f.write_str("events"),
            Answer::Document => f.write_str("document"),
            Answer::Metrics => f.write_str("metrics"),
        }
    }
}

fn collect<T: ToSchema>(schemas: &mut BTreeMap<String, Value>) -> Cow<'static, str> {
    let mut all: Vec<(String, RefOr<Schema>)> = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    for (name, schema) in all {
        schemas.entry(name).or_insert_with(|| serde_json::to_value(schema).unwrap_or_default());
    }
    T::name()
}

/// One verb.
#[derive(Clone, Copy, Debug)]
pub struct Verb {
    /// Its name in the code, and the `operationId` of the description.
    pub id: VerbId,
    /// How the path is called.
    pub method: Method,
    /// The path, with `{…}` for what varies.
    pub path: &'static str,
    /// Who may use it.
    pub who: &'static [Who],
    /// With `[ipc] owner = "confirm"` it is taken from the person's own acts only: it answers a question, or widens
    /// what others may do.
    pub person: bool,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What the query may hold.
    pub query: &'static [Param],
    /// The body, where there is one.
    pub body: Option<Shape>,
    /// True when the body may be left out altogether.
    pub body_optional: bool,
    /// The largest body that is read, in bytes.
    pub max_body: usize,
    /// What it answers when all is well.
    pub answer: Answer,
    /// The errors that belong to it, besides [`COMMON_CODES`].
    pub codes: &'static [Code],
}

impl Verb {
    /// True when this kind of caller may use it.
    pub fn allows(&self, who: Who) -> bool {
        self.who.contains(&Who::Anyone) || self.who.contains(&who)
    }

    /// True when it takes `wait`, and so may be answered late.
    pub fn is_long_poll(&self) -> bool {
        self.query.iter().any(|p| p.name == "wait")
    }

    /// The names of what varies in the path.
    pub fn path_params(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// The longest a long poll waits, in seconds, whatever is asked for.
pub const MAX_WAIT_S: u64 = 60;

/// The largest body of an ordinary verb: more than any of our own bodies, little enough to hold many.
pub const MAX_BODY: usize = 64 * 1024;

/// The largest provider file that is checked.
pub const MAX_FILE_BODY: usize = 256 * 1024;

/// What every verb may answer, from whoever it is asked.
pub const COMMON_CODES: &[Code] = &[
    Code::InvalidRequest,
    Code::CrossOrigin,
    Code::MethodNotAllowed,
    Code::WrongHost,
    Code::HeadersTooLarge,
    Code::RateLimited,
    Code::Internal,
];

const WAIT: Param = Param {
    name: "wait",
    kind: "integer",
    many: false,
    about: "Seconds to wait for a change before answering; at most 60.",
};
const MIN_TTL: Param = Param {
    name: "min_ttl",
    kind: "integer",
    many: false,
    about: "Seconds the token must still live; it is renewed first if it does not.",
};
const SCOPE: Param =
    Param { name: "scope", kind: "string", many: true, about: "A scope that the token must carry." };
const LOCAL_ONLY: Param = Param {
    name: "local_only",
    kind: "boolean",
    many: false,
    about: "Forget the account here without asking the provider to withdraw the grant.",
};
const SINCE_SEQ: Param =
    Param { name: "since_seq", kind: "integer", many: false, about: "Only entries after this one." };
const BEFORE_SEQ: Param =
    Param { name: "before_seq", kind: "integer", many: false, about: "Only entries before this one." };
const LIMIT: Param =
    Param { name: "limit", kind: "integer", many: false, about: "At most this many entries; at most 1000." };
const RANGE: Param =
    Param { name: "range", kind: "string", many: false, about: "`24h` (as without it), `7d` or `30d`." };
const FROZEN: Param = Param {
    name: "frozen",
    kind: "boolean",
    many: false,
    about: "The caller keeps this token for as long as it runs and takes no newer one; it is counted when it outlives it.",
};
const ACCOUNT: Param = Param { name: "account", kind: "string", many: false, about: "Only this account." };

const SELECTED: &[Code] = &[Code::AmbiguousAccount, Code::AccountNotFound];
const SERVED: &[Code] = &[
    Code::AmbiguousAccount,
    Code::AccountNotFound,
    Code::ApprovalRequired,
    Code::ReconnectRequired,
    Code::InsufficientScope,
    Code::ProviderMisconfigured,
    Code::Locked,
    Code::StorageError,
    Code::TemporarilyUnavailable,
];

const EMERGENCY: &[Code] = &[
    Code::AmbiguousAccount,
    Code::AccountNotFound,
    Code::Forbidden,
    Code::ReconnectRequired,
    Code::ProviderMisconfigured,
    Code::Locked,
    Code::StorageError,
];

const ANYONE: &[Who] = &[Who::Anyone];
const OWNER: &[Who] = &[Who::Owner];
const OWNER_APP: &[Who] = &[Who::Owner, Who::App];
const ASKER: &[Who] = &[Who::Asker];

const fn verb(id: VerbId, method: Method, path: &'static str, who: &'static [Who], answer: Answer) -> Verb {
    Verb {
        id,
        method,
        path,
        who,
        person: false,
        summary: "",
        query: &[],
        body: None,
        body_optional: false,
        max_body: 0,
        answer,
        codes: &[],
    }
}

impl Verb {
    const fn says(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    const fn by_the_person(mut self) -> Self {
        self.person = true;
        self
    }

    const fn query(mut self, query: &'static [Param]) -> Self {
        self.query = query;
        self
    }

    const fn body(mut self, body: Shape) -> Self {
        self.body = Some(body);
        self.max_body = MAX_BODY;
        self
    }

    const fn optional(mut self) -> Self {
        self.body_optional = true;
        self
    }

    const fn at_most(mut self, max_body: usize) -> Self {
        self.max_body = max_body;
        self
    }

    const fn errors(mut self, codes: &'static [Code]) -> Self {
        self.codes = codes;
        self
    }
}

const fn json<T: ToSchema>() -> Answer {
    Answer::Json(200, Shape::of::<T>())
}

mod table;
pub use table::{VERBS, VerbId};

#[cfg(test)]
mod tests;
