use super::*;
use crate::doctor::finding::Level;

fn problem() -> FileProblemView {
    FileProblemView {
        file: Some("settings.toml".into()),
        line: Some(3),
        field: Some("refresh.margin".into()),
        problem: "it has to be a length of time".into(),
        suggestion: None,
    }
}

#[test]
fn r51_without_a_notification_service_the_check_fails_with_a_fix() {
    let found = judge_notifications(false, true, None);
    assert_eq!(found.level, Level::Error);
    assert!(found.message.contains("Notifications are off"));
    assert!(found.fix.clone().unwrap().contains("bowline status"));
    assert!(!found.view("notifications").ok);
}

#[test]
fn r51_with_a_service_without_a_desktop_or_turned_off_nothing_needs_mending() {
    assert_eq!(judge_notifications(false, true, Some("dunst")), Finding::ok("dunst shows notifications."));
    assert_eq!(judge_notifications(true, true, None).level, Level::Skipped);
    assert_eq!(judge_notifications(false, false, None).level, Level::Skipped);
}

#[test]
fn a_browser_is_what_browser_names_and_else_what_the_desktop_has() {
    let only = |known: &'static str| move |program: &str| program == known;
    assert!(
        judge_browser(Some("nope:firefox --new %s"), false, &only("firefox")).message.contains("firefox")
    );
    assert_eq!(judge_browser(Some("nope %s"), false, &only("xdg-open")).level, Level::Error);
    assert!(judge_browser(None, true, &only("xdg-open")).message.contains("xdg-open"));
    assert_eq!(judge_browser(None, false, &only("")).level, Level::Warning);
    assert_eq!(judge_browser(None, true, &only("")).level, Level::Skipped);
}

#[test]
fn a_program_is_there_when_it_may_be_run() {
    let folder = tempfile::tempdir().unwrap();
    let (program, path) = (folder.path().join("browser"), OsString::from(folder.path()));
    std::fs::write(&program, "").unwrap();
    let whole = program.to_string_lossy().into_owned();
    assert!(!is_there("browser", &path) && !is_there(&whole, &path));
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert!(is_there("browser", &path) && is_there(&whole, &OsString::new()));
    assert!(!is_there("browser", &OsString::new()));
}

#[test]
fn the_agent_tells_version_process_and_how_long_it_is_up() {
    let me = std::process::id();
    let found = judge_agent(&[], Some(me), Some(Duration::from_secs(600)));
    assert_eq!(
        found,
        Finding::ok(format!(
            "Bowline {} runs as process {me}, up for 10 minutes.",
            env!("CARGO_PKG_VERSION")
        ))
    );
    assert_eq!(judge_agent(&[], None, None).level, Level::Ok);
    assert_eq!(judge_agent(&[], Some(me + 1), None).level, Level::Warning);
}

#[test]
fn e22_a_setting_that_is_not_heeded_is_named_with_file_line_and_field() {
    let found = judge_agent(&[problem()], None, None);
    assert_eq!(found.level, Level::Warning);
    assert!(found.message.contains("settings.toml:3: refresh.margin: it has to be"), "{found:?}");
}
