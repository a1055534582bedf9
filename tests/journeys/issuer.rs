//! A provider that keeps the truth: which token lives until when, whose grant has ended, since when it has been ill.
//! What it answers in a given moment, its [`Temper`] decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bowline_base::time::HandClock;
use bowline_base::{Clock, Instant};
use bowline_oauth::transport::{Fault, Limits, Reply, ScriptedTransport, Sent, Transport};
use bowline_tests::world::{DAY, script};
use http::{Request, Response};

/// What a provider is in the mood for.
pub(crate) enum Mood {
    /// Tokens that live so long.
    Tokens(Duration),
    /// An answer that passes by itself.
    Faulty(Reply),
    /// The truth that the grant has ended.
    Refusal(Reply),
}

/// Decides what a renewal is answered with.
pub(crate) trait Temper: Send {
    /// The answer to a renewal at this moment.
    fn mood(&mut self, grant: &Grant, now: Instant) -> Mood;
    /// When the grant that a new sign-in brings will end.
    fn signed_in(&mut self, _subject: &str, _now: Instant) -> Ends {
        Ends::default()
    }
}

/// How a grant ends.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    /// When.
    pub(crate) at: Option<Instant>,
    /// Because it has reached its age, and not because somebody took it back.
    pub(crate) by_age: bool,
    /// The sign-in's answer says that it lives so long.
    pub(crate) stated: Option<Duration>,
}

/// Somebody who has an account there.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Who it is.
    pub(crate) subject: String,
    /// How long each of their tokens lives.
    pub(crate) life: Duration,
    /// Each renewal brings a new refresh token, too.
    pub(crate) rotates: bool,
    /// How the grant will end.
    pub(crate) ends: Ends,
}

/// What the provider knows of one person.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// Whose it is; tokens live so long, and so on.
    pub(crate) person: Person,
    /// How many answers with tokens there were.
    pub(crate) given: u64,
    /// When the newest token was given.
    pub(crate) given_at: Instant,
    /// Since when no answer has brought tokens.
    pub(crate) ill_since: Option<Instant>,
    /// The same as it was before the newest token came.
    pub(crate) was_ill_since: Option<Instant>,
    /// Since when every answer was that nothing is at this address.
    pub(crate) gone_since: Option<Instant>,
    /// When another answer last came after a day and more of that.
    pub(crate) gone_until: Option<Instant>,
    /// An answer since the last tokens may have been lost on the way.
    pub(crate) lost: bool,
    /// The provider has asked for a pause since the last tokens.
    pub(crate) paused: bool,
    /// When it was first told the truth that the grant has ended.
    pub(crate) refused_at: Option<Instant>,
}

/// A renewal that brought tokens.
#[derive(Clone, Debug)]
pub(crate) struct Renewal {
    /// When.
    pub(crate) at: Instant,
    /// How the grant was before.
    pub(crate) before: Grant,
}

/// A provider for stories that last.
pub(crate) struct Issuer {
    clock: OnceLock<HandClock>,
    inside: Mutex<Inside>,
}

struct Inside {
    temper: Box<dyn Temper>,
    grants: HashMap<String, Grant>,
    ends: HashMap<String, Instant>,
    renewals: Vec<Renewal>,
    faulty: u64,
}

impl Issuer {
    /// A provider of these people, who have all just signed in.
    pub(crate) fn new(people: impl IntoIterator<Item = Person>, temper: impl Temper + 'static) -> Arc<Self> {
        let (mut grants, mut ends) = (HashMap::new(), HashMap::new());
        for person in people {
            ends.insert(format!("at-{}", person.subject), Instant::default() + person.life);
            grants.insert(person.subject.clone(), Grant::new(person, 0, Instant::default()));
        }
        let inside = Inside { temper: Box::new(temper), grants, ends, renewals: Vec::new(), faulty: 0 };
        Arc::new(Self { clock: OnceLock::new(), inside: Mutex::new(inside) })
    }

    /// From now on it goes by this clock.
    pub(crate) fn goes_by(&self, clock: &HandClock) {
        assert!(self.clock.set(clock.clone()).is_ok(), "it goes by one clock only");
    }

    /// True while this access token is good.
    pub(crate) fn is_alive(&self, access: &str) -> bool {
        let now = self.now();
        self.inside().ends.get(access).is_some_and(|end| *end > now)
    }

    /// What is known of a person.
    pub(crate) fn grant(&self, subject: &str) -> Grant {
        self.inside().grants[subject].clone()
    }

    /// How many faulty answers were given.
    pub(crate) fn faulty(&self) -> u64 {
        self.inside().faulty
    }

    /// The renewals since this was last asked.
    pub(crate) fn take_renewals(&self) -> Vec<Renewal> {
        std::mem::take(&mut self.inside().renewals)
    }

