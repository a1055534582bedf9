//! Tells the linker how the released program is linked on Linux.
//!
//! A program that may lie anywhere in memory has a table of what is to be moved with it, which is read as a whole at each
//! start and stays resident. Packed, it is a few kilobytes instead of several hundred. The C library has to know that
//! form (2.36 and later): what is built on a machine with an older one keeps the long table (docs/decisions/0015).

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, wanted: &str| std::env::var(name).is_ok_and(|value| value == wanted);
    let released =
        is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if released && library().is_some_and(|version| version >= (2, 36)) {
        println!("cargo::rustc-link-arg-bin=bowline=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's C library, which says `glibc 2.36`.
fn library() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = text.trim().rsplit(' ').next()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
