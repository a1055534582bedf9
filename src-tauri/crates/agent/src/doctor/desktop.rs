//! What a desktop lends us: notifications and a browser; and the agent itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bowline_base::length;
use bowline_wire::shapes::{FileProblemView, ReadyView};

use super::finding::{Finding, listed, word};
use super::{Findings, Patient};

/// How long the session bus may take to answer.
const BUS: Duration = Duration::from_secs(2);
/// What opens a page when BROWSER is not set.
const OPENERS: [&str; 5] = ["xdg-open", "gio", "gnome-open", "kde-open", "open"];

pub(super) async fn look(patient: &Patient<'_>) -> Findings {
    let wanted = patient.settings.notifications.enabled && !patient.headless;
    let service = if wanted { service().await } else { None };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |program: &str| is_there(program, &path);
    let browser = std::env::var("BROWSER").ok().filter(|text| !text.trim().is_empty());
    let started = std::fs::metadata(patient.paths.agent_json()).and_then(|about| about.modified()).ok();
    let up = started.and_then(|at| at.elapsed().ok());
    vec![
        (
            "notifications",
            judge_notifications(patient.headless, patient.settings.notifications.enabled, service.as_deref()),
        ),
        ("browser", judge_browser(browser.as_deref(), patient.headless, &there)),
        ("agent", judge_agent(&patient.settings.problems, told_pid(&patient.paths.agent_json()), up)),
        ("breaker", judge_breakers(&patient.engine.left_alone_hosts())),
    ]
}

/// Who shows notifications, if anyone does. A thread of its own: the bus blocks, and an agent that ends does not
/// wait for it.
async fn service() -> Option<String> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let asking = std::thread::Builder::new().name("bus".to_owned()).spawn(move || {
        // Whoever asked may have stopped waiting.
        let _ = tell.send(ask_bus());
    });
    asking.ok()?;
    tokio::time::timeout(BUS, told).await.ok()?.ok()?
}

#[cfg(all(unix, not(target_os = "macos")))]
fn ask_bus() -> Option<String> {
    notify_rust::get_server_information().ok().map(|server| bowline_base::redact::foreign(&server.name))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn ask_bus() -> Option<String> {
    Some("The operating system".to_owned())
}

fn judge_notifications(headless: bool, enabled: bool, service: Option<&str>) -> Finding {
    match (headless, enabled, service) {
        (true, ..) => Finding::skipped("The agent runs without a desktop and shows no notifications."),
        (_, false, _) => Finding::skipped("Notifications are turned off in the settings."),
        (_, _, Some(name)) => Finding::ok(format!("{name} shows notifications.")),
        (_, _, None) => Finding::error(
            "Notifications are off: no service for them answers on the session bus.",
            "Start a notification service (for example `dunst &`) and check it with `notify-send hello`; until then \
             `bowline status` says what needs you.",
        ),
    }
}

fn judge_browser(named: Option<&str>, headless: bool, there: &dyn Fn(&str) -> bool) -> Finding {
    let without =
        "Sign in with `bowline connect PROVIDER --no-browser`, or set BROWSER to a browser's command.";
    let Some(list) = named else {
        return match OPENERS.iter().find(|program| there(program)) {
            Some(program) => Finding::ok(format!("Pages are opened with {program}.")),
            None if headless => {
                Finding::skipped("The agent runs without a desktop, and no browser is set up.")
            }
            None => Finding::warning(
                "No browser can be opened: BROWSER is not set, and there is no xdg-open.",
                without,
            ),
        };
    };
    let programs = list.split(':').filter_map(|command| command.split_whitespace().next());
    match programs.into_iter().find(|program| there(program)) {
        Some(program) => Finding::ok(format!("Pages are opened with {program}, as BROWSER says.")),
        None => Finding::error("BROWSER names no program that is there.", without),
    }
}

/// Providers that are left alone for a while, because they did not answer again and again.
fn judge_breakers(hosts: &[String]) -> Finding {
    if hosts.is_empty() {
        return Finding::skipped("No provider is being left alone.");
    }
    Finding::warning(
        format!("Left alone for a while, because nobody answered there: {}.", listed(hosts, ", ")),
        "Check your network. Bowline asks again by itself; `bowline refresh ACCOUNT` asks at once.",
    )
}

fn judge_agent(problems: &[FileProblemView], told: Option<u32>, up: Option<Duration>) -> Finding {
    let (version, pid) = (env!("CARGO_PKG_VERSION"), std::process::id());
    if let Some(problem) = problems.first() {
        let file = problem.file.as_deref().unwrap_or("settings.toml");
        let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
        let field = problem.field.as_deref().map(|field| format!("{field}: ")).unwrap_or_default();
        return Finding::warning(
            format!(
                "A setting is not heeded: {file}{line}: {field}{}.",
                problem.problem.trim_end_matches('.')
            ),
            format!("Mend it in {}; it is taken up within 2 s, and `bowline doctor` tells.", word(file)),
        );
    }
    let up = up
        .filter(|_| told == Some(pid))
        .map(|up| format!(", up for {}", length::words(up)))
        .unwrap_or_default();
    if told.is_some_and(|told| told != pid) {
        return Finding::warning(
            format!("Bowline {version} runs as process {pid}, and run/agent.json names another."),
            "Run `bowline stop`; the next command starts an agent that says so.",
        );
    }
    Finding::ok(format!("Bowline {version} runs as process {pid}{up}."))
}

/// The process that `agent.json` names.
fn told_pid(file: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(file).ok()?;
    serde_json::from_str::<ReadyView>(&text).ok().map(|ready| ready.pid)
}

/// A program by its path, or by its name in one of the folders of PATH.
fn is_there(program: &str, path: &OsString) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let runs = |file: PathBuf| {
        std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    match program.contains('/') {
        true => runs(PathBuf::from(program)),
        false => std::env::split_paths(path).take(256).any(|folder| runs(folder.join(program))),
    }
}

#[cfg(test)]
#[path = "desktop_tests.rs"]
mod tests;