    fn now(&self) -> Instant {
        self.clock.get().expect("it was told which clock to go by").instant()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request<Vec<u8>>) -> Reply {
        let now = self.now();
        if request.uri().path() == "/userinfo" {
            let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            return script::person(subject(bearer.unwrap_or_default(), "Bearer at-"));
        }
        let field = |name: &str| {
            let mut form = url::form_urlencoded::parse(request.body());
            form.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        match (field("refresh_token"), field("code")) {
            (Some(token), _) => self.inside().renew(subject(&token, "rt-"), now),
            (None, Some(code)) => self.inside().sign_in(&code, now),
            (None, None) => Reply::empty(200),
        }
    }
}

impl Inside {
    fn renew(&mut self, subject: &str, now: Instant) -> Reply {
        let grant = self.grants.get_mut(subject).expect("the person is known");
        match self.temper.mood(grant, now) {
            Mood::Tokens(life) => {
                self.renewals.push(Renewal { at: now, before: grant.clone() });
                let rotates = grant.person.rotates;
                self.tokens(subject, life, rotates, now)
            }
            Mood::Faulty(reply) => {
                self.faulty += 1;
                grant.fell_ill(&reply, now);
                named(reply, subject)
            }
            Mood::Refusal(reply) => {
                grant.refused_at = grant.refused_at.or(Some(now));
                reply
            }
        }
    }

    fn sign_in(&mut self, subject: &str, now: Instant) -> Reply {
        let ends = self.temper.signed_in(subject, now);
        let grant = self.grants.get_mut(subject).expect("the person is known");
        grant.person.ends = ends;
        let life = grant.person.life;
        let reply = self.tokens(subject, life, true, now);
        ends.stated.map_or(reply.clone(), |stated| stating(reply, stated))
    }

    fn tokens(&mut self, subject: &str, life: Duration, rotates: bool, now: Instant) -> Reply {
        let grant = self.grants.get_mut(subject).expect("the person is known");
        let (was_ill_since, gone_until) = (grant.ill_since, grant.gone_until_now(now));
        *grant =
            Grant { was_ill_since, gone_until, ..Grant::new(grant.person.clone(), grant.given + 1, now) };
        let (mark, seconds) = (format!("{subject}.{}", grant.given), life.as_secs());
        self.ends.insert(format!("at-{mark}"), now + life);
        self.ends.remove(&format!("at-{subject}.{}", grant.given.saturating_sub(3)));
        if rotates {
            return script::tokens_for(&mark, seconds);
        }
        let body = format!(r#"{{"access_token":"at-{mark}","token_type":"Bearer","expires_in":{seconds}}}"#);
        Reply::json(200, body)
    }
}

impl Grant {
    /// What is known of a person who was given tokens just now.
    pub(crate) fn new(person: Person, given: u64, now: Instant) -> Self {
        Self {
            person,
            given,
            given_at: now,
            ill_since: None,
            was_ill_since: None,
            gone_since: None,
            gone_until: None,
            lost: false,
            paused: false,
            refused_at: None,
        }
    }

    /// Since when no answer had brought tokens at this moment.
    pub(crate) fn ill_at(&self, at: Instant) -> Option<Instant> {
        if at < self.given_at { self.was_ill_since } else { self.ill_since }
    }

    fn gone_until_now(&self, now: Instant) -> Option<Instant> {
        let ends = self.gone_since.is_some_and(|since| now.since(since) >= DAY);
        if ends { Some(now) } else { self.gone_until }
    }

    /// Notes an answer that passes by itself.
    pub(crate) fn fell_ill(&mut self, reply: &Reply, now: Instant) {
        self.ill_since = self.ill_since.or(Some(now));
        let status = match reply {
            Reply::Answer { status, .. } => *status,
            _ => 0,
        };
        let gone = matches!(status, 404 | 405 | 410);
        self.gone_until = if gone { self.gone_until } else { self.gone_until_now(now) };
        self.gone_since = self.gone_since.filter(|_| gone).or(gone.then_some(now));
        let by_gateway = matches!(status, 502 | 504 | 520 | 524);
        self.lost |= by_gateway || matches!(reply, Reply::Hang | Reply::Fault(_, Sent::Maybe));
        let asks = |name: &str| matches!(reply, Reply::Answer { headers, .. } if headers.contains_key(name));
        self.paused |= status == 429 || asks("retry-after") || asks("x-ratelimit-reset");
    }
}

#[async_trait]
impl Transport for Issuer {
    async fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Result<Response<Vec<u8>>, Fault> {
        let clock = self.clock.get().expect("it was told which clock to go by");
        let script = ScriptedTransport::with_clock(Arc::new(clock.clone()));
        script.then(self.answer(&request));
        script.send(request, limits).await
    }
}

/// The same answer, which says how long the grant lives, too.
fn stating(reply: Reply, stated: Duration) -> Reply {
    match reply {
        Reply::Answer { status, headers, body } => {
            let more = format!("\"refresh_token_expires_in\":{}}}", stated.as_secs());
            let text = String::from_utf8_lossy(&body).replace('}', &format!(",{more}"));
            Reply::Answer { status, headers, body: text.into_bytes() }
        }
        other => other,
    }
}

/// Whose token it is: `rt-SUBJECT.7` is SUBJECT's.
fn subject<'a>(token: &'a str, before: &str) -> &'a str {
    let rest = token.strip_prefix(before).expect("the token is one of ours");
    rest.split('.').next().unwrap_or(rest)
}

fn named(reply: Reply, subject: &str) -> Reply {
    match reply {
        Reply::Answer { status, headers, body } if body.windows(7).any(|part| part == b"SUBJECT") => {
            let text = String::from_utf8_lossy(&body).replace("SUBJECT", subject);
            Reply::Answer { status, headers, body: text.into_bytes() }
        }
        reply => reply,
    }
}
