//! What the practice provider remembers: clients, questions, codes, grants, tokens and the log. All of it is in
//! memory and bounded, and tokens and codes are kept as hashes only.

use std::collections::VecDeque;
use std::time::Duration;

use bowline_base::{Instant, ScopeSet, Secret, Wall};

use crate::faults::plan::Plan;
use crate::keys::KeyIndex;
use crate::people::Person;
use crate::record::Handed;
use crate::shelf::Shelf;
use crate::wire::Options;

/// A public client that is always known; any loopback redirect with any port is accepted from it.
pub const CLIENT_ID: &str = "bowline-practice";

/// How many requests the log keeps.
const MAX_LOG: usize = 500;

/// How a client proves who it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClientAuth {
    None,
    Basic,
    Post,
}

/// Somebody who may ask for tokens.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Empty for the client that is always known: any loopback address.
    pub(crate) redirects: Vec<url::Url>,
    pub(crate) auth: ClientAuth,
    pub(crate) secret: Option<Secret>,
}

/// Where an answer to a question goes.
#[derive(Clone, Debug)]
pub(crate) enum Return {
    /// To the browser's redirect address, with what RFC 6749 §4.1.2 wants back.
    Redirect { uri: url::Url, state: Option<String>, challenge: String, nonce: Option<String> },
    /// To the device with this code's hash.
    Device { code: String },
}

/// A question that a person was shown; its ticket answers it once.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) client: String,
    pub(crate) scopes: ScopeSet,
    pub(crate) answer_to: Return,
    pub(crate) asked_at: Wall,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) person: Person,
    pub(crate) scopes: ScopeSet,
    pub(crate) issued_at: Wall,
    /// The grant it was spent on.
    pub(crate) spent_on: Option<String>,
}

/// How a device's question stands.
#[derive(Clone, Debug)]
pub(crate) enum DeviceState {
    Waiting,
    Allowed { person: Person, scopes: ScopeSet },
    Denied,
    Spent,
}

/// A device that waits for a person.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) client: String,
    pub(crate) user_code: String,
    pub(crate) scopes: ScopeSet,
    pub(crate) expires_at: Wall,
    pub(crate) interval: Duration,
    pub(crate) polled_at: Option<Instant>,
    pub(crate) state: DeviceState,
}

/// Why a grant is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Revoked,
    Reused,
}

/// What a person agreed to.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) person: Person,
    pub(crate) scopes: ScopeSet,
    pub(crate) nonce: Option<String>,
    pub(crate) begun_at: Wall,
    pub(crate) ends_at: Option<Wall>,
    pub(crate) ended: Option<Ended>,
    /// What was handed out on it so far.
    pub(crate) handed: Handed,
}

impl Grant {
    /// True while its tokens may work.
    pub(crate) fn is_live(&self, now: Wall) -> bool {
        self.ended.is_none() && self.ends_at.is_none_or(|end| now < end)
    }
}

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) grant: String,
    pub(crate) scopes: ScopeSet,
    pub(crate) issued_at: Wall,
    pub(crate) expires_at: Wall,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) grant: String,
    /// When another one took its place.
    pub(crate) spent: Option<Wall>,
}

impl Refresh {
    /// True until another one took its place, and for the grace after that.
    pub(crate) fn is_honoured(&self, now: Wall, grace: Duration) -> bool {
        self.spent.is_none_or(|at| now < at + grace)
    }
}

/// One request, as the log tells it. It holds no value that a client sent but its name and its words.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Wall,
    pub(crate) route: &'static str,
    pub(crate) method: String,
    pub(crate) grant_type: Option<String>,
    /// `None` when the connection ended without an answer.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) client: Option<String>,
    /// How the client said who it is: `none`, `basic`, `post`, or both at once.
    pub(crate) auth: &'static str,
    /// The names of the parameters in the body, in order.
    pub(crate) params: Vec<String>,
    /// The names of the parameters in the address, in order.
    pub(crate) query: Vec<String>,
}

/// How many requests the token endpoint has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) authorization_code: u64,
    pub(crate) refresh_token: u64,
    pub(crate) device_code: u64,
}

/// Everything that is remembered.
pub(crate) struct Book {
    pub(crate) access_ttl: Duration,
    pub(crate) grant_ttl: Option<Duration>,
    pub(crate) rotate: bool,
    /// How long a refresh token still works after another one took its place.
    pub(crate) rotate_grace: Duration,
    pub(crate) plan: Plan,
    pub(crate) key: KeyIndex,
    pub(crate) clients: Shelf<Client>,
    pub(crate) questions: Shelf<Question>,
    pub(crate) codes: Shelf<Code>,
    pub(crate) devices: Shelf<Device>,
    pub(crate) grants: Shelf<Grant>,
    pub(crate) access: Shelf<Access>,
    pub(crate) refresh: Shelf<Refresh>,
    pub(crate) log: VecDeque<Entry>,
    pub(crate) counts: Counts,
}

impl Book {
    /// An empty book that knows the one client.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            access_ttl: options.access_ttl,
            grant_ttl: options.grant_ttl,
            rotate: options.rotate,
            rotate_grace: options.rotate_grace,
            plan: Plan::new(options.faults),
            key: KeyIndex::default(),
            clients: Shelf::new(200),
            questions: Shelf::new(200),
            codes: Shelf::new(500),
            devices: Shelf::new(200),
            grants: Shelf::new(20_000),
            access: Shelf::new(40_000),
            refresh: Shelf::new(40_000),
            log: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// A client by its id.
    pub(crate) fn client(&self, id: &str) -> Option<Client> {
        (id == CLIENT_ID).then(always_known).or_else(|| self.clients.find(id).cloned())
    }

    /// Adds a request to the log; the oldest makes room.
    pub(crate) fn write(&mut self, entry: Entry) {
        if self.log.len() == MAX_LOG {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    /// Counts a request at the token endpoint.
    pub(crate) fn count(&mut self, grant_type: Option<&str>) {
        self.counts.total += 1;
        match grant_type {
            Some("authorization_code") => self.counts.authorization_code += 1,
            Some("refresh_token") => self.counts.refresh_token += 1,
            Some(crate::token::DEVICE_GRANT) => self.counts.device_code += 1,
            _ => {}
        }
    }

    /// Ends the live grants that fit, and says how many there were.
    pub(crate) fn end(&mut self, now: Wall, why: Ended, fits: impl Fn(&Grant) -> bool) -> usize {
        let live = self.grants.values_mut().filter(|g| g.is_live(now) && fits(g));
        live.map(|grant| grant.ended = Some(why)).count()
    }
}

fn always_known() -> Client {
    Client {
        id: CLIENT_ID.to_owned(),
        name: "Practice Mail".to_owned(),
        redirects: Vec::new(),
        auth: ClientAuth::None,
        secret: None,
    }
}
