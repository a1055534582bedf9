//! The vault from outside: what is kept, what damage shows, what a thief of the file finds.
//!
//! One program for all of it, so that no file is forgotten. `world` has what the stories share.

// Helpers of tests are not tests in clippy's eyes; here too a panic is how a story fails.
#![allow(clippy::unwrap_used)]

mod accounts;
mod audit;
mod crowded;
mod ended;
mod history;
mod interleaving;
mod moving;
mod notices;
mod opening;
mod programs;
mod renewal;
mod sealing;
mod world;
