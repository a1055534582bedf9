use std::os::unix::fs::PermissionsExt;

use super::*;

struct Home {
    folder: tempfile::TempDir,
    paths: Paths,
}

fn home() -> Home {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::under(folder.path());
    Home { folder, paths }
}

impl Home {
    /// A program that stands in for ours. Another program puts it there: had we opened it for writing, a
    /// child that another test forks meanwhile would hold it open, and it could not be run.
    fn program(&self, script: &str) -> std::path::PathBuf {
        let (text, path) = (self.folder.path().join("text"), self.folder.path().join("program"));
        std::fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
        let installed =
            std::process::Command::new("install").args(["-m", "700"]).args([&text, &path]).status();
        assert!(installed.unwrap().success());
        path
    }

    fn start(&self, script: &str) -> Result<(), Failure> {
        start_program(&self.program(script), &self.paths)
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_agent_that_says_ready_was_started_with_private_folders_and_log() {
    let home = home();
    let ready =
        r#"[ "$1" = agent ] && echo '{"event":"ready","pid":1,"socket":"/s","http":null}'; echo noise >&2"#;
    home.start(ready).unwrap();
    assert_eq!(mode(&home.paths.run), 0o700);
    assert_eq!(mode(&home.paths.logs), 0o700);
    assert_eq!(mode(&home.paths.agent_log()), 0o600);
}

#[test]
fn an_agent_that_cannot_start_is_quoted_and_its_exit_kept() {
    let home = home();
    std::fs::create_dir_all(&home.paths.logs).unwrap();
    std::fs::write(home.paths.agent_log(), "bowline: An older story.\n→ old\n").unwrap();
    let script = "echo 'bowline: No keychain service is running.' >&2; echo '→ set BOWLINE_KEYSTORE=passphrase' >&2; exit 7";
    let failure = home.start(script).unwrap_err();
    assert_eq!((failure.exit, failure.code.as_str()), (Exit::Locked, "locked"));
    assert_eq!(failure.detail, "No keychain service is running.");
    assert_eq!(failure.fix.unwrap(), "set BOWLINE_KEYSTORE=passphrase");
}

#[test]
fn an_agent_that_ends_without_a_word_is_still_an_error() {
    let home = home();
    for script in ["exit 1", "exit 0", "echo nonsense; exit 1", "exit 101"] {
        let failure = home.start(script).unwrap_err();
        assert_eq!((failure.exit, failure.code.as_str()), (Exit::NoAgent, "no_agent"), "{script}");
        assert!(failure.detail.contains("ended without a word") && failure.fix.is_some(), "{failure:?}");
    }
}

#[test]
fn an_agent_that_was_asked_for_wrongly_is_a_usage_error() {
    let script =
        "echo 'bowline: BOWLINE_KEYSTORE is \"x\": it has to be \"keychain\" or \"passphrase\"' >&2; exit 2";
    let failure = home().start(script).unwrap_err();
    assert_eq!((failure.exit, failure.code.as_str()), (Exit::Usage, "invalid_request"));
}

#[test]
fn an_agent_that_another_command_started_in_the_meantime_is_taken() {
    let home = home();
    std::fs::create_dir_all(&home.paths.run).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(home.paths.socket()).unwrap();
    home.start("exit 1").unwrap();
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let home = home();
    let failure = start_program(&home.folder.path().join("gone"), &home.paths).unwrap_err();
    assert!(failure.detail.contains("gone"), "{failure:?}");
}

#[test]
fn the_turn_is_given_to_one_at_a_time() {
    let home = home();
    let path = home.folder.path().join("lock");
    let turn = take_turn(&path, Instant::now()).unwrap();
    assert_eq!(take_turn(&path, Instant::now()).unwrap_err().exit, Exit::NoAgent);
    drop(turn);
    take_turn(&path, Instant::now()).unwrap();
}
