//! The `bowline-desktop` program: the window, and nothing else.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    bowline_desktop::run()
}
