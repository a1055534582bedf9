//! Who is asking. A caller exists only after proof: a peer of our own uid without a key is the owner, a known key
//! is that app, the key of this run is the owner on loopback. Everything else is a stranger.

use std::sync::{Arc, OnceLock};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use bowline_base::Secret;
use bowline_engine::caller::{Origin, SameUser};
use bowline_engine::{Caller, Engine};

use crate::Host;

/// The longest key that is looked at.
const LONGEST_KEY: usize = 512;

/// The other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Over which transport it came.
    pub via: Via,
    /// The program at the other end, where it can be told.
    pub program: Option<Arc<str>>,
    /// Its process, on the socket.
    pub pid: Option<i32>,
    /// What that process is, looked up once for the connection.
    pub origin: Arc<OnceLock<Origin>>,
}

/// A transport, with what it proves.
#[derive(Clone, Copy, Debug)]
pub enum Via {
    /// The socket, and the proof that the peer is our own user.
    Socket(SameUser),
    /// The socket, from somebody else.
    ForeignSocket,
    /// Loopback, on this port.
    Loopback(u16),
}

/// What a request says about who sent it.
#[derive(Clone, Debug)]
pub enum Claim {
    /// Proved.
    Known(Caller),
    /// No key was shown, and none is implied.
    Stranger,
    /// A key was shown that nobody has. It may still be a poll secret.
    UnknownKey(Secret),
}

impl Peer {
    /// The other end over this transport, of which no more is known.
    pub fn over(via: Via) -> Self {
        Self { via, program: None, pid: None, origin: Arc::default() }
    }

    /// What this computer tells of the program. It is looked up at the first call, and stays for the connection: the
    /// kernel names who opened it.
    pub fn origin(&self, host: &dyn Host) -> &Origin {
        self.origin
            .get_or_init(|| self.pid.map_or(Origin::Unknown, |pid| host.origin(pid, self.program.as_deref())))
    }

    /// The name under which this peer's refusals are counted.
    pub fn source(&self) -> String {
        match (&self.program, self.via) {
            (Some(program), _) => program.to_string(),
            (None, Via::Loopback(_)) => "loopback".to_owned(),
            (None, _) => "socket".to_owned(),
        }
    }
}

/// Looks at the key, if there is one, and at the connection.
pub fn claim(peer: &Peer, headers: &HeaderMap, engine: &Engine, host: &dyn Host) -> Claim {
    let Some(key) = key(headers) else {
        return match peer.via {
            Via::Socket(proof) => Claim::Known(owner(proof, peer, engine, host)),
            Via::ForeignSocket | Via::Loopback(_) => Claim::Stranger,
        };
    };
    if let Some(caller) = engine.app_by_key(&key, peer.program.clone()) {
        return Claim::Known(caller);
    }
    match (peer.via, host.owner_key(&key)) {
        (Via::Loopback(_) | Via::Socket(_), Some(proof)) => Claim::Known(owner(proof, peer, engine, host)),
        _ => Claim::UnknownKey(key),
    }
}

/// The owner, with what is known of the program where that makes a difference.
fn owner(proof: SameUser, peer: &Peer, engine: &Engine, host: &dyn Host) -> Caller {
    let owner = Caller::owner(proof, peer.program.clone());
    if engine.confirms() { owner.coming_from(peer.origin(host).clone()) } else { owner }
}

/// The key in `Authorization: Bearer …`, `None` without such a header. Two of them, another scheme, and what cannot
/// be a key are shown all the same, as a key that nobody has: whoever shows one is not the owner for want of it.
fn key(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return Some(Secret::new("")) };
    let text = value.to_str().ok().filter(|text| text.len() <= LONGEST_KEY).unwrap_or_default();
    let (scheme, key) = text.split_once(' ').unwrap_or((text, ""));
    Some(Secret::new(if scheme.eq_ignore_ascii_case("bearer") { key.trim() } else { "" }))
}
