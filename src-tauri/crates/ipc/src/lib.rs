//! Floor 3: the doors for local apps. Two transports, one service, no policy.
//!
//! Reading order: who is asking ([`caller`]), what is checked before
//! anything else ([`gate`]), how a request becomes an answer ([`routes`], [`views`], [`problems`], [`stream`]), and
//! the two transports ([`socket`], [`http`]) over one bounded server ([`server`]). What only this computer's agent
//! knows comes in through [`Host`].

pub mod caller;
pub mod gate;
mod host;
pub mod http;
pub mod problems;
pub mod routes;
pub mod server;
pub mod socket;
pub mod stream;
pub mod views;

pub use host::Host;
pub use routes::Door;
