//! Commands from the typed line to the exit, against a stand-in for the agent; one file per theme.

mod accounts;
mod apps;
mod connect;
mod doctor;
mod errors;
mod log;
mod metrics;
mod providers;
mod standing_in;
mod token;
mod vault;
