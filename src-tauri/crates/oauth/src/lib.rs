//! Floor 1: OAuth 2 and OpenID Connect. Knows the protocol, and neither storage nor engine.
//!
//! Reading order: what a provider is ([`provider`]) and which are built in ([`catalog`]); how a request
//! leaves this computer ([`transport`]); what a provider says of itself ([`server`], [`discovery`]) and who we
//! are to it ([`client`], [`registration`]); what its refusals mean ([`failure`]). Then the flow itself: an
//! attempt to connect ([`pkce`], [`attempt`], [`authorize`], [`callback`], [`loopback`]), or by a code
//! that is typed elsewhere ([`device`]); tokens, and how they
//! are asked after and given back ([`token`], [`introspect`], [`revoke`]); and whose they are ([`identity`],
//! [`id_token`], [`keys`]).

pub mod catalog;
pub mod client;
pub mod discovery;
pub mod failure;
pub mod provider;
pub mod registration;
pub mod regular;
pub mod server;
pub mod transport;

pub mod attempt;
pub mod authorize;
pub mod callback;
pub mod device;
pub mod id_token;
pub mod identity;
pub mod introspect;
pub mod keys;
pub mod loopback;
pub mod pkce;
pub mod revoke;
pub mod token;

pub use catalog::Catalog;
pub use client::ClientCredentials;
pub use discovery::Discovery;
pub use failure::{Failure, FailureKind, Verdict};
pub use provider::Provider;
pub use server::Server;
pub use transport::{Fault, FaultKind, HttpTransport, Limits, ScriptedTransport, Sent, Transport};
