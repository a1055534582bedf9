//! The built programs as others meet them: every journey, fault and door, through processes, sockets and pages.
//!
//! Reading order: what the tests share ([`stage`]), then a file for each theme. Every test has a home of its own,
//! so that all of them run at once; what costs time is awaited by polling, never slept through.

mod browser;
mod callback;
mod crowds;
mod desk;
mod desktop;
mod device;
mod figures;
mod full_disk;
mod keychain;
mod kills;
mod life;
mod life_files;
mod local_api;
mod local_apps;
mod practice_faults;
mod programs;
mod providers;
mod readers;
mod rehearsal;
mod renewal;
mod set_up;
mod settings;
mod stage;
mod standing_in;
mod strikes;
mod terminal;
mod terminal_exec;
mod tls;
mod tray;
mod waking;
