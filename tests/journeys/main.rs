//! Whole stories of Bowline's engine on a clock that is moved by hand.
//!
//! Each story is a sentence, begun by the requirement row that it covers. The engine, the vault and its thread, the
//! callback's listener are real; the provider, the keychain, the desktop and time are stand-ins.
//!
//! Reading order: how an account comes ([`connecting`], [`codes`], [`attempts`], [`refusals`], [`again`]), is kept alive
//! ([`renewing`], [`failing`], [`ended`], [`ending`], [`disk`], [`killed`], [`races`], [`planning`], [`waking`]), how long
//! ([`forecasts`]), is read ([`reading`], [`rejecting`]), is stood in for while its provider is down ([`standing_in`],
//! [`emergency`]) and goes ([`leaving`], [`moving`]); who may read ([`consent`], [`programs`], [`asking`], [`keys`],
//! [`doors`]); what is told ([`trail`], [`notices`]) and counted ([`figures`]); whether every word of health was met on the
//! way ([`table`]); and what holds over thousands of
//! answers ([`faulty`]), drawn ([`dice`]) from what passes ([`faults`]) and what does not ([`refused`]) by a provider
//! that keeps the truth ([`issuer`]), or over a [`year`] of renewals, as its [`calendar`] and its [`people`] have it, which
//! have to be [`timely`] and well [`told`], with ends that were [`foreseen`].

#![allow(clippy::unwrap_used)]

mod again;
mod asking;
mod attempts;
mod breaker;
mod calendar;
mod codes;
mod connecting;
mod consent;
mod dice;
mod disk;
mod doors;
mod emergency;
mod ended;
mod ending;
mod failing;
mod faults;
mod faulty;
mod figures;
mod forecasts;
mod foreseen;
mod issuer;
mod keys;
mod killed;
mod leaving;
mod meddle;
mod moving;
mod notices;
mod people;
mod planning;
mod programs;
mod races;
mod reading;
mod refusals;
mod refused;
mod rejecting;
mod renewing;
mod signer;
mod standing_in;
mod table;
mod timely;
mod told;
mod trail;
mod verifying;
mod waking;
mod warnings;
mod year;
