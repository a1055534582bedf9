//! Opens pages in the person's own browser: what `BROWSER` names, else the desktop's default.
//!
//! An address is handed over as one argument, without a shell, and only when it is `https` or loopback `http`.

use std::process::{Command, Stdio};

use bowline_engine::ports::Browser;
use url::Url;

/// The person's own browser.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemBrowser;

impl Browser for SystemBrowser {
    fn open(&self, address: &Url) -> Result<(), String> {
        if !may_be_opened(address) {
            return Err("only https addresses are opened".to_owned());
        }
        let named = std::env::var("BROWSER").ok().filter(|text| !text.trim().is_empty());
        match named {
            Some(list) => open_with(&list, address),
            None => open::that_detached(address.as_str())
                .map_err(|error| format!("no browser could be started: {error}")),
        }
    }
}

/// The same for a text, from a program that has no engine.
///
/// # Errors
/// As [`Browser::open`], and for what is no address.
pub fn open(address: &str) -> Result<(), String> {
    let address = Url::parse(address).map_err(|_| "that is no address".to_owned())?;
    SystemBrowser.open(&address)
}

/// Only addresses that a provider's sign-in may have.
pub fn may_be_opened(address: &Url) -> bool {
    let loopback = matches!(address.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    address.scheme() == "https" || (address.scheme() == "http" && loopback)
}

/// `BROWSER` is a list of commands separated by colons, tried in order; `%s` stands for the address.
fn open_with(list: &str, address: &Url) -> Result<(), String> {
    let mut problem = "BROWSER names no command".to_owned();
    for command in list.split(':').filter(|command| !command.trim().is_empty()) {
        match start(command, address) {
            Ok(()) => return Ok(()),
            Err(error) => problem = format!("BROWSER's command could not be started: {error}"),
        }
    }
    Err(problem)
}

fn start(command: &str, address: &Url) -> std::io::Result<()> {
    let mut words: Vec<String> =
        command.split_whitespace().map(|word| word.replace("%s", address.as_str())).collect();
    if !command.contains("%s") {
        words.push(address.to_string());
    }
    let (program, arguments) = words.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Somebody has to wait for it, or it stays as a zombie for as long as the agent runs.
    std::thread::Builder::new()
        .name("browser".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_http_are_opened() {
        for good in [
            "https://id.example/authorize?x=1",
            "http://127.0.0.1:8080/",
            "http://localhost/",
            "http://[::1]:1/",
        ] {
            assert!(may_be_opened(&Url::parse(good).unwrap()), "{good}");
        }
        for bad in [
            "http://id.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ftp://127.0.0.1/",
            "bowline://x",
        ] {
            assert!(!may_be_opened(&Url::parse(bad).unwrap()), "{bad}");
        }
    }

    #[test]
    fn the_address_is_one_argument_and_no_shell_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let script = folder.path().join("browser");
        std::fs::write(
            &script,
            format!("#!/bin/sh\nprintf '%s|' \"$@\" > {0}.part && mv {0}.part {0}\n", out.display()),
        )
        .unwrap();
        let address = Url::parse("https://id.example/?a=1&b=$(id);c").unwrap();
        open_with(&format!("/nowhere/browser:sh {} --new %s", script.display()), &address).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !out.exists() && std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("--new|{address}|"));
    }
}
